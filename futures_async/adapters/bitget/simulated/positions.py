"""Position endpoints. Reference: venues/bitget.md section 3.3."""

from __future__ import annotations

from typing import Any

from futures_async.adapters.bitget.simulated.base import MARGIN_WORDS, MODE_WORDS, V2
from futures_async.adapters.bitget.simulated.gate import required
from futures_async.simulator.accounts import Account
from futures_async.simulator.dialect import Request, Route, plain
from futures_async.simulator.margins import PositionView, Wallet
from futures_async.simulator.records import Position, PositionRecord, Trigger, TriggerKind
from futures_async.transport.endpoint import RateLimit

PATH = "/api/v2/mix/position"


class PositionCalls(V2):
    """Open and closed positions."""

    def position_routes(self) -> list[Route]:
        """The rows of the table."""
        return [
            Route("GET", f"{PATH}/single-position", self.single_position, RateLimit(10)),
            Route("GET", f"{PATH}/all-position", self.all_position, RateLimit(5)),
            Route("GET", f"{PATH}/history-position", self.history_position, RateLimit(20)),
            Route("GET", f"{PATH}/adlRank", self.adl_rank, RateLimit(5)),
        ]

    def single_position(self, request: Request) -> list[dict[str, Any]]:
        """A list: no row, one, or one per side."""
        required(request.params, "symbol", "productType", "marginCoin")
        return self._rows(request.account, symbol=self.contract(request.params).symbol)

    def all_position(self, request: Request) -> list[dict[str, Any]]:
        """All of a product type."""
        product, coin = self.product(request.params), request.params.get("marginCoin", "").upper() or None
        return self._rows(request.account, coin=coin, product=product)

    def _rows(
        self, account: Account, *, coin: str | None = None, symbol: str | None = None, product: str | None = None
    ) -> list[dict[str, Any]]:
        wallets: dict[str, Wallet] = {}
        rows: list[dict[str, Any]] = []
        for position in account.positions_of(coin=coin, symbol=symbol):
            if product not in (None, self.product_of(position.symbol)):
                continue
            wallet = wallets.get(position.coin)
            if wallet is None:
                wallet = wallets[position.coin] = self.engine.margins.wallet(account, position.coin)
            rows.append(self._row(account, self.engine.margins.view(account, position, wallet)))
        return rows

    def _row(self, account: Account, view: PositionView) -> dict[str, Any]:
        position = view.position
        profit = _protection(account, position, TriggerKind.POSITION_TAKE_PROFIT)
        loss = _protection(account, position, TriggerKind.POSITION_STOP_LOSS)
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

    def history_position(self, request: Request) -> dict[str, Any]:
        """Closed positions. `endId` is not the last row's `positionId`."""
        params = request.params
        if params.get("symbol"):
            # "Ignored when symbol given."
            symbol: str | None = self.contract({"symbol": params["symbol"]}).symbol
            product = None
        else:
            symbol, product = None, self.product({"productType": params.get("productType") or "USDT-FUTURES"})

        def match(record: PositionRecord) -> bool:
            position = record.position
            return symbol in (None, position.symbol) and product in (None, self.product_of(position.symbol))

        rows, end = self.page(
            request,
            request.account.history,
            key=lambda record: record.record_id,
            match=match,
            time_of=lambda record: record.closed_ms,
            default=20,
        )
        return {"list": [self._closed(record) for record in rows], "endId": end}

    def _closed(self, record: PositionRecord) -> dict[str, Any]:
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

    def adl_rank(self, request: Request) -> list[dict[str, str]]:
        """Nobody is deleveraged here."""
        product = self.product(request.params)
        return [
            {
                "symbol": self.name(position.symbol),
                "marginCoin": position.coin,
                "adlRank": "0.8",
                "rank": "0.2",
                "holdSide": str(position.side),
            }
            for position in request.account.positions_of()
            if self.product_of(position.symbol) == product
        ]


def _protection(account: Account, position: Position, kind: TriggerKind) -> Trigger | None:
    for trigger in account.live_triggers.values():
        if trigger.kind is kind and trigger.symbol == position.symbol and trigger.position_side is position.side:
            return trigger
    return None
