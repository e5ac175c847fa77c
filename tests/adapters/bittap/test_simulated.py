"""The simulated BitTap against its reference: fields, arithmetic, signature, filters. No adapter is involved."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from futures_async.adapters.bittap.simulated import DIALECT
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.records import Ticket
from futures_async.unified.enums import Intent, MarginMode, OrderType, PositionMode, Side, TimeInForce
from tests.adapters.bittap.data import load

D = Decimal
BTC = "BTC/USDT:USDT"
NOW = 1_762_509_526_408
KEY = ApiKey(key="k", secret="bt-secret-2f1c0e9a")


class BitTap:
    """A client that signs by the reference alone."""

    def __init__(self, **options: Any) -> None:
        self.now = NOW
        setup = Setup(position_mode=PositionMode.HEDGE, empty=True, key=KEY)
        given: dict[str, Any] = {"uid_limit": None, "setup": setup, **options}
        self.exchange = SimulatedExchange(dialects=[DIALECT], now_ms=lambda: self.now, **given)
        self.engine = self.exchange.engine
        self.engine.marks.pin(BTC, D(90_000))

    @property
    def account(self) -> Account:
        return self.exchange.venues["bittap"].account

    def raw(self, path: str, query: str = "", **changes: str) -> tuple[int, dict[str, Any]]:
        headers = {"x-bt-apikey": "k", "x-bt-ts": str(self.now), "x-bt-nonce": "abc"}
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        text = "&".join(sorted(query.split("&"))) if query else ""
        text += f"&timestamp={headers['x-bt-ts']}&nonce={headers['x-bt-nonce']}"
        headers.setdefault("x-bt-sign", hmac.new(KEY.secret.encode(), text.encode(), hashlib.sha256).hexdigest())
        response = self.exchange.handle(Request("GET", path, query, b"", headers, now_ms=self.now))
        return response.status, json.loads(response.body)

    def get(self, path: str, query: str = "") -> Any:
        status, document = self.raw(path, query)
        assert (status, document["code"], document["success"]) == (200, "0", True)
        assert document["msg"] == "Request successful"
        return document["data"]

    def trade(self, side: Side, quantity: str = "0.1", price: str | None = None, **more: Any) -> None:
        self.now += 1000
        self.engine.settle(self.account)
        given: dict[str, Any] = {"intent": Intent.OPEN, "leverage": D(20), **more}
        ticket = Ticket(
            symbol=BTC,
            side=side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=D(quantity),
            price=None if price is None else D(price),
            **given,
        )
        with self.engine.arithmetic():
            self.engine.orders.place(self.account, ticket)


@pytest.fixture
def venue() -> Iterator[BitTap]:
    found = BitTap()
    with found.engine.arithmetic():
        yield found


def test_account_info_has_the_documented_fields_and_arithmetic(venue: BitTap) -> None:
    venue.trade(Side.BUY)
    venue.engine.marks.pin(BTC, D(89_000))
    data = venue.get("/ftapi/v1/account/info")
    documented = load("account_info")["data"]
    assert data.keys() == documented.keys()
    (asset,) = data["assets"]
    assert asset.keys() == documented["assets"][0].keys()
    (row,) = data["positions"]
    assert row.keys() == documented["positions"][0].keys()
    assert D(asset["available"]) == D(asset["balance"]) - D(asset["locked"]) + D(asset["crossProfitUnreal"])
    assert D(asset["canTransfer"]) == D(asset["balance"]) - D(asset["locked"])
    assert D(asset["equities"]) == D(asset["balance"]) + D(asset["profitUnreal"])
    assert D(row["entryValue"]) == D(row["quantity"]) * D(row["avgEntryPrice"])
    assert D(row["margin"]) == D(row["entryValue"]) / row["leverage"]
    assert (data["totalEquities"], data["totalLocked"]) == (asset["equities"], asset["locked"])
    nulls = {name for name, value in documented["positions"][0].items() if value is None}
    assert {name for name, value in row.items() if value is None} == nulls
    assert (row["liquidPrice"], row["maintainMargin"]) == ("0", "0")
    assert (row["side"], row["positionMode"], row["marginMode"]) == ("BUY", "HEDGE", "CROSSED")


def test_open_positions_are_filled_in(venue: BitTap) -> None:
    venue.trade(Side.SELL, margin_mode=MarginMode.ISOLATED)
    venue.engine.marks.pin(BTC, D(89_000))
    (row,) = venue.get("/ftapi/v1/openPosition", "symbolId=BTC-USDT-M")
    assert row.keys() == load("open_position")["data"][0].keys()
    assert {name for name, value in row.items() if value is None} == {"tpSl"}
    assert (row["side"], row["marginMode"], row["markPrice"]) == ("SELL", "ISOLATED", "89000")
    assert D(row["profitUnreal"]) == (D(row["avgEntryPrice"]) - 89_000) * D(row["quantity"])
    assert D(row["liquidPrice"]) > 89_000
    assert venue.get("/ftapi/v1/openPosition", "symbolId=ETH-USDT-M") == []


def test_orders_and_fills_have_the_documented_fields(venue: BitTap) -> None:
    venue.trade(Side.BUY)
    venue.trade(Side.BUY, price="80000", time_in_force=TimeInForce.POST_ONLY)
    venue.trade(Side.BUY, price="80000", time_in_force=TimeInForce.IOC)
    venue.trade(Side.SELL, quantity="0.04", intent=Intent.CLOSE, leverage=None)
    (opened,) = venue.get("/ftapi/v1/openOrder")
    assert opened.keys() == load("open_order")["data"][0].keys()
    assert (opened["status"], opened["postOnly"], opened["reduceOnly"]) == ("NEW", 1, False)
    past = venue.get("/ftapi/v1/orderHis")
    assert past[0].keys() == load("order_his")["data"][0].keys()
    assert [row["status"] for row in past] == ["FILLED", "CANCELED", "FILLED"]
    assert [row["reduceOnly"] for row in past] == [1, 0, 0]
    fills = venue.get("/ftapi/v1/tradeHis", "symbolId=BTC-USDT-M")
    assert fills[0].keys() == load("trade_his")["data"][0].keys()
    assert [(row["side"], row["liquidityType"]) for row in fills] == [("SELL", 1), ("BUY", 1)]
    assert D(fills[0]["tradeAmount"]) == D(fills[0]["tradePrice"]) * D(fills[0]["tradeQuantity"])


def test_lists_are_filtered_as_documented(venue: BitTap) -> None:
    for _ in range(4):
        venue.trade(Side.BUY)
    rows = venue.get("/ftapi/v1/tradeHis")
    times = [row["tradeTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert venue.get("/ftapi/v1/tradeHis", "limit=2") == rows[:2]
    assert venue.get("/ftapi/v1/tradeHis", f"startTime={times[2]}&endTime={times[1]}") == rows[1:3]
    assert venue.get("/ftapi/v1/tradeHis", f"orderId={rows[3]['orderId']}") == rows[3:]
    assert venue.get("/ftapi/v1/orderHis", f"orderId={rows[0]['orderId']}")[0]["id"] == rows[0]["orderId"]
    assert venue.get("/ftapi/v1/orderHis", "symbolId=ETH-USDT-M") == []
    for query in ("limit=1001", "limit=0", "limit=x", "endTime=soon"):
        assert venue.raw("/ftapi/v1/tradeHis", query)[0] == 400


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"x_bt_apikey": "other"}, 401, "410001"),
        ({"x_bt_sign": "00"}, 401, "410002"),
        ({"x_bt_ts": "soon"}, 401, "410002"),
        ({"x_bt_ts": str(NOW - 61_000)}, 401, "410002"),
        ({"x_bt_ts": str(NOW + 301_000)}, 401, "410002"),
        ({"x_bt_nonce": ""}, 401, "410002"),
    ],
)
def test_who_cannot_sign_is_refused(venue: BitTap, changes: dict[str, str], status: int, code: str) -> None:
    found, document = venue.raw("/ftapi/v1/account/info", **changes)
    assert (found, document["code"], document["success"]) == (status, code, False)
    assert "data" not in document
    assert document["timestamp"] == NOW


def test_clocks_may_be_a_little_off(venue: BitTap) -> None:
    for stamp in (NOW - 59_000, NOW + 299_000):
        assert venue.raw("/ftapi/v1/account/info", x_bt_ts=str(stamp))[0] == 200


def test_a_key_without_permission_reads_nothing() -> None:
    key = ApiKey(key="k", secret=KEY.secret, can_read=False)
    venue = BitTap(setup=Setup(empty=True, key=key))
    assert venue.raw("/ftapi/v1/account/info")[1]["code"] == "410006"


def test_ten_calls_a_second_and_no_more() -> None:
    venue = BitTap()
    found = [venue.raw("/ftapi/v1/openOrder")[0] for _ in range(11)]
    assert found == [200] * 10 + [429]


def test_market_data_needs_no_key(venue: BitTap) -> None:
    price = venue.get("/fmapi/v1/ticker/price", "symbolId=BTC-USDT-M")
    assert (price["price"], price["symbolName"]) == ("90000", "BTCUSDT")
    assert price.keys() == load("price_ticker")["data"].keys()
    assert venue.get("/fmapi/v1/ticker/24hr", "symbolId=BTC-USDT-M").keys() == load("day_ticker")["data"].keys()
    depth = venue.get("/fmapi/v1/depth", "symbolId=BTC-USDT-M&scale=0.1")
    assert depth.keys() == load("depth")["data"].keys()
    assert depth["bids"][0][0] < depth["asks"][0][0]
    info = venue.get("/fmapi/v1/exchangeInfo")
    assert info.keys() == load("exchange_info")["data"].keys()
    rules = load("exchange_info")["data"]["symbols"][0]
    assert info["symbols"][0].keys() == rules.keys() - {"someFieldNobodyDocuments"}
    for query in ("", "symbolId=BTCUSDT", "symbolId=NOSUCH-USDT-M"):
        assert venue.raw("/fmapi/v1/ticker/price", query)[1]["code"] == "10001"
    assert venue.raw("/ftapi/v1/placeOrder")[0] == 404


def test_a_demo_account_has_a_past_to_look_at() -> None:
    venue = BitTap(setup=Setup(key=KEY))
    assert venue.get("/ftapi/v1/openPosition")
    assert venue.get("/ftapi/v1/openOrder")
    assert len(venue.get("/ftapi/v1/tradeHis")) > 5
    assert {row["positionMode"] for row in venue.get("/ftapi/v1/openPosition")} == {"ONEWAY"}
