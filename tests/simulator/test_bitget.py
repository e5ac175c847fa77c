"""The Bitget dialect against the reference (venues/bitget.md), not against the adapter."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from futures_async.adapters.bitget.simulated import DEMO_KEY, DIALECT
from futures_async.adapters.bitget.simulated import KEY as DEFAULT_KEY
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.unified.enums import PositionMode
from tests.simulator.bitget_client import KEY, MIX, NOW, Bitget, Refused

ONE_WAY, HEDGE = PositionMode.ONE_WAY, PositionMode.HEDGE


@pytest.fixture
def venue() -> Bitget:
    return Bitget()


@pytest.fixture
def hedge() -> Bitget:
    return Bitget(HEDGE)


def refusal(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    assert caught.value.status == 400
    return caught.value.code


# -- the gate


def test_a_refusal_that_serves_many_requests_keeps_the_frames_of_none() -> None:
    exchange = SimulatedExchange(only=["bitget"])
    for _ in range(3):
        answer = exchange.handle(Request("GET", f"{MIX}/market/tickers", "productType=NONE"))
        assert answer.status == 400
    assert DIALECT.bad_product.__traceback__ is None


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "stamp", "sign"),
    [
        (
            "GET",
            f"{MIX}/position/single-position",
            "marginCoin=USDT&productType=USDT-FUTURES&symbol=BTCUSDT",
            "",
            NOW,
            "/ih9Ux43Bze3mLfyGx9D54StkeIOWpjmX4TzqUxluQM=",
        ),
        (  # the reference's negative control is what an unsorted query signs to
            "GET",
            f"{MIX}/position/single-position",
            "symbol=BTCUSDT&productType=USDT-FUTURES&marginCoin=USDT",
            "",
            NOW,
            "vzougC3Y4OeLqCNThSbfAh3hgsta7uazN7ihiyit6Zs=",
        ),
        (
            "GET",
            f"{MIX}/account/accounts",
            "productType=USDT-FUTURES",
            "",
            NOW,
            "9dFDVb6aEUjDwrPpb6PQg6JP/ka4l+n3t9sGeucKZ0A=",
        ),
        (
            "POST",
            f"{MIX}/order/place-order",
            "",
            '{"symbol":"BTCUSDT","productType":"USDT-FUTURES","marginMode":"isolated","marginCoin":"USDT",'
            '"size":"0.001","price":"60000","side":"buy","tradeSide":"open","orderType":"limit","force":"gtc",'
            '"clientOid":"fx-20260112-000001"}',
            NOW,
            "h+rzam2yCrOzwFnO51z2jaII40VdmBfqnqhtkAtcYPU=",
        ),
        ("GET", f"{MIX}/account/union-config", "", "", NOW, "hWDxJrZsSsdiXyPyzSIO/p8OTIr/YDXx8H9Da3iSI+Y="),
    ],
)
def test_the_signing_vectors_of_the_reference_are_accepted(
    method: str, path: str, query: str, body: str, stamp: int, sign: str
) -> None:
    venue = Bitget(HEDGE)
    response, answer = venue.raw(method, path, query, body.encode(), access_sign=sign, access_timestamp=str(stamp))
    assert (response.status, answer["code"]) == (200, "00000")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("40001", {"access_key": None}),
        ("40006", {"access_key": "somebody"}),
        ("40005", {"access_timestamp": "yesterday"}),
        ("40005", {"access_timestamp": str(NOW // 1000)}),
        ("40008", {"access_timestamp": str(NOW - 30_001)}),
        ("40008", {"access_timestamp": str(NOW + 30_001)}),
        ("40002", {"access_sign": None}),
        ("40011", {"access_passphrase": None}),
        ("40012", {"access_passphrase": "wrong"}),
        ("40009", {"access_sign": "AAAA"}),
        ("40099", {"paptrading": "1"}),
    ],
)
def test_each_wrong_header_has_its_code(venue: Bitget, code: str, changes: dict[str, Any]) -> None:
    response, answer = venue.raw("GET", f"{MIX}/account/accounts", "productType=USDT-FUTURES", **changes)
    assert (response.status, answer["code"], answer["data"]) == (400, code, None)


def test_a_timestamp_just_inside_the_window_passes(venue: Bitget) -> None:
    for seconds in (-30_000, 30_000):
        venue.now = NOW
        headers = venue.headers("GET", f"{MIX}/account/union-config", "", b"")
        venue.now = NOW + seconds
        request = Request("GET", f"{MIX}/account/union-config", headers=headers, now_ms=venue.now)
        assert venue.exchange.handle(request).status == 200


def test_a_post_needs_the_json_content_type(venue: Bitget) -> None:
    _, answer = venue.raw("POST", f"{MIX}/order/cancel-order", "", b"{}", content_type=None)
    assert answer["code"] == "40007"
    _, answer = venue.raw("POST", f"{MIX}/order/cancel-order", "", b"{not json")
    assert answer["code"] == "40017"


def test_a_demo_key_needs_the_demo_header_and_has_an_account_of_its_own(venue: Bitget) -> None:
    path, query = f"{MIX}/account/accounts", "productType=USDT-FUTURES"
    headers = venue.headers("GET", path, query, b"", DEMO_KEY)
    code = json.loads(venue.exchange.handle(Request("GET", path, query, b"", headers, now_ms=NOW)).body)["code"]
    assert code == "40099"
    headers["paptrading"] = "1"
    answer = json.loads(venue.exchange.handle(Request("GET", path, query, b"", headers, now_ms=NOW)).body)
    assert answer["data"][0]["accountEquity"] == "25000"
    path, query = f"{MIX}/order/fill-history", "productType=USDT-FUTURES"
    headers = venue.headers("GET", path, query, b"", DEMO_KEY) | {"paptrading": "1"}
    answer = json.loads(venue.exchange.handle(Request("GET", path, query, b"", headers, now_ms=NOW)).body)
    assert answer["code"] == "40404"


def test_a_key_without_a_right_is_refused() -> None:
    reader = ApiKey(key="r", secret="s", passphrase="p", can_trade=False)
    exchange = SimulatedExchange(dialects=[DIALECT], setup=Setup(empty=True, key=reader), now_ms=lambda: NOW)
    venue = Bitget()
    headers = venue.headers("POST", f"{MIX}/order/cancel-order", "", b"{}", reader)
    response = exchange.handle(Request("POST", f"{MIX}/order/cancel-order", "", b"{}", headers, now_ms=NOW))
    assert json.loads(response.body)["code"] == "40014"


def test_unknown_paths_and_account_modes_are_answered_as_the_venue_does(venue: Bitget) -> None:
    response, answer = venue.raw("GET", f"{MIX}/nothing")
    assert (response.status, answer["code"]) == (404, "40404")
    response, answer = venue.raw("GET", "/api/v3/account/settings")
    assert (response.status, answer["code"]) == (400, "40084")
    venue.account.kind = "unified"
    assert venue.raw("GET", f"{MIX}/account/union-config")[1]["code"] == "40085"


def test_the_envelope_has_the_documented_fields_and_the_clock(venue: Bitget) -> None:
    response, answer = venue.raw("GET", "/api/v2/public/time")
    assert answer == {
        "code": "00000",
        "msg": "success",
        "requestTime": NOW,
        "data": {"serverTime": str(NOW)},
    }
    assert response.content_type.startswith("application/json")


# -- shapes: every field that the reference's examples have


def example(heading: str) -> set[str]:
    """The field names of the reference's JSON examples; the data file was extracted from them."""
    table = json.loads((Path(__file__).parent / "bitget_fields.json").read_text())
    return set(table[heading])


@pytest.fixture
def rich() -> Bitget:
    """One-way, with a position, its TP/SL, a resting order, history, a trigger order."""
    venue = Bitget()
    venue.order("buy", "0.1", clientOid="first")
    venue.order("sell", "0.1", reduceOnly="YES")
    venue.order("buy", "0.2")
    venue.order("buy", "0.1", "80000")
    venue.post(
        "/order/place-pos-tpsl",
        symbol="BTCUSDT",
        holdSide="buy",
        stopSurplusTriggerPrice="99000",
        stopLossTriggerPrice="80000",
    )
    return venue


@pytest.mark.parametrize(
    ("name", "path", "pick"),
    [
        ("account", "/account/account?symbol=BTCUSDT&marginCoin=USDT", None),
        ("accounts", "/account/accounts", 0),
        ("position", "/position/all-position", 0),
        ("position", "/position/single-position?symbol=BTCUSDT&marginCoin=USDT", 0),
        ("history-position", "/position/history-position", "list"),
        ("detail", "/order/detail?symbol=BTCUSDT&clientOid=first", None),
        ("pending", "/order/orders-pending", "entrustedList"),
        ("history", "/order/orders-history", "entrustedList"),
        ("fill", "/order/fills", "fillList"),
        ("plan", "/order/orders-plan-pending?planType=profit_loss", "entrustedList"),
        ("bill", "/account/bill", "bills"),
        ("contract", "/market/contracts", 0),
        ("ticker", "/market/ticker?symbol=BTCUSDT", 0),
        ("funding", "/market/current-fund-rate?symbol=BTCUSDT", 0),
        ("tier", "/market/query-position-lever?symbol=BTCUSDT", 0),
        ("adl", "/position/adlRank", 0),
        ("depth", "/market/merge-depth?symbol=BTCUSDT", None),
    ],
)
def test_each_answer_has_the_fields_of_the_references_example(
    rich: Bitget, name: str, path: str, pick: str | int | None
) -> None:
    path, _, query = path.partition("?")
    params = dict(part.split("=") for part in query.split("&")) if query else {}
    data = rich.get(path, **params)
    if isinstance(pick, str):
        data = data[pick][0]
    elif pick is not None:
        data = data[pick]
    # The history's example shows fewer of the preset fields than the list that it is one of.
    assert set(data) >= example(name) if name == "history" else set(data) == example(name)
    numbers = {"crossedMarginLeverage", "isolatedLongLever", "isolatedShortLever"}
    assert all(isinstance(value, int) == (key in numbers) for key, value in data.items())


def test_nothing_is_null_not_an_empty_list(venue: Bitget) -> None:
    assert venue.get("/order/orders-pending") == {"entrustedList": None, "endId": None}
    assert venue.get("/order/orders-history") == {"entrustedList": None, "endId": None}
    assert venue.get("/order/fills") == {"fillList": None, "endId": None}
    assert venue.get("/order/orders-plan-pending", planType="normal_plan") == {"entrustedList": None, "endId": None}
    assert venue.get("/position/all-position") == []
    assert venue.get("/position/history-position") == {"list": [], "endId": None}


# -- orders


@pytest.mark.parametrize("mode", list(PositionMode))
@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("long", [True, False])
@pytest.mark.parametrize("kind", ["market", "limit", "post_only", "fok", "ioc"])
def test_the_matrix_of_intents_ends_in_the_right_position(
    mode: PositionMode, close: bool, long: bool, kind: str
) -> None:
    venue = Bitget(mode)
    hedge = mode is HEDGE
    direction = "buy" if long else "sell"
    against = "sell" if long else "buy"
    opening: dict[str, Any] = {"tradeSide": "open"} if hedge else {}
    if close:
        venue.order(direction, "0.3", **opening)
    # In hedge mode `side` names the position, whether it is opened or closed.
    side = direction if hedge or not close else against
    more: dict[str, Any] = {"tradeSide": "close" if close else "open"} if hedge else {}
    if close and not hedge:
        more["reduceOnly"] = "YES"
    buys = long != close
    if kind == "market":
        answer = venue.order(side, "0.1", **more)
    elif kind == "post_only":
        answer = venue.order(side, "0.1", "89900" if buys else "90100", force=kind, **more)
        venue.move(89_000 if buys else 91_000)
    else:
        force = {"limit": "gtc"}.get(kind, kind)
        answer = venue.order(side, "0.1", "90100" if buys else "89900", force=force, **more)
    expected = "0.2" if close else "0.1"
    assert venue.positions() == [("long" if long else "short", expected)]
    row = venue.get("/order/detail", symbol="BTCUSDT", orderId=answer["orderId"])
    assert row["state"] == "filled"
    assert row["side"] == side
    assert row["tradeSide"] == (("close" if close else "open") if hedge else f"{side}_single")
    assert row["posSide"] == (("long" if long else "short") if hedge else "net")
    assert row["reduceOnly"] == ("YES" if close else "NO")


def test_trade_side_must_be_sent_in_hedge_mode_and_only_there(venue: Bitget, hedge: Bitget) -> None:
    assert refusal(venue.order, tradeSide="open") == "40774"
    assert refusal(hedge.order) == "40774"


def test_reduce_only_is_ignored_in_hedge_mode(hedge: Bitget) -> None:
    hedge.order("buy", "0.1", tradeSide="open", reduceOnly="YES")
    assert hedge.positions() == [("long", "0.1")]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("400172", {"size": ""}),
        ("400172", {"orderType": "limit"}),
        ("41103", {"size": "much"}),
        ("41103", {"size": "NaN"}),
        ("41103", {"size": "-1"}),
        ("41103", {"side": "long"}),
        ("41103", {"marginMode": "both"}),
        ("22038", {"size": "0.00001"}),
        ("45112", {"size": "500"}),
        ("45115", {"orderType": "limit", "price": "80000.05"}),
        ("40815", {"orderType": "limit", "price": "1"}),
        ("45110", {"orderType": "limit", "price": "40000", "size": "0.0001"}),
        ("40762", {"size": "100"}),
        ("40034", {"symbol": "BTCUSDTX"}),
        ("40072", {"marginCoin": "USDC"}),
        ("40020", {"productType": "SPOT"}),
        ("400172", {"productType": ""}),
        ("40304", {"clientOid": "x" * 51}),
        ("40305", {"clientOid": "ä"}),
        ("22002", {"reduceOnly": "YES"}),
    ],
)
def test_a_bad_order_gets_the_venues_code_with_http_400(venue: Bitget, code: str, changes: dict[str, str]) -> None:
    assert refusal(venue.order, **changes) == code
    assert venue.get("/order/orders-history")["entrustedList"] is None


def test_a_client_id_may_be_used_again_once_its_order_is_done(venue: Bitget) -> None:
    first = venue.order("buy", "0.1", "80000", clientOid="mine")
    assert refusal(venue.order, clientOid="mine") == "40786"
    venue.post("/order/cancel-order", symbol="BTCUSDT", clientOid="mine")
    second = venue.order(clientOid="mine")
    assert first["orderId"] != second["orderId"]
    assert venue.get("/order/detail", symbol="BTCUSDT", clientOid="mine")["orderId"] == second["orderId"]


def test_a_client_id_is_made_when_none_is_sent(venue: Bitget) -> None:
    answer = venue.order()
    assert set(answer) == {"orderId", "clientOid"}
    assert answer["clientOid"].isdigit()


def test_a_reduce_only_order_that_displaces_others_has_no_id_yet(venue: Bitget) -> None:
    venue.order("buy", "0.2")
    venue.order("sell", "0.2", "95000", reduceOnly="YES")
    answer = venue.order("sell", "0.2", "96000", reduceOnly="YES", clientOid="newer")
    assert answer == {"orderId": None, "clientOid": "newer"}
    assert venue.get("/order/detail", symbol="BTCUSDT", clientOid="newer")["state"] == "live"


def test_a_batch_succeeds_and_fails_order_by_order(venue: Bitget) -> None:
    item = {"size": "0.1", "side": "buy", "orderType": "limit", "price": "80000"}
    items = [item | {"clientOid": "a"}, item | {"clientOid": "b", "price": "80000.01"}, item | {"size": None}]
    data = venue.post("/order/batch-place-order", symbol="BTCUSDT", marginMode="crossed", orderList=items)
    assert [row["clientOid"] for row in data["successList"]] == ["a"]
    assert [(row["clientOid"], row["errorCode"]) for row in data["failureList"]] == [("b", "45115"), ("", "400172")]
    assert (
        refusal(venue.post, "/order/batch-place-order", symbol="BTCUSDT", marginMode="crossed", orderList=[item] * 21)
        == "40306"
    )
    assert (
        refusal(venue.post, "/order/batch-place-order", symbol="BTCUSDT", marginMode="crossed", orderList="x")
        == "400172"
    )


def test_modifying_makes_a_new_order_under_the_new_client_id(venue: Bitget) -> None:
    old = venue.order("buy", "0.1", "80000", clientOid="old")
    change = {"symbol": "BTCUSDT", "orderId": old["orderId"], "newSize": "0.2", "newPrice": "81000"}
    assert refusal(venue.post, "/order/modify-order", **change) == "22003"
    assert refusal(venue.post, "/order/modify-order", **change, newClientOid="old") == "40786"
    half = {"symbol": "BTCUSDT", "orderId": old["orderId"], "newSize": "0.2", "newClientOid": "n"}
    assert refusal(venue.post, "/order/modify-order", **half) == "40925"
    same = change | {"newSize": "0.1", "newPrice": "80000", "newClientOid": "n"}
    assert refusal(venue.post, "/order/modify-order", **same) == "40923"
    assert venue.post("/order/modify-order", **change, newClientOid="new") == old
    row = venue.get("/order/detail", symbol="BTCUSDT", clientOid="new")
    assert (row["size"], row["price"], row["state"]) == ("0.2", "81000", "live")
    assert row["orderId"] != old["orderId"]
    assert venue.get("/order/detail", symbol="BTCUSDT", clientOid="old")["state"] == "canceled"
    presets = {"symbol": "BTCUSDT", "clientOid": "new", "newClientOid": "z", "newPresetStopLossPrice": "70000"}
    venue.post("/order/modify-order", **presets)
    row = venue.get("/order/detail", symbol="BTCUSDT", clientOid="new")
    assert (row["presetStopLossPrice"], row["presetStopSurplusPrice"]) == ("70000", "")
    assert refusal(venue.post, "/order/modify-order", symbol="BTCUSDT", orderId="12", newClientOid="q") == "43001"


def test_cancelling_says_what_was_wrong(venue: Bitget) -> None:
    order = venue.order("buy", "0.1", "80000")
    cancel = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    assert venue.post("/order/cancel-order", **cancel) == order
    assert refusal(venue.post, "/order/cancel-order", **cancel) == "45129"
    venue.now += 1_000
    assert refusal(venue.post, "/order/cancel-order", **cancel) == "45031"
    assert refusal(venue.post, "/order/cancel-order", symbol="BTCUSDT", clientOid="x") == "40768"
    assert refusal(venue.post, "/order/cancel-order", symbol="BTCUSDT") == "40913"
    assert refusal(venue.post, "/order/cancel-order", symbol="BTCUSDT", orderId="1e5") == "40402"


def test_batch_cancel_by_list_by_symbol_and_for_all(venue: Bitget) -> None:
    first = venue.order("buy", "0.1", "80000", clientOid="a")
    venue.order("buy", "0.1", "80000", clientOid="b")
    ids = [{"orderId": first["orderId"]}, {"clientOid": "zzz"}]
    data = venue.post("/order/batch-cancel-orders", symbol="BTCUSDT", orderIdList=ids)
    assert data["successList"] == [first]
    assert [(row["clientOid"], row["errorCode"]) for row in data["failureList"]] == [("zzz", "40768")]
    data = venue.post("/order/batch-cancel-orders", symbol="BTCUSDT")
    assert [row["clientOid"] for row in data["successList"]] == ["b"]
    assert refusal(venue.post, "/order/cancel-all-orders") == "22001"
    venue.order("buy", "0.1", "80000", clientOid="c")
    late = {"requestTime": str(venue.now - 5_000), "receiveWindow": "1000"}
    assert refusal(venue.post, "/order/cancel-all-orders", **late) == "40078"
    assert refusal(venue.post, "/order/cancel-all-orders", receiveWindow="60000") == "40079"
    assert len(venue.post("/order/cancel-all-orders")["successList"]) == 1


def test_close_positions_and_reverse(venue: Bitget, hedge: Bitget) -> None:
    assert refusal(venue.post, "/order/close-positions", symbol="BTCUSDT") == "22002"
    venue.order("buy", "0.1")
    data = venue.post("/order/close-positions", symbol="BTCUSDT")
    assert data["successList"][0]["symbol"] == "BTCUSDT"
    assert venue.positions() == []
    hedge.order("buy", "0.1", tradeSide="open")
    hedge.order("sell", "0.2", tradeSide="open")
    hedge.post("/order/close-positions", symbol="BTCUSDT", holdSide="long")
    assert hedge.positions() == [("short", "0.2")]
    hedge.post("/order/click-backhand", symbol="BTCUSDT", side="sell", tradeSide="open", size="")
    assert hedge.positions() == [("long", "0.2")]
    assert refusal(hedge.post, "/order/click-backhand", symbol="BTCUSDT", side="sell", tradeSide="open") == "22002"
    assert refusal(hedge.post, "/order/click-backhand", symbol="BTCUSDT", side="sell") == "40774"


def test_the_orders_pages_follow_end_id_and_hold_each_row_once(venue: Bitget) -> None:
    for _ in range(25):
        venue.order("buy", "0.001")
    seen: list[str] = []
    end = None
    while True:
        params = {"limit": 10} | ({"idLessThan": end} if end else {})
        data = venue.get("/order/fills", **params)
        if not data["fillList"]:
            break
        seen += [row["tradeId"] for row in data["fillList"]]
        end = data["endId"]
        venue.order("buy", "0.001")  # rows that arrive meanwhile are newer
    assert len(seen) == len(set(seen)) == 25
    assert seen == sorted(seen, key=int, reverse=True)


def test_history_positions_page_by_an_end_id_that_is_no_row_id(venue: Bitget) -> None:
    for _ in range(3):
        venue.order("buy", "0.1")
        venue.order("sell", "0.1", reduceOnly="YES")
        venue.now += 1_000
    first = venue.get("/position/history-position", limit=2)
    assert first["endId"] not in {row["positionId"] for row in first["list"]}
    second = venue.get("/position/history-position", limit=2, idLessThan=first["endId"])
    assert len(second["list"]) == 1
    row = second["list"][0]
    parts = [Decimal(row[name]) for name in ("pnl", "totalFunding", "openFee", "closeFee")]
    assert Decimal(row["netProfit"]) == sum(parts)
    assert len(venue.get("/position/history-position", symbol="BTCUSDT")["list"]) == 3


def test_time_windows_have_their_widest_span(venue: Bitget) -> None:
    day = 86_400_000
    for path, days in (("/account/bill", 30), ("/order/fill-history", 7), ("/order/orders-history", 90)):
        venue.get(path, startTime=NOW - days * day, endTime=NOW)
        assert refusal(venue.get, path, startTime=NOW - days * day - 1, endTime=NOW) == "00001"
    assert refusal(venue.get, "/account/bill", startTime=NOW, endTime=NOW - 1) == "00001"
    assert refusal(venue.get, "/account/bill", startTime="x") == "40020"


def test_detail_finds_by_either_id_and_the_order_id_wins(venue: Bitget) -> None:
    first, second = venue.order(clientOid="a"), venue.order(clientOid="b")
    row = venue.get("/order/detail", symbol="BTCUSDT", orderId=first["orderId"], clientOid="b")
    assert row["clientOid"] == "a"
    assert refusal(venue.get, "/order/detail", symbol="BTCUSDT") == "40913"
    assert refusal(venue.get, "/order/detail", symbol="BTCUSDT", clientOid="c") == "40109"
    assert refusal(venue.get, "/order/detail", symbol="ETHUSDT", orderId=second["orderId"]) == "40109"
    listed = venue.get("/order/orders-history", orderId=second["orderId"])["entrustedList"]
    assert [row["clientOid"] for row in listed] == ["b"]
    assert refusal(venue.get, "/order/orders-pending", status="canceled") == "40020"


# -- settings


def test_leverage_follows_the_rules_of_margin_and_position_mode(venue: Bitget, hedge: Bitget) -> None:
    target = {"symbol": "BTCUSDT"}
    data = venue.post("/account/set-leverage", **target, leverage="7")
    assert (data["crossMarginLeverage"], data["longLeverage"], data["marginMode"]) == ("7", "7", "crossed")
    assert refusal(venue.post, "/account/set-leverage", **target, leverage="126") == "45045"
    assert refusal(venue.post, "/account/set-leverage", **target) == "400172"
    venue.post("/account/set-margin-mode", **target, marginMode="isolated")
    data = venue.post("/account/set-leverage", **target, leverage="9")
    assert (data["crossMarginLeverage"], data["longLeverage"], data["shortLeverage"]) == ("", "9", "9")
    row = venue.get("/account/account", symbol="BTCUSDT", marginCoin="USDT")
    assert (row["crossedMarginLeverage"], row["isolatedLongLever"], row["marginMode"]) == (7, 9, "isolated")
    hedge.post("/account/set-margin-mode", **target, marginMode="isolated")
    assert refusal(hedge.post, "/account/set-leverage", **target, leverage="6") == "40808"
    data = hedge.post("/account/set-leverage", **target, leverage="6", holdSide="long")
    assert (data["longLeverage"], data["shortLeverage"]) == ("6", "6")  # on a flat symbol, as observed
    data = hedge.post("/account/set-leverage", **target, longLeverage="5", shortLeverage="8")
    assert (data["longLeverage"], data["shortLeverage"]) == ("5", "8")
    hedge.order("buy", "0.1", tradeSide="open", marginMode="isolated")
    data = hedge.post("/account/set-leverage", **target, leverage="4", holdSide="long")
    assert (data["longLeverage"], data["shortLeverage"]) == ("4", "8")
    assert hedge.post("/account/set-all-leverage", leverage="3") == "success"
    assert hedge.get("/position/all-position")[0]["leverage"] == "3"


def test_modes_are_locked_by_positions_and_orders(venue: Bitget) -> None:
    assert venue.post("/account/set-position-mode", posMode="hedge_mode") == {"posMode": "hedge_mode"}
    venue.order("buy", "0.1", "80000", tradeSide="open")
    assert refusal(venue.post, "/account/set-position-mode", posMode="one_way_mode") == "40920"
    assert venue.post("/account/set-position-mode", posMode="hedge_mode") == {"posMode": "hedge_mode"}
    assert refusal(venue.post, "/account/set-margin-mode", symbol="BTCUSDT", marginMode="isolated") == "45117"
    assert refusal(venue.order, tradeSide="open", marginMode="isolated") == "45117"
    assert refusal(venue.post, "/account/set-asset-mode", assetMode="union") == "40812"
    assert venue.post("/account/set-asset-mode", assetMode="single") == "success"


def test_margin_moves_into_and_out_of_isolated_positions_only(venue: Bitget) -> None:
    target = {"symbol": "BTCUSDT", "holdSide": "long"}
    assert refusal(venue.post, "/account/set-margin", **target, amount="10") == "43043"
    venue.order("buy", "0.1")
    assert refusal(venue.post, "/account/set-margin", **target, amount="10") == "40874"
    venue.post("/order/close-positions", symbol="BTCUSDT")
    venue.order("buy", "0.1", marginMode="isolated")
    before = Decimal(venue.get("/position/all-position")[0]["marginSize"])
    assert venue.post("/account/set-margin", **target, amount="10") == ""
    assert Decimal(venue.get("/position/all-position")[0]["marginSize"]) == before + 10
    assert refusal(venue.post, "/account/set-margin", **target, amount="-500") == "40801"
    assert refusal(venue.post, "/account/set-margin", **target, amount="1000000") == "40800"
    bills = venue.get("/account/bill", businessType="append_margin")["bills"]
    assert [row["amount"] for row in bills] == ["-10"]
    assert venue.get("/account/bill", onlyFunding="yes", businessType="append_margin")["bills"] == []
    auto = {"symbol": "BTCUSDT", "marginCoin": "USDT", "holdSide": "long", "autoMargin": "on"}
    assert venue.post("/account/set-auto-margin", **auto) == "success"
    assert venue.get("/position/all-position")[0]["autoMargin"] == "on"
    assert refusal(venue.post, "/account/set-auto-margin", **(auto | {"holdSide": "short"})) == "43043"


def test_estimates_and_the_small_endpoints_answer(venue: Bitget) -> None:
    common = {"symbol": "BTCUSDT", "marginCoin": "USDT"}
    assert venue.get("/account/open-count", **common, openAmount="1000", openPrice="90000", leverage="10") == {
        "size": "0.1104"
    }
    opening = common | {"posSide": "long", "orderType": "market"}
    assert Decimal(venue.get("/account/max-open", **opening)["maxOpen"]) > 2
    assert Decimal(venue.get("/account/liq-price", **opening, openAmount="1")["liqPrice"]) > 0
    limit = common | {"posSide": "short", "orderType": "limit", "openPrice": "95000"}
    assert Decimal(venue.get("/account/liq-price", **limit, openAmount="1")["liqPrice"]) > 95_000
    venue.post("/account/set-margin-mode", symbol="BTCUSDT", marginMode="isolated")
    assert venue.get("/account/isolated-symbols") == [{"symbol": "BTCUSDT", "marginMode": "isolated"}]
    assert venue.get("/account/sub-account-assets") == []
    assert venue.get("/account/interest-history")["interestList"] == []
    assert venue.get("/account/union-config")["imr"]
    assert venue.get("/account/switch-union-usdt")["usdtAmount"] == "25000"
    assert venue.get("/account/transfer-limits", coin="USDT")["coin"] == "USDT"
    assert refusal(venue.post, "/account/union-convert", coin="BTC", amount="1") == "40812"
    rates = venue.get("/api/v2/common/trade-rate", symbol="BTCUSDT", businessType="mix")
    assert rates == {"makerFeeRate": "0.0002", "takerFeeRate": "0.0006"}
    coins = venue.get("/account/accounts", productType="COIN-FUTURES")
    assert [(row["marginCoin"], row["accountEquity"]) for row in coins] == [("BTC", "0.5"), ("ETH", "5")]
    # Bitcoin stands at 90,000.
    assert (coins[0]["usdtEquity"], coins[0]["btcEquity"]) == ("45000", "0.5")
    assert venue.get("/account/accounts", productType="USDC-FUTURES")[0]["marginCoin"] == "USDC"


# -- figures


def test_a_position_shows_the_figures_that_the_reference_derives(venue: Bitget) -> None:
    venue.order("buy", "0.1")
    row = venue.get("/position/all-position")[0]
    equity = Decimal(venue.get("/account/accounts")[0]["accountEquity"])
    rate = Decimal("0.004") + Decimal("0.0006")
    size, mark, entry = Decimal("0.1"), Decimal(90_000), Decimal("90000.1")
    assert Decimal(row["marginRatio"]) == round(size * mark * rate / equity, 12)
    assert abs(Decimal(row["liquidationPrice"]) - (size * mark - equity) / (size * (1 - rate))) < Decimal("1e-9")
    taker = Decimal("0.0006")
    assert abs(Decimal(row["breakEvenPrice"]) - entry * (1 + taker) / (1 - taker)) < Decimal("1e-9")
    assert Decimal(row["marginSize"]) == size * mark / 10
    assert (row["totalFee"], row["deductedFee"]) == ("", "5.400006")


def test_a_hedged_account_has_an_absurdly_large_liquidation_price(hedge: Bitget) -> None:
    hedge.order("buy", "0.0001", tradeSide="open")
    hedge.order("sell", "0.0001", tradeSide="open")
    rows = hedge.get("/position/all-position")
    assert [row["holdSide"] for row in rows] == ["long", "short"]
    assert all(Decimal(row["liquidationPrice"]) > 10**9 for row in rows)


def test_bills_name_what_happened(hedge: Bitget) -> None:
    hedge.order("buy", "0.1", tradeSide="open")
    hedge.order("buy", "0.1", tradeSide="close")
    hedge.order("sell", "0.1", tradeSide="open")
    kinds = [row["businessType"] for row in hedge.get("/account/bill")["bills"]]
    assert kinds == ["open_short", "close_long", "open_long", "trans_from_exchange"]
    first = hedge.get("/account/bill", limit=1)
    rest = hedge.get("/account/bill", idLessThan=first["endId"])
    assert len(rest["bills"]) == 3
    opened = hedge.get("/account/bill", businessType="open_long")["bills"][0]
    assert (opened["amount"], opened["fee"]) == ("0", "-5.400006")


def test_the_default_demo_account_has_positions_of_all_kinds() -> None:
    for mode in PositionMode:
        venue = Bitget(mode, empty=False)
        rows = venue.get("/position/all-position")
        assert {row["holdSide"] for row in rows} == {"long", "short"}
        assert {row["marginMode"] for row in rows} == {"isolated", "crossed"}
        assert venue.get("/order/orders-pending")["entrustedList"]
        assert venue.get("/position/history-position")["list"]
        assert any(row["totalFee"] for row in rows)
    assert DEFAULT_KEY.passphrase is not None
    assert KEY.key != DEFAULT_KEY.key
