"""Rows of Bitget's v3 WebSocket: not those of REST. Reference: venues/streams.md sections 3.3 to 3.9."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import MARGIN_WORDS, MODE_WORDS, product_type
from futures_async.adapters.bitget_uta.simulated import rows
from futures_async.adapters.bitget_uta.simulated.base import venue_symbol
from futures_async.simulator.venue import money, plain, rounded, share


def _category(contract: sim.ContractSpec) -> str:
    """In small letters here, in capitals over REST."""
    return product_type(contract).lower()


def _hold_side(order: sim.Order) -> str:
    return "net" if order.position_side is None else str(order.position_side)


def order_row(order: sim.Order, contract: sim.ContractSpec) -> dict[str, Any]:
    """Cumulative figures; no execution."""
    market = order.price is None
    hedge = order.position_mode is sim.PositionMode.HEDGE
    status = "new" if order.status is sim.OrderStatus.NEW else rows.STATES[order.status]
    trade = str(order.intent or sim.Intent.OPEN) if hedge else f"{order.side}_single"
    fees = [{"feeCoin": contract.settle, "fee": plain(order.fee)}] if order.filled else []
    listed = rows.order_row(order, contract, order.created_ms)
    return share(
        listed,
        "symbol orderId qty orderType side cumExecQty cumExecValue avgPrice holdMode createdTime updatedTime stpMode",
    ) | {
        "category": _category(contract),
        "clientOid": order.client_id or str(order.id),
        "price": "" if market else plain(order.price),
        "amount": plain(order.quantity * order.price) if order.price is not None else "0",
        "holdSide": _hold_side(order),
        "delegateType": "liquidation" if order.source is sim.Source.LIQUIDATION else "normal",
        "tradeSide": rows.trade_side(order) if order.source is sim.Source.LIQUIDATION else trade,
        "timeInForce": "ioc" if market else str(order.time_in_force),
        "marginMode": MARGIN_WORDS[order.margin_mode],
        "marginCoin": contract.settle,
        "reduceOnly": "yes" if order.reduce_only else "no",
        "totalProfit": plain(order.realized_pnl),
        "orderStatus": status,
        "cancelReason": rows.ended(order)["cancelReason"],
        "leverage": plain(order.leverage),
        "feeDetail": fees,
        **_protection("takeprofit", "tp", order.take_profit),
        **_protection("stoploss", "sl", order.stop_loss),
        "matchType": "0",
    }


def _protection(name: str, prefix: str, preset: sim.Preset | None) -> dict[str, str]:
    """Small letters on orders, unlike strategies and REST."""
    return {
        f"{prefix}TriggerBy": "" if preset is None else "mark" if preset.on_mark else "market",
        name: "" if preset is None else plain(preset.trigger_price),
        f"{prefix}OrderType": "" if preset is None else "market" if preset.price is None else "limit",
        f"{prefix}LimitPrice": "" if preset is None else plain(preset.price),
    }


def fast_fill_row(fill: sim.Fill, contract: sim.ContractSpec) -> dict[str, str]:
    """An early notice: no fee, no profit."""
    listed = rows.fill_row(fill, contract)
    return share(listed, "symbol updatedTime side orderId tradeScope execId execPrice execQty") | {
        "execTime": str(fill.created_ms),
        "holdSide": _hold_side(fill.order),
        "category": _category(contract),
        "clientOid": fill.order.client_id or str(fill.order.id),
    }


def fill_row(fill: sim.Fill, contract: sim.ContractSpec) -> dict[str, Any]:
    """An execution; fees are positive when paid."""
    order = fill.order
    hedge = order.position_mode is sim.PositionMode.HEDGE
    trade = str(order.intent or sim.Intent.OPEN) if hedge else f"{order.side}_single"
    row = share(rows.fill_row(fill, contract), "orderType execPnl feeDetail execLinkId execValue")
    side = rows.trade_side(order) if order.source is sim.Source.LIQUIDATION else trade
    return fast_fill_row(fill, contract) | row | {"tradeSide": side, "isRPI": "no"}


def position_row(listed: Mapping[str, Any], view: sim.PositionView) -> dict[str, str]:
    """No category and no id."""
    return share(
        listed,
        "symbol leverage openFeeTotal mmr breakEvenPrice available marginMode unrealisedPnl markPrice createdTime "
        "avgPrice updatedTime marginCoin frozen closeFeeTotal curRealisedPnl posSide holdMode",
    ) | {
        "liqPrice": listed["liquidationPrice"],
        "totalFundingFee": listed["totalFunding"],
        "size": listed["total"],
        "cashDividend": "0",
        "profitRate": plain(rounded(view.unrealized_pnl / view.margin)) if view.margin else "0",
        "marginSize": plain(view.margin),
        "positionStatus": "opening",
    }


def ended_row(record: sim.PositionRecord, contract: sim.ContractSpec, mark: Decimal) -> dict[str, str]:
    """Nothing of the life that is over: most numbers are empty, the profit is 0."""
    position = record.position
    empty = ("openFeeTotal", "closeFeeTotal", "mmr", "breakEvenPrice", "liqPrice", "totalFundingFee", "cashDividend")
    zero = ("available", "frozen", "size", "avgPrice", "marginSize", "unrealisedPnl", "curRealisedPnl")
    return {
        "symbol": venue_symbol(contract),
        "leverage": plain(position.leverage),
        **dict.fromkeys(empty, ""),
        **dict.fromkeys(zero, "0"),
        "marginMode": MARGIN_WORDS[position.margin_mode],
        "markPrice": plain(mark),
        "createdTime": str(position.created_ms),
        "updatedTime": str(record.closed_ms),
        "marginCoin": position.coin,
        "profitRate": "",
        "positionStatus": "ended",
        "posSide": str(position.side),
        "holdMode": MODE_WORDS[position.mode],
    }


def account_row(wallets: Sequence[sim.Wallet], dollars: Callable[[str], Decimal], coins: set[str]) -> dict[str, Any]:
    """Totals in dollars over all coins, and those that are named and not zero."""
    all_coins = rows.totals(wallets, dollars)
    return {
        "unrealisedPnL": plain(all_coins.unrealized),
        "totalEquity": plain(all_coins.equity),
        "positionMgnRatio": all_coins.ratio,
        "mmr": plain(all_coins.maintenance),
        "effEquity": plain(all_coins.backing),
        "imr": plain(all_coins.initial),
        "mgnRatio": all_coins.ratio,
        "coin": [
            {
                "debts": "0",
                "balance": plain(wallet.balance),
                "available": plain(wallet.available),
                "borrow": "0",
                "locked": "0",
                "equity": plain(wallet.equity),
                "coin": wallet.coin,
                "usdValue": plain(money(wallet.equity * dollars(wallet.coin))),
                "bonus": "0",
            }
            for wallet in wallets
            if wallet.coin in coins and wallet.balance
        ],
    }


def strategy_row(trigger: sim.Trigger, contract: sim.ContractSpec) -> dict[str, Any]:
    """The row of REST, and what that leaves out: side, kind, and whether it closes."""
    row = rows.waiting_row(trigger, contract)
    return row | {
        "category": _category(contract),
        "side": str(trigger.side),
        "reduceOnly": "yes" if trigger.kind.closes or trigger.reduce_only else "no",
        "type": rows.strategy_type(trigger),
        "triggerType": rows.fired_leg(trigger),
    }


def ticker_row(engine: sim.Engine, contract: sim.ContractSpec, listed: Mapping[str, Any]) -> dict[str, str]:
    return share(
        listed,
        "highPrice24h lowPrice24h openPrice24h lastPrice turnover24h volume24h bid1Price ask1Price bid1Size ask1Size "
        "price24hPcnt indexPrice markPrice fundingRate openInterest",
    ) | {"nextFundingTime": str(engine.figures.next_funding_ms(contract))}
