"""BitMart's orders, waiting orders and fills to the unified models. Pure functions.

Sizes are contracts on the wire and base coin here: every function is given the `Contract`.
"""

from __future__ import annotations

from decimal import Decimal

from futures_async.adapter import (
    EXACT,
    Contract,
    Fill,
    Order,
    OrderKind,
    OrderStatus,
    OrderType,
    PriceSource,
    finite,
    known,
    known_or_none,
    positive_or_none,
    required_id,
)
from futures_async.adapters.bitmart.wire import (
    WireOrder,
    WirePlanOrder,
    WireTrade,
)
from futures_async.adapters.bitmart.words import (
    CLOSING,
    HEDGE_SIDE,
    MARGIN_MODE,
    ORDER_TYPE,
    ROLE,
    SIDE,
    TIME_IN_FORCE,
    VENUE,
    any_ms,
    base_quantity,
    positive,
    promised_ms,
    text_or_none,
)


def status_of(state: int, size: Decimal, filled: Decimal) -> OrderStatus:
    """Where an order stands: state 4 is "finished", so the sizes say whether it filled."""
    if state == 1:
        return OrderStatus.NEW
    if state not in (2, 4):
        return OrderStatus.UNKNOWN
    if size > 0 and filled >= size:
        return OrderStatus.FILLED
    if state == 4:
        return OrderStatus.CANCELED
    return OrderStatus.PARTIALLY_FILLED if filled > 0 else OrderStatus.NEW


def to_order(wire: WireOrder, contract: Contract) -> Order:
    """An order of the order endpoints. Time in force, fee and cause of a cancel are not reported."""
    size = finite(wire.size, "size")
    filled = finite(wire.deal_size, "deal_size")
    quantity = base_quantity(size, contract, "size")
    filled_quantity = base_quantity(filled, contract, "deal_size")
    kind = known_or_none(ORDER_TYPE, wire.type) or OrderType.UNKNOWN
    hedge = wire.position_mode == "hedge_mode"
    return Order(
        venue=VENUE,
        raw=wire,
        symbol=contract.symbol,
        venue_symbol=wire.symbol,
        order_id=required_id(wire.order_id, "order_id"),
        client_order_id=text_or_none(wire.client_order_id),
        side=known(SIDE, str(wire.side), "side"),
        type=kind,
        price=None if kind is OrderType.MARKET else positive_or_none(wire.price, "price"),
        average_price=positive_or_none(wire.deal_avg_price, "deal_avg_price"),
        quantity=quantity,
        filled_quantity=filled_quantity,
        remaining_quantity=EXACT.subtract(quantity, filled_quantity),
        status=status_of(wire.state, size, filled),
        reduce_only=wire.side in CLOSING,
        position_side=HEDGE_SIDE.get(wire.side) if hedge else None,
        margin_mode=known_or_none(MARGIN_MODE, wire.open_type),
        leverage=positive(wire.leverage, "leverage"),
        created_ms=promised_ms(wire.create_time, "create_time"),
        updated_ms=any_ms(wire.update_time, "update_time"),
    )


PLAN_KIND = {"take_profit": OrderKind.TAKE_PROFIT, "stop_loss": OrderKind.STOP_LOSS}
PRICE_SOURCE = {1: PriceSource.LAST, 2: PriceSource.MARK}


def to_trigger_order(wire: WirePlanOrder, contract: Contract) -> Order:
    """A conditional order that waits. `price` is what it will be sent at, None at market."""
    quantity = base_quantity(wire.size, contract, "size")
    trigger = finite(wire.trigger_price, "trigger_price")
    hedge = wire.position_mode == "hedge_mode"
    return Order(
        venue=VENUE,
        raw=wire,
        symbol=contract.symbol,
        venue_symbol=wire.symbol,
        order_id=required_id(wire.order_id, "order_id"),
        client_order_id=text_or_none(wire.client_order_id),
        side=known(SIDE, str(wire.side), "side"),
        type=OrderType.TRIGGER,
        kind=PLAN_KIND.get(wire.type or "", OrderKind.TRIGGER),
        trigger_price=trigger,
        trigger_by=PRICE_SOURCE.get(wire.price_type or 0),
        time_in_force=TIME_IN_FORCE.get(str(wire.mode)),
        price=positive(wire.executive_price, "executive_price"),
        quantity=quantity,
        status=OrderStatus.NEW,
        reduce_only=wire.side in CLOSING,
        position_side=HEDGE_SIDE.get(wire.side) if hedge else None,
        margin_mode=known_or_none(MARGIN_MODE, wire.open_type),
        leverage=positive(wire.leverage, "leverage"),
        created_ms=any_ms(wire.create_time, "create_time"),
        updated_ms=any_ms(wire.update_time, "update_time"),
    )


def to_fill(wire: WireTrade, contract: Contract) -> Fill:
    """An execution; the fee is in the quote coin, paid is positive."""
    return Fill(
        venue=VENUE,
        raw=wire,
        fill_id=required_id(wire.trade_id, "trade_id"),
        order_id=required_id(wire.order_id, "order_id"),
        symbol=contract.symbol,
        venue_symbol=wire.symbol,
        side=known(SIDE, str(wire.side), "side"),
        price=finite(wire.price, "price"),
        quantity=base_quantity(wire.vol, contract, "vol"),
        fee=finite(wire.paid_fees, "paid_fees"),
        fee_coin=contract.quote,
        role=known_or_none(ROLE, wire.exec_type),
        realized_pnl=finite(wire.realised_profit, "realised_profit"),
        created_ms=promised_ms(wire.create_time, "create_time"),
    )
