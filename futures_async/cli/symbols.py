"""A symbol that was typed: whose contract it can be; where no venue lists it, that is told, with those near it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import anyio

from futures_async.cli.output import complain
from futures_async.unified.errors import FuturesAsyncError, InvalidRequest, NotSupported, SymbolNotFound
from futures_async.unified.exchange import Capability, FuturesExchange

SHOWN = 5


def able(exchanges: Mapping[str, FuturesExchange], symbol: str | None) -> dict[str, FuturesExchange]:
    """The accounts that can have such a contract, by how it is written; all of them where none is named."""
    return {name: one for name, one in exchanges.items() if symbol is None or _known_as(one, symbol)}


async def tell_left_out(
    exchanges: Mapping[str, FuturesExchange], symbol: str, problems: Mapping[str, FuturesAsyncError]
) -> set[str]:
    """Say in one line which accounts have no such contract, where others can: that is no failure of theirs.

    A venue that lists a contract and yet says that there is none has failed.

    Args:
        exchanges: All accounts.
        symbol: Of the contract.
        problems: What those that were asked have raised.

    Returns:
        Their names.
    """
    asked = able(exchanges, symbol)
    denied = {name for name, error in problems.items() if isinstance(error, SymbolNotFound)}
    if denied == set(asked):  # then it is told of each
        denied.clear()
    for name in list(denied):
        if not await _lists_none(asked[name], symbol):
            denied.remove(name)
    out = [name for name in exchanges if name not in asked or name in denied]
    if out:
        complain(f"left out, without a contract {symbol}: {', '.join(out)}", style="dim")
    return set(out)


async def _lists_none(exchange: FuturesExchange, symbol: str) -> bool:
    try:
        await exchange.fetch_contract(symbol)
    except (SymbolNotFound, NotSupported):
        return True
    except FuturesAsyncError:
        return False
    return False


async def refuse_unknown(exchanges: Mapping[str, FuturesExchange], symbol: str) -> None:
    """Refuse a symbol that none of the accounts' venues lists.

    An account whose contracts cannot be read, or that has no such call, may know it where it can have such a contract,
    unless it is the name of a coin.

    Raises:
        InvalidRequest: With near names.
    """
    listed: set[str] = set()
    known = may_be = False
    fitting = able(exchanges, symbol)

    async def ask(name: str, exchange: FuturesExchange) -> None:
        nonlocal known, may_be
        try:
            contracts = await exchange.fetch_contracts()
        except FuturesAsyncError:
            may_be = may_be or name in fitting
            return
        listed.update(contract.symbol for contract in contracts)
        names = {name for contract in contracts for name in (contract.symbol, contract.venue_symbol)}
        known = known or _known_as(exchange, symbol) in names

    async with anyio.create_task_group() as tasks:
        for name, exchange in exchanges.items():
            if exchange.supports(Capability.FETCH_CONTRACTS):
                tasks.start_soon(ask, name, exchange)
            else:
                may_be = may_be or name in fitting
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
