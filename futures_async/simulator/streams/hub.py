"""All stream connections of one exchange: who is told what happens, and what the passing of time brings.

The engine computes lazily; while somebody is connected, `advance` settles the accounts of those who listen on the
grid on which prices change, so that a fill is told when it happens. Nothing runs by itself: `clockwork.py` calls
`advance` when `next_s` says so.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from futures_async.simulator.accounts import Account
from futures_async.simulator.dialect import Request
from futures_async.simulator.events import Event
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.marks import STEP_MS
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.stream_dialect import AccountChannel, Ask, Frame, StreamDialect, Subscription
from futures_async.simulator.streams.session import Session


class Refused(Exception):
    """The upgrade is refused.

    Attributes:
        status: HTTP.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class _Due(NamedTuple):
    at_s: float
    order: int
    session: Session
    deed: Callable[[], None]


class StreamHub:
    """See the module's docstring.

    Args:
        exchange: Whose.
        plan: What goes wrong.
        grid_ms: How often accounts that somebody listens to are settled.
    """

    def __init__(self, exchange: SimulatedExchange, plan: FaultPlan | None = None, *, grid_ms: int = STEP_MS) -> None:
        self.exchange = exchange
        self.plan = plan
        self.grid_ms = grid_ms
        self.sessions: set[Session] = set()
        self.rescheduled: Callable[[], None] = lambda: None
        """Called when something may be due earlier than before."""
        found = (venue.dialect.streams() for venue in exchange.venues.values())
        self.dialects = {dialect.id: dialect for dialect in found if dialect is not None}
        self._paths = {path: dialect for dialect in self.dialects.values() for path in dialect.paths}
        self._listening: dict[str, list[Session]] = {}
        """By UID."""
        self._attempts: dict[tuple[str, str], deque[float]] = {}
        self._due: list[_Due] = []
        self._count = itertools.count(1)
        self._settled_step = 0
        exchange.engine.world.listeners.append(self._tell)

    # -- what a session needs

    @property
    def now_s(self) -> float:
        """The exchange's monotonic clock."""
        return self.exchange.monotonic()

    @property
    def now_ms(self) -> int:
        """The exchange's wall clock."""
        return self.exchange.now_ms()

    def arithmetic(self) -> AbstractContextManager[None]:
        """In which the engine computes."""
        return self.exchange.engine.arithmetic()

    def later(self, session: Session, delay_s: float, deed: Callable[[], None]) -> None:
        """Do something after `delay_s`, unless the session has ended by then."""
        due = _Due(self.now_s + delay_s, next(self._count), session, deed)
        heapq.heappush(self._due, due)
        if self._due[0] is due:
            self.rescheduled()

    def catch_up(self, account: Account) -> None:
        """Let happen to an account what has happened until now."""
        self.exchange.engine.settle(account, self.now_ms)

    def belongs(self, session: Session, account: Account) -> None:
        """A session is told what happens to this account from now on."""
        self._leave(session)
        self._listening.setdefault(account.uid, []).append(session)
        if len(self._listening) == 1:
            self.rescheduled()

    def forget(self, session: Session) -> None:
        """A session has ended."""
        self.sessions.discard(session)
        self._leave(session)
        self._due = [due for due in self._due if due.session is not session]
        heapq.heapify(self._due)
        self.rescheduled()

    def _leave(self, session: Session) -> None:
        for uid, sessions in list(self._listening.items()):
            if session in sessions:
                sessions.remove(session)
            if not sessions:
                del self._listening[uid]

    def neighbours(self, session: Session) -> list[Session]:
        """All connections of its address to its venue."""
        return self._connected(session.dialect, session.client)

    def _connected(self, dialect: StreamDialect, client: str) -> list[Session]:
        return [session for session in self.sessions if session.client == client and session.dialect is dialect]

    def frames(self, session: Session, subscription: Subscription) -> Sequence[Frame]:
        """How things stand now, as a channel tells it."""
        engine, channel = self.exchange.engine, subscription.channel
        with engine.arithmetic():
            if not isinstance(channel, AccountChannel):
                engine.tick()
                return list(channel.look(subscription))
            if session.account is None or channel.look is None:
                return []
            return list(channel.look(session.account, subscription))

    def asked(self, session: Session, question: Ask) -> Frame:
        """What a request comes to that was made over a connection."""
        request = Request(question.method, question.path, body=question.body, client=session.client, now_ms=self.now_ms)
        response = self.exchange.handle(request)
        return question.answer(response.status, response.body)

    # -- connections

    def knows(self, path: str) -> bool:
        """True for paths of streams."""
        return path in self._paths

    def open(self, path: str, *, client: str, wake: Callable[[], None], query: str = "") -> Session:
        """Accept a connection.

        Args:
            path: Without the query.
            query: Without the question mark.
            client: The address that it comes from.
            wake: Called whenever the session has something to send.

        Raises:
            Refused: No venue's path, or more than the venue allows one address.
        """
        dialect = self._paths.get(path)
        if dialect is None:
            raise Refused(404)
        self._judge(dialect, client)
        session = Session(self, dialect, self.plan, path=path, client=client, number=next(self._count), wake=wake)
        if session.mishaps.turned_away():
            raise Refused(503)
        self.sessions.add(session)
        session.begin(query)
        return session

    def _judge(self, dialect: StreamDialect, client: str) -> None:
        rules, now = dialect.rules, self.now_s
        if rules.attempts is not None:
            window = self._attempts.setdefault((dialect.id, client), deque())
            while window and window[0] <= now - rules.attempts.per_s:
                window.popleft()
            if len(window) >= rules.attempts.count:
                raise Refused(429)
            window.append(now)
        if rules.connections is not None and len(self._connected(dialect, client)) >= rules.connections:
            raise Refused(429)

    def shut(self) -> None:
        """Cut every connection."""
        for session in tuple(self.sessions):
            session.cut()

    # -- what happens

    def _tell(self, account: Account, event: Event) -> None:
        for session in tuple(self._listening.get(account.uid, ())):
            session.tell(account, event)

    @property
    def next_s(self) -> float | None:
        """Seconds until `advance` has something to do; None: nothing at all."""
        waits: list[float] = []
        if self._due:
            waits.append(self._due[0].at_s - self.now_s)
        if self._listening:
            waits.append((self.grid_ms - self.now_ms % self.grid_ms) / 1000)
        return max(0.0, min(waits)) if waits else None

    def advance(self) -> None:
        """Do what is due, and settle the accounts that somebody listens to when prices have moved."""
        step = self.now_ms // self.grid_ms
        if step != self._settled_step:
            self._settled_step = step
            for uid in tuple(self._listening):
                self.catch_up(self.exchange.engine.accounts[uid])
        while self._due and self._due[0].at_s <= self.now_s:
            heapq.heappop(self._due).deed()
