"""What these tests must know about each venue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from futures_async.adapter import Adapter
from futures_async.adapters.binance import Binance
from futures_async.adapters.bitget import Bitget
from futures_async.adapters.bitget_uta import BitgetUTA
from futures_async.adapters.bitget_v1 import BitgetV1
from futures_async.adapters.bitmart import BitMart
from futures_async.adapters.bittap import BitTap
from futures_async.adapters.bybit import Bybit
from futures_async.adapters.hyperliquid import Hyperliquid
from futures_async.adapters.okx import OKX
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.retry import RetryPolicy
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import MarginMode, OrderType, PositionMode, Side
from futures_async.unified.models import Contract, OrderRequest
from tests.security.canary import planted

SYMBOL = "BTC/USDT:USDT"


@dataclass(frozen=True)
class Case:
    """One adapter."""

    make: Callable[..., Adapter]
    parts: tuple[str, ...]
    refused: str
    """Code of a refused key, as JSON."""
    fine: str
    """Code of success, as JSON."""
    account: str
    """Path of a private read."""
    trades: bool = True
    forms: bool = False
    """Bodies are forms, and single orders are cancelled by DELETE."""
    order_fields: dict[str, Any] = field(default_factory=dict[str, Any])
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    keys: Credentials | None = None
    """Where those of all others would be refused before anything is sent."""
    names: tuple[str, str, str] = ("code", "msg", "data")
    """What an answer calls its code, its text and its payload."""

    def answer(self, code: str, text: str = '""', payload: str = "{}") -> bytes:
        """An answer of three pieces of JSON."""
        pieces = ",".join(f'"{name}":{piece}' for name, piece in zip(self.names, (code, text, payload), strict=True))
        return f'{{{pieces},"message":{text}}}'.encode()

    @property
    def credentials(self) -> Credentials:
        return self.keys or planted(*self.parts)

    @property
    def id(self) -> str:
        return str(self.make.id)  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - it is a class

    def open(self, url: str, **options: Any) -> Adapter:
        """An exchange without limits, whose calls fail once."""
        given: dict[str, Any] = {"limiter": NoLimiter(), "retry": RetryPolicy(attempts=1), **self.options, **options}
        return self.make(self.credentials, base_url=url, **given)


WHOLE = {"leverage": Decimal(10), "margin_mode": MarginMode.CROSS}
CASES = (
    Case(Bitget, ("passphrase",), '"40006"', '"00000"', "/api/v2/mix/account/accounts",
         order_fields={"margin_mode": MarginMode.CROSS}),
    Case(BitgetUTA, ("passphrase",), '"40006"', '"00000"', "/api/v3/account/assets"),
    Case(BitgetV1, ("passphrase",), '"40006"', '"00000"', "/api/mix/v1/account/account", order_fields=WHOLE),
    Case(BitMart, ("memo",), "30002", "1000", "/contract/private/assets-detail", order_fields=WHOLE),
    Case(OKX, ("passphrase",), '"50111"', '"0"', "/api/v5/account/balance"),
    Case(Bybit, (), "10003", "0", "/v5/account/wallet-balance", options={"markets": ["USDT"]},
         names=("retCode", "retMsg", "result")),
    Case(BitTap, (), '"410001"', '"0"', "/ftapi/v1/account/info", trades=False),
    Case(Binance, (), "-2015", "200", "/fapi/v3/account", forms=True),
)  # fmt: skip
# Its keys are an address, which is public, and a wallet's private key; what is signed is part of the body.
WALLET = Case(
    Hyperliquid,
    (),
    '"err"',
    '"ok"',
    "/info",
    names=("status", "response", "data"),
    keys=Credentials("0x00000000000000000000000000000000000000a1", "0x" + "5e" * 32),
)
TRADING = tuple(case for case in CASES if case.trades)


def order(case: Case) -> OrderRequest:
    """A small order."""
    return OrderRequest(
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.01"),
        price=Decimal(50_000),
        **case.order_fields,
    )


def prepare(exchange: Adapter) -> None:
    """What an order rests on, as if it had been read: so that the next request is the order itself."""
    contract = Contract(
        venue=exchange.id,
        symbol=SYMBOL,
        venue_symbol=exchange.venue_symbol(SYMBOL),
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=Decimal("0.001"),
        quantity_step=Decimal("0.001"),
        price_tick=Decimal("0.1"),
    )
    exchange._remember_contracts([contract])  # pyright: ignore[reportPrivateUsage] - else every order costs two more reads
    exchange._position_mode = PositionMode.ONE_WAY  # pyright: ignore[reportPrivateUsage]
    if isinstance(exchange, Bybit):
        exchange._modes[contract.venue_symbol] = PositionMode.ONE_WAY  # pyright: ignore[reportPrivateUsage]
    exchange._channel.transport.clock.wants_sample = False  # pyright: ignore[reportPrivateUsage]


Call = Callable[[Adapter, Case], Awaitable[object]]


async def read(exchange: Adapter, case: Case) -> object:
    """A private read, of one request."""
    if isinstance(exchange, Bybit):  # which reads the margin mode beside positions
        return await exchange.fetch_open_orders(SYMBOL)
    return await exchange.fetch_positions(SYMBOL)


async def place(exchange: Adapter, case: Case) -> object:
    """An order."""
    prepare(exchange)
    return await exchange.create_order(order(case), on_unknown="raise")


async def cancel(exchange: Adapter, case: Case) -> object:
    """A cancel."""
    prepare(exchange)
    return await exchange.cancel_order(SYMBOL, order_id="123456")


async def raw_write(exchange: Adapter, case: Case) -> object:
    """A write through the escape hatch, with a body and a query."""
    prepare(exchange)
    return await exchange.request("POST", "/any/thing", params={"a": "b c"}, body={"x": "ü+/%"})
