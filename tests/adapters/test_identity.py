"""What names an account: where its calls go, and which part of it options choose, are no other account's."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import futures_async as fa
from futures_async.adapter import Adapter, Options
from futures_async.adapters import BUILT_IN
from futures_async.registry import adapter_class
from futures_async.trading.options import declared

KEYS = fa.Credentials("0x" + "a" * 40, "1" * 64, passphrase="p", memo="m", uid="1234")
HERE = "http://127.0.0.1:8900"
VAULT = "0x" + "B" * 40


def made(venue: str, **options: Any) -> fa.FuturesExchange:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fa.LifecycleWarning)
        return fa.connect(venue, KEYS, limiter=fa.LocalLimiter(), **options)


@pytest.mark.parametrize(
    "venue", ["bitget", "bitget-uta", "bitmart", "bittap", "bybit", "okx", "hyperliquid", "binance"]
)
def test_the_account_at_the_venues_own_host_is_named_as_ever_and_any_other_place_sets_it_apart(venue: str) -> None:
    plain = made(venue)
    assert plain.account_id == "1234"  # what earlier versions wrote is found
    assert made(venue, base_url=HERE).account_id == "1234@127.0.0.1:8900"
    assert isinstance(plain, Adapter)
    spelled_out = plain.base_url.upper().replace("HTTPS", "https") + ":443"
    assert made(venue, base_url=spelled_out).account_id == "1234"


@pytest.mark.parametrize(
    ("venue", "options", "name"),
    [
        ("bitget", {"demo": True}, "1234@demo"),
        ("bitget", {"demo": True, "base_url": HERE}, "1234@127.0.0.1:8900/demo"),
        ("bitget-uta", {"demo": True}, "1234@demo"),
        ("bitget-v1", {"base_url": HERE}, "1234@127.0.0.1:8900"),
        ("bitmart", {"demo": True}, "1234@demo-api-cloud-v2.bitmart.com"),
        ("bitmart", {"account": "copy_trading"}, "1234/copy_trading"),
        ("bitmart", {"account": "futures"}, "1234"),
        ("bybit", {"demo": True}, "1234@api-demo.bybit.com"),
        ("bybit", {"site": "nl"}, "1234"),
        ("bybit", {"site": "testnet"}, "1234/testnet"),
        ("okx", {"region": "eea"}, "1234"),
        ("okx", {"region": "eea", "demo": True}, "1234@demo"),
        ("hyperliquid", {"demo": True}, "1234@api.hyperliquid-testnet.xyz"),
        ("hyperliquid", {"vault": VAULT}, f"1234/{VAULT.lower()}"),
        ("hyperliquid", {"dex": "xyz"}, "1234"),
        ("binance", {"demo": True}, "1234@demo-fapi.binance.com"),
    ],
)
def test_demo_a_test_net_a_vault_and_a_sub_account_are_accounts_of_their_own(
    venue: str, options: dict[str, Any], name: str
) -> None:
    assert made(venue, **options).account_id == name


@pytest.mark.parametrize(
    ("venue", "options"),
    [
        ("bitget", {"product_type": "COIN-FUTURES"}),
        ("bitget", {"product_type": "COIN-FUTURES", "margin_coin": "ETH"}),
        ("bitget", {"demo": True}),
        ("bitget-uta", {"product_type": "USDC-FUTURES"}),
        ("bybit", {"markets": ("inverse",)}),
        ("hyperliquid", {"dex": "xyz"}),
        ("hyperliquid", {"vault": VAULT}),
        ("bitmart", {"account": "copy_trading"}),
    ],
)
def test_what_reads_other_contracts_shares_no_picture(venue: str, options: dict[str, Any]) -> None:
    assert made(venue, **options).view_id != made(venue).view_id
    assert made(venue, **options).view_id == made(venue, **options).view_id


NEUTRAL = {
    "rsa", "private_key", "signer",  # how it is signed
    "margin_mode", "slippage", "coin_unit",  # how orders are written
    "cancel_on_disconnect",
    "site", "region",  # where an account was opened: it is at no other place
}  # fmt: skip
"""Options that make no other account, and read nothing else of one."""


@pytest.mark.parametrize("venue", BUILT_IN)
def test_every_option_is_known_to_make_another_account_or_view_or_not(venue: str) -> None:
    kind = adapter_class(venue)
    assert issubclass(kind, Adapter)
    own = declared(kind.takes).keys() - declared(Options).keys() - NEUTRAL
    others: dict[str, Any] = {
        "product_type": "COIN-FUTURES", "margin_coin": "ETH", "markets": ("inverse",), "dex": "xyz", "vault": VAULT,
        "account": "copy_trading",
    }  # fmt: skip
    for name in own:
        more: dict[str, Any] = {"base_url": HERE} if venue == "bitget-v1" else {}
        assert made(venue, **{name: others[name]}, **more).view_id != made(venue, **more).view_id
