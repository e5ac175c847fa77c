"""What commands that act have in common: say what will happen, ask, do it on all accounts side by side, say what came.

Steps of one account are taken one after the other, those of several at once. What is not known is never told as done:
it is a row with the outcome `unknown`, and the exit code 4.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import anyio
import msgspec

from futures_async.cli.accounts import Source, open_accounts
from futures_async.cli.output import Column, Exit, Format, Writer, complain, exit_code, one_line
from futures_async.cli.running import confirm, run
from futures_async.cli.symbols import refuse_unknown
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import FuturesAsyncError, InvalidRequest, SymbolNotFound
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Order

Result = Literal["done", "nothing to do", "refused", "not sent", "unknown", "failed"]

RESULTS: dict[Outcome | None, Result] = {
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_SENT: "not sent",
    Outcome.NOT_PLACED: "not sent",
    Outcome.REJECTED: "refused",
}


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one step."""

    action: str
    """`cancel all`, `close`, `place`, `amend` or `cancel`."""
    symbol: str
    """Unified symbol, or the venue's own id where that is all there is."""
    result: Result
    """`unknown`: it may have happened, or not."""
    order_id: str | None = None
    """The order's, or how many were cancelled stands in `detail`."""
    status: str | None = None
    """The order's."""
    filled_quantity: Decimal | None = None
    """The order's, in base coin."""
    detail: str = ""
    """The error, or what else there is to say."""


COLUMNS: list[Column[Done]] = [
    Column("action", lambda row: row.action, number=False),
    Column("symbol", lambda row: row.symbol, number=False),
    Column("result", lambda row: row.result, number=False),
    Column("status", lambda row: row.status, number=False, spare=1),
    Column("filled", lambda row: row.filled_quantity, spare=2),
    Column("order id", lambda row: row.order_id, number=False, spare=3),
    Column("detail", lambda row: row.detail, number=False),
]


@dataclass(frozen=True, slots=True)
class Act:
    """One step, before it is taken."""

    action: str
    symbol: str
    says: str
    """What will happen, for whoever is asked."""
    do: Callable[[], Awaitable[Done]]


Plan = Callable[[FuturesExchange], Awaitable[Sequence[Act]]]
"""Looks at an account and says what is to be done there."""


def of_order(action: str, order: Order) -> Done:
    """The end of a step that is about one order."""
    return Done(
        action=action,
        symbol=order.symbol,
        result="done",
        order_id=order.order_id,
        status=order.status.value,
        filled_quantity=order.filled_quantity,
    )


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
        async with open_accounts(source) as accounts:
            if alone and len(accounts) != 1:
                raise InvalidRequest(f"{alone}: name one of {', '.join(accounts)} with --venue")
            acts = await _planned(accounts, plan, writer, symbol)
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
            done = await carried_out(acts, writer)
        writer.rows(done, COLUMNS, "Nothing was done.")
        return writer.code

    run(main)


async def _planned(
    accounts: Mapping[str, FuturesExchange], plan: Plan, writer: Writer, symbol: str | None
) -> dict[str, Sequence[Act]]:
    """The steps of each account; one that cannot be looked at is told of, and holds up no other."""
    acts: dict[str, Sequence[Act]] = {}

    async def look(name: str, exchange: FuturesExchange) -> None:
        try:
            acts[name] = await plan(exchange)
        except (SymbolNotFound, InvalidRequest) as error:
            refused[name] = error
        except FuturesAsyncError as error:
            writer.problem(name, error)

    refused: dict[str, FuturesAsyncError] = {}
    async with anyio.create_task_group() as group:
        for name, exchange in accounts.items():
            group.start_soon(look, name, exchange)
    if symbol is not None and not any(acts.values()):
        await refuse_unknown(accounts, symbol)
    for name, error in refused.items():
        writer.problem(name, error)
    return {name: acts[name] for name in accounts if name in acts}


async def carried_out(acts: Mapping[str, Sequence[Act]], writer: Writer) -> list[tuple[str, Done]]:
    """Take the steps; what each has come to, with its account's name. The worst error decides the exit code."""
    ends: dict[str, list[Done]] = {name: [] for name in acts}

    async def take(name: str, steps: Sequence[Act]) -> None:
        for step in steps:
            try:
                ends[name].append(await step.do())
            except FuturesAsyncError as error:
                writer.code = max(writer.code, exit_code(error))
                result = RESULTS.get(error.outcome, "failed")
                ends[name].append(Done(action=step.action, symbol=step.symbol, result=result, detail=one_line(error)))

    async with anyio.create_task_group() as group:
        for name, steps in acts.items():
            group.start_soon(take, name, steps)
    return [(name, done) for name, found in ends.items() for done in found]
