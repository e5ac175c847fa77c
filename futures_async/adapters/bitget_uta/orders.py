"""Orders in both directions: how one is written, and how v3 tells of it.

`side` is the trade side in both position modes, so it passes through as it is; what opens or closes is said by
`posSide` in hedge mode and by `reduceOnly` in one-way mode.

https://www.bitget.com/api-doc/uta/trade/Place-Order
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from futures_async.adapter import (
    EXACT,
    Ack,
    Dialect,
    Endpoint,
    ExchangeError,
    Fill,
    Intent,
    InvalidOrder,
    MarginMode,
    Number,
    Order,
    OrderFields,
    OrderRequest,
    OrderStatus,
    OrderType,
    Outcome,
    PlannedOrder,
    PositionMode,
    PositionSide,
    PriceSource,
    Refusal,
    Role,
    Side,
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
    to_decimal,
    to_text,
)
from futures_async.adapters._bitget import ProductType, unified_symbol
from futures_async.adapters.bitget_uta import wire
from futures_async.adapters.bitget_uta.mapping import MARGIN_MODE, POSITION_MODE, POSITION_SIDE, VENUE, total

_SIDE = {"buy": Side.BUY, "sell": Side.SELL}
_TYPE = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
_FORCE = {word.value: word for word in TimeInForce}
_ROLE = {"maker": Role.MAKER, "taker": Role.TAKER}
_YES_NO = {"yes": True, "no": False}
_STATUS = {
    # Passed the risk check; then accepted by the matching engine.
    "live": OrderStatus.NEW,
    "new": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "cancelled": OrderStatus.CANCELED,
    "canceled": OrderStatus.CANCELED,
}
# Pairs of order side and position side that open; the other two close.
_OPENS = {(Side.BUY, PositionSide.LONG), (Side.SELL, PositionSide.SHORT)}


def to_order(row: wire.WireOrder, category: ProductType) -> Order:
    """One order. In hedge mode the pair of `side` and `posSide` says whether it closes: `reduceOnly` says NO there."""
    side = known(_SIDE, row.side, "side")
    quantity = finite(row.qty, "qty")
    filled = decimal_or_none(row.cum_exec_qty, "cumExecQty")
    type_ = known_or_none(_TYPE, row.order_type) or OrderType.UNKNOWN
    if (row.exec_type or "").lower() == "liquidation":
        type_ = OrderType.LIQUIDATION
    hedge = known_or_none(POSITION_MODE, row.hold_mode) is PositionMode.HEDGE
    position_side = known_or_none(POSITION_SIDE, row.pos_side) if hedge else None
    if position_side is not None:
        reduce_only: bool | None = (side, position_side) not in _OPENS
    else:
        reduce_only = _YES_NO.get((row.reduce_only or "").lower())
    fee, fee_coin, unread = _fee(row.fee_detail)
    return Order(
        venue=VENUE,
        raw=row,
        unread=unread,
        symbol=unified_symbol(row.symbol, category),
        venue_symbol=row.symbol,
        order_id=required_id(row.order_id, "orderId"),
        client_order_id=row.client_oid or None,
        side=side,
        type=type_,
        # Market orders read back as gtc, which says nothing.
        time_in_force=None if type_ is OrderType.MARKET else known_or_none(_FORCE, row.time_in_force),
        price=positive_or_none(row.price, "price"),
        average_price=positive_or_none(row.avg_price, "avgPrice"),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=EXACT.subtract(quantity, filled) if filled is not None else None,
        status=known_or_none(_STATUS, row.order_status) or OrderStatus.UNKNOWN,
        reduce_only=reduce_only,
        position_side=position_side,
        margin_mode=known_or_none(MARGIN_MODE, row.margin_mode),
        leverage=positive_or_none(row.leverage, "leverage"),
        fee=fee,
        fee_coin=fee_coin,
        created_ms=ms_or_none(row.created_time, "createdTime"),
        updated_ms=ms_or_none(row.updated_time, "updatedTime"),
    )


class _Fee(NamedTuple):
    fee: Decimal | None = None
    coin: str | None = None
    unread: tuple[str, ...] = ()


def _fee(details: Sequence[wire.WireFee] | None) -> _Fee:
    """What was paid, and in which coin; fees in several coins have no sum, and stay in `raw`."""
    paid = [(row.fee_coin, decimal_or_none(row.fee, "feeDetail[].fee")) for row in details or ()]
    known_fees = [(coin, fee) for coin, fee in paid if fee is not None]
    if len({coin for coin, _ in known_fees}) > 1:
        return _Fee(unread=("feeDetail",))
    if not known_fees:
        return _Fee()
    return _Fee(total(fee for _, fee in known_fees), known_fees[0][0] or None)


def to_fill(row: wire.WireFill, category: ProductType) -> Fill:
    """One execution."""
    fee, fee_coin, unread = _fee(row.fee_detail)
    return Fill(
        venue=VENUE,
        raw=row,
        unread=unread,
        fill_id=required_id(row.exec_id, "execId"),
        order_id=required_id(row.order_id, "orderId"),
        client_order_id=row.client_oid or None,
        symbol=unified_symbol(row.symbol, category),
        venue_symbol=row.symbol,
        side=known(_SIDE, row.side, "side"),
        price=finite(row.exec_price, "execPrice"),
        quantity=finite(row.exec_qty, "execQty"),
        fee=fee,
        fee_coin=fee_coin,
        role=known_or_none(_ROLE, row.trade_scope),
        realized_pnl=decimal_or_none(row.exec_pnl, "execPnl"),
        created_ms=ms(row.created_time, "createdTime"),
    )


# Writing

TRIGGER_BY = {PriceSource.LAST: "market", PriceSource.MARK: "mark"}
_STOPS = ("price", "limit_price", *(f"trigger_by={source}" for source in TRIGGER_BY))
_CARRIED = carries("margin_mode", stops=_STOPS)
ORDER_FIELDS = OrderFields(
    limit=_CARRIED | carries(time_in_force=TimeInForce),
    # Market orders fill what they can: fill-or-kill needs a limit order.
    market=_CARRIED,
    # Take profit and stop loss belong to opening orders.
    only_opening=carries(stops=_STOPS),
)


def order_body(
    order: PlannedOrder, category: ProductType, margin_mode: MarginMode, *, batch: bool = False
) -> dict[str, str]:
    """An order as `place-order` takes it, or as an element of `place-batch`."""
    request = order.request
    closes = request.intent is Intent.CLOSE
    body = {
        "category": category,
        "symbol": order.venue_symbol,
        "qty": to_text(request.quantity),
        "side": request.side.value,
    }
    hedge = order.position_mode is PositionMode.HEDGE
    if hedge:
        # Required there, and nothing else says what is closed. In one-way mode it is left out.
        opens_long = (request.side is Side.BUY) is not closes
        body["posSide"] = "long" if opens_long else "short"
    body["orderType"] = request.type.value
    if request.price is not None:
        body["price"] = to_text(request.price)
    if request.type is OrderType.LIMIT:
        body["timeInForce"] = (request.time_in_force or TimeInForce.GTC).value
    if not batch:
        # Always said: an order without it is cross, whatever the account was used for before.
        body["marginMode"] = "isolated" if margin_mode is MarginMode.ISOLATED else "crossed"
    if closes and not hedge:
        body["reduceOnly"] = "yes"
    if order.client_order_id is not None:
        body["clientOid"] = order.client_order_id
    for name, stop in request.attached.items():
        word, short = ("takeProfit", "tp") if name == "take_profit" else ("stopLoss", "sl")
        body[word] = to_text(stop.price)
        if stop.trigger_by is not None:
            body[f"{short}TriggerBy"] = TRIGGER_BY[stop.trigger_by]
        if stop.limit_price is not None:
            body |= {f"{short}OrderType": "limit", f"{short}LimitPrice": to_text(stop.limit_price)}
    return body


def change_body(order: Order, category: ProductType, price: Decimal | None, quantity: Decimal | None) -> dict[str, str]:
    """A change as `modify-order` takes it; the quantity is the new total. A failed one leaves the order as it was."""
    return modify_item(order.order_id, order.venue_symbol, category, price, quantity)


def modify_item(
    order_id: str, venue_symbol: str, category: ProductType, price: Number | None, quantity: Number | None
) -> dict[str, str]:
    """The same as an element of `batch-modify-order`.

    Raises:
        InvalidOrder: Nothing would change, or a number is not above 0.
    """
    body = {"orderId": order_id}
    for name, given in (("qty", quantity), ("price", price)):
        if given is not None:
            number = to_decimal(given, name)
            if number <= 0:
                raise InvalidOrder(f"{name} must be above 0")
            body[name] = to_text(number)
    if len(body) == 1:
        raise InvalidOrder(f"nothing of order {order_id} would change: give price or quantity")
    return {**body, "autoCancel": "no", "symbol": venue_symbol, "category": category}


def max_open_body(request: OrderRequest, venue_symbol: str, category: ProductType) -> dict[str, str]:
    """What `max-open-available` is asked."""
    body = {
        "category": category,
        "symbol": venue_symbol,
        "orderType": request.type.value,
        "side": request.side.value,
        "size": to_text(to_decimal(request.quantity, "quantity")),
    }
    if request.price is not None:
        body["price"] = to_text(to_decimal(request.price, "price"))
    return body


def fits_batch(order: PlannedOrder, margin_mode: MarginMode) -> bool:
    """Whether `place-batch` says all there is to say: it is documented without reduceOnly, marginMode and TP/SL.

    A one-way close sent through it could flip the position.
    """
    request = order.request
    return (
        (request.intent is Intent.OPEN or order.position_mode is PositionMode.HEDGE)
        and margin_mode is MarginMode.CROSS
        and not request.attached
    )


def refusal_of(item: wire.WireIds, endpoint: Endpoint[Any], dialect: Dialect) -> ExchangeError | None:
    """Why one item of a list was refused; None for success, which has no code, or one of these."""
    code = "" if item.code is None else str(item.code)
    if code in ("", "0", "00000"):
        return None
    refusal = Refusal(code, item.msg or "refused without a message")
    rule = dialect.rule(refusal, endpoint)
    return (ExchangeError if rule is None else rule.error)(
        refusal.message,
        venue=VENUE,
        code=code,
        endpoint=endpoint.name,
        outcome=Outcome.REJECTED if rule is not None and rule.definitive else None,
        definitive=rule is not None and rule.definitive,
    )


def read_acks(
    items: Sequence[wire.WireIds], orders: Sequence[PlannedOrder], endpoint: Endpoint[Any], dialect: Dialect
) -> list[Ack | ExchangeError]:
    """The answers in the order of the requests: matched by client order id, never by position."""
    answered = {item.client_oid: item for item in items if item.client_oid}
    acks: list[Ack | ExchangeError] = []
    for order in orders:
        item = answered.get(order.client_order_id or "")
        if item is None:
            acks.append(
                ExchangeError(
                    f"the answer has no entry for {order.client_order_id}", venue=VENUE, endpoint=endpoint.name
                )
            )
            continue
        acks.append(refusal_of(item, endpoint, dialect) or read_ack(item))
    return acks


def read_ack(item: wire.WireIds) -> Ack:
    """The ids of an accepted order. The venue's own may be missing (reduce-only orders that displace others)."""
    return Ack(None if not item.order_id else str(item.order_id), item.client_oid or None)
