"""A venue that counts: requests arrive some time after they were sent, and are stamped when they arrive."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import anyio

from futures_async.transport.limits.limiter import Limiter, Permit, Pool, Priority


class Route(NamedTuple):
    """How long a packet takes each way, in seconds."""

    name: str
    up: Callable[[random.Random], float]
    down: Callable[[random.Random], float]


def uniform(name: str, least: float, most: float) -> Route:
    """Round trips between two times, any in between as likely for each way."""

    def way(rng: random.Random) -> float:
        return rng.uniform(least / 2, most / 2)

    return Route(name, way, way)


def skewed(name: str, least: float, most: float) -> Route:
    """Round trips between two times, most of them near the lower one, as on real routes."""

    def way(rng: random.Random) -> float:
        return least / 2 + (most - least) / 2 * rng.random() ** 2

    return Route(name, way, way)


def one_sided(name: str, least: float, most: float) -> Route:
    """All delay beyond the least is on the way there."""

    def up(rng: random.Random) -> float:
        return rng.uniform(least / 2, most - least / 2)

    def down(_: random.Random) -> float:
        return least / 2

    return Route(name, up, down)


def violations(stamps: Sequence[float], limit: int, per_s: float) -> int:
    """How many requests were one too many in a sliding window."""
    ordered = sorted(stamps)
    return sum(late - early < per_s - 1e-9 for early, late in zip(ordered, ordered[limit:], strict=False))


def used(stamps: Sequence[float], limit: int, per_s: float) -> float:
    """Part of the limit that was used between the first request and the last."""
    return (len(stamps) - limit) / ((max(stamps) - min(stamps)) / per_s * limit)


class Venue:
    """Counts what arrives."""

    def __init__(self, route: Route, seed: int) -> None:
        self.stamps: list[float] = []
        self._route = route
        self._rng = random.Random(seed)

    async def call(self, permit: Permit) -> None:
        """One request and its answer."""
        sent = anyio.current_time()
        await anyio.sleep(self._route.up(self._rng))
        self.stamps.append(anyio.current_time())
        await anyio.sleep(self._route.down(self._rng))
        permit.answered(anyio.current_time() - sent)

    async def hammer(self, limiter: Limiter, pools: Sequence[Pool], calls: int, workers: int) -> None:
        """So many callers, each calling again as soon as it can, until all calls are made."""
        left = calls

        async def caller() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                await self.call(await limiter.acquire(pools, Priority.READ, None))

        async with anyio.create_task_group() as group:
            for _ in range(workers):
                group.start_soon(caller)
