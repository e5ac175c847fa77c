"""The simulated streams behind the library's own seam, in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import Order, Ticket
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.streams.backend import CLOSE_S, StreamConnection, StreamEnd, StreamFailure, StreamRequest
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import OrderType
from tests.simulator.streams.rig import BTC, BUY, NOON, SPEECH, channel_of, decoded

SPEAK = SPEECH["bitget"]


class Ear:
    """Keeps what arrives, and when."""

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.times: list[float] = []
        self.ends: list[StreamEnd] = []

    def received(self, data: bytes, *, binary: bool) -> None:
        self.frames.append(decoded(data if binary else data.decode()))
        self.times.append(asyncio.get_running_loop().time())

    def ended(self, end: StreamEnd) -> None:
        self.ends.append(end)


class Stage:
    """An exchange on the loop's clock, and one connection that listens."""

    def __init__(self, plan: FaultPlan | None = None, *, latency_s: float = 0.0) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        self.exchange = SimulatedExchange(
            only=["bitget"], setup=Setup(empty=True), now_ms=lambda: NOON + int((loop.time() - start) * 1000)
        )
        self.exchange.engine.marks.pin(BTC, D(90_000))
        self.streams = InProcessStreams(self.exchange, plan, latency_s=latency_s)
        self.ear = Ear()
        self.connection: StreamConnection

    async def connect(self, path: str = SPEAK.private) -> Stage:
        self.connection = await self.streams.connect(StreamRequest(url=f"ws://127.0.0.1{path}?x=1"), self.ear)
        return self

    async def listen(self) -> Stage:
        await self.connect()
        key = self.exchange.venues["bitget"].key
        self.connection.send(json.dumps(SPEAK.log_in(key, self.exchange.now_ms())))
        self.connection.send(json.dumps(SPEAK.subscribe(*SPEAK.everything)))
        await asyncio.sleep(1)
        self.ear.frames.clear()
        self.ear.times.clear()
        return self

    def place(self, price: int = 80_000) -> Order:
        account = self.exchange.venues["bitget"].account
        ticket = Ticket(symbol=BTC, side=BUY, type=OrderType.LIMIT, quantity=D("0.01"), price=D(price))
        with self.exchange.engine.arithmetic():
            return self.exchange.engine.orders.place(account, ticket).order


def test_frames_take_their_time_each_way() -> None:
    async def main() -> None:
        stage = await Stage(latency_s=0.05).connect()
        assert asyncio.get_running_loop().time() == pytest.approx(1000.1)
        stage.connection.send("ping")
        await asyncio.sleep(1)
        assert stage.ear.frames == ["pong"]
        assert stage.ear.times == [pytest.approx(1000.2)]

    run(main())


def test_an_order_is_pushed_and_a_fill_comes_by_itself() -> None:
    async def main() -> None:
        stage = await Stage().listen()
        stage.place(89_000)
        assert stage.ear.frames == []  # never in the middle of the caller's work
        await asyncio.sleep(0)
        assert channel_of(stage.ear.frames[0]) == "orders"
        stage.ear.frames.clear()
        await asyncio.sleep(30)
        stage.exchange.engine.marks.pin(BTC, D(88_000))
        await asyncio.sleep(0.6)
        assert "filled" in json.dumps(stage.ear.frames)

    run(main())


def test_frames_of_one_moment_keep_their_order() -> None:
    async def main() -> None:
        stage = await Stage(latency_s=0.01).listen()
        ids = [str(stage.place().id) for _ in range(50)]
        await asyncio.sleep(1)
        told = [frame["data"][0]["orderId"] for frame in stage.ear.frames if channel_of(frame) == "orders"]
        assert told == ids

    run(main())


def test_a_frame_whose_timer_fires_a_little_early_does_not_wait_for_the_next_one() -> None:
    async def main() -> None:
        stage, loop = await Stage(latency_s=0.05).connect(), asyncio.get_running_loop()
        # Whatever is due within what the clock can tell fires together.
        loop.call_later(0.05 - 5e-10, lambda: None)
        stage.connection.send("ping")
        await asyncio.sleep(1)
        assert stage.ear.frames == ["pong"]

    run(main())


def test_a_day_passes_and_the_connection_with_it() -> None:
    async def main() -> None:
        stage = await Stage().connect()
        for _ in range(24 * 60):
            stage.connection.send("ping")
            await asyncio.sleep(60)
        await asyncio.sleep(1)
        assert stage.ear.ends == [StreamEnd(kind="closed", code=1000)]
        assert len(stage.ear.frames) == 24 * 60
        stage.connection.send("ping")
        await stage.connection.aclose()
        stage.connection.abort()
        assert len(stage.ear.ends) == 1

    run(main())


def test_refusals_are_failures_with_their_status() -> None:
    async def main() -> None:
        with pytest.raises(StreamFailure) as failure:
            await Stage().connect("/elsewhere")
        assert (failure.value.kind, failure.value.status) == ("protocol", 404)

    run(main())


async def cut(stage: Stage) -> None:
    stage.place()


async def goodbye(stage: Stage) -> None:
    await stage.connection.aclose()


async def leave(stage: Stage) -> None:
    stage.connection.abort()
    stage.connection.abort()
    stage.place()


@pytest.mark.parametrize(
    ("fault", "deed", "kind"),
    [
        ("line-cut", cut, "lost"),
        ("line-closed", cut, "closed"),
        (None, goodbye, "closed"),
        (None, leave, "lost"),
    ],
)
def test_each_end_is_told_once(fault: str | None, deed: Callable[[Stage], Awaitable[None]], kind: str) -> None:
    async def main() -> None:
        plan = FaultPlan(seed=2)
        if fault is not None:
            plan.add(fault, channels=["orders"])
        stage = await Stage(plan, latency_s=0.01).listen()
        await deed(stage)
        await asyncio.sleep(1)
        (end,) = stage.ear.ends
        assert end.kind == kind
        assert stage.streams.hub.sessions == set()
        frames = len(stage.ear.frames)
        stage.place()
        await asyncio.sleep(1)
        assert len(stage.ear.frames) == frames

    run(main())


def test_nobody_answers_a_goodbye_on_a_silent_line() -> None:
    async def main() -> None:
        plan = FaultPlan()
        plan.add("line-silent", channels=["orders"])
        stage = await Stage(plan).listen()
        stage.place()
        before = asyncio.get_running_loop().time()
        await stage.connection.aclose()
        assert asyncio.get_running_loop().time() - before == pytest.approx(CLOSE_S)
        await asyncio.sleep(0)
        assert stage.ear.ends == [StreamEnd(kind="lost")]

    run(main())


def test_binary_frames_are_handed_over_as_such() -> None:
    async def main() -> None:
        exchange = SimulatedExchange(only=["bitmart"], setup=Setup(empty=True))
        streams = InProcessStreams(exchange)
        setattr(streams.hub.dialects["bitmart"], "deflates", True)  # noqa: B010 - that venue's own
        ear = Ear()
        connection = await streams.connect(StreamRequest(url="ws://127.0.0.1/api"), ear)
        connection.send('{"action":"ping"}')
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert ear.frames[0]["group"] == "System"
        connection.abort()

    run(main())


def test_one_backend_serves_one_loop_after_another() -> None:
    exchange = SimulatedExchange(only=["bitget"], setup=Setup(empty=True))
    streams = InProcessStreams(exchange)

    async def main() -> None:
        ear = Ear()
        connection = await streams.connect(StreamRequest(url="ws://127.0.0.1/v2/ws/public"), ear)
        connection.send("ping")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert ear.frames == ["pong"]
        await connection.aclose()

    for _ in range(3):
        asyncio.run(main())
