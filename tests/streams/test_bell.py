"""The one way in which streams wait."""

from __future__ import annotations

import anyio
import pytest

from futures_async.streams.bell import Bell


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


@pytest.mark.anyio
@pytest.mark.parametrize("within_s", [0.0, -5.0, 60.0], ids=["no time", "past", "rung"])
async def test_others_have_their_turn_also_where_there_is_nothing_to_wait_for(within_s: float) -> None:
    bell = Bell()
    turns: list[int] = []

    async def other() -> None:
        turns.append(1)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        for _ in range(3):  # a task may be started a turn later
            if within_s > 0:
                bell.ring()
            await bell.wait(within_s)
        assert turns


@pytest.mark.anyio
async def test_who_is_cancelled_before_it_wakes_loses_no_ring() -> None:
    bell = Bell()
    bell.ring()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await bell.wait()
    with anyio.fail_after(60):
        await bell.wait()
