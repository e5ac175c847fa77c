"""BitMart's balances, positions, leverage and modes on the simulated exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitmart.simulated import base, rows
from futures_async.adapters.bitmart.simulated.base import per2, text_of
from futures_async.adapters.bitmart.simulated.market import COINS
from futures_async.simulator.venue import get, one, plain, post


class AccountCalls(base.BitMartSide):
    """Balances, positions, settings."""

    @get(f"{base.PRIVATE}/assets-detail", per2(12))
    def assets(self, request: sim.Request) -> Any:
        """Every margin coin, also empty ones."""
        coins = dict.fromkeys((*COINS, *request.account.balances))
        return [rows.asset_row(coin, self.engine.margins.wallet(request.account, coin)) for coin in coins]

    @get(f"{base.PRIVATE}/trade-fee-rate", per2(2), of=one)
    def fee_rate(self, contract: sim.ContractSpec) -> Any:
        """Fractions."""
        return {
            "symbol": rows.venue_symbol(contract),
            "taker_fee_rate": plain(contract.taker_rate),
            "maker_fee_rate": plain(contract.maker_rate),
        }

    def _views(self, request: sim.Request, row: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
        if request.params.get("account", "futures") != "futures":
            return []
        symbols, view = self.symbols(request.params), self.engine.margins.view
        held = [position for position in request.account.positions_of() if position.symbol in symbols]
        return [row(self.engine, view(request.account, position), request.now_ms) for position in held]

    @get(f"{base.PRIVATE}/position", per2(6))
    def positions_v1(self, request: sim.Request) -> Any:
        return self._views(request, rows.position_v1_row)

    @get(f"{base.PRIVATE}/position-v2", per2(6))
    def positions(self, request: sim.Request) -> Any:
        """Open positions; asked for one contract, flat sides too."""
        found = self._views(request, rows.position_row)
        if not request.params.get("symbol") or request.params.get("account", "futures") != "futures":
            return found
        contract = self.contract(request.params)
        settings = request.account.settings(contract.symbol)
        hedge = request.account.mode(contract.symbol) is sim.PositionMode.HEDGE
        sides = [side.value for side in sim.PositionSide] if hedge else ["both"]
        held = {row["position_side"]: row for row in found}
        return [
            held.get(side) or rows.flat_row(self.engine, contract, settings, side, request.now_ms) for side in sides
        ]

    @get(f"{base.PRIVATE}/position-risk", per2(24))
    def risks(self, request: sim.Request) -> Any:
        return self._views(request, rows.risk_row)

    @get(f"{base.PRIVATE}/get-position-mode", per2(2))
    def position_mode(self, request: sim.Request) -> Any:
        return {"position_mode": rows.MODE_WORD[request.account.mode("USDT")]}

    @post(f"{base.PRIVATE}/set-position-mode", per2(2), sim.Kind.SETTING)
    def set_position_mode(self, request: sim.Request) -> Any:
        """Account-wide; refused while anything is open."""
        word = text_of(request.fields(), "position_mode")
        mode = base.POSITION_MODE.get(word or "")
        if mode is None:
            raise sim.VenueRefusal("40011", "position_mode is invalid")
        self.engine.settings.set_position_mode(request.account, None, mode)
        return {"position_mode": word}

    @post(f"{base.PRIVATE}/submit-leverage", per2(24), sim.Kind.SETTING)
    def submit_leverage(self, request: sim.Request) -> Any:
        """Leverage and margin mode; without `leverage` a query."""
        body, account, change = base.Body(self, request), request.account, self.engine.settings
        mode, leverage = base.OPEN_TYPE.get(body.text("open_type") or ""), body.money("leverage")
        if mode is None:
            raise sim.VenueRefusal("40045", "open_type is invalid")
        if leverage is not None and leverage < 1:
            raise sim.VenueRefusal("40030", "The leverage is too small")
        settings = account.settings(body.symbol)
        if leverage is not None:
            before = settings.margin_mode
            change.set_margin_mode(account, body.symbol, mode)
            try:
                change.set_leverage(account, body.symbol, leverage, margin_mode=mode, every_mode=True)
            except BaseException:
                settings.margin_mode = before
                raise
        return {
            "symbol": rows.venue_symbol(body.contract),
            "leverage": str(settings.leverage(sim.PositionSide.LONG)),
            "open_type": settings.margin_mode.value,
            "max_value": str(body.contract.max_leverage),
        }
