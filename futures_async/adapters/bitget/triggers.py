"""Trigger, take-profit and stop-loss orders of `Bitget`: they live beside the regular orders, in lists of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from futures_async.adapter import (
    EXACT,
    CancelOutcomeUnknown,
    Endpoint,
    FetchPage,
    Intent,
    InvalidOrder,
    InvalidRequest,
    Number,
    Order,
    OrderKind,
    OrderNotFound,
    OrderOutcomeUnknown,
    OrderRequest,
    OrderType,
    Page,
    PageQuery,
    PlannedOrder,
    PositionMode,
    PositionSide,
    Side,
    Stop,
    acknowledged,
    chosen,
    everything,
    first,
    in_turn,
    one_id,
    required_id,
    to_decimal,
    to_text,
)
from futures_async.adapters._rows import listed, readable, text_or_none
from futures_async.adapters.bitget import endpoints
from futures_async.adapters.bitget.account import DEPTH_MS
from futures_async.adapters.bitget.mapping import WIRE_POSITION_SIDE
from futures_async.adapters.bitget.orders import (
    PLAN_FIELDS,
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
ONE_WAY_HOLD_SIDE = {PositionSide.LONG: "buy", PositionSide.SHORT: "sell"}


LARGEST_CALLBACK = Decimal("0.1")


def _held_side(side: PositionSide, mode: PositionMode | None) -> str:
    return WIRE_POSITION_SIDE[side] if mode is PositionMode.HEDGE else ONE_WAY_HOLD_SIDE[side]


class BitgetTriggers(BitgetPlacing):
    """Orders that wait for a price."""

    async def create_trigger_order(self, request: OrderRequest) -> Order:
        """Place an order that waits for `request.trigger_price`, by the mark price unless `trigger_by` says another."""
        self._active("create_trigger_order")
        plan = await self._plan_waiting(request, OrderKind.TRIGGER)
        return await self._place_waiting(endpoints.PLACE_PLAN, self._trigger_body(plan), plan)

    async def create_trailing_order(self, request: OrderRequest, callback_rate: Number) -> Order:
        """Place a market order that follows the price once it reached `request.trigger_price`, by the mark price.

        Args:
            request: Type `TRIGGER`, without a price.
            callback_rate: By how much the price must come back, above 0 and at most 0.1 (10 %).
        """
        self._active("create_trailing_order")
        rate = to_decimal(callback_rate, "callback_rate")
        if not 0 < rate <= LARGEST_CALLBACK:
            raise InvalidOrder(f"callback_rate is above 0 and at most 0.1 here, not {to_text(rate)}")
        plan = await self._plan_waiting(request, OrderKind.TRAILING)
        if plan.request.price is not None:
            raise InvalidOrder(f"{self.id}: a trailing order executes at market: it has no price")
        # The venue counts in percent.
        percent = EXACT.multiply(rate, Decimal(100)).normalize(EXACT)
        body = self._trigger_body(plan) | {"planType": "track_plan", "callbackRatio": to_text(percent)}
        return await self._place_waiting(endpoints.PLACE_PLAN, body, plan)

    async def create_stop_order(
        self,
        symbol: str,
        side: PositionSide,
        quantity: Number,
        *,
        take_profit: Number | Stop | None = None,
        stop_loss: Number | Stop | None = None,
        price: Number | None = None,
        client_order_id: str | None = None,
    ) -> Order:
        """Have a part of a position closed once the price reaches `take_profit` or `stop_loss`: one of the two.

        Args:
            symbol: Unified symbol or the venue's id.
            side: Which position.
            quantity: Base coin; the whole position is `set_position_stops`'.
            take_profit: Trigger price, by the mark price unless a `Stop` says otherwise.
            stop_loss: The same.
            price: Limit price of the close, where no `Stop` says it; None closes at market.
            client_order_id: Made when there is none.
        """
        side = chosen(PositionSide, side, "side")
        stops = self._stops("create_stop_order", take_profit=take_profit, stop_loss=stop_loss)
        if len(stops) > 1:
            raise InvalidRequest("create_stop_order needs take_profit or stop_loss, and not both")
        ((word, stop),) = stops.items()
        if price is not None and stop.limit_price is not None:
            raise InvalidRequest("create_stop_order was given two limit prices")
        self._active("create_stop_order")
        request = OrderRequest(
            symbol=symbol,
            side=Side.SELL if side is PositionSide.LONG else Side.BUY,
            type=OrderType.TRIGGER,
            quantity=to_decimal(quantity, "quantity"),
            price=stop.limit_price if price is None else to_decimal(price, "price"),
            trigger_price=stop.price,
            trigger_by=stop.trigger_by,
            intent=Intent.CLOSE,
            client_order_id=client_order_id,
        )
        plan = await self._plan_waiting(request, OrderKind(word))
        body = {
            **self._settled_params(symbol),
            "planType": "loss_plan" if take_profit is None else "profit_plan",
            "triggerPrice": to_text(stop.price),
            "triggerType": trigger_type(stop.trigger_by),
            "holdSide": _held_side(side, plan.position_mode),
            "size": to_text(plan.request.quantity),
            "clientOid": plan.client_order_id,
        }
        if plan.request.price is not None:
            body["executePrice"] = to_text(plan.request.price)
        return await self._place_waiting(endpoints.PLACE_STOP, body, plan)

    def _trigger_body(self, plan: PlannedOrder) -> dict[str, Any]:
        trigger_price = plan.request.trigger_price
        if trigger_price is None or plan.position_mode is None:
            raise InvalidRequest(f"{self.id}: a trigger order needs its trigger price and the position mode")
        return self._frame(plan) | trigger_item(plan.request, plan.client_order_id, plan.position_mode, trigger_price)

    async def _place_waiting(self, endpoint: Endpoint[WireAck], body: dict[str, Any], plan: PlannedOrder) -> Order:
        client_order_id = plan.client_order_id

        async def look(deadline_s: float | None = None) -> Order:
            row = await self._waiting(plan.venue_symbol, None, client_order_id) or await self._waiting(
                plan.venue_symbol, None, client_order_id, endpoints.PLAN_HISTORY
            )
            if row is None:
                # Look-ups of waiting orders by client id are known to lag: absence proves nothing.
                raise unknown
            return trigger_orders(self.product_type).one(row)

        try:
            ack = read_ack(await self._call(endpoint, body=body))
        except OrderOutcomeUnknown as error:
            unknown = error
            unknown.symbol, unknown.client_order_id = plan.request.symbol, client_order_id
            unknown.bind(look)
            raise
        row = await self._waiting(plan.venue_symbol, ack.order_id, None) if ack.order_id else None
        return acknowledged(plan, ack, self.id) if row is None else trigger_orders(self.product_type).one(row)

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
            "planType": required_id(row.plan_type, "planType"),
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

    async def edit_trigger_order(
        self,
        symbol: str,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
        trigger_price: Number | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
    ) -> Order:
        """Change where a waiting order is set off, its limit price, or its quantity; what is not named stays.

        Raises:
            OrderNotFound: It does not wait (any more).
            SettingNotApplied: Read back: it waits as before.
            SettingOutcomeUnknown: It could not be read back; it may have been set off meanwhile.
        """
        self._active("edit_trigger_order")
        given = {"trigger_price": trigger_price, "price": price, "quantity": quantity}
        new = {name: to_decimal(value, name) for name, value in given.items() if value is not None}
        if not new or min(new.values()) <= 0:
            raise InvalidRequest("edit_trigger_order needs trigger_price, price or quantity, each above 0")
        venue_symbol = self.venue_symbol(symbol)
        row = await self._waiting(venue_symbol, *one_id(order_id, client_order_id))
        if row is None:
            raise OrderNotFound("no such trigger order waits", venue=self.id, endpoint=endpoints.PLAN_PENDING.name)
        now = waiting_values(row)
        if "price" in new and now["price"] is None:
            raise InvalidOrder(f"{self.id}: trigger order {row.order_id} executes at market: it has no price to change")
        if "quantity" in new and now["quantity"] is None:
            raise InvalidOrder(f"{self.id}: trigger order {row.order_id} is for the whole position: it has no quantity")
        wanted = now | new
        target = str(row.order_id)
        body = {**self._settled_params(symbol), "orderId": target, "planType": row.plan_type}
        if row.plan_type in PLANS:
            endpoint = endpoints.MODIFY_PLAN
            del body["marginCoin"]
            body |= {PLAN_FIELDS[name]: to_text(value) for name, value in new.items()}
        else:
            endpoint = endpoints.MODIFY_STOP
            del body["planType"]
            body |= stop_change(row, wanted)

        async def read() -> WirePlanOrder:
            found = await self._waiting(venue_symbol, target, None)
            if found is None:
                raise OrderNotFound("it does not wait any more", venue=self.id, endpoint=endpoints.PLAN_PENDING.name)
            return found

        found = await self._apply(
            ("edit_trigger_order", target),
            tuple(sorted(new.items())),
            send=lambda: self._call(endpoint, body=body),
            read=read,
            stands=lambda found: waiting_values(found) == wanted,
            # "Unchanged values -> 40923".
            unchanged={"40923"},
        )
        return trigger_orders(self.product_type).one(found)

    async def fetch_trigger_history(self, symbol: str | None = None) -> list[Order]:
        """Read trigger orders of the last 90 days that were set off, cancelled, or failed."""
        return await self._plan_orders(symbol, endpoints.PLAN_HISTORY)

    async def fetch_triggered(self, order_id: str, plan_type: str = "normal_plan") -> list[WireTriggered]:
        """Read the regular orders that a trigger order became."""
        named, _ = one_id(order_id, None)
        params = {"planType": plan_type, "planOrderId": named, "productType": self.product_type}
        rows = await self._call(endpoints.TRIGGERED, params)
        return readable(listed(rows))

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[Order]:
        """Read the waiting trigger, trailing, take-profit and stop-loss orders."""
        return await self._plan_orders(symbol, endpoints.PLAN_PENDING)

    async def _plan_orders(self, symbol: str | None, endpoint: Endpoint[WirePlanOrders]) -> list[Order]:
        query = PageQuery(symbol=None if symbol is None else self.venue_symbol(symbol))
        reading = trigger_orders(self.product_type)

        async def page(query: PageQuery, cursor: str | None) -> Page[Order]:
            found = await rows(query, cursor)
            orders, unread = reading.each(found.rows)
            return Page(orders, found.cursor, (*found.unread, *unread))

        rows = self._plan_rows(query, endpoint)
        return await everything(page, query, key=lambda order: order.order_id)

    async def _waiting(
        self,
        venue_symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        endpoint: Endpoint[WirePlanOrders] = endpoints.PLAN_PENDING,
    ) -> WirePlanOrder | None:
        """The waiting order of that id, of whatever plan type. It is found by its id alone, whatever else it says."""
        query = PageQuery(symbol=venue_symbol)

        def wanted(row: WirePlanOrder) -> bool:
            return (order_id is not None and text_or_none(row.order_id) == order_id) or (
                client_order_id is not None and text_or_none(row.client_oid) == client_order_id
            )

        rows = self._plan_rows(query, endpoint, order_id, client_order_id)
        return await first(rows, query, key=lambda row: str(row.order_id), wanted=wanted)

    def _plan_rows(
        self,
        query: PageQuery,
        endpoint: Endpoint[WirePlanOrders],
        order_id: str | None = None,
        client_order_id: str | None = None,
    ) -> FetchPage[WirePlanOrder]:
        """The pages of the venue's groups of plan types, one after the other."""

        def of_group(group: str) -> FetchPage[WirePlanOrder]:
            params = {
                "planType": group,
                "productType": self.product_type,
                "symbol": query.symbol,
                "orderId": order_id,
                "clientOid": client_order_id,
            }

            async def page(query: PageQuery, cursor: str | None) -> Page[WirePlanOrder]:
                return await self._raw_page(
                    endpoint, params, query, cursor, DEPTH_MS, lambda answer: (answer.entrusted_list, answer.end_id)
                )

            return page

        return in_turn([of_group(group) for group in PLAN_GROUPS])

    async def set_position_stops(
        self,
        symbol: str,
        side: PositionSide,
        *,
        take_profit: Number | Stop | None = None,
        stop_loss: Number | Stop | None = None,
    ) -> list[WireStops]:
        """Set take profit and stop loss of a whole position, by the mark price and at market unless a `Stop` says more.

        There is one of each for a position; setting it again amends it. They go when the position is closed.
        """
        side = chosen(PositionSide, side, "side")
        stops = self._stops("set_position_stops", take_profit=take_profit, stop_loss=stop_loss)
        self._active("set_position_stops")
        params = self._settled_params(symbol)
        mode = await self._known_position_mode(params["symbol"])
        body: dict[str, str] = {**params, "holdSide": _held_side(side, mode)}
        for name, stop in stops.items():
            body |= stop_fields(name, stop)
        return await self._call(endpoints.PLACE_POSITION_STOPS, body=body) or []
