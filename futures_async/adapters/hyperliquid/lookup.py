"""Orders that work, and single ones in any state."""

from __future__ import annotations

from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import first, ordered, sent_since_ms, unread_of
from futures_async.adapters._rows import nameless
from futures_async.adapters.hyperliquid import endpoints as api
from futures_async.adapters.hyperliquid import orders, wire
from futures_async.adapters.hyperliquid.history import HistoryCalls
from futures_async.adapters.hyperliquid.ids import cloid_of
from futures_async.adapters.hyperliquid.mapping import VENUE
from futures_async.adapters.hyperliquid.market import DAY_MS


class LookupCalls(HistoryCalls):
    """What is found by an id, or in the list of open orders."""

    async def _record(self, name: str, order_id: str | None, client_order_id: str | None) -> wire.WireStanding:
        """What is known of one order.

        Raises:
            OrderNotFound: Nothing: it is none, or not one of the last 2,000.
            ResponseMismatch: It is another contract's.
        """
        wanted: Any = oid_of(order_id) if order_id is not None else cloid_of(client_order_id or "")

        def about(found: wire.WireFound) -> bool:
            row = found.order.order
            named = row.cloid if order_id is None else row.oid
            # An id that is missing is no other one, but a cloid is what others have none of.
            return str(named).lower() == str(wanted) or (order_id is not None and named is None)

        await self._check_account()
        body = {"type": api.ORDER.operation, "user": self._user, "oid": wanted}
        found = (await self._call(api.ORDER, body=body, about=about)).order
        if found.order.coin != name:
            raise fa.ResponseMismatch(
                f"{self.id}: order {order_id or client_order_id} is of {found.order.coin}, not {name}"
            )
        return found

    def _as_order(self, standing: wire.WireStanding) -> fa.Order:
        return orders.orders(self._names).one(standing.order, standing)

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """In any state: of one that works, from the list of open orders, which alone tells its fills."""
        standing = await self._record(name, order_id, client_order_id)
        if standing.status not in orders.WORKING:
            return self._as_order(standing)
        oid = standing.order.oid
        live = next((row for row in await self._open_rows() if str(row.oid) == str(oid)), None)
        if live is not None:
            return orders.orders(self._names, live=True).one(live, orders.LISTED)
        # It has just ended, or the list lags: the record then leaves open what is filled.
        return self._as_order(await self._record(name, order_id, client_order_id))

    async def _read_order(self, venue_symbol: str, order_id: str) -> fa.Order:
        """One just placed: the record is of this moment."""
        with ordered():
            return self._as_order(await self._record(venue_symbol, order_id, None))

    async def _find_order(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        """By its id; then in the list of open orders; then among the last states of all, which the venue counts.

        They are a witness as far as they reach back to when it was sent; of an order of before, to a day ago.
        """
        try:
            return await self.fetch_order(venue_symbol, client_order_id=client_order_id)
        except fa.OrderNotFound:
            pass
        for order in await self.fetch_open_orders(venue_symbol):
            if order.client_order_id == client_order_id:
                return order
        return await first(
            self._orders_page,
            fa.PageQuery(symbol=venue_symbol, since_ms=sent_since_ms() or self._channel.now_ms() - DAY_MS),
            key=lambda order: order.order_id,
            wanted=lambda order: order.client_order_id == client_order_id,
        )

    async def _open_rows(self) -> fa.Rows[wire.WireOrder]:
        """All open orders of this dex, those that wait for a price among them."""
        rows = await self._ask_mine(api.OPEN_ORDERS, dex=self._names.dex)
        return fa.Rows(row for row in rows if self._names.own(row.coin)).without(unread_of(rows))

    async def _open(self, symbol: str | None, *, waiting: bool) -> list[fa.Order]:
        name = None if symbol is None else self.venue_symbol(symbol)
        rows = await self._open_rows()
        mine = [
            row for row in rows
            if orders.waits(row, waiting) is waiting and (name in (None, row.coin) or nameless(row.coin))
        ]  # fmt: skip
        table = orders.orders(self._names, live=True)
        return table.all(fa.Rows(mine).without(unread_of(rows)), lambda _: orders.LISTED)

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read all open orders of this dex, or of one contract; those that wait for a price are not among them."""
        return await self._unless_unknown(
            fa.Capability.FETCH_OPEN_ORDERS, symbol, await self._open(symbol, waiting=False)
        )

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the orders that wait for a price."""
        return await self._unless_unknown(
            fa.Capability.FETCH_TRIGGER_ORDERS, symbol, await self._open(symbol, waiting=True)
        )


def is_oid(order_id: str) -> bool:
    """Whether it is an id of the venue's."""
    return order_id.isdecimal() and len(order_id) <= 20


def oid_of(order_id: str | None) -> int:
    """The venue's ids are numbers.

    Raises:
        InvalidRequest: This is none.
    """
    if order_id is None or not is_oid(order_id):
        raise fa.InvalidRequest(f"{VENUE}: order_id is a whole number here, not {order_id!r}")
    return int(order_id)
