"""A hundred accounts at five simulated venues, polled once a second in one process, in virtual time."""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import AsyncExitStack, aclosing
from itertools import pairwise

import futures_async as fa
from futures_async.limits.local import LocalLimiter
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.plan import FaultPlan
from tests.virtual_time import run

EPOCH_S = time.time() - 1000.0  # virtual time begins at 1000 s
ACCOUNTS = 100
BEATS = 40
"""Sixty of the accounts make 140 calls a second to one host, which allows 6,000 a minute from one address."""


def open_accounts(simulated: SimulatedExchange, plan: FaultPlan) -> dict[str, fa.FuturesExchange]:
    """Twenty accounts at each venue, on its own set of connections: a venue that hangs holds up no other."""
    exchanges: dict[str, fa.FuturesExchange] = {}
    limiter = LocalLimiter()
    for venue, offered in simulated.venues.items():
        backend = InProcessBackend(simulated, plan, latency_s=0.02)
        first: fa.FuturesExchange | None = None
        for number in range(ACCOUNTS // len(simulated.venues)):
            key = ApiKey(key=f"{venue}-{number}", secret="s", passphrase="p", memo="m")
            account = offered.account
            simulated.engine.open_account(
                f"{venue}-{number}", keys=[key], family=account.family, kind=account.kind, coin="USDT"
            )
            credentials = fa.Credentials(key.key, "s", "p", "m", uid=f"{venue}-{number}")
            if first is None:
                first = fa.connect(venue, credentials, base_url="http://127.0.0.1:1", http=backend, limiter=limiter)
                exchanges[f"{venue}-{number}"] = first
            else:
                exchanges[f"{venue}-{number}"] = first.with_credentials(credentials)
    return exchanges


def test_a_hundred_accounts_poll_once_a_second_without_drift_or_429_and_trouble_stays_where_it_is() -> None:
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
        times: list[float] = []
        objects: list[int] = []
        async with AsyncExitStack() as stack:
            for exchange in exchanges.values():
                await stack.enter_async_context(exchange)
            async with fa.Portfolio(exchanges) as portfolio, aclosing(portfolio.poll(1.0)) as polled:
                async for snapshot in polled:
                    times.append(loop.time())
                    for name, state in snapshot.venues.items():
                        if name not in bad and len(times) > 2:
                            assert isinstance(state, fa.Ok), (len(times), name, state)
                            assert state.age_s < 1.0
                    if len(times) % (BEATS // 4) == 0:
                        gc.collect()
                        simulated.arrivals.clear()
                        objects.append(len(gc.get_objects()))
                    if len(times) == BEATS:
                        break
            assert 429 not in {arrival.status for arrival in simulated.arrivals}
        gaps = [later - earlier for earlier, later in pairwise(times[2:])]
        assert all(abs(gap - 1.0) <= 0.05 for gap in gaps)
        assert max(objects[1:]) - min(objects[1:]) < 0.02 * objects[1]

    run(main())
