"""Slots: as many senders as connections, in the order of their coming."""

from __future__ import annotations

import asyncio

import anyio
import anyio.lowlevel
import pytest

from futures_async.transport.http.backend import Slots

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
