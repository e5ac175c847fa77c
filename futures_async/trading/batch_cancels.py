"""Several cancels in one call of the venue's, each judged alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from futures_async.trading.batch import together
from futures_async.trading.cancelling import Cancelling, urgent
from futures_async.trading.ordering import Call
from futures_async.trading.planning import several_ids
from futures_async.transport.dialect import Refusal
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified.errors import (
    CancelOutcomeUnknown,
    ExchangeError,
    FuturesAsyncError,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import CancelResult

Pair = tuple[str | None, str | None]
"""Order id or client order id; the other one is None."""


class BatchCancels(Cancelling):
    """`cancel_orders` by the venue's batch. The list of ids that is sent is never empty."""

    max_cancels: ClassVar[int] = 1
    """Orders in one call."""
    cancels_by_one_id: ClassVar[bool] = False
    """A call names its orders by the venue's ids or by ours, never some by these and some by those."""

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[Pair]) -> Call:
        """The call that cancels the orders of these ids."""
        self._unsupported("cancel_orders")

    def _cancel_refusals(self, answer: Any) -> Mapping[str, Refusal | ExchangeError] | Sequence[Refusal | None]:
        """Why single cancels were refused: by order id and by client id, or where refusals name neither, by place.

        What is not refused for certain, and all of it where places do not match, is read for what became of it: where
        an adapter reads no refusals, that is every order.
        """
        return {}

    def _refused(self, endpoint: Endpoint[Any], answer: Any, pairs: Sequence[Pair]) -> dict[str, ExchangeError]:
        """The refusals of a batch by the ids that were sent."""
        found = self._cancel_refusals(answer)
        if isinstance(found, Mapping):
            reasons = dict(found)
        elif len(found) == len(pairs):
            places = zip(pairs, found, strict=True)
            reasons = {_name(pair): reason for pair, reason in places if reason is not None}
        else:
            reasons = {}
        judged = self._channel.dialect.judged
        return {
            name: judged(reason, endpoint) if isinstance(reason, Refusal) else reason
            for name, reason in reasons.items()
        }

    def _doubt(self, reason: ExchangeError) -> CancelOutcomeUnknown:
        """What the venue's word for one of several leaves open."""
        fence_ms = self._channel.fence(self._channel.now_ms())
        doubt = CancelOutcomeUnknown("", venue=self.id, fence_until_ms=fence_ms)
        doubt.refusal = reason
        return doubt

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        self._require(Capability.CANCEL_ORDERS)
        pairs = [self._current_ids(*pair) for pair in several_ids(order_ids, client_order_ids)]
        venue_symbol, places = self.venue_symbol(symbol), range(len(pairs))
        lists = [list(places)]
        if self.cancels_by_one_id:
            lists = [[place for place in places if (pairs[place][0] is None) is ours] for ours in (False, True)]
        pieces = [
            part[start : start + self.max_cancels] for part in lists for start in range(0, len(part), self.max_cancels)
        ]
        # All are written before one is sent: what can be no id is refused while nothing has gone.
        calls = [self._batch_cancellation(venue_symbol, [pairs[place] for place in piece]) for piece in pieces]
        results: dict[int, CancelResult] = {}
        with urgent():
            for piece, call in zip(pieces, calls, strict=True):
                chosen = [pairs[place] for place in piece]
                try:
                    # What became of each is read although the caller may be cancelled meanwhile.
                    deed = partial(self._cancel_batch, venue_symbol, call, chosen)
                    told = await self._channel.deeds.see_through(deed, Kind.CANCEL)
                except FuturesAsyncError as error:  # closed meanwhile: what the others came to is known
                    if not results:
                        raise
                    told = _each(chosen, error)
                results |= zip(piece, told, strict=True)
        return [results[place] for place in places]

    async def _cancel_batch(self, venue_symbol: str, call: Call, pairs: Sequence[Pair]) -> list[CancelResult]:
        """Cancel in one call, then read each order."""
        unknown: CancelOutcomeUnknown | None = None
        refused: dict[str, ExchangeError] = {}
        questions: dict[str, OutcomeUnknown] = {}
        names = [client_order_id for _, client_order_id in pairs if client_order_id is not None]
        await together([partial(self._placed_soon, name) for name in names])
        for name in names:
            question = self._question_of(name)
            if question is not None:
                questions[name] = question
        try:
            answer = await self._call(call.endpoint, call.params, call.body)
        except CancelOutcomeUnknown as error:
            unknown, error.settled = error, True  # each order's own question takes its place
        except OrderNotFound as error:
            # None of them is open: each is read for what became of it.
            refused = {name: error for pair in pairs for name in pair if name is not None}
        except FuturesAsyncError as error:
            return _each(pairs, error)
        else:
            refused = self._refused(call.endpoint, answer, pairs)

        def settle(pair: Pair) -> Callable[[], Awaitable[CancelResult]]:
            async def run() -> CancelResult:
                order_id, client_order_id = pair
                reason, doubt = refused.get(_name(pair)), _own(unknown)
                gone: OrderNotFound | None = None
                if isinstance(reason, OrderNotFound):
                    open_one, gone = self._not_found(reason, questions.get(client_order_id or ""))
                    doubt = open_one or doubt
                try:
                    if reason is not None and not isinstance(reason, OrderNotFound):
                        # A copy of this call may have gone before, and be why another is one too many.
                        if reason.definitive and not isinstance(reason, RateLimited):
                            raise reason
                        doubt = self._doubt(reason)
                    order = await self._after_cancel(venue_symbol, order_id, client_order_id, doubt, gone)
                    order = await self._cancel_successor(venue_symbol, _name(pair), order)
                except FuturesAsyncError as error:
                    return CancelResult(order_id=order_id, client_order_id=client_order_id, error=error)
                return CancelResult(order_id=order.order_id, client_order_id=order.client_order_id, order=order)

            return run

        return await together([settle(pair) for pair in pairs])


def _each(pairs: Sequence[Pair], error: FuturesAsyncError) -> list[CancelResult]:
    """What keeps all of them."""
    return [CancelResult(order_id=order_id, client_order_id=name, error=error) for order_id, name in pairs]


def _name(pair: Pair) -> str:
    """The id that was sent."""
    return pair[0] or pair[1] or ""


def _own(unknown: CancelOutcomeUnknown | None) -> CancelOutcomeUnknown | None:
    """Each entry's own error object: it will carry the entry's ids."""
    if unknown is None:
        return None
    own = CancelOutcomeUnknown(
        unknown.text, venue=unknown.venue, attempts=unknown.attempts, fence_until_ms=unknown.fence_until_ms
    )
    own.__cause__ = unknown.__cause__
    return own
