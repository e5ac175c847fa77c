"""What the unified models must say of a simulated account: every field as the engine has it.

A field that a venue does not have is None; everything else is compared, so that a wrong column, sign or unit shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from futures_async.simulator import records
from futures_async.simulator.contracts import ContractSpec, Tier
from futures_async.simulator.records import TriggerKind
from futures_async.testing.loopback import Running
from futures_async.testing.spec import VenueSpec
from futures_async.unified.enums import MarginMode, OrderKind, OrderType, PositionSide, TimeInForce
from futures_async.unified.models import Model

Figures = Mapping[str, Any]

CLOSE_ENOUGH = Decimal("1e-5")
"""Relative: venues show as few as six digits."""
HAIR = Decimal("1e-7")
NAMES = tuple(f"life{number}" for number in range(1, 15))
"""Client order ids of an account that has lived (`lives`)."""


def agrees(found: object, expected: object) -> bool:
    """A number, up to the digits that a venue shows; anything else, exactly."""
    if isinstance(found, Decimal) and isinstance(expected, Decimal):
        return abs(found - expected) <= max(HAIR, CLOSE_ENOUGH * abs(expected))
    return found == expected


def told(model: Model, figures: Figures, spec: VenueSpec, kind: str | None = None) -> Iterator[str]:
    """What is not as it should be, with the names of the fields.

    Args:
        model: As it was read.
        figures: By field, what the exchange knows; a tuple names all that may be meant.
        spec: Of the venue: only `silent` fields may be None where there is something to be told.
        kind: The model whose fields are declared so; None: its own.
    """
    for name, figure in figures.items():
        value, key = getattr(model, name), f"{kind or type(model).__name__}.{name}"
        meant: tuple[object, ...] = cast("tuple[object, ...]", figure) if isinstance(figure, tuple) else (figure,)
        if value is None:
            if None not in meant and key not in spec.silent:
                yield f"{key} is None, not {figure}; where the venue does not tell it, declare it silent"
        elif key not in spec.own_way and not any(agrees(value, one) for one in meant):
            yield f"{key} is {value}, not {figure}"


def named(on: Running, symbol: str) -> dict[str, Any]:
    """What every model says of a contract."""
    market = on.inside.engine.world.contract(symbol).market
    return {"symbol": market, "venue_symbol": on.exchange.venue_symbol(market)}


def position(on: Running, held: records.Position) -> Figures:
    """Of an open position."""
    view = on.inside.engine.margins.view(on.account, held)
    contract = on.inside.engine.world.contract(held.symbol)
    # A cross position's margin is counted at the mark by some, at the entry price by others; so is its requirement.
    at_entry = contract.value(held.quantity, held.entry_price) / held.leverage
    cross = held.margin_mode is MarginMode.CROSS
    with_fee = view.margin + view.value * contract.taker_rate  # of closing it, which some hold back as well
    margins = (view.margin, at_entry, with_fee) if cross else (view.margin,)
    return {
        **named(on, held.symbol),
        "side": held.side,
        "quantity": held.quantity,
        "contracts": held.quantity / contract.contract_size if on.spec.counts_contracts else None,
        "contract_size": contract.contract_size if on.spec.counts_contracts else None,
        "entry_price": held.entry_price,
        "mark_price": view.mark_price,
        "break_even_price": view.break_even_price,
        "liquidation_price": view.liquidation_price if view.liquidation_price > 0 else None,
        "unrealized_pnl": view.unrealized_pnl,
        "realized_pnl": held.realized_pnl,
        "fee": held.fee,
        "funding": held.funding,
        "leverage": held.leverage,
        "margin_mode": held.margin_mode,
        "position_mode": held.mode,
        "margin_coin": held.coin,
        "margin": margins,
        "initial_margin": margins if cross else (view.margin, at_entry, None),
        "maintenance_margin": view.maintenance_margin,
        "maintenance_margin_rate": view.maintenance_rate,
        "margin_ratio": view.margin_ratio,
        "notional": view.notional,
        "available": view.available,
        "locked": view.locked,
        "take_profit": _stop_of(on, held, TriggerKind.POSITION_TAKE_PROFIT),
        "stop_loss": _stop_of(on, held, TriggerKind.POSITION_STOP_LOSS),
        "auto_margin": held.auto_margin,
        "position_id": str(held.id),
        "created_ms": held.created_ms,
        "updated_ms": held.updated_ms,
    }


def _stop_of(on: Running, held: records.Position, kind: TriggerKind) -> Decimal | None:
    for trigger in on.account.live_triggers.values():
        if (trigger.kind, trigger.symbol, trigger.position_side) == (kind, held.symbol, held.side):
            return trigger.trigger_price
    return None


def client_ids(on: Running, inside: records.Order) -> tuple[str | None, ...]:
    """The id that we gave an order, as we spell it and as the venue does."""
    ours = [name for name in NAMES if on.spec.client_id(name) == inside.client_id]
    return (inside.client_id, *ours)


def order(on: Running, inside: records.Order) -> Figures:
    """Of an order in any state."""
    coin = on.inside.engine.world.contract(inside.symbol).settle
    force: tuple[TimeInForce | None, ...] = (inside.time_in_force,)
    if inside.type is OrderType.MARKET:
        force = (None, inside.time_in_force, TimeInForce.IOC)
    left = (inside.remaining,) if inside.is_open else (inside.remaining, Decimal(0))
    return {
        **named(on, inside.symbol),
        "order_id": str(inside.id),
        "client_order_id": client_ids(on, inside),
        "side": inside.side,
        "type": (inside.type, on.spec.market_type) if inside.type is OrderType.MARKET else inside.type,
        "kind": OrderKind.PLAIN,
        "time_in_force": force,
        "price": inside.price,
        "average_price": inside.average_price,
        "quantity": inside.quantity,
        "filled_quantity": inside.filled,
        "remaining_quantity": left,
        "status": inside.status,
        "reduce_only": inside.closes,
        "position_side": inside.position_side,
        "margin_mode": inside.margin_mode,
        "leverage": inside.leverage,
        "take_profit": None if inside.take_profit is None else inside.take_profit.trigger_price,
        "stop_loss": None if inside.stop_loss is None else inside.stop_loss.trigger_price,
        "fee": inside.fee or (Decimal(0), None),
        "fee_coin": coin if inside.fee else (coin, None),
        "created_ms": inside.created_ms,
        "updated_ms": inside.updated_ms,
    }


def fill(on: Running, inside: records.Fill) -> Figures:
    """Of an execution."""
    return {
        **named(on, inside.symbol),
        "fill_id": on.spec.fill_id(inside),
        "order_id": str(inside.order.id),
        "client_order_id": client_ids(on, inside.order),
        "side": inside.side,
        "price": inside.price,
        "quantity": inside.quantity,
        "fee": inside.fee,
        "fee_coin": on.inside.engine.world.contract(inside.symbol).settle,
        "role": inside.role,
        "realized_pnl": inside.realized_pnl,
        "created_ms": inside.created_ms,
    }


def account(on: Running, coin: str) -> Figures:
    """Of one coin."""
    wallet = on.inside.engine.margins.wallet(on.account, coin)
    held = wallet.cross_margin + wallet.isolated_margin
    return {
        "margin_coin": coin,
        "equity": wallet.equity,
        "balance": wallet.balance,
        "available": wallet.available,
        "locked": (wallet.order_margin, wallet.order_margin + held),
        "transferable": (wallet.transferable, wallet.available),
        "unrealized_pnl": wallet.unrealized,
        "initial_margin": (held, held + wallet.order_margin, wallet.cross_margin),
        "maintenance_margin": wallet.cross_maintenance,
        "margin_ratio": wallet.margin_ratio,
        "position_mode": on.account.mode(coin),
    }


def closed_position(on: Running, inside: records.PositionRecord) -> Figures:
    """Of one that is history."""
    held = inside.position
    net = held.realized_pnl - held.fee + held.funding
    return {
        **named(on, held.symbol),
        "side": held.side,
        "position_id": str(held.id),
        "quantity": held.opened,
        "closed_quantity": held.closed,
        "entry_price": held.entry_price,
        "exit_price": inside.close_price,
        "realized_pnl": held.realized_pnl,
        "net_pnl": net,
        "fee": held.fee,
        "funding": held.funding,
        "leverage": held.leverage,
        "margin_mode": held.margin_mode,
        "position_mode": held.mode,
        "margin_coin": held.coin,
        "created_ms": held.created_ms,
        "closed_ms": inside.closed_ms,
    }


def contract(on: Running, spec: ContractSpec) -> Figures:
    """Of a contract."""
    counted = on.spec.counts_contracts
    step = spec.contract_size if counted else spec.step
    return {
        **named(on, spec.symbol),
        "base": spec.base,
        "quote": spec.quote,
        "settle": spec.settle,
        "contract_size": spec.contract_size if counted else Decimal(1),
        "price_tick": spec.tick,
        "quantity_step": step,
        "min_quantity": step,
        "max_quantity": spec.max_quantity,
        "max_market_quantity": spec.max_market_quantity,
        "min_notional": spec.min_notional,
        "max_leverage": Decimal(spec.max_leverage),
    }


def tier(on: Running, spec: ContractSpec, inside: Tier) -> Figures:
    """Of a risk tier."""
    return {
        **named(on, spec.symbol),
        "tier": inside.number,
        "min_notional": inside.min_notional,
        "max_notional": inside.max_notional,
        "max_leverage": Decimal(inside.max_leverage),
        "maintenance_margin_rate": inside.maintenance_rate,
    }


def ticker(on: Running, symbol: str) -> Figures:
    """Of the market now."""
    world = on.inside.engine.world
    book = world.book(symbol)
    return {
        **named(on, symbol),
        "last_price": book.last,
        "bid_price": book.bid,
        "ask_price": book.ask,
        "mark_price": book.mark,
        "index_price": book.index_price,
        "funding_rate": world.marks.funding_rate(world.contract(symbol), on.inside.now_ms()),
    }


def leverage(on: Running, symbol: str, mode: MarginMode) -> Figures:
    """Of what is set for one margin mode."""
    set_ = on.account.settings(symbol)
    long, short = (set_.leverage(side, mode) for side in PositionSide)
    return {
        **named(on, symbol),
        "leverage": long if long == short else None,
        "long_leverage": (long, None),
        "short_leverage": (short, None),
        "margin_mode": mode,
    }
