"""The seam to HTTP libraries: a plain request in, a plain response out, and how far a failed request got.

A backend sends one request and reads one answer. It does not follow redirects, keep cookies, read the
environment, retry or raise its library's exceptions: all of them become `HttpFailure` here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import IntEnum
from typing import Literal

import msgspec

from futures_async.dialect import SealedHeaders

MAX_BODY = 8 * 1024 * 1024
"""Largest decoded body that is read."""

FailureKind = Literal[
    "dns",
    "refused",
    "unreachable",
    "connect-timeout",
    "tls",
    "tls-handshake",
    "proxy",
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
]


class Phase(IntEnum):
    """How far a request got."""

    QUEUED = 0
    CONNECTING = 1
    HEADERS_STARTED = 2
    BODY_STARTED = 3
    ANSWERING = 4


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds. `deadline_s` bounds a whole read with its retries and its wait in the queue."""

    connect_s: float = 3.0
    write_s: float = 3.0
    read_s: float = 5.0
    deadline_s: float = 10.0


class Abort:
    """A flag that a cancelled caller raises; a backend looks at it before the first byte leaves."""

    __slots__ = ("raised", "sending")

    def __init__(self) -> None:
        self.raised = False
        self.sending = False
        """Set by the backend once the first byte may have left."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request, complete: the backend adds nothing but Host and Content-Length."""

    method: str
    url: str
    headers: SealedHeaders
    body: bytes
    timeouts: Timeouts
    abort: Abort


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, read to its end and decompressed."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class HttpFailure(Exception):
    """No usable answer. `sent` is False only when it is proved that the venue cannot have acted."""

    def __init__(self, kind: FailureKind, phase: Phase, *, sent: bool) -> None:
        super().__init__(f"{kind} while {phase.name.lower().replace('_', ' ')}")
        self.kind: FailureKind = kind
        self.phase = phase
        self.sent = sent


def never_sent(phase: Phase, body: bytes) -> bool:
    """Proof of not-sent: a request with a body cannot be executed before its body has started."""
    return phase < (Phase.BODY_STARTED if body else Phase.HEADERS_STARTED)


class HttpBackend(ABC):
    """One connection pool; shared by any number of accounts. Callers never exceed `max_connections` at once."""

    name: str
    max_connections: int = 20

    @abstractmethod
    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send and read. Runs in a task that no caller cancels.

        Raises:
            HttpFailure: With the phase reached.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Close all connections."""
