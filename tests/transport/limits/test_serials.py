"""Numbers that are given out once to all who share a limiter."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from futures_async.testing import virtual_time
from futures_async.transport.limits.host import HostLimiter
from futures_async.transport.limits.limiter import Limiter
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.limits.redis import RedisLimiter
from futures_async.unified.errors import ConnectFailed, DeadlineExpired, NotSupported
from tests.redis_servers import Server, needs_server
from tests.transport.limits.conftest import Runner

NOW = 1_768_195_413_808
PROCESS = """
import asyncio, sys
from futures_async.transport.limits.host import HostLimiter
async def main():
    limiter = HostLimiter(sys.argv[1])
    print(*[await limiter.serial("signer", 1_768_195_413_808, None) for _ in range(200)])
    await limiter.aclose()
asyncio.run(main())
"""


@pytest.mark.parametrize("make", [LocalLimiter, NoLimiter])
def test_a_process_counts_for_all_its_limiters(make: Callable[[], Limiter], run: Runner) -> None:
    series = f"{make.__name__} {run}"

    async def main() -> list[int]:
        one, other = make(), make()
        first = [await limiter.serial(series, NOW, None) for limiter in (one, other, one)]
        return [*first, await other.serial(series, NOW + 50, None), await one.serial(series, NOW, None)]

    assert run(main) == [NOW, NOW + 1, NOW + 2, NOW + 50, NOW + 51]


def test_processes_of_a_host_never_get_the_same_number(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "own")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    numbers = [int(word) for process in processes for word in process.communicate(timeout=60)[0].split()]
    assert sorted(numbers) == list(range(NOW, NOW + 600))


def test_series_count_apart_and_survive_a_file_that_is_removed(tmp_path: Path, run: Runner) -> None:
    async def main() -> list[int]:
        limiter = HostLimiter(tmp_path / "own", clock=anyio.current_time)
        found = [await limiter.serial("a", NOW, None), await limiter.serial("b", NOW, None)]
        for path in limiter.path.parent.glob("*"):
            path.unlink()
        found.append(await limiter.serial("a", NOW, None))
        await limiter.aclose()
        return found

    assert run(main) == [NOW, NOW, NOW + 1]


def test_no_number_without_the_file(tmp_path: Path, run: Runner) -> None:
    async def main() -> None:
        limiter = HostLimiter(tmp_path / "own", clock=anyio.current_time)
        await limiter.serial("a", NOW, None)
        other = sqlite3.connect(limiter.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DeadlineExpired):
            await limiter.serial("a", NOW, anyio.current_time() + 0.01)
        other.execute("COMMIT")
        other.close()
        assert await limiter.serial("a", NOW, anyio.current_time() + 0.01) == NOW + 1
        await limiter.aclose()

    run(main)


@needs_server
def test_hosts_never_get_the_same_number(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    try:

        async def main() -> list[int]:
            limiters = [RedisLimiter(server.url) for _ in range(3)]
            drawn = [limiter.serial("signer", NOW, None) for limiter in limiters for _ in range(50)]
            numbers = await asyncio.gather(*drawn)
            later = await limiters[0].serial("signer", NOW + 5_000, None)
            for limiter in limiters:
                await limiter.aclose()
            return [*sorted(numbers), later]

        assert asyncio.run(main()) == [*range(NOW, NOW + 150), NOW + 5_000]
    finally:
        server.stop()


def test_a_number_that_cannot_be_had_sends_nothing() -> None:
    async def unreachable() -> None:
        with pytest.raises(ConnectFailed, match="nothing was sent"):
            await RedisLimiter("redis://127.0.0.1:1").serial("signer", NOW, None)

    async def on_trio() -> None:
        with pytest.raises(NotSupported):
            await RedisLimiter("redis://127.0.0.1:1").serial("signer", NOW, None)

    asyncio.run(unreachable())
    virtual_time.run_trio(on_trio)
