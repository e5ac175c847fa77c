"""From the documented answers to the unified models, field by field."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

import futures_async.unified.models as fa
from futures_async.adapters.bybit import endpoints, mapping, market, orders, wire, wire_market
from futures_async.adapters.bybit.symbols import named, venue_symbol
from futures_async.risk import account_margin_ratio
from futures_async.unified.enums import (
    LedgerType,
    MarginMode,
    OrderKind,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    PriceSource,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.errors import DecodeError, InvalidRequest
from tests.adapters.bybit.samples import payload, row

CROSS, ISOLATED = MarginMode.CROSS, MarginMode.ISOLATED
BTC: dict[str, Any] = {"venue": "bybit", "symbol": "BTC/USDT:USDT", "venue_symbol": "BTCUSDT"}
STAMP = wire_market.WireStamp(time=1768195413861)


def order(**changes: Any) -> fa.Order:
    return orders.orders().one(row(endpoints.OPEN, "order_realtime", **changes))


def fill(**changes: Any) -> fa.Fill:
    return orders.fills().one(row(endpoints.FILLS, "execution_list", **changes))


def position(mode: MarginMode | None = CROSS, **changes: Any) -> fa.Position:
    return mapping.positions(mode).one(row(endpoints.POSITIONS, "position_list", **changes))


# Names


@pytest.mark.parametrize(
    ("name", "symbol", "settle", "category"),
    [
        ("BTCUSDT", "BTC/USDT:USDT", "USDT", "linear"),
        ("BTCPERP", "BTC/USDC:USDC", "USDC", "linear"),
        ("BTCUSD", "BTC/USD:BTC", "BTC", "inverse"),
        ("1000PEPEUSDT", "1000PEPE/USDT:USDT", "USDT", "linear"),
        ("USDCUSDT", "USDC/USDT:USDT", "USDT", "linear"),
        ("PERPUSDT", "PERP/USDT:USDT", "USDT", "linear"),
        ("BTCUSDT-27MAR26", "BTCUSDT-27MAR26", "USDT", "linear"),
        ("BTC-27MAR26", "BTC-27MAR26", "USDC", "linear"),
        ("BTCUSDH26", "BTCUSDH26", "BTC", "inverse"),
    ],
)
def test_a_name_tells_coin_and_category(name: str, symbol: str, settle: str, category: str) -> None:
    found = named(name.lower())
    assert (found.symbol, found.venue_symbol, found.settle, found.category) == (symbol, name, settle, category)
    assert venue_symbol(symbol) == name
    assert found.hedges is (settle == "USDT")


@pytest.mark.parametrize("symbol", ["BTC/EUR:EUR", "BTC/USD:USDT", "BTC/USDT:BTC", "BTC USDT"])
def test_what_settles_in_nothing_that_is_traded_here_is_refused(symbol: str) -> None:
    with pytest.raises(InvalidRequest):
        venue_symbol(symbol)


# Account


def test_a_coin_is_read_field_by_field() -> None:
    [wallet] = payload(endpoints.WALLET, "wallet_balance").rows or []
    [account] = mapping.accounts(CROSS).all(wallet.coin, lambda _: wallet)
    assert account == fa.Account(
        venue="bybit",
        margin_coin="USDT",
        equity=D("3110.90"),
        balance=D("3098.81"),
        # No field has it: the wallet less positions, orders and what spot holds.
        available=D("3035.7220"),
        locked=D("0"),
        bonus=D("0"),
        unrealized_pnl=D("12.09"),
        initial_margin=D("63.0880"),
        maintenance_margin=D("12.7518"),
        margin_mode=CROSS,
        margin_ratio=D("0.0041"),
        raw=account.raw,
    )


def test_in_isolated_margin_a_bonus_cannot_be_used_and_the_accounts_ratio_is_void() -> None:
    [wallet] = payload(endpoints.WALLET, "wallet_balance").rows or []
    coin = msgspec.structs.replace((wallet.coin or [])[0], bonus="100", order_im="35.722")
    account = mapping.accounts(ISOLATED).one(coin, wallet)
    assert (account.available, account.margin_ratio, account.margin_mode) == (D(2900), None, ISOLATED)
    assert mapping.accounts(CROSS).one(coin, wallet).available == D(3000)


@pytest.mark.parametrize("blank", ["position_im", "order_im"])
def test_in_portfolio_margin_a_coin_has_no_margin_and_nothing_is_made_up(blank: str) -> None:
    [wallet] = payload(endpoints.WALLET, "wallet_balance").rows or []
    coin = msgspec.structs.replace((wallet.coin or [])[0], **{blank: ""})
    account = mapping.accounts(None).one(coin, wallet)
    assert (account.available, account.initial_margin, account.balance) == (None, None, D("3098.81"))


def test_what_is_spent_twice_leaves_nothing() -> None:
    [wallet] = payload(endpoints.WALLET, "wallet_balance").rows or []
    coin = msgspec.structs.replace((wallet.coin or [])[0], position_im="5000")
    assert mapping.accounts(CROSS).one(coin, wallet).available == 0


def test_the_whole_account_is_counted_in_dollars() -> None:
    [wallet] = payload(endpoints.WALLET, "wallet_balance").rows or []
    account = mapping.totals(CROSS).one(wallet)
    assert account == fa.Account(
        venue="bybit",
        margin_coin="USD",
        equity=D("3112.4477"),
        balance=D("3098.1102"),
        available=D("3047.1130"),
        unrealized_pnl=D("12.0908"),
        initial_margin=D("63.0880"),
        maintenance_margin=D("12.7518"),
        initial_margin_rate=D("0.0203"),
        margin_ratio=D("0.0041"),
        margin_mode=CROSS,
        raw=wallet,
    )


@pytest.mark.parametrize(
    ("word", "mode"), [("REGULAR_MARGIN", CROSS), ("ISOLATED_MARGIN", ISOLATED), ("PORTFOLIO_MARGIN", None)]
)
def test_the_margin_mode_is_the_accounts(word: str, mode: MarginMode | None) -> None:
    assert mapping.margin_mode(wire.WireInfo(margin_mode=word)) is mode


def test_a_margin_mode_that_nobody_knows_is_not_guessed() -> None:
    with pytest.raises(DecodeError, match="marginMode"):
        mapping.margin_mode(wire.WireInfo(margin_mode="SOMETHING_ELSE"))


# Ledger


def test_funding_is_received_when_positive_here_though_fees_are_paid_when_positive() -> None:
    [entry] = mapping.ledger_entries().all(payload(endpoints.RECORDS, "transaction_log").rows)
    assert entry == fa.LedgerEntry(
        venue="bybit",
        # The venue's own sample shows one id on two rows.
        entry_id="592324_BTCUSDT_161440249321:USDT:SETTLEMENT:ac4b9a4e-8d1c-5d2f-9c60-52d2a6d2c001:1768176000000",
        type=LedgerType.FUNDING,
        venue_type="SETTLEMENT",
        amount=D("-0.060040"),
        fee=D("0"),
        coin="USDT",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        balance=D("3098.749960"),
        created_ms=1768176000000,
        raw=entry.raw,
    )


def test_a_trade_is_counted_before_its_fee() -> None:
    entry = mapping.ledger_entries().one(
        row(endpoints.RECORDS, "transaction_log", type="TRADE", change="9.34", cashFlow="10", funding="", fee="0.66")
    )
    assert (entry.type, entry.amount, entry.fee) == (LedgerType.TRADE, D("10.00"), D("0.66"))


GST = [{"feeCoin": "USDT", "feeType": "GST", "subFeeType": "IND_GST", "feeRate": "0.000099", "fee": "0.004613796"}]
"""Of a fill whose position lost 0.030245996 by it, as it was pushed to a user in India."""


@pytest.mark.parametrize("extra", [GST, msgspec.json.encode(GST).decode()])
def test_a_tax_beside_the_fee_was_paid_too(extra: Any) -> None:
    taxed = fill(execFee="0.0256322", feeCurrency="USDT", extraFees=extra)
    assert (taxed.fee, taxed.fee_coin, taxed.unread) == (D("0.030245996"), "USDT", ())
    record = {"type": "TRADE", "fee": "0.0256322", "extraFees": extra, "cashFlow": "0", "funding": ""}
    for change, paid in (("-0.030245996", "0.030245996"), ("-0.0256322", "0.0256322")):
        entry = mapping.ledger_entries().one(row(endpoints.RECORDS, "transaction_log", change=change, **record))
        assert (entry.amount, entry.fee) == (D("0"), D(paid))


def test_what_was_gained_is_read_where_taxes_are_alone() -> None:
    """Where it is not said, or cannot be read, nothing is known of what was paid."""

    def read(**changes: Any) -> Any:
        return mapping.ledger_entries().each([row(endpoints.RECORDS, "transaction_log", change="5", **changes)])

    [untaxed] = read(cashFlow="x", funding="x", fee="1").rows
    [unsaid] = read(cashFlow="", fee="1", extraFees=GST).rows
    assert [(each.amount, each.fee) for each in (untaxed, unsaid)] == [(D(6), D(1)), (D(5), None)]
    for odd in ("cashFlow", "funding"):
        assert read(**{odd: "x"}, extraFees=GST).unread


@pytest.mark.parametrize("extra", ["[", "[" * 2000, 7, [7], [{"fee": "x"}], [{"fee": "1", "feeCoin": "IDR"}]])
def test_what_was_paid_is_not_known_where_a_tax_cannot_be_read_or_is_of_another_coin(extra: Any) -> None:
    taxed = fill(extraFees=extra)
    assert (taxed.fee, taxed.unread) == (None, ("extraFees",))


@pytest.mark.parametrize("extra", ["", [], None, [{}]])
def test_mostly_there_is_no_tax(extra: Any) -> None:
    assert fill(extraFees=extra) == fill()


def test_a_settlement_in_usdc_is_funding_and_the_sessions_profit() -> None:
    both = row(endpoints.RECORDS, "transaction_log", currency="USDC", change="4.9", cashFlow="5", funding="-0.1")
    funding, session = mapping.ledger_entries().all(mapping.records([both]))
    assert (funding.type, funding.amount) == (LedgerType.FUNDING, D("-0.1"))
    assert (session.type, session.amount) == (LedgerType.REALIZED_PNL, D("5"))
    assert funding.entry_id != session.entry_id


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("TRANSFER_IN", LedgerType.TRANSFER),
        ("BONUS_TRANSFER_OUT", LedgerType.TRANSFER),
        ("LIQUIDATION", LedgerType.LIQUIDATION),
        ("ADL", LedgerType.LIQUIDATION),
        ("DELIVERY", LedgerType.REALIZED_PNL),
        ("FEE_REFUND", LedgerType.FEE),
        ("INTEREST", LedgerType.OTHER),
        ("A_NEW_WORD", LedgerType.OTHER),
    ],
)
def test_words_of_the_ledger(word: str, kind: LedgerType) -> None:
    entry = mapping.ledger_entries().one(row(endpoints.RECORDS, "transaction_log", type=word, symbol="", fee=""))
    assert (entry.type, entry.venue_type, entry.symbol, entry.fee) == (kind, word, None, None)


# Positions


def test_a_position_is_read_field_by_field() -> None:
    assert position() == fa.Position(
        **BTC,
        side=PositionSide.LONG,
        quantity=D("0.010"),
        entry_price=D("60000"),
        mark_price=D("60040.1"),
        break_even_price=D("60066.03"),
        liquidation_price=None,
        unrealized_pnl=D("0.401"),
        # Never `cumRealisedPnl`, which is of all positions that ever were.
        realized_pnl=D("-0.33"),
        leverage=D("10"),
        margin_mode=CROSS,
        position_mode=PositionMode.ONE_WAY,
        margin_coin="USDT",
        margin=D("60.3702"),  # a cross position has none of its own
        initial_margin=D("60.3702"),
        maintenance_margin=D("3.3302"),
        notional=D("600.4010"),
        auto_margin=False,
        # Not `createdTime`, which is when the contract was first held.
        created_ms=1768190000000,
        updated_ms=1768195410000,
        raw=position().raw,
    )


@pytest.mark.parametrize(("balance", "margin"), [("70", D(70)), ("0", D("60.3702")), ("", D("60.3702"))])
def test_an_isolated_positions_margin_stands_under_one_of_two_names(balance: str, margin: D) -> None:
    assert position(ISOLATED, positionBalance=balance).margin == margin


@pytest.mark.parametrize(
    ("index", "mode"), [(0, PositionMode.ONE_WAY), (1, PositionMode.HEDGE), ("2", PositionMode.HEDGE)]
)
def test_the_index_tells_the_position_mode(index: int | str, mode: PositionMode) -> None:
    assert position(positionIdx=index).position_mode is mode
    assert mapping.mode_of([row(endpoints.POSITIONS, "position_list", positionIdx=index)]) is mode


@pytest.mark.parametrize("unset", ["", "0", "0.00"])
def test_what_is_not_set_is_none_however_it_is_written(unset: str) -> None:
    found = position(takeProfit=unset, stopLoss=unset, liqPrice=unset, openTime=0)
    assert (found.take_profit, found.stop_loss, found.liquidation_price, found.created_ms) == (None,) * 4


def test_flat_rows_are_no_positions() -> None:
    flat = row(endpoints.POSITIONS, "position_list", size="0", side="", avgPrice="0")
    held = row(endpoints.POSITIONS, "position_list")
    assert [found.raw for found in mapping.positions(CROSS).all([flat, held])] == [held]


def test_an_inverse_position_is_exact_in_contracts_of_a_dollar() -> None:
    held = row(
        endpoints.POSITIONS, "position_list", symbol="BTCUSD", size="6000", markPrice="60000", positionValue="0.1"
    )
    found = mapping.positions(CROSS).one(held)
    assert (found.symbol, found.margin_coin) == ("BTC/USD:BTC", "BTC")
    assert (found.contracts, found.contract_value, found.quantity, found.notional) == (D(6000), D(1), D("0.1"), D(6000))
    without_mark = mapping.positions(CROSS).one(msgspec.structs.replace(held, mark_price="", avg_price="50000"))
    assert without_mark.quantity == D("0.12")


def test_a_closing_order_that_sells_has_closed_a_long() -> None:
    [closed] = mapping.closed_positions().all(payload(endpoints.CLOSED, "closed_pnl").rows)
    assert closed == fa.PositionHistory(
        **BTC,
        side=PositionSide.LONG,
        closed_quantity=D("0.010"),
        entry_price=D("60000"),
        exit_price=D("60100"),
        # 0.010 x 100, and both fees off.
        realized_pnl=D("1.00000"),
        net_pnl=D("0.33945"),
        fee=D("0.66055"),
        leverage=D("10"),
        margin_coin="USDT",
        closed_ms=1768190000005,
        raw=closed.raw,
    )


def test_leverage_is_read_from_flat_rows_too() -> None:
    rows = payload(endpoints.POSITIONS, "symbol_info").rows or []
    found = mapping.to_leverage(rows, "BTCUSDT", ISOLATED, D(100))
    assert (found.leverage, found.long_leverage, found.short_leverage) == (D(10), D(10), D(10))
    one_way = mapping.to_leverage([wire.WirePosition(position_idx=0, leverage="7.5")], "BTCUSDT", CROSS, None)
    assert (one_way.leverage, one_way.long_leverage, one_way.short_leverage) == (D("7.5"), None, None)
    apart = [wire.WirePosition(position_idx=1, leverage="5"), wire.WirePosition(position_idx=2, leverage="6")]
    found = mapping.to_leverage(apart, "BTCUSDT", ISOLATED, None)
    assert (found.leverage, found.long_leverage, found.short_leverage) == (None, D(5), D(6))
    portfolio = mapping.to_leverage([wire.WirePosition(position_idx=0, leverage="")], "BTCUSDT", None, None)
    assert portfolio.leverage is None


# Tiers


def test_a_tier_begins_where_the_one_before_ends() -> None:
    rows = (payload(endpoints.TIERS, "risk_limit").rows or [])[::-1]
    first, second = market.ranked(market.risk_limits().all(rows))
    assert first == fa.RiskLimit(
        **BTC,
        tier=1,
        risk_limit=D(2000000),
        min_notional=D(0),
        max_notional=D(2000000),
        max_leverage=D("100.00"),
        maintenance_margin_rate=D("0.005"),
        initial_margin_rate=D("0.01"),
        raw=first.raw,
    )
    assert (second.tier, second.min_notional, second.max_notional) == (2, D(2000000), D(10000000))


def test_tiers_of_inverse_contracts_are_base_coin_and_may_be_percent() -> None:
    tier = row(
        endpoints.TIERS, "risk_limit", symbol="BTCUSD", riskLimitValue="150", maintenanceMargin="0.5", initialMargin="1"
    )
    [found] = market.ranked([market.risk_limits().one(tier)])
    assert (found.maintenance_margin_rate, found.initial_margin_rate) == (D("0.005"), D("0.01"))
    assert (found.max_quantity, found.max_notional, found.min_notional) == (D(150), None, None)


# Market


def test_a_contract_is_read_field_by_field() -> None:
    [contract] = market.contracts().all(payload(endpoints.INSTRUMENTS, "instruments_info").rows)
    assert contract == fa.Contract(
        **BTC,
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=D(1),
        price_tick=D("0.10"),
        quantity_step=D("0.001"),
        min_quantity=D("0.001"),
        max_quantity=D("1190.000"),
        max_market_quantity=D("500.000"),
        min_notional=D("5"),
        max_leverage=D("100.00"),
        status="Trading",
        raw=contract.raw,
    )


def test_an_inverse_contract_is_worth_a_dollar() -> None:
    listed = row(endpoints.INSTRUMENTS, "instruments_info", symbol="BTCUSD", quoteCoin="USD", settleCoin="BTC")
    found = market.contracts().one(listed)
    assert (found.contract_value, found.contract_size, found.symbol) == (D(1), D(1), "BTC/USD:BTC")


def test_the_tickers_time_is_the_envelopes() -> None:
    ticker = row(endpoints.TICKERS, "tickers")
    found = market.tickers().one(ticker, STAMP)
    assert found == fa.Ticker(
        **BTC,
        last_price=D("60040.0"),
        bid_price=D("60039.9"),
        ask_price=D("60040.0"),
        mark_price=D("60040.1"),
        index_price=D("60041.3"),
        funding_rate=D("0.0001"),
        created_ms=1768195413861,
        raw=ticker,
    )
    assert market.funding_rates().one(ticker, STAMP) == fa.FundingRate(
        **BTC,
        funding_rate=D("0.0001"),
        interval_s=8 * 3600,
        next_funding_ms=1768204800000,
        max_rate=D("0.00375"),
        created_ms=1768195413861,
        raw=ticker,
    )


def test_the_clock_is_in_milliseconds_beside_the_payload_or_in_nanoseconds_within() -> None:
    clock = payload(endpoints.TIME, "time")
    assert market.clock_ms(clock) == 1768195413861
    assert market.clock_ms(msgspec.structs.replace(clock, time=1768195413999)) == 1768195413999
    with pytest.raises(DecodeError) as caught:
        market.clock_ms(wire_market.WireTime())
    assert caught.value.path == "timeNano"


# Orders


def test_an_order_is_read_field_by_field() -> None:
    assert order() == fa.Order(
        **BTC,
        order_id="9f1a6e1c-5f54-4a1e-9a55-3d3a3c7a0004",
        client_order_id="fx-20260112-000004",
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price=D("59000"),
        average_price=D("59000"),
        quantity=D("0.010"),
        filled_quantity=D("0.004"),
        remaining_quantity=D("0.006"),
        status=OrderStatus.PARTIALLY_FILLED,
        reduce_only=False,
        fee=D("0.0472"),
        fee_coin="USDT",
        created_ms=1768195413861,
        updated_ms=1768195420004,
        raw=order().raw,
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("New", OrderStatus.NEW),
        ("Triggered", OrderStatus.NEW),
        ("Active", OrderStatus.NEW),
        ("Created", OrderStatus.NEW),
        ("PartiallyFilled", OrderStatus.PARTIALLY_FILLED),
        ("Filled", OrderStatus.FILLED),
        ("Cancelled", OrderStatus.CANCELED),
        ("PartiallyFilledCanceled", OrderStatus.CANCELED),
        ("Deactivated", OrderStatus.CANCELED),
        ("Rejected", OrderStatus.REJECTED),
        ("SomethingNew", OrderStatus.UNKNOWN),
    ],
)
def test_states(word: str, status: OrderStatus) -> None:
    assert order(orderStatus=word).status is status


def test_what_is_left_of_a_cancelled_order_is_reckoned() -> None:
    found = order(orderStatus="Cancelled", leavesQty="0", cancelType="CancelByUser")
    assert (found.filled_quantity, found.remaining_quantity) == (D("0.004"), D("0.006"))


def test_the_price_of_a_market_order_is_no_wish() -> None:
    found = order(orderType="Market", timeInForce="IOC", price="63000")
    assert (found.type, found.price, found.time_in_force) == (OrderType.MARKET, None, None)


def test_an_order_that_improves_prices_for_others_never_takes() -> None:
    assert order(timeInForce="RPI").time_in_force is TimeInForce.POST_ONLY


@pytest.mark.parametrize("unset", ["", "0", "0.00"])
def test_what_an_order_does_not_set_is_none(unset: str) -> None:
    found = order(
        triggerPrice=unset, takeProfit=unset, stopLoss=unset, avgPrice=unset, cumExecValue="0", cumExecQty="0"
    )
    assert (found.trigger_price, found.take_profit, found.stop_loss, found.average_price) == (None,) * 4


def test_an_average_that_is_not_said_follows_from_what_was_paid() -> None:
    assert order(avgPrice="", cumExecValue="236.2", cumExecQty="0.004").average_price == D(59050)


def test_a_waiting_order_says_what_it_waits_for() -> None:
    found = order(
        orderStatus="Untriggered", stopOrderType="Stop", triggerPrice="58000", triggerBy="MarkPrice", triggerDirection=2
    )
    assert (found.type, found.kind, found.status) == (OrderType.TRIGGER, OrderKind.TRIGGER, OrderStatus.NEW)
    assert (found.trigger_price, found.trigger_by) == (D(58000), PriceSource.MARK)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("", OrderKind.PLAIN),
        ("UNKNOWN", OrderKind.PLAIN),
        ("TakeProfit", OrderKind.TAKE_PROFIT),
        ("PartialStopLoss", OrderKind.STOP_LOSS),
        ("TrailingStop", OrderKind.TRAILING),
    ],
)
def test_what_sets_an_order_off(word: str, kind: OrderKind) -> None:
    assert order(stopOrderType=word).kind is kind


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        ("CreateByLiq", OrderType.LIQUIDATION),
        ("CreateByTakeOver_PassThrough", OrderType.LIQUIDATION),
        ("CreateByAdl_PassThrough", OrderType.ADL),
        ("CreateByClosing", OrderType.LIMIT),
    ],
)
def test_orders_of_the_venues_own_are_told_for_what_they_are(origin: str, kind: OrderType) -> None:
    assert order(createType=origin).type is kind


@pytest.mark.parametrize(("index", "side"), [(0, None), (1, PositionSide.LONG), ("2", PositionSide.SHORT)])
def test_the_position_that_an_order_is_of(index: int | str, side: PositionSide | None) -> None:
    assert order(positionIdx=index).position_side is side


def test_fees_in_several_coins_are_no_number() -> None:
    found = order(cumFeeDetail={"USDT": "1", "USDC": "2"})
    assert found.fee is None
    assert "cumFeeDetail" in found.unread


@pytest.mark.parametrize("nothing", [{}, None, ""])
def test_an_order_without_fills_has_no_table_of_fees(nothing: Any) -> None:
    found = order(cumFeeDetail=nothing, cumExecFee="0", cumExecQty="0")
    assert (found.fee, found.fee_coin, found.unread) == (D(0), None, ())


def test_an_inverse_order_is_dollars_at_its_price() -> None:
    found = orders.orders().one(
        row(
            endpoints.OPEN,
            "order_realtime",
            symbol="BTCUSD",
            qty="5900",
            cumExecQty="2950",
            cumFeeDetail={},
            cumExecFee="0.00001",
        )
    )
    assert (found.quantity, found.filled_quantity, found.fee, found.fee_coin) == (
        D("0.1"),
        D("0.05"),
        D("0.00001"),
        "BTC",
    )


# Fills


def test_an_execution_is_read_field_by_field() -> None:
    assert fill() == fa.Fill(
        **BTC,
        fill_id="e0cbe81d-0f18-5866-9415-cf319b5d0001",
        order_id="9f1a6e1c-5f54-4a1e-9a55-3d3a3c7a0004",
        client_order_id="fx-20260112-000004",
        side=Side.BUY,
        price=D("59000"),
        quantity=D("0.004"),
        fee=D("0.0472"),
        fee_coin="USDT",
        role=Role.MAKER,
        created_ms=1768195420001,
        raw=fill().raw,
    )


@pytest.mark.parametrize(
    "kind",
    [
        *("Funding", "MovePosition", "SessionSettlePnL"),
        *("CorporateAction", "ForwardSplitSettle", "ReverseSplitSettle", "Dividend"),
    ],
)
def test_what_is_no_trade_is_no_fill(kind: str) -> None:
    assert not orders.is_fill(wire.WireFill(exec_type=kind))


@pytest.mark.parametrize("kind", ["Trade", "BlockTrade", "FutureSpread", "AdlTrade", "BustTrade", "Settle", "Delivery"])
def test_trades_are_fills(kind: str) -> None:
    assert orders.is_fill(wire.WireFill(exec_type=kind))
    assert fill(execType=kind).quantity == D("0.004")


def test_a_kind_of_execution_that_nobody_knows_is_neither_hidden_nor_taken_for_a_fill() -> None:
    assert orders.is_fill(wire.WireFill(exec_type="SomethingNew"))
    with pytest.raises(DecodeError, match="execType"):
        fill(execType="SomethingNew")


def test_a_ratio_below_zero_is_that_of_an_account_at_its_liquidation() -> None:
    [wallet] = payload(endpoints.WALLET, "wallet_balance").rows or []
    gone = msgspec.structs.replace(wallet, mm_rate="-0.0041")
    assert mapping.accounts(CROSS).one((gone.coin or [])[0], gone).margin_ratio == 1
    assert mapping.totals(CROSS).one(gone).margin_ratio == 1


@pytest.mark.parametrize(
    ("told", "maintenance", "balance", "ratio"),
    [
        ("0.0041", "12", "3000", D("0.0041")),
        ("0", "4", "100000", D("0.00004")),
        ("0", "0", "100000", D(0)),
        ("0", "", "100000", D(0)),
        ("0", "4", "0", D(0)),
        ("", "4", "100000", None),
    ],
)
def test_a_ratio_that_is_rounded_to_0_is_reckoned_for_a_coin_of_a_pool_that_may_have_nothing_itself(
    told: str, maintenance: str, balance: str, ratio: D | None
) -> None:
    wallet = wire.WireWallet(mm_rate=told, total_maintenance_margin=maintenance, total_margin_balance=balance)
    coin = wire.WireCoin(coin="USDT", equity="-12.5", wallet_balance="0", position_mm="4")
    account = mapping.accounts(CROSS).one(coin, wallet)
    assert account.margin_ratio == ratio
    if ratio:
        assert account_margin_ratio(account) == ratio
    assert mapping.accounts(ISOLATED).one(coin, wallet).margin_ratio is None
