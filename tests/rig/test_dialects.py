"""A1 at venues whose rules differ most: faulted orders on a simulated dialect, and what became of each.

`python -m tests.rig.test_dialects binance 10000 1` prints the tally as JSON: venue, orders, seed.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from futures_async import (
    Credentials,
    FuturesAsyncError,
    Order,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    Outcome,
    UnresolvedOrders,
)
from futures_async.adapter import Adapter
from futures_async.simulator.faults import FAULTS
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.loopback import Running
from futures_async.testing.virtual_time import run
from futures_async.transport.attempt import Attempts
from futures_async.transport.endpoint import Kind
from futures_async.transport.limits.none import NoLimiter
from tests.contract.venues import specs

FAULTY = 0.3
AT_ONCE = 8
"""A venue that remembers orders by their number must still know of each when it is asked."""
LEFT_OUT = {
    # The key or the address is shut for what follows: minutes in which nothing is sent.
    *("ban-418", "ban-403", "unknown-key", "429-huge"),
    # For good, each time: hours in the end.
    "clock-jump",
    # 64 MiB each.
    *("gigantic-declared", "gigantic-streamed", "gzip-bomb"),
}
NAMES = [row.name for row in FAULTS if row.name not in LEFT_OUT and (not row.only or Kind.ORDER in row.only)]


@dataclass
class Tally:
    """What the client said against what the venue holds."""

    duplicates: int = 0
    lost: int = 0
    phantom: int = 0
    unclassified: int = 0
    unknown_at_first: int = 0
    unknown: int = 0
    """After `resolve()` behind a line without faults."""
    faults: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])


class Unlimited(NoLimiter):
    """The rig is not about limits; serial numbers are of the exchange's clock."""

    async def serial(self, series: str, least: int, deadline: float | None) -> int:
        self.given = max(least, self.given + 1)
        return self.given

    given = 0


class Free(Inside):
    """Limits would starve the searches, whose reads weigh more than orders."""

    def connect(self, credentials: Credentials | None, **options: Any) -> Adapter:
        return Running.connect(self, credentials, http=self.backend, limiter=Unlimited(), **options)


def plan_of(seed: int) -> FaultPlan:
    """Three orders in ten, and three reads, meet a fault; each is as likely as any other."""
    plan, share = FaultPlan(seed=seed), FAULTY / len(NAMES)
    for number, name in enumerate(NAMES):
        plan.add(name, probability=share / (1 - number * share), kinds=[Kind.ORDER, Kind.READ])
    return plan


async def trade(venue: str, orders: int, seed: int) -> Tally:
    """Place so many orders, each under a price of its own, and ask the venue's book about each."""
    plan = FaultPlan()
    on = Free(specs()[venue], plan=plan)
    on.exchange._transport.draw = random.Random(seed).random  # pyright: ignore[reportPrivateUsage] - a seed
    on.inside.venues[venue].dialect.ip_limits = ()  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue] - of this one
    on.inside.deposit(venue, Decimal(10_000_000), on.spec.margin_coin)
    await on.exchange.create_order(on.request(price=on.price("0.7")))
    plan.rules, plan.random = plan_of(seed).rules, random.Random(seed)
    tally = Tally()
    said: dict[Decimal, Order | FuturesAsyncError] = {}
    step = on.spec.tick or on.inside.engine.world.contract(on.spec.symbol).tick
    prices = iter([on.price("0.9") - step * number for number in range(orders)])

    async def worker() -> None:
        for price in prices:
            try:
                said[price] = await on.exchange.create_order(on.request(price=price))
            except OrderOutcomeUnknown as error:
                tally.unknown_at_first += 1
                # Before anything else is sent: a venue that remembers orders by their number forgets.
                said[price] = await _asked_again(error)
            except FuturesAsyncError as error:
                said[price] = error
            _cancel(on, said[price])

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    plan.rules = []
    await asyncio.sleep(60)
    on.backend.deliverer.land_all()
    tally.faults = len(plan.struck)
    held = Counter(order.price for order in on.account.orders.values())
    ids = {str(order.id): order.price for order in on.account.orders.values()}
    for price, end in said.items():
        tally.ends[type(end).__name__] += 1
        tally.duplicates += held[price] > 1
        result: Order | FuturesAsyncError | None = end
        if isinstance(end, OrderOutcomeUnknown):
            try:
                result = await end.resolve()
            except OrderOutcomeUnknown:
                tally.unknown += 1
                continue
        if isinstance(result, Order):
            tally.phantom += ids.get(result.order_id) != price
        else:
            tally.lost += held[price] > 0
            tally.unclassified += result is not None and result.outcome in (None, Outcome.UNKNOWN)
    with suppress(UnresolvedOrders):  # the tally has them
        await on.exchange.aclose()
    return tally


async def _asked_again(unknown: OrderOutcomeUnknown) -> Order | FuturesAsyncError:
    for _ in range(3):
        with suppress(OrderOutcomeUnknown):
            found: Order | None = await unknown.resolve()
            return OrderNotPlaced("") if found is None else found
    return unknown


def _cancel(on: Inside, end: Order | FuturesAsyncError) -> None:
    """As if by another client of the account: what stands is short, and what was is long."""
    if isinstance(end, Order):
        with on.inside.engine.arithmetic():
            on.inside.engine.orders.cancel(on.account, order_id=int(end.order_id))


@pytest.mark.parametrize("venue", ["binance", "bybit", "hyperliquid"])
def test_no_order_is_doubled_lost_or_made_up_at(venue: str) -> None:
    tally = run(trade(venue, 300, 1))
    wrong = tally.duplicates, tally.lost, tally.phantom, tally.unclassified, tally.unknown
    assert wrong == (0, 0, 0, 0, 0), tally
    assert tally.faults > 90
    assert tally.ends["Order"] > 200


def test_a_client_that_takes_any_failure_for_a_refusal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(attempts: Any, job: Any, error: FuturesAsyncError, *rest: Any) -> FuturesAsyncError:
        error.outcome = Outcome.REJECTED
        return error

    monkeypatch.setattr(Attempts, "_weigh", refused)
    assert run(trade("binance", 100, 1)).lost > 0


if __name__ == "__main__":
    print(json.dumps(vars(run(trade(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))))
