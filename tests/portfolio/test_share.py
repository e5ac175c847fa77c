"""One process reads for all: who leads, what the others see, and what happens when a leader dies or sleeps."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.share import Member, RedisShare
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale
from futures_async.testing import virtual_time
from futures_async.unified.enums import PositionSide
from futures_async.unified.errors import (
    AuthenticationError,
    ConnectFailed,
    InvalidRequest,
    NotSupported,
    RateLimited,
    UnreadRow,
    UnreadRows,
    VenueUnavailable,
    unread_rows,
)
from futures_async.unified.models import Position
from tests.fakes import FakeReads, account, position
from tests.redis_servers import Server, needs_server, running

pytestmark = needs_server
ROOT = Path(__file__).parents[2]
LEASE_S = 1.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("redis"))
    with running(started):
        yield started


@pytest.fixture
def url(server: Server) -> str:
    """The server, emptied."""
    server.ask("FLUSHALL")
    return server.url


def member(portfolio: Portfolio) -> Member:
    found = portfolio._member  # pyright: ignore[reportPrivateUsage] - to see who leads
    assert found is not None
    return found


async def until(what: Callable[[], object]) -> None:
    """Wait for what happens by itself."""
    async with asyncio.timeout(120):
        while not what():  # noqa: ASYNC110 - of several portfolios at once
            await asyncio.sleep(0.01)


def together(
    url: str,
    count: int,
    work: Callable[[list[Portfolio], list[Any]], Awaitable[None]],
    make: Callable[[], FakeReads] = lambda: FakeReads(delay_s=0.01),
    *,
    live: bool = False,
    lease_s: float = LEASE_S,
) -> None:
    """So many portfolios, as so many processes would have them: the first of them leads."""

    async def main() -> None:
        fakes = [make() for _ in range(count)]
        portfolios = [Portfolio([fake], share=RedisShare(url, lease_s=lease_s), live=live) for fake in fakes]
        async with contextlib.AsyncExitStack() as stack:
            for portfolio in portfolios:
                await stack.enter_async_context(portfolio)
                await portfolio.snapshot(deadline_s=5.0)
            assert [member(portfolio).leads for portfolio in portfolios] == [True] + [False] * (count - 1)
            await work(portfolios, fakes)

    asyncio.run(main())


async def seen(portfolio: Portfolio) -> Any:
    snapshot: Snapshot = await portfolio.snapshot(deadline_s=5.0)
    return snapshot.venues["fake"]


def test_one_reads_and_all_see_the_same_with_true_ages(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        fakes[0].positions = [position(quantity=Decimal("1.10"))]
        await asyncio.sleep(0.3)  # older than what may be shared
        states = await asyncio.gather(*(seen(portfolio) for portfolio in portfolios))
        for state in states:
            assert isinstance(state, Ok)
            assert state.data.positions == (position(quantity=Decimal("1.10")),)
            assert state.data.accounts == (account(),)
            assert 0.01 <= state.age_s < 5
        assert [len(fake.calls) for fake in fakes[1:]] == [0, 0]

    together(url, 3, work)


def test_what_is_read_of_another_part_of_an_account_is_not_shown_for_it(url: str) -> None:
    class Part(FakeReads):
        def __init__(self, part: str) -> None:
            super().__init__(delay_s=0.01)
            self.positions = [position(venue_symbol=part)]

        @property
        def view_id(self) -> str:
            return f"account {self.positions[0].venue_symbol}"

    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for part in ("USDT", "COIN"):
                fake = Part(part)
                portfolio = Portfolio([fake], share=RedisShare(url, lease_s=LEASE_S))
                state = await seen(await stack.enter_async_context(portfolio))
                assert state.data.positions == tuple(fake.positions)

    asyncio.run(main())


def test_many_readers_at_many_processes_make_no_more_calls_than_one(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        before, began = len(fakes[0].calls), time.monotonic()
        for _ in range(5):
            await asyncio.gather(*(seen(portfolio) for portfolio in portfolios for _ in range(20)))
            await asyncio.sleep(0.05)
        took_s = time.monotonic() - began
        assert len(fakes[0].calls) - before <= 2 * (took_s / 0.25 + 2)
        assert sum(len(fake.calls) for fake in fakes[1:]) == 0

    together(url, 4, work)


@pytest.mark.parametrize(
    "error",
    [
        VenueUnavailable("maintenance", venue="fake", code="40200", http_status=503),
        AuthenticationError("bad key", venue="fake", code="40006"),
        ConnectFailed("no route", kind="dns"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_went_wrong_is_the_same_error_everywhere(url: str, error: Exception) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        fakes[0].error = error
        await asyncio.sleep(0.3)
        for portfolio in portfolios:
            state = await seen(portfolio)
            assert isinstance(state, Stale)
            assert type(state.error) is type(error)
            assert str(state.error) == str(error)
            for name in ("code", "http_status", "venue", "kind"):
                assert getattr(state.error, name, None) == getattr(error, name, None)

    together(url, 2, work)


def test_a_row_that_cannot_be_read_is_named_everywhere_beside_the_others(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"venue_symbol": "ETHUSDT", "side": PositionSide.SHORT, "entry_price": Decimal(1)}
    odd = UnreadRow("size", "size is no number", object(), facts, "fake")
    whole = FakeReads.fetch_positions

    async def blurred(self: FakeReads, symbol: str | None = None) -> list[Position]:
        raise unread_rows([odd], await whole(self, symbol))

    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        monkeypatch.setattr(FakeReads, "fetch_positions", blurred)
        await asyncio.sleep(0.3)
        for portfolio in (*portfolios, *portfolios):  # asked again while the answer is young
            state = await seen(portfolio)
            assert isinstance(state, Stale)
            assert state.data.positions == (position(),)
            assert isinstance(state.error, UnreadRows)
            assert [(row.path, row.facts["venue_symbol"]) for row in state.error.unread] == [("size", "ETHUSDT")]
            assert state.data.positions_unread == 1

    together(url, 2, work)


def test_an_account_that_is_shut_says_so_everywhere(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        fakes[0].shut_s = 30.0
        await asyncio.sleep(0.3)
        state = await seen(portfolios[1])
        assert isinstance(state.error, RateLimited)
        assert state.error.retry_after_s == pytest.approx(30.0)

    together(url, 2, work)


def test_who_leaves_gives_the_lead_up_and_does_not_let_it_run_out(url: str, server: Server) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        assert any(key.endswith(":lease") for key in server.ask("KEYS", "*"))
        await portfolios[0].aclose()
        assert not any(key.endswith(":lease") for key in server.ask("KEYS", "*"))

    together(url, 2, work, lease_s=3600.0)


def test_another_takes_the_lead_of_who_has_left(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        await portfolios[0].aclose()
        await until(lambda: member(portfolios[1]).leads)
        await asyncio.sleep(0.3)
        assert isinstance(await seen(portfolios[1]), Ok)
        assert len(fakes[1].calls) >= 2

    together(url, 2, work)


def test_a_leader_that_was_only_slow_is_told_so_and_stops(url: str, server: Server) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        first = member(portfolios[0])
        (lease,) = [key for key in server.ask("KEYS", "*") if key.endswith(":lease")]
        (last,) = [key for key in server.ask("KEYS", "*") if key.endswith(":last")]
        server.ask("SET", lease, 9_999_999_999_999)  # as if another had got it meanwhile
        before = server.ask("HGETALL", last)
        await first._read("late", lambda: asyncio.sleep(0, ()))  # pyright: ignore[reportPrivateUsage] - it still thinks it leads
        assert not first.leads
        assert server.ask("HGETALL", last) == before

    together(url, 1, work)


def test_what_an_earlier_leader_says_is_not_taken(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        second = member(portfolios[1])
        known = dict(second._known)  # pyright: ignore[reportPrivateUsage] - to see what it took
        second._take(b'99999999999.0 {"field": "f", "lease": "1", "asked_ago_s": 0, "value": []}')  # pyright: ignore[reportPrivateUsage] - as above
        assert second._known == known  # pyright: ignore[reportPrivateUsage] - as above

    together(url, 2, work)


def test_who_comes_later_gets_what_was_kept_although_the_leader_is_silent(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        leader = member(portfolios[0])
        for task in leader._works:  # pyright: ignore[reportPrivateUsage] - as if it had died just now
            task.cancel()
        late = FakeReads()
        async with Portfolio([late], share=RedisShare(url, lease_s=LEASE_S), max_age_s=60.0) as portfolio:
            state = await seen(portfolio)
            assert isinstance(state, Ok)
            assert state.data.positions == tuple(fakes[0].positions)
            assert not member(portfolio).leads
        assert not late.calls

    together(url, 1, work)


def test_the_number_of_a_lease_grows_also_where_the_server_has_forgotten_the_last(url: str, server: Server) -> None:
    def number() -> int:
        (lease,) = [key for key in server.ask("KEYS", "*") if key.endswith(":lease")]
        return int(server.ask("GET", lease))

    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        numbers = [number()]
        for _ in range(3):
            server.ask("FLUSHALL")
            await until(lambda: server.ask("DBSIZE"))
            numbers.append(number())
        assert numbers == sorted(set(numbers))
        await until(lambda: sum(member(portfolio).leads for portfolio in portfolios) == 1)

    together(url, 2, work)


def test_a_server_that_is_lost_makes_snapshots_stale_and_nothing_is_read_twice(tmp_path: Path) -> None:
    lost = Server(tmp_path)

    async def work(portfolios: list[Portfolio], fakes: list[FakeReads]) -> None:
        lost.stop()
        await until(lambda: not member(portfolios[0]).leads)
        for portfolio in portfolios:
            state = await seen(portfolio)
            assert isinstance(state, Stale)
            assert isinstance(state.error, ConnectFailed)
        assert len(fakes[1].calls) == 0
        lost.start()
        await until(lambda: any(member(portfolio).leads for portfolio in portfolios))
        await asyncio.sleep(0.3)
        assert isinstance(await seen(portfolios[0]), Ok)

    with running(lost):
        together(lost.url, 2, work)


def test_a_server_that_was_never_there_is_said_of_each_account() -> None:
    async def main() -> None:
        async with Portfolio([FakeReads()], share=RedisShare("redis://:canary-1@127.0.0.1:1")) as portfolio:
            state = await seen(portfolio)
            assert isinstance(state, Failed)
            assert "cannot be asked" in str(state.error)
            assert "canary" not in str(state.error)

    asyncio.run(main())


# Processes

READER = """
import asyncio, sys, time
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.share import RedisShare
from tests.fakes import FakeReads

async def main():
    fake = FakeReads(delay_s=0.01)
    async with Portfolio([fake], share=RedisShare(sys.argv[1], lease_s=1.0)) as portfolio:
        async for snapshot in portfolio.poll(0.1, deadline_s=2.0):
            print(portfolio._member.leads, len(fake.calls), flush=True)

asyncio.run(main())
"""


def read_state(process: subprocess.Popen[str]) -> tuple[bool, int]:
    assert process.stdout is not None
    leads, calls = process.stdout.readline().split()
    return leads == "True", int(calls)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL and SIGSTOP")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "paused"])
def test_a_leader_that_dies_or_sleeps_is_replaced_and_one_that_wakes_follows(url: str, how: signal.Signals) -> None:
    command = [sys.executable, "-c", READER, url]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) if read_state(first) else first
    try:
        assert read_state(second)[0] is False
        first.send_signal(how)
        state = (False, 0)
        for _ in range(500):
            state = read_state(second)
            if state[0]:
                break
        assert state[0], "nobody took the lead"
        if how is signal.SIGSTOP:
            first.send_signal(signal.SIGCONT)
            for _ in range(500):  # what it printed before it fell asleep comes first
                state = read_state(first)
                if not state[0]:
                    break
            assert [read_state(first) for _ in range(10)] == [state] * 10, "it neither leads nor reads"
    finally:
        for process in (first, second):
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.communicate()


# Mistakes


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        RedisShare("redis://host", lease_s=0.5)
    with pytest.raises(NotSupported, match="not with a cluster"):
        RedisShare("redis+cluster://host")
    with pytest.raises(InvalidRequest):
        RedisShare("http://host")
    assert repr(RedisShare("redis://:canary@host:1/2")) == "RedisShare('host:1')"


def test_on_trio_it_says_so() -> None:
    async def main() -> None:
        async with Portfolio([FakeReads()], share=RedisShare("redis://host")) as portfolio:
            with pytest.raises(NotSupported, match="asyncio only"):
                await portfolio.snapshot()

    virtual_time.run_trio(main)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(NotSupported, match=r"RedisShare needs the package redis"):
        RedisShare("redis://127.0.0.1")
