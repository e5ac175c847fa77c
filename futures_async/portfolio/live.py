"""One part of an account kept true by its stream, and read like any other while the stream does not stand."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Generic, TypeVar

from futures_async.portfolio.feeds import REFUSED_PAUSES_S, Answer, Feed, overdue_after
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.callbacks import failure_of
from futures_async.unified.errors import ClientClosed, FuturesAsyncError, NotSupported, RequestTimeout, UnreadRows
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.watching import Watch, WatchState

logger = logging.getLogger("futures_async.portfolio")

T = TypeVar("T")

AUDIT_S = 110.0
MOST_A_MINUTE = 1.95
"""Audits make so many requests for an account: where one of them takes many, there are fewer of them."""
MOST_WISHES = 8
LAG_S = 2.0
"""A read may lag so far behind what was pushed: only a later one stands in for a picture that is not kept any more."""


def audits_of(exchange: FuturesExchange) -> tuple[float, float]:
    """How often an account's positions are compared with a read, and how often its balances are: seconds.

    No trade leaves a balance as it was.
    """
    positions, accounts = exchange.audit_reads
    accounts_s = max(AUDIT_S, accounts * 60 / (MOST_A_MINUTE * 2 / 3))  # the rest is for positions
    left = MOST_A_MINUTE - accounts * 60 / accounts_s
    return max(AUDIT_S, positions * 60 / left), accounts_s


class _Wish:
    """Figures that follow the market are wanted read, as often as one who asks says."""

    def __init__(self) -> None:
        self.at = self.since = self.open_since = -math.inf
        """When it was last said; since when it was, again and again; since when no answer came to it."""

    def renew(self, now: float, patience_s: float, told_at: float) -> None:
        """It is said again. Who asks more rarely than that is told by what became of the time before."""
        if now - self.at > patience_s:
            self.since = now
        if told_at >= self.open_since:
            self.open_since = now
        self.at = now

    def overdue(self, now: float, patience_s: float) -> bool:
        """It still stands, and has stood long enough to have been met."""
        return now - self.at <= patience_s < now - min(self.since, self.open_since)


class Live(Generic[T]):
    """A `Feed` with a watch in front of it.

    Args:
        polled: How it is read while the watch is not live.
        watch: Makes one. Raises `NotSupported` where the venue, or this installation, streams nothing.
        runtime: The event loop.
        changed: Called at every change.
        leads: Whether it is this process that watches, where several share an account.
    """

    def __init__(
        self,
        polled: Feed[tuple[T, ...]],
        watch: Callable[[], Watch[T]],
        runtime: Runtime,
        changed: Callable[[], object],
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name = polled.name
        self.polled = polled
        self._make = watch
        self._runtime = runtime
        self._changed = changed
        self._leads = leads
        self._watch: Watch[T] | None = None
        self._work: Work[None] | None = None
        self._streams = True
        self._proved = -math.inf
        """When the picture was last known to be true."""
        self._wishes: dict[float, _Wish] = {}
        """By how old figures that follow the market may become for who wants them: each is told by its own."""
        self._retry_at = -math.inf
        self._failures = 0
        self._ended: Exception | None = None
        """Why the last watch did."""
        self._closed = False
        """Its exchange object was closed: there is nothing to watch any more."""

    @property
    def stream(self) -> WatchState | None:
        """What can be said of the picture; None where there is no stream, or another process has it."""
        if not self._streams or (self._watch is None and not self._leads()):
            return None
        return WatchState.CONNECTING if self._watch is None else self._watch.state

    @property
    def stream_error(self) -> Exception | None:
        """Why the last stream ended, until another one stands; None: it did not, or another process has it."""
        return None if self.stream in (None, WatchState.LIVE) else self._ended

    @property
    def good(self) -> Answer[tuple[T, ...]] | None:
        """The picture while it is live; else a read that is surely younger, or the picture as it was."""
        live = self._live()
        read, proved = self.polled.good, self._proved
        if not live and (proved == -math.inf or (read is not None and read.asked > proved + LAG_S)):
            return read
        current = () if self._watch is None else self._watch.current.values()
        if live and (overdue_s := self._overdue_s()) is not None:
            proved = self._runtime.now() - overdue_s
        return Answer(tuple(current), proved, proved, () if self._watch is None else self._watch.unread)

    @property
    def error(self) -> Exception | None:
        """Why `good` is not fresh."""
        if self._live():
            if (overdue_s := self._overdue_s()) is not None:
                # The reads of a live picture are its own, and try again: what they met last is not told.
                return RequestTimeout(f"{self.name}: what follows the market was not read for {overdue_s:.0f} s")
            good = self.good
            return None if good is None else good.odd
        good, error = self.good, self.polled.error
        read = good is self.polled.good
        # A row that could not be read says nothing of a picture that came after that read.
        if read or (error is not None and not isinstance(error, UnreadRows)):
            return error
        return RequestTimeout(f"{self.name}: its stream is {self.stream}, and it was not read since")

    @property
    def absent(self) -> bool:
        """The venue has no such thing."""
        return not self._live() and self.polled.absent

    def ask(self, max_age_s: float, refresh_s: float | None = None, *, follow: bool = False) -> None:
        """See to it that it is known: by the watch, or by a read.

        Args:
            max_age_s: A read that is no older will do, where there must be one.
            refresh_s: Compare also a live picture with a read, unless the last one is no older; None: let it be.
            follow: See `Feed.ask`.
        """
        self.keep_watching()
        watch = self._watch
        if watch is None or not self._live():
            self.polled.ask(max_age_s, refresh_s, follow=follow)
        elif refresh_s is not None:
            now, patience_s = self._runtime.now(), overdue_after(refresh_s)
            self._wishes.setdefault(patience_s, _Wish()).renew(now, patience_s, now - watch.told_s)
            if len(self._wishes) > MOST_WISHES:
                del self._wishes[min(self._wishes, key=lambda one: self._wishes[one].at)]
            watch.refresh(refresh_s)

    def prompt(self, deadline_s: float) -> bool:
        """Worth waiting for."""
        return self._live() or self.polled.prompt(deadline_s)

    def late(self, now: float, deadline_s: float) -> Exception | None:
        """Why a read that is needed takes too long; None: none does."""
        return None if self._live() else self.polled.late(now, deadline_s)

    async def wait(self, deadline_s: float) -> None:
        """Wait for a read that is needed."""
        if not self._live():
            await self.polled.wait(deadline_s)

    def stop(self) -> None:
        """Watch and read no more."""
        self._streams = False
        self.polled.stop()
        if self._work is not None:
            self._work.cancel()

    def _overdue_s(self) -> float | None:
        """How old what follows the market is, where that is too old for who wants it read; None: it is not."""
        now, watch = self._runtime.now(), self._watch
        if watch is None or not self._wishes:
            return None
        told_s = watch.told_s
        late = any(told_s > patience_s and wish.overdue(now, patience_s) for patience_s, wish in self._wishes.items())
        return told_s if late else None

    def _live(self) -> bool:
        watch = self._watch
        if watch is None or watch.state is not WatchState.LIVE:
            return False
        self._proved, self._ended = max(self._proved, self._runtime.now() - watch.age_s), None
        return True

    def keep_watching(self) -> None:
        """Watch, if this process is to."""
        if not self._leads():
            self._leave()
            return
        if not self._streams or self._closed or (self._work is not None and not self._work.done):
            return
        if self._runtime.now() < self._retry_at:
            return
        try:
            watch = self._make()
        except NotSupported as error:
            self._let_be(error)
            return
        except FuturesAsyncError as error:
            self._lost(error)
            return
        # What the one before showed is not in the new one: until that is live there are reads.
        self._watch, self._proved = watch, -math.inf
        self._work = self._runtime.start(self._follow(watch))

    def _leave(self) -> None:
        """Another process watches now; what is known here stays known, with its age."""
        if self._watch is None:
            return
        self.polled.good = self.good
        self._watch, self._proved = None, -math.inf
        if self._work is not None:
            self._work.cancel()
            self._work = None

    async def _follow(self, watch: Watch[T]) -> None:
        error = await failure_of(self._drain(watch))
        if isinstance(error, NotSupported):
            self._let_be(error)
            return
        self._lost(error)

    def _lost(self, error: Exception | None) -> None:
        """There is no watch any more: there are reads, and another one after a while."""
        if isinstance(error, ClientClosed):
            self._closed = True
            logger.debug("%s: not watched any more: %s", self.name, error)
            return
        self._retry_at = self._runtime.now() + REFUSED_PAUSES_S[min(self._failures, len(REFUSED_PAUSES_S) - 1)]
        self._failures += 1
        self._ended = error
        logger.warning("%s: not watched any more, read for a while: %s", self.name, error)

    async def _drain(self, watch: Watch[T]) -> None:
        async with watch:
            async for _ in watch:
                if self._live():
                    self._failures = 0
                self._changed()

    def _let_be(self, error: NotSupported) -> None:
        logger.info("%s: read, not streamed: %s", self.name, error)
        self._streams, self._watch = False, None
