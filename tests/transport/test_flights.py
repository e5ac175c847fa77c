"""An exchange without a task of its own: what its end settles, and in whose name."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from futures_async import Credentials
from futures_async.testing.virtual_time import VirtualTimeLoop, run_trio
from futures_async.transport.events import CallEvent
from futures_async.transport.http.backend import Done, HttpRequest, HttpResponse
from futures_async.unified import errors
from tests.rig.support import BTC, Scripted, failure, limit_order, toy, virtual
from tests.rig.test_cancellation import CountingLimiter
from tests.rig.toy import Toy

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Telling(Scripted):
    """A backend that tells from the loop, with no task of its own; `loose` holds what it has not told yet."""

    def __init__(self) -> None:
        super().__init__()
        self.loose: list[tuple[HttpRequest, Done]] = []

    def begin(self, request: HttpRequest, done: Done) -> None:
        request.abort.sending = True
        self.loose.append((request, done))

    def tell(self) -> None:
        for _, done in self.loose:
            done(self.json(200, {"code": "0", "data": {"leverage": "5"}}))
        self.loose.clear()


@virtual
async def test_an_answer_counts_although_its_caller_has_gone() -> None:
    venue, limiter, events = Telling(), CountingLimiter(), list[CallEvent]()
    exchange = Toy(http=venue, limiter=limiter, on_event=events.append)
    call = asyncio.create_task(exchange.fetch_time())
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (limiter.open, venue.slots.free) == (1, venue.max_connections - 1)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    venue.tell()
    assert (limiter.open, venue.slots.free) == (0, venue.max_connections)
    assert len(events) == 1
    await exchange.aclose()


@virtual
async def test_who_listens_is_told_in_the_context_of_whoever_called() -> None:
    venue, heard = Telling(), list[str]()
    keys = Credentials("key-1", "secret-1")
    exchange = Toy(keys, http=venue, limiter=CountingLimiter(), on_event=lambda _: heard.append(WHO.get()))

    async def call(name: str) -> None:
        WHO.set(name)
        await exchange.fetch_leverage(BTC)

    calls = [asyncio.create_task(call(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    WHO.set("the connection")
    venue.tell()
    await asyncio.gather(*calls)
    assert heard == ["first", "second"]
    await exchange.aclose()


@virtual
async def test_a_fault_in_the_judgement_reaches_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async with toy(Scripted()) as exchange:

        def fails(*_: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(exchange._channel._attempts._answers, "read", fails)
        with pytest.raises(ZeroDivisionError):
            await exchange.fetch_leverage(BTC)
        monkeypatch.undo()
        assert (await exchange.fetch_leverage(BTC)).leverage == 5


@virtual
async def test_what_a_stand_in_asserts_is_passed_on_as_it_is() -> None:
    class Strict(Scripted):
        async def send(self, request: HttpRequest) -> HttpResponse:
            assert not request.url.endswith("/leverage?symbol=BTCUSDT"), "not mocked"
            return await super().send(request)

    async with toy(Strict()) as exchange:
        with pytest.raises(AssertionError, match="not mocked"):
            await exchange.fetch_leverage(BTC)


@virtual
async def test_a_library_that_fails_after_the_first_byte_leaves_an_order_open() -> None:
    class Breaking(Scripted):
        async def send(self, request: HttpRequest) -> HttpResponse:
            if request.method == "POST":
                request.abort.sending = True
                raise TypeError("a stand-in's")
            return await super().send(request)

    async with toy(Breaking()) as exchange:
        with pytest.raises(errors.OrderOutcomeUnknown, match="TypeError") as caught:
            await exchange.create_order(limit_order(), on_unknown="raise")
        assert isinstance(caught.value.__cause__, errors.RequestTimeout)


@virtual
async def test_a_guard_of_sockets_ends_as_a_connection_that_failed() -> None:
    class SocketBlockedError(RuntimeError):
        """As pytest-socket raises it."""

    class Guarded(Scripted):
        async def send(self, request: HttpRequest) -> HttpResponse:
            if request.url.endswith("/leverage?symbol=BTCUSDT"):
                raise SocketBlockedError("A test tried to use socket.socket.")
            return await super().send(request)

    async with toy(Guarded()) as exchange:
        with pytest.raises(errors.ConnectFailed, match="SocketBlockedError") as caught:
            await exchange.fetch_leverage(BTC)
        assert caught.value.kind == "unreachable"


def test_the_end_of_the_loop_settles_what_is_under_way() -> None:
    limiter, venue = CountingLimiter(), Scripted()

    async def main() -> None:
        exchange = Toy(http=venue, limiter=limiter)
        await exchange.fetch_time()
        calls = [asyncio.ensure_future(exchange.fetch_time()) for _ in range(2)]
        await asyncio.sleep(0.001)
        calls.append(asyncio.ensure_future(exchange.fetch_time()))  # its task has not taken its first step
        await asyncio.sleep(0)
        assert limiter.open == 3

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(main())
    assert (limiter.open, venue.slots.free) == (0, venue.max_connections)


def test_the_end_of_a_trio_run_does_too() -> None:
    limiter, venue = CountingLimiter(), Scripted()

    async def main() -> None:
        import trio

        exchange = Toy(http=venue, limiter=limiter)
        await exchange.fetch_time()
        with trio.move_on_after(0.001):
            await exchange.fetch_time()
        assert limiter.open == 1

    run_trio(main)
    assert (limiter.open, venue.slots.free) == (0, venue.max_connections)


@virtual
async def test_a_backend_that_fails_to_begin_costs_no_permit_and_no_slot() -> None:
    class Refusing(Scripted):
        def begin(self, request: HttpRequest, done: Done) -> None:
            raise ZeroDivisionError

    limiter, venue = CountingLimiter(), Refusing()
    exchange = Toy(http=venue, limiter=limiter)
    with pytest.raises(errors.NotSent, match="ZeroDivisionError"):
        await exchange.fetch_time()
    assert (limiter.open, venue.slots.free) == (0, venue.max_connections)
    await exchange.aclose()


@virtual
async def test_a_connection_that_fails_on_the_way_ends_the_call() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always["/leverage"] = failure("disconnected", sent=True)
        with pytest.raises(errors.RequestTimeout):
            await exchange.fetch_leverage(BTC)
