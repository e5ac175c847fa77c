"""What keeps a call of one account from leaving: a halt, for writes; the closing of its exchange object, for all.

Both also end the waits of calls that have begun: in the queue for the limit, and for another try.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import anyio

from futures_async.transport.deeds import Deeds
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.http.backend import Abort
from futures_async.unified.errors import ClientClosed

T = TypeVar("T")

UNSENT = "nothing was sent"


class Wait(Protocol):
    """One that can be cancelled."""

    def cancel(self) -> None:
        """It ends."""


class Stops:
    """The stops of one account's calls.

    Args:
        venue: For messages.
        deeds: The account's writes under way.
    """

    __slots__ = ("_deeds", "_leaving", "_venue", "_waits", "halting")

    def __init__(self, venue: str, deeds: Deeds) -> None:
        self._venue = venue
        self._deeds = deeds
        self.halting = False
        """A halt is in force."""
        self._waits: dict[Wait, bool] = {}
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
        with anyio.CancelScope() as scope:
            self.may_stop(scope, endpoint, part_of_write)
            try:
                return await wait()
            finally:
                self.over(scope)
        raise self.stopped(endpoint)

    def may_stop(self, wait: Wait, endpoint: Endpoint[Any], part_of_write: bool) -> None:
        """Have a wait cancelled when its call is stopped, until `over`; see `waiting`."""
        if not (part_of_write if endpoint.reads else self._passes_halt(endpoint)):
            self._waits[wait] = endpoint.reads

    def over(self, wait: Wait) -> None:
        """It is over."""
        self._waits.pop(wait, None)

    @property
    def waits(self) -> int:
        """So many calls wait now that can be stopped."""
        return len(self._waits)

    def halt(self) -> None:
        """From now on no write leaves but cancels: neither what waits, nor another try of what failed."""
        self.halting = True
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
        for wait in [wait for wait, read in self._waits.items() if read is reads]:
            wait.cancel()

    def _passes_halt(self, endpoint: Endpoint[Any]) -> bool:
        return endpoint.reads or endpoint.cancels or self._deeds.cancelling

    def halts(self, endpoint: Endpoint[Any]) -> bool:
        """A halt keeps this call here."""
        return self.halting and not self._passes_halt(endpoint)

    def check(self, endpoint: Endpoint[Any]) -> None:
        """Refuse what a halt keeps here.

        Raises:
            ClientClosed: It does.
        """
        if self.halts(endpoint):
            raise self.halted(endpoint)

    def halted(self, endpoint: Endpoint[Any]) -> ClientClosed:
        """What a call ends as that a halt has stopped."""
        return ClientClosed(f"{self._venue} {endpoint.name}: halted: only cancels and reads go through; {UNSENT}")

    def stopped(self, endpoint: Endpoint[Any]) -> ClientClosed:
        """What a call ends as whose wait was cancelled."""
        return self.closed(endpoint) if endpoint.reads else self.halted(endpoint)

    def closed(self, endpoint: Endpoint[Any]) -> ClientClosed:
        """What a call ends as that closing has stopped."""
        return ClientClosed(f"{self._venue} {endpoint.name}: this exchange object is closed; {UNSENT}")

    @staticmethod
    def not_again(stopped: ClientClosed) -> ClientClosed:
        """The same of a call of which an attempt has left before."""
        return ClientClosed(stopped.text.replace(UNSENT, "it was not sent again"))
