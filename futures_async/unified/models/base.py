"""What every unified model has in common: frozen, keyword only, compared without `raw`."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec


class Model(msgspec.Struct, frozen=True, kw_only=True, eq=False, gc=False):
    """Base of the unified models; equality, hash and repr leave `raw` out."""

    venue: str
    """Id of the adapter that produced this object."""
    raw: Any = None
    """The venue's own typed, frozen payload; None where the library itself made the object."""

    def _key(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name != "raw")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model) or type(self) is not type(other):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={value!r}"
            for name in self.__struct_fields__
            if name != "raw" and (value := getattr(self, name)) is not None
        )
        return f"{type(self).__name__}({shown})"


def to_builtins(value: object) -> Any:
    """Turn models, and containers of them, into dicts, lists and text.

    Unified field names, Decimals as plain decimal text (never `1E-8`), no `raw`. Exceptions become their text.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, msgspec.Struct):
        return {name: to_builtins(getattr(value, name)) for name in value.__struct_fields__ if name != "raw"}
    if isinstance(value, Mapping):
        return {str(key): to_builtins(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_builtins(item) for item in cast("list[object]", value)]
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def to_json(value: object) -> bytes:
    """Encode a model, or a container of models, as JSON: see `to_builtins`."""
    return msgspec.json.encode(to_builtins(value))
