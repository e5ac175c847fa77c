"""What keeps a call of one account from leaving: a halt, for writes; the closing of its exchange object, for all.

Both also end the waits of calls that have begun: in the queue for the limit, and for another try.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio

from futures_async.transport.deeds import Deeds
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.errors import ClientClosed

T = TypeVar("T")


class Stops:
    """The stops of one account's calls.

    Args:
        venue: For messages.
        deeds: The account's writes under way.
    """

    def __init__(self, venue: str, deeds: Deeds) -> None:
        self._venue = venue
        self._deeds = deeds
        self._halted = False
        self._reads: set[anyio.CancelScope] = set()
        self._writes: set[anyio.CancelScope] = set()

    async def waiting(self, endpoint: Endpoint[Any], part_of_write: bool, wait: Callable[[], Awaitable[T]]) -> T:
        """Wait until `wait` ends, or until this call is stopped.

        Args:
            endpoint: Of the call.
            part_of_write: It is made within a write, whose verdict it serves: closing does not stop it.
            wait: What is waited for.

        Raises:
            ClientClosed: It was stopped.
        """
        if part_of_write if endpoint.reads else self._passes_halt(endpoint):
            return await wait()
        waits = self._reads if endpoint.reads else self._writes
        with anyio.CancelScope() as scope:
            waits.add(scope)
            try:
                return await wait()
            finally:
                waits.discard(scope)
        raise self.closed(endpoint) if endpoint.reads else self.halted(endpoint)

    @property
    def waits(self) -> int:
        """So many calls wait now that can be stopped."""
        return len(self._reads) + len(self._writes)

    def halt(self) -> None:
        """From now on no write leaves but cancels: neither what waits, nor another try of what failed."""
        self._halted = True
        self._deeds.halt()
        _end(self._writes)

    def end_reads(self) -> None:
        """Let the callers of reads go that wait."""
        _end(self._reads)

    def _passes_halt(self, endpoint: Endpoint[Any]) -> bool:
        return endpoint.reads or endpoint.cancels or self._deeds.cancelling

    def halts(self, endpoint: Endpoint[Any]) -> bool:
        """A halt keeps this call here."""
        return self._halted and not self._passes_halt(endpoint)

    def check(self, endpoint: Endpoint[Any]) -> None:
        """Refuse what a halt keeps here.

        Raises:
            ClientClosed: It does.
        """
        if self._halted and not self._passes_halt(endpoint):
            raise self.halted(endpoint)

    def halted(self, endpoint: Endpoint[Any]) -> ClientClosed:
        """What a call ends as that a halt has stopped."""
        return ClientClosed(
            f"{self._venue} {endpoint.name}: halted: only cancels and reads go through; nothing was sent"
        )

    def closed(self, endpoint: Endpoint[Any]) -> ClientClosed:
        """What a call ends as that closing has stopped."""
        return ClientClosed(f"{self._venue} {endpoint.name}: this exchange object is closed; nothing was sent")


def _end(waits: set[anyio.CancelScope]) -> None:
    for scope in tuple(waits):
        scope.cancel()
