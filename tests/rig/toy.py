"""A small venue's adapter, complete enough for everything that the core does with one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar, Unpack

import msgspec

from futures_async import (
    Account,
    AuthenticationError,
    Capability,
    ClockSkew,
    Contract,
    Credentials,
    DuplicateOrder,
    ExchangeError,
    Fill,
    InsufficientMargin,
    LedgerEntry,
    Leverage,
    Order,
    OrderNotFound,
    OrderStatus,
    OrderType,
    Position,
    PositionMode,
    PositionSide,
    RateLimit,
    RateLimited,
    Side,
    VenueUnavailable,
)
from futures_async.adapter import (
    Ack,
    Adapter,
    Amendment,
    BatchPlacement,
    Call,
    Options,
    Page,
    PageQuery,
    Placement,
    PlannedOrder,
)
from futures_async.transport.dialect import (
    Dialect,
    Refusal,
    SealedHeaders,
    Unsigned,
    VenueTraits,
    ambiguous,
    passing,
    refused,
)
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified.convert import Number, finite, known, known_or_none, required_id, to_decimal, to_text
from futures_async.unified.enums import PositionSideLike

T = TypeVar("T")

WINDOW_S = 30.0
LAG_S = 5.0


class Envelope(msgspec.Struct, Generic[T], frozen=True):
    code: str
    msg: str = ""
    time: int = 0
    data: T | None = None


class WireOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    symbol: str
    order_id: str | int
    client_id: str | None = None
    side: str
    type: str
    size: Decimal
    price: str = ""
    filled: Decimal = Decimal(0)
    status: str
    created: int = 0


class WireAck(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    order_id: str | int | None = None
    client_id: str | None = None
    code: str = "0"


class WireLeverage(msgspec.Struct, frozen=True, kw_only=True):
    leverage: Decimal


class WirePosition(msgspec.Struct, frozen=True, kw_only=True):
    symbol: str
    side: str
    size: Decimal
    margin: Decimal


class WireRows(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[WireOrder] | None = None
    end: str | None = None


PLACE = Endpoint("POST", "/order/place", result=WireAck, kind=Kind.ORDER, limit=RateLimit(10))
BATCH = Endpoint("POST", "/order/batch", result=list[WireAck], kind=Kind.ORDER)
EDIT = Endpoint("POST", "/order/edit", result=WireAck, kind=Kind.ORDER)
CANCEL = Endpoint("POST", "/order/cancel", result=WireAck, kind=Kind.CANCEL)
CANCEL_ALL = Endpoint("POST", "/order/cancel-all", result=list[str], nullable=True, kind=Kind.DELTA)
DETAIL = Endpoint("GET", "/order/detail", result=WireOrder)
OPEN = Endpoint("GET", "/order/open", result=WireRows)
HISTORY = Endpoint("GET", "/order/history", result=WireRows)
SET_LEVERAGE = Endpoint("POST", "/leverage/set", result=WireLeverage, kind=Kind.SETTING)
GET_LEVERAGE = Endpoint("GET", "/leverage", result=WireLeverage)
MOVE_MARGIN = Endpoint("POST", "/margin/move", result=str, nullable=True, kind=Kind.DELTA)
POSITIONS = Endpoint("GET", "/positions", result=list[WirePosition])
TIME = Endpoint("GET", "/time", result=int, private=False, limit=RateLimit(20, scope="ip"))

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
STATES = {
    "open": OrderStatus.NEW,
    "partial": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
}


class ToyDialect(Dialect):
    venue = "toy"
    base_url = "https://toy.example"
    demo_support = "header"
    envelope: ClassVar[Any] = Envelope
    traits = VenueTraits(
        client_id=True,
        echoes_client_id=True,
        lookup_by_client_id=True,
        dedup="open",
        window_s=WINDOW_S,
        visibility_lag_s=LAG_S,
        rate_429_is_gateway=True,
    )
    codes: ClassVar = {
        **refused(AuthenticationError, "401"),
        **refused(InsufficientMargin, "510"),
        **refused(OrderNotFound, "404"),
        **refused(DuplicateOrder, "409"),
        **ambiguous(VenueUnavailable, "500", transient=True),
        **passing(RateLimited, "429"),
        **passing(ClockSkew, "408"),
    }

    def headers(
        self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int
    ) -> SealedHeaders:
        text = f"{now_ms}{request.method}{request.path}?{request.query}".encode() + request.body
        return SealedHeaders(
            (
                ("X-KEY", credentials.key.reveal()),
                ("X-TIME", str(now_ms)),
                ("X-SIGN", credentials.hmac_sha256(text).hexdigest()),
            )
        )

    def refusal(self, envelope: Envelope[Any]) -> Refusal | None:
        return None if envelope.code == "0" else Refusal(envelope.code, envelope.msg)

    def server_ms(self, envelope: Envelope[Any]) -> int | None:
        return envelope.time or None


def to_order(wire: WireOrder) -> Order:
    filled = finite(wire.filled, "filled")
    size = finite(wire.size, "size")
    return Order(
        venue="toy",
        raw=wire,
        symbol=f"{wire.symbol[:3]}/USDT:USDT",
        venue_symbol=wire.symbol,
        order_id=required_id(wire.order_id, "orderId"),
        client_order_id=wire.client_id,
        side=known(SIDES, wire.side, "side"),
        type=known_or_none(TYPES, wire.type) or OrderType.UNKNOWN,
        price=Decimal(wire.price) if wire.price else None,
        quantity=size,
        filled_quantity=filled,
        remaining_quantity=size - filled,
        status=known_or_none(STATES, wire.status) or OrderStatus.UNKNOWN,
        created_ms=wire.created or None,
    )


class Toy(Adapter):
    """An exchange whose server is `venue.ToyVenue`."""

    id = "toy"
    name = "Toy"
    capabilities = frozenset(Capability)
    max_batch = 5

    def __init__(self, credentials: Credentials | None = None, **options: Unpack[Options]) -> None:
        super().__init__(credentials, dialect=self.make_dialect(), **options)

    def make_dialect(self) -> Dialect:
        return ToyDialect()

    def jitter_from(self, rng: random.Random) -> None:
        """Draw the retries' waits from `rng`, so that a run can be repeated."""
        self._transport.draw = rng.random

    def venue_symbol(self, symbol: str) -> str:
        return symbol.split("/", maxsplit=1)[0] + "USDT" if "/" in symbol else symbol

    def unified_symbol(self, venue_symbol: str) -> str:
        return f"{venue_symbol[:3]}/USDT:USDT"

    def _body(self, order: PlannedOrder) -> dict[str, Any]:
        request = order.request
        body: dict[str, Any] = {
            "symbol": order.venue_symbol,
            "side": request.side.value,
            "type": request.type.value,
            "size": to_text(request.quantity),
        }
        if request.price is not None:
            body["price"] = to_text(request.price)
        if order.client_order_id is not None:
            body["clientId"] = order.client_order_id
        return body

    def _placement(self, order: PlannedOrder) -> Placement:
        return Placement(PLACE, self._body(order), _ack)

    def _batch_placement(self, orders: Sequence[PlannedOrder]) -> BatchPlacement:
        def acks(result: list[WireAck]) -> list[Ack | ExchangeError]:
            return [
                _ack(row) if row.code == "0" else InsufficientMargin("no margin", code=row.code, definitive=True)
                for row in result
            ]

        return BatchPlacement(BATCH, [self._body(order) for order in orders], acks)

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> Call:
        return Call(CANCEL, {"symbol": venue_symbol, "orderId": order_id, "clientId": client_order_id})

    def _amendment(self, order: Order, price: Decimal | None, quantity: Decimal | None) -> Amendment:
        body = {"orderId": order.order_id, "price": to_text(price or order.price or Decimal(0))}
        return Amendment(EDIT, body | {"size": to_text(quantity or order.quantity)})

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        return await self._call(CANCEL_ALL, body={"symbol": venue_symbol})

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        params = {"symbol": self.venue_symbol(symbol), "orderId": order_id, "clientId": client_order_id}
        return to_order(await self._call(DETAIL, params))

    async def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        return [to_order(row) for row in (await self._call(OPEN)).rows or ()]

    async def _orders_page(self, query: PageQuery, cursor: str | None) -> Page[Order]:
        page = await self._call(HISTORY, {"after": cursor})
        return Page([to_order(row) for row in page.rows or ()], page.end)

    async def _fills_page(self, query: PageQuery, cursor: str | None) -> Page[Fill]:
        return Page([])

    async def _ledger_page(self, query: PageQuery, cursor: str | None) -> Page[LedgerEntry]:
        return Page([])

    async def fetch_trigger_orders(self, symbol: str | None = None) -> list[Order]:
        return []

    async def fetch_leverage(self, symbol: str, margin_mode: Any = None) -> Leverage:
        wire = await self._call(GET_LEVERAGE, {"symbol": self.venue_symbol(symbol)})
        return Leverage(venue="toy", symbol=symbol, venue_symbol=self.venue_symbol(symbol), leverage=wire.leverage)

    async def set_leverage(
        self, symbol: str, leverage: Number, *, margin_mode: Any = None, side: PositionSideLike | None = None
    ) -> Leverage:
        wanted = to_decimal(leverage, "leverage")
        body = {"symbol": self.venue_symbol(symbol), "leverage": to_text(wanted)}
        return await self._apply(
            ("set_leverage", self.venue_symbol(symbol)),
            wanted,
            send=lambda: self._call(SET_LEVERAGE, body=body),
            read=lambda: self.fetch_leverage(symbol),
            stands=lambda found: found.leverage == wanted,
            unchanged=("304",),
        )

    async def adjust_margin(self, symbol: str, amount: Number, *, side: PositionSideLike | None = None) -> None:
        wanted = to_decimal(amount, "amount")

        async def read() -> Decimal | None:
            position = await self.fetch_position(symbol, side)
            return position.margin if position else None

        body = {"symbol": self.venue_symbol(symbol), "amount": to_text(wanted)}
        await self._shift(("adjust_margin", symbol), wanted, send=lambda: self._call(MOVE_MARGIN, body=body), read=read)

    async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        params = {"symbol": None if symbol is None else self.venue_symbol(symbol)}
        return [
            Position(
                venue="toy",
                raw=row,
                symbol=self.unified_symbol(row.symbol),
                venue_symbol=row.symbol,
                side=known({"long": PositionSide.LONG, "short": PositionSide.SHORT}, row.side, "side"),
                quantity=finite(row.size, "size"),
                margin=finite(row.margin, "margin"),
                margin_coin="USDT",
            )
            for row in await self._call(POSITIONS, params)
        ]

    async def fetch_account(self, margin_coin: str = "USDT") -> Account:
        return Account(venue="toy", margin_coin=margin_coin, available=Decimal(1))

    async def fetch_contracts(self) -> list[Contract]:
        return [
            Contract(
                venue="toy",
                symbol="BTC/USDT:USDT",
                venue_symbol="BTCUSDT",
                base="BTC",
                quote="USDT",
                settle="USDT",
                contract_size=Decimal(1),
                price_tick=Decimal("0.1"),
                quantity_step=Decimal("0.001"),
                min_quantity=Decimal("0.001"),
            )
        ]

    async def _position_mode_of(self, venue_symbol: str | None) -> PositionMode:
        return PositionMode.ONE_WAY

    async def fetch_time(self) -> int:
        return await self._call(TIME)


def _ack(wire: WireAck) -> Ack:
    return Ack(None if wire.order_id is None else str(wire.order_id), wire.client_id)
