"""Documented calls of the unified account that have no unified shape: they return the venue's own rows."""

from __future__ import annotations

from collections.abc import Mapping

import futures_async.adapter as fa
from futures_async.adapter import chosen_or_none, one_id
from futures_async.adapters._rows import listed, readable, some_of
from futures_async.adapters.bitget_uta import endpoints, wire, wire_market
from futures_async.adapters.bitget_uta.account import UnifiedAccount
from futures_async.adapters.bitget_uta.orders import max_open_body, modify_item


class UnifiedVenue(UnifiedAccount):
    """What only this venue has."""

    def _check_changes(self) -> None:
        """Refuse a change of orders where the venue has none."""
        if self._category == "COIN-FUTURES":
            # "The new COIN-M business line does not support modifying orders": trade/Place-Order.
            raise fa.NotSupported(
                f"{self.id}: the venue changes no orders in COIN-FUTURES: cancel it and place another"
            )

    async def modify_orders(
        self, symbol: str, changes: Mapping[str, tuple[fa.Number | None, fa.Number | None]]
    ) -> list[wire.WireIds]:
        """Change up to twenty open orders in one call; never repeated. Read the orders for what stands.

        Args:
            symbol: Of all of them.
            changes: By order id: price and total quantity, None for what stays.

        Returns:
            One row for each, in the venue's order; one that was refused has `code` and `msg`.

        Raises:
            NotSupported: In COIN-FUTURES, where the venue changes no orders.
            InvalidOrder: One of them would be out of the bounds of this object; nothing was sent.
            OrderOutcomeUnknown: It is not known which of them took effect.
        """
        if not 1 <= len(changes) <= endpoints.BATCH:
            raise fa.InvalidRequest(f"{self.id}: modify_orders takes 1 to {endpoints.BATCH} orders, not {len(changes)}")
        self._active("modify_orders")
        self._check_changes()
        body = [
            modify_item(one_id(order_id, None)[0] or "", self.venue_symbol(symbol), self._category, *change)
            for order_id, change in changes.items()
        ]
        for order_id, change in changes.items():
            await self._check_edit(symbol, order_id, *change)
        return await self._call(endpoints.MODIFY_BATCH, body=body)

    async def fetch_account_info(self) -> wire.WireInfo:
        """Whose key this is and what it may do; needs no permission.

        https://www.bitget.com/api-doc/uta/account/Get-Account-Info
        """
        return readable(await self._call(endpoints.INFO))

    async def fetch_account_settings(self) -> wire.WireSettings:
        """Modes of the account and leverage of its configured symbols.

        https://www.bitget.com/api-doc/uta/account/Get-Account-Setting
        """
        return readable(await self._read_settings())

    async def fetch_fee_rate(self, symbol: str) -> wire.WireFeeRate:
        """What this account pays, as fractions.

        https://www.bitget.com/api-doc/uta/account/Get-Account-Fee-Rate
        """
        params = {"category": self._category, "symbol": self.venue_symbol(symbol)}
        return readable(await self._call(endpoints.FEE_RATE, params))

    async def fetch_open_limit(self, symbol: str) -> wire.WireOpenLimit:
        """Limits on open interest of a contract.

        https://www.bitget.com/api-doc/uta/account/Get-Open-Interest-Limit
        """
        params = {"category": self._category, "symbol": self.venue_symbol(symbol)}
        return readable(await self._call(endpoints.OPEN_LIMIT, params))

    async def fetch_max_open(self, request: fa.OrderRequest) -> wire.WireMaxOpen:
        """How much of an order like `request` the account could open now.

        https://www.bitget.com/api-doc/uta/account/Get-Max-Open-Available
        """
        body = max_open_body(request, self.venue_symbol(request.symbol), self._category)
        return readable(await self._call(endpoints.MAX_OPEN, body=body))

    async def fetch_adl_ranks(self) -> list[wire.WireAdlRank]:
        """How soon each position is reduced when others cannot be liquidated.

        https://www.bitget.com/api-doc/uta/trade/Get-Position-ADL-Rank
        """
        return readable(await self._call(endpoints.ADL_RANKS))

    async def fetch_funding_history(self, symbol: str, *, page: int = 1) -> list[wire_market.WirePastFundingRate]:
        """Settled funding rates, 200 a page, newest first; pages 1 to 100.

        https://www.bitget.com/api-doc/uta/public/Get-History-Funding-Rate
        """
        if not 1 <= page <= 100:
            raise fa.InvalidRequest(f"page must be 1 to 100, not {page}")
        name = self.venue_symbol(symbol)
        params: dict[str, str | int | None] = {"category": self._category, "symbol": name, "cursor": page, "limit": 200}
        about = some_of(name, lambda answer: answer.result_list)
        return readable(listed((await self._call(endpoints.PAST_FUNDING_RATES, params, about=about)).result_list))

    async def flash_close(self, symbol: str, *, side: fa.PositionSide | None = None) -> list[wire.WireIds]:
        """Close a contract's positions by the venue's own call: the ids of the closing orders.

        Their client ids are the venue's: where the answer is lost, `resolve()` tells by what is held.

        https://www.bitget.com/api-doc/uta/trade/Close-All-Positions
        """
        side = chosen_or_none(fa.PositionSide, side, "side")
        self._active("flash_close")
        body = {"category": self._category, "symbol": self.venue_symbol(symbol)}
        if side is not None:
            body["posSide"] = side.value
        try:
            return (await self._call(endpoints.CLOSE_POSITIONS, body=body)).rows or []
        except fa.OutcomeUnknown as unknown:
            self._close_asked(unknown, body["symbol"], side, None)
            raise
