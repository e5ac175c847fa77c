"""BitMart's rows as the simulated exchange writes them: engine records in, the reference's fields out.

Written from the wire reference, not from the adapter. Sizes are contracts, numbers text, times as each endpoint has
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import fixed, money, plain

MODE_WORD = {sim.PositionMode.HEDGE: "hedge_mode", sim.PositionMode.ONE_WAY: "one_way_mode"}
FORCE_CODE = {sim.TimeInForce.GTC: 1, sim.TimeInForce.FOK: 2, sim.TimeInForce.IOC: 3, sim.TimeInForce.POST_ONLY: 4}
MAX_TIMES_MARK = 10


def venue_symbol(contract: sim.ContractSpec) -> str:
    """BTCUSDT."""
    return contract.base + contract.quote


def contracts(quantity: Decimal, contract: sim.ContractSpec) -> str:
    """Base coin as a number of contracts."""
    return plain(quantity / contract.contract_size)


def side_code(side: sim.Side, *, closes: bool) -> int:
    """1 buy to open, 2 buy to close, 3 sell to close, 4 sell to open."""
    if side is sim.Side.BUY:
        return 2 if closes else 1
    return 3 if closes else 4


# Public


def contract_row(engine: sim.Engine, contract: sim.ContractSpec, now_ms: int) -> dict[str, Any]:
    """`details`."""
    book = engine.marks.book(contract, now_ms)
    size, interval = contract.contract_size, contract.funding_interval_h * sim.HOUR_MS
    rate = engine.marks.funding_rate(contract, now_ms)
    return {
        "symbol": venue_symbol(contract),
        "product_type": 1,
        "open_timestamp": 1594080000000,
        "expire_timestamp": 0,
        "settle_timestamp": 0,
        "base_currency": contract.base,
        "quote_currency": contract.quote,
        "last_price": plain(book.last),
        "volume_24h": "18969368",
        "turnover_24h": "1773872134.5",
        "index_price": plain(book.index_price),
        "index_name": venue_symbol(contract),
        "contract_size": plain(size),
        "min_leverage": "1",
        "max_leverage": str(contract.max_leverage),
        "price_precision": plain(contract.tick),
        "vol_precision": "1",
        "max_volume": contracts(contract.max_quantity, contract),
        "market_max_volume": contracts(contract.max_market_quantity, contract),
        "min_volume": "1",
        "funding_rate": plain(engine.marks.funding_rate(contract, now_ms - interval)),
        "expected_funding_rate": plain(rate),
        "open_interest": "4134180",
        "open_interest_value": "386587171.8",
        "high_24h": plain(book.last * Decimal("1.02") // contract.tick * contract.tick),
        "low_24h": plain(book.last * Decimal("0.98") // contract.tick * contract.tick),
        "change_24h": "0.0091",
        "funding_interval_hours": contract.funding_interval_h,
        "funding_time": (now_ms // interval + 1) * interval,
        "status": "Trading" if contract.is_open else "Delisted",
        "delist_time": 0,
    }


# The list holds every contract that ever was, also ones whose size is not base coin.
DELISTED_INVERSE: dict[str, Any] = {
    "symbol": "BTCUSD",
    "product_type": 1,
    "open_timestamp": 1584080000000,
    "base_currency": "BTC",
    "quote_currency": "USD",
    "last_price": "40000",
    "index_name": "BTCUSD",
    "contract_size": "1",
    "min_leverage": "1",
    "max_leverage": "100",
    "price_precision": "0.1",
    "vol_precision": "1",
    "max_volume": "1000000",
    "market_max_volume": "50000",
    "min_volume": "1",
    "funding_interval_hours": 8,
    "status": "Delisted",
    "delist_time": 1704067200,
    **dict.fromkeys(("expire_timestamp", "settle_timestamp", "funding_time"), 0),
    **dict.fromkeys(("volume_24h", "turnover_24h", "index_price", "funding_rate", "expected_funding_rate"), "0"),
    **dict.fromkeys(("open_interest", "open_interest_value", "high_24h", "low_24h", "change_24h"), "0"),
}


def bracket_rows(contract: sim.ContractSpec) -> Iterable[dict[str, Any]]:
    """`leverage-bracket`: maintenance margin is `notional × maint_margin_ratio − cum`."""
    cum = rate = sim.ZERO
    for tier in contract.tiers:
        cum += tier.min_notional * (tier.maintenance_rate - rate)
        rate = tier.maintenance_rate
        yield {
            "bracket": tier.number,
            "initial_leverage": tier.max_leverage,
            "notional_cap": plain(tier.max_notional),
            "notional_floor": plain(tier.min_notional),
            "maint_margin_ratio": plain(tier.maintenance_rate),
            "cum": plain(cum),
        }


# Account and positions


def asset_row(coin: str, wallet: sim.Wallet) -> dict[str, str]:
    """`assets-detail`."""
    return {
        "currency": coin,
        "available_balance": plain(wallet.available),
        "frozen_balance": plain(wallet.order_margin),
        "unrealized": plain(wallet.unrealized),
        "equity": plain(wallet.equity),
        "position_deposit": plain(wallet.isolated_margin + wallet.cross_margin),
    }


def _common(engine: sim.Engine, view: sim.PositionView, now_ms: int) -> dict[str, Any]:
    """What V1 and V2 share."""
    position = view.position
    contract = engine.world.contract(position.symbol)
    last = engine.marks.book(contract, now_ms).last
    closed = position.closed_value / position.closed if position.closed else sim.ZERO
    return {
        "symbol": venue_symbol(contract),
        "leverage": plain(position.leverage),
        "timestamp": now_ms,
        "current_fee": plain(position.fee),
        "open_timestamp": position.created_ms,
        "current_value": plain(money(position.quantity * last)),
        "mark_price": plain(view.mark_price),
        "position_value": plain(money(position.quantity * position.entry_price)),
        "position_cross": plain(view.margin),
        "maintenance_margin": plain(view.maintenance_margin),
        "close_vol": contracts(position.closed, contract),
        "close_avg_price": plain(closed),
        "open_avg_price": plain(position.entry_price),
        "entry_price": plain(position.entry_price),
        "current_amount": contracts(position.quantity, contract),
        "realized_value": plain(position.realized_pnl + position.funding - position.fee),
        "mark_value": plain(view.notional),
        "account": "futures",
    }


def position_v1_row(engine: sim.Engine, view: sim.PositionView, now_ms: int) -> dict[str, Any]:
    """`position`: no liquidation price; profit at the last price."""
    position = view.position
    contract = engine.world.contract(position.symbol)
    last = engine.marks.book(contract, now_ms).last
    return _common(engine, view, now_ms) | {
        "margin_type": position.margin_mode.value.capitalize(),
        "position_mode": MODE_WORD[position.mode],
        "unrealized_value": plain(money(contract.gain(position.quantity, position.entry_price, last) * position.sign)),
        "position_type": 1 if position.side is sim.PositionSide.LONG else 2,
    }


def position_row(engine: sim.Engine, view: sim.PositionView, now_ms: int) -> dict[str, Any]:
    """`position-v2`."""
    position = view.position
    contract = engine.world.contract(position.symbol)
    one_way = position.mode is sim.PositionMode.ONE_WAY
    sign = position.sign if one_way else 1
    return _common(engine, view, now_ms) | {
        "position_amount": contracts(position.quantity * sign, contract),
        "open_type": position.margin_mode.value,
        "position_side": "both" if one_way else position.side.value,
        "unrealized_pnl": plain(money(view.unrealized_pnl)),
        "liquidation_price": liquidation(view, contract),
        "max_notional_value": plain(contract.notional_limit(position.leverage)),
        "initial_margin": plain(view.margin),
    }


def flat_row(
    engine: sim.Engine, contract: sim.ContractSpec, settings: sim.SymbolSettings, side: str, now_ms: int
) -> dict[str, Any]:
    """`position-v2` of one symbol, no position: zeros, and what is set."""
    zeros = (
        "current_fee", "current_value", "position_value", "position_cross", "maintenance_margin", "close_vol",
        "close_avg_price", "open_avg_price", "entry_price", "current_amount", "position_amount", "realized_value",
        "mark_value", "unrealized_pnl", "liquidation_price", "initial_margin",
    )  # fmt: skip
    leverage = settings.leverage(sim.PositionSide.SHORT if side == "short" else sim.PositionSide.LONG)
    return dict.fromkeys(zeros, "0") | {
        "symbol": venue_symbol(contract),
        "leverage": plain(leverage),
        "timestamp": now_ms,
        "open_timestamp": 0,
        "mark_price": plain(engine.marks.mark(contract, now_ms)),
        "account": "futures",
        "open_type": settings.margin_mode.value,
        "position_side": side,
        "max_notional_value": plain(contract.notional_limit(leverage)),
    }


def risk_row(engine: sim.Engine, view: sim.PositionView, now_ms: int) -> dict[str, Any]:
    """`position-risk`: base coin, notional at entry and seconds, as in the venue's example."""
    position = view.position
    contract = engine.world.contract(position.symbol)
    isolated = position.margin_mode is sim.MarginMode.ISOLATED
    return {
        "symbol": venue_symbol(contract),
        "position_amt": plain(position.quantity),
        "mark_price": plain(view.mark_price),
        "unrealized_profit": plain(money(view.unrealized_pnl)),
        "liquidation_price": liquidation(view, contract),
        "leverage": plain(position.leverage),
        "max_notional_value": plain(contract.notional_limit(position.leverage)),
        "margin_type": position.margin_mode.value.capitalize(),
        "isolated_margin": plain(view.margin) if isolated else "0",
        "position_side": position.side.value.capitalize(),
        "notional": plain(money(position.quantity * position.entry_price)),
        "update_time": position.updated_ms // 1000,
        "account": "futures",
    }


def liquidation(view: sim.PositionView, contract: sim.ContractSpec) -> str:
    """ "0" where there is none: also where the other side of a hedge is what would be liquidated."""
    price, mark = view.liquidation_price, view.mark_price
    wrong_side = price > mark if view.position.side is sim.PositionSide.LONG else price < mark
    if price <= 0 or wrong_side or price > mark * MAX_TIMES_MARK:
        return "0"
    return fixed(price, contract.tick)
