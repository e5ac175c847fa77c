"""`BitTap`: reads of a BitTap futures account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeVar, Unpack

import futures_async.adapter as fa
from futures_async.adapter import chosen_or_none, known_or_none, unread_of, unread_rows, walks
from futures_async.adapters._rows import listed, readable
from futures_async.adapters.bittap import endpoints as api
from futures_async.adapters.bittap import mapping
from futures_async.adapters.bittap.dialect import BitTapDialect, BitTapSigner
from futures_async.adapters.bittap.options import BitTapOptions
from futures_async.adapters.bittap.wire import (
    WireAccountInfo,
    WireDayTicker,
    WireDepth,
    WireExchangeInfo,
    WireOpenOrder,
    WirePosition,
    WirePrice,
)

R = TypeVar("R", WirePosition, WireOpenOrder)


class BitTap(fa.Adapter):
    """A BitTap futures account, ftapi v1: to read.

    The venue documents no call that places, cancels or sets anything, no ledger, no clock and no metadata of
    contracts; those raise `NotSupported` before any I/O.

    Args:
        credentials: Key and secret; None gives market data only.
        options: See `BitTapOptions`. The signer used by default was never checked against the live server.
    """

    id = "bittap"
    name = "BitTap"
    pairs = fa.Names(mapping.to_venue_symbol, mapping.to_symbol)
    takes: ClassVar[type[fa.Options]] = BitTapOptions

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[BitTapOptions]) -> None:
        own, common = self._own_options(options)
        self._signer: BitTapSigner | None = own["signer"]
        super().__init__(credentials, dialect=BitTapDialect(self._signer), **common)

    def with_credentials(self, credentials: fa.Credentials) -> Self:
        """A further account on the same transport.

        Raises:
            NotSupported: This object signs with a signer of its own, which belongs to its account.
        """
        if self._signer is not None:
            raise fa.NotSupported("bittap: the signer belongs to one account; make another BitTap with its own signer")
        return super().with_credentials(credentials)

    # Account

    async def fetch_account_info(self) -> WireAccountInfo:
        """Read account/info as the venue sends it: totals, assets, positions, with every field."""
        return readable(await self._call(api.ACCOUNT_INFO))

    async def fetch_accounts(self) -> list[fa.Account]:
        """Read the account's state in every margin coin that it has."""
        info = await self._call(api.ACCOUNT_INFO)
        return mapping.accounts().all(info.assets)

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        """Read the open positions, marks and profits filled in.

        The rows of account/info are the same, but lack marks, profits and maintenance margin.
        """
        venue_symbol = None if symbol is None else mapping.to_venue_symbol(symbol)
        rows = await self._call(api.OPEN_POSITION, {"symbolId": venue_symbol})
        if rows and not _of(rows, venue_symbol):
            # Another question's answer, or a parameter that does nothing: whether there is none, all of them tell.
            rows = await self._call(api.OPEN_POSITION)
        return mapping.positions().all(_of(rows, venue_symbol))

    async def fetch_leverage(self, symbol: str, margin_mode: fa.MarginModeLike | None = None) -> fa.Leverage:
        """Read the leverage that the contract's positions, or else its open orders, show.

        All None while there are neither: no call tells the leverage of a flat contract.
        """
        margin_mode = chosen_or_none(fa.MarginMode, margin_mode, "margin_mode")
        rows: Sequence[fa.Position | fa.Order] = await self.fetch_positions(symbol)
        if not rows:
            rows = await self.fetch_open_orders(symbol)
        return mapping.to_leverage(
            [row for row in rows if margin_mode in (None, row.margin_mode)], mapping.to_venue_symbol(symbol)
        )

    async def fetch_position_mode(self, symbol: str | None = None) -> fa.PositionMode:
        """Read the position mode that an open position, or else an open order, shows.

        Raises:
            NotSupported: Nothing is open, and no call tells the mode of a flat account.
        """
        modes = [position.position_mode for position in await self.fetch_positions(symbol)]
        if not any(modes):
            modes = await self._order_modes(symbol)
        found = next((mode for mode in modes if mode is not None), None)
        if found is None:
            self._unsupported("fetch_position_mode", "only open positions and orders show it, and none is open")
        return found

    async def _order_modes(self, symbol: str | None) -> list[fa.PositionMode | None]:
        venue_symbol = None if symbol is None else mapping.to_venue_symbol(symbol)
        rows = await self._call(api.OPEN_ORDER, {"symbolId": venue_symbol, "limit": api.MAX_LIMIT})
        return [known_or_none(mapping.POSITION_MODE, row.position_mode) for row in _of(rows, venue_symbol)]

    # Orders

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read all open orders.

        Raises:
            IncompletePage: As many as one answer holds; there is no way to ask for more.
        """
        venue_symbol = None if symbol is None else mapping.to_venue_symbol(symbol)
        rows = listed(await self._call(api.OPEN_ORDER, {"symbolId": venue_symbol, "limit": api.MAX_LIMIT}))
        orders, unread = mapping.open_orders().each(_of(rows, venue_symbol))
        if len(rows) + len(unread_of(rows)) >= api.MAX_LIMIT:
            raise fa.IncompletePage(
                f"bittap: {api.MAX_LIMIT} open orders or more; the rest cannot be read", rows=orders, unread=unread
            )
        if unread:
            raise unread_rows(unread, orders)
        return orders

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """Open, or past as far as the venue's history shows, by the venue's id: orders carry no other."""
        if order_id is None:
            self._unsupported("fetch_order by client_order_id", "orders carry no id of ours")
        params: dict[str, str | int | None] = {"symbolId": name, "orderId": order_id, "limit": api.MAX_LIMIT}
        for _ in range(2):  # once more after lists of other orders: answers to other requests, perhaps
            # Open orders first: one that finishes between the two reads is in the second.
            opens = listed(await self._call(api.OPEN_ORDER, params))
            for opened in opens:
                if str(opened.order_id) == order_id:
                    return self._checked(mapping.open_orders().one(opened), name)
            pasts = listed(await self._call(api.ORDER_HISTORY, params))
            for past in pasts:
                if str(past.id) == order_id:
                    return self._checked(mapping.past_orders().one(past), name)
            if not (opens or pasts):
                break
        raise fa.OrderNotFound(
            f"no order {order_id}", venue=mapping.VENUE, endpoint=api.ORDER_HISTORY.name, code="0", outcome=None
        )

    def _checked(self, order: fa.Order, venue_symbol: str) -> fa.Order:
        if order.venue_symbol != venue_symbol:
            raise fa.ResponseMismatch(f"bittap: order {order.order_id} belongs to {order.venue_symbol}")
        return order

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        size = walks.page_size(query, cursor, api.MAX_LIMIT)
        rows = await self._call(api.ORDER_HISTORY, _window(query, cursor, size))
        return walks.time_page(mapping.past_orders().each(rows), cursor, size)

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        size = walks.page_size(query, cursor, api.MAX_LIMIT)
        rows = await self._call(api.TRADE_HISTORY, _window(query, cursor, size))
        return walks.time_page(mapping.fills().each(rows), cursor, size)

    # Market data

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        """Read the last price. Best prices are in `fetch_depth`, the day's figures in `fetch_day_ticker`."""
        venue_symbol = mapping.to_venue_symbol(symbol)

        def find(answer: WirePrice | list[WirePrice]) -> WirePrice | None:
            wires = answer if isinstance(answer, list) else [answer]
            return next((wire for wire in wires if wire.symbol_id == venue_symbol), None)

        return mapping.tickers().one(await self._pick(api.PRICE_TICKER, {"symbolId": venue_symbol}, find))

    async def fetch_day_ticker(self, symbol: str) -> WireDayTicker:
        """Read the last 24 hours of one contract as the venue sends them."""
        venue_symbol = mapping.to_venue_symbol(symbol)

        def find(answer: WireDayTicker | list[WireDayTicker]) -> WireDayTicker | None:
            wires = answer if isinstance(answer, list) else [answer]
            return next((wire for wire in wires if wire.symbol_id == venue_symbol), None)

        return readable(await self._pick(api.DAY_TICKER, {"symbolId": venue_symbol}, find))

    async def fetch_depth(self, symbol: str, scale: str) -> WireDepth:
        """Read the order book's first levels.

        Args:
            symbol: Unified symbol or the venue's id.
            scale: Prices are grouped in steps of this, e.g. "0.1".
        """
        return readable(await self._call(api.DEPTH, {"symbolId": mapping.to_venue_symbol(symbol), "scale": scale}))

    async def fetch_exchange_info(self) -> WireExchangeInfo:
        """Read coins, order types and contracts; rows of contracts come as they are, see `WireExchangeInfo`."""
        return readable(await self._call(api.EXCHANGE_INFO))


def _window(query: fa.PageQuery, cursor: str | None, size: int) -> dict[str, Any]:
    return {
        "symbolId": query.symbol,
        "startTime": query.since_ms,
        "endTime": walks.page_end(query, cursor),
        "limit": size,
    }


def _of(rows: list[R] | None, venue_symbol: str | None) -> fa.Rows[R]:
    """The rows of one contract, or all: a parameter under a wrong name would bring everything.

    A row whose contract cannot be read is not another's.
    """
    mine = (row for row in rows or () if venue_symbol in (None, row.symbol_id) or not row.symbol_id)
    return fa.Rows(mine).without(unread_of(rows))
