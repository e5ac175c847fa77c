"""Faults put into effect: from a request and a plan to what has to happen on the wire.

`Deliverer.deliver` decides everything and waits for nothing; the ASGI application and rigs in process carry it out.
"""

from __future__ import annotations

import gzip
import heapq
import random
from contextlib import suppress
from email.utils import formatdate
from functools import cache
from typing import Literal, NamedTuple

from futures_async.simulator import errors
from futures_async.simulator.dialect import Dialect, Request, Response, Route, VenueRefusal
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.faults import Act
from futures_async.simulator.mutations import damaged
from futures_async.simulator.plan import FaultPlan, Strike
from futures_async.simulator.replica import Replica
from futures_async.simulator.stream_faults import Moment
from futures_async.transport.endpoint import Kind

GIGANTIC = 64 * 1024 * 1024


class Delivery(NamedTuple):
    """What the client gets to see."""

    response: Response | None
    """None: nothing at all."""
    delay_s: float = 0.0
    """Before the first byte, or before the connection closes."""
    cut: Literal["no", "before", "middle", "after"] = "no"
    """Where the connection closes; in the middle it is reset."""
    spread_s: float = 0.0
    """The body comes a few bytes at a time, over so long."""
    copies: int = 1
    declared: int | None = None
    """Content-Length, where it is not the body's."""
    filler: int = 0
    """Bytes of filler after the body, without a declared length."""
    network: str = ""
    """The request never left: a `FailureKind`. Servers can't do that."""


class Deliverer:
    """One exchange behind a faulty network."""

    def __init__(self, exchange: SimulatedExchange, plan: FaultPlan | None = None) -> None:
        self.exchange = exchange
        self.plan = plan
        self._late: list[tuple[int, int, Request]] = []
        self._count = 0
        self._answers: dict[str, Response] = {}
        self._replica: Replica | None = None

    def deliver(self, request: Request) -> Delivery:
        """Handle a request, as the plan has it."""
        if self.plan is None:
            return Delivery(self.exchange.handle(request))
        self.land(request.now_ms)
        found = self.exchange.find(request)
        strike = None
        if found is not None:
            request.route = found[1]
            strike = self.plan.choose(found[0].id, found[1].kind, request.method, found[1].path)
        if found is None or strike is None:
            return Delivery(self._remember(request, self._answer(request, None if found is None else found[0])))
        return self._strike(request, found[0], found[1], strike)

    def _answer(self, request: Request, dialect: Dialect | None) -> Response:
        """The venue's own answer, or one of a while ago where the plan has such."""
        response = self.exchange.handle(request)
        if self.plan is None or dialect is None or not self.plan.has(Moment.READ):
            return response
        self._replica = replica = self._replica or Replica(self.exchange)
        replica.follow(request, dialect)
        if response.status != 200 or not replica.answers(request):
            return response
        strike = self.plan.choose_on_stream(dialect.id, Moment.READ, request.path)
        past = None if strike is None else replica.past(request, dialect, strike.delay_s)
        return response if past is None else response._replace(body=past.body)

    def land(self, now_ms: int) -> None:
        """Let late requests arrive that are due; they are judged at their own time of arrival."""
        while self._late and self._late[0][0] <= now_ms:
            due, _, request = heapq.heappop(self._late)
            request.now_ms = due
            self.exchange.handle(request)

    def land_all(self) -> None:
        """Let all late requests arrive, whenever they are due."""
        if self._late:
            self.land(max(due for due, _, _ in self._late))

    def _remember(self, request: Request, response: Response) -> Response:
        if response.status == 200 and request.route is not None:
            self._answers[request.route.name] = response
        return response

    def _strike(self, request: Request, dialect: Dialect, route: Route, strike: Strike) -> Delivery:
        fault, delay = strike.fault, strike.delay_s
        if fault.act is Act.NETWORK:
            return Delivery(None, network=fault.word)
        if fault.act is Act.LATE:
            self._count += 1
            due = request.now_ms + int(delay * 1000)
            heapq.heappush(self._late, (due, self._count, request))
            return Delivery(None, cut="before")
        if fault.act is Act.CLOCK:
            self.exchange.skew_ms += int(delay * 1000)
            request.now_ms += int(delay * 1000)
        changes_answer = fault.act not in (Act.HANG, Act.DROP, Act.REPLACE, Act.REFUSE)
        if not strike.applied and not changes_answer:
            self._note(request, dialect, route)
        earlier = self._answers.get(route.name)
        response = None
        if strike.applied:
            response = self._apply(request, delay if fault.act is Act.LAG else 0.0)
        match fault.act:
            case Act.HANG:
                return Delivery(None, delay_s=delay, cut="before")
            case Act.DROP:
                return Delivery(None, cut="before")
            case Act.REPLACE:
                return self._replace(strike)
            case Act.REFUSE:
                return Delivery(self._refuse(request, dialect, route, strike))
            case _:
                pass
        if response is None:  # the acts that follow change a real answer
            response = self.exchange.handle(request)
        match fault.act:
            case Act.RESET:
                return Delivery(response, cut="middle")
            case Act.CLOSE:
                return Delivery(response, cut="after")
            case Act.SLOW:
                return Delivery(response, spread_s=delay)
            case Act.DELAY:
                return Delivery(response, delay_s=delay)
            case Act.EXTRA:
                return Delivery(response, copies=2)
            case Act.CROSS:
                return Delivery(earlier or response)
            case Act.MUTATE:
                random_source = self.plan.random if self.plan is not None else random.Random(0)  # noqa: S311 - not secret
                return Delivery(mutate(response, fault.word, random_source, bare=dialect.bare))
            case _:
                pass
        return Delivery(response)

    def _note(self, request: Request, dialect: Dialect, route: Route) -> None:
        """Log a request that arrived and was not executed: it counts as traffic of its account."""
        if route.private:
            with suppress(VenueRefusal):
                request.belongs_to(dialect.authenticate(request))
        self.exchange.note(request, dialect.id, 0)

    def _apply(self, request: Request, lag_s: float) -> Response:
        options = self.exchange.engine.world.options
        usual = options.visibility_lag_ms
        options.visibility_lag_ms = usual + int(lag_s * 1000)
        try:
            return self._remember(request, self.exchange.handle(request))
        finally:
            options.visibility_lag_ms = usual

    def _replace(self, strike: Strike) -> Delivery:
        fault = strike.fault
        if fault.word == "bomb":
            return Delivery(Response(200, _bomb(), (("content-encoding", "gzip"),)))
        response = Response(fault.status, fault.body, fault.headers, fault.content_type)
        if fault.word == "declared":
            return Delivery(response, declared=GIGANTIC, filler=GIGANTIC)
        return Delivery(response, filler=GIGANTIC if fault.word == "streamed" else 0)

    def _refuse(self, request: Request, dialect: Dialect, route: Route, strike: Strike) -> Response:
        fault = strike.fault
        match fault.word:
            case "stale" | "anonymous" if route.private:
                return self._turned_away(request, dialect, fault.word)
            case "ambiguous" | "stale":
                refusal = dialect.ambiguous
            case "maintenance":
                refusal = dialect.maintenance
            case "limited":
                refusal = dialect.translate(errors.RateLimited(1.0), request)
                headers = tuple((name, _dated(value, request.now_ms)) for name, value in fault.headers)
                refusal = VenueRefusal(refusal.code, refusal.message, status=429, headers=headers)
            case "duplicate":
                refusal = dialect.translate(errors.DuplicateClientId("client id in use"), request)
            case "definitive" if route.kind is Kind.ORDER:
                refusal = dialect.translate(errors.InsufficientMargin("not enough"), request)
            case "definitive":
                refusal = dialect.translate(errors.UnknownSymbol("not listed"), request)
            case "broken":
                refusal = VenueRefusal(dialect.ambiguous.code, "internal error", status=fault.status)
            case _:
                refusal = VenueRefusal("99999", "something that no table knows")
        return dialect.failure(request, refusal)

    def _turned_away(self, request: Request, dialect: Dialect, word: str) -> Response:
        """What the venue itself says to a request that is an hour old, or that nobody sent."""
        other = Request(
            request.method,
            request.path,
            request.query,
            request.body,
            request.headers,
            client=request.client,
            now_ms=request.now_ms + 3_600_000,
        )
        if word != "stale":
            other = dialect.by_nobody(request)
        try:
            dialect.authenticate(other)
        except VenueRefusal as refusal:
            return dialect.failure(other, refusal)
        return dialect.failure(other, dialect.ambiguous)  # this venue looks at neither


def _dated(value: str, now_ms: int) -> str:
    """`{date}` becomes the HTTP date two seconds from now."""
    return value.replace("{date}", formatdate(now_ms // 1000 + 2, usegmt=True))


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(GIGANTIC), 6)


def mutate(response: Response, how: str, source: random.Random, *, bare: bool = False) -> Response:
    """The answer, damaged in one way."""
    body = response.body
    if how == "content-type":
        return response._replace(content_type="text/html")
    if how == "truncate":
        return response._replace(body=body[: len(body) * 2 // 3])
    if how == "utf8":
        middle = len(body) // 2
        return response._replace(body=body[:middle] + b"\xff\xfe\xc3" + body[middle:])
    return response._replace(body=damaged(body, how, source, bare=bare))
