"""Rows of orders and fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.hyperliquid.simulated.gate import dec

FORCES = {
    sim.TimeInForce.GTC: "Gtc",
    sim.TimeInForce.IOC: "Ioc",
    sim.TimeInForce.FOK: "Ioc",
    sim.TimeInForce.POST_ONLY: "Alo",
}
ENDS = {
    sim.CancelReason.POST_ONLY: "badAloPxRejected",
    sim.CancelReason.UNFILLABLE: "iocCancelRejected",
    sim.CancelReason.POSITION_GONE: "reduceOnlyCanceled",
    sim.CancelReason.DISPLACED: "reduceOnlyCanceled",
    sim.CancelReason.LIQUIDATION: "liquidatedCanceled",
}


def cloid_of(order: sim.Order) -> str | None:
    """Its own, or that of the order that waited."""
    found: str | None = order.client_id or order.tag.get("cloid")
    return found


def side_of(side: sim.Side) -> str:
    """B buys, A sells."""
    return "B" if side is sim.Side.BUY else "A"


def order_row(order: sim.Order, spec: sim.ContractSpec, *, live: bool) -> dict[str, Any]:
    """One order; of one that is open the size left is as of now only in lists of open orders."""
    left = order.remaining if live or not order.is_open else order.quantity
    at_market = order.type is not sim.OrderType.LIMIT
    force = "LiquidationMarket" if order.source is sim.Source.LIQUIDATION else order.tag.get("tif")
    return {
        "coin": spec.base,
        "side": side_of(order.side),
        "limitPx": dec(order.price if order.price is not None else order.average_price),
        "sz": dec(left),
        "oid": order.tag.get(sim.TRIGGERED_BY, order.id),
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


def children(order: sim.Order, spec: sim.ContractSpec) -> list[dict[str, Any]]:
    """What an order brings along: it waits until the order is filled, and goes with it."""
    found: list[dict[str, Any]] = []
    for name, preset in (("Take Profit", order.take_profit), ("Stop", order.stop_loss)):
        if preset is None:
            continue
        above = (name == "Stop") is not (order.side is sim.Side.BUY)
        found.append(
            {
                "coin": spec.base,
                "side": "A" if order.side is sim.Side.BUY else "B",
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


def status_of(order: sim.Order) -> str:
    """Of many words for an end."""
    if order.is_open:
        return "open"
    if order.status is sim.OrderStatus.FILLED:
        return "filled"
    if order.cancel_reason is sim.CancelReason.UNFILLABLE and order.filled:
        return "canceled"
    return ENDS.get(order.cancel_reason, "canceled")


def states(order: sim.Order, spec: sim.ContractSpec) -> list[dict[str, Any]]:
    """The changes of an order's status, newest first: one that rested was open before it ended."""
    row, status = order_row(order, spec, live=False), status_of(order)
    opened = row | {"sz": dec(order.quantity)}
    found = [{"order": row, "status": status, "statusTimestamp": order.updated_ms}]
    if status != "open" and order.updated_ms > order.created_ms:
        found.append({"order": opened, "status": "open", "statusTimestamp": order.created_ms})
    return found


def trigger_row(trigger: sim.Trigger, spec: sim.ContractSpec) -> list[dict[str, Any]]:
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
        sim.TriggerStatus.CANCELED: "canceled",
        sim.TriggerStatus.FAILED: "reduceOnlyCanceled",
        sim.TriggerStatus.EXECUTED: "triggered",
    }.get(trigger.status)
    return [opened] if word is None else [opened | {"status": word, "statusTimestamp": trigger.updated_ms}, opened]


def fill_row(fill: sim.Fill, spec: sim.ContractSpec, before: Decimal) -> dict[str, Any]:
    """One execution; the fee is positive when paid."""
    signed = fill.quantity if fill.side is sim.Side.BUY else -fill.quantity
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
        "oid": fill.order.tag.get(sim.TRIGGERED_BY, fill.order.id),
        "crossed": fill.role is sim.Role.TAKER,
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
