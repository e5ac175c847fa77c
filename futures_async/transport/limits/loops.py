"""What a limiter needs of an event loop: its clock, a timer, and a way to wake a caller, also from another thread.

On asyncio these are its own futures and timers, which are several times cheaper than portable ones; on trio they
are trio's. Loops may follow one another, or run in several threads at once: each has a `skew`, so that
`loop.now()` is the limiter's time on all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Any

from futures_async.transport.forks import fork_generation
from futures_async.transport.on_asyncio import clock_of
from futures_async.transport.runtime import current_trio_token, running_asyncio_loop, trio_runs

if TYPE_CHECKING:
    import trio

Signal = Any
"""What a waiter sleeps on: a future on asyncio, an event on trio."""


class Timer:
    """Something that will happen on a loop; `cancel` may be called on that loop only."""

    __slots__ = ("cancel", "due", "loop")

    def __init__(self, loop: Loop, due: float) -> None:
        self.loop = loop
        self.due = due
        self.cancel: Callable[[], object] = _nothing


def _nothing() -> None:
    pass


class Loop(ABC):
    """One event loop as a limiter sees it. All times are the limiter's, in seconds."""

    __slots__ = ("generation", "raw", "skew")

    def __init__(self, raw: object) -> None:
        self.raw = raw
        """The library's own loop object: asyncio's event loop, trio's token."""
        self.skew = 0.0
        """This loop's clock less the limiter's."""
        self.generation = fork_generation[0]
        """It is another process's, and never runs here, where this is not the `fork_generation`."""

    @abstractmethod
    def now(self) -> float:
        """The time. Works from any thread, and after the loop has ended."""

    @abstractmethod
    def alive(self) -> bool:
        """Whether anybody can still be woken on it."""

    @abstractmethod
    def here(self) -> bool:
        """Whether this code runs on it."""

    @abstractmethod
    def signal(self) -> Signal:
        """A new thing to sleep on."""

    @abstractmethod
    def call_at(self, due: float, call: Callable[[Timer], object]) -> Timer:
        """Have `call` called at a time. Only on this loop."""

    @abstractmethod
    def soon(self, call: Callable[[], object]) -> None:
        """Have `call` called on this loop soon; from any thread. Nothing happens when the loop has ended."""

    @abstractmethod
    def set(self, signal: Signal) -> None:
        """Wake who sleeps on it. Only on this loop."""

    @abstractmethod
    async def sleep(self, signal: Signal, deadline: float | None) -> None:
        """Sleep until the signal is set or the time has come. Cancellation passes through."""

    def wake(self, signal: Signal) -> None:
        """Wake who sleeps on it; from any thread."""
        if self.here():
            self.set(signal)
        else:
            self.soon(lambda: self.set(signal))


class AsyncioLoop(Loop):
    """An asyncio event loop."""

    __slots__ = ("_call_at", "_loop", "_runs", "_thread", "_time")

    def __init__(self, raw: asyncio.AbstractEventLoop) -> None:
        super().__init__(raw)
        self._thread = get_ident()
        self._loop, self._time, self._call_at = raw, clock_of(raw), raw.call_at
        self._runs = raw.is_running

    def now(self) -> float:
        return self._time() - self.skew

    def alive(self) -> bool:
        return not self._loop.is_closed()

    def here(self) -> bool:
        # A thread runs one loop at a time, and its guest. To ask which one costs a system call.
        if get_ident() != self._thread or trio_runs():
            return False
        return fork_generation[0] == self.generation and self._runs()

    def signal(self) -> Signal:
        return self._loop.create_future()

    def call_at(self, due: float, call: Callable[[Timer], object]) -> Timer:
        timer = Timer(self, due)
        timer.cancel = self._call_at(due + self.skew, call, timer).cancel
        return timer

    def soon(self, call: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)

    def set(self, signal: Signal) -> None:
        if not signal.done():
            signal.set_result(None)

    async def sleep(self, signal: Signal, deadline: float | None) -> None:
        if deadline is None:
            await signal
            return
        handle = self._call_at(deadline + self.skew, self.set, signal)
        try:
            await signal
        finally:
            handle.cancel()


class TrioLoop(Loop):
    """One run of trio."""

    __slots__ = ("_clock", "_token", "_trio")

    def __init__(self) -> None:
        import trio

        self._trio = trio
        self._token = trio.lowlevel.current_trio_token()
        super().__init__(self._token)
        self._clock = trio.lowlevel.current_clock()

    def now(self) -> float:
        return self._clock.current_time() - self.skew

    def alive(self) -> bool:
        try:
            self._token.run_sync_soon(_nothing)
        except self._trio.RunFinishedError:
            return False
        return True

    def here(self) -> bool:
        return current_trio_token() is self._token and fork_generation[0] == self.generation

    def signal(self) -> Signal:
        return self._trio.Event()

    def call_at(self, due: float, call: Callable[[Timer], object]) -> Timer:
        timer = Timer(self, due)
        scope = self._trio.CancelScope()
        timer.cancel = scope.cancel
        # A system task, as callers come and go and none of them may be made to wait for the others.
        self._trio.lowlevel.spawn_system_task(self._tick, scope, timer, call, name="futures-async limiter")
        return timer

    async def _tick(self, scope: trio.CancelScope, timer: Timer, call: Callable[[Timer], object]) -> None:
        with scope:
            await self._trio.sleep_until(timer.due + self.skew)
            call(timer)

    def soon(self, call: Callable[[], object]) -> None:
        with contextlib.suppress(self._trio.RunFinishedError):
            self._token.run_sync_soon(call)

    def set(self, signal: Signal) -> None:
        signal.set()

    async def sleep(self, signal: Signal, deadline: float | None) -> None:
        if deadline is None:
            await signal.wait()
            return
        with self._trio.move_on_at(deadline + self.skew):
            await signal.wait()


class Loops:
    """The loops that use one limiter; `current()` is the one that runs here."""

    __slots__ = ("_known", "_lock", "last")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: list[Loop] = []
        self.last: Loop | None = None

    def begin_anew(self) -> None:
        """In a fork: none of them runs here, and the time goes on from the last."""
        self._lock = threading.Lock()  # another thread may have held it, which is not here
        self._known = []

    def current(self) -> Loop:
        """The loop that runs here.

        Raises:
            RuntimeError: None does.
        """
        last = self.last
        if last is not None and last.here():
            return last
        return self._look_up(running_asyncio_loop())

    def _look_up(self, raw: asyncio.AbstractEventLoop | None) -> Loop:
        token = None if raw is not None else current_trio_token()
        if raw is None and token is None:
            raise RuntimeError("a limiter is used inside a running event loop (asyncio or trio)")
        with self._lock:
            for known in self._known:
                if known.raw is (token if raw is None else raw):
                    self.last = known
                    return known
            new: Loop = AsyncioLoop(raw) if raw is not None else TrioLoop()
            if self.last is not None:
                # The limiter's time goes on where it stood: real loops of one process keep step with each other,
                # and what a loop in virtual time left behind stays as far in the future as it was.
                new.skew = new.now() - self.last.now()
            self._known = [known for known in self._known if known.alive()]
            self._known.append(new)
            self.last = new
            return new
