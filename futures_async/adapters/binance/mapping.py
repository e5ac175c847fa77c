"""Binance rows as unified models: account, positions, market, one line a field; orders are in `orders.py`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import either, made, moment, named, needed, number, otherwise, price, text, word
from futures_async.adapters.binance import wire

VENUE = "binance"
# U, a coin of that name, is last: what ends in it may end in another one.
QUOTES = ("USDT", "USDC", "FDUSD", "USD1", "BUSD", "BNFCR", "BTC", "ETH", "BNB", "U")
NO_END_MS = 4_000_000_000_000
"""Perpetuals say that they are delivered after this, in the year 2100."""
DEFAULT_FUNDING_H = Decimal(8)

# Settings and requests say CROSSED, older positions and pushes cross.
MARGIN_MODE = {"crossed": fa.MarginMode.CROSS, "cross": fa.MarginMode.CROSS, "isolated": fa.MarginMode.ISOLATED}
HELD = {"LONG": fa.PositionSide.LONG, "SHORT": fa.PositionSide.SHORT}
NET = "BOTH"
LEDGER = {
    "TRANSFER": fa.LedgerType.TRANSFER,
    "INTERNAL_TRANSFER": fa.LedgerType.TRANSFER,
    "CROSS_COLLATERAL_TRANSFER": fa.LedgerType.TRANSFER,
    "COIN_SWAP_DEPOSIT": fa.LedgerType.TRANSFER,
    "COIN_SWAP_WITHDRAW": fa.LedgerType.TRANSFER,
    "STRATEGY_UMFUTURES_TRANSFER": fa.LedgerType.TRANSFER,
    "REALIZED_PNL": fa.LedgerType.REALIZED_PNL,
    # The venue's spelling.
    "DELIVERED_SETTELMENT": fa.LedgerType.REALIZED_PNL,
    "FUNDING_FEE": fa.LedgerType.FUNDING,
    "SPECIAL_FUNDING_FEE": fa.LedgerType.FUNDING,
    "COMMISSION": fa.LedgerType.FEE,
    "INSURANCE_CLEAR": fa.LedgerType.LIQUIDATION,
}


@lru_cache(maxsize=4096)
def to_symbol(venue_symbol: str) -> str:
    """`BTCUSDT` is BTC/USDT:USDT; contracts with a date (`BTCUSDT_260327`) keep the venue's id."""
    parts = fa.guess_parts(venue_symbol, QUOTES)
    symbol = "" if parts is None else fa.join(*parts, parts[1])
    return symbol if fa.split(symbol) else venue_symbol


def to_venue_symbol(symbol: str) -> str:
    """`BTC/USDT:USDT` is BTCUSDT; the venue's own id stays.

    Raises:
        InvalidRequest: No symbol, or of a contract that settles in another coin than its quote coin.
    """
    parts = fa.split(fa.check_symbol(symbol))
    if parts is None:
        return symbol
    if parts.quote != parts.settle:
        raise fa.InvalidRequest(f"{VENUE}: {symbol} is not settled in its quote coin, and all contracts are here")
    return parts.base + parts.quote


def to_position_mode(config: wire.WireAccountConfig) -> fa.PositionMode:
    """The account's mode: it decides how orders are written, so what cannot be read is a `DecodeError`."""
    hedged = _flag(config.dual_side_position, "dualSidePosition")
    return fa.PositionMode.HEDGE if hedged else fa.PositionMode.ONE_WAY


def to_pooled(config: wire.WireAccountConfig) -> bool:
    """Whether the account is in multi-assets mode; what cannot be read is a `DecodeError`."""
    return _flag(config.multi_assets_margin, "multiAssetsMargin")


def _flag(said: str | None, name: str) -> bool:
    word = str(said).lower()
    if word not in ("true", "false"):
        raise fa.DecodeError(f"{name} is neither true nor false", path=name)
    return word == "true"


# Account


def _own_maintenance(own: Decimal | None, pooled: bool | None) -> Decimal | None:
    """Of a pool no coin needs anything alone: beside its own equity the figure would read as danger, or as none.

    So it would where it is not known whether there is a pool.
    """
    return own if pooled is False else None


def _pool_ratio(maintenance: Decimal | None, value: Decimal | None) -> Decimal | None:
    """Liquidation at 1, which is also said where nothing is left: the quotient would read as safe."""
    if maintenance is None or value is None:
        return None
    if value <= 0:
        return Decimal(1) if maintenance else None
    return fa.divide(maintenance, value)


@fa.table
def accounts(row: wire.WireAsset) -> fa.Account:
    """Single coins. In multi-assets mode `available` is what the whole pool is worth in this one, and the margin ratio
    is the pool's. Where the mode is not known, neither is told, nor the maintenance margin.
    """
    return fa.Account(
        venue=VENUE,
        margin_coin=needed(text(row.asset)),
        equity=number(row.margin_balance),
        balance=number(row.wallet_balance),
        available=number(row.available_balance),
        locked=number(row.open_order_initial_margin),
        transferable=number(row.max_withdraw_amount),
        unrealized_pnl=number(row.unrealized_profit),
        initial_margin=number(row.initial_margin),
        maintenance_margin=made(_own_maintenance, number(row.maint_margin), row.pooled),
        margin_ratio=made(_pool_ratio, number(row.pool_maintenance), number(row.pool_value)),
    )


def holds_something(row: wire.WireAsset) -> bool:
    """A coin with nothing in it, and nothing owed, is listed too."""
    try:
        said = [fa.decimal_or_none(value, "assets") for value in (row.wallet_balance, row.margin_balance)]
    except fa.DecodeError:
        return True
    return any(value != 0 for value in said)


def _entry_id(kind: str, said: str, number: str | None, coin: str, at: int) -> str:
    """What is put into a demo account has no number but 0: its time tells it apart."""
    return f"{kind}:{number or at}:{coin}"


@fa.table
def ledger_entries(row: wire.WireIncome) -> fa.LedgerEntry:
    """Changes of balance, fees in rows of their own; an id is unique among its type and coin only."""
    name, kind, coin = text(row.symbol), needed(text(row.income_type)), needed(text(row.asset))
    at = needed(moment(row.time))
    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=needed(made(_entry_id, kind, needed(text(row.tran_id)), fa.identifier(row.tran_id), coin, at)),
        type=otherwise(word(row.income_type, LEDGER, unknown=fa.LedgerType.OTHER), fa.LedgerType.OTHER),
        venue_type=otherwise(kind, ""),
        amount=needed(number(row.income)),
        coin=coin,
        symbol=made(lambda name: to_symbol(name) if name else None, name),
        venue_symbol=name,
        created_ms=at,
        description=text(row.info),
    )


@fa.table
def leverages(row: wire.WireSymbolConfig) -> fa.Leverage:
    """What is set for a contract: one leverage for both sides and both margin modes."""
    leverage = price(row.leverage)
    return fa.Leverage(
        **named(VENUE, row.symbol, to_symbol),
        leverage=leverage,
        long_leverage=leverage,
        short_leverage=leverage,
        margin_mode=word(row.margin_type, MARGIN_MODE),
    )


# 1/leverage need not end; 28 digits are far more than any rate has.
_RATE = fa.EXACT.copy()
_RATE.prec = 28


@fa.table
def risk_limits(row: wire.WireBracket) -> fa.RiskLimit:
    """Tiers."""
    leverage = price(row.initial_leverage)
    return fa.RiskLimit(
        **named(VENUE, row.symbol, to_symbol),
        tier=fa.whole(number(row.bracket)),
        min_notional=number(row.notional_floor),
        max_notional=number(row.notional_cap),
        max_leverage=leverage,
        maintenance_margin_rate=number(row.maint_margin_ratio),
        initial_margin_rate=made(lambda times: _RATE.divide(Decimal(1), times) if times else None, leverage),
    )


# Positions


def held_side(said: str | None) -> fa.PositionSide | None:
    """The side that is named; in one-way mode there is none.

    Raises:
        DecodeError: It is called something new.
    """
    if said is None or said == NET:
        return None
    if said not in HELD:
        raise fa.DecodeError(f"positionSide has the unknown word {said[:40]!r}", path="positionSide")
    return HELD[said]


def _mode(held: str) -> fa.PositionMode:
    return fa.PositionMode.ONE_WAY if held == NET else fa.PositionMode.HEDGE


def _margin_mode(said: fa.MarginMode | None, wallet: Decimal | None) -> fa.MarginMode | None:
    """What is set; an isolated position without that has collateral of its own."""
    return fa.MarginMode.ISOLATED if said is None and wallet else said


def _held_margin(mode: fa.MarginMode | None, own: Decimal | None, initial: Decimal | None) -> Decimal | None:
    return own if mode is fa.MarginMode.ISOLATED else initial


def _coin(said: str | None, name: str) -> str:
    """Pushes leave it out."""
    parts = fa.guess_parts(name, QUOTES)
    return said or ("" if parts is None else parts[1])


@fa.table_of_held
def positions(row: wire.WirePosition) -> fa.Position:
    """Open positions; a row without amount stands for an open order, or for the other side of a hedge."""
    name, amount, held = needed(text(row.symbol)), needed(number(row.position_amt)), needed(text(row.position_side))
    initial = number(row.position_initial_margin)
    mode = made(_margin_mode, word(row.margin_type, MARGIN_MODE), number(row.isolated_wallet))
    return fa.Position(
        **named(VENUE, row.symbol, to_symbol),
        side=needed(either(made(held_side, held), fa.by_sign(amount))),
        quantity=needed(fa.absolute(amount)),
        entry_price=needed(price(row.entry_price)),
        mark_price=price(row.mark_price),
        break_even_price=price(row.break_even_price),
        # 0: none now.
        liquidation_price=price(row.liquidation_price),
        unrealized_pnl=number(row.un_realized_profit),
        leverage=price(row.leverage),
        margin_mode=mode,
        position_mode=made(_mode, held),
        margin_coin=otherwise(made(_coin, text(row.margin_asset), name), ""),
        # `isolatedMargin` holds profit and loss too.
        margin=made(_held_margin, mode, number(row.isolated_wallet), initial),
        initial_margin=initial,
        maintenance_margin=number(row.maint_margin),
        notional=fa.absolute(number(row.notional)),
        updated_ms=moment(row.update_time),
    )


# Market


def _rule(filters: object, kind: str, field: str) -> Decimal | None:
    """What one filter of a contract says; None where it says nothing."""
    for rule in cast("Sequence[object]", filters if isinstance(filters, list) else ()):
        if isinstance(rule, wire.WireFilter) and rule.filter_type == kind:
            value = fa.decimal_or_none(getattr(rule, field), f"filters.{kind}.{field}")
            return value or None
    return None


@fa.table
def contracts(row: wire.WireSymbol) -> fa.Contract:
    """Trading rules. Coins come from the row, not from the symbol's text."""
    return fa.Contract(
        **named(VENUE, row.symbol, to_symbol),
        base=needed(text(row.base_asset)),
        quote=needed(text(row.quote_asset)),
        settle=needed(text(row.margin_asset)),
        contract_size=Decimal(1),
        price_tick=needed(made(_rule, row.filters, "PRICE_FILTER", "tick_size")),
        quantity_step=needed(made(_rule, row.filters, "LOT_SIZE", "step_size")),
        min_quantity=made(_rule, row.filters, "LOT_SIZE", "min_qty"),
        max_quantity=made(_rule, row.filters, "LOT_SIZE", "max_qty"),
        max_market_quantity=made(_rule, row.filters, "MARKET_LOT_SIZE", "max_qty"),
        min_notional=made(_rule, row.filters, "MIN_NOTIONAL", "notional"),
        status=text(either(row.status, row.contract_status)),
        delisted_ms=made(lambda at: at if at is not None and at < NO_END_MS else None, moment(row.delivery_date)),
    )


def marked(day: wire.WireTicker, mark: wire.WirePremium) -> wire.WireTicker:
    """The day of a contract, with its mark and index prices and its funding, which others tell."""
    return msgspec.structs.replace(
        day, mark_price=mark.mark_price, index_price=mark.index_price, last_funding_rate=mark.last_funding_rate
    )


@fa.table
def tickers(row: wire.WireTicker) -> fa.Ticker:
    """Prices; a contract with a delivery date has no funding."""
    return fa.Ticker(
        **named(VENUE, row.symbol, to_symbol),
        last_price=needed(number(row.last_price)),
        bid_price=price(row.bid_price),
        ask_price=price(row.ask_price),
        mark_price=price(row.mark_price),
        index_price=price(row.index_price),
        funding_rate=number(row.last_funding_rate),
        created_ms=moment(row.close_time),
    )


@fa.table
def funding_rates(row: wire.WirePremium) -> fa.FundingRate:
    """The running estimate of the next funding."""
    return fa.FundingRate(
        **named(VENUE, row.symbol, to_symbol),
        funding_rate=needed(number(row.last_funding_rate)),
        interval_s=made(lambda hours: int((hours or DEFAULT_FUNDING_H) * 3600), price(row.funding_interval_hours)),
        next_funding_ms=moment(row.next_funding_time),
        min_rate=number(row.adjusted_funding_rate_floor),
        max_rate=number(row.adjusted_funding_rate_cap),
    )
