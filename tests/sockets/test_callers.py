"""A9: ten thousand callers at once: none starves, on either HTTP library, and the queue's bounds are exact."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

import futures_async as fa
from futures_async.transport.http.backend import Timeouts
from futures_async.transport.limits.local import LocalLimiter
from tests.loopback import Loopback, reply
from tests.rig.toy import Toy

CALLERS = 10_000
QUEUE = 1_000
HOURS = Timeouts(connect_s=60.0, write_s=60.0, read_s=60.0, deadline_s=7200.0)
ANSWER = b'{"code":"0","data":{"leverage":"5"}}'

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def opened(
    library: str, venue: Loopback, limit: fa.RateLimit, timeouts: Timeouts = HOURS, *, queue: int = QUEUE
) -> AsyncGenerator[Toy]:
    async with Toy(
        fa.Credentials("key-1", "secret-1"),
        base_url=venue.url,
        http=library,
        timeout=timeouts,
        limiter=LocalLimiter(max_queue=queue),
        uid_limit=limit,
    ) as exchange:
        yield exchange


async def all_at_once(exchange: Toy, callers: int, served: list[int]) -> Counter[str]:
    """What each caller got; `served` in the order of their answers."""
    ends = Counter[str]()

    async def one(number: int) -> None:
        try:
            await exchange.fetch_leverage("BTC/USDT:USDT")
        except fa.FuturesAsyncError as error:
            ends[type(error).__name__] += 1
        else:
            ends["ok"] += 1
            served.append(number)

    await asyncio.gather(*(one(number) for number in range(callers)))
    return ends


# The first is measured by coverage, and httpx takes seven times as long: so many callers fill its connections too.
@pytest.mark.parametrize(("library", "callers"), [("fast", CALLERS), ("httpx", 3_000)])
async def test_every_one_of_ten_thousand_callers_is_served_in_turn(library: str, callers: int) -> None:
    served = list[int]()
    with Loopback(default=reply(ANSWER)) as venue:
        async with opened(library, venue, fa.RateLimit(callers, 0.001), queue=callers) as exchange:
            ends = await all_at_once(exchange, callers, served)
        assert ends == {"ok": callers}
        assert len(venue.requests) == callers
    # First come, first served: who is on a connection that stalls may be overtaken, but nobody waits for the end.
    assert max(abs(place - number) for place, number in enumerate(served)) <= callers / 4


# Of these ten thousand hardly any reach a connection, so it is of no concern whose that is.


async def test_a_full_queue_refuses_exactly_those_for_whom_there_is_no_room() -> None:
    served = list[int]()
    with Loopback(default=reply(ANSWER)) as venue:
        async with opened("fast", venue, fa.RateLimit(100, 3600.0)) as exchange:
            calls = asyncio.ensure_future(all_at_once(exchange, CALLERS, served))
            while len(served) < 100:  # noqa: ASYNC110 - what is waited for is in a list
                await asyncio.sleep(0.001)
        # Closing lets those go who wait for the next hour.
        assert await calls == {"ok": 100, "ClientClosed": QUEUE, "QueueFull": CALLERS - QUEUE - 100}
        assert sorted(served) == list(range(100))
        assert len(venue.requests) == 100


async def test_who_waits_too_long_is_told_so_and_never_sent() -> None:
    served = list[int]()
    with Loopback(default=reply(ANSWER)) as venue:
        soon = Timeouts(connect_s=60.0, write_s=60.0, read_s=60.0, deadline_s=0.05)
        async with opened("fast", venue, fa.RateLimit(1, 3600.0)) as exchange:
            assert await all_at_once(exchange, 1, served) == {"ok": 1}
            exchange._transport.timeouts = soon  # pyright: ignore[reportPrivateUsage] - of the calls that follow
            ends = await all_at_once(exchange, CALLERS, served)
        # The first may have given up already, and made room, when the last come.
        assert set(ends) == {"DeadlineExpired", "QueueFull"}
        assert ends["DeadlineExpired"] >= QUEUE
        assert ends.total() == CALLERS
        assert len(venue.requests) == 1
