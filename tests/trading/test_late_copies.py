"""A change that was sent twice because its answer did not come, and whose first copy lands after the next change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.adapters import OKX, Bitget, BitgetUTA, BitMart, Bybit
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.transport.retry import RetryPolicy
from futures_async.unified import errors
from futures_async.unified.enums import OrderType, Outcome, PositionMode
from futures_async.unified.models import Leverage, OrderResult

KINDS = (Bitget, BitgetUTA, BitMart, Bybit, OKX)
SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in KINDS]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
LATE_S = 3.0
"""Within every venue's window."""


def played(
    spec: VenueSpec, play: Callable[[Inside, FaultPlan], Awaitable[None]], mode: PositionMode | None = None
) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, mode, plan=plan)
        async with on.exchange:
            await on.exchange.set_leverage(spec.symbol, 3)
            await play(on, plan)

    run(main())


async def leverage(on: Inside) -> Decimal | None:
    return (await on.exchange.fetch_leverage(on.spec.symbol)).leverage


def now() -> float:
    return asyncio.get_running_loop().time()


@each_venue
def test_a_late_copy_of_a_setting_takes_back_no_later_one(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=LATE_S)
        assert (await on.exchange.set_leverage(spec.symbol, 5)).leverage == 5
        later = asyncio.create_task(on.exchange.set_leverage(spec.symbol, 7))
        await anyio.sleep(1)
        assert await leverage(on) == 7  # at once, and not done yet
        assert not later.done()
        assert (await later).leverage == 7
        await anyio.sleep(120)
        assert await leverage(on) == 7

    played(spec, play)


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.factory is not OKX], ids=lambda spec: spec.factory.id)
def test_a_late_copy_of_an_edit_takes_back_no_later_one(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange: Any = on.exchange
        request = on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1"))
        order = await exchange.create_trigger_order(request)
        plan.add("late-landing", kinds=[Kind.SETTING, Kind.DELTA], most=1, delay_s=LATE_S)
        for price in ("1.15", "1.2"):
            edited = await exchange.edit_trigger_order(
                spec.symbol, order_id=order.order_id, trigger_price=on.price(price)
            )
            assert edited.trigger_price == on.price(price)
        await anyio.sleep(120)
        [waits] = await exchange.fetch_trigger_orders(spec.symbol)
        assert waits.trigger_price == on.price("1.2")

    played(spec, play)


def test_what_no_copy_can_take_back_is_done_at_once() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("answer-lost", kinds=[Kind.SETTING], most=1)
        await on.exchange.set_leverage(on.spec.symbol, 5)
        began = now()
        await on.exchange.set_leverage(on.spec.symbol, 5)  # the same
        assert now() - began < 1
        await anyio.sleep(120)
        began = now()
        await on.exchange.set_leverage(on.spec.symbol, 7)
        await on.exchange.set_leverage(on.spec.symbol, 9)
        assert now() - began < 1

    played(SPECS[0], play)


def test_copies_that_were_none_of_them_answered_are_waited_for_too() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=20)
        plan.add("answer-lost", kinds=[Kind.SETTING], most=9)
        assert (await on.exchange.set_leverage(on.spec.symbol, 5)).leverage == 5
        plan.rules.clear()
        assert (await on.exchange.set_leverage(on.spec.symbol, 7)).leverage == 7
        await anyio.sleep(120)
        assert await leverage(on) == 7

    played(SPECS[0], play)


def test_what_cannot_be_read_when_it_is_over_is_left_open() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("answer-lost", kinds=[Kind.SETTING], most=1)
        await on.exchange.set_leverage(on.spec.symbol, 5)
        later = asyncio.create_task(on.exchange.set_leverage(on.spec.symbol, 7))
        await anyio.sleep(1)
        plan.add("json-500", kinds=[Kind.READ])
        with pytest.raises(errors.SettingOutcomeUnknown) as caught:
            await later
        plan.rules.clear()
        found = await caught.value.resolve()
        assert isinstance(found, Leverage)
        assert found.leverage == 7

    played(SPECS[0], play)


@each_venue
def test_a_late_copy_of_what_stood_already_takes_back_no_later_setting(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        await on.exchange.set_leverage(spec.symbol, 5)
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=LATE_S)
        await on.exchange.set_leverage(spec.symbol, 5)  # some venues refuse the second copy: it is so already
        assert (await on.exchange.set_leverage(spec.symbol, 7)).leverage == 7
        await anyio.sleep(120)
        assert await leverage(on) == 7

    played(spec, play)


@each_venue
def test_the_only_copy_that_was_late_takes_back_no_later_setting(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        async with on.connect(on.credentials, retry=RetryPolicy(attempts=1)) as exchange:
            await exchange.fetch_time()
            await exchange.set_leverage(spec.symbol, 5)
            plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=LATE_S)
            await exchange.set_leverage(spec.symbol, 5)
            assert (await exchange.set_leverage(spec.symbol, 7)).leverage == 7
            await anyio.sleep(120)
            assert (await exchange.fetch_leverage(spec.symbol)).leverage == 7

    played(spec, play)


def test_a_late_copy_of_a_call_before_the_one_that_was_refused_takes_back_no_later_setting() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        await exchange.set_leverage(symbol, 3, margin_mode="isolated")
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=LATE_S)
        plan.add("refusal", kinds=[Kind.SETTING], most=1, after=1)  # long's second copy passes, short's call does not
        with pytest.raises(errors.ExchangeError):
            await exchange.set_leverage(symbol, 5, margin_mode="isolated")
        await exchange.set_leverage(symbol, 7, margin_mode="isolated")
        await anyio.sleep(120)
        found = await exchange.fetch_leverage(symbol, "isolated")
        assert found.long_leverage == found.short_leverage == 7

    played(VenueSpec(factory=OKX, raw_call=RawCall("/", {})), play, PositionMode.HEDGE)


def test_a_copy_of_the_same_value_hides_no_earlier_one_of_another() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        await exchange.set_leverage(symbol, 3, margin_mode="isolated")
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=20)
        await exchange.set_leverage(symbol, 5, margin_mode="isolated")
        plan.rules.clear()
        plan.add("answer-lost", kinds=[Kind.SETTING], most=1)
        plan.add("refusal", kinds=[Kind.SETTING], most=1, after=1)
        with pytest.raises(errors.ExchangeError):
            await exchange.set_leverage(symbol, 7, margin_mode="isolated")
        await exchange.set_leverage(symbol, 7, margin_mode="isolated")
        await anyio.sleep(120)
        found = await exchange.fetch_leverage(symbol, "isolated")
        assert found.long_leverage == found.short_leverage == 7

    played(VenueSpec(factory=OKX, raw_call=RawCall("/", {})), play, PositionMode.HEDGE)


def test_a_halt_while_a_late_copy_is_waited_for_does_not_say_that_nothing_was_sent() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=LATE_S)
        await on.exchange.set_leverage(on.spec.symbol, 5)
        later = asyncio.create_task(on.exchange.set_leverage(on.spec.symbol, 7))
        await anyio.sleep(1)
        on.exchange.halt()
        with pytest.raises(errors.SettingNotApplied) as caught:
            await later
        assert isinstance(caught.value.__cause__, errors.ClientClosed)
        assert await leverage(on) == 5

    played(VenueSpec(factory=OKX, raw_call=RawCall("/", {})), play)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.factory is not BitMart], ids=lambda s: s.factory.id)
def test_an_order_does_not_wait_for_a_late_copy_of_another_leverage(spec: VenueSpec, count: int) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=LATE_S)
        await on.exchange.set_leverage(spec.symbol, 5)

        async def place() -> list[OrderResult]:
            if count > 1:
                return await on.exchange.create_orders([on.request(leverage=7)] * count)
            return [OrderResult(request=on.request(), order=await on.exchange.create_order(on.request(leverage=7)))]

        began = now()
        if count > 1:
            refused = [result.error for result in await place()]
        else:
            with pytest.raises(errors.DeadlineExpired) as caught:
                await place()
            refused = [caught.value]
        assert now() - began < 1
        for error in refused:
            assert isinstance(error, errors.DeadlineExpired)
            assert "try again after that" in error.text
            assert error.outcome is Outcome.NOT_SENT
        assert await on.exchange.fetch_open_orders(spec.symbol) == []
        await anyio.sleep(70)
        assert await leverage(on) == 5
        assert all(result.order for result in await place())
        assert await leverage(on) == 7

    played(spec, play)
