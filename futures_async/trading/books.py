"""The books of an account's orders: each is entered before anything of it leaves, with what became of it.

In memory, and in the journal where there is one: then another process can tell too.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from futures_async.trading.ordering import Fingerprint, PlannedOrder, fingerprint
from futures_async.transport.channel import Channel
from futures_async.transport.http.backend import Abort
from futures_async.transport.runtime import Work
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import FuturesAsyncError, InvalidOrder, OutcomeUnknown, at_rest
from futures_async.unified.models import Order, OrderRequest

if TYPE_CHECKING:
    from futures_async.journal.journal import Journal

logger = logging.getLogger("futures_async.orders")

REMEMBERED = 10_000
QUEUE_S = 10.0
"""The fence that is written down allows for so long until the signature, or for a longer `send_within_s`."""


class Record:
    """What is known of one order of ours."""

    __slots__ = (
        "abort",
        "ask",
        "attempt",
        "confirm",
        "error",
        "fence_ms",
        "fingerprint",
        "order",
        "plan",
        "pushed",
        "result",
        "watch",
        "work",
    )

    def __init__(self, plan: PlannedOrder) -> None:
        self.plan = plan
        self.fingerprint: Fingerprint = fingerprint(plan)
        self.abort = Abort()
        self.attempt: str | None = None
        """The word under which its intent stands in the journal."""
        self.confirm = True
        """It is read back where its acknowledgement says little."""
        self.ask: Callable[[], Awaitable[Order | None]] | None = None
        """Looks for it where it is not among plain orders: absence there proves nothing, and is None."""
        self.work: Work[Any] | None = None
        """What is placing it: the order alone, or its batch."""
        self.fence_ms: int | None = None
        self.error: OutcomeUnknown | None = None
        """Set while the fate is an open question."""
        self.pushed: Order | None = None
        """What the venue has told of it by itself."""
        self.result: Order | FuturesAsyncError | None = None
        """Set once it is certain."""
        self.watch: Work[None] | None = None
        """Looks for it late: after it was proved absent, or while its fate is open."""

    @property
    def free(self) -> bool:
        """Proved that nothing stands at the venue under this id."""
        return isinstance(self.result, FuturesAsyncError) and self.result.outcome is not Outcome.UNKNOWN


class Books:
    """Keeps account of the orders of one account."""

    def __init__(self, channel: Channel, *, account: str, journal: Journal | None) -> None:
        self._channel = channel
        self._journal = journal
        self._account = account
        """Whose intents and verdicts these are in the journal."""
        self._records: OrderedDict[str, Record] = OrderedDict()

    def open(self, plan: PlannedOrder) -> Record:
        """Enter an order in the books, before anything is sent.

        Raises:
            InvalidOrder: Its client order id was used for an order that may exist.
        """
        known = self._records.get(plan.local_id)
        if known is not None and not known.free:
            raise InvalidOrder(
                f"client_order_id {plan.local_id} was already used"
                + ("" if known.fingerprint == fingerprint(plan) else " for another order")
                + ": every order needs its own"
            )
        record = Record(plan)
        self._records[plan.local_id] = record
        while len(self._records) > REMEMBERED:
            oldest = next((key for key, kept in self._records.items() if kept.result is not None), None)
            if oldest is None:
                break
            del self._records[oldest]
        return record

    def forget(self, record: Record) -> None:
        """Take an order out of the books: nothing of it was ever sent."""
        self._records.pop(record.plan.local_id, None)

    # In the journal

    async def note_intent(self, record: Record, send_within_s: float) -> float:
        """Write the intent down before the first byte leaves; an order that cannot be written down is not sent.

        Returns:
            Until when it may be sent, by the loop's clock. Who looks for one without a fence allows it `QUEUE_S`.
        """
        now = self._channel.transport.runtime().now
        due = now() + send_within_s
        if self._journal is None:
            return due
        try:
            await self._channel.know_time(send_within_s / 2)  # which the write would do next
            began = now()
            known = await self._write_intent(self._journal, record, max(QUEUE_S, send_within_s))
        except BaseException:
            self.forget(record)
            raise
        return due if known else min(due, began + QUEUE_S)

    async def _write_intent(self, journal: Journal, record: Record, signed_within_s: float) -> bool:
        """Whether it was written down by the venue's clock: else without a fence."""
        from futures_async.journal.journal import IntentRecord, attempt_of  # only those who keep one pay for it

        plan, channel = record.plan, self._channel
        request, now_ms = plan.request, channel.now_ms()
        # By this computer's clock it may be too early: the venue tells its time before this is signed for the last
        # time. Without one it is looked for as if it were signed when it is looked for.
        known = channel.transport.clock.synchronized
        fence_ms = channel.fence(now_ms + int(signed_within_s * 1000)) if known else None
        record.attempt = attempt_of(channel.dialect.venue, self._account, plan.local_id)
        await journal.intent(
            IntentRecord(
                venue=channel.dialect.venue,
                account=self._account,
                client_order_id=plan.local_id,
                symbol=request.symbol,
                venue_symbol=plan.venue_symbol,
                side=request.side,
                type=request.type,
                quantity=request.quantity,
                price=request.price,
                intent=request.intent,
                fence_ms=fence_ms,
                created_ms=now_ms,
                attempt=record.attempt,
            )
        )
        return known

    async def verdict(self, record: Record, result: Order | FuturesAsyncError) -> None:
        """Write down what became of an order."""
        record.result = result if isinstance(result, Order) else at_rest(result)
        if isinstance(result, Order) and result.recovered:
            self._tell_of_stops(record, result)
        if record.error is not None:
            record.error.settled = True
        record.error = None
        if self._journal is not None and record.attempt is not None:  # else its intent was never written
            outcome, order_id = (None, result.order_id) if isinstance(result, Order) else (result.outcome, None)
            await self._journal.verdict(
                record.plan.local_id,
                outcome,
                order_id,
                venue=self._channel.dialect.venue,
                account=self._account,
                attempt=record.attempt,
            )

    def _tell_of_stops(self, record: Record, order: Order) -> None:
        """Warn of what an order was to bring along and is not seen to: a refusal was in the answer that is lost.

        It is no refusal: not every venue tells of them where orders are read.
        """
        unseen = [name for name in record.plan.request.attached if getattr(order, name) is None]
        if unseen and order.stops_refused is None:
            logger.warning(
                "%s: order %s of %s was found, and its answer is lost: whether its %s stands is not told, look among "
                "the waiting orders",
                self._channel.dialect.venue,
                order.order_id,
                order.symbol,
                " and its ".join(unseen),
            )

    # What they say

    def outcome(self, local_id: str) -> Order | FuturesAsyncError | None:
        """What is known of an order of ours."""
        record = self._records.get(local_id)
        return None if record is None else record.result or record.error

    def request(self, local_id: str) -> OrderRequest | None:
        """What an order of ours was placed by."""
        record = self._records.get(local_id)
        return None if record is None else record.plan.request

    def unresolved(self) -> list[OutcomeUnknown]:
        """The open questions that nobody has taken out."""
        questions = (record.error for record in self._records.values())
        return [question for question in questions if question is not None and not question.settled]

    def question(self, local_id: str) -> OutcomeUnknown | None:
        """The open question about an order of ours, if there is one."""
        record = self._records.get(local_id)
        return None if record is None else record.error

    async def placed(self, local_id: str) -> None:
        """Wait until an order that is just being placed has its verdict: a cancel must not overtake it."""
        record = self._records.get(local_id)
        if record is not None and record.work is not None and not record.work.done:
            try:
                await record.work.wait()
            except FuturesAsyncError:
                return
