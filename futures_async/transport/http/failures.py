"""How far one request got, as httpcore tells it, and what an exception of httpx's or httpcore's then means.

How far it got is not guessed from the exception: httpcore reports each phase through the `trace` extension. Behind a
transport that reports nothing (a mock, an ASGI app) only the few exceptions that cannot come after the first byte
prove anything.
"""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import urlsplit

import anyio
import h11
import httpcore

from futures_async.transport.http.backend import FailureKind, HttpFailure, HttpRequest, Phase, never_sent
from futures_async.transport.http.connect_causes import connect_kind
from futures_async.transport.http.gate import admit
from futures_async.transport.http.library import Portable

_PHASES = {
    "connection.connect_tcp.started": Phase.CONNECTING,
    "connection.start_tls.started": Phase.CONNECTING,
    "proxy.start_tls.started": Phase.CONNECTING,
    "socks.connect_tcp.started": Phase.CONNECTING,
    "socks.start_tls.started": Phase.CONNECTING,
    "http11.send_request_headers.started": Phase.HEADERS_STARTED,
    "http2.send_request_headers.started": Phase.HEADERS_STARTED,
    "http11.send_request_body.started": Phase.BODY_STARTED,
    "http2.send_request_body.started": Phase.BODY_STARTED,
    "http11.receive_response_headers.complete": Phase.ANSWERING,
    "http2.receive_response_headers.complete": Phase.ANSWERING,
}


class Sender(Protocol):
    """What sends the request."""

    @property
    def shut(self) -> bool:
        """Closed: nothing new is to leave."""
        ...


class Marks:
    """How far one request got, as httpcore tells it."""

    __slots__ = (
        "_asking_proxy", "_body", "_library", "_origin", "_send_by", "_sender", "abort", "connected", "phase", "scope",
        "securing", "stream", "told", "total", "until",
    )  # fmt: skip

    def __init__(self, request: HttpRequest, sender: Sender, library: Portable) -> None:
        self._library = library
        self.phase = Phase.QUEUED
        self.abort = request.abort
        self.told = False
        self._asking_proxy = False
        self.connected = False
        self.securing = False
        self._body = request.body
        self._origin = request.origin
        self._sender = sender
        now = anyio.current_time()
        self.total = now + request.patience_s
        self._send_by = self.total if request.sent_within_s is None else now + request.sent_within_s
        self.until = min(self._send_by, self.total)
        """When it ends, answered or not; until the first byte that counts has left, when that must be."""
        self.scope: anyio.CancelScope | None = None
        self.stream: httpcore.AsyncNetworkStream | None = None
        """The connection that was made for this request; lost sight of by httpcore if the handshake is cancelled."""

    def extensions(self, request: HttpRequest) -> dict[str, Any]:
        """What httpcore is told beside the request: whom to report to, and how long each phase may take."""
        timeouts = request.timeouts
        connect_s = timeouts.connect_s
        if request.sent_within_s is not None:
            connect_s = min(connect_s, request.sent_within_s)
        phases = {"connect": connect_s, "pool": connect_s, "write": timeouts.write_s, "read": timeouts.read_s}
        return {"trace": self.trace, "timeout": phases}

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore at each step; an exception from here ends the request and closes its connection."""
        phase = _PHASES.get(event)
        if phase is None:
            if event in ("connection.connect_tcp.complete", "socks.connect_tcp.complete"):
                self.stream = info.get("return_value")
            return
        self.told = True
        if phase is Phase.CONNECTING:
            admit(urlsplit(self._origin).hostname or "")
            self.connected, self._asking_proxy = True, False
            self.securing = event.endswith("start_tls.started")
        elif phase is Phase.ANSWERING:
            if self._asking_proxy:
                return
        else:
            self._asking_proxy = info["request"].method == b"CONNECT"
            if self._asking_proxy:
                return  # nothing of ours has left yet
            self.check()
            if not never_sent(phase, self._body):
                self.leave()
        self.phase = phase

    def leave(self) -> None:
        """The first byte that counts is about to leave: from now on only the answer is waited for."""
        if anyio.current_time() > self._send_by:
            raise self.expired()
        self.abort.sending = True
        if self.until != self.total:
            self.until = self.total
            if self.scope is not None:
                self.scope.deadline = self.total

    def expired(self) -> HttpFailure:
        """Its time was up."""
        if self.phase <= Phase.CONNECTING:
            return HttpFailure("tls-handshake" if self.securing else "connect-timeout", Phase.CONNECTING, sent=False)
        if never_sent(self.phase, self._body):
            return HttpFailure("write-timeout", self.phase, sent=False)
        return HttpFailure("read-timeout", self.phase, sent=True)

    def check(self) -> None:
        """Stop here if the caller is gone or the backend closed: nothing that counts has left."""
        if self.abort.raised or self._sender.shut:
            raise HttpFailure("aborted", self.phase, sent=False)

    @property
    def reused(self) -> bool:
        """The connection had served before."""
        return self.told and not self.connected

    def failure(self, error: BaseException) -> HttpFailure:
        """What this exception of the library means."""
        kinds = self._library.kinds
        kind: FailureKind = next(kinds[base] for base in type(error).__mro__ if base in kinds)
        if self._asking_proxy:
            kind = "connect-timeout" if isinstance(error, self._library.core.TimeoutException) else "proxy"
        elif self.phase <= Phase.CONNECTING and kind in ("unreachable", "connect-timeout"):
            self.phase = Phase.CONNECTING
            if kind == "unreachable":
                kind = connect_kind(error, securing=self.securing)
            elif self.securing:
                kind = "tls-handshake"
        elif kind == "protocol" and "disconnect" in str(error):
            kind = "disconnected"
        unsent = never_sent(self.phase, self._body) if self.told else isinstance(error, self._library.before_sending)
        return HttpFailure(kind, self.phase, sent=not (unsent or kind == "proxy"), reused=self.reused)


def h11_state(stream: object) -> h11.Connection | None:
    """The HTTP/1.1 connection that this answer's body is read from.

    None where the names with underscores, for want of public ones, have changed. A copy of an answer that is already
    here then goes unnoticed, and what answers say about themselves must tell.
    """
    found: Any = stream
    for name in ("_stream", "_httpcore_stream", "_stream", "_connection"):
        found = getattr(found, name, found)
    state = getattr(found, "_h11_state", None)
    return state if isinstance(state, h11.Connection) else None
