"""`BitgetUTA`: Bitget's unified trading account, futures, over the v3 interface.

https://www.bitget.com/api-doc/uta/intro
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Unpack

import futures_async.adapter as fa
from futures_async.adapter import known_or_none, unread_of, windows
from futures_async.adapters._bitget import ProductType, named
from futures_async.adapters._rows import Row, by_tier, same_name, some_of
from futures_async.adapters.bitget_uta import endpoints, mapping, wire
from futures_async.adapters.bitget_uta.dialect import NO_POSITION, NOTHING_TO_CANCEL, BitgetUTADialect
from futures_async.adapters.bitget_uta.options import BitgetUTAOptions
from futures_async.adapters.bitget_uta.orders import (
    ORDER_FIELDS,
    change_body,
    fills,
    fits_batch,
    order_body,
    orders,
    read_ack,
    read_acks,
    refusal_of,
)
from futures_async.adapters.bitget_uta.streams import BitgetUTAStreamDialect
from futures_async.adapters.bitget_uta.triggers import UNCHANGED, UnifiedTriggers

WITNESS_MS = windows.DAY_MS
"""How far back the list of closed orders is searched for an order of ours, beside the look-up by its id."""


class BitgetUTA(fa.BatchCancels, UnifiedTriggers):
    """Bitget v3 (unified account), one category of futures.

    Args:
        credentials: Key, secret and passphrase; None gives market data only.
        options: See `BitgetUTAOptions`.

    The vendor's pages contradict each other about the unit of COIN-FUTURES' quantities: without `coin_unit` that
    category is for reading, orders are `NotSupported`, and quantities are the venue's number. The venue keeps no
    margin mode per symbol: an order that says none is cross, or what `margin_mode` says.
    """

    id = "bitget-uta"
    name = "Bitget (unified account)"
    lifecycle = "live"
    lacks: ClassVar[frozenset[fa.Capability]] = frozenset({fa.Capability.SET_MARGIN_MODE})
    needs_position_mode = True
    silent_lists = frozenset({fa.Capability.FETCH_TRIGGER_ORDERS, fa.Capability.FETCH_FILLS})
    order_fields = ORDER_FIELDS
    countdown = fa.Countdown(least=5, most=60)
    both_margin_modes = True
    takes: ClassVar[type[fa.Options]] = BitgetUTAOptions
    max_batch = endpoints.BATCH
    max_cancels = endpoints.BATCH
    nothing_to_close = frozenset({NO_POSITION})

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[BitgetUTAOptions]) -> None:
        own, common = self._own_options(options)
        self._category: ProductType = own["product_type"]
        self._unit_is_certain = self._category != "COIN-FUTURES" or own["coin_unit"] is not None
        self._margin_mode: fa.MarginMode | None = own["margin_mode"]
        self._family = BitgetUTADialect(rsa=own["rsa"])
        super().__init__(credentials, dialect=self._family, **common)

    @property
    def _reads(self) -> Sequence[str]:
        return (self._category,)

    def _attach(self, credentials: fa.Credentials | None) -> None:
        self._isolated_level = False
        self._known_waiting = {}
        self._named_by_side = False
        super()._attach(credentials)

    def _overheard(self) -> Sequence[tuple[fa.What, fa.What, Callable[[Any], None]]]:
        return ((fa.What.TRIGGERS, fa.What.ORDERS, self._hear_waiting),)

    def _stream_dialect(self) -> fa.StreamDialect:
        return BitgetUTAStreamDialect(self._family, self._category)

    # Orders

    async def _plan(self, request: fa.OrderRequest, *, kind: fa.OrderKind = fa.OrderKind.PLAIN) -> fa.PlannedOrder:
        if not self._unit_is_certain:
            raise fa.NotSupported(
                f"{self.id}: orders in COIN-FUTURES: the venue's pages contradict each other about the unit of qty; "
                'with coin_unit="base" you say that it is base coin'
            )
        plan = await super()._plan(request, kind=kind)
        if self._category == "COIN-FUTURES" and plan.request.attached:
            # "... or preset take-profit/stop-loss orders": the same page.
            raise fa.InvalidOrder(
                f"{self.id}: orders in COIN-FUTURES bring no take_profit and no stop_loss: leave them out"
            )
        return plan

    def _margin_mode_of(self, plan: fa.PlannedOrder) -> fa.MarginMode:
        return self._order_margin_mode(plan)

    def _order_margin_mode(self, order: fa.PlannedOrder) -> fa.MarginMode:
        return order.request.margin_mode or self._default_margin_mode()

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        body = order_body(order, self._category, self._order_margin_mode(order))
        return fa.Placement(endpoints.PLACE_ORDER, body, read_ack)

    def _batchable(self, order: fa.PlannedOrder) -> bool:
        return fits_batch(order, self._order_margin_mode(order))

    def _batch_placement(self, orders: Sequence[fa.PlannedOrder]) -> fa.BatchPlacement:
        bodies = [order_body(order, self._category, self._order_margin_mode(order), batch=True) for order in orders]
        return fa.BatchPlacement(endpoints.PLACE_BATCH, bodies, partial(read_acks, orders=orders))

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        ids = {"orderId": order_id} if order_id is not None else {"clientOid": client_order_id}
        return fa.Call(endpoints.CANCEL_ORDER, {**ids, "category": self._category})

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[tuple[str | None, str | None]]) -> fa.Call:
        items = [{**named(*pair), "category": self._category, "symbol": venue_symbol} for pair in ids]
        return fa.Call(endpoints.CANCEL_BATCH, body=items)

    def _cancel_refusals(self, answer: Sequence[wire.WireIds]) -> dict[str, fa.Refusal]:
        refused = [(item, reason) for item in answer if (reason := refusal_of(item)) is not None]
        return {str(name): reason for item, reason in refused for name in (item.order_id, item.client_oid) if name}

    def _amendment(self, order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> fa.Amendment:
        self._check_changes()

        def read_ids(ids: wire.WireIds) -> tuple[str | None, str | None]:
            # Whether the venue's id stays the same is not documented; ours does.
            if order.client_order_id is not None:
                return None, order.client_order_id
            return (str(ids.order_id) if ids.order_id else None), None

        # Under its own id the order may read as cancelled, while another one has taken its place.
        lost_ids = (order.order_id, None) if order.client_order_id is None else (None, order.client_order_id)
        body = change_body(order, self._category, price, quantity)
        return fa.Amendment(endpoints.MODIFY_ORDER, body, read_ids, lost_ids=lost_ids, unchanged=UNCHANGED)

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        body = {"category": self._category, "symbol": venue_symbol}
        try:
            answer = await self._call(endpoints.CANCEL_SYMBOL, body=body)
        except fa.OrderNotFound as error:
            if error.code in NOTHING_TO_CANCEL:
                return []
            raise
        return [str(item.order_id) for item in answer.rows or () if item.order_id and refusal_of(item) is None]

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """In any state. The venue looks in the whole account, so that it may be another contract's."""
        params = {"orderId": order_id} if order_id is not None else {"clientOid": client_order_id}

        def about(row: wire.WireOrder) -> bool:
            return order_id in (None, str(row.order_id)) and client_order_id in (None, row.client_oid)

        row = await self._call(endpoints.ORDER, params, about=about)
        if not same_name(row.symbol, name) or not self._is_own(row):
            raise fa.ResponseMismatch(
                f"{self.id}: order {order_id or client_order_id} is of {row.category} {row.symbol}, not of {name}"
            )
        return orders(self._category).one(row)

    async def _find_order(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        """By its id, which an order of another contract may have had; then in the list of open orders; then among those
        that closed within a day."""
        last_day = (self._orders_page, self._channel.now_ms() - WITNESS_MS)
        return await self._find_in(venue_symbol, client_order_id, (self._open_page, None), last_day)

    async def _open_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        name = query.symbol
        answer = await self._call(
            endpoints.OPEN_ORDERS,
            {"category": self._category, "symbol": name, "limit": endpoints.PAGE, "cursor": cursor},
            about=some_of(name, lambda answer: answer.rows),
        )
        rows, unread = orders(self._category).each(self._own(answer.rows))
        return fa.Page(rows, (answer.following or None) if answer.rows or unread else None, unread)

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        params = {"category": self._category, "symbol": query.symbol}
        ask = self._asking(endpoints.PAST_ORDERS, params, orders(self._category))
        return await self._merged([ask], query, cursor, endpoints.REACH)

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        """The venue filters by order only: fills of other contracts are dropped by the core."""
        ask = self._asking(endpoints.FILLS, {"category": self._category}, fills(self._category))
        return await self._merged([ask], query, cursor, endpoints.REACH)

    async def _close_unread(self, wanted: fa.ToClose) -> fa.Ack | None:
        if wanted.margin_mode is not None and await self._has_twin(wanted, wanted.margin_mode):
            raise fa.NotSupported(f"{self.id}: the venue's own close names no margin mode, and one of each may be held")
        for item in await self.flash_close(wanted.venue_symbol, side=wanted.side):
            reason = refusal_of(item)
            if reason is not None:
                raise self._dialect.judged(reason, endpoints.CLOSE_POSITIONS)
            return fa.Ack(str(item.order_id)) if item.order_id else None
        return None

    async def _has_twin(self, wanted: fa.ToClose, margin_mode: fa.MarginMode) -> bool:
        """Whether a call for this side would close what is, or may be, in another margin mode."""
        side, row = wanted.side, wanted.row
        unread: Sequence[fa.UnreadRow] = ()
        try:
            held: Sequence[fa.Position] = await self.fetch_positions(wanted.venue_symbol)
        except fa.UnreadRows as odd:  # what is to be closed may be one of them
            held, unread = odd.rows, odd.unread
        modes = [one.margin_mode for one in held if side in (None, one.side)]
        modes += [_mode_of(one) for one in unread if one.facts.get("side") in (None, side) or side is None]
        if row is not None and _mode_of(row) is None and None in modes:
            modes.remove(None)  # its own row: it is closed as the one that was named
        return any(mode is not margin_mode for mode in modes)

    async def _arm(self, seconds: int, venue_symbol: str) -> bool:
        """Of every category. The venue enables this by application."""
        await self._call(endpoints.COUNTDOWN, body={"countdown": str(seconds)})
        return True

    # Market

    async def fetch_contracts(self) -> list[fa.Contract]:
        """Read the trading rules of all contracts of this category."""
        rows = await self._call(endpoints.INSTRUMENTS, {"category": self._category})
        return mapping.contracts(self._category).known(self._own(rows))

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        """Read last, best and mark prices."""
        return mapping.tickers(self._category).one(await self._row(endpoints.TICKERS, symbol))

    async def _listed_tickers(self, names: Sequence[str]) -> Sequence[fa.Ticker]:
        rows = await self._call(endpoints.TICKERS, {"category": self._category})
        return mapping.tickers(self._category).each(filter(self._is_own, rows)).rows

    async def fetch_funding_rate(self, symbol: str) -> fa.FundingRate:
        return mapping.funding_rates(self._category).one(await self._row(endpoints.FUNDING_RATE, symbol))

    async def _row(self, endpoint: fa.Endpoint[list[Row]], symbol: str) -> Row:
        """Read the row of one contract; none at all means that there is no such contract."""
        name = self.venue_symbol(symbol)

        def find(rows: list[Row]) -> Row | None:
            if not rows and not unread_of(rows):
                raise fa.SymbolNotFound(f"no contract {symbol}", venue=self.id, endpoint=endpoint.name)
            return next((row for row in rows if same_name(row.symbol, name) and self._is_own(row)), None)

        return await self._pick(endpoint, {"category": self._category, "symbol": name}, find)

    async def fetch_risk_limits(self, symbol: str) -> list[fa.RiskLimit]:
        named = wire.WireNamed(symbol=self.venue_symbol(symbol))
        rows = await self._call(endpoints.TIERS, {"category": self._category, "symbol": named.symbol})
        return by_tier(mapping.risk_limits(self._category).known(rows, lambda _: named))

    async def fetch_time(self) -> int:
        return (await self._call(endpoints.TIME)).server_time


def _mode_of(row: fa.UnreadRow) -> fa.MarginMode | None:
    """The margin mode that a position's row tells though something else of it cannot be read."""
    return known_or_none(mapping.MARGIN_MODE, getattr(row.raw, "margin_mode", None))
