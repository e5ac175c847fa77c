"""An asyncio event loop in virtual time: when nothing is ready, its clock jumps to the next timer.

`run(main())` is `asyncio.run` in virtual time: an hour of sleeping takes no time, and equal seeds give equal traces.
It is for code without sockets (limiters, in-process transports). Threads may call in (`call_soon_threadsafe`).
On trio use `run_trio`, which is trio's own MockClock.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
START = 1000.0
STUCK_AFTER_S = 5.0
"""Real seconds without a timer, a callback or a thread's call until a deadlock is reported."""
MOST_TURNS = 1_000_000
"""Turns of the loop in a row without time moving on, until tasks that keep themselves busy are reported."""


class Stuck(RuntimeError):
    """Every task waits and nothing will ever wake one, or they run on and on and no time passes."""


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self._turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            self._turns += 1
            if self._turns > MOST_TURNS:
                self._turns = 0
                raise Stuck(f"no time has passed in {MOST_TURNS} turns of the loop: something runs on and on")
            return ready
        self._turns = 0
        if timeout is not None:
            self.now += max(timeout, 0.0)
            return []
        ready = super().select(STUCK_AFTER_S)
        if not ready:
            raise Stuck("all tasks wait and no timer is set")
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 1000.0 and moves only when nothing is ready."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for threads as long as they take: the limit that Python 3.12 and later set would be over at once."""
        await super().shutdown_default_executor()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


def run_trio(main: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Run an async function on trio in virtual time."""
    import trio
    from trio.testing import MockClock

    return trio.run(main, *args, clock=MockClock(autojump_threshold=0))
