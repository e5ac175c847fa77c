"""Lists that a venue shows by windows of time and, inside each, by its own cursor: walked newest first, to their end.

A window keeps its bounds on all of its pages; the cursor goes back unchanged with the same filters. It may be there on
the last page too, so a window ends where a page is empty, has no cursor, or names the one that it was asked with.

`history_page` walks one list, or several at once that are merged by time; `window_at` and `window_after` are for an
adapter that asks for its pages itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec

from futures_async.trading.paging import Page, PageQuery
from futures_async.unified.convert import UNREADABLE
from futures_async.unified.errors import IncompletePage, InvalidRequest, UnreadRow

R = TypeVar("R")

DAY_MS = 86_400_000
NEVER_MS = 1 << 62


class Reach(NamedTuple):
    """How far a venue's list can be asked."""

    page: int
    """Rows of one answer."""
    window_ms: int
    """Between two bounds. A little less than documented, where the venue measures up to its own present, which may be
    later than ours."""
    depth_ms: int
    """Back from now."""
    ahead_ms: int | None = None
    """Where a start without an end does not ask for all up to the present: how far beyond it, by our clock, the end of
    the newest window is named."""


class Bounds(NamedTuple):
    """What one answer is asked for."""

    start_ms: int | None
    end_ms: int | None
    """None: up to the present. Naming a present would hide what happened while the request was under way; see
    `Reach.ahead_ms` too."""
    limit: int
    cursor: str | None

    def named(self, start: str, end: str, limit: str, cursor: str) -> dict[str, str | int | None]:
        """As parameters of the venue."""
        return {start: self.start_ms, end: self.end_ms, limit: self.limit, cursor: self.cursor}


class Part(NamedTuple, Generic[R]):
    """One answer: all its rows (what is not wanted is dropped later), and the cursor that it names."""

    rows: Sequence[R]
    cursor: str | None
    unread: tuple[UnreadRow, ...] = ()
    """Rows of the answer that could not be read."""


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """Where the next page starts; as text it is the cursor that the core carries."""

    start_ms: int
    end_ms: int | None
    cursors: tuple[str | None, ...]
    """Of the lists that are merged; None starts at the newest row."""
    ended: tuple[bool, ...]
    oldest_ms: int
    """Nothing before this is asked for."""

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


Ask = Callable[[Bounds], Awaitable[Part[R]]]


async def history_page(
    lists: Sequence[Ask[R]],
    query: PageQuery,
    cursor: str | None,
    *,
    at: Callable[[R], int],
    now_ms: int,
    reach: Reach,
) -> Page[R]:
    """One page of past rows, newest first: of one list, or of several that are merged by time.

    Args:
        lists: Each asks for one answer.
        query: What is wanted.
        cursor: As `Page.cursor` named it.
        at: A row's time, Unix milliseconds.
        now_ms: The venue's time.
        reach: How far the lists can be asked.

    Raises:
        IncompletePage: Rows older than the venue keeps were asked for.
    """
    place = _first(query, len(lists), now_ms, reach) if cursor is None else _read(cursor)
    if place.end_ms is not None and place.end_ms <= place.oldest_ms:
        raise IncompletePage(f"the venue keeps {-(-reach.depth_ms // DAY_MS)} days: what is older cannot be read")
    bounds = Bounds(place.start_ms, place.end_ms, reach.page, None)
    parts: list[Part[R]] = [
        Part((), None) if done else await _fill(ask, bounds._replace(cursor=asked), alone=len(lists) == 1)
        for ask, asked, done in zip(lists, place.cursors, place.ended, strict=True)
    ]
    last = [part.cursor is None for part in parts]
    # A row may go out once no list can still hold a newer one. What is held back is asked for again: the core drops
    # rows that it has seen.
    horizon = max((_oldest(part, at) for part, over in zip(parts, last, strict=True) if not over), default=0)
    rows = sorted((row for part in parts for row in part.rows if at(row) >= horizon), key=at, reverse=True)
    unread = tuple(row for part in parts for row in part.unread)
    if all(last):
        return Page(rows, _older(place, query, reach), unread)
    out = [_oldest(part, at) >= horizon for part in parts]
    cursors = tuple(
        part.cursor if gone and not over else asked
        for part, gone, over, asked in zip(parts, out, last, place.cursors, strict=True)
    )
    ended = tuple(gone and over for gone, over in zip(out, last, strict=True))
    return Page(rows, str(msgspec.structs.replace(place, cursors=cursors, ended=ended)), unread)


async def _fill(ask: Ask[R], bounds: Bounds, *, alone: bool) -> Part[R]:
    """One answer, its cursor None where the list ends. Of several lists a short one is read on: where it ends decides
    how far the others may go."""
    rows: list[R] = []
    unread: tuple[UnreadRow, ...] = ()
    while True:
        part = await ask(bounds)
        rows += part.rows
        unread += part.unread
        if not (part.rows or part.unread) or not part.cursor or part.cursor == bounds.cursor:
            return Part(rows, None, unread)
        bounds = bounds._replace(cursor=part.cursor)
        if alone or len(rows) + len(unread) >= bounds.limit:
            return Part(rows, part.cursor, unread)


def _oldest(part: Part[R], at: Callable[[R], int]) -> int:
    """The time of the last row; nothing is held back of a list without rows."""
    return min((at(row) for row in part.rows), default=NEVER_MS)


def _first(query: PageQuery, lists: int, now_ms: int, reach: Reach) -> _Place:
    oldest = now_ms - reach.depth_ms
    end = query.until_ms if query.until_ms is not None and query.until_ms < now_ms else None
    newest = now_ms if end is None else end
    start = max(newest - reach.window_ms, query.since_ms or 0)
    if end is None and reach.ahead_ms is not None:
        end = now_ms + reach.ahead_ms
    return _Place(start, end, (None,) * lists, (False,) * lists, oldest)


def _older(place: _Place, query: PageQuery, reach: Reach) -> str | None:
    """The window before, while it may hold rows that are wanted."""
    end = place.start_ms
    since = query.since_ms
    if since is not None and end <= since:
        return None
    if since is None and end <= place.oldest_ms:
        return None
    start = max(end - reach.window_ms, since or 0, place.oldest_ms)
    lists = len(place.cursors)
    return str(_Place(start, end, (None,) * lists, (False,) * lists, place.oldest_ms))


def _read(cursor: str) -> _Place:
    try:
        return msgspec.json.decode(cursor, type=_Place)
    except UNREADABLE:
        raise InvalidRequest("this cursor was not made here") from None


class Place(NamedTuple):
    """Where a page is: its window's bounds, None where the query names none, and the venue's cursor."""

    start_ms: int | None
    end_ms: int | None
    before: str | None

    def named(self, start: str, end: str, before: str) -> dict[str, str | int | None]:
        """The bounds and the cursor as parameters of the venue."""
        return {start: self.start_ms, end: self.end_ms, before: self.before}

    def text(self) -> str:
        """As a cursor of ours."""
        return f"{self.start_ms or ''}:{self.end_ms or ''}:{self.before or ''}"


def window_at(query: PageQuery, cursor: str | None, now_ms: int, reach: Reach) -> Place:
    """The page that `cursor` names; the first one for None."""
    if cursor is not None:
        start, end, before = cursor.split(":", 2)
        return Place(int(start) if start else None, int(end) if end else None, before or None)
    if query.since_ms is None and query.until_ms is None:
        return Place(None, None, None)
    end_ms = now_ms if query.until_ms is None else query.until_ms
    return Place(max(_floor(query, now_ms, reach), end_ms - reach.window_ms), end_ms, None)


def window_after(
    at: Place, query: PageQuery, now_ms: int, reach: Reach, rows: int, end_id: str | int | None
) -> str | None:
    """The cursor of the next page; None at the end of the last window.

    A short page proves nothing ("stop on empty"), and the cursor is the one that came, which is not the last
    row's own id everywhere.
    """
    before = None if end_id in (None, "") else str(end_id)
    if rows and before is not None and before != at.before:
        return at._replace(before=before).text()
    floor = _floor(query, now_ms, reach)
    if at.start_ms is None or at.start_ms <= floor:
        return None
    # Bounds may be inclusive or not: windows share their edge, and rows are told apart by id.
    return Place(max(floor, at.start_ms - reach.window_ms), at.start_ms, None).text()


def _floor(query: PageQuery, now_ms: int, reach: Reach) -> int:
    return now_ms - reach.depth_ms if query.since_ms is None else query.since_ms
