"""A picture kept by reads alone, for what a venue does not stream."""

from __future__ import annotations

import math
from typing import TypeVar

from futures_async.streams.dialect import What
from futures_async.streams.feed import FIRST_PAUSE_S, LONGEST_PAUSE_S, Feed, Reads, Surroundings
from futures_async.streams.picture import Picture
from futures_async.transport import asleep
from futures_async.unified.watching import WatchState

T = TypeVar("T")


class PolledFeed(Feed[T]):
    """A picture kept by reads alone, for what a venue does not stream."""

    def __init__(
        self,
        what: What,
        picture: Picture[T],
        reads: Reads[T],
        around: Surroundings,
        *,
        every_s: float,
    ) -> None:
        super().__init__(what, picture, reads, around, audit_s=every_s)
        picture.by_reads = True
        self._read_now = False
        self._asleep_s = asleep.asleep_s()
        """How long this computer had slept when it was last looked at."""

    @property
    def age_s(self) -> float:
        self._look()
        return self._runtime.now() - self._read_at

    @property
    def told_s(self) -> float:
        return self.age_s

    @property
    def state(self) -> WatchState:
        """LIVE while reads are answered in their turn."""
        if self._state is WatchState.LIVE and self.age_s > 3 * self.audit_s + LONGEST_PAUSE_S:
            return WatchState.STALE
        return self._state

    def refresh(self, max_age_s: float) -> None:
        self._look()
        super().refresh(max_age_s)

    def _look(self) -> None:
        """What was read before this computer slept is older than its clock says: it is read again, now."""
        slept_s = asleep.asleep_s() - self._asleep_s
        if slept_s > asleep.SLEPT_S:
            self._asleep_s += slept_s
            self._set_back(slept_s)
            self.audit()

    def audit(self) -> None:
        self._read_now = True
        self._bell.ring()

    async def _run(self) -> None:
        self._enter(WatchState.SYNCING)
        failures = 0
        while not self._over:
            self._read_now = False
            answer = await self._ask()
            if self._over:
                return
            self._look()  # what was under way then is of before
            told = False
            if answer is not None:
                merged = self._merge(answer)
                told = await self._look_up(merged.missing, answer) and not merged.doubts
            if told and answer is not None:
                failures = 0
                self._covered_ms = answer.when.received_ms
                self._enter(WatchState.LIVE)
                pause_s = self.audit_s
            else:
                failures += 1
                self._enter(WatchState.STALE if self._read_at > -math.inf else WatchState.SYNCING)
                pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, self.audit_s) * 2.0 ** min(failures - 1, 6))
            # Also where it is to be read at once: it was rung for, which is done with then.
            await self._bell.wait(0.0 if self._read_now else pause_s * (0.9 + 0.2 * self._draw()))
