"""What became of an order whose fate is open: looked for until it is certain, and watched for late.

An order ends *placed*, *proved not placed*, or *unknown*. Unknown is never guessed away: the order is looked up
until the signed request has expired at the venue (the fence) and two readings after that did not find it: `search.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from futures_async.trading.acceptance import Acceptance
from futures_async.trading.books import BY_HAND, QUEUE_S, Record, logger
from futures_async.trading.ordering import Fingerprint
from futures_async.trading.search import Find, Search, recovered
from futures_async.transport.channel import Channel
from futures_async.transport.events import call_hook
from futures_async.transport.runtime import Work
from futures_async.unified.errors import (
    FuturesAsyncError,
    InvalidRequest,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    OutcomeUnknown,
)
from futures_async.unified.models import Order

if TYPE_CHECKING:
    from futures_async.journal.journal import Journal

LATE_WATCH_S = (60.0, 120.0, 300.0, 600.0)


class Resolving(Acceptance):
    """Follows the open questions of one account's orders."""

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
        super().__init__(channel, account=account, journal=journal, read=read, glance=glance or find)
        self._find = find
        self._on_late_order = on_late_order
        self._watches: set[Work[None]] = set()
        self._searches: set[Search] = set()

    def mark_unknown(self, record: Record, unknown: OutcomeUnknown) -> None:
        """Put an order on the list of open questions."""
        plan = record.plan
        unknown.name(plan.request.symbol, plan.local_id)
        unknown.assumptions = self._assumptions() if record.ask is None else ["that none is seen proves nothing"]
        unknown.bind(lambda deadline_s: self._resolve(record, deadline_s))
        if plan.client_order_id is None:
            unknown.advice = BY_HAND
        record.error = unknown
        if record.hold is not None:
            record.hold.leave_open(unknown.fence_until_ms, unknown)
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
        question = record.error or self._closed_meanwhile(record)
        try:
            order = await ask()
        except OutcomeUnknown:
            raise
        except FuturesAsyncError as problem:
            question.lookups.append(f"{type(problem).__name__}: {problem.text}")
            raise question from question.__cause__
        if order is None:
            raise question
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
            opened_at=record.opened_at,
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

    def undecided(self, record: Record | None) -> OutcomeUnknown | None:
        """The question about an order of ours, a new one while it is just being placed; None: it is no question."""
        if record is None or not record.undecided:
            return None
        if record.error is not None:
            return record.error
        plan, venue, local_id = record.plan, self._channel.dialect.venue, record.plan.local_id
        symbol = plan.request.symbol
        question = OrderOutcomeUnknown(
            f"{venue}: order {local_id} of {symbol} is still being placed",
            venue=venue,
            symbol=symbol,
            client_order_id=local_id,
            fence_until_ms=self._channel.fence(self._channel.now_ms()),
        )
        question.bind(lambda _: self.resolve(plan.venue_symbol, symbol, local_id, None))
        return question

    # Late

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

    def _closed_meanwhile(self, record: Record) -> OutcomeUnknown:
        return self._cut_off(f"closed while order {record.plan.local_id} was under way")

    def _cut_off(self, what: str) -> OutcomeUnknown:
        channel = self._channel
        return OrderOutcomeUnknown(
            f"{channel.dialect.venue}: {what}",
            venue=channel.dialect.venue,
            fence_until_ms=channel.fence(channel.now_ms()),
        )
