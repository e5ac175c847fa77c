"""Progress of long paging: how many rows there are so far, for each account, on a terminal's stderr."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from futures_async.unified.rows import gathered

T = TypeVar("T")
Count = Callable[[int], None]
"""Told the number of rows read so far."""


class RowCounter:
    """A line for each account that has begun to count; nothing where stderr is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}: {task.completed:,.0f} rows"))
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    def of(self, account: str) -> Count:
        """The counter of one account."""
        line = self._progress.add_task(account, total=None, visible=False)

        def count(rows: int) -> None:
            self._progress.update(line, completed=rows, visible=True)

        return count

    def __enter__(self) -> Self:
        if not self._progress.disable:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        if not self._progress.disable:  # rich before 15 ends the line of one that was never shown
            self._progress.stop()


async def counted(rows: AsyncIterator[T], count: Count) -> list[T]:
    """Collect rows, and tell how many there are.

    Raises:
        UnreadRows: Some could not be read; the others are in it.
    """

    async def told() -> AsyncIterator[T]:
        number = 0
        async for row in rows:
            number += 1
            if number % 20 == 0:
                count(number)
            yield row

    return await gathered(told())
