"""Push and read merged into one picture by rule. Pure: no I/O, no clock; times of arrival are passed in.

What both know is judged by what the venue says of it: how far an order is filled, when a row was last changed, when a
push was sent. Where that decides nothing, two things can be, and neither is guessed. A read may be answered by a part
of the venue that has not heard yet of what another has pushed: so a push outranks every read that began less than
`LAG_S` after it, and what they disagree about is a *doubt*, to be read again after that. And a push may be late, sent
before a read began that knows more: it is left out, and the picture is *unsure* until the next read.

Nothing goes back in time for one key: an ended order stays ended, what was filled stays filled, a closed position is
not opened by a row of before.

Here is what all pictures have in common; `rows`, `orders` and `fills` are the pictures.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from futures_async.unified.errors import UnreadRow
from futures_async.unified.watching import Change, ChangeKind, ChangeSource

T = TypeVar("T")
V = TypeVar("V")

LAG_S = 2.0
"""How long a read may lag behind what was pushed."""
ENDS_KEPT = 20_000
"""So many ended orders, closed positions and fills are remembered, so that none is told twice."""

SNAPSHOT, OPENED, CHANGED, CLOSED = ChangeKind
PUSH, READ = ChangeSource


class Push(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What one message says."""

    items: Sequence[T]
    full: bool = False
    """These are all there are: what is missing is gone."""
    sent_ms: int | None = None
    """When the venue sent it, by its own clock."""
    executed: Mapping[str, Decimal] | None = None
    """Of fills: how much of each order, by its id, is executed with these."""


class Merged(NamedTuple, Generic[T]):
    """What a read changed, and what it left open."""

    changes: list[Change[T]]
    doubts: frozenset[Hashable] = frozenset()
    """Said otherwise by a recent push: read again."""
    missing: Sequence[T] = ()
    """Known as open, and not listed any more: to be looked up one by one."""
    untold: frozenset[Hashable] = frozenset()
    """What differed in what matters, and no push had told."""


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When something became known."""

    at: float
    """When the push arrived, or the read *began*; on the event loop's clock, seconds."""
    received_ms: int
    """When the push, or the read's answer, arrived; by the venue's clock, Unix milliseconds."""
    until: float = -math.inf
    """When the read's answer arrived, on the event loop's clock."""

    @property
    def began_ms(self) -> int:
        """When the read began, by the venue's clock: what was changed since, its answer need not know."""
        return self.received_ms - round((self.until - self.at) * 1000)

    def too_soon_after(self, pushed_at: float) -> bool:
        """A read that began then may not have heard of what was pushed at `pushed_at`."""
        return pushed_at + LAG_S > self.at


class Kept(Generic[T]):
    """One thing in the picture, and what it rests on."""

    __slots__ = ("beside", "item", "known_at", "moved_at", "read_ms", "sent_ms", "undated_at")

    def __init__(self, item: T, known_at: float, sent_ms: int | None) -> None:
        self.item = item
        self.beside: Mapping[str, Any] | None = None
        """What reads told of it and pushes leave out; None: not looked at since."""
        self.read_ms: int | None = None
        """When the last read that was believed of it began."""
        self.known_at = known_at
        """When the last push about it, or the answer that it was read from, arrived."""
        self.sent_ms = sent_ms
        """When the venue sent that push."""
        self.moved_at = math.inf
        """When a push first moved what others hang on that pushes leave out, and no read told these since."""
        self.undated_at = -math.inf
        """When a push of no time of its own moved it, and none that has one came since."""


class Remembered(OrderedDict[Hashable, V]):
    """The last `ENDS_KEPT` things that were put in."""

    def keep(self, key: Hashable, value: V) -> V | None:
        """Put one in; the value of what is forgotten for it."""
        self[key] = value
        self.move_to_end(key)
        return self.popitem(last=False)[1] if len(self) > ENDS_KEPT else None


class Picture(ABC, Generic[T]):
    """What the venue holds, as far as it was told."""

    def __init__(self) -> None:
        self.current: dict[Hashable, T] = {}
        self.since_ms = 0
        """What ended or happened before is not told; by the venue's clock."""
        self.by_reads = False
        """Nothing is pushed. Of two reads one may lag too: behind what changed within `LAG_S`, and nothing else."""
        self.unsure = False
        """A late push was left out: read again; for who does to set back."""
        self.unsettled: dict[Hashable, float] = {}
        """Of which two pushes, or a push and a read, may have come in another order than they were made in, and since
        when: a later push of it settles that, or a read."""

    @property
    def oldest_at(self) -> float | None:
        """When figures that follow the market were last heard of, of that of which it is longest ago: -inf where pushes
        leave them out, None where there are none."""
        return None

    @abstractmethod
    def push(self, push: Push[T], when: Moment) -> list[Change[T]]:
        """Take in a message; `when` it arrived."""

    @abstractmethod
    def read(
        self, items: Sequence[T], when: Moment, *, complete: bool = True, unread: Sequence[UnreadRow] = ()
    ) -> Merged[T]:
        """Take in an answer; `when` the read began. It is all there is if it is `complete`, but for `unread` rows:
        what one of these may be is not gone."""

    def past(self, items: Iterable[T], when: Moment) -> list[Change[T]]:
        """Take in what a venue's history says has ended or happened."""
        return []

    def settle(self, item: T, found: T | None, when: Moment) -> list[Change[T]]:
        """Take in what was found of one `missing` thing; None: the venue does not know it any more."""
        return []

    def reconnected(self) -> None:
        """Messages come from another connection now; when they were sent cannot be compared with those of before."""

    def shown(self, found: Mapping[Hashable, T]) -> Mapping[Hashable, T]:
        """How those who watch look up what `current` holds, or a part of that."""
        return MappingProxyType(found)

    def _remember(self, told: Remembered[int], key: Hashable, at_ms: int) -> None:
        """Tell it never again. What is forgotten for it could come again: nothing of its time is told any more."""
        forgotten_ms = told.keep(key, at_ms)
        if forgotten_ms is not None:
            self.since_ms = max(self.since_ms, forgotten_ms + 1)

    def born_ms(self, item: T) -> int | None:
        """When it came to be, by the venue's clock, where that is surely said."""
        return None

    @abstractmethod
    def key(self, item: T) -> Hashable:
        """What a thing is known by."""


def same(one: Any, other: Any) -> bool:
    """They say the same. Rows of one kind are compared as they came: a model's fields are read when they are used."""
    came = one.raw
    if came is not None and type(came) is type(other.raw):
        return bool(came == other.raw)
    return one is other or bool(one == other)


def older(one_ms: int | None, other_ms: int | None) -> bool:
    """One is known to be before the other."""
    return one_ms is not None and other_ms is not None and one_ms < other_ms


def change_of(
    kind: ChangeKind, item: Any, previous: Any, source: ChangeSource, venue_ms: int | None, when: Moment
) -> Change[Any]:
    """What became of one thing, as it became known."""
    return Change(
        kind=kind, item=item, previous=previous, source=source, venue_ms=venue_ms, received_ms=when.received_ms
    )
