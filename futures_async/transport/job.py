"""A call on its way: what all its attempts have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from futures_async.transport.dialect import SealedHeaders, Unsigned
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.http.backend import Abort
from futures_async.transport.limits.limiter import Pool, Priority
from futures_async.unified.errors import Attempt


class Sealed(NamedTuple):
    """A write as it was sent, to be sent again just so: see `VenueTraits.replay`."""

    request: Unsigned
    headers: SealedHeaders
    signed_ms: int
    until: float
    """Its signature lives so long, by the loop's clock."""


class Job(msgspec.Struct, frozen=True, gc=False):
    """One call, before its first attempt."""

    endpoint: Endpoint[Any]
    request: Unsigned
    pools: tuple[Pool, ...]
    priority: Priority
    deadline: float
    abort: Abort
    attempts: list[Attempt]
    part_of_write: bool
    """Called within a write, whose verdict it serves: not stopped when the exchange object is closed."""
    apart: bool
    """On a connection of its own: see `HttpRequest.apart`."""
    replays: bool
    """Once it may have arrived, it is sent again as it was, or not at all."""
    sealed: list[Sealed]
    """What was sent last, where that may be sent again."""
    signed_by_ms: int | None = None
    """See `Asking`."""
    asleep_s: float | None = None
    """See `Asking`; None: it may be late, as reads and cancels may."""

    @property
    def again(self) -> Sealed | None:
        """What is to be sent again as it was."""
        arrived = self.sealed and any(attempt.phase == "arrived" for attempt in self.attempts)
        return self.sealed[0] if arrived else None

    @property
    def has_left(self) -> bool:
        """A write of which an attempt has gone out."""
        return any(attempt.phase != "not sent" for attempt in self.attempts)

    @property
    def until(self) -> float:
        """The next attempt must have begun by then, by the loop's clock."""
        again = self.again
        return self.deadline if again is None else again.until
