"""The live table: positions of all accounts, totals for each coin, and how fresh each account is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any, NamedTuple

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from futures_async.cli.columns import POSITIONS, distance
from futures_async.cli.output import (
    Column,
    Exit,
    Format,
    Writer,
    complain,
    exit_code,
    grouped,
    make_table,
    one_line,
    percent,
    signed,
)
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.snapshot import SUMMED, CoinTotal, Failed, Ok, Snapshot, VenueState
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Position, to_builtins
from futures_async.unified.watching import WatchState

FAR = Decimal(10**9)
NAMED = 3
NOT_ROWS = 4
"""Lines of the live table beside its rows: titles, what it is too narrow and too short for, the cursor."""
FIGURES_S = 10.0
"""Marks and profits of what is streamed are read so often: most venues do not push them as the market moves."""
FIRST_ANSWER_S = 10.0
"""`--once` waits so long for a slow venue; the live table does not wait at all."""


class Row(NamedTuple):
    """One position and whose it is."""

    account: str
    position: Position


SORTS: dict[str, Callable[[Row], Any]] = {
    "account": lambda row: (row.account, row.position.symbol, row.position.side),
    "symbol": lambda row: (row.position.symbol, row.account, row.position.side),
    "pnl": lambda row: row.position.unrealized_pnl or Decimal(0),
    "distance": lambda row: found if (found := distance(row.position)) is not None else FAR,
    "notional": lambda row: -(row.position.notional or Decimal(0)),
}


class View:
    """What of a snapshot is shown, and how."""

    def __init__(self, exchanges: Mapping[str, FuturesExchange], symbol: str | None, sort: str) -> None:
        if sort not in SORTS:
            raise InvalidRequest(f"--sort must be one of {', '.join(SORTS)}")
        self._sort = SORTS[sort]
        self._symbols = (
            None
            if symbol is None
            else {exchange.unified_symbol(exchange.venue_symbol(symbol)) for exchange in exchanges.values()}
        )

    def rows(self, snapshot: Snapshot) -> list[Row]:
        """The positions that are shown, sorted."""
        rows = [Row(name, position) for name, position in snapshot.each_position()]
        if self._symbols is not None:
            wanted = self._symbols
            rows = [row for row in rows if {row.position.symbol, row.position.venue_symbol} & wanted]
        return sorted(rows, key=self._sort)

    def table(self, snapshot: Snapshot, console: Console, height: int | None = None) -> RenderableType:
        """The table, the totals, and the state of the accounts; `height` lines of it, where positions give way."""
        known = [total for total in snapshot.totals().values() if total.equity or total.exposure]
        rest: list[RenderableType] = [Text()]
        if known:
            rest += [make_table(TOTALS, known, console.width), Text()]
        rest.append(states(snapshot))
        rows = self.rows(snapshot)
        if not rows:
            return Group(Text(none(snapshot), style="dim"), *rest)
        fitting = len(rows)
        if height is not None:
            fitting = max(height - len(console.render_lines(Group(*rest))) - NOT_ROWS, 1)
        if fitting < len(rows):
            rest.insert(0, Text(f"and {len(rows) - fitting} more: a taller window has room for them", style="dim"))
        head: list[Column[Row]] = [Column("account", lambda row: row.account, number=False)]
        head += [column.of(_position) for column in POSITIONS]
        return Group(make_table(head, rows[:fitting], console.width), *rest)

    def records(self, snapshot: Snapshot) -> Iterable[dict[str, Any]]:
        """For JSON: each position, then each account's state, then the totals by coin."""
        for row in self.rows(snapshot):
            yield {"account": row.account, **to_builtins(row.position)}
        for name, state in snapshot.venues.items():
            yield {
                "account": name,
                "status": state.status,
                "age_s": state.age_s,
                "positions_age_s": None if isinstance(state, Failed) else state.positions_age_s,
                "accounts_age_s": None if isinstance(state, Failed) else state.accounts_age_s,
                "latency_s": state.latency_s,
                "stream": state.stream,
                "error": None if state.error is None else one_line(state.error),
            }
        yield from map(to_builtins, snapshot.totals().values())


def _position(row: Row) -> Position:
    return row.position


def none(snapshot: Snapshot) -> str:
    """What to say where no position is shown: there may be some at an account that could not be read."""
    blind = [name for name, state in snapshot.venues.items() if state.data is None or state.data.positions is None]
    return f"No open positions known; nothing of {some(blind)}." if blind else "No open positions."


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def without(name: str, parts: Sequence[str]) -> str:
    """An account, and the sums that it is not in, if it is in others."""
    return name if len(parts) == len(SUMMED) else f"{name}: {', '.join(PART_NAMES[part] for part in parts)}"


PART_NAMES = {"equity": "equity", "unrealized_pnl": "PnL", "margin": "margin", "exposure": "exposure"}

TOTALS: list[Column[CoinTotal]] = [
    Column("total", lambda row: row.coin, number=False),
    Column("equity", lambda row: grouped(row.equity, 2)),
    Column("PnL", lambda row: signed(row.unrealized_pnl)),
    Column("margin", lambda row: grouped(row.margin, 2)),
    Column("exposure", lambda row: grouped(row.exposure, 2)),
    Column("exposure / equity", lambda row: percent(row.exposure_ratio), spare=1),
    Column("not in it", lambda row: some([without(*part) for part in row.missing_parts.items()]), number=False),
]


def age_of(state: VenueState) -> str:
    """How old the older part is; what was never read has no age, and is named."""
    if isinstance(state, Failed):
        return "no answer yet"
    ages = {"positions": state.positions_age_s, "accounts": state.accounts_age_s}
    known = [age for age in ages.values() if age is not None]
    shown = f"{max([state.age_s, *known]):.1f} s old"
    never = [part for part, age in ages.items() if age is None]
    return shown if isinstance(state, Ok) or not never else f"{never[0]} never read, the rest {shown}"


def states(snapshot: Snapshot) -> Text:
    """How fresh each account is, and what is wrong with it."""
    line = Text(no_wrap=False, overflow="fold")  # an error must be read to its end, also in a narrow window
    for name, state in snapshot.venues.items():
        line.append(f"{name} ", style="bold")
        if state.stream is not None:
            line.append(f"{state.stream} ", style="green" if state.stream is WatchState.LIVE else "yellow")
        age = age_of(state)
        if state.error is None:
            line.append(f"{age}   ", style="dim")
        else:
            line.append(f"{one_line(state.error)} ({age})\n", style="red")
    return line


async def watch_positions(
    exchanges: Mapping[str, FuturesExchange],
    *,
    symbol: str | None,
    interval_s: float,
    once: bool,
    poll: bool,
    sort: str,
    output: Format,
) -> Exit:
    """Show positions until cancelled, or once; the exit code is that of the last snapshot's worst error."""
    view, writer = View(exchanges, symbol, sort), Writer(output)
    streamed = not (poll or once)
    at_terminal = output is Format.TABLE and writer.console.is_terminal
    async with Portfolio(exchanges, live=streamed) as portfolio:
        if once:
            snapshot = await portfolio.snapshot(FIRST_ANSWER_S)
            show(view, snapshot, writer)
            return max((exit_code(error) for error in snapshot.errors.values()), default=Exit.OK)
        polling = portfolio.poll(interval_s, eager=at_terminal, refresh_s=max(FIGURES_S, interval_s))
        async with aclosing(polling) as snapshots:
            if not at_terminal:
                async for snapshot in snapshots:
                    show(view, snapshot, writer)
            else:
                with Live(console=writer.console, auto_refresh=False) as live:
                    async for snapshot in snapshots:
                        live.update(view.table(snapshot, writer.console, writer.console.height), refresh=True)
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
