"""The limiter of one process: all client objects of an account share its pools.

Order: within a pool's queue URGENT goes before ORDER before READ, and within a lane who came first goes first.
A full stream of urgent calls can therefore hold back reads for as long as it lasts; no design can avoid that while
the venue counts them together, and urgent calls are few. A caller whose *other* pool is full lets the next one
pass meanwhile, so that one slow endpoint does not hold up the account.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from futures_async.transport.forks import fork_generation, inherit
from futures_async.transport.limits.limiter import Limiter, Permit, Pool, Priority
from futures_async.transport.limits.loops import Loop, Loops, Timer
from futures_async.transport.limits.queue import Queue, QueuedWindow, Waiter
from futures_async.unified.convert import check_number
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import DeadlineExpired, PoolClosed, QueueFull

PATIENCE = 8
"""A caller who came first so often and found another pool full holds the front of all its queues from then on."""


class LocalPermit(Permit):
    """Slots in the pools of one call. A fork has none of its parent's: there they count as answered."""

    __slots__ = ("_limiter", "_loop", "_pools", "_windows")

    def __init__(
        self, limiter: LocalLimiter, windows: Sequence[QueuedWindow], pools: Sequence[Pool], loop: Loop
    ) -> None:
        self._limiter = limiter
        self._windows = windows
        self._pools = pools
        self._loop = loop

    def answered(self, rtt_s: float | None = None) -> None:
        windows, self._windows = self._windows, ()
        if self._loop.generation == fork_generation[0]:
            self._limiter.settle(zip(windows, self._pools, strict=False), self._loop.now(), rtt_s)

    def unused(self) -> None:
        windows, self._windows = self._windows, ()
        if self._loop.generation == fork_generation[0]:
            self._limiter.restore(list(zip(windows, self._pools, strict=False)), self._loop)


class LocalLimiter(Limiter):
    """Pools in memory. Safe to use from several event loops, one after the other or in several threads.

    Args:
        max_queue: So many callers may wait in one lane of one pool; the next gets `QueueFull`.
    """

    _FIRST_SWEEP: ClassVar[int] = 256

    def __init__(self, *, max_queue: int = 1000) -> None:
        self._windows: dict[str, QueuedWindow] = {}
        check_number("max_queue", max_queue, 0, whole=True)
        self.max_queue = max_queue
        # Reentrant: a finaliser may give a permit back in the middle of any of our allocations.
        self._lock = threading.RLock()
        self._loops = Loops()
        self._sweep_at = self._FIRST_SWEEP
        self._arrivals = 0
        self._serving: list[QueuedWindow] | None = None
        inherit(self)

    def __repr__(self) -> str:
        return f"LocalLimiter({len(self._windows)} pools)"

    def pools(self) -> Mapping[str, QueuedWindow]:
        """The pools in memory by key; for looking at, not for changing."""
        return MappingProxyType(self._windows)

    def try_acquire(self, pools: Sequence[Pool], priority: Priority) -> Permit | None:
        # The hot path: no clock is read and nothing is called while there are slots that were never used or reaped.
        loop = self._loops.last
        if loop is None or not loop.here():
            loop = self._loops.current()
        windows: list[QueuedWindow] = []
        known = self._windows
        with self._lock:
            for pool in pools:
                window = known.get(pool.key)
                if window is None or window.pool is not pool:
                    if window is None and len(known) >= self._sweep_at:
                        self._sweep(loop.now())
                    window = self._window(pool)
                weight = pool.weight
                if window.queue is not None or (
                    (window.used + weight > window.limit or window.closed_until) and not window.free(loop.now(), weight)
                ):
                    for taken, of in zip(windows, pools, strict=False):
                        taken.used -= of.weight
                    return None
                window.used += weight
                windows.append(window)
        return LocalPermit(self, windows, pools, loop)

    async def acquire(self, pools: Sequence[Pool], priority: Priority, deadline: float | None) -> Permit:
        permit = self.try_acquire(pools, priority)
        if permit is not None:
            return permit
        loop = self._loops.current()
        with self._lock:
            waiter = self._join(pools, priority, deadline, loop)
        try:
            if not waiter.over:
                await loop.sleep(waiter.signal, waiter.deadline)
        except BaseException:
            with self._lock:
                self._dismiss(waiter, _expired(), loop.now())
            if waiter.permit is not None:
                waiter.permit.unused()
            raise
        if waiter.permit is None:
            with self._lock:
                self._dismiss(waiter, _expired(), loop.now())
            if waiter.permit is None:
                raise waiter.error or _expired()
        return waiter.permit

    def settle(self, taken: Iterable[tuple[QueuedWindow, Pool]], now: float, rtt_s: float | None) -> None:
        """A permit's call was answered; for permits only."""
        with self._lock:
            for window, pool in taken:
                window.answered(now, rtt_s, pool.weight)
                if window.queue is not None:
                    self._serve(window, now)

    def restore(self, taken: Sequence[tuple[QueuedWindow, Pool]], loop: Loop) -> None:
        """A permit's call was never sent; for permits only."""
        with self._lock:
            for window, pool in taken:
                window.used -= pool.weight
            for window, _ in taken:
                if window.queue is not None:
                    self._serve(window, loop.now())

    def close(self, pools: Sequence[Pool], for_s: float) -> None:
        loop = self._loops.current()
        now = loop.now()
        with self._lock:
            for pool in pools:
                window = self._window(pool)
                window.close(now, for_s)
                if window.queue is None:
                    continue
                for waiter in window.queue.waiters():
                    if _closed_too_long(window, waiter.deadline):
                        self._dismiss(waiter, _closed(window, now), now)
                self._serve(window, now)

    def closed_for(self, pools: Sequence[Pool]) -> float:
        now = self._loops.current().now()
        with self._lock:
            known = [self._windows[pool.key] for pool in pools if pool.key in self._windows]
            return max((window.closed_until - now for window in known if window.closed_until > now), default=0.0)

    def taken(self, pool: Pool) -> int | None:
        with self._lock:
            window = self._windows.get(pool.key)
            if window is None:
                return 0
            window.reap(self._loops.current().now())
            return window.used

    def correct(self, pool: Pool, remaining: int) -> None:
        loop = self._loops.current()
        with self._lock:
            self._window(pool).correct(loop.now(), remaining)

    def restate(self, pools: Sequence[Pool]) -> None:
        with self._lock:
            for pool in pools:
                if pool.key in self._windows:
                    self._windows[pool.key].restate(pool)

    def begin_anew(self) -> None:
        """In a fork: what the parent has sent counts, and who waits there does not."""
        self._lock = threading.RLock()  # another thread of the parent's may have held it
        self._serving = None
        self._loops.begin_anew()
        for window in self._windows.values():
            for waiter in () if window.queue is None else window.queue.waiters():
                # It is nobody's business when its coroutine is collected here.
                waiter.queued, waiter.error = [], _expired()
            window.queue = None
            if self._loops.last is not None:
                window.orphan(self._loops.last.now())

    def _window(self, pool: Pool) -> QueuedWindow:
        window = self._windows.get(pool.key)
        if window is None:
            window = self._windows[pool.key] = QueuedWindow(pool)
        elif window.pool != pool:
            window.narrow(pool)
        return window

    def _sweep(self, now: float) -> None:
        """Forget idle pools, whenever there are twice as many as were left last time."""
        for key in [key for key, window in self._windows.items() if window.idle(now)]:
            del self._windows[key]
        self._sweep_at = max(self._FIRST_SWEEP, 2 * len(self._windows))

    # From here on everything runs under the lock.

    def _join(self, pools: Sequence[Pool], priority: Priority, deadline: float | None, loop: Loop) -> Waiter:
        now = loop.now()
        if deadline is not None:
            deadline -= loop.skew
            if deadline <= now:
                raise _expired()
        windows = [self._window(pool) for pool in pools]
        self._arrivals += 1
        waiter = Waiter(windows, pools, priority, self._arrivals, deadline, loop)
        for window in windows:
            if _closed_too_long(window, deadline):
                raise _closed(window, now)
        block = _first_block(waiter, None, now)
        if block is None:
            self._grant(waiter)
            return waiter
        if block.queue is not None and block.queue.counts[priority] >= self.max_queue:
            raise QueueFull(f"{self.max_queue} calls of this kind already wait for the rate limit {block.pool.key}")
        self._queue(waiter, block)
        self._serve(block, now)
        return waiter

    def _queue(self, waiter: Waiter, window: QueuedWindow) -> None:
        if window.queue is None:
            window.queue = Queue()
        window.queue.push(waiter)
        waiter.queued.append(window)

    def _serve(self, window: QueuedWindow, now: float) -> None:
        """Let pass who can, from the queue of this pool and of those that this touches; set the timers anew."""
        if self._serving is not None:
            self._serving.append(window)
            return
        self._serving = todo = [window]
        try:
            while todo:
                window = todo.pop()
                self._serve_one(window, now, todo)
                self._set_timer(window, now)
        finally:
            self._serving = None

    def _serve_one(self, window: QueuedWindow, now: float, todo: list[QueuedWindow]) -> None:
        while window.queue is not None:
            waiter = window.queue.head()
            if waiter is None or not window.free(now, waiter.weight(window)):
                return
            if waiter.deadline is not None and waiter.deadline <= now:
                self._dismiss(waiter, _expired(), now)
                continue
            block = _first_block(waiter, window, now)
            if block is None:
                held = _unqueue(waiter)
                self._grant(waiter)
                waiter.loop.wake(waiter.signal)
                todo.extend(other for other in held if other is not window)
            elif _closed_too_long(block, waiter.deadline):
                self._dismiss(waiter, _closed(block, now), now)
            elif waiter.moves >= PATIENCE:
                for other in waiter.windows:
                    if other not in waiter.queued:
                        self._queue(waiter, other)
                        todo.append(other)
                return
            else:
                waiter.moves += 1
                _unqueue(waiter)
                self._queue(waiter, block)
                todo.append(block)

    def _grant(self, waiter: Waiter) -> None:
        for window, pool in zip(waiter.windows, waiter.pools, strict=True):
            window.used += pool.weight
        waiter.permit = LocalPermit(self, waiter.windows, waiter.pools, waiter.loop)

    def _dismiss(self, waiter: Waiter, error: Exception, now: float) -> None:
        """A waiter fails, or gives up."""
        if waiter.over:
            return
        waiter.error = error
        waiter.loop.wake(waiter.signal)
        for window in _unqueue(waiter):
            self._serve(window, now)

    def _set_timer(self, window: QueuedWindow, now: float) -> None:
        """One timer for a pool that somebody waits for, on the loop of who is next."""
        queue = window.queue
        if queue is None:
            return
        timer, head = queue.timer, queue.head()
        # A free pool with a head is held for one who waits for another pool; it is served when that one has gone.
        weight = 1 if head is None else head.weight(window)
        due = None if head is None or window.free(now, weight) else window.due(weight)
        if timer is not None:
            if head is not None and due is not None and timer.loop is head.loop and timer.due <= due:
                return
            queue.timer = None
            if timer.loop.here():
                timer.cancel()
        if head is None:
            window.queue = None
        elif due is not None:
            loop = head.loop
            if loop.here():
                queue.timer = loop.call_at(due, lambda fired: self._tick(window, fired))
            else:
                loop.soon(lambda: self._look(window, loop))

    def _look(self, window: QueuedWindow, loop: Loop) -> None:
        with self._lock:
            self._serve(window, loop.now())

    def _tick(self, window: QueuedWindow, timer: Timer) -> None:
        with self._lock:
            if window.queue is not None and window.queue.timer is timer:
                window.queue.timer = None
                # A timer may fire a clock tick early; for who is waited for, its time has come.
                self._serve(window, max(timer.due, timer.loop.now()))


def _unqueue(waiter: Waiter) -> list[QueuedWindow]:
    """Take a waiter out of its queues."""
    left, waiter.queued = waiter.queued, []
    for window in left:
        if window.queue is not None:
            window.queue.remove(waiter)
    return left


def _first_block(waiter: Waiter, here: QueuedWindow | None, now: float) -> QueuedWindow | None:
    """The first pool, beside the one whose queue this waiter heads, that is full or has others before it."""
    for window, pool in zip(waiter.windows, waiter.pools, strict=True):
        if window is here:
            continue
        if not window.free(now, pool.weight):
            return window
        head = window.queue.head() if window.queue is not None else None
        if head is not None and head.key < waiter.key:
            return window
    return None


def _expired() -> DeadlineExpired:
    return DeadlineExpired("the deadline passed while the call waited for the rate limit; nothing was sent")


def _closed_too_long(window: QueuedWindow, deadline: float | None) -> bool:
    return deadline is not None and window.closed_until > deadline


def _closed(window: QueuedWindow, now: float) -> PoolClosed:
    left = window.closed_until - now
    error = PoolClosed(
        f"the venue has asked to wait and the rate limit {window.pool.key} stays closed for {left:.1f} s more, "
        "which is longer than the deadline allows; nothing was sent",
        outcome=Outcome.NOT_SENT,
    )
    error.retry_after_s = left
    return error


_shared: LocalLimiter | None = None


def shared() -> LocalLimiter:
    """The limiter that all client objects of this process share unless told otherwise.

    A fork goes on with a copy: what its parent sent in the last window counts, and nothing that it sends later.
    """
    global _shared
    if _shared is None:
        _shared = LocalLimiter()
    return _shared
