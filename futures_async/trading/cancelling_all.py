"""Cancelling all orders of a contract, those that wait for a price too: by what stands afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple

import anyio

from futures_async.trading.cancelling import AFTER_CANCEL_PAUSES_S, urgent
from futures_async.trading.late_cancels import LateCancels, ids_of, named, part, worst_of
from futures_async.transport.channel import apart
from futures_async.transport.endpoint import Kind
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    Banned,
    CancelOutcomeUnknown,
    ClientClosed,
    FuturesAsyncError,
    InvalidRequest,
    KeyLocked,
    OutcomeUnknown,
    SettingOutcomeUnknown,
    unread_rows,
)
from futures_async.unified.exchange import Capability

logger = logging.getLogger("futures_async.orders")

LISTED_WITHIN_S = 3.0
"""So long may the list of what is about to be cancelled take; the cancel does not wait for it any longer."""

READ_WITHIN_S = 10.0
"""So long is asked what a cancel of all has left: each reading that hangs takes a read's whole time."""


class Listed(NamedTuple):
    """Open orders before a cancel."""

    ids: set[str]
    whole: bool
    """They are all."""


class CancellingAll(LateCancels):
    """`cancel_all_orders` of every adapter."""

    async def cancel_all_orders(self, symbol: str, *, triggers: bool = True) -> list[str]:
        self._require(Capability.CANCEL_ALL_ORDERS)
        venue_symbol = self.venue_symbol(symbol)

        async def deed() -> list[str]:
            gone, problems = list[str](), list[FuturesAsyncError]()
            under_way, edited = self._orders.under_way(venue_symbol), self._being_edited(venue_symbol)
            # What goes wrong with some does not keep the others.
            plain = await part(self._cancel_everything(symbol, venue_symbol), gone, problems)
            if plain:
                # An earlier one that may still be under way could take what is placed from now on.
                self._channel.deeds.questions.answered(_all_of(venue_symbol), past_ms=self._channel.past_ms())
            if triggers:
                await part(self._cancel_waiting(venue_symbol), gone, problems)
            late = self._cancel_under_way(venue_symbol, under_way, set(gone), triggers=triggers)
            await part(late, gone, problems)
            await part(self._cancel_edited(venue_symbol, edited, set(gone)), gone, problems)
            if problems:
                raise _counted(worst_of(problems, gone), symbol, "orders that wait for a price" if plain else "others")
            return gone

        with urgent():
            return await self._channel.deeds.see_through(deed, Kind.DELTA, cancels=True)

    async def _open_before(self, symbol: str, venue_symbol: str) -> Listed:
        """The open orders that are about to be cancelled, as far as they can be told soon.

        Raises:
            ClientClosed, KeyLocked, Banned, InvalidRequest: A cancel would end no better; none was sent.
        """
        problem: FuturesAsyncError | None = None
        with anyio.move_on_after(LISTED_WITHIN_S):
            try:
                ids, nameless, cut = await ids_of(self.fetch_open_orders(venue_symbol), venue_symbol)
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
            self._say_doubt(error, "all orders", venue_symbol)
        if ids is not None and before <= set(ids):
            return ids
        left, problem, seen_gone = before, None, False
        stand = set[str]()
        until = self._channel.transport.runtime().now() + READ_WITHIN_S
        for pause_s in AFTER_CANCEL_PAUSES_S:
            await self._channel.transport.runtime().sleep(pause_s)
            try:
                with apart():
                    stand = await named(self.fetch_open_orders(venue_symbol), venue_symbol)
                left = before & stand if whole else stand
            except FuturesAsyncError as error:
                problem = error
                if self._channel.transport.runtime().now() >= until:
                    break
                continue
            if not left and (unknown is None or before):
                if unknown is None or seen_gone:
                    # An answer that names others than a whole list may be about something else.
                    return sorted(before if whole else before.union(ids or ()))
                seen_gone = True  # an empty list names nothing: where the answer is lost, one is no proof
                continue
            seen_gone = False
            if unknown is not None and not before:
                break  # no order to judge it by
        lag_ms = int(self._channel.dialect.traits.visibility_lag_s * 1000)
        question = unknown or SettingOutcomeUnknown(
            f"{self.id}: {len(left)} orders were still open, or could not be read, after cancel_all_orders",
            venue=self.id,
            fence_until_ms=self._channel.now_ms() + lag_ms,
        )
        question.symbol = self.unified_symbol(venue_symbol)
        # A venue may have called one cancelled that is seen to stand.
        question.cancelled = tuple(order_id for order_id in question.cancelled if order_id not in stand)

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
        fence_ms = question.fence_until_ms
        until = None if within_s is None else self._channel.transport.runtime().now() + within_s
        pauses = iter(AFTER_CANCEL_PAUSES_S)
        problem: FuturesAsyncError | None = None
        while True:
            over = self._channel.past(fence_ms)
            try:
                with urgent(), apart():
                    stand = await named(self.fetch_open_orders(venue_symbol), venue_symbol)
            except FuturesAsyncError as error:
                problem = error
            else:
                # Before it is over, what was seen to stand tells that it came; where nothing was, nothing does.
                if over or (before.ids and not (before.ids & stand if before.whole else stand)):
                    return sorted(before.ids - stand)
            if over:
                raise question from problem
            await self._until_next_look(question, pauses, until, problem)

    async def _until_next_look(
        self, question: OutcomeUnknown, pauses: Iterator[float], until: float | None, problem: FuturesAsyncError | None
    ) -> None:
        """Wait before it is looked again what became of a call: past its fence in the end, where it has one.

        Args:
            question: About the call.
            pauses: What is left of them, in seconds; after the last of them it goes on, if there is a fence.
            until: By the loop's clock, so long is it looked for; None: as long as it takes.
            problem: What the last look failed with.

        Raises:
            OutcomeUnknown: The question: it is not looked again.
        """
        runtime, fence_ms, pause_s = self._channel.transport.runtime(), question.fence_until_ms, next(pauses, None)
        if fence_ms is None and pause_s is None:
            raise question from problem
        pause_s = AFTER_CANCEL_PAUSES_S[-1] if pause_s is None else pause_s
        if fence_ms is not None:
            pause_s = min(pause_s, max(0.05, self._channel.until_s(fence_ms) + 0.05))
        if until is not None and runtime.now() + pause_s > until:
            raise question from problem
        await runtime.sleep(pause_s)


def _counted(error: FuturesAsyncError, symbol: str, others: str) -> FuturesAsyncError:
    """The same; where it is a reading's, which says nothing of the cancels, it says what is known of them."""
    if error.outcome is None:
        count = len(error.cancelled)
        gone = f"{count} order{'' if count == 1 else 's'} of {symbol} {'is' if count == 1 else 'are'} cancelled"
        error.args = (f"{error.text}; {gone}, and whether {others} stand is not known",)
    return error


def _all_of(venue_symbol: str) -> tuple[str, str]:
    """What a question about a cancel of all orders of a contract is about."""
    return "cancel_all", venue_symbol
