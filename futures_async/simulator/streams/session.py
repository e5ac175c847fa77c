"""One connection to a simulated venue: who it is for, what it is told, and how it ends. No socket, no clock.

What is to be sent lies in `outbox`; `wake` is called when there is something. The other side puts the client's
messages into `hear`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from futures_async.simulator.accounts import Account
from futures_async.simulator.events import Event
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.stream_dialect import (
    MESSAGE_TOO_BIG,
    Answer,
    Ask,
    Beat,
    Break,
    Deed,
    Frame,
    LogIn,
    Own,
    StreamDialect,
    Subscribe,
    Subscription,
    Unsubscribe,
)
from futures_async.simulator.stream_faults import Moment
from futures_async.simulator.streams.mishaps import Mishaps
from futures_async.transport.endpoint import RateLimit

SILENT_S = 120.0
"""After so long a half-open connection is cleared away, where the venue has no rule of its own."""


class Surroundings(Protocol):
    """What a connection needs of the exchange."""

    @property
    def now_s(self) -> float:
        """The monotonic clock."""
        ...

    @property
    def now_ms(self) -> int:
        """The wall clock."""
        ...

    def arithmetic(self) -> AbstractContextManager[None]:
        """In which the engine computes."""
        ...

    def later(self, session: Session, delay_s: float, deed: Callable[[], None]) -> None:
        """Do something then, unless the session has ended by then."""

    def catch_up(self, account: Account) -> None:
        """Let happen to the account what has happened until now."""

    def belongs(self, session: Session, account: Account) -> None:
        """It is told what happens to this account from now on."""

    def forget(self, session: Session) -> None:
        """It has ended."""

    def neighbours(self, session: Session) -> Iterable[Session]:
        """All connections of its address to its venue."""
        ...

    def frames(self, session: Session, subscription: Subscription) -> Sequence[Frame]:
        """How things stand."""
        ...

    def asked(self, session: Session, question: Ask) -> Frame:
        """What a request comes to."""
        ...


class End(NamedTuple):
    """How the venue ends a connection, after what lies in the outbox."""

    code: int | None = None
    """Of its close frame; None: none is sent."""
    reset: bool = False
    """By a reset, not in order."""


class Session:
    """See the module's docstring."""

    def __init__(
        self,
        hub: Surroundings,
        dialect: StreamDialect,
        plan: FaultPlan | None,
        *,
        path: str,
        client: str,
        number: int,
        wake: Callable[[], None],
    ) -> None:
        self._hub = hub
        self.dialect = dialect
        self.path = path
        self.private = dialect.paths[path]
        self.client = client
        self.number = number
        self.wake = wake
        self.account: Account | None = None
        self.subscriptions: dict[Hashable, Subscription] = {}
        self.outbox: deque[Frame] = deque()
        self.end: End | None = None
        self.silent = False
        """Half open: it neither sends nor reads."""
        self.mishaps = Mishaps(self, plan)
        self._messages: deque[float] = deque()
        self._subscribes: deque[float] = deque()
        self._requests: deque[float] = deque()
        self._last_beat_s = hub.now_s

    def begin(self, query: str = "") -> None:
        """The connection stands; `query` of its address."""
        with self._hub.arithmetic():
            for deed in self.dialect.opened(query, self):
                self._do(deed)
        rules = self.dialect.rules
        if rules.idle_s is not None:
            self.later(rules.idle_s, self._check_beat)
        if rules.lifetime_s is not None:
            self.later(rules.lifetime_s, lambda: self.close(1000))

    @property
    def now_ms(self) -> int:
        """The exchange's clock."""
        return self._hub.now_ms

    @property
    def now_s(self) -> float:
        """The exchange's monotonic clock."""
        return self._hub.now_s

    @property
    def channels_of_address(self) -> int:
        """Held at once by all connections of its address."""
        return sum(len(session.subscriptions) for session in self._hub.neighbours(self))

    @property
    def accounts_of_address(self) -> set[str]:
        """UIDs that these are of."""
        return {session.account.uid for session in self._hub.neighbours(self) if session.account is not None}

    def later(self, delay_s: float, deed: Callable[[], None]) -> None:
        """Do something then, if the connection still stands."""
        self._hub.later(self, delay_s, deed)

    # -- what leaves

    def send(self, frame: Frame) -> None:
        """Say something, unless there is nobody to say it to."""
        if self.end is None and not self.silent:
            self.outbox.append(frame)
            self.wake()

    def push(self, subscription: Subscription, frame: Frame) -> None:
        """Tell what a subscription is for, with the faults of the plan."""
        if self.end is None and not self.silent:
            self.mishaps.push(subscription.channel.name, frame)

    def close(self, code: int) -> None:
        """End it with a close frame, after what lies in the outbox."""
        self._finish(End(code))

    def cut(self, *, reset: bool = False) -> None:
        """End it without one."""
        self._finish(End(reset=reset))

    def hang_up(self) -> None:
        """The client is gone."""
        self._finish(End())

    def _finish(self, end: End) -> None:
        if self.end is None:
            self.end = end
            self._hub.forget(self)
            self.dialect.ended(self)
            self.wake()

    def fall_silent(self) -> None:
        """Become half open. What nobody answers is cleared away by a reset after a while."""
        if self.end is None and not self.silent:
            self.silent = True
            self.outbox.clear()
            self.later(self.dialect.rules.idle_s or SILENT_S, lambda: self.cut(reset=True))
            self.wake()

    # -- what arrives

    def hear(self, message: Frame) -> None:
        """A message of the client."""
        if self.end is not None or self.silent or not self._is_allowed(message):
            return
        if self.account is not None:
            self._hub.catch_up(self.account)
        with self._hub.arithmetic():
            deeds = list(self.dialect.read(message, self))
            rules = self.dialect.rules
            for kinds, window, limit in (
                (Subscribe, self._subscribes, rules.subscribes),
                (LogIn | Subscribe | Unsubscribe, self._requests, rules.requests),
            ):
                if any(isinstance(deed, kinds) for deed in deeds) and not self._fits(window, limit):
                    self._too_many()
                    return
            for deed in deeds:
                self._do(deed)

    def _is_allowed(self, message: Frame) -> bool:
        rules = self.dialect.rules
        size = len(message.encode() if isinstance(message, str) else message)
        if rules.most_bytes is not None and size > rules.most_bytes:
            self.close(MESSAGE_TOO_BIG)
            return False
        if not self._fits(self._messages, rules.messages):
            self._too_many()
            return False
        return True

    def _fits(self, window: deque[float], limit: RateLimit | None) -> bool:
        if limit is None:
            return True
        now = self._hub.now_s
        while window and window[0] <= now - limit.per_s:
            window.popleft()
        window.append(now)
        return len(window) <= limit.count

    def _too_many(self) -> None:
        frame = self.dialect.too_many(self)
        if frame is not None:
            self.send(frame)
        self.close(1000)

    def _do(self, deed: Deed) -> None:
        match deed:
            case Answer(frame):
                self.send(frame)
            case Beat(frame):
                self._last_beat_s = self._hub.now_s
                self.mishaps.answer(Moment.BEAT, frame)
            case LogIn(account, frame):
                self._log_in(account, frame)
            case Own(account, subscriptions):
                self.account = account
                self._hub.belongs(self, account)
                for key, held in subscriptions.items():
                    self.subscriptions[key] = held
                    self._repeat(key, held)
            case Subscribe(key, subscription, ack):
                self._subscribe(key, subscription, ack)
            case Unsubscribe(key, ack):
                self.subscriptions.pop(key, None)
                if ack is not None:
                    self.send(ack)
            case Ask():
                self.send(self._hub.asked(self, deed))
            case Break():
                self.cut()

    def _log_in(self, account: Account | None, frame: Frame) -> None:
        if account is not None and not self.mishaps.answer(Moment.LOGIN, frame):
            account, frame = None, self.dialect.login_refused(self)
        elif account is not None:
            self.account = account
            self._hub.belongs(self, account)
            return
        self.send(frame)
        if self.dialect.rules.refusal_ends:
            self.close(1000)

    def _subscribe(self, key: Hashable, subscription: Subscription, ack: Frame | None) -> None:
        if key not in self.subscriptions and not self._has_room(key):
            self._too_many()
            return
        if not self.mishaps.acknowledge(key, subscription, ack):
            return
        held = self.subscriptions.setdefault(key, subscription)
        if held.channel.at_start:
            self._look(key, held)
        if held is subscription:
            self._repeat(key, held)

    def _has_room(self, key: Hashable) -> bool:
        channels, characters = self.dialect.rules.most_channels, self.dialect.rules.most_characters
        if channels is not None and len(self.subscriptions) >= channels:
            return False
        return characters is None or sum(len(str(each)) for each in (*self.subscriptions, key)) <= characters

    def _repeat(self, key: Hashable, held: Subscription) -> None:
        """Push how things stand every so often, as long as it is held."""
        every_s = held.channel.every_s
        if every_s is None:
            return

        def again() -> None:
            if self.subscriptions.get(key) is held:
                if self.account is not None:
                    self._hub.catch_up(self.account)
                self._look(key, held)
                self._repeat(key, held)

        self.later(every_s, again)

    def _look(self, key: Hashable, held: Subscription) -> None:
        """Push how things stand."""
        if key not in self.mishaps.muted:
            for frame in self._hub.frames(self, held):
                self.push(held, frame)

    def tell(self, account: Account, event: Event) -> None:
        """Something has happened to its account."""
        for key, held in self.subscriptions.items():
            if key not in self.mishaps.muted:
                for frame in self.dialect.changes(account, event, held):
                    self.push(held, frame)

    def _check_beat(self) -> None:
        idle_s = self.dialect.rules.idle_s
        if self.end is not None or self.silent or idle_s is None:
            return
        left = self._last_beat_s + idle_s - self._hub.now_s
        if left > 0:
            self.later(left, self._check_beat)
        else:
            self.cut()
