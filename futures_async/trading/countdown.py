"""What the dead man's switch of a venue is told."""

from __future__ import annotations

from futures_async.unified.errors import InvalidRequest


def whole_seconds(timeout_s: object, venue: str, *, least: int = 1, most: int | None = None) -> int:
    """A countdown in whole seconds, within what the venue takes; 0 disarms.

    Raises:
        InvalidRequest: It is none.
    """
    seconds = timeout_s if isinstance(timeout_s, int) else None
    if isinstance(timeout_s, float) and timeout_s.is_integer():
        seconds = int(timeout_s)
    fits = seconds is not None and seconds >= least and (most is None or seconds <= most)
    if isinstance(timeout_s, bool) or seconds is None or (seconds != 0 and not fits):
        allowed = f"from {least} up" if most is None else f"from {least} to {most}"
        raise InvalidRequest(f"{venue}: timeout_s must be 0 or a whole number of seconds {allowed}, not {timeout_s!r}")
    return seconds
