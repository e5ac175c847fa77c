from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.simulator import errors
from futures_async.simulator.checks import Cut
from futures_async.simulator.contracts import CONTRACTS
from futures_async.simulator.engine import Engine
from futures_async.simulator.records import CancelReason, LedgerKind, Source, money
from futures_async.simulator.world import Options
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, PositionMode, Role, TimeInForce
from tests.simulator.rig import (
    BTC,
    BUY,
    CLOSE,
    ETH,
    FOK,
    IOC,
    LONG,
    OPEN,
    POST_ONLY,
    SELL,
    SHORT,
    Bench,
    benches,
)


@pytest.fixture
def one_way() -> Iterator[Bench]:
    yield from benches(PositionMode.ONE_WAY)


@pytest.fixture
def hedge() -> Iterator[Bench]:
    yield from benches(PositionMode.HEDGE)


def test_a_market_order_takes_the_ask_and_pays_the_taker_fee(one_way: Bench) -> None:
    order = one_way.place(BUY, "0.1")
    assert (order.status, order.average_price) == (OrderStatus.FILLED, D("90000.1"))
    assert order.fee == D("9000.01") * D("0.0006")
    assert one_way.balance == 10_000 - order.fee
    assert one_way.account.fills[-1].role is Role.TAKER
    position = one_way.position
    assert position is not None
    assert (position.side, position.quantity, position.entry_price) == (LONG, D("0.1"), D("90000.1"))


def test_a_resting_order_fills_at_its_own_price_when_the_mark_gets_there(one_way: Bench) -> None:
    order = one_way.place(SELL, "0.1", "90100")
    assert order.status is OrderStatus.NEW
    one_way.move("90050")
    assert order.status is OrderStatus.NEW
    one_way.move("90500")
    assert (order.status, order.average_price) == (OrderStatus.FILLED, D("90100"))
    fill = one_way.account.fills[-1]
    assert (fill.role, fill.fee, fill.created_ms) == (Role.MAKER, D("9010") * D("0.0002"), one_way.now)


@pytest.mark.parametrize("force", list(TimeInForce))
@pytest.mark.parametrize("crosses", [True, False])
def test_each_time_in_force_does_what_it_says(one_way: Bench, force: TimeInForce, crosses: bool) -> None:
    order = one_way.place(BUY, "0.1", "91000" if crosses else "89000", time_in_force=force)
    expected = {
        (TimeInForce.GTC, True): OrderStatus.FILLED,
        (TimeInForce.GTC, False): OrderStatus.NEW,
        (IOC, True): OrderStatus.FILLED,
        (IOC, False): OrderStatus.CANCELED,
        (FOK, True): OrderStatus.FILLED,
        (FOK, False): OrderStatus.CANCELED,
        (POST_ONLY, True): OrderStatus.CANCELED,
        (POST_ONLY, False): OrderStatus.NEW,
    }
    assert order.status is expected[force, crosses]
    assert (one_way.position is not None) == (order.status is OrderStatus.FILLED)


def test_with_a_finite_book_orders_fill_in_parts() -> None:
    bench = Bench(balance=5_000_000, options=Options(partial_fills=True))
    market = bench.place(BUY, "6")
    assert [(f.price, f.quantity) for f in bench.account.fills] == [
        (D("90000.1"), D("2.5")),
        (D("90001.1"), D("2.5")),
        (D("90002.1"), D("1.0")),
    ]
    assert market.average_price == (D("2.5") * (D("90000.1") + D("90001.1")) + D("90002.1")) / 6
    part = bench.place(BUY, "6", "90001.1", time_in_force=IOC)
    assert (part.status, part.filled) == (OrderStatus.CANCELED, D(5))
    assert bench.place(BUY, "6", "90001.1", time_in_force=FOK).filled == 0
    resting = bench.place(SELL, "4", "90100")
    bench.move(90_200)
    assert (resting.status, resting.filled) == (OrderStatus.PARTIALLY_FILLED, D("2.5"))
    bench.wait(500)
    assert resting.status is OrderStatus.FILLED
    bench.close()


def test_a_fill_says_what_it_has_closed(one_way: Bench) -> None:
    one_way.place(BUY, "0.3")
    one_way.place(SELL, "0.1")
    one_way.place(SELL, "0.5")  # the rest, and a short
    opening, part, flip = one_way.account.fills
    assert opening.reduced is None
    assert part.reduced is not None
    assert (part.reduced.quantity, part.reduced.entry_price) == (D("0.1"), opening.price)
    assert part.reduced.open_fee == money(opening.fee / 3)
    assert part.reduced.close_fee == part.fee
    assert flip.reduced is not None
    assert (flip.reduced.quantity, flip.reduced.open_fee) == (D("0.2"), money(opening.fee * 2 / 3))
    assert flip.reduced.close_fee == money(flip.fee * D("0.2") / D("0.5"))


def test_in_one_way_mode_a_larger_opposite_order_flips_and_a_reduce_only_one_does_not(one_way: Bench) -> None:
    one_way.place(BUY, "0.1")
    one_way.place(SELL, "0.3")
    assert one_way.held() == {SHORT: D("0.2")}
    capped = one_way.place(BUY, "0.5", reduce_only=True)
    assert (one_way.held(), capped.quantity) == ({}, D("0.2"))
    with pytest.raises(errors.NoPosition):
        one_way.place(BUY, "0.1", reduce_only=True)
    with pytest.raises(errors.NoPosition):
        one_way.place(SELL, "0.1", reduce_only=True)


def test_a_resting_reduce_only_order_ends_with_its_position(one_way: Bench) -> None:
    one_way.place(BUY, "0.1")
    resting = one_way.place(SELL, "0.1", "95000", reduce_only=True)
    one_way.place(SELL, "0.3")
    assert (resting.status, resting.cancel_reason) == (OrderStatus.CANCELED, CancelReason.POSITION_GONE)
    one_way.move(96_000)
    assert one_way.held() == {SHORT: D("0.2")}


def test_a_resting_closing_order_fills_no_more_than_what_is_left(one_way: Bench) -> None:
    one_way.place(BUY, "0.3")
    resting = one_way.place(SELL, "0.3", "95000", reduce_only=True)
    one_way.place(SELL, "0.2")
    one_way.move(96_000)
    assert one_way.held() == {}
    assert (resting.filled, resting.status) == (D("0.1"), OrderStatus.CANCELED)


def test_a_newer_reduce_only_order_displaces_the_oldest_ones(one_way: Bench) -> None:
    one_way.place(BUY, "0.3")
    first = one_way.place(SELL, "0.2", "95000", reduce_only=True)
    second = one_way.place(SELL, "0.1", "96000", reduce_only=True)
    placed = one_way.placed(SELL, "0.2", "97000", reduce_only=True)
    assert placed.displaced == [Cut(first)]
    assert first.cancel_reason is CancelReason.DISPLACED
    assert second.is_open


def test_hedge_mode_holds_both_sides_and_closes_never_flip(hedge: Bench) -> None:
    hedge.place(BUY, "0.3", intent=OPEN)
    hedge.place(SELL, "0.2", intent=OPEN)
    assert hedge.held() == {LONG: D("0.3"), SHORT: D("0.2")}
    closing = hedge.place(SELL, "0.9", intent=CLOSE)
    assert closing.quantity == D("0.3")
    assert hedge.held() == {SHORT: D("0.2")}
    with pytest.raises(errors.NoPosition):
        hedge.place(SELL, "0.1", intent=CLOSE)


def test_a_hedge_market_close_gets_only_what_limit_closes_leave_free(hedge: Bench) -> None:
    hedge.place(BUY, "1.0", intent=OPEN)
    limit = hedge.place(SELL, "0.7", "95000", intent=CLOSE)
    with pytest.raises(errors.InsufficientPosition):
        hedge.place(SELL, "0.5", "96000", intent=CLOSE)
    assert hedge.place(SELL, "0.5", intent=CLOSE).quantity == D("0.3")
    assert hedge.held() == {LONG: D("0.7")}
    placed = hedge.placed(SELL, "0.7", "94000", intent=CLOSE)  # the whole position is taken: it gives way
    assert placed.displaced == [Cut(limit)]
    with pytest.raises(errors.InsufficientPosition):
        hedge.place(SELL, "0.8", "94000", intent=CLOSE)


@pytest.fixture(params=[PositionMode.ONE_WAY, PositionMode.HEDGE])
def ranking(request: pytest.FixtureRequest) -> Iterator[tuple[Bench, dict[str, Any]]]:
    """A long position of 0.1, where orders that close it are ranked by their prices; and what such an order says."""
    for bench in benches(request.param):
        bench.account.ranks_closes = True
        one_way = request.param is PositionMode.ONE_WAY
        bench.place(BUY, "0.1", **({} if one_way else {"intent": OPEN}))
        yield bench, {"reduce_only": True} if one_way else {"intent": CLOSE}


def test_where_closes_are_ranked_those_with_the_worst_prices_are_cut(ranking: tuple[Bench, dict[str, Any]]) -> None:
    bench, close = ranking
    near = bench.place(SELL, "0.08", "97000", **close)
    far = bench.place(SELL, "0.02", "98000", **close)
    new = bench.place(SELL, "0.05", "96000", **close)
    assert (new.quantity, new.is_open, near.quantity, near.is_open) == (D("0.05"), True, D("0.05"), True)
    assert (far.status, far.cancel_reason) == (OrderStatus.CANCELED, CancelReason.DISPLACED)
    same = bench.place(SELL, "0.07", "96000", **close)
    assert (same.quantity, near.status) == (D("0.05"), OrderStatus.CANCELED)
    late = bench.place(SELL, "0.01", "96500", **close)
    assert (late.quantity, late.filled, late.cancel_reason) == (D("0.01"), D("0"), CancelReason.DISPLACED)
    assert bench.place(SELL, "0.3", **close).filled == D("0.1")
    assert (bench.held(), bench.account.open_orders) == ({}, {})


def test_where_closes_are_ranked_an_edit_ranks_anew(ranking: tuple[Bench, dict[str, Any]]) -> None:
    bench, close = ranking
    near, far = (bench.place(SELL, "0.05", price, **close) for price in ("96000", "97000"))
    bench.engine.orders.amend(bench.account, near, quantity=D("0.2"), in_place=True)
    assert (near.quantity, far.status) == (D("0.1"), OrderStatus.CANCELED)
    bench.engine.orders.amend(bench.account, near, quantity=D("0.06"), in_place=True)
    part = bench.place(SELL, "0.1", "98000", **close)
    assert part.quantity == D("0.04")
    bench.engine.orders.amend(bench.account, part, price=D("95000"), quantity=D("0.1"), in_place=True)
    assert (part.quantity, near.status) == (D("0.1"), OrderStatus.CANCELED)
    bench.engine.orders.amend(bench.account, part, quantity=D("0.04"), in_place=True)
    rest = bench.place(SELL, "0.06", "96000", **close)
    bench.engine.orders.amend(bench.account, part, price=D("97000"), quantity=D("0.1"), in_place=True)
    assert (part.quantity, part.is_open, rest.quantity) == (D("0.04"), True, D("0.06"))
    bench.engine.orders.amend(bench.account, rest, quantity=D("0.1"), in_place=True)
    assert (rest.quantity, part.cancel_reason) == (D("0.1"), CancelReason.DISPLACED)


def test_an_edit_that_the_better_closes_leave_nothing_ends_the_order(one_way: Bench) -> None:
    one_way.account.ranks_closes = True
    one_way.place(SELL, "0.1")
    near, far = (one_way.place(BUY, "0.05", price, reduce_only=True) for price in ("85000", "84000"))
    one_way.place(BUY, "0.05")  # by an order that is no close
    one_way.engine.orders.amend(one_way.account, far, price=D("83000"), in_place=True)
    assert (near.quantity, near.is_open) == (D("0.05"), True)
    assert (far.quantity, far.cancel_reason) == (D("0.05"), CancelReason.DISPLACED)
    assert one_way.place(BUY, "0.05", "86000", reduce_only=True).is_open
    assert not near.is_open


def test_an_order_in_the_style_of_the_other_position_mode_is_refused(one_way: Bench, hedge: Bench) -> None:
    with pytest.raises(errors.ModeConflict):
        one_way.place(BUY, intent=OPEN)
    with pytest.raises(errors.ModeConflict):
        hedge.place(BUY)


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        (errors.UnknownSymbol, {"symbol": "NO/USDT:USDT"}),
        (errors.InvalidQuantity, {"quantity": D("0.00005")}),
        (errors.InvalidQuantity, {"quantity": D("-1")}),
        (errors.AboveMaximum, {"quantity": D("500")}),
        (errors.BelowMinimum, {"symbol": ETH, "quantity": D("0.01"), "type": OrderType.LIMIT, "price": D("300")}),
        (errors.InvalidPrice, {"type": OrderType.LIMIT, "price": D("90000.05")}),
        (errors.InvalidPrice, {"type": OrderType.LIMIT, "price": None}),
        (errors.InvalidPrice, {"type": OrderType.LIMIT, "price": D("8999")}),
        (errors.InsufficientMargin, {"quantity": D("2")}),
        (errors.RiskLimitExceeded, {"quantity": D("50"), "leverage": D(100)}),
        (errors.LeverageOutOfRange, {"leverage": D(0)}),
        (errors.LeverageOutOfRange, {"leverage": D("2.5")}),
        (errors.LeverageOutOfRange, {"leverage": D(1000)}),
    ],
)
def test_an_order_that_the_exchange_cannot_take_is_refused_and_leaves_no_trace(
    one_way: Bench, error: type[errors.EngineError], changes: dict[str, object]
) -> None:
    with pytest.raises(error):
        one_way.place(**changes)  # type: ignore[arg-type]
    assert not one_way.account.orders
    assert one_way.balance == 10_000


def test_open_orders_hold_margin_until_they_are_cancelled(one_way: Bench) -> None:
    order = one_way.place(BUY, "1", "80000")
    wallet = one_way.engine.margins.wallet(one_way.account, "USDT")
    assert wallet.order_margin == D(8000) + D(80000) * D("0.0006")
    with pytest.raises(errors.InsufficientMargin):
        one_way.place(BUY, "1", "80000")
    one_way.engine.orders.cancel(one_way.account, order_id=order.id)
    assert one_way.engine.margins.wallet(one_way.account, "USDT").available == 10_000


@pytest.mark.parametrize(
    ("dedup", "while_open", "after"),
    [("all", True, True), ("open", True, False), ("none", False, False)],
)
def test_client_ids_are_refused_within_the_chosen_scope(dedup: str, while_open: bool, after: bool) -> None:
    bench = Bench(dedup=dedup)  # type: ignore[arg-type]
    first = bench.place(BUY, "0.01", "80000", client_id="mine")
    if while_open:
        with pytest.raises(errors.DuplicateClientId):
            bench.place(BUY, "0.01", "80000", client_id="mine")
    else:
        assert bench.place(BUY, "0.01", "80000", client_id="mine").id != first.id
        return
    bench.engine.orders.cancel(bench.account, client_id="mine")
    if after:
        with pytest.raises(errors.DuplicateClientId):
            bench.place(BUY, "0.01", "80000", client_id="mine")
    else:
        second = bench.place(BUY, "0.01", "80000", client_id="mine")
        assert bench.engine.orders.find(bench.account, client_id="mine") is second
    bench.close()


def test_a_placed_order_stays_invisible_for_the_visibility_lag() -> None:
    bench = Bench(options=Options(visibility_lag_ms=2_000))
    order = bench.place(BUY, "0.01", "80000", client_id="mine")
    with pytest.raises(errors.UnknownOrder):
        bench.engine.orders.find(bench.account, client_id="mine")
    assert bench.engine.lists.open_orders(bench.account) == []
    bench.wait(2_000)
    assert bench.engine.orders.find(bench.account, order_id=order.id) is order
    assert bench.engine.lists.open_orders(bench.account) == [order]
    bench.close()


def test_cancelling_what_is_not_open_says_which_it_is(one_way: Bench) -> None:
    orders = one_way.engine.orders
    filled = one_way.place(BUY, "0.1")
    with pytest.raises(errors.OrderFinished):
        orders.cancel(one_way.account, order_id=filled.id)
    with pytest.raises(errors.UnknownOrder):
        orders.cancel(one_way.account, order_id=12)
    with pytest.raises(errors.UnknownOrder):
        orders.cancel(one_way.account, client_id="")
    resting = one_way.place(BUY, "0.1", "80000")
    with pytest.raises(errors.UnknownOrder):
        orders.cancel(one_way.account, order_id=resting.id, symbol=ETH)
    assert orders.cancel_all(one_way.account, lambda order: order.symbol == BTC) == [resting]
    with pytest.raises(errors.NothingToCancel):
        orders.cancel_all(one_way.account, lambda order: True)
    assert one_way.place(BUY, "0.1", "80000") not in one_way.engine.lists.past_orders(one_way.account)
    assert resting in one_way.engine.lists.past_orders(one_way.account)


def test_amending_replaces_the_order_or_keeps_its_ids(one_way: Bench) -> None:
    orders = one_way.engine.orders
    old = one_way.place(BUY, "0.1", "80000", client_id="a")
    new = orders.amend(one_way.account, old, price=D(81_000), quantity=D("0.2"), client_id="b")
    assert (old.status, old.cancel_reason) == (OrderStatus.CANCELED, CancelReason.AMENDED)
    assert (new.price, new.quantity, new.source, new.is_open) == (D(81_000), D("0.2"), Source.AMEND, True)
    same = orders.amend(one_way.account, new, price=D(82_000), in_place=True)
    assert same is new
    assert (new.price, new.client_id) == (D(82_000), "b")
    with pytest.raises(errors.Unchanged):
        orders.amend(one_way.account, new, price=D(82_000))
    with pytest.raises(errors.InsufficientMargin):
        orders.amend(one_way.account, new, quantity=D(5))
    assert one_way.account.open_orders == {new.id: new}
    with pytest.raises(errors.OrderFinished):
        orders.amend(one_way.account, old, price=D(1))
    one_way.place(BUY, "0.1")
    closing = one_way.place(SELL, "0.1", "95000", reduce_only=True)
    assert orders.amend(one_way.account, closing, price=D(96_000), in_place=True).price == D(96_000)


def test_an_order_with_fills_cannot_be_amended() -> None:
    bench = Bench(balance=1_000_000, options=Options(partial_fills=True))
    order = bench.place(BUY, "5", "90000.1")
    assert order.status is OrderStatus.PARTIALLY_FILLED
    with pytest.raises(errors.NotAmendable):
        bench.engine.orders.amend(bench.account, order, price=D(80_000))
    bench.close()


def test_closing_a_position_cancels_what_held_it(hedge: Bench) -> None:
    hedge.place(BUY, "0.3", intent=OPEN)
    limit = hedge.place(SELL, "0.2", "95000", intent=CLOSE)
    order = hedge.engine.orders.close_position(hedge.account, BTC, LONG)
    assert (order.filled, order.source) == (D("0.3"), Source.CLOSE)
    assert (hedge.held(), limit.is_open) == ({}, False)
    with pytest.raises(errors.NoPosition):
        hedge.engine.orders.close_position(hedge.account, BTC, LONG)


def test_a_closed_position_becomes_history_and_the_ledger_adds_up(one_way: Bench) -> None:
    one_way.place(BUY, "0.1")
    one_way.move(91_000)
    one_way.place(SELL, "0.1", reduce_only=True)
    record = one_way.account.history[-1]
    assert (record.position.entry_price, record.close_price) == (D("90000.1"), D("90999.9"))
    assert record.position.realized_pnl == D("99.98")
    assert record.position.fee == D("0.0006") * (D("9000.01") + D("9099.99"))
    assert record.record_id != record.position.id
    assert one_way.balance == 10_000 + D("99.98") - record.position.fee
    assert one_way.engine.total_balance(one_way.account, "USDT") == one_way.balance
    kinds = [row.kind for row in one_way.account.ledger]
    assert kinds == [LedgerKind.TRANSFER, LedgerKind.TRADE, LedgerKind.TRADE]
    assert [row.closing for row in one_way.account.ledger] == [False, False, True]


def test_ids_only_grow_and_pass_two_to_the_53(one_way: Bench) -> None:
    for _ in range(20):
        one_way.place(BUY, "0.001", "80000")
    ids = [order.id for order in one_way.account.order_log]
    assert ids == sorted(set(ids))
    assert 2**53 < ids[0] < ids[-1] < 2**63


def test_an_order_in_the_other_margin_mode_switches_an_idle_symbol_only(one_way: Bench) -> None:
    order = one_way.place(BUY, "0.1", margin_mode=MarginMode.ISOLATED, leverage=D(5))
    assert (order.margin_mode, order.leverage) == (MarginMode.ISOLATED, D(5))
    assert one_way.account.settings(BTC).margin_mode is MarginMode.ISOLATED
    with pytest.raises(errors.MarginModeLocked):
        one_way.place(BUY, "0.1", margin_mode=MarginMode.CROSS)


def test_the_dead_mans_switch_cancels_in_time(one_way: Bench) -> None:
    first = one_way.place(BUY, "0.01", "80000")
    other = one_way.place(BUY, "0.1", "2000", symbol=ETH)
    one_way.account.cancel_all_ms[BTC] = one_way.now + 5_000
    one_way.wait(4_000)
    assert first.is_open
    one_way.wait(1_000)
    assert (first.is_open, other.is_open) == (False, True)


def test_a_closed_contract_takes_no_orders() -> None:
    from dataclasses import replace

    engine = Engine(now_ms=lambda: 1, contracts=[replace(CONTRACTS[0], is_open=False)])
    account = engine.open_account("1", keys=[], family="x")
    with pytest.raises(errors.SymbolClosed):
        engine.orders.place(account, Bench().ticket())
    with pytest.raises(ValueError, match="exists"):
        engine.open_account("1", keys=[], family="x")
