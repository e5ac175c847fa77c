"""The slots of this process in a store that may forget them: what it writes there again."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from futures_async.transport.limits.limiter import Pool
from futures_async.transport.limits.window import DRIFT

TOLD_FOR_S = 120.0
"""A server that has forgotten what lies back longer is not found out: that has left nearly every window."""
POOLS_KEPT = 4096


class Told(NamedTuple):
    """Calls of this process that got their slots."""

    calls: int
    ago_s: float
    """Since the last."""


class OwnSlots:
    """When each slot of this process is back, as the store was told, on the loop's clock. Safe in any thread."""

    def __init__(self) -> None:
        self._back: dict[str, dict[str, float]] = {}
        self._calls = 0
        self._last = -math.inf
        self._lock = threading.Lock()

    def told(self, now: float) -> Told:
        """What the store must know of."""
        ago_s = now - self._last
        return Told(0, 0.0) if ago_s > TOLD_FOR_S else Told(self._calls, max(0.0, ago_s))

    def granted(self, now: float, pools: Iterable[Pool], slots: Sequence[str], lease_s: float) -> None:
        """A call got its slots, each in its pool."""
        with self._lock:
            self._calls += 1
            self._last = now
            if len(self._back) >= POOLS_KEPT:
                self._back = {key: left for key, back in self._back.items() if (left := _later(back, now))}
            for pool, slot in zip(pools, slots, strict=True):
                back = self._back.setdefault(pool.key, {})
                if len(back) > 2 * pool.limit:
                    self._back[pool.key] = back = _later(back, now)
                back[slot] = now + lease_s + pool.per_s * (1 + DRIFT)

    def answered(self, now: float, pools: Iterable[Pool], slots: Sequence[str]) -> None:
        """A call was answered."""
        with self._lock:
            for pool, slot in zip(pools, slots, strict=True):
                self._back.setdefault(pool.key, {})[slot] = now + pool.per_s * (1 + DRIFT)

    def unused(self, pools: Iterable[Pool], slots: Sequence[str]) -> None:
        """A call was never sent."""
        with self._lock:
            for pool, slot in zip(pools, slots, strict=True):
                self._back.get(pool.key, {}).pop(slot, None)

    def standing(self, now: float) -> dict[str, dict[str, float]]:
        """By pool, those that are not back yet, and in how many seconds they are."""
        with self._lock:
            return {
                key: {slot: at - now for slot, at in left.items()}
                for key, back in self._back.items()
                if (left := _later(back, now))
            }


def _later(back: dict[str, float], now: float) -> dict[str, float]:
    return {slot: at for slot, at in back.items() if at > now}
