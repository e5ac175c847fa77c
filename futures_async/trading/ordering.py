"""What adapters and the order desk hand each other: plans, calls and acknowledgements. Data only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from futures_async.transport.dialect import Params
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.enums import Intent, MarginMode, OrderType, PositionMode, Side, TimeInForce
from futures_async.unified.errors import ExchangeError
from futures_async.unified.models import Contract, Order, OrderRequest


class PlannedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A checked order request with everything that a dialect needs to write it down."""

    request: OrderRequest
    """Numbers are Decimal and good; the symbol is unified."""
    venue_symbol: str
    client_order_id: str | None
    """None where the venue has no field for it."""
    local_id: str
    """The id that this library knows the order by: the client order id, whether or not the venue sees it."""
    contract: Contract | None = None
    position_mode: PositionMode | None = None


class Ack(NamedTuple):
    """What the answer to a placement says."""

    order_id: str | None
    client_order_id: str | None = None
    order: Order | None = None
    """Where the answer carries the whole order."""


class Call(NamedTuple):
    """An endpoint and what to send to it."""

    endpoint: Endpoint[Any]
    body: Any = None
    params: Params | None = None


class Placement(NamedTuple):
    """How to place one order, and how to read the answer."""

    endpoint: Endpoint[Any]
    body: Any
    read_ack: Callable[[Any], Ack]


class BatchPlacement(NamedTuple):
    """How to place several orders in one call; answers in the order of the requests."""

    endpoint: Endpoint[Any]
    body: Any
    read_acks: Callable[[Any], Sequence[Ack | ExchangeError]]
    """An `ExchangeError` with `definitive` set is a refusal; anything else that is missing is unknown."""


class Amendment(NamedTuple):
    """How to edit an order, and under which ids (order id, client order id) to read it afterwards."""

    endpoint: Endpoint[Any]
    body: Any
    read_ids: Callable[[Any], tuple[str | None, str | None]] = lambda result: (None, None)


class Fingerprint(NamedTuple):
    """What an order found at the venue is compared with before it counts as ours."""

    venue_symbol: str
    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None
    intent: Intent
    time_in_force: TimeInForce | None
    margin_mode: MarginMode | None

    def differences(self, order: Order) -> list[str]:
        """Names of the fields in which `order` is another order."""
        found: list[str] = []
        if order.venue_symbol.upper() != self.venue_symbol.upper():
            found.append("symbol")
        if order.side is not self.side:
            found.append("side")
        # Venues cut a closing order down to what there is to close.
        if order.quantity > self.quantity or (self.intent is Intent.OPEN and order.quantity != self.quantity):
            found.append("quantity")
        if OrderType.UNKNOWN not in (order.type, self.type) and order.type is not self.type:
            found.append("type")
        if self.type is OrderType.LIMIT and order.price is not None and order.price != self.price:
            found.append("price")
        return found


def fingerprint(order: PlannedOrder) -> Fingerprint:
    """Of a planned order."""
    request = order.request
    return Fingerprint(
        order.venue_symbol,
        request.side,
        request.type,
        request.quantity,
        request.price,
        request.intent,
        request.time_in_force,
        request.margin_mode,
    )
