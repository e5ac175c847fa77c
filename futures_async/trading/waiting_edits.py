"""Edits of orders that wait for a price: one at a time, planned by what waits, held to bounds and rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from futures_async.trading.around_sending import before_sending
from futures_async.trading.cancelling import ordered
from futures_async.trading.editing import Editing
from futures_async.trading.turns import sent_by
from futures_async.transport import asleep
from futures_async.transport.asking import Asking, asked_at
from futures_async.transport.endpoint import Kind
from futures_async.unified.convert import Number, to_decimal
from futures_async.unified.enums import Intent, OrderKind, OrderType
from futures_async.unified.errors import InvalidOrder
from futures_async.unified.models import Order, OrderRequest

CALL = "edit_trigger_order"


class WaitingEdit(NamedTuple):
    """One edit of an order that waits, planned by a reading of it."""

    order_id: str
    carry_out: Callable[[], Awaitable[Order]]
    """Sends it, and reads what stands."""


class WaitingEdits(Editing):
    """What edits of waiting orders have in common; and what an adapter's edits of other ones are held to."""

    async def _edit_in_turn(self, plan: Callable[[], Coroutine[Any, Any, WaitingEdit]]) -> Order:
        """One edit of a waiting order at a time, by whichever id; planned by what the one before has made of it.

        It goes on to its end although its caller may be cancelled: until then the next one cannot be planned.
        """

        due = self._edit_due()

        async def deed() -> Order:
            ended = self._ends.count
            edit = await self._edit_ready(due, CALL, plan())
            while True:
                key = (CALL, edit.order_id, "planned")
                result = await self._settings.once(key, partial(self._edit_waits, edit, ended, plan, due), due)
                if isinstance(result, Order):
                    return result
                edit, ended = result

        with asked_at(Asking(asleep.asleep_s())), sent_by(due):
            return await self._channel.deeds.see_through(deed, Kind.SETTING)

    async def _edit_waits(
        self, edit: WaitingEdit, ended: int, plan: Callable[[], Coroutine[Any, Any, WaitingEdit]], due: float
    ) -> Order | tuple[WaitingEdit, int]:
        """Carry an edit out, alone; planned anew where another one of its order has ended since that was read.

        Returns:
            Another plan and how many had ended before it, where another order has the id by now.
        """
        question = self._settings.question((CALL, edit.order_id))
        if question is not None:
            await self._edit_settled(question, due, CALL)  # it may still change what this one is planned by
        if question is not None or self._ends.last(edit.order_id) > ended:
            order_id, ended = edit.order_id, self._ends.count
            edit = await self._edit_ready(due, CALL, plan())
            if edit.order_id != order_id:
                return edit, ended
        try:
            return await edit.carry_out()
        finally:
            self._ends.note(edit.order_id)

    @staticmethod
    def _changes(given: Mapping[str, Number | None], changeable: Sequence[str]) -> dict[str, Decimal]:
        """What is to be changed of a waiting order, by name.

        Raises:
            InvalidOrder: Nothing, or to 0.
        """
        new = {name: to_decimal(value, name) for name, value in given.items() if value is not None}
        if not new or min(new.values()) <= 0:
            *others, last = changeable
            needed = f"{', '.join(others)} or {last}" if others else last
            raise InvalidOrder(f"edit_trigger_order needs {needed}{', each' if others else ''} above 0")
        return new

    def _changeable(self, order_id: str, now: dict[str, Decimal | None], new: dict[str, Decimal]) -> None:
        """Refuse to give a waiting order what it has not.

        Raises:
            InvalidOrder: A price to one that executes at market, a quantity to one for the whole position.
        """
        if "price" in new and now["price"] is None:
            raise InvalidOrder(f"{self.id}: trigger order {order_id} executes at market: it has no price to change")
        if "quantity" in new and now["quantity"] is None:
            raise InvalidOrder(f"{self.id}: trigger order {order_id} is for the whole position: it has no quantity")

    async def _check_change(self, order: Order, now: dict[str, Decimal | None], new: dict[str, Decimal]) -> None:
        """Hold what a waiting order is to become to the bounds of this object and to its contract's rules.

        Args:
            order: As it waits.
            now: Its `trigger_price`, `price` (None: at market) and `quantity` (None: the whole position).
            new: Those of them that are to be changed.

        Raises:
            InvalidOrder: It breaks them; nothing was sent.
        """
        wanted = now | new
        price, trigger_price, size = wanted["price"], wanted["trigger_price"], wanted["quantity"] or Decimal(0)
        closes = order.reduce_only or order.kind in (OrderKind.TAKE_PROFIT, OrderKind.STOP_LOSS) or not size
        intent = Intent.CLOSE if closes else Intent.OPEN
        with before_sending(order.client_order_id), ordered():
            contract = await self._rules_of(order.venue_symbol, intent)
            at = price or trigger_price
            worth = None if contract is None else contract.contract_value
            if contract is not None and worth is not None and "quantity" not in new and at is not None:
                size = contract.quantity_of(size, at)  # as many dollars, whatever they are at another price
            changed = OrderRequest(
                symbol=order.symbol,
                side=order.side,
                type=OrderType.TRIGGER,
                quantity=size,
                price=price,
                trigger_price=trigger_price,
                intent=intent,
            )
            await self._check_bounds(changed, order.venue_symbol)
            await self._check_rules(changed, order.venue_symbol)

    async def _check_edit(self, symbol: str, order_id: str, price: Number | None, quantity: Number | None) -> None:
        """Hold what an open order is to become to the bounds of this object, if it has any: that costs a read of it.

        Raises:
            InvalidOrder: It breaks them; nothing was sent.
        """
        if self._bounds is None:
            return
        with before_sending(), ordered():
            order = await self.fetch_order(symbol, order_id=order_id)
            wanted = OrderRequest(
                symbol=symbol,
                side=order.side,
                type=OrderType.LIMIT,
                quantity=order.quantity if quantity is None else to_decimal(quantity, "quantity"),
                price=order.price if price is None else to_decimal(price, "price"),
                intent=Intent.CLOSE if order.reduce_only else Intent.OPEN,
            )
            await self._check_bounds(wanted, order.venue_symbol)
