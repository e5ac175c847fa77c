"""The border to code that is not this library's: callbacks of the user, adapters of third parties."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any


async def failure_of(call: Awaitable[Any]) -> Exception | None:
    """Await `call`; the exception that it ended with, or None.

    The one place that takes any exception, where one failure must not stop what runs beside it. What is no
    `Exception` (cancellation, the end of the program) passes through. Whoever calls this reports what it returns.
    """
    try:
        await call
    except BaseException as error:
        if isinstance(error, Exception):
            return error
        raise
    return None
