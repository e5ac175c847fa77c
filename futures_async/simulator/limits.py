"""Rate limits as a venue keeps them: strict sliding windows, by address, account or contract; weights; budgets."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from futures_async.simulator.errors import RateLimited
from futures_async.transport.endpoint import RateLimit

Key = tuple[str, ...]


class Slot(NamedTuple):
    """One limit that a request must fit into."""

    key: Key
    limit: RateLimit
    weight: int
    own: bool
    """The endpoint's own, not the account's or the address's."""
    granted: int = 0
    """What a budget has grown by."""


class Credit(NamedTuple):
    """Where a request stands in one of its limits, for response headers."""

    limit: RateLimit
    used: int
    """With this request."""
    own: bool


class _Window:
    """Accepted calls that still count."""

    __slots__ = ("calls", "used")

    def __init__(self) -> None:
        self.calls: deque[tuple[float, int]] = deque()
        self.used = 0

    def reap(self, horizon: float) -> None:
        while self.calls and self.calls[0][0] <= horizon:
            self.used -= self.calls.popleft()[1]

    def opens_in(self, excess: int, per_s: float, now_s: float) -> float:
        """Seconds until so much of what is in use has left the window."""
        for at, weight in self.calls:
            excess -= weight
            if excess <= 0:
                return at + per_s - now_s
        return per_s


class Windows:
    """At most `count` in any `per_s` seconds of what was accepted. What was refused does not count."""

    def __init__(self) -> None:
        self._windows: dict[Key, _Window] = {}

    def judge(self, slots: Iterable[Slot], now_s: float) -> tuple[Credit, ...]:
        """Refuse what fits not into every limit; nothing is counted yet.

        Raises:
            RateLimited: With the limit, and the seconds until there is room.
        """
        credits: list[Credit] = []
        for slot in slots:
            key, limit, weight, own, granted = slot
            window = self._windows.get(key)
            if window is None:
                window = self._windows[key] = _Window()
            if limit.budget:
                last = window.calls[-1][0] if window.calls else now_s - limit.per_s
                if window.used + weight > limit.count + granted and now_s < last + limit.per_s:
                    raise RateLimited(last + limit.per_s - now_s, limit)
            else:
                window.reap(now_s - limit.per_s)
                if window.used + weight > max(limit.count, weight if not window.used else 0):
                    raise RateLimited(window.opens_in(window.used + weight - limit.count, limit.per_s, now_s), limit)
            credits.append(Credit(limit, window.used + weight, own))
        return tuple(credits)

    def take(self, slots: Sequence[Slot], now_s: float) -> None:
        """Count an accepted request."""
        for slot in slots:
            window = self._windows[slot.key]
            window.used += slot.weight
            if slot.limit.budget:
                window.calls.clear()  # only the last one matters
            window.calls.append((now_s, slot.weight))
