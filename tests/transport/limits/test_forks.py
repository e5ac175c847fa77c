"""What a fork makes of the limiters, permits and locks that it inherits."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from futures_async.testing import virtual_time
from futures_async.transport.forks import ModuleLock
from futures_async.transport.limits import claims
from futures_async.transport.limits import limiter as limiter_module
from futures_async.transport.limits.host import HostLimiter
from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.loops import Loop
from futures_async.transport.limits.queue import QueuedWindow
from tests.transport.limits.conftest import Runner

TWO = (Pool("two", 2, 1.0),)
THREE = (Pool("three", 3, 1.0),)

Fork = Callable[[], None]


@contextmanager
def held(*locks: Any) -> Generator[None]:
    """Another thread is in the middle of something."""
    begun, over = threading.Event(), threading.Event()

    def hold() -> None:
        for lock in locks:
            lock.__enter__()
        begun.set()
        over.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(30)
    try:
        yield
    finally:
        over.set()
        thread.join(30)


def is_free(lock: Any) -> bool:
    inner = lock._lock if isinstance(lock, ModuleLock) else lock
    if not inner.acquire(blocking=False):
        return False
    inner.release()
    return True


def take(limiter: LocalLimiter) -> Permit:
    permit = limiter.try_acquire(TWO, Priority.READ)
    assert permit is not None
    return permit


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_waits_for_no_thread_of_its_parents(tmp_path: Path) -> None:
    local, host = LocalLimiter(), HostLimiter(tmp_path / "own")

    def locks() -> list[Any]:
        return [local._lock, local._loops._lock, host._lock, claims._lock, limiter_module._serials_lock]

    with held(*locks()):
        assert not any(is_free(lock) for lock in locks())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there are threads is the point
            child = os.fork()
        if child == 0:  # pragma: no cover - the child cannot report its coverage
            os._exit(sum(not is_free(lock) for lock in locks()))
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_what_is_asked_first_outside_of_a_loop_takes_nothing_from_the_fork(fork: Fork) -> None:
    limiter = LocalLimiter()

    async def parent() -> None:
        take(limiter)
        take(limiter)

    async def child() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await limiter.acquire(TWO, Priority.READ, began + 5.0)
        assert loop.time() - began == pytest.approx(1.0, abs=0.01)

    virtual_time.run(parent())
    fork()
    with pytest.raises(RuntimeError, match="running event loop"):
        limiter.closed_for(TWO)
    virtual_time.run(child())


def test_a_permit_of_the_parents_frees_nothing_in_the_fork(run: Runner, fork: Fork) -> None:
    limiter, permits = LocalLimiter(), list[Permit]()

    async def parent() -> None:
        permits.extend((take(limiter), take(limiter)))

    async def child() -> None:
        permits[0].answered(0.01)
        permits[1].unused()
        assert limiter.taken(TWO[0]) == 2
        for _ in range(2):
            (await limiter.acquire(TWO, Priority.READ, None)).answered()  # and each of its own once
        assert limiter.try_acquire(TWO, Priority.READ) is None
        assert limiter.taken(TWO[0]) == 2

    run(parent)
    fork()
    run(child)


def test_nor_does_it_in_the_file(tmp_path: Path, fork: Fork) -> None:
    limiter, permits = HostLimiter(tmp_path / "own"), list[Permit]()

    async def parent() -> None:
        permits.extend([await limiter.acquire(TWO, Priority.READ, None) for _ in range(2)])
        await limiter.aclose()

    async def child() -> None:
        permits[0].answered(0.01)
        permits[1].unused()
        other = HostLimiter(tmp_path / "own")
        file = other._file.begin()
        assert file is not None
        [(count, back)] = file.execute("SELECT count(*), min(back) FROM slot").fetchall()
        assert (count, back > other._clock() + 20.0) == (2, True)  # for the whole lease
        file.execute("COMMIT")
        for each in (limiter, other):
            await each.aclose()

    asyncio.run(parent())
    fork()
    asyncio.run(child())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_a_fork_takes_is_seen_by_others_when_its_parent_has_closed_the_file(tmp_path: Path) -> None:
    limiter = HostLimiter(tmp_path / "own")
    has_taken, tell = os.pipe()
    wait, go = os.pipe()

    async def takes() -> None:
        await limiter.acquire(THREE, Priority.READ, None)

    asyncio.run(takes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads of other tests
        child = os.fork()
    if child == 0:  # pragma: no cover - the child cannot report its coverage
        asyncio.run(takes())
        os.write(tell, b"x")
        os.read(wait, 1)
        asyncio.run(takes())
        os._exit(0)
    os.read(has_taken, 1)
    asyncio.run(limiter.aclose())
    os.write(go, b"x")
    os.waitpid(child, 0)
    other = HostLimiter(tmp_path / "own")
    file = other._file.begin()
    assert file is not None
    assert file.execute("SELECT count(*) FROM slot").fetchone() == (3,)
    file.execute("ROLLBACK")
    asyncio.run(other.aclose())


def test_a_caller_of_the_parents_that_is_collected_in_the_fork_leaves_its_queue_alone(fork: Fork) -> None:
    limiter = LocalLimiter()
    of_parent = limiter.acquire(TWO, Priority.READ, None)

    async def parent() -> None:
        take(limiter)
        take(limiter)
        of_parent.send(None)

    async def child() -> None:
        mine = asyncio.ensure_future(limiter.acquire(TWO, Priority.READ, None))
        await asyncio.sleep(0)
        of_parent.close()
        queue = limiter.pools()["two"].queue
        assert queue is not None
        assert queue.counts == [0, 0, 1]
        (await mine).unused()

    virtual_time.run(parent())
    fork()
    virtual_time.run(child())


def test_nor_does_it_touch_the_line_before_the_file(tmp_path: Path, fork: Fork) -> None:
    limiter = HostLimiter(tmp_path / "own")
    of_parent, mine = (limiter.acquire(TWO, Priority.READ, None) for _ in range(2))

    async def parent() -> None:
        for _ in range(2):
            await limiter.acquire(TWO, Priority.READ, None)
        of_parent.send(None)

    async def child() -> None:
        mine.send(None)
        of_parent.close()
        assert [len(line.turns) for line in limiter._lines.values()] == [1]
        mine.close()
        await limiter.aclose()

    asyncio.run(parent())
    fork()
    asyncio.run(child())


def test_a_loop_that_was_made_before_the_fork_sets_timers_there(fork: Fork, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter, looks, look = LocalLimiter(), list[Loop](), LocalLimiter._look
    loop = virtual_time.VirtualTimeLoop()

    async def parent() -> None:
        take(limiter)
        take(limiter)

    async def child() -> None:
        await limiter.acquire(TWO, Priority.READ, None)

    def looked(limiter: LocalLimiter, window: QueuedWindow, loop: Loop) -> None:
        looks.append(loop)
        look(limiter, window, loop)

    monkeypatch.setattr(LocalLimiter, "_look", looked)
    loop.run_until_complete(parent())
    fork()
    loop.run_until_complete(child())
    loop.close()
    assert looks == []  # else it would ask for the time without a pause
