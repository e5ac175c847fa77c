"""How one field of a model is read from a venue's row: the words that mapping tables are written in.

`fields(WireRow)` stands for any row of that type. What a table says of it, `price(row.mark_price)`, is a column; to
type checkers it is the value that it will be (`Decimal | None`), so that a table is checked like a constructor call.
Every column reads exactly, or raises a `DecodeError` that names the venue's field. "The venue did not say" (null, "",
missing) is None; `needed` makes it an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, DecimalException
from itertools import repeat
from operator import attrgetter, is_not
from typing import Any, ClassVar, Final, TypeVar, TypeVarTuple, cast

import msgspec

from futures_async.unified.convert import EXACT, Loose, decimal_or_none, ms_or_none, ordinary, positive_or_none
from futures_async.unified.errors import DecodeError
from futures_async.unified.rows import Id, Moment, Text

A = TypeVar("A")
E = TypeVar("E")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

UNREAD: Final = msgspec.UNSET
"""Stands in a model's field until its first use."""
ODD = (DecimalException, TypeError, KeyError, ValueError, AttributeError, DecodeError)
"""What a quick reading ends with where a value is not plainly good; the exact one then judges it."""

_ZERO = Decimal(0)
_LEAST = Decimal("1e-40")
"""The least that is above 0, of numbers that `ordinary` takes."""
_TEXT = {str}
_WORDS = {str, int}
_TRUTH = {"yes": True, "on": True, "true": True, "1": True, "no": False, "off": False, "false": False, "0": False}


class Field:
    """A field of a row, or of what is given beside the row; a column says how it is read."""

    __slots__ = ("beside", "get", "name", "path")

    def __init__(self, name: str, path: str, *, beside: bool = False) -> None:
        self.name = name
        self.path = path
        self.beside = beside
        self.get: Callable[[Any], Any] = attrgetter(name)

    def of(self, row: Any, given: Any) -> Any:
        """The value in one row, as it came."""
        return self.get(given if self.beside else row)

    def all(self, rows: Iterable[Any], givens: Iterable[Any]) -> Iterable[Any]:
        """The values in many rows."""
        return map(self.get, givens if self.beside else rows)

    def in_model(self) -> Callable[[Any], Any]:
        """Gets the value from a model that was read from the row."""
        return attrgetter(f"{'_given' if self.beside else 'raw'}.{self.name}")

    def __repr__(self) -> str:
        return f"row.{self.name}"


class _Either(Field):
    """The first of several fields that says something."""

    __slots__ = ()

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__(fields[0].name, fields[0].path, beside=fields[0].beside)

        def get(row: Any) -> Any:
            found: Any = None
            for field in fields:
                found = field.get(row)
                if found is not None and found != "":
                    break
            return found

        self.get = get

    def in_model(self) -> Callable[[Any], Any]:
        get = self.get
        return (lambda model: get(model._given)) if self.beside else lambda model: get(model.raw)


class Column:
    """How one field of a model is read."""

    path: str = ""
    """The venue's field."""
    always: ClassVar[bool] = False
    """There is a value whatever the row says."""
    soft: bool = False
    """A value may stand for what cannot be read; everywhere else that is None."""

    of: Callable[[Any, Any], Any]
    """The value in a row, with what is given beside it: exactly, or `DecodeError`; None where the venue did not say."""

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        """The values in many rows, all there and plainly good; else raises one of `ODD`."""
        values = [self.of(row, given) for row, given in zip(rows, givens, strict=False)]
        if not _all_there(values):
            raise DecodeError(f"{self.path} is missing", path=self.path)
        return values

    def all(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        """The values in many rows."""
        try:
            return self.swift(rows, givens)
        except ODD:
            return [self.of(row, given) for row, given in zip(rows, givens, strict=False)]

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        """The paths of what cannot be read."""
        try:
            self.of(row, given)
        except DecodeError as error:
            return (error.path or self.path,)
        return ()

    def on_first_use(
        self, kept: Callable[[Any], Any], keep: Callable[[Any, Any], None], otherwise: Any
    ) -> Callable[[Any], Any]:
        """The getter of a model's field: reads it from `raw` once; `otherwise` stands for what cannot be read."""
        of = self.of

        def get(model: Any) -> Any:
            value = kept(model)
            if value is UNREAD:
                try:
                    value = of(model.raw, model._given)
                except DecodeError:
                    value = otherwise
                keep(model, value)
            return value

        return get


class _Plain(Column):
    """Reads one field."""

    def __init__(self, field: Any, convert: Callable[[Any, str], Any]) -> None:
        if not isinstance(field, Field):
            raise TypeError(f"{field!r} is no field of a row")
        self.field = field
        self.path = field.path
        self.convert = convert
        self.of = _beside(field.get, convert, field.path) if field.beside else _in_row(field.get, convert, field.path)

    def on_first_use(
        self, kept: Callable[[Any], Any], keep: Callable[[Any, Any], None], otherwise: Any
    ) -> Callable[[Any], Any]:
        # As the general one, with fewer calls on the way.
        convert, path, value_in = self.convert, self.path, self.field.in_model()

        def get(model: Any) -> Any:
            value = kept(model)
            if value is UNREAD:
                try:
                    value = convert(value_in(model), path)
                except DecodeError:
                    value = otherwise
                keep(model, value)
            return value

        return get


def _in_row(get: Callable[[Any], Any], convert: Callable[[Any, str], Any], path: str) -> Callable[[Any, Any], Any]:
    return lambda row, given: convert(get(row), path)


def _beside(get: Callable[[Any], Any], convert: Callable[[Any, str], Any], path: str) -> Callable[[Any, Any], Any]:
    return lambda row, given: convert(get(given), path)


class _Number(_Plain):
    """A number, whatever its sign, or one from `least` up."""

    def __init__(self, field: Any, convert: Callable[[Any, str], Any], least: Decimal | None = None) -> None:
        super().__init__(field, convert)
        self.least = least

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        texts = list(self.field.all(rows, givens))
        values = list(map(ordinary, texts))
        if (
            set(map(type, texts)) != _TEXT  # `ordinary` takes true for 1
            or not all(map(Decimal.is_finite, values))
            or (self.least is not None and min(values) < self.least)
        ):
            raise ValueError(self.path)
        return values

    def on_first_use(
        self, kept: Callable[[Any], Any], keep: Callable[[Any, Any], None], otherwise: Any
    ) -> Callable[[Any], Any]:
        closely = super().on_first_use(kept, keep, otherwise)
        least, value_in = self.least, self.field.in_model()

        def get(model: Any) -> Any:
            value = kept(model)
            if value is UNREAD:
                text = value_in(model)
                if not text or type(text) is not str:
                    return closely(model)
                try:
                    value = ordinary(text)
                except ODD:
                    return closely(model)
                if not value.is_finite() or (least is not None and value < least):
                    return closely(model)
                keep(model, value)
            return value

        return get


class _Word(_Plain):
    """A word of a table."""

    def __init__(self, field: Any, table: Mapping[Any, Any], unknown: Any) -> None:
        super().__init__(field, self._meaning)
        self.table = table
        self.unknown = unknown
        self.soft = unknown is not None

    def _find(self, word: Any, path: str) -> Any:
        if word is None or word == "":
            return None
        if not isinstance(word, (str, int)) or isinstance(word, bool):
            raise DecodeError(f"{path} is no word", path=path)
        found = self.table.get(word)
        if found is None and isinstance(word, str):
            found = self.table.get(word.lower())
        if found is None:
            raise DecodeError(f"{path} has the unknown word {str(word)[:40]!r}", path=path)
        return found

    def _meaning(self, word: Any, path: str) -> Any:
        if self.unknown is None or not isinstance(word, (str, int)):
            return self._find(word, path)
        try:
            return self._find(word, path)
        except DecodeError:
            return self.unknown

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        words = list(self.field.all(rows, givens))
        if not _WORDS.issuperset(map(type, words)):
            raise TypeError(self.path)  # as keys, true is 1
        return list(map(self.table.__getitem__, words))

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        try:
            self._find(self.field.of(row, given), self.path)
        except DecodeError:
            return (self.path,)
        return ()


class _Text(_Plain):
    """Text whose characters can all be shown."""

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        values = list(self.field.all(rows, givens))
        if not "".join(values).isprintable() or "" in values:
            raise ValueError(self.path)
        return values


class _Id(_Text):
    """An id: text without spaces around it."""

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        values = cast("list[str]", super().swift(rows, givens))
        if "0" in values or " " in "".join(values):
            raise ValueError(self.path)
        return values


class _Made(Column):
    """Made of others. Raw fields and constants may be among the parts."""

    def __init__(self, function: Callable[..., Any], parts: Sequence[Any]) -> None:
        self.function = function
        self.parts = [part if isinstance(part, (Column, Field)) else _Constant(part) for part in parts]
        self.path = next(part.path for part in self.parts if part.path)
        self.soft = any(part.soft for part in self.parts if isinstance(part, Column))
        self.of = self._of

    def _of(self, row: Any, given: Any) -> Any:
        return self.function(*[part.of(row, given) for part in self.parts])

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        values = list(map(self.function, *(part.all(rows, givens) for part in self.parts)))
        if not _all_there(values):
            raise ValueError(self.path)
        return values

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        soft = (part for part in self.parts if isinstance(part, Column) and part.soft)
        return (*(path for part in soft for path in part.problems(row, given)), *super().problems(row, given))


class _Reckoned(_Made):
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


class _Constant(Column):
    """The same for all rows."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.of = lambda row, given: value

    def all(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        return repeat(self.value)

    swift = all


class _Needed(Column):
    """One that a row must say."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.path = column.path
        self.soft = column.soft
        self.of = self._of
        self.swift = column.swift  # type: ignore[method-assign]  # a quick reading finds everything there, or ends

    def _of(self, row: Any, given: Any) -> Any:
        value = self.column.of(row, given)
        if value is None:
            raise DecodeError(f"{self.path} is missing", path=self.path)
        return value

    def on_first_use(
        self, kept: Callable[[Any], Any], keep: Callable[[Any, Any], None], otherwise: Any
    ) -> Callable[[Any], Any]:
        # What is missing reads as what cannot be read does: None.
        if otherwise is None:
            return self.column.on_first_use(kept, keep, otherwise)
        return super().on_first_use(kept, keep, otherwise)

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        soft = self.column.problems(row, given) if self.soft else ()
        return (*soft, *super().problems(row, given))


class _Otherwise(Column):
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


def fields(kind: type[T], *, beside: bool = False) -> T:
    """Any row of this type, to write a table with: a field that the type lacks is an `AttributeError`.

    Args:
        kind: The wire struct.
        beside: What is given beside the row, such as its contract: see `Reading`.
    """
    struct = cast("type[msgspec.Struct]", kind)
    return kind(
        **{field.name: Field(field.name, field.encode_name, beside=beside) for field in msgspec.structs.fields(struct)}
    )


def number(field: Loose) -> Decimal | None:
    """A number."""
    return cast("Decimal | None", _Number(field, decimal_or_none))


def price(field: Loose) -> Decimal | None:
    """A number above 0: venues write 0 or less for "none"."""
    return cast("Decimal | None", _Number(field, positive_or_none, _LEAST))


def size(field: Loose) -> Decimal | None:
    """A number that says nothing of a direction: one below 0 is an error."""
    return cast("Decimal | None", _Number(field, _unsigned, _ZERO))


def moment(field: Moment) -> int | None:
    """Unix milliseconds; 0 and -1 are none."""
    return cast("int | None", _Plain(field, ms_or_none))


def text(field: Id) -> str | None:
    """A name or a word, as it came."""
    return cast("str | None", _Text(field, _text))


def identifier(field: Id) -> str | None:
    """An id of the venue's, as text; 0 is none."""
    return cast("str | None", _Id(field, _identifier))


def yes_no(field: Text | bool | int) -> bool | None:
    """YES/NO, on/off, true/false in any case, 1/0."""
    return cast("bool | None", _Plain(field, _truth))


def word(field: Id, table: Mapping[Any, E], unknown: E | None = None) -> E | None:
    """What the venue's word means; one that is not in the table (in lower case either) is `unknown`, or an error."""
    return cast("E | None", _Word(field, table, unknown))


def needed(column: T | None) -> T:
    """What the row must say: None is an error."""
    return cast("T", _Needed(_column(column)))


def otherwise(column: T | None, value: T) -> T:
    """`value` where the row does not say, or cannot be read; the latter is still named in `unread`."""
    return cast("T", _Otherwise(_column(column), value))


def either(*choices: T) -> T:
    """The first of several fields that says something."""
    return cast("T", _Either(cast("Sequence[Field]", choices)))


def made(function: Callable[[*Ts], T], *parts: *Ts) -> T:
    """`function` of columns, fields as they came, and constants; it gets None for what the venue did not say."""
    return cast("T", _Made(function, parts))


def times(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """The exact product; None without both."""
    return cast("Decimal | None", _Reckoned(EXACT.multiply, left, right))


def plus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """The exact sum; None without both."""
    return cast("Decimal | None", _Reckoned(EXACT.add, left, right))


def minus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """The exact difference; None without both."""
    return cast("Decimal | None", _Reckoned(EXACT.subtract, left, right))


def negative(value: Decimal | None) -> Decimal | None:
    """The number with its sign turned: fees, where the venue writes what was paid as negative."""
    return cast("Decimal | None", _Made(_negated, [_column(value)]))


def _constant_or_column(value: Any) -> Column:
    return _Constant(value) if isinstance(value, Decimal) else _column(value)


def _column(value: Any) -> Column:
    if not isinstance(value, Column):
        raise TypeError(f"{value!r} is no column: say how it is read")
    return value


def _all_there(values: Iterable[Any]) -> bool:
    # By identity: `None in` would compare it with each number, which takes a Decimal microseconds.
    return all(map(is_not, values, repeat(None)))


def _unsigned(value: Loose, path: str) -> Decimal | None:
    found = decimal_or_none(value, path)
    if found is not None and found < 0:
        raise DecodeError(f"{path} is negative", path=path)
    return found


def _negated(value: Decimal | None) -> Decimal | None:
    return value.copy_negate() if value else None if value is None else _ZERO


def _text(value: Any, path: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.isprintable():
        raise DecodeError(f"{path} is not readable text", path=path)
    return value


def _identifier(value: Any, path: str) -> str | None:
    found = _text(value, path)
    if found is not None and found.strip() != found:
        raise DecodeError(f"{path} is not readable as an id", path=path)
    return None if found == "0" else found


def _truth(value: Any, path: str) -> bool | None:
    if value is None or value == "" or isinstance(value, bool):
        return value if isinstance(value, bool) else None
    found = _TRUTH.get(str(value).lower()) if isinstance(value, (str, int)) else None
    if found is None:
        raise DecodeError(f"{path} is neither yes nor no", path=path)
    return found
