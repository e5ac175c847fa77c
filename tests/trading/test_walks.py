"""Lists without a cursor: windows that are split until nothing can be missing."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from futures_async.trading import walks
from futures_async.trading.paging import PageQuery
from futures_async.trading.walks import Cap, Window
from futures_async.unified.errors import IncompletePage, UnreadRow, UnreadRows
from futures_async.unified.reading import Read

pytestmark = pytest.mark.anyio

NOW_MS = 1_768_190_400_000
LONGEST_MS = 90 * 86_400_000
PAST = Cap(200, LONGEST_MS, unit_ms=1000)
LEDGER = Cap(1000, LONGEST_MS)


class Row(NamedTuple):
    id: int
    created_ms: int


class Venue:
    """Rows, of which it shows at most so many; `newest` says which it keeps. Bounds count or do not count."""

    def __init__(
        self, times: list[int], *, most: int, newest: bool = True, closed: bool = True, unit: int = 1000
    ) -> None:
        self.rows = [Row(index, at) for index, at in enumerate(times)]
        self.most, self.newest, self.closed, self.unit = most, newest, closed, unit
        self.asked: list[Window] = []
        self.odd: set[int] = set()
        """Rows that cannot be read."""

    async def fetch(self, window: Window) -> Read[Row]:
        self.asked.append(window)
        assert window.start < window.end
        low, high = window.start * self.unit, window.end * self.unit
        found = [
            row for row in self.rows if (low <= row.created_ms <= high if self.closed else low < row.created_ms < high)
        ]
        shown = found[-self.most :] if self.newest else found[: self.most]
        return Read(
            [row for row in shown if row.id not in self.odd],
            tuple(UnreadRow("size", "odd", row) for row in shown if row.id in self.odd),
        )


async def walk(venue: Venue, wanted: Window, *, ledger: bool = False) -> list[Row]:
    read, cap = (walks.newest_rows, LEDGER) if ledger else (walks.split_rows, PAST)
    rows: dict[int, Row] = {}
    cursor: str | None = None
    order: list[int] = []
    while True:
        page, cursor, _ = await read(venue.fetch, wanted, cursor, cap)
        for row in page:
            if row.id not in rows:
                rows[row.id] = row
                order.append(row.created_ms)
        if cursor is None:
            break
    assert order == sorted(order, reverse=True)
    return sorted(rows.values())


@pytest.mark.parametrize("newest", [True, False])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 1000, 1234])
@pytest.mark.parametrize("gap_ms", [37, 1000, 60_000])
async def test_every_row_is_read_whichever_the_venue_drops(
    count: int, gap_ms: int, *, newest: bool, closed: bool
) -> None:
    times = [NOW_MS - (count - index) * gap_ms for index in range(count)]
    venue = Venue(times, most=200, newest=newest, closed=closed)
    wanted = PAST.wanted(PageQuery(), NOW_MS)
    assert await walk(venue, wanted) == venue.rows
    assert len(venue.asked) < 40 + count / 3


async def test_a_range_of_years_is_asked_for_in_quarters() -> None:
    year = 365 * 86_400_000
    times = [NOW_MS - year + index * 86_400_000 for index in range(365)]
    venue = Venue(times, most=200)
    wanted = PAST.wanted(PageQuery(since_ms=NOW_MS - year), NOW_MS)
    assert await walk(venue, wanted) == venue.rows
    assert all(window.end - window.start <= (LONGEST_MS // 1000) for window in venue.asked)


async def test_more_rows_than_shown_in_two_seconds_are_an_incomplete_page() -> None:
    venue = Venue([NOW_MS - 5000 + index for index in range(250)], most=200)
    with pytest.raises(IncompletePage) as caught:
        await walk(venue, PAST.wanted(PageQuery(), NOW_MS))
    assert len(caught.value.rows) == 200


async def test_rows_that_arrive_meanwhile_move_nothing() -> None:
    times = [NOW_MS - (600 - index) * 1000 for index in range(600)]
    venue = Venue(times, most=200)
    wanted = PAST.wanted(PageQuery(until_ms=NOW_MS), NOW_MS)
    first, cursor, _ = await walks.split_rows(venue.fetch, wanted, None, PAST)
    venue.rows += [Row(1000 + index, NOW_MS + 5000 + index) for index in range(300)]
    seen = set(first)
    while cursor is not None:
        rows, cursor, _ = await walks.split_rows(venue.fetch, wanted, cursor, PAST)
        seen |= set(rows)
    assert {row.id for row in seen} == set(range(600))


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        (PageQuery(), 1_768_190_461 - (LONGEST_MS // 1000), 1_768_190_461),
        (PageQuery(since_ms=1_768_000_000_999, until_ms=1_768_000_001_001), 1_767_999_999, 1_768_000_003),
        (PageQuery(since_ms=0, until_ms=1000), 0, 2),
    ],
)
def test_milliseconds_widen_to_whole_seconds(query: PageQuery, start: int, end: int) -> None:
    assert PAST.wanted(query, NOW_MS) == (start, end)


def test_a_range_in_the_future_is_still_a_range() -> None:
    later = NOW_MS + 10_000_000
    assert PAST.wanted(PageQuery(since_ms=later), NOW_MS) == (later // 1000 - 1, later // 1000)
    assert LEDGER.wanted(PageQuery(since_ms=later), NOW_MS) == (later - 1, later)


def test_the_ledger_is_asked_in_milliseconds() -> None:
    assert LEDGER.wanted(PageQuery(), NOW_MS) == (NOW_MS + 60_001 - LONGEST_MS, NOW_MS + 60_001)
    assert LEDGER.wanted(PageQuery(since_ms=5000, until_ms=6000), NOW_MS) == (4999, 6001)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("count", [0, 999, 1000, 2500])
async def test_every_ledger_row_is_read(count: int, *, closed: bool) -> None:
    times = sorted(NOW_MS - (index // 3) * 1000 for index in range(count))
    venue = Venue(times, most=LEDGER.rows, closed=closed, unit=1)
    assert await walk(venue, LEDGER.wanted(PageQuery(), NOW_MS), ledger=True) == venue.rows


async def test_a_page_of_one_millisecond_is_an_incomplete_page() -> None:
    venue = Venue([NOW_MS] * 1500, most=LEDGER.rows, unit=1)
    with pytest.raises(IncompletePage):
        await walk(venue, LEDGER.wanted(PageQuery(), NOW_MS), ledger=True)


@pytest.mark.parametrize("ledger", [True, False])
@pytest.mark.parametrize("odd", [{0}, {5, 600}, set(range(300, 420))])
async def test_rows_that_cannot_be_read_take_no_other_away(odd: set[int], *, ledger: bool) -> None:
    times = [NOW_MS - (1200 - index) * 1000 for index in range(1200)]
    venue = Venue(times, most=LEDGER.rows if ledger else PAST.rows, unit=1 if ledger else 1000)
    venue.odd = odd
    wanted = (LEDGER if ledger else PAST).wanted(PageQuery(), NOW_MS)
    assert await walk(venue, wanted, ledger=ledger) == [row for row in venue.rows if row.id not in odd]


@pytest.mark.parametrize("ledger", [True, False])
async def test_what_cannot_be_read_at_all_is_an_incomplete_page(*, ledger: bool) -> None:
    venue = Venue([NOW_MS - 1500 + index for index in range(1500)], most=LEDGER.rows if ledger else PAST.rows)
    venue.odd = set(range(1500))
    with pytest.raises(IncompletePage):
        await walk(venue, PAST.wanted(PageQuery(), NOW_MS), ledger=ledger)


def some(count: int, odd: int = 0) -> Read[int]:
    return Read(list(range(count)), (UnreadRow("size", "odd", None),) * odd)


def test_a_list_that_is_as_long_as_it_can_be_is_not_trusted() -> None:
    assert walks.complete(some(2), 3, "x") == some(2)
    assert walks.complete(some(1, 1), 3, "x") == some(1, 1)
    for full in (some(3), some(1, 2)):
        with pytest.raises(IncompletePage, match="x: 3 rows"):
            walks.complete(full, 3, "x")


def test_what_cannot_be_read_is_no_proof_of_absence() -> None:
    assert walks.certain(some(2), 3, "x") == [0, 1]
    with pytest.raises(UnreadRows):
        walks.certain(some(1, 1), 3, "x")
    with pytest.raises(IncompletePage):
        walks.certain(some(2, 1), 3, "x")


async def ascending(
    times: list[int], start: int, most: int, odd: frozenset[int] = frozenset()
) -> tuple[list[int], int, int]:
    venue = Venue(times, most=most, newest=False, unit=1)
    venue.odd = set(odd)

    async def fetch(start_ms: int) -> Read[Row]:
        return await venue.fetch(Window(start_ms, 1 << 60))

    rows, unread = await walks.oldest_first(fetch, start, most, key=lambda row: row.id)
    return [row.id for row in rows], len(unread), len(venue.asked)


async def test_rows_that_come_oldest_first_are_all_read_once() -> None:
    assert await ascending([], 0, 3) == ([], 0, 1)
    assert await ascending([1, 2], 0, 3) == ([0, 1], 0, 1)
    assert await ascending([1, 2, 2, 3, 4, 4], 2, 3) == ([1, 2, 3, 4, 5], 0, 3)
    assert await ascending([1, 2, 3, 4, 5, 6], 1, 3, frozenset({2})) == ([0, 1, 3, 4, 5], 1, 4)


async def test_a_whole_answer_of_one_millisecond_hides_what_is_newer() -> None:
    with pytest.raises(IncompletePage) as caught:
        await ascending([1, 5, 5, 5, 6], 1, 3)
    assert [row.id for row in caught.value.rows] == [0, 1, 2, 3]
    with pytest.raises(IncompletePage):
        await ascending([1, 2, 3, 4], 1, 3, frozenset({0, 1, 2}))
