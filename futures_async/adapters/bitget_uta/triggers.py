"""Orders of the unified account that wait for a price: the venue calls them strategy orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import first, one_id, ordered, to_text, windows
from futures_async.adapters._rows import text_or_none
from futures_async.adapters.bitget_uta import endpoints, strategy_bodies, wire
from futures_async.adapters.bitget_uta.orders import read_ack
from futures_async.adapters.bitget_uta.strategies import (
    CLOSES,
    KINDS,
    STATUS,
    TPSL,
    TRAILING,
    TRIGGER,
    Known,
    alike,
    has_legs,
    is_whole,
    legs_of,
    strategies,
)
from futures_async.adapters.bitget_uta.trigger_lists import UnifiedTriggerLists

OTHER_SPELLING = frozenset({"40019", "40020", "40017", "25200", "25237"})
"""Refusals that may mean: the position must be named in the other way. Nothing was placed then."""
UNCHANGED = frozenset({"25271", "25571", "25600", "40923"})
"""Price and quantity, or what a waiting order waits for, are so already."""
LATELY_MS = windows.DAY_MS


class UnifiedTriggers(
    fa.TriggerEdits, fa.PartStops, fa.PositionStops[list[fa.Order]], fa.Trailing, UnifiedTriggerLists
):
    """Trigger, take-profit, stop-loss and trailing orders: lists, ids and calls of their own.

    The venue's lists do not say whether a trigger buys or sells. Of those placed by this object, and of those pushed
    while orders are watched, it is known; others make `UnreadRows`, and can be cancelled by the id in `facts`.
    """

    waits_apart = True
    callback = fa.Callback(Decimal("0.001"), Decimal("0.1"))
    _named_by_side: bool
    """In one-way mode this venue wants the side of a closing order, not of its position."""

    # Placing

    async def create_trigger_order(self, request: fa.OrderRequest) -> fa.Order:
        """Place an order that waits for `request.trigger_price`, by the mark price unless `trigger_by` says the last.

        It waits for the crossing from where the price stands now. In cross margin, or what the account's level is:
        nothing tells the venue of another one, so that with the option `margin_mode="isolated"` one that opens is
        refused.
        """
        self._active("create_trigger_order")
        plan = await self._plan_waiting(request, fa.OrderKind.TRIGGER)
        self._check_margin_mode(plan)
        return await self._place(plan, TRIGGER, [strategy_bodies.trigger_body(plan, self._category)])

    async def _place_trailing(self, plan: fa.PlannedOrder, percent: str) -> fa.Order:
        """By the mark price unless `trigger_by` says another. Older builds of the venue do not have it, and refuse."""
        self._check_margin_mode(plan)
        return await self._place(plan, TRAILING, [strategy_bodies.trailing_body(plan, self._category, percent)])

    def _check_margin_mode(self, plan: fa.PlannedOrder) -> None:
        if plan.request.intent is fa.Intent.OPEN and self._margin_mode is fa.MarginMode.ISOLATED:
            raise fa.InvalidOrder(f"{self.id}: an order that waits and then opens does so in cross margin here")

    async def _place_stop(self, plan: fa.PlannedOrder) -> fa.Order:
        """By the mark price unless a `Stop` says another."""
        return await self._place(plan, TPSL, strategy_bodies.stop_bodies(plan, self._category))

    async def _place(self, plan: fa.PlannedOrder, kind: str, bodies: Sequence[dict[str, Any]]) -> fa.Order:
        closes = plan.request.intent is fa.Intent.CLOSE
        known = Known(plan.request.side, closes, whole=not plan.request.quantity)
        if plan.client_order_id is not None:
            self._keep(known, plan.client_order_id)

        async def send() -> fa.Ack:
            ack = read_ack(await self._send_strategy(bodies))
            # An answer that crossed another on its way names another order.
            if ack.order_id is not None and ack.client_order_id in (None, plan.client_order_id):
                self._keep(known._replace(order_id=ack.order_id), ack.order_id, plan.client_order_id)
            return ack

        async def look(order_id: str | None, client_order_id: str | None) -> fa.Order | None:
            return await self._look(plan, kind, order_id, client_order_id)

        return await self._place_trigger(plan, endpoints.PLACE_STRATEGY, send, look)

    async def _send_strategy(self, bodies: Sequence[dict[str, Any]]) -> wire.WireIds:
        """The first body, or where that spelling is refused, the second: a refusal has placed nothing."""
        first_one, *others = bodies[::-1] if self._named_by_side else bodies
        try:
            return await self._call(endpoints.PLACE_STRATEGY, body=first_one)
        except fa.ExchangeError as error:
            if not others or error.code not in OTHER_SPELLING or error.outcome is not fa.Outcome.REJECTED:
                raise
            refusal = error
        try:
            ids = await self._call(endpoints.PLACE_STRATEGY, body=others[0])
        except fa.ExchangeError as error:
            raise (refusal if error.code in OTHER_SPELLING else error) from None
        self._named_by_side = not self._named_by_side
        return ids

    async def _look(
        self, plan: fa.PlannedOrder, kind: str, order_id: str | None, client_order_id: str | None
    ) -> fa.Order | None:
        """Among those that wait; without the venue's id also among those that have waited. A push may have told it."""
        if order_id is None and client_order_id is not None:
            known = self._known_waiting.get(client_order_id)
            order_id = None if known is None else known.order_id
        row = await self._waiting(plan.venue_symbol, order_id, client_order_id, (kind,))
        if row is not None:
            return strategies(self._category).one(row, self._beside(kind)(row))
        if order_id is not None:
            return None
        question = self._orders.question(plan.local_id)
        if question is not None and kind != TPSL:
            # The venue may not have kept our id: whether it is one of these is for the caller to say.
            same = [str(row.order_id) for row in await self._waiting_rows(plan.venue_symbol, kind) if alike(row, plan)]
            if same:
                question.lookups.append(f"waiting on the same terms, under no id of ours: {', '.join(same)}")
        return await self._waited(plan.venue_symbol, client_order_id, (kind,))

    async def _find_waiting(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        """Of each kind, among those that wait and those that have waited lately."""
        seen = await self._seen(venue_symbol, None, client_order_id)
        if seen is not None:
            return strategies(self._category).one(*seen)
        return await self._waited(venue_symbol, client_order_id, KINDS)

    async def _waited(self, name: str, client_order_id: str | None, kinds: Sequence[str]) -> fa.Order | None:
        query = fa.PageQuery(symbol=name, since_ms=self._channel.now_ms() - LATELY_MS)
        return await first(
            self._past_page(kinds),
            query,
            key=lambda order: order.order_id,
            wanted=lambda order: order.client_order_id == client_order_id,
        )

    async def _put_position_stops(
        self, venue_symbol: str, side: fa.PositionSide, stops: dict[str, fa.Stop]
    ) -> list[fa.Order]:
        """By the mark price unless a `Stop` says another; both are one order. The orders that were set.

        What waits for the whole position already is changed. Whether the venue takes them away when the position is
        closed is not documented: list what waits, and cancel it.
        """
        whole = [
            row
            for row in await self._waiting_rows(venue_symbol, TPSL)
            if str(row.pos_side).lower() == side.value and self._is_whole(row)
        ]
        if not whole:
            return [await self._place_whole(venue_symbol, side, stops)]
        changed: list[fa.Order] = []
        for row, legs in strategy_bodies.shared_out(whole, stops):
            changed.append(await self._change(row, TPSL, strategy_bodies.leg_fields(legs), partial(has_legs, legs)))
        return changed

    def _is_whole(self, row: wire.WireStrategy) -> bool:
        known = self._known_waiting.get(text_or_none(row.order_id) or "")
        return is_whole(row) or (known is not None and known.whole)

    async def _place_whole(self, name: str, side: fa.PositionSide, stops: dict[str, fa.Stop]) -> fa.Order:
        client_order_id = strategy_bodies.whole_id()
        ((word, stop),) = sorted(stops.items())[-1:]  # a stop-loss, where there are both
        plan = fa.PlannedOrder(
            request=fa.OrderRequest(
                symbol=self.unified_symbol(name),
                side=CLOSES[side],
                type=fa.OrderType.TRIGGER,
                quantity=0,
                price=stop.limit_price,
                trigger_price=stop.price,
                trigger_by=stop.trigger_by,
                intent=fa.Intent.CLOSE,
                client_order_id=client_order_id,
            ),
            venue_symbol=name,
            client_order_id=client_order_id,
            local_id=client_order_id,
            kind=fa.OrderKind(word),
            position_mode=await self._known_position_mode(name),
        )
        body = strategy_bodies.whole_body(name, self._category, stops, client_order_id)
        return await self._place(plan, TPSL, strategy_bodies.held_bodies(body, side, plan.position_mode))

    # Changing and cancelling

    async def _waiting_now(self, name: str, ids: tuple[str | None, str | None]) -> tuple[fa.Order, fa.WaitingValues]:
        """Of a take-profit and stop-loss in one order the stop-loss is meant; `set_position_stops` changes either."""
        with ordered():
            row = await self._found(name, *self._ids_of(*ids))
        order = strategies(self._category).one(row, self._beside(TPSL)(row))
        if order.kind is fa.OrderKind.TRAILING:
            raise fa.InvalidOrder(f"{self.id}: a trailing order cannot be changed here: cancel it, and place it anew")
        held = order.quantity if order.quantity and not self._is_whole(row) else None
        return order, {"trigger_price": order.trigger_price, "price": order.price, "quantity": held}

    def _waiting_edit(self, order: fa.Order, now: fa.WaitingValues, new: dict[str, Decimal]) -> fa.WaitingEdit:
        wanted, row = now | new, order.raw
        at = wanted["trigger_price"]
        if at is None:
            raise fa.DecodeError("the price that sets it off cannot be read", path="triggerPrice")
        if order.kind is fa.OrderKind.TRIGGER:
            kind, fields = TRIGGER, strategy_bodies.trigger_fields(row, at, wanted["price"])
        else:
            kind = TPSL
            legs = legs_of(row)
            legs[order.kind.value] = fa.Stop(at, order.trigger_by, wanted["price"])
            fields = strategy_bodies.leg_fields(legs)
        if wanted["quantity"] is not None:
            fields["qty"] = to_text(wanted["quantity"])

        def stands(found: wire.WireStrategy) -> bool:
            read = strategies(self._category).one(found, self._beside(kind)(found))
            values = {"trigger_price": read.trigger_price, "price": read.price, "quantity": read.quantity}
            return all(values[name] == value for name, value in wanted.items() if value is not None)

        return fa.WaitingEdit(order.order_id, lambda: self._change(row, kind, fields, stands))

    async def _change(
        self, row: wire.WireStrategy, kind: str, fields: dict[str, str], stands: Callable[[wire.WireStrategy], bool]
    ) -> fa.Order:
        """Have a waiting order say what is wanted: what is left out of its legs may be taken away."""
        order_id, name = str(row.order_id), str(row.symbol).upper()
        body = {"orderId": order_id, **fields}
        if "qty" not in body and row.qty not in (None, "", "0"):
            body["qty"] = str(row.qty)  # required by the page, and changes nothing

        async def read() -> wire.WireStrategy:
            found = await self._waiting(name, order_id, None, (kind,))
            if found is None:
                raise fa.OrderNotFound(
                    "it does not wait any more", venue=self.id, endpoint=endpoints.OPEN_STRATEGIES.name
                )
            return found

        found = await self._apply(
            ("edit_trigger_order", order_id),
            tuple(sorted(fields.items())),
            send=lambda: self._call(endpoints.MODIFY_STRATEGY, body=body),
            read=read,
            stands=stands,
            unchanged=UNCHANGED,
        )
        return strategies(self._category).one(found, self._beside(kind)(found))

    async def _waiting_cancel(self, name: str, ids: tuple[str | None, str | None]) -> fa.WaitingCancel:
        """Of both legs where it has two. `resolve()` ends as `DecodeError` where it waits, and nothing tells a side."""
        order_id, client_order_id = self._ids_of(*ids)
        number = order_id or str((await self._found(name, None, client_order_id)).order_id)

        def send() -> Awaitable[object]:
            return self._call(endpoints.CANCEL_STRATEGY, body={"orderId": number})

        async def find() -> fa.Order | fa.DecodeError | fa.OrderNotFound | None:
            seen = await self._seen(name, number, None)
            if seen is not None:
                return self._as_it_waits(lambda: strategies(self._category).one(*seen))
            past = await self._past_row(name, number)
            status = None if past is None else STATUS.get(str(past.status).lower())
            return self._ended_as(status, endpoints.PAST_STRATEGIES)

        return fa.WaitingCancel(send, find, (number, client_order_id))

    async def _found(self, name: str, order_id: str | None, client_order_id: str | None) -> wire.WireStrategy:
        row = await self._waiting(name, order_id, client_order_id)
        if row is None:
            raise fa.OrderNotFound(
                "no such trigger order waits", venue=self.id, endpoint=endpoints.OPEN_STRATEGIES.name
            )
        return row

    def _ids_of(self, order_id: str | None, client_order_id: str | None) -> tuple[str | None, str | None]:
        """The venue's id where it is known: triggers have no other."""
        order_id, client_order_id = one_id(order_id, client_order_id)
        known = self._known_waiting.get(client_order_id or "")
        return (order_id or (None if known is None else known.order_id)), client_order_id
