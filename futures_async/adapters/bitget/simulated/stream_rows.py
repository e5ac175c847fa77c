"""Rows of Bitget's v2 WebSocket: not those of REST. Reference: venues/streams.md sections 2.7 to 2.14."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated import rows
from futures_async.adapters.bitget.simulated.base import MARGIN_WORDS, MODE_WORDS, cut4, times
from futures_async.simulator.venue import money, plain, rounded

ALGO_TYPES = {
    "normal_plan": "pl",
    "track_plan": "track",
    "profit_plan": "tp",
    "loss_plan": "sl",
    "pos_profit": "ptp",
    "pos_loss": "psl",
    "moving_plan": "mtpsl",
}


def order_row(
    order: sim.Order, fill: sim.Fill | None, contract: sim.ContractSpec, name: str, mark: Decimal
) -> dict[str, Any]:
    """A complete row; fields of the last fill on pushes of fills only, no average and no profit on cancels."""
    ended = order.status is sim.OrderStatus.CANCELED
    row: dict[str, Any] = {
        "instId": name,
        "orderId": str(order.id),
        "clientOid": order.client_id or str(order.id),
        "price": plain(order.price, "0"),
        "size": plain(order.quantity),
        "notionalUsd": cut4(order.quantity * (order.price or mark)),
        "orderType": "limit" if order.type is sim.OrderType.LIMIT else "market",
        "force": str(order.time_in_force),
        "side": rows.venue_side(order),
        "posSide": str(order.position_side) if order.position_side is not None else "net",
        "tradeSide": rows.trade_side(order),
        "posMode": MODE_WORDS[order.position_mode],
        "marginMode": MARGIN_WORDS[order.margin_mode],
        "marginCoin": contract.settle,
        "leverage": plain(order.leverage),
        "reduceOnly": "yes" if order.closes else "no",
        "status": rows.STATES[order.status],
        "accBaseVolume": plain(order.filled),
        "feeDetail": [{"feeCoin": contract.settle, "fee": f"{-order.fee:.8f}" if order.fee else "0.00000000"}],
        "totalProfits": plain(order.realized_pnl),
        "cancelReason": rows.CANCEL_REASONS.get(order.cancel_reason, "normal_cancel"),
        "stpMode": "none",
        "enterPointSource": "SYS" if order.source is sim.Source.LIQUIDATION else "API",
    }
    row |= _presets(order)
    if order.filled and not ended:
        row |= {"priceAvg": plain(order.average_price), "pnl": plain(order.realized_pnl)}
    if fill is not None:
        row |= {
            "tradeId": str(fill.id),
            "fillPrice": plain(fill.price),
            "baseVolume": plain(fill.quantity),
            "fillTime": str(fill.created_ms),
            "fillFee": plain(-fill.fee),
            "fillFeeCoin": contract.settle,
            "fillNotionalUsd": cut4(fill.price * fill.quantity),
            "tradeScope": "M" if fill.role is sim.Role.MAKER else "T",
        }
    return row | times(order.created_ms, order.updated_ms)


def _presets(order: sim.Order) -> dict[str, str]:
    """A trigger price only where there is one; the other words are there always, and empty."""
    row: dict[str, str] = {}
    for name, preset in (("presetStopSurplus", order.take_profit), ("presetStopLoss", order.stop_loss)):
        if preset is not None:
            row[f"{name}Price"] = plain(preset.trigger_price)
        row[f"{name}ExecutePrice"] = "" if preset is None else plain(preset.price)
        row[f"{name}Type"] = "" if preset is None else "mark_price" if preset.on_mark else "fill_price"
    return row


def fill_row(fill: sim.Fill, contract: sim.ContractSpec, name: str) -> dict[str, Any]:
    """`side` is what the market saw, in hedge mode too."""
    order = fill.order
    fee = {
        "feeCoin": contract.settle,
        "deduction": "no",
        "totalDeductionFee": "0",
        "totalFee": plain(-fill.fee),
    }
    return {
        "orderId": str(order.id),
        "clientOid": order.client_id or str(order.id),
        "tradeId": str(fill.id),
        "symbol": name,
        "side": str(fill.side),
        "orderType": "limit" if order.type is sim.OrderType.LIMIT else "market",
        "posMode": MODE_WORDS[order.position_mode],
        "price": plain(fill.price),
        "baseVolume": plain(fill.quantity),
        "quoteVolume": cut4(fill.price * fill.quantity),
        "profit": plain(fill.realized_pnl),
        "tradeSide": rows.trade_side(order),
        "tradeScope": "maker" if fill.role is sim.Role.MAKER else "taker",
        "feeDetail": [fee],
        **times(fill.created_ms, fill.created_ms),
    }


def position_row(view: sim.PositionView, slot: sim.Slot, name: str) -> dict[str, Any]:
    """Id and `cTime` are the slot's: they outlive the position. `leverage` is a number."""
    position = view.position
    row: dict[str, Any] = {
        "posId": str(slot.id),
        "instId": name,
        "marginCoin": position.coin,
        "marginSize": plain(view.margin),
        "marginMode": MARGIN_WORDS[position.margin_mode],
        "holdSide": str(position.side),
        "posMode": MODE_WORDS[position.mode],
        "total": plain(position.quantity),
        "available": plain(view.available),
        "frozen": plain(view.locked),
        "openPriceAvg": plain(position.entry_price),
        "leverage": int(position.leverage),
        "achievedProfits": plain(position.realized_pnl),
        "unrealizedPL": plain(view.unrealized_pnl),
        "unrealizedPLR": plain(rounded(view.unrealized_pnl / view.margin)) if view.margin else "0",
        "liquidationPrice": plain(view.liquidation_price),
        "keepMarginRate": plain(view.maintenance_rate),
        "marginRate": plain(view.margin_ratio),
        "breakEvenPrice": plain(view.break_even_price),
        # Funding over the position's life, empty until the first settlement; fees as a positive number.
        "totalFee": plain(position.funding) if position.funded else "",
        "deductedFee": plain(position.fee),
        "markPrice": plain(view.mark_price),
        "assetMode": "single",
        "autoMargin": "on" if position.auto_margin else "off",
        **times(slot.created_ms, position.updated_ms),
    }
    if position.margin_mode is sim.MarginMode.ISOLATED:
        row["isolatedMarginRate"] = plain(view.margin_ratio)
    return row


def closed_row(record: sim.PositionRecord, slot: sim.Slot, name: str) -> dict[str, str]:
    """Isolated is `fixed` here, and here alone; `cTime` is this life's."""
    position = record.position
    isolated = position.margin_mode is sim.MarginMode.ISOLATED
    return {
        "posId": str(slot.id),
        "instId": name,
        "marginCoin": position.coin,
        "marginMode": "fixed" if isolated else "crossed",
        "holdSide": str(position.side),
        "posMode": MODE_WORDS[position.mode],
        "openPriceAvg": plain(position.entry_price),
        "closePriceAvg": plain(record.close_price),
        "openSize": plain(position.opened),
        "closeSize": plain(position.closed),
        "achievedProfits": plain(position.realized_pnl),
        "settleFee": plain(position.funding),
        "openFee": plain(-position.open_fee),
        "closeFee": plain(-position.close_fee),
        **times(position.created_ms, record.closed_ms),
    }


def account_row(wallet: sim.Wallet, dollars: Decimal) -> dict[str, str]:
    """Absolute values; the row has no time of its own."""
    return {
        "marginCoin": wallet.coin,
        "frozen": plain(wallet.order_margin),
        "available": plain(wallet.available),
        "maxOpenPosAvailable": plain(wallet.available),
        "maxTransferOut": plain(wallet.transferable),
        "equity": plain(wallet.equity),
        "usdtEquity": plain(money(wallet.equity * dollars)),
        "crossedRiskRate": plain(wallet.margin_ratio),
        "unrealizedPL": plain(wallet.unrealized),
        "unionTotalMargin": "0",
        "unionAvailable": "0",
        "unionMm": "0",
        "assetsMode": "single",
    }


def equity_row(wallets: Sequence[sim.Wallet], worth: Mapping[str, Decimal], bitcoin: Decimal) -> dict[str, str]:
    """All coins together."""
    equity = sum((wallet.equity * worth[wallet.coin] for wallet in wallets), sim.ZERO)
    unrealized = sum((wallet.unrealized * worth[wallet.coin] for wallet in wallets), sim.ZERO)
    return {
        "usdtEquity": plain(money(equity)),
        "btcEquity": plain(money(equity / bitcoin)),
        "unrealizedPL": plain(money(unrealized)),
        "unionTotalMargin": "0",
        "unionAvailable": "0",
        "unionMm": "0",
    }


def algo_row(trigger: sim.Trigger, name: str) -> dict[str, Any]:
    """Other words for the plan's type than REST has."""
    hedge = trigger.position_mode is sim.PositionMode.HEDGE
    mark = "mark_price" if trigger.on_mark else "fill_price"
    side = str(trigger.side)
    if hedge and trigger.position_side is not None:
        side = rows.position_direction(trigger.position_side)
    return {
        "instId": name,
        "orderId": str(trigger.id),
        "clientOid": trigger.client_id or str(trigger.id),
        "triggerPrice": plain(trigger.trigger_price),
        "triggerType": mark,
        "triggerTime": str(trigger.updated_ms),
        "planType": ALGO_TYPES[rows.plan_type(trigger)],
        "price": plain(trigger.trigger_price),
        "executePrice": plain(trigger.price, "0"),
        "size": plain(trigger.quantity),
        "actualSize": "0",
        "orderType": "market" if trigger.price is None else "limit",
        "side": side,
        "tradeSide": str(trigger.intent or sim.Intent.OPEN) if hedge else f"{trigger.side}_single",
        "posSide": str(trigger.position_side) if hedge else "net",
        "marginCoin": trigger.symbol.rpartition(":")[2],
        "status": rows.PLAN_STATES[trigger.status],
        "posMode": MODE_WORDS[trigger.position_mode],
        "enterPointSource": "api",
        "stopSurplusTriggerType": mark,
        "stopLossTriggerType": mark,
        "stpMode": "none",
        **times(trigger.created_ms, trigger.updated_ms),
    }


def ticker_row(engine: sim.Engine, contract: sim.ContractSpec, name: str) -> dict[str, Any]:
    """The only channel with mark, index and funding."""
    figures, book = engine.figures, engine.world.book(contract.symbol)
    day = figures.day(contract)
    return {
        "instId": name,
        "lastPr": plain(book.last),
        "bidPr": plain(book.bid),
        "askPr": plain(book.ask),
        "bidSz": plain(contract.top_size),
        "askSz": plain(contract.top_size),
        "open24h": plain(day.open),
        "high24h": plain(day.high),
        "low24h": plain(day.low),
        "change24h": plain(day.change),
        "fundingRate": plain(figures.funding_rate(contract)),
        "nextFundingTime": str(figures.next_funding_ms(contract)),
        "markPrice": plain(book.mark),
        "indexPrice": plain(book.index_price),
        "holdingAmount": plain(day.volume),
        "baseVolume": plain(day.volume),
        "quoteVolume": plain(day.turnover),
        "openUtc": plain(day.open),
        "symbolType": 1,
        "symbol": name,
        "deliveryPrice": "0",
        "ts": str(engine.now_ms),
    }
