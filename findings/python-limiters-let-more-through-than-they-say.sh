#!/bin/sh
# aiolimiter, throttled-py and limits: ten a second, waited for as they ask, are up to nineteen within one second.
#
# Venues count what came in any second, or minute, and answer the rest with 429, at Binance with a ban that grows. `AsyncLimiter(10, 1)`
# lets ten through at once and one each tenth of a second after that: a program that starts, or comes back from a pause, has
# sent nineteen in its first second. `gcra` of throttled-py does nearly the same. `SlidingWindowCounter` of limits, whose name says
# otherwise, guesses what came in a window from the counts of two seconds of the clock: started late in one it lets as many
# through. `MovingWindow` of limits, and pyrate-limiter 4 as it comes, let ten.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet aiolimiter==1.3.0 throttled-py==3.5.0 limits==5.8.0 pyrate-limiter==4.5.1
cat >"$work/show.py" <<'PYTHON'
import asyncio
import importlib.metadata
import sys
import time

import aiolimiter
import limits
import pyrate_limiter
from throttled import Throttled, rate_limiter


async def async_limiter():
    limiter, times = aiolimiter.AsyncLimiter(10, 1), []
    for _ in range(40):
        async with limiter:
            times.append(time.monotonic())
    return times


def throttled(algorithm):
    limiter, times = Throttled(key=algorithm, using=algorithm, quota=rate_limiter.per_sec(10), timeout=5), []
    while len(times) < 40:
        if not limiter.limit().limited:
            times.append(time.monotonic())
    return times


def pyrate():
    limiter, times = pyrate_limiter.Limiter(pyrate_limiter.Rate(10, pyrate_limiter.Duration.SECOND)), []
    while len(times) < 40:
        if limiter.try_acquire("orders"):
            times.append(time.monotonic())
    return times


def of_limits(strategy):
    now, real = 1000.9, time.time  # a clock of its own: late in a second
    limiter, rate, times = strategy(limits.storage.MemoryStorage()), limits.parse("10/second"), []
    time.time = lambda: now
    while len(times) < 40:
        if limiter.hit(rate, "orders"):
            times.append(now)
        else:
            now += 0.005
    time.time = real
    return times


for package in ("aiolimiter", "throttled-py", "limits", "pyrate-limiter"):
    print(package, importlib.metadata.version(package), end="; ")
print("of 40 requests at 10 a second, the most within one second:")
seen = {}
for name, run in {
    "aiolimiter, AsyncLimiter": lambda: asyncio.run(async_limiter()),
    "throttled-py, gcra": lambda: throttled("gcra"),
    "limits, SlidingWindowCounter": lambda: of_limits(limits.strategies.SlidingWindowCounterRateLimiter),
    "limits, MovingWindow": lambda: of_limits(limits.strategies.MovingWindowRateLimiter),
    "pyrate-limiter": pyrate,
}.items():
    times = run()
    seen[name] = max(sum(first <= time < first + 1 for time in times) for first in times)
    print(f"  {name}: {seen[name]}")
more = [most > 13 for most in seen.values()]
sys.exit(0 if more == [True, True, True, False, False] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
