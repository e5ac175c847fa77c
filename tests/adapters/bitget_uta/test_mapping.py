"""From the documented answers to the unified models, field by field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

import futures_async.unified.models as fa
from futures_async.adapters._bitget import Envelope, ProductType
from futures_async.adapters.bitget_uta import endpoints, mapping, orders, wire
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.enums import (
    LedgerType,
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
from tests.adapters.bitget_uta.samples import payload, plain

USDT: ProductType = "USDT-FUTURES"
BTC: dict[str, Any] = {"venue": "bitget-uta", "symbol": "BTC/USDT:USDT", "venue_symbol": "BTCUSDT"}


def first(endpoint: Endpoint[Any], name: str, **changes: Any) -> Any:
    """The first row of an example's list, some of its fields replaced."""
    body = plain(name)
    rows = body["data"] if isinstance(body["data"], list) else body["data"]["list"]
    rows[0] = {key: value for key, value in {**rows[0], **changes}.items() if value is not ...}
    data: Any = endpoint.decoder(Envelope).decode(msgspec.json.encode(body)).data
    return (getattr(data, "rows", None) or data)[0]


def order(**changes: Any) -> fa.Order:
    return orders.orders(USDT).one(first(endpoints.PAST_ORDERS, "history_orders", **changes))


def position(**changes: Any) -> fa.Position:
    return mapping.positions(USDT).one(first(endpoints.POSITIONS, "current_position", **changes))


def test_a_large_hedge_position_keeps_every_digit() -> None:
    position = mapping.positions(USDT).one(first(endpoints.POSITIONS, "current_position.hedge"))
    assert (position.side, position.position_mode) == (PositionSide.LONG, PositionMode.HEDGE)
    assert position.quantity == Decimal("119.2068")
    assert position.unrealized_pnl == Decimal("1124573.04243999")
    assert position.margin == Decimal("4701531.84941582")
    assert position.funding == Decimal("-53076.32433032")
    assert position.fee == Decimal("2842.86603479"), "paid = positive"
    assert position.liquidation_price == Decimal("43099.9")
    assert (position.created_ms, position.updated_ms) == (1736378720620, 1753102803148)


def test_a_position_is_read_field_by_field() -> None:
    assert position() == fa.Position(
        **BTC,
        side=PositionSide.LONG,
        quantity=Decimal("0.001"),
        entry_price=Decimal("107410.3"),
        mark_price=Decimal("107415.3"),
        break_even_price=Decimal("107539.2"),
        liquidation_price=None,
        unrealized_pnl=Decimal("0.0047"),
        realized_pnl=Decimal("0"),
        # Paid is positive here, negative in the row.
        fee=Decimal("0.06444618"),
        funding=Decimal("0"),
        leverage=Decimal("20"),
        margin_mode=MarginMode.CROSS,
        position_mode=PositionMode.HEDGE,
        margin_coin="USDT",
        margin=Decimal("5.435199"),
        initial_margin=Decimal("5.435199"),
        maintenance_margin=Decimal("0.4296612"),
        maintenance_margin_rate=Decimal("0.004"),
        notional=Decimal("107.4153"),
        available=Decimal("0.001"),
        locked=Decimal("0"),
        created_ms=1750495670699,
        updated_ms=1750929883465,
    )


def test_an_isolated_position_names_no_initial_margin() -> None:
    isolated = position(marginMode="isolated", liquidationPrice="98000.5", totalFunding="-1.5")
    assert isolated.margin == Decimal("5.435199")
    assert isolated.initial_margin is None
    assert isolated.liquidation_price == Decimal("98000.5")
    assert isolated.funding == Decimal("-1.5")


def test_a_coin_margined_position_has_no_value_by_quantity_times_price() -> None:
    row = first(endpoints.POSITIONS, "current_position", symbol="BTCUSD", marginCoin=None, category="COIN-FUTURES")
    inverse = mapping.positions("COIN-FUTURES").one(row)
    assert inverse.symbol == "BTC/USD:BTC"
    assert inverse.margin_coin == "BTC"
    assert inverse.notional is None
    assert inverse.maintenance_margin is None


def test_what_a_position_row_does_not_say_is_none() -> None:
    bare = position(
        avgPrice="", markPrice="", breakEvenPrice=None, unrealisedPnl="", mmr="", positionBalance="", available=...,
        openFeeTotal="", closeFeeTotal=None, leverage="", createdTime="", updatedTime=None, holdMode="new_mode",
        marginMode="new_mode",
    )  # fmt: skip
    shown = {name for name in fa.Position.__struct_fields__ if getattr(bare, name) not in (None, ())}
    always = {"venue", "raw", "symbol", "venue_symbol", "side", "quantity", "margin_coin", "unread"}
    assert shown == {*always, "realized_pnl", "funding", "locked"}
    assert bare.unread == ("avgPrice", "marginMode", "holdMode")


@pytest.mark.parametrize("word", ["net", "", "both"])
def test_a_position_without_a_readable_side_is_an_error(word: str) -> None:
    with pytest.raises(DecodeError, match="posSide"):
        position(posSide=word)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "-0.001", ""])
def test_a_position_without_a_readable_quantity_is_an_error_that_names_the_field(text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        position(total=text)
    assert caught.value.path == "total"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("markPrice", "mark_price"),
        ("liquidationPrice", "liquidation_price"),
        ("avgPrice", "entry_price"),
        ("available", "available"),
        ("mmr", "maintenance_margin_rate"),
    ],
)
@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "--"])
def test_a_number_that_is_none_is_named_and_the_position_stays(field: str, name: str, text: str) -> None:
    read = position(**{field: text})
    assert (getattr(read, name), read.unread, read.quantity) == (None, (field,), Decimal("0.001"))


def test_a_closed_position_is_read_field_by_field() -> None:
    row = first(endpoints.PAST_POSITIONS, "history_position")
    assert mapping.closed_positions(USDT).one(row) == fa.PositionHistory(
        **BTC,
        side=PositionSide.LONG,
        position_id="1322441328637100049",
        quantity=Decimal("0.0001"),
        closed_quantity=Decimal("0.0001"),
        entry_price=Decimal("107003.7"),
        exit_price=Decimal("107005.4"),
        realized_pnl=Decimal("0.00017"),
        net_pnl=Decimal("-0.01267055"),
        fee=Decimal("0.01284054"),
        funding=Decimal("0"),
        margin_mode=MarginMode.CROSS,
        position_mode=PositionMode.HEDGE,
        margin_coin="USDT",
        created_ms=1751020503195,
        closed_ms=1751020520458,
    )


def test_net_profit_is_profit_less_fees_and_funding_in_our_signs() -> None:
    past = mapping.closed_positions(USDT).one(first(endpoints.PAST_POSITIONS, "history_position"))
    assert past.realized_pnl is not None
    assert past.fee is not None
    assert past.funding is not None
    assert past.net_pnl is not None
    # The venue rounds each to eight digits by itself.
    assert abs(past.net_pnl - (past.realized_pnl - past.fee + past.funding)) <= Decimal("1e-8")


# Account


def test_an_account_is_read_per_coin() -> None:
    assets, settings = payload(endpoints.ASSETS, "assets"), payload(endpoints.SETTINGS, "settings")
    assert assets.assets is not None
    assert mapping.accounts().one(assets.assets[1], mapping.whole(assets, settings)) == fa.Account(
        venue="bitget-uta",
        margin_coin="BGB",
        equity=Decimal("1.15582129"),
        balance=Decimal("1.15582129"),
        available=Decimal("1.15582129"),
        locked=Decimal("0"),
        margin_ratio=Decimal("0"),
        position_mode=PositionMode.ONE_WAY,
    )


def test_the_whole_account_is_a_row_in_usd() -> None:
    assets, settings = payload(endpoints.ASSETS, "assets"), payload(endpoints.SETTINGS, "settings")
    assert mapping.totals().one(assets, settings) == fa.Account(
        venue="bitget-uta",
        margin_coin="USD",
        equity=Decimal("11.13919278"),
        available=Decimal("6.19299777"),
        unrealized_pnl=Decimal("0"),
        initial_margin=Decimal("0"),
        maintenance_margin=Decimal("0"),
        margin_ratio=Decimal("0"),
        position_mode=PositionMode.ONE_WAY,
    )


def test_an_account_of_level_isolated_says_so() -> None:
    assets = payload(endpoints.ASSETS, "assets")
    settings = wire.WireSettings(hold_mode="hedge_mode", account_level="isolated")
    total = mapping.totals().one(assets, settings)
    assert (total.margin_mode, total.position_mode) == (MarginMode.ISOLATED, PositionMode.HEDGE)


def test_an_account_whose_position_mode_is_a_new_word_cannot_be_traded() -> None:
    with pytest.raises(DecodeError, match="holdMode"):
        mapping.position_mode("triple_mode")


def test_a_ledger_row_is_read_field_by_field() -> None:
    row = first(endpoints.RECORDS, "financial_records")
    assert mapping.ledger_entries(USDT).one(row) == fa.LedgerEntry(
        **BTC,
        entry_id="1322441401014722561",
        type=LedgerType.REALIZED_PNL,
        venue_type="CLOSE_LONG",
        amount=Decimal("0.00017"),
        # Charged is negative in the row.
        fee=Decimal("0.00642032"),
        coin="USDT",
        balance=Decimal("6.19300826"),
        created_ms=1751020520458,
    )


def test_a_ledger_row_of_no_contract_has_no_symbol() -> None:
    entry = mapping.ledger_entries(USDT).one(first(endpoints.RECORDS, "financial_records", symbol="", fee=""))
    assert (entry.symbol, entry.venue_symbol, entry.fee) == (None, None, None)


WORDS = {
    LedgerType.TRANSFER: "TRANSFER_IN TRANSFER_OUT RESERVE_TRANSFER_IN LIQ_TRANSFER_OUT FINANCIAL_USER_TRANSFER_IN "
    "TRACE_TRANSFER_REFUND_IN",
    LedgerType.TRADE: "OPEN_LONG OPEN_SHORT BUY_DEAL SELL_DEAL MARGIN_OPEN_LONG FIXED_OPEN_SHORT FIXED_BUY_DEAL "
    "FIXED_SELL_DEAL MARIN_BUY_DEAL MARIN_SELL_DEAL",
    LedgerType.REALIZED_PNL: "CLOSE_LONG CLOSE_SHORT FIXED_CLOSE_LONG BUY_OFFSET_IN_SSM_SIDE_MODE "
    "DELIVERY_LONG FIXED_DELIVERY_SHORT",
    LedgerType.FEE: "ORDER_PLF_FEE_OUT",
    LedgerType.FUNDING: "CONTRACT_MAIN_SETTLE_FEE_USER_IN CONTRACT_MAIN_SETTLE_FEE_USER_OUT "
    "FIXED_SETTLE_FEE_USER_IN MARGIN_SETTLE_FEE_USER_OUT RWA_CONTRACT_MAIN_SETTLE_FEE_USER_OUT",
    LedgerType.LIQUIDATION: "BURST_CLOSE_LONG FORCE_CLOSE_SHORT FIXED_BURST_LONG FIXED_FORCE_SELL RISK_LIQ_IN "
    "LIQ_FUND_OUT LIQ_CONVERT_IN LIQ_FEE OFFSET_REDUCE_LONG ADL_CLOSE_LONG FIXED_ADL_CLOSE_SHORT "
    "LIQ_REPAYMENT RISK_TARGET_USER_IN RISK_SOURCE_USER_OUT FIXED_RISK_LIQ_DEFAULT_USER_IN",
    LedgerType.OTHER: "INCREASE_MARGIN REDUCE_MARGIN FIXED_INCREASE_MARGIN FIXED_REDUCE_MARGIN MARGIN_LEVER_POS_IN "
    "FIXED_LEVER_POS_IN MARGIN_BACK FIXED_BACK INTEREST_DEDUCT BORROW REPAYMENT BRAND_NEW_WORD "
    "RWA_CONTRACT_REBASE_USER_CLOSE_LONG RWA_CONTRACT_REBASE_USER_BUY_IN_SSM",
}


@pytest.mark.parametrize(("word", "type_"), [(word, type_) for type_, words in WORDS.items() for word in words.split()])
def test_ledger_words_mean_what_the_reference_says(word: str, type_: LedgerType) -> None:
    row = first(endpoints.RECORDS, "financial_records", type=word)
    entry = mapping.ledger_entries(USDT).one(row)
    assert (entry.type, entry.venue_type) == (type_, word)


def test_leverage_is_read_from_the_settings() -> None:
    settings = payload(endpoints.SETTINGS, "settings")
    assert settings.symbol_config_list is not None
    row = settings.symbol_config_list[0]
    assert mapping.to_leverage(row, "BTCUSDT", USDT, Decimal(125)) == fa.Leverage(
        **BTC, leverage=Decimal(10), margin_mode=MarginMode.CROSS, max_leverage=Decimal(125)
    )


def test_two_leverages_are_those_of_the_two_sides() -> None:
    row = wire.WireSymbolConfig(category=USDT, symbol="BTCUSDT", margin_mode="isolated", leverage=["20", "5"])
    both = mapping.to_leverage(row, "BTCUSDT", USDT, None)
    assert (both.leverage, both.long_leverage, both.short_leverage) == (None, Decimal(20), Decimal(5))


@pytest.mark.parametrize("leverage", [None, "", [], ["1", "2", "3"]])
def test_leverage_that_is_not_said_is_none(leverage: Any) -> None:
    row = wire.WireSymbolConfig(category=USDT, symbol="BTCUSDT", leverage=leverage)
    assert mapping.to_leverage(row, "BTCUSDT", USDT, None) == fa.Leverage(**BTC)
    assert mapping.to_leverage(None, "BTCUSDT", USDT, None) == fa.Leverage(**BTC)


def test_tiers_are_read_field_by_field() -> None:
    named = wire.WireNamed(symbol="BTCUSDT")
    tiers = mapping.risk_limits(USDT).known(payload(endpoints.TIERS, "position_tier"), lambda _: named)
    assert tiers[1] == fa.RiskLimit(
        **BTC,
        tier=2,
        min_notional=Decimal(150000),
        max_notional=Decimal(900000),
        max_leverage=Decimal(100),
        maintenance_margin_rate=Decimal("0.005"),
        initial_margin_rate=Decimal("0.01"),
    )
    assert tiers[0].initial_margin_rate == Decimal("0.008")


# Orders and fills


def test_an_open_order_is_read_field_by_field() -> None:
    assert orders.orders(USDT).one(payload(endpoints.ORDER, "order_info")) == fa.Order(
        **BTC,
        order_id="1320244799629316096",
        client_order_id="fx-20260112-000001",
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price=Decimal(50000),
        quantity=Decimal("0.001"),
        filled_quantity=Decimal(0),
        remaining_quantity=Decimal("0.001"),
        status=OrderStatus.NEW,
        reduce_only=False,
        position_side=PositionSide.LONG,
        created_ms=1750496809871,
        updated_ms=1750496809886,
    )


def test_a_hedge_close_is_known_by_its_pair_although_reduce_only_says_no() -> None:
    assert order() == fa.Order(
        **BTC,
        order_id="1322441400976261120",
        client_order_id="fx-20260112-000007",
        side=Side.SELL,
        type=OrderType.MARKET,
        average_price=Decimal("107005.4"),
        quantity=Decimal("0.0001"),
        filled_quantity=Decimal("0.0001"),
        remaining_quantity=Decimal(0),
        status=OrderStatus.FILLED,
        reduce_only=True,
        position_side=PositionSide.LONG,
        # Paid is positive in orders.
        fee=Decimal("0.00642032"),
        fee_coin="USDT",
        created_ms=1751020520442,
        updated_ms=1751020520457,
    )


def test_an_open_order_of_a_list_has_no_fee_yet() -> None:
    listed = orders.orders(USDT).one(first(endpoints.OPEN_ORDERS, "unfilled_orders"))
    assert (listed.order_id, listed.status) == ("1321320757371228160", OrderStatus.NEW)
    assert (listed.fee, listed.fee_coin, listed.average_price) == (None, None, None)


@pytest.mark.parametrize(
    ("side", "pos_side", "closes"),
    [("buy", "long", False), ("sell", "long", True), ("sell", "short", False), ("buy", "short", True)],
)
def test_in_hedge_mode_the_pair_of_sides_says_what_closes(side: str, pos_side: str, closes: bool) -> None:
    read = order(side=side, posSide=pos_side)
    assert (read.side.value, read.position_side, read.reduce_only) == (side, PositionSide(pos_side), closes)


@pytest.mark.parametrize("pos_side", ["", "net", "long", None])
@pytest.mark.parametrize(("word", "reduces"), [("YES", True), ("no", False), ("", None), (None, None)])
def test_in_one_way_mode_reduce_only_says_it(pos_side: str | None, word: str | None, reduces: bool | None) -> None:
    read = order(holdMode="one_way_mode", posSide=pos_side, reduceOnly=word)
    assert (read.position_side, read.reduce_only) == (None, reduces)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("live", OrderStatus.NEW),
        ("new", OrderStatus.NEW),
        ("partially_filled", OrderStatus.PARTIALLY_FILLED),
        ("filled", OrderStatus.FILLED),
        ("cancelled", OrderStatus.CANCELED),
        ("canceled", OrderStatus.CANCELED),
        ("frozen", OrderStatus.UNKNOWN),
    ],
)
def test_order_states_are_translated_and_new_ones_are_unknown(word: str, status: OrderStatus) -> None:
    assert order(orderStatus=word).status is status


def test_an_order_without_a_state_is_none() -> None:
    with pytest.raises(DecodeError, match="orderStatus"):
        order(orderStatus="")


def test_fees_in_several_coins_are_no_number_and_stay_in_raw() -> None:
    details = [{"feeCoin": "USDT", "fee": "0.1"}, {"feeCoin": "BGB", "fee": "3"}, {"feeCoin": "USDT", "fee": "0.02"}]
    read = order(feeDetail=details)
    assert (read.fee, read.fee_coin, read.unread) == (None, None, ("feeDetail",))
    assert len(read.raw.fee_detail) == 3
    fill = orders.fills(USDT).one(first(endpoints.FILLS, "fills", feeDetail=details))
    assert (fill.fee, fill.fee_coin, fill.unread) == (None, None, ("feeDetail",))


def test_fees_in_one_coin_are_added_up() -> None:
    read = order(feeDetail=[{"feeCoin": "USDT", "fee": "0.1"}, {"feeCoin": "USDT", "fee": "0.02"}])
    assert (read.fee, read.fee_coin, read.unread) == (Decimal("0.12"), "USDT", ())


@pytest.mark.parametrize("details", ["0.1", ["0.1"], [{"feeCoin": {"a": 1}, "fee": "0.1"}], {"feeCoin": "BGB"}])
def test_fees_that_are_no_list_of_them_are_named(details: Any) -> None:
    body = plain("history_orders")
    body["data"]["list"][0]["feeDetail"] = details
    rows = endpoints.PAST_ORDERS.row_by_row(Envelope, msgspec.json.encode(body)).data.rows
    read = orders.orders(USDT).all(rows)[0]
    assert (read.fee, read.fee_coin, read.unread) == (None, None, ("feeDetail",))


@pytest.mark.parametrize(
    ("words", "type_"),
    [
        ({"execType": "liquidation"}, OrderType.LIQUIDATION),
        ({"execType": "LIQUIDATION", "orderType": "limit"}, OrderType.LIQUIDATION),
        ({"tradeSide": "burst_close_long"}, OrderType.LIQUIDATION),
        ({"tradeSide": "reduce_buy_single"}, OrderType.LIQUIDATION),
        ({"tradeSide": "dte_sys_adl_close_short"}, OrderType.ADL),
        ({"execType": "normal", "tradeSide": "close_long"}, OrderType.MARKET),
        ({"execType": "reduce"}, OrderType.LIQUIDATION),
        ({"execType": "offset"}, OrderType.MARKET),
        ({"execType": "delivery"}, OrderType.MARKET),
    ],
)
def test_what_the_venue_closed_by_itself_says_so(words: dict[str, str], type_: OrderType) -> None:
    assert order(**words).type is type_


@pytest.mark.parametrize(("word", "reduces"), [("YES", True), ("NO", None)])
def test_in_hedge_mode_no_is_not_believed_of_reduce_only(word: str, reduces: bool | None) -> None:
    read = order(posSide="", reduceOnly=word)
    assert (read.position_side, read.reduce_only) == (None, reduces)


@pytest.mark.parametrize("details", [None, [], [{"feeCoin": "", "fee": ""}], [{"feeCoin": None, "fee": None}]])
def test_no_fee_is_none_not_zero(details: Any) -> None:
    read = order(feeDetail=details)
    assert (read.fee, read.fee_coin) == (None, None)


def test_words_that_nobody_knows_do_not_break_an_order() -> None:
    read = order(orderType="iceberg", timeInForce="day", holdMode="triple", marginMode="portfolio", price="12.5")
    assert (read.type, read.time_in_force, read.margin_mode) == (OrderType.UNKNOWN, None, None)
    assert {"orderType", "timeInForce", "holdMode", "marginMode"} == set(read.unread)
    assert read.price == Decimal("12.5")


def test_an_order_without_a_readable_side_is_an_error() -> None:
    with pytest.raises(DecodeError, match="side"):
        order(side="hold")


def test_margin_mode_and_leverage_are_read_where_a_row_has_them() -> None:
    read = order(marginMode="isolated", leverage="7")
    assert (read.margin_mode, read.leverage) == (MarginMode.ISOLATED, Decimal(7))


def test_an_order_of_which_the_filled_size_is_not_said_names_no_rest() -> None:
    read = order(cumExecQty="")
    assert (read.filled_quantity, read.remaining_quantity) == (None, None)


def test_a_fill_is_read_field_by_field() -> None:
    assert orders.fills(USDT).one(first(endpoints.FILLS, "fills")) == fa.Fill(
        **BTC,
        fill_id="1322441401010528257",
        order_id="1322441400976261120",
        client_order_id="fx-20260112-000007",
        side=Side.SELL,
        price=Decimal("107005.4"),
        quantity=Decimal("0.0001"),
        fee=Decimal("0.00642032"),
        fee_coin="USDT",
        role=Role.TAKER,
        realized_pnl=Decimal("0.00017"),
        created_ms=1751020520451,
    )


def test_old_fills_may_lack_some_fields() -> None:
    old = first(endpoints.FILLS, "fills", clientOid=..., execLinkId=..., tradeSide=..., execPnl="", tradeScope="maker")
    fill = orders.fills(USDT).one(old)
    assert (fill.client_order_id, fill.realized_pnl, fill.role) == (None, None, Role.MAKER)


# Market


def test_a_contract_is_read_field_by_field() -> None:
    assert mapping.contracts(USDT).one(payload(endpoints.INSTRUMENTS, "instruments")[0]) == fa.Contract(
        **BTC,
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=Decimal(1),
        price_tick=Decimal("0.1"),
        quantity_step=Decimal("0.0001"),
        min_quantity=Decimal("0.0001"),
        max_quantity=Decimal(1200),
        max_market_quantity=Decimal(220),
        min_notional=Decimal(5),
        max_leverage=Decimal(125),
        status="online",
    )


def test_usdc_contracts_take_their_coins_from_the_row() -> None:
    row = first(endpoints.INSTRUMENTS, "instruments", symbol="BTCPERP", quoteCoin="USDC", category="USDC-FUTURES")
    contract = mapping.contracts("USDC-FUTURES").one(row)
    assert (contract.symbol, contract.base, contract.quote, contract.settle) == ("BTC/USDC:USDC", "BTC", "USDC", "USDC")


@pytest.mark.parametrize("words", [{"type": "delivery"}, {"type": None, "symbolType": "delivery"}])
def test_a_contract_with_a_delivery_date_keeps_the_venues_id(words: dict[str, str | None]) -> None:
    row = first(endpoints.INSTRUMENTS, "instruments", symbol="BTCUSDT", **words)
    assert mapping.contracts(USDT).one(row).symbol == "BTCUSDT"


@pytest.mark.parametrize(
    ("off", "delivered", "ends_ms"),
    [("-1", "", None), ("-1", "1774598400000", 1774598400000), ("1770000000000", "1774598400000", 1770000000000)],
)
def test_trading_ends_when_a_contract_goes_or_is_delivered(off: str, delivered: str, ends_ms: int | None) -> None:
    row = first(endpoints.INSTRUMENTS, "instruments", offTime=off, deliveryTime=delivered)
    assert mapping.contracts(USDT).one(row).delisted_ms == ends_ms


def test_a_coin_margined_position_that_names_no_coin_is_margined_in_its_base_coin() -> None:
    row = first(endpoints.POSITIONS, "current_position", symbol="BTCUSD_CM", category="COIN-FUTURES", marginCoin="")
    assert mapping.positions("COIN-FUTURES").one(row).margin_coin == "BTC"


def test_bounds_that_are_empty_are_not_stated() -> None:
    row = first(endpoints.INSTRUMENTS, "instruments", minOrderQty="", minOrderAmount="", maxLeverage="", status="")
    contract = mapping.contracts(USDT).one(row)
    assert (contract.min_quantity, contract.min_notional) == (None, None)
    assert (contract.max_leverage, contract.status) == (None, None)


def test_a_ticker_is_read_field_by_field() -> None:
    assert mapping.tickers(USDT).one(payload(endpoints.TICKERS, "tickers")[0]) == fa.Ticker(
        **BTC,
        last_price=Decimal(104738),
        bid_price=Decimal("104737.7"),
        ask_price=Decimal(104738),
        mark_price=Decimal(104738),
        index_price=Decimal("104785.956168"),
        funding_rate=Decimal("-0.000007"),
        created_ms=1750332730472,
    )


def test_a_market_without_orders_has_no_best_prices() -> None:
    ticker = mapping.tickers(USDT).one(first(endpoints.TICKERS, "tickers", ask1Price="", bid1Price=""))
    assert (ticker.bid_price, ticker.ask_price) == (None, None)


def test_a_funding_rate_is_read_field_by_field() -> None:
    assert mapping.funding_rates(USDT).one(payload(endpoints.FUNDING_RATE, "current_fund_rate")[0]) == fa.FundingRate(
        **BTC,
        funding_rate=Decimal("0.00001"),
        interval_s=28800,
        next_funding_ms=1750924800000,
        min_rate=Decimal("-0.003"),
        max_rate=Decimal("0.003"),
    )


def test_a_ratio_below_zero_is_that_of_an_account_at_its_liquidation() -> None:
    assets, settings = payload(endpoints.ASSETS, "assets"), payload(endpoints.SETTINGS, "settings")
    gone = msgspec.structs.replace(assets, mgn_ratio="-0.2")
    assert gone.assets is not None
    assert mapping.accounts().one(gone.assets[1], mapping.whole(gone, settings)).margin_ratio == 1
    assert mapping.totals().one(gone, settings).margin_ratio == 1
