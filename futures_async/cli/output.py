"""How results leave: a table for people, JSON lines or CSV for programs; errors in one line, with an exit code."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Generic, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from futures_async.errors import (
    AuthenticationError,
    FuturesAsyncError,
    InvalidRequest,
    NotSupported,
    OutcomeUnknown,
)
from futures_async.models import to_builtins

R = TypeVar("R")
S = TypeVar("S")


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
    """One column of a table: its title, how a row's cell is made, and whether it is a number."""

    title: str
    cell: Callable[[R], object]
    number: bool = True

    def of(self, pick: Callable[[S], R]) -> Column[S]:
        """The same column for rows that hold its own kind of row somewhere inside."""
        return Column(self.title, lambda row: self.cell(pick(row)), self.number)


def exit_code(error: BaseException) -> Exit:
    """The exit code that an error deserves."""
    if isinstance(error, AuthenticationError):
        return Exit.REFUSED_KEYS
    if isinstance(error, OutcomeUnknown):
        return Exit.UNKNOWN
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


def make_console() -> Console:
    """Standard output; what is no terminal is wide enough for every table."""
    console = Console(soft_wrap=True)
    return console if console.is_terminal else Console(soft_wrap=True, width=200)


def complain(line: str) -> None:
    """One line on stderr."""
    Console(stderr=True, soft_wrap=True).print(line, style="red", highlight=False, markup=False)


def make_table(columns: Sequence[Column[R]], rows: Sequence[R]) -> Table:
    """A table of rows."""
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column.title, justify="right" if column.number else "left", no_wrap=True)
    for row in rows:
        cells = (column.cell(row) for column in columns)
        table.add_row(*(cell if isinstance(cell, Text) else shown(cell) for cell in cells))
    return table


class Writer:
    """Writes rows and errors of one command."""

    def __init__(self, form: Format, *, console: Console | None = None, errors: Console | None = None) -> None:
        self.form = form
        self.console = console or make_console()
        self.errors = errors or Console(stderr=True, soft_wrap=True)
        self.code = Exit.OK

    def rows(self, rows: Sequence[tuple[str, R]], columns: Sequence[Column[R]], empty: str) -> None:
        """Rows with the names of their accounts."""
        if self.form is Format.JSON:
            for account, row in rows:
                print(json.dumps({"account": account, **to_builtins(row)}, ensure_ascii=False), flush=True)
        elif self.form is Format.CSV:
            self._csv(rows)
        elif rows:
            head: list[Column[tuple[str, R]]] = [Column("account", lambda pair: pair[0], number=False)]

            def inner(pair: tuple[str, R]) -> R:
                return pair[1]

            head += [column.of(inner) for column in columns]
            self.console.print(make_table(head, rows))
        else:
            self.console.print(empty)

    def _csv(self, rows: Sequence[tuple[str, object]]) -> None:
        out = csv.writer(sys.stdout, lineterminator="\n")
        for index, (account, row) in enumerate(rows):
            fields = to_builtins(row)
            if index == 0:
                out.writerow(["account", *fields])
            out.writerow([account, *("" if value is None else value for value in fields.values())])

    def problem(self, account: str, error: FuturesAsyncError) -> None:
        """One account's error, on stderr; the worst decides the exit code."""
        self.code = max(self.code, exit_code(error))
        self.errors.print(f"{account}: {one_line(error)}", style="red", highlight=False, markup=False)
