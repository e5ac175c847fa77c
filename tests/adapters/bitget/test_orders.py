"""Orders and fills, both ways: the venue's hedge-mode `side` names the position, not the trade."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from futures_async.adapters._bitget import ProductType
from futures_async.adapters.bitget import endpoints as rows
from futures_async.adapters.bitget.orders import (
    PLAN_STATUS,
    STATUS,
    direction,
    fills,
    order_frame,
    order_item,
    orders,
    trigger_item,
    trigger_orders,
    wire_side,
)
from futures_async.adapters.bitget.wire_orders import WireFeeDetail, WireFill, WireOrder, WirePlanOrder
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.errors import DecodeError
from futures_async.unified.models import Order, OrderRequest
from tests.adapters.bitget.data import payload, plain

USDT: ProductType = "USDT-FUTURES"
BUY, SELL = Side.BUY, Side.SELL
OPEN, CLOSE = Intent.OPEN, Intent.CLOSE
HEDGE, ONE_WAY = PositionMode.HEDGE, PositionMode.ONE_WAY
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


@pytest.mark.parametrize(
    ("side", "intent", "mode", "wire"),
    [
        (BUY, OPEN, HEDGE, {"side": "buy", "tradeSide": "open"}),
        (SELL, CLOSE, HEDGE, {"side": "buy", "tradeSide": "close"}),
        (SELL, OPEN, HEDGE, {"side": "sell", "tradeSide": "open"}),
        (BUY, CLOSE, HEDGE, {"side": "sell", "tradeSide": "close"}),
        (BUY, OPEN, ONE_WAY, {"side": "buy"}),
        (SELL, CLOSE, ONE_WAY, {"side": "sell", "reduceOnly": "YES"}),
        (SELL, OPEN, ONE_WAY, {"side": "sell"}),
        (BUY, CLOSE, ONE_WAY, {"side": "buy", "reduceOnly": "YES"}),
    ],
)
def test_the_documented_matrix_of_sides(side: Side, intent: Intent, mode: PositionMode, wire: dict[str, str]) -> None:
    assert wire_side(side, intent, mode) == wire


@pytest.mark.parametrize("intent", [OPEN, CLOSE])
@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("pos_side", [True, False])
def test_what_was_sent_in_hedge_mode_reads_back_as_it_was_meant(side: Side, intent: Intent, pos_side: bool) -> None:
    sent = wire_side(side, intent, HEDGE)
    held = LONG if (side is BUY) is (intent is OPEN) else SHORT
    went = direction(sent["side"], sent["tradeSide"], held.value if pos_side else None, "hedge_mode")
    assert went == (side, held, intent is CLOSE)


@pytest.mark.parametrize("venues_word", ["buy", "sell"])
@pytest.mark.parametrize(
    ("held", "trade_side", "side"),
    [("long", "open", BUY), ("long", "close", SELL), ("short", "open", SELL), ("short", "close", BUY)],
)
def test_with_pos_side_the_venues_convention_for_side_does_not_matter(
    venues_word: str, held: str, trade_side: str, side: Side
) -> None:
    assert direction(venues_word, trade_side, held, "hedge_mode").side is side


@pytest.mark.parametrize("venues_word", ["buy", "sell"])
@pytest.mark.parametrize("prefix", ["reduce_", "burst_", "offset_", "delivery_", "dte_sys_adl_"])
def test_closes_by_the_system_say_themselves_what_they_close(prefix: str, venues_word: str) -> None:
    assert direction(venues_word, f"{prefix}close_long", None, "hedge_mode") == (SELL, LONG, True)
    assert direction(venues_word, f"{prefix}close_short", None, "hedge_mode") == (BUY, SHORT, True)


@pytest.mark.parametrize(
    "word",
    [
        "buy_single",
        "reduce_buy_single",
        "burst_buy_single",
        "delivery_buy_single",
        "dte_sys_adl_buy_in_single_side_mode",
    ],
)
@pytest.mark.parametrize("mode", ["one_way_mode", None])
def test_in_one_way_mode_the_side_is_the_trades(word: str, mode: str | None) -> None:
    assert direction("buy", word, "net", mode) == (BUY, None, None)
    assert direction("sell", word.replace("buy", "sell"), None, mode) == (SELL, None, None)


def test_a_missing_trade_side_opens() -> None:
    assert direction("sell", None, "short", "hedge_mode") == (SELL, SHORT, False)


@pytest.mark.parametrize(
    ("side", "trade_side", "pos_side", "mode", "path"),
    [
        ("both", "buy_single", "net", "one_way_mode", "side"),
        (None, "buy_single", "net", "one_way_mode", "side"),
        ("up", "close", None, "hedge_mode", "side"),
        ("buy", "swap", "long", "hedge_mode", "tradeSide"),
    ],
)
def test_an_unknown_word_for_a_side_is_never_guessed(
    side: str | None, trade_side: str, pos_side: str | None, mode: str, path: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        direction(side, trade_side, pos_side, mode)
    assert caught.value.path == path


def request(**changes: Any) -> OrderRequest:
    base = OrderRequest(symbol="BTCUSDT", side=BUY, type=OrderType.LIMIT, quantity=D("0.001"), price=D(60000))
    return msgspec.structs.replace(base, **changes)


def test_the_documented_hedge_request_is_made_key_for_key() -> None:
    body = order_frame("BTCUSDT", USDT, "USDT", MarginMode.ISOLATED) | order_item(
        request(), "fx-20260112-000001", HEDGE
    )
    documented = plain("place_order_hedge.request")
    assert body == documented
    assert list(body) == list(documented)


def test_the_documented_one_way_request_is_made_key_for_key() -> None:
    close = request(side=SELL, type=OrderType.MARKET, price=None, quantity=D("0.0001"), intent=CLOSE)
    body = order_frame("BTCUSDT", USDT, "USDT", MarginMode.CROSS) | order_item(close, "fx-20260112-000002", ONE_WAY)
    documented = plain("place_order_one_way.request")
    assert body == documented
    assert list(body) == list(documented)


@pytest.mark.parametrize("force", list(TimeInForce))
def test_every_time_in_force_has_its_word(force: TimeInForce) -> None:
    assert order_item(request(time_in_force=force), "x", HEDGE)["force"] == force.value


def test_a_market_order_has_neither_price_nor_force() -> None:
    item = order_item(request(type=OrderType.MARKET, time_in_force=TimeInForce.IOC), "x", HEDGE)
    assert not {"price", "force"} & set(item)


def test_numbers_are_written_out_plainly() -> None:
    item = order_item(request(quantity=D("1E-7"), price=D("6E+4")), None, HEDGE)
    assert (item["size"], item["price"], item.get("clientOid")) == ("0.0000001", "60000", None)


def test_attached_stops_are_sent() -> None:
    item = order_item(request(take_profit=D(70000), stop_loss=D("55000.5")), "x", HEDGE)
    assert (item["presetStopSurplusPrice"], item["presetStopLossPrice"]) == ("70000", "55000.5")


def test_a_trigger_order_waits_for_the_mark() -> None:
    item = trigger_item(request(side=SELL, intent=CLOSE, price=None), "x", HEDGE, D(58000))
    assert item == {
        "planType": "normal_plan",
        "size": "0.001",
        "triggerPrice": "58000",
        "triggerType": "mark_price",
        "orderType": "market",
        "side": "buy",
        "tradeSide": "close",
        "clientOid": "x",
    }


def test_a_trigger_order_with_a_price_becomes_a_limit_order() -> None:
    item = trigger_item(request(intent=CLOSE, take_profit=D(7), stop_loss=D(5)), None, ONE_WAY, D(6))
    assert (item["orderType"], item["price"], item["reduceOnly"]) == ("limit", "60000", "yes")
    assert (item["stopSurplusTriggerPrice"], item["stopLossTriggerPrice"]) == ("7", "5")
    assert "clientOid" not in item


def detail(name: str) -> WireOrder:
    found = payload(rows.DETAIL, name)
    assert isinstance(found, WireOrder)
    return found


def test_a_closed_long_reads_as_a_sale() -> None:
    assert orders(USDT).one(detail("detail_hedge_close")) == Order(
        venue="bitget",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        order_id="1491774628346392577",
        client_order_id="probe1791392707228",
        side=SELL,
        type=OrderType.MARKET,
        time_in_force=None,
        price=None,
        average_price=D("83473.1"),
        quantity=D("0.0001"),
        filled_quantity=D("0.0001"),
        remaining_quantity=D("0.0000"),
        status=OrderStatus.FILLED,
        reduce_only=True,
        position_side=LONG,
        margin_mode=MarginMode.CROSS,
        leverage=D(3),
        fee=D("0.00500838"),
        fee_coin="USDT",
        created_ms=1791392707908,
        updated_ms=1791392707964,
    )


def test_a_one_way_reduction_reads_as_it_was_sent() -> None:
    order = orders(USDT).one(detail("detail_one_way_reduce"))
    assert (order.side, order.position_side, order.reduce_only) == (SELL, None, True)
    assert (order.status, order.average_price, order.fee) == (OrderStatus.FILLED, D("83346.1"), D("0.00500076"))


def test_a_resting_close_of_a_list_reads_as_a_sale() -> None:
    [order] = [orders(USDT).one(row) for row in payload(rows.PENDING, "orders_pending").entrusted_list or []]
    assert (order.side, order.status, order.time_in_force) == (SELL, OrderStatus.NEW, TimeInForce.GTC)
    assert (order.price, order.average_price) == (D("166958.8"), None)
    assert (order.filled_quantity, order.remaining_quantity, order.fee) == (D(0), D("0.0001"), D(0))


def test_a_cancelled_order_of_the_history_is_final() -> None:
    [order] = [orders(USDT).one(row) for row in payload(rows.HISTORY, "orders_history").entrusted_list or []]
    assert order.status is OrderStatus.CANCELED
    assert order.status.is_final


def order_row(**changes: Any) -> WireOrder:
    return msgspec.structs.replace(detail("detail_one_way_reduce"), **changes)


def test_words_that_are_new_do_not_hide_an_order() -> None:
    order = orders(USDT).one(order_row(state="paused", order_type="iceberg", force="day", margin_mode="x"))
    assert (order.status, order.type) == (OrderStatus.UNKNOWN, OrderType.UNKNOWN)
    assert (order.time_in_force, order.margin_mode) == (None, None)
    assert order.raw.state == "paused"


def test_the_origin_of_a_forced_close_is_its_type() -> None:
    burst = order_row(trade_side="burst_close_long", pos_side="long", pos_mode="hedge_mode")
    assert orders(USDT).one(burst).type is OrderType.LIQUIDATION
    assert orders(USDT).one(order_row(trade_side="reduce_sell_single")).type is OrderType.LIQUIDATION
    adl = order_row(trade_side="dte_sys_adl_sell_in_single_side_mode")
    assert orders(USDT).one(adl).type is OrderType.ADL


@pytest.mark.parametrize("order_id", ["", "0", " 1"])
def test_an_order_without_a_readable_id_is_refused(order_id: str) -> None:
    with pytest.raises(DecodeError, match="orderId"):
        orders(USDT).one(order_row(order_id=order_id))


def test_what_the_venue_left_empty_is_not_known() -> None:
    order = orders(USDT).one(order_row(base_volume="", fee="", client_oid=""))
    assert (order.filled_quantity, order.remaining_quantity) == (None, None)
    assert (order.fee, order.fee_coin, order.client_order_id) == (None, None, None)


def test_an_id_that_comes_as_a_number_is_the_same_id() -> None:
    assert orders(USDT).one(order_row(order_id=1491757402453110785)).order_id == "1491757402453110785"


def test_open_and_final_states_are_the_documented_ones() -> None:
    assert {word for word, status in STATUS.items() if status.is_open} == {"live", "new", "init", "partially_filled"}
    assert PLAN_STATUS["not_trigger"] is OrderStatus.NEW
    assert PLAN_STATUS["executed"] is OrderStatus.UNKNOWN


def test_fills_read_their_true_side_without_pos_side() -> None:
    closed_short, closed_long, bought = [fills(USDT).one(row) for row in payload(rows.FILLS, "fills").fill_list or []]
    assert (closed_short.side, closed_long.side, bought.side) == (BUY, SELL, BUY)
    assert (closed_long.fill_id, closed_long.order_id) == ("1491774628545409024", "1491774628346392577")
    assert (closed_long.price, closed_long.quantity) == (D("83473.1"), D("0.0001"))
    assert (closed_long.fee, closed_long.fee_coin, closed_long.role) == (D("0.00500838"), "USDT", Role.TAKER)
    assert (closed_long.realized_pnl, closed_long.created_ms) == (D("0.00019"), 1791392707954)
    assert closed_long.client_order_id is None


def fill_row(*details: WireFeeDetail) -> WireFill:
    [row, *_] = payload(rows.FILLS, "fills").fill_list or []
    return msgspec.structs.replace(row, fee_detail=list(details))


def test_fees_of_one_coin_add_up() -> None:
    fill = fills(USDT).one(
        fill_row(WireFeeDetail(fee_coin="BGB", total_fee="-0.1"), WireFeeDetail(fee_coin="BGB", total_fee="-0.2"))
    )
    assert (fill.fee, fill.fee_coin) == (D("0.3"), "BGB")


def test_fees_of_several_coins_are_not_added() -> None:
    fill = fills(USDT).one(
        fill_row(WireFeeDetail(fee_coin="BGB", total_fee="-0.1"), WireFeeDetail(fee_coin="USDT", total_fee="-1"))
    )
    assert (fill.fee, fill.fee_coin, fill.unread) == (None, None, ("feeDetail",))
    assert fills(USDT).one(fill_row()).fee is None


def plan_row(**changes: Any) -> WirePlanOrder:
    [row] = payload(rows.PLAN_PENDING, "plan_pending").entrusted_list or []
    return msgspec.structs.replace(row, **changes)


def test_a_take_profit_of_a_one_way_long_sells() -> None:
    order = trigger_orders(USDT).one(plan_row())
    assert (order.order_id, order.type, order.side) == ("1491757344492109824", OrderType.TRIGGER, SELL)
    assert (order.status, order.reduce_only, order.price) == (OrderStatus.NEW, True, None)
    assert order.quantity == 0, "the venue says 0 for the whole position"
    assert order.raw.trigger_price == "92000"


def test_a_stop_of_a_hedged_long_sells_although_the_venue_says_buy() -> None:
    order = trigger_orders(USDT).one(
        plan_row(plan_type="pos_loss", pos_mode="hedge_mode", side="buy", trade_side="", pos_side="long")
    )
    assert (order.side, order.position_side, order.reduce_only) == (SELL, LONG, True)


def test_a_trigger_order_reads_as_other_orders_do() -> None:
    order = trigger_orders(USDT).one(
        plan_row(
            plan_type="normal_plan",
            pos_mode="hedge_mode",
            side="sell",
            trade_side="open",
            pos_side="short",
            size="0.5",
            price="90000",
            plan_status="executed",
        )
    )
    assert (order.side, order.reduce_only, order.quantity, order.price) == (SELL, False, D("0.5"), D(90000))
    assert order.status is OrderStatus.UNKNOWN
