"""`BitMart`: orders and their history.

https://developer-pro.bitmart.com/en/futuresv2/
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Unpack

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, make_client_order_id, required_id, walks
from futures_async.adapters._rows import some_of
from futures_async.adapters.bitmart import endpoints, mapping, orders, requests, words
from futures_async.adapters.bitmart.dialect import BitMartDialect
from futures_async.adapters.bitmart.options import BitMartOptions
from futures_async.adapters.bitmart.streams import BitMartStreamDialect
from futures_async.adapters.bitmart.triggers import OPEN_ROWS, TRAILING, BitMartTriggers
from futures_async.adapters.bitmart.wire import WireOrderAck

SIZE_REFUSALS = ("40043", "40044")
"""Precision and range: the contract's metadata may have changed."""

PAST = walks.Cap(200, 90 * 86_400_000, unit_ms=1000)
"""`order-history` and `trades`: what is beyond 200 rows is dropped without a word, whichever they are."""
LEDGER = walks.Cap(1000, 90 * 86_400_000)
"""`transaction-history`: the newest 1,000 rows."""


class BitMart(BitMartTriggers):
    """BitMart futures v2, USDT- and USDC-margined perpetual contracts.

    The venue counts contracts; here every quantity is base coin, converted exactly with the contract's size. An
    order that is not a whole number of contracts is refused. Past orders, fills and ledger rows without `since_ms`
    go back 90 days, which is as far as one call of the venue reaches.

    Args:
        credentials: Key, secret and memo (which may be empty); None gives market data only.
        options: See `BitMartOptions`; `demo=True` uses the venue's demo host with the same key.
    """

    id = "bitmart"
    name = "BitMart"
    lifecycle = "winding down"
    needs_contract = True
    orders_set = frozenset({"leverage", "margin_mode"})
    past_by_contract = True
    nothing_to_close = frozenset({"40021"})
    order_fields = requests.ORDER_FIELDS
    countdown = fa.Countdown(least=5, by_contract=True)

    takes: ClassVar[type[fa.Options]] = BitMartOptions

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[BitMartOptions]) -> None:
        own, common = self._own_options(options)
        self._account: str | None = own["account"]
        super().__init__(credentials, dialect=BitMartDialect(), **common)

    @property
    def _part(self) -> str:
        return "" if self._account in (None, "futures") else self._account

    def _stream_dialect(self) -> fa.StreamDialect:
        return BitMartStreamDialect(self._known_contract)

    async def _before_reading(self) -> None:
        await self._know_contracts()

    # Placing, changing, cancelling

    async def _plan(self, request: fa.OrderRequest, *, kind: fa.OrderKind = fa.OrderKind.PLAIN) -> fa.PlannedOrder:
        plan = await super()._plan(request, kind=kind)
        words.to_contracts(plan.request.quantity, requests.contract_of(plan))
        return plan

    async def _terms_to_repeat(self, plan: fa.PlannedOrder) -> Mapping[str, Any]:
        wanted = plan.request
        if wanted.intent is fa.Intent.CLOSE or None not in (wanted.leverage, wanted.margin_mode):
            return {}
        # "With an existing position, an opening order must repeat the position's leverage and open_type".
        leverage, mode = await self._opening_terms(plan.venue_symbol)
        return {"leverage": leverage, "margin_mode": mode}

    def _heard(self, plan: fa.PlannedOrder, error: fa.FuturesAsyncError) -> None:
        super()._heard(plan, error)
        if isinstance(error, fa.MarginModeConflict):
            self._standing.forget(plan.venue_symbol)
        elif isinstance(error, fa.ExchangeError) and error.code in SIZE_REFUSALS:
            self._forget_contracts()

    def _ordered(self, plan: fa.PlannedOrder) -> None:
        # Terms that an order has said and that did not stand already: what stands is read when it is needed next.
        standing, said = self._standing.get(plan.venue_symbol), (plan.request.leverage, plan.request.margin_mode)
        if plan.request.intent is fa.Intent.OPEN and standing is not None and said != standing[:2]:
            self._standing.forget(plan.venue_symbol)

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        return fa.Placement(endpoints.SUBMIT_ORDER, requests.order_body(order), _read_ack)

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        ids = requests.id_fields(order_id, client_order_id)
        return fa.Call(endpoints.CANCEL_ORDER, {"symbol": venue_symbol, **ids})

    def _amendment(self, order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> fa.Amendment:
        contract = self._known_contract(order.venue_symbol)
        if contract is None:
            raise fa.InvalidOrder(f"{self.id}: the size of a contract of {order.venue_symbol} is not known")
        return fa.Amendment(endpoints.MODIFY_ORDER, requests.amend_body(order, contract, price, quantity))

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        await self._call(endpoints.CANCEL_ORDERS, body={"symbol": venue_symbol})
        return None

    async def _close_unread(self, wanted: fa.ToClose) -> fa.Ack | None:
        """By the number of contracts that the row has: without their size, which may be what is not known of it."""
        side, row = wanted.side, wanted.row
        held = getattr(None if row is None else row.raw, "current_amount", None)
        if side is None or not isinstance(held, (str, int, Decimal)):
            return await super()._close_unread(wanted)
        contracts = decimal_or_none(held, "current_amount")
        if contracts is None or contracts <= 0 or contracts != int(contracts):
            return await super()._close_unread(wanted)
        own = make_client_order_id()  # by which the order is found where its answer is lost
        body = {
            "symbol": wanted.venue_symbol,
            "client_order_id": own,
            "type": "market",
            "side": requests.CLOSING_SIDE[side],
            "size": int(contracts),
        }
        try:
            await self._call(endpoints.SUBMIT_ORDER, body=body)
        except fa.OrderOutcomeUnknown as unknown:
            unknown.name(self.unified_symbol(wanted.venue_symbol), own)
            raise
        except fa.FuturesAsyncError as error:
            error.client_order_id = own
            raise
        return fa.Ack(None, own)  # the venue's id is not believed: the answer may be that to another order

    async def _arm(self, seconds: int, venue_symbol: str) -> bool:
        body = {"symbol": venue_symbol, "timeout": seconds}
        return bool((await self._call(endpoints.CANCEL_ALL_AFTER, body=body)).result)

    # Reading orders

    async def _fetch_order(self, name: str, order_id: str | None, client_order_id: str | None) -> fa.Order:
        """By client id it is looked for in the lists of open and past orders (90 days)."""
        if order_id is None:
            found = await self._find_order(name, client_order_id or "")
            if found is None:
                text = f"no order {client_order_id} of {self.unified_symbol(name)}"
                raise fa.OrderNotFound(text, venue=self.id, endpoint=endpoints.OPEN_ORDERS.name)
            return found
        params = {"symbol": name, **requests.id_fields(order_id, None), "account": self._account}
        row = await self._call(
            endpoints.ORDER,
            params,
            about=lambda row: str(row.order_id) == order_id and words.names(row.symbol, name),
        )
        return orders.orders().one(row, await self._contract_held(name))

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        """Read the open orders; trigger and trailing orders are not among them.

        Raises:
            IncompletePage: 100 rows, which is all that the venue shows.
        """
        name = None if symbol is None else self.venue_symbol(symbol)
        read = await self._open(name)
        plain = [order for order in read.rows if order.raw.type != TRAILING]
        try:
            walks.complete(read, OPEN_ROWS, f"{self.id}: open orders")
        except fa.IncompletePage as cut:
            cut.rows = plain
            raise
        return fa.Read(plain, read.unread).whole()

    async def _open(self, name: str | None) -> fa.Read[fa.Order]:
        rows = await self._call(endpoints.OPEN_ORDERS, {"symbol": name, "limit": OPEN_ROWS}, about=some_of(name))
        return await self._as(orders.orders(), rows)

    async def _find_order(self, venue_symbol: str, client_order_id: str) -> fa.Order | None:
        """Open orders, past orders, open orders again (it may have moved between the two), fills: four witnesses.

        The venue has no look-up by client id. None only when every witness answered in full.
        """
        found = await self._among_open(venue_symbol, client_order_id)
        if found is None:
            found = await self._among_past(venue_symbol, client_order_id)
        if found is None:
            found = await self._among_open(venue_symbol, client_order_id)
        return found or await self._by_fill(venue_symbol, client_order_id)

    async def _among_open(self, name: str, client_order_id: str) -> fa.Order | None:
        read = await self._open(name)
        return _ours(read, client_order_id, OPEN_ROWS, f"{self.id}: open orders of {name}")

    async def _among_past(self, name: str, client_order_id: str) -> fa.Order | None:
        rows = await self._call(endpoints.ORDER_HISTORY, self._witness(name, client_order_id))
        read = await self._as(orders.orders(), rows)
        return _ours(read, client_order_id, PAST.rows, f"{self.id}: past orders of {name}")

    async def _by_fill(self, name: str, client_order_id: str) -> fa.Order | None:
        """Fills do not repeat the client id that they were filtered by: their orders must say it, each of them."""
        rows = await self._call(endpoints.TRADES, self._witness(name, client_order_id))
        fills = walks.certain(await self._as(orders.fills(), rows), PAST.rows, f"{self.id}: fills of {name}")
        for order_id in dict.fromkeys(fill.order_id for fill in fills):
            order = await self.fetch_order(name, order_id=order_id)
            if order.client_order_id == client_order_id:
                return order
        return None

    def _witness(self, name: str, client_order_id: str) -> dict[str, str | int | None]:
        wanted = PAST.wanted(fa.PageQuery(symbol=name), self._channel.now_ms())
        return {
            "symbol": name,
            "client_order_id": client_order_id,
            "account": self._account,
            "start_time": wanted.start,
            "end_time": wanted.end,
        }

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        if query.symbol is None:
            raise fa.SymbolNeeded(f"{self.id}: past orders are listed per contract: name the symbol")

        async def fetch(window: walks.Window) -> fa.Read[fa.Order]:
            rows = await self._call(endpoints.ORDER_HISTORY, self._between(query, window))
            return await self._as(orders.orders(), rows)

        return await walks.split_rows(fetch, PAST.wanted(query, self._channel.now_ms()), cursor, PAST)

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        async def fetch(window: walks.Window) -> fa.Read[fa.Fill]:
            rows = await self._call(endpoints.TRADES, self._between(query, window))
            return await self._as(orders.fills(), rows)

        return await walks.split_rows(fetch, PAST.wanted(query, self._channel.now_ms()), cursor, PAST)

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        async def fetch(window: walks.Window) -> fa.Read[fa.LedgerEntry]:
            kind = None if query.ledger_type is None else words.FLOW_CODE.get(query.ledger_type)
            params = {**self._between(query, window), "flow_type": kind, "page_size": LEDGER.rows}
            rows = await self._call(endpoints.TRANSACTIONS, params)
            return mapping.ledger_entries().each(rows)

        return await walks.newest_rows(fetch, LEDGER.wanted(query, self._channel.now_ms()), cursor, LEDGER)

    def _between(self, query: fa.PageQuery, window: walks.Window) -> dict[str, str | int | None]:
        return {
            "symbol": query.symbol,
            "account": self._account,
            "start_time": window.start,
            "end_time": window.end,
        }

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
    ) -> Any:
        # A POST without parameters sends and signs {}.
        if body is None and method.upper() == "POST":
            body = {}
        return await super().request(method, path, params=params, body=body, idempotent=idempotent)


def _read_ack(result: WireOrderAck) -> fa.Ack:
    """The order's id, a number here; the price beside it may be the text "market price"."""
    return fa.Ack(required_id(result.order_id, "order_id"))


def _ours(read: fa.Read[fa.Order], client_order_id: str, most: int, what: str) -> fa.Order | None:
    """The order that carries our id (the venue's filter alone is not believed), or None when the list is whole."""
    for order in read.rows:
        if order.client_order_id == client_order_id:
            return order
    walks.certain(read, most, what)
    return None
