"""A symbol that was typed and that no venue lists: told at once, with those that are near it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import anyio

from futures_async.unified.errors import FuturesAsyncError, InvalidRequest
from futures_async.unified.exchange import Capability, FuturesExchange

SHOWN = 5


async def refuse_unknown(exchanges: Mapping[str, FuturesExchange], symbol: str) -> None:
    """Refuse a symbol that none of the accounts' venues lists.

    An account whose contracts cannot be read, or that has no such call, may know it, unless it is the name of a coin.

    Raises:
        InvalidRequest: With near names.
    """
    listed: set[str] = set()
    known = may_be = False

    async def ask(exchange: FuturesExchange) -> None:
        nonlocal known, may_be
        try:
            contracts = await exchange.fetch_contracts()
        except FuturesAsyncError:
            may_be = True
            return
        listed.update(contract.symbol for contract in contracts)
        names = {name for contract in contracts for name in (contract.symbol, contract.venue_symbol)}
        known = known or _known_as(exchange, symbol) in names

    async with anyio.create_task_group() as tasks:
        for exchange in exchanges.values():
            if exchange.supports(Capability.FETCH_CONTRACTS):
                tasks.start_soon(ask, exchange)
            else:
                may_be = True
    if known:
        return
    if not may_be or symbol.upper() in {name.partition("/")[0] for name in listed}:
        meant = near(symbol, listed)
        raise InvalidRequest(
            f"no venue of these accounts lists {symbol[:40]!r}"
            + (f": did you mean {' or '.join(meant)}?" if meant else "; symbols look like BASE/QUOTE:SETTLE")
        )


def _known_as(exchange: FuturesExchange, symbol: str) -> str:
    try:
        return exchange.venue_symbol(symbol)
    except InvalidRequest:  # of another kind of contracts than this account trades
        return ""


def near(symbol: str, listed: Iterable[str]) -> list[str]:
    """Those that trade the same coin, or one with a name like it."""
    by_base: dict[str, list[str]] = {}
    for name in sorted(listed):
        by_base.setdefault(name.partition("/")[0], []).append(name)
    typed = symbol.upper().partition("/")[0]
    same = [base for base in by_base if base == typed or typed.startswith((f"{base}USD", f"{base}-", f"{base}_"))]
    bases = same or get_close_matches(typed, by_base, n=2)
    return [name for base in bases for name in by_base[base]][:SHOWN]
