"""What every unified model has in common: frozen, keyword only, compared without `raw`."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Self, cast

import msgspec

from futures_async.unified.convert import EXACT
from futures_async.unified.errors import InvalidRequest


class Model(msgspec.Struct, frozen=True, kw_only=True, eq=False, gc=False):
    """Base of the unified models; equality, hash and repr leave `raw` out.

    Models that were read from a venue's row convert most of their fields at their first use: see `read`.
    """

    facts: ClassVar[tuple[str, ...]] = ()
    """What makes a row: without one of these it is none, and cannot be read."""
    one_of: ClassVar[tuple[str, ...]] = ()
    """Of these, a row says at least one."""
    _kind: ClassVar[type[Model] | None] = None
    """The public class, where this one only differs in when its fields are read."""

    venue: str
    """Id of the adapter that produced this object."""
    raw: Any = None
    """The venue's own typed, frozen payload; None where the library itself made the object."""
    unread: tuple[str, ...] = ()
    """The venue's fields that say something which cannot be read: what is made of them is None here."""

    def read(self) -> Self:
        """Convert all fields now; the model itself."""
        for _ in _values(self):
            pass
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        """What makes models types of responses in FastAPI, written as `to_builtins` does; asked for by pydantic."""
        from futures_async.unified.schema import for_pydantic

        return for_pydantic(cls._kind or cls, to_builtins)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model) or kind_of(self) is not kind_of(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _names(kind_of(self)))

    def __hash__(self) -> int:
        return hash((kind_of(self), tuple(_values(self))))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in _values(self) if value not in (None, ()))
        return f"{type(self).__name__}({shown})"


def kind_of(model: Model) -> type[Model]:
    """The public class of a model, however it reads its fields."""
    kind = type(model)
    return kind._kind or kind  # pyright: ignore[reportPrivateUsage] - shared by this module alone


def _values(model: Model) -> Iterator[tuple[str, Any]]:
    """The fields and their values, without `raw`."""
    return ((name, getattr(model, name)) for name in _names(kind_of(model)))


@functools.cache
def _names(kind: type[Model]) -> tuple[str, ...]:
    """The fields but `raw`, which is no part of what a model says."""
    return tuple(name for name in kind.__struct_fields__ if name != "raw")


def to_builtins(value: object) -> Any:
    """Turn models, and containers of them, into dicts, lists and text.

    Unified field names, Decimals as plain decimal text (never `1E-8`), no `raw`. Exceptions become their text.

    Raises:
        InvalidRequest: A number with so large an exponent that its digits would fill pages.
        TypeError: Something else than models, plain values and containers of them.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, Model):
        return {name: to_builtins(item) for name, item in _values(value)}
    if isinstance(value, msgspec.Struct):
        return {name: to_builtins(getattr(value, name)) for name in value.__struct_fields__ if name != "raw"}
    if isinstance(value, Mapping):
        return {str(key): to_builtins(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_builtins(item) for item in cast("list[object]", value)]
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _digits(value: Decimal) -> str:
    if value.is_finite() and abs(value.adjusted()) > EXACT.Emax:
        raise InvalidRequest(f"{str(value)[:40]} has too large an exponent to be written out")
    return format(value, "f")


def to_json(value: object) -> bytes:
    """Encode a model, or a container of models, as JSON: see `to_builtins`."""
    return msgspec.json.encode(to_builtins(value))
