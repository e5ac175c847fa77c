"""The simulated exchange as one function from request to answer: routing, limits, authentication, envelopes.

No sockets, no threads, no event loop: `app.py` puts it behind ASGI, tests may call `handle` themselves.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from email.utils import formatdate
from typing import Literal, NamedTuple

from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Dialect, Request, Response, Route, VenueRefusal, find_dialects
from futures_async.simulator.engine import Engine
from futures_async.simulator.errors import EngineError
from futures_async.simulator.limits import Credit, Slot, Windows
from futures_async.simulator.world import Options
from futures_async.transport.endpoint import RateLimit, Weight, parts_by, weight_of
from futures_async.unified.words import Named

UNKNOWN_PATH = Response(404, b'{"error":"no venue here has this path"}')


def wall_ms() -> int:
    """The machine's clock, Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Arrival(NamedTuple):
    """One request that reached the exchange."""

    at_s: float
    """On the exchange's monotonic clock."""
    dialect: str | None
    method: str
    path: str
    uid: str | None
    client: str
    status: int


def _weight(weight: Weight, request: Request) -> int:
    return weight if isinstance(weight, int) else weight_of(weight, request.params, request.json())


def _parts(limit: RateLimit, request: Request) -> Iterator[tuple[str, int]]:
    """What a request takes of a limit, apart for each value of the field that it is counted by."""
    if not limit.by:
        yield "", _weight(limit.weight, request)
        return
    for value, items in parts_by(limit.by, request.params, request.json()).items():
        yield value, sum(weight_of(limit.weight, request.params, item) for item in items)


def refuse(dialect: Dialect, request: Request, refusal: VenueRefusal) -> Response:
    """The venue's envelope around a refusal, or the page that stands in its place."""
    refusal.with_traceback(None)  # one refusal serves many requests, and would keep the frames of each
    if refusal.page is None:
        return dialect.failure(request, refusal)
    return Response(dialect.status(refusal), refusal.page, refusal.headers, "text/html")


class Venue(NamedTuple):
    """What a client needs to know about one dialect."""

    dialect: Dialect
    account: Account
    key: ApiKey


class SimulatedExchange:
    """Engine and dialects behind one `handle`.

    Args:
        seed: Of the prices.
        dialects: Classes; None: those of all installed adapters.
        only: Ids of adapters, when `dialects` is None.
        setup: How the demo accounts start; by dialect id in `setups`, else this one.
        setups: See `setup`.
        uid_limit: Requests per second and account over all endpoints of a venue; None: none.
        endpoint_limits: Apply the endpoints' own limits.
        options: Of the engine.
        dedup: Of all accounts; None: as each venue does.
        contracts: What is listed.
        now_ms: Wall clock.
        monotonic: For limits, seconds. None: `time.monotonic`, or `now_ms` where that one is given.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        dialects: Sequence[type[Dialect]] | None = None,
        only: Sequence[str] | None = None,
        setup: Setup | None = None,
        setups: dict[str, Setup] | None = None,
        uid_limit: int | None = 10,
        endpoint_limits: bool = True,
        options: Options | None = None,
        dedup: Literal["all", "open", "none"] | None = None,
        contracts: Sequence[ContractSpec] | None = None,
        now_ms: Callable[[], int] | None = None,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._clock = now_ms or wall_ms
        self.skew_ms = 0
        """Added to the clock: by how far it is wrong."""
        if monotonic is None:
            monotonic = time.monotonic if now_ms is None else (lambda: self._clock() / 1000)
        self.monotonic = monotonic
        self.uid_limit = None if uid_limit is None else RateLimit(uid_limit)
        self.endpoint_limits = endpoint_limits
        self.engine = Engine(seed=seed, now_ms=self.now_ms, contracts=contracts, options=options, dedup=dedup)
        self.arrivals: deque[Arrival] = deque(maxlen=1_000_000)
        self.windows = Windows()
        self.venues: dict[str, Venue] = Named("the simulated exchange plays no")
        self._routes: dict[tuple[str, str], tuple[Dialect, Route]] = {}
        for cls in find_dialects(only=only) if dialects is None else dialects:
            self._add(cls(self.engine), (setups or {}).get(cls.id, setup or Setup()))

    def now_ms(self) -> int:
        """The exchange's clock, Unix milliseconds."""
        return self._clock() + self.skew_ms

    def _add(self, dialect: Dialect, setup: Setup) -> None:
        with self.engine.arithmetic():
            account = dialect.demo_account(setup)
        self.venues[dialect.id] = Venue(dialect, account, account.keys[0])
        for route in dialect.routes():
            key = (route.method, route.path)
            other = self._routes.get(key)
            if other is not None and not other[1].fallback:
                if route.fallback or other[0].family == dialect.family:
                    continue  # siblings may share public endpoints; the first one serves them
                raise ValueError(f"{dialect.id} and {other[0].id} both declare {route.method} {route.path}")
            self._routes[key] = (dialect, route)

    def find(self, request: Request) -> tuple[Dialect, Route] | None:
        """Who serves a request: by its path, or by that and what its body asks for."""
        found = self._routes.get((request.method, request.path))
        if found is not None:
            return found
        dialect = self.dialect_of(request.path)
        operation = "" if dialect is None else dialect.operation(request)
        return self._routes.get((request.method, f"{request.path} {operation}")) if operation else None

    def dialect_of(self, path: str) -> Dialect | None:
        """Whose path this would be, served or not: the longest prefix wins."""
        best: tuple[int, Dialect | None] = (0, None)
        for venue in self.venues.values():
            for prefix in venue.dialect.prefixes:
                if path.startswith(prefix) and len(prefix) > best[0]:
                    best = (len(prefix), venue.dialect)
        return best[1]

    def handle(self, request: Request) -> Response:
        """Answer one request, and log its arrival."""
        now_s = self.monotonic()
        found = self.find(request)
        dialect = found[0] if found is not None else self.dialect_of(request.path)
        if dialect is None:
            response = UNKNOWN_PATH
        elif found is None:
            response = dialect.failure(request, dialect.not_found)
        else:
            response = self._serve(request, dialect, found[1], now_s)
        self.note(request, None if dialect is None else dialect.id, response.status, now_s)
        # The exchange's own clock, not the machine's: some venues tell the time nowhere else.
        date = formatdate(self.now_ms() / 1000, usegmt=True)
        return response._replace(headers=(*response.headers, ("Date", date)))

    def note(self, request: Request, venue: str | None, status: int, at_s: float | None = None) -> None:
        """Log an arrival; `status` 0: it got no answer from here."""
        at_s = self.monotonic() if at_s is None else at_s
        path = request.path if request.route is None else request.route.path
        self.arrivals.append(Arrival(at_s, venue, request.method, path, request.uid, request.client, status))

    def _serve(self, request: Request, dialect: Dialect, route: Route, now_s: float) -> Response:
        credits: tuple[Credit, ...] = ()
        with self.engine.arithmetic():
            try:
                request.route = route
                slots = self._slots(request, dialect, route, "ip")
                credits = self.windows.judge(slots, now_s)
                if route.private:
                    request.belongs_to(dialect.authenticate(request))
                    own = self._slots(request, dialect, route, "uid")
                    credits += self.windows.judge(own, now_s)
                    slots += own
                self.windows.take(slots, now_s)
                if route.private:
                    self.engine.settle(request.account, request.now_ms)
                else:
                    self.engine.world.now_ms = request.now_ms
                response = dialect.success(request, dialect.serve(request, route))
            except VenueRefusal as refusal:
                response = refuse(dialect, request, refusal)
            except EngineError as error:
                response = refuse(dialect, request, dialect.translate(error, request))
        extra = dialect.headers(request, route, credits)
        return response._replace(headers=response.headers + extra) if extra else response

    def _slots(self, request: Request, dialect: Dialect, route: Route, scope: Literal["uid", "ip"]) -> list[Slot]:
        """The limits that count by address, or by account."""
        account = None if scope == "ip" else request.account
        who = request.client if account is None else account.uid
        slots: list[Slot] = []
        if account is not None and self.uid_limit is not None and dialect.limited_by_account:
            limit = self.uid_limit
            slots.append(Slot((scope, dialect.family, str(limit.per_s), who), limit, 1, own=False))
        for limit in dialect.ip_limits:
            if limit.scope == scope:
                weight = _weight(route.weight, request)
                slots.append(Slot((scope, dialect.family, limit.pool, str(limit.per_s), who), limit, weight, own=False))
        for limit in route.limits if self.endpoint_limits else ():
            if limit.scope == scope:
                pool = limit.pool or route.method + route.path
                granted = 0 if account is None else dialect.granted(account, limit)
                for value, weight in _parts(limit, request):
                    key = (scope, dialect.family, pool, str(limit.per_s), who, value)
                    slots.append(Slot(key, limit.plain, weight, own=True, granted=granted))
        return slots

    def settle(self) -> None:
        """Bring every account up to now."""
        for account in self.engine.accounts.values():
            self.engine.settle(account)

    def busiest(self, uid: str, per_s: float = 1.0) -> int:
        """The most requests of an account that ever fell into one sliding window, refused ones included."""
        most, window = 0, deque[float]()
        for arrival in self.arrivals:
            if arrival.uid == uid:
                window.append(arrival.at_s)
                while window[0] <= arrival.at_s - per_s:
                    window.popleft()
                most = max(most, len(window))
        return most

    def deposit(self, venue: str, amount: Decimal, coin: str = "USDT") -> None:
        """Give money to a demo account."""
        account = self.venues[venue].account
        self.engine.settle(account)
        with self.engine.arithmetic():
            self.engine.deposit(account, coin, amount)
