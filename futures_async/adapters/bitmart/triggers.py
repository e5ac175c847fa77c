"""BitMart's orders that wait for a price: plan orders, take-profit and stop-loss, trailing orders.

https://developer-pro.bitmart.com/en/futuresv2/
"""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import as_request, one_id, required_id, unread_of, walks
from futures_async.adapters._rows import some_of, text_or_none
from futures_async.adapters.bitmart import endpoints, orders, requests, wire, words
from futures_async.adapters.bitmart.account import BitMartAccount
from futures_async.adapters.bitmart.wire import WireIds

OPEN_ROWS = 100
"""Most rows that the lists of open and of waiting orders show."""
TRAILING = "trailing"
NOT_TRAILING = frozenset(words.ORDER_TYPE) - {TRAILING}

Body: TypeAlias = dict[str, Any]


class BitMartTriggers(fa.TriggerEdits, fa.PositionStops[list[fa.Order]], fa.Trailing, BitMartAccount):
    """Everything that waits."""

    waits_apart = True
    changeable = ("trigger_price", "price")
    callback = fa.Callback(Decimal("0.001"), Decimal("0.05"))

    async def create_trigger_order(self, request: fa.OrderRequest) -> fa.Order:
        """Place an order that waits for `request.trigger_price`, by the last price unless `trigger_by` says the mark.

        One that opens is a plan order, for which the venue has no client order id; one that closes is a take-profit
        or stop-loss for the stated quantity, by which side of the last price its trigger lies on.

        Raises:
            InvalidOrder: A client order id on an opening one, or a trigger at the price of now.
            OrderOutcomeUnknown: It may wait at the venue: that `resolve()` does not see it proves nothing. `lookups`
                name what waits on the same terms, where the venue keeps no id of ours.
        """
        self._active("create_trigger_order")
        opens = as_request(request).intent is fa.Intent.OPEN
        if opens and request.client_order_id is not None:
            raise fa.InvalidOrder(f"{self.id}: plan orders have no field for a client_order_id; leave it out")
        plan = await self._plan_waiting(request, fa.OrderKind.TRIGGER)
        if opens:
            plan = msgspec.structs.replace(plan, client_order_id=None)
        with self._before_placing(plan):
            now = await self._prices_now(plan)
        endpoint = endpoints.SUBMIT_PLAN_ORDER if opens else endpoints.SUBMIT_TP_SL_ORDER
        body = (requests.plan_body if opens else requests.tp_sl_body)(plan, now)
        if not opens:
            plan = msgspec.structs.replace(plan, kind=fa.OrderKind(body["type"]))
        return await self._submit(endpoint, body, plan)

    async def _prices_now(self, plan: fa.PlannedOrder) -> tuple[Decimal, ...]:
        """Between which the price lies that the trigger is compared with: no call tells the mark price of now."""
        ticker = await self.fetch_ticker(plan.venue_symbol)
        if plan.request.trigger_by is not fa.PriceSource.MARK or ticker.index_price is None:
            return (ticker.last_price,)
        return ticker.last_price, ticker.index_price

    async def _submit(self, endpoint: fa.Endpoint[WireIds], body: Body, plan: fa.PlannedOrder) -> fa.Order:
        async def send() -> fa.Ack:
            return fa.Ack(required_id((await self._call(endpoint, body=body)).order_id, "order_id"))

        async def look(order_id: str | None, client_order_id: str | None) -> fa.Order | None:
            if order_id is not None:
                return None  # the acknowledgement says it all
            if client_order_id is not None:
                return await self._find_waiting(plan.venue_symbol, client_order_id)
            await self._tell_alike(plan)
            return None

        return await self._place_trigger(plan, endpoint, send, look)

    async def _find_waiting(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        try:
            return await self._waiting(venue_symbol, None, client_order_id)
        except fa.OrderNotFound:
            return None

    async def _tell_alike(self, plan: fa.PlannedOrder) -> None:
        """Of an order without an id of ours: name those that it may be, which is for the caller to say."""
        question, request = self._orders.question(plan.local_id), plan.request
        if question is None:
            return
        if plan.kind is fa.OrderKind.TRAILING:
            found = await self.fetch_trailing_orders(plan.venue_symbol)
        else:
            rows = (await self._all_waiting(plan.venue_symbol)).rows
            found = [order for order in rows if order.trigger_price == request.trigger_price]
        same = [order.order_id for order in found if (order.side, order.quantity) == (request.side, request.quantity)]
        if same:
            question.lookups.append(f"waiting on the same terms, under no id of ours: {', '.join(same)}")

    async def _waiting_cancel(self, name: str, ids: tuple[str | None, str | None]) -> fa.WaitingCancel:
        def send() -> Awaitable[object]:
            return self._call(endpoints.CANCEL_PLAN_ORDER, body={"symbol": name, **requests.id_fields(*ids)})

        async def find() -> fa.Order | fa.DecodeError:
            row, contract = await self._waiting_row(name, *ids), await self._contract_held(name)
            return self._as_it_waits(lambda: orders.trigger_orders().one(row, contract))

        return fa.WaitingCancel(send, find)

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the waiting conditional, take-profit and stop-loss orders.

        Raises:
            IncompletePage: 100 rows, which is all that the venue shows.
        """
        return (await self._all_waiting(None if symbol is None else self.venue_symbol(symbol))).whole()

    async def _plans(self, name: str | None) -> list[wire.WirePlanOrder]:
        return await self._call(endpoints.PLAN_ORDERS, {"symbol": name, "limit": OPEN_ROWS}, about=some_of(name))

    async def _all_waiting(self, name: str | None) -> fa.Read[fa.Order]:
        rows = await self._plans(name)
        return walks.complete(await self._as(orders.trigger_orders(), rows), OPEN_ROWS, f"{self.id}: trigger orders")

    async def _waiting(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        row = await self._waiting_row(name, order_id, client_order_id)
        return orders.trigger_orders().one(row, await self._contract_held(name))

    async def _waiting_row(self, name: str, order_id: str | None, client_order_id: str | None) -> wire.WirePlanOrder:
        """One that waits, found by its id alone."""
        rows = await self._plans(name)
        for row in rows:
            if words.names(row.symbol, name) and (
                str(row.order_id) == order_id
                or (order_id is None and text_or_none(row.client_order_id) == client_order_id)
            ):
                return row
        walks.certain(fa.Read(rows, unread_of(rows)), OPEN_ROWS, f"{self.id}: trigger orders")
        raise fa.OrderNotFound("no such trigger order waits", venue=self.id, endpoint=endpoints.PLAN_ORDERS.name)

    async def _waiting_now(self, name: str, ids: tuple[str | None, str | None]) -> tuple[fa.Order, fa.WaitingValues]:
        order = await self._waiting(name, *ids)
        stands = requests.stop_of(order)
        return order, {"trigger_price": stands.price, "price": stands.limit_price, "quantity": order.quantity or None}

    def _waiting_edit(self, order: fa.Order, now: fa.WaitingValues, new: dict[str, Decimal]) -> fa.WaitingEdit:
        wanted = fa.Stop(new.get("trigger_price", requests.stop_of(order).price), None, (now | new)["price"])
        return fa.WaitingEdit(order.order_id, lambda: self._edit_waiting(order, wanted))

    async def _edit_waiting(self, now: fa.Order, wanted: fa.Stop) -> fa.Order:
        """Have a waiting order say what is wanted; the price that it goes by stays where none is named."""
        if now.kind in requests.PROTECTION:
            endpoint, body = endpoints.MODIFY_TP_SL_ORDER, requests.tp_sl_change(now, wanted)
        else:
            endpoint, body = endpoints.MODIFY_PLAN_ORDER, requests.plan_change(now, wanted)
        return await self._apply(
            ("edit_trigger_order", now.order_id),
            f"{wanted.limit_price or 'market'} at {wanted.price}",
            send=lambda: self._call(endpoint, body=body),
            read=lambda: self._waiting(now.venue_symbol, now.order_id, None),
            stands=lambda found: (found.trigger_price, found.price) == (wanted.price, wanted.limit_price),
        )

    async def _put_position_stops(
        self, venue_symbol: str, side: fa.PositionSide, stops: dict[str, fa.Stop]
    ) -> list[fa.Order]:
        """One call for each, by the last price unless a `Stop` says another. What waits for the whole position already
        is changed. The orders that wait then."""
        waiting = await self._whole_stops(venue_symbol, side)
        for word, stop in stops.items():
            if word in waiting:
                await self._edit_waiting(waiting[word], stop)
                continue
            body = requests.position_stop_body(venue_symbol, side, word, stop)
            try:
                await self._call(endpoints.SUBMIT_TP_SL_ORDER, body=body)
            except fa.OrderOutcomeUnknown as unknown:
                unknown.symbol = self.unified_symbol(venue_symbol)
                raise
        return [order for word, order in (await self._whole_stops(venue_symbol, side)).items() if word in stops]

    async def _whole_stops(self, name: str, side: fa.PositionSide) -> dict[str, fa.Order]:
        """What waits for the whole position, `take_profit` and `stop_loss`.

        Raises:
            UnreadRows: Some of what waits cannot be read: it may be one of these.
        """
        return {
            order.kind.value: order
            for order in (await self._all_waiting(name)).whole()
            if order.kind in requests.PROTECTION and requests.is_whole(order) and words.held_by(order.raw.side) is side
        }

    async def set_order_stops(
        self,
        symbol: str,
        order_id: str,
        *,
        take_profit: fa.Number | fa.Stop | None = None,
        stop_loss: fa.Number | fa.Stop | None = None,
    ) -> fa.Order:
        """Change the take profit and stop loss that an open order brings along; read it back.

        By the last price unless a `Stop` says otherwise; they execute at market.
        """
        stops = self._stops("set_order_stops", take_profit=take_profit, stop_loss=stop_loss)
        if any(stop.limit_price is not None for stop in stops.values()):
            raise fa.InvalidOrder(f"{self.id}: what an order brings along executes at market: it has no limit_price")
        name = self.venue_symbol(symbol)
        body: Body = {"symbol": name, **requests.id_fields(order_id, None)}
        for word, stop in stops.items():
            body |= requests.preset(word, stop)

        def stands(order: fa.Order) -> bool:
            return all(
                words.positive(getattr(order.raw, f"preset_{word}_price"), word) == stop.price
                for word, stop in stops.items()
            )

        return await self._apply(
            ("set_order_stops", order_id),
            tuple(f"{word} {stop}" for word, stop in sorted(stops.items())),
            send=lambda: self._call(endpoints.MODIFY_PRESETS, body=body),
            read=lambda: self.fetch_order(name, order_id=order_id),
            stands=stands,
        )

    # Trailing orders

    async def create_trailing_order(self, request: fa.OrderRequest, callback_rate: fa.Number) -> fa.Order:
        if as_request(request).client_order_id is not None:
            raise fa.InvalidOrder(f"{self.id}: trailing orders have no field for a client_order_id; leave it out")
        return await super().create_trailing_order(request, callback_rate)

    async def _place_trailing(self, plan: fa.PlannedOrder, percent: str) -> fa.Order:
        """By the last price unless `trigger_by` says another. `fetch_trailing_orders` lists them."""
        plan = msgspec.structs.replace(plan, client_order_id=None)
        leverage, mode = plan.request.leverage, plan.request.margin_mode
        if leverage is None or mode is None:
            # The venue asks closing ones for both, too.
            with self._before_placing(plan):
                standing = await self._opening_terms(plan.venue_symbol)
            leverage, mode = leverage or standing[0], mode or standing[1]
        body = requests.trail_body(plan, percent, leverage, mode)
        return await self._submit(endpoints.SUBMIT_TRAIL_ORDER, body, plan)

    async def _cancel_waiting(self, venue_symbol: str) -> list[str]:
        others = super()._cancel_waiting

        async def cancel(order_id: str) -> None:
            await self.cancel_trailing_order(venue_symbol, order_id)

        async def trailing() -> list[str]:
            return await self._cancel_each(venue_symbol, lambda: self.fetch_trailing_orders(venue_symbol), cancel)

        return await self._cancel_in_parts(lambda: others(venue_symbol), trailing)

    async def cancel_trailing_order(self, symbol: str, order_id: str) -> None:
        """Cancel a trailing order by its id."""
        body = {"symbol": self.venue_symbol(symbol), **requests.id_fields(*one_id(order_id, None))}
        await self._call(endpoints.CANCEL_TRAIL_ORDER, body=body)

    async def fetch_trailing_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the waiting trailing orders; activation price and callback rate (percent) are in `raw`.

        Raises:
            IncompletePage: 100 rows, which is all that the venue shows.
        """
        name = None if symbol is None else self.venue_symbol(symbol)
        params = {"symbol": name, "type": TRAILING, "limit": OPEN_ROWS}
        rows = await self._call(endpoints.OPEN_ORDERS, params, about=some_of(name))
        read = await self._as(orders.orders(), rows)
        found, unread = walks.complete(read, OPEN_ROWS, f"{self.id}: trailing orders")
        return fa.Read([order for order in found if str(order.raw.type) not in NOT_TRAILING], unread).whole()
