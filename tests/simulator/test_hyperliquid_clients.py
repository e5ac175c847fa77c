"""Clients that know nothing of this project trade against it: the vendor's own, and ccxt. Neither is depended on."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from futures_async.simulator.demo import Setup
from futures_async.simulator.server import RunningExchange, serve

pytestmark = pytest.mark.filterwarnings("ignore")

LIMITS: dict[str, Any] = {"uid_limit": None, "endpoint_limits": False}


def announced(running: RunningExchange) -> tuple[str, str]:
    """The account's address and the key of its wallet."""
    account = running.announcement()["venues"]["hyperliquid"]
    return account["key"], account["secret"]


def refused(running: RunningExchange) -> list[str]:
    return [f"{arrival.path}: {arrival.status}" for arrival in running.exchange.arrivals if arrival.status != 200]


def test_the_vendors_client_trades_from_flat_to_a_position_and_back() -> None:
    accounts: Any = pytest.importorskip("eth_account")
    trading: Any = pytest.importorskip("hyperliquid.exchange")
    reading: Any = pytest.importorskip("hyperliquid.info")
    limit = {"limit": {"tif": "Gtc"}}

    def verdict(answer: Any) -> Any:
        assert answer["status"] == "ok"
        return answer["response"]["data"]["statuses"][0]

    with serve(only=["hyperliquid"], setup=Setup(empty=True), **LIMITS) as running:
        address, key = announced(running)
        info = reading.Info(running.base_url, skip_ws=True)
        exchange = trading.Exchange(accounts.Account.from_key(key), running.base_url, account_address=address)

        def positions() -> list[tuple[str, str]]:
            rows = info.user_state(address)["assetPositions"]
            return [(row["position"]["coin"], row["position"]["szi"]) for row in rows]

        assert float(info.user_state(address)["marginSummary"]["accountValue"]) == 25_000
        assert exchange.update_leverage(7, "ETH", is_cross=False)["status"] == "ok"
        first = verdict(exchange.order("ETH", True, 0.1, 2000, limit))["resting"]["oid"]
        assert [row["oid"] for row in info.open_orders(address)] == [first]
        second = verdict(exchange.modify_order(first, "ETH", True, 0.1, 2010, limit))["resting"]["oid"]
        assert second != first
        assert [(row["oid"], row["limitPx"]) for row in info.frontend_open_orders(address)] == [(second, "2010.0")]
        assert verdict(exchange.cancel("ETH", second)) == "success"
        assert "error" in verdict(exchange.cancel("ETH", second))
        assert info.query_order_by_oid(address, second)["order"]["status"] == "canceled"

        assert verdict(exchange.market_open("ETH", True, 0.1))["filled"]["totalSz"] == "0.1"
        assert positions() == [("ETH", "0.1")]
        assert exchange.update_isolated_margin(20.0, "ETH")["status"] == "ok"
        stop = {"trigger": {"isMarket": True, "triggerPx": 1500, "tpsl": "sl"}}
        assert "resting" in verdict(exchange.order("ETH", False, 0.1, 1500, stop, reduce_only=True))
        assert "filled" in verdict(exchange.market_close("ETH"))
        assert positions() == []

        assert [row["dir"] for row in info.user_fills(address)] == ["Close Long", "Open Long"]
        assert [row["dir"] for row in info.user_fills_by_time(address, 0)] == ["Open Long", "Close Long"]
        assert {row["order"]["oid"] for row in info.historical_orders(address)} >= {first, second}
        assert info.user_funding_history(address, 0) == []
        assert [row["delta"]["type"] for row in info.user_non_funding_ledger_updates(address, 0)] == ["deposit"]
        exchange.set_expires_after(1)
        assert exchange.order("ETH", True, 0.1, 2000, limit)["status"] == "err"
        assert refused(running) == []


def test_ccxt_trades_from_flat_to_a_position_and_back() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ccxt: Any = pytest.importorskip("ccxt")
    symbol = "ETH/USDC:USDC"
    with serve(only=["hyperliquid"], setup=Setup(empty=True), **LIMITS) as running:
        address, key = announced(running)
        options = {"defaultType": "swap", "fetchMarkets": {"types": ["swap"]}}
        client = ccxt.hyperliquid(
            {"walletAddress": address, "privateKey": key, "enableRateLimit": False, "options": options}
        )
        client.urls["api"] = dict.fromkeys(client.urls["api"], running.base_url)

        def positions() -> list[tuple[str, float]]:
            return [(row["side"], row["contracts"]) for row in client.fetch_positions([symbol])]

        assert symbol in client.load_markets()
        assert client.fetch_balance()["USDC"]["total"] == 25_000
        client.set_leverage(7, symbol, {"marginMode": "isolated"})
        first = client.create_order(symbol, "limit", "buy", 0.1, 2000)["id"]
        client.edit_order(first, symbol, "limit", "buy", 0.1, 2010)
        [second] = [order["id"] for order in client.fetch_open_orders(symbol)]
        client.cancel_order(second, symbol)
        assert client.fetch_order(second, symbol)["status"] == "canceled"
        price = client.fetch_ticker(symbol)["last"]
        client.create_order(symbol, "market", "buy", 0.1, price)
        assert positions() == [("long", 0.1)]
        client.add_margin(symbol, 20)
        client.create_order(symbol, "market", "sell", 0.1, price, {"stopLossPrice": 2500, "reduceOnly": True})
        client.create_order(symbol, "market", "sell", 0.1, price, {"reduceOnly": True})
        assert positions() == []
        assert len(client.fetch_my_trades(symbol)) == 2
        assert [order["status"] for order in client.fetch_closed_orders(symbol)] == ["closed", "closed"]
        assert second in {order["id"] for order in client.fetch_canceled_orders(symbol)}
        assert client.fetch_ledger("USDC", since=1)
        assert client.fetch_funding_history(symbol, since=1) == []
        assert client.fetch_funding_rates([symbol])
        assert refused(running) == []
