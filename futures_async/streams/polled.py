"""A picture kept by reads alone, for what a venue does not stream."""

from __future__ import annotations

import math
from typing import TypeVar

from futures_async.streams.dialect import What
from futures_async.streams.feed import FIRST_PAUSE_S, LONGEST_PAUSE_S, Feed, Reads, Surroundings
from futures_async.streams.picture import Picture
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
        self._read_now = False

    @property
    def age_s(self) -> float:
        return self._runtime.now() - self._read_at

    @property
    def state(self) -> WatchState:
        """LIVE while reads are answered in their turn."""
        if self._state is WatchState.LIVE and self.age_s > 3 * self.audit_s + LONGEST_PAUSE_S:
            return WatchState.STALE
        return self._state

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
            if not self._read_now:
                await self._bell.wait(pause_s * (0.9 + 0.2 * self._draw()))
