"""What BitMart is sent: order requests and identifiers written down in the venue's words. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import carries, given, to_text, written
from futures_async.adapters.bitmart.dialect import names_client, names_order
from futures_async.adapters.bitmart.words import HEDGE_SIDE, MARGIN_MODE_WORD, MODE_CODE, SIDE_CODE, to_contracts

LAST_PRICE = 1
"""Trigger by the last price; 2 would be the fair (mark) price."""
RISES, FALLS = 1, 2
PARTIAL = 1
"""Plan category of a take-profit or stop-loss for a stated size."""
WHOLE = 2
"""The same for the whole position."""
PROTECTION = (fa.OrderKind.TAKE_PROFIT, fa.OrderKind.STOP_LOSS)
CLOSING_SIDE = {fa.PositionSide.LONG: 3, fa.PositionSide.SHORT: 2}


PRICE_TYPE = {fa.PriceSource.LAST: LAST_PRICE, fa.PriceSource.MARK: 2}
_STOPS = ("price", *(f"trigger_by={source}" for source in PRICE_TYPE))
_OPENING = carries("leverage", "margin_mode", stops=_STOPS)
ORDER_FIELDS = fa.OrderFields(
    limit=_OPENING | carries(time_in_force=fa.TimeInForce),
    market=_OPENING | carries(time_in_force=(fa.TimeInForce.FOK,)),
    # One that opens is a plan order; one that closes is a take-profit or stop-loss, which says neither terms nor force.
    trigger=_OPENING | carries(time_in_force=fa.TimeInForce, trigger_by=PRICE_TYPE),
    closing_trigger=carries(trigger_by=PRICE_TYPE),
    trailing=carries("leverage", "margin_mode", trigger_by=PRICE_TYPE),
    only_opening=_OPENING,
    stops=frozenset({"limit_price", *_STOPS[1:]}),
)


def price_type(source: fa.PriceSource | None) -> int:
    """By the last price unless told otherwise, as at the venue."""
    return PRICE_TYPE[source or fa.PriceSource.LAST]


def contract_of(order: fa.PlannedOrder) -> fa.Contract:
    """The metadata that every order is planned with."""
    if order.contract is None:
        raise fa.InvalidOrder(f"the size of a contract of {order.venue_symbol} is not known")
    return order.contract


def order_body(order: fa.PlannedOrder) -> dict[str, Any]:
    """`submit-order`: `side`, `mode` and `size` are numbers, prices and leverage text.

    Raises:
        InvalidOrder: Not whole contracts.
    """
    request = order.request
    return given(
        {
            "symbol": order.venue_symbol,
            "client_order_id": order.client_order_id,
            "type": "limit" if request.type is fa.OrderType.LIMIT else "market",
            "side": SIDE_CODE[request.side, request.intent],
            **opening_fields(order),
            "mode": None if request.time_in_force is None else MODE_CODE[request.time_in_force],
            "price": written(request.price),
            "size": to_contracts(request.quantity, contract_of(order)),
            **preset_fields(order),
        }
    )


def opening_fields(order: fa.PlannedOrder) -> dict[str, Any]:
    """Leverage and margin mode, which only opening orders carry: they must repeat those of an open position."""
    request = order.request
    if request.intent is not fa.Intent.OPEN:
        return {}
    mode = None if request.margin_mode is None else MARGIN_MODE_WORD[request.margin_mode]
    return given({"leverage": written(request.leverage), "open_type": mode})


def preset_fields(order: fa.PlannedOrder) -> dict[str, Any]:
    """Take-profit and stop-loss attached to an opening order."""
    request = order.request
    fields: dict[str, Any] = {}
    for name, stop in request.attached.items():
        fields |= preset(name, stop)
    return fields


def preset(word: str, stop: fa.Stop) -> dict[str, Any]:
    """One of the two, `take_profit` or `stop_loss`, as an order carries it."""
    return {f"preset_{word}_price": to_text(stop.price), f"preset_{word}_price_type": price_type(stop.trigger_by)}


def amend_body(
    order: fa.Order, contract: fa.Contract, price: Decimal | None, quantity: Decimal | None
) -> dict[str, Any]:
    """`modify-limit-order`: here the order id is a number.

    Raises:
        InvalidOrder: Not a limit order, or not whole contracts.
    """
    if order.type is not fa.OrderType.LIMIT:
        raise fa.InvalidOrder("BitMart changes limit orders only")
    number = int(id_fields(order.order_id, None)["order_id"])
    size = None if quantity is None else to_contracts(quantity, contract)
    return given({"symbol": order.venue_symbol, "order_id": number, "price": written(price), "size": size})


def id_fields(order_id: str | None, client_order_id: str | None) -> dict[str, str]:
    """The field that names one order.

    Raises:
        InvalidRequest: It names none: the venue would take that for "all".
    """
    if order_id is not None and names_order(order_id):
        return {"order_id": order_id}
    if order_id is None and client_order_id is not None and names_client(client_order_id):
        return {"client_order_id": client_order_id}
    raise fa.InvalidRequest("BitMart needs an order id (digits) or a client order id (letters and digits)")


def plan_body(order: fa.PlannedOrder, now: Sequence[Decimal]) -> dict[str, Any]:
    """`submit-plan-order`, for orders that open. There is no field for a client order id."""
    request = order.request
    return given(
        {
            "symbol": order.venue_symbol,
            "type": "market" if request.price is None else "limit",
            "side": SIDE_CODE[request.side, request.intent],
            **opening_fields(order),
            "mode": None if request.time_in_force is None else MODE_CODE[request.time_in_force],
            "size": to_contracts(request.quantity, contract_of(order)),
            "trigger_price": to_text(trigger_price(order)),
            "executive_price": written(request.price),
            "price_way": price_way(order, now),
            "price_type": price_type(request.trigger_by),
            **preset_fields(order),
        }
    )


def tp_sl_body(order: fa.PlannedOrder, now: Sequence[Decimal]) -> dict[str, Any]:
    """`submit-tp-sl-order`, for orders that close: take-profit or stop-loss is which side of the price it waits on."""
    request = order.request
    side = SIDE_CODE[request.side, request.intent]
    favourable = RISES if HEDGE_SIDE[side] is fa.PositionSide.LONG else FALLS
    body = {
        "symbol": order.venue_symbol,
        "type": "take_profit" if price_way(order, now) == favourable else "stop_loss",
        "side": side,
        "size": to_contracts(request.quantity, contract_of(order)),
        "trigger_price": to_text(trigger_price(order)),
        # "0" executes at market.
        "executive_price": written(request.price) or "0",
        "price_type": price_type(request.trigger_by),
        "plan_category": PARTIAL,
        "category": "market" if request.price is None else "limit",
        "client_order_id": order.client_order_id,
    }
    return given(body)


def position_stop_body(venue_symbol: str, side: fa.PositionSide, word: str, stop: fa.Stop) -> dict[str, Any]:
    """`submit-tp-sl-order` for a whole position."""
    return {
        "symbol": venue_symbol,
        "type": word,
        "side": CLOSING_SIDE[side],
        "trigger_price": to_text(stop.price),
        "executive_price": "0" if stop.limit_price is None else to_text(stop.limit_price),
        "price_type": price_type(stop.trigger_by),
        "plan_category": WHOLE,
        "category": "market" if stop.limit_price is None else "limit",
    }


def stop_of(order: fa.Order) -> fa.Stop:
    """What sets a waiting order off, and the price that it is sent at.

    Raises:
        DecodeError: One of them cannot be read: an order that is written anew would lose it.
    """
    if "executive_price" in order.unread or order.trigger_price is None:
        raise fa.DecodeError(f"the prices of trigger order {order.order_id} cannot be read", path="executive_price")
    return fa.Stop(order.trigger_price, None, order.price)


def is_whole(order: fa.Order) -> bool:
    """A take-profit or stop-loss of the whole position."""
    return str(order.raw.plan_category) == str(WHOLE)


def plan_change(order: fa.Order, wanted: fa.Stop) -> dict[str, Any]:
    """`modify-plan-order`: all of it is said again."""
    fields = {} if wanted.limit_price is None else {"executive_price": to_text(wanted.limit_price)}
    return {**_changed(order, wanted), **fields, "type": "market" if wanted.limit_price is None else "limit"}


def tp_sl_change(order: fa.Order, wanted: fa.Stop) -> dict[str, Any]:
    """`modify-tp-sl-order`: the price is required where the order is for a stated size; "0" executes at market."""
    return {
        **_changed(order, wanted),
        "executive_price": "0" if wanted.limit_price is None else to_text(wanted.limit_price),
        "plan_category": PARTIAL if str(order.raw.plan_category) == str(PARTIAL) else WHOLE,
        "category": "market" if wanted.limit_price is None else "limit",
    }


def _changed(order: fa.Order, wanted: fa.Stop) -> dict[str, Any]:
    return {
        "symbol": order.venue_symbol,
        **id_fields(order.order_id, None),
        "trigger_price": to_text(wanted.price),
        "price_type": price_type(wanted.trigger_by or order.trigger_by),
    }


def trail_body(
    order: fa.PlannedOrder, percent: str, leverage: Decimal | None, mode: fa.MarginMode | None
) -> dict[str, Any]:
    """`submit-trail-order`.

    Raises:
        InvalidOrder: Its leverage or margin mode could not be read.
    """
    request = order.request
    if leverage is None or mode is None:
        raise fa.InvalidOrder("a BitMart trailing order needs leverage and margin_mode: they could not be read")
    return {
        "symbol": order.venue_symbol,
        "side": SIDE_CODE[request.side, request.intent],
        "leverage": to_text(leverage),
        "open_type": MARGIN_MODE_WORD[mode],
        "size": to_contracts(request.quantity, contract_of(order)),
        "activation_price": to_text(trigger_price(order)),
        "callback_rate": percent,
        "activation_price_type": price_type(request.trigger_by),
    }


def trigger_price(order: fa.PlannedOrder) -> Decimal:
    """Which a trigger order has."""
    if order.request.trigger_price is None:
        raise fa.InvalidOrder("a trigger order needs a trigger_price")
    return order.request.trigger_price


def price_way(order: fa.PlannedOrder, now: Sequence[Decimal]) -> int:
    """Whether the price must rise or fall to the trigger, seen from where it is now."""
    trigger = trigger_price(order)
    if min(now) <= trigger <= max(now):
        raise fa.InvalidOrder(
            f"the trigger price {to_text(trigger)} is the price of now: BitMart must know the direction"
        )
    return RISES if trigger > max(now) else FALLS
