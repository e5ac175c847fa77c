"""A row that cannot be read keeps no other from being true: not what is read, not what has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from futures_async.streams.account import Wish
from futures_async.streams.dialect import What
from futures_async.streams.picture import Picture
from futures_async.streams.watch import FeedWatch
from futures_async.transport.retry import DamagedAnswer
from futures_async.unified.enums import OrderStatus, PositionSide
from futures_async.unified.errors import DecodeError, UnreadRow, unread_rows
from futures_async.unified.models import Order
from futures_async.unified.watching import ChangeKind, WatchState
from tests.streams.judge import Bench, ToyReads, picture
from tests.streams.running import on, until

LOG = "futures_async.streams"


class Blurred(ToyReads):
    """The toy venue read, with rows that cannot be."""

    def __init__(self, bench: Bench, what: What) -> None:
        super().__init__(bench.venue, what)
        self.odd: dict[str, UnreadRow] = {}
        """By the contract, or the id, of what cannot be read now."""
        self.hidden: set[str] = set()
        """Ids that cannot be read one by one."""

    def _apart(self, rows: Sequence[Any]) -> list[Any]:
        odd = {row.raw.symbol: row for row in rows if row.raw.symbol in self.odd}
        if odd:
            raise unread_rows(list(self.odd.values()), [row for row in rows if row.raw.symbol not in odd])
        return list(rows)

    async def now(self) -> list[Any] | None:
        rows = await super().now()
        return None if rows is None else self._apart(rows)

    async def since(self, since_ms: int) -> list[Any]:
        return self._apart(await super().since(since_ms))

    async def one(self, item: Order) -> Order | None:
        if item.order_id in self.hidden:
            raise DecodeError("side is no word", path="side")
        return await super().one(item)


def odd(symbol: str, **facts: Any) -> UnreadRow:
    return UnreadRow("size", "size is no number", {"symbol": symbol}, {"venue_symbol": symbol, **facts}, "toy")


async def after(watch: FeedWatch[Any], *kinds: ChangeKind) -> Any:
    """What changed next, leaving out some kinds of change."""
    async with asyncio.timeout(100):
        while (change := await anext(watch)).kind in kinds:
            pass
        return change.item


def wish(what: What, reads: Blurred, **options: Any) -> Wish:
    def made() -> Picture[Any]:
        return picture(what)

    return Wish(what, made, reads, audit_s=15.0, **options)


@pytest.mark.parametrize("polled", [False, True], ids=["streamed", "read"])
def test_the_other_positions_are_live_and_the_odd_one_is_named(polled: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def test(bench: Bench) -> None:
        venue, reads = bench.venue, Blurred(bench, What.POSITIONS)
        for symbol in ("AAA", "BBB"):
            venue.fill(venue.place(symbol, "buy", 5), 5)
        reads.odd["AAA"] = odd("AAA", side=PositionSide.LONG)
        streams = bench.polled() if polled else bench.streams
        async with streams.watch(wish(What.POSITIONS, reads, fallback_s=1.0)) as watch:
            await until(lambda: watch.state is WatchState.LIVE, within_s=10.0)
            assert [row.facts["venue_symbol"] for row in watch.unread] == ["AAA"]
            shown = {position.venue_symbol: position.quantity for position in watch.current.values()}
            assert shown["BBB"] == 5
            venue.fill(venue.place("BBB", "buy", 2), 2)
            venue.fill(venue.place("CCC", "buy", 1), 1)
            await until(lambda: len(watch.current) >= (2 if polled else 3), within_s=10.0)
            shown = {position.venue_symbol: position.quantity for position in watch.current.values()}
            assert (shown["BBB"], shown["CCC"]) == (7, 1)
            await until(lambda: len([one for one in caplog.records if one.name == LOG]) > 0)
            reads.odd.clear()
            await until(lambda: watch.unread == (), within_s=60.0)
            assert watch.state is WatchState.LIVE
            assert {position.quantity for position in watch.current.values()} == {Decimal(5), Decimal(7), Decimal(1)}
        warned = [one for one in caplog.records if one.name == LOG and "size is no number" in one.getMessage()]
        assert len(warned) == 1, "told once, however often it was read"
        await streams.aclose()

    on(test)


def test_what_an_odd_row_may_be_stays_and_the_others_are_told_as_gone() -> None:
    """By reads alone, so that nothing else tells."""

    async def test(bench: Bench) -> None:
        venue, reads = bench.venue, Blurred(bench, What.POSITIONS)
        for symbol in ("AAA", "BBB"):
            venue.fill(venue.place(symbol, "buy", 5), 5)
        streams = bench.polled()
        async with streams.watch(wish(What.POSITIONS, reads, fallback_s=1.0)) as watch:
            await watch.live()
            assert len(watch.current) == 2
            reads.odd["AAA"] = odd("AAA")
            venue.fill(venue.place("BBB", "sell", 5), 5)
            await until(lambda: len(watch.current) == 1, within_s=10.0)
            assert [position.venue_symbol for position in watch.current.values()] == ["AAA"]
            assert (len(watch.unread), watch.state) == (1, WatchState.LIVE)
        await streams.aclose()

    on(test)


def test_an_odd_order_is_not_told_as_ended_and_the_others_are() -> None:
    async def test(bench: Bench) -> None:
        venue, reads = bench.venue, Blurred(bench, What.ORDERS)
        kept, gone = venue.place("AAA", "buy", 5), venue.place("BBB", "buy", 5)
        streams = bench.polled()
        async with streams.watch(wish(What.ORDERS, reads, fallback_s=1.0)) as watch:
            await watch.live()
            reads.odd["AAA"] = odd("AAA", order_id=kept)
            venue.cancel(gone)
            ended = await after(watch, ChangeKind.SNAPSHOT)
            assert (ended.order_id, ended.status) == (gone, OrderStatus.CANCELED)
            await until(lambda: watch.state is WatchState.LIVE, within_s=10.0)
            assert list(watch.current) == [kept]
        await streams.aclose()

    on(test)


def test_an_order_that_cannot_be_looked_up_keeps_no_other_from_being_live() -> None:
    """The list has a row without an id, so that each order is asked for; one of them cannot be read then either."""

    async def test(bench: Bench) -> None:
        venue, reads = bench.venue, Blurred(bench, What.ORDERS)
        kept = venue.place("AAA", "buy", 5)
        streams = bench.polled()
        async with streams.watch(wish(What.ORDERS, reads, fallback_s=1.0)) as watch:
            await watch.live()
            reads.odd["AAA"] = odd("AAA")
            reads.hidden.add(kept)
            await until(lambda: len(watch.unread) == 2, within_s=10.0)
            assert watch.unread[1].facts == {
                "symbol": "AAA/USDT:USDT",
                "venue_symbol": "AAA",
                "order_id": kept,
            }
            assert watch.unread[1].path == "side"
            for _ in range(3):
                placed = venue.place("BBB", "buy", 1)
                await until(lambda: placed in watch.current, within_s=5.0)  # noqa: B023 - waited for here
                assert watch.state is WatchState.LIVE
            assert kept in watch.current
        await streams.aclose()

    on(test)


def test_a_fill_that_cannot_be_read_is_named_for_good_and_hides_no_other() -> None:
    async def test(bench: Bench) -> None:
        venue, reads = bench.venue, Blurred(bench, What.FILLS)
        streams = bench.polled()
        async with streams.watch(wish(What.FILLS, reads, fallback_s=1.0)) as watch:
            await watch.live()
            reads.odd["AAA"] = odd("AAA", fill_id="77")
            for symbol in ("AAA", "BBB"):
                venue.fill(venue.place(symbol, "buy", 5), 5)
            assert (await after(watch)).venue_symbol == "BBB"
            assert watch.state is WatchState.LIVE
            assert [row.facts["fill_id"] for row in watch.unread] == ["77"]
            reads.odd.clear()
            assert (await after(watch)).venue_symbol == "AAA", "still within what is read again and again"
            assert [row.facts["fill_id"] for row in watch.unread] == ["77"]
        await streams.aclose()

    on(test)


def test_an_answer_that_was_cut_short_is_asked_for_again_before_the_picture_is_live() -> None:
    """An order that has ended must not be shown as open for it."""

    class Cut(Blurred):
        cut = True
        asked = 0

        async def since(self, since_ms: int) -> list[Any]:
            return []

        async def one(self, item: Order) -> Order | None:
            self.asked += 1
            if self.cut:
                raise DamagedAnswer("toy order", "the answer is not readable JSON")
            return await super().one(item)

    async def test(bench: Bench) -> None:
        venue, reads = bench.venue, Cut(bench, What.ORDERS)
        gone = venue.place("AAA", "buy", 5)
        streams = bench.polled()
        async with streams.watch(wish(What.ORDERS, reads, fallback_s=1.0)) as watch:
            await watch.live()
            venue.cancel(gone)
            await until(lambda: reads.asked > 2, within_s=60.0)
            assert watch.state is not WatchState.LIVE
            assert watch.unread == ()
            reads.cut = False
            ended = await after(watch, ChangeKind.SNAPSHOT)
            assert (ended.order_id, ended.status) == (gone, OrderStatus.CANCELED)
            await until(lambda: watch.state is WatchState.LIVE, within_s=60.0)
            assert list(watch.current) == []
        await streams.aclose()

    on(test)
