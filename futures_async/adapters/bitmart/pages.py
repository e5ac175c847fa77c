"""Lists without a cursor of the venue's: time windows, newest first, so that no row is missed.

`order-history` and `trades` answer at most 200 rows of at most 90 days between two times in seconds, and drop the
rest without a word: a full answer may have a hole, so its window is split until an answer is not full.
`transaction-history` answers at most 1,000 rows between two times in milliseconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from futures_async.adapter import DecodeError, IncompletePage, PageQuery

R = TypeVar("R")

FULL = 200
LEDGER_FULL = 1000
LONGEST_S = 90 * 86_400
AHEAD_MS = 60_000
"""How far beyond our clock the newest window reaches, so that a clock that differs hides no row."""
NARROWEST_S = 2


class Window(NamedTuple):
    """Two times, in the unit of the endpoint. Whether the venue counts the bounds in is not documented."""

    start: int
    end: int


def bounds_s(query: PageQuery, now_ms: int) -> Window:
    """The wanted range in seconds, widened to whole ones; without a beginning, 90 days."""
    until_ms = now_ms + AHEAD_MS if query.until_ms is None else query.until_ms
    until_s = -(-until_ms // 1000) + 1
    since_s = until_s - LONGEST_S if query.since_ms is None else max(0, query.since_ms // 1000 - 1)
    return Window(since_s, max(until_s, since_s + 1))


def bounds_ms(query: PageQuery, now_ms: int) -> Window:
    """The wanted range in milliseconds; without a beginning, 90 days."""
    until_ms = now_ms + AHEAD_MS if query.until_ms is None else query.until_ms + 1
    since_ms = until_ms - LONGEST_S * 1000 if query.since_ms is None else max(0, query.since_ms - 1)
    return Window(since_ms, max(until_ms, since_ms + 1))


async def newest_rows(
    fetch: Callable[[Window], Awaitable[Sequence[R]]],
    time_ms: Callable[[R], int],
    wanted: Window,
    cursor: str | None,
) -> tuple[list[R], str | None]:
    """The newest rows that a window holds completely, and the end of the window that comes before it.

    Raises:
        IncompletePage: More than 200 rows within two seconds: the venue cannot be asked for less.
    """
    end = wanted.end if cursor is None else int(cursor)
    window = Window(max(wanted.start, end - LONGEST_S), end)
    rows = await fetch(window)
    while len(rows) >= FULL:
        if window.end - window.start <= NARROWEST_S:
            raise IncompletePage(
                f"{len(rows)} rows or more within {window.end - window.start} s: the venue drops the others", rows=rows
            )
        window = Window(_split(window, [time_ms(row) for row in rows]), window.end)
        rows = await fetch(window)
    # Windows overlap by a second: which of the bounds count is not documented. Rows seen twice are dropped by id.
    before = window.start + 1 if window.start > wanted.start else None
    return sorted(rows, key=time_ms, reverse=True), None if before is None else str(before)


def _split(window: Window, times_ms: list[int]) -> int:
    """Where to cut a window that holds too much: the middle of the rows seen, or of the window if that is later."""
    times = sorted(times_ms)
    middle = max(times[len(times) // 2] // 1000, (window.start + window.end) // 2)
    return min(max(middle, window.start + 1), window.end - 2)


async def newest_ledger_rows(
    fetch: Callable[[Window], Awaitable[Sequence[R]]],
    time_ms: Callable[[R], int],
    wanted: Window,
    cursor: str | None,
) -> tuple[list[R], str | None]:
    """The newest rows up to `cursor`, and where to go on: just behind the oldest of them, seen again and dropped by id.

    Raises:
        IncompletePage: A page full of rows of one millisecond: the venue cannot be asked for what lies behind.
    """
    window = Window(wanted.start, wanted.end if cursor is None else int(cursor))
    rows = await fetch(window)
    if len(rows) < LEDGER_FULL:
        return sorted(rows, key=time_ms, reverse=True), None
    oldest = min(time_ms(row) for row in rows)
    if oldest + 1 >= window.end:
        raise IncompletePage(f"{len(rows)} rows or more within a millisecond: the venue drops the others", rows=rows)
    return sorted(rows, key=time_ms, reverse=True), str(oldest + 1)


def complete(rows: Sequence[R] | None, most: int, what: str) -> list[R]:
    """Rows of a list without paging, when it cannot have lost any.

    Raises:
        IncompletePage: It is as long as it can be.
    """
    found = list(rows or ())
    if len(found) >= most:
        raise IncompletePage(
            f"{what}: {len(found)} rows, which is all that the venue shows; ask per contract", rows=found
        )
    return found


def certain(rows: Sequence[R] | None, most: int, what: str) -> list[R]:
    """As `complete`, where a missing row is taken for a proof: null is not one.

    Raises:
        DecodeError: There is no list.
        IncompletePage: It is as long as it can be.
    """
    if rows is None:
        raise DecodeError(f"{what}: null instead of a list proves nothing", path="$.data")
    return complete(rows, most, what)
