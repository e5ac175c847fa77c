"""What an account has done, as lists: filtered, newest first, in pages.

Rows are kept in the order in which they came, so their ids only grow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from futures_async.simulator.accounts import Account
from futures_async.simulator.records import Fill, LedgerRow, Order, PositionRecord, Trigger
from futures_async.simulator.world import World
from futures_async.unified.enums import OrderStatus

R = TypeVar("R", Order, Fill, LedgerRow, PositionRecord, Trigger)


class Facts(NamedTuple):
    """What a row can be found by."""

    id: int
    at_ms: int
    symbol: str | None
    order_id: int | None = None
    client_id: str | None = None


def facts(row: Order | Fill | LedgerRow | PositionRecord | Trigger) -> Facts:
    """Of one row: when an order was placed, a fill done, a balance changed, a position closed."""
    match row:
        case Fill():
            return Facts(row.id, row.created_ms, row.symbol, row.order.id, row.order.client_id)
        case PositionRecord():
            return Facts(row.record_id, row.closed_ms, row.position.symbol)
        case LedgerRow():
            return Facts(row.id, row.created_ms, row.symbol)
        case _:
            return Facts(row.id, row.created_ms, row.symbol, row.id, row.client_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows are asked for; None: whatever it is. Bounds in time are inclusive."""

    symbols: Container[str] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    order_id: int | None = None
    client_id: str | None = None
    before_id: int | None = None
    """Only rows with smaller ids."""
    limit: int = 100

    def fits(self, row: Order | Fill | LedgerRow | PositionRecord | Trigger) -> bool:
        """This row is one of them."""
        found = facts(row)
        return (
            (self.symbols is None or (found.symbol is not None and found.symbol in self.symbols))
            and (self.since_ms is None or found.at_ms >= self.since_ms)
            and (self.until_ms is None or found.at_ms <= self.until_ms)
            and self.order_id in (None, found.order_id)
            and self.client_id in (None, found.client_id)
        )


class PageOf(NamedTuple, Generic[R]):
    """Rows, newest first, and whether older ones match too."""

    rows: list[R]
    more: bool

    @property
    def last_id(self) -> int | None:
        """The oldest row's id: where the next page goes on."""
        return facts(self.rows[-1]).id if self.rows else None


def page(rows: Sequence[R], wanted: Wanted, also: Callable[[R], bool] | None = None) -> PageOf[R]:
    """The newest rows that are wanted, and that pass one more test where it is given."""
    before = wanted.before_id
    end = len(rows) if before is None else bisect_left(rows, before, key=lambda row: facts(row).id)
    found: list[R] = []
    for index in range(end - 1, -1, -1):
        row = rows[index]
        if wanted.fits(row) and (also is None or also(row)):
            if len(found) == wanted.limit:
                return PageOf(found, more=True)
            found.append(row)
    return PageOf(found, more=False)


class Lists:
    """What lookups can see: not yet what is younger than the exchange's lag."""

    def __init__(self, world: World) -> None:
        self._world = world

    def open_orders(self, account: Account) -> list[Order]:
        """Oldest first."""
        now = self._world.now_ms
        return sorted((o for o in account.open_orders.values() if not o.hidden(now)), key=lambda order: order.id)

    def past_orders(self, account: Account) -> list[Order]:
        """Filled and cancelled ones, in the order of their ids."""
        now = self._world.now_ms
        ended = (OrderStatus.FILLED, OrderStatus.CANCELED)
        return [order for order in account.order_log if order.status in ended and not order.hidden(now)]

    def ledger(self, account: Account) -> list[LedgerRow]:
        """In the order in which they came."""
        return account.ledger

    def fills(self, account: Account) -> list[Fill]:
        """In the order in which they came."""
        return [fill for fill in account.fills if not fill.hidden(self._world.now_ms)]
