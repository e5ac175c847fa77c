"""Rows of an answer before they are models: each stands alone, whatever the others hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from futures_async.unified.errors import IncompletePage, UnreadRow, UnreadRows

T = TypeVar("T")

if TYPE_CHECKING:
    Text = str | None
    Id = str | int | None
    Moment = str | int | None
else:
    # Whatever comes is kept in the row, and judged by who reads it: see `Row`.
    Text = Id = Moment = Any


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of the wire structs that tables read (`columns`): a field holds whatever came, None where nothing did.

    Its fields are `Text`, `Id`, `Moment` and `Loose`, each with the default None; a list or struct within that is not
    one stays as it came too.
    """


class TypedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of the wire structs that callers get as they are: a row that does not fit its types is left out of its list.

    What was left out is in `unread_of(rows)`.
    """


class Rows(list[T]):
    """Rows of which some could not be read: those that could, and the others beside them."""

    unread: tuple[UnreadRow, ...] = ()

    def without(self, unread: tuple[UnreadRow, ...]) -> Rows[T]:
        """These rows, with those that could not be read."""
        self.unread = unread
        return self


def unread_of(rows: object) -> tuple[UnreadRow, ...]:
    """The rows that could not be read, of a list that was decoded or read."""
    return rows.unread if isinstance(rows, Rows) else ()


async def readable(reading: Awaitable[T]) -> tuple[T, tuple[UnreadRow, ...]]:
    """What can be read of a list, and the rows that cannot."""
    try:
        return await reading, ()
    except UnreadRows as odd:
        rows: Any = odd.rows
        return rows, odd.unread


class Seen(NamedTuple, Generic[T]):
    """What a venue shows of a list, of however many rows."""

    rows: T
    unread: tuple[UnreadRow, ...]
    """Rows that cannot be read."""
    cut: IncompletePage | None
    """There may be more, which the venue does not show."""


async def seen(reading: Awaitable[T]) -> Seen[T]:
    """What can be seen of a list: for emergencies, which act on it and look again."""
    try:
        rows, unread = await readable(reading)
    except IncompletePage as cut:
        found: Any = cut.rows
        return Seen(found, cut.unread, cut)
    return Seen(rows, unread, None)


async def gathered(rows: AsyncIterator[T]) -> list[T]:
    """All rows of an iterator.

    Raises:
        UnreadRows: Some could not be read; the others are in it.
    """
    found: list[T] = []
    try:
        async for row in rows:
            found.append(row)  # noqa: PERF401 - what came before an error is kept
    except UnreadRows as odd:
        odd.rows = found
        raise
    return found
