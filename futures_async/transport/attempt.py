"""One attempt at a call, past the queue: stamped, signed and sent at once, judged when the answer is there.

What an answer means is decided in `answers.py`; what follows from it for a write, for the limits and for the key here.
"""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import Any

import msgspec

from futures_async.transport import asleep
from futures_async.transport.answers import Answers, Timing, failure_error
from futures_async.transport.dialect import Dialect, SealedHeaders, Unsigned
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.events import CallEvent, Observer
from futures_async.transport.http.backend import HttpFailure, HttpRequest, HttpResponse, Phase, fault
from futures_async.transport.http.slots import Slots
from futures_async.transport.job import Job, Sealed
from futures_async.transport.limits.limiter import Permit
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
    DeadlineExpired,
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


class Flight:
    """One attempt on its way, with all that its end settles: the slot, the permit, and whoever waits.

    Nobody's cancellation reaches it: a caller who goes takes away his own `promise`, and nothing else.
    """

    __slots__ = (
        "_attempts", "_context", "_permit", "_runtime", "_slots", "job", "known", "number", "promise", "queued_s",
        "sent_at", "signed_ms",
    )  # fmt: skip

    def __init__(
        self,
        attempts: Attempts,
        job: Job,
        number: int,
        runtime: Runtime,
        queued_s: float,
        permit: Permit,
        slots: Slots,
        context: Context | None,
    ) -> None:
        self.job = job
        self.number = number
        self.queued_s = queued_s
        self.sent_at = runtime.now()
        self.signed_ms = 0
        self.known = False
        """It was signed by the venue's clock."""
        self.promise = runtime.promise()
        self._attempts = attempts
        self._runtime = runtime
        self._permit = permit
        self._slots = slots
        self._context = context

    def landed(self, answer: HttpResponse | HttpFailure) -> None:
        """The answer is here, or none will come. What it tells counts although its caller may be gone."""
        promise = self.promise
        try:
            self._slots.give()
            timing = Timing(self.signed_ms, self.sent_at, self._runtime.now(), self.known)
            self._settle(answer, timing)
            result = self._attempts.judge(self, answer, timing)
        except BaseException as error:  # of whatever kind: who waits must not wait for ever
            self.abandon(error)
            return
        if not promise.done():
            promise.set_result(result)

    def _settle(self, answer: HttpResponse | HttpFailure, timing: Timing) -> None:
        if isinstance(answer, HttpResponse):
            self._permit.answered(timing.answered_at - timing.sent_at)
        elif answer.sent or answer.phase >= Phase.HEADERS_STARTED:
            self._permit.answered()
        else:
            self._permit.unused()

    def unsent(self) -> None:
        """Nothing was sent, and nothing will be."""
        self._slots.give()
        self._permit.unused()

    def abandon(self, error: BaseException) -> None:
        """Let who waits go with this error."""
        if not self.promise.done():
            self.promise.set_exception(error)
            self.promise.exception()  # its waiter may be gone: no "never retrieved" from the collector

    def report(self, error: FuturesAsyncError | None, answer: HttpResponse | HttpFailure, timing: Timing) -> None:
        """Tell who listens, in the context of whoever called."""
        if self._context is not None:
            self._context.run(self._attempts.report, self, error, answer, timing)


class Attempts:
    """Makes the attempts of one account's calls, and judges what comes back."""

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
        self._public = SealedHeaders((("User-Agent", USER_AGENT), *dialect.public_headers()))
        standing = () if credentials is None else dialect.standing_headers(credentials)
        self._private = SealedHeaders(standing, self._public)

    def series(self, job: Job) -> str | None:
        """Whose numbers the next attempt takes one of."""
        if not job.endpoint.signed or self._credentials is None or job.again is not None:
            return None
        return self._dialect.series(job.endpoint, self._credentials)

    def send(
        self,
        job: Job,
        number: int,
        runtime: Runtime,
        queued_s: float,
        permit: Permit,
        slots: Slots,
        serial: int = 0,
    ) -> Flight:
        """Stamp, sign and send, with a permit of the limiter and a slot of the backend in hand.

        Both are settled, whatever happens; `Flight.promise` is what the answer comes to.
        """
        transport = self._transport
        context = copy_context() if self._observer.active else None
        flight = Flight(self, job, number, runtime, queued_s, permit, slots, context)
        again = job.again
        left_s = (job.deadline if again is None else again.until) - flight.sent_at
        if job.abort.raised or left_s < 0.0:
            flight.landed(HttpFailure("aborted" if job.abort.raised else "pool-timeout", Phase.QUEUED, sent=False))
            return flight
        try:
            flight.signed_ms, flight.known = transport.clock.now_ms(), transport.clock.synchronized
            if again is None:
                if flight.known and job.signed_by_ms is not None and flight.signed_ms > job.signed_by_ms:
                    raise DeadlineExpired(
                        f"{self._dialect.venue} {job.endpoint.name}: by the venue's clock it is "
                        f"{(flight.signed_ms - job.signed_by_ms) / 1000:.0f} s too late: this computer stood still "
                        "meanwhile, or its clock was off; nothing of it stands"
                    )
                if job.asleep_s is not None and (slept_s := asleep.slept_since(job.asleep_s)) > left_s:
                    raise DeadlineExpired(
                        f"{self._dialect.venue} {job.endpoint.name}: this computer slept for {slept_s:.0f} s before it "
                        "was signed: it is too late; nothing of it stands"
                    )
                request, headers = self._sealed(job, flight.signed_ms, serial)
                if job.replays:
                    self._keep(job, request, headers, flight)
            else:
                request, headers, flight.signed_ms, _ = again
            sending = self._request(job, request, headers, left_s)
        except BaseException:
            flight.unsent()
            raise
        try:
            transport.backend.begin(sending, flight.landed)
        except Exception as error:  # of a backend that is not ours
            flight.landed(fault(error, sent=job.abort.sending))
        return flight

    def _keep(self, job: Job, request: Unsigned, headers: SealedHeaders, flight: Flight) -> None:
        window_s = job.endpoint.window_s or self._dialect.traits.window_s
        if window_s is not None:
            job.sealed[:] = [Sealed(request, headers, flight.signed_ms, flight.sent_at + window_s)]

    def _request(self, job: Job, request: Unsigned, headers: SealedHeaders, left_s: float) -> HttpRequest:
        transport, reads = self._transport, job.endpoint.reads
        target = transport.prefix + request.path
        # The backend's own deadline will do where that is all the time there is: naming another one costs.
        short = left_s < transport.timeouts.deadline_s - DEADLINE_GRAIN_S
        return HttpRequest(
            method=request.method,
            origin=transport.origin,
            target=f"{target}?{request.query}" if request.query else target,
            headers=headers,
            body=request.body,
            timeouts=transport.timeouts,
            abort=job.abort,
            sent_within_s=None if reads else left_s,
            answered_within_s=left_s if reads and short else None,
            apart=job.apart,
        )

    def _sealed(self, job: Job, signed_ms: int, serial: int) -> tuple[Unsigned, SealedHeaders]:
        if not job.endpoint.private or self._credentials is None:
            return job.request, self._public
        plain = msgspec.structs.replace(job.request, serial=serial) if serial else job.request
        request = self._dialect.seal(plain, job.endpoint, self._credentials, signed_ms)
        signed = self._dialect.headers(request, job.endpoint, self._credentials, signed_ms)
        return request, SealedHeaders(signed.open(), self._private)

    def judge(self, flight: Flight, answer: HttpResponse | HttpFailure, timing: Timing) -> Any:
        """What an attempt has come to, for the limits and the key as well.

        Raises:
            FuturesAsyncError: No good answer.
        """
        job, endpoint, transport = flight.job, flight.job.endpoint, self._transport
        try:
            if isinstance(answer, HttpFailure):
                if isinstance(answer.__cause__, AssertionError):
                    raise answer.__cause__  # what a stand-in in a user's test says of the request
                where = f"{self._dialect.venue} {endpoint.name}"
                raise failure_error(answer, where, transport.host, late=timing.answered_at >= job.deadline)
            if job.abort.harmless:
                job.abort.sending = True  # of a backend that tells nothing
            left, counts = self._dialect.remaining(answer.headers), self._dialect.counts(answer.headers)
            if left is not None or counts:
                self._pools.correct(transport.limiter, job.pools, endpoint, left, counts)
            result = self._answers.read(answer, endpoint, timing, job.request.body)
        except FuturesAsyncError as error:
            if self._may_be_stray(error, endpoint):
                transport.backend.renew()
            self._throttle(job, error, timing)
            # A timestamp is refused before the key is looked at: that says nothing of the key.
            of_key = endpoint.private and not endpoint.aside
            if of_key and isinstance(error, ExchangeError) and not isinstance(error, ClockSkew):
                self.lockout.note(error, flight.sent_at, timing.answered_at, signed=endpoint.signed)
            weighed = self._weigh(job, error, answer, timing.signed_ms)
            flight.report(weighed, answer, timing)
            raise weighed from weighed.__cause__
        self._answers.calm()
        if transport.misfits:
            transport.misfits.discard(endpoint)
        if endpoint.private:
            self.lockout.good(signed=endpoint.signed)
        flight.report(None, answer, timing)
        return result

    def _may_be_stray(self, error: FuturesAsyncError, endpoint: Endpoint[Any]) -> bool:
        """This may be the answer to something else, and its connection one behind.

        A read that does not fit twice running is taken for a change at the venue: no connection is to blame for that.
        """
        if not endpoint.reads or isinstance(error, ResponseMismatch):
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
        if job.endpoint.reads:
            return error
        status = answer.status if isinstance(answer, HttpResponse) else None
        code = error.code if isinstance(error, ExchangeError) else ""
        if isinstance(error, NotSent):
            job.abort.sending = False
            job.attempts.append(Attempt(signed_ms, "not sent", error.text, status, code))
            return error
        if isinstance(error, ExchangeError) and self._answers.definitive(error):
            job.abort.sending = False  # a halt can still stop the next attempt
            job.attempts.append(Attempt(signed_ms, "refused", type(error).__name__, status, code))
            error.outcome = Outcome.REJECTED
            return error
        job.attempts.append(Attempt(signed_ms, "arrived", error.text, status, code))
        job.abort.sending = True  # also of a backend that tells nothing
        if isinstance(error, Banned) and job.endpoint.kind in (Kind.CANCEL, Kind.SETTING):
            # Nothing can be repeated or read for a while: whoever cannot cancel must hear that at once.
            error.outcome = Outcome.UNKNOWN
            return error
        return Unclear(error)

    def _throttle(self, job: Job, error: FuturesAsyncError, timing: Timing) -> None:
        if not isinstance(error, RateLimited):
            return
        pause_s = self._answers.pause_s(error, self._transport.draw(), timing)
        error.retry_after_s = pause_s
        if isinstance(error, Banned):
            error.until_ms = self.banned_until_ms = self._transport.clock.now_ms() + int(pause_s * 1000)
        # Closing the account's own pool stops all its endpoints, for every client object that shares it.
        self._transport.limiter.close(job.pools, pause_s)

    def report(
        self, flight: Flight, error: FuturesAsyncError | None, answer: HttpResponse | HttpFailure, timing: Timing
    ) -> None:
        """Pass one attempt on to whoever listens."""
        cause = error.cause if isinstance(error, Unclear) else error
        self._observer.attempt(
            CallEvent(
                venue=self._dialect.venue,
                endpoint=flight.job.endpoint.name,
                attempt=flight.number,
                outcome="ok" if cause is None else type(cause).__name__,
                status=answer.status if isinstance(answer, HttpResponse) else None,
                code=cause.code if isinstance(cause, ExchangeError) else "",
                queue_s=flight.queued_s,
                network_s=timing.answered_at - timing.sent_at,
            )
        )
