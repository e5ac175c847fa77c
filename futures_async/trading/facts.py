"""Facts that orders wait for: whoever asks first reads, and who asks meanwhile gets the same answer."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, NamedTuple, TypeVar

from futures_async.transport.channel import LANE
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.errors import FuturesAsyncError

T = TypeVar("T")

FIRST_REST_S = 5.0
LONGEST_REST_S = 60.0


class Rest(NamedTuple):
    """After a reading of `seldom` that has failed."""

    until: float
    for_s: float
    error: FuturesAsyncError


class Facts:
    """Reads under way. No answer is remembered: one is as fresh as its slowest asker has waited."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Work[Any]] = {}
        self._rests: dict[Hashable, Rest] = {}

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

    async def seldom(self, runtime: Runtime, what: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """The same; what it has failed with is told again, without a reading, for 5 s, then for twice as long, to 60 s.

        Raises:
            FuturesAsyncError: As `read`, now or lately.
        """
        rest = self._rests.get(what)
        if rest is not None and runtime.now() < rest.until:
            raise copy.copy(rest.error) from rest.error.__cause__
        try:
            found = await self.once(runtime, what, read)
        except FuturesAsyncError as error:
            if self._rests.get(what) is rest:  # else another asker has told of this reading
                for_s = FIRST_REST_S if rest is None else min(LONGEST_REST_S, 2 * rest.for_s)
                kept = copy.copy(error).with_traceback(None)
                kept.__cause__ = error.__cause__
                self._rests[what] = Rest(runtime.now() + for_s, for_s, kept)
            raise
        self._rests.pop(what, None)
        return found
