"""One account's rate limit, shared by its client objects, judged at the simulated exchange."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from decimal import Decimal as D

import pytest

import futures_async as fa
from futures_async.simulator.demo import Setup
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


def test_three_client_objects_share_the_weight_of_their_address_and_the_nonces_of_their_wallet() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        epoch_s = time.time() - loop.time()
        simulated = SimulatedExchange(
            only=["hyperliquid"],
            setup=Setup(empty=True),
            now_ms=lambda: int((epoch_s + loop.time()) * 1000),
            monotonic=loop.time,
        )
        key = simulated.venues["hyperliquid"].key
        backend, limiter = InProcessBackend(simulated, latency_s=0.01), LocalLimiter()
        order = fa.OrderRequest(symbol="BTC/USDC:USDC", side="buy", type="limit", quantity=D("0.001"), price=D(50_000))
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(
                    fa.connect(
                        "hyperliquid",
                        fa.Credentials(key.key, key.secret),
                        base_url="http://127.0.0.1:1",
                        http=backend,
                        limiter=limiter,
                        timeout=200.0,
                    )
                )
                for _ in range(3)
            ]
            placed = await asyncio.gather(
                *(client.create_order(order, confirm=False) for client in clients for _ in range(10))
            )
            started = loop.time()
            await asyncio.gather(*(client.fetch_positions() for client in clients for _ in range(200)))
        assert len({one.order_id for one in placed}) == 30
        assert {arrival.status for arrival in simulated.arrivals} == {200}, "no 429, and no nonce twice"
        # 1,200 a minute, of which these reads weigh 2 each: they have to wait for the window once.
        assert 30.0 < loop.time() - started < 75.0

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
