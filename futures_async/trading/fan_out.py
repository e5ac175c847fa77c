"""A list that a venue keeps in several parts (per settle coin, per product type), read at once, handed out as one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from futures_async.trading.batch import together
from futures_async.unified.asked import ASKED, Asked, heard
from futures_async.unified.errors import FuturesAsyncError, UnreadRow, UnreadRows, unread_rows
from futures_async.unified.rows import Rows, unread_of

T = TypeVar("T")
K = TypeVar("K")


async def side_by_side(read: Callable[[K], Awaitable[list[T]]], parts: Iterable[K]) -> list[T]:
    """The rows of all parts, in the order of the parts; the requests are under way at the same time.

    Args:
        read: Reads one part; rows left out of reference data (`Reading.known`) stay beside the list.
        parts: What to ask for each: coins, product types.

    Raises:
        UnreadRows: Rows of some part could not be read; those of all parts that could are in it.
        FuturesAsyncError: What the first part that could not be read at all ended with.
    """

    asked = list(parts)
    if len(asked) == 1:
        return await read(asked[0])

    told: list[tuple[Asked, ...]] = []

    def reader(part: K) -> Callable[[], Awaitable[list[T] | FuturesAsyncError]]:
        async def run() -> list[T] | FuturesAsyncError:
            try:
                return await read(part)
            except FuturesAsyncError as error:
                return error
            finally:
                told.append(ASKED.get())

        return run

    rows, left_out, unread = Rows[T](), list[UnreadRow](), list[UnreadRow]()
    parts_of = await together([reader(part) for part in asked])
    heard(told)
    for found in parts_of:
        if isinstance(found, UnreadRows):
            rows += found.rows
            unread += found.unread
        elif isinstance(found, FuturesAsyncError):
            raise found
        else:
            rows += found
            left_out += unread_of(found)
    if unread:
        raise unread_rows(unread, rows)
    return rows.without(tuple(left_out))
