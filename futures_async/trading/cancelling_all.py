"""Cancelling all orders of a contract, those that wait for a price too: by what stands afterwards."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import anyio

from futures_async.trading.batch import together
from futures_async.trading.books import Record
from futures_async.trading.cancelling import AFTER_CANCEL_PAUSES_S, Cancelling, urgent
from futures_async.transport.channel import apart
from futures_async.transport.endpoint import Kind
from futures_async.unified.enums import OrderKind, OrderStatus, Outcome
from futures_async.unified.errors import (
    Banned,
    CancelOutcomeUnknown,
    ClientClosed,
    FuturesAsyncError,
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
from futures_async.unified.models import Order
from futures_async.unified.rows import seen

logger = logging.getLogger("futures_async.orders")

LISTED_WITHIN_S = 3.0
"""So long may the list of what is about to be cancelled take; the cancel does not wait for it any longer."""


class Listed(NamedTuple):
    """Open orders before a cancel."""

    ids: set[str]
    whole: bool
    """They are all."""


class CancellingAll(Cancelling):
    """`cancel_all_orders` of every adapter."""

    async def cancel_all_orders(self, symbol: str, *, triggers: bool = True) -> list[str]:
        self._require(Capability.CANCEL_ALL_ORDERS)
        venue_symbol = self.venue_symbol(symbol)

        async def deed() -> list[str]:
            problem: FuturesAsyncError | None = None
            ids: list[str] = []
            under_way = self._orders.under_way(venue_symbol)
            try:
                ids = await self._cancel_everything(symbol, venue_symbol)
            except FuturesAsyncError as error:
                if not triggers:
                    raise
                problem = error  # what goes wrong with those does not keep the others
            waiting = await self._cancel_waiting(venue_symbol) if triggers else []
            late = await self._cancel_under_way(venue_symbol, under_way, {*ids, *waiting}, triggers=triggers)
            if problem is not None:
                raise problem
            # An earlier one that may still be under way could take what is placed from now on.
            self._channel.deeds.questions.answered(_all_of(venue_symbol), past_ms=self._channel.now_ms())
            return [*ids, *waiting, *late]

        with urgent():
            return await self._channel.deeds.see_through(deed, Kind.DELTA, cancels=True)

    async def _cancel_waiting(self, venue_symbol: str) -> list[str]:
        """Cancel what waits for a price, each by its id; the ids of those that are gone by it."""
        if not {Capability.FETCH_TRIGGER_ORDERS, Capability.CANCEL_TRIGGER_ORDER} <= self.capabilities:
            return []

        async def cancel(order_id: str) -> None:
            await self.cancel_trigger_order(venue_symbol, order_id=order_id)

        return await self._cancel_each(venue_symbol, lambda: self.fetch_trigger_orders(venue_symbol), cancel)

    async def _cancel_under_way(
        self, venue_symbol: str, under_way: list[Record], gone: set[str], *, triggers: bool
    ) -> list[str]:
        """Cancel orders of this object that were under way, and may have landed after all others were cancelled.

        Args:
            venue_symbol: Their contract.
            under_way: What the books say of them.
            gone: The venue's ids of what is cancelled.
            triggers: Those that wait for a price, too.

        Raises:
            OutcomeUnknown: Of one it is not known whether it stands, or whether it was cancelled.
        """
        mine = [record for record in under_way if triggers or record.plan.kind is OrderKind.PLAIN]
        problems: list[FuturesAsyncError] = []

        def one(record: Record) -> Callable[[], Awaitable[str | None]]:
            async def run() -> str | None:
                try:
                    return await self._cancel_once_placed(venue_symbol, record, gone)
                except OrderNotFound:
                    return None
                except FuturesAsyncError as error:
                    problems.append(error)
                    return None

            return run

        found = await together([one(record) for record in mine])
        waiting = [record for record in mine if record.plan.kind is not OrderKind.PLAIN]
        more = await self._cancel_waiting(venue_symbol) if waiting else []
        if problems:
            raise problems[0]
        return [*(order_id for order_id in found if order_id is not None), *more]

    async def _cancel_once_placed(self, venue_symbol: str, record: Record, gone: set[str]) -> str | None:
        """The venue's id of an order that is gone by this; one that waits for a price is only waited for."""
        name, plain = record.plan.local_id, record.plan.kind is OrderKind.PLAIN
        await self._orders.placed(name)
        question = record.error
        if question is not None and (question.fence_until_ms or math.inf) < self._channel.now_ms():
            await question.resolve()  # it can be told by now
        if record.error is not None:
            if not plain or not self._channel.dialect.traits.lookup_by_client_id:
                raise record.error
            order = await self._cancel(venue_symbol, None, name)
        elif not plain or not isinstance(record.result, Order):
            return None
        elif record.result.order_id in gone or record.result.status.is_final:
            self._cancel_is_known(venue_symbol, None, name, record.result)
            return None
        else:
            order = await self._cancel(venue_symbol, record.result.order_id, None)
        return order.order_id if order.status is OrderStatus.CANCELED and order.order_id not in gone else None

    async def _cancel_each(
        self, venue_symbol: str, look: Callable[[], Awaitable[list[Order]]], cancel: Callable[[str], Awaitable[None]]
    ) -> list[str]:
        """Cancel each of a contract's list by its id; the ids of those that are gone by it.

        A venue may show the first of them alone: then it is looked again, until the list is whole.

        Raises:
            IncompletePage: The list stays as long as the venue shows, and names nothing new.
            ResponseMismatch: It stays one with orders of another contract.
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
            ids, nameless, cut = await _ids(look(), venue_symbol)
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
                ids, nameless, cut = await _ids(self.fetch_open_orders(venue_symbol), venue_symbol)
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
                    stand = await _named(self.fetch_open_orders(venue_symbol), venue_symbol)
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
        lag_ms = int(self._channel.dialect.traits.visibility_lag_s * 1000)
        question = unknown or SettingOutcomeUnknown(
            f"{self.id}: {len(left)} orders were still open, or could not be read, after cancel_all_orders",
            venue=self.id,
            fence_until_ms=self._channel.now_ms() + lag_ms,
        )
        question.symbol = self.unified_symbol(venue_symbol)

        async def resolve(deadline_s: float | None) -> list[str]:
            return await self._gone_by_now(question, venue_symbol, Listed(before, whole), deadline_s)

        question.bind(resolve)
        self._channel.deeds.questions.ask(question, _all_of(venue_symbol))
        raise question from problem or question.__cause__

    async def _gone_by_now(
        self, question: OutcomeUnknown, venue_symbol: str, before: Listed, within_s: float | None
    ) -> list[str]:
        """Which of the orders that stood before a cancel of all are gone, once it is over.

        Raises:
            OutcomeUnknown: Some stand, or may, and the cancel may be on its way.
        """
        runtime, fence_ms = self._channel.transport.runtime(), question.fence_until_ms
        until = None if within_s is None else runtime.now() + within_s
        pauses = iter(AFTER_CANCEL_PAUSES_S)
        problem: FuturesAsyncError | None = None
        while True:
            over = fence_ms is not None and self._channel.now_ms() >= fence_ms
            try:
                with urgent(), apart():
                    stand = await _named(self.fetch_open_orders(venue_symbol), venue_symbol)
            except FuturesAsyncError as error:
                problem = error
            else:
                # Before it is over, what was seen to stand tells that it came; where nothing was, nothing does.
                if over or (before.ids and not (before.ids & stand if before.whole else stand)):
                    return sorted(before.ids - stand)
            pause_s = next(pauses, None)
            if over or (fence_ms is None and pause_s is None):
                raise question from problem
            pause_s = AFTER_CANCEL_PAUSES_S[-1] if pause_s is None else pause_s
            if fence_ms is not None:
                pause_s = min(pause_s, max(0.05, (fence_ms - self._channel.now_ms()) / 1000 + 0.05))
            if until is not None and runtime.now() + pause_s > until:
                raise question from problem
            await runtime.sleep(pause_s)


def _all_of(venue_symbol: str) -> tuple[str, str]:
    """What a question about a cancel of all orders of a contract is about."""
    return "cancel_all", venue_symbol


async def _ids(
    reading: Awaitable[list[Order]], venue_symbol: str
) -> tuple[set[str], list[UnreadRow], FuturesAsyncError | None]:
    """The ids of a list of a contract's orders, also of those rows of which nothing else can be read; rows without one;
    and why there may be more: it is cut off, or names another contract's orders, and is another list then."""
    orders, unread, cut = await seen(reading)
    known = {str(row.facts["order_id"]) for row in unread if "order_id" in row.facts}
    mine = {order.order_id for order in orders if order.venue_symbol == venue_symbol}
    nameless = [row for row in unread if "order_id" not in row.facts]
    if cut is None and len(mine) < len({order.order_id for order in orders}):
        return mine | known, nameless, ResponseMismatch(f"a list of orders of {venue_symbol} holds those of another")
    return mine | known, nameless, cut


async def _named(reading: Awaitable[list[Order]], venue_symbol: str) -> set[str]:
    """The ids of all of a list of a contract's orders.

    Raises:
        UnreadRows: Not even the ids can be read.
        IncompletePage: There may be more.
        ResponseMismatch: It is another list.
    """
    ids, nameless, cut = await _ids(reading, venue_symbol)
    if cut is not None:
        raise cut
    if nameless:
        raise unread_rows(nameless)
    return ids
