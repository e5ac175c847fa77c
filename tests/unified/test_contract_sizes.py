"""Contracts by base coin and by quote coin: sizes convert without loss, and never to more than was asked for."""

from decimal import Decimal as D
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from futures_async import Contract


def contract(**more: D) -> Contract:
    values: dict[str, Any] = {"contract_size": D(1), "price_tick": D("0.1"), "quantity_step": D(1)} | more
    names: dict[str, Any] = {
        "symbol": "BTC/USD:BTC",
        "venue_symbol": "BTCUSD",
        "base": "BTC",
        "quote": "USD",
        "settle": "BTC",
    }
    return Contract(venue="x", **names, **values)


DOLLARS = contract(contract_value=D(100))
COINS = contract(contract_size=D("0.001"))
prices = st.decimals("0.0001", "1000000", places=4)


def test_a_contract_of_quote_coin_is_worth_it_at_every_price() -> None:
    assert DOLLARS.quantity_of(D(3), D(60_000)) == D("0.005")
    assert DOLLARS.contracts_of(D("0.005"), D(60_000)) == 3
    assert DOLLARS.contracts_of(D("0.0066"), D(60_000)) == 3  # 3.96 contracts


def test_a_contract_of_base_coin_needs_no_price() -> None:
    assert (COINS.quantity_of(D(7), D(1)), COINS.contracts_of(D("0.0079"), D(5))) == (D("0.007"), D(7))


@given(count=st.integers(1, 10**9), price=prices)
def test_contracts_come_back_as_they_were(count: int, price: D) -> None:
    for each in (DOLLARS, COINS):
        assert each.contracts_of(each.quantity_of(D(count), price), price) == count
