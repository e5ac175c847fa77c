"""Categories and symbols of v3."""

from __future__ import annotations

import pytest

from futures_async.adapters.bitget_uta.mapping import of_category
from futures_async.adapters.bitget_uta.symbols import settle_coin, unified_symbol, venue_symbol


def test_a_contract_settles_in_the_coin_of_its_category() -> None:
    assert settle_coin("COIN-FUTURES", "ETH") == "ETH"
    assert settle_coin("USDC-FUTURES", "ETH") == "USDC"
    assert settle_coin("USDT-FUTURES", "ETH") == "USDT"


@pytest.mark.parametrize(
    ("word", "ours"),
    [("USDT-FUTURES", True), ("usdt-futures", True), ("", True), (None, True), ("SPOT", False), ("Margin", False)],
)
def test_rows_of_other_categories_are_told_apart_in_any_spelling(word: str | None, ours: bool) -> None:
    assert of_category(word, "USDT-FUTURES") is ours


def test_what_is_margined_in_its_coin_has_another_id_than_in_v2() -> None:
    assert venue_symbol("BTC/USD:BTC", "COIN-FUTURES") == "BTCUSD_CM"
    assert unified_symbol("BTCUSD_CM", "COIN-FUTURES") == unified_symbol("btcusd_cm", "COIN-FUTURES") == "BTC/USD:BTC"
    assert unified_symbol("BTCUSD", "COIN-FUTURES") == "BTC/USD:BTC"
    assert venue_symbol("BTCUSD_CM", "COIN-FUTURES") == "BTCUSD_CM"
    assert unified_symbol("BTCEUR_CM", "COIN-FUTURES") == "BTCEUR_CM"


def test_other_categories_keep_their_ids() -> None:
    assert venue_symbol("BTC/USDT:USDT", "USDT-FUTURES") == "BTCUSDT"
    assert venue_symbol("BTC/USDC:USDC", "USDC-FUTURES") == "BTCPERP"
    assert unified_symbol("BTCUSDT", "USDT-FUTURES") == "BTC/USDT:USDT"
