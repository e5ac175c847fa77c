"""Trigger orders, market data and liquidation in the Bitget dialect, against the reference."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from futures_async.unified.enums import PositionMode
from tests.simulator.bitget_client import NOW, Bitget
from tests.simulator.test_bitget import refusal

PLAN = {
    "planType": "normal_plan",
    "symbol": "BTCUSDT",
    "marginMode": "crossed",
    "size": "0.1",
    "triggerPrice": "89000",
    "triggerType": "fill_price",
    "side": "buy",
    "orderType": "market",
}
TPSL = {"symbol": "BTCUSDT", "planType": "loss_plan", "triggerPrice": "85000", "holdSide": "buy", "size": "0.1"}


@pytest.fixture
def venue() -> Bitget:
    return Bitget()


@pytest.fixture
def long_hedge() -> Bitget:
    venue = Bitget(PositionMode.HEDGE)
    venue.order("buy", "0.3", tradeSide="open")
    return venue


def live(venue: Bitget, kind: str = "normal_plan") -> list[dict[str, Any]]:
    return venue.get("/order/orders-plan-pending", planType=kind)["entrustedList"] or []


def ended(venue: Bitget, kind: str = "normal_plan", **params: str) -> list[dict[str, Any]]:
    return venue.get("/order/orders-plan-history", planType=kind, **params)["entrustedList"] or []


def test_a_plan_waits_and_then_places_a_regular_order(venue: Bitget) -> None:
    answer = venue.post("/order/place-plan-order", **PLAN, clientOid="p1")
    assert answer["clientOid"] == "p1"
    row = live(venue)[0]
    assert (row["planType"], row["planStatus"], row["posSide"], row["tradeSide"]) == (
        "normal_plan",
        "live",
        "net",
        "buy_single",
    )
    assert refusal(venue.get, "/order/detail", symbol="BTCUSDT", clientOid="p1") == "40109"
    venue.move(88_900)
    assert venue.positions() == [("long", "0.1")]
    row = ended(venue)[0]
    assert (row["planStatus"], row["baseVolume"]) == ("executed", "0.1")
    order = venue.get("/order/detail", symbol="BTCUSDT", orderId=row["executeOrderId"])
    assert (order["state"], order["orderSource"]) == ("filled", "plan_market")
    sub = venue.get("/order/plan-sub-order", planType="normal_plan", planOrderId=answer["orderId"])
    assert [entry["orderId"] for entry in sub] == [row["executeOrderId"]]
    assert venue.get("/order/plan-sub-order", planType="normal_plan", planOrderId="1") == []


def test_a_plan_with_a_limit_and_presets_in_hedge_mode() -> None:
    venue = Bitget(PositionMode.HEDGE)
    more = {"orderType": "limit", "price": "88800", "tradeSide": "open", "triggerType": "mark_price"}
    presets = {"stopSurplusTriggerPrice": "99000", "stopLossTriggerPrice": "80000", "stopLossExecutePrice": "79000"}
    venue.post("/order/place-plan-order", **(PLAN | more | presets))
    row = live(venue)[0]
    assert (row["side"], row["tradeSide"], row["posSide"], row["price"]) == ("buy", "open", "long", "88800")
    assert (row["stopSurplusTriggerPrice"], row["stopSurplusExecutePrice"]) == ("99000", None)
    assert (row["stopLossTriggerPrice"], row["stopLossExecutePrice"]) == ("80000", "79000")
    assert refusal(venue.post, "/order/place-plan-order", **PLAN) == "40774"
    venue.move(88_900)
    order = venue.get("/order/orders-pending")["entrustedList"][0]
    assert (order["orderSource"], order["presetStopLossPrice"]) == ("plan_limit", "80000")


def test_a_trailing_plan_keeps_within_ten_percent(venue: Bitget) -> None:
    track = PLAN | {"planType": "track_plan", "callbackRatio": "1"}
    assert refusal(venue.post, "/order/place-plan-order", **(track | {"callbackRatio": "11"})) == "43032"
    answer = venue.post("/order/place-plan-order", **track)
    assert live(venue, "track_plan")[0]["callbackRatio"] == "1"
    change = {"orderId": answer["orderId"], "newCallbackRatio": "2"}
    venue.post("/order/modify-plan-order", **change)
    assert live(venue, "track_plan")[0]["callbackRatio"] == "2"


def test_hold_side_belongs_to_the_position_mode(venue: Bitget, long_hedge: Bitget) -> None:
    venue.order("buy", "0.1")
    for target, word, says in ((venue, "long", "holdSide error"), (long_hedge, "buy", "delegateType is error")):
        with pytest.raises(Exception, match=f"43011.*{says}"):
            target.post("/order/place-tpsl-order", **(TPSL | {"holdSide": word}))
    venue.post("/order/place-tpsl-order", **TPSL)
    long_hedge.post("/order/place-tpsl-order", **(TPSL | {"holdSide": "long"}))
    one_way, hedge = live(venue, "profit_loss")[0], live(long_hedge, "profit_loss")[0]
    assert (one_way["side"], one_way["posSide"], one_way["marginMode"]) == ("sell", "net", "crossed")
    assert (hedge["side"], hedge["posSide"], hedge["tradeSide"]) == ("buy", "long", "close")


def test_a_stop_on_the_wrong_side_is_refused(venue: Bitget) -> None:
    assert refusal(venue.post, "/order/place-tpsl-order", **TPSL) == "43023"
    venue.order("buy", "0.1")
    assert refusal(venue.post, "/order/place-tpsl-order", **(TPSL | {"triggerPrice": "91000"})) == "40917"


def test_position_protection_is_one_each_and_placing_again_changes_it(long_hedge: Bitget) -> None:
    stop = TPSL | {"planType": "pos_loss", "holdSide": "long", "size": ""}
    first = long_hedge.post("/order/place-tpsl-order", **stop, clientOid="first")
    again = long_hedge.post("/order/place-tpsl-order", **(stop | {"triggerPrice": "86000"}), clientOid="second")
    assert again == first
    row = live(long_hedge, "profit_loss")[0]
    assert (row["triggerPrice"], row["size"], row["marginMode"], row["clientOid"]) == ("86000", "0", "", "first")
    position = long_hedge.get("/position/all-position")[0]
    assert (position["stopLoss"], position["stopLossId"]) == ("86000", first["orderId"])
    long_hedge.post("/order/close-positions", symbol="BTCUSDT", holdSide="long")
    assert live(long_hedge, "profit_loss") == []
    assert ended(long_hedge, "profit_loss", planStatus="cancelled")[0]["orderId"] == first["orderId"]
    assert ended(long_hedge, "profit_loss", planStatus="executed") == []


def test_a_stop_closes_its_part_when_it_fires(long_hedge: Bitget) -> None:
    long_hedge.post("/order/place-tpsl-order", **(TPSL | {"holdSide": "long"}))
    long_hedge.move(84_900)
    assert long_hedge.positions() == [("long", "0.2")]
    order = long_hedge.get("/order/orders-history")["entrustedList"][0]
    assert (order["orderSource"], order["tradeSide"], order["side"]) == ("loss_market", "close", "buy")


def test_a_moving_plan_trails_its_position(long_hedge: Bitget) -> None:
    moving = TPSL | {"planType": "moving_plan", "triggerPrice": "91000", "rangeRate": "1", "holdSide": "long"}
    answer = long_hedge.post("/order/place-tpsl-order", **moving)
    assert live(long_hedge, "profit_loss")[0]["planType"] == "moving_plan"
    change = {"symbol": "BTCUSDT", "orderId": answer["orderId"], "triggerPrice": "91500", "size": "0.2"}
    long_hedge.post("/order/modify-tpsl-order", **change, rangeRate="2")
    long_hedge.move(92_000)
    assert long_hedge.positions() == [("long", "0.3")]  # a pinned price is felt when somebody looks
    long_hedge.move(90_000)
    assert long_hedge.positions() == [("long", "0.1")]
    flat = moving | {"holdSide": "short"}
    assert refusal(long_hedge.post, "/order/place-tpsl-order", **flat) == "43023"


def test_both_protections_at_once_whole_or_in_part(venue: Bitget) -> None:
    venue.order("sell", "0.3")
    target = {"symbol": "BTCUSDT", "holdSide": "sell"}
    assert refusal(venue.post, "/order/place-pos-tpsl", **target) == "400172"
    rows = venue.post(
        "/order/place-pos-tpsl",
        **target,
        stopSurplusTriggerPrice="80000",
        stopSurplusSize="0.1",
        stopSurplusClientOid="tp",
        stopLossTriggerPrice="95000",
        stopLossTriggerType="mark_price",
    )
    assert [(row["stopSurplusClientOid"], bool(row["stopLossClientOid"])) for row in rows] == [
        ("tp", False),
        ("", True),
    ]
    kinds = {row["planType"]: row for row in live(venue, "profit_loss")}
    assert set(kinds) == {"profit_plan", "pos_loss"}
    assert kinds["pos_loss"]["triggerType"] == "mark_price"
    bad = target | {"stopSurplusTriggerPrice": "80000", "stopLossTriggerPrice": "1"}
    assert refusal(venue.post, "/order/place-pos-tpsl", **bad) == "45122"


def test_plans_are_changed_in_place(venue: Bitget) -> None:
    limit = PLAN | {"orderType": "limit", "price": "88000"}
    answer = venue.post("/order/place-plan-order", **limit, clientOid="p")
    change = {"clientOid": "p", "newTriggerPrice": "95000", "newPrice": "95100", "newSize": "0.2"}
    more = {"newTriggerType": "mark_price", "newStopLossTriggerPrice": "70000"}
    assert venue.post("/order/modify-plan-order", **change, **more) == answer
    row = live(venue)[0]
    assert (row["triggerPrice"], row["price"], row["size"], row["triggerType"], row["stopLossTriggerPrice"]) == (
        "95000",
        "95100",
        "0.2",
        "mark_price",
        "70000",
    )
    assert refusal(venue.post, "/order/modify-plan-order", clientOid="q") == "43025"
    assert refusal(venue.post, "/order/modify-plan-order") == "40913"
    venue.order("buy", "0.1")
    stop = venue.post("/order/place-tpsl-order", **TPSL)
    amend = {"symbol": "BTCUSDT", "orderId": stop["orderId"], "size": "0.1"}
    assert refusal(venue.post, "/order/modify-tpsl-order", **amend, triggerPrice="99000") == "40917"
    venue.post(
        "/order/modify-tpsl-order", **amend, triggerPrice="86000", triggerType="mark_price", executePrice="85900"
    )
    row = live(venue, "profit_loss")[0]
    assert (row["triggerPrice"], row["executePrice"], row["triggerType"]) == ("86000", "85900", "mark_price")


def test_cancelling_plans_needs_their_own_type(venue: Bitget) -> None:
    venue.order("buy", "0.1")
    stop = venue.post("/order/place-tpsl-order", **TPSL, clientOid="fx-tp-1")
    plan = venue.post("/order/place-plan-order", **PLAN)
    assert venue.post("/order/cancel-plan-order", planType="profit_loss") == {"successList": [], "failureList": []}
    ids = [{"orderId": stop["orderId"]}, {"clientOid": "nobody"}]
    assert refusal(venue.post, "/order/cancel-plan-order", planType="loss_plan", orderIdList=ids) == "400172"
    data = venue.post("/order/cancel-plan-order", planType="loss_plan", symbol="BTCUSDT", orderIdList=ids)
    assert data["successList"] == [{"clientOid": "fx-tp-1", "orderId": stop["orderId"]}]
    assert [(row["clientOid"], row["errorCode"]) for row in data["failureList"]] == [("nobody", "43025")]
    assert [row["orderId"] for row in live(venue)] == [plan["orderId"]]
    assert venue.post("/order/cancel-plan-order", symbol="ETHUSDT")["successList"] == []
    assert len(venue.post("/order/cancel-plan-order")["successList"]) == 1
    listed = ended(venue, "profit_loss", orderId=stop["orderId"])
    assert [row["planStatus"] for row in listed] == ["cancelled"]
    assert refusal(venue.get, "/order/orders-plan-pending", planType="all") == "40020"
    assert venue.get("/order/orders-plan-pending", planType="normal_plan", productType="USDC-FUTURES") == {
        "entrustedList": None,
        "endId": None,
    }


@pytest.mark.parametrize(
    ("mode", "trade_side", "bill"),
    [
        (PositionMode.ONE_WAY, "burst_sell_single", "burst_sell"),
        (PositionMode.HEDGE, "burst_close_long", "burst_long_"),
    ],
)
def test_a_liquidation_reads_as_the_venue_writes_it(mode: PositionMode, trade_side: str, bill: str) -> None:
    venue = Bitget(mode)
    opening = {"tradeSide": "open"} if mode is PositionMode.HEDGE else {}
    venue.order("buy", "2.5", **opening)
    venue.move(79_000)
    assert venue.positions() == []
    order = venue.get("/order/orders-history")["entrustedList"][0]
    assert (order["tradeSide"], order["orderSource"]) == (trade_side, "liquidation")
    assert venue.get("/account/bill")["bills"][0]["businessType"].startswith(bill)
    assert venue.get("/order/fills")["fillList"][0]["tradeSide"] == trade_side


def test_other_sources_are_named(venue: Bitget) -> None:
    venue.order("buy", "0.1", clientOid="o")
    venue.post("/order/click-backhand", symbol="BTCUSDT", marginCoin="USDT", side="buy", clientOid="r")
    assert venue.get("/order/detail", symbol="BTCUSDT", clientOid="r")["orderSource"] == "reverse"
    venue.order("buy", "0.1", "80000", clientOid="a")
    change = {"symbol": "BTCUSDT", "clientOid": "a", "newClientOid": "b", "newSize": "0.2", "newPrice": "80100"}
    venue.post("/order/modify-order", **change)
    row = venue.get("/order/detail", symbol="BTCUSDT", clientOid="b")
    assert (row["orderSource"], row["presetStopLossType"]) == ("modify_order_limit", "")


def test_a_maker_fill_and_a_position_take_profit(venue: Bitget) -> None:
    venue.order("sell", "0.1", "90500", presetStopSurplusPrice="85000", clientOid="m")
    venue.move(90_600)
    fill = venue.get("/order/fill-history")["fillList"][0]
    assert (fill["tradeScope"], fill["price"], fill["marginCoin"]) == ("maker", "90500", "USDT")
    venue.move(84_000)
    assert venue.get("/order/orders-history")["entrustedList"][0]["orderSource"] == "profit_market"


def test_public_data_has_the_documented_shapes(venue: Bitget) -> None:
    assert [row["symbol"] for row in venue.get("/market/contracts", symbol="ETHUSDT")] == ["ETHUSDT"]
    assert [row["symbol"] for row in venue.get("/market/contracts", productType="USDC-FUTURES")] == [
        "BTCPERP",
        "ETHPERP",
    ]
    [row, _] = venue.get("/market/contracts", productType="COIN-FUTURES")
    assert (row["symbol"], row["quoteCoin"], row["supportMarginCoins"]) == ("BTCUSD", "USD", ["BTC"])
    assert venue.get("/market/contracts", productType="SCOIN-FUTURES") == []
    assert len(venue.get("/market/tickers")) >= 5
    price = venue.get("/market/symbol-price", symbol="BTCUSDT")[0]
    assert (price["price"], price["markPrice"], price["ts"]) == ("90000", "90000", str(NOW))
    depth = venue.get("/market/merge-depth", symbol="BTCUSDT", limit=5)
    assert depth["asks"][0][0] == 90000.1
    assert depth["bids"][0][0] == 89999.9
    rates = venue.get("/market/current-fund-rate")
    history = venue.get("/market/history-fund-rate", symbol="BTCUSDT", pageSize=3, pageNo=2)
    first = venue.get("/market/history-fund-rate", symbol="BTCUSDT", pageSize=3)
    assert len(rates) >= 5
    times = [int(row["fundingTime"]) for row in first + history]
    assert times == sorted(times, reverse=True)
    assert times[0] <= NOW < int(rates[0]["nextUpdate"])
    assert venue.get("/market/funding-time", symbol="BTCUSDT")[0]["ratePeriod"] == "8"
    assert venue.get("/market/open-interest", symbol="BTCUSDT")["openInterestList"][0]["symbol"] == "BTCUSDT"
    assert [row["coin"] for row in venue.get("/api/v2/spot/public/coins")][:2] == ["ADA", "BTC"]
    assert venue.get("/api/v2/spot/public/symbols") == []


def test_candles_end_now_and_join(venue: Bitget) -> None:
    venue.exchange.engine.marks.pin("BTC/USDT:USDT", None)
    rows = venue.get("/market/candles", symbol="BTCUSDT", granularity="5m", limit=10)
    starts = [int(row[0]) for row in rows]
    assert starts == list(range(starts[0], starts[0] + 10 * 300_000, 300_000))
    assert starts[-1] <= NOW < starts[-1] + 300_000
    for _, opened, high, low, closed, *_ in rows:
        assert (
            Decimal(low)
            <= min(Decimal(opened), Decimal(closed))
            <= max(Decimal(opened), Decimal(closed))
            <= Decimal(high)
        )
    window = {"startTime": starts[2], "endTime": starts[4]}
    assert venue.get("/market/history-candles", symbol="BTCUSDT", granularity="5m", **window) == rows[2:5]
    assert refusal(venue.get, "/market/candles", symbol="BTCUSDT", granularity="7m") == "40020"


def test_the_rest_of_the_refusals(venue: Bitget) -> None:
    common = {"symbol": "BTCUSDT", "marginCoin": "USDT"}
    bad = common | {"posSide": "long", "orderType": "limit", "openPrice": "0"}
    assert refusal(venue.get, "/account/max-open", **bad) == "41103"
    assert refusal(venue.get, "/account/liq-price", **bad, openAmount="1") == "41103"
    assert refusal(venue.get, "/account/open-count", **common, openAmount="1", openPrice="0") == "41103"
    assert venue.get("/position/all-position", marginCoin="USDC") == []
    assert venue.get("/account/bill", productType="SUSDC-FUTURES") == {"bills": [], "endId": None}
    items = [{"orderId": str(number)} for number in range(1, 52)]
    assert refusal(venue.post, "/order/batch-cancel-orders", symbol="BTCUSDT", orderIdList=items) == "40912"
    late = {
        "symbol": "BTCUSDT",
        "orderId": venue.order()["orderId"],
        "newClientOid": "n",
        "newPresetStopLossPrice": "1",
    }
    assert refusal(venue.post, "/order/modify-order", **late) == "40922"


def test_open_interest_limits_are_of_one_symbol_or_of_all(venue: Bitget) -> None:
    [row] = venue.get("/market/oi-limit", symbol="BTCUSDT")
    assert row["symbol"] == "BTCUSDT"
    assert float(row["notionalValue"]) <= float(row["totalNotionalValue"])
    assert len(venue.get("/market/oi-limit")) > 1
