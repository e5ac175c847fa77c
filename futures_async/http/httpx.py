"""The portable backend: httpx. For trio, respx, ASGI apps in process, and clients of the user's own.

How far a request got is not guessed from the exception: httpcore reports each phase through the `trace` extension.
Behind a transport that reports nothing (a mock, an ASGI app) only the few exceptions that cannot come after the
first byte prove anything.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, cast

import anyio
import h11
import httpcore
import httpx

from futures_async.http import (
    FailureKind,
    HttpBackend,
    HttpFailure,
    HttpRequest,
    HttpResponse,
    Phase,
    never_sent,
)
from futures_async.http.body import ACCEPT_ENCODING, Body
from futures_async.http.causes import connect_kind
from futures_async.http.connections import Connections

_PHASES = {
    "connection.connect_tcp.started": Phase.CONNECTING,
    "connection.start_tls.started": Phase.CONNECTING,
    "http11.send_request_headers.started": Phase.HEADERS_STARTED,
    "http2.send_request_headers.started": Phase.HEADERS_STARTED,
    "http11.send_request_body.started": Phase.BODY_STARTED,
    "http2.send_request_body.started": Phase.BODY_STARTED,
    "http11.receive_response_headers.complete": Phase.ANSWERING,
    "http2.receive_response_headers.complete": Phase.ANSWERING,
}

# The most specific class wins: found by walking the exception's own classes upwards.
_KINDS: dict[type[BaseException], FailureKind] = {
    httpx.ConnectTimeout: "connect-timeout",
    httpx.PoolTimeout: "pool-timeout",
    httpx.WriteTimeout: "write-timeout",
    httpx.ReadTimeout: "read-timeout",
    httpx.TimeoutException: "read-timeout",
    httpx.ConnectError: "unreachable",
    httpx.WriteError: "write",
    httpx.ReadError: "read",
    httpx.CloseError: "read",
    httpx.NetworkError: "read",
    httpx.ProxyError: "proxy",
    httpx.DecodingError: "encoding",
    httpx.HTTPError: "protocol",
    httpx.InvalidURL: "protocol",
    httpx.CookieConflict: "protocol",
    httpx.StreamError: "protocol",
    httpcore.ConnectTimeout: "connect-timeout",
    httpcore.PoolTimeout: "pool-timeout",
    httpcore.WriteTimeout: "write-timeout",
    httpcore.TimeoutException: "read-timeout",
    httpcore.ConnectError: "unreachable",
    httpcore.WriteError: "write",
    httpcore.NetworkError: "read",
    httpcore.ProxyError: "proxy",
    httpcore.ProtocolError: "protocol",
    httpcore.UnsupportedProtocol: "protocol",
    h11.ProtocolError: "protocol",
    anyio.BrokenResourceError: "read",
    anyio.ClosedResourceError: "read",
    anyio.EndOfStream: "disconnected",
    ssl.SSLError: "read",
    OSError: "read",
    # httpx encodes headers and URLs itself: what cannot be encoded was never sent, as the phase then tells.
    ValueError: "protocol",
}
MAPPED = tuple(_KINDS)
"""Everything that httpx, httpcore, h11 and the socket raise; an ASGI app's own errors pass through."""

# Without any report of a phase, only these prove that nothing was sent.
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


class HttpxBackend(HttpBackend):
    """An httpx transport, called directly; or a client of the user's, with what the user built into it.

    Args:
        http: None for connections of its own. A client or transport that is given stays open when this closes, and
            keeps its connections as it likes: a request that should have one `apart` shares them.
        ca_pem: One more root certificate to trust, for connections of its own.
    """

    name = "httpx"

    def __init__(
        self, http: httpx.AsyncClient | httpx.AsyncBaseTransport | None = None, *, ca_pem: bytes | None = None
    ) -> None:
        super().__init__()
        self._own = Connections(ca_pem) if http is None else None
        self._client = http if isinstance(http, httpx.AsyncClient) else None
        self._transport = http if isinstance(http, httpx.AsyncBaseTransport) else None
        if self._own is not None:
            logging.getLogger("httpcore.http11").addFilter(_without_headers)
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send and read.

        Raises:
            HttpFailure: With the phase reached.
        """
        marks = _Marks(request, self)
        own = self._own
        transport = self._transport if own is None else own.take(apart=request.apart)
        sound = False
        try:
            if own is None:
                # Cancelled in the middle, a pool of somebody else's may be spoiled: it is only asked to be quick.
                return await self._exchange(request, marks, transport)
            with anyio.CancelScope(deadline=marks.until) as marks.scope:
                answer = await self._exchange(request, marks, transport)
                sound = True
                return answer
            raise marks.expired()
        except HttpFailure as error:
            failure = HttpFailure(error.kind, error.phase, sent=error.sent, reused=marks.reused)
        except MAPPED as error:
            failure = marks.failure(error)
        except BaseException as error:
            if own is not None:
                # A fault of the library, the end of the loop: its frames and its causes' hold the headers.
                error.__cause__ = error.__context__ = error.__traceback__ = None
            raise
        finally:
            if own is not None and isinstance(transport, httpx.AsyncHTTPTransport):
                if marks.stream is not None and not sound:
                    with anyio.CancelScope(shield=True), suppress(*MAPPED):
                        await marks.stream.aclose()
                kept = sound and not self._closed and not request.apart
                await (own.give(transport) if kept else own.drop(transport))
        raise failure

    def renew(self) -> None:
        """Send nothing more on the connections of now, if they are its own."""
        if self._own is not None:
            self._own.renew()

    async def aclose(self) -> None:
        """Close the connections, if they are its own; what is under way ends as a failure."""
        self._closed = True
        if self._own is not None:
            await self._own.aclose()

    async def _exchange(
        self, request: HttpRequest, marks: _Marks, transport: httpx.AsyncBaseTransport | None
    ) -> HttpResponse:
        marks.check()
        timeouts = request.timeouts
        connect_s = timeouts.connect_s
        if request.sent_within_s is not None:
            connect_s = min(connect_s, request.sent_within_s)
        phases = {
            "connect": connect_s,
            "pool": connect_s,
            "write": timeouts.write_s,
            "read": timeouts.read_s,
        }
        prepared = _prepared(request, {"trace": marks.trace, "timeout": phases})
        if transport is not None:
            response = await transport.handle_async_request(prepared)
        elif self._client is not None:
            response = await self._client.send(prepared, stream=True, auth=None, follow_redirects=False)
        else:
            raise RuntimeError("neither a transport nor a client")
        marks.phase, marks.until = Phase.ANSWERING, marks.total
        try:
            headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw}
            if response.is_stream_consumed:  # a hook of the user's client has read it
                return HttpResponse(status=response.status_code, headers=headers, body=response.content)
            body = Body(headers.get("content-encoding"), headers.get("content-length"))
            chunks = aiter(cast("httpx.AsyncByteStream", response.stream))
            read_whole = False
            try:
                async for chunk in chunks:
                    body.feed(chunk)
                    if anyio.current_time() > marks.until:
                        raise HttpFailure("read-timeout", Phase.ANSWERING, sent=True)
                content = body.end()
                read_whole = True
            finally:
                if not read_whole:
                    with anyio.CancelScope(shield=True):
                        await _hang_up(response, chunks)
            _drop_if_trailing(response)
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()
        return HttpResponse(status=response.status_code, headers=headers, body=content)

    @property
    def shut(self) -> bool:
        """Closed here, or by the owner of the client."""
        return self._closed or (self._client is not None and self._client.is_closed)


def _without_headers(record: logging.LogRecord) -> bool:
    """At DEBUG httpcore logs the headers of answers; a venue may repeat in them what it was sent."""
    text = str(record.msg)
    if text.startswith("receive_response_headers.complete"):
        record.msg = text.partition(" ")[0]
    return True


class _Content(httpx.AsyncByteStream):
    """The body in one piece. httpx's own is a generator, left to the collector when writing fails."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._body:
            raise StopAsyncIteration
        body, self._body = self._body, b""
        return body


def _prepared(request: HttpRequest, extensions: dict[str, Any]) -> httpx.Request:
    prepared = httpx.Request(
        request.method,
        request.url,
        headers=[*request.headers.open(), ("Accept-Encoding", ACCEPT_ENCODING)],
        content=request.body or None,
        extensions=extensions,
    )
    if (prepared.url.port or 0) > 65535:
        raise httpx.InvalidURL("port out of range")  # on asyncio the socket would raise a bare OverflowError
    prepared.stream = _Content(request.body)
    return prepared


class _Marks:
    """How far one request got, as httpcore tells it."""

    __slots__ = (
        "_backend", "_body", "_send_by", "abort", "connected", "phase", "scope", "securing", "stream", "told", "total",
        "until",
    )  # fmt: skip

    def __init__(self, request: HttpRequest, backend: HttpxBackend) -> None:
        self.phase = Phase.QUEUED
        self.abort = request.abort
        self.told = False
        self.connected = False
        self.securing = False
        self._body = request.body
        self._backend = backend
        now = anyio.current_time()
        self.total = now + request.patience_s
        self._send_by = self.total if request.sent_within_s is None else now + request.sent_within_s
        self.until = min(self._send_by, self.total)
        """When it ends, answered or not; until the first byte that counts has left, when that must be."""
        self.scope: anyio.CancelScope | None = None
        self.stream: httpcore.AsyncNetworkStream | None = None
        """The connection that was made for this request; lost sight of by httpcore if the handshake is cancelled."""

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore at each step; an exception from here ends the request and closes its connection."""
        phase = _PHASES.get(event)
        if phase is None:
            if event == "connection.connect_tcp.complete":
                self.stream = info.get("return_value")
            return
        self.told = True
        if phase is Phase.CONNECTING:
            self.connected = True
            self.securing = event == "connection.start_tls.started"
        elif phase is not Phase.ANSWERING:
            if info["request"].method == b"CONNECT":
                return  # to a proxy; nothing of ours has left yet
            self.check()
            if not never_sent(phase, self._body):
                self.leave()
        self.phase = phase

    def leave(self) -> None:
        """The first byte that counts is about to leave: from now on only the answer is waited for."""
        if anyio.current_time() > self._send_by:
            raise self.expired()
        self.abort.sending = True
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
        if self.abort.raised or self._backend.shut:
            raise HttpFailure("aborted", self.phase, sent=False)

    @property
    def reused(self) -> bool:
        """The connection had served before."""
        return self.told and not self.connected

    def failure(self, error: BaseException) -> HttpFailure:
        """What this exception of the library means."""
        kind: FailureKind = next(_KINDS[base] for base in type(error).__mro__ if base in _KINDS)
        if self.phase <= Phase.CONNECTING and kind in ("unreachable", "connect-timeout"):
            self.phase = Phase.CONNECTING
            if kind == "unreachable":
                kind = connect_kind(error, securing=self.securing)
            elif self.securing:
                kind = "tls-handshake"
        elif kind == "protocol" and "disconnect" in str(error):
            kind = "disconnected"
        unsent = never_sent(self.phase, self._body) if self.told else isinstance(error, _BEFORE_SENDING)
        return HttpFailure(kind, self.phase, sent=not (unsent or kind == "proxy"), reused=self.reused)


async def _hang_up(response: httpx.Response, chunks: AsyncIterator[bytes]) -> None:
    """Close the socket and read on to its end: the generators inside httpx must not be left to the collector."""
    state = _h11_state(response)
    if state is not None:
        state.send_failed()
    network = response.extensions.get("network_stream")
    if network is not None:
        with suppress(*MAPPED):
            await network.aclose()
            async for _ in chunks:
                pass


def _drop_if_trailing(response: httpx.Response) -> None:
    """Give up a connection on which more came than was asked for: it would be taken for the next request's answer.

    httpcore closes what h11 calls failed, instead of keeping it.
    """
    state = _h11_state(response)
    if state is not None and state.trailing_data[0]:
        state.send_failed()


def _h11_state(response: httpx.Response) -> h11.Connection | None:
    """The HTTP/1.1 connection below; None where the names with underscores, for want of public ones, have changed.

    A copy of an answer that is already here then goes unnoticed, and what answers say about themselves must tell.
    """
    found: Any = response.stream
    for name in ("_stream", "_httpcore_stream", "_stream", "_connection"):
        found = getattr(found, name, found)
    state = getattr(found, "_h11_state", None)
    return state if isinstance(state, h11.Connection) else None
