"""Past orders, executions, changes of balance and closed positions: by the page, or walked to their end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Sequence
from contextlib import aclosing
from typing import TypeAlias, TypeVar

from futures_async.trading import windows
from futures_async.trading.paging import FetchPage, Page, PageQuery, collect, everything, iterate
from futures_async.trading.waiting import Waiting
from futures_async.unified.convert import chosen_or_none
from futures_async.unified.enums import LedgerType, LedgerTypeLike
from futures_async.unified.errors import UnreadRow
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Fill, LedgerEntry, Order, PositionHistory
from futures_async.unified.reading import unread_path

Row: TypeAlias = Order | Fill | LedgerEntry
T = TypeVar("T", Order, Fill, LedgerEntry)
P = TypeVar("P", Order, Fill, LedgerEntry, PositionHistory)


class History(Waiting):
    """What lies in the past at a venue; an adapter gives the pages."""

    async def _open_page(self, query: PageQuery, cursor: str | None) -> Page[Order]:
        """One page of open orders; where the venue gives them all at once, `fetch_open_orders` is defined instead."""
        self._unsupported("fetch_open_orders")

    async def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        self._require(Capability.FETCH_OPEN_ORDERS)
        rows = await everything(self._open_page, self._query(symbol, None, None, None), key=_identity)
        return await self._unless_unknown(Capability.FETCH_OPEN_ORDERS, symbol, rows)

    async def _orders_page(self, query: PageQuery, cursor: str | None) -> Page[Order]:
        """One page of past orders, newest first; open ones among them are left out."""
        self._unsupported("fetch_order_history")

    async def _fills_page(self, query: PageQuery, cursor: str | None) -> Page[Fill]:
        """One page of executions, newest first."""
        self._unsupported("fetch_fills")

    async def _ledger_page(self, query: PageQuery, cursor: str | None) -> Page[LedgerEntry]:
        """One page of changes of balance, newest first."""
        self._unsupported("fetch_ledger")

    async def _closed_page(self, query: PageQuery, cursor: str | None) -> Page[PositionHistory]:
        """One page of closed positions, newest first."""
        self._unsupported("fetch_position_history")

    async def _merged(
        self, lists: Sequence[windows.Ask[P]], query: PageQuery, cursor: str | None, reach: windows.Reach
    ) -> Page[P]:
        """For these: one page of a list by windows of time, or of several that are merged: `windows.history_page`."""
        now_ms = self._channel.now_ms()
        return await windows.history_page(lists, query, cursor, at=_moment, now_ms=now_ms, reach=reach)

    @staticmethod
    def _closed_identity(row: PositionHistory) -> Hashable:
        """What tells a closed position from every other; an id may be of several that came one after the other."""
        return (row.position_id, row.created_ms) if row.position_id else row

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
        rows = await _collect(self._orders_page, self._query(symbol, since_ms, until_ms, limit))
        return await self._unless_unknown(Capability.FETCH_ORDER_HISTORY, symbol, rows)

    def iter_orders(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Order]:
        self._require(Capability.ITER_ORDERS)
        query = self._query(symbol, since_ms, until_ms, limit)
        return self._walk(Capability.FETCH_ORDER_HISTORY, self._orders_page, query, symbol)

    async def fetch_fills(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Fill]:
        self._require(Capability.FETCH_FILLS)
        rows = await _collect(self._fills_page, self._query(symbol, since_ms, until_ms, limit))
        return await self._unless_unknown(Capability.FETCH_FILLS, symbol, rows)

    def iter_fills(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Fill]:
        self._require(Capability.ITER_FILLS)
        query = self._query(symbol, since_ms, until_ms, limit)
        return self._walk(Capability.FETCH_FILLS, self._fills_page, query, symbol)

    async def fetch_position_history(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[PositionHistory]:
        self._require(Capability.FETCH_POSITION_HISTORY)
        query = self._query(symbol, since_ms, until_ms, limit)

        def wanted(row: PositionHistory) -> bool:
            return query.symbol in (None, row.venue_symbol) and _in_time(row.closed_ms, query)

        rows = await collect(self._closed_page, query, key=self._closed_identity, wanted=wanted)
        return await self._unless_unknown(Capability.FETCH_POSITION_HISTORY, symbol, rows)

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
        query = self._query(symbol, since_ms, until_ms, limit, type, margin_coin)
        rows = await _collect(self._ledger_rows, query)
        return await self._unless_unknown(Capability.FETCH_LEDGER, symbol, rows)

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
        query = self._query(symbol, since_ms, until_ms, limit, type, margin_coin)
        return self._walk(Capability.FETCH_LEDGER, self._ledger_rows, query, symbol)

    async def _walk(
        self, call: Capability, page: FetchPage[T], query: PageQuery, symbol: str | None
    ) -> AsyncGenerator[T]:
        async with aclosing(iterate(page, query, key=_identity, wanted=_within(query))) as rows:
            found: list[T] = []
            async for row in rows:
                found = [row]
                yield row
        await self._unless_unknown(call, symbol, found)

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


def _moment(row: Row | PositionHistory) -> int:
    """When it was, as far as it tells."""
    return (row.closed_ms if isinstance(row, PositionHistory) else row.created_ms) or 0


async def _collect(page: FetchPage[T], query: PageQuery) -> list[T]:
    return await collect(page, query, key=_identity, wanted=_within(query))


def _identity(row: Row) -> Hashable:
    """What tells a row from every other of its kind."""
    if isinstance(row, Order):
        return row.order_id
    return row.key if isinstance(row, Fill) else row.entry_id


def _in_time(at_ms: int | None, query: PageQuery) -> bool:
    """Whether a row is of the time that is asked for, as far as it tells its own."""
    if at_ms is None:
        return True
    return (query.since_ms is None or at_ms >= query.since_ms) and (query.until_ms is None or at_ms <= query.until_ms)


def _within(query: PageQuery) -> Callable[[Row], bool]:
    """Filter rows here too: venues round, widen or ignore bounds, and some list open orders among past ones."""

    def wanted(row: Row) -> bool:
        # A row that names no contract (a deposit) is none of this contract's.
        if query.symbol not in (None, row.venue_symbol) or not _in_time(row.created_ms, query):
            return False
        if isinstance(row, Order):
            return not row.status.is_open
        return not isinstance(row, LedgerEntry) or (
            query.ledger_type in (None, row.type) and query.margin_coin in (None, row.coin)
        )

    return wanted
