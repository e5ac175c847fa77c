"""What happens by itself: triggers, funding, liquidation, the passing of time; and what can be set."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from itertools import pairwise

import pytest

from futures_async.simulator import errors
from futures_async.simulator.contracts import CONTRACTS
from futures_async.simulator.engine import MAX_STEPS, Engine
from futures_async.simulator.marks import HOUR_MS, STEP_MS, Marks
from futures_async.simulator.records import (
    CancelReason,
    LedgerKind,
    Preset,
    Source,
    Trigger,
    TriggerKind,
    TriggerStatus,
)
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, PositionMode, PositionSide
from tests.simulator.rig import BTC, BUY, CLOSE, ETH, LONG, NOON, OPEN, SELL, SHORT, Bench, benches

ISOLATED, CROSS = MarginMode.ISOLATED, MarginMode.CROSS
BTC_SPEC = CONTRACTS[0]


def state(trigger: Trigger) -> TriggerStatus:
    """Asked anew each time: type checkers do not see that time passes."""
    return trigger.status


@pytest.fixture
def bench() -> Iterator[Bench]:
    yield from benches(PositionMode.ONE_WAY)


@pytest.fixture
def hedge() -> Iterator[Bench]:
    yield from benches(PositionMode.HEDGE)


@pytest.fixture
def isolated() -> Iterator[Bench]:
    yield from benches(PositionMode.ONE_WAY, margin_mode=ISOLATED)


# -- prices


def test_prices_depend_on_seed_and_time_alone() -> None:
    times = [NOON + 7_919 * step for step in range(300)]
    forwards, backwards = Marks(4), Marks(4)
    walk = [forwards.mark(BTC_SPEC, at) for at in times]
    assert walk == [backwards.mark(BTC_SPEC, at) for at in reversed(times)][::-1]
    assert walk != [Marks(5).mark(BTC_SPEC, at) for at in times]
    assert len(set(walk)) > 200
    assert all(price % BTC_SPEC.tick == 0 for price in walk)
    assert all(abs(price / BTC_SPEC.start_price - 1) < D("0.03") for price in walk)


def test_prices_move_little_in_a_step_and_stand_still_within_one() -> None:
    marks = Marks(1)
    prices = [marks.mark(BTC_SPEC, NOON + STEP_MS * step) for step in range(500)]
    assert max(abs(a / b - 1) for a, b in pairwise(prices)) < D("0.001")
    assert marks.mark(BTC_SPEC, NOON) == marks.mark(BTC_SPEC, NOON + STEP_MS - 1)


def test_a_pinned_price_walks_again_when_released() -> None:
    marks = Marks(1)
    free = marks.mark(BTC_SPEC, NOON)
    marks.pin(BTC, D(5))
    assert marks.mark(BTC_SPEC, NOON) == 5
    marks.pin(BTC, None)
    assert marks.mark(BTC_SPEC, NOON) == free


# -- time


def test_how_often_one_looks_changes_nothing(bench: Bench) -> None:
    def live(looks: int) -> tuple[list[tuple[D, int]], D]:
        now = NOON
        engine = Engine(seed=9, now_ms=lambda: now)
        account = engine.open_account("1", keys=[], family="x", balance=D(10_000))
        mark = engine.world.mark(BTC)
        for away in ("0.9995", "0.9999"):
            price = mark * D(away) // BTC_SPEC.tick * BTC_SPEC.tick
            engine.orders.place(account, bench.ticket(BUY, "0.01", str(price)))
        span = STEP_MS * (MAX_STEPS - 10)
        for look in range(1, looks + 1):
            now = NOON + span * look // looks
            engine.settle(account)
        return [(fill.price, fill.created_ms) for fill in account.fills], account.balance("USDT")

    assert live(1) == live(50)


def test_a_long_absence_is_computed_in_bounded_time(bench: Bench) -> None:
    bench.engine.marks.pin(BTC, None)
    bench.place(BUY, "0.001")
    bench.wait(90 * 24 * HOUR_MS)
    assert bench.account.settled_ms == bench.now
    rows = [row for row in bench.account.ledger if row.kind is LedgerKind.FUNDING]
    assert len(rows) == 90 * 3


def test_time_that_goes_back_changes_nothing(bench: Bench) -> None:
    order = bench.place(SELL, "0.1", "90100")
    bench.now -= 10_000
    bench.engine.marks.pin(BTC, D(95_000))
    bench.engine.settle(bench.account)
    assert order.is_open
    bench.wait(20_000)
    assert not order.is_open


# -- funding


def test_longs_pay_shorts_at_the_settlement(hedge: Bench) -> None:
    hedge.place(BUY, "0.3", intent=OPEN)
    hedge.place(SELL, "0.1", intent=OPEN)
    hedge.wait(4 * HOUR_MS)
    rate = hedge.engine.marks.funding_rate(BTC_SPEC, hedge.now - 1)
    rows = {row.position_side: row.amount for row in hedge.account.ledger if row.kind is LedgerKind.FUNDING}
    assert rows == {LONG: -D("0.3") * 90_000 * rate, SHORT: D("0.1") * 90_000 * rate}
    position = hedge.account.positions[BTC, LONG]
    assert (position.funded, position.funding) == (True, rows[LONG])
    assert hedge.engine.total_balance(hedge.account, "USDT") == hedge.balance


def test_funding_of_an_isolated_position_comes_from_its_margin(isolated: Bench) -> None:
    isolated.place(BUY, "0.1")
    position = isolated.position
    assert position is not None
    before = position.margin
    isolated.wait(4 * HOUR_MS)
    assert position.margin == before + position.funding != before


# -- liquidation


def test_an_isolated_position_is_liquidated_and_costs_no_more_than_its_margin(isolated: Bench) -> None:
    isolated.place(BUY, "0.5")
    resting = isolated.place(BUY, "0.01", "70000")
    position = isolated.position
    assert position is not None
    margin = position.margin
    line = isolated.engine.margins.view(isolated.account, position).liquidation_price
    before = isolated.balance
    isolated.move(int(line) + 10)
    assert isolated.held() == {LONG: D("0.5")}
    isolated.move(int(line) - 10)
    assert isolated.held() == {}
    assert isolated.account.history[-1].liquidated
    assert (resting.status, resting.cancel_reason) == (OrderStatus.CANCELED, CancelReason.LIQUIDATION)
    order = isolated.account.order_log[-1]
    assert (order.type, order.source, order.status) == (OrderType.LIQUIDATION, Source.LIQUIDATION, OrderStatus.FILLED)
    row = isolated.account.ledger[-1]
    assert row.kind is LedgerKind.LIQUIDATION
    assert before - isolated.balance - row.fee == margin


def test_a_cross_account_is_liquidated_when_its_equity_meets_maintenance(bench: Bench) -> None:
    bench.place(BUY, "1")
    position = bench.position
    assert position is not None
    line = bench.engine.margins.view(bench.account, position).liquidation_price
    bench.move(int(line) + 2)
    assert bench.held()
    wallet = bench.engine.margins.wallet(bench.account, "USDT")
    assert wallet.available == wallet.transferable == 0
    assert D("0.99") < wallet.margin_ratio < 1
    bench.move(int(line) - 2)
    assert bench.held() == {}
    assert 0 <= bench.balance < 600


def test_losses_beyond_the_balance_are_not_the_accounts(bench: Bench) -> None:
    bench.place(BUY, "1")
    bench.move(60_000)
    assert not bench.held()
    assert bench.balance == 0
    assert bench.engine.margins.wallet(bench.account, "USDT").margin_ratio == 0


def test_a_short_is_liquidated_above_its_line_in_hedge_mode() -> None:
    bench = Bench(PositionMode.HEDGE, margin_mode=ISOLATED)
    bench.place(SELL, "0.5", intent=OPEN)
    line = bench.engine.margins.view(bench.account, bench.account.positions[BTC, SHORT]).liquidation_price
    bench.move(int(line) - 10)
    assert bench.held() == {SHORT: D("0.5")}
    bench.move(int(line) + 10)
    assert bench.held() == {}
    assert bench.account.order_log[-1].position_side is SHORT
    bench.close()


# -- triggers


def test_a_plan_places_its_order_when_the_price_gets_there(bench: Bench) -> None:
    ticket = bench.ticket(BUY, "0.1", client_id="plan")
    plan = bench.engine.triggers.place_plan(bench.account, ticket, D(89_000))
    above = bench.engine.triggers.place_plan(bench.account, bench.ticket(SELL, "0.2", "95000"), D(94_000), on_mark=True)
    with pytest.raises(errors.DuplicateClientId):
        bench.engine.triggers.place_plan(bench.account, ticket, D(80_000))
    bench.move(89_500)
    assert state(plan) is TriggerStatus.LIVE
    bench.move(88_900)
    assert state(plan) is TriggerStatus.EXECUTED
    assert bench.held() == {LONG: D("0.1")}
    assert plan.order_id is not None
    assert bench.account.orders[plan.order_id].source is Source.TRIGGER
    bench.move(94_500)
    assert state(above) is TriggerStatus.EXECUTED
    assert [order.price for order in bench.account.open_orders.values()] == [D(95_000)]


def test_a_plan_that_the_exchange_then_refuses_has_failed(bench: Bench) -> None:
    plan = bench.engine.triggers.place_plan(bench.account, bench.ticket(BUY, "9"), D(89_000))
    bench.move(88_000)
    assert (plan.status, plan.order_id, bench.held()) == (TriggerStatus.FAILED, None, {})


@pytest.mark.parametrize(("quantity", "price"), [("0.00001", D(1)), ("-1", D(1)), ("0.1", D(0))])
def test_a_plan_with_bad_numbers_is_refused(bench: Bench, quantity: str, price: D) -> None:
    with pytest.raises((errors.InvalidQuantity, errors.InvalidTrigger)):
        bench.engine.triggers.place_plan(bench.account, bench.ticket(BUY, quantity), price)


def test_take_profit_and_stop_loss_of_a_position(hedge: Bench) -> None:
    triggers = hedge.engine.triggers
    preset = Preset(trigger_price=D(95_000))
    with pytest.raises(errors.NoPosition):
        triggers.place_closing(hedge.account, BTC, LONG, TriggerKind.TAKE_PROFIT, preset, quantity=D("0.1"))
    hedge.place(BUY, "0.3", intent=OPEN)
    for kind, price in ((TriggerKind.TAKE_PROFIT, 89_000), (TriggerKind.STOP_LOSS, 91_000)):
        wrong = Preset(trigger_price=D(price))
        with pytest.raises(errors.InvalidTrigger):
            triggers.place_closing(hedge.account, BTC, LONG, kind, wrong, quantity=D("0.1"))
    with pytest.raises(errors.InvalidQuantity):
        triggers.place_closing(hedge.account, BTC, LONG, TriggerKind.TAKE_PROFIT, preset)
    part = triggers.place_closing(hedge.account, BTC, LONG, TriggerKind.TAKE_PROFIT, preset, quantity=D("0.1"))
    stop = triggers.place_closing(
        hedge.account, BTC, LONG, TriggerKind.POSITION_STOP_LOSS, Preset(trigger_price=D(85_000))
    )
    again = triggers.place_closing(
        hedge.account, BTC, LONG, TriggerKind.POSITION_STOP_LOSS, Preset(trigger_price=D(86_000)), client_id="new"
    )
    assert again is stop
    assert (stop.trigger_price, stop.client_id) == (D(86_000), None)
    hedge.move(95_500)
    assert state(part) is TriggerStatus.EXECUTED
    assert hedge.held() == {LONG: D("0.2")}
    hedge.move(85_900)
    assert state(stop) is TriggerStatus.EXECUTED
    assert hedge.held() == {}


def test_protection_ends_with_its_position(bench: Bench) -> None:
    bench.place(SELL, "0.3")
    trigger = bench.engine.triggers.place_closing(
        bench.account, BTC, SHORT, TriggerKind.POSITION_TAKE_PROFIT, Preset(trigger_price=D(80_000))
    )
    bench.engine.orders.close_position(bench.account, BTC, SHORT)
    assert state(trigger) is TriggerStatus.CANCELED
    with pytest.raises(errors.UnknownOrder):
        bench.engine.triggers.find(bench.account, trigger_id=trigger.id)


def test_presets_of_an_order_protect_what_it_filled(bench: Bench) -> None:
    bench.place(BUY, "0.2", take_profit=Preset(trigger_price=D(95_000)), stop_loss=Preset(trigger_price=D(85_000)))
    kinds = {trigger.kind: trigger for trigger in bench.account.live_triggers.values()}
    assert set(kinds) == {TriggerKind.TAKE_PROFIT, TriggerKind.STOP_LOSS}
    bench.move(84_000)
    assert bench.held() == {}
    assert {trigger.status for trigger in kinds.values()} == {TriggerStatus.EXECUTED, TriggerStatus.CANCELED}


@pytest.mark.parametrize(("side", "best", "back"), [(SELL, 96_000, 95_000), (BUY, 84_000, 84_900)])
def test_a_trailing_plan_follows_the_best_price(bench: Bench, side: str, best: int, back: int) -> None:
    from futures_async.unified.enums import Side

    start = 95_000 if side == SELL else 85_000
    plan = bench.engine.triggers.place_plan(
        bench.account, bench.ticket(Side(side), "0.1"), D(start), callback_ratio=D("0.01")
    )
    bench.move(best)
    bench.move(best + (100 if side == SELL else -100))
    assert state(plan) is TriggerStatus.LIVE
    bench.move(back)
    assert state(plan) is TriggerStatus.EXECUTED


def test_triggers_are_found_and_cancelled_by_either_id(bench: Bench) -> None:
    triggers = bench.engine.triggers
    plan = triggers.place_plan(bench.account, bench.ticket(BUY, client_id="a"), D(80_000))
    assert triggers.find(bench.account, client_id="a") is plan
    assert triggers.find(bench.account, trigger_id=plan.id) is plan
    with pytest.raises(errors.UnknownOrder):
        triggers.find(bench.account, client_id="")
    assert triggers.cancel_all(bench.account, lambda trigger: trigger.symbol == BTC) == [plan]
    assert state(plan) is TriggerStatus.CANCELED


# -- settings


def test_leverage_of_an_open_position_moves_its_margin(isolated: Bench) -> None:
    isolated.place(BUY, "0.1")
    setter = isolated.engine.settings.set_leverage
    setter(isolated.account, BTC, D(5), side=LONG)
    position = isolated.position
    assert position is not None
    assert (position.leverage, position.margin) == (D(5), D("1800.002"))
    settings = isolated.account.settings(BTC)
    assert (settings.long_leverage, settings.short_leverage) == (D(5), D(10))
    with pytest.raises(errors.LeverageOutOfRange):
        setter(isolated.account, BTC, D("2.5"))
    with pytest.raises(errors.LeverageOutOfRange):
        setter(isolated.account, BTC, D(126))
    poor = Bench(balance=1_000, margin_mode=ISOLATED)
    poor.place(BUY, "0.1")
    with pytest.raises(errors.InsufficientMargin):
        poor.engine.settings.set_leverage(poor.account, BTC, D(2))
    poor.close()


def test_leverage_is_locked_by_a_position_too_large_for_it() -> None:
    bench = Bench(balance=1_000_000)
    bench.place(BUY, "5")
    resting = bench.place(BUY, "0.1", "80000")
    with pytest.raises(errors.LeverageLocked):
        bench.engine.settings.set_leverage(bench.account, BTC, D(125))
    bench.engine.settings.set_leverage(bench.account, BTC, D(20))
    assert resting.leverage == 20
    bench.close()


def test_modes_change_only_while_nothing_depends_on_them(bench: Bench) -> None:
    settings = bench.engine.settings
    order = bench.place(BUY, "0.1", "80000")
    with pytest.raises(errors.MarginModeLocked):
        settings.set_margin_mode(bench.account, BTC, ISOLATED)
    with pytest.raises(errors.PositionModeLocked):
        settings.set_position_mode(bench.account, "USDT", PositionMode.HEDGE)
    settings.set_margin_mode(bench.account, BTC, CROSS)
    settings.set_position_mode(bench.account, "USDT", PositionMode.ONE_WAY)
    settings.set_position_mode(bench.account, "USDC", PositionMode.HEDGE)
    assert (bench.account.mode("USDT"), bench.account.mode("USDC")) == (PositionMode.ONE_WAY, PositionMode.HEDGE)
    bench.engine.orders.cancel(bench.account, order_id=order.id)
    settings.set_margin_mode(bench.account, BTC, ISOLATED)
    settings.set_position_mode(bench.account, "USDT", PositionMode.HEDGE)
    bench.place(BUY, "0.1", intent=OPEN)
    bench.place(BUY, "0.1", intent=OPEN)
    bench.place(SELL, "0.1", intent=CLOSE)
    with pytest.raises(errors.PositionModeLocked):
        settings.set_position_mode(bench.account, "USDT", PositionMode.ONE_WAY)


def test_the_position_mode_may_be_a_symbols_a_coins_or_the_accounts(bench: Bench) -> None:
    settings, account, hedge = bench.engine.settings, bench.account, PositionMode.HEDGE
    settings.set_position_mode(account, ETH, hedge)
    assert [account.mode(of) for of in (ETH, BTC, "USDT")] == [hedge, PositionMode.ONE_WAY, PositionMode.ONE_WAY]
    bench.place(BUY, "0.1")
    with pytest.raises(errors.ModeConflict):
        bench.place(BUY, "0.1", symbol=ETH)
    assert bench.place(BUY, "1", symbol=ETH, intent=OPEN).position_side is PositionSide.LONG
    before = dict(account.modes)
    with pytest.raises(errors.PositionModeLocked):
        settings.set_position_mode(account, ("USDC", "USDT"), hedge)
    with pytest.raises(errors.PositionModeLocked):
        settings.set_position_mode(account, None, hedge)
    assert (account.modes, account.default_mode) == (before, PositionMode.ONE_WAY)
    bench.engine.orders.close_position(account, BTC, PositionSide.LONG)
    settings.set_position_mode(account, None, hedge)  # the hedged one stays what it is
    assert [account.mode(of) for of in (ETH, BTC, "USDC")] == [hedge] * 3
    with pytest.raises(errors.PositionModeLocked):
        settings.set_position_mode(account, ETH, PositionMode.ONE_WAY)


def test_the_margin_mode_may_be_the_accounts(bench: Bench) -> None:
    settings, account = bench.engine.settings, bench.account
    bench.place(BUY, "0.1")
    with pytest.raises(errors.MarginModeLocked):
        settings.set_margin_mode(account, None, ISOLATED)
    assert {account.settings(symbol).margin_mode for symbol in (BTC, ETH)} == {CROSS}
    settings.set_margin_mode(account, [ETH], ISOLATED)
    assert (account.settings(ETH).margin_mode, account.settings(BTC).margin_mode) == (ISOLATED, CROSS)
    bench.engine.orders.close_position(account, BTC, PositionSide.LONG)
    settings.set_margin_mode(account, None, ISOLATED)
    assert account.default_settings.margin_mode is ISOLATED
    assert {account.settings(symbol).margin_mode for symbol in bench.engine.world.contracts} == {ISOLATED}


def test_leverage_and_margin_mode_are_known_of_symbols_without_a_position(bench: Bench) -> None:
    bench.engine.settings.set_leverage(bench.account, ETH, D(7), every_mode=True)
    settings = bench.account.settings(ETH)
    leverages = {settings.leverage(side, mode) for side in PositionSide for mode in (CROSS, ISOLATED)}
    assert (settings.margin_mode, leverages) == (CROSS, {D(7)})
    bench.engine.settings.set_leverage(bench.account, ETH, D(9))
    assert (settings.cross_leverage, settings.long_leverage) == (D(9), D(7))


def test_margin_of_isolated_positions_can_be_moved_within_bounds(isolated: Bench) -> None:
    adjust = isolated.engine.settings.adjust_margin
    with pytest.raises(errors.NoPosition):
        adjust(isolated.account, BTC, LONG, D(1))
    isolated.place(BUY, "0.1")
    before = isolated.engine.margins.wallet(isolated.account, "USDT").available
    position = adjust(isolated.account, BTC, LONG, D(100))
    assert isolated.engine.margins.wallet(isolated.account, "USDT").available == before - 100
    with pytest.raises(errors.InsufficientMargin):
        adjust(isolated.account, BTC, LONG, D(100_000))
    with pytest.raises(errors.MarginNotRemovable):
        adjust(isolated.account, BTC, LONG, D(-100))  # the unrealised loss counts
    isolated.move(90_001)
    with pytest.raises(errors.MarginNotRemovable):
        adjust(isolated.account, BTC, LONG, D(-101))
    adjust(isolated.account, BTC, LONG, D(-100))
    assert position.margin == D("900.001")
    assert isolated.engine.total_balance(isolated.account, "USDT") == isolated.balance
    isolated.place(BUY, "1", symbol=ETH, margin_mode=CROSS)
    with pytest.raises(errors.NotIsolated):
        adjust(isolated.account, ETH, LONG, D(1))


def test_what_could_be_opened_can_be_opened(bench: Bench) -> None:
    ask = bench.engine.world.book(BTC).ask
    most = bench.engine.margins.largest_opening(bench.account, BTC, PositionSide.LONG, ask)
    with pytest.raises(errors.InsufficientMargin):
        bench.place(BUY, str(most + BTC_SPEC.step))
    bench.place(BUY, str(most))
    assert bench.engine.margins.largest_opening(bench.account, BTC, PositionSide.LONG, ask) == 0


# -- contracts and pages


def test_tiers_follow_each_other_without_gaps() -> None:
    for contract in CONTRACTS:
        for low, high in pairwise(contract.tiers):
            assert low.max_notional == high.min_notional
            assert low.max_leverage > high.max_leverage
            assert low.maintenance_rate < high.maintenance_rate
        assert contract.tier(D(0)) is contract.tiers[0]
        assert contract.tier(D("1e15")) is contract.tiers[-1]
        assert contract.notional_limit(D(1000)) == 0
        assert contract.contract_size % contract.step == 0
