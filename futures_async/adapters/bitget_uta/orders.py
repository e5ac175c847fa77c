"""Orders in both directions: how one is written, and how v3 tells of it.

`side` is the trade side in both position modes, so it passes through as it is; what opens or closes is said by
`posSide` in hedge mode and by `reduceOnly` in one-way mode.

https://www.bitget.com/api-doc/uta/trade/Place-Order
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import futures_async.adapter as fa
from futures_async.adapter import identifier, made, moment, needed, number, otherwise, price, size, text, word, yes_no
from futures_async.adapters._bitget import Cost, ProductType, cost_of
from futures_async.adapters.bitget_uta import wire
from futures_async.adapters.bitget_uta.mapping import MARGIN_MODE, POSITION_MODE, POSITION_SIDE, VENUE
from futures_async.adapters.bitget_uta.symbols import unified_symbol

SIDE = {"buy": fa.Side.BUY, "sell": fa.Side.SELL}
TYPE = {"limit": fa.OrderType.LIMIT, "market": fa.OrderType.MARKET}
_FORCE = {force.value: force for force in fa.TimeInForce}
_ROLE = {"maker": fa.Role.MAKER, "taker": fa.Role.TAKER}
_STATUS = {
    # Passed the risk check; then accepted by the matching engine.
    "live": fa.OrderStatus.NEW,
    "new": fa.OrderStatus.NEW,
    "partially_filled": fa.OrderStatus.PARTIALLY_FILLED,
    "filled": fa.OrderStatus.FILLED,
    "cancelled": fa.OrderStatus.CANCELED,
    "canceled": fa.OrderStatus.CANCELED,
}
# Pairs of order side and position side that open; the other two close.
OPENS = {(fa.Side.BUY, fa.PositionSide.LONG), (fa.Side.SELL, fa.PositionSide.SHORT)}


# "Forced reduction" is a liquidation of a part: https://www.bitget.com/api-doc/uta/enum
FORCED = ("liquidation", "reduce")


def _type(kind: fa.OrderType | None, exec_type: str | None, trade_side: str | None) -> fa.OrderType | None:
    origin = (trade_side or "").lower()
    if str(exec_type).lower() in FORCED or origin.startswith(("burst_", "reduce_")):
        return fa.OrderType.LIQUIDATION
    return fa.OrderType.ADL if origin.startswith("dte_sys_adl_") else kind


def _held(mode: fa.PositionMode | None, pos_side: str | None) -> fa.PositionSide | None:
    """The position that an order is of; in one-way mode the field says nothing."""
    return fa.known(POSITION_SIDE, pos_side, "posSide") if mode is fa.PositionMode.HEDGE and pos_side else None


def _reduces(
    side: fa.Side, mode: fa.PositionMode | None, held: fa.PositionSide | None, said: bool | None
) -> bool | None:
    """In hedge mode the pair of `side` and `posSide` says whether an order closes: `reduceOnly` says NO there."""
    if held is not None:
        return (side, held) not in OPENS
    return said or None if mode is fa.PositionMode.HEDGE else said


@fa.table
def orders(row: wire.WireOrder, category: ProductType) -> fa.Order:
    """Orders, open and past."""
    side = needed(word(row.side, SIDE))
    kind = word(row.order_type, TYPE, unknown=fa.OrderType.UNKNOWN)
    quantity, filled = needed(size(row.qty)), number(row.cum_exec_qty)
    mode = word(row.hold_mode, POSITION_MODE)
    held, cost = made(_held, mode, text(row.pos_side)), made(_cost, row.fee_detail)
    return fa.Order(
        **fa.named(VENUE, row.symbol, unified_symbol, category, spelled=str.upper),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.client_oid),
        side=side,
        type=otherwise(made(_type, kind, text(row.exec_type), text(row.trade_side)), fa.OrderType.UNKNOWN),
        # Market orders read back as gtc, which says nothing.
        time_in_force=fa.resting(kind, word(row.time_in_force, _FORCE)),
        price=price(row.price),
        average_price=price(row.avg_price),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=fa.minus(quantity, filled),
        status=needed(word(row.order_status, _STATUS, unknown=fa.OrderStatus.UNKNOWN)),
        reduce_only=made(_reduces, side, mode, held, yes_no(row.reduce_only)),
        position_side=held,
        margin_mode=word(row.margin_mode, MARGIN_MODE),
        leverage=price(row.leverage),
        take_profit=price(row.take_profit),
        stop_loss=price(row.stop_loss),
        fee=made(lambda cost: cost.fee, cost),
        fee_coin=made(lambda cost: cost.coin, cost),
        created_ms=moment(row.created_time),
        updated_ms=moment(row.updated_time),
    )


def _cost(came: object) -> Cost:
    return cost_of(came, wire.WireFee, lambda row: fa.decimal_or_none(row.fee, "feeDetail[].fee"))


@fa.table
def fills(row: wire.WireFill, category: ProductType) -> fa.Fill:
    """Executions."""
    name, cost = needed(text(row.symbol)), made(_cost, row.fee_detail)
    return fa.Fill(
        venue=VENUE,
        fill_id=needed(identifier(row.exec_id)),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.client_oid),
        symbol=made(unified_symbol, name, category),
        venue_symbol=made(str.upper, name),
        side=needed(word(row.side, SIDE)),
        price=needed(price(row.exec_price)),
        quantity=needed(size(row.exec_qty)),
        fee=made(lambda cost: cost.fee, cost),
        fee_coin=made(lambda cost: cost.coin, cost),
        role=word(row.trade_scope, _ROLE),
        realized_pnl=number(row.exec_pnl),
        created_ms=needed(moment(row.created_time)),
    )


# Writing

TRIGGER_BY = {fa.PriceSource.LAST: "market", fa.PriceSource.MARK: "mark"}
_STOPS = ("price", "limit_price", *(f"trigger_by={source}" for source in TRIGGER_BY))
_CARRIED = fa.carries("margin_mode", stops=_STOPS)
# What waits names no margin mode, no time in force and no stops of its own: nothing would tell the venue of them.
_WAITING = fa.carries(trigger_by=TRIGGER_BY)
ORDER_FIELDS = fa.OrderFields(
    limit=_CARRIED | fa.carries(time_in_force=fa.TimeInForce),
    # Market orders fill what they can: fill-or-kill needs a limit order.
    market=_CARRIED,
    # Take profit and stop loss belong to opening orders.
    only_opening=fa.carries(stops=_STOPS),
    trigger=_WAITING,
    trailing=_WAITING | fa.carries(trigger_by=(fa.PriceSource.INDEX,)),
    stops=frozenset({"limit_price", *(f"trigger_by={source}" for source in TRIGGER_BY)}),
)


def order_body(
    order: fa.PlannedOrder, category: ProductType, margin_mode: fa.MarginMode, *, batch: bool = False
) -> dict[str, str]:
    """An order as `place-order` takes it, or as an element of `place-batch`."""
    request, hedge = order.request, order.position_mode is fa.PositionMode.HEDGE
    limit = request.type is fa.OrderType.LIMIT
    body: dict[str, str | None] = {
        "category": category,
        "symbol": order.venue_symbol,
        "qty": fa.to_text(request.quantity),
        "side": request.side.value,
        # Required there, and nothing else says what is closed. In one-way mode it is left out.
        "posSide": order.position_side.value if hedge else None,
        "orderType": request.type.value,
        "price": fa.written(request.price),
        "timeInForce": (request.time_in_force or fa.TimeInForce.GTC).value if limit else None,
        # Always said: an order without it is cross, whatever the account was used for before.
        "marginMode": None if batch else "isolated" if margin_mode is fa.MarginMode.ISOLATED else "crossed",
        "reduceOnly": "yes" if request.intent is fa.Intent.CLOSE and not hedge else None,
        "clientOid": order.client_order_id,
    }
    for name, stop in request.attached.items():
        word, short = ("takeProfit", "tp") if name == "take_profit" else ("stopLoss", "sl")
        body |= {
            word: fa.to_text(stop.price),
            f"{short}TriggerBy": None if stop.trigger_by is None else TRIGGER_BY[stop.trigger_by],
            f"{short}OrderType": None if stop.limit_price is None else "limit",
            f"{short}LimitPrice": fa.written(stop.limit_price),
        }
    return fa.given(body)


def change_body(
    order: fa.Order, category: ProductType, price: Decimal | None, quantity: Decimal | None
) -> dict[str, str]:
    """A change as `modify-order` takes it; the quantity is the new total. A failed one leaves the order as it was."""
    return modify_item(order.order_id, order.venue_symbol, category, price, quantity)


def modify_item(
    order_id: str, venue_symbol: str, category: ProductType, price: fa.Number | None, quantity: fa.Number | None
) -> dict[str, str]:
    """The same as an element of `batch-modify-order`.

    Raises:
        InvalidOrder: Nothing would change, or a number is not above 0.
    """
    body = {"orderId": order_id}
    for name, given in (("qty", quantity), ("price", price)):
        if given is not None:
            number = fa.to_decimal(given, name)
            if number <= 0:
                raise fa.InvalidOrder(f"{name} must be above 0")
            body[name] = fa.to_text(number)
    if len(body) == 1:
        raise fa.InvalidOrder(f"nothing of order {order_id} would change: give price or quantity")
    return {**body, "autoCancel": "no", "symbol": venue_symbol, "category": category}


def max_open_body(request: fa.OrderRequest, venue_symbol: str, category: ProductType) -> dict[str, str]:
    """What `max-open-available` is asked."""
    body = {
        "category": category,
        "symbol": venue_symbol,
        "orderType": request.type.value,
        "side": request.side.value,
        "size": fa.to_text(fa.to_decimal(request.quantity, "quantity")),
        "price": None if request.price is None else fa.to_text(fa.to_decimal(request.price, "price")),
    }
    return fa.given(body)


def fits_batch(order: fa.PlannedOrder, margin_mode: fa.MarginMode) -> bool:
    """Whether `place-batch` says all there is to say: marginMode and TP/SL it does not, and reduceOnly not for certain.

    Some of the vendor's pages and clients have that field, some have not: a one-way close could flip the position.
    """
    request = order.request
    return (
        (request.intent is fa.Intent.OPEN or order.position_mode is fa.PositionMode.HEDGE)
        and margin_mode is fa.MarginMode.CROSS
        and not request.attached
    )


def refusal_of(item: wire.WireIds) -> fa.Refusal | None:
    """Why one item of a list was refused; None for success, which has no code, or one of these."""
    code = "" if item.code is None else str(item.code)
    return None if code in ("", "0", "00000") else fa.Refusal(code, item.msg or "")


def read_acks(
    items: Sequence[wire.WireIds], orders: Sequence[fa.PlannedOrder]
) -> list[fa.Ack | fa.Refusal | fa.ExchangeError]:
    """The answers in the order of the requests."""
    answered = {str(item.client_oid): item for item in items if item.client_oid}
    return fa.by_client_id(answered, orders, lambda item: refusal_of(item) or read_ack(item))


def read_ack(item: wire.WireIds) -> fa.Ack:
    """The ids of an accepted order. The venue's own may be missing (reduce-only orders that displace others)."""
    return fa.Ack(None if not item.order_id else str(item.order_id), item.client_oid or None)
