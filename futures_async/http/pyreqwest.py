"""The fast backend on asyncio: pyreqwest, which is hyper (Rust) with a Python face. Extra `[fast]`.

Chosen over aiohttp by measurement (`benchmarks/README.md`): with the same guarantees around it, it takes half of
aiohttp's time at ten calls at once. hyper also is strict where it matters here: a connection on which bytes come that
nobody asked for is closed, and a request is repeated by itself only if none of it has been written.

What its exceptions are called proves nothing: `ConnectError` is also raised when the connection breaks after the
request went out, and `ConnectTimeoutError` when the answer does not come. So two other things tell how far a request
got. A body is an iterator of ours, which hyper asks for its bytes only when the connection stands and the headers are
written: not asked, not sent. For requests without a body it is the one cause text that hyper gives to failures before
there is a connection; should that text ever change, such failures count as sent, which is the safe side.

The library's thread may still be letting go of the interpreter when the last answer has been delivered. A program that
ends in that very moment was aborted in one of seven runs (exit code −6), so an exit handler waits for it a little.
"""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import (
    BodyDecodeError,
    ClientClosedError,
    DecodeError,
    DetailedPyreqwestError,
    PyreqwestError,
    RequestTimeoutError,
)

from futures_async.http import (
    KEEP_ALIVE_S,
    MAX_BODY,
    Abort,
    FailureKind,
    HttpBackend,
    HttpFailure,
    HttpRequest,
    HttpResponse,
    Phase,
    Timeouts,
)
from futures_async.http.body import ACCEPT_ENCODING, Body

if TYPE_CHECKING:
    from pyreqwest.http import HeaderMap
    from pyreqwest.request import StreamRequest

LETTING_GO_S = 0.05
"""Far longer than a thread takes to give the interpreter's lock back."""

atexit.register(time.sleep, LETTING_GO_S)

BEFORE_CONNECTED = "client error (Connect)"
"""hyper-util's text for whatever fails before a connection stands; compared whole."""

# How rustls and the operating system say it; anything else is "unreachable", and tried again like that.
_TLS = ("invalid peer certificate", "received fatal alert", "peer is incompatible", "received corrupt message")
_CONNECT_KINDS: tuple[tuple[str, FailureKind], ...] = (
    ("dns error", "dns"),
    *((text, "tls") for text in _TLS),
    ("tls handshake eof", "tls-handshake"),
    ("Connection reset", "tls-handshake"),
    ("Connection refused", "refused"),
)


class PyreqwestBackend(HttpBackend):
    """A pyreqwest client for each set of timeouts that is used with it: usually one, and one that keeps no connections.

    Args:
        ca_pem: One more root certificate to trust, beside those of the system.
    """

    name = "fast"

    def __init__(self, *, ca_pem: bytes | None = None) -> None:
        super().__init__()
        self._ca_pem = ca_pem
        self._clients: dict[tuple[Timeouts, bool], Client] = {}
        self._impatient = _Impatient()
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send and read.

        Raises:
            HttpFailure: With the phase reached.
        """
        if self._closed or request.abort.raised:
            raise HttpFailure("aborted", Phase.QUEUED, sent=False)
        marks = _Marks(request)
        try:
            if marks.send_by is None:
                return await self._exchange(request, marks)
            self._impatient.add(marks)
            try:
                return await self._exchange(request, marks)
            finally:
                self._impatient.discard(marks)
        except asyncio.CancelledError:
            if not marks.forgotten():
                raise
            failure = HttpFailure("connect-timeout", Phase.CONNECTING, sent=False)
        except HttpFailure as error:
            failure = HttpFailure(error.kind, error.phase, sent=error.sent)
        except _Aborted:
            kind: FailureKind = "aborted" if request.abort.raised else "connect-timeout"
            failure = HttpFailure(kind, Phase.HEADERS_STARTED, sent=False)
        except (PyreqwestError, OSError, ValueError) as error:
            failure = marks.failure(error)
        raise failure

    async def aclose(self) -> None:
        """Close all connections; what is under way ends as a failure."""
        self._closed = True
        while self._clients:
            await self._clients.popitem()[1].close()
        self._impatient.stop()

    def _prepared(self, request: HttpRequest, marks: _Marks) -> StreamRequest:
        client = self._clients.get((request.timeouts, request.apart)) or self._open(request.timeouts, request.apart)
        builder = client.request(request.method, request.url).headers(request.headers.open())
        if request.answered_within_s is not None:
            builder = builder.timeout(timedelta(seconds=request.answered_within_s))
        if request.body:
            builder = builder.header("Content-Length", str(len(request.body))).body_stream(marks.content(request.body))
        elif request.method in ("POST", "PUT", "PATCH"):
            builder = builder.header("Content-Length", "0")
        return builder.build_streamed()

    def _open(self, timeouts: Timeouts, apart: bool) -> Client:
        builder = (
            ClientBuilder()
            .http1_only()
            .follow_redirects(False)
            .referer(False)
            .no_proxy()
            .gzip(False)
            .brotli(False)
            .zstd(False)
            .deflate(False)
            .min_tls_version("TLSv1.2")
            .pool_idle_timeout(timedelta(seconds=KEEP_ALIVE_S))
            .pool_max_idle_per_host(0 if apart else self.max_connections)
            .connect_timeout(timedelta(seconds=timeouts.connect_s))
            .read_timeout(timedelta(seconds=timeouts.read_s))
            .timeout(timedelta(seconds=timeouts.deadline_s))
            .default_headers({"Accept-Encoding": ACCEPT_ENCODING})
        )
        if self._ca_pem is not None:
            builder = builder.add_root_certificate_pem(self._ca_pem)
        made = self._clients[timeouts, apart] = builder.build()
        return made

    async def _exchange(self, request: HttpRequest, marks: _Marks) -> HttpResponse:
        prepared = self._prepared(request, marks)
        marks.start()
        async with prepared as answer:
            marks.answering = True
            headers = _Headers(answer.headers)
            length = headers.get("content-length")
            encoding = headers.get("content-encoding")
            if encoding is None and length is not None and length.isdecimal() and int(length) <= MAX_BODY:
                content = (await answer.bytes()).to_bytes()  # hyper reads no further than the length
            else:
                body = Body(encoding, length)
                reader = answer.body_reader
                while (chunk := await reader.read_chunk()) is not None:
                    body.feed(chunk.to_bytes())
                content = body.end()
            return HttpResponse(status=answer.status, headers=headers, body=content)


class _Headers(Mapping[str, str]):
    """Names in lower case, converted when asked for; a value that is not text counts as absent."""

    __slots__ = ("_map",)

    def __init__(self, map_: HeaderMap) -> None:
        self._map = map_

    def __getitem__(self, name: str) -> str:
        try:
            return self._map[name]
        except ValueError:
            raise KeyError(name) from None

    def get(self, name: str, default: Any = None) -> Any:  # Mapping's own raises and catches for each one absent
        try:
            return self._map.get(name, default)
        except ValueError:
            return default

    def __iter__(self) -> Iterator[str]:
        return (name for name in dict.fromkeys(self._map.keys()) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Aborted(Exception):
    """The caller is gone, or it is too late, and hyper has just asked for the body."""


class _Marks:
    """How far one request got, as far as that can be told."""

    __slots__ = ("_abort", "_late", "_let_go", "_started", "_task", "_with_body", "answering", "asked", "send_by")

    def __init__(self, request: HttpRequest) -> None:
        self.answering = False
        self.asked = False
        self._late = False
        self._let_go = False
        self._task: asyncio.Task[Any] | None = None
        self._started = False
        self._with_body = bool(request.body)
        self._abort: Abort = request.abort
        within_s = request.sent_within_s
        self.send_by: float | None = None
        """On the system's monotonic clock: the body does not leave later."""
        if within_s is not None and self._with_body and within_s < request.timeouts.connect_s:
            self.send_by = monotonic() + within_s
            self._task = asyncio.current_task()

    def start(self) -> None:
        """Hand it to hyper now."""
        self._started = True
        if not self._with_body:
            self._abort.sending = True

    def expire(self) -> None:
        """The body must not leave any more; who waits for the connection is let go."""
        self._late = True
        if not self.asked and self._task is not None:
            self._let_go = True
            self._task.cancel()

    def forgotten(self) -> bool:
        """The cancellation that has just come is that of `expire`, and no other."""
        return self._let_go and self._task is not None and self._task.uncancel() == 0

    def content(self, body: bytes) -> Iterator[bytes]:
        """The body. Runs in hyper's thread: here and in the caller, first the own flag is set, then the other read."""
        self._abort.sending = self.asked = True
        if self._abort.raised or self._late or (self.send_by is not None and monotonic() > self.send_by):
            self._abort.sending = self.asked = False
            raise _Aborted
        yield body

    def failure(self, error: Exception) -> HttpFailure:
        """What this exception of the library means."""
        if not self._started:  # a URL or a header that cannot be
            return HttpFailure("protocol", Phase.QUEUED, sent=False)
        causes = _causes(error)
        connecting = BEFORE_CONNECTED in causes
        if self.answering:
            return HttpFailure(_kind(error, causes), Phase.ANSWERING, sent=True)
        if connecting or (self._with_body and not self.asked):
            return HttpFailure(_connect_kind(error, causes), Phase.CONNECTING, sent=False)
        phase = Phase.BODY_STARTED if self._with_body else Phase.HEADERS_STARTED
        return HttpFailure(_kind(error, causes), phase, sent=True)


class _Impatient:
    """Requests whose bodies must leave soon or never. One timer for all: one for each costs a tenth of a call."""

    def __init__(self) -> None:
        self._marks: set[_Marks] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def add(self, marks: _Marks) -> None:
        """Let it go when its time is up."""
        self._marks.add(marks)
        due = marks.send_by or 0.0
        if self._timer is None or due < self._due:
            self._arm(due)

    def discard(self, marks: _Marks) -> None:
        """It has ended."""
        self._marks.discard(marks)

    def stop(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float) -> None:
        self.stop()
        self._due = due
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - monotonic()), self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = monotonic()
        due = [one for one in self._marks if (one.send_by or 0.0) <= now]
        for marks in sorted(due, key=lambda one: one.send_by or 0.0):
            self._marks.discard(marks)
            marks.expire()
        if self._marks:
            self._arm(min(one.send_by or 0.0 for one in self._marks))


def _causes(error: Exception) -> list[str]:
    details = error.details if isinstance(error, DetailedPyreqwestError) else None
    return [cause["message"] for cause in (details and details["causes"]) or ()]


def _connect_kind(error: Exception, causes: list[str]) -> FailureKind:
    if isinstance(error, RequestTimeoutError):
        return "connect-timeout"
    if isinstance(error, ClientClosedError):
        return "aborted"
    for text, kind in _CONNECT_KINDS:
        if any(cause.startswith(text) for cause in causes):
            return kind
    return "unreachable"


def _kind(error: Exception, causes: list[str]) -> FailureKind:
    if isinstance(error, RequestTimeoutError):
        return "read-timeout"
    if isinstance(error, ClientClosedError):
        return "aborted"
    if "connection closed before message completed" in causes or isinstance(error, BodyDecodeError):
        return "disconnected"
    return "protocol" if isinstance(error, (DecodeError, ValueError)) else "read"
