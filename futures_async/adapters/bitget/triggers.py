"""Trigger, take-profit and stop-loss orders of `Bitget`: they live beside the regular orders, in lists of their own."""

from __future__ import annotations

from futures_async.adapter import Page, PageQuery
from futures_async.adapters.bitget import endpoints
from futures_async.adapters.bitget.mapping import WIRE_POSITION_SIDE, text_or_none
from futures_async.adapters.bitget.orders import to_trigger_order, trigger_item
from futures_async.adapters.bitget.placing import BitgetPlacing, read_ack
from futures_async.adapters.bitget.windows import DEPTH_MS
from futures_async.adapters.bitget.wire_orders import WirePlanOrder, WirePlanOrders, WireStops
from futures_async.convert import to_decimal, to_text
from futures_async.endpoint import Endpoint
from futures_async.enums import PositionMode, PositionSide
from futures_async.errors import CancelOutcomeUnknown, InvalidRequest, OrderNotFound, OrderOutcomeUnknown
from futures_async.exchange import Number
from futures_async.models import Order, OrderRequest
from futures_async.outcomes import acknowledged
from futures_async.paging import iterate
from futures_async.planning import one_id

PLAN_GROUPS = ("normal_plan", "track_plan", "profit_loss")
# "In one-way mode buy names the long position": the other family of words is refused with 43011.
ONE_WAY_HOLD_SIDE = {PositionSide.LONG: "buy", PositionSide.SHORT: "sell"}


class BitgetTriggers(BitgetPlacing):
    """Orders that wait for a price."""

    async def create_trigger_order(self, request: OrderRequest) -> Order:
        """Place an order that waits for the mark price to reach `request.trigger_price`."""
        self._active("create_trigger_order")
        plan = await self._plan(request, trigger=True)
        trigger_price = plan.request.trigger_price
        if trigger_price is None or plan.position_mode is None:
            raise InvalidRequest(f"{self.id}: a trigger order needs its trigger price and the position mode")
        client_order_id = plan.client_order_id
        body = self._frame(plan) | trigger_item(plan.request, client_order_id, plan.position_mode, trigger_price)

        async def look(deadline_s: float | None = None) -> Order:
            row = await self._waiting(plan.venue_symbol, None, client_order_id) or await self._waiting(
                plan.venue_symbol, None, client_order_id, endpoints.PLAN_HISTORY
            )
            if row is None:
                # Look-ups of waiting orders by client id are known to lag: absence proves nothing.
                raise unknown
            return to_trigger_order(row, self.product_type)

        try:
            ack = read_ack(await self._call(endpoints.PLACE_PLAN, body=body))
        except OrderOutcomeUnknown as error:
            unknown = error
            unknown.symbol, unknown.client_order_id = plan.request.symbol, client_order_id
            unknown.bind(look)
            raise
        row = await self._waiting(plan.venue_symbol, ack.order_id, None) if ack.order_id else None
        return acknowledged(plan, ack, self.id) if row is None else to_trigger_order(row, self.product_type)

    async def cancel_trigger_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> None:
        order_id, client_order_id = one_id(order_id, client_order_id)
        venue_symbol = self.venue_symbol(symbol)
        row = await self._waiting(venue_symbol, order_id, client_order_id)
        if row is None:
            raise OrderNotFound("no such trigger order waits", venue=self.id, endpoint=endpoints.CANCEL_PLAN.name)
        target = str(row.order_id)
        body = {
            "orderIdList": [{"orderId": target}],
            "symbol": venue_symbol,
            "productType": self.product_type,
            "marginCoin": self._coin(venue_symbol),
            # The row's own type: with a group's name the venue reports success and cancels nothing.
            "planType": row.plan_type,
        }
        try:
            batch = await self._call(endpoints.CANCEL_PLAN, body=body)
        except CancelOutcomeUnknown:
            if await self._waiting(venue_symbol, target, None) is None:
                return
            raise
        for failure in batch.failure_list or ():
            raise self._failure(failure, endpoints.CANCEL_PLAN)
        if target not in {text_or_none(item.order_id) for item in batch.success_list or ()}:
            raise CancelOutcomeUnknown(
                f"{self.id}: the answer does not name trigger order {target}; read it again before acting",
                venue=self.id,
                symbol=self.unified_symbol(venue_symbol),
                client_order_id=client_order_id,
            )

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[Order]:
        """Read the waiting trigger, trailing, take-profit and stop-loss orders."""
        venue_symbol = None if symbol is None else self.venue_symbol(symbol)
        rows = [row for group in PLAN_GROUPS for row in await self._plan_rows(group, venue_symbol)]
        return [to_trigger_order(row, self.product_type) for row in rows]

    async def _waiting(
        self,
        venue_symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        endpoint: Endpoint[WirePlanOrders] = endpoints.PLAN_PENDING,
    ) -> WirePlanOrder | None:
        """The waiting order of that id, of whatever plan type."""
        for group in PLAN_GROUPS:
            for row in await self._plan_rows(group, venue_symbol, order_id, client_order_id, endpoint):
                if (order_id is not None and str(row.order_id) == order_id) or (
                    client_order_id is not None and text_or_none(row.client_oid) == client_order_id
                ):
                    return row
        return None

    async def _plan_rows(
        self,
        group: str,
        venue_symbol: str | None,
        order_id: str | None = None,
        client_order_id: str | None = None,
        endpoint: Endpoint[WirePlanOrders] = endpoints.PLAN_PENDING,
    ) -> list[WirePlanOrder]:
        query = PageQuery(symbol=venue_symbol)
        params = {
            "planType": group,
            "productType": self.product_type,
            "symbol": venue_symbol,
            "orderId": order_id,
            "clientOid": client_order_id,
        }

        async def page(query: PageQuery, cursor: str | None) -> Page[WirePlanOrder]:
            return await self._page(
                endpoint,
                params,
                query,
                cursor,
                DEPTH_MS,
                lambda answer: (answer.entrusted_list, answer.end_id),
                lambda row: row,
            )

        return [row async for row in iterate(page, query, key=lambda row: str(row.order_id))]

    async def set_position_stops(
        self,
        symbol: str,
        side: PositionSide,
        *,
        take_profit: Number | None = None,
        stop_loss: Number | None = None,
    ) -> list[WireStops]:
        """Set take profit and stop loss of a whole position, by the mark price, executed at market.

        There is one of each for a position; setting it again amends it. They go when the position is closed.
        """
        if take_profit is None and stop_loss is None:
            raise InvalidRequest("set_position_stops needs take_profit or stop_loss")
        self._active("set_position_stops")
        params = self._settled_params(symbol)
        mode = await self._known_position_mode(params["symbol"])
        held = WIRE_POSITION_SIDE[side] if mode is PositionMode.HEDGE else ONE_WAY_HOLD_SIDE[side]
        body: dict[str, str] = {**params, "holdSide": held}
        for name, price in (("stopSurplus", take_profit), ("stopLoss", stop_loss)):
            if price is not None:
                number = to_decimal(price, name)
                if number <= 0:
                    raise InvalidRequest(f"{name} must be above 0")
                body |= {f"{name}TriggerPrice": to_text(number), f"{name}TriggerType": "mark_price"}
        return await self._call(endpoints.PLACE_POSITION_STOPS, body=body) or []
