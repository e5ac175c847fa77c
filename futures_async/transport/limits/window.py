"""The arithmetic of one pool: slots in flight, slots on their way back, closings. No I/O; time is passed in.

Why no sliding window at the venue can hold more than `limit` calls. Let a call be answered here at `a`, and
let `up` and `down` be the least times that a request needs to the venue's counter and an answer needs back.
The venue counted the call no later than `a - down`. A call sent at `t` is counted no earlier than `t + up`.
So `t >= a + per_s - (up + down)` keeps the two at least `per_s` apart, and as a slot is used by one call
after the other, any `limit + 1` calls span more than `per_s`. The smallest round trip is `up + down`
or more, never less, so it has to be estimated from below: see `RoundTrips`.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from futures_async.transport.limits.limiter import Pool

DRIFT = 300e-6
"""Part of the window that is added: two clocks may run at rates that differ so much."""
MAX_CLOSED_S = 86_400.0
"""A pool is never closed for longer than this at a time, whatever a header says."""
KEPT = 8
"""So many of the smallest round trips are kept; before as many were seen nothing is deducted."""
GENERATION_S = 120.0
"""Round trips are remembered for one to two times this long."""
LEAST_MARGIN = 0.02
"""The deduction stays at least this part below the smallest round trip."""


class RoundTrips:
    """A cautious lower bound of the round trip to the venue, from the smallest seen in the last minutes.

    The smallest seen is still too large by what the next lucky pair of packets saves. How much that can be
    shows in how densely the smallest ones lie: on a steady route they are next to each other; where they are
    spread out, smaller ones are to be expected. So twice their spread is taken off.
    """

    __slots__ = ("_older", "_smallest", "credit", "fresh_until", "known", "least")

    def __init__(self) -> None:
        self.credit = 0.0
        """Seconds by which slots may come back earlier."""
        self.known = False
        """Enough was seen."""
        self._smallest: list[float] = []
        self._older: list[float] = []
        self.least = math.inf
        """One that took so long or longer tells nothing new before `fresh_until`, as most do not."""
        self.fresh_until = 0.0

    def add(self, now: float, rtt_s: float) -> None:
        """Take one round trip into account; what cannot be one is ignored."""
        smallest = self._smallest
        if rtt_s >= self.least and now < self.fresh_until:
            return
        if not 0.0 <= rtt_s < 3600.0:
            return
        if not smallest and not self._older:
            self.fresh_until = now + GENERATION_S
        if now >= self.fresh_until:
            self._older = smallest if now < self.fresh_until + GENERATION_S else []
            self._smallest = smallest = []
            self.fresh_until = now + GENERATION_S
        if len(smallest) == KEPT:
            smallest.pop()
        insort(smallest, rtt_s)
        self.least = smallest[-1] if len(smallest) == KEPT else math.inf
        self._estimate()

    def forget(self) -> None:
        """Start anew: the venue said that we were too fast."""
        self._smallest, self._older, self.credit, self.known = [], [], 0.0, False
        self.least = math.inf

    def _estimate(self) -> None:
        kept = sorted(self._smallest + self._older)[:KEPT]
        self.known = len(kept) == KEPT
        if not self.known:
            self.credit = 0.0
            return
        least, spread = kept[0], kept[-1] - kept[0]
        self.credit = max(0.0, least - max(2.0 * spread, LEAST_MARGIN * least))


class Window:
    """One pool. `used` slots are in flight or on their way back; a call may go while `used < limit`."""

    __slots__ = ("closed_until", "limit", "pool", "returns", "round_trips", "span", "used")

    def __init__(self, pool: Pool) -> None:
        self.restate(pool)
        self.used = 0
        self.returns: deque[float] = deque()
        """For each answered call the time of its answer plus the span; the credit is still to be deducted,
        so that a smaller round trip seen later corrects slots that are already on their way."""
        self.closed_until = 0.0
        """0 when open; else a time, which may have passed."""
        self.round_trips = RoundTrips()

    def restate(self, pool: Pool) -> None:
        """The limit is this now, whatever was said before."""
        self.pool = pool
        self.limit = max(1, pool.limit)
        self.span = pool.per_s * (1.0 + DRIFT)

    def narrow(self, pool: Pool) -> None:
        """Two users of one key named different limits: the stricter one holds."""
        self.limit = max(1, min(self.limit, pool.limit))
        self.span = max(self.span, pool.per_s * (1.0 + DRIFT))

    def free(self, now: float, weight: int = 1) -> bool:
        """Whether so many slots can be taken now; the whole window, for what weighs more."""
        most = max(0, self.limit - weight)
        if self.used > most:
            self.reap(now)
            if self.used > most:
                return False
        if self.closed_until:
            if now < self.closed_until:
                return False
            self.closed_until = 0.0
        return True

    def reap(self, now: float) -> None:
        """Let slots whose time has come be free."""
        returns = self.returns
        credit = min(self.round_trips.credit, self.span)
        while returns and returns[0] - credit <= now:
            returns.popleft()
            self.used -= 1

    def due(self, weight: int = 1) -> float | None:
        """When `free` may next turn true; None while that depends on an answer."""
        missing = self.used - max(0, self.limit - weight)
        if missing <= 0:
            return self.closed_until
        if missing > len(self.returns):
            return None
        # The same expression as in reap(): a timer set for this time must find the slot free.
        return max(self.closed_until, self.returns[missing - 1] - min(self.round_trips.credit, self.span))

    def answered(self, now: float, rtt_s: float | None, weight: int = 1) -> None:
        """One call in flight has its answer, or has failed."""
        trips = self.round_trips
        if rtt_s is not None and (rtt_s < trips.least or now >= trips.fresh_until):
            trips.add(now, rtt_s)
        returns = self.returns
        # Those that are free by now: a wide limit that is never reached would keep them, up to its size.
        while returns and returns[0] <= now:
            returns.popleft()
            self.used -= 1
        for _ in range(weight):
            returns.append(now + self.span)

    def orphan(self, now: float) -> None:
        """Nobody here will hear the answers to what is in flight: count those calls as answered now."""
        for _ in range(self.used - len(self.returns)):
            self.returns.append(now + self.span)

    def close(self, now: float, for_s: float) -> None:
        """Let nothing pass for so many seconds; a longer closing already in force stays."""
        if for_s > 0.0:
            self.closed_until = max(self.closed_until, now + min(for_s, MAX_CLOSED_S))
        self.round_trips.forget()

    def correct(self, now: float, remaining: int) -> None:
        """The venue counts more than we do: somebody else uses the account. Count those calls as answered now."""
        self.reap(now)
        strangers = self.limit - self.used - max(0, remaining)
        for _ in range(strangers):
            self.used += 1
            self.returns.append(now + self.span)

    def idle(self, now: float) -> bool:
        """Whether forgetting this pool changes nothing but what is known of the round trip."""
        self.reap(now)
        return self.used == 0 and now >= self.closed_until
