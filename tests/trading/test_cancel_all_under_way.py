"""Cancelling all while orders of the same object are being placed: none of them stands afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import anyio
import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.trading.late_cancels import worst_of
from futures_async.transport.dialect import Unsigned
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified import errors
from futures_async.unified.enums import OrderStatus, OrderType
from futures_async.unified.models import Order
from tests.rig.support import order_of

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


def late_landing(on: Inside, plan: FaultPlan, exchange: Adapter) -> asyncio.Task[Order]:
    plan.add("late-landing", kinds=[Kind.ORDER], most=1, delay_s=2)
    return asyncio.create_task(exchange.create_order(on.request()))


async def unavailable(*_: object) -> NoReturn:
    raise errors.VenueUnavailable("503", venue="there", endpoint="it")


@pytest.mark.parametrize(
    ("fails", "triggers"),
    [("fetch_trigger_orders", True), ("_cancel_all", True), ("_cancel_all", False)],
)
def test_an_order_under_way_goes_although_another_part_fails(
    fails: str, triggers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        placing = late_landing(on, plan, exchange)
        await anyio.sleep(0.1)
        exchange.halt()
        monkeypatch.setattr(exchange, fails, unavailable)
        with pytest.raises(errors.VenueUnavailable) as caught:
            await exchange.cancel_all_orders(on.spec.symbol, triggers=triggers)
        assert caught.value.cancelled == ((await placing).order_id,)
        assert await exchange.fetch_open_orders(on.spec.symbol) == []

    played(OF_OKX, play)


def test_an_order_of_which_nothing_is_known_is_named_before_a_list_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        stood = await exchange.create_order(on.request())
        plan.add("no-answer", kinds=[Kind.ORDER], most=1, applied=False)
        request = on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1"))
        with pytest.raises(errors.OrderOutcomeUnknown) as lost:
            await exchange.create_trigger_order(request)
        monkeypatch.setattr(exchange, "fetch_trigger_orders", unavailable)
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.cancel_all_orders(on.spec.symbol)
        assert caught.value is lost.value
        assert caught.value.cancelled == (stood.order_id,)
        lost.value.settled = True

    played(OF_OKX, play)


@pytest.mark.parametrize("spec", [one for one in SPECS if one.factory is not Bybit], ids=lambda spec: spec.factory.id)
def test_a_lost_order_that_is_in_no_list_past_its_fence_holds_up_no_later_cancel(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        plan.add("no-answer", kinds=[Kind.ORDER], most=1, applied=False)
        request = on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1"))
        with pytest.raises(errors.FuturesAsyncError):
            await exchange.create_trigger_order(request)
        for _ in range(2):
            await anyio.sleep(120)
            stood = await exchange.create_order(on.request())
            assert await exchange.cancel_all_orders(spec.symbol) == [stood.order_id]
        for question in exchange.unresolved():  # it may have been set off: that none waits is no answer to that
            question.settled = True

    played(spec, play)


def test_a_lost_order_past_its_fence_is_open_while_the_list_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        plan.add("no-answer", kinds=[Kind.ORDER], most=1, applied=False)
        request = on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1"))
        with pytest.raises(errors.OrderOutcomeUnknown) as lost:
            await exchange.create_trigger_order(request)
        await anyio.sleep(120)
        monkeypatch.setattr(exchange, "fetch_trigger_orders", unavailable)
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.cancel_all_orders(on.spec.symbol)
        assert caught.value is lost.value
        lost.value.settled = True

    played(OF_OKX, play)


@each_venue
def test_an_emergency_waits_for_no_fence(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        stood = await exchange.create_order(on.request())
        plan.add("no-answer", kinds=[Kind.ORDER], most=1, applied=False)
        placing = asyncio.create_task(exchange.create_order(on.request()))
        await anyio.sleep(0.1)
        began = asyncio.get_running_loop().time()
        try:
            gone = tuple(await exchange.cancel_all_orders(spec.symbol))
        except errors.CancelOutcomeUnknown as unknown:
            gone = unknown.cancelled
        assert asyncio.get_running_loop().time() - began < 12
        assert gone == (stood.order_id,)
        with pytest.raises(errors.OrderNotPlaced):
            await placing
        await anyio.sleep(120)
        assert await exchange.cancel_all_orders(spec.symbol) == []
        for question in exchange.unresolved():
            with pytest.raises(errors.OrderNotFound):
                await question.resolve()
        assert exchange.unresolved() == []

    played(spec, play)


@pytest.mark.parametrize("spec", SPECS[1:4], ids=lambda spec: spec.factory.id)
def test_one_that_lands_while_it_is_cancelled_by_its_name_goes_by_its_id(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        plan.add("late-landing", kinds=[Kind.ORDER], most=1, delay_s=6.5)
        placing = asyncio.create_task(exchange.create_order(on.request()))
        await anyio.sleep(0.1)
        [gone] = await exchange.cancel_all_orders(spec.symbol)
        assert gone == (await placing).order_id
        assert await exchange.fetch_open_orders(spec.symbol) == []

    played(spec, play)


# Placements that end in an error which nobody has foreseen

kinds = pytest.mark.parametrize("trigger", [False, True])


def never(*_: object) -> NoReturn:
    raise KeyError("odd")


async def mistaken(*_: object, **__: object) -> NoReturn:
    raise KeyError("odd")


def placing(on: Inside, exchange: Adapter, *, trigger: bool) -> Awaitable[Order]:
    if trigger:
        price = on.price("1.1")
        return exchange.create_trigger_order(
            on.request(client_order_id="mine1", type=OrderType.TRIGGER, trigger_price=price)
        )
    return exchange.create_order(on.request(client_order_id="mine1"))


@kinds
def test_one_that_failed_before_it_was_sent_is_known_not_to_stand(
    trigger: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        dialect = exchange._channel.dialect  # pyright: ignore[reportPrivateUsage]
        seal = dialect.seal

        def sealed(request: Unsigned, endpoint: Endpoint[Any], *more: Any) -> Unsigned:
            return seal(request, endpoint, *more) if endpoint.kind is Kind.READ else never()

        with monkeypatch.context() as patch:
            patch.setattr(type(dialect), "seal", staticmethod(sealed))
            with pytest.raises(errors.NotSent, match="KeyError") as caught:
                await placing(on, exchange, trigger=trigger)
        assert isinstance(caught.value.__cause__, KeyError)
        assert await exchange.cancel_all_orders(on.spec.symbol, triggers=True) == []
        await placing(on, exchange, trigger=trigger)  # its id is free
        assert exchange.unresolved() == []

    played(OF_OKX, play)
    assert "placing ended in KeyError" in caplog.text


def test_one_that_failed_after_its_answer_is_found_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(exchange._orders, "accepted", mistaken)  # pyright: ignore[reportPrivateUsage]
            order = await placing(on, exchange, trigger=False)
        assert order.recovered
        assert await exchange.cancel_all_orders(on.spec.symbol) == [order.order_id]
        assert await exchange.cancel_all_orders(on.spec.symbol) == []
        assert exchange.unresolved() == []

    played(OF_OKX, play)


def test_a_question_that_a_mistake_leaves_has_one_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        monkeypatch.setattr(exchange._orders, "accepted", mistaken)  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.create_order(on.request(client_order_id="mine1"), on_unknown="raise")
        assert exchange.unresolved() == [caught.value]
        fence_ms = caught.value.fence_until_ms
        assert fence_ms is not None
        await anyio.sleep(45)
        assert exchange.unresolved()[0].fence_until_ms == fence_ms
        assert len(await exchange.cancel_all_orders(on.spec.symbol)) == 1
        assert await exchange.cancel_all_orders(on.spec.symbol) == []
        assert exchange.unresolved() == []

    played(OF_OKX, play)


def test_a_trigger_order_that_failed_after_its_answer_keeps_no_later_cancel_from_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(exchange, "_check_ack", never)
            order = await placing(on, exchange, trigger=True)
        assert await exchange.cancel_all_orders(on.spec.symbol, triggers=True) == [order.order_id]
        assert await exchange.cancel_all_orders(on.spec.symbol, triggers=True) == []

    played(OF_OKX, play)


def test_each_of_a_batch_has_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(exchange._orders, "accepted", mistaken)  # pyright: ignore[reportPrivateUsage]
            placed = await exchange.create_orders([on.request(), on.request()])
        ids = {result.order.order_id for result in placed if result.order is not None}
        assert len(ids) == 2
        assert set(await exchange.cancel_all_orders(on.spec.symbol)) == ids
        assert await exchange.cancel_all_orders(on.spec.symbol) == []

    played(OF_OKX, play)


def test_one_whose_work_was_cut_off_is_an_open_question() -> None:
    async def play(on: Inside, plan: FaultPlan, exchange: Adapter) -> None:
        plan.add("slow", kinds=[Kind.ORDER])
        task = asyncio.create_task(exchange.create_order(on.request(client_order_id="mine1")))
        await anyio.sleep(0.1)
        record = exchange._orders.record("mine1")  # pyright: ignore[reportPrivateUsage]
        assert record is not None
        assert record.work is not None
        record.work.cancel()
        await asyncio.wait([task])
        [question] = exchange.unresolved()
        assert question.client_order_id == "mine1"
        assert (await order_of(question)).client_order_id == "mine1"

    played(OF_OKX, play)


def test_a_refusal_that_others_were_told_too_is_not_written_on() -> None:
    shared = errors.VenueUnavailable("503", venue="there", endpoint="it")
    shared.__cause__ = ValueError("why")
    told = worst_of([shared], ["1"])
    assert (told.cancelled, told.text, told.__cause__) == (("1",), shared.text, shared.__cause__)
    assert shared.cancelled == ()
