"""The whole call: wait for the limit, stamp, sign, send over TLS, judge, decode, map; against others' whole calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from benchmarks import peers
from benchmarks.measure import Row, compare_calls, latencies, ratio, typical
from benchmarks.payloads import STAMP, positions
from benchmarks.peers import Calls
from benchmarks.server import Venue, venue
from futures_async import Credentials
from futures_async.adapters.bitget import Bitget
from futures_async.adapters.bitget import endpoints as bitget_endpoints
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.transport.endpoint import RateLimit
from futures_async.transport.http.backend import HttpBackend, HttpRequest, HttpResponse
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.route import Route
from futures_async.transport.limits.local import LocalLimiter

CREDENTIALS = Credentials("k" * 32, "s" * 64, passphrase="passphrase", uid="1")
NO_LIMIT = RateLimit(10_000_000, 1.0)


def lift_limits() -> None:
    """The limiter does all its work, but never has to wait: the rows' limits would measure the venue's patience."""
    for row in (bitget_endpoints.SINGLE_POSITION, bitget_endpoints.ALL_POSITIONS):
        row.limits = (NO_LIMIT,)
    BitgetDialect.wide_limits = (RateLimit(10_000_000, 1.0, scope="ip"),)


@asynccontextmanager
async def ours(venue: Venue, backend: HttpBackend) -> AsyncIterator[Calls]:
    """This library, all guarantees on."""
    lift_limits()
    exchange = Bitget(CREDENTIALS, base_url=venue.url, http=backend, uid_limit=NO_LIMIT, limiter=LocalLimiter())
    try:
        yield Calls(lambda: exchange.fetch_positions("BTC/USDT:USDT"), lambda: exchange.fetch_positions())
    finally:
        await exchange.aclose()
        await backend.aclose()


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
                ("1 position, 1 at a time", one, 1, 1.15, 2.0),
                ("1 position, 10 at once", one, 10, 0.75, 4.0),
                ("50 positions, 10 at once", fifty, 10, 1.05, 10.0),
            ):
                found = await compare_calls(subjects, at_once=at_once)
                bare, theirs = ratio(found, "ours", "bare aiohttp"), ratio(found, "ccxt", "ours")
                rest = ", ".join(
                    f"{name} {ratio(found, name, 'bare aiohttp').median:.2f}" for name in ("pybotters", "floor", "ccxt")
                )
                rows.append(
                    Row(
                        f"whole call: {what}",
                        f"≤ {most:.2f} × bare aiohttp + msgspec; ≥ {least:.0f} × ccxt",
                        f"{bare} × bare aiohttp (wall {ratio(found, 'ours', 'bare aiohttp', wall=True).median:.2f}); "
                        f"{theirs} × ccxt. Beside it: {rest}",
                        bare.median <= most and theirs.median >= least,
                    )
                )
                if what == "1 position, 1 at a time":
                    rows.append(await _around(server, stack, typical(found, "bare aiohttp").cpu))
            rows += await _steadiness(fast)
            bare_httpx = await stack.enter_async_context(peers.bare_httpx(server))
            for at_once in (1, 10):
                found = await compare_calls({"bare httpx": bare_httpx.one, "ours": portable.one}, at_once=at_once)
                against = ratio(found, "ours", "bare httpx")
                rows.append(
                    Row(
                        f"whole call on the httpx backend, {at_once} at once",
                        "≤ 0.95 × bare `httpx.AsyncClient.get` + msgspec",
                        f"{against} (wall {ratio(found, 'ours', 'bare httpx', wall=True).median:.2f})",
                        against.median <= 0.95,
                    )
                )
    return rows


async def _around(server: Venue, stack: AsyncExitStack, bare_s: float) -> Row:
    """What is left of a call when the backend is taken away: one that answers at once from memory."""
    body = positions(1)

    class Instant(HttpBackend):
        name = "instant"

        async def send(self, request: HttpRequest) -> HttpResponse:
            request.abort.sending = True
            stamped = body.replace(STAMP, str(int(time.time() * 1000)).encode())
            return HttpResponse(status=200, headers={"content-type": "application/json"}, body=stamped)

        async def aclose(self) -> None: ...

    calls = await stack.enter_async_context(ours(server, Instant()))
    decoder = peers.DECODER

    async def nothing() -> object:
        return decoder.decode(body)

    found = await compare_calls({"ours": calls.one, "decode": nothing}, seconds=0.1)
    part = typical(found, "ours").cpu / bare_s
    return Row(
        "what the library adds around the backend",
        "≤ 25 µs where bare aiohttp takes 130 (0.19 of it)",
        f"{part:.2f} of a bare aiohttp call ({part * 130:.0f} where that takes 130)",
        part <= 25 / 130,
    )


async def _steadiness(fast: Calls) -> list[Row]:
    ten = await compare_calls({"ours": fast.one}, at_once=10)
    hundred = await compare_calls({"ours": fast.one}, at_once=100)
    more = typical(hundred, "ours").cpu / typical(ten, "ours").cpu
    times = await latencies(fast.one, at_once=10, count=4000)
    tail = times[len(times) * 99 // 100] / times[len(times) // 2]
    return [
        Row("100 at once against 10 at once, CPU per call", "≤ 1.3", f"{more:.2f}", more <= 1.3),
        Row("99th percentile over median at 10 at once", "≤ 3", f"{tail:.1f}", tail <= 3),
    ]


if __name__ == "__main__":
    for row in asyncio.run(run()):
        print(f"{'ok  ' if row.met else 'MISS'} {row.what}: {row.goal}\n     {row.result}")
