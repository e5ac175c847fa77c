"""What is sent to place and change strategy orders; how they are read is in `strategies`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import known_or_none, to_text
from futures_async.adapters._bitget import ProductType
from futures_async.adapters.bitget_uta import strategies, wire
from futures_async.adapters.bitget_uta.strategies import legs_of


def shared_out(
    rows: Sequence[wire.WireStrategy], stops: Mapping[str, fa.Stop]
) -> list[tuple[wire.WireStrategy, dict[str, fa.Stop]]]:
    """The rows to be changed, with all legs that each is to have: a leg goes where there is one, else to the first."""
    standing = [legs_of(row) for row in rows]
    touched: set[int] = set()
    for name, stop in stops.items():
        index = next((index for index, legs in enumerate(standing) if name in legs), 0)
        standing[index][name] = fa.Stop(stop.price, stop.trigger_by or fa.PriceSource.MARK, stop.limit_price)
        touched.add(index)
    return [(rows[index], standing[index]) for index in sorted(touched)]


def whole_id() -> str:
    """A client order id that says what the row will not."""
    return strategies.WHOLE + secrets.token_hex(12)


def trigger_body(order: fa.PlannedOrder, category: ProductType) -> dict[str, Any]:
    """An order that waits for a price; with a limit price it becomes a limit order, else a market order."""
    request = order.request
    return {
        **_frame(order, category, strategies.TRIGGER),
        **_sides(order),
        "triggerBy": _source(request.trigger_by),
        "triggerPrice": to_text(order.trigger_price),
        "triggerOrderType": "market" if request.price is None else "limit",
        **fa.given({"triggerOrderPrice": fa.written(request.price)}),
    }


def trailing_body(order: fa.PlannedOrder, category: ProductType, percent: str) -> dict[str, Any]:
    """An order that follows the price."""
    terms = {
        "activationPrice": to_text(order.trigger_price),
        "activationType": _source(order.request.trigger_by),
        "trailType": "ratio",
        "trailVariance": percent,
        "preOrderType": "market",
    }
    return _frame(order, category, strategies.TRAILING) | _sides(order) | {"trailingStopParams": [terms]}


def stop_bodies(order: fa.PlannedOrder, category: ProductType) -> list[dict[str, Any]]:
    """The take-profit or stop-loss of a part of a position: see `held_bodies`."""
    request = order.request
    stop = fa.Stop(order.trigger_price, request.trigger_by, request.price)
    body = _frame(order, category, strategies.TPSL) | {"tpslMode": "partial"} | leg_fields({order.kind.value: stop})
    return held_bodies(body, order.position_side, order.position_mode)


def whole_body(
    venue_symbol: str, category: ProductType, stops: Mapping[str, fa.Stop], client_order_id: str
) -> dict[str, Any]:
    """Take-profit and stop-loss of a whole position, in one order: see `held_bodies`."""
    body = {"category": category, "symbol": venue_symbol, "type": strategies.TPSL, "tpslMode": "full"}
    return {**body, **leg_fields(stops), "clientOid": client_order_id}


def held_bodies(body: dict[str, Any], held: fa.PositionSide, mode: fa.PositionMode | None) -> list[dict[str, Any]]:
    """A body with the position that it closes, in the spellings that the venue may want, the likelier one first.

    One page requires `posSide` in one-way mode too, and so it was seen; a later one describes `side` and `reduceOnly`.
    """
    by_position = {**body, "posSide": held.value}
    side = strategies.CLOSES[held].value
    if mode is fa.PositionMode.HEDGE:
        return [{**by_position, "side": side} if "qty" in body else by_position]
    return [by_position, {**body, "side": side, "reduceOnly": "yes"}]


def leg_fields(stops: Mapping[str, fa.Stop]) -> dict[str, str]:
    """Legs in the venue's words."""
    fields: dict[str, str | None] = {}
    for name, stop in stops.items():
        long, short = strategies.LEGS[name]
        fields |= {
            long: to_text(stop.price),
            f"{short}TriggerBy": _source(stop.trigger_by),
            f"{short}OrderType": "market" if stop.limit_price is None else "limit",
            f"{short}LimitPrice": fa.written(stop.limit_price),
        }
    return fa.given(fields)


def trigger_fields(row: wire.WireStrategy, at: Decimal, limit: Decimal | None) -> dict[str, str]:
    """A change of a trigger in the venue's words: everything again."""
    by = known_or_none(strategies.SOURCE, row.trigger_by)
    return fa.given(
        {
            "triggerPrice": to_text(at),
            "triggerOrderType": "market" if limit is None else "limit",
            "triggerBy": None if by is None else strategies.ACTIVATED_BY[by],
            "triggerOrderPrice": fa.written(limit),
        }
    )


def _source(source: fa.PriceSource | None) -> str:
    """By the mark price unless told otherwise: one odd trade sets nothing off."""
    return strategies.ACTIVATED_BY[source or fa.PriceSource.MARK]


def _frame(order: fa.PlannedOrder, category: ProductType, kind: str) -> dict[str, Any]:
    return {
        "category": category,
        "symbol": order.venue_symbol,
        "type": kind,
        "qty": to_text(order.request.quantity),
        "clientOid": order.client_order_id,
    }


def _sides(order: fa.PlannedOrder) -> dict[str, str]:
    """As plain orders say it; what closes in one-way mode must say so, or it may open once the position is gone."""
    sides = {"side": order.request.side.value}
    if order.position_mode is fa.PositionMode.HEDGE:
        return {**sides, "posSide": order.position_side.value}
    return {**sides, "reduceOnly": "yes"} if order.request.intent is fa.Intent.CLOSE else sides
