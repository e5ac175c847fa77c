"""What the library hands on from a call to the calls inside it, and users' hooks are not to inherit.

A lane, the write that a call is part of, the exact size that is being closed: a hook that is called inside, and every
task that it starts, belongs to none of them. The user's own context variables stay as they are.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_INNER: list[tuple[ContextVar[Any], Any]] = []


def inner(name: str, default: T) -> ContextVar[T]:
    """A context variable of the library's own, for the life of the process."""
    variable = ContextVar(f"futures_async_{name}", default=default)
    _INNER.append((variable, default))
    return variable


class Within(Generic[T]):
    """A context manager: inside, a variable has a value. Each order enters some; a generator's costs thrice as much."""

    __slots__ = ("_token", "_value", "_variable")

    def __init__(self, variable: ContextVar[T], value: T) -> None:
        self._variable = variable
        self._value = value

    def __enter__(self) -> None:
        self._token = self._variable.set(self._value)

    def __exit__(self, *error: object) -> None:
        self._variable.reset(self._token)


@contextmanager
def outside() -> Generator[None]:
    """For users' hooks: nothing that they call or start is part of the call that called them."""
    tokens = [(variable, variable.set(default)) for variable, default in _INNER]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)
