"""`futures-async listen`: changes of orders, fills, positions or balances, line by line as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import anyio
from rich.text import Text

from futures_async.cli import columns
from futures_async.cli.output import Exit, Format, Writer, complain, one_line
from futures_async.cli.symbols import able, say_left_out
from futures_async.cli.tables import GAP, Column, aligned, cell_of
from futures_async.cli.waiting import Standing, quiet
from futures_async.unified.errors import (
    FuturesAsyncError,
    InvalidRequest,
    NotSupported,
    SymbolNeeded,
    SymbolNotFound,
    UnreadRow,
    unread_rows,
)
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import to_builtins
from futures_async.unified.watching import Change, ChangeKind, Watch

STYLES = {ChangeKind.OPENED: "green", ChangeKind.CLOSED: "red", ChangeKind.SNAPSHOT: "dim"}


class Subject(StrEnum):
    """What is listened to."""

    ORDERS = "orders"
    FILLS = "fills"
    POSITIONS = "positions"
    ACCOUNT = "account"


class Heard(NamedTuple):
    """One change, and whose it is."""

    account: str
    change: Change[Any]


def _watch(subject: Subject, exchange: FuturesExchange, symbol: str | None, fallback_s: float) -> Watch[Any]:
    match subject:
        case Subject.ORDERS:
            return exchange.watch_orders(symbol, fallback_s=fallback_s)
        case Subject.FILLS:
            return exchange.watch_fills(symbol, fallback_s=fallback_s)
        case Subject.POSITIONS:
            return exchange.watch_positions(symbol, fallback_s=fallback_s)
        case Subject.ACCOUNT:
            return exchange.watch_accounts(fallback_s=fallback_s)


CELLS: dict[Subject, Sequence[Column[Any]]] = {
    Subject.ORDERS: columns.ORDERS,
    Subject.FILLS: columns.FILLS,
    Subject.POSITIONS: columns.POSITIONS,
    Subject.ACCOUNT: columns.ACCOUNTS,
}


def _item(row: Heard) -> Any:
    return row.change.item


def _when(row: Heard) -> str:
    return f"{datetime.fromtimestamp(row.change.received_ms / 1000, UTC):%H:%M:%S.%f}"[:-3]


HEAD: list[Column[Heard]] = [
    Column("time (UTC)", _when, number=False),
    Column("account", lambda row: row.account, number=False),
    Column("change", lambda row: Text(row.change.kind.value, STYLES.get(row.change.kind, "")), number=False),
    Column("by", lambda row: row.change.source, number=False),
]


class Lines:
    """A table that grows by a line at a time: a column is as wide as the widest cell so far."""

    def __init__(self, cells: Sequence[Column[Any]], accounts: Iterable[str], write: Callable[[Text], object]) -> None:
        self._cells: list[Column[Heard]] = [*HEAD, *(column.of(_item) for column in cells)]
        self._wide = [len(column.title) for column in self._cells]
        self._wide[1] = max(self._wide[1], *map(len, accounts))
        self._write = write
        self._titled = False

    def add(self, row: Heard) -> None:
        """Write one line; the titles above the first."""
        cells = [cell_of(column.cell(row)) for column in self._cells]
        self._wide = [max(wide, cell.cell_len) for wide, cell in zip(self._wide, cells, strict=True)]
        if not self._titled:
            self._titled = True
            self._line([Text(column.title, style="bold") for column in self._cells])
        self._line(cells)

    def _line(self, cells: list[Text]) -> None:
        line = Text(GAP).join(map(aligned, self._cells, cells, self._wide))
        line.rstrip()
        self._write(line)


async def listen_to(
    accounts: Mapping[str, FuturesExchange],
    subject: Subject,
    *,
    symbol: str | None,
    fallback_s: float,
    writer: Writer,
) -> Exit:
    """Print what becomes of it at every account until cancelled, or until none of them can be watched any more.

    Raises:
        InvalidRequest: A symbol for what has none.
    """
    if symbol is not None and subject is Subject.ACCOUNT:
        raise InvalidRequest("balances are of the account: listen account takes no --symbol")
    named, output = accounts, writer.form
    accounts, left = able(named, symbol), dict[str, FuturesAsyncError]()
    if symbol is not None:
        say_left_out(symbol, [name for name in named if name not in accounts])
    lines = Lines(CELLS[subject], accounts, lambda line: writer.console.print(line, soft_wrap=True))

    def tell(row: Heard) -> None:
        if output is Format.TABLE:
            lines.add(row)
        elif output is Format.JSON:
            writer.record({"account": row.account, **to_builtins(row.change)})
        else:
            change = row.change
            said = {"received_ms": change.received_ms, "change": change.kind.value, "source": change.source.value}
            writer.record({"account": row.account, **said, **to_builtins(change.item)})

    async def follow(name: str, exchange: FuturesExchange) -> None:
        standing = Standing(name)
        exchange.observe(standing.heard)
        try:
            async with _watch(subject, exchange, symbol, fallback_s) as watch:
                group.start_soon(standing.keep, watch)
                told: tuple[UnreadRow, ...] = ()
                async for change in watch:
                    tell(Heard(name, change))
                    if watch.unread and watch.unread != told:
                        writer.problem(name, unread_rows(watch.unread))
                    told = watch.unread
        except (NotSupported, SymbolNeeded, SymbolNotFound) as error:
            left[name] = error
            if len(accounts) > 1:
                complain(f"{name} is left out: {one_line(error)}", style="dim")
        except FuturesAsyncError as error:
            writer.problem(name, error)
        finally:
            standing.scope.cancel()

    with quiet("futures_async.streams"):  # it is told by `Standing`, with the account's name
        async with anyio.create_task_group() as group:
            for name, exchange in accounts.items():
                group.start_soon(follow, name, exchange)
    if len(left) == len(accounts):
        for name, error in left.items():
            writer.problem(name, error)
    return writer.code
