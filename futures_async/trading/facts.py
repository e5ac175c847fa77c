"""Facts that orders wait for: whoever asks first reads, and who asks meanwhile gets the same answer."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from futures_async.transport.channel import LANE
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.errors import FuturesAsyncError

T = TypeVar("T")


class Facts:
    """Reads under way. Nothing is remembered: an answer is as fresh as its slowest asker has waited."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Work[Any]] = {}

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
