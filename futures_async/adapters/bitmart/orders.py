"""BitMart's orders, waiting orders and fills as unified models, one line a field.

Sizes are contracts on the wire and base coin here: a row is read with its `Contract` beside it.
"""

from __future__ import annotations

from decimal import Decimal

import futures_async.adapter as fa
from futures_async.adapter import identifier, made, needed, number, otherwise, price, read_by, size, text, times, word
from futures_async.adapters.bitmart import wire, words

STATE = words.codes({1: "accepted", 2: "live", 4: "finished"})


def _status(state: str | None, size: Decimal, filled: Decimal | None) -> fa.OrderStatus:
    """Where an order stands: a finished one may be filled or not, so the sizes say it."""
    if state == "accepted":
        return fa.OrderStatus.NEW
    if state not in ("live", "finished") or filled is None:
        return fa.OrderStatus.UNKNOWN
    if size > 0 and filled >= size:
        return fa.OrderStatus.FILLED
    if state == "finished":
        return fa.OrderStatus.CANCELED
    return fa.OrderStatus.PARTIALLY_FILLED if filled > 0 else fa.OrderStatus.NEW


def _held(mode: fa.PositionMode | None, held: fa.PositionSide | None) -> fa.PositionSide | None:
    return held if mode is fa.PositionMode.HEDGE else None


@fa.table_with
def orders(row: wire.WireOrder, contract: fa.Contract) -> fa.Order:
    """Orders of the order endpoints. Time in force, fee and cause of a cancel are not reported."""
    kind = word(row.type, words.ORDER_TYPE, unknown=fa.OrderType.UNKNOWN)
    count, done, one = needed(size(row.size)), size(row.deal_size), number(contract.contract_size)
    quantity, filled = needed(times(count, one)), times(done, one)
    return fa.Order(
        **fa.named(words.VENUE, row.symbol, words.unified_symbol),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.client_order_id),
        side=needed(word(row.side, words.SIDE)),
        type=otherwise(kind, fa.OrderType.UNKNOWN),
        price=made(lambda kind, price: None if kind is fa.OrderType.MARKET else price, kind, price(row.price)),
        average_price=price(row.deal_avg_price),
        quantity=quantity,
        filled_quantity=filled,
        remaining_quantity=fa.minus(quantity, filled),
        status=made(_status, word(row.state, STATE, unknown="unknown"), count, done),
        reduce_only=word(row.side, words.CLOSES),
        position_side=made(_held, word(row.position_mode, words.POSITION_MODE), word(row.side, words.HEDGE_SIDE)),
        margin_mode=word(row.open_type, words.MARGIN_MODE),
        leverage=read_by(row.leverage, words.positive),
        created_ms=read_by(row.create_time, words.any_ms),
        updated_ms=read_by(row.update_time, words.any_ms),
    )


@fa.table_with
def trigger_orders(row: wire.WirePlanOrder, contract: fa.Contract) -> fa.Order:
    """Conditional orders that wait. `price` is what they will be sent at, None at market."""
    return fa.Order(
        **fa.named(words.VENUE, row.symbol, words.unified_symbol),
        order_id=needed(identifier(row.order_id)),
        client_order_id=text(row.client_order_id),
        side=needed(word(row.side, words.SIDE)),
        type=fa.OrderType.TRIGGER,
        kind=otherwise(word(row.type, words.PLAN_KIND), fa.OrderKind.TRIGGER),
        trigger_price=needed(price(row.trigger_price)),
        trigger_by=word(row.price_type, words.PRICE_SOURCE),
        time_in_force=word(row.mode, words.TIME_IN_FORCE),
        price=read_by(row.executive_price, words.positive),
        quantity=needed(times(size(row.size), number(contract.contract_size))),
        status=fa.OrderStatus.NEW,
        reduce_only=word(row.side, words.CLOSES),
        position_side=made(_held, word(row.position_mode, words.POSITION_MODE), word(row.side, words.HEDGE_SIDE)),
        margin_mode=word(row.open_type, words.MARGIN_MODE),
        leverage=read_by(row.leverage, words.positive),
        created_ms=read_by(row.create_time, words.any_ms),
        updated_ms=read_by(row.update_time, words.any_ms),
    )


@fa.table_with
def fills(row: wire.WireTrade, contract: fa.Contract, *, pushed: bool = False) -> fa.Fill:
    """Executions. Read ones are paid for in the quote coin; pushed ones name the coin."""
    name = needed(text(row.symbol))
    return fa.Fill(
        venue=words.VENUE,
        fill_id=needed(identifier(row.trade_id)),
        order_id=needed(identifier(row.order_id)),
        symbol=made(words.unified_symbol, name),
        venue_symbol=name,
        side=needed(word(row.side, words.SIDE)),
        price=needed(number(row.price)),
        quantity=needed(times(size(row.vol), number(contract.contract_size))),
        client_order_id=text(row.client_order_id),
        fee=fa.negative(number(row.fee)) if pushed else number(row.paid_fees),
        fee_coin=text(row.fee_coin if pushed else contract.quote),
        role=word(row.exec_type, words.ROLE),
        realized_pnl=number(row.realised_profit),
        created_ms=needed(read_by(row.create_time, words.any_ms)),
    )
