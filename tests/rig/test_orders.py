"""A1: ten thousand orders through a faulty venue, and what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from futures_async import (
    Credentials,
    FuturesAsyncError,
    Order,
    OrderOutcomeUnknown,
    OrderRequest,
    OrderType,
    Outcome,
    Side,
    UnresolvedOrders,
)
from futures_async.limits.none import NoLimiter
from tests.rig.toy import Toy
from tests.rig.venue import FAULTS, ToyVenue
from tests.virtual_time import run


class Tally:
    """What the client said against what the venue holds."""

    def __init__(self) -> None:
        self.duplicates = 0
        self.lost = 0
        self.phantom = 0
        self.unknown = 0
        self.unresolved = 0
        self.unclassified = 0
        self.placed = 0
        self.outcomes: dict[str, int] = {}

    @property
    def clean(self) -> bool:
        return not (self.duplicates or self.lost or self.phantom or self.unresolved or self.unclassified)

    def __repr__(self) -> str:
        return str(vars(self))


async def trade(venue: ToyVenue, exchange: Toy, orders: int, *, concurrency: int = 8, seed: int = 0) -> Tally:
    """Place `orders` orders, each under a price of its own, and settle the accounts afterwards."""
    tally = Tally()
    said: dict[str, Order | FuturesAsyncError] = {}
    numbers = iter(range(orders))
    rng = random.Random(seed)

    async def worker() -> None:
        for number in numbers:
            price = Decimal(number + 1)
            request = OrderRequest(
                symbol="BTC/USDT:USDT", side=Side.BUY, type=OrderType.LIMIT, quantity=Decimal("0.5"), price=price
            )
            try:
                said[str(price)] = await exchange.create_order(request)
            except FuturesAsyncError as error:
                said[str(price)] = error
            await asyncio.sleep(rng.uniform(0, 0.05))

    await asyncio.gather(*(worker() for _ in range(concurrency)))
    await venue.settle()
    for price, result in list(said.items()):
        held = venue.by_price.get(price, 0)
        tally.duplicates += held > 1
        name = type(result).__name__
        tally.outcomes[name] = tally.outcomes.get(name, 0) + 1
        if isinstance(result, OrderOutcomeUnknown):
            tally.unknown += 1
            venue.lookup_fault_rate = 0.0
            try:
                found = await result.resolve()
            except OrderOutcomeUnknown:
                tally.unresolved += 1
                continue
            tally.phantom += found is not None and held == 0
            tally.lost += found is None and held > 0
        elif isinstance(result, Order):
            tally.placed += 1
            tally.phantom += held == 0
            ours = {str(order.order_id) for order in venue.orders if order.price == price}
            tally.unclassified += str(result.price) != price or result.order_id not in ours
        else:
            tally.lost += held > 0
            tally.unclassified += result.outcome in (None, Outcome.UNKNOWN)
    return tally


def rig(orders: int, venue: ToyVenue) -> Tally:
    async def main() -> Tally:
        exchange = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=NoLimiter())
        await exchange.fetch_time()
        tally = await trade(venue, exchange, orders)
        with contextlib.suppress(UnresolvedOrders):  # the tally has already asked about each of them
            await exchange.aclose()
        return tally

    return run(main())


@pytest.mark.parametrize("dedup", ["open", "all", "none"])
def test_no_order_is_doubled_lost_or_made_up(dedup: str, orders_per_run: int) -> None:
    venue = ToyVenue(seed=1, dedup=dedup)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - one of the three
    tally = rig(orders_per_run, venue)
    assert tally.clean, tally
    assert tally.unknown <= max(1, orders_per_run // 1000), tally
    assert set(FAULTS) <= set(venue.faults_met) or orders_per_run < 2000
    assert tally.placed > orders_per_run // 2


def trace_digest(seed: int) -> str:
    venue = ToyVenue(seed=seed)

    async def main() -> None:
        exchange = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=NoLimiter())
        exchange._transport.draw = random.Random(seed).random
        await trade(venue, exchange, 150)
        await exchange.aclose()

    run(main())
    return hashlib.sha256("\n".join(venue.trace).encode()).hexdigest()


def test_equal_seeds_give_equal_traces_and_other_seeds_others() -> None:
    assert trace_digest(5) == trace_digest(5)
    assert trace_digest(5) != trace_digest(6)


def test_equal_seeds_give_equal_traces_in_another_process() -> None:
    code = "from tests.rig.test_orders import trace_digest; print(trace_digest(5))"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        ).stdout.strip()
        for hash_seed in ("1", "2")
    }
    assert digests == {trace_digest(5)}
