"""Positions and orders of Binance, Bybit, OKX and Hyperliquid: documented rows, and how each side reads and asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.payloads import Documented
from futures_async.adapters.binance import endpoints as binance
from futures_async.adapters.binance.mapping import positions as binance_positions
from futures_async.adapters.binance.orders import orders as binance_orders
from futures_async.adapters.bybit import endpoints as bybit
from futures_async.adapters.bybit.dialect import BybitDialect
from futures_async.adapters.bybit.mapping import positions as bybit_positions
from futures_async.adapters.bybit.orders import orders as bybit_orders
from futures_async.adapters.hyperliquid import endpoints as hyperliquid
from futures_async.adapters.hyperliquid.account import positions_of
from futures_async.adapters.hyperliquid.mapping import Beside
from futures_async.adapters.hyperliquid.mapping import positions as hyperliquid_positions
from futures_async.adapters.hyperliquid.orders import orders as hyperliquid_orders
from futures_async.adapters.hyperliquid.symbols import Names
from futures_async.adapters.okx import endpoints as okx
from futures_async.adapters.okx.dialect import OKXDialect
from futures_async.adapters.okx.mapping import positions as okx_positions
from futures_async.adapters.okx.market import contracts as okx_contracts
from futures_async.adapters.okx.orders import orders as okx_orders
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.models import Contract

ccxt: Any = import_module("ccxt.async_support")
DATA = Path(__file__).parent.parent / "tests" / "data"
NAMES = Names("", "USDC")
Read = Callable[[bytes], list[Any]]


def _text(body: object) -> str:
    return json.dumps(body, separators=(",", ":"))


class Shape(NamedTuple):
    """One list of a venue: its documented rows, and how each side reads them."""

    rows: Documented
    ours: Read
    five: tuple[str, ...]
    """The same numbers, by their unified names."""
    ccxt: str
    """The method of ccxt that reads such rows."""


class Measured(NamedTuple):
    """One venue."""

    venue: str
    ccxt: Any
    market: str
    """The contract's id."""
    read: str
    """What reading a position takes."""
    bare: tuple[tuple[str, str, str], tuple[str, str, str]]
    """Method, target and body of a position's read, and of an order, as whoever uses an HTTP library writes them."""
    positions: Shape
    orders: Shape


def _contract() -> Contract:
    rows = json.loads((DATA / "okx" / "instruments.json").read_text())["data"]
    found = okx_contracts().known(msgspec.convert(rows, okx.INSTRUMENTS.result, strict=False))
    return next(contract for contract in found if contract.venue_symbol == "BTC-USDT-SWAP")


def _okx(endpoint: Endpoint[Any], table: Any) -> Read:
    decoder, contract = endpoint.decoder(OKXDialect.envelope), _contract()

    def of(row: object) -> Contract:
        return contract

    return lambda body: table.all(decoder.decode(body).data, of)


def _bybit(endpoint: Endpoint[Any], table: Any) -> Read:
    decoder = endpoint.decoder(BybitDialect.envelope)
    return lambda body: table.all(decoder.decode(body).data.rows)


def _binance(endpoint: Endpoint[Any], table: Any) -> Read:
    decoder = endpoint.decoder(None)
    return lambda body: table.all(decoder.decode(body))


def _hyperliquid_positions(body: bytes) -> list[Any]:
    beside = Beside()
    return hyperliquid_positions(NAMES).all(positions_of(_STATE.decode(body)), lambda _: beside)


def _hyperliquid_orders(body: bytes) -> list[Any]:
    rows = _STANDINGS.decode(body)
    beside = {id(row.order): row for row in rows}
    return hyperliquid_orders(NAMES).all([row.order for row in rows], lambda row: beside[id(row)])


_STATE = hyperliquid.STATE.decoder(None)
_STANDINGS = hyperliquid.PAST_ORDERS.decoder(None)
POSITION = ("quantity", "entry_price", "mark_price", "unrealized_pnl", "notional")
ORDER = ("quantity", "price", "filled_quantity", "average_price", "remaining_quantity")
FORM = (
    "symbol=BTCUSDT&side=BUY&positionSide=BOTH&quantity=0.01&type=LIMIT&price=50000&timeInForce=GTC"
    "&newClientOrderId=bench-0001&recvWindow=5000&timestamp=1768195413808&signature=" + "0" * 64
)
LIMIT = {
    "orderLinkId": "bench1",
    "side": "Buy",
    "orderType": "Limit",
    "qty": "0.01",
    "price": "50000",
    "timeInForce": "GTC",
}
ACTION = {
    "type": "order",
    "orders": [{"a": 0, "b": True, "p": "50000", "s": "0.01", "r": False, "t": {"limit": {"tif": "Gtc"}},
                "c": "0x" + "0" * 32}],
    "grouping": "na",
}  # fmt: skip
SEAL = {"nonce": 1768195413808, "signature": {"r": "0x" + "1" * 64, "s": "0x" + "2" * 64, "v": 27}}

VENUES = (
    Measured(
        "binance",
        ccxt.binanceusdm,
        "BTCUSDT",
        "1 position (ours reads the contract's setting too: two requests)",
        (("GET", "/fapi/v3/positionRisk?symbol=BTCUSDT", ""), ("POST", "/fapi/v1/order", FORM)),
        Shape(
            Documented(
                "binance/position_risk.json",
                (),
                ("positionAmt", "entryPrice", "markPrice", "unRealizedProfit", "notional"),
            ),
            _binance(binance.POSITIONS, binance_positions()),
            POSITION,
            "parse_position_risk",
        ),
        Shape(
            Documented("binance/orders.json", (), ("origQty", "price", "executedQty", "avgPrice", "cumQuote")),
            _binance(binance.ALL_ORDERS, binance_orders()),
            ORDER,
            "parse_order",
        ),
    ),
    Measured(
        "bybit",
        ccxt.bybit,
        "BTCUSDT",
        "1 position (ours reads the margin mode too: two requests)",
        (
            ("GET", "/v5/position/list?category=linear&symbol=BTCUSDT", ""),
            ("POST", "/v5/order/create", _text({"category": "linear", "symbol": "BTCUSDT", **LIMIT})),
        ),
        Shape(
            Documented(
                "bybit/position_list.json",
                ("result", "list"),
                ("size", "avgPrice", "markPrice", "unrealisedPnl", "positionValue"),
            ),
            _bybit(bybit.POSITIONS, bybit_positions(None)),
            POSITION,
            "parse_position",
        ),
        Shape(
            Documented(
                "bybit/order_realtime.json",
                ("result", "list"),
                ("qty", "price", "cumExecQty", "avgPrice", "leavesQty"),
            ),
            _bybit(bybit.OPEN, bybit_orders()),
            ORDER,
            "parse_order",
        ),
    ),
    Measured(
        "okx",
        ccxt.okx,
        "BTC-USDT-SWAP",
        "1 position",
        (
            ("GET", "/api/v5/account/positions?instType=SWAP&instId=BTC-USDT-SWAP", ""),
            (
                "POST",
                "/api/v5/trade/order",
                _text({"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "50000",
                       "sz": "1", "clOrdId": "bench0001"}),
            ),
        ),
        Shape(
            Documented("okx/positions.json", ("data",), ("pos", "avgPx", "markPx", "upl", "notionalUsd")),
            _okx(okx.POSITIONS, okx_positions()),
            POSITION,
            "parse_position",
        ),
        Shape(
            Documented("okx/orders_history.json", ("data",), ("sz", "px", "accFillSz", "avgPx", "fee")),
            _okx(okx.PAST_ORDERS, okx_orders()),
            ORDER,
            "parse_order",
        ),
    ),
    Measured(
        "hyperliquid",
        ccxt.hyperliquid,
        "BTC",
        "1 position",
        (
            ("POST", "/info", _text({"type": "clearinghouseState", "user": "ADDRESS"})),
            ("POST", "/exchange", _text({"action": ACTION, **SEAL})),
        ),
        Shape(
            Documented(
                "hyperliquid/clearinghouse_state.json",
                ("assetPositions",),
                ("szi", "entryPx", "positionValue", "unrealizedPnl", "marginUsed"),
                "position",
            ),
            _hyperliquid_positions,
            ("quantity", "entry_price", "notional", "unrealized_pnl", "margin"),
            "parse_position",
        ),
        Shape(
            Documented("hyperliquid/historical_orders.json", (), ("origSz", "limitPx", "sz", "triggerPx"), "order"),
            _hyperliquid_orders,
            ORDER[:4],
            "parse_order",
        ),
    ),
)  # fmt: skip
