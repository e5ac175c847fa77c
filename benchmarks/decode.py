"""Decoding: an answer's bytes to unified models, numbers exact; against untyped msgspec and against ccxt."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import cycle
from typing import Any, cast

import msgspec

from benchmarks.measure import FIVE, UNREAD, Row, compare, decoding, ratio
from benchmarks.payloads import orders, positions
from benchmarks.peers import ccxt_bitget
from futures_async.adapters.bitget import endpoints
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.adapters.bitget.mapping import positions as positions_of
from futures_async.adapters.bitget.orders import orders as orders_of
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide
from futures_async.unified.models import Order, Position


def _turns(bodies: list[bytes], work: Callable[[bytes], object]) -> Callable[[], object]:
    turn = cycle(bodies)
    return lambda: work(next(turn))


async def run() -> list[Row]:
    """The rows of the goal table about decoding."""
    return [
        *_rows(
            "50 positions", [positions(50, seed) for seed in range(20)], _positions, _five_of_position, _ccxt_positions
        ),
        *_rows("100 orders", [orders(100, seed) for seed in range(20)], _orders, _five_of_order, _ccxt_orders),
        _least(),
    ]


def _least() -> Row:
    """Reading all fields of everything: types, a Decimal for each number, and the models' keyword constructors."""
    bodies = [positions(50, seed) for seed in range(20)]
    found = compare(
        {
            "untyped": _turns(bodies, msgspec.json.decode),
            "least": _turns(bodies, _unjudged),
            "ours": _turns(bodies, lambda body: [position.read() for position in _positions(body)]),
        }
    )
    return Row(
        "… 50 positions into these models with nothing judged",
        "",
        f"{ratio(found, 'least', 'untyped')} × untyped; all fields of ours read: {ratio(found, 'ours', 'untyped')}",
        None,
    )


def _unjudged(body: bytes) -> object:
    """No look at whether a number is one, or is there; no words translated, no products."""
    return [
        Position(
            venue="bitget",
            raw=row,
            symbol=row.symbol,
            venue_symbol=row.symbol,
            side=PositionSide.LONG,
            quantity=row.total,
            entry_price=Decimal(row.open_price_avg or 0),
            mark_price=Decimal(row.mark_price or 0),
            break_even_price=Decimal(row.break_even_price or 0),
            liquidation_price=Decimal(row.liquidation_price or 0),
            unrealized_pnl=Decimal(row.unrealized_pl or 0),
            realized_pnl=Decimal(row.achieved_profits or 0),
            fee=Decimal(row.deducted_fee or 0),
            funding=Decimal(row.total_fee or 0),
            leverage=Decimal(row.leverage or 0),
            margin_mode=MarginMode.CROSS,
            position_mode=PositionMode.ONE_WAY,
            margin_coin=row.margin_coin,
            margin=Decimal(row.margin_size or 0),
            initial_margin=None,
            maintenance_margin=None,
            maintenance_margin_rate=Decimal(row.keep_margin_rate or 0),
            margin_ratio=Decimal(row.margin_ratio or 0),
            notional=None,
            available=Decimal(row.available or 0),
            locked=Decimal(row.locked or 0),
            take_profit=None,
            stop_loss=None,
            auto_margin=None,
            created_ms=int(row.c_time or 0),
            updated_ms=int(row.u_time or 0),
        )
        for row in _POSITIONS.decode(body).data
    ]


def _rows(
    what: str,
    bodies: list[bytes],
    ours: Callable[[bytes], list[Any]],
    five: Callable[[Any], object],
    ccxt: Callable[[Any], Callable[[bytes], object]],
) -> list[Row]:
    """Rows as models, and five numbers of each read: against untyped msgspec, and it with a `Decimal` for each."""
    names = _FIVE[what]
    found = compare(
        {
            "untyped": _turns(bodies, msgspec.json.decode),
            "bare": _turns(bodies, lambda body: [[Decimal(row[name]) for name in names] for row in _plain(body)]),
            "ours": _turns(bodies, ours),
            "five": _turns(bodies, lambda body: [five(model) for model in ours(body)]),
            "ccxt": _turns(bodies, ccxt(ccxt_bitget())),
        }
    )

    title = f"decode {what} to unified, exact"
    with_bare = f"… and five numbers of each read (bare + Decimal: {ratio(found, 'bare', 'untyped')} × untyped)"
    return [decoding(title, found, "ours", *UNREAD), decoding(with_bare, found, "five", *FIVE)]


_FIVE = {
    "50 positions": ("total", "openPriceAvg", "markPrice", "unrealizedPL", "liquidationPrice"),
    "100 orders": ("size", "price", "baseVolume", "leverage", "fee"),
}


def _plain(body: bytes) -> list[Any]:
    data = msgspec.json.decode(body)["data"]
    return cast("list[Any]", data if isinstance(data, list) else data["entrustedList"])


def _five_of_position(one: Position) -> object:
    return one.quantity, one.entry_price, one.mark_price, one.unrealized_pnl, one.liquidation_price


def _five_of_order(one: Order) -> object:
    return one.quantity, one.price, one.filled_quantity, one.leverage, one.fee


_POSITIONS = endpoints.ALL_POSITIONS.decoder(BitgetDialect.envelope)
_ORDERS = endpoints.HISTORY.decoder(BitgetDialect.envelope)


def _positions(body: bytes) -> list[Position]:
    return positions_of("USDT-FUTURES").all(_POSITIONS.decode(body).data)


def _orders(body: bytes) -> list[Order]:
    return orders_of("USDT-FUTURES").all(_ORDERS.decode(body).data.entrusted_list)


def _ccxt_positions(exchange: Any) -> Callable[[bytes], object]:
    return lambda body: exchange.parse_positions(json.loads(body)["data"])


def _ccxt_orders(exchange: Any) -> Callable[[bytes], object]:
    return lambda body: exchange.parse_orders(json.loads(body)["data"]["entrustedList"])
