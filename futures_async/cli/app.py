"""The commands. Each reads the same accounts by the same options; what is printed is made in `columns` and `output`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from futures_async.cli import acting, reading
from futures_async.cli.accounts import Source, open_accounts
from futures_async.cli.listen import Subject, listen_to
from futures_async.cli.options import (
    AsCsv,
    AsJson,
    BaseUrl,
    CaFile,
    Demo,
    Keyring,
    Keys,
    Proxy,
    Seed,
    Simulated,
    Symbol,
    Venues,
    Yes,
    form,
    way_out,
    with_accounts,
)
from futures_async.cli.output import Exit, Format, Writer
from futures_async.cli.running import run, run_plain, run_sync
from futures_async.cli.screen import SORTS, read_sort
from futures_async.cli.symbols import refuse_unknown
from futures_async.cli.venues import show_venues
from futures_async.cli.watch import watch_positions
from futures_async.unified.version import __version__

app = typer.Typer(
    name="futures-async",
    help="Futures accounts on several crypto venues: positions, risk, orders, and a simulated exchange to try it on.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,  # its tracebacks show local variables
    rich_markup_mode=None,
)


@app.command()
@with_accounts
def watch(
    source: Source,
    output: Format,
    symbol: Symbol = None,
    interval: Annotated[float, typer.Option("--interval", min=0.2, help="Seconds between refreshes.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Print one table and exit.")] = False,
    poll: Annotated[bool, typer.Option("--poll", help="Read at every refresh, also where there is a stream.")] = False,
    sort: Annotated[
        str, typer.Option("--sort", help=f"{', '.join(SORTS)}; with - before it the other way round.")
    ] = "danger",
    money: Annotated[str, typer.Option("--money", help="Coin that everything is added up in.")] = "USDT",
) -> None:
    """Live positions of all accounts. The greatest danger first, with totals and ages; q or Ctrl-C ends it."""
    writer = Writer(output)

    async def main() -> Exit:
        order = read_sort(sort)
        async with open_accounts(source) as accounts:
            if symbol is not None:
                await refuse_unknown(accounts, symbol)
            return await watch_positions(
                accounts,
                symbol=symbol,
                interval_s=interval,
                once=once,
                poll=poll,
                sort=order,
                money=money.upper(),
                writer=writer,
            )

    run(main, writer)


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
    writer = Writer(output)

    async def main() -> Exit:
        async with open_accounts(source) as accounts:
            if symbol is not None:
                await refuse_unknown(accounts, symbol)
            return await listen_to(accounts, subject, symbol=symbol, fallback_s=interval, writer=writer)

    run(main, writer)


reading.add_to(app)


@app.command()
def venues(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """The installed adapters and what each can do."""
    run_plain(lambda: show_venues(form(as_json, as_csv)))


@app.command()
@with_accounts
def serve(
    source: Source,
    output: Format,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8800,
    host: Annotated[str, typer.Option("--host", help="Others than loopback need a token.")] = "127.0.0.1",
    token_file: Annotated[Path | None, typer.Option("--token-file", help="Else FUTURES_ASYNC_WEB_TOKEN.")] = None,
    names: Annotated[
        list[str] | None, typer.Option("--name", metavar="<str>", help="Another host name to answer for.")
    ] = None,
    trading: Annotated[bool, typer.Option("--trading", help="Let the page cancel, close and halt.")] = False,
    poll: Annotated[bool, typer.Option("--poll", help="Read only; no streams.")] = False,
) -> None:
    """The accounts as a live page. As JSON, events and metrics too; Ctrl-C ends it."""
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
    write_keys: Annotated[Path | None, typer.Option("--write-keys", help="Keys file to write, for --keys.")] = None,
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
            write_keys=write_keys,
            output=form(as_json, as_csv),
        )
    )


@app.command()
def probe(
    venue: Annotated[str, typer.Argument(help="Venue or account.")],
    simulated: Simulated = False,
    demo: Demo = False,
    live: Annotated[bool, typer.Option("--live", help="Real money; without it demo and loopback only.")] = False,
    yes: Yes = False,
    symbol: Annotated[str, typer.Option("--symbol", "-s", help="Nobody else may trade it.")] = "BTC/USDT:USDT",
    price: Annotated[str | None, typer.Option("--price", help="Of resting orders; a tenth below the market.")] = None,
    quantity: Annotated[str | None, typer.Option("--quantity", help="Base coin; the smallest possible.")] = None,
    leverage: Annotated[str | None, typer.Option("--leverage", help="Where each order needs it.")] = None,
    orders: Annotated[int, typer.Option("--orders", min=0, help="So many, to see how soon they are visible.")] = 20,
    age: Annotated[
        list[float] | None, typer.Option("--age", metavar="<float>", min=0, help="Use an id again after so many s.")
    ] = None,
    fill: Annotated[bool, typer.Option("--fill/--no-fill", help="Also buy at market, and sell again.")] = True,
    burst: Annotated[int, typer.Option("--burst", min=0, help="Provoke a 429 with so many orders at once.")] = 0,
    keys: Keys = None,
    keyring: Keyring = False,
    base_url: BaseUrl = None,
    proxy: Proxy = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    seed: Seed = 1,
) -> None:
    """Measure what order safety relies on. Places small orders at a venue and takes them back."""
    from futures_async.cli.probing import run_probe, settings_of

    writer = Writer(form(as_json, as_csv))

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
            options=way_out(proxy, ca_file),
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
        return await run_probe(source, settings, writer, yes=yes)

    run(main, writer)


acting.add_to(app)


@app.command("new-venue")
def new_venue(
    name: Annotated[str, typer.Argument(help="The adapter's id, such as some-venue.")],
    into: Annotated[Path, typer.Option("--into", help="Where its folder is made.")] = Path(),
) -> None:
    """Write the package of a new venue. Adapter, simulated side and tests, which pass."""
    from futures_async.cli.authoring import write_venue

    run_plain(lambda: write_venue(name, into))


@app.command("check-venue")
def check_venue(
    venue: Annotated[str, typer.Argument(help="The adapter's id; installed, or of the project in this folder.")],
    tests: Annotated[
        list[str] | None, typer.Option("--tests", metavar="<path>", help="As pytest takes them; tests/.")
    ] = None,
    mutants: Annotated[int, typer.Option("--mutants", min=0, help="Wrong adapters to try, one line each.")] = 30,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Judge an adapter. By contract suite, fault matrix, probe, and wrong adapters that its tests must notice."""
    from futures_async.cli.authoring import check_venue as check

    writer = Writer(form(as_json, as_csv))
    run_plain(lambda: check(venue, tests or ["tests"], mutants, writer), writer)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"futures-async {__version__}")
        raise typer.Exit
