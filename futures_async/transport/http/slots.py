"""Who may send: as many at once as there are connections. Who waits goes by lanes, and by their coming within one."""

from __future__ import annotations

from collections.abc import Generator
from heapq import heapify, heappop, heappush
from typing import Any, Literal

import anyio

from futures_async.transport.limits.limiter import Priority
from futures_async.transport.runtime import running_asyncio_loop

KEPT_FROM_READS = 2
"""So many connections are for cancels, orders and what belongs to them, as long as there are four times as many."""

_READ = Priority.READ


class Turn:
    """One who waits for a slot: on asyncio with a future of its loop's, which is far cheaper than a portable event.

    Whatever ends it first is its end; scopes of cancellation would cost more than the call that waits.
    """

    __slots__ = ("_signal", "end")

    def __init__(self) -> None:
        self.end: Literal["given", "late", "stopped"] | None = None
        loop = running_asyncio_loop()
        self._signal: Any = anyio.Event() if loop is None else loop.create_future()

    def __await__(self) -> Generator[Any, Any, Any]:
        signal = self._signal
        return (signal.wait() if isinstance(signal, anyio.Event) else signal).__await__()

    def give(self) -> None:
        """Its slot is there."""
        self._ends("given")

    def late(self) -> None:
        """Its time is up."""
        self._ends("late")

    def cancel(self) -> None:
        """It may not have one any more."""
        self._ends("stopped")

    def _ends(self, end: Literal["given", "late", "stopped"]) -> None:
        if self.end is not None:
            return
        self.end = end
        if isinstance(self._signal, anyio.Event):
            self._signal.set()
        elif not self._signal.done():  # it is when who waits has been cancelled and has not run since
            self._signal.set_result(None)


class Slots:
    """On asyncio and trio. Some are never given to plain reads, however many of those hang: a cancel finds one.

    Args:
        count: Of connections.
    """

    __slots__ = ("_came", "_kept", "_waiting", "free")

    def __init__(self, count: int) -> None:
        self.free = count
        self._kept = min(KEPT_FROM_READS, count // 4)
        self._waiting: list[tuple[Priority, int, Turn]] = []
        self._came = 0

    def take_free(self, lane: Priority = Priority.URGENT) -> bool:
        """Take a slot, if one is free for this lane."""
        if self.free <= (self._kept if lane is _READ else 0):
            return False
        self.free -= 1
        return True

    async def take(self, lane: Priority = Priority.URGENT, turn: Turn | None = None) -> bool:
        """Wait for a free slot.

        Args:
            lane: Of the call.
            turn: To end the wait by.

        Returns:
            Whether there is one; not, where the turn has ended otherwise.
        """
        if self.take_free(lane):
            return True
        self._came += 1
        if turn is None:
            turn = Turn()
        heappush(self._waiting, (lane, self._came, turn))
        try:
            await turn
        except BaseException:
            if turn.end == "given":
                self.give()
            else:
                self._leave(turn)
            raise
        if turn.end == "given":
            return True
        self._leave(turn)
        return False

    def _leave(self, turn: Turn) -> None:
        turn.cancel()
        self._waiting = [place for place in self._waiting if place[2] is not turn]
        heapify(self._waiting)

    def give(self) -> None:
        """Give a slot back: to the first of those who wait, if it may have it."""
        waiting = self._waiting
        while waiting and waiting[0][2].end is not None:  # it has not run since
            heappop(waiting)
        if waiting and (waiting[0][0] is not _READ or self.free >= self._kept):
            heappop(waiting)[2].give()
        else:
            self.free += 1
