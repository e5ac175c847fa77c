"""Pages of rows behind one async iterator: each row once, or `IncompletePage`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from contextlib import aclosing
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from futures_async.unified.enums import LedgerType
from futures_async.unified.errors import IncompletePage, InvalidRequest, UnreadRow, unread_rows
from futures_async.unified.reading import Read
from futures_async.unified.rows import gathered

_SECONDS = range(10**9, 10**10)
"""Unix seconds from 2001 on; as milliseconds they would be days of early 1970, before any venue's first trade."""

R = TypeVar("R")
T = TypeVar("T")


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are wanted."""

    symbol: str | None = None
    """The venue's id of the contract."""
    since_ms: int | None = None
    until_ms: int | None = None
    limit: int | None = None
    """Rows wanted in all; a page may hold fewer or more."""
    ledger_type: LedgerType | None = None
    margin_coin: str | None = None

    def __post_init__(self) -> None:
        _check_time("since_ms", self.since_ms)
        _check_time("until_ms", self.until_ms)
        if self.limit is not None and (not _is_whole(self.limit) or self.limit < 1):
            raise InvalidRequest(f"limit must be an int, at least 1, not {self.limit!r:.40}")
        if self.since_ms is not None and self.until_ms is not None and self.since_ms > self.until_ms:
            raise InvalidRequest("since_ms is after until_ms")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_time(name: str, value: object) -> None:
    """Refuse what is no time in milliseconds: `time.time() * 1000`, which is a float, and plain seconds.

    Raises:
        InvalidRequest: Another type, below 0, or what is a day of this century in seconds and none in milliseconds.
    """
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidRequest(
            f"{name} must be an int, Unix milliseconds, not {type(value).__name__}: int(time.time() * 1000)"
        )
    if value < 0 or value in _SECONDS:
        hint = "" if value < 0 else ": it looks like seconds"
        raise InvalidRequest(f"{name} must be Unix milliseconds, such as {1000 * _SECONDS.start}, not {value}{hint}")


class Page(NamedTuple, Generic[T]):
    """Rows, newest first, and where the next page starts: None when this was the last."""

    rows: Sequence[T]
    cursor: str | None = None
    unread: tuple[UnreadRow, ...] = ()
    """Rows of the page that could not be read."""

    @staticmethod
    def of(read: Read[R], cursor: str | None) -> Page[R]:
        """What became of a page's rows, and the venue's cursor, an empty one being none: for `_in_contracts`."""
        return Page(read.rows, cursor or None, read.unread)


FetchPage = Callable[[PageQuery, str | None], Awaitable[Page[T]]]


async def iterate(
    fetch: FetchPage[T],
    query: PageQuery,
    *,
    key: Callable[[T], Hashable],
    wanted: Callable[[T], bool] = lambda row: True,
) -> AsyncGenerator[T]:
    """Walk the pages; rows seen before (a page boundary that moved) are dropped by `key`.

    Raises:
        UnreadRows: After the last row: some rows of the pages could not be read. All others were handed out.
        IncompletePage: The venue's cursor stands still, so that rows beyond it cannot be reached.
    """
    seen: set[Hashable] = set()
    cursors: set[str] = set()
    cursor: str | None = None
    given = 0
    unread: list[UnreadRow] = []
    while True:
        page = await fetch(query, cursor)
        unread += (row for row in page.unread if row not in unread)
        fresh = 0
        for row in page.rows:
            identity = key(row)
            if identity in seen:
                continue
            seen.add(identity)
            fresh += 1
            if wanted(row):
                yield row
                given += 1
                if given == query.limit:
                    _hide_nothing(unread)
                    return
        if page.cursor is None:
            _hide_nothing(unread)
            return
        if page.cursor in cursors:
            if fresh == 0:
                _hide_nothing(unread)
                return
            raise IncompletePage("the venue's cursor repeats before its rows end")
        cursors.add(page.cursor)
        cursor = page.cursor


def _hide_nothing(unread: Sequence[UnreadRow], rows: Sequence[Any] = ()) -> None:
    if unread:
        raise unread_rows(unread, rows)


async def first(
    fetch: FetchPage[T], query: PageQuery, *, key: Callable[[T], Hashable], wanted: Callable[[T], bool]
) -> T | None:
    """The first row that is wanted; None when all pages were read and none is.

    Raises:
        IncompletePage: See `iterate`.
    """
    async with aclosing(iterate(fetch, query, key=key, wanted=wanted)) as rows:
        async for row in rows:
            return row
    return None


async def everything(
    fetch: FetchPage[T],
    query: PageQuery,
    *,
    key: Callable[[T], Hashable],
    wanted: Callable[[T], bool] = lambda row: True,
) -> list[T]:
    """All rows of all pages, `query.limit` at most.

    Raises:
        UnreadRows: Some rows could not be read; the others are in it.
        IncompletePage: See `iterate`.
    """
    return await gathered(iterate(fetch, query, key=key, wanted=wanted))


def in_turn(lists: Sequence[FetchPage[T]]) -> FetchPage[T]:
    """Several of a venue's lists as one: each is walked to its end, then the next."""

    async def page(query: PageQuery, cursor: str | None) -> Page[T]:
        number, _, inner = (cursor or "0:").partition(":")
        found = await lists[int(number)](query, inner or None)
        following = None if int(number) + 1 == len(lists) else f"{int(number) + 1}:"
        return found._replace(cursor=following if found.cursor is None else f"{number}:{found.cursor}")

    return page


async def collect(
    fetch: FetchPage[T],
    query: PageQuery,
    *,
    key: Callable[[T], Hashable],
    wanted: Callable[[T], bool] = lambda row: True,
) -> list[T]:
    """One page, or with `query.limit` as many as it takes to fill it.

    Raises:
        UnreadRows: Some rows could not be read; the others are in it.
    """
    if query.limit is None:
        page = await fetch(query, None)
        # A page may be made of several of the venue's answers, which may tell of one row twice.
        rows: dict[Hashable, T] = {}
        for row in page.rows:
            rows.setdefault(key(row), row)
        found = [row for row in rows.values() if wanted(row)]
        unread: list[UnreadRow] = []
        unread += (row for row in page.unread if row not in unread)
        _hide_nothing(unread, found)
        return found
    return await everything(fetch, query, key=key, wanted=wanted)
