"""Cancels in terms of an adapter's hooks: each ends in a reading of the order, never in a guess."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import anyio
import msgspec

from futures_async.trading.batch import together
from futures_async.trading.hooks import Hooks
from futures_async.trading.planning import one_id
from futures_async.transport.channel import LANE, apart
from futures_async.transport.endpoint import Kind
from futures_async.transport.limits.limiter import Priority
from futures_async.unified.enums import OrderStatus, Outcome
from futures_async.unified.errors import (
    Banned,
    CancelOutcomeUnknown,
    ClientClosed,
    FuturesAsyncError,
    IncompletePage,
    InvalidRequest,
    KeyLocked,
    OrderNotFound,
    OutcomeUnknown,
    ResponseMismatch,
    SettingOutcomeUnknown,
    UnreadRow,
    unread_rows,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import CancelResult, Order
from futures_async.unified.rows import seen

logger = logging.getLogger("futures_async.orders")

AFTER_CANCEL_PAUSES_S = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)


LISTED_WITHIN_S = 3.0
"""So long may the list of what is about to be cancelled take; the cancel does not wait for it any longer."""


class Listed(NamedTuple):
    """Open orders before a cancel."""

    ids: set[str]
    whole: bool
    """They are all."""


class lane:
    """Everything called inside goes through this lane, or one that goes before it."""

    def __init__(self, priority: Priority) -> None:
        self._priority = priority

    def __enter__(self) -> None:
        outer = LANE.get()
        self._token = LANE.set(self._priority if outer is None else min(self._priority, outer))

    def __exit__(self, *error: object) -> None:
        LANE.reset(self._token)


def urgent() -> lane:
    """Before everything else: cancels, closes, and the search for an order whose fate is open."""
    return lane(Priority.URGENT)


def ordered() -> lane:
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
        if question.fence_ms is not None and self._channel.now_ms() > question.fence_ms:
            return former
        symbol = self.unified_symbol(venue_symbol)
        unknown = CancelOutcomeUnknown(
            f"{self.id}: order {name} of {symbol} is {former.status.value}, and an edit of it may still put another "
            "one in its place",
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
        question: OutcomeUnknown | None = None
        if client_order_id is not None:
            await self._orders.placed(client_order_id)
            question = self._orders.question(client_order_id)
        call = self._cancellation(venue_symbol, order_id, client_order_id)
        unknown: CancelOutcomeUnknown | None = None
        gone: OrderNotFound | None = None
        try:
            await self._call(call.endpoint, call.params, call.body)
        except CancelOutcomeUnknown as error:
            unknown = error
        except OrderNotFound as error:
            unknown, gone = self._not_found(error, question)
        return await self._after_cancel(venue_symbol, order_id, client_order_id, unknown, gone)

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

    async def _after_cancel(
        self,
        venue_symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        unknown: CancelOutcomeUnknown | None,
        gone: OrderNotFound | None,
    ) -> Order:
        """Read the order until it is closed; a cancel that may still land leaves an open one unknown."""
        problem: FuturesAsyncError | None = None
        state = "could not be read"
        denied = False
        for pause_s in AFTER_CANCEL_PAUSES_S:
            await self._channel.transport.runtime().sleep(pause_s)
            try:
                with apart(denied):
                    order = await self.fetch_order(venue_symbol, order_id=order_id, client_order_id=client_order_id)
            except OrderNotFound as error:
                if gone is not None and denied:
                    self._cancel_is_known(venue_symbol, order_id, client_order_id)
                    raise gone from None
                denied, problem = True, error
            except FuturesAsyncError as error:
                problem = error
                break
            else:
                if order_id not in (None, order.order_id, order.parent_order_id) or (
                    client_order_id is not None and order.client_order_id not in (None, client_order_id)
                ):
                    problem = ResponseMismatch(f"{self.id}: the order read after the cancel is another one")
                    continue
                if order.status.is_final:
                    self._cancel_is_known(venue_symbol, order_id, client_order_id, order)
                    return order
                if order.order_id != order_id and (order_id is not None or gone is not None):
                    # It goes by another id by now, or the venue finds it by that one alone.
                    cancelled = await self._cancel(venue_symbol, order.order_id, None)
                    self._cancel_is_known(venue_symbol, order_id, client_order_id, cancelled)
                    return cancelled
                state = f"is still {order.status.value}"
                fence_ms = unknown.fence_until_ms if unknown is not None else None
                if (
                    fence_ms is not None
                    and self._channel.now_ms() > fence_ms
                    and order.status is not OrderStatus.UNKNOWN
                ):
                    self._cancel_is_known(venue_symbol, order_id, client_order_id, order)
                    return order
        venue = self._channel.dialect.venue
        open_question = unknown or CancelOutcomeUnknown(
            "", venue=venue, fence_until_ms=self._channel.fence(self._channel.now_ms())
        )
        symbol, said = self.unified_symbol(venue_symbol), open_question.refusal
        open_question.args = (
            f"{venue}: order {order_id or client_order_id} of {symbol} {state} after its cancel"
            f"{'' if said is None else f' (the venue said: {said})'}; read it again before acting",
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
        self._channel.deeds.questions.answered(*(("cancel", venue_symbol, *pair) for pair in pairs))

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        self._require(Capability.CANCEL_ORDERS)
        pairs = [self._current_ids(*one_id(order_id, None)) for order_id in order_ids]
        pairs += [self._current_ids(*one_id(None, client_order_id)) for client_order_id in client_order_ids]

        def one(order_id: str | None, client_order_id: str | None) -> Callable[[], Awaitable[CancelResult]]:
            async def run() -> CancelResult:
                try:
                    order = await self.cancel_order(symbol, order_id=order_id, client_order_id=client_order_id)
                except FuturesAsyncError as error:
                    return CancelResult(order_id=order_id, client_order_id=client_order_id, error=error)
                return CancelResult(order_id=order.order_id, client_order_id=order.client_order_id, order=order)

            return run

        return await together([one(*pair) for pair in pairs])

    async def cancel_all_orders(self, symbol: str, *, triggers: bool = True) -> list[str]:
        self._require(Capability.CANCEL_ALL_ORDERS)
        venue_symbol = self.venue_symbol(symbol)

        async def deed() -> list[str]:
            problem: FuturesAsyncError | None = None
            ids: list[str] = []
            try:
                ids = await self._cancel_everything(symbol, venue_symbol)
            except FuturesAsyncError as error:
                if not triggers:
                    raise
                problem = error  # what goes wrong with those does not keep the others
            waiting = await self._cancel_waiting(venue_symbol) if triggers else []
            if problem is not None:
                raise problem
            return [*ids, *waiting]

        with urgent():
            return await self._channel.deeds.see_through(deed, Kind.DELTA, cancels=True)

    async def _cancel_waiting(self, venue_symbol: str) -> list[str]:
        """Cancel what waits for a price, each by its id; the ids of those that are gone by it."""
        if not {Capability.FETCH_TRIGGER_ORDERS, Capability.CANCEL_TRIGGER_ORDER} <= self.capabilities:
            return []

        async def cancel(order_id: str) -> None:
            await self.cancel_trigger_order(venue_symbol, order_id=order_id)

        return await self._cancel_each(lambda: self.fetch_trigger_orders(venue_symbol), cancel)

    async def _cancel_each(
        self, look: Callable[[], Awaitable[list[Order]]], cancel: Callable[[str], Awaitable[None]]
    ) -> list[str]:
        """Cancel each of a list by its id; the ids of those that are gone by it.

        A venue may show the first of them alone: then it is looked again, until the list is whole.

        Raises:
            IncompletePage: The list stays as long as the venue shows, and names nothing new.
        """
        problems: list[FuturesAsyncError] = []

        def one(order_id: str) -> Callable[[], Awaitable[str | None]]:
            async def run() -> str | None:
                try:
                    await cancel(order_id)
                except OrderNotFound:
                    return None  # it went off, or went, meanwhile
                except FuturesAsyncError as error:
                    problems.append(error)
                    return None
                return order_id

            return run

        gone: list[str | None] = []
        tried: set[str] = set()
        pauses = iter(AFTER_CANCEL_PAUSES_S)
        while True:
            ids, nameless, cut = await _ids(look())
            fresh = ids - tried
            gone += await together([one(order_id) for order_id in sorted(fresh)])
            if cut is None or problems:
                break
            tried |= fresh
            if not fresh:  # lists lag behind cancels
                pause_s = next(pauses, None)
                if pause_s is None:
                    raise cut
                await self._channel.transport.runtime().sleep(pause_s)
        if problems:
            raise problems[0]
        if nameless:
            raise unread_rows(nameless)
        return [order_id for order_id in gone if order_id is not None]

    async def _open_before(self, symbol: str, venue_symbol: str) -> Listed:
        """The open orders that are about to be cancelled, as far as they can be told soon.

        Raises:
            ClientClosed, KeyLocked, Banned, InvalidRequest: A cancel would end no better; none was sent.
        """
        problem: FuturesAsyncError | None = None
        with anyio.move_on_after(LISTED_WITHIN_S):
            try:
                ids, nameless, cut = await _ids(self.fetch_open_orders(venue_symbol))
                if not nameless:
                    return Listed(ids, cut is None)
                problem = unread_rows(nameless)
            except (ClientClosed, KeyLocked, Banned, InvalidRequest) as error:
                error.outcome = Outcome.NOT_SENT
                raise
            except FuturesAsyncError as error:
                problem = error
        # Whatever cannot be read of them, they can be cancelled.
        why = problem or f"it did not come within {LISTED_WITHIN_S:g} s"
        logger.warning("%s: cancelling all orders of %s without a list of them: %s", self.id, symbol, why)
        return Listed(set(), False)

    async def _cancel_everything(self, symbol: str, venue_symbol: str) -> list[str]:
        before, whole = await self._open_before(symbol, venue_symbol)
        # Sent although none may be seen open: a fresh order can be invisible to lookups for a while.
        unknown: OutcomeUnknown | None = None
        ids: list[str] | None = None
        try:
            ids = await self._cancel_all(venue_symbol)
        except (CancelOutcomeUnknown, SettingOutcomeUnknown) as error:
            unknown = error
        if ids is not None and before <= set(ids):
            return ids
        left, problem = before, None
        for pause_s in AFTER_CANCEL_PAUSES_S:
            await self._channel.transport.runtime().sleep(pause_s)
            try:
                with apart():
                    stand = await _named(self.fetch_open_orders(venue_symbol))
                left = before & stand if whole else stand
            except FuturesAsyncError as error:
                problem = error
                continue
            if not left and (unknown is None or before):
                # An answer that names others may be about something else.
                told = set(ids or ()) if not whole or set(ids or ()) <= before else set[str]()
                return sorted(before | told)
            if unknown is not None and not before:
                break  # no order to judge it by
        raise unknown or SettingOutcomeUnknown(
            f"{self.id}: {len(left)} orders were still open, or could not be read, after cancel_all_orders",
            venue=self.id,
            symbol=symbol,
        ) from problem


async def _ids(reading: Awaitable[list[Order]]) -> tuple[set[str], list[UnreadRow], IncompletePage | None]:
    """The ids of a list of orders, also of those rows of which nothing else can be read; rows without one; and whether
    the list is cut off."""
    orders, unread, cut = await seen(reading)
    known = {str(row.facts["order_id"]) for row in unread if "order_id" in row.facts}
    return {order.order_id for order in orders} | known, [row for row in unread if "order_id" not in row.facts], cut


async def _named(reading: Awaitable[list[Order]]) -> set[str]:
    """The ids of all of a list of orders.

    Raises:
        UnreadRows: Not even the ids can be read.
        IncompletePage: There may be more.
    """
    ids, nameless, cut = await _ids(reading)
    if cut is not None:
        raise cut
    if nameless:
        raise unread_rows(nameless)
    return ids
