"""What is cancelled one by one when all of a contract is: what waits for a price, and what was just being placed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from copy import copy

from futures_async.trading.batch import together
from futures_async.trading.books import Record
from futures_async.trading.cancelling import AFTER_CANCEL_PAUSES_S, PLACED_WITHIN_S, Cancelling
from futures_async.transport.channel import apart
from futures_async.transport.dialect import ADVICE
from futures_async.unified.enums import OrderKind, OrderStatus, Outcome
from futures_async.unified.errors import (
    FuturesAsyncError,
    OrderNotFound,
    OutcomeUnknown,
    ResponseMismatch,
    UnreadRow,
    unread_rows,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Order
from futures_async.unified.rows import seen

logger = logging.getLogger("futures_async.orders")

SOME_ARE_GONE = "others are cancelled, what was refused is not: cancel again once the reason is gone"
"""The advice of a refusal beside which something was cancelled."""


class LateCancels(Cancelling):
    """The parts of `cancel_all_orders` that go by single orders."""

    @property
    def _lists_waiting(self) -> bool:
        return {Capability.FETCH_TRIGGER_ORDERS, Capability.CANCEL_TRIGGER_ORDER} <= self.capabilities

    async def _cancel_waiting(self, venue_symbol: str) -> list[str]:
        """Cancel what waits for a price, each by its id; the ids of those that are gone by it."""
        if not self._lists_waiting:
            return []

        async def cancel(order_id: str) -> None:
            await self.cancel_trigger_order(venue_symbol, order_id=order_id)

        return await self._cancel_each(venue_symbol, lambda: self.fetch_trigger_orders(venue_symbol), cancel)

    async def _cancel_in_parts(self, *cancels: Callable[[], Awaitable[list[str]]]) -> list[str]:
        """Cancel by one after the other, all of them whatever one ends as; the ids of those that are gone."""
        gone, problems = list[str](), list[FuturesAsyncError]()
        for cancel in cancels:
            await part(cancel(), gone, problems)
        if problems:
            raise worst_of(problems, gone)
        return gone

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
        plain = [record for record in under_way if record.plan.kind is OrderKind.PLAIN]
        waiting = [record for record in under_way if record.plan.kind is not OrderKind.PLAIN] if triggers else []
        problems: list[FuturesAsyncError] = []
        open_ones: list[OutcomeUnknown] = []

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

        def wait_for(record: Record) -> Callable[[], Awaitable[None]]:
            async def run() -> None:
                question = await self._told_by_now(record)
                if question is not None:
                    open_ones.append(question)

            return run

        found = await together([*map(one, plain), *map(wait_for, waiting)])
        late = [order_id for order_id in found if order_id is not None]
        if waiting:
            began_ms = self._channel.past_ms()
            with apart(bool(open_ones)):
                listed = await part(self._cancel_waiting(venue_symbol), late, problems)
            # What is in no list past its fence does not wait, whether it was ever placed or not.
            listed = listed and self._lists_waiting
            problems += [one for one in open_ones if not (listed and _is_past(one, began_ms))]
        if problems:
            raise worst_of(problems, late)
        return late

    async def _told_by_now(self, record: Record) -> OutcomeUnknown | None:
        """The question about an order that was under way, if it stays one for longer than `PLACED_WITHIN_S`."""
        await self._placed_soon(record.plan.local_id)
        question = record.error
        # One that is not looked for among plain orders can be seen before its fence only, or not at all.
        if question is not None and (record.ask is not None or self._channel.past(question.fence_until_ms)):
            with suppress(FuturesAsyncError):
                await question.resolve(PLACED_WITHIN_S)
        return self._orders.undecided(record)

    async def _cancel_once_placed(self, venue_symbol: str, record: Record, gone: set[str]) -> str | None:
        """The venue's id of an order that is gone by this."""
        name = record.plan.local_id
        question = await self._told_by_now(record)
        if question is not None:
            if not self._channel.dialect.traits.lookup_by_client_id:
                raise question
            order = await self._cancel_now(venue_symbol, None, name)
        elif not isinstance(record.result, Order):
            self._cancel_is_known(venue_symbol, None, name)
            return None
        elif record.result.order_id in gone or record.result.status.is_final:
            self._cancel_is_known(venue_symbol, None, name, record.result)
            return None
        else:
            order = await self._cancel(venue_symbol, record.result.order_id, None)
        return order.order_id if order.status is OrderStatus.CANCELED and order.order_id not in gone else None

    def _being_edited(self, venue_symbol: str) -> set[str]:
        """Orders of a contract in whose place an edit may still put others: it is under way, or its end is not known.

        Past its fence what it has put there stands among all others, whether its question was settled or not.
        """
        coming = (one for one in self._replacing.values() if not self._channel.past(one.fence_ms))
        return {one.former.order_id for one in coming if one.former.venue_symbol == venue_symbol}

    async def _cancel_edited(self, venue_symbol: str, edited: set[str], gone: set[str]) -> list[str]:
        """Cancel what edits have put in the place of orders while all were cancelled.

        Args:
            venue_symbol: Their contract.
            edited: The venue's ids of those that were being edited when that began.
            gone: Of those that are cancelled.

        Raises:
            OutcomeUnknown: One of the edits may still do so.
        """
        problems: list[FuturesAsyncError] = []

        def one(order_id: str) -> Callable[[], Awaitable[str | None]]:
            async def run() -> str | None:
                question = self._replacing.get(order_id)
                for pause_s in AFTER_CANCEL_PAUSES_S:  # it mostly ends meanwhile
                    await self._channel.transport.runtime().sleep(pause_s)
                    question = self._replacing.get(order_id)
                    if question is None:
                        break
                try:
                    if question is not None:
                        order = await self._cancel_successor(venue_symbol, order_id, question.former)
                    elif self._current_ids(order_id, None) != (order_id, None):
                        order = await self._cancel(venue_symbol, *self._current_ids(order_id, None))
                    else:
                        return None
                except OrderNotFound:
                    return None
                except FuturesAsyncError as error:
                    problems.append(error)
                    return None
                new = order.order_id not in {*gone, order_id}
                return order.order_id if new and order.status is OrderStatus.CANCELED else None

            return run

        edited = edited | self._being_edited(venue_symbol) | (gone & self._successors.keys())
        found = await together([one(order_id) for order_id in sorted(edited)])
        late = [order_id for order_id in found if order_id is not None]
        if problems:
            raise worst_of(problems, late)
        return late

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
            listed, nameless, cut = await ids_of(look(), venue_symbol)
            fresh = listed - tried
            gone += await together([one(order_id) for order_id in sorted(fresh)])
            if cut is None or problems:
                break
            tried |= fresh
            if not fresh:  # lists lag behind cancels
                pause_s = next(pauses, None)
                if pause_s is None:
                    problems.append(cut)
                    break
                await self._channel.transport.runtime().sleep(pause_s)
        if nameless:
            problems.append(unread_rows(nameless))
        ids = [order_id for order_id in gone if order_id is not None]
        if problems:
            raise worst_of(problems, ids)
        return ids


async def part(cancelling: Awaitable[list[str]], gone: list[str], problems: list[FuturesAsyncError]) -> bool:
    """Do a part of a cancel of all, of which the others are done whatever this one ends as; whether it went well."""
    try:
        gone += await cancelling
    except FuturesAsyncError as error:
        gone += error.cancelled
        problems.append(error)
        return False
    return True


def worst_of(problems: Sequence[FuturesAsyncError], gone: Sequence[str]) -> FuturesAsyncError:
    """What a cancel of several ends as: what is not known goes before what was refused, or not sent.

    The others are logged. It names what is gone, and does not advise as if nothing were: as an error of its own, for a
    refusal may be what other callers were told too. A question stays the one that is listed until it is settled.
    """
    worst = max(problems, key=lambda one: one.outcome is Outcome.UNKNOWN)
    for other in problems:
        if other is not worst:
            logger.warning("a cancel of all orders has failed in more than one part: %s", other)
    if not isinstance(worst, OutcomeUnknown):
        cause, worst = worst.__cause__, copy(worst)
        worst.__cause__ = cause
    worst.cancelled = tuple(dict.fromkeys(gone))
    if worst.cancelled and worst.advice in ADVICE.values():
        worst.advice = SOME_ARE_GONE
    return worst


def _is_past(question: OutcomeUnknown, now_ms: int) -> bool:
    """Nothing that the question is about can take effect any more."""
    return question.fence_until_ms is not None and question.fence_until_ms < now_ms


async def ids_of(
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


async def named(reading: Awaitable[list[Order]], venue_symbol: str) -> set[str]:
    """The ids of all of a list of a contract's orders.

    Raises:
        UnreadRows: Not even the ids can be read.
        IncompletePage: There may be more.
        ResponseMismatch: It is another list.
    """
    ids, nameless, cut = await ids_of(reading, venue_symbol)
    if cut is not None:
        raise cut
    if nameless:
        raise unread_rows(nameless)
    return ids
