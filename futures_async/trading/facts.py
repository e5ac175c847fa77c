"""Facts that orders wait for: whoever asks first reads, and who asks meanwhile gets the same answer."""

from __future__ import annotations

import copy
import math
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

import anyio

from futures_async.transport.channel import LANE
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.errors import FuturesAsyncError, RequestTimeout

T = TypeVar("T")

FIRST_BACK_OFF_S = 5.0
LONGEST_BACK_OFF_S = 60.0


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
