"""Documented rows, Bitget v2's and other venues', many times over, no two alike."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

STAMP = b"1768195413808"
"""Stands where the time of the answer goes."""

_ALL = Path(__file__).parent.parent / "tests" / "data"
_DATA = _ALL / "bitget"


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


class Documented(NamedTuple):
    """Rows of a documented answer."""

    file: str
    path: tuple[str, ...]
    """Where the list is in the answer; () where it is all of it."""
    numbers: tuple[str, ...]
    """Fields that vary, and that whoever reads five numbers reads."""
    inner: str = ""
    """The part of a row that holds them."""

    def body(self, count: int, seed: int = 0) -> bytes:
        """An answer with so many rows."""
        whole: Any = json.loads((_ALL / self.file).read_text())
        row = self.rows(whole)[0]
        if self.inner:
            made = [{**row, self.inner: _varied(row[self.inner], self.numbers, at + seed)} for at in range(count)]
        else:
            made = [_varied(row, self.numbers, at + seed) for at in range(count)]
        found = self.rows(whole)
        found[:] = made
        return json.dumps(whole, separators=(",", ":")).encode()

    def rows(self, whole: Any) -> list[Any]:
        """The list in an answer."""
        for name in self.path:
            whole = whole[name]
        found: list[Any] = whole
        return found

    def read(self, whole: Any) -> object:
        """Five numbers of each row, as whoever is handed text has to."""
        rows = [row[self.inner] if self.inner else row for row in self.rows(whole)]
        return [[Decimal(row[name]) for name in self.numbers] for row in rows]
