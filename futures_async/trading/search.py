"""The search for an order whose fate is open: by its client id, until it is found or proved absent.

"Not found" proves nothing before the fence, because the request may still be under way, and no reading before the
venue itself has told a later time counts as past it. Nor does it prove anything on a connection that has served before:
"no such order" and an empty list do not name what was looked for, and on a connection that is an answer behind, all
witnesses may be answered with what was said of another order a moment ago.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

import msgspec

from futures_async.streams.bell import Bell
from futures_async.trading.books import QUEUE_S
from futures_async.trading.ordering import Fingerprint
from futures_async.transport.channel import Channel, apart
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    ClientClosed,
    FuturesAsyncError,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    ResponseMismatch,
    VenueUnavailable,
)
from futures_async.unified.inner import inner
from futures_async.unified.models import Order

logger = logging.getLogger("futures_async.orders")

LOOKUP_PAUSES_S = (0.0, 0.25, 0.5, 1.0, 2.0)
LONGEST_LOOKUP_PAUSE_S = 4.0
BETWEEN_ABSENCES_S = 1.0
LONGEST_FENCE_S = 120.0

SENT_BEFORE_MS = 60_000
"""So much earlier than its fence says may an order have been sent: waits, and clocks that were wrong."""
_SENT_SINCE_MS: ContextVar[int | None] = inner("sent_since_ms", None)

FIRST_WORD_S = 2.0
WORD_EVERY_S = 10.0
"""A search that goes on so long says so in the log: who has money at stake must not sit before a silent program."""

FIRST_LOOK_S = 0.25
"""After a refusal that proves nothing: what stands all the same is seen after this, or after the venue's lag."""

Find = Callable[[str, str], Awaitable[Order | None]]
"""Asks for the order with this client id at this venue symbol; None only for well-formed absence."""


def sent_since_ms() -> int | None:
    """For `_find_order`: the order that is looked for was not sent before this, venue's clock; None: it is not known.

    For witnesses that keep so many rows and no more: they need not reach back any further.
    """
    return _SENT_SINCE_MS.get()


class Search:
    """One hunt for an order by its client id, and what was seen on the way.

    Before the fence only presence counts: the order is asked for by its id, and seldom where the venue has refused
    it. Past the fence every witness is heard.
    """

    def __init__(
        self,
        venue_symbol: str,
        symbol: str,
        client_order_id: str | None,
        fence_ms: int | None,
        expected: Fingerprint | None = None,
        error: OutcomeUnknown | None = None,
        *,
        own: bool = False,
        opened_at: float = math.inf,
    ) -> None:
        self.venue_symbol = venue_symbol
        self.symbol = symbol
        self.client_order_id = client_order_id
        self.fence_ms = fence_ms
        self.expected = expected
        self.error = error
        self.own = own
        """It was sent by this object, so that its fence tells when."""
        self.opened_at = opened_at
        """When it was entered in the books, by the loop's clock: of an earlier jump of the venue's it knows."""
        self._queue_s = 0.0 if own else QUEUE_S
        self.pushed: Order | None = None
        """What the venue has told of it by itself: presence. That it tells nothing proves nothing."""
        self._bell = Bell()
        self.lookups: list[str] = []

    def show(self, order: Order) -> None:
        """The venue has pushed the order: no look-up is needed any more."""
        self.pushed = order
        self._bell.ring()

    @property
    def answered(self) -> bool:
        """The venue, or its edge, has refused the request in a way that proves nothing, but makes it unlikely."""
        refusal = None if self.error is None else self.error.refusal
        return refusal is not None and not isinstance(refusal, VenueUnavailable)

    async def run(
        self, channel: Channel, find: Find, within_s: float | None, *, glance: Find | None = None
    ) -> Order | None:
        """Read until found, or until two absences past the fence; the verdict rests on the venue's own clock.

        Args:
            channel: The account's.
            find: Asks every witness.
            within_s: Give up after so long; None is the fence and 10 s more.
            glance: Asks for the order by its id, where that costs less.

        Raises:
            OrderOutcomeUnknown: Neither in time.
            ResponseMismatch: What stands under this id is not what was sent.
        """
        runtime = channel.transport.runtime()
        if self.client_order_id is None or not channel.dialect.traits.lookup_by_client_id:
            raise self.unknown(channel, "the venue cannot look orders up by an id of ours")
        started = runtime.now()
        if within_s is None:
            # A fence hours ahead comes from a clock that was wrong at signing: say so instead of waiting for it.
            within_s = min(max(0.0, self._until_s(channel)), LONGEST_FENCE_S) + 10.0
            latest = started + LONGEST_FENCE_S + 10.0
        else:
            latest = started + within_s
        logger.warning(
            "%s: %s; it may stand: place nothing in its stead. What became of it is told within about %.0f s",
            self._title(channel),
            self._why(),
            within_s,
        )
        token = _SENT_SINCE_MS.set(self._sent_since_ms(channel))
        words = runtime.start(self._say_how_it_goes(channel, started, started + within_s))
        try:
            order = await self._run(channel, glance or find, find, started + within_s, latest)
        except FuturesAsyncError as problem:
            why = problem.advice if problem is self.error else problem
            self._end(channel, started, f"is still not known, {self._last_look()}: {why}")
            raise
        finally:
            words.cancel()
            _SENT_SINCE_MS.reset(token)
        self._end(channel, started, "is proved absent" if order is None else f"is found as {order.order_id}")
        return order

    def _sent_since_ms(self, channel: Channel) -> int | None:
        traits = channel.dialect.traits
        if not self.own or self.fence_ms is None or traits.window_s is None:
            return None
        if channel.transport.clock.jumped_at >= self.opened_at:  # its times may be of either clock
            return None
        return self.fence_ms - int((traits.window_s + traits.visibility_lag_s) * 1000) - SENT_BEFORE_MS

    def _until_s(self, channel: Channel) -> float:
        """Seconds until the fence is past; 0 where there is none: see `_run`."""
        return 0.0 if self.fence_ms is None else channel.until_s(self.fence_ms, self._queue_s)

    def _why(self) -> str:
        """What is not known is told by the title; this is how it came to that."""
        if self.error is None:
            return "it was left open elsewhere"
        cause = self.error.__cause__
        return cause.text if isinstance(cause, FuturesAsyncError) else self.error.text

    def _last_look(self) -> str:
        """What the newest look-up has come to, for a person."""
        if not self.lookups:
            return "no look-up is answered yet"
        said = self.lookups[-1]
        if said in ("absent", "another order"):
            return "the venue does not show it"
        return f"the last look-up failed ({said})"

    async def _say_how_it_goes(self, channel: Channel, started: float, deadline: float) -> None:
        runtime, pause_s = channel.transport.runtime(), FIRST_WORD_S
        while True:
            await runtime.sleep(pause_s)
            pause_s = WORD_EVERY_S
            now = runtime.now()
            logger.warning(
                "%s: not known yet after %.0f s, %s; %.0f s more at most",
                self._title(channel),
                now - started,
                self._last_look(),
                max(deadline - now, BETWEEN_ABSENCES_S),
            )

    def _title(self, channel: Channel) -> str:
        return f"{channel.dialect.venue}: looking for order {self.client_order_id} of {self.symbol}"

    def _end(self, channel: Channel, started: float, how: str) -> None:
        took_s = channel.transport.runtime().now() - started
        logger.warning("%s: it %s (%.1f s, %d look-ups)", self._title(channel), how, took_s, len(self.lookups))

    async def _run(self, channel: Channel, glance: Find, find: Find, deadline: float, latest: float) -> Order | None:
        runtime, clock = channel.transport.runtime(), channel.transport.clock
        absent_at: float | None = None
        jumped_at = clock.jumped_at
        step = 0
        if self.answered:
            await self._bell.wait(min(FIRST_LOOK_S, deadline - runtime.now()))
        while True:
            if self.pushed is not None:
                self.lookups.append("pushed")
                return self.confirm(self.pushed, channel)
            steady = channel.held_s(self._queue_s) <= 0.0
            counts = (
                steady and self.fence_ms is not None and max(channel.now_ms(), clock.server_seen_ms) >= self.fence_ms
            )
            try:
                with apart(counts):
                    order = await (find if counts else glance)(self.venue_symbol, self.client_order_id or "")
            except ClientClosed as problem:
                self.lookups.append(f"{type(problem).__name__}: {problem.text}")
                raise (error := self.unknown(channel, "the exchange object is closed")) from error.__cause__
            except FuturesAsyncError as problem:
                self.lookups.append(f"{type(problem).__name__}: {problem.text}")
            else:
                if order is not None and order.client_order_id in (None, self.client_order_id):
                    self.lookups.append("found")
                    return self.confirm(order, channel)
                # The answer to another lookup, crossed on its way, says nothing about this order.
                self.lookups.append("absent" if order is None else "another order")
                past_fence = (
                    counts
                    and order is None
                    and self.fence_ms is not None
                    and clock.server_seen_ms >= self.fence_ms
                    and clock.jumped_at == jumped_at
                )
                if past_fence and absent_at is not None and runtime.now() - absent_at >= BETWEEN_ABSENCES_S:
                    return None
                if past_fence and absent_at is None:
                    absent_at = runtime.now()
            if clock.jumped_at != jumped_at:  # while this was read: what was seen before was by another clock
                jumped_at, absent_at = clock.jumped_at, None
                _SENT_SINCE_MS.set(self._sent_since_ms(channel))
                until_s = self._until_s(channel)
                if until_s <= LONGEST_FENCE_S:  # else it went back so far that there is no use in waiting for it
                    deadline = max(deadline, min(runtime.now() + until_s + 10.0, latest))
            step += 1
            pause_s = self._pause_s(step, channel, deadline - runtime.now())
            if absent_at is not None:
                pause_s = BETWEEN_ABSENCES_S
            elif self.fence_ms is not None:
                # No point in reading long after the fence: the first reading past it is the one that counts.
                to_fence_s = self._until_s(channel) + 0.05
                pause_s = min(pause_s, to_fence_s) if to_fence_s > 0 else min(pause_s, BETWEEN_ABSENCES_S)
            # One reading short of the verdict, a little more patience is worth more than an open question.
            if runtime.now() + pause_s > deadline + (0.0 if absent_at is None else 10.0):
                raise self.unknown(channel, "it could not be told in time")
            await self._bell.wait(pause_s)

    def _pause_s(self, step: int, channel: Channel, left_s: float) -> float:
        """How long to wait before the next look."""
        if not self.answered or self.fence_ms is None:
            return LOOKUP_PAUSES_S[step] if step < len(LOOKUP_PAUSES_S) else LONGEST_LOOKUP_PAUSE_S
        if step == 1:
            return channel.dialect.traits.visibility_lag_s
        return max(left_s, LONGEST_LOOKUP_PAUSE_S)  # the fence comes before that, if there is time for it

    def confirm(self, order: Order, channel: Channel) -> Order:
        """The order that was found, once it is seen to be the one that was sent."""
        moves = channel.dialect.traits.moves_prices
        strange = [] if self.expected is None else self.expected.differences(order, moves_prices=moves)
        if strange:
            mismatch = ResponseMismatch(
                f"{channel.dialect.venue}: the order found under {self.client_order_id} differs in {', '.join(strange)}"
            )
            mismatch.outcome = Outcome.UNKNOWN
            mismatch.client_order_id = self.client_order_id
            raise mismatch
        return recovered(order)

    def unknown(self, channel: Channel, why: str) -> OutcomeUnknown:
        """The error that says so; the one already raised, where there is one."""
        order = f"order {self.client_order_id} of {self.symbol}"
        error = self.error or OrderOutcomeUnknown(
            f"{channel.dialect.venue}: it is not known what became of {order}: {why}",
            venue=channel.dialect.venue,
            symbol=self.symbol,
            client_order_id=self.client_order_id,
            fence_until_ms=self.fence_ms,
        )
        error.lookups.extend(self.lookups)
        return error


def recovered(order: Order) -> Order:
    """The same order, marked as found by resolution."""
    return msgspec.structs.replace(order, recovered=True)
