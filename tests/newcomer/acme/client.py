"""`Acme`: hooks and plain reads."""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

from futures_async.adapter import (
    Account,
    Ack,
    Adapter,
    Call,
    Capability,
    Credentials,
    Intent,
    InvalidRequest,
    Options,
    Order,
    OrderFields,
    Placement,
    PlannedOrder,
    Position,
    Ticker,
    TimeInForce,
    carries,
    one_id,
    to_text,
)
from tests.newcomer.acme import endpoints
from tests.newcomer.acme.dialect import AcmeDialect
from tests.newcomer.acme.mapping import to_account, to_contract, to_order, to_position, to_symbol, to_ticker
from tests.newcomer.acme.wire import WireAck


class Acme(Adapter):
    id = "acme"
    name = "Acme"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.FETCH_TIME,
            Capability.FETCH_TICKER,
            Capability.FETCH_ACCOUNT,
            Capability.FETCH_ACCOUNTS,
            Capability.FETCH_POSITIONS,
            Capability.FETCH_POSITION,
            Capability.FETCH_POSITION_RISK,
            Capability.CREATE_ORDER,
            Capability.CREATE_ORDERS,
            Capability.CANCEL_ORDER,
            Capability.CANCEL_ORDERS,
            Capability.FETCH_ORDER,
            Capability.FETCH_OPEN_ORDERS,
            Capability.CLOSE_POSITION,
            Capability.RESOLVE_ORDER,
        }
    )

    order_fields = OrderFields(limit=carries(time_in_force=TimeInForce))

    def __init__(self, credentials: Credentials | None = None, **options: Unpack[Options]) -> None:
        super().__init__(credentials, dialect=AcmeDialect(), **options)

    def venue_symbol(self, symbol: str) -> str:
        return to_contract(symbol)

    def unified_symbol(self, venue_symbol: str) -> str:
        return to_symbol(venue_symbol)

    async def fetch_time(self) -> int:
        return (await self._call(endpoints.TIME)).now

    async def fetch_ticker(self, symbol: str) -> Ticker:
        return to_ticker(await self._call(endpoints.TICKER, {"contract": self.venue_symbol(symbol)}))

    async def fetch_account(self, margin_coin: str = "USDT") -> Account:
        for account in await self.fetch_accounts():
            if account.margin_coin == margin_coin:
                return account
        raise InvalidRequest(f"{self.id}: no margin coin {margin_coin!r}")

    async def fetch_accounts(self) -> list[Account]:
        return [to_account(row) for row in await self._call(endpoints.BALANCES)]

    async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        contract = None if symbol is None else self.venue_symbol(symbol)
        return [to_position(row) for row in await self._call(endpoints.POSITIONS, {"contract": contract})]

    def _placement(self, order: PlannedOrder) -> Placement:
        request = order.request
        body: dict[str, Any] = {
            "contract": order.venue_symbol,
            "side": request.side.value,
            "kind": request.type.value,
            "size": to_text(request.quantity),
            "tag": order.client_order_id,
            "closing": request.intent is Intent.CLOSE,
        }
        if request.price is not None:
            body |= {"price": to_text(request.price), "force": (request.time_in_force or TimeInForce.GTC).value}
        return Placement(endpoints.PLACE, body, _read_ack)

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> Call:
        return Call(endpoints.CANCEL, {"contract": venue_symbol, "id": order_id, "tag": client_order_id})

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        order_id, client_order_id = one_id(order_id, client_order_id)
        contract = self.venue_symbol(symbol)
        return to_order(
            await self._call(
                endpoints.ORDER,
                {"contract": contract, "id": order_id, "tag": client_order_id},
                about=lambda row: row.contract == contract and (row.id == order_id or row.tag == client_order_id),
            )
        )

    async def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        contract = None if symbol is None else self.venue_symbol(symbol)
        return [to_order(row) for row in await self._call(endpoints.OPEN, {"contract": contract})]


def _read_ack(answer: WireAck) -> Ack:
    return Ack(answer.id, answer.tag)
