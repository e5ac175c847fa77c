"""How results leave: a table for people, JSON lines or CSV for programs; errors in one line, with an exit code."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar, cast

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    AuthenticationError,
    FuturesAsyncError,
    InvalidRequest,
    NotSupported,
)
from futures_async.unified.models import to_builtins

R = TypeVar("R")
S = TypeVar("S")

PIPE_WIDTH = 10_000
SHORTEST_WORD = 3


class Format(StrEnum):
    """Of the output."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    """At least one account could not be read."""
    USAGE = 2
    """The call, the keys or the symbol cannot be right."""
    REFUSED_KEYS = 3
    """The venue did not accept the keys."""
    UNKNOWN = 4
    """It is not known whether the venue acted."""


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column of a table."""

    title: str
    cell: Callable[[R], object]
    """How a row's cell is made."""
    number: bool = True
    spare: int = 0
    """Where a terminal is too narrow for all, the columns with the highest go first; those with 0 stay."""

    def of(self, pick: Callable[[S], R]) -> Column[S]:
        """The same column for rows that hold its own kind of row somewhere inside."""
        return Column(self.title, lambda row: self.cell(pick(row)), self.number, self.spare)


def exit_code(error: BaseException) -> Exit:
    """The exit code that an error deserves."""
    if isinstance(error, FuturesAsyncError) and error.outcome is Outcome.UNKNOWN:
        return Exit.UNKNOWN
    if isinstance(error, AuthenticationError):
        return Exit.REFUSED_KEYS
    if isinstance(error, (InvalidRequest, NotSupported, TypeError)):
        return Exit.USAGE
    return Exit.FAILED


def one_line(error: BaseException) -> str:
    """An error as one line: its class and its message."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def shown(value: object) -> str:
    """A cell's text: plain digits, nothing for what the venue did not say."""
    if value is None:
        return "–"
    if isinstance(value, Decimal):
        return grouped(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def grouped(value: Decimal, digits: int = 8) -> str:
    """A number for people: at most `digits` decimals, no trailing zeros, thousands apart."""
    rounded = round(value, digits)
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: Decimal | None) -> Text:
    """A profit: green above zero, red below, two decimals."""
    if value is None:
        return Text("–")
    return Text(f"{value:+,.2f}", style="green" if value > 0 else "red" if value < 0 else "")


def percent(value: Decimal | None, digits: int = 1) -> str:
    """A fraction in percent."""
    return "–" if value is None else f"{value * 100:,.{digits}f} %"


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """`… | head` has read enough: rich would end the program as failed."""
        raise BrokenPipeError


def make_console() -> Console:
    """Standard output; what is no terminal is wide enough for every table."""
    console = _Console(soft_wrap=True)
    return console if console.is_terminal else _Console(soft_wrap=True, width=PIPE_WIDTH)


def complain(line: str, style: str = "red") -> None:
    """One line on stderr."""
    Console(stderr=True, soft_wrap=True).print(line, style=style, highlight=False, markup=False)


def make_table(columns: Sequence[Column[R]], rows: Sequence[R], width: int = PIPE_WIDTH) -> RenderableType:
    """A table of rows, no wider than `width`: it goes without some columns, and says so, before it cuts a number."""
    cells = {column: [_cell(column.cell(row)) for row in rows] for column in columns}
    wide = {column: max(len(column.title), *(cell.cell_len for cell in cells[column]), 0) for column in columns}
    kept = list(columns)
    while _width(wide, kept) > width and (most := max(column.spare for column in kept)):
        kept = [column for column in kept if column.spare != most]
    while _width(wide, kept) > width:
        words = max((column for column in kept if not column.number), key=lambda column: wide[column], default=None)
        if words is None or wide[words] <= SHORTEST_WORD:
            break
        wide[words] -= 1
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for column in kept:
        table.add_column(column.title, justify="right" if column.number else "left", no_wrap=True, width=wide[column])
    for index in range(len(rows)):
        table.add_row(*(cells[column][index] for column in kept))
    gone = ", ".join(column.title for column in columns if column not in kept)
    return table if not gone else Group(table, Text(f"too narrow for: {gone}", style="dim"))


def _width(wide: Mapping[Column[R], int], columns: Sequence[Column[R]]) -> int:
    return sum(wide[column] + 1 for column in columns) - 1


def _cell(value: object) -> Text:
    return value if isinstance(value, Text) else Text(shown(value))


class Writer:
    """Writes rows and errors of one command."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self.console = make_console()
        self.code = Exit.OK
        self._titled = False

    def rows(self, rows: Sequence[tuple[str, R]], columns: Sequence[Column[R]], empty: str) -> None:
        """Rows with the names of their accounts."""
        if self.form is not Format.TABLE:
            for account, row in rows:
                self.record({"account": account, **to_builtins(row)})
        elif rows:
            head: list[Column[tuple[str, R]]] = [Column("account", lambda pair: pair[0], number=False)]

            def inner(pair: tuple[str, R]) -> R:
                return pair[1]

            head += [column.of(inner) for column in columns]
            self.console.print(make_table(head, rows, self.console.width))
        else:
            self.console.print(empty)

    def record(self, fields: dict[str, Any]) -> None:
        """One record for programs: a JSON line, or a line of CSV, whose first one has the names above it."""
        if self.form is Format.JSON:
            print(json.dumps(fields, ensure_ascii=False), flush=True)
            return
        out = csv.writer(sys.stdout, lineterminator="\n")
        if not self._titled:
            out.writerow(fields)
            self._titled = True
        out.writerow([_csv_cell(value) for value in fields.values()])
        sys.stdout.flush()

    def problem(self, account: str, error: FuturesAsyncError) -> None:
        """One account's error, on stderr; the worst decides the exit code."""
        self.failed(error)
        complain(f"{account}: {one_line(error)}")

    def failed(self, error: BaseException) -> None:
        """Something has failed that is told elsewhere; the worst decides the exit code."""
        self.code = max(self.code, exit_code(error))


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    return " ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else value
