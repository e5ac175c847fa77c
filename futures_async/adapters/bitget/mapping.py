"""Bitget v2 rows as unified models: account, positions, market, one line a field; orders are in `orders.py`."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

import futures_async.adapter as fa
from futures_async.adapter import made, moment, named, needed, number, positive_or_none, price, text, times, word
from futures_async.adapters._bitget import ProductType, unified_symbol
from futures_async.adapters.bitget.wire import (
    WireAccount,
    WireBill,
    WireClosedPosition,
    WireContract,
    WireFundingRate,
    WirePosition,
    WireTicker,
    WireTier,
)

VENUE = "bitget"

POSITION_SIDE = {"long": fa.PositionSide.LONG, "short": fa.PositionSide.SHORT}
# Captures and samples of the same field also say "cross" and "fixed".
MARGIN_MODE = {
    "isolated": fa.MarginMode.ISOLATED,
    "fixed": fa.MarginMode.ISOLATED,
    "crossed": fa.MarginMode.CROSS,
    "cross": fa.MarginMode.CROSS,
}
POSITION_MODE = {"one_way_mode": fa.PositionMode.ONE_WAY, "hedge_mode": fa.PositionMode.HEDGE}
WIRE_MARGIN_MODE = {fa.MarginMode.ISOLATED: "isolated", fa.MarginMode.CROSS: "crossed"}
WIRE_POSITION_MODE = {fa.PositionMode.ONE_WAY: "one_way_mode", fa.PositionMode.HEDGE: "hedge_mode"}
WIRE_POSITION_SIDE = {fa.PositionSide.LONG: "long", fa.PositionSide.SHORT: "short"}

# https://www.bitget.com/api-doc/contract/account/Get-Account-Bill
LEDGER_TYPE: dict[str, fa.LedgerType] = {
    word: kind
    for kind, words in {
        fa.LedgerType.TRANSFER: (
            "trans_from_exchange trans_from_contract trans_from_otc trans_from_cross trans_from_isolated"
            " trans_to_exchange trans_to_contract trans_to_otc trans_to_cross trans_to_isolated"
            " risk_captital_user_transfer"
        ),
        fa.LedgerType.TRADE: "open_long open_short close_long close_short buy sell",
        fa.LedgerType.FUNDING: "contract_settle_fee",
        # Forced closes: liquidations, and auto-deleveraging for the sake of others' liquidations.
        fa.LedgerType.LIQUIDATION: (
            "force_close_long force_close_short burst_long_loss_query burst_short_loss_query"
            " force_buy force_sell burst_buy burst_sell"
            " adl_close_long adl_close_short adl_buy_in_single_side_mode adl_sell_in_single_side_mode"
        ),
        fa.LedgerType.REALIZED_PNL: "delivery_long delivery_short",
    }.items()
    for word in words.split()
}


def settle_coin(product_type: ProductType) -> str:
    """What contracts settle in; empty where each has its own coin."""
    return "" if product_type == "COIN-FUTURES" else product_type.removesuffix("-FUTURES")


@fa.table_of_held
def positions(row: WirePosition, product_type: ProductType) -> fa.Position:
    """Open positions; the flat rows that the venue may list stand for none."""
    coin = text(row.margin_coin)
    quantity = needed(fa.size(row.total))
    margin, rate = number(row.margin_size), number(row.keep_margin_rate)
    mode = word(row.margin_mode, MARGIN_MODE)
    notional = times(quantity, price(row.mark_price))
    return fa.Position(
        **named(VENUE, row.symbol, unified_symbol, product_type, coin, spelled=str.upper),
        side=needed(word(row.hold_side, POSITION_SIDE)),
        quantity=quantity,
        entry_price=needed(price(row.open_price_avg)),
        mark_price=price(row.mark_price),
        break_even_price=price(row.break_even_price),
        # "If the value <= 0, it means the position is at low risk and there is no liquidation price at this time"
        liquidation_price=price(row.liquidation_price),
        unrealized_pnl=number(row.unrealized_pl),
        realized_pnl=number(row.achieved_profits),
        fee=number(row.deducted_fee),
        funding=number(row.total_fee),
        leverage=price(row.leverage),
        margin_mode=mode,
        position_mode=word(row.pos_mode, POSITION_MODE),
        margin_coin=fa.otherwise(made(str.upper, needed(coin)), settle_coin(product_type)),
        margin=margin,
        # In cross mode `marginSize` is total x mark / leverage: the requirement, re-marked continuously.
        initial_margin=made(lambda margin, mode: margin if mode is fa.MarginMode.CROSS else None, margin, mode),
        # Coin-margined positions owe it in the coin, which is not had exactly from these numbers.
        maintenance_margin=None if product_type == "COIN-FUTURES" else times(notional, rate),
        maintenance_margin_rate=rate,
        margin_ratio=fa.margin_ratio(row.margin_ratio),
        notional=notional,
        available=number(row.available),
        locked=number(row.locked),
        take_profit=price(row.take_profit),
        stop_loss=price(row.stop_loss),
        auto_margin=fa.yes_no(row.auto_margin),
        created_ms=moment(row.c_time),
        updated_ms=moment(row.u_time),
    )


@fa.table
def closed_positions(row: WireClosedPosition, product_type: ProductType) -> fa.PositionHistory:
    """Closed positions."""
    coin = text(row.margin_coin)
    return fa.PositionHistory(
        **named(VENUE, row.symbol, unified_symbol, product_type, coin, spelled=str.upper),
        side=needed(word(row.hold_side, POSITION_SIDE)),
        position_id=needed(fa.identifier(row.position_id)),
        quantity=number(row.open_total_pos),
        closed_quantity=number(row.close_total_pos),
        entry_price=price(row.open_avg_price),
        exit_price=price(row.close_avg_price),
        realized_pnl=number(row.pnl),
        net_pnl=number(row.net_profit),
        fee=fa.plus(fa.negative(number(row.open_fee)), fa.negative(number(row.close_fee))),
        funding=number(row.total_funding),
        margin_mode=word(row.margin_mode, MARGIN_MODE),
        position_mode=word(row.pos_mode, POSITION_MODE),
        margin_coin=coin,
        created_ms=moment(fa.either(row.ctime, row.c_time)),
        closed_ms=moment(fa.either(row.utime, row.u_time)),
    )


@fa.table
def accounts(row: WireAccount) -> fa.Account:
    """The state in one margin coin. The margin mode is a symbol's here, not the account's, and stays in `raw`."""
    equity, unrealized = number(row.account_equity), number(row.unrealized_pl)
    return fa.Account(
        venue=VENUE,
        margin_coin=made(str.upper, needed(text(row.margin_coin))),
        equity=equity,
        balance=fa.minus(equity, unrealized),
        available=number(row.available),
        locked=number(row.locked),
        transferable=number(row.max_transfer_out),
        bonus=number(row.coupon),
        unrealized_pnl=unrealized,
        initial_margin=fa.plus(number(row.isolated_margin), number(row.crossed_margin)),
        position_mode=word(row.pos_mode, POSITION_MODE),
        margin_ratio=fa.margin_ratio(row.crossed_risk_rate),
    )


def to_leverage(
    wire: WireAccount, venue_symbol: str, product_type: ProductType, mode: fa.MarginMode | None = None
) -> fa.Leverage:
    """The leverage that is set for one symbol, in `mode` or in the margin mode that is set."""
    mode = mode or fa.known(MARGIN_MODE, wire.margin_mode or "", "marginMode")
    if mode is fa.MarginMode.CROSS:
        long = short = positive_or_none(wire.crossed_margin_leverage, "crossedMarginLeverage")
    else:
        long = positive_or_none(wire.isolated_long_lever, "isolatedLongLever")
        short = positive_or_none(wire.isolated_short_lever, "isolatedShortLever")
    return fa.Leverage(
        venue=VENUE,
        raw=wire,
        # Rows hold whatever came: what is no text is no coin.
        symbol=unified_symbol(
            venue_symbol, product_type, wire.margin_coin if isinstance(wire.margin_coin, str) else None
        ),
        venue_symbol=venue_symbol,
        leverage=long if long == short else None,
        long_leverage=long,
        short_leverage=short,
        margin_mode=mode,
    )


@fa.table
def ledger_entries(row: WireBill, product_type: ProductType) -> fa.LedgerEntry:
    """Changes of balance; `amount` excludes the fee."""
    name, coin, kind = text(row.symbol), needed(text(row.coin)), needed(text(row.business_type))

    def unified(name: str | None, coin: str) -> str | None:
        return None if name is None else unified_symbol(name, product_type, coin)

    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=needed(fa.identifier(row.bill_id)),
        type=fa.otherwise(
            made(lambda kind: LEDGER_TYPE.get(kind.lower(), fa.LedgerType.OTHER), kind), fa.LedgerType.OTHER
        ),
        venue_type=fa.otherwise(kind, ""),
        amount=needed(number(row.amount)),
        fee=fa.negative(number(row.fee)),
        coin=made(str.upper, coin),
        symbol=made(unified, name, coin),
        venue_symbol=fa.if_said(str.upper, name),
        balance=number(row.balance),
        created_ms=needed(moment(row.c_time)),
    )


@fa.table
def risk_limits(row: WireTier, product_type: ProductType) -> fa.RiskLimit:
    """Tiers; their bounds are position values."""
    return fa.RiskLimit(
        **named(VENUE, row.symbol, unified_symbol, product_type, spelled=str.upper),
        tier=fa.whole(number(row.level)),
        min_notional=number(row.start_unit),
        max_notional=number(row.end_unit),
        max_leverage=price(row.leverage),
        maintenance_margin_rate=number(row.keep_margin_rate),
    )


def _tick(end_step: Decimal, place: Decimal) -> Decimal:
    # "tick size = priceEndStep x 10^-pricePlace"
    if place.copy_abs() > fa.MAX_EXPONENT or not fa.is_multiple(place, Decimal(1)):
        raise fa.DecodeError("pricePlace is no number of decimals", path="pricePlace")
    return fa.finite(fa.EXACT.scaleb(end_step, -int(place)), "priceEndStep")


def _coins(came: object) -> list[str]:
    """The margin coins of a contract, as they came."""
    coins: list[str] = []
    for coin in cast("list[object]", came if isinstance(came, list) else [None]):
        if not isinstance(coin, str):
            raise fa.DecodeError("supportMarginCoins is no list of coins", path="supportMarginCoins")
        coins.append(coin.upper())
    return coins


@fa.table
def contracts(row: WireContract, product_type: ProductType, margin_coin: str | None = None) -> fa.Contract:
    """Trading rules; sizes are in base coin, so a contract is 1."""
    base = made(str.upper, needed(text(row.base_coin)))

    def settled(base: str, came: object) -> str:
        coins = [] if came is None else _coins(came)
        return margin_coin if margin_coin in coins else base if base in coins else coins[0] if coins else base

    settle = made(settled, base, row.support_margin_coins)
    return fa.Contract(
        **named(VENUE, row.symbol, unified_symbol, product_type, settle, spelled=str.upper),
        base=base,
        quote=made(str.upper, needed(text(row.quote_coin))),
        settle=settle,
        contract_size=Decimal(1),
        price_tick=made(_tick, needed(price(row.price_end_step)), needed(number(row.price_place))),
        quantity_step=needed(price(row.size_multiplier)),
        min_quantity=price(row.min_trade_num),
        max_quantity=price(row.max_order_qty),
        max_market_quantity=price(row.max_market_order_qty),
        min_notional=price(row.min_trade_usdt),
        max_leverage=price(row.max_lever),
        status=text(row.symbol_status),
        delisted_ms=fa.either(moment(row.off_time), moment(row.delivery_time)),
    )


@fa.table
def tickers(row: WireTicker, product_type: ProductType, margin_coin: str | None = None) -> fa.Ticker:
    """Last prices."""
    return fa.Ticker(
        **named(VENUE, row.symbol, unified_symbol, product_type, margin_coin, spelled=str.upper),
        last_price=needed(number(row.last_pr)),
        bid_price=price(row.bid_pr),
        ask_price=price(row.ask_pr),
        mark_price=price(row.mark_price),
        index_price=price(row.index_price),
        funding_rate=number(row.funding_rate),
        created_ms=moment(row.ts),
    )


@fa.table
def funding_rates(row: WireFundingRate, product_type: ProductType, margin_coin: str | None = None) -> fa.FundingRate:
    """The rates of the current interval."""
    return fa.FundingRate(
        **named(VENUE, row.symbol, unified_symbol, product_type, margin_coin, spelled=str.upper),
        funding_rate=needed(number(row.funding_rate)),
        interval_s=fa.whole(times(price(row.funding_rate_interval), Decimal(3600))),
        next_funding_ms=moment(row.next_update),
        min_rate=number(row.min_funding_rate),
        max_rate=number(row.max_funding_rate),
    )
