"""Cancelling all while orders of the same object are being placed: none of them stands afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.unified import errors
from futures_async.unified.enums import OrderStatus, OrderType

SPECS = [
    VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, BitgetUTA, BitMart, Bybit, OKX)
]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
OF_OKX = SPECS[-1]
Play = Callable[[Inside, FaultPlan, Adapter], Awaitable[None]]


def played(spec: VenueSpec, play: Play) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            await exchange.fetch_contracts()
            await play(on, plan, exchange)

    run(main())


@each_venue
@pytest.mark.parametrize("halted", [False, True])
def test_an_order_that_lands_after_all_were_cancelled_goes_too(spec: VenueSpec, halted: bool) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        stood = await exchange.create_order(on.request())
        plan.add("late-landing", kinds=[Kind.ORDER], most=1, delay_s=2)
        placing = asyncio.create_task(exchange.create_order(on.request()))
        await anyio.sleep(0.1)
        if halted:
            exchange.halt()
        gone = await exchange.cancel_all_orders(spec.symbol)
        assert await exchange.fetch_open_orders(spec.symbol) == []
        assert set(gone) == {stood.order_id, (await placing).order_id}

    played(spec, play)


def test_one_that_is_placed_at_once_is_named_once() -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        plan.add("answer-late", kinds=[Kind.ORDER], delay_s=1)
        placing = asyncio.create_task(exchange.create_order(on.request()))
        await anyio.sleep(0.5)
        gone = await exchange.cancel_all_orders(on.spec.symbol)
        assert gone == [(await placing).order_id]

    played(OF_OKX, play)


def test_those_of_other_contracts_stay_and_are_not_waited_for() -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        plan.add("late-landing", kinds=[Kind.ORDER], most=1, delay_s=5)
        placing = asyncio.create_task(exchange.create_order(on.request()))
        await anyio.sleep(0.1)
        assert await exchange.cancel_all_orders("ETH/USDT:USDT") == []
        assert not placing.done()
        assert (await placing).status is OrderStatus.NEW

    played(OF_OKX, play)


def test_one_of_which_nothing_can_be_told_is_named() -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        stood = await exchange.create_order(on.request())
        plan.add("late-landing", kinds=[Kind.ORDER], most=1, delay_s=10)
        with pytest.raises(errors.OrderOutcomeUnknown):
            await exchange.create_order(on.request(client_order_id="mine1"), on_unknown="raise")
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await exchange.cancel_all_orders(on.spec.symbol)
        assert caught.value.client_order_id == "mine1"
        assert (await exchange.fetch_order(on.spec.symbol, order_id=stood.order_id)).status is OrderStatus.CANCELED
        await anyio.sleep(40)
        [order] = await exchange.cancel_all_orders(on.spec.symbol)  # by now it can be told, and it goes
        assert order == (await exchange.fetch_order(on.spec.symbol, client_order_id="mine1")).order_id
        assert exchange.unresolved() == []

    played(SPECS[1], play)


@pytest.mark.parametrize("triggers", [False, True])
def test_one_that_waits_for_a_price_goes_with_those(triggers: bool) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        request = on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1"))
        plan.add("late-landing", kinds=[Kind.ORDER], most=1, delay_s=0.5)
        placing = asyncio.create_task(exchange.create_trigger_order(request))
        await anyio.sleep(0.1)
        gone = await exchange.cancel_all_orders(on.spec.symbol, triggers=triggers)
        order = await placing
        assert gone == ([order.order_id] if triggers else [])
        assert len(await exchange.fetch_trigger_orders(on.spec.symbol)) == (0 if triggers else 1)

    played(OF_OKX, play)
