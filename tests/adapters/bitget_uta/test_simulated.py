"""The simulated v3 against the reference (venues/bitget-uta.md), not against the adapter."""

from __future__ import annotations

from typing import Any

import pytest

from futures_async.adapters.bitget.simulated import KEY as CLASSIC_KEY
from futures_async.adapters.bitget_uta.simulated import DEMO_KEY, DIALECT, KEY
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.world import Options
from futures_async.unified.enums import PositionMode
from tests.adapters.bitget_uta.samples import plain, sample
from tests.adapters.bitget_uta.wire_client import BTC, DAY_MS, NOW, Refused, Venue, order

HEDGE = PositionMode.HEDGE
FUTURES = {"category": "USDT-FUTURES"}
OF_BTC = {**FUTURES, "symbol": "BTCUSDT"}
VECTOR_KEY = ApiKey(
    key="bg_test_key_0001",
    secret="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    passphrase="testpassphrase",
)


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
def hedge() -> Venue:
    return Venue(HEDGE)


def refusal(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    assert caught.value.status == 400
    return caught.value.code


# The gate


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "now", "sign"),
    [
        (
            "GET",
            "/api/v3/position/current-position",
            "category=USDT-FUTURES&symbol=BTCUSDT",
            b"",
            1768195413808,
            "C/FNPghhqnIs4FWxTklPIFrUCd5oYTbAOANjTPP+GHw=",
        ),
        (
            "POST",
            "/api/v3/trade/place-order",
            "",
            sample("place_order.vector_b.request"),
            1768195413808,
            "rOlv9PweGo/P0C6vxIhaOxZSHylkHwPBTdeIFCA8ApE=",
        ),
        (
            "GET",
            "/api/v3/trade/order-info",
            "clientOid=fx-20260112-000001",
            b"",
            1768195414500,
            "b3zhK+SlFhXEOlif3G6T7xzFVRYkekPc1F0JX9UwnWo=",
        ),
        (
            "POST",
            "/api/v3/trade/cancel-batch",
            "",
            sample("cancel_batch.request"),
            1768195413999,
            "ekHFAV63EAneXrKHMIbsr3gt1qGEAX7j/rDrvTnE1o4=",
        ),
    ],
)
def test_the_worked_vectors_are_accepted(method: str, path: str, query: str, body: bytes, now: int, sign: str) -> None:
    venue = Venue()
    venue.exchange = SimulatedExchange(
        dialects=[DIALECT], setup=Setup(empty=True, key=VECTOR_KEY), now_ms=lambda: venue.now
    )
    venue.now = now
    _, answer = venue.send(method, path, query, body, key=VECTOR_KEY, access_sign=sign)
    # The orders that some of them name were never placed.
    assert answer["code"] in ("00000", "25204")
    _, answer = venue.send(method, path, query, body, key=VECTOR_KEY, access_sign="A" + sign[1:])
    assert answer["code"] == "40009"


@pytest.mark.parametrize("path", ["/account/settings", "/account/assets", "/trade/order-info"])
def test_a_classic_key_is_refused_before_its_signature_is_read(venue: Venue, path: str) -> None:
    status, answer = venue.send("GET", "/api/v3" + path, key=CLASSIC_KEY, access_sign="wrong")
    assert (status, answer["code"], answer["data"]) == (400, "40084", None)
    assert answer["msg"] == plain("refusals")[0]["msg"]


def test_a_unified_key_is_refused_by_v2(venue: Venue) -> None:
    status, answer = venue.send("GET", "/api/v2/mix/account/accounts", "productType=USDT-FUTURES")
    assert (status, answer["code"]) == (400, "40085")


def test_an_unknown_key_is_judged_before_the_account_type(venue: Venue) -> None:
    _, answer = venue.send("GET", "/api/v3/account/settings", key=VECTOR_KEY)
    assert answer["code"] == "40006"


def test_demo_keys_and_the_demo_header_belong_together(venue: Venue) -> None:
    path = "/api/v3/account/settings"
    assert venue.send("GET", path, key=DEMO_KEY)[1]["code"] == "40099"
    assert venue.send("GET", path, key=KEY, paptrading="1")[1]["code"] == "40099"
    assert venue.send("GET", path, key=DEMO_KEY, paptrading="1")[1]["code"] == "00000"


def test_the_clock_is_served_without_v2_too() -> None:
    alone = SimulatedExchange(dialects=[DIALECT], now_ms=lambda: NOW)
    venue = Venue()
    venue.exchange = alone
    for path in ("/api/v2/public/time", "/api/v3/public/time"):
        assert venue.send("GET", path)[1]["data"] == {"serverTime": str(NOW)}
    assert venue.send("GET", "/api/v3/no/such/path") == (
        404,
        {"code": "40404", "msg": "Request URL NOT FOUND", "requestTime": NOW, "data": None},
    )


def test_limits_count_by_endpoint_and_account() -> None:
    venue = Venue(endpoint_limits=True)
    for _ in range(3):
        venue.get("/account/fee-rate", **OF_BTC)
    with pytest.raises(Refused) as caught:
        venue.get("/account/fee-rate", **OF_BTC)
    assert (caught.value.status, caught.value.code) == (429, "429")


# Rows


def keys(value: Any) -> Any:
    """The names in a payload, nested; of lists the first row."""
    if isinstance(value, dict):
        return {name: keys(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType] - JSON
    if isinstance(value, list):
        return [keys(value[0])] if value else []
    return None


def rows_of(hedge: Venue) -> dict[str, Any]:
    filled = hedge.order(posSide="long", clientOid="fx-1")
    resting = hedge.order(price="80000", qty="0.001", posSide="long")
    hedge.order("sell", posSide="long")
    hedge.order(posSide="long")
    hedge.now += 1000
    return {
        "assets": hedge.get("/account/assets"),
        "settings": hedge.get("/account/settings"),
        "info": hedge.get("/account/info"),
        "financial_records": hedge.get("/account/financial-records", **FUTURES),
        "fee_rate": hedge.get("/account/fee-rate", **OF_BTC),
        "current_position": hedge.get("/position/current-position", **OF_BTC),
        "history_position": hedge.get("/position/history-position", **FUTURES),
        "adl_rank": hedge.get("/position/adlRank"),
        "position_tier": hedge.get("/market/position-tier", **OF_BTC),
        "place_order": filled,
        "order_info": hedge.info(resting),
        "unfilled_orders": hedge.get("/trade/unfilled-orders", **FUTURES),
        "history_orders": hedge.get("/trade/history-orders", **FUTURES),
        "fills": hedge.get("/trade/fills", **FUTURES),
        "instruments": hedge.get("/market/instruments", **FUTURES),
        "tickers": hedge.get("/market/tickers", **OF_BTC),
        "current_fund_rate": hedge.get("/market/current-fund-rate", symbol="BTCUSDT"),
        "history_fund_rate": hedge.get("/market/history-fund-rate", **OF_BTC),
        "modify_order": hedge.post("/trade/modify-order", {"orderId": resting["orderId"], "price": "80001"}),
        "cancel_symbol_order": hedge.post("/trade/cancel-symbol-order", OF_BTC),
        "close_positions": hedge.post("/trade/close-positions", OF_BTC),
        "set_leverage": hedge.post("/account/set-leverage", plain("set_leverage.request")),
        "set_hold_mode": hedge.post("/account/set-hold-mode", plain("set_hold_mode.request")),
    }


def test_answers_have_exactly_the_documented_fields(hedge: Venue) -> None:
    for name, answer in rows_of(hedge).items():
        assert keys(answer) == keys(plain(name)["data"]), name


def test_every_value_is_text(hedge: Venue) -> None:
    def check(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, item in value.items():  # pyright: ignore[reportUnknownVariableType] - JSON
                check(item, f"{path}.{name}")
        elif isinstance(value, list):
            for item in value:  # pyright: ignore[reportUnknownVariableType] - JSON
                check(item, path)
        else:
            assert value is None or isinstance(value, str), path

    for name, answer in rows_of(hedge).items():
        check(answer, name)


def test_what_is_not_there_is_a_null_list(venue: Venue) -> None:
    assert venue.get("/position/current-position", **FUTURES) == {"list": None}
    assert venue.get("/trade/unfilled-orders", **FUTURES) == {"list": None, "cursor": None}


def test_fees_have_three_signs(hedge: Venue) -> None:
    hedge.order(posSide="long")
    order_fee = hedge.get("/trade/history-orders", **FUTURES)["list"][0]["feeDetail"][0]["fee"]
    fill_fee = hedge.get("/trade/fills", **FUTURES)["list"][0]["feeDetail"][0]["fee"]
    position_fee = hedge.get("/position/current-position", **FUTURES)["list"][0]["openFeeTotal"]
    ledger_fee = hedge.get("/account/financial-records", **FUTURES)["list"][0]["fee"]
    assert float(order_fee) > 0
    assert order_fee == fill_fee
    assert position_fee == ledger_fee == f"-{order_fee}"


def test_a_hedge_close_reads_back_without_reduce_only(hedge: Venue) -> None:
    hedge.order(posSide="long")
    row = hedge.info(hedge.order("sell", posSide="long"))
    assert (row["side"], row["posSide"], row["reduceOnly"], row["orderStatus"]) == ("sell", "long", "NO", "filled")
    assert hedge.get("/trade/fills", **FUTURES)["list"][0]["tradeSide"] == "close_long"


def test_a_resting_order_is_live_and_then_new(venue: Venue) -> None:
    placed = venue.order(price="80000")
    assert venue.info(placed)["orderStatus"] == "live"
    venue.now += 1000
    assert venue.info(placed)["orderStatus"] == "new"


@pytest.mark.parametrize(
    ("force", "price", "reason"),
    [("post_only", "99000", "post_only_fill_cancel"), ("ioc", "80000", "ioc_not_full_cancel"),
     ("fok", "80000", "fok_not_full_cancel")],
)  # fmt: skip
def test_orders_that_cannot_be_are_accepted_and_then_cancelled(
    venue: Venue, force: str, price: str, reason: str
) -> None:
    row = venue.info(venue.order(price=price, timeInForce=force))
    assert (row["orderStatus"], row["cancelReason"], row["cumExecQty"]) == ("cancelled", reason, "0")


# Orders


@pytest.mark.parametrize(("opening", "pos_side", "closing"), [("buy", "long", "sell"), ("sell", "short", "buy")])
def test_in_hedge_mode_the_pair_opens_and_closes(hedge: Venue, opening: str, pos_side: str, closing: str) -> None:
    hedge.order(opening, posSide=pos_side)
    assert hedge.positions() == [(pos_side, "0.1")]
    hedge.order(closing, posSide=pos_side)
    assert hedge.positions() == []
    assert refusal(hedge.order, closing, posSide=pos_side) == "25227"


def test_in_one_way_mode_an_order_too_large_flips_unless_it_only_reduces(venue: Venue) -> None:
    venue.order("buy", "0.1")
    venue.order("sell", "0.15")
    assert venue.positions() == [("short", "0.05")]
    venue.order("buy", "0.15", reduceOnly="yes")
    assert venue.positions() == []


def test_styles_of_the_other_position_mode_are_refused(venue: Venue, hedge: Venue) -> None:
    assert refusal(hedge.order) == "25236"
    assert refusal(venue.order, posSide="long") == "25237"


def test_a_reduce_only_order_that_displaces_others_has_no_id_yet(venue: Venue) -> None:
    venue.order("buy", "0.1")
    first = venue.order("sell", "0.1", "99000", reduceOnly="yes")
    second = venue.order("sell", "0.1", "98000", reduceOnly="yes", clientOid="fx-2")
    assert second == {"orderId": None, "clientOid": "fx-2"}
    assert venue.info(first)["orderStatus"] == "cancelled"
    assert venue.get("/trade/order-info", clientOid="fx-2")["orderStatus"] == "live"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPEUSDT"}, "25100"),
        ({"category": "SPOT"}, "25200"),
        ({"category": ""}, "400172"),
        ({"qty": "0.00001"}, "25610"),
        ({"qty": "99999"}, "25208"),
        ({"qty": "0.0001", "price": "10000"}, "25207"),
        ({"qty": "4"}, "25203"),
        ({"qty": "1100"}, "25233"),
        ({"price": "1000"}, "25205"),
        ({"price": None}, "25200"),
        ({"orderType": "market"}, "25200"),
        ({"price": "90000.05"}, "25244"),
        ({"clientOid": "x" * 33}, "25200"),
        ({"clientOid": "with blank"}, "25200"),
        ({"side": "hold"}, "41103"),
        ({"reduceOnly": "yes"}, "25227"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_with_v3s_codes(venue: Venue, changes: dict[str, Any], code: str) -> None:
    body = {key: value for key, value in (order(price="90000") | changes).items() if value is not None}
    assert refusal(venue.post, "/trade/place-order", body) == code


def test_a_client_id_is_taken_while_its_order_is_open_and_free_afterwards(venue: Venue) -> None:
    venue.order(price="80000", clientOid="fx-1")
    assert refusal(venue.order, price="80000", clientOid="fx-1") == "25212"
    venue.post("/trade/cancel-order", {"clientOid": "fx-1"})
    venue.order(price="80000", clientOid="fx-1")


def test_orders_are_found_in_the_whole_account_by_either_id(venue: Venue) -> None:
    placed = venue.order(price="80000", clientOid="fx-1")
    assert venue.get("/trade/order-info", clientOid="fx-1")["orderId"] == placed["orderId"]
    assert refusal(venue.get, "/trade/order-info", orderId="1") == "25204"
    assert refusal(venue.get, "/trade/order-info") == "400172"


def test_unknown_finished_and_cancelled_orders_get_the_same_answer_to_a_cancel(venue: Venue) -> None:
    filled = venue.order()
    for ids in ({"orderId": "1"}, {"orderId": filled["orderId"]}, {"clientOid": "fx-never"}):
        assert refusal(venue.post, "/trade/cancel-order", ids) == "25204"
    assert refusal(venue.post, "/trade/cancel-order", {}) == "400172"


def test_cancelling_a_symbol_without_orders_is_refused(venue: Venue) -> None:
    assert refusal(venue.post, "/trade/cancel-symbol-order", OF_BTC) == "25204"
    venue.order(price="80000")
    venue.order(symbol="ETHUSDT", qty="0.1", price="1500")
    assert len(venue.post("/trade/cancel-symbol-order", OF_BTC)["list"]) == 1
    assert len(venue.post("/trade/cancel-symbol-order", FUTURES)["list"]) == 1


def test_a_batch_is_a_bare_array_judged_item_by_item(venue: Venue) -> None:
    good, bad = venue.post(
        "/trade/place-batch", [order(price="80000", clientOid="a"), order(qty="0.00001", clientOid="b")]
    )
    assert set(good) == {"orderId", "clientOid"}
    assert (bad["orderId"], bad["clientOid"], bad["code"]) == (None, "b", "25610")
    assert refusal(venue.post, "/trade/place-batch", {"orderList": [order()]}) == "40017"
    assert refusal(venue.post, "/trade/place-batch", ["x"]) == "40017"
    assert refusal(venue.post, "/trade/place-batch", []) == "40306"
    assert refusal(venue.post, "/trade/place-batch", [order()] * 21) == "40306"
    assert refusal(venue.post, "/trade/place-batch", [order(), order(category="USDC-FUTURES")]) == "25200"


def test_a_one_way_close_in_a_batch_flips_the_position(venue: Venue) -> None:
    venue.order("buy", "0.1")
    venue.post("/trade/place-batch", [order("sell", "0.3", reduceOnly="yes")])
    assert venue.positions() == [("short", "0.2")]


def test_a_batch_of_cancels_is_judged_item_by_item(venue: Venue) -> None:
    venue.order(price="80000", clientOid="a")
    good, bad = venue.post("/trade/cancel-batch", [{**OF_BTC, "clientOid": "a"}, {**OF_BTC, "clientOid": "b"}])
    assert good["clientOid"] == "a"
    assert (bad["clientOid"], bad["code"]) == ("b", "25204")


def test_a_change_keeps_both_ids(venue: Venue) -> None:
    placed = venue.order(price="80000", clientOid="a")
    assert venue.post("/trade/modify-order", {"clientOid": "a", "qty": "0.2", "price": "81000"}) == placed
    row = venue.info(placed)
    assert (row["qty"], row["price"], row["orderStatus"]) == ("0.2", "81000", "live")


def test_changes_that_cannot_be_are_refused(venue: Venue) -> None:
    placed = venue.order(price="80000")
    ids = {"orderId": placed["orderId"]}
    assert refusal(venue.post, "/trade/modify-order", ids) == "400172"
    assert refusal(venue.post, "/trade/modify-order", {**ids, "price": "80000"}) == "25571"
    assert refusal(venue.post, "/trade/modify-order", {"orderId": "1", "price": "1"}) == "25204"
    assert refusal(venue.post, "/trade/modify-order", {**ids, "price": "80000.01"}) == "25244"
    assert venue.info(placed)["orderStatus"] == "live"
    assert refusal(venue.post, "/trade/modify-order", {**ids, "price": "80000.01", "autoCancel": "yes"}) == "25244"
    assert venue.info(placed)["orderStatus"] == "cancelled"
    assert refusal(venue.post, "/trade/modify-order", {**ids, "price": "70000"}) == "25568"
    venue.order("buy", "0.1")
    reducing = venue.order("sell", "0.1", "99000", reduceOnly="yes")
    assert refusal(venue.post, "/trade/modify-order", {"orderId": reducing["orderId"], "price": "98000"}) == "25568"
    [answer] = venue.post("/trade/batch-modify-order", [{**ids, "price": "70000"}])
    assert answer["code"] == "25568"


def test_protection_belongs_to_opening_orders(hedge: Venue) -> None:
    placed = hedge.order(price="80000", posSide="long", takeProfit="99000", stopLoss="70000", slTriggerBy="mark")
    row = hedge.info(placed)
    assert (row["takeProfit"], row["tpTriggerBy"], row["tpOrderType"]) == ("99000", "market", "market")
    assert (row["stopLoss"], row["slTriggerBy"], row["slLimitPrice"]) == ("70000", "mark", None)
    hedge.order(posSide="long")
    assert refusal(hedge.order, "sell", posSide="long", takeProfit="99000") == "25612"


def test_closing_positions_makes_orders_with_ids_of_the_venues_own(hedge: Venue) -> None:
    hedge.order(posSide="long")
    hedge.order("sell", posSide="short")
    [row] = hedge.post("/trade/close-positions", {**OF_BTC, "posSide": "short"})["list"]
    assert row["clientOid"].isdigit()
    assert hedge.positions() == [("long", "0.1")]
    hedge.post("/trade/close-positions", FUTURES)
    assert refusal(hedge.post, "/trade/close-positions", FUTURES) == "25227"


def test_the_countdown_cancels_everything_once(venue: Venue) -> None:
    placed = venue.order(price="80000")
    for seconds in ("4", "61"):
        assert refusal(venue.post, "/trade/countdown-cancel-all", {"countdown": seconds}) == "25200"
    venue.post("/trade/countdown-cancel-all", {"countdown": "5"})
    venue.now += 4_000
    venue.post("/trade/countdown-cancel-all", {"countdown": "5"})
    venue.now += 4_000
    assert venue.info(placed)["orderStatus"] == "new"
    venue.now += 2_000
    assert venue.info(placed)["orderStatus"] == "cancelled"
    venue.post("/trade/countdown-cancel-all", {"countdown": "0"})


# Settings


def test_the_position_mode_is_the_accounts_and_locked_while_anything_is_open(venue: Venue) -> None:
    assert venue.get("/account/settings")["holdMode"] == "one_way_mode"
    change = {"holdMode": "hedge_mode"}
    resting = venue.order(price="80000")
    assert refusal(venue.post, "/account/set-hold-mode", change) == "40920"
    venue.post("/trade/cancel-order", resting)
    venue.order()
    assert refusal(venue.post, "/account/set-hold-mode", change) == "25107"
    venue.post("/trade/close-positions", FUTURES)
    assert venue.post("/account/set-hold-mode", change) == "success"
    assert venue.get("/account/settings")["holdMode"] == "hedge_mode"
    venue.order(category="USDC-FUTURES", symbol="BTCPERP", qty="0.01", posSide="long")


def test_leverage_belongs_to_a_margin_mode_and_isolated_to_a_side(venue: Venue) -> None:
    venue.post("/account/set-leverage", {**OF_BTC, "leverage": "20"})
    assert venue.get("/account/settings")["symbolConfigList"][0]["leverage"] == "20"
    isolated = {**OF_BTC, "leverage": "7", "marginMode": "isolated"}
    assert refusal(venue.post, "/account/set-leverage", isolated) == "400172"
    venue.post("/account/set-leverage", {**isolated, "posSide": "long"})
    venue.post("/account/set-leverage", {**isolated, "longLeverage": "8", "shortLeverage": "9"})
    venue.order(price="80000", qty="0.01", marginMode="isolated")
    [row] = venue.get("/account/settings")["symbolConfigList"]
    assert (row["marginMode"], row["leverage"]) == ("isolated", ["8", "9"])
    assert refusal(venue.post, "/account/set-leverage", {**OF_BTC, "leverage": "126"}) == "25223"


def test_margin_mode_is_said_with_the_order_and_held_by_what_is_open(venue: Venue) -> None:
    venue.order(qty="0.01", marginMode="isolated")
    row = venue.get("/position/current-position", **FUTURES)["list"][0]
    assert row["marginMode"] == "isolated"
    assert refusal(venue.order, qty="0.01") == "25107"


def test_margin_moves_by_operation_and_amount(venue: Venue) -> None:
    venue.order(qty="0.01", marginMode="isolated")
    move = {**OF_BTC, "posSide": "long", "operation": "add", "amount": "10"}

    def balance() -> float:
        return float(venue.get("/position/current-position", **FUTURES)["list"][0]["positionBalance"])

    before = balance()
    assert venue.post("/account/set-margin", move) == "success"
    assert balance() == pytest.approx(before + 10)
    venue.post("/account/set-margin", {**move, "operation": "remove", "amount": "5"})
    assert balance() == pytest.approx(before + 5)
    assert refusal(venue.post, "/account/set-margin", {**move, "operation": "remove", "amount": "80"}) == "25242"
    assert refusal(venue.post, "/account/set-margin", {**move, "amount": "-1"}) == "25200"
    assert refusal(venue.post, "/account/set-margin", {**move, "posSide": "short"}) == "25227"
    venue.order(symbol="ETHUSDT", qty="0.1")
    assert refusal(venue.post, "/account/set-margin", {**move, "symbol": "ETHUSDT"}) == "25240"


def test_an_account_of_level_isolated_takes_isolated_orders_only(venue: Venue) -> None:
    venue.post("/account/adjust-account-mode", {"mode": "isolated"})
    assert venue.get("/account/settings")["accountLevel"] == "isolated"
    assert refusal(venue.order) == "25240"
    venue.order(qty="0.01", marginMode="isolated")
    assert refusal(venue.post, "/account/adjust-account-mode", {"mode": "basic"}) == "25009"


# Balances and ledger


def test_coins_without_balance_are_left_out_and_totals_are_in_dollars(venue: Venue) -> None:
    venue.order()
    assets = venue.get("/account/assets")
    assert [row["coin"] for row in assets["assets"]] == ["USDT", "USDC", "BTC", "ETH"]
    assert all(row["locked"] == "0" for row in assets["assets"])
    total = sum(float(row["usdValue"]) for row in assets["assets"])
    assert float(assets["accountEquity"]) == pytest.approx(total)
    assert float(assets["imr"]) > float(assets["mmr"]) > 0


def test_transfers_are_booked_under_other(venue: Venue) -> None:
    venue.order()
    types = [row["type"] for row in venue.get("/account/financial-records", category="OTHER")["list"]]
    assert set(types) == {"TRANSFER_IN"}
    [row] = venue.get("/account/financial-records", **FUTURES)["list"]
    assert (row["type"], row["symbol"], row["category"]) == ("BUY_DEAL", "BTCUSDT", "USDT-FUTURES")
    assert venue.get("/account/financial-records", category="USDC-FUTURES")["list"] is None
    assert refusal(venue.get, "/account/financial-records", category="NONE") == "25200"


def test_ledger_words_say_mode_side_and_margin() -> None:
    venue = Venue(HEDGE, empty=False)
    words: set[str] = set()
    cursor = None
    while True:
        more: dict[str, object] = {"cursor": cursor} if cursor else {}
        page = venue.get("/account/financial-records", **FUTURES, limit=5, **more)
        if page["list"] is None:
            break
        words |= {row["type"] for row in page["list"]}
        cursor = page["cursor"]
    assert {"OPEN_LONG", "OPEN_SHORT", "CLOSE_SHORT", "FIXED_OPEN_LONG", "FIXED_CLOSE_LONG"} <= words
    assert words & {"CONTRACT_MAIN_SETTLE_FEE_USER_IN", "CONTRACT_MAIN_SETTLE_FEE_USER_OUT"}


def test_what_can_be_opened_is_a_read_that_posts(venue: Venue) -> None:
    body = {**OF_BTC, "orderType": "market", "side": "buy", "size": "0.1"}
    answer = venue.post("/account/max-open-available", body)
    assert float(answer["maxBuyOpen"]) > 0.1
    assert answer["maxOpen"] == ""
    assert refusal(venue.post, "/account/max-open-available", body | {"orderType": "limit"}) == "400172"


# Pages


def test_pages_are_walked_by_cursor_and_end_with_an_empty_one(venue: Venue) -> None:
    for number in range(7):
        venue.order(price=str(80000 + number), qty="0.001")
    seen: list[str] = []
    cursor: str | None = None
    sizes: list[int] = []
    while True:
        more: dict[str, object] = {"cursor": cursor} if cursor else {}
        page = venue.get("/trade/unfilled-orders", **FUTURES, limit=3, **more)
        rows: list[dict[str, str]] = page["list"] or []
        sizes.append(len(rows))
        if not rows:
            assert page["cursor"] is None
            break
        seen += [row["price"] for row in rows]
        cursor = page["cursor"]
    assert sizes == [3, 3, 1, 0]
    assert seen == [str(80006 - number) for number in range(7)]


def test_a_cursor_is_no_rows_id_everywhere(venue: Venue) -> None:
    venue.order()
    page = venue.get("/trade/fills", **FUTURES)
    assert page["cursor"] != page["list"][0]["execId"]
    assert venue.get("/trade/fills", **FUTURES, cursor=page["cursor"])["list"] is None


def test_histories_answer_for_thirty_days_at_once(venue: Venue) -> None:
    for path in ("/trade/history-orders", "/trade/fills", "/account/financial-records", "/position/history-position"):
        assert refusal(venue.get, path, **FUTURES, startTime=NOW - 31 * DAY_MS, endTime=NOW) == "00001"
        assert refusal(venue.get, path, **FUTURES, startTime=NOW, endTime=NOW - 1) == "00001"
        assert refusal(venue.get, path, **FUTURES, limit=101) == "25200"
    assert refusal(venue.get, "/trade/history-orders") == "400172"


def test_times_bound_what_is_listed(venue: Venue) -> None:
    venue.order(clientOid="early")
    venue.now += 10_000
    venue.order(clientOid="late")
    late = venue.get("/trade/fills", **FUTURES, startTime=NOW + 5_000)["list"]
    assert [row["clientOid"] for row in late] == ["late"]
    early = venue.get("/trade/history-orders", **FUTURES, endTime=NOW + 5_000)["list"]
    assert [row["clientOid"] for row in early] == ["early"]
    one = venue.get("/trade/fills", orderId=late[0]["orderId"])["list"]
    assert [row["clientOid"] for row in one] == ["late"]


def test_lists_of_spot_are_empty(venue: Venue) -> None:
    venue.order()
    venue.order(price="80000")
    assert venue.get("/trade/fills", category="SPOT")["list"] is None
    assert venue.get("/trade/unfilled-orders", category="MARGIN")["list"] is None
    assert len(venue.get("/trade/unfilled-orders")["list"]) == 1
    assert venue.get("/market/instruments", category="SPOT") == []


def test_fresh_orders_may_be_invisible_for_a_while() -> None:
    venue = Venue(options=Options(visibility_lag_ms=300))
    placed = venue.order(price="80000")
    assert refusal(venue.info, placed) == "25204"
    venue.now += 300
    assert venue.info(placed)["orderStatus"] == "live"


# Market


def test_contracts_settled_in_usdc_are_called_perp(venue: Venue) -> None:
    [row, _] = venue.get("/market/instruments", category="USDC-FUTURES")
    assert (row["symbol"], row["baseCoin"], row["quoteCoin"]) == ("BTCPERP", "BTC", "USDC")
    [row, _] = venue.get("/market/instruments", category="COIN-FUTURES")
    assert (row["symbol"], row["baseCoin"], row["quoteCoin"]) == ("BTCUSD_CM", "BTC", "USD")
    assert refusal(venue.get, "/market/tickers", category="COIN-FUTURES", symbol="BTCUSD") == "25100"


def test_the_rest_of_the_market_is_served(venue: Venue) -> None:
    book = venue.get("/market/orderbook", **OF_BTC, limit=3)
    assert len(book["a"]) == len(book["b"]) == 3
    assert float(book["a"][0][0]) > float(book["b"][0][0])
    candles = venue.get("/market/candles", **OF_BTC, interval="1m", limit=5)
    assert [len(row) for row in candles] == [7] * 5
    assert refusal(venue.get, "/market/candles", **OF_BTC, interval="7m") == "25200"
    assert venue.get("/market/open-interest", **OF_BTC)["list"][0]["symbol"] == "BTCUSDT"
    assert venue.get("/market/oi-limit", **FUTURES)[0]["symbol"] == "BTCUSDT"
    assert refusal(venue.get, "/market/current-fund-rate", symbol="NOPE") == "25100"
    assert refusal(venue.get, "/market/history-fund-rate", **OF_BTC, cursor=101) == "25200"
    assert len(venue.get("/account/open-interest-limit", **OF_BTC)) == 3
    alone = SimulatedExchange(dialects=[DIALECT], now_ms=lambda: NOW)
    venue.exchange = alone
    assert venue.send("GET", "/api/v2/spot/public/coins")[1]["data"]
    assert venue.send("GET", "/api/v2/margin/currencies")[1]["data"] == []


def test_a_liquidated_position_leaves_its_words(venue: Venue) -> None:
    venue.order(qty="0.02", marginMode="isolated")
    venue.move(70_000)
    assert venue.positions() == []
    closing = venue.get("/trade/history-orders", **FUTURES)["list"][0]
    assert closing["execType"] == "liquidation"
    assert venue.get("/trade/fills", **FUTURES)["list"][0]["tradeSide"] == "burst_sell_single"
    words = {row["type"] for row in venue.get("/account/financial-records", **FUTURES)["list"]}
    assert any("BURST" in word for word in words)
    assert venue.exchange.engine.accounts[venue.account.uid].positions == {}
    assert BTC not in {position.symbol for position in venue.account.positions_of()}
