"""Rows of orders and fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from futures_async.adapters.hyperliquid.simulated.gate import dec
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.records import CancelReason, Fill, Order, Source, Trigger, TriggerStatus
from futures_async.simulator.triggers import TRIGGERED_BY
from futures_async.unified.enums import OrderStatus, OrderType, Role, Side, TimeInForce

FORCES = {TimeInForce.GTC: "Gtc", TimeInForce.IOC: "Ioc", TimeInForce.FOK: "Ioc", TimeInForce.POST_ONLY: "Alo"}
ENDS = {
    CancelReason.POST_ONLY: "badAloPxRejected",
    CancelReason.UNFILLABLE: "iocCancelRejected",
    CancelReason.POSITION_GONE: "reduceOnlyCanceled",
    CancelReason.DISPLACED: "reduceOnlyCanceled",
    CancelReason.LIQUIDATION: "liquidatedCanceled",
}


def cloid_of(order: Order) -> str | None:
    """Its own, or that of the order that waited."""
    found: str | None = order.client_id or order.tag.get("cloid")
    return found


def side_of(side: Side) -> str:
    """B buys, A sells."""
    return "B" if side is Side.BUY else "A"


def order_row(order: Order, spec: ContractSpec, *, live: bool) -> dict[str, Any]:
    """One order; of one that is open the size left is as of now only in lists of open orders."""
    left = order.remaining if live or not order.is_open else order.quantity
    at_market = order.type is not OrderType.LIMIT
    force = "LiquidationMarket" if order.source is Source.LIQUIDATION else order.tag.get("tif")
    return {
        "coin": spec.base,
        "side": side_of(order.side),
        "limitPx": dec(order.price if order.price is not None else order.average_price),
        "sz": dec(left),
        "oid": order.tag.get(TRIGGERED_BY, order.id),
        "timestamp": order.created_ms,
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": children(order, spec) if order.is_open else [],
        "isPositionTpsl": False,
        "reduceOnly": order.reduce_only,
        "orderType": "Market" if at_market else "Limit",
        "origSz": dec(order.quantity),
        "tif": force or ("FrontendMarket" if at_market else FORCES[order.time_in_force]),
        "cloid": cloid_of(order),
    }


def children(order: Order, spec: ContractSpec) -> list[dict[str, Any]]:
    """What an order brings along: it waits until the order is filled, and goes with it."""
    found: list[dict[str, Any]] = []
    for name, preset in (("Take Profit", order.take_profit), ("Stop", order.stop_loss)):
        if preset is None:
            continue
        above = (name == "Stop") is not (order.side is Side.BUY)
        found.append(
            {
                "coin": spec.base,
                "side": "A" if order.side is Side.BUY else "B",
                "limitPx": dec(preset.price or preset.trigger_price),
                "sz": dec(order.quantity),
                "timestamp": order.created_ms,
                "triggerCondition": f"Price {'above' if above else 'below'} {dec(preset.trigger_price)}",
                "isTrigger": True,
                "triggerPx": dec(preset.trigger_price),
                "children": [],
                "isPositionTpsl": False,
                "reduceOnly": True,
                "orderType": f"{name} {'Market' if preset.price is None else 'Limit'}",
                "origSz": dec(order.quantity),
                "tif": None,
                "cloid": None,
            }
        )
    return found


def status_of(order: Order) -> str:
    """Of many words for an end."""
    if order.is_open:
        return "open"
    if order.status is OrderStatus.FILLED:
        return "filled"
    if order.cancel_reason is CancelReason.UNFILLABLE and order.filled:
        return "canceled"
    return ENDS.get(order.cancel_reason, "canceled")


def states(order: Order, spec: ContractSpec) -> list[dict[str, Any]]:
    """The changes of an order's status, newest first: one that rested was open before it ended."""
    row, status = order_row(order, spec, live=False), status_of(order)
    opened = row | {"sz": dec(order.quantity)}
    found = [{"order": row, "status": status, "statusTimestamp": order.updated_ms}]
    if status != "open" and order.updated_ms > order.created_ms:
        found.append({"order": opened, "status": "open", "statusTimestamp": order.created_ms})
    return found


def trigger_row(trigger: Trigger, spec: ContractSpec) -> list[dict[str, Any]]:
    """An order that waits, or waited, for a price, newest state first."""
    profits = trigger.tag.get("tpsl") == "tp" or trigger.kind.is_profit
    kind = ("Take Profit" if profits else "Stop") + (" Market" if trigger.price is None else " Limit")
    above = "above" if trigger.above else "below"
    order: dict[str, Any] = {
        "coin": spec.base,
        "side": side_of(trigger.side),
        "limitPx": dec(trigger.price or trigger.tag.get("bound") or trigger.trigger_price),
        "sz": dec(trigger.quantity),
        "oid": trigger.id,
        "timestamp": trigger.created_ms,
        "triggerCondition": f"Price {above} {dec(trigger.trigger_price)}",
        "isTrigger": True,
        "triggerPx": dec(trigger.trigger_price),
        "children": [],
        "isPositionTpsl": trigger.kind.whole_position,
        "reduceOnly": trigger.reduce_only,
        "orderType": kind,
        "origSz": dec(trigger.quantity),
        "tif": None,
        "cloid": trigger.client_id,
    }
    opened: dict[str, Any] = {"order": order, "status": "open", "statusTimestamp": trigger.created_ms}
    word = {
        TriggerStatus.CANCELED: "canceled",
        TriggerStatus.FAILED: "reduceOnlyCanceled",
        TriggerStatus.EXECUTED: "triggered",
    }.get(trigger.status)
    return [opened] if word is None else [opened | {"status": word, "statusTimestamp": trigger.updated_ms}, opened]


def fill_row(fill: Fill, spec: ContractSpec, before: Decimal) -> dict[str, Any]:
    """One execution; the fee is positive when paid."""
    signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
    return {
        "coin": spec.base,
        "px": dec(fill.price),
        "sz": dec(fill.quantity),
        "side": side_of(fill.side),
        "time": fill.created_ms,
        "startPosition": dec(before),
        "dir": direction(before, before + signed),
        "closedPnl": dec(fill.realized_pnl),
        "hash": f"0x{fill.id:064x}",
        "oid": fill.order.tag.get(TRIGGERED_BY, fill.order.id),
        "crossed": fill.role is Role.TAKER,
        "fee": dec(fill.fee),
        "tid": fill.id,
        "feeToken": spec.settle,
        "twapId": None,
        "cloid": cloid_of(fill.order),
    }


def direction(before: Decimal, after: Decimal) -> str:
    """What a fill did to the position."""
    if before * after < 0:
        return "Long > Short" if before > 0 else "Short > Long"
    opens = abs(after) > abs(before)
    return f"{'Open' if opens else 'Close'} {'Long' if (after if opens else before) > 0 else 'Short'}"
