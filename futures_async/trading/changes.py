"""What an edit is to make of an order, and how that is told by the order afterwards."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from futures_async.trading.ordering import Amendment
from futures_async.transport.retry import judged
from futures_async.unified.convert import to_decimal, to_text
from futures_async.unified.enums import Intent, OrderStatus
from futures_async.unified.errors import (
    DuplicateOrder,
    ExchangeError,
    FuturesAsyncError,
    InvalidOrder,
    SettingNotApplied,
)
from futures_async.unified.models import Contract, Order, OrderRequest

PLACE_ANEW, EDIT_AGAIN = "place it anew", "edit it again"
"""What a refusal advises of an order that was to be placed; and where it was to be edited."""
EDITED_KEPT = 1_000
"""Orders whose last edit is remembered: those that are edited by several at once."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One edit: the order as it was, what it is to be, and how that is asked for."""

    symbol: str
    current: Order
    wanted: OrderRequest
    price: Decimal | None
    """None: as it is."""
    quantity: Decimal | None
    """None: as it is."""
    amendment: Amendment
    moves_prices: bool
    """The venue moves prices into its band."""
    ended: int = 0
    """So many edits of this account had ended before the order was read."""

    @property
    def key(self) -> tuple[str, ...]:
        """One edit of an order at a time."""
        return ("edit_order", self.current.order_id)

    def is_new(self, order: Order) -> bool:
        """Whether this is another order than the one that was edited."""
        return order.order_id != self.current.order_id

    def has_left(self, order: Order) -> bool:
        """Whether this is the order that was edited, ended as it does where another one takes its place."""
        ended = order.status.is_final and order.status is not OrderStatus.FILLED
        return self.amendment.lost_ids != (None, None) and ended and not self.is_new(order)

    def fits(self, order: Order) -> bool:
        """Whether an order reads as what was asked for."""
        moved = self.moves_prices and order.price != self.current.price
        if self.price is not None and order.price != self.wanted.price and not moved:
            return False
        if self.quantity is None:
            return True
        will_be = self.amendment.stands_as or self.wanted.quantity
        if order.quantity == will_be or (self.moves_prices and order.quantity != self.current.quantity):
            return True
        # Venues cut a closing order down to what there is to close.
        return self.wanted.intent is Intent.CLOSE and self.current.quantity != order.quantity < will_be

    def stands(self, order: Order) -> bool:
        """Whether an order shows that the edit was carried out: what was refused in its place does not."""
        if self.is_new(order):
            return self.fits(order) and order.status is not OrderStatus.REJECTED
        return self.fits(order) and not (self.amendment.replaces or self.has_left(order))

    def tell(self, error: SettingNotApplied, order: Order) -> SettingNotApplied:
        """Say in an error what is there instead of what the order was to be."""
        what = "what was to take its place" if self.is_new(order) else "it"
        became = f"ended as {order.status.value}" if order.status.is_final else "stands as before"
        said = "" if error.refusal is None else f" (the venue said: {error.refusal.text})"
        name = f"{order.venue}: order {self.current.order_id} of {order.symbol}"
        error.args = (f"{name} does not stand as {self}: {what} {became}{said}",)
        error.advice = "nothing of it is left to edit" if order.status.is_final else EDIT_AGAIN
        return error

    def __str__(self) -> str:
        return f"{to_text(self.wanted.quantity)} at {'market' if self.wanted.price is None else self.wanted.price}"


class Ends:
    """The ends of an account's edits, well or not, in their order."""

    def __init__(self) -> None:
        self.count = 0
        self._last: dict[str, int] = {}
        """By order id: which one its last edit was."""

    def note(self, order_id: str) -> None:
        """One of this order has ended."""
        self.count += 1
        self._last.pop(order_id, None)
        self._last[order_id] = self.count
        if len(self._last) > EDITED_KEPT:
            del self._last[next(iter(self._last))]

    def last(self, order_id: str) -> int:
        """How many had ended with the last one of this order; 0: none of it has."""
        return self._last.get(order_id, 0)


def check_left(order: Order, wanted: OrderRequest, contract: Contract | None) -> None:
    """Refuse an edit of an open order that leaves nothing to fill: venues refuse, cancel the order, or call it filled.

    Raises:
        InvalidOrder: As much is filled already.
    """
    total, filled = to_decimal(wanted.quantity, "quantity"), order.filled_quantity
    if filled and contract is not None and contract.contract_value is not None and order.price and wanted.price:
        # As many contracts at another price are another size.
        total = contract.exact_contracts(total, to_decimal(wanted.price, "price"))
        filled = contract.exact_contracts(filled, order.price)
    if filled and total <= filled and not order.status.is_final:
        raise InvalidOrder(f"{order.venue}: as much of order {order.order_id} is filled already: cancel it")


def names_of(order: Order) -> list[str]:
    """Both its ids, those that it has."""
    return [name for name in (order.order_id, order.client_order_id) if name is not None]


def says_why(refusal: FuturesAsyncError) -> bool:
    """A known code refused the edit, as it did not prove by itself: with the order as before, that is all of it."""
    return judged(refusal) and type(refusal) is not ExchangeError and not isinstance(refusal, DuplicateOrder)
