"""The recipes of docs/data-frames.md: frames of our models add up exactly, whichever library makes them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import futures_async as fa
from futures_async.cli.output import Format, Writer

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


def test_what_is_reckoned_of_a_polars_frame_is_not_rounded() -> None:
    """Polars rounds a product to the digits of the finer column; the recipe shows the cast that prevents it."""
    pytest.importorskip("polars")
    whole, fine = fills()[0], fills()[-1]
    rows = [structs.replace(whole, price=Decimal("60000.1")), structs.replace(fine, price=Decimal("0.0001"))]
    names: dict[str, Any] = {"fills": rows, "fa": fa}

    exec(compile(RECIPES["polars"], f"{PAGE.name}: polars", "exec"), names)

    assert names["cost"] == Decimal("60000.100000000001")


def test_a_mean_of_pyarrow_is_not_rounded() -> None:
    """Pyarrow rounds the mean of decimals to the digits of the column; the recipe shows the cast that prevents it."""
    pytest.importorskip("pyarrow")
    whole = fills()[0]
    names: dict[str, Any] = {"fills": [whole, structs.replace(whole, quantity=Decimal(2))], "fa": fa}

    exec(compile(RECIPES["pyarrow"], f"{PAGE.name}: pyarrow", "exec"), names)

    assert names["average"] == 1.5


def test_a_file_keeps_what_is_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pandas")
    ids = ["8389765591234567891", "8389765591234567893", "007", "1e5"]
    first, *_ = fills()
    written = [
        ("main", structs.replace(first, order_id=order_id, price=Decimal("1.00000000000000000001"))) for order_id in ids
    ]
    for form, name in ((Format.JSON, "fills.jsonl"), (Format.CSV, "fills.csv")):
        Writer(form).rows(written, (), "")
        (tmp_path / name).write_text(capsys.readouterr().out)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}

    exec(compile(RECIPES["Files"], f"{PAGE.name}: Files", "exec"), names)

    for frame in (names["lines"], names["sheet"]):
        assert frame["order_id"].tolist() == ids
        assert frame["price"].tolist() == ["1.00000000000000000001"] * 4
