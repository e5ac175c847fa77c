"""What can be done to accounts at once: cancel everything, close everything; said before it is done.

A step is said before it is taken. What is not known is never told as done: it is an end with the result `unknown`.
Rows that cannot be read are acted on all the same, as long as their symbol can be.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import anyio
import msgspec

from futures_async.unified.callbacks import failure_of
from futures_async.unified.enums import MarginMode, Outcome, PositionSide
from futures_async.unified.errors import (
    FuturesAsyncError,
    IncompletePage,
    InvalidRequest,
    NotSupported,
    UnreadRow,
    unread_rows,
)
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Order, Position
from futures_async.unified.rows import readable, seen

Result = Literal["done", "nothing to do", "refused", "not sent", "unknown", "failed"]

RESULTS: dict[Outcome | None, Result] = {
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_SENT: "not sent",
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


@dataclass(frozen=True, slots=True)
class Act:
    """One step, before it is taken."""

    action: str
    symbol: str
    says: str
    """What will happen, for whoever is asked."""
    do: Callable[[], Awaitable[Done | None]]
    """None: there was nothing to do that is worth telling."""
    side: PositionSide | None = None
    """Of the position, where it is about one."""
    margin_mode: MarginMode | None = None
    """Of the position, where it is about one and that is known."""
    whole: bool = False
    """It may be about any contract: it is taken after all before it, and before all after it."""


def of_order(action: str, order: Order) -> Done:
    """The end of a step that is about one order."""
    return Done(
        action=action,
        symbol=order.symbol,
        result="done",
        order_id=order.order_id,
        status=order.status.value,
        filled_quantity=order.filled_quantity,
        detail="" if order.stops_refused is None else f"it stands without what was refused: {order.stops_refused}",
    )


SIDE_BY_SIDE = 8
"""So many contracts of one account are acted on at once: more would only wait for its limit, each the longer."""

Plan = Callable[[FuturesExchange], Awaitable[Sequence[Act]]]
"""Looks at an account and says what is to be done there."""


async def look_at(
    accounts: Mapping[str, FuturesExchange], plan: Plan
) -> tuple[dict[str, Sequence[Act]], dict[str, FuturesAsyncError]]:
    """The steps of each account, and why there are none for the others: one holds up no other."""
    acts: dict[str, Sequence[Act]] = {}
    problems: dict[str, FuturesAsyncError] = {}

    async def look(name: str, exchange: FuturesExchange) -> None:
        try:
            acts[name] = await plan(exchange)
        except FuturesAsyncError as error:
            problems[name] = error

    async with anyio.create_task_group() as group:
        for name, exchange in accounts.items():
            group.start_soon(look, name, exchange)
    return {name: acts[name] for name in accounts if name in acts}, problems


async def carry_out(
    acts: Mapping[str, Sequence[Act]],
    failed: Callable[[BaseException], object] = lambda error: None,
    ended: Callable[[str, Done], object] = lambda name, done: None,
    words: Callable[[Exception], str] = lambda error: f"{type(error).__name__}: {error}",
) -> list[tuple[str, Done]]:
    """Take the steps, those of one contract one after the other, of several and of several accounts side by side.

    What one contract's orders are waited for holds up no other's cancels and closes.

    Args:
        acts: Steps by the account's name.
        failed: Told each error.
        ended: Told each end as it comes, with its account's name: who is cancelled has been told what was done.
        words: What an end says of its error.

    Returns:
        What each step has come to, with its account's name, in the order of the steps.
    """
    ends: dict[str, dict[int, Done]] = {name: {} for name in acts}

    async def take(name: str, index: int, step: Act) -> None:
        taken: list[Done | None] = []
        error = await failure_of(_take(step, taken))
        done = taken[0] if error is None else _failed(step, error, words(error))
        if error is not None:
            failed(error)
        if done is not None:
            ends[name][index] = done
            ended(name, done)

    async def chain(name: str, steps: Sequence[tuple[int, Act]], turn: anyio.Semaphore) -> None:
        async with turn:
            for index, step in steps:
                await take(name, index, step)

    async def account(name: str, steps: Sequence[Act]) -> None:
        turn = anyio.Semaphore(SIDE_BY_SIDE)
        for chains in _in_turn(steps):
            async with anyio.create_task_group() as group:
                for one in chains:
                    group.start_soon(chain, name, one, turn)

    async with anyio.create_task_group() as group:
        for name, steps in acts.items():
            group.start_soon(account, name, steps)
    return [(name, found[index]) for name, found in ends.items() for index in sorted(found)]


def _in_turn(steps: Sequence[Act]) -> list[list[list[tuple[int, Act]]]]:
    """Groups of steps, one after the other; in each what may go side by side: the steps of each contract."""
    groups: list[dict[str, list[tuple[int, Act]]]] = [{}]
    nameless: list[tuple[int, Act]] = []
    for index, step in enumerate(steps):
        if step.whole:
            groups += [{"": [(index, step)]}, {}]
        elif step.symbol:
            groups[-1].setdefault(step.symbol, []).append((index, step))
        else:
            nameless.append((index, step))  # in vain: told when all that can be done is done
    groups.append({"": nameless})
    return [list(group.values()) for group in groups]


async def _take(step: Act, taken: list[Done | None]) -> None:
    taken.append(await step.do())


def _failed(step: Act, error: Exception, detail: str) -> Done:
    # Of what is no error of ours, an adapter's or a hook's, nobody knows where it struck.
    result = RESULTS.get(error.outcome, "failed") if isinstance(error, FuturesAsyncError) else "unknown"
    if isinstance(error, FuturesAsyncError) and error.cancelled:
        detail = f"{detail}; {_orders(len(error.cancelled), 'cancelled')}"
    return Done(action=step.action, symbol=step.symbol, result=result, detail=detail)


async def cancels(exchange: FuturesExchange, symbol: str | None) -> Sequence[Act]:
    """A step for each contract that has orders; rows that cannot be read have a symbol nearly always.

    One for which there is not even that has a step that fails, and holds up no other.
    """
    try:
        found, nameless, cut = await _named(exchange, symbol)
    except InvalidRequest as error:
        if symbol is not None:
            raise
        return await _where_held(exchange, error)
    counts: dict[str, int] = {}
    for name in found:
        counts[name] = counts.get(name, 0) + 1
    if counts and not exchange.supports(Capability.CANCEL_ALL_ORDERS):
        raise NotSupported(f"{exchange.id}: {sum(counts.values())} orders are open, and this interface cannot cancel")

    def step(name: str, count: int) -> Act:
        async def do() -> Done:
            gone = await exchange.cancel_all_orders(name)
            return Done(action="cancel all", symbol=name, result="done", detail=_orders(len(gone), "cancelled"))

        return Act("cancel all", name, f"cancel {_orders(count, 'of ' + name)}", do)

    steps = [step(name, count) for name, count in counts.items()]
    if cut is not None:
        says = "cancel what the venue does not show yet: its list is as long as it can be"
        # By the name that its rows have, whatever the caller calls it: a contract's steps are one chain.
        one = None if symbol is None else exchange.unified_symbol(exchange.venue_symbol(symbol))
        hidden = Act("cancel all", one or "", says, lambda: _cancel_hidden(exchange, one), whole=one is None)
        steps.append(hidden)
    return [*steps, *_in_vain("cancel all", nameless)]


async def _where_held(exchange: FuturesExchange, error: InvalidRequest) -> Sequence[Act]:
    """At a venue that lists the orders of one contract at a time: those of contracts in which a position is held.

    That nothing is known of all others is a step that fails.

    Raises:
        InvalidRequest: Nothing is held that would name a contract.
    """
    held, unread = await readable(exchange.fetch_positions())
    named = (row.facts["symbol"] for row in unread if "symbol" in row.facts)
    names = list(dict.fromkeys([*(one.symbol for one in held), *named]))
    if not names:
        raise error
    steps = [step for name in names for step in await cancels(exchange, name)]
    what = (
        "orders of contracts without a position are not seen, as the venue lists those of one contract at a time: "
        "cancel them contract by contract"
    )
    unseen = NotSupported(f"{exchange.id}: {what}")
    return [*steps, _failing("cancel all", f"cancel all: {what}", unseen)]


async def _cancel_hidden(exchange: FuturesExchange, symbol: str | None) -> Done:
    """Cancel what comes to light in a list that was cut off, until it is whole.

    Raises:
        IncompletePage: It stays as long as it can be.
    """
    gone = 0
    while True:
        found, nameless, cut = await _named(exchange, symbol)
        before = gone
        for name in dict.fromkeys(found):
            gone += len(await exchange.cancel_all_orders(name))
        if cut is None:
            if nameless:
                raise unread_rows(nameless)
            return Done(action="cancel all", symbol=symbol or "", result="done", detail=_orders(gone, "cancelled"))
        if gone == before:
            raise cut


async def closings(
    exchange: FuturesExchange, symbol: str | None, side: PositionSide | None, margin_mode: MarginMode | None = None
) -> Sequence[Act]:
    """A step for each position; one that is not even known by its contract has a step that fails.

    Args:
        exchange: The account.
        symbol: Of one contract, or None for all.
        side: Of one side, or None for both.
        margin_mode: Of one mode, or None for both; one whose mode cannot be read may be of any.
    """
    held, unread = await readable(exchange.fetch_positions(symbol))
    # One that cannot be read is held all the same: its symbol is enough to close it.
    lost = [(row.facts["symbol"], row.facts.get("side")) for row in unread if "symbol" in row.facts]
    nameless = [row for row in unread if "symbol" not in row.facts]
    modes = (None, *MarginMode) if margin_mode is None else (None, margin_mode)
    wanted = [one for one in held if side in (None, one.side) and one.margin_mode in modes]
    known = [*((one.symbol, one.side) for one in held), *lost]
    # Where the one that was named can be read, what cannot be is another.
    found = {(one.symbol, one.side) for one in wanted if margin_mode is not None and one.margin_mode is margin_mode}
    lost = [(name, there) for name, there in lost if side in (None, there) and (name, there) not in found]
    if (wanted or lost) and not exchange.supports(Capability.CLOSE_POSITION):
        raise NotSupported(
            f"{exchange.id}: {len(wanted) + len(lost)} positions are open, and this interface cannot trade"
        )

    def step(
        name: str, there: PositionSide | None, says: str, mode: MarginMode | None, known_mode: MarginMode | None = None
    ) -> Act:
        async def do() -> Done:
            order = await exchange.close_position(name, side=there, margin_mode=mode)
            return (
                Done(action="close", symbol=name, result="nothing to do") if order is None else of_order("close", order)
            )

        return Act("close", name, says, do, there, known_mode)

    return [
        # The margin mode where it tells two apart.
        *(
            step(one.symbol, one.side, *_closes(one, known.count((one.symbol, one.side)) > 1), one.margin_mode)
            for one in wanted
        ),
        *(step(name, there, f"close {name}, whose row cannot be read, at market", margin_mode) for name, there in lost),
        *_in_vain("close", nameless),
    ]


async def halts(exchange: FuturesExchange, *, close: bool, only_said: bool = False) -> Sequence[Act]:
    """All cancels, and all closes after them where that is wanted: one that cannot be planned stops no other.

    An order may fill before it is cancelled: what is held by then is closed at the end, whether it was planned or not;
    with `only_said` it is not, for who confirms each position by itself.

    Raises:
        FuturesAsyncError: None can be planned.
    """
    plans = {"cancel all": cancels(exchange, None)}
    if close:
        plans["close"] = closings(exchange, None, None)
    steps, vain, problem = list[Act](), list[Act](), None
    for action, plan in plans.items():
        try:
            steps += await plan
        except FuturesAsyncError as error:
            problem = error
            vain.append(_failing(action, f"{action}: not possible: {error}", error))
    if problem is not None and len(vain) == len(plans):
        raise problem
    if close and steps and not only_said:
        says = "close what is held once the orders are gone"
        steps.append(Act("close", "", says, lambda: _close_the_rest(exchange), whole=True))
    return steps + vain


async def _close_the_rest(exchange: FuturesExchange) -> Done | None:
    """What has no name was told as it was planned."""
    steps = [one for one in await closings(exchange, None, None) if one.symbol]
    if not steps:
        return None
    ends: list[Done | None] = []
    errors = [await failure_of(_take(one, ends)) for one in steps]
    names = ", ".join(dict.fromkeys(done.symbol for done in ends if done is not None))
    left = [one.says for one in await closings(exchange, None, None) if one.symbol]
    if left:
        why = [f"{type(error).__name__}: {error}" for error in errors if error is not None]
        return Done(action="close", symbol=names, result="failed", detail="; ".join(["left: " + "; ".join(left), *why]))
    for error in errors:
        if error is not None:
            raise error
    return Done(action="close", symbol=names, result="done", detail="held by an order that filled meanwhile")


def _closes(position: Position, twin: bool) -> tuple[str, MarginMode | None]:
    """What is said, and the margin mode where there is a twin of the other one."""
    pnl = position.unrealized_pnl
    mode = position.margin_mode if twin else None
    which = position.side.value if mode is None else f"{mode.value} {position.side.value}"
    worth = "" if pnl is None else f", PnL {pnl:+,.2f} {position.margin_coin or ''}".rstrip()
    return f"close {position.symbol} {which} {position.quantity:f} at market{worth}", mode


async def _named(
    exchange: FuturesExchange, symbol: str | None
) -> tuple[list[str], list[UnreadRow], IncompletePage | None]:
    """The symbols of open and waiting orders, of rows that cannot be read too; the rows that do not tell even that; and
    whether the venue may have more than it shows."""
    lists = [await seen(exchange.fetch_open_orders(symbol))]
    if exchange.supports(Capability.FETCH_TRIGGER_ORDERS):
        lists.append(await seen(exchange.fetch_trigger_orders(symbol)))
    unread = [row for one in lists for row in one.unread]
    names = [row.symbol for one in lists for row in one.rows]
    names += [row.facts["symbol"] for row in unread if "symbol" in row.facts]
    cut = next((one.cut for one in lists if one.cut is not None), None)
    return names, [row for row in unread if "symbol" not in row.facts], cut


def _in_vain(action: str, nameless: Sequence[UnreadRow]) -> list[Act]:
    """A step that tells of rows which nothing can be done about, in its turn behind all that something can."""
    if not nameless:
        return []

    count = f"{len(nameless)} row{'' if len(nameless) == 1 else 's'}"
    says = f"{action}: {count} whose contract cannot be read: see to it at the venue"
    return [_failing(action, says, unread_rows(nameless))]


def _failing(action: str, says: str, error: FuturesAsyncError) -> Act:
    async def do() -> Done:
        raise error

    return Act(action, "", says, do)


def _orders(count: int, what: str) -> str:
    return f"{count} order{'' if count == 1 else 's'} {what}"
