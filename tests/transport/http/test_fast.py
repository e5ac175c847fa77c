"""The fast backend alone: what leaves, and what does not, on which connection; and what is left behind."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import contextvars
import os
import resource
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from futures_async.transport.http import dial, fast
from futures_async.transport.http.backend import Abort, HttpFailure, HttpResponse, Phase, Timeouts
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.llhttp import Connection
from tests.loopback import Exchange, Loopback, cut, later, message, reply, reset, silence, then_close
from tests.transport.http.conftest import a_request, an_order
from tests.transport.http.test_backends import failure_of

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


@pytest.fixture
async def alone() -> AsyncIterator[FastBackend]:
    """For plain HTTP."""
    made = FastBackend()
    yield made
    await made.aclose()


@pytest.mark.parametrize("end", [cut(), reset()], ids=["closed", "reset"])
@pytest.mark.parametrize("make", [a_request, an_order])
async def test_nothing_is_repeated(alone: FastBackend, venue: Loopback, make: Any, end: Any) -> None:
    venue.next(reply(), end)
    await alone.send(a_request(venue.url))
    failure = await failure_of(alone, make(venue.url))
    assert (failure.sent, failure.phase, failure.reused) == (True, Phase.BODY_STARTED, True)
    assert len(venue.requests) == 2


async def test_no_dead_connection_is_used_however_many_there_are(alone: FastBackend, venue: Loopback) -> None:
    venue.default = later(0.01, then_close())
    await asyncio.gather(*(alone.send(a_request(venue.url)) for _ in range(5)))
    await asyncio.sleep(0.02)
    venue.default = reply()
    for _ in range(5):
        assert (await alone.send(an_order(venue.url))).status == 200
    assert len(venue.requests) == 10


async def test_what_the_kernel_holds_is_found_before_use(alone: FastBackend, venue: Loopback) -> None:
    async def twice_later(exchange: Exchange) -> None:
        await exchange.send(message(b'{"first":1}'))
        answered.wait(5)
        await exchange.send(message(b'{"first":1}'))
        copied.set()

    answered, copied = threading.Event(), threading.Event()
    venue.next(twice_later)
    await alone.send(a_request(venue.url))
    answered.set()
    copied.wait(5)  # the loop does not turn meanwhile: the copy waits in the kernel
    venue.next(reply(b'{"second":1}'))
    assert (await alone.send(an_order(venue.url))).body == b'{"second":1}'
    assert venue.connections == 2


async def test_after_a_renewal_those_of_before_are_not_used(alone: FastBackend, venue: Loopback) -> None:
    venue.default = later(0.02, reply())
    await alone.send(a_request(venue.url))
    under_way = asyncio.create_task(alone.send(a_request(venue.url)))
    await asyncio.sleep(0.005)
    alone.renew()
    assert (await under_way).status == 200
    for _ in range(3):
        assert (await alone.send(an_order(venue.url))).status == 200
    assert (venue.connections, len(venue.requests)) == (2, 5)


async def test_connections_idle_for_long_are_closed(
    alone: FastBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue.default = later(0.01, reply())
    await asyncio.gather(*(alone.send(a_request(venue.url)) for _ in range(4)))
    assert venue.open == 4
    monkeypatch.setattr(fast, "KEEP_ALIVE_S", 0.0)
    venue.default = reply()
    for _ in range(3):
        await alone.send(a_request(venue.url))
    with anyio.fail_after(60):
        while venue.open > 1:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.005)


async def test_no_more_are_kept_than_there_are_slots(alone: FastBackend, venue: Loopback) -> None:
    venue.default = later(0.03, reply())
    await asyncio.gather(*(alone.send(a_request(venue.url)) for _ in range(alone.max_connections + 5)))
    with anyio.fail_after(60):
        while venue.open > alone.max_connections:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.005)


class Late(Abort):
    """Raised in the moment in which the connection stands, and not before."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        if name != "raised":
            return super().__getattribute__(name)
        self.looks += 1
        return self.looks > 1


async def test_an_abort_while_connecting_keeps_everything_back(alone: FastBackend) -> None:
    received: list[bytes] = []

    def receive(raw: socket.socket) -> None:
        while got := raw.recv(65536):
            received.append(got)

    with Loopback.greeting(receive) as server:
        for make in (a_request, an_order):
            abort = Late()
            failure = await failure_of(alone, make(f"http://127.0.0.1:{server.port}", abort=abort, apart=True))
            assert (failure.kind, failure.sent, abort.sending) == ("aborted", False, False)
        await alone.aclose()
    assert received == []


@pytest.mark.parametrize("kept", [False, True])
async def test_an_order_stays_here_once_its_time_is_up(alone: FastBackend, venue: Loopback, kept: bool) -> None:
    if kept:
        await alone.send(a_request(venue.url))
    failure = await failure_of(alone, an_order(venue.url, sent_within_s=-1.0))
    assert (failure.kind, failure.sent) == ("connect-timeout", False)
    await asyncio.sleep(0.02)
    assert len(venue.requests) == kept


async def test_an_order_stays_here_when_connecting_took_its_time(
    alone: FastBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 1.0, 1.0, 1.0])
    monkeypatch.setattr(fast, "monotonic", lambda: next(clock))
    failure = await failure_of(alone, an_order(venue.url, sent_within_s=0.9))
    assert (failure.kind, failure.sent) == ("connect-timeout", False)


async def test_silence_after_a_first_part_ends_too(alone: FastBackend, venue: Loopback) -> None:
    async def stall(exchange: Exchange) -> None:
        await exchange.send(message(bytes(100))[:80])
        await asyncio.sleep(3)

    venue.next(stall)
    patient = Timeouts(connect_s=30.0, write_s=30.0, read_s=0.05, deadline_s=30.0)
    failure = await failure_of(alone, an_order(venue.url, timeouts=patient))
    assert (failure.kind, failure.phase, failure.sent) == ("read-timeout", Phase.ANSWERING, True)


async def test_what_keeps_moving_is_not_silent(alone: FastBackend, venue: Loopback) -> None:
    async def drip(exchange: Exchange) -> None:
        whole = message(bytes(400))
        await exchange.send(whole[:-400])
        for _ in range(400):
            await asyncio.sleep(0.003)
            await exchange.send(b"\0")

    venue.next(drip)
    patient = Timeouts(connect_s=30.0, write_s=30.0, read_s=1.0, deadline_s=60.0)
    assert (await alone.send(a_request(venue.url, timeouts=patient))).body == bytes(400)


async def test_a_cancelled_send_spoils_nothing(alone: FastBackend, venue: Loopback) -> None:
    venue.next(silence)
    task = asyncio.create_task(alone.send(an_order(venue.url)))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await alone.send(a_request(venue.url))).status == 200


async def test_closing_while_a_new_connection_is_being_made(alone: FastBackend) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            url = f"http://127.0.0.1:{full.getsockname()[1]}"
            task = asyncio.create_task(failure_of(alone, an_order(url)))
            await asyncio.sleep(0.02)
            await alone.aclose()
            failure = await task
    assert (failure.kind, failure.sent) == ("aborted", False)


async def test_closing_at_any_turn_tells_everybody_once(venue: Loopback, anyio_backend: str) -> None:
    for turns in range(20):
        backend = FastBackend()
        await backend.send(a_request(venue.url))
        ends: list[HttpResponse | HttpFailure] = []
        for url in (venue.url, venue.url, "http://127.0.0.1:1"):
            backend.begin(an_order(url), ends.append)
        for _ in range(turns):
            await asyncio.sleep(0)
        await backend.aclose()
        assert len(ends) == 3
        assert not backend._open
        assert not backend._dialing


async def test_a_connection_keeps_nothing_of_whoever_was_first(alone: FastBackend, venue: Loopback) -> None:
    mark: contextvars.ContextVar[object] = contextvars.ContextVar("mark", default=None)
    mark.set("the caller's")
    seen: list[object] = []
    await alone.send(a_request(venue.url))
    mark.set(None)
    ended = asyncio.Event()

    def done(_: object) -> None:
        seen.append(mark.get())
        ended.set()

    alone.begin(a_request(venue.url), done)
    await ended.wait()
    assert seen == [None]


async def test_what_nobody_expects_is_told_too(
    alone: FastBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> Any:
        raise TypeError("a stand-in")

    for holder, name, sent in ((fast, "written", False), (dial, "reach", False), (Connection, "ask", False)):
        with monkeypatch.context() as patch:
            patch.setattr(holder, name, fails)
            failure = await failure_of(alone, an_order(venue.url))
        assert (failure.kind, failure.sent) == ("fault", sent)
        assert isinstance(failure.__cause__, TypeError)
    assert (await alone.send(an_order(venue.url))).status == 200
    monkeypatch.setattr(Connection, "ask", fails)
    assert (await failure_of(alone, an_order(venue.url))).kind == "fault"


async def test_nothing_is_sent_on_a_connection_that_is_closed_as_soon_as_it_stands(
    alone: FastBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Connection.connection_made

    def close(connection: Connection, transport: Any) -> None:
        made(connection, transport)
        transport.abort()

    monkeypatch.setattr(Connection, "connection_made", close)
    failure = await failure_of(alone, an_order(venue.url))
    assert (failure.kind, failure.sent) == ("disconnected", False)


async def test_what_could_not_be_written_is_told_once(
    alone: FastBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(data: bytes) -> None:
        raise RuntimeError("the handler is closed")  # as uvloop's do

    await alone.send(a_request(venue.url))
    [connection] = alone._open
    monkeypatch.setattr(connection._transport, "write", refuse)
    assert (await failure_of(alone, an_order(venue.url))).kind == "fault"
    assert connection._done is None
    assert not alone.watch._watched


def test_a_loop_that_has_ended_takes_its_connections_along(venue: Loopback, anyio_backend: str) -> None:
    backend = FastBackend()

    async def call() -> int:
        status = (await backend.send(a_request(venue.url))).status
        for connection in backend._open:
            connection.close()
        await asyncio.sleep(0)
        return status

    for _ in range(3):
        assert asyncio.run(call()) == 200
    asyncio.run(backend.aclose())
    assert venue.connections == 3


def test_a_loop_that_goes_on_is_not_forgotten(venue: Loopback, anyio_backend: str) -> None:
    backend = FastBackend()
    with asyncio.Runner() as first, asyncio.Runner() as other:
        first.run(backend.send(a_request(venue.url)))
        failure = other.run(failure_of(backend, a_request(venue.url)))
        assert (failure.kind, failure.sent) == ("fault", False)
        first.run(backend.aclose())


async def test_more_descriptors_than_select_can_count_are_no_trouble(alone: FastBackend, venue: Loopback) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1200:
        pytest.skip("so many cannot be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(1030)]
    try:
        for _ in range(3):
            assert (await alone.send(an_order(venue.url))).status == 200
        assert venue.connections == 1
    finally:
        for number in taken:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


FORK = """
import asyncio, os
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.route import Route
from tests.transport.http.conftest import a_request
from tests.loopback import Authority, Loopback

authority = Authority()
with Loopback(tls=authority.server()) as venue:
    loop = asyncio.new_event_loop()
    backend = FastBackend(Route(ca_pem=authority.pem))
    loop.run_until_complete(backend.send(a_request(venue.url)))
    child = os.fork()
    if not child:
        raise SystemExit  # the interpreter closes everything, the connection among it
    os.waitpid(child, 0)
    loop.run_until_complete(backend.send(a_request(venue.url)))
    print(venue.connections)
    loop.run_until_complete(backend.aclose())
    loop.close()
"""


async def test_a_child_that_ends_closes_nothing_of_its_parents(anyio_backend: str) -> None:
    run = await anyio.run_process([sys.executable, "-c", FORK], check=False)
    assert run.stdout.decode().split() == ["1"], run.stderr.decode()


@pytest.fixture
def two_addresses(monkeypatch: pytest.MonkeyPatch, venue: Loopback) -> Iterator[str]:
    """A name with two addresses: one drops what knocks, the other is the venue."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", full.getsockname())]
            places.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", venue.port)))

            async def look_up(*_: object, **__: object) -> Any:
                return places

            monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
            yield "http://two.example"


async def test_an_address_that_is_silent_is_not_waited_for(
    alone: FastBackend, venue: Loopback, two_addresses: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "NEXT_ADDRESS_S", 0.005)
    assert (await alone.send(an_order(two_addresses))).status == 200
    assert venue.requests[0].header("host") == "two.example"
