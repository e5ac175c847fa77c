"""BitMart's balances, positions, leverage and modes on the simulated exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from futures_async.adapters.bitmart.simulated import rows
from futures_async.adapters.bitmart.simulated.base import OPEN_TYPE, POSITION_MODE, BitMartSide, Body
from futures_async.adapters.bitmart.simulated.market import COINS
from futures_async.simulator.dialect import Request, VenueRefusal, plain
from futures_async.simulator.errors import PositionModeLocked
from futures_async.simulator.margins import PositionView
from futures_async.unified.enums import PositionMode, PositionSide


class AccountCalls(BitMartSide):
    """Balances, positions, settings."""

    def assets(self, request: Request) -> Any:
        """Every margin coin, also empty ones."""
        account = request.account
        coins = dict.fromkeys((*COINS, *account.balances))
        return [rows.asset_row(coin, self.engine.margins.wallet(account, coin)) for coin in coins]

    def spot_wallet(self, request: Request) -> Any:
        """Of the spot interface: nothing is held there."""
        return {"wallet": []}

    def fee_rate(self, request: Request) -> Any:
        """Fractions."""
        contract = self.wanted_contract(request)
        return {
            "symbol": rows.venue_symbol(contract),
            "taker_fee_rate": plain(contract.taker_rate),
            "maker_fee_rate": plain(contract.maker_rate),
        }

    def _views(self, request: Request, row: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
        if request.params.get("account", "futures") != "futures":
            return []
        only = self.maybe_contract(request)
        views: list[PositionView] = [
            self.engine.margins.view(request.account, position)
            for position in request.account.positions_of(symbol=None if only is None else only.symbol)
        ]
        return [row(self.engine, view, request.now_ms) for view in views]

    def positions_v1(self, request: Request) -> Any:
        """Open positions."""
        return self._views(request, rows.position_v1_row)

    def positions(self, request: Request) -> Any:
        """Open positions; asked for one contract, flat sides too."""
        found = self._views(request, rows.position_row)
        contract = self.maybe_contract(request)
        if contract is None or request.params.get("account", "futures") != "futures":
            return found
        settings = request.account.settings(contract.symbol)
        hedge = request.account.mode(contract.settle) is PositionMode.HEDGE
        sides = [side.value for side in PositionSide] if hedge else ["both"]
        held = {row["position_side"]: row for row in found}
        return [
            held.get(side) or rows.flat_row(self.engine, contract, settings, side, request.now_ms) for side in sides
        ]

    def risks(self, request: Request) -> Any:
        """Open positions."""
        return self._views(request, rows.risk_row)

    def position_mode(self, request: Request) -> Any:
        """Of the account."""
        return {"position_mode": rows.MODE_WORD[request.account.mode("USDT")]}

    def set_position_mode(self, request: Request) -> Any:
        """Account-wide; refused while anything is open."""
        word = Body(request).text("position_mode")
        mode = POSITION_MODE.get(word or "")
        if mode is None:
            raise VenueRefusal("40011", "position_mode is invalid")
        account = request.account
        if account.mode("USDT") is not mode:
            if account.positions or account.open_orders:
                raise PositionModeLocked("positions or orders exist")
            account.default_mode = mode
            account.modes.clear()
        return {"position_mode": word}

    def submit_leverage(self, request: Request) -> Any:
        """Leverage and margin mode; without `leverage` a query."""
        body = Body(request)
        contract = self.contract(body.text("symbol"))
        mode = OPEN_TYPE.get(body.text("open_type") or "")
        if mode is None:
            raise VenueRefusal("40045", "open_type is invalid")
        account, leverage = request.account, body.money("leverage")
        settings = account.settings(contract.symbol)
        if leverage is not None:
            if leverage < 1:
                raise VenueRefusal("40030", "The leverage is too small")
            before = settings.margin_mode
            self.engine.settings.set_margin_mode(account, contract.symbol, mode)
            try:
                self.engine.settings.set_leverage(account, contract.symbol, leverage, margin_mode=mode)
            except BaseException:
                settings.margin_mode = before
                raise
            settings.cross_leverage = settings.long_leverage = settings.short_leverage = leverage
        return {
            "symbol": rows.venue_symbol(contract),
            "leverage": str(settings.leverage(PositionSide.LONG)),
            "open_type": settings.margin_mode.value,
            "max_value": str(contract.max_leverage),
        }
