"""The same thousand faulted orders through futures-async and through ccxt: what each made of them.

The simulated Bitget runs in a second process, over real sockets, with a seeded plan of faults: three orders in ten meet
one. Each client gets a fresh exchange with the same seed. The exchange counts orders by intent (each has a price of its
own), so that no client's ids are believed.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple

import ccxt.async_support as ccxt
import httpx

from benchmarks.measure import Row
from benchmarks.peers import ccxt_bitget
from futures_async import Credentials, FuturesAsyncError, OrderRequest, OrderType, Outcome, Side
from futures_async.adapters.bitget import Bitget
from futures_async.transport.limits.none import NoLimiter

SEED = 20260112
ORDERS = 1000
AT_ONCE = 100
"""Most of the time an order whose fate is open waits for its fence, half a minute."""
FAULTY = 0.3
SYMBOL = "BTC/USDT:USDT"
HELD_UP_S = (0.2, 1.0)
# Name, and how long it takes: a venue that hangs for eight seconds says no more than one that hangs for half of one.
FAULTS: tuple[tuple[str, float | tuple[float, float] | None], ...] = (
    ("no-answer", 0.5),
    ("answer-late", 0.5),
    ("dropped", None),
    ("answer-lost", None),
    ("late-landing", HELD_UP_S),
    ("reset", None),
    ("truncated", None),
    ("invalid-utf8", None),
    ("html-502", None),
    ("html-504", None),
    ("refusal", None),
    ("ambiguous-code", None),
    ("unlisted-code", None),
    ("429-bare", None),
    ("json-500", None),
    ("null-payload", None),
    ("crossed", None),
)

Place = Callable[[Decimal], Awaitable[str]]
"""Places a limit order at this price and returns its id, "" where it got none; raises `Said`."""


class Said(Exception):
    """The client raised; `unsure` where that leaves open whether the order stands."""

    def __init__(self, *, unsure: bool) -> None:
        super().__init__()
        self.unsure = unsure


class Result(NamedTuple):
    """What became of all orders."""

    placed: int
    duplicated: int
    """Intents of which the venue holds several orders."""
    live: int
    """The client raised, and the venue holds the order."""
    nameless: int
    """The client returned an order without an id."""
    made_up: int
    """The client returned an order that the venue does not hold."""
    unknown: int
    """The client's error leaves open whether the order stands."""

    @property
    def clean(self) -> bool:
        """Every order's fate was told, and told right."""
        return not (self.duplicated or self.live or self.nameless or self.made_up or self.unknown)

    def __str__(self) -> str:
        return (
            f"{self.duplicated} duplicated, {self.live} raised but live, {self.nameless} returned without an id, "
            f"{self.made_up} made up, {self.unknown} raised and unknown, of {self.placed} that stand"
        )


def _serve() -> None:
    """The second process: prints where it is; for each line on stdin, what it holds by price."""
    from futures_async.simulator.demo import Setup
    from futures_async.simulator.dialect import find_dialects
    from futures_async.simulator.exchange import SimulatedExchange
    from futures_async.simulator.plan import FaultPlan
    from futures_async.simulator.server import serve

    [dialect] = find_dialects(only=["bitget"])
    dialect.ip_limits = ()
    plan, share = FaultPlan(seed=SEED), FAULTY / len(FAULTS)
    for number, (name, delay_s) in enumerate(FAULTS):
        # Rules are asked in turn: so weighted, each is as likely as any other.
        plan.add(name, probability=share / (1 - number * share), kinds=["order"], delay_s=delay_s)
    exchange = SimulatedExchange(
        seed=SEED, dialects=[dialect], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False
    )
    exchange.engine.marks.pin(SYMBOL, Decimal(90_000))
    with serve(exchange, faults=plan) as running:
        print(json.dumps(running.announcement()), flush=True)
        for _ in sys.stdin:
            held: dict[str, list[str]] = {}
            for order in exchange.venues["bitget"].account.orders.values():
                held.setdefault(_key(order.price or Decimal(0)), []).append(str(order.id))
            print(json.dumps({"held": held, "faults": len(plan.struck)}), flush=True)


@contextmanager
def _venue() -> Iterator[tuple[dict[str, Any], Callable[[], dict[str, Any]]]]:
    """A fresh exchange: its announcement, and a function that asks what it holds."""
    command = [sys.executable, "-c", "from benchmarks.differential import _serve; _serve()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipe")
        stdin, stdout = process.stdin, process.stdout

        def ask() -> dict[str, Any]:
            stdin.write("\n")
            stdin.flush()
            found: dict[str, Any] = json.loads(stdout.readline())
            return found

        try:
            yield json.loads(stdout.readline()), ask
        finally:
            process.terminate()


async def run() -> list[Row]:
    """The row of the goal table about faulted orders."""
    ours = await _trial(_ours)
    plain = await _trial(lambda told, place: _ccxt(told, place, 0))
    retried = await _trial(lambda told, place: _ccxt(told, place, 3))
    return [
        Row(
            f"{ORDERS:,} orders, {FAULTY:.0%} of them faulted, over real sockets",
            "0 duplicated, raised but live, made up or unknown",
            f"futures-async: {ours}. ccxt: {plain}. ccxt with maxRetriesOnFailure=3: {retried}",
            ours.clean,
        )
    ]


async def _trial(client: Callable[[dict[str, Any], Callable[[Place], Awaitable[None]]], Awaitable[None]]) -> Result:
    said: dict[str, str | Said] = {}

    async def trade(place: Place) -> None:
        numbers = iter(range(ORDERS))

        async def worker() -> None:
            for number in numbers:
                price = Decimal(80_000) + number / Decimal(10)
                try:
                    said[_key(price)] = await place(price)
                except Said as error:
                    said[_key(price)] = error

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))

    with _venue() as (told, ask):
        await client(told, trade)
        await asyncio.sleep(HELD_UP_S[1] + 0.2)
        async with httpx.AsyncClient(trust_env=False) as http:  # what was held up lands before the next request
            await http.get(f"{told['base_url']}/api/v2/public/time")
        found = ask()
    held: dict[str, list[str]] = found["held"]
    if found["faults"] < ORDERS * FAULTY / 2:
        raise RuntimeError(f"only {found['faults']} faults happened")
    returned = {price: found for price, found in said.items() if not isinstance(found, Said)}
    raised = {price: found for price, found in said.items() if isinstance(found, Said)}
    return Result(
        placed=len(held),
        duplicated=sum(len(ids) > 1 for ids in held.values()),
        live=len(held.keys() & raised.keys()),
        nameless=sum(not order_id for order_id in returned.values()),
        made_up=sum(order_id not in ("", *held.get(price, ())) for price, order_id in returned.items()),
        unknown=sum(error.unsure for error in raised.values()),
    )


def _key(price: Decimal) -> str:
    return format(price.normalize(), "f")


async def _ours(told: dict[str, Any], trade: Callable[[Place], Awaitable[None]]) -> None:
    keys = {**told["venues"]["bitget"]}
    async with Bitget(Credentials(**keys), base_url=told["base_url"], limiter=NoLimiter()) as exchange:

        async def place(price: Decimal) -> str:
            request = OrderRequest(
                symbol=SYMBOL, side=Side.BUY, type=OrderType.LIMIT, quantity=Decimal("0.0001"), price=price
            )
            try:
                return (await exchange.create_order(request)).order_id
            except FuturesAsyncError as error:
                raise Said(unsure=error.outcome is Outcome.UNKNOWN) from error

        await trade(place)


async def _ccxt(told: dict[str, Any], trade: Callable[[Place], Awaitable[None]], retries: int) -> None:
    keys = told["venues"]["bitget"]
    exchange = ccxt_bitget(apiKey=keys["key"], secret=keys["secret"], password=keys["passphrase"])
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], told["base_url"])
    exchange.options["maxRetriesOnFailure"] = retries

    async def place(price: Decimal) -> str:
        try:
            order = await exchange.create_order(SYMBOL, "limit", "buy", 0.0001, float(price))
        except ccxt.BaseError as error:
            # ccxt has no word for it: a network error other than a rate limit says that one can't know.
            limited = isinstance(error, (ccxt.DDoSProtection, ccxt.RateLimitExceeded))
            raise Said(unsure=isinstance(error, ccxt.NetworkError) and not limited) from error
        return order["id"] or ""

    try:
        await trade(place)
    finally:
        await exchange.close()
