"""What a Retry-After header says, and any other that holds a date."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


def retry_after_s(value: str | None, now_wall: float) -> float | None:
    """Seconds to wait; None when the header is missing or says nothing usable (RFC 9110 §10.2.3).

    A number of seconds is taken as it is: how long is too long is the caller's decision. 0, or a date that has passed,
    means no time at all, so says nothing: who goes on at once is refused again. Fractions are not in the standard and
    are sent all the same.

    Args:
        value: The header's text.
        now_wall: Unix seconds by the clock that the date is to be read against: the server's own Date, if known.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return float(text) or None
    when = http_date_s(text)
    return None if when is None or when <= now_wall else when - now_wall


def http_date_s(value: str | None) -> float | None:
    """A date as Unix seconds; None when it is missing or says nothing usable (RFC 9110 §5.6.7).

    Args:
        value: The header's text.
    """
    if value is None:
        return None
    try:
        when = parsedate_to_datetime(value.strip())
        return (when.replace(tzinfo=UTC) if when.tzinfo is None else when).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
