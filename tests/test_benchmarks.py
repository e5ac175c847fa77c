"""That the benchmarks measure what they say: documented rows, read by both sides. How fast is for idle machines."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import Any

import msgspec
import pytest

VENUES = ("binance", "bybit", "okx", "hyperliquid")


@pytest.mark.parametrize("venue", VENUES)
def test_documented_rows_are_read_with_all_that_is_measured(venue: str) -> None:
    pytest.importorskip("ccxt")
    shapes: Any = import_module("benchmarks.shapes")
    assert tuple(one.venue for one in shapes.VENUES) == VENUES
    [one] = [found for found in shapes.VENUES if found.venue == venue]
    for shape in (one.positions, one.orders):
        body = shape.rows.body(7)
        read = shape.ours(body)
        assert len(read) == len(shape.rows.read(msgspec.json.decode(body))) == 7
        told = [[getattr(model, name) for name in shape.five] for model in read]
        assert all(isinstance(value, Decimal) or value is None for row in told for value in row)
        # No two are alike, so that nothing remembered passes for speed.
        assert len({tuple(row) for row in told}) == 7
