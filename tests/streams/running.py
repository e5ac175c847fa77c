"""One account at the toy venue, in the loop's own time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from futures_async.streams.watch import FeedWatch
from futures_async.testing import virtual_time
from futures_async.unified.watching import Change
from tests.streams.judge import Bench
from tests.streams.toy import Faults, ToyStreams, ToyVenue


def on(
    test: Callable[[Bench], Coroutine[Any, Any, None]],
    *,
    faults: Faults | None = None,
    dialect: ToyStreams | None = None,
    key: str = "key",
    audit_s: float = 15.0,
) -> None:
    """Run a test in virtual time; afterwards nothing is left."""

    async def main() -> None:
        venue = ToyVenue(1, faults=faults or Faults(lag_s=0.0))
        bench = Bench(venue, key=key, audit_s=audit_s, dialect=dialect)
        try:
            await test(bench)
        finally:
            await bench.streams.aclose()
        await asyncio.sleep(1)
        assert venue.connections == []
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == []

    virtual_time.run(main())


async def until(wanted: Callable[[], bool], within_s: float = 200.0) -> float:
    """Wait in small steps; how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not wanted():
        assert loop.time() - began < within_s
        await asyncio.sleep(0.05)
    return loop.time() - began


async def collect(watch: FeedWatch[Any]) -> list[Change[Any]]:
    return [change async for change in watch]
