"""Orders that wait for a price: planned, and their placing seen through."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import anyio
import msgspec

from futures_async.trading.acceptance import READ_BACK_PAUSES_S, acknowledged
from futures_async.trading.around_sending import before_sending
from futures_async.trading.books import QUEUE_S, Due
from futures_async.trading.cancelling import ordered, urgent
from futures_async.trading.ordering import Ack, Placement, PlannedOrder, said
from futures_async.trading.planning import as_request, as_stop
from futures_async.trading.relying import Hold
from futures_async.trading.turns import needed_by
from futures_async.trading.waiting_cancels import WaitingCancels
from futures_async.trading.waiting_edits import WaitingEdits
from futures_async.transport import asleep
from futures_async.transport.asking import asked_at
from futures_async.transport.channel import apart
from futures_async.transport.deeds import outcome
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.convert import Number
from futures_async.unified.enums import MarginMode, OrderKind
from futures_async.unified.errors import (
    BadResponse,
    FuturesAsyncError,
    InvalidRequest,
    NotCarried,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    ResponseMismatch,
)
from futures_async.unified.exchange import SEND_WITHIN_S
from futures_async.unified.models import Order, OrderRequest, Stop

CALLS = {OrderKind.TRIGGER: "create_trigger_order", OrderKind.TRAILING: "create_trailing_order"}
PLACES_STOP = "create_stop_order"

Look = Callable[[str | None, str | None], Awaitable[Order | None]]
"""The waiting order with this id of the venue's, or this one of ours; None where none is seen, which proves nothing."""


class Waiting(WaitingEdits, WaitingCancels):
    """Plans what waits for a price, and sees its placing through."""

    async def _plan_waiting(self, request: OrderRequest, kind: OrderKind) -> PlannedOrder:
        """Plan an order that waits for a price, before anything is sent.

        Raises:
            DeadlineExpired: What it needs was not read within `SEND_WITHIN_S`.
        """
        request = as_request(request)
        due = self._channel.transport.runtime().now() + SEND_WITHIN_S
        planning = partial(self._plan, request, kind=kind)
        plan = await self._ready_by(due, CALLS.get(kind, PLACES_STOP), request, planning)
        return msgspec.structs.replace(plan, due=due)

    def _due_of(self, plan: PlannedOrder) -> float:
        """Until when what it needs may be read, all of it together, by the loop's clock."""
        return self._channel.transport.runtime().now() + SEND_WITHIN_S if plan.due is None else plan.due

    @contextmanager
    def _before_placing(self, plan: PlannedOrder) -> Generator[None]:
        """What must be read once the order has its id: whatever ends it, the order was not sent.

        Raises:
            DeadlineExpired: With what was planned it took longer than `SEND_WITHIN_S`.
        """
        with before_sending(plan.client_order_id), ordered():
            with anyio.move_on_after(self._due_of(plan) - self._channel.transport.runtime().now()) as patience:
                yield
            if patience.cancelled_caught:
                raise self._too_late(CALLS.get(plan.kind, PLACES_STOP))

    @asynccontextmanager
    async def _relied_on(self, plan: PlannedOrder) -> AsyncGenerator[Hold | None]:
        """Hold what an order relies on until it has arrived, or can arrive no more, and see that it stands.

        Raises:
            NotCarried: Another margin mode is set.
            DeadlineExpired: Another order needs something else, or a setting that is under way may change it.
        """
        due = self._due_of(plan)
        hold: Hold | None = None
        try:
            with before_sending(plan.local_id), ordered(), needed_by(due):
                hold = await self._hold_of(plan, due)
                if hold is not None:
                    await self._set_up(plan, hold)
            yield hold
        finally:
            if hold is not None:
                hold.let_go()

    async def _mode_of_held(self, plan: PlannedOrder) -> MarginMode | None:
        """The margin mode of the position that an order closes; None where none is seen.

        Raises:
            InvalidRequest: There are two of them, or it cannot be read.
        """
        held = await self.fetch_position(plan.venue_symbol, plan.position_side)
        if held is None:
            with apart():  # reads lag behind what was opened just now
                held = await self.fetch_position(plan.venue_symbol, plan.position_side)
        if held is not None and held.margin_mode is None:
            raise InvalidRequest(f"{self.id}: the margin mode of {held.symbol} cannot be read: name the margin mode")
        return None if held is None else held.margin_mode

    def _stops(self, what: str, **given: Number | Stop | None) -> dict[str, Stop]:
        """Take-profit and stop-loss by name, those that are given.

        Raises:
            InvalidRequest: None is given, or one says what the venue does not take.
        """
        stops = {name: as_stop(value, name) for name, value in given.items() if value is not None}
        if not stops:
            raise InvalidRequest(f"{what} needs {' or '.join(given)}")
        for name, stop in stops.items():
            missing = [word for word in said(stop) if word not in self.order_fields.stops]
            if missing:
                raise NotCarried(f"{self.id}: {what} has no {name}.{missing[0]}: leave it out")
        return stops

    async def _place_as_order(self, plan: PlannedOrder, placement: Placement) -> Order:
        """Place it at a venue that knows waiting orders by our ids, as it does all others; see `create_order`."""
        async with self._relied_on(plan) as hold:
            try:
                return await self._orders.place(
                    plan, placement, on_unknown="resolve", send_within_s=SEND_WITHIN_S, resolve_within_s=None, hold=hold
                )
            except FuturesAsyncError as error:
                self._heard(plan, error)
                raise

    async def _place_trigger(
        self, plan: PlannedOrder, endpoint: Endpoint[Any], send: Callable[[], Awaitable[Ack]], look: Look
    ) -> Order:
        """Place it once; where the answer is lost, it is looked for, and its fate left open where it is not seen.

        It stands in the journal, as other orders do, where the venue is told an id of ours.

        Raises:
            InvalidOrder: Its client order id was used for an order that may exist.
            OrderOutcomeUnknown: It may wait at the venue, or be on its way: `resolve()` looks again. That none is seen
                proves nothing.
        """
        async with self._relied_on(plan) as hold:
            return await self._place_relying(plan, endpoint, send, look, hold)

    async def _place_relying(
        self,
        plan: PlannedOrder,
        endpoint: Endpoint[Any],
        send: Callable[[], Awaitable[Ack]],
        look: Look,
        hold: Hold | None,
    ) -> Order:
        """See `_place_trigger`; what it relies on stands."""
        record = self._orders.open(plan, hold)

        async def ask() -> Order | None:
            with urgent():
                return await look(None, plan.client_order_id)

        async def flow() -> Order:
            asleep_s = asleep.asleep_s() if plan.asleep_s is None else plan.asleep_s
            due = Due(self._channel.transport.runtime().now() + QUEUE_S, asleep_s)
            if plan.client_order_id is not None:  # else nobody could tell by the journal what became of it
                due = await self._orders.note_intent(record, QUEUE_S)
            try:
                with self._orders.foreseeing(endpoint, record.abort):
                    self._orders.check_due(endpoint, due)
                    try:
                        with asked_at(due.asking):
                            ack = await send()
                    except BadResponse as problem:
                        raise self._orders.doubt(endpoint, problem) from problem
                    self._check_ack(plan, endpoint, ack)
                    self._orders.named(record, ack, endpoint)
                    order = await self._read_placed(plan, endpoint, ack, look) or acknowledged(plan, ack, self.id)
            except OrderOutcomeUnknown as question:
                self._orders.mark_unknown(record, question)
                for pause_s in READ_BACK_PAUSES_S:
                    await self._channel.transport.runtime().sleep(pause_s)
                    told = len(question.lookups)
                    try:
                        return await self._orders.seek(record, ask)
                    except OutcomeUnknown:
                        if len(question.lookups) == told:
                            question.lookups.append("not seen")
                raise
            except FuturesAsyncError as error:
                error.client_order_id = plan.local_id
                await self._orders.verdict(record, error)
                self._heard(plan, error)
                raise
            await self._orders.verdict(record, order)
            return order

        record.ask = ask
        return await outcome(self._orders.begin([record], flow), record.abort)

    async def _read_placed(self, plan: PlannedOrder, endpoint: Endpoint[Any], ack: Ack, look: Look) -> Order | None:
        """What waits under the id that was named; None where it cannot be read: placing never fails for that."""
        try:
            with ordered():
                order = await look(ack.order_id, plan.client_order_id)
        except FuturesAsyncError:
            return None
        if order is not None:
            asked = (plan.venue_symbol, plan.request.side, plan.trigger_price)
            if (order.venue_symbol, order.side, order.trigger_price or plan.trigger_price) != asked:
                raise self._orders.doubt(endpoint, ResponseMismatch("the order read back is another one"))
        return order

    def _check_ack(self, plan: PlannedOrder, endpoint: Endpoint[Any], ack: Ack) -> None:
        if not ack.order_id:
            raise self._orders.doubt(endpoint, ResponseMismatch("the venue accepted the order without an id"))
        if self._channel.dialect.traits.echoes_client_id and ack.client_order_id not in (None, plan.client_order_id):
            raise self._orders.doubt(endpoint, ResponseMismatch("the answer names another client order id"))
