"""Columns that are made of other columns. The words for them are in `columns`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any, cast

from futures_async.unified.column import Column, Field, all_there, union_of
from futures_async.unified.errors import DecodeError


class Made(Column):
    """Made of others. Raw fields and constants may be among the parts."""

    def __init__(self, function: Callable[..., Any], parts: Sequence[Any]) -> None:
        self.function = function
        self.parts = [part if isinstance(part, (Column, Field)) else Constant(part) for part in parts]
        self.path = next(part.path for part in self.parts if part.path)
        self.soft = any(part.soft for part in self.parts if isinstance(part, Column))
        self.of = self._of

    def _of(self, row: Any, given: Any) -> Any:
        return self.function(*[part.of(row, given) for part in self.parts])

    def words(self) -> frozenset[str] | None:
        return union_of(part.words() if isinstance(part, Column) else None for part in self.parts)

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        values = list(map(self.function, *(part.all(rows, givens) for part in self.parts)))
        if not all_there(values):
            raise ValueError(self.path)
        return values

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        soft = (part for part in self.parts if isinstance(part, Column) and part.soft)
        return (*(path for part in soft for path in part.problems(row, given)), *super().problems(row, given))


class Reckoned(Made):
    """Made of two numbers, where both are there."""

    def __init__(self, function: Callable[[Decimal, Decimal], Decimal], left: Any, right: Any) -> None:
        super().__init__(function, [_constant_or_column(left), _constant_or_column(right)])
        left_of, right_of = (part.of for part in self.parts)

        def of(row: Any, given: Any) -> Any:
            left = left_of(row, given)
            right = right_of(row, given)
            return None if left is None or right is None else function(left, right)

        self.of = of

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        return list(map(self.function, *(cast("Column", part).swift(rows, givens) for part in self.parts)))


class Constant(Column):
    """The same for all rows."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.of = lambda row, given: value

    def words(self) -> frozenset[str] | None:
        return frozenset()

    def all(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        return repeat(self.value)

    swift = all


class Needed(Column):
    """One that a row must say."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.path = column.path
        self.soft = column.soft
        self.of = column.quick(self._of)
        self.swift = column.swift  # type: ignore[method-assign]  # a quick reading finds everything there, or ends

    def words(self) -> frozenset[str] | None:
        return self.column.words()

    def _of(self, row: Any, given: Any) -> Any:
        value = self.column.of(row, given)
        if value is None:
            raise DecodeError(f"{self.path} is missing", path=self.path)
        return value

    def on_first_use(
        self, slot_name: str, kept: Callable[[Any], Any], keep: Callable[[Any, Any], None], otherwise: Any
    ) -> Callable[[Any], Any]:
        # What is missing reads as what cannot be read does: None.
        if otherwise is None:
            return self.column.on_first_use(slot_name, kept, keep, otherwise)
        return super().on_first_use(slot_name, kept, keep, otherwise)

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        soft = self.column.problems(row, given) if self.soft else ()
        return (*soft, *super().problems(row, given))


class Otherwise(Column):
    """One that has a value even where the row does not say, or cannot be read."""

    always = True
    soft = True

    def __init__(self, column: Column, value: Any) -> None:
        self.column = column
        self.path = column.path
        self.value = value
        self.of = self._of

    def _of(self, row: Any, given: Any) -> Any:
        try:
            value = self.column.of(row, given)
        except DecodeError:
            return self.value
        return self.value if value is None else value

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        return self.column.problems(row, given)


def _constant_or_column(value: Any) -> Column:
    return Constant(value) if isinstance(value, Decimal) else checked(value)


def checked(value: Any) -> Column:
    if not isinstance(value, Column):
        raise TypeError(f"{value!r} is no column: say how it is read")
    return value
