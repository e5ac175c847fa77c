"""BitMart's rows of orders, fills, ledger and waiting orders as the simulated exchange writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitmart.simulated.rows import MODE_WORD, contracts, side_code, venue_symbol
from futures_async.simulator.venue import plain


def order_row(order: sim.Order, contract: sim.ContractSpec) -> dict[str, Any]:
    """`order` and `get-open-orders`."""
    return {
        "order_id": str(order.id),
        "client_order_id": client_id(order),
        "price": plain(order.price, "0"),
        "size": contracts(order.quantity, contract),
        "symbol": venue_symbol(contract),
        "state": 2 if order.is_open else 4,
        "side": side_code(order.side, closes=order.closes),
        "type": order_type(order),
        "position_mode": MODE_WORD[order.position_mode],
        "account": "futures",
        "leverage": plain(order.leverage),
        "open_type": order.margin_mode.value,
        "deal_avg_price": plain(order.average_price, "0"),
        "deal_size": contracts(order.filled, contract),
        "create_time": order.created_ms,
        "update_time": order.updated_ms,
        **preset_fields("preset_take_profit_price", order.take_profit),
        **preset_fields("preset_stop_loss_price", order.stop_loss),
    }


def history_row(order: sim.Order, contract: sim.ContractSpec) -> dict[str, Any]:
    """`order-history`."""
    return order_row(order, contract) | {
        "trigger_price": "0",
        "execution_price": "0",
        "activation_price_type": 0,
        "activation_price": "0",
        "callback_rate": "0",
    }


def client_id(order: sim.Order) -> str:
    """ "" when none was given; orders of a conditional order are named after it."""
    if order.client_id is not None:
        return order.client_id
    return f"PLAN_{order.tag[sim.TRIGGERED_BY]}" if sim.TRIGGERED_BY in order.tag else ""


def order_type(order: sim.Order) -> str:
    """limit, market, liquidate, trailing."""
    if order.tag.get("trailing"):
        return "trailing"
    if order.source is sim.Source.LIQUIDATION:
        return "liquidate"
    return "limit" if order.type is sim.OrderType.LIMIT else "market"


def preset_fields(name: str, preset: sim.Preset | None) -> dict[str, Any]:
    """ "" and 0 when unset."""
    if preset is None:
        return {name: "", f"{name}_type": 0}
    return {name: plain(preset.trigger_price), f"{name}_type": 2 if preset.on_mark else 1}


def trade_row(fill: sim.Fill, contract: sim.ContractSpec) -> dict[str, Any]:
    """`trades`; there is no client id in it."""
    return {
        "order_id": str(fill.order.id),
        "trade_id": str(fill.id),
        "symbol": venue_symbol(contract),
        "side": side_code(fill.side, closes=fill.order.closes),
        "price": plain(fill.price),
        "vol": contracts(fill.quantity, contract),
        "exec_type": "Maker" if fill.role is sim.Role.MAKER else "Taker",
        "profit": fill.realized_pnl > 0,
        "realised_profit": plain(fill.realized_pnl),
        "paid_fees": plain(fill.fee),
        "account": "futures",
        "create_time": fill.created_ms,
    }


LEDGER = {
    sim.LedgerKind.TRANSFER: (1, "Transfer"),
    sim.LedgerKind.TRADE: (2, "Realized PNL"),
    sim.LedgerKind.FUNDING: (3, "Funding Fee"),
    sim.LedgerKind.LIQUIDATION: (5, "Liquidation Clearance"),
}


def ledger_rows(row: sim.LedgerRow, symbol: str) -> Iterable[dict[str, Any]]:
    """`transaction-history`, newest first: profit and commission are rows of their own that share a `tran_id`."""
    if row.kind is sim.LedgerKind.MARGIN:
        return
    base = {"symbol": symbol, "asset": row.coin, "account": "futures", "time": str(row.created_ms)}
    # "Funding rows have been seen with tran_id == time".
    base["tran_id"] = str(row.created_ms if row.kind is sim.LedgerKind.FUNDING else row.id)
    if row.fee:
        yield base | {"flow_type": 4, "type": "Commission Fee", "amount": plain(-row.fee)}
    flow, word = LEDGER[row.kind]
    if row.amount or row.kind is not sim.LedgerKind.TRADE:
        yield base | {"flow_type": flow, "type": word, "amount": plain(row.amount)}


def plan_row(trigger: sim.Trigger, contract: sim.ContractSpec) -> dict[str, Any]:
    """`current-plan-order`."""
    word = "plan"
    if trigger.kind.closes:
        word = "take_profit" if trigger.kind.is_profit else "stop_loss"
    return waiting_row(trigger, contract) | {
        "client_order_id": trigger.client_id or "",
        "executive_price": plain(trigger.price, "0"),
        "trigger_price": plain(trigger.trigger_price),
        "mode": trigger.tag.get("mode", 1),
        "price_way": 1 if trigger.above else 2,
        "price_type": 2 if trigger.on_mark else 1,
        "plan_category": 2 if trigger.kind.whole_position else 1,
        "type": word,
        "leverage": trigger.tag.get("leverage", ""),
    }


def trail_row(trigger: sim.Trigger, contract: sim.ContractSpec) -> dict[str, Any]:
    """`get-open-orders` with `type=trailing`: a row like an order's, with the three fields that only these have."""
    return waiting_row(trigger, contract) | {
        "client_order_id": "",
        "price": "0",
        "type": "trailing",
        "account": "futures",
        "leverage": trigger.tag["leverage"],
        "deal_avg_price": "0",
        "deal_size": "0",
        "activation_price": plain(trigger.trigger_price),
        "callback_rate": "" if trigger.callback_ratio is None else plain(trigger.callback_ratio * 100),
        "activation_price_type": 2 if trigger.on_mark else 1,
        **preset_fields("preset_take_profit_price", None),
        **preset_fields("preset_stop_loss_price", None),
    }


def waiting_row(trigger: sim.Trigger, contract: sim.ContractSpec) -> dict[str, Any]:
    """What rows of waiting orders have, whatever they wait for."""
    return {
        "order_id": str(trigger.id),
        "size": contracts(trigger.quantity, contract),
        "symbol": venue_symbol(contract),
        "state": 2,
        "side": side_code(trigger.side, closes=trigger.reduce_only or side_closes(trigger)),
        "position_mode": MODE_WORD[trigger.position_mode],
        "open_type": trigger.margin_mode.value,
        "create_time": trigger.created_ms,
        "update_time": trigger.updated_ms,
    }


def side_closes(trigger: sim.Trigger) -> bool:
    """Take-profit and stop-loss close; a plan order as its intent says."""
    return trigger.kind.closes or (trigger.intent is not None and trigger.intent.value == "close")
