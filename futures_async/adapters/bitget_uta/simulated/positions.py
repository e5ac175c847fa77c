"""Position endpoints of v3. Reference: venues/bitget-uta.md section 3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import MARGIN_WORDS, MODE_WORDS, SIDES
from futures_async.adapters.bitget.simulated.gate import maybe
from futures_async.adapters.bitget_uta.simulated.base import CURSOR_OFFSET, V3, listed
from futures_async.simulator.venue import get, money, plain, rounded

PATH = "/api/v3/position"


class PositionCalls(V3):
    """Open and closed positions."""

    @get(f"{PATH}/current-position", sim.RateLimit(20), needs="category")
    def current_position(self, request: sim.Request) -> dict[str, Any]:
        """`list` is null when flat."""
        symbols, side = self.symbols(request.params), maybe(request.params, "posSide", SIDES)
        rows = [
            self.position_row(self.engine.margins.view(request.account, position))
            for position in request.account.positions_of()
            if position.symbol in symbols and side in (None, position.side)
        ]
        return {"list": rows or None}

    def position_row(self, view: sim.PositionView) -> dict[str, str]:
        position = view.position
        contract = self.engine.world.contract(position.symbol)
        balance = view.margin
        if position.margin_mode is sim.MarginMode.CROSS:
            # A moving requirement: notional x (1/leverage + taker rate).
            balance = view.value * (1 / position.leverage + contract.taker_rate)
        balance = balance.quantize(Decimal("1e-8"))
        profit = rounded(view.unrealized_pnl / balance) if balance else sim.ZERO
        return {
            "category": self.product_of(position.symbol),
            "symbol": self.name(position.symbol),
            "marginCoin": position.coin,
            "holdMode": MODE_WORDS[position.mode],
            "posSide": str(position.side),
            "marginMode": MARGIN_WORDS[position.margin_mode],
            "positionBalance": plain(balance),
            "available": plain(view.available),
            "frozen": plain(view.locked),
            "total": plain(position.quantity),
            "leverage": plain(position.leverage),
            "curRealisedPnl": plain(position.realized_pnl),
            "avgPrice": plain(position.entry_price),
            "positionStatus": "normal",
            "unrealisedPnl": plain(money(view.unrealized_pnl)),
            "liquidationPrice": plain(max(sim.ZERO, view.liquidation_price)),
            "mmr": plain(view.maintenance_rate),
            "profitRate": plain(profit),
            "markPrice": plain(view.mark_price),
            "breakEvenPrice": plain(view.break_even_price),
            "totalFunding": plain(position.funding),
            "openFeeTotal": plain(-position.open_fee),
            "closeFeeTotal": plain(-position.close_fee),
            "createdTime": str(position.created_ms),
            "updatedTime": str(position.updated_ms),
        }

    @get(f"{PATH}/history-position", sim.RateLimit(20), needs="category")
    def history_position(self, request: sim.Request) -> dict[str, Any]:
        history, symbols = request.account.history, self.symbols(request.params)
        rows, cursor = self.page(request, history, symbols, offset=CURSOR_OFFSET)
        return listed([self._past(record) for record in rows], cursor)

    def _past(self, record: sim.PositionRecord) -> dict[str, str]:
        position = record.position
        return {
            "positionId": str(position.id),
            "category": self.product_of(position.symbol),
            "symbol": self.name(position.symbol),
            "marginCoin": position.coin,
            "holdMode": MODE_WORDS[position.mode],
            "posSide": str(position.side),
            "marginMode": MARGIN_WORDS[position.margin_mode],
            "openPriceAvg": plain(position.entry_price),
            "closePriceAvg": plain(record.close_price),
            "openTotalPos": plain(position.opened),
            "closeTotalPos": plain(position.closed),
            "cumRealisedPnl": plain(position.realized_pnl),
            "netProfit": plain(position.realized_pnl + position.funding - position.fee),
            "totalFunding": plain(position.funding),
            "openFeeTotal": plain(-position.open_fee),
            "closeFeeTotal": plain(-position.close_fee),
            "createdTime": str(position.created_ms),
            "updatedTime": str(record.closed_ms),
        }

    @get(f"{PATH}/adlRank", sim.RateLimit(1))
    def adl_rank(self, request: sim.Request) -> list[dict[str, str]]:
        """Nobody is deleveraged here."""
        return [
            {
                "symbol": self.name(position.symbol),
                "marginCoin": position.coin,
                "adlRank": "0.2",
                "holdSide": str(position.side),
            }
            for position in request.account.positions_of()
        ]
