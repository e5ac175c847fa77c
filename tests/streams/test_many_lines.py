"""More than one connection takes, in the loop's own time: topics go to several, and the worst of them is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from msgspec import structs

from futures_async.streams.account import AccountStreams
from futures_async.streams.dialect import StreamLimits, What
from futures_async.streams.streamed import StreamFeed
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import NotSupported
from futures_async.unified.watching import WatchState
from tests.streams.judge import Bench
from tests.streams.running import on, until
from tests.streams.toy import ToyStreams

LIMITS = StreamLimits(
    connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=3, per_line=4, requests=RateLimit(12, 3600.0)
)
NAMES = tuple("ABCDEFGHIJ")


def at_its_limits(test: Callable[[Bench], Coroutine[Any, Any, None]], limits: StreamLimits = LIMITS) -> None:
    """Against a venue that cuts off whoever asks more than that of one connection."""

    async def strict(bench: Bench) -> None:
        bench.venue.most_topics = limits.per_line
        bench.venue.most_requests = None if limits.requests is None else limits.requests.count
        await test(bench)
        assert bench.venue.cut_off == 0

    on(strict, dialect=ToyStreams(limits=limits))


def held(bench: Bench) -> list[str]:
    """The topics of each connection, by their last letters."""
    return sorted("".join(sorted(topic[-1] for topic in one.topics)) for one in bench.venue.connections)


def test_a_watch_of_more_than_one_connection_takes_is_spread_over_several() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=NAMES) as watch:
            await watch.live()
            assert held(bench) == ["ABCD", "EFGH", "IJ"]
            for name in NAMES:
                bench.venue.tick(name, "7")
            await until(lambda: len(watch.current) == len(NAMES), 2.0)

    at_its_limits(test)


def test_what_is_watched_already_is_not_asked_for_again_and_room_is_filled_before_there_is_a_new_connection() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=tuple("ABCDEF")) as first:
            await first.live()
            async with bench.watch(What.TICKERS, symbols=tuple("AFGH")) as second:
                await second.live()
                assert held(bench) == ["ABCD", "EFGH"]
            await asyncio.sleep(1)
            assert held(bench) == ["ABCD", "EF"]
            async with bench.watch(What.TICKERS, symbols=tuple("IJ")) as third:
                await third.live()
                assert held(bench) == ["ABCD", "EFIJ"]

    at_its_limits(test)


def test_a_connection_that_holds_nothing_any_more_is_closed() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=tuple("AB")) as first:
            async with bench.watch(What.TICKERS, symbols=NAMES) as second:
                await second.live()
                assert len(bench.venue.connections) == 3
            await asyncio.sleep(1)
            assert held(bench) == ["AB"]
            assert first.state is WatchState.LIVE

    at_its_limits(test)


def test_who_is_on_the_lost_connection_is_stale_until_it_stands_and_others_stay_live() -> None:
    async def test(bench: Bench) -> None:
        async with (
            bench.watch(What.TICKERS, symbols=tuple("ABC")) as small,
            bench.watch(What.TICKERS, symbols=NAMES) as wide,
        ):
            await small.live()
            await wide.live()
            bench.venue.faults.refused_connection = 1.0
            [of_wide] = [one for one in bench.venue.connections if "tickers:J" in one.topics]
            of_wide.abort()
            await asyncio.sleep(5)
            assert (small.state, wide.state) == (WatchState.LIVE, WatchState.STALE)
            bench.venue.tick("A", "8")
            await until(lambda: small.current["A/USDT:USDT"].last_price == 8, 1.0)
            bench.venue.faults.refused_connection = 0.0
            await wide.live()
            assert sorted(one.count for one in bench.happened("subscribed")) == [2, 2, 4, 4]
            bench.venue.tick("A", "9")
            await until(lambda: wide.current["A/USDT:USDT"].last_price == 9, 1.0)
            assert small.current["A/USDT:USDT"].last_price == 9

    at_its_limits(test)


def test_a_connection_that_is_lost_while_the_venue_is_read_is_waited_for() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=NAMES) as watch:
            await until(lambda: watch.state is WatchState.SYNCING)
            bench.venue.faults.refused_connection = 1.0
            bench.venue.connections[0].abort()
            await asyncio.sleep(0.1)
            for _ in range(100):
                assert watch.state is not WatchState.LIVE
                await asyncio.sleep(0.1)
            bench.venue.faults.refused_connection = 0.0
            await watch.live()

    at_its_limits(test)


def test_one_silent_connection_of_several_is_noticed_within_its_heartbeat() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=NAMES) as watch:
            await watch.live()
            [of_last] = [one for one in bench.venue.connections if "tickers:J" in one.topics]
            of_last.silent = True
            for _ in range(8):
                bench.venue.tick("A", "7")
                await asyncio.sleep(1)
            assert watch.age_s >= 8
            heartbeat = ToyStreams.heartbeat
            took_s = await until(lambda: watch.state is not WatchState.LIVE)
            assert 8 + took_s <= heartbeat.every_s + heartbeat.patience_s
            await watch.live()
            assert len(bench.happened("lost")) == 1

    at_its_limits(test)


def test_what_comes_and_goes_is_paced_by_the_hour_and_goes_to_another_connection() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=("A",)) as stays:
            await stays.live()
            for round_ in range(40):
                async with bench.watch(What.TICKERS, symbols=(f"{round_:02}",)) as comes:
                    await comes.live()
                await asyncio.sleep(1)
            assert stays.state is WatchState.LIVE
            assert not bench.happened("lost")
            assert 2 <= len(bench.happened("connected")) <= 40 - 4
            await asyncio.sleep(3700)
            assert held(bench) == ["A"]

    at_its_limits(test)


def test_two_that_come_at_once_do_not_both_count_on_the_last_that_the_hour_has_left() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=("A",)) as stays:
            await stays.live()
            for number in range(5):
                async with bench.watch(What.TICKERS, symbols=(f"{number}",)) as comes:
                    await comes.live()
                await asyncio.sleep(1)
            async with bench.watch(What.TICKERS, symbols=("X", "Y")) as two:
                await until(lambda: two.state is WatchState.LIVE, 5.0)
                assert held(bench) == ["AX", "Y"]

    at_its_limits(test)


def test_what_is_not_as_it_should_be_is_connected_anew_on_all_connections() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=NAMES) as watch:
            await watch.live()
            [feed] = bench.streams._feeds.values()  # pyright: ignore[reportPrivateUsage] - what drifts twice calls it
            assert isinstance(feed, StreamFeed)
            feed._line.renew("for a test")  # pyright: ignore[reportPrivateUsage] - likewise
            await until(lambda: watch.state is not WatchState.LIVE)
            await watch.live()
            assert [event.reason for event in bench.happened("lost")] == ["for a test"] * 3

    at_its_limits(test)


def test_an_hour_that_is_used_up_does_not_keep_a_lost_connection_from_coming_back() -> None:
    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=NAMES) as watch:
            for _ in range(5):
                await watch.live()
                bench.venue.cut(politely=True)
                await until(lambda: watch.state is not WatchState.LIVE)
            await watch.live()
            assert held(bench) == ["ABCD", "EFGH", "IJ"]

    at_its_limits(test)


def test_a_login_counts_and_private_topics_stay_together() -> None:
    limits = StreamLimits(
        connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=3, per_line=4, requests=RateLimit(7, 3600.0)
    )

    async def test(bench: Bench) -> None:
        async with (
            bench.watch(What.ORDERS) as orders,
            bench.watch(What.FILLS) as fills,
            bench.watch(What.POSITIONS) as positions,
            bench.watch(What.ACCOUNTS) as accounts,
        ):
            for watch in (orders, fills, positions, accounts):
                await watch.live()
            assert len(bench.venue.connections) == 1
            await accounts.aclose()
            await asyncio.sleep(1)
            async with bench.watch(What.ACCOUNTS) as again:
                await again.live()
                assert len(bench.venue.connections) == 1
            await asyncio.sleep(30)  # the venue would count an eighth request
            assert [watch.state for watch in (orders, fills, positions)] == [WatchState.LIVE] * 3
            await asyncio.sleep(3600)
            assert [sorted(one.topics) for one in bench.venue.connections] == [["fills", "orders", "positions"]]

    at_its_limits(test, limits)


@pytest.mark.parametrize("per_line", [None, 12])
def test_limits_that_no_full_connection_could_keep_are_no_limits(per_line: int | None) -> None:
    with pytest.raises(ValueError, match="could not be made anew"):
        structs.replace(LIMITS, per_line=per_line)


def test_more_than_an_address_may_have_is_refused_before_anything_is_sent_and_leaving_makes_room() -> None:
    limits = StreamLimits(connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=3, per_address=12)

    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=NAMES) as watch:
            await watch.live()
            said = list(bench.venue.frames)
            with pytest.raises(NotSupported, match=r"13 subscriptions from one address, where the venue takes 12"):
                async with bench.watch(What.TICKERS, symbols=("A", "X", "Y", "Z")):
                    pass
            async with bench.watch(What.TICKERS, symbols=("X", "Y", "Z"), fallback_s=1.0) as read:
                await read.live()
            assert bench.venue.frames == said
            other = AccountStreams(bench.streams._means)  # pyright: ignore[reportPrivateUsage] - of the same address
            bench.streams, own = other, bench.streams
            with pytest.raises(NotSupported, match="13 subscriptions"):
                async with bench.watch(What.TICKERS, symbols=("A", "B", "C")):
                    pass
            bench.streams = own
        async with bench.watch(What.TICKERS, symbols=tuple("KLMNOPQRSTUV")) as watch:
            await watch.live()

    at_its_limits(test, limits)


def test_more_accounts_than_an_address_may_have_are_refused_before_anything_is_sent() -> None:
    limits = StreamLimits(connects=RateLimit(100, 60.0), messages_per_s=10, per_frame=3, users=2)

    async def test(bench: Bench) -> None:
        own = bench.streams
        async with bench.watch(What.ORDERS) as watch:
            await watch.live()
            for key in ("key", "second", "third"):
                bench.venue.keys.add(key)
                means = own._means._replace(  # pyright: ignore[reportPrivateUsage] - of the same address
                    credentials=Credentials(key=key, secret="secret")
                )
                bench.streams = AccountStreams(means)
                if key == "third":
                    said = len(bench.venue.frames)
                    with pytest.raises(NotSupported, match="3 accounts from one address, where the venue takes 2"):
                        async with bench.watch(What.ORDERS):
                            pass
                    assert len(bench.venue.frames) == said
                    async with bench.watch(What.TICKERS, symbols=NAMES) as prices:
                        await prices.live()
                else:
                    other = bench.watch(What.ORDERS)
                    await other.__aenter__()
                    await other.live()
                own_watches.append(bench.streams)
        for streams in own_watches:
            await streams.aclose()
        bench.streams = own

    own_watches: list[AccountStreams] = []
    at_its_limits(test, limits)


def test_what_waits_for_the_other_connections_is_thinned_out_where_it_would_be_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("futures_async.streams.streamed.BUFFERED", 50)

    async def test(bench: Bench) -> None:
        async with bench.watch(What.TICKERS, symbols=NAMES) as watch:
            await watch.live()
            bench.venue.faults.refused_connection = 1.0
            [of_last] = [one for one in bench.venue.connections if "tickers:J" in one.topics]
            of_last.abort()
            for price in range(100, 400):
                bench.venue.tick("A", str(price))
                await asyncio.sleep(0.1)
                if price == 300:
                    assert watch.state is WatchState.STALE
                    bench.venue.faults.refused_connection = 0.0
            await watch.live()
            assert watch.current["A/USDT:USDT"].last_price == 399
            assert [event.reason for event in bench.happened("lost")] == ["cut without a goodbye"]

    at_its_limits(test)
