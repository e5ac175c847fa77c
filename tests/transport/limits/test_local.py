import asyncio
import gc
import threading
import time
import tracemalloc
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from futures_async.testing import virtual_time
from futures_async.transport.limits import local as local_module
from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.local import PATIENCE, LocalLimiter, shared
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.limits.window import DRIFT
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import DeadlineExpired, QueueFull, RateLimited
from tests.transport.limits.conftest import Runner
from tests.transport.limits.venue import Route, Venue, one_sided, skewed, uniform, used, violations

ONE = (Pool("one", 1, 1.0),)
TEN = (Pool("ten", 10, 1.0),)
SPAN = 1.0 + DRIFT


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await anyio.lowlevel.checkpoint()


def take(limiter: LocalLimiter, pools: tuple[Pool, ...] = ONE) -> Permit:
    permit = limiter.try_acquire(pools, Priority.READ)
    assert permit is not None
    return permit


@pytest.mark.parametrize(
    ("route", "least_used"),
    [
        (uniform("0-30 ms", 0.0, 0.03), 0.98),
        (uniform("0-60 ms", 0.0, 0.06), 0.97),
        (skewed("200-260 ms", 0.2, 0.26), 0.97),
        # With delays spread evenly over 60 ms, 97.09 % is all that any limiter could use that knew the route exactly.
        (uniform("200-260 ms, evenly", 0.2, 0.26), 0.965),
        (one_sided("200-260 ms, up only", 0.2, 0.26), 0.965),
    ],
    ids=lambda value: value.name if isinstance(value, Route) else "",
)
def test_the_venue_never_counts_too_many_and_the_limit_is_used(route: Route, least_used: float) -> None:
    venue = Venue(route, seed=1)
    virtual_time.run(venue.hammer(LocalLimiter(), TEN, calls=10_000, workers=15))
    assert violations(venue.stamps, 10, 1.0) == 0
    assert used(venue.stamps, 10, 1.0) >= least_used


def test_the_venue_never_counts_too_many_on_trio() -> None:
    venue = Venue(uniform("0-30 ms", 0.0, 0.03), seed=2)
    virtual_time.run_trio(venue.hammer, LocalLimiter(), TEN, 2000, 15)
    assert violations(venue.stamps, 10, 1.0) == 0
    assert used(venue.stamps, 10, 1.0) >= 0.98


def test_several_pools_hold_at_once(run: Runner) -> None:
    pools = (Pool("uid", 10, 1.0), Pool("minute", 50, 60.0))
    venue = Venue(uniform("0-60 ms", 0.0, 0.06), seed=3)

    async def main() -> None:
        await venue.hammer(LocalLimiter(), pools, calls=200, workers=20)

    run(main)
    assert violations(venue.stamps, 10, 1.0) == 0
    assert violations(venue.stamps, 50, 60.0) == 0
    assert max(venue.stamps) - min(venue.stamps) < 60 * 3.5


def test_urgent_calls_pass_orders_and_orders_pass_reads(run: Runner) -> None:
    served: list[tuple[str, int]] = []

    async def main() -> None:
        limiter = LocalLimiter()
        held = take(limiter)

        async def call(priority: Priority, number: int) -> None:
            permit = await limiter.acquire(ONE, priority, None)
            served.append((priority.name, number))
            permit.answered()

        async with anyio.create_task_group() as group:
            for number in range(3):
                for priority in (Priority.READ, Priority.ORDER, Priority.URGENT):
                    group.start_soon(call, priority, number)
                    await settle()
            held.answered()

    run(main)
    assert served == [(lane, number) for lane in ("URGENT", "ORDER", "READ") for number in range(3)]


def test_who_comes_first_in_a_lane_goes_first_and_nobody_overtakes(run: Runner) -> None:
    served: list[int] = []

    async def main() -> None:
        limiter = LocalLimiter()
        held = take(limiter)

        async def call(number: int) -> None:
            permit = await limiter.acquire(ONE, Priority.READ, None)
            served.append(number)
            await anyio.sleep(0.01)
            permit.answered()

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(call, number)
                await settle()
            held.answered()
            await anyio.sleep(SPAN)
            # The slot is due at this very moment: newcomers still queue behind those who wait.
            assert limiter.try_acquire(ONE, Priority.READ) is None or served
            group.start_soon(call, 20)

    run(main)
    assert served == list(range(21))


def test_a_full_queue_and_deadlines_are_exact_for_ten_thousand_callers(run: Runner) -> None:
    ends: dict[str, int] = {"served": 0, "full": 0, "expired": 0}
    late: list[float] = []

    async def main() -> None:
        limiter = LocalLimiter()
        start = anyio.current_time()

        async def call() -> None:
            try:
                permit = await limiter.acquire(TEN, Priority.READ, start + 5.5)
            except QueueFull:
                ends["full"] += 1
            except DeadlineExpired:
                ends["expired"] += 1
                late.append(anyio.current_time() - start)
            else:
                ends["served"] += 1
                permit.answered()

        async with anyio.create_task_group() as group:
            for _ in range(10_000):
                group.start_soon(call)

    began = time.process_time()
    run(main)
    assert ends == {"served": 10 + 50, "full": 10_000 - 10 - 1000, "expired": 1000 - 50}
    assert late == pytest.approx([5.5] * 950, abs=1e-6)
    assert time.process_time() - began < 10.0


def test_a_queue_full_of_reads_still_takes_a_cancel() -> None:
    async def main() -> None:
        limiter = LocalLimiter(max_queue=1)
        held = take(limiter)
        read = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, None))
        await settle()
        with pytest.raises(QueueFull, match="one") as caught:
            await limiter.acquire(ONE, Priority.READ, None)
        assert caught.value.outcome is Outcome.NOT_SENT
        cancel = asyncio.ensure_future(limiter.acquire(ONE, Priority.URGENT, None))
        await settle()
        held.unused()
        (await cancel).unused()
        (await read).unused()

    virtual_time.run(main())


def test_a_deadline_that_has_passed_fails_without_waiting(run: Runner) -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        take(limiter)
        with pytest.raises(DeadlineExpired):
            await limiter.acquire(ONE, Priority.READ, anyio.current_time())

    run(main)


def test_a_slot_is_never_given_to_one_whose_deadline_has_passed() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        held = take(limiter)
        loop = asyncio.get_running_loop()
        late = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, loop.time() + 1.0))
        after = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, None))
        await settle()
        # The slot comes back in the same tick in which the deadline passes, before its timer has run.
        loop._selector.now += 1.0  # type: ignore[attr-defined] # pyright: ignore - the virtual clock
        held.unused()
        with pytest.raises(DeadlineExpired):
            await late
        (await after).unused()

    virtual_time.run(main())


def test_a_cancelled_waiter_leaves_no_trace(run: Runner) -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        held = take(limiter)
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(limiter.acquire, ONE, Priority.READ, None)
            await settle()
            group.cancel_scope.cancel()
        window = limiter.pools()["one"]
        assert window.queue is None
        held.unused()
        assert window.used == 0
        take(limiter)

    run(main)


def test_a_slot_granted_in_the_tick_of_the_cancellation_is_given_back() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        held = take(limiter)
        first = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, None))
        second = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, None))
        await settle()
        held.unused()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        permit = await second
        assert limiter.pools()["one"].used == 1
        permit.unused()

    virtual_time.run(main())


def test_a_slot_granted_in_the_tick_of_the_cancellation_is_given_back_on_trio() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        held = take(limiter)
        ended: list[str] = []

        async def call() -> None:
            try:
                (await limiter.acquire(ONE, Priority.READ, None)).unused()
            finally:
                ended.append("call")

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await settle()
            group.cancel_scope.cancel()
            held.unused()
        assert ended == ["call"]
        assert limiter.pools()["one"].used == 0

    virtual_time.run_trio(main)


def test_many_cancelled_waiters_take_no_memory() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        limiter.close(ONE, 1000.0)
        staying = asyncio.ensure_future(limiter.acquire(ONE, Priority.URGENT, None))
        for _ in range(1000):
            task = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, None))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0)
        line = limiter.pools()["one"].queue
        assert line is not None
        assert line.counts == [1, 0, 0]
        assert len(line) <= 64
        staying.cancel()

    virtual_time.run(main())


def test_a_closed_pool_holds_everybody_until_it_opens(run: Runner) -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        start = anyio.current_time()
        limiter.close(TEN, 30.0)
        limiter.close(TEN, 3.0)
        assert limiter.closed_for(TEN) == pytest.approx(30.0)
        assert limiter.try_acquire(TEN, Priority.URGENT) is None
        await limiter.acquire(TEN, Priority.READ, None)
        assert anyio.current_time() - start == pytest.approx(30.0)
        assert limiter.closed_for(TEN) == 0.0
        assert limiter.closed_for([Pool("never used", 1, 1.0)]) == 0.0

    run(main)


def test_a_closing_longer_than_the_deadline_fails_at_once(run: Runner) -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        start = anyio.current_time()
        caught: list[RateLimited] = []

        async def call() -> None:
            with pytest.raises(RateLimited) as error:
                await limiter.acquire(ONE, Priority.READ, start + 10.0)
            caught.append(error.value)

        take(limiter)
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await settle()
            limiter.close(ONE, 60.0)
            await settle()
            group.start_soon(call)
        assert anyio.current_time() == start
        assert [error.retry_after_s for error in caught] == pytest.approx([60.0, 60.0])
        assert {error.outcome for error in caught} == {Outcome.NOT_SENT}

    run(main)


def test_a_waiter_fails_when_its_other_pool_is_found_closed_too_long() -> None:
    other = Pool("other", 1, 1.0)

    async def main() -> None:
        limiter = LocalLimiter()
        held = take(limiter)
        start = anyio.current_time()
        both = asyncio.ensure_future(limiter.acquire((*ONE, other), Priority.READ, start + 5.0))
        await settle()
        limiter.close([other], 60.0)
        held.unused()
        with pytest.raises(RateLimited, match="other"):
            await both
        assert limiter.pools()["one"].used == 0

    virtual_time.run(main())


def test_a_caller_whose_other_pool_is_full_lets_the_next_one_pass(run: Runner) -> None:
    slow = Pool("slow", 1, 10.0)
    served: list[str] = []

    async def main() -> None:
        limiter = LocalLimiter()
        take(limiter, (slow,)).answered()
        held = take(limiter)

        async def call(name: str, pools: tuple[Pool, ...]) -> None:
            (await limiter.acquire(pools, Priority.READ, None)).answered()
            served.append(name)

        async with anyio.create_task_group() as group:
            group.start_soon(call, "needs both", (*ONE, slow))
            await settle()
            group.start_soon(call, "needs one", ONE)
            await settle()
            assert limiter.pools()["one"].used == 1
            held.answered()

    run(main)
    assert served == ["needs one", "needs both"]


def test_a_caller_between_two_busy_pools_is_not_starved(run: Runner) -> None:
    left, right = Pool("left", 1, 1.0), Pool("right", 1, 1.0)

    async def main() -> None:
        limiter = LocalLimiter()
        done = anyio.Event()
        calls = 0

        async def hammer(pool: Pool) -> None:
            nonlocal calls
            while not done.is_set():
                permit = await limiter.acquire((pool,), Priority.READ, None)
                calls += 1
                permit.answered()

        async with anyio.create_task_group() as group:
            for pool in (left, right):
                for _ in range(3):
                    group.start_soon(hammer, pool)
                await anyio.sleep(0.5)
            permit = await limiter.acquire((left, right), Priority.READ, anyio.current_time() + 100.0)
            permit.answered()
            done.set()
        assert calls < 10 * PATIENCE
        assert all(window.used <= 1 for window in limiter.pools().values())

    run(main)


def test_a_patient_caller_who_gives_up_lets_the_others_go_on() -> None:
    left, right = Pool("left", 1, 1.0), Pool("right", 1, 1.0)

    async def main() -> None:
        limiter = LocalLimiter()
        held_left, held_right = take(limiter, (left,)), take(limiter, (right,))
        both = asyncio.ensure_future(limiter.acquire((left, right), Priority.URGENT, None))
        await settle()
        for _ in range(PATIENCE // 2):
            held_left.unused()
            held_left = take(limiter, (left,))
            held_right.unused()
            held_right = take(limiter, (right,))
        held_left.unused()
        assert limiter.try_acquire((left,), Priority.READ) is None, "held for the patient caller"
        behind = asyncio.ensure_future(limiter.acquire((left,), Priority.READ, None))
        await settle()
        assert not behind.done()
        both.cancel()
        (await behind).unused()
        held_right.unused()
        assert all(window.queue is None and window.used == 0 for window in limiter.pools().values())

    virtual_time.run(main())


def test_the_venues_count_reaches_the_pool(run: Runner) -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        limiter.correct(TEN[0], 0)
        assert limiter.try_acquire(TEN, Priority.READ) is None
        await limiter.acquire(TEN, Priority.READ, None)

    run(main)


def test_of_two_limits_for_one_key_the_stricter_one_holds() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        take(limiter, (Pool("uid", 10, 1.0),))
        assert limiter.try_acquire((Pool("uid", 1, 1.0),), Priority.READ) is None
        assert limiter.try_acquire((Pool("uid", 10, 1.0),), Priority.READ) is None

    virtual_time.run(main())


def test_a_permit_ends_once() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        permit = take(limiter, TEN)
        permit.unused()
        permit.answered()
        permit.unused()
        assert limiter.pools()["ten"].used == 0

    virtual_time.run(main())


def test_idle_pools_are_forgotten() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        for account in range(10_000):
            take(limiter, (Pool(f"account {account}", 10, 1.0),)).answered()
            await asyncio.sleep(0.1)
        assert len(limiter.pools()) <= 300
        assert "pools" in repr(limiter)

    virtual_time.run(main())


def test_a_key_takes_at_most_two_kilobytes() -> None:
    async def main() -> int:
        limiter = LocalLimiter()
        pools = [(Pool(f"account {number}", 10, 1.0),) for number in range(200)]
        gc.collect()
        tracemalloc.start()
        for pool in pools:
            for _ in range(10):
                take(limiter, pool).answered(0.2 + 1e-9 * len(pool))
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size

    assert virtual_time.run(main()) / 200 <= 2048


def test_what_one_event_loop_used_is_still_used_on_the_next(run: Runner) -> None:
    limiter = LocalLimiter()

    async def first() -> None:
        take(limiter).answered()

    async def second() -> None:
        start = anyio.current_time()
        (await limiter.acquire(ONE, Priority.READ, start + 5.0)).answered()
        assert anyio.current_time() - start == pytest.approx(SPAN)

    virtual_time.run(first())
    run(second)
    run(second)


def test_a_waiter_of_a_loop_that_ended_does_not_stop_the_next() -> None:
    limiter = LocalLimiter()

    async def first() -> None:
        take(limiter).answered()
        waiting = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, None))
        await settle()
        assert not waiting.done()

    async def second() -> None:
        await limiter.acquire(ONE, Priority.READ, None)

    virtual_time.run(first())
    virtual_time.run(second())


def test_loops_in_several_threads_share_the_pools() -> None:
    limiter = LocalLimiter()
    pool = (Pool("uid", 5, 0.05),)
    stamps: list[float] = []
    errors: list[BaseException] = []

    async def worker() -> None:
        for _ in range(10):
            permit = await limiter.acquire(pool, Priority.READ, asyncio.get_running_loop().time() + 20.0)
            stamps.append(time.monotonic())
            permit.answered()

    async def main() -> None:
        await asyncio.gather(*(worker() for _ in range(3)))

    def thread() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=thread) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert errors == []
    assert len(stamps) == 90
    assert violations(stamps, 5, 0.05) == 0


def test_a_permit_given_back_in_the_middle_of_the_limiters_work_does_no_harm() -> None:
    async def main() -> None:
        limiter = LocalLimiter()
        held = take(limiter)
        waiting = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, None))
        await settle()
        # As a garbage collection would, which may run another task's `finally` at any allocation.
        window = limiter.pools()["one"]
        limiter._serving = []  # pyright: ignore[reportPrivateUsage] - as if in the middle of it
        held.unused()
        assert not waiting.done()
        todo, limiter._serving = limiter._serving, None  # pyright: ignore[reportPrivateUsage] - as above
        assert todo == [window]
        limiter._serve(window, asyncio.get_running_loop().time())  # pyright: ignore[reportPrivateUsage] - as above
        (await waiting).unused()

    virtual_time.run(main())


def test_outside_of_an_event_loop_it_says_what_is_wrong() -> None:
    with pytest.raises(RuntimeError, match="running event loop"):
        LocalLimiter().try_acquire(ONE, Priority.READ)


def test_the_default_limiter_is_one_in_a_process_and_a_fork_counts_what_its_parent_sent_by_it(
    fork: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_module, "_shared", None)
    mine, pools = shared(), [Pool("a", 2, 1.0)]
    assert shared() is mine

    async def parent() -> None:
        for _ in range(2):
            (await shared().acquire(pools, Priority.READ, None)).answered()

    async def child() -> None:
        assert shared().try_acquire(pools, Priority.READ) is None
        await anyio.sleep(1.1)
        assert shared().try_acquire(pools, Priority.READ) is not None

    virtual_time.run(parent())
    fork()
    monkeypatch.setattr("os.getpid", lambda: -1)
    virtual_time.run(child())


def test_a_fork_counts_what_its_parent_sent_and_waits_for_nobody_who_is_there(fork: Callable[[], None]) -> None:
    limiter, pools = LocalLimiter(), [Pool("a", 2, 1.0)]
    waiting: list[Coroutine[Any, Any, Permit]] = []

    async def parent() -> None:
        (await limiter.acquire(pools, Priority.READ, None)).answered()
        await limiter.acquire(pools, Priority.READ, None)  # whose answer only the parent hears
        waiting.append(limiter.acquire(pools, Priority.READ, None))
        waiting[0].send(None)

    async def child() -> None:
        began = anyio.current_time()
        assert limiter.try_acquire(pools, Priority.READ) is None
        for _ in range(2):
            await limiter.acquire(pools, Priority.READ, began + 5.0)
        assert anyio.current_time() - began == pytest.approx(1.0, abs=0.01)

    virtual_time.run(parent())
    fork()
    virtual_time.run(child())
    waiting[0].close()


def test_no_limiter_lets_everything_pass(run: Runner) -> None:
    async def main() -> None:
        limiter = NoLimiter()
        limiter.close(ONE, 60.0)
        limiter.correct(ONE[0], 0)
        for _ in range(100):
            (await limiter.acquire(ONE, Priority.READ, 0.0)).answered(0.1)
            permit = limiter.try_acquire(ONE, Priority.READ)
            assert permit is not None
            permit.unused()
        assert limiter.closed_for(ONE) == 0.0
        assert repr(limiter) == "NoLimiter()"
        await limiter.aclose()

    run(main)
