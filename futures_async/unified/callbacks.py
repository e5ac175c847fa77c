"""The border to code that is not this library's: callbacks of the user, adapters of third parties."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any


async def called(hook: Callable[..., object], *told: object) -> None:
    """Call what a user gave, and await what it returns where that can be: a plain function will do."""
    answer = hook(*told)
    if isawaitable(answer):
        await answer


async def failure_of(call: Awaitable[Any]) -> Exception | None:
    """Await `call`; the exception that it ended with, or None.

    The one place that takes any exception, where one failure must not stop what runs beside it. What is no
    `Exception` (cancellation, the end of the program) passes through: unless it is that of something that was awaited
    inside, which looks like one's own on asyncio. Whoever calls this reports what it returns.
    """
    try:
        await call
    except BaseException as error:
        if isinstance(error, Exception):
            return error
        if isinstance(error, asyncio.CancelledError) and not _is_cancelled():
            failure = RuntimeError("it has awaited something that was cancelled")
            failure.__cause__ = error
            return failure
        raise
    return None


def _is_cancelled() -> bool:
    """Whether the running task is being cancelled."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # trio
        return True
    return task is None or task.cancelling() > 0
