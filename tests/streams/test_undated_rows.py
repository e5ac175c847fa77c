"""Pictures of a venue whose pushes leave much out, and whose reads do not say when a row was changed."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async import registry
from futures_async.streams.dialect import What
from futures_async.streams.fills import Fills
from futures_async.streams.orders import Orders
from futures_async.streams.picture import LAG_S, Moment, Push
from futures_async.streams.rows import Rows
from futures_async.streams.rules import ACCOUNTS, POSITIONS
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, PositionSide, Side
from futures_async.unified.models import Account, Fill, Order, Position
from futures_async.unified.watching import Change, ChangeKind

NOW_MS = 1_770_000_000_000
UNSAID = ("leverage", "mark_price", "unrealized_pnl", "notional", "initial_margin")


def at(second: float) -> Moment:
    return Moment(second, NOW_MS + int(second * 1000), second)


def position(quantity: str, changed_s: float | None = None, **fields: Any) -> Position:
    return Position(
        venue="toy",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        side=PositionSide.LONG,
        quantity=Decimal(quantity),
        entry_price=Decimal(100),
        margin_mode=MarginMode.CROSS,
        margin_coin="USDT",
        updated_ms=None if changed_s is None else NOW_MS + int(changed_s * 1000),
        **fields,
    )


def whole(quantity: str) -> Position:
    """As it is read."""
    size = Decimal(quantity)
    return position(
        quantity, leverage=Decimal(5), mark_price=Decimal(110), unrealized_pnl=size * 10, notional=size * 110
    )


class Bench:
    """A picture of positions in which one of 2 was read at second 10."""

    def __init__(self) -> None:
        self.picture: Rows[Position] = Rows(POSITIONS, UNSAID)
        self.picture.read([whole("2")], at(10))
        self.picture.unsure = False

    def push(self, second: float, *items: Position) -> list[Change[Position]]:
        return self.picture.push(Push(items), at(second))

    @property
    def held(self) -> list[Position]:
        return list(self.picture.current.values())


def test_what_is_repeated_says_nothing_new() -> None:
    bench = Bench()
    assert bench.push(11, position("2", 3)) == []
    assert not bench.picture.unsure
    assert bench.held == [whole("2")]


@pytest.mark.parametrize("late", [position("1", 9), position("0", 9)])
def test_a_push_of_before_a_read_is_left_out_and_read_again(late: Position) -> None:
    bench = Bench()
    assert bench.push(11, late) == []
    assert bench.picture.unsure
    assert bench.held == [whole("2")]


def test_a_push_of_before_it_was_read_as_gone_opens_nothing() -> None:
    bench = Bench()
    [gone] = bench.picture.read([], at(20)).changes
    assert gone.kind is ChangeKind.CLOSED
    assert bench.push(21, position("2", 19)) == []
    assert bench.picture.unsure
    [opened] = bench.push(22, position("1", 21.5))
    assert opened.kind is ChangeKind.OPENED


ASKED_THEN = Moment(10, NOW_MS + 10_100, 10.1)
"""A read that began at second 10 and was answered a tenth later."""


@pytest.mark.parametrize(("quantity", "held"), [("3", ["3"]), ("0", [])])
def test_what_was_changed_while_a_read_was_on_its_way_is_taken(quantity: str, held: list[str]) -> None:
    picture: Rows[Position] = Rows(POSITIONS, UNSAID)
    picture.read([whole("2")], ASKED_THEN)
    picture.push(Push([position(quantity, 10.05)]), at(10.11))
    assert [one.quantity for one in picture.current.values()] == [Decimal(each) for each in held]


@pytest.mark.parametrize(
    "push", [Push([position("3", 10.05)]), Push([position("3")], full=True, sent_ms=NOW_MS + 10_050)]
)
def test_what_was_opened_while_a_read_was_on_its_way_is_taken(push: Push[Position]) -> None:
    picture: Rows[Position] = Rows(POSITIONS, UNSAID)
    picture.read([whole("2")], at(5))
    picture.read([], ASKED_THEN)
    [opened] = picture.push(push, at(10.11))
    assert opened.item.quantity == 3


def test_what_hangs_on_the_size_is_not_kept_and_read_anew() -> None:
    bench = Bench()
    [change] = bench.push(11, position("3", 10.5))
    now = change.item
    assert (now.quantity, now.unrealized_pnl, now.notional) == (Decimal(3), None, None)
    assert (now.leverage, now.mark_price) == (Decimal(5), Decimal(110))
    assert bench.picture.unsure
    bench.picture.unsure = False
    bench.picture.read([whole("3")], at(11 + LAG_S))
    assert bench.held == [whole("3")]


@pytest.mark.parametrize("name", ["liquidation_price", "available", "locked", "break_even_price"])
def test_no_figure_of_the_old_size_is_shown_beside_the_new_one(name: str) -> None:
    picture: Rows[Position] = Rows(POSITIONS, (name,))
    known: dict[str, Any] = {name: Decimal(40)}
    picture.read([position("1", **known)], at(10))
    [same] = picture.push(Push([position("1", mark_price=Decimal(1))]), at(13))
    assert getattr(same.item, name) == Decimal(40)
    [grown] = picture.push(Push([position("10")]), at(14))
    assert getattr(grown.item, name) is None
    assert picture.unsure


OF_ANY_SIZE = {"mark_price", "leverage", "margin_mode", "take_profit", "stop_loss", "created_ms"}


@pytest.mark.parametrize("venue", registry.venue_ids())
def test_a_figure_that_pushes_leave_out_goes_with_any_size_or_is_not_kept(venue: str) -> None:
    exchange: Any = registry.connect(venue, base_url="http://127.0.0.1:1")
    dialect = exchange._stream_dialect()
    unsaid = () if dialect is None else dialect.unsaid.get(What.POSITIONS, ())
    assert set(unsaid) - OF_ANY_SIZE <= set(POSITIONS.reckoned)


def test_what_pushes_leave_out_is_no_drift() -> None:
    picture: Rows[Position] = Rows(POSITIONS, UNSAID)
    [opened] = picture.push(Push([position("2", 1)]), at(1))
    assert opened.item.leverage is None
    assert picture.unsure
    merged = picture.read([whole("2")], at(1 + LAG_S))
    assert merged.untold == frozenset()
    assert list(picture.current.values()) == [whole("2")]
    # Nor where somebody else changes it again and again: no push would have told.
    for second in (10, 20):
        other = msgspec.structs.replace(whole("2"), leverage=Decimal(second))
        merged = picture.read([other], at(second))
        assert ([change.item for change in merged.changes], merged.untold) == ([other], frozenset())
    assert picture.read([whole("3")], at(30)).untold


def test_a_stop_that_only_reads_tell_stands_until_one_tells_it_no_more() -> None:
    picture: Rows[Position] = Rows(POSITIONS, ("take_profit",))

    def shown(second: float, *, pushed: str) -> Decimal | None:
        picture.push(Push([position(pushed, second)]), at(second))
        [held] = picture.current.values()
        assert held.quantity == Decimal(pushed)
        return held.take_profit

    picture.read([position("1", 9, take_profit=Decimal(120))], at(10))
    assert [shown(second, pushed=str(second)) for second in (11, 12, 13)] == [Decimal(120)] * 3
    picture.read([position("13", 13, take_profit=Decimal(130))], at(20))
    assert shown(21, pushed="2") == Decimal(130)
    picture.read([position("2", 25)], at(30))
    assert [shown(second, pushed=str(second)) for second in (31, 32)] == [None, None]


def test_a_balance_keeps_its_equity_until_it_is_read_again() -> None:
    def account(available: str, equity: str | None = None) -> Account:
        return Account(
            venue="toy",
            margin_coin="USDT",
            available=Decimal(available),
            equity=None if equity is None else Decimal(equity),
        )

    picture: Rows[Account] = Rows(ACCOUNTS, ("equity", "balance", "unrealized_pnl"))
    picture.read([account("90", "100")], at(10))
    picture.push(Push([account("80")]), at(13))
    assert picture.unsure
    assert list(picture.current.values()) == [account("80", "100")]
    # A read that may not have heard of it is no proof, and neither is it left at that.
    assert picture.read([account("90", "101")], at(14)).doubts
    assert not picture.read([account("80", "99")], at(14.5)).doubts
    picture.read([account("80", "98")], at(16))
    assert list(picture.current.values()) == [account("80", "98")]


def money(available: str | None, equity: str | None = None, **fields: Any) -> Account:
    texts = {"available": available, "equity": equity, **fields}
    said: dict[str, Any] = {name: None if text is None else Decimal(text) for name, text in texts.items()}
    return Account(venue="toy", margin_coin="USDT", **said)


@pytest.mark.parametrize(
    ("pushed", "kept"),
    [
        (money("1000", "1000"), "0.1"),
        (money("900", "1000"), None),
        (money("1000", "400"), None),
        (money("1000", "1000", maintenance_margin="300"), None),
    ],
)
def test_a_margin_ratio_of_before_is_not_carried_beside_other_money(pushed: Account, kept: str | None) -> None:
    picture: Rows[Account] = Rows(ACCOUNTS, ("margin_ratio",))
    picture.read([money("1000", "1000", maintenance_margin="100", margin_ratio="0.1")], at(10))
    picture.push(Push([pushed]), at(20))
    assert picture.current["USDT"].margin_ratio == (None if kept is None else Decimal(kept))
    assert picture.unsure is (kept is None)


@pytest.mark.parametrize("lags", [True, False], ids=["read-of-before-the-last-push", "read-of-now"])
def test_what_pushes_leave_out_of_an_account_is_read_however_often_it_is_pushed(lags: bool) -> None:
    picture: Rows[Account] = Rows(ACCOUNTS, ("equity", "maintenance_margin"))
    picture.read([money("1000", "1000", maintenance_margin="100")], at(10))
    shown: list[tuple[Decimal | None, Decimal | None]] = []
    for second in range(20, 30):
        picture.push(Push([money(str(1000 - second))]), at(second))
        free = str(1000 - second + lags)
        merged = picture.read([money(free, "500", maintenance_margin=str(100 + second))], at(second + 0.5))
        [account] = picture.current.values()
        shown.append((account.equity, account.maintenance_margin))
        assert account.available == 1000 - second
        assert bool(merged.doubts) is lags or second > 22
    if lags:
        # Not what may be of before the first push, and what is younger by each read that is not.
        assert shown[:2] == [(Decimal(1000), None), (Decimal(1000), None)]
        assert shown[2:4] == [(Decimal(500), Decimal(122)), (Decimal(500), None)]


def order(status: OrderStatus, filled: str, created_ms: int | None = None) -> Order:
    return Order(
        venue="toy",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        order_id="7",
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal(2),
        filled_quantity=Decimal(filled),
        status=status,
        created_ms=created_ms,
    )


def test_what_pushes_leave_out_of_an_order_is_kept_to_its_end() -> None:
    picture = Orders(("created_ms",))
    picture.read([order(OrderStatus.NEW, "0", NOW_MS)], at(10))
    [filled] = picture.push(Push([order(OrderStatus.PARTIALLY_FILLED, "1")]), at(11))
    [ended] = picture.push(Push([order(OrderStatus.CANCELED, "1")]), at(12))
    assert [filled.item.created_ms, ended.item.created_ms] == [NOW_MS, NOW_MS]
    assert picture.push(Push([order(OrderStatus.NEW, "0")]), at(13)) == []


def test_what_a_read_leaves_out_of_how_an_order_was_placed_is_kept() -> None:
    picture = Orders()
    placed = msgspec.structs.replace(order(OrderStatus.NEW, "0", NOW_MS), margin_mode=MarginMode.ISOLATED)
    picture.push(Push([placed]), at(10))
    assert picture.read([order(OrderStatus.NEW, "0")], at(20)).changes == []
    assert list(picture.current.values()) == [placed]


def fill(number: int, quantity: str = "1") -> Fill:
    return Fill(
        venue="toy",
        fill_id=str(number),
        order_id="7",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        side=Side.BUY,
        price=Decimal(100),
        quantity=Decimal(quantity),
        created_ms=NOW_MS,
    )


Told = list[tuple[list[Fill], str]]
WELL: Told = [([], "0"), ([fill(1)], "1"), ([fill(1)], "1"), ([], "1"), ([fill(2)], "2")]
ONE_IS_MISSING: Told = [([fill(1)], "1"), ([fill(3)], "3")]
TWO_AS_ONE: Told = [([fill(1)], "2")]
BY_THE_ORDER_ALONE: Told = [([], "1")]


@pytest.mark.parametrize("told", [WELL, ONE_IS_MISSING, TWO_AS_ONE, BY_THE_ORDER_ALONE])
def test_an_order_that_is_filled_further_than_was_told_is_looked_up(told: Told) -> None:
    picture = Fills()
    for fills, executed in told:
        picture.push(Push(fills, executed={"7": Decimal(executed)}), at(1))
    assert picture.unsure is (told is not WELL)


def test_both_sides_of_a_trade_with_oneself_are_told_once_each() -> None:
    one = fill(1)
    other = msgspec.structs.replace(one, order_id="8", side=Side.SELL)
    picture = Fills()
    assert [change.item for change in picture.push(Push([one, other]), at(1))] == [one, other]
    assert not picture.read([other, one], at(2)).changes


def test_executions_add_up_whatever_the_callers_decimal_settings() -> None:
    picture = Fills()
    with decimal.localcontext(decimal.Context(prec=1, rounding=decimal.ROUND_DOWN)):
        picture.push(Push([fill(1, "6.4"), fill(2, "6.4")], executed={"7": Decimal("12.8")}), at(1))
    assert not picture.unsure


def dollars(contracts: int, mark: str) -> Position:
    """Contracts of a dollar, in base coin at the mark price."""
    fields: dict[str, Any] = {"contracts": Decimal(contracts), "contract_value": Decimal(1)}
    return position(str(contracts / Decimal(mark)), 9, mark_price=Decimal(mark), **fields)


def test_contracts_that_are_worth_quote_coin_differ_by_their_number_and_not_by_what_the_market_makes_of_them() -> None:
    picture: Rows[Position] = Rows(POSITIONS)
    picture.read([dollars(500, "100")], at(10))
    read = picture.read([dollars(500, "110")], at(20))
    assert (read.untold, read.doubts) == (frozenset(), frozenset())
    # The newest figures are told all the same.
    assert [change.item.quantity for change in read.changes] == [Decimal(500) / 110]
    assert picture.read([dollars(600, "110")], at(30)).untold


def test_a_read_just_after_a_whole_list_opens_nothing_that_is_not_on_it() -> None:
    picture: Rows[Position] = Rows(POSITIONS)
    picture.push(Push([], full=True), at(10))
    soon = picture.read([whole("2")], at(11))
    assert (soon.changes, len(soon.doubts)) == ([], 1)
    [opened] = picture.read([whole("2")], at(10 + LAG_S)).changes
    assert opened.kind is ChangeKind.OPENED


def test_nor_is_it_opened_where_one_had_been_closed_before() -> None:
    picture: Rows[Position] = Rows(POSITIONS)
    picture.push(Push([position("2", 1)], sent_ms=NOW_MS + 1_000), at(1))
    picture.push(Push([position("0", 2)], sent_ms=NOW_MS + 2_000), at(2))
    picture.push(Push([], full=True, sent_ms=NOW_MS + 10_000), at(10))
    # It was opened at 8 and closed at 9, of both of which the read tells but one.
    soon = picture.read([position("2", 8)], at(10))
    assert (soon.changes, len(soon.doubts)) == ([], 1)
    [opened] = picture.read([position("3", 11)], at(10.5)).changes
    assert opened.kind is ChangeKind.OPENED


def test_a_position_that_a_whole_list_lacks_is_closed_unless_it_was_changed_since() -> None:
    picture: Rows[Position] = Rows(POSITIONS)
    picture.push(Push([position("2", 10)], full=True), at(10))
    assert picture.push(Push([], full=True, sent_ms=NOW_MS + 9_000), at(10.5)) == []
    [closed] = picture.push(Push([], full=True, sent_ms=NOW_MS + 11_000), at(11))
    assert (closed.kind, closed.item.quantity) == (ChangeKind.CLOSED, Decimal(0))
    assert not picture.current
