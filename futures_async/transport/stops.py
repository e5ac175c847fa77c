"""What keeps a call of one account from leaving: a halt, for writes; the closing of its exchange object, for all.

Both also end the waits of calls that have begun: in the queue for the limit, and for another try.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio

from futures_async.transport.deeds import Deeds
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.http.backend import Abort
from futures_async.unified.errors import ClientClosed

T = TypeVar("T")

UNSENT = "nothing was sent"


class Stops:
    """The stops of one account's calls.

    Args:
        venue: For messages.
        deeds: The account's writes under way.
    """

    __slots__ = ("_deeds", "_halted", "_leaving", "_venue", "_waits")

    def __init__(self, venue: str, deeds: Deeds) -> None:
        self._venue = venue
        self._deeds = deeds
        self._halted = False
        self._waits: dict[anyio.CancelScope, bool] = {}
        """Calls that wait and can be stopped, and whether they are reads."""
        self._leaving: dict[Abort, None] = {}
        """Attempts at writes that a halt stops where nothing of them has left."""

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
        with anyio.CancelScope() as scope:
            self._waits[scope] = endpoint.reads
            try:
                return await wait()
            finally:
                del self._waits[scope]
        raise self.closed(endpoint) if endpoint.reads else self.halted(endpoint)

    @property
    def waits(self) -> int:
        """So many calls wait now that can be stopped."""
        return len(self._waits)

    def halt(self) -> None:
        """From now on no write leaves but cancels: neither what waits, nor another try of what failed."""
        self._halted = True
        for abort in self._leaving:
            if abort.harmless:
                abort.raised = True
        self._end(reads=False)

    def leaving(self, endpoint: Endpoint[Any], abort: Abort) -> None:
        """An attempt at a write is handed to the backend, which may still be connecting."""
        if not self._passes_halt(endpoint):
            self._leaving[abort] = None

    def ended(self, abort: Abort) -> None:
        """It has come to its end, or nobody waits for it any more."""
        self._leaving.pop(abort, None)

    def end_reads(self) -> None:
        """Let the callers of reads go that wait."""
        self._end(reads=True)

    def _end(self, *, reads: bool) -> None:
        for scope in [scope for scope, read in self._waits.items() if read is reads]:
            scope.cancel()

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
        return ClientClosed(f"{self._venue} {endpoint.name}: halted: only cancels and reads go through; {UNSENT}")

    def closed(self, endpoint: Endpoint[Any]) -> ClientClosed:
        """What a call ends as that closing has stopped."""
        return ClientClosed(f"{self._venue} {endpoint.name}: this exchange object is closed; {UNSENT}")

    @staticmethod
    def not_again(stopped: ClientClosed) -> ClientClosed:
        """The same of a call of which an attempt has left before."""
        return ClientClosed(stopped.text.replace(UNSENT, "it was not sent again"))
