"""What all venues' connections have in common: logins, heartbeats, limits, cuts, and being told in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal as D
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from futures_async.simulator.dialect import Dialect
from futures_async.simulator.exchange import SimulatedExchange, Venue
from futures_async.simulator.stream_dialect import (
    Answer,
    Deed,
    Frame,
    Line,
    MarketChannel,
    Rules,
    StreamDialect,
    Subscribe,
    Subscription,
)
from futures_async.simulator.streams.hub import Refused, StreamHub
from tests.simulator.streams.rig import BTC, BUY, SELL, VENUES, StreamBench, channel_of

BITGET = ("bitget", "bitget-uta")


@pytest.fixture(params=VENUES)
def bench(request: pytest.FixtureRequest) -> StreamBench:
    return StreamBench(request.param)


def test_a_fill_is_told_when_it_happens_though_nobody_asks(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1", "89000")
    peer = bench.listen()
    bench.wait(20)
    peer.heard()
    bench.exchange.engine.marks.pin(BTC, D(88_999))
    bench.wait(0.4)
    assert peer.heard() == []
    bench.wait(0.1)
    assert len({channel_of(frame) for frame in peer.heard()}) >= 3
    assert bench.account.fills[-1].created_ms == bench.now


def test_nothing_is_settled_for_nobody(bench: StreamBench) -> None:
    bench.trade(BUY, "0.1", "89000")
    bench.exchange.engine.marks.pin(BTC, D(88_999))
    bench.connect()  # not logged in
    bench.wait(10)
    assert bench.account.fills == []
    assert bench.listen().heard() == []  # what came with the login is no push: nothing was subscribed then
    assert len(bench.account.fills) == 1


def test_every_connection_of_an_account_is_told_the_same(bench: StreamBench) -> None:
    first, second, other = bench.listen(), bench.listen(), bench.connect()
    bench.trade(BUY, "0.1")
    heard = first.heard()
    assert len(heard) >= 3
    assert heard == second.heard()
    assert other.heard() == []


def test_a_connection_that_has_ended_is_told_nothing(bench: StreamBench) -> None:
    peer = bench.listen()
    peer.session.hang_up()
    assert bench.hub.sessions == set()
    assert bench.hub.next_s is None
    bench.trade(BUY, "0.1")
    peer.say(bench.speech.ping)
    assert peer.heard() == []


def test_whoever_logs_in_again_is_told_once(bench: StreamBench) -> None:
    peer = bench.listen()
    bench.login(peer)
    bench.trade(BUY, "0.1", "80000")
    assert len([frame for frame in peer.heard() if "order" in str(channel_of(frame))]) == 1


@pytest.mark.parametrize("venue", BITGET)
def test_two_minutes_without_a_heartbeat_cut_the_line_though_data_flow(venue: str) -> None:
    bench = StreamBench(venue)
    peer = bench.listen()
    bench.wait(100)
    assert peer.ask("ping") == ["pong"]
    for _ in range(11):
        bench.wait(10)
        bench.trade(BUY, "0.001")
        bench.trade(SELL, "0.001", closes=True)
    assert len(peer.heard()) > 50
    assert peer.end is None
    bench.wait(10)
    assert peer.end is not None
    assert peer.end.code is None


@pytest.mark.parametrize("venue", BITGET)
def test_a_day_is_the_longest_life(venue: str) -> None:
    bench = StreamBench(venue)
    peer = bench.connect()
    for _ in range(24 * 60 - 1):
        peer.say("ping")
        bench.wait(60)
    assert peer.end is None
    bench.wait(60)
    assert peer.end is not None
    assert peer.end.code == 1000


def test_a_bitmart_connection_lives_without_heartbeats() -> None:
    bench = StreamBench("bitmart")
    peer = bench.connect()
    bench.wait(2 * 86_400)
    assert peer.end is None


@pytest.mark.parametrize("venue", BITGET)
def test_the_eleventh_message_in_a_second_is_too_many(venue: str) -> None:
    bench = StreamBench(venue)
    peer = bench.connect()
    for _ in range(10):
        assert peer.ask("ping") == ["pong"]
        bench.wait(0.1)
    for _ in range(10):
        peer.say("ping")
    (*_, last) = peer.heard()
    assert last["code"] == 30006
    assert peer.end is not None


@pytest.mark.parametrize("venue", BITGET)
def test_two_hundred_and_forty_subscribe_requests_an_hour(venue: str) -> None:
    bench = StreamBench(venue)
    peer = bench.connect(public=True)
    ticker = {"bitget": ("ticker:BTCUSDT", "USDT-FUTURES"), "bitget-uta": ("ticker:BTCUSDT", "usdt-futures")}[venue]
    subscribe = bench.speech.subscribe(ticker[0], product=ticker[1])
    for _ in range(240):
        peer.say(subscribe)
        bench.now += 200
    assert peer.end is None
    peer.say(subscribe)
    assert peer.end is not None


def test_long_messages_close_with_1009(bench: StreamBench) -> None:
    peer = bench.connect()
    peer.say(b"x" * 70_000)
    assert peer.end is not None
    assert peer.end.code == 1009


@pytest.mark.parametrize("venue", BITGET)
def test_connections_of_one_address_are_counted(venue: str) -> None:
    bench = StreamBench(venue)
    peers = [bench.connect() for _ in range(100)]
    with pytest.raises(Refused) as refused:
        bench.connect()
    assert refused.value.status == 429
    bench.hub.open(bench.speech.private, client="10.0.0.2", wake=lambda: None)
    peers[0].session.hang_up()
    bench.connect()


@pytest.mark.parametrize("venue", BITGET)
def test_attempts_of_one_address_are_counted(venue: str) -> None:
    bench = StreamBench(venue)
    for _ in range(300):
        bench.connect().session.hang_up()
    with pytest.raises(Refused, match="429"):
        bench.connect()
    bench.now += 300_000
    bench.connect()


def test_an_unknown_path_is_refused(bench: StreamBench) -> None:
    assert not bench.hub.knows("/elsewhere")
    with pytest.raises(Refused, match="404"):
        bench.hub.open("/elsewhere", client="10.0.0.1", wake=lambda: None)


def test_everything_can_be_cut_at_once(bench: StreamBench) -> None:
    peers = [bench.connect() for _ in range(3)]
    bench.hub.shut()
    assert all(peer.end is not None and peer.end.code is None for peer in peers)


class Tiny(StreamDialect):
    """A venue that allows two channels, and says nothing of it."""

    id = "tiny"
    paths: ClassVar[Mapping[str, bool]] = {"/tiny": False}
    rules = Rules(most_channels=2, most_characters=9)

    def read(self, message: Frame, line: Line) -> Iterable[Deed]:
        if message == "who":
            return [Answer(f"{line.private} {line.account} {line.number}")]
        channel = MarketChannel(name=str(message), look=lambda subscription: ["tick"], at_start=False)
        return [Subscribe(message, Subscription(channel), ack="ok")]

    def login_refused(self, line: Line) -> Frame:
        return "no"


def tiny() -> StreamHub:
    exchange = SimulatedExchange(dialects=[])

    rest = SimpleNamespace(streams=Tiny)  # as much of a venue as a hub looks at
    exchange.venues["tiny"] = cast("Venue", SimpleNamespace(dialect=rest))
    return StreamHub(exchange)


def test_channels_of_one_connection_are_counted() -> None:
    session = tiny().open("/tiny", client="10.0.0.1", wake=lambda: None)
    for message in ("who", "a", "b", "a"):
        session.hear(message)
    assert session.end is None
    session.hear("c")
    assert list(session.outbox)[1:] == ["ok"] * 3
    assert session.end is not None


def test_characters_of_one_connections_channels_are_counted() -> None:
    session = tiny().open("/tiny", client="10.0.0.1", wake=lambda: None)
    for message in ("12345", "12345", "6789"):
        session.hear(message)
    assert session.end is None
    session = tiny().open("/tiny", client="10.0.0.1", wake=lambda: None)
    for message in ("12345", "67890"):
        session.hear(message)
    assert session.end is not None


def test_at_okx_ends_of_subscriptions_and_logins_count_as_well() -> None:
    bench = StreamBench("okx")
    peer = bench.listen()  # a login and a subscription
    for number in range(478):
        peer.say(bench.speech.subscribe("account", op=("unsubscribe", "subscribe")[number % 2]))
        peer.say("ping")
        bench.now += 400
    assert peer.end is None
    (*_, last) = peer.ask(bench.speech.subscribe("account", op="unsubscribe"))
    assert (last["code"], peer.end is not None) == ("60014", True)


def test_a_venue_need_not_have_streams_nor_more_words_than_it_must() -> None:
    assert Dialect.streams(cast("Dialect", None)) is None
    dialect, line = Tiny(), tiny().open("/tiny", client="10.0.0.1", wake=lambda: None)
    assert dialect.announced(line) is None
    assert dialect.refused(Subscription(MarketChannel(name="x", look=lambda subscription: [])), line) is None


def test_a_session_can_be_told_of_any_account_only_by_its_owner(bench: StreamBench) -> None:
    peer = bench.listen()
    stranger: Any = bench.exchange.engine.open_account("9", keys=[], family="elsewhere")
    assert peer.heard() == []
    bench.exchange.engine.deposit(stranger, "USDT", D(1))
    assert peer.heard() == []
