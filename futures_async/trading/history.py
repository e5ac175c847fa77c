"""Past orders, executions and changes of balance: by the page, or walked to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeAlias, TypeVar

from futures_async.trading.paging import FetchPage, Page, PageQuery, collect, iterate
from futures_async.trading.waiting import Waiting
from futures_async.unified.convert import chosen_or_none
from futures_async.unified.enums import LedgerType, LedgerTypeLike
from futures_async.unified.errors import UnreadRow
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Fill, LedgerEntry, Order
from futures_async.unified.reading import unread_path

Row: TypeAlias = Order | Fill | LedgerEntry
T = TypeVar("T", Order, Fill, LedgerEntry)


class History(Waiting):
    """What lies in the past at a venue; an adapter gives the pages."""

    async def _orders_page(self, query: PageQuery, cursor: str | None) -> Page[Order]:
        """One page of past orders, newest first."""
        self._unsupported("fetch_order_history")

    async def _fills_page(self, query: PageQuery, cursor: str | None) -> Page[Fill]:
        """One page of executions, newest first."""
        self._unsupported("fetch_fills")

    async def _ledger_page(self, query: PageQuery, cursor: str | None) -> Page[LedgerEntry]:
        """One page of changes of balance, newest first."""
        self._unsupported("fetch_ledger")

    def _query(
        self,
        symbol: str | None,
        since_ms: int | None,
        until_ms: int | None,
        limit: int | None,
        type: LedgerTypeLike | None = None,
        margin_coin: str | None = None,
    ) -> PageQuery:
        return PageQuery(
            symbol=None if symbol is None else self.venue_symbol(symbol),
            since_ms=since_ms,
            until_ms=until_ms,
            limit=limit,
            ledger_type=chosen_or_none(LedgerType, type, "type"),
            margin_coin=margin_coin,
        )

    async def fetch_order_history(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Order]:
        self._require(Capability.FETCH_ORDER_HISTORY)
        return await _collect(self._orders_page, self._query(symbol, since_ms, until_ms, limit))

    def iter_orders(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Order]:
        self._require(Capability.ITER_ORDERS)
        return _walk(self._orders_page, self._query(symbol, since_ms, until_ms, limit))

    async def fetch_fills(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Fill]:
        self._require(Capability.FETCH_FILLS)
        return await _collect(self._fills_page, self._query(symbol, since_ms, until_ms, limit))

    def iter_fills(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Fill]:
        self._require(Capability.ITER_FILLS)
        return _walk(self._fills_page, self._query(symbol, since_ms, until_ms, limit))

    async def fetch_ledger(
        self,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        type: LedgerTypeLike | None = None,
        symbol: str | None = None,
        margin_coin: str | None = None,
        limit: int | None = None,
    ) -> list[LedgerEntry]:
        self._require(Capability.FETCH_LEDGER)
        return await _collect(self._ledger_rows, self._query(symbol, since_ms, until_ms, limit, type, margin_coin))

    def iter_ledger(
        self,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        type: LedgerTypeLike | None = None,
        symbol: str | None = None,
        margin_coin: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[LedgerEntry]:
        self._require(Capability.ITER_LEDGER)
        return _walk(self._ledger_rows, self._query(symbol, since_ms, until_ms, limit, type, margin_coin))

    async def _ledger_rows(self, query: PageQuery, cursor: str | None) -> Page[LedgerEntry]:
        """A page, of which rows of no contract that can be read are set aside where one contract's are wanted."""
        page = await self._ledger_page(query, cursor)
        if query.symbol is None:
            return page
        paths = {row.entry_id: unread_path(row, "venue_symbol") for row in page.rows if row.venue_symbol is None}
        odd = tuple(
            UnreadRow(path, f"{path} cannot be read", row.raw, {"entry_id": row.entry_id}, row.venue)
            for row in page.rows
            if (path := paths.get(row.entry_id))
        )
        rows = [row for row in page.rows if not paths.get(row.entry_id)] if odd else page.rows
        return page._replace(rows=rows, unread=(*page.unread, *odd))


async def _collect(page: FetchPage[T], query: PageQuery) -> list[T]:
    return await collect(page, query, key=_identity, wanted=_within(query))


def _walk(page: FetchPage[T], query: PageQuery) -> AsyncIterator[T]:
    return iterate(page, query, key=_identity, wanted=_within(query))


def _identity(row: Row) -> str:
    """What tells a row from every other of its kind."""
    if isinstance(row, Order):
        return row.order_id
    # Some venues count fills per contract, so that one id may stand for two of them.
    return f"{row.venue_symbol} {row.fill_id}" if isinstance(row, Fill) else row.entry_id


def _within(query: PageQuery) -> Callable[[Row], bool]:
    """Filter rows here too: venues round, widen or ignore bounds."""
    since_ms, until_ms = query.since_ms, query.until_ms

    def wanted(row: Row) -> bool:
        at_ms = row.created_ms
        if at_ms is not None and (
            (since_ms is not None and at_ms < since_ms) or (until_ms is not None and at_ms > until_ms)
        ):
            return False
        # A row that names no contract (a deposit) is none of this contract's.
        if query.symbol not in (None, row.venue_symbol):
            return False
        return not isinstance(row, LedgerEntry) or (
            query.ledger_type in (None, row.type) and query.margin_coin in (None, row.coin)
        )

    return wanted
