"""From the documented answers to the unified models, field by field."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

import futures_async.unified.models as fa
from futures_async.adapters.okx import endpoints, mapping, market, orders, triggers, wire
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
from futures_async.unified.errors import DecodeError, InvalidRequest
from tests.adapters.okx.samples import BTC, COIN, plain, rows

NAMES: dict[str, Any] = {"venue": "okx", "symbol": "BTC/USDT:USDT", "venue_symbol": "BTC-USDT-SWAP"}
CONFIG = wire.WireConfig(pos_mode="net_mode")


def position(contract: fa.Contract = BTC, **changes: Any) -> fa.Position:
    return mapping.positions().one(rows(endpoints.POSITIONS, "positions", **changes)[0], contract)


def order(contract: fa.Contract = BTC, **changes: Any) -> fa.Order:
    return orders.orders().one(rows(endpoints.ORDER, "order", **changes)[0], contract)


# Symbols


@pytest.mark.parametrize(
    ("venue_symbol", "symbol"),
    [
        ("BTC-USDT-SWAP", "BTC/USDT:USDT"),
        ("ETH-USDC-SWAP", "ETH/USDC:USDC"),
        ("BTC-USD-SWAP", "BTC/USD:BTC"),
        ("1000SATS-USDT-SWAP", "1000SATS/USDT:USDT"),
        ("币安人生-USDT-SWAP", "币安人生/USDT:USDT"),
    ],
)
def test_swaps_translate_both_ways(venue_symbol: str, symbol: str) -> None:
    assert mapping.unified_symbol(venue_symbol) == symbol
    assert mapping.to_venue_symbol(symbol) == mapping.to_venue_symbol(venue_symbol) == venue_symbol


@pytest.mark.parametrize(
    "name", ["BTC-USDT", "BTC-USD-260327", "BTC-USD_UM-SWAP", "SWAP", "-USDT-SWAP", "BTC-USDT-X-SWAP"]
)
def test_an_id_that_is_no_plain_swap_passes_through(name: str) -> None:
    assert mapping.unified_symbol(name) == name


@pytest.mark.parametrize("symbol", ["BTC/USD:USDT", "BTC/USDT:BTC", "BTC/USD:USD"])
def test_a_symbol_that_settles_where_no_swap_does_is_refused(symbol: str) -> None:
    with pytest.raises(InvalidRequest, match="no swap"):
        mapping.to_venue_symbol(symbol)


# Positions


def test_a_position_is_read_field_by_field() -> None:
    read = position()
    assert read.maintenance_margin_rate is not None
    assert read.margin_ratio is not None
    assert read == fa.Position(
        **NAMES,
        # Net mode: the sign is the direction.
        side=PositionSide.SHORT,
        quantity=D("0.01"),
        contracts=D(1),
        contract_size=D("0.01"),
        entry_price=D(60000),
        mark_price=D("60040.1"),
        break_even_price=D("59940.02"),
        liquidation_price=D("349912.7"),
        unrealized_pnl=D("-0.401"),
        realized_pnl=D(0),
        # Paid is positive here, negative in the row.
        fee=D("0.3"),
        funding=D(0),
        leverage=D(10),
        margin_mode=MarginMode.CROSS,
        position_mode=PositionMode.ONE_WAY,
        margin_coin="USDT",
        margin=D("60.0401"),  # a cross position has none of its own
        initial_margin=D("60.0401"),
        maintenance_margin=D("2.4016"),
        maintenance_margin_rate=read.maintenance_margin_rate,
        margin_ratio=read.margin_ratio,
        notional=D("600.401"),
        position_id="1752810569801498626",
        created_ms=1768190000000,
        updated_ms=1768190000000,
    )
    assert abs(read.maintenance_margin_rate - D("0.004")) < D("1e-5")
    assert position(mgnMode="isolated", margin="55", imr="").margin == 55


def test_the_margin_ratio_is_turned_round_so_that_it_liquidates_at_one() -> None:
    assert position(mgnRatio="4").margin_ratio == D("0.25")
    assert position(mgnRatio="1").margin_ratio == 1
    assert position(mgnRatio="-0.3").margin_ratio == 1, "nothing is left"
    assert position(mgnRatio="").margin_ratio is None, "cross in multi-currency mode"


@pytest.mark.parametrize(
    ("pos_side", "pos", "side"),
    [
        ("net", "3", PositionSide.LONG),
        ("net", "-3", PositionSide.SHORT),
        ("long", "3", PositionSide.LONG),
        ("short", "3", PositionSide.SHORT),
    ],
)
def test_the_side_is_the_sign_in_net_mode_and_the_word_in_the_other(
    pos_side: str, pos: str, side: PositionSide
) -> None:
    read = position(posSide=pos_side, pos=pos)
    assert (read.side, read.quantity, read.contracts) == (side, D("0.03"), D(3))
    assert read.position_mode is (PositionMode.ONE_WAY if pos_side == "net" else PositionMode.HEDGE)


def test_an_isolated_position_has_a_margin_and_no_initial_margin() -> None:
    read = position(mgnMode="isolated", margin="12.5", imr="", liqPx="")
    assert (read.margin, read.initial_margin, read.liquidation_price) == (D("12.5"), None, None)
    assert read.roe == D("-0.401") / D("12.5")


def test_a_coin_margined_position_keeps_its_contracts_and_is_worth_dollars() -> None:
    read = position(COIN, instId="BTC-USD-SWAP", pos="30", ccy="BTC", mmr="0.0002", markPx="50000")
    assert (read.symbol, read.contracts, read.contract_value) == ("BTC/USD:BTC", D(30), D(100))
    assert read.contract_size is None
    assert (read.quantity, read.notional) == (D("0.06"), D(3000)), "base coin at the mark, value in USD"
    assert read.maintenance_margin_rate is not None
    assert round(read.maintenance_margin_rate, 9) == D("0.003333333"), "both are base coin"
    assert position(COIN, pos="30", markPx="", avgPx="60000").quantity == D("0.05")
    with pytest.raises(DecodeError):
        position(COIN, pos="30", markPx="", avgPx="")


def test_the_stops_of_a_position_are_its_first_closing_orders_that_have_them() -> None:
    stops = [
        {"algoId": "1", "tpTriggerPx": "", "slTriggerPx": "65000"},
        {"algoId": "2", "tpTriggerPx": "50000", "slTriggerPx": "66000"},
    ]
    read = position(closeOrderAlgo=stops)
    assert (read.take_profit, read.stop_loss) == (D(50000), D(65000))


@pytest.mark.parametrize(("pos", "found"), [("0", (0, 0)), ("", (0, 1)), ("odd", (0, 1)), ("-1", (1, 0)), (0, (0, 0))])
def test_a_row_of_size_zero_is_no_position_and_one_that_cannot_be_read_may_be(pos: Any, found: tuple[int, int]) -> None:
    row = rows(endpoints.POSITIONS, "positions", pos=pos)[0]
    read, unread = mapping.positions().each([row], lambda _: BTC)
    assert (len(read), len(unread)) == found


def test_a_closed_position_is_read_field_by_field() -> None:
    read = mapping.closed_positions().one(rows(endpoints.PAST_POSITIONS, "positions_history")[0], BTC)
    assert read == fa.PositionHistory(
        **NAMES,
        side=PositionSide.LONG,
        position_id="1752810569801498626",
        quantity=D("0.01"),
        closed_quantity=D("0.01"),
        entry_price=D(60000),
        exit_price=D(60100),
        realized_pnl=D(1),
        net_pnl=D("0.33946"),
        fee=D("0.6005"),
        funding=D("-0.06004"),
        leverage=D(10),
        margin_mode=MarginMode.CROSS,
        position_mode=PositionMode.ONE_WAY,
        margin_coin="USDT",
        created_ms=1768170000000,
        closed_ms=1768190000000,
    )


# Account


def test_a_coin_is_read_field_by_field() -> None:
    balance = rows(endpoints.BALANCE, "balance")[0]
    assert balance.details is not None
    read = mapping.accounts().one(balance.details[0], CONFIG)
    assert read.margin_ratio is not None
    assert round(read.margin_ratio, 12) == D("0.000771485882"), "1 / 1296.2"
    assert msgspec.structs.replace(read, margin_ratio=None) == fa.Account(
        venue="okx",
        margin_coin="USDT",
        equity=D("3110.9"),
        balance=D("3098.81"),
        available=D("3047.81"),
        locked=D("63.09"),
        unrealized_pnl=D("12.09"),
        initial_margin=D("63.09"),
        maintenance_margin=D("2.4"),
        position_mode=PositionMode.ONE_WAY,
    )


def test_the_whole_account_has_margins_in_the_modes_that_know_them() -> None:
    futures = mapping.totals().one(rows(endpoints.BALANCE, "balance")[0], CONFIG)
    assert (futures.margin_coin, futures.equity, futures.margin_ratio) == ("USD", D("3112.4477"), None)
    assert futures.available is None, "each coin has its own"
    multi = rows(endpoints.BALANCE, "balance", adjEq="3000", availEq="100", imr="60", mmr="3", mgnRatio="1000")[0]
    read = mapping.totals().one(multi, CONFIG)
    assert (read.available, read.initial_margin, read.margin_ratio) == (D(100), D(60), D("0.001"))


def test_available_is_what_opens_positions_where_the_account_says_it() -> None:
    coin = wire.WireCoin(ccy="USDT", avail_eq="", avail_bal="7")
    assert mapping.accounts().one(coin, CONFIG).available == 7


def test_an_unknown_position_mode_is_no_guess() -> None:
    with pytest.raises(DecodeError, match="posMode"):
        mapping.position_mode(wire.WireConfig(pos_mode="new_mode"))


def bill(**changes: Any) -> fa.LedgerEntry:
    return mapping.ledger_entries().one(rows(endpoints.BILLS, "bills", **changes)[0])


def test_a_bill_is_read_field_by_field() -> None:
    assert bill() == fa.LedgerEntry(
        **NAMES,
        entry_id="623950854533513219",
        type=LedgerType.FUNDING,
        venue_type="8/173",
        amount=D("-0.06004"),
        fee=D(0),
        coin="USDT",
        balance=D("3098.74996"),
        created_ms=1768176000123,
    )


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("1", LedgerType.TRANSFER),
        ("2", LedgerType.TRADE),
        ("3", LedgerType.REALIZED_PNL),
        ("5", LedgerType.LIQUIDATION),
        ("6", LedgerType.OTHER),
        ("7", LedgerType.FEE),
        ("9", LedgerType.LIQUIDATION),
        ("250", LedgerType.OTHER),
    ],
)
def test_each_kind_of_bill_has_its_meaning(kind: str, meaning: LedgerType) -> None:
    assert bill(type=kind).type is meaning


@pytest.mark.parametrize(("change", "moved"), [("0", "12.5"), ("12.5", "-12.5")])
def test_what_is_moved_to_an_isolated_position_or_from_it_is_told(change: str, moved: str) -> None:
    assert bill(type="6", subType="160", balChg=change, posBalChg=moved).amount == D("12.5")


@pytest.mark.parametrize(
    ("kind", "change", "moved", "fee", "amount"),
    [
        ("2", "-100.3", "100", "-0.3", "0"),  # opened
        ("2", "104.7", "-100", "-0.3", "5"),  # closed with a gain
        ("2", "0", "4.7", "-0.3", "5"),  # a part, whose gain stays in the position
        ("5", "0", "-100", "0", "-100"),
        ("8", "0.0000000000000000", "-0.2540832413497432", "0", "-0.2540832413497432"),  # as it was captured
    ],
)
def test_a_trade_of_an_isolated_position_is_told_without_the_margin_that_it_moves(
    kind: str, change: str, moved: str, fee: str, amount: str
) -> None:
    assert bill(type=kind, balChg=change, posBalChg=moved, fee=fee).amount == D(amount)


def test_a_balance_has_the_margin_of_isolated_positions() -> None:
    """As an account that holds one was captured, with some figures changed by who has shown it."""
    coin = wire.WireCoin(
        ccy="USDT",
        eq="4720.3467606665545",
        cash_bal="0.3661947317916033",
        avail_eq="0.3661947317916033",
        frozen_bal="4719.980565934763",
        iso_eq="4719.980565934763",
        iso_upl="3019.3729848096195",
        upl="3019.3729848096195",
    )
    read = mapping.accounts().one(coin, CONFIG)
    assert (read.equity, read.unrealized_pnl) == (D("4720.3467606665545"), D("3019.3729848096195"))
    assert read.balance == D("1700.9737758569351033")
    assert read.locked == D("1700.6075811251435"), "its margin, and no profit"


def test_bills_tell_fees_apart() -> None:
    assert bill(type="2", balChg="-0.5", fee="-0.3").amount == D("-0.2"), "the fee is told apart"
    transfer = bill(type="1", subType="11", instId="", balChg="100")
    assert (transfer.amount, transfer.symbol, transfer.venue_symbol) == (D(100), None, None)


def test_leverage_is_one_number_or_one_for_each_side() -> None:
    hedge = mapping.to_leverage(rows(endpoints.LEVERAGE, "leverage_info.hedge"), "BTC-USDT-SWAP", D(100))
    assert (hedge.leverage, hedge.long_leverage, hedge.short_leverage) == (None, D(10), D(5))
    assert (hedge.margin_mode, hedge.max_leverage) == (MarginMode.ISOLATED, D(100))
    net = mapping.to_leverage(rows(endpoints.LEVERAGE, "leverage_info"), "BTC-USDT-SWAP", None)
    assert (net.leverage, net.long_leverage, net.short_leverage) == (D(10), None, None)


def test_tiers_are_bounds_of_contracts() -> None:
    first, second = rows(endpoints.TIERS, "position_tiers")
    read = market.risk_limits().one(second, BTC)
    assert (read.tier, read.max_quantity, read.min_notional, read.max_notional) == (2, D(50), None, None)
    assert (read.max_leverage, read.maintenance_margin_rate) == (D(75), D("0.005"))
    assert read.initial_margin_rate == D("0.0133")
    assert market.risk_limits().one(first, COIN).max_quantity is None, "dollars are no fixed amount of coin"


# Orders


def test_an_order_is_read_field_by_field() -> None:
    assert order() == fa.Order(
        **NAMES,
        order_id="680800019749904385",
        client_order_id="fx20260112000004",
        side=Side.BUY,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price=D(59000),
        average_price=D(59000),
        quantity=D("0.01"),
        filled_quantity=D("0.004"),
        remaining_quantity=D("0.006"),
        status=OrderStatus.PARTIALLY_FILLED,
        reduce_only=False,
        position_side=None,
        margin_mode=MarginMode.CROSS,
        leverage=D(10),
        fee=D("0.0472"),
        fee_coin="USDT",
        created_ms=1768195413861,
        updated_ms=1768195420004,
    )


@pytest.mark.parametrize(
    ("word", "kind", "force"),
    [
        ("limit", OrderType.LIMIT, TimeInForce.GTC),
        ("post_only", OrderType.LIMIT, TimeInForce.POST_ONLY),
        ("fok", OrderType.LIMIT, TimeInForce.FOK),
        ("ioc", OrderType.LIMIT, TimeInForce.IOC),
        ("market", OrderType.MARKET, None),
        ("optimal_limit_ioc", OrderType.MARKET, None),
        ("rpi", OrderType.LIMIT, TimeInForce.POST_ONLY),
        ("elp", OrderType.LIMIT, TimeInForce.POST_ONLY),
        ("a_new_word", OrderType.UNKNOWN, None),
    ],
)
def test_time_in_force_is_a_type_of_order(word: str, kind: OrderType, force: TimeInForce | None) -> None:
    read = order(ordType=word)
    assert (read.type, read.time_in_force) == (kind, force)


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("adl", OrderType.ADL),
        ("full_liquidation", OrderType.LIQUIDATION),
        ("partial_liquidation", OrderType.LIQUIDATION),
        ("twap", OrderType.LIMIT),
    ],
)
def test_orders_of_the_venues_own_say_where_they_come_from(category: str, kind: OrderType) -> None:
    assert order(category=category).type is kind


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("live", OrderStatus.NEW),
        ("filled", OrderStatus.FILLED),
        ("canceled", OrderStatus.CANCELED),
        ("mmp_canceled", OrderStatus.CANCELED),
        ("order_failed", OrderStatus.REJECTED),
        ("effective", OrderStatus.UNKNOWN),
        ("brand_new", OrderStatus.UNKNOWN),
    ],
)
def test_each_state_has_its_meaning(state: str, status: OrderStatus) -> None:
    assert order(state=state).status is status


@pytest.mark.parametrize(
    ("side", "pos_side", "flag", "reduces", "held"),
    [
        ("buy", "net", "false", False, None),
        ("sell", "net", "true", True, None),
        ("buy", "", "true", True, None),
        # The flag is ignored in long/short mode: the pair is the intent.
        ("buy", "long", "true", False, PositionSide.LONG),
        ("sell", "long", "false", True, PositionSide.LONG),
        ("buy", "short", "false", True, PositionSide.SHORT),
        ("sell", "short", "true", False, PositionSide.SHORT),
    ],
)
def test_what_an_order_closes(side: str, pos_side: str, flag: str, reduces: bool, held: PositionSide | None) -> None:
    read = order(side=side, posSide=pos_side, reduceOnly=flag)
    assert (read.reduce_only, read.position_side) == (reduces, held)


def test_fees_are_what_was_paid_less_what_was_given_back_in_the_same_coin() -> None:
    assert order(fee="-0.05", rebate="0.01").fee == D("0.04")
    assert order(fee="-0.05", rebate="0.01", rebateCcy="OKB").fee == D("0.05")
    assert order(fee="0.02", rebate="0").fee == D("-0.02"), "a maker's rebate"
    assert order(fee="", rebate="0.01").fee is None
    assert order(fee="0", rebate="0").fee == 0


@pytest.mark.parametrize("average", ["", "0"])
def test_an_order_without_a_fill_has_no_average_price_and_a_market_order_no_price(average: str) -> None:
    read = order(avgPx=average, accFillSz="0", px="", ordType="market", state="live", clOrdId="")
    assert (read.average_price, read.price, read.client_order_id) == (None, None, None)
    assert read.remaining_quantity == D("0.01")


def test_what_an_order_brings_along_stands_in_either_place() -> None:
    plain_fields = order(tpTriggerPx="70000", slTriggerPx="50000")
    assert (plain_fields.take_profit, plain_fields.stop_loss) == (D(70000), D(50000))
    attached = order(attachAlgoOrds=[{"tpTriggerPx": "70000", "slTriggerPx": ""}])
    assert (attached.take_profit, attached.stop_loss) == (D(70000), None)
    assert order(algoId="77").parent_order_id == "77"


def test_a_stop_that_was_not_placed_is_named_and_not_shown_as_standing() -> None:
    stop = {"slTriggerPx": "50000", "failCode": "51280", "failReason": "SL trigger price is wrong"}
    read = order(attachAlgoOrds=[{"tpTriggerPx": "70000", "failCode": "", "failReason": ""}, stop])
    assert (read.take_profit, read.stop_loss) == (D(70000), None)
    assert read.stops_refused == "[51280] SL trigger price is wrong"
    assert order(attachAlgoOrds=[{"tpTriggerPx": "70000", "failCode": "0"}]).stops_refused is None


def test_a_coin_margined_order_is_base_coin_at_its_own_price() -> None:
    read = order(COIN, instId="BTC-USD-SWAP", sz="10", accFillSz="4", px="50000", avgPx="50000")
    assert (read.quantity, read.filled_quantity, read.remaining_quantity) == (D("0.02"), D("0.008"), D("0.012"))


def test_a_fill_is_read_field_by_field() -> None:
    assert orders.fills().one(rows(endpoints.FILLS, "fills")[0], BTC) == fa.Fill(
        **NAMES,
        fill_id="744876980",
        order_id="680800019749904385",
        client_order_id="fx20260112000004",
        side=Side.BUY,
        price=D(59000),
        quantity=D("0.004"),
        fee=D("0.0472"),
        fee_coin="USDT",
        role=Role.MAKER,
        realized_pnl=D(0),
        created_ms=1768195420001,
    )


def test_ids_of_liquidations_are_below_zero_and_unknown_roles_are_none() -> None:
    read = orders.fills().one(rows(endpoints.FILLS, "fills", tradeId="-3", execType="", fillTime="")[0], BTC)
    assert (read.fill_id, read.role, read.created_ms) == ("-3", None, 1768195420002)


# Orders that wait


def waiting(**changes: Any) -> fa.Order:
    return triggers.waiting().one(rows(endpoints.OPEN_ALGOS, "orders_algo_pending", **changes)[0], BTC)


def test_which_price_a_waiting_order_goes_by_is_said_beside_its_own_trigger() -> None:
    stop = {"ordType": "conditional", "triggerPx": "", "triggerPxType": "", "ordPx": "", "slOrdPx": "-1"}
    order = waiting(**stop, slTriggerPx="58000", slTriggerPxType="index")
    assert (order.trigger_price, order.trigger_by, order.stop_loss) == (D(58000), fa.PriceSource.INDEX, D(58000))
    pair = {**stop, "ordType": "oco", "tpTriggerPx": "70000", "tpTriggerPxType": "last", "tpOrdPx": "-1"}
    order = waiting(**pair, slTriggerPx="58000", slTriggerPxType="mark")
    assert (order.trigger_price, order.trigger_by) == (D(70000), fa.PriceSource.LAST), "the take-profit's, told first"


def test_a_waiting_order_tells_the_stops_that_it_brings_along() -> None:
    order = waiting(attachAlgoOrds=[{"tpTriggerPx": "70000", "tpOrdPx": "-1", "slTriggerPx": "", "slOrdPx": ""}])
    assert (order.trigger_price, order.take_profit, order.stop_loss) == (D(58000), D(70000), None)
    assert waiting(attachAlgoOrds=[]).take_profit is None


# Market


def test_a_contract_is_read_field_by_field_and_its_bounds_are_base_coin() -> None:
    assert market.contracts().one(rows(endpoints.INSTRUMENTS, "instruments")[0]) == fa.Contract(
        **NAMES,
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=D("0.01"),
        price_tick=D("0.1"),
        quantity_step=D("0.0001"),
        min_quantity=D("0.0001"),
        max_quantity=D(1000000),
        max_market_quantity=D(120),
        max_leverage=D(100),
        status="live",
    )


def coin_contract(**changes: Any) -> fa.Contract:
    inverse: dict[str, Any] = {
        "instId": "BTC-USD-SWAP", "instFamily": "BTC-USD", "settleCcy": "BTC", "ctType": "inverse", "ctVal": "100",
        "ctValCcy": "USD", "lotSz": "1", "minSz": "1", "maxMktSz": "30000",
    }  # fmt: skip
    return market.contracts().one(rows(endpoints.INSTRUMENTS, "instruments", **inverse, **changes)[0])


def test_a_coin_margined_contract_is_a_fixed_amount_of_dollars() -> None:
    read = coin_contract()
    assert (read.symbol, read.quote, read.settle) == ("BTC/USD:BTC", "USD", "BTC")
    assert (read.contract_size, read.contract_value) == (D(1), D(100))
    assert (read.quantity_step, read.max_market_quantity) == (D(1), D(30000)), "contracts"
    assert coin_contract(ctMult="10").contract_value == D(1000)


def test_a_contract_margined_in_usd_and_its_stablecoins_is_linear_and_quoted_in_usd() -> None:
    # "USD-margined contract: uly BTC-USD, instFamily BTC-USD_UM, swap BTC-USD_UM-SWAP".
    named = {"instId": "BTC-USD_UM-SWAP", "instFamily": "BTC-USD_UM", "uly": "BTC-USD", "settleCcy": "USD"}
    read = market.contracts().one(rows(endpoints.INSTRUMENTS, "instruments", **named)[0])
    assert (read.symbol, read.base, read.quote, read.settle) == ("BTC-USD_UM-SWAP", "BTC", "USD", "USD")
    assert (read.contract_size, read.contract_value) == (D("0.01"), None)


def test_a_multiplier_counts_and_a_delisting_is_announced() -> None:
    read = market.contracts().one(rows(endpoints.INSTRUMENTS, "instruments", ctMult="10", expTime="1768204800000")[0])
    assert (read.contract_size, read.quantity_step, read.delisted_ms) == (D("0.1"), D("0.001"), 1768204800000)


@pytest.mark.parametrize(
    "changes", [{"ctType": "new"}, {"ctVal": ""}, {"lotSz": "0"}, {"instFamily": "BTC"}, {"settleCcy": ""}]
)
def test_a_contract_whose_size_cannot_be_told_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        market.contracts().one(rows(endpoints.INSTRUMENTS, "instruments", **changes)[0])


def test_a_ticker_is_put_together_from_four_answers() -> None:
    prices = wire.WirePrices(mark_px="60040.1", idx_px="60041.3", funding_rate="0.0001")
    assert market.tickers().one(rows(endpoints.TICKER, "market_ticker")[0], prices) == fa.Ticker(
        **NAMES,
        last_price=D(60040),
        bid_price=D(60040),
        ask_price=D("60040.1"),
        mark_price=D("60040.1"),
        index_price=D("60041.3"),
        funding_rate=D("0.0001"),
        created_ms=1768195413711,
    )


def test_funding_is_paid_at_the_end_of_the_running_period_and_the_next_time_ends_the_one_after() -> None:
    assert market.funding_rates().one(rows(endpoints.FUNDING_RATE, "funding_rate")[0]) == fa.FundingRate(
        **NAMES,
        funding_rate=D("0.0001"),
        interval_s=28800,
        next_funding_ms=1768204800000,
        min_rate=D("-0.00375"),
        max_rate=D("0.00375"),
        created_ms=1768195413711,
    )
    odd = market.funding_rates().one(rows(endpoints.FUNDING_RATE, "funding_rate", nextFundingTime="1")[0])
    assert odd.interval_s is None


def test_every_documented_row_is_read_without_anything_unread() -> None:
    assert plain("config")["data"][0]["posMode"] == "net_mode"
    read: list[fa.Model] = [position(), order(), bill(), coin_contract()]
    assert [model.unread for model in read] == [()] * 4
