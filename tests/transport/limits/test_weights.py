"""Calls that take several slots of a pool: no window holds more than its limit, and no call waits for ever."""

import random
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from futures_async.testing import virtual_time
from futures_async.transport.limits.host import HostLimiter
from futures_async.transport.limits.limiter import Limiter, Pool, Priority
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.window import DRIFT
from tests.transport.limits.conftest import Runner

LIMIT = 12
SPAN = 1.0 + DRIFT


def pool(weight: int, limit: int = LIMIT) -> Pool:
    return Pool("weights", limit, 1.0, weight)


def busiest(calls: Sequence[tuple[float, int]], per_s: float = 1.0) -> int:
    """The most that any sliding window holds."""
    return max(sum(weight for at, weight in calls if start <= at < start + per_s) for start, _ in calls)


async def hammer(limiter: Limiter, weights: Sequence[int], seed: int = 1) -> list[tuple[float, int]]:
    """When each call reached the venue, and what it weighed."""
    rng, todo, seen = random.Random(seed), list(weights), list[tuple[float, int]]()

    async def caller() -> None:
        while todo:
            weight = todo.pop()
            permit = await limiter.acquire((pool(weight),), Priority.READ, None)
            await anyio.sleep(rng.uniform(0.0, 0.02))
            seen.append((anyio.current_time(), weight))
            await anyio.sleep(rng.uniform(0.0, 0.02))
            permit.answered(None)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(caller)
    return seen


def mixed(count: int) -> list[int]:
    return random.Random(2).choices([1, 2, 5, 12], [6, 3, 2, 1], k=count)


def test_no_window_holds_more_than_the_limit_whatever_the_calls_weigh(run: Runner) -> None:
    async def main() -> list[tuple[float, int]]:
        return await hammer(LocalLimiter(), mixed(400))

    calls = run(main)
    assert len(calls) == 400
    assert busiest(calls) <= LIMIT
    lasted = calls[-1][0] - calls[0][0]
    assert (
        sum(weight for _, weight in calls) / lasted > 0.7 * LIMIT
    )  # light calls do not pass the heavy one they follow


def test_the_host_limiter_counts_weights_too(tmp_path: Path) -> None:
    async def main() -> list[tuple[float, int]]:
        limiter = HostLimiter(tmp_path / "own", clock=anyio.current_time)
        calls = await hammer(limiter, mixed(60))
        await limiter.aclose()
        return calls

    calls = virtual_time.run(main())
    assert len(calls) == 60
    assert busiest(calls) <= LIMIT


@pytest.mark.parametrize("weight", [LIMIT, LIMIT + 30])
def test_a_call_that_weighs_the_whole_limit_or_more_waits_for_the_empty_pool(run: Runner, weight: int) -> None:
    async def main() -> float:
        limiter = LocalLimiter()
        light = limiter.try_acquire((pool(1),), Priority.READ)
        assert light is not None
        light.answered(None)
        start = anyio.current_time()
        heavy = await limiter.acquire((pool(weight),), Priority.READ, None)
        waited = anyio.current_time() - start
        heavy.answered(None)
        after = await limiter.acquire((pool(1),), Priority.READ, None)
        assert anyio.current_time() - start == pytest.approx(2 * SPAN)
        after.unused()
        return waited

    assert run(main) == pytest.approx(SPAN)


def test_what_was_never_sent_gives_back_all_that_it_took(run: Runner) -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        heavy = limiter.try_acquire((pool(LIMIT),), Priority.READ)
        assert heavy is not None
        assert limiter.try_acquire((pool(1),), Priority.READ) is None
        heavy.unused()
        assert limiter.pools()["weights"].used == 0
        again = limiter.try_acquire((pool(LIMIT),), Priority.READ)
        assert again is not None

    run(main)


def test_a_full_second_pool_gives_back_what_the_first_one_gave(run: Runner) -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        other = Pool("other", 1, 1.0)
        assert limiter.try_acquire((other,), Priority.READ) is not None
        assert limiter.try_acquire((pool(5), other), Priority.READ) is None
        assert limiter.pools()["weights"].used == 0

    run(main)


def test_the_venues_count_corrects_a_weighted_pool(run: Runner) -> None:
    async def main() -> float:
        limiter = LocalLimiter()
        limiter.correct(pool(1), 4)  # somebody else has used 8
        start = anyio.current_time()
        await limiter.acquire((pool(4),), Priority.READ, None)
        assert anyio.current_time() == start
        await limiter.acquire((pool(5),), Priority.READ, None)
        return anyio.current_time() - start

    assert run(main) == pytest.approx(SPAN)
