"""At each venue that streams, in virtual time: a line that falls silent is noticed, and what a gap held is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import CancelReason
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import OrderStatus, Side
from futures_async.unified.watching import Change, ChangeKind, ChangeSource, Watch, WatchState
from tests.portfolio.crowd import Crowd

STREAMED = ("bitget", "bitget-uta", "bitmart")
NOTICED_WITHIN_S = 5.0


def at(venue: str, plan: FaultPlan, scene: Callable[[Crowd, str], Awaitable[None]]) -> None:
    async def main() -> None:
        crowd = Crowd(1, (venue,), plan)
        try:
            await scene(crowd, f"{venue}-0")
        finally:
            await crowd.aclose()

    run(main())


async def told(watch: Watch[Any], wanted: Callable[[Change[Any]], bool]) -> Change[Any]:
    async with asyncio.timeout(60):
        async for change in watch:
            if wanted(change):
                return change
    raise AssertionError("the watch has ended")


@pytest.mark.parametrize("venue", STREAMED)
def test_a_silent_line_is_noticed_within_its_heartbeat(venue: str) -> None:
    plan = FaultPlan()
    plan.add("line-silent", most=1, after=4)

    async def scene(crowd: Crowd, name: str) -> None:
        exchange, loop = crowd.exchanges[name], asyncio.get_running_loop()
        heartbeat = exchange._stream_dialect().heartbeat
        async with exchange.watch_positions(audit_s=600) as watch:
            await watch.live()
            while not plan.stream_struck:
                crowd.trade(name)
                await asyncio.sleep(0.5)
            fell_at = loop.time()
            while watch.state is WatchState.LIVE:  # noqa: ASYNC110 - to the tenth of a second
                await asyncio.sleep(0.1)
            assert loop.time() - fell_at <= heartbeat.every_s + heartbeat.patience_s + NOTICED_WITHIN_S
            crowd.trade(name, Side.SELL)
            await watch.live()
            assert sum(one.quantity for one in watch.current.values()) == crowd.held(name)

    at(venue, plan, scene)


@pytest.mark.parametrize("venue", STREAMED)
def test_what_a_gap_held_is_read_and_told(venue: str) -> None:
    async def scene(crowd: Crowd, name: str) -> None:
        exchange = crowd.exchanges[name]
        account = crowd.accounts[name]
        resting = crowd.trade(name, price="80000")
        orders, fills, positions = exchange.watch_orders(), exchange.watch_fills(), exchange.watch_positions()
        async with orders, fills, positions:
            for watch in (orders, fills, positions):
                await watch.live()
            crowd.streams.hub.shut()
            with crowd.exchange.engine.arithmetic():
                crowd.exchange.engine.matching.cancel(account, resting, CancelReason.USER)
            bought = crowd.trade(name)
            ends = {str(resting.id): OrderStatus.CANCELED, str(bought.id): OrderStatus.FILLED}
            while ends:
                ended = await told(orders, lambda change: change.kind is ChangeKind.CLOSED)
                assert (ends.pop(ended.item.order_id), ChangeSource.READ) == (ended.item.status, ended.source)
            executed = await told(fills, lambda change: change.item.order_id == str(bought.id))
            assert (executed.item.quantity, executed.source) == (bought.quantity, ChangeSource.READ)
            opened = await told(positions, lambda change: change.kind is ChangeKind.OPENED)
            assert opened.item.quantity == crowd.held(name)
            # And by push from then on.
            sold = crowd.trade(name, Side.SELL)
            executed = await told(fills, lambda change: change.item.order_id == str(sold.id))
            assert executed.source is ChangeSource.PUSH
            gone = await told(positions, lambda change: change.kind is ChangeKind.CLOSED)
            assert (gone.item.quantity, gone.source) == (0, ChangeSource.PUSH)
            assert not positions.current

    at(venue, FaultPlan(), scene)


def test_a_connection_whose_key_has_ended_is_not_live_though_it_stays_open_and_no_other_key_is_to_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("futures_async.adapters.binance.simulated.account.KEY_LIFE_MS", 200_000)
    plan = FaultPlan()

    async def scene(crowd: Crowd, name: str) -> None:
        async with crowd.exchanges[name].watch_positions(audit_s=10_000) as watch:
            await watch.live()
            plan.add("html-503", applied=False)
            await asyncio.sleep(100)
            states = [watch.state]
            await asyncio.sleep(160)  # it is told within a minute
            crowd.trade(name)
            assert [*states, watch.state] == [WatchState.LIVE, WatchState.STALE]
            plan.rules.clear()
            await watch.live()
            assert sum(one.quantity for one in watch.current.values()) == crowd.held(name)

    at("binance", plan, scene)
