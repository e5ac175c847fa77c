"""One line in the loop's own time: what it says, when it gives up, and how it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from futures_async.streams.backend import Receiver, StreamConnection, StreamEnd, StreamRequest
from futures_async.streams.dialect import Heartbeat, StreamLimits, Topic, What
from futures_async.streams.line import Line
from futures_async.transport import asleep
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.errors import (
    AuthenticationError,
    ClockSkew,
    FuturesAsyncError,
    ParameterRejected,
)
from futures_async.unified.watching import Change, ChangeKind, ChangeSource, WatchState
from tests.streams.judge import ALL, Bench, Judge
from tests.streams.running import collect, on, until
from tests.streams.toy import ToyStreams, WireFill, push_frame


def test_a_silent_line_is_noticed_within_the_heartbeat_and_never_shown_as_live_meanwhile() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.POSITIONS) as watch:
            await watch.live()
            bench.venue.silence()
            took_s = await until(lambda: watch.state is not WatchState.LIVE)
            assert took_s <= ToyStreams.heartbeat.every_s + 5.0
            assert await until(lambda: watch.state is WatchState.LIVE) < 5.0
            [lost] = bench.happened("lost")
            assert "heartbeat" in lost.reason

    on(test)


def sleep(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """This computer sleeps so long: one of its two clocks stands still meanwhile, and the loop's with it."""
    on = asleep.sleepless
    monkeypatch.setattr(asleep, "asleep_s", lambda: seconds)
    monkeypatch.setattr(asleep, "sleepless", lambda: on() + seconds)


def test_a_computer_that_has_slept_shows_nothing_as_live_that_it_knew_before(monkeypatch: pytest.MonkeyPatch) -> None:
    night_s = 8 * 3600.0

    async def test(bench: Bench) -> None:
        async with bench.watch(What.POSITIONS) as watch:
            await watch.live()
            await asyncio.sleep(1)
            states = [watch.state]
            # The loop's clock has stood still, and so has the connection: nobody has said goodbye.
            sleep(monkeypatch, night_s)
            [connection] = bench.venue.connections
            states.append(watch.state)
            assert watch.age_s >= night_s
            # What still comes on it is no sign of life of now.
            connection.say(b'{"kind": "pong"}')
            states.append(watch.state)
            await asyncio.sleep(0.01)
            assert watch.age_s >= night_s
            await watch.live()
            states.append(watch.state)
            assert watch.age_s < 10
            [lost] = bench.happened("lost")
            assert lost.reason == "this computer has slept for 28800 s"
            assert states == [WatchState.LIVE, WatchState.STALE, WatchState.STALE, WatchState.LIVE]

    on(test)


def test_how_long_a_computer_has_slept_is_told_by_two_clocks() -> None:
    assert -asleep.SLEPT_S < asleep.asleep_s() < float("inf")


MACOS = {"CLOCK_REALTIME": 0, "CLOCK_MONOTONIC_RAW": 4, "CLOCK_MONOTONIC": 6, "CLOCK_UPTIME_RAW": 8}
LINUX = {"CLOCK_REALTIME": 0, "CLOCK_MONOTONIC": 1, "CLOCK_MONOTONIC_RAW": 4, "CLOCK_BOOTTIME": 7}


@pytest.mark.parametrize(("clocks", "pair"), [(MACOS, (4, 8)), (LINUX, (7, 1)), ({"CLOCK_MONOTONIC": 6}, None)])
def test_the_two_clocks_are_slowed_and_hurried_alike(clocks: dict[str, int], pair: tuple[int, int] | None) -> None:
    assert asleep._pair(SimpleNamespace(**clocks)) == pair  # pyright: ignore[reportPrivateUsage] - of another system


def test_data_do_not_stand_in_for_the_pong() -> None:
    async def test(bench: Bench) -> None:
        bench.venue.answers_pings = False
        async with bench.watch(What.ACCOUNTS) as watch:
            await watch.live()

            async def fund() -> None:
                while True:
                    await asyncio.sleep(0.5)
                    bench.venue.pay_funding()

            funding = asyncio.create_task(fund())
            await until(lambda: bool(bench.happened("lost")), 16.0)
            funding.cancel()
            await asyncio.gather(funding, return_exceptions=True)

    on(test)


def test_refused_keys_end_the_watch_at_the_first_login() -> None:
    async def test(bench: Bench) -> None:
        watch = bench.watch(What.ORDERS)
        with pytest.raises(AuthenticationError, match="no such key"):
            await collect(watch)
        assert watch.state is WatchState.CLOSED
        with pytest.raises(AuthenticationError):
            async with bench.watch(What.ORDERS) as again:
                await again.live()
        assert len([frame for frame in bench.venue.frames if frame.startswith("login")]) == 2

    on(test, key="stranger")


def test_a_refused_timestamp_sets_the_clock_once_and_then_ends() -> None:
    async def test(bench: Bench) -> None:
        bench.venue.skewed = 1
        async with bench.watch(What.ORDERS) as watch:
            await watch.live()
        await asyncio.sleep(1)
        assert bench.clock_set == 1
        bench.venue.skewed = 5
        with pytest.raises(ClockSkew):
            await collect(bench.watch(What.ORDERS))
        assert bench.clock_set == 2

    on(test)


def test_a_login_that_is_not_answered_in_time_is_tried_again() -> None:
    async def test(bench: Bench) -> None:
        bench.venue.faults.late_login = 1.0
        async with bench.watch(What.ORDERS) as watch:
            await until(lambda: bool(bench.happened("failed")))
            assert "no answer to the login" in bench.happened("failed")[0].reason
            bench.venue.faults.late_login = 0.0
            await watch.live()

    on(test)


def test_a_topic_that_is_refused_fails_its_watch_alone() -> None:
    async def test(bench: Bench) -> None:
        bench.venue.refuses = {"orders"}
        async with bench.watch(What.POSITIONS) as positions:
            with pytest.raises(ParameterRejected, match="no such topic"):
                await collect(bench.watch(What.ORDERS))
            await positions.live()
            assert positions.state is WatchState.LIVE
        assert not bench.happened("lost")

    on(test)


def test_an_error_of_nothing_in_particular_is_put_down_to_the_one_that_waits() -> None:
    limits = StreamLimits(
        connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=1, one_by_one=True, lifetime_s=None
    )

    async def test(bench: Bench) -> None:
        bench.venue.refuses = {"fills"}
        bench.venue.names_topics = False
        watches = [bench.watch(what) for what in ALL]
        for watch in watches:
            await watch.__aenter__()
        with pytest.raises(ParameterRejected):
            await watches[1].live()
        await watches[0].live()
        await watches[2].live()
        subscribes = [frame for frame in bench.venue.frames if frame.startswith("subscribe")]
        assert all("," not in frame for frame in subscribes)

    on(test, dialect=ToyStreams(limits=limits))


def test_a_refusal_that_names_nothing_is_not_put_down_to_who_comes_after_one_that_was_left() -> None:
    limits = StreamLimits(connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=1, one_by_one=True)

    async def test(bench: Bench) -> None:
        bench.venue.refuses = {"orders"}
        bench.venue.names_topics = False
        async with bench.watch(What.FILLS) as fills:
            async with bench.watch(What.ORDERS):
                while "subscribe orders" not in bench.venue.frames:  # noqa: ASYNC110 - before it is answered
                    await asyncio.sleep(0.001)
            async with bench.watch(What.ACCOUNTS) as accounts:
                await fills.live()
                await accounts.live()
            assert not bench.happened("failed")

    on(test, dialect=ToyStreams(limits=limits))


def test_who_comes_back_before_its_answer_did_is_subscribed_once() -> None:
    limits = StreamLimits(connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=1, one_by_one=True)

    async def test(bench: Bench) -> None:
        bench.venue.faults.before_ack = 1.0
        async with bench.watch(What.FILLS) as fills:
            async with bench.watch(What.ORDERS):
                await until(lambda: "subscribe orders" in bench.venue.frames)
            async with bench.watch(What.ORDERS) as orders:
                await orders.live()
                await fills.live()
                assert bench.venue.frames.count("subscribe orders") == 1
            await until(lambda: "unsubscribe orders" in bench.venue.frames)

    on(test, dialect=ToyStreams(limits=limits))


def test_of_a_refused_topic_no_other_connection_tells_anything_more() -> None:
    """A connection and its successor both hand over; one of them is refused."""
    told: list[FuturesAsyncError] = []
    runtime: Any = SimpleNamespace(start=Coroutine[Any, Any, None].close)
    nothing: Any = None
    line = Line(nothing, runtime, name="private", guard=nothing, draw=nothing, set_clock=nothing, report=nothing)

    def refused(error: FuturesAsyncError, key: object) -> None:
        told.append(error)

    feed: Any = SimpleNamespace(refused=refused)
    channel: Any = nothing
    line.add(Topic(channel, "orders", None), What.ORDERS, feed)
    handed_to = line.subscribers("orders")
    assert list(handed_to) == [(What.ORDERS, feed)]
    error = ParameterRejected("no such topic", venue="toy", endpoint="stream")
    line.turned_down("orders", error)
    assert told == [error]
    assert list(handed_to) == []


@pytest.mark.parametrize("left_early", [True, False])
def test_what_is_wanted_again_before_the_venue_was_told_of_the_end_is_subscribed_once(left_early: bool) -> None:
    """There are venues that refuse what is subscribed already, of nothing that can be told."""
    limits = StreamLimits(connects=RateLimit(100, 60.0), messages_per_s=2, per_frame=1)

    async def test(bench: Bench) -> None:
        bench.venue.faults.before_ack = 1.0
        async with bench.watch(What.FILLS) as fills:
            await fills.live()
            await asyncio.sleep(2)
            orders = await bench.watch(What.ORDERS).__aenter__()
            if not left_early:
                await orders.live()
            async with bench.watch(What.POSITIONS), bench.watch(What.ACCOUNTS):
                await asyncio.sleep(0.1)  # as much as may be sent in this second
                await orders.aclose()
                await asyncio.sleep(0.1)
                async with bench.watch(What.ORDERS) as again:
                    await again.live()
                    order_id = bench.venue.place("BTCUSDT", "buy", 1)
                    await until(lambda: order_id in again.current, within_s=3)
                    await asyncio.sleep(10)
                assert [frame for frame in bench.venue.frames if "orders" in frame] == ["subscribe orders"]
        assert bench.happened("lost") == []

    on(test, dialect=ToyStreams(limits=limits))


def test_a_channel_that_is_acknowledged_and_silent_is_noticed() -> None:
    async def test(bench: Bench) -> None:
        bench.venue.faults.no_data = 1.0
        async with bench.watch(What.POSITIONS) as watch:
            await until(lambda: bool(bench.happened("lost")), 10.0)
            assert bench.happened("lost")[0].reason.endswith("no push on positions")
            bench.venue.faults.no_data = 0.0
            await watch.live()
        bench.events.clear()
        bench.venue.faults.no_data = 1.0
        async with bench.watch(What.ORDERS) as orders:
            await orders.live()
            for _ in range(80):
                bench.venue.deed()
                await asyncio.sleep(0.5)
            await until(lambda: bool(bench.happened("lost")), 60.0)
            assert "pushes of orders are missing" in bench.happened("lost")[0].reason
            assert orders.drift > 0

    on(test)


def test_an_old_connection_is_replaced_before_the_venue_ends_it_and_nothing_is_missed() -> None:
    limits = StreamLimits(connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=3, lifetime_s=3600.0)

    async def test(bench: Bench) -> None:
        judges = [Judge(bench.watch(what), what, bench.venue) for what in ALL]
        for judge in judges:
            await judge.watch.__aenter__()
        tasks = [asyncio.create_task(judge.follow()) for judge in judges]
        for judge in judges:
            await judge.watch.live()
        for _ in range(4000):
            await asyncio.sleep(1)
            bench.venue.deed()
            assert all(judge.watch.state is WatchState.LIVE for judge in judges)
        await asyncio.sleep(30)
        assert [fault for judge in judges for fault in judge.judge()] == []
        assert bench.happened("replaced")
        assert not bench.happened("lost")
        for judge in judges:
            await judge.watch.aclose()
        await asyncio.gather(*tasks)

    on(test, dialect=ToyStreams(limits=limits))


@pytest.mark.parametrize(("how", "one_by_one"), [("left", False), ("left", True), ("refused", True)])
def test_a_connection_is_replaced_also_where_its_last_topic_was_left_or_refused_before_it_stood(
    how: str, one_by_one: bool
) -> None:
    limits = StreamLimits(
        connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=1, one_by_one=one_by_one, lifetime_s=3600.0
    )

    async def test(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        if how == "refused":
            bench.venue.refuses = {"orders"}
        bench.venue.faults.before_ack = 1.0
        async with bench.watch(What.POSITIONS) as positions, bench.watch(What.ORDERS) as orders:
            await until(lambda: "subscribe orders" in bench.venue.frames)
            if how == "left":
                await orders.aclose()
            await positions.live()
            await asyncio.sleep(1)
            assert [event.count for event in bench.happened("subscribed")] == [1]
            began = loop.time()
            while loop.time() - began < 2 * 3600.0:
                await asyncio.sleep(60)
                assert positions.state is WatchState.LIVE
            assert bench.happened("replaced")
            assert not bench.happened("lost")
            assert not bench.happened("failed")

    on(test, dialect=ToyStreams(limits=limits))


def test_a_venue_that_announces_its_end_is_left_for_a_new_connection_at_once() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.ACCOUNTS) as watch:
            await watch.live()
            [old] = bench.venue.connections
            old.say(b'{"kind":"retiring"}')
            await until(lambda: bench.venue.connections not in ([], [old]) and len(bench.venue.connections) == 1)
            assert watch.state is WatchState.LIVE
            assert [event.reason for event in bench.happened("replaced")] == ["retired"]

    on(test)


def test_when_the_old_connection_dies_before_the_new_one_stands_there_is_a_gap_and_it_is_read() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.ORDERS) as watch:
            await watch.live()
            [old] = bench.venue.connections
            bench.venue.faults.late_login = 1.0
            old.say(b'{"kind":"retiring"}')
            await until(lambda: len(bench.venue.connections) == 2)
            bench.venue.faults.late_login = 0.0
            bench.venue.cut(politely=False)
            placed = bench.venue.place("AAA", "buy", 1)
            await until(lambda: placed in watch.current)
            await until(lambda: watch.state is WatchState.LIVE)

    on(test)


def test_messages_are_paced_and_connections_too() -> None:
    limits = StreamLimits(connects=RateLimit(3, 60.0), messages_per_s=2, per_frame=1)

    async def test(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        sent: list[float] = []
        append = bench.venue.frames.append

        class Log(list[str]):
            def append(self, frame: str) -> None:
                sent.append(loop.time())
                append(frame)

        bench.venue.frames = Log()
        symbols = tuple("ABCDEFGHIJ")
        async with bench.watch(What.TICKERS, symbols=symbols) as watch:
            await watch.live()
            assert len(sent) == len(symbols)
            assert all(later - earlier >= 1.0 for earlier, later in zip(sent, sent[2:], strict=False))
            bench.venue.faults.refused_connection = 1.0
            began = loop.time()
            bench.venue.cut(politely=True)
            await asyncio.sleep(55)
            assert len(bench.happened("failed")) <= 3
            bench.venue.faults.refused_connection = 0.0
            await until(lambda: watch.state is WatchState.LIVE)
            assert loop.time() - began < 100

    on(test, dialect=ToyStreams(limits=limits))


def test_a_ping_that_is_due_while_messages_are_paced_waits_its_turn_and_takes_nobody_elses() -> None:
    limits = StreamLimits(connects=RateLimit(3, 60.0), messages_per_s=2, per_frame=1, one_by_one=True)

    class Hasty(ToyStreams):
        heartbeat = Heartbeat(text="ping", every_s=2.3, patience_s=5.0)

    async def test(bench: Bench) -> None:
        symbols = tuple("ABCDEFGHIJ")
        async with bench.watch(What.TICKERS, symbols=symbols) as watch:
            await watch.live()
            assert bench.venue.frames.count("ping") >= 2

    on(test, dialect=Hasty(limits=limits))


@pytest.mark.parametrize("stuck", ["connecting", "waiting its turn"])
def test_leaving_does_not_wait_for_a_connection_that_is_still_being_made(stuck: str) -> None:
    dialect = None
    if stuck == "waiting its turn":
        limits = StreamLimits(connects=RateLimit(1, 3600.0, scope="ip"), messages_per_s=10, per_frame=3)
        dialect = ToyStreams(limits=limits)

    async def test(bench: Bench) -> None:
        async def never(request: StreamRequest, receiver: Receiver) -> StreamConnection:
            await asyncio.sleep(1_000)
            raise AssertionError

        if stuck == "connecting":
            bench.venue.connect = never  # type: ignore[method-assign]
        else:
            async with bench.watch(What.ORDERS) as first:
                await first.live()
        async with bench.watch(What.ORDERS):
            await asyncio.sleep(1)
        began = bench.venue.now
        await bench.streams.aclose()
        assert bench.venue.now - began < 0.1

    on(test, dialect=dialect)


def test_all_watches_share_one_connection_which_closes_after_the_last() -> None:
    async def test(bench: Bench) -> None:
        watches = [bench.watch(what) for what in ALL for _ in range(3)]
        for watch in watches:
            await watch.__aenter__()
        for watch in watches:
            await watch.live()
        assert len(bench.venue.connections) == 1
        logins = [frame for frame in bench.venue.frames if frame.startswith("login")]
        subscribed = ",".join(frame.partition(" ")[2] for frame in bench.venue.frames if frame.startswith("subscribe"))
        assert len(logins) == 1
        assert sorted(subscribed.split(",")) == sorted(what.value for what in ALL)
        for watch in watches[1:]:
            await watch.aclose()
        await asyncio.sleep(1)
        assert watches[0].state is WatchState.LIVE
        assert [sorted(connection.topics) for connection in bench.venue.connections] == [["orders"]]
        await watches[0].aclose()
        await asyncio.sleep(1)
        assert bench.venue.connections == []
        async with bench.watch(What.ORDERS) as again:
            await again.live()

    on(test)


def test_a_frame_that_cannot_be_read_makes_everybody_look_again() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.ORDERS) as watch:
            await watch.live()
            await asyncio.sleep(5)
            bench.venue.faults.lost = 1.0
            placed = bench.venue.place("AAA", "buy", 1)
            for connection in bench.venue.connections:
                connection.say(b"\xff\xfe no json")
            assert await until(lambda: placed in watch.current) < 3.0

    on(test, audit_s=600.0)


def test_what_ended_in_a_gap_is_told_with_its_final_status_and_as_read() -> None:
    async def test(bench: Bench) -> None:
        venue = bench.venue
        async with bench.watch(What.ORDERS) as watch:
            await watch.live()
            resting = [venue.place("AAA", "buy", 2) for _ in range(3)]
            await until(lambda: len(watch.current) == 3)
            venue.faults.refused_connection = 1.0
            venue.cut(politely=False)
            venue.fill(resting[0], 2)
            venue.cancel(resting[1])
            short_lived = venue.place("BBB", "sell", 1)
            venue.cancel(short_lived)
            await until(lambda: watch.state is WatchState.STALE)
            venue.faults.refused_connection = 0.0
            await until(lambda: watch.state is WatchState.LIVE)
            seen: list[Change[Any]] = []
            while not {resting[0], resting[1], short_lived} <= {change.item.order_id for change in seen}:
                seen.append(await anext(watch))
            ended = {change.item.order_id: change for change in seen if change.kind is ChangeKind.CLOSED}
            assert {key: change.item.status.value for key, change in ended.items()} == {
                resting[0]: "filled",
                resting[1]: "canceled",
                short_lived: "canceled",
            }
            assert {change.source for change in ended.values()} == {ChangeSource.READ}
            assert list(watch.current) == [resting[2]]

    on(test)


def test_a_venue_without_a_login_is_asked_for_its_topics_at_once() -> None:
    class Open(ToyStreams):
        logs_in = False

    async def test(bench: Bench) -> None:
        async with bench.watch(What.ORDERS):
            await until(lambda: bool(bench.venue.frames))
        assert bench.venue.frames[0] == "subscribe orders"
        assert not [frame for frame in bench.venue.frames if frame.startswith("login")]

    on(test, dialect=Open())


def test_sleep_is_noticed_by_who_was_connected_though_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.POSITIONS) as watch:
            await watch.live()
            await asyncio.sleep(1)
            sleep(monkeypatch, 8 * 3600.0)
            [connection] = bench.venue.connections
            connection.say(b'{"kind": "pong"}')
            await asyncio.sleep(0.1)
            assert bench.happened("lost")

    on(test)


def test_who_connects_after_a_sleep_that_nobody_noticed_is_not_taken_for_one_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.POSITIONS) as watch:
            await watch.live()
            [connection] = bench.venue.connections
            sleep(monkeypatch, 8 * 3600.0)
            connection.cut(StreamEnd(kind="lost"))
            await until(lambda: len(bench.happened("subscribed")) == 2)
            await watch.live()
            await asyncio.sleep(5)
            assert watch.state is WatchState.LIVE
            assert watch.age_s < 30
            assert len(bench.happened("lost")) == 1

    on(test)


def test_sleep_is_noticed_with_the_next_heartbeat_where_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.POSITIONS) as watch:
            await watch.live()
            sleep(monkeypatch, 8 * 3600.0)
            assert await until(lambda: bool(bench.happened("lost"))) < 25
            assert bench.happened("lost")[0].reason == "this computer has slept for 28800 s"

    on(test)


def test_what_is_under_way_on_the_old_connection_when_the_new_one_stands_is_heard() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.FILLS) as fills:
            await fills.live()
            [old] = bench.venue.connections
            old.say(b'{"kind":"retiring"}')
            await until(lambda: bool(bench.happened("replaced")))
            await asyncio.sleep(0.5)
            read, now_ms = bench.venue.reads, bench.venue.now_ms()
            old.say(push_frame("fills", [WireFill("f1", "o1", "AAA", "buy", "100", "1", now_ms)], now_ms))
            async with asyncio.timeout(1):
                told = await anext(fills)
            assert (told.item.fill_id, told.source, fills.state) == ("f1", ChangeSource.PUSH, WatchState.LIVE)
            # And whatever came on neither is read by one that began when reads know of it.
            await asyncio.sleep(1.4)
            assert bench.venue.reads == read
            await asyncio.sleep(1.0)
            assert (bench.venue.reads, len(bench.venue.connections)) == (read + 1, 1)

    on(test)


def test_who_leaves_while_an_old_connection_is_still_heard_leaves_that_too() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.ACCOUNTS) as watch:
            await watch.live()
            bench.venue.connections[0].say(b'{"kind":"retiring"}')
            await until(lambda: bool(bench.happened("replaced")))
            await asyncio.sleep(0.5)
            assert len(bench.venue.connections) == 2
        await bench.streams.aclose()
        assert bench.venue.connections == []

    on(test)
