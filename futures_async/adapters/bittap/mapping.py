"""BitTap's rows as unified models: tables, one line a field."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict, Unpack

import futures_async.adapter as fa
from futures_async.adapter import identifier, made, moment, needed, number, otherwise, price, size, text, word, yes_no
from futures_async.adapters._rows import leverage_of
from futures_async.adapters.bittap import wire

VENUE = "bittap"

# BUY is long and SELL is short in both position modes.
POSITION_SIDE = {"buy": fa.PositionSide.LONG, "sell": fa.PositionSide.SHORT}
SIDE = {"buy": fa.Side.BUY, "sell": fa.Side.SELL}
ORDER_TYPE = {"limit": fa.OrderType.LIMIT, "market": fa.OrderType.MARKET}
TIME_IN_FORCE = {"gtc": fa.TimeInForce.GTC, "ioc": fa.TimeInForce.IOC, "fok": fa.TimeInForce.FOK}
# Positions say CROSSED and ISOLATED, market metadata ISOLATION.
MARGIN_MODE = {
    "crossed": fa.MarginMode.CROSS,
    "cross": fa.MarginMode.CROSS,
    "isolated": fa.MarginMode.ISOLATED,
    "isolation": fa.MarginMode.ISOLATED,
}
# One page writes ONEWAY, another ONE_WAY.
POSITION_MODE = {"hedge": fa.PositionMode.HEDGE, "oneway": fa.PositionMode.ONE_WAY, "one_way": fa.PositionMode.ONE_WAY}
ROLE = {"1": fa.Role.TAKER, "2": fa.Role.MAKER, 1: fa.Role.TAKER, 2: fa.Role.MAKER}

# A contract quoted in a currency that is no coin cannot be settled in it: inverse ones, whose ids nobody documents.
_NOT_SETTLED_IN = ("USD",)


def to_symbol(venue_symbol: str) -> str:
    """`XRP-USDT-M` is XRP/USDT:USDT; what has another form is passed through."""
    parts = venue_symbol.split("-")
    if len(parts) != 3 or parts[2] != "M" or parts[1] in _NOT_SETTLED_IN:
        return venue_symbol
    symbol = fa.join(parts[0], parts[1], parts[1])
    return symbol if fa.split(symbol) else venue_symbol


def to_venue_symbol(symbol: str) -> str:
    """`XRP/USDT:USDT` is XRP-USDT-M; a venue's own id stays.

    Raises:
        InvalidRequest: No symbol, or one that settles in another coin than its quote coin.
    """
    parts = fa.split(fa.check_symbol(symbol))
    if parts is None:
        return symbol
    if parts.quote != parts.settle or parts.quote in _NOT_SETTLED_IN:
        raise fa.InvalidRequest(f"bittap: {symbol} is not a linear contract, and only those have documented ids")
    return f"{parts.base}-{parts.quote}-M"


@fa.table
def accounts(row: wire.WireAsset) -> fa.Account:
    """The account in one coin. `available` includes unrealized profit: it is not balance less locked."""
    return fa.Account(
        venue=VENUE,
        margin_coin=needed(text(row.coin)),
        equity=number(row.equities),
        balance=number(row.balance),
        available=number(row.available),
        locked=number(row.locked),
        transferable=number(row.can_transfer),
        bonus=number(row.trial_fund_balance),
        unrealized_pnl=number(row.profit_unreal),
        # crossMargin and isolatedMargin are 0 beside an open position: nothing to rely on.
        maintenance_margin=number(row.crossed_maintain_margin),
        # Despite its name no tier's rate but maintenance margin over equity: liquidation at 1.
        margin_ratio=fa.margin_ratio(row.crossed_maintain_margin_rate),
    )


def _settle(name: str, fee_coin: str | None) -> str:
    parts = fa.split(to_symbol(name))
    return parts.settle if parts else fee_coin or ""


@fa.table_of_held
def positions(row: wire.WirePosition) -> fa.Position:
    """Open positions; rows of size zero stand for none."""
    name, quantity, mark = needed(text(row.symbol_id)), needed(size(row.quantity)), price(row.mark_price)
    margin = number(row.margin)
    return fa.Position(
        **fa.named(VENUE, row.symbol_id, to_symbol),
        side=needed(word(row.side, POSITION_SIDE)),
        quantity=quantity,
        entry_price=price(row.avg_entry_price),
        mark_price=mark,
        # 0 means that it will not be triggered.
        liquidation_price=price(row.liquid_price),
        unrealized_pnl=number(row.profit_unreal),
        # `realizedPnl` has the fees in it, which stand in `feeAmount` as well.
        realized_pnl=number(row.pnl),
        fee=number(row.fee_amount),
        # Its sign is documented nowhere; handed on as it is.
        funding=number(row.fund_amount),
        leverage=price(row.leverage),
        margin_mode=word(row.margin_mode, MARGIN_MODE),
        position_mode=word(row.position_mode, POSITION_MODE),
        margin_coin=otherwise(made(_settle, name, text(row.fee_asset_id)), ""),
        margin=margin,
        initial_margin=margin,
        # 0 on an open position: not filled in (account/info never fills it).
        maintenance_margin=price(row.maintain_margin),
        margin_ratio=fa.margin_ratio(row.margin_rate),
        # `entryValue` is the value at entry; at the mark it is unknown without a mark.
        notional=fa.times(quantity, mark),
        position_id=identifier(row.position_id),
        created_ms=moment(row.ctime),
        updated_ms=moment(row.last_update_time),
    )


def to_leverage(rows: Sequence[fa.Position | fa.Order], venue_symbol: str) -> fa.Leverage:
    """Leverage of one contract as its positions, or else its orders, show it."""
    return leverage_of(rows, venue_symbol, venue=VENUE, to_symbol=to_symbol)


def _order(row: wire.WireOpenOrder | wire.WirePastOrder, **how_it_stands: Unpack[_Standing]) -> fa.Order:
    """What the two kinds of orders say alike."""
    kind = word(row.type, ORDER_TYPE, fa.OrderType.UNKNOWN)
    return fa.Order(
        **fa.named(VENUE, row.symbol_id, to_symbol),
        side=needed(word(row.side, SIDE)),
        type=otherwise(kind, fa.OrderType.UNKNOWN),
        time_in_force=made(_force, yes_no(row.post_only), word(row.time_in_force, TIME_IN_FORCE)),
        price=fa.resting(kind, price(row.price)),
        average_price=price(row.avg_price),
        quantity=needed(size(row.total_quantity)),
        reduce_only=yes_no(row.reduce_only),
        margin_mode=word(row.margin_mode, MARGIN_MODE),
        leverage=price(row.leverage),
        fee=number(row.fee_amount),
        fee_coin=text(row.fee_asset_id),
        updated_ms=moment(row.mtime),
        **how_it_stands,
    )


class _Standing(TypedDict):
    """What they say each in its own way."""

    order_id: str
    filled_quantity: Decimal | None
    remaining_quantity: Decimal | None
    status: fa.OrderStatus
    created_ms: int | None


def _force(post_only: bool | None, force: fa.TimeInForce | None) -> fa.TimeInForce | None:
    return fa.TimeInForce.POST_ONLY if post_only else force


@fa.table
def open_orders(row: wire.WireOpenOrder) -> fa.Order:
    """Open orders. Their status words are documented nowhere, so what is filled decides."""
    total = size(row.total_quantity)
    filled = made(_filled, total, number(row.trade_quantity), number(row.quantity))
    return _order(
        row,
        order_id=needed(identifier(row.order_id)),
        filled_quantity=filled,
        remaining_quantity=fa.minus(total, filled),
        status=made(lambda filled: fa.OrderStatus.PARTIALLY_FILLED if filled else fa.OrderStatus.NEW, filled),
        created_ms=moment(row.ctime),
    )


def _filled(total: Decimal | None, filled: Decimal | None, left: Decimal | None) -> Decimal | None:
    return filled if filled is not None or total is None or left is None else fa.EXACT.subtract(total, left)


@fa.table
def past_orders(row: wire.WirePastOrder) -> fa.Order:
    """Finished orders. Their status words are documented nowhere: filled in full, or else cancelled."""
    filled = number(row.trade_quantity)
    return _order(
        row,
        order_id=needed(identifier(row.id)),
        filled_quantity=filled,
        remaining_quantity=fa.if_said(lambda _: Decimal(0), filled),
        status=made(_ended, size(row.total_quantity), filled),
        created_ms=moment(row.order_time),
    )


def _ended(total: Decimal | None, filled: Decimal | None) -> fa.OrderStatus:
    if filled is None:
        return fa.OrderStatus.UNKNOWN
    return fa.OrderStatus.FILLED if filled == total else fa.OrderStatus.CANCELED


@fa.table
def fills(row: wire.WireTrade) -> fa.Fill:
    """Executions."""
    return fa.Fill(
        **fa.named(VENUE, row.symbol_id, to_symbol),
        fill_id=needed(identifier(row.trade_id)),
        order_id=needed(identifier(row.order_id)),
        side=needed(word(row.side, SIDE)),
        price=needed(number(row.trade_price)),
        quantity=needed(size(row.trade_quantity)),
        fee=number(row.fee_amount),
        fee_coin=text(row.fee_asset_id),
        role=word(row.liquidity_type, ROLE),
        realized_pnl=number(row.profit),
        created_ms=needed(moment(row.trade_time)),
    )


@fa.table
def tickers(row: wire.WirePrice) -> fa.Ticker:
    """The last price; best prices, mark and funding have no call of their own."""
    name = needed(text(row.symbol_id))
    return fa.Ticker(venue=VENUE, symbol=made(to_symbol, name), venue_symbol=name, last_price=needed(number(row.price)))
