"""Facts that orders wait for: whoever asks first reads, and who asks meanwhile gets the same answer."""

from __future__ import annotations

import copy
import math
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

import anyio

from futures_async.transport.channel import LANE
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.errors import FuturesAsyncError, RequestTimeout

R = TypeVar("R")
T = TypeVar("T")

FIRST_BACK_OFF_S = 5.0
LONGEST_BACK_OFF_S = 60.0

ANEW = 3
"""So often what settings change is read at most before an order is sent by it."""


class BackOff:
    """How long what cannot be read is not asked for again: 5 s, then twice as long each time, to 60 s."""

    __slots__ = ("_for_s", "missed_at")

    def __init__(self) -> None:
        self._for_s = 0.0
        self.missed_at: float | None = None

    def missed(self, now: float, *, anew: bool = True) -> None:
        """It could not be read.

        Args:
            now: The event loop's clock.
            anew: False of one more who has waited for a reading that was counted.
        """
        if anew:
            self._for_s = min(LONGEST_BACK_OFF_S, 2 * self._for_s or FIRST_BACK_OFF_S)
        self.missed_at = now

    def due(self, now: float) -> bool:
        """Whether it is worth to ask again."""
        return self.missed_at is None or now - self.missed_at >= self._for_s


class Facts:
    """Reads under way. No answer is remembered: one is as fresh as its slowest asker has waited."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Work[Any]] = {}
        self._rests: dict[Hashable, tuple[BackOff, FuturesAsyncError]] = {}
        """Of readings by `seldom` that have failed: until when, and with what."""

    async def once(self, runtime: Runtime, what: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """Read, or wait for the reading that is under way; it goes on when who began it is cancelled.

        Raises:
            FuturesAsyncError: As `read`; each asker gets an error object of its own.
        """
        # An order does not wait for what a poller has asked for behind all its other reads.
        key = (what, LANE.get())
        work: Work[T] | None = self._under_way.get(key)
        if work is None:

            async def reading() -> T:
                try:
                    return await read()
                finally:
                    self._under_way.pop(key, None)

            work = self._under_way[key] = runtime.start(reading())
        try:
            return await work.wait()
        except FuturesAsyncError as error:
            raise copy.copy(error) from error.__cause__

    async def seldom(
        self, runtime: Runtime, what: Hashable, read: Callable[[], Awaitable[T]], *, within_s: float = math.inf
    ) -> T:
        """The same; what it has failed with is told again, without a reading, for 5 s, then for twice as long, to 60 s.

        Args:
            runtime: Where it runs.
            what: The fact.
            read: Reads it.
            within_s: So long it is waited for; the reading goes on.

        Raises:
            RequestTimeout: It did not come within that time.
            FuturesAsyncError: As `read`, now or lately.
        """
        rest = self._rests.get(what)
        if rest is not None and not rest[0].due(runtime.now()):
            raise copy.copy(rest[1]) from rest[1].__cause__
        try:
            found = await self._soon(runtime, what, read, within_s)
        except FuturesAsyncError as error:
            if self._rests.get(what) is rest:  # else another asker has told of this reading
                back_off = BackOff() if rest is None else rest[0]
                back_off.missed(runtime.now())
                kept = copy.copy(error).with_traceback(None)
                kept.__cause__ = error.__cause__
                self._rests[what] = back_off, kept
            raise
        self._rests.pop(what, None)
        return found

    async def _soon(self, runtime: Runtime, what: Hashable, read: Callable[[], Awaitable[T]], within_s: float) -> T:
        with anyio.move_on_after(within_s):
            return await self.once(runtime, what, read)
        raise RequestTimeout(f"{what}: no answer within {within_s:g} s")


class Learned(Generic[T]):
    """Facts by name that orders repeat, as they were read last; only what nothing was set since it was asked for.

    A reading that was slow comes after a setting that it does not show: who keeps it sends the old value with every
    order, long after the new one was reported to stand.

    Args:
        changes: How many settings have begun or ended; None while one may still come to stand.
    """

    __slots__ = ("_changes", "_known")

    def __init__(self, changes: Callable[[], int | None]) -> None:
        self._changes = changes
        self._known: dict[str, tuple[int, T]] = {}

    def asked(self) -> int | None:
        """To be called before a fact is asked for, and given to `put` with the answer."""
        return self._changes()

    def put(self, name: str, value: T, asked: int | None) -> None:
        """What was read; nothing is learned from it where something was set meanwhile."""
        if asked is not None and asked == self._changes():
            self._known[name] = asked, value

    def get(self, name: str) -> T | None:
        """What stands, as far as it is known."""
        asked, value = self._known.get(name, (None, None))
        return value if asked is not None and asked == self._changes() else None

    async def anew(self, read: Callable[[int | None], Awaitable[R]]) -> R:
        """Read it; again where something was set meanwhile, as long as that is worth it.

        Args:
            read: Given what `asked` says, for who shares readings shares none that was begun before.
        """
        for _ in range(ANEW - 1):
            asked = self.asked()
            found = await read(asked)
            if asked == self.asked():
                return found
        return await read(self.asked())

    def forget(self, name: str) -> None:
        """It may be another by now."""
        self._known.pop(name, None)

    def clear(self) -> None:
        """All of them may be."""
        self._known.clear()
