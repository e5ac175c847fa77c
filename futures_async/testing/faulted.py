"""One client on a simulated exchange in process, in virtual time, behind a plan of faults; and the calls to be struck.

Before anything goes wrong every endpoint has given an answer about something else: a crossed one is that one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from futures_async.simulator import records
from futures_async.simulator.plan import FaultPlan, Strike
from futures_async.testing.inside import Inside
from futures_async.testing.spec import VenueSpec
from futures_async.trading.batch_cancels import BatchCancels
from futures_async.transport.endpoint import Kind
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, Outcome, PositionMode
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import CancelResult, Leverage, Order, OrderResult

OTHER_LEVERAGE, LEVERAGE = 3, 7
TAGS = "0.9", "0.91"
"""Where orders are placed, and no others: by its price the book tells an intent."""
TARGETS = "0.81", "0.82"
"""Where the orders stand that are read, edited and cancelled."""
EDITED = "0.83"
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
        self.other, self.target = self.resting("0.8"), self.resting(TARGETS[0])
        self.targets = [self.target]

    async def warm_up(self, *, every_endpoint: bool) -> None:
        """Learn the venue's clock and contracts; give every endpoint, if wanted, an answer about something else."""
        exchange, symbol = self.exchange, self.spec.symbol
        if exchange.supports(Can.FETCH_TIME):
            await exchange.fetch_time()
        if exchange.supports(Can.FETCH_ORDER):
            await exchange.fetch_order(symbol, order_id=str(self.other.id))
        else:
            await self.spec.raw_call.make(exchange)
        if exchange.supports(Can.CREATE_ORDER):
            await exchange.create_order(self.request(price=self.price("0.7")))
        if every_endpoint:
            await self._ask_others()
        self.plan.seen.clear()

    async def _ask_others(self) -> None:
        """Ask the endpoints of all other deeds for something else than they will be asked for."""
        exchange, symbol = self.exchange, self.spec.symbol
        if exchange.supports(Can.CREATE_TRIGGER_ORDER):
            await exchange.create_trigger_order(self.request(type=OrderType.TRIGGER, trigger_price=self.price("1.2")))
        if exchange.supports(Can.CANCEL_ORDER):
            await exchange.cancel_order(symbol, order_id=str(self.other.id))
        if exchange.supports(Can.SET_LEVERAGE):
            await exchange.set_leverage(symbol, OTHER_LEVERAGE, margin_mode=MarginMode.CROSS)

    def placed(self, fraction: str) -> list[records.Order]:
        """What stands in the book under one intent, whatever ids it has."""
        return [order for order in self.account.orders.values() if order.price == self.price(fraction)]

    @property
    def edited(self) -> list[records.Order]:
        """What stands in the book in the place of the target, changed or not."""
        prices = self.price(TARGETS[0]), self.price(EDITED)
        return [order for order in self.account.open_orders.values() if order.price in prices]

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
    wrong: Callable[[Faulted, Any, int], str]
    """What the book says against the end of the call, be it a result or an error; "": nothing. Of several orders, of
    the one at this place."""
    waits: bool = False
    """It places an order that waits for a price: not every venue knows it by our id, or proves that there is none."""
    read: str = ""
    """What it changes is read afterwards, and judged by that, whatever the answer says: `edit` or `all`."""
    orders: int = 1
    """So many orders, each of which ends by itself."""
    before: Callable[[Faulted], Awaitable[Any]] | None = None
    """What is made ready, beside all that is always."""
    native: Callable[[Any], bool] | None = None
    """Whether an adapter has a call of the venue's for several; None: it needs none."""


def _fetch(on: Faulted) -> Awaitable[Order]:
    return on.exchange.fetch_order(on.spec.symbol, order_id=str(on.target.id))


def _place(on: Faulted) -> Awaitable[Order]:
    return on.exchange.create_order(on.request(price=on.price(TAGS[0])))


def _place_several(on: Faulted) -> Awaitable[list[OrderResult]]:
    return on.exchange.create_orders([on.request(price=on.price(tag)) for tag in TAGS])


def _place_others(on: Faulted) -> Awaitable[list[OrderResult]]:
    return on.exchange.create_orders([on.request(price=on.price(tag)) for tag in ("0.71", "0.72")])


def _places_several(adapter: Any) -> bool:
    return bool(adapter.max_batch > 1)


def _wait(on: Faulted) -> Awaitable[Order]:
    return on.exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1")))


def _edit(on: Faulted) -> Awaitable[Order]:
    return on.exchange.edit_order(on.spec.symbol, order_id=str(on.target.id), price=on.price(EDITED))


def _edit_another(on: Faulted) -> Awaitable[Order]:
    another = on.resting("0.73")
    return on.exchange.edit_order(on.spec.symbol, order_id=str(another.id), price=on.price("0.74"))


def _cancel(on: Faulted) -> Awaitable[Order]:
    return on.exchange.cancel_order(on.spec.symbol, order_id=str(on.target.id))


def _cancel_several(on: Faulted) -> Awaitable[list[CancelResult]]:
    return on.exchange.cancel_orders(on.spec.symbol, order_ids=[str(order.id) for order in on.targets])


def _cancel_others(on: Faulted) -> Awaitable[list[CancelResult]]:
    on.targets.append(on.resting(TARGETS[1]))
    others = on.resting("0.75"), on.resting("0.76")
    return on.exchange.cancel_orders(on.spec.symbol, order_ids=[str(order.id) for order in others])


def _cancels_several(adapter: Any) -> bool:
    return issubclass(adapter, BatchCancels)


def _cancel_all(on: Faulted) -> Awaitable[list[str]]:
    return on.exchange.cancel_all_orders(on.spec.symbol, triggers=False)


async def _cancel_all_others(on: Faulted) -> None:
    symbol = on.spec.other_symbol
    await on.exchange.create_order(on.request(symbol=symbol, price=Decimal(2000), quantity=Decimal("0.1")))
    await on.exchange.cancel_all_orders(symbol, triggers=False)


def _set(on: Faulted) -> Awaitable[Leverage]:
    return on.exchange.set_leverage(on.spec.symbol, LEVERAGE, margin_mode=MarginMode.CROSS)


def ends(result: Any) -> Sequence[Any]:
    """What came of each order: the order, or an error."""
    found: list[Any] = result if isinstance(result, list) else []  # pyright: ignore[reportUnknownVariableType] - of any
    if not found or not isinstance(found[0], (OrderResult, CancelResult)):
        return [result]
    return [one.order or one.error for one in found]


def _fetched_wrong(on: Faulted, end: Order | FuturesAsyncError, place: int) -> str:
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


def _placed_wrong(on: Faulted, end: Order | FuturesAsyncError, place: int) -> str:
    held = on.placed(TAGS[place])
    if len(held) > 1:
        return f"doubled: {held}"
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "lost: the order stands" if held else ""
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether the order stands"
    if not held:
        return "made up: there is no such order"
    return "" if (end.order_id, end.price) == (str(held[0].id), held[0].price) else f"this is another order: {end}"


def _edited_wrong(on: Faulted, end: Order | FuturesAsyncError, place: int) -> str:
    if len(on.edited) != 1:
        return f"doubled, or lost: {on.edited}"
    [stands] = on.edited
    changed = stands.price == on.price(EDITED)
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "edited, and said not to be" if changed else ""
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether the order was edited"
    if not changed:
        return f"made up: the order is as it was: {end}"
    return "" if (end.order_id, end.price) == (str(stands.id), stands.price) else f"this is another order: {end}"


def _waiting_wrong(on: Faulted, end: Order | FuturesAsyncError, place: int) -> str:
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


def _cancelled_wrong(on: Faulted, end: Order | FuturesAsyncError, place: int) -> str:
    target = on.targets[place]
    stands = target.is_open
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "" if stands else "cancelled, and said not to be"
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether the order was cancelled"
    if end.order_id != str(target.id):
        return f"this is another order: {end}"
    return "" if (end.status is OrderStatus.CANCELED) is not stands else f"said to be {end.status}, open: {stands}"


def _all_cancelled_wrong(on: Faulted, end: list[str] | FuturesAsyncError, place: int) -> str:
    stands = on.target.is_open
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "" if stands else "cancelled, and said not to be"
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether the orders were cancelled"
    cancelled = {str(order.id) for order in on.account.orders.values() if order.status is OrderStatus.CANCELED}
    return "" if not stands and cancelled.issuperset(end) else f"said to be cancelled: {end}, open: {stands}"


def _set_wrong(on: Faulted, end: Leverage | FuturesAsyncError, place: int) -> str:
    if isinstance(end, FuturesAsyncError):
        if end.outcome in PROVED:
            return "" if on.leverage == OTHER_LEVERAGE else f"set to {on.leverage}, and said not to be"
        return "" if end.outcome is Outcome.UNKNOWN else f"{end!r} does not say whether it was set"
    return "" if end.leverage == on.leverage == LEVERAGE else f"said to be {end.leverage}, and {on.leverage} is set"


DEEDS = {
    "read": Deed(Kind.READ, Can.FETCH_ORDER, _fetch, _fetched_wrong),
    "order": Deed(Kind.ORDER, Can.CREATE_ORDER, _place, _placed_wrong),
    "orders": Deed(
        Kind.ORDER, Can.CREATE_ORDERS, _place_several, _placed_wrong, orders=2, before=_place_others,
        native=_places_several,
    ),
    "trigger": Deed(Kind.ORDER, Can.CREATE_TRIGGER_ORDER, _wait, _waiting_wrong, waits=True),
    "edit": Deed(Kind.ORDER, Can.EDIT_ORDER, _edit, _edited_wrong, read="edit", before=_edit_another),
    "cancel": Deed(Kind.CANCEL, Can.CANCEL_ORDER, _cancel, _cancelled_wrong),
    "cancels": Deed(
        Kind.CANCEL, Can.CANCEL_ORDERS, _cancel_several, _cancelled_wrong, orders=2, before=_cancel_others,
        native=_cancels_several,
    ),
    "cancel-all": Deed(
        Kind.DELTA, Can.CANCEL_ALL_ORDERS, _cancel_all, _all_cancelled_wrong, read="all", before=_cancel_all_others
    ),
    "setting": Deed(Kind.SETTING, Can.SET_LEVERAGE, _set, _set_wrong),
}  # fmt: skip
