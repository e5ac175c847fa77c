"""Push and read merged into one picture by rule. Pure: no I/O, no clock; times of arrival are passed in.

What both know is judged by what the venue says of it: how far an order is filled, when a row was last changed, when a
push was sent. Where that decides nothing, two things can be, and neither is guessed. A read may be answered by a part
of the venue that has not heard yet of what another has pushed: so a push outranks every read that began less than
`LAG_S` after it, and what they disagree about is a *doubt*, to be read again after that. And a push may be late, sent
before a read was answered that knows more: it is left out, and the picture is *unsure* until the next read.

Nothing goes back in time for one key: an ended order stays ended, what was filled stays filled, a closed position is
not opened by a row of before.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from futures_async.unified.enums import OrderStatus
from futures_async.unified.models import Fill, Order
from futures_async.unified.watching import Change, ChangeKind, ChangeSource

T = TypeVar("T")

LAG_S = 2.0
"""How long a read may lag behind what was pushed."""
DOUBTS_BELIEVED = 3
"""So many reads in a row that say the same against an older push are right after all."""
ENDS_KEPT = 20_000
"""So many ended orders, closed positions and fills are remembered, so that none is told twice."""

ENDED = frozenset((OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED))

_SNAPSHOT, _OPENED, _CHANGED, _CLOSED = ChangeKind
_PUSH, _READ = ChangeSource


class Push(NamedTuple, Generic[T]):
    """What one message says."""

    items: Sequence[T]
    full: bool = False
    """These are all there are: what is missing is gone."""
    sent_ms: int | None = None
    """When the venue sent it, by its own clock."""


class Merged(NamedTuple, Generic[T]):
    """What a read changed, and what it left open."""

    changes: list[Change[T]]
    doubts: frozenset[Hashable] = frozenset()
    """Said otherwise by a recent push: read again."""
    missing: Sequence[T] = ()
    """Known as open, and not listed any more: to be looked up one by one."""
    untold: frozenset[Hashable] = frozenset()
    """What differed in what matters, and no push had told."""


class Moment(NamedTuple):
    """When something became known."""

    at: float
    """When the push arrived, or the read *began*; on the event loop's clock, seconds."""
    received_ms: int
    """When the push, or the read's answer, arrived; by the venue's clock, Unix milliseconds."""
    until: float = -math.inf
    """When the read's answer arrived, on the event loop's clock."""


class Kept(Generic[T]):
    """One thing in the picture, and what it rests on."""

    __slots__ = ("item", "known_at", "read_ms", "sent_ms")

    def __init__(self, item: T, known_at: float, sent_ms: int | None) -> None:
        self.item = item
        self.read_ms: int | None = None
        """When the last read that was believed of it was answered."""
        self.known_at = known_at
        """When the last push about it, or the answer that it was read from, arrived."""
        self.sent_ms = sent_ms
        """When the venue sent that push."""


class Grave(NamedTuple):
    """What is left of a thing that is gone."""

    known_at: float
    changed_ms: int | None
    sent_ms: int | None


class Picture(ABC, Generic[T]):
    """What the venue holds, as far as it was told."""

    def __init__(self) -> None:
        self.current: dict[Hashable, T] = {}
        self.unsure = False
        """A late push was left out: read again; for who does to set back."""

    @abstractmethod
    def push(self, push: Push[T], when: Moment) -> list[Change[T]]:
        """Take in a message; `when` it arrived."""

    @abstractmethod
    def read(self, items: Sequence[T], when: Moment, *, complete: bool = True) -> Merged[T]:
        """Take in an answer; `when` the read began. It is all there is if it is `complete`."""

    def past(self, items: Iterable[T], when: Moment) -> list[Change[T]]:
        """Take in what a venue's history says has ended or happened."""
        return []

    def settle(self, item: T, found: T | None, when: Moment) -> list[Change[T]]:
        """Take in what was found of one `missing` thing; None: the venue does not know it any more."""
        return []

    def reconnected(self) -> None:
        """Messages come from another connection now; when they were sent cannot be compared with those of before."""

    @abstractmethod
    def key(self, item: T) -> Hashable:
        """What a thing is known by."""


class RowRule(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a row is, for `Rows`."""

    key: Callable[[T], Hashable]
    """What it is known by."""
    changed_ms: Callable[[T], int | None]
    """When the venue last changed it, if it says."""
    gone: Callable[[T], bool]
    """It says that the thing is no more."""
    emptied: Callable[[T], T]
    """The row of a thing that is no more, from its last one."""
    vital: tuple[str, ...] = ()
    """What must not differ between picture and read without being counted; other fields follow the market."""


class Rows(Picture[T]):
    """Positions, accounts, tickers: one row for each key, replaced by its successor.

    Args:
        rule: What a row is.
        unsaid: Fields that pushes leave out and reads tell: kept while the thing lives.
    """

    def __init__(self, rule: RowRule[T], unsaid: Sequence[str] = ()) -> None:
        super().__init__()
        self._rule = rule
        self._changed_ms = rule.changed_ms
        self._gone = rule.gone
        self._unsaid = tuple(unsaid)
        self._kept: dict[Hashable, Kept[T]] = {}
        self._graves: OrderedDict[Hashable, Grave] = OrderedDict()
        self._doubts: dict[Hashable, int] = {}
        self._list_ms: int | None = None
        """When the last whole list was sent."""
        self._list_at = -math.inf
        """When it arrived."""
        self._read_ms: int | None = None
        """When the last whole read was answered."""

    def key(self, item: T) -> Hashable:
        return self._rule.key(item)

    def reconnected(self) -> None:
        self._list_ms = None
        for kept in self._kept.values():
            kept.sent_ms = None

    # Pushes

    def push(self, push: Push[T], when: Moment) -> list[Change[T]]:
        sent_ms = push.sent_ms
        if push.full and sent_ms is not None:
            if self._list_ms is not None and sent_ms < self._list_ms:
                return []  # overtaken by a younger list
            if _older(sent_ms, self._read_ms):
                self.unsure = True
                return []
            self._list_ms = sent_ms
        if push.full:
            self._list_at = when.at
            self._doubts.clear()
        changes: list[Change[T]] = []
        listed: set[Hashable] = set()
        for item in push.items:
            key = self.key(item)
            if self._doubts:
                self._doubts.pop(key, None)
            if self._gone(item):
                self._push_end(key, item, push, when, changes)
            else:
                listed.add(key)
                self._push_row(key, item, push, when, changes)
        if push.full:
            for key in [key for key in self._kept if key not in listed]:
                if not self._younger(self._kept[key].item, sent_ms):
                    self._close(key, None, _PUSH, sent_ms, when, changes)
        return changes

    def _push_row(self, key: Hashable, item: T, push: Push[T], when: Moment, changes: list[Change[T]]) -> None:
        kept = self._kept.get(key)
        changed_ms = self._changed_ms(item)
        if kept is None:
            grave = self._graves.get(key)
            if grave is not None and self._before_end(changed_ms, push.sent_ms, grave, push.full):
                return
        elif push.full:
            # A list is judged as a whole; only what was read since it was sent is younger.
            if self._younger(kept.item, push.sent_ms):
                return
        elif self._overtaken(kept, changed_ms, push.sent_ms):
            return
        self._put(key, item, _PUSH, changed_ms or push.sent_ms, when, changes, pushed=push)

    def _push_end(self, key: Hashable, item: T, push: Push[T], when: Moment, changes: list[Change[T]]) -> None:
        kept = self._kept.get(key)
        changed_ms = self._changed_ms(item)
        if kept is None:
            grave = self._graves.get(key)
            known_ms = None if grave is None else grave.changed_ms
            self._bury(key, when.at, max(changed_ms or 0, known_ms or 0) or None, push.sent_ms)
            return
        if push.full:
            if self._younger(kept.item, push.sent_ms):
                return
        elif _older(changed_ms, self._changed_ms(kept.item)):
            return
        self._close(key, item, _PUSH, push.sent_ms, when, changes)

    def _overtaken(self, kept: Kept[T], changed_ms: int | None, sent_ms: int | None) -> bool:
        """Something younger is known than what a push of one row says."""
        known_ms = self._changed_ms(kept.item)
        if _older(known_ms, changed_ms):
            return False
        if _older(changed_ms, known_ms) or _older(sent_ms, kept.sent_ms):
            return True
        if _older(sent_ms, kept.read_ms):
            self.unsure = True
            return True
        return False

    def _younger(self, item: T, sent_ms: int | None) -> bool:
        """The row was changed after a list was sent."""
        return _older(sent_ms, self._changed_ms(item))

    def _before_end(self, changed_ms: int | None, sent_ms: int | None, grave: Grave, full: bool) -> bool:
        """The row is of the life that has ended."""
        if full:
            return _older(sent_ms, grave.sent_ms)
        if changed_ms is not None and grave.changed_ms is not None and changed_ms != grave.changed_ms:
            return changed_ms < grave.changed_ms
        return _older(sent_ms, grave.sent_ms)

    # Reads

    def read(self, items: Sequence[T], when: Moment, *, complete: bool = True) -> Merged[T]:
        changes: list[Change[T]] = []
        doubts: set[Hashable] = set()
        listed: set[Hashable] = set()
        untold: set[Hashable] = set()
        if complete:
            self._read_ms = when.received_ms
        for item in items:
            if self._gone(item):
                continue
            key = self.key(item)
            listed.add(key)
            kept = self._kept.get(key)
            if kept is None:
                doubtful, differs = self._risen(key, item, when), True
            else:
                doubtful, differs = self._reread(kept, item, when)
            if doubtful and not self._believed(key):
                doubts.add(key)
            elif not doubtful:
                self._doubts.pop(key, None)
            if key in doubts or (kept is not None and self._stands(kept, item, when)):
                continue
            if differs:
                untold.add(key)
            self._put(key, item, _READ, self._changed_ms(item), when, changes)
        if complete:
            for key in [key for key in self._kept if key not in listed]:
                if self._kept[key].known_at + LAG_S > when.at and not self._believed(key):
                    doubts.add(key)
                    continue
                untold.add(key)
                self._doubts.pop(key, None)
                self._close(key, None, _READ, None, when, changes)
        for key in [key for key in self._doubts if key not in doubts]:
            del self._doubts[key]
        return Merged(changes, frozenset(doubts), (), frozenset(untold))

    def _risen(self, key: Hashable, item: T, when: Moment) -> bool:
        """Doubtful: a push has closed it, and the read may not have heard of that."""
        grave = self._graves.get(key)
        changed_ms = self._changed_ms(item)
        if grave is None:
            # A whole list that has just come does not know of it.
            return self._list_at + LAG_S > when.at and not _older(self._list_ms, changed_ms)
        if changed_ms is not None and grave.changed_ms is not None and changed_ms != grave.changed_ms:
            if changed_ms < grave.changed_ms:
                return True
            if _older(grave.sent_ms, changed_ms):
                return False  # changed after its end was told: a life of its own
        return grave.known_at + LAG_S > when.at

    def _reread(self, kept: Kept[T], item: T, when: Moment) -> tuple[bool, bool]:
        """Whether what is read contradicts younger knowledge, and whether it differs in what matters."""
        differs = any(getattr(kept.item, name) != getattr(item, name) for name in self._rule.vital)
        known_ms, read_ms = self._changed_ms(kept.item), self._changed_ms(item)
        if _older(known_ms, read_ms):
            return False, differs
        behind = _older(read_ms, known_ms) or kept.known_at + LAG_S > when.at
        return behind and differs, differs

    def _stands(self, kept: Kept[T], item: T, when: Moment) -> bool:
        """What is known says what a read says, or something younger: the read adds only what pushes leave out."""
        if _older(self._changed_ms(kept.item), self._changed_ms(item)):
            return False
        if _older(self._changed_ms(item), self._changed_ms(kept.item)) or kept.known_at + LAG_S > when.at:
            kept.item = self._completed(kept.item, item)
            self.current[self.key(kept.item)] = kept.item
            return True
        return False

    def _believed(self, key: Hashable) -> bool:
        """One more doubt about it; whether there were enough of them now."""
        self._doubts[key] = self._doubts.get(key, 0) + 1
        return self._doubts[key] > DOUBTS_BELIEVED

    # What both do

    def _put(
        self,
        key: Hashable,
        item: T,
        source: ChangeSource,
        venue_ms: int | None,
        when: Moment,
        changes: list[Change[T]],
        pushed: Push[T] | None = None,
    ) -> None:
        kept = self._kept.get(key)
        previous: T | None
        if kept is None:
            self._graves.pop(key, None)
            kind, previous = _OPENED, None
            if pushed is None:
                kept = self._kept[key] = Kept(item, when.until, None)
                kept.read_ms = when.received_ms
            else:
                kept = self._kept[key] = Kept(item, when.at, pushed.sent_ms)
        else:
            kind, previous = _CHANGED, kept.item
            if pushed is None:
                kept.known_at, kept.sent_ms, kept.read_ms = when.until, None, when.received_ms
            else:
                kept.known_at, kept.sent_ms = when.at, pushed.sent_ms
                item = self._completed(item, kept.item)
            if _same(item, previous):
                return
            kept.item = item
        self.current[key] = item
        changes.append(_change(kind, item, previous, source, venue_ms, when))

    def _completed(self, item: T, other: T) -> T:
        """`item` with what pushes leave out, as `other` has it."""
        missing = {
            name: value
            for name in self._unsaid
            if (value := getattr(other, name)) is not None and getattr(item, name) is None
        }
        return cast("T", msgspec.structs.replace(cast("Any", item), **missing)) if missing else item

    def _close(
        self,
        key: Hashable,
        item: T | None,
        source: ChangeSource,
        sent_ms: int | None,
        when: Moment,
        changes: list[Change[T]],
    ) -> None:
        kept = self._kept.pop(key)
        del self.current[key]
        changed_ms = self._changed_ms(kept.item if item is None else item)
        self._bury(key, when.at if source is _PUSH else -math.inf, changed_ms, sent_ms)
        last = self._rule.emptied(kept.item if item is None else item)
        venue_ms = sent_ms if item is None else changed_ms or sent_ms
        changes.append(_change(_CLOSED, last, kept.item, source, venue_ms, when))

    def _bury(self, key: Hashable, known_at: float, changed_ms: int | None, sent_ms: int | None) -> None:
        self._graves[key] = Grave(known_at, changed_ms, sent_ms)
        self._graves.move_to_end(key)
        while len(self._graves) > ENDS_KEPT:
            self._graves.popitem(last=False)


class Orders(Picture[Order]):
    """Open orders by id; an order that ended is told once, and never again.

    Args:
        since_ms: What the history says has ended before is not told.
    """

    def __init__(self, since_ms: int) -> None:
        super().__init__()
        self._since_ms = since_ms
        self._kept: dict[str, Kept[Order]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    def key(self, item: Order) -> str:
        return item.order_id

    def push(self, push: Push[Order], when: Moment) -> list[Change[Order]]:
        changes: list[Change[Order]] = []
        for order in push.items:
            self._take(order, _PUSH, when, changes)
        return changes

    def read(self, items: Sequence[Order], when: Moment, *, complete: bool = True) -> Merged[Order]:
        changes: list[Change[Order]] = []
        listed: set[str] = set()
        for order in items:
            listed.add(order.order_id)
            self._take(order, _READ, when, changes)
        untold = frozenset(change.item.order_id for change in changes)
        doubts: set[Hashable] = set()
        missing: list[Order] = []
        if complete:
            for order_id, kept in self._kept.items():
                if order_id in listed:
                    continue
                if kept.known_at + LAG_S > when.at:
                    doubts.add(order_id)
                else:
                    missing.append(kept.item)
        return Merged(changes, frozenset(doubts), missing, untold)

    def past(self, items: Iterable[Order], when: Moment) -> list[Change[Order]]:
        changes: list[Change[Order]] = []
        for order in items:
            if order.status in ENDED and not _older(order.updated_ms or order.created_ms, self._since_ms):
                self._take(order, _READ, when, changes)
        return changes

    def settle(self, item: Order, found: Order | None, when: Moment) -> list[Change[Order]]:
        """Take in a looked-up order; one that the venue has forgotten ends with status UNKNOWN."""
        changes: list[Change[Order]] = []
        if found is not None:
            self._take(found, _READ, when, changes)
        elif item.order_id in self._kept:
            self._end(msgspec.structs.replace(item, status=OrderStatus.UNKNOWN), _READ, when, changes)
        return changes

    def _take(self, order: Order, source: ChangeSource, when: Moment, changes: list[Change[Order]]) -> None:
        order_id = order.order_id
        if order_id in self._ended:
            return
        kept = self._kept.get(order_id)
        known_at = when.at if source is _PUSH else when.until
        if kept is not None:
            kept.known_at = max(kept.known_at, known_at)
            if not self._advances(kept.item, order):
                return
            order = _with_average(order, kept.item)
        if order.status in ENDED:
            self._end(order, source, when, changes)
            return
        if kept is None:
            self._kept[order_id] = Kept(order, known_at, None)
            kind, previous = _OPENED, None
        elif _same(order, kept.item):
            return
        else:
            kind, previous = _CHANGED, kept.item
            kept.item = order
        self.current[order_id] = order
        changes.append(_change(kind, order, previous, source, order.updated_ms, when))

    def _advances(self, known: Order, order: Order) -> bool:
        """Terminal beats open, more filled beats less, later changed beats earlier."""
        if order.status in ENDED:
            return True
        before, now = known.filled_quantity, order.filled_quantity
        if before is not None and now is not None and before != now:
            return now > before
        return not _older(order.updated_ms, known.updated_ms)

    def _end(self, order: Order, source: ChangeSource, when: Moment, changes: list[Change[Order]]) -> None:
        kept = self._kept.pop(order.order_id, None)
        self.current.pop(order.order_id, None)
        self._ended[order.order_id] = None
        while len(self._ended) > ENDS_KEPT:
            self._ended.popitem(last=False)
        previous = None if kept is None else kept.item
        changes.append(_change(_CLOSED, order, previous, source, order.updated_ms, when))


class Fills(Picture[Fill]):
    """Executions, each told once, whether pushed, pushed again, or read.

    Args:
        since_ms: What was executed before is known and not told.
    """

    def __init__(self, since_ms: int) -> None:
        super().__init__()
        self._since_ms = since_ms
        self._seen: OrderedDict[Hashable, int] = OrderedDict()

    def key(self, item: Fill) -> Hashable:
        return item.venue_symbol, item.fill_id

    def push(self, push: Push[Fill], when: Moment) -> list[Change[Fill]]:
        return self._take(push.items, _PUSH, when)

    def read(self, items: Sequence[Fill], when: Moment, *, complete: bool = True) -> Merged[Fill]:
        changes = self._take(items, _READ, when)
        return Merged(changes, untold=frozenset(self.key(change.item) for change in changes))

    def past(self, items: Iterable[Fill], when: Moment) -> list[Change[Fill]]:
        return self._take(items, _READ, when)

    def _take(self, items: Iterable[Fill], source: ChangeSource, when: Moment) -> list[Change[Fill]]:
        changes: list[Change[Fill]] = []
        for fill in items:
            key = self.key(fill)
            if key in self._seen or _older(fill.created_ms, self._since_ms):
                continue
            self._seen[key] = fill.created_ms or 0
            changes.append(_change(_OPENED, fill, None, source, fill.created_ms, when))
        while len(self._seen) > ENDS_KEPT:
            # What is forgotten could come again: nothing of its time is told any more.
            self._since_ms = max(self._since_ms, self._seen.popitem(last=False)[1])
        return changes


def _same(one: Any, other: Any) -> bool:
    """They say the same. Rows of one kind are compared as they came: a model's fields are read when they are used."""
    if one is other:
        return True
    came = one.raw
    if came is not None and type(came) is type(other.raw):
        return bool(came == other.raw)
    return bool(one == other)


def _older(one_ms: int | None, other_ms: int | None) -> bool:
    """One is known to be before the other."""
    return one_ms is not None and other_ms is not None and one_ms < other_ms


def _with_average(order: Order, known: Order) -> Order:
    """A cancel may leave the average price out: as much is filled as before, so it stands."""
    if (
        order.average_price is None
        and known.average_price is not None
        and order.filled_quantity == known.filled_quantity
    ):
        return msgspec.structs.replace(order, average_price=known.average_price)
    return order


def _change(
    kind: ChangeKind, item: Any, previous: Any, source: ChangeSource, venue_ms: int | None, when: Moment
) -> Change[Any]:
    return Change(
        kind=kind, item=item, previous=previous, source=source, venue_ms=venue_ms, received_ms=when.received_ms
    )
