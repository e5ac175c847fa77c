"""Dead man's switches: what they are told, at every venue that has one."""

from __future__ import annotations

from typing import Any

import pytest

from futures_async.adapter import InvalidRequest, whole_seconds


@pytest.mark.parametrize(("given", "seconds"), [(0, 0), (5, 5), (60, 60), (30.0, 30), (0.0, 0)])
def test_whole_seconds_within_the_venues_bounds_are_taken(given: Any, seconds: int) -> None:
    found = whole_seconds(given, "venue", least=5, most=60)
    assert (found, type(found)) == (seconds, int)


@pytest.mark.parametrize(
    "given", [4, 61, -1, 7.5, True, False, None, "30", "soon", float("nan"), float("inf"), [30], 10**30]
)
def test_all_else_is_an_invalid_request(given: Any) -> None:
    with pytest.raises(InvalidRequest, match="venue: timeout_s must be 0 or a whole number of seconds from 5 to 60"):
        whole_seconds(given, "venue", least=5, most=60)


def test_where_there_is_no_most_any_time_is_taken() -> None:
    assert whole_seconds(10**6, "venue") == 10**6
    with pytest.raises(InvalidRequest, match="from 1 up"):
        whole_seconds(-1, "venue")
