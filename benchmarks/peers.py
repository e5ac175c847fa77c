"""The same work done by others: each function opens a peer on the loopback venue and gives its calls."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import ccxt.async_support as ccxt
import httptools
import httpx
import msgspec

from benchmarks.server import Venue

Call = Callable[[], Awaitable[object]]
PATH = "/api/v2/mix/position/"
ONE = "single-position?symbol=BTCUSDT&productType=USDT-FUTURES&marginCoin=USDT"
ALL = "all-position?productType=USDT-FUTURES"
HEADERS = {
    "ACCESS-KEY": "bg_0123456789abcdef0123456789abcdef",
    "ACCESS-SIGN": "c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmE=",
    "ACCESS-TIMESTAMP": "1768195413808",
    "ACCESS-PASSPHRASE": "passphrase",
    "Content-Type": "application/json",
    "locale": "en-US",
    "User-Agent": "benchmark",
}
DECODER = msgspec.json.Decoder()


TRADE = "/api/v2/mix/order/"
ORDER = {
    "symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginMode": "crossed", "marginCoin": "USDT", "size": "0.01",
    "price": "50000", "side": "buy", "orderType": "limit", "force": "gtc", "clientOid": "bench-0001",
}  # fmt: skip
CANCEL = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginCoin": "USDT", "orderId": "1234567890123456789"}
FIVE = ("total", "openPriceAvg", "markPrice", "liquidationPrice", "unrealizedPL")
"""What the rows "five numbers read" read of each position, as exact numbers; ours are named otherwise."""


class Calls(NamedTuple):
    """One position, and fifty; one order placed, and cancelled."""

    one: Call
    fifty: Call
    place: Call | None = None
    cancel: Call | None = None


def five_numbers(document: Any) -> None:
    """As whoever is handed text has to."""
    for row in document["data"]:
        for name in FIVE:
            text = row[name]
            if text:
                Decimal(text)


def trusting(venue: Venue) -> ssl.SSLContext:
    """A context that trusts the loopback venue."""
    return ssl.create_default_context(cadata=venue.pem.decode())


@asynccontextmanager
async def bare_aiohttp(venue: Venue) -> AsyncIterator[Calls]:
    """aiohttp and msgspec, no signature, no limit, no types."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(venue))) as session:

        async def get(path: str) -> object:
            async with session.get(venue.url + PATH + path, headers=HEADERS) as answer:
                return DECODER.decode(await answer.read())

        async def post(path: str, body: object) -> object:
            data = msgspec.json.encode(body)
            async with session.post(venue.url + TRADE + path, headers=HEADERS, data=data) as answer:
                return DECODER.decode(await answer.read())

        yield Calls(
            lambda: get(ONE), lambda: get(ALL), lambda: post("place-order", ORDER), lambda: post("cancel-order", CANCEL)
        )


@asynccontextmanager
async def bare_httpx(venue: Venue) -> AsyncIterator[Calls]:
    """httpx and msgspec, as most would write it."""
    async with httpx.AsyncClient(verify=trusting(venue)) as client:

        async def get(path: str) -> object:
            return DECODER.decode((await client.get(venue.url + PATH + path, headers=HEADERS)).content)

        yield Calls(lambda: get(ONE), lambda: get(ALL))


class _Pipe(asyncio.Protocol):
    """One connection: a request at a time, llhttp for the answer."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        self._parts: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)  # type: ignore[attr-defined]
        return self.answer

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)

    def on_message_complete(self) -> None:
        if self.answer is not None:
            self.answer.set_result(b"".join(self._parts))


@asynccontextmanager
async def bare_protocol(venue: Venue) -> AsyncIterator[Calls]:
    """asyncio.Protocol and llhttp, nothing checked: what Python can do at best."""
    parts = urlsplit(venue.url)
    context = trusting(venue)
    free: list[_Pipe] = []
    lines = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())

    async def get(path: str) -> object:
        if free:
            pipe = free.pop()
        else:
            loop = asyncio.get_running_loop()
            _, pipe = await loop.create_connection(_Pipe, parts.hostname, parts.port, ssl=context)
        body = await pipe.ask(f"GET {PATH}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{lines}\r\n".encode())
        free.append(pipe)
        return DECODER.decode(body)

    yield Calls(lambda: get(ONE), lambda: get(ALL))
    for pipe in free:
        pipe.transport.close()  # type: ignore[attr-defined]


def ccxt_bitget(**options: Any) -> Any:
    """A ccxt exchange that knows one market, so that it never asks for them."""
    exchange: Any = ccxt.bitget(
        {
            "apiKey": "k" * 32,
            "secret": "s" * 64,
            "password": "passphrase",
            "enableRateLimit": False,
            "options": {"defaultType": "swap", "uta": False},
            **options,
        }
    )
    market = exchange.safe_market_structure(
        {
            "id": "BTCUSDT",
            "symbol": "BTC/USDT:USDT",
            "base": "BTC",
            "quote": "USDT",
            "settle": "USDT",
            "baseId": "BTC",
            "quoteId": "USDT",
            "settleId": "USDT",
            "type": "swap",
            "swap": True,
            "contract": True,
            "spot": False,
            "linear": True,
            "inverse": False,
            "contractSize": 1.0,
            "active": True,
            "precision": {"amount": 0.0001, "price": 0.1},
        }
    )
    exchange.set_markets([market])
    return exchange


@asynccontextmanager
async def ccxt_async(venue: Venue) -> AsyncIterator[Calls]:
    """ccxt's async client, with its own parsing."""
    exchange = ccxt_bitget(cafile=venue.pem_file)
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], venue.url)
    try:
        await exchange.fetch_position("BTC/USDT:USDT")
        symbol = "BTC/USDT:USDT"
        yield Calls(
            lambda: exchange.fetch_position(symbol),
            lambda: exchange.fetch_positions(),
            lambda: exchange.create_order(symbol, "limit", "buy", 0.01, 50000, {"marginMode": "cross"}),
            lambda: exchange.cancel_order("1234567890123456789", symbol),
        )
    finally:
        await exchange.close()


@asynccontextmanager
async def pybotters_client(venue: Venue) -> AsyncIterator[Calls]:
    """pybotters: aiohttp with signatures; the answer as dicts, numbers as text."""
    import pybotters
    from pybotters.auth import Auth, Hosts, Item

    Hosts.items[urlsplit(venue.url).netloc] = Item("bitget", Auth.bitget)
    Hosts.items["127.0.0.1"] = Item("bitget", Auth.bitget)
    context = trusting(venue)
    async with pybotters.Client(apis={"bitget": ["k" * 32, "s" * 64, "passphrase"]}) as client:

        async def get(path: str) -> object:
            async with client.get(venue.url + PATH + path, ssl=context) as answer:
                return DECODER.decode(await answer.read())

        async def post(path: str, body: object) -> object:
            async with client.post(venue.url + TRADE + path, data=body, ssl=context) as answer:
                return DECODER.decode(await answer.read())

        yield Calls(
            lambda: get(ONE), lambda: get(ALL), lambda: post("place-order", ORDER), lambda: post("cancel-order", CANCEL)
        )
