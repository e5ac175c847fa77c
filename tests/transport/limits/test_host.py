import asyncio
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from futures_async.testing import virtual_time
from futures_async.transport.limits import host as host_module
from futures_async.transport.limits import host_file
from futures_async.transport.limits.host import GRACE_S, HostLimiter
from futures_async.transport.limits.host_file import default_directory, host_clock
from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.window import DRIFT
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import ConnectFailed, DeadlineExpired, InvalidRequest, QueueFull, RateLimited
from tests.transport.limits.conftest import Runner
from tests.transport.limits.one_process import LIMIT, PER_S, POOL
from tests.transport.limits.processes import stamps_of, start
from tests.transport.limits.venue import Route, Venue, skewed, uniform, used, violations

ONE = (Pool("one", 1, 1.0),)
TEN = (Pool("ten", 10, 1.0),)
SPAN = 1.0 + DRIFT
SLACK = 2 * GRACE_S


def limiters(directory: Path, count: int, *, lease_s: float = 30.0, max_queue: int = 1000) -> list[HostLimiter]:
    """As many as there would be processes; the clock is that of the loop in virtual time."""
    return [
        HostLimiter(directory / "own", clock=anyio.current_time, lease_s=lease_s, max_queue=max_queue)
        for _ in range(count)
    ]


async def take(limiter: HostLimiter, pools: tuple[Pool, ...] = ONE, priority: Priority = Priority.READ) -> Permit:
    return await limiter.acquire(pools, priority, anyio.current_time() + 0.5)


async def close_all(*opened: HostLimiter) -> None:
    for limiter in opened:
        await limiter.aclose()


def test_three_processes_on_one_account_never_send_too_many(tmp_path: Path) -> None:
    by_process = stamps_of(3, "host", str(tmp_path / "own"), 60)
    stamps = [stamp for stamps in by_process for stamp in stamps]
    assert len(stamps) == 180
    assert violations(stamps, LIMIT, PER_S) == 0


def test_a_fork_is_another_process_to_the_file(tmp_path: Path, fork: Callable[[], None]) -> None:
    limiter = HostLimiter(tmp_path / "own")
    parent = limiter.process
    limiter._pending.append(("what the parent will write itself", ()))  # pyright: ignore[reportPrivateUsage] - the file was locked
    fork()

    async def child() -> None:
        (await take(limiter, (POOL,))).unused()
        assert limiter.process != parent
        await limiter.aclose()

    asyncio.run(child())


def test_a_limiter_closes_also_where_its_file_is_damaged(tmp_path: Path) -> None:
    limiter = HostLimiter(tmp_path / "own")

    async def main() -> None:
        permit = await take(limiter)
        for file in limiter.path.parent.iterdir():
            file.write_bytes(b"no database" * 1000)
        permit.answered()
        await limiter.aclose()
        assert limiter._file._connection is None  # pyright: ignore[reportPrivateUsage] - nothing stays open

    asyncio.run(main())


def test_what_a_killed_process_held_comes_back(tmp_path: Path) -> None:
    directory = str(tmp_path / "own")
    process = start("host", directory, "hold")
    process.communicate(timeout=60)
    assert process.returncode == -9

    async def main() -> None:
        limiter = HostLimiter(directory, lease_s=0.3)
        loop = asyncio.get_running_loop()
        permit = await limiter.acquire([POOL], Priority.READ, loop.time() + 10.0)
        permit.unused()
        await limiter.aclose()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("route", "least_used"),
    [(uniform("0-60 ms", 0.0, 0.06), 0.965), (skewed("200-260 ms", 0.2, 0.26), 0.97)],
    ids=lambda value: value.name if isinstance(value, Route) else "",
)
def test_the_venue_never_counts_too_many_and_the_limit_is_used(tmp_path: Path, route: Route, least_used: float) -> None:
    venue = Venue(route, seed=1)

    async def main() -> None:
        three = limiters(tmp_path, 3)
        async with anyio.create_task_group() as group:
            for limiter in three:
                group.start_soon(venue.hammer, limiter, TEN, 1000, 8)
        await close_all(*three)

    virtual_time.run(main())
    assert len(venue.stamps) == 3000
    assert violations(venue.stamps, 10, 1.0) == 0
    assert used(venue.stamps, 10, 1.0) >= least_used


def test_processes_take_turns(tmp_path: Path, run: Runner) -> None:
    served: list[int] = []

    async def main() -> None:
        three = limiters(tmp_path, 3)

        async def caller(number: int, limiter: HostLimiter) -> None:
            for _ in range(4):
                permit = await limiter.acquire(ONE, Priority.READ, None)
                served.append(number)
                permit.answered()

        async with anyio.create_task_group() as group:
            for number, limiter in enumerate(three):
                for _ in range(3):
                    group.start_soon(caller, number, limiter)
        await close_all(*three)

    run(main)
    assert len(served) == 36
    for end in range(3, 27):
        assert len({*served[end - 3 : end + 3]}) == 3, "each of the three is served at least once in six"


def test_an_urgent_call_of_one_process_passes_reads_of_all(tmp_path: Path, run: Runner) -> None:
    served: list[str] = []

    async def main() -> None:
        first, second = limiters(tmp_path, 2)
        held = await take(first)

        async def call(name: str, limiter: HostLimiter, priority: Priority) -> None:
            permit = await limiter.acquire(ONE, priority, None)
            served.append(name)
            permit.answered()

        async with anyio.create_task_group() as group:
            group.start_soon(call, "first's read", first, Priority.READ)
            await anyio.sleep(0.01)
            group.start_soon(call, "second's read", second, Priority.READ)
            await anyio.sleep(0.01)
            group.start_soon(call, "second's order", second, Priority.ORDER)
            group.start_soon(call, "second's cancel", second, Priority.URGENT)
            await anyio.sleep(0.01)
            held.answered()
        await close_all(first, second)

    run(main)
    assert served == ["second's cancel", "second's order", "first's read", "second's read"]


def test_a_slot_comes_back_one_window_after_its_answer_also_elsewhere(tmp_path: Path, run: Runner) -> None:
    async def main() -> None:
        first, second = limiters(tmp_path, 2)
        permit = await take(first)
        await anyio.sleep(5.0)
        permit.answered()
        permit.answered()
        start_s = anyio.current_time()
        again = await second.acquire(ONE, Priority.READ, None)
        assert SPAN - 1e-9 <= anyio.current_time() - start_s <= SPAN + SLACK
        again.unused()
        again.unused()
        (await take(first)).unused()
        assert anyio.current_time() - start_s <= SPAN + SLACK
        await close_all(first, second)

    run(main)


def test_a_slot_without_an_answer_comes_back_after_the_lease(tmp_path: Path, run: Runner) -> None:
    async def main() -> None:
        first, second = limiters(tmp_path, 2, lease_s=7.0)
        await take(first)
        start_s = anyio.current_time()
        (await second.acquire(ONE, Priority.READ, None)).unused()
        assert 7.0 + SPAN - 1e-9 <= anyio.current_time() - start_s <= 7.0 + SPAN + 1.0
        await close_all(first, second)

    run(main)


def test_a_waiter_that_gave_up_holds_others_back_for_a_moment_only(tmp_path: Path, run: Runner) -> None:
    async def main() -> None:
        first, second = limiters(tmp_path, 2)
        held = await take(first)
        with pytest.raises(DeadlineExpired):
            await second.acquire(ONE, Priority.URGENT, anyio.current_time() + 0.1)
        held.unused()
        start_s = anyio.current_time()
        (await first.acquire(ONE, Priority.READ, None)).unused()
        assert anyio.current_time() - start_s <= 1.0 + SLACK
        await close_all(first, second)

    run(main)


def test_slots_are_taken_in_all_pools_or_in_none(tmp_path: Path, run: Runner) -> None:
    slow = Pool("slow", 1, 10.0)

    async def main() -> None:
        (limiter,) = limiters(tmp_path, 1)
        (await take(limiter, (slow,))).answered()
        served: list[str] = []

        async def call(name: str, pools: tuple[Pool, ...]) -> None:
            (await limiter.acquire(pools, Priority.READ, None)).answered()
            served.append(name)

        async with anyio.create_task_group() as group:
            group.start_soon(call, "both", (*ONE, slow))
            await anyio.sleep(0.01)
            group.start_soon(call, "one", ONE)
        assert served == ["one", "both"]
        await limiter.aclose()

    run(main)


def test_a_full_queue_and_deadlines(tmp_path: Path, run: Runner) -> None:
    ends = {"served": 0, "full": 0, "expired": 0}

    async def main() -> None:
        (limiter,) = limiters(tmp_path, 1, max_queue=50)
        start_s = anyio.current_time()

        async def call() -> None:
            try:
                permit = await limiter.acquire(TEN, Priority.READ, start_s + 2.5)
            except QueueFull:
                ends["full"] += 1
            except DeadlineExpired:
                ends["expired"] += 1
                assert anyio.current_time() == pytest.approx(start_s + 2.5)
            else:
                ends["served"] += 1
                permit.answered()

        async with anyio.create_task_group() as group:
            for _ in range(500):
                group.start_soon(call)
        with pytest.raises(DeadlineExpired):
            await limiter.acquire(TEN, Priority.READ, anyio.current_time())
        await limiter.aclose()

    run(main)
    assert ends == {"served": 30, "full": 440, "expired": 30}


def test_cancelled_waiters_leave_no_trace(tmp_path: Path, run: Runner) -> None:
    async def main() -> None:
        (limiter,) = limiters(tmp_path, 1)
        held = await take(limiter)
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(limiter.acquire, ONE, Priority.READ, None)
            await anyio.sleep(0.1)
            group.cancel_scope.cancel()
        held.unused()
        (await take(limiter)).unused()
        await limiter.aclose()

    run(main)


def test_closing_a_pool_closes_it_for_all_processes(tmp_path: Path, run: Runner) -> None:
    async def main() -> None:
        first, second = limiters(tmp_path, 2)
        start_s = anyio.current_time()
        first.close(ONE, 30.0)
        first.close(ONE, 3.0)
        first.close(ONE, float("nan"))
        assert first.closed_for(ONE) == pytest.approx(30.0)
        with pytest.raises(RateLimited) as caught:
            await second.acquire(ONE, Priority.READ, start_s + 10.0)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert caught.value.retry_after_s == pytest.approx(30.0)
        assert second.closed_for(ONE) == pytest.approx(30.0)
        (await second.acquire(ONE, Priority.URGENT, None)).unused()
        assert anyio.current_time() - start_s == pytest.approx(30.0, abs=SLACK)
        assert first.closed_for(ONE) == 0.0
        await close_all(first, second)

    run(main)


def test_a_waiter_whose_pool_is_closed_too_long_fails_at_once(tmp_path: Path, run: Runner) -> None:
    async def main() -> None:
        (limiter,) = limiters(tmp_path, 1)
        await take(limiter)
        start_s = anyio.current_time()

        async def call() -> None:
            with pytest.raises(RateLimited):
                await limiter.acquire(ONE, Priority.READ, start_s + 5.0)

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(call)
            await anyio.sleep(0.01)
            limiter.close(ONE, 60.0)
        assert anyio.current_time() - start_s <= 0.02
        await limiter.aclose()

    run(main)


def test_the_venues_count_takes_slots_for_all_processes(tmp_path: Path, run: Runner) -> None:
    async def main() -> None:
        first, second = limiters(tmp_path, 2)
        (await take(first, TEN)).answered()
        first.correct(TEN[0], 0)
        first.correct(TEN[0], 20)
        start_s = anyio.current_time()
        (await second.acquire(TEN, Priority.READ, None)).unused()
        assert anyio.current_time() - start_s >= SPAN - 1e-9
        await close_all(first, second)

    run(main)


def test_a_refusal_forgets_the_round_trips(tmp_path: Path) -> None:
    async def main() -> None:
        (limiter,) = limiters(tmp_path, 1)
        for _ in range(9):
            (await take(limiter, TEN)).answered(0.2)
        assert limiter.learn(TEN[0], anyio.current_time(), None) == pytest.approx(0.196)
        limiter.close(TEN, 0.0)
        assert limiter.learn(TEN[0], anyio.current_time(), None) is None
        await limiter.aclose()

    virtual_time.run(main())


def test_the_file_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "SWEEP_EVERY", 50)

    async def main() -> None:
        (limiter,) = limiters(tmp_path, 1)
        for account in range(500):
            pool = Pool(f"account {account}", 10, 1.0)
            limiter.close([pool], 0.01)
            await anyio.sleep(0.1)
            (await take(limiter, (pool,))).answered(0.1)
        await limiter.aclose()
        with sqlite3.connect(limiter.path) as file:
            rows = sum(
                file.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("slot", "waiting", "closing", "route")
            )
        file.close()
        assert rows <= 150

    virtual_time.run(main())


def test_times_from_before_the_computer_started_anew_are_ignored(tmp_path: Path) -> None:
    async def main() -> None:
        (limiter,) = limiters(tmp_path, 1)
        (await take(limiter)).unused()
        with sqlite3.connect(limiter.path) as file:
            file.execute("INSERT INTO slot (pool, back) VALUES ('one', 1e9)")
            file.execute("INSERT INTO closing VALUES ('one', 1e9)")
            file.execute("INSERT INTO waiting VALUES ('one', 'old', 0, 0, 1e9)")
            file.execute("INSERT INTO route VALUES ('one', 'old', 0.9, 1e9)")
            file.commit()
        file.close()
        (await take(limiter)).unused()
        await limiter.aclose()

    virtual_time.run(main())


def test_a_locked_file_is_tried_again_without_holding_up_the_loop(tmp_path: Path) -> None:
    async def main() -> None:
        limiter = HostLimiter(tmp_path / "own")
        loop = asyncio.get_running_loop()
        permit = await limiter.acquire(ONE, Priority.READ, None)
        other = sqlite3.connect(limiter.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        connection = limiter._file._connection  # pyright: ignore[reportPrivateUsage]
        assert connection is not None
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (0,), "SQLite itself waits for no lock"
        permit.unused()
        waiting = asyncio.ensure_future(limiter.acquire(ONE, Priority.READ, loop.time() + 10.0))
        with pytest.raises(DeadlineExpired):
            await limiter.acquire(TEN, Priority.READ, loop.time() + 0.01)
        await asyncio.sleep(0.01)
        assert not waiting.done()
        other.execute("ROLLBACK")
        other.close()
        (await waiting).unused()
        await limiter.aclose()
        await limiter.aclose()

    asyncio.run(main())


def test_a_damaged_file_is_an_error_and_never_no_limit(tmp_path: Path) -> None:
    async def main() -> None:
        limiter = HostLimiter(tmp_path / "own")
        limiter.path.write_bytes(b"this is no database" * 1000)
        with pytest.raises(ConnectFailed, match=r"limits\.sqlite") as caught:
            await limiter.acquire(ONE, Priority.READ, None)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert caught.value.kind == "unreachable"

    asyncio.run(main())


def test_an_error_in_the_middle_takes_no_slot(tmp_path: Path) -> None:
    async def main() -> None:
        (limiter,) = limiters(tmp_path, 1)
        (await take(limiter)).unused()
        with sqlite3.connect(limiter.path) as file:
            file.execute("DROP TABLE waiting")
        file.close()
        with pytest.raises(ConnectFailed):
            await take(limiter)
        with sqlite3.connect(limiter.path) as file:
            assert file.execute("SELECT count(*) FROM slot").fetchone() == (0,)
        file.close()
        await limiter.aclose()

    virtual_time.run(main())


def test_a_permit_given_back_after_the_loop_has_ended_does_no_harm(tmp_path: Path) -> None:
    limiter = HostLimiter(tmp_path / "own")
    permits: list[Permit] = []

    async def main() -> None:
        permits.append(await limiter.acquire(ONE, Priority.READ, None))

    asyncio.run(main())
    other = sqlite3.connect(limiter.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    permits[0].answered()
    other.execute("ROLLBACK")
    other.close()
    asyncio.run(limiter.aclose())
    with sqlite3.connect(limiter.path) as file:
        ((back,),) = file.execute("SELECT back FROM slot").fetchall()
    file.close()
    assert back < time.monotonic() + 2.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_can_enter_the_directory(tmp_path: Path) -> None:
    async def main() -> None:
        limiter = HostLimiter(tmp_path / "own")
        (await limiter.acquire(ONE, Priority.READ, None)).unused()
        await limiter.aclose()
        assert stat.S_IMODE(limiter.path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(limiter.path.stat().st_mode) == 0o600
        assert "own" in repr(limiter)

    asyncio.run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_directory_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    wide.mkdir(mode=0o755)
    with pytest.raises(InvalidRequest, match="0700"):
        HostLimiter(wide)
    narrow = tmp_path / "narrow"
    narrow.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(narrow)
    with pytest.raises(InvalidRequest, match="not a link"):
        HostLimiter(link)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InvalidRequest):
        HostLimiter(file)


def test_the_default_directory_is_one_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    found: set[Path] = set()
    for name in ("XDG_RUNTIME_DIR", "TMPDIR", "HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, "/nowhere")
        found.add(default_directory())
        monkeypatch.delenv(name)
        found.add(default_directory())
    assert len(found) == 1
    if hasattr(os, "getuid"):
        assert str(os.getuid()) in str(found)


# The file, and whose clock its times are of


def remove(limiter: HostLimiter, how: str) -> None:
    if how == "file":
        for file in limiter.path.parent.iterdir():
            file.unlink()
    elif how == "directory":
        shutil.rmtree(limiter.path.parent)
    else:
        limiter.path.parent.rename(limiter.path.parent.with_name("elsewhere"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets no open file be removed")
@pytest.mark.parametrize("how", ["file", "directory", "renamed"])
def test_a_file_removed_under_running_processes_is_noticed_and_what_it_held_is_carried_over(
    tmp_path: Path, run: Runner, how: str
) -> None:
    async def main() -> None:
        first, second = limiters(tmp_path, 2)
        early, held = await take(first), await take(first, TEN)
        for _ in range(8):
            (await take(second, TEN)).answered()
        second.close((Pool("closed", 1, 1.0),), 60.0)
        remove(first, how)
        (await take(second, TEN)).answered()
        await expect_full(first, TEN)
        third, *_ = limiters(tmp_path, 1)
        await expect_full(third, TEN)
        with pytest.raises(RateLimited):
            await take(third, (Pool("closed", 1, 1.0),))
        await expect_full(second, ONE)
        early.unused()
        (await take(second, ONE)).unused()
        held.answered()
        await anyio.sleep(SPAN)
        for _ in range(10):
            await take(third, TEN)
        await close_all(first, second, third)

    run(main)


async def expect_full(limiter: HostLimiter, pools: tuple[Pool, ...]) -> None:
    with pytest.raises(DeadlineExpired):
        await take(limiter, pools)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets no open file be removed")
def test_a_slot_taken_in_a_file_that_is_removed_in_that_moment_counts_in_the_next(
    tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        first, second = limiters(tmp_path, 2)
        (await take(first)).unused()
        taken = first._take  # pyright: ignore[reportPrivateUsage] - to remove the file in the middle of it

        def interrupted(*given: Any) -> Any:
            answer = taken(*given)
            monkeypatch.undo()
            remove(first, "file")
            return answer

        monkeypatch.setattr(first, "_take", interrupted)
        await take(first)
        await expect_full(second, ONE)
        await close_all(first, second)

    run(main)


def test_what_was_written_before_the_computer_started_anew_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        for boot in ("one", "two"):
            monkeypatch.setattr(host_file, "BOOT_ID", tmp_path / boot)
            (tmp_path / boot).write_text(boot)
            limiter = HostLimiter(tmp_path / "own")
            deadline = asyncio.get_running_loop().time() + 5.0
            for _ in range(10):
                await limiter.acquire((Pool("ten", 10, 60.0),), Priority.READ, deadline)
            await limiter.aclose()

    asyncio.run(main())


def test_a_file_shared_with_another_computer_is_an_error_and_never_two_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        here = HostLimiter(tmp_path / "own")
        (await here.acquire(ONE, Priority.READ, None)).unused()
        (tmp_path / "boot").write_text("of another")
        monkeypatch.setattr(host_file, "BOOT_ID", tmp_path / "boot")
        there = HostLimiter(tmp_path / "own")
        (await there.acquire(ONE, Priority.READ, None)).unused()
        with pytest.raises(ConnectFailed, match="another host") as caught:
            await here.acquire(ONE, Priority.READ, None)
        assert caught.value.outcome is Outcome.NOT_SENT
        await close_all(here, there)

    asyncio.run(main())


def test_a_system_that_does_not_tell_its_boot_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(host_file, "BOOT_ID", tmp_path / "absent")
    monkeypatch.setattr(host_file, "TIME_OFFSETS", tmp_path / "absent")
    assert host_clock() is time.monotonic
    HostLimiter(tmp_path / "own")
    assert ("cannot be read" in caplog.text) == (sys.platform == "linux")


def test_processes_of_another_time_namespace_count_from_the_same_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "offsets").write_text("monotonic        -5  500000000\nboottime        7         0\n")
    monkeypatch.setattr(host_file, "TIME_OFFSETS", tmp_path / "offsets")
    clock = host_clock()
    before = time.monotonic()
    assert before <= clock() - 4.5 <= time.monotonic()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="a time namespace is made by root, with unshare",
)
def test_processes_keep_a_limit_together_across_time_namespaces(tmp_path: Path) -> None:
    apart = ["unshare", "--time", "--monotonic", "5000", "--boottime", "5000", "--"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this kernel or container lets nobody make a time namespace")
    running = [start("host", str(tmp_path / "own"), "60", prefix=prefix) for prefix in ([], apart)]
    ended = [(json.loads(process.communicate(timeout=60)[0]), process.returncode) for process in running]
    assert [code for _, code in ended] == [0, 0]
    stamps = [stamp - 5000.0 * number for number, (found, _) in enumerate(ended) for stamp in found]
    assert len(stamps) == 120
    assert violations(stamps, LIMIT, PER_S) == 0


def test_a_folder_that_cannot_be_written_is_refused_with_the_argument_to_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidRequest, match=r"Not a directory; give it a folder .* HostLimiter\(directory=…\)"):
        HostLimiter(tmp_path / "file" / "below")

    def access(path: Path, mode: int) -> bool:
        return mode != os.W_OK  # as on a disk that can only be read

    monkeypatch.setattr(os, "access", access)
    folder = tmp_path / "limits"
    folder.mkdir(mode=0o700)
    with pytest.raises(InvalidRequest, match=r"it cannot be written; .* HostLimiter\(directory=…\)"):
        HostLimiter(folder)
