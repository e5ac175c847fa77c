"""The orders that close a position, or a part of it: one maker for all who close."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

from futures_async.trading.hooks import Hooks
from futures_async.unified.convert import EXACT, to_text
from futures_async.unified.enums import Intent, OrderKind, OrderType, PositionSide, Side
from futures_async.unified.errors import InvalidOrder
from futures_async.unified.exact import divide, multiply
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.inner import inner
from futures_async.unified.models import Contract, OrderRequest, Position

EXACTLY: ContextVar[bool] = inner("exactly", False)
"""The order closes what the venue has reported, to the last digit: also where that is off the step of today."""
CONTRACTS: ContextVar[Decimal | None] = inner("contracts", None)
"""How many contracts that is, where they are worth a fixed amount of quote coin."""


@contextmanager
def exactly(position: Position, part: Decimal) -> Generator[None]:
    """Orders inside close `part` of a position, as `counted` counts: a size that the venue itself has named."""
    token = EXACTLY.set(True)
    contracts = CONTRACTS.set(None if position.contract_value is None else part)
    try:
        yield
    finally:
        EXACTLY.reset(token)
        CONTRACTS.reset(contracts)


def counted(position: Position) -> Decimal:
    """How large a position is: base coin, or contracts where they are worth a fixed amount of quote coin.

    Raises:
        InvalidOrder: It does not say how many contracts it is.
    """
    if position.contract_value is None:
        return position.quantity
    if position.contracts is None:
        raise InvalidOrder(f"{position.symbol}: how many contracts the position is was not told: close it at the venue")
    return position.contracts


def in_base_coin(position: Position, part: Decimal) -> Decimal:
    """The base coin in a part of what `counted` tells."""
    if position.contract_value is None:
        return part
    return divide(multiply(position.quantity, part), counted(position))


def carried_of(exchange: FuturesExchange, position: Position, type: OrderType) -> dict[str, Any]:
    """What an order that closes a position says of it, where orders carry that: its margin mode and its leverage.

    A venue may hold one position of each mode in a contract, and an order without a mode is about the other one.
    """
    if not isinstance(exchange, Hooks):
        return {}
    carried = exchange.order_fields.of(OrderKind.PLAIN, type, Intent.CLOSE)
    return {word: getattr(position, word) for word in ("margin_mode", "leverage") if word in carried}


def closes_by(position: Position) -> Side:
    """The side of the orders that close a position."""
    return Side.SELL if position.side is PositionSide.LONG else Side.BUY


def closing_request(exchange: FuturesExchange, position: Position, part: Decimal) -> OrderRequest:
    """The market order that closes so much of a position; sent under `exactly`.

    Args:
        exchange: Where it is held.
        position: As read.
        part: As `counted` counts.
    """
    return OrderRequest(
        symbol=position.venue_symbol,
        side=closes_by(position),
        type=OrderType.MARKET,
        quantity=in_base_coin(position, part),
        intent=Intent.CLOSE,
        **carried_of(exchange, position, OrderType.MARKET),
    )


def parts_of(size: Decimal, contract: Contract | None) -> list[Decimal]:
    """What a size is closed in: market orders as large as the venue takes, and the rest exactly as it is.

    Args:
        size: As `counted` counts.
        contract: Its rules, as far as they are known.

    Raises:
        InvalidOrder: The largest market order is under the step.
    """
    most = None if contract is None else contract.max_market_quantity
    if contract is None or most is None or size <= most:
        return [size]
    part = contract.round_quantity(most)
    if part <= 0:
        raise InvalidOrder(
            f"{contract.venue}: the largest market order of {contract.symbol}, {to_text(most)}, is under its step "
            f"{to_text(contract.quantity_step)}: the position cannot be closed at market"
        )
    parts: list[Decimal] = []
    left = size
    while left > part:
        parts.append(part)
        left = EXACT.subtract(left, part)
    return [*parts, left]
