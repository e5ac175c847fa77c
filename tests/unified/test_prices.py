"""Steps of prices at venues that count figures."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from futures_async.trading.planning import check_steps
from futures_async.unified.enums import OrderType, Side
from futures_async.unified.errors import InvalidOrder
from futures_async.unified.models import Contract, OrderRequest


def contract(tick: str, figures: int | None = 5) -> Contract:
    return Contract(
        venue="here",
        symbol="BTC/USDC:USDC",
        venue_symbol="BTC",
        base="BTC",
        quote="USDC",
        settle="USDC",
        contract_size=D(1),
        price_tick=D(tick),
        quantity_step=D("0.1"),
        price_figures=figures,
    )


@pytest.mark.parametrize(
    ("tick", "price", "good"),
    [
        ("0.00001", "0.01234", True),
        ("0.00001", "0.012345", False),
        ("0.00001", "1234.5", True),
        ("0.00001", "1234.56", False),
        ("0.00001", "123456", True),
        ("0.1", "94439.5", False),
        ("0.1", "94440.0", True),
        ("0.1", "9443.5", True),
        ("0.00001", "1.2345000", True),
    ],
)
def test_prices_have_five_figures_or_are_whole(tick: str, price: str, good: bool) -> None:
    request = OrderRequest(symbol="BTC/USDC:USDC", side=Side.BUY, type=OrderType.LIMIT, quantity=D(1), price=D(price))
    rules = contract(tick)
    assert (rules.round_price(D(price)) == D(price)) is good
    if good:
        check_steps(request, rules)
    else:
        with pytest.raises(InvalidOrder, match="off the tick"):
            check_steps(request, rules)


def test_rounding_keeps_to_the_figures() -> None:
    rules = contract("0.00001")
    assert rules.round_price(D("94439.567")) == 94439
    assert rules.round_price(D("94439.567"), up=True) == 94440
    assert rules.round_price(D("9.99996"), up=True) == 10
    assert rules.nearest_price(D("1234.56")) == D("1234.6")
    assert rules.nearest_price(D("0.0123456")) == D("0.01235")
    assert rules.price_step(D(0)) == D("0.00001")
    assert contract("0.1", None).price_step(D("94439.5")) == D("0.1")
