"""`futures-async watch`: the table of all accounts, once, line by line, or live in a terminal."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import anyio
from rich.console import Console
from rich.live import Live
from rich.text import Text

from futures_async.cli.columns import POSITIONS
from futures_async.cli.keys import Controls, keys
from futures_async.cli.output import Exit, Format, Writer, complain, one_line
from futures_async.cli.screen import Sort, View
from futures_async.cli.totals import Marks
from futures_async.cli.waiting import quiet
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.snapshot import Snapshot
from futures_async.unified.exchange import FuturesExchange

FIGURES_S = 10.0
"""Marks and profits of what is streamed are read so often: most venues do not push them as the market moves."""
FIRST_ANSWER_S = 10.0
"""`--once` waits so long for a slow venue; the live table does not wait at all."""
FIRST_MARKS_S = 2.0
"""`--once` waits so long for marks of coins that no position tells."""


async def watch_positions(
    exchanges: Mapping[str, FuturesExchange],
    *,
    symbol: str | None,
    interval_s: float,
    once: bool,
    poll: bool,
    sort: Sort,
    money: str,
    writer: Writer,
) -> Exit:
    """Show positions until cancelled or told to quit, or once; the exit code is that of the last worst error."""
    marks = Marks(exchanges, money)
    view = View(exchanges, symbol, sort, marks)
    at_terminal = writer.form is Format.TABLE and writer.console.is_interactive
    async with Portfolio(exchanges, live=not (poll or once)) as portfolio:
        if once:
            snapshot = await portfolio.snapshot(FIRST_ANSWER_S)
            with anyio.move_on_after(FIRST_MARKS_S):
                await marks.read(snapshot)
            for error in snapshot.errors.values():
                writer.failed(error)
            show(view, snapshot, writer)
            return writer.code
        polling = portfolio.poll(interval_s, eager=at_terminal, refresh_s=max(FIGURES_S, interval_s))
        async with aclosing(polling) as snapshots:
            if at_terminal:
                await show_live(view, snapshots, writer, marks)
                return Exit.OK
            with quiet("futures_async.streams"):  # each snapshot says it of its accounts
                async for snapshot in snapshots:
                    show(view, snapshot, writer)
    return Exit.OK


def show(view: View, snapshot: Snapshot, writer: Writer) -> None:
    """Print one snapshot; as CSV the errors go to stderr."""
    if writer.form is Format.JSON:
        for record in view.records(snapshot):
            writer.record(record)
    elif writer.form is Format.CSV:
        writer.rows([(row.account, row.position) for row in view.rows(snapshot)], POSITIONS, "")
        for name, error in snapshot.errors.items():
            complain(f"{name}: {one_line(error)}")
    else:
        writer.console.print(view.table(snapshot, writer.console), Text(), soft_wrap=True)


async def show_live(view: View, snapshots: AsyncGenerator[Snapshot], writer: Writer, marks: Marks) -> None:
    """Keep the whole window up to date until `q`; what was shown last stays on the terminal."""
    console, controls = writer.console, Controls(view)
    seen: list[Snapshot] = []

    def draw() -> None:
        told = str(controls) if by_keys else "Ctrl-C ends it"
        if seen:
            live.update(view.table(seen[-1], console, console.height, told), refresh=True)

    def heard(key: str) -> None:
        controls.press(key)
        if controls.quit:
            tasks.cancel_scope.cancel()
        else:
            draw()

    def there(whole: bool) -> None:
        console.set_alt_screen(whole)
        console.show_cursor(not whole)

    async def keep_marks() -> None:
        while True:
            await marks.read(seen[-1])
            await anyio.sleep(FIGURES_S)

    try:
        # What is logged would be written into the middle of the table.
        with quiet("futures_async"), _whole_window(console) as live, keys(heard, draw, there) as by_keys:
            live.refresh()
            async with anyio.create_task_group() as tasks:
                async for snapshot in snapshots:
                    first, seen[:] = not seen, [snapshot]
                    draw()
                    if first:
                        tasks.start_soon(keep_marks)
                tasks.cancel_scope.cancel()
    finally:
        if seen:
            console.print(view.table(seen[-1], console, console.height), soft_wrap=True)


def _whole_window(console: Console) -> Live:
    return Live(Text("reading …", style="dim"), console=console, screen=True, auto_refresh=False)
