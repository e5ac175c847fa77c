"""What users iterate: the changes of one feed, conflated for who is slow, never out of order for one key."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self, TypeVar

import msgspec

from futures_async.streams.feed import Feed
from futures_async.streams.picture import CHANGED, CLOSED, READ, SNAPSHOT
from futures_async.transport.runtime import Promise
from futures_async.unified.errors import FuturesAsyncError, InvalidRequest, StreamOverrun, UnreadRow
from futures_async.unified.watching import Change, Watch, WatchState

T = TypeVar("T")

MAX_FILLS = 10_000


class FeedWatch(Watch[T]):
    """One consumer's view of a feed.

    Args:
        join: Start to listen: gives the feed. Called once, on first use.
        leave: Listen no more.
        wanted: Which things; None is all.
        max_fills: So many changes may wait to be taken.
    """

    def __init__(
        self,
        join: Callable[[FeedWatch[T]], Feed[T]],
        leave: Callable[[FeedWatch[T], Feed[T]], None],
        *,
        wanted: Callable[[T], bool] | None = None,
        max_fills: int = MAX_FILLS,
    ) -> None:
        if max_fills < 1:
            raise InvalidRequest(f"max_fills must be at least 1, not {max_fills}")
        self._join = join
        self._leave = leave
        self._wanted = wanted
        self._max = max_fills
        self._feed: Feed[T] | None = None
        self._entered = False
        self._closed = False
        self._error: FuturesAsyncError | None = None
        self._fresh: deque[Change[T]] = deque()
        """What came while nothing waited: to be taken as it came."""
        self._pending: OrderedDict[Hashable, tuple[Change[T], ...]] = OrderedDict()
        """What waits of each thing, once more has come."""
        self._count = 0
        """How many changes that is."""
        self._waiting: list[Promise] = []
        """Of each who waits for a change."""

    # What can be asked

    @property
    def current(self) -> Mapping[Hashable, T]:
        if self._feed is None:
            return MappingProxyType({})
        picture, wanted = self._feed.picture, self._wanted
        found = picture.current
        return picture.shown(found if wanted is None else {key: one for key, one in found.items() if wanted(one)})

    @property
    def state(self) -> WatchState:
        if self._closed or self._error is not None:
            return WatchState.CLOSED
        return WatchState.CONNECTING if self._feed is None else self._feed.state

    @property
    def age_s(self) -> float:
        return math.inf if self._feed is None else self._feed.age_s

    @property
    def told_s(self) -> float:
        return math.inf if self._feed is None else self._feed.told_s

    @property
    def unread(self) -> tuple[UnreadRow, ...]:
        return () if self._feed is None else self._feed.unread

    @property
    def drift(self) -> int:
        return 0 if self._feed is None else self._feed.drift

    async def live(self) -> None:
        feed = self._begin()
        await feed.until_live(lambda: not self._closed and self._error is None)
        if self._error is not None:
            raise self._error
        if self._closed:
            raise InvalidRequest("this watch was closed before its picture was true")

    def refresh(self, max_age_s: float = 0.0) -> None:
        if self._feed is not None and self._error is None and not self._closed:
            self._feed.refresh(max_age_s)

    # Life

    def _begin(self) -> Feed[T]:
        if self._closed:
            raise InvalidRequest("this watch is closed: make another one")
        feed = self._feed
        if feed is None:
            feed = self._feed = self._join(self)
            received_ms = feed.now_ms()
            self.take(
                [
                    Change(kind=SNAPSHOT, item=item, source=READ, received_ms=received_ms)
                    for item in feed.picture.current.values()
                ]
            )
        return feed

    async def __aenter__(self) -> Self:
        self._entered = True
        self._begin()
        return self

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        """Stop watching; the same without waiting, for nothing has to be waited for."""
        if self._closed:
            return
        self._closed = True
        self._fresh.clear()
        self._pending.clear()
        self._count = 0
        self._depart()
        self._wake()

    def _depart(self) -> None:
        if self._feed is not None:
            self._leave(self, self._feed)

    # Changes

    def take(self, changes: Sequence[Change[T]]) -> None:
        """Changes of the feed."""
        if self._closed or self._error is not None:
            return
        wanted = self._wanted
        if wanted is not None:
            changes = [change for change in changes if wanted(change.item)]
        if not changes:
            return
        fresh = self._fresh
        if fresh or self._pending or len(changes) > self._max:
            self._conflate((*fresh, *changes))
            fresh.clear()
        else:
            fresh.extend(changes)
        self._wake()

    def _conflate(self, changes: Iterable[Change[T]]) -> None:
        """Nobody has taken what came before: one change waits for each thing, and every end."""
        pending, key_of = self._pending, id if self._feed is None else self._feed.picture.key
        for change in changes:
            key = key_of(change.item)
            waiting = pending.get(key)
            folded = (change,) if waiting is None else fold(waiting, change)
            # Of one key any number of ends may wait.
            more = len(folded) - (0 if waiting is None else len(waiting))
            if self._count + more <= self._max:
                pending[key] = folded
                self._count += more
            else:
                self._error = StreamOverrun(
                    f"{self._max} changes were waiting to be taken, and more came: this watch has ended"
                )
                self._depart()
                return

    def fail(self, error: FuturesAsyncError) -> None:
        """The feed has ended; what waits can still be taken."""
        if not self._closed and self._error is None:
            self._error = error
            self._depart()
            self._wake()

    def _wake(self) -> None:
        for one in self._waiting:
            if not one.done():
                one.set_result(None)

    # Iterating

    def __aiter__(self) -> AsyncIterator[Change[T]]:
        return self if self._entered else self._all()

    async def _all(self) -> AsyncIterator[Change[T]]:
        """For `async for` alone: closes when the loop is left."""
        try:
            while True:
                try:
                    change = await self.__anext__()
                except StopAsyncIteration:
                    return
                yield change
                while self._fresh:  # what came with it is had without a call for each
                    yield self._fresh.popleft()
        finally:
            self.close()

    async def __anext__(self) -> Change[T]:
        while not self._fresh:
            feed = self._feed
            if self._pending:
                key, (first, *rest) = self._pending.popitem(last=False)
                self._count -= 1
                if rest:
                    self._pending[key] = tuple(rest)
                return first
            if self._error is not None:
                raise self._error
            if self._closed:
                raise StopAsyncIteration
            if feed is None:
                self._begin()
                continue
            # One for each who waits: cancelled, it takes nobody else's.
            change = feed.promise()
            self._waiting.append(change)
            try:
                await change
            finally:
                self._waiting.remove(change)
        return self._fresh.popleft()


def fold(waiting: tuple[Change[Any], ...], change: Change[Any]) -> tuple[Change[Any], ...]:
    """What waits for one key, once `change` has come: the ends of its lives, and what is known of the last one."""
    last, kind = waiting[-1], change.kind
    if last.kind is CLOSED:
        return (*waiting, change)
    if kind is not CLOSED and last.kind is not CHANGED:
        kind = last.kind  # that it is there was not taken yet
    folded = msgspec.structs.replace(change, kind=kind, previous=last.previous)
    return (folded,) if len(waiting) == 1 else (*waiting[:-1], folded)
