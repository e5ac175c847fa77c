"""`watch_*` in terms of an adapter's reads and its stream dialect: what is pushed, what is read, and the rules."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property, partial
from typing import ClassVar, Generic, TypeVar

from futures_async.streams.account import AUDIT_S, AccountStreams, Wish
from futures_async.streams.dialect import StreamDialect, What
from futures_async.streams.feed import Reads
from futures_async.streams.fills import Fills
from futures_async.streams.orders import Orders
from futures_async.streams.picture import Picture
from futures_async.streams.rows import Rows
from futures_async.streams.rules import ACCOUNTS, POSITIONS, POSITIONS_BY_MODE, TICKERS, RowRule
from futures_async.streams.watch import MAX_FILLS
from futures_async.trading.history import History
from futures_async.unified.errors import (
    DecodeError,
    FuturesAsyncError,
    InvalidRequest,
    OrderNotFound,
    SymbolNotFound,
    UnreadRow,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Account, Fill, Order, Position, Ticker
from futures_async.unified.reading import Read
from futures_async.unified.rows import gathered, readable
from futures_async.unified.watching import Change, Watch

T = TypeVar("T")

FEW = 5
"""The tickers of more contracts are read from lists of all."""


class Watching(History):
    """The watches of every adapter."""

    past_by_contract: ClassVar[bool] = False
    """The venue lists past orders and executions of one contract only. Watches of all contracts then find what lived
    and died unseen in those only that have, or had, open orders."""

    tickers_by_contract: ClassVar[bool] = False
    """No list of all tells what a ticker does. Those of many are compared with reads more seldom, so that these take no
    more of the venue's limit in a minute than a few do."""

    both_margin_modes: ClassVar[bool] = False
    """A contract may hold a cross and an isolated position of one side at once: the mode is part of what they are
    known by. Each row, pushed or read, must say it."""

    @cached_property
    def _streams(self) -> AccountStreams:
        raise NotImplementedError  # pragma: no cover - `Adapter` has it

    def _stream_dialect(self) -> StreamDialect | None:
        """How the venue streams; None: it does not."""
        return None

    async def _before_reading(self) -> None:
        """Know what pushes cannot be understood without; done before the venue is read for a picture."""

    async def _accounts_watched(self) -> Sequence[Account]:
        """The balances, read for a picture of them."""
        return await self.fetch_accounts()

    def watch_orders(
        self,
        symbol: str | None = None,
        *,
        fallback_s: float | None = None,
        audit_s: float = AUDIT_S,
        max_fills: int = MAX_FILLS,
    ) -> Watch[Order]:
        self._readable(fallback_s, Capability.WATCH_ORDERS, Capability.FETCH_OPEN_ORDERS)
        reads = _OrderReads(self, self._contract_of_past(symbol))
        picture = partial(Orders, self._streams.unsaid(What.ORDERS))
        return self._watch(What.ORDERS, picture, reads, symbol, fallback_s, audit_s, max_fills)

    def watch_fills(
        self,
        symbol: str | None = None,
        *,
        fallback_s: float | None = None,
        audit_s: float = AUDIT_S,
        max_fills: int = MAX_FILLS,
    ) -> Watch[Fill]:
        self._readable(fallback_s, Capability.WATCH_FILLS, Capability.ITER_FILLS)
        reads = _FillReads(self, self._contract_of_past(symbol))
        return self._watch(What.FILLS, Fills, reads, symbol, fallback_s, audit_s, max_fills)

    def watch_positions(
        self, symbol: str | None = None, *, fallback_s: float | None = None, audit_s: float = AUDIT_S
    ) -> Watch[Position]:
        self._readable(fallback_s, Capability.WATCH_POSITIONS, Capability.FETCH_POSITIONS)
        rule = POSITIONS_BY_MODE if self.both_margin_modes else POSITIONS
        picture = partial(self._picture_of, rule, What.POSITIONS)
        return self._watch(What.POSITIONS, picture, _PresentReads(self.fetch_positions), symbol, fallback_s, audit_s)

    def watch_accounts(self, *, fallback_s: float | None = None, audit_s: float = AUDIT_S) -> Watch[Account]:
        self._readable(fallback_s, Capability.WATCH_ACCOUNTS, Capability.FETCH_ACCOUNTS)
        picture = partial(self._picture_of, ACCOUNTS, What.ACCOUNTS)
        return self._watch(What.ACCOUNTS, picture, _PresentReads(self._accounts_watched), None, fallback_s, audit_s)

    def watch_tickers(self, symbols: Sequence[str], *, fallback_s: float | None = None) -> Watch[Ticker]:
        self._readable(fallback_s, Capability.WATCH_TICKERS, Capability.FETCH_TICKER)
        if isinstance(symbols, str) or not symbols:
            raise InvalidRequest(f"{self.id}: watch_tickers takes a list of one or more symbols")
        names = tuple(sorted({self.venue_symbol(symbol) for symbol in symbols}))
        rounds = math.ceil(len(names) / FEW) if self.tickers_by_contract else 1
        wish = Wish(
            What.TICKERS,
            partial(self._picture_of, TICKERS, What.TICKERS),
            _PresentReads(partial(self._tickers, names, set[str]())),
            names,
            fallback_s=fallback_s,
            audit_s=AUDIT_S * rounds,
        )
        return self._streams.watch(wish)

    async def _tickers(self, names: Sequence[str], known: set[str]) -> list[Ticker]:
        """Those that the venue has; of many contracts it lists them, and what a list leaves out is read by itself.

        Args:
            names: The venue's ids.
            known: Those of which something was read before; it is added to.

        Raises:
            SymbolNotFound: One was never there, or none is: a word that is wrong must not look like a quiet market.
        """
        listed = await self._listed_tickers(names) if len(names) > FEW else ()
        found = {ticker.venue_symbol: ticker for ticker in listed}
        unread, gone = list[UnreadRow](), list[SymbolNotFound]()
        for name in names:
            if name in found:
                continue
            try:
                found[name] = await self.fetch_ticker(name)
            except DecodeError as odd:
                unread.append(UnreadRow(odd.path, odd.text, None, {"venue_symbol": name}, self.id))
            except SymbolNotFound as none:
                if name not in known:
                    raise
                gone.append(none)
        known.update(found, (row.facts["venue_symbol"] for row in unread))
        if len(gone) == len(names):
            raise gone[0]
        return Read([found[name] for name in names if name in found], tuple(unread)).whole()

    async def _listed_tickers(self, names: Sequence[str]) -> Sequence[Ticker]:
        """The tickers of many contracts, in as few calls as the venue has lists of them, and maybe of others; those of
        which a list tells nothing, or not all, are left out."""
        return ()

    def _picture_of(self, rule: RowRule[T], what: What) -> Picture[T]:
        return Rows(rule, self._streams.unsaid(what))

    def _readable(self, fallback_s: float | None, watch: Capability, read: Capability) -> None:
        """Refuse what is neither streamed nor, with `fallback_s`, to be had by reading."""
        self._require(watch if fallback_s is None else read)

    def _contract_of_past(self, symbol: str | None) -> str | None:
        return self.venue_symbol(symbol) if symbol is not None and self.past_by_contract else None

    def _watch(
        self,
        what: What,
        picture: Callable[[], Picture[T]],
        reads: Reads[T],
        symbol: str | None,
        fallback_s: float | None,
        audit_s: float,
        max_fills: int = MAX_FILLS,
    ) -> Watch[T]:
        name = None if symbol is None else self.venue_symbol(symbol)
        wanted = None if name is None else partial(_is_of, name)
        contract = name if self.past_by_contract and what in (What.ORDERS, What.FILLS) else None
        return self._streams.watch(
            Wish(
                what,
                picture,
                _Prepared(self._before_reading, reads),
                wanted=wanted,
                contract=contract,
                fallback_s=fallback_s,
                audit_s=audit_s,
                max_fills=max_fills,
            )
        )


def _is_of(venue_symbol: str, item: Order | Fill | Position) -> bool:
    return item.venue_symbol == venue_symbol


class _OrderReads:
    """Open orders, ended ones, and one of which the list says nothing more."""

    def __init__(self, exchange: Watching, name: str | None) -> None:
        self._exchange = exchange
        self._name = name
        self._contracts: set[str | None] = {name} if name is not None or not exchange.past_by_contract else set()
        """Whose past is read; None: of all."""

    async def now(self) -> Sequence[Order] | None:
        orders, odd = await readable(self._exchange.fetch_open_orders(self._name))
        if None not in self._contracts:
            self._contracts |= {order.venue_symbol for order in orders}
        return Read(list(orders), odd).whole()

    async def since(self, since_ms: int) -> Sequence[Order]:
        if not self._exchange.supports(Capability.ITER_ORDERS):
            return ()
        found, unread = list[Order](), list[UnreadRow]()
        for name in tuple(self._contracts):
            orders, lost = await readable(gathered(self._exchange.iter_orders(name, since_ms=since_ms)))
            found += orders
            unread += lost
        return Read(found, tuple(unread)).whole()

    async def one(self, item: Order) -> Order | None:
        try:
            return await self._exchange.fetch_order(item.venue_symbol, order_id=item.order_id)
        except OrderNotFound:
            return None


class _FillReads:
    """Executions have no present, only a past."""

    def __init__(self, exchange: Watching, name: str | None) -> None:
        self._exchange = exchange
        self._name = name

    async def now(self) -> Sequence[Fill] | None:
        return None

    async def since(self, since_ms: int) -> Sequence[Fill]:
        # Oldest first, as they would have been pushed.
        fills, lost = await readable(gathered(self._exchange.iter_fills(self._name, since_ms=since_ms)))
        return Read(fills[::-1], lost).whole()

    async def one(self, item: Fill) -> Fill | None:
        return item


class _PresentReads(Generic[T]):
    """What has no past: one call tells all."""

    def __init__(self, read: Callable[[], Awaitable[Sequence[T]]]) -> None:
        self._read = read

    async def now(self) -> Sequence[T] | None:
        return await self._read()

    async def since(self, since_ms: int) -> Sequence[T]:
        return ()

    async def one(self, item: T) -> T | None:
        return item


class _Prepared(Generic[T]):
    """Reads that begin with what pushes cannot be understood without."""

    def __init__(self, prepare: Callable[[], Awaitable[None]], reads: Reads[T]) -> None:
        self._prepare = prepare
        self._reads = reads

    async def now(self) -> Sequence[T] | None:
        await self._prepare()
        return await self._reads.now()

    async def since(self, since_ms: int) -> Sequence[T]:
        return await self._reads.since(since_ms)

    async def one(self, item: T) -> T | None:
        return await self._reads.one(item)


class OrdersSeen:
    """Listens to the orders that anybody watches."""

    def __init__(self, seen: Callable[[Order], None]) -> None:
        self._seen = seen

    def take(self, changes: Sequence[Change[Order]]) -> None:
        """Each state of each order, pushed or read."""
        for change in changes:
            self._seen(change.item)

    def fail(self, error: FuturesAsyncError) -> None:
        """Nothing is watched any more."""
