"""Models as plain records, for data frames: each column has one type and, where it holds numbers, one scale."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, Literal, cast

from futures_async.unified.convert import EXACT
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models.base import Model, kind_of
from futures_async.unified.words import near

MAX_SCALE: Final = 38
"""Of a column, in decimal places: what the decimal types of polars, Arrow and DuckDB hold."""


def to_records(
    models: Iterable[Model],
    *,
    numbers: Literal["decimal", "text"] = "decimal",
    scales: Mapping[str, int] | None = None,
) -> list[dict[str, Any]]:
    """Turn models of one kind into records that any data frame reads alike.

    Libraries guess a column's scale from its first rows, and some round what comes later (polars 2.1 from the 101st
    row on: a sum of 201 for 200.64). Here all numbers of a column are written to the same scale, the largest one that
    occurs in it, so there is nothing to guess.

    Args:
        models: Such as what `fetch_positions` or `fetch_fills` gives.
        numbers: `"decimal"` gives `Decimal`s, `"text"` plain decimal text of the same scale.
        scales: Decimal places of columns, by field: frames that are made at different times then fit each other.

    Returns:
        A record for each model: its fields but `raw`, in their order; words of an enum as text, times as Unix
        milliseconds, `unread` as a list, None where there is nothing.

    Raises:
        InvalidRequest: Models of several kinds; a scale for no field, below 0, above 38, or too small for a number:
            nothing is ever rounded.
    """
    rows = list(models)
    if not rows:
        return []
    kinds = {kind_of(model) for model in rows}
    if len(kinds) > 1:
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise InvalidRequest(f"records have columns, so models must be of one kind, not {found}")
    if numbers not in ("decimal", "text"):
        raise InvalidRequest(f"numbers {str(numbers)[:40]!r}: decimal or text")
    names: list[str] = [name for name in kinds.pop().__struct_fields__ if name != "raw"]
    wanted = _checked(scales or {}, names)
    columns = [_column(name, [getattr(model, name) for model in rows], wanted.get(name), numbers) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _checked(scales: Mapping[str, int], names: list[str]) -> Mapping[str, int]:
    for name, scale in scales.items():
        if name not in names:
            raise InvalidRequest(f"scale of {str(name)[:40]!r}: {near(str(name), names)}")
        if type(scale) is not int or not 0 <= scale <= MAX_SCALE:
            raise InvalidRequest(f"scale of {name}: decimal places from 0 to {MAX_SCALE}, not {str(scale)[:40]}")
    return scales


def _column(name: str, values: list[Any], scale: int | None, numbers: str) -> list[Any]:
    there = [value for value in values if isinstance(value, Decimal)]
    if not there:
        return [_plain(value) for value in values]
    least = max(max(-cast("int", value.as_tuple().exponent), 0) for value in there)
    if scale is not None and scale < least:
        # Zeros at the end are no places that would be lost.
        least = max(max(-cast("int", value.normalize(EXACT).as_tuple().exponent), 0) for value in there)
        if scale < least:
            raise InvalidRequest(f"{name} has numbers of {least} decimal places: a scale of {scale} would round them")
    least = least if scale is None else scale
    if least > MAX_SCALE:
        raise InvalidRequest(f"{name} has numbers of {least} decimal places, and no column has more than {MAX_SCALE}")
    unit = Decimal(1).scaleb(-least, EXACT)
    return [_number(value.quantize(unit, context=EXACT), numbers) if value is not None else None for value in values]


def _number(value: Decimal, numbers: str) -> Decimal | str:
    return format(value, "f") if numbers == "text" else value


def _plain(value: object) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    return [*value] if isinstance(value, tuple) else value
