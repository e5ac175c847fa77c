"""The unified account's lists of orders that wait for a price, and what is known beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import futures_async.adapter as fa
from futures_async.adapter import collect, everything, first, in_turn, one_id, unread_of, unread_rows, windows
from futures_async.adapters._rows import listed, readable, same_name, text_or_none
from futures_async.adapters.bitget_uta import endpoints, wire
from futures_async.adapters.bitget_uta.strategies import (
    KINDS,
    TPSL,
    Known,
    strategies,
)
from futures_async.adapters.bitget_uta.venue import UnifiedVenue

KNOWN_KEPT = 10_000

Beside = Callable[[wire.WireStrategy], wire.WireBeside]


class UnifiedTriggerLists(UnifiedVenue):
    """Reads strategy orders: one list for each kind."""

    _known_waiting: dict[str, Known]
    """By order id and client order id: what the lists leave out."""

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the waiting trigger, trailing, take-profit and stop-loss orders: one call for each kind.

        Raises:
            UnreadRows: The venue does not say the side of a trigger that was placed elsewhere.
        """
        name = None if symbol is None else self.venue_symbol(symbol)
        lists = [self._open_list(name, kind) for kind in KINDS]
        found = everything(in_turn(lists), fa.PageQuery(symbol=name), key=lambda order: order.order_id)
        return await self._unless_unknown(fa.Capability.FETCH_TRIGGER_ORDERS, symbol, await _told_once(found))

    async def fetch_trigger_history(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[fa.Order]:
        """Read trigger orders of the last 90 days that were set off, cancelled, or failed, newest first.

        Raises:
            UnreadRows: The venue does not say the side of a trigger that was placed elsewhere.
        """
        name = None if symbol is None else self.venue_symbol(symbol)
        query = fa.PageQuery(symbol=name, since_ms=since_ms, until_ms=until_ms, limit=limit)

        def wanted(order: fa.Order) -> bool:
            return name in (None, order.venue_symbol) and self._is_own(order.raw)

        rows = collect(self._past_page(KINDS), query, key=lambda order: order.order_id, wanted=wanted)
        return await _told_once(rows)

    async def fetch_triggered(self, order_id: str) -> list[wire.WireSubOrder]:
        """Read the regular orders that a trigger order became; older builds of the venue do not have this call.

        https://www.bitget.com/api-doc/uta/strategy/Get-Strategy-Sub-Orders
        """
        named, _ = one_id(order_id, None)
        return readable(listed((await self._call(endpoints.SUB_ORDERS, {"orderId": named})).rows))

    def _open_list(self, name: str | None, kind: str) -> fa.FetchPage[fa.Order]:
        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
            rows = await self._waiting_rows(name, kind)
            orders, unread = strategies(self._category).each(rows, self._beside(kind))
            return fa.Page(orders, None, unread)

        return page

    def _past_page(self, kinds: Sequence[str]) -> fa.FetchPage[fa.Order]:
        def ask(kind: str) -> windows.Ask[fa.Order]:
            params = {"category": self._category, "type": kind}
            beside = self._beside(kind, past=True)
            asking = self._asking(endpoints.PAST_STRATEGIES, params, strategies(self._category), beside)

            async def part(bounds: windows.Bounds) -> windows.Part[fa.Order]:
                try:
                    return await asking(bounds)
                except fa.ParameterRejected as refusal:
                    if not _of_an_older_build(kind, refusal):
                        raise
                    return windows.Part((), None)

            return part

        asks = [ask(kind) for kind in kinds]

        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
            return await self._merged(asks, query, cursor, endpoints.REACH)

        return page

    async def _waiting_rows(self, name: str | None, kind: str) -> fa.Rows[wire.WireStrategy]:
        """Those of one kind, whatever else they say."""
        try:
            answer = await self._call(endpoints.OPEN_STRATEGIES, {"category": self._category, "type": kind})
        except fa.ParameterRejected as refusal:
            if not _of_an_older_build(kind, refusal):
                raise
            return fa.Rows()
        rows = listed(answer.rows) if isinstance(answer, wire.WireRows) else answer
        own = self._own(rows)
        return fa.Rows(row for row in own if name is None or same_name(row.symbol, name)).without(unread_of(own))

    async def _waiting(
        self, name: str, order_id: str | None, client_order_id: str | None, kinds: Sequence[str] = KINDS
    ) -> wire.WireStrategy | None:
        """The waiting row of that id: see `_seen`."""
        seen = await self._seen(name, order_id, client_order_id, kinds)
        return None if seen is None else seen[0]

    async def _seen(
        self, name: str, order_id: str | None, client_order_id: str | None, kinds: Sequence[str] = KINDS
    ) -> tuple[wire.WireStrategy, wire.WireBeside] | None:
        """The waiting row of that id, and what is known beside it; None only where every row could be told from it.

        Raises:
            UnreadRows: It may be one of those that cannot be read.
        """
        unread: list[fa.UnreadRow] = []
        for kind in kinds:
            rows = await self._waiting_rows(name, kind)
            for row in rows:
                if (order_id is not None and text_or_none(row.order_id) == order_id) or (
                    order_id is None and text_or_none(row.client_oid) == client_order_id
                ):
                    return row, self._beside(kind)(row)
            unread += rows.unread
        if unread:
            raise unread_rows(unread)
        return None

    async def _past_row(self, name: str, order_id: str) -> wire.WireStrategy | None:
        """The row of that id among those that have waited, readable or not; None proves nothing."""
        past = self._past_page(KINDS)

        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[wire.WireStrategy]:
            found = await past(query, cursor)
            rows = [*(order.raw for order in found.rows), *(row.raw for row in found.unread)]
            return fa.Page([row for row in rows if isinstance(row, wire.WireStrategy)], found.cursor)

        query = fa.PageQuery(symbol=name, since_ms=self._channel.now_ms() - endpoints.REACH.window_ms)
        return await first(
            page, query, key=lambda row: str(row.order_id), wanted=lambda row: str(row.order_id) == order_id
        )

    # What lists leave out

    def _beside(self, kind: str, *, past: bool = False) -> Beside:
        mode = self._position_mode
        hold_mode = None if mode is None else "hedge_mode" if mode is fa.PositionMode.HEDGE else "one_way_mode"

        def beside(row: wire.WireStrategy) -> wire.WireBeside:
            names = (row.order_id, row.client_oid)
            known = next((self._known_waiting[str(name)] for name in names if str(name) in self._known_waiting), None)
            return wire.WireBeside(
                type=kind,
                status=None if past else "pending",
                side=None if known is None else known.side.value,
                reduce_only=None if known is None else known.reduce_only,
                hold_mode=hold_mode,
            )

        return beside

    def _hear_waiting(self, order: fa.Order) -> None:
        """The venue has pushed a waiting order: with its side."""
        before = self._known_waiting.get(order.client_order_id or "") or Known(order.side, order.reduce_only)
        self._keep(before._replace(order_id=order.order_id), order.order_id, order.client_order_id)

    def _keep(self, known: Known, *names: str | None) -> None:
        for name in names:
            if name is not None:
                self._known_waiting[name] = known
        while len(self._known_waiting) > KNOWN_KEPT:
            del self._known_waiting[next(iter(self._known_waiting))]


async def _told_once(reading: Awaitable[list[fa.Order]]) -> list[fa.Order]:
    """A venue that does not look at `type` tells of a row once for each kind: what is read as one is read."""
    try:
        return await reading
    except fa.UnreadRows as odd:
        known = {order.order_id for order in odd.rows}
        left = [row for row in odd.unread if row.facts.get("order_id") not in known]
        if left:
            raise unread_rows(left, odd.rows) from None
        return odd.rows


def _of_an_older_build(kind: str, refusal: fa.ParameterRejected) -> bool:
    """The venue does not know the word, and so has no such orders; 40808 comes without a reason while it releases."""
    return kind != TPSL and refusal.code != "40808"
