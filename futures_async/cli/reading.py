"""The commands that read once: positions, risk, balances, orders, fills, ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Annotated, TypeVar

import anyio
import typer

from futures_async.cli import columns
from futures_async.cli.accounts import Source, open_accounts
from futures_async.cli.counting import Count, RowCounter, counted
from futures_async.cli.options import Limit, Since, Symbol, Until, with_accounts
from futures_async.cli.output import Exit, Format, Writer, complain
from futures_async.cli.running import run
from futures_async.cli.symbols import able, refuse_unknown, tell_left_out
from futures_async.cli.tables import Column
from futures_async.cli.waiting import tell_tries
from futures_async.risk import dashboard
from futures_async.unified.errors import (
    FuturesAsyncError,
    InvalidRequest,
    NotSupported,
    SymbolNeeded,
    SymbolNotFound,
    UnreadRows,
)
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Account, Fill, LedgerEntry, Order

T = TypeVar("T")

Read = Callable[[FuturesExchange, Count], Awaitable[Sequence[T]]]


async def read_all(source: Source, writer: Writer, read: Read[T], symbol: str | None = None) -> list[tuple[str, T]]:
    """Read every account side by side; one that fails is reported and hides no other.

    Raises:
        InvalidRequest: No row was found, and no venue lists the symbol.
    """
    found: dict[str, Sequence[T]] = {}
    refused: dict[str, FuturesAsyncError] = {}
    without: dict[str, NotSupported] = {}
    unnamed: dict[str, SymbolNeeded] = {}

    async def one(name: str, exchange: FuturesExchange) -> None:
        try:
            found[name] = await read(exchange, counter.of(name))
        except NotSupported as error:
            without[name] = error
        except SymbolNeeded as error:
            unnamed[name] = error
        except (SymbolNotFound, InvalidRequest) as error:
            refused[name] = error  # told when some venue lists the symbol; else that is told
        except UnreadRows as error:
            found[name] = error.rows
            writer.problem(name, error)
        except FuturesAsyncError as error:
            writer.problem(name, error)

    counter = RowCounter()
    with counter:
        async with open_accounts(source) as accounts:
            tell_tries(accounts)
            async with anyio.create_task_group() as group:
                for name, exchange in able(accounts, symbol).items():
                    group.start_soon(one, name, exchange)
            if symbol is not None and not any(found.values()):
                await refuse_unknown(accounts, symbol, refused, empty=True)
            out = set[str]() if symbol is None else await tell_left_out(accounts, symbol, refused)
    for name, error in refused.items():
        if name not in out:
            writer.problem(name, error)
    if len(without) + len(unnamed) == len(accounts):
        for name, error in {**without, **unnamed}.items():
            writer.problem(name, error)
    else:
        if without:
            complain(f"left out, their venues have no such call: {', '.join(without)}", style="dim")
        if unnamed:
            why = "their venues list one contract at a time (name it with --symbol)"
            complain(f"left out, {why}: {', '.join(unnamed)}", style="dim")
    return [(name, row) for name in accounts for row in found.get(name, ())]


def show(
    source: Source,
    output: Format,
    read: Read[T],
    cells: Sequence[Column[T]],
    empty: str,
    symbol: str | None = None,
) -> None:
    """Run one reading command."""

    writer = Writer(output)

    async def main() -> Exit:
        rows = await read_all(source, writer, read, symbol)
        if rows or writer.code is Exit.OK:
            writer.rows(rows, cells, empty)
        return writer.code

    run(main, writer)


def add_to(app: typer.Typer) -> None:
    """Make these commands of `app`."""
    commands: list[Callable[..., None]] = [positions, risk, account, orders, fills, ledger]
    for command in commands:
        app.command()(with_accounts(command))


def positions(source: Source, output: Format, symbol: Symbol = None) -> None:
    """Open positions."""
    show(
        source,
        output,
        lambda exchange, count: exchange.fetch_positions(symbol),
        columns.POSITIONS,
        "No open positions.",
        symbol,
    )


def risk(source: Source, output: Format, symbol: Symbol = None) -> None:
    """How far each position is from liquidation."""

    async def read(exchange: FuturesExchange, count: Count) -> Sequence[columns.RiskLine]:
        board, accounts = await dashboard(exchange, symbol), list[Account]()
        if any(row.risk.margin_ratio is None for row in board.rows):
            with suppress(FuturesAsyncError):  # what they would tell is then not known
                accounts = await _balances(exchange)
        return columns.risk_lines(board, accounts)

    show(source, output, read, columns.RISK, "No open positions.", symbol)


def account(source: Source, output: Format) -> None:
    """Balances, equity and margin, one row for each margin coin."""

    async def read(exchange: FuturesExchange, count: Count) -> Sequence[Account]:
        return await _balances(exchange)

    show(source, output, read, columns.ACCOUNTS, "No balances.")


async def _balances(exchange: FuturesExchange) -> list[Account]:
    if exchange.supports(Capability.FETCH_ACCOUNTS):
        return await exchange.fetch_accounts()
    return [await exchange.fetch_account()]


def orders(
    source: Source,
    output: Format,
    symbol: Symbol = None,
    history: Annotated[bool, typer.Option("--history", help="Past orders instead of open ones.")] = False,
    limit: Limit = None,
    since_ms: Since = None,
    until_ms: Until = None,
) -> None:
    """Open orders, or past ones with --history."""
    if not history and (limit, since_ms, until_ms) != (None, None, None):
        raise typer.BadParameter("--limit, --since-ms and --until-ms are about past orders: add --history")

    async def read(exchange: FuturesExchange, count: Count) -> Sequence[Order]:
        if not history:
            return await exchange.fetch_open_orders(symbol)
        if _one_page(limit, since_ms):
            return await exchange.fetch_order_history(symbol, since_ms=since_ms, until_ms=until_ms)
        return await counted(exchange.iter_orders(symbol, since_ms=since_ms, until_ms=until_ms, limit=limit), count)

    show(source, output, read, columns.ORDERS, "No orders.", symbol)


def fills(
    source: Source,
    output: Format,
    symbol: Symbol = None,
    limit: Limit = None,
    since_ms: Since = None,
    until_ms: Until = None,
) -> None:
    """Executions, newest first."""

    async def read(exchange: FuturesExchange, count: Count) -> Sequence[Fill]:
        if _one_page(limit, since_ms):
            return await exchange.fetch_fills(symbol, since_ms=since_ms, until_ms=until_ms)
        return await counted(exchange.iter_fills(symbol, since_ms=since_ms, until_ms=until_ms, limit=limit), count)

    show(source, output, read, columns.FILLS, "No fills.", symbol)


def ledger(
    source: Source,
    output: Format,
    symbol: Symbol = None,
    limit: Limit = None,
    since_ms: Since = None,
    until_ms: Until = None,
) -> None:
    """Changes of balance, newest first."""

    async def read(exchange: FuturesExchange, count: Count) -> Sequence[LedgerEntry]:
        if _one_page(limit, since_ms):
            return await exchange.fetch_ledger(symbol=symbol, since_ms=since_ms, until_ms=until_ms)
        return await counted(
            exchange.iter_ledger(symbol=symbol, since_ms=since_ms, until_ms=until_ms, limit=limit), count
        )

    show(source, output, read, columns.LEDGER, "No ledger rows.", symbol)


def _one_page(limit: int | None, since_ms: int | None) -> bool:
    """Whether the newest page is all that is asked for; who names a number or a beginning gets all of it."""
    return limit is None and since_ms is None
