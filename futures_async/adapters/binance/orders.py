"""Orders in both directions: how one is written, and how the venue tells of it.

`side` is the trade side in both position modes. What opens or closes is said by `positionSide` in hedge mode, where
`reduceOnly` is forbidden, and by `reduceOnly` in one-way mode. Conditional orders are of a second system with ids of
its own; here their ids begin with `algo:`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import futures_async.adapter as fa
from futures_async.adapter import identifier, made, moment, needed, number, otherwise, price, size, text, word, yes_no
from futures_async.adapters._rows import text_or_none
from futures_async.adapters.binance import wire
from futures_async.adapters.binance.mapping import VENUE, held_side, to_symbol

ALGO_ID = "algo:"
"""Before the id of a conditional order: regular orders count on their own, so that a number may stand for either."""

SIDE = {"BUY": fa.Side.BUY, "SELL": fa.Side.SELL}
FORCE = {
    "GTC": fa.TimeInForce.GTC,
    "IOC": fa.TimeInForce.IOC,
    "FOK": fa.TimeInForce.FOK,
    "GTX": fa.TimeInForce.POST_ONLY,
}
FORCE_WORDS = {force: name for name, force in FORCE.items()}
STATUS = {
    "NEW": fa.OrderStatus.NEW,
    "PARTIALLY_FILLED": fa.OrderStatus.PARTIALLY_FILLED,
    "FILLED": fa.OrderStatus.FILLED,
    "CANCELED": fa.OrderStatus.CANCELED,
    "EXPIRED": fa.OrderStatus.EXPIRED,
    # By self-trade prevention.
    "EXPIRED_IN_MATCH": fa.OrderStatus.EXPIRED,
    "REJECTED": fa.OrderStatus.REJECTED,
    # Orders of the exchange's own.
    "NEW_INSURANCE": fa.OrderStatus.NEW,
    "NEW_ADL": fa.OrderStatus.NEW,
}
ALGO_STATUS = {
    "NEW": fa.OrderStatus.NEW,
    "TRIGGERING": fa.OrderStatus.NEW,
    # A regular order stands in its place.
    "TRIGGERED": fa.OrderStatus.NEW,
    "CANCELED": fa.OrderStatus.CANCELED,
    # What it became is over: filled, or cancelled.
    "FINISHED": fa.OrderStatus.CANCELED,
    "REJECTED": fa.OrderStatus.REJECTED,
    "EXPIRED": fa.OrderStatus.EXPIRED,
}
TRAILING = "TRAILING_STOP_MARKET"
STOPS = ("STOP", "STOP_MARKET")
PROFITS = ("TAKE_PROFIT", "TAKE_PROFIT_MARKET")
TRIGGERS = frozenset({*STOPS, *PROFITS, TRAILING})
KINDS = {name: name for name in ("LIMIT", "MARKET", "LIQUIDATION", *TRIGGERS)}
OTHER = ""
LIQUIDATED = "autoclose-"
DELEVERAGED = "adl_autoclose"
SETTLED = ("settlement_autoclose-", "delivery_autoclose-")
"""Of contracts that were delivered or delisted: nobody was liquidated."""
TRIGGER_BY = {fa.PriceSource.LAST: "CONTRACT_PRICE", fa.PriceSource.MARK: "MARK_PRICE"}
WORKING_TYPE = {name: source for source, name in TRIGGER_BY.items()}
_OPENS = {(fa.Side.BUY, fa.PositionSide.LONG), (fa.Side.SELL, fa.PositionSide.SHORT)}


def _type(kind: str | None, client_id: str | None) -> fa.OrderType:
    origin = client_id or ""
    if origin.startswith(DELEVERAGED):
        return fa.OrderType.ADL
    if origin.startswith(LIQUIDATED) or (kind == "LIQUIDATION" and not origin.startswith(SETTLED)):
        return fa.OrderType.LIQUIDATION
    if kind in TRIGGERS:
        return fa.OrderType.TRIGGER
    return {"LIMIT": fa.OrderType.LIMIT, "MARKET": fa.OrderType.MARKET}.get(kind or OTHER, fa.OrderType.UNKNOWN)


def _kind(kind: str | None, closes: bool | None) -> fa.OrderKind:
    if kind not in TRIGGERS:
        return fa.OrderKind.PLAIN
    if kind == TRAILING:
        return fa.OrderKind.TRAILING
    if not closes:
        return fa.OrderKind.TRIGGER
    return fa.OrderKind.STOP_LOSS if kind in STOPS else fa.OrderKind.TAKE_PROFIT


def _reduces(side: fa.Side, held: fa.PositionSide | None, reduce: bool | None, whole: bool | None) -> bool | None:
    """In hedge mode the pair of `side` and `positionSide` says whether an order closes."""
    if held is not None:
        return (side, held) not in _OPENS
    return True if whole else reduce


def _force(kind: str | None, said: fa.TimeInForce | None) -> fa.TimeInForce | None:
    """What executes at market reads back as GTC, which says nothing."""
    return said if kind in ("LIMIT", "STOP", "TAKE_PROFIT") else None


@fa.table
def orders(row: wire.WireOrder) -> fa.Order:
    """Orders, open and past."""
    side = needed(word(row.side, SIDE))
    client_id, kind = text(row.client_order_id), word(fa.either(row.orig_type, row.type), KINDS, unknown=OTHER)
    quantity, filled = needed(size(row.orig_qty)), number(row.executed_qty)
    held = made(held_side, text(row.position_side))
    closes = made(_reduces, side, held, yes_no(row.reduce_only), yes_no(row.close_position))
    return fa.Order(
        **fa.named(VENUE, row.symbol, to_symbol),
        order_id=needed(identifier(row.order_id)),
        client_order_id=client_id,
        side=side,
        type=otherwise(made(_type, kind, client_id), fa.OrderType.UNKNOWN),
        kind=otherwise(made(_kind, kind, closes), fa.OrderKind.PLAIN),
        time_in_force=made(_force, kind, word(row.time_in_force, FORCE)),
        price=price(row.price),
        average_price=price(row.avg_price),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=fa.minus(quantity, filled),
        status=needed(word(row.status, STATUS, unknown=fa.OrderStatus.UNKNOWN)),
        reduce_only=closes,
        position_side=held,
        trigger_price=price(row.stop_price),
        created_ms=moment(row.time),
        updated_ms=moment(row.update_time),
    )


def _algo_status(said: fa.OrderStatus, total: Decimal | None, filled: Decimal | None) -> fa.OrderStatus:
    """What it became is over, filled or cancelled, where it says so: what is filled of it tells which.

    One of a whole position has no quantity to tell it by.
    """
    if said is fa.OrderStatus.CANCELED and filled:
        if not total:
            return fa.OrderStatus.UNKNOWN
        return fa.OrderStatus.FILLED if filled >= total else fa.OrderStatus.CANCELED
    return said


def _left(total: Decimal | None, filled: Decimal | None) -> Decimal | None:
    return fa.EXACT.subtract(total, filled) if total and filled is not None else None


@fa.table
def algo_orders(row: wire.WireAlgoOrder) -> fa.Order:
    """Conditional orders; one of a whole position has no quantity, which is 0 here."""
    side = needed(word(row.side, SIDE))
    kind, filled = word(fa.either(row.order_type, row.type), KINDS, unknown=OTHER), number(row.actual_qty)
    held, total = made(held_side, text(row.position_side)), size(row.quantity)
    stands = needed(word(row.algo_status, ALGO_STATUS, unknown=fa.OrderStatus.UNKNOWN))
    closes = made(_reduces, side, held, yes_no(row.reduce_only), yes_no(row.close_position))
    return fa.Order(
        **fa.named(VENUE, row.symbol, to_symbol),
        order_id=needed(made(lambda number: ALGO_ID + number, needed(identifier(row.algo_id)))),
        client_order_id=text(row.client_algo_id),
        side=side,
        type=fa.OrderType.TRIGGER,
        kind=otherwise(made(_kind, kind, closes), fa.OrderKind.TRIGGER),
        time_in_force=made(_force, kind, word(row.time_in_force, FORCE)),
        price=price(row.price),
        average_price=price(row.actual_price),
        quantity=needed(made(lambda amount: amount or Decimal(0), total)),
        filled_quantity=filled,
        remaining_quantity=made(_left, total, filled),
        status=needed(made(_algo_status, stands, total, filled)),
        reduce_only=closes,
        position_side=held,
        trigger_price=price(fa.either(row.trigger_price, row.activate_price)),
        trigger_by=word(row.working_type, WORKING_TYPE),
        created_ms=moment(row.create_time),
        updated_ms=moment(row.update_time),
    )


@fa.table
def fills(row: wire.WireFill) -> fa.Fill:
    """Executions; only pushes name an id of ours."""
    name = needed(text(row.symbol))
    return fa.Fill(
        venue=VENUE,
        fill_id=needed(identifier(row.id)),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.client_order_id),
        symbol=made(to_symbol, name),
        venue_symbol=name,
        side=needed(word(row.side, SIDE)),
        price=needed(price(row.price)),
        quantity=needed(size(row.qty)),
        # Positive is paid, whatever the sign in the documented sample.
        fee=number(row.commission),
        fee_coin=text(row.commission_asset),
        role=fa.if_said(lambda maker: fa.Role.MAKER if maker else fa.Role.TAKER, yes_no(row.maker)),
        realized_pnl=number(row.realized_pnl),
        created_ms=needed(moment(row.time)),
    )


# Writing

ORDER_FIELDS = fa.OrderFields(
    limit=fa.carries(time_in_force=fa.TimeInForce),
    trigger=fa.carries(time_in_force=fa.TimeInForce, trigger_by=TRIGGER_BY),
    trailing=fa.carries(trigger_by=TRIGGER_BY),
    # The contract has one.
    standing=fa.carries("margin_mode"),
)
_AT_ONCE = (fa.TimeInForce.IOC, fa.TimeInForce.FOK)
PREVENTION = "EXPIRE_MAKER"
"""Against trades with oneself: the default of single orders, and not of batches."""


def _common(order: fa.PlannedOrder) -> dict[str, str]:
    """What regular and conditional orders are written with alike."""
    request = order.request
    body = {"symbol": order.venue_symbol, "side": request.side.value.upper()}
    if order.position_mode is fa.PositionMode.HEDGE:
        # Required there, and `reduceOnly` refused.
        body["positionSide"] = order.position_side.value.upper()
    elif request.intent is fa.Intent.CLOSE:
        body["reduceOnly"] = "true"
    if request.price is not None:
        force = request.time_in_force or fa.TimeInForce.GTC
        body |= {"price": fa.to_text(request.price), "timeInForce": FORCE_WORDS[force]}
    return body | {"quantity": fa.to_text(request.quantity)}


def order_body(order: fa.PlannedOrder) -> dict[str, str]:
    """A regular order, alone or as an element of a batch."""
    request = order.request
    at_once = request.time_in_force in _AT_ONCE or request.type is fa.OrderType.MARKET
    return _common(order) | {
        "type": request.type.value.upper(),
        "newClientOrderId": order.client_order_id or "",
        # The answer waits for what fills at once; "ACK" calls a market order new.
        "newOrderRespType": "RESULT" if at_once else "ACK",
        "selfTradePreventionMode": PREVENTION,
    }


def algo_body(order: fa.PlannedOrder, now: Decimal) -> dict[str, str]:
    """An order that waits for a price: a stop where the price must go against its side, else a take-profit.

    Raises:
        InvalidOrder: The trigger price is the price of now.
    """
    request = order.request
    trigger = request.trigger_price or Decimal(0)
    if trigger == now:
        raise fa.InvalidOrder(f"trigger_price is the price of now, {fa.to_text(now)}: place the order itself")
    stops = (trigger > now) is (request.side is fa.Side.BUY)
    kind = ("STOP" if stops else "TAKE_PROFIT") + ("" if request.price is not None else "_MARKET")
    if request.price is None and request.time_in_force not in (None, fa.TimeInForce.GTC):
        raise fa.InvalidOrder("an order that executes at market has no time_in_force: leave it out")
    return _waiting(order) | {"type": kind, "triggerPrice": fa.to_text(trigger)}


def trailing_body(order: fa.PlannedOrder, percent: str) -> dict[str, str]:
    """An order that follows the price; one without a price to begin at does so at once."""
    body = _waiting(order) | {"type": TRAILING, "callbackRate": percent}
    trigger = order.request.trigger_price
    return body if trigger is None else body | {"activatePrice": fa.to_text(trigger)}


def _waiting(order: fa.PlannedOrder) -> dict[str, str]:
    source = order.request.trigger_by or fa.PriceSource.LAST
    return _common(order) | {
        "algoType": "CONDITIONAL",
        "workingType": TRIGGER_BY[source],
        "clientAlgoId": order.client_order_id or "",
    }


def change_body(order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> dict[str, str]:
    """A change in place: both numbers must be said, and the quantity is the new total.

    What closes may stay below the least value where that is said again, which hedge mode forbids.
    """
    again = {"reduceOnly": "true"} if order.reduce_only and order.position_side is None else {}
    return again | {
        "symbol": order.venue_symbol,
        "side": order.side.value.upper(),
        "orderId": order.order_id,
        "quantity": fa.to_text(order.quantity if quantity is None else quantity),
        "price": fa.to_text(price or order.price or Decimal(0)),
    }


# Answers


def read_ack(row: wire.WireOrder) -> fa.Ack:
    """The ids of an accepted order; its average price and its time are told by a reading alone."""
    return fa.Ack(None if row.order_id is None else str(row.order_id), text_or_none(row.client_order_id))


def read_algo_ack(row: wire.WireAlgoOrder) -> fa.Ack:
    """The ids of an accepted conditional order, and all of it where the answer can be read."""
    number = None if row.algo_id is None else f"{ALGO_ID}{row.algo_id}"
    return fa.Ack(number, text_or_none(row.client_algo_id), algo_orders().one(row) if row.algo_status else None)


def refusal_of(row: wire.WireItem) -> fa.Refusal | None:
    """Why one item of a batch was refused; None for an order."""
    return None if row.code in (None, "") else fa.Refusal(str(row.code), str(row.msg or ""))


def read_acks(rows: Sequence[wire.WireItem], plans: Sequence[fa.PlannedOrder]) -> list[fa.Ack | fa.Refusal]:
    """The answers in the order of the requests. A refusal does not say of which order it is: its place does, as long as
    every order that was taken stands in its own."""
    wanted = [plan.client_order_id for plan in plans]
    in_place = len(rows) == len(plans) and all(
        row.code not in (None, "") or text_or_none(row.client_order_id) == name
        for row, name in zip(rows, wanted, strict=True)
    )
    taken = {text_or_none(row.client_order_id): row for row in rows if row.code in (None, "")}
    acks: list[fa.Ack | fa.Refusal] = []
    for index, name in enumerate(wanted):
        row = taken.get(name)
        refused = refusal_of(rows[index]) if in_place and row is None else None
        missing = refused or fa.Refusal("", f"the answer has no entry for {name}")
        acks.append(missing if row is None else read_ack(row))
    return acks
