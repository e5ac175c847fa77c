"""Documented payloads, field by field, and what becomes of them."""

import json
from decimal import ROUND_DOWN, Decimal
from typing import Any

import msgspec
import pytest

from futures_async.adapters.bittap import endpoints as E
from futures_async.adapters.bittap.mapping import (
    accounts,
    fills,
    open_orders,
    past_orders,
    positions,
    tickers,
    to_leverage,
    to_symbol,
    to_venue_symbol,
)
from futures_async.adapters.bittap.wire import (
    WireAccountInfo,
    WireAsset,
    WireContractRules,
    WireOpenOrder,
    WirePastOrder,
    WirePosition,
    WireStreamAck,
    WireStreamEvent,
    WireTrade,
)
from futures_async.unified.enums import (
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.errors import DecodeError, InvalidRequest
from futures_async.unified.models import Position
from tests.adapters.bittap.data import changed, decode, load, names_of, payload, raw, same, wire_names

D = Decimal


def open_position(**fields: Any) -> Position:
    return positions().one(decode(E.OPEN_POSITION, changed("open_position", **fields)).data[0])


def test_every_documented_field_of_the_account_has_its_place() -> None:
    names = load("account_info.fields")
    assert {name.removeprefix("data.") for name in names if name.count(".") == 1} == wire_names(WireAccountInfo)
    for prefix, kind in (("data.assets[].", WireAsset), ("data.positions[].", WirePosition)):
        assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == wire_names(kind)


def test_every_documented_field_of_the_lists_has_its_place() -> None:
    names = load("rows.fields")
    assert set(names["openPosition"]) == wire_names(WirePosition)
    assert set(names["openOrder"]) == wire_names(WireOpenOrder)
    assert set(names["orderHis"]) == wire_names(WirePastOrder)
    assert set(names["tradeHis"]) == wire_names(WireTrade)


def test_the_documented_account_info_is_read_field_by_field() -> None:
    same(payload(E.ACCOUNT_INFO, "account_info"), load("account_info")["data"])


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        (E.OPEN_POSITION, "open_position"),
        (E.OPEN_ORDER, "open_order"),
        (E.ORDER_HISTORY, "order_his"),
        (E.TRADE_HISTORY, "trade_his"),
    ],
)
def test_the_documented_lists_are_read_field_by_field(endpoint: Any, name: str) -> None:
    for wire, row in zip(payload(endpoint, name), load(name)["data"], strict=True):
        same(wire, row)
        assert names_of(wire) == set(row)


@pytest.mark.parametrize(
    ("endpoint", "name"), [(E.DAY_TICKER, "day_ticker"), (E.PRICE_TICKER, "price_ticker"), (E.DEPTH, "depth")]
)
def test_market_data_is_read_field_by_field(endpoint: Any, name: str) -> None:
    wire, row = payload(endpoint, name), load(name)["data"]
    assert names_of(wire) == set(row)
    if name == "depth":
        assert wire.bids == [(D("104616.7"), D("1.25")), (D("104616.6"), D("2"))]
        assert wire.asks == [(D("104616.8"), D("0.5"))]
        assert wire.last_update_id == 111429461924122627
    else:
        same(wire, row)


def test_a_ticker_may_come_as_a_list() -> None:
    row = load("price_ticker")["data"]
    wires = decode(E.PRICE_TICKER, json.dumps({"code": "0", "data": [row]})).data
    assert [tickers().one(wire).last_price for wire in wires] == [D("3456.78")]


def test_contract_rows_are_kept_as_they_came() -> None:
    info = payload(E.EXCHANGE_INFO, "exchange_info")
    document = load("exchange_info")["data"]
    assert info.symbols == document["symbols"]
    assert info.order_types == ["LIMIT", "MARKET"]
    assert info.time_in_forces == ["GTC", "IOC", "FOK"]
    assert info.coins[0].coin_symbol == "USDT"
    rules = msgspec.convert(info.symbols[0], WireContractRules)
    assert (rules.contract_side, rules.contract_type, rules.default_leverage) == ("FORWARD", "PERPETUAL", 20)
    assert rules.risk_limit_configs is not None
    assert rules.risk_limit_configs[0].maintain_margin_rate == D("0.005")


def test_the_example_proves_its_own_arithmetic() -> None:
    info = payload(E.ACCOUNT_INFO, "account_info")
    asset = info.assets[0]
    row = info.positions[0]
    balance, locked, profit = D(asset.balance), D(asset.locked), D(asset.profit_unreal)
    quantity, entry = D(row.quantity), D(row.avg_entry_price)
    assert balance - locked + D(asset.cross_profit_unreal) == D(asset.available)
    assert balance - locked == D(asset.can_transfer)
    assert balance + profit == D(asset.equities)
    assert quantity * entry == D(row.entry_value)
    assert D(row.entry_value) / row.leverage == D(row.margin) == locked
    assert D("0.0001") * D(row.entry_value) == D(row.fee_amount)
    mark = entry + profit / quantity
    assert mark == D("2.4784")
    assert D("0.01") * quantity * mark == D(asset.crossed_maintain_margin)
    ratio = D(asset.crossed_maintain_margin) / (D(asset.equities) - D("0.0005") * quantity * mark)
    assert ratio.quantize(D("1e-16"), ROUND_DOWN) == D(asset.crossed_maintain_margin_rate)
    for name in ("available", "balance", "can_transfer", "cross_profit_unreal", "crossed_maintain_margin"):
        assert D(str(getattr(info, name))) == D(str(getattr(asset, name)))
    assert (info.total_equities, info.total_locked) == (asset.equities, asset.locked)


def test_the_example_account_is_mapped() -> None:
    account = accounts().one(payload(E.ACCOUNT_INFO, "account_info").assets[0])
    assert account.margin_coin == "USDT"
    assert account.equity == D("11765.70795680674743639045")
    assert account.balance == D("12282.88002680674743639045")
    assert account.available == D("11631.90264130674743639045")
    assert account.locked == D("133.8053155")
    assert account.transferable == D("12149.07471130674743639045")
    assert account.bonus == 0
    assert account.unrealized_pnl == D("-517.17207")
    assert account.maintenance_margin == D("21.5893424")
    assert account.margin_ratio == D("0.0018351061760195")
    assert account.maintenance_margin_rate is None
    assert account.initial_margin is None


def test_the_example_position_is_one_long_cross_hedge_position() -> None:
    found = positions().one(payload(E.ACCOUNT_INFO, "account_info").positions[0])
    assert (found.symbol, found.venue_symbol) == ("XRP/USDT:USDT", "XRP-USDT-M")
    assert (found.side, found.margin_mode, found.position_mode) == (
        PositionSide.LONG,
        MarginMode.CROSS,
        PositionMode.HEDGE,
    )
    assert (found.quantity, found.entry_price, found.leverage) == (D("871.1"), D("3.0721"), D(20))
    assert (found.margin, found.initial_margin, found.margin_coin) == (D("133.8053155"), D("133.8053155"), "USDT")
    assert (found.realized_pnl, found.fee, found.funding) == (D(0), D("0.267610631"), D(0))
    assert found.position_id == "8039784359178546030"
    assert (found.created_ms, found.updated_ms) == (1758179319000, 1758179319143)
    for name in (
        "mark_price",
        "liquidation_price",
        "unrealized_pnl",
        "maintenance_margin",
        "maintenance_margin_rate",
        "margin_ratio",
        "notional",
        "contracts",
        "available",
        "take_profit",
    ):
        assert getattr(found, name) is None, name


def test_open_positions_carry_what_the_market_says() -> None:
    found = open_position()
    assert found.mark_price == D("104947.1")
    assert found.unrealized_pnl == D("431.76668")
    assert found.margin_ratio == D("0.0351")
    assert found.maintenance_margin == D("420.4180826")
    assert found.notional == D("42041.80826")
    assert found.liquidation_price is None
    assert found.notional is not None
    assert found.mark_price is not None
    assert (found.mark_price - D("103869.3")) * found.quantity == found.unrealized_pnl
    assert D("0.0005") * found.notional == D("21.02090413")


def test_sell_is_short_in_both_modes() -> None:
    for word, mode in (
        ("ONEWAY", PositionMode.ONE_WAY),
        ("ONE_WAY", PositionMode.ONE_WAY),
        ("HEDGE", PositionMode.HEDGE),
    ):
        found = open_position(side="SELL", positionMode=word)
        assert (found.side, found.position_mode) == (PositionSide.SHORT, mode)


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("CROSSED", MarginMode.CROSS),
        ("CROSS", MarginMode.CROSS),
        ("ISOLATED", MarginMode.ISOLATED),
        ("ISOLATION", MarginMode.ISOLATED),
        ("NEW_WORD", None),
        ("", None),
        (None, None),
    ],
)
def test_margin_modes_have_several_spellings(word: str | None, mode: MarginMode | None) -> None:
    found = open_position(marginMode=word, positionMode="NEW_WORD")
    assert found.margin_mode is mode
    assert found.position_mode is None
    assert found.raw.margin_mode == word


@pytest.mark.parametrize("orders", [[], [{"a": 1}], None, "[]"])
@pytest.mark.parametrize("settings", [None, {"tp": "1"}, ""])
def test_attached_orders_may_have_any_form(orders: Any, settings: Any) -> None:
    found = open_position(tpSlOrders=orders, tpSl=settings)
    assert (found.raw.tp_sl_orders, found.raw.tp_sl) == (orders, settings)


def test_every_field_but_three_may_be_null_or_missing() -> None:
    row = load("open_position")["data"][0]
    kept = {"symbolId": "BTC-USDT-M", "side": "BUY", "quantity": "1"}
    for body in ({name: kept.get(name) for name in row}, kept):
        found = positions().one(decode(E.OPEN_POSITION, json.dumps({"code": "0", "data": [body]})).data[0])
        assert (found.quantity, found.symbol, found.margin_coin) == (D(1), "BTC/USDT:USDT", "USDT")
        assert found.position_id is None


def test_empty_text_is_not_a_number_and_not_zero() -> None:
    names = ("avgEntryPrice", "markPrice", "margin", "marginRate", "feeAmount", "profitUnreal", "leverage", "ctime")
    found = open_position(**dict.fromkeys(names, ""))
    assert (found.entry_price, found.mark_price, found.margin, found.margin_ratio) == (None, None, None, None)
    assert (found.fee, found.unrealized_pnl, found.leverage, found.created_ms) == (None, None, None, None)


def test_numbers_may_come_as_numbers() -> None:
    body = raw("open_position").replace(b'"0.4006"', b"0.4006").replace(b'"103869.3"', b"103869.30000000000000001")
    body = body.replace(b'"6017661495600394692"', b"6017661495600394692").replace(b"1762244453000", b'"1762244453000"')
    found = positions().one(decode(E.OPEN_POSITION, body).data[0])
    assert (found.quantity, found.entry_price) == (D("0.4006"), D("103869.30000000000000001"))
    assert (found.position_id, found.created_ms) == ("6017661495600394692", 1762244453000)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"quantity": "NaN"}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"symbolId": None}, "symbolId"),
        ({"side": None}, "side"),
        ({"side": "HOLD"}, "side"),
    ],
)
def test_what_makes_a_row_is_missed(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        open_position(**fields)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"markPrice": "1e500"}, "markPrice"),
        ({"avgEntryPrice": "abc"}, "avgEntryPrice"),
        ({"margin": True}, "margin"),
        ({"ctime": "soon"}, "ctime"),
        ({"marginMode": "NEW_WORD"}, "marginMode"),
    ],
)
def test_what_else_cannot_be_read_is_none_and_named(fields: dict[str, Any], path: str) -> None:
    assert open_position(**fields).unread == (path,)


def test_a_flat_row_is_left_out() -> None:
    rows = decode(E.OPEN_POSITION, changed("open_position", quantity="0")).data
    assert positions().all(rows) == positions().all(rows[1:])


def test_leverage_is_what_the_positions_show() -> None:
    long, short = open_position(), open_position(side="SELL", leverage=10)
    both = to_leverage([long, short], "BTC-USDT-M")
    assert (both.leverage, both.long_leverage, both.short_leverage) == (None, D(20), D(10))
    one = to_leverage([long], "BTC-USDT-M")
    assert (one.leverage, one.long_leverage, one.short_leverage, one.margin_mode) == (
        D(20),
        D(20),
        None,
        MarginMode.CROSS,
    )
    none = to_leverage([], "BTC-USDT-M")
    assert (none.symbol, none.leverage, none.margin_mode) == ("BTC/USDT:USDT", None, None)


def test_the_example_open_order_is_mapped() -> None:
    order = open_orders().one(payload(E.OPEN_ORDER, "open_order")[0])
    assert (order.order_id, order.client_order_id) == ("111479286124253184", None)
    assert (order.symbol, order.venue_symbol) == ("BTC/USDT:USDT", "BTC-USDT-M")
    assert (order.side, order.type, order.time_in_force) == (Side.BUY, OrderType.LIMIT, TimeInForce.GTC)
    assert (order.price, order.average_price) == (D("104616.7"), D("104616.7"))
    assert (order.quantity, order.filled_quantity, order.remaining_quantity) == (D("0.1"), D("0.0043"), D("0.0957"))
    assert order.status is OrderStatus.PARTIALLY_FILLED
    assert order.reduce_only is False
    assert (order.margin_mode, order.leverage) == (MarginMode.CROSS, D(20))
    assert (order.fee, order.fee_coin) == (D("0.044985181"), "USDT")
    assert (order.created_ms, order.updated_ms) == (1762239532998, 1762239539000)
    assert D("0.0001") * D("449.85181") == order.fee


def test_an_open_order_without_fills_is_new() -> None:
    order = open_orders().one(
        decode(E.OPEN_ORDER, changed("open_order", tradeQuantity="0", avgPrice="0", postOnly=1)).data[0]
    )
    assert (order.status, order.average_price) == (OrderStatus.NEW, None)
    assert order.time_in_force is TimeInForce.POST_ONLY


def test_the_unfilled_quantity_stands_in_for_the_filled() -> None:
    order = open_orders().one(decode(E.OPEN_ORDER, changed("open_order", tradeQuantity=None)).data[0])
    assert (order.filled_quantity, order.remaining_quantity) == (D("0.0043"), D("0.0957"))
    order = open_orders().one(decode(E.OPEN_ORDER, changed("open_order", tradeQuantity=None, quantity=None)).data[0])
    assert (order.filled_quantity, order.remaining_quantity) == (None, None)


def test_past_orders_are_filled_or_cancelled() -> None:
    filled, cancelled = (past_orders().one(wire) for wire in payload(E.ORDER_HISTORY, "order_his"))
    assert (filled.order_id, filled.status, filled.remaining_quantity) == (
        "111429461924122624",
        OrderStatus.FILLED,
        D(0),
    )
    assert (filled.type, filled.price, filled.average_price) == (OrderType.MARKET, None, D("106337.6"))
    assert (filled.created_ms, filled.updated_ms) == (1762227653000, 1762227654000)
    assert (filled.reduce_only, filled.time_in_force) == (False, TimeInForce.IOC)
    assert (cancelled.status, cancelled.filled_quantity, cancelled.quantity) == (
        OrderStatus.CANCELED,
        D("0.01"),
        D("0.03"),
    )
    assert (cancelled.reduce_only, cancelled.time_in_force) == (True, TimeInForce.POST_ONLY)
    unknown = past_orders().one(decode(E.ORDER_HISTORY, changed("order_his", tradeQuantity=None, type="ODD")).data[0])
    assert (unknown.status, unknown.type, unknown.remaining_quantity) == (OrderStatus.UNKNOWN, OrderType.UNKNOWN, None)


@pytest.mark.parametrize(
    ("value", "flag"), [(True, True), (1, True), ("1", True), (False, False), (0, False), (None, None), ("x", None)]
)
def test_flags_are_bools_or_numbers(value: bool | int | str | None, flag: bool | None) -> None:
    order = open_orders().one(decode(E.OPEN_ORDER, changed("open_order", reduceOnly=value)).data[0])
    assert order.reduce_only is flag
    assert order.unread == (("reduceOnly",) if value == "x" else ())


def test_the_example_fill_is_mapped() -> None:
    fill = fills().one(payload(E.TRADE_HISTORY, "trade_his")[0])
    assert (fill.fill_id, fill.order_id) == ("111429461924122625", "111429461924122624")
    assert (fill.symbol, fill.side, fill.role) == ("BTC/USDT:USDT", Side.BUY, Role.TAKER)
    assert (fill.price, fill.quantity, fill.created_ms) == (D("106337.6"), D("0.01912"), 1762227654000)
    assert (fill.fee, fill.fee_coin, fill.realized_pnl) == (D("1.016587456"), "USDT", D(0))
    assert fill.price * fill.quantity == D(fill.raw.trade_amount)


@pytest.mark.parametrize(("word", "role"), [(1, Role.TAKER), (2, Role.MAKER), ("1", Role.TAKER), ("2", Role.MAKER)])
def test_the_role_of_a_fill_is_a_number_or_its_text(word: int | str, role: Role) -> None:
    assert fills().one(decode(E.TRADE_HISTORY, changed("trade_his", liquidityType=word)).data[0]).role is role


@pytest.mark.parametrize("source", [None, 2, "10"])
def test_the_source_of_a_fill_may_have_any_form(source: Any) -> None:
    fill = fills().one(decode(E.TRADE_HISTORY, changed("trade_his", source=source, liquidityType=2)).data[0])
    assert fill.raw.source == source
    assert fill.role is Role.MAKER


def test_the_price_ticker_gives_the_last_price() -> None:
    ticker = tickers().one(payload(E.PRICE_TICKER, "price_ticker"))
    assert (ticker.symbol, ticker.last_price, ticker.mark_price) == ("ETH/USDT:USDT", D("3456.78"), None)


@pytest.mark.parametrize(
    ("unified", "venue"),
    [("XRP/USDT:USDT", "XRP-USDT-M"), ("1000PEPE/USDC:USDC", "1000PEPE-USDC-M")],
)
def test_symbols_go_both_ways(unified: str, venue: str) -> None:
    assert to_venue_symbol(unified) == venue
    assert to_symbol(venue) == unified
    assert to_venue_symbol(venue) == venue


@pytest.mark.parametrize("odd", ["BTC-USD-M", "BTCUSDT", "BTC-USDT-M-X", "btc-usdt-M", "BTC-USDT-Q"])
def test_ids_of_another_form_are_passed_through(odd: str) -> None:
    assert to_symbol(odd) == odd
    assert to_venue_symbol(odd) == odd


@pytest.mark.parametrize("symbol", ["BTC/USD:BTC", "BTC/USDT:USDC", "", "../x", "BTC USDT"])
def test_symbols_without_a_documented_id_are_refused(symbol: str) -> None:
    with pytest.raises(InvalidRequest):
        to_venue_symbol(symbol)


def test_the_stream_examples_are_read() -> None:
    ack = msgspec.json.decode(raw("ws_ack"), type=WireStreamAck)
    assert (ack.code, ack.msg, ack.topic, ack.id) == (0, "", [], 2)
    event = msgspec.json.decode(raw("ws_account_update"), type=WireStreamEvent)
    document = load("ws_account_update")
    assert (event.e, event.c, event.time) == (document["e"], document["c"], document["E"])
    assert event.account is not None
    same(event.account.balances[0], document["a"]["B"][0])
    assert wire_names(type(event.account.balances[0])) == set(document["a"]["B"][0])


def test_empty_lists_may_be_null() -> None:
    for endpoint in (E.OPEN_POSITION, E.OPEN_ORDER, E.ORDER_HISTORY, E.TRADE_HISTORY):
        assert decode(endpoint, b'{"code":"0","data":null}').data is None
    info = decode(E.ACCOUNT_INFO, b'{"code":"0","data":{"assets":null,"positions":null}}').data
    assert (info.assets, info.positions) == (None, None)


def test_a_ratio_below_zero_is_that_of_an_account_at_its_liquidation() -> None:
    asset = payload(E.ACCOUNT_INFO, "account_info").assets[0]
    gone = msgspec.structs.replace(asset, crossed_maintain_margin_rate="-0.2")
    assert accounts().one(gone).margin_ratio == 1
    assert open_position(marginRate="-0.2").margin_ratio == 1
