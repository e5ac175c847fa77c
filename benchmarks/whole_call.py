"""The whole call: wait for the limit, stamp, sign, send over TLS, judge, decode, map; against others' whole calls.

`python -m benchmarks.whole_call --short` prints the ratios of our own calls alone, as JSON: so are the columns for
uvloop and for another Python made.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Any

from benchmarks import peers
from benchmarks.measure import Row, compare_calls, latencies, ratio, typical
from benchmarks.payloads import STAMP, positions
from benchmarks.peers import Call, Calls
from benchmarks.server import Venue, venue
from futures_async import Credentials, MarginMode, Order, OrderRequest, OrderType, Side
from futures_async.adapters.bitget import Bitget
from futures_async.adapters.bitget import endpoints as bitget_endpoints
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.transport.endpoint import Endpoint, RateLimit
from futures_async.transport.http.backend import Done, HttpBackend, HttpRequest, HttpResponse
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.route import Route
from futures_async.transport.limits.local import LocalLimiter

CREDENTIALS = Credentials("k" * 32, "s" * 64, passphrase="passphrase", uid="1")
NO_LIMIT = RateLimit(10_000_000, 1.0)
BTC = "BTC/USDT:USDT"
ORDER = OrderRequest(
    symbol=BTC,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.01"),
    price=Decimal(50_000),
    margin_mode=MarginMode.CROSS,
)


def lift_limits() -> None:
    """The limiter does all its work, but never has to wait: the rows' limits would measure the venue's patience."""
    for row in vars(bitget_endpoints).values():
        if isinstance(row, Endpoint):
            row.limits = (NO_LIMIT,)
    BitgetDialect.wide_limits = (RateLimit(10_000_000, 1.0, scope="ip"),)


@asynccontextmanager
async def ours(venue: Venue, backend: HttpBackend) -> AsyncIterator[Calls]:
    """This library, all guarantees on. Of placed orders the acknowledgement is enough; cancelled ones are read."""
    lift_limits()
    exchange = Bitget(CREDENTIALS, base_url=venue.url, http=backend, uid_limit=NO_LIMIT, limiter=LocalLimiter())
    numbers = iter(range(10**18, 2 * 10**18))

    async def place() -> Order:
        return await exchange.create_order(ORDER, confirm=False)

    try:
        yield Calls(
            lambda: exchange.fetch_positions(BTC),
            lambda: exchange.fetch_positions(),
            place,
            lambda: exchange.cancel_order(BTC, order_id=str(next(numbers))),
        )
    finally:
        await exchange.aclose()
        await backend.aclose()


def reading(call: Call, read: Callable[[Any], None]) -> Call:
    """A call whose result is read as well."""

    async def both() -> None:
        read(await call())

    return both


def five_of_ours(found: Any) -> None:
    """The same five numbers as `peers.FIVE`."""
    for one in found:
        _ = one.quantity, one.entry_price, one.mark_price, one.liquidation_price, one.unrealized_pnl


def against(found: Any, base: str = "bare aiohttp") -> str:
    """Ours over another, processor time and wall time."""
    return f"{ratio(found, 'ours', base)} (wall {ratio(found, 'ours', base, wall=True).median:.2f})"


def beside(found: Any, *names: str) -> str:
    """Others over bare aiohttp."""
    return ", ".join(f"{name} {ratio(found, name, 'bare aiohttp').median:.2f}" for name in names)


async def run() -> list[Row]:
    """The rows of the goal table about whole calls."""
    rows: list[Row] = []
    with venue() as server:
        async with AsyncExitStack() as stack:
            fast = await stack.enter_async_context(ours(server, FastBackend(Route(ca_pem=server.pem))))
            portable = await stack.enter_async_context(ours(server, HttpxBackend(route=Route(ca_pem=server.pem))))
            opened = {
                "bare aiohttp": await stack.enter_async_context(peers.bare_aiohttp(server)),
                "ours": fast,
                "ccxt": await stack.enter_async_context(peers.ccxt_async(server)),
                "pybotters": await stack.enter_async_context(peers.pybotters_client(server)),
                "floor": await stack.enter_async_context(peers.bare_protocol(server)),
            }
            one = {name: calls.one for name, calls in opened.items()}
            fifty = {name: calls.fifty for name, calls in opened.items()}
            for what, subjects, at_once, most, least in (
                ("1 position, 1 at a time", one, 1, 0.80, 3.5),
                ("1 position, 10 at once", one, 10, 0.70, 4.5),
                ("50 positions, 10 at once, nothing read", fifty, 10, 0.95, None),
            ):
                found = await compare_calls(subjects, at_once=at_once)
                bare, theirs = ratio(found, "ours", "bare aiohttp"), ratio(found, "ccxt", "ours")
                rows.append(
                    Row(
                        f"whole call: {what}",
                        f"≤ {most:.2f} × bare aiohttp + msgspec" + ("" if least is None else f"; ≥ {least} × ccxt"),
                        f"{against(found)} × bare aiohttp; {theirs} × ccxt. "
                        f"Beside it: {beside(found, 'pybotters', 'floor', 'ccxt')}",
                        bare.median <= most and (least is None or theirs.median >= least),
                    )
                )
                if what == "1 position, 1 at a time":
                    rows.append(await _around(server, stack, one["bare aiohttp"]))
            rows.append(await _five_read(opened))
            rows += await _orders({name: calls for name, calls in opened.items() if calls.place is not None})
            rows += await _steadiness(fast)
            bare_httpx = await stack.enter_async_context(peers.bare_httpx(server))
            for at_once, most in ((1, 0.77), (10, 0.53)):
                found = await compare_calls({"bare httpx": bare_httpx.one, "ours": portable.one}, at_once=at_once)
                rows.append(
                    Row(
                        f"whole call on the httpx backend, {at_once} at once",
                        f"≤ {most} × bare `httpx.AsyncClient.get` + msgspec",
                        against(found, "bare httpx"),
                        ratio(found, "ours", "bare httpx").median <= most,
                    )
                )
    return rows


async def _five_read(opened: dict[str, Calls]) -> Row:
    names = ("bare aiohttp", "pybotters")
    subjects: dict[str, Call] = {name: reading(opened[name].fifty, peers.five_numbers) for name in names}
    subjects["ours"] = reading(opened["ours"].fifty, five_of_ours)
    found = await compare_calls(subjects, at_once=10)
    bare, dicts = ratio(found, "ours", "bare aiohttp"), ratio(found, "ours", "pybotters")
    return Row(
        "whole call: 50 positions, 10 at once, 5 exact numbers of each read by both sides",
        "ahead of bare aiohttp + msgspec + `Decimal`, and of pybotters + `Decimal`",
        f"{against(found)} × bare aiohttp; {dicts} × pybotters",
        bare.median < 1 and dicts.median < 1,
    )


async def _orders(opened: dict[str, Calls]) -> list[Row]:
    rows: list[Row] = []
    for what, field, note in (
        ("place one limit order", "place", ""),
        ("cancel one order", "cancel", " (ours reads the order after it: two requests)"),
    ):
        for at_once in (1, 10):
            subjects: dict[str, Call] = {name: getattr(calls, field) for name, calls in opened.items()}
            found = await compare_calls(subjects, at_once=at_once)
            bare, theirs = ratio(found, "ours", "bare aiohttp"), ratio(found, "ccxt", "ours")
            rows.append(
                Row(
                    f"{what}, {at_once} at once{note}",
                    "≤ 1.0 × bare aiohttp; ≥ 3 × ccxt",
                    f"{against(found)} × bare aiohttp; {theirs} × ccxt. "
                    f"Beside it: {beside(found, 'pybotters', 'ccxt')}",
                    bare.median <= 1.0 and theirs.median >= 3.0,
                )
            )
    return rows


async def short() -> dict[str, list[str]]:
    """Ours against bare aiohttp on the loop that runs."""
    told: dict[str, list[str]] = {}
    with venue() as server:
        async with AsyncExitStack() as stack:
            fast = await stack.enter_async_context(ours(server, FastBackend(Route(ca_pem=server.pem))))
            bare = await stack.enter_async_context(peers.bare_aiohttp(server))
            for what, at_once in (("one", 1), ("one", 10), ("fifty", 10), ("place", 1)):
                found = await compare_calls(
                    {"ours": getattr(fast, what), "bare aiohttp": getattr(bare, what)}, at_once=at_once, seconds=0.15
                )
                told[f"{what}, {at_once} at once"] = [against(found), str(typical(found, "ours").cpu)]
    return told


async def _around(server: Venue, stack: AsyncExitStack, bare: Call) -> Row:
    """What is left of a call when the backend is taken away: one that answers at once from memory.

    In turns with the call that it is a part of: what that took a minute ago may be half or twice of what it takes now.
    """
    body = positions(1)

    class Instant(HttpBackend):
        name = "instant"

        def begin(self, request: HttpRequest, done: Done) -> None:
            request.abort.sending = True
            stamped = body.replace(STAMP, str(int(time.time() * 1000)).encode())
            done(HttpResponse(status=200, headers={"content-type": "application/json"}, body=stamped))

        async def send(self, request: HttpRequest) -> HttpResponse:
            raise NotImplementedError

        async def aclose(self) -> None: ...

    calls = await stack.enter_async_context(ours(server, Instant()))
    part = ratio(await compare_calls({"ours": calls.one, "bare aiohttp": bare}), "ours", "bare aiohttp")
    return Row(
        "what the library adds around the backend",
        "≤ 0.22 of a bare aiohttp call",
        f"{part} of a bare aiohttp call ({part.median * 130:.0f} µs where that takes 130)",
        part.median <= 0.22,
    )


async def _steadiness(fast: Calls) -> list[Row]:
    ten = await compare_calls({"ours": fast.one}, at_once=10)
    hundred = await compare_calls({"ours": fast.one}, at_once=100)
    more = typical(hundred, "ours").cpu / typical(ten, "ours").cpu
    wall = typical(hundred, "ours").wall / typical(ten, "ours").wall
    times = await latencies(fast.one, at_once=10, count=4000)
    tail = times[len(times) * 99 // 100] / times[len(times) // 2]
    return [
        Row("100 at once against 10 at once, CPU per call", "≤ 1.2", f"{more:.2f} (wall {wall:.2f})", more <= 1.2),
        Row("99th percentile over median at 10 at once", "≤ 2", f"{tail:.1f}", tail <= 2),
    ]


if __name__ == "__main__":
    if "--short" in sys.argv:
        if "--uvloop" in sys.argv:
            import uvloop

            uvloop.install()
        print(json.dumps(asyncio.run(short())))
    else:
        for row in asyncio.run(run()):
            print(f"{'ok  ' if row.met else 'MISS'} {row.what}: {row.goal}\n     {row.result}")
