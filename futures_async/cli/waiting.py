"""What a command waits for, told on stderr: a call that is tried again, a stream that is made anew."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import anyio

from futures_async.cli.output import complain
from futures_async.portfolio.acts import Act, Plan, look_at
from futures_async.streams.events import StreamEvent
from futures_async.transport.events import CallEvent
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.watching import Watch, WatchState

LOST_S = 1.0
"""What was live and is not for so long is told; planned changes of connections take less."""
PATIENCE_S = 5.0
"""And so long after the beginning."""
LOOK_S = 0.25
SILENCE_S = 2.0
"""An account that is to be acted on and answers nothing for so long is told of: nothing has been done there yet."""


def tell_tries(exchanges: Mapping[str, FuturesExchange]) -> None:
    """Say once of each account that its calls fail and are tried again; where somebody looks at a terminal."""
    if sys.stderr is not None and sys.stderr.isatty():
        for name, exchange in exchanges.items():
            exchange.observe(_Tries(name))


async def patient_look(
    accounts: Mapping[str, FuturesExchange], plan: Plan
) -> tuple[dict[str, Sequence[Act]], dict[str, FuturesAsyncError]]:
    """`look_at`, which says of which accounts it still knows nothing: who halts must not wait for it in silence."""
    waited_for = {id(exchange): name for name, exchange in accounts.items()}

    async def noted(exchange: FuturesExchange) -> Sequence[Act]:
        try:
            return await plan(exchange)
        finally:
            waited_for.pop(id(exchange), None)

    def tell() -> None:
        for name in waited_for.values():
            complain(f"{name}: no answer yet; nothing is done there so far", style="yellow")

    telling = asyncio.get_running_loop().call_later(SILENCE_S, tell)
    try:
        return await look_at(accounts, noted)
    finally:
        telling.cancel()


class _Tries:
    def __init__(self, name: str) -> None:
        self._name = name
        self._told = False

    def __call__(self, event: object) -> None:
        if isinstance(event, CallEvent) and event.outcome != "ok" and event.attempt > 1 and not self._told:
            self._told = True
            complain(f"{self._name}: {event.outcome} at {event.endpoint}; trying again, Ctrl-C ends it", style="dim")


class Standing:
    """Tells when what an account is listened to by is not true any more, and when it is again.

    Args:
        name: The account's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._why = "no answer yet"
        self._told = False
        self.scope = anyio.CancelScope()
        """Cancelled where it is not listened to any more."""

    def heard(self, event: object) -> None:
        """What `observe` hands out: why it is not live, and what an audit has found."""
        if isinstance(event, CallEvent):
            if event.outcome != "ok":
                self._why = f"{event.outcome} at {event.endpoint}"
        elif isinstance(event, StreamEvent):
            if event.happening in ("lost", "failed"):
                self._why = f"stream {event.happening}: {event.reason}"
            elif event.happening == "drift":
                complain(f"{self._name}: a read found {event.count} rows otherwise than the stream", style="yellow")

    async def keep(self, watch: Watch[Any]) -> None:
        """Look at it until the scope is cancelled."""
        with self.scope:
            patient_until = anyio.current_time() + PATIENCE_S
            while True:
                now = anyio.current_time()
                if watch.state is WatchState.LIVE:
                    patient_until = now + LOST_S
                    if self._told:
                        self._told = False
                        complain(f"{self._name}: live again", style="dim")
                elif now >= patient_until and not self._told:
                    self._told = True
                    complain(
                        f"{self._name}: not live: {self._why}; trying again, and what happens meanwhile is told then",
                        style="yellow",
                    )
                await anyio.sleep(LOOK_S)


@contextmanager
def quiet(name: str) -> Generator[None]:
    """What a logger says without anybody having asked for it is not printed by itself."""
    logger, silent = logging.getLogger(name), logging.NullHandler()
    logger.addHandler(silent)
    try:
        yield
    finally:
        logger.removeHandler(silent)
