"""Documented calls of Binance that have no unified shape: they return the venue's own rows."""

from __future__ import annotations

from futures_async.adapter import Order, OrderRequest
from futures_async.adapters._rows import readable, some_of
from futures_async.adapters.binance import endpoints, wire
from futures_async.adapters.binance.orders import order_body, orders
from futures_async.adapters.binance.triggers import BinanceTriggers


class BinanceVenue(BinanceTriggers):
    """What only this venue has."""

    async def fetch_fee_rate(self, symbol: str) -> wire.WireFeeRate:
        """What this account pays, as fractions.

        https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/User-Commission-Rate
        """
        name = self.venue_symbol(symbol)
        return readable(await self._call(endpoints.FEE_RATE, {"symbol": name}, about=some_of(name)))

    async def fetch_margin_moves(self, symbol: str) -> list[wire.WireMarginMove]:
        """The latest 500 changes of isolated positions' margin in a contract, of the last 30 days.

        https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Get-Position-Margin-Change-History
        """
        name = self.venue_symbol(symbol)
        return readable(await self._call(endpoints.MARGIN_MOVES, {"symbol": name, "limit": 500}, about=some_of(name)))

    async def fetch_forced_orders(self, symbol: str | None = None) -> list[Order]:
        """The latest orders by which the exchange liquidated or reduced positions of this account.

        https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Users-Force-Orders
        """
        rows = await self._call(endpoints.FORCE_ORDERS, {"symbol": self._name(symbol), "limit": 100})
        return orders().all(rows)

    async def fetch_funding_history(self, symbol: str, *, since_ms: int | None = None) -> list[wire.WirePastFunding]:
        """Settled funding rates, oldest first, at most a thousand from `since_ms` on; the latest without it.

        Contracts on shares have rows of what dividends make beside the regular ones: see `rate_type`.

        https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History
        """
        name = self.venue_symbol(symbol)
        params = {"symbol": name, "startTime": since_ms, "limit": endpoints.PAGE}
        return readable(await self._call(endpoints.FUNDING_HISTORY, params, about=some_of(name)))

    async def test_order(self, request: OrderRequest) -> None:
        """Have the venue check an order without placing it.

        Raises:
            ExchangeError: It would be refused; not everything is looked at.

        https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/New-Order-Test
        """
        await self._call(endpoints.TEST, body=order_body(await self._plan(request)))
