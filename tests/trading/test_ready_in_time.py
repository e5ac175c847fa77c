"""What an order needs read first, where the venue hangs: the order ends in its time, and what others read does not."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderType, Outcome, Side
from tests.adapters.hyperliquid.test_contract import SPEC as HYPERLIQUID
from tests.rig.support import Scripted, limit_order, page, toy, virtual
from tests.trading.test_carried import GET, PLACE, SET

KINDS = (Binance, Bitget, BitgetUTA, BitMart, Bybit, OKX)
SPECS = [HYPERLIQUID, *(VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in KINDS)]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)


def now() -> float:
    return asyncio.get_running_loop().time()


class Hanging:
    """The venue answers late."""

    def __init__(self, on: Inside) -> None:
        self.for_s = 0.0
        """By so much."""
        self.begun = 0
        send = on.backend.send

        async def slowly(request: Any) -> Any:
            if self.for_s:
                self.begun += 1
                await anyio.sleep(self.for_s)
            return await send(request)

        on.backend.send = slowly  # type: ignore[method-assign]


def hung(spec: VenueSpec, play: Callable[[Inside, Adapter, Hanging], Awaitable[None]]) -> None:
    async def main() -> None:
        on = Inside(spec, plan=FaultPlan())
        async with on.exchange as exchange:
            await exchange.fetch_time()
            await play(on, exchange, Hanging(on))

    run(main())


@each_venue
@pytest.mark.parametrize("within_s", [0.5, 2.0])
def test_an_order_ends_when_its_time_is_up_although_a_read_hangs(spec: VenueSpec, within_s: float) -> None:
    async def play(on: Inside, exchange: Adapter, hanging: Hanging) -> None:
        hanging.for_s = 15
        began = now()
        with pytest.raises(errors.DeadlineExpired, match="longer than send_within_s") as caught:
            await exchange.create_order(on.request(), send_within_s=within_s)
        assert within_s <= now() - began < within_s + 0.1
        assert caught.value.outcome is Outcome.NOT_SENT
        assert hanging.begun
        hanging.for_s = 0
        await anyio.sleep(20)
        assert on.writes == []
        assert (await exchange.create_order(on.request())).order_id
        assert exchange.unresolved() == []

    hung(spec, play)


@each_venue
def test_and_so_do_several(spec: VenueSpec) -> None:
    async def play(on: Inside, exchange: Adapter, hanging: Hanging) -> None:
        hanging.for_s = 15
        began = now()
        results = await exchange.create_orders([on.request(), on.request()])
        assert now() - began < 2.1
        assert {type(result.error) for result in results} == {errors.DeadlineExpired}
        await anyio.sleep(20)
        assert on.writes == []

    hung(spec, play)


@pytest.mark.parametrize(("kind", "intent"), [(OKX, Intent.CLOSE), (BitMart, Intent.CLOSE), (Binance, Intent.OPEN)])
def test_all_that_a_trigger_order_needs_is_read_in_its_time(kind: type[Adapter], intent: Intent) -> None:
    async def play(on: Inside, exchange: Any, hanging: Hanging) -> None:
        await on.trade(Side.BUY)
        order = on.request(Side.SELL, type=OrderType.TRIGGER, trigger_price=on.price("0.8"), intent=intent)
        await exchange.create_trigger_order(order)  # contracts and modes are known
        writes, plan = len(on.writes), exchange._plan

        async def slowly(*given: Any, **more: Any) -> Any:
            await anyio.sleep(1.2)
            return await plan(*given, **more)

        exchange._plan = slowly
        begun, hanging.for_s = now(), 1.2  # for a price
        with pytest.raises(errors.DeadlineExpired, match="longer than send_within_s"):
            await exchange.create_trigger_order(order)
        assert 2.0 <= now() - begun < 2.1
        assert hanging.begun
        await anyio.sleep(20)
        assert len(on.writes) == writes

    hung(VenueSpec(factory=kind, raw_call=RawCall("/", {})), play)


def test_a_reading_that_others_wait_for_goes_on() -> None:
    async def play(on: Inside, exchange: Adapter, hanging: Hanging) -> None:
        hanging.for_s = 3
        first = asyncio.create_task(exchange.create_order(on.request(), send_within_s=1))
        await anyio.sleep(0.5)
        second = asyncio.create_task(exchange.create_order(on.request(), send_within_s=8))
        with pytest.raises(errors.DeadlineExpired):
            await first
        begun = hanging.begun
        assert (await second).order_id
        assert begun == 1

    hung(SPECS[-1], play)


def test_one_of_several_that_reads_in_vain_does_not_take_the_time_of_the_others() -> None:
    async def play(on: Inside, exchange: Any, hanging: Hanging) -> None:
        await exchange.fetch_contracts()
        check, slow = exchange._check_rules, on.request(quantity=2 * on.spec.quantity)

        async def checked(request: Any, venue_symbol: str) -> Any:
            if request.quantity == slow.quantity:
                await anyio.sleep(math.inf)
            return await check(request, venue_symbol)

        exchange._check_rules = checked
        began = now()
        late, placed = await exchange.create_orders([slow, on.request()])
        assert isinstance(late.error, errors.DeadlineExpired)
        assert placed.order is not None
        assert now() - began < 2.1

    hung(SPECS[1], play)


def test_a_close_is_not_given_up() -> None:
    async def play(on: Inside, exchange: Adapter, hanging: Hanging) -> None:
        await on.trade(Side.BUY, on.opening or Intent.OPEN)
        hanging.for_s = 3
        closed = await exchange.close_position(on.spec.symbol)
        assert closed is not None
        assert await exchange.fetch_positions() == []

    hung(SPECS[-1], play)


@virtual
async def test_leverage_that_is_not_known_to_stand_in_time_is_named_and_stays_a_question() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[SET] = "read-timeout-lost"
        venue.plan[GET] = [""]
        venue.always[GET] = page(502)
        began = now()
        with pytest.raises(errors.DeadlineExpired, match="set_leverage BTCUSDT is being set to 8") as caught:
            await exchange.create_order(limit_order(leverage=8, client_order_id="mine1"))
        assert now() - began < 2.1
        assert (caught.value.outcome, caught.value.client_order_id) == (Outcome.NOT_SENT, "mine1")
        await anyio.sleep(120)
        (question,) = exchange.unresolved()
        assert (question.outcome, question.client_order_id) == (Outcome.UNKNOWN, None)
        assert venue.sent(PLACE) == 0


@virtual
async def test_a_refusal_that_may_not_be_the_last_word_is_told() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[SET] = venue.says("40731")
        with pytest.raises(errors.DeadlineExpired, match="40731") as caught:
            await exchange.create_order(limit_order(leverage=8))
        assert isinstance(caught.value.__cause__, errors.SettingOutcomeUnknown)
        assert venue.sent(PLACE) == 0


@pytest.mark.parametrize("name", ["send_within_s", "resolve_within_s"])
@pytest.mark.parametrize("value", [math.nan, math.inf, "2", Decimal(2), True])
@virtual
async def test_seconds_that_are_none_are_refused_before_anything_is_sent(name: str, value: Any) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        with pytest.raises(errors.InvalidRequest, match=f"{name} must be a number"):
            await exchange.create_order(limit_order(), **{name: value})
        assert venue.requests == []
