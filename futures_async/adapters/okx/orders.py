"""Orders in both directions: how one is written, and how OKX tells of it.

`side` is what the market sees. What an order opens or closes is said by `posSide` in long/short mode, and by
`reduceOnly` in net mode. Time in force is a type of order, and so is a market order.

https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-place-order
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from futures_async.adapter import (
    EXACT,
    Ack,
    Contract,
    DecodeError,
    ExchangeError,
    Fill,
    Intent,
    InvalidOrder,
    Loose,
    MarginMode,
    Moment,
    Order,
    OrderFields,
    OrderStatus,
    OrderType,
    PlannedOrder,
    PositionMode,
    PositionSide,
    PriceSource,
    Refusal,
    Role,
    Side,
    Text,
    TimeInForce,
    by_client_id,
    carries,
    divide,
    either,
    identifier,
    in_base,
    made,
    minus,
    moment,
    multiply,
    named,
    needed,
    negative,
    number,
    otherwise,
    positive_or_none,
    price,
    size,
    table_with,
    text,
    to_text,
    word,
    yes_no,
)
from futures_async.adapters.okx import wire
from futures_async.adapters.okx.codes import SUCCESS
from futures_async.adapters.okx.mapping import MARGIN_MODE, VENUE, held_side, unified_symbol

SIDE = {side.value: side for side in Side}
_WORD = {
    TimeInForce.GTC: "limit",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
    TimeInForce.POST_ONLY: "post_only",
}
_MARKET = ("market", "optimal_limit_ioc")
_TYPE = {**dict.fromkeys(_WORD.values(), OrderType.LIMIT), **dict.fromkeys(_MARKET, OrderType.MARKET)}
_FORCE = {**{name: force for force, name in _WORD.items()}, **dict.fromkeys(_MARKET, TimeInForce.IOC)}
_ORIGIN = {
    "adl": OrderType.ADL,
    "full_liquidation": OrderType.LIQUIDATION,
    "partial_liquidation": OrderType.LIQUIDATION,
}
ROLE = {"M": Role.MAKER, "T": Role.TAKER}
STATUS = {
    "live": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "mmp_canceled": OrderStatus.CANCELED,
    # Of orders that wait for a price. Of one that was set off only the order that it became tells the end.
    "pause": OrderStatus.NEW,
    "order_failed": OrderStatus.REJECTED,
    "partially_failed": OrderStatus.REJECTED,
}
# Pairs of order side and position side that open; the other two close.
_OPENS = {(Side.BUY, PositionSide.LONG), (Side.SELL, PositionSide.SHORT)}
PRICE_SOURCE = {source.value: source for source in PriceSource}
AT_MARKET = "-1"


def _type(kind: OrderType | None, category: str | None) -> OrderType | None:
    return _ORIGIN.get(category or "", kind)


def reduces(side: Side, held: PositionSide | None, said: bool | None) -> bool | None:
    """In long/short mode the pair says whether an order closes: the flag is ignored there."""
    return said if held is None else (side, held) not in _OPENS


def _cost(fee: Decimal | None, rebate: Decimal | None, coin: str | None, rebate_coin: str | None) -> Decimal | None:
    """What was paid, less what was given back in the same coin."""
    if fee is None:
        return None
    back = rebate if rebate is not None and rebate_coin == coin else Decimal(0)
    return EXACT.minus(EXACT.add(fee, back)) if fee or back else Decimal(0)


def attached_stop(own: Decimal | None, attached: object, field: str) -> Decimal | None:
    """The trigger price that an order brings along, in whichever of the two places it stands."""
    for row in cast("list[object]", attached if isinstance(attached, list) else []):
        own = own or (None if _failed(row) else positive_or_none(getattr(row, field, None), field))
    return own


def _failed(row: object) -> bool:
    return isinstance(row, wire.WireAttached) and row.fail_code not in (None, "", "0")


def _refused(attached: object) -> str | None:
    """Why stops that an order was to bring along were not placed."""
    rows = cast("list[object]", attached if isinstance(attached, list) else [])
    failed = [row for row in rows if isinstance(row, wire.WireAttached) and _failed(row)]
    return "; ".join(f"[{row.fail_code}] {row.fail_reason or 'without a reason'}" for row in failed) or None


@table_with
def orders(row: wire.WireOrder, contract: Contract) -> Order:
    """Orders, open and past."""
    side, held = needed(word(row.side, SIDE)), made(held_side, text(row.pos_side))
    kind = word(row.ord_type, _TYPE, unknown=OrderType.UNKNOWN)
    limit, average = price(row.px), price(row.avg_px)
    of, worth = contract.contract_size, contract.contract_value
    quantity = needed(in_base(size(row.sz), of, worth, limit, average))
    filled = in_base(size(row.acc_fill_sz), of, worth, limit, average)
    return Order(
        **named(VENUE, row.inst_id, unified_symbol),
        order_id=needed(identifier(row.ord_id)),
        client_order_id=text(row.cl_ord_id),
        side=side,
        type=otherwise(made(_type, kind, text(row.category)), OrderType.UNKNOWN),
        time_in_force=made(
            lambda kind, force: None if kind is OrderType.MARKET else force, kind, word(row.ord_type, _FORCE)
        ),
        price=limit,
        average_price=average,
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=minus(quantity, filled),
        status=needed(word(row.state, STATUS, unknown=OrderStatus.UNKNOWN)),
        reduce_only=made(reduces, side, held, yes_no(row.reduce_only)),
        position_side=held,
        margin_mode=word(row.td_mode, MARGIN_MODE),
        leverage=price(row.lever),
        take_profit=made(attached_stop, price(row.tp_trigger_px), row.attach_algo_ords, "tp_trigger_px"),
        stop_loss=made(attached_stop, price(row.sl_trigger_px), row.attach_algo_ords, "sl_trigger_px"),
        stops_refused=made(_refused, row.attach_algo_ords),
        parent_order_id=identifier(row.algo_id),
        fee=made(_cost, number(row.fee), number(row.rebate), text(row.fee_ccy), text(row.rebate_ccy)),
        fee_coin=text(row.fee_ccy),
        created_ms=moment(row.c_time),
        updated_ms=moment(row.u_time),
    )


def _fill(row: wire.WireFill | wire.WirePushedOrder, contract: Contract, fee: Loose, coin: Text, at_ms: Moment) -> Fill:
    name, at = needed(text(row.inst_id)), needed(price(row.fill_px))
    quantity = in_base(size(row.fill_sz), contract.contract_size, contract.contract_value, at)
    return Fill(
        venue=VENUE,
        fill_id=needed(identifier(row.trade_id)),
        order_id=needed(identifier(row.ord_id)),
        client_order_id=text(row.cl_ord_id),
        symbol=made(unified_symbol, name),
        venue_symbol=name,
        side=needed(word(row.side, SIDE)),
        price=at,
        quantity=needed(quantity),
        fee=negative(number(fee)),
        fee_coin=text(coin),
        role=word(row.exec_type, ROLE),
        realized_pnl=number(row.fill_pnl),
        created_ms=needed(moment(at_ms)),
    )


@table_with
def fills(row: wire.WireFill, contract: Contract) -> Fill:
    """Executions. Their ids count per contract."""
    return _fill(row, contract, row.fee, row.fee_ccy, either(row.fill_time, row.ts))


@table_with
def pushed_fills(row: wire.WirePushedOrder, contract: Contract) -> Fill:
    """The execution that a pushed order tells of: `fee` is that of the whole order there."""
    return _fill(row, contract, row.fill_fee, row.fill_fee_ccy, row.fill_time)


# Writing

_STOPS = ("price", "limit_price", *(f"trigger_by={source}" for source in PriceSource))
_CARRIED = carries("margin_mode", stops=_STOPS)
ORDER_FIELDS = OrderFields(
    limit=_CARRIED | carries(time_in_force=TimeInForce),
    market=_CARRIED,
    # Take profit and stop loss belong to opening orders.
    only_opening=carries(stops=_STOPS),
    trigger=carries("margin_mode", trigger_by=PriceSource),
    stops=frozenset(_STOPS),
)


def to_contracts(quantity: Decimal, contract: Contract | None, price: Decimal | None = None) -> str:
    """Base coin as a number of contracts, which may be a fraction of one; at a price where one is worth USD.

    Raises:
        InvalidOrder: The contract is not known, or the quantity is no number of them that could be written down.
    """
    if contract is None or (contract.contract_value is not None and price is None):
        raise InvalidOrder(f"how many contracts {to_text(quantity)} are cannot be told exactly")
    if contract.contract_value is not None and price is not None:
        return to_text(contract.exact_contracts(quantity, price))
    contracts = divide(quantity, contract.contract_size)
    if multiply(contracts, contract.contract_size) != quantity:
        raise InvalidOrder(
            f"{contract.symbol}: {to_text(quantity)} {contract.base} is no number of contracts of "
            f"{to_text(contract.contract_size)}; nothing is rounded"
        )
    return to_text(contracts)


def order_frame(order: PlannedOrder, margin_mode: MarginMode) -> dict[str, Any]:
    """What all orders say, those that wait for a price too."""
    request = order.request
    body: dict[str, Any] = {
        "instId": order.venue_symbol,
        # Always said. That of a close must be the position's: another one would find none.
        "tdMode": margin_mode.value,
        "side": request.side.value,
        "sz": to_contracts(request.quantity, order.contract) if order.contracts is None else to_text(order.contracts),
    }
    if order.position_mode is PositionMode.HEDGE:
        body["posSide"] = order.position_side.value
    elif request.intent is Intent.CLOSE:
        body["reduceOnly"] = True
    return body


def order_body(order: PlannedOrder, margin_mode: MarginMode) -> dict[str, Any]:
    """An order as `trade/order` takes it, or as an element of `batch-orders`."""
    request, body = order.request, order_frame(order, margin_mode)
    limit = request.type is OrderType.LIMIT
    body["ordType"] = _WORD[request.time_in_force or TimeInForce.GTC] if limit else "market"
    if request.price is not None:
        body["px"] = to_text(request.price)
    if order.client_order_id is not None:
        body["clOrdId"] = order.client_order_id
    attached: dict[str, str] = {}
    for name, stop in request.attached.items():
        short = "tp" if name == "take_profit" else "sl"
        attached[f"{short}TriggerPx"] = to_text(stop.price)
        attached[f"{short}OrdPx"] = AT_MARKET if stop.limit_price is None else to_text(stop.limit_price)
        if stop.trigger_by is not None:
            attached[f"{short}TriggerPxType"] = stop.trigger_by.value
    if attached:
        body["attachAlgoOrds"] = [attached]
    return body


def change_body(
    order: Order, contract: Contract | None, price: Decimal | None, quantity: Decimal | None
) -> dict[str, Any]:
    """A change as `amend-order` takes it: the size is the new total, filled parts included."""
    body: dict[str, Any] = {"instId": order.venue_symbol, "ordId": order.order_id}
    if quantity is not None:
        body["newSz"] = to_contracts(quantity, contract, order.price if price is None else price)
    if price is not None:
        body["newPx"] = to_text(price)
    return body


def read_ack(rows: Sequence[wire.WireAck]) -> Ack:
    """The ids of the one order that was placed."""
    for row in rows:
        return _ack(row)
    raise DecodeError("the answer holds no row", path="data")


def _ack(row: wire.WireAck) -> Ack:
    """Its ids, or those of an order that waits."""
    order_id, client_id = row.ord_id or row.algo_id, row.cl_ord_id or row.algo_cl_ord_id
    return Ack(str(order_id) if order_id else None, str(client_id) if client_id else None)


def refusal_of(row: wire.WireAck) -> Refusal | None:
    """Why one item of a batch was refused; None where it was not."""
    return None if row.code in SUCCESS else Refusal(row.code, str(row.s_msg or ""))


def read_acks(rows: Sequence[wire.WireVerdict], orders: Sequence[PlannedOrder]) -> list[Ack | Refusal | ExchangeError]:
    """The answers in the order of the requests."""
    answered = {str(row.cl_ord_id): row for row in rows if row.cl_ord_id}
    return by_client_id(answered, orders, lambda row: refusal_of(row) or _ack(row))
