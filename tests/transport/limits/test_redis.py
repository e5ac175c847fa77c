import asyncio
import logging
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from unittest.mock import AsyncMock, patch

import pytest

from futures_async.testing import virtual_time
from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.redis import GRACE_S, RedisLimiter
from futures_async.transport.limits.redis_scripts import PREFIX
from futures_async.transport.limits.window import DRIFT
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    ConnectFailed,
    DeadlineExpired,
    InvalidRequest,
    NotSupported,
    QueueFull,
    RateLimited,
)
from tests.redis_servers import Server, needs_server, running
from tests.transport.limits.one_process import LIMIT, PER_S, POOL
from tests.transport.limits.processes import stamps_of, start
from tests.transport.limits.venue import violations

ONE = (Pool("one", 1, 0.1),)
SPAN = 0.1 * (1 + DRIFT)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("redis"))
    started.start()
    yield started
    started.stop()


@pytest.fixture
def url(server: Server, request: pytest.FixtureRequest) -> str:
    """The server, emptied."""
    import redis

    with redis.Redis.from_url(server.url) as client:  # pyright: ignore[reportUnknownMemberType] - its keywords are not typed
        client.execute_command("FLUSHALL")  # pyright: ignore[reportUnknownMemberType] - not typed
    return server.url


async def rows(limiter: RedisLimiter, part: str) -> int:
    client = limiter._server._client().commands  # pyright: ignore[reportPrivateUsage] - to look at what is stored
    found = cast("dict[str, Any]", {})
    async for key in client.scan_iter(f"{PREFIX}*:{part}"):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - not typed
        kind = await client.type(key)  # pyright: ignore[reportUnknownArgumentType] - as above
        found[str(key)] = await (client.zcard(key) if kind == b"zset" else client.hlen(key))  # pyright: ignore[reportUnknownArgumentType, reportGeneralTypeIssues] - as above
    return sum(found.values())


async def take(limiter: RedisLimiter, pools: tuple[Pool, ...] = ONE, within_s: float = 5.0) -> Permit:
    return await limiter.acquire(pools, Priority.READ, asyncio.get_running_loop().time() + within_s)


@needs_server
def test_three_processes_on_one_account_never_send_too_many(url: str) -> None:
    by_process = stamps_of(3, "redis", url, 60)
    stamps = [stamp for stamps in by_process for stamp in stamps]
    assert len(stamps) == 180
    assert violations(stamps, LIMIT, PER_S) == 0


@needs_server
def test_a_fork_is_another_process_to_the_server(url: str, fork: Callable[[], None]) -> None:
    limiter = RedisLimiter(url)

    async def parent() -> None:
        await take(limiter)
        await limiter.aclose()

    async def child() -> None:
        with pytest.raises(DeadlineExpired):
            await take(limiter, within_s=0.05)
        await limiter.aclose()

    asyncio.run(parent())
    fork()
    asyncio.run(child())


@needs_server
def test_a_call_takes_as_many_slots_as_it_weighs(url: str) -> None:
    async def main() -> None:
        limiter = RedisLimiter(url)
        heavy = (Pool("one", 5, 0.1, 3), Pool("two", 9, 0.1))
        permit = await take(limiter, heavy)
        assert await rows(limiter, "slots") == 4
        start = time.monotonic()
        with pytest.raises(DeadlineExpired):
            await take(limiter, heavy, within_s=0.01)
        light = await take(limiter, (Pool("one", 5, 0.1, 2),))  # there is room for two
        permit.answered(0.0)
        light.answered(0.0)
        again = await take(limiter, (Pool("one", 5, 0.1, 50),))  # waits until all is back
        assert time.monotonic() - start >= SPAN
        again.unused()
        await take(limiter, heavy)
        await limiter.aclose()

    asyncio.run(main())


@needs_server
def test_what_a_killed_process_held_comes_back(url: str) -> None:
    process = start("redis", url, "hold")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL

    async def main() -> None:
        limiter = RedisLimiter(url, lease_s=0.3)
        (await take(limiter, (POOL,), 10.0)).unused()
        await limiter.aclose()

    asyncio.run(main())


@needs_server
def test_a_slot_comes_back_one_window_after_its_answer_also_elsewhere(url: str) -> None:
    async def main() -> None:
        first, second = RedisLimiter(url), RedisLimiter(url)
        permit = await take(first)
        await asyncio.sleep(0.05)
        answered = time.monotonic()
        permit.answered()
        permit.answered()
        again = await take(second)
        assert time.monotonic() - answered >= SPAN
        again.unused()
        await first.aclose()
        await second.aclose()

    asyncio.run(main())


@needs_server
def test_round_trips_shorten_the_window_only_when_all_hosts_know_them(url: str) -> None:
    pool = (Pool("ten", 10, 10.0),)

    async def main() -> None:
        first, second = RedisLimiter(url), RedisLimiter(url)
        for _ in range(10):
            (await take(first, pool)).answered(9.9)
        # Ten are answered; each is back after 10 s less the round trip of 9.9 s, and the margin.
        (await take(first, pool)).answered(9.9)
        # This host has not been heard of yet, so for it the whole window counts.
        with pytest.raises(DeadlineExpired):
            await take(second, pool, 0.5)
        await first.aclose()
        await second.aclose()

    asyncio.run(main())


@needs_server
def test_an_urgent_call_of_one_host_passes_reads_of_all(url: str) -> None:
    served: list[str] = []

    async def main() -> None:
        first, second = RedisLimiter(url), RedisLimiter(url)
        held = await take(first)

        async def call(name: str, limiter: RedisLimiter, priority: Priority) -> None:
            permit = await limiter.acquire(ONE, priority, None)
            served.append(name)
            permit.answered()

        waiting = [asyncio.ensure_future(call("first's read", first, Priority.READ))]
        await asyncio.sleep(0.02)
        waiting.append(asyncio.ensure_future(call("second's read", second, Priority.READ)))
        await asyncio.sleep(0.02)
        waiting.append(asyncio.ensure_future(call("second's cancel", second, Priority.URGENT)))
        await asyncio.sleep(0.02)
        held.answered()
        await asyncio.gather(*waiting)
        await first.aclose()
        await second.aclose()

    asyncio.run(main())
    assert served[0] == "second's cancel"
    assert sorted(served[1:]) == ["first's read", "second's read"]


@needs_server
def test_slots_are_taken_in_all_pools_or_in_none(url: str) -> None:
    slow = Pool("slow", 1, 60.0)

    async def main() -> None:
        limiter = RedisLimiter(url)
        (await take(limiter, (slow,))).answered()
        with pytest.raises(DeadlineExpired):
            await take(limiter, (*ONE, slow), 0.1)
        assert await rows(limiter, "slots") == 1
        (await take(limiter)).unused()
        await limiter.aclose()
        assert await rows(limiter, "waiting") == 0
        await limiter.aclose()

    asyncio.run(main())


@needs_server
def test_a_full_queue_and_deadlines(url: str) -> None:
    ends = {"served": 0, "full": 0, "expired": 0}
    pool = (Pool("uid", 10, 60.0),)

    async def main() -> None:
        limiter = RedisLimiter(url, max_queue=50)
        start_s = asyncio.get_running_loop().time()
        for _ in range(10):
            await take(limiter, pool)

        async def call() -> None:
            try:
                await limiter.acquire(pool, Priority.READ, start_s + 1.0)
            except QueueFull:
                ends["full"] += 1
            except DeadlineExpired:
                ends["expired"] += 1
            else:
                ends["served"] += 1

        first = asyncio.ensure_future(call())
        await asyncio.sleep(0.05)
        await asyncio.gather(first, *(call() for _ in range(199)))
        with pytest.raises(DeadlineExpired):
            await limiter.acquire(pool, Priority.READ, asyncio.get_running_loop().time())
        await limiter.aclose()

    asyncio.run(main())
    assert ends == {"served": 0, "full": 150, "expired": 50}


@needs_server
def test_a_caller_cancelled_while_the_server_decides_costs_no_slot(url: str) -> None:
    async def main() -> None:
        limiter = RedisLimiter(url)
        (await take(limiter)).unused()
        for ticks in range(12):
            asking = asyncio.ensure_future(take(limiter))
            for _ in range(ticks):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            if not asking.cancelled():
                (asking.result()).unused()
        await limiter.aclose()
        assert await rows(limiter, "slots") == 0
        await limiter.aclose()

    asyncio.run(main())


@needs_server
def test_a_server_that_answers_after_the_deadline_costs_no_slot(server: Server, url: str) -> None:
    async def main() -> None:
        limiter = RedisLimiter(url)
        (await take(limiter)).unused()
        await asyncio.sleep(0.05)
        assert server.process is not None
        server.process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(DeadlineExpired):
                await take(limiter, within_s=0.1)
        finally:
            server.process.send_signal(signal.SIGCONT)
        await limiter.aclose()
        assert await rows(limiter, "slots") == 0
        await limiter.aclose()

    asyncio.run(main())


@needs_server
def test_closing_a_pool_closes_it_for_all_hosts(url: str) -> None:
    async def main() -> None:
        first, second = RedisLimiter(url), RedisLimiter(url)
        first.close(ONE, 30.0)
        first.close(ONE, 0.1)
        assert first.closed_for(ONE) == pytest.approx(30.0, abs=5.0)
        await asyncio.sleep(0.05)
        for limiter in (first, second):
            with pytest.raises(RateLimited) as caught:
                await take(limiter)
            assert caught.value.outcome is Outcome.NOT_SENT
        assert second.closed_for(ONE) == pytest.approx(30.0, abs=5.0)
        other = (Pool("other", 1, 0.1),)
        second.close(other, 0.1)
        (await take(second, other)).unused()
        await first.aclose()
        await second.aclose()

    asyncio.run(main())


@needs_server
def test_a_closing_lasts_no_longer_where_the_servers_clock_was_set_back(url: str) -> None:
    async def main() -> None:
        limiter = RedisLimiter(url)
        server = limiter._server._client().commands  # pyright: ignore[reportPrivateUsage] - whose clock was an hour ahead
        then = time.time() + 3600.0
        await server.set(f"{PREFIX}one:closed", f"{then + 5.0:.6f}|{then:.6f}", ex=3605)
        for _ in range(2):
            with pytest.raises(RateLimited) as caught:
                await take(limiter, within_s=1.0)
            assert caught.value.retry_after_s == pytest.approx(5.0, abs=1.0)
        await limiter.aclose()

    asyncio.run(main())


@needs_server
def test_the_venues_count_takes_slots_for_all_hosts(url: str) -> None:
    async def main() -> None:
        first, second = RedisLimiter(url), RedisLimiter(url)
        ten = Pool("ten", 10, 60.0)
        (await take(first, (ten,))).answered()
        first.correct(ten, 3)
        first.correct(ten, 20)
        await first.aclose()
        for _ in range(3):
            (await take(second, (ten,))).answered()
        with pytest.raises(DeadlineExpired):
            await take(second, (ten,), 0.1)
        await second.aclose()

    asyncio.run(main())


@needs_server
def test_nothing_is_kept_for_ever(url: str) -> None:
    async def main() -> None:
        limiter = RedisLimiter(url)
        (await take(limiter)).answered(0.01)
        limiter.close(ONE, 1.0)
        limiter.correct(ONE[0], 0)
        await limiter.aclose()
        client = limiter._server._client().commands  # pyright: ignore[reportPrivateUsage] - to look at what is stored
        keys: list[Any] = [key async for key in client.scan_iter("*")]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - not typed
        assert len(keys) == 3
        for key in keys:  # pyright: ignore[reportUnknownVariableType] - as above
            assert await client.ttl(key) > 0  # pyright: ignore[reportUnknownArgumentType] - as above
        await limiter.aclose()

    asyncio.run(main())


@needs_server
def test_one_limiter_serves_one_event_loop_after_another(url: str) -> None:
    limiter = RedisLimiter(url)
    left: list[Permit] = []

    async def main() -> None:
        (await take(limiter)).unused()
        left.append(await take(limiter))
        await limiter.aclose()

    asyncio.run(main())
    left[0].answered()
    left[0].unused()

    async def again() -> None:
        with pytest.raises(DeadlineExpired):
            await take(limiter, within_s=2 * GRACE_S)
        await limiter.aclose()

    asyncio.run(again())


@needs_server
def test_a_lost_server_is_an_error_and_never_no_limit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = Server(tmp_path)
    server.start()

    async def main() -> None:
        limiter = RedisLimiter(f"redis://:secret@127.0.0.1:{server.port}".replace(":secret@", ""))
        permit = await take(limiter)
        server.stop()
        permit.answered(0.1)
        for _ in range(3):
            with pytest.raises(ConnectFailed, match=f"127.0.0.1:{server.port}") as caught:
                await take(limiter)
            assert caught.value.kind == "unreachable"
            assert caught.value.outcome is Outcome.NOT_SENT
        assert said() == 1, "of one outage"
        server.start()
        permit = await take(limiter)
        server.stop()
        permit.answered(0.1)
        await limiter.aclose()

    def said() -> int:
        return [one.levelno for one in caplog.records if "slots come back late" in one.message].count(logging.WARNING)

    asyncio.run(main())
    assert said() == 2


@needs_server
def test_a_server_that_has_forgotten_is_told_again_what_its_processes_hold(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(tmp_path)
    pools = (Pool("five", 5, 20.0), Pool("heavy", 9, 20.0, 2))

    async def main() -> None:
        old, other, new = (RedisLimiter(server.url) for _ in range(3))
        held = [await take(old, pools), await take(other, pools), await take(old, pools)]
        (await take(old, pools)).unused()
        held[0].answered()
        await asyncio.sleep(0.05)  # that is written
        server.stop()
        server.start()
        held[1].answered()  # it was under way meanwhile: it counts from now
        held[2].unused()
        await asyncio.sleep(0.05)
        with pytest.raises(DeadlineExpired):
            await take(old, pools, 0.2)  # others may have to tell, too
        with pytest.raises(DeadlineExpired):
            await take(new, pools, 0.2)
        fresh = [await take(new, pools) for _ in range(2)]
        assert await rows(new, "slots") == 4 * 3
        with pytest.raises(DeadlineExpired):  # of the nine, one is left
            await take(new, pools, 0.1)
        for permit in fresh:
            permit.unused()
        asked = AsyncMock(wraps=other.take)
        with patch.object(other, "take", asked):
            (await take(other, pools)).unused()  # what it remembers is older than the server's loss
        assert asked.await_count == 1, "it has not waited for others to tell"
        for limiter in (old, other, new):
            await limiter.aclose()

    with running(server):
        asyncio.run(main())
    assert "has forgotten limits" in caplog.text


@needs_server
def test_nobody_gets_a_slot_until_what_was_forgotten_has_left_its_window(url: str, server: Server) -> None:
    pools = (Pool("five", 5, 0.5),)

    async def main() -> None:
        old, new = RedisLimiter(url), RedisLimiter(url)
        (await take(old, pools)).answered()
        for _ in range(2):  # the second time as well
            server.ask("FLUSHALL")
            began = time.monotonic()
            asking = asyncio.ensure_future(take(old, pools))
            await asyncio.sleep(0.1)
            (await take(new, pools)).unused()
            assert time.monotonic() - began >= 0.5
            (await asking).answered()
        await old.aclose()
        await new.aclose()

    asyncio.run(main())


def test_a_server_that_was_never_there_is_an_error() -> None:
    async def main() -> None:
        limiter = RedisLimiter("redis://user:hunter2@127.0.0.1:1/0")
        assert repr(limiter) == "RedisLimiter('127.0.0.1:1')"
        with pytest.raises(ConnectFailed) as caught:
            await take(limiter)
        assert "hunter2" not in str(caught.value)
        await limiter.aclose()

    asyncio.run(main())


def test_on_trio_it_says_what_to_use_instead() -> None:
    async def main() -> None:
        with pytest.raises(NotSupported, match="HostLimiter"):
            await RedisLimiter("redis://127.0.0.1").acquire(ONE, Priority.READ, None)

    virtual_time.run_trio(main)


def test_what_is_no_redis_url_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        RedisLimiter("http://127.0.0.1:6379")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis.asyncio", None)
    with pytest.raises(NotSupported, match=r"futures-async\[redis\]"):
        RedisLimiter("redis://127.0.0.1")
