"""The v1 dialect's rows as the simulated exchange writes them, after the examples of the seed documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import plain

STATUS = {
    sim.OrderStatus.NEW: "new",
    sim.OrderStatus.PARTIALLY_FILLED: "partially_filled",
    sim.OrderStatus.FILLED: "filled",
    sim.OrderStatus.CANCELED: "cancelled",
}
FORCE = {
    sim.TimeInForce.GTC: "limit",
    sim.TimeInForce.POST_ONLY: "post_only",
    sim.TimeInForce.FOK: "fok",
    sim.TimeInForce.IOC: "ioc",
}


def pair(symbol: str) -> str:
    """`BTC/USDT:USDT` is BTCUSDT."""
    return symbol.partition(":")[0].replace("/", "")


def order_type(order: sim.Order) -> str:
    """The type carries the time in force."""
    return FORCE[order.time_in_force] if order.type is sim.OrderType.LIMIT else "market"


def placed_row(order: sim.Order) -> dict[str, Any]:
    """What placing answers: the order as asked for, and "new" whatever has become of it since."""
    return {
        "orderId": str(order.id),
        "symbol": pair(order.symbol),
        "side": order.side.value,
        "orderType": order_type(order),
        "price": plain(order.price),
        "size": plain(order.quantity),
        "leverage": plain(order.leverage),
        "marginMode": order.margin_mode.value,
        "status": "new",
        "createTime": order.created_ms,
    }


def order_row(order: sim.Order) -> dict[str, Any]:
    return placed_row(order) | {
        "filledSize": plain(order.filled),
        "avgPrice": plain(order.average_price, "0"),
        "status": STATUS[order.status],
        "updateTime": order.updated_ms,
    }


def fill_row(fill: sim.Fill, coin: str) -> dict[str, Any]:
    """One execution; a fee that was paid is positive."""
    return {
        "tradeId": str(fill.id),
        "orderId": str(fill.order.id),
        "symbol": pair(fill.symbol),
        "side": fill.side.value,
        "price": plain(fill.price),
        "size": plain(fill.quantity),
        "fee": plain(fill.fee),
        "feeCurrency": coin,
        "role": "maker" if fill.role is sim.Role.MAKER else "taker",
        "createTime": fill.created_ms,
    }


def bill_type(row: sim.LedgerRow) -> str:
    """Documented are deposit, withdraw, fee, pnl as filters and realized_pnl in a row; funding has no word."""
    if row.kind is sim.LedgerKind.TRANSFER:
        return "deposit" if row.amount >= 0 else "withdraw"
    if row.kind is sim.LedgerKind.FUNDING:
        return "funding_fee"
    return "realized_pnl" if row.closing or row.kind is sim.LedgerKind.LIQUIDATION else "fee"


def bill_row(row: sim.LedgerRow) -> dict[str, Any]:
    """One bill; a fill that opens costs a fee and nothing else."""
    word = bill_type(row)
    side = "" if row.position_side is None else f" {row.position_side.value} position"
    return {
        "id": str(row.id),
        "symbol": "" if row.symbol is None else pair(row.symbol),
        "type": word,
        "amount": plain(-row.fee if word == "fee" else row.amount),
        "fee": plain(sim.ZERO if word == "fee" else row.fee),
        "createTime": row.created_ms,
        "info": f"Close{side}" if word == "realized_pnl" else f"Open{side}" if word == "fee" else word,
    }


def tier_rows(contract: sim.ContractSpec) -> list[dict[str, Any]]:
    """Tiers by size: the seed counts them in base coin, the engine in quote coin at the start price."""
    return [
        {
            "riskLimit": plain(tier.max_notional),
            "maxPositionSize": plain(tier.max_notional / contract.start_price // contract.step * contract.step),
            "maintainMargin": plain(tier.maintenance_rate),
            "initialMargin": plain(Decimal(1) / tier.max_leverage),
            "maxLeverage": str(tier.max_leverage),
        }
        for tier in contract.tiers
    ]


def position_row(engine: sim.Engine, account: sim.Account, position: sim.Position) -> dict[str, Any]:
    view = engine.margins.view(account, position)
    isolated = position.margin_mode is sim.MarginMode.ISOLATED
    return {
        "symbol": pair(position.symbol),
        "positionSide": "long" if position.side is sim.PositionSide.LONG else "short",
        "holdPosition": plain(position.quantity),
        "openPrice": plain(position.entry_price),
        "markPrice": plain(view.mark_price),
        "unrealizedPnl": plain(view.unrealized_pnl),
        "leverage": plain(position.leverage),
        "marginMode": position.margin_mode.value,
        "isolatedMargin": plain(position.margin if isolated else sim.ZERO),
        "positionMargin": plain(view.margin),
        "maintainMargin": plain(view.maintenance_margin),
        "marginRate": plain(view.margin_ratio),
        "liquidationPrice": plain(max(sim.ZERO, view.liquidation_price)),
        "createTime": position.created_ms,
        "updateTime": position.updated_ms,
    }


def account_row(engine: sim.Engine, account: sim.Account, coin: str) -> dict[str, Any]:
    """The account in one coin: `total` is the wallet, `marginBalance` the equity (1500 + 50 = 1550 in the sample)."""
    wallet = engine.margins.wallet(account, coin)
    notional = sum((engine.margins.view(account, p).notional for p in account.positions_of(coin=coin)), sim.ZERO)
    margin = wallet.cross_margin + wallet.isolated_margin
    return {
        "marginCoin": coin,
        "accountType": "futures",
        "available": plain(wallet.available),
        "total": plain(wallet.balance),
        "unrealizedPnl": plain(wallet.unrealized),
        "marginMode": account.default_settings.margin_mode.value,
        "riskLevel": "normal",
        "maintenanceMarginRate": plain(round(wallet.cross_maintenance / notional, 6)) if notional else "0",
        "marginBalance": plain(wallet.equity),
        "initialMarginRate": plain(round(margin / notional, 6)) if notional else "0",
    }
