"""Clients that know nothing of this project trade on Binance's dialect; each is optional, none is a dependency."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from futures_async.simulator.demo import Setup
from futures_async.simulator.server import RunningExchange, serve
from futures_async.unified.enums import PositionMode

pytestmark = pytest.mark.filterwarnings("ignore")
SYMBOL = "LINK/USDT:USDT"


@pytest.fixture
def running() -> Iterator[RunningExchange]:
    with serve(only=["binance"], setup=Setup(empty=True), endpoint_limits=False) as exchange:
        yield exchange


def keys(running: RunningExchange) -> tuple[str, str]:
    announced = running.announcement()["venues"]["binance"]
    return announced["key"], announced["secret"]


def all_found(running: RunningExchange) -> bool:
    return not [arrival for arrival in running.exchange.arrivals if arrival.status == 404]


@pytest.fixture
def loop() -> Iterator[None]:
    """python-binance makes one where there is none, and never closes it."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    asyncio.set_event_loop(None)
    made.close()


@pytest.mark.parametrize("mode", list(PositionMode))
def test_ccxt_trades_from_flat_to_a_position_and_back(running: RunningExchange, mode: PositionMode) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ccxt: Any = pytest.importorskip("ccxt")
    key, secret = keys(running)
    # Else it asks the wallet's host for coins before anything else.
    client = ccxt.binanceusdm(
        {"apiKey": key, "secret": secret, "enableRateLimit": False, "options": {"fetchCurrencies": False}}
    )
    client.urls["api"] = {
        name: running.base_url + urlsplit(url).path if isinstance(url, str) else url
        for name, url in client.urls["api"].items()
    }
    hedged = mode is PositionMode.HEDGE
    assert SYMBOL in client.load_markets()
    assert client.fetch_balance()["USDT"]["total"] == 25_000
    if hedged:
        client.set_position_mode(True)
    client.set_leverage(7, SYMBOL)
    client.set_margin_mode("isolated", SYMBOL)
    long: dict[str, Any] = {"positionSide": "LONG"} if hedged else {}
    closing = long if hedged else {"reduceOnly": True}
    resting = client.create_order(SYMBOL, "limit", "buy", 10, 12, long)
    assert [order["id"] for order in client.fetch_open_orders(SYMBOL)] == [resting["id"]]
    client.edit_order(resting["id"], SYMBOL, "limit", "buy", 10, 11.9)
    assert client.fetch_order(resting["id"], SYMBOL)["price"] == 11.9
    client.cancel_order(resting["id"], SYMBOL)
    assert client.fetch_order(resting["id"], SYMBOL)["status"] == "canceled"
    client.create_order(SYMBOL, "market", "buy", 10, None, long)
    [held] = [row for row in client.fetch_positions([SYMBOL]) if row["contracts"]]
    assert (held["side"], held["contracts"]) == ("long", 10)
    stop = client.create_order(SYMBOL, "market", "sell", 4, None, closing | {"stopLossPrice": 5})
    assert stop["id"]
    client.create_order(SYMBOL, "market", "sell", 10, None, closing)
    assert [row for row in client.fetch_positions([SYMBOL]) if row["contracts"]] == []
    assert len(client.fetch_my_trades(SYMBOL)) == 2
    assert len(client.fetch_closed_orders(SYMBOL)) == 2
    assert client.fetch_ledger("USDT")
    assert client.fetch_ticker(SYMBOL)["last"]
    assert client.fetch_funding_rate(SYMBOL)["fundingRate"] is not None
    assert client.fetch_leverage_tiers([SYMBOL])[SYMBOL]
    assert all_found(running)


@pytest.mark.usefixtures("loop")
def test_python_binance_trades_from_flat_to_a_position_and_back(running: RunningExchange) -> None:
    binance: Any = pytest.importorskip("binance.client")
    key, secret = keys(running)
    client = binance.Client(key, secret, ping=False)
    client.FUTURES_URL = client.FUTURES_TESTNET_URL = running.base_url + "/fapi"
    assert {row["symbol"] for row in client.futures_exchange_info()["symbols"]} >= {"LINKUSDT"}
    assert client.futures_change_leverage(symbol="LINKUSDT", leverage=7)["leverage"] == 7
    order = client.futures_create_order(
        symbol="LINKUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="10", price="12"
    )
    assert [row["orderId"] for row in client.futures_get_open_orders(symbol="LINKUSDT")] == [order["orderId"]]
    assert client.futures_cancel_order(symbol="LINKUSDT", orderId=order["orderId"])["status"] == "CANCELED"
    filled = client.futures_create_order(
        symbol="LINKUSDT", side="BUY", type="MARKET", quantity="10", newOrderRespType="RESULT"
    )
    assert filled["status"] == "FILLED"
    assert [row["positionAmt"] for row in client.futures_position_information(symbol="LINKUSDT")] == ["10"]
    client.futures_create_order(symbol="LINKUSDT", side="SELL", type="MARKET", quantity="10", reduceOnly="true")
    assert [row for row in client.futures_position_information(symbol="LINKUSDT") if float(row["positionAmt"])] == []
    assert len(client.futures_account_trades(symbol="LINKUSDT")) == 2
    assert len(client.futures_get_all_orders(symbol="LINKUSDT")) == 3
    assert {row["incomeType"] for row in client.futures_income_history()} >= {"COMMISSION", "REALIZED_PNL", "TRANSFER"}
    assert float(client.futures_account()["totalWalletBalance"]) > 24_000
    client.close_connection()
    assert all_found(running)


def test_the_vendors_sdk_trades_from_flat_to_a_position_and_back(running: RunningExchange) -> None:
    sdk: Any = pytest.importorskip("binance_sdk_derivatives_trading_usds_futures")
    common: Any = pytest.importorskip("binance_common.configuration")
    module: Any = pytest.importorskip(f"{sdk.__name__}.derivatives_trading_usds_futures")
    key, secret = keys(running)
    configuration = common.ConfigurationRestAPI(api_key=key, api_secret=secret, base_path=running.base_url)
    api = module.DerivativesTradingUsdsFutures(config_rest_api=configuration).rest_api
    order = api.new_order(
        symbol="LINKUSDT", side="BUY", type="LIMIT", time_in_force="GTC", quantity=10, price=12
    ).data()
    assert [row.order_id for row in api.current_all_open_orders(symbol="LINKUSDT").data()] == [order.order_id]
    assert api.cancel_order(symbol="LINKUSDT", order_id=order.order_id).data().status == "CANCELED"
    api.new_order(symbol="LINKUSDT", side="BUY", type="MARKET", quantity=10)
    [held] = api.position_information_v3(symbol="LINKUSDT").data()
    assert held.position_amt == "10"
    api.new_order(symbol="LINKUSDT", side="SELL", type="MARKET", quantity=10, reduce_only="true")
    assert len(api.account_trade_list(symbol="LINKUSDT").data()) == 2
    assert len(api.all_orders(symbol="LINKUSDT").data()) == 3
    assert api.get_income_history().data()
    assert float(api.account_information_v3().data().total_wallet_balance) > 24_000
    assert all_found(running)
