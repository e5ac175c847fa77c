"""What can be set of a Bitget account: leverage, margin and position mode, margin of a position."""

from __future__ import annotations

from decimal import Decimal

import futures_async.adapter as fa
from futures_async.adapter import chosen, known, to_text
from futures_async.adapters._bitget_codes import UNCHANGED
from futures_async.adapters.bitget import endpoints, mapping
from futures_async.adapters.bitget.account import REFERENCE, BitgetAccount


class BitgetSettings(BitgetAccount):
    """Settings of contracts and of the account, each sent once and read back."""

    leverage_step = None
    leverage_by_side = True
    position_mode_stands = margin_mode_stands = UNCHANGED

    async def _read_leverage(self, venue_symbol: str, margin_mode: fa.MarginMode | None) -> fa.Leverage:
        return mapping.to_leverage(
            await self._symbol_account(venue_symbol), venue_symbol, self.product_type, margin_mode
        )

    async def _leverage_change(
        self, venue_symbol: str, leverage: Decimal, margin_mode: fa.MarginMode | None, side: fa.PositionSide | None
    ) -> fa.LeverageChange:
        params = self._settled_params(venue_symbol)
        now = await self._symbol_account(venue_symbol)
        mode = known(mapping.MARGIN_MODE, now.margin_mode or "", "marginMode")
        hedge = known(mapping.POSITION_MODE, now.pos_mode or "", "posMode") is fa.PositionMode.HEDGE
        if margin_mode not in (None, mode):
            raise fa.InvalidRequest(
                f"{self.id}: {venue_symbol} is in {mode.value} margin, and leverage is set for the mode in force: "
                "call set_margin_mode first"
            )
        if side is not None and not (hedge and mode is fa.MarginMode.ISOLATED):
            raise fa.InvalidRequest(f"{self.id}: only isolated positions in hedge mode have a leverage of their own")
        text = to_text(leverage)
        if mode is fa.MarginMode.CROSS or not hedge:
            body = {**params, "leverage": text}
        elif side is None:
            body = {**params, "longLeverage": text, "shortLeverage": text}
        else:
            body = {**params, "leverage": text, "holdSide": mapping.WIRE_POSITION_SIDE[side]}
        return fa.LeverageChange(
            [fa.Call(endpoints.SET_LEVERAGE, body)],
            mode,
            dict.fromkeys(fa.PositionSide if side is None else (side,), leverage),
            # One client has seen "no position" (22002) for a leverage that was set already.
            UNCHANGED | {"22002"},
        )

    def _margin_mode_change(self, venue_symbol: str, mode: fa.MarginMode) -> fa.Call:
        body = {**self._settled_params(venue_symbol), "marginMode": mapping.WIRE_MARGIN_MODE[mode]}
        return fa.Call(endpoints.SET_MARGIN_MODE, body)

    async def _put_margin_mode(self, venue_symbol: str, mode: fa.MarginMode) -> fa.Leverage | None:
        """The venue refuses even "no change" while positions or orders are open."""
        self._margin_modes.forget(venue_symbol)
        found = await self.fetch_leverage(venue_symbol)
        return found if found.margin_mode is mode else await super()._put_margin_mode(venue_symbol, mode)

    async def _position_mode_of(self, venue_symbol: str | None) -> fa.PositionMode:
        """Read whether positions are one-way or hedged; one mode holds for the whole product type."""
        account = await self._symbol_account(venue_symbol or REFERENCE[self.product_type])
        return known(mapping.POSITION_MODE, account.pos_mode or "", "posMode")

    def _position_mode_change(self, mode: fa.PositionMode) -> fa.Call:
        """Of the whole product type."""
        body = {"productType": self.product_type, "posMode": mapping.WIRE_POSITION_MODE[mode]}
        return fa.Call(endpoints.SET_POSITION_MODE, body)

    async def _margin_move(self, position: fa.Position, amount: Decimal) -> fa.Call:
        params = self._settled_params(position.venue_symbol)
        side = mapping.WIRE_POSITION_SIDE[position.side]
        return fa.Call(endpoints.SET_MARGIN, {**params, "amount": to_text(amount), "holdSide": side})

    async def set_auto_margin(self, symbol: str, enabled: bool, side: fa.PositionSide) -> None:
        """Have the venue top up the margin of an isolated position by itself, or not."""
        side = chosen(fa.PositionSide, side, "side")
        params = self._settled_params(symbol)
        body = {
            "symbol": params["symbol"],
            "autoMargin": "on" if enabled else "off",
            "marginCoin": params["marginCoin"],
            "holdSide": mapping.WIRE_POSITION_SIDE[side],
        }
        self._active("set_auto_margin")
        await self._call(endpoints.SET_AUTO_MARGIN, body=body)
