"""trio, which is imported where it runs."""

from __future__ import annotations

import contextlib
import contextvars
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, TypeVar

from futures_async.transport.runtime import Runtime, TooLate, Work, current_trio_token

logger = logging.getLogger("futures_async.transport")

T = TypeVar("T")


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
        return current_trio_token() is self._token


def _nothing() -> None:
    pass


def detach(coroutine: Coroutine[Any, Any, None], cancelled: Callable[[], object]) -> None:
    """See `running.detach`."""
    import trio

    trio.lowlevel.spawn_system_task(_carry, coroutine, cancelled, context=contextvars.copy_context())


def closer() -> Callable[[AsyncGenerator[Any, Any]], None]:
    """Closes an async generator that is collected while this run goes on; trio's own warns of each by its name."""
    import trio

    token = trio.lowlevel.current_trio_token()

    async def close(lost: AsyncGenerator[Any, Any]) -> None:
        try:
            await lost.aclose()
        except Exception:  # a system task must not end in one
            logger.exception("what was lost could not be released")

    def closing(lost: AsyncGenerator[Any, Any]) -> None:
        with contextlib.suppress(trio.RunFinishedError):  # the collector comes when, and in which thread, it likes
            token.run_sync_soon(trio.lowlevel.spawn_system_task, close, lost)

    return closing


async def _carry(coroutine: Coroutine[Any, Any, None], cancelled: Callable[[], object]) -> None:
    try:
        await coroutine
    except BaseException:
        cancelled()
        raise
