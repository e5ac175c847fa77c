"""What a list of all accounts begins with: the greatest danger, by price or by margin ratio."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from futures_async.portfolio.danger import AccountRatios, Danger, nearness
from futures_async.portfolio.snapshot import Ok, Snapshot, VenueData
from futures_async.unified.enums import MarginMode
from tests.fakes import account, position

D = Decimal
CROSS: dict[str, Any] = {"margin_mode": MarginMode.CROSS, "margin_ratio": None}


def test_whichever_says_more_decides_what_comes_first() -> None:
    by_price = [nearness(position(mark_price=D(100), liquidation_price=D(100 - away))) for away in (1, 4, 10, 50)]
    by_ratio = [
        nearness(position(mark_price=D(100), liquidation_price=D(50), margin_ratio=D(ratio)))
        for ratio in ("1.2", "0.99", "0.81", "0.8", "0.3")
    ]
    found = sorted([*by_price, *by_ratio], key=lambda one: one.order)
    assert [one.left for one in found] == [
        D(left) for left in ("-0.05", "0.0025", "0.01", "0.04", "0.0475", "0.05", "0.1", "0.175", "0.5")
    ]
    dangers = [one.danger for one in found]
    assert dangers == [Danger.NEAR] * 5 + [Danger.CLOSE] * 3 + [Danger.FAR]
    assert [one.by_ratio for one in by_ratio] == [True] * 5


def test_of_equal_danger_the_nearer_price_comes_first_and_the_unknown_last() -> None:
    away = [nearness(position(liquidation_price=price, margin_ratio=D("0.9"))) for price in (D(20000), None, D(25000))]
    assert [one.distance is None for one in sorted(away, key=lambda one: one.order)] == [False, False, True]
    assert min(away, key=lambda one: one.order) is away[2]


def test_a_cross_position_has_its_accounts_ratio_where_it_tells_none() -> None:
    far = position(liquidation_price=None, **CROSS)
    assert nearness(far).danger is Danger.FAR
    assert nearness(far, D("0.9")).danger is Danger.NEAR
    assert nearness(position(liquidation_price=None), D("0.9")).danger is Danger.FAR  # it is isolated, and says 0.031


@pytest.mark.parametrize(
    ("accounts", "ratio"),
    [
        ([account(margin_ratio=D("0.5"))], "0.5"),
        ([account(margin_coin="BTC", margin_ratio=D("0.5"))], None),
        ([account(equity=None), account(margin_coin="USD", margin_ratio=D("0.7"))], "0.7"),
        ([account(equity=D(100), maintenance_margin=D(62))], "0.62"),
        ([account(maintenance_margin=D(-1))], None),
    ],
)
def test_the_ratio_is_that_of_its_coin_else_of_the_whole_account(accounts: list[Any], ratio: str | None) -> None:
    data = VenueData(positions=(), accounts=tuple(accounts))
    ratios = AccountRatios(Snapshot(venues={"a": Ok(venue="fake", data=data, age_s=0, latency_s=0)}).each_account())
    assert ratios.of("a", position(**CROSS)) == (None if ratio is None else D(ratio))
    assert ratios.of("b", position(**CROSS)) is None
    assert ratios.of("a", position()) is None
