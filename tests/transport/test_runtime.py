"""The seam to the event loop: other loops, forks, trio, and work that outlives its caller."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
import trio
import trio.lowlevel

from futures_async.testing.virtual_time import run, run_trio
from futures_async.transport import runtime
from futures_async.transport.clock import loop_time
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.loops import AsyncioLoop, Loops, TrioLoop
from futures_async.transport.on_asyncio import AsyncioRuntime, _Rest
from futures_async.transport.on_trio import TrioRuntime
from futures_async.transport.running import current_runtime
from futures_async.unified import errors
from tests.rig.support import BTC, Scripted, toy
from tests.rig.toy import Toy


def test_an_exchange_belongs_to_the_loop_of_its_first_call() -> None:
    exchange = Toy(http=Scripted(), limiter=LocalLimiter())
    run(exchange.fetch_time())
    with pytest.raises(RuntimeError, match="another event loop"):
        run(exchange.fetch_time())


def test_a_call_after_a_fork_is_refused_before_anything_is_sent() -> None:
    async def main() -> None:
        venue = Scripted()
        async with toy(venue) as exchange:
            child = os.fork()
            if child == 0:  # pragma: no cover - the child cannot report its coverage
                try:
                    exchange._transport.runtime()
                except RuntimeError as error:
                    os._exit(7 if "fork" in str(error) else 8)
                os._exit(9)
            _, status = os.waitpid(child, 0)  # noqa: ASYNC222 - the child ends at once
            assert os.waitstatus_to_exitcode(status) == 7

    run(main())


def test_without_a_loop_there_is_no_runtime() -> None:
    with pytest.raises(RuntimeError, match="no event loop runs"):
        current_runtime()


def test_other_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sniffio

    monkeypatch.setattr(sniffio, "current_async_library", lambda: "curio")
    with pytest.raises(RuntimeError, match="not on curio"):
        current_runtime()


def test_each_loop_is_told_from_no_loop_at_all() -> None:
    async def bind() -> runtime.Runtime:
        return current_runtime()

    on_asyncio, on_trio = run(bind()), run_trio(bind)
    assert isinstance(on_asyncio, AsyncioRuntime)
    assert isinstance(on_trio, TrioRuntime)
    for bound in (on_asyncio, on_trio):
        with pytest.raises(RuntimeError, match="another event loop"):
            bound.check()


def test_a_guest_of_asyncio_is_trio_and_its_host_is_not() -> None:
    """trio's guest mode: both run in one thread, trio's steps as callbacks of the other loop."""

    async def host() -> None:
        loop = asyncio.get_running_loop()
        limiter, loops, told = LocalLimiter(), Loops(), trio.Event()
        begun, ended = loop.create_future(), loop.create_future()
        at_host: list[Any] = []

        def end(outcome: Any) -> None:
            ended.set_result(outcome)
            if not begun.done():
                begun.set_exception(AssertionError(outcome))

        async def guest() -> None:
            bound = current_runtime()
            assert isinstance(bound, TrioRuntime)
            assert isinstance(loops.current(), TrioLoop)
            assert loop_time() == pytest.approx(trio.current_time(), abs=5)
            async with Toy(http=Scripted(), limiter=limiter) as own:
                await own.fetch_time()
                begun.set_result(bound)
                await told.wait()
                await own.fetch_time()
                with pytest.raises(RuntimeError, match="another event loop"):
                    await at_host[0].fetch_time()

        trio.lowlevel.start_guest_run(
            guest,
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            run_sync_soon_not_threadsafe=loop.call_soon,
            done_callback=end,
            host_uses_signal_set_wakeup_fd=True,
        )
        async with Toy(http=Scripted(), limiter=limiter) as exchange:
            assert isinstance(current_runtime(), AsyncioRuntime)
            assert isinstance(loops.current(), AsyncioLoop)
            await exchange.fetch_time()
            with pytest.raises(RuntimeError, match="another event loop"):
                (await begun).check()
            await exchange.fetch_time()
            assert isinstance(loops.current(), AsyncioLoop)
            assert loop_time() == pytest.approx(loop.time(), abs=5)
            at_host.append(exchange)
            told.set()
            (await ended).unwrap()

    asyncio.run(host())


async def _boom() -> None:
    raise ValueError("boom")


async def _answer(after_s: float) -> int:
    await current_runtime().sleep(after_s)
    return 42


async def _work() -> None:
    bound = current_runtime()
    work = bound.start(_answer(1))
    assert not work.done
    assert (await work.wait(), await work.wait(), work.done) == (42, 42, True)
    work.abandon(ValueError())  # too late: nothing happens
    with pytest.raises(ValueError, match="boom"):
        await bound.start(_boom()).wait()
    left = bound.start(_answer(1))
    left.abandon(errors.ClientClosed("go"))
    with pytest.raises(errors.ClientClosed):
        await left.wait()
    await bound.sleep(2)
    assert left.done
    stopped = bound.start(_answer(5))
    stopped.abandon(errors.ClientClosed("stop"))
    stopped.cancel()
    for _ in range(2):
        with pytest.raises(errors.ClientClosed):
            await stopped.wait()
    await bound.sleep(1)  # trio runs who is ready in no certain order
    assert not bound.works


def test_work_on_asyncio() -> None:
    run(_work())


def test_work_on_trio() -> None:
    run_trio(_work)


def test_cancelled_work_that_nobody_was_let_go_from() -> None:
    async def on_trio() -> None:
        work: Any = current_runtime().start(_answer(5))
        work.cancel()
        with pytest.raises(RuntimeError, match="cancelled"):
            await work.wait()

    async def on_asyncio() -> None:
        work: Any = current_runtime().start(_answer(5))
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work.wait()

    run_trio(on_trio)
    run(on_asyncio())


def test_the_exchange_works_on_trio() -> None:
    async def main() -> None:
        venue = Scripted()
        async with toy(venue) as exchange:
            assert (await exchange.set_leverage(BTC, 9)).leverage == 9
            venue.always["/leverage"] = "refused"
            with pytest.raises(errors.ConnectFailed):
                await exchange.fetch_leverage(BTC)

    run_trio(main)


def on_asyncio(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run(main())


each_loop = pytest.mark.parametrize("loop", [on_asyncio, run_trio], ids=["asyncio", "trio"])


@each_loop
def test_what_is_ready_in_time_is_given(loop: Any) -> None:
    async def main() -> None:
        here = current_runtime()

        async def at_once() -> int:
            return 7

        async def soon() -> int:
            with anyio.move_on_after(1):
                await anyio.sleep(5)
            await here.sleep(1)
            return 8

        async def wrongly() -> None:
            with anyio.CancelScope():
                await here.sleep(1)
            raise TimeoutError("of its own")

        assert await here.by(here.now() - 1, at_once()) == 7
        assert await here.by(here.now() + 3, soon()) == 8
        with pytest.raises(TimeoutError, match="of its own"):
            await here.by(here.now() + 3, wrongly())

    loop(main)


@each_loop
def test_what_is_not_ready_is_cancelled_wherever_it_waits(loop: Any) -> None:
    async def main() -> None:
        here = current_runtime()
        ends: list[str] = []

        async def waits(scoped: bool) -> None:
            try:
                with anyio.move_on_after(10 if scoped else 1):
                    await here.sleep(8)
                await here.sleep(9)
            finally:
                ends.append("cancelled")

        for scoped in (True, False):
            began = here.now()
            with pytest.raises(runtime.TooLate):
                await here.by(began + 2, waits(scoped))
            assert 2 <= here.now() - began < 2.1
        assert ends == ["cancelled"] * 2
        await here.sleep(1)  # nothing of the cancellation is left

    loop(main)


@each_loop
def test_the_callers_own_cancellation_passes(loop: Any) -> None:
    async def main() -> None:
        here = current_runtime()
        with anyio.move_on_after(1) as patience:
            await here.by(here.now() + 5, here.sleep(10))
        assert patience.cancelled_caught
        await here.sleep(1)

    loop(main)


def test_what_is_thrown_away_while_it_waits_is_closed() -> None:
    closed: list[bool] = []

    class Waits:
        def __await__(self) -> Any:
            yield None

    async def waits() -> None:
        try:
            await Waits()
        finally:
            closed.append(True)

    begun = waits()
    begun.send(None)
    rest = _Rest(begun, None).__await__()
    next(rest)
    rest.close()
    assert closed == [True]


@pytest.mark.parametrize("go", [run, run_trio])
def test_a_timer_goes_off_at_its_time_is_taken_back_or_never_goes_off(go: Any) -> None:
    told: list[float] = []

    async def main() -> None:
        here = current_runtime()
        began = here.now()
        for after_s in (2.0, 1.0, math.inf):
            here.call_at(began + after_s, lambda: told.append(here.now() - began))
        here.call_at(began + 1.5, lambda: told.append(-1.0))()
        await here.sleep(10)

    async def on_trio() -> None:
        await main()

    go(main() if go is run else on_trio)
    assert told == [pytest.approx(1.0), pytest.approx(2.0)]
