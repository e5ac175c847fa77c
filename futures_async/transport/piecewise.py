"""Decoding row by row what does not decode at once: an odd row takes no other away.

Only lists of `Row`s and `TypedRow`s are taken apart, whatever surrounds them; anything else that does not fit its type
is an error as ever.
"""

from __future__ import annotations

import re
from types import UnionType
from typing import Any, TypeGuard, Union, cast, get_args, get_origin

import msgspec

from futures_async.unified.errors import UnreadRow
from futures_async.unified.rows import Row, Rows, TypedRow


def fitted(value: Any, kind: Any, asked: str = "") -> Any:
    """A decoded value as its type, its rows one by one.

    Args:
        value: As it was decoded without a type.
        kind: The type.
        asked: Method and path of the call that brought it.

    Raises:
        msgspec.ValidationError: It does not fit, and not for its rows' sake.
    """
    kind = _choose(value, kind)
    if get_origin(kind) is list and _is_list(value):
        item = _choose({}, get_args(kind)[0])
        if _is_struct(item):
            return (
                _rows(value, item, asked)
                if issubclass(item, (Row, TypedRow))
                else [fitted(one, item, asked) for one in value]
            )
    if _is_struct(kind) and isinstance(value, dict):
        return _struct(cast("dict[str, Any]", value), kind, asked)
    return msgspec.convert(value, kind, strict=False)


def _choose(value: Any, kind: Any) -> Any:
    """Of a union, the list or the struct that the value may be."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    for choice in get_args(kind):
        if isinstance(value, list) and get_origin(choice) is list:
            return choice
        if isinstance(value, dict) and _is_struct(choice):
            return choice
    return kind


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_struct(kind: Any) -> TypeGuard[type[msgspec.Struct]]:
    kind = get_origin(kind) or kind
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _struct(value: dict[str, Any], kind: type[msgspec.Struct], asked: str) -> msgspec.Struct:
    """What surrounds rows, such as a page: its other fields must fit, and be there."""
    fields = msgspec.structs.fields(kind)
    if any(field.required and field.encode_name not in value for field in fields):
        return msgspec.convert(value, kind, strict=False)  # says what is missing
    return kind(
        **{
            field.name: fitted(value[field.encode_name], field.type, asked)
            for field in fields
            if field.encode_name in value
        }
    )


def _rows(values: list[Any], kind: type[Row | TypedRow], asked: str) -> Rows[Any]:
    rows: Rows[Any] = Rows()
    unread: list[UnreadRow] = []
    for index, value in enumerate(values):
        try:
            rows.append(msgspec.convert(value, kind, strict=False))
        except msgspec.ValidationError as error:
            if issubclass(kind, Row) and isinstance(value, dict):
                rows.append(_kept(cast("dict[str, Any]", value), kind))
            else:
                # "Expected `x`, got `y` - at `$.name`" or "Object missing required field `name`"
                path = re.findall("`([^`]*)`", str(error))[-1].removeprefix("$.") if isinstance(value, dict) else ""
                problem = f"{path or f'row {index}'} does not fit its documentation"
                unread.append(UnreadRow(path, problem, value, endpoint=asked))
    return rows.without(tuple(unread))


def _kept(value: dict[str, Any], kind: type[Row]) -> Row:
    """A row, or one within it, in which what does not fit stays as it came: who reads it judges it."""
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name in value:
            came = value[field.encode_name]
            try:
                fields[field.name] = msgspec.convert(came, field.type, strict=False)
            except msgspec.ValidationError:
                inner = _choose(came, field.type)
                if isinstance(came, dict) and isinstance(inner, type) and issubclass(inner, Row):
                    came = _kept(cast("dict[str, Any]", came), inner)
                fields[field.name] = came
    return kind(**fields)
