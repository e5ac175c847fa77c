"""The way to a venue: wait for the limit, stamp, sign, send, judge, decode; again where that is safe.

A `Transport` is what accounts share: connections, the venue's clock, limits, the retry budget. A `Channel` is one
account on it. What an answer means is decided in `answers.py`, what may be repeated in `retry.py`.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from futures_async import __version__
from futures_async.answers import Answers, Timing, failure_error
from futures_async.clock import VenueClock
from futures_async.credentials import Credentials
from futures_async.dialect import Dialect, Params, SealedHeaders, Unsigned
from futures_async.endpoint import Endpoint, Kind, RateLimit
from futures_async.enums import Outcome
from futures_async.errors import (
    Attempt,
    AuthenticationError,
    Banned,
    CancelOutcomeUnknown,
    ClientClosed,
    ClockSkew,
    DeadlineExpired,
    ExchangeError,
    FuturesAsyncError,
    InvalidRequest,
    NotSent,
    OrderNotFound,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    PermissionDenied,
    QueueFull,
    RateLimited,
    SettingOutcomeUnknown,
)
from futures_async.events import CallEvent, Observer
from futures_async.http import Abort, HttpBackend, HttpFailure, HttpRequest, HttpResponse, Phase, Timeouts
from futures_async.limits import Limiter, Permit, Pool, Priority
from futures_async.retry import RetryBudget, RetryPolicy, Unclear, retryable, tries, waiter
from futures_async.runtime import Runtime, Work, current_runtime

logger = logging.getLogger("futures_async.transport")

T = TypeVar("T")

USER_AGENT = f"futures-async/{__version__}"

# Lifts everything that a cancel, a close or a resolution does into the urgent lane, reads included.
LANE: ContextVar[Priority | None] = ContextVar("futures_async_lane", default=None)

# The write that a call is part of: its flag stops what has not left yet when the write's caller is cancelled.
DEED: ContextVar[Abort | None] = ContextVar("futures_async_deed", default=None)

DENIALS = 3
"""So many refusals of the key in a row, and no more calls are sent for a while: venues ban who goes on."""
LOCKOUT_S = 60.0
LONGEST_LOCKOUT_S = 900.0
DRAIN_STEP_S = 0.02
ENDPOINTS_KEPT = 1000

_LANES = {
    Kind.READ: Priority.READ,
    Kind.CANCEL: Priority.URGENT,
    Kind.SETTING: Priority.ORDER,
    Kind.ORDER: Priority.ORDER,
    Kind.DELTA: Priority.ORDER,
}
_UNKNOWN: dict[Kind, type[OutcomeUnknown]] = {
    Kind.ORDER: OrderOutcomeUnknown,
    Kind.CANCEL: CancelOutcomeUnknown,
    Kind.SETTING: SettingOutcomeUnknown,
    Kind.DELTA: SettingOutcomeUnknown,
}


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
        self.backend = backend
        self.limiter = limiter
        self.clock = clock
        self.timeouts = timeouts
        self.policy = policy
        self.draw = draw
        self.budget = RetryBudget()
        self.users = 0
        self._owns_backend = owns_backend
        self._runtime: Runtime | None = None

    def runtime(self) -> Runtime:
        """The event loop that this transport is bound to, now at the latest.

        Raises:
            RuntimeError: Used from another loop, thread or process.
        """
        if self._runtime is None:
            self._runtime = current_runtime()
        else:
            self._runtime.check()
        return self._runtime

    async def leave(self) -> None:
        """One account is done with it."""
        self.users -= 1
        if self.users == 0 and self._owns_backend:
            await self.backend.aclose()


class _Job(NamedTuple):
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

    def refund(self) -> None:
        """The exchange was cancelled; if that was before its first step, its permit is still here."""
        while self.permits:
            self.permits.pop().unused()


@contextmanager
def outside() -> Generator[None]:
    """For users' hooks: calls that they start are no part of the write that called them."""
    token = DEED.set(None)
    try:
        yield
    finally:
        DEED.reset(token)


class Channel:
    """One account's way to its venue."""

    def __init__(
        self,
        transport: Transport,
        dialect: Dialect,
        credentials: Credentials | None,
        *,
        uid_limit: int | RateLimit,
        observer: Observer,
    ) -> None:
        self.transport = transport
        self.dialect = dialect
        self.credentials = credentials
        self.closing = False
        """New calls are refused; writes under way go on to their verdict."""
        self.closed = False
        self._answers = Answers(dialect, credentials, transport.clock)
        self.sync: Callable[[], Awaitable[Any]] | None = None
        """Any cheap read whose answer tells the venue's time; called before the first write is signed."""
        self._learning = anyio.Lock()
        self._observer = observer
        self._account = f"{dialect.venue}@{transport.host}:{credentials.limit_id if credentials else 'public'}"
        whole = uid_limit if isinstance(uid_limit, RateLimit) else RateLimit(uid_limit, 1.0)
        self.account_pools = (Pool(self._account, whole.count, whole.per_s),)
        """What every private call of the account takes from, whatever the endpoint."""
        self._pools: dict[Endpoint[Any], tuple[Pool, ...]] = {}
        self._public_headers = SealedHeaders((("User-Agent", USER_AGENT), *dialect.public_headers()))
        self._reads: set[Work[Any]] = set()
        self._waits: set[anyio.CancelScope] = set()
        self._deeds: dict[Abort, tuple[Work[Any], Kind]] = {}
        self._banned_until_ms = 0
        self._denials = 0
        self._lockouts = 0
        self._locked_until = 0.0
        transport.users += 1

    # The call

    async def call(
        self,
        endpoint: Endpoint[T],
        params: Params | None = None,
        body: Any = None,
        *,
        priority: Priority | None = None,
        send_within_s: float | None = None,
        abort: Abort | None = None,
    ) -> T:
        """Make one call and return the payload inside the envelope.

        Args:
            endpoint: What to call.
            params: Query.
            body: JSON body.
            priority: Lane; None goes by the endpoint's kind.
            send_within_s: For writes: never send the first byte later than this.
            abort: Raised by a cancelled caller to stop what has not been sent yet.

        Raises:
            NotSent, ExchangeError: See `errors`.
            RequestTimeout, BadResponse: Reads only.
            OutcomeUnknown: Writes only.
        """
        transport = self.transport
        runtime = transport.runtime()
        deed = DEED.get()
        if self.closed or (self.closing and deed is None):
            raise self._closed_error(endpoint)
        now = runtime.now()
        if endpoint.private:
            if self.credentials is None:
                raise InvalidRequest(f"{self.dialect.venue} {endpoint.name} needs credentials, and none were given")
            if now < self._locked_until:
                raise self._locked_out(endpoint, now)
        if endpoint.kind is not Kind.READ:
            if abort is None:
                abort = deed
            if transport.clock.wants_sample and self.sync is not None:
                await self._learn_time(self.sync)  # counts towards `send_within_s`: an order is never sent late
        job = _Job(
            endpoint,
            Unsigned(
                endpoint.method,
                endpoint.path,
                self.dialect.query(params) if params else "",
                b"" if body is None else self.dialect.body(body),
            ),
            self._pools.get(endpoint) or self.pools(endpoint),
            self._lane(endpoint, priority),
            now + (transport.timeouts.deadline_s if send_within_s is None else send_within_s),
            Abort() if abort is None else abort,
            [],
            [],
        )
        try:
            result = await self._attempt(job, runtime, 1)
        except FuturesAsyncError as error:
            if not self._again(error, job):
                raise self._final(error, job) from None
            return cast("T", await self._retry(job, runtime, error))
        transport.budget.refund()
        return cast("T", result)

    async def _learn_time(self, sync: Callable[[], Awaitable[Any]]) -> None:
        """A fence rests on the venue's clock, so that clock is read before the first write is signed."""
        async with self._learning:  # who comes meanwhile waits for the answer too
            if not self.transport.clock.wants_sample:
                return
            try:
                await sync()
            except FuturesAsyncError as error:
                # The write goes by this computer's clock; the next one asks again.
                logger.warning("%s: the venue's clock could not be read: %s", self.dialect.venue, error)

    @staticmethod
    def _lane(endpoint: Endpoint[Any], priority: Priority | None) -> Priority:
        if priority is None:
            priority = LANE.get()
        return _LANES[endpoint.kind] if priority is None else priority

    def _again(self, error: FuturesAsyncError, job: _Job) -> bool:
        gateway = self.dialect.traits.rate_429_is_gateway
        if job.abort.raised or not retryable(error, job.endpoint.kind, gateway_429=gateway):
            return False
        if isinstance(error, RateLimited):
            return (error.retry_after_s or 0.0) <= self.transport.policy.pause_limit_s
        return True

    async def _retry(self, job: _Job, runtime: Runtime, first: FuturesAsyncError) -> Any:
        """Go on after a failed first attempt: tenacity counts that one as its own first."""
        policy = self.transport.policy
        pending: list[FuturesAsyncError] = [first]

        async def attempt(number: int) -> Any:
            if pending:
                raise pending.pop()
            return await self._attempt(job, runtime, number)

        def stop(state: RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome is not None else None
            return (
                not isinstance(error, FuturesAsyncError)
                or state.attempt_number >= tries(error, policy)
                or runtime.now() + state.upcoming_sleep >= job.deadline
                # An outage must not keep cancels and the fate of orders waiting: those are few.
                or not (job.priority is Priority.URGENT or self.transport.budget.spend())
            )

        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, FuturesAsyncError) and self._again(error, job)),
            wait=waiter(policy, self.transport.draw),
            stop=stop,
            sleep=lambda seconds: self._waiting(job, lambda: runtime.sleep(seconds)),
            reraise=True,
        )
        last = first
        try:
            async for step in retrying:
                with step:
                    try:
                        return await attempt(step.retry_state.attempt_number)
                    except (DeadlineExpired, QueueFull):
                        # The wait for another try took too long: what ended the last one says more.
                        raise last from None
                    except FuturesAsyncError as error:
                        last = error
                        raise
        except FuturesAsyncError as error:
            raise self._final(error, job) from None
        raise self._final(last, job)  # pragma: no cover - tenacity always raises or returns

    def _final(self, error: FuturesAsyncError, job: _Job) -> FuturesAsyncError:
        """What the caller gets: an attempt that may have arrived makes a write unknown."""
        unclear = error if isinstance(error, Unclear) else None
        if unclear is None and not any(attempt.phase == "arrived" for attempt in job.attempts):
            return error
        if isinstance(error, OrderNotFound) and job.endpoint.kind is Kind.CANCEL:
            return error  # the same cancel found nothing to cancel any more: its caller reads the order
        return self.unknown(job.endpoint, job.attempts, (unclear.cause if unclear else error))

    def unknown(self, endpoint: Endpoint[Any], attempts: list[Attempt], cause: FuturesAsyncError) -> OutcomeUnknown:
        """The error for a write that may have arrived, with the fence of its last signature."""
        error = _UNKNOWN.get(endpoint.kind, SettingOutcomeUnknown)(
            f"{self.dialect.venue} {endpoint.name}: it is not known whether this took effect ({cause}); "
            "do not send it again before resolve() has answered",
            venue=self.dialect.venue,
            attempts=attempts,
            fence_until_ms=self.fence(max((attempt.signed_ms for attempt in attempts), default=self.now_ms())),
        )
        error.__cause__ = cause
        return error

    # One attempt

    async def _attempt(self, job: _Job, runtime: Runtime, number: int) -> Any:
        limiter = self.transport.limiter
        started = runtime.now()
        permit = limiter.try_acquire(job.pools, job.priority)
        if permit is None:
            permit = await self._queue(job, runtime)
        queued_s = runtime.now() - started
        job.permits.append(permit)
        work = runtime.start(self._exchange(job, number, queued_s, runtime), lost=job.refund)
        reading = job.endpoint.kind is Kind.READ and DEED.get() is None
        if reading:
            self._reads.add(work)
        finished = False
        try:
            result = await work.wait()
            finished = True
        except FuturesAsyncError:
            finished = True
            raise
        finally:
            if reading:
                self._reads.discard(work)
            if not finished:
                job.abort.raised = True
        return result

    async def _waiting(self, job: _Job, wait: Callable[[], Awaitable[T]]) -> T:
        """Wait, in the queue or for another try; a read's wait ends when the exchange object is closed."""
        if job.endpoint.kind is not Kind.READ or DEED.get() is not None:
            return await wait()
        with anyio.CancelScope() as scope:
            self._waits.add(scope)
            try:
                return await wait()
            finally:
                self._waits.discard(scope)
        raise self._closed_error(job.endpoint)

    def _closed_error(self, endpoint: Endpoint[Any]) -> ClientClosed:
        return ClientClosed(f"{self.dialect.venue} {endpoint.name}: this exchange object is closed; nothing was sent")

    async def _queue(self, job: _Job, runtime: Runtime) -> Permit:
        try:
            permit = await self._waiting(
                job, lambda: self.transport.limiter.acquire(job.pools, job.priority, job.deadline)
            )
        except ClientClosed:
            raise
        except RateLimited:
            raise self._shut(job) from None
        except NotSent as error:
            error.args = (f"{self.dialect.venue} {job.endpoint.name}: {error}",)
            raise
        if self.closed or (self.closing and DEED.get() is None):
            permit.unused()
            raise self._closed_error(job.endpoint)
        if runtime.now() > job.deadline:
            permit.unused()
            raise DeadlineExpired(
                f"{self.dialect.venue} {job.endpoint.name}: its time was up in the queue; it was not sent"
            )
        return permit

    def _shut(self, job: _Job) -> RateLimited:
        """The pool is closed for longer than this call may wait: refused here, nothing was sent."""
        wait_s = self.transport.limiter.closed_for(job.pools)
        banned = self.now_ms() < self._banned_until_ms
        error = (Banned if banned else RateLimited)(
            f"closed by the venue for another {wait_s:.1f} s; nothing was sent",
            venue=self.dialect.venue,
            endpoint=job.endpoint.name,
            retryable=True,
            outcome=Outcome.NOT_SENT,
            definitive=True,
        )
        error.retry_after_s = wait_s
        if isinstance(error, Banned):
            error.until_ms = self._banned_until_ms
        return error

    async def _exchange(self, job: _Job, number: int, queued_s: float, runtime: Runtime) -> Any:
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

    async def _send(self, job: _Job, permit: Permit, runtime: Runtime) -> tuple[HttpResponse | HttpFailure, Timing]:
        """Stamp, sign, send and read."""
        transport = self.transport
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
            request = job.request
            signed_ms, known = transport.clock.now_ms(), transport.clock.synchronized
            http = HttpRequest(
                method=request.method,
                url=f"{transport.base_url}{request.path}{'?' if request.query else ''}{request.query}",
                headers=self._headers(job, signed_ms),
                body=request.body,
                timeouts=transport.timeouts,
                abort=job.abort,
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
            left = self.dialect.remaining(answer.headers)
            if left is not None:
                # The count is the endpoint's own: the account's pool stands before its rows, wide ones after them.
                first = int(job.endpoint.private)
                for pool in job.pools[first : first + len(job.endpoint.limits)]:
                    transport.limiter.correct(pool, left)
            return answer, Timing(signed_ms, sent_at, answered_at, known)
        finally:
            backend.slots.give()
            if not settled:
                permit.unused()

    def _headers(self, job: _Job, signed_ms: int) -> SealedHeaders:
        if not job.endpoint.private or self.credentials is None:
            return self._public_headers
        signed = self.dialect.headers(job.request, job.endpoint, self.credentials, signed_ms)
        return SealedHeaders((("User-Agent", USER_AGENT), *self.dialect.public_headers(), *signed.open()))

    def _judge(self, job: _Job, answer: HttpResponse | HttpFailure, timing: Timing) -> Any:
        endpoint = job.endpoint
        where = f"{self.dialect.venue} {endpoint.name}"
        try:
            if isinstance(answer, HttpFailure):
                raise failure_error(answer, where, self.transport.host)
            result = self._answers.read(answer, endpoint, timing)
        except ClockSkew as error:
            job.attempts.append(Attempt(timing.signed_ms, "refused", "ClockSkew", error.http_status, error.code))
            raise
        except FuturesAsyncError as error:
            self._throttle(job, error)
            if endpoint.private and isinstance(error, ExchangeError):
                self._note_denial(error)
            raise self._weigh(job, error, answer, timing.signed_ms) from None
        self._answers.calm()
        if endpoint.private:
            self._denials = self._lockouts = 0
        return result

    def _note_denial(self, error: ExchangeError) -> None:
        """Count refusals of the key in a row; what the venue says of a call's contents shows that the key is good."""
        if not isinstance(error, AuthenticationError) or isinstance(error, PermissionDenied):
            if error.definitive and not isinstance(error, RateLimited):
                self._denials = self._lockouts = 0
            return
        self._denials += 1
        now = self.transport.runtime().now()
        if self._denials >= DENIALS and now >= self._locked_until:
            pause_s = min(LONGEST_LOCKOUT_S, LOCKOUT_S * 2.0**self._lockouts)
            self._lockouts = min(self._lockouts + 1, 8)
            self._locked_until = now + pause_s
            logger.error(
                "%s: the key was refused %d times in a row; private calls stop for %.0f s",
                self.dialect.venue,
                self._denials,
                pause_s,
            )

    def _locked_out(self, endpoint: Endpoint[Any], now: float) -> AuthenticationError:
        return AuthenticationError(
            f"the key was refused {self._denials} times in a row; nothing is sent for another "
            f"{self._locked_until - now:.1f} s, since venues ban who goes on (cancels fail too)",
            venue=self.dialect.venue,
            endpoint=endpoint.name,
            outcome=Outcome.NOT_SENT,
            definitive=True,
        )

    def _weigh(
        self, job: _Job, error: FuturesAsyncError, answer: HttpResponse | HttpFailure, signed_ms: int
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
        return Unclear(error)

    def _throttle(self, job: _Job, error: FuturesAsyncError) -> None:
        if not isinstance(error, RateLimited):
            return
        pause_s = self._answers.pause_s(error, self.transport.draw())
        error.retry_after_s = pause_s
        if isinstance(error, Banned):
            error.until_ms = self._banned_until_ms = self.now_ms() + int(pause_s * 1000)
        # Closing the account's own pool stops all its endpoints, for every client object that shares it.
        self.transport.limiter.close(job.pools, pause_s)

    def _report(
        self,
        job: _Job,
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
                    venue=self.dialect.venue,
                    endpoint=job.endpoint.name,
                    attempt=number,
                    outcome="ok" if cause is None else type(cause).__name__,
                    status=answer.status if isinstance(answer, HttpResponse) else None,
                    code=cause.code if isinstance(cause, ExchangeError) else "",
                    queue_s=queued_s,
                    network_s=timing.answered_at - timing.sent_at,
                )
            )

    # Limits, time, closing

    def pools(self, endpoint: Endpoint[Any]) -> tuple[Pool, ...]:
        """The pools that a call of this endpoint takes from; made once."""
        found = self._pools.get(endpoint)
        if found is not None:
            return found
        account = self._account
        # By host alone: two interfaces of one venue are counted together there.
        address = f"{self.transport.host}:ip"
        made: list[Pool] = [*self.account_pools] if endpoint.private else []
        for rule in (*endpoint.limits, *self.dialect.wide_limits):
            scope = account if rule.scope == "uid" else address
            row = endpoint.name if rule in endpoint.limits else "*"
            made.append(Pool(f"{scope}:{row}:{rule.count}/{rule.per_s}", rule.count, rule.per_s))
        if len(self._pools) >= ENDPOINTS_KEPT:  # `request()` makes endpoints without end
            self._pools.clear()
        self._pools[endpoint] = tuple(made)
        return self._pools[endpoint]

    def now_ms(self) -> int:
        """The venue's time, as well as it is known, Unix milliseconds."""
        return self.transport.clock.now_ms()

    def fence(self, signed_ms: int) -> int | None:
        """Venue time after which a request signed then can no longer take effect, nor still be invisible."""
        traits = self.dialect.traits
        if traits.window_s is None:
            return None
        return signed_ms + int((traits.window_s + traits.visibility_lag_s) * 1000) + self.transport.clock.error_ms

    # Writes and closing

    def begin(self, deed: Callable[[], Coroutine[Any, Any, T]], kind: Kind, abort: Abort) -> Work[T]:
        """Start a write that goes on to its verdict whatever becomes of its caller.

        Raises:
            ClientClosed: Nothing new starts any more.
        """
        if self.closed or self.closing:
            raise ClientClosed(f"{self.dialect.venue}: this exchange object is closed; nothing was sent")

        async def run() -> T:
            try:
                return await deed()
            finally:
                self._deeds.pop(abort, None)

        token = DEED.set(abort)
        try:
            work = self.transport.runtime().start(run())
        finally:
            DEED.reset(token)
        if not work.done:
            self._deeds[abort] = work, kind
        return work

    @staticmethod
    async def outcome(work: Work[T], abort: Abort) -> T:
        """The end of a write that was begun; a caller who is cancelled stops what has not left by then."""
        finished = False
        try:
            result = await work.wait()
            finished = True
        except FuturesAsyncError:
            finished = True
            raise
        finally:
            if not finished:
                abort.raised = True
        return result

    async def see_through(self, deed: Callable[[], Coroutine[Any, Any, T]], kind: Kind) -> T:
        """Do a write, and go on to its verdict although the caller may be cancelled; within a write, just do it."""
        if DEED.get() is not None:
            return await deed()
        abort = Abort()
        return await self.outcome(self.begin(deed, kind, abort), abort)

    def refuse_new(self) -> None:
        """Close for new calls, and let the callers of reads go, with `ClientClosed`."""
        self.closing = True
        for work in tuple(self._reads):
            work.abandon(ClientClosed(f"{self.dialect.venue}: the exchange object was closed during this read"))
        for scope in tuple(self._waits):
            scope.cancel()

    async def drain(self, until: float) -> None:
        """Let writes come to their verdict; returns at `until` (the loop's clock) at the latest."""
        runtime = self.transport.runtime()
        while self._deeds and runtime.now() < until:
            await runtime.sleep(DRAIN_STEP_S)

    def stop(self, work: Work[Any], error: FuturesAsyncError) -> None:
        """End a write that took too long: its callers get `error`."""
        work.abandon(error)
        work.cancel()

    async def shut(self) -> None:
        """Stop what is left, and leave the connections."""
        for abort, (work, kind) in tuple(self._deeds.items()):
            abort.raised = True
            cause = ClientClosed(f"{self.dialect.venue}: the exchange object was closed during this write")
            self.stop(work, cause if abort.harmless else _UNKNOWN[kind](str(cause), venue=self.dialect.venue))
        self.closed = True
        await self.transport.runtime().sleep(0)
        await self.transport.leave()
