"""What a column is: how one field of a model is read in a row, exactly and quickly.

Those made of others are in `composed`; the words that tables are written in, in `columns`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

from futures_async.unified.convert import ms_or_none
from futures_async.unified.errors import DecodeError
from futures_async.unified.quick import Code

ZERO = Decimal(0)
MOST_SPELLINGS = 1000
"""Of words, in whatever case they come: the rest are looked up anew."""


def negated(value: Decimal | None) -> Decimal | None:
    """The number with its sign turned; 0 has none."""
    return value.copy_negate() if value else None if value is None else ZERO


class Field:
    """A field of a row, or of what is given beside the row; a column says how it is read."""

    __slots__ = ("beside", "get", "kind", "name", "names", "path")

    def __init__(self, name: str, path: str, kind: Any = None, *, beside: bool = False) -> None:
        self.name = name
        self.path = path
        self.kind = kind
        self.beside = beside
        self.names: frozenset[str] | None = None if beside else frozenset({name})
        self.get: Callable[[Any], Any] = attrgetter(name)

    parts: ClassVar[Sequence[Field]] = ()

    def of(self, row: Any, given: Any) -> Any:
        """The value in one row, as it came."""
        return self.get(given if self.beside else row)

    def source(self, code: Code) -> str:
        """See `quick`."""
        return f"{'given' if self.beside else 'row'}.{self.name}"

    def __repr__(self) -> str:
        return f"{'beside' if self.beside else 'row'}.{self.name}"


class Within(Field):
    """A field of a struct that stands in a row."""

    __slots__ = ("inner", "outer")

    def __init__(self, outer: Field, name: str, path: str) -> None:
        super().__init__(f"{outer.name}.{name}", f"{outer.path}.{path}", beside=outer.beside)
        self.names = None
        self.outer = outer
        self.inner = name

    def of(self, row: Any, given: Any) -> Any:
        struct = self.outer.of(row, given)
        if struct is not None and not isinstance(struct, self.outer.kind):
            raise DecodeError(f"{self.outer.path} is not what it was", path=self.path)
        return getattr(struct, self.inner, None)


class Either(Field):
    """The first of several fields that says something."""

    __slots__ = ("fields",)

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__(fields[0].name, fields[0].path, beside=fields[0].beside)
        self.fields = fields
        self.names = union_of(field.names for field in fields)

    def of(self, row: Any, given: Any) -> Any:
        found: Any = None
        for field in self.fields:
            found = field.of(row, given)
            if found is not None and found != "":
                break
        return found

    def source(self, code: Code) -> str:
        *before, last = (field.source(code) for field in self.fields)
        found = code.local()
        choices = (f"{found} if ({found} := {field}) is not None and {found} != '' else " for field in before)
        return f"({''.join(choices)}{last})"


class Column:
    """How one field of a model is read."""

    path: str = ""
    """The venue's field."""
    always: ClassVar[bool] = False
    """There is a value whatever the row says."""
    soft: bool = False
    """A value may stand for what cannot be read; everywhere else that is None."""
    parts: Sequence[Column | Field] = ()
    """What it is made of."""

    def of(self, row: Any, given: Any) -> Any:
        """The value in a row, with what is given beside it: None where the venue did not say.

        Raises:
            DecodeError: It cannot be read.
        """
        raise NotImplementedError

    def source(self, code: Code) -> str:
        """The same quickly: see `quick`."""
        return f"{code.name(self.of)}(row, given)"

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


class Given(Field, Column):  # type: ignore[misc] # pyright: ignore[reportIncompatibleVariableOverride] - made of nothing, either way
    """A field of a unified model that is given beside the row: it is what it is, and needs no reading."""

    always = True


class Plain(Column):
    """Reads one field."""

    def __init__(self, field: Any, convert: Callable[[Any, str], Any]) -> None:
        if not isinstance(field, Field):
            raise TypeError(f"{field!r} is no field of a row")
        self.field = field
        self.parts = (field,)
        self.path = field.path
        self.convert = convert

    def of(self, row: Any, given: Any) -> Any:
        return self.convert(self.field.of(row, given), self.path)

    def source(self, code: Code) -> str:
        return self._exactly(code, self.field.source(code))

    def _exactly(self, code: Code, said: str) -> str:
        return f"{code.name(self.convert)}({said}, {self.path!r})"


class Number(Plain):
    """A number.

    Args:
        field: What has it.
        convert: Reads it exactly.
        signed: It may be below 0; otherwise `convert` judges one with a sign.
        some: 0 is none.
        turned: With the other sign.
    """

    def __init__(
        self,
        field: Any,
        convert: Callable[[Any, str], Any],
        *,
        signed: bool = True,
        some: bool = False,
        turned: bool = False,
    ) -> None:
        super().__init__(field, (lambda value, path: negated(convert(value, path))) if turned else convert)
        self._plain = convert
        self.signed = signed
        self.some = some
        self.turned = turned

    def negative(self) -> Number:
        """The same with the other sign."""
        return Number(self.field, self._plain, signed=self.signed, some=self.some, turned=not self.turned)

    def source(self, code: Code) -> str:
        said, value = code.local(), code.local()
        found = f"({value} or None)" if self.some else value
        # Signs stand before the digits: fewer steps than to compare the number.
        begins = said if self.signed else f"{said} > '/'"
        # `ordinary` takes true for 1.
        text = f"type({said} := {self.field.source(code)}) is str and {begins}"
        good = f"{text} and ({value} := ordinary({said})).is_finite()"
        read = f"{code.name(negated)}({found})" if self.turned else found
        return f"({read} if {good} else {self._exactly(code, said)})"


class Truth(Plain):
    """Yes or no, as a flag or as one of the words."""

    def __init__(self, field: Any, convert: Callable[[Any, str], Any], words: Mapping[str, bool]) -> None:
        super().__init__(field, convert)
        self._spelled: dict[Any, Any] = {None: None, "": None, **words}
        self._spelled |= {word.upper(): meant for word, meant in words.items()}

    def source(self, code: Code) -> str:
        said = code.local()
        flag = f"({said} := {self.field.source(code)}) is True or {said} is False"
        good = f"type({said}) is str or {said} is None"
        return f"({said} if {flag} else {code.name(self._spelled)}[{said}] if {good} else {self._exactly(code, said)})"


class Time(Plain):
    """Unix milliseconds."""

    def __init__(self, field: Any) -> None:
        super().__init__(field, ms_or_none)

    def source(self, code: Code) -> str:
        said = code.local()
        text = f"type({said} := {self.field.source(code)}) is str and len({said}) == 13"
        # Those of the years from 2001 to 2286.
        good = f"{text} and {said}.isascii() and {said}.isdigit() and {said} >= '1'"
        return f"(int({said}) if {good} else {self._exactly(code, said)})"


class Word(Plain):
    """A word of a table."""

    def __init__(self, field: Any, table: Mapping[Any, Any], unknown: Any) -> None:
        super().__init__(field, self._meaning)
        self.table = table
        self.unknown = unknown
        self.soft = unknown is not None
        self._numbered = any(isinstance(word, int) for word in table)
        self._spelled: dict[Any, Any] = {**table, None: None, "": None}

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
        try:
            found = self._find(word, path)
        except DecodeError:
            if self.unknown is None or not isinstance(word, (str, int)):
                raise
            found = self.unknown
        if isinstance(word, str) and len(self._spelled) < MOST_SPELLINGS:
            self._spelled[word] = found
        return found

    def source(self, code: Code) -> str:
        meaning, said = code.name(self._spelled), self.field.source(code)
        if not self._numbered:
            return f"{meaning}[{said}]"
        word = code.local()
        good = f"type({word} := {said}) is str or type({word}) is int"  # as a key, true is 1
        return f"({meaning}[{word}] if {good} else {self._exactly(code, word)})"

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

    def words(self) -> frozenset[str] | None:
        return self.field.names

    def source(self, code: Code) -> str:
        said = code.local()
        good = f"type({said} := {self.field.source(code)}) is str and {said} and {said}.isprintable()"
        return f"({said} if {good} else {self._exactly(code, said)})"


class IdColumn(TextColumn):
    """An id: text without spaces around it."""

    def words(self) -> frozenset[str] | None:
        return None

    def source(self, code: Code) -> str:
        said = code.local()
        text = f"type({said} := {self.field.source(code)}) is str and {said} and {said} != '0'"
        good = f"{said} if {text} and ' ' not in {said} and {said}.isprintable()"
        return f"({good} else str({said}) if type({said}) is int and {said} else {self._exactly(code, said)})"


def union_of(all_names: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """All of them, or None where one is None."""
    found: frozenset[str] = frozenset()
    for names in all_names:
        if names is None:
            return None
        found |= names
    return found
