"""The README's web service with one worker and with four, side by side: how soon 500 readers a worker are answered, and
how many calls the venues get meanwhile.

Each worker's 500 requests are sent at once, over connections that stand; the clients share the machine with the
workers, the venues and Redis, so the figures are of use beside one another only.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import Row
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.server import RunningExchange, serve
from tests.processes.workers import ask, percentile, service, wake
from tests.redis_servers import Server, running

VENUES = ("bitget", "bitmart")
SIZES = (1, 4)
EACH = 500
ROUNDS = 5


class Round(NamedTuple):
    """What one burst came to."""

    p50_s: float
    p99_s: float
    took_s: float
    calls: int
    refused: int


def _round(venue: RunningExchange, port: int, requests: int) -> Round:
    arrivals = venue.exchange.arrivals
    before, began = len(arrivals), time.perf_counter()
    answers = asyncio.run(ask(port, requests))
    took_s = time.perf_counter() - began
    new = list(arrivals)[before:]
    refused = sum(arrival.status == 429 for arrival in new)
    return Round(percentile(answers, 0.5), percentile(answers, 0.99), took_s, len(new), refused)


def _measure() -> dict[tuple[int, int], list[Round]]:
    """By workers and requests at once."""
    found: dict[tuple[int, int], list[Round]] = {}
    with tempfile.TemporaryDirectory() as folder:
        redis = Server(Path(folder) / "redis")
        with running(redis):
            for workers in SIZES:
                market = SimulatedExchange(seed=3, only=list(VENUES), setup=Setup())
                with serve(market) as venue, service(venue, workers, redis.url) as port:
                    wake(port, workers)
                    for requests in sorted({EACH, workers * EACH}):
                        found[workers, requests] = [_round(venue, port, requests) for _ in range(ROUNDS)]
    return found


async def run() -> list[Row]:
    """The rows about several workers."""
    rows: list[Row] = []
    for (workers, requests), rounds in (await asyncio.to_thread(_measure)).items():
        p50, p99, took = (statistics.median(one[field] for one in rounds) for field in range(3))
        calls, refused = sum(one.calls for one in rounds), sum(one.refused for one in rounds)
        rate = calls / sum(one.took_s for one in rounds)
        most = 2 * len(VENUES) * 4
        rows.append(
            Row(
                f"/positions, {workers} worker{'s' * (workers > 1)}, {requests:,} requests at once",
                f"no 429; at most {most} calls a second of all venues, as one portfolio makes; p99 stated",
                f"p99 {p99:.2f} s, median {p50:.2f} s, {requests / took:.0f} answers/s; "
                f"{rate:.1f} calls/s, {refused} refused",
                refused == 0 and rate <= most,
            )
        )
    return rows
