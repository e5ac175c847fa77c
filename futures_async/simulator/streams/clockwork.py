"""Lets time pass in a hub: one timer on the event loop that runs while anything is connected. No task, no thread.

In virtual time the loop's clock and the exchange's must be the same one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from futures_async.simulator.streams.hub import StreamHub


class Clockwork:
    """Drives one hub from the loop on which it was last connected to."""

    def __init__(self, hub: StreamHub) -> None:
        self.hub = hub
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False
        hub.rescheduled = lambda: self.run(self._arm)

    def start(self) -> None:
        """Somebody connects, on the loop that runs now."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._thread, self._timer = loop, threading.get_ident(), None

    def run(self, deed: Callable[[], object]) -> None:
        """Do something on the loop: now if this is its thread, else soon. The engine may be worked from any thread."""
        loop = self._loop
        if threading.get_ident() == self._thread:
            deed()
        elif loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(deed)

    def _arm(self) -> None:
        if self._busy or self._loop is None or self._loop.is_closed():
            return
        if self._timer is not None:
            self._timer.cancel()
        wait_s = self.hub.next_s
        self._timer = None if wait_s is None else self._loop.call_later(wait_s, self._advance)

    def _advance(self) -> None:
        self._busy = True
        try:
            self.hub.advance()
        finally:
            self._busy = False
            self._timer = None
            self._arm()
