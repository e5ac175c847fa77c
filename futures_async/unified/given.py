"""What callers without types give to constructors: refused there, and not where it is first used."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, TypeVar, cast

from futures_async.unified.errors import InvalidRequest

T = TypeVar("T")


def wrong(name: str, allowed: str, value: object) -> InvalidRequest:
    """The error for a value that is not allowed. Text is not shown: it may be a key in the wrong place."""
    shown = repr(value)[:40] if isinstance(value, (bool, int, float)) else type(value).__name__
    return InvalidRequest(f"{name} must be {allowed}, not {shown}")


def flag(value: Any, name: str) -> bool:
    """True or False, and nothing that merely counts as one of them."""
    if not isinstance(value, bool):
        raise wrong(name, "True or False", value)
    return value


def check_kind(name: str, value: object, kind: type[Any], allowed: str) -> None:
    """Refuse what is no object of the class, which `allowed` names.

    Raises:
        InvalidRequest: Of that kind.
    """
    if not isinstance(value, kind):
        raise wrong(name, allowed, value)


def all_of(name: str, values: Any, kind: type[T], allowed: str) -> list[T]:
    """Those that were given; what is no collection of such objects is refused.

    Raises:
        InvalidRequest: Of that kind.
    """
    several = f"several, each {allowed}"
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise wrong(name, several, values)
    found = list(cast("Iterable[T]", values))
    for value in found:
        check_kind(name, value, kind, several)
    return found


def check_call(name: str, value: object) -> None:
    """Refuse what can't be called.

    Raises:
        InvalidRequest: Of that kind.
    """
    if not callable(value):
        raise wrong(name, "a function", value)


def check_path(name: str, value: object) -> None:
    """Refuse what names no file or folder.

    Raises:
        InvalidRequest: Of that kind.
    """
    if value == "" or not isinstance(value, (str, os.PathLike)):
        raise wrong(name, "a path", value)
