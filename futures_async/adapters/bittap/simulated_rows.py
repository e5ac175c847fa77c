"""BitTap's rows as the simulated exchange writes them: assets, positions, orders, trades."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import money, plain, rounded

STATUS = {
    sim.OrderStatus.NEW: "NEW",
    sim.OrderStatus.PARTIALLY_FILLED: "PART_FILLED",
    sim.OrderStatus.FILLED: "FILLED",
    sim.OrderStatus.CANCELED: "CANCELED",
}
SOURCE = {sim.Source.LIQUIDATION: 2, sim.Source.REVERSE: 10}
MARGIN_MODE = {sim.MarginMode.CROSS: "CROSSED", sim.MarginMode.ISOLATED: "ISOLATED"}
POSITION_MODE = {sim.PositionMode.HEDGE: "HEDGE", sim.PositionMode.ONE_WAY: "ONEWAY"}


def symbol_id(symbol: str) -> str:
    """`BTC/USDT:USDT` is BTC-USDT-M."""
    base, _, rest = symbol.partition("/")
    return f"{base}-{rest.partition(':')[0]}-M"


class Rows:
    """Writes rows from the engine's records; field for field as the venue's tables list them."""

    def __init__(self, engine: sim.Engine) -> None:
        self._engine = engine

    def asset(self, account: sim.Account, coin: str) -> dict[str, str]:
        wallet = self._engine.margins.wallet(account, coin)
        locked = wallet.cross_margin + wallet.isolated_margin + wallet.order_margin
        return {
            "coin": coin,
            # As the example's figures show: balance - locked + crossProfitUnreal, whatever its comment says.
            "available": plain(money(wallet.balance - locked + wallet.cross_unrealized)),
            "balance": plain(wallet.balance),
            "canTransfer": plain(wallet.balance - locked),
            "crossLocked": "0",
            "crossMargin": "0",
            "crossProfitUnreal": plain(money(wallet.cross_unrealized)),
            "crossedMaintainMargin": plain(wallet.cross_maintenance),
            "crossedMaintainMarginRate": plain(wallet.margin_ratio),
            "equities": plain(wallet.equity),
            "isolatedLocked": "0",
            "isolatedMargin": "0",
            "locked": plain(locked),
            "profitUnreal": plain(wallet.unrealized),
            "totalTrialFundBalance": "0",
            "trialFundBalance": "0",
        }

    def positions(self, account: sim.Account, *, filled_in: bool) -> list[dict[str, Any]]:
        """Rows of account/info leave to null, or 0, what depends on the market; openPosition fills it in."""
        rows: list[dict[str, Any]] = []
        for position in account.positions_of():
            view = self._engine.margins.view(account, position)
            fee_rate = self._engine.world.taker_rate(position)
            value = money(position.quantity * position.entry_price)
            margin = (
                position.margin if position.margin_mode is sim.MarginMode.ISOLATED else money(value / position.leverage)
            )
            market: dict[str, Decimal] = {
                "closedFee": view.notional * fee_rate,
                "bkrFee": max(sim.ZERO, value - position.sign * margin) * fee_rate,
                "lastPrice": view.mark_price,
                "markPrice": view.mark_price,
                "marginRate": view.margin_ratio,
                "otherClosedFee": sim.ZERO,
                "otherMaintainMargin": sim.ZERO,
                "profitUnreal": view.unrealized_pnl,
                "profitUnrealRate": view.unrealized_pnl / margin if margin else sim.ZERO,
            }
            rows.append(
                {
                    "avgEntryPrice": plain(position.entry_price),
                    "ctime": position.created_ms,
                    "deductFeeAmount": "0",
                    "deductFundingAmount": "0",
                    "deductLossAmount": "0",
                    "entryValue": plain(value),
                    "feeAmount": plain(position.fee),
                    "feeAssetId": position.coin,
                    "frozenFee": "0",
                    "fundAmount": plain(position.funding),
                    "lastUpdateTime": position.updated_ms,
                    "leverage": int(position.leverage),
                    # "0 means will not trigger"
                    "liquidPrice": plain(max(sim.ZERO, view.liquidation_price)) if filled_in else "0",
                    "maintainMargin": plain(money(view.maintenance_margin)) if filled_in else "0",
                    "margin": plain(margin),
                    "marginMode": MARGIN_MODE[position.margin_mode],
                    "pnl": plain(position.realized_pnl),
                    "posTpSlSize": 0,
                    "positionId": str(position.id),
                    "positionMode": POSITION_MODE[position.mode],
                    "quantity": plain(position.quantity),
                    "realizedPnl": plain(position.realized_pnl - position.fee + position.funding),
                    "side": "BUY" if position.side is sim.PositionSide.LONG else "SELL",
                    "symbolId": symbol_id(position.symbol),
                    "tpSl": None,
                    "tpSlOrders": [],
                    "tpSlSize": 0,
                    "uid": account.uid,
                    **{name: plain(rounded(number)) if filled_in else None for name, number in market.items()},
                }
            )
        return rows

    def _row(self, order: sim.Order, uid: str) -> dict[str, Any]:
        """What both kinds of order rows have."""
        force = order.time_in_force
        return {
            "avgPrice": plain(order.average_price, "0"),
            "conditionOrderId": "",
            "feeAmount": plain(order.fee),
            "feeAssetId": self._engine.world.contract(order.symbol).settle,
            "leverage": int(order.leverage),
            "marginMode": MARGIN_MODE[order.margin_mode],
            "mtime": order.updated_ms,
            "positionMode": POSITION_MODE[order.position_mode],
            "postOnly": int(force is sim.TimeInForce.POST_ONLY),
            "price": plain(order.price, "0"),
            "profit": plain(order.realized_pnl),
            "side": order.side.value.upper(),
            "status": STATUS[order.status],
            "symbolId": symbol_id(order.symbol),
            "timeInForce": "GTC" if force is sim.TimeInForce.POST_ONLY else force.value.upper(),
            "totalAmount": plain(order.quantity * (order.price or order.average_price or sim.ZERO)),
            "totalQuantity": plain(order.quantity),
            "tradeAmount": plain(order.filled_value),
            "tradeQuantity": plain(order.filled),
            "type": "LIMIT" if order.type is sim.OrderType.LIMIT else "MARKET",
            "uid": uid,
        }

    def open_order(self, order: sim.Order, uid: str) -> dict[str, Any]:
        return self._row(order, uid) | {
            "ctime": order.created_ms,
            "orderId": str(order.id),
            "profitRate": "0",
            "quantity": plain(order.remaining),
            "reduceOnly": order.closes,
            "remainingLocked": plain((order.price or sim.ZERO) * order.remaining / order.leverage),
            "tpSl": None,
        }

    def past_order(self, order: sim.Order, uid: str) -> dict[str, Any]:
        contract = self._engine.world.contract(order.symbol)
        price = order.price or order.average_price or sim.ZERO
        return self._row(order, uid) | {
            "id": str(order.id),
            "orderTime": order.created_ms,
            "reduceOnly": int(order.closes),
            "amount": plain(order.quantity * price),
            "quantity": plain(order.quantity),
            "cancelAmount": plain(order.remaining * price),
            "cancelQuantity": plain(order.remaining),
            "cancelReason": int(bool(order.cancel_reason)),
            "feeRateMaker": plain(contract.maker_rate),
            "feeRateTaker": plain(contract.taker_rate),
            "liquidationFeeRate": "0",
            "lockAssetId": contract.settle,
            "locked": "0",
            "releasedLock": "0",
            "positionId": "",
            "slPrice": "",
            "slType": "",
            "tpPrice": "",
            "tpType": "",
            "source": SOURCE.get(order.source, 0),
            "reverseOrder": int(order.source is sim.Source.REVERSE),
        }

    def trade(self, fill: sim.Fill, uid: str) -> dict[str, Any]:
        order = fill.order
        liquidation = order.source is sim.Source.LIQUIDATION
        return {
            "dealType": 2 if liquidation else 1,
            "deductFeeAmount": "0",
            "deductLossAmount": "0",
            "feeAmount": plain(fill.fee),
            "feeAssetId": self._engine.world.contract(fill.symbol).settle,
            "leverage": int(order.leverage),
            "liquidityType": 1 if fill.role is sim.Role.TAKER else 2,
            "marginMode": MARGIN_MODE[order.margin_mode],
            "markPrice": plain(fill.price),
            "orderId": str(order.id),
            "positionId": "",
            "positionMode": POSITION_MODE[order.position_mode],
            "profit": plain(fill.realized_pnl),
            "side": fill.side.value.upper(),
            "source": "2" if liquidation else None,
            "symbolId": symbol_id(fill.symbol),
            "tradeAmount": plain(fill.price * fill.quantity),
            "tradeId": str(fill.id),
            "tradePrice": plain(fill.price),
            "tradeQuantity": plain(fill.quantity),
            "tradeTime": fill.created_ms,
            "tradeType": 1,
            "type": "LIMIT" if order.type is sim.OrderType.LIMIT else "MARKET",
            "uid": uid,
        }
