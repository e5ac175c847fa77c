"""Where past orders are listed contract by contract, each watch has what it reads to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.streams.picture import Push
from futures_async.streams.streamed import ContractFeed, StreamFeed
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import Side
from futures_async.unified.models import Fill
from futures_async.unified.watching import WatchState
from tests.fakes import FakeTrading, request
from tests.portfolio.crowd import BTC, Crowd
from tests.streams.running import until

ETH = "ETH/USDT:USDT"
NAME = "bitmart-0"


def at_bitmart(scene: Callable[[Crowd, Any], Awaitable[None]]) -> None:
    async def main() -> None:
        crowd = Crowd(1, ("bitmart",))
        try:
            await scene(crowd, crowd.exchanges[NAME])
        finally:
            await crowd.aclose()

    run(main())


def test_a_second_watch_of_orders_shows_those_of_its_own_contract() -> None:
    async def scene(crowd: Crowd, exchange: Any) -> None:
        crowd.trade(NAME, price="80000")
        resting = crowd.trade(NAME, price="1000", quantity="0.1", symbol=ETH)
        async with exchange.watch_orders(BTC) as bitcoin:
            await bitcoin.live()
            async with exchange.watch_orders(ETH) as ether, exchange.watch_orders() as every:
                await ether.live()
                await every.live()
                assert list(ether.current) == [str(resting.id)]
                assert {order.symbol for order in every.current.values()} == {BTC, ETH}

    at_bitmart(scene)


def test_a_second_watch_of_fills_is_told_what_a_gap_held_of_its_own_contract() -> None:
    async def scene(crowd: Crowd, exchange: Any) -> None:
        async with exchange.watch_fills(BTC) as bitcoin:
            await bitcoin.live()
            async with exchange.watch_fills(ETH) as ether:
                await ether.live()
                crowd.streams.hub.shut()
                bought = crowd.trade(NAME, quantity="0.1", symbol=ETH)
                async with asyncio.timeout(60):
                    told = await anext(ether)
                assert told.item.order_id == str(bought.id)

    at_bitmart(scene)


def test_what_rests_elsewhere_keeps_no_watch_of_one_contract_from_being_true() -> None:
    async def scene(crowd: Crowd, exchange: Any) -> None:
        async with exchange.watch_orders(BTC) as watch:
            await watch.live()
            crowd.trade(NAME, price="1000", quantity="0.1", symbol=ETH)
            crowd.trade(NAME, Side.BUY, price="80000")
            await until(lambda: len(watch.current) == 1)
            crowd.streams.hub.shut()
            await until(lambda: watch.state is not WatchState.LIVE)
            await until(lambda: watch.state is WatchState.LIVE, 30.0)
            reads = sum(crowd.reads().values())
            await asyncio.sleep(300)
            assert watch.drift == 0
            # An audit each minute, of two reads.
            assert sum(crowd.reads().values()) - reads <= 2 * 6

    at_bitmart(scene)


def test_what_is_executed_of_another_contract_is_not_missed_in_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    trading = FakeTrading()
    trading.placed["1"] = trading.order(request(), "1")
    trading.fill("1", "0.01", "30000")
    [own] = trading.fills
    other = msgspec.structs.replace(own, venue_symbol="ETHUSDT", order_id="2", fill_id="x")
    seen: list[Push[Fill]] = []

    def noted(_: StreamFeed[Fill], push: Push[Fill], whole: bool, at: float) -> None:
        seen.append(push)

    monkeypatch.setattr(StreamFeed, "pushed", noted)

    class Narrow(ContractFeed[Fill]):
        def __init__(self) -> None:
            self._contract = own.venue_symbol

    Narrow().pushed(Push([other, own], executed={"1": Decimal(1), "2": Decimal(2), "3": Decimal(3)}), True, 0.0)
    # Of the third nothing tells which contract's it is.
    assert [(push.items, push.executed) for push in seen] == [([own], {"1": Decimal(1), "3": Decimal(3)})]
