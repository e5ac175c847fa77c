"""The venue's time before the first write: read once, for all that come meanwhile, and not at any price."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from futures_async.transport.shared import Transport
from futures_async.unified.errors import FuturesAsyncError

logger = logging.getLogger("futures_async.transport")

LEARNS_AGAIN_S = 5.0
"""After that has failed, so long no write waits for it."""


class Learning:
    """Reads the venue's clock where nothing is known of it.

    Args:
        venue: For messages.
        transport: Whose clock.
    """

    __slots__ = ("_lock", "_next_at", "_transport", "_venue")

    def __init__(self, venue: str, transport: Transport) -> None:
        self._venue = venue
        self._transport = transport
        self._lock: anyio.Lock | None = None
        self._next_at = 0.0

    async def learn(self, sync: Callable[[], Awaitable[Any]], within_s: float) -> None:
        """Read the venue's clock before the first write is signed, which then is not refused for its timestamp.

        A write that cannot have it soon goes by this computer's clock, and so do those of the next seconds.
        """
        now = self._transport.runtime().now
        if now() < self._next_at:
            return
        problem: object = f"no answer within {within_s:g} s"
        with anyio.move_on_after(within_s):
            self._lock = self._lock or anyio.Lock()
            async with self._lock:  # who comes meanwhile waits for the answer too
                if not self._transport.clock.wants_sample or now() < self._next_at:
                    return
                try:
                    await sync()
                    return
                except FuturesAsyncError as error:
                    problem = error
        self._next_at = now() + LEARNS_AGAIN_S
        logger.warning("%s: the venue's clock could not be read: %s", self._venue, problem)
