"""Orders, fills and trigger orders as the venue writes them. Reference: venues/bitget.md sections 3.5 and 3.6."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import MARGIN_WORDS, MODE_WORDS, cut4, times
from futures_async.simulator.venue import closed_side, plain

STATES = {
    sim.OrderStatus.NEW: "live",
    sim.OrderStatus.PARTIALLY_FILLED: "partially_filled",
    sim.OrderStatus.FILLED: "filled",
    sim.OrderStatus.CANCELED: "canceled",
}
CANCEL_REASONS = {sim.CancelReason.NONE: ""}
PLAN_TYPES = {
    sim.TriggerKind.PLAN: "normal_plan",
    sim.TriggerKind.TRAILING: "track_plan",
    sim.TriggerKind.TAKE_PROFIT: "profit_plan",
    sim.TriggerKind.STOP_LOSS: "loss_plan",
    sim.TriggerKind.POSITION_TAKE_PROFIT: "pos_profit",
    sim.TriggerKind.POSITION_STOP_LOSS: "pos_loss",
}
PLAN_STATES = {"live": "live", "executed": "executed", "failed": "fail_execute", "canceled": "cancelled"}


def position_direction(side: sim.PositionSide) -> str:
    """How hedge mode writes it: `buy` for what concerns a long."""
    return "buy" if side is sim.PositionSide.LONG else "sell"


def venue_side(order: sim.Order) -> str:
    """`side` on the wire: the position's direction in hedge mode, the trade's in one-way mode."""
    if order.position_side is not None:
        return position_direction(order.position_side)
    return str(order.side)


def trade_side(order: sim.Order) -> str:
    if order.source is sim.Source.LIQUIDATION:
        if order.position_mode is sim.PositionMode.HEDGE:
            return f"burst_close_{closed_side(order)}"
        return f"burst_{order.side}_single"
    if order.position_mode is sim.PositionMode.HEDGE:
        return str(order.intent or sim.Intent.OPEN)
    return f"{order.side}_single"


def order_source(order: sim.Order) -> str:
    kind = "market" if order.price is None else "limit"
    match order.source:
        case sim.Source.LIQUIDATION:
            return "liquidation"
        case sim.Source.REVERSE:
            return "reverse"
        case sim.Source.AMEND:
            return "modify_order_limit"
        case sim.Source.TAKE_PROFIT:
            return f"profit_{kind}"
        case sim.Source.STOP_LOSS:
            return f"loss_{kind}"
        case sim.Source.TRIGGER:
            return f"plan_{kind}"
        case _:
            return "market" if order.price is None else "normal"


def order_row(
    order: sim.Order, name: Callable[[str], str], *, detail: bool = False, history: bool = False
) -> dict[str, Any]:
    """An order: `detail` calls its status `state`, shouts the entry point and adds fields."""
    hedge = order.position_mode is sim.PositionMode.HEDGE
    average = order.average_price
    row: dict[str, Any] = {
        "symbol": name(order.symbol),
        "size": plain(order.quantity),
        "orderId": str(order.id),
        "clientOid": order.client_id or str(order.id),
        "baseVolume": plain(order.filled),
        "fee": plain(-order.fee),
        "price": plain(order.price),
        "priceAvg": plain(average),
        "state" if detail else "status": STATES[order.status],
        "side": venue_side(order),
        "force": str(order.time_in_force),
        "totalProfits": plain(order.realized_pnl),
        "posSide": str(order.position_side) if order.position_side is not None else "net",
        "marginCoin": order.symbol.rpartition(":")[2],
        "quoteVolume": cut4(order.filled_value),
        "leverage": plain(order.leverage),
        "marginMode": MARGIN_WORDS[order.margin_mode],
        "enterPointSource": "API" if detail else "api",
        "tradeSide": trade_side(order),
        "posMode": MODE_WORDS[order.position_mode],
        "orderType": "limit" if order.type is sim.OrderType.LIMIT else "market",
        "orderSource": order_source(order),
        "reduceOnly": "YES" if order.closes else "NO",
    }
    row |= _presets(order, "Type" if detail else "TriggerType")
    if detail:
        row["newTradeSide"] = str(order.intent or sim.Intent.OPEN) if hedge else None
        row["cancelReason"] = CANCEL_REASONS.get(order.cancel_reason, "normal_cancel")
    if history:
        row |= {"posAvg": plain(average), "liqPrice": ""}
    return row | times(order.created_ms, order.updated_ms)


def _presets(order: sim.Order, type_key: str) -> dict[str, str]:
    row: dict[str, str] = {}
    for name, preset in (("presetStopSurplus", order.take_profit), ("presetStopLoss", order.stop_loss)):
        row[f"{name}Price"] = "" if preset is None else plain(preset.trigger_price)
        row[f"{name}{type_key}"] = "" if preset is None else ("mark_price" if preset.on_mark else "fill_price")
        row[f"{name}ExecutePrice"] = "" if preset is None else plain(preset.price)
    return row


def fill_row(fill: sim.Fill, name: Callable[[str], str], *, history: bool) -> dict[str, Any]:
    """A fill; `side` follows the order's convention."""
    order, coin = fill.order, fill.symbol.rpartition(":")[2]
    row: dict[str, Any] = {
        "tradeId": str(fill.id),
        "symbol": name(fill.symbol),
        "orderId": str(order.id),
        "price": plain(fill.price),
        "baseVolume": plain(fill.quantity),
        "feeDetail": [{"deduction": "no", "feeCoin": coin, "totalDeductionFee": None, "totalFee": plain(-fill.fee)}],
        "side": venue_side(order),
        "quoteVolume": cut4(fill.price * fill.quantity),
        "profit": plain(fill.realized_pnl),
        "enterPointSource": "api",
        "tradeSide": trade_side(order),
        "posMode": MODE_WORDS[order.position_mode],
        "tradeScope": "maker" if fill.role is sim.Role.MAKER else "taker",
        "cTime": str(fill.created_ms),
    }
    if history:
        row["marginCoin"] = coin
    return row


def plan_type(trigger: sim.Trigger) -> str:
    return trigger.tag.get("planType") or PLAN_TYPES[trigger.kind]


def plan_row(
    trigger: sim.Trigger, name: Callable[[str], str], orders: Mapping[int, sim.Order], *, history: bool
) -> dict[str, Any]:
    hedge = trigger.position_mode is sim.PositionMode.HEDGE
    protects = trigger.kind.closes
    side = str(trigger.side)
    if hedge and trigger.position_side is not None:
        side = position_direction(trigger.position_side)
    intent = trigger.intent or sim.Intent.OPEN
    mark = "mark_price" if trigger.on_mark else "fill_price"
    surplus, loss = trigger.take_profit, trigger.stop_loss
    own = sim.Preset(trigger_price=trigger.trigger_price, price=trigger.price, on_mark=trigger.on_mark)
    if protects:
        surplus, loss = (own, None) if trigger.kind.is_profit else (None, own)
    row: dict[str, Any] = {
        "planType": plan_type(trigger),
        "symbol": name(trigger.symbol),
        "size": plain(trigger.quantity),
        "orderId": str(trigger.id),
        "clientOid": trigger.client_id or str(trigger.id),
        "price": "" if protects else plain(trigger.price),
        "executePrice": plain(trigger.price) if protects else "",
        "callbackRatio": "" if trigger.callback_ratio is None else plain(trigger.callback_ratio * 100),
        "triggerPrice": plain(trigger.trigger_price),
        "triggerType": mark,
        "planStatus": PLAN_STATES[trigger.status],
        "side": side,
        "posSide": str(trigger.position_side) if hedge else "net",
        "marginCoin": trigger.symbol.rpartition(":")[2],
        # Empty for the position TP/SL of hedge mode, as observed.
        "marginMode": "" if hedge and trigger.kind.whole_position else MARGIN_WORDS[trigger.margin_mode],
        "enterPointSource": "API",
        "tradeSide": str(intent) if hedge else f"{trigger.side}_single",
        "posMode": MODE_WORDS[trigger.position_mode],
        "orderType": "market" if trigger.price is None else "limit",
    }
    row |= _plan_presets("stopSurplus", surplus) | _plan_presets("stopLoss", loss)
    if history:
        order = orders.get(trigger.order_id or 0)
        row["executeOrderId"] = "" if trigger.order_id is None else str(trigger.order_id)
        row["baseVolume"] = "" if order is None else plain(order.filled)
    return row | times(trigger.created_ms, trigger.updated_ms)


def _plan_presets(name: str, preset: sim.Preset | None) -> dict[str, str | None]:
    return {
        f"{name}TriggerPrice": None if preset is None else plain(preset.trigger_price),
        f"{name}ExecutePrice": None if preset is None or preset.price is None else plain(preset.price),
        f"{name}TriggerType": None if preset is None else ("mark_price" if preset.on_mark else "fill_price"),
    }
