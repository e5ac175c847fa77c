"""How long this computer has slept: neither Linux nor macOS counts that on the clock that event loops go by.

After a night with its lid shut everything would look as if it had been heard of a moment ago.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

SLEPT_S = 1.0
"""Less than that is no sleep that matters."""
# The first goes on while the computer sleeps, the second does not: of Linux, and of macOS. Both of a pair go equally
# fast. On Linux the time's servers slow and hurry both; on macOS (clock_gettime(3)) they do so with CLOCK_MONOTONIC,
# and not with those whose names end in RAW: between one of each kind what they adjust would add up to a sleep.
_CLOCKS = (("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"), ("CLOCK_MONOTONIC_RAW", "CLOCK_UPTIME_RAW"))


def _pair(clocks: object) -> tuple[int, int] | None:
    """Those of this computer; None where there are none."""
    for on, off in _CLOCKS:
        if hasattr(clocks, on) and hasattr(clocks, off):
            return getattr(clocks, on), getattr(clocks, off)
    return None


_PAIR = _pair(time)
_AT_ONCE_S = 0.1


def asleep_s() -> float:
    """Seconds of sleep since the computer was started; 0 where its clock counts them, or nobody does."""
    if _PAIR is None:
        return 0.0
    goes_on, stops = _PAIR
    while True:
        before, on, after = time.clock_gettime(stops), time.clock_gettime(goes_on), time.clock_gettime(stops)
        if after - before < _AT_ONCE_S:  # else others had the processor between the two
            return on - after


def slept_since(counted: float) -> float:
    """Seconds of sleep since `asleep_s` told so many; 0 where that is too little to matter."""
    slept = asleep_s() - counted
    return slept if slept > SLEPT_S else 0.0


sleepless: Callable[[], float] = time.monotonic if _PAIR is None else partial(time.clock_gettime, _PAIR[0])
"""A monotonic clock, in seconds, that goes on while the computer sleeps, where it has one."""


def counting_sleep(now: Callable[[], float]) -> Callable[[], float]:
    """The same clock, with what this computer sleeps from now on."""
    began = counted = asleep_s()

    def clock() -> float:
        nonlocal counted
        slept = asleep_s()
        if slept - counted > SLEPT_S:
            counted = slept
        return now() + counted - began

    return clock
