"""Documented payloads of v1, field by field, and what becomes of them."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.adapters.bitget_v1 import endpoints as E
from futures_async.adapters.bitget_v1.mapping import (
    accounts,
    fills,
    ledger_entries,
    order_body,
    orders,
    position_leverage,
    positions,
    settle_coin,
    to_leverage,
    to_risk_limit,
    to_risk_limits,
    to_symbol,
    to_venue_symbol,
)
from futures_async.unified.enums import (
    Intent,
    LedgerType,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionSide,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.errors import DecodeError, InvalidOrder, InvalidRequest
from futures_async.unified.models import OrderRequest, Position
from tests.adapters.bitget_v1.data import changed, decode, load, name_of, payload, rows, same

D = Decimal
NOW_MS = 1621441751927


@pytest.mark.parametrize("endpoint", E.ENDPOINTS, ids=repr)
def test_every_documented_answer_is_read_field_by_field(endpoint: Any) -> None:
    wires, documented = payload(endpoint, name_of(endpoint)), load(name_of(endpoint))["data"]
    for wire, row in zip(rows(wires), rows(documented), strict=True):
        same(wire, row)


@pytest.mark.parametrize("endpoint", [E.ACCOUNT, E.POSITIONS, E.BILLS, E.RISK_LIMITS, E.DETAIL, E.FILLS], ids=repr)
def test_the_structs_know_no_field_that_is_not_documented(endpoint: Any) -> None:
    wire, row = rows(payload(endpoint, name_of(endpoint)))[0], rows(load(name_of(endpoint))["data"])[0]
    assert {field.encode_name for field in msgspec.structs.fields(wire)} == row.keys()


def position(**fields: Any) -> Position:
    return positions("USDT").one(changed(E.POSITIONS, "position_all_position", **fields)[0])


def test_the_example_account_is_mapped() -> None:
    account = accounts().one(payload(E.ACCOUNT, "account_info"))
    assert (account.margin_coin, account.margin_mode, account.risk_level) == ("USDT", MarginMode.CROSS, "normal")
    assert (account.available, account.balance, account.equity) == (D("1000.00"), D("1500.00"), D("1550.00"))
    assert account.unrealized_pnl == D("50.00")
    assert account.maintenance_margin_rate == D("0.004")
    assert account.initial_margin_rate == D("0.01")
    assert (account.locked, account.position_mode, account.margin_ratio) == (None, None, None)


def test_the_example_position_is_mapped() -> None:
    found = position()
    assert (found.symbol, found.venue_symbol, found.side) == ("BTC/USDT:USDT", "BTCUSDT", PositionSide.LONG)
    assert (found.quantity, found.entry_price, found.mark_price) == (D("0.123"), D("30000.50"), D("31000.00"))
    assert (found.unrealized_pnl, found.leverage, found.margin_mode) == (D("123.45"), D("10"), MarginMode.ISOLATED)
    assert (found.margin, found.initial_margin) == (D("500.00"), D("300.00"))
    assert (found.maintenance_margin, found.maintenance_margin_rate) == (D("2.00"), None)
    assert (found.margin_ratio, found.liquidation_price) == (D("0.15"), D("27500.00"))
    assert found.notional == D("3813.00000")
    assert (found.created_ms, found.updated_ms, found.margin_coin) == (NOW_MS, NOW_MS, "USDT")
    assert (found.position_mode, found.position_id, found.available) == (None, None, None)


def test_a_cross_position_holds_its_position_margin() -> None:
    found = position(marginMode="cross", positionSide="short", liquidationPrice="0", markPrice="")
    assert (found.margin, found.side) == (D("300.00"), PositionSide.SHORT)
    assert (found.liquidation_price, found.mark_price, found.notional) == (None, None, None)


def test_a_flat_row_is_left_out() -> None:
    rows = changed(E.POSITIONS, "position_all_position", holdPosition="0")
    assert positions("USDT").all(rows) == positions("USDT").all(rows[1:])


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"positionSide": "net"}, "positionSide"),
        ({"holdPosition": "-1"}, "holdPosition"),
        ({"holdPosition": "NaN"}, "holdPosition"),
    ],
)
def test_what_makes_a_row_is_missed(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        position(**fields)
    assert caught.value.path == path


@pytest.mark.parametrize("path", ["openPrice", "createTime", "marginMode"])
def test_what_else_cannot_be_read_is_none_and_named(path: str) -> None:
    assert position(**{path: "x"}).unread == (path,)


def test_numbers_may_come_as_numbers_and_times_as_text() -> None:
    found = position(holdPosition=D("0.5"), openPrice=30000, createTime=str(NOW_MS), updateTime="", leverage=7)
    assert (found.quantity, found.entry_price, found.leverage) == (D("0.5"), D(30000), D(7))
    assert (found.created_ms, found.updated_ms) == (NOW_MS, None)


def test_the_example_bill_is_mapped() -> None:
    entry = ledger_entries("USDT").one(payload(E.BILLS, "account_bills")[0])
    assert (entry.entry_id, entry.type, entry.venue_type) == ("123456789", LedgerType.REALIZED_PNL, "realized_pnl")
    assert (entry.amount, entry.fee, entry.coin) == (D("123.45"), D("0.12345"), "USDT")
    assert (entry.symbol, entry.venue_symbol, entry.balance) == ("BTC/USDT:USDT", "BTCUSDT", None)
    assert (entry.created_ms, entry.description) == (NOW_MS, "Close long position")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("deposit", LedgerType.DEPOSIT),
        ("withdraw", LedgerType.WITHDRAWAL),
        ("fee", LedgerType.FEE),
        ("pnl", LedgerType.REALIZED_PNL),
        ("realized_pnl", LedgerType.REALIZED_PNL),
        ("something_new", LedgerType.OTHER),
    ],
)
def test_bill_types_have_their_unified_word(word: str, kind: LedgerType) -> None:
    entry = ledger_entries("USDT").one(changed(E.BILLS, "account_bills", type=word, symbol="")[0])
    assert (entry.type, entry.venue_type, entry.symbol) == (kind, word, None)


def test_risk_limits_are_counted_from_the_smallest() -> None:
    document = load("account_risk_limit")
    small = document["data"][0]
    document["data"] = [{**small, "riskLimit": "500", "maxPositionSize": "50", "maxLeverage": "20"}, small]
    tiers = to_risk_limits(decode(E.RISK_LIMITS, msgspec.json.encode(document)), "BTCUSDT")
    assert [(tier.tier, tier.risk_limit, tier.max_quantity) for tier in tiers] == [
        (1, D("100"), D("10")),
        (2, D("500"), D("50")),
    ]
    assert (tiers[0].maintenance_margin_rate, tiers[0].initial_margin_rate) == (D("0.004"), D("0.01"))
    assert (tiers[0].max_leverage, tiers[0].symbol, tiers[0].venue_symbol) == (D("100"), "BTC/USDT:USDT", "BTCUSDT")


def test_the_answers_of_settings_say_what_stands() -> None:
    limit = to_risk_limit(payload(E.SET_RISK_LIMIT, "account_set_position_risk_limit"))
    assert (limit.symbol, limit.risk_limit, limit.max_quantity) == ("BTC/USDT:USDT", D("100"), D("10"))
    leverage = to_leverage(payload(E.SET_LEVERAGE, "position_leverage"))
    assert (leverage.symbol, leverage.leverage, leverage.margin_mode) == ("BTC/USDT:USDT", D("10"), MarginMode.ISOLATED)
    assert payload(E.SET_MARGIN_MODE, "account_set_margin_mode").margin_mode == "isolated"
    assert payload(E.SET_POSITION_MODE, "account_set_position_mode").position_mode == "hedged"


def test_leverage_is_what_the_positions_show() -> None:
    both = position_leverage([position(), position(positionSide="short", leverage="5", marginMode="cross")], "BTCUSDT")
    assert (both.leverage, both.long_leverage, both.short_leverage) == (None, D(10), D(5))
    assert both.margin_mode is None
    one = position_leverage([position()], "BTCUSDT")
    assert (one.leverage, one.margin_mode) == (D(10), MarginMode.ISOLATED)
    none = position_leverage([], "BTCUSDT")
    assert (none.symbol, none.leverage, none.margin_mode) == ("BTC/USDT:USDT", None, None)


def test_the_example_order_is_mapped() -> None:
    for endpoint, name in ((E.DETAIL, "order_detail"), (E.CURRENT, "order_current")):
        order = orders().one(rows(payload(endpoint, name))[0])
        assert (order.order_id, order.client_order_id) == ("123456789", None)
        assert (order.symbol, order.venue_symbol, order.side) == ("BTC/USDT:USDT", "BTCUSDT", Side.BUY)
        assert (order.type, order.time_in_force) == (OrderType.LIMIT, TimeInForce.GTC)
        assert (order.price, order.average_price) == (D("30000.50"), D("30000.00"))
        assert (order.quantity, order.filled_quantity, order.remaining_quantity) == (D("0.123"), D("0.100"), D("0.023"))
        assert (order.status, order.leverage) == (OrderStatus.PARTIALLY_FILLED, D("10"))
        assert (order.margin_mode, order.created_ms, order.updated_ms) == (MarginMode.ISOLATED, NOW_MS, NOW_MS)
        assert (order.reduce_only, order.position_side, order.fee) == (None, None, None)


def test_a_placed_order_has_no_fills_to_tell_of() -> None:
    order = orders().one(payload(E.PLACE_ORDER, "order_place_order"))
    assert (order.status, order.filled_quantity, order.remaining_quantity) == (OrderStatus.NEW, None, None)
    assert orders().one(payload(E.HISTORY, "order_history")[0]).status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("word", "kind", "force"),
    [
        ("limit", OrderType.LIMIT, TimeInForce.GTC),
        ("market", OrderType.MARKET, None),
        ("post_only", OrderType.LIMIT, TimeInForce.POST_ONLY),
        ("fok", OrderType.LIMIT, TimeInForce.FOK),
        ("ioc", OrderType.LIMIT, TimeInForce.IOC),
        ("new_word", OrderType.UNKNOWN, None),
    ],
)
def test_order_types_carry_the_time_in_force(word: str, kind: OrderType, force: TimeInForce | None) -> None:
    order = orders().one(changed(E.DETAIL, "order_detail", orderType=word))
    assert (order.type, order.time_in_force) == (kind, force)
    assert order.price == (None if kind is OrderType.MARKET else D("30000.50"))


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", OrderStatus.NEW),
        ("partially_filled", OrderStatus.PARTIALLY_FILLED),
        ("filled", OrderStatus.FILLED),
        ("cancelled", OrderStatus.CANCELED),
        ("init", OrderStatus.UNKNOWN),
    ],
)
def test_statuses_are_the_documented_words(word: str, status: OrderStatus) -> None:
    order = orders().one(changed(E.DETAIL, "order_detail", status=word, marginMode="odd", avgPrice="0"))
    assert (order.status, order.margin_mode, order.average_price) == (status, None, None)


@pytest.mark.parametrize("fields", [{"orderId": ""}, {"side": "open_long"}, {"size": "-1"}])
def test_an_order_without_id_side_or_size_is_not_guessed_at(fields: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        orders().one(changed(E.DETAIL, "order_detail", **fields))


def test_order_ids_beyond_a_double_survive() -> None:
    assert orders().one(changed(E.DETAIL, "order_detail", orderId=9007199254740993)).order_id == "9007199254740993"


def test_the_example_fill_is_mapped() -> None:
    fill = fills().one(payload(E.FILLS, "order_fills")[0])
    assert (fill.fill_id, fill.order_id, fill.symbol) == ("123456789", "123456789", "BTC/USDT:USDT")
    assert (fill.side, fill.price, fill.quantity) == (Side.BUY, D("30000.00"), D("0.123"))
    assert (fill.fee, fill.fee_coin, fill.role, fill.created_ms) == (D("0.00001"), "USDT", Role.MAKER, NOW_MS)


def request(**fields: Any) -> OrderRequest:
    given: dict[str, Any] = {
        "symbol": "BTC/USDT:USDT",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": D("0.123"),
        "price": D("30000.50"),
        "leverage": D(10),
        "margin_mode": MarginMode.ISOLATED,
        **fields,
    }
    return OrderRequest(**given)


def test_the_worked_order_body_is_written_byte_for_byte() -> None:
    body = load("signing")[1]["body"]
    assert msgspec.json.encode(order_body(request(), "BTCUSDT")).decode() == body


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("intent", Intent)
@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "limit"),
        ({"time_in_force": TimeInForce.GTC}, "limit"),
        ({"time_in_force": TimeInForce.POST_ONLY}, "post_only"),
        ({"time_in_force": TimeInForce.FOK}, "fok"),
        ({"time_in_force": TimeInForce.IOC}, "ioc"),
        ({"type": OrderType.MARKET, "price": None}, "market"),
    ],
)
def test_bodies_say_type_side_and_intent(side: Side, intent: Intent, fields: dict[str, Any], word: str) -> None:
    body = order_body(request(side=side, intent=intent, **fields), "BTCUSDT")
    assert (body["side"], body["orderType"]) == (side.value, word)
    assert body["reduceOnly"] is (intent is Intent.CLOSE)
    assert ("price" in body) == (word != "market")
    documented = {row["name"]: row for row in load("requests")["order_place_order"]["parameters"]}
    assert body.keys() <= documented.keys()
    assert {name for name, row in documented.items() if row["required"]} <= body.keys()
    assert all(isinstance(value, bool) == (documented[name]["type"] == "boolean") for name, value in body.items())


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"leverage": None}, "leverage"),
        ({"margin_mode": None}, "margin_mode"),
        ({"take_profit": D(1)}, "take-profit"),
        ({"stop_loss": D(1)}, "stop-loss"),
        ({"type": OrderType.MARKET, "price": None, "time_in_force": TimeInForce.FOK}, "time in force"),
    ],
)
def test_what_the_dialect_cannot_say_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOrder, match=says):
        order_body(request(**fields), "BTCUSDT")


@pytest.mark.parametrize(
    ("unified", "venue", "settle"),
    [
        ("BTC/USDT:USDT", "BTCUSDT", "USDT"),
        ("ETH/USDC:USDC", "ETHUSDC", "USDC"),
        ("BTC/USD:BTC", "BTCUSD", "BTC"),
    ],
)
def test_symbols_go_both_ways(unified: str, venue: str, settle: str) -> None:
    assert to_venue_symbol(unified) == venue
    assert to_symbol(venue) == unified
    assert to_venue_symbol(venue.lower()) == venue
    assert settle_coin(venue) == settle


def test_ids_of_another_form_are_passed_through() -> None:
    assert to_symbol("BTCUSDT_UMCBL") == "BTCUSDT_UMCBL"
    assert to_venue_symbol("BTCUSDT_UMCBL") == "BTCUSDT_UMCBL"
    assert settle_coin("BTCUSDT_UMCBL") is None


@pytest.mark.parametrize("symbol", ["BTC/USDT:BTC", "BTC/USD:USD", "", "../x"])
def test_symbols_without_an_id_are_refused(symbol: str) -> None:
    with pytest.raises(InvalidRequest):
        to_venue_symbol(symbol)


def test_a_ratio_below_zero_is_that_of_a_position_at_its_liquidation() -> None:
    assert position(marginRate="-0.2").margin_ratio == 1
