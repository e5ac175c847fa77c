"""The recipes of docs/data-frames.md: frames of our models add up exactly, whichever library makes them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import futures_async as fa

PAGE = Path(__file__).parents[2] / "docs" / "data-frames.md"
# Not marked as `python`: type checkers know little of what these libraries return.
RECIPES = dict(re.findall(r"^## (\w+)\n.*?```py\n(.*?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL))


def fills() -> list[fa.Fill]:
    """More whole numbers than a library looks at before it settles on a scale, and then others."""
    quantities = [*(Decimal(1) for _ in range(200)), Decimal("0.64"), Decimal("1E-8")]
    return [
        fa.Fill(
            venue="toy",
            fill_id=str(index),
            order_id="2",
            symbol="BTC/USDT:USDT",
            venue_symbol="BTCUSDT",
            side=fa.Side.BUY,
            price=Decimal(1),
            quantity=quantity,
            created_ms=1_700_000_000_000,
        )
        for index, quantity in enumerate(quantities)
    ]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "DuckDB"])
def test_a_recipe_adds_up(library: str) -> None:
    for module in ("pandas", "polars", "pyarrow", "duckdb"):
        pytest.importorskip(module)
    names: dict[str, Any] = {"fills": fills(), "fa": fa}

    exec(compile(RECIPES[library], f"{PAGE.name}: {library}", "exec"), names)

    assert Decimal(str(names["total"])) == Decimal("200.64000001")
