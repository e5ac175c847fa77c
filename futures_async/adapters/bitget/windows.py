"""Walking a ledger whose spans are limited: windows of time, newest first, and the venue's cursor inside each.

"When combined, the time window wins over idLessThan": so each window keeps its bounds on all of its pages.
"""

from __future__ import annotations

from typing import NamedTuple

from futures_async.adapter import PageQuery

DAY_MS = 86_400_000
DEPTH_MS = 90 * DAY_MS
"""How far back the venue's lists reach."""


class Place(NamedTuple):
    """Where a page is: its window's bounds, None where the query names none, and the venue's cursor."""

    start_ms: int | None
    end_ms: int | None
    before: str | None

    def params(self) -> dict[str, str | None]:
        """The bounds and the cursor as the venue's parameters."""
        return {
            "startTime": None if self.start_ms is None else str(self.start_ms),
            "endTime": None if self.end_ms is None else str(self.end_ms),
            "idLessThan": self.before,
        }

    def text(self) -> str:
        """As a cursor of ours."""
        return f"{self.start_ms or ''}:{self.end_ms or ''}:{self.before or ''}"


def place(query: PageQuery, cursor: str | None, now_ms: int, span_ms: int) -> Place:
    """The page that `cursor` names; the first one for None."""
    if cursor is not None:
        start, end, before = cursor.split(":", 2)
        return Place(int(start) if start else None, int(end) if end else None, before or None)
    if query.since_ms is None and query.until_ms is None:
        return Place(None, None, None)
    end_ms = now_ms if query.until_ms is None else query.until_ms
    return Place(max(_floor(query, now_ms), end_ms - span_ms), end_ms, None)


def following(
    at: Place, query: PageQuery, now_ms: int, span_ms: int, rows: int, end_id: str | int | None
) -> str | None:
    """The cursor of the next page; None at the end of the last window.

    A short page proves nothing ("stop on empty"), and the cursor is the `endId` that came, which is not the last
    row's own id everywhere.
    """
    before = None if end_id in (None, "") else str(end_id)
    if rows and before is not None and before != at.before:
        return at._replace(before=before).text()
    floor = _floor(query, now_ms)
    if at.start_ms is None or at.start_ms <= floor:
        return None
    # Bounds may be inclusive or not: windows share their edge, and rows are told apart by id.
    return Place(max(floor, at.start_ms - span_ms), at.start_ms, None).text()


def _floor(query: PageQuery, now_ms: int) -> int:
    return now_ms - DEPTH_MS if query.since_ms is None else query.since_ms
