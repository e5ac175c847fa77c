"""The books of an account's orders: each is entered before anything of it leaves, with what became of it.

In memory, and in the journal where there is one: then another process can tell too.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from futures_async.trading.handing import Handed, taken_up
from futures_async.trading.ordering import Fingerprint, PlannedOrder, fingerprint
from futures_async.trading.relying import UNASKED_S, Hold
from futures_async.transport import asleep
from futures_async.transport.asking import Asking
from futures_async.transport.channel import Channel
from futures_async.transport.http.backend import Abort
from futures_async.transport.runtime import Work
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import FuturesAsyncError, InvalidOrder, OutcomeUnknown, at_rest
from futures_async.unified.models import Order, OrderRequest

if TYPE_CHECKING:
    from futures_async.journal.journal import IntentRecord, Journal

logger = logging.getLogger("futures_async.orders")

REMEMBERED = 10_000
BY_HAND = (
    "the venue knows no id of ours, so nothing can tell for certain: compare its open orders, fills and position "
    "before it is sent again"
)
"""What to do about an order for which `resolve()` can look, and which it can never prove to be the one."""
QUEUE_S = 10.0
"""The fence that is written down allows for so long until the signature, or for a longer `send_within_s`."""


class Record:
    """What is known of one order of ours."""

    __slots__ = (
        "abort",
        "ask",
        "confirm",
        "error",
        "fence_ms",
        "hold",
        "opened_at",
        "order_id",
        "plan",
        "pushed",
        "result",
        "watch",
        "work",
        "written",
    )

    def __init__(self, plan: PlannedOrder, hold: Hold | None = None) -> None:
        self.plan = plan
        self.opened_at = 0.0
        """By the loop's clock; nothing of it has left before."""
        self.hold = hold
        """On what it relies on, until it is known to have arrived, or not to."""
        self.abort = Abort()
        self.written: IntentRecord | None = None
        """Its intent, as it stands in the journal."""
        self.order_id: str | None = None
        """Which the venue has acknowledged it by."""
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

    def let_go(self) -> None:
        """It relies on nothing any more: it has arrived, or nothing of it can."""
        if self.hold is not None:
            self.hold.end()
            self.hold = None

    @property
    def fingerprint(self) -> Fingerprint:
        """What an order found at the venue is compared with."""
        return fingerprint(self.plan)

    def has_id(self, order_id: str | None) -> bool:
        """The venue knows it by this id, as far as it has told."""
        known = self.result.order_id if isinstance(self.result, Order) else self.order_id
        return known is not None and order_id == known

    @property
    def free(self) -> bool:
        """Proved that nothing stands at the venue under this id."""
        return isinstance(self.result, FuturesAsyncError) and self.result.outcome is not Outcome.UNKNOWN

    @property
    def undecided(self) -> bool:
        """It is being placed, or its fate is an open question that nobody has taken out."""
        if self.result is not None:
            return False
        if self.error is not None:
            return not self.error.settled
        return self.work is not None and not self.work.done


class Due(msgspec.Struct, frozen=True, gc=False):
    """Until when an order may be sent."""

    by: float
    """By the loop's clock."""
    asleep_s: float
    """See `PlannedOrder.asleep_s`: what this computer sleeps from then on counts too."""
    signed_by_ms: int | None = None
    """Venue time, Unix milliseconds: what others judge by who find its intent, in the journal of this object or in its
    manager's. None where no intent stands, or nothing was known of the venue's clock: then a clock that was off is set
    right, and it is signed anew."""

    @property
    def asking(self) -> Asking:
        """The same for the call."""
        return Asking(self.asleep_s, self.signed_by_ms)


class Books:
    """Keeps account of the orders of one account."""

    def __init__(self, channel: Channel, *, account: str, journal: Journal | None) -> None:
        self._channel = channel
        self._journal = journal
        self._account = account
        """Whose intents and verdicts these are in the journal."""
        self._records: OrderedDict[str, Record] = OrderedDict()

    def check_new(self, plan: PlannedOrder) -> None:
        """Refuse an id that names another order.

        Raises:
            InvalidOrder: It was used for an order that may exist.
        """
        known = self._records.get(plan.local_id)
        if known is not None and not known.free:
            raise InvalidOrder(
                f"client_order_id {plan.local_id} was already used"
                + ("" if known.fingerprint == fingerprint(plan) else " for another order")
                + ": every order needs its own"
            )

    def open(self, plan: PlannedOrder, hold: Hold | None = None) -> Record:
        """Enter an order in the books, before anything is sent; its hold on what it relies on is ended here then.

        Raises:
            InvalidOrder: Its client order id was used for an order that may exist.
        """
        self.check_new(plan)
        record = Record(plan, hold)
        record.opened_at = self._channel.transport.now()
        if hold is not None:
            hold.placed = True
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
        record.let_go()

    # In the journal

    async def note_intent(self, record: Record, send_within_s: float) -> Due:
        """Write the intent down before the first byte leaves; an order that cannot be written down is not sent.

        Who looks for one that stands there without a fence allows it `QUEUE_S`. One that its manager has written down
        may be judged by that row, which is older: it is signed no later than that allows.
        """
        now = self._channel.transport.now
        due, asleep_s = now() + send_within_s, record.plan.asleep_s
        if asleep_s is None:
            asleep_s = asleep.asleep_s()
        handed = taken_up(self._channel.dialect.venue, self._account, record.plan.local_id)
        handed_by_ms = None if handed is None else handed.signed_by_ms
        if self._journal is None:
            return Due(due, asleep_s, handed_by_ms)
        try:
            signed_by_ms = await self.signed_by_ms(send_within_s)
            began = now()
            if signed_by_ms is not None and handed_by_ms is not None:
                signed_by_ms = min(signed_by_ms, handed_by_ms)
            await self._write_intent(self._journal, record, signed_by_ms, handed, due)
        except BaseException:
            self.forget(record)
            raise
        return Due(min(due, began + QUEUE_S) if signed_by_ms is None else due, asleep_s, signed_by_ms)

    async def signed_by_ms(self, send_within_s: float) -> int | None:
        """Venue time until which an order may be signed whose intent is written down now.

        None where the venue has not told its time: by this computer's clock that may be too early, for the venue tells
        it before the order is signed for the last time. Then there is no fence, and it is looked for as if it were
        signed when it is looked for.
        """
        channel = self._channel
        await channel.know_time(send_within_s / 2)  # which the write would do next
        if not channel.transport.clock.synchronized:
            return None
        return channel.now_ms() + int(max(QUEUE_S, send_within_s) * 1000)

    async def _write_intent(
        self, journal: Journal, record: Record, signed_by_ms: int | None, handed: Handed | None, due: float
    ) -> None:
        from futures_async.journal.journal import IntentRecord  # only those who keep one pay for it
        from futures_async.trading.journalling import write_intent

        plan, channel = record.plan, self._channel
        request = plan.request
        written = IntentRecord(
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
            fence_ms=None if signed_by_ms is None else channel.fence(signed_by_ms),
            created_ms=channel.now_ms(),
        )
        if handed is not None and handed.named:
            written = msgspec.structs.replace(written, attempt=handed.record.attempt)
        await write_intent(channel.transport.runtime(), journal, written, due)
        record.written = written

    async def verdict(self, record: Record, result: Order | FuturesAsyncError) -> None:
        """Write down what became of an order."""
        record.result = result if isinstance(result, Order) else at_rest(result)
        if record.hold is not None and not isinstance(result, Order) and result.outcome is Outcome.UNKNOWN:
            # It may have passed what refused it, and there is no question that could be resolved.
            now_ms = self._channel.now_ms()
            record.hold.leave_open(self._channel.fence(now_ms) or now_ms + int(UNASKED_S * 1000))
        else:
            record.let_go()
        if isinstance(result, Order) and result.recovered:
            self._tell_of_stops(record, result)
        if record.error is not None:
            record.error.settled = True
        record.error = None
        if self._journal is not None and record.written is not None:
            from futures_async.trading.journalling import write_verdict  # only those who keep one pay for it

            outcome, order_id = (None, result.order_id) if isinstance(result, Order) else (result.outcome, None)
            runtime = self._channel.transport.runtime()
            await write_verdict(runtime, self._journal, record.written, outcome, order_id)

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

    def record(self, local_id: str) -> Record | None:
        """All that is known of an order of ours, the latest one under this id."""
        return self._records.get(local_id)

    def under_way(self, venue_symbol: str) -> list[Record]:
        """The orders of a contract that may stand, or come to, and of which nothing is certain yet."""
        mine = (record for record in self._records.values() if record.plan.venue_symbol == venue_symbol)
        return [one for one in mine if one.undecided]

    async def placed(self, local_id: str) -> None:
        """Wait until an order that is just being placed has its verdict: a cancel is not to overtake it.

        That may take until its fence; who cannot wait so long cancels the wait.
        """
        record = self._records.get(local_id)
        if record is not None and record.work is not None and not record.work.done:
            try:
                await record.work.wait()
            except FuturesAsyncError:
                return
