"""Positions, accounts, tickers: one row for each key, replaced by its successor."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from futures_async.streams.picture import (
    CHANGED,
    CLOSED,
    LAG_S,
    OPENED,
    PUSH,
    READ,
    Kept,
    Merged,
    Moment,
    Picture,
    Push,
    Remembered,
    change_of,
    older,
    same,
)
from futures_async.streams.rules import RowRule
from futures_async.unified.errors import UnreadRow
from futures_async.unified.watching import Change, ChangeSource

T = TypeVar("T")

DOUBTS_BELIEVED = 3
"""So many reads in a row that say the same against an older push are right after all."""


class Grave(NamedTuple):
    """What is left of a thing that is gone."""

    known_at: float
    changed_ms: int | None
    sent_ms: int | None
    read_ms: int | None = None
    """When the read began that did not list it any more."""


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
        self._held = rule.held
        self._apart = rule.apart
        self._unsaid = tuple(unsaid)
        self._pushed = [name for name in rule.vital if name not in unsaid]
        """What matters, and proves a push missing where a read tells it otherwise."""
        self._hanging = not set(unsaid).isdisjoint(rule.reckoned + rule.rough)
        self._unmarked = not set(unsaid).isdisjoint(rule.market)
        self._kept: dict[Hashable, Kept[T]] = {}
        self._graves: Remembered[Grave] = Remembered()
        self._doubts: dict[Hashable, int] = {}
        self._list_ms: int | None = None
        """When the last whole list was sent."""
        self._list_at = -math.inf
        """When it arrived."""
        self._read_ms: int | None = None
        """When the last whole read began."""
        self._listed: tuple[list[Hashable], list[Kept[T]]] | None = None
        """What is kept, in the order of the last push, where that was a list of just this and no read came since."""

    def key(self, item: T) -> Hashable:
        return self._rule.key(item)

    def shown(self, found: Mapping[Hashable, T]) -> Mapping[Hashable, T]:
        return self._rule.shown(found)

    @property
    def oldest_at(self) -> float | None:
        if not self._rule.market:
            return None
        if self._unmarked:
            return -math.inf
        return min((kept.known_at for kept in self._kept.values()), default=self._list_at)

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
            if older(sent_ms, self._read_ms):
                self.unsure = True
                return []
            self._list_ms = sent_ms
        if push.full:
            self._list_at = when.at
            self._doubts.clear()
        # A list is of when it was sent, whatever its rows say; so their own times need not be read.
        list_ms = sent_ms if push.full else None
        changes: list[Change[T]] = []
        items, current, doubts, at, received_ms = push.items, self.current, self._doubts, when.at, when.received_ms
        keys = list(map(self._rule.key, items))
        listed, self._listed = self._listed, None
        # Most lists name what the last one did, in its order: then nothing is looked up, and nothing can be missing.
        again = listed is not None and keys == listed[0]
        # Else each is looked up when its turn comes: a key may come twice.
        kepts = listed[1] if listed is not None and again else map(self._kept.get, keys)
        item: Any
        for key, item, held, kept in zip(keys, items, map(self._held, items), kepts, strict=True):
            if doubts:
                doubts.pop(key, None)
            if not held:
                self._push_end(key, item, push, when, changes)
            elif kept is None:
                self._push_new(key, item, list_ms or self._changed_ms(item), push, when, changes)
            elif (list_ms is not None and kept.sent_ms is not None) or not self._late(kept, item, push, when):
                # A list is judged as a whole; only what was read since it was sent is younger.
                kept.known_at = at
                if sent_ms is None:
                    self._undated(kept, item, at)
                else:
                    kept.sent_ms, kept.undated_at = sent_ms, -math.inf
                if kept.beside is None or kept.beside or self._hanging:
                    item = self._carried(item, kept)
                previous: Any = kept.item
                # Written out, `same` too: most of what a list of positions costs is what is done for each of them.
                if type(came := item.raw) is not type(before := previous.raw) or came is None:
                    alike = same(item, previous)
                else:
                    alike = came == before
                if not alike or self._apart(item) != self._apart(previous):
                    kept.item = current[key] = item
                    changes.append(
                        Change(
                            kind=CHANGED,
                            item=item,
                            previous=previous,
                            source=PUSH,
                            venue_ms=list_ms or self._changed_ms(item) or sent_ms,
                            received_ms=received_ms,
                        )
                    )
        if push.full and not again:
            named = set(keys)
            for key in [key for key in self._kept if key not in named]:
                if not self._younger(self._kept[key].item, sent_ms):
                    self._close(key, None, PUSH, sent_ms, when, changes)
        if push.full and len(keys) == len(self._kept):
            self._listed = listed if again else self._in_order(keys)
        return changes

    def _in_order(self, keys: list[Hashable]) -> tuple[list[Hashable], list[Kept[T]]] | None:
        """What is kept, where the keys of a list are just of that, each once."""
        kepts = {key: self._kept[key] for key in keys if key in self._kept}
        return (keys, list(kepts.values())) if len(kepts) == len(keys) else None

    def _push_new(
        self, key: Hashable, item: T, changed_ms: int | None, push: Push[T], when: Moment, changes: list[Change[T]]
    ) -> None:
        grave = self._graves.get(key)
        if grave is not None and self._before_end(changed_ms, push.sent_ms, grave, push.full):
            return
        self.unsure = self.unsure or self._hanging
        kept = self._kept[key] = Kept(item, when.at, push.sent_ms)
        if push.sent_ms is None:
            kept.undated_at = when.at
        self._open(key, item, PUSH, changed_ms or push.sent_ms, when, changes)

    def _late(self, kept: Kept[T], item: T, push: Push[T], when: Moment) -> bool:
        """Something younger is known than what a push says of what is known."""
        sent_ms = push.sent_ms
        if push.full:
            return kept.sent_ms is None and self._younger(kept.item, sent_ms)
        if self._overtaken(kept, item, sent_ms):
            return True
        known_at = kept.known_at if sent_ms is None else kept.undated_at
        if when.too_soon_after(known_at) and self._changed_ms(item) is None and self._moves(kept.item, item):
            # Nothing tells which of two is younger: in the order that they came in, until more is heard.
            self.unsettled.setdefault(self.key(item), when.at)
        elif self.unsettled and not when.too_soon_after(known_at):
            self.unsettled.pop(self.key(item), None)
        return False

    def _undated(self, kept: Kept[T], item: T, at: float) -> None:
        """A push says what is so, and not when: what was sent before the last that did is late all the same."""
        if self._changed_ms(item) is not None:
            kept.sent_ms = None
        elif self._moves(kept.item, item):
            kept.undated_at = at

    def _push_end(self, key: Hashable, item: T, push: Push[T], when: Moment, changes: list[Change[T]]) -> None:
        kept = self._kept.get(key)
        changed_ms = self._changed_ms(item)
        if kept is None:
            grave = self._graves.get(key)
            known_ms = None if grave is None else grave.changed_ms
            self._bury(key, Grave(when.at, max(changed_ms or 0, known_ms or 0) or None, push.sent_ms))
            return
        if push.full:
            if self._younger(kept.item, push.sent_ms):
                return
        elif older(changed_ms, self._changed_ms(kept.item)):
            return
        elif self._read_since(kept, changed_ms, push.sent_ms):
            self.unsure = True
            return
        self._close(key, item, PUSH, push.sent_ms, when, changes)

    def _overtaken(self, kept: Kept[T], item: T, sent_ms: int | None) -> bool:
        """Something younger is known than what a push of one row says."""
        known_ms, changed_ms = self._changed_ms(kept.item), self._changed_ms(item)
        if older(known_ms, changed_ms):
            return False
        if older(changed_ms, known_ms) or older(sent_ms, kept.sent_ms):
            return True
        if older(sent_ms, kept.read_ms):
            self.unsure = True
            return True
        if self._read_since(kept, changed_ms, sent_ms):
            self.unsure = self.unsure or self._differs(kept.item, item)
            return True
        return False

    def _read_since(self, kept: Kept[T], changed_ms: int | None, sent_ms: int | None) -> bool:
        """What is kept was read, without a time, since the change that a push tells: one of the two is late."""
        return sent_ms is None and self._changed_ms(kept.item) is None and older(changed_ms, kept.read_ms)

    def _differs(self, one: T, other: T, names: Sequence[str] | None = None) -> bool:
        """In what matters, as far as both say it; or in these."""
        figure = self._rule.figure
        return any(
            (mine := figure(one, name)) != (theirs := figure(other, name))
            and not (name in self._unsaid and None in (mine, theirs))
            for name in (self._rule.vital if names is None else names)
        )

    def _younger(self, item: T, sent_ms: int | None) -> bool:
        """The row was changed after a list was sent."""
        return older(sent_ms, self._changed_ms(item))

    def _before_end(self, changed_ms: int | None, sent_ms: int | None, grave: Grave, full: bool) -> bool:
        """The row is of the life that has ended."""
        if full:
            return older(sent_ms, grave.sent_ms)
        if changed_ms is not None and grave.changed_ms is not None and changed_ms != grave.changed_ms:
            return changed_ms < grave.changed_ms
        if sent_ms is None and grave.changed_ms is None and older(changed_ms, grave.read_ms):
            # A read has not shown it since, and nothing else tells which of the two is late.
            self.unsure = True
            return True
        return older(sent_ms, grave.sent_ms)

    # Reads

    def read(
        self, items: Sequence[T], when: Moment, *, complete: bool = True, unread: Sequence[UnreadRow] = ()
    ) -> Merged[T]:
        self._listed = None
        changes: list[Change[T]] = []
        doubts: set[Hashable] = set()
        listed: set[Hashable] = set()
        untold: set[Hashable] = set()
        if complete:
            self._read_ms = when.began_ms
            # What a read cannot settle is a doubt; of what was pushed since it began it says nothing.
            self.unsettled = {key: since for key, since in self.unsettled.items() if since > when.at}
        for item in items:
            if not self._held(item):
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
            if kept is not None and not differs and kept.moved_at + LAG_S <= when.at < kept.known_at + LAG_S:
                self._catch_up(key, kept, item, when, changes)
            if key in doubts or (kept is not None and self._stands(kept, item, when)):
                continue
            if kept is None or (differs and self._differs(kept.item, item, self._pushed)):
                untold.add(key)
            if kept is None:
                kept = self._kept[key] = Kept(item, when.until, None)
                self._open(key, item, READ, self._changed_ms(item), when, changes)
            else:
                kept.known_at = kept.known_at if self.by_reads and not differs else when.until
                kept.sent_ms, kept.beside, kept.moved_at = None, None, math.inf
                self._replace(key, kept, item, READ, self._changed_ms(item), when, changes)
            kept.read_ms = when.began_ms
        if complete:
            for key in [key for key in self._kept if key not in listed]:
                if any(row.may_be(self._kept[key].item) for row in unread):
                    continue
                if when.too_soon_after(self._kept[key].known_at) and not self._believed(key):
                    doubts.add(key)
                    continue
                untold.add(key)
                self._doubts.pop(key, None)
                self._close(key, None, READ, None, when, changes)
        for key in [key for key in self._doubts if key not in doubts]:
            del self._doubts[key]
        return Merged(changes, frozenset(doubts), (), frozenset(untold))

    def _risen(self, key: Hashable, item: T, when: Moment) -> bool:
        """Doubtful: a push has closed it, and the read may not have heard of that."""
        grave = self._graves.get(key)
        changed_ms = self._changed_ms(item)
        if when.too_soon_after(self._list_at) and not older(self._list_ms, changed_ms):
            return True  # a whole list that has just come does not know of it
        if grave is None:
            return False
        if changed_ms is not None and grave.changed_ms is not None and changed_ms != grave.changed_ms:
            if changed_ms < grave.changed_ms:
                return True
            if older(grave.sent_ms, changed_ms):
                return False  # changed after its end was told: a life of its own
        return when.too_soon_after(grave.known_at)

    def _reread(self, kept: Kept[T], item: T, when: Moment) -> tuple[bool, bool]:
        """Whether what is read contradicts younger knowledge, and whether it differs in what matters."""
        differs = self._differs(kept.item, item)
        known_ms, read_ms = self._changed_ms(kept.item), self._changed_ms(item)
        if older(known_ms, read_ms):
            return False, differs
        if older(read_ms, known_ms):
            return differs, differs
        # One of the two lags, and what has moved by then would not be read again, unless reads are all there is.
        moves = differs or (not self.by_reads and self._moves(kept.item, item))
        return moves and when.too_soon_after(kept.known_at), differs

    def _stands(self, kept: Kept[T], item: T, when: Moment) -> bool:
        """What is known says what a read says, or something younger: the read adds only what pushes leave out."""
        if older(self._changed_ms(kept.item), self._changed_ms(item)):
            return False
        if older(self._changed_ms(item), self._changed_ms(kept.item)) or (
            not self.by_reads and when.too_soon_after(kept.known_at)
        ):
            kept.item, kept.beside = self._completed(kept.item, self._said(item)), None
            self.current[self.key(kept.item)] = kept.item
            return True
        return False

    def _catch_up(self, key: Hashable, kept: Kept[T], item: T, when: Moment, changes: list[Change[T]]) -> None:
        """What is pushed again and again outranks every read. What pushes leave out is taken from those too: it may lag
        by `LAG_S`, and would else be of before the first push."""
        previous, kept.moved_at, kept.beside = kept.item, when.at, None
        kept.item = cast("T", msgspec.structs.replace(cast("Any", previous), **self._said(item)))
        if kept.item != previous:
            self.current[key] = kept.item
            changes.append(change_of(CHANGED, kept.item, previous, READ, self._changed_ms(item), when))

    def _believed(self, key: Hashable) -> bool:
        """One more doubt about it; whether there were enough of them now."""
        self._doubts[key] = self._doubts.get(key, 0) + 1
        return self._doubts[key] > DOUBTS_BELIEVED

    # What both do

    def _open(
        self,
        key: Hashable,
        item: T,
        source: ChangeSource,
        venue_ms: int | None,
        when: Moment,
        changes: list[Change[T]],
    ) -> None:
        self._graves.pop(key, None)
        self.current[key] = item
        changes.append(change_of(OPENED, item, None, source, venue_ms, when))

    def _replace(
        self,
        key: Hashable,
        kept: Kept[T],
        item: T,
        source: ChangeSource,
        venue_ms: int | None,
        when: Moment,
        changes: list[Change[T]],
    ) -> None:
        previous = kept.item
        if not same(item, previous) or self._apart(item) != self._apart(previous):
            kept.item = self.current[key] = item
            changes.append(change_of(CHANGED, item, previous, source, venue_ms, when))

    def _carried(self, item: T, kept: Kept[T]) -> T:
        """What is pushed, with what it leaves out as it was read and still holds."""
        if kept.beside is None:
            kept.beside = self._said(kept.item)
        if self._hanging and (self._moves(kept.item, item) or self._sways(kept.item, item)):
            self.unsure = True
            kept.moved_at = min(kept.moved_at, kept.known_at)
            kept.beside = {name: value for name, value in kept.beside.items() if name not in self._rule.reckoned}
        return self._completed(item, kept.beside)

    def _moves(self, one: T, other: T) -> bool:
        figure = self._rule.figure
        return any(figure(one, name) != figure(other, name) for name in self._rule.moved)

    def _sways(self, one: T, other: T) -> bool:
        return any(getattr(other, name) not in (None, getattr(one, name)) for name in self._rule.swaying)

    def _said(self, item: T) -> dict[str, Any]:
        """What pushes leave out, as far as a row says it."""
        return {name: value for name in self._unsaid if (value := getattr(item, name)) is not None}

    def _completed(self, item: T, beside: Mapping[str, Any]) -> T:
        """`item` with what it leaves out."""
        missing = {name: value for name, value in beside.items() if getattr(item, name) is None} if beside else None
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
        known_at, read_ms = (when.at, None) if source is PUSH else (-math.inf, when.began_ms)
        self._bury(key, Grave(known_at, changed_ms, sent_ms, read_ms))
        last = self._rule.emptied(kept.item if item is None else item)
        venue_ms = sent_ms if item is None else changed_ms or sent_ms
        changes.append(change_of(CLOSED, last, kept.item, source, venue_ms, when))

    def _bury(self, key: Hashable, grave: Grave) -> None:
        self._graves.keep(key, grave)
