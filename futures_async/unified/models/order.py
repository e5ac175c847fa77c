"""Orders, fills, and what comes back from batches of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from futures_async.unified.convert import chosen, to_decimal
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderKind,
    OrderStatus,
    OrderType,
    PositionSide,
    PriceSource,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.errors import FuturesAsyncError, InvalidRequest
from futures_async.unified.models.base import Model

if TYPE_CHECKING:
    from futures_async.unified.convert import Number
    from futures_async.unified.enums import (
        IntentLike,
        MarginModeLike,
        OrderTypeLike,
        PriceSourceLike,
        SideLike,
        TimeInForceLike,
    )


class Order(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """One order, as the venue reported it or acknowledged it."""

    facts = ("symbol", "venue_symbol", "order_id", "client_order_id", "side", "quantity", "status")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    order_id: str
    """The venue's id of the order."""
    client_order_id: str | None = None
    """The id that this side gave the order."""
    side: Side
    """What the market sees: closing a long sells."""
    quantity: Decimal
    """Ordered size, in base coin."""
    status: OrderStatus
    """Where the order stands."""
    type: OrderType
    """How the order is priced."""
    kind: OrderKind = OrderKind.PLAIN
    """What sets it off: PLAIN works at once."""
    time_in_force: TimeInForce | None = None
    """How long it rests."""
    price: Decimal | None = None
    """Limit price, in quote coin."""
    trigger_price: Decimal | None = None
    """Price that sets it off, in quote coin."""
    trigger_by: PriceSource | None = None
    """The price that `trigger_price` is compared with."""
    average_price: Decimal | None = None
    """Average fill price, in quote coin; None while nothing is filled."""
    filled_quantity: Decimal | None = None
    """Filled size, in base coin; None when not known."""
    remaining_quantity: Decimal | None = None
    """Size still to fill, in base coin; None when not known."""
    reduce_only: bool | None = None
    """Whether it can only reduce a position."""
    position_side: PositionSide | None = None
    """The position that it opens or closes."""
    margin_mode: MarginMode | None = None
    """Cross or isolated."""
    leverage: Decimal | None = None
    """Leverage, times."""
    take_profit: Decimal | None = None
    """Trigger price of the take-profit attached to it, in quote coin."""
    stop_loss: Decimal | None = None
    """Trigger price of the stop-loss attached to it, in quote coin."""
    stops_refused: str | None = None
    """Which take-profit or stop-loss the venue refused, and why: the order stands without it. None: none, as far as it
    tells; of an order that was found after its answer was lost it may be untold, which is logged."""
    parent_order_id: str | None = None
    """The order that it belongs to or came from: a trigger order's market order, an order's attached stop."""
    replaces: str | None = None
    """Id of the order that this one replaced when it was edited, at venues that make a new order."""
    fee: Decimal | None = None
    """Fees so far, in `fee_coin`; paid is positive."""
    fee_coin: str | None = None
    """Coin of the fee."""
    recovered: bool = False
    """Found by resolution, not by its own answer."""
    created_ms: int | None = None
    """Created at, Unix milliseconds UTC."""
    updated_ms: int | None = None
    """Last changed at, Unix milliseconds UTC."""


class Fill(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """One execution."""

    facts = ("symbol", "venue_symbol", "fill_id", "order_id", "side", "price", "quantity")

    fill_id: str
    """The venue's id of the execution."""
    order_id: str
    """The venue's id of the order."""
    client_order_id: str | None = None
    """The id that this side gave the order."""
    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    side: Side
    """What the market saw."""
    price: Decimal
    """Price, in quote coin."""
    quantity: Decimal
    """Size, in base coin."""
    fee: Decimal | None = None
    """Fee, in `fee_coin`; paid is positive."""
    fee_coin: str | None = None
    """Coin of the fee."""
    role: Role | None = None
    """Maker or taker."""
    realized_pnl: Decimal | None = None
    """Profit realized by this fill, in margin coin."""
    created_ms: int | None = None
    """Executed at, Unix milliseconds UTC."""

    @property
    def key(self) -> tuple[str, str, str, Side]:
        """What tells it from every other of its venue: contract, id, order and side.

        Some venues number executions per contract, and at most of them both sides of a trade with oneself have one
        number.
        """
        return self.venue_symbol, self.fill_id, self.order_id, self.side


_READ: dict[str, Callable[[Any, str], Any]] = {
    "side": partial(chosen, Side),
    "type": partial(chosen, OrderType),
    "intent": partial(chosen, Intent),
    "time_in_force": partial(chosen, TimeInForce),
    "margin_mode": partial(chosen, MarginMode),
    "trigger_by": partial(chosen, PriceSource),
    **dict.fromkeys(
        ("quantity", "price", "leverage", "take_profit", "stop_loss", "trigger_price", "limit_price"), to_decimal
    ),
}


_PLAIN = frozenset({str, int})


@cache
def _read_in(kind: type[msgspec.Struct]) -> tuple[list[str], Callable[[Any], tuple[Any, ...]]]:
    """The fields of `kind` that may be given as plain text, and what gets all of them."""
    names = [name for name in kind.__struct_fields__ if name in _READ]
    return names, attrgetter(*names)


class Given(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Base of what callers make: numbers and words given as plain text are read when it is made.

    What cannot be read stays as it is, and is refused with its reason when the order is checked. From JSON
    (`msgspec.json.decode`) a misspelt field is refused too: an order without its stop would be another order.
    """

    def __post_init__(self) -> None:
        names, values_of = _read_in(type(self))
        values = values_of(self)
        if _PLAIN.isdisjoint(map(type, values)):
            return
        for name, given in zip(names, values, strict=True):
            if type(given) in _PLAIN:
                with contextlib.suppress(InvalidRequest):
                    msgspec.structs.force_setattr(self, name, _READ[name](given, name))


class Stop(Given, frozen=True, gc=False):
    """A take-profit or stop-loss to attach, where its trigger price alone does not say enough."""

    price: Decimal
    """Trigger price, in quote coin."""
    trigger_by: PriceSource | None = None
    """The price that it is compared with; None is the venue's default."""
    limit_price: Decimal | None = None
    """Close by a limit order at this price, in quote coin; None closes at market."""

    if TYPE_CHECKING:  # what it may be made of; its attributes are what stands above

        def __init__(
            self,
            price: Number,
            trigger_by: PriceSourceLike | None = None,
            limit_price: Number | None = None,
        ) -> None: ...


class OrderRequest(Given, frozen=True, kw_only=True, gc=False):
    """What to place. Numbers may be given as Decimal, int or str, words as text (`side="buy"`); a float is refused."""

    symbol: str
    """Unified symbol or the venue's own id."""
    side: Side
    """What the market sees: opening a long buys, closing a long sells, whatever the venue's own convention."""
    type: OrderType
    """LIMIT, MARKET, or TRIGGER for `create_trigger_order`."""
    quantity: Decimal
    """Size in base coin."""
    price: Decimal | None = None
    """Limit price, in quote coin; required for LIMIT."""
    time_in_force: TimeInForce | None = None
    """None is the venue's default, good till cancelled."""
    intent: Intent = Intent.OPEN
    """CLOSE never opens or flips a position, in either position mode."""
    client_order_id: str | None = None
    """Made if absent, from a secure random source."""
    margin_mode: MarginMode | None = None
    """None uses what is set for the symbol."""
    leverage: Decimal | None = None
    """Times. Where the order does not carry it, it is set for the contract first and read back: that moves the
    liquidation price of a position that is open already."""
    take_profit: Decimal | Stop | None = None
    """Take-profit to attach: its trigger price, in quote coin, or a `Stop`."""
    stop_loss: Decimal | Stop | None = None
    """Stop-loss to attach: its trigger price, in quote coin, or a `Stop`."""
    trigger_price: Decimal | None = None
    """For TRIGGER orders: the price that sets the order off, in quote coin."""
    trigger_by: PriceSource | None = None
    """For TRIGGER orders: the price that `trigger_price` is compared with; None is the adapter's usual one."""

    if TYPE_CHECKING:  # what it may be made of; its attributes are what stands above

        def __init__(
            self,
            *,
            symbol: str,
            side: SideLike,
            type: OrderTypeLike,
            quantity: Number,
            price: Number | None = None,
            time_in_force: TimeInForceLike | None = None,
            intent: IntentLike = Intent.OPEN,
            client_order_id: str | None = None,
            margin_mode: MarginModeLike | None = None,
            leverage: Number | None = None,
            take_profit: Number | Stop | None = None,
            stop_loss: Number | Stop | None = None,
            trigger_price: Number | None = None,
            trigger_by: PriceSourceLike | None = None,
        ) -> None: ...

    @property
    def attached(self) -> dict[str, Stop]:
        """Take-profit and stop-loss by the names of their fields, those that are asked for."""
        found: dict[str, Stop] = {}
        for name, stop in (("take_profit", self.take_profit), ("stop_loss", self.stop_loss)):
            if stop is not None:
                found[name] = stop if isinstance(stop, Stop) else Stop(stop)
        return found


class OrderResult(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a batch: exactly one of `order` and `error` is set."""

    request: OrderRequest
    """As it was sent, client order id included."""
    order: Order | None = None
    """The order, when it was placed."""
    error: FuturesAsyncError | None = None
    """Why it was not placed, or that it is not known; `error.outcome` says which."""


class CancelResult(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a batch cancel: `error` is None when the order is proved closed."""

    order_id: str | None = None
    """The venue's id, where given or learned."""
    client_order_id: str | None = None
    """Our id, where given or learned."""
    order: Order | None = None
    """The order as read after the cancel."""
    error: FuturesAsyncError | None = None
    """Why it was not cancelled, or that it is not known."""
