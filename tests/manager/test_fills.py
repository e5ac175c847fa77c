"""Fills made into positions and profit."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_async.manager import fills
from futures_async.manager.fills import Leg, PositionBook
from futures_async.unified.enums import PositionSide, Side
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models import Fill
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
