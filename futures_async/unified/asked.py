"""Which call brought the rows that are read now: for the texts of errors, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, Protocol, get_args

import msgspec

from futures_async.unified.inner import inner


class Call(Protocol):
    """What an endpoint is here."""

    @property
    def name(self) -> str:
        """Method and path."""
        ...

    @property
    def result(self) -> Any:
        """The type of its answer."""
        ...


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A call that was answered."""

    venue: str
    endpoint: Call


ASKED: ContextVar[tuple[Asked, ...]] = inner("asked", ())
"""The last ones of this context, newest first; none where rows come otherwise, as pushes do."""
KEPT = 3
"""Of several lists that are read for one call, rows are looked at when all are there."""


def answered(venue: str, endpoint: Call) -> None:
    """Say that a call was answered."""
    ASKED.set((Asked(venue, endpoint), *ASKED.get()[: KEPT - 1]))


def heard(parts: Iterable[tuple[Asked, ...]]) -> None:
    """Say what was answered in tasks of this one, each of which has its own `ASKED`."""
    told = {id(asked.endpoint): asked for part in (*parts, ASKED.get()) for asked in part}
    ASKED.set(tuple(told.values()))


def asked_for(kind: type) -> tuple[str, str]:
    """Venue, and method and path, of the last call whose answer holds rows of that kind; two empty texts: of none."""
    for asked in ASKED.get():
        if _holds(asked.endpoint.result, kind, set()):
            return asked.venue, asked.endpoint.name
    return "", ""


def _holds(what: Any, kind: type, seen: set[Any]) -> bool:
    if what is kind:
        return True
    if what in seen:
        return False
    seen.add(what)
    parts = list(get_args(what))
    if isinstance(what, type) and issubclass(what, msgspec.Struct):
        parts += [field.type for field in msgspec.structs.fields(what)]
    return any(_holds(part, kind, seen) for part in parts)
