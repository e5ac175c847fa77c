"""The simulated v1 against its documents: fields, words, codes. No adapter is involved."""

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

import pytest

from futures_async.adapters.bitget_v1.simulated import DIALECT
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.unified.enums import PositionMode
from tests.adapters.bitget_v1.data import KEY, PASSPHRASE, SECRET, load

D = Decimal
BASE = "/api/mix/v1"
NOW = 1_768_195_413_808
API_KEY = ApiKey(key=KEY, secret=SECRET, passphrase=PASSPHRASE)


class Venue:
    """A client that signs by the reference alone."""

    def __init__(self, mode: PositionMode = PositionMode.ONE_WAY, **options: Any) -> None:
        self.now = NOW
        setup = Setup(position_mode=mode, empty=True, key=API_KEY)
        given: dict[str, Any] = {"uid_limit": None, "endpoint_limits": False, "setup": setup, **options}
        self.exchange = SimulatedExchange(dialects=[DIALECT], now_ms=lambda: self.now, **given)
        self.exchange.engine.marks.pin("BTC/USDT:USDT", D(90_000))

    def raw(self, method: str, path: str, query: str = "", body: bytes = b"") -> tuple[int, dict[str, Any]]:
        stamp, path = str(self.now), BASE + path
        text = f"{stamp}{method}{path}{f'?{query}' if query else ''}".encode() + body
        sign = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
        headers = {
            "access-key": KEY,
            "access-sign": sign,
            "access-timestamp": stamp,
            "access-passphrase": PASSPHRASE,
            "content-type": "application/json",
        }
        response = self.exchange.handle(Request(method, path, query, body, headers, now_ms=self.now))
        return response.status, json.loads(response.body)

    def get(self, path: str, **params: object) -> Any:
        return self._data(*self.raw("GET", path, "&".join(f"{k}={v}" for k, v in sorted(params.items()))))

    def post(self, path: str, **fields: object) -> Any:
        self.now += 1000
        return self._data(*self.raw("POST", path, "", json.dumps(fields).encode()))

    def refused(self, path: str, **fields: object) -> str:
        self.now += 1000
        status, document = self.raw("POST", path, "", json.dumps(fields).encode())
        assert status == 400
        assert document["data"] is None
        return str(document["code"])

    def _data(self, status: int, document: dict[str, Any]) -> Any:
        assert (status, document["code"], document["msg"]) == (200, "00000", "success")
        assert document["requestTime"] == self.now
        return document["data"]

    def order(self, side: str = "buy", size: str = "0.1", price: str | None = None, **fields: object) -> dict[str, Any]:
        kind = "market" if price is None else "limit"
        given = {"symbol": "BTCUSDT", "side": side, "orderType": kind, "size": size, "leverage": "10", **fields}
        return {**given, "marginMode": fields.get("marginMode", "cross"), **({} if price is None else {"price": price})}

    def sides(self) -> dict[str, str]:
        rows = self.get("/position/allPosition", marginCoin="USDT")
        return {row["positionSide"]: row["holdPosition"] for row in rows}


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
def hedge() -> Venue:
    return Venue(PositionMode.HEDGE)


def keys(name: str) -> set[str]:
    data = load(name)["data"]
    return set(data[0] if isinstance(data, list) else data)  # pyright: ignore[reportUnknownArgumentType] - JSON


def test_the_account_adds_up_as_in_the_sample(venue: Venue) -> None:
    venue.post("/order/placeOrder", **venue.order())
    venue.exchange.engine.marks.pin("BTC/USDT:USDT", D(91_000))
    row = venue.get("/account/info", marginCoin="USDT")
    assert row.keys() == keys("account_info")
    assert D(row["total"]) + D(row["unrealizedPnl"]) == D(row["marginBalance"])
    assert (row["accountType"], row["marginMode"], row["riskLevel"]) == ("futures", "cross", "normal")
    assert D(row["initialMarginRate"]) == D("0.1")


def test_orders_positions_and_fills_have_the_documented_fields(venue: Venue) -> None:
    placed = venue.post("/order/placeOrder", **venue.order())
    assert placed.keys() == keys("order_place_order")
    assert (placed["status"], placed["orderType"]) == ("new", "market")
    detail = venue.get("/order/detail", symbol="BTCUSDT", orderId=placed["orderId"])
    assert detail.keys() == keys("order_detail")
    assert (detail["status"], detail["filledSize"]) == ("filled", "0.1")
    (position,) = venue.get("/position/allPosition", marginCoin="USDT", symbol="BTCUSDT")
    assert position.keys() == keys("position_all_position")
    assert (position["positionSide"], position["holdPosition"], position["isolatedMargin"]) == ("long", "0.1", "0")
    (fill,) = venue.get("/order/fills", symbol="BTCUSDT")
    assert fill.keys() == keys("order_fills")
    assert (fill["role"], fill["feeCurrency"]) == ("taker", "USDT")
    assert D(fill["fee"]) > 0
    resting = venue.post("/order/placeOrder", **venue.order(price="80000"))
    (current,) = venue.get("/order/current", symbol="BTCUSDT")
    assert current.keys() == keys("order_current")
    assert (current["orderId"], current["status"], current["avgPrice"]) == (resting["orderId"], "new", "0")
    assert [row["orderId"] for row in venue.get("/order/history", symbol="BTCUSDT")] == [placed["orderId"]]
    assert all(isinstance(row[name], int) for row in (detail, position) for name in ("createTime", "updateTime"))


@pytest.mark.parametrize("kind", ["limit", "post_only", "fok", "ioc", "market"])
def test_every_documented_order_type_is_taken(venue: Venue, kind: str) -> None:
    price = None if kind == "market" else "80000"
    placed = venue.post("/order/placeOrder", **(venue.order(price=price) | {"orderType": kind}))
    assert placed["orderType"] == kind
    status = venue.get("/order/detail", symbol="BTCUSDT", orderId=placed["orderId"])["status"]
    assert status == {"market": "filled", "fok": "cancelled", "ioc": "cancelled"}.get(kind, "new")


def test_in_one_way_mode_selling_nets(venue: Venue) -> None:
    venue.post("/order/placeOrder", **venue.order())
    venue.post("/order/placeOrder", **venue.order("sell", "0.04"))
    assert venue.sides() == {"long": "0.06"}
    venue.post("/order/placeOrder", **venue.order("sell", "5", reduceOnly=True))
    assert venue.sides() == {}


def test_in_hedge_mode_only_reducing_orders_close(hedge: Venue) -> None:
    hedge.post("/order/placeOrder", **hedge.order())
    hedge.post("/order/placeOrder", **hedge.order("sell", "0.2"))
    assert hedge.sides() == {"long": "0.1", "short": "0.2"}
    hedge.post("/order/placeOrder", **hedge.order("buy", "0.15", reduceOnly=True))
    assert hedge.sides() == {"long": "0.1", "short": "0.05"}
    assert hedge.refused("/position/close", symbol="BTCUSDT") == "400172"
    closed = hedge.post("/position/close", symbol="BTCUSDT", positionSide="short")
    assert closed.keys() == keys("position_close")
    assert hedge.sides() == {"long": "0.1"}
    hedge.post("/position/close", symbol="BTCUSDT")
    assert hedge.sides() == {}
    assert hedge.refused("/position/close", symbol="BTCUSDT") == "22002"


def test_orders_are_cancelled_one_by_one_or_all(venue: Venue) -> None:
    ids = [venue.post("/order/placeOrder", **venue.order(price="80000"))["orderId"] for _ in range(3)]
    answer = venue.post("/order/cancel", symbol="BTCUSDT", orderId=ids[0])
    assert answer == {"orderId": ids[0], "symbol": "BTCUSDT", "status": "cancelled"}
    assert venue.refused("/order/cancel", symbol="BTCUSDT", orderId=ids[0]) == "60006"
    assert venue.post("/order/cancelAll", symbol="BTCUSDT") == {"success": True, "cancelledOrders": ids[1:]}
    assert venue.post("/order/cancelAll", symbol="BTCUSDT") == {"success": True, "cancelledOrders": []}


def test_a_batch_answers_in_the_order_of_its_orders(venue: Venue) -> None:
    orders = [venue.order(price="80000"), venue.order(size="900"), venue.order("sell", price="99000")]
    rows = venue.post("/order/batchOrders", orders=orders)
    assert [row.keys() for row in rows] == [keys("order_batch_orders")] * 3
    assert [bool(row["orderId"]) for row in rows] == [True, False, True]
    assert [row["side"] for row in venue.get("/order/current", symbol="BTCUSDT")] == ["sell", "buy"]
    assert venue.refused("/order/batchOrders", orders=[]) == "400172"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"orderType": "stop"}, "60001"),
        ({"size": "0.00001"}, "60002"),
        ({"size": "-1"}, "60002"),
        ({"orderType": "limit", "price": "80000.05"}, "60003"),
        ({"size": "5"}, "60004"),
        ({"size": "100", "leverage": "100"}, "60005"),
        ({"marginMode": "crossed"}, "70001"),
        ({"marginMode": None}, "400172"),
        ({"leverage": ""}, "400172"),
        ({"reduceOnly": "YES"}, "400172"),
        ({"symbol": "NOSUCH"}, "40034"),
        ({"reduceOnly": True}, "22002"),
    ],
)
def test_refusals_have_the_documented_codes(venue: Venue, fields: dict[str, object], code: str) -> None:
    assert venue.refused("/order/placeOrder", **(venue.order() | fields)) == code


def test_an_unknown_order_is_not_found(venue: Venue) -> None:
    assert venue.raw("GET", "/order/detail", "orderId=5&symbol=BTCUSDT")[1]["code"] == "60006"


def test_settings_answer_with_what_stands(venue: Venue) -> None:
    assert venue.post("/account/setMarginMode", marginCoin="USDT", marginMode="isolated") == {
        "marginCoin": "USDT",
        "marginMode": "isolated",
    }
    assert venue.get("/account/info", marginCoin="USDT")["marginMode"] == "isolated"
    answer = venue.post("/position/leverage", symbol="BTCUSDT", leverage="7", marginMode="isolated")
    assert answer == {"symbol": "BTCUSDT", "leverage": "7", "marginMode": "isolated"}
    answer = venue.post("/account/setPositionMode", symbol="BTCUSDT", positionMode="hedged")
    assert answer == {"symbol": "BTCUSDT", "positionMode": "hedged"}
    tiers = venue.get("/account/riskLimit", symbol="BTCUSDT")
    assert tiers[0].keys() == keys("account_risk_limit")
    answer = venue.post("/account/setPositionRiskLimit", symbol="BTCUSDT", riskLimit=tiers[1]["riskLimit"])
    assert answer.keys() == keys("account_set_position_risk_limit")
    assert answer["maxPositionSize"] == tiers[1]["maxPositionSize"]
    assert venue.refused("/account/setPositionRiskLimit", symbol="BTCUSDT", riskLimit="1") == "70003"
    assert venue.refused("/account/setMarginMode", marginCoin="USDT", marginMode="crossed") == "70001"
    assert venue.refused("/account/setPositionMode", symbol="BTCUSDT", positionMode="hedge_mode") == "70002"


def test_modes_are_locked_while_a_position_is_open(venue: Venue) -> None:
    venue.post("/order/placeOrder", **venue.order(size="0.5"))
    assert venue.refused("/account/setMarginMode", marginCoin="USDT", marginMode="isolated") == "70001"
    assert venue.refused("/account/setPositionMode", symbol="BTCUSDT", positionMode="hedged") == "70002"
    assert venue.refused("/order/placeOrder", **venue.order(marginMode="isolated")) == "70001"
    assert venue.refused("/position/leverage", symbol="BTCUSDT", leverage="1", marginMode="cross") == "70004"


def test_bills_have_the_documented_words(venue: Venue) -> None:
    venue.post("/order/placeOrder", **venue.order())
    venue.post("/order/placeOrder", **venue.order("sell"))
    rows = venue.get("/account/bills", marginCoin="USDT")
    assert [row["type"] for row in rows] == ["realized_pnl", "fee", "deposit"]
    assert all(row.keys() == keys("account_bills") for row in rows)
    assert rows[0]["info"] == "Close long position"
    assert D(rows[1]["amount"]) < 0
    money = sum(D(row["amount"]) - D(row["fee"]) for row in rows)
    assert money == D(venue.get("/account/info", marginCoin="USDT")["total"])
    for word, kinds in (("pnl", ["realized_pnl"]), ("fee", ["fee"]), ("deposit", ["deposit"]), ("withdraw", [])):
        assert [row["type"] for row in venue.get("/account/bills", marginCoin="USDT", type=word)] == kinds
    assert venue.raw("GET", "/account/bills", "marginCoin=USDT&type=odd")[1]["code"] == "40020"


def test_lists_have_a_window_and_a_limit(venue: Venue) -> None:
    for number in range(105):
        venue.post("/order/placeOrder", **venue.order("sell" if number % 2 else "buy"))
    rows = venue.get("/order/fills", symbol="BTCUSDT")
    assert len(rows) == 100
    assert len(venue.get("/order/fills", symbol="BTCUSDT", limit=500)) == 105
    window = {"startTime": rows[3]["createTime"], "endTime": rows[1]["createTime"]}
    assert venue.get("/order/fills", symbol="BTCUSDT", **window) == rows[1:4]


def test_limits_are_the_historical_ones() -> None:
    venue = Venue(endpoint_limits=True)
    codes = [venue.raw("GET", "/account/info", "marginCoin=USDT")[1]["code"] for _ in range(11)]
    assert codes == ["00000"] * 10 + ["429"]


def test_the_demo_account_is_its_own_unless_its_key_is_given() -> None:
    found = SimulatedExchange(dialects=[DIALECT], now_ms=lambda: NOW).venues["bitget-v1"]
    assert found.key.key == "sim-bitget-v1-key"
    assert list(found.account.positions_of())
