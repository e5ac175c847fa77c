"""One kind of read at one venue, shared by all who ask for it."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

import anyio

from futures_async.transport.runtime import Runtime, Work
from futures_async.transport.trouble import TROUBLE
from futures_async.unified.callbacks import failure_of
from futures_async.unified.errors import (
    AccountModeMismatch,
    AuthenticationError,
    Banned,
    FuturesAsyncError,
    NotSupported,
    RateLimited,
    RequestTimeout,
    UnreadRow,
    UnreadRows,
    VenueClosed,
    unread_rows,
)
from futures_async.unified.rows import readable
from futures_async.unified.watching import WatchState

logger = logging.getLogger("futures_async.portfolio")

T = TypeVar("T")

RATE_LIMITED_PAUSE_S = 1.0
"""After a refusal for the rate limit that names no time."""
BANNED_PAUSE_S = 60.0
REFUSED_PAUSES_S = (5.0, 10.0, 20.0, 40.0, 60.0)
"""After refusals that asking again does not cure: wrong key, wrong account family, interface shut down. Venues ban
addresses that go on asking."""

SAID_S = 1.0
"""So long it is passed on, with the next question, that figures are wanted fresh."""
OVERDUE = 3
LEAST_OVERDUE_S = 10.0
EARLY_S = 0.001
"""A wait for a deadline may end a rounding error before it."""


class Answer(NamedTuple, Generic[T]):
    """A value, and when it was asked for and received, on the loop's clock."""

    value: T
    asked: float
    received: float
    unread: tuple[UnreadRow, ...] = ()
    """Rows that could not be read: they are not in the value."""
    failure: Exception | None = None
    """Why it is as old as that, where another process says so."""

    @property
    def odd(self) -> UnreadRows | None:
        """The error that says so."""
        return unread_rows(self.unread, cast("Sequence[Any]", self.value)) if self.unread else None


async def answered(read: Awaitable[T], runtime: Runtime) -> Answer[T]:
    """A read, with when it was asked for and answered, and what of it cannot be read."""
    asked = runtime.now()
    value, unread = await readable(read)
    return Answer(cast("T", tuple(cast("Sequence[Any]", value))), asked, runtime.now(), unread)


def overdue_after(every_s: float) -> float:
    """How old what follows the market may become, where it is wanted read so often: seconds."""
    return max(LEAST_OVERDUE_S, OVERDUE * every_s)


class Part(Protocol[T]):
    """What is known of one part of an account, positions or balances, and how it gets known."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    @property
    def good(self) -> Answer[T] | None:
        """The last that is known."""
        ...

    @property
    def error(self) -> Exception | None:
        """Why that is not fresh."""
        ...

    @property
    def absent(self) -> bool:
        """The venue has no such thing."""
        ...

    @property
    def stream(self) -> WatchState | None:
        """State of its stream; None: it is read only."""
        ...

    @property
    def stream_error(self) -> Exception | None:
        """Why that ended, until another one stands; None: it did not."""
        ...

    def ask(self, max_age_s: float, refresh_s: float | None = None, *, follow: bool = False) -> None:
        """See to it that it gets known."""

    def prompt(self, deadline_s: float) -> bool:
        """Worth waiting for."""
        ...

    def late(self, now: float, deadline_s: float) -> Exception | None:
        """Why a read that is needed takes too long; None: none does."""
        ...

    async def wait(self, deadline_s: float) -> None:
        """Wait for a read that is needed."""

    def stop(self) -> None:
        """No more of it."""


class Flight:
    """One read under way. Those who wait for it may leave; it goes on."""

    def __init__(self, asked: float, max_age_s: float, wanted: float) -> None:
        self.asked = asked
        self.max_age_s = max_age_s
        self.wanted = wanted
        """When somebody asked for it: it may have had to wait for the one before."""
        self.trouble: Exception | None = None
        """What it has met so far; it goes on trying."""
        self.landed = anyio.Event()
        self.work: Work[None] | None = None


class Feed(Generic[T]):
    """Reads on demand: at most one under way, its answer shared while it is young, none while it makes no sense.

    Args:
        name: For messages.
        fetch: The read. Told how old, in seconds, an answer may be that somebody else has asked for.
        runtime: The event loop.
        give_up_s: Seconds after which a read under way is stopped.
    """

    def __init__(
        self, name: str, fetch: Callable[[float], Awaitable[Answer[T]]], runtime: Runtime, give_up_s: float
    ) -> None:
        self.name = name
        self._fetch = fetch
        self._runtime = runtime
        self._give_up_s = give_up_s
        self.good: Answer[T] | None = None
        self.error: Exception | None = None
        """What the last finished read ended with, `UnreadRows` beside a `good` answer; None when it succeeded."""
        self.flight: Flight | None = None
        self._next: tuple[float, float] | None = None
        """Since when a further read is wanted after the one under way, and how old its answer may be."""
        self.took_s = 0.0
        """How long the last finished read took, failed ones too."""
        self._asked_last: float | None = None
        self._refresh = math.inf, float("-inf")
        self._pause_until = float("-inf")
        self._refusals = 0

    @property
    def absent(self) -> bool:
        """The venue has no such call."""
        return isinstance(self.error, NotSupported)

    @property
    def stream(self) -> WatchState | None:
        """It is read only."""
        return None

    @property
    def stream_error(self) -> Exception | None:
        """There is none."""
        return None

    @property
    def refresh_s(self) -> float | None:
        """So often a picture that another process keeps is to be compared with a read; None: nobody minds."""
        every_s, asked = self._refresh
        return every_s if self._runtime.now() - asked <= SAID_S else None

    def ask(self, max_age_s: float, refresh_s: float | None = None, *, follow: bool = False) -> None:
        """Begin a read, unless one is under way, the last answer (or failure) is young enough, or a pause is on.

        Args:
            max_age_s: So old an answer is young enough.
            refresh_s: For what is streamed: see `refresh_s`.
            follow: A read under way that was begun earlier than that is followed by another.
        """
        now = self._runtime.now()
        if refresh_s is not None:
            self._refresh = refresh_s, now
        if self.flight is not None:
            if follow and self._next is None and now - self.flight.asked > max_age_s:
                self._next = now, max_age_s
            return
        young = self._asked_last is not None and now - self._asked_last < max_age_s
        if not young:
            self._begin(now, max_age_s)

    def _begin(self, wanted: float, max_age_s: float) -> None:
        now = self._runtime.now()
        if now < self._pause_until:
            return
        self._asked_last = now
        self.flight = Flight(now, max_age_s, wanted)
        self.flight.work = self._runtime.start(self._read(self.flight))

    def prompt(self, deadline_s: float) -> bool:
        """Worth waiting for: the last finished read went well and took no longer than that."""
        return (self.error is None or isinstance(self.error, UnreadRows)) and self.took_s <= deadline_s

    def late(self, now: float, deadline_s: float) -> Exception | None:
        """Why the read under way takes longer than that, or will, as far as the last one tells."""
        flight = self.flight
        if flight is None or (now - flight.wanted < deadline_s - EARLY_S and self.took_s <= deadline_s):
            return None
        # A row that could not be read is no reason: that read had answered, and what it told is old by now.
        before = None if isinstance(self.error, UnreadRows) else self.error
        return flight.trouble or before or RequestTimeout(f"{self.name}: no answer within {deadline_s:g} s")

    def pause(self, seconds: float) -> None:
        """Ask nothing for so long."""
        self._pause_until = max(self._pause_until, self._runtime.now() + seconds)

    async def wait(self, deadline_s: float) -> None:
        """Wait for the read under way, if any, until `deadline_s` seconds after it was begun.

        Where another is to follow it, for that one, until so long after it was asked for.
        """
        flight, following = self.flight, self._next
        if flight is None:
            return
        begun = flight.wanted if following is None else following[0]
        left = begun + deadline_s - self._runtime.now()
        if left > 0:
            with anyio.move_on_after(left):
                await flight.landed.wait()
                if following is not None and self.flight is not None:
                    await self.flight.landed.wait()

    def stop(self) -> None:
        """Stop the read under way."""
        self._next = None
        if self.flight is not None and self.flight.work is not None:
            self.flight.work.cancel()

    async def _read(self, flight: Flight) -> None:
        def met(error: Exception) -> None:
            flight.trouble = error

        TROUBLE.set(met)  # in this task's own context
        try:
            error = await failure_of(self._read_in_time(flight))
            self.error = error
            if error is None:
                self._refusals = 0
            else:
                self._learn(error)
        finally:
            self.took_s = self._runtime.now() - flight.asked
            self.flight = None
            flight.landed.set()
        following, self._next = self._next, None
        if following is not None:
            self._begin(*following)

    async def _read_in_time(self, flight: Flight) -> None:
        with anyio.move_on_after(self._give_up_s) as scope:
            self.good = await self._fetch(flight.max_age_s)
        if scope.cancelled_caught:
            raise RequestTimeout(f"{self.name}: no answer within {self._give_up_s:g} s")
        if self.good is not None and (problem := self.good.failure or self.good.odd) is not None:
            raise problem

    def _learn(self, error: Exception) -> None:
        if isinstance(error, Banned):
            self.pause(error.retry_after_s or BANNED_PAUSE_S)
        elif isinstance(error, RateLimited):
            self.pause(error.retry_after_s or RATE_LIMITED_PAUSE_S)
        elif isinstance(error, (AuthenticationError, AccountModeMismatch, VenueClosed, NotSupported)):
            # The last costs nothing, and may be another process's, which cannot do what this one can.
            self.pause(REFUSED_PAUSES_S[min(self._refusals, len(REFUSED_PAUSES_S) - 1)])
            self._refusals += 1
        elif not isinstance(error, FuturesAsyncError):
            logger.error("%s: the adapter failed in a way of its own", self.name, exc_info=error)
