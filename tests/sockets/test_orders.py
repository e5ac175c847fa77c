"""A11: orders over real TLS connections that break; nothing doubled, nothing lost, nothing made up."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import futures_async as fa
from futures_async.adapters.bitget import Bitget
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.simulator.dialect import Request
from futures_async.transport.http.backend import HttpBackend, Timeouts
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.route import Route
from futures_async.transport.limits.none import NoLimiter
from tests.sockets.venue import BTC, CONNECTION_FAULTS, FAULTS, FaultyVenue

WINDOW_S = 2.0
LATE_S = 1.7
"""Long after two lookups in a row have not found the order, and before its signature has expired."""
CALLERS = 32
"""At once. Each connection that is cut means another TLS handshake, for both ends on one core: with many more callers a
slow machine has not made theirs before their orders have gone stale, and little is traded."""
BACKENDS: dict[str, Callable[[bytes], HttpBackend]] = {
    "httpx": lambda pem: HttpxBackend(route=Route(ca_pem=pem)),
    "fast": lambda pem: FastBackend(Route(ca_pem=pem)),
}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Callable[[bytes], HttpBackend]:
    return BACKENDS[request.param]


@pytest.fixture
def short_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter knows that signed requests live a second here, and that lookups do not lag."""
    import msgspec

    traits = msgspec.structs.replace(BitgetDialect.traits, window_s=WINDOW_S, visibility_lag_s=0.05)
    monkeypatch.setattr(BitgetDialect, "traits", traits)


def is_write_or_lookup(request: Request) -> bool:
    return request.path.endswith(("/place-order", "/order/detail"))


def price_of(number: int) -> Decimal:
    """Each order's own, so that the venue's orders are counted by intent and not by any id."""
    return Decimal(80_000) + number / Decimal(10)


class Tally:
    """What the client said against what the venue holds."""

    def __init__(self) -> None:
        self.wrong: list[Any] = []
        self.ends: Counter[str] = Counter()

    def judge(self, price: Decimal, said: fa.Order | fa.FuturesAsyncError | None, held: list[str]) -> None:
        self.ends[type(said).__name__] += 1
        if len(held) > 1:
            self.wrong.append(("doubled", price, said, held))
        elif isinstance(said, fa.Order):
            if held != [said.order_id] or said.price != price:
                self.wrong.append(("made up", price, said, held))
        elif held:
            self.wrong.append(("lost", price, said, held))
        elif said is not None and said.outcome in (None, fa.Outcome.UNKNOWN):
            self.wrong.append(("not classified", price, said, held))


async def trade(venue: FaultyVenue, exchange: Bitget, orders: int) -> Tally:
    said: dict[Decimal, fa.Order | fa.FuturesAsyncError | None] = {}
    numbers = iter(range(orders))

    async def worker() -> None:
        for number in numbers:
            request = fa.OrderRequest(
                symbol=BTC,
                side=fa.Side.BUY,
                type=fa.OrderType.LIMIT,
                quantity=Decimal("0.0001"),
                price=price_of(number),
                client_order_id=f"socket{number}",  # so that equal seeds meet equal faults
            )
            try:
                said[price_of(number)] = await exchange.create_order(request)
            except fa.OrderOutcomeUnknown as unknown:
                said[price_of(number)] = await unknown.resolve()
            except fa.FuturesAsyncError as error:
                said[price_of(number)] = error

    await asyncio.gather(*(worker() for _ in range(CALLERS)))
    tally = Tally()
    held: dict[Decimal, list[str]] = {}
    for order in venue.account.orders.values():
        assert order.price is not None
        held.setdefault(order.price, []).append(str(order.id))
    for price, result in said.items():
        tally.judge(price, result, held.pop(price, []))
    assert not held
    return tally


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.usefixtures("short_lives")
async def test_no_order_is_doubled_lost_or_made_up_by_broken_connections(
    backend: Callable[[bytes], HttpBackend], request: pytest.FixtureRequest
) -> None:
    orders = 2_000 if request.config.getoption("--long") else 240
    seed = int(os.environ.get("FUTURES_ASYNC_SEED", "11"))
    with FaultyVenue(seed=seed, rate=0.35, window_s=WINDOW_S, late_s=LATE_S, concerns=is_write_or_lookup) as venue:
        http = backend(venue.authority.pem)
        timeouts = Timeouts(connect_s=3.0, write_s=3.0, read_s=0.4, deadline_s=10.0)
        exchange = Bitget(venue.credentials, base_url=venue.url, http=http, timeout=timeouts, limiter=NoLimiter())
        async with exchange:
            tally = await trade(venue, exchange, orders)
        await http.aclose()
    assert tally.wrong == [], f"seed {seed}"
    assert set(venue.met) >= {*FAULTS, *CONNECTION_FAULTS}
    # What was executed is told as an Order, each: see Tally. How much that is depends on the machine too: what has not
    # arrived in two seconds is not placed. Both ends must be many, or little was shown.
    assert tally.ends["Order"] > orders / 3
    assert tally.ends["OrderNotPlaced"] > 0
