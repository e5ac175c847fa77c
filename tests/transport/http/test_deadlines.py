"""How long an exchange takes at the most, whatever trickles in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from futures_async.transport.http.backend import HttpBackend, HttpFailure, HttpRequest, Phase, Timeouts
from futures_async.transport.http.httpx import HttpxBackend
from tests.loopback import Authority, Exchange, Loopback, later, message, reply, silence
from tests.transport.http.conftest import a_request, an_order

pytestmark = pytest.mark.anyio

PATIENT = Timeouts(connect_s=5.0, write_s=5.0, read_s=5.0, deadline_s=5.0)
SHORT = Timeouts(connect_s=5.0, write_s=5.0, read_s=5.0, deadline_s=0.15)
TRICKLE_S = 0.004
HEADERS = message(b"{}", headers=[("X-Filler", "y" * 2000)])
BODY = message(bytes(2000))
"""Both take more than eight seconds, and end well if nobody looks at the clock."""


class Trickle:
    """An answer, byte by byte."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sent = 0

    async def __call__(self, exchange: Exchange) -> None:
        for byte in self.data:
            await asyncio.sleep(TRICKLE_S)
            await exchange.send(bytes((byte,)))
            self.sent += 1


async def failure_of(backend: HttpBackend, request: HttpRequest) -> HttpFailure:
    with pytest.raises(HttpFailure) as caught:
        await backend.send(request)
    return caught.value


async def cut_off(backend: HttpBackend, request: Callable[[float], HttpRequest]) -> HttpFailure:
    """The failure of a request that has left: before that, the first of the deadlines may pass on a slow machine."""
    for deadline_s in (0.15, 1.0):
        failure = await failure_of(backend, request(deadline_s))
        if failure.sent:
            return failure
    return await failure_of(backend, request(4.0))


def within(deadline_s: float) -> dict[str, Any]:
    return {"timeouts": Timeouts(connect_s=5.0, write_s=5.0, read_s=5.0, deadline_s=deadline_s)}


def answered_within(deadline_s: float) -> dict[str, Any]:
    endless = Timeouts(connect_s=30.0, write_s=30.0, read_s=30.0, deadline_s=30.0)  # nothing else cuts it in time
    return {"timeouts": endless, "answered_within_s": deadline_s}


@pytest.mark.parametrize("data", [HEADERS, BODY], ids=["headers", "body"])
@pytest.mark.parametrize("make", [a_request, an_order])
@pytest.mark.parametrize("bound", [within, answered_within])
async def test_an_answer_that_trickles_in_ends_at_the_deadline(
    backend: HttpBackend, venue: Loopback, data: bytes, make: Callable[..., HttpRequest], bound: Any
) -> None:
    trickle = Trickle(data)
    venue.next(trickle)
    failure = await cut_off(backend, lambda deadline_s: make(venue.url, **bound(deadline_s)))
    assert (failure.kind, failure.sent) == ("read-timeout", True)
    for _ in range(6000):
        if venue.requests:
            break
        await anyio.sleep(0.005)
    assert trickle.sent < len(data)
    assert len(venue.requests) == 1
    before = venue.connections
    assert (await backend.send(a_request(venue.url))).body == b"{}"
    assert venue.connections == before + 1


@pytest.fixture
def deaf() -> Iterator[str]:
    """Where no connection is ever made: a backlog that is full drops what knocks."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            yield f"http://127.0.0.1:{full.getsockname()[1]}"


async def test_connecting_takes_no_longer_than_an_order_may_wait(backend: HttpBackend, deaf: str) -> None:
    started = anyio.current_time()
    failure = await failure_of(backend, an_order(deaf, timeouts=PATIENT, sent_within_s=0.03))
    assert (failure.kind, failure.phase, failure.sent) == ("connect-timeout", Phase.CONNECTING, False)
    assert anyio.current_time() - started < PATIENT.connect_s


def _hang(raw: socket.socket) -> None:
    raw.settimeout(2)
    while raw.recv(65536):
        pass


async def test_nor_does_a_handshake(backend: HttpBackend) -> None:
    with Loopback.greeting(_hang) as server:
        started = anyio.current_time()
        failure = await failure_of(
            backend, an_order(f"https://127.0.0.1:{server.port}", timeouts=PATIENT, sent_within_s=0.03)
        )
    assert failure.kind in ("connect-timeout", "tls-handshake")
    assert (failure.phase, failure.sent) == (Phase.CONNECTING, False)
    assert anyio.current_time() - started < PATIENT.connect_s


async def test_an_order_that_has_left_is_waited_for(backend: HttpBackend, venue: Loopback) -> None:
    await backend.send(a_request(venue.url))  # nor is there a handshake that it would have to wait for
    venue.next(later(0.25, reply(b'{"placed":1}')))
    answer = await backend.send(an_order(venue.url, timeouts=PATIENT, sent_within_s=0.2))
    assert answer.body == b'{"placed":1}'


async def test_an_order_does_not_leave_when_its_time_is_up(backend: HttpBackend, venue: Loopback) -> None:
    failure = await failure_of(backend, an_order(venue.url, timeouts=PATIENT, sent_within_s=0.0))
    assert (failure.kind, failure.sent) == ("connect-timeout", False)
    await anyio.sleep(0.02)
    assert venue.requests == []


async def test_what_ran_out_of_time_leaves_nothing_open(backend: HttpBackend, authority: Authority) -> None:
    with Loopback(tls=authority.server(), default=silence) as server:
        for _ in range(5):
            await failure_of(backend, an_order(server.url, timeouts=SHORT))
        server.default = reply()
        assert (await backend.send(a_request(server.url))).status == 200
        for _ in range(1000):
            if server.open == 1:
                break
            await anyio.sleep(0.005)
        assert server.open == 1


portable = pytest.mark.parametrize("each", [pytest.param(None, id="httpx-asyncio")])
asyncio_only = pytest.mark.parametrize("anyio_backend", ["asyncio"])


@portable
@asyncio_only
async def test_a_transport_that_tells_no_phases_is_waited_for_too(each: None, anyio_backend: str) -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(0.03)
        return httpx.Response(200, content=_chunks())

    async def _chunks() -> AsyncIterator[bytes]:
        yield b"{"
        yield b"}"

    backend = HttpxBackend(httpx.MockTransport(slow))
    answer = await backend.send(an_order("http://127.0.0.1:1", timeouts=PATIENT, sent_within_s=0.01))
    assert answer.body == b"{}"


@portable
@asyncio_only
async def test_a_client_of_the_users_is_asked_to_be_quick_and_not_broken(
    each: None, anyio_backend: str, venue: Loopback, deaf: str
) -> None:
    limits = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(trust_env=False, limits=limits) as client:
        backend = HttpxBackend(client)
        started = anyio.current_time()
        failure = await failure_of(backend, an_order(deaf, timeouts=PATIENT, sent_within_s=0.03))
        assert (failure.kind, failure.sent) == ("connect-timeout", False)
        assert anyio.current_time() - started < PATIENT.connect_s
        for _ in range(3):
            venue.next(Trickle(BODY))
            failure = await cut_off(backend, lambda deadline_s: an_order(venue.url, **within(deadline_s)))
            assert (failure.kind, failure.sent) == ("read-timeout", True)
        assert (await backend.send(a_request(venue.url))).status == 200  # its only place is free again


async def test_each_order_has_its_own_time(backend: HttpBackend, deaf: str) -> None:
    ended: list[float] = []

    async def send(within_s: float) -> None:
        failure = await failure_of(backend, an_order(deaf, timeouts=PATIENT, sent_within_s=within_s))
        assert (failure.kind, failure.sent) == ("connect-timeout", False)
        ended.append(within_s)

    async with anyio.create_task_group() as group:
        group.start_soon(send, 60.0)
        await anyio.lowlevel.checkpoint()  # the longer one begins first
        await send(0.1)
        assert ended == [0.1]
        group.cancel_scope.cancel()
