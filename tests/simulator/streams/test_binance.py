"""Binance's user stream on the simulated exchange, and a client whose key lives for an hour at a time."""

from __future__ import annotations

import json
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.adapters import Binance
from futures_async.simulator.app import announcement
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.records import Ticket
from futures_async.simulator.streams.hub import StreamHub
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.testing.virtual_time import run
from futures_async.transport.clock import loop_time
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import Intent, OrderType, PositionMode, Side
from futures_async.unified.models import OrderRequest
from futures_async.unified.watching import ChangeSource, WatchState
from tests.simulator.streams.rig import BTC, NOON

HOUR_MS = 3_600_000


class Bench:
    """The exchange on a clock that is moved by hand, and one connection."""

    def __init__(self, mode: PositionMode = PositionMode.ONE_WAY) -> None:
        self.now_ms = NOON
        setup = Setup(empty=True, position_mode=mode)
        self.exchange = SimulatedExchange(only=["binance"], setup=setup, now_ms=lambda: self.now_ms)
        self.hub = StreamHub(self.exchange)
        self.account = self.exchange.venues["binance"].account
        self.account.extra |= {"listenKey": "k1", "listenKeyUntil": str(NOON + HOUR_MS)}

    def connect(self, query: str = "listenKey=k1", path: str = "/private/ws") -> Any:
        return self.hub.open(path, client="10.0.0.1", wake=lambda: None, query=query)

    def trade(self, side: Side, **fields: Any) -> None:
        ticket = Ticket(symbol=BTC, side=side, type=OrderType.MARKET, quantity=D("0.01"), **fields)
        with self.exchange.engine.arithmetic():
            self.exchange.engine.orders.place(self.account, ticket)


def heard(session: Any) -> list[Any]:
    frames = [json.loads(frame) for frame in session.outbox]
    session.outbox.clear()
    return frames


def test_nothing_is_shown_at_the_start_and_each_event_tells_what_it_changed() -> None:
    bench = Bench()
    session = bench.connect()
    assert heard(session) == []
    bench.trade(Side.BUY)
    frames = heard(session)
    orders = [frame["o"] for frame in frames if frame["e"] == "ORDER_TRADE_UPDATE"]
    assert [(row["x"], row["X"], row["t"] != 0) for row in orders] == [("NEW", "NEW", False), ("TRADE", "FILLED", True)]
    assert "n" not in orders[0]
    assert D(orders[1]["n"]) > 0
    rows = [row for frame in frames if frame["e"] == "ACCOUNT_UPDATE" for row in frame["a"]["P"]]
    assert {(row["ps"], row["pa"]) for row in rows} == {("BOTH", "0.01")}
    bench.trade(Side.SELL, reduce_only=True)
    rows = [row for frame in heard(session) if frame["e"] == "ACCOUNT_UPDATE" for row in frame["a"]["P"]]
    assert rows[-1]["pa"] == "0"


def test_in_hedge_mode_the_empty_net_row_comes_along() -> None:
    bench = Bench(PositionMode.HEDGE)
    session = bench.connect()
    bench.trade(Side.SELL, intent=Intent.OPEN)
    rows = [row for frame in heard(session) if frame["e"] == "ACCOUNT_UPDATE" for row in frame["a"]["P"]]
    assert {(row["ps"], row["pa"]) for row in rows} == {("BOTH", "0"), ("LONG", "0"), ("SHORT", "-0.01")}


@pytest.mark.parametrize(
    ("query", "path"), [("", "/private/ws"), ("listenKey=other", "/private/ws"), ("", "/ws"), ("events=x", "/ws")]
)
def test_without_a_good_key_the_line_stands_and_stays_silent(query: str, path: str) -> None:
    bench = Bench()
    session = bench.connect(query, path)
    bench.trade(Side.BUY)
    session.hear('{"method":"LIST_SUBSCRIPTIONS","id":7}')
    assert heard(session) == [{"result": [], "id": 7}]


def test_an_envelope_names_the_key_where_the_path_has_one() -> None:
    bench = Bench()
    session = bench.connect(path="/private/stream")
    bench.trade(Side.BUY)
    frames = heard(session)
    assert {frame["stream"] for frame in frames} == {"k1"}
    assert {"ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"} <= {frame["data"]["e"] for frame in frames}


def test_prices_are_told_to_who_asks_where_they_are() -> None:
    bench = Bench()
    session = bench.connect("", "/market/ws")
    names = ["btcusdt@ticker", "btcusdt@markPrice@1s", "nonsense@ticker", "btcusdt@nonsense"]
    session.hear(json.dumps({"method": "SUBSCRIBE", "params": names, "id": 5}))
    assert heard(session) == [{"result": None, "id": 5}]
    bench.now_ms += 2000
    bench.hub.advance()
    frames = heard(session)
    assert {frame["e"] for frame in frames} == {"24hrTicker", "markPriceUpdate"}
    assert {frame["s"] for frame in frames} == {"BTCUSDT"}
    session.hear(json.dumps({"method": "UNSUBSCRIBE", "params": names, "id": 6}))
    assert heard(session) == [{"result": None, "id": 6}]
    bench.now_ms += 5000
    bench.hub.advance()
    assert heard(session) == []
    elsewhere = bench.connect("", "/ws")
    elsewhere.hear(json.dumps({"method": "SUBSCRIBE", "params": names, "id": 7}))
    bench.now_ms += 5000
    bench.hub.advance()
    assert heard(elsewhere) == [{"result": None, "id": 7}]


def test_the_paths_that_tell_something_are_announced() -> None:
    told = announcement(Bench().exchange, "http://host")["streams"]["binance"]
    assert told == {"private": "ws://host/private/ws", "public": "ws://host/market/ws"}


def test_a_subset_of_events_may_be_asked_for() -> None:
    bench = Bench()
    session = bench.connect("listenKey=k1&events=ACCOUNT_UPDATE")
    bench.trade(Side.BUY)
    assert {frame["e"] for frame in heard(session)} == {"ACCOUNT_UPDATE"}
    named = bench.connect("listenKey=k1&events=ACCOUNT_UPDATE/listenKeyExpired")
    bench.now_ms += HOUR_MS
    bench.hub.advance()
    assert heard(session) == []
    assert [frame["e"] for frame in heard(named)] == ["listenKeyExpired"]


def test_control_messages_are_answered() -> None:
    session = Bench().connect()
    for message, answer in (
        ('{"method":"LIST_SUBSCRIPTIONS","id":3}', {"result": ["k1"], "id": 3}),
        ('{"method":"SUBSCRIBE","params":["k1"],"id":4}', {"result": None, "id": 4}),
        ("nonsense", {"error": {"code": 3, "msg": "Invalid JSON"}}),
    ):
        session.hear(message)
        assert heard(session) == [answer]
    session.hear('{"method":"DANCE","id":5}')
    assert heard(session)[0]["error"]["code"] == 2
    for number in range(12):
        session.hear(f'{{"method":"LIST_SUBSCRIPTIONS","id":{number}}}')
    assert session.end is not None


def test_an_expired_key_is_told_and_then_nothing_more() -> None:
    bench = Bench()
    session = bench.connect()
    bench.now_ms += HOUR_MS + 1
    bench.hub.advance()
    assert heard(session)[0]["e"] == "listenKeyExpired"
    bench.trade(Side.BUY)
    assert [frame for frame in heard(session) if frame["e"] != "listenKeyExpired"] == []


class Client:
    """An adapter on an exchange in the same process, in virtual time."""

    def __init__(self) -> None:
        self.inside = SimulatedExchange(
            only=["binance"], setup=Setup(empty=True), now_ms=lambda: NOON + int(loop_time() * 1000),
            monotonic=loop_time, uid_limit=None, endpoint_limits=False,
        )  # fmt: skip
        venue = self.inside.venues["binance"]
        self.account = venue.account
        self.exchange = Binance(
            Credentials(venue.key.key, venue.key.secret),
            base_url="http://127.0.0.1:1",
            http=InProcessBackend(self.inside),
            streams=InProcessStreams(self.inside, grid_ms=60_000),
            limiter=NoLimiter(),
        )

    def asked(self, method: str = "POST") -> int:
        return sum((one.method, one.path) == (method, "/fapi/v1/listenKey") for one in self.inside.arrivals)


def test_a_key_is_asked_for_again_before_its_hour_is_over_and_never_given_back() -> None:
    async def main() -> None:
        import asyncio

        client = Client()
        async with client.exchange as exchange, exchange.watch_orders() as orders:
            await orders.live()
            first = client.account.extra["listenKey"]
            await asyncio.sleep(3 * 3600)
            assert client.account.extra["listenKey"] == first
            assert client.asked() in (6, 7)
            assert orders.state is WatchState.LIVE
            placed = await exchange.create_order(
                OrderRequest(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, quantity=D("0.01"), price=D(80000))
            )
            change = await anext(orders)
            assert change.item.order_id == placed.order_id
        assert (client.asked("DELETE"), client.account.extra["listenKey"]) == (0, first)

    run(main())


def test_a_key_that_was_taken_away_is_replaced_and_nothing_is_missed() -> None:
    async def main() -> None:
        import asyncio

        client = Client()
        async with client.exchange as exchange, exchange.watch_orders(audit_s=100_000.0) as orders:
            await orders.live()
            first = client.account.extra["listenKey"]
            client.account.extra["listenKeyUntil"] = "0"  # another process has closed it
            await asyncio.sleep(120)
            assert client.account.extra["listenKey"] != first
            await orders.live()
            await exchange.create_order(
                OrderRequest(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, quantity=D("0.01"), price=D(80000))
            )
            assert (await anext(orders)).item.price == 80000

    run(main())


def test_a_renewal_that_fails_is_tried_again_and_another_key_makes_a_new_line() -> None:
    async def main() -> None:
        import asyncio

        client = Client()
        async with client.exchange as exchange, exchange.watch_orders(audit_s=100_000.0) as orders:
            await orders.live()
            good, tries = exchange._stream_ticket, 0  # pyright: ignore[reportPrivateUsage]
            [line] = next(iter(exchange._streams._lines.values()))  # pyright: ignore[reportPrivateUsage]

            async def bad() -> str:
                nonlocal tries
                tries += 1
                if tries == 1:
                    from futures_async.unified.errors import RequestTimeout

                    raise RequestTimeout("no answer")
                client.account.extra["listenKeyUntil"] = "0"
                return await good()

            line._setting = line._setting._replace(ticket=bad)  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(1800 + 90)
            assert tries >= 2
            await orders.live()
            assert line.alive_at > 0

    run(main())


def test_prices_are_pushed_with_their_mark_and_without_what_is_told_elsewhere() -> None:
    async def main() -> None:
        client = Client()
        async with client.exchange as exchange, exchange.watch_tickers([BTC]) as tickers:
            await tickers.live()
            client.inside.engine.marks.pin(BTC, D(91_000))
            while (change := await anext(tickers)).item.mark_price != 91_000:
                pass
            told = change.item
            assert (change.source, told.symbol) == (ChangeSource.PUSH, BTC)
            assert told.last_price > 0
            assert None not in (told.index_price, told.funding_rate)
            assert (told.bid_price, told.ask_price) == (None, None)

    run(main())
