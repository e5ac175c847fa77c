"""`Bybit`: USDT, USDC and inverse perpetuals of a unified trading account, over the v5 interface.

https://bybit-exchange.github.io/docs/v5/intro
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Unpack

import futures_async.adapter as fa
from futures_async.adapter import make_client_order_id, side_by_side, unread_of, unread_rows, windows
from futures_async.adapters._rows import listed
from futures_async.adapters.bybit import endpoints, mapping, wire
from futures_async.adapters.bybit.codes import UNCHANGED
from futures_async.adapters.bybit.dialect import BybitDialect, Site
from futures_async.adapters.bybit.lists import Scope, following, of_contract
from futures_async.adapters.bybit.options import BybitOptions, Market
from futures_async.adapters.bybit.orders import (
    ORDER_FIELDS,
    by_id,
    fills,
    is_fill,
    order_body,
    orders,
    read_ack,
    read_acks,
    verdicts_of,
)
from futures_async.adapters.bybit.streams import BybitStreamDialect
from futures_async.adapters.bybit.symbols import category_of
from futures_async.adapters.bybit.triggers import TriggerCalls

PLAIN = {"orderFilter": "Order"}
"""Without those that wait for a price, which live among the others."""
NOTHING_TO_REDUCE = "110017"
MOST_CLOSES = 20
"""Orders of size 0 that close one position: each takes as much as the largest order may."""


class Bybit(fa.BatchCancels, TriggerCalls):
    """Bybit v5, one unified trading account: all of its perpetuals.

    Args:
        credentials: Key and secret; None gives market data only.
        options: See `BybitOptions`.

    The margin mode is the whole account's, and orders carry neither it nor leverage. A price outside the contract's
    band is moved into it by the venue unless `refuse_prices_outside_band` was called once: read the order for its
    price. Inverse contracts are worth a dollar each: an order's size in base coin counts at its own price, as
    `Contract.quantity_of` makes it of contracts, so there are no market orders but those of `close_position`.
    """

    id = "bybit"
    name = "Bybit"
    lifecycle = "live"
    needs_position_mode = True
    order_fields = ORDER_FIELDS
    takes: ClassVar[type[fa.Options]] = BybitOptions
    max_batch = endpoints.BATCH
    max_cancels = endpoints.BATCH
    nothing_to_close = frozenset({NOTHING_TO_REDUCE})

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[BybitOptions]) -> None:
        own, common = self._own_options(options)
        if own["site"] != "global" and common.get("demo") and not common.get("base_url"):
            raise fa.InvalidRequest(f"{self.id}: demo trading of another site than the global one needs its base_url")
        self._markets: tuple[Market, ...] = own["markets"]
        self._guarded: bool = own["cancel_on_disconnect"]
        self._site_name: Site = own["site"]
        self._wire = BybitDialect(site=own["site"], rsa=own["rsa"])
        super().__init__(credentials, dialect=self._wire, **common)

    @property
    def _part(self) -> str:
        return "testnet" if self._site_name == "testnet" else ""  # all others are with real money, each user at one

    @property
    def _reads(self) -> Sequence[str]:
        return self._markets

    @property
    def audit_reads(self) -> tuple[int, int]:
        """Of each market a page of positions and, where it has rows, the empty one after it, and the margin mode; the
        wallet."""
        return 2 * len(self._markets) + 1, 1

    def _attach(self, credentials: fa.Credentials | None) -> None:
        self._modes, self._mode_read, self._mode_reads, self._mode_good_until = {}, None, [0, 0, 0], 0.0
        super()._attach(credentials)

    def _stream_dialect(self) -> fa.StreamDialect:
        return BybitStreamDialect(self._wire, guarded=self._guarded, margin_mode=lambda: self._mode_read)

    # Orders

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        return fa.Placement(endpoints.CREATE, order_body(order), read_ack)

    def _batch_key(self, order: fa.PlannedOrder) -> Hashable:
        return category_of(order.venue_symbol)

    def _batch_placement(self, orders: Sequence[fa.PlannedOrder]) -> fa.BatchPlacement:
        return fa.BatchPlacement(endpoints.CREATE_BATCH, _batch([order_body(order) for order in orders]), read_acks)

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        return fa.Call(endpoints.CANCEL, {**of_contract(venue_symbol).params, **by_id(order_id, client_order_id)})

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[tuple[str | None, str | None]]) -> fa.Call:
        return fa.Call(
            endpoints.CANCEL_BATCH, _batch([{**of_contract(venue_symbol).params, **by_id(*pair)} for pair in ids])
        )

    def _cancel_refusals(self, answer: wire.WireRows[wire.WireIds]) -> Sequence[fa.Refusal | None]:
        return verdicts_of(answer)

    def _amendment(self, order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> fa.Amendment:
        size = None if quantity is None else self._sized(order, quantity, order.price if price is None else price)
        new = fa.given({"qty": size, "price": fa.written(price)})
        body = {**of_contract(order.venue_symbol).params, "orderId": order.order_id, **new}
        return fa.Amendment(endpoints.AMEND, body, unchanged=UNCHANGED)

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        """The answer names what was asked to be cancelled, not what was: the orders are read."""
        await self._call(endpoints.CANCEL_ALL, body={**of_contract(venue_symbol).params, **PLAIN})
        return None

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """Plain or waiting for a price, in any state; one cancelled without a fill is forgotten after a day."""
        scope = of_contract(name)
        # The list of open orders, which remembers the last that were closed; then the history.
        for endpoint in (endpoints.OPEN, endpoints.PAST):
            rows = await self._by_id(endpoint, scope, order_id, client_order_id)
            if rows:
                return orders().one(rows[0])
        text = f"no order {order_id or client_order_id} of {self.unified_symbol(name)}"
        raise fa.OrderNotFound(text, venue=self.id, endpoint=endpoints.PAST.name)

    async def _by_id(
        self,
        endpoint: fa.Endpoint[wire.WireRows[Any]],
        scope: Scope,
        order_id: str | None,
        client_order_id: str | None,
    ) -> list[Any]:
        """The rows of one order. "Not found" is an empty list; rows of another order answer another question."""

        def about(answer: wire.WireRows[Any]) -> bool:
            return all(
                order_id in (None, str(row.order_id)) and client_order_id in (None, row.order_link_id)
                for row in listed(answer.rows)
            )

        answer = await self._call(endpoint, {**scope.params, **by_id(order_id, client_order_id)}, about=about)
        lost = unread_of(answer.rows)
        if lost and not answer.rows:
            raise unread_rows(lost, [])
        return listed(answer.rows)

    async def _find_order(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        """By its id in both lists, then among the executions."""
        try:
            return await self.fetch_order(venue_symbol, client_order_id=client_order_id)
        except fa.OrderNotFound:
            pass
        scope = of_contract(venue_symbol)
        if not await self._by_id(endpoints.FILLS, scope, None, client_order_id):
            return None
        # It moves from one list to the other: that it was filled is proof that it is there.
        raise fa.VenueUnavailable(
            f"order {client_order_id} has fills and is in no list of orders yet",
            venue=self.id,
            endpoint=endpoints.PAST.name,
            retryable=True,
        )

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the open orders: of one contract, or of all kinds that the option `markets` names."""
        return await self._listed(symbol, PLAIN)

    async def _listed(self, symbol: str | None, asked: dict[str, str]) -> list[fa.Order]:
        scopes = self._scopes(None if symbol is None else self.venue_symbol(symbol))

        async def read(scope: Scope) -> list[fa.Order]:
            page = self._pages(endpoints.OPEN, scope, endpoints.OPEN_PAGE, orders(), **asked)
            return await fa.everything(page, fa.PageQuery(), key=lambda order: order.order_id)

        return await side_by_side(read, scopes)

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        lists = [self._asking(endpoints.PAST, scope, orders()) for scope in self._categories(query.symbol)]
        return await self._merged(lists, query, cursor, endpoints.PAST_ORDERS_REACH)

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        lists = [self._trades(scope) for scope in self._categories(query.symbol)]
        return await self._merged(lists, query, cursor, endpoints.REACH)

    def _trades(self, scope: Scope) -> windows.Ask[fa.Fill]:
        """Executions but for funding and what else is no trade. A page may hold nothing else."""

        async def ask(bounds: windows.Bounds) -> windows.Part[fa.Fill]:
            while True:
                answer = await self._rows(endpoints.FILLS, scope, bounds.named(*endpoints.BOUNDS))
                rows = fa.Rows(filter(is_fill, listed(answer.rows))).without(unread_of(answer.rows))
                found, unread = fills().each(rows)
                cursor = following(answer, bounds.cursor)
                if found or unread or cursor is None:
                    return windows.Part(found, cursor, unread)
                bounds = bounds._replace(cursor=cursor)

        return ask

    async def _close_unread(self, wanted: fa.ToClose) -> fa.Ack | None:
        """By orders of size 0, each of which closes up to the largest order, until the venue says that nothing is left;
        of an unknown side each is tried. The first order's ids: the others may have found nothing, as the venue answers
        before it executes.

        Raises:
            OrderOutcomeUnknown: Nothing was refused, and something may be left all the same.
            OrderRejected: There is nothing to reduce, or other orders reduce it already: what is held is to be read.
        """
        venue_symbol, side = wanted.venue_symbol, wanted.side
        hedged = await self._known_position_mode(venue_symbol) is fa.PositionMode.HEDGE
        refusal: fa.OrderRejected | None = None
        for there in tuple(fa.PositionSide) if side is None else (side,):
            body = {
                **of_contract(venue_symbol).params,
                "side": "Sell" if there is fa.PositionSide.LONG else "Buy",
                "orderType": "Market",
                "timeInForce": "IOC",
                "qty": "0",
                "reduceOnly": True,
                "closeOnTrigger": True,
                "positionIdx": mapping.INDEX[there] if hedged else 0,
            }
            try:
                return await self._close_until_nothing_is_left(venue_symbol, body)
            except fa.OrderRejected as error:
                if error.code != NOTHING_TO_REDUCE:
                    raise
                refusal = error
        if refusal is not None:
            raise refusal
        return None

    async def _close_until_nothing_is_left(self, venue_symbol: str, body: dict[str, Any]) -> fa.Ack:
        """The first order's ids.

        Raises:
            OrderRejected: There is nothing to reduce, or other orders reduce it already.
        """
        first: fa.Ack | None = None
        for _ in range(MOST_CLOSES):
            try:
                ack = read_ack(await self._call(endpoints.CREATE, body=body | {"orderLinkId": make_client_order_id()}))
            except fa.OrderRejected as error:
                if error.code != NOTHING_TO_REDUCE or first is None:
                    raise
                return first
            first = first or ack
        symbol = self.unified_symbol(venue_symbol)
        raise fa.OrderOutcomeUnknown(
            f"{self.id} {endpoints.CREATE.name}: the venue has taken {MOST_CLOSES} orders that close {symbol}, each as "
            "much as one order may, and has not said that nothing is left: read the position, and close what is left "
            "of it",
            venue=self.id,
            symbol=symbol,
        )


def _batch(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Orders of one category, which is named once."""
    return {
        "category": items[0]["category"],
        "request": [{name: value for name, value in item.items() if name != "category"} for item in items],
    }
