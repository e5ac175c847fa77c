"""Rows of BitMart's WebSocket: not those of REST. Reference: venues/streams.md sections 4.3 to 4.6.

Sizes are contracts. `open_type` is a number for positions and a word for orders; "-" and "0" stand for nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitmart.simulated import order_rows, rows
from futures_async.simulator.venue import fixed, plain, share

OPEN_TYPE = {sim.MarginMode.ISOLATED: 1, sim.MarginMode.CROSS: 2}
EARLIER_MS = 6
"""By so much the first `update_time` of an order lies before its `create_time`, as captured."""
NOT_WAITING = ("trigger_price", "trigger_price_type", "execution_price", "activation_price_type", "activation_price")
PLAN_TYPES = {
    sim.TriggerKind.PLAN: "plan_order",
    sim.TriggerKind.TRAILING: "trailing_order",
    sim.TriggerKind.TAKE_PROFIT: "take_profit",
    sim.TriggerKind.POSITION_TAKE_PROFIT: "take_profit",
    sim.TriggerKind.STOP_LOSS: "stop_loss",
    sim.TriggerKind.POSITION_STOP_LOSS: "stop_loss",
}


def asset_row(wallet: sim.Wallet) -> dict[str, str]:
    """No equity, no profit, no time."""
    return {
        "currency": wallet.coin,
        "available_balance": plain(wallet.available),
        "position_deposit": plain(wallet.isolated_margin + wallet.cross_margin),
        "frozen_balance": plain(wallet.order_margin),
    }


def _life(position: sim.Position, contract: sim.ContractSpec) -> dict[str, Any]:
    closed = position.closed_value / position.closed if position.closed else Decimal(0)
    return {
        "symbol": rows.venue_symbol(contract),
        "position_type": 1 if position.side is sim.PositionSide.LONG else 2,
        "open_type": OPEN_TYPE[position.margin_mode],
        "close_volume": rows.contracts(position.closed, contract),
        "close_avg_price": plain(closed),
        "open_avg_price": plain(position.entry_price),
        "create_time": position.created_ms,
        "update_time": position.updated_ms,
        "position_mode": rows.MODE_WORD[position.mode],
    }


def position_row(view: sim.PositionView, contract: sim.ContractSpec) -> dict[str, Any]:
    """No mark price, no profit, no leverage, no margin."""
    position = view.position
    return _life(position, contract) | {
        "hold_volume": rows.contracts(position.quantity, contract),
        "frozen_volume": rows.contracts(view.locked, contract),
        "hold_avg_price": plain(position.entry_price),
        "liquidate_price": rows.liquidation(view, contract),
    }


def closed_row(record: sim.PositionRecord, contract: sim.ContractSpec) -> dict[str, Any]:
    """The last word about a position."""
    zeros = dict.fromkeys(("hold_volume", "frozen_volume", "hold_avg_price", "liquidate_price"), "0")
    return _life(record.position, contract) | zeros


def order_row(account: sim.Account, order: sim.Order, contract: sim.ContractSpec, book: sim.Book) -> dict[str, Any]:
    """A complete row, with the latest fill: also on pushes that tell no fill."""
    price = order.price
    if price is None:  # how far a market order may go
        price = book.ask * Decimal("1.05") if order.side is sim.Side.BUY else book.bid * Decimal("0.95")
    fresh = order.status is sim.OrderStatus.NEW and order.updated_ms == order.created_ms
    listed = order_rows.order_row(order, contract)
    return share(
        listed,
        "order_id client_order_id size symbol state side leverage open_type deal_avg_price deal_size create_time "
        "position_mode",
    ) | {
        "price": fixed(price, contract.tick),
        "type": "limit" if listed["type"] == "limit" else "market",
        "update_time": order.updated_ms - EARLIER_MS if fresh else order.updated_ms,
        "plan_order_id": str(order.tag.get(sim.TRIGGERED_BY, "")),
        "last_trade": _last_trade(account, order, contract) if order.filled else None,
        **dict.fromkeys((*NOT_WAITING, "callback_rate"), "-"),
    }


def _last_trade(account: sim.Account, order: sim.Order, contract: sim.ContractSpec) -> dict[str, Any]:
    fill: sim.Fill = next(fill for fill in reversed(account.fills) if fill.order is order)
    return {
        "lastTradeID": fill.id,
        "fillQty": rows.contracts(fill.quantity, contract),
        "fillPrice": plain(fill.price),
        "fee": plain(-fill.fee),
        "feeCcy": contract.settle,
    }


def plan_row(trigger: sim.Trigger, contract: sim.ContractSpec) -> dict[str, Any]:
    """A waiting order: not one of those that `get-open-orders` lists."""
    trails = trigger.kind is sim.TriggerKind.TRAILING
    price, by = plain(trigger.trigger_price), "2" if trigger.on_mark else "1"
    return order_rows.waiting_row(trigger, contract) | {
        "client_order_id": trigger.client_id or "",
        "price": plain(trigger.price, "0"),
        "state": 2 if trigger.status is sim.TriggerStatus.LIVE else 4,
        "type": PLAN_TYPES[trigger.kind],
        "leverage": str(trigger.tag.get("leverage", "")),
        "deal_avg_price": "0",
        "deal_size": "0",
        "plan_order_id": "",
        "last_trade": None,
        "trigger_price": "-" if trails else price,
        "trigger_price_type": "-" if trails else by,
        "execution_price": "-" if trails else plain(trigger.price, "0"),
        "activation_price_type": by if trails else "-",
        "activation_price": price if trails else "-",
        "callback_rate": "-" if trigger.callback_ratio is None else plain(trigger.callback_ratio * 100),
    }


def ticker_row(engine: sim.Engine, contract: sim.ContractSpec) -> dict[str, str]:
    """Without a time."""
    book, day = engine.world.book(contract.symbol), engine.figures.day(contract)
    size = rows.contracts(contract.top_size, contract)
    return {
        "symbol": rows.venue_symbol(contract),
        "last_price": plain(book.last),
        "volume_24": plain(day.turnover),
        "range": plain(day.change),
        "mark_price": plain(book.mark),
        "index_price": plain(book.index_price),
        "ask_price": plain(book.ask),
        "ask_vol": size,
        "bid_price": plain(book.bid),
        "bid_vol": size,
    }


def funding_row(engine: sim.Engine, contract: sim.ContractSpec) -> dict[str, Any]:
    """`fundingRate` was settled last, `nextFundingRate` comes."""
    [(_, settled)] = engine.figures.past_funding(contract, 1)
    return {
        "symbol": rows.venue_symbol(contract),
        "fundingRate": plain(settled),
        "fundingTime": engine.now_ms,
        "nextFundingRate": plain(engine.figures.funding_rate(contract)),
        "nextFundingTime": engine.figures.next_funding_ms(contract),
        "funding_upper_limit": "0.0375",
        "funding_lower_limit": "-0.0375",
        "ts": engine.now_ms,
    }
