"""Orders and fills between Bitget v2 and the unified models, both ways. Pure functions.

In hedge mode the venue's `side` names the position, not the trade: closing a long is `buy` + `close`. The unified
side is what the market sees, so every translation goes through `wire_side` or `direction`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from futures_async.adapter import (
    EXACT,
    DecodeError,
    Fill,
    Intent,
    MarginMode,
    Order,
    OrderFields,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    PriceSource,
    Role,
    Side,
    Stop,
    TimeInForce,
    carries,
    decimal_or_none,
    finite,
    known,
    known_or_none,
    ms,
    ms_or_none,
    positive_or_none,
    required_id,
    to_text,
)
from futures_async.adapters._bitget import ProductType, unified_symbol
from futures_async.adapters.bitget.mapping import (
    MARGIN_MODE,
    POSITION_SIDE,
    VENUE,
    WIRE_MARGIN_MODE,
    paid,
    said,
    text_or_none,
)
from futures_async.adapters.bitget.wire_orders import (
    WireFeeDetail,
    WireFill,
    WireOrder,
    WirePlanOrder,
)

SIDE = {"buy": Side.BUY, "sell": Side.SELL}
OTHER_SIDE = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
STATUS = {
    "live": OrderStatus.NEW,
    "new": OrderStatus.NEW,
    "init": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "cancelled": OrderStatus.CANCELED,
}
# `executed` means set off, not filled: the order that it became has a life of its own.
PLAN_STATUS = {
    "live": OrderStatus.NEW,
    "not_trigger": OrderStatus.NEW,
    "executing": OrderStatus.NEW,
    "fail_execute": OrderStatus.REJECTED,
    "cancelled": OrderStatus.CANCELED,
    "canceled": OrderStatus.CANCELED,
}
TYPE = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
FORCE = {
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "post_only": TimeInForce.POST_ONLY,
}
WIRE_FORCE = {force: word for word, force in FORCE.items()}
ROLE = {"maker": Role.MAKER, "taker": Role.TAKER}


class Direction(NamedTuple):
    """What an order or fill did, read in either position mode."""

    side: Side
    position_side: PositionSide | None
    """None in one-way mode."""
    closes: bool | None
    """None in one-way mode, where the words do not say."""


def wire_side(side: Side, intent: Intent, mode: PositionMode) -> dict[str, str]:
    """The venue's `side` with `tradeSide` (hedge) or `reduceOnly` (one-way): the wrong one of them is error 40774.

    In hedge mode `reduceOnly` is accepted and ignored, so that closing must be said by `tradeSide`.
    """
    if mode is PositionMode.HEDGE:
        if intent is Intent.OPEN:
            return {"side": side.value, "tradeSide": "open"}
        return {"side": OTHER_SIDE[side].value, "tradeSide": "close"}
    if intent is Intent.OPEN:
        return {"side": side.value}
    return {"side": side.value, "reduceOnly": "YES"}


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
    if mode == "one_way_mode" or (not mode and (position == "net" or "single" in word)):
        return Direction(known(SIDE, side or "", "side"), None, None)
    closes = closing or "close" in word
    if not closes and word not in ("", "open"):
        raise DecodeError(f"tradeSide has the unknown word {word[:40]!r}", path="tradeSide")
    if position in POSITION_SIDE:
        held = POSITION_SIDE[position]
    elif word.endswith("close_long"):
        held = PositionSide.LONG
    elif word.endswith("close_short"):
        held = PositionSide.SHORT
    else:
        # Without posSide, `side` names the position: a close reads buy for a long, sell for a short.
        held = PositionSide.LONG if known(SIDE, side or "", "side") is Side.BUY else PositionSide.SHORT
    return Direction(Side.BUY if (held is PositionSide.LONG) is not closes else Side.SELL, held, closes)


def _type(word: str | None, trade_side: str | None) -> OrderType:
    origin = (trade_side or "").lower()
    if origin.startswith(("burst_", "reduce_")):
        return OrderType.LIQUIDATION
    if origin.startswith("dte_sys_adl_"):
        return OrderType.ADL
    return known_or_none(TYPE, word) or OrderType.UNKNOWN


def to_order(wire: WireOrder, product_type: ProductType) -> Order:
    """One order, of a detail or of a list."""
    went = direction(wire.side, wire.trade_side, wire.pos_side, wire.pos_mode)
    size = finite(wire.size, "size")
    filled = decimal_or_none(wire.base_volume, "baseVolume")
    kind = _type(wire.order_type, wire.trade_side)
    fee = paid(wire.fee, "fee")
    return Order(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol, product_type, text_or_none(wire.margin_coin)),
        venue_symbol=wire.symbol.upper(),
        order_id=required_id(wire.order_id, "orderId"),
        client_order_id=text_or_none(wire.client_oid),
        side=went.side,
        type=kind,
        # Market orders read `gtc`, which says nothing.
        time_in_force=None if wire.order_type == "market" else known_or_none(FORCE, wire.force),
        price=positive_or_none(wire.price, "price"),
        average_price=positive_or_none(wire.price_avg, "priceAvg"),
        quantity=size,
        filled_quantity=filled,
        remaining_quantity=None if filled is None else EXACT.subtract(size, filled),
        # "The detail uses `state`, the lists use `status`."
        status=known_or_none(STATUS, wire.state or wire.status) or OrderStatus.UNKNOWN,
        # In hedge mode `reduceOnly` is ignored by the venue; what closes is said by `tradeSide`.
        reduce_only=said(wire.reduce_only) if went.closes is None else went.closes,
        position_side=went.position_side,
        margin_mode=known_or_none(MARGIN_MODE, wire.margin_mode),
        leverage=positive_or_none(wire.leverage, "leverage"),
        fee=fee,
        fee_coin=None if fee is None else text_or_none(wire.margin_coin),
        created_ms=ms_or_none(wire.c_time, "cTime"),
        updated_ms=ms_or_none(wire.u_time, "uTime"),
    )


def to_trigger_order(wire: WirePlanOrder, product_type: ProductType) -> Order:
    """One waiting order. `price` is the limit that it will have, if any; its trigger price is in `raw`."""
    stop = wire.plan_type not in ("normal_plan", "track_plan")
    went = direction(wire.side, wire.trade_side, wire.pos_side, wire.pos_mode, closing=stop)
    return Order(
        venue=VENUE,
        raw=wire,
        symbol=unified_symbol(wire.symbol, product_type, text_or_none(wire.margin_coin)),
        venue_symbol=wire.symbol.upper(),
        order_id=required_id(wire.order_id, "orderId"),
        client_order_id=text_or_none(wire.client_oid),
        side=went.side,
        type=OrderType.TRIGGER,
        price=positive_or_none(wire.price, "price") or positive_or_none(wire.execute_price, "executePrice"),
        # "0" stands for the whole position, and is all that the venue says then.
        quantity=decimal_or_none(wire.size, "size") or Decimal(0),
        status=known_or_none(PLAN_STATUS, wire.plan_status) or OrderStatus.UNKNOWN,
        reduce_only=True if stop else went.closes,
        position_side=went.position_side,
        margin_mode=known_or_none(MARGIN_MODE, wire.margin_mode),
        created_ms=ms_or_none(wire.c_time, "cTime"),
        updated_ms=ms_or_none(wire.u_time, "uTime"),
    )


def _fee(details: list[WireFeeDetail] | None) -> tuple[Decimal | None, str | None]:
    """The fee and its coin; nothing where it was paid in several coins (`raw` has them)."""
    parts = [
        (fee, detail.fee_coin)
        for detail in details or ()
        if (fee := paid(detail.total_fee, "feeDetail[].totalFee")) is not None
    ]
    coins = {coin for _, coin in parts}
    if len(coins) != 1:
        return None, None
    total = Decimal(0)
    for fee, _ in parts:
        total = EXACT.add(total, fee)
    return total, text_or_none(coins.pop())


def to_fill(wire: WireFill, product_type: ProductType, margin_coin: str | None = None) -> Fill:
    """One execution; the venue names no client order id here."""
    fee, coin = _fee(wire.fee_detail)
    return Fill(
        venue=VENUE,
        raw=wire,
        fill_id=required_id(wire.trade_id, "tradeId"),
        order_id=required_id(wire.order_id, "orderId"),
        symbol=unified_symbol(wire.symbol, product_type, text_or_none(wire.margin_coin) or margin_coin),
        venue_symbol=wire.symbol.upper(),
        side=direction(wire.side, wire.trade_side, None, wire.pos_mode).side,
        price=finite(wire.price, "price"),
        quantity=finite(wire.base_volume, "baseVolume"),
        fee=fee,
        fee_coin=coin,
        role=known_or_none(ROLE, wire.trade_scope),
        realized_pnl=decimal_or_none(wire.profit, "profit"),
        created_ms=ms(wire.c_time, "cTime"),
    )


TRIGGER_TYPE = {PriceSource.MARK: "mark_price", PriceSource.LAST: "fill_price"}


_SOURCES = tuple(f"trigger_by={source}" for source in TRIGGER_TYPE)
_WAITING = carries("margin_mode", stops=("price", "limit_price", *_SOURCES), trigger_by=TRIGGER_TYPE)
ORDER_FIELDS = OrderFields(
    # The price that a preset is compared with cannot be chosen at this venue.
    limit=carries("margin_mode", stops=("price", "limit_price"), time_in_force=TimeInForce),
    market=carries("margin_mode", stops=("price", "limit_price")),
    trigger=_WAITING,
    trailing=_WAITING,
    stops=frozenset({"limit_price", *_SOURCES}),
)


def trigger_type(source: PriceSource | None) -> str:
    """By the mark price unless told otherwise: one odd trade sets nothing off."""
    return TRIGGER_TYPE[source or PriceSource.MARK]


STOP_WORD = {"take_profit": "StopSurplus", "stop_loss": "StopLoss"}


def order_item(request: OrderRequest, client_order_id: str | None, mode: PositionMode) -> dict[str, Any]:
    """What one order says of itself: an item of a batch, or the second half of a single placement."""
    item: dict[str, Any] = {"size": to_text(request.quantity)}
    if request.type is not OrderType.MARKET and request.price is not None:
        item["price"] = to_text(request.price)
    sides = wire_side(request.side, request.intent, mode)
    reduce_only = sides.pop("reduceOnly", None)
    item |= sides
    if request.type is OrderType.MARKET:
        item["orderType"] = "market"
    else:
        item |= {"orderType": "limit", "force": WIRE_FORCE[request.time_in_force or TimeInForce.GTC]}
    if reduce_only:
        item["reduceOnly"] = reduce_only
    if client_order_id is not None:
        item["clientOid"] = client_order_id
    for name, stop in request.attached.items():
        item[f"preset{STOP_WORD[name]}Price"] = to_text(stop.price)
        if stop.limit_price is not None:
            item[f"preset{STOP_WORD[name]}ExecutePrice"] = to_text(stop.limit_price)
    return item


def order_frame(
    venue_symbol: str, product_type: ProductType, margin_coin: str, margin_mode: MarginMode
) -> dict[str, Any]:
    """What all orders of a batch share: one symbol, one margin mode."""
    return {
        "symbol": venue_symbol,
        "productType": product_type,
        "marginMode": WIRE_MARGIN_MODE[margin_mode],
        "marginCoin": margin_coin,
    }


def trigger_item(
    request: OrderRequest, client_order_id: str | None, mode: PositionMode, trigger_price: Decimal
) -> dict[str, Any]:
    """A trigger order; with a limit price it becomes a limit order, else a market order."""
    item: dict[str, Any] = {
        "planType": "normal_plan",
        "size": to_text(request.quantity),
        "triggerPrice": to_text(trigger_price),
        "triggerType": trigger_type(request.trigger_by),
        "orderType": "market" if request.price is None else "limit",
    }
    if request.price is not None:
        item["price"] = to_text(request.price)
    sides = wire_side(request.side, request.intent, mode)
    if "reduceOnly" in sides:
        # Lower case here. Where the venue has no such trigger orders (22042) it refuses; it never opens instead.
        sides["reduceOnly"] = "yes"
    item |= sides
    if client_order_id is not None:
        item["clientOid"] = client_order_id
    for name, stop in request.attached.items():
        item |= stop_fields(name, stop)
    return item


def stop_fields(name: str, stop: Stop) -> dict[str, str]:
    """A take-profit or stop-loss of a trigger order or of a position; without execute price it closes at market."""
    word = f"s{STOP_WORD[name][1:]}"
    fields = {f"{word}TriggerPrice": to_text(stop.price), f"{word}TriggerType": trigger_type(stop.trigger_by)}
    return fields if stop.limit_price is None else {**fields, f"{word}ExecutePrice": to_text(stop.limit_price)}


PLANS = ("normal_plan", "track_plan")
PLAN_FIELDS = {"trigger_price": "newTriggerPrice", "price": "newPrice", "quantity": "newSize"}


def waiting_values(row: WirePlanOrder) -> dict[str, Decimal | None]:
    """What can be changed of a waiting order; None where it has no such thing."""
    return {
        "trigger_price": decimal_or_none(row.trigger_price, "triggerPrice"),
        "price": positive_or_none(row.price, "price") or positive_or_none(row.execute_price, "executePrice"),
        # "0" stands for the whole position.
        "quantity": positive_or_none(row.size, "size"),
    }


def stop_change(row: WirePlanOrder, wanted: dict[str, Decimal | None]) -> dict[str, str]:
    """What `modify-tpsl-order` is told: everything again; the size is "" for the whole position."""

    def text(name: str) -> str:
        value = wanted[name]
        return "" if value is None else to_text(value)

    body = {"triggerPrice": text("trigger_price"), "size": text("quantity")}
    if row.trigger_type:
        body["triggerType"] = row.trigger_type
    if wanted["price"] is not None:
        body["executePrice"] = text("price")
    ratio = positive_or_none(row.callback_ratio, "callbackRatio")
    if ratio is not None:
        body["rangeRate"] = to_text(ratio)
    return body
