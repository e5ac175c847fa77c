"""Many readers of one process: each gets every fill, once and in order, whether quick, slow, or cut off and back."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import random
import re
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

import futures_async as fa
from futures_async.web.events import _stream as stream
from futures_async.web.picture import KEPT, Picture
from tests.examples.test_web_service import over_a_socket
from tests.web.conftest import Asked, place_stop
from tests.web.test_events import read

pytestmark = pytest.mark.asyncio

FILLS = KEPT - 12
READERS = 100


class Reader:
    """Reads at its own pace, and is cut off now and then; what it has, as the page keeps it."""

    def __init__(self, picture: Picture, seed: int, cut: float) -> None:
        self._picture = picture
        self._draw = random.Random(seed)
        self._cut = cut
        self.fills: list[int] = []
        self.snapshots = 0
        self.last: int | None = None
        self.has_all = asyncio.Event()

    async def run(self) -> None:
        while not self._picture.stopped:
            async with aclosing(stream(self._picture, self.last)) as pieces:
                async for piece in pieces:
                    self._take(piece)
                    for _ in range(self._draw.randrange(12)):
                        await asyncio.sleep(0)
                    if self._draw.random() < self._cut:
                        break

    def _take(self, piece: bytes) -> None:
        for number, kind, data in read(piece):
            if kind == "snapshot":
                self.snapshots += 1
                self.fills = [fill["number"] for fill in reversed(data["fills"])]
            elif kind == "fill":
                self.fills.append(data["number"])
            self.last = number
            if number == FILLS:
                self.has_all.set()


async def test_each_of_many_readers_gets_every_fill_once(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    monkeypatch.setattr(picture, "look", lambda: None)
    picture._seen.set()
    readers = [Reader(picture, seed, cut=0.1 if seed % 2 else 0.0) for seed in range(READERS)]
    draw = random.Random(0)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for reader in readers:
            group.create_task(reader.run())
        await asyncio.sleep(0)
        for number in range(FILLS):
            picture._fill({"number": number})
            for _ in range(draw.randrange(3)):
                await asyncio.sleep(0)
        for reader in readers:
            await reader.has_all.wait()
        await picture.aclose()
    assert all(reader.fills == list(range(FILLS)) for reader in readers)
    assert {reader.snapshots for reader in readers} == {1}
    assert picture.readers == 0


async def test_the_program_of_the_documents_follows_what_the_page_shows(asked: Asked) -> None:
    page = (Path(__file__).parents[2] / "docs" / "web.md").read_text("utf-8")
    names: dict[str, Any] = {}
    (program,) = re.findall(r"```py\n(.*?)```", page, re.DOTALL)
    exec(compile(program, "docs/web.md", "exec", dont_inherit=True), names)
    bitget = asked.portfolio.exchanges["bitget"]
    seen: list[dict[str, Any]] = []
    stop, shown = await place_stop(bitget), False
    key = f"bitget {stop.order_id}"

    class Enough(Exception):
        pass

    async def see(picture: dict[str, Any]) -> None:
        nonlocal shown
        seen.append(picture)
        if key in picture["stops"] and not shown:
            shown = True
            await bitget.cancel_trigger_order(stop.symbol, order_id=stop.order_id)
            await bitget.create_order(fa.OrderRequest(symbol=stop.symbol, side="buy", type="market", quantity="0.01"))
        if shown and key not in picture["stops"] and picture["fills"]:
            raise Enough

    async with over_a_socket(asked.app) as client, asyncio.timeout(60):
        with pytest.raises(Enough):
            await names["follow"](client, see)
        picture: Picture = asked.app.state.picture
        assert seen[-1]["positions"].keys() == picture._rows["positions"].keys()
        assert seen[-1]["fills"][0]["quantity"] == "0.01"


async def test_fills_of_orders_reach_all_sockets(asked: Asked) -> None:
    bitget = asked.portfolio.exchanges["bitget"]
    found: list[list[str]] = [[] for _ in range(30)]
    begun = asyncio.Semaphore(0)

    async with over_a_socket(asked.app) as client:

        async def read_one(fills: list[str]) -> None:
            async with client.stream("GET", "/events") as answer:
                async for line in answer.aiter_lines():
                    if line == "event: snapshot":
                        begun.release()
                    elif line.startswith('data: {"key":"bitget ') and '"fill_id":"' in line:
                        fills.append(line.partition('"fill_id":"')[2].partition('"')[0])
                        if len(fills) == 3:
                            return

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for fills in found:
                group.create_task(read_one(fills))
            for _ in found:
                await begun.acquire()
            for _ in range(3):
                await bitget.create_order(
                    fa.OrderRequest(symbol="BTC/USDT:USDT", side="buy", type="market", quantity="0.01")
                )
    known = [fill.fill_id for fill in await bitget.fetch_fills(limit=3)]
    assert all(sorted(fills) == sorted(known) for fills in found)
