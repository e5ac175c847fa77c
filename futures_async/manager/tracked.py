"""One order that is followed: what is known of it, and what of it was told."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from futures_async.manager.fills import FillEffect
from futures_async.streams.orders import advances
from futures_async.unified.exact import ZERO, divide, multiply, subtract, total
from futures_async.unified.models import Fill, Order


class Part:
    """What came of an order under one id."""

    def __init__(self) -> None:
        self.filled = ZERO
        """As the order says."""
        self.listed = ZERO
        """Quantity of its fills so far."""
        self.spent = ZERO
        """Quantity × price of its fills so far."""
        self.created_ms: int | None = None

    @property
    def owed(self) -> Decimal:
        """Filled, as far as the order says, and not listed as fills yet."""
        return max(subtract(self.filled, self.listed), ZERO)


class Tracked:
    """One order that is followed, by all the ids that it has had."""

    def __init__(self, client_order_id: str, order: Order) -> None:
        self.client_order_id = client_order_id
        self.order = order
        """As last seen."""
        self.order_id = order.order_id
        """The id that it has now: after an edit the order of it may not have been seen yet."""
        self.parts: dict[str, Part] = {}
        """By each id that it has had."""
        self.told: Order | None = None
        self.told_filled = ZERO
        self.new_fills: list[FillEffect] = []
        self.looks_in_vain = 0
        self.let_go = False
        self.take(order)

    def take(self, order: Order) -> None:
        """It stands so."""
        part = self.part(order.order_id)
        part.filled, part.created_ms = max(part.filled, order.filled_quantity or ZERO), order.created_ms
        known = order.filled_quantity is not None or not part.filled
        self.order = order if known else msgspec.structs.replace(order, filled_quantity=part.filled)

    def part(self, order_id: str) -> Part:
        return self.parts.setdefault(order_id, Part())

    @property
    def edited(self) -> bool:
        """It is another order by now, which was not seen yet."""
        return self.order.order_id != self.order_id

    @property
    def filled(self) -> Decimal:
        return total(part.filled for part in self.parts.values())

    @property
    def owed(self) -> Decimal:
        return total(part.owed for part in self.parts.values())

    @property
    def is_open(self) -> bool:
        return self.edited or not self.order.status.is_final

    @property
    def followed(self) -> bool:
        return not self.let_go and (self.is_open or self.owed > 0)


def succeeds(known: Order, order: Order) -> bool:
    """Whether a reading tells what came later; what has ended stands no more."""
    if not known.status.is_final:
        return advances(known, order)
    return order.status.is_final and (order.filled_quantity or ZERO) >= (known.filled_quantity or ZERO)


def unlisted_fill(tracked: Tracked) -> Fill | None:
    """One execution for what is filled since the last look, at a venue that lists none; None without a price."""
    order, part = tracked.order, tracked.part(tracked.order.order_id)
    price, quantity = order.average_price or order.price, part.owed
    if price is None or quantity <= 0:
        return None
    value = subtract(multiply(part.filled, price), part.spent)
    return Fill(
        venue=order.venue,
        fill_id=f"{order.order_id}:{part.filled}",
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        venue_symbol=order.venue_symbol,
        side=order.side,
        price=divide(value, quantity),
        quantity=quantity,
        created_ms=order.updated_ms or order.created_ms or 0,
    )
