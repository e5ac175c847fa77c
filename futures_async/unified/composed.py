"""Columns that are made of other columns. The words for them are in `columns`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from futures_async.unified.column import Column, Field, union_of
from futures_async.unified.convert import EXACT
from futures_async.unified.errors import DecodeError
from futures_async.unified.exact import divide
from futures_async.unified.quick import Code


class Made(Column):
    """Made of others. Raw fields and constants may be among the parts."""

    def __init__(self, function: Callable[..., Any], parts: Sequence[Any]) -> None:
        self.function = function
        self.parts = [part if isinstance(part, (Column, Field)) else Constant(part) for part in parts]
        self.path = next(part.path for part in self.parts if part.path)
        self.soft = any(part.soft for part in self.parts if isinstance(part, Column))

    def of(self, row: Any, given: Any) -> Any:
        return self.function(*[part.of(row, given) for part in self.parts])

    def source(self, code: Code) -> str:
        return f"{code.name(self.function)}({', '.join(map(code.value, self.parts))})"

    def words(self) -> frozenset[str] | None:
        return union_of(part.words() if isinstance(part, Column) else None for part in self.parts)

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        soft = (part for part in self.parts if isinstance(part, Column) and part.soft)
        return (*(path for part in soft for path in part.problems(row, given)), *super().problems(row, given))


class Reckoned(Made):
    """Made of numbers, where all are there: those after one that is missing are not looked at.

    Args:
        function: Makes it.
        numbers: Of these.
        inline: The same as source, in which `{0}` is the first number, and the names of `constants` stand for these.
    """

    def __init__(self, function: Callable[..., Any], *numbers: Any, inline: str = "", **constants: object) -> None:
        super().__init__(function, [_constant_or_column(number) for number in numbers])
        self._inline = inline
        self._constants = constants

    def of(self, row: Any, given: Any) -> Any:
        values: list[Any] = []
        for part in self.parts:
            values.append(part.of(row, given))
            if values[-1] is None:
                return None
        return self.function(*values)

    def source(self, code: Code) -> str:
        first, *others = self.parts
        nothing = f"{code.value(first)} is None"
        with code.branch():
            nothing += "".join(f" or {code.value(part)} is None" for part in others)
            constants = {name: code.name(value) for name, value in self._constants.items()}
            values = map(code.value, self.parts)
            made = self._inline.format(*values, **constants) if self._inline else super().source(code)
            return f"(None if {nothing} else {made})"


class First(Made):
    """The first of several that says something: those after it are not looked at."""

    def __init__(self, parts: Sequence[Any]) -> None:
        super().__init__(_itself, [checked(part) for part in parts])

    def of(self, row: Any, given: Any) -> Any:
        values = (part.of(row, given) for part in self.parts)
        return next((value for value in values if value is not None), None)

    def source(self, code: Code) -> str:
        first, *others = self.parts
        said, found = code.value(first), code.value(first)
        if not others:
            return said
        with code.branch():
            return f"({found} if {said} is not None else {First(others).source(code)})"


class InBase(Made):
    """A number of contracts in base coin: see `columns.in_base`."""

    def __init__(self, contracts: Any, size: Any, worth: Any, prices: Sequence[Any]) -> None:
        super().__init__(_itself, [checked(contracts), size, worth, First(prices) if prices else None])

    def of(self, row: Any, given: Any) -> Any:
        contracts, size, worth, price = self.parts
        count = contracts.of(row, given)
        if not count:
            return count
        value = worth.of(row, given)
        if value is None:
            each = size.of(row, given)
            return count if each is None else EXACT.multiply(count, each)
        return divide(EXACT.multiply(count, value), price.of(row, given) or self._no_price())

    def _no_price(self) -> NoReturn:
        path = self.parts[-1].path or self.path
        raise DecodeError("there is no price to tell the base coin of these contracts by", path=path)

    def source(self, code: Code) -> str:
        contracts, size, worth, price = self.parts
        said, count = code.value(contracts), code.value(contracts)
        times, over = code.name(EXACT.multiply), code.name(divide)
        with code.branch():
            dollars, value = code.value(worth), code.value(worth)
            counted = isinstance(size, Constant) and size.value is None
            with code.branch():
                each = count if counted else f"{times}({count}, {size.source(code)})"
            with code.branch():
                at = f"{price.source(code)} or {code.name(self._no_price)}()"
            dear = f"{over}({times}({count}, {value}), {at})"
            return f"({count} if not {said} else {each} if {dollars} is None else {dear})"


class Constant(Column):
    """The same for all rows."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def of(self, row: Any, given: Any) -> Any:
        return self.value

    def source(self, code: Code) -> str:
        return code.name(self.value)

    def words(self) -> frozenset[str] | None:
        return frozenset()


class Needed(Column):
    """One that a row must say."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.parts = (column,)
        self.path = column.path
        self.soft = column.soft

    def of(self, row: Any, given: Any) -> Any:
        value = self.column.of(row, given)
        return self._missing() if value is None else value

    def _missing(self) -> NoReturn:
        raise DecodeError(f"{self.path} is missing", path=self.path)

    def source(self, code: Code) -> str:
        said, value = code.value(self.column), code.value(self.column)
        return f"({value} if {said} is not None else {code.name(self._missing)}())"

    def words(self) -> frozenset[str] | None:
        return self.column.words()

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        soft = self.column.problems(row, given) if self.soft else ()
        return (*soft, *super().problems(row, given))


class Otherwise(Column):
    """One that has a value even where the row does not say, or cannot be read."""

    always = True
    soft = True

    def __init__(self, column: Column, value: Any) -> None:
        self.column = column
        self.parts = (column,)
        self.path = column.path
        self.value = value

    def of(self, row: Any, given: Any) -> Any:
        try:
            value = self.column.of(row, given)
        except DecodeError:
            return self.value
        return self.value if value is None else value

    def source(self, code: Code) -> str:
        said, value = code.value(self.column), code.value(self.column)
        return f"({value} if {said} is not None else {code.name(self.value)})"

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        return self.column.problems(row, given)


def _itself(value: Any) -> Any:
    return value


def _constant_or_column(value: Any) -> Column:
    return Constant(value) if isinstance(value, Decimal) else checked(value)


def checked(value: Any) -> Column:
    if not isinstance(value, Column):
        raise TypeError(f"{value!r} is no column: say how it is read, as number({value!r}) does")
    return value
