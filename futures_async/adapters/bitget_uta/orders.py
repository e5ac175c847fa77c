"""Orders in both directions: how one is written, and how v3 tells of it.

`side` is the trade side in both position modes, so it passes through as it is; what opens or closes is said by
`posSide` in hedge mode and by `reduceOnly` in one-way mode.

https://www.bitget.com/api-doc/uta/trade/Place-Order
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from futures_async.adapters.bitget_uta import wire
from futures_async.adapters.bitget_uta.mapping import MARGIN_MODE, POSITION_MODE, POSITION_SIDE, VENUE, total
from futures_async.adapters.bitget_uta.symbols import unified_symbol
from futures_async.convert import (
    EXACT,
    decimal_or_none,
    finite,
    known,
    known_or_none,
    ms,
    ms_or_none,
    positive_or_none,
    required_id,
)
from futures_async.enums import OrderStatus, OrderType, PositionMode, PositionSide, Role, Side, TimeInForce
from futures_async.models import Fill, Order

_SIDE = {"buy": Side.BUY, "sell": Side.SELL}
_TYPE = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
_FORCE = {word.value: word for word in TimeInForce}
_ROLE = {"maker": Role.MAKER, "taker": Role.TAKER}
_YES_NO = {"yes": True, "no": False}
_STATUS = {
    # Passed the risk check; then accepted by the matching engine.
    "live": OrderStatus.NEW,
    "new": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "cancelled": OrderStatus.CANCELED,
    "canceled": OrderStatus.CANCELED,
}
# Pairs of order side and position side that open; the other two close.
_OPENS = {(Side.BUY, PositionSide.LONG), (Side.SELL, PositionSide.SHORT)}


def to_order(row: wire.WireOrder, category: str) -> Order:
    """One order. In hedge mode the pair of `side` and `posSide` says whether it closes: `reduceOnly` says NO there."""
    side = known(_SIDE, row.side, "side")
    quantity = finite(row.qty, "qty")
    filled = decimal_or_none(row.cum_exec_qty, "cumExecQty")
    type_ = known_or_none(_TYPE, row.order_type) or OrderType.UNKNOWN
    hedge = known_or_none(POSITION_MODE, row.hold_mode) is PositionMode.HEDGE
    position_side = known_or_none(POSITION_SIDE, row.pos_side) if hedge else None
    if position_side is not None:
        reduce_only: bool | None = (side, position_side) not in _OPENS
    else:
        reduce_only = _YES_NO.get((row.reduce_only or "").lower())
    fee, fee_coin = _fee(row.fee_detail)
    return Order(
        venue=VENUE,
        raw=row,
        symbol=unified_symbol(row.symbol, category),
        venue_symbol=row.symbol,
        order_id=required_id(row.order_id, "orderId"),
        client_order_id=row.client_oid or None,
        side=side,
        type=type_,
        # Market orders read back as gtc, which says nothing.
        time_in_force=None if type_ is OrderType.MARKET else known_or_none(_FORCE, row.time_in_force),
        price=positive_or_none(row.price, "price"),
        average_price=positive_or_none(row.avg_price, "avgPrice"),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=EXACT.subtract(quantity, filled) if filled is not None else None,
        status=known_or_none(_STATUS, row.order_status) or OrderStatus.UNKNOWN,
        reduce_only=reduce_only,
        position_side=position_side,
        margin_mode=known_or_none(MARGIN_MODE, row.margin_mode),
        leverage=positive_or_none(row.leverage, "leverage"),
        fee=fee,
        fee_coin=fee_coin,
        created_ms=ms_or_none(row.created_time, "createdTime"),
        updated_ms=ms_or_none(row.updated_time, "updatedTime"),
    )


def _fee(details: Sequence[wire.WireFee] | None) -> tuple[Decimal | None, str | None]:
    """Fees in the first coin that is named, and that coin; what was paid in others stays in `raw`."""
    paid = [(row.fee_coin, decimal_or_none(row.fee, "feeDetail[].fee")) for row in details or ()]
    known_fees = [(coin, fee) for coin, fee in paid if fee is not None]
    if not known_fees:
        return None, None
    first = known_fees[0][0]
    return total(fee for coin, fee in known_fees if coin == first), first or None


def to_fill(row: wire.WireFill, category: str) -> Fill:
    """One execution."""
    fee, fee_coin = _fee(row.fee_detail)
    return Fill(
        venue=VENUE,
        raw=row,
        fill_id=required_id(row.exec_id, "execId"),
        order_id=required_id(row.order_id, "orderId"),
        client_order_id=row.client_oid or None,
        symbol=unified_symbol(row.symbol, category),
        venue_symbol=row.symbol,
        side=known(_SIDE, row.side, "side"),
        price=finite(row.exec_price, "execPrice"),
        quantity=finite(row.exec_qty, "execQty"),
        fee=fee,
        fee_coin=fee_coin,
        role=known_or_none(_ROLE, row.trade_scope),
        realized_pnl=decimal_or_none(row.exec_pnl, "execPnl"),
        created_ms=ms(row.created_time, "createdTime"),
    )
