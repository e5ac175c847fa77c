"""Event loops that end without `aclose()`, as by `asyncio.run` for each task: nothing is left, and it is said."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import gc
import os
import time
import warnings
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from futures_async import Credentials, OrderOutcomeUnknown, OrderRequest, UnresolvedOrders
from futures_async.adapters.bitget import Bitget
from futures_async.testing.virtual_time import run, run_trio
from futures_async.transport.http import choose
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.running import LoopEnd
from tests.loopback import Loopback, reply, silence
from tests.rig.support import Scripted, limit_order
from tests.rig.test_cancellation import CountingLimiter
from tests.rig.toy import Toy

KEYS = Credentials("key-12345", "secret-12345", passphrase="passphrase", uid="7")
ANSWER = b'{"code":"00000","msg":"success","requestTime":1700000000000,"data":[]}'
RUNS = 60
LIBRARIES = ("futures_async", "asyncio", "httptools", "httpcore", "h11", "anyio", "ssl", "_ssl", "socket", "select")
"""Whose objects are counted: tools that watch the tests keep some of their own for each thread."""
each_library = pytest.mark.parametrize("library", ["fast", "httpx"])


@pytest.fixture
def venue() -> Iterator[Loopback]:
    with Loopback(default=reply(ANSWER)) as server:
        yield server


@contextmanager
def warned() -> Generator[list[str]]:
    """What is warned of. The texts alone: a warning holds what it is about."""
    told: list[str] = []

    def note(message: Warning | str, *_: Any, **__: Any) -> None:
        told.append(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = note
        yield told


def opened() -> int:
    return len(os.listdir("/proc/self/fd"))


def kinds() -> Counter[str]:
    for _ in range(3):
        gc.collect()
    found: list[type[Any]] = [type(one) for one in gc.get_objects()]
    return Counter(kind.__name__ for kind in found if str(kind.__module__).partition(".")[0] in LIBRARIES)


def without_end(main: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """As somebody does who makes a loop of his own: it is closed, and nothing in it is told before."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts by /proc")
@each_library
@pytest.mark.parametrize("ends", [asyncio.run, without_end], ids=["asyncio.run", "a loop that is just closed"])
def test_many_loops_leave_nothing_behind(venue: Loopback, library: str, ends: Any) -> None:
    limiter = NoLimiter()

    async def task() -> None:
        exchange = Bitget(KEYS, base_url=venue.url, http=library, limiter=limiter)
        await asyncio.gather(*(exchange.fetch_positions("BTC/USDT:USDT") for _ in range(2)))

    def once() -> None:
        ends(task()) if ends is asyncio.run else ends(task)

    with warned() as told:
        for _ in range(5):
            once()
        before, objects = opened(), kinds()
        objects = kinds()
        for number in range(RUNS):
            once()
            if number % 25 == 0:
                gc.collect()  # where nothing is told of a loop's end, the collector alone closes its sockets
        venue.requests.clear()
        gc.collect()
        for _ in range(6000):  # the server, in another thread, has its own ends to close: all but those of the last run
            if opened() <= before + 4:
                break
            time.sleep(0.005)
        after = kinds()
        assert opened() <= before + 4
    assert {name: after[name] - objects[name] for name in after if after[name] > objects[name] + RUNS // 4} == {}
    assert not choose._shared
    if ends is asyncio.run:
        named = [text for text in told if "bitget@127.0.0.1" in text]
        assert len(named) == RUNS + 5
        assert "7" in named[0]
        assert "aclose()" in named[0]
        assert not [text for text in told if "unclosed" in text]


@each_library
def test_what_was_closed_is_not_warned_of(venue: Loopback, library: str) -> None:
    async def task() -> None:
        async with Bitget(KEYS, base_url=venue.url, http=library) as exchange:
            await exchange.fetch_positions("BTC/USDT:USDT")

    with warned() as told:
        asyncio.run(task())
    assert told == []


@each_library
@pytest.mark.parametrize("ends", [asyncio.run, without_end], ids=["asyncio.run", "a loop that is just closed"])
def test_it_can_be_closed_from_any_later_loop(venue: Loopback, library: str, ends: Any) -> None:
    exchange = Bitget(KEYS, base_url=venue.url, http=library)

    async def task() -> None:
        await exchange.fetch_positions("BTC/USDT:USDT")

    async def close() -> None:
        await exchange.aclose()
        await exchange.aclose()

    with warned() as told:
        ends(task()) if ends is asyncio.run else ends(task)
        with pytest.raises(RuntimeError, match="another event loop"):
            asyncio.run(task())
        asyncio.run(close())
        with pytest.raises(RuntimeError):
            asyncio.run(task())
        gc.collect()  # of a loop that was just closed it closes the sockets: there is nobody else
    assert len([text for text in told if "bitget@" in text]) == (1 if ends is asyncio.run else 0)


def test_a_loop_that_goes_on_must_be_asked_there() -> None:
    exchange = Toy(http=Scripted(), limiter=LocalLimiter())
    with asyncio.Runner() as first:
        first.run(exchange.fetch_time())
        with asyncio.Runner() as other, pytest.raises(RuntimeError, match="another event loop"):
            other.run(exchange.aclose())
        first.run(exchange.aclose())


def test_an_order_is_refused_in_another_loop_and_nothing_of_it_is_left() -> None:
    exchange = Toy(Credentials("key-1", "secret-1"), http=Scripted(), limiter=LocalLimiter())
    with warned() as told, asyncio.Runner() as first:
        first.run(exchange.fetch_time())
        places: list[Callable[[OrderRequest], Coroutine[Any, Any, object]]] = [
            exchange.create_order,
            lambda one: exchange.create_orders([one, one]),
        ]
        for place in places:
            with asyncio.Runner() as other, pytest.raises(RuntimeError, match="another event loop"):
                other.run(place(limit_order()))
        gc.collect()
        first.run(exchange.aclose())
    assert told == []


def test_on_trio_too() -> None:
    exchange = Toy(http=Scripted(), limiter=LocalLimiter())
    with warned() as told:
        run_trio(exchange.fetch_time)
        run_trio(exchange.aclose)
    assert len([text for text in told if "toy@" in text]) == 1


def test_an_order_that_went_with_its_loop_is_an_open_question() -> None:
    venue = Scripted()
    exchange = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=LocalLimiter())

    async def begin() -> None:
        await exchange.fetch_time()
        venue.always["/order/place"] = "read-timeout-applied"
        placing = asyncio.ensure_future(exchange.create_order(limit_order()))
        await asyncio.sleep(1.0)
        assert not placing.done()

    with warned():
        run(begin())
    with pytest.raises(UnresolvedOrders) as caught:
        run(exchange.aclose())
    assert isinstance(caught.value.errors[0], OrderOutcomeUnknown)


def test_what_is_under_way_is_settled_as_the_loop_ends(venue: Loopback) -> None:
    limiter, backend = CountingLimiter(), FastBackend()
    venue.default = silence

    async def main() -> None:
        exchange = Toy(http=backend, base_url=venue.url, limiter=limiter)
        call = asyncio.ensure_future(exchange.fetch_time())
        while not venue.requests:  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.001)
        assert (limiter.open, call.done()) == (1, False)

    with warned():
        asyncio.run(main())
    assert (limiter.open, backend.slots.free) == (0, backend.max_connections)
    assert not backend._open


def test_a_backend_serves_one_loop_after_the_other(venue: Loopback) -> None:
    from tests.transport.http.conftest import a_request

    for backend in (FastBackend(), HttpxBackend()):

        async def call(backend: Any = backend) -> int:
            status: int = (await backend.send(a_request(venue.url))).status
            return status

        with warned() as told:
            assert [asyncio.run(call()) for _ in range(3)] == [200] * 3
            asyncio.run(backend.aclose())
        assert told == []


def test_who_is_lost_before_the_loop_ends_is_named_too() -> None:
    async def main() -> None:
        exchange = Toy(http=Scripted(), limiter=LocalLimiter())
        await exchange.fetch_time()
        del exchange
        gc.collect()
        await asyncio.sleep(0.01)

    with warned() as told:
        run(main())
    assert len([text for text in told if "toy@" in text]) == 1


def run_asyncio(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run(main())


@pytest.mark.parametrize("loop", [run_trio, run_asyncio])
def test_what_is_lost_before_its_loop_ends_is_released_and_no_generator_is_warned_of(loop: Any) -> None:
    released: list[str] = []

    async def release(name: str) -> None:
        released.append(name)
        if name == "broken":
            raise RuntimeError(name)

    async def main() -> None:
        for name in ("whole", "broken"):
            LoopEnd(lambda name=name: release(name))  # type: ignore[misc]
        gc.collect()
        await anyio.sleep(0.01)
        assert sorted(released) == ["broken", "whole"]

    with warned() as told:
        loop(main)
    assert told == []


def test_what_is_disarmed_is_not_released() -> None:
    released: list[str] = []

    async def release(name: str) -> None:
        released.append(name)

    async def main() -> None:
        kept = [LoopEnd(lambda name=name: release(name)) for name in ("first", "second")]  # type: ignore[misc]
        await kept[0].disarm()
        await kept[0].disarm()

    run(main())
    assert released == ["second"]
