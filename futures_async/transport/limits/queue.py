"""A pool with its queue: those who wait for it, by priority, then by arrival."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from futures_async.transport.limits.window import Window

if TYPE_CHECKING:
    from futures_async.transport.limits.limiter import Permit, Pool, Priority
    from futures_async.transport.limits.loops import Loop, Timer


class Waiter:
    """A caller who waits. It ends with a permit or an error, or gives up."""

    __slots__ = ("deadline", "error", "key", "loop", "moves", "permit", "pools", "queued", "signal", "windows")

    def __init__(
        self,
        windows: list[QueuedWindow],
        pools: Sequence[Pool],
        priority: Priority,
        arrival: int,
        deadline: float | None,
        loop: Loop,
    ) -> None:
        self.windows = windows
        self.pools = pools
        self.key = (int(priority), arrival)
        self.deadline = deadline
        self.loop = loop
        self.signal = loop.signal()
        self.permit: Permit | None = None
        self.error: Exception | None = None
        self.queued: list[QueuedWindow] = []
        """The pools in whose queues it stands."""
        self.moves = 0
        """How often it came first in one queue and found another pool full."""

    def weight(self, window: QueuedWindow) -> int:
        """What it takes of one of its pools."""
        return self.pools[self.windows.index(window)].weight

    @property
    def over(self) -> bool:
        """It waits no more."""
        return self.permit is not None or self.error is not None


class Queue:
    """A heap of waiters. One who has left stays in it, as dead wood, until half of it is dead."""

    __slots__ = ("_heap", "counts", "timer")

    def __init__(self) -> None:
        self._heap: list[tuple[tuple[int, int], Waiter]] = []
        self.counts = [0, 0, 0]
        """Waiters in each lane."""
        self.timer: Timer | None = None

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, waiter: Waiter) -> None:
        """Put a waiter where it belongs by lane and arrival."""
        heappush(self._heap, (waiter.key, waiter))
        self.counts[waiter.key[0]] += 1

    def head(self) -> Waiter | None:
        """Who is next."""
        heap = self._heap
        while heap and heap[0][1].over:
            heappop(heap)
        return heap[0][1] if heap else None

    def remove(self, waiter: Waiter) -> None:
        """Take one out. Who is not the head stays as dead wood, so has to be over by the next look."""
        self.counts[waiter.key[0]] -= 1
        heap = self._heap
        if heap[0][1] is waiter:
            heappop(heap)
        elif len(heap) > 2 * sum(self.counts) + 32:
            self._heap = [entry for entry in heap if entry[1] is not waiter and not entry[1].over]
            heapify(self._heap)

    def waiters(self) -> list[Waiter]:
        """All who wait, in no order."""
        return [waiter for _, waiter in self._heap if not waiter.over]


class QueuedWindow(Window):
    """A window, and the queue before it."""

    __slots__ = ("queue",)

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.queue: Queue | None = None
        """Those who wait for this pool; None when nobody does."""

    def idle(self, now: float) -> bool:
        return self.queue is None and super().idle(now)
