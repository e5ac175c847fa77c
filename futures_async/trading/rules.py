"""What contracts are, asked for by orders and by rows: the venue's list, read when it is needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import TypeVar

import anyio

from futures_async.trading.contracts import RULES_FRESH_S, RULES_WITHIN_S, ContractBook
from futures_async.trading.hooks import Hooks
from futures_async.transport.channel import LANE
from futures_async.transport.limits.limiter import Priority
from futures_async.transport.shared import Transport
from futures_async.unified.errors import DecodeError, FuturesAsyncError, SymbolNotFound
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Contract, Model
from futures_async.unified.reading import Read, Reading

logger = logging.getLogger("futures_async.orders")

_OF_THE_ACCOUNT = frozenset({Capability.FETCH_LEDGER, Capability.FETCH_POSITION_MODE})
"""Reads that few venues take a contract for: what they answer says nothing of one."""

M = TypeVar("M", bound=Model)
T = TypeVar("T")
W = TypeVar("W")


class Rules(Hooks):
    """Reads contracts, and knows those that were read."""

    _contracts: ContractBook
    _transport: Transport

    async def fetch_contract(self, symbol: str) -> Contract:
        self._require(Capability.FETCH_CONTRACT)
        venue_symbol = self.venue_symbol(symbol)
        book = self._contracts
        now = self._transport.runtime().now()
        found = book.rows.get(venue_symbol) if book.fresh(now) else None
        if found is None:
            await book.facts.once(self._transport.runtime(), "contracts", self._read_contracts)
            found = book.rows.get(venue_symbol)
        if found is None and (unread := book.unread.get(venue_symbol)) is not None:
            raise DecodeError(f"{self.id}: the rules of {symbol} cannot be read: {unread.problem}", path=unread.path)
        if found is None:
            raise self._no_contract(symbol, Capability.FETCH_CONTRACT)
        return found

    async def _unless_unknown(self, call: Capability, symbol: str | None, rows: list[T]) -> list[T]:
        """The rows of a list; where there are none, by the rules, whether that is for want of such a contract.

        They are read for it where it is not known, and as far as they can be: not where that is urgent.

        Raises:
            SymbolNotFound: The venue lists no such contract.
        """
        silent = call in _OF_THE_ACCOUNT or call in self.silent_lists
        if not rows and symbol is not None and silent:
            await self._refuse_unknown(call, symbol)
        return rows

    async def _refuse_unknown(self, call: Capability, symbol: str) -> None:
        """See `_unless_unknown`."""
        name, book = self.venue_symbol(symbol), self._contracts
        if name in book.known or LANE.get() is Priority.URGENT:
            return
        try:
            await self._know_contracts()
        except FuturesAsyncError:
            return
        if name not in book.known and name not in book.unread:
            raise self._no_contract(symbol, call)

    def _no_contract(self, symbol: str, call: Capability) -> SymbolNotFound:
        error = SymbolNotFound(f"no contract {symbol}", venue=self.id, endpoint=call.value)
        for listed in self._contracts.rows.values():
            error.advice = f"symbols look like {listed.symbol}; fetch_contracts() lists those of the venue"
            break
        return error

    async def _contract_held(self, symbol: str) -> Contract:
        """A contract's rules; those that were read last where it is listed no more, or the list does not come soon.

        Raises:
            SymbolNotFound: It was not listed before either.
        """
        name, book = self.venue_symbol(symbol), self._contracts
        known = book.known.get(name)
        if known is None:
            return await self.fetch_contract(symbol)
        problem = await self._renew_contracts()
        if problem:
            logger.warning("%s: closing %s by the rules that were read last: %s", self.id, symbol, problem)
        return book.known[name]

    async def _know_contracts(self, *, anew: bool = False) -> None:
        """Read the metadata of the contracts, unless it is fresh."""
        runtime = self._transport.runtime()
        if anew or not self._contracts.fresh(runtime.now()):
            await self._contracts.facts.once(runtime, "contracts", self._read_contracts)

    async def _renew_contracts(self, *, new: bool = False) -> str:
        """The same for who can do with what was read last, where the list does not come soon, or did not lately.

        Cancels and closes do not wait for it at all: sizes are read and written by the same list.

        Args:
            new: They do: it is not known what a contract is, and a close of it cannot do without.

        Returns:
            Why it could not be read; empty where it was, or was not asked for.
        """
        book, now = self._contracts, self._transport.runtime().now
        if not new:
            if book.fresh(now()) or (LANE.get() is Priority.URGENT and book.known):
                return ""
            if not book.due(now()):
                return "others could not be read lately"
        problem = f"no answer within {RULES_WITHIN_S:g} s"
        with anyio.move_on_after(RULES_WITHIN_S):
            try:
                await self._know_contracts(anew=new)
                return ""
            except FuturesAsyncError as error:
                problem = error.text
        book.missed(now())
        return problem

    async def _read_contracts(self) -> None:
        self._remember_contracts(await self.fetch_contracts())

    def _remember_contracts(self, contracts: list[Contract]) -> None:
        self._contracts.keep(contracts, self._transport.runtime().now())

    def _rules_are_old(self) -> bool:
        book = self._contracts
        return book.read_at is not None and self._transport.now() - book.read_at > RULES_FRESH_S

    def _forget_contracts(self) -> None:
        """The venue refused a size: read the metadata anew before the next order."""
        self._contracts.read_at = None

    def _known_contract(self, venue_symbol: str) -> Contract | None:
        found = self._contracts.rows.get(venue_symbol)
        return None if found is None or not self._contracts.fresh(self._transport.now()) else found

    async def _sizes_of(self, names: Iterable[object], path: str) -> Callable[[object], Contract]:
        """The contracts that rows name, where their sizes are counted in contracts.

        The list is read again each hour, as venues change how much a contract is, and, at most every `RULES_FRESH_S`,
        for a name that is not known. What was listed once stays known, also while the list cannot be read; then it is
        asked for more and more rarely, but by closes of such a name.

        Args:
            names: As the rows have them.
            path: The venue's field that they are in.

        Returns:
            The contract of a name. It raises `DecodeError` where none is known: a size is never guessed.
        """
        book = self._contracts
        missing = {name for name in names if isinstance(name, str)} - set(book.known)
        now = self._transport.runtime().now
        new = bool(missing) and (book.read_at is None or self._rules_are_old())
        if not book.known or (new and book.due(now())):
            try:
                await book.facts.once(self._transport.runtime(), "contracts", self._read_contracts)
            except FuturesAsyncError:
                book.missed(now())
                raise
        else:
            await self._renew_contracts(new=new and LANE.get() is Priority.URGENT)
        return lambda name: self._contract_of(name, path)

    async def _in_contracts(self, reading: Reading[W, M], rows: Sequence[W], field: str) -> Read[M]:
        """Rows whose sizes are numbers of contracts, each read with its contract: see `_sizes_of`.

        For a new venue; the adapters that ship name their contracts in more than one way.

        Args:
            reading: Of a `@table_with`.
            rows: As they were decoded.
            field: Of the row, which names the contract.
        """
        name_in = attrgetter(field)
        contract_of = await self._sizes_of(map(name_in, rows), field)
        return reading.each(rows, lambda row: contract_of(name_in(row)))

    def _contract_of(self, name: object, path: str) -> Contract:
        """A contract that was read before, listed still or not.

        Raises:
            DecodeError: There is none of this name; a size is never guessed.
        """
        found = self._contracts.known.get(name) if isinstance(name, str) else None
        if found is None:
            raise DecodeError(f"{self.id}: the size of a contract of {name!r:.60} is not known", path=path)
        return found
