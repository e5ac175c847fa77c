"""Prices of several contracts, one of which the venue lists no more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from futures_async.streams.dialect import What
from futures_async.unified.errors import ParameterRejected
from futures_async.unified.watching import ChangeKind, WatchState
from tests.streams.judge import Bench, ToyReads
from tests.streams.running import on, until
from tests.streams.toy import SYMBOLS, ToyVenue


class Listed(ToyReads):
    """What is read, but for contracts that are gone."""

    def __init__(self, venue: ToyVenue) -> None:
        super().__init__(venue, What.TICKERS, SYMBOLS)
        self.gone: tuple[str, ...] = ()

    async def now(self) -> list[Any]:
        return [row for row in await super().now() or () if row.venue_symbol not in self.gone]


@pytest.mark.parametrize("how", ["cut", "retiring"])
@pytest.mark.parametrize("gone", [("AAA",), ("AAA", "CCC")])
def test_a_contract_that_is_listed_no_more_is_told_as_closed_and_the_others_go_on(
    gone: tuple[str, ...], how: str
) -> None:
    async def test(bench: Bench) -> None:
        reads = Listed(bench.venue)
        async with bench.watch(What.TICKERS, symbols=SYMBOLS, reads=reads) as prices:
            await prices.live()
            reads.gone, bench.venue.refuses = gone, {f"tickers:{name}" for name in gone}
            [line], loop = bench.venue.connections, asyncio.get_running_loop()
            began_at = loop.time()
            if how == "cut":
                bench.venue.cut(politely=False)
            else:
                line.say(b'{"kind":"retiring"}')
            closed = set[str]()
            async with asyncio.timeout(30):
                while len(closed) < len(gone):
                    change = await anext(prices)
                    closed |= {change.item.venue_symbol} if change.kind is ChangeKind.CLOSED else set()
            await prices.live()
            if how == "cut":  # the gap began with it, whenever the venue has refused
                assert bench.happened("resynced")[-1].duration_s == pytest.approx(loop.time() - began_at, abs=0.1)
            await until(lambda: line not in bench.venue.connections)
            assert (closed, {one.venue_symbol for one in prices.current.values()}) == ({*gone}, {*SYMBOLS} - {*gone})
            bench.venue.tick("BBB", "7")
            assert ((await anext(prices)).item.last_price, prices.state) == (7, WatchState.LIVE)

    on(test)


@pytest.mark.parametrize(("refused", "before"), [(SYMBOLS[:1], False), (SYMBOLS[:1], True), (SYMBOLS, False)])
def test_a_subscription_that_is_refused_ends_the_watch_where_no_read_says_why(
    refused: tuple[str, ...], before: bool
) -> None:
    """Before the first picture, or of all contracts, or of one that is listed all the same."""

    async def test(bench: Bench) -> None:
        names = {f"tickers:{name}" for name in refused}
        bench.venue.refuses = names if before else set()
        async with bench.watch(What.TICKERS, symbols=SYMBOLS, reads=Listed(bench.venue)) as prices:
            if not before:
                await prices.live()
                bench.venue.refuses = names
                bench.venue.cut(politely=False)
            with pytest.raises(ParameterRejected, match="no such topic"):
                async for _ in prices:
                    pass
            assert prices.state is WatchState.CLOSED

    on(test)
