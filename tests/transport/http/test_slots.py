"""Slots: as many senders as connections, by lanes, and in the order of their coming within one."""

from __future__ import annotations

import asyncio

import anyio
import anyio.lowlevel
import pytest

from futures_async.transport.http.slots import Slots, Turn
from futures_async.transport.limits.limiter import Priority

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]


async def test_first_come_first_served(anyio_backend: str) -> None:
    slots = Slots(1)
    order: list[int] = []

    async def work(number: int) -> None:
        await slots.take()
        order.append(number)
        await anyio.lowlevel.checkpoint()
        slots.give()

    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(work, number)
            await anyio.lowlevel.checkpoint()
    assert order == [0, 1, 2, 3, 4]
    assert slots.free == 1


async def test_a_cancel_passes_orders_and_those_pass_reads(anyio_backend: str) -> None:
    slots = Slots(1)
    await slots.take()
    order: list[str] = []

    async def work(lane: Priority, number: int) -> None:
        await slots.take(lane)
        order.append(f"{lane.name} {number}")
        slots.give()

    async with anyio.create_task_group() as group:
        for number in range(2):
            for lane in (Priority.READ, Priority.ORDER, Priority.URGENT):
                group.start_soon(work, lane, number)
                await anyio.lowlevel.checkpoint()
        slots.give()
    assert order == ["URGENT 0", "URGENT 1", "ORDER 0", "ORDER 1", "READ 0", "READ 1"]
    assert slots.free == 1


async def test_reads_leave_some_to_the_others(anyio_backend: str) -> None:
    slots = Slots(8)
    assert [slots.take_free(Priority.READ) for _ in range(8)] == [True] * 6 + [False] * 2
    async with anyio.create_task_group() as group:
        group.start_soon(slots.take, Priority.READ)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        assert slots.take_free(Priority.ORDER)
        assert slots.take_free()
        slots.give()
        slots.give()
        assert slots.free == 2, "the read still waits"
        slots.give()
    assert slots.free == 2
    for _ in range(6):
        slots.give()
    assert slots.free == 8


async def test_nobody_passes_those_who_wait(anyio_backend: str) -> None:
    slots = Slots(1)
    await slots.take()
    async with anyio.create_task_group() as group:
        group.start_soon(slots.take)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        slots.give()
        assert slots.free == 0


async def test_who_is_cancelled_in_the_queue_takes_no_slot(anyio_backend: str) -> None:
    slots = Slots(1)
    await slots.take()
    with anyio.move_on_after(0.001):
        await slots.take()
    slots.give()
    assert slots.free == 1


async def test_a_slot_handed_to_one_who_is_cancelled_at_that_moment_is_not_lost(anyio_backend: str) -> None:
    if anyio_backend != "asyncio":
        pytest.skip("trio does not cancel what is about to run")
    slots = Slots(1)
    await slots.take()
    waiting = asyncio.create_task(slots.take())
    await asyncio.sleep(0.001)
    slots.give()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert slots.free == 1


@pytest.mark.parametrize("end", ["late", "cancel"])
async def test_who_is_too_late_or_stopped_leaves_the_queue_to_the_next(anyio_backend: str, end: str) -> None:
    slots, turn, ends = Slots(1), Turn(), list[bool]()

    async def wait(turn: Turn | None = None) -> None:
        ends.append(await slots.take(turn=turn))

    await slots.take()
    async with anyio.create_task_group() as group:
        group.start_soon(wait, turn)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        group.start_soon(wait)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        getattr(turn, end)()
        slots.give()  # before either of them has run
    assert sorted(ends) == [False, True]
    assert slots.free == 0
    slots.give()
    assert slots.free == 1


async def test_a_slot_that_is_given_is_not_taken_back(anyio_backend: str) -> None:
    slots, turn, ends = Slots(1), Turn(), list[bool]()

    async def wait() -> None:
        ends.append(await slots.take(turn=turn))

    await slots.take()
    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        slots.give()
        turn.late()
        turn.cancel()
    assert ends == [True]
    assert slots.free == 0
