"""Edits of orders that wait for a price, for venues that have a call for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import ClassVar, NamedTuple

from futures_async.trading.ordering import Call
from futures_async.trading.planning import one_id
from futures_async.trading.waiting import Waiting
from futures_async.trading.waiting_edits import WaitingEdit
from futures_async.unified.convert import Number
from futures_async.unified.errors import NotCarried
from futures_async.unified.models import Order

WaitingValues = dict[str, Decimal | None]
"""Of an order that waits: its `trigger_price`, `price` (None: at market) and `quantity` (None: the whole position)."""


class WaitingChange(NamedTuple):
    """How a waiting order is told of its new values."""

    call: Call
    wanted: WaitingValues
    """All of them, as they are to stand by then."""
    unchanged: Collection[str] = ()
    """Codes that say that they stand already."""


class TriggerEdits(Waiting):
    """Changes them; an adapter reads what waits, and writes the change down."""

    changeable: ClassVar[Sequence[str]] = ("trigger_price", "price", "quantity")
    """What the venue can change of an order that waits."""

    async def _waiting_now(self, name: str, ids: tuple[str | None, str | None]) -> tuple[Order, WaitingValues]:
        """The order that waits by the venue's id or ours, one of which is given, and what it has that could be changed.

        Raises:
            OrderNotFound: It does not wait (any more).
        """
        self._unsupported("edit_trigger_order")

    def _waiting_change(self, order: Order, now: WaitingValues, new: dict[str, Decimal]) -> WaitingChange:
        """The change of `order`, which has the values `now`, to what is `new` among them: checked already."""
        self._unsupported("edit_trigger_order")

    def _waiting_edit(self, order: Order, now: WaitingValues, new: dict[str, Decimal]) -> WaitingEdit:
        """The same, carried out and read back; for venues of which more must be said than a `WaitingChange` has."""
        change = self._waiting_change(order, now, new)

        async def carry_out() -> Order:
            found, _ = await self._apply(
                ("edit_trigger_order", order.order_id),
                tuple((name, change.wanted[name]) for name in sorted(new)),
                send=lambda: self._call(change.call.endpoint, change.call.params, change.call.body),
                read=lambda: self._waiting_now(order.venue_symbol, (order.order_id, None)),
                stands=lambda found: found[1] == change.wanted,
                unchanged=change.unchanged,
            )
            return found

        return WaitingEdit(order.order_id, carry_out)

    async def edit_trigger_order(
        self,
        symbol: str,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
        trigger_price: Number | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
    ) -> Order:
        """Change where a waiting order is set off, its limit price, or its quantity; what is not named stays.

        Raises:
            DeadlineExpired: It could not be sent within `SEND_WITHIN_S` (2 s) of the call, the reading of the order and
                earlier edits of it included: nothing was sent.
            InvalidOrder: It is against the contract's rules or the bounds of this object, or the order has none of
                what is to be changed.
            NotCarried: The venue cannot change that.
            OrderNotFound: It does not wait (any more).
            SettingNotApplied: Read back: it waits as before.
            SettingOutcomeUnknown: It could not be read back; it may have been set off meanwhile.
        """
        self._active("edit_trigger_order")
        given = {"trigger_price": trigger_price, "price": price, "quantity": quantity}
        for name, value in given.items():
            if value is not None and name not in self.changeable:
                raise NotCarried(f"{self.id}: edit_trigger_order has no {name}: leave it out")
        new = self._changes(given, self.changeable)
        venue_symbol, ids = self.venue_symbol(symbol), one_id(order_id, client_order_id)

        async def plan() -> WaitingEdit:
            order, now = await self._waiting_now(venue_symbol, ids)
            self._changeable(order.order_id, now, new)
            await self._check_change(order, now, new)
            return self._waiting_edit(order, now, new)

        return await self._edit_in_turn(plan)
