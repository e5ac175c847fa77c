"""One process streams for all: the others open no stream, and see what it sees."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable, Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from futures_async.portfolio import feeds
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.share import ASK_AGAIN_S, RedisShare
from futures_async.portfolio.snapshot import Ok, Stale
from futures_async.unified.errors import ClientClosed, ConnectFailed, UnreadRow
from futures_async.unified.models import Account, Position
from futures_async.unified.watching import Change, ChangeKind, ChangeSource, Watch, WatchState
from tests.fakes import FakeReads, account, position
from tests.portfolio.test_share import LEASE_S, member, seen, server, together, until, url
from tests.redis_servers import Server, needs_server

__all__ = ["server", "url"]
pytestmark = needs_server
T = TypeVar("T")


class FakeWatch(Watch[T]):
    """A picture that the test changes."""

    def __init__(self, picture: dict[Hashable, T], quiet_s: float) -> None:
        self._picture = picture
        self._quiet_s = quiet_s
        self._changes: asyncio.Queue[Change[T]] = asyncio.Queue()
        self._state = WatchState.LIVE
        self.refreshed: list[float] = []
        self.untold_s = quiet_s
        for item in picture.values():
            self._tell(item)

    def change(self, key: Hashable, item: T) -> None:
        self._picture[key] = item
        self._tell(item)

    def _tell(self, item: T) -> None:
        kind, source = ChangeKind.CHANGED, ChangeSource.PUSH
        self._changes.put_nowait(Change(kind=kind, item=item, source=source, received_ms=0))

    @property
    def current(self) -> Mapping[Hashable, T]:
        return self._picture

    @property
    def state(self) -> WatchState:
        return self._state

    @property
    def age_s(self) -> float:
        return self._quiet_s

    @property
    def told_s(self) -> float:
        return self.untold_s

    @property
    def unread(self) -> tuple[UnreadRow, ...]:
        return ()

    @property
    def drift(self) -> int:
        return 0

    async def live(self) -> None:
        return

    def refresh(self, max_age_s: float = 0.0) -> None:
        self.refreshed.append(max_age_s)

    async def aclose(self) -> None:
        self._state = WatchState.CLOSED

    async def __aenter__(self) -> FakeWatch[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def __anext__(self) -> Change[T]:
        return await self._changes.get()


class Streams(FakeReads):
    """Streams positions and accounts, and keeps its watches."""

    quiet_s = 0.0
    """Since the venue's last sign of life."""

    def __init__(self) -> None:
        super().__init__(delay_s=0.01)
        self.watches: list[FakeWatch[Any]] = []
        self.closed = False

    def watch_positions(self, *_: Any, **__: Any) -> FakeWatch[Position]:
        return self._watch({"BTC": position()})

    def watch_accounts(self, **_: Any) -> FakeWatch[Account]:
        return self._watch({"USDT": account()})

    def _watch(self, picture: dict[Hashable, T]) -> FakeWatch[T]:
        if self.closed:
            raise ClientClosed("the exchange object was closed")
        watch = FakeWatch(picture, self.quiet_s)
        self.watches.append(watch)
        return watch

    @property
    def open(self) -> int:
        """Streams that stand."""
        return sum(watch.state is WatchState.LIVE for watch in self.watches)


class QuietStreams(Streams):
    """Between two heartbeats of the venue."""

    quiet_s = 15.0


def shared(url: str, count: int, work: Any, make: type[Streams] = Streams) -> None:
    together(url, count, work, make, live=True)


async def quantity(portfolio: Portfolio) -> Decimal:
    state = await seen(portfolio)
    assert isinstance(state, Ok)
    assert state.data.positions is not None
    return state.data.positions[0].quantity


def test_one_streams_and_the_others_see_its_changes_without_a_call(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)
        reads = len(fakes[0].calls)
        for number in range(1, 4):
            fakes[0].watches[0].change("BTC", position(quantity=Decimal(number)))
            await asyncio.sleep(0.3)  # older than what may be shared
            assert [await quantity(portfolio) for portfolio in portfolios] == [number] * 3
        assert (await seen(portfolios[0])).stream is WatchState.LIVE
        follower = await seen(portfolios[1])
        assert follower.stream is None
        assert follower.age_s < 1
        assert [len(fake.calls) for fake in fakes] == [reads, 0, 0]
        assert [len(fake.watches) for fake in fakes] == [2, 0, 0]

    shared(url, 3, work)


def test_between_two_heartbeats_the_others_see_the_live_picture_and_ask_little(url: str, server: Server) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)
        server.ask("CONFIG", "RESETSTAT")
        began, rounds = time.monotonic(), range(1, 6)
        for number in rounds:
            fakes[0].watches[0].change("BTC", position(quantity=Decimal(number)))
            await asyncio.sleep(0.3)  # older than what may be shared
            states = await asyncio.gather(*(seen(portfolio) for portfolio in portfolios))
            for state in states:
                assert isinstance(state, Ok)
                assert state.data.positions is not None
                assert state.data.positions[0].quantity == number
                assert state.age_s > QuietStreams.quiet_s - 1  # what nothing has confirmed since is not called younger
                assert state.latency_s == 0
        # Two questions a round for each of two followers, and what is asked again when an answer takes its time.
        again = (time.monotonic() - began) / ASK_AGAIN_S
        assert server.ask("INFO", "commandstats")["cmdstat_hget"]["calls"] <= 4 * (len(rounds) + again)

    shared(url, 3, work, QuietStreams)


def test_who_wants_marks_fresh_has_the_leader_read_them_and_is_told_where_that_fails(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "LEAST_OVERDUE_S", 0.5)

    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)
        watches = fakes[0].watches
        states: list[Ok | Stale] = []

        async def poll() -> None:
            async with aclosing(portfolios[1].poll(0.1, refresh_s=0.15)) as polled:
                async for snapshot in polled:
                    state = snapshot.venues["fake"]
                    assert isinstance(state, (Ok, Stale))
                    states.append(state)

        # Another who does not mind keeps what is known young.
        others = asyncio.create_task(busy(portfolios[2]))
        polling = asyncio.create_task(poll())
        await until(lambda: all(0.15 in watch.refreshed for watch in watches))
        await until(lambda: bool(states) and isinstance(states[-1], Ok))
        for watch in watches:
            watch.untold_s = 60.0
        await until(lambda: isinstance(states[-1], Stale) and "follows the market" in str(states[-1].error))
        for task in (polling, others):
            task.cancel()
        await asyncio.gather(polling, others, return_exceptions=True)

    shared(url, 3, work)


async def busy(portfolio: Portfolio) -> None:
    async with aclosing(portfolio.poll(0.05)) as polled:
        async for _ in polled:
            pass


def test_who_gets_the_lead_streams_at_once_and_who_lost_it_stops(url: str, server: Server) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)
        fakes[0].watches[0].change("BTC", position(quantity=Decimal(7)))
        await asyncio.sleep(0.1)
        (lease,) = [key for key in server.ask("KEYS", "*") if key.endswith(":lease")]
        server.ask("SET", lease, 9_999_999_999_999)  # as if another host had got it, while this one slept
        await until(lambda: fakes[0].open == 0)
        await asyncio.sleep(0.3)
        state = (await portfolios[0].snapshot(deadline_s=0.2)).venues["fake"]  # nobody answers: it stays as it was
        assert isinstance(state, Stale)
        assert state.data.positions is not None
        assert state.data.positions[0].quantity == 7
        server.ask("DEL", lease)
        await until(lambda: any(member(portfolio).leads for portfolio in portfolios))
        await until(lambda: sum(fake.open for fake in fakes) == 2)
        leads = [member(portfolio).leads for portfolio in portfolios]
        assert [fake.open for fake in fakes] == [2 * lead for lead in leads]
        assert [isinstance(await seen(portfolio), Ok) for portfolio in portfolios] == [True, True]

    shared(url, 2, work)


def test_a_server_that_is_lost_ends_the_stream(url: str, server: Server) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)
        server.stop()
        try:
            await until(lambda: fakes[0].open == 0)
            state = await seen(portfolios[0])
            assert isinstance(state, Stale)
            assert isinstance(state.error, ConnectFailed)
        finally:
            server.start()
        await until(lambda: sum(fake.open for fake in fakes) == 2)

    shared(url, 2, work)


def test_an_account_that_is_shut_is_told_although_its_picture_is_live(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)
        fakes[0].shut_s = 30.0
        await asyncio.sleep(0.3)
        assert await quantity(portfolios[1]) == position().quantity

    shared(url, 2, work)


def test_who_cannot_stream_any_more_leads_on_and_reads(url: str) -> None:
    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)
        fakes[1].closed = True
        await portfolios[0].aclose()
        await until(lambda: member(portfolios[1]).leads)
        await asyncio.sleep(0.3)
        assert isinstance(await seen(portfolios[1]), Ok)
        assert len(fakes[1].calls) >= 2
        await asyncio.sleep(LEASE_S)
        assert member(portfolios[1]).leads

    shared(url, 2, work)


@pytest.mark.parametrize("count", [1, 2])
def test_closing_leaves_no_stream(url: str, count: int) -> None:
    made: list[Streams] = []

    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)
        made.extend(fakes)

    shared(url, count, work)
    assert [fake.open for fake in made] == [0] * count


def test_who_comes_late_is_given_the_picture_with_why_it_is_old(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LEAST_OVERDUE_S", 0.5)

    async def work(portfolios: list[Portfolio], fakes: list[Streams]) -> None:
        await until(lambda: fakes[0].open == 2)

        async def monitor() -> None:
            async with aclosing(portfolios[0].poll(0.1, refresh_s=0.15)) as polled:
                async for _ in polled:
                    pass

        monitoring = asyncio.create_task(monitor())
        fakes[0].watches[0].change("BTC", position(quantity=Decimal(7)))
        for watch in fakes[0].watches:
            watch.untold_s = 60.0
        await until(lambda: all(0.15 in watch.refreshed for watch in fakes[0].watches))
        await asyncio.sleep(1.0)
        async with Portfolio([Streams()], share=RedisShare(url, lease_s=LEASE_S), live=True) as late:
            # It wants nothing fresh.
            state = await seen(late)
        monitoring.cancel()
        await asyncio.gather(monitoring, return_exceptions=True)
        assert isinstance(state, Stale)
        assert "follows the market" in str(state.error)
        assert state.age_s > 30
        assert state.data.positions is not None
        assert state.data.positions[0].quantity == 7

    shared(url, 1, work)
