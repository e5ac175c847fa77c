"""A symbol that was typed: whose contract it can be; where no venue lists it, that is told, with those near it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from types import MappingProxyType

import anyio

from futures_async.cli.output import complain
from futures_async.unified.errors import FuturesAsyncError, InvalidRequest, NotSupported, SymbolNotFound
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.symbols import split

SHOWN = 5
NO_PROBLEMS: Mapping[str, FuturesAsyncError] = MappingProxyType({})


def able(exchanges: Mapping[str, FuturesExchange], symbol: str | None) -> dict[str, FuturesExchange]:
    """The accounts that can have such a contract, by how it is written; all of them where none is named."""
    return {name: one for name, one in exchanges.items() if symbol is None or _known_as(one, symbol)}


async def tell_left_out(
    exchanges: Mapping[str, FuturesExchange], symbol: str, problems: Mapping[str, FuturesAsyncError]
) -> set[str]:
    """Say in one line which accounts have no such contract, where others can: that is no failure of theirs.

    A venue that lists a contract and yet says that there is none has failed. That it does not know another venue's id
    says nothing of the contract, which it may hold under its own.

    Args:
        exchanges: All accounts.
        symbol: Of the contract.
        problems: What those that were asked have raised.

    Returns:
        Their names.
    """
    asked = able(exchanges, symbol)
    denied = {name for name, error in problems.items() if isinstance(error, SymbolNotFound)}
    if split(symbol) is None or denied == set(asked):  # then it is told of each
        denied.clear()
    for name in list(denied):
        if not await _lists_none(asked[name], symbol):
            denied.remove(name)
    return say_left_out(symbol, [name for name in exchanges if name not in asked or name in denied])


def say_left_out(symbol: str, out: Collection[str]) -> set[str]:
    """Say which accounts have no such contract."""
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


async def refuse_unknown(
    exchanges: Mapping[str, FuturesExchange],
    symbol: str,
    problems: Mapping[str, FuturesAsyncError] = NO_PROBLEMS,
    *,
    empty: bool = False,
) -> None:
    """Refuse a symbol that none of the accounts' venues lists.

    An account whose contracts cannot be read, or that has no such call, may know it where it can have such a contract,
    the word can be a whole one's name, and the venue has not said itself that there is none.

    Args:
        exchanges: All accounts.
        symbol: As it was typed.
        problems: What those that were asked for it have raised.
        empty: All were asked, and nothing of such a contract was found. An account whose venue lists no contracts says
            no more by that: those decide that list contracts of the same coins.

    Raises:
        InvalidRequest: With near names.
    """
    listed: set[str] = set()
    known, unread, asked = False, set[str](), set[str]()

    async def ask(name: str, exchange: FuturesExchange) -> None:
        nonlocal known
        try:
            contracts = await exchange.fetch_contracts()
        except FuturesAsyncError:
            unread.add(name)
            return
        listed.update(contract.symbol for contract in contracts)
        names = {name for contract in contracts for name in (contract.symbol, contract.venue_symbol)}
        known = known or _known_as(exchange, symbol) in names

    async with anyio.create_task_group() as tasks:
        for name, exchange in exchanges.items():
            if exchange.supports(Capability.FETCH_CONTRACTS):
                asked.add(name)
                tasks.start_soon(ask, name, exchange)
            else:
                unread.add(name)
    may_be = unread & set(able(exchanges, symbol))
    may_be -= {name for name, error in problems.items() if isinstance(error, SymbolNotFound)}
    if empty:
        may_be -= {name for name in may_be - asked if _of_listed_coins(exchanges, symbol, listed)}
    if known or any(_may_be_whole(exchanges[name], symbol, listed) for name in may_be):
        return
    meant = near(symbol, listed) or near(next(_readings(exchanges, symbol), symbol), listed)
    raise InvalidRequest(
        f"no venue of these accounts lists {symbol[:40]!r}"
        + (f": did you mean {' or '.join(meant)}?" if meant else "; symbols look like BASE/QUOTE:SETTLE")
    )


def _may_be_whole(exchange: FuturesExchange, symbol: str, listed: Iterable[str]) -> bool:
    """Whether it can name a contract, and not a coin alone: some venues' ids have a form of their own, with a date."""
    if split(exchange.unified_symbol(exchange.venue_symbol(symbol))) is not None or not symbol.isalnum():
        return True
    quotes = {name.partition("/")[2].partition(":")[0] for name in listed}
    return not quotes or any(quote in symbol.upper()[1:] for quote in quotes)


def _of_listed_coins(exchanges: Mapping[str, FuturesExchange], symbol: str, listed: Iterable[str]) -> bool:
    """Whether contracts are listed that are quoted and settled in the same coins, as any of the venues reads it."""
    coins = {(parts.quote, parts.settle) for name in listed if (parts := split(name)) is not None}
    read = (split(name) for name in _readings(exchanges, symbol))
    return any((meant.quote, meant.settle) in coins for meant in read if meant is not None)


def _readings(exchanges: Mapping[str, FuturesExchange], symbol: str) -> Iterator[str]:
    """The unified symbols that it may mean."""
    names = (one.unified_symbol(one.venue_symbol(symbol)) for one in able(exchanges, symbol).values())
    return (name for name in names if split(name) is not None)


def _known_as(exchange: FuturesExchange, symbol: str) -> str:
    try:
        return exchange.venue_symbol(symbol)
    except InvalidRequest:  # of another kind of contracts than this account trades
        return ""


def near(symbol: str, listed: Iterable[str]) -> list[str]:
    """Those that trade the same coin, or one with a name like it, the likest first; one that differs in capitals alone
    is all."""
    names = sorted(listed)
    if alike := [name for name in names if name.upper() == symbol.upper()]:
        return alike
    by_base: dict[str, list[str]] = {}
    for name in names:
        by_base.setdefault(name.partition("/")[0], []).append(name)
    typed = symbol.upper().partition("/")[0]
    same = [base for base in by_base if base == typed or typed.startswith((f"{base}USD", f"{base}-", f"{base}_"))]
    bases = same or get_close_matches(typed, by_base, n=2)

    def unlike(name: str) -> float:
        return -SequenceMatcher(None, symbol.upper(), name.upper()).ratio()

    return [name for base in bases for name in sorted(by_base[base], key=unlike)][:SHOWN]
