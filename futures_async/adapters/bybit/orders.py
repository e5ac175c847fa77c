"""Orders in both directions: how one is written, and how Bybit tells of it.

`side` is what the market sees. In hedge mode `positionIdx` names the position; what closes says `reduceOnly` in both.

https://bybit-exchange.github.io/docs/v5/order/create-order
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from futures_async.adapter import (
    EXACT,
    Ack,
    DecodeError,
    Fill,
    Intent,
    Order,
    OrderFields,
    OrderKind,
    OrderStatus,
    OrderType,
    PlannedOrder,
    PositionMode,
    PriceSource,
    Refusal,
    Role,
    Side,
    Stop,
    TimeInForce,
    carries,
    decimal_or_none,
    divide,
    either,
    identifier,
    in_base,
    made,
    moment,
    named,
    needed,
    number,
    otherwise,
    price,
    size,
    table,
    text,
    to_text,
    word,
    yes_no,
)
from futures_async.adapters.bybit import wire
from futures_async.adapters.bybit.mapping import INDEX, SIDE_OF_INDEX, VENUE, dollar
from futures_async.adapters.bybit.symbols import category_of, is_inverse, settle_of, unified_symbol

# As they are sent; read in any case.
_WIRE_SIDE = {Side.BUY: "Buy", Side.SELL: "Sell"}
_WIRE_FORCE = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "PostOnly",
}
TRIGGER_BY = {PriceSource.LAST: "LastPrice", PriceSource.MARK: "MarkPrice", PriceSource.INDEX: "IndexPrice"}
_STOP_WORDS = {"take_profit": ("takeProfit", "tp"), "stop_loss": ("stopLoss", "sl")}
"""What a stop's price is called, and what the names of its other fields begin with."""
_SIDE = {name.lower(): side for side, name in _WIRE_SIDE.items()}
_FORCE = {name.lower(): force for force, name in _WIRE_FORCE.items()}
_SOURCES = {name.lower(): source for source, name in TRIGGER_BY.items()}
_TYPE = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
_STATUS = {
    "new": OrderStatus.NEW,
    "untriggered": OrderStatus.NEW,
    "triggered": OrderStatus.NEW,
    "active": OrderStatus.NEW,
    "created": OrderStatus.NEW,
    "partiallyfilled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "cancelled": OrderStatus.CANCELED,
    "partiallyfilledcanceled": OrderStatus.CANCELED,
    # A trigger order, or an attached TP/SL, that is gone.
    "deactivated": OrderStatus.CANCELED,
    "rejected": OrderStatus.REJECTED,
}
WAITING = frozenset({"untriggered", "deactivated"})
"""Orders that wait for a price, or did until they were cancelled."""
_KINDS = {
    "stop": OrderKind.TRIGGER,
    "takeprofit": OrderKind.TAKE_PROFIT,
    "partialtakeprofit": OrderKind.TAKE_PROFIT,
    "stoploss": OrderKind.STOP_LOSS,
    "partialstoploss": OrderKind.STOP_LOSS,
    "trailingstop": OrderKind.TRAILING,
}
# https://bybit-exchange.github.io/docs/v5/enum#exectype
# "FutureSpread: Spread leg execution"; the sample of the page "Spread: Execution" has the leg's own price, size, fee.
_FILLS = frozenset({"trade", "blocktrade", "futurespread", "adltrade", "busttrade", "settle", "delivery"})
# "2026-08-20: remove CorporateAction; add ForwardSplitSettle, ReverseSplitSettle, Dividend": of contracts on stocks.
_STOCKS = ("corporateaction", "forwardsplitsettle", "reversesplitsettle", "dividend")
NO_FILLS = frozenset({"funding", "moveposition", "sessionsettlepnl", *_STOCKS})
"""What else stands among the executions."""


def _kind(stop: str | None, status: str | None) -> OrderKind:
    waits = (status or "").lower() in WAITING
    return _KINDS.get((stop or "").lower(), OrderKind.TRIGGER if waits else OrderKind.PLAIN)


def _type(kind: OrderType | None, created: str | None, status: str | None, stop: OrderKind) -> OrderType:
    origin = (created or "").lower()
    if origin.startswith(("createbyliq", "createbytakeover")):
        return OrderType.LIQUIDATION
    if origin.startswith("createbyadl"):
        return OrderType.ADL
    if (status or "").lower() in WAITING or stop is not OrderKind.PLAIN:
        return OrderType.TRIGGER
    return kind or OrderType.UNKNOWN


def _limit(kind: OrderType | None, limit: Decimal | None) -> Decimal | None:
    # Of a market order it is the bound that the venue has set for slippage.
    return None if kind is OrderType.MARKET else limit


def _left(quantity: Decimal, filled: Decimal | None) -> Decimal | None:
    # The venue's own figure is 0 once an order is cancelled.
    return EXACT.subtract(quantity, filled) if filled is not None and quantity >= filled else None


def _average(name: str, value: Decimal | None, filled: Decimal | None) -> Decimal | None:
    if not value or not filled:
        return None
    return divide(filled, value) if is_inverse(name) else divide(value, filled)


def _fee(details: object, alone: Decimal | None) -> Decimal | None:
    """Of one coin; several cannot be added up."""
    charged = _charged(details)
    if len(charged) > 1:
        raise DecodeError(f"cumFeeDetail names several coins: {', '.join(charged)}", path="cumFeeDetail")
    return next((decimal_or_none(cast("Any", fee), "cumFeeDetail") for fee in charged.values()), alone)


def _fee_coin(details: object, said: str | None, name: str, filled: Decimal | None) -> str | None:
    return next(iter(_charged(details)), said or (settle_of(name) if filled else None))


def _charged(details: object) -> dict[str, object]:
    if details is None or details == "":
        return {}
    charged: dict[str, object] = cast("dict[str, object]", details) if isinstance(details, dict) else {"": None}
    if not all(isinstance(fee, str) for fee in charged.values()):
        raise DecodeError("cumFeeDetail is no table of coins and amounts", path="cumFeeDetail")
    return charged


@table
def orders(row: wire.WireOrder) -> Order:
    """Orders, open, waiting and past."""
    name, side = needed(text(row.symbol)), needed(word(row.side, _SIDE))
    kind = word(row.order_type, _TYPE, unknown=OrderType.UNKNOWN)
    limit, trigger, average = made(_limit, kind, price(row.price)), price(row.trigger_price), price(row.avg_price)
    status = needed(word(row.order_status, _STATUS, unknown=OrderStatus.UNKNOWN))
    amount, done = needed(size(row.qty)), number(row.cum_exec_qty)
    # What was asked for at a price is what that price makes of it, whatever it was filled at.
    worth, prices = made(dollar, name), (limit, trigger, average, price(row.price))
    quantity, filled = needed(in_base(amount, None, worth, *prices)), in_base(done, None, worth, *prices)
    stop = made(_kind, text(row.stop_order_type), text(row.order_status))
    return Order(
        **named(VENUE, row.symbol, unified_symbol, spelled=str.upper),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.order_link_id),
        side=side,
        type=otherwise(made(_type, kind, text(row.create_type), text(row.order_status), stop), OrderType.UNKNOWN),
        kind=otherwise(stop, OrderKind.PLAIN),
        # What is at market reads back as IOC, which says nothing.
        time_in_force=made(
            lambda kind, force: None if kind is OrderType.MARKET else force, kind, word(row.time_in_force, _FORCE)
        ),
        price=limit,
        trigger_price=trigger,
        trigger_by=word(row.trigger_by, _SOURCES),
        average_price=either(average, made(_average, name, number(row.cum_exec_value), done)),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=made(_left, quantity, filled),
        status=status,
        reduce_only=yes_no(row.reduce_only),
        position_side=made(lambda index: SIDE_OF_INDEX.get(index or ""), text(row.position_idx)),
        take_profit=price(row.take_profit),
        stop_loss=price(row.stop_loss),
        fee=made(_fee, row.cum_fee_detail, number(row.cum_exec_fee)),
        fee_coin=made(_fee_coin, row.cum_fee_detail, text(row.fee_currency), name, done),
        created_ms=moment(row.created_time),
        updated_ms=moment(row.updated_time),
    )


def _traded(side: Side, kind: str | None) -> Side:
    if kind is not None and kind.lower() not in _FILLS:
        raise DecodeError(f"execType has the unknown word {kind[:40]!r}", path="execType")
    return side


@table
def fills(row: wire.WireFill) -> Fill:
    """Executions that are trades."""
    name, amount = needed(text(row.symbol)), needed(size(row.exec_qty))
    at = needed(price(row.exec_price))
    return Fill(
        venue=VENUE,
        fill_id=needed(identifier(row.exec_id)),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.order_link_id),
        symbol=made(unified_symbol, name),
        venue_symbol=made(str.upper, name),
        side=made(_traded, needed(word(row.side, _SIDE)), text(row.exec_type)),
        price=at,
        quantity=needed(in_base(amount, None, made(dollar, name), at)),
        fee=number(row.exec_fee),
        fee_coin=made(lambda coin, name: coin or settle_of(name), text(row.fee_currency), name),
        role=made(lambda maker: None if maker is None else Role.MAKER if maker else Role.TAKER, yes_no(row.is_maker)),
        # Pushes say it, reads do not.
        realized_pnl=number(row.exec_pnl),
        created_ms=needed(moment(row.exec_time)),
    )


def is_fill(row: wire.WireFill) -> bool:
    """False for funding and what else stands among executions; a word that nobody knows is no reason to hide a row."""
    return str(row.exec_type).lower() not in NO_FILLS


def is_waiting(row: wire.WireOrder) -> bool:
    """Whether it waits for a price, or was cancelled while it did."""
    return str(row.order_status).lower() in WAITING


def stop_source(row: wire.WireOrder, stop: str) -> PriceSource | None:
    """Which price an attached take-profit or stop-loss waits for; None where no known word says it."""
    said = {"take_profit": row.tp_trigger_by, "stop_loss": row.sl_trigger_by}[stop]
    return _SOURCES.get(str(said).lower())


# Writing

_STOPS = ("price", "limit_price", *(f"trigger_by={source}" for source in TRIGGER_BY))
ORDER_FIELDS = OrderFields(
    limit=carries(time_in_force=TimeInForce, stops=_STOPS),
    market=carries(stops=_STOPS),
    trigger=carries(trigger_by=TRIGGER_BY, time_in_force=TimeInForce, stops=_STOPS),
    closing_trigger=carries(trigger_by=TRIGGER_BY, time_in_force=TimeInForce),
    # "reduceOnly cannot be combined with TP/SL".
    only_opening=carries(stops=_STOPS),
    # Of a whole position, which is closed at market.
    stops=frozenset(_STOPS) - {"price", "limit_price"},
)


def order_body(order: PlannedOrder) -> dict[str, Any]:
    """An order as `order/create` takes it; in a batch without its category, which stands beside the list."""
    request = order.request
    closes, hedged = request.intent is Intent.CLOSE, order.position_mode is PositionMode.HEDGE
    body: dict[str, Any] = {
        "category": category_of(order.venue_symbol),
        "symbol": order.venue_symbol,
        "side": _WIRE_SIDE[request.side],
        "orderType": "Market" if request.price is None else "Limit",
        "qty": to_text(request.quantity if order.contracts is None else order.contracts),
    }
    if request.price is None:
        body["timeInForce"] = "IOC"
    else:
        body |= {"price": to_text(request.price), "timeInForce": _WIRE_FORCE[request.time_in_force or TimeInForce.GTC]}
    body["positionIdx"] = INDEX[order.position_side] if hedged else 0
    if closes:
        body["reduceOnly"] = True
    if order.client_order_id is not None:
        body["orderLinkId"] = order.client_order_id
    stops = request.attached
    if stops:
        # A limit price needs the mode in which TP/SL are for a part of the position: that of the order.
        partial = any(stop.limit_price is not None for stop in stops.values())
        body["tpslMode"] = "Partial" if partial else "Full"
    return body | stop_fields(stops)


def stop_fields(stops: Mapping[str, Stop], by: PriceSource | None = None) -> dict[str, str]:
    """Take-profit and stop-loss as they are written; those that say no source of the price are of `by`."""
    fields: dict[str, str] = {}
    for name, stop in stops.items():
        long, short = _STOP_WORDS[name]
        fields[long] = to_text(stop.price)
        if (source := stop.trigger_by or by) is not None:
            fields[f"{short}TriggerBy"] = TRIGGER_BY[source]
        if stop.limit_price is not None:
            fields |= {f"{short}OrderType": "Limit", f"{short}LimitPrice": to_text(stop.limit_price)}
    return fields


def by_id(order_id: str | None, client_order_id: str | None) -> dict[str, str]:
    """An order by one of its ids."""
    return {"orderId": order_id} if order_id is not None else {"orderLinkId": client_order_id or ""}


def read_ack(item: wire.WireIds) -> Ack:
    """The ids of an order that the gateway has taken."""
    return Ack(None if not item.order_id else str(item.order_id), item.order_link_id or None)


def verdicts_of(answer: wire.WireRows[wire.WireIds]) -> list[Refusal | None]:
    """Of each item of a batch, by its place: None for what was accepted.

    Where the two lists do not match, nothing is known of any item.
    """
    rows, verdicts = answer.rows or [], answer.verdicts
    if verdicts is None or len(verdicts) != len(rows):
        return []
    return [None if str(verdict.code) == "0" else Refusal(str(verdict.code), verdict.msg or "") for verdict in verdicts]


def read_acks(answer: wire.WireRows[wire.WireIds]) -> list[Ack | Refusal]:
    """The answers in the order of the requests."""
    return [reason or read_ack(row) for row, reason in zip(answer.rows or (), verdicts_of(answer), strict=False)]
