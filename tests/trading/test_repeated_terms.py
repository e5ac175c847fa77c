"""What orders repeat of what is set undoes no setting that was called done while they were queued or on their way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest

import futures_async as fa
from futures_async.adapters import Bitget, BitgetV1, BitMart
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import HttpRequest
from tests.trading.test_late_copies import now, played
from tests.trading.test_reliances import arrivals, delayed, is_idle, name_of, slow

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Bitget, BitMart)]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
at_once_or_alone = pytest.mark.parametrize("several", [False, True], ids=["alone", "in a batch"])
BITMART = SPECS[-1]
RESTED_S = 5.0
"""No limit of the venue makes a setting wait then."""


def gone(on: Inside, number: int, **fields: Any) -> fa.OrderRequest:
    """An order that leaves nothing behind: what is open, or held, keeps a margin mode from being set."""
    return on.request(time_in_force="ioc", client_order_id=name_of(number), **fields)


async def placed(on: Inside, *orders: fa.OrderRequest, several: bool) -> Sequence[fa.Order]:
    if not several:
        return [await on.exchange.create_order(order) for order in orders]
    results = await on.exchange.create_orders(orders)
    assert [result.error for result in results] == [None] * len(orders)
    return [result.order for result in results if result.order is not None]


def slow_setting(word: str, by_s: float) -> Callable[[HttpRequest], float]:
    """What sets takes long on its way."""
    return lambda request: by_s if request.method == "POST" and word in request.target else 0.0


@each_venue
@at_once_or_alone
def test_a_margin_mode_is_set_once_the_orders_that_repeat_another_one_have_arrived(
    spec: VenueSpec, several: bool
) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, spec.symbol
        await exchange.set_margin_mode("isolated", symbol=symbol)
        await anyio.sleep(RESTED_S)
        arrived = arrivals(on)
        delayed(on, slow(1, 2, by_s=1))
        under_way = asyncio.create_task(placed(on, gone(on, 1), gone(on, 2), several=several))
        await anyio.sleep(0.3)
        await exchange.set_margin_mode("cross", symbol=symbol)
        await under_way
        await placed(on, gone(on, 3), gone(on, 4), several=several)
        modes = [str(order.margin_mode) for order in arrived.values()]
        assert modes[0] == "isolated"
        assert modes[2:] == ["cross", "cross"]
        assert (await exchange.fetch_leverage(symbol)).margin_mode == "cross"
        assert is_idle(on)

    played(spec, play)


@at_once_or_alone
@pytest.mark.parametrize("named", [None, 20], ids=["repeated", "named"])
def test_leverage_is_set_once_the_orders_that_carry_another_one_have_arrived(several: bool, named: int | None) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        await exchange.set_leverage(symbol, 20)
        await anyio.sleep(RESTED_S)
        arrived = arrivals(on)
        delayed(on, slow(1, by_s=1))
        under_way = asyncio.create_task(placed(on, gone(on, 1, leverage=named), several=several))
        await anyio.sleep(0.3)
        await exchange.set_leverage(symbol, 3)
        await under_way
        await placed(on, gone(on, 2), several=several)
        assert [int(order.leverage) for order in arrived.values()] == [20, 3]
        assert (await exchange.fetch_leverage(symbol)).leverage == 3
        assert is_idle(on)

    played(BITMART, play)


def test_orders_that_state_all_terms_state_those_that_stand_when_they_arrive() -> None:
    spec = VenueSpec(factory=BitgetV1, raw_call=RawCall("/", {}))

    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, sent = on.exchange, list[int]()

        def slowly(request: HttpRequest) -> float:
            if "placeOrder" in request.target:
                sent.append(int(json.loads(request.body)["leverage"]))
            return 0.4 if request.method == "POST" else 0.0

        await exchange.set_leverage(spec.symbol, 20, margin_mode="isolated")
        await anyio.sleep(RESTED_S)
        delayed(on, slowly)
        under_way = asyncio.create_task(exchange.create_order(on.request()))
        await anyio.sleep(0.1)
        setting = asyncio.create_task(exchange.set_leverage(spec.symbol, 3, margin_mode="isolated"))
        await anyio.sleep(0.1)
        late = asyncio.create_task(exchange.create_order(on.request()))
        await under_way
        assert not setting.done()
        assert (await setting).leverage == 3
        await late
        assert sent == [20, 3]
        assert is_idle(on)

    played(spec, play)


@each_venue
@at_once_or_alone
def test_an_order_that_comes_while_a_margin_mode_is_set_waits_for_it_and_repeats_that_one(
    spec: VenueSpec, several: bool
) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, spec.symbol
        await exchange.set_margin_mode("isolated", symbol=symbol)
        await anyio.sleep(RESTED_S)
        await placed(on, gone(on, 1), several=several)
        arrived = arrivals(on)
        delayed(on, slow_setting("margin-mode" if spec.factory is Bitget else "submit-leverage", 0.4))
        setting = asyncio.create_task(exchange.set_margin_mode("cross", symbol=symbol))
        await anyio.sleep(0.3)
        await placed(on, gone(on, 2), gone(on, 3), several=several)
        assert {str(order.margin_mode) for order in arrived.values()} == {"cross"}
        await setting
        assert (await exchange.fetch_leverage(symbol)).margin_mode == "cross"
        assert is_idle(on)

    played(spec, play)


@at_once_or_alone
def test_an_order_planned_before_a_setting_that_it_had_to_let_pass_is_planned_anew(several: bool) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange: Any = on.exchange
        symbol = on.spec.symbol
        await exchange.set_leverage(symbol, 20)
        await anyio.sleep(RESTED_S)
        await placed(on, gone(on, 1), several=several)
        arrived = arrivals(on)
        owner, name = (exchange._settings.reliances, "hold") if several else (exchange, "_hold_of")
        hold, first = getattr(owner, name), True

        async def late(*given: Any) -> Any:
            nonlocal first
            if first:
                first = False
                await exchange.set_leverage(symbol, 3)
            return await hold(*given)

        setattr(owner, name, late)
        await placed(on, gone(on, 2), several=several)
        assert [int(order.leverage) for order in arrived.values()] == [3]
        assert (await exchange.fetch_leverage(symbol)).leverage == 3
        assert is_idle(on)

    played(BITMART, play)


@at_once_or_alone
def test_an_order_that_cannot_be_planned_by_what_stands_in_time_is_not_sent(several: bool) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        await exchange.set_leverage(symbol, 20)
        await anyio.sleep(RESTED_S)
        arrived = arrivals(on)
        delayed(on, slow_setting("submit-leverage", 4))
        setting = asyncio.create_task(exchange.set_leverage(symbol, 3))
        await anyio.sleep(0.3)
        began = now()
        if several:
            [result] = await exchange.create_orders([gone(on, 1)])
            error = result.error
        else:
            with pytest.raises(fa.DeadlineExpired) as caught:
                await exchange.create_order(gone(on, 1))
            error = caught.value
        assert isinstance(error, fa.DeadlineExpired)
        assert error.outcome == "not_sent"
        assert now() - began < 2.1
        await setting
        assert arrived == {}
        assert is_idle(on)

    played(BITMART, play)


def test_leverage_waits_for_an_order_that_repeats_another_one_and_may_still_arrive() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        await exchange.set_leverage(symbol, 20)
        await anyio.sleep(RESTED_S)
        arrived = arrivals(on)
        plan.add("late-landing", kinds=[Kind.ORDER], most=1, delay_s=4)
        with pytest.raises(fa.OrderOutcomeUnknown) as caught:
            await exchange.create_order(gone(on, 1), on_unknown="raise")
        with pytest.raises(fa.DeadlineExpired, match=f"order {name_of(1)} relies on 20x cross and may still arrive"):
            await exchange.set_leverage(symbol, 3)
        await anyio.sleep(10)
        await exchange.set_leverage(symbol, 3)
        assert [int(order.leverage) for order in arrived.values()] == [20]
        assert (await exchange.fetch_leverage(symbol)).leverage == 3
        await caught.value.resolve()

    played(BITMART, play)


@each_venue
def test_orders_that_repeat_the_same_go_side_by_side_and_a_close_waits_for_nothing(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        await on.trade(fa.Side.BUY)
        delayed(on, slow(1, 2, 3, by_s=1))
        began = now()
        orders = [on.request(client_order_id=name_of(number)) for number in (1, 2, 3)]
        under_way = asyncio.create_task(asyncio.wait_for(asyncio.gather(*map(on.exchange.create_order, orders)), 10))
        await anyio.sleep(0.2)
        setting = asyncio.create_task(on.exchange.set_leverage(spec.symbol, 7))
        await anyio.sleep(0.2)
        assert await on.exchange.close_position(spec.symbol) is not None
        assert now() - began < 1
        await under_way
        assert now() - began < 2.5
        await setting

    played(spec, play)
