"""One HTTP server for many tests: each puts a fresh simulated exchange behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import EntryPoint
from typing import Any

from starlette.types import Receive, Scope, Send

from futures_async.adapter import Adapter
from futures_async.simulator.accounts import Account
from futures_async.simulator.app import SimulatorApp
from futures_async.simulator.binding import bind
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Dialect, find_dialects
from futures_async.simulator.exchange import SimulatedExchange, wall_ms
from futures_async.simulator.records import Ticket
from futures_async.simulator.server import RunningExchange, make_server
from futures_async.testing.spec import VenueSpec
from futures_async.transport.endpoint import Kind
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import Intent, OrderType, PositionMode, Side, TimeInForce
from futures_async.unified.installed import GROUP, adapters
from futures_async.unified.models import Order, OrderRequest

HOST = "127.0.0.1"
STEP_MS = 1000
"""Longer than the simulated market's step."""


def dialects(spec: VenueSpec) -> tuple[type[Dialect], ...]:
    """The simulated side of a venue, and its siblings: they share public endpoints."""
    return _dialects(spec.id, spec.factory.__module__.rpartition(".")[0])


@lru_cache
def _dialects(venue: str, package: str) -> tuple[type[Dialect], ...]:
    # A package that is not installed yet has no entry point, and its simulated side is beside its client.
    point = adapters().get(venue) or EntryPoint(venue, f"{package}:Adapter", GROUP)
    [own] = find_dialects([point])
    return (own, *(other for other in find_dialects() if other.family == own.family and other is not own))


class Switch(SimulatorApp):
    """An application that hands everything to another one."""

    def __init__(self) -> None:
        super().__init__(SimulatedExchange(dialects=()))
        self.current: SimulatorApp = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.current(scope, receive, send)


class Loopback:
    """A server whose exchange can be exchanged."""

    def __init__(self, switch: Switch, port: int) -> None:
        self._switch = switch
        self.port = port

    def put(self, exchange: SimulatedExchange) -> RunningExchange:
        """Serve this exchange from now on."""
        app = SimulatorApp(exchange)
        app.connections = self._switch.connections
        self._switch.current = app
        return RunningExchange(exchange, HOST, self.port)


@contextmanager
def loopback() -> Generator[Loopback]:
    """Serve from a thread until the block is left."""
    app = Switch()
    listener = bind(HOST, 0)
    server = make_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.002)
        yield Loopback(app, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


class Running:
    """A client on a running exchange, and the exchange's inside."""

    def __init__(self, spec: VenueSpec, served: RunningExchange, clock: Clock) -> None:
        self.spec = spec
        self.served = served
        self.inside = served.exchange
        self._clock = clock
        self.credentials = served.credentials(spec.id)
        self.exchange: Adapter = self.connect(self.credentials)
        self.mark = self.pin(self.inside.engine.world.mark(spec.symbol))

    @property
    def opening(self) -> Intent | None:
        """The intent of a ticket that opens, as the account's position mode wants it."""
        return None if self.account.default_mode is PositionMode.ONE_WAY else Intent.OPEN

    def connect(self, credentials: Credentials | None, **options: Any) -> Adapter:
        """A further client."""
        given: dict[str, Any] = {"limiter": NoLimiter(), **self.spec.options, **options}
        return self.spec.factory(credentials, base_url=self.served.base_url, **given)

    @property
    def account(self) -> Account:
        """The account as the exchange keeps it."""
        return self.inside.venues[self.spec.id].account

    @property
    def arrived(self) -> list[str]:
        """What reached the exchange: methods and paths."""
        return [f"{arrival.method} {arrival.path}" for arrival in self.inside.arrivals]

    @property
    def writes(self) -> list[str]:
        """Those that were to change something."""
        reads = {route.name for route in self.inside.venues[self.spec.id].dialect.routes() if route.kind is Kind.READ}
        return [call for call in self.arrived if call not in reads]

    def pin(self, price: Decimal) -> Decimal:
        """Hold the mark price."""
        rounded = price // self._tick * self._tick
        self.inside.engine.world.marks.pin(self.spec.symbol, rounded)
        return rounded

    @property
    def _tick(self) -> Decimal:
        return self.spec.tick or self.inside.engine.world.contract(self.spec.symbol).tick

    def price(self, fraction: str) -> Decimal:
        """A price on the tick, as a fraction of the mark."""
        return self.mark * Decimal(fraction) // self._tick * self._tick

    def move(self, price: Decimal) -> None:
        """Let the market go to `price`, and time with it, so that resting orders are looked at."""
        self.pin(price)
        self.advance(STEP_MS)

    def advance(self, by_ms: int) -> None:
        """Let the exchange's clock run ahead."""
        self._clock.ahead_ms += by_ms
        self.inside.settle()

    def request(self, side: Side = Side.BUY, **fields: Any) -> OrderRequest:
        """An order that rests far from the market, unless the fields say otherwise."""
        kind = fields.get("type", OrderType.LIMIT)
        if kind is OrderType.LIMIT:
            fields.setdefault("price", self.price("0.9" if side is Side.BUY else "1.1"))
        given: dict[str, Any] = {
            "symbol": self.spec.symbol,
            "type": kind,
            "quantity": self.spec.quantity,
            **self.spec.order_fields,
            **fields,
        }
        return OrderRequest(side=side, **given)

    async def trade(self, side: Side, intent: Intent = Intent.OPEN, **fields: Any) -> Order:
        """Trade at market."""
        return await self.exchange.create_order(self.request(side, type=OrderType.MARKET, intent=intent, **fields))

    def trade_inside(self, side: Side, *, at_ms: int, closing: bool = False) -> None:
        """Trade at market without any wire, at some time of the past: fast, for long histories."""
        engine, account = self.inside.engine, self.account
        hedge = account.default_mode is PositionMode.HEDGE
        engine.world.now_ms = at_ms
        with engine.arithmetic():
            engine.orders.place(
                account,
                Ticket(
                    symbol=self.spec.symbol,
                    side=side,
                    type=OrderType.MARKET,
                    quantity=self.spec.quantity,
                    time_in_force=TimeInForce.GTC,
                    intent=(Intent.CLOSE if closing else Intent.OPEN) if hedge else None,
                    reduce_only=closing and not hedge,
                ),
            )
        engine.world.now_ms = self.inside.now_ms()

    def trades_inside(self, count: int, *, every_ms: int = 1000) -> None:
        """Open and close in turn, `count` times, from the past up to now."""
        now = self.inside.now_ms()
        for number in range(count):
            closing = number % 2 == 1
            self.trade_inside(
                Side.SELL if closing else Side.BUY, at_ms=now - (count - number) * every_ms, closing=closing
            )


class Clock:
    """A clock, the machine's unless told otherwise, and how far the exchange's runs ahead of it."""

    def __init__(self, base: Callable[[], int] = wall_ms) -> None:
        self._base = base
        self.ahead_ms = 0

    def now_ms(self) -> int:
        """The exchange's time, Unix ms."""
        return self._base() + self.ahead_ms


@asynccontextmanager
async def running(
    spec: VenueSpec, server: Loopback, mode: PositionMode | None = None, **options: Any
) -> AsyncGenerator[Running]:
    """A fresh exchange with money and nothing else, and a client on it; without rate limits."""
    clock = Clock()
    given: dict[str, Any] = {"uid_limit": None, "endpoint_limits": False, **options}
    inside = SimulatedExchange(
        dialects=dialects(spec),
        setup=Setup(position_mode=mode or spec.modes[0], empty=True),
        now_ms=clock.now_ms,
        **given,
    )
    on = Running(spec, server.put(inside), clock)
    async with on.exchange:
        yield on
