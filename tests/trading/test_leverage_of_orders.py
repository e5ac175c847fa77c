"""Orders that ask for leverage or a margin mode, beside settings of which a copy may still land."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.adapters import OKX, Binance, Bitget, BitMart, Bybit
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.trading.relying import Put
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, Outcome, PositionMode, PositionSide
from futures_async.unified.errors.refusals import KeyLocked, PoolClosed, ShutOut
from futures_async.unified.models import Leverage
from tests.trading.test_late_copies import leverage, now, played

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, Bybit, OKX)]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
HEDGED_OKX = SPECS[-1]


async def refused(on: Inside, within_s: float, **asked: Any) -> errors.DeadlineExpired:
    began = now()
    with pytest.raises(errors.DeadlineExpired) as caught:
        await on.exchange.create_order(on.request(**asked))
    assert now() - began < within_s
    assert caught.value.outcome is Outcome.NOT_SENT
    assert "try again" in caught.value.text.lower()
    assert await on.exchange.fetch_open_orders(on.spec.symbol) == []
    return caught.value


@each_venue
def test_an_order_whose_leverage_a_late_copy_may_take_away_is_not_sent(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=2)
        await on.exchange.set_leverage(spec.symbol, 5)
        later = asyncio.create_task(on.exchange.set_leverage(spec.symbol, 7))
        await anyio.sleep(0.5)
        assert await leverage(on) == 7  # as it is wanted
        await refused(on, 0.5, leverage=7)
        await later
        assert (await on.exchange.create_order(on.request(leverage=7))).order_id

    played(spec, play)


@each_venue
def test_an_order_does_not_queue_behind_a_setting_that_waits_for_a_copy(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=2)
        await on.exchange.set_leverage(spec.symbol, 5)
        later = asyncio.create_task(on.exchange.set_leverage(spec.symbol, 7))
        await anyio.sleep(0.5)
        await refused(on, 2.1, leverage=5)  # the copy's own value: it waits its turn, for as long as an order may
        await refused(on, 0.1, leverage=9)
        assert not later.done()
        await later
        assert await leverage(on) == 7

    played(spec, play)


def test_an_order_does_not_leave_beside_a_setting_of_another_leverage_under_way() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("no-answer", kinds=[Kind.SETTING], most=1, applied=False)
        setting = asyncio.create_task(on.exchange.set_leverage(on.spec.symbol, 5))
        await anyio.sleep(0.5)
        assert await leverage(on) == 3
        await refused(on, 2.1, leverage=3)
        await setting

    played(HEDGED_OKX, play)


@each_venue
def test_an_order_of_which_all_copies_have_the_leverage_leaves_at_once(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=2)
        await on.exchange.set_leverage(spec.symbol, 5)
        plan.rules.clear()
        plan.add("refused", kinds=[Kind.SETTING])  # nothing is set any more
        began = now()
        assert (await on.exchange.create_order(on.request(leverage=5))).order_id
        assert now() - began < 0.5

    played(spec, play)


def test_an_order_is_not_sent_in_a_margin_mode_that_a_late_copy_may_take_away() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=2)
        await exchange.set_margin_mode("isolated", symbol=symbol)
        later = asyncio.create_task(exchange.set_margin_mode("cross", symbol=symbol))
        await anyio.sleep(0.5)
        error = await refused(on, 0.2, margin_mode="cross")
        assert "isolated may still take its place" in error.text
        await later
        assert (await exchange.create_order(on.request(margin_mode="cross"))).order_id

    played(SPECS[0], play)


@pytest.mark.parametrize(("fault", "kind"), [("refused", errors.SettingNotApplied), ("refusal", errors.ExchangeError)])
def test_a_later_call_that_fails_does_not_say_that_nothing_was_done(
    fault: str, kind: type[errors.FuturesAsyncError]
) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add(fault, kinds=[Kind.SETTING], after=1)
        with pytest.raises(kind) as caught:
            await on.exchange.set_leverage(on.spec.symbol, 5, margin_mode="isolated")
        assert "set in part: 1 of 2 calls took effect" in caught.value.text
        assert caught.value.outcome is not Outcome.NOT_SENT
        assert (await on.exchange.fetch_leverage(on.spec.symbol, "isolated")).long_leverage == 5

    played(HEDGED_OKX, play, PositionMode.HEDGE)


@pytest.mark.parametrize("kind", [PoolClosed, ShutOut, KeyLocked])
def test_a_later_call_that_is_refused_here_does_not_say_that_nothing_was_done(
    kind: type[errors.ExchangeError], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, sent = on.exchange, list[str]()
        call = exchange._call  # pyright: ignore[reportPrivateUsage]

        async def called(endpoint: Endpoint[Any], *rest: Any, **more: Any) -> Any:
            if endpoint.kind is Kind.SETTING:
                sent.append(endpoint.name)
                if len(sent) == 2:  # another task's refusal came between the two
                    raise kind("closed", venue=exchange.id, endpoint=endpoint.name, outcome=Outcome.NOT_SENT)
            return await call(endpoint, *rest, **more)

        monkeypatch.setattr(exchange, "_call", called)
        with pytest.raises(errors.SettingNotApplied, match="set in part: 1 of 2 calls took effect") as caught:
            await exchange.set_leverage(on.spec.symbol, 5, margin_mode="isolated")
        assert caught.value.outcome is not Outcome.NOT_SENT
        assert isinstance(caught.value.__cause__, kind)

    played(HEDGED_OKX, play, PositionMode.HEDGE)


def test_where_one_side_is_set_and_the_answer_for_the_other_is_lost_what_was_read_is_said() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("no-answer", kinds=[Kind.SETTING], after=1, applied=False)
        with pytest.raises(errors.SettingNotApplied, match="what stands is long 5x, short 10x"):
            await on.exchange.set_leverage(on.spec.symbol, 5, margin_mode="isolated")

    played(HEDGED_OKX, play, PositionMode.HEDGE)


def test_a_first_call_that_was_not_sent_says_so() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        plan.add("refused", kinds=[Kind.SETTING])
        with pytest.raises(errors.ConnectFailed, match="nothing was sent"):
            await on.exchange.set_leverage(on.spec.symbol, 5, margin_mode="isolated")

    played(HEDGED_OKX, play, PositionMode.HEDGE)


def test_a_copy_that_passed_the_edge_that_refused_it_is_waited_for() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        plan.add("ban-403", kinds=[Kind.SETTING], most=1, applied=False)
        with pytest.raises(errors.Banned) as caught:
            await exchange.set_leverage(symbol, 3)  # which stands already: reading it tells nothing of the copy
        assert caught.value.retry_after_s is not None
        await anyio.sleep(caught.value.retry_after_s)
        [question] = exchange.unresolved()
        found = await question.resolve()
        assert isinstance(found, Leverage)
        assert found.leverage == 3
        later = asyncio.create_task(exchange.set_leverage(symbol, 7))
        await anyio.sleep(1)
        assert await leverage(on) == 7
        assert not later.done()
        assert (await later).leverage == 7

    played(VenueSpec(factory=BitMart, raw_call=RawCall("/", {})), play)


LONG, SHORT, ISOLATED, CROSS = PositionSide.LONG, PositionSide.SHORT, MarginMode.ISOLATED, MarginMode.CROSS


@pytest.mark.parametrize(
    ("put", "leaves"),
    [
        (Put(Decimal(5), None, ()), True),
        (Put(Decimal(7), None, ()), False),
        (Put(Decimal(7), None, ((SHORT, Decimal(7)),)), True),
        (Put(Decimal(7), None, ((LONG, Decimal(7)),)), False),
        (Put(Decimal(5), CROSS, ()), False),
        (Put(Decimal(5), ISOLATED, ((LONG, Decimal(5)), (SHORT, Decimal(9)))), True),
    ],
)
def test_what_a_setting_leaves_as_it_is(put: Put, leaves: bool) -> None:
    assert put.leaves(LONG, Decimal(5), ISOLATED) is leaves
