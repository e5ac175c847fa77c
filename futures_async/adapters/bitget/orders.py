"""Orders and fills between Bitget v2 and the unified models, both ways. Pure functions.

In hedge mode the venue's `side` names the position, not the trade: closing a long is `buy` + `close`. The unified
side is what the market sees, so every translation goes through `wire_side` or `direction`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import futures_async.adapter as fa
from futures_async.adapter import identifier, made, moment, needed, otherwise, positive_or_none, price, size, text, word
from futures_async.adapters._bitget import Cost, ProductType, cost_of, unified_symbol
from futures_async.adapters.bitget import mapping, wire_orders

SIDE = {"buy": fa.Side.BUY, "sell": fa.Side.SELL}
OTHER_SIDE = {fa.Side.BUY: fa.Side.SELL, fa.Side.SELL: fa.Side.BUY}
STATUS = {
    "live": fa.OrderStatus.NEW,
    "new": fa.OrderStatus.NEW,
    "init": fa.OrderStatus.NEW,
    "partially_filled": fa.OrderStatus.PARTIALLY_FILLED,
    "filled": fa.OrderStatus.FILLED,
    "canceled": fa.OrderStatus.CANCELED,
    "cancelled": fa.OrderStatus.CANCELED,
}
# `executed` means set off, not filled: the order that it became has a life of its own.
PLAN_STATUS = {
    "executed": fa.OrderStatus.UNKNOWN,
    "live": fa.OrderStatus.NEW,
    "not_trigger": fa.OrderStatus.NEW,
    "executing": fa.OrderStatus.NEW,
    "fail_execute": fa.OrderStatus.REJECTED,
    # The word of the history's filter and of the vendor's types; rows that were seen have the other one.
    "fail_trigger": fa.OrderStatus.REJECTED,
    "cancelled": fa.OrderStatus.CANCELED,
    "canceled": fa.OrderStatus.CANCELED,
}
TYPE = {"limit": fa.OrderType.LIMIT, "market": fa.OrderType.MARKET}
FORCE = {
    "gtc": fa.TimeInForce.GTC,
    "ioc": fa.TimeInForce.IOC,
    "fok": fa.TimeInForce.FOK,
    "post_only": fa.TimeInForce.POST_ONLY,
}
WIRE_FORCE = {force: word for word, force in FORCE.items()}
PLAN_KIND = {
    "normal_plan": fa.OrderKind.TRIGGER,
    "track_plan": fa.OrderKind.TRAILING,
    "profit_plan": fa.OrderKind.TAKE_PROFIT,
    "pos_profit": fa.OrderKind.TAKE_PROFIT,
    "loss_plan": fa.OrderKind.STOP_LOSS,
    "pos_loss": fa.OrderKind.STOP_LOSS,
    "moving_plan": fa.OrderKind.TRAILING,
}
PLANS = ("normal_plan", "track_plan")
"""Those that may open; all others close."""
PRICE_SOURCE = {"mark_price": fa.PriceSource.MARK, "fill_price": fa.PriceSource.LAST}
ROLE = {"maker": fa.Role.MAKER, "taker": fa.Role.TAKER}


class Direction(NamedTuple):
    """What an order or fill did, read in either position mode."""

    side: fa.Side
    position_side: fa.PositionSide | None
    """None in one-way mode."""
    closes: bool | None
    """None in one-way mode, where the words do not say."""


def wire_side(side: fa.Side, intent: fa.Intent, mode: fa.PositionMode) -> dict[str, str]:
    """The venue's `side` with `tradeSide` (hedge) or `reduceOnly` (one-way): the wrong one of them is error 40774.

    In hedge mode `reduceOnly` is accepted and ignored, so that closing must be said by `tradeSide`.
    """
    if mode is fa.PositionMode.HEDGE:
        if intent is fa.Intent.OPEN:
            return {"side": side.value, "tradeSide": "open"}
        return {"side": OTHER_SIDE[side].value, "tradeSide": "close"}
    if intent is fa.Intent.OPEN:
        return {"side": side.value}
    return {"side": side.value, "reduceOnly": "YES"}


@lru_cache(maxsize=1024)
def direction(
    side: str | None, trade_side: str | None, pos_side: str | None, pos_mode: str | None, *, closing: bool = False
) -> Direction:
    """Read the market's side and the position's, proof against either of the venue's conventions for `side`.

    Args:
        side: `buy` or `sell`.
        trade_side: `open`, `close`, `buy_single`, `burst_close_long`, …; missing is taken as `open`.
        pos_side: `long`, `short`, `net`, or missing (fills).
        pos_mode: `one_way_mode`, `hedge_mode`, or missing.
        closing: The row closes whatever its words (take-profit and stop-loss orders).
    """
    word = (trade_side or "").lower()
    position = (pos_side or "").lower()
    mode = (pos_mode or "").lower()
    if mode and mode not in mapping.POSITION_MODE:
        raise fa.DecodeError(f"posMode has the unknown word {mode[:40]!r}", path="posMode")
    if position not in ("", "net", *mapping.POSITION_SIDE):
        raise fa.DecodeError(f"posSide has the unknown word {position[:40]!r}", path="posSide")
    if mode == "one_way_mode" or (not mode and (position == "net" or "single" in word)):
        return Direction(fa.known(SIDE, side or "", "side"), None, None)
    closes = closing or "close" in word
    if not closes and word not in ("", "open"):
        raise fa.DecodeError(f"tradeSide has the unknown word {word[:40]!r}", path="tradeSide")
    if position in mapping.POSITION_SIDE:
        held = mapping.POSITION_SIDE[position]
    elif word.endswith("close_long"):
        held = fa.PositionSide.LONG
    elif word.endswith("close_short"):
        held = fa.PositionSide.SHORT
    else:
        # Without posSide, `side` names the position: a close reads buy for a long, sell for a short.
        held = fa.PositionSide.LONG if fa.known(SIDE, side or "", "side") is fa.Side.BUY else fa.PositionSide.SHORT
    return Direction(fa.Side.BUY if (held is fa.PositionSide.LONG) is not closes else fa.Side.SELL, held, closes)


def _type(word: fa.OrderType | None, trade_side: str | None) -> fa.OrderType | None:
    origin = (trade_side or "").lower()
    if origin.startswith(("burst_", "reduce_")):
        return fa.OrderType.LIQUIDATION
    if origin.startswith("dte_sys_adl_"):
        return fa.OrderType.ADL
    return word


@fa.table
def orders(row: wire_orders.WireOrder, product_type: ProductType, *, pushed: bool = False) -> fa.Order:
    """Orders, of a detail, of a list, or pushed: these name their fee as fills do."""
    coin, trade_side = text(row.margin_coin), text(row.trade_side)
    went = made(direction, text(row.side), trade_side, text(row.pos_side), text(row.pos_mode))
    kind = word(row.order_type, TYPE, unknown=fa.OrderType.UNKNOWN)
    quantity, filled, fee = needed(size(row.size)), fa.number(row.base_volume), fa.negative(fa.number(row.fee))
    paid_in = coin
    if pushed:
        cost = made(_cost, row.fee_detail)
        fee, paid_in = made(lambda cost: cost.fee, cost), made(lambda cost: cost.coin, cost)
    return fa.Order(
        **fa.named(mapping.VENUE, row.symbol, unified_symbol, product_type, coin, spelled=str.upper),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(fa.either(row.client_oid, row.client_oid_too)),
        side=made(lambda went: went.side, went),
        type=otherwise(made(_type, kind, trade_side), fa.OrderType.UNKNOWN),
        # Market orders read `gtc`, which says nothing.
        time_in_force=fa.resting(kind, word(row.force, FORCE)),
        price=price(row.price),
        average_price=price(row.price_avg),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=fa.minus(quantity, filled),
        # "The detail uses `state`, the lists use `status`."
        status=needed(word(fa.either(row.status, row.state), STATUS, unknown=fa.OrderStatus.UNKNOWN)),
        # In hedge mode `reduceOnly` is ignored by the venue; what closes is said by `tradeSide`.
        reduce_only=made(
            lambda went, said: said if went.closes is None else went.closes, went, fa.yes_no(row.reduce_only)
        ),
        position_side=made(lambda went: went.position_side, went),
        margin_mode=word(row.margin_mode, mapping.MARGIN_MODE),
        leverage=price(row.leverage),
        take_profit=price(row.preset_stop_surplus_price),
        stop_loss=price(row.preset_stop_loss_price),
        fee=fee,
        fee_coin=made(lambda fee, coin: None if fee is None else coin, fee, paid_in),
        created_ms=moment(row.c_time),
        updated_ms=moment(row.u_time),
    )


def _plan_direction(
    closing: bool, side: str | None, trade_side: str | None, pos_side: str | None, pos_mode: str | None
) -> Direction:
    return direction(side, trade_side, pos_side, pos_mode, closing=closing)


@fa.table
def trigger_orders(row: wire_orders.WirePlanOrder, product_type: ProductType) -> fa.Order:
    """Waiting orders. `price` is the limit that an order will have, if any."""
    coin = text(row.margin_coin)
    kind = needed(word(row.plan_type, PLAN_KIND))
    closing = made(lambda kind, plan: str(plan).lower() not in PLANS, kind, row.plan_type)
    went = made(_plan_direction, closing, text(row.side), text(row.trade_side), text(row.pos_side), text(row.pos_mode))
    return fa.Order(
        **fa.named(mapping.VENUE, row.symbol, unified_symbol, product_type, coin, spelled=str.upper),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.client_oid),
        side=made(lambda went: went.side, went),
        type=fa.OrderType.TRIGGER,
        kind=otherwise(kind, fa.OrderKind.TRIGGER),
        price=made(lambda limit, execute: limit or execute, price(row.price), price(row.execute_price)),
        trigger_price=price(row.trigger_price),
        trigger_by=word(row.trigger_type, PRICE_SOURCE),
        # "0" stands for the whole position, and is all that the venue says then.
        quantity=otherwise(size(row.size), Decimal(0)),
        status=needed(word(row.plan_status, PLAN_STATUS, unknown=fa.OrderStatus.UNKNOWN)),
        reduce_only=made(lambda closing, went: closing or went.closes, closing, went),
        position_side=made(lambda went: went.position_side, went),
        margin_mode=word(row.margin_mode, mapping.MARGIN_MODE),
        take_profit=price(row.stop_surplus_trigger_price),
        stop_loss=price(row.stop_loss_trigger_price),
        created_ms=moment(row.c_time),
        updated_ms=moment(row.u_time),
    )


def _paid(detail: wire_orders.WireFeeDetail) -> Decimal | None:
    fee = fa.decimal_or_none(detail.total_fee if detail.fee is None else detail.fee, "feeDetail[].totalFee")
    return None if fee is None else fa.EXACT.minus(fee)


def _cost(came: object) -> Cost:
    return cost_of(came, wire_orders.WireFeeDetail, _paid)


@fa.table
def fills(
    row: wire_orders.WireFill, product_type: ProductType, margin_coin: str | None = None, *, pushed: bool = False
) -> fa.Fill:
    """Executions. Where they are read, the venue names no client order id, and `side` is the position's in hedge mode;
    where they are pushed, it names one, and `side` is what the market saw."""
    name = needed(text(row.symbol))
    went = made(direction, text(row.side), text(row.trade_side), None, text(row.pos_mode))
    cost = made(_cost, row.fee_detail)
    return fa.Fill(
        venue=mapping.VENUE,
        fill_id=needed(identifier(row.trade_id)),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.client_oid) if pushed else None,
        symbol=made(
            lambda name, coin: unified_symbol(name, product_type, coin or margin_coin), name, text(row.margin_coin)
        ),
        venue_symbol=made(str.upper, name),
        side=needed(word(row.side, SIDE)) if pushed else made(lambda went: went.side, went),
        price=needed(price(row.price)),
        quantity=needed(size(row.base_volume)),
        fee=made(lambda cost: cost.fee, cost),
        fee_coin=made(lambda cost: cost.coin, cost),
        role=word(row.trade_scope, ROLE),
        realized_pnl=fa.number(row.profit),
        created_ms=needed(moment(row.c_time)),
    )


TRIGGER_TYPE = {fa.PriceSource.MARK: "mark_price", fa.PriceSource.LAST: "fill_price"}


_SOURCES = tuple(f"trigger_by={source}" for source in TRIGGER_TYPE)
_WAITING = fa.carries("margin_mode", stops=("price", "limit_price", *_SOURCES), trigger_by=TRIGGER_TYPE)
ORDER_FIELDS = fa.OrderFields(
    # The price that a preset is compared with cannot be chosen at this venue.
    limit=fa.carries("margin_mode", stops=("price", "limit_price"), time_in_force=fa.TimeInForce),
    market=fa.carries("margin_mode", stops=("price", "limit_price")),
    trigger=_WAITING,
    trailing=_WAITING,
    stops=frozenset({"limit_price", *_SOURCES}),
)


def trigger_type(source: fa.PriceSource | None) -> str:
    """By the mark price unless told otherwise: one odd trade sets nothing off."""
    return TRIGGER_TYPE[source or fa.PriceSource.MARK]


STOP_WORD = {"take_profit": "StopSurplus", "stop_loss": "StopLoss"}


def order_item(request: fa.OrderRequest, client_order_id: str | None, mode: fa.PositionMode) -> dict[str, Any]:
    """What one order says of itself: an item of a batch, or the second half of a single placement."""
    limit, sides = request.type is not fa.OrderType.MARKET, wire_side(request.side, request.intent, mode)
    reduce_only = sides.pop("reduceOnly", None)
    item: dict[str, Any] = {
        "size": fa.to_text(request.quantity),
        "price": fa.written(request.price) if limit else None,
        **sides,
        "orderType": "limit" if limit else "market",
        "force": WIRE_FORCE[request.time_in_force or fa.TimeInForce.GTC] if limit else None,
        "reduceOnly": reduce_only,
        "clientOid": client_order_id,
    }
    for name, stop in request.attached.items():
        item[f"preset{STOP_WORD[name]}Price"] = fa.to_text(stop.price)
        item[f"preset{STOP_WORD[name]}ExecutePrice"] = fa.written(stop.limit_price)
    return fa.given(item)


def order_frame(
    venue_symbol: str, product_type: ProductType, margin_coin: str, margin_mode: fa.MarginMode
) -> dict[str, Any]:
    """What all orders of a batch share: one symbol, one margin mode."""
    return {
        "symbol": venue_symbol,
        "productType": product_type,
        "marginMode": mapping.WIRE_MARGIN_MODE[margin_mode],
        "marginCoin": margin_coin,
    }


def trigger_item(
    request: fa.OrderRequest, client_order_id: str | None, mode: fa.PositionMode, trigger_price: Decimal
) -> dict[str, Any]:
    """A trigger order; with a limit price it becomes a limit order, else a market order."""
    item: dict[str, Any] = {
        "planType": "normal_plan",
        "size": fa.to_text(request.quantity),
        "triggerPrice": fa.to_text(trigger_price),
        "triggerType": trigger_type(request.trigger_by),
        "orderType": "market" if request.price is None else "limit",
        "price": fa.written(request.price),
        **wire_side(request.side, request.intent, mode),
        "clientOid": client_order_id,
    }
    if "reduceOnly" in item:
        # Lower case here. Where the venue has no such trigger orders (22042) it refuses; it never opens instead.
        item["reduceOnly"] = "yes"
    for name, stop in request.attached.items():
        item |= stop_fields(name, stop)
    return fa.given(item)


def stop_fields(name: str, stop: fa.Stop) -> dict[str, str]:
    """A take-profit or stop-loss of a trigger order or of a position; without execute price it closes at market."""
    word = f"s{STOP_WORD[name][1:]}"
    fields = {f"{word}TriggerPrice": fa.to_text(stop.price), f"{word}TriggerType": trigger_type(stop.trigger_by)}
    return fields if stop.limit_price is None else {**fields, f"{word}ExecutePrice": fa.to_text(stop.limit_price)}


PLAN_FIELDS = {"trigger_price": "newTriggerPrice", "price": "newPrice", "quantity": "newSize"}


def waiting_values(row: wire_orders.WirePlanOrder) -> dict[str, Decimal | None]:
    """What can be changed of a waiting order; None where it has no such thing."""
    return {
        "trigger_price": fa.decimal_or_none(row.trigger_price, "triggerPrice"),
        "price": positive_or_none(row.price, "price") or positive_or_none(row.execute_price, "executePrice"),
        # "0" stands for the whole position.
        "quantity": positive_or_none(row.size, "size"),
    }


def stop_change(row: wire_orders.WirePlanOrder, wanted: dict[str, Decimal | None]) -> dict[str, str]:
    """What `modify-tpsl-order` is told: everything again; the size is "" for the whole position."""
    return fa.given(
        {
            "triggerPrice": fa.written(wanted["trigger_price"]) or "",
            "size": fa.written(wanted["quantity"]) or "",
            "triggerType": row.trigger_type or None,
            "executePrice": fa.written(wanted["price"]),
            "rangeRate": fa.written(positive_or_none(row.callback_ratio, "callbackRatio")),
        }
    )
