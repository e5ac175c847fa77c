"""The loop that runs here: bound to, given something that goes on by itself, and outlived by nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from futures_async.transport import on_asyncio, on_trio
from futures_async.transport.runtime import Runtime, running_asyncio_loop, trio_runs


def current_runtime() -> Runtime:
    """Bind to the running event loop.

    Raises:
        RuntimeError: No asyncio or trio loop runs.
    """
    if running_asyncio_loop() is not None:
        return on_asyncio.AsyncioRuntime()
    import sniffio

    try:
        library = sniffio.current_async_library()
    except sniffio.AsyncLibraryNotFoundError:
        raise RuntimeError("no event loop runs: call this from async code") from None
    if library != "trio":
        raise RuntimeError(f"futures-async runs on asyncio and trio, not on {library}")
    return on_trio.TrioRuntime()


def detach(coroutine: Coroutine[Any, Any, None], cancelled: Callable[[], object]) -> None:
    """Run something on its own that nobody waits for; `cancelled` is called if the end of the loop stops it."""
    loop = running_asyncio_loop()
    if loop is None:
        on_trio.detach(coroutine, cancelled)
    else:
        on_asyncio.detach(loop, coroutine, cancelled)


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
        hooks = sys.get_asyncgen_hooks()
        try:
            if trio_runs():
                sys.set_asyncgen_hooks(finalizer=on_trio.closer())
            with contextlib.suppress(StopIteration):
                self._guard.asend(None).send(None)
        finally:
            sys.set_asyncgen_hooks(*hooks)

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
