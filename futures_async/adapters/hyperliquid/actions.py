"""Actions that place and change orders, and what their answers say.

There are limit orders only. A market order is one that fills at once or is gone, at a price that allows for slippage;
orders that wait for a price go by the mark price.

https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import acknowledged, parse_decimal, to_text
from futures_async.adapters.hyperliquid import endpoints as api
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.dialect import refusal_of
from futures_async.adapters.hyperliquid.ids import client_id_of, cloid_of
from futures_async.adapters.hyperliquid.mapping import VENUE, asset_of, part
from futures_async.adapters.hyperliquid.orders import FORCE_WORDS


def shortest(value: Decimal) -> str:
    """A number as it is hashed: plain, without trailing zeros; another text would be another signer's."""
    found = to_text(value)
    return found.rstrip("0").rstrip(".") if "." in found else found


def _element(
    order: fa.PlannedOrder, contract: fa.Contract, *, buys: bool, limit: Decimal, reduces: bool, kind: dict[str, Any]
) -> dict[str, Any]:
    """One order, its keys in the order in which they are hashed."""
    return {
        "a": asset_of(contract),
        "b": buys,
        "p": shortest(limit),
        "s": shortest(order.request.quantity),
        "r": reduces,
        "t": kind,
    }


def _waiting(
    order: fa.PlannedOrder,
    contract: fa.Contract,
    stop: fa.Stop,
    word: str,
    *,
    buys: bool,
    reduces: bool,
    slippage: Decimal,
) -> dict[str, Any]:
    """An order that waits for the mark price to reach `stop`; without a limit it is filled at up to the slippage."""
    limit = bound_of(stop.price, buys, slippage, contract) if stop.limit_price is None else stop.limit_price
    trigger = {"isMarket": stop.limit_price is None, "triggerPx": shortest(stop.price), "tpsl": word}
    return _element(order, contract, buys=buys, limit=limit, reduces=reduces, kind={"trigger": trigger})


def bound_of(reference: Decimal, buys: bool, slippage: Decimal, contract: fa.Contract) -> Decimal:
    """The worst price of what executes at market, rounded to what the venue takes, towards being filled."""
    factor = fa.EXACT.add(Decimal(1), slippage if buys else fa.EXACT.minus(slippage))
    worst = fa.EXACT.multiply(reference, factor)
    return contract.round_price(worst, up=buys) or contract.price_tick


def order_elements(order: fa.PlannedOrder, contract: fa.Contract, slippage: Decimal) -> list[dict[str, Any]]:
    """A limit order, and behind it the take-profit and stop-loss that it brings along."""
    request, buys = order.request, order.request.side is fa.Side.BUY
    force = FORCE_WORDS[request.time_in_force or fa.TimeInForce.GTC]
    limit = request.price or Decimal(0)
    reduces = request.intent is fa.Intent.CLOSE
    parent = _element(order, contract, buys=buys, limit=limit, reduces=reduces, kind={"limit": {"tif": force}})
    elements = [_named(parent, order)]
    for name, stop in request.attached.items():
        word = "tp" if name == "take_profit" else "sl"
        elements.append(_waiting(order, contract, stop, word, buys=not buys, reduces=True, slippage=slippage))
    return elements


def trigger_element(order: fa.PlannedOrder, contract: fa.Contract, mark: Decimal, slippage: Decimal) -> dict[str, Any]:
    """An order that waits for a price: above the mark, one that buys is a stop and one that sells takes profit."""
    request, buys = order.request, order.request.side is fa.Side.BUY
    trigger = request.trigger_price or Decimal(0)
    word = "sl" if (trigger >= mark) is buys else "tp"
    stop = fa.Stop(trigger, None, request.price)
    reduces = request.intent is fa.Intent.CLOSE
    return _named(_waiting(order, contract, stop, word, buys=buys, reduces=reduces, slippage=slippage), order)


def _named(element: dict[str, Any], order: fa.PlannedOrder) -> dict[str, Any]:
    return element if order.client_order_id is None else element | {"c": cloid_of(order.client_order_id)}


def order_body(elements: Sequence[dict[str, Any]], *, attached: bool = False) -> dict[str, Any]:
    """An action that places orders."""
    return {"type": api.PLACE.operation, "orders": list(elements), "grouping": "normalTpsl" if attached else "na"}


def placement(order: fa.PlannedOrder, elements: Sequence[dict[str, Any]]) -> fa.Placement:
    """One order, and what it brings along: the first verdict is its own, and it stands whatever the others are."""
    read = acknowledgement(order)

    def read_ack(answer: wire.WireAnswer) -> fa.Ack | fa.Refusal:
        own, *others = statuses(answer, len(elements))
        refusal = refusal_in(own)
        if refusal is not None:
            return refusal
        said = [(name, part(verdict, "error")) for name, verdict in zip(order.request.attached, others, strict=False)]
        refused = [f"{name}: {why}" for name, why in said if why is not None]
        return read(own)._replace(stops_refused="; ".join(refused) or None)

    return fa.Placement(api.PLACE, order_body(elements, attached=len(elements) > 1), read_ack)


def change_body(
    order: fa.Order, contract: fa.Contract, limit: Decimal, left: Decimal, client_id: str
) -> dict[str, Any]:
    """An action that puts a new order in the place of one, under the same client id.

    The venue takes the size as what is left to fill.
    """
    element = {
        "a": asset_of(contract),
        "b": order.side is fa.Side.BUY,
        "p": shortest(limit),
        "s": shortest(left),
        "r": bool(order.reduce_only),
        "t": {"limit": {"tif": FORCE_WORDS[order.time_in_force or fa.TimeInForce.GTC]}},
        "c": cloid_of(client_id),
    }
    return {"type": api.MODIFY.operation, "modifies": [{"oid": int(order.order_id), "order": element}]}


# Answers


def verdicts(answer: wire.WireAnswer) -> list[Any]:
    """What an answer says of each order."""
    return [] if answer.response.data is None else answer.response.data.statuses


def statuses(answer: wire.WireAnswer, count: int) -> list[Any]:
    """The verdicts of an answer, one for each order.

    Raises:
        ResponseMismatch: They are not so many.
    """
    found = verdicts(answer)
    if len(found) != count:
        raise fa.ResponseMismatch(f"{VENUE}: {count} orders were answered with {len(found)} verdicts")
    return found


def refusal_in(verdict: Any) -> fa.Refusal | None:
    """Why one order of several was refused, if it was."""
    said = part(verdict, "error")
    return None if said is None else refusal_of(str(said), of_order=True)


def acknowledgement(order: fa.PlannedOrder) -> Callable[[Any], fa.Ack]:
    """Reads the verdict on an order.

    A resting one is read back, for it may have been filled in part. One that is filled as far as it ever will be is
    known from the verdict.
    """

    def read(verdict: Any) -> fa.Ack:
        resting, done = part(verdict, "resting", "oid"), part(verdict, "filled")
        oid = resting if done is None else part(done, "oid")
        if oid is None:
            raise fa.ResponseMismatch(f"{VENUE}: the verdict on the order names no id of it: it is looked for")
        cloid = part(verdict, "resting", "cloid") if done is None else part(done, "cloid")
        ack = fa.Ack(str(oid), order.client_order_id if cloid is None else client_id_of(str(cloid)))
        if done is None:
            return ack
        filled = parse_decimal(str(part(done, "totalSz")), "filled.totalSz")
        total = order.request.quantity
        if filled < total and order.request.time_in_force is not fa.TimeInForce.IOC:
            return ack
        return ack._replace(order=_ended(acknowledged(order, ack, VENUE), done, filled, total))

    return read


def _ended(order: fa.Order, done: Any, filled: Decimal, total: Decimal) -> fa.Order:
    """As acknowledged, with what the verdict says of its end: the rest of one that fills at once is gone."""
    return fa.Order(
        venue=VENUE,
        raw=done,
        symbol=order.symbol,
        venue_symbol=order.venue_symbol,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        price=order.price,
        average_price=parse_decimal(str(part(done, "avgPx")), "filled.avgPx"),
        quantity=order.quantity,
        filled_quantity=filled,
        remaining_quantity=fa.EXACT.subtract(total, filled),
        status=fa.OrderStatus.FILLED if filled >= total else fa.OrderStatus.CANCELED,
        reduce_only=order.reduce_only,
    )
