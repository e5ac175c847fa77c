"""What the venue reckons in advance. Reference: venues/bitget.md section 3.2."""

from __future__ import annotations

from decimal import Decimal

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.account import ONE, PATH
from futures_async.adapters.bitget.simulated.base import SIDES, V2
from futures_async.adapters.bitget.simulated.gate import needed_number, number, pick, word
from futures_async.simulator.venue import critical_price, get, plain, rounded


class EstimateCalls(V2):
    """Sizes and prices of positions that are not open."""

    @get(f"{PATH}/open-count", sim.RateLimit(10), needs=f"{ONE} openAmount openPrice")
    def open_count(self, request: sim.Request) -> dict[str, str]:
        """From the figures in the request alone."""
        contract = self.contract(request.params)
        price = needed_number(request.params, "openPrice")
        leverage = number(request.params, "leverage") or Decimal(20)
        if price <= 0 or leverage <= 0:
            raise sim.VenueRefusal("41103", "param openPrice error")
        value = contract.value(Decimal(1), price)
        size = needed_number(request.params, "openAmount") / (value * (1 / leverage + contract.taker_rate))
        return {"size": plain(size // contract.step * contract.step)}

    def _opening_price(self, request: sim.Request) -> tuple[sim.ContractSpec, sim.PositionSide, Decimal]:
        params = request.params
        contract = self.contract(params)
        side = pick(params, "posSide", SIDES)
        book = self.engine.world.book(contract.symbol)
        if word(params, "orderType", ("limit", "market")) == "limit":
            return contract, side, needed_number(params, "openPrice")
        return contract, side, book.ask if side is sim.PositionSide.LONG else book.bid

    @get(f"{PATH}/max-open", sim.RateLimit(20), needs=f"{ONE} posSide orderType")
    def max_open(self, request: sim.Request) -> dict[str, str]:
        """What margin and tier allow now."""
        contract, side, price = self._opening_price(request)
        if price <= 0:
            raise sim.VenueRefusal("41103", "param openPrice error")
        largest = self.engine.margins.largest_opening(request.account, contract.symbol, side, price)
        return {"maxOpen": plain(largest)}

    @get(f"{PATH}/liq-price", sim.RateLimit(20), needs=f"{ONE} posSide orderType")
    def liq_price(self, request: sim.Request) -> dict[str, str]:
        """Of a position that would be opened, with all of the account behind it; may be negative."""
        contract, side, price = self._opening_price(request)
        amount = needed_number(request.params, "openAmount")
        if amount <= 0 or price <= 0:
            raise sim.VenueRefusal("41103", "param openAmount error")
        rate = contract.tier(amount * price).maintenance_rate + contract.taker_rate
        equity = self.engine.margins.wallet(request.account, contract.settle).cross_equity
        would_be = sim.Position(
            id=0,
            symbol=contract.symbol,
            coin=contract.settle,
            side=side,
            mode=request.account.mode(contract.symbol),
            margin_mode=sim.MarginMode.CROSS,
            leverage=Decimal(1),
            quantity=amount,
            entry_price=price,
            created_ms=0,
            updated_ms=0,
        )
        return {"liqPrice": plain(rounded(critical_price(contract, [would_be], equity, rate)))}
