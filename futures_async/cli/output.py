"""How results leave: tables for people, JSON lines or CSV for programs; errors in one line, with an exit code."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import IntEnum, StrEnum
from typing import Any, TypeVar, cast

from rich.console import Console

from futures_async.cli.tables import Column, make_table
from futures_async.cli.words import told
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import AuthenticationError, FuturesAsyncError, InvalidRequest, NotSupported
from futures_async.unified.models import to_builtins

R = TypeVar("R")

PIPE_WIDTH = 10_000


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


def worst(codes: Iterable[int]) -> int:
    """The exit code that stands for several: that something is not known hides behind no other, nor behind Ctrl-C."""
    found = [*codes]
    return int(Exit.UNKNOWN) if Exit.UNKNOWN in found else max(found, default=int(Exit.OK))


NOTHING = "Nothing was done."


def exit_code(error: BaseException) -> Exit:
    """The exit code that an error deserves."""
    if isinstance(error, FuturesAsyncError) and error.outcome is Outcome.UNKNOWN:
        return Exit.UNKNOWN
    if isinstance(error, AuthenticationError):
        return Exit.REFUSED_KEYS
    if isinstance(error, (InvalidRequest, NotSupported, TypeError)):
        return Exit.USAGE
    return Exit.FAILED


def one_line(error: BaseException, *, advised: bool = True) -> str:
    """An error as one line: its class and its message, which ends in what the user of the command line can do next."""
    text = str(error)
    if isinstance(error, FuturesAsyncError):
        text, advice = told(error)
        text += f" ({advice})" if advice and advised else ""
    return f"{type(error).__name__}: {' '.join(text.split())}"


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """`… | head` has read enough: rich would end the program as failed."""
        raise BrokenPipeError


def make_console() -> Console:
    """Standard output; what is no terminal is wide enough for every table."""
    console = _Console(soft_wrap=True)
    return console if console.is_terminal else _Console(soft_wrap=True, width=PIPE_WIDTH)


def complain(line: str, style: str = "red") -> None:
    """One line on stderr; where that cannot be written, a command goes on, and its exit code says the same."""
    with suppress(OSError):
        _Console(stderr=True, soft_wrap=True).print(line, style=style, highlight=False, markup=False)


class Writer:
    """Writes rows and errors of one command."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self.console = make_console()
        self.code = Exit.OK
        """Of what is known so far. Set before something is printed: that may fail."""
        self._titled = False

    def rows(self, rows: Sequence[tuple[str, R]], columns: Sequence[Column[R]], empty: str) -> None:
        """Rows with the names of their accounts."""
        if self.form is not Format.TABLE:
            for account, row in rows:
                self.record({"account": account, **to_builtins(row)})
        elif rows:
            head: list[Column[tuple[str, R]]] = [Column("account", lambda pair: pair[0], number=False, names=True)]

            def inner(pair: tuple[str, R]) -> R:
                return pair[1]

            head += [column.of(inner) for column in columns]
            self.console.print(make_table(head, rows, self.console))
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
        self.at_least(exit_code(error))

    def at_least(self, code: Exit) -> None:
        """The exit code is this one or a worse one."""
        self.code = max(self.code, code)


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    return " ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else value
