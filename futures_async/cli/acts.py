"""What commands that act have in common: say what will happen, ask, do it on all accounts at once, say what came."""

from __future__ import annotations

from futures_async.cli.accounts import SETTLE_WITHIN_S, Source, open_accounts
from futures_async.cli.output import Exit, Format, Writer, complain
from futures_async.cli.running import confirm, run
from futures_async.cli.symbols import refuse_unknown
from futures_async.cli.tables import Column
from futures_async.portfolio.acts import Done, Plan, carry_out, look_at
from futures_async.unified.errors import InvalidRequest

COLUMNS: list[Column[Done]] = [
    Column("action", lambda row: row.action, number=False, names=True),
    Column("symbol", lambda row: row.symbol, number=False, names=True),
    Column("result", lambda row: row.result, number=False),
    Column("status", lambda row: row.status, number=False, spare=1),
    Column("filled", lambda row: row.filled_quantity, spare=2),
    Column("order id", lambda row: row.order_id, number=False, spare=3),
    Column("detail", lambda row: row.detail, number=False, prose=True),
]


def act_on(
    source: Source, output: Format, plan: Plan, *, yes: bool, dry_run: bool, symbol: str | None = None, alone: str = ""
) -> None:
    """Run one acting command.

    Args:
        source: The accounts.
        output: Of the results.
        plan: What is to be done on each account.
        yes: Do not ask.
        dry_run: Say what would be done, and do nothing.
        symbol: Refused where no venue lists it.
        alone: Why the command is for one account; empty where it is for all.
    """

    async def main() -> Exit:
        writer = Writer(output)
        async with open_accounts(source, close_within_s=SETTLE_WITHIN_S) as accounts:
            if alone and len(accounts) != 1:
                raise InvalidRequest(f"{alone}: name one of {', '.join(accounts)} with --venue")
            acts, problems = await look_at(accounts, plan)
            if symbol is not None and not any(acts.values()):
                await refuse_unknown(accounts, symbol)
            for name, problem in problems.items():
                writer.problem(name, problem)
            if not any(acts.values()):
                if writer.code is Exit.OK and output is Format.TABLE:
                    writer.console.print("Nothing to do.")
                return writer.code
            for name, steps in acts.items():
                for step in steps:
                    complain(f"{name}: {step.says}", style="bold")
            if dry_run:
                complain("Nothing was done: --dry-run.", style="dim")
                return writer.code
            if not (yes or source.simulated):
                confirm("Go on?")
            done = await carry_out(acts, writer.failed)
        writer.rows(done, COLUMNS, "Nothing was done.")
        return writer.code

    run(main)
