"""One connection, from its handshake to its end: login, subscriptions, heartbeat.

Everything that it waits for has its time: the connection, the login's answer, each acknowledgement, the first push of
a channel that promises one, each pong. What does not come in time ends the session; `line.py` opens the next one.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Awaitable, Callable, Hashable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import anyio
from msgspec import structs

from futures_async.streams.backend import StreamBackend, StreamConnection, StreamEnd, StreamFailure, StreamRequest
from futures_async.streams.bell import Bell
from futures_async.streams.dialect import (
    Acknowledged,
    Data,
    LoggedIn,
    Message,
    Pong,
    Refused,
    Retiring,
    StreamDialect,
    Topic,
    What,
)
from futures_async.streams.pace import Pace
from futures_async.streams.picture import Push
from futures_async.transport import asleep
from futures_async.unified.asked import ASKED
from futures_async.unified.errors import (
    AccountModeMismatch,
    AuthenticationError,
    ClockSkew,
    DecodeError,
    ExchangeError,
    FuturesAsyncError,
)

if TYPE_CHECKING:
    from futures_async.unified.credentials import Credentials

logger = logging.getLogger("futures_async.streams")

FATAL = (AuthenticationError, AccountModeMismatch, ClockSkew)
"""What a login is not tried again after; a wrong clock may be put right once."""

Mark = Literal["connected", "login", "subscribed"]


class Listener(Protocol):
    """Who is given what is pushed: a feed."""

    def pushed(self, push: Push[Any], whole: bool, at: float) -> None:
        """Something came."""


class Owner(Protocol):
    """Whom a session tells what it hears: its line."""

    def subscribers(self, key: Hashable) -> Sequence[tuple[What, Listener]]:
        """Who wants what of a topic: as long as it is subscribed, and whoever comes and goes meanwhile."""
        ...

    def acknowledged(self, session: Session, key: Hashable) -> None:
        """A subscription stands."""

    def turned_down(self, key: Hashable, error: ExchangeError) -> None:
        """A subscription was refused, for a reason that stays."""

    def unreadable(self, problem: DecodeError) -> None:
        """A frame that could not be read: something may have been missed."""

    def marked(self, mark: Mark, duration_s: float, count: int) -> None:
        """A step was done."""

    def ring(self) -> None:
        """Something that the line looks at has changed."""


class Setting(NamedTuple):
    """What all sessions of a line have in common."""

    dialect: StreamDialect
    backend: StreamBackend
    request: StreamRequest
    credentials: Credentials | None
    """None on public connections: no login."""
    now: Callable[[], float]
    """The event loop's clock, seconds."""
    now_ms: Callable[[], int]
    """The venue's time."""
    ticket: Callable[[], Awaitable[str]] | None = None
    """What each connection is opened with, where there is no login."""


class _Step(IntEnum):
    UNSENT = 0
    SENT = 1
    STANDS = 2
    LEAVING = 3


class _Subscription:
    __slots__ = ("due", "heard", "left", "step", "stood", "subscribers", "topic")

    def __init__(self, topic: Topic, subscribers: Sequence[tuple[What, Listener]]) -> None:
        self.topic = topic
        self.subscribers = subscribers
        """Who wants what of it."""
        self.step = _Step.UNSENT
        self.due = math.inf
        """When its acknowledgement, or after that its first push, is overdue."""
        self.heard = False
        self.stood = False
        """It was acknowledged."""
        self.left = False
        """It is wanted no more, and its answer is waited for: a refusal that names nothing is another's else."""


class Session:
    """One connection. `run` it; then it has an `end`, and an `error` where the venue refused it for good."""

    def __init__(self, setting: Setting, owner: Owner, topics: list[Topic]) -> None:
        self._setting = setting
        self._dialect = setting.dialect
        self._owner = owner
        self._now = setting.now
        self._bell = Bell()
        self._connection: StreamConnection | None = None
        self._subscriptions = {topic.key: _Subscription(topic, owner.subscribers(topic.key)) for topic in topics}
        self._pace = Pace(setting.dialect.limits)
        self._began = self._now()
        self._asleep_s = asleep.asleep_s()
        """How long this computer had slept when it was last looked at."""
        self._seen_awake_at = -math.inf
        """When that was looked at for a frame, on a clock that goes on while it sleeps."""
        self._login_due = math.inf
        self._in = setting.credentials is None
        self._asked_in = False
        self._ping_at = math.inf
        self._pong_due = math.inf
        self._leave_at = math.inf
        self._opening = anyio.CancelScope()
        self.ticket = ""
        """What it was opened with; a secret."""
        self.end: StreamEnd | None = None
        self.error: ExchangeError | None = None
        self.retiring = False
        """The venue said that it will end this connection soon."""
        self.established_at: float | None = None
        """When the last of the first subscriptions stood that were not left or refused meanwhile."""
        self.alive_at = -math.inf
        """When the venue last gave a sign of life."""

    # What the line asks of it

    @property
    def over(self) -> bool:
        """Nothing more will come."""
        return self.end is not None

    def stands(self, key: Hashable) -> bool:
        """The subscription was acknowledged."""
        found = self._subscriptions.get(key)
        return found is not None and found.step is _Step.STANDS

    @property
    def spare(self) -> int:
        """So many more can be subscribed without a wait for the venue to forget older ones."""
        if self._dialect.limits.requests is None:
            return sys.maxsize
        waiting = sum(one.left or one.step in (_Step.UNSENT, _Step.LEAVING) for one in self._subscriptions.values())
        return self._pace.left(self._now()) - waiting

    def add(self, topic: Topic) -> None:
        """Subscribe one more."""
        known, subscribers = self._subscriptions.get(topic.key), self._owner.subscribers(topic.key)
        if known is not None:
            known.subscribers = subscribers
        if known is not None and known.left:
            known.left = False
        elif known is not None and known.step is _Step.LEAVING:
            # The venue was not told yet: it goes on, and some refuse to be asked for it twice.
            known.step, known.due = _Step.SENT, self._now() + self._dialect.acknowledge_s
            if known.stood:
                self._acknowledge(topic.key, self._now())
        else:
            self._subscriptions[topic.key] = _Subscription(topic, subscribers)
        self._bell.ring()

    def drop(self, key: Hashable) -> None:
        """Unsubscribe one."""
        found = self._subscriptions.get(key)
        if found is None:
            return
        if found.step is _Step.UNSENT:
            del self._subscriptions[key]
        elif found.step is _Step.SENT and self._dialect.limits.one_by_one:
            found.left = True
        else:
            found.step, found.due = _Step.LEAVING, math.inf
        self._look_whether_established(self._now())
        self._bell.ring()

    def leave(self, within_s: float = 0.0) -> None:
        """Say goodbye and end, after so long; what is not open yet never will be."""
        self._leave_at = min(self._leave_at, self._now() + within_s)
        self._opening.cancel()
        self._bell.ring()

    def look(self) -> None:
        """Nothing was heard while this computer slept, which its clock did not count: who was connected is gone."""
        slept_s = asleep.asleep_s() - self._asleep_s
        if slept_s > asleep.SLEPT_S:
            self._asleep_s += slept_s
            self.alive_at -= slept_s
            self.give_up(f"this computer has slept for {slept_s:.0f} s")

    def give_up(self, why: str) -> None:
        """End it: it is open, and not what it should be."""
        self._finish(StreamEnd(kind="lost", reason=why))

    # Its life

    async def run(self, permitted: Callable[[], Awaitable[None]]) -> None:
        """From the handshake to the end, which is in `end` afterwards; cancelled, it leaves nothing open.

        Args:
            permitted: Waits until one more connection may be made.
        """
        setting = self._setting
        try:
            try:
                with self._opening:
                    await permitted()
                    self._connection = await setting.backend.connect(await self._request(), self)
            except (StreamFailure, FuturesAsyncError) as failure:
                if isinstance(failure, FATAL):
                    self.error = failure
                self._finish(StreamEnd(kind="lost", reason=f"no connection: {failure}"))
            if self._connection is None:
                return
            self.alive_at = self._now()
            self._owner.marked("connected", self.alive_at - self._began, 0)
            self._ping_at = self.alive_at + self._dialect.heartbeat.every_s
            while self.end is None and self._now() < self._leave_at:
                self.look()
                now = self._now()
                overdue = self._overdue(now)
                if overdue is not None:
                    self.give_up(overdue)
                    break
                await self._bell.wait(self._work(now) - now)
            if self.end is None:
                await self._connection.aclose()
        finally:
            if self._connection is not None:
                self._connection.abort()
            self._finish(StreamEnd(kind="lost", reason="ended here"))

    async def _request(self) -> StreamRequest:
        """Where to connect, with a ticket where that takes one."""
        setting = self._setting
        if setting.ticket is None:
            return setting.request
        self.ticket = await setting.ticket()
        return structs.replace(setting.request, url=self._dialect.with_ticket(setting.request.url, self.ticket))

    def _finish(self, end: StreamEnd) -> None:
        if self.end is None:
            self.end = end
            self._bell.ring()
            self._owner.ring()

    def _overdue(self, now: float) -> str | None:
        if now >= self._pong_due:
            return "no answer to the heartbeat"
        if now >= self._login_due:
            return "no answer to the login"
        for subscription in self._subscriptions.values():
            if now >= subscription.due:
                what = "push on" if subscription.step is _Step.STANDS else "acknowledgement of"
                return f"no {what} {subscription.topic.channel.name}"
        return None

    def _work(self, now: float) -> float:
        """Send what is due and may be sent; when there is something to do next."""
        wait_until = self._pace.allowed_at(now)
        if wait_until > now:
            return min(wait_until, self._deadline())  # a ping that is due waits its turn like any message
        if now >= self._ping_at:
            self._ping_at = now + self._dialect.heartbeat.every_s
            self._pong_due = min(self._pong_due, now + self._dialect.heartbeat.patience_s)
            self._send(self._dialect.heartbeat.text, now)
            return now
        if not self._in:
            if not self._asked_in and self._setting.credentials is not None:
                self._asked_in = True
                self._login_due = now + self._dialect.login_s
                self._send(self._dialect.login(self._setting.credentials, self._setting.now_ms()), now, requests=1)
                return now
        elif self._subscribe(now):
            return now
        return self._next_due()

    def _subscribe(self, now: float) -> bool:
        limits = self._dialect.limits
        most = min(limits.per_frame, self._pace.left(now))
        if not most:
            return False
        waiting = [one for one in self._subscriptions.values() if one.step is _Step.UNSENT]
        leaving = [one for one in self._subscriptions.values() if one.step is _Step.LEAVING]
        if leaving:
            chosen = leaving[:most]
            for one in chosen:
                del self._subscriptions[one.topic.key]
            self._send(self._dialect.unsubscribe([one.topic for one in chosen]), now, requests=len(chosen))
            return True
        if not waiting or (limits.one_by_one and any(one.step is _Step.SENT for one in self._subscriptions.values())):
            return False
        chosen = waiting[:most]
        for one in chosen:
            one.step, one.due = _Step.SENT, now + self._dialect.acknowledge_s
        self._send(self._dialect.subscribe([one.topic for one in chosen]), now, requests=len(chosen))
        return True

    def _next_due(self) -> float:
        return min(self._ping_at, self._deadline())

    def _deadline(self) -> float:
        """When something that is waited for is overdue."""
        return min(self._leave_at, self._pong_due, self._login_due, *(one.due for one in self._subscriptions.values()))

    def _send(self, text: str, now: float, *, requests: int = 0) -> None:
        self._pace.sent(now, requests)
        if self._connection is not None:
            self._connection.send(text)

    # What arrives

    def received(self, data: bytes, *, binary: bool) -> None:
        """Take in one frame."""
        awake_at = asleep.sleepless()
        if awake_at - self._seen_awake_at > asleep.SLEPT_S:
            self.look()  # in a shorter time since the last frame nobody has slept for longer
        self._seen_awake_at = awake_at
        if self.end is not None:
            return  # it was given up: what still comes is told anew on the next one
        at = self.alive_at = self._now()
        if ASKED.get():
            ASKED.set(())
        try:
            message = self._dialect.read(data, binary=binary)
        except DecodeError as problem:
            logger.warning("%s: a frame could not be read: %s", self._dialect.venue, problem)
            self._owner.unreadable(problem)
            return
        if type(message) is not Data:
            self._answered(message, at)
            return
        subscription = self._subscriptions.get(message.key)
        if subscription is None:
            return
        if not subscription.heard:
            subscription.heard = True
            if subscription.step is _Step.STANDS:
                subscription.due = math.inf
        elif not subscription.topic.channel.full:
            # Only the first list is whole, whatever later ones call themselves.
            for _, push in message.pushes:
                if push.full:
                    message = _of_rows(message)
                    break
        for wanted, subscriber in subscription.subscribers:
            for what, push in message.pushes:
                if what is wanted:
                    subscriber.pushed(push, message.whole, at)

    def _answered(self, message: Message, at: float) -> None:
        match message:
            case Pong():
                self._pong_due = math.inf
            case LoggedIn():
                if self._asked_in and not self._in:
                    self._in, self._login_due = True, math.inf
                    self._owner.marked("login", at - self._began, 0)
                    self._bell.ring()
            case Acknowledged(key):
                self._acknowledge(key, at)
            case Refused():
                self._refused(message)
            case Retiring():
                self.retiring = True
                self._owner.ring()
            case _:
                pass

    def _acknowledge(self, key: Hashable, at: float) -> None:
        subscription = self._subscriptions.get(key)
        if subscription is not None and subscription.step is not _Step.UNSENT:
            subscription.stood = True
        if subscription is None or subscription.step is not _Step.SENT:
            return  # said twice, or of something that was left meanwhile
        if subscription.left:
            subscription.step, subscription.due = _Step.LEAVING, math.inf
            self._look_whether_established(at)
            self._bell.ring()
            return
        subscription.step = _Step.STANDS
        awaited = subscription.topic.channel.first and not subscription.heard
        subscription.due = at + self._dialect.acknowledge_s if awaited else math.inf
        self._look_whether_established(at)
        self._owner.acknowledged(self, key)
        self._bell.ring()

    def _look_whether_established(self, at: float) -> None:
        """Whether all stand that are left: the last that did not may have been acknowledged, left or refused."""
        if self.established_at is not None or self._connection is None or not self._in:
            return
        steps = [one.step for one in self._subscriptions.values()]
        if _Step.STANDS in steps and min(steps) is _Step.STANDS:
            self.established_at = at
            self._owner.marked("subscribed", at - self._began, steps.count(_Step.STANDS))
            self._owner.ring()

    def _refused(self, message: Refused) -> None:
        error, key = message.error, message.key
        if not self._in:
            # Whatever is refused before we are in, is our login.
            if isinstance(error, FATAL):
                self.error = error
            self.give_up(f"login refused: {error.code} {error.message}")
            return
        if key is None:
            asked = [key for key, one in self._subscriptions.items() if one.step is _Step.SENT]
            key = asked[0] if len(asked) == 1 else None
        if key is None or error.retryable:
            # Too many requests, not logged in, or of nothing that can be told: a new connection knows better.
            self.give_up(f"refused: {error.code} {error.message}")
        elif self._subscriptions.pop(key, None) is not None:
            self._look_whether_established(self._now())
            self._owner.turned_down(key, error)
            self._bell.ring()

    def ended(self, end: StreamEnd) -> None:
        """The connection is gone."""
        self._finish(end)


def _of_rows(data: Data) -> Data:
    """A push that takes nothing away."""
    pushes = tuple((what, structs.replace(push, full=False)) for what, push in data.pushes)
    return structs.replace(data, pushes=pushes)
