"""Opens the accounts that a command works on: real ones by their keys, or the built-in exchange's."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from futures_async.accounts.load import NoAccounts, load_accounts
from futures_async.cli.extras import SERVING, needs
from futures_async.cli.output import complain
from futures_async.registry import connect
from futures_async.unified.errors import InvalidRequest, LifecycleWarning
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.words import near

CLOSE_WITHIN_S = 3.0
"""Of what only reads: nobody waits for a venue that hangs."""
SETTLE_WITHIN_S = 12.0
"""Of what writes: an exchange object lets orders under way come to their end for 10 s, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the common options say."""

    venues: tuple[str, ...] = ()
    simulated: bool = False
    keys: Path | None = None
    keyring: bool = False
    base_url: str | None = None
    demo: bool = False
    seed: int = 1
    empty: bool = False
    """Simulated accounts have money only: no positions, no orders, no past."""
    options: dict[str, Any] = field(default_factory=dict[str, Any])


@asynccontextmanager
async def open_accounts(
    source: Source, *, close_within_s: float = CLOSE_WITHIN_S
) -> AsyncGenerator[dict[str, FuturesExchange]]:
    """The accounts by name, closed at the end.

    Raises:
        InvalidRequest: No keys, or an unknown venue.
        UnresolvedOrders: It is not known of some orders whether they stand.
    """
    stack = AsyncExitStack()
    try:
        accounts: dict[str, FuturesExchange] = {}
        made = _simulated(source, stack.enter_context(ExitStack())) if source.simulated else _real(source)
        for name, exchange in made.items():
            accounts[name] = await stack.enter_async_context(exchange)
        yield accounts
    finally:
        # After Ctrl-C as well: connections are closed in good order.
        with anyio.move_on_after(close_within_s, shield=True):
            await stack.aclose()


def _simulated(source: Source, stack: ExitStack) -> dict[str, FuturesExchange]:
    needs("--simulated", "simulator", *SERVING)
    from futures_async.simulator.demo import Setup
    from futures_async.simulator.server import serve

    running = stack.enter_context(serve(seed=source.seed, setup=Setup(empty=source.empty)))
    offered = list(running.exchange.venues)
    unknown = [venue for venue in source.venues if venue not in offered]
    if unknown:
        raise InvalidRequest(f"the simulated exchange plays no {unknown[0][:40]!r}: {near(unknown[0], offered)}")
    return {
        venue: connect(venue, running.credentials(venue), base_url=running.base_url, **source.options)
        for venue in source.venues or offered
    }


def _real(source: Source) -> dict[str, FuturesExchange]:
    options = dict(source.options)
    if source.base_url is not None:
        options["base_url"] = source.base_url
    if source.demo:
        options["demo"] = True
    with warnings.catch_warnings(record=True) as caught:  # of interfaces that end: a line, not Python's two
        warnings.simplefilter("always", LifecycleWarning)
        try:
            accounts = load_accounts(source.keys, keyring=source.keyring, only=source.venues, **options)
        except NoAccounts as error:
            raise InvalidRequest(f"{error}; or use --simulated, which needs none") from None
    for warning in caught:
        complain(str(warning.message), style="yellow")
    return accounts
