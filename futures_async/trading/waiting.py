"""Orders that wait for a price: what venues' calls for them have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from futures_async.trading.cancelling import ordered, urgent
from futures_async.trading.closing import before_sending
from futures_async.trading.desk import QUEUE_S, READ_BACK_PAUSES_S, acknowledged
from futures_async.trading.editing import Editing
from futures_async.trading.ordering import Ack, Placement, PlannedOrder, said
from futures_async.trading.planning import as_stop
from futures_async.transport.channel import COPIES, apart
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified.convert import Number, to_decimal, to_text
from futures_async.unified.enums import Intent, OrderKind, OrderStatus, OrderType, Outcome
from futures_async.unified.errors import (
    BadResponse,
    CancelOutcomeUnknown,
    DecodeError,
    FuturesAsyncError,
    InvalidOrder,
    InvalidRequest,
    NotCarried,
    OrderNotFound,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    ResponseMismatch,
)
from futures_async.unified.models import Order, OrderRequest, Stop

Look = Callable[[str | None, str | None], Awaitable[Order | None]]
"""The waiting order with this id of the venue's, or this one of ours; None where none is seen, which proves nothing."""


Became = Callable[[], Awaitable[Order | DecodeError | OrderNotFound | None]]
"""What has become of an order that waited: itself while it waits, `DecodeError` where it does and its row cannot be
read whole, None where it is cancelled, `OrderNotFound` where it was set off. Raised, `OrderNotFound` proves nothing
until a cancel is over."""


class WaitingEdit(NamedTuple):
    """One edit of an order that waits, planned by a reading of it."""

    order_id: str
    carry_out: Callable[[], Awaitable[Order]]
    """Sends it, and reads what stands."""


class Waiting(Editing):
    """Plans what waits for a price, and sees its placing through."""

    async def _edit_in_turn(self, plan: Callable[[], Awaitable[WaitingEdit]]) -> Order:
        """One edit of a waiting order at a time, by whichever id; planned by what the one before has made of it.

        It goes on to its end although its caller may be cancelled: until then the next one cannot be planned.
        """

        async def deed() -> Order:
            ended = self._ends.count
            edit = await plan()
            while True:
                key = ("edit_trigger_order", edit.order_id, "planned")
                result = await self._settings.once(key, partial(self._edit_waits, edit, ended, plan))
                if isinstance(result, Order):
                    return result
                edit, ended = result

        return await self._channel.deeds.see_through(deed, Kind.SETTING)

    async def _edit_waits(
        self, edit: WaitingEdit, ended: int, plan: Callable[[], Awaitable[WaitingEdit]]
    ) -> Order | tuple[WaitingEdit, int]:
        """Carry an edit out, alone; planned anew where another one of its order has ended since that was read.

        Returns:
            Another plan and how many had ended before it, where another order has the id by now.
        """
        question = self._settings.question(("edit_trigger_order", edit.order_id))
        if question is not None:
            await self._edit_settled(question)  # it may still change what this one is planned by
        if question is not None or self._ends.last(edit.order_id) > ended:
            order_id, ended = edit.order_id, self._ends.count
            edit = await plan()
            if edit.order_id != order_id:
                return edit, ended
        try:
            return await edit.carry_out()
        finally:
            self._ends.note(edit.order_id)

    async def _plan_waiting(self, request: OrderRequest, kind: OrderKind) -> PlannedOrder:
        """Plan an order that waits for a price, before anything is sent."""
        with before_sending(request.client_order_id), ordered():
            return await self._plan(request, kind=kind)

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

    async def _plan_trailing(
        self, request: OrderRequest, callback_rate: Number, *, least: Decimal = Decimal(0), most: Decimal
    ) -> tuple[PlannedOrder, Decimal]:
        """Plan a market order that follows the price, and the rate by which this must come back.

        Raises:
            InvalidOrder: The rate is none that the venue takes, or a price is named.
        """
        self._active("create_trailing_order")
        rate = to_decimal(callback_rate, "callback_rate")
        if not (rate > 0 and least <= rate <= most):
            bound = f"at least {to_text(least)}" if least else "above 0"
            raise InvalidOrder(
                f"{self.id}: callback_rate is {bound} and at most {to_text(most)} here, not {to_text(rate)}"
            )
        plan = await self._plan_waiting(request, OrderKind.TRAILING)
        if plan.request.price is not None:
            raise InvalidOrder(f"{self.id}: a trailing order executes at market: it has no price")
        return plan, rate

    async def _place_as_order(self, plan: PlannedOrder, placement: Placement) -> Order:
        """Place it at a venue that knows waiting orders by our ids, as it does all others; see `create_order`."""
        try:
            return await self._orders.place(
                plan, placement, on_unknown="resolve", send_within_s=2.0, resolve_within_s=None
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

        record = self._orders.open(plan)

        async def ask() -> Order | None:
            with urgent():
                return await look(None, plan.client_order_id)

        async def flow() -> Order:
            if plan.client_order_id is not None:  # else nobody could tell by the journal what became of it
                await self._orders.note_intent(record, QUEUE_S)
            try:
                try:
                    ack = await send()
                except BadResponse as problem:
                    raise self._orders.doubt(endpoint, problem) from problem
                self._check_ack(plan, endpoint, ack)
                order = await self._read_placed(plan, endpoint, ack, look) or acknowledged(plan, ack, self.id)
            except OrderOutcomeUnknown as question:
                self._orders.mark_unknown(record, question)
                for pause_s in READ_BACK_PAUSES_S:
                    await self._channel.transport.runtime().sleep(pause_s)
                    try:
                        return await self._orders.seek(record, ask)
                    except OutcomeUnknown:
                        question.lookups.append("not seen")
                    except FuturesAsyncError as problem:
                        question.lookups.append(f"{type(problem).__name__}: {problem.text}")
                raise
            except FuturesAsyncError as error:
                error.client_order_id = plan.local_id
                await self._orders.verdict(record, error)
                self._heard(plan, error)
                raise
            await self._orders.verdict(record, order)
            return order

        record.ask = ask
        return await self._orders.end_of(self._orders.begin([record], flow), [record])

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

    async def _cancel_trigger(
        self, venue_symbol: str, ids: tuple[str | None, str | None], send: Callable[[], Awaitable[object]], find: Became
    ) -> None:
        """Cancel what waits for a price, and go on to the verdict although the caller may be cancelled.

        Args:
            venue_symbol: Its contract.
            ids: As it was named: the venue's id, or ours; neither: all of the contract.
            send: The call.
            find: Where the answer is lost, what has become of it.

        Raises:
            OrderNotFound: It does not wait (any more): it may have been set off.
            CancelOutcomeUnknown: It still waits, and the cancel may be on its way; or that could not be read.
                `resolve()` reads again: None where it is gone; as it waits, where the cancel can take effect no more,
                or `DecodeError` where that cannot be read whole.
        """
        about, questions = ("cancel_trigger_order", venue_symbol, *ids), self._channel.deeds.questions
        which, symbol = ids[0] or ids[1] or "any", self.unified_symbol(venue_symbol)

        def known() -> None:
            # An earlier cancel of all that may still be under way could take what is placed from now on.
            questions.answered(about, past_ms=None if any(ids) else self._channel.now_ms())

        async def lost(question: OutcomeUnknown) -> None:
            async def resolve(_: float | None) -> Order | None:
                found = await self._gone_after(question, find)
                if isinstance(found, DecodeError):
                    question.settled = True
                    raise found
                return found

            question.args = (f"{question.text} [trigger order {which} of {symbol}]",)
            question.symbol, question.client_order_id = symbol, ids[1]
            question.bind(resolve)
            questions.ask(question, about)
            try:
                if await self._gone_after(question, find) is not None:
                    raise question
            except OrderNotFound:
                if any(ids):
                    known()
                    raise
                # Of all: it is over, and none waits, which was wanted.

        async def deed() -> None:
            copies: list[int] = []
            token = COPIES.set(copies)
            try:
                await send()
            except OutcomeUnknown as question:
                await lost(question)
            except OrderNotFound as gone:
                # An attempt before may have ended it: an entry of an answer does not say so, but the copies do.
                if gone.outcome is not Outcome.UNKNOWN and not copies:
                    known()
                    raise
                unknown = CancelOutcomeUnknown(
                    f"{gone.text}; an earlier attempt may have cancelled it",
                    venue=self.id,
                    fence_until_ms=self._channel.fence(self._channel.now_ms()),
                )
                unknown.__cause__ = gone
                await lost(unknown)
            finally:
                COPIES.reset(token)
            known()

        with urgent():
            await self._channel.deeds.see_through(deed, Kind.CANCEL)

    async def _gone_after(self, unknown: OutcomeUnknown, find: Became) -> Order | DecodeError | None:
        """What a cancel whose answer was lost has come to: see `_cancel_trigger`."""
        over = unknown.fence_until_ms is not None and self._channel.now_ms() > unknown.fence_until_ms
        try:
            with urgent(), apart():
                found = await find()
        except FuturesAsyncError as problem:
            if over and isinstance(problem, OrderNotFound):
                raise
            raise unknown from problem
        if isinstance(found, OrderNotFound):
            raise found from unknown
        if isinstance(found, DecodeError) and not over:
            raise unknown from found
        if found is not None and not over:
            raise unknown
        return found

    def _ended_as(self, status: OrderStatus | None, endpoint: Endpoint[Any]) -> OrderNotFound | None:
        """What has become of an order that is not seen to wait, by its state in the venue's list of the past: `Became`.

        Raises:
            OrderNotFound: That does not tell, or not yet.
        """
        if status in (None, OrderStatus.NEW):
            raise OrderNotFound("no such trigger order waits", venue=self.id, endpoint=endpoint.name)
        if status is OrderStatus.CANCELED:
            return None
        return OrderNotFound("it was not cancelled: it was set off", venue=self.id, endpoint=endpoint.name)

    @staticmethod
    def _as_it_waits(read: Callable[[], Order]) -> Order | DecodeError:
        """A row that was seen to wait; the error where it cannot be read whole."""
        try:
            return read()
        except DecodeError as problem:
            return problem

    @staticmethod
    def _changes(*, trigger_price: Number | None, price: Number | None, quantity: Number | None) -> dict[str, Decimal]:
        """What is to be changed of a waiting order, by name.

        Raises:
            InvalidRequest: Nothing, or to 0.
        """
        given = {"trigger_price": trigger_price, "price": price, "quantity": quantity}
        new = {name: to_decimal(value, name) for name, value in given.items() if value is not None}
        if not new or min(new.values()) <= 0:
            raise InvalidRequest("edit_trigger_order needs trigger_price, price or quantity, each above 0")
        return new

    def _changeable(self, order_id: str, now: dict[str, Decimal | None], new: dict[str, Decimal]) -> None:
        """Refuse to give a waiting order what it has not.

        Raises:
            InvalidOrder: A price to one that executes at market, a quantity to one for the whole position.
        """
        if "price" in new and now["price"] is None:
            raise InvalidOrder(f"{self.id}: trigger order {order_id} executes at market: it has no price to change")
        if "quantity" in new and now["quantity"] is None:
            raise InvalidOrder(f"{self.id}: trigger order {order_id} is for the whole position: it has no quantity")

    async def _check_change(self, order: Order, now: dict[str, Decimal | None], new: dict[str, Decimal]) -> None:
        """Hold what a waiting order is to become to the bounds of this object and to its contract's rules.

        Args:
            order: As it waits.
            now: Its `trigger_price`, `price` (None: at market) and `quantity` (None: the whole position).
            new: Those of them that are to be changed.

        Raises:
            InvalidOrder: It breaks them; nothing was sent.
        """
        wanted = now | new
        price, trigger_price, size = wanted["price"], wanted["trigger_price"], wanted["quantity"] or Decimal(0)
        closes = order.reduce_only or order.kind in (OrderKind.TAKE_PROFIT, OrderKind.STOP_LOSS) or not size
        intent = Intent.CLOSE if closes else Intent.OPEN
        with before_sending(order.client_order_id), ordered():
            contract = await self._rules_of(order.venue_symbol, intent)
            at = price or trigger_price
            worth = None if contract is None else contract.contract_value
            if contract is not None and worth is not None and "quantity" not in new and at is not None:
                size = contract.quantity_of(size, at)  # as many dollars, whatever they are at another price
            changed = OrderRequest(
                symbol=order.symbol,
                side=order.side,
                type=OrderType.TRIGGER,
                quantity=size,
                price=price,
                trigger_price=trigger_price,
                intent=intent,
            )
            await self._check_bounds(changed, order.venue_symbol)
            await self._check_rules(changed, order.venue_symbol)

    async def _check_edit(self, symbol: str, order_id: str, price: Number | None, quantity: Number | None) -> None:
        """Hold what an open order is to become to the bounds of this object, if it has any: that costs a read of it.

        Raises:
            InvalidOrder: It breaks them; nothing was sent.
        """
        if self._bounds is None:
            return
        with before_sending(), ordered():
            order = await self.fetch_order(symbol, order_id=order_id)
            wanted = OrderRequest(
                symbol=symbol,
                side=order.side,
                type=OrderType.LIMIT,
                quantity=order.quantity if quantity is None else to_decimal(quantity, "quantity"),
                price=order.price if price is None else to_decimal(price, "price"),
                intent=Intent.CLOSE if order.reduce_only else Intent.OPEN,
            )
            await self._check_bounds(wanted, order.venue_symbol)
