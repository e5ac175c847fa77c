"""What the venue still takes from one connection: messages in a second, and requests in an hour or so."""

from __future__ import annotations

import sys
from collections import deque

from futures_async.streams.dialect import StreamLimits


class Pace:
    """Counts what was sent on a connection; times are the event loop's, in seconds.

    Args:
        limits: Of the venue.
    """

    __slots__ = ("_limits", "_requested_at", "_sent_at")

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._sent_at: deque[float] = deque(maxlen=limits.messages_per_s)
        self._requested_at: deque[float] = deque(maxlen=0 if limits.requests is None else limits.requests.count)
        """Of what counts in `limits.requests`, as long as it does."""

    def allowed_at(self, now: float) -> float:
        """When the next message may be sent: at most so many in any second."""
        return now if len(self._sent_at) < self._limits.messages_per_s else self._sent_at[0] + 1.0

    def left(self, now: float) -> int:
        """So many requests the venue still takes; each heartbeat looks again."""
        limit = self._limits.requests
        if limit is None:
            return sys.maxsize
        while self._requested_at and self._requested_at[0] + limit.per_s <= now:
            self._requested_at.popleft()
        return limit.count - len(self._requested_at)

    def sent(self, now: float, requests: int) -> None:
        """A message was sent, with so many of these in it."""
        self._sent_at.append(now)
        self._requested_at.extend([now] * requests)
