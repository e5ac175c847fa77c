"""What a Retry-After header says."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


def retry_after_s(value: str | None, now_wall: float) -> float | None:
    """Seconds to wait; None when the header is missing or says nothing usable (RFC 9110 §10.2.3).

    A number of seconds is taken as it is: how long is too long is the caller's decision. A date that has passed
    means no time at all, so says nothing. Fractions are not in the standard and are sent all the same.

    Args:
        value: The header's text.
        now_wall: Unix seconds by the clock that the date is to be read against: the server's own Date, if known.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    try:
        wait = when.timestamp() - now_wall
    except (OverflowError, ValueError):
        return None
    return wait if wait > 0 else None
