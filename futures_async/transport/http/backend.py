"""The seam to HTTP libraries: a plain request in, a plain response out, and how far a failed request got.

A backend sends one request and reads one answer. It does not follow redirects, keep cookies, read the
environment, retry or raise its library's exceptions: all of them become `HttpFailure` here, raised outside the
`except` block, because the frames of an HTTP library hold the headers and an exception's context holds its frames.

Who sends takes one of the backend's `slots` first and signs after that, so that no signature ages in a queue:

    await backend.slots.take()
    backend.begin(sign(...), done)  # `done` gives the slot back

`begin` returns at once, and no cancellation of whoever called it reaches what it began.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Literal

import msgspec

from futures_async.transport.dialect import SealedHeaders
from futures_async.transport.http.slots import Slots
from futures_async.transport.running import detach
from futures_async.unified.convert import check_number
from futures_async.unified.errors import Portable

MAX_BODY = 8 * 1024 * 1024
"""Largest decoded body that is read, in bytes."""

MAX_CONNECTIONS = 20
"""To one host: more do not help at these rates, and httpx looks at each of them for every request."""

KEEP_ALIVE_S = 15.0
"""A connection idle for longer is not used again: the venue may be closing it just now."""

FailureKind = Literal[
    "dns",
    "refused",
    "unreachable",
    "connect-timeout",
    "tls",
    "no-tls",
    "tls-handshake",
    "proxy",
    "forbidden",
    "pool-timeout",
    "write",
    "write-timeout",
    "read",
    "read-timeout",
    "disconnected",
    "protocol",
    "body-too-large",
    "encoding",
    "aborted",
    "fault",
]


class Phase(IntEnum):
    """How far a request got."""

    QUEUED = 0
    CONNECTING = 1
    HEADERS_STARTED = 2
    BODY_STARTED = 3
    ANSWERING = 4


_REACHED = {
    Phase.QUEUED: "before it could leave",
    Phase.CONNECTING: "as the connection was made",
    Phase.HEADERS_STARTED: "as the request left",
    Phase.BODY_STARTED: "once the request had left",
    Phase.ANSWERING: "in the middle of the answer",
}


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds. `deadline_s` bounds a whole read with its retries and its wait in the queue, and each try at a write."""

    connect_s: float = 3.0
    """For a connection, TLS included."""
    write_s: float = 3.0
    """For handing over a request."""
    read_s: float = 5.0
    """Without a byte of the answer."""
    deadline_s: float = 10.0
    """For a whole read, and for each try at a write."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            check_number(name, getattr(self, name), 0, above=True)


class Abort:
    """A flag that a cancelled caller raises; a backend looks at it before the first byte leaves.

    Args:
        whole: The flag of the write that this call is part of: raised there, raised here; what leaves here left there.
    """

    __slots__ = ("_raised", "_sending", "_whole")

    def __init__(self, whole: Abort | None = None) -> None:
        self._raised = False
        self._sending = False
        self._whole = whole

    @property
    def raised(self) -> bool:
        """Nothing of it is to leave any more."""
        return self._raised or (self._whole is not None and self._whole.raised)

    @raised.setter
    def raised(self, raised: bool) -> None:
        self._raised = raised

    @property
    def sending(self) -> bool:
        """Set by the backend once the first byte may have left; of a call, the first byte of this attempt."""
        return self._sending

    @sending.setter
    def sending(self, sending: bool) -> None:
        self._sending = sending
        if sending and self._whole is not None:
            self._whole.sending = True

    @property
    def harmless(self) -> bool:
        """Nothing has left so far."""
        return not self._sending


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request, complete: the backend adds nothing but Host, Content-Length and Accept-Encoding."""

    method: str
    origin: str
    """Scheme, host and port, `https://host`."""
    target: str
    """Path and query, as they were signed."""
    headers: SealedHeaders
    body: bytes
    timeouts: Timeouts
    abort: Abort
    sent_within_s: float | None = None
    """Of a write: once so many seconds have passed, its first byte that counts does not leave any more."""
    answered_within_s: float | None = None
    """From now to the last byte of the answer; None: `timeouts.deadline_s`."""
    apart: bool = False
    """On a connection made for it, which serves nothing after it: no answer to anything else can be waiting there."""

    @property
    def url(self) -> str:
        """In one piece."""
        return self.origin + self.target

    @property
    def patience_s(self) -> float:
        """From now to the last byte of the answer, seconds."""
        return self.timeouts.deadline_s if self.answered_within_s is None else self.answered_within_s

    def __repr__(self) -> str:
        # A query may carry the key and the signature, and a body is the order itself.
        return f"HttpRequest({self.method} {self._without_query()})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("method", self.method), ("url", self._without_query())]

    def _without_query(self) -> str:
        return self.url.partition("?")[0]


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, read to its end and decompressed."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def __repr__(self) -> str:
        # A venue may repeat what it was sent, and this stands in the frames of many an error.
        return f"HttpResponse({self.status}, {len(self.body)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("status", self.status), ("bytes", len(self.body))]


class HttpFailure(Portable):
    """No usable answer. `sent` is False only when it is proved that the venue cannot have acted."""

    def __init__(self, kind: FailureKind, phase: Phase, *, sent: bool, reused: bool = False) -> None:
        super().__init__(f"{kind} {_REACHED[phase]}")
        self.kind: FailureKind = kind
        self.phase = phase
        self.sent = sent
        self.reused = reused
        """It went out on a connection that had served before; the venue may have closed that for being idle."""


Done = Callable[[HttpResponse | HttpFailure], object]
"""Told once what became of a request, from the event loop."""


def fault(error: Exception, *, sent: bool) -> HttpFailure:
    """What a library has raised that no library is known to raise: its fault, a stand-in's in a test, or ours.

    The error is kept as the cause, without its frames: they may hold headers. Those of an assertion are a test's.

    Args:
        error: What was raised.
        sent: The first byte may have left.
    """
    if not isinstance(error, AssertionError):
        error.__cause__ = error.__context__ = error.__traceback__ = None
    failure = HttpFailure("fault", Phase.BODY_STARTED if sent else Phase.CONNECTING, sent=sent)
    failure.__cause__ = error
    return failure


def never_sent(phase: Phase, body: bytes) -> bool:
    """Proof of not-sent: a request with a body cannot be executed before its body has started."""
    return phase < (Phase.BODY_STARTED if body else Phase.HEADERS_STARTED)


class HttpBackend(ABC):
    """One connection pool; shared by any number of accounts. Every sender holds one of its `slots`."""

    name: str
    max_connections: int = MAX_CONNECTIONS

    def __init__(self) -> None:
        self._slots = Slots(self.max_connections)

    @property
    def slots(self) -> Slots:
        """One for each connection; take one before signing, give it back when the answer is there."""
        return self._slots

    def begin(self, request: HttpRequest, done: Done) -> None:
        """Send; `done` is told what became of it, maybe before this returns.

        Here by a task around `send`. A backend that needs none for each request has its own.
        """

        def cancelled() -> None:
            done(HttpFailure("aborted", Phase.ANSWERING, sent=request.abort.sending))

        detach(self._carry(request, done), cancelled)

    async def _carry(self, request: HttpRequest, done: Done) -> None:
        try:
            answer: HttpResponse | HttpFailure = await self.send(request)
        except HttpFailure as failure:
            answer = HttpFailure(failure.kind, failure.phase, sent=failure.sent, reused=failure.reused)
            answer.__cause__ = failure.__cause__  # of a fault
        except Exception as error:  # of a kind that nobody has thought of
            answer = fault(error, sent=request.abort.sending)
        done(answer)

    @abstractmethod
    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send and read. Called by `begin` in a task that no caller cancels.

        Raises:
            HttpFailure: With the phase reached.
        """

    def renew(self) -> None:
        """Send nothing more on the connections of now: one of them gave an answer to something else.

        It may go on like that, an answer behind, for ever. What is under way ends as it will. A backend that has no
        hold on its connections does nothing.
        """
        return

    @abstractmethod
    async def aclose(self) -> None:
        """Close all connections; what is under way ends as a failure."""
