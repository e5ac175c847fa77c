"""Whose turn it is: one setting at a time for each thing set, and no order waits for its turn longer than it may."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import anyio

from futures_async.transport.channel import Channel
from futures_async.unified.errors import DeadlineExpired
from futures_async.unified.inner import Within, inner

Key = tuple[str, ...]
"""What is set: by which call, of which contract, in which margin mode."""

DUE: ContextVar[float | None] = inner("setting_due", None)
"""Until when what is set is needed."""


SENT_BY: ContextVar[float | None] = inner("sent_by", None)
"""Until when what is under way may be sent."""


def sent_by(due: float | None) -> Within[float | None]:
    """What is sent inside leaves by `due`, by the loop's clock, or not at all; cancels do at any time, and None is any
    for all."""
    return Within(SENT_BY, due)


def needed_by(due: float) -> Within[float | None]:
    """For what an order needs set, which is not sent after `due`, by the loop's clock: nothing older is waited out."""
    return Within(DUE, due)


class Turns:
    """The turns of one account's settings."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._locks: dict[Key, anyio.Lock] = {}
        self._under_way: dict[Key, object] = {}
        """What is being set."""

    @asynccontextmanager
    async def _alone(self, key: Key, due: float | None = None) -> AsyncGenerator[None]:
        """One at a time for each key; the lock is forgotten when nobody waits for it.

        Raises:
            DeadlineExpired: It was not this one's turn until `due`.
        """
        lock = self._locks.setdefault(key, anyio.Lock())
        try:
            left_s = math.inf if due is None else max(0.0, due - self._channel.transport.runtime().now())
            with anyio.move_on_after(left_s) as patience:
                await lock.acquire()
            if patience.cancelled_caught:
                raise DeadlineExpired(f"{self._channel.dialect.venue}: {self._why(key, lock)}; nothing was sent")
            try:
                yield
            finally:
                lock.release()
        finally:
            statistics = lock.statistics()
            if not statistics.locked and not statistics.tasks_waiting and self._locks.get(key) is lock:
                del self._locks[key]

    def _is_taken(self, key: Key) -> bool:
        """Whether it is another one's turn."""
        return key in self._locks and self._locks[key].locked()

    def _why(self, key: Key, lock: anyio.Lock) -> str:
        """Why it was not this one's turn in time."""
        name = " ".join(key)
        if not lock.statistics().locked:
            return f"{name} was to be set when the time for that was over: try again, with more time"
        if key not in self._under_way:
            return f"what became of an earlier {name} was not known in time: try again after that"
        value = self._under_way[key]
        return f"{name} is just being set to {value}, and that was not over in time: try again after that"
