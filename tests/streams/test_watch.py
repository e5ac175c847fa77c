"""What who watches is given, and what leaving, closing and failing do."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from futures_async.streams.dialect import What
from futures_async.streams.watch import FeedWatch, fold
from futures_async.transport import asleep
from futures_async.unified.errors import (
    AuthenticationError,
    ClientClosed,
    FuturesAsyncError,
    InvalidRequest,
    StreamOverrun,
)
from futures_async.unified.models import Order, Position
from futures_async.unified.watching import Change, ChangeKind, ChangeSource, WatchState
from tests.fakes import position
from tests.streams.judge import ALL, Bench, Judge, ToyReads
from tests.streams.running import collect, on, until


def test_a_consumer_that_does_not_take_its_fills_is_told_so() -> None:
    async def test(bench: Bench) -> None:
        venue = bench.venue
        watch = bench.watch(What.FILLS, max_fills=5)
        other = bench.watch(What.FILLS)
        async with watch, other:
            await watch.live()
            order = venue.place("AAA", "buy", 20)
            for _ in range(7):
                venue.fill(order, 1)
                await asyncio.sleep(1)
            assert len([await anext(watch) for _ in range(5)]) == 5
            with pytest.raises(StreamOverrun, match="5 changes"):
                await anext(watch)
            assert watch.state is WatchState.CLOSED
            assert len([await anext(other) for _ in range(7)]) == 7

    on(test)


def test_who_keeps_up_is_told_every_change_and_who_does_not_the_latest_state() -> None:
    async def test(bench: Bench) -> None:
        venue = bench.venue
        quick, slow = bench.watch(What.ORDERS), bench.watch(What.ORDERS)
        async with quick, slow:
            await quick.live()
            order = venue.place("AAA", "buy", 5)
            told = [await anext(quick)]
            for _ in range(2):
                venue.fill(order, 1)
                told.append(await anext(quick))
            assert [change.kind for change in told] == [ChangeKind.OPENED, ChangeKind.CHANGED, ChangeKind.CHANGED]
            assert [change.item.filled_quantity for change in told] == [0, 1, 2]
            other = venue.place("BBB", "buy", 1)
            await anext(quick)
            first, second = await anext(slow), await anext(slow)
            assert (first.kind, first.item.filled_quantity) == (ChangeKind.OPENED, 2)
            assert (second.kind, second.item.order_id) == (ChangeKind.OPENED, other)
            # And once it has caught up, it is told like the other.
            for _ in range(2):
                venue.fill(order, 1)
                assert (await anext(slow)).item.filled_quantity == (await anext(quick)).item.filled_quantity

    on(test)


def told(kind: ChangeKind, quantity: str, previous: str | None = None) -> Change[Position]:
    return Change(
        kind=kind,
        item=position(quantity=Decimal(quantity)),
        previous=None if previous is None else position(quantity=Decimal(previous)),
        source=ChangeSource.PUSH,
        received_ms=1,
    )


def test_every_end_of_a_position_waits_for_who_is_slow() -> None:
    waiting: tuple[Change[Any], ...] = (told(ChangeKind.CHANGED, "3", "1"),)
    for change in (
        told(ChangeKind.CLOSED, "0", "3"),
        told(ChangeKind.OPENED, "2"),
        told(ChangeKind.CHANGED, "4", "2"),
        told(ChangeKind.CLOSED, "0", "4"),
        told(ChangeKind.OPENED, "5"),
        told(ChangeKind.CHANGED, "6", "5"),
    ):
        waiting = fold(waiting, change)
    assert [change.kind for change in waiting] == [ChangeKind.CLOSED, ChangeKind.CLOSED, ChangeKind.OPENED]
    first, second, third = waiting
    # As it was when it was seen last; of the second life nothing was.
    assert first.previous is not None
    assert (first.previous.quantity, second.previous, third.previous) == (Decimal(1), None, None)
    assert third.item.quantity == 6


def test_ends_of_one_thing_are_counted_like_all_that_waits() -> None:
    async def test(bench: Bench) -> None:
        venue = bench.venue
        watch = bench.watch(What.POSITIONS, max_fills=5)
        async with watch:
            await watch.live()
            for _ in range(7):
                for side in ("buy", "sell"):
                    venue.fill(venue.place("AAA", side, 1), 1)
                    await asyncio.sleep(3)
            async with asyncio.timeout(60):
                ends = [await anext(watch) for _ in range(5)]
                assert {change.kind for change in ends} == {ChangeKind.CLOSED}
                with pytest.raises(StreamOverrun, match="5 changes"):
                    await anext(watch)

    on(test)


def test_closing_the_exchange_ends_every_watch_with_client_closed() -> None:
    async def test(bench: Bench) -> None:
        tasks = [asyncio.create_task(collect(bench.watch(what))) for what in ALL]
        await asyncio.sleep(5)
        await bench.streams.aclose()
        for task in tasks:
            with pytest.raises(ClientClosed):
                await task
        with pytest.raises(ClientClosed):
            await bench.watch(What.ORDERS).live()

    on(test)


def test_leaving_the_loop_closes_a_watch_that_was_not_entered() -> None:
    async def test(bench: Bench) -> None:
        bench.venue.place("AAA", "buy", 1)
        watch = bench.watch(What.ORDERS)
        async for change in watch:
            assert change.kind is ChangeKind.SNAPSHOT
            break
        await asyncio.sleep(1)
        assert watch.state is WatchState.CLOSED
        assert bench.venue.connections == []
        assert await collect(watch) == []
        with pytest.raises(InvalidRequest, match="closed"):
            await watch.__aenter__()

    on(test)


@pytest.mark.parametrize("polled", [False, True])
@pytest.mark.parametrize("what", [What.ORDERS, What.POSITIONS, What.ACCOUNTS])
def test_what_was_there_comes_as_snapshot_and_what_is_new_as_opened(what: What, polled: bool) -> None:
    async def test(bench: Bench) -> None:
        venue = bench.venue
        if polled:
            bench.streams = bench.polled()
        venue.fill(venue.place("AAA", "buy", 1), 1)
        venue.place("AAA", "buy", 1)
        await asyncio.sleep(5)
        async with bench.watch(what, fallback_s=1.0) as watch:
            await watch.live()
            was_there = await anext(watch)
            assert was_there.kind is ChangeKind.SNAPSHOT
            assert was_there.previous is None
            venue.fill(venue.place("BBB", "buy", 2), 1)
            new = await anext(watch)
            assert new.kind is (ChangeKind.CHANGED if what is What.ACCOUNTS else ChangeKind.OPENED)

    on(test)


def test_an_order_that_is_placed_while_the_picture_is_made_is_new() -> None:
    async def test(bench: Bench) -> None:
        there = bench.venue.place("AAA", "buy", 1)
        await asyncio.sleep(5)
        async with bench.watch(What.ORDERS) as watch:
            await until(lambda: watch.state is WatchState.SYNCING)
            new = bench.venue.place("BBB", "buy", 1)
            await watch.live()
            kinds = {(change := await anext(watch)).item.order_id: change.kind for _ in range(2)}
            assert kinds == {there: ChangeKind.SNAPSHOT, new: ChangeKind.OPENED}

    on(test)


def test_fills_are_opened_from_the_first_on() -> None:
    async def test(bench: Bench) -> None:
        order = bench.venue.place("AAA", "buy", 2)
        async with bench.watch(What.FILLS) as watch:
            bench.venue.fill(order, 1)
            assert (await anext(watch)).kind is ChangeKind.OPENED

    on(test)


@pytest.mark.parametrize("polled", [False, True])
@pytest.mark.parametrize("fast_s", [-3600, 3600])
def test_a_clock_that_is_an_hour_wrong_hides_nothing_and_digs_nothing_up(fast_s: int, polled: bool) -> None:
    async def test(bench: Bench) -> None:
        venue = bench.venue
        bench.fast_ms = fast_s * 1000
        if polled:
            bench.streams = bench.polled()
        venue.fill(venue.place("AAA", "buy", 1), 1)
        await asyncio.sleep(60)
        orders, fills = (bench.watch(what, fallback_s=1.0) for what in (What.ORDERS, What.FILLS))
        async with orders, fills:
            await orders.live()
            await fills.live()
            order = venue.place("AAA", "buy", 1)
            venue.fill(order, 1)
            assert (await anext(fills)).item.order_id == order
            while (change := await anext(orders)).kind is not ChangeKind.CLOSED:
                assert change.item.order_id == order
            assert change.item.order_id == order

    on(test)


def is_b(order: Order) -> bool:
    return order.venue_symbol == "BBB"


def test_who_comes_later_is_given_the_picture_first() -> None:
    async def test(bench: Bench) -> None:
        placed = [bench.venue.place("AAA", "buy", 1), bench.venue.place("BBB", "buy", 1)]
        async with bench.watch(What.ORDERS) as first:
            await first.live()
            async with bench.watch(What.ORDERS, wanted=is_b) as second:
                change = await anext(second)
                assert (change.kind, change.item.order_id) == (ChangeKind.SNAPSHOT, placed[1])
                assert list(second.current) == [placed[1]]

    on(test)


def test_audits_are_as_frequent_as_the_most_demanding_watch_wants_while_it_is_open() -> None:
    async def test(bench: Bench) -> None:
        asked: list[float] = []
        now = asyncio.get_running_loop().time

        def lately(since: float) -> int:
            return sum(at >= since for at in asked)

        class Counted(ToyReads):
            async def now(self) -> Any:
                asked.append(now())
                return await super().now()

        def watched(audit_s: float) -> FeedWatch[Any]:
            return bench.watch(What.POSITIONS, reads=Counted(bench.venue, What.POSITIONS, ()), audit_s=audit_s)

        async with watched(600.0) as first:
            await first.live()
            await asyncio.sleep(60)
            began = now()
            async with watched(5.0) as second:
                await second.live()
                await asyncio.sleep(60)
                assert 10 <= lately(began) <= 14
            began = now()
            await asyncio.sleep(500)
            assert lately(began) <= 1

    on(test)


@pytest.mark.parametrize("step", range(0, 60, 3))
def test_cancelled_at_any_moment_a_consumer_leaves_nothing_and_stops_nothing(step: int) -> None:
    async def test(bench: Bench) -> None:
        async def consume(what: What) -> None:
            async with bench.watch(what) as watch:
                await watch.live()
                async for _ in watch:
                    await asyncio.sleep(0.01)

        other = Judge(bench.watch(What.ORDERS), What.ORDERS, bench.venue)
        followed = asyncio.create_task(other.follow())
        victims = [asyncio.create_task(consume(what)) for what in ALL]
        for _ in range(step):
            await asyncio.sleep(0.04)
            bench.venue.deed()
        for victim in victims:
            victim.cancel()
        results = await asyncio.gather(*victims, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        for _ in range(20):
            await asyncio.sleep(0.2)
            bench.venue.deed()
        await asyncio.sleep(40)
        assert other.judge() == []
        await other.watch.aclose()
        await followed

    on(test)


def test_a_hook_is_told_what_happens_and_what_it_took() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.ORDERS) as watch:
            await watch.live()
        happened = [event.happening for event in bench.events]
        assert happened == ["connected", "login", "subscribed", "resynced"]
        assert all(event.venue == "toy" and event.duration_s > 0 for event in bench.events)

    on(test)


def test_reads_that_fail_for_good_end_the_watch() -> None:
    async def test(bench: Bench) -> None:
        async def refused(what: str) -> list[Any]:
            raise AuthenticationError("no permission", venue="toy")

        bench.venue.fetch = refused  # type: ignore[method-assign]
        with pytest.raises(AuthenticationError, match="no permission"):
            await collect(bench.watch(What.POSITIONS))

    on(test)


def test_a_fault_of_our_own_does_not_leave_a_picture_that_looks_live() -> None:
    async def test(bench: Bench) -> None:
        async def broken(what: str) -> list[Any]:
            raise LookupError("broken")

        bench.venue.fetch = broken  # type: ignore[method-assign]
        watch = bench.watch(What.POSITIONS)
        with pytest.raises(FuturesAsyncError, match="broke down"):
            await collect(watch)
        assert watch.state is WatchState.CLOSED

    on(test)


def test_by_reads_alone_the_same_watch_works_and_says_when_they_fail() -> None:
    async def test(bench: Bench) -> None:
        venue = bench.venue
        bench.streams = bench.polled()
        async with bench.watch(What.ORDERS, fallback_s=1.0) as watch:
            await watch.live()
            placed = venue.place("AAA", "buy", 1)
            assert (await anext(watch)).item.order_id == placed
            venue.cancel(placed)
            ended = await anext(watch)
            assert (ended.kind, ended.source) == (ChangeKind.CLOSED, ChangeSource.READ)
            assert watch.age_s < 3
            venue.faults.failing_reads = 1.0
            await until(lambda: watch.state is WatchState.STALE)
            venue.faults.failing_reads = 0.0
            await until(lambda: watch.state is WatchState.LIVE)
        async with bench.watch(What.FILLS, fallback_s=1.0) as fills:
            await fills.live()
            venue.fill(venue.place("AAA", "buy", 1), 1)
            assert (await anext(fills)).item.quantity == 1

    on(test)


def test_what_was_read_before_this_computer_slept_is_no_picture_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    night_s = 8 * 3600.0

    async def test(bench: Bench) -> None:
        bench.streams = bench.polled()
        async with bench.watch(What.POSITIONS, fallback_s=30.0) as watch:
            await watch.live()
            await asyncio.sleep(3)
            monkeypatch.setattr(asleep, "asleep_s", lambda: night_s)
            assert watch.state is WatchState.STALE
            assert min(watch.age_s, watch.told_s) >= night_s
            # It is read at once, not in its turn.
            assert await until(lambda: watch.state is WatchState.LIVE) < 3
            assert watch.age_s < 3

    on(test)


def test_an_answer_that_was_under_way_while_this_computer_slept_is_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    night_s = 8 * 3600.0

    async def test(bench: Bench) -> None:
        bench.streams = bench.polled()
        read, reads = bench.venue.fetch, 0

        async def over_night(what: str) -> Any:
            nonlocal reads
            reads += 1
            monkeypatch.setattr(asleep, "asleep_s", lambda: night_s)
            return await read(what)

        async with bench.watch(What.POSITIONS, fallback_s=30.0) as watch:
            await watch.live()
            monkeypatch.setattr(bench.venue, "fetch", over_night)
            await until(lambda: reads > 0)
            # It is read again at once, though nobody looks.
            await asyncio.sleep(3)
            assert reads == 2
            assert watch.age_s < 3

    on(test)


def test_who_waits_for_a_true_picture_is_not_told_of_one_of_before_a_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    night_s = 8 * 3600.0

    async def test(bench: Bench) -> None:
        polled = bench.polled()
        async with bench.watch(What.POSITIONS) as pushed:
            bench.streams, streams = polled, bench.streams
            async with bench.watch(What.POSITIONS, fallback_s=30.0) as read:
                await pushed.live()
                await read.live()
                monkeypatch.setattr(asleep, "asleep_s", lambda: night_s)
                for watch in (read, pushed):
                    states = [watch.state]
                    await watch.live()
                    states.append(watch.state)
                    assert states == [WatchState.STALE, WatchState.LIVE]
                    assert watch.age_s < 10
            bench.streams = streams
        await polled.aclose()

    on(test)


def test_who_waits_for_a_true_picture_hears_that_the_watch_has_ended() -> None:
    async def test(bench: Bench) -> None:
        one, other = bench.watch(What.ORDERS), bench.watch(What.ORDERS)
        async with one, other:
            waiting = asyncio.create_task(one.live())
            await asyncio.sleep(0)
            await one.aclose()
            with pytest.raises(InvalidRequest, match="closed before its picture was true"):
                await waiting
            assert other.state is not WatchState.LIVE

    on(test)
