"""`Bitget`: a classic Bitget account through the v2 mix interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import futures_async.adapter as fa
from futures_async.adapter import everything, iterate, windows
from futures_async.adapters._bitget_codes import NO_POSITION
from futures_async.adapters.bitget import endpoints
from futures_async.adapters.bitget.account import DEPTH_MS
from futures_async.adapters.bitget.mapping import VENUE
from futures_async.adapters.bitget.orders import fills, orders
from futures_async.adapters.bitget.venue import BitgetVenue
from futures_async.adapters.bitget.wire_orders import WireBatch, WireFills, WireOrder, WireOrders


class Bitget(BitgetVenue):
    """A classic Bitget futures account (v2 mix interface).

    Args:
        credentials: Key, secret and passphrase; None gives the public endpoints only.
        options: See `BitgetOptions`.

    Orders carry their margin mode at this venue. Where a request names none, the symbol's own is read once and
    remembered; name it if anything else changes margin modes of the account meanwhile.
    """

    id = VENUE
    name = "Bitget"
    lifecycle = "live"
    nothing_to_close = NO_POSITION

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        params = {**self._contract_params(name), "orderId": order_id, "clientOid": client_order_id}

        def order_of(found: WireOrder | list[WireOrder] | None) -> fa.Order | None:
            rows = found if isinstance(found, list) else [found] if found is not None else []
            return orders(self.product_type).one(rows[0]) if rows else None

        def about(found: WireOrder | list[WireOrder] | None) -> bool:
            order = order_of(found)
            return order is None or (
                order_id in (None, order.order_id)
                and client_order_id in (None, order.client_order_id)
                and order.venue_symbol == params["symbol"]
            )

        order = order_of(await self._call(endpoints.DETAIL, params, about=about))
        if order is None:
            raise fa.OrderNotFound("no such order", venue=self.id, endpoint=endpoints.DETAIL.name)
        return order

    async def _find_order(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        """By its id, then among the open orders, then among the past ones: absent only when all three say so.

        The lists are asked for this id and walked to their end all the same: one that ignored the filter would
        prove nothing with its first page.
        """
        pages = [
            partial(self._order_rows, endpoint, client_order_id=client_order_id)
            for endpoint in (endpoints.PENDING, endpoints.HISTORY)
        ]
        return await self._find_in(venue_symbol, client_order_id, *((page, None) for page in pages))

    async def _close_unread(self, wanted: fa.ToClose) -> fa.Ack | None:
        venue_symbol, side = wanted.venue_symbol, wanted.side
        body = {"symbol": venue_symbol, "productType": self.product_type}
        if side is not None and await self._known_position_mode(venue_symbol) is fa.PositionMode.HEDGE:
            body["holdSide"] = side.value  # one-way mode has one position of a contract, and takes no side here
        batch = await self._call(endpoints.CLOSE_POSITIONS, body=body)
        for failure in batch.failure_list or ():
            raise self._failure(failure, endpoints.CLOSE_POSITIONS)
        return next((fa.Ack(str(item.order_id)) for item in batch.success_list or () if item.order_id), None)

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        query = self._query(symbol, None, None, None)

        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
            return await self._order_rows(endpoints.PENDING, query, cursor)

        return await everything(page, query, key=lambda order: order.order_id)

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        return await self._order_rows(endpoints.HISTORY, query, cursor)

    async def _order_rows(
        self,
        endpoint: fa.Endpoint[WireOrders],
        query: fa.PageQuery,
        cursor: str | None,
        *,
        client_order_id: str | None = None,
    ) -> fa.Page[fa.Order]:
        return await self._page(
            endpoint,
            {"productType": self.product_type, "symbol": query.symbol, "clientOid": client_order_id},
            query,
            cursor,
            DEPTH_MS,
            lambda answer: (answer.entrusted_list, answer.end_id),
            orders(self.product_type),
        )

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        return await self._fill_rows(endpoints.FILLS, query, cursor, DEPTH_MS)

    async def _fill_rows(
        self, endpoint: fa.Endpoint[WireFills], query: fa.PageQuery, cursor: str | None, span_ms: int
    ) -> fa.Page[fa.Fill]:
        return await self._page(
            endpoint,
            {"productType": self.product_type, "symbol": query.symbol},
            query,
            cursor,
            span_ms,
            lambda answer: (answer.fill_list, _from(answer.end_id)),
            fills(self.product_type, self.margin_coin),
        )

    def iter_fill_history(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[fa.Fill]:
        """Iterate over executions of the venue's archive, week by week; demo trading has none (40404)."""
        query = self._query(symbol, since_ms, until_ms, limit)

        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
            return await self._fill_rows(endpoints.FILL_HISTORY, query, cursor, 7 * windows.DAY_MS)

        return iterate(page, query, key=lambda fill: fill.key)

    # The whole product type at once

    async def cancel_all_product_orders(self) -> WireBatch:
        """Cancel every regular order of the product type and margin coin, whatever the contract; sent once."""
        body = {"productType": self.product_type, "marginCoin": self.margin_coin}
        return await self._call(endpoints.CANCEL_PRODUCT, body={key: value for key, value in body.items() if value})

    async def close_all_positions(self) -> WireBatch:
        """Close every position of the product type at market, by ids of the venue's own; sent once."""
        self._active("close_all_positions")
        return await self._call(endpoints.CLOSE_POSITIONS, body={"productType": self.product_type})


def _from(end_id: str | int | None) -> str | int | None:
    """Where a page of executions goes on, which ask for lesser ids: with the last one seen again, whose number is that
    of the other side too where one has traded with oneself."""
    return int(end_id) + 1 if end_id and str(end_id).isdecimal() else end_id
