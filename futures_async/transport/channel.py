"""One account's way to its venue: wait for the limit, make an attempt, and another one where that is safe.

What an attempt is stands in `attempt.py`, what may be repeated in `retry.py`, what the caller is told in `verdicts.py`,
what accounts share in `shared.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from futures_async.transport import asleep
from futures_async.transport.asking import ASKED, Asking
from futures_async.transport.attempt import Attempts, Flight
from futures_async.transport.deeds import DEED, Deeds
from futures_async.transport.dialect import Dialect, Params, Unsigned
from futures_async.transport.endpoint import Endpoint, Kind, RateLimit
from futures_async.transport.events import Observer
from futures_async.transport.http.backend import Abort
from futures_async.transport.http.slots import Slots, Turn
from futures_async.transport.job import Job
from futures_async.transport.learning import Learning
from futures_async.transport.limits.claims import claim
from futures_async.transport.limits.limiter import Permit, Priority
from futures_async.transport.limits.pools import Pools
from futures_async.transport.retry import replayable, retryable, tries, waiter
from futures_async.transport.runtime import Runtime
from futures_async.transport.shared import Transport
from futures_async.transport.stops import Stops
from futures_async.transport.trouble import tell
from futures_async.transport.verdicts import Verdicts
from futures_async.unified.asked import answered
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    ClientClosed,
    ClockSkew,
    DeadlineExpired,
    FuturesAsyncError,
    InvalidRequest,
    NotSent,
    PoolClosed,
    QueueFull,
    RateLimited,
    ShutOut,
)
from futures_async.unified.inner import Within, inner

T = TypeVar("T")

# Lifts everything that a cancel, a close or a resolution does into the urgent lane, reads included.
LANE: ContextVar[Priority | None] = inner("lane", None)

_APART: ContextVar[bool] = inner("apart", False)

TRADES_FOR_S = 300.0
"""So long after a write of this account others are to be expected: see `reserve`."""

LEARNS_URGENTLY_S = 1.0
"""A cancel waits no longer for the venue's clock; other writes half of the time that they have."""

_CANCEL = Kind.CANCEL
_READ = Priority.READ
_LANES = {
    Kind.READ: _READ,
    Kind.CANCEL: Priority.URGENT,
    Kind.SETTING: Priority.ORDER,
    Kind.ORDER: Priority.ORDER,
    Kind.DELTA: Priority.ORDER,
}


def apart(wanted: bool = True) -> Within[bool]:
    """Everything called inside goes out on connections of its own, if `wanted`: for reads whose "no" is believed.

    A kept connection may hold the answer to an earlier call, and the absence of one thing looks like that of another.
    """
    return Within(_APART, wanted or _APART.get())


class Channel:
    """One account's way to its venue."""

    def __init__(
        self,
        transport: Transport,
        dialect: Dialect,
        credentials: Credentials | None,
        *,
        uid_limit: int | RateLimit | None,
        reserve: int = 0,
        observer: Observer,
    ) -> None:
        self.transport = transport
        self.dialect = dialect
        self.credentials = credentials
        self.closed = False
        self.sync: Callable[[], Awaitable[Any]] | None = None
        """Any cheap read whose answer tells the venue's time; called before the first write is signed."""
        self._learning = Learning(dialect.venue, transport)
        self.deeds = Deeds(dialect.venue, transport.runtime)
        self._stops = Stops(dialect.venue, self.deeds)
        self._verdicts = Verdicts(dialect, transport, self._stops)
        self.fence, self.unknown = self._verdicts.fence, self._verdicts.unknown
        self.until_s, self.held_s = self._verdicts.until_s, self._verdicts.held_s
        account = f"{dialect.venue}@{transport.host}:{credentials.limit_id if credentials else 'public'}"
        whole = RateLimit(uid_limit) if isinstance(uid_limit, int) else uid_limit or dialect.account_limit
        self.pools = Pools(account, transport.host, whole, dialect.wide_limits, reserve=reserve)
        self._trades_until = 0.0
        self._attempts = Attempts(transport, dialect, credentials, observer, self.pools)
        self._reads: dict[Flight, None] = {}  # an empty set takes three times as much memory
        if credentials is not None:
            claim(transport.limiter, self)
        self._account = account
        transport.users.append(account)

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
        asking: Asking | None = None,
    ) -> T:
        """Make one call and return the payload inside the envelope.

        Args:
            endpoint: What to call.
            params: Query.
            body: JSON body.
            priority: Lane; None goes by the endpoint's kind.
            send_within_s: For writes: never send the first byte later than this.
            abort: Raised by a cancelled caller to stop what has not been sent yet.
            asking: Of a write; None: see `asked_at`.

        Raises:
            NotSent, ExchangeError: See `errors`.
            RequestTimeout, BadResponse: Reads only.
            OutcomeUnknown: Writes only.
        """
        transport = self.transport
        runtime = transport.runtime()
        deed = DEED.get()
        if self.closed or (self.deeds.closing and deed is None):
            raise self._stops.closed(endpoint)
        now = runtime.now()
        asleep_s = signed_by_ms = None
        if endpoint.private:
            if self.credentials is None:
                raise InvalidRequest(f"{self.dialect.venue} {endpoint.name} needs credentials, and none were given")
            self._attempts.lockout.check(endpoint.name, now)
        if not endpoint.reads:
            if self._stops.halting:
                self._stops.check(endpoint)
            if asking is None:
                asking = ASKED.get()
            signed_by_ms = asking.signed_by_ms
            if endpoint.kind is not _CANCEL:  # which is wanted all the more, however long this computer has slept
                asleep_s = asleep.asleep_s() if asking.asleep_s is None else asking.asleep_s
            if abort is None:
                abort = deed
            if transport.clock.wants_sample and self.sync is not None:
                # It counts towards `send_within_s`: an order is never sent late.
                await self._learning.learn(self.sync, self._learns_within(endpoint, priority, send_within_s))
            self._trades_until = now + TRADES_FOR_S
        lane, pools = self._lane(endpoint, priority), self.pools.of(endpoint, params, body)
        if lane is _READ and endpoint.private and now < self._trades_until:
            pools = self.pools.of_read(pools)
        job = Job(
            endpoint,
            Unsigned(
                endpoint.method,
                endpoint.path,
                self.dialect.query(params) if params else "",
                b"" if body is None else self.dialect.body(body),
            ),
            pools,
            lane,
            now + (transport.timeouts.deadline_s if send_within_s is None else send_within_s),
            Abort(abort),
            [],
            deed is not None,
            _APART.get(),
            self.dialect.traits.replay and not endpoint.idempotent,
            [],
            signed_by_ms,
            asleep_s,
        )
        try:
            result: T = await self._attempt(job, runtime, 1)
        except FuturesAsyncError as error:
            if not self._again(error, job):
                raise (final := self._verdicts.told(error, job)) from final.__cause__
            result = cast("T", await self._retry(job, runtime, error))
            self._verdicts.tell_copies(job)
        else:
            transport.budget.refund()
        answered(self.dialect.venue, endpoint)
        return result

    def _learns_within(self, endpoint: Endpoint[Any], priority: Priority | None, send_within_s: float | None) -> float:
        within_s = (self.transport.timeouts.deadline_s if send_within_s is None else send_within_s) / 2
        return min(within_s, LEARNS_URGENTLY_S) if self._lane(endpoint, priority) is Priority.URGENT else within_s

    async def know_time(self, within_s: float | None = None) -> None:
        """Read the venue's clock where nothing is known of it: a fence by this computer's may be long past there.

        Args:
            within_s: Wait no longer; None is half of what a call may take.
        """
        if self.transport.clock.wants_sample and self.sync is not None:
            within_s = self.transport.timeouts.deadline_s / 2 if within_s is None else within_s
            await self._learning.learn(self.sync, within_s)

    @staticmethod
    def _lane(endpoint: Endpoint[Any], priority: Priority | None) -> Priority:
        if priority is None:
            priority = LANE.get()
        return _LANES[endpoint.kind] if priority is None else priority

    def _again(self, error: FuturesAsyncError, job: Job) -> bool:
        if self._stops.halts(job.endpoint):
            return False
        if job.again is not None:
            return not job.abort.raised and replayable(error)
        if job.endpoint.reads:
            tell(error)
        gateway = isinstance(error, RateLimited) and self.dialect.traits.limited_first(error)
        if job.abort.raised or not retryable(error, job.endpoint.kind, gateway_429=gateway):
            return False
        if isinstance(error, RateLimited):
            return (error.retry_after_s or 0.0) <= self.transport.policy.pause_limit_s
        return True

    async def _retry(self, job: Job, runtime: Runtime, first: FuturesAsyncError) -> Any:
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
                or runtime.now() + state.upcoming_sleep >= job.until
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
                    except (DeadlineExpired, QueueFull, PoolClosed, ShutOut) as ended:
                        # The wait for another try took too long: what ended the last one says more. Of a timestamp
                        # that was refused it does not: the clock is right by now.
                        late = isinstance(last, ClockSkew) and isinstance(ended, DeadlineExpired)
                        raise (ended if late else last) from None
                    except FuturesAsyncError as error:
                        last = error
                        raise
        except FuturesAsyncError as error:
            raise (final := self._verdicts.told(error, job)) from final.__cause__
        raise self._verdicts.final(last, job)  # pragma: no cover - tenacity always raises or returns

    # The queue, and one attempt

    async def _attempt(self, job: Job, runtime: Runtime, number: int) -> Any:
        """Wait for the rate limit and for a connection, send, and wait for the answer."""
        permit, queued_s = self.transport.limiter.try_acquire(job.pools, job.priority), 0.0
        if permit is None:
            started = runtime.now()
            permit = await self._queue(job, runtime)
            queued_s = runtime.now() - started
        try:
            slots = self.transport.backend.slots
            if not slots.take_free(job.priority):
                await self._slot(job, runtime, slots)
        except BaseException:
            permit.unused()
            raise
        try:
            series = self._attempts.series(job)
            serial = 0 if series is None else await self._number(job, series)
            # After the last wait: what stops it in its last turn ends none that is over.
            if self._stops.halting:
                self._stops.check(job.endpoint)
            if self.closed or (self.deeds.closing and not job.part_of_write):
                raise self._stops.closed(job.endpoint)
        except BaseException:
            slots.give()
            permit.unused()
            raise
        flight = self._attempts.send(job, number, runtime, queued_s, permit, slots, serial)
        reading = job.endpoint.reads and not job.part_of_write
        if reading:
            self._reads[flight] = None
        elif not job.endpoint.reads:
            self._stops.leaving(job.endpoint, job.abort)
        try:
            return await flight.promise
        except FuturesAsyncError:
            raise
        except BaseException:
            job.abort.raised = True  # what has not left yet stays here
            raise
        finally:
            if reading:
                del self._reads[flight]
            elif not job.endpoint.reads:
                self._stops.ended(job.abort)

    async def _slot(self, job: Job, runtime: Runtime, slots: Slots) -> None:
        """Wait for a connection, in the call's lane and no longer than it may."""
        turn = Turn()
        forget = runtime.call_at(job.until, turn.late)
        try:
            self._stops.may_stop(turn, job.endpoint, job.part_of_write)
            if await slots.take(job.priority, turn):
                return
        finally:
            self._stops.over(turn)
            forget()
        if turn.end == "stopped":
            raise self._stops.stopped(job.endpoint)
        raise DeadlineExpired(
            f"{self.dialect.venue} {job.endpoint.name}: no connection was free before its time was up; it was not sent"
        )

    async def _number(self, job: Job, series: str) -> int:
        limiter = self.transport.limiter
        return await self._waiting(job, lambda: limiter.serial(series, self.now_ms(), job.until))

    async def _waiting(self, job: Job, wait: Callable[[], Awaitable[T]]) -> T:
        return await self._stops.waiting(job.endpoint, job.part_of_write, wait)

    async def _queue(self, job: Job, runtime: Runtime) -> Permit:
        try:
            permit = await self._waiting(
                job, lambda: self.transport.limiter.acquire(job.pools, job.priority, job.until)
            )
        except ClientClosed:
            raise
        except RateLimited:
            raise self._shut(job) from None
        except NotSent as error:
            error.args = (f"{self.dialect.venue} {job.endpoint.name}: {error.text}",)
            raise
        if runtime.now() > job.until:
            permit.unused()
            raise DeadlineExpired(
                f"{self.dialect.venue} {job.endpoint.name}: its time was up in the queue; it was not sent"
            )
        return permit

    def _shut(self, job: Job) -> PoolClosed | ShutOut:
        """The pool is closed for longer than this call may wait: refused here, nothing was sent."""
        wait_s = self.transport.limiter.closed_for(job.pools)
        banned = self.now_ms() < self._attempts.banned_until_ms
        error = (ShutOut if banned else PoolClosed)(
            f"closed by the venue for another {wait_s:.1f} s; nothing was sent",
            venue=self.dialect.venue,
            endpoint=job.endpoint.name,
            retryable=True,
            outcome=Outcome.NOT_SENT,
            definitive=True,
        )
        error.retry_after_s = wait_s
        if isinstance(error, ShutOut):
            error.until_ms = self._attempts.banned_until_ms
        return error

    # Time

    def now_ms(self) -> int:
        """The venue's time, as well as it is known, Unix milliseconds."""
        return self.transport.clock.now_ms()

    def past(self, fence_ms: int | None) -> bool:
        """Nothing of what has this fence can land any more, nor still be invisible; None is never past."""
        return fence_ms is not None and self.until_s(fence_ms) <= 0.0

    def past_ms(self) -> int:
        """Fences up to this are past, Unix milliseconds: none while the venue's clock is not believed."""
        return self.now_ms() if self.held_s() <= 0.0 else 0

    # Halting and closing

    def halt(self) -> None:
        """From now on no write leaves but cancels: neither what waits, nor another try of what failed."""
        self._stops.halt()

    def refuse_new(self) -> None:
        """Close for new calls, and let the callers of reads go, with `ClientClosed`."""
        self.deeds.closing = True
        for flight in tuple(self._reads):
            flight.abandon(ClientClosed(f"{self.dialect.venue}: the exchange object was closed during this read"))
        self._stops.end_reads()

    async def shut(self) -> None:
        """Stop what is left, and leave the connections."""
        self.deeds.stop_all()
        self.closed = True
        await self.transport.runtime().sleep(0)
        await self.transport.leave(self._account)

    async def forsake(self) -> None:
        """Close it after the end of its event loop: nothing is under way any more."""
        self.deeds.closing = True
        if not self.closed:
            self.closed = True
            await self.transport.leave(self._account)
