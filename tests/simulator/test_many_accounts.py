"""A hundred accounts at five simulated venues, polled once a second in one process, in virtual time."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, aclosing
from itertools import pairwise

import pytest

import futures_async as fa
from futures_async.limits.local import LocalLimiter
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.plan import FaultPlan
from tests.virtual_time import run

EPOCH_S = time.time() - 1000.0  # virtual time begins at 1000 s
ACCOUNTS = 100
ADDRESSES = ("192.0.2.1", "192.0.2.2")
"""Sixty of the accounts are one venue's, by three interfaces, and make 140 calls a second: more than the 6,000 a minute
that it takes from one address. So they are shared out over two, as their owner would have to."""


def open_accounts(simulated: SimulatedExchange, plan: FaultPlan) -> dict[str, fa.FuturesExchange]:
    """Twenty accounts at each venue, on its own set of connections: a venue that hangs holds up no other."""
    exchanges: dict[str, fa.FuturesExchange] = {}
    limiters = {address: LocalLimiter() for address in ADDRESSES}
    for venue, offered in simulated.venues.items():
        first: dict[str, fa.FuturesExchange] = {}
        for number in range(ACCOUNTS // len(simulated.venues)):
            address = ADDRESSES[number % len(ADDRESSES)]
            key = ApiKey(key=f"{venue}-{number}", secret="s", passphrase="p", memo="m")
            account = offered.account
            simulated.engine.open_account(
                f"{venue}-{number}", keys=[key], family=account.family, kind=account.kind, coin="USDT"
            )
            credentials = fa.Credentials(key.key, "s", "p", "m", uid=f"{venue}-{number}")
            if address in first:
                exchange = first[address].with_credentials(credentials)
            else:
                backend = InProcessBackend(simulated, plan, latency_s=0.02, address=address)
                exchange = first[address] = fa.connect(
                    venue, credentials, base_url="http://127.0.0.1:1", http=backend, limiter=limiters[address]
                )
            exchanges[f"{venue}-{number}"] = exchange
    return exchanges


@pytest.mark.filterwarnings("ignore::futures_async.LifecycleWarning")
def test_a_hundred_accounts_poll_once_a_second_without_drift_or_429_and_trouble_stays_where_it_is(
    request: pytest.FixtureRequest,
) -> None:
    # Ten minutes take a quarter of a minute.
    beats = 600 if os.environ.get("CI") or request.config.getoption("--long") else 120

    async def main() -> None:
        loop = asyncio.get_running_loop()
        simulated = SimulatedExchange(seed=1, now_ms=lambda: int((EPOCH_S + loop.time()) * 1000), monotonic=loop.time)
        plan = FaultPlan(seed=1)
        exchanges = open_accounts(simulated, plan)
        # One refuses the keys, one hangs, one is down.
        refused = exchanges["bitget-0"].with_credentials(fa.Credentials("no-such-key", "s", "p", uid="refused"))
        await exchanges["bitget-0"].aclose()
        exchanges["bitget-0"] = refused
        plan.add("no-answer", venues=["bitmart"], kinds=["read"])
        plan.add("html-503", venues=["bittap"])
        bad = {"bitget-0", *(name for name in exchanges if name.startswith(("bitmart", "bittap")))}
        good = set(exchanges) - bad
        times: list[float] = []
        blocks: list[int] = []
        oldest_s = 0.0
        answers: Counter[int] = Counter()
        async with AsyncExitStack() as stack:
            for exchange in exchanges.values():
                await stack.enter_async_context(exchange)
            async with fa.Portfolio(exchanges) as portfolio, aclosing(portfolio.poll(1.0)) as polled:
                async for snapshot in polled:
                    times.append(loop.time())
                    for name in good:
                        state = snapshot.venues[name]
                        assert isinstance(state, fa.Ok), (len(times), name, state)
                        oldest_s = max(oldest_s, state.age_s)
                    answers.update(arrival.status for arrival in simulated.arrivals)
                    simulated.arrivals.clear()  # the exchange's own records for tests grow; the client's must not
                    plan.struck.clear()
                    if len(times) % (beats // 6) == 0:
                        gc.collect()
                        blocks.append(sys.getallocatedblocks())
                    if len(times) == beats:
                        break
        assert oldest_s < 1.0
        assert answers[429] == 0
        assert answers[200] >= 2 * len(good) * beats
        # Only the first beat waits for the venue that hangs.
        gaps = [later - earlier for earlier, later in pairwise(times[1:])]
        assert all(abs(gap - 1.0) <= 0.05 for gap in gaps)
        assert max(blocks[1:]) - min(blocks[1:]) < 0.02 * blocks[1]

    run(main())
