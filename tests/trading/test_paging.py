"""Each row once, or `IncompletePage`."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from futures_async import IncompletePage, InvalidRequest, UnreadRow, UnreadRows
from futures_async.testing.virtual_time import run, run_trio
from futures_async.trading.paging import Page, PageQuery, collect, first, iterate

Pages = dict[str | None, tuple[list[str], str | None]]


def walk(pages: Pages, limit: int | None = None, *, wanted: str = "") -> list[str]:
    async def fetch(query: PageQuery, cursor: str | None) -> Page[str]:
        return Page(*pages[cursor])

    async def main() -> list[str]:
        rows = iterate(fetch, PageQuery(limit=limit), key=str, wanted=lambda row: row.startswith(wanted))
        return [row async for row in rows]

    return run(main())


def test_rows_of_moving_pages_come_once() -> None:
    assert walk({None: (["c", "b"], "1"), "1": (["b", "a"], None)}) == ["c", "b", "a"]


def test_a_limit_ends_the_walk_and_unwanted_rows_do_not_count() -> None:
    assert walk({None: (["a1", "b1", "a2", "a3"], "1")}, 2, wanted="a") == ["a1", "a2"]


def test_a_cursor_that_stands_still_without_new_rows_is_the_end() -> None:
    assert walk({None: (["a"], "1"), "1": (["a"], "1")}) == ["a"]


def test_a_cursor_that_repeats_with_new_rows_is_an_incomplete_page() -> None:
    with pytest.raises(IncompletePage):
        walk({None: (["a"], "1"), "1": (["b"], "2"), "2": (["c"], "1")})


def test_a_single_page_is_filtered_and_a_limit_takes_more_pages() -> None:
    calls: list[str | None] = []

    async def fetch(query: PageQuery, cursor: str | None) -> Page[str]:
        calls.append(cursor)
        return Page(["a", "b"] if cursor is None else ["c"], "1" if cursor is None else None)

    async def main() -> None:
        assert await collect(fetch, PageQuery(), key=str, wanted=lambda row: row != "a") == ["b"]
        assert await collect(fetch, PageQuery(limit=3), key=str) == ["a", "b", "c"]

    run(main())
    assert calls == [None, None, "1"]


def test_a_row_that_a_page_has_twice_is_given_once() -> None:
    async def fetch(query: PageQuery, cursor: str | None) -> Page[str]:
        return Page(["c", "b", "b", "a", "c"], None)

    async def main() -> None:
        for query in (PageQuery(), PageQuery(limit=9)):
            assert await collect(fetch, query, key=str) == ["c", "b", "a"]

    run(main())


@pytest.mark.parametrize("limit", [None, 9])
def test_rows_that_cannot_be_read_are_told_once_beside_those_that_can(limit: int | None) -> None:
    odd, other = UnreadRow("size", "no number", 1), UnreadRow("size", "no number", 2)

    async def fetch(query: PageQuery, cursor: str | None) -> Page[str]:
        return Page(["b", "a"], None, (odd, other, odd))

    async def main() -> None:
        with pytest.raises(UnreadRows) as caught:
            await collect(fetch, PageQuery(limit=limit), key=str)
        assert (list(caught.value.rows), list(caught.value.unread)) == (["b", "a"], [odd, other])

    run(main())


def test_queries_that_cannot_be_right_are_refused() -> None:
    with pytest.raises(InvalidRequest):
        PageQuery(limit=0)
    with pytest.raises(InvalidRequest):
        PageQuery(since_ms=2, until_ms=1)


def test_the_first_row_that_is_wanted_ends_the_walk() -> None:
    calls: list[str | None] = []

    async def fetch(query: PageQuery, cursor: str | None) -> Page[str]:
        calls.append(cursor)
        return Page(["a", "b"] if cursor is None else ["c"], "1" if cursor is None else None)

    async def main() -> None:
        assert await first(fetch, PageQuery(), key=str, wanted=lambda row: row > "a") == "b"
        gc.collect()  # trio warns of a walk that is left to the collector, and warnings are errors
        assert await first(fetch, PageQuery(), key=str, wanted=lambda row: row > "c") is None

    run_trio(main)
    assert calls == [None, None, "1"]


@pytest.mark.parametrize("name", ["since_ms", "until_ms"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1_796_088_000_000.5, r"an int, Unix milliseconds, not float: int\(time\.time\(\) \* 1000\)"),
        ("1796088000000", "not str"),
        (True, "not bool"),
        (-1, "such as 1000000000000, not -1$"),
        (1_796_088_000, "not 1796088000: it looks like seconds"),
    ],
)
def test_what_is_no_time_in_milliseconds_is_refused(name: str, value: Any, said: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{name} must be .*{said}"):
        PageQuery(**{name: value})


@pytest.mark.parametrize("limit", [0, -1, 2.0, True, "5"])
def test_a_limit_is_a_whole_number(limit: Any) -> None:
    with pytest.raises(InvalidRequest, match="limit must be an int, at least 1"):
        PageQuery(limit=limit)


def test_times_begin_at_0() -> None:
    assert PageQuery(since_ms=0, until_ms=1).until_ms == 1
