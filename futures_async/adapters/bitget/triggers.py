"""Trigger, take-profit and stop-loss orders of `Bitget`: they live beside the regular orders, in lists of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import everything, first, in_turn, one_id, required_id, to_text
from futures_async.adapters._rows import listed, readable, text_or_none
from futures_async.adapters.bitget import endpoints
from futures_async.adapters.bitget.account import DEPTH_MS
from futures_async.adapters.bitget.mapping import WIRE_POSITION_SIDE
from futures_async.adapters.bitget.orders import (
    PLAN_FIELDS,
    PLAN_STATUS,
    PLANS,
    stop_change,
    stop_fields,
    trigger_item,
    trigger_orders,
    trigger_type,
    waiting_values,
)
from futures_async.adapters.bitget.placing import BitgetPlacing, read_ack
from futures_async.adapters.bitget.wire_orders import WireAck, WirePlanOrder, WirePlanOrders, WireStops
from futures_async.adapters.bitget.wire_venue import WireTriggered

PLAN_GROUPS = ("normal_plan", "track_plan", "profit_loss")
# "In one-way mode buy names the long position": the other family of words is refused with 43011.
ONE_WAY_HOLD_SIDE = {fa.PositionSide.LONG: "buy", fa.PositionSide.SHORT: "sell"}


def _held_side(side: fa.PositionSide, mode: fa.PositionMode | None) -> str:
    return WIRE_POSITION_SIDE[side] if mode is fa.PositionMode.HEDGE else ONE_WAY_HOLD_SIDE[side]


class BitgetTriggers(fa.TriggerEdits, fa.PartStops, fa.PositionStops[list[WireStops]], fa.Trailing, BitgetPlacing):
    """Orders that wait for a price."""

    waits_apart = True
    callback = fa.Callback(Decimal(0), Decimal("0.1"))

    async def create_trigger_order(self, request: fa.OrderRequest) -> fa.Order:
        """Place an order that waits for `request.trigger_price`, by the mark price unless `trigger_by` says another."""
        self._active("create_trigger_order")
        plan = await self._plan_waiting(request, fa.OrderKind.TRIGGER)
        return await self._place(endpoints.PLACE_PLAN, self._trigger_body(plan), plan)

    async def _place_trailing(self, plan: fa.PlannedOrder, percent: str) -> fa.Order:
        """By the mark price unless `trigger_by` says another."""
        body = self._trigger_body(plan) | {"planType": "track_plan", "callbackRatio": percent}
        return await self._place(endpoints.PLACE_PLAN, body, plan)

    async def _place_stop(self, plan: fa.PlannedOrder) -> fa.Order:
        """By the mark price unless a `Stop` says another."""
        request = plan.request
        body = {
            **self._settled_params(plan.venue_symbol),
            "planType": "loss_plan" if plan.kind is fa.OrderKind.STOP_LOSS else "profit_plan",
            "triggerPrice": to_text(plan.trigger_price),
            "triggerType": trigger_type(request.trigger_by),
            "holdSide": _held_side(plan.position_side, plan.position_mode),
            "size": to_text(request.quantity),
            "clientOid": plan.client_order_id,
            **fa.given({"executePrice": fa.written(request.price)}),
        }
        return await self._place(endpoints.PLACE_STOP, body, plan)

    def _trigger_body(self, plan: fa.PlannedOrder) -> dict[str, Any]:
        if plan.position_mode is None:
            raise fa.InvalidRequest(f"{self.id}: a trigger order needs the position mode")
        return self._frame(plan) | trigger_item(
            plan.request, plan.client_order_id, plan.position_mode, plan.trigger_price
        )

    async def _place(self, endpoint: fa.Endpoint[WireAck], body: dict[str, Any], plan: fa.PlannedOrder) -> fa.Order:
        async def send() -> fa.Ack:
            return read_ack(await self._call(endpoint, body=body))

        async def look(order_id: str | None, client_order_id: str | None) -> fa.Order | None:
            if client_order_id is not None and order_id is None:
                return await self._find_waiting(plan.venue_symbol, client_order_id)
            row = await self._waiting(plan.venue_symbol, order_id, client_order_id)
            return None if row is None else trigger_orders(self.product_type).one(row)

        return await self._place_trigger(plan, endpoint, send, look)

    async def _find_waiting(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        """Among those that wait, and those that have waited."""
        row = await self._waiting(venue_symbol, None, client_order_id)
        if row is None:
            row = await self._waiting(venue_symbol, None, client_order_id, endpoints.PLAN_HISTORY)
        return None if row is None else trigger_orders(self.product_type).one(row)

    async def _waiting_cancel(self, name: str, ids: tuple[str | None, str | None]) -> fa.WaitingCancel:
        row = await self._waiting(name, *ids)
        if row is None:
            raise fa.OrderNotFound("no such trigger order waits", venue=self.id, endpoint=endpoints.CANCEL_PLAN.name)
        target = str(row.order_id)
        body = {
            "orderIdList": [{"orderId": target}],
            **self._settled_params(name),
            # The row's own type: with a group's name the venue reports success and cancels nothing.
            "planType": required_id(row.plan_type, "planType"),
        }

        async def send() -> None:
            batch = await self._call(endpoints.CANCEL_PLAN, body=body)
            for failure in batch.failure_list or ():
                raise self._failure(failure, endpoints.CANCEL_PLAN)
            if target not in {text_or_none(item.order_id) for item in batch.success_list or ()}:
                raise fa.CancelOutcomeUnknown(
                    f"{self.id}: the answer does not name trigger order {target}; read it again before acting",
                    venue=self.id,
                    fence_until_ms=self._channel.fence(self._channel.now_ms()),
                )

        async def find() -> fa.Order | fa.DecodeError | fa.OrderNotFound | None:
            row = await self._waiting(name, target, None)
            if row is not None:
                return self._as_it_waits(lambda: trigger_orders(self.product_type).one(row))
            past = await self._waiting(name, target, None, endpoints.PLAN_HISTORY)
            status = None if past is None else PLAN_STATUS.get(str(past.plan_status).lower())
            return self._ended_as(status, endpoints.PLAN_HISTORY)

        return fa.WaitingCancel(send, find, (target, ids[1]))

    async def _waiting_now(self, name: str, ids: tuple[str | None, str | None]) -> tuple[fa.Order, fa.WaitingValues]:
        row = await self._waiting(name, *ids)
        if row is None:
            raise fa.OrderNotFound("no such trigger order waits", venue=self.id, endpoint=endpoints.PLAN_PENDING.name)
        return trigger_orders(self.product_type).one(row), waiting_values(row)

    def _waiting_change(self, order: fa.Order, now: fa.WaitingValues, new: dict[str, Decimal]) -> fa.WaitingChange:
        wanted, kind = now | new, order.raw.plan_type
        body = {**self._settled_params(order.venue_symbol), "orderId": order.order_id}
        if kind in PLANS:
            endpoint = endpoints.MODIFY_PLAN
            del body["marginCoin"]
            body |= {"planType": kind} | {PLAN_FIELDS[name]: to_text(value) for name, value in new.items()}
        else:
            endpoint = endpoints.MODIFY_STOP
            body |= stop_change(order.raw, wanted)
        # "Unchanged values -> 40923".
        return fa.WaitingChange(fa.Call(endpoint, body), wanted, {"40923"})

    async def fetch_trigger_history(self, symbol: str | None = None) -> list[fa.Order]:
        """Read trigger orders of the last 90 days that were set off, cancelled, or failed."""
        return await self._plan_orders(symbol, endpoints.PLAN_HISTORY)

    async def fetch_triggered(self, order_id: str, plan_type: str = "normal_plan") -> list[WireTriggered]:
        """Read the regular orders that a trigger order became."""
        named, _ = one_id(order_id, None)
        params = {"planType": plan_type, "planOrderId": named, "productType": self.product_type}
        rows = await self._call(endpoints.TRIGGERED, params)
        return readable(listed(rows))

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the waiting trigger, trailing, take-profit and stop-loss orders."""
        return await self._plan_orders(symbol, endpoints.PLAN_PENDING)

    async def _plan_orders(self, symbol: str | None, endpoint: fa.Endpoint[WirePlanOrders]) -> list[fa.Order]:
        query = fa.PageQuery(symbol=None if symbol is None else self.venue_symbol(symbol))
        reading = trigger_orders(self.product_type)

        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
            found = await rows(query, cursor)
            orders, unread = reading.each(found.rows)
            return fa.Page(orders, found.cursor, (*found.unread, *unread))

        rows = self._plan_rows(query, endpoint)
        return await everything(page, query, key=lambda order: order.order_id)

    async def _waiting(
        self,
        venue_symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        endpoint: fa.Endpoint[WirePlanOrders] = endpoints.PLAN_PENDING,
    ) -> WirePlanOrder | None:
        """The waiting order of that id, of whatever plan type. It is found by its id alone, whatever else it says."""
        query = fa.PageQuery(symbol=venue_symbol)

        def wanted(row: WirePlanOrder) -> bool:
            return (order_id is not None and text_or_none(row.order_id) == order_id) or (
                client_order_id is not None and text_or_none(row.client_oid) == client_order_id
            )

        rows = self._plan_rows(query, endpoint, order_id, client_order_id)
        return await first(rows, query, key=lambda row: str(row.order_id), wanted=wanted)

    def _plan_rows(
        self,
        query: fa.PageQuery,
        endpoint: fa.Endpoint[WirePlanOrders],
        order_id: str | None = None,
        client_order_id: str | None = None,
    ) -> fa.FetchPage[WirePlanOrder]:
        """The pages of the venue's groups of plan types, one after the other."""

        def of_group(group: str) -> fa.FetchPage[WirePlanOrder]:
            params = {
                "planType": group,
                "productType": self.product_type,
                "symbol": query.symbol,
                "orderId": order_id,
                "clientOid": client_order_id,
            }

            async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[WirePlanOrder]:
                return await self._raw_page(
                    endpoint, params, query, cursor, DEPTH_MS, lambda answer: (answer.entrusted_list, answer.end_id)
                )

            return page

        return in_turn([of_group(group) for group in PLAN_GROUPS])

    async def _put_position_stops(
        self, venue_symbol: str, side: fa.PositionSide, stops: dict[str, fa.Stop]
    ) -> list[WireStops]:
        """By the mark price unless a `Stop` says another. They go when the position is closed."""
        params, mode = self._settled_params(venue_symbol), await self._known_position_mode(venue_symbol)
        body: dict[str, str] = {**params, "holdSide": _held_side(side, mode)}
        for name, stop in stops.items():
            body |= stop_fields(name, stop)
        return await self._call(endpoints.PLACE_POSITION_STOPS, body=body) or []
