"""Pages for venues without a cursor: the next page ends where the oldest row of this one lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from futures_async.adapter import Fill, IncompletePage, LedgerEntry, Order, Page, PageQuery

Row = TypeVar("Row", Order, Fill, LedgerEntry)


def page_size(query: PageQuery, cursor: str | None, largest: int) -> int:
    """Rows to ask for: what the caller wants on the first page, then as many as there may be.

    A later page begins with rows that were seen already, so a small one might bring nothing new.
    """
    return largest if cursor is not None or query.limit is None else min(query.limit, largest)


def page_end(query: PageQuery, cursor: str | None) -> int | None:
    """Where the page ends, Unix milliseconds; None: now."""
    return query.until_ms if cursor is None else int(cursor)


def time_page(rows: Sequence[Row], cursor: str | None, size: int) -> Page[Row]:
    """Rows, newest first, and the end of the next page.

    Whether the venue's bound is inclusive is not documented, so it is set one millisecond past the oldest row:
    rows of that millisecond come again, which costs nothing, and none is left out either way. A short page is not
    taken as the last, as the venue may cap pages silently; one that brings nothing older is.

    Raises:
        IncompletePage: A whole page lies in one millisecond: what is behind it cannot be reached.
    """
    ordered = sorted(rows, key=lambda row: row.created_ms or 0, reverse=True)
    times = [row.created_ms for row in ordered if row.created_ms is not None]
    if not times:
        return Page(ordered, None)
    end = times[-1] + 1
    if cursor is None or end < int(cursor):
        return Page(ordered, str(end))
    if len(ordered) >= size:
        raise IncompletePage(
            "more rows in one millisecond than a page holds: what is older cannot be reached", rows=ordered
        )
    return Page(ordered, None)
