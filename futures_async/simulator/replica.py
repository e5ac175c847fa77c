"""A read replica that lags: what a read would have answered a while ago.

Only what an account has asked once is kept: the payloads of its reads, as they were after each change. So the first
answer to a question is never an old one.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import Any, NamedTuple

from futures_async.simulator.accounts import Account
from futures_async.simulator.dialect import Dialect, Request, Response, Route, VenueRefusal
from futures_async.simulator.errors import EngineError
from futures_async.simulator.events import Event
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.transport.endpoint import Kind

KEPT = 64
"""Payloads of one question."""
QUESTIONS = 8
"""Of one account, those that were asked last: each costs an answer at every change."""


_Words = tuple[str, str, bytes]


class _Payload(NamedTuple):
    since_s: float
    value: Any


class _Question(NamedTuple):
    request: Request
    route: Route
    dialect: Dialect
    payloads: deque[_Payload]


class Replica:
    """Of one exchange."""

    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self._asked: dict[str, dict[_Words, _Question]] = {}
        """By UID; by path, query and body."""
        self._changed: set[str] = set()
        exchange.engine.world.listeners.append(self._note)

    def _note(self, account: Account, event: Event) -> None:
        self._changed.add(account.uid)

    def follow(self, request: Request, dialect: Dialect) -> None:
        """A request of an account was answered: keep what its reads say now."""
        route, uid = request.route, request.uid
        if route is None or uid is None:
            return
        asked = self._asked.setdefault(uid, {})
        fresh: list[_Question] = []
        if route.kind is Kind.READ:
            question = asked.pop(_words(request), None)
            if question is None:
                question = _Question(request, route, dialect, deque(maxlen=KEPT))
                fresh.append(question)
            asked[_words(request)] = question  # the last to be forgotten
            if len(asked) > QUESTIONS:
                del asked[next(iter(asked))]
        if uid in self._changed:
            self._changed.discard(uid)
            fresh = list(asked.values())
        now_s, now_ms = self._exchange.monotonic(), self._exchange.now_ms()
        for one in fresh:
            with self._exchange.engine.arithmetic(), suppress(VenueRefusal, EngineError):
                one.payloads.append(_Payload(now_s, one.dialect.serve(_again(one.request, now_ms), one.route)))

    def answers(self, request: Request) -> bool:
        """True for reads of an account."""
        return _words(request) in self._asked.get(request.uid or "", ())

    def past(self, request: Request, dialect: Dialect, age_s: float) -> Response | None:
        """The answer of `age_s` ago, in an envelope of now; None: nobody asked then."""
        question = self._asked.get(request.uid or "", {}).get(_words(request))
        until_s = self._exchange.monotonic() - age_s
        old = [payload for payload in (question.payloads if question else ()) if payload.since_s <= until_s]
        return dialect.success(request, old[-1].value) if old else None


def _words(request: Request) -> _Words:
    return request.path, request.query, request.body


def _again(request: Request, now_ms: int) -> Request:
    copy = Request(
        request.method,
        request.path,
        request.query,
        request.body,
        request.headers,
        client=request.client,
        now_ms=now_ms,
    )
    copy.belongs_to(request.account)
    copy.route = request.route
    return copy
