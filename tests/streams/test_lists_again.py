"""A list that names what the last one did, in its order, is taken in as any other list is."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from futures_async.streams.picture import Moment, Push
from futures_async.streams.rows import Rows
from futures_async.streams.rules import POSITIONS
from futures_async.unified.enums import PositionSide
from futures_async.unified.models import Position
from futures_async.unified.watching import Change, ChangeKind

NAMES = ("BTC/USDT:USDT", "ETH/USDT:USDT", "LTC/USDT:USDT")


class EachLookedUp(Rows[Position]):
    """Knows no list again."""

    def push(self, push: Push[Position], when: Moment) -> list[Change[Position]]:
        self._listed = None
        return super().push(push, when)


def position(symbol: str, quantity: int, updated_ms: int | None) -> Position:
    return Position(
        venue="toy",
        symbol=symbol,
        venue_symbol=symbol,
        side=PositionSide.LONG,
        quantity=Decimal(quantity),
        margin_coin="USDT",
        updated_ms=updated_ms,
    )


def happening(draw: random.Random, at: float) -> tuple[str, list[Position], bool, int | None]:
    """What comes: mostly the same list again, and at times a part of it, one twice, a flat one, a row, a read."""
    now_ms = int(at * 1000)
    first, second, third = NAMES
    usual = (NAMES, NAMES, NAMES, (first, first, second), (third, second, third))
    names = draw.choice(usual) if draw.random() < 0.8 else draw.choices(NAMES, k=draw.randrange(5))
    # What was changed after its list was sent, of whatever clock, is not closed by a list.
    changed = (None, now_ms, now_ms, now_ms - draw.randrange(5_000), now_ms + draw.randrange(5_000))
    rows = [position(name, draw.choice((0, 1, 1, 1, 2, 2, 2, 3)), draw.choice(changed)) for name in names]
    sent_ms = draw.choice((now_ms, now_ms, now_ms, now_ms - draw.randrange(5_000), None))
    return draw.choice(("push", "push", "push", "push", "read", "reconnected")), rows, draw.random() < 0.8, sent_ms


@pytest.mark.parametrize("seed", range(300))
def test_whether_a_list_is_known_again_changes_nothing(seed: int) -> None:
    draw, one, other = random.Random(seed), Rows[Position](POSITIONS), EachLookedUp(POSITIONS)
    at = 1_000.0
    for _ in range(40):
        at += draw.choice((0.01, 0.5, 3.0))
        when = Moment(at, int(at * 1000), at + 0.1)
        what, rows, full, sent_ms = happening(draw, at)
        told: list[Any] = []
        for picture in (one, other):
            if what == "push":
                told.append(picture.push(Push(rows, full, sent_ms), when))
            elif what == "read":
                told.append(picture.read(rows, when))
            else:
                picture.reconnected()
        assert told[:1] == told[1:]
        assert list(one.current.items()) == list(other.current.items())
        assert (one.unsure, one.unsettled, one.oldest_at) == (other.unsure, other.unsettled, other.oldest_at)


def test_of_a_list_that_is_known_again_nothing_is_looked_up_by_its_key() -> None:
    asked: list[Any] = []

    class Kept(dict[Any, Any]):
        def get(self, key: Any, default: Any = None) -> Any:
            asked.append(key)
            return super().get(key, default)

    picture = Rows[Position](POSITIONS)
    picture._kept = Kept()  # pyright: ignore[reportPrivateUsage] - that it is not asked is what is to be seen
    for number in range(1, 4):
        changes = picture.push(Push([position(name, number, None) for name in NAMES], True, number), Moment(number, 0))
        assert [change.item.quantity for change in changes] == [number] * 3
        assert {change.kind for change in changes} == {ChangeKind.CHANGED if number > 1 else ChangeKind.OPENED}
        assert len(asked) == 3
