"""An exchange in memory, with as much behaviour as the modules above single calls need."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeVar

import anyio
import anyio.lowlevel
import msgspec
import pytest

from futures_async.testing import virtual_time
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, Outcome, PositionMode, PositionSide, Side
from futures_async.unified.errors import (
    ConnectFailed,
    ExchangeError,
    FuturesAsyncError,
    InsufficientMargin,
    OrderNotFound,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    RequestTimeout,
)
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Account, Contract, Fill, Order, OrderRequest, Position, Ticker

T = TypeVar("T")
D = Decimal
Backend = Literal["asyncio", "trio"]

both_backends = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def in_virtual_time(backend: Backend, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `main` where sleeping takes no time."""
    return virtual_time.run(main()) if backend == "asyncio" else virtual_time.run_trio(main)


def position(**fields: Any) -> Position:
    given: dict[str, Any] = {
        "venue": "fake",
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "side": PositionSide.LONG,
        "quantity": D("0.5"),
        "entry_price": D("30000"),
        "mark_price": D("31000"),
        "liquidation_price": D("27500"),
        "unrealized_pnl": D("500"),
        "leverage": D(10),
        "margin_mode": MarginMode.ISOLATED,
        "position_mode": PositionMode.HEDGE,
        "margin_coin": "USDT",
        "margin": D("1500"),
        "maintenance_margin": D("62"),
        "margin_ratio": D("0.031"),
    }
    return Position(**{**given, **fields})


def account(**fields: Any) -> Account:
    given: dict[str, Any] = {
        "venue": "fake",
        "margin_coin": "USDT",
        "equity": D("10000"),
        "balance": D("9500"),
        "available": D("8000"),
        "unrealized_pnl": D("500"),
        "maintenance_margin": D("62"),
    }
    return Account(**{**given, **fields})


class FakeReads(FuturesExchange):
    """Answers reads after `delay_s`, or raises `error`, and counts."""

    id: ClassVar[str] = "fake"
    name: ClassVar[str] = "Fake"
    capabilities = frozenset(Capability)

    def __init__(
        self,
        positions: list[Position] | None = None,
        accounts: list[Account] | None = None,
        *,
        delay_s: float = 0.05,
        error: BaseException | None = None,
    ) -> None:
        self.positions = [position()] if positions is None else positions
        self.accounts = [account()] if accounts is None else accounts
        self.delay_s = delay_s
        self.error = error
        self.shut_s = 0.0
        self.calls: deque[tuple[float, str]] = deque(maxlen=2_000)
        self.under_way = 0
        self.most_under_way = 0

    async def _answer(self, what: str, value: T) -> T:
        self.calls.append((anyio.current_time(), what))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await anyio.sleep(self.delay_s)
        finally:
            self.under_way -= 1
        if self.error is not None:
            raise copy.copy(self.error)  # one object raised again and again would collect tracebacks
        return value

    def closed_for_s(self) -> float:
        return self.shut_s

    async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        return await self._answer("positions", [p for p in self.positions if symbol in (None, p.symbol)])

    async def fetch_accounts(self) -> list[Account]:
        return await self._answer("accounts", list(self.accounts))

    async def fetch_account(self, margin_coin: str = "USDT") -> Account:
        return await self._answer("account", self.accounts[0])

    async def fetch_position_mode(self, symbol: str | None = None) -> PositionMode:
        return await self._answer("mode", PositionMode.HEDGE)

    def most_calls_in_a_second(self) -> int:
        """The fullest sliding window of one second."""
        times = sorted(at for at, _ in self.calls)
        return max(sum(1 for other in times if at <= other < at + 1.0) for at in times)


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(5):
        await anyio.lowlevel.checkpoint()


class FakeTrading(FakeReads):
    """A venue with orders: `plan` says how each placement ends, in turn; then all are accepted.

    Words of the plan: ok, refused, lost (placed, and nobody knows), absent (not placed, and nobody knows),
    unsent, gone (proved absent), vague (an error without an outcome).
    """

    def __init__(
        self, *plan: str, step: str | None = "0.001", min_quantity: str | None = None, min_notional: str | None = None
    ) -> None:
        super().__init__(delay_s=0.0)
        self.plan = list(plan)
        self.placed: dict[str, Order] = {}
        self.sent: list[OrderRequest] = []
        self.fills: list[Fill] = []
        self.listed = True
        self.unreadable: list[FuturesAsyncError] = []
        self.resolved: list[tuple[str, int | None]] = []
        self.slow_ids: set[str] = set()
        """Not told the first time."""
        self.takes_ids = True
        self.last_price = D(100)
        self.step, self.min_quantity, self.min_notional = step, min_quantity, min_notional

    @property
    def account_id(self) -> str:
        return "account"

    @property
    def takes_client_order_id(self) -> bool:
        return self.takes_ids

    def venue_symbol(self, symbol: str) -> str:
        return symbol.split(":")[0].replace("/", "")

    def unified_symbol(self, venue_symbol: str) -> str:
        return "BTC/USDT:USDT"

    async def fetch_contract(self, symbol: str) -> Contract:
        return Contract(
            venue=self.id,
            symbol="BTC/USDT:USDT",
            venue_symbol="BTCUSDT",
            base="BTC",
            quote="USDT",
            settle="USDT",
            contract_size=D(1),
            price_tick=D("0.1"),
            quantity_step=D(self.step or "1e-18"),
            min_quantity=None if self.min_quantity is None else D(self.min_quantity),
            min_notional=None if self.min_notional is None else D(self.min_notional),
        )

    async def fetch_ticker(self, symbol: str) -> Ticker:
        return Ticker(venue=self.id, symbol="BTC/USDT:USDT", venue_symbol="BTCUSDT", last_price=self.last_price)

    async def create_order(
        self,
        request: OrderRequest,
        *,
        on_unknown: Literal["resolve", "raise"] = "resolve",
        send_within_s: float = 2.0,
        resolve_within_s: float | None = None,
        confirm: bool = True,
    ) -> Order:
        self.sent.append(request)
        await anyio.lowlevel.checkpoint()
        word = self.plan.pop(0) if self.plan else "ok"
        if word == "unsent":
            raise ConnectFailed("nobody there", kind="refused")
        if word == "gone":
            raise OrderNotPlaced("proved absent", client_order_id=request.client_order_id)
        if word == "refused":
            raise InsufficientMargin("too poor", outcome=Outcome.REJECTED)
        if word == "vague":
            raise ExchangeError("hm")
        if word != "absent":
            number = str(len(self.placed) + 1)
            order = self.order(request, number)
            self.placed[request.client_order_id or number] = order
            if word == "ok":
                return order
        raise OrderOutcomeUnknown("lost", client_order_id=request.client_order_id)

    def order(self, request: OrderRequest, number: str) -> Order:
        return Order(
            venue=self.id,
            symbol="BTC/USDT:USDT",
            venue_symbol="BTCUSDT",
            order_id=number,
            client_order_id=request.client_order_id,
            side=request.side,
            type=request.type,
            price=request.price,
            quantity=D(request.quantity),
            filled_quantity=D(0),
            status=OrderStatus.NEW,
            created_ms=1_000,
            updated_ms=1_000,
        )

    def change(self, number: str, **fields: Any) -> None:
        """Let the venue change an order."""
        key = next(key for key, order in self.placed.items() if order.order_id == number)
        self.placed[key] = msgspec.structs.replace(self.placed[key], **fields)

    def fill(self, number: str, quantity: str, price: str, **fields: Any) -> None:
        """Let the venue fill a part of an order."""
        order = next(order for order in self.placed.values() if order.order_id == number)
        filled = (order.filled_quantity or D(0)) + D(quantity)
        done = filled == order.quantity
        self.change(
            number,
            filled_quantity=filled,
            average_price=D(price),
            status=OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED,
        )
        given: dict[str, Any] = {
            "venue": self.id,
            "fill_id": f"f{len(self.fills)}",
            "order_id": number,
            "symbol": order.symbol,
            "venue_symbol": order.venue_symbol,
            "side": order.side,
            "price": D(price),
            "quantity": D(quantity),
            "created_ms": 2_000 + len(self.fills),
        }
        self.fills.insert(0, Fill(**{**given, **fields}))

    def _readable(self) -> None:
        if self.unreadable:
            raise self.unreadable.pop(0)

    async def cancel_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        self.change(order_id or "", status=OrderStatus.CANCELED)
        return await self.fetch_order(symbol, order_id=order_id)

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        self._readable()
        for order in self.placed.values():
            if order.order_id == order_id:
                return order
        raise OrderNotFound("no such order")

    async def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        self._readable()
        return [order for order in self.placed.values() if order.status.is_open]

    async def fetch_fills(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Fill]:
        self._readable()
        return list(self.fills) if self.listed else []

    async def resolve_order(
        self, symbol: str, client_order_id: str, *, fence_until_ms: int | None = None
    ) -> Order | None:
        self.resolved.append((client_order_id, fence_until_ms))
        if client_order_id in self.slow_ids:
            self.slow_ids.discard(client_order_id)
            raise RequestTimeout("slow")
        self._readable()
        await anyio.lowlevel.checkpoint()
        return self.placed.get(client_order_id)


def request(**fields: Any) -> OrderRequest:
    given: dict[str, Any] = {
        "symbol": "BTC/USDT:USDT",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": D("0.01"),
        "price": D("30000"),
    }
    return OrderRequest(**{**given, **fields})
