"""Cancels of orders that wait for a price: to a verdict, where the answer is lost by what has become of the order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from futures_async.trading.cancelling import urgent
from futures_async.trading.hooks import Hooks
from futures_async.trading.planning import one_id
from futures_async.transport.channel import apart
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.verdicts import COPIES
from futures_async.unified.enums import OrderStatus, Outcome
from futures_async.unified.errors import (
    CancelOutcomeUnknown,
    DecodeError,
    FuturesAsyncError,
    OrderNotFound,
    OutcomeUnknown,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Order

Became = Callable[[], Awaitable[Order | DecodeError | OrderNotFound | None]]
"""What has become of an order that waited: itself while it waits, `DecodeError` where it does and its row cannot be
read whole, None where it is cancelled, `OrderNotFound` where it ended otherwise. Raised, `OrderNotFound` proves nothing
until a cancel is over."""


ENDED = {OrderStatus.REJECTED: "the venue refused it", OrderStatus.EXPIRED: "it ran out"}
"""What has ended an order that waited; any other state is of one that was set off."""


class WaitingCancel(NamedTuple):
    """How a waiting order is cancelled."""

    send: Callable[[], Awaitable[object]]
    find: Became
    """Asked where the answer is lost."""
    ids: tuple[str | None, str | None] | None = None
    """The venue's id and ours, where more is known of them than was named."""


class WaitingCancels(Hooks):
    """What cancels of waiting orders have in common."""

    async def _waiting_cancel(self, name: str, ids: tuple[str | None, str | None]) -> WaitingCancel:
        """The cancel of a waiting order by the venue's id or ours, one of which is given; it may read what it needs."""
        self._unsupported("cancel_trigger_order")

    async def cancel_trigger_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> None:
        self._require(Capability.CANCEL_TRIGGER_ORDER)
        venue_symbol, ids = self.venue_symbol(symbol), one_id(order_id, client_order_id)
        how = await self._waiting_cancel(venue_symbol, ids)
        await self._cancel_trigger(venue_symbol, how.ids or ids, how.send, how.find)

    async def _cancel_trigger(
        self, venue_symbol: str, ids: tuple[str | None, str | None], send: Callable[[], Awaitable[object]], find: Became
    ) -> None:
        """Cancel what waits for a price, and go on to the verdict although the caller may be cancelled.

        Args:
            venue_symbol: Its contract.
            ids: The venue's and ours, those that are known; neither: all of the contract.
            send: The call.
            find: Where the answer is lost, what has become of it.

        Raises:
            OrderNotFound: It does not wait (any more): it may have been set off.
            CancelOutcomeUnknown: It still waits, and the cancel may be on its way; or that could not be read.
                `resolve()` reads again: None where it is gone; as it waits, where the cancel can take effect no more,
                or `DecodeError` where that cannot be read whole.
        """
        about, questions = ("cancel_trigger_order", venue_symbol, ids[0] or ids), self._channel.deeds.questions
        which, symbol = ids[0] or ids[1] or "any", self.unified_symbol(venue_symbol)

        def known() -> None:
            # An earlier cancel of all that may still be under way could take what is placed from now on.
            questions.answered(about, past_ms=None if any(ids) else self._channel.past_ms())

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
        over = self._channel.past(unknown.fence_until_ms)
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
        said = ENDED.get(status, "it was set off")
        return OrderNotFound(f"it was not cancelled: {said}", venue=self.id, endpoint=endpoint.name)

    @staticmethod
    def _as_it_waits(read: Callable[[], Order]) -> Order | DecodeError:
        """A row that was seen to wait; the error where it cannot be read whole."""
        try:
            return read()
        except DecodeError as problem:
            return problem
