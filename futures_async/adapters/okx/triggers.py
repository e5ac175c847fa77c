"""Orders that wait for a price ("algo orders"): they live beside the others, in lists and with ids of their own.

https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-post-place-algo-order
"""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import either, made, moment, needed, otherwise, positive_or_none, price, text, word, yes_no
from futures_async.adapters._rows import some_of
from futures_async.adapters.okx import endpoints, mapping, wire
from futures_async.adapters.okx.account import OKXAccount
from futures_async.adapters.okx.mapping import MARGIN_MODE, VENUE, held_side, unified_symbol
from futures_async.adapters.okx.orders import (
    AT_MARKET,
    PRICE_SOURCE,
    SIDE,
    STATUS,
    attached_stop,
    order_frame,
    read_ack,
    reduces,
)

CANCELED, LIVE = "canceled", ("live", "pause")
_GROUPS = ("trigger", "conditional,oco", "move_order_stop")
"""The list of waiting orders must be told of which types; only these two can be joined."""
_STYLES = {
    fa.OrderKind.TRIGGER: ("trigger", "triggerPx", "orderPx"),
    fa.OrderKind.TAKE_PROFIT: ("conditional", "tpTriggerPx", "tpOrdPx"),
    fa.OrderKind.STOP_LOSS: ("conditional", "slTriggerPx", "slOrdPx"),
}
"""What their type, their trigger and their limit are called."""


def _kind(word: str, profit: Decimal | None) -> fa.OrderKind:
    if word == "move_order_stop":
        return fa.OrderKind.TRAILING
    if word not in ("conditional", "oco"):
        return fa.OrderKind.TRIGGER
    return fa.OrderKind.STOP_LOSS if profit is None else fa.OrderKind.TAKE_PROFIT


@fa.table_with
def waiting(row: wire.WireAlgo, contract: fa.Contract) -> fa.Order:
    """Waiting orders; `price` is the limit that an order will have. Of a pair (oco) the take-profit is what is told
    first, and both stand in `take_profit` and `stop_loss`."""
    side, held = needed(word(row.side, SIDE)), made(held_side, text(row.pos_side))
    profit, stop = price(row.tp_trigger_px), price(row.sl_trigger_px)
    limit = price(either(row.ord_px, row.tp_ord_px, row.sl_ord_px))
    trigger = price(either(row.trigger_px, row.tp_trigger_px, row.sl_trigger_px))
    quantity = fa.in_base(fa.size(row.sz), contract.contract_size, contract.contract_value, limit, trigger)
    return fa.Order(
        **fa.named(VENUE, row.inst_id, unified_symbol),
        order_id=needed(fa.identifier(row.algo_id)),
        client_order_id=text(row.algo_cl_ord_id),
        side=side,
        type=fa.OrderType.TRIGGER,
        kind=otherwise(made(_kind, needed(text(row.ord_type)), profit), fa.OrderKind.TRIGGER),
        price=limit,
        trigger_price=trigger,
        trigger_by=word(either(row.trigger_px_type, row.tp_trigger_px_type, row.sl_trigger_px_type), PRICE_SOURCE),
        # Empty where `closeFraction` says the whole position.
        quantity=otherwise(quantity, Decimal(0)),
        status=needed(word(row.state, STATUS, unknown=fa.OrderStatus.UNKNOWN)),
        reduce_only=made(reduces, side, held, yes_no(row.reduce_only)),
        position_side=held,
        margin_mode=word(row.td_mode, MARGIN_MODE),
        leverage=price(row.lever),
        # Its own of a pair, or what the order that it becomes brings along.
        take_profit=made(attached_stop, profit, row.attach_algo_ords, "tp_trigger_px"),
        stop_loss=made(attached_stop, stop, row.attach_algo_ords, "sl_trigger_px"),
        created_ms=moment(row.c_time),
        updated_ms=moment(row.u_time),
    )


def trigger_body(plan: fa.PlannedOrder, margin_mode: fa.MarginMode) -> dict[str, Any]:
    """`order-algo`: of a trigger order the venue tells by the price of the moment from which side it is reached."""
    request = plan.request
    style, name, limit = _STYLES[plan.kind]
    return order_frame(plan, margin_mode) | {
        "ordType": style,
        name: fa.to_text(plan.trigger_price),
        f"{name}Type": "last" if request.trigger_by is None else request.trigger_by.value,
        limit: AT_MARKET if request.price is None else fa.to_text(request.price),
        "algoClOrdId": plan.client_order_id,
    }


class OKXTriggers(fa.PartStops, OKXAccount):
    """Everything that waits."""

    waits_apart = True
    stops_of_modes: ClassVar[bool] = True

    async def _find_waiting(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        row = await self._waits(venue_symbol, None, client_order_id)
        return None if row is None else await self._read_waiting(row)

    async def create_trigger_order(self, request: fa.OrderRequest) -> fa.Order:
        """Place an order that waits for `request.trigger_price`, by the last price unless `trigger_by` says another.

        In one-way mode what closes is placed as a stop-loss or a take-profit, by the price of the moment: of a trigger
        order the venue refuses `reduceOnly` (51205, "Reduce Only is not available."). Where the price passes the
        trigger between that reading and the venue's own look, the venue refuses it (51277-51280 by the last price,
        51300 and 51302-51308 by mark and index), and nothing waits: it is not placed as the other of the two, which
        would wait for the price to come back. `create_stop_order` says which it is, and reads no price.

        What closes is of the position's margin mode, which is read where the request does not say it; without a
        position it is what orders have that say none.

        Raises:
            InvalidOrder: The price by which it is to be set off cannot be told now.
            InvalidRequest: A cross and an isolated position are held, and the request says neither.
            OrderOutcomeUnknown: It may wait at the venue; `resolve()` looks, and absence proves nothing.
        """
        self._active("create_trigger_order")
        plan = await self._plan_waiting(request, fa.OrderKind.TRIGGER)
        if plan.request.intent is fa.Intent.CLOSE:
            with self._before_placing(plan):
                plan = await self._of_its_position(plan)
                if plan.position_mode is not fa.PositionMode.HEDGE:
                    plan = msgspec.structs.replace(plan, kind=await self._closing_kind(plan))
        return await self._place_waiting(plan)

    async def _of_its_position(self, plan: fa.PlannedOrder) -> fa.PlannedOrder:
        """A close of the margin mode of what it closes: in the other one it finds nothing, or another position.

        Raises:
            InvalidRequest: Which one that is cannot be told.
        """
        if plan.request.margin_mode is not None:
            return plan
        mode = await self._mode_of_held(plan) or self._margin_mode
        return msgspec.structs.replace(plan, request=msgspec.structs.replace(plan.request, margin_mode=mode))

    async def _closing_kind(self, plan: fa.PlannedOrder) -> fa.OrderKind:
        now = await self._price_now(plan.venue_symbol, plan.request.trigger_by or fa.PriceSource.LAST)
        gains = (plan.trigger_price > now) is (plan.position_side is fa.PositionSide.LONG)
        return fa.OrderKind.TAKE_PROFIT if gains else fa.OrderKind.STOP_LOSS

    async def _price_now(self, venue_symbol: str, source: fa.PriceSource) -> Decimal:
        """One price of a contract, and no other in its place.

        Raises:
            InvalidOrder: There is none now.
        """
        pair = mapping.underlying(mapping.family(venue_symbol))
        found: Decimal | None = None
        try:
            if source is fa.PriceSource.MARK:
                mark = await self._row(endpoints.MARK_PRICE, {**endpoints.SWAP, "instId": venue_symbol})
                found = positive_or_none(mark.mark_px, "markPx")
            elif source is fa.PriceSource.INDEX:
                index = await self._row(endpoints.INDEX, {"instId": pair})
                found = positive_or_none(index.idx_px, "idxPx")
            else:
                ticker = await self._row(endpoints.TICKER, {"instId": venue_symbol})
                found = positive_or_none(ticker.last, "last")
        except fa.SymbolNotFound:
            if source is fa.PriceSource.LAST:
                raise
        if found is None:
            raise fa.InvalidOrder(
                f"{self.id}: {venue_symbol} has no {source.value} price now, which tells a take-profit from a "
                "stop-loss: create_stop_order says which it is"
            )
        return found

    async def _place_stop(self, plan: fa.PlannedOrder) -> fa.Order:
        """By the last price unless a `Stop` says another. It stays when its position is closed."""
        with self._before_placing(plan):
            plan = await self._of_its_position(plan)
        return await self._place_waiting(plan)

    async def _place_waiting(self, plan: fa.PlannedOrder) -> fa.Order:
        body = trigger_body(plan, plan.request.margin_mode or self._margin_mode)

        async def send() -> fa.Ack:
            rows = await self._call(endpoints.PLACE_ALGO, body=body)
            return read_ack(rows)

        async def look(order_id: str | None, client_order_id: str | None) -> fa.Order | None:
            row = await self._waits(plan.venue_symbol, order_id, None if order_id else client_order_id)
            return None if row is None else await self._read_waiting(row)

        return await self._place_trigger(plan, endpoints.PLACE_ALGO, send, look)

    async def _waiting_cancel(self, name: str, ids: tuple[str | None, str | None]) -> fa.WaitingCancel:
        """By the venue's id without looking for it before."""
        target, client_order_id = ids
        if target is None:
            row = await self._waits(name, None, client_order_id)
            if row is None:
                raise self._not_waiting()
            target = str(row.algo_id)
        number = target

        def send() -> Awaitable[object]:
            return self._call(endpoints.CANCEL_ALGOS, body=[{"instId": name, "algoId": number}])

        async def find() -> fa.Order | fa.DecodeError | fa.OrderNotFound | None:
            row = await self._algo(number)
            if row.state in LIVE:
                sizes = await self._sizes([row])
                return self._as_it_waits(lambda: waiting().one(row, sizes(row)))
            return None if row.state == CANCELED else self._not_waiting()

        return fa.WaitingCancel(send, find, (number, client_order_id))

    async def _algo(self, algo_id: str) -> wire.WireAlgo:
        """An order that waits, or has waited."""

        def about(rows: list[wire.WireAlgo]) -> wire.WireAlgo | None:
            return next((row for row in rows if str(row.algo_id) == algo_id), None)

        return await self._pick(endpoints.ALGO, {"algoId": algo_id}, about)

    def _not_waiting(self) -> fa.OrderNotFound:
        return fa.OrderNotFound("no such trigger order waits", venue=self.id, endpoint=endpoints.CANCEL_ALGOS.name)

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the waiting trigger, trailing, take-profit and stop-loss orders."""
        query = fa.PageQuery(symbol=None if symbol is None else self.venue_symbol(symbol))

        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
            found = await self._algos()(query, cursor)
            orders, unread = waiting().each(found.rows, await self._sizes(found.rows))
            return fa.Page(orders, found.cursor, unread)  # those of the page among them

        return await fa.everything(page, query, key=lambda order: order.order_id)

    async def _read_waiting(self, row: wire.WireAlgo) -> fa.Order:
        return waiting().one(row, (await self._sizes([row]))(row))

    async def _waits(
        self, venue_symbol: str, order_id: str | None, client_order_id: str | None
    ) -> wire.WireAlgo | None:
        """The waiting order of that id, of whatever type. It is found by its id alone, whatever else it says."""

        def wanted(row: wire.WireAlgo) -> bool:
            return str(row.algo_id) == order_id if order_id is not None else row.algo_cl_ord_id == client_order_id

        query = fa.PageQuery(symbol=venue_symbol)
        return await fa.first(self._algos(), query, key=lambda row: str(row.algo_id), wanted=wanted)

    def _algos(self) -> fa.FetchPage[wire.WireAlgo]:
        """The pages of the venue's types, one after the other."""

        def of_group(types: str) -> fa.FetchPage[wire.WireAlgo]:
            async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[wire.WireAlgo]:
                params: fa.Params = {"ordType": types, **endpoints.SWAP, "instId": query.symbol}
                params = {**params, "after": cursor, "limit": endpoints.PAGE}
                rows = await self._call(endpoints.OPEN_ALGOS, params, about=some_of(query.symbol, named="inst_id"))
                full = rows and len(rows) + len(fa.unread_of(rows)) >= endpoints.PAGE
                return fa.Page(rows, str(rows[-1].algo_id) if full else None, fa.unread_of(rows))

            return page

        return fa.in_turn([of_group(types) for types in _GROUPS])
