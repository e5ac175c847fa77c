"""Rows as v5 writes them: the same over REST and, but for a few names, in pushes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bybit.simulated import base
from futures_async.adapters.bybit.simulated.base import index_of, shown_id, venue_symbol
from futures_async.simulator.venue import money, plain

STATES = {
    sim.OrderStatus.NEW: "New",
    sim.OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
    sim.OrderStatus.FILLED: "Filled",
    sim.OrderStatus.CANCELED: "Cancelled",
}
WAITING_STATES = {
    sim.TriggerStatus.LIVE: "Untriggered",
    sim.TriggerStatus.EXECUTED: "Triggered",
    sim.TriggerStatus.FAILED: "Cancelled",
    sim.TriggerStatus.CANCELED: "Deactivated",
}
STOP_TYPES = {
    sim.TriggerKind.PLAN: "Stop",
    sim.TriggerKind.TRAILING: "TrailingStop",
    sim.TriggerKind.TAKE_PROFIT: "PartialTakeProfit",
    sim.TriggerKind.STOP_LOSS: "PartialStopLoss",
    sim.TriggerKind.POSITION_TAKE_PROFIT: "TakeProfit",
    sim.TriggerKind.POSITION_STOP_LOSS: "StopLoss",
}
CREATED_BY = {
    sim.Source.TAKE_PROFIT: "CreateByTakeProfit",
    sim.Source.STOP_LOSS: "CreateByStopLoss",
    sim.Source.TRIGGER: "CreateByStopOrder",
    sim.Source.LIQUIDATION: "CreateByLiq",
    sim.Source.CLOSE: "CreateByClosing",
}
CANCELLED_BY = {
    sim.CancelReason.USER: "CancelByUser",
    sim.CancelReason.DISPLACED: "CancelByReduceOnly",
    sim.CancelReason.POSITION_GONE: "CancelByReduceOnly",
    sim.CancelReason.LIQUIDATION: "CancelAllBeforeLiq",
}
REJECTED_BY = {
    sim.CancelReason.POST_ONLY: "EC_PostOnlyWillTakeLiquidity",
    sim.CancelReason.UNFILLABLE: "EC_NoImmediateQtyToFill",
    sim.CancelReason.USER: "EC_PerCancelRequest",
}
BY = {True: "MarkPrice", False: "LastPrice"}
NOTHING_OF_TRIGGERS = {"triggerPrice": "", "triggerDirection": 0, "triggerBy": "", "lastPriceOnCreated": ""}


def _common(row: sim.Order | sim.Trigger, contract: sim.ContractSpec) -> dict[str, Any]:
    return {
        "orderId": shown_id(row),
        "blockTradeId": "",
        "symbol": venue_symbol(contract),
        "qty": plain(row.quantity),
        "side": base.SIDE_WORDS[row.side],
        "isLeverage": "",
        "positionIdx": 0 if row.position_mode is sim.PositionMode.ONE_WAY else index_of(row.position_side),
        "reduceOnly": row.reduce_only or row.intent == "close",
        "closeOnTrigger": False,
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "orderIv": "",
        "placeType": "",
        "createdTime": str(row.created_ms),
        "updatedTime": str(row.updated_ms),
        **_protection(row.take_profit, row.stop_loss),
    }


@dataclass(slots=True, kw_only=True)
class Attached(sim.Preset):
    """The index price is told as it was asked for; the engine waits for the last price."""

    on_index: bool = False


def _by(preset: sim.Preset | None) -> str:
    if preset is None:
        return ""
    return "IndexPrice" if isinstance(preset, Attached) and preset.on_index else BY[preset.on_mark]


def _protection(take_profit: sim.Preset | None, stop_loss: sim.Preset | None) -> dict[str, str]:
    row = {"tpslMode": ""}
    for name, short, preset in (("takeProfit", "tp", take_profit), ("stopLoss", "sl", stop_loss)):
        row |= {
            name: "" if preset is None else plain(preset.trigger_price),
            f"{short}TriggerBy": _by(preset),
            f"{short}LimitPrice": "" if preset is None else plain(preset.price),
        }
        if preset is not None:
            row["tpslMode"] = "Partial" if preset.price is not None else "Full"
    return row


def order_row(account: sim.Account, order: sim.Order, contract: sim.ContractSpec) -> dict[str, Any]:
    """An order. `leavesQty` of a cancelled one is 0; the price of one at market is a bound."""
    market = order.price is None
    left = order.remaining if order.is_open else sim.ZERO
    waited = next((t for t in account.trigger_log if t.id == order.tag.get(sim.TRIGGERED_BY)), None)
    average = order.average_price
    fee = plain(order.fee)
    reason = REJECTED_BY.get(order.cancel_reason, "EC_NoError")
    return {
        **_common(order, contract),
        "orderLinkId": order.client_id or (waited.client_id if waited is not None else None) or "",
        # What the engine is willing to pay at worst.
        "price": plain(
            ((average or contract.start_price) * Decimal("1.05")).quantize(contract.tick) if market else order.price
        ),
        "orderStatus": STATES[order.status],
        "createType": CREATED_BY.get(order.source, "CreateByUser"),
        "cancelType": CANCELLED_BY.get(order.cancel_reason, "UNKNOWN"),
        "rejectReason": reason,
        "avgPrice": plain(average),
        "leavesQty": plain(left),
        "leavesValue": plain(contract.counter(left, order.price)) if order.price is not None else "0",
        "cumExecQty": plain(order.filled),
        "cumExecValue": plain(order.filled_value),
        "cumExecFee": fee,
        "cumFeeDetail": {contract.settle: fee} if order.filled else {},
        "timeInForce": "IOC" if market else base.FORCE_WORDS[order.time_in_force],
        "orderType": "Market" if market or order.type is sim.OrderType.LIQUIDATION else "Limit",
        **(NOTHING_OF_TRIGGERS | {"stopOrderType": ""} if waited is None else _trigger(waited)),
    }


def _trigger(trigger: sim.Trigger) -> dict[str, Any]:
    return {
        "stopOrderType": STOP_TYPES[trigger.kind],
        "triggerPrice": plain(trigger.trigger_price),
        "triggerDirection": 1 if trigger.above else 2,
        "triggerBy": BY[trigger.on_mark],
        "lastPriceOnCreated": "",
    }


def trigger_row(trigger: sim.Trigger, contract: sim.ContractSpec) -> dict[str, Any]:
    """An order that waits, or was cancelled while it did."""
    live = trigger.status is sim.TriggerStatus.LIVE
    return {
        **_common(trigger, contract),
        "orderLinkId": trigger.client_id or "",
        "price": plain(trigger.price, "0"),
        "orderStatus": WAITING_STATES[trigger.status],
        "createType": "CreateByUser"
        if not trigger.kind.closes
        else f"CreateBy{STOP_TYPES[trigger.kind].removeprefix('Partial')}",
        "cancelType": "UNKNOWN" if live else "CancelByUser",
        "rejectReason": "EC_NoError" if live else "EC_PerCancelRequest",
        "avgPrice": "",
        "leavesQty": plain(trigger.quantity) if live else "0",
        "leavesValue": "0",
        "cumExecQty": "0",
        "cumExecValue": "0",
        "cumExecFee": "0",
        "cumFeeDetail": {},
        "timeInForce": "IOC" if trigger.price is None else "GTC",
        "orderType": "Market" if trigger.price is None else "Limit",
        **_trigger(trigger),
    }


def fill_row(account: sim.Account, fill: sim.Fill, contract: sim.ContractSpec) -> dict[str, Any]:
    """An execution; fees are positive when paid."""
    row = order_row(account, fill.order, contract)
    return {
        "symbol": row["symbol"],
        "orderType": row["orderType"],
        "orderLinkId": row["orderLinkId"],
        "side": base.SIDE_WORDS[fill.side],
        "orderId": row["orderId"],
        "stopOrderType": row["stopOrderType"] or "UNKNOWN",
        "leavesQty": row["leavesQty"],
        "execTime": str(fill.created_ms),
        "feeCurrency": "",
        "isMaker": fill.role is sim.Role.MAKER,
        "execFee": plain(fill.fee),
        "feeRate": plain(contract.maker_rate if fill.role is sim.Role.MAKER else contract.taker_rate),
        "execId": str(fill.id),
        "blockTradeId": "",
        "markPrice": plain(fill.price),
        "execPrice": plain(fill.price),
        "orderQty": row["qty"],
        "orderPrice": row["price"],
        "execValue": plain(contract.counter(fill.quantity, fill.price)),
        "execType": exec_type(fill),
        "execQty": plain(fill.quantity),
        "closedSize": plain(fill.reduced.quantity if fill.reduced is not None else sim.ZERO),
        "createType": row["createType"],
        "extraFees": "",
        "seq": fill.id,
    }


def exec_type(row: sim.Fill | sim.LedgerRow) -> str:
    """What kind of execution it is: funding stands among them."""
    if isinstance(row, sim.LedgerRow):
        return "Funding"
    return "BustTrade" if row.order.source is sim.Source.LIQUIDATION else "Trade"


def funding_row(row: sim.LedgerRow, contract: sim.ContractSpec, mark: Decimal) -> dict[str, Any]:
    """A settlement of funding: its fee is positive when paid, like any other."""
    side = base.HELD_WORDS[row.position_side or sim.PositionSide.LONG]
    name = venue_symbol(contract)
    empty = ("orderLinkId", "stopOrderType", "feeCurrency", "blockTradeId", "extraFees", "createType")
    zero = ("leavesQty", "orderQty", "orderPrice", "closedSize", "execQty", "execValue", "feeRate")
    return {
        **dict.fromkeys(empty, ""),
        **dict.fromkeys(zero, "0"),
        "symbol": name,
        "orderType": "UNKNOWN",
        "side": side,
        "orderId": f"{row.created_ms // 1000}-{name}-{row.id}-{side}",
        "execTime": str(row.created_ms),
        "isMaker": False,
        "execFee": plain(-row.amount),
        "execId": str(row.id),
        "markPrice": plain(mark),
        "execPrice": plain(mark),
        "execType": "Funding",
        "seq": row.id,
    }


def position_row(engine: sim.Engine, account: sim.Account, view: sim.PositionView) -> dict[str, Any]:
    position = view.position
    contract = engine.world.contract(position.symbol)
    isolated = position.margin_mode is sim.MarginMode.ISOLATED
    initial = plain(view.margin if isolated else money(view.margin + view.value * contract.taker_rate))
    maintenance = plain(money(view.maintenance_margin))
    stops = {trigger.kind: trigger for trigger in account.live_triggers.values() if _guards(trigger, view)}
    profit, loss = stops.get(sim.TriggerKind.POSITION_TAKE_PROFIT), stops.get(sim.TriggerKind.POSITION_STOP_LOSS)
    held_first = account.slots[position.symbol, position.side].created_ms
    return _flat(contract, index_of(position.side) if position.mode == "hedge" else 0, position.leverage) | {
        "riskId": contract.tier(view.notional).number,
        "riskLimitValue": plain(contract.tier(view.notional).max_notional),
        "side": base.HELD_WORDS[position.side],
        "size": plain(position.quantity),
        "avgPrice": plain(position.entry_price),
        "positionValue": plain(money(contract.counter(position.quantity, position.entry_price))),
        "autoAddMargin": int(position.auto_margin),
        "markPrice": plain(view.mark_price),
        "liqPrice": plain(view.liquidation_price) if view.liquidation_price > 0 else "",
        "breakEvenPrice": plain(view.break_even_price),
        "positionIM": initial,
        "positionIMByMp": initial,
        "positionMM": maintenance,
        "positionMMByMp": maintenance,
        "positionBalance": plain(position.margin) if isolated else "0",
        "takeProfit": plain(profit.trigger_price) if profit is not None else "",
        "stopLoss": plain(loss.trigger_price) if loss is not None else "",
        "unrealisedPnl": plain(money(view.unrealized_pnl)),
        "curRealisedPnl": plain(money(position.realized_pnl + position.funding - position.fee)),
        "cumRealisedPnl": plain(money(_ever(account, position.symbol))),
        "createdTime": str(held_first),
        "updatedTime": str(position.updated_ms),
        "openTime": position.created_ms,
        "seq": position.id,
    }


def _guards(trigger: sim.Trigger, view: sim.PositionView) -> bool:
    position = view.position
    return trigger.symbol == position.symbol and trigger.position_side is position.side


def _ever(account: sim.Account, symbol: str) -> Decimal:
    """Of all positions that there ever were: never a position's own."""
    return sum((row.amount - row.fee for row in account.ledger if row.symbol == symbol), sim.ZERO)


def held(account: sim.Account, symbol: str, side: sim.PositionSide | None) -> sim.Position | None:
    """The position of a side in hedge mode; in one-way mode (None) whichever is open."""
    return account.net_position(symbol) if side is None else account.positions.get((symbol, side))


def sides_of(account: sim.Account, symbol: str) -> tuple[sim.PositionSide | None, ...]:
    """What a contract has a row for: both sides of a hedge, or in one-way mode itself."""
    hedge = account.mode(symbol) is sim.PositionMode.HEDGE
    return (sim.PositionSide.LONG, sim.PositionSide.SHORT) if hedge else (None,)


def row_of(
    engine: sim.Engine, account: sim.Account, contract: sim.ContractSpec, side: sim.PositionSide | None, now_ms: int
) -> dict[str, Any]:
    """A contract's row, or that of one of its sides: also of what is flat, which has no side then."""
    position = held(account, contract.symbol, side)
    if position is not None:
        return position_row(engine, account, engine.margins.view(account, position))
    leverage = account.settings(contract.symbol).leverage(side or sim.PositionSide.LONG)
    return _flat(contract, index_of(side), leverage) | {"updatedTime": str(now_ms)}


def _flat(contract: sim.ContractSpec, index: int, leverage: Decimal) -> dict[str, Any]:
    empty = ("liqPrice", "bustPrice", "breakEvenPrice", "takeProfit", "stopLoss", "sessionAvgPrice")
    zero = ("size", "avgPrice", "positionValue", "positionBalance", "trailingStop", "unrealisedPnl")
    margins = ("positionIM", "positionIMByMp", "positionMM", "positionMMByMp", "curRealisedPnl", "cumRealisedPnl")
    return {
        "positionIdx": index,
        "riskId": 1,
        "riskLimitValue": plain(contract.tiers[0].max_notional),
        "symbol": venue_symbol(contract),
        "side": "",
        **dict.fromkeys(empty, ""),
        **dict.fromkeys((*zero, *margins), "0"),
        "tradeMode": 0,
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": plain(leverage),
        "markPrice": "",
        "adlRankIndicator": 0,
        "createdTime": "0",
        "updatedTime": "0",
        "openTime": 0,
        "seq": -1,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "tpslMode": "Full",
    }


def of_other_products(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the same account has done elsewhere: a spot pair of a contract's name, or an option held."""
    if "category" not in row or "symbol" not in row:
        return []
    ids = {name: f"9{row[name]}" for name in ("orderId", "execId", "id", "tradeId") if row.get(name)}
    if ids:
        return [{**row, "category": "spot", "positionIdx": 0, "orderLinkId": "", **ids}]
    return [{**row, "category": "option", "symbol": "BTC-27MAR26-70000-C-USDT", "side": "Buy", "size": "1"}]
