"""Several lists read at once, handed out as one."""

from __future__ import annotations

import anyio
import pytest

from futures_async.testing.virtual_time import run, run_trio
from futures_async.trading.fan_out import side_by_side
from futures_async.transport.clock import loop_time
from futures_async.unified.errors import AuthenticationError, UnreadRow, UnreadRows, unread_rows
from futures_async.unified.rows import Rows, unread_of

ODD = UnreadRow("size", "no number", {"size": "x"})


async def whole(part: str) -> list[str]:
    await anyio.sleep(1 if part == "b" else 2)
    return [f"{part}1", f"{part}2"]


async def reads() -> tuple[list[str], float]:
    began = anyio.current_time()
    rows = await side_by_side(whole, ("a", "b"))
    return rows, anyio.current_time() - began


def test_parts_are_read_at_once_and_stand_in_their_order() -> None:
    for rows, took_s in (run(reads()), run_trio(reads)):
        assert rows == ["a1", "a2", "b1", "b2"]
        assert took_s == pytest.approx(2)


def test_a_row_that_cannot_be_read_takes_no_other_part_away() -> None:
    async def read(part: str) -> list[str]:
        if part == "b":
            raise unread_rows([ODD], ["b1"])
        return await whole(part)

    with pytest.raises(UnreadRows) as caught:
        run(side_by_side(read, ("a", "b")))
    assert (caught.value.rows, caught.value.unread) == (["a1", "a2", "b1"], (ODD,))


def test_rows_left_out_of_reference_data_stay_beside_the_list() -> None:
    async def read(part: str) -> list[str]:
        return Rows(await whole(part)).without((ODD,) if part == "a" else ())

    assert unread_of(run(side_by_side(read, ("a", "b")))) == (ODD,)


def test_a_part_that_is_refused_is_the_end_and_one_part_alone_is_read_in_its_callers_turn() -> None:
    async def read(part: str) -> list[str]:
        if part == "b":
            raise AuthenticationError("no", venue="toy")
        return await whole(part)

    async def alone() -> float:
        began = loop_time()
        assert await side_by_side(read, ("a",)) == ["a1", "a2"]
        return loop_time() - began

    with pytest.raises(AuthenticationError):
        run(side_by_side(read, ("a", "b")))
    assert run(alone()) == pytest.approx(2)
