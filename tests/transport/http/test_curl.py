"""The fast curl alone: what libcurl would do by itself and must not, and what is known of its connections."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from futures_async.transport.http import curl as fast
from futures_async.transport.http.backend import Abort, HttpFailure, Phase, Timeouts
from futures_async.transport.http.curl import CurlBackend
from futures_async.transport.http.curl_aids import END, Headers, KeptSockets
from tests.loopback import Exchange, Loopback, cut, later, message, reply, reset, silence, then_close
from tests.transport.http.conftest import a_request, an_order
from tests.transport.http.test_backends import failure_of

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


@pytest.mark.parametrize("end", [cut(), reset()], ids=["closed", "reset"])
@pytest.mark.parametrize("make", [a_request, an_order])
async def test_libcurl_repeats_nothing_by_itself(curl: CurlBackend, venue: Loopback, make: Any, end: Any) -> None:
    venue.next(reply(), end)
    await curl.send(a_request(venue.url))
    failure = await failure_of(curl, make(venue.url))
    assert (failure.sent, failure.phase) == (True, Phase.BODY_STARTED)
    assert len(venue.requests) == 2


async def test_a_request_without_a_body_is_not_repeated_either(curl: CurlBackend, venue: Loopback) -> None:
    venue.next(reply(), cut())
    await curl.send(a_request(venue.url))
    assert (await failure_of(curl, a_request(venue.url, method="DELETE"))).sent is True
    assert len(venue.requests) == 2


async def test_no_dead_connection_is_used_however_many_there_are(curl: CurlBackend, venue: Loopback) -> None:
    venue.default = later(0.01, then_close())
    await asyncio.gather(*(curl.send(a_request(venue.url)) for _ in range(5)))
    await asyncio.sleep(0.02)
    venue.default = reply()
    for _ in range(5):
        assert (await curl.send(an_order(venue.url))).status == 200
    assert len(venue.requests) == 10


async def test_a_new_connection_after_a_spoiled_one_is_kept(curl: CurlBackend, venue: Loopback) -> None:
    venue.next(then_close())
    await curl.send(a_request(venue.url))
    await asyncio.sleep(0.02)
    for _ in range(4):
        await curl.send(a_request(venue.url))
    assert venue.connections == 2


async def test_the_request_goes_out_afresh_when_all_are_given_up(curl: CurlBackend, venue: Loopback) -> None:
    await curl.send(a_request(venue.url))
    curl.renew()
    for _ in range(3):
        assert (await curl.send(an_order(venue.url))).status == 200
    assert (venue.connections, len(venue.requests)) == (2, 4)


async def test_a_connection_apart_is_new_and_not_kept(curl: CurlBackend, venue: Loopback) -> None:
    for apart in (False, True, False, True, False):
        await curl.send(a_request(venue.url, apart=apart))
    assert venue.connections == 3


async def test_nothing_goes_out_afresh_from_a_backend_that_is_closed_just_then(
    curl: CurlBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    await curl.send(a_request(venue.url))
    curl.renew()
    spoiled = KeptSockets.spoiled

    def closing(kept: KeptSockets, local_port: int) -> bool:
        curl._closed = True
        return spoiled(kept, local_port)

    monkeypatch.setattr(KeptSockets, "spoiled", closing)
    failure = await failure_of(curl, an_order(venue.url))
    assert (failure.kind, failure.sent, venue.connections) == ("aborted", False, 1)
    curl._closed = False


class Late(Abort):
    """Raised in the moment in which the connection stands, and not before."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        if name != "raised":
            return super().__getattribute__(name)
        self.looks += 1
        return self.looks > 1


async def test_an_abort_while_connecting_keeps_everything_back(curl: CurlBackend) -> None:
    received: list[bytes] = []

    def receive(raw: socket.socket) -> None:
        while got := raw.recv(65536):
            received.append(got)

    with Loopback.greeting(receive) as server:
        for make in (a_request, an_order):
            abort = Late()
            failure = await failure_of(curl, make(f"http://127.0.0.1:{server.port}", abort=abort))
            assert (failure.kind, failure.sent, abort.sending) == ("aborted", False, False)
        await curl.aclose()
    assert received == []


async def test_an_order_stays_here_once_its_time_is_up(curl: CurlBackend, venue: Loopback) -> None:
    failure = await failure_of(curl, an_order(venue.url, sent_within_s=-1.0))
    assert (failure.kind, failure.sent) == ("connect-timeout", False)
    await asyncio.sleep(0.02)
    assert venue.requests == []


async def test_silence_after_a_first_part_ends_too(curl: CurlBackend, venue: Loopback) -> None:
    async def stall(exchange: Exchange) -> None:
        await exchange.send(message(bytes(100))[:80])
        await asyncio.sleep(3)

    venue.next(stall)
    patient = Timeouts(connect_s=1.0, write_s=1.0, read_s=0.05, deadline_s=5.0)
    failure = await failure_of(curl, an_order(venue.url, timeouts=patient))
    assert (failure.kind, failure.phase, failure.sent) == ("read-timeout", Phase.ANSWERING, True)


async def test_what_keeps_moving_is_not_silent(curl: CurlBackend, venue: Loopback) -> None:
    async def drip(exchange: Exchange) -> None:
        whole = message(bytes(30))
        await exchange.send(whole[:-30])
        for _ in range(30):
            await asyncio.sleep(0.003)
            await exchange.send(b"\0")

    venue.next(drip)
    patient = Timeouts(connect_s=1.0, write_s=1.0, read_s=0.04, deadline_s=5.0)
    assert (await curl.send(a_request(venue.url, timeouts=patient))).body == bytes(30)


async def test_a_cancellation_is_passed_on_and_spoils_nothing(curl: CurlBackend, venue: Loopback) -> None:
    venue.next(silence)
    task = asyncio.create_task(curl.send(an_order(venue.url)))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await curl.send(a_request(venue.url))).status == 200


async def test_closing_while_a_new_connection_is_being_made(curl: CurlBackend) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            url = f"http://127.0.0.1:{full.getsockname()[1]}"
            task = asyncio.create_task(failure_of(curl, an_order(url)))
            await asyncio.sleep(0.02)
            await curl.aclose()
            failure = await task
    assert (failure.kind, failure.sent) == ("aborted", False)


async def test_headers_are_looked_up_in_lower_case(curl: CurlBackend, venue: Loopback) -> None:
    venue.next(reply(headers=(("X-Left", "7"), ("Retry-After", " 3 "), ("X-Odd", "caf\xe9"))))
    headers = (await curl.send(a_request(venue.url))).headers
    assert (headers.get("x-left"), headers["retry-after"], headers.get("nothing"), headers["x-odd"]) == (
        "7", "3", None, "caf\xe9",
    )  # fmt: skip
    assert sorted(headers) == ["content-length", "retry-after", "x-left", "x-odd"]
    assert len(headers) == 4
    with pytest.raises(KeyError):
        headers["nothing"]


def test_interim_heads_and_trailers_are_not_the_answers(anyio_backend: str) -> None:
    interim = [b"HTTP/1.1 100 Continue\r\n", b"A: no\r\n", END]
    own = [b"HTTP/1.1 200 OK\r\n", b"B: yes\r\n", END]
    trailers = [b"C: no\r\n", END]
    assert dict(Headers([*interim, *own, *trailers])) == {"b": "yes"}
    assert dict(Headers([*own, *trailers])) == {"b": "yes"}
    assert dict(Headers(own)) == {"b": "yes"}


async def test_a_failure_of_another_kind_counts_as_sent(
    curl: CurlBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(_lines: list[bytes]) -> Headers:
        raise ValueError

    monkeypatch.setattr(fast, "Headers", odd)
    failure = await failure_of(curl, an_order(venue.url))
    assert (failure.kind, failure.sent) == ("protocol", True)


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        made: list[tuple[socket.socket, socket.socket]] = []
        for _ in range(2):
            here = socket.create_connection(server.getsockname())
            made.append((here, server.accept()[0]))
        yield made
        for pair in made:
            for one in pair:
                one.close()


def test_of_several_sockets_the_one_with_the_port_is_known(
    pairs: list[tuple[socket.socket, socket.socket]], anyio_backend: str
) -> None:
    (first, _), (second, venue) = pairs
    port = second.getsockname()[1]
    gone = os.dup(first.fileno())
    os.close(gone)
    kept = KeptSockets()
    kept.note([first.fileno(), second.fileno(), gone], port)
    assert not kept.spoiled(port)
    assert kept.spoiled(first.getsockname()[1])
    venue.send(b"x")
    assert kept.spoiled(port)


def test_a_number_that_serves_again_forgets_its_first_port(
    pairs: list[tuple[socket.socket, socket.socket]], anyio_backend: str
) -> None:
    (first, _), _ = pairs
    kept = KeptSockets()
    kept.note([first.fileno()], 1)
    assert not kept.spoiled(1)
    kept.note([first.fileno()], 2)
    assert kept.spoiled(1)
    assert not kept.spoiled(2)
    kept.forget()
    assert kept.spoiled(2)


def test_every_kind_is_one_of_the_seams(anyio_backend: str) -> None:
    for kind in fast._KINDS.values():
        assert str(HttpFailure(kind, Phase.CONNECTING, sent=False)).startswith(kind)


async def test_more_descriptors_than_select_can_count_are_no_trouble(curl: CurlBackend, venue: Loopback) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1200:
        pytest.skip("so many cannot be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(1030)]
    try:
        for _ in range(3):
            assert (await curl.send(an_order(venue.url))).status == 200
        assert venue.connections == 1
    finally:
        for number in taken:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
