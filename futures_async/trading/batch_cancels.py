"""Several cancels in one call of the venue's, each judged alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from futures_async.trading.batch import together
from futures_async.trading.cancelling import Cancelling, urgent
from futures_async.trading.ordering import Call
from futures_async.trading.planning import one_id
from futures_async.unified.errors import CancelOutcomeUnknown, ExchangeError, FuturesAsyncError, OrderNotFound
from futures_async.unified.exchange import Capability
from futures_async.unified.models import CancelResult

Pair = tuple[str | None, str | None]
"""Order id or client order id; the other one is None."""


class BatchCancels(Cancelling):
    """`cancel_orders` by the venue's batch. The list of ids that is sent is never empty."""

    max_cancels: ClassVar[int]
    """Orders in one call."""

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[Pair]) -> Call:
        """The call that cancels the orders of these ids."""
        raise NotImplementedError

    def _cancel_refusals(self, answer: Any) -> dict[str, ExchangeError]:
        """Why single cancels were refused, by order id and by client id."""
        raise NotImplementedError

    def _refused_cancels(self, answer: Any, ids: Sequence[Pair]) -> dict[str, ExchangeError]:
        """The same at venues whose refusals do not name their order, and are told apart by the ids that were sent."""
        return self._cancel_refusals(answer)

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        self._require(Capability.CANCEL_ORDERS)
        pairs = [self._current_ids(*one_id(order_id, None)) for order_id in order_ids]
        pairs += [self._current_ids(*one_id(None, client_order_id)) for client_order_id in client_order_ids]
        venue_symbol = self.venue_symbol(symbol)
        results: list[CancelResult] = []
        for start in range(0, len(pairs), self.max_cancels):
            results += await self._cancel_batch(venue_symbol, pairs[start : start + self.max_cancels])
        return results

    async def _cancel_batch(self, venue_symbol: str, pairs: Sequence[Pair]) -> list[CancelResult]:
        """Cancel in one call, then read each order."""
        call = self._batch_cancellation(venue_symbol, pairs)
        unknown: CancelOutcomeUnknown | None = None
        refused: dict[str, ExchangeError] = {}
        with urgent():
            for _, client_order_id in pairs:
                if client_order_id is not None:
                    await self._orders.placed(client_order_id)
            try:
                answer = await self._call(call.endpoint, call.params, call.body)
            except CancelOutcomeUnknown as error:
                unknown = error
            except OrderNotFound as error:
                # None of them is open: each is read for what became of it.
                refused = {name: error for pair in pairs for name in pair if name is not None}
            except FuturesAsyncError as error:
                return [
                    CancelResult(order_id=order_id, client_order_id=client_order_id, error=error)
                    for order_id, client_order_id in pairs
                ]
            else:
                refused = self._refused_cancels(answer, pairs)

            def settle(pair: Pair) -> Callable[[], Awaitable[CancelResult]]:
                async def run() -> CancelResult:
                    order_id, client_order_id = pair
                    reason = refused.get(order_id or client_order_id or "")
                    try:
                        if reason is not None and not isinstance(reason, OrderNotFound):
                            raise reason
                        order = await self._after_cancel(venue_symbol, order_id, client_order_id, _own(unknown), reason)
                    except FuturesAsyncError as error:
                        return CancelResult(order_id=order_id, client_order_id=client_order_id, error=error)
                    return CancelResult(order_id=order.order_id, client_order_id=order.client_order_id, order=order)

                return run

            return await together([settle(pair) for pair in pairs])


def _own(unknown: CancelOutcomeUnknown | None) -> CancelOutcomeUnknown | None:
    """Each entry's own error object: it will carry the entry's ids."""
    if unknown is None:
        return None
    own = CancelOutcomeUnknown(
        str(unknown), venue=unknown.venue, attempts=unknown.attempts, fence_until_ms=unknown.fence_until_ms
    )
    own.__cause__ = unknown.__cause__
    return own
