"""A10's client: many calls over loopback TLS, and what has grown meanwhile. A process of its own, so that nothing
else is counted: `python -W error -m tests.sockets.soak {httpx,fast} CALLS`, the venue's announcement on stdin."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import sys
import warnings
from collections import Counter
from contextlib import suppress
from typing import Any

import futures_async as fa
from futures_async.adapters.bitget import Bitget
from futures_async.transport.http.backend import HttpBackend
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.route import Route
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.retry import RetryPolicy
from tests.sockets.venue import BTC

AT_ONCE = 20


def opened() -> int:
    """File descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))


def resident() -> int:
    """Bytes of memory in use, without what waits for the collector, or the allocator has back and keeps for later."""
    for _ in range(3):
        gc.collect()
    with suppress(AttributeError):  # of glibc alone
        ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm") as status:
        return int(status.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def kinds() -> Counter[str]:
    """Living objects that the collector knows, by type."""
    for _ in range(3):
        gc.collect()
    return Counter(type(found).__name__ for found in gc.get_objects())


async def calls(exchange: Bitget, count: int, ends: Counter[str]) -> None:
    """Reads, a setting and a cancel in turn, twenty at once."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            try:
                if number % 7 == 0:
                    await exchange.set_leverage(BTC, 5)
                elif number % 70 == 1:
                    await exchange.cancel_order(BTC, order_id="1234567890123456789")
                elif number % 7 == 2:
                    await exchange.fetch_open_orders(BTC)
                elif number % 7 == 3:
                    await exchange.fetch_ticker(BTC)
                else:
                    await exchange.fetch_positions()
                ends["ok"] += 1
            except fa.FuturesAsyncError as error:
                ends[type(error).__name__] += 1

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def session(library: str, count: int, told: dict[str, Any]) -> Counter[str]:
    """Open, call, close."""
    pem, ends = told["pem"].encode(), Counter[str]()
    http: HttpBackend = HttpxBackend(route=Route(ca_pem=pem)) if library == "httpx" else FastBackend(Route(ca_pem=pem))
    retry = RetryPolicy(base_s=0.001, max_wait_s=0.01)
    keys = fa.Credentials(*told["key"])
    async with Bitget(keys, base_url=told["url"], http=http, limiter=NoLimiter(), retry=retry) as exchange:
        await calls(exchange, count, ends)
    await http.aclose()
    await asyncio.sleep(0.1)  # sockets close in the next rounds of the loop
    return ends


async def main(library: str, count: int, told: dict[str, Any]) -> dict[str, Any]:
    """What `count` calls leave behind, after sessions that have filled the caches of all libraries."""
    for warm_up in (300, 300, max(500, count // 3)):
        await session(library, warm_up, told)
    ends, memory = Counter[str](), list[int]()  # before what lives is counted
    before = kinds()
    before = kinds()  # with the first one alive, as the second will be below
    fds = opened()
    memory.append(resident())
    for part in (count // 2, count - count // 2):
        ends += await session(library, part, told)
        memory.append(resident())
    after = kinds()
    return {
        "ends": dict(ends),
        "objects": {name: after[name] - before[name] for name in after if after[name] > before[name]},
        "fds": opened() - fds,
        # What leaks grows in both halves; an arena that the allocator opens once is in one of them.
        "rss": 2 * min(memory[1] - memory[0], memory[2] - memory[1]),
        "halves": [memory[1] - memory[0], memory[2] - memory[1]],
    }


if __name__ == "__main__":
    warnings.simplefilter("error", ResourceWarning)
    unraised: list[str] = []
    sys.unraisablehook = lambda problem: unraised.append(repr(problem.exc_value))
    found = asyncio.run(main(sys.argv[1], int(sys.argv[2]), json.loads(sys.stdin.readline())))
    gc.collect()
    print(json.dumps({**found, "unraised": unraised}))
