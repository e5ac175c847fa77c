"""What a column is: how one field of a model is read, in one row or in many at once.

Those made of others are in `composed`; the words that tables are written in, in `columns`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, DecimalException
from itertools import repeat
from operator import attrgetter, is_not
from typing import Any, ClassVar, Final, TypeVar, TypeVarTuple, cast

import msgspec

from futures_async.unified.convert import ordinary
from futures_async.unified.errors import DecodeError

A = TypeVar("A")
E = TypeVar("E")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

UNREAD: Final = msgspec.UNSET
"""Stands in a model's field until its first use."""
ODD = (DecimalException, TypeError, KeyError, ValueError, AttributeError, DecodeError)
"""What a quick reading ends with where a value is not plainly good; the exact one then judges it."""

ZERO = Decimal(0)
LEAST = Decimal("1e-40")
"""The least that is above 0, of numbers that `ordinary` takes."""
_TEXT = {str}
TEXT_OR_NONE = {str, type(None)}
_WORDS = {str, int}

_NUMBER_GETTER = """
def get(model):
    value = model.{kept}
    if value is UNREAD:
        text = model.raw.{field}
        if not text or type(text) is not str:
            return closely(model)
        try:
            value = ordinary(text)
        except ODD:
            return closely(model)
        if not (value.is_finite(){bound}):
            return closely(model)
        {turn}
        keep(model, value)
    return value
"""


def negated(value: Decimal | None) -> Decimal | None:
    """The number with its sign turned; 0 has none."""
    return value.copy_negate() if value else None if value is None else ZERO


class Field:
    """A field of a row, or of what is given beside the row; a column says how it is read."""

    __slots__ = ("beside", "get", "name", "names", "path")

    def __init__(self, name: str, path: str, *, beside: bool = False) -> None:
        self.name = name
        self.path = path
        self.beside = beside
        self.names: frozenset[str] | None = None if beside else frozenset({name})
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


class Either(Field):
    """The first of several fields that says something."""

    __slots__ = ("first",)

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
        self.names = union_of(field.names for field in fields)
        self.first = fields[0]

    def all(self, rows: Iterable[Any], givens: Iterable[Any]) -> Iterable[Any]:
        found = list(self.first.all(rows, givens))
        return found if all(found) else super().all(rows, givens)

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

    def quick(self, closely: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """`closely`, which reads this in a row, with a short way where what came is plainly good."""
        return closely

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        """The values in many rows, all there and plainly good; else raises one of `ODD`."""
        values = [self.of(row, given) for row, given in zip(rows, givens, strict=False)]
        if not all_there(values):
            raise DecodeError(f"{self.path} is missing", path=self.path)
        return values

    def all(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        """The values in many rows."""
        try:
            return self.swift(rows, givens)
        except ODD:
            return [self.of(row, given) for row, given in zip(rows, givens, strict=False)]

    def words(self) -> frozenset[str] | None:
        """The row's fields that it is made of, where these are words and names; None: it is made of others too."""
        return None

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        """The paths of what cannot be read."""
        try:
            self.of(row, given)
        except DecodeError as error:
            return (error.path or self.path,)
        return ()

    def on_first_use(
        self, slot_name: str, kept: Callable[[Any], Any], keep: Callable[[Any, Any], None], otherwise: Any
    ) -> Callable[[Any], Any]:
        """The getter of a model's field: reads it from `raw` once; `otherwise` stands for what cannot be read.

        Args:
            slot_name: The attribute in which the value is kept; `kept` and `keep` get and set it.
            kept: Gets what is kept: `UNREAD` before the first use.
            keep: Sets it.
            otherwise: Stands for what cannot be read.
        """
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


class Plain(Column):
    """Reads one field."""

    def __init__(self, field: Any, convert: Callable[[Any, str], Any]) -> None:
        if not isinstance(field, Field):
            raise TypeError(f"{field!r} is no field of a row")
        self.field = field
        self.path = field.path
        self.convert = convert
        self.of = (
            _beside(field.get, convert, field.path)
            if field.beside
            else self.quick(_in_row(field.get, convert, field.path))
        )

    def on_first_use(
        self, slot_name: str, kept: Callable[[Any], Any], keep: Callable[[Any, Any], None], otherwise: Any
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


class Number(Plain):
    """A number, whatever its sign, or one from `least` up; `turned`: with the other sign."""

    def __init__(
        self, field: Any, convert: Callable[[Any, str], Any], least: Decimal | None = None, *, turned: bool = False
    ) -> None:
        self._plain = convert
        self.least = least
        self.turned = turned
        super().__init__(field, (lambda value, path: negated(convert(value, path))) if turned else convert)

    def quick(self, closely: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        get, least, turned = self.field.get, self.least, self.turned

        def of(row: Any, given: Any) -> Any:
            text = get(row)
            if type(text) is str:
                try:
                    value = ordinary(text)
                except DecimalException:
                    return closely(row, given)
                if value.is_finite() and (least is None or value >= least):
                    return negated(value) if turned else value
            return closely(row, given)

        return closely if self.field.beside else of

    def negative(self) -> Number:
        """The same with the other sign."""
        return Number(self.field, self._plain, self.least, turned=not self.turned)

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        texts = list(self.field.all(rows, givens))
        values = list(map(ordinary, texts))
        if self.least is not None and "".join(texts).replace(".", "").isdigit():
            # Digits and points alone make no NaN and nothing below 0, and only text joins: each value needs no look.
            good = self.least <= ZERO or all(values)
        else:
            good = (
                set(map(type, texts)) == _TEXT  # `ordinary` takes true for 1
                and all(map(Decimal.is_finite, values))
                and (self.least is None or min(values) >= self.least)
            )
        if not good:
            raise ValueError(self.path)
        return list(map(negated, values)) if self.turned else values

    def on_first_use(
        self, slot_name: str, kept: Callable[[Any], Any], keep: Callable[[Any, Any], None], otherwise: Any
    ) -> Callable[[Any], Any]:
        closely = super().on_first_use(slot_name, kept, keep, otherwise)
        if self.field.beside or type(self.field) is not Field:
            return closely
        names = {
            "UNREAD": UNREAD,
            "ODD": ODD,
            "ordinary": ordinary,
            "closely": closely,
            "keep": keep,
            "least": self.least,
            "negated": negated,
        }
        turn = "value = negated(value)" if self.turned else ""
        bound = "" if self.least is None else " and value >= least"
        # Source text, once for each such field: a getter whose attributes are literal takes two thirds of the time.
        exec(_NUMBER_GETTER.format(kept=slot_name, field=self.field.name, bound=bound, turn=turn), names)  # noqa: S102
        return cast("Callable[[Any], Any]", names["get"])


class Word(Plain):
    """A word of a table."""

    def __init__(self, field: Any, table: Mapping[Any, Any], unknown: Any) -> None:
        super().__init__(field, self._meaning)
        self.table = table
        self.unknown = unknown
        self.soft = unknown is not None
        self._numbered = any(isinstance(word, int) for word in table)

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
        words = self.field.all(rows, givens)
        if self._numbered:
            words = list(words)
            if not _WORDS.issuperset(map(type, words)):
                raise TypeError(self.path)  # as keys, true is 1
        return list(map(self.table.__getitem__, words))

    def words(self) -> frozenset[str] | None:
        return None if self._numbered else self.field.names

    def problems(self, row: Any, given: Any) -> tuple[str, ...]:
        try:
            self._find(self.field.of(row, given), self.path)
        except DecodeError:
            return (self.path,)
        return ()


class TextColumn(Plain):
    """Text whose characters can all be shown."""

    zero: ClassVar[str] = ""
    """Text that stands for nothing."""

    def words(self) -> frozenset[str] | None:
        return self.field.names

    def quick(self, closely: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        # Where several fields may say it, the first one mostly does.
        first = self.field.first if isinstance(self.field, Either) else self.field
        get, zero = first.get, self.zero

        def of(row: Any, given: Any) -> Any:
            value = get(row)
            # Of letters and digits alone, each can be shown.
            return value if type(value) is str and value.isalnum() and value != zero else closely(row, given)

        return closely if self.field.beside else of

    def all(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        try:
            return self.swift(rows, givens)
        except ODD:
            values = list(self.field.all(rows, givens))
        if not TEXT_OR_NONE.issuperset(map(type, values)) or not self._good(list(filter(None, values))):
            return super().all(rows, givens)
        return [value or None for value in values]

    def _good(self, values: list[str]) -> bool:
        return "".join(values).isprintable()

    def swift(self, rows: Sequence[Any], givens: Iterable[Any]) -> Iterable[Any]:
        values = list(self.field.all(rows, givens))
        if not self._good(values) or "" in values:
            raise ValueError(self.path)
        return values


class IdColumn(TextColumn):
    """An id: text without spaces around it."""

    zero = "0"

    def words(self) -> frozenset[str] | None:
        return None

    def _good(self, values: list[str]) -> bool:
        together = "".join(values)
        return together.isprintable() and " " not in together and "0" not in values


def union_of(all_names: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """All of them, or None where one is None."""
    found: frozenset[str] = frozenset()
    for names in all_names:
        if names is None:
            return None
        found |= names
    return found


def all_there(values: Iterable[Any]) -> bool:
    # By identity: `None in` would compare it with each number, which takes a Decimal microseconds.
    return all(map(is_not, values, repeat(None)))
