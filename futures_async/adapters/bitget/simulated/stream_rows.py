"""Rows of Bitget's v2 WebSocket: not those of REST. Reference: venues/streams.md sections 2.7 to 2.14."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated import rows
from futures_async.adapters.bitget.simulated.base import MODE_WORDS, cut4, times
from futures_async.simulator.venue import money, plain, rounded, share

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
    order: sim.Order, fill: sim.Fill | None, contract: sim.ContractSpec, name: Callable[[str], str], mark: Decimal
) -> dict[str, Any]:
    """A complete row; fields of the last fill on pushes of fills only, no average and no profit on cancels."""
    ended = order.status is sim.OrderStatus.CANCELED
    row = share(
        rows.order_row(order, name),
        "orderId clientOid size orderType force side posSide tradeSide posMode marginMode marginCoin leverage status "
        "totalProfits cTime uTime",
    ) | {
        "instId": name(order.symbol),
        "price": plain(order.price, "0"),
        "notionalUsd": cut4(order.quantity * (order.price or mark)),
        "reduceOnly": "yes" if order.closes else "no",
        "accBaseVolume": plain(order.filled),
        "feeDetail": [{"feeCoin": contract.settle, "fee": f"{-order.fee:.8f}" if order.fee else "0.00000000"}],
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
    return row


def _presets(order: sim.Order) -> dict[str, str]:
    """A trigger price only where there is one; the other words are there always, and empty."""
    row: dict[str, str] = {}
    for name, preset in (("presetStopSurplus", order.take_profit), ("presetStopLoss", order.stop_loss)):
        if preset is not None:
            row[f"{name}Price"] = plain(preset.trigger_price)
        row[f"{name}ExecutePrice"] = "" if preset is None else plain(preset.price)
        row[f"{name}Type"] = "" if preset is None else "mark_price" if preset.on_mark else "fill_price"
    return row


def fill_row(fill: sim.Fill, contract: sim.ContractSpec, name: Callable[[str], str]) -> dict[str, Any]:
    """`side` is what the market saw, in hedge mode too."""
    order = fill.order
    fee = {
        "feeCoin": contract.settle,
        "deduction": "no",
        "totalDeductionFee": "0",
        "totalFee": plain(-fill.fee),
    }
    listed = rows.fill_row(fill, name, history=False)
    names = "orderId tradeId symbol posMode price baseVolume quoteVolume profit tradeSide tradeScope"
    return share(listed, names) | {
        "clientOid": order.client_id or str(order.id),
        "side": str(fill.side),
        "orderType": "limit" if order.type is sim.OrderType.LIMIT else "market",
        "feeDetail": [fee],
        **times(fill.created_ms, fill.created_ms),
    }


def position_row(listed: Mapping[str, Any], view: sim.PositionView, slot: sim.Slot) -> dict[str, Any]:
    """The id is the slot's: it outlives the position. `leverage` is a number."""
    position = view.position
    row = share(
        listed,
        "marginCoin marginSize marginMode holdSide posMode total available openPriceAvg achievedProfits unrealizedPL "
        "liquidationPrice keepMarginRate breakEvenPrice totalFee deductedFee markPrice assetMode autoMargin cTime "
        "uTime",
    ) | {
        "posId": str(slot.id),
        "instId": listed["symbol"],
        "frozen": listed["locked"],
        "leverage": int(position.leverage),
        "unrealizedPLR": plain(rounded(view.unrealized_pnl / view.margin)) if view.margin else "0",
        "marginRate": listed["marginRatio"],
    }
    if position.margin_mode is sim.MarginMode.ISOLATED:
        row["isolatedMarginRate"] = listed["marginRatio"]
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


def algo_row(trigger: sim.Trigger, listed: Mapping[str, Any]) -> dict[str, Any]:
    """Other words for the plan's type than REST has."""
    names = "orderId clientOid triggerPrice triggerType size side posSide tradeSide marginCoin posMode orderType"
    return share(listed, names) | {
        "instId": listed["symbol"],
        "triggerTime": str(trigger.updated_ms),
        "planType": ALGO_TYPES[listed["planType"]],
        "price": listed["triggerPrice"],
        "executePrice": plain(trigger.price, "0"),
        "actualSize": "0",
        "status": listed["planStatus"],
        "enterPointSource": "api",
        "stopSurplusTriggerType": listed["triggerType"],
        "stopLossTriggerType": listed["triggerType"],
        "stpMode": "none",
        **times(trigger.created_ms, trigger.updated_ms),
    }


def ticker_row(engine: sim.Engine, contract: sim.ContractSpec, listed: Mapping[str, Any]) -> dict[str, Any]:
    """The only channel with mark, index and funding."""
    return share(
        listed,
        "symbol lastPr bidPr askPr bidSz askSz open24h high24h low24h change24h fundingRate markPrice indexPrice "
        "holdingAmount baseVolume quoteVolume openUtc ts",
    ) | {
        "instId": listed["symbol"],
        "nextFundingTime": str(engine.figures.next_funding_ms(contract)),
        "symbolType": 1,
        "deliveryPrice": "0",
    }
