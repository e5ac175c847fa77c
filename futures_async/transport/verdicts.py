"""What the caller of a failed call gets: an attempt that may have arrived makes a write unknown, until its fence."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from futures_async.transport.deeds import UNKNOWN
from futures_async.transport.dialect import Dialect
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.job import Job
from futures_async.transport.retry import Unclear
from futures_async.transport.shared import Transport
from futures_async.transport.stops import Stops
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    Attempt,
    Banned,
    ClientClosed,
    ExchangeError,
    FuturesAsyncError,
    NotSent,
    OrderNotFound,
    OutcomeUnknown,
)
from futures_async.unified.inner import inner

COPIES: ContextVar[list[int] | None] = inner("copies", None)
"""Collects venue times until which copies of a write may land beside the one that was answered."""


class Verdicts:
    """Those of one account's calls.

    Args:
        dialect: What the venue promises of its windows.
        transport: Whose clock tells the venue's time.
        stops: What may have ended a call here.
    """

    __slots__ = ("_dialect", "_stops", "_transport")

    def __init__(self, dialect: Dialect, transport: Transport, stops: Stops) -> None:
        self._dialect = dialect
        self._transport = transport
        self._stops = stops

    def tell_copies(self, job: Job) -> None:
        """Say until when earlier attempts may still land, of a call that one of them was answered."""
        copies = COPIES.get()
        if copies is not None:
            fences = (self.fence(one.signed_ms, job.endpoint) for one in job.attempts if one.phase == "arrived")
            copies.extend(fence_ms for fence_ms in fences if fence_ms is not None)

    def told(self, error: FuturesAsyncError, job: Job) -> FuturesAsyncError:
        """`final`, and of a refusal without the steps in which its answer was read: those say nothing of it."""
        if type(error) is NotSent and job.abort.raised and self._stops.halts(job.endpoint):
            error = self._stops.halted(job.endpoint)
        if isinstance(error, ClientClosed) and job.has_left:
            error = self._stops.not_again(error)
        final = self.final(error, job)
        return final.with_traceback(None) if isinstance(final, ExchangeError) else final

    def final(self, error: FuturesAsyncError, job: Job) -> FuturesAsyncError:
        """What the caller gets: an attempt that may have arrived makes a write unknown."""
        unclear = error if isinstance(error, Unclear) else None
        if unclear is None and not any(attempt.phase == "arrived" for attempt in job.attempts):
            return error
        if isinstance(error, Banned) and error.outcome is Outcome.UNKNOWN:
            return error
        if isinstance(error, OrderNotFound) and job.endpoint.kind is Kind.CANCEL:
            error.outcome = Outcome.UNKNOWN  # an attempt before may have done it
            return error  # the same cancel found nothing to cancel any more: its caller reads the order
        return self.unknown(job.endpoint, job.attempts, unclear.cause if unclear else error)

    def unknown(self, endpoint: Endpoint[Any], attempts: list[Attempt], cause: FuturesAsyncError) -> OutcomeUnknown:
        """The error for a write that may have arrived, with the fence of its last signature."""
        signed_ms = max((attempt.signed_ms for attempt in attempts), default=self._transport.clock.now_ms())
        where = f"{self._dialect.venue} {endpoint.name}"
        why = cause.text.removeprefix(where).lstrip(": ")
        error = UNKNOWN[endpoint.kind](
            f"{where}: it is not known whether this took effect ({why})",
            venue=self._dialect.venue,
            attempts=attempts,
            fence_until_ms=self.fence(signed_ms, endpoint),
        )
        error.__cause__ = cause
        error.refusal = cause if isinstance(cause, ExchangeError) else None
        return error

    def fence(self, signed_ms: int, endpoint: Endpoint[Any] | None = None) -> int | None:
        """Venue time after which a request signed then can no longer take effect, nor still be invisible.

        Args:
            signed_ms: When, Unix milliseconds.
            endpoint: Where it went, if that is known: some requests expire sooner than the venue's others.
        """
        traits = self._dialect.traits
        window_s = traits.window_s if endpoint is None or endpoint.window_s is None else endpoint.window_s
        if window_s is None:
            return None
        self._transport.clock.rely()
        return signed_ms + int((window_s + traits.visibility_lag_s) * 1000) + self._transport.clock.error_ms

    def until_s(self, fence_ms: int, queue_s: float = 0.0) -> float:
        """Seconds until a fence is past, by the venue's clock and by what is `held_s`; 0 or less: it is."""
        return max((fence_ms - self._transport.clock.now_ms()) / 1000, self.held_s(queue_s))

    def held_s(self, queue_s: float = 0.0) -> float:
        """Seconds until the venue's clock is believed again that has jumped; 0 or less: it is believed.

        What may have left before the jump has its whole window and lag ahead of it then, whatever that clock says: so
        long must pass by the event loop's.

        Args:
            queue_s: It may have been signed so long after its fence was reckoned.
        """
        traits, clock = self._dialect.traits, self._transport.clock
        hold_s = (traits.window_s or 0.0) + traits.visibility_lag_s + clock.error_ms / 1000 + queue_s
        return hold_s - clock.since_jump_s()
