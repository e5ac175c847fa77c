"""One of several processes that share an account. Prints when its requests arrived, on the clock of the host.

`python -m tests.transport.limits.one_process host|redis WHERE CALLS` calls; with `hold` for CALLS it takes all slots
and dies.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time

from futures_async.transport.limits.host import HostLimiter
from futures_async.transport.limits.limiter import Limiter, Pool, Priority

LIMIT, PER_S = 5, 0.05
POOL = Pool("shared", LIMIT, PER_S)


def limiter_of(kind: str, where: str) -> Limiter:
    if kind == "host":
        return HostLimiter(where, lease_s=0.3)
    from futures_async.transport.limits.redis import RedisLimiter

    return RedisLimiter(where, lease_s=0.3)


async def call(limiter: Limiter, calls: int) -> list[float]:
    rng = random.Random(os.getpid())
    stamps: list[float] = []
    deadline = asyncio.get_running_loop().time() + 20.0

    async def caller(count: int) -> None:
        for _ in range(count):
            permit = await limiter.acquire([POOL], Priority.READ, deadline)
            await asyncio.sleep(rng.random() * 0.004)
            stamps.append(time.monotonic())
            await asyncio.sleep(rng.random() * 0.004)
            # No round trip is told, so that real scheduling delays cannot make the proof statistical.
            permit.answered()

    await asyncio.gather(*(caller(calls // 6) for _ in range(6)))
    await limiter.aclose()
    return stamps


async def hold(limiter: Limiter) -> None:
    for _ in range(LIMIT):
        await limiter.acquire([POOL], Priority.READ, None)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    kind, where, calls = sys.argv[1:]
    limiter = limiter_of(kind, where)
    if calls == "hold":
        asyncio.run(hold(limiter))
    else:
        json.dump(asyncio.run(call(limiter, int(calls))), sys.stdout)


if __name__ == "__main__":
    main()
