"""What one channel tells makes others that should tell of it too, and do not, be read."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.streams.judge import ALL, Bench
from tests.streams.running import on
from tests.streams.toy import SYMBOLS, ToyStreams


class Unbound(ToyStreams):
    binds = False


@pytest.mark.parametrize(("dialect", "read"), [(ToyStreams(), {"positions", "accounts"}), (Unbound(), {"positions"})])
def test_an_order_at_rest_moves_no_fill_and_an_execution_everything(dialect: ToyStreams, read: set[str]) -> None:
    async def test(bench: Bench) -> None:
        venue, asked = bench.venue, Counter[str]()
        for name in ("fetch", "history"):
            counted(venue, name, asked)
        async with AsyncExitStack() as stack:
            for what in ALL:
                watch = await stack.enter_async_context(bench.watch(what))
                await watch.live()
            await asyncio.sleep(5)
            [connection] = venue.connections
            connection.topics = {"orders"}  # the others' pushes are lost
            asked.clear()
            number = venue.place(SYMBOLS[0], "buy", 2)
            await asyncio.sleep(5)
            venue.cancel(venue.place(SYMBOLS[0], "buy", 2))
            await asyncio.sleep(5)
            assert set(asked) == read
            venue.fill(number, 1)
            await asyncio.sleep(5)
            assert set(asked) >= {"fills", "positions", "accounts"}

    on(test, dialect=dialect, audit_s=600.0)


def counted(venue: Any, name: str, asked: Counter[str]) -> None:
    """Count what is read by one of the venue's methods."""
    read = getattr(venue, name)

    async def count(what: str, *arguments: Any) -> Any:
        asked[what] += 1
        return await read(what, *arguments)

    setattr(venue, name, count)
