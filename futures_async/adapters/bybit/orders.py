"""Orders in both directions: how one is written, and how Bybit tells of it.

`side` is what the market sees. In hedge mode `positionIdx` names the position; what closes says `reduceOnly` in both.

https://bybit-exchange.github.io/docs/v5/order/create-order
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import identifier, in_base, made, moment, needed, number, price, size, text, word, yes_no
from futures_async.adapters.bybit import wire
from futures_async.adapters.bybit.mapping import INDEX, SIDE_OF_INDEX, VENUE, dollar
from futures_async.adapters.bybit.symbols import category_of, is_inverse, settle_of, unified_symbol

# As they are sent; read in any case.
_WIRE_SIDE = {fa.Side.BUY: "Buy", fa.Side.SELL: "Sell"}
_WIRE_FORCE = {
    fa.TimeInForce.GTC: "GTC",
    fa.TimeInForce.IOC: "IOC",
    fa.TimeInForce.FOK: "FOK",
    fa.TimeInForce.POST_ONLY: "PostOnly",
}
TRIGGER_BY = {fa.PriceSource.LAST: "LastPrice", fa.PriceSource.MARK: "MarkPrice", fa.PriceSource.INDEX: "IndexPrice"}
_STOP_WORDS = {"take_profit": ("takeProfit", "tp"), "stop_loss": ("stopLoss", "sl")}
"""What a stop's price is called, and what the names of its other fields begin with."""
_SIDE = {name.lower(): side for side, name in _WIRE_SIDE.items()}
# Orders for retail users to take ("RPI") never take themselves.
_FORCE = {"rpi": fa.TimeInForce.POST_ONLY} | {name.lower(): force for force, name in _WIRE_FORCE.items()}
_SOURCES = {name.lower(): source for source, name in TRIGGER_BY.items()}
_TYPE = {"limit": fa.OrderType.LIMIT, "market": fa.OrderType.MARKET}
_STATUS = {
    "new": fa.OrderStatus.NEW,
    "untriggered": fa.OrderStatus.NEW,
    "triggered": fa.OrderStatus.NEW,
    "active": fa.OrderStatus.NEW,
    "created": fa.OrderStatus.NEW,
    "partiallyfilled": fa.OrderStatus.PARTIALLY_FILLED,
    "filled": fa.OrderStatus.FILLED,
    "cancelled": fa.OrderStatus.CANCELED,
    "partiallyfilledcanceled": fa.OrderStatus.CANCELED,
    # A trigger order, or an attached TP/SL, that is gone.
    "deactivated": fa.OrderStatus.CANCELED,
    "rejected": fa.OrderStatus.REJECTED,
}
WAITING = frozenset({"untriggered", "deactivated"})
"""Orders that wait for a price, or did until they were cancelled."""
_KINDS = {
    "stop": fa.OrderKind.TRIGGER,
    "takeprofit": fa.OrderKind.TAKE_PROFIT,
    "partialtakeprofit": fa.OrderKind.TAKE_PROFIT,
    "stoploss": fa.OrderKind.STOP_LOSS,
    "partialstoploss": fa.OrderKind.STOP_LOSS,
    "trailingstop": fa.OrderKind.TRAILING,
}
# https://bybit-exchange.github.io/docs/v5/enum#exectype
# "FutureSpread: Spread leg execution"; the sample of the page "Spread: Execution" has the leg's own price, size, fee.
_FILLS = frozenset({"trade", "blocktrade", "futurespread", "adltrade", "busttrade", "settle", "delivery"})
# "2026-08-20: remove CorporateAction; add ForwardSplitSettle, ReverseSplitSettle, Dividend": of contracts on stocks.
_STOCKS = ("corporateaction", "forwardsplitsettle", "reversesplitsettle", "dividend")
NO_FILLS = frozenset({"funding", "moveposition", "sessionsettlepnl", *_STOCKS})
"""What else stands among the executions."""


def _kind(stop: str | None, status: str | None) -> fa.OrderKind:
    waits = (status or "").lower() in WAITING
    return _KINDS.get((stop or "").lower(), fa.OrderKind.TRIGGER if waits else fa.OrderKind.PLAIN)


def _type(kind: fa.OrderType | None, created: str | None, status: str | None, stop: fa.OrderKind) -> fa.OrderType:
    origin = (created or "").lower()
    if origin.startswith(("createbyliq", "createbytakeover")):
        return fa.OrderType.LIQUIDATION
    if origin.startswith("createbyadl"):
        return fa.OrderType.ADL
    if (status or "").lower() in WAITING or stop is not fa.OrderKind.PLAIN:
        return fa.OrderType.TRIGGER
    return kind or fa.OrderType.UNKNOWN


def _left(quantity: Decimal, filled: Decimal | None) -> Decimal | None:
    # The venue's own figure is 0 once an order is cancelled.
    return fa.EXACT.subtract(quantity, filled) if filled is not None and quantity >= filled else None


def _average(name: str, value: Decimal | None, filled: Decimal | None) -> Decimal | None:
    if not value or not filled:
        return None
    return fa.divide(filled, value) if is_inverse(name) else fa.divide(value, filled)


def _fee(details: object, alone: Decimal | None) -> Decimal | None:
    """Of one coin; several cannot be added up."""
    charged = _charged(details)
    if len(charged) > 1:
        raise fa.DecodeError(f"cumFeeDetail names several coins: {', '.join(charged)}", path="cumFeeDetail")
    return next((fa.decimal_or_none(cast("Any", fee), "cumFeeDetail") for fee in charged.values()), alone)


def _fee_coin(details: object, said: str | None, name: str, filled: Decimal | None) -> str | None:
    return next(iter(_charged(details)), said or (settle_of(name) if filled else None))


def _charged(details: object) -> dict[str, object]:
    if details is None or details == "":
        return {}
    charged: dict[str, object] = cast("dict[str, object]", details) if isinstance(details, dict) else {"": None}
    if not all(isinstance(fee, str) for fee in charged.values()):
        raise fa.DecodeError("cumFeeDetail is no table of coins and amounts", path="cumFeeDetail")
    return charged


@fa.table
def orders(row: wire.WireOrder) -> fa.Order:
    """Orders, open, waiting and past."""
    name, side = needed(text(row.symbol)), needed(word(row.side, _SIDE))
    kind = word(row.order_type, _TYPE, unknown=fa.OrderType.UNKNOWN)
    # Of a market order the price is the bound that the venue has set for slippage.
    limit, trigger, average = fa.resting(kind, price(row.price)), price(row.trigger_price), price(row.avg_price)
    status = needed(word(row.order_status, _STATUS, unknown=fa.OrderStatus.UNKNOWN))
    amount, done = needed(size(row.qty)), number(row.cum_exec_qty)
    # What was asked for at a price is what that price makes of it, whatever it was filled at.
    worth, prices = made(dollar, name), (limit, trigger, average, price(row.price))
    quantity, filled = needed(in_base(amount, None, worth, *prices)), in_base(done, None, worth, *prices)
    stop = made(_kind, text(row.stop_order_type), text(row.order_status))
    return fa.Order(
        **fa.named(VENUE, row.symbol, unified_symbol, spelled=str.upper),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.order_link_id),
        side=side,
        type=fa.otherwise(made(_type, kind, text(row.create_type), text(row.order_status), stop), fa.OrderType.UNKNOWN),
        kind=fa.otherwise(stop, fa.OrderKind.PLAIN),
        # What is at market reads back as IOC, which says nothing.
        time_in_force=fa.resting(kind, word(row.time_in_force, _FORCE)),
        price=limit,
        trigger_price=trigger,
        trigger_by=word(row.trigger_by, _SOURCES),
        average_price=fa.either(average, made(_average, name, number(row.cum_exec_value), done)),
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


def _traded(side: fa.Side, kind: str | None) -> fa.Side:
    if kind is not None and kind.lower() not in _FILLS:
        raise fa.DecodeError(f"execType has the unknown word {kind[:40]!r}", path="execType")
    return side


def _paid(fee: Decimal | None, extra: object, coin: str) -> Decimal | None:
    """The venue's fee, and the taxes on it that some countries' users pay: lists, or text that holds one."""
    if fee is None or not extra:
        return fee
    for tax in _listed(extra):
        if tax.get("feeCoin") not in (None, "", coin):
            raise fa.DecodeError(f"extraFees are not all {coin}, as the fee is", path="extraFees")
        fee = fa.EXACT.add(fee, fa.decimal_or_none(tax.get("fee"), "extraFees") or Decimal(0))
    return fee


def _listed(extra: object) -> list[dict[str, Any]]:
    """What `extraFees` lists.

    Raises:
        DecodeError: It is no list of tables, nor text of one.
    """
    try:
        return msgspec.convert(msgspec.json.decode(extra) if isinstance(extra, str) else extra, list[dict[str, Any]])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise fa.DecodeError("extraFees is no list of fees", path="extraFees") from error


@fa.table
def fills(row: wire.WireFill) -> fa.Fill:
    """Executions that are trades."""
    name, amount = needed(text(row.symbol)), needed(size(row.exec_qty))
    at = needed(price(row.exec_price))
    coin = made(lambda coin, name: coin or settle_of(name), text(row.fee_currency), name)
    return fa.Fill(
        venue=VENUE,
        fill_id=needed(identifier(row.exec_id)),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.order_link_id),
        symbol=made(unified_symbol, name),
        venue_symbol=made(str.upper, name),
        side=made(_traded, needed(word(row.side, _SIDE)), text(row.exec_type)),
        price=at,
        quantity=needed(in_base(amount, None, made(dollar, name), at)),
        fee=made(_paid, number(row.exec_fee), row.extra_fees, coin),
        fee_coin=coin,
        role=fa.if_said(lambda maker: fa.Role.MAKER if maker else fa.Role.TAKER, yes_no(row.is_maker)),
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


def stop_source(row: wire.WireOrder, stop: str) -> fa.PriceSource | None:
    """Which price an attached take-profit or stop-loss waits for; None where no known word says it."""
    said = {"take_profit": row.tp_trigger_by, "stop_loss": row.sl_trigger_by}[stop]
    return _SOURCES.get(str(said).lower())


# Writing

_STOPS = ("price", "limit_price", *(f"trigger_by={source}" for source in TRIGGER_BY))
ORDER_FIELDS = fa.OrderFields(
    limit=fa.carries(time_in_force=fa.TimeInForce, stops=_STOPS),
    market=fa.carries(stops=_STOPS),
    trigger=fa.carries(trigger_by=TRIGGER_BY, time_in_force=fa.TimeInForce, stops=_STOPS),
    closing_trigger=fa.carries(trigger_by=TRIGGER_BY, time_in_force=fa.TimeInForce),
    # "reduceOnly cannot be combined with TP/SL".
    only_opening=fa.carries(stops=_STOPS),
    # Of a whole position, which is closed at market.
    stops=frozenset(_STOPS) - {"price", "limit_price"},
)


def order_body(order: fa.PlannedOrder) -> dict[str, Any]:
    """An order as `order/create` takes it; in a batch without its category, which stands beside the list."""
    request, stops = order.request, order.request.attached
    force = _WIRE_FORCE[request.time_in_force or fa.TimeInForce.GTC]
    partial = any(stop.limit_price is not None for stop in stops.values())
    return fa.given(
        {
            "category": category_of(order.venue_symbol),
            "symbol": order.venue_symbol,
            "side": _WIRE_SIDE[request.side],
            "orderType": "Market" if request.price is None else "Limit",
            "qty": fa.to_text(request.quantity if order.contracts is None else order.contracts),
            "price": fa.written(request.price),
            "timeInForce": "IOC" if request.price is None else force,
            "positionIdx": INDEX[order.position_side] if order.position_mode is fa.PositionMode.HEDGE else 0,
            "reduceOnly": True if request.intent is fa.Intent.CLOSE else None,
            "orderLinkId": order.client_order_id,
            # A limit price needs the mode in which TP/SL are for a part of the position: that of the order.
            "tpslMode": ("Partial" if partial else "Full") if stops else None,
            **stop_fields(stops),
        }
    )


def stop_fields(stops: Mapping[str, fa.Stop], by: fa.PriceSource | None = None) -> dict[str, str]:
    """Take-profit and stop-loss as they are written; those that say no source of the price are of `by`."""
    fields: dict[str, str] = {}
    for name, stop in stops.items():
        long, short = _STOP_WORDS[name]
        fields[long] = fa.to_text(stop.price)
        if (source := stop.trigger_by or by) is not None:
            fields[f"{short}TriggerBy"] = TRIGGER_BY[source]
        if stop.limit_price is not None:
            fields |= {f"{short}OrderType": "Limit", f"{short}LimitPrice": fa.to_text(stop.limit_price)}
    return fields


def by_id(order_id: str | None, client_order_id: str | None) -> dict[str, str]:
    """An order by one of its ids."""
    return {"orderId": order_id} if order_id is not None else {"orderLinkId": client_order_id or ""}


def read_ack(item: wire.WireIds) -> fa.Ack:
    """The ids of an order that the gateway has taken."""
    return fa.Ack(None if not item.order_id else str(item.order_id), item.order_link_id or None)


def verdicts_of(answer: wire.WireRows[wire.WireIds]) -> list[fa.Refusal | None]:
    """Of each item of a batch, by its place: None for what was accepted.

    Where the two lists do not match, nothing is known of any item.
    """
    rows, verdicts = answer.rows or [], answer.verdicts
    if verdicts is None or len(verdicts) != len(rows):
        return []
    return [
        None if str(verdict.code) == "0" else fa.Refusal(str(verdict.code), verdict.msg or "") for verdict in verdicts
    ]


def read_acks(answer: wire.WireRows[wire.WireIds]) -> list[fa.Ack | fa.Refusal]:
    """The answers in the order of the requests."""
    return [reason or read_ack(row) for row, reason in zip(answer.rows or (), verdicts_of(answer), strict=False)]
