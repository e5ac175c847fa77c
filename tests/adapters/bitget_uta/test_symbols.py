"""Categories and symbols of v3."""

from __future__ import annotations

import pytest

from futures_async.adapters.bitget_uta.mapping import of_category
from futures_async.adapters.bitget_uta.symbols import check_category, settle_coin, unified_symbol, venue_symbol
from futures_async.errors import InvalidRequest

PAIRS = [
    ("BTC/USDT:USDT", "BTCUSDT", "USDT-FUTURES"),
    ("1000BONK/USDT:USDT", "1000BONKUSDT", "USDT-FUTURES"),
    ("BTC/USDC:USDC", "BTCPERP", "USDC-FUTURES"),
    ("BTC/USD:BTC", "BTCUSD", "COIN-FUTURES"),
]


@pytest.mark.parametrize(("unified", "name", "category"), PAIRS)
def test_symbols_go_there_and_back(unified: str, name: str, category: str) -> None:
    assert venue_symbol(unified, category) == name
    assert unified_symbol(name, category) == unified
    assert venue_symbol(name, category) == name


@pytest.mark.parametrize("name", ["BTCUSDT_251226", "USDT", "BTCUSD", "BTC-USDT"])
def test_an_id_that_cannot_be_read_is_passed_through(name: str) -> None:
    assert unified_symbol(name, "USDT-FUTURES") == name


@pytest.mark.parametrize("symbol", ["BTC/USDC:USDC", "BTC/USD:BTC", "BTC/USDT:BTC", "", "BTC USDT", "BTC?x=1"])
def test_a_symbol_of_another_category_is_refused_here(symbol: str) -> None:
    with pytest.raises(InvalidRequest):
        venue_symbol(symbol, "USDT-FUTURES")


def test_a_coin_contract_settles_in_its_own_coin() -> None:
    with pytest.raises(InvalidRequest):
        venue_symbol("BTC/USD:ETH", "COIN-FUTURES")
    assert settle_coin("COIN-FUTURES", "ETH") == "ETH"
    assert settle_coin("USDC-FUTURES", "ETH") == "USDC"


def test_categories_are_checked_and_written_as_the_venue_does() -> None:
    assert check_category("usdt-futures") == "USDT-FUTURES"
    with pytest.raises(InvalidRequest, match="SPOT"):
        check_category("SPOT")


@pytest.mark.parametrize(
    ("word", "ours"),
    [("USDT-FUTURES", True), ("usdt-futures", True), ("", True), (None, True), ("SPOT", False), ("Margin", False)],
)
def test_rows_of_other_categories_are_told_apart_in_any_spelling(word: str | None, ours: bool) -> None:
    assert of_category(word, "USDT-FUTURES") is ours
