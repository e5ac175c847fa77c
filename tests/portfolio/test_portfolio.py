"""Many venues at once: none delays or hides another, and readers share."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from contextlib import aclosing
from decimal import Decimal
from itertools import pairwise
from typing import Any

import anyio
import pytest

from futures_async.portfolio.feeds import REFUSED_PAUSES_S
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale, VenueData
from futures_async.transport import asleep
from futures_async.transport.trouble import tell
from futures_async.unified.enums import PositionSide
from futures_async.unified.errors import (
    AuthenticationError,
    Banned,
    ClientClosed,
    ConnectFailed,
    ExchangeError,
    InvalidRequest,
    NotSupported,
    RateLimited,
    RequestTimeout,
    VenueUnavailable,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Account, Position, to_builtins
from tests.fakes import Backend, FakeReads, account, both_backends, in_virtual_time, position

pytestmark = both_backends

D = Decimal


def test_a_snapshot_reads_all_venues_side_by_side(backend: Backend) -> None:
    async def main() -> None:
        exchanges = [FakeReads(delay_s=0.1 * number) for number in range(1, 6)]
        start = anyio.current_time()
        async with Portfolio(exchanges) as portfolio:
            snapshot = await portfolio.snapshot()
        assert anyio.current_time() - start == pytest.approx(0.5)
        assert list(snapshot.venues) == ["fake", "fake-2", "fake-3", "fake-4", "fake-5"]
        assert all(isinstance(state, Ok) for state in snapshot.venues.values())
        last = snapshot.venues["fake-5"]
        assert last.latency_s == pytest.approx(0.5)
        assert last.age_s == pytest.approx(0.5)
        assert len(snapshot.positions) == len(snapshot.accounts) == len(snapshot.risks()) == 5
        assert snapshot.errors == {}

    in_virtual_time(backend, main)


def test_slow_refused_and_broken_venues_neither_delay_nor_hide_the_others(backend: Backend) -> None:
    async def main() -> None:
        async with Portfolio(
            {
                "good": FakeReads(),
                "hanging": FakeReads(delay_s=3600),
                "refused": FakeReads(error=AuthenticationError("bad key", venue="fake")),
                "down": FakeReads(error=VenueUnavailable("maintenance")),
                "buggy": FakeReads(error=KeyError("oops")),
            }
        ) as portfolio:
            start = anyio.current_time()
            snapshot = await portfolio.snapshot(deadline_s=0.8)
            assert anyio.current_time() - start == pytest.approx(0.8)
        states = snapshot.venues
        assert isinstance(states["good"], Ok)
        for name, error in (
            ("hanging", RequestTimeout),
            ("refused", AuthenticationError),
            ("down", VenueUnavailable),
            ("buggy", KeyError),
        ):
            assert isinstance(states[name], Failed)
            assert isinstance(states[name].error, error)
        assert set(snapshot.errors) == {"hanging", "refused", "down", "buggy"}

    in_virtual_time(backend, main)


def test_what_was_read_before_this_computer_slept_is_as_old_as_that(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept_s = 0.0

    async def main() -> None:
        nonlocal slept_s
        exchange = FakeReads()
        async with Portfolio([exchange], max_age_s=600) as portfolio:
            await portfolio.snapshot()
            await anyio.sleep(1)
            assert isinstance((await portfolio.snapshot()).venues["fake"], Ok)
            assert len(exchange.calls) == 2
            slept_s, exchange.delay_s = 8 * 3600.0, 30.0
            state = (await portfolio.snapshot()).venues["fake"]
            assert len(exchange.calls) == 4
            assert isinstance(state, Stale)
            assert state.age_s >= 8 * 3600

    monkeypatch.setattr(asleep, "asleep_s", lambda: slept_s)
    in_virtual_time(backend, main)


class Slow(FakeReads):
    """What it holds when it is asked, told half a second later."""

    async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        held = list(self.positions)
        self.calls.append((anyio.current_time(), "positions"))
        await anyio.sleep(0.5)
        return held


@pytest.mark.parametrize(("deadline_s", "kind"), [(2.0, Ok), (0.8, Stale)])
def test_what_is_asked_for_now_is_not_a_read_that_was_begun_before(
    backend: Backend, deadline_s: float, kind: type[Any]
) -> None:
    async def main() -> None:
        exchange = Slow([], [])
        async with Portfolio([exchange]) as portfolio, anyio.create_task_group() as tasks:
            tasks.start_soon(portfolio.snapshot)  # of somebody else
            await anyio.sleep(0.1)
            exchange.positions = [position()]  # an order is filled
            found: list[Any] = []

            async def look() -> None:
                found.append((await portfolio.snapshot(max_age_s=0, deadline_s=deadline_s)).venues["fake"])

            start = anyio.current_time()
            tasks.start_soon(look)
            await look()
            for state in found:
                assert isinstance(state, kind)
                assert len(state.data.positions or ()) == (kind is Ok)
            assert anyio.current_time() - start == pytest.approx(min(0.9, deadline_s), abs=0.01)
            assert exchange.calls.count((start, "positions")) == 0
        assert [what for _, what in exchange.calls].count("positions") == 2

    in_virtual_time(backend, main)


def test_a_read_that_was_to_follow_is_not_begun_once_the_portfolio_is_closed(backend: Backend) -> None:
    async def main() -> None:
        exchange = Slow([], [])
        portfolio = Portfolio([exchange])
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(portfolio.snapshot)
            await anyio.sleep(0.1)
            with anyio.move_on_after(0.1):
                await portfolio.snapshot(max_age_s=0)
            await portfolio.aclose()
            await anyio.sleep(2)
        assert [what for _, what in exchange.calls].count("positions") == 1

    in_virtual_time(backend, main)


def test_a_venue_that_fails_later_keeps_its_last_data_with_their_age(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads()
        async with Portfolio([exchange]) as portfolio:
            assert isinstance((await portfolio.snapshot()).venues["fake"], Ok)
            exchange.error = VenueUnavailable("down")
            await anyio.sleep(10)
            state = (await portfolio.snapshot()).venues["fake"]
            assert isinstance(state, Stale)
            assert state.age_s == pytest.approx(10.1)
            assert state.data.positions == (position(),)
            assert isinstance(state.error, VenueUnavailable)
            exchange.error = None
            await anyio.sleep(1)
            assert isinstance((await portfolio.snapshot()).venues["fake"], Ok)

    in_virtual_time(backend, main)


def test_an_answer_that_missed_its_snapshot_is_there_for_the_next(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads(delay_s=1.0)
        async with Portfolio([exchange]) as portfolio:
            assert isinstance((await portfolio.snapshot(0.8)).venues["fake"], Failed)
            before = anyio.current_time()
            late = (await portfolio.snapshot(0.8)).venues["fake"]
            assert anyio.current_time() == before  # the read under way has had its time
            assert isinstance(late, Failed)
            await anyio.sleep(0.3)
            state = (await portfolio.snapshot(0.8, max_age_s=5)).venues["fake"]
            assert isinstance(state, Ok)
            assert state.age_s == pytest.approx(1.1)
            assert len(exchange.calls) == 2

    in_virtual_time(backend, main)


def test_a_read_that_goes_on_trying_is_late_for_what_it_has_met(backend: Backend) -> None:
    """As of a host that refuses connections: the cause is known at once, the end of the read much later."""

    class Refused(FakeReads):
        async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
            tell(refused)
            await anyio.sleep(2)
            raise refused

    async def main() -> None:
        async with Portfolio([Refused()]) as portfolio:
            for _ in range(2):
                assert (await portfolio.snapshot(0.8)).venues["fake"].error is refused
            await anyio.sleep(2)
            again = (await portfolio.snapshot(0.8)).venues["fake"]  # the next read is on its way
            assert again.error is refused
        tell(refused)  # which nobody hears

    refused = ConnectFailed("the connection was refused", kind="refused")
    in_virtual_time(backend, main)


def test_a_read_that_never_ends_is_stopped_and_begun_again(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads(delay_s=3600)
        async with Portfolio([exchange], give_up_s=5) as portfolio:
            await portfolio.snapshot()
            await anyio.sleep(5)
            assert exchange.under_way == 0
            exchange.delay_s = 0.1
            assert isinstance((await portfolio.snapshot()).venues["fake"], Ok)

    in_virtual_time(backend, main)


def test_500_readers_at_once_are_one_read_of_each_kind(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads()
        seen: list[Snapshot] = []

        async def read() -> None:
            seen.append(await portfolio.snapshot())

        async with Portfolio([exchange], max_age_s=0) as portfolio, anyio.create_task_group() as tasks:
            for _ in range(500):
                tasks.start_soon(read)
        assert len(exchange.calls) == 2
        assert len(seen) == 500
        assert all(isinstance(snapshot.venues["fake"], Ok) for snapshot in seen)

    in_virtual_time(backend, main)


@pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.4])
@pytest.mark.parametrize("error", [None, VenueUnavailable("down")])
def test_readers_all_day_long_make_at_most_ten_calls_a_second(
    backend: Backend, delay_s: float, error: ExchangeError | None
) -> None:
    async def main() -> None:
        exchange = FakeReads(delay_s=delay_s, error=error)

        async def read() -> None:
            until = anyio.current_time() + 5
            while anyio.current_time() < until:
                await portfolio.snapshot()
                await anyio.sleep(0.013)

        async with Portfolio([exchange]) as portfolio, anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(read)
        assert 6 if delay_s == 0.4 else 8 <= exchange.most_calls_in_a_second() <= 10

    in_virtual_time(backend, main)


def test_a_reader_who_is_cancelled_takes_nobody_along(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads(delay_s=0.3)
        got: list[Snapshot] = []

        async def patient() -> None:
            got.append(await portfolio.snapshot())

        async with Portfolio([exchange]) as portfolio:
            async with anyio.create_task_group() as tasks:
                with anyio.move_on_after(0.1):
                    await portfolio.snapshot()
                tasks.start_soon(patient)
            assert isinstance(got[0].venues["fake"], Ok)
            assert len(exchange.calls) == 2

    in_virtual_time(backend, main)


def test_a_venue_without_one_of_the_calls_is_ok_with_the_other(backend: Backend) -> None:
    class NoAccounts(FakeReads):
        capabilities = frozenset({Capability.FETCH_POSITIONS})

        async def fetch_account(self, margin_coin: str = "USDT") -> object:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - raises
            raise NotSupported("no such call")

    async def main() -> None:
        async with Portfolio([NoAccounts()]) as portfolio:
            state = (await portfolio.snapshot()).venues["fake"]
            assert isinstance(state, Ok)
            assert state.data.accounts is None
            assert (await portfolio.snapshot()).totals()["USDT"].missing == ("fake",)

    in_virtual_time(backend, main)


def test_a_venue_without_any_of_the_calls_has_failed(backend: Backend) -> None:
    async def main() -> None:
        async with Portfolio([FakeReads(error=NotSupported("nothing"))]) as portfolio:
            state = (await portfolio.snapshot()).venues["fake"]
            assert isinstance(state, Failed)
            assert isinstance(state.error, NotSupported)

    in_virtual_time(backend, main)


def test_what_could_not_be_done_once_is_asked_for_again(backend: Backend) -> None:
    """As where a process that could not do it had read for all, and another one reads by now."""

    async def main() -> None:
        fake = FakeReads(error=NotSupported("nothing"))
        async with Portfolio([fake]) as portfolio:
            assert isinstance((await portfolio.snapshot()).venues["fake"], Failed)
            fake.error = None
            await anyio.sleep(REFUSED_PAUSES_S[0] + 0.1)
            assert isinstance((await portfolio.snapshot()).venues["fake"], Ok)

    in_virtual_time(backend, main)


def test_an_account_of_one_coin_is_read_where_there_is_no_list(backend: Backend) -> None:
    class OneCoin(FakeReads):
        capabilities = frozenset(Capability) - {Capability.FETCH_ACCOUNTS}

    async def main() -> None:
        exchange = OneCoin()
        async with Portfolio([exchange]) as portfolio:
            await portfolio.snapshot()
        assert sorted(what for _, what in exchange.calls) == ["account", "positions"]

    in_virtual_time(backend, main)


def test_one_part_that_fails_does_not_hide_the_other(backend: Backend) -> None:
    class HalfBroken(FakeReads):
        async def fetch_accounts(self) -> object:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - raises
            raise VenueUnavailable("down")

    async def main() -> None:
        async with Portfolio([HalfBroken()]) as portfolio:
            state = (await portfolio.snapshot()).venues["fake"]
            assert isinstance(state, Stale)
            assert state.data.positions == (position(),)
            assert state.data.accounts is None

    in_virtual_time(backend, main)


def test_closing_at_once_leaves_nothing_behind(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads()
        portfolio = Portfolio([exchange])
        with anyio.CancelScope() as scope:
            scope.cancel()
            await portfolio.snapshot()
        await portfolio.aclose()
        await anyio.sleep(1)
        assert exchange.under_way == 0
        gc.collect()  # a coroutine that was never awaited would warn here

    in_virtual_time(backend, main)


# Pauses


def test_a_venue_closed_by_its_limiter_is_not_asked_and_says_so(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads()
        async with Portfolio([exchange]) as portfolio:
            await portfolio.snapshot()
            exchange.shut_s = 12.5
            await anyio.sleep(1)
            state = (await portfolio.snapshot()).venues["fake"]
            assert isinstance(state, Stale)
            assert isinstance(state.error, RateLimited)
            assert state.error.retry_after_s == 12.5
            assert len(exchange.calls) == 2
            exchange.shut_s = 0.0
            assert isinstance((await portfolio.snapshot()).venues["fake"], Ok)

    in_virtual_time(backend, main)


def named_pause(error: RateLimited, seconds: float | None) -> RateLimited:
    error.retry_after_s = seconds
    return error


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (RateLimited("slow down"), [1.0, 1.0]),
        (named_pause(RateLimited("slow down"), 7.0), [7.0, 7.0]),
        (Banned("out"), [60.0, 60.0]),
        (named_pause(Banned("out"), 5.0), [5.0, 5.0]),
        (AuthenticationError("bad key"), [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]),
    ],
)
def test_a_venue_that_refuses_is_left_in_peace(backend: Backend, error: ExchangeError, pauses: list[float]) -> None:
    async def main() -> None:
        exchange = FakeReads(error=error, delay_s=0.0)
        async with Portfolio([exchange], max_age_s=0) as portfolio:
            while len(exchange.calls) < 2 * (len(pauses) + 1):
                state = (await portfolio.snapshot()).venues["fake"]
                assert isinstance(state, Failed)
                assert type(state.error) is type(error)
                await anyio.sleep(0.25)
        times = sorted({at for at, _ in exchange.calls})
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert all(pause <= gap <= pause + 0.25 for pause, gap in zip(pauses, gaps, strict=True)), gaps

    in_virtual_time(backend, main)


def test_a_key_that_works_again_has_its_refusals_forgotten(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads(error=AuthenticationError("bad key"), delay_s=0.0)

        async def next_read() -> float:
            start, before = anyio.current_time(), len(exchange.calls)
            while len(exchange.calls) == before:
                await anyio.sleep(0.25)
                await portfolio.snapshot()
            return anyio.current_time() - start

        async with Portfolio([exchange], max_age_s=0) as portfolio:
            await portfolio.snapshot()
            assert [await next_read(), await next_read()] == [pytest.approx(5, abs=0.3), pytest.approx(10, abs=0.3)]
            exchange.error = None
            await next_read()
            exchange.error = AuthenticationError("bad key")
            await next_read()
            assert await next_read() == pytest.approx(5, abs=0.3)  # the first pause again, not the fourth

    in_virtual_time(backend, main)


# Polling


def test_polling_keeps_the_beat_however_long_a_snapshot_or_the_body_takes(backend: Backend) -> None:
    async def main() -> list[float]:
        times: list[float] = []
        async with Portfolio([FakeReads(delay_s=0.3), FakeReads(delay_s=3600)]) as portfolio:
            start = anyio.current_time()
            async with aclosing(portfolio.poll(1.0)) as polled:
                async for _ in polled:
                    times.append(anyio.current_time() - start)
                    await anyio.sleep(0.1 if len(times) != 3 else 2.4)
                    if len(times) == 6:
                        break
        return times

    # The hanging venue costs the first beat its deadline, then nothing; the long body costs two beats, not their pile.
    assert in_virtual_time(backend, main) == pytest.approx([0.8, 1.3, 2.3, 5.3, 6.3, 7.3], abs=1e-6)


def test_a_venue_that_fails_holds_up_no_beat_until_it_answers_again(backend: Backend) -> None:
    down = FakeReads(delay_s=0.05, error=VenueUnavailable("maintenance"))
    delays = [0.1, 0.6, 0.3, 0.7]  # tried again for as long as the dice have it

    async def main() -> None:
        portfolio = Portfolio({"good": FakeReads(), "down": down})
        async with portfolio, aclosing(portfolio.poll(1.0)) as polled:
            times: list[float] = []
            async for snapshot in polled:
                times.append(anyio.current_time())
                assert isinstance(snapshot.venues["good"], Ok)
                state = snapshot.venues["down"]
                if isinstance(state, Ok):
                    break
                assert isinstance(state.error, VenueUnavailable)
                if delays:
                    down.delay_s = delays.pop()
                else:
                    down.delay_s, down.error = 0.05, None
            assert [later - earlier for earlier, later in pairwise(times)] == pytest.approx([1.0] * 5)

    in_virtual_time(backend, main)


def test_a_snapshot_that_is_late_does_not_pile_up(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads(delay_s=2.5)
        async with Portfolio([exchange]) as portfolio, aclosing(portfolio.poll(0.5)) as polled:
            beats = 0
            async for _ in polled:
                beats += 1
                if beats == 40:
                    break
        assert exchange.most_under_way == 2  # one of each kind
        assert len(exchange.calls) <= 2 * 8

    in_virtual_time(backend, main)


def test_closing_the_portfolio_ends_its_polls_and_reads(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads(delay_s=3600)
        portfolio = Portfolio([exchange])
        ended: list[float] = []
        start = anyio.current_time()

        async def watch() -> None:
            async for _ in portfolio.poll(60.0):
                pass
            ended.append(anyio.current_time())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            await anyio.sleep(30)
            await portfolio.aclose()
        assert ended == [pytest.approx(start + 30)]
        await anyio.sleep(0.01)
        assert exchange.under_way == 0
        with pytest.raises(ClientClosed):
            await portfolio.snapshot()

    in_virtual_time(backend, main)


def test_a_caller_who_is_cancelled_when_the_deadline_comes_is_cancelled(backend: Backend) -> None:
    if backend == "trio":
        return  # has no cancellation beside its scopes

    async def main() -> None:
        async with Portfolio([FakeReads(delay_s=3600)]) as portfolio:
            loop = asyncio.get_running_loop()
            for offset_s in (-1e-12, 0.0, 1e-12):
                await anyio.sleep(20)  # the read before was given up
                task = loop.create_task(portfolio.snapshot(deadline_s=0.5))
                loop.call_at(loop.time() + 0.5 + offset_s, task.cancel)
                with pytest.raises(asyncio.CancelledError):
                    await task

    in_virtual_time(backend, main)


def test_the_slowest_part_is_the_latency_and_the_oldest_the_age(backend: Backend) -> None:
    class Uneven(FakeReads):
        async def fetch_accounts(self) -> list[Account]:
            await anyio.sleep(0.3)
            return await super().fetch_accounts()

    async def main() -> None:
        async with Portfolio([Uneven(delay_s=0.1)]) as portfolio:
            state = (await portfolio.snapshot()).venues["fake"]
        assert state.latency_s == pytest.approx(0.4)
        assert state.age_s == pytest.approx(0.4)

    in_virtual_time(backend, main)


def test_a_portfolio_belongs_to_the_loop_that_used_it_first(backend: Backend) -> None:
    portfolio = Portfolio([FakeReads()])

    async def main() -> None:
        await portfolio.snapshot()

    in_virtual_time(backend, main)
    with pytest.raises(RuntimeError, match="another event loop"):
        in_virtual_time(backend, main)


def test_leaving_the_block_stops_reads_and_polls(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeReads(delay_s=3600)
        async with Portfolio([exchange]) as portfolio:
            await portfolio.snapshot(deadline_s=0.1)
            assert exchange.under_way == 2
        await anyio.sleep(0.01)
        assert exchange.under_way == 0
        with pytest.raises(ClientClosed):
            await portfolio.snapshot()

    in_virtual_time(backend, main)


def test_100_accounts_on_5_venues_poll_once_a_second_without_drift_and_in_flat_memory(
    backend: Backend, request: pytest.FixtureRequest
) -> None:
    # Ten minutes on asyncio when there is time (12 s); the short run proves the same with fewer beats.
    long_run = request.config.getoption("--long")
    accounts, beats = (100, 600 if long_run else 120) if backend == "asyncio" else (10, 120)

    async def main() -> None:
        exchanges = [FakeReads(delay_s=0.02 * (1 + number % 5)) for number in range(accounts)]
        exchanges[3].delay_s = 3600
        exchanges[4].error = AuthenticationError("bad key")
        exchanges[5].error = VenueUnavailable("down")
        bad = {"fake-4", "fake-5", "fake-6"}
        times: list[float] = []
        objects: list[int] = []
        for exchange in exchanges[1:]:
            exchange.calls = deque(maxlen=1)
        async with Portfolio(exchanges) as portfolio, aclosing(portfolio.poll(1.0)) as polled:
            async for snapshot in polled:
                times.append(anyio.current_time())
                if len(times) % (beats // 6) == 0:
                    gc.collect()
                    objects.append(len(gc.get_objects()))
                for name, state in snapshot.venues.items():
                    if name not in bad:
                        assert isinstance(state, Ok)
                        assert state.age_s < 1.0
                if len(times) == beats:
                    break
        # Only the first beat waits for the venue that hangs.
        gaps = [later - earlier for earlier, later in pairwise(times[1:])]
        assert all(abs(gap - 1.0) <= 0.05 for gap in gaps)
        assert max(objects[1:]) - min(objects[1:]) < 300
        good = exchanges[0]
        assert len(good.calls) == 2 * beats
        assert good.most_calls_in_a_second() <= 10

    in_virtual_time(backend, main)


# Sums


def test_totals_are_by_coin_and_name_who_said_nothing(backend: Backend) -> None:
    async def main() -> Snapshot:
        return await Portfolio(
            {
                "a": FakeReads(),
                "b": FakeReads(
                    [position(side=PositionSide.SHORT, quantity=D("0.2"), margin=None, unrealized_pnl=D(-7))],
                    [account(unrealized_pnl=None, equity=D("0.1"))],
                ),
                "c": FakeReads(
                    [position(symbol="ETH/USDC:USDC", margin_coin="USDC", mark_price=None)],
                    [account(margin_coin="BTC")],
                ),
                "d": FakeReads(error=VenueUnavailable("down")),
            }
        ).snapshot()

    snapshot = in_virtual_time(backend, main)
    totals = snapshot.totals()
    assert list(totals) == ["BTC", "USDC", "USDT"]
    usdt = totals["USDT"]
    assert usdt.equity == D("10000.1")
    assert usdt.unrealized_pnl == D(493)  # a's account says 500, b's account says nothing: its position does
    assert usdt.margin == D(1500)
    assert usdt.exposure == D("0.7") * 31000
    assert usdt.missing == ("d", "b")
    assert totals["USDC"].missing == ("d", "c")
    assert totals["USDC"].unrealized_pnl == D(500)
    nets = snapshot.net_positions()
    assert (nets["BTC/USDT:USDT"].long, nets["BTC/USDT:USDT"].short) == (D("0.5"), D("0.2"))
    assert nets["BTC/USDT:USDT"].net == D("0.3")
    assert nets["BTC/USDT:USDT"].venues == ("a", "b")


def test_a_contract_that_is_settled_in_its_base_coin_counts_in_that_coin(backend: Backend) -> None:
    """A quarter of a bitcoin behind half a bitcoin of equity is half of that, and not 15,500 bitcoins."""
    held = {"margin_coin": "BTC", "quantity": D("0.25"), "notional": D("7750"), "margin": D("0.025")}
    coin = position(symbol="BTC/USD:BTC", unrealized_pnl=D("0.01"), **held)
    dated = position(symbol="BTC/USD:BTC-261225", unrealized_pnl=None, **held)
    balances = (account(margin_coin="BTC", equity=D("0.5"), unrealized_pnl=None),)
    state = Ok(venue="a", data=VenueData(positions=(coin, dated), accounts=balances), age_s=0.1, latency_s=0.1)
    total = Snapshot(venues={"a": state}).totals()["BTC"]
    assert (total.exposure, total.exposure_ratio) == (D("0.5"), D(1))
    assert total.unrealized_pnl == D("0.01")
    assert total.missing_parts == {"a": ("unrealized_pnl",)}  # what the prices tell is dollars
    quarterly = position(symbol="BTCUSDH27", venue_symbol="BTCUSDH27", unrealized_pnl=None, **held)
    other = position(symbol="BTC/USD:ETH", venue_symbol="BTCUSD", **{**held, "margin_coin": "ETH"})
    data = VenueData(positions=(quarterly, other), accounts=())
    totals = Snapshot(venues={"a": Ok(venue="a", data=data, age_s=0.1, latency_s=0.1)}).totals()
    assert totals["BTC"].exposure == D("0.25")
    assert totals["ETH"].exposure == 0
    assert totals["ETH"].missing_parts == {"a": ("equity", "exposure")}


def test_a_balance_that_is_not_listed_is_missing_where_a_position_is_held_in_its_coin(backend: Backend) -> None:
    """As of an account that can be read in one coin only."""

    class OneCoin(FakeReads):
        capabilities = frozenset(Capability) - {Capability.FETCH_ACCOUNTS}

    async def main() -> Snapshot:
        held = [position(), position(symbol="ETH/USDC:USDC", venue_symbol="ETHUSDC", margin_coin="USDC")]
        whole = FakeReads([], [account(margin_coin="USDC", equity=D(7))])
        return await Portfolio({"one coin": OneCoin(held), "whole": whole}).snapshot()

    totals = in_virtual_time(backend, main).totals()
    assert totals["USDT"].missing == ()
    assert (totals["USDC"].equity, totals["USDC"].missing_parts) == (D(7), {"one coin": ("equity",)})


def data(positions: list[Position] | None, accounts: list[Account] | None) -> VenueData:
    def part(rows: list[Any] | None) -> Any:
        return None if rows is None else tuple(rows)

    return VenueData(positions=part(positions), accounts=part(accounts))


def test_a_ratio_is_over_the_accounts_of_which_both_sides_are_known(backend: Backend) -> None:
    down = VenueUnavailable("down")
    snapshot = Snapshot(
        venues={
            "whole": Ok(venue="v", data=data([position()], [account(equity=D(3790))]), age_s=0.1, latency_s=0.1),
            "no positions": Stale(
                venue="v", data=data(None, [account(equity=D(1905))]), age_s=0.0, latency_s=0.1, error=down
            ),
            "no balances": Stale(venue="v", data=data([position()], None), age_s=3.0, latency_s=0.1, error=down),
        }
    )
    usdt = snapshot.totals()["USDT"]
    assert (usdt.equity, usdt.exposure) == (D(5695), D(31000))
    assert round(usdt.exposure_ratio or 0, 4) == D("4.0897")  # where the sums alone would make 5.44
    assert usdt.missing == ("no positions", "no balances")
    assert usdt.missing_parts == {"no positions": ("margin", "exposure"), "no balances": ("equity",)}
    assert to_builtins(usdt)["missing_parts"]["no balances"] == ["equity"]


def test_no_ratio_is_told_without_an_account_that_is_known_whole(backend: Backend) -> None:
    snapshot = Snapshot(venues={"a": Ok(venue="v", data=data([position()], None), age_s=0.1, latency_s=0.1)})
    assert snapshot.totals()["USDT"].exposure_ratio is None
    empty = Snapshot(venues={"a": Ok(venue="v", data=data([], [account(equity=D(0))]), age_s=0.1, latency_s=0.1)})
    assert empty.totals()["USDT"].exposure_ratio is None


def test_the_ages_of_positions_and_balances_are_told_apart(backend: Backend) -> None:
    async def main() -> Snapshot:
        return await Portfolio({"a": FakeReads()}).snapshot()

    good = in_virtual_time(backend, main).venues["a"]
    assert isinstance(good, Ok)
    assert good.positions_age_s is not None
    assert good.accounts_age_s is not None
    assert good.age_s == max(good.positions_age_s, good.accounts_age_s)


def test_a_snapshot_has_a_json_form(backend: Backend) -> None:
    async def main() -> Snapshot:
        return await Portfolio([FakeReads(), FakeReads(error=VenueUnavailable("down"))]).snapshot()

    form = to_builtins(in_virtual_time(backend, main))["venues"]
    assert form["fake"]["status"] == "ok"
    assert form["fake"]["data"]["positions"][0]["quantity"] == "0.5"
    assert form["fake-2"] == {
        "status": "failed",
        "venue": "fake",
        "data": None,
        "age_s": None,
        "latency_s": None,
        "stream": None,
        "stream_error": None,
        "error": "VenueUnavailable: down (read again later; before a write is repeated, look up what became of it)",
    }


def test_what_makes_no_portfolio_is_refused(backend: Backend) -> None:
    exchange = FakeReads()
    with pytest.raises(InvalidRequest, match="at least one"):
        Portfolio([])
    with pytest.raises(InvalidRequest, match="twice"):
        Portfolio([exchange, exchange])
    with pytest.raises(InvalidRequest, match="max_age_s"):
        Portfolio([exchange], max_age_s=-1)
    with pytest.raises(InvalidRequest, match="give_up_s"):
        Portfolio([exchange], give_up_s=0)
    several: Any
    for several, said in (
        (exchange, "in a list or by name, not FakeReads"),
        ("bitget", "not str"),
        ([5], "not of int"),
    ):
        with pytest.raises(InvalidRequest, match=said):
            Portfolio(several)
    assert Portfolio([exchange]).exchanges == {"fake": exchange}

    async def main() -> None:
        deadline: Any
        for deadline in (0, "1"):
            with pytest.raises(InvalidRequest, match="deadline_s"):
                await Portfolio([exchange]).snapshot(deadline)
        closed = Portfolio([exchange])
        await closed.aclose()
        with pytest.raises(ClientClosed, match=r"the portfolio was closed \(make a new one\)"):
            await closed.snapshot()

    in_virtual_time(backend, main)
