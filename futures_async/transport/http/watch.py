"""Ends what stalls: one timer for all that is under way, since one for each costs a tenth of a call."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Protocol


class Watched(Protocol):
    """Something that may stall."""

    due: float
    """When to look at it, on the system's monotonic clock. It may move on at any time."""

    def hang_up(self) -> None:
        """End it: it has stalled."""


class Watch:
    """Of one event loop."""

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0

    def add(self, one: Watched) -> None:
        """Watch it from now on."""
        self._watched.add(one)
        if self._timer is None or one.due < self._rings_at:
            self._arm(one.due)

    def discard(self, one: Watched) -> None:
        """It has ended."""
        self._watched.discard(one)

    def stop(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float) -> None:
        self.stop()
        self._rings_at = due
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - monotonic()), self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = monotonic()
        for one in [one for one in self._watched if one.due <= now]:
            self._watched.discard(one)
            one.hang_up()
        if self._watched:
            self._arm(min(one.due for one in self._watched))
