import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from futures_async.transport.limits.retry_after import retry_after_s

NOW = 1_767_225_600.0  # Thu, 01 Jan 2026 00:00:00 GMT


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", 1.0),
        (" 30 ", 30.0),
        ("0120", 120.0),
        ("1.5", 1.5),
        ("999999999", 999_999_999.0),
        ("Thu, 01 Jan 2026 00:00:05 GMT", 5.0),
        ("Thu, 01 Jan 2026 00:00:05 -0000", 5.0),
        ("Thu, 01 Jan 2026 01:00:05 +0100", 5.0),
        ("Thursday, 01-Jan-26 00:00:05 GMT", 5.0),
        ("Thu Jan  1 00:00:05 2026", 5.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799.0 - NOW),
        # Nothing usable:
        ("0", None),
        ("0.00", None),
        (None, None),
        ("", None),
        ("   ", None),
        ("nan", None),
        ("NaN", None),
        ("inf", None),
        ("Infinity", None),
        ("-1", None),
        ("-0", None),
        ("+5", None),
        ("1e3", None),
        ("1_000", None),
        ("0x10", None),
        ("１２", None),
        ("٣", None),
        ("1.", None),
        (".5", None),
        ("5 seconds", None),
        ("5, 6", None),
        ("9" * 10, None),
        ("9" * 5000, None),
        ("soon", None),
        ("Thu, 01 Jan 2026 00:00:00 GMT", None),
        ("Wed, 31 Dec 2025 23:59:59 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Sat, 01 Jan 100000 00:00:00 GMT", None),
        ("Thu, 32 Jan 2026 00:00:05 GMT", None),
        ("Thu, 01 Jan 2026 25:00:05 GMT", None),
        ("Thu, 01 Jan 2026", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", None),
        ("\x00", None),
    ],
)
def test_every_form_of_the_header(value: str | None, expected: float | None) -> None:
    assert retry_after_s(value, NOW) == expected


# No deadline for one example: the machine may be busy with other things.
@settings(deadline=None)
@given(
    st.text(max_size=80) | st.from_regex(r"(Thu|Xyz), \d{1,2} [A-Z][a-z]{2} \d{1,7} \d\d:\d\d:\d\d [A-Z+\-0-9]{1,6}")
)
def test_no_text_raises_or_gives_a_time_that_is_none(text: str) -> None:
    wait = retry_after_s(text, NOW)
    assert wait is None or (wait > 0 and math.isfinite(wait))
