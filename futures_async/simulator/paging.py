"""Pages over append-only lists: rows are kept in the order in which they came, so their ids only grow."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class PageOf(NamedTuple, Generic[T]):
    """Rows, newest first, and whether older ones match too."""

    rows: list[T]
    more: bool


def newest(
    rows: Sequence[T],
    *,
    key: Callable[[T], int],
    limit: int,
    before_id: int | None = None,
    match: Callable[[T], bool] | None = None,
) -> PageOf[T]:
    """The newest rows that match.

    Args:
        rows: In ascending order of `key`.
        key: A row's id.
        limit: Rows on the page.
        before_id: Only rows with smaller ids.
        match: Which rows count; None: all.
    """
    end = len(rows) if before_id is None else bisect_left(rows, before_id, key=key)
    found: list[T] = []
    for index in range(end - 1, -1, -1):
        row = rows[index]
        if match is not None and not match(row):
            continue
        if len(found) == limit:
            return PageOf(found, more=True)
        found.append(row)
    return PageOf(found, more=False)
