"""What a watch yields, and what can be asked of it: the interface only; `streams/watch.py` has the one that works."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Hashable, Mapping
from enum import StrEnum
from types import TracebackType
from typing import Generic, Self, TypeVar

import msgspec

from futures_async.unified.errors import UnreadRow

T = TypeVar("T")


class ChangeKind(StrEnum):
    """What became of one thing."""

    SNAPSHOT = "snapshot"
    """It was there when the watch began."""
    OPENED = "opened"
    CHANGED = "changed"
    CLOSED = "closed"
    """An order ended (with its final status), a position is flat (`quantity` 0), a coin is gone."""


class ChangeSource(StrEnum):
    """How a change became known."""

    PUSH = "push"
    READ = "read"
    """Asked for: at the beginning, after a lost connection, or by an audit."""


class WatchState(StrEnum):
    """What can be said of the picture."""

    CONNECTING = "connecting"
    SYNCING = "syncing"
    """Connected; what the venue holds is being read."""
    LIVE = "live"
    STALE = "stale"
    """The connection is lost or silent: the picture is of `age_s` ago."""
    CLOSED = "closed"


class Change(msgspec.Struct, Generic[T], frozen=True, kw_only=True, gc=False):
    """One change of one order, fill, position, account or ticker."""

    kind: ChangeKind
    """What became of it."""
    item: T
    """As it is now."""
    previous: T | None = None
    """As it was known before; None where it was not."""
    source: ChangeSource
    """Pushed by the venue, or read."""
    venue_ms: int | None = None
    """The venue's time of the change, Unix milliseconds UTC."""
    received_ms: int
    """When it became known here, by the venue's clock, Unix milliseconds UTC."""


class Watch(ABC, AsyncIterator[Change[T]], Generic[T]):
    """A picture that is kept true, and an iterator over its changes.

    Use it as `async with`, or in `async for` alone, which closes it when the loop is left. A consumer that is slow gets
    the latest state of each thing, never an older one after a newer one, but every fill and every end of an order.

    Raises:
        AuthenticationError: From the iterator: the venue refuses the keys.
        StreamOverrun: From the iterator: more fills or ended orders were waiting to be taken than `max_fills`.
        ClientClosed: From the iterator: the exchange object was closed.
    """

    @property
    @abstractmethod
    def current(self) -> Mapping[Hashable, T]:
        """The picture now: open orders by order id, positions by symbol and side, accounts by coin.

        Where a contract may hold a cross and an isolated position of one side at once (the venues' pages say which)
        the keys of positions are symbol, side and margin mode; symbol and side find the one that is held alone, and
        raise `InvalidRequest` where both are.
        """

    @property
    @abstractmethod
    def state(self) -> WatchState:
        """What can be said of `current`."""

    @property
    @abstractmethod
    def age_s(self) -> float:
        """Seconds since the venue last gave a sign of life on the connection, or answered a read; inf before."""

    @property
    def told_s(self) -> float:
        """Seconds since the venue last told all of it, pushed or read: what follows the market is no older.

        A push tells it of its own rows alone, and of none where it leaves marks out.
        """
        return self.age_s

    @property
    @abstractmethod
    def unread(self) -> tuple[UnreadRow, ...]:
        """Rows that the last read could not make out, and those of histories so far; each is told in the log once.

        All else is as true as `state` says. What such a row is about may be in `current` as it was last known, and is
        not told as gone.
        """

    @property
    @abstractmethod
    def drift(self) -> int:
        """Differences that audits found, and repaired, so far."""

    @abstractmethod
    async def live(self) -> None:
        """Wait until the picture is true for the first time, or again.

        Raises:
            InvalidRequest: The watch is closed, or was while this waited.
            FuturesAsyncError: What ended the watch.
        """

    @abstractmethod
    def refresh(self, max_age_s: float = 0.0) -> None:
        """Have the picture compared with a read soon, for figures that follow the market without a push.

        Args:
            max_age_s: Unless the last read began no longer ago.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Stop watching. The iterator ends; what others watch goes on."""

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        await self.aclose()
