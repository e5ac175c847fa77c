"""The order desk: every order that leaves is known by its id until its fate is certain.

An order ends *placed*, *proved not placed*, or *unknown*. Unknown is never guessed away: the order is looked up
until the signed request has expired at the venue (the fence) and two readings after that did not find it: `search.py`.
"""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from futures_async.trading.ordering import Ack, Fingerprint, Placement, PlannedOrder, fingerprint
from futures_async.trading.search import Find, Search, recovered
from futures_async.transport.channel import Channel
from futures_async.transport.deeds import outcome
from futures_async.transport.dialect import Refusal
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.events import call_hook
from futures_async.transport.http.backend import Abort
from futures_async.transport.runtime import Work
from futures_async.unified.enums import Intent, OrderStatus, Outcome
from futures_async.unified.errors import (
    Attempt,
    BadResponse,
    ClientClosed,
    DeadlineExpired,
    ExchangeError,
    FuturesAsyncError,
    InvalidOrder,
    InvalidRequest,
    OrderNotFound,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    ResponseMismatch,
    at_rest,
    printable,
)
from futures_async.unified.models import Order, OrderRequest

if TYPE_CHECKING:
    from futures_async.journal.journal import Journal

logger = logging.getLogger("futures_async.orders")

T = TypeVar("T")

READ_BACK_PAUSES_S = (0.0, 0.2, 0.4, 0.8)
LATE_WATCH_S = (60.0, 120.0, 300.0, 600.0)
REMEMBERED = 10_000
QUEUE_S = 10.0
"""The fence that is written down allows for so long until the signature, or for a longer `send_within_s`."""


def make_client_order_id() -> str:
    """A fresh id, legal at every venue: 96 random bits, never time or a seeded generator."""
    return "fa" + secrets.token_hex(12)


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


class OrderDesk:
    """Places orders and keeps account of them."""

    def __init__(
        self,
        channel: Channel,
        *,
        account: str,
        find: Find,
        read: Callable[[str, str], Awaitable[Order]],
        glance: Find | None = None,
        journal: Journal | None = None,
        on_late_order: Callable[[Order], object] | None = None,
    ) -> None:
        self._channel = channel
        self._traits = channel.dialect.traits
        self._glance = glance or find
        self._find = find
        self._read = read
        self._journal = journal
        self._on_late_order = on_late_order
        self._account = account
        """Whose intents and verdicts these are in the journal."""
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._watches: set[Work[None]] = set()
        self._searches: set[Search] = set()

    # Placing

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

    async def place(
        self,
        plan: PlannedOrder,
        placement: Placement,
        *,
        on_unknown: Literal["resolve", "raise"],
        send_within_s: float,
        resolve_within_s: float | None,
        confirm: bool = True,
    ) -> Order:
        """Place one order; it goes on, and its fate is recorded, when the caller is cancelled meanwhile."""
        record = self.open(plan)
        record.confirm = confirm
        work: Work[Order] = self.begin(
            [record],
            lambda: self._flow(record, placement, on_unknown, send_within_s, resolve_within_s),
        )
        return await self.end_of(work, [record])

    def begin(self, records: Sequence[Record], flow: Callable[[], Coroutine[Any, Any, T]]) -> Work[T]:
        """Start to place orders that are in the books; nothing stays there of orders that cannot be started."""
        abort = records[0].abort

        async def run() -> T:
            try:
                return await flow()
            finally:
                for record in records:
                    if record.result is not None or record.error is not None:  # else `stop`, `forsake` tell its end
                        record.work = None  # larger than all else that is remembered of an order

        try:
            work = self._channel.deeds.begin(run, Kind.ORDER, abort)
        except BaseException:
            for record in records:
                self.forget(record)
            raise
        for record in records:
            record.work, record.abort = work, abort
        return work

    async def end_of(self, work: Work[T], records: Sequence[Record]) -> T:
        """What placing these orders comes to; it goes on when the caller is cancelled."""
        return await outcome(work, records[0].abort)

    def forget(self, record: Record) -> None:
        """Take an order out of the books: nothing of it was ever sent."""
        self._records.pop(record.plan.local_id, None)

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

    async def send(self, endpoint: Endpoint[T], body: Any, due: float) -> T:
        """Make the call that places something.

        Never after `due`: a journal may be slow, and a process may sleep for as long as it likes once its intent stands
        there. By then another one may own the account, and have proved that nothing was placed.

        Raises:
            DeadlineExpired: It is too late to send it.
            OrderOutcomeUnknown: Also when the refusal speaks of an order that cannot be found: no placement looks for
                one, so that is the answer to another request, which came late on the same connection.
        """
        left_s = due - self._channel.transport.runtime().now()
        if left_s <= 0:
            raise DeadlineExpired(
                f"{self._channel.dialect.venue} {endpoint.name}: it was too late when its intent stood "
                "in the journal; nothing was sent"
            )
        try:
            return await self._channel.call(endpoint, body=body, send_within_s=left_s)
        except OrderNotFound as stray:
            raise self.doubt(endpoint, stray) from stray

    def doubt(self, endpoint: Endpoint[Any], problem: FuturesAsyncError) -> OutcomeUnknown:
        """The answer to a placement cannot be used: whether it stands is an open question."""
        code, status = (problem.code, problem.http_status) if isinstance(problem, ExchangeError) else ("", None)
        attempts = [Attempt(self._channel.now_ms(), "arrived", problem.text, status, code)]
        unknown = self._channel.unknown(endpoint, attempts, problem)
        if not isinstance(problem, ExchangeError) or isinstance(problem, OrderNotFound):
            self._channel.transport.backend.renew()  # this may be the answer to another call
            unknown.refusal = None
        return unknown

    async def accepted(self, record: Record, ack: Ack, endpoint: Endpoint[Any]) -> Order:
        """Check an acknowledgement and read the order back, if that is wanted."""
        order = await self._accepted(record, ack, endpoint)
        if record.plan.request.intent is Intent.CLOSE and order.reduce_only is None:
            order = msgspec.structs.replace(order, reduce_only=True)
        if ack.stops_refused is not None:
            order = msgspec.structs.replace(order, stops_refused=printable(ack.stops_refused))
        if order.stops_refused is not None:
            logger.warning(
                "%s: order %s of %s stands without what it was to bring: %s",
                self._channel.dialect.venue,
                order.order_id,
                order.symbol,
                order.stops_refused,
            )
        return order

    async def _accepted(self, record: Record, ack: Ack, endpoint: Endpoint[Any]) -> Order:
        plan = record.plan
        if ack.order is None and not ack.order_id:
            raise self.doubt(endpoint, ResponseMismatch("the venue accepted the order without an id"))
        if self._traits.echoes_client_id and ack.client_order_id != plan.client_order_id:
            raise self.doubt(endpoint, ResponseMismatch("the answer names another client order id"))
        order = ack.order or (await self._read_back(plan, ack.order_id or "") if record.confirm else None)
        if order is None:
            return acknowledged(plan, ack, self._channel.dialect.venue)
        strange = record.fingerprint.differences(order, moves_prices=self._traits.moves_prices)
        if plan.client_order_id and order.client_order_id not in (None, plan.client_order_id):
            strange.append("client_order_id")
        if strange:
            raise self.doubt(endpoint, ResponseMismatch(f"the order read back differs in {', '.join(strange)}"))
        return order

    async def _read_back(self, plan: PlannedOrder, order_id: str) -> Order | None:
        """Read a fresh order; None when it cannot be read: placing never fails because a read failed."""
        for pause_s in READ_BACK_PAUSES_S:
            if pause_s:
                await self._channel.transport.runtime().sleep(pause_s)
            try:
                return await self._read(plan.venue_symbol, order_id)
            except OrderNotFound:
                continue  # lookups lag behind placements
            except FuturesAsyncError as error:
                logger.debug("order %s was accepted, reading it back failed: %s", plan.local_id, error)
                return None
        return None

    # Resolving

    def mark_unknown(self, record: Record, unknown: OutcomeUnknown) -> None:
        """Put an order on the list of open questions."""
        plan = record.plan
        unknown.name(plan.request.symbol, plan.local_id)
        unknown.assumptions = self._assumptions() if record.ask is None else ["that none is seen proves nothing"]
        unknown.bind(lambda deadline_s: self._resolve(record, deadline_s))
        record.error = unknown
        record.fence_ms = unknown.fence_until_ms

    def _assumptions(self) -> list[str]:
        traits = self._traits
        if traits.window_s is None:
            return ["the venue gives no time after which a signed request is dead"]
        return [
            f"the venue refuses requests older than {traits.window_s:g} s",
            f"a placed order is visible to lookups after {traits.visibility_lag_s:g} s",
        ]

    async def settle(self, record: Record, within_s: float | None) -> Order:
        """Look an order up until it is certain.

        Raises:
            OrderNotPlaced: Proved absent.
            OrderOutcomeUnknown: Not certain in time.
        """
        plan = record.plan
        try:
            order = await self._look(record, within_s)
        except OutcomeUnknown:
            self._watch(record)
            raise
        if order is not None:
            await self.verdict(record, order)
            return order
        question = record.error
        refusal = None if question is None else question.refusal
        said = "" if refusal is None else f" (the venue said: {refusal.text})"
        absent = OrderNotPlaced(
            f"{self._channel.dialect.venue}: order {plan.local_id} of {plan.request.symbol} was proved absent "
            f"after its fence{said}",
            symbol=plan.request.symbol,
            client_order_id=plan.local_id,
        )
        absent.refusal = absent.__cause__ = refusal
        await self.verdict(record, absent)
        self._watch(record)
        raise absent from refusal

    async def _resolve(self, record: Record, within_s: float | None) -> Order | None:
        if isinstance(record.result, Order):
            return await self._as_it_is(record.result) if record.ask is None else record.result
        if record.free:
            return None  # proved absent, refused, or never sent
        if record.ask is not None:
            return await self.seek(record, record.ask)
        try:
            return await self.settle(record, within_s)
        except OrderNotPlaced:
            return None

    async def seek(self, record: Record, ask: Callable[[], Awaitable[Order | None]]) -> Order:
        """Look once for an order that is not among plain ones.

        Raises:
            OrderOutcomeUnknown: It is not seen.
        """
        question = record.error
        order = await ask()
        if order is None:
            raise question or self._closed_meanwhile(record)
        found = recovered(order)
        await self.verdict(record, found)
        return found

    async def _as_it_is(self, order: Order) -> Order:
        """An order that was placed, read anew unless it has ended; as it was seen last where it cannot be read."""
        if order.status.is_final or not order.order_id:
            return order
        try:
            now = await self._read(order.venue_symbol, order.order_id)
        except FuturesAsyncError as problem:
            logger.debug("order %s was placed, reading it again failed: %s", order.order_id, problem)
            return order
        return recovered(now) if order.recovered else now

    async def resolve(
        self,
        venue_symbol: str,
        symbol: str,
        local_id: str,
        fence_ms: int | None,
        expected: Fingerprint | None = None,
    ) -> Order | None:
        """`resolve_order`: for an order of this object, or of another process that left only its id.

        Args:
            venue_symbol: The order's contract.
            symbol: Its unified symbol.
            local_id: The id that it was sent under.
            fence_ms: Venue time after which it can no longer land; None: as if signed now.
            expected: What one of another process must be, where it left more than its id.

        Raises:
            ResponseMismatch: Another order stands under its id.
            InvalidRequest: It is an order of this object, in another contract.
        """
        record = self._records.get(local_id)
        if record is not None and record.plan.venue_symbol != venue_symbol and not record.free:
            own = record.plan.request.symbol
            raise InvalidRequest(f"{self._channel.dialect.venue}: {local_id} is an order of {own}, not of {symbol}")
        if record is not None and record.result is None and record.error is None:
            await self.placed(local_id)
        if record is not None and (record.result is not None or record.error is not None):
            return await self._resolve(record, None)
        clock, looks = self._channel.transport.clock, self._traits.lookup_by_client_id
        if fence_ms is None and not clock.synchronized and self._channel.sync is None and looks:
            with suppress(FuturesAsyncError):  # no call of its own tells the venue's time: this answer does
                await self._glance(venue_symbol, local_id)
        if fence_ms is None and clock.synchronized:
            # Whoever wrote it down may be just about to send it. By a clock of which the venue has told nothing it may
            # be too early to call it absent: then it is only looked for.
            fence_ms = self._channel.fence(self._channel.now_ms() + int(QUEUE_S * 1000))
        search = Search(venue_symbol, symbol, local_id, fence_ms, expected)
        return await self._search(search, None)

    async def _look(self, record: Record, within_s: float | None) -> Order | None:
        plan = record.plan
        search = Search(
            plan.venue_symbol,
            plan.request.symbol,
            plan.client_order_id,
            record.fence_ms,
            record.fingerprint,
            record.error,
            own=True,
        )
        if record.pushed is not None:
            search.show(record.pushed)
        return await self._search(search, within_s)

    async def _search(self, search: Search, within_s: float | None) -> Order | None:
        self._searches.add(search)
        try:
            return await search.run(self._channel, self._find, within_s, glance=self._glance)
        finally:
            self._searches.discard(search)

    def seen(self, order: Order) -> None:
        """The venue pushed an order. If its fate is an open question here, or becomes one, this is the answer.

        A push is evidence of presence; that none came is evidence of nothing.
        """
        client_order_id = order.client_order_id
        if client_order_id is None:
            return
        record = self._records.get(client_order_id)
        if record is not None and record.result is None and record.plan.venue_symbol == order.venue_symbol:
            record.pushed = order
        for search in self._searches:
            if (search.client_order_id, search.venue_symbol) == (client_order_id, order.venue_symbol):
                search.show(order)

    def _watch(self, record: Record) -> None:
        """Keep an eye on an order that was not found: one that turns up late is reported loudly."""
        if not self._traits.lookup_by_client_id or record.plan.client_order_id is None:
            return
        if self._channel.deeds.closing or (record.watch is not None and not record.watch.done):
            return
        self._watches = {watch for watch in self._watches if not watch.done}
        record.watch = self._channel.transport.runtime().start(self._late_watch(record))
        self._watches.add(record.watch)

    async def _late_watch(self, record: Record) -> None:
        plan = record.plan
        runtime = self._channel.transport.runtime()
        waited_s = 0.0
        for at_s in LATE_WATCH_S:
            await runtime.sleep(at_s - waited_s)
            waited_s = at_s
            if self._over(record):
                return
            try:
                order = await self._glance(plan.venue_symbol, plan.client_order_id or "")
            except FuturesAsyncError as problem:
                logger.debug("late watch of %s: %s", plan.local_id, problem)
                continue
            if self._over(record):
                return
            if order is not None:
                await self.verdict(record, recovered(order))
                logger.warning(
                    "order %s appeared %.0f s after its outcome was judged: it stands at the venue as %s",
                    plan.local_id,
                    at_s,
                    order.order_id,
                )
                call_hook(self._on_late_order, recovered(order))
                return

    def _over(self, record: Record) -> bool:
        """It was found meanwhile, or its id is another order's now: what stands under it says nothing of this one."""
        return isinstance(record.result, Order) or self._records.get(record.plan.local_id, record) is not record

    # Books

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

    def _closed_meanwhile(self, record: Record) -> OutcomeUnknown:
        channel = self._channel
        return OrderOutcomeUnknown(
            f"{channel.dialect.venue}: closed while order {record.plan.local_id} was under way",
            venue=channel.dialect.venue,
            fence_until_ms=channel.fence(channel.now_ms()),
        )


def acknowledged(plan: PlannedOrder, ack: Ack, venue: str) -> Order:
    """An order of which only the acknowledgement is known."""
    request = plan.request
    return Order(
        venue=venue,
        symbol=request.symbol,
        venue_symbol=plan.venue_symbol,
        order_id=ack.order_id or "",
        client_order_id=plan.client_order_id,
        side=request.side,
        type=request.type,
        kind=plan.kind,
        time_in_force=request.time_in_force,
        price=request.price,
        trigger_price=request.trigger_price,
        trigger_by=request.trigger_by,
        quantity=request.quantity,
        filled_quantity=None,
        remaining_quantity=None,
        status=OrderStatus.NEW,
        # The venue was told, be it by a flag or by which position the order is of.
        reduce_only=request.intent is Intent.CLOSE,
        margin_mode=request.margin_mode,
        leverage=request.leverage,
    )
