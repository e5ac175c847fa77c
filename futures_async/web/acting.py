"""What the page may do with `trading=True`: cancel, close and halt; said first, done on a second call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from futures_async.portfolio.acts import Act, Done, Plan, cancels, carry_out, closings, halts, look_at, of_order
from futures_async.unified.convert import UNREADABLE
from futures_async.unified.enums import MarginMode, OrderKind, PositionSide
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import to_builtins
from futures_async.web.guard import Guard, body_of, refuse_forged

MOST_ACT: Final = 1024 * 1024
"""Bytes: a halt names the steps of all accounts."""


class Step(msgspec.Struct, frozen=True):
    """What a step is known by from when it is said until it is taken."""

    account: str
    """Name in the portfolio."""
    action: str
    """As it was said."""
    symbol: str
    """The contract; empty where it cannot be read."""
    side: PositionSide | None = None
    """Of the position, where it is about one."""
    margin_mode: MarginMode | None = None
    """Of the position, where it is about one and that is known: a cross and an isolated one may be open."""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /act`."""

    action: str
    """`cancel`, `cancel-all`, `close` or `halt`."""
    account: str | None = None
    """Name in the portfolio; None is all."""
    symbol: str | None = None
    """One contract, or None for all."""
    side: PositionSide | None = None
    """Of the position to close, where both may be open."""
    margin_mode: MarginMode | None = None
    """Of the position to close, where a cross and an isolated one may be open; None closes both."""
    order_id: str | None = None
    """Of the order to cancel."""
    kind: OrderKind = OrderKind.PLAIN
    """Of the order to cancel: what waits for a price is cancelled by another call."""
    close: bool = False
    """Whether `halt` closes positions too."""
    dry_run: bool = True
    """Say what would be done, and do nothing."""
    steps: tuple[Step, ...] | None = None
    """Of those that were said, the ones to take, and no other; None takes all that there are by now."""


class UnderWay:
    """The steps that were confirmed and have not ended, for who is asked to end the server meanwhile."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        """Sent, or about to be."""
        self.waiting: list[str] = []
        """Behind those of the same account."""

    def followed(self, name: str, step: Act) -> Act:
        """The same step, listed here until it has ended."""
        says = f"{name}: {step.says}"
        self.waiting.append(says)

        async def do() -> Done | None:
            self.waiting.remove(says)
            self.begun.append(says)
            try:
                return await step.do()
            finally:
                self.begun.remove(says)

        return replace(step, do=do)


async def act(request: Request) -> Response:
    """Say what would be done, or do it, and what could not be looked at.

    It is said as `{"steps": […]}`, and done as `{"done": […], "left": […]}`: what is there by now, and not among the
    steps that were sent back, is left.
    """
    guard: Guard = request.app.state.guard
    if not request.app.state.trading:
        return JSONResponse({"error": "this page only shows: app(…, trading=True) lets it act"}, 403)
    if (refused := refuse_forged(request, guard)) is not None:
        return refused
    try:
        wanted = msgspec.json.decode(await body_of(request, MOST_ACT), type=Wanted)
    except UNREADABLE as error:
        return JSONResponse({"error": str(error)}, 400)
    exchanges = request.app.state.portfolio.exchanges
    if wanted.account is not None and wanted.account not in exchanges:
        return JSONResponse({"error": f"no account {wanted.account[:40]!r}"}, 404)
    plan = _plan(wanted)
    if plan is None:
        return JSONResponse({"error": "action: cancel (with account, symbol, order_id), cancel-all, close, halt"}, 400)
    chosen = exchanges if wanted.account is None else {wanted.account: exchanges[wanted.account]}
    acts, problems = await look_at(chosen, plan)
    told: dict[str, Any] = {"problems": to_builtins(problems)}
    if wanted.dry_run:
        told["steps"] = _said(acts)
        return JSONResponse(told)
    taken, left, gone = acts, dict[str, Sequence[Act]](), list[Step]()
    if wanted.steps is not None:
        confirmed = dict.fromkeys(wanted.steps)
        found = {_step(name, one) for name, steps in acts.items() for one in steps}
        taken = {name: [one for one in steps if _step(name, one) in confirmed] for name, steps in acts.items()}
        left = {name: [one for one in steps if _step(name, one) not in confirmed] for name, steps in acts.items()}
        gone = [step for step in confirmed if step.account in acts and step not in found]
    under_way: UnderWay = request.app.state.under_way
    ends = await carry_out({name: [under_way.followed(name, one) for one in steps] for name, steps in taken.items()})
    ends += [
        (step.account, Done(action=step.action, symbol=step.symbol, result="nothing to do", detail="it is gone"))
        for step in gone
    ]
    told["done"] = [{"account": name, **to_builtins(done)} for name, done in ends]
    told["left"] = _said(left)
    return JSONResponse(told)


def _step(name: str, act: Act) -> Step:
    return Step(account=name, action=act.action, symbol=act.symbol, side=act.side, margin_mode=act.margin_mode)


def _said(acts: Mapping[str, Sequence[Act]]) -> list[dict[str, Any]]:
    return [{**to_builtins(_step(name, one)), "says": one.says} for name, steps in acts.items() for one in steps]


def _plan(wanted: Wanted) -> Plan | None:
    match wanted.action:
        case "cancel-all":
            return lambda exchange: cancels(exchange, wanted.symbol)
        case "close":
            return lambda exchange: closings(exchange, wanted.symbol, wanted.side, wanted.margin_mode)
        case "halt":
            return lambda exchange: halts(exchange, close=wanted.close, only_said=True)
        case "cancel" if wanted.account is not None and wanted.symbol is not None and wanted.order_id is not None:
            symbol, order_id, kind = wanted.symbol, wanted.order_id, wanted.kind
            return lambda exchange: _one(exchange, symbol, order_id, kind)
        case _:
            return None


async def _one(exchange: FuturesExchange, symbol: str, order_id: str, kind: OrderKind) -> Sequence[Act]:
    async def do() -> Done:
        if kind is OrderKind.PLAIN or not exchange.supports(Capability.CANCEL_TRIGGER_ORDER):
            return of_order("cancel", await exchange.cancel_order(symbol, order_id=order_id))
        await exchange.cancel_trigger_order(symbol, order_id=order_id)
        return Done(action="cancel", symbol=symbol, result="done", order_id=order_id)

    what = "order" if kind is OrderKind.PLAIN else f"{kind.value.replace('_', ' ')} order"
    return [Act("cancel", symbol, f"cancel {what} {order_id} of {symbol}", do)]
