"""What the limiters share whose pools are kept outside of the process: the queue of this process's own callers.

The store decides: it holds the slots, and for each pool who waits, of all processes. Here only the first in each line
asks it, and only when it may be worth asking, not each of a thousand callers. Within a process the order is that of
`LocalLimiter`; between processes the store goes by lane and arrival as well, among those at the front of the lines, and
passes over one that does not show up within a moment: so no process is starved by another.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from abc import abstractmethod
from bisect import insort
from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from futures_async.transport.forks import fork_generation, inherit
from futures_async.transport.limits.limiter import Limiter, Permit, Pool, Priority
from futures_async.transport.limits.loops import Loop, Loops, Signal
from futures_async.transport.limits.window import MAX_CLOSED_S, RoundTrips
from futures_async.unified.convert import check_number
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import DeadlineExpired, PoolClosed, QueueFull

S = TypeVar("S", contravariant=True)
"""What the store calls a slot."""
ASK_AGAIN_S = 1.0
"""The store is asked at least so often, as slots may come back that nobody could foresee."""
ROUTES_KEPT = 4096


class Blocked(NamedTuple):
    """Not now."""

    pool: int
    """Index of the pool."""
    wait_s: float
    """Asking earlier is useless."""
    closed_s: float
    """The pool is closed for so long."""
    since: float | None
    """When the store first saw this caller, by its own clock."""


class Store(Protocol[S]):
    """A limiter whose slots have names in its store."""

    def settle(self, pools: Sequence[Pool], slots: Sequence[S], rtt_s: float | None) -> None:
        """The call has its answer: the slots come back one window from now."""
        ...

    def restore(self, pools: Sequence[Pool], slots: Sequence[S]) -> None:
        """Nothing was sent: the slots come back at once."""
        ...


class StoredPermit(Permit, Generic[S]):
    """Slots in a store. To a fork its parent's are another process's, and left alone."""

    __slots__ = ("_generation", "_limiter", "_pools", "_slots")

    def __init__(self, limiter: Store[S], pools: Sequence[Pool], slots: Sequence[S]) -> None:
        self._limiter = limiter
        self._pools = pools
        self._slots = slots
        self._generation = fork_generation[0]

    def answered(self, rtt_s: float | None = None) -> None:
        slots, self._slots = self._slots, ()
        if slots and self._generation == fork_generation[0]:
            self._limiter.settle(self._pools, slots, rtt_s)

    def unused(self) -> None:
        slots, self._slots = self._slots, ()
        if slots and self._generation == fork_generation[0]:
            self._limiter.restore(self._pools, slots)


class Turn:
    """A caller, as this process and the store know it."""

    __slots__ = ("key", "line", "loop", "signal", "since", "ticket")

    def __init__(self, priority: Priority, arrival: int, process: str, loop: Loop) -> None:
        self.key = (int(priority), arrival)
        self.ticket = f"{process}-{arrival}"
        self.since: float | None = None
        self.loop = loop
        self.line: _Line | None = None
        self.signal: Signal | None = None

    def __lt__(self, other: Turn) -> bool:
        return self.key < other.key


class _Line:
    __slots__ = ("due", "key", "turns")

    def __init__(self, key: str) -> None:
        self.key = key
        self.turns: list[Turn] = []
        self.due = 0.0


class StoreLimiter(Limiter):
    """Base of limiters with a store; see the module. Times are of the event loop, unless they are the store's."""

    def __init__(self, *, max_queue: int, lease_s: float) -> None:
        check_number("max_queue", max_queue, 0, whole=True)
        check_number("lease_s", lease_s, 0, above=True)
        self.max_queue = max_queue
        self.lease_s = lease_s
        self.process = secrets.token_hex(8)
        self._lock = threading.RLock()
        self._loops = Loops()
        self._lines: dict[str, _Line] = {}
        self._arrivals = itertools.count(1)
        self._closed: dict[str, float] = {}
        self._routes: dict[str, RoundTrips] = {}
        inherit(self)

    def begin_anew(self) -> None:
        """In a fork: who waits here, and what was taken, is its parent's, which the store must tell apart from it."""
        self._lock = threading.RLock()  # another thread of the parent's may have held it
        self._loops.begin_anew()
        self.process = secrets.token_hex(8)
        for line in self._lines.values():
            for turn in line.turns:
                turn.line = None  # nothing is given up when its coroutine is collected here
        self._lines = {}

    def here(self) -> Loop:
        """The loop that runs here.

        Raises:
            RuntimeError: None does.
        """
        return self._loops.current()

    @abstractmethod
    async def take(self, pools: Sequence[Pool], turn: Turn, deadline: float | None) -> Permit | Blocked:
        """Take a slot in each of the pools, or say in which there is none."""

    @abstractmethod
    def withdraw(self, turn: Turn, key: str) -> None:
        """A caller that the store knows to wait for this pool has given up."""

    @abstractmethod
    def close_stored(self, pools: Sequence[Pool], for_s: float) -> None:
        """Close pools in the store."""

    async def acquire(self, pools: Sequence[Pool], priority: Priority, deadline: float | None) -> Permit:
        loop = self.here()
        if deadline is not None:
            deadline -= loop.skew
        turn = Turn(priority, next(self._arrivals), self.process, loop)
        self._join(turn, pools)
        try:
            while True:
                if turn.line is not None:
                    await self._front(turn, deadline)
                now = loop.now()
                if deadline is not None and deadline <= now:
                    raise expired()
                answer = self._known_closed(pools, now, turn) or await self.take(pools, turn, deadline)
                if isinstance(answer, Permit):
                    turn.since = None
                    return answer
                self._blocked(turn, pools[answer.pool], answer, deadline)
        finally:
            with self._lock:
                line = turn.line
                self._leave(turn)
            if turn.since is not None and line is not None:
                self.withdraw(turn, line.key)

    def close(self, pools: Sequence[Pool], for_s: float) -> None:
        now = self.here().now()
        with self._lock:
            for pool in pools:
                self._routes.pop(pool.key, None)
                if for_s > 0.0:
                    self._note_closed(pool.key, now, min(for_s, MAX_CLOSED_S))
        if for_s > 0.0:
            self.close_stored(pools, min(for_s, MAX_CLOSED_S))

    def closed_for(self, pools: Sequence[Pool]) -> float:
        now = self.here().now()
        return max((self._closed.get(pool.key, now) - now for pool in pools), default=0.0)

    def learn(self, pool: Pool, now: float, rtt_s: float | None) -> float | None:
        """Take a round trip into account; the credit that this process would give, None as long as it cannot tell."""
        with self._lock:
            if rtt_s is not None:
                if pool.key not in self._routes and len(self._routes) >= ROUTES_KEPT:
                    self._routes.clear()
                self._routes.setdefault(pool.key, RoundTrips()).add(now, rtt_s)
            route = self._routes.get(pool.key)
            return route.credit if route is not None and route.known else None

    def look_again(self, pools: Sequence[Pool]) -> None:
        """Slots came back at once: whoever waits for these pools asks now."""
        with self._lock:
            for pool in pools:
                line = self._lines.get(pool.key)
                if line is not None:
                    line.due = 0.0
                    _call(line)

    def _join(self, turn: Turn, pools: Sequence[Pool]) -> None:
        with self._lock:
            for pool in pools:
                line = self._lines.get(pool.key)
                if line is not None and line.turns[0] < turn:
                    if sum(other.key[0] == turn.key[0] for other in line.turns) >= self.max_queue:
                        raise QueueFull(
                            f"{self.max_queue} calls of this kind already wait for the rate limit {pool.key}"
                        )
                    self._enter(turn, line)
                    return

    def _enter(self, turn: Turn, line: _Line) -> None:
        insort(line.turns, turn)
        turn.line = line

    def _leave(self, turn: Turn) -> None:
        line, turn.line = turn.line, None
        if line is None:
            return
        first = line.turns[0] is turn
        line.turns.remove(turn)
        if not line.turns:
            self._lines.pop(line.key, None)
        elif first:
            _call(line)

    async def _front(self, turn: Turn, deadline: float | None) -> None:
        """Wait until this caller is the first in its line and it is time to ask."""
        while True:
            with self._lock:
                line = turn.line
                now = turn.loop.now()
                until = line.due if line is not None and line.turns[0] is turn else None
                if until is not None and until <= now:
                    return
                if deadline is not None:
                    if deadline <= now:
                        raise expired()
                    until = deadline if until is None else min(until, deadline)
                turn.signal = turn.loop.signal()
            await turn.loop.sleep(turn.signal, until)

    def _known_closed(self, pools: Sequence[Pool], now: float, turn: Turn) -> Blocked | None:
        for index, pool in enumerate(pools):
            until = self._closed.get(pool.key)
            if until is not None:
                if now < until:
                    return Blocked(index, min(until - now, ASK_AGAIN_S), until - now, turn.since)
                with self._lock:
                    self._closed.pop(pool.key, None)
        return None

    def _note_closed(self, key: str, now: float, for_s: float) -> None:
        self._closed[key] = max(self._closed.get(key, 0.0), now + for_s)
        line = self._lines.get(key)
        if line is not None:
            line.due = 0.0
            _call(line)

    def _blocked(self, turn: Turn, pool: Pool, answer: Blocked, deadline: float | None) -> None:
        now = turn.loop.now()
        turn.since = answer.since
        with self._lock:
            if answer.closed_s > 0.0:
                self._closed[pool.key] = max(self._closed.get(pool.key, 0.0), now + answer.closed_s)
                if deadline is not None and now + answer.closed_s > deadline:
                    raise _closed(pool, answer.closed_s)
            line = turn.line
            if line is None or line.key != pool.key:
                self._leave(turn)
                line = self._lines.get(pool.key)
                if line is None:
                    line = self._lines[pool.key] = _Line(pool.key)
                self._enter(turn, line)
            line.due = now + answer.wait_s


def taken_of(pool: Pool) -> int:
    """Slots that a call takes of a pool: all of them, where it weighs more."""
    return min(pool.weight, max(1, pool.limit))


def spread(pools: Sequence[Pool]) -> list[Pool]:
    """Each pool once for each slot that is taken of it."""
    return [pool for pool in pools for _ in range(taken_of(pool))]


def _call(line: _Line) -> None:
    """Wake the first in line."""
    turn = line.turns[0]
    if turn.signal is not None:
        turn.loop.wake(turn.signal)


def expired() -> DeadlineExpired:
    return DeadlineExpired("the deadline passed while the call waited for the rate limit; nothing was sent")


def _closed(pool: Pool, left_s: float) -> PoolClosed:
    error = PoolClosed(
        f"the venue has asked to wait and the rate limit {pool.key} stays closed for {left_s:.1f} s more, "
        "which is longer than the deadline allows; nothing was sent",
        outcome=Outcome.NOT_SENT,
    )
    error.retry_after_s = left_s
    return error
