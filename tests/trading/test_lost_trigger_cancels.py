"""Cancels of orders that wait for a price, and whose answers are lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.unified import errors
from futures_async.unified.enums import OrderType
from futures_async.unified.models import Order

KINDS = (Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid, OKX)
OF_HYPERLIQUID: dict[str, Any] = {"symbol": "BTC/USDC:USDC", "margin_coin": "USDC"}
SPECS = [
    VenueSpec(factory=kind, raw_call=RawCall("/", {}), **(OF_HYPERLIQUID if kind is Hyperliquid else {}))
    for kind in KINDS
]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
BINANCE = SPECS[0]


def played(spec: VenueSpec, fault: str, play: Callable[[Inside, FaultPlan, Order], Awaitable[None]]) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange:
            order = await waits(on)
            plan.add(fault, kinds=[Kind.CANCEL, Kind.DELTA])
            await play(on, plan, order)

    run(main())


async def waits(on: Inside, fraction: str = "1.05") -> Order:
    request = on.request(type=OrderType.TRIGGER, trigger_price=on.price(fraction))
    return await on.exchange.create_trigger_order(request)


async def past(question: errors.OutcomeUnknown, on: Inside) -> None:
    assert question.fence_until_ms is not None
    await anyio.sleep((question.fence_until_ms - on.inside.now_ms()) / 1000 + 1)


@each_venue
def test_a_lost_cancel_is_answered_by_what_waits(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await on.exchange.cancel_trigger_order(spec.symbol, order_id=order.order_id)
        question = caught.value
        assert (question.symbol, on.exchange.unresolved()) == (spec.symbol, [question])
        assert order.order_id in str(question)
        assert str(question).count(question.advice) == 1
        plan.rules.clear()
        with pytest.raises(errors.CancelOutcomeUnknown):
            await question.resolve()
        assert not question.settled
        await past(question, on)
        assert (await question.resolve()).order_id == order.order_id
        assert on.exchange.unresolved() == []

    played(spec, "dropped", play)


@each_venue
def test_a_lost_cancel_is_answered_by_a_later_one(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await on.exchange.cancel_trigger_order(spec.symbol, order_id=order.order_id)
        plan.rules.clear()
        await on.exchange.cancel_trigger_order(spec.symbol, order_id=order.order_id)
        assert on.exchange.unresolved() == []
        try:
            await caught.value.resolve()
        except errors.CancelOutcomeUnknown:  # it is not seen, where that is all that is told
            assert spec.factory is BitMart
        assert not on.account.live_triggers

    played(spec, "dropped", play)


@each_venue
def test_a_cancel_that_is_carried_out_without_an_answer_ends_well(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        try:
            await on.exchange.cancel_trigger_order(spec.symbol, order_id=order.order_id)
        except errors.CancelOutcomeUnknown as question:
            assert spec.factory is BitMart  # which does not tell what became of it: it may not be seen yet
            plan.rules.clear()
            await past(question, on)
            with pytest.raises(errors.OrderNotFound):
                await question.resolve()
        assert not on.account.live_triggers
        assert on.exchange.unresolved() == []

    played(spec, "answer-lost", play)


def test_what_went_off_is_not_cancelled_where_the_answer_is_lost() -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        on.move(on.price("1.06"))
        with pytest.raises(errors.OrderNotFound, match="FINISHED"):
            await on.exchange.cancel_trigger_order(BINANCE.symbol, order_id=order.order_id)
        assert on.exchange.unresolved() == []

    played(BINANCE, "dropped", play)


def test_what_became_of_it_may_not_be_readable() -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        plan.add("json-500", kinds=[Kind.READ])
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await on.exchange.cancel_trigger_order(BINANCE.symbol, order_id=order.order_id)
        assert isinstance(caught.value.__cause__, errors.VenueUnavailable)
        assert on.exchange.unresolved() == [caught.value]

    played(BINANCE, "dropped", play)


@pytest.mark.parametrize("fault", ["dropped", "answer-lost"])
def test_a_lost_cancel_of_all_is_answered_once_it_is_over(fault: str) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        exchange = on.exchange
        assert isinstance(exchange, Binance)
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await exchange.cancel_all_trigger_orders(BINANCE.symbol)
        question = caught.value
        plan.rules.clear()
        with pytest.raises(errors.OutcomeUnknown):
            await question.resolve()
        await exchange.cancel_all_trigger_orders(BINANCE.symbol)
        assert exchange.unresolved() == [question]  # it may still take what is placed from now on
        await past(question, on)
        with pytest.raises(errors.OrderNotFound):
            await question.resolve()
        assert exchange.unresolved() == []
        again = await waits(on)
        plan.add("dropped", kinds=[Kind.DELTA])
        with pytest.raises(errors.OutcomeUnknown) as second:
            await exchange.cancel_all_trigger_orders(BINANCE.symbol)
        await past(second.value, on)
        assert (await second.value.resolve()).order_id == again.order_id

    played(BINANCE, fault, play)


def test_cancelling_all_of_a_contract_cancels_nothing_of_a_list_of_another() -> None:
    async def main() -> None:
        on = Inside(BINANCE)
        async with on.exchange as exchange:
            mine = await waits(on)
            other = await exchange.create_trigger_order(
                on.request(symbol=BINANCE.other_symbol, type=OrderType.TRIGGER, trigger_price=Decimal(4000))
            )
            fetch, wrong = exchange.fetch_trigger_orders, [BINANCE.other_symbol]

            async def crossed(symbol: str | None = None) -> list[Order]:
                return await fetch(wrong.pop() if wrong else symbol)

            exchange.fetch_trigger_orders = crossed  # type: ignore[method-assign]
            assert await exchange.cancel_all_orders(BINANCE.symbol) == [mine.order_id]
            assert [order.order_id for order in await fetch()] == [other.order_id]

    run(main())
