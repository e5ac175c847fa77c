"""The seam to the event loop: see `on_asyncio` and `on_trio`, and `running` for the one that runs.

What the library needs of a loop is little: its clock, sleep, a result that is waited for, and work that outlives the
caller that waits for it. A caller's cancellation must never reach into an HTTP pool (it breaks httpx's for good) nor
lose sight of an order.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Generic, Protocol, TypeVar

from sniffio import thread_local as _library

from futures_async.transport.forks import fork_generation

T = TypeVar("T")

_asyncio_loop = asyncio._get_running_loop  # pyright: ignore[reportPrivateUsage] - as the public one, but never raises


def trio_runs() -> bool:
    """Trio runs this very code: while it is the guest of an asyncio loop, that one runs in this thread as well."""
    return _library.name == "trio"


def running_asyncio_loop() -> asyncio.AbstractEventLoop | None:
    """The asyncio loop that this code runs on, or None."""
    return None if _library.name == "trio" else _asyncio_loop()


def current_trio_token() -> Any:
    """The trio run that this code belongs to, or None. The host of a guest run belongs to none."""
    if not trio_runs():
        return None
    import trio

    return trio.lowlevel.current_trio_token()


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
    def wait(self) -> Awaitable[T]:
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
