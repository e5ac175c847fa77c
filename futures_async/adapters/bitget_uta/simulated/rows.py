"""Rows of orders and fills as v3 writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from futures_async.adapters.bitget.simulated.base import MODE_WORDS, product_type, venue_symbol
from futures_async.adapters.bitget.simulated.rows import trade_side as classic_trade_side
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import plain
from futures_async.simulator.margins import Wallet
from futures_async.simulator.records import ZERO, CancelReason, Fill, Order, Source, money
from futures_async.unified.enums import Intent, OrderStatus, PositionMode, Role

STATES = {
    OrderStatus.NEW: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "cancelled",
}
CANCEL_REASONS = {
    CancelReason.NONE: "",
    CancelReason.POST_ONLY: "post_only_fill_cancel",
    CancelReason.AMENDED: "modify_limit_order",
    CancelReason.LIQUIDATION: "burst_cancel",
}
# Resting orders are `live` until the matching engine has them, then `new`.
ACCEPTED_AFTER_MS = 1_000


def order_row(order: Order, contract: ContractSpec, now_ms: int, *, empty: str | None = "") -> dict[str, Any]:
    """What all order rows have; `empty` is what a fee that is not there yet looks like."""
    status = STATES[order.status]
    if status == "live" and now_ms - order.created_ms >= ACCEPTED_AFTER_MS:
        status = "new"
    fee = {"feeCoin": contract.settle, "fee": plain(order.fee)} if order.filled else {"feeCoin": empty, "fee": empty}
    return {
        "orderId": str(order.id),
        "clientOid": order.client_id,
        "category": product_type(contract),
        "symbol": venue_symbol(contract),
        "orderType": "market" if order.price is None else "limit",
        "side": str(order.side),
        "price": plain(order.price, "0"),
        "qty": plain(order.quantity),
        "amount": "0",
        "cumExecQty": plain(order.filled),
        "cumExecValue": plain(order.filled_value),
        "avgPrice": plain(order.average_price, "0"),
        "timeInForce": str(order.time_in_force),
        "orderStatus": status,
        "posSide": str(order.position_side) if order.position_side is not None else "net",
        "holdMode": MODE_WORDS[order.position_mode],
        # NO on closes in hedge mode too, as observed.
        "reduceOnly": "YES" if order.reduce_only else "NO",
        "feeDetail": [fee],
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
        "stpMode": "none",
    }


def fill_row(fill: Fill, contract: ContractSpec) -> dict[str, Any]:
    """An execution; `side` is what the market saw."""
    order = fill.order
    return {
        "execId": str(fill.id),
        "execLinkId": str(fill.id),
        "orderId": str(order.id),
        "clientOid": order.client_id,
        "category": product_type(contract),
        "symbol": venue_symbol(contract),
        "orderType": "market" if order.price is None else "limit",
        "side": str(fill.side),
        "execPrice": plain(fill.price),
        "execQty": plain(fill.quantity),
        "execValue": plain(fill.price * fill.quantity),
        "tradeScope": "maker" if fill.role is Role.MAKER else "taker",
        "tradeSide": trade_side(order),
        "feeDetail": [{"feeCoin": contract.settle, "fee": plain(fill.fee)}],
        "createdTime": str(fill.created_ms),
        "updatedTime": str(fill.created_ms),
        "execPnl": plain(fill.realized_pnl),
    }


def ended(order: Order) -> dict[str, str]:
    """What rows of orders in any state say of their end."""
    reason = CANCEL_REASONS.get(order.cancel_reason, "normal_cancel")
    if order.cancel_reason is CancelReason.UNFILLABLE:
        reason = f"{order.time_in_force}_not_full_cancel"
    return {
        "cancelReason": reason,
        "execType": "liquidation" if order.source is Source.LIQUIDATION else "normal",
    }


def protection(order: Order) -> dict[str, str | None]:
    """Take profit and stop loss; null when unset."""
    row: dict[str, str | None] = {}
    for name, prefix, preset in (("takeProfit", "tp", order.take_profit), ("stopLoss", "sl", order.stop_loss)):
        by = None if preset is None else "mark" if preset.on_mark else "market"
        row[f"{prefix}TriggerBy"] = by
        row[name] = None if preset is None else plain(preset.trigger_price)
        row[f"{prefix}OrderType"] = None if preset is None else "market" if preset.price is None else "limit"
        row[f"{prefix}LimitPrice"] = None if preset is None or preset.price is None else plain(preset.price)
    return row


def trade_side(order: Order) -> str:
    """`tradeSide` of fills: v2's, but for hedge mode, which names the position too."""
    if order.source is not Source.LIQUIDATION and order.position_mode is PositionMode.HEDGE:
        return f"{order.intent or Intent.OPEN}_{order.position_side}"
    return classic_trade_side(order)


class Totals(NamedTuple):
    """Of all coins together, in dollars."""

    equity: Decimal
    unrealized: Decimal
    backing: Decimal
    """Of the cross positions."""
    maintenance: Decimal
    initial: Decimal

    @property
    def ratio(self) -> str:
        """Liquidation at 1."""
        if self.backing <= 0:
            return "1"
        return plain((self.maintenance / self.backing).quantize(Decimal("1e-8")))


def totals(wallets: Sequence[Wallet], dollars: Callable[[str], Decimal]) -> Totals:
    """Add up wallets; `dollars` says what a coin is worth."""

    def total(of: Callable[[Wallet], Decimal]) -> Decimal:
        return money(sum((of(wallet) * dollars(wallet.coin) for wallet in wallets), ZERO))

    return Totals(
        equity=total(lambda wallet: wallet.equity),
        unrealized=total(lambda wallet: wallet.unrealized),
        backing=total(lambda wallet: wallet.cross_equity),
        maintenance=total(lambda wallet: wallet.cross_maintenance),
        initial=total(lambda wallet: wallet.cross_margin + wallet.order_margin),
    )
