"""How v3 pages: windows of at most 30 days back to 90, and inside each the venue's own cursor.

The cursor goes back unchanged with the same filters. It is there on the last page too, so a list ends where a page
is empty, has no cursor, or names the cursor that it was asked with.

https://www.bitget.com/api-doc/uta/trade/Get-Order-History
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec

from futures_async.adapter import IncompletePage, InvalidRequest, Page, PageQuery
from futures_async.adapters.bitget_uta.endpoints import PAGE

R = TypeVar("R")

DAY_MS = 86_400_000
# A little less than documented: the venue measures up to its own present, which may be later than ours.
WINDOW_MS = 30 * DAY_MS - 600_000
NEVER_MS = 1 << 62
DEPTH_MS = 90 * DAY_MS - 600_000


class Part(NamedTuple, Generic[R]):
    """One answer: all its rows (what is not wanted is dropped later), and the cursor that it names."""

    rows: Sequence[R]
    cursor: str | None


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where the next page starts; as text it is the cursor that the core carries."""

    start_ms: int
    end_ms: int | None
    """None: up to the present. Naming a present would hide what happened while the request was under way."""
    cursors: tuple[str | None, ...]
    """Of the lists that are merged; None starts at the newest row."""
    ended: tuple[bool, ...]
    oldest_ms: int
    """Nothing before this is asked for."""

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


Times = dict[str, str | int | None]
Ask = Callable[[Times], Awaitable[Part[R]]]


async def history_page(
    lists: Sequence[Ask[R]], query: PageQuery, cursor: str | None, *, at: Callable[[R], int], now_ms: int
) -> Page[R]:
    """One page of past rows, newest first: of one list, or of several that are merged by time.

    Args:
        lists: Each asks for one answer, given its times, limit and cursor.
        query: What is wanted.
        cursor: As `Page.cursor` named it.
        at: A row's time, Unix milliseconds.
        now_ms: The venue's time.

    Raises:
        IncompletePage: Rows older than the venue keeps were asked for.
    """
    place = _first(query, len(lists), now_ms) if cursor is None else _read(cursor)
    if place.end_ms is not None and place.end_ms <= place.oldest_ms:
        raise IncompletePage("the venue keeps 90 days: what is older cannot be read")
    times: Times = {"startTime": place.start_ms, "endTime": place.end_ms, "limit": PAGE}
    parts: list[Part[R]] = [
        Part((), None) if done else await _fill(ask, times, asked, alone=len(lists) == 1)
        for ask, asked, done in zip(lists, place.cursors, place.ended, strict=True)
    ]
    last = [part.cursor is None for part in parts]
    # A row may go out once no list can still hold a newer one. What is held back is asked for again: the core drops
    # rows that it has seen.
    horizon = max((_oldest(part, at) for part, over in zip(parts, last, strict=True) if not over), default=0)
    rows = sorted((row for part in parts for row in part.rows if at(row) >= horizon), key=at, reverse=True)
    if all(last):
        return Page(rows, _older(place, query))
    out = [_oldest(part, at) >= horizon for part in parts]
    cursors = tuple(
        part.cursor if gone and not over else asked
        for part, gone, over, asked in zip(parts, out, last, place.cursors, strict=True)
    )
    ended = tuple(gone and over for gone, over in zip(out, last, strict=True))
    return Page(rows, str(msgspec.structs.replace(place, cursors=cursors, ended=ended)))


async def _fill(ask: Ask[R], times: Times, cursor: str | None, *, alone: bool) -> Part[R]:
    """One answer, its cursor None where the list ends. Of several lists a short one is read on: where it ends decides
    how far the others may go."""
    rows: list[R] = []
    while True:
        part = await ask({**times, "cursor": cursor})
        if not part.rows or not part.cursor or part.cursor == cursor:
            return Part([*rows, *part.rows], None)
        rows += part.rows
        cursor = part.cursor
        if alone or len(rows) >= PAGE:
            return Part(rows, cursor)


def _oldest(part: Part[R], at: Callable[[R], int]) -> int:
    """The time of the last row; nothing is held back of a list without rows."""
    return min((at(row) for row in part.rows), default=NEVER_MS)


def _first(query: PageQuery, lists: int, now_ms: int) -> Place:
    oldest = now_ms - DEPTH_MS
    end = query.until_ms if query.until_ms is not None and query.until_ms < now_ms else None
    newest = now_ms if end is None else end
    start = max(newest - WINDOW_MS, query.since_ms or 0)
    return Place(start, end, (None,) * lists, (False,) * lists, oldest)


def _older(place: Place, query: PageQuery) -> str | None:
    """The window before, while it may hold rows that are wanted."""
    end = place.start_ms
    since = query.since_ms
    if since is not None and end <= since:
        return None
    if since is None and end <= place.oldest_ms:
        return None
    start = max(end - WINDOW_MS, since or 0, place.oldest_ms)
    lists = len(place.cursors)
    return str(Place(start, end, (None,) * lists, (False,) * lists, place.oldest_ms))


def _read(cursor: str) -> Place:
    try:
        return msgspec.json.decode(cursor, type=Place)
    except msgspec.MsgspecError:
        raise InvalidRequest("this cursor was not made here") from None
