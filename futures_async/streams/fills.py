"""Executions, each told once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal

from futures_async.streams.picture import (
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
)
from futures_async.unified.errors import UnreadRow
from futures_async.unified.exact import add, total
from futures_async.unified.models import Fill
from futures_async.unified.watching import Change, ChangeSource


class Fills(Picture[Fill]):
    """Executions, each told once, whether pushed, pushed again, or read."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: Remembered[int] = Remembered()
        self._executed: Remembered[Decimal] = Remembered()
        """Of each order, as pushes say it."""

    def key(self, item: Fill) -> Hashable:
        return item.key

    def push(self, push: Push[Fill], when: Moment) -> list[Change[Fill]]:
        for order_id, executed in (push.executed or {}).items():
            known = self._executed.get(order_id) or Decimal(0)
            told = total(fill.quantity for fill in push.items if fill.order_id == order_id)
            if executed > known:
                self._executed.keep(order_id, executed)
                # More than these: one was not pushed, or two as one.
                self.unsure = self.unsure or executed > add(known, told)
        return self._take(push.items, PUSH, when)

    def read(
        self, items: Sequence[Fill], when: Moment, *, complete: bool = True, unread: Sequence[UnreadRow] = ()
    ) -> Merged[Fill]:
        changes = self._take(items, READ, when)
        return Merged(changes, untold=frozenset(self.key(change.item) for change in changes))

    def past(self, items: Iterable[Fill], when: Moment) -> list[Change[Fill]]:
        return self._take(items, READ, when)

    def _take(self, items: Iterable[Fill], source: ChangeSource, when: Moment) -> list[Change[Fill]]:
        # Looked for before the first is told: a long history makes what was told long ago be forgotten.
        fresh = {
            key: fill
            for fill in items
            if (key := self.key(fill)) not in self._seen and not older(fill.created_ms, self.since_ms)
        }
        for key, fill in fresh.items():
            self._remember(self._seen, key, fill.created_ms or 0)
        return [change_of(OPENED, fill, None, source, fill.created_ms, when) for fill in fresh.values()]
