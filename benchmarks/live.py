"""1,000 accounts kept live in one process: what their streams, their audits and a snapshot each second cost.

The simulated exchange has a process of its own, five venues that stream and an account for each exchange object; its
limits by address are lifted (Bitget has a hundred connections for each), those by account stand. So what is measured
here is the client: a connection for each account, its heartbeat, the pushes of what is traded, audits every 110 s, and
snapshots of all. Then trading goes on five times as fast. Once each account has bought and sold, nothing that is kept
of it should grow any more: whether memory is flat is seen over the rounds after that.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from decimal import Decimal
from typing import Any

from benchmarks.measure import Row, resident_kb
from futures_async import Credentials, Portfolio, connect
from futures_async.portfolio.snapshot import Ok
from futures_async.transport.limits.local import LocalLimiter
from futures_async.unified.watching import WatchState

VENUES = ("bitget", "bitget-uta", "bitmart", "okx", "bybit")
ACCOUNTS = 1_000
TRADES_PER_S = 10
BUSY_PER_S = 50
PARTS = 10
MEASURED_S = 220
"""Two audits of each account."""
ROUND_S = ACCOUNTS // BUSY_PER_S
"""In which each account trades once."""
ROUNDS = 4
"""Over which memory is looked at, after two."""
FLAT_KB = 2.0
BTC = "BTC/USDT:USDT"


# The second process


async def _serve(accounts: int) -> None:
    """Prints where it is and all keys; trades once told so, and counts when asked."""
    from futures_async.simulator.accounts import ApiKey
    from futures_async.simulator.app import SimulatorApp
    from futures_async.simulator.demo import Setup
    from futures_async.simulator.dialect import find_dialects
    from futures_async.simulator.exchange import SimulatedExchange
    from futures_async.simulator.server import bind, make_server

    for dialect in find_dialects(only=VENUES):
        dialect.ip_limits = ()
    exchange = SimulatedExchange(seed=7, only=VENUES, setup=Setup(empty=True))
    for streams in {type(venue.dialect.streams()) for venue in exchange.venues.values()}:
        streams.rules = replace(streams.rules, attempts=None, connections=None)
    app = SimulatorApp(exchange)
    engine = exchange.engine
    keys: dict[str, dict[str, Any]] = {}
    for venue in VENUES:
        known = exchange.venues[venue]
        for number in range(accounts // len(VENUES)):
            told = {
                "key": f"{known.key.key}{number:03d}",
                "secret": known.key.secret,
                "passphrase": known.key.passphrase,
                "memo": known.key.memo,
            }
            engine.open_account(
                f"{venue}-{number}",
                keys=[ApiKey(**told)],
                family=known.account.family,
                kind=known.account.kind,
                short_ids=known.account.short_ids,
            )
            keys[f"{venue}-{number}"] = told
    listener = bind("127.0.0.1", 0)
    serving = asyncio.create_task(make_server(app).serve(sockets=[listener]))
    print(json.dumps({"base_url": f"http://127.0.0.1:{listener.getsockname()[1]}", "keys": keys}), flush=True)
    loop = asyncio.get_running_loop()
    trading: asyncio.Task[None] | None = None
    turns = itertools.count()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command, _, per_s = line.strip().partition(" ")
        if command == "trade":
            if trading is not None:
                trading.cancel()
            trading = asyncio.create_task(_trade(exchange, list(keys), turns, int(per_s)))
        reads = Counter(one.uid for one in exchange.arrivals if one.uid in keys)
        refused = sum(one.status == 429 for one in exchange.arrivals)
        print(json.dumps({"reads": sum(reads.values()), "each": reads, "refused": refused}), flush=True)
    if trading is not None:
        trading.cancel()
    serving.cancel()


async def _trade(exchange: Any, names: list[str], turns: Iterator[int], per_s: int) -> None:
    """One account after the other buys, and sells in the next round."""
    from futures_async.simulator.records import Ticket
    from futures_async.unified.enums import OrderType, Side

    engine, due = exchange.engine, asyncio.get_running_loop().time()
    for number in turns:
        due += 1 / per_s
        await asyncio.sleep(due - asyncio.get_running_loop().time())
        side = Side.SELL if number // len(names) % 2 else Side.BUY
        ticket = Ticket(symbol=BTC, side=side, type=OrderType.MARKET, quantity=Decimal("0.01"), price=None)
        account = engine.accounts[names[number % len(names)]]
        with engine.arithmetic():
            engine.settle(account)
            engine.orders.place(account, ticket)


# The accounts


async def run() -> list[Row]:
    """One row."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"import asyncio; from benchmarks.live import _serve; asyncio.run(_serve({ACCOUNTS}))",
        stdin=PIPE, stdout=PIPE, limit=2**24,
    )  # fmt: skip
    try:
        return [await _measured(server, await _heard(server))]
    finally:
        server.terminate()
        await server.wait()


async def _heard(server: Process) -> dict[str, Any]:
    if server.stdout is None:
        raise RuntimeError("no pipe")
    told: dict[str, Any] = json.loads(await server.stdout.readline())
    return told


async def _asked(server: Process, what: str) -> dict[str, Any]:
    if server.stdin is None:
        raise RuntimeError("no pipe")
    server.stdin.write(f"{what}\n".encode())
    return await _heard(server)


def _open(told: dict[str, Any]) -> dict[str, Any]:
    """An exchange object for each account; those of a venue share one transport, and no other: it is one host here."""
    exchanges: dict[str, Any] = {}
    first: dict[str, Any] = {}
    for name, keys in told["keys"].items():
        venue = name.rpartition("-")[0]
        credentials = Credentials(**keys, uid=name)
        if venue in first:
            exchanges[name] = first[venue].with_credentials(credentials)
        else:
            first[venue] = connect(venue, credentials, base_url=told["base_url"], limiter=LocalLimiter())
            exchanges[name] = first[venue]
    return exchanges


async def _measured(server: Process, told: dict[str, Any]) -> Row:
    empty_kb, began = resident_kb(), time.perf_counter()
    exchanges = _open(told)
    async with AsyncExitStack() as stack:
        for exchange in exchanges.values():
            stack.push_async_callback(exchange.aclose, 0)
        portfolios: list[Portfolio] = []
        for number in range(PARTS):  # not all at once: the one process of the venues takes milliseconds for each
            part = dict(list(exchanges.items())[number::PARTS])
            portfolios.append(await stack.enter_async_context(Portfolio(part, live=True)))
            await _until_live(portfolios[-1])
        up_s = time.perf_counter() - began
        await asyncio.sleep(5)
        full_kb, before = resident_kb(), await _asked(server, f"trade {TRADES_PER_S}")
        wall, cpu = time.perf_counter(), time.process_time()
        dead = await _looked_at(portfolios, MEASURED_S)
        spent, lasted = time.process_time() - cpu, time.perf_counter() - wall
        after = await _asked(server, f"trade {BUSY_PER_S}")
        dead += await _looked_at(portfolios, 2 * ROUND_S)
        settled_kb = resident_kb()
        dead += await _looked_at(portfolios, ROUNDS * ROUND_S)
        grown_kb, end = resident_kb() - settled_kb, await _asked(server, "count")
    looks = MEASURED_S + (2 + ROUNDS) * ROUND_S
    minutes, refused = lasted / 60, end["refused"] - before["refused"]
    reads = {name: after["each"].get(name, 0) - before["each"].get(name, 0) for name in exchanges}
    mean, most = sum(reads.values()) / ACCOUNTS / minutes, max(reads.values()) / minutes
    each = ", ".join(
        f"{venue} {sum(reads[name] for name in reads if name.rpartition('-')[0] == venue) * share:.2f}"
        for share in [len(VENUES) / ACCOUNTS / minutes]
        for venue in VENUES
    )
    return Row(
        f"{ACCOUNTS:,} live accounts of {len(VENUES)} venues in one process, a snapshot a second, {TRADES_PER_S} "
        "trades a second",
        "always live; no 429; memory flat; the rest stated",
        f"{mean:.2f} REST requests an account and minute ({each}; the most {most:.2f}), {refused} refused "
        f"({before['refused']} while they came up); {dead} of {looks} snapshots not live; "
        f"{(full_kb - empty_kb) / ACCOUNTS:.0f} KB an account, {grown_kb / ACCOUNTS:+.1f} KB over {ROUNDS} more trades "
        f"of each; {spent / lasted:.0%} of a processor; all live after {up_s:.0f} s",
        not refused and not dead and grown_kb / ACCOUNTS < FLAT_KB,
    )


async def _looked_at(portfolios: list[Portfolio], seconds: int) -> int:
    """A snapshot of all in each second; how many were not live."""
    began, dead = time.perf_counter(), 0
    for second in range(1, seconds + 1):
        snapshots = await asyncio.gather(*(portfolio.snapshot() for portfolio in portfolios))
        dead += not all(map(_all_live, snapshots))
        await asyncio.sleep(max(0.0, began + second - time.perf_counter()))
    return dead


async def _until_live(portfolio: Portfolio) -> None:
    async with asyncio.timeout(300), aclosing(portfolio.poll(0.5)) as polled:
        async for snapshot in polled:
            if _all_live(snapshot):
                return


def _all_live(snapshot: Any) -> bool:
    return all(isinstance(state, Ok) and state.stream is WatchState.LIVE for state in snapshot.venues.values())


if __name__ == "__main__":
    for row in asyncio.run(run()):
        print(row.what, row.result)
