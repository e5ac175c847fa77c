"""What adapters and the order desk hand each other: plans, calls and acknowledgements. Data only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

import msgspec

from futures_async.transport.dialect import Params, Refusal
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.convert import divide_exactly
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderKind,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
)
from futures_async.unified.errors import ExchangeError, InvalidOrder, UnreadRow
from futures_async.unified.exact import divide, multiply
from futures_async.unified.models import Contract, Order, OrderRequest, Stop

R = TypeVar("R")

# Said once, as every order asks for them: to name a member of an enum takes 0.3 µs on CPython 3.11.
PLAIN, TRAILING = OrderKind.PLAIN, OrderKind.TRAILING
LIMIT, MARKET, TRIGGER = OrderType.LIMIT, OrderType.MARKET, OrderType.TRIGGER
OPEN, CLOSE = Intent.OPEN, Intent.CLOSE
GTC = TimeInForce.GTC


class OrderFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an adapter writes into its orders, of all that a request may ask for beside side, quantity and price.

    What a request asks for and its kind of order does not carry is refused before anything is signed; so a field that
    an adapter forgets to declare is refused too, never dropped. See `carries` for the words.
    """

    limit: frozenset[str] = frozenset()
    """By limit orders."""
    market: frozenset[str] = frozenset()
    """By market orders."""
    trigger: frozenset[str] = frozenset()
    """By orders that wait for a price, and then open or close."""
    trailing: frozenset[str] = frozenset()
    """By orders that follow the price."""
    stops: frozenset[str] = frozenset()
    """Of take-profits and stop-losses of positions, beside their trigger price: `limit_price`, `trigger_by=mark`."""
    only_opening: frozenset[str] = frozenset()
    """By limit and market orders that open, and not by those that close."""
    standing: frozenset[str] = frozenset()
    """By none: held against what is set for the contract, and refused where that is another (`margin_mode`)."""
    closing_trigger: frozenset[str] | None = None
    """By orders that wait for a price and then close; None is what all that wait carry."""

    def of(self, kind: OrderKind, type: OrderType, intent: Intent) -> frozenset[str]:
        """What an order of this kind carries."""
        closes = intent is CLOSE
        if kind is TRAILING:
            return self.trailing
        if type is TRIGGER:
            return self.trigger if not closes or self.closing_trigger is None else self.closing_trigger
        carried = self.limit if type is LIMIT else self.market
        return carried - self.only_opening if closes else carried


def carries(*names: str, stops: Iterable[str] = (), **words: Iterable[StrEnum]) -> frozenset[str]:
    """Names of fields that an order carries whatever their value, and of fields with the words that they may have.

    Args:
        names: `margin_mode`, `leverage`.
        stops: What attached take-profits and stop-losses may say: `price`, `limit_price`, `trigger_by=mark`.
        words: `time_in_force=(IOC, FOK)`, `trigger_by=(MARK,)`.
    """
    told = {f"{name}={word}" for name, known_words in words.items() for word in known_words}
    attached = {f"{name}.{part}" for part in stops for name in ("take_profit", "stop_loss")}
    return frozenset({*names, *told, *attached})


def asked(request: OrderRequest) -> list[str]:
    """What a request asks for beyond the plainest order of its kind, in the words of `carries`."""
    found = [] if request.margin_mode is None else ["margin_mode"]
    if request.leverage is not None:
        found.append("leverage")
    force = request.time_in_force
    # Good till cancelled is what every order is that does not say otherwise; a market order takes what there is now.
    if force not in (None, GTC) and (force, request.type) != (TimeInForce.IOC, MARKET):
        found.append(f"time_in_force={force}")
    if request.trigger_by is not None:
        found.append(f"trigger_by={request.trigger_by}")
    for name, stop in request.attached.items():
        found += [f"{name}.{word}" for word in ("price", *said(stop))]
    return found


def said(stop: Stop) -> list[str]:
    """What a stop says beside its trigger price."""
    words = ["limit_price"] if stop.limit_price is not None else []
    return words if stop.trigger_by is None else [*words, f"trigger_by={stop.trigger_by}"]


class PlannedOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A checked order request with everything that a dialect needs to write it down."""

    request: OrderRequest
    """Numbers are Decimal and good; the symbol is unified."""
    venue_symbol: str
    client_order_id: str | None
    """None where the venue has no field for it."""
    local_id: str
    """The id that this library knows the order by: the client order id, whether or not the venue sees it."""
    kind: OrderKind = OrderKind.PLAIN
    contract: Contract | None = None
    position_mode: PositionMode | None = None
    contracts: Decimal | None = None
    """How many contracts, where one is worth a fixed amount of quote coin: the request's quantity follows from it."""
    asleep_s: float | None = None
    """How long this computer had slept when it was asked for; None: its time counts from when it is placed."""
    due: float | None = None
    """Until when, by the loop's clock, what it needs may be read; None: that is its caller's to see to."""
    repeated: frozenset[str] = frozenset()
    """What the request did not name, and has of what is set for the contract; see `Hooks._terms_to_repeat`."""

    @property
    def position_side(self) -> PositionSide:
        """The position that it opens or closes: for venues that name it (`posSide`, `positionSide`, `positionIdx`)."""
        opens, buys = self.request.intent is Intent.OPEN, self.request.side is Side.BUY
        return PositionSide.LONG if opens is buys else PositionSide.SHORT

    @property
    def lots(self) -> Decimal:
        """How many contracts, where base coin is what one is worth (`needs_contract`).

        For a new venue of which that is true of every contract; those that ship with some worth quote coin have sums
        of their own.

        Raises:
            InvalidRequest: No whole number of them.
        """
        if self.contract is None:
            raise InvalidOrder(f"the adapter of {self.venue_symbol} does not say needs_contract = True")
        return divide_exactly(self.request.quantity, self.contract.contract_size, "quantity")

    @property
    def trigger_price(self) -> Decimal:
        """Of an order that waits for a price."""
        if self.request.trigger_price is None:
            raise InvalidOrder(f"order {self.local_id} waits for no price")
        return self.request.trigger_price


class Ack(NamedTuple):
    """What the answer to a placement says."""

    order_id: str | None
    client_order_id: str | None = None
    order: Order | None = None
    """Where the answer carries the whole order."""
    stops_refused: str | None = None
    """Of an order that was taken without a take-profit or stop-loss that it was to bring: which, and why."""


class Call(NamedTuple):
    """An endpoint and what to send to it."""

    endpoint: Endpoint[Any]
    body: Any = None
    params: Params | None = None


class ToClose(NamedTuple):
    """A position that is to be closed at market, and what is known of it."""

    venue_symbol: str
    side: PositionSide | None
    """None: that is not known."""
    row: UnreadRow | None
    """What cannot be read; None where it can, and no order may have its size."""
    margin_mode: MarginMode | None
    """Where that is known: one of the other mode must stay."""


class Placement(msgspec.Struct, frozen=True):
    """How to place one order, and how to read the answer."""

    endpoint: Endpoint[Any]
    body: Any
    read_ack: Callable[[Any], Ack | Refusal]
    """An `Ack`; or why it was refused, where an answer that is none may say so."""


class BatchPlacement(NamedTuple):
    """How to place several orders in one call; answers in the order of the requests."""

    endpoint: Endpoint[Any]
    body: Any
    read_acks: Callable[[Any], Sequence[Ack | Refusal | ExchangeError]]
    """An `Ack`, or why it was refused; what the venue's codes do not call refused for certain is looked up."""


def by_client_id(
    answered: Mapping[str, R],
    orders: Sequence[PlannedOrder],
    read: Callable[[R], Ack | Refusal | ExchangeError],
) -> list[Ack | Refusal | ExchangeError]:
    """The answers to a batch in the order of its requests, matched by our ids and never by place.

    Args:
        answered: The rows of the answer, by the client order id that each names.
        orders: What was asked for.
        read: What a row says.
    """
    rows = [(order, answered.get(order.client_order_id or "")) for order in orders]
    return [
        Refusal("", f"the answer has no entry for {order.client_order_id}") if row is None else read(row)
        for order, row in rows
    ]


class Amendment(NamedTuple):
    """How to edit an order, and under which ids (order id, client order id) to read it afterwards."""

    endpoint: Endpoint[Any]
    body: Any
    read_ids: Callable[[Any], tuple[str | None, str | None]] = lambda result: (None, None)
    lost_ids: tuple[str | None, str | None] = (None, None)
    """Under which ids to read when the answer is lost: the client order id, where an edited order is a new one that
    keeps it or is given one. None: the order's own. What is not found by them is not there yet, or not at all."""
    replaces: bool = False
    """Another order, with an id of its own, always takes the place of the one that is edited. Where `lost_ids` are set
    it may."""
    stands_as: Decimal | None = None
    """The quantity that it reads as afterwards, where a new order is of what was left to fill. None: the new total."""
    unchanged: frozenset[str] = frozenset()
    """Codes by which the venue says that the order stands as it is wanted already."""


class Fingerprint(NamedTuple):
    """What an order found at the venue is compared with before it counts as ours."""

    venue_symbol: str
    side: Side
    type: OrderType
    quantity: Decimal | None
    """None: it follows from a price that nobody knew, of contracts closed at market that are worth quote coin."""
    price: Decimal | None
    intent: Intent
    time_in_force: TimeInForce | None
    margin_mode: MarginMode | None
    worth: Decimal | None = None
    """In quote coin, of contracts that are worth a fixed amount of it: at another price they are another quantity."""

    def differences(self, order: Order, *, moves_prices: bool = False) -> list[str]:
        """Names of the fields in which `order` is another order."""
        found: list[str] = []
        if order.venue_symbol.upper() != self.venue_symbol.upper():
            found.append("symbol")
        if order.side is not self.side:
            found.append("side")
        # Venues cut a closing order down to what there is to close.
        wanted = order.quantity if self.quantity is None else self.quantity
        if moves_prices and self.worth is not None and order.price:
            wanted = divide(self.worth, order.price)
        if order.quantity > wanted or (self.intent is Intent.OPEN and order.quantity != wanted):
            found.append("quantity")
        # One that waits for a price is another one once it has gone off.
        any_type = OrderType.UNKNOWN in (order.type, self.type) or self.type is OrderType.TRIGGER
        if not any_type and order.type is not self.type:
            found.append("type")
        limit = self.type is OrderType.LIMIT and not moves_prices
        if limit and order.price is not None and order.price != self.price:
            found.append("price")
        return found


def fingerprint(order: PlannedOrder) -> Fingerprint:
    """Of a planned order."""
    request = order.request
    contracts, contract = order.contracts, order.contract
    at_any_price = contracts is not None and request.type is OrderType.MARKET
    value = None if contract is None else contract.contract_value
    return Fingerprint(
        order.venue_symbol,
        request.side,
        request.type,
        None if at_any_price else request.quantity,
        request.price,
        request.intent,
        request.time_in_force,
        request.margin_mode,
        None if contracts is None or value is None else multiply(contracts, value),
    )
