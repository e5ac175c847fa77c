"""asyncio, spoken to directly because it is the fast path."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from threading import get_ident
from typing import Any, Generic, TypeVar, cast

from futures_async.transport.forks import fork_generation
from futures_async.transport.runtime import Runtime, TooLate, Work, trio_runs

T = TypeVar("T")


class _Rest(Generic[T]):
    """What is left of a coroutine after its first step, which waits for `first`."""

    __slots__ = ("_coroutine", "_first")

    def __init__(self, coroutine: Coroutine[Any, Any, T], first: object) -> None:
        self._coroutine = coroutine
        self._first = first

    def __await__(self) -> Generator[Any, Any, T]:
        waits_for, coroutine = self._first, self._coroutine
        while True:
            answer, error = None, None
            try:
                answer = yield waits_for
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as thrown:
                error = thrown
            try:
                waits_for = coroutine.send(answer) if error is None else coroutine.throw(error)
            except StopIteration as end:
                return cast("T", end.value)


class _AsyncioWork(Work[T]):
    __slots__ = ("_awaited", "_coroutine", "_error", "_future", "_runtime", "_task")

    def __init__(self, runtime: AsyncioRuntime, coroutine: Coroutine[Any, Any, T]) -> None:
        self._future: asyncio.Future[T] = runtime.loop.create_future()
        self._awaited = False
        self._error: BaseException | None = None
        self._coroutine = coroutine
        self._runtime = runtime
        runtime.works.add(self)
        # Not by the loop's task factory: one of the user's (an eager one, say) would run it before this is set up.
        self._task = asyncio.Task(self._carry(), loop=runtime.loop)
        self._task.add_done_callback(self._finish)

    async def _carry(self) -> T:
        # A good result goes to the waiter at once, not by way of the task's callback: one turn of the loop less.
        result = await self._coroutine
        self._task.remove_done_callback(self._finish)
        self._runtime.works.discard(self)
        if not self._future.done():
            self._future.set_result(result)
        return result

    def _finish(self, task: asyncio.Task[T]) -> None:
        """It has ended otherwise."""
        self._runtime.works.discard(self)
        if task.cancelled():  # by the loop's own shutdown, or by cancel()
            self._coroutine.close()  # cancelled before its first step, it would count as never awaited
            self._future.cancel()
            return
        error = task.exception()
        if error is not None and not self._future.done():
            self._future.set_exception(error)
            self._future.exception()  # its waiter may be gone: no "never retrieved" from the collector

    def wait(self) -> Awaitable[T]:
        if self._awaited:
            return self._again()
        # The future, not the task: a cancelled waiter cancels only this future.
        self._awaited = True
        return self._future

    async def _again(self) -> T:
        await asyncio.wait((self._task,))
        if self._error is not None and self._task.cancelled():
            raise self._error
        return self._task.result()

    def abandon(self, error: BaseException) -> None:
        self._error = error
        if not self._future.done():
            self._future.set_exception(error)
            self._future.exception()

    def cancel(self) -> None:
        self._task.cancel()

    @property
    def done(self) -> bool:
        return self._task.done()


def clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """A loop's clock: of asyncio's own what they call in turn, as a call asks for the time half a dozen times."""
    own = getattr(type(loop), "time", None) is asyncio.BaseEventLoop.time
    return time.monotonic if own else loop.time


class AsyncioRuntime(Runtime):
    """The running asyncio loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.now = clock_of(self.loop)
        self.promise = self.loop.create_future
        self._thread = get_ident()
        self._runs = self.loop.is_running

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Work[T]:
        return _AsyncioWork(self, coroutine)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def by(self, due: float, coroutine: Coroutine[Any, Any, T]) -> T:
        # The first step by hand: what has nothing to wait for, as an order's facts mostly have not, needs no timer.
        try:
            waits_for = coroutine.send(None)
        except StopIteration as end:
            result: T = end.value
            return result
        # By asyncio's own means: scopes that were entered in that step would stand outside of one of anyio's.
        patience = asyncio.timeout_at(due)
        try:
            async with patience:
                return await _Rest(coroutine, waits_for)
        except TimeoutError:
            if patience.expired():
                raise TooLate from None
            raise

    def call_at(self, due: float, call: Callable[[], object]) -> Callable[[], object]:
        return _nothing if due == math.inf else self.loop.call_at(due, call).cancel

    @property
    def ended(self) -> bool:
        return self.loop.is_closed()

    def check(self) -> None:
        # Each call asks half a dozen times: in one step what the two below say in three.
        if get_ident() != self._thread or not self._runs() or trio_runs() or self._generation != fork_generation[0]:
            super().check()

    def _same_loop(self) -> bool:
        # A thread runs one loop at a time, and its guest. To ask which one costs a system call.
        return get_ident() == self._thread and self._runs() and not trio_runs()


def _nothing() -> None:
    pass


_detached: set[asyncio.Task[None]] = set()


def detach(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None], cancelled: Callable[[], object]
) -> None:
    """See `running.detach`."""
    # Not by the loop's task factory: one of the user's (an eager one, say) would run it within this call.
    task = asyncio.Task(coroutine, loop=loop)
    _detached.add(task)

    def ended(task: asyncio.Task[None]) -> None:
        _detached.discard(task)
        if task.cancelled():
            coroutine.close()  # cancelled before its first step, it would count as never awaited
            cancelled()

    task.add_done_callback(ended)
