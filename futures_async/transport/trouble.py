"""What a read that is still being tried has met so far: for who says why there is no answer yet."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.inner import inner

TROUBLE: ContextVar[Callable[[FuturesAsyncError], object] | None] = inner("trouble", None)
"""Told each failed attempt, the last one as well."""


def tell(error: FuturesAsyncError) -> None:
    """An attempt has failed."""
    listener = TROUBLE.get()
    if listener is not None:
        listener(error)
