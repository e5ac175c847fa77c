"""Position endpoints of v3. Reference: venues/bitget-uta.md section 3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from futures_async.adapters.bitget.simulated.gate import word
from futures_async.adapters.bitget_uta.simulated.base import HOLD_WORDS, MARGIN_WORDS, SIDES, V3, listed
from futures_async.simulator.dialect import Request, Route, plain
from futures_async.simulator.margins import PositionView
from futures_async.simulator.records import ZERO, PositionRecord
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.enums import MarginMode

PATH = "/api/v3/position"


class PositionCalls(V3):
    """Open and closed positions."""

    def position_routes(self) -> list[Route]:
        """The rows of the table."""
        return [
            Route("GET", f"{PATH}/current-position", self.current_position, RateLimit(20)),
            Route("GET", f"{PATH}/history-position", self.history_position, RateLimit(20)),
            Route("GET", f"{PATH}/adlRank", self.adl_rank, RateLimit(1)),
        ]

    def current_position(self, request: Request) -> dict[str, Any]:
        """`list` is null when flat."""
        params, account = request.params, request.account
        category, contract = self.category(params), self.maybe_contract(params)
        side = SIDES[word(params, "posSide", tuple(SIDES))] if params.get("posSide") else None
        rows = [
            self._position(self.engine.margins.view(account, position), category)
            for position in account.positions_of(symbol=None if contract is None else contract.symbol)
            if self.category_of(position.symbol) == category and side in (None, position.side)
        ]
        return {"list": rows or None}

    def _position(self, view: PositionView, category: str) -> dict[str, str]:
        position = view.position
        contract = self.engine.world.contract(position.symbol)
        balance = view.margin
        if position.margin_mode is MarginMode.CROSS:
            # A moving requirement: notional x (1/leverage + taker rate).
            balance = view.value * (1 / position.leverage + contract.taker_rate)
        balance = balance.quantize(Decimal("1e-8"))
        profit = (view.unrealized_pnl / balance).quantize(Decimal("1e-16")) if balance else ZERO
        return {
            "category": category,
            "symbol": self.name(position.symbol),
            "marginCoin": position.coin,
            "holdMode": HOLD_WORDS[position.mode],
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
            "unrealisedPnl": plain(view.unrealized_pnl),
            "liquidationPrice": plain(max(ZERO, view.liquidation_price)),
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

    def history_position(self, request: Request) -> dict[str, Any]:
        """Closed positions."""
        params = request.params
        category, contract = self.category(params), self.maybe_contract(params)

        def match(record: PositionRecord) -> bool:
            position = record.position
            at_home = self.category_of(position.symbol) == category
            return at_home and (contract is None or contract.symbol == position.symbol)

        rows, cursor = self.page(
            request,
            request.account.history,
            key=lambda record: record.record_id,
            match=match,
            time_of=lambda record: record.closed_ms,
            offset=1_000_003,
        )
        return listed([self._past(record, category) for record in rows], cursor)

    def _past(self, record: PositionRecord, category: str) -> dict[str, str]:
        position = record.position
        return {
            "positionId": str(position.id),
            "category": category,
            "symbol": self.name(position.symbol),
            "marginCoin": position.coin,
            "holdMode": HOLD_WORDS[position.mode],
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

    def adl_rank(self, request: Request) -> list[dict[str, str]]:
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
