"""Acme's rows to the unified models."""

from __future__ import annotations

from decimal import Decimal

from futures_async.adapter import (
    Account,
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    Side,
    Ticker,
    check_symbol,
    finite,
    join,
    known,
    known_or_none,
    positive_or_none,
    required_id,
    split,
)
from tests.newcomer.acme.wire import WireBalance, WireOrder, WirePosition, WireTicker

SIDE = {"buy": Side.BUY, "sell": Side.SELL}
DIRECTION = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
KIND = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
STATE = {
    "open": OrderStatus.NEW,
    "part": OrderStatus.PARTIALLY_FILLED,
    "done": OrderStatus.FILLED,
    "gone": OrderStatus.CANCELED,
}


def to_symbol(contract: str) -> str:
    base, _, quote = contract.partition("_")
    return join(base, quote, quote) if quote else contract


def to_contract(symbol: str) -> str:
    parts = split(check_symbol(symbol))
    return symbol if parts is None else f"{parts.base}_{parts.quote}"


def to_ticker(wire: WireTicker) -> Ticker:
    return Ticker(
        venue="acme",
        raw=wire,
        symbol=to_symbol(wire.contract),
        venue_symbol=wire.contract,
        last_price=finite(wire.last, "last"),
        mark_price=finite(wire.mark, "mark"),
    )


def to_account(wire: WireBalance) -> Account:
    return Account(
        venue="acme",
        raw=wire,
        margin_coin=wire.coin,
        equity=finite(wire.equity, "equity"),
        available=finite(wire.free, "free"),
    )


def to_position(wire: WirePosition) -> Position:
    return Position(
        venue="acme",
        raw=wire,
        symbol=to_symbol(wire.contract),
        venue_symbol=wire.contract,
        side=known(DIRECTION, wire.direction, "direction"),
        quantity=finite(wire.size, "size"),
        entry_price=finite(wire.entry, "entry"),
        mark_price=finite(wire.mark, "mark"),
        leverage=positive_or_none(wire.leverage, "leverage"),
        position_mode=PositionMode.ONE_WAY,
        margin_coin=wire.contract.partition("_")[2],
    )


def to_order(wire: WireOrder) -> Order:
    size, done = finite(wire.size, "size"), finite(wire.done, "done")
    return Order(
        venue="acme",
        raw=wire,
        symbol=to_symbol(wire.contract),
        venue_symbol=wire.contract,
        order_id=required_id(wire.id, "id"),
        client_order_id=wire.tag,
        side=known(SIDE, wire.side, "side"),
        type=known_or_none(KIND, wire.kind) or OrderType.UNKNOWN,
        price=positive_or_none(wire.price, "price"),
        average_price=positive_or_none(wire.average, "average"),
        quantity=size,
        filled_quantity=done,
        remaining_quantity=max(Decimal(0), size - done),
        status=known_or_none(STATE, wire.state) or OrderStatus.UNKNOWN,
        reduce_only=wire.closing,
        created_ms=wire.at,
    )
