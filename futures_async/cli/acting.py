"""The commands that act: each shows what will happen, asks, and tells what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, TypeVar

import anyio
import msgspec
import typer

from futures_async.cli.accounts import SETTLE_WITHIN_S, Source, open_accounts
from futures_async.cli.options import DryRun, Symbol, Yes, decimal_option, with_accounts
from futures_async.cli.output import NOTHING, Exit, Format, Writer, complain, one_line
from futures_async.cli.running import confirm, run
from futures_async.cli.symbols import able, refuse_unknown, tell_left_out
from futures_async.cli.tables import Column, grouped
from futures_async.cli.waiting import patient_look, tell_tries
from futures_async.portfolio.acts import Act, Done, Plan, Result, cancels, carry_out, closings, halts, of_order
from futures_async.trading.closing_orders import carried_of
from futures_async.trading.planning import check_request, check_steps
from futures_async.unified import enums
from futures_async.unified.enums import PositionSide
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Order, OrderRequest
from futures_async.unified.rows import readable

E = TypeVar("E", bound=Enum)

Id = Annotated[str | None, typer.Option("--order-id", help="The venue's id of the order.")]
ClientId = Annotated[str | None, typer.Option("--client-order-id", help="The id that this side gave the order.")]
Side = Annotated[str | None, typer.Option("--side", help="long or short, where both are open.")]
AnOrder = Annotated[str, typer.Argument(help="BASE/QUOTE:SETTLE or the venue's own id.")]

COLUMNS: list[Column[Done]] = [
    Column("action", lambda row: row.action, number=False, names=True),
    Column("symbol", lambda row: row.symbol, number=False, names=True),
    Column("result", lambda row: row.result, number=False),
    Column("status", lambda row: row.status, number=False, spare=1),
    Column("filled", lambda row: row.filled_quantity, spare=2),
    Column("order id", lambda row: row.order_id, number=False, spare=3),
    Column("detail", lambda row: row.detail, number=False, prose=True),
]

order_app = typer.Typer(help="Place, amend or cancel one order.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Make these commands of `app`."""
    commands: dict[typer.Typer, list[Callable[..., None]]] = {
        app: [cancel_all, close, halt],
        order_app: [place, amend, cancel],
    }
    for holder, held in commands.items():
        for command in held:
            holder.command()(with_accounts(command))
    app.add_typer(order_app, name="order")


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

    writer = Writer(output)

    async def main() -> Exit:
        async with open_accounts(source, close_within_s=SETTLE_WITHIN_S) as accounts:
            if alone and len(accounts) != 1:
                raise InvalidRequest(f"{alone}: name one of {', '.join(accounts)} with --venue")
            tell_tries(accounts)
            try:
                acts, problems = await patient_look(able(accounts, symbol), plan)
            except anyio.get_cancelled_exc_class():
                complain(NOTHING, style="bold")
                raise
            if symbol is not None and not any(acts.values()):
                await refuse_unknown(accounts, symbol, problems, empty=True)
            out = set[str]() if symbol is None else await tell_left_out(accounts, symbol, problems)
            for name, problem in problems.items():
                if name not in out:
                    writer.problem(name, problem)
                    if not isinstance(problem, InvalidRequest):  # that is about what was asked for
                        complain(f"{name}: nothing was done there", style="bold")
            if not any(acts.values()):
                if writer.code is Exit.OK and output is Format.TABLE:
                    writer.console.print("Nothing to do.")
                return writer.code
            for name, steps in acts.items():
                for step in steps:
                    complain(f"{name}: {step.says}", style="bold")
            if dry_run:
                if output is not Format.TABLE:  # else they stand above, for a person
                    for name, steps in acts.items():
                        for step in steps:
                            of_an_order = {"order_id": None, "status": None, "filled_quantity": None}
                            what = {"account": name, "action": step.action, "symbol": step.symbol, "result": "planned"}
                            writer.record({**what, **of_an_order, "detail": step.says})
                complain("Nothing was done: --dry-run.", style="dim")
                return writer.code
            if not (yes or source.simulated):
                confirm("Go on?")
            done: list[tuple[str, Done]] = []

            def ended(name: str, end: Done) -> None:
                done.append((name, end))
                writer.at_least(CODES.get(end.result, Exit.OK))

            try:
                await carry_out(acts, writer.failed, ended, one_line)
            finally:  # after Ctrl-C as well: what was done is told
                done.sort(key=lambda row: list(acts).index(row[0]))
                _tell(writer, done)
        return writer.code

    run(main, writer)


CODES: dict[Result, Exit] = {"failed": Exit.FAILED, "unknown": Exit.UNKNOWN}
"""What a step's end asks of the exit code, whatever the error was."""


def _tell(writer: Writer, done: Sequence[tuple[str, Done]]) -> None:
    """What was done, on stderr where it cannot be printed: nowhere else is the id of an order that was placed."""
    try:
        writer.rows(done, COLUMNS, NOTHING)
    except OSError:
        for name, end in done:
            parts = (end.action, end.symbol, end.result, end.status, end.order_id, end.detail)
            complain(f"{name}: {' '.join(' '.join(filter(None, parts)).split())}", style="bold")
        raise


# Everything


def cancel_all(
    source: Source, output: Format, symbol: Symbol = None, yes: Yes = False, dry_run: DryRun = False
) -> None:
    """Cancel all open and waiting orders. Of a contract or of all, on these accounts."""
    act_on(source, output, lambda exchange: cancels(exchange, symbol), yes=yes, dry_run=dry_run, symbol=symbol)


def close(
    source: Source,
    output: Format,
    symbol: Symbol = None,
    side: Side = None,
    margin_mode: Annotated[
        str | None, typer.Option("--margin-mode", help="cross or isolated, where both are open.")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Close positions at market. Of a contract or all of them, on these accounts."""
    wanted, mode = _word(PositionSide, side, "--side"), _word(enums.MarginMode, margin_mode, "--margin-mode")

    def plan(exchange: FuturesExchange) -> Awaitable[Sequence[Act]]:
        return closings(exchange, symbol, wanted, mode)

    act_on(source, output, plan, yes=yes, dry_run=dry_run, symbol=symbol)


def halt(
    source: Source,
    output: Format,
    close: Annotated[bool, typer.Option("--close", help="Close all positions at market, too.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Stop everything. Cancels all orders on these accounts, and with --close closes all positions after that.

    A bot that runs elsewhere goes on: stop it first.
    """
    act_on(source, output, lambda exchange: halts(exchange, close=close), yes=yes, dry_run=dry_run)


# One order


def place(
    source: Source,
    output: Format,
    side: Annotated[str, typer.Argument(help="buy or sell.")],
    quantity: Annotated[str, typer.Argument(help="In base coin.")],
    symbol: AnOrder,
    price: Annotated[str | None, typer.Option("--price", help="Limit price; without it at market.")] = None,
    reduce: Annotated[bool, typer.Option("--reduce", help="Only close or shrink a position.")] = False,
    post_only: Annotated[bool, typer.Option("--post-only", help="Never take.")] = False,
    stop_loss: Annotated[str | None, typer.Option("--stop-loss", help="Trigger price of one to attach.")] = None,
    take_profit: Annotated[str | None, typer.Option("--take-profit", help="Trigger price of one to attach.")] = None,
    leverage: Annotated[str | None, typer.Option("--leverage", help="Times.")] = None,
    margin_mode: Annotated[str | None, typer.Option("--margin-mode", help="cross or isolated.")] = None,
    client_order_id: ClientId = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Place one order on one account. A client order id finds it again; it does not keep it from being placed twice."""
    way, mode = _word(enums.Side, side, "side"), _word(enums.MarginMode, margin_mode, "--margin-mode")

    async def plan(exchange: FuturesExchange) -> Sequence[Act]:
        wanted: dict[str, Any] = {
            "symbol": symbol,
            "side": way,
            "type": "market" if price is None else "limit",
            "quantity": decimal_option(quantity, "quantity"),
            "price": decimal_option(price, "--price"),
            "time_in_force": "post_only" if post_only else None,
            "intent": "close" if reduce else "open",
            "stop_loss": decimal_option(stop_loss, "--stop-loss"),
            "take_profit": decimal_option(take_profit, "--take-profit"),
            "leverage": decimal_option(leverage, "--leverage"),
            "margin_mode": mode,
            "client_order_id": client_order_id,
        }
        if reduce:
            wanted |= await of_what_is_held(exchange, symbol, way, wanted)
        request = check_request(OrderRequest(**wanted))
        contract = await exchange.fetch_contract(symbol)
        check_steps(request, contract)  # before anybody is asked, and in a dry run
        at = "at market" if request.price is None else f"at {grouped(request.price, None)}"
        more = [f"{name.replace('_', '-')} {grouped(stop.price, None)}" for name, stop in request.attached.items()]
        says = f"{request.side.value} {grouped(request.quantity, None)} {contract.base} of {contract.symbol} {at}"
        terms = {
            "only to reduce": reduce,
            "post-only": post_only,
            f"{request.margin_mode} margin": request.margin_mode is not None,
            f"leverage of the contract set to {leverage}": leverage is not None,
            f"leverage {request.leverage}": leverage is None and request.leverage is not None,
        }
        says = ", ".join([says, *(term for term, wanted in terms.items() if wanted), *more])

        async def do() -> Done:
            return of_order("place", await exchange.create_order(request))

        return [Act("place", contract.symbol, says, do)]

    act_on(source, output, plan, yes=yes, dry_run=dry_run, symbol=symbol, alone="an order is placed on one account")


def amend(
    source: Source,
    output: Format,
    symbol: AnOrder,
    order_id: Id = None,
    client_order_id: ClientId = None,
    price: Annotated[str | None, typer.Option("--price", help="The new limit price.")] = None,
    quantity: Annotated[str | None, typer.Option("--quantity", help="The new total, filled parts included.")] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Change price or quantity of one open order."""
    if price is None and quantity is None:
        raise typer.BadParameter("say what changes: --price, --quantity or both")

    async def plan(exchange: FuturesExchange) -> Sequence[Act]:
        at, size = decimal_option(price, "--price"), decimal_option(quantity, "--quantity")
        order = await exchange.fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
        becomes = ", ".join(
            f"{name} {grouped(old) if old is not None else 'none'} → {grouped(new)}"
            for name, old, new in (("price", order.price, at), ("quantity", order.quantity, size))
            if new is not None
        )

        async def do() -> Done:
            changed = await exchange.edit_order(
                symbol, order_id=order_id, client_order_id=client_order_id, price=at, quantity=size
            )
            return of_order("amend", changed)

        return [Act("amend", order.symbol, f"amend {_named(order)}: {becomes}", do)]

    _with_id(order_id, client_order_id)
    act_on(source, output, plan, yes=yes, dry_run=dry_run, symbol=symbol, alone="an order is amended on one account")


def cancel(
    source: Source,
    output: Format,
    symbol: AnOrder,
    order_id: Id = None,
    client_order_id: ClientId = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Cancel one order. Tells whether it was cancelled or had filled before."""

    async def plan(exchange: FuturesExchange) -> Sequence[Act]:
        order = await exchange.fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)

        async def do() -> Done:
            if order.status.is_final:
                return _had_ended(order)
            ended = await exchange.cancel_order(symbol, order_id=order_id, client_order_id=client_order_id)
            too_late = ended.status.is_final and ended.status is not enums.OrderStatus.CANCELED
            return _had_ended(ended) if too_late else of_order("cancel", ended)

        return [Act("cancel", order.symbol, f"cancel {_named(order)}", do)]

    _with_id(order_id, client_order_id)
    act_on(source, output, plan, yes=yes, dry_run=dry_run, symbol=symbol, alone="an order is cancelled on one account")


def _had_ended(order: Order) -> Done:
    told = of_order("cancel", order)
    return msgspec.structs.replace(told, result="nothing to do", detail=f"it was {order.status} already")


async def of_what_is_held(
    exchange: FuturesExchange, symbol: str, way: enums.Side | None, wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """What an order that only reduces must say of its position, and was not told to."""
    rows, _ = await readable(exchange.fetch_positions(symbol))
    closes = PositionSide.LONG if way is enums.Side.SELL else PositionSide.SHORT
    held = [row for row in rows if row.side is closes and wanted["margin_mode"] in (None, row.margin_mode)]
    if len(held) > 1:
        raise InvalidRequest(f"{symbol} is held in both margin modes: say which by --margin-mode")
    carried = carried_of(exchange, held[0], enums.OrderType(wanted["type"])) if held else {}
    return {word: value for word, value in carried.items() if wanted[word] is None}


def _with_id(order_id: str | None, client_order_id: str | None) -> None:
    if (order_id is None) == (client_order_id is None):
        raise typer.BadParameter("name the order by --order-id or by --client-order-id")


def _named(order: Order) -> str:
    at = "at market" if order.price is None else f"at {grouped(order.price)}"
    return f"{order.order_id} ({order.side.value} {grouped(order.quantity)} {order.symbol} {at})"


def _word(kind: type[E], text: str | None, name: str) -> E | None:
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        words = " or ".join(one.value for one in kind)
        raise typer.BadParameter(f"{name} {text[:40]!r}: {words}") from None
