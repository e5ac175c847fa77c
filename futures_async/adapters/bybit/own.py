"""What only this venue has."""

from __future__ import annotations

from futures_async.adapter import InvalidRequest, PositionSide, PositionSideLike, chosen
from futures_async.adapters._rows import listed, readable
from futures_async.adapters.bybit import endpoints, wire
from futures_async.adapters.bybit.account import AccountCalls
from futures_async.adapters.bybit.lists import of_contract
from futures_async.adapters.bybit.mapping import INDEX
from futures_async.adapters.bybit.wire_market import WireBand


class OwnCalls(AccountCalls):
    """Settings and reads that no other venue has in this way."""

    async def fetch_price_band(self, symbol: str) -> WireBand:
        """Read between which prices orders may lie now; others are moved there, see `refuse_prices_outside_band`.

        https://bybit-exchange.github.io/docs/v5/market/order-price-limit
        """
        scope = of_contract(self.venue_symbol(symbol))
        return readable(await self._call(endpoints.BAND, scope.params, about=scope.fits))

    async def refuse_prices_outside_band(self, *, refuse: bool = True) -> None:
        """Have the venue refuse orders whose price lies outside the contract's band, instead of moving the price.

        https://bybit-exchange.github.io/docs/v5/account/set-limit-price-action
        """
        self._active("refuse_prices_outside_band")
        for category in ("linear", "inverse"):
            await self._call(endpoints.SET_BAND, body={"category": category, "modifyEnable": not refuse})

    async def set_auto_margin(self, symbol: str, *, on: bool, side: PositionSideLike | None = None) -> None:
        """Have the venue top up an isolated position's margin by itself, or not.

        https://bybit-exchange.github.io/docs/v5/position/auto-add-margin
        """
        self._active("set_auto_margin")
        index = 0 if side is None else INDEX[chosen(PositionSide, side, "side")]
        params = of_contract(self.venue_symbol(symbol)).params
        await self._call(endpoints.SET_AUTO_MARGIN, body={**params, "autoAddMargin": int(on), "positionIdx": index})

    async def set_disconnect_window(self, seconds: int) -> None:
        """Set after how many seconds without a connection the venue cancels all orders in contracts, in force in 10 s.

        The time begins when the last connection is gone that was opened with the option `cancel_on_disconnect`, on
        which orders are watched; a new one ends it. It cannot be armed by calls, so it is no `arm_cancel_all`.

        https://bybit-exchange.github.io/docs/v5/order/dcp

        Raises:
            InvalidRequest: Not a whole number from 3 to 300.
            PermissionDenied: The venue has it for clients that have applied for it.
        """
        self._active("set_disconnect_window")
        if seconds != int(seconds) or not 3 <= seconds <= 300:
            raise InvalidRequest(f"{self.id}: seconds must be a whole number from 3 to 300, not {seconds}")
        await self._call(endpoints.SET_DISCONNECT, body={"product": "DERIVATIVES", "timeWindow": int(seconds)})

    async def fetch_disconnect_windows(self) -> list[wire.WireDisconnect]:
        """Read the products whose orders are cancelled when connections are gone.

        None where it is not switched on, and for sub-accounts, for which it holds as for their main account.

        https://bybit-exchange.github.io/docs/v5/account/dcp-info
        """
        return readable(listed((await self._call(endpoints.DISCONNECT)).dcp_infos))

    async def fetch_key(self) -> wire.WireKey:
        """Whose key this is and what it may do; the venue's demo trading has no such call.

        https://bybit-exchange.github.io/docs/v5/user/apikey-info
        """
        return readable(await self._call(endpoints.KEY))

    async def fetch_fee_rate(self, symbol: str) -> list[wire.WireFeeRate]:
        """What this account pays, as fractions.

        https://bybit-exchange.github.io/docs/v5/account/fee-rate
        """
        scope = of_contract(self.venue_symbol(symbol))
        return readable(listed((await self._rows(endpoints.FEE_RATE, scope)).rows))
