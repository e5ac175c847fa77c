"""Open orders, each told from its beginning to its end."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import msgspec

from futures_async.streams.picture import (
    CHANGED,
    CLOSED,
    OPENED,
    PUSH,
    READ,
    Merged,
    Moment,
    Picture,
    Push,
    Remembered,
    change_of,
    older,
    same,
)
from futures_async.unified.enums import OrderStatus
from futures_async.unified.errors import UnreadRow
from futures_async.unified.models import Order
from futures_async.unified.watching import Change, ChangeSource

ENDED = frozenset((OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED))
VITAL = ("status", "quantity", "price", "trigger_price", "filled_quantity")
"""What a read must not tell otherwise without being counted, where both say it; rows of reads and pushes differ in
others."""
FIXED = ("client_order_id", "created_ms", "margin_mode", "position_side", "reduce_only")
"""What stays as it was when the order was placed: a read that leaves it out has not changed it."""


def advances(known: Order, order: Order) -> bool:
    """Whether a reading of an order that is open, as far as is known, tells what came later: terminal beats open, more
    filled beats less, later changed beats earlier. What a row does not say is no less than what is known."""
    if order.status in ENDED:
        return True
    before, now = known.filled_quantity, order.filled_quantity
    if before is not None and now is not None and before != now:
        return now > before
    return not older(order.updated_ms, known.updated_ms)


class Orders(Picture[Order]):
    """Open orders by id; an order that ended is told once, and never again.

    Args:
        unsaid: Fields that pushes leave out and reads tell: kept while the order lives, and at its end.
    """

    def __init__(self, unsaid: Sequence[str] = ()) -> None:
        super().__init__()
        self._unsaid = tuple(unsaid)
        self._known_at: dict[str, float] = {}
        """When the last push about each open order, or the answer that it was read from, arrived."""
        self._ended: Remembered[int] = Remembered()
        """When each ended."""

    def key(self, item: Order) -> str:
        return item.order_id

    def born_ms(self, item: Order) -> int | None:
        return item.created_ms

    def push(self, push: Push[Order], when: Moment) -> list[Change[Order]]:
        changes: list[Change[Order]] = []
        for order in push.items:
            self._take(order, PUSH, when, changes)
        if push.full:
            # A list says that one is open no more, and not how it ended: unless its end comes too, it is read.
            listed = {order.order_id for order in push.items}
            self.unsure = self.unsure or any(
                order_id not in listed and not when.too_soon_after(known_at)
                for order_id, known_at in self._known_at.items()
            )
        return changes

    def read(
        self, items: Sequence[Order], when: Moment, *, complete: bool = True, unread: Sequence[UnreadRow] = ()
    ) -> Merged[Order]:
        changes: list[Change[Order]] = []
        # Of a row without an id it can be asked, one by one, whether it is this one.
        listed = {str(row.facts.get("order_id", "")) for row in unread}
        for order in items:
            listed.add(order.order_id)
            self._take(order, READ, when, changes)
        untold = frozenset(change.item.order_id for change in changes if _tells_more(change))
        doubts: set[Hashable] = set()
        missing: list[Order] = []
        if complete:
            for order_id, known_at in self._known_at.items():
                if order_id in listed:
                    continue
                if when.too_soon_after(known_at):
                    doubts.add(order_id)
                else:
                    missing.append(self.current[order_id])
        return Merged(changes, frozenset(doubts), missing, untold)

    def past(self, items: Iterable[Order], when: Moment) -> list[Change[Order]]:
        changes: list[Change[Order]] = []
        # Looked for before the first is told: a long history makes what was told long ago be forgotten.
        ended = [
            order
            for order in items
            if order.status in ENDED
            and order.order_id not in self._ended
            and not older(order.updated_ms or order.created_ms, self.since_ms)
        ]
        for order in ended:
            self._take(order, READ, when, changes)
        return changes

    def settle(self, item: Order, found: Order | None, when: Moment) -> list[Change[Order]]:
        """Take in a looked-up order; one that the venue has forgotten ends with status UNKNOWN."""
        changes: list[Change[Order]] = []
        if found is not None:
            self._take(found, READ, when, changes)
        elif item.order_id in self.current:
            self._end(msgspec.structs.replace(item, status=OrderStatus.UNKNOWN), READ, when, changes)
        return changes

    def _take(self, order: Order, source: ChangeSource, when: Moment, changes: list[Change[Order]]) -> None:
        order_id = order.order_id
        if order_id in self._ended:
            return
        known = self.current.get(order_id)
        known_at = when.at if source is PUSH else when.until
        if known is not None:
            known_at = max(self._known_at[order_id], known_at)
            if not self.by_reads:
                self._known_at[order_id] = known_at
            if not advances(known, order):
                return
            order = _with_average(order, known)
            left_out = FIXED if source is READ else self._unsaid
            if left_out:
                order = _completed(order, known, left_out)
        if order.status in ENDED:
            self._end(order, source, when, changes)
            return
        if known is not None and (same(order, known) or (source is READ and order == known)):
            return
        self.current[order_id], self._known_at[order_id] = order, known_at
        kind = OPENED if known is None else CHANGED
        changes.append(change_of(kind, order, known, source, order.updated_ms, when))

    def _end(self, order: Order, source: ChangeSource, when: Moment, changes: list[Change[Order]]) -> None:
        self._known_at.pop(order.order_id, None)
        previous = self.current.pop(order.order_id, None)
        self._remember(self._ended, order.order_id, order.updated_ms or when.received_ms)
        changes.append(change_of(CLOSED, order, previous, source, order.updated_ms, when))


def _completed(order: Order, known: Order, names: Sequence[str]) -> Order:
    """An order with what its row leaves out, as it was known."""
    missing = {
        name: value for name in names if getattr(order, name) is None and (value := getattr(known, name)) is not None
    }
    return msgspec.structs.replace(order, **missing) if missing else order


def _tells_more(change: Change[Order]) -> bool:
    """Than was known, in what matters."""
    known, now = change.previous, change.item
    return known is None or any(
        None not in (before := getattr(known, name), after := getattr(now, name)) and before != after for name in VITAL
    )


def _with_average(order: Order, known: Order) -> Order:
    """A cancel may leave the average price out: as much is filled as before, so it stands."""
    if (
        known.average_price is not None  # asked first, as what rests has mostly none, and one that is there costs more
        and order.average_price is None
        and order.filled_quantity == known.filled_quantity
    ):
        return msgspec.structs.replace(order, average_price=known.average_price)
    return order
