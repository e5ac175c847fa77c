"""Windows of time around the venue's cursor: bounds stay, the cursor moves, nothing is left between windows."""

from __future__ import annotations

import pytest

from futures_async.trading.paging import PageQuery
from futures_async.trading.windows import DAY_MS, Place, Reach, window_after, window_at

NOW = 1_768_195_413_808
MONTH = 30 * DAY_MS
DEPTH_MS = 90 * DAY_MS
REACH = Reach(100, MONTH, DEPTH_MS)


def test_without_bounds_none_are_sent() -> None:
    at = window_at(PageQuery(), None, NOW, REACH)
    assert at.named("startTime", "endTime", "idLessThan") == {"startTime": None, "endTime": None, "idLessThan": None}


def test_a_page_is_continued_by_the_end_id_under_the_same_bounds() -> None:
    query = PageQuery(since_ms=NOW - DAY_MS)
    first = window_at(query, None, NOW, REACH)
    cursor = window_after(first, query, NOW, REACH, 2, "7")
    assert cursor is not None
    # Time has gone on; the window has not.
    second = window_at(query, cursor, NOW + 5000, REACH)
    assert second == first._replace(before="7") == Place(NOW - DAY_MS, NOW, "7")
    assert second.named("startTime", "endTime", "idLessThan") == {
        "startTime": NOW - DAY_MS,
        "endTime": NOW,
        "idLessThan": "7",
    }


@pytest.mark.parametrize(("rows", "end_id"), [(0, "6"), (3, None), (3, ""), (3, "7")])
def test_an_empty_page_and_a_missing_or_repeated_cursor_end_the_walk(rows: int, end_id: str | None) -> None:
    assert window_after(Place(None, None, "7"), PageQuery(), NOW, REACH, rows, end_id) is None


def test_a_short_page_does_not_end_it() -> None:
    assert window_after(Place(None, None, "7"), PageQuery(), NOW, REACH, 1, "6") == "::6"


def walk(query: PageQuery, reach: Reach = REACH) -> list[tuple[int, int]]:
    windows: list[tuple[int, int]] = []
    cursor: str | None = None
    while True:
        at = window_at(query, cursor, NOW, reach)
        assert at.start_ms is not None
        assert at.end_ms is not None
        windows.append((at.start_ms, at.end_ms))
        cursor = window_after(at, query, NOW, reach, 0, None)
        if cursor is None:
            return windows


def test_windows_touch_and_reach_back_to_since() -> None:
    windows = walk(PageQuery(since_ms=NOW - 70 * DAY_MS))
    assert windows == [
        (NOW - MONTH, NOW),
        (NOW - 2 * MONTH, NOW - MONTH),
        (NOW - 70 * DAY_MS, NOW - 2 * MONTH),
    ]


def test_without_since_they_reach_as_far_as_the_venue_keeps() -> None:
    windows = walk(PageQuery(until_ms=NOW - DAY_MS))
    assert windows[0] == (NOW - DAY_MS - MONTH, NOW - DAY_MS)
    assert windows[-1][0] == NOW - DEPTH_MS


def test_one_window_is_enough_for_a_short_span() -> None:
    assert walk(PageQuery(since_ms=5, until_ms=9), Reach(100, DEPTH_MS, DEPTH_MS)) == [(5, 9)]
