"""A live portfolio: kept by streams, read where these do not stand, and never shown as live when it is not."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.portfolio.live import AUDIT_S, audits_of
from futures_async.portfolio.monitor import Alert, RiskMonitor
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.rules import Metric, Rule
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale
from futures_async.simulator.plan import FaultPlan
from futures_async.testing import virtual_time
from futures_async.unified.enums import Side
from futures_async.unified.errors import AuthenticationError, ClientClosed, RequestTimeout
from futures_async.unified.watching import WatchState
from tests.fakes import Backend, FakeReads, both_backends, in_virtual_time
from tests.portfolio.crowd import BTC, LATENCY_S, Crowd
from tests.portfolio.test_share_live import Streams

pytestmark = pytest.mark.filterwarnings("ignore::futures_async.LifecycleWarning")

D = Decimal


def on(
    test: Callable[[Crowd, Portfolio], Coroutine[Any, Any, None]],
    *venues: str,
    each: int = 1,
    plan: FaultPlan | None = None,
) -> None:
    """Run a test on a live portfolio that has come up; afterwards nothing is left."""

    async def main() -> None:
        crowd = Crowd(each, venues or ("bitget",), plan)
        try:
            async with Portfolio(crowd.exchanges, live=True) as portfolio:
                await portfolio.snapshot()
                await asyncio.sleep(10)
                await test(crowd, portfolio)
        finally:
            await crowd.aclose()
        await asyncio.sleep(1)
        assert not crowd.streams.hub.sessions
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == []

    virtual_time.run(main())


def quantity(snapshot: Snapshot, name: str) -> Decimal:
    state = snapshot.venues[name]
    assert state.data is not None
    assert state.data.positions is not None
    return sum((position.quantity for position in state.data.positions), D(0))


def streams(snapshot: Snapshot) -> dict[str, WatchState | None]:
    return {name: state.stream for name, state in snapshot.venues.items()}


@pytest.mark.parametrize("venue", ["bitget", "bitget-uta"])
def test_a_fill_is_in_the_next_snapshot_without_a_read(venue: str) -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        name = f"{venue}-0"
        before = crowd.reads().total()
        crowd.trade(name)
        await asyncio.sleep(LATENCY_S + 0.001)
        snapshot = await portfolio.snapshot()
        state = snapshot.venues[name]
        assert isinstance(state, Ok)
        assert (state.stream, quantity(snapshot, name)) == (WatchState.LIVE, D("0.01"))
        assert state.age_s < 1
        assert crowd.reads().total() == before

    on(test, venue)


def test_a_venue_without_streams_is_polled_beside_those_that_have_them() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        for name in crowd.exchanges:
            crowd.trade(name)
        await asyncio.sleep(1)
        snapshot = await portfolio.snapshot()
        assert streams(snapshot) == {"bitget-0": WatchState.LIVE, "bitget-v1-0": None}
        assert all(isinstance(state, Ok) for state in snapshot.venues.values())
        assert all(quantity(snapshot, name) == D("0.01") for name in crowd.exchanges)

    on(test, "bitget", "bitget-v1")


@both_backends
def test_where_nothing_streams_live_means_polled(backend: Backend) -> None:
    async def main() -> None:
        async with Portfolio([FakeReads()], live=True) as portfolio:
            state = (await portfolio.snapshot()).venues["fake"]
            assert isinstance(state, Ok)
            assert state.stream is None

    in_virtual_time(backend, main)


def test_while_the_line_is_silent_it_is_not_shown_as_live_and_reads_stand_in() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        for session in tuple(crowd.streams.hub.sessions):
            session.silent = True
        crowd.plan.add("connect-refused", probability=1.0, most=1_000)
        crowd.trade("bitget-0")
        shown: list[tuple[WatchState | None, Decimal, float | None]] = []
        for _ in range(120):
            await asyncio.sleep(1)
            snapshot = await portfolio.snapshot()
            shown.append(
                (streams(snapshot)["bitget-0"], quantity(snapshot, "bitget-0"), snapshot.venues["bitget-0"].age_s)
            )
        live = [state is WatchState.LIVE for state, *_ in shown]
        # The heartbeat and five seconds, not longer; and not again while nothing comes.
        assert not any(live[35:])
        assert all(quantity == D("0.01") and (age or 0) < 1 for _, quantity, age in shown[40:])
        assert all((age or 0) < 40 for *_, age in shown)

    on(test)


def test_after_a_cut_it_is_live_again_and_misses_nothing() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        assert streams(await portfolio.snapshot()) == {"bitget-0": WatchState.LIVE}
        crowd.streams.hub.shut()
        await asyncio.sleep(LATENCY_S + 0.001)
        crowd.trade("bitget-0")
        snapshot = await portfolio.snapshot()
        assert streams(snapshot)["bitget-0"] is not WatchState.LIVE
        assert quantity(snapshot, "bitget-0") in (0, D("0.01"))
        await asyncio.sleep(6)
        snapshot = await portfolio.snapshot()
        assert streams(snapshot) == {"bitget-0": WatchState.LIVE}
        assert quantity(snapshot, "bitget-0") == D("0.01")

    on(test)


def test_a_picture_that_is_not_kept_any_more_and_not_read_is_stale() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        crowd.trade("bitget-0")
        await asyncio.sleep(1)
        await portfolio.snapshot()
        crowd.streams.hub.shut()
        crowd.plan.add("connect-refused", probability=1.0, most=1_000)
        await asyncio.sleep(LATENCY_S + 0.001)
        state = (await portfolio.snapshot(0.01)).venues["bitget-0"]
        assert isinstance(state, Stale)
        assert isinstance(state.error, RequestTimeout)
        assert state.data.positions  # as they were known last

    on(test)


def test_a_limit_that_is_shut_does_not_matter_to_what_is_pushed() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        exchange = crowd.exchanges["bitget-0"]
        exchange.closed_for_s = lambda: 5.0
        state = (await portfolio.snapshot()).venues["bitget-0"]
        assert isinstance(state, Ok)

    on(test)


def test_a_refused_login_is_tried_again_after_a_pause_and_reads_stand_in() -> None:
    plan = FaultPlan(seed=1)
    plan.add("login-refused", probability=1.0, most=4)

    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        seen: list[WatchState | None] = []
        for _ in range(150):
            await asyncio.sleep(1)
            snapshot = await portfolio.snapshot()
            state = snapshot.venues["bitget-0"]
            assert isinstance(state, Ok)
            seen.append(state.stream)
            if state.stream in (WatchState.CLOSED, WatchState.LIVE):
                assert isinstance(state.stream_error, AuthenticationError) is (state.stream is WatchState.CLOSED)
        assert WatchState.CLOSED in seen
        assert seen[-1] is WatchState.LIVE

    on(test, plan=plan)


def test_an_eager_poll_tells_of_a_change_at_once() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        times: list[float] = []
        loop.call_later(5, crowd.trade, "bitget-0")
        async with aclosing(portfolio.poll(30.0, eager=True)) as polled:
            async for snapshot in polled:
                times.append(loop.time() - began)
                if times[-1] > 50:
                    break
                if quantity(snapshot, "bitget-0"):
                    assert times[-1] >= 5
        assert times[0] == pytest.approx(0)
        assert times[1] == pytest.approx(5 + LATENCY_S, abs=0.01)
        # Changes of one event are one or two snapshots, and the beats stay where they were.
        assert [beat for beat in times[2:] if beat > 6] == [pytest.approx(30), pytest.approx(60)]

    on(test)


def test_figures_that_follow_the_market_are_read_as_often_as_is_asked_for() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        crowd.trade("bitget-0")
        await asyncio.sleep(3)
        before = crowd.reads()["bitget-0"]
        crowd.exchange.engine.marks.pin("BTC/USDT:USDT", D(91_000))
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with aclosing(portfolio.poll(5.0, eager=True, refresh_s=5.0)) as polled:
            async for snapshot in polled:
                [held] = snapshot.positions
                if loop.time() - began > 59:
                    assert held.mark_price == D(91_000)
                    break
        assert 2 * 10 <= crowd.reads()["bitget-0"] - before <= 2 * 13

    on(test)


def test_a_risk_monitor_reacts_to_a_push() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        told: list[bool] = []
        times: list[float] = []

        async def hear(alert: Alert) -> None:
            told.append(alert.raised)
            times.append(loop.time() - began)

        rule = Rule(name="any risk", metric=Metric.MARGIN_RATIO, above=D(0))
        monitor = RiskMonitor(portfolio, [rule], hear, interval_s=60.0)
        loop.call_later(5, crowd.trade, "bitget-0")
        loop.call_later(20, crowd.trade, "bitget-0", Side.SELL)
        with anyio.move_on_after(30):
            await monitor.run()
        assert told == [True, False]
        assert times == pytest.approx([5, 20], abs=0.2)

    on(test)


@pytest.mark.parametrize("venue", ["bybit", "bitmart"])
def test_marks_that_are_neither_pushed_nor_read_are_not_shown_as_live_to_who_wants_them_fresh(venue: str) -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        name, loop = f"{venue}-0", asyncio.get_running_loop()
        crowd.trade(name)
        await asyncio.sleep(5)
        told: list[tuple[float, bool]] = []
        down_at = 0.0

        def hear(alert: Alert) -> None:
            told.append((loop.time(), alert.raised))

        rule = Rule(name="old data", metric=Metric.AGE, above=D(15))
        monitor = RiskMonitor(portfolio, [rule], hear, interval_s=5.0)
        async with anyio.create_task_group() as group:
            group.start_soon(monitor.run)
            await asyncio.sleep(60)
            assert isinstance((await portfolio.snapshot()).venues[name], Ok)
            down_at = loop.time()
            crowd.plan.add("no-answer", kinds=["read"], most=300)
            await asyncio.sleep(120)
            state = (await portfolio.snapshot()).venues[name]
            assert state.stream is WatchState.LIVE  # pushes go on
            assert isinstance(state, Stale)
            assert "follows the market" in str(state.error)
            assert state.age_s > 60
            crowd.plan.rules.clear()
            await asyncio.sleep(60)
            assert isinstance((await portfolio.snapshot()).venues[name], Ok)
            group.cancel_scope.cancel()
        assert [raised for _, raised in told] == [True, False]
        assert told[0][0] - down_at < 30

    on(test, venue)


def test_a_closed_exchange_is_told_by_its_state_and_is_no_trouble_of_streams(caplog: pytest.LogCaptureFixture) -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        caplog.clear()
        await crowd.exchanges["bitget-0"].aclose()
        await asyncio.sleep(1)
        await portfolio.snapshot()
        state = (await portfolio.snapshot()).venues["bitget-0"]
        assert isinstance(state, (Stale, Failed))
        assert isinstance(state.error, ClientClosed)
        await asyncio.sleep(100)
        await portfolio.snapshot()
        assert not caplog.records

    on(test)


def ours() -> int:
    """Objects of the library's, less those of the simulated exchange, which keeps its whole past."""
    gc.collect()
    names = (str(type(one).__module__) for one in gc.get_objects())
    return sum(name.startswith(("futures_async.", "asyncio", "anyio")) and ".simulat" not in name for name in names)


def test_100_accounts_are_read_twice_a_minute_at_most_and_never_a_push_behind(request: pytest.FixtureRequest) -> None:
    # Ten minutes when there is time (25 s); the short run proves the same with fewer beats.
    minutes, most = (10, 20) if request.config.getoption("--long") else (2, 6)

    async def main() -> None:
        crowd = Crowd(20)
        try:
            await watched(crowd)
        finally:
            await crowd.aclose()

    async def watched(crowd: Crowd) -> None:
        names, streamed = list(crowd.exchanges), crowd.streamed
        loop = asyncio.get_running_loop()
        late: list[str] = []
        objects: list[int] = []
        async with Portfolio(crowd.exchanges, live=True) as portfolio:
            await portfolio.snapshot()
            await asyncio.sleep(60)
            await portfolio.snapshot()  # a first read that was slow, clocks being set, is not waited for by a poll
            since_s, began = crowd.exchange.monotonic(), loop.time()
            async with aclosing(portfolio.poll(1.0)) as polled:
                async for snapshot in polled:
                    beat = round(loop.time() - began)
                    if beat >= 60 * minutes:
                        break
                    for name in streamed:
                        state = snapshot.venues[name]
                        assert isinstance(state, Ok)
                        assert state.stream is WatchState.LIVE
                        if quantity(snapshot, name) != crowd.held(name):
                            late.append(name)
                    # What is polled waits for its limits: at BitTap ten calls a second for all of an address.
                    odd = [name for name, state in snapshot.venues.items() if not isinstance(state, Ok)]
                    # Who was slow at the snapshot, when each account read its venue's clock, is not waited for now.
                    assert beat == 0 or not [name for name in odd if not name.startswith("bittap")]
                    if beat % 20 == 19:
                        objects.append(ours())
                    # Between two beats, so that each push has arrived by the next.
                    name = names[beat % len(names)]
                    loop.call_later(0.5, crowd.trade, name, Side.BUY if beat // 100 % 2 == 0 else Side.SELL)
        assert late == []
        assert crowd.refusals() == 0
        reads = crowd.reads(since_s)
        assert len(streamed) >= 40
        assert max(reads[name] for name in streamed) <= most
        assert min(reads[name] for name in streamed) >= minutes - 1  # audits do not cease
        # Each account that trades for the first time gets a row or two.
        assert max(objects[-2:]) - min(objects[:2]) < 10 * len(names)

    virtual_time.run(main())


HELD = {"bybit": (BTC, "BTC/USDC:USDC", "BTC/USD:BTC"), "hyperliquid": ("BTC/USDC:USDC",)}
"""What is held, where that is not one contract settled in USDT: what takes most requests to read."""
READ_AFTER_TRADES = ("binance", "bitmart")
"""Pushes leave out what moves with a trade: it is read each time, whatever audits do."""


@pytest.mark.parametrize("trade_s", [None, 30])
@pytest.mark.parametrize("venue", ["binance", "bitget", "bitget-uta", "bitmart", "bybit", "hyperliquid", "okx"])
def test_audits_make_two_requests_a_minute_at_most_at_every_venue(venue: str, trade_s: int | None) -> None:
    minutes = 40

    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        name = f"{venue}-0"
        symbols = HELD.get(venue, (BTC,))
        engine = crowd.exchange.engine
        for symbol in symbols:
            coin = symbol.rpartition(":")[2]
            if coin != "USDT" and venue == "bybit":
                with engine.arithmetic():
                    engine.deposit(crowd.accounts[name], coin, D(10_000))
            crowd.trade(name, symbol=symbol)
        await asyncio.sleep(200)  # what is read of new positions, and soon after the beginning
        since_s = crowd.exchange.monotonic()
        marks = random.Random(1)
        for beat in range(60 * minutes // 10):
            for _ in range(4):  # the market moves, and with it what is pushed every few seconds
                crowd.exchange.engine.marks.pin(symbols[0], D(90_000 + marks.randrange(-200, 200)))
                await asyncio.sleep(2.5)
            if trade_s is not None and beat % (trade_s // 10) == 0:
                crowd.trade(name, Side.SELL if beat % 2 else Side.BUY, symbol=symbols[0])
            assert streams(await portfolio.snapshot()) == {name: WatchState.LIVE}
        reads = crowd.reads(since_s)[name] or crowd.reads(since_s).total()
        assert reads >= minutes / 2  # audits do not cease
        if trade_s is None or venue not in READ_AFTER_TRADES:
            # One audit more may fall into the time than it is long for.
            assert reads <= 2 * minutes + sum(crowd.exchanges[name].audit_reads)

    on(test, venue)


def test_marks_that_are_not_pushed_are_old_though_other_rows_are() -> None:
    """Reads fail, one contract is traded, and the mark of another stands still."""

    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        crowd.trade("bybit-0")
        await asyncio.sleep(5)
        rule = Rule(name="old data", metric=Metric.AGE, above=D(15))
        told: list[bool] = []
        monitor = RiskMonitor(portfolio, [rule], lambda alert: told.append(alert.raised), interval_s=5.0)
        async with anyio.create_task_group() as group:
            group.start_soon(monitor.run)
            await asyncio.sleep(30)
            crowd.plan.add("no-answer", kinds=["read"], most=3_000)
            for _ in range(8):
                crowd.trade("bybit-0", symbol="ETH/USDT:USDT")
                await asyncio.sleep(8)
            assert isinstance((await portfolio.snapshot()).venues["bybit-0"], Stale)
            assert told == [True]
            crowd.plan.rules.clear()
            await asyncio.sleep(30)
            assert told == [True, False]
            group.cancel_scope.cancel()

    on(test, "bybit")


def test_who_asks_for_fresh_marks_seldom_is_told_that_the_last_time_failed() -> None:
    async def test(crowd: Crowd, portfolio: Portfolio) -> None:
        crowd.trade("bybit-0")
        await asyncio.sleep(60)
        shown: list[bool] = []
        for second in range(0, 200, 20):
            if second == 100:
                crowd.plan.add("no-answer", kinds=["read"], most=3_000)
            state = (await portfolio.snapshot(max_age_s=0)).venues["bybit-0"]
            assert isinstance(state, (Ok, Stale))
            shown.append(isinstance(state, Ok))
            await asyncio.sleep(20)
        # The first that fails was asked for at 100 s.
        assert shown == [True] * 6 + [False] * 4
        crowd.plan.rules.clear()
        await asyncio.sleep(60)
        assert isinstance((await portfolio.snapshot(max_age_s=0)).venues["bybit-0"], Ok)

    on(test, "bybit")


def test_who_wants_marks_seldom_takes_nothing_from_who_wants_them_often() -> None:
    async def main() -> None:
        fake = Streams()
        async with Portfolio([fake], live=True) as portfolio:
            await portfolio.snapshot()
            await asyncio.sleep(1)
            shown: list[bool] = []
            for second in range(0, 60, 3):
                for watch in fake.watches:
                    watch.untold_s = float(second)
                await portfolio.snapshot(max_age_s=3)
                state = (await portfolio.snapshot(max_age_s=60)).venues["fake"]
                shown.append(isinstance(state, Ok))
                await asyncio.sleep(3)
            assert shown == [second <= 10 for second in range(0, 60, 3)]

    virtual_time.run(main())


@pytest.mark.parametrize("accounts", range(1, 12))
@pytest.mark.parametrize("positions", [1, 2, 7])
def test_audits_keep_to_two_requests_a_minute_whatever_they_take(positions: int, accounts: int) -> None:
    class Many(FakeReads):
        @property
        def audit_reads(self) -> tuple[int, int]:
            return positions, accounts

    positions_s, accounts_s = audits_of(Many())
    assert min(positions_s, accounts_s) >= AUDIT_S
    assert positions * 60 / positions_s + accounts * 60 / accounts_s <= 2
