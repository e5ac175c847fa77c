"""What is shared when the server's clock is set: nothing is younger than it is, and nobody waits for the old time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from futures_async.portfolio import share
from futures_async.portfolio.share import Member
from futures_async.testing import virtual_time
from futures_async.transport.limits.redis_server import RedisServer
from futures_async.transport.runtime import current_runtime
from futures_async.unified.models import Position, to_json
from tests.fakes import position

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
