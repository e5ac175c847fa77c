"""The lines that hold one feed's topics, told as one: it is live only as long as each of them gives signs of life."""

from __future__ import annotations

from collections.abc import Callable

from futures_async.streams.dialect import Topic, What
from futures_async.streams.line import Line, Subscriber


class Spread:
    """What a feed knows of its lines.

    Args:
        place: The line that a topic is to go to.
    """

    def __init__(self, place: Callable[[Topic], Line]) -> None:
        self._place = place
        self._lines: list[Line] = []

    def add(self, topic: Topic, what: What, subscriber: Subscriber) -> None:
        """Subscribe."""
        line = self._place(topic)
        if line not in self._lines:
            self._lines.append(line)
        line.add(topic, what, subscriber)

    def remove(self, topic: Topic, subscriber: Subscriber) -> None:
        """Unsubscribe, where nobody else wants the topic."""
        for line in self._lines:
            line.remove(topic, subscriber)

    @property
    def alive_at(self) -> float:
        """When the one that was not heard for longest last gave a sign of life; as of `Line`."""
        return min(line.alive_at for line in self._lines)

    @property
    def patience_s(self) -> float:
        """As of `Line`: all are of one dialect."""
        return self._lines[0].patience_s

    def renew(self, why: str) -> None:
        """Connect all anew."""
        for line in self._lines:
            line.renew(why)
