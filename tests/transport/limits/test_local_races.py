"""What other threads may do to a limiter between two steps of one caller."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from futures_async.testing.virtual_time import run
from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.queue import Waiter

ONE = (Pool("one", 1, 1.0),)


def test_a_slot_that_comes_free_before_the_caller_queues_is_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        looks: list[object] = []

        def full(pools: Any, priority: Priority) -> None:
            looks.append(pools)

        monkeypatch.setattr(limiter, "try_acquire", full)
        loop = asyncio.get_running_loop()
        started = loop.time()
        permit = await limiter.acquire(ONE, Priority.READ, None)
        assert (len(looks), loop.time()) == (1, started)
        monkeypatch.undo()
        assert limiter.try_acquire(ONE, Priority.READ) is None  # it counts
        permit.unused()
        assert limiter.try_acquire(ONE, Priority.READ) is not None

    run(main())


def test_a_slot_that_is_given_as_the_caller_gives_up_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> Permit:
        limiter = LocalLimiter()
        assert limiter.try_acquire(ONE, Priority.READ) is not None
        plain = limiter._dismiss

        def served_first(waiter: Waiter, error: Exception, now: float) -> None:
            limiter._grant(waiter)
            plain(waiter, error, now)

        monkeypatch.setattr(limiter, "_dismiss", served_first)
        return await limiter.acquire(ONE, Priority.READ, asyncio.get_running_loop().time() + 0.1)

    assert run(main()) is not None


def test_a_timer_that_was_replaced_and_fires_all_the_same_serves_nobody() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        permit = limiter.try_acquire(ONE, Priority.READ)
        assert permit is not None
        permit.answered()
        waiting = asyncio.create_task(limiter.acquire(ONE, Priority.READ, None))
        await asyncio.sleep(0.01)
        [window] = limiter.pools().values()
        assert window.queue is not None
        due = window.queue.timer
        assert due is not None
        early = limiter._loops.current().call_at(due.due + 100, lambda fired: None)
        limiter._tick(window, early)
        await asyncio.sleep(0)
        assert window.queue.timer is due
        assert not waiting.done()
        early.cancel()
        await waiting

    run(main())
