"""The simulated exchange on a socket: uvicorn, in a thread of its own or in the foreground.

with serve(seed=7) as exchange:
    client = connect("some-venue", exchange.credentials("some-venue"), base_url=exchange.base_url)
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from futures_async.simulator.app import SimulatorApp, announcement
from futures_async.simulator.binding import bind
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.obeying import Server
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.streams.hub import StreamHub
from futures_async.simulator.streams.serving import StreamServer
from futures_async.unified.credentials import Credentials

START_TIMEOUT_S = 10.0


class RunningExchange:
    """A served exchange: where it is, who may ask, and its inside for tests to look at."""

    def __init__(self, exchange: SimulatedExchange, host: str, port: int, streams: StreamServer | None = None) -> None:
        self.exchange = exchange
        self.streams = streams or StreamServer(StreamHub(exchange))
        """The venues' WebSockets; `shut()` cuts them all."""
        self.host = host
        self.port = port
        self.base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.stream_url = self.base_url.replace("http:", "ws:", 1)
        """Where the venues' WebSocket paths lie."""

    def credentials(self, venue: str) -> Credentials:
        """Demo keys of one venue, by adapter id."""
        found = self.exchange.venues[venue]
        return Credentials(
            key=found.key.key,
            secret=found.key.secret,
            passphrase=found.key.passphrase,
            memo=found.key.memo,
            uid=found.account.uid,
        )

    def announcement(self) -> dict[str, Any]:
        """Base URL and all demo keys, ready for JSON."""
        return announcement(self.exchange, self.base_url)


class Protocol(H11Protocol):
    """uvicorn's, without its access log, and telling the application its connections: faults cut them."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        super().connection_made(transport)
        self.access_log = False
        app = self.config.app
        if isinstance(app, SimulatorApp) and self.client is not None:
            app.told.add(self.client)
            app.connections[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """A client is gone."""
        super().connection_lost(exc)
        app = self.config.app
        if isinstance(app, SimulatorApp) and self.client is not None:
            app.connections.pop(self.client, None)


def make_server(app: SimulatorApp) -> uvicorn.Server:
    """A quiet uvicorn that keeps connections open."""
    return Server(
        uvicorn.Config(
            app,
            http=Protocol,
            proxy_headers=False,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_ping_interval=None,  # heartbeats are the venues' own
            ws_per_message_deflate=False,
            server_header=False,
            date_header=False,  # the exchange sends its own
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
    )


@contextmanager
def serve(
    exchange: SimulatedExchange | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    faults: FaultPlan | None = None,
    **options: Any,
) -> Generator[RunningExchange]:
    """Serve an exchange from a thread, until the block is left.

    Args:
        exchange: Which; None: a new one, made with `options`.
        host: Where to listen.
        port: 0: a free one.
        faults: What goes wrong.
        options: Of `SimulatedExchange`.

    Raises:
        OSError: The port is taken.
    """
    exchange = exchange or SimulatedExchange(**options)
    listener = bind(host, port)
    app = SimulatorApp(exchange, faults)
    server = make_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="simulated-exchange", daemon=True)
    try:
        thread.start()
        _wait_until_started(server, thread)
        yield RunningExchange(exchange, host, listener.getsockname()[1], app.streams)
    finally:
        app.streams.shut()
        server.should_exit = True
        thread.join(START_TIMEOUT_S)
        listener.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    waited = 0.0
    while not server.started:
        if not thread.is_alive() or waited > START_TIMEOUT_S:
            raise RuntimeError("the simulated exchange did not start")
        pause.wait(0.002)
        waited += 0.002


def run(
    exchange: SimulatedExchange,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    faults: FaultPlan | None = None,
    announce: Callable[[RunningExchange], None] | None = None,
) -> None:
    """Serve in the foreground until Ctrl-C.

    Args:
        exchange: Which.
        host: Where to listen.
        port: 0: a free one.
        faults: What goes wrong.
        announce: Called once, when requests are accepted.

    Raises:
        OSError: The port is taken.
    """
    listener = bind(host, port)
    try:
        app = SimulatorApp(exchange, faults)
        if announce is not None:
            announce(RunningExchange(exchange, host, listener.getsockname()[1], app.streams))
        make_server(app).run(sockets=[listener])
    finally:
        listener.close()
