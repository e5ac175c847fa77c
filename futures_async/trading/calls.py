"""How adapters call their venue: reads, writes that go on to their end, and answers that are about what was asked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from futures_async.trading.turns import SENT_BY
from futures_async.transport.channel import Channel
from futures_async.transport.dialect import Params
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.limits.limiter import Priority
from futures_async.unified.errors import BadResponse, DeadlineExpired, ResponseMismatch
from futures_async.unified.exchange import FuturesExchange

R = TypeVar("R")
T = TypeVar("T")


class Calls(FuturesExchange):
    """The calls of every adapter."""

    _channel: Channel

    def _call(
        self,
        endpoint: Endpoint[T],
        params: Params | None = None,
        body: Any = None,
        *,
        priority: Priority | None = None,
        about: Callable[[T], bool] | None = None,
    ) -> Coroutine[Any, Any, T]:
        """Make one call: see `Channel.call`. A write goes on to its end although its caller may be cancelled.

        Args:
            endpoint: What to call.
            params: Query.
            body: JSON body.
            priority: Lane; None goes by the endpoint's kind.
            about: Whether the answer is about what was asked. One that is not, crossed on its way with another, makes
                an idempotent call once more; a setting's with the same value, that is.

        Raises:
            ResponseMismatch: Reads only: the second one was not either.
            OutcomeUnknown: Writes only: the last answer says nothing of this write.
        """
        if not endpoint.reads:
            return self._see_through(endpoint, params, body, priority, about)
        if about is None:
            return self._channel.call(endpoint, params, body, priority=priority)
        return self._fitting(endpoint, params, body, priority, about)

    async def _see_through(
        self,
        endpoint: Endpoint[T],
        params: Params | None,
        body: Any,
        priority: Priority | None,
        about: Callable[[T], bool] | None,
    ) -> T:
        """A write, to its end."""

        async def deed() -> T:
            left_s = self._left_to_send(endpoint)
            if about is None:
                return await self._channel.call(endpoint, params, body, priority=priority, send_within_s=left_s)
            return await self._fitting(endpoint, params, body, priority, about, left_s)

        return await self._channel.deeds.see_through(deed, endpoint.kind, cancels=endpoint.cancels)

    def _left_to_send(self, endpoint: Endpoint[Any]) -> float | None:
        """How many seconds are left to send a write, where there is a time for it; see `sent_by`.

        Raises:
            DeadlineExpired: None.
        """
        due = SENT_BY.get()
        if due is None or endpoint.cancels:
            return None
        left_s = due - self._channel.transport.runtime().now()
        if left_s <= 0:
            raise DeadlineExpired(f"{self.id} {endpoint.name}: it was too late to send it; nothing was sent")
        return left_s

    async def _fitting(
        self,
        endpoint: Endpoint[T],
        params: Params | None,
        body: Any,
        priority: Priority | None,
        about: Callable[[T], bool],
        send_within_s: float | None = None,
    ) -> T:
        """An answer that is about what was asked."""
        problem: BadResponse | None = None
        for _ in range(2 if endpoint.idempotent else 1):
            result = await self._channel.call(endpoint, params, body, priority=priority, send_within_s=send_within_s)
            try:
                if about(result):
                    return result
            except BadResponse as error:
                if endpoint.reads:
                    raise
                problem = error
            self._channel.transport.backend.renew()
        stray = problem or ResponseMismatch(f"{self.id} {endpoint.name}: the answer is about something else")
        raise stray if endpoint.reads else self._channel.unknown(endpoint, [], stray)

    async def _pick(
        self, endpoint: Endpoint[T], params: Params | None, part: Callable[[T], R | None], *, body: Any = None
    ) -> R:
        """Read that part of an answer which is about what was asked; one without it is asked for once more.

        Raises:
            ResponseMismatch: The second one was without it too.
        """
        found: list[R] = []

        def about(answer: T) -> bool:
            picked = part(answer)
            if picked is not None:
                found.append(picked)
            return picked is not None

        await self._call(endpoint, params, body, about=about)
        return found[-1]
