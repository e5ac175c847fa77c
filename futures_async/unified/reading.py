"""Rows of a venue as unified models: judged early, converted late, each row alone.

A `Reading` is a table, one line for each field of a model (`columns`). What makes a row (`Model.facts`: its symbol,
side, quantity, ids) is read in the call that brought it, a column at a time; a row that lacks it becomes an
`UnreadRow` and takes no other away. Every other field is read from the row at its first use, and kept: who looks at
five fields of fifty rows pays for those. One that cannot be read is None, and named in `unread`.

The models are frozen all the same: equality, hash, repr, JSON, copies, pickles and `msgspec.structs.replace` do not
tell them from plain ones. Threads may read one at once: whoever comes second keeps an equal value.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any, Concatenate, Generic, NamedTuple, NoReturn, ParamSpec, TypeVar, cast, get_type_hints

import msgspec

from futures_async.unified.column import ODD, TEXT_OR_NONE, UNREAD, Column, Field, Word
from futures_async.unified.columns import fields
from futures_async.unified.composed import Made, Needed
from futures_async.unified.errors import DecodeError, UnreadRow, unread_rows
from futures_async.unified.models.base import Model
from futures_async.unified.rows import Rows, unread_of

G = TypeVar("G")
M = TypeVar("M", bound=Model)
P = ParamSpec("P")
T = TypeVar("T")
W = TypeVar("W")

_logger = logging.getLogger(__name__)

MOST_KNOWN = 20_000
"""Choices of words whose meaning a table remembers."""


class WithoutToJson:
    """In every model that is read late: msgspec refuses to encode it, where it would write what was read so far and
    the venue's row. `to_json` and `to_builtins` write models."""


_GUARD = WithoutToJson()


class Read(NamedTuple, Generic[T]):
    """What became of the rows of an answer."""

    rows: list[T]
    unread: tuple[UnreadRow, ...] = ()

    def whole(self) -> list[T]:
        """The rows.

        Raises:
            UnreadRows: Some cannot be read; the others are in it.
        """
        if self.unread:
            raise unread_rows(self.unread, self.rows)
        return self.rows


class Reading(Generic[W, M]):
    """Reads rows of one wire struct as models.

    Args:
        row: `fields(WireRow)`, which the table is written with.
        table: The model with a column for each field that the venue has; the others keep their defaults. Columns may
            need more than the row, such as the contract that it is in: `fields(Kind, beside=True)`.
        empty: The field that is 0 in rows which stand for nothing (flat positions): they are left out of lists. It is
            read from the row alone.

    Raises:
        TypeError: The table leaves out a field that the model needs, or names a raw field without saying how it is
            read.
    """

    def __init__(self, row: W, table: M, *, empty: str | None = None) -> None:
        self.kind: type[M] = type(table)
        self.venue = table.venue
        self.wire: type[W] = type(row)
        self.empty = empty
        values = {name: getattr(table, name) for name in self.kind.__struct_fields__ if name != "unread"}
        if bare := [name for name, value in values.items() if isinstance(value, Field)]:
            raise TypeError(f"{self.kind.__name__}: say how {', '.join(bare)} is read")
        self.columns: dict[str, Column] = {name: value for name, value in values.items() if isinstance(value, Column)}
        self._facts = {name: self.columns[name] for name in self.kind.facts if name in self.columns}
        self._one_of = [name for name in self.kind.one_of if name in self.columns]
        self._meanings = _Meanings({name: column for name, column in self._facts.items() if _means(column)})
        self._own = {name: column for name, column in self._facts.items() if name not in self._meanings.columns}
        self._own_of = [column.of for column in self._own.values()]
        self._model = self._lazy(values)
        # Made by position: up to the last of these, in the model's order.
        known = ["raw", *self._meanings.columns, *self._own]
        names = self._model.__struct_fields__
        last = max(names.index(name) for name in (*known, *self._one_of))
        defaults = dict(zip(names[: last + 1], self._model.__struct_defaults__, strict=False))
        self._places = {name: repeat(default) for name, default in defaults.items()}
        others = [name for name in defaults if name not in known]
        self._others = tuple(defaults[name] for name in others)
        self._in_places = itemgetter(*map([*known, *others].index, defaults))

    def _lazy(self, values: dict[str, Any]) -> Any:
        """The model as a struct whose fields are empty until their first use."""
        kind = self.kind
        model: Any = msgspec.defstruct(
            kind.__name__,
            # Positional, so that many are made by one `map`.
            [
                *((name, Any, UNREAD if name in self.columns else value) for name, value in values.items()),
                ("unread", Any, UNREAD),
                ("_given", Any, None),
                ("_guard", Any, _GUARD),
            ],
            bases=(kind,),
            module=kind.__module__,
            namespace={"_kind": kind, "_columns": self.columns, "__reduce__": _plain, "read": _read},
            frozen=True,
            kw_only=False,
            eq=False,
            gc=False,
        )
        defaults = {field.name: field.default for field in msgspec.structs.fields(kind)}
        for name, column in self.columns.items():
            slot = getattr(kind, name)
            if name not in self._facts:
                nothing = defaults[name]
                if nothing is msgspec.NODEFAULT and not column.always:
                    raise TypeError(f"{kind.__name__}: say what {name} is where it cannot be read: otherwise(…)")
                setattr(model, f"_kept_{name}", slot)
                getter = column.on_first_use(f"_kept_{name}", slot.__get__, slot.__set__, nothing)
                setattr(model, name, property(getter))
        model.unread = property(_reads_all(kind, self.columns, defaults))
        return model

    def one(self, row: W, given: Any = None) -> M:
        """The one row that a call is about.

        Raises:
            DecodeError: What makes it a row cannot be read.
        """
        key, known = self._meanings.look_up(row)
        if known is None:
            values = {name: column.of(row, given) for name, column in self._facts.items()}
            known = tuple(values[name] for name in self._meanings.columns)
            self._meanings.keep(key, known)
            own = [values[name] for name in self._own]
        else:
            own = [of(row, given) for of in self._own_of]
        model: M = self._model(*self._in_places((row, *known, *own, *self._others)), _given=given)
        if self._one_of and all(getattr(model, name) is None for name in self._one_of):
            self._nothing(row, given)
        return model

    def _nothing(self, row: Any, given: Any) -> NoReturn:
        for name in self._one_of:
            self.columns[name].of(row, given)
        path = self.columns[self._one_of[0]].path
        raise DecodeError(f"{path} is missing", path=path)

    def each(self, rows: Iterable[W] | None, given: Callable[[W], object] | None = None) -> Read[M]:
        """Rows as models, and those that cannot be read.

        Args:
            rows: Rows as decoded; None is none.
            given: What a row is read with; a `DecodeError` of it is the row's.
        """
        lost = unread_of(rows)
        rows = rows if isinstance(rows, list) else list(rows or ())
        # One row, as most pushes bring, is read faster alone.
        if given is None and len(rows) != 1 and (at_once := self._at_once(rows)) is not None:
            return Read(at_once, lost)
        found: list[M] = []
        unread = list(lost)
        for row in rows:
            try:
                if self.empty is None or self.columns[self.empty].of(row, None) != 0:
                    found.append(self.one(row, None if given is None else given(row)))
            except DecodeError as error:
                unread.append(UnreadRow(error.path, str(error), row, self._readable_facts(row), self.venue))
        return Read(found, tuple(unread))

    def all(self, rows: Iterable[W] | None, given: Callable[[W], object] | None = None) -> list[M]:
        """Rows as models.

        Raises:
            UnreadRows: Some cannot be read; the others are in it.
        """
        return self.each(rows, given).whole()

    def known(self, rows: Iterable[W] | None, given: Callable[[W], object] | None = None) -> list[M]:
        """Rows of reference data as models: what cannot be read is left out, with a warning in the log."""
        found, unread = self.each(rows, given)
        if not unread:
            return found
        _logger.warning("%s are left out: %s", self.kind.__name__, unread_rows(unread, found))
        return Rows(found).without(unread)

    def _at_once(self, rows: list[Any]) -> list[M] | None:
        """All rows, a column at a time; None where one is odd or empty."""
        if not rows:
            return []
        none = repeat(None)
        try:
            values = self._meanings.of(rows)
            for name, column in self._facts.items():
                if name not in values:
                    values[name] = _list_of(column.all(rows, none))
            if self.empty is not None and not all(values[self.empty]):
                return None
            if self._one_of:
                name = self._one_of[0]
                values[name] = _list_of(self.columns[name].swift(rows, none))
        except ODD:
            return None
        values["raw"] = rows
        return list(map(self._model, *(values.get(name, default) for name, default in self._places.items())))

    def _readable_facts(self, row: Any) -> dict[str, Any]:
        """What can be read of a row that cannot be read: an emergency needs no more."""
        found: dict[str, Any] = {}
        for name, column in self._facts.items():
            try:
                value = column.of(row, None)
            except ODD:
                continue
            if value is not None:
                found[name] = value
        return found


class _Meanings:
    """The facts of rows that are made of words and names alone: the same for the same words, and venues have few.

    One look-up brings all of them.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns
        names = sorted({name for column in columns.values() for name in column.words() or ()})
        # Of one name it would get no tuple.
        self._key = attrgetter(*names, *names[:1]) if names else None
        self._known: dict[Any, tuple[Any, ...]] = {}

    def of(self, rows: list[Any]) -> dict[str, Any]:
        """Each fact's values in many rows; raises one of `ODD` where a row is odd."""
        if self._key is None:
            return {}
        keys: list[Any] = list(map(self._key, rows))
        try:
            found: Iterable[Any] = zip(*map(self._known.__getitem__, keys), strict=True)
        except (KeyError, TypeError):
            found = self._fresh(rows, keys)
        return dict(zip(self.columns, found, strict=True))

    def look_up(self, row: Any) -> tuple[Any, tuple[Any, ...] | None]:
        """A row's words, and what they mean where that is known."""
        if self._key is None:
            return None, None
        key = self._key(row)
        try:
            return key, self._known.get(key)
        except TypeError:  # a list or an object where a word should be
            return None, None

    def keep(self, key: Any, meanings: tuple[Any, ...]) -> None:
        """Remember what a row's words mean."""
        # Text and None only: true would be found under 1.
        if key is not None and len(self._known) < MOST_KNOWN and TEXT_OR_NONE.issuperset(map(type, key)):
            self._known[key] = meanings

    def _fresh(self, rows: list[Any], keys: list[Any]) -> Iterable[Any]:
        values = [_list_of(column.all(rows, repeat(None))) for column in self.columns.values()]
        for key, meanings in zip(keys, zip(*values, strict=True), strict=True):
            self.keep(key, meanings)
        return values


def _means(column: Column) -> bool:
    """Whether it is made of words; a bare text is read as fast as it is looked up."""
    made = column.column if isinstance(column, Needed) else column
    return isinstance(made, (Made, Word)) and made.words() is not None


def _list_of(values: Iterable[Any]) -> Any:
    """`values`, read to their end."""
    return values if isinstance(values, list) else list(values)


def _reads_all(kind: type[Model], columns: Mapping[str, Column], nothing: Mapping[str, Any]) -> Callable[[Any], Any]:
    """The getter of `unread`: reads every field that was not read yet, and asks again where nothing came of it."""
    plan = [(name, column, nothing[name]) for name, column in columns.items()]
    slot: Any = kind.unread
    kept, keep = slot.__get__, slot.__set__

    def get(model: Any) -> Any:
        names = kept(model)
        if names is UNREAD:
            row, given = model.raw, model._given
            problems: dict[str, None] = {}
            for name, column, none in plan:
                if getattr(model, name) is none or column.soft:
                    problems.update(dict.fromkeys(column.problems(row, given)))
            names = tuple(problems)
            keep(model, names)
        return names

    return get


def unread_path(model: Model, name: str) -> str:
    """The venue's field that `name` should come from and cannot be read; "" where it was read, or nothing was said."""
    column: Column | None = getattr(model, "_columns", {}).get(name)
    problems = () if column is None else column.problems(model.raw, getattr(model, "_given", None))
    return problems[0] if problems else ""


def _read(model: M) -> M:
    """`Model.read`: who asks for what is unread reads all."""
    _ = model.unread
    return model


def _plain(model: Any) -> tuple[Any, ...]:
    """Pickled and deeply copied as the plain model, every field read."""
    return _remade, (model._kind, {name: getattr(model, name) for name in model._kind.__struct_fields__})


def _remade(kind: type[M], values: dict[str, Any]) -> M:
    return kind(**values)


def table(function: Callable[Concatenate[W, P], M]) -> Callable[P, Reading[W, M]]:
    """A mapping table: a function from a row to its model, called once, with `fields(…)` for the row.

    What comes of the decorator makes the `Reading`, once for each choice of the other arguments. The types of the
    first argument and of the result name the wire struct and the model.
    """
    return cast("Callable[P, Reading[W, M]]", _tables(function))


def table_of_held(function: Callable[Concatenate[W, P], M]) -> Callable[P, Reading[W, M]]:
    """A `table` of what is held: rows whose quantity is 0 stand for nothing."""
    return cast("Callable[P, Reading[W, M]]", _tables(function, empty="quantity"))


def table_with(function: Callable[Concatenate[W, G, P], M]) -> Callable[P, Reading[W, M]]:
    """A `table` whose second argument is given beside each row, such as the contract that it is in."""
    return cast("Callable[P, Reading[W, M]]", _tables(function, beside=True))


def table_of_held_with(function: Callable[Concatenate[W, G, P], M]) -> Callable[P, Reading[W, M]]:
    """A `table_with` of what is held: rows whose `contracts` are 0 stand for nothing, and are given nothing."""
    return cast("Callable[P, Reading[W, M]]", _tables(function, beside=True, empty="contracts"))


def _tables(function: Callable[..., M], *, beside: bool = False, empty: str | None = None) -> Any:
    @wraps(function)
    @cache
    def reading(*choices: Any, **named: Any) -> Reading[Any, M]:
        kinds = list(get_type_hints(function).values())
        row = fields(kinds[0])
        if not beside:
            return Reading(row, function(row, *choices, **named), empty=empty)
        given = fields(kinds[1], beside=True)
        return Reading(row, function(row, given, *choices, **named), empty=empty)

    return reading
