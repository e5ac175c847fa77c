"""A hundred accounts at five simulated venues, polled once a second in one process, in virtual time."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, aclosing
from itertools import pairwise

import pytest

import futures_async as fa
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.virtual_time import run
from futures_async.transport.limits.local import LocalLimiter

ACCOUNTS = 100
ADDRESSES = tuple(f"192.0.2.{number}" for number in range(1, 6))
"""Four accounts of each venue ask from each: what the narrowest venue takes from one address, 600 requests a minute, is
enough for five accounts with two reads a second, and their owner would have to share them out as well."""


def open_accounts(simulated: SimulatedExchange, plan: FaultPlan, refusing: str | None) -> dict[str, fa.FuturesExchange]:
    """Twenty accounts at each venue, on its own sets of connections; `refusing` does not know their secret."""
    exchanges: dict[str, fa.FuturesExchange] = {}
    limiters = {address: LocalLimiter() for address in ADDRESSES}
    # Accounts are wallets at Hyperliquid, whose keys are not made up.
    venues = {venue: offered for venue, offered in simulated.venues.items() if venue != "hyperliquid"}
    for venue, offered in venues.items():
        first: dict[str, fa.FuturesExchange] = {}
        for number in range(ACCOUNTS // len(venues)):
            address = ADDRESSES[number % len(ADDRESSES)]
            key = ApiKey(key=f"{venue}-{number}", secret="s", passphrase="p", memo="m")
            secret = "another" if venue == refusing else "s"
            account = offered.account
            simulated.engine.open_account(
                f"{venue}-{number}", keys=[key], family=account.family, kind=account.kind, coin="USDT"
            )
            credentials = fa.Credentials(key.key, secret, "p", "m", uid=f"{venue}-{number}")
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
@pytest.mark.parametrize("trouble", [False, True], ids=["all well", "one hangs, one refuses the keys, one is down"])
def test_a_hundred_accounts_poll_once_a_second_without_drift_or_429_and_trouble_stays_where_it_is(
    trouble: bool, request: pytest.FixtureRequest
) -> None:
    # Ten minutes take half a minute.
    beats = 600 if request.config.getoption("--long") else 120

    async def main() -> None:
        loop = asyncio.get_running_loop()
        epoch_s = time.time() - loop.time()  # the accounts begin with this computer's clock
        simulated = SimulatedExchange(seed=1, now_ms=lambda: int((epoch_s + loop.time()) * 1000), monotonic=loop.time)
        plan = FaultPlan(seed=1)
        hanging, refusing, down = ("bitmart", "bitget-v1", "bittap") if trouble else (None, None, None)
        exchanges = open_accounts(simulated, plan, refusing)
        if trouble:
            plan.add("no-answer", venues=[str(hanging)], kinds=["read"])
            plan.add("html-503", venues=[str(down)])
        good = {name for name, exchange in exchanges.items() if exchange.id not in (hanging, refusing, down)}
        bad: Counter[tuple[str, type[Exception]]] = Counter()
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
                    # A key that is locked here was refused there: the same trouble, whoever says so.
                    bad.update(
                        (
                            snapshot.venues[name].venue,
                            fa.AuthenticationError if isinstance(error, fa.KeyLocked) else type(error),
                        )
                        for name, error in snapshot.errors.items()
                    )
                    answers.update(arrival.status for arrival in simulated.arrivals)
                    simulated.arrivals.clear()  # the exchange's own records for tests grow; the client's must not
                    plan.struck.clear()
                    # From the second minute on: until then the windows of a minute fill.
                    if len(times) > 60 and len(times) % (beats // 30) == 0:
                        gc.collect()
                        blocks.append(sys.getallocatedblocks())
                    if len(times) == beats:
                        break
        assert oldest_s < 1.0
        assert answers[429] == 0
        assert answers[200] >= 2 * len(good) * beats
        if trouble:  # each says why, in every beat
            per_venue = ACCOUNTS // (len(simulated.venues) - 1) * beats
            down_for = bad.pop(("bittap", fa.VenueUnavailable)) + bad.pop(("bittap", fa.RequestTimeout), 0)
            assert down_for == per_venue  # its reads are tried again, which now and then takes longer than a beat
            assert bad == {
                ("bitmart", fa.RequestTimeout): per_venue,
                ("bitget-v1", fa.AuthenticationError): per_venue,
            }
        else:
            assert not bad
        # Only the first beat waits for the venue that hangs.
        gaps = [later - earlier for earlier, later in pairwise(times[1:])]
        late = [(beat, gap) for beat, gap in enumerate(gaps, start=2) if abs(gap - 1.0) > 0.05]
        assert not late
        third = len(blocks) // 3
        assert min(blocks[-third:]) < 1.02 * min(blocks[:third])  # it swings with what is under way; the floor is flat

    run(main())
