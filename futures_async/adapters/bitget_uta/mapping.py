"""From v3's payloads to the unified models: pure functions. Orders and fills are in `orders.py`.

Fees have three signs at this venue: positive is paid in orders and fills, negative is paid in positions, negative is
charged in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import reduce

from futures_async.adapter import (
    EXACT,
    Account,
    Contract,
    FundingRate,
    LedgerEntry,
    Leverage,
    MarginMode,
    Position,
    PositionHistory,
    PositionMode,
    PositionSide,
    RiskLimit,
    Ticker,
    decimal_or_none,
    finite,
    known,
    known_or_none,
    ms,
    ms_or_none,
    multiply,
    positive_or_none,
    required_id,
)
from futures_async.adapters._bitget import ProductType, unified_symbol
from futures_async.adapters.bitget_uta import wire
from futures_async.adapters.bitget_uta.ledger import ledger_type
from futures_async.adapters.bitget_uta.symbols import settle_coin

VENUE = "bitget-uta"
USD = "USD"
"""The venue gives margins and unrealized profit of the whole account in USD: `fetch_account("USD")`."""
SWITCHING = frozenset({"upgrading", "switching"})
"""Words of `accountMode` under which nothing is to be traded."""

POSITION_SIDE = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
MARGIN_MODE = {"crossed": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
POSITION_MODE = {"one_way_mode": PositionMode.ONE_WAY, "hedge_mode": PositionMode.HEDGE}


def of_category(word: str | None, category: str) -> bool:
    """Whether a row belongs to `category`; rows that do not say so were asked for by it."""
    return not word or word.upper() == category


def position_mode(word: str) -> PositionMode:
    """The account's `holdMode`: it decides how orders are written, so an unknown word is a `DecodeError`."""
    return known(POSITION_MODE, word, "holdMode")


def _negated(value: Decimal | None) -> Decimal | None:
    return None if value is None else EXACT.minus(value)


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is there; None when nothing is."""
    there = [value for value in values if value is not None]
    return reduce(EXACT.add, there) if there else None


# Account


def to_account(asset: wire.WireAsset, assets: wire.WireAssets, settings: wire.WireSettings) -> Account:
    """One coin. The margins are the whole account's and in USD, so they are not here: see `to_total`."""
    return Account(
        venue=VENUE,
        raw=asset,
        margin_coin=asset.coin,
        equity=finite(asset.equity, "equity"),
        balance=finite(asset.balance, "balance"),
        available=finite(asset.available, "available"),
        locked=decimal_or_none(asset.locked, "locked"),
        bonus=decimal_or_none(asset.bonus, "bonus"),
        margin_ratio=decimal_or_none(assets.mgn_ratio, "mgnRatio"),
        position_mode=known_or_none(POSITION_MODE, settings.hold_mode),
        margin_mode=account_margin_mode(settings),
    )


def to_empty_account(coin: str, assets: wire.WireAssets, settings: wire.WireSettings) -> Account:
    """A coin that the answer leaves out: its balance is zero."""
    nothing = wire.WireAsset(coin=coin, equity=Decimal(0), balance=Decimal(0), available=Decimal(0), locked=Decimal(0))
    return to_account(nothing, assets, settings)


def to_total(assets: wire.WireAssets, settings: wire.WireSettings) -> Account:
    """The whole account in USD, with the margins of the cross book."""
    equity = finite(assets.account_equity, "accountEquity")
    effective = decimal_or_none(assets.eff_equity, "effEquity")
    return Account(
        venue=VENUE,
        raw=assets,
        margin_coin=USD,
        equity=equity,
        # What counts as margin, after haircuts.
        available=equity if effective is None else effective,
        unrealized_pnl=decimal_or_none(assets.unrealised_pnl, "unrealisedPnl"),
        initial_margin=decimal_or_none(assets.imr, "imr"),
        maintenance_margin=decimal_or_none(assets.mmr, "mmr"),
        margin_ratio=decimal_or_none(assets.mgn_ratio, "mgnRatio"),
        position_mode=known_or_none(POSITION_MODE, settings.hold_mode),
        margin_mode=account_margin_mode(settings),
    )


def account_margin_mode(settings: wire.WireSettings) -> MarginMode | None:
    """Isolated where the account's level allows nothing else; else the orders say it."""
    return MarginMode.ISOLATED if (settings.account_level or "").lower() == "isolated" else None


def to_ledger_entry(record: wire.WireRecord, category: ProductType) -> LedgerEntry:
    """One change of balance; the row's `fee` is negative when charged."""
    return LedgerEntry(
        venue=VENUE,
        raw=record,
        entry_id=required_id(record.id, "id"),
        type=ledger_type(record.type),
        venue_type=record.type,
        amount=finite(record.amount, "amount"),
        fee=_negated(decimal_or_none(record.fee, "fee")),
        coin=record.coin,
        symbol=unified_symbol(record.symbol, category) if record.symbol else None,
        venue_symbol=record.symbol or None,
        balance=decimal_or_none(record.balance, "balance"),
        created_ms=ms(record.ts, "ts"),
    )


def to_leverage(
    row: wire.WireSymbolConfig | None, venue_symbol: str, category: ProductType, max_leverage: Decimal | None
) -> Leverage:
    """What is set for a symbol. The venue lists configured symbols only: of the others nothing is known."""
    both = _leverages(row.leverage) if row is not None else []
    first, last = (both[0], both[-1]) if both else (None, None)
    return Leverage(
        venue=VENUE,
        raw=row,
        symbol=unified_symbol(venue_symbol, category),
        venue_symbol=venue_symbol,
        leverage=first if first == last else None,
        # Where there are two, it is long before short, as in every table of this venue.
        long_leverage=first if len(both) == 2 else None,
        short_leverage=last if len(both) == 2 else None,
        margin_mode=known_or_none(MARGIN_MODE, row.margin_mode) if row is not None else None,
        max_leverage=max_leverage,
    )


def _leverages(value: str | int | Sequence[str | int] | None) -> list[Decimal]:
    """One number, or one per side; the table says array, the sample has text."""
    values = [value] if value is None or isinstance(value, (str, int)) else list(value)
    read = [positive_or_none(item, "leverage") for item in values]
    return [item for item in read if item is not None] if len(read) <= 2 else []


def to_risk_limit(tier: wire.WireTier, venue_symbol: str, category: ProductType) -> RiskLimit:
    """One tier; the row does not name its symbol."""
    leverage = finite(tier.leverage, "leverage")
    return RiskLimit(
        venue=VENUE,
        raw=tier,
        symbol=unified_symbol(venue_symbol, category),
        venue_symbol=venue_symbol,
        tier=tier.tier,
        min_notional=finite(tier.min_tier_value, "minTierValue"),
        max_notional=finite(tier.max_tier_value, "maxTierValue"),
        max_leverage=leverage,
        maintenance_margin_rate=finite(tier.mmr, "mmr"),
        initial_margin_rate=_RATE.divide(Decimal(1), leverage) if leverage > 0 else None,
    )


# 1/leverage need not end; 28 digits are far more than any rate has.
_RATE = EXACT.copy()
_RATE.prec = 28


# Positions


def to_position(row: wire.WirePosition, category: ProductType) -> Position:
    """One open position. There is no margin ratio, position id or attached trigger price in this row."""
    quantity = finite(row.total, "total")
    mark = positive_or_none(row.mark_price, "markPrice")
    rate = decimal_or_none(row.mmr, "mmr")
    balance = decimal_or_none(row.position_balance, "positionBalance")
    margin_mode = known_or_none(MARGIN_MODE, row.margin_mode)
    # Value and requirement by quantity x price hold for linear contracts only.
    notional = multiply(quantity, mark) if mark is not None and category != "COIN-FUTURES" else None
    return Position(
        venue=VENUE,
        raw=row,
        symbol=unified_symbol(row.symbol, category),
        venue_symbol=row.symbol,
        side=known(POSITION_SIDE, row.pos_side, "posSide"),
        quantity=quantity,
        entry_price=positive_or_none(row.avg_price, "avgPrice"),
        mark_price=mark,
        break_even_price=positive_or_none(row.break_even_price, "breakEvenPrice"),
        # 0 or less: no liquidation price now.
        liquidation_price=positive_or_none(row.liquidation_price, "liquidationPrice"),
        unrealized_pnl=decimal_or_none(row.unrealised_pnl, "unrealisedPnl"),
        realized_pnl=decimal_or_none(row.cur_realised_pnl, "curRealisedPnl"),
        fee=_fees(row),
        funding=decimal_or_none(row.total_funding, "totalFunding"),
        leverage=positive_or_none(row.leverage, "leverage"),
        margin_mode=margin_mode,
        position_mode=known_or_none(POSITION_MODE, row.hold_mode),
        margin_coin=row.margin_coin or settle_coin(category, row.symbol.removesuffix("USD")),
        margin=balance,
        # In cross margin this figure is the moving requirement; in isolated margin it is what the position holds.
        initial_margin=balance if margin_mode is MarginMode.CROSS else None,
        maintenance_margin=multiply(rate, notional) if rate is not None and notional is not None else None,
        maintenance_margin_rate=rate,
        notional=notional,
        available=decimal_or_none(row.available, "available"),
        locked=decimal_or_none(row.frozen, "frozen"),
        created_ms=ms_or_none(row.created_time, "createdTime"),
        updated_ms=ms_or_none(row.updated_time, "updatedTime"),
    )


def _fees(row: wire.WirePosition | wire.WirePastPosition) -> Decimal | None:
    """Negative is paid at the venue, positive here."""
    opened = decimal_or_none(row.open_fee_total, "openFeeTotal")
    return _negated(total((opened, decimal_or_none(row.close_fee_total, "closeFeeTotal"))))


def to_position_history(row: wire.WirePastPosition, category: ProductType) -> PositionHistory:
    """One closed position."""
    return PositionHistory(
        venue=VENUE,
        raw=row,
        symbol=unified_symbol(row.symbol, category),
        venue_symbol=row.symbol,
        side=known(POSITION_SIDE, row.pos_side, "posSide"),
        position_id=required_id(row.position_id, "positionId"),
        quantity=decimal_or_none(row.open_total_pos, "openTotalPos"),
        closed_quantity=decimal_or_none(row.close_total_pos, "closeTotalPos"),
        entry_price=positive_or_none(row.open_price_avg, "openPriceAvg"),
        exit_price=positive_or_none(row.close_price_avg, "closePriceAvg"),
        realized_pnl=decimal_or_none(row.cum_realised_pnl, "cumRealisedPnl"),
        net_pnl=decimal_or_none(row.net_profit, "netProfit"),
        fee=_fees(row),
        funding=decimal_or_none(row.total_funding, "totalFunding"),
        margin_mode=known_or_none(MARGIN_MODE, row.margin_mode),
        position_mode=known_or_none(POSITION_MODE, row.hold_mode),
        margin_coin=row.margin_coin or None,
        created_ms=ms_or_none(row.created_time, "createdTime"),
        closed_ms=ms_or_none(row.updated_time, "updatedTime"),
    )


# Market


def to_contract(row: wire.WireInstrument, category: ProductType) -> Contract:
    """Trading rules. Coins come from the row, not from the symbol's text."""
    perpetual = not is_delivery(row)
    settle = settle_coin(category, row.base_coin)
    return Contract(
        venue=VENUE,
        raw=row,
        symbol=unified_symbol(row.symbol, category) if perpetual else row.symbol,
        venue_symbol=row.symbol,
        base=row.base_coin,
        quote=row.quote_coin,
        settle=settle,
        contract_size=Decimal(1),
        price_tick=finite(row.price_multiplier, "priceMultiplier"),
        quantity_step=finite(row.quantity_multiplier, "quantityMultiplier"),
        min_quantity=positive_or_none(row.min_order_qty, "minOrderQty"),
        max_quantity=positive_or_none(row.max_order_qty, "maxOrderQty"),
        max_market_quantity=positive_or_none(row.max_market_order_qty, "maxMarketOrderQty"),
        min_notional=positive_or_none(row.min_order_amount, "minOrderAmount"),
        max_leverage=positive_or_none(row.max_leverage, "maxLeverage"),
        status=row.status or None,
        delisted_ms=ms_or_none(row.off_time, "offTime"),
    )


def is_delivery(row: wire.WireInstrument) -> bool:
    """A contract with a delivery date; older pages say so in `symbolType`."""
    return "delivery" in ((row.type or "").lower(), (row.symbol_type or "").lower() if not row.type else "")


def to_ticker(row: wire.WireTicker, category: ProductType) -> Ticker:
    """Last prices; the best prices of a market without orders are empty."""
    return Ticker(
        venue=VENUE,
        raw=row,
        symbol=unified_symbol(row.symbol, category),
        venue_symbol=row.symbol,
        last_price=finite(row.last_price, "lastPrice"),
        bid_price=positive_or_none(row.bid1_price, "bid1Price"),
        ask_price=positive_or_none(row.ask1_price, "ask1Price"),
        mark_price=positive_or_none(row.mark_price, "markPrice"),
        index_price=positive_or_none(row.index_price, "indexPrice"),
        funding_rate=decimal_or_none(row.funding_rate, "fundingRate"),
        created_ms=ms_or_none(row.ts, "ts"),
    )


def to_funding_rate(row: wire.WireFundingRate, category: ProductType) -> FundingRate:
    """The current funding rate; the venue counts the interval in hours."""
    hours = positive_or_none(row.funding_rate_interval, "fundingRateInterval")
    return FundingRate(
        venue=VENUE,
        raw=row,
        symbol=unified_symbol(row.symbol, category),
        venue_symbol=row.symbol,
        funding_rate=finite(row.funding_rate, "fundingRate"),
        interval_s=int(hours * 3600) if hours is not None else None,
        next_funding_ms=ms_or_none(row.next_update, "nextUpdate"),
        min_rate=decimal_or_none(row.min_funding_rate, "minFundingRate"),
        max_rate=decimal_or_none(row.max_funding_rate, "maxFundingRate"),
    )
