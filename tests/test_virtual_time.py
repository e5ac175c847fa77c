import asyncio
import threading
import time

import pytest

from futures_async.testing import virtual_time


def test_an_hour_of_sleep_takes_no_time() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await asyncio.gather(asyncio.sleep(3600), asyncio.sleep(10))
        return loop.time() - start

    began = time.monotonic()
    assert virtual_time.run(main()) == pytest.approx(3600)
    assert time.monotonic() - began < 5


def test_threads_can_call_in() -> None:
    async def main() -> None:
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        threading.Timer(0.01, loop.call_soon_threadsafe, [done.set]).start()
        await done.wait()

    virtual_time.run(main())


def test_threads_are_waited_for_at_the_end_as_long_as_they_take() -> None:
    ended: list[bool] = []

    def work(go_on: threading.Event) -> None:
        go_on.wait()
        time.sleep(0.005)
        ended.append(True)

    async def main() -> None:
        go_on = threading.Event()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, virtual_time.VirtualTimeLoop)
        loop.run_in_executor(None, work, go_on)
        go_on.set()
        await loop.shutdown_default_executor(300.0)  # what `asyncio.Runner` asks for since Python 3.12

    virtual_time.run(main())
    assert ended


def test_a_deadlock_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_time, "STUCK_AFTER_S", 0.01)

    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises((virtual_time.Stuck, RuntimeError)):
        virtual_time.run(main())


def test_a_task_that_runs_on_and_on_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_time, "MOST_TURNS", 100)

    async def main() -> None:
        for at in range(1_000):
            await asyncio.sleep(int(at < 3))

    with pytest.raises(virtual_time.Stuck, match="no time has passed"):
        virtual_time.run(main())
