"""What lies in the past: orders, executions, changes of balance.

The venue keeps the newest 2,000 states of orders and the newest 10,000 executions of an account; beyond that
`IncompletePage` says so. Lists by time begin with the oldest rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import futures_async.adapter as fa
from futures_async.adapter import unread_of, walks
from futures_async.adapters.hyperliquid import endpoints as api
from futures_async.adapters.hyperliquid import ledger, orders, wire
from futures_async.adapters.hyperliquid.account import AccountCalls

F = TypeVar("F", fa.Fill, fa.LedgerEntry)
R = TypeVar("R", bound=wire.Wire)

FIRST_MS = 1_640_995_200_000
"""Nobody had an account before 2022."""
SPAN_MS = 7 * 86_400_000
"""Of the first window of changes of balance; the second is all that is wanted before it."""
BEYOND = "beyond"
"""The cursor of what the venue does not keep."""


class HistoryCalls(AccountCalls):
    """Pages of the past, newest first."""

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        if cursor == BEYOND:
            raise fa.IncompletePage(
                f"{self.id}: the venue shows the newest {api.NEWEST} states of orders, and none before"
            )
        standings = await self._ask_mine(api.PAST_ORDERS)
        found, unread = self._standing(newest_states(standings))
        full = len(standings) + len(unread_of(standings)) >= api.NEWEST
        # It is the newest changes of status, of all dexs: it reaches back to the oldest change, not to a creation.
        changed = (row.status_timestamp for row in standings)
        oldest = min((at for at in changed if isinstance(at, int)), default=None)
        more = full and (oldest is None or query.since_ms is None or query.since_ms < oldest)
        ended = [order for order in found if order.raw is not None and order.status.is_final]
        ended.sort(key=lambda order: order.created_ms or 0, reverse=True)
        return fa.Page(ended, BEYOND if more else None, unread)

    def _standing(self, rows: fa.Rows[wire.WireStanding]) -> fa.Read[fa.Order]:
        """Orders of this dex, each with how it stands."""
        beside = {id(row.order): row for row in rows}
        mine = fa.Rows(row.order for row in rows if self._names.own(row.order.coin)).without(unread_of(rows))
        return orders.orders(self._names).each(mine, lambda row: beside[id(row)])

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        """The newest 2,000, then all others that there are; from a time on, all at once."""
        table = orders.fills(self._names)
        if cursor == BEYOND:
            raise self._beyond()
        if cursor is None and query.since_ms is None:
            rows = await self._ask_mine(api.NEWEST_FILLS)
            found = self._own(rows, table)
            count = len(rows) + len(unread_of(rows))
            return fa.Page(_newest_first(found.rows), None if count < api.NEWEST else str(count), found.unread)
        found, count = await self._fills_since(query.since_ms or FIRST_MS, table)
        return fa.Page(_newest_first(found.rows), BEYOND if count >= api.FILLS_KEPT else None, found.unread)

    def _beyond(self) -> fa.IncompletePage:
        return fa.IncompletePage(f"{self.id}: the venue keeps the newest {api.FILLS_KEPT} executions, and none before")

    async def _fills_since(
        self, since_ms: int, table: fa.Reading[wire.WireFill, F], until_ms: int | None = None
    ) -> tuple[fa.Read[F], int]:
        """Executions of this dex from a time on, and how many of the account there were."""
        count = 0

        async def fetch(start_ms: int) -> fa.Read[F]:
            nonlocal count
            rows = await self._ask_mine(api.FILLS, **_bounds(start_ms, until_ms))
            count += len(rows)
            return table.each(rows)

        found = await walks.oldest_first(fetch, since_ms, api.NEWEST, key=_identity)
        return fa.Read([row for row in found.rows if self._names.own(row.raw.coin)], found.unread), count

    def _own(self, rows: list[wire.WireFill], table: fa.Reading[wire.WireFill, F]) -> fa.Read[F]:
        return table.each(fa.Rows(row for row in rows if self._names.own(row.coin)).without(unread_of(rows)))

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        """Deposits, transfers and the like, funding, and executions, merged by time: a window of each."""
        if cursor == BEYOND:
            raise self._beyond()
        await self._check_coin()
        end_ms, count = await self._place(query, cursor)
        floor_ms = max(query.since_ms or 0, FIRST_MS)
        start_ms = floor_ms if cursor is not None else max(floor_ms, end_ms - SPAN_MS)
        fills, seen = await self._fills_since(start_ms, ledger.trades(self._names), end_ms)
        parts = [fills, await self._updates(api.UPDATES, start_ms, end_ms)]
        parts.append(await self._updates(api.FUNDINGS, start_ms, end_ms))
        rows = [row for part in parts for row in part.rows]
        unread: tuple[fa.UnreadRow, ...] = tuple(row for part in parts for row in part.unread)
        count += seen
        if start_ms > floor_ms:
            following: str | None = f"{start_ms}:{count}"
        else:
            following = BEYOND if count >= api.FILLS_KEPT else None
        return fa.Page(_newest_first(rows), following, unread)

    async def _place(self, query: fa.PageQuery, cursor: str | None) -> tuple[int, int]:
        """Where a window ends, and how many executions are newer."""
        if cursor is not None:
            end_ms, count = map(int, cursor.split(":"))
            return end_ms, count
        now_ms = self._channel.now_ms() + 60_000  # a clock that differs hides no row
        if query.until_ms is None or query.until_ms >= now_ms:
            return now_ms, 0
        _, newer = await self._fills_since(query.until_ms, ledger.trades(self._names))
        return query.until_ms, newer

    async def _updates(
        self, endpoint: fa.Endpoint[list[wire.WireUpdate]], start_ms: int, end_ms: int
    ) -> fa.Read[fa.LedgerEntry]:
        table, whose = ledger.updates(self._names), ledger.Whose(self._user, frozenset({self._names.dex}))

        async def fetch(start_ms: int) -> fa.Read[fa.LedgerEntry]:
            rows = await self._ask_mine(endpoint, **_bounds(start_ms, end_ms))
            nonlocal whose
            # Whatever rows come: one counts the same in every window.
            if rows and endpoint is api.UPDATES and await self._keeps_in_spot():
                whose = ledger.Whose(self._user, None)
            return table.each(rows, lambda _: whose)

        found = await walks.oldest_first(fetch, start_ms, api.PAGE, key=_identity)
        return fa.Read([row for row in found.rows if self._names.own(row.venue_symbol)], found.unread)


def newest_states(rows: Sequence[wire.WireStanding]) -> fa.Rows[wire.WireStanding]:
    """Of each order the latest row: there is one for each change of its status."""
    latest: dict[object, wire.WireStanding] = {}
    for row in rows:
        key: object = row.order.oid if isinstance(row.order, wire.WireOrder) else id(row)  # pyright: ignore[reportUnnecessaryIsInstance] - whatever came
        key = key if isinstance(key, (int, str)) else id(row)
        known = latest.get(key)
        if known is None or _later(row, known):
            latest[key] = row
    odd = [row for row in latest.values() if not isinstance(row.order, wire.WireOrder)]  # pyright: ignore[reportUnnecessaryIsInstance] - as above
    lost = tuple(fa.UnreadRow("order", "order is none", row) for row in odd)
    return fa.Rows(row for row in latest.values() if row not in odd).without((*unread_of(rows), *lost))


def _later(row: wire.WireStanding, known: wire.WireStanding) -> bool:
    mine, theirs = row.status_timestamp, known.status_timestamp
    return isinstance(mine, int) and (not isinstance(theirs, int) or mine > theirs)


def _bounds(start_ms: int, end_ms: int | None) -> dict[str, int]:
    return {"startTime": start_ms} if end_ms is None else {"startTime": start_ms, "endTime": end_ms}


def _identity(row: fa.Model) -> Hashable:
    return row.key if isinstance(row, fa.Fill) else getattr(row, "entry_id", "")


def _newest_first(rows: Sequence[F]) -> list[F]:
    return sorted(rows, key=lambda row: row.created_ms or 0, reverse=True)
