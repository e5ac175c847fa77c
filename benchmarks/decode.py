"""Decoding: an answer's bytes to unified models, numbers exact; against untyped msgspec and against ccxt."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import cycle
from typing import Any

import msgspec

from benchmarks.measure import Row, compare, ratio
from benchmarks.payloads import orders, positions
from benchmarks.peers import ccxt_bitget
from futures_async.adapters.bitget import endpoints
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.adapters.bitget.mapping import positions as positions_of
from futures_async.adapters.bitget.orders import orders as orders_of
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide
from futures_async.unified.models import Position


def _floor(body: bytes) -> Any:
    """A struct with a Decimal for whatever is always a number in this payload: the least that exact costs."""
    row = msgspec.json.decode(body)["data"]
    row = (row if isinstance(row, list) else row["entrustedList"])[0]
    fields = [(name, Decimal if _number(value) else str | None) for name, value in row.items()]
    return msgspec.defstruct("Floor", fields, frozen=True, gc=False)


def _number(text: object) -> bool:
    return isinstance(text, str) and "." in text and text.replace(".", "").replace("-", "").isdigit()


def _turns(bodies: list[bytes], work: Callable[[bytes], object]) -> Callable[[], object]:
    turn = cycle(bodies)
    return lambda: work(next(turn))


async def run() -> list[Row]:
    """The rows of the goal table about decoding."""
    return [
        _row("50 positions", [positions(50, seed) for seed in range(20)], _positions, _ccxt_positions, 17),
        _row("100 orders", [orders(100, seed) for seed in range(20)], _orders, _ccxt_orders, 15),
        _least(),
    ]


def _least() -> Row:
    """What cannot be saved: types, a Decimal for each number, and the models' keyword constructors."""
    bodies = [positions(50, seed) for seed in range(20)]
    found = compare(
        {
            "untyped": _turns(bodies, msgspec.json.decode),
            "least": _turns(bodies, _unjudged),
            "ours": _turns(bodies, _positions),
        }
    )
    return Row(
        "… 50 positions into these models with nothing judged",
        "",
        f"{ratio(found, 'least', 'untyped')} × untyped; ours takes {ratio(found, 'ours', 'least')} × that",
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


def _row(
    what: str,
    bodies: list[bytes],
    ours: Callable[[bytes], object],
    ccxt: Callable[[Any], Callable[[bytes], object]],
    least: int,
) -> Row:
    shape = _floor(bodies[0])
    container = list[shape] if what.endswith("positions") else msgspec.defstruct("F", [("entrustedList", list[shape])])
    floor = msgspec.json.Decoder(msgspec.defstruct("Floor", [("data", container)]))
    found = compare(
        {
            "untyped": _turns(bodies, msgspec.json.decode),
            "floor": _turns(bodies, floor.decode),
            "ours": _turns(bodies, ours),
            "ccxt": _turns(bodies, ccxt(ccxt_bitget())),
        }
    )
    against, over = ratio(found, "ours", "untyped"), ratio(found, "ccxt", "ours")
    return Row(
        f"decode {what} to unified, exact",
        f"≤ 2.6 × untyped msgspec; ≥ {least} × ccxt",
        f"{against} × untyped; {ratio(found, 'ours', 'floor')} × the wire-Decimal floor; {over} × ccxt",
        against.median <= 2.6 and over.median >= least,
    )


_POSITIONS = endpoints.ALL_POSITIONS.decoder(BitgetDialect.envelope)
_ORDERS = endpoints.HISTORY.decoder(BitgetDialect.envelope)


def _positions(body: bytes) -> object:
    return positions_of("USDT-FUTURES").all(_POSITIONS.decode(body).data)


def _orders(body: bytes) -> object:
    return orders_of("USDT-FUTURES").all(_ORDERS.decode(body).data.entrusted_list)


def _ccxt_positions(exchange: Any) -> Callable[[bytes], object]:
    return lambda body: exchange.parse_positions(json.loads(body)["data"])


def _ccxt_orders(exchange: Any) -> Callable[[bytes], object]:
    return lambda body: exchange.parse_orders(json.loads(body)["data"]["entrustedList"])
