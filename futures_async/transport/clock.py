"""The venue's clock, as far as its answers tell. Pure: times are passed in, nothing is asked for here.

The base is the event loop's monotonic clock, so that a step of the computer's clock moves no signature.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from futures_async.transport.runtime import running_asyncio_loop, trio_runs

KEPT = 8
"""So many samples are kept; the half with the shorter round trips counts."""
MAX_RTT_S = 2.0
"""A sample that took longer says too little."""
JUMP_MS = 2000.0
"""A sample further off than this must be confirmed by two more before it is believed."""
CONFIRMATIONS = 3
COARSE_MS = 1000.0
"""An HTTP Date is cut to whole seconds."""
LEAST_ERROR_MS = 250
UNKNOWN_ERROR_MS = 2000
"""What is assumed of the computer's own clock before the venue has said anything."""
PAUSE_S = 1.0
"""With enough good samples at hand, one a second is taken."""
EARLIEST_MS, LATEST_MS = 1_000_000_000_000, 10_000_000_000_000
"""Years 2001 to 2286: anything else is not a time in milliseconds."""


class _Sample(NamedTuple):
    spread_ms: float
    """Round trip, and for a coarse sample its granularity: the true offset is at most half of this away."""
    offset_ms: float
    server_ms: int
    """What the venue told."""


class VenueClock:
    """Offset of the venue's clock to the event loop's, and bounds on it.

    Args:
        monotonic: Seconds that never step; by default the running event loop's clock.
        wall: Unix seconds, asked once: what is used until the first sample.
    """

    def __init__(
        self, *, monotonic: Callable[[], float] | None = None, wall: Callable[[], float] | None = None
    ) -> None:
        self._monotonic = monotonic or loop_time
        self._wall = wall or time.time
        self._samples: deque[_Sample] = deque(maxlen=KEPT)
        self._suspects: list[_Sample] = []
        self._sampled_at = 0.0
        self._told_at = -math.inf
        self._offset_ms: float | None = None
        self._anchor_ms: float | None = None
        """The offset by which fences have been reckoned since `jumped_at`, or something close to it."""
        self.jumped_at = -math.inf
        """When the offset was last seen to have moved by more than `JUMP_MS`, on the monotonic clock, seconds.

        What was reckoned before is of another clock: only time that has passed here since then can be relied on.
        """
        self.synchronized = False
        """The venue has told its time at least once."""
        self.wants_sample = True
        """A timestamp was refused, or nothing is known yet: ask the venue for its time before signing again."""
        self.error_ms = UNKNOWN_ERROR_MS
        """How far `now_ms` may be off, milliseconds, as long as the venue's clock is steady."""
        self.server_seen_ms = 0
        """The latest time that the venue has told and that is believed, Unix milliseconds; 0 before the first.

        Verdicts rest on it: a time further ahead than `JUMP_MS` must be confirmed first. One further back is heeded at
        once: what was dead by the later clock may live by the earlier one.
        """

    def bind(self, now: Callable[[], float]) -> None:
        """Go by this clock from now on: the event loop's, which then need not be looked for each time."""
        if self._monotonic is loop_time:
            self._monotonic = now
            if not self.synchronized:
                self._offset_ms = self._anchor_ms = None  # they were by another clock

    def now_ms(self) -> int:
        """The venue's time now, Unix milliseconds, as far as known."""
        now = self._monotonic()
        if self._offset_ms is None:
            self._offset_ms = (self._wall() - now) * 1000.0
        return int(now * 1000.0 + self._offset_ms)

    def since_jump_s(self) -> float:
        """Seconds since `jumped_at`."""
        return self._monotonic() - self.jumped_at

    def rely(self) -> None:
        """A fence is reckoned by this clock, be it the computer's own: from now on it is noticed when it moves."""
        if self._anchor_ms is None:
            self._anchor_ms = self._offset_ms

    def sample(self, server_ms: int, sent_at: float, received_at: float, *, coarse: bool = False) -> None:
        """Take an answer's server time into account.

        Args:
            server_ms: The venue's time, Unix milliseconds.
            sent_at: When the request was sent, on the monotonic clock, seconds.
            received_at: When the answer came.
            coarse: The time was cut to whole seconds, as in an HTTP Date.
        """
        rtt_s = received_at - sent_at
        if not (EARLIEST_MS <= server_ms <= LATEST_MS and rtt_s >= 0.0):
            return
        base_ms = self._offset_ms if self.synchronized else None
        if server_ms > self.server_seen_ms:
            if base_ms is None or server_ms <= received_at * 1000.0 + base_ms + JUMP_MS:
                self.server_seen_ms = server_ms
        elif base_ms is not None and server_ms < sent_at * 1000.0 + base_ms - JUMP_MS - (COARSE_MS if coarse else 0.0):
            self.server_seen_ms = server_ms
        if rtt_s > MAX_RTT_S:
            return
        self._told_at = received_at
        granularity_ms = COARSE_MS if coarse else 0.0
        spread_ms = rtt_s * 1000.0 + granularity_ms
        offset_ms = server_ms + granularity_ms / 2 - (sent_at + received_at) * 500.0
        if self.wants_sample or self._offset_ms is None:
            self._begin_with([_Sample(spread_ms, offset_ms, server_ms)])
        elif abs(offset_ms - self._offset_ms) > JUMP_MS + granularity_ms:
            self._suspect(_Sample(spread_ms, offset_ms, server_ms))
            return
        else:
            if self._suspects:
                self._suspects.clear()
            steady = received_at - self._sampled_at < PAUSE_S and len(self._samples) == KEPT
            if steady and spread_ms >= self._samples[-1].spread_ms:
                return
            self._samples.append(_Sample(spread_ms, offset_ms, server_ms))
        self._sampled_at = received_at
        self._estimate()

    def resync(self) -> None:
        """The venue refused a timestamp. Call it after `sample`, if the refusal told the time.

        A doubtful sample is now believed. Without any fresh sample the next one will be, whatever it says.
        """
        if self._suspects:
            self._begin_with(self._suspects[-1:])
            self._estimate()
        elif self._monotonic() - self._told_at > PAUSE_S:
            self.wants_sample = True

    def _begin_with(self, samples: list[_Sample]) -> None:
        self._samples = deque(samples, maxlen=KEPT)
        self._suspects = []
        self.server_seen_ms = max(sample.server_ms for sample in samples)
        self.synchronized = True
        self.wants_sample = False

    def _suspect(self, sample: _Sample) -> None:
        agreeing = [other for other in self._suspects if abs(other.offset_ms - sample.offset_ms) <= JUMP_MS]
        self._suspects = [*agreeing, sample]
        if len(self._suspects) >= CONFIRMATIONS:
            self._begin_with(self._suspects)
            self._estimate()

    def _estimate(self) -> None:
        best = sorted(self._samples)[: (len(self._samples) + 1) // 2]
        self._offset_ms = median(sample.offset_ms for sample in best)
        if self._anchor_ms is None:
            self._anchor_ms = self._offset_ms
        elif abs(self._offset_ms - self._anchor_ms) > JUMP_MS:  # at once, or step by step
            self._anchor_ms, self.jumped_at = self._offset_ms, self._monotonic()
        most, least = best[-1].spread_ms, best[0].spread_ms
        self.error_ms = max(LEAST_ERROR_MS, int(max(most / 2, most - least)) + 1)


def loop_time() -> float:
    """The running event loop's clock (asyncio or trio), seconds; outside of one the system's monotonic clock."""
    loop = running_asyncio_loop()
    if loop is not None:
        return loop.time()
    if not trio_runs():
        return time.monotonic()
    import trio

    return float(trio.current_time())
