"""Conditional orders of `Binance`: a second order system beside the regular one, with ids and lists of its own."""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import everything, positive_or_none, side_by_side
from futures_async.adapters._rows import all_of
from futures_async.adapters.binance import endpoints, wire
from futures_async.adapters.binance.account import BinanceAccount
from futures_async.adapters.binance.orders import (
    ALGO_ID,
    algo_body,
    algo_orders,
    orders,
    read_algo_ack,
    trailing_body,
)

CANCELED = "CANCELED"
SET_OFF = frozenset({"TRIGGERED", "FINISHED", "REJECTED", "EXPIRED"})
"""It was not cancelled, and cannot be any more; one that is `TRIGGERING` is neither."""


class BinanceTriggers(fa.Trailing, BinanceAccount):
    """Orders that wait for a price. Their ids begin with `algo:`; `fetch_order` and `cancel_order` know them too."""

    callback = fa.Callback(Decimal("0.001"), Decimal("0.2"))

    async def create_trigger_order(self, request: fa.OrderRequest) -> fa.Order:
        """Place an order that waits for `request.trigger_price`, by the last price unless `trigger_by` says the mark.

        No margin is reserved before: it may be refused once it goes off. It becomes a regular order then.

        Raises:
            InvalidOrder: The trigger price is the price of now.
            OrderNotPlaced, OrderOutcomeUnknown: As of `create_order`: it is looked for by its client order id.
        """
        self._active("create_trigger_order")
        plan = await self._plan_waiting(request, fa.OrderKind.TRIGGER)
        with self._before_placing(plan):
            body = algo_body(plan, await self._price_now(plan))
        return await self._place_as_order(plan, fa.Placement(endpoints.PLACE_ALGO, body, read_algo_ack))

    async def _place_trailing(self, plan: fa.PlannedOrder, percent: str) -> fa.Order:
        placement = fa.Placement(endpoints.PLACE_ALGO, trailing_body(plan, percent), read_algo_ack)
        return await self._place_as_order(plan, placement)

    async def _price_now(self, plan: fa.PlannedOrder) -> Decimal:
        """The price that the trigger is compared with.

        Raises:
            DecodeError: None was told.
        """
        name, by_mark = plan.venue_symbol, plan.request.trigger_by is fa.PriceSource.MARK
        endpoint: fa.Endpoint[Any] = endpoints.PREMIUM if by_mark else endpoints.DAY_TICKER
        row = await self._call(endpoint, {"symbol": name}, about=all_of(name))
        found = positive_or_none(row.mark_price if by_mark else row.last_price, "price")
        if found is None:
            raise fa.DecodeError(f"{self.id}: no price of {name} came", path="price")
        return found

    async def _waiting_cancel(self, name: str, ids: tuple[str | None, str | None]) -> fa.WaitingCancel:
        def send() -> Awaitable[object]:
            return self._call(endpoints.CANCEL_ALGO, self._algo_ids(*ids))

        async def find() -> fa.Order | fa.DecodeError | fa.OrderNotFound | None:
            row = await self._algo(*ids)
            if row.algo_status == CANCELED:
                return None
            if row.algo_status in SET_OFF:
                text = f"it was not cancelled: it is {row.algo_status}"
                return fa.OrderNotFound(text, venue=self.id, endpoint=endpoints.CANCEL_ALGO.name)
            return self._as_it_waits(lambda: algo_orders().one(self._of(name, row, ids[0] or ids[1])))

        return fa.WaitingCancel(send, find)

    async def cancel_all_trigger_orders(self, symbol: str) -> None:
        """Cancel all waiting orders of a contract, in one call; the venue names none.

        Raises:
            OutcomeUnknown: It may be on its way. `resolve()` ends as `OrderNotFound` once it is over and none waits.

        https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Cancel-All-Algo-Open-Orders
        """
        name = self.venue_symbol(symbol)

        def send() -> Awaitable[object]:
            return self._call(endpoints.CANCEL_ALGOS, {"symbol": name})

        async def find() -> fa.Order | None:
            for order in await self.fetch_trigger_orders(name):
                return order
            raise fa.OrderNotFound(f"none of {name} waits", venue=self.id, endpoint=endpoints.OPEN_ALGOS.name)

        await self._cancel_trigger(name, (None, None), send, find)

    @staticmethod
    def _algo_ids(order_id: str | None, client_order_id: str | None) -> dict[str, str | int | None]:
        if order_id is None:
            return {"clientAlgoId": client_order_id}
        return {"algoId": order_id.removeprefix(ALGO_ID)}

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the waiting orders; one that has gone off is a regular order."""
        return algo_orders().all(await self._list(endpoints.OPEN_ALGOS, self._name(symbol)))

    async def fetch_trigger_history(
        self,
        symbol: str,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[fa.Order]:
        """Read conditional orders of a contract in any state, newest first: of 90 days, of three what never traded.

        Of one for the whole position that has traded, the regular order that it became is read too, as nothing else
        tells whether it was filled; where that is forgotten it is `unknown`.

        Raises:
            IncompletePage: What is older than the venue keeps was asked for.

        https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-All-Algo-Orders
        """
        query = fa.PageQuery(symbol=self.venue_symbol(symbol), since_ms=since_ms, until_ms=until_ms, limit=limit)
        ask = self._asking(endpoints.ALL_ALGOS, algo_orders())

        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
            return await self._past(endpoints.ORDER_PAGE, query, cursor, ask)

        past = await everything(page, query, key=lambda order: order.order_id)

        async def ended(order: fa.Order) -> list[fa.Order]:
            number = became(order.raw)
            if order.status is not fa.OrderStatus.UNKNOWN or number is None:
                return [order]
            try:
                regular = await self._regular(order.venue_symbol, number, None)
            except fa.OrderNotFound:
                return [order]
            return [msgspec.structs.replace(order, status=regular.status)]

        return await side_by_side(ended, past)

    async def _algo(self, order_id: str | None, client_order_id: str | None) -> wire.WireAlgoOrder:
        """A conditional order as the venue tells of it.

        Raises:
            OrderNotFound: The venue does not know it (now).
        """
        number = None if order_id is None else order_id.removeprefix(ALGO_ID)

        def about(row: wire.WireAlgoOrder) -> bool:
            return number in (None, str(row.algo_id)) and client_order_id in (None, row.client_algo_id)

        return await self._call(endpoints.ALGO, self._algo_ids(order_id, client_order_id), about=about)

    async def _fetch_waiting(self, symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """One conditional order that waits, or ended so; of one that has gone off, the regular order that came of it.

        Raises:
            OrderNotFound: The venue does not know it (now).
        """
        name, row = self.venue_symbol(symbol), await self._algo(order_id, client_order_id)
        waiting = algo_orders().one(self._of(name, row, order_id or client_order_id))
        number = became(row)
        if number is None:
            return waiting
        try:
            order = await self._regular(name, number, None)
        except fa.OrderNotFound:
            return waiting  # not to be seen yet, or not any more
        self._succeeds(order, waiting)
        own = waiting.client_order_id or order.client_order_id
        return msgspec.structs.replace(order, parent_order_id=waiting.order_id, client_order_id=own)

    async def _regular(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """One order of the first system.

        Raises:
            OrderNotFound: The venue does not know it (now).
        """

        def about(row: wire.WireOrder) -> bool:
            return order_id in (None, str(row.order_id)) and client_order_id in (None, row.client_order_id)

        params = {"symbol": name, **regular_ids(order_id, client_order_id)}
        row = await self._call(endpoints.ORDER, params, about=about)
        return orders().one(self._of(name, row, order_id or client_order_id))


def became(row: wire.WireAlgoOrder) -> str | None:
    """The id of the regular order that a conditional one has become."""
    number = str(row.actual_order_id or "0")
    return number if number.isdecimal() and number != "0" else None


def regular_ids(order_id: str | None, client_order_id: str | None) -> dict[str, str | None]:
    """How a call names an order of the first system."""
    return {"orderId": order_id} if order_id is not None else {"origClientOrderId": client_order_id}
