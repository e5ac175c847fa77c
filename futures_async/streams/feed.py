"""One kind of thing kept true: pushes kept, the venue read, both merged by rule, and audited from then on.

What ended while nothing came is looked up (`Reads.one`) or found in the history (`Reads.since`), so that those who
watch see what they would have seen without the gap. A picture is live only between a read that nothing contradicts and
the next silence.
"""

from __future__ import annotations

import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import anyio
from msgspec import structs

from futures_async.streams.bell import Bell
from futures_async.streams.dialect import What
from futures_async.streams.events import Reporter
from futures_async.streams.picture import Merged, Moment, Picture
from futures_async.transport.retry import DamagedAnswer
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.errors import (
    AccountModeMismatch,
    AuthenticationError,
    ClientClosed,
    DecodeError,
    FuturesAsyncError,
    InvalidRequest,
    NotSupported,
    SymbolNotFound,
    UnreadRow,
    unread_rows,
)
from futures_async.unified.rows import readable
from futures_async.unified.watching import Change, ChangeKind, WatchState

logger = logging.getLogger("futures_async.streams")

T = TypeVar("T")

OVERLAP_MS = 120_000
"""Histories are read from so long before the last one: what is listed late is found the next time."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
LOST_KEPT = 100
LOOK_S = 0.5
"""How often who waits for a true picture looks whether it is."""

HOPELESS = (AuthenticationError, AccountModeMismatch, ClientClosed, InvalidRequest, NotSupported)
"""Errors of reads that no repetition mends."""


class Reads(Protocol[T]):
    """How a kind of thing is read."""

    async def now(self) -> Sequence[T] | None:
        """All there are; None where only a history tells.

        Raises:
            UnreadRows: Some cannot be read; the others are in it.
        """
        ...

    async def since(self, since_ms: int) -> Sequence[T]:
        """What has ended or happened since then, and maybe more.

        Raises:
            UnreadRows: Some cannot be read; the others are in it.
        """
        ...

    async def one(self, item: T) -> T | None:
        """One thing that is not listed any more; None when the venue has forgotten it.

        Raises:
            DecodeError: It cannot be read.
        """
        ...


class Listener(Protocol[T]):
    """Who is told of changes: a watch."""

    def take(self, changes: Sequence[Change[T]]) -> None:
        """What has changed at once."""

    def fail(self, error: FuturesAsyncError) -> None:
        """There will be no more."""


class Asked(NamedTuple, Generic[T]):
    """What a read answered."""

    now: Sequence[T] | None
    """All there are, but for what cannot be read; None where only a history tells."""
    past: Sequence[T]
    """What has ended or happened."""
    when: Moment
    odd: tuple[UnreadRow, ...] = ()
    """Rows of what there is that cannot be read."""
    lost: tuple[UnreadRow, ...] = ()
    """Rows of what has ended or happened that cannot be read."""


class Surroundings(NamedTuple):
    """What a feed needs of the account that it belongs to."""

    runtime: Runtime
    now_ms: Callable[[], int]
    """The venue's time."""
    error_ms: Callable[[], int]
    """How far that may be off."""
    know_time: Callable[[], Awaitable[object]]
    """Asks the venue for its time, unless it has told it."""
    draw: Callable[[], float]
    report: Reporter


class Feed(ABC, Generic[T]):
    """What all feeds have in common: a picture, those who listen, reads, and the merging of these."""

    def __init__(
        self,
        what: What,
        picture: Picture[T],
        reads: Reads[T],
        around: Surroundings,
        *,
        audit_s: float,
    ) -> None:
        self.what = what
        self.picture = picture
        self._reads = reads
        self._runtime = around.runtime
        self.promise = around.runtime.promise
        self.now_ms = around.now_ms
        self._around = around
        self._began_at = around.runtime.now()
        self._since_ms = around.now_ms() - around.error_ms()
        """When it began, by the venue's clock, once that is known: what has ended before is not told."""
        self._dated = False
        self._draw = around.draw
        self._report = around.report
        self.audit_s = audit_s
        self.drift = 0
        self.unread: tuple[UnreadRow, ...] = ()
        """What the last read could not tell; see `Watch.unread`."""
        self._lost: list[UnreadRow] = []
        """Rows of histories that cannot be read: what they told is nowhere else."""
        self.listeners: tuple[Listener[T], ...] = ()
        self._bell = Bell()
        self._state = WatchState.CONNECTING
        self._state_changed = anyio.Event()
        self._asked_at = -math.inf
        """When the last read began."""
        self._read_at = -math.inf
        """When the last good read was answered."""
        self._covered_ms = self._since_ms
        """What happened before is known."""
        self._work: Work[None] | None = None
        self._over = False
        self._beginning = what is not What.FILLS
        """It was never live: what is there was there before the watch. What was executed before is not told at all."""

    # What watches ask of it

    @property
    def state(self) -> WatchState:
        """What can be said of the picture."""
        return self._state

    @property
    @abstractmethod
    def age_s(self) -> float:
        """Seconds since the last proof of life."""

    @property
    def told_s(self) -> float:
        """Seconds since the venue told anything of it."""
        return self._runtime.now() - self._read_at

    async def until_live(self, listens: Callable[[], bool] = lambda: True) -> None:
        """Wait until the picture is true, or will never be, or who asks listens no more."""
        while self.state is not WatchState.LIVE and not self._over and listens():
            with anyio.move_on_after(LOOK_S):  # what was silent is heard again, and a watch ends, without an event
                await self._state_changed.wait()

    def start(self) -> None:
        """Begin."""
        self._work = self._runtime.start(self._guarded())

    async def aclose(self) -> None:
        """End; whoever still listens is told."""
        self._over = True
        self._enter(WatchState.CLOSED)
        self._bell.ring()
        work = self._work
        if work is not None and not work.done:
            work.cancel()
            while not work.done:
                await self._runtime.sleep(0)

    def fail(self, error: FuturesAsyncError) -> None:
        """End for good; everybody who listens is given the error."""
        self._over = True
        self._enter(WatchState.CLOSED)
        for listener in self.listeners:
            listener.fail(error)
        self._bell.ring()

    def audit(self) -> None:
        """Compare with a read, now."""

    def refresh(self, max_age_s: float) -> None:
        """Compare with a read, unless the last one began no longer ago."""
        if self._runtime.now() - self._asked_at >= max_age_s:
            self.audit()

    # What they do alike

    def _set_back(self, seconds: float) -> None:
        """What was read was read so much longer ago than the clock says."""
        self._asked_at -= seconds
        self._read_at -= seconds

    async def _guarded(self) -> None:
        try:
            await self._run()
        except Exception as error:  # a fault of this library's own must not leave a picture that looks live
            logger.exception("%s: the picture of %s broke", self._report.venue, self.what)
            self.fail(FuturesAsyncError(f"{self._report.venue}: the picture of {self.what} broke down: {error!r}"))

    @abstractmethod
    async def _run(self) -> None:
        """Keep the picture true."""

    def _enter(self, state: WatchState) -> None:
        if state is WatchState.LIVE:
            self._beginning = False
        if state is not self._state:
            self._state = state
            changed, self._state_changed = self._state_changed, anyio.Event()
            changed.set()

    def _deliver(self, changes: Sequence[Change[T]]) -> None:
        if self._beginning:
            changes = [self._as_begun(change) for change in changes]
        if changes:
            for listener in self.listeners:
                listener.take(changes)

    def _as_begun(self, change: Change[T]) -> Change[T]:
        if change.kind is not ChangeKind.OPENED or self._is_new(change.item):
            return change
        return structs.replace(change, kind=ChangeKind.SNAPSHOT)

    def _is_new(self, item: T) -> bool:
        """It came to be while the picture was still being made."""
        born_ms = self.picture.born_ms(item)
        return born_ms is not None and born_ms > self._since_ms + self._around.error_ms()

    async def _ask(self) -> Asked[T] | None:
        """Read what there is, and what has ended or happened; None when the venue does not answer."""
        began = self._asked_at = self._runtime.now()
        try:
            if not self._dated:
                await self._date()
            now, odd = await readable(self._reads.now())
            # After the list: what ends between the two is in one of them.
            past, lost = await readable(self._reads.since(max(self._since_ms, self._covered_ms - OVERLAP_MS)))
        except HOPELESS as error:
            self.fail(error)
            return None
        except FuturesAsyncError as problem:
            if self._beginning and isinstance(problem, SymbolNotFound):
                self.fail(problem)  # as venues do that refuse to subscribe it
            logger.debug("%s: reading %s failed: %s", self._report.venue, self.what, problem)
            return None
        self._read_at = self._runtime.now()
        return Asked(now, past, Moment(began, self.now_ms(), self._read_at), odd, lost)

    async def _date(self) -> None:
        """Find out when it began: by a clock that is minutes fast, fills would be taken for those of before."""
        around = self._around
        await around.know_time()
        gone_ms = int((self._runtime.now() - self._began_at) * 1000)
        self._since_ms = self._covered_ms = self.picture.since_ms = around.now_ms() - gone_ms - around.error_ms()
        self._dated = True

    def _moment(self) -> Moment:
        now = self._runtime.now()
        return Moment(now, self.now_ms(), now)

    def _merge(self, asked: Asked[T]) -> Merged[T]:
        now, when = asked.now, asked.when
        merged = self.picture.read(now or (), when, complete=now is not None, unread=asked.odd)
        later = self.picture.past(asked.past, when)
        self._deliver(merged.changes)
        self._deliver(later)
        told = {self.picture.key(change.item) for change in later}
        # What the history has told already is in no doubt, and need not be looked up.
        missing = [item for item in merged.missing if self.picture.key(item) in self.picture.current]
        return Merged(merged.changes + later, merged.doubts - told, missing, merged.untold | told)

    async def _look_up(self, missing: Sequence[T], asked: Asked[T]) -> bool:
        """What became of things that are not listed any more; False when not all could be told."""
        complete, when, odd = True, asked.when, list(asked.odd)
        for item in missing:
            try:
                found = await self._reads.one(item)
            except FuturesAsyncError as problem:
                if isinstance(problem, DecodeError) and not isinstance(problem, DamagedAnswer):
                    # Asking again makes it no more readable, and must not keep the others from being true.
                    odd.append(UnreadRow(problem.path, problem.text, None, _names(item), self._report.venue))
                    continue
                logger.debug("%s: looking up one of %s failed: %s", self._report.venue, self.what, problem)
                complete = False
                continue
            changes = self.picture.settle(item, found, when)
            complete = complete and bool(changes)  # listed no more, and not ended either: it will be told
            self._deliver(changes)
        self._could_not_read(odd, asked)
        return complete

    def _could_not_read(self, odd: Sequence[UnreadRow], asked: Asked[T]) -> None:
        """Remember what cannot be read: of what there is until the next read, of what has happened for good."""
        # Not by its path: that counts the rows before it.
        known = [(row.raw, row.facts) for row in self.unread]
        self._lost += [row for row in asked.lost if (row.raw, row.facts) not in known]
        del self._lost[:-LOST_KEPT]
        self.unread = (*odd, *self._lost)
        if fresh := [row for row in self.unread if (row.raw, row.facts) not in known]:
            logger.warning("the picture of %s: %s", self.what, unread_rows(fresh).text)


def _names(item: object) -> dict[str, object]:
    """What names a thing, as far as it has that."""
    names = ("symbol", "venue_symbol", "order_id")
    return {name: getattr(item, name) for name in names if hasattr(item, name)}
