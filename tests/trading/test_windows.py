"""Windows of 30 days back to 90, and the venue's cursor inside each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from futures_async.trading.paging import Page, PageQuery, everything, iterate
from futures_async.trading.windows import DAY_MS, Ask, Bounds, Part, Reach, history_page
from futures_async.unified.errors import IncompletePage, InvalidRequest, UnreadRow, UnreadRows

pytestmark = pytest.mark.anyio

NOW = 1_768_195_413_808
REACH = Reach(100, 30 * DAY_MS - 600_000, 90 * DAY_MS - 600_000)


class Row(NamedTuple):
    id: str
    at_ms: int


def rows(name: str, *days_ago: float) -> list[Row]:
    return [Row(f"{name}{days:g}", NOW - int(days * DAY_MS)) for days in days_ago]


class Venue:
    """One list, newest first, three rows a page; like the venue it names a cursor on the last page too."""

    def __init__(self, *lists: list[Row], size: int = 3) -> None:
        self.lists = lists
        self.size = size
        self.asked: list[Bounds] = []
        self.before: Callable[[], object] = lambda: None

    def asks(self) -> list[Ask[Row]]:
        def ask(index: int) -> Ask[Row]:
            async def run(bounds: Bounds) -> Part[Row]:
                self.before()
                self.asked.append(bounds)
                start, end, cursor = bounds.start_ms, bounds.end_ms, bounds.cursor
                assert isinstance(start, int)
                assert end is None or (isinstance(end, int) and end - start <= 30 * DAY_MS)
                assert start >= NOW - 90 * DAY_MS
                last = NOW + DAY_MS if end is None else end
                matching = [row for row in self.lists[index] if start <= row.at_ms <= last]
                names = [row.id for row in matching]
                first = 0 if cursor is None else names.index(str(cursor)) + 1
                page = matching[first : first + self.size]
                return Part(page, page[-1].id if page else None)

            return run

        return [ask(index) for index in range(len(self.lists))]

    async def page(self, query: PageQuery, cursor: str | None) -> Page[Row]:
        return await history_page(self.asks(), query, cursor, at=lambda row: row.at_ms, now_ms=NOW, reach=REACH)

    async def all(self, *, since_ms: int | None = None, until_ms: int | None = None) -> list[str]:
        query = PageQuery(since_ms=since_ms, until_ms=until_ms)
        return [row.id async for row in iterate(self.page, query, key=lambda row: row.id)]


async def test_all_windows_of_the_last_90_days_are_walked() -> None:
    venue = Venue(rows("a", 0.1, 1, 2, 3, 29, 31, 45, 59, 61, 80, 89))
    assert await venue.all() == [row.id for row in venue.lists[0]]


async def test_the_first_window_names_no_end_so_that_fresh_rows_are_seen() -> None:
    venue = Venue([Row("late", NOW + 5000)])
    assert await venue.all() == ["late"]
    assert venue.asked[0].end_ms is None


async def test_the_cursor_goes_back_unchanged_with_the_same_filters() -> None:
    venue = Venue(rows("a", 1, 2, 3, 4))
    await venue.all(since_ms=NOW - 10 * DAY_MS)
    assert [bounds.cursor for bounds in venue.asked] == [None, "a3", "a4"]
    assert len({bounds[:2] for bounds in venue.asked}) == 1


async def test_only_the_windows_that_are_wanted_are_read() -> None:
    venue = Venue(rows("a", 1, 35, 39, 41, 70))
    found = await venue.all(since_ms=NOW - 40 * DAY_MS, until_ms=NOW - 30 * DAY_MS)
    assert found == ["a35", "a39"]
    assert all(bounds.end_ms == NOW - 30 * DAY_MS for bounds in venue.asked)


async def test_an_end_that_is_still_to_come_is_the_present() -> None:
    venue = Venue(rows("a", 1))
    assert await venue.all(since_ms=NOW - 2 * DAY_MS, until_ms=NOW + 100 * DAY_MS) == ["a1"]
    assert venue.asked[0].end_ms is None


async def test_what_the_venue_does_not_keep_is_said_to_be_missing() -> None:
    venue = Venue(rows("a", 1, 89))
    with pytest.raises(IncompletePage, match="90 days"):
        await venue.all(since_ms=NOW - 100 * DAY_MS)
    with pytest.raises(IncompletePage):
        await venue.all(until_ms=NOW - 95 * DAY_MS)


ODD = UnreadRow("side", "side is missing", {"id": "odd"})


@pytest.mark.parametrize("merged", [False, True])
async def test_a_page_of_which_nothing_can_be_read_ends_no_list_and_is_named(merged: bool) -> None:
    pages = {
        None: Part([Row("a", NOW - DAY_MS)], "1"),
        "1": Part[Row]([], "2", (ODD,)),
        "2": Part([Row("b", NOW - 2 * DAY_MS)], "2"),
    }

    async def ask(bounds: Bounds) -> Part[Row]:
        return pages[bounds.cursor]

    async def other(bounds: Bounds) -> Part[Row]:
        return Part([Row("c", NOW - 3 * DAY_MS)] if bounds.cursor is None else [], "3")

    async def page(query: PageQuery, cursor: str | None) -> Page[Row]:
        lists = [ask, other] if merged else [ask]
        return await history_page(lists, query, cursor, at=lambda row: row.at_ms, now_ms=NOW, reach=REACH)

    with pytest.raises(UnreadRows) as caught:
        await everything(page, PageQuery(since_ms=NOW - 9 * DAY_MS), key=lambda row: row.id)
    assert [row.id for row in caught.value.rows] == ["a", "b", "c"][: 3 if merged else 2]
    assert caught.value.unread == (ODD,)


async def test_a_cursor_that_stands_still_ends_its_window() -> None:
    async def ask(bounds: Bounds) -> Part[Row]:
        return Part([Row("a", NOW - DAY_MS)], "same")

    async def page(query: PageQuery, cursor: str | None) -> Page[Row]:
        return await history_page([ask], query, cursor, at=lambda row: row.at_ms, now_ms=NOW, reach=REACH)

    query = PageQuery(since_ms=NOW - 2 * DAY_MS)
    assert [row.id async for row in iterate(page, query, key=lambda row: row.id)] == ["a"]


async def test_two_lists_are_merged_newest_first_and_none_is_missed() -> None:
    trades = rows("t", *(0.1 * step for step in range(1, 40)), 33, 34, 35, 36, 62, 88)
    moves = rows("m", 0.05, 2.25, 2.35, 3.05, 34.5, 61, 61.5, 63, 64, 65)
    venue = Venue(trades, moves)
    found = await venue.all()
    assert len(found) == len(set(found))
    merged = sorted(trades + moves, key=lambda row: -row.at_ms)
    assert found == [row.id for row in merged]


async def test_rows_that_arrive_meanwhile_cost_none_of_the_others() -> None:
    trades, moves = rows("t", *range(1, 12)), rows("m", 0.5, 5.5, 9.5)
    venue = Venue(trades, moves)
    known = {row.id for row in trades + moves}

    def arrive() -> None:
        moves.insert(0, Row(f"new{len(moves)}", NOW + len(moves)))

    venue.before = arrive
    found = await venue.all(since_ms=NOW - 20 * DAY_MS)
    assert known <= set(found)
    assert len(found) == len(set(found))


async def test_a_thousand_rows_come_once_each() -> None:
    venue = Venue(rows("a", *(0.05 * step for step in range(1, 1201))), size=100)
    assert await venue.all() == [row.id for row in venue.lists[0]]


async def test_a_strangers_cursor_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        await Venue([]).page(PageQuery(), "1322441401014722561")
