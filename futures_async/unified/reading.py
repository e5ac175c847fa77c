"""Rows of a venue as unified models: judged early, converted late, each row alone.

A `Reading` is a table, one line for each field of a model (`columns`). What makes a row (`Model.facts`: its symbol,
side, quantity, ids) is read in the call that brought it; a row that lacks it becomes an `UnreadRow` and takes no other
away. Every other field is read from the row at its first use, and kept: who looks at five fields of fifty rows pays for
those. One that cannot be read is None, and named in `unread`.

The models are frozen all the same: equality, hash, repr, JSON, copies, pickles and `msgspec.structs.replace` do not
tell them from plain ones. Threads may read one at once: whoever comes second keeps an equal value.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, wraps
from typing import Any, Concatenate, Generic, NamedTuple, NoReturn, ParamSpec, TypeVar, cast, get_type_hints

import msgspec

from futures_async.unified.asked import asked_for
from futures_async.unified.column import Column, Field
from futures_async.unified.columns import fields
from futures_async.unified.errors import DecodeError, UnreadRow, unread_rows
from futures_async.unified.meanings import Meanings
from futures_async.unified.models.base import Model
from futures_async.unified.quick import ODD, UNREAD, Code, getter
from futures_async.unified.rows import Rows, unread_of

G = TypeVar("G")
M = TypeVar("M", bound=Model)
P = ParamSpec("P")
T = TypeVar("T")
W = TypeVar("W")

_logger = logging.getLogger(__name__)

_MAKERS = """
def make(row, given):
    {one}
    return made

def many(rows, give, found, closely):
    add = found.append
    for row in rows:
        try:
            {many}
            add(made)
        except ODD:
            closely(row)
"""


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
        if bare := [
            name for name, value in values.items() if isinstance(value, Field) and not isinstance(value, Column)
        ]:
            raise TypeError(f"{self.kind.__name__}: say how {', '.join(bare)} is read")
        self.columns: dict[str, Column] = {name: value for name, value in values.items() if isinstance(value, Column)}
        self._facts = {name: self.columns[name] for name in self.kind.facts if name in self.columns}
        self._one_of = [name for name in self.kind.one_of if name in self.columns]
        self._meanings = Meanings(self._facts.values())
        self._model = self._lazy(values)
        found = self._code()
        self._make: Callable[[Any, Any], M] = found["make"]
        self._many: Callable[..., None] = found["many"]

    def _code(self) -> dict[str, Any]:
        """What reads the facts of one row, and of many: see `quick`."""
        code = Code()
        parts = list(_parts(self.columns.values()))
        beside = any(part.beside for part in parts if isinstance(part, Field))
        words = self._meanings.source(code)
        with code.branch():
            one = [words, *self._made(code, beside)]
        empty = "" if self.empty is None else self._emptiness(code, self.columns[self.empty])
        many = [words, empty, "given = give(row)" if beside else "", *self._made(code, beside)]
        return code.compiled(_MAKERS.format(one=_indented(one, 1), many=_indented(many, 3)))

    def _emptiness(self, code: Code, column: Column) -> str:
        """Source that leaves out a row of 0, and none that does not say how much it is."""
        said, held = code.value(column), code.value(column)
        return f"if not {said} and {held} is not None: continue"

    def _made(self, code: Code, beside: bool) -> tuple[str, str]:
        """Source that makes a model of its facts: by position, in its order, up to the last of them."""
        said = self._facts | {name: self.columns[name] for name in self._one_of[:1]}
        names: tuple[str, ...] = self._model.__struct_fields__
        places = zip(names[: max(map(names.index, ["raw", *said])) + 1], self._model.__struct_defaults__, strict=False)
        known = {"raw": "row"}
        for name, default in places:
            known.setdefault(name, code.value(said[name]) if name in said else code.name(default))
        nothing = "".join(f"if {code.value(said[name])} is None: raise TypeError" for name in self._one_of[:1])
        values = [*(known[name] for name in names if name in known), *(["_given=given"] if beside else [])]
        return f"made = {code.name(self._model)}({', '.join(values)})", nothing

    def _lazy(self, values: dict[str, Any]) -> Any:
        """The model as a struct whose fields are empty until their first use."""
        kind = self.kind
        model: Any = msgspec.defstruct(
            kind.__name__,
            # Positional, which is made in the fewest steps.
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
                setattr(model, name, property(_compiled_late(model, name, column, nothing)))
        model.unread = property(_reads_all(kind, self.columns, defaults))
        return model

    def one(self, row: W, given: Any = None) -> M:
        """The one row that a call is about.

        Raises:
            DecodeError: What makes it a row cannot be read.
        """
        try:
            return self._make(row, given)
        except ODD:
            try:
                self._meanings.learn(row)
                return self._exactly(row, given)
            except DecodeError as error:
                error.args = (f"{self.venue} {self.kind.__name__}: {error.text}",)
                raise

    def _exactly(self, row: W, given: Any) -> M:
        model: M = self._model(
            raw=row, _given=given, **{name: column.of(row, given) for name, column in self._facts.items()}
        )
        if self._one_of and all(getattr(model, name) is None for name in self._one_of):
            self._nothing(row, given)
        return model

    def _nothing(self, row: Any, given: Any) -> NoReturn:
        for name in self._one_of:
            self.columns[name].of(row, given)
        path = self.columns[self._one_of[0]].path
        raise DecodeError(f"{path} is missing", path=path)

    def each(self, rows: Iterable[W] | None, give: Callable[[W], object] | None = None) -> Read[M]:
        """Rows as models, and those that cannot be read.

        Args:
            rows: Rows as decoded; None is none.
            give: Finds what a row is read with; a `DecodeError` of it is the row's.
        """
        found: list[M] = []
        unread = [self._named(row) for row in unread_of(rows)]

        def closely(row: W) -> None:
            try:
                self._meanings.learn(row)
                if self.empty is None or self.columns[self.empty].of(row, None) != 0:
                    found.append(self._exactly(row, None if give is None else give(row)))
            except DecodeError as error:
                unread.append(self._named(UnreadRow(error.path, error.text, row, self._readable_facts(row))))

        self._many(rows or (), give, found, closely)
        return Read(found, tuple(unread))

    def all(self, rows: Iterable[W] | None, give: Callable[[W], object] | None = None) -> list[M]:
        """Rows as models.

        Raises:
            UnreadRows: Some cannot be read; the others are in it.
        """
        return self.each(rows, give).whole()

    def known(self, rows: Iterable[W] | None, give: Callable[[W], object] | None = None) -> list[M]:
        """Rows of reference data as models: what cannot be read is left out, with a warning in the log."""
        found, unread = self.each(rows, give)
        if not unread:
            return found
        _logger.warning("rows of %s are left out: %s", self.kind.__name__, unread_rows(unread, found).text)
        return Rows(found).without(unread)

    def _named(self, row: UnreadRow) -> UnreadRow:
        """A row that cannot be read, with where it is from."""
        return msgspec.structs.replace(row, venue=self.venue, endpoint=row.endpoint or asked_for(self.wire)[1])

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


def _parts(columns: Iterable[Column | Field]) -> Iterator[Column | Field]:
    for column in columns:
        yield column
        yield from _parts(column.parts)


def _indented(lines: Iterable[str], depth: int) -> str:
    return ("\n" + "    " * depth).join(filter(None, lines))


def _compiled_late(kind: Any, name: str, column: Column, nothing: Any) -> Callable[[Any], Any]:
    """A getter that puts a compiled one in its place: most fields of most tables are never read."""

    def closely(row: Any, given: Any) -> Any:
        try:
            return column.of(row, given)
        except DecodeError:
            return nothing

    def get(model: Any) -> Any:
        kept = f"_kept_{name}"
        found = getter(column, kept, closely=closely)
        setattr(kind, name, property(found))
        return found(model)

    return get


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
