"""An edit is a decision on a price, as an order is: it leaves in its time, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from futures_async.adapter import Adapter, TriggerEdits
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.trading.turns import sent_by
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified import errors
from futures_async.unified.enums import OrderType, Outcome
from tests.adapters.hyperliquid.test_contract import SPEC as HYPERLIQUID
from tests.trading.test_ready_in_time import Hanging, hung, now

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, BitgetUTA, BitMart, Bybit)]
OKX_SPEC = VenueSpec(factory=OKX, raw_call=RawCall("/", {}))
each_venue = pytest.mark.parametrize("spec", [*SPECS, OKX_SPEC, HYPERLIQUID], ids=lambda spec: spec.factory.id)
BITMART, BYBIT = SPECS[3], SPECS[4]


def waiting(on: Inside, **fields: Any) -> Any:
    return on.request(type=OrderType.TRIGGER, price=None, trigger_price=on.price("0.8"), **fields)


async def late(on: Inside, doing: Awaitable[object]) -> errors.DeadlineExpired:
    """What ends in its time, unsent."""
    began, written = now(), len(on.writes)
    with pytest.raises(errors.DeadlineExpired) as caught:
        await doing
    assert 1.9 <= now() - began < 2.2
    assert caught.value.outcome is Outcome.NOT_SENT
    await anyio.sleep(30)
    assert len(on.writes) == written
    return caught.value


@each_venue
def test_an_edit_ends_when_its_time_is_up_although_a_read_hangs(spec: VenueSpec) -> None:
    async def play(on: Inside, exchange: Adapter, hanging: Hanging) -> None:
        order = await exchange.create_order(on.request())
        hanging.for_s = 15
        price = on.price("0.85")
        error = await late(on, exchange.edit_order(spec.symbol, order_id=order.order_id, price=price))
        assert "edit_order: what it needs was not known within 2 s" in str(error)
        hanging.for_s = 0
        assert (await exchange.edit_order(spec.symbol, order_id=order.order_id, price=price)).price == price
        assert exchange.unresolved() == []

    hung(spec, play)


def test_an_edit_of_an_order_that_waits_does_too() -> None:
    async def play(on: Inside, exchange: Adapter, hanging: Hanging) -> None:
        assert isinstance(exchange, TriggerEdits)
        order = await exchange.create_trigger_order(waiting(on))
        hanging.for_s = 15
        change: dict[str, Any] = {"order_id": order.order_id, "trigger_price": on.price("0.7")}
        error = await late(on, exchange.edit_trigger_order(on.spec.symbol, **change))
        assert "edit_trigger_order: what it needs" in str(error)
        hanging.for_s = 0
        assert (await exchange.edit_trigger_order(on.spec.symbol, **change)).trigger_price == on.price("0.7")

    hung(BITMART, play)


def test_an_order_that_waits_is_planned_in_its_time() -> None:
    async def play(on: Inside, exchange: Adapter, hanging: Hanging) -> None:
        hanging.for_s = 15
        assert "create_trigger_order" in str(await late(on, exchange.create_trigger_order(waiting(on))))
        hanging.for_s = 0
        assert await exchange.create_trigger_order(waiting(on))

    hung(BYBIT, play)


def test_what_an_order_that_waits_needs_last_is_read_in_its_time() -> None:
    async def play(on: Inside, exchange: Adapter, hanging: Hanging) -> None:
        await exchange.create_trigger_order(waiting(on))  # all is known but the price of now
        hanging.for_s = 15
        assert "create_trigger_order" in str(await late(on, exchange.create_trigger_order(waiting(on))))

    hung(BITMART, play)


def played(spec: VenueSpec, play: Callable[[Inside, Any, FaultPlan], Awaitable[None]]) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            await play(on, exchange, plan)

    run(main())


def test_an_edit_behind_one_of_open_fate_is_given_up_in_its_time() -> None:
    async def play(on: Inside, exchange: Any, plan: FaultPlan) -> None:
        order = await exchange.create_order(on.request())
        plan.add("no-answer", kinds=[Kind.ORDER], most=1, applied=False)

        async def edit(factor: str) -> Any:
            return await exchange.edit_order(on.spec.symbol, order_id=order.order_id, price=on.price(factor))

        first = asyncio.create_task(edit("0.85"))
        await anyio.sleep(0.1)
        began = now()
        with pytest.raises(errors.DeadlineExpired, match="what became of an earlier edit_order"):
            await edit("0.86")
        assert 1.9 <= now() - began < 2.2
        with pytest.raises((errors.SettingNotApplied, errors.OrderOutcomeUnknown)):
            await first
        assert (await edit("0.87")).price == on.price("0.87")

    played(BITMART, play)


def test_an_edit_after_one_of_open_fate_names_its_question() -> None:
    async def play(on: Inside, exchange: Any, plan: FaultPlan) -> None:
        order = await exchange.create_order(on.request())
        question = errors.OrderOutcomeUnknown("it is not known", venue="bitmart")

        async def forever(deadline_s: float | None) -> Any:
            await anyio.sleep_forever()

        question.bind(forever)
        exchange._settings._open["edit_order", order.order_id] = "other", question
        price = on.price("0.85")
        error = await late(on, exchange.edit_order(on.spec.symbol, order_id=order.order_id, price=price))
        assert "what became of an earlier one of this order was not known within 2 s" in str(error)
        assert error.__cause__ is question
        question.settled = True

    played(BITMART, play)


def test_an_edit_does_not_leave_late_from_the_queue_of_a_limit() -> None:
    async def play(on: Inside, exchange: Any, plan: FaultPlan) -> None:
        orders = [await exchange.create_order(on.request()) for _ in range(70)]
        await anyio.sleep(10)
        began, sent = now(), list[float]()
        send = on.backend.send

        async def noted(request: Any) -> Any:
            if "modify-limit-order" in request.target:
                sent.append(now() - began)
            return await send(request)

        on.backend.send = noted  # type: ignore[method-assign]
        results = await asyncio.gather(
            *(exchange.edit_order(on.spec.symbol, order_id=one.order_id, price=on.price("0.85")) for one in orders),
            return_exceptions=True,
        )
        expired = [one for one in results if isinstance(one, errors.DeadlineExpired)]
        assert expired
        assert len(expired) + len(sent) == len(orders)
        assert max(sent) <= 2.01

    played(BITMART, play)


def test_what_is_too_late_is_not_sent_but_for_a_cancel() -> None:
    async def play(on: Inside, exchange: Any, plan: FaultPlan) -> None:
        order = await exchange.create_order(on.request())
        written = len(on.writes)
        with sent_by(now()):
            with pytest.raises(errors.DeadlineExpired, match="too late to send it"):
                await exchange._call(Endpoint("POST", "/any", result=str, kind=Kind.ORDER), body={})
            assert len(on.writes) == written
            await exchange.cancel_order(on.spec.symbol, order_id=order.order_id)

    played(BITMART, play)
