"""Orders, conditional orders and fills as Binance shows them. Reference: venues/binance.md 4 and 5."""

from __future__ import annotations

from typing import Any

from futures_async.simulator.dialect import plain
from futures_async.simulator.records import CancelReason, Fill, Order, Source, Trigger, TriggerStatus
from futures_async.unified.enums import OrderStatus, PositionMode, PositionSide, Role, Side, TimeInForce

FORCES = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK", TimeInForce.POST_ONLY: "GTX"}
EXPIRED = (CancelReason.POST_ONLY, CancelReason.UNFILLABLE, CancelReason.LIQUIDATION, CancelReason.POSITION_GONE)
ALGO_STATES = {TriggerStatus.LIVE: "NEW", TriggerStatus.CANCELED: "CANCELED", TriggerStatus.FAILED: "REJECTED"}


def state(order: Order) -> str:
    """The venue's word; what its own rules end has expired."""
    if order.status is OrderStatus.CANCELED and order.cancel_reason in EXPIRED:
        return "EXPIRED"
    return order.status.value.upper()


def held_word(mode: PositionMode, side: PositionSide | None) -> str:
    """BOTH in one-way mode."""
    return "BOTH" if mode is PositionMode.ONE_WAY or side is None else side.value.upper()


def client_id(order: Order) -> str:
    """Orders of the exchange's own have such ids."""
    if order.source is Source.LIQUIDATION:
        return f"autoclose-{order.id}"
    return order.client_id or f"auto{order.id}"


def order_row(order: Order, symbol: str, *, read: bool) -> dict[str, Any]:
    """One order; answers to writes have neither average price nor time."""
    kind = order.type.value.upper() if order.price is not None else "MARKET"
    row: dict[str, Any] = {
        "orderId": order.id,
        "symbol": symbol,
        "status": state(order),
        "clientOrderId": client_id(order),
        "price": plain(order.price, "0.00"),
        "origQty": plain(order.quantity),
        "executedQty": plain(order.filled),
        "timeInForce": FORCES[order.time_in_force],
        "type": kind,
        "origType": kind,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side.value.upper(),
        "positionSide": held_word(order.position_mode, order.position_side),
        "stopPrice": "0.00",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": order.tag.get("stp", "NONE"),
        "goodTillDate": 0,
        "updateTime": order.updated_ms,
    }
    if not read:
        return row | {"cumQty": plain(order.filled)}
    return row | {
        "avgPrice": plain(order.average_price, "0.00000"),
        "cumQuote": plain(order.filled_value),
        "time": order.created_ms,
    }


def fill_row(fill: Fill, symbol: str) -> dict[str, Any]:
    """One execution; no id of ours."""
    order = fill.order
    return {
        "symbol": symbol,
        "id": fill.id,
        "orderId": order.id,
        "side": fill.side.value.upper(),
        "price": plain(fill.price),
        "qty": plain(fill.quantity),
        "realizedPnl": plain(fill.realized_pnl),
        "quoteQty": plain(fill.price * fill.quantity),
        "commission": plain(fill.fee),
        "commissionAsset": symbol[-4:],
        "marginAsset": symbol[-4:],
        "time": fill.created_ms,
        "positionSide": held_word(order.position_mode, order.position_side),
        "buyer": fill.side is Side.BUY,
        "maker": fill.role is Role.MAKER,
    }


def algo_row(trigger: Trigger, symbol: str, became: Order | None) -> dict[str, Any]:
    """One conditional order, and the regular one that it became."""
    status = ALGO_STATES.get(trigger.status)
    if status is None:
        status = "TRIGGERED" if became is not None and became.is_open else "FINISHED"
    trailing = trigger.callback_ratio is not None
    return {
        "algoId": trigger.id,
        "clientAlgoId": trigger.client_id or f"auto{trigger.id}",
        "algoType": "CONDITIONAL",
        "orderType": trigger.tag.get("type", "STOP_MARKET"),
        "symbol": symbol,
        "side": trigger.side.value.upper(),
        "positionSide": held_word(trigger.position_mode, trigger.position_side),
        "timeInForce": "GTC",
        "quantity": plain(trigger.quantity),
        "algoStatus": status,
        "triggerPrice": "" if trailing else plain(trigger.trigger_price),
        "price": plain(trigger.price, "0.00"),
        "icebergQuantity": None,
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": "MARK_PRICE" if trigger.on_mark else "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": trigger.kind.closes,
        "priceProtect": False,
        "reduceOnly": trigger.reduce_only or trigger.kind.closes,
        "activatePrice": plain(trigger.trigger_price) if trailing else "",
        "callbackRate": plain(trigger.callback_ratio * 100) if trigger.callback_ratio is not None else "",
        "createTime": trigger.created_ms,
        "updateTime": trigger.updated_ms,
        "triggerTime": 0 if became is None else became.created_ms,
        "goodTillDate": 0,
        "actualOrderId": "" if became is None else str(became.id),
        "actualPrice": "0.00000" if became is None else plain(became.average_price, "0.00000"),
        "actualQty": "0" if became is None else plain(became.filled),
    }
