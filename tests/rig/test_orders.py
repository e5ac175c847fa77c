"""A1: ten thousand orders through a faulty venue, and what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Literal

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
from futures_async.testing.virtual_time import run
from futures_async.transport.limits.none import NoLimiter
from tests.rig.toy import Toy
from tests.rig.venue import FAULTS, ToyVenue

ROOT = Path(__file__).parents[2]


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
        exchange.jitter_from(random.Random(0))
        with contextlib.suppress(FuturesAsyncError):
            await exchange.fetch_time()
        tally = await trade(venue, exchange, orders)
        with contextlib.suppress(UnresolvedOrders):  # the tally has already asked about each of them
            await exchange.aclose()
        return tally

    return run(main())


@pytest.mark.parametrize("dedup", ["open", "all", "none"])
def test_no_order_is_doubled_lost_or_made_up(dedup: Literal["open", "all", "none"]) -> None:
    tally = rig(400, ToyVenue(seed=1, dedup=dedup))
    assert tally.clean, tally
    assert tally.unknown <= 1, tally
    assert tally.placed > 200


@pytest.mark.parametrize("seed", [11, 12])
def test_ten_thousand_orders_in_each_way_of_deduplicating(seed: int, request: pytest.FixtureRequest) -> None:
    """In processes of their own: side by side, and not slowed down by what watches the tests.

    With --long; CI places ten thousand in all.
    """
    orders = 10_000 if request.config.getoption("--long") else 3_400 if os.environ.get("CI") else 1_000
    if seed > 11 and not request.config.getoption("--long"):
        pytest.skip("a second seed runs with --long")
    runs = {
        dedup: subprocess.Popen(
            [sys.executable, "-m", "tests.rig.test_orders", str(seed), dedup, str(orders)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for dedup in ("open", "all", "none")
    }
    for dedup, process in runs.items():
        tally = json.loads(process.communicate()[0])
        assert process.returncode == 0
        wrong = ("duplicates", "lost", "phantom", "unresolved", "unclassified")
        assert {name: tally[name] for name in wrong} == dict.fromkeys(wrong, 0), (dedup, tally)
        assert tally["unknown"] <= orders // 1000, (dedup, tally)
        assert tally["placed"] > orders // 2
        assert set(tally["faults"]) >= set(FAULTS)


def trace_digest(seed: int) -> str:
    venue = ToyVenue(seed=seed)

    async def main() -> None:
        exchange = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=NoLimiter())
        exchange.jitter_from(random.Random(seed))
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
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        ).stdout.strip()
        for hash_seed in ("1", "2")
    }
    assert digests == {trace_digest(5)}


if __name__ == "__main__":
    chosen = ToyVenue(seed=int(sys.argv[1]), dedup=sys.argv[2])  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - one of the three
    print(json.dumps({**vars(rig(int(sys.argv[3]), chosen)), "faults": sorted(chosen.faults_met)}))
