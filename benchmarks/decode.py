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
from futures_async.adapters.bitget.mapping import to_positions
from futures_async.adapters.bitget.orders import to_order


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
    return to_positions(_POSITIONS.decode(body).data, "USDT-FUTURES")


def _orders(body: bytes) -> object:
    return [to_order(row, "USDT-FUTURES") for row in _ORDERS.decode(body).data.entrusted_list]


def _ccxt_positions(exchange: Any) -> Callable[[bytes], object]:
    return lambda body: exchange.parse_positions(json.loads(body)["data"])


def _ccxt_orders(exchange: Any) -> Callable[[bytes], object]:
    return lambda body: exchange.parse_orders(json.loads(body)["data"]["entrustedList"])
