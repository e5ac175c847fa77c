"""Fills made into positions and profit."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_async.manager import fills
from futures_async.manager.fills import Leg, PositionBook
from futures_async.unified.enums import PositionSide, Side
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models import Contract, Fill
from tests.fakes import position

D = Decimal
BTC = "BTC/USDT:USDT"


def fill(number: int, side: Side, quantity: str, price: str, **fields: Any) -> Fill:
    given_fields: dict[str, Any] = {
        "venue": "fake",
        "fill_id": str(number),
        "order_id": "1",
        "symbol": BTC,
        "venue_symbol": "BTCUSDT",
        "side": side,
        "price": D(price),
        "quantity": D(quantity),
        "created_ms": number,
    }
    return Fill(**{**given_fields, **fields})


def test_a_position_grows_at_average_cost_shrinks_at_profit_and_turns() -> None:
    book = PositionBook()
    book.apply(fill(1, Side.BUY, "1", "100", fee=D("0.1")))
    book.apply(fill(2, Side.BUY, "3", "200"))
    assert (book.leg(BTC).quantity, book.leg(BTC).average_price) == (D(4), D(175))
    effect = book.apply(fill(3, Side.SELL, "1", "185", fee=D("0.2")))
    assert effect is not None
    assert (effect.quantity_delta, effect.realized_pnl) == (D(-1), D(10))
    turned = book.apply(fill(4, Side.SELL, "5", "165"))
    assert turned is not None
    assert turned.realized_pnl == D(-30)
    assert turned.leg.quantity == D(-2)
    assert turned.leg.average_price == D(165)
    flat = book.apply(fill(5, Side.BUY, "2", "160"))
    assert flat is not None
    assert flat.realized_pnl == D(10)
    assert (flat.leg.quantity, flat.leg.average_price) == (D(0), None)
    assert (book.leg(BTC).realized_pnl, book.leg(BTC).fees) == (D(-10), D("0.3"))


def test_a_trade_with_oneself_moves_no_position() -> None:
    book = PositionBook()
    for _ in range(2):
        book.apply(fill(1, Side.BUY, "1", "100", order_id="7", fee=D("0.1")))
        book.apply(fill(1, Side.SELL, "1", "100", order_id="8", fee=D("0.2")))
    assert (book.leg(BTC).quantity, book.leg(BTC).fees) == (D(0), D("0.3"))


COIN = Contract(
    venue="fake", symbol="BTC/USD:BTC", venue_symbol="BTCUSD", base="BTC", quote="USD", settle="BTC",
    contract_size=D(1), contract_value=D(100), price_tick=D("0.1"), quantity_step=D(1),
)  # fmt: skip


def dollars(number: int, side: Side, contracts: str, price: str, **fields: Any) -> Fill:
    """So many contracts of 100 USD."""
    given_fields: dict[str, Any] = {"symbol": COIN.symbol, "venue_symbol": "BTCUSD", **fields}
    made = fill(number, side, "1", price, **given_fields)
    return msgspec.structs.replace(made, quantity=COIN.quantity_of(D(contracts), D(price)))


def test_contracts_that_are_worth_quote_coin_are_counted_by_their_number() -> None:
    """600 contracts bought and 600 sold are none, whatever they were in base coin each time."""
    book = PositionBook(contracts=[COIN])
    book.apply(dollars(1, Side.BUY, "600", "50000"))
    leg = book.leg(COIN.symbol)
    assert (leg.contracts, leg.quantity, leg.average_price) == (D(600), D("1.2"), D(50000))
    flat = book.apply(dollars(2, Side.SELL, "600", "60000"))
    assert flat is not None
    assert flat.realized_pnl == D("0.2")  # 1.2 BTC bought, 1 BTC sold; not 10,000 BTC
    assert (flat.leg.contracts, flat.leg.quantity, flat.leg.average_price) == (D(0), D(0), None)
    grown = [dollars(3, Side.SELL, "100", "40000"), dollars(4, Side.SELL, "100", "50000")]
    for one in grown:
        book.apply(one)
    leg = book.leg(COIN.symbol)
    assert (leg.contracts, leg.quantity) == (D(-200), D("-0.45"))
    assert round(leg.average_price or 0, 6) == D("44444.444444")
    turned = book.apply(dollars(5, Side.BUY, "300", "50000"))
    assert turned is not None
    assert turned.realized_pnl == D("-0.05")  # short 0.45 BTC's worth, bought back for 0.4 BTC
    assert (turned.leg.contracts, turned.leg.quantity, turned.leg.average_price) == (D(100), D("0.2"), D(50000))
    assert book.leg(COIN.symbol).realized_pnl == D("0.15")


def test_what_was_open_of_such_contracts_is_closed_by_number() -> None:
    held = position(
        symbol=COIN.symbol, venue_symbol="BTCUSD", margin_coin="BTC", quantity=D("0.9"), contracts=D(500),
        contract_value=D(100), entry_price=D(50000),
    )  # fmt: skip
    book = PositionBook([held])
    part = book.apply(dollars(1, Side.SELL, "250", "62500"))
    assert part is not None
    assert (part.realized_pnl, part.leg.contracts, part.leg.quantity) == (D("0.1"), D(250), D("0.5"))
    said = book.apply(dollars(2, Side.SELL, "250", "62500", realized_pnl=D("0.09")))
    assert said is not None
    assert (said.realized_pnl, said.leg.quantity) == (D("0.09"), D(0))
    with pytest.raises(InvalidRequest, match="how many contracts"):
        PositionBook([msgspec.structs.replace(held, contracts=None)])


@given(
    st.lists(
        st.tuples(st.sampled_from(Side), st.integers(1, 10_000), st.decimals("100", "100000", places=1)), max_size=30
    ),
    st.decimals("100", "100000", places=1),
)
def test_profit_in_coin_adds_up_to_the_coin_that_moved(trades: list[tuple[Side, int, Decimal]], mark: Decimal) -> None:
    book = PositionBook(contracts=[COIN])
    coin, count = D(0), 0
    for number, (side, contracts, price) in enumerate(trades):
        book.apply(dollars(number, side, str(contracts), str(price)))
        sign = 1 if side is Side.BUY else -1
        coin += sign * COIN.quantity_of(D(contracts), price)
        count += sign * contracts
    leg = book.leg(COIN.symbol)
    assert (leg.contracts or 0) == count
    at_mark = D(count) * 100 / mark
    assert abs(leg.realized_pnl + (leg.quantity - at_mark) - (coin - at_mark)) < D("1e-18")


def test_no_profit_is_computed_of_what_is_not_known_to_be_linear() -> None:
    quarterly: dict[str, Any] = {"symbol": "BTCUSDH27", "venue_symbol": "BTCUSDH27"}
    book = PositionBook()
    unknown = fill(1, Side.BUY, "1", "50000", **quarterly)
    assert not book.knows(unknown)
    book.apply(unknown)
    effect = book.apply(fill(2, Side.SELL, "1", "60000", **quarterly))
    assert effect is not None
    assert (effect.realized_pnl, effect.leg.quantity) == (None, D(0))
    with pytest.raises(InvalidRequest, match="learn"):
        book.apply(dollars(9, Side.BUY, "1", "50000"))
    linear = msgspec.structs.replace(COIN, symbol="BTCUSDH27", settle="USD", contract_value=None)
    book.learn(linear)
    assert book.knows(unknown)
    book.apply(fill(3, Side.BUY, "1", "50000", **quarterly))
    gained = book.apply(fill(4, Side.SELL, "1", "60000", **quarterly))
    assert gained is not None
    assert gained.realized_pnl == D(10000)


def test_positions_of_one_side_are_added_up_and_two_sides_need_a_hedged_book() -> None:
    cross, isolated = position(quantity=D(1), entry_price=D(100)), position(quantity=D(3), entry_price=D(200))
    book = PositionBook([cross, isolated])
    assert (book.leg(BTC).quantity, book.leg(BTC).average_price) == (D(4), D(175))
    hedge = [position(quantity=D(1)), position(side=PositionSide.SHORT, quantity=D("0.4"))]
    with pytest.raises(InvalidRequest, match="hedged=True"):
        PositionBook(hedge)
    assert len(PositionBook(hedge, hedged=True).legs) == 2


def test_a_fill_counts_once() -> None:
    book = PositionBook()
    assert book.apply(fill(1, Side.BUY, "1", "100")) is not None
    assert book.apply(fill(1, Side.BUY, "1", "100")) is None
    assert book.apply(fill(1, Side.BUY, "1", "100", venue="other")) is not None
    assert book.leg(BTC).quantity == 2


def test_the_venues_own_profit_wins() -> None:
    book = PositionBook([position(quantity=D(1), entry_price=D(100))])
    effect = book.apply(fill(1, Side.SELL, "1", "110", realized_pnl=D("9.99")))
    assert effect is not None
    assert effect.realized_pnl == D("9.99")
    assert book.leg(BTC).realized_pnl == D("9.99")


def test_a_short_that_was_open_before_is_closed_at_its_entry_price() -> None:
    book = PositionBook([position(side=PositionSide.SHORT, quantity=D(2), entry_price=D(100))])
    effect = book.apply(fill(1, Side.BUY, "1", "90"))
    assert effect is not None
    assert effect.realized_pnl == D(10)
    assert effect.leg.quantity == D(-1)


def test_a_part_closed_without_a_known_entry_has_no_profit_and_stays_unknown() -> None:
    book = PositionBook([position(quantity=D(2), entry_price=None)])
    effect = book.apply(fill(1, Side.SELL, "1", "90"))
    assert effect is not None
    assert effect.realized_pnl is None
    book.apply(fill(2, Side.BUY, "1", "90"))
    assert book.leg(BTC).average_price is None
    assert book.leg(BTC).realized_pnl == 0


def test_a_hedged_book_keeps_the_sides_apart_and_a_net_one_does_not() -> None:
    for hedged, legs in ((True, {PositionSide.LONG: D(1), PositionSide.SHORT: D(-2)}), (False, {None: D(-1)})):
        book = PositionBook(hedged=hedged)
        book.apply(fill(1, Side.BUY, "1", "100"), PositionSide.LONG)
        book.apply(fill(2, Side.SELL, "2", "100"), PositionSide.SHORT)
        assert {side: leg.quantity for (_, side), leg in book.legs.items()} == legs


@pytest.mark.parametrize(
    "context", [decimal.Context(prec=5, traps=[decimal.Inexact]), decimal.Context(prec=3, Emin=0, Emax=3)]
)
def test_what_a_fill_closes_does_not_hang_on_the_callers_context(context: decimal.Context) -> None:
    """Where the product of two sizes is rounded to 0 a closing looks like an opening."""
    book, numbered = PositionBook(), PositionBook(contracts=[COIN])
    with decimal.localcontext(context):
        book.apply(fill(1, Side.BUY, "0.001234567", "30000.5"))
        effect = book.apply(fill(2, Side.SELL, "0.000123457", "31000"))
        for number, side, quantity in ((1, Side.BUY, "0.01"), (2, Side.SELL, "0.001")):
            closed = numbered.apply(fill(number, side, quantity, "50000", symbol=COIN.symbol))
    assert effect is not None
    assert (effect.leg.quantity, effect.realized_pnl) == (D("0.00111111"), D("0.1233952715"))
    assert book.leg(BTC) == effect.leg
    assert closed is not None
    assert closed.leg.contracts == D("4.5")


def test_a_fill_that_could_not_be_counted_is_counted_when_it_comes_again() -> None:
    book = PositionBook(contracts=[COIN])
    good = fill(1, Side.BUY, "0.01", "50000", symbol=COIN.symbol)
    with pytest.raises(decimal.DecimalException):
        book.apply(msgspec.structs.replace(good, quantity=D("sNaN")))
    assert book.apply(good) is not None
    assert book.apply(good) is None


def test_old_fills_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fills, "REMEMBERED", 2)
    book = PositionBook()
    for number in (1, 2, 3):
        book.apply(fill(number, Side.BUY, "1", "100"))
    assert book.apply(fill(3, Side.BUY, "1", "100")) is None
    assert book.apply(fill(1, Side.BUY, "1", "100")) is not None


@given(
    st.lists(
        st.tuples(st.sampled_from(Side), st.decimals("0.001", "10", places=3), st.decimals("0.01", "1000", places=2)),
        max_size=30,
    ),
    st.decimals("0.01", "1000", places=2),
)
def test_realized_and_unrealized_profit_add_up_to_the_cash_that_moved(
    trades: list[tuple[Side, Decimal, Decimal]], mark: Decimal
) -> None:
    book = PositionBook()
    cash = D(0)
    with decimal.localcontext(decimal.Context(prec=5)):
        for number, (side, quantity, price) in enumerate(trades):
            book.apply(fill(number, side, str(quantity), str(price)))
    for side, quantity, price in trades:
        cash += quantity * price * (-1 if side is Side.BUY else 1)
    leg = book.leg(BTC)
    open_profit = leg.quantity * (mark - leg.average_price) if leg.average_price is not None else D(0)
    assert abs(leg.realized_pnl + open_profit - (cash + leg.quantity * mark)) < D("1e-15")


def test_a_side_may_be_plain_text_and_never_anything_else() -> None:
    book: Any = PositionBook([position()], hedged=True)
    assert book.leg("BTC/USDT:USDT", "long") == book.leg("BTC/USDT:USDT", PositionSide.LONG) != Leg()
    with pytest.raises(InvalidRequest, match="side must be one of long, short"):
        book.leg("BTC/USDT:USDT", "buy")
    with pytest.raises(InvalidRequest, match="side must be one of long, short"):
        book.apply(None, "buy")
