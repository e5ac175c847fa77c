"""Bitget v2's documented rows, many times over, no two alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STAMP = b"1768195413808"
"""Stands where the time of the answer goes."""

_DATA = Path(__file__).parent.parent / "tests" / "data" / "bitget"


def positions(count: int, seed: int = 0) -> bytes:
    """An answer with so many positions."""
    row = json.loads((_DATA / "single_position.json").read_text())["data"][0]
    numbers = ("marginSize", "total", "openPriceAvg", "unrealizedPL", "liquidationPrice", "markPrice", "marginRatio")
    return _envelope([_varied(row, numbers, index + seed) for index in range(count)])


def orders(count: int, seed: int = 0) -> bytes:
    """An answer with so many orders."""
    row = json.loads((_DATA / "orders_history.json").read_text())["data"]["entrustedList"][0]
    rows = [_varied(row, ("size", "price"), index + seed) for index in range(count)]
    for index, order in enumerate(rows):
        order["orderId"] = str(1491774617118240769 + index)
        order["clientOid"] = f"fx-20260112-{index:06d}"
    return _envelope({"entrustedList": rows, "endId": rows[-1]["orderId"]})


def _varied(row: dict[str, Any], numbers: tuple[str, ...], index: int) -> dict[str, Any]:
    return {**row, **{name: f"{row[name]}{index % 9 + 1}" if "." in row[name] else row[name] for name in numbers}}


def _envelope(data: Any) -> bytes:
    whole = {"code": "00000", "msg": "success", "requestTime": int(STAMP), "data": data}
    return json.dumps(whole, separators=(",", ":")).encode()
