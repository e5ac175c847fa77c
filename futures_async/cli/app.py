"""The commands. Each reads the same accounts by the same options; what is printed is made in `columns` and `output`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import anyio
import typer

from futures_async.cli import acting, columns
from futures_async.cli.accounts import Source, open_accounts
from futures_async.cli.counting import Count, RowCounter, counted
from futures_async.cli.listen import Subject, listen_to
from futures_async.cli.options import (
    AsCsv,
    AsJson,
    BaseUrl,
    Demo,
    Keyring,
    Keys,
    Limit,
    Seed,
    Simulated,
    Since,
    Symbol,
    Until,
    Venues,
    form,
    with_accounts,
)
from futures_async.cli.output import Column, Exit, Format, Writer, make_table
from futures_async.cli.running import run, run_plain, run_sync
from futures_async.cli.symbols import refuse_unknown
from futures_async.cli.watch import SORTS, watch_positions
from futures_async.registry import adapter_class, venue_ids
from futures_async.risk import dashboard
from futures_async.unified.errors import FuturesAsyncError, InvalidRequest, NotSupported, SymbolNotFound, UnreadRows
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Account, Fill, LedgerEntry, Order
from futures_async.unified.version import __version__

T = TypeVar("T")

app = typer.Typer(
    name="futures-async",
    help="Futures accounts on several crypto venues: positions, risk, orders, and a simulated exchange to try it on.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,  # its tracebacks show local variables
    rich_markup_mode=None,
)

Read = Callable[[FuturesExchange, Count], Awaitable[Sequence[T]]]


async def read_all(source: Source, writer: Writer, read: Read[T], symbol: str | None = None) -> list[tuple[str, T]]:
    """Read every account side by side; one that fails is reported and hides no other.

    Raises:
        InvalidRequest: No row was found, and no venue lists the symbol.
    """
    found: dict[str, Sequence[T]] = {}
    refused: dict[str, FuturesAsyncError] = {}

    async def one(name: str, exchange: FuturesExchange) -> None:
        try:
            found[name] = await read(exchange, counter.of(name))
        except NotSupported as error:
            if len(accounts) == 1:
                writer.problem(name, error)
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
            async with anyio.create_task_group() as group:
                for name, exchange in accounts.items():
                    group.start_soon(one, name, exchange)
            if symbol is not None and not any(found.values()):
                await refuse_unknown(accounts, symbol)
    for name, error in refused.items():
        writer.problem(name, error)
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

    async def main() -> Exit:
        writer = Writer(output)
        rows = await read_all(source, writer, read, symbol)
        if rows or writer.code is Exit.OK:
            writer.rows(rows, cells, empty)
        return writer.code

    run(main)


@app.command()
@with_accounts
def watch(
    source: Source,
    output: Format,
    symbol: Symbol = None,
    interval: Annotated[float, typer.Option("--interval", min=0.2, help="Seconds between refreshes.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Print one table and exit.")] = False,
    poll: Annotated[bool, typer.Option("--poll", help="Read at every refresh, also where there is a stream.")] = False,
    sort: Annotated[str, typer.Option("--sort", help=f"{', '.join(SORTS)}.")] = "account",
) -> None:
    """Live positions of all accounts: at once where the venue streams them, else read. Ctrl-C ends it."""

    async def main() -> Exit:
        async with open_accounts(source) as accounts:
            if symbol is not None:
                await refuse_unknown(accounts, symbol)
            return await watch_positions(
                accounts, symbol=symbol, interval_s=interval, once=once, poll=poll, sort=sort, output=output
            )

    run(main)


@app.command()
@with_accounts
def listen(
    source: Source,
    output: Format,
    subject: Annotated[Subject, typer.Argument(help="orders, fills, positions or account.")],
    symbol: Symbol = None,
    interval: Annotated[float, typer.Option("--interval", min=0.1, help="Seconds between reads without a stream.")] = 1,
) -> None:
    """Print changes as they come, beginning with what is there. Ctrl-C ends it."""

    async def main() -> Exit:
        async with open_accounts(source) as accounts:
            if symbol is not None:
                await refuse_unknown(accounts, symbol)
            return await listen_to(accounts, subject, symbol=symbol, fallback_s=interval, output=output)

    run(main)


@app.command()
@with_accounts
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


@app.command()
@with_accounts
def risk(source: Source, output: Format, symbol: Symbol = None) -> None:
    """The position dashboard: how far each position is from liquidation."""

    async def read(exchange: FuturesExchange, count: Count) -> Sequence[columns.RiskLine]:
        return columns.risk_lines(await dashboard(exchange, symbol))

    show(source, output, read, columns.RISK, "No open positions.", symbol)


@app.command()
@with_accounts
def account(source: Source, output: Format) -> None:
    """Balances, equity and margin, one row for each margin coin."""

    async def read(exchange: FuturesExchange, count: Count) -> Sequence[Account]:
        if exchange.supports(Capability.FETCH_ACCOUNTS):
            return await exchange.fetch_accounts()
        return [await exchange.fetch_account()]

    show(source, output, read, columns.ACCOUNTS, "No balances.")


@app.command()
@with_accounts
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

    async def read(exchange: FuturesExchange, count: Count) -> Sequence[Order]:
        if not history:
            return await exchange.fetch_open_orders(symbol)
        if limit is None:
            return await exchange.fetch_order_history(symbol, since_ms=since_ms, until_ms=until_ms)
        return await counted(exchange.iter_orders(symbol, since_ms=since_ms, until_ms=until_ms, limit=limit), count)

    show(source, output, read, columns.ORDERS, "No orders.", symbol)


@app.command()
@with_accounts
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
        if limit is None:
            return await exchange.fetch_fills(symbol, since_ms=since_ms, until_ms=until_ms)
        return await counted(exchange.iter_fills(symbol, since_ms=since_ms, until_ms=until_ms, limit=limit), count)

    show(source, output, read, columns.FILLS, "No fills.", symbol)


@app.command()
@with_accounts
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
        if limit is None:
            return await exchange.fetch_ledger(symbol=symbol, since_ms=since_ms, until_ms=until_ms)
        return await counted(
            exchange.iter_ledger(symbol=symbol, since_ms=since_ms, until_ms=until_ms, limit=limit), count
        )

    show(source, output, read, columns.LEDGER, "No ledger rows.", symbol)


def capability_rows() -> tuple[list[str], list[tuple[str, list[bool]]]]:
    """Venue ids, and for each capability whether each venue has it."""
    ids = venue_ids()
    classes = [adapter_class(venue) for venue in ids]
    return ids, [
        (capability.value, [capability in adapter.capabilities for adapter in classes]) for capability in Capability
    ]


@app.command()
def venues(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """The installed adapters and what each can do."""
    ids, rows = capability_rows()
    writer = Writer(form(as_json, as_csv))
    if writer.form is not Format.TABLE:
        for index, venue in enumerate(ids):
            adapter = adapter_class(venue)
            names = [name for name, cells in rows if cells[index]]
            writer.record({"venue": venue, "name": adapter.name, "lifecycle": adapter.lifecycle, "capabilities": names})
        return
    table: list[TextRow] = [
        ("life cycle", [str(adapter_class(venue).lifecycle) for venue in ids]),
        *((name, ["yes" if cell else "" for cell in cells]) for name, cells in rows),
    ]
    head = [_title_column(), *map(_venue_column, ids, range(len(ids)))]
    writer.console.print(make_table(head, table, writer.console.width))


TextRow = tuple[str, list[str]]


def _title_column() -> Column[TextRow]:
    return Column("", lambda row: row[0], number=False)


def _venue_column(venue: str, index: int) -> Column[TextRow]:
    return Column(venue, lambda row: row[1][index], number=False)


@app.command()
@with_accounts
def serve(
    source: Source,
    output: Format,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8800,
    host: Annotated[str, typer.Option("--host", help="Others than loopback need a token.")] = "127.0.0.1",
    token_file: Annotated[Path | None, typer.Option("--token-file", help="Else FUTURES_ASYNC_WEB_TOKEN.")] = None,
    names: Annotated[list[str] | None, typer.Option("--name", help="Another host name to answer for.")] = None,
    trading: Annotated[bool, typer.Option("--trading", help="Let the page cancel, close and halt.")] = False,
    poll: Annotated[bool, typer.Option("--poll", help="Read only; no streams.")] = False,
) -> None:
    """The accounts as a live page, JSON, events and metrics, until Ctrl-C."""
    from futures_async.cli.web import serve_page

    if output is not Format.TABLE:
        raise typer.BadParameter("the page speaks JSON itself: see /openapi.json")
    run_sync(
        lambda: asyncio.run(
            serve_page(
                source, host=host, port=port, token_file=token_file, trading=trading, poll=poll, hosts=names or []
            )
        )
    )


@app.command()
def simulate(
    venue: Venues = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8900,
    host: Annotated[str, typer.Option("--host", help="Loopback unless you know better.")] = "127.0.0.1",
    seed: Seed = 1,
    hedge: Annotated[bool, typer.Option("--hedge/--one-way", help="Position mode at start.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Accounts with money only, no positions.")] = False,
    key: Annotated[str | None, typer.Option("--key", help="Instead of the demo key; needs --secret.")] = None,
    secret: Annotated[str | None, typer.Option("--secret", help="Of --key.")] = None,
    passphrase: Annotated[str | None, typer.Option("--passphrase", help="Of --key.")] = None,
    memo: Annotated[str | None, typer.Option("--memo", help="Of --key.")] = None,
    faults: Annotated[Path | None, typer.Option("--faults", help="A plan of faults (TOML).")] = None,
    uid_limit: Annotated[int, typer.Option("--uid-limit", min=1, help="Requests per second and account.")] = 10,
    no_uid_limit: Annotated[bool, typer.Option("--no-uid-limit", help="Only the venues' own limits.")] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Serve the simulated exchange until Ctrl-C."""
    from futures_async.cli.simulation import simulate as serve

    run_sync(
        lambda: serve(
            venues=venue or [],
            port=port,
            host=host,
            seed=seed,
            hedge=hedge,
            empty=empty,
            key=key,
            secret=secret,
            passphrase=passphrase,
            memo=memo,
            faults=faults,
            uid_limit=None if no_uid_limit else uid_limit,
            output=form(as_json, as_csv),
        )
    )


@app.command()
def probe(
    venue: Annotated[str, typer.Argument(help="Venue or account.")],
    simulated: Simulated = False,
    demo: Demo = False,
    live: Annotated[bool, typer.Option("--live", help="Real money; without it demo and loopback only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    symbol: Annotated[str, typer.Option("--symbol", "-s", help="Nobody else may trade it.")] = "BTC/USDT:USDT",
    price: Annotated[str | None, typer.Option("--price", help="Of resting orders; a tenth below the market.")] = None,
    quantity: Annotated[str | None, typer.Option("--quantity", help="Base coin; the smallest possible.")] = None,
    leverage: Annotated[str | None, typer.Option("--leverage", help="Where each order needs it.")] = None,
    orders: Annotated[int, typer.Option("--orders", min=0, help="So many, to see how soon they are visible.")] = 20,
    age: Annotated[list[float] | None, typer.Option("--age", min=0, help="Use an id again after so many s.")] = None,
    fill: Annotated[bool, typer.Option("--fill/--no-fill", help="Also buy at market, and sell again.")] = True,
    burst: Annotated[int, typer.Option("--burst", min=0, help="Provoke a 429 with so many orders at once.")] = 0,
    keys: Keys = None,
    keyring: Keyring = False,
    base_url: BaseUrl = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    seed: Seed = 1,
) -> None:
    """Measure what order safety relies on at a venue; places small orders and takes them back."""
    from futures_async.cli.probing import run_probe, settings_of

    async def main() -> Exit:
        source = Source(
            venues=(venue,),
            simulated=simulated,
            keys=keys,
            keyring=keyring,
            base_url=base_url,
            demo=demo,
            seed=seed,
            empty=True,
        )
        settings = settings_of(
            symbol=symbol,
            price=price,
            quantity=quantity,
            leverage=leverage,
            orders=orders,
            ages_s=age,
            fill=fill,
            burst=burst,
            live=live,
        )
        return await run_probe(source, settings, form(as_json, as_csv), yes=yes)

    run(main)


acting.add_to(app)


@app.command("new-venue")
def new_venue(
    name: Annotated[str, typer.Argument(help="The adapter's id, such as some-venue.")],
    into: Annotated[Path, typer.Option("--into", help="Where its folder is made.")] = Path(),
) -> None:
    """Write the package of a new venue: adapter, simulated side and tests, which pass."""
    from futures_async.cli.authoring import write_venue

    run_plain(lambda: write_venue(name, into))


@app.command("check-venue")
def check_venue(
    venue: Annotated[str, typer.Argument(help="The adapter's id; installed, or of the project in this folder.")],
    tests: Annotated[list[str] | None, typer.Option("--tests", help="As pytest takes them; tests/.")] = None,
    mutants: Annotated[int, typer.Option("--mutants", min=0, help="Wrong adapters to try, one line each.")] = 30,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Judge an adapter: contract suite, fault matrix, probe, and wrong adapters that its tests must notice."""
    from futures_async.cli.authoring import check_venue as check

    run_plain(lambda: check(venue, tests or ["tests"], mutants, form(as_json, as_csv)))


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"futures-async {__version__}")
        raise typer.Exit
