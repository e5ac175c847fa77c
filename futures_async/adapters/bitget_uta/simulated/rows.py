"""Rows of orders and fills as v3 writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import MODE_WORDS, product_type
from futures_async.adapters.bitget.simulated.rows import trade_side as classic_trade_side
from futures_async.adapters.bitget_uta.simulated.base import venue_symbol
from futures_async.simulator.venue import money, plain

STATES = {
    sim.OrderStatus.NEW: "live",
    sim.OrderStatus.PARTIALLY_FILLED: "partially_filled",
    sim.OrderStatus.FILLED: "filled",
    sim.OrderStatus.CANCELED: "cancelled",
}
STRATEGY_STATES = {"live": "pending", "executed": "success", "failed": "failed", "canceled": "cancelled"}
CANCEL_REASONS = {
    sim.CancelReason.NONE: "",
    sim.CancelReason.POST_ONLY: "post_only_fill_cancel",
    sim.CancelReason.AMENDED: "modify_limit_order",
    sim.CancelReason.LIQUIDATION: "burst_cancel",
}
# Resting orders are `live` until the matching engine has them, then `new`.
ACCEPTED_AFTER_MS = 1_000


def order_row(order: sim.Order, contract: sim.ContractSpec, now_ms: int, *, empty: str | None = "") -> dict[str, Any]:
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


def fill_row(fill: sim.Fill, contract: sim.ContractSpec) -> dict[str, Any]:
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
        "tradeScope": "maker" if fill.role is sim.Role.MAKER else "taker",
        "tradeSide": trade_side(order),
        "feeDetail": [{"feeCoin": contract.settle, "fee": plain(fill.fee)}],
        "createdTime": str(fill.created_ms),
        "updatedTime": str(fill.created_ms),
        "execPnl": plain(fill.realized_pnl),
    }


def ended(order: sim.Order) -> dict[str, str]:
    """What rows of orders in any state say of their end."""
    reason = CANCEL_REASONS.get(order.cancel_reason, "normal_cancel")
    if order.cancel_reason is sim.CancelReason.UNFILLABLE:
        reason = f"{order.time_in_force}_not_full_cancel"
    return {
        "cancelReason": reason,
        "execType": "liquidation" if order.source is sim.Source.LIQUIDATION else "normal",
    }


def protection(order: sim.Order) -> dict[str, str | None]:
    """Take profit and stop loss; null when unset."""
    row: dict[str, str | None] = {}
    for name, prefix, preset in (("takeProfit", "tp", order.take_profit), ("stopLoss", "sl", order.stop_loss)):
        by = None if preset is None else "mark" if preset.on_mark else "market"
        row[f"{prefix}TriggerBy"] = by
        row[name] = None if preset is None else plain(preset.trigger_price)
        row[f"{prefix}OrderType"] = None if preset is None else "market" if preset.price is None else "limit"
        row[f"{prefix}LimitPrice"] = None if preset is None or preset.price is None else plain(preset.price)
    return row


def trade_side(order: sim.Order) -> str:
    """`tradeSide` of fills: v2's, but for hedge mode, which names the position too."""
    if order.source is not sim.Source.LIQUIDATION and order.position_mode is sim.PositionMode.HEDGE:
        return f"{order.intent or sim.Intent.OPEN}_{order.position_side}"
    return classic_trade_side(order)


def strategy_type(trigger: sim.Trigger) -> str:
    if trigger.kind.closes:
        return "tpsl"
    return "trailing_stop" if trigger.kind is sim.TriggerKind.TRAILING else "trigger"


def fired_leg(trigger: sim.Trigger) -> str:
    """Which leg has fired; of one that waits, the one that it has."""
    return "" if not trigger.kind.closes else "takeProfit" if trigger.kind.is_profit else "stopLoss"


def waiting_row(trigger: sim.Trigger, contract: sim.ContractSpec) -> dict[str, Any]:
    """A waiting order as lists show it: without its side, its kind, and whether it closes.

    A client order id is kept for take-profits and stop-losses alone; everything else shows the venue's own.
    """
    closes, profit = trigger.kind.closes, trigger.kind.is_profit
    legs = [(profit, trigger.leg), (not profit, trigger.other)] if closes else []
    by_leg = dict(legs)
    plan = trigger.leg if strategy_type(trigger) == "trigger" else None
    row = {
        "orderId": str(trigger.id),
        "clientOid": (trigger.client_id if closes else None) or str(trigger.id),
        "category": product_type(contract),
        "symbol": venue_symbol(contract),
        "qty": plain(trigger.quantity) if trigger.quantity else str(trigger.tag.get("qty", "")),
        "posSide": "net" if trigger.position_side is None else str(trigger.position_side),
        "status": STRATEGY_STATES[trigger.status],
        **_leg("takeProfit", "tp", by_leg.get(True)),
        **_leg("stopLoss", "sl", by_leg.get(False)),
        "triggerBy": "" if plan is None else _source(plan),
        "triggerPrice": "" if plan is None else plain(plan.trigger_price),
        "triggerOrderType": "" if plan is None else _priced(plan),
        "triggerOrderPrice": "" if plan is None else plain(plan.price),
        "createdTime": str(trigger.created_ms),
        "updatedTime": str(trigger.updated_ms),
    }
    if trigger.callback_ratio is None:
        return row
    return row | {
        "trailingStopParams": [
            {
                "activationPrice": plain(trigger.trigger_price),
                "activationType": _source(trigger.leg),
                "trailType": "ratio",
                "trailVariance": plain(trigger.callback_ratio * 100),
                "preOrderType": "market",
                "preOrderPrice": "",
            }
        ]
    }


def sub_order_row(order: sim.Order, contract: sim.ContractSpec) -> dict[str, str]:
    """The regular order that a waiting one has become."""
    return {
        "subOrderId": str(order.id),
        "subClientOid": order.client_id or str(order.id),
        "category": product_type(contract),
        "symbol": venue_symbol(contract),
        "price": plain(order.price),
        "qty": plain(order.quantity),
        "cumExecQty": plain(order.filled),
        "avgPrice": plain(order.average_price, "0"),
        "side": str(order.side),
        "posSide": str(order.position_side) if order.position_side is not None else "net",
        "status": STATES[order.status],
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
    }


def _leg(name: str, prefix: str, preset: sim.Preset | None) -> dict[str, str]:
    """One that is not set has no price, and words all the same."""
    return {
        f"{prefix}TriggerBy": "market" if preset is None else _source(preset),
        name: "" if preset is None else plain(preset.trigger_price),
        f"{prefix}OrderType": "market" if preset is None else _priced(preset),
        f"{prefix}LimitPrice": "" if preset is None else plain(preset.price),
    }


def _source(preset: sim.Preset) -> str:
    return "mark" if preset.on_mark else "market"


def _priced(preset: sim.Preset) -> str:
    return "market" if preset.price is None else "limit"


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


def totals(wallets: Sequence[sim.Wallet], dollars: Callable[[str], Decimal]) -> Totals:
    """Add up wallets; `dollars` says what a coin is worth."""

    def total(of: Callable[[sim.Wallet], Decimal]) -> Decimal:
        return money(sum((of(wallet) * dollars(wallet.coin) for wallet in wallets), sim.ZERO))

    return Totals(
        equity=total(lambda wallet: wallet.equity),
        unrealized=total(lambda wallet: wallet.unrealized),
        backing=total(lambda wallet: wallet.cross_equity),
        maintenance=total(lambda wallet: wallet.cross_maintenance),
        initial=total(lambda wallet: wallet.cross_margin + wallet.order_margin),
    )
