"""What one channel tells makes others that should tell of it too, and do not, be read."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any, cast

import msgspec
import pytest

from futures_async.streams.dialect import What
from futures_async.streams.picture import LAG_S
from futures_async.testing import virtual_time
from futures_async.unified.errors import RequestTimeout
from tests.streams.judge import ALL, Bench
from tests.streams.running import on
from tests.streams.toy import SYMBOLS, Faults, ToyStreams, ToyVenue, WireAccount


class Unbound(ToyStreams):
    binds = False


@pytest.mark.parametrize(("dialect", "read"), [(ToyStreams(), {"positions", "accounts"}), (Unbound(), {"positions"})])
def test_an_order_at_rest_moves_no_fill_and_an_execution_everything(dialect: ToyStreams, read: set[str]) -> None:
    async def test(bench: Bench) -> None:
        venue, asked = bench.venue, Counter[str]()
        for name in ("fetch", "history"):
            counted(venue, name, asked)
        async with AsyncExitStack() as stack:
            for what in ALL:
                watch = await stack.enter_async_context(bench.watch(what))
                await watch.live()
            await asyncio.sleep(5)
            [connection] = venue.connections
            connection.topics = {"orders"}  # the others' pushes are lost
            asked.clear()
            number = venue.place(SYMBOLS[0], "buy", 2)
            await asyncio.sleep(5)
            venue.cancel(venue.place(SYMBOLS[0], "buy", 2))
            await asyncio.sleep(5)
            assert set(asked) == read
            venue.fill(number, 1)
            await asyncio.sleep(5)
            assert set(asked) >= {"fills", "positions", "accounts"}

    on(test, dialect=dialect, audit_s=600.0)


class Paired(ToyStreams):
    paired = True


@pytest.mark.parametrize(("lost", "told"), [("positions", "accounts"), ("accounts", "positions")])
def test_of_positions_and_money_one_that_tells_of_a_trade_alone_has_the_other_read(lost: str, told: str) -> None:
    async def test(bench: Bench) -> None:
        venue, asked = bench.venue, Counter[str]()
        async with bench.watch(What.POSITIONS) as positions, bench.watch(What.ACCOUNTS) as accounts:
            await positions.live()
            await accounts.live()
            await asyncio.sleep(150)
            [connection] = venue.connections
            counted(venue, "fetch", asked)
            venue.fill(venue.place(SYMBOLS[0], "buy", 2), 1)  # told by both
            await asyncio.sleep(150)
            assert not asked
            connection.topics = {told}
            venue.fill(venue.place(SYMBOLS[0], "buy", 2), 1)
            await asyncio.sleep(5)
            assert asked == {lost: 1}
            assert [str(one.quantity) for one in positions.current.values()] == ["2"]
            assert [str(one.available) for one in accounts.current.values()] == [venue.now_books.accounts["USDT"].free]
            # What it takes for a trade may be something else, a transfer: it is not read again and again.
            for _ in range(10):
                venue.fill(venue.place(SYMBOLS[0], "buy", 2), 1)
                await asyncio.sleep(10)
            assert asked == {lost: 1}
            await asyncio.sleep(15)
            assert asked[lost] > 1
            assert [str(one.quantity) for one in positions.current.values()] == ["12"]

    on(test, dialect=Paired(), audit_s=3600.0)


def test_money_that_is_read_and_tells_of_a_trade_has_positions_read() -> None:
    async def test(bench: Bench) -> None:
        venue = bench.venue
        async with bench.watch(What.POSITIONS) as positions, bench.watch(What.ACCOUNTS, audit_s=110.0) as accounts:
            await positions.live()
            await accounts.live()
            await asyncio.sleep(150)
            [connection] = venue.connections
            connection.topics = set()  # nothing comes but answers to the heartbeat
            venue.fill(venue.place(SYMBOLS[0], "buy", 2), 1)
            await asyncio.sleep(125)
            assert [str(one.quantity) for one in positions.current.values()] == ["1"]

    on(test, dialect=Paired(), audit_s=3600.0)


def counted(venue: Any, name: str, asked: Counter[str]) -> None:
    """Count what is read by one of the venue's methods."""
    read = getattr(venue, name)

    async def count(what: str, *arguments: Any) -> Any:
        asked[what] += 1
        return await read(what, *arguments)

    setattr(venue, name, count)


def test_where_reads_fail_no_push_sends_another_one_at_once() -> None:
    """What two pushes leave open is read; while that fails the account trades on."""

    async def main() -> None:
        venue = ToyVenue(1, rule="bare", faults=Faults(lag_s=0.0))
        bench, rig = Bench(venue, audit_s=600.0), cast("Any", venue)
        good, failed = venue.fetch, 0

        async def down(what: str) -> Any:
            nonlocal failed
            failed += 1
            await asyncio.sleep(0.05)
            raise RequestTimeout("down")

        try:
            async with bench.watch(What.ACCOUNTS) as watch:
                await watch.live()
                await asyncio.sleep(150)
                rig.fetch = down
                for _ in range(200):
                    venue.fill(venue.place(SYMBOLS[0], "buy", 1), 1)
                    await asyncio.sleep(0.3)
                assert failed <= 60 / LAG_S
                rig.fetch = good
                await asyncio.sleep(5)
        finally:
            await bench.streams.aclose()

    virtual_time.run(main())


def test_what_was_pushed_while_a_read_was_under_way_is_not_settled_by_that_read() -> None:
    """The push and a late copy of the one before come both within a read that is answered as of before: pushes of
    another coin go on, and only a read tells."""

    async def main() -> None:
        venue = ToyVenue(1, rule="bare", faults=Faults(lag_s=0.0))
        venue.now_books.accounts["BTC"] = WireAccount("BTC", "5", 0)
        bench, rig = Bench(venue, audit_s=600.0), cast("Any", venue)
        good = venue.fetch

        async def slow(what: str) -> Any:
            answer = await good(what)
            await asyncio.sleep(0.5)
            return answer

        try:
            async with bench.watch(What.ACCOUNTS) as watch:
                await watch.live()
                await asyncio.sleep(50)
                rig.fetch = slow
                watch.refresh()
                await asyncio.sleep(0.1)
                old = venue.now_books.accounts["USDT"]
                new = msgspec.structs.replace(old, free="999", v=1)
                rig._set(venue.now_books._replace(accounts={**venue.now_books.accounts, "USDT": new}))
                for row in (new, old):
                    rig._push("accounts", [row])
                    await asyncio.sleep(0.1)
                for _ in range(20):
                    await asyncio.sleep(0.6)
                    rig._push("accounts", [WireAccount("BTC", "5", 0)])
                assert watch.current["USDT"].available == 999
        finally:
            await bench.streams.aclose()

    virtual_time.run(main())
