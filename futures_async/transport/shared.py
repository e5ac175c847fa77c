"""What accounts at one venue share: connections, the venue's clock, limits, the retry budget. See `channel.py`."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from futures_async.transport.clock import VenueClock, loop_time
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.http.address import split
from futures_async.transport.http.backend import HttpBackend, Timeouts
from futures_async.transport.limits.limiter import Limiter
from futures_async.transport.retry import RetryBudget, RetryPolicy
from futures_async.transport.running import LoopEnd, current_runtime
from futures_async.transport.runtime import Runtime


class Transport:
    """What accounts at one venue share. Counts its users; the last one to leave closes the connections."""

    def __init__(
        self,
        *,
        base_url: str,
        backend: HttpBackend,
        owns_backend: bool,
        limiter: Limiter,
        clock: VenueClock,
        timeouts: Timeouts,
        policy: RetryPolicy,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(self.base_url).netloc
        self.origin, path = split(f"{self.base_url}/")
        self.prefix = path[:-1]
        """Of every path; nearly always empty."""
        self.backend = backend
        self.limiter = limiter
        self.clock = clock
        self.timeouts = timeouts
        self.policy = policy
        self.draw = draw
        self.budget = RetryBudget()
        self.misfits: set[Endpoint[Any]] = set()
        """Reads whose last answer, to whichever account, did not fit its documentation."""
        self.users: list[str] = []
        """The accounts whose exchange objects are open."""
        self.now: Callable[[], float] = loop_time
        """The loop's clock, seconds. Unlike `runtime`, it may be read from anywhere: what is sent is checked there."""
        self._owns_backend = owns_backend
        self._runtime: Runtime | None = None
        self._end: LoopEnd | None = None

    def runtime(self) -> Runtime:
        """The event loop that this transport is bound to, now at the latest.

        Raises:
            RuntimeError: Used from another loop, thread or process.
        """
        if self._runtime is None:
            self._runtime = current_runtime()
            self.now = self._runtime.now
            self.clock.bind(self.now)
            users = self.users  # and not this object, which is to be lost if nobody else holds it
            self._end = LoopEnd(lambda: _left_open(users))
        else:
            self._runtime.check()
        return self._runtime

    @property
    def ended(self) -> bool:
        """The event loop that it was bound to is over."""
        return self._runtime is not None and self._runtime.ended

    async def leave(self, user: str) -> None:
        """One account is done with it."""
        self.users.remove(user)
        if self.users:
            return
        if self._end is not None:
            await self._end.disarm()
        if self._owns_backend:
            await self.backend.aclose()


async def _left_open(users: list[str]) -> None:
    for user in users:
        warnings.warn(
            f"the exchange object of {user} was not closed: use `async with`, or await aclose()",
            ResourceWarning,
            stacklevel=1,
        )
