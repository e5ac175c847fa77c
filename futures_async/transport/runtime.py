"""The seam to the event loop: asyncio, spoken to directly because it is the fast path, and trio.

What the library needs of a loop is little: its clock, sleep, a result that is waited for, and work that outlives the
caller that waits for it. A caller's cancellation must never reach into an HTTP pool (it breaks httpx's for good) nor
lose sight of an order.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import math
import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from threading import Lock, get_ident
from typing import Any, Generic, Protocol, TypeVar, cast
from weakref import WeakSet

T = TypeVar("T")

running_asyncio_loop = asyncio._get_running_loop  # pyright: ignore[reportPrivateUsage] - as the public one, but never raises
"""The asyncio loop that runs in this thread, or None."""


def current_trio_token() -> Any:
    """The trio run that this code belongs to; None when there is none, or trio was never imported."""
    trio = sys.modules.get("trio")
    if trio is None:
        return None
    try:
        return trio.lowlevel.current_trio_token()
    except RuntimeError:
        return None


fork_generation = [0]
"""How many forks lie between the process that imported this and the one that runs."""


class Heir(Protocol):
    """What a fork inherits and cannot use as it stands."""

    def begin_anew(self) -> None:
        """This process is a fork: other threads, and who waits, are its parent's. No loop runs here yet."""


_heirs: WeakSet[Heir] = WeakSet()


def inherit(heir: Heir) -> None:
    """Have it told of each fork before anything else happens there, for as long as it lives."""
    _heirs.add(heir)


def begin_child() -> None:
    """This process is a fork; for the system and for tests."""
    fork_generation[0] += 1
    for heir in list(_heirs):
        heir.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=begin_child)


class ModuleLock:
    """A lock that is free in a fork: the thread that may have held it is not there."""

    def __init__(self) -> None:
        self.begin_anew()
        inherit(self)

    def begin_anew(self) -> None:
        """As an heir."""
        self._lock = Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()


class Promise(Protocol):
    """A result that somebody may wait for. asyncio's own futures are such; cancelling who waits for one ends it."""

    def done(self) -> bool:
        """It has its end, or nobody waits any more."""
        ...

    def set_result(self, result: Any, /) -> None:
        """It ends well."""

    def set_exception(self, exception: BaseException, /) -> None:
        """It does not."""

    def exception(self) -> BaseException | None:
        """Whatever it was given: asked so, it does not count as one that nobody retrieved."""
        ...

    def __await__(self) -> Generator[Any, Any, Any]: ...


class Work(ABC, Generic[T]):
    """Something under way that nobody's cancellation stops."""

    @abstractmethod
    async def wait(self) -> T:
        """Its result, or its error. Cancelling the waiter leaves the work alone."""

    @abstractmethod
    def abandon(self, error: BaseException) -> None:
        """Let the waiter go with `error`, which also is the work's end if it is cancelled; it goes on till then."""

    @abstractmethod
    def cancel(self) -> None:
        """Stop the work. Only for work that waits in sleeps and in other works, never inside HTTP."""

    @property
    @abstractmethod
    def done(self) -> bool:
        """It has ended."""


class TooLate(Exception):
    """What was to be ready by a time was not."""


class Runtime(ABC):
    """One event loop, bound at first use."""

    def __init__(self) -> None:
        self._generation = fork_generation[0]
        self.works: set[Work[Any]] = set()

    now: Callable[[], float]
    """The loop's clock, seconds."""
    promise: Callable[[], Promise]
    """A new one."""

    @abstractmethod
    def start(self, coroutine: Coroutine[Any, Any, T]) -> Work[T]:
        """Run `coroutine` on its own."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Wait."""

    @abstractmethod
    async def by(self, due: float, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` here, and cancel it if it waits at `due`, by this clock. Until it waits, that is free.

        Raises:
            TooLate: It was cancelled.
        """

    @abstractmethod
    def call_at(self, due: float, call: Callable[[], object]) -> Callable[[], object]:
        """Have `call` called at a time of its clock, which may be never (infinity); what is returned takes it back."""

    @property
    @abstractmethod
    def ended(self) -> bool:
        """The loop is over; nothing can be under way on it."""

    @abstractmethod
    def _same_loop(self) -> bool: ...

    def check(self) -> None:
        """Refuse use from another event loop, thread or process.

        Raises:
            RuntimeError: Before anything was sent.
        """
        if self._generation != fork_generation[0]:
            raise RuntimeError("this exchange was opened before a fork; open a new one in the child process")
        if not self._same_loop():
            raise RuntimeError("this exchange belongs to another event loop; open one exchange for each loop")


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
        if not self._future.done():
            self._future.set_result(result)
        return result

    def _finish(self, task: asyncio.Task[T]) -> None:
        self._runtime.works.discard(self)
        future = self._future
        if task.cancelled():  # by the loop's own shutdown, or by cancel()
            self._coroutine.close()  # cancelled before its first step, it would count as never awaited
            future.cancel()
            return
        error = task.exception()
        if future.done():
            return
        if error is None:
            future.set_result(task.result())
        else:
            future.set_exception(error)
            future.exception()  # its waiter may be gone: no "never retrieved" from the collector

    async def wait(self) -> T:
        if not self._awaited:
            # The future, not the task: a cancelled waiter cancels only this future.
            self._awaited = True
            return await self._future
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
            return cast("T", end.value)
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

    def _same_loop(self) -> bool:
        # One loop runs in a thread at a time. Asking which one asks the system for the process each time.
        return get_ident() == self._thread and self._runs()


class _TrioPromise:
    __slots__ = ("_end", "_error", "_result")

    def __init__(self, end: Any) -> None:
        self._end = end
        self._result: Any = None
        self._error: BaseException | None = None

    def done(self) -> bool:
        return bool(self._end.is_set())

    def set_result(self, result: Any, /) -> None:
        self._result = result
        self._end.set()

    def set_exception(self, exception: BaseException, /) -> None:
        self._error = exception
        self._end.set()

    def exception(self) -> BaseException | None:
        return self._error

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from self._end.wait().__await__()
        if self._error is not None:
            raise self._error
        return self._result


class _TrioWork(Work[T]):
    def __init__(self, runtime: TrioRuntime, coroutine: Coroutine[Any, Any, T]) -> None:
        trio = runtime.trio
        self._runtime = runtime
        self._finished = trio.Event()
        self._scope = trio.CancelScope()
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._done = False
        runtime.works.add(self)
        trio.lowlevel.spawn_system_task(self._run, coroutine, context=contextvars.copy_context())

    async def _run(self, coroutine: Coroutine[Any, Any, T]) -> None:
        # A system task must not end in an exception: that would bring the whole run down.
        try:
            with self._scope:
                self._result.append(await coroutine)
        except Exception as error:  # handed to the waiter, below
            self._error = self._error or error
        finally:
            self._done = True
            self._runtime.works.discard(self)
            self._finished.set()

    async def wait(self) -> T:
        await self._finished.wait()
        if self._error is not None:
            raise self._error
        if not self._result:
            raise RuntimeError("the work was cancelled")
        return self._result[0]

    def abandon(self, error: BaseException) -> None:
        if not self._done:
            self._error = error
            self._finished.set()

    def cancel(self) -> None:
        self._scope.cancel()

    @property
    def done(self) -> bool:
        return self._done


class TrioRuntime(Runtime):
    """The running trio loop."""

    def __init__(self) -> None:
        super().__init__()
        import trio

        self.trio: Any = trio
        self.now = trio.current_time
        self.promise = lambda: _TrioPromise(trio.Event())
        self._token = trio.lowlevel.current_trio_token()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Work[T]:
        return _TrioWork(self, coroutine)

    async def sleep(self, seconds: float) -> None:
        await self.trio.sleep(seconds)

    async def by(self, due: float, coroutine: Coroutine[Any, Any, T]) -> T:
        with self.trio.CancelScope(deadline=due):
            return await coroutine
        raise TooLate

    def call_at(self, due: float, call: Callable[[], object]) -> Callable[[], object]:
        scope = self.trio.CancelScope()

        async def later() -> None:
            with scope:
                await self.trio.sleep_until(due)
                call()

        # A system task, as callers come and go and none of them may be made to wait for the others.
        self.trio.lowlevel.spawn_system_task(later, name="futures-async timer")
        cancel: Callable[[], object] = scope.cancel
        return cancel

    @property
    def ended(self) -> bool:
        try:
            self._token.run_sync_soon(_nothing)
        except self.trio.RunFinishedError:
            return True
        return False

    def _same_loop(self) -> bool:
        try:
            return self.trio.lowlevel.current_trio_token() is self._token
        except RuntimeError:
            return False


def _nothing() -> None:
    pass


class LoopEnd:
    """Has something released when the running loop ends, or when whoever holds this is lost before.

    The loop comes to know an async generator at its first step, and closes at its end what is open then (asyncio's
    `shutdown_asyncgens`, which `asyncio.run` calls; trio does likewise).

    Args:
        release: What is awaited then.
    """

    __slots__ = ("_guard", "_release")

    def __init__(self, release: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._release: Callable[[], Coroutine[Any, Any, None]] | None = release
        self._guard = self._wait()
        with contextlib.suppress(StopIteration):
            self._guard.asend(None).send(None)

    async def _wait(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            if self._release is not None:
                await self._release()

    async def disarm(self) -> None:
        """It has been released already."""
        self._release = None
        await self._guard.aclose()


_detached: set[asyncio.Task[None]] = set()


def detach(coroutine: Coroutine[Any, Any, None], cancelled: Callable[[], object]) -> None:
    """Run something on its own that nobody waits for; `cancelled` is called if the end of the loop stops it."""
    loop = running_asyncio_loop()
    if loop is None:
        import trio

        trio.lowlevel.spawn_system_task(_detached_on_trio, coroutine, cancelled, context=contextvars.copy_context())
        return
    # Not by the loop's task factory: one of the user's (an eager one, say) would run it within this call.
    task = asyncio.Task(coroutine, loop=loop)
    _detached.add(task)

    def ended(task: asyncio.Task[None]) -> None:
        _detached.discard(task)
        if task.cancelled():
            coroutine.close()  # cancelled before its first step, it would count as never awaited
            cancelled()

    task.add_done_callback(ended)


async def _detached_on_trio(coroutine: Coroutine[Any, Any, None], cancelled: Callable[[], object]) -> None:
    try:
        await coroutine
    except BaseException:
        cancelled()
        raise


def current_runtime() -> Runtime:
    """Bind to the running event loop.

    Raises:
        RuntimeError: No asyncio or trio loop runs.
    """
    try:
        return AsyncioRuntime()
    except RuntimeError:
        pass
    import sniffio

    try:
        library = sniffio.current_async_library()
    except sniffio.AsyncLibraryNotFoundError:
        raise RuntimeError("no event loop runs: call this from async code") from None
    if library != "trio":
        raise RuntimeError(f"futures-async runs on asyncio and trio, not on {library}")
    return TrioRuntime()
