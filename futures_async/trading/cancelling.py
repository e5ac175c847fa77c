"""Cancels in terms of an adapter's hooks: each ends in a reading of the order, never in a guess."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

import anyio
import msgspec

from futures_async.trading.batch import together
from futures_async.trading.hooks import Hooks
from futures_async.trading.planning import one_id, several_ids
from futures_async.trading.search import BETWEEN_ABSENCES_S
from futures_async.transport.channel import LANE, apart
from futures_async.transport.endpoint import Kind
from futures_async.transport.limits.limiter import Priority
from futures_async.unified.enums import OrderStatus, Outcome
from futures_async.unified.errors import (
    CancelOutcomeUnknown,
    FuturesAsyncError,
    OrderNotFound,
    OutcomeUnknown,
    ResponseMismatch,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.inner import Within
from futures_async.unified.models import CancelResult, Order

logger = logging.getLogger("futures_async.orders")

AFTER_CANCEL_PAUSES_S = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)

PLACED_WITHIN_S = 5.0
"""So long is an order that is under way waited for, and looked for; then it is cancelled by our id, where the venue
can, and what is still not known is said: nothing that can be cancelled waits for a fence."""


def lane(priority: Priority) -> Within[Priority | None]:
    """Everything called inside goes through this lane, or one that goes before it."""
    outer = LANE.get()
    return Within(LANE, priority if outer is None else min(priority, outer))


def urgent() -> Within[Priority | None]:
    """Before everything else: cancels, closes, and the search for an order whose fate is open."""
    return lane(Priority.URGENT)


def ordered() -> Within[Priority | None]:
    """As orders do, before plain reads: what an order must know before it is sent, and its reading back."""
    return lane(Priority.ORDER)


class Cancelling(Hooks):
    """The cancels of every adapter."""

    async def cancel_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        self._require(Capability.CANCEL_ORDER)
        order_id, client_order_id = self._current_ids(*one_id(order_id, client_order_id))
        venue_symbol = self.venue_symbol(symbol)

        async def deed() -> Order:
            order = await self._cancel(venue_symbol, order_id, client_order_id)
            return await self._cancel_successor(venue_symbol, order_id or client_order_id or "", order)

        with urgent():
            return await self._channel.deeds.see_through(deed, Kind.CANCEL)

    async def _cancel_successor(self, venue_symbol: str, name: str, former: Order) -> Order:
        """Cancel what an edit has put in an order's place, or may have: who cancels the one means the other too.

        Raises:
            CancelOutcomeUnknown: Something may still take its place.
        """
        question = self._replacing.get(name)
        if question is None:
            # By the id of the order that was read: under a client id there may be both.
            current = self._current_ids(former.order_id, None)
            # It has its place since the cancel was sent.
            return former if current == (former.order_id, None) else await self._cancel(venue_symbol, *current)
        try:
            order = await self._cancel(venue_symbol, None, question.client_order_id)
        except OrderNotFound:
            order = former
        if order.order_id != former.order_id:
            self._succeeds(order, former)
            return msgspec.structs.replace(order, replaces=former.order_id)
        if name not in self._replacing:
            return await self._cancel_successor(venue_symbol, name, former)
        if self._channel.past(question.fence_ms):
            return former
        symbol = self.unified_symbol(venue_symbol)
        unknown = CancelOutcomeUnknown(
            f"{self.id}: an edit of order {name} of {symbol} may still put another one in its place",
            venue=self.id,
            symbol=symbol,
            client_order_id=question.client_order_id,
            fence_until_ms=question.fence_ms,
        )

        async def resolve(deadline_s: float | None) -> Order:
            return await self._cancel_successor(venue_symbol, name, former)

        unknown.bind(resolve)
        raise unknown

    async def _cancel(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> Order:
        await self._placed_soon(client_order_id)
        return await self._cancel_now(venue_symbol, order_id, client_order_id)

    async def _placed_soon(self, client_order_id: str | None) -> None:
        """Let an order that is just being placed come to its verdict, for as long as a cancel can wait."""
        if client_order_id is not None:
            with anyio.move_on_after(PLACED_WITHIN_S):
                await self._orders.placed(client_order_id)

    async def _cancel_now(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> Order:
        """Cancel one order, also one that may still be under way."""
        question = self._question_of(client_order_id)
        call = self._cancellation(venue_symbol, order_id, client_order_id)
        unknown: CancelOutcomeUnknown | None = None
        gone: OrderNotFound | None = None
        missed = False
        try:
            await self._call(call.endpoint, call.params, call.body)
        except CancelOutcomeUnknown as error:
            unknown = error
            self._say_doubt(error, f"order {order_id or client_order_id}", venue_symbol)
        except OrderNotFound as error:
            unknown, gone = self._not_found(error, question)
            missed = True
        return await self._after_cancel(venue_symbol, order_id, client_order_id, unknown, gone, missed=missed)

    def _say_doubt(self, unknown: OutcomeUnknown, what: str, venue_symbol: str) -> None:
        """At once: reading what came of a cancel may take as long as the cancel did."""
        cause = unknown.__cause__
        logger.warning(
            "%s: cancelling %s of %s: %s; what stands may still fill: it is read now",
            self.id,
            what,
            self.unified_symbol(venue_symbol),
            cause.text if isinstance(cause, FuturesAsyncError) else unknown.text,
        )

    def _question_of(self, client_order_id: str | None) -> OutcomeUnknown | None:
        """That about the placing of an order of ours, unless somebody has taken it out."""
        return None if client_order_id is None else self._orders.undecided(self._orders.record(client_order_id))

    def _not_found(
        self, reason: OrderNotFound, question: OutcomeUnknown | None
    ) -> tuple[CancelOutcomeUnknown | None, OrderNotFound | None]:
        """What a cancel that found nothing leaves open, or else the reason that the order is gone.

        Args:
            reason: The order was filled or cancelled before, or never there: it itself knows.
            question: That about its placing. While it is open, the order may still be under way, and land after the
                cancel: nothing found is no verdict.
        """
        if question is None:
            return None, reason
        return CancelOutcomeUnknown("", venue=self.id, fence_until_ms=question.fence_until_ms), None

    async def _cancel_as_order(
        self, venue_symbol: str, ids: tuple[str | None, str | None], *, tells: bool = False
    ) -> None:
        """Cancel what waits for a price as an order is cancelled, where the venue keeps both in one system.

        Args:
            venue_symbol: Its contract.
            ids: As it was named: the venue's id, or ours.
            tells: A good answer says that it is gone; else that the request was taken, and it is read.

        Raises:
            OrderNotFound: It is not open any more, or never was: it may have been set off, and filled.
            CancelOutcomeUnknown: It is still open, or could not be read.
        """
        call = self._cancellation(venue_symbol, *ids)

        async def deed() -> None:
            unknown: CancelOutcomeUnknown | None = None
            try:
                await self._call(call.endpoint, call.params, call.body)
            except CancelOutcomeUnknown as error:
                unknown = error
                self._say_doubt(error, f"order {ids[0] or ids[1]}", venue_symbol)
            except OrderNotFound as gone:
                if gone.outcome is not Outcome.UNKNOWN:  # else gone by an earlier attempt of this cancel, or set off
                    raise
            else:
                if tells:
                    self._cancel_is_known(venue_symbol, *ids)
                    return
            order = await self._after_cancel(venue_symbol, *ids, unknown, None)
            if order.status is not OrderStatus.CANCELED:
                text = f"it was not cancelled: it is {order.status.value}"
                raise OrderNotFound(text, venue=self.id, endpoint=call.endpoint.name) from unknown

        with urgent():
            await self._channel.deeds.see_through(deed, Kind.CANCEL)

    async def _after_cancel(
        self,
        venue_symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        unknown: CancelOutcomeUnknown | None,
        gone: OrderNotFound | None,
        *,
        missed: bool = False,
    ) -> Order:
        """Read the order until it is closed; a cancel that may still land leaves an open one unknown.

        With `missed` the cancel found none: one that is seen open has landed since, and is cancelled by its id.
        """
        problem: FuturesAsyncError | None = None
        state = "could not be read"
        denied_at: float | None = None
        fence_ms = None if unknown is None else unknown.fence_until_ms
        over = self._channel.past(fence_ms)  # nor can what it is of land any more
        runtime, clock = self._channel.transport.runtime(), self._channel.transport.clock
        for pause_s in AFTER_CANCEL_PAUSES_S:
            await runtime.sleep(pause_s)
            try:
                with apart(over or denied_at is not None):
                    order = await self.fetch_order(venue_symbol, order_id=order_id, client_order_id=client_order_id)
            except OrderNotFound as error:
                ours = None if client_order_id is None else self._orders.record(client_order_id)
                free = ours is not None and ours.free  # it was never placed
                denied_s = -1.0 if denied_at is None else runtime.now() - denied_at
                past = over and fence_ms is not None and clock.server_seen_ms > fence_ms
                if free or (gone is not None and denied_s >= 0) or (past and denied_s >= BETWEEN_ABSENCES_S):
                    self._cancel_is_known(venue_symbol, order_id, client_order_id)
                    raise gone or error from None
                problem = error
                if denied_at is None:
                    denied_at = runtime.now()
            except FuturesAsyncError as error:
                problem = error
                break
            else:
                became, _ = self._current_ids(order_id, client_order_id)  # as this reading tells, or another one's
                moved = became != order_id and order.order_id == became
                if not moved and (
                    order_id not in (None, order.order_id, order.parent_order_id)
                    or (client_order_id is not None and order.client_order_id not in (None, client_order_id))
                ):
                    problem = ResponseMismatch(f"{self.id}: the order read after the cancel is another one")
                    continue
                if order.status.is_final:
                    self._cancel_is_known(venue_symbol, order_id, client_order_id, order)
                    return order
                named = order_id is not None or gone is not None or missed
                if moved or (order.order_id != order_id and named):
                    # It goes by another id by now, or the venue finds it by that one alone.
                    cancelled = await self._cancel(venue_symbol, order.order_id, None)
                    self._cancel_is_known(venue_symbol, order_id, client_order_id, cancelled)
                    return cancelled
                state = f"is still {order.status.value}"
                if self._channel.past(fence_ms) and order.status is not OrderStatus.UNKNOWN:
                    self._cancel_is_known(venue_symbol, order_id, client_order_id, order)
                    return order
        venue = self._channel.dialect.venue
        open_question = unknown or CancelOutcomeUnknown(
            "", venue=venue, fence_until_ms=self._channel.fence(self._channel.now_ms())
        )
        symbol, said = self.unified_symbol(venue_symbol), open_question.refusal
        open_question.args = (
            f"{venue}: order {order_id or client_order_id} of {symbol} {state} after its cancel"
            f"{'' if said is None else f' (the venue said: {said.text})'}; read it again before acting",
        )
        open_question.symbol, open_question.client_order_id = symbol, client_order_id

        async def resolve(deadline_s: float | None) -> Order:
            order = await self._after_cancel(venue_symbol, order_id, client_order_id, open_question, gone)
            return await self._cancel_successor(venue_symbol, order_id or client_order_id or "", order)

        open_question.bind(resolve)
        self._channel.deeds.questions.ask(open_question, ("cancel", venue_symbol, order_id, client_order_id))
        raise open_question from open_question.refusal or problem or open_question.__cause__

    def _cancel_is_known(
        self, venue_symbol: str, order_id: str | None, client_order_id: str | None, order: Order | None = None
    ) -> None:
        """What earlier cancels of an order have left open is known now."""
        pairs = {(order_id, client_order_id)}
        if order is not None:
            pairs |= {(order.order_id, None), (None, order.client_order_id)}
        questions = self._channel.deeds.questions
        if order is not None and order.status.is_final and questions.open():
            for name in self._former_ids(order.order_id):
                pairs |= {(name, None), (None, name)}
        questions.answered(*(("cancel", venue_symbol, *pair) for pair in pairs))

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        self._require(Capability.CANCEL_ORDERS)
        pairs = [self._current_ids(*pair) for pair in several_ids(order_ids, client_order_ids)]

        def one(order_id: str | None, client_order_id: str | None) -> Callable[[], Awaitable[CancelResult]]:
            async def run() -> CancelResult:
                try:
                    order = await self.cancel_order(symbol, order_id=order_id, client_order_id=client_order_id)
                except FuturesAsyncError as error:
                    return CancelResult(order_id=order_id, client_order_id=client_order_id, error=error)
                return CancelResult(order_id=order.order_id, client_order_id=order.client_order_id, order=order)

            return run

        return await together([one(*pair) for pair in pairs])
