"""Bitget v3 rows as unified models: account, positions, market, one line a field; orders are in `orders.py`.

Fees have three signs at this venue: positive is paid in orders and fills, negative is paid in positions, negative is
charged in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

import futures_async.adapter as fa
from futures_async.adapter import made, margin_ratio, moment, named, needed, number, otherwise, price, text, times, word
from futures_async.adapters._bitget import PRODUCT_TYPES, ProductType
from futures_async.adapters.bitget_uta import wire, wire_market
from futures_async.adapters.bitget_uta.ledger import ledger_type
from futures_async.adapters.bitget_uta.symbols import COIN_MARGINED, settle_coin, unified_symbol

VENUE = "bitget-uta"
USD = "USD"
"""The venue gives margins and unrealized profit of the whole account in USD: `fetch_account("USD")`."""
SWITCHING = frozenset({"upgrading", "switching"})
"""Words of `accountMode` under which nothing is to be traded."""

POSITION_SIDE = {"long": fa.PositionSide.LONG, "short": fa.PositionSide.SHORT}
MARGIN_MODE = {"crossed": fa.MarginMode.CROSS, "isolated": fa.MarginMode.ISOLATED}
POSITION_MODE = {"one_way_mode": fa.PositionMode.ONE_WAY, "hedge_mode": fa.PositionMode.HEDGE}


CATEGORIES = frozenset({*PRODUCT_TYPES, "SPOT", "MARGIN"})


def of_category(word: object, category: str) -> bool:
    """Whether a row belongs to `category`: one that names none was asked for by it."""
    named = str(word).upper()
    return named == category or named not in CATEGORIES


def position_mode(word: str | None) -> fa.PositionMode:
    """The account's `holdMode`: it decides how orders are written, so an unknown word is a `DecodeError`."""
    return fa.known(POSITION_MODE, word or "", "holdMode")


def account_margin_mode(level: str | None) -> fa.MarginMode | None:
    """Isolated where the account's level allows nothing else; else the orders say it."""
    return fa.MarginMode.ISOLATED if str(level).lower() == "isolated" else None


# Account


def whole(assets: wire.WireAssets, settings: wire.WireSettings) -> wire.WireWhole:
    """What holds for every coin."""
    return wire.WireWhole(
        mgn_ratio=assets.mgn_ratio, hold_mode=settings.hold_mode, account_level=settings.account_level
    )


@fa.table_with
def accounts(row: wire.WireAsset, beside: wire.WireWhole) -> fa.Account:
    """Single coins. The margins are the whole account's and in USD, so they are not here: see `totals`."""
    return fa.Account(
        venue=VENUE,
        margin_coin=made(str.upper, needed(text(row.coin))),
        equity=number(row.equity),
        balance=number(row.balance),
        available=number(row.available),
        locked=number(row.locked),
        bonus=number(row.bonus),
        margin_ratio=margin_ratio(beside.mgn_ratio),
        position_mode=word(beside.hold_mode, POSITION_MODE),
        margin_mode=made(account_margin_mode, text(beside.account_level)),
    )


@fa.table_with
def totals(row: wire.WireAssets, settings: wire.WireSettings) -> fa.Account:
    """The whole account in USD, with the margins of the cross book."""
    return fa.Account(
        venue=VENUE,
        margin_coin=USD,
        equity=number(row.account_equity),
        # What counts as margin, after haircuts.
        available=number(fa.either(row.eff_equity, row.account_equity)),
        unrealized_pnl=number(row.unrealised_pnl),
        initial_margin=number(row.imr),
        maintenance_margin=number(row.mmr),
        margin_ratio=margin_ratio(row.mgn_ratio),
        position_mode=word(settings.hold_mode, POSITION_MODE),
        margin_mode=made(account_margin_mode, text(settings.account_level)),
    )


@fa.table
def ledger_entries(row: wire.WireRecord, category: ProductType) -> fa.LedgerEntry:
    """Changes of balance; the row's `fee` is negative when charged."""
    name, kind = text(row.symbol), needed(text(row.type))
    return fa.LedgerEntry(
        venue=VENUE,
        entry_id=needed(fa.identifier(row.id)),
        type=otherwise(made(ledger_type, kind), fa.LedgerType.OTHER),
        venue_type=otherwise(kind, ""),
        amount=needed(number(row.amount)),
        fee=fa.negative(number(row.fee)),
        coin=needed(text(row.coin)),
        symbol=made(lambda name: unified_symbol(name, category) if name else None, name),
        venue_symbol=made(lambda name: name.upper() if name else None, name),
        balance=number(row.balance),
        created_ms=needed(moment(row.ts)),
    )


def to_leverage(
    row: wire.WireSymbolConfig | None, venue_symbol: str, category: ProductType, max_leverage: Decimal | None
) -> fa.Leverage:
    """What is set for a symbol. The venue lists configured symbols only: of the others nothing is known."""
    both = _leverages(row.leverage) if row is not None else []
    first, last = (both[0], both[-1]) if both else (None, None)
    return fa.Leverage(
        venue=VENUE,
        raw=row,
        symbol=unified_symbol(venue_symbol, category),
        venue_symbol=venue_symbol,
        leverage=first if first == last else None,
        # Where there are two, it is long before short, as in every table of this venue.
        long_leverage=first if len(both) == 2 else None,
        short_leverage=last if len(both) == 2 else None,
        margin_mode=fa.known_or_none(MARGIN_MODE, row.margin_mode) if row is not None else None,
        max_leverage=max_leverage,
    )


def _leverages(value: object) -> list[Decimal]:
    """One number, or one per side; the table says array, the sample has text."""
    values = cast("Sequence[Any]", value if isinstance(value, list) else [value])
    read = [fa.positive_or_none(item, "leverage") for item in values]
    return [item for item in read if item is not None] if len(read) <= 2 else []


# 1/leverage need not end; 28 digits are far more than any rate has.
_RATE = fa.EXACT.copy()
_RATE.prec = 28


@fa.table_with
def risk_limits(row: wire.WireTier, named: wire.WireNamed, category: ProductType) -> fa.RiskLimit:
    """Tiers; their rows do not name their symbol."""
    name, leverage = needed(text(named.symbol)), price(row.leverage)
    return fa.RiskLimit(
        venue=VENUE,
        symbol=made(unified_symbol, name, category),
        venue_symbol=name,
        tier=fa.whole(number(row.tier)),
        min_notional=number(row.min_tier_value),
        max_notional=number(row.max_tier_value),
        max_leverage=leverage,
        maintenance_margin_rate=number(row.mmr),
        initial_margin_rate=made(lambda times: _RATE.divide(Decimal(1), times) if times else None, leverage),
    )


# Positions


def _paid(opened: Decimal | None, closed: Decimal | None) -> Decimal | None:
    """Fees so far: negative is paid at the venue, positive here; None where neither is said."""
    if opened is None and closed is None:
        return None
    return fa.EXACT.minus(fa.EXACT.add(opened or Decimal(0), closed or Decimal(0)))


@fa.table_of_held
def positions(row: wire.WirePosition, category: ProductType) -> fa.Position:
    """Open positions. There is no margin ratio, position id or attached trigger price in these rows."""
    name, quantity, mark = needed(text(row.symbol)), needed(fa.size(row.total)), price(row.mark_price)
    margin, rate, mode = number(row.position_balance), number(row.mmr), word(row.margin_mode, MARGIN_MODE)

    def coin_of(coin: str | None, name: str) -> str:
        return coin or settle_coin(category, name.upper().removesuffix(COIN_MARGINED).removesuffix("USD"))

    # Value and requirement by quantity x price hold for linear contracts only.
    notional = times(quantity, mark) if category != "COIN-FUTURES" else None
    return fa.Position(
        **named(VENUE, row.symbol, unified_symbol, category, spelled=str.upper),
        side=needed(word(row.pos_side, POSITION_SIDE)),
        quantity=quantity,
        entry_price=needed(price(row.avg_price)),
        mark_price=mark,
        break_even_price=price(row.break_even_price),
        # 0 or less: no liquidation price now.
        liquidation_price=price(row.liquidation_price),
        unrealized_pnl=number(row.unrealised_pnl),
        realized_pnl=number(row.cur_realised_pnl),
        fee=made(_paid, number(row.open_fee_total), number(row.close_fee_total)),
        funding=number(row.total_funding),
        leverage=price(row.leverage),
        margin_mode=mode,
        position_mode=word(row.hold_mode, POSITION_MODE),
        margin_coin=otherwise(made(coin_of, text(row.margin_coin), name), settle_coin(category, "")),
        margin=margin,
        # In cross margin this figure is the moving requirement; in isolated margin it is what the position holds.
        initial_margin=made(lambda margin, mode: margin if mode is fa.MarginMode.CROSS else None, margin, mode),
        maintenance_margin=times(rate, notional) if category != "COIN-FUTURES" else None,
        maintenance_margin_rate=rate,
        notional=notional,
        available=number(row.available),
        locked=number(row.frozen),
        created_ms=moment(row.created_time),
        updated_ms=moment(row.updated_time),
    )


@fa.table
def closed_positions(row: wire.WirePastPosition, category: ProductType) -> fa.PositionHistory:
    """Closed positions."""
    return fa.PositionHistory(
        **named(VENUE, row.symbol, unified_symbol, category, spelled=str.upper),
        side=needed(word(row.pos_side, POSITION_SIDE)),
        position_id=needed(fa.identifier(row.position_id)),
        quantity=number(row.open_total_pos),
        closed_quantity=number(row.close_total_pos),
        entry_price=price(row.open_price_avg),
        exit_price=price(row.close_price_avg),
        realized_pnl=number(row.cum_realised_pnl),
        net_pnl=number(row.net_profit),
        fee=made(_paid, number(row.open_fee_total), number(row.close_fee_total)),
        funding=number(row.total_funding),
        margin_mode=word(row.margin_mode, MARGIN_MODE),
        position_mode=word(row.hold_mode, POSITION_MODE),
        margin_coin=text(row.margin_coin),
        created_ms=moment(row.created_time),
        closed_ms=moment(row.updated_time),
    )


# Market


@fa.table
def contracts(row: wire_market.WireInstrument, category: ProductType) -> fa.Contract:
    """Trading rules. Coins come from the row, not from the symbol's text."""
    base = needed(text(row.base_coin))

    def unified(name: str, kind: str | None, older: str | None) -> str:
        # Contracts with a delivery date keep the venue's id; older pages say so in `symbolType`.
        return name.upper() if str(kind or older).lower() == "delivery" else unified_symbol(name, category)

    return fa.Contract(
        **named(VENUE, row.symbol, unified, row.type, row.symbol_type, spelled=str.upper),
        base=base,
        quote=needed(text(row.quote_coin)),
        settle=made(lambda base: settle_coin(category, base), base),
        contract_size=Decimal(1),
        price_tick=needed(price(row.price_multiplier)),
        quantity_step=needed(price(row.quantity_multiplier)),
        min_quantity=price(row.min_order_qty),
        max_quantity=price(row.max_order_qty),
        max_market_quantity=price(row.max_market_order_qty),
        min_notional=price(row.min_order_amount),
        max_leverage=price(row.max_leverage),
        status=text(row.status),
        delisted_ms=fa.either(moment(row.off_time), moment(row.delivery_time)),
    )


@fa.table
def tickers(row: wire_market.WireTicker, category: ProductType) -> fa.Ticker:
    """Last prices; the best prices of a market without orders are empty."""
    return fa.Ticker(
        **named(VENUE, row.symbol, unified_symbol, category, spelled=str.upper),
        last_price=needed(number(row.last_price)),
        bid_price=price(row.bid1_price),
        ask_price=price(row.ask1_price),
        mark_price=price(row.mark_price),
        index_price=price(row.index_price),
        funding_rate=number(row.funding_rate),
        created_ms=moment(row.ts),
    )


@fa.table
def funding_rates(row: wire_market.WireFundingRate, category: ProductType) -> fa.FundingRate:
    """Current funding rates; the venue counts the interval in hours."""
    return fa.FundingRate(
        **named(VENUE, row.symbol, unified_symbol, category, spelled=str.upper),
        funding_rate=needed(number(row.funding_rate)),
        interval_s=fa.whole(times(price(row.funding_rate_interval), Decimal(3600))),
        next_funding_ms=moment(row.next_update),
        min_rate=number(row.min_funding_rate),
        max_rate=number(row.max_funding_rate),
    )
