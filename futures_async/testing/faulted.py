"""One client on a simulated exchange in process, in virtual time, behind a plan of faults; and the calls to be struck.

Before anything goes wrong every endpoint has given an answer about something else: a crossed one is that one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from futures_async.simulator import records
from futures_async.simulator.plan import FaultPlan, Strike
from futures_async.simulator.records import Ticket
from futures_async.testing.inside import Inside
from futures_async.testing.spec import VenueSpec
from futures_async.transport.endpoint import Kind
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, Outcome, PositionMode, Side
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import Leverage, Order

OTHER_LEVERAGE, LEVERAGE = 3, 7
PROVED = (Outcome.NOT_SENT, Outcome.REJECTED, Outcome.NOT_PLACED)
"""What an error may say of a write that has done nothing."""


@dataclass
class CountingPlan(FaultPlan):
    """A plan that counts what it is asked about."""

    seen: Counter[tuple[Kind, str]] = field(default_factory=Counter[tuple[Kind, str]])

    def choose(self, venue: str, kind: Kind, method: str, path: str) -> Strike | None:
        self.seen[kind, path] += 1
        return super().choose(venue, kind, method, path)


class Faulted(Inside):
    """A client behind a plan that has no rules yet."""

    def __init__(self, spec: VenueSpec, seed: int = 3, mode: PositionMode | None = None) -> None:
        self.plan = CountingPlan(seed=seed)
        super().__init__(spec, mode, plan=self.plan)
        self.exchange._transport.draw = random.Random(5).random  # noqa: S311 # pyright: ignore[reportPrivateUsage] - a seed
        self.tag = self.price("0.9")
        """The price of the order that is placed, and of no other: by it the book tells the intent."""
        self.other, self.target = self._resting("0.8"), self._resting("0.81")

    def _resting(self, fraction: str) -> records.Order:
        """An order that was placed without any wire."""
        engine = self.inside.engine
        engine.world.now_ms = self.inside.now_ms()
        with engine.arithmetic():
            ticket = Ticket(
                symbol=self.spec.symbol,
                side=Side.BUY,
                type=OrderType.LIMIT,
                quantity=self.spec.quantity,
                price=self.price(fraction),
                intent=self.opening,
            )
            return engine.orders.place(self.account, ticket).order

    async def warm_up(self) -> None:
        """Learn the venue's clock and contracts, and give each endpoint an answer about something else."""
        exchange, symbol = self.exchange, self.spec.symbol
        if exchange.supports(Can.FETCH_TIME):
            await exchange.fetch_time()
        if exchange.supports(Can.FETCH_ORDER):
            await exchange.fetch_order(symbol, order_id=str(self.other.id))
        else:
            await self.spec.raw_call.make(exchange)
        if exchange.supports(Can.CREATE_ORDER):
            await exchange.create_order(self.request(price=self.price("0.7")))
        if exchange.supports(Can.CREATE_TRIGGER_ORDER):
            await exchange.create_trigger_order(self.request(type=OrderType.TRIGGER, trigger_price=self.price("1.2")))
        if exchange.supports(Can.CANCEL_ORDER):
            await exchange.cancel_order(symbol, order_id=str(self.other.id))
        if exchange.supports(Can.SET_LEVERAGE):
            await exchange.set_leverage(symbol, OTHER_LEVERAGE, margin_mode=MarginMode.CROSS)
        self.plan.seen.clear()

    @property
    def placed(self) -> list[records.Order]:
        """What stands in the book under the intent of `place`, whatever ids it has."""
        return [order for order in self.account.orders.values() if order.price == self.tag]

    @property
    def waiting(self) -> list[records.Trigger]:
        """What stands in the book under the intent of `wait`."""
        return [trigger for trigger in self.account.trigger_log if trigger.trigger_price == self.price("1.1")]

    @property
    def leverage(self) -> Decimal:
        """What is set."""
        return self.account.settings(self.spec.symbol).cross_leverage


class Deed(NamedTuple):
    """One call to be struck."""

    kind: Kind
    needs: Can
    run: Callable[[Faulted], Awaitable[Any]]
    wrong: Callable[[Faulted, Any], str]
    """What the book says against the end of the call, be it a result or an error; "": nothing."""
    waits: bool = False
    """It places an order that waits for a price: not every venue knows it by our id, or proves that there is none."""


def _fetch(on: Faulted) -> Awaitable[Order]:
    return on.exchange.fetch_order(on.spec.symbol, order_id=str(on.target.id))


def _place(on: Faulted) -> Awaitable[Order]:
    return on.exchange.create_order(on.request(price=on.tag))


def _wait(on: Faulted) -> Awaitable[Order]:
    return on.exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1")))


def _cancel(on: Faulted) -> Awaitable[Order]:
    return on.exchange.cancel_order(on.spec.symbol, order_id=str(on.target.id))


def _set(on: Faulted) -> Awaitable[Leverage]:
    return on.exchange.set_leverage(on.spec.symbol, LEVERAGE, margin_mode=MarginMode.CROSS)


def _fetched_wrong(on: Faulted, end: Order | FuturesAsyncError) -> str:
    if isinstance(end, FuturesAsyncError):
        return ""
    target = on.target
    told = (end.order_id, end.side, end.price or target.price, end.quantity)  # a price may be left blank
    if told != (str(target.id), target.side, target.price, target.quantity):
        return f"another order was returned, or a damaged one: {end}"
    strange = [name for name, value in msgspec.structs.asdict(end).items() if _infinite(value)]
    return f"no numbers in {strange}" if strange else ""


def _infinite(value: object) -> bool:
    return isinstance(value, Decimal) and not value.is_finite()


def _placed_wrong(on: Faulted, end: Order | FuturesAsyncError) -> str:
    held = on.placed
    if len(held) > 1:
        return f"doubled: {held}"
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "lost: the order stands" if held else ""
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether the order stands"
    if not held:
        return "made up: there is no such order"
    return "" if (end.order_id, end.price) == (str(held[0].id), on.tag) else f"this is another order: {end}"


def _waiting_wrong(on: Faulted, end: Order | FuturesAsyncError) -> str:
    held = [str(trigger.id) for trigger in on.waiting]
    if len(held) > 1:
        return f"doubled: {held}"
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "lost: the order waits" if held else ""
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether the order waits"
    if not held:
        return "made up: there is no such order"
    # Where waiting orders have ids of their own, an adapter may mark them as such.
    return "" if end.order_id.endswith(held[0]) else f"this is another order: {end}"


def _cancelled_wrong(on: Faulted, end: Order | FuturesAsyncError) -> str:
    stands = on.target.is_open
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "" if stands else "cancelled, and said not to be"
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether the order was cancelled"
    if end.order_id != str(on.target.id):
        return f"this is another order: {end}"
    return "" if (end.status is OrderStatus.CANCELED) is not stands else f"said to be {end.status}, open: {stands}"


def _set_wrong(on: Faulted, end: Leverage | FuturesAsyncError) -> str:
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "" if on.leverage == OTHER_LEVERAGE else f"set to {on.leverage}, and said not to be"
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether it was set"
    return "" if end.leverage == on.leverage == LEVERAGE else f"said to be {end.leverage}, and {on.leverage} is set"


DEEDS = {
    "read": Deed(Kind.READ, Can.FETCH_ORDER, _fetch, _fetched_wrong),
    "order": Deed(Kind.ORDER, Can.CREATE_ORDER, _place, _placed_wrong),
    "trigger": Deed(Kind.ORDER, Can.CREATE_TRIGGER_ORDER, _wait, _waiting_wrong, waits=True),
    "cancel": Deed(Kind.CANCEL, Can.CANCEL_ORDER, _cancel, _cancelled_wrong),
    "setting": Deed(Kind.SETTING, Can.SET_LEVERAGE, _set, _set_wrong),
}
