"""A connection that lives: one session after another, each within the venue's limits.

A session that ends is followed by another after a random pause that grows with every failure; one that grows old is
replaced before the venue ends it, the new one standing first. Refused keys end the line; nothing else does.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from typing import NamedTuple, Protocol

from futures_async.streams.bell import Bell
from futures_async.streams.dialect import Topic, What
from futures_async.streams.events import Happening, Reporter
from futures_async.streams.session import FATAL, Listener, Mark, Session, Setting
from futures_async.transport import asleep
from futures_async.transport.limits.limiter import Limiter, Pool, Priority
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.errors import ClockSkew, DecodeError, ExchangeError, FuturesAsyncError

logger = logging.getLogger("futures_async.streams")

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
PROVED_S = 10.0
"""A session that stood so long owes its end to something new: the pauses begin anew."""
REPLACE_EARLY_S = 1800.0
"""So long before the venue's cut, at most, an old session is replaced: at a random time, not all accounts at once."""
REPLACE_LAST_S = 300.0
UNDER_WAY_S = 2.0
"""An old session is heard for so long after the new one stands."""


class Subscriber(Listener, Protocol):
    """Who wants a topic: a feed."""

    def acknowledged(self, key: Hashable, *, overlapped: bool) -> None:
        """It comes from now on; `overlapped`: and never ceased to come."""

    def lost(self, keys: Collection[Hashable]) -> None:
        """Of these topics nothing comes any more."""

    def refused(self, error: FuturesAsyncError, key: Hashable = None) -> None:
        """It will never come; None: nor will any."""

    def doubt(self) -> None:
        """Something may have been missed."""


class Guard(NamedTuple):
    """What paces the connections of all accounts at one address."""

    limiter: Limiter
    pool: Pool


class Line:
    """One account's connection to its venue's private streams, or one to the public ones."""

    def __init__(
        self,
        setting: Setting,
        runtime: Runtime,
        *,
        name: str,
        guard: Guard,
        draw: Callable[[], float],
        set_clock: Callable[[], Awaitable[object]],
        report: Reporter,
    ) -> None:
        self._setting = setting
        self._runtime = runtime
        self._name = name
        self._guard = guard
        self._draw = draw
        self._set_clock = set_clock
        self._report = report
        self._bell = Bell()
        self._topics: dict[Hashable, Topic] = {}
        self._subscribers: dict[Hashable, list[tuple[What, Subscriber]]] = {}
        self._serving: Session | None = None
        self._successor: Session | None = None
        self._works: dict[Session, Work[None]] = {}
        self._leaving: list[Session] = []
        self._replace_at = math.inf
        self._tend_at = math.inf
        self._tending: Work[None] | None = None
        self._failures = 0
        self._skewed = False
        self._closing = False
        self._seen_at = -math.inf
        self._asleep_s = asleep.asleep_s()
        """How long this computer had slept when it was last looked at."""
        self._work: Work[None] | None = None

    # What feeds ask of it

    def add(self, topic: Topic, what: What, subscriber: Subscriber) -> None:
        """Subscribe; a topic that stands already is acknowledged at once."""
        self._subscribers.setdefault(topic.key, []).append((what, subscriber))
        if topic.key not in self._topics:
            self._topics[topic.key] = topic
            for session in (self._serving, self._successor):
                if session is not None:
                    session.add(topic)
        elif self._serving is not None and self._serving.stands(topic.key):
            subscriber.acknowledged(topic.key, overlapped=False)
        if self._work is None:
            self._work = self._runtime.start(self._live())
        self._bell.ring()

    def remove(self, topic: Topic, subscriber: Subscriber) -> None:
        """Unsubscribe, when nobody else wants the topic."""
        subscribers = self._subscribers.get(topic.key)
        if subscribers is None:
            return
        subscribers[:] = [one for one in subscribers if one[1] is not subscriber]
        if subscribers:
            return
        del self._subscribers[topic.key], self._topics[topic.key]
        for session in (self._serving, self._successor):
            if session is not None:
                session.drop(topic.key)

    @property
    def over(self) -> bool:
        """It was closed, or the venue refused the keys: a later subscriber needs another."""
        return self._closing

    def holds(self, key: Hashable) -> bool:
        """Somebody wants this topic of it."""
        return key in self._topics

    @property
    def has_room(self) -> bool:
        """It can take one more topic now."""
        per_line = self._setting.dialect.limits.per_line
        if self._closing or (per_line is not None and len(self._topics) >= per_line):
            return False
        return all(one is None or one.spare > 0 for one in (self._serving, self._successor))

    @property
    def idle(self) -> bool:
        """Nobody wants anything of it."""
        return not self._topics

    @property
    def alive_at(self) -> float:
        """When the venue last gave a sign of life, on the event loop's clock; -inf before the first."""
        self._look()
        return max(self._seen_at, *(one.alive_at for one in self._works)) if self._works else self._seen_at

    @property
    def patience_s(self) -> float:
        """A line that was not heard for longer than this is not live, whatever else is known of it."""
        heartbeat = self._setting.dialect.heartbeat
        return heartbeat.every_s + heartbeat.patience_s

    def _look(self) -> None:
        """What was heard before this computer slept is longer ago than its clock says."""
        slept_s = asleep.asleep_s() - self._asleep_s
        if slept_s > asleep.SLEPT_S:
            self._asleep_s += slept_s
            self._seen_at -= slept_s
        for session in self._works:
            session.look()

    def renew(self, why: str) -> None:
        """What comes is not what should come: connect anew."""
        if self._serving is not None:
            self._serving.give_up(why)

    async def aclose(self) -> None:
        """Say goodbye to the venue, and end."""
        self._closing = True
        self._bell.ring()
        if self._work is not None:
            await self._work.wait()

    # Its life

    async def _live(self) -> None:
        try:
            await self._supervise()
        except Exception as error:  # a fault of this library's own must not leave a picture that looks live
            logger.exception("%s %s stream: broken", self._setting.dialect.venue, self._name)
            self._fail(FuturesAsyncError(f"{self._setting.dialect.venue}: the stream broke down: {error!r}"))
        finally:
            for session in tuple(self._works):
                session.leave()
            for work in tuple(self._works.values()):
                await work.wait()
            if self._tending is not None and not self._tending.done:
                self._tending.cancel()

    async def _supervise(self) -> None:
        open_at = self._runtime.now()
        while not self._closing:
            now = self._runtime.now()
            self._sweep()
            serving, successor = self._serving, self._successor
            if serving is not None and serving.over:
                if not await self._succeed(serving):
                    return
                open_at = now + self._pause_s(serving)
            elif serving is None:
                if now >= open_at:
                    self._serving = self._open()
            elif successor is not None:
                if successor.over:
                    self._successor, self._replace_at = None, now + LONGEST_PAUSE_S
                elif successor.established_at is not None:
                    self._replace(serving, successor)
            elif serving.established_at is not None and (serving.retiring or now >= self._replace_at):
                self._successor = self._open()
            if self._serving is not None and self._serving.over:
                continue  # the successor had ended too, and has rung already
            self._tend(now)
            await self._bell.wait(min(self._due(open_at), self._tend_at) - self._runtime.now())

    def _due(self, open_at: float) -> float:
        """When there is something to do that nobody rings for."""
        serving = self._serving
        if serving is None:
            return open_at
        # One that has not stood yet is not replaced; it rings once it stands.
        return self._replace_at if self._successor is None and serving.established_at is not None else math.inf

    def _tend(self, now: float) -> None:
        """Ask for the ticket again when it is time, so that it stays good."""
        every_s = self._setting.dialect.ticket_s
        if self._setting.ticket is None or every_s is None:
            return
        if self._serving is None:
            self._tend_at = math.inf
        elif self._tend_at == math.inf:
            self._tend_at = now + every_s
        elif now >= self._tend_at:
            self._tend_at = now + every_s
            self._tending = self._runtime.start(self._ask_again(self._setting.ticket, self._serving))

    async def _ask_again(self, ticket: Callable[[], Awaitable[str]], session: Session) -> None:
        try:
            if await ticket() != session.ticket:
                session.give_up("its ticket is not good any more")
        except FuturesAsyncError as problem:
            logger.warning("%s: the ticket of the stream was not renewed: %s", self._setting.dialect.venue, problem)
            self._tend_at = self._runtime.now() + LONGEST_PAUSE_S
            self._bell.ring()

    def _open(self) -> Session:
        session = Session(self._setting, self, list(self._topics.values()))
        self._works[session] = self._runtime.start(session.run(self._permitted))
        lifetime_s = self._setting.dialect.limits.lifetime_s
        if lifetime_s is not None:
            early_s = REPLACE_LAST_S + self._draw() * (REPLACE_EARLY_S - REPLACE_LAST_S)
            self._replace_at = self._runtime.now() + lifetime_s - min(early_s, lifetime_s / 2)
        return session

    async def _permitted(self) -> None:
        """Wait for one more connection; refused where too many wait, or the limiter's store is gone."""
        permit = await self._guard.limiter.acquire((self._guard.pool,), Priority.READ, None)
        # Counted from now on, so never more attempts in a window than allowed, however long one takes.
        permit.answered()

    def _sweep(self) -> None:
        """Forget sessions that have ended."""
        self._look()
        for session in [one for one, work in self._works.items() if work.done]:
            self._seen_at = max(self._seen_at, session.alive_at)
            del self._works[session]

    async def _succeed(self, ended: Session) -> bool:
        """The connection is lost. The successor takes over where there is one; False when there can be none."""
        stood_s = 0.0 if ended.established_at is None else self._runtime.now() - ended.established_at
        happening: Happening = "failed" if ended.established_at is None else "lost"
        self._report(self._name, happening, duration_s=stood_s, reason=str(ended.end))
        self._serving, self._successor = self._successor, None
        for subscriber in self._everybody():
            subscriber.lost(self._topics)
        error = ended.error
        if isinstance(error, ClockSkew) and not self._skewed:
            self._skewed = True
            try:
                await self._set_clock()
            except FuturesAsyncError as problem:
                logger.debug("%s: the venue did not tell its time: %s", self._setting.dialect.venue, problem)
        elif isinstance(error, FATAL):
            self._fail(error)
            return False
        if self._serving is not None:
            for key in tuple(self._topics):
                if self._serving.stands(key):
                    self._tell(key, overlapped=False)
        return True

    def _pause_s(self, ended: Session) -> float:
        if ended.established_at is not None and self._runtime.now() - ended.established_at >= PROVED_S:
            self._failures = 0
        most_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return self._draw() * most_s

    def _replace(self, serving: Session, successor: Session) -> None:
        self._report(self._name, "replaced", reason="retired" if serving.retiring else "old")
        self._serving, self._successor = successor, None
        serving.leave(UNDER_WAY_S)  # what was sent before the new one was subscribed may still be under way
        for key in tuple(self._topics):
            if successor.stands(key):
                self._tell(key, overlapped=True)

    def _fail(self, error: FuturesAsyncError) -> None:
        self._closing = True
        for subscriber in self._everybody():
            subscriber.refused(error)

    def _everybody(self) -> list[Subscriber]:
        """Each once."""
        return list({id(one): one for some in self._subscribers.values() for _, one in some}.values())

    def _tell(self, key: Hashable, *, overlapped: bool) -> None:
        for _, subscriber in tuple(self._subscribers.get(key, ())):
            subscriber.acknowledged(key, overlapped=overlapped)

    # What sessions tell it

    def subscribers(self, key: Hashable) -> Sequence[tuple[What, Subscriber]]:
        """Who wants what of a topic, kept as it is now: sessions hand pushes over themselves."""
        return self._subscribers[key]

    def acknowledged(self, session: Session, key: Hashable) -> None:
        """A subscription stands; those of a successor are told when it takes over."""
        self._skewed = False
        if session is self._serving:
            self._tell(key, overlapped=False)
        self._bell.ring()

    def turned_down(self, key: Hashable, error: ExchangeError) -> None:
        """A subscription will never stand."""
        subscribers = self._subscribers.pop(key, [])
        self._topics.pop(key, None)
        refused = tuple(subscribers)
        subscribers.clear()  # nor does another session tell them of it any more
        for _, subscriber in refused:
            subscriber.refused(error, key)

    def unreadable(self, problem: DecodeError) -> None:
        """Nobody knows what it was about: everybody looks again."""
        for subscriber in self._everybody():
            subscriber.doubt()

    def marked(self, mark: Mark, duration_s: float, count: int) -> None:
        """A step was done."""
        self._report(self._name, mark, duration_s=duration_s, count=count)

    def ring(self) -> None:
        """Look again."""
        self._bell.ring()
