"""`Acme`: hooks and plain reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar, Unpack

import futures_async.adapter as fa
from futures_async.adapter import carries, in_turn, known, one_id, side_by_side, to_text
from tests.newcomer.acme import endpoints as api
from tests.newcomer.acme import mapping, wire
from tests.newcomer.acme.dialect import AcmeDialect
from tests.newcomer.acme.words import BOOK, FORCE, to_contract, to_symbol

R = TypeVar("R", bound=fa.Row)
M = TypeVar("M", bound=fa.Model)

FORCES = {force: word for word, force in FORCE.items()}
_STOPS = carries(stops=("price",))
PAGE = 50


class Acme(fa.Adapter):
    """An Acme account; every contract is in cross margin."""

    id = "acme"
    name = "Acme"
    needs_position_mode = True
    nothing_to_close = frozenset({"no-position"})
    only_margin_mode = fa.MarginMode.CROSS
    order_fields = fa.OrderFields(
        limit=_STOPS | carries(time_in_force=fa.TimeInForce), market=_STOPS, only_opening=_STOPS
    )

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[fa.Options]) -> None:
        super().__init__(credentials, dialect=AcmeDialect(), **options)

    def venue_symbol(self, symbol: str) -> str:
        return to_contract(symbol)

    def unified_symbol(self, venue_symbol: str) -> str:
        return to_symbol(venue_symbol)

    # Market

    async def fetch_time(self) -> int:
        return (await self._call(api.TIME)).now

    async def fetch_contracts(self) -> list[fa.Contract]:
        async def read(room: str) -> list[fa.Contract]:
            rows = await self._call(api.CONTRACTS, {"room": room})
            return mapping.contracts().known(rows)

        return await side_by_side(read, api.ROOMS)

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        return mapping.tickers().one(await self._of(api.TICKER, self.venue_symbol(symbol)))

    async def _of(self, endpoint: fa.Endpoint[Any], contract: str) -> Any:
        """A row about one contract, and about no other."""
        return await self._call(endpoint, {"contract": contract}, about=lambda row: row.contract == contract)

    # Account

    async def fetch_accounts(self) -> list[fa.Account]:
        rows = await self._call(api.BALANCES)
        return mapping.accounts().all(rows)

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        contract = None if symbol is None else self.venue_symbol(symbol)

        async def read(room: str) -> list[fa.Position]:
            def about(rows: list[wire.WirePosition]) -> bool:
                return not rows or any(contract in (None, row.contract) for row in rows)

            rows = await self._call(api.POSITIONS, {"room": room, "contract": contract}, about=about)
            return mapping.positions().all(rows)

        return await side_by_side(read, api.ROOMS if contract is None else (contract.partition("_")[2],))

    async def _read_leverage(self, venue_symbol: str, margin_mode: fa.MarginMode | None) -> fa.Leverage:
        return mapping.leverages().one(await self._of(api.LEVERAGE, venue_symbol))

    async def _leverage_change(
        self, venue_symbol: str, leverage: Decimal, margin_mode: fa.MarginMode | None, side: fa.PositionSide | None
    ) -> fa.LeverageChange:
        return fa.LeverageChange([fa.Call(api.SET_LEVERAGE, {"contract": venue_symbol, "leverage": to_text(leverage)})])

    async def _position_mode_of(self, venue_symbol: str | None) -> fa.PositionMode:
        return known(BOOK, (await self._call(api.BOOK)).book or "", "book")

    def _position_mode_change(self, mode: fa.PositionMode) -> fa.Call:
        """Of the whole account."""
        [book] = [word for word, meaning in BOOK.items() if meaning is mode]
        return fa.Call(api.SET_BOOK, {"book": book})

    # Orders

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        request = order.request
        body: dict[str, Any] = {
            "contract": order.venue_symbol,
            "side": request.side.value,
            "kind": request.type.value,
            "size": to_text(request.quantity),
            "tag": order.client_order_id,
            "closing": request.intent is fa.Intent.CLOSE,
        }
        if order.position_mode is fa.PositionMode.HEDGE:
            body["book"] = order.position_side.value
        if request.price is not None:
            body["price"] = to_text(request.price)
        if request.time_in_force is not None:
            body["force"] = FORCES[request.time_in_force]
        body |= {_STOP_FIELDS[name]: to_text(stop.price) for name, stop in request.attached.items()}
        return fa.Placement(api.PLACE, body, _read_ack)

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        return fa.Call(api.CANCEL, _named(venue_symbol, order_id, client_order_id))

    def _amendment(self, order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> fa.Amendment:
        body = _named(order.venue_symbol, order.order_id, None)
        body |= {name: to_text(value) for name, value in (("price", price), ("size", quantity)) if value is not None}
        return fa.Amendment(api.EDIT, body, _read_ids, unchanged=frozenset({"same"}))

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        rows = await self._call(api.CANCEL_ALL, body={"contract": venue_symbol})
        return [str(row.id) for row in rows if row.id]

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> fa.Order:
        contract = self.venue_symbol(symbol)
        order_id, client_order_id = self._current_ids(*one_id(order_id, client_order_id))

        def about(row: wire.WireOrder) -> bool:
            """By the id that was asked for: of the other one nothing is known."""
            same = str(row.id) == order_id if client_order_id is None else row.tag == client_order_id
            return row.contract == contract and same

        row = await self._call(api.ORDER, _named(contract, order_id, client_order_id), about=about)
        return mapping.orders().one(row)

    async def _open_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        return await self._pages(api.OPEN, mapping.orders(), query)(query, cursor)

    async def _orders_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Order]:
        return await self._pages(api.DONE, mapping.orders(), query)(query, cursor)

    async def _fills_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.Fill]:
        return await self._pages(api.FILLS, mapping.fills(), query)(query, cursor)

    async def _ledger_page(self, query: fa.PageQuery, cursor: str | None) -> fa.Page[fa.LedgerEntry]:
        return await self._pages(api.LEDGER, mapping.entries(), query)(query, cursor)

    def _pages(
        self, endpoint: fa.Endpoint[wire.WireList[R]], reading: fa.Reading[R, M], query: fa.PageQuery
    ) -> fa.FetchPage[M]:
        """A list of each room, one after the other; of the wanted one where a contract or a coin names it."""

        def about(answer: wire.WireList[Any]) -> bool:
            return all(query.symbol is None or row.contract in (query.symbol, None) for row in answer.rows)

        def of(room: str) -> fa.FetchPage[M]:
            async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[M]:
                limit = PAGE if query.limit is None or cursor is not None else min(PAGE, query.limit)
                params = {"room": room, "contract": query.symbol, "from": query.since_ms, "to": query.until_ms}
                answer = await self._call(endpoint, {**params, "limit": limit, "before": cursor}, about=about)
                rows, unread = reading.each(answer.rows)
                return fa.Page(rows, answer.next or None, unread)

            return page

        room = query.margin_coin or (query.symbol and query.symbol.partition("_")[2])
        return in_turn([of(one) for one in api.ROOMS if room in (None, one)])


_STOP_FIELDS = {"take_profit": "profit_at", "stop_loss": "stop_at"}


def _named(contract: str, order_id: str | None, client_order_id: str | None) -> dict[str, str | int | None]:
    return {"contract": contract, "id": order_id, "tag": client_order_id}


def _read_ack(answer: wire.WireAck) -> fa.Ack:
    return fa.Ack(None if answer.id is None else str(answer.id), answer.tag)


def _read_ids(answer: wire.WireAck) -> tuple[str | None, str | None]:
    return _read_ack(answer).order_id, None
