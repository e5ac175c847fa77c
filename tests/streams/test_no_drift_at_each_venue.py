"""At each venue that streams: what reads and pushes say in other words is no difference."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from futures_async.testing.virtual_time import run
from futures_async.unified.enums import Side
from tests.portfolio.crowd import Crowd

STREAMED = ("bitget", "bitget-uta", "bitmart", "bybit", "okx", "binance")


@pytest.mark.parametrize("venue", STREAMED)
def test_audits_find_nothing_where_nothing_was_missed(venue: str) -> None:
    happened: list[str] = []

    def note(event: Any) -> None:
        happened.append(getattr(event, "happening", ""))

    async def main() -> None:
        name = f"{venue}-0"
        crowd = Crowd(1, (venue,), on_event=note)
        exchange = crowd.exchanges[name]
        orders, fills, positions = exchange.watch_orders(), exchange.watch_fills(), exchange.watch_positions()
        try:
            async with orders, fills, positions, exchange.watch_accounts() as accounts:
                watches = (orders, fills, positions, accounts)
                for watch in watches:
                    await watch.live()
                happened.clear()
                for number in range(3):
                    crowd.trade(name, price="80000")
                    crowd.trade(name, Side.SELL if number % 2 else Side.BUY, "0.02")
                    await asyncio.sleep(100)
                assert [watch.drift for watch in watches] == [0] * 4
                assert len(orders.current) == 3
                assert "lost" not in happened
        finally:
            await crowd.aclose()

    run(main())
