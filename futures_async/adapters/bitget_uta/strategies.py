"""Strategy orders in both directions: what waits for a price, how it is written, and how v3 tells of it.

A take-profit and a stop-loss of one order are its two legs: one id, one cancel. Lists say neither what kind of order a
row is nor, of triggers, on which side: that is known of what was asked for, of our own placing, and from pushes.

https://www.bitget.com/api-doc/uta/strategy/Place-Strategy-Order
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar, cast

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, made, moment, needed, positive_or_none, price, text, word, yes_no
from futures_async.adapters._bitget import ProductType
from futures_async.adapters._rows import text_or_none
from futures_async.adapters.bitget_uta import wire
from futures_async.adapters.bitget_uta.mapping import POSITION_MODE, POSITION_SIDE, VENUE
from futures_async.adapters.bitget_uta.orders import OPENS, SIDE, TRIGGER_BY, TYPE
from futures_async.adapters.bitget_uta.symbols import unified_symbol

T = TypeVar("T")

TPSL, TRIGGER, TRAILING = KINDS = ("tpsl", "trigger", "trailing_stop")
"""The venue's words for what this library places; it has others (`oco`, `iceberg`, `twap`)."""
WHOLE = "fawhole-"
"""Begins the client order ids of stops that close a whole position: no row says that it does."""
SOURCE = {"market": fa.PriceSource.LAST, "mark": fa.PriceSource.MARK, "index": fa.PriceSource.INDEX}
ACTIVATED_BY = {**TRIGGER_BY, fa.PriceSource.INDEX: "index"}
LEGS = {"take_profit": ("takeProfit", "tp"), "stop_loss": ("stopLoss", "sl")}
# `success` means set off, not filled: the order that it became has a life of its own.
STATUS = {
    "pending": fa.OrderStatus.NEW,
    "submitting": fa.OrderStatus.NEW,
    "success": fa.OrderStatus.UNKNOWN,
    "failed": fa.OrderStatus.REJECTED,
    "cancelled": fa.OrderStatus.CANCELED,
    "canceled": fa.OrderStatus.CANCELED,
}
CLOSES = {fa.PositionSide.LONG: fa.Side.SELL, fa.PositionSide.SHORT: fa.Side.BUY}


class Known(NamedTuple):
    """What lists leave out of an order, and we know all the same."""

    side: fa.Side
    closes: bool | None
    order_id: str | None = None
    whole: bool = False
    """It closes a whole position."""

    @property
    def reduce_only(self) -> str | None:
        """In the venue's words."""
        return None if self.closes is None else "yes" if self.closes else "no"


# Reading


def _kind(
    said: str | None,
    asked: str | None,
    take_profit: Decimal | None,
    stop_loss: Decimal | None,
    trigger: Decimal | None,
    trail: object,
) -> fa.OrderKind:
    """By the row's own word, else by what was asked for, unless its prices are another kind's."""
    filled = {TRAILING: trail, TRIGGER: trigger, TPSL: take_profit or stop_loss}
    by_price = [kind for kind, value in filled.items() if value]
    word = (said or "").lower()
    if word not in KINDS:
        word = asked if asked in KINDS and (not by_price or asked in by_price) else next(iter(by_price), "")
    if word == TPSL:
        return fa.OrderKind.STOP_LOSS if stop_loss else fa.OrderKind.TAKE_PROFIT
    if word not in KINDS:
        raise fa.DecodeError("nothing says what kind of order this is", path="type")
    return fa.OrderKind.TRIGGER if word == TRIGGER else fa.OrderKind.TRAILING


def _closes(kind: fa.OrderKind | None) -> bool:
    return kind in (fa.OrderKind.TAKE_PROFIT, fa.OrderKind.STOP_LOSS)


def _side(kind: fa.OrderKind | None, pos_side: str | None, said: fa.Side | None, ours: fa.Side | None) -> fa.Side:
    held = fa.known_or_none(POSITION_SIDE, pos_side)
    side = CLOSES[held] if held is not None and _closes(kind) else said or ours
    if side is None:
        raise fa.DecodeError("the venue does not say whether this order buys or sells", path="side")
    return side


def _held(kind: fa.OrderKind | None, mode: fa.PositionMode | None, pos_side: str | None) -> fa.PositionSide | None:
    """In one-way mode the field says nothing, but of what closes a position."""
    return fa.known_or_none(POSITION_SIDE, pos_side) if _closes(kind) or mode is fa.PositionMode.HEDGE else None


def _reduces(
    kind: fa.OrderKind | None,
    side: fa.Side | None,
    mode: fa.PositionMode | None,
    held: fa.PositionSide | None,
    said: bool | None,
    ours: bool | None,
) -> bool | None:
    if _closes(kind):
        return True
    if ours is not None:
        return ours
    if held is not None and side is not None:
        return (side, held) not in OPENS
    # Of closing orders in hedge mode it is "no" too.
    return said if mode is fa.PositionMode.ONE_WAY else said or None


def _quantity(kind: fa.OrderKind | None, quantity: Decimal | None) -> Decimal:
    if quantity is None and not _closes(kind):
        raise fa.DecodeError("qty is missing", path="qty")
    # The whole position, and all that the venue says then.
    return quantity or Decimal(0)


def _of_kind(kind: fa.OrderKind | None, stop: T, profit: T, trigger: T, trail: T) -> T | None:
    by_kind = {
        fa.OrderKind.STOP_LOSS: stop,
        fa.OrderKind.TAKE_PROFIT: profit,
        fa.OrderKind.TRIGGER: trigger,
        fa.OrderKind.TRAILING: trail,
    }
    return by_kind.get(kind) if kind is not None else None


def _limit(kind: fa.OrderType | None, limit: Decimal | None) -> Decimal | None:
    """A limit price is told of orders at market too, and means nothing there."""
    return limit if kind is fa.OrderType.LIMIT else None


def _priced(order_type: object, field: str) -> fa.OrderType | None:
    return None if order_type in (None, "") else fa.known(TYPE, str(order_type), field)


def trail(came: object) -> Mapping[str, Any]:
    """The terms of a trailing order; none where there are none.

    Raises:
        DecodeError: They are neither an object nor a list of one.
    """
    rows = cast("list[object]", came if isinstance(came, list) else [] if came in (None, "") else [came])
    if not rows:
        return {}
    if len(rows) > 1 or not isinstance(rows[0], dict):
        raise fa.DecodeError("trailingStopParams is no object", path="trailingStopParams")
    return cast("dict[str, Any]", rows[0])


def _activation(came: object) -> Decimal | None:
    return positive_or_none(trail(came).get("activationPrice"), "trailingStopParams[].activationPrice")


def _activated_by(came: object) -> fa.PriceSource | None:
    return fa.known_or_none(SOURCE, trail(came).get("activationType"))


def _trail_limit(came: object) -> Decimal | None:
    terms = trail(came)
    limit = positive_or_none(terms.get("preOrderPrice"), "trailingStopParams[].preOrderPrice")
    return _limit(_priced(terms.get("preOrderType"), "trailingStopParams[].preOrderType"), limit)


def _status(said: fa.OrderStatus | None, asked: fa.OrderStatus | None) -> fa.OrderStatus:
    return said or asked or fa.OrderStatus.UNKNOWN


@fa.table_with
def strategies(row: wire.WireStrategy, beside: wire.WireBeside, category: ProductType) -> fa.Order:
    """Orders that wait, and those that have waited. `price` is the limit of the order that one becomes, if any.

    A row with both legs is one order: a stop-loss, with both prices.
    """
    pos_side = text(row.pos_side)
    profit, stop, trigger = price(row.take_profit), price(row.stop_loss), price(row.trigger_price)
    kind = needed(made(_kind, text(row.type), text(beside.type), profit, stop, trigger, row.trailing_stop_params))
    mode = word(beside.hold_mode, POSITION_MODE)
    side = needed(made(_side, kind, pos_side, word(row.side, SIDE), word(beside.side, SIDE)))
    held = made(_held, kind, mode, pos_side)
    return fa.Order(
        **fa.named(VENUE, row.symbol, unified_symbol, category, spelled=str.upper),
        order_id=needed(fa.identifier(row.order_id)),
        client_order_id=text(row.client_oid),
        side=side,
        type=fa.OrderType.TRIGGER,
        kind=fa.otherwise(kind, fa.OrderKind.TRIGGER),
        price=made(
            _of_kind,
            kind,
            made(_limit, word(row.sl_order_type, TYPE), price(row.sl_limit_price)),
            made(_limit, word(row.tp_order_type, TYPE), price(row.tp_limit_price)),
            made(_limit, word(row.trigger_order_type, TYPE), price(row.trigger_order_price)),
            made(_trail_limit, row.trailing_stop_params),
        ),
        trigger_price=made(_of_kind, kind, stop, profit, trigger, made(_activation, row.trailing_stop_params)),
        trigger_by=made(
            _of_kind,
            kind,
            word(row.sl_trigger_by, SOURCE),
            word(row.tp_trigger_by, SOURCE),
            word(row.trigger_by, SOURCE),
            made(_activated_by, row.trailing_stop_params),
        ),
        quantity=needed(made(_quantity, kind, fa.size(row.qty))),
        status=needed(
            made(_status, word(row.status, STATUS, unknown=fa.OrderStatus.UNKNOWN), word(beside.status, STATUS))
        ),
        reduce_only=made(_reduces, kind, side, mode, held, yes_no(row.reduce_only), yes_no(beside.reduce_only)),
        position_side=held,
        take_profit=profit,
        stop_loss=stop,
        created_ms=moment(row.created_time),
        updated_ms=moment(row.updated_time),
    )


def legs_of(row: wire.WireStrategy) -> dict[str, fa.Stop]:
    """The legs of a row that are set, as they stand.

    Raises:
        DecodeError: One of them cannot be read, and so cannot be repeated.
    """
    found: dict[str, fa.Stop] = {}
    for name, by, order_type, limit in (
        ("take_profit", row.tp_trigger_by, row.tp_order_type, row.tp_limit_price),
        ("stop_loss", row.sl_trigger_by, row.sl_order_type, row.sl_limit_price),
    ):
        at = positive_or_none(getattr(row, name), LEGS[name][0])
        if at is not None:
            short = LEGS[name][1]
            at_limit = positive_or_none(limit, f"{short}LimitPrice")
            priced = _priced(order_type, f"{short}OrderType")
            found[name] = fa.Stop(at, fa.known_or_none(SOURCE, by), _limit(priced, at_limit))
    return found


def has_legs(legs: Mapping[str, fa.Stop], row: wire.WireStrategy) -> bool:
    """Whether these are what a row has."""
    return legs_of(row) == legs


def alike(row: wire.WireStrategy, order: fa.PlannedOrder) -> bool:
    """Whether a row waits for what an order was to wait for, and for as much."""
    try:
        at = positive_or_none(row.trigger_price, "triggerPrice") or _activation(row.trailing_stop_params)
        return at == order.trigger_price and decimal_or_none(row.qty, "qty") == order.request.quantity
    except fa.DecodeError:
        return False


def is_whole(row: wire.WireStrategy) -> bool:
    """Whether a row closes a whole position, as far as it tells."""
    name = text_or_none(row.client_oid) or ""
    return name.startswith(WHOLE) or not decimal_or_none(row.qty, "qty")


# Writing
