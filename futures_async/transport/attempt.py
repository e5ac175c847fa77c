"""One attempt at a call, past the queue: stamp, sign, send, read, judge. No cancellation gets in here.

What an answer means is decided in `answers.py`; what follows from it for a write, for the limits and for the key here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from futures_async.transport.answers import Answers, Timing, failure_error
from futures_async.transport.deeds import outside
from futures_async.transport.dialect import Dialect, SealedHeaders, Unsigned
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.events import CallEvent, Observer
from futures_async.transport.http.backend import Abort, HttpFailure, HttpRequest, HttpResponse, Phase
from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.pools import Pools
from futures_async.transport.lockout import Lockout
from futures_async.transport.retry import DamagedAnswer, Unclear
from futures_async.transport.runtime import Runtime
from futures_async.transport.shared import Transport
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    Attempt,
    BadResponse,
    Banned,
    ClockSkew,
    DecodeError,
    ExchangeError,
    FuturesAsyncError,
    NotSent,
    RateLimited,
    ResponseMismatch,
)
from futures_async.unified.version import __version__

USER_AGENT = f"futures-async/{__version__}"

DEADLINE_GRAIN_S = 0.01
"""A read may take so much longer than its deadline."""


class Job(msgspec.Struct, frozen=True, gc=False):
    """One call, before its first attempt."""

    endpoint: Endpoint[Any]
    request: Unsigned
    pools: tuple[Pool, ...]
    priority: Priority
    deadline: float
    abort: Abort
    attempts: list[Attempt]
    permits: list[Permit]
    """A permit on its way from the queue to the exchange."""
    part_of_write: bool
    """Called within a write, whose verdict it serves: not stopped when the exchange object is closed."""
    apart: bool
    """On a connection of its own: see `HttpRequest.apart`."""

    def refund(self) -> None:
        """The exchange was cancelled; if that was before its first step, its permit is still here."""
        while self.permits:
            self.permits.pop().unused()


class Attempts:
    """Makes the attempts of one account's calls, each in a task of its own."""

    def __init__(
        self, transport: Transport, dialect: Dialect, credentials: Credentials | None, observer: Observer, pools: Pools
    ) -> None:
        self._pools = pools
        self.lockout = Lockout(dialect.venue)
        self.banned_until_ms = 0
        """Venue time, Unix milliseconds."""
        self._transport = transport
        self._dialect = dialect
        self._credentials = credentials
        self._observer = observer
        self._answers = Answers(dialect, credentials, transport.clock)
        self._common = (("User-Agent", USER_AGENT), *dialect.public_headers())
        self._public = SealedHeaders(self._common)

    async def make(self, job: Job, number: int, queued_s: float, runtime: Runtime) -> Any:
        """One attempt past the queue: in a task of its own, so that no cancellation reaches the HTTP library.

        The answer is judged here too: what it says of limits, key and time counts although its caller may be gone.
        """
        answer, timing = await self._send(job, job.permits.pop(), runtime)
        try:
            result = self._judge(job, answer, timing)
        except FuturesAsyncError as error:
            self._report(job, number, error, answer, queued_s, timing)
            raise
        self._report(job, number, None, answer, queued_s, timing)
        return result

    async def _send(self, job: Job, permit: Permit, runtime: Runtime) -> tuple[HttpResponse | HttpFailure, Timing]:
        """Stamp, sign, send and read."""
        transport = self._transport
        backend = transport.backend
        settled = False
        try:
            await backend.slots.take()
        except BaseException:  # the loop is shut down: the permit may belong to other loops too
            permit.unused()
            raise
        sent_at = runtime.now()
        try:
            if job.abort.raised:
                return HttpFailure("aborted", Phase.QUEUED, sent=False), Timing(0, sent_at, sent_at)
            if sent_at > job.deadline:
                return HttpFailure("pool-timeout", Phase.QUEUED, sent=False), Timing(0, sent_at, sent_at)
            request, left_s, reading = job.request, job.deadline - sent_at, job.endpoint.kind is Kind.READ
            # The backend's own deadline will do where that is all the time there is: naming another one costs.
            short = left_s < transport.timeouts.deadline_s - DEADLINE_GRAIN_S
            signed_ms, known = transport.clock.now_ms(), transport.clock.synchronized
            http = HttpRequest(
                method=request.method,
                url=f"{transport.base_url}{request.path}{'?' if request.query else ''}{request.query}",
                headers=self._headers(job, signed_ms),
                body=request.body,
                timeouts=transport.timeouts,
                abort=job.abort,
                sent_within_s=None if reading else left_s,
                answered_within_s=left_s if reading and short else None,
                apart=job.apart,
            )
            settled = True
            try:
                answer = await backend.send(http)
            except HttpFailure as failure:
                if failure.sent or failure.phase >= Phase.HEADERS_STARTED:
                    permit.answered()
                else:
                    permit.unused()
                return failure, Timing(signed_ms, sent_at, runtime.now())
            except BaseException:
                permit.answered()
                raise
            answered_at = runtime.now()
            permit.answered(answered_at - sent_at)
            left, counts = self._dialect.remaining(answer.headers), self._dialect.counts(answer.headers)
            if left is not None or counts:
                self._pools.correct(transport.limiter, job.pools, job.endpoint, left, counts)
            return answer, Timing(signed_ms, sent_at, answered_at, known)
        finally:
            backend.slots.give()
            if not settled:
                permit.unused()

    def _headers(self, job: Job, signed_ms: int) -> SealedHeaders:
        if not job.endpoint.private or self._credentials is None:
            return self._public
        signed = self._dialect.headers(job.request, job.endpoint, self._credentials, signed_ms)
        return SealedHeaders((*self._common, *signed.open()))

    def _judge(self, job: Job, answer: HttpResponse | HttpFailure, timing: Timing) -> Any:
        endpoint = job.endpoint
        try:
            if isinstance(answer, HttpFailure):
                where = f"{self._dialect.venue} {endpoint.name}"
                late = timing.answered_at >= job.deadline
                raise failure_error(answer, where, self._transport.host, late=late)
            result = self._answers.read(answer, endpoint, timing)
        except FuturesAsyncError as error:
            if self._may_be_stray(error, endpoint):
                self._transport.backend.renew()
            self._throttle(job, error)
            # A timestamp is refused before the key is looked at: that says nothing of the key.
            if endpoint.private and isinstance(error, ExchangeError) and not isinstance(error, ClockSkew):
                self.lockout.note(error, self._transport.runtime().now())
            weighed = self._weigh(job, error, answer, timing.signed_ms)
            raise weighed from weighed.__cause__
        self._answers.calm()
        if self._transport.misfits:
            self._transport.misfits.discard(endpoint)
        if endpoint.private:
            self.lockout.good()
        return result

    def _may_be_stray(self, error: FuturesAsyncError, endpoint: Endpoint[Any]) -> bool:
        """This may be the answer to something else, and its connection one behind.

        A read that does not fit twice running is taken for a change at the venue: no connection is to blame for that.
        """
        if endpoint.kind is not Kind.READ or isinstance(error, ResponseMismatch):
            return isinstance(error, BadResponse)
        if (
            not isinstance(error, DecodeError)
            or isinstance(error, DamagedAnswer)
            or endpoint in self._transport.misfits
        ):
            return False
        self._transport.misfits.add(endpoint)
        return True

    def _weigh(
        self, job: Job, error: FuturesAsyncError, answer: HttpResponse | HttpFailure, signed_ms: int
    ) -> FuturesAsyncError:
        """For a write: is this a proof that nothing happened, or may it have arrived?"""
        if job.endpoint.kind is Kind.READ:
            return error
        status = answer.status if isinstance(answer, HttpResponse) else None
        code = error.code if isinstance(error, ExchangeError) else ""
        if isinstance(error, NotSent):
            job.attempts.append(Attempt(signed_ms, "not sent", str(error), status, code))
            return error
        if isinstance(error, ExchangeError) and self._answers.definitive(error):
            job.attempts.append(Attempt(signed_ms, "refused", type(error).__name__, status, code))
            error.outcome = Outcome.REJECTED
            return error
        job.attempts.append(Attempt(signed_ms, "arrived", str(error), status, code))
        job.abort.arrived = True
        if isinstance(error, Banned) and job.endpoint.kind in (Kind.CANCEL, Kind.SETTING):
            # Nothing can be repeated or read for a while: whoever cannot cancel must hear that at once.
            error.outcome = Outcome.UNKNOWN
            return error
        return Unclear(error)

    def _throttle(self, job: Job, error: FuturesAsyncError) -> None:
        if not isinstance(error, RateLimited):
            return
        pause_s = self._answers.pause_s(error, self._transport.draw())
        error.retry_after_s = pause_s
        if isinstance(error, Banned):
            error.until_ms = self.banned_until_ms = self._transport.clock.now_ms() + int(pause_s * 1000)
        # Closing the account's own pool stops all its endpoints, for every client object that shares it.
        self._transport.limiter.close(job.pools, pause_s)

    def _report(
        self,
        job: Job,
        number: int,
        error: FuturesAsyncError | None,
        answer: HttpResponse | HttpFailure,
        queued_s: float,
        timing: Timing,
    ) -> None:
        if not self._observer.active:
            return
        cause = error.cause if isinstance(error, Unclear) else error
        with outside():
            self._observer.attempt(
                CallEvent(
                    venue=self._dialect.venue,
                    endpoint=job.endpoint.name,
                    attempt=number,
                    outcome="ok" if cause is None else type(cause).__name__,
                    status=answer.status if isinstance(answer, HttpResponse) else None,
                    code=cause.code if isinstance(cause, ExchangeError) else "",
                    queue_s=queued_s,
                    network_s=timing.answered_at - timing.sent_at,
                )
            )
