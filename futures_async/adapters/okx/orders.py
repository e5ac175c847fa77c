"""Orders in both directions: how one is written, and how OKX tells of it.

`side` is what the market sees. What an order opens or closes is said by `posSide` in long/short mode, and by
`reduceOnly` in net mode. Time in force is a type of order, and so is a market order.

https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-place-order
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

import futures_async.adapter as fa
from futures_async.adapter import identifier, in_base, made, moment, needed, number, price, size, text, word, yes_no
from futures_async.adapters.okx import wire
from futures_async.adapters.okx.codes import SUCCESS
from futures_async.adapters.okx.mapping import MARGIN_MODE, VENUE, held_side, unified_symbol

SIDE = {side.value: side for side in fa.Side}
_WORD = {
    fa.TimeInForce.GTC: "limit",
    fa.TimeInForce.IOC: "ioc",
    fa.TimeInForce.FOK: "fok",
    fa.TimeInForce.POST_ONLY: "post_only",
}
_MARKET = ("market", "optimal_limit_ioc")
_MAKING = ("rpi", "elp")
"""Retail price improvement, by its name since 2026-08 and by the one before: such orders never take."""
_FORCE = {
    **{name: force for force, name in _WORD.items()},
    **dict.fromkeys(_MARKET, fa.TimeInForce.IOC),
    **dict.fromkeys(_MAKING, fa.TimeInForce.POST_ONLY),
}
_TYPE = dict.fromkeys(_FORCE, fa.OrderType.LIMIT) | dict.fromkeys(_MARKET, fa.OrderType.MARKET)
_ORIGIN = {
    "adl": fa.OrderType.ADL,
    "full_liquidation": fa.OrderType.LIQUIDATION,
    "partial_liquidation": fa.OrderType.LIQUIDATION,
}
ROLE = {"M": fa.Role.MAKER, "T": fa.Role.TAKER}
STATUS = {
    "live": fa.OrderStatus.NEW,
    "partially_filled": fa.OrderStatus.PARTIALLY_FILLED,
    "filled": fa.OrderStatus.FILLED,
    "canceled": fa.OrderStatus.CANCELED,
    "mmp_canceled": fa.OrderStatus.CANCELED,
    # Of orders that wait for a price. Of one that was set off only the order that it became tells the end.
    "pause": fa.OrderStatus.NEW,
    "order_failed": fa.OrderStatus.REJECTED,
    "partially_failed": fa.OrderStatus.REJECTED,
}
# Pairs of order side and position side that open; the other two close.
_OPENS = {(fa.Side.BUY, fa.PositionSide.LONG), (fa.Side.SELL, fa.PositionSide.SHORT)}
PRICE_SOURCE = {source.value: source for source in fa.PriceSource}
AT_MARKET = "-1"


def _type(kind: fa.OrderType | None, category: str | None) -> fa.OrderType | None:
    return _ORIGIN.get(category or "", kind)


def reduces(side: fa.Side, held: fa.PositionSide | None, said: bool | None) -> bool | None:
    """In long/short mode the pair says whether an order closes: the flag is ignored there."""
    return said if held is None else (side, held) not in _OPENS


def _cost(fee: Decimal | None, rebate: Decimal | None, coin: str | None, rebate_coin: str | None) -> Decimal | None:
    """What was paid, less what was given back in the same coin."""
    if fee is None:
        return None
    back = rebate if rebate is not None and rebate_coin == coin else Decimal(0)
    return fa.EXACT.minus(fa.EXACT.add(fee, back)) if fee or back else Decimal(0)


def attached_stop(own: Decimal | None, attached: object, field: str) -> Decimal | None:
    """The trigger price that an order brings along, in whichever of the two places it stands."""
    for row in cast("list[object]", attached if isinstance(attached, list) else []):
        own = own or (None if _failed(row) else fa.positive_or_none(getattr(row, field, None), field))
    return own


def _failed(row: object) -> bool:
    return isinstance(row, wire.WireAttached) and row.fail_code not in (None, "", "0")


def _refused(attached: object) -> str | None:
    """Why stops that an order was to bring along were not placed."""
    rows = cast("list[object]", attached if isinstance(attached, list) else [])
    failed = [row for row in rows if isinstance(row, wire.WireAttached) and _failed(row)]
    return "; ".join(f"[{row.fail_code}] {row.fail_reason or 'without a reason'}" for row in failed) or None


@fa.table_with
def orders(row: wire.WireOrder, contract: fa.Contract) -> fa.Order:
    """Orders, open and past."""
    side, held = needed(word(row.side, SIDE)), made(held_side, text(row.pos_side))
    kind = word(row.ord_type, _TYPE, unknown=fa.OrderType.UNKNOWN)
    limit, average = price(row.px), price(row.avg_px)
    of, worth = contract.contract_size, contract.contract_value
    quantity = needed(in_base(size(row.sz), of, worth, limit, average))
    filled = in_base(size(row.acc_fill_sz), of, worth, limit, average)
    return fa.Order(
        **fa.named(VENUE, row.inst_id, unified_symbol),
        order_id=needed(identifier(row.ord_id)),
        client_order_id=text(row.cl_ord_id),
        side=side,
        type=fa.otherwise(made(_type, kind, text(row.category)), fa.OrderType.UNKNOWN),
        time_in_force=fa.resting(kind, word(row.ord_type, _FORCE)),
        price=limit,
        average_price=average,
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=fa.minus(quantity, filled),
        status=needed(word(row.state, STATUS, unknown=fa.OrderStatus.UNKNOWN)),
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


def _fill(
    row: wire.WireFill | wire.WirePushedOrder, contract: fa.Contract, fee: fa.Loose, coin: fa.Text, at_ms: fa.Moment
) -> fa.Fill:
    at = needed(price(row.fill_px))
    quantity = in_base(size(row.fill_sz), contract.contract_size, contract.contract_value, at)
    return fa.Fill(
        **fa.named(VENUE, row.inst_id, unified_symbol),
        fill_id=needed(identifier(row.trade_id)),
        order_id=needed(identifier(row.ord_id)),
        client_order_id=text(row.cl_ord_id),
        side=needed(word(row.side, SIDE)),
        price=at,
        quantity=needed(quantity),
        fee=fa.negative(number(fee)),
        fee_coin=text(coin),
        role=word(row.exec_type, ROLE),
        realized_pnl=number(row.fill_pnl),
        created_ms=needed(moment(at_ms)),
    )


@fa.table_with
def fills(row: wire.WireFill, contract: fa.Contract) -> fa.Fill:
    """Executions. Their ids count per contract."""
    return _fill(row, contract, row.fee, row.fee_ccy, fa.either(row.fill_time, row.ts))


@fa.table_with
def pushed_fills(row: wire.WirePushedOrder, contract: fa.Contract) -> fa.Fill:
    """The execution that a pushed order tells of: `fee` is that of the whole order there."""
    return _fill(row, contract, row.fill_fee, row.fill_fee_ccy, row.fill_time)


# Writing

_STOPS = ("price", "limit_price", *(f"trigger_by={source}" for source in fa.PriceSource))
_CARRIED = fa.carries("margin_mode", stops=_STOPS)
ORDER_FIELDS = fa.OrderFields(
    limit=_CARRIED | fa.carries(time_in_force=fa.TimeInForce),
    market=_CARRIED,
    # Take profit and stop loss belong to opening orders.
    only_opening=fa.carries(stops=_STOPS),
    trigger=fa.carries("margin_mode", trigger_by=fa.PriceSource),
    stops=frozenset(_STOPS),
)


def to_contracts(quantity: Decimal, contract: fa.Contract | None, price: Decimal | None = None) -> str:
    """Base coin as a number of contracts, which may be a fraction of one; at a price where one is worth USD.

    Raises:
        InvalidOrder: The contract is not known, or the quantity is no number of them that could be written down.
    """
    if contract is None or (contract.contract_value is not None and price is None):
        raise fa.InvalidOrder(f"how many contracts {fa.to_text(quantity)} are cannot be told exactly")
    if contract.contract_value is not None and price is not None:
        return fa.to_text(contract.exact_contracts(quantity, price))
    contracts = fa.divide(quantity, contract.contract_size)
    if fa.multiply(contracts, contract.contract_size) != quantity:
        raise fa.InvalidOrder(
            f"{contract.symbol}: {fa.to_text(quantity)} {contract.base} is no number of contracts of "
            f"{fa.to_text(contract.contract_size)}; nothing is rounded"
        )
    return fa.to_text(contracts)


def order_frame(order: fa.PlannedOrder, margin_mode: fa.MarginMode) -> dict[str, Any]:
    """What all orders say, those that wait for a price too."""
    request = order.request
    body: dict[str, Any] = {
        "instId": order.venue_symbol,
        # Always said. That of a close must be the position's: another one would find none.
        "tdMode": margin_mode.value,
        "side": request.side.value,
        "sz": to_contracts(request.quantity, order.contract)
        if order.contracts is None
        else fa.to_text(order.contracts),
    }
    if order.position_mode is fa.PositionMode.HEDGE:
        body["posSide"] = order.position_side.value
    elif request.intent is fa.Intent.CLOSE:
        body["reduceOnly"] = True
    return body


def order_body(order: fa.PlannedOrder, margin_mode: fa.MarginMode) -> dict[str, Any]:
    """An order as `trade/order` takes it, or as an element of `batch-orders`."""
    request = order.request
    attached: dict[str, Any] = {}
    for name, stop in request.attached.items():
        short = "tp" if name == "take_profit" else "sl"
        attached[f"{short}TriggerPx"] = fa.to_text(stop.price)
        attached[f"{short}OrdPx"] = fa.written(stop.limit_price) or AT_MARKET
        attached[f"{short}TriggerPxType"] = stop.trigger_by and stop.trigger_by.value
    limit = request.type is fa.OrderType.LIMIT
    return order_frame(order, margin_mode) | fa.given(
        {
            "ordType": _WORD[request.time_in_force or fa.TimeInForce.GTC] if limit else "market",
            "px": fa.written(request.price),
            "clOrdId": order.client_order_id,
            "attachAlgoOrds": [fa.given(attached)] if attached else None,
        }
    )


def change_body(
    order: fa.Order, contract: fa.Contract | None, price: Decimal | None, quantity: Decimal | None
) -> dict[str, Any]:
    """A change as `amend-order` takes it: the size is the new total, filled parts included."""
    size = None if quantity is None else to_contracts(quantity, contract, order.price if price is None else price)
    new = fa.given({"newSz": size, "newPx": fa.written(price)})
    return {"instId": order.venue_symbol, "ordId": order.order_id, **new}


def read_ack(rows: Sequence[wire.WireAck]) -> fa.Ack:
    """The ids of the one order that was placed."""
    for row in rows:
        return _ack(row)
    raise fa.DecodeError("the answer holds no row", path="data")


def _ack(row: wire.WireAck) -> fa.Ack:
    """Its ids, or those of an order that waits."""
    order_id, client_id = row.ord_id or row.algo_id, row.cl_ord_id or row.algo_cl_ord_id
    return fa.Ack(str(order_id) if order_id else None, str(client_id) if client_id else None)


def refusal_of(row: wire.WireAck) -> fa.Refusal | None:
    """Why one item of a batch was refused; None where it was not."""
    return None if row.code in SUCCESS else fa.Refusal(row.code, str(row.s_msg or ""))


def read_acks(
    rows: Sequence[wire.WireVerdict], orders: Sequence[fa.PlannedOrder]
) -> list[fa.Ack | fa.Refusal | fa.ExchangeError]:
    """The answers in the order of the requests."""
    answered = {str(row.cl_ord_id): row for row in rows if row.cl_ord_id}
    return fa.by_client_id(answered, orders, lambda row: refusal_of(row) or _ack(row))
