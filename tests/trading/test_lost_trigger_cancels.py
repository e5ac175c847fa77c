"""Cancels of orders that wait for a price, and whose answers are lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid
from futures_async.adapters.binance.simulated.rows import ALGO_STATES
from futures_async.adapters.bitget.endpoints import CANCEL_PLAN
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import TriggerStatus
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import Timeouts
from futures_async.unified import errors
from futures_async.unified.enums import OrderStatus, OrderType
from futures_async.unified.models import Order
from tests.rig.support import order_of

KINDS = (Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid, OKX)
OF_HYPERLIQUID: dict[str, Any] = {"symbol": "BTC/USDC:USDC", "margin_coin": "USDC"}
SPECS = [
    VenueSpec(factory=kind, raw_call=RawCall("/", {}), **(OF_HYPERLIQUID if kind is Hyperliquid else {}))
    for kind in KINDS
]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
BINANCE = SPECS[0]


def played(
    spec: VenueSpec, fault: str, play: Callable[[Inside, FaultPlan, Order], Awaitable[None]], most: int | None = None
) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange:
            order = await waits(on)
            plan.add(fault, kinds=[Kind.CANCEL, Kind.DELTA], most=most)
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
        assert (await order_of(question)).order_id == order.order_id
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


@pytest.mark.parametrize("kind", [Bitget, BitgetUTA, OKX], ids=lambda kind: kind.id)
def test_a_lost_cancel_by_our_id_names_the_venues_and_is_answered_by_one_that_names_it(kind: type[Adapter]) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        with pytest.raises(errors.CancelOutcomeUnknown, match=order.order_id) as caught:
            await on.exchange.cancel_trigger_order(on.spec.symbol, client_order_id=order.client_order_id)
        assert caught.value.client_order_id == order.client_order_id
        plan.rules.clear()
        await on.exchange.cancel_trigger_order(on.spec.symbol, order_id=order.order_id)
        assert on.exchange.unresolved() == []

    played(VenueSpec(factory=kind, raw_call=RawCall("/", {})), "dropped", play)


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


@each_venue
def test_a_cancel_that_finds_nothing_after_a_lost_answer_has_done_it(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        if spec.factory is BitMart:  # which does not tell what became of it
            with pytest.raises(errors.CancelOutcomeUnknown) as caught:
                await on.exchange.cancel_trigger_order(spec.symbol, order_id=order.order_id)
            assert on.exchange.unresolved() == [caught.value]
            with pytest.raises(errors.CancelOutcomeUnknown):
                await caught.value.resolve()
            await past(caught.value, on)
            with pytest.raises(errors.OrderNotFound):
                await caught.value.resolve()
        else:
            await on.exchange.cancel_trigger_order(spec.symbol, order_id=order.order_id)
        assert not on.account.live_triggers
        assert on.exchange.unresolved() == []

    played(spec, "answer-lost", play, most=1)


@each_venue
def test_what_went_off_is_not_cancelled_where_the_answer_is_lost(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        async def go_off() -> None:
            await anyio.sleep(0.015)  # some read it first, and cancel it only while it waits
            on.move(on.price("1.06"))

        async with anyio.create_task_group() as group:
            group.start_soon(go_off)
            lost = errors.CancelOutcomeUnknown if spec.factory is BitMart else errors.OrderNotFound
            with pytest.raises(lost) as caught:
                await on.exchange.cancel_trigger_order(spec.symbol, order_id=order.order_id)
            if isinstance(caught.value, errors.CancelOutcomeUnknown):
                await past(caught.value, on)
                with pytest.raises(errors.OrderNotFound):
                    await caught.value.resolve()
            assert on.exchange.unresolved() == []
            assert await on.exchange.fetch_positions()

    played(spec, "dropped", play)


@each_venue
def test_a_lost_cancel_of_what_another_object_placed_is_settled(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        async with on.connect(on.credentials) as another:
            with pytest.raises(errors.CancelOutcomeUnknown) as caught:
                await another.cancel_trigger_order(spec.symbol, order_id=order.order_id)
            question = caught.value
            plan.rules.clear()
            await past(question, on)
            if spec.factory is BitgetUTA:  # it waits, and does not say whether it buys or sells
                with pytest.raises(errors.DecodeError):
                    await question.resolve()
            else:
                assert (await order_of(question)).order_id == order.order_id
            assert another.unresolved() == []
            plan.add("answer-lost", kinds=[Kind.CANCEL, Kind.DELTA], most=1)
            if spec.factory is not BitMart:
                await another.cancel_trigger_order(spec.symbol, order_id=order.order_id)

    played(spec, "dropped", play)


@pytest.mark.parametrize("word", ["TRIGGERING", "ONE_OF_TOMORROW"])
def test_what_may_still_be_cancelled_is_an_open_question(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, plan: FaultPlan, order: Order) -> None:
        monkeypatch.setitem(ALGO_STATES, TriggerStatus.LIVE, word)
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await on.exchange.cancel_trigger_order(BINANCE.symbol, order_id=order.order_id)
        assert on.exchange.unresolved() == [caught.value]

    played(BINANCE, "dropped", play)


@pytest.mark.parametrize("another", [False, True])
def test_a_cancel_of_all_whose_answer_is_late_is_done_once_it_is_over_and_none_waits(another: bool) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(BINANCE, plan=plan)
        async with on.exchange, on.connect(on.credentials, timeout=Timeouts(read_s=12, deadline_s=20)) as patient:
            assert isinstance(patient, Binance)
            await waits(on)
            plan.add("answer-late", kinds=[Kind.DELTA], delay_s=30)
            if not another:
                await patient.cancel_all_trigger_orders(BINANCE.symbol)
                assert not on.account.live_triggers
                assert patient.unresolved() == []
                return

            async def place() -> None:
                await anyio.sleep(1)
                await waits(on)

            async with anyio.create_task_group() as group:
                group.start_soon(place)
                with pytest.raises(errors.OutcomeUnknown) as caught:
                    await patient.cancel_all_trigger_orders(BINANCE.symbol)
                assert (await order_of(caught.value)).order_id.removeprefix("algo:") in map(
                    str, on.account.live_triggers
                )
            assert patient.unresolved() == []

    run(main())


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
        assert (await order_of(second.value)).order_id == again.order_id

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


@pytest.mark.parametrize(
    "spec", [spec for spec in SPECS if not spec.symbol.endswith("USDC")], ids=lambda spec: spec.factory.id
)
def test_a_list_of_what_waits_in_another_contract_is_not_taken(spec: VenueSpec) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            await waits(on)
            request = on.request(symbol=spec.other_symbol, type=OrderType.TRIGGER, trigger_price=Decimal(4000))
            await exchange.create_trigger_order(msgspec.structs.replace(request, quantity=Decimal("0.1")))
            for after in range(2):  # lists are made of several
                assert len(await exchange.fetch_trigger_orders(spec.symbol)) == 1
                assert len(await exchange.fetch_trigger_orders(spec.other_symbol)) == 1
                plan.add("crossed", kinds=[Kind.READ], most=1, after=after)
                found = await exchange.fetch_trigger_orders(spec.symbol)
                assert {order.symbol for order in found} <= {spec.symbol}
                plan.rules.clear()

    run(main())


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (OrderStatus.REJECTED, "the venue refused it"),
        (OrderStatus.EXPIRED, "it ran out"),
        (OrderStatus.UNKNOWN, "it was set off"),
        (OrderStatus.FILLED, "it was set off"),
    ],
)
def test_how_it_ended_is_said_where_it_was_not_cancelled(status: OrderStatus, said: str) -> None:
    found = Bitget()._ended_as(status, CANCEL_PLAN)  # pyright: ignore[reportPrivateUsage] - the venue's word decides
    assert found is not None
    assert found.text == f"bitget {CANCEL_PLAN.name}: it was not cancelled: {said}"
