"""Pictures that are read in turn, with nothing pushed: as young as they say, and not shaken by what moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from futures_async.streams.dialect import What
from futures_async.streams.rows import Rows
from futures_async.streams.rules import ACCOUNTS, POSITIONS, RowRule
from futures_async.streams.watch import FeedWatch
from futures_async.unified.enums import OrderStatus
from futures_async.unified.models import Position
from futures_async.unified.watching import ChangeKind, WatchState
from tests.fakes import account, position
from tests.streams.judge import Bench
from tests.streams.running import collect, on

ANSWER_S = 0.05


class Read:
    """What is read is what stood when it was asked for."""

    def __init__(self, rows: Callable[[], Sequence[Any]]) -> None:
        self._rows = rows

    async def now(self) -> Sequence[Any]:
        rows = self._rows()
        await asyncio.sleep(ANSWER_S)
        return rows

    async def since(self, since_ms: int) -> Sequence[Any]:
        return ()

    async def one(self, item: Any) -> Any:
        return item


def by_reads(
    bench: Bench, what: What, rule: RowRule[Any], rows: Callable[[], Sequence[Any]], every_s: float
) -> FeedWatch[Any]:
    bench.streams = bench.polled()
    return bench.watch(what, picture=lambda: Rows(rule), reads=Read(rows), fallback_s=every_s)


@pytest.mark.parametrize("every_s", [0.25, 1.0, 1.5])
@pytest.mark.parametrize("what", [What.ACCOUNTS, What.POSITIONS])
def test_figures_that_move_are_as_old_as_is_told_and_live_all_the_while(what: What, every_s: float) -> None:
    async def test(bench: Bench) -> None:
        now = asyncio.get_running_loop().time

        def moving() -> Sequence[Any]:
            at = Decimal(str(now()))
            if what is What.ACCOUNTS:
                return (account(equity=at, available=at),)
            return (position(mark_price=at, updated_ms=None),)

        async with by_reads(bench, what, ACCOUNTS if what is What.ACCOUNTS else POSITIONS, moving, every_s) as watch:
            await watch.live()
            for _ in range(200):
                await asyncio.sleep(0.05)
                assert watch.state is WatchState.LIVE
                [row] = watch.current.values()
                told = row.mark_price if isinstance(row, Position) else row.equity
                assert told is not None
                assert now() - float(told) <= watch.age_s + ANSWER_S + 0.001

    on(test)


@pytest.mark.parametrize("left", [(), (position(quantity=Decimal("0.2"), updated_ms=None),)])
def test_a_position_that_stood_for_long_is_seen_to_change_by_the_next_read(left: Sequence[Position]) -> None:
    async def test(bench: Bench) -> None:
        held: list[Sequence[Position]] = [(position(updated_ms=None),)]
        async with by_reads(bench, What.POSITIONS, POSITIONS, lambda: held[-1], 0.5) as watch:
            await watch.live()
            await asyncio.sleep(10)
            held.append(left)
            await asyncio.sleep(0.7)
            assert tuple(watch.current.values()) == left
            assert watch.state is WatchState.LIVE

    on(test)


def test_a_read_that_lags_undoes_nothing_that_was_seen_to_change_just_now() -> None:
    async def test(bench: Bench) -> None:
        few, many = (position(updated_ms=None),), (position(quantity=Decimal(3), updated_ms=None),)
        answers = [few] * 12 + [many, few, many]
        rows = iter(answers)
        async with by_reads(bench, What.POSITIONS, POSITIONS, lambda: next(rows, many), 0.5) as watch:
            told = asyncio.create_task(collect(watch))
            await asyncio.sleep(15)
            await watch.aclose()
            assert [(change.kind, change.item.quantity) for change in await told] == [
                (ChangeKind.SNAPSHOT, few[0].quantity),
                (ChangeKind.CHANGED, 3),
            ]

    on(test)


def test_the_end_of_an_order_is_told_by_the_next_read() -> None:
    async def test(bench: Bench) -> None:
        bench.streams = bench.polled()
        async with bench.watch(What.ORDERS, fallback_s=1.0) as watch:
            await watch.live()
            order_id = bench.venue.place("AAA", "buy", 1)
            told = asyncio.create_task(collect(watch))
            await asyncio.sleep(10)
            bench.venue.cancel(order_id)
            await asyncio.sleep(1.3)
            assert watch.state is WatchState.LIVE
            await watch.aclose()
            first, *_, last = [change.item.status for change in await told]
            assert not first.is_final
            assert last is OrderStatus.CANCELED

    on(test)
