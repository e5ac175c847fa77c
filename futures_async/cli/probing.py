"""`futures-async probe`: measure what order safety may rely on at a venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from futures_async.cli.accounts import SETTLE_WITHIN_S, Source, open_accounts
from futures_async.cli.options import decimal_option
from futures_async.cli.output import Exit, Format, Writer, complain
from futures_async.cli.running import confirm
from futures_async.cli.symbols import refuse_unknown
from futures_async.cli.tables import Column
from futures_async.unified.enums import MarginMode
from futures_async.unified.errors import InvalidRequest, SymbolNotFound

if TYPE_CHECKING:
    from futures_async.probe import Finding, ProbeReport, ProbeSettings
    from futures_async.unified.exchange import FuturesExchange

COLUMNS: list[Column[Finding]] = [
    Column("trait", lambda row: row.trait, number=False, names=True),
    Column("declared", lambda row: row.declared, number=False, prose=True),
    Column("found", lambda row: row.found, number=False, prose=True),
    Column("verdict", lambda row: row.verdict.value, number=False),
]


def settings_of(
    *,
    symbol: str,
    price: str | None,
    quantity: str | None,
    leverage: str | None,
    orders: int,
    ages_s: list[float] | None,
    fill: bool,
    burst: int,
    live: bool,
) -> ProbeSettings:
    """The settings that the options stand for."""
    from futures_async.probe import ProbeSettings

    times = decimal_option(leverage, "--leverage")
    return ProbeSettings(
        symbol=symbol,
        price=decimal_option(price, "--price"),
        quantity=decimal_option(quantity, "--quantity"),
        leverage=times,
        margin_mode=None if times is None else MarginMode.CROSS,
        orders=orders,
        ages_s=tuple(ages_s or ()),
        fill=fill,
        burst=burst,
        live=live,
    )


async def run_probe(source: Source, settings: ProbeSettings, writer: Writer, *, yes: bool) -> Exit:
    """Ask, probe, print.

    Raises:
        FuturesAsyncError: As `probe` does.
    """
    from futures_async.probe import probe, refuse_real_money

    async with open_accounts(source, close_within_s=SETTLE_WITHIN_S) as accounts:
        if len(accounts) != 1:
            raise InvalidRequest(f"name one account of {', '.join(accounts)}")
        [(name, exchange)] = accounts.items()
        refuse_real_money(exchange, settings)
        if not (yes or source.simulated):
            _ask(exchange, settings)
        try:
            report = await probe(exchange, settings, say=lambda text: complain(f"{name}: {text}", style="dim"))
        except SymbolNotFound:
            await refuse_unknown(accounts, settings.symbol)
            raise
    return _print(writer, name, report)


def _ask(exchange: FuturesExchange, settings: ProbeSettings) -> None:
    bought = " Two are bought at market and sold again." if settings.fill else ""
    burst = f" {settings.burst} are sent at once, which may get the account banned for a while." * bool(settings.burst)
    confirm(
        f"{exchange!r}: this places about {settings.orders + 12 + settings.burst} orders of the smallest size in "
        f"{settings.symbol} and takes them back.{bought}{burst} Go on?"
    )


def _print(writer: Writer, name: str, report: ProbeReport) -> Exit:
    from futures_async.probe import Verdict

    unsafe = any(finding.verdict is Verdict.UNSAFE for finding in report.findings)
    writer.at_least(Exit.UNKNOWN if report.left else Exit.FAILED if unsafe else Exit.OK)
    writer.rows([(name, finding) for finding in report.findings], COLUMNS, "Nothing was found out.")
    if writer.form is Format.TABLE:
        for finding in report.findings:
            if finding.detail:
                writer.console.print(f"\n{finding.trait}: {finding.detail}", highlight=False, markup=False)
    for left in report.left:
        complain(f"{name}: {left}")
    return writer.code
