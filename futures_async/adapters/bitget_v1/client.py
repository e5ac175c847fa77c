"""`BitgetV1`: Bitget mix v1 as its documents describe it, closed by the venue since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import futures_async.adapter as fa
from futures_async.adapter import carries, chosen_or_none, unread_rows, urgent, walks
from futures_async.adapters._bitget_codes import NO_POSITION
from futures_async.adapters._rows import same_name, some_of
from futures_async.adapters.bitget_v1 import endpoints as api
from futures_async.adapters.bitget_v1 import mapping
from futures_async.adapters.bitget_v1.account import BitgetV1Account
from futures_async.adapters.bitget_v1.wire import WireOrder, WireOrderRef

SLACK_MS = 5_000
"""How far before its sending a lost order may carry its time."""


class BitgetV1(BitgetV1Account):
    """A Bitget futures account by the v1 documents. The venue closed this interface: give a `base_url`.

    Orders have no client order id and can be found only by the venue's id. So an order whose answer is lost stays
    `OrderOutcomeUnknown` for good; the error's `lookups` name orders that look like it, as advice and not as proof.
    Every order states leverage and margin mode: those of the request, else those that `set_leverage` set through
    this object, else those of the open position.

    Args:
        credentials: Key, secret and passphrase.
        options: See `BitgetV1Options`.
    """

    id = "bitget-v1"
    name = "Bitget v1"
    lifecycle: ClassVar[fa.Lifecycle] = "closed"
    orders_set = frozenset({"leverage", "margin_mode"})
    past_by_contract = True
    nothing_to_close = NO_POSITION
    # The documents name no largest batch; this is the family's (code 40306).
    max_batch = 20
    lacks: ClassVar[frozenset[fa.Capability]] = frozenset({fa.Capability.RESOLVE_ORDER})
    order_fields = fa.OrderFields(
        limit=carries("leverage", "margin_mode", time_in_force=fa.TimeInForce),
        market=carries("leverage", "margin_mode"),
    )

    # Orders

    async def _plan(self, request: fa.OrderRequest, *, kind: fa.OrderKind = fa.OrderKind.PLAIN) -> fa.PlannedOrder:
        plan = await super()._plan(request, kind=kind)
        mapping.order_body(plan.request, plan.venue_symbol)  # what cannot be written down is refused here
        return plan

    async def _terms_to_repeat(self, plan: fa.PlannedOrder) -> Mapping[str, Any]:
        """Leverage and margin mode for an order that names none; what is not told, `order_body` asks for."""
        request = plan.request
        if None not in (request.leverage, request.margin_mode):
            return {}
        terms = self._terms.get(plan.venue_symbol)
        if terms is None or request.margin_mode not in (None, terms.margin_mode):
            terms = await self._shown_terms(plan.venue_symbol, request)
        return {"leverage": terms.leverage, "margin_mode": terms.margin_mode}

    async def _shown_terms(self, venue_symbol: str, request: fa.OrderRequest) -> fa.Leverage:
        """By an open position. Both sides of a hedge may differ; an order that closes one belongs to that one."""
        try:
            rows = await self._once(("positions", venue_symbol), lambda: self.fetch_positions(venue_symbol))
        except fa.FuturesAsyncError as problem:
            if isinstance(problem, fa.SymbolNotFound):
                raise
            if request.intent is fa.Intent.OPEN:
                raise fa.InvalidOrder(
                    f"bitget-v1: leverage and margin mode of {request.symbol}, which every order states, could not be "
                    f"read ({problem.text}): give OrderRequest(leverage=…, margin_mode=…)"
                ) from problem
            rows = []  # the venue's own close needs none
        opens = fa.PositionSide.LONG if request.side is fa.Side.BUY else fa.PositionSide.SHORT
        closes = fa.PositionSide.SHORT if request.side is fa.Side.BUY else fa.PositionSide.LONG
        own = closes if request.intent is fa.Intent.CLOSE else opens
        return mapping.position_leverage([row for row in rows if row.side is own] or rows, venue_symbol)

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        def read_ack(wire: WireOrder) -> fa.Ack:
            placed = mapping.orders().one(wire)
            if (placed.venue_symbol.upper(), placed.side) != (order.venue_symbol, order.request.side):
                raise fa.ResponseMismatch(f"bitget-v1 {api.PLACE_ORDER.name}: the answer is about another order")
            # The answer repeats the order and says "new", whatever was filled at once: so it is read back by its id.
            return fa.Ack(placed.order_id)

        return fa.Placement(api.PLACE_ORDER, mapping.order_body(order.request, order.venue_symbol), read_ack)

    def _batch_placement(self, orders: Sequence[fa.PlannedOrder]) -> fa.BatchPlacement:
        def read_acks(wires: Sequence[WireOrderRef]) -> list[fa.Ack | fa.ExchangeError]:
            # Rows carry nothing of ours: they are taken in the order of the request, as far as their symbols agree.
            for order, wire in zip(orders, wires, strict=False):
                if wire.symbol is not None and wire.symbol.upper() != order.venue_symbol:
                    raise fa.ResponseMismatch("bitget-v1: the rows of the batch are not in the order of the request")
            return [fa.Ack(str(wire.order_id) if wire.order_id else None) for wire in wires]

        body = {"orders": [mapping.order_body(order.request, order.venue_symbol) for order in orders]}
        return fa.BatchPlacement(api.BATCH_ORDERS, body, read_acks)

    async def _lookalikes(self, plan: fa.PlannedOrder, asked_ms: int) -> list[str]:
        """Orders that look like a lost one: the same in all that answers show. Never proof."""
        request, since_ms = plan.request, asked_ms - SLACK_MS
        query = fa.PageQuery(symbol=mapping.to_venue_symbol(request.symbol), since_ms=since_ms)
        try:
            with urgent():
                seen = [*await self.fetch_open_orders(request.symbol), *(await self._orders_page(query, None)).rows]
        except fa.FuturesAsyncError as problem:
            return [f"orders could not be listed: {problem.text}"]
        alike = {
            order.order_id: order
            for order in seen
            if (order.side, order.type, order.quantity, order.price)
            == (request.side, request.type, request.quantity, request.price)
            and (order.created_ms or 0) >= since_ms
        }
        return [
            f"order {order.order_id} ({order.status.value}) has the same side, type, size and price: advice, not proof"
            for order in alike.values()
        ] or ["no order like it is listed, which proves nothing"]

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        if order_id is None:
            self._unsupported("cancel_order by client_order_id", "orders carry no id of ours")
        return fa.Call(api.CANCEL, {"symbol": venue_symbol, "orderId": order_id})

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        wire = await self._call(api.CANCEL_ALL, body={"symbol": venue_symbol})
        if wire.success is False or wire.cancelled_orders is None:
            return None
        return [str(order_id) for order_id in wire.cancelled_orders]

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """Read one order by the venue's id: orders carry no other."""
        if order_id is None:
            self._unsupported("fetch_order by client_order_id", "orders carry no id of ours")

        def about(wire: WireOrder) -> bool:
            return str(wire.order_id) == order_id and same_name(wire.symbol, name)

        row = await self._call(api.DETAIL, {"symbol": name, "orderId": order_id}, about=about)
        return mapping.orders().one(row)

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the open orders of one contract.

        Raises:
            SymbolNeeded: No symbol.
            IncompletePage: As many as one answer holds; there is no way to ask for more.
        """
        venue_symbol = _named(symbol and mapping.to_venue_symbol(symbol), "fetch_open_orders")
        rows = await self._call(
            api.CURRENT, {"symbol": venue_symbol, "limit": api.MAX_LIMIT}, about=some_of(venue_symbol)
        )
        found, unread = mapping.orders().each(rows)
        if len(found) + len(unread) >= api.MAX_LIMIT:
            raise fa.IncompletePage(
                f"bitget-v1: {api.MAX_LIMIT} open orders or more: the rest is hidden", rows=found, unread=unread
            )
        if unread:
            raise unread_rows(unread, found)
        return found

    async def _close_what_is_held(
        self, symbol: str, side: fa.PositionSideLike | None, margin_mode: fa.MarginModeLike | None
    ) -> fa.Order | None:
        """By the venue's own call, which sends a market order."""
        side = chosen_or_none(fa.PositionSide, side, "side")
        try:
            position = await self._held_before(symbol, side, margin_mode)
        except fa.UnreadRows as odd:
            return await self._close_whatever_is_held(symbol, side, odd, margin_mode)
        if position is None:
            return None
        closing = fa.OrderRequest(
            symbol=symbol,
            side=fa.Side.SELL if position.side is fa.PositionSide.LONG else fa.Side.BUY,
            type=fa.OrderType.MARKET,
            quantity=position.quantity,
            intent=fa.Intent.CLOSE,
            margin_mode=position.margin_mode,
            leverage=position.leverage,
        )
        plan = await super()._plan(closing)
        body = {"symbol": plan.venue_symbol}
        if side is not None:  # in one-way mode it is left out
            body["positionSide"] = side.value

        def read_ack(wire: WireOrderRef) -> fa.Ack:
            return fa.Ack(str(wire.order_id) if wire.order_id else None)

        return await self._orders.place(
            plan,
            fa.Placement(api.CLOSE, body, read_ack),
            on_unknown="resolve",
            send_within_s=fa.SEND_WITHIN_S,
            resolve_within_s=None,
        )

    async def _close_unread(self, wanted: fa.ToClose) -> fa.Ack | None:
        side = {} if wanted.side is None else {"positionSide": wanted.side.value}
        order_id = (await self._call(api.CLOSE, body={"symbol": wanted.venue_symbol, **side})).order_id
        return fa.Ack(str(order_id)) if order_id else None

    # Pages

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        size = walks.page_size(query, cursor, api.MAX_LIMIT)
        rows = await self._call(api.HISTORY, _window(query, cursor, size, "fetch_order_history"))
        return walks.time_page(mapping.orders().each(rows), cursor, size)

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        size = walks.page_size(query, cursor, api.MAX_LIMIT)
        rows = await self._call(api.FILLS, _window(query, cursor, size, "fetch_fills"))
        return walks.time_page(mapping.fills().each(rows), cursor, size)

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        size = walks.page_size(query, cursor, api.MAX_LIMIT)
        coin = query.margin_coin or self._coin(query.symbol)
        params = {
            "marginCoin": coin,
            "startTime": query.since_ms,
            "endTime": walks.page_end(query, cursor),
            "type": None if query.ledger_type is None else mapping.WIRE_LEDGER_TYPE.get(query.ledger_type),
            "limit": size,
        }
        rows = await self._call(api.BILLS, params)
        return walks.time_page(mapping.ledger_entries(coin).each(rows), cursor, size)


def _window(query: fa.PageQuery, cursor: str | None, size: int, method: str) -> dict[str, Any]:
    return {
        "symbol": _named(query.symbol, method),
        "startTime": query.since_ms,
        "endTime": walks.page_end(query, cursor),
        "limit": size,
    }


def _named(symbol: str | None, method: str) -> str:
    if not symbol:
        raise fa.SymbolNeeded(f"bitget-v1: {method} needs a symbol: the venue lists one contract at a time")
    return symbol
