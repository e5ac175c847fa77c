"""A bell that one waits for with a limit: the only way in which streams wait. On asyncio and trio."""

from __future__ import annotations

import math

import anyio
import anyio.lowlevel


class Bell:
    """Rung any number of times, it wakes its one waiter once; rung before, it lets the next wait return at once."""

    __slots__ = ("_event", "_rung")

    def __init__(self) -> None:
        self._rung = False
        self._event: anyio.Event | None = None

    def ring(self) -> None:
        """Wake who waits, or will."""
        self._rung = True
        if self._event is not None:
            self._event.set()

    async def wait(self, within_s: float = math.inf) -> None:
        """Return when it rings, or after so many seconds; others have their turn in any case. Cancelled, it loses no
        ring."""
        if self._rung or within_s <= 0:
            # Who finds nothing to do again and again costs time, and never stops everybody else.
            await anyio.lowlevel.checkpoint()
        else:
            self._event = anyio.Event()
            try:
                # A scope, not `asyncio.wait_for`: that can swallow a cancellation on Python 3.11.
                with anyio.move_on_after(within_s):
                    await self._event.wait()
            finally:
                self._event = None
        self._rung = False
