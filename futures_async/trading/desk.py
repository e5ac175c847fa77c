"""The order desk: every order that leaves is known by its id until its fate is certain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Literal, TypeVar

from futures_async.trading.books import Due, Record, logger
from futures_async.trading.ordering import Placement, PlannedOrder
from futures_async.trading.relying import Hold
from futures_async.trading.resolving import Resolving
from futures_async.transport.deeds import outcome
from futures_async.transport.dialect import Refusal
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.http.backend import Abort
from futures_async.transport.runtime import Work
from futures_async.unified.errors import (
    BadResponse,
    ClientClosed,
    DeadlineExpired,
    FuturesAsyncError,
    NotSent,
    OrderNotFound,
    OutcomeUnknown,
    ResponseMismatch,
)
from futures_async.unified.models import Order

T = TypeVar("T")


class Foreseeing:
    """See `OrderDesk.foreseeing`. Each order enters one; a generator's costs twice as much."""

    __slots__ = ("_abort", "_desk", "_endpoint")

    def __init__(self, desk: OrderDesk, endpoint: Endpoint[Any], abort: Abort) -> None:
        self._desk = desk
        self._endpoint = endpoint
        self._abort = abort

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, _: TracebackType | None
    ) -> None:
        # Of the errors that are foreseen an AssertionError is what a stand-in in a user's test says.
        if isinstance(problem, Exception) and not isinstance(problem, (FuturesAsyncError, AssertionError)):
            error = self._desk.unforeseen(problem, self._endpoint, self._abort)
            raise error from (error.__cause__ or problem)


class OrderDesk(Resolving):
    """Places the orders of one account, and keeps account of them."""

    def place(
        self,
        plan: PlannedOrder,
        placement: Placement,
        *,
        on_unknown: Literal["resolve", "raise"],
        send_within_s: float,
        resolve_within_s: float | None,
        confirm: bool = True,
        hold: Hold | None = None,
    ) -> Awaitable[Order]:
        """Place one order; it goes on, and its fate is recorded, when the caller is cancelled meanwhile."""
        record = self.open(plan, hold)
        record.confirm = confirm
        flow = partial(self._flow, record, placement, on_unknown, send_within_s, resolve_within_s)
        return outcome(self.begin([record], flow), record.abort)

    def begin(self, records: Sequence[Record], flow: Callable[[], Coroutine[Any, Any, T]]) -> Work[T]:
        """Start to place orders that are in the books; nothing stays there of orders that cannot be started."""
        abort = records[0].abort

        def ended() -> None:
            for record in records:
                if record.result is None and record.error is None and not abort.harmless:  # cut off, by whatever
                    self.mark_unknown(record, self._cut_off(f"placing order {record.plan.local_id} was cut off"))
                if record.result is not None or record.error is not None:
                    record.work = None  # larger than all else that is remembered of an order
                else:  # nothing of it has left
                    record.let_go()

        try:
            work = self._channel.deeds.begin(flow, Kind.ORDER, abort, ended=ended)
        except BaseException:
            for record in records:
                self.forget(record)
            raise
        for record in records:
            record.work, record.abort = work, abort
        return work

    async def _flow(
        self,
        record: Record,
        placement: Placement,
        on_unknown: str,
        send_within_s: float,
        resolve_within_s: float | None,
    ) -> Order:
        due = await self.note_intent(record, send_within_s)
        try:
            with self.foreseeing(placement.endpoint, record.abort):
                result = await self.send(placement.endpoint, placement.body, due)
                try:
                    ack = placement.read_ack(result)
                except BadResponse as problem:
                    raise self.doubt(placement.endpoint, problem) from problem
                if isinstance(ack, Refusal):
                    refused = self._channel.dialect.judged(ack, placement.endpoint)
                    raise refused if refused.definitive else self.doubt(placement.endpoint, refused)
                order = await self.accepted(record, ack, placement.endpoint)
        except OutcomeUnknown as unknown:
            self.mark_unknown(record, unknown)
            if on_unknown == "raise":
                self._watch(record)
                raise
            return await self.settle(record, resolve_within_s)
        except FuturesAsyncError as error:
            error.client_order_id = record.plan.local_id
            await self.verdict(record, error)
            raise
        await self.verdict(record, order)
        return order

    def foreseeing(self, endpoint: Endpoint[Any], abort: Abort) -> Foreseeing:
        """Let an error that nobody has foreseen, an adapter's or a hook's, leave no order without an end.

        Raises:
            NotSent: Nothing has left so far.
            OrderOutcomeUnknown: It may stand.
        """
        return Foreseeing(self, endpoint, abort)

    def unforeseen(self, problem: Exception, endpoint: Endpoint[Any], abort: Abort) -> FuturesAsyncError:
        """What such an error comes to."""
        what = f"{self._channel.dialect.venue} {endpoint.name}: placing ended in {type(problem).__name__}"
        logger.error("%s", what, exc_info=problem)
        if abort.harmless:
            return NotSent(f"{what}; nothing was sent")
        unforeseen = ResponseMismatch(what)
        unforeseen.__cause__ = problem
        return self.doubt(endpoint, unforeseen)

    async def send(self, endpoint: Endpoint[T], body: Any, due: Due) -> T:
        """Make the call that places something.

        Never after `due`: a journal may be slow, and a process may sleep for as long as it likes once its intent stands
        there. By then another one may own the account, and have proved that nothing was placed.

        Raises:
            DeadlineExpired: It is too late to send it.
            OrderOutcomeUnknown: Also when the refusal speaks of an order that cannot be found: no placement looks for
                one, so that is the answer to another request, which came late on the same connection.
        """
        left_s = self.check_due(endpoint, due)
        try:
            return await self._channel.call(endpoint, body=body, send_within_s=left_s, asking=due.asking)
        except OrderNotFound as stray:
            raise self.doubt(endpoint, stray) from stray

    def check_due(self, endpoint: Endpoint[Any], due: Due) -> float:
        """How many seconds are left to send something.

        Raises:
            DeadlineExpired: None.
        """
        left_s = due.by - self._channel.transport.now()
        if left_s <= 0:  # what this computer has slept meanwhile is counted last, where it is signed
            raise DeadlineExpired(
                f"{self._channel.dialect.venue} {endpoint.name}: it was too late when it was ready to be sent; "
                "nothing was sent"
            )
        return left_s

    # The end

    async def stop(self) -> None:
        """End all background work; orders that are still under way become open questions, or were never sent."""
        for record in tuple(self._records.values()):
            work = record.work
            if work is None or work.done:
                continue
            record.abort.raised = True
            error = record.error or record.result
            if error is None and record.abort.harmless:
                error = ClientClosed(
                    f"{self._channel.dialect.venue}: the exchange object was closed before order "
                    f"{record.plan.local_id} was sent"
                )
                error.client_order_id = record.plan.local_id
                await self.verdict(record, error)
            elif error is None:
                error = self._closed_meanwhile(record)
                self.mark_unknown(record, error)
            if isinstance(error, FuturesAsyncError):
                self._channel.deeds.stop(work, error)
        for watch in self._watches:
            watch.cancel()

    def forsake(self) -> None:
        """The event loop has ended, and what was under way with it: what may have left becomes an open question."""
        for record in self._records.values():
            if record.work is not None and record.result is None and record.error is None and not record.abort.harmless:
                self.mark_unknown(record, self._closed_meanwhile(record))
                self._channel.deeds.drop(record.work)
