"""What happens to an account, told as it happens: to streams, and to whoever else listens to the engine.

An event is told when everything that it says is true: after a fill the position, the order, the balance and the
ledger have changed already. The records are the engine's own and go on changing: a listener that wants to keep
something copies it. Listeners are called in the middle of the engine's work and must not call back into it, except
to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from futures_async.simulator.accounts import Account
from futures_async.simulator.records import Fill, Order, PositionRecord, Trigger
from futures_async.unified.enums import PositionSide


class OrderChange(StrEnum):
    """What happened to an order."""

    ACCEPTED = "accepted"
    AMENDED = "amended"
    """Changed in place, its ids kept."""
    FILLED = "filled"
    """In part or whole."""
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """An order was accepted, changed, filled or cancelled. Refused orders tell nothing."""

    order: Order
    change: OrderChange
    fill: Fill | None = None
    """Of FILLED: this one execution."""


@dataclass(frozen=True, slots=True)
class PositionEvent:
    """A position was opened, changed or closed, by a fill, by funding, or by what was set."""

    symbol: str
    side: PositionSide
    closed: PositionRecord | None = None
    """Not None: it is gone."""


@dataclass(frozen=True, slots=True)
class BalanceEvent:
    """The balance of a coin has changed."""

    coin: str


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """A waiting order was placed, changed, fired or cancelled."""

    trigger: Trigger


@dataclass(frozen=True, slots=True)
class SettingEvent:
    """Leverage or a mode was set."""

    symbol: str | None
    """None: of every symbol that settles in the same coin."""


Event: TypeAlias = OrderEvent | PositionEvent | BalanceEvent | TriggerEvent | SettingEvent
Listener: TypeAlias = Callable[[Account, Event], None]


def coin_of(event: Event, *, closing: bool = True) -> str | None:
    """The coin of which something was paid, or is bound in another way now; None where nothing is.

    Args:
        event: Of a fill the balance tells.
        closing: An order that closes counts too.
    """
    match event:
        case BalanceEvent(coin):
            return coin
        case OrderEvent(order=order, fill=None) if closing or not order.closes:
            return order.symbol.rpartition(":")[2]
        case SettingEvent(symbol=str(symbol)):
            return symbol.rpartition(":")[2]
        case _:
            return None
