"""libcurl on the event loop: sockets are watched between requests, and no timer rings for nothing or too late."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from typing import Any

import anyio
import pytest

from futures_async.transport.http import curl_driver
from futures_async.transport.http.curl import CurlBackend
from futures_async.transport.http.curl_driver import Driver, pycurl
from tests.loopback import Loopback, reply, silence, then_close
from tests.transport.http.conftest import a_request

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


@pytest.fixture
async def driver(anyio_backend: str) -> Any:
    made = Driver(20)
    yield made
    await made.aclose(None)


class Rings:
    """Counts what the driver does when a timer of libcurl's is due."""

    def __init__(self, driver: Driver) -> None:
        self.count = 0
        self._multi = driver._multi
        driver._multi = self

    def socket_action(self, *_: object) -> None:
        self.count += 1

    def info_read(self) -> Any:
        return self._multi.info_read()

    def close(self) -> None:
        self._multi.close()


async def test_a_kept_socket_stays_watched_until_it_has_something_to_say(curl: CurlBackend, venue: Loopback) -> None:
    venue.next(reply(), then_close())
    await curl.send(a_request(venue.url))
    driver = curl._driver
    assert driver is not None
    before = dict(driver._watched)
    assert before
    await curl.send(a_request(venue.url))
    await asyncio.sleep(0.02)  # the venue closes it meanwhile
    assert not set(before) & set(driver._watched), "it would be reported again and again"
    assert (await curl.send(a_request(venue.url))).status == 200


async def test_a_number_that_is_used_again_is_watched_anew(curl: CurlBackend, venue: Loopback) -> None:
    for _ in range(6):  # each socket is closed before the next is made, and gets its number
        venue.next(then_close())
        assert (await curl.send(a_request(venue.url, apart=True))).status == 200
    assert venue.connections == 6


async def test_a_timer_that_rings_too_early_is_left_to_ring(driver: Driver) -> None:
    rings = Rings(driver)
    driver._on_timer(5)
    first = driver._timer
    driver._on_timer(15)
    assert driver._timer is first
    await asyncio.sleep(0.009)
    assert rings.count == 0
    await asyncio.sleep(0.012)
    assert rings.count == 1


async def test_a_timer_that_rings_too_late_is_set_anew(driver: Driver) -> None:
    rings = Rings(driver)
    driver._on_timer(10_000)
    driver._on_timer(3)
    await asyncio.sleep(0.008)
    assert rings.count == 1


async def test_a_timer_that_is_taken_back_does_nothing(driver: Driver) -> None:
    rings = Rings(driver)
    driver._on_timer(0)
    driver._on_timer(-1)
    await asyncio.sleep(0.002)
    assert rings.count == 0


async def test_libcurls_own_descriptors_are_not_kept(driver: Driver) -> None:
    one, other = socket.socketpair()
    number = one.fileno()
    driver._on_socket(pycurl.POLL_IN, number, None, None)
    assert driver._watched == {number: pycurl.POLL_IN}
    driver._on_socket(pycurl.POLL_INOUT, number, None, None)
    assert driver._watched == {number: pycurl.POLL_INOUT}
    driver._on_socket(pycurl.POLL_REMOVE, number, None, None)
    assert driver._watched == {}
    one.close()
    other.close()


async def test_closing_ends_what_is_under_way_once(anyio_backend: str, venue: Loopback) -> None:
    driver = Driver(20)
    venue.next(silence)
    ends: list[object] = []
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, venue.url)
    driver.begin(curl, ends.append)
    await asyncio.sleep(0.01)
    driver._on_timer(1000)
    await driver.aclose((42, "closed"))
    assert ends == [(42, "closed")]
    with pytest.raises(pycurl.error):
        driver.begin(curl, ends.append)
    driver.drop(curl)
    assert ends == [(42, "closed")]
    curl.close()


async def test_closing_does_not_wait_for_names_that_are_not_found(
    anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver(20)
    monkeypatch.setattr(curl_driver, "CLOSE_WITHIN_S", 0.005)
    found = threading.Event()
    close = driver._multi.close

    class Busy:
        def close(self) -> None:
            found.wait(10)
            close()

    driver._multi = Busy()
    await driver.aclose(None)
    driver._on_socket(pycurl.POLL_IN, 0, None, None)  # as libcurl may still say, from the other thread
    driver._on_timer(0)
    assert (driver._watched, driver._timer, found.is_set()) == ({}, None, False)
    found.set()


FORK = """
import asyncio, os
from futures_async.transport.http.curl import CurlBackend
from tests.transport.http.conftest import a_request
from tests.loopback import Authority, Loopback

authority = Authority()
with Loopback(tls=authority.server()) as venue:
    loop = asyncio.new_event_loop()
    curl = CurlBackend(ca_pem=authority.pem)
    loop.run_until_complete(curl.send(a_request(venue.url)))
    other = os.open(os.devnull, os.O_RDONLY)
    child = os.fork()
    if not child:
        raise SystemExit  # the interpreter closes everything, libcurl among it
    os.waitpid(child, 0)
    loop.run_until_complete(curl.send(a_request(venue.url)))
    print(venue.connections)
    loop.run_until_complete(curl.aclose())
    loop.close()
"""


async def test_a_child_that_ends_closes_nothing_of_its_parents(anyio_backend: str) -> None:
    run = await anyio.run_process([sys.executable, "-c", FORK], check=False)
    assert run.stdout.decode().split() == ["1"], run.stderr.decode()


async def test_a_number_that_is_another_files_now_is_left_alone(driver: Driver) -> None:
    one, other = socket.socketpair()
    driver.opened(one.fileno())
    number = one.fileno()
    one.close()
    kept = os.open(os.devnull, os.O_RDONLY)
    os.dup2(kept, number)
    before = os.fstat(number)
    driver.disown()
    assert os.fstat(number) == before
    assert driver in curl_driver._drivers
    os.close(number)
    if kept != number:
        os.close(kept)
    other.close()
