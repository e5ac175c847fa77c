"""When what is shared was read: nothing is younger than it is, also where a clock is set, nor read without need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from futures_async.portfolio import share
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.share import Member, RedisShare
from futures_async.portfolio.snapshot import Ok
from futures_async.testing import virtual_time
from futures_async.transport.limits.redis_server import RedisServer
from futures_async.transport.running import current_runtime
from futures_async.transport.runtime import Runtime
from futures_async.unified.models import Position, to_json
from tests.fakes import FakeReads, position

FIELD = "fake account positions"


class Scripted:
    """A server on which another process leads, and answers what is asked 20 ms later."""

    def __init__(self) -> None:
        self.clock_s = 1_000_000.0
        self.quantity = "1"
        self.kept = b""
        self.asked = 0
        self.tell: Callable[[bytes], object] = lambda said: None

    def now(self) -> float:
        return self.clock_s + asyncio.get_running_loop().time()

    async def run(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        await asyncio.sleep(0.001)
        if script == share.LEASE:
            return [b"%.6f" % self.now(), b"5", 0]
        if script == share.ASK:
            self.asked += 1
            asyncio.get_running_loop().call_later(0.02, self.answer)
            return [b"%.6f" % self.now(), self.kept]
        return 1

    def answer(self) -> None:
        value = msgspec.Raw(to_json((position(quantity=Decimal(self.quantity)),)))
        found = {"field": FIELD, "lease": "5", "asked_ago_s": 0.01, "value": value}
        self.kept = b"%.6f " % self.now() + msgspec.json.encode(found)
        self.tell(self.kept)

    async def listen(self, channels: list[str], heard: Any) -> None:
        answers, _ = channels
        self.tell = lambda said: heard(answers, said)
        await asyncio.sleep(1e6)

    async def aclose(self) -> None:
        """Nothing is open."""


async def read_it_oneself() -> tuple[Position, ...]:
    raise AssertionError("another process leads")


@pytest.mark.parametrize("set_by_s", [-10.0, 10.0])
def test_a_clock_that_is_set_makes_no_answer_younger_and_holds_none_up(set_by_s: float) -> None:
    async def main() -> None:
        server, runtime = Scripted(), current_runtime()
        member = Member(cast("RedisServer", server), ["a"], 5.0, runtime)

        async def get() -> tuple[str, float]:
            answer = await member.fetch(FIELD, read_it_oneself, tuple[Position, ...], 0.25)
            return str(answer.value[0].quantity), runtime.now() - answer.asked

        await asyncio.sleep(0.1)
        assert (await get())[0] == "1"
        await asyncio.sleep(1)
        server.clock_s += set_by_s
        server.quantity = "2"
        for _ in range(6):
            before = runtime.now()
            quantity, age_s = await get()
            assert quantity == "2"
            assert 0 <= age_s <= 0.25
            assert runtime.now() - before < 1
            await asyncio.sleep(2)
        assert server.asked < 30
        await member.aclose()

    virtual_time.run(main())


class Between:
    """A server between two processes, of which the first leads. All that is sent takes a millisecond."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.heard: list[tuple[list[str], Callable[[str, bytes], object]]] = []

    def tell(self, channel: str, said: bytes) -> None:
        for channels, heard in self.heard:
            if channel in channels:
                heard(channel, said)


class Side:
    """What one process sees of it."""

    def __init__(self, between: Between, leads: bool, late_s: float) -> None:
        self.between, self.leads, self.late_s = between, leads, late_s

    async def run(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        await asyncio.sleep(self.late_s if script == share.PUBLISH else 0.001)
        now = b"%.6f" % asyncio.get_running_loop().time()
        if script == share.LEASE:
            return [now, b"5", int(self.leads)]
        if script == share.ASK:
            channel, question, field = arguments
            self.between.tell(channel, question.encode())
            return [now, self.between.kept.get(field, b"")]
        if script == share.PUBLISH:
            _, channel, field, answer, _, said_at = arguments
            self.between.kept[field] = said = min(now, said_at.encode(), key=float) + b" " + answer.encode()
            self.between.tell(channel, said)
        return 1

    async def listen(self, channels: list[str], heard: Callable[[str, bytes], object]) -> None:
        self.between.heard.append((channels, heard))
        await asyncio.sleep(1e6)

    async def aclose(self) -> None:
        """Nothing is open."""


class Sharing(RedisShare):
    """By no server, but by what lies between."""

    def __init__(self, between: Between, *, leads: bool, late_s: float = 0.001) -> None:
        super().__init__("redis://127.0.0.1")
        self.between, self.leads, self.late_s = between, leads, late_s

    def join(self, accounts: Sequence[str], runtime: Runtime) -> Member:
        return Member(cast("RedisServer", Side(self.between, self.leads, self.late_s)), accounts, 5.0, runtime)


@pytest.mark.parametrize(
    ("read_s", "somebody_reads", "reads", "took_s"), [(0.15, True, 2, 0.25), (0.7, False, 1, 0.7), (0.4, True, 2, 0.75)]
)
def test_what_a_follower_asks_for_now_is_read_next_and_once(
    read_s: float, somebody_reads: bool, reads: int, took_s: float
) -> None:
    """A read that the leader had begun before is followed at once, and what is asked again is not read again."""

    async def main() -> None:
        between, fake = Between(), FakeReads([], [], delay_s=read_s)

        def count() -> int:
            return [what for _, what in fake.calls].count("positions")

        shares = [Sharing(between, leads=leads) for leads in (True, False)]
        async with Portfolio([fake], share=shares[0]) as leader, Portfolio([FakeReads()], share=shares[1]) as follower:
            await leader.snapshot(deadline_s=5)
            await follower.snapshot(deadline_s=5)
            await asyncio.sleep(2)
            before = count()
            others = asyncio.create_task(leader.snapshot(deadline_s=5)) if somebody_reads else None
            await asyncio.sleep(0.05)
            fake.positions = [position()]
            start = asyncio.get_running_loop().time()
            state = (await follower.snapshot(max_age_s=0, deadline_s=2)).venues["fake"]
            assert asyncio.get_running_loop().time() - start == pytest.approx(took_s, abs=0.02)
            assert isinstance(state, Ok)
            assert state.data.positions == (position(),)
            await asyncio.sleep(2)
            assert count() - before == reads
            if others is not None:
                await others

    virtual_time.run(main())


def test_what_was_long_on_its_way_to_the_server_is_as_old_as_that() -> None:
    """It is the leader's answer all the same: its lease holds."""

    async def main() -> None:
        between, fake = Between(), FakeReads([position()], [], delay_s=0.05)
        shares = [Sharing(between, leads=leads, late_s=4.0) for leads in (True, False)]
        async with Portfolio([fake], share=shares[0]) as leader, Portfolio([FakeReads()], share=shares[1]) as follower:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(leader.snapshot(deadline_s=10))
                await asyncio.sleep(0.1)
                state = (await follower.snapshot(deadline_s=10, max_age_s=5)).venues["fake"]
            assert state.data is not None
            assert state.data.positions == (position(),)
            assert state.age_s is not None
            assert 4.0 < state.age_s < 4.2

    virtual_time.run(main())
