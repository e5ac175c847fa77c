"""The simulated streams over real sockets, with a plain client."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from decimal import Decimal as D
from socket import SHUT_RDWR
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from futures_async.simulator.app import SimulatorApp
from futures_async.simulator.binding import bind
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import Ticket
from futures_async.simulator.server import RunningExchange, make_server, serve
from futures_async.unified.enums import OrderType
from tests.simulator.streams.rig import BTC, BUY, SPEECH, VENUES, channel_of, decoded

SOON_S = 5.0
"""Long enough for anything that comes at all."""


@pytest.fixture(params=VENUES)
def venue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def served(venue: str, *faults: tuple[str, dict[str, Any]]) -> Generator[RunningExchange]:
    plan = FaultPlan(seed=1)
    for name, options in faults:
        plan.add(name, **options)
    with serve(only=[venue], setup=Setup(empty=True), faults=plan) as running:
        yield running


def dial(running: RunningExchange, path: str) -> ClientConnection:
    return connect(running.stream_url + path, proxy=None, compression=None)


def say(socket: ClientConnection, message: Any) -> None:
    socket.send(message if isinstance(message, str) else json.dumps(message))


def hear(socket: ClientConnection) -> Any:
    return decoded(socket.recv(SOON_S))


@contextmanager
def listening(running: RunningExchange, venue: str) -> Generator[ClientConnection]:
    """Logged in and subscribed; the answers are read."""
    speech = SPEECH[venue]
    with dial(running, speech.private) as socket:
        say(socket, speech.log_in(running.exchange.venues[venue].key, running.exchange.now_ms()))
        hear(socket)
        for channel in speech.everything:
            say(socket, speech.subscribe(channel))
        answers = 0
        while answers < len(speech.everything):
            answers += channel_of(hear(socket)) is None
        yield socket


def hear_out(socket: ClientConnection, within_s: float = SOON_S) -> None:
    """Until the connection ends, or is silent for so long."""
    while True:
        socket.recv(within_s)


def place(running: RunningExchange, venue: str) -> int:
    """A resting order, placed from this thread."""
    engine = running.exchange.engine
    account = running.exchange.venues[venue].account
    with engine.arithmetic():
        price = engine.world.mark(BTC) * D("0.8") // 1
        ticket = Ticket(symbol=BTC, side=BUY, type=OrderType.LIMIT, quantity=D("0.01"), price=price)
        return engine.orders.place(account, ticket).order.id


def test_an_order_is_pushed_over_a_socket(venue: str) -> None:
    with served(venue) as running, listening(running, venue) as socket:
        order_id = place(running, venue)
        found = None
        while found is None:
            frame = hear(socket)
            found = frame if str(order_id) in json.dumps(frame) else None
        assert "order" in str(channel_of(found))


def test_the_heartbeat_is_answered_and_the_protocols_own_too(venue: str) -> None:
    with served(venue) as running, dial(running, SPEECH[venue].public) as socket:
        say(socket, SPEECH[venue].ping)
        assert "pong" in str(hear(socket))
        assert socket.ping().wait(SOON_S)


def test_tickers_come_by_themselves(venue: str) -> None:
    topic = {
        "bitget": SPEECH["bitget"].subscribe("ticker:BTCUSDT"),
        "bitget-uta": SPEECH["bitget-uta"].subscribe("ticker:BTCUSDT", product="usdt-futures"),
        "bitmart": SPEECH["bitmart"].subscribe("futures/ticker:BTCUSDT"),
        "bybit": SPEECH["bybit"].subscribe("tickers.BTCUSDT"),
        "okx": SPEECH["okx"].subscribe("tickers:BTC-USDT-SWAP"),
    }[venue]
    with served(venue) as running, dial(running, SPEECH[venue].public) as socket:
        say(socket, topic)
        assert [channel_of(hear(socket)) is None for _ in range(2)] == [True, False]


def test_the_exchange_says_where_its_streams_are(venue: str) -> None:
    with served(venue) as running:
        addresses = running.announcement()["streams"][venue]
        assert addresses == {
            "private": running.stream_url + SPEECH[venue].private,
            "public": running.stream_url + SPEECH[venue].public,
        }
        with connect(addresses["public"], proxy=None) as socket:
            say(socket, SPEECH[venue].ping)
            assert "pong" in str(hear(socket))


def test_the_query_does_not_count_and_compression_may_be_offered() -> None:
    with served("bitmart") as running:
        url = running.stream_url + "/user?protocol=1.1"
        with connect(url, proxy=None) as socket:
            say(socket, {"action": "ping"})
            assert hear(socket)["group"] == "System"


def test_paths_and_attempts_are_refused_by_status() -> None:
    with served("bitget", ("connect-refused", {"most": 1})) as running:
        for path, status in (("/elsewhere", 404), ("/v2/ws/private", 503)):
            with pytest.raises(InvalidStatus) as refused, dial(running, path):
                pass
            assert refused.value.response.status_code == status
        with dial(running, "/v2/ws/private") as socket:
            say(socket, "ping")
            assert hear(socket) == "pong"


def test_a_closed_line_names_its_code() -> None:
    with served("bitget", ("line-closed", {"channels": ["orders"]})) as running, listening(running, "bitget") as socket:
        place(running, "bitget")
        with pytest.raises(ConnectionClosed) as closed:
            hear_out(socket)
        assert closed.value.rcvd is not None


def test_a_cut_line_has_no_close_frame(venue: str) -> None:
    fault = ("line-cut", {"channels": [SPEECH[venue].everything[0]]})
    with served(venue, fault) as running, listening(running, venue) as socket:
        place(running, venue)
        with pytest.raises(ConnectionClosedError) as closed:
            hear_out(socket)
        assert closed.value.rcvd is None


def test_a_silent_line_answers_not_even_the_protocols_ping() -> None:
    with served("bitget", ("line-silent", {"channels": ["orders"]})) as running, listening(running, "bitget") as socket:
        place(running, "bitget")
        with pytest.raises(TimeoutError):
            hear_out(socket, 0.02)
        assert not socket.ping().wait(0.02)
        socket.socket.shutdown(SHUT_RDWR)


def test_a_client_that_leaves_is_forgotten() -> None:
    app = SimulatorApp(SimulatedExchange(only=["bitget"], setup=Setup(empty=True)))
    hub, gone = app.streams.hub, threading.Event()
    hub.rescheduled = gone.set
    listener = bind("127.0.0.1", 0)
    server = make_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/v2/ws/public"
        with connect(url, proxy=None) as socket:
            say(socket, "ping")
            assert hear(socket) == "pong"
            assert len(hub.sessions) == len(app.connections) == 1
            gone.clear()
        assert gone.wait(SOON_S)
        assert hub.sessions == set()
    finally:
        server.should_exit = True
        thread.join(SOON_S)
        listener.close()
    assert app.connections == {}


def test_the_exchange_cuts_everything_when_it_stops(venue: str) -> None:
    with ExitStack() as stack:
        running = stack.enter_context(served(venue))
        with listening(running, venue) as socket:
            stack.close()
            with pytest.raises(ConnectionClosed):
                hear_out(socket)


def test_an_orderly_goodbye_is_answered(venue: str) -> None:
    with served(venue) as running, listening(running, venue) as socket:
        socket.close()
        with pytest.raises(ConnectionClosedOK):
            hear_out(socket)
