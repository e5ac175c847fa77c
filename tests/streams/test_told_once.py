"""Of more ends and fills than are remembered each is told once all the same, whatever a history says again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from futures_async.streams import picture as pictures
from futures_async.streams.fills import Fills
from futures_async.streams.orders import Orders
from futures_async.streams.picture import Moment, Picture, Push
from futures_async.unified.enums import OrderStatus, OrderType, Side
from futures_async.unified.models import Fill, Order

KEPT = 5


def ended(number: int, at_ms: int | None) -> Order:
    return Order(
        venue="toy",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        order_id=str(number),
        side=Side.BUY,
        quantity=Decimal(3),
        type=OrderType.LIMIT,
        status=OrderStatus.CANCELED,
        updated_ms=at_ms,
    )


def fill(number: int, at_ms: int | None) -> Fill:
    return Fill(
        venue="toy",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        fill_id=str(number),
        order_id="7",
        side=Side.BUY,
        price=Decimal(1),
        quantity=Decimal(1),
        created_ms=at_ms,
    )


def at_ms(number: int) -> int:
    """Two of each millisecond."""
    return 1_000 + number // 2


@pytest.mark.parametrize(("kind", "made"), [(Orders, ended), (Fills, fill)])
@pytest.mark.parametrize("backwards", [False, True])
def test_what_was_told_long_ago_is_not_told_again(
    kind: type[Picture[Any]], made: Any, backwards: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "ENDS_KEPT", KEPT)
    picture = kind()
    for number in range(4 * KEPT):
        assert len(picture.push(Push([made(number, at_ms(number))]), Moment(number, at_ms(number)))) == 1
    history = [made(number, at_ms(number)) for number in range(5 * KEPT)]
    fresh = {picture.key(item) for item in history[4 * KEPT :]}
    for expected in (fresh, set[Any]()):
        rows: Sequence[Any] = history[::-1] if backwards else history
        told = picture.past(rows, Moment(100, at_ms(99), 100))
        assert {picture.key(change.item) for change in told} == expected
        assert len(told) == len(expected)


@pytest.mark.parametrize(("kind", "made"), [(Orders, ended), (Fills, fill)])
def test_a_history_that_is_longer_than_the_memory_is_told_whole(
    kind: type[Picture[Any]], made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "ENDS_KEPT", KEPT)
    picture = kind()
    newest_first = [made(number, at_ms(number)) for number in reversed(range(4 * KEPT))]
    assert len(picture.past(newest_first, Moment(100, at_ms(99), 100))) == 4 * KEPT


def test_an_end_without_a_time_was_when_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "ENDS_KEPT", KEPT)
    picture = Orders()
    for number in range(2 * KEPT):
        picture.push(Push([ended(number, None)]), Moment(number, at_ms(number)))
    assert picture.past([ended(number, at_ms(number)) for number in range(2 * KEPT)], Moment(100, 9_999, 100)) == []


@pytest.mark.parametrize(("kind", "made"), [(Orders, ended), (Fills, fill)])
def test_what_was_told_late_brings_nothing_back_once_it_is_forgotten(
    kind: type[Picture[Any]], made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "ENDS_KEPT", KEPT)
    picture = kind()
    told = [made(number, 500 if number == 2 else at_ms(number)) for number in range(KEPT + 3)]
    for item in told:
        picture.push(Push([item]), Moment(1, 1_000))
    assert picture.past(told, Moment(100, at_ms(99), 100)) == []
