"""Many accounts: poll 100 and 1,000 of them on five simulated venues; what grows, what stays.

The simulated exchange runs in a second process with its limits lifted (one key a venue serves all accounts there), so
what is measured here is the client: processor time for each poll, memory, and how late the event loop gets.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import subprocess
import sys
import time
from typing import Any

from benchmarks.measure import Row
from benchmarks.peers import ccxt_bitget
from futures_async import Credentials, connect
from futures_async.transport.limits.none import NoLimiter

VENUES = ("bitget", "bitget-uta", "bitget-v1", "bitmart", "bittap")
SIZES = (100, 1000)
POLLS = 6


def _serve() -> None:
    """The second process: prints base URL and keys, serves until it is ended."""
    from futures_async.simulator.dialect import find_dialects
    from futures_async.simulator.exchange import SimulatedExchange
    from futures_async.simulator.server import serve

    for dialect in find_dialects():
        dialect.ip_limits = ()
    with serve(SimulatedExchange(seed=7, uid_limit=None, endpoint_limits=False)) as running:
        print(json.dumps(running.announcement()), flush=True)
        sys.stdin.read()


async def run() -> list[Row]:
    """The row of the goal table about many accounts."""
    server = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
        [sys.executable, "-c", "from benchmarks.scale import _serve; _serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        if server.stdout is None:
            raise RuntimeError("no pipe")
        told = json.loads(server.stdout.readline())
        found = {size: await _poll(told, size) for size in SIZES}
        ccxt_s = await _ccxt(told)
    finally:
        server.terminate()
        server.wait()
    small, large = (found[size] for size in SIZES)
    growth = (large["cpu"] / SIZES[1]) / (small["cpu"] / SIZES[0])
    drift = large["kept"] / SIZES[1]
    return [
        Row(
            "1,000 accounts × 5 venues, one poll each, simulated",
            "CPU per account grows linearly; memory flat over polls; beats ccxt's time for 100 accounts",
            f"per account at 1,000 over at 100: {growth:.2f} CPU, "
            f"{(large['wall'] / SIZES[1]) / (small['wall'] / SIZES[0]):.2f} wall; memory after {POLLS} polls "
            f"{drift:+.2f} KB an account; the loop was late by {large['late'] / large['wall']:.0%} of a poll at "
            f"most; ccxt for 100 Bitget accounts takes {ccxt_s / small['bitget']:.1f} × ours",
            growth <= 1.2 and abs(drift) <= 1.0 and ccxt_s > small["bitget"],
        )
    ]


def _open(told: dict[str, Any], size: int) -> list[Any]:
    """So many exchange objects, shared out over the venues; those of a venue share one transport."""
    exchanges: list[Any] = []
    for venue in VENUES:
        keys = {**told["venues"][venue]}
        keys.pop("uid")
        first: Any = None
        for number in range(size // len(VENUES)):
            credentials = Credentials(**keys, uid=f"{venue}-{number}")
            if first is None:
                first = connect(venue, credentials, base_url=told["base_url"], limiter=NoLimiter())
                exchanges.append(first)
            else:
                exchanges.append(first.with_credentials(credentials))
    return exchanges


async def _poll(told: dict[str, Any], size: int) -> dict[str, float]:
    exchanges = _open(told, size)

    async def poll(some: list[Any]) -> None:
        await asyncio.gather(*(exchange.fetch_positions() for exchange in some))

    await poll(exchanges)
    gc.collect()
    gc.freeze()  # the peers' modules, a quarter of a million objects, are no business of these accounts
    before = _peak_kb()
    lateness = asyncio.create_task(_lateness())
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(POLLS):
        await poll(exchanges)
    spent = {"cpu": (time.process_time() - cpu) / POLLS, "wall": (time.perf_counter() - wall) / POLLS}
    lateness.cancel()
    gc.unfreeze()
    gc.collect()
    spent["kept"] = _peak_kb() - before
    spent["late"] = await lateness
    started = time.process_time()
    await poll([exchange for exchange in exchanges if exchange.id == "bitget"] * len(VENUES))
    spent["bitget"] = time.process_time() - started
    for exchange in exchanges:
        await exchange.aclose()
    return spent


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def _lateness() -> float:
    """How late a timer was at worst, until cancelled."""
    worst = 0.0
    try:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.01)
            worst = max(worst, time.perf_counter() - started - 0.01)
    except asyncio.CancelledError:
        return worst


async def _ccxt(told: dict[str, Any]) -> float:
    """Processor time of one poll of 100 Bitget accounts with ccxt, connections warm."""
    keys = told["venues"]["bitget"]
    exchanges = [
        ccxt_bitget(apiKey=keys["key"], secret=keys["secret"], password=keys["passphrase"]) for _ in range(SIZES[0])
    ]
    try:
        for exchange in exchanges:
            exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], told["base_url"])
        await asyncio.gather(*(exchange.fetch_positions() for exchange in exchanges))
        started = time.process_time()
        await asyncio.gather(*(exchange.fetch_positions() for exchange in exchanges))
        return time.process_time() - started
    finally:
        for exchange in exchanges:
            await exchange.close()
