"""Lists without a cursor of the venue's, walked by time, newest first, so that no row is missed.

- `time_page`: the next page ends where the oldest row of this one lies
- `split_rows`: an answer that is full may have dropped any of its rows, so its window is split until one is not full
- `newest_rows`: an answer that is full has dropped the oldest, so the next one goes on behind those that came
- `oldest_first`: an answer begins with the oldest rows, so the next one goes on at the time of its last row
- `complete`, `certain`: lists that cannot be asked for more: whole, or `IncompletePage`; every row counts, read or not
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from futures_async.trading.paging import Page, PageQuery
from futures_async.unified.errors import IncompletePage, UnreadRow
from futures_async.unified.models import Fill, LedgerEntry, Order
from futures_async.unified.reading import Read

Row = TypeVar("Row", Order, Fill, LedgerEntry)
T = TypeVar("T")


class Dated(Protocol):
    """Has a time, which may be missing."""

    @property
    def created_ms(self) -> int | None:
        """Unix milliseconds."""
        ...


R = TypeVar("R", bound=Dated)
NARROWEST = 2
"""Units of time: no window is made shorter."""


class Window(NamedTuple):
    """Two times, in the unit of the endpoint. Whether the venue counts the bounds in need not be known."""

    start: int
    end: int


class Cap(NamedTuple):
    """What a venue shows of a list at most."""

    rows: int
    """In one answer."""
    longest_ms: int
    """Between two bounds; also how far back is read where the query names no beginning."""
    unit_ms: int = 1
    """In which the endpoint counts time."""
    ahead_ms: int = 60_000
    """How far beyond our clock the newest window reaches, so that a clock that differs hides no row."""

    def wanted(self, query: PageQuery, now_ms: int) -> Window:
        """The wanted range, widened to whole units."""
        until_ms = now_ms + self.ahead_ms if query.until_ms is None else query.until_ms
        until = -(-until_ms // self.unit_ms) + 1
        longest = self.longest_ms // self.unit_ms
        since = until - longest if query.since_ms is None else max(0, query.since_ms // self.unit_ms - 1)
        return Window(since, max(until, since + 1))


def page_size(query: PageQuery, cursor: str | None, largest: int) -> int:
    """Rows to ask for: what the caller wants on the first page, then as many as there may be.

    A later page begins with rows that were seen already, so a small one might bring nothing new.
    """
    return largest if cursor is not None or query.limit is None else min(query.limit, largest)


def page_end(query: PageQuery, cursor: str | None) -> int | None:
    """Where the page ends, Unix milliseconds; None: now."""
    return query.until_ms if cursor is None else int(cursor)


def time_page(read: Read[Row], cursor: str | None, size: int) -> Page[Row]:
    """Rows, newest first, and the end of the next page.

    Whether the venue's bound is inclusive is not documented, so it is set one millisecond past the oldest row:
    rows of that millisecond come again, which costs nothing, and none is left out either way. A short page is not
    taken as the last, as the venue may cap pages silently; one that brings nothing older is.

    Raises:
        IncompletePage: A whole page lies in one millisecond: what is behind it cannot be reached.
    """
    rows, unread = read
    ordered = sorted(rows, key=lambda row: row.created_ms or 0, reverse=True)
    times = [row.created_ms for row in ordered if row.created_ms is not None]
    if not times:
        return Page(ordered, None, unread)
    end = times[-1] + 1
    if cursor is None or end < int(cursor):
        return Page(ordered, str(end), unread)
    if len(ordered) + len(unread) >= size:
        raise IncompletePage(
            "more rows in one millisecond than a page holds: what is older cannot be reached", rows=ordered
        )
    return Page(ordered, None, unread)


async def split_rows(
    fetch: Callable[[Window], Awaitable[Read[R]]], wanted: Window, cursor: str | None, cap: Cap
) -> Page[R]:
    """The newest rows that a window holds completely, and the end of the window that comes before it.

    Raises:
        IncompletePage: More rows within two units of time than an answer holds: there is no narrower question.
    """
    end = wanted.end if cursor is None else int(cursor)
    window = Window(max(wanted.start, end - cap.longest_ms // cap.unit_ms), end)
    rows, unread = await fetch(window)
    while len(rows) + len(unread) >= cap.rows:
        if window.end - window.start <= NARROWEST:
            raise IncompletePage(
                f"{len(rows)} rows or more within {(window.end - window.start) * cap.unit_ms} ms: the venue drops the "
                "others",
                rows=rows,
            )
        window = Window(_split(window, [time // cap.unit_ms for time in _times(rows)]), window.end)
        rows, unread = await fetch(window)
    # Windows overlap by a unit: which of the bounds count is not documented. Rows seen twice are dropped by id.
    before = window.start + 1 if window.start > wanted.start else None
    return Page(_newest_first(rows), None if before is None else str(before), unread)


def _times(rows: Sequence[Dated]) -> list[int]:
    return [row.created_ms for row in rows if row.created_ms is not None]


def _newest_first(rows: Sequence[R]) -> list[R]:
    return sorted(rows, key=lambda row: row.created_ms or 0, reverse=True)


def _split(window: Window, times: list[int]) -> int:
    """Where to cut a window that holds too much: the middle of the rows seen, or of the window if that is later."""
    middle = (window.start + window.end) // 2
    if times:
        middle = max(sorted(times)[len(times) // 2], middle)
    return min(max(middle, window.start + 1), window.end - 2)


async def newest_rows(
    fetch: Callable[[Window], Awaitable[Read[R]]], wanted: Window, cursor: str | None, cap: Cap
) -> Page[R]:
    """The newest rows up to `cursor`, and where to go on: just behind the oldest of them, seen again and dropped by id.

    Raises:
        IncompletePage: An answer full of rows of one time, or of none that can be read: the venue cannot be asked for
            what lies behind.
    """
    window = Window(wanted.start, wanted.end if cursor is None else int(cursor))
    rows, unread = await fetch(window)
    if len(rows) + len(unread) < cap.rows:
        return Page(_newest_first(rows), None, unread)
    oldest = min(_times(rows), default=window.end * cap.unit_ms) // cap.unit_ms
    if oldest + 1 >= window.end:
        raise IncompletePage(f"{len(rows)} rows or more at one time: the venue drops the others", rows=rows)
    return Page(_newest_first(rows), str(oldest + 1), unread)


async def oldest_first(
    fetch: Callable[[int], Awaitable[Read[R]]], start_ms: int, most: int, *, key: Callable[[R], Hashable]
) -> Read[R]:
    """All rows from a time on, of a list that shows the oldest first.

    Args:
        fetch: Asks for the rows from a time on, that one included.
        start_ms: Unix milliseconds.
        most: Rows of one answer.
        key: Tells rows apart: those of the last millisecond come again.

    Raises:
        IncompletePage: A whole answer lies in one millisecond, or cannot be read: what is behind it cannot be reached.
    """
    found: dict[Hashable, R] = {}
    unread: dict[str, UnreadRow] = {}
    while True:
        rows, odd = await fetch(start_ms)
        found |= {key(row): row for row in rows}
        unread |= {repr(row.raw): row for row in odd}
        if len(rows) + len(odd) < most:
            return Read(list(found.values()), tuple(unread.values()))
        last = max(_times(rows), default=start_ms)
        if last <= start_ms:
            raise IncompletePage(
                f"{len(rows)} rows or more in one millisecond: what is newer cannot be reached",
                rows=list(found.values()),
            )
        start_ms = last


def complete(read: Read[T], most: int, what: str) -> Read[T]:
    """Rows of a list without paging, when it cannot have lost any.

    Raises:
        IncompletePage: It is as long as it can be.
    """
    rows, unread = read
    if len(rows) + len(unread) >= most:
        raise IncompletePage(
            f"{what}: {len(rows) + len(unread)} rows, which is all that the venue shows; ask per contract",
            rows=rows,
            unread=unread,
        )
    return read


def certain(read: Read[T], most: int, what: str) -> list[T]:
    """As `complete`, where a missing row is taken for a proof.

    Raises:
        IncompletePage: It is as long as it can be.
        UnreadRows: Some of it cannot be read.
    """
    return complete(read, most, what).whole()
