"""What the answer to a placement is worth: believed where it is about this order, and read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from futures_async.trading.books import Books, Record, logger
from futures_async.trading.ordering import CLOSE, Ack, PlannedOrder
from futures_async.trading.search import Find, recovered
from futures_async.transport.channel import Channel
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.enums import OrderStatus
from futures_async.unified.errors import (
    Attempt,
    ExchangeError,
    FuturesAsyncError,
    OrderNotFound,
    OutcomeUnknown,
    ResponseMismatch,
    printable,
)
from futures_async.unified.models import Order

if TYPE_CHECKING:
    from futures_async.journal.journal import Journal

_NEW = OrderStatus.NEW
READ_BACK_PAUSES_S = (0.0, 0.2, 0.4, 0.8)
LOOK_PAUSE_S = 1.0


class Acceptance(Books):
    """Judges the acknowledgements of one account's orders."""

    def __init__(
        self,
        channel: Channel,
        *,
        account: str,
        journal: Journal | None,
        read: Callable[[str, str], Awaitable[Order]],
        glance: Find,
    ) -> None:
        super().__init__(channel, account=account, journal=journal)
        self._traits = channel.dialect.traits
        self._read = read
        self._glance = glance

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
        if record.plan.request.intent is CLOSE and order.reduce_only is None:
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
        self.named(record, ack, endpoint)
        order = ack.order or (await self._read_back(plan, ack.order_id or "") if record.confirm else None)
        if order is None and record.confirm and not self._traits.echoes_client_id:
            order = await self._seen_as_ours(record, endpoint)
        if order is None:
            return acknowledged(plan, ack, self._channel.dialect.venue)
        strange = record.fingerprint.differences(order, moves_prices=self._traits.moves_prices)
        if plan.client_order_id and order.client_order_id not in (None, plan.client_order_id):
            strange.append("client_order_id")
        if strange:
            raise self.doubt(endpoint, ResponseMismatch(f"the order read back differs in {', '.join(strange)}"))
        return order

    def named(self, record: Record, ack: Ack, endpoint: Endpoint[Any]) -> None:
        """The venue has named an order of ours: nothing set from now on finds it on its way, or that is not known.

        Raises:
            OrderOutcomeUnknown: By an id that it has given to another one.
        """
        record.order_id = ack.order_id
        if not self._traits.echoes_client_id and (record.ask is not None or not record.confirm):
            self._check_id(record, endpoint)
        if self._traits.acks_in_book and self._traits.echoes_client_id:
            record.let_go()
        elif record.hold is not None:
            record.hold.acknowledged = True

    def _check_id(self, record: Record, endpoint: Endpoint[Any], nameless: Sequence[Record] = ()) -> None:
        given = any(one.has_id(record.order_id) for one in self._alike(record))
        if given or any(one.order_id is None and one.undecided for one in nameless):
            record.order_id = None
            raise self.doubt(endpoint, ResponseMismatch("the answer may name another order"))

    def _alike(self, record: Record) -> Iterator[Record]:
        """Other orders that the venue numbers as it does this one."""
        kind = record.plan.kind
        return (one for one in self._records.values() if one is not record and one.plan.kind is kind)

    async def _seen_as_ours(self, record: Record, endpoint: Endpoint[Any]) -> Order | None:
        """Look an order up by our id, where the answer named none, and what it names cannot be read.

        An answer that was meant for another placement names that one's order. None: it cannot be looked up either, and
        there is no other placement whose answer this could be.
        """
        plan, runtime = record.plan, self._channel.transport.runtime()
        nameless = [one for one in self._alike(record) if one.order_id is None]
        until, absent = runtime.now() + self._traits.visibility_lag_s, False
        while self._traits.lookup_by_client_id and plan.client_order_id is not None:
            order = record.pushed
            if order is None:
                try:
                    order, absent = await self._glance(plan.venue_symbol, plan.client_order_id), True
                except FuturesAsyncError as error:
                    absent = False
                    logger.debug("order %s was accepted, looking it up failed: %s", plan.local_id, error)
            if order is not None and order.client_order_id == plan.client_order_id:
                if order.order_id == record.order_id:
                    return order
                self._channel.transport.backend.renew()
                record.order_id = order.order_id
                return recovered(order)
            if runtime.now() + LOOK_PAUSE_S > until:
                break
            await runtime.sleep(LOOK_PAUSE_S)
        if absent:
            raise self.doubt(endpoint, ResponseMismatch("what the answer names is nowhere to be seen"))
        self._check_id(record, endpoint, nameless)
        return None

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
        status=_NEW,
        # The venue was told, be it by a flag or by which position the order is of.
        reduce_only=request.intent is CLOSE,
        margin_mode=request.margin_mode,
        leverage=request.leverage,
    )
