"""What `on_event` gets: one record for each attempt at a call."""

from __future__ import annotations

import msgspec


class CallEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, after it has ended. Holds no query, header or body."""

    venue: str
    endpoint: str
    """Method and path template, `GET /api/…`."""
    attempt: int
    """1 for the first."""
    outcome: str
    """"ok", or the name of the error class."""
    status: int | None = None
    """HTTP status, where an answer came."""
    code: str = ""
    """The venue's code, where it refused."""
    queue_s: float = 0.0
    """Seconds spent waiting for the rate limit."""
    network_s: float = 0.0
    """Seconds from handing the request to the HTTP backend to its answer."""
