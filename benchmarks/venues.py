"""What an order and a position cost at the other venues: whole calls over TLS, and decoding, as for Bitget.

Each whole call goes to the venue's simulated side, which answers from memory (`recorded`); decoding is of documented
rows, many times over (`shapes`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from functools import partial
from importlib import import_module
from itertools import cycle
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import msgspec

from benchmarks.measure import FIVE, UNREAD, Row, compare, compare_calls, decoding, ratio
from benchmarks.peers import Calls, trusting
from benchmarks.recorded import Announced, recorded
from benchmarks.shapes import VENUES, Measured, Shape
from futures_async import Credentials, Order, OrderRequest, OrderType, Side
from futures_async.transport.endpoint import Endpoint, RateLimit
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.route import Route
from futures_async.transport.limits.local import LocalLimiter
from tests.contract.venues import specs

NO_LIMIT = RateLimit(10_000_000, 1.0)
FREE_ADDRESS = RateLimit(10_000_000, 1.0, scope="ip")


async def run() -> list[Row]:
    """Whole calls and decoding, venue by venue."""
    rows: list[Row] = []
    for one in VENUES:
        exchange = _ccxt(one)
        try:
            rows += [
                row
                for what, count, shape in (("positions", 50, one.positions), ("orders", 100, one.orders))
                for row in _decoding(one, exchange, f"{count} {what}", shape, count)
            ]
        finally:
            await exchange.close()
        rows += await _whole(one)
    return rows


# Decoding


def _decoding(one: Measured, exchange: Any, what: str, shape: Shape, count: int) -> list[Row]:
    turns = cycle([shape.rows.body(count, seed) for seed in range(20)])
    parse, five = getattr(exchange, shape.ccxt), shape.five

    def theirs(body: bytes) -> object:
        return [parse(row) for row in shape.rows.rows(json.loads(body))]

    def read(body: bytes) -> object:
        return [[getattr(model, name) for name in five] for model in shape.ours(body)]

    works: dict[str, Callable[[bytes], object]] = {
        "untyped": msgspec.json.decode,
        "bare": lambda body: shape.rows.read(msgspec.json.decode(body)),
        "ours": shape.ours,
        "read": read,
        "ccxt": theirs,
    }
    found = compare({name: partial(_next, turns, work) for name, work in works.items()})

    title = f"{one.venue}: decode {what} to unified, exact"
    bare = ratio(found, "bare", "untyped")
    beside = f"{one.venue}: … and {len(five)} numbers of each read (bare + Decimal: {bare} × untyped)"
    return [decoding(title, found, "ours", *UNREAD), decoding(beside, found, "read", *FIVE)]


def _next(turns: Iterator[bytes], work: Callable[[bytes], object]) -> object:
    return work(next(turns))


# Whole calls


async def _whole(one: Measured) -> list[Row]:
    rows: list[Row] = []
    with recorded(one.venue) as told:
        async with AsyncExitStack() as stack:
            # Ours is first: its requests are signed, and what they are answered is answered to all.
            opened = {
                "ours": await stack.enter_async_context(_ours(one, told)),
                "bare aiohttp": await stack.enter_async_context(_bare(one, told)),
                "ccxt": await stack.enter_async_context(_peer(one, told)),
            }
            for what, field in ((one.read, "one"), ("place one limit order", "place")):
                for at_once in (1, 10):
                    calls = {name: getattr(found, field) for name, found in opened.items()}
                    found = await compare_calls(calls, at_once=at_once)
                    rows.append(
                        Row(
                            f"{one.venue}: whole call: {what}, {at_once} at once",
                            "",
                            f"{ratio(found, 'ours', 'bare aiohttp')} × bare aiohttp; "
                            f"{ratio(found, 'ccxt', 'ours')} × ccxt",
                            None,
                        )
                    )
    return rows


@asynccontextmanager
async def _ours(one: Measured, told: Announced) -> AsyncGenerator[Calls]:
    """This library; the limiter does its work, and never waits."""
    spec = specs()[one.venue]
    backend = FastBackend(Route(ca_pem=told.venue.pem))
    credentials = Credentials(told.key, told.secret, passphrase=told.passphrase)

    def made() -> Any:
        return spec.factory(
            credentials, base_url=told.venue.url, http=backend, uid_limit=NO_LIMIT, limiter=LocalLimiter()
        )

    for row in vars(import_module(f"{spec.factory.__module__.rpartition('.')[0]}.endpoints")).values():
        if isinstance(row, Endpoint):
            row.limits = (NO_LIMIT,)
    type(made()._dialect).wide_limits = (FREE_ADDRESS,)
    exchange = made()
    request = OrderRequest(
        symbol=spec.symbol, side=Side.BUY, type=OrderType.LIMIT, quantity=spec.quantity, price=Decimal(told.price)
    )

    async def place() -> Order:
        order: Order = await exchange.create_order(request, confirm=False)
        return order

    calls = Calls(lambda: exchange.fetch_positions(spec.symbol), lambda: exchange.fetch_positions(), place)
    try:
        await calls.one()
        await place()
        yield calls
    finally:
        await exchange.aclose()
        await backend.aclose()


@asynccontextmanager
async def _bare(one: Measured, told: Announced) -> AsyncGenerator[Calls]:
    """aiohttp and msgspec, no signature, no limit, no types."""
    decoder = msgspec.json.Decoder()
    kind = "application/x-www-form-urlencoded" if one.venue == "binance" else "application/json"
    headers = {"Content-Type": kind, "User-Agent": "benchmark", "X-KEY": "k" * 64}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(told.venue))) as session:

        def call(method: str, target: str, body: str) -> Callable[[], Any]:
            async def make() -> object:
                data = body.replace("ADDRESS", told.key).encode() or None
                async with session.request(method, told.venue.url + target, headers=headers, data=data) as answer:
                    return decoder.decode(await answer.read())

            return make

        read, place = (call(*request) for request in one.bare)
        yield Calls(read, read, place)


@asynccontextmanager
async def _peer(one: Measured, told: Announced) -> AsyncGenerator[Calls]:
    """ccxt's async client, with its own parsing."""
    exchange = _ccxt(one, told)
    symbol, price, size = specs()[one.venue].symbol, float(told.price), 1 if one.venue == "okx" else 0.01
    try:
        yield Calls(
            lambda: exchange.fetch_positions([symbol]),
            lambda: exchange.fetch_positions(),
            lambda: exchange.create_order(symbol, "limit", "buy", size, price),
        )
    finally:
        await exchange.close()


def _ccxt(one: Measured, told: Announced | None = None) -> Any:
    """One that knows one market, so that it never asks for them."""
    spec = specs()[one.venue]
    base, quote = spec.symbol.partition(":")[0].split("/")
    config: dict[str, Any] = {"enableRateLimit": False, "options": {"defaultType": "swap", "fetchCurrencies": False}}
    if told is not None:
        config |= {"apiKey": told.key, "secret": told.secret, "password": told.passphrase}
        config |= {"walletAddress": told.key, "privateKey": told.secret, "cafile": told.venue.pem_file}
    exchange = one.ccxt(config)
    if told is not None:
        exchange.urls["api"] = _moved(exchange.urls["api"], told.venue.url)
    market = exchange.safe_market_structure(
        {
            "id": one.market, "symbol": spec.symbol, "base": base, "quote": quote, "settle": quote, "baseId": "0",
            "quoteId": quote, "settleId": quote, "type": "swap", "swap": True, "contract": True, "spot": False,
            "linear": True, "inverse": False, "contractSize": 0.01 if one.venue == "okx" else 1.0, "active": True,
            "precision": {"amount": 0.0001, "price": 0.1}, "baseName": base,
            "info": {"orderTypes": ["LIMIT"], "timeInForce": ["GTC"]},
        }
    )  # fmt: skip
    exchange.set_markets([market])
    return exchange


def _moved(urls: Any, base: str) -> Any:
    """Addresses of a client's, on another host."""
    if not isinstance(urls, dict):
        return base + urlsplit(str(urls)).path.rstrip("/")
    return {name: _moved(url, base) for name, url in cast("dict[str, Any]", urls).items()}


if __name__ == "__main__":
    for found in asyncio.run(run()):
        print(f"{found.what}: {found.result}")
