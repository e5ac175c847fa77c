"""Lists of open orders that a venue pushes: they say that one is open no more, and not how it ended. And which of two
readings of an order is the later one."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from futures_async.streams.orders import Orders, advances
from futures_async.streams.picture import LAG_S, Moment, Push
from futures_async.unified.enums import OrderStatus, OrderType, Side
from futures_async.unified.models import Order

NOW_MS = 1_770_000_000_000


def at(second: float) -> Moment:
    return Moment(second, NOW_MS + int(second * 1000), second)


def order(number: int) -> Order:
    return Order(
        venue="toy",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        order_id=str(number),
        side=Side.BUY,
        quantity=Decimal(1),
        type=OrderType.LIMIT,
        status=OrderStatus.NEW,
    )


@pytest.mark.parametrize(
    ("full", "listed", "second", "unsure"),
    [
        (True, [1], 10 + LAG_S, True),
        (True, [1, 2], 10 + LAG_S, False),
        # The list may be older than what was told just now.
        (True, [1], 9 + LAG_S, False),
        (False, [1], 10 + LAG_S, False),
    ],
)
def test_an_order_that_is_missing_from_a_list_is_read(
    full: bool, listed: list[int], second: float, unsure: bool
) -> None:
    picture = Orders()
    picture.push(Push([order(1), order(2)]), at(10))
    assert picture.push(Push([order(number) for number in listed], full), at(second)) == []
    assert picture.unsure is unsure
    assert set(picture.current) == {"1", "2"}


def test_a_look_up_that_began_before_a_push_makes_an_order_no_longer_ago_heard_of() -> None:
    picture = Orders()
    picture.push(Push([order(1), order(2)]), at(10))
    asked = at(10.5)
    picture.push(Push([order(1), order(2)]), at(12))
    assert picture.settle(order(2), order(2), asked) == []
    just_after = at(11.5 + LAG_S)  # soon after the push, and long after the look-up
    picture.push(Push([order(1)], full=True), just_after)
    assert not picture.unsure
    merged = picture.read([order(1)], just_after)
    assert (set(merged.doubts), list(merged.missing)) == ({"2"}, [])


NEW, CANCELED = OrderStatus.NEW, OrderStatus.CANCELED


@pytest.mark.parametrize(
    ("before", "now", "later"),
    [
        # An end stands whatever its time, and whatever it says of what is filled.
        ((NEW, "1", 20), (CANCELED, "0", 10), True),
        # What is filled says more than any time.
        ((NEW, "1", 20), (NEW, "2", 10), True),
        ((NEW, "2", 10), (NEW, "1", 20), False),
        ((NEW, "1", 20), (NEW, "1", 10), False),
        ((NEW, "1", 20), (NEW, "1", 20), True),
        ((NEW, "1", None), (NEW, "1", 20), True),
    ],
)
def test_which_of_two_readings_of_an_order_is_later(
    before: tuple[OrderStatus, str, int | None], now: tuple[OrderStatus, str, int | None], later: bool
) -> None:
    known, read = (
        msgspec.structs.replace(order(1), status=status, filled_quantity=Decimal(filled), updated_ms=updated_ms)
        for status, filled, updated_ms in (before, now)
    )
    assert advances(known, read) is later
