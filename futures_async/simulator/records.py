"""What the exchange keeps: orders, fills, positions, ledger rows, trigger orders. Plain mutable records.

Quantities are base coin (of contracts sized in quote coin, quote coin), prices quote coin, money margin coin, times
Unix milliseconds; fees are positive when paid. `side` is always what the market sees: closing a long sells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Role,
    Side,
    TimeInForce,
)

ZERO = Decimal(0)
ARITHMETIC = Context(prec=50)
"""In which the exchange computes, whatever the caller's decimal context is."""


class Source(StrEnum):
    """Why an order exists."""

    API = "api"
    CLOSE = "close"
    """A close-position call."""
    REVERSE = "reverse"
    TRIGGER = "trigger"
    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"
    AMEND = "amend"
    LIQUIDATION = "liquidation"


class CancelReason(StrEnum):
    """Why an order was cancelled."""

    NONE = ""
    USER = "user"
    POST_ONLY = "post_only"
    """It would have taken."""
    UNFILLABLE = "unfillable"
    """FOK or IOC that found no match."""
    DISPLACED = "displaced"
    """A newer closing order took its place."""
    POSITION_GONE = "position_gone"
    AMENDED = "amended"
    LIQUIDATION = "liquidation"


class LedgerKind(StrEnum):
    """Why a balance changed."""

    TRANSFER = "transfer"
    TRADE = "trade"
    """One per fill: realised PnL in `amount`, the fee in `fee`. Venues that book the fee apart use `fee_id`."""
    FUNDING = "funding"
    LIQUIDATION = "liquidation"
    MARGIN = "margin"
    """Margin moved into or out of an isolated position; the balance stays."""


class TriggerKind(StrEnum):
    """What a trigger order is."""

    PLAN = "plan"
    """Places an order of its own."""
    TRAILING = "trailing"
    TAKE_PROFIT = "take_profit"
    """Closes a part of a position."""
    STOP_LOSS = "stop_loss"
    POSITION_TAKE_PROFIT = "position_take_profit"
    """Closes the whole position; one per position."""
    POSITION_STOP_LOSS = "position_stop_loss"

    @property
    def closes(self) -> bool:
        """True for take-profit and stop-loss."""
        return self not in (TriggerKind.PLAN, TriggerKind.TRAILING)

    @property
    def is_profit(self) -> bool:
        """True for take-profit."""
        return self in (TriggerKind.TAKE_PROFIT, TriggerKind.POSITION_TAKE_PROFIT)

    @property
    def whole_position(self) -> bool:
        """True for those that close all there is."""
        return self in (TriggerKind.POSITION_TAKE_PROFIT, TriggerKind.POSITION_STOP_LOSS)

    @property
    def opposite(self) -> TriggerKind:
        """Stop-loss for take-profit, and the other way round."""
        profit, stop = TriggerKind.TAKE_PROFIT.value, TriggerKind.STOP_LOSS.value
        return TriggerKind(self.replace(profit, stop) if self.is_profit else self.replace(stop, profit))


class TriggerStatus(StrEnum):
    """Where a trigger order stands."""

    LIVE = "live"
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(slots=True, kw_only=True)
class Preset:
    """Take-profit or stop-loss that an order brings along."""

    trigger_price: Decimal
    price: Decimal | None = None
    """Limit price; None: at market."""
    on_mark: bool = False


@dataclass(slots=True, kw_only=True)
class Ticket:
    """What is asked of the exchange."""

    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    intent: Intent | None = None
    """Hedge mode: must be said. One-way mode: must not; there `reduce_only` closes."""
    reduce_only: bool = False
    client_id: str | None = None
    margin_mode: MarginMode | None = None
    """None: the symbol's setting."""
    leverage: Decimal | None = None
    """None: the symbol's setting; else it becomes the setting."""
    take_profit: Preset | None = None
    stop_loss: Preset | None = None
    source: Source = Source.API
    tag: dict[str, Any] = field(default_factory=dict[str, Any])
    """For the dialect: kept with the order, not looked at here."""


@dataclass(slots=True, kw_only=True)
class Order:
    """An order from its acceptance on."""

    id: int
    client_id: str | None
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    price: Decimal | None
    position_mode: PositionMode
    position_side: PositionSide | None
    """Hedge mode only."""
    intent: Intent | None
    reduce_only: bool
    margin_mode: MarginMode
    leverage: Decimal
    source: Source
    created_ms: int
    updated_ms: int
    visible_ms: int
    """Lookups find it from this time on: see `hidden`."""
    take_profit: Preset | None = None
    stop_loss: Preset | None = None
    tag: dict[str, Any] = field(default_factory=dict[str, Any])
    status: OrderStatus = OrderStatus.NEW
    cancel_reason: CancelReason = CancelReason.NONE
    filled: Decimal = ZERO
    filled_value: Decimal = ZERO
    """What was given over the fills: price × quantity, or base coin where quantities are quote coin."""
    quote_sized: bool = False
    """Quantities are quote coin."""
    fee: Decimal = ZERO
    realized_pnl: Decimal = ZERO

    @property
    def remaining(self) -> Decimal:
        """Not filled yet."""
        return self.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        """Over the fills; None when there are none."""
        if not self.filled:
            return None
        return rounded(self.filled / self.filled_value if self.quote_sized else self.filled_value / self.filled)

    @property
    def closes(self) -> bool:
        """True when it may only reduce a position."""
        return self.reduce_only or self.intent is Intent.CLOSE

    @property
    def is_open(self) -> bool:
        """True while it can still fill."""
        return self.status.is_open

    def hidden(self, now_ms: int) -> bool:
        """Lookups do not find it yet; where the clock has gone back since it came, they do."""
        return self.created_ms <= now_ms < self.visible_ms


class Reduction(NamedTuple):
    """What a fill has closed of a position, for venues whose history has a row for each of them."""

    quantity: Decimal
    entry_price: Decimal
    open_fee: Decimal
    """The share of it in what opening the position has cost."""
    close_fee: Decimal


@dataclass(slots=True, kw_only=True, frozen=True)
class Fill:
    """One execution."""

    id: int
    order: Order
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    realized_pnl: Decimal
    role: Role
    created_ms: int
    visible_ms: int
    reduced: Reduction | None = None
    """None: it has opened a position, or added to one, and nothing else."""

    def hidden(self, now_ms: int) -> bool:
        """Lookups do not find it yet; where the clock has gone back since it came, they do."""
        return self.created_ms <= now_ms < self.visible_ms


@dataclass(slots=True, kw_only=True)
class Position:
    """An open position; there is none with quantity 0."""

    id: int
    symbol: str
    coin: str
    """Margin coin."""
    side: PositionSide
    mode: PositionMode
    margin_mode: MarginMode
    leverage: Decimal
    quantity: Decimal
    entry_price: Decimal
    created_ms: int
    updated_ms: int
    margin: Decimal = ZERO
    """Isolated positions: the collateral assigned to it, without unrealised PnL. Cross: 0."""
    realized_pnl: Decimal = ZERO
    """Without fees and funding."""
    open_fee: Decimal = ZERO
    close_fee: Decimal = ZERO
    funding: Decimal = ZERO
    """Received; negative when paid."""
    funded: bool = False
    """At least one settlement took place."""
    opened: Decimal = ZERO
    """Quantity opened over its life."""
    closed: Decimal = ZERO
    closed_value: Decimal = ZERO
    auto_margin: bool = False

    @property
    def sign(self) -> int:
        """+1 for a long, -1 for a short."""
        return 1 if self.side is PositionSide.LONG else -1

    @property
    def fee(self) -> Decimal:
        """Paid over its life."""
        return self.open_fee + self.close_fee


class Slot(NamedTuple):
    """Where positions of one symbol and side live, one after the other: some venues keep id and time of the first."""

    id: int
    created_ms: int


@dataclass(slots=True, kw_only=True, frozen=True)
class PositionRecord:
    """A closed position. `record_id` orders the records; it is not the position's id."""

    record_id: int
    position: Position
    close_price: Decimal
    closed_ms: int
    liquidated: bool = False


@dataclass(slots=True, kw_only=True, frozen=True)
class LedgerRow:
    """One change of a balance."""

    id: int
    fee_id: int
    """Second id, for venues that book the fee as a row of its own."""
    kind: LedgerKind
    coin: str
    amount: Decimal
    """Signed, without the fee."""
    fee: Decimal
    balance: Decimal
    """After it."""
    created_ms: int
    symbol: str | None = None
    side: Side | None = None
    position_side: PositionSide | None = None
    position_mode: PositionMode | None = None
    closing: bool = False
    """The fill reduced a position."""
    fill: Fill | None = None


@dataclass(slots=True, kw_only=True)
class Trigger:
    """An order that waits for a price."""

    id: int
    client_id: str | None
    kind: TriggerKind
    symbol: str
    trigger_price: Decimal
    on_mark: bool
    above: bool
    """Fires at or above the trigger price; else at or below."""
    side: Side
    position_side: PositionSide | None
    """The position that it closes, or in hedge mode belongs to."""
    position_mode: PositionMode
    margin_mode: MarginMode
    quantity: Decimal
    """0: the whole position."""
    price: Decimal | None
    """Limit price of the order it places; None: at market."""
    intent: Intent | None
    reduce_only: bool
    created_ms: int
    updated_ms: int
    callback_ratio: Decimal | None = None
    """Trailing: fraction by which the price must come back."""
    extreme: Decimal | None = None
    """Trailing: best price since activation."""
    take_profit: Preset | None = None
    stop_loss: Preset | None = None
    other: Preset | None = None
    """The stop-loss beside a take-profit, or the other way round, in one order: whichever fires first ends both."""
    stays: bool = False
    """It waits on when its position is gone, and fails without one of its margin mode; else it ends with it."""
    status: TriggerStatus = TriggerStatus.LIVE
    order_id: int | None = None
    """The order that it placed."""
    tag: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def leg(self) -> Preset:
        """What `kind` tells of, as a take-profit or stop-loss."""
        return Preset(trigger_price=self.trigger_price, price=self.price, on_mark=self.on_mark)

    def reached(self, price_of: Callable[[bool], Decimal]) -> bool:
        """Whether its price is reached; where the other leg's is, that one becomes what `kind` tells of.

        Args:
            price_of: The mark price, or the last one.
        """
        if self._is_beyond(price_of(self.on_mark)):
            return True
        if self.other is None:
            return False
        self._turn()
        if self._is_beyond(price_of(self.on_mark)):
            return True
        self._turn()
        return False

    def _is_beyond(self, price: Decimal) -> bool:
        return price >= self.trigger_price if self.above else price <= self.trigger_price

    def _turn(self) -> None:
        if self.other is not None:
            other, self.other = self.other, self.leg
            self.trigger_price, self.price, self.on_mark = other.trigger_price, other.price, other.on_mark
            self.kind, self.above = self.kind.opposite, not self.above


def rounded(value: Decimal) -> Decimal:
    """At most 12 decimals, without trailing zeros: what prices and ratios are kept as, for venues show no more."""
    return value.quantize(_PRICE, context=ARITHMETIC).normalize(ARITHMETIC)


def money(value: Decimal) -> Decimal:
    """At most 8 decimals, without trailing zeros: what amounts of a coin are booked as."""
    return value.quantize(_MONEY, context=ARITHMETIC).normalize(ARITHMETIC)


_PRICE, _MONEY = Decimal("1e-12"), Decimal("1e-8")
