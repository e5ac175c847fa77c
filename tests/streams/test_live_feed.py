"""A feed that is about to be live: what was asked of it meanwhile is not forgotten."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import cast

import pytest

from futures_async.streams import streamed
from futures_async.streams.dialect import Channel, Topic, What
from futures_async.streams.events import Reporter
from futures_async.streams.feed import Surroundings
from futures_async.streams.fills import Fills
from futures_async.streams.picture import LAG_S, Push
from futures_async.streams.spread import Spread
from futures_async.streams.streamed import StreamFeed
from futures_async.testing import virtual_time
from futures_async.transport.running import current_runtime
from futures_async.unified.enums import Side
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.models import Fill
from futures_async.unified.watching import Change, WatchState

NOON_MS = 1_770_000_000_000
ANSWER_S = 0.1
TOPIC = Topic(Channel("fills", (What.FILLS,), dict), "fills", "fills")


class Standing:
    """A line that stands."""

    patience_s = math.inf
    alive_at = 0.0

    def add(self, *_: object) -> None:
        """Nothing to subscribe to."""

    remove = add


class Ear:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.told: list[Change[Fill]] = []

    def take(self, changes: Sequence[Change[Fill]]) -> None:
        self.told += changes

    def fail(self, error: FuturesAsyncError) -> None:
        raise error


class History:
    """Lists an execution once it has heard of it."""

    def __init__(self) -> None:
        self.listed: list[Fill] = []
        self.reads = 0

    async def now(self) -> None:
        return None

    async def since(self, since_ms: int) -> Sequence[Fill]:
        found = tuple(self.listed)
        self.reads += 1
        await asyncio.sleep(ANSWER_S)
        return found

    async def one(self, item: Fill) -> Fill | None:
        return item


def feed_of(history: History, now_ms: Callable[[], int]) -> StreamFeed[Fill]:
    async def know_time() -> None:
        """It is known."""

    around = Surroundings(current_runtime(), now_ms, lambda: 0, know_time, lambda: 0.5, Reporter("toy", None))
    line = cast("Spread", Standing())
    return StreamFeed(
        What.FILLS, Fills(), history, line, [TOPIC], around, audit_s=100.0, stirred=lambda _, changes: None
    )


@pytest.mark.parametrize("settled", [False, True])
def test_what_a_later_push_has_settled_is_not_read(settled: bool) -> None:
    async def main() -> None:
        runtime, history = current_runtime(), History()
        feed = feed_of(history, lambda: NOON_MS)
        feed.start()
        feed.acknowledged(TOPIC.key, overlapped=False)
        await feed.until_live()
        reads = history.reads
        feed.picture.unsettled["USDT"] = runtime.now()
        feed.pushed(Push([]), True, runtime.now())
        if settled:
            feed.picture.unsettled.clear()
        feed.pushed(Push([]), True, runtime.now())
        await asyncio.sleep(LAG_S + 2 * ANSWER_S)
        assert (history.reads == reads) is settled
        await feed.aclose()

    virtual_time.run(main())


def test_a_push_that_leaves_doubt_just_before_the_feed_is_live_is_read_up_soon() -> None:
    async def main() -> None:
        runtime, history = current_runtime(), History()
        began = runtime.now()

        def now_ms() -> int:
            return NOON_MS + int((runtime.now() - began) * 1000)

        feed = feed_of(history, now_ms)
        ear = Ear()
        feed.listeners += (ear,)
        feed.start()
        feed.acknowledged(TOPIC.key, overlapped=False)
        # The last read before it is live: it is answered by what has not heard of the execution.
        await asyncio.sleep(LAG_S + ANSWER_S / 2)
        states = [feed.state]
        feed.pushed(Push([], executed={"7": Decimal(1)}), True, runtime.now())
        history.listed.append(fill(now_ms()))
        await feed.until_live()
        assert [*states, feed.state] == [WatchState.SYNCING, WatchState.LIVE]
        assert runtime.now() - began < 2 * LAG_S
        assert ear.told == []
        await asyncio.sleep(LAG_S + 2 * ANSWER_S)
        assert [change.item.fill_id for change in ear.told] == ["1"]
        await feed.aclose()

    virtual_time.run(main())


def test_what_comes_as_repetitions_are_thinned_out_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "BUFFERED", 6)

    async def main() -> None:
        runtime, history, ear = current_runtime(), History(), Ear()
        feed = feed_of(history, lambda: NOON_MS)
        feed.listeners += (ear,)
        feed.start()
        for fill_id in "1222223":
            feed.pushed(Push([fill(NOON_MS, fill_id)]), True, runtime.now())
        feed.acknowledged(TOPIC.key, overlapped=False)
        await feed.until_live()
        assert [change.item.fill_id for change in ear.told] == ["1", "2", "3"]
        await feed.aclose()

    virtual_time.run(main())


def fill(at_ms: int, fill_id: str = "1") -> Fill:
    return Fill(
        venue="toy",
        fill_id=fill_id,
        order_id="7",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        side=Side.BUY,
        price=Decimal(100),
        quantity=Decimal(1),
        created_ms=at_ms,
    )
