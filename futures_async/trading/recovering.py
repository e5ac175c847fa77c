"""Orders of which an id alone is left, here or by another process: what became of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from futures_async.trading.books import QUEUE_S
from futures_async.trading.cancelling import urgent
from futures_async.trading.closing import Closing
from futures_async.trading.hooks import proves_absence
from futures_async.trading.ordering import Fingerprint
from futures_async.trading.planning import check_client_order_id
from futures_async.trading.search import LONGEST_FENCE_S, Search
from futures_async.unified.enums import OrderType
from futures_async.unified.errors import FuturesAsyncError, OutcomeUnknown
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Order

if TYPE_CHECKING:
    from futures_async.journal.journal import IntentRecord  # only those who keep one pay for it

logger = logging.getLogger("futures_async.orders")


class Recovering(Closing):
    """Finds out what became of orders, and says what is open."""

    async def resolve_order(
        self, symbol: str, client_order_id: str, *, fence_until_ms: int | None = None
    ) -> Order | None:
        self._require(Capability.RESOLVE_ORDER)
        check_client_order_id(client_order_id, self._channel.dialect.traits)
        if self.needs_contract and self._orders.request(client_order_id) is None:  # no row of it could be read
            await self._refuse_unknown(Capability.RESOLVE_ORDER, symbol)
        return await self._resolve_order(self.venue_symbol(symbol), client_order_id, fence_until_ms, waits=False)

    async def _resolve_order(
        self,
        venue_symbol: str,
        client_order_id: str,
        fence_ms: int | None,
        *,
        waits: bool,
        expected: Fingerprint | None = None,
    ) -> Order | None:
        """See `resolve_order`.

        Args:
            venue_symbol: The order's contract.
            client_order_id: The id that it was sent under.
            fence_ms: Venue time after which it can no longer land.
            waits: It waits for a price, and is known to calls of its own alone: see `proves_absence`.
            expected: What is found must have this fingerprint.

        Raises:
            ResponseMismatch: It has another one.
            OrderOutcomeUnknown: It is an order that waits for a price, and none is seen.
        """
        symbol = self.unified_symbol(venue_symbol)
        with urgent():
            await self._channel.know_time()
        own = self._orders.request(client_order_id)
        search = Search(venue_symbol, symbol, client_order_id, fence_ms, expected)
        if own is not None and expected is not None and (own.side, own.type) != (expected.side, expected.type):
            raise search.unknown(self._channel, "this object has placed another order under its id")
        if own is not None or not waits:
            return await self._orders.resolve(venue_symbol, symbol, client_order_id, fence_ms, expected)
        order: Order | None
        try:
            order = await self._seen_waiting(search)
        except FuturesAsyncError as problem:
            logger.warning("%s: looking for %s among what waits: %s", self.id, client_order_id, problem)
            order = None
        if order is not None:
            return search.confirm(order, self._channel)
        await self._past_fence(fence_ms)
        why = "among orders that wait for a price it is not seen, and that proves nothing: look at fetch_trigger_orders"
        try:
            order = await self._seen_waiting(search)
        except FuturesAsyncError as problem:
            raise search.unknown(self._channel, f"{why} ({problem.text})") from problem
        if order is None:
            raise search.unknown(self._channel, why)
        return search.confirm(order, self._channel)

    async def _resolve_intent(self, record: IntentRecord) -> Order | None:
        """See `resolve_intent`."""
        contract = self._known_contract(record.venue_symbol)
        sized = contract is not None and contract.contract_value is None
        # What contracts are that are worth quote coin follows from a price that is not known here.
        at_its_price = record.type is OrderType.LIMIT and not self._channel.dialect.traits.moves_prices
        expected = Fingerprint(
            record.venue_symbol,
            record.side,
            record.type,
            record.quantity if record.quantity and (sized or at_its_price) else None,
            record.price,
            record.intent,
            None,
            None,
        )
        self._require(Capability.RESOLVE_ORDER)
        return await self._resolve_order(
            record.venue_symbol,
            record.client_order_id,
            record.fence_ms,
            waits=not proves_absence(self, record.type),
            expected=expected,
        )

    async def _past_fence(self, fence_ms: int | None) -> None:
        """Wait until what may be under way has landed."""
        channel = self._channel
        if fence_ms is None:
            fence_ms = channel.fence(channel.now_ms() + int(QUEUE_S * 1000))
        if fence_ms is not None and (left_s := channel.until_s(fence_ms, QUEUE_S)) > 0.0:
            # One hours ahead comes from a clock that was wrong at signing.
            await channel.transport.runtime().sleep(min(left_s, LONGEST_FENCE_S))

    async def _seen_waiting(self, search: Search) -> Order | None:
        """The order among those that wait for a price; another one's row is none."""
        with urgent():
            order = await self._find_waiting(search.venue_symbol, search.client_order_id or "")
        return order if order is None or order.client_order_id in (None, search.client_order_id) else None

    def unresolved(self) -> list[OutcomeUnknown]:
        kept = [*self._orders.unresolved(), *self._settings.unresolved()]
        return [
            *kept,
            *(one for one in self._channel.deeds.questions.open() if all(one is not other for other in kept)),
        ]

    def outcome(self, client_order_id: str) -> Order | FuturesAsyncError | None:
        return self._orders.outcome(client_order_id)


async def resolve_intent(exchange: FuturesExchange, record: IntentRecord) -> Order | None:
    """Find out what became of an order that a journal tells of: see `FuturesExchange.resolve_order`.

    Raises:
        ResponseMismatch: Another order stands under its id.
        OrderOutcomeUnknown: It cannot be told.
    """
    name, own_id, fence_ms = record.venue_symbol, record.client_order_id, record.fence_ms
    if not isinstance(exchange, Recovering):
        return await exchange.resolve_order(name, own_id, fence_until_ms=fence_ms)
    return await exchange._resolve_intent(record)  # pyright: ignore[reportPrivateUsage] - of this very class
