"""The limiter of several hosts on the servers that people have: caches, clusters, sentinels, passwords, bad URLs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from traceback import walk_tb
from types import SimpleNamespace
from typing import Any

import pytest

from futures_async.transport.limits import redis as redis_module
from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.redis import RedisLimiter
from futures_async.transport.limits.redis_scripts import PREFIX
from futures_async.transport.limits.redis_server import RedisServer
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import ConnectFailed, DeadlineExpired, InvalidRequest, NotSupported, RateLimited
from tests.redis_servers import Server, Servers, cluster, needs_server, running, watched
from tests.transport.limits.one_process import LIMIT, PER_S
from tests.transport.limits.processes import stamps_of
from tests.transport.limits.venue import violations

CANARY = "canary-4f1b9e0c"
ONE = (Pool("one", 1, 0.1),)
TWO = (Pool("ip", 10, 1.0), Pool("uid", 10, 1.0))


async def take(limiter: RedisLimiter, pools: tuple[Pool, ...] = ONE, within_s: float = 5.0) -> Permit:
    return await limiter.acquire(pools, Priority.READ, asyncio.get_running_loop().time() + within_s)


def with_limiter(url: str, work: Callable[[RedisLimiter], Awaitable[object]], **options: Any) -> None:
    async def main() -> None:
        limiter = RedisLimiter(url, **options)
        try:
            await work(limiter)
        finally:
            await limiter.aclose()

    asyncio.run(main())


# Passwords


def shown(caught: pytest.ExceptionInfo[Exception]) -> str:
    """An error as error trackers show it, with the locals of all frames but those of this file."""
    seen: list[str] = []
    errors: list[BaseException | None] = [caught.value]
    while errors:
        error = errors.pop()
        if error is not None:
            frames = (frame for frame, _ in walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__)
            seen += [str(error), *(f"{frame.f_code.co_name}: {frame.f_locals!r}" for frame in frames)]
            errors += [error.__cause__, error.__context__]
    return "\n".join(seen)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"http://:{CANARY}@host", "begins with redis://"),
        (f"redis://:{CANARY}#@host", "%23"),
        (f"redis://:{CANARY}@host/zero", "number of a database"),
        (f"redis://:{CANARY}@one,two", "redis\\+cluster://"),
        (f"redis+cluster://:{CANARY}@one,two/1", "a cluster has none"),
        (f"redis+sentinel://:{CANARY}@one,two", "names the master"),
        (f"redis+sentinel://:{CANARY}@one,two/name/x", "number of a database"),
        (f"redis://:{CANARY}@host?socket_timeout=soon", "socket_timeout"),
        (f"redis://:{CANARY}@host?sokcet_timeout=1", "sokcet_timeout"),
        (f"rediss://:{CANARY}@host?ssl_cert_reqs=maybe", "maybe"),
        (f"redis+cluster://:{CANARY}@host?sokcet_timeout=1", "sokcet_timeout"),
        (f"redis+sentinel://:{CANARY}@host/name?sokcet_timeout=1", "sokcet_timeout"),
    ],
)
def test_a_url_that_cannot_be_right_is_refused_at_once_and_not_shown(url: str, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says) as caught:
        RedisLimiter(url)
    assert CANARY not in shown(caught)
    assert "__init__" in shown(caught)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("redis://user:hunter2@127.0.0.1:6379/0?health_check_interval=5", "127.0.0.1:6379"),
        ("rediss://user:hunter2@host/1?ssl_cert_reqs=none", "host"),
        ("unix://user:hunter2@/run/redis.sock?db=2", "/run/redis.sock"),
        ("redis+cluster://:hunter2@one:1,two:2", "one:1,two:2"),
        ("rediss+cluster://:hunter2@[::1]:1,two", "[::1]:1,two"),
        ("redis+sentinel://:hunter2@one,two:2/name/3?sentinel_password=hunter2", "one,two:2"),
        ("rediss+sentinel://:hunter2@one/name", "one"),
    ],
)
def test_what_a_url_may_be(url: str, name: str) -> None:
    assert repr(RedisLimiter(url)) == f"RedisLimiter('{name}')"


@needs_server
def test_a_refused_password_stands_in_no_frame_and_the_servers_words_do(tmp_path: Path) -> None:
    server = Server(tmp_path, password="sesame-open")
    with running(server), pytest.raises(ConnectFailed) as caught:
        with_limiter(f"redis://:{CANARY}@127.0.0.1:{server.port}", take)
    assert "invalid username-password pair" in str(caught.value)
    assert CANARY not in shown(caught)
    assert "_run: " in shown(caught)
    assert caught.value.outcome is Outcome.NOT_SENT


@needs_server
@pytest.mark.parametrize("kind", ["redis", "redis+cluster", "redis+sentinel"])
def test_nor_does_one_of_a_server_that_is_not_there(kind: str) -> None:
    path = "/name" if kind == "redis+sentinel" else ""
    with pytest.raises(ConnectFailed, match="cannot be asked") as caught:
        with_limiter(f"{kind}://:{CANARY}@127.0.0.1:1{path}", take)
    assert CANARY not in shown(caught)


# Caches


@needs_server
def test_a_server_that_evicts_keys_is_refused_or_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = Server(tmp_path, "--maxmemory", "20mb", "--maxmemory-policy", "allkeys-lru")
    with running(server):
        with pytest.raises(NotSupported, match="maxmemory-policy allkeys-lru") as caught:
            with_limiter(server.url, take)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert server.ask("DBSIZE") == 0

        async def use(limiter: RedisLimiter) -> None:
            (await take(limiter)).unused()
            (await take(limiter)).unused()

        with caplog.at_level(logging.WARNING):
            with_limiter(server.url, use, allow_eviction=True)
        assert [record.message for record in caplog.records if "allkeys-lru" in record.message]
        assert len(caplog.records) == 1
        for option, value in (("maxmemory-policy", "noeviction"), ("maxmemory", "0")):
            server.ask("CONFIG", "SET", option, value)
            with_limiter(server.url, use)
            server.ask("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")  # of no effect without a cap
            server.ask("CONFIG", "SET", "maxmemory", "0")


@needs_server
def test_a_full_server_refuses_in_its_own_words_and_no_limit_is_overrun(tmp_path: Path) -> None:
    server = Server(tmp_path, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
    with running(server), pytest.raises(ConnectFailed, match="maxmemory"):
        with_limiter(server.url, take)


@needs_server
def test_a_server_that_does_not_tell_its_policy_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = Server(tmp_path)
    with running(server):
        server.ask("ACL", "SETUSER", "bot", "on", ">sesame", "~{futures-async}*", "+@all", "-info")

        async def use(limiter: RedisLimiter) -> None:
            (await take(limiter)).unused()

        with_limiter(f"redis://bot:sesame@127.0.0.1:{server.port}", use)
    assert "cannot be seen" in caplog.text


# An answer that is lost


class Forgetful:
    """A proxy in front of a server: while `drops`, it passes commands on and breaks the connection for the answer."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.drops = False
        self.answers = asyncio.Semaphore(0)
        """Those that were lost."""

    async def lost(self, answers: int) -> None:
        """Wait until so many are."""
        for _ in range(answers):
            await self.answers.acquire()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)

        async def up() -> None:
            while data := await reader.read(65536):
                back.write(data)
            back.close()

        upwards = asyncio.create_task(up())
        try:
            while data := await there.read(65536):
                if self.drops and b"sha" not in data.lower():
                    self.answers.release()
                    break
                writer.write(data)
        finally:
            upwards.cancel()
            await asyncio.gather(upwards, return_exceptions=True)
            for one in (writer, back):
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()


@needs_server
@pytest.mark.parametrize("breaks", [1, 100])
def test_an_answer_that_is_lost_keeps_no_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: int, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(redis_module, "AGAIN_S", (0.05, 2.1))
    server = Server(tmp_path)
    slow = (Pool("slow", 1, 0.2),)

    async def main() -> None:
        proxy = Forgetful(server.port)
        listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        async with listening:
            limiter = RedisLimiter(f"redis://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
            direct = RedisLimiter(server.url)
            (await take(limiter, slow)).unused()
            await asyncio.sleep(0.05)
            proxy.drops = True
            asking = asyncio.ensure_future(take(limiter, slow))
            await proxy.lost(min(breaks, 3))
            if breaks == 1:
                proxy.drops = False
                (await asking).unused()  # sent again, it got the slot that the first one had taken
            else:
                with pytest.raises(ConnectFailed):
                    await asking
                proxy.drops = False
            began = time.monotonic()
            (await take(direct, slow)).unused()
            assert time.monotonic() - began < 10, "long before the lease is over"
            await limiter.aclose()
            await direct.aclose()

    with running(server):
        asyncio.run(main())


# Clusters and sentinels


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with cluster(tmp_path_factory.mktemp("cluster"), PREFIX) as servers:
        yield servers


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with watched(tmp_path_factory.mktemp("sentinel"), password="sesame-open") as servers:
        yield servers


@pytest.fixture(params=["clustered", "guarded"])
def servers(request: pytest.FixtureRequest) -> Servers:
    found: Servers = request.getfixturevalue(request.param)
    return found


@needs_server
def test_processes_keep_a_limit_together_on_a_cluster_and_behind_a_sentinel(servers: Servers) -> None:
    by_process = stamps_of(2, "redis", servers.url, 60)
    stamps = [stamp for stamps in by_process for stamp in stamps]
    assert len(stamps) == 120
    assert violations(stamps, LIMIT, PER_S) == 0


@needs_server
def test_a_call_takes_from_several_pools_at_once_there(servers: Servers) -> None:
    async def use(limiter: RedisLimiter) -> None:
        permits = [await take(limiter, TWO) for _ in range(10)]
        with pytest.raises(DeadlineExpired):
            await take(limiter, TWO, 0.1)
        for permit in permits:
            permit.unused()
        (await take(limiter, TWO)).unused()

    with_limiter(servers.url, use)


@needs_server
def test_a_cluster_that_has_forgotten_is_told_again_also_where_no_slot_stands(clustered: Servers) -> None:
    async def use(limiter: RedisLimiter) -> None:
        pools = (Pool("long", 5, 20.0),)
        (await take(limiter, pools)).unused()
        for _ in range(8):  # what names no key goes to any of three nodes
            clustered.servers[0].ask("FLUSHALL")
            with pytest.raises(DeadlineExpired):  # others may have to tell, too
                await take(limiter, pools, 0.3)

    with_limiter(clustered.url, use)


@needs_server
def test_one_that_forgets_again_while_it_is_told_grants_nothing_either(clustered: Servers) -> None:
    async def use(limiter: RedisLimiter) -> None:
        pools = (Pool("again", 5, 20.0),)
        (await take(limiter, pools)).unused()
        remember = limiter._remember  # pyright: ignore[reportPrivateUsage]

        async def forgotten_meanwhile(told: int) -> None:
            clustered.servers[0].ask("FLUSHALL")
            await remember(told)

        limiter._remember = forgotten_meanwhile  # type: ignore[method-assign]
        clustered.servers[0].ask("FLUSHALL")
        with pytest.raises(DeadlineExpired):
            await take(limiter, pools, 0.3)

    with_limiter(clustered.url, use)


@needs_server
def test_a_plain_url_of_a_node_a_replica_or_a_sentinel_says_what_to_write(clustered: Servers, guarded: Servers) -> None:
    def refused(server: Server) -> str:
        with pytest.raises(ConnectFailed) as caught:
            with_limiter(server.url, take)
        return str(caught.value)

    assert "redis+cluster://" in refused(clustered.servers[1])
    replica = next(server for server in guarded.servers[:2] if server.says("INFO replication", "role:slave"))
    assert "it is a replica" in refused(replica)
    assert "redis+sentinel://" in refused(guarded.servers[2])


@needs_server
def test_a_failover_is_survived_and_what_was_replicated_is_kept(servers: Servers) -> None:
    closed = (Pool("closed", 1, 0.1),)

    async def use(limiter: RedisLimiter) -> None:
        limiter.close(closed, 60.0)
        (await take(limiter)).unused()
        old = servers.master() if "sentinel" in servers.url else servers.servers[0]
        witness = RedisLimiter(servers.url)
        with pytest.raises(RateLimited):  # the closing has come to the server
            await take(witness, closed)
        await witness.aclose()
        # WAIT would answer at once, for a connection that has written nothing.
        for _ in range(1000):
            told = str(old.ask("INFO", "replication"))
            offsets = set(re.findall(r"(?:master_repl_|,)offset\D{1,4}(\d+)", told))
            if len(offsets) == 1:
                break
            await asyncio.sleep(0.005)
        old.stop()
        for _ in range(600):
            with contextlib.suppress(ConnectFailed):  # as long as there is no new master
                (await take(limiter, within_s=30.0)).unused()
                break
            await asyncio.sleep(0.05)
        other = RedisLimiter(servers.url)
        with pytest.raises(RateLimited):
            await take(other, closed)
        await other.aclose()

    with_limiter(servers.url, use)


class Swallows:
    """A subscription whose wait ends as `asyncio.wait_for` of Python 3.11 may: in spite of a cancellation."""

    def __init__(self) -> None:
        self.closed = False

    async def subscribe(self, *channels: str) -> None:
        pass

    async def get_message(self, **options: Any) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600 if not self.closed else 0)

    async def aclose(self) -> None:
        self.closed = True


def test_who_listens_ends_although_the_library_swallows_the_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        channel = Swallows()
        server = RedisServer("redis://127.0.0.1:1/0")
        client = SimpleNamespace(commands=SimpleNamespace(pubsub=lambda: channel))
        monkeypatch.setattr(server, "_client", lambda: client)
        listening = asyncio.create_task(server.listen(["one"], lambda channel, said: None))
        for turn in range(10):
            await asyncio.sleep(0)
            if turn == 2:
                listening.cancel()
        assert listening.cancelled()
        assert channel.closed

    asyncio.run(main())
