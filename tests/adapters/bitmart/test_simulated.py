"""BitMart's dialect of the simulated exchange, spoken to with bare requests as the wire reference has them."""

from __future__ import annotations

import hashlib
import hmac
import json
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.adapters.bitmart.simulated import REFUSALS, STATUS, Simulated
from futures_async.simulator import errors
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.unified.enums import PositionMode
from tests.adapters.bitmart.documents import document

NOON = 1_768_190_400_000
BTC = "BTC/USDT:USDT"
LIMIT = {"symbol": "BTCUSDT", "type": "limit", "side": 1, "price": "80000", "size": 10}
MARKET = {"symbol": "BTCUSDT", "type": "market", "side": 1, "size": 10}


class Wire:
    """A client that knows nothing but the reference."""

    def __init__(self, mode: PositionMode, *, endpoint_limits: bool = False) -> None:
        self.now = NOON
        self.exchange = SimulatedExchange(
            dialects=[Simulated],
            setup=Setup(position_mode=mode, empty=True),
            now_ms=lambda: self.now,
            uid_limit=None,
            endpoint_limits=endpoint_limits,
        )
        self.move(90_000)
        self.key = self.exchange.venues["bitmart"].key
        self.trace = ""

    def move(self, price: int) -> None:
        """The mark price, and half a second for it to be felt."""
        self.exchange.engine.marks.pin(BTC, D(price))
        self.now += 500

    def raw(self, method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Response:
        sent = {"x-bm-key": self.key.key, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.exchange.handle(Request(method, path, query, body, sent, now_ms=self.now))

    def signed(self, path: str, body: bytes, *, stamp: str | None = None, memo: str | None = None) -> Response:
        stamp = str(self.now) if stamp is None else stamp
        text = f"{stamp}#{self.key.memo if memo is None else memo}#".encode() + body
        sign = hmac.new(self.key.secret.encode(), text, hashlib.sha256).hexdigest()
        return self.raw("POST", path, body=body, x_bm_sign=sign, x_bm_timestamp=stamp)

    def get(self, name: str, **params: object) -> Any:
        return self.good(self.raw("GET", path(name), query="&".join(f"{k}={v}" for k, v in params.items())))

    def post(self, name: str, **fields: object) -> Any:
        return self.good(self.signed(path(name), json.dumps(fields).encode()))

    def refused(self, name: str, **fields: object) -> tuple[int, int]:
        """HTTP status and code."""
        return judged(self.signed(path(name), json.dumps(fields).encode()))

    def refused_get(self, name: str, **params: object) -> tuple[int, int]:
        return judged(self.raw("GET", path(name), query="&".join(f"{k}={v}" for k, v in params.items())))

    def good(self, response: Response) -> Any:
        answer = json.loads(response.body)
        assert (response.status, answer["code"], set(answer)) == (200, 1000, {"code", "message", "data", "trace"})
        return answer["data"]


def path(name: str) -> str:
    if name.startswith("/"):
        return name
    return f"/contract/{name}" if "/" in name else f"/contract/private/{name}"


def judged(response: Response) -> tuple[int, int]:
    answer = json.loads(response.body)
    assert answer["message"]
    assert answer["data"] is None
    return response.status, answer["code"]


@pytest.fixture
def hedge() -> Wire:
    return Wire(PositionMode.HEDGE)


@pytest.fixture
def one_way() -> Wire:
    return Wire(PositionMode.ONE_WAY)


# Who may


def test_a_keyed_read_needs_the_key_alone_and_never_fails_for_a_signature(one_way: Wire) -> None:
    path = "/contract/private/assets-detail"
    assert one_way.raw("GET", path).status == 200
    assert one_way.raw("GET", path, x_bm_sign="nonsense", x_bm_timestamp="1").status == 200


@pytest.mark.parametrize(("key", "code"), [("", 30001), ("stranger", 30002)])
def test_a_read_without_a_known_key_is_refused(one_way: Wire, key: str, code: int) -> None:
    assert judged(one_way.raw("GET", "/contract/private/position", x_bm_key=key)) == (401, code)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 30004),
        ({"x_bm_sign": "s"}, 30006),
        ({"x_bm_sign": "s", "x_bm_timestamp": "noon"}, 30008),
        ({"x_bm_sign": "s", "x_bm_timestamp": str(NOON - 70_000)}, 30007),
        ({"x_bm_sign": "s", "x_bm_timestamp": str(NOON)}, 30005),
    ],
)
def test_a_post_is_refused_by_what_its_headers_lack(one_way: Wire, headers: dict[str, str], code: int) -> None:
    response = one_way.raw("POST", "/contract/private/submit-order", body=b"{}", **headers)
    assert judged(response) == (401, code)


def test_the_memo_is_part_of_the_signature(one_way: Wire) -> None:
    body = json.dumps(LIMIT).encode()
    assert judged(one_way.signed("/contract/private/submit-order", body, memo="another"))[1] == 30005
    assert one_way.signed("/contract/private/submit-order", body).status == 200


def test_a_minute_off_is_too_much(one_way: Wire) -> None:
    body = json.dumps(LIMIT).encode()
    order = "/contract/private/submit-order"
    assert one_way.signed(order, body, stamp=str(one_way.now - 60_000)).status == 200
    assert judged(one_way.signed(order, body, stamp=str(one_way.now - 60_001)))[1] == 30007
    assert judged(one_way.signed(order, body, stamp=str(one_way.now + 60_001)))[1] == 30007


def test_an_unknown_path_answers_in_the_gateways_own_form(one_way: Wire) -> None:
    response = one_way.raw("GET", "/contract/private/no-such")
    assert (response.status, json.loads(response.body)) == (404, document("error-30000-msg"))


def test_a_body_that_is_no_json_has_its_own_code(one_way: Wire) -> None:
    assert judged(one_way.signed("/contract/private/submit-order", b"{")) == (503, 30018)


def test_limits_are_per_endpoint_and_remaining_counts_up() -> None:
    wire = Wire(PositionMode.ONE_WAY, endpoint_limits=True)
    used = [
        dict(wire.raw("GET", "/contract/private/get-position-mode").headers)["X-BM-RateLimit-Remaining"]
        for _ in range(2)
    ]
    assert used == ["1", "2"]
    refused = wire.raw("GET", "/contract/private/get-position-mode")
    assert judged(refused) == (429, 30013)
    assert {name: value for name, value in refused.headers if name != "Date"} == {
        "X-BM-RateLimit-Limit": "2",
        "X-BM-RateLimit-Reset": "2",
        "X-BM-RateLimit-Remaining": "2",
        "X-BM-RateLimit-Mode": "KEY",
    }
    assert wire.raw("GET", "/contract/private/assets-detail").status == 200
    wire.now += 2001
    assert wire.raw("GET", "/contract/private/get-position-mode").status == 200
    assert dict(wire.raw("GET", "/system/time").headers)["X-BM-RateLimit-Mode"] == "IP"


@pytest.mark.parametrize("error", list(REFUSALS))
def test_every_refusal_of_the_engine_has_a_documented_code(error: type[errors.EngineError]) -> None:
    documented = {str(row["code"]): row["http"] for row in document("error-table")}
    code = REFUSALS[error][0]
    assert STATUS.get(code, 400) == documented[code]


def test_an_error_that_is_not_in_the_table_is_the_catch_all(one_way: Wire) -> None:
    dialect = one_way.exchange.venues["bitmart"].dialect
    assert dialect.translate(errors.NothingToCancel(""), Request("GET", "/")).code == "40012"


def test_the_date_is_the_exchanges_own(one_way: Wire) -> None:
    one_way.now = NOON + 999
    assert dict(one_way.raw("GET", "/system/time").headers)["Date"] == "Mon, 12 Jan 2026 04:00:00 GMT"


# Documents have the documented fields


def fields(row: dict[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in row.items()}


def test_rows_have_exactly_the_documented_fields_and_types(hedge: Wire) -> None:
    hedge.post("submit-leverage", symbol="BTCUSDT", leverage="5", open_type="isolated")
    hedge.post("submit-order", **MARKET)
    v1, v2, risk = (hedge.get(name, symbol="BTCUSDT") for name in ("position", "position-v2", "position-risk"))
    assert fields(v1[0]) == fields(document("position-v1")["data"][0])
    assert [fields(row) for row in v2] == [fields(row) for row in document("position-v2-hedge")["data"]]
    assert fields(risk[0]) == fields(document("position-risk")["data"][0])
    (history,) = hedge.get("order-history", symbol="BTCUSDT")
    assert fields(history) == fields(document("order-history")["data"][0])
    (trade,) = hedge.get("trades")
    assert fields(trade) == fields(document("trades")["data"][0])
    ledger = hedge.get("transaction-history")
    assert fields(ledger[0]) == fields(document("transaction-history")["data"][0])
    assert [fields(row) for row in hedge.get("assets-detail")] == [
        fields(row) for row in document("assets-detail")["data"]
    ]
    placed = hedge.post("submit-order", **LIMIT)
    assert fields(placed) == fields(document("submit-order")["data"])
    order = hedge.get("order", symbol="BTCUSDT", order_id=placed["order_id"])
    assert fields(document("order")["data"]).items() <= fields(order).items()
    hedge.post("submit-plan-order", **PLAN)
    (plan,) = hedge.get("current-plan-order")
    assert fields(plan) == fields(document("current-plan-order")["data"][0])
    assert fields(hedge.get("trade-fee-rate", symbol="BTCUSDT")) == fields(document("trade-fee-rate")["data"])


def test_public_rows_have_exactly_the_documented_fields_and_types(one_way: Wire) -> None:
    (row,) = one_way.get("public/details", symbol="BTCUSDT")["symbols"]
    assert fields(row) == fields(document("details")["data"]["symbols"][0])
    (rule,) = one_way.get("public/leverage-bracket", symbol="BTCUSDT")["rules"]
    documented = document("leverage-bracket")["data"]["rules"][0]
    assert fields(rule["brackets"][0]) == fields(documented["brackets"][0])
    rate = one_way.get("public/funding-rate", symbol="BTCUSDT")
    assert fields(rate) == fields(document("funding-rate")["data"])
    assert one_way.get("/system/time") == {"server_time": one_way.now}


def test_maintenance_margin_by_the_brackets_grows_without_a_step(one_way: Wire) -> None:
    (rule,) = one_way.get("public/leverage-bracket", symbol="BTCUSDT")["rules"]
    for lower, upper in zip(rule["brackets"], rule["brackets"][1:], strict=False):
        edge = D(lower["notional_cap"])
        margins = [edge * D(tier["maint_margin_ratio"]) - D(tier["cum"]) for tier in (lower, upper)]
        assert margins[0] == margins[1]


def test_other_public_calls_answer(one_way: Wire) -> None:
    assert len(one_way.get("public/details")["symbols"]) > 5
    assert len(one_way.get("public/leverage-bracket")["rules"]) > 5
    depth = one_way.get("public/depth", symbol="BTCUSDT")
    assert D(depth["bids"][0][0]) < D(90_000) < D(depth["asks"][0][0])
    assert one_way.get("public/market-trade", symbol="BTCUSDT")[0]["time"] == one_way.now // 1000
    assert one_way.get("public/open-interest", symbol="BTCUSDT")["symbol"] == "BTCUSDT"
    rates = one_way.get("public/funding-rate-history", symbol="BTCUSDT", limit=3)["list"]
    assert len(rates) == 3
    assert isinstance(rates[0]["funding_time"], str)
    candles = one_way.get("public/kline", symbol="BTCUSDT", step=5, start_time=1768180000, end_time=1768183000)
    assert [row["timestamp"] for row in candles][:2] == [1768179900, 1768180200]
    assert one_way.get("public/markprice-kline", symbol="BTCUSDT")[0]["volume"] == "0"
    assert one_way.get("/system/service") == {"service": []}
    assert one_way.get("/account/v1/currencies")["currencies"][0]["currency"] == "USDT"
    assert one_way.get("/spot/v1/symbols/details") == {"symbols": []}


@pytest.mark.parametrize(
    ("name", "params", "code"),
    [
        ("public/details", {"symbol": "NOUSDT"}, 40012),
        ("public/depth", {"symbol": "NOUSDT"}, 40034),
        ("public/depth", {}, 40011),
        ("public/kline", {"symbol": "BTCUSDT", "step": 7}, 40038),
        ("order", {"symbol": "BTCUSDT"}, 40011),
        ("order", {"symbol": "BTCUSDT", "order_id": "12"}, 40035),
        ("order", {"symbol": "BTCUSDT", "order_id": "x"}, 40007),
        ("order-history", {}, 40011),
        ("order-history", {"symbol": "BTCUSDT", "start_time": 5, "end_time": 5}, 40039),
        ("trades", {"start_time": 1, "end_time": 90 * 86400 + 2}, 40039),
        ("transaction-history", {"start_time": 5, "end_time": 4}, 40039),
        ("transaction-history", {"page_size": 1001}, 40011),
    ],
)
def test_reads_are_refused_with_the_documented_code(
    one_way: Wire, name: str, params: dict[str, object], code: int
) -> None:
    assert one_way.refused_get(name, **params) == (400, code)


# Orders


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"size": "10"}, (400, 40007)),
        ({"size": True}, (400, 40007)),
        ({"size": None}, (400, 40007)),
        ({"side": "1"}, (400, 40007)),
        ({"price": 80000}, (400, 40007)),
        ({"price": "NaN"}, (400, 40007)),
        ({"price": "x"}, (400, 40007)),
        ({"size": 0}, (400, 40044)),
        ({"size": 10_000_000}, (400, 40044)),
        ({"side": 5}, (400, 40041)),
        ({"side": None}, (400, 40041)),
        ({"type": "stop"}, (400, 40042)),
        ({"mode": 5}, (400, 40011)),
        ({"type": "market", "mode": 4}, (400, 40011)),
        ({"price": None}, (400, 40011)),
        ({"price": "80000.05"}, (400, 40043)),
        ({"symbol": "NOUSDT"}, (400, 40034)),
        ({"client_order_id": "a_b"}, (403, 40048)),
        ({"client_order_id": "a" * 33}, (403, 40049)),
        ({"open_type": "both"}, (400, 40045)),
        ({"leverage": "500"}, (400, 40029)),
        ({"leverage": "0.5"}, (400, 40030)),
        ({"size": 1800}, (400, 40027)),
        ({"side": 3}, (400, 40021)),
    ],
)
def test_orders_are_refused_with_the_documented_code(
    one_way: Wire, change: dict[str, object], answer: tuple[int, int]
) -> None:
    assert one_way.refused("submit-order", **{**LIMIT, "leverage": "5", **change}) == answer


def test_a_repeated_client_id_is_forbidden(one_way: Wire) -> None:
    one_way.post("submit-order", **LIMIT, client_order_id="BM1")
    assert one_way.refused("submit-order", **LIMIT, client_order_id="BM1") == (403, 40050)


def test_the_answer_names_a_number_and_no_price_for_market_orders(one_way: Wire) -> None:
    answer = one_way.post("submit-order", **MARKET)
    assert answer["price"] == "market price"
    assert isinstance(answer["order_id"], int)
    assert 10**14 < answer["order_id"] < 2**53, "JavaScript must be able to read it"


@pytest.mark.parametrize("mode", list(PositionMode))
def test_the_four_sides_open_and_close_in_both_modes(mode: PositionMode) -> None:
    wire = Wire(mode)

    def held() -> dict[str, str]:
        return {row["position_side"]: row["position_amount"] for row in wire.get("position-v2")}

    hedge = mode is PositionMode.HEDGE
    wire.post("submit-order", **MARKET)
    assert held() == ({"long": "10"} if hedge else {"both": "10"})
    wire.post("submit-order", **{**MARKET, "side": 3})
    assert held() == {}
    wire.post("submit-order", **{**MARKET, "side": 4})
    assert held() == ({"short": "10"} if hedge else {"both": "-10"})
    wire.post("submit-order", **{**MARKET, "side": 2})
    assert held() == {}


def test_a_closing_order_never_opens(one_way: Wire) -> None:
    one_way.post("submit-order", **MARKET)
    one_way.post("submit-order", **{**MARKET, "side": 3, "size": 30})
    assert one_way.get("position-v2") == []
    assert one_way.refused("submit-order", **{**MARKET, "side": 3}) == (400, 40021)


@pytest.mark.parametrize(
    ("mode", "price", "state"), [(2, "80000", 4), (3, "80000", 4), (4, "95000", 4), (1, "80000", 2)]
)
def test_what_the_market_does_not_take_ends_as_the_mode_says(one_way: Wire, mode: int, price: str, state: int) -> None:
    placed = one_way.post("submit-order", **{**LIMIT, "mode": mode, "price": price})
    order = one_way.get("order", symbol="BTCUSDT", order_id=placed["order_id"])
    assert (order["state"], order["deal_size"], order["deal_avg_price"]) == (state, "0", "0")


def test_an_opening_order_must_repeat_the_positions_terms(one_way: Wire) -> None:
    one_way.post("submit-order", **MARKET, leverage="5", open_type="isolated")
    assert one_way.refused("submit-order", **MARKET, leverage="6", open_type="isolated") == (400, 40040)
    assert one_way.refused("submit-order", **MARKET, leverage="5", open_type="cross") == (400, 40040)
    one_way.post("submit-order", **MARKET, leverage="5", open_type="isolated")
    (row,) = one_way.get("position-v2")
    assert (row["current_amount"], row["leverage"], row["open_type"]) == ("20", "5", "isolated")


def test_an_order_is_changed_in_place_by_a_number(one_way: Wire) -> None:
    placed = one_way.post("submit-order", **LIMIT, client_order_id="BM1")
    answer = one_way.post("modify-limit-order", symbol="BTCUSDT", order_id=placed["order_id"], price="81000", size=5)
    assert answer == {"order_id": placed["order_id"], "client_order_id": "BM1"}
    order = one_way.get("order", symbol="BTCUSDT", order_id=placed["order_id"])
    assert (order["price"], order["size"]) == ("81000", "5")
    assert one_way.post("modify-limit-order", symbol="BTCUSDT", client_order_id="BM1", price="81000") == answer
    placed_id = placed["order_id"]
    assert one_way.post("modify-limit-order", symbol="BTCUSDT", order_id=placed_id, size="7") == answer
    assert one_way.refused("modify-limit-order", symbol="BTCUSDT", order_id=placed_id, size="seven") == (400, 40007)
    wrong = {"symbol": "BTCUSDT", "order_id": str(placed["order_id"]), "price": "82000"}
    assert one_way.refused("modify-limit-order", **wrong) == (400, 40007)
    assert one_way.refused("modify-limit-order", symbol="BTCUSDT", order_id=placed["order_id"]) == (400, 40011)
    assert one_way.refused("modify-limit-order", symbol="BTCUSDT", price="82000") == (400, 40011)


def test_a_cancel_names_its_order_in_text(one_way: Wire) -> None:
    placed = one_way.post("submit-order", **LIMIT, client_order_id="BM1")
    assert one_way.refused("cancel-order", symbol="BTCUSDT", order_id=placed["order_id"]) == (400, 40007)
    assert one_way.refused("cancel-order", symbol="BTCUSDT", order_id="abc") == (400, 40037)
    assert one_way.refused("cancel-order", symbol="ETHUSDT", order_id=str(placed["order_id"])) == (400, 40035)
    assert one_way.post("cancel-order", symbol="BTCUSDT", client_order_id="BM1") == {}
    assert one_way.refused("cancel-order", symbol="BTCUSDT", order_id=str(placed["order_id"])) == (400, 40036)


@pytest.mark.parametrize("ids", [{}, {"order_id": ""}, {"client_order_id": ""}, {"order_id": None}])
def test_a_cancel_without_an_id_cancels_everything(one_way: Wire, ids: dict[str, object]) -> None:
    one_way.post("submit-order", **LIMIT)
    one_way.post("submit-order", **LIMIT)
    assert one_way.post("cancel-order", symbol="BTCUSDT", **ids) == {}
    assert one_way.get("get-open-orders") == []


def test_cancelling_all_of_nothing_is_no_error(one_way: Wire) -> None:
    assert one_way.post("cancel-orders", symbol="BTCUSDT") == {}


def test_the_dead_mans_switch_fires_unless_it_is_armed_again(one_way: Wire) -> None:
    one_way.post("submit-order", **LIMIT)
    now = one_way.now // 1000
    assert one_way.post("cancel-all-after", symbol="BTCUSDT", timeout=5) == {
        "result": True,
        "set_time": now,
        "cancel_time": now + 5,
    }
    one_way.now += 4000
    one_way.post("cancel-all-after", symbol="BTCUSDT", timeout=10)
    one_way.now += 6000
    assert len(one_way.get("get-open-orders")) == 1
    one_way.post("cancel-all-after", symbol="BTCUSDT", timeout=0)
    one_way.now += 60_000
    assert len(one_way.get("get-open-orders")) == 1
    one_way.post("cancel-all-after", symbol="BTCUSDT", timeout=5)
    one_way.now += 5500
    assert one_way.get("get-open-orders") == []
    assert one_way.refused("cancel-all-after", symbol="BTCUSDT", timeout=4) == (400, 40011)
    assert one_way.refused("cancel-all-after", symbol="BTCUSDT") == (400, 40011)


# Settings


def test_leverage_is_set_with_the_margin_mode_and_queried_without_change(one_way: Wire) -> None:
    answer = one_way.post("submit-leverage", symbol="BTCUSDT", leverage="7", open_type="isolated")
    assert answer == {"symbol": "BTCUSDT", "leverage": "7", "open_type": "isolated", "max_value": "125"}
    assert one_way.post("submit-leverage", symbol="BTCUSDT", open_type="cross") == answer
    (row,) = one_way.get("position-v2", symbol="BTCUSDT")
    assert (row["leverage"], row["open_type"], row["current_amount"]) == ("7", "isolated", "0")
    assert one_way.get("position-v2") == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"leverage": "500", "open_type": "cross"}, 40029),
        ({"leverage": "0", "open_type": "cross"}, 40030),
        ({"leverage": "5"}, 40045),
        ({"leverage": 5, "open_type": "cross"}, 40007),
    ],
)
def test_leverage_is_refused_and_stays(one_way: Wire, fields: dict[str, object], code: int) -> None:
    before = one_way.get("position-v2", symbol="BTCUSDT")
    assert one_way.refused("submit-leverage", symbol="BTCUSDT", **fields) == (400, code)
    assert one_way.get("position-v2", symbol="BTCUSDT") == before


def test_a_refused_leverage_leaves_the_margin_mode(one_way: Wire) -> None:
    assert one_way.refused("submit-leverage", symbol="BTCUSDT", leverage="500", open_type="isolated") == (400, 40029)
    (row,) = one_way.get("position-v2", symbol="BTCUSDT")
    assert row["open_type"] == "cross"


def test_the_margin_mode_is_locked_by_a_position(one_way: Wire) -> None:
    one_way.post("submit-order", **MARKET)
    assert one_way.refused("submit-leverage", symbol="BTCUSDT", leverage="5", open_type="isolated") == (400, 40040)


def test_the_position_mode_is_locked_by_any_order(one_way: Wire) -> None:
    assert one_way.get("get-position-mode") == {"position_mode": "one_way_mode"}
    assert one_way.post("set-position-mode", position_mode="hedge_mode") == {"position_mode": "hedge_mode"}
    assert one_way.get("get-position-mode") == {"position_mode": "hedge_mode"}
    assert len(one_way.get("position-v2", symbol="BTCUSDT")) == 2
    one_way.post("submit-order", **LIMIT)
    assert one_way.refused("set-position-mode", position_mode="one_way_mode") == (400, 40059)
    assert one_way.post("set-position-mode", position_mode="hedge_mode") == {"position_mode": "hedge_mode"}
    assert one_way.refused("set-position-mode", position_mode="net") == (400, 40011)


def test_the_copy_trading_account_is_empty(one_way: Wire) -> None:
    one_way.post("submit-order", **MARKET)
    for name in ("position", "position-v2", "position-risk", "order-history", "trades"):
        assert one_way.get(name, symbol="BTCUSDT", account="copy_trading") == []
        assert len(one_way.get(name, symbol="BTCUSDT", account="futures")) == 1


# Lists


def test_the_list_of_open_orders_ends_at_a_hundred(one_way: Wire) -> None:
    for _ in range(105):
        one_way.post("submit-order", **{**LIMIT, "size": 1})
    assert len(one_way.get("get-open-orders")) == 100
    assert len(one_way.get("get-open-orders", limit=3)) == 3
    assert one_way.get("get-open-orders", type="market") == []
    assert one_way.get("get-open-orders", order_state="partially_filled") == []
    assert one_way.get("get-open-orders", symbol="ETHUSDT") == []


def test_past_orders_are_cut_at_two_hundred_and_bounded_in_seconds(one_way: Wire) -> None:
    for _ in range(105):
        one_way.post("submit-order", **{**MARKET, "size": 1})
        one_way.post("submit-order", **{**MARKET, "size": 1, "side": 3})
        one_way.now += 1000
    rows = one_way.get("order-history", symbol="BTCUSDT")
    assert len(rows) == 200
    assert rows[0]["create_time"] > rows[-1]["create_time"]
    assert len(one_way.get("trades")) == 200
    start = (NOON + 500) // 1000
    some = one_way.get("order-history", symbol="BTCUSDT", start_time=start, end_time=start + 10)
    assert {row["create_time"] // 1000 - start for row in some} <= set(range(11))
    assert 0 < len(some) < 30
    assert len(one_way.get("order-history", symbol="BTCUSDT", start_time=start + 100)) < 20
    assert one_way.get("trades", symbol="ETHUSDT") == []


def test_past_rows_can_be_asked_for_by_id(one_way: Wire) -> None:
    placed = one_way.post("submit-order", **MARKET, client_order_id="BM1")
    one_way.post("submit-order", **{**MARKET, "side": 3}, client_order_id="BM2")
    (order,) = one_way.get("order-history", symbol="BTCUSDT", client_order_id="BM1")
    assert order["order_id"] == str(placed["order_id"])
    (trade,) = one_way.get("trades", client_order_id="BM1")
    assert "client_order_id" not in trade
    assert len(one_way.get("trades", order_id=placed["order_id"])) == 1


def test_a_week_is_the_default_of_lists(one_way: Wire) -> None:
    one_way.post("submit-order", **MARKET)
    one_way.post("submit-order", **{**MARKET, "side": 3})
    one_way.now += 8 * 86_400_000
    assert one_way.get("order-history", symbol="BTCUSDT") == one_way.get("trades") == []
    assert one_way.get("transaction-history") == []


def test_profit_and_commission_are_ledger_rows_of_one_id(one_way: Wire) -> None:
    one_way.post("submit-order", **MARKET)
    one_way.move(91_000)
    one_way.post("submit-order", **{**MARKET, "side": 3})
    rows = one_way.get("transaction-history", symbol="BTCUSDT")
    assert [(row["flow_type"], row["type"]) for row in rows] == [
        (4, "Commission Fee"),
        (2, "Realized PNL"),
        (4, "Commission Fee"),
    ]
    assert rows[0]["tran_id"] == rows[1]["tran_id"]
    assert D(rows[0]["amount"]) < 0 < D(rows[1]["amount"])
    assert [row["symbol"] for row in one_way.get("transaction-history", flow_type=1)] == [""]
    assert len(one_way.get("transaction-history", page_size=2)) == 2


# Conditional orders


PLAN = {
    "symbol": "BTCUSDT",
    "type": "limit",
    "side": 1,
    "size": 10,
    "leverage": "5",
    "open_type": "isolated",
    "mode": 1,
    "trigger_price": "85000",
    "executive_price": "84900",
    "price_way": 2,
    "price_type": 1,
}


def test_a_plan_order_waits_and_becomes_an_order_named_after_it(one_way: Wire) -> None:
    plan = one_way.post("submit-plan-order", **{**PLAN, "type": "market", "executive_price": None})
    assert isinstance(plan["order_id"], int)
    (row,) = one_way.get("current-plan-order", symbol="BTCUSDT", plan_type="plan", type="market")
    assert (row["type"], row["price_way"], row["executive_price"]) == ("plan", 2, "0")
    assert one_way.get("current-plan-order", type="limit") == []
    one_way.move(84_000)
    assert one_way.get("current-plan-order") == []
    (order,) = one_way.get("order-history", symbol="BTCUSDT")
    assert order["client_order_id"] == f"PLAN_{plan['order_id']}"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "stop"}, 40042),
        ({"price_way": 3}, 40011),
        ({"price_type": None}, 40011),
        ({"trigger_price": None}, 40011),
        ({"executive_price": None}, 40011),
        ({"trigger_price": "85000.05"}, 40043),
        ({"side": 9}, 40041),
        ({"size": "10"}, 40007),
    ],
)
def test_plan_orders_are_refused_with_the_documented_code(one_way: Wire, change: dict[str, object], code: int) -> None:
    assert one_way.refused("submit-plan-order", **{**PLAN, **change}) == (400, code)


STOP = {
    "symbol": "BTCUSDT",
    "type": "stop_loss",
    "side": 3,
    "size": 4,
    "trigger_price": "85000",
    "executive_price": "0",
    "price_type": 2,
    "plan_category": 1,
    "category": "market",
    "client_order_id": "SL1",
}


def test_a_stop_loss_closes_its_part_of_the_position(one_way: Wire) -> None:
    one_way.post("submit-order", **MARKET)
    answer = one_way.post("submit-tp-sl-order", **STOP)
    assert (type(answer["order_id"]), answer["client_order_id"]) == (str, "SL1")
    (row,) = one_way.get("current-plan-order", plan_type="profit_loss")
    assert (row["type"], row["plan_category"], row["side"], row["price_type"]) == ("stop_loss", 1, 3, 2)
    one_way.move(84_000)
    (position,) = one_way.get("position-v2")
    assert position["current_amount"] == "6"


def test_without_a_size_the_whole_position_is_protected(one_way: Wire) -> None:
    one_way.post("submit-order", **MARKET)
    whole = {name: value for name, value in STOP.items() if name not in ("size", "plan_category", "client_order_id")}
    one_way.post("submit-tp-sl-order", **whole)
    (row,) = one_way.get("current-plan-order")
    assert row["plan_category"] == 2
    one_way.move(84_000)
    assert one_way.get("position-v2") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"side": 1}, 40041),
        ({"type": "plan"}, 40042),
        ({"trigger_price": None}, 40011),
        ({"trigger_price": "95000"}, 40031),
        ({"trigger_price": "85000.05"}, 40043),
        ({"symbol": "ETHUSDT", "trigger_price": "3000"}, 40021),
    ],
)
def test_stops_are_refused_with_the_documented_code(one_way: Wire, change: dict[str, object], code: int) -> None:
    one_way.post("submit-order", **MARKET)
    assert one_way.refused("submit-tp-sl-order", **{**STOP, **change}) == (400, code)


def test_conditional_orders_are_cancelled_by_id_and_without_one_all_at_once(one_way: Wire) -> None:
    plan = one_way.post("submit-plan-order", **PLAN)
    assert one_way.refused("cancel-plan-order", symbol="ETHUSDT", order_id=str(plan["order_id"])) == (400, 40035)
    assert one_way.post("cancel-plan-order", symbol="BTCUSDT", order_id=str(plan["order_id"])) == {}
    assert one_way.refused("cancel-plan-order", symbol="BTCUSDT", order_id=str(plan["order_id"])) == (400, 40035)
    one_way.post("submit-plan-order", **PLAN)
    one_way.post("submit-plan-order", **PLAN)
    one_way.post("cancel-plan-order", symbol="BTCUSDT")
    assert one_way.get("current-plan-order") == []


def test_presets_become_conditional_orders_once_the_order_fills(one_way: Wire) -> None:
    one_way.post(
        "submit-order",
        **MARKET,
        preset_take_profit_price="95000",
        preset_take_profit_price_type=2,
        preset_stop_loss_price="85000",
    )
    rows = one_way.get("current-plan-order", plan_type="profit_loss")
    assert {(row["type"], row["trigger_price"], row["price_type"]) for row in rows} == {
        ("take_profit", "95000", 2),
        ("stop_loss", "85000", 1),
    }
    (order,) = one_way.get("order-history", symbol="BTCUSDT")
    assert (order["preset_take_profit_price"], order["preset_take_profit_price_type"]) == ("95000", 2)


def test_a_liquidation_is_an_order_of_its_own_type(one_way: Wire) -> None:
    one_way.post("submit-order", **{**MARKET, "size": 100}, leverage="50", open_type="isolated")
    one_way.move(80_000)
    row = one_way.get("order-history", symbol="BTCUSDT")[0]
    assert (row["type"], row["client_order_id"]) == ("liquidate", "")


def test_the_demo_account_comes_with_a_past() -> None:
    exchange = SimulatedExchange(dialects=[Simulated], now_ms=lambda: NOON)
    account = exchange.venues["bitmart"].account
    assert account.positions
    assert account.open_orders
    for position in account.positions.values():
        assert position.quantity % exchange.engine.world.contract(position.symbol).contract_size == 0


# Trailing orders and changes

TRAIL: dict[str, object] = {
    "symbol": "BTCUSDT",
    "side": 4,
    "leverage": "5",
    "open_type": "cross",
    "size": 10,
    "activation_price": "91000",
    "callback_rate": "1",
    "activation_price_type": 1,
}


def test_a_trailing_order_is_an_open_order_of_its_own_type(one_way: Wire) -> None:
    made = one_way.post("submit-trail-order", **TRAIL)
    assert isinstance(made["order_id"], int)
    (row,) = one_way.get("get-open-orders", type="trailing")
    assert fields(row) == fields(document("open-orders-trailing")["data"][0])
    assert (row["activation_price"], row["callback_rate"], row["side"]) == ("91000", "1", 4)
    assert [row["type"] for row in one_way.get("get-open-orders")] == ["trailing"]
    assert one_way.get("get-open-orders", type="limit") == []
    assert one_way.get("get-open-orders", symbol="ETHUSDT") == []
    assert one_way.get("current-plan-order") == []
    one_way.post("cancel-trail-order", symbol="BTCUSDT")
    assert one_way.get("get-open-orders") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"callback_rate": "0.09"}, 40011),
        ({"callback_rate": "5.1"}, 40011),
        ({"callback_rate": 1}, 40007),
        ({"activation_price": "91000.05"}, 40043),
        ({"activation_price_type": 3}, 40011),
        ({"open_type": "other"}, 40011),
        ({"leverage": None}, 40011),
        ({"leverage": "1000"}, 40029),
        ({"size": 0}, 40044),
        ({"side": 5}, 40041),
        ({"symbol": "NOUSDT"}, 40034),
    ],
)
def test_trailing_orders_are_refused_with_the_documented_code(
    one_way: Wire, change: dict[str, object], code: int
) -> None:
    assert one_way.refused("submit-trail-order", **{**TRAIL, **change}) == (400, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"order_id": None}, 40011),
        ({"trigger_price": None}, 40011),
        ({"trigger_price": "85000.05"}, 40043),
        ({"price_type": 3}, 40011),
        ({"type": "market"}, 40011),
        ({"executive_price": None}, 40011),
        ({"symbol": "ETHUSDT"}, 40035),
        ({"order_id": "1"}, 40035),
        ({"order_id": 1}, 40007),
    ],
)
def test_changes_of_plan_orders_are_refused_with_the_documented_code(
    one_way: Wire, change: dict[str, object], code: int
) -> None:
    made = one_way.post("submit-plan-order", **PLAN)
    body: dict[str, object] = {
        "symbol": "BTCUSDT",
        "order_id": str(made["order_id"]),
        "trigger_price": "85000",
        "executive_price": "84999",
        "price_type": 2,
        "type": "limit",
    }
    assert one_way.refused("modify-plan-order", **{**body, **change}) == (400, code)
    assert one_way.refused("modify-tp-sl-order", **body) == (400, 40035)
    assert one_way.post("modify-plan-order", **body) == {"order_id": str(made["order_id"])}
    (row,) = one_way.get("current-plan-order")
    assert (row["trigger_price"], row["executive_price"], row["price_type"]) == ("85000", "84999", 2)


def test_presets_of_a_finished_order_stay(one_way: Wire) -> None:
    made = one_way.post(
        "submit-order", symbol="BTCUSDT", side=1, type="market", size=10, leverage="5", open_type="cross"
    )
    body = {"symbol": "BTCUSDT", "order_id": str(made["order_id"]), "preset_stop_loss_price": "80000"}
    assert one_way.refused("modify-preset-plan-order", **body) == (400, 40036)
    assert one_way.refused("modify-preset-plan-order", symbol="BTCUSDT") == (400, 40011)


def test_presets_of_an_open_order_stay_on_their_side(one_way: Wire) -> None:
    made = one_way.post("submit-order", **LIMIT)
    body = {"symbol": "BTCUSDT", "order_id": str(made["order_id"])}
    assert one_way.refused("modify-preset-plan-order", **body, preset_stop_loss_price="81000") == (400, 40031)
    assert one_way.post("modify-preset-plan-order", **body, preset_stop_loss_price="79000")["order_id"]
    assert one_way.refused("submit-order", **MARKET, preset_take_profit_price="1") == (400, 40031)
