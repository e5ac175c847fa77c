"""Position endpoints. Reference: venues/bitget.md section 3.3."""

from __future__ import annotations

from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import MARGIN_WORDS, MODE_WORDS, V2
from futures_async.simulator.venue import get, plain

PATH = "/api/v2/mix/position"


class PositionCalls(V2):
    """Open and closed positions."""

    @get(f"{PATH}/single-position", sim.RateLimit(10), needs="symbol productType marginCoin")
    def single_position(self, request: sim.Request) -> list[dict[str, Any]]:
        """A list: no row, one, or one per side."""
        return self._rows(request.account, self.symbols(request.params), None)

    @get(f"{PATH}/all-position", sim.RateLimit(5))
    def all_position(self, request: sim.Request) -> list[dict[str, Any]]:
        symbols = {contract.symbol for contract in self.contracts(self.product(request.params))}
        return self._rows(request.account, symbols, request.params.get("marginCoin", "").upper() or None)

    def _rows(self, account: sim.Account, symbols: set[str], coin: str | None) -> list[dict[str, Any]]:
        held = [position for position in account.positions_of(coin=coin) if position.symbol in symbols]
        wallets = {coin: self.engine.margins.wallet(account, coin) for coin in {position.coin for position in held}}
        return [self.position_row(account, self.engine.margins.view(account, row, wallets[row.coin])) for row in held]

    def position_row(self, account: sim.Account, view: sim.PositionView) -> dict[str, Any]:
        position = view.position
        profit = _protection(account, position, sim.TriggerKind.POSITION_TAKE_PROFIT)
        loss = _protection(account, position, sim.TriggerKind.POSITION_STOP_LOSS)
        return {
            "marginCoin": position.coin,
            "symbol": self.name(position.symbol),
            "holdSide": str(position.side),
            "openDelegateSize": plain(view.opening),
            "marginSize": plain(view.margin),
            "available": plain(view.available),
            "locked": plain(view.locked),
            "total": plain(position.quantity),
            "leverage": plain(position.leverage),
            "achievedProfits": plain(position.realized_pnl),
            "openPriceAvg": plain(position.entry_price),
            "marginMode": MARGIN_WORDS[position.margin_mode],
            "posMode": MODE_WORDS[position.mode],
            "unrealizedPL": plain(view.unrealized_pnl),
            "liquidationPrice": plain(view.liquidation_price),
            "keepMarginRate": plain(view.maintenance_rate),
            "markPrice": plain(view.mark_price),
            "marginRatio": plain(view.margin_ratio),
            "breakEvenPrice": plain(view.break_even_price),
            # Funding over the position's life, empty until the first settlement; fees as a positive number.
            "totalFee": plain(position.funding) if position.funded else "",
            "deductedFee": plain(position.fee),
            "grant": "",
            "assetMode": "single",
            "autoMargin": "on" if position.auto_margin else "off",
            "takeProfit": "" if profit is None else plain(profit.trigger_price),
            "stopLoss": "" if loss is None else plain(loss.trigger_price),
            "takeProfitId": "" if profit is None else str(profit.id),
            "stopLossId": "" if loss is None else str(loss.id),
            "cashDividend": "",
            # Of the first position in this symbol and side, as the pushes have it.
            "cTime": str(account.slots[position.symbol, position.side].created_ms),
            "uTime": str(position.updated_ms),
        }

    @get(f"{PATH}/history-position", sim.RateLimit(20))
    def history_position(self, request: sim.Request) -> dict[str, Any]:
        """Closed positions. `endId` is not the last row's `positionId`."""
        # The product type is "ignored when symbol given".
        name, product = request.params.get("symbol"), request.params.get("productType")
        symbols = self.symbols({"symbol": name} if name else {"productType": product or "USDT-FUTURES"})
        rows, end = self.page(request, request.account.history, symbols, default=20)
        return {"list": [self._closed(record) for record in rows], "endId": end}

    def _closed(self, record: sim.PositionRecord) -> dict[str, Any]:
        position = record.position
        net = position.realized_pnl + position.funding - position.fee
        return {
            "positionId": str(position.id),
            "symbol": self.name(position.symbol),
            "marginCoin": position.coin,
            "holdSide": str(position.side),
            "openAvgPrice": plain(position.entry_price),
            "closeAvgPrice": plain(record.close_price),
            "marginMode": MARGIN_WORDS[position.margin_mode],
            "openTotalPos": plain(position.opened),
            "closeTotalPos": plain(position.closed),
            "pnl": plain(position.realized_pnl),
            "netProfit": plain(net),
            "totalFunding": plain(position.funding),
            "openFee": plain(-position.open_fee),
            "closeFee": plain(-position.close_fee),
            "posMode": MODE_WORDS[position.mode],
            "cashDividend": "0.00000000",
            "utime": str(record.closed_ms),
            "ctime": str(position.created_ms),
        }

    @get(f"{PATH}/adlRank", sim.RateLimit(5))
    def adl_rank(self, request: sim.Request) -> list[dict[str, str]]:
        """Nobody is deleveraged here."""
        symbols = {contract.symbol for contract in self.contracts(self.product(request.params))}
        return [
            {
                "symbol": self.name(position.symbol),
                "marginCoin": position.coin,
                "adlRank": "0.8",
                "rank": "0.2",
                "holdSide": str(position.side),
            }
            for position in request.account.positions_of()
            if position.symbol in symbols
        ]


def _protection(account: sim.Account, position: sim.Position, kind: sim.TriggerKind) -> sim.Trigger | None:
    for trigger in account.live_triggers.values():
        if trigger.kind is kind and trigger.symbol == position.symbol and trigger.position_side is position.side:
            return trigger
    return None
