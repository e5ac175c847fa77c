"""Bitget v2 payloads to unified models: account, positions, market. Pure functions; orders are in `orders.py`."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from futures_async.adapter import (
    EXACT,
    MAX_EXPONENT,
    Account,
    Contract,
    DecodeError,
    FundingRate,
    LedgerEntry,
    LedgerType,
    Leverage,
    Loose,
    MarginMode,
    Position,
    PositionHistory,
    PositionMode,
    PositionSide,
    Reading,
    RiskLimit,
    Ticker,
    decimal_or_none,
    fields,
    finite,
    known,
    known_or_none,
    made,
    moment,
    ms,
    ms_or_none,
    multiply,
    needed,
    number,
    otherwise,
    positive_or_none,
    price,
    required_id,
    size,
    text,
    times,
    word,
    yes_no,
)
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

POSITION_SIDE = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
# Captures and samples of the same field also say "cross" and "fixed".
MARGIN_MODE = {
    "isolated": MarginMode.ISOLATED,
    "fixed": MarginMode.ISOLATED,
    "crossed": MarginMode.CROSS,
    "cross": MarginMode.CROSS,
}
POSITION_MODE = {"one_way_mode": PositionMode.ONE_WAY, "hedge_mode": PositionMode.HEDGE}
WIRE_MARGIN_MODE = {MarginMode.ISOLATED: "isolated", MarginMode.CROSS: "crossed"}
WIRE_POSITION_MODE = {PositionMode.ONE_WAY: "one_way_mode", PositionMode.HEDGE: "hedge_mode"}
WIRE_POSITION_SIDE = {PositionSide.LONG: "long", PositionSide.SHORT: "short"}

_FLAG = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}

# https://www.bitget.com/api-doc/contract/account/Get-Account-Bill
LEDGER_TYPE: dict[str, LedgerType] = {
    word: kind
    for kind, words in {
        LedgerType.TRANSFER: (
            "trans_from_exchange trans_from_contract trans_from_otc trans_from_cross trans_from_isolated"
            " trans_to_exchange trans_to_contract trans_to_otc trans_to_cross trans_to_isolated"
            " risk_captital_user_transfer"
        ),
        LedgerType.TRADE: "open_long open_short close_long close_short buy sell",
        LedgerType.FUNDING: "contract_settle_fee",
        # Forced closes: liquidations, and auto-deleveraging for the sake of others' liquidations.
        LedgerType.LIQUIDATION: (
            "force_close_long force_close_short burst_long_loss_query burst_short_loss_query"
            " force_buy force_sell burst_buy burst_sell"
            " adl_close_long adl_close_short adl_buy_in_single_side_mode adl_sell_in_single_side_mode"
        ),
        LedgerType.REALIZED_PNL: "delivery_long delivery_short",
    }.items()
    for word in words.split()
}


def said(word: str | None) -> bool | None:
    """YES/NO, on/off, true/false in any case; None for anything else."""
    return None if not word else _FLAG.get(word.lower())


def paid(value: Loose, field: str) -> Decimal | None:
    """A fee where the venue writes what was paid as negative: paid is positive here."""
    number = decimal_or_none(value, field)
    return None if number is None else number.copy_negate() if number else Decimal(0)


def text_or_none(value: str | int | None) -> str | None:
    """An id or a word that may be missing."""
    return str(value) if value not in (None, "") else None


def settle_coin(product_type: ProductType) -> str:
    """What contracts settle in; empty where each has its own coin."""
    return "" if product_type == "COIN-FUTURES" else product_type.removesuffix("-FUTURES")


@cache
def positions(product_type: ProductType) -> Reading[WirePosition, Position]:
    """Open positions; the flat rows that the venue may list stand for none."""
    row = fields(WirePosition)
    name, coin = needed(text(row.symbol)), text(row.margin_coin)
    quantity = needed(size(row.total))
    margin, rate = number(row.margin_size), number(row.keep_margin_rate)
    mode = word(row.margin_mode, MARGIN_MODE)
    notional = times(quantity, price(row.mark_price))
    return Reading(
        row,
        Position(
            venue=VENUE,
            symbol=made(unified_symbol, name, product_type, coin),
            venue_symbol=made(str.upper, name),
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
            margin_coin=otherwise(made(str.upper, needed(coin)), settle_coin(product_type)),
            margin=margin,
            # In cross mode `marginSize` is total x mark / leverage: the requirement, re-marked continuously.
            initial_margin=made(lambda margin, mode: margin if mode is MarginMode.CROSS else None, margin, mode),
            # Coin-margined positions owe it in the coin, which is not had exactly from these numbers.
            maintenance_margin=None if product_type == "COIN-FUTURES" else times(notional, rate),
            maintenance_margin_rate=rate,
            margin_ratio=number(row.margin_ratio),
            notional=notional,
            available=number(row.available),
            locked=number(row.locked),
            take_profit=price(row.take_profit),
            stop_loss=price(row.stop_loss),
            auto_margin=yes_no(row.auto_margin),
            created_ms=moment(row.c_time),
            updated_ms=moment(row.u_time),
        ),
        empty="quantity",
    )


def to_position_history(wire: WireClosedPosition, product_type: ProductType) -> PositionHistory:
    """One closed position."""
    opened, closed = paid(wire.open_fee, "openFee"), paid(wire.close_fee, "closeFee")
    return PositionHistory(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol, product_type, text_or_none(wire.margin_coin)),
        venue_symbol=wire.symbol.upper(),
        side=known(POSITION_SIDE, wire.hold_side, "holdSide"),
        position_id=required_id(wire.position_id, "positionId"),
        quantity=decimal_or_none(wire.open_total_pos, "openTotalPos"),
        closed_quantity=decimal_or_none(wire.close_total_pos, "closeTotalPos"),
        entry_price=positive_or_none(wire.open_avg_price, "openAvgPrice"),
        exit_price=positive_or_none(wire.close_avg_price, "closeAvgPrice"),
        realized_pnl=decimal_or_none(wire.pnl, "pnl"),
        net_pnl=decimal_or_none(wire.net_profit, "netProfit"),
        fee=None if opened is None or closed is None else EXACT.add(opened, closed),
        funding=decimal_or_none(wire.total_funding, "totalFunding"),
        margin_mode=known_or_none(MARGIN_MODE, wire.margin_mode),
        position_mode=known_or_none(POSITION_MODE, wire.pos_mode),
        margin_coin=text_or_none(wire.margin_coin),
        created_ms=ms_or_none(wire.ctime or wire.c_time, "ctime"),
        closed_ms=ms_or_none(wire.utime or wire.u_time, "utime"),
    )


def to_account(wire: WireAccount) -> Account:
    """The state in one margin coin. The margin mode is a symbol's here, not the account's, and stays in `raw`."""
    equity = decimal_or_none(wire.account_equity, "accountEquity")
    unrealized = decimal_or_none(wire.unrealized_pl, "unrealizedPL")
    isolated = decimal_or_none(wire.isolated_margin, "isolatedMargin")
    crossed = decimal_or_none(wire.crossed_margin, "crossedMargin")
    return Account(
        venue=VENUE,
        raw=wire,
        margin_coin=wire.margin_coin.upper(),
        equity=equity,
        balance=None if equity is None or unrealized is None else EXACT.subtract(equity, unrealized),
        available=finite(wire.available, "available"),
        locked=decimal_or_none(wire.locked, "locked"),
        transferable=decimal_or_none(wire.max_transfer_out, "maxTransferOut"),
        bonus=decimal_or_none(wire.coupon, "coupon"),
        unrealized_pnl=unrealized,
        initial_margin=None if isolated is None or crossed is None else EXACT.add(isolated, crossed),
        position_mode=known_or_none(POSITION_MODE, wire.pos_mode),
        margin_ratio=decimal_or_none(wire.crossed_risk_rate, "crossedRiskRate"),
    )


def to_leverage(
    wire: WireAccount, venue_symbol: str, product_type: ProductType, mode: MarginMode | None = None
) -> Leverage:
    """The leverage that is set for one symbol, in `mode` or in the margin mode that is set."""
    mode = mode or known(MARGIN_MODE, wire.margin_mode or "", "marginMode")
    if mode is MarginMode.CROSS:
        long = short = positive_or_none(wire.crossed_margin_leverage, "crossedMarginLeverage")
    else:
        long = positive_or_none(wire.isolated_long_lever, "isolatedLongLever")
        short = positive_or_none(wire.isolated_short_lever, "isolatedShortLever")
    return Leverage(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(venue_symbol, product_type, wire.margin_coin),
        venue_symbol=venue_symbol,
        leverage=long if long == short else None,
        long_leverage=long,
        short_leverage=short,
        margin_mode=mode,
    )


def to_ledger_entry(wire: WireBill, product_type: ProductType) -> LedgerEntry:
    """One change of balance; `amount` excludes the fee."""
    symbol = text_or_none(wire.symbol)
    return LedgerEntry(
        venue=VENUE,
        raw=wire,
        entry_id=required_id(wire.bill_id, "billId"),
        type=LEDGER_TYPE.get(wire.business_type.lower(), LedgerType.OTHER),
        venue_type=wire.business_type,
        amount=finite(wire.amount, "amount"),
        fee=paid(wire.fee, "fee"),
        coin=wire.coin.upper(),
        symbol=None if symbol is None else unified_symbol(symbol, product_type, wire.coin),
        venue_symbol=None if symbol is None else symbol.upper(),
        balance=decimal_or_none(wire.balance, "balance"),
        created_ms=ms(wire.c_time, "cTime"),
    )


def to_risk_limit(wire: WireTier, product_type: ProductType) -> RiskLimit:
    """One tier; its bounds are position values."""
    tier = decimal_or_none(wire.level, "level")
    return RiskLimit(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol, product_type),
        venue_symbol=wire.symbol.upper(),
        tier=None if tier is None else int(tier),
        min_notional=decimal_or_none(wire.start_unit, "startUnit"),
        max_notional=decimal_or_none(wire.end_unit, "endUnit"),
        max_leverage=positive_or_none(wire.leverage, "leverage"),
        maintenance_margin_rate=decimal_or_none(wire.keep_margin_rate, "keepMarginRate"),
    )


def to_contract(wire: WireContract, product_type: ProductType, margin_coin: str | None = None) -> Contract:
    """Trading rules of one contract; sizes are in base coin, so a contract is 1."""
    # "tick size = priceEndStep x 10^-pricePlace"
    if abs(wire.price_place) > MAX_EXPONENT:
        raise DecodeError("pricePlace is no number of decimals", path="pricePlace")
    tick = finite(EXACT.scaleb(finite(wire.price_end_step, "priceEndStep"), -wire.price_place), "priceEndStep")
    step = finite(wire.size_multiplier, "sizeMultiplier")
    if tick <= 0 or step <= 0:
        raise DecodeError("priceEndStep and sizeMultiplier must be positive", path="priceEndStep")
    coins = [coin.upper() for coin in wire.support_margin_coins or ()]
    base = wire.base_coin.upper()
    settle = margin_coin if margin_coin in coins else base if base in coins else coins[0] if coins else base
    return Contract(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol, product_type, settle),
        venue_symbol=wire.symbol.upper(),
        base=base,
        quote=wire.quote_coin.upper(),
        settle=settle,
        contract_size=Decimal(1),
        price_tick=tick,
        quantity_step=step,
        min_quantity=positive_or_none(wire.min_trade_num, "minTradeNum"),
        min_notional=positive_or_none(wire.min_trade_usdt, "minTradeUSDT"),
        max_leverage=positive_or_none(wire.max_lever, "maxLever"),
        status=text_or_none(wire.symbol_status),
    )


def to_ticker(wire: WireTicker, product_type: ProductType, margin_coin: str | None = None) -> Ticker:
    """Last prices."""
    return Ticker(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol, product_type, margin_coin),
        venue_symbol=wire.symbol.upper(),
        last_price=finite(wire.last_pr, "lastPr"),
        bid_price=positive_or_none(wire.bid_pr, "bidPr"),
        ask_price=positive_or_none(wire.ask_pr, "askPr"),
        mark_price=positive_or_none(wire.mark_price, "markPrice"),
        index_price=positive_or_none(wire.index_price, "indexPrice"),
        funding_rate=decimal_or_none(wire.funding_rate, "fundingRate"),
        created_ms=ms_or_none(wire.ts, "ts"),
    )


def to_funding_rate(wire: WireFundingRate, product_type: ProductType, margin_coin: str | None = None) -> FundingRate:
    """The rate of the current interval."""
    hours = positive_or_none(wire.funding_rate_interval, "fundingRateInterval")
    return FundingRate(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol, product_type, margin_coin),
        venue_symbol=wire.symbol.upper(),
        funding_rate=finite(wire.funding_rate, "fundingRate"),
        interval_s=None if hours is None else int(multiply(hours, Decimal(3600))),
        next_funding_ms=ms_or_none(wire.next_update, "nextUpdate"),
        min_rate=decimal_or_none(wire.min_funding_rate, "minFundingRate"),
        max_rate=decimal_or_none(wire.max_funding_rate, "maxFundingRate"),
    )
