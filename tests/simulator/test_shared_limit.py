"""One account's rate limit, shared by its client objects, judged at the simulated exchange."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

import futures_async as fa
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.testing.virtual_time import run
from futures_async.transport.limits.local import LocalLimiter

VENUES = ["bitget", "bitget-uta", "bitget-v1", "bitmart", "bittap"]


def most_in_any_second(times: list[float]) -> int:
    return max(sum(start <= at < start + 1.0 for at in times) for start in times)


@pytest.mark.parametrize("venue", VENUES)
def test_three_client_objects_of_one_account_never_exceed_its_limit(venue: str) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        # Now, not when this module was imported: the clients begin with the computer's clock.
        epoch_s = time.time() - loop.time()
        simulated = SimulatedExchange(
            seed=1,
            only=[venue],
            now_ms=lambda: int((epoch_s + loop.time()) * 1000),
            monotonic=loop.time,
        )
        key = simulated.venues[venue].key
        limiter = LocalLimiter()
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(
                    fa.connect(
                        venue,
                        fa.Credentials(key.key, key.secret, key.passphrase, key.memo, uid="77"),
                        base_url="http://127.0.0.1:1",
                        http=InProcessBackend(simulated, latency_s=0.013 * (number + 1)),
                        limiter=limiter,
                        timeout=60.0,
                    )
                )
                for number in range(3)
            ]
            started = loop.time()
            results = await asyncio.gather(
                *(client.fetch_positions("BTC/USDT:USDT") for client in clients for _ in range(10))
            )
        assert len(results) == 30
        assert {arrival.status for arrival in simulated.arrivals} == {200}, "no 429"
        times = [arrival.at_s for arrival in simulated.arrivals if arrival.uid is not None]
        assert len(times) >= 30
        assert most_in_any_second(times) <= 10
        # Ten a second, or what the endpoint itself allows where that is less.
        assert loop.time() - started < (10.0 if venue == "bitmart" else 4.0), "and the limit is used"

    run(main())


def test_another_account_is_not_held_up() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        # Now, not when this module was imported: the clients begin with the computer's clock.
        epoch_s = time.time() - loop.time()
        simulated = SimulatedExchange(
            seed=1,
            only=["bitget"],
            now_ms=lambda: int((epoch_s + loop.time()) * 1000),
            monotonic=loop.time,
            uid_limit=None,
            endpoint_limits=False,
        )
        key = simulated.venues["bitget"].key
        backend = InProcessBackend(simulated)
        limiter = LocalLimiter()
        first = fa.connect(
            "bitget",
            fa.Credentials(key.key, key.secret, key.passphrase, uid="1"),
            base_url="http://127.0.0.1:1",
            http=backend,
            limiter=limiter,
        )
        second = first.with_credentials(fa.Credentials(key.key, key.secret, key.passphrase, uid="2"))
        busy = asyncio.gather(*(first.fetch_accounts() for _ in range(40)))
        await asyncio.sleep(0.1)
        started = loop.time()
        await second.fetch_accounts()
        assert loop.time() - started < 0.1
        await busy
        await first.aclose()
        await second.aclose()

    run(main())
