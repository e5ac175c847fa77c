"""Windows of time around the venue's cursor: bounds stay, the cursor moves, nothing is left between windows."""

from __future__ import annotations

import pytest

from futures_async.adapters.bitget.windows import DAY_MS, DEPTH_MS, Place, following, place
from futures_async.trading.paging import PageQuery

NOW = 1_768_195_413_808
MONTH = 30 * DAY_MS


def test_without_bounds_none_are_sent() -> None:
    at = place(PageQuery(), None, NOW, MONTH)
    assert at.params() == {"startTime": None, "endTime": None, "idLessThan": None}


def test_a_page_is_continued_by_the_end_id_under_the_same_bounds() -> None:
    query = PageQuery(since_ms=NOW - DAY_MS)
    first = place(query, None, NOW, MONTH)
    cursor = following(first, query, NOW, MONTH, 2, "7")
    assert cursor is not None
    # Time has gone on; the window has not.
    second = place(query, cursor, NOW + 5000, MONTH)
    assert second == first._replace(before="7") == Place(NOW - DAY_MS, NOW, "7")
    assert second.params() == {"startTime": str(NOW - DAY_MS), "endTime": str(NOW), "idLessThan": "7"}


@pytest.mark.parametrize(("rows", "end_id"), [(0, "6"), (3, None), (3, ""), (3, "7")])
def test_an_empty_page_and_a_missing_or_repeated_cursor_end_the_walk(rows: int, end_id: str | None) -> None:
    assert following(Place(None, None, "7"), PageQuery(), NOW, MONTH, rows, end_id) is None


def test_a_short_page_does_not_end_it() -> None:
    assert following(Place(None, None, "7"), PageQuery(), NOW, MONTH, 1, "6") == "::6"


def walk(query: PageQuery, span_ms: int = MONTH) -> list[tuple[int, int]]:
    windows: list[tuple[int, int]] = []
    cursor: str | None = None
    while True:
        at = place(query, cursor, NOW, span_ms)
        assert at.start_ms is not None
        assert at.end_ms is not None
        windows.append((at.start_ms, at.end_ms))
        cursor = following(at, query, NOW, span_ms, 0, None)
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
    assert walk(PageQuery(since_ms=5, until_ms=9), DEPTH_MS) == [(5, 9)]
