"""What an adapter tells the core of its venue's orders, and what its hooks are built with."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, TypeVar

from futures_async.trading.bounds import OrderBounds
from futures_async.trading.calls import Calls
from futures_async.trading.contracts import RULES_WITHIN_S
from futures_async.trading.desk import OrderDesk
from futures_async.trading.facts import Facts
from futures_async.trading.ordering import (
    Ack,
    Amendment,
    BatchPlacement,
    Call,
    OrderFields,
    Placement,
    PlannedOrder,
    ToClose,
)
from futures_async.trading.settings import SettingDesk
from futures_async.transport.channel import LANE
from futures_async.transport.limits.limiter import Priority
from futures_async.unified.enums import MarginMode, OrderType, PositionMode
from futures_async.unified.errors import (
    ClientClosed,
    FuturesAsyncError,
    InvalidRequest,
    NotSupported,
    OrderNotFound,
    OutcomeUnknown,
    ParameterRejected,
)
from futures_async.unified.exchange import SEND_WITHIN_S, Capability, FuturesExchange
from futures_async.unified.models import Contract, Order

R = TypeVar("R")
T = TypeVar("T")

SUCCESSORS_KEPT = 10_000


class Replacing(NamedTuple):
    """An edit of which it is not known yet whether another order has taken the place of the one that it was of."""

    client_order_id: str
    """Under which that other one is found."""
    fence_ms: int | None
    """Venue time after which nothing new comes of the edit; None: it is under way."""
    former: Order
    """The one that it was of, as it was before."""


class Hooks(Calls):
    """The hooks of the writing half of every adapter."""

    silent_lists: ClassVar[frozenset[Capability]] = frozenset()
    """Lists in which the venue answers nothing for a contract that it does not have, as for one without rows."""
    needs_contract: ClassVar[bool] = False
    """Orders cannot be written down without the contract's metadata."""
    needs_position_mode: ClassVar[bool] = False
    """Orders cannot be written down without the account's position mode."""
    order_fields: ClassVar[OrderFields] = OrderFields()
    """What orders carry beside side, quantity and price: anything else that a request asks for is refused."""
    only_position_mode: ClassVar[PositionMode | None] = None
    """The one that the venue has: `fetch_position_mode` answers it without a call; None: it is read."""
    leverage_by_mode: ClassVar[bool] = False
    """Whether each margin mode keeps a leverage of its own."""
    orders_set: ClassVar[frozenset[str]] = frozenset()
    """Those of `leverage` and `margin_mode` that an opening order carries, and that stand for its contract once it has
    arrived, as if they had been set."""
    max_batch: ClassVar[int] = 0
    """Orders in one native batch; 0: several are placed side by side instead."""
    waits_apart: ClassVar[bool] = False
    """Orders that wait for a price are known to calls of their own alone: `_find_waiting` asks those. That none is seen
    there proves nothing."""
    nothing_to_close: ClassVar[frozenset[str]] = frozenset()
    """Codes by which the venue refuses to close what is not there, or what other orders are to close: then the position
    is read, and may have gone."""

    _successors: dict[str, str]
    """By an id that was edited away: the order id that took its place."""
    _replacing: dict[str, Replacing]
    """By either id of an order that is being edited, or was edited with an open end."""
    _halted: bool
    _bounds: OrderBounds | None
    _position_mode: PositionMode | None

    # Made when they are first used: an account that is only read needs none of them.

    @cached_property
    def _orders(self) -> OrderDesk:
        raise NotImplementedError  # pragma: no cover - `Adapter` has it

    @cached_property
    def _settings(self) -> SettingDesk:
        return SettingDesk(self._channel)

    @cached_property
    def _facts(self) -> Facts:
        return Facts()

    def _settings_made(self) -> int | None:
        """See `Learned`: of the settings of this object."""
        desk = vars(self).get("_settings")
        return 0 if desk is None else desk.changes

    # Hooks

    @abstractmethod
    def venue_symbol(self, symbol: str) -> str:
        """The venue's id of a contract, from either form."""

    @abstractmethod
    def unified_symbol(self, venue_symbol: str) -> str:
        """The unified symbol of a venue's id; an id that can't be parsed comes back as it is."""

    def _placement(self, order: PlannedOrder) -> Placement:
        """How to place `order`."""
        self._unsupported("create_order")

    async def _terms_to_repeat(self, plan: PlannedOrder) -> Mapping[str, Any]:
        """What an order must say of what is set for its contract, by the names of `OrderRequest`, where it names none.

        Read again before it is sent, if something was set meanwhile.
        """
        return {}

    def _batch_placement(self, orders: Sequence[PlannedOrder]) -> BatchPlacement:
        """How to place several in one call."""
        self._unsupported("create_orders")

    def _batchable(self, order: PlannedOrder) -> bool:
        """Whether the native batch can carry this order; others are placed one by one."""
        return True

    def _batch_key(self, order: PlannedOrder) -> Hashable:
        """Orders with equal keys may share one native batch."""
        return None

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> Call:
        """How to cancel one order; exactly one id is given."""
        self._unsupported("cancel_order")

    def _amendment(self, order: Order, price: Decimal | None, quantity: Decimal | None) -> Amendment:
        """How to edit `order`; None keeps what it has."""
        self._unsupported("edit_order")

    async def _to_amend(self, order: Order) -> Order:
        """Read what `_amendment` must know of an order beyond itself, before anything is sent."""
        return order

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        """Cancel all; the ids, or None where the venue does not list them."""
        self._unsupported("cancel_all_orders")

    async def _close_unread(self, wanted: ToClose) -> Ack | None:
        """Close a contract's positions at market by a call that needs less of them than an order does: the ids of the
        closing order, None where nothing is held. Only where the venue has such a call.

        Raises:
            NotSupported: The venue has none, or it takes what cannot be read either.
        """
        raise NotSupported(f"{self.id}: the venue has no call that closes a position whatever its size")

    async def _find_order(self, venue_symbol: str, client_order_id: str) -> Order | None:
        """Ask every witness for an order of ours; None only for well-formed absence."""
        try:
            return await self.fetch_order(venue_symbol, client_order_id=client_order_id)
        except OrderNotFound:
            return None

    async def _find_waiting(self, venue_symbol: str, client_order_id: str) -> Order | None:
        """Ask for an order of ours that waits for a price, where `waits_apart`; None where none is seen."""
        return None

    # What hooks are built with

    async def _apply(
        self,
        key: tuple[str, ...],
        value: object,
        *,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[R]],
        stands: Callable[[R], bool],
        unchanged: Collection[str] = (),
    ) -> R:
        """Set and read back: see `SettingDesk.apply`."""
        self._active(key[0])
        return await self._settings.apply(key, value, send=send, read=read, stands=stands, unchanged=unchanged)

    async def _shift(
        self,
        key: tuple[str, ...],
        amount: Decimal,
        *,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[Decimal | None]],
    ) -> None:
        """Move an amount once: see `SettingDesk.shift`."""
        self._active(key[0])
        await self._settings.shift(key, amount, send=send, read=read)

    async def _unless_unknown(self, call: Capability, symbol: str | None, rows: list[R]) -> list[R]:
        """See `Rules`."""
        raise NotImplementedError  # pragma: no cover - `Adapter` has it

    async def _refuse_unknown(self, call: Capability, symbol: str) -> None:
        """See `Rules`."""
        raise NotImplementedError  # pragma: no cover - `Adapter` has it

    async def _once(self, what: Hashable, read: Callable[[], Awaitable[R]]) -> R:
        """Read a fact, or wait for the reading of it that is under way: see `Facts.once`."""
        return await self._facts.once(self._channel.transport.runtime(), what, read)

    async def _seldom(self, what: Hashable, read: Callable[[], Awaitable[R]]) -> R:
        """Read a fact that calls can do without, not again at once where that has failed: see `Facts.seldom`."""
        return await self._facts.seldom(self._channel.transport.runtime(), what, read)

    @property
    def _in_emergency(self) -> bool:
        """Whether what is under way is a cancel or a close, or looks for an order whose fate is open."""
        return LANE.get() is Priority.URGENT

    async def _learn(self, what: Hashable, read: Callable[[], Awaitable[object]]) -> None:
        """Have `read` put down a fact that the call under way can do without: what cannot be told soon is not told.

        What is an emergency does not wait for it at all, others for 2 s, and not again at once where it has failed.
        """
        if self._in_emergency:
            return
        with suppress(FuturesAsyncError):
            await self._facts.seldom(self._channel.transport.runtime(), what, read, within_s=RULES_WITHIN_S)

    async def _position_mode_of(self, venue_symbol: str | None) -> PositionMode:
        """Read the position mode; of one contract, where the mode is each contract's own."""
        if self.only_position_mode is None:
            self._unsupported("fetch_position_mode")
        return self.only_position_mode

    async def _known_position_mode(self, venue_symbol: str) -> PositionMode:
        """The position mode, read once: see `_position_mode_of`."""
        if self._position_mode is not None:
            return self._position_mode
        by_this = False

        async def read() -> PositionMode:
            nonlocal by_this
            by_this = True
            return await self._position_mode_of(venue_symbol)

        try:
            self._position_mode = await self._once("position_mode", read)
        except (InvalidRequest, ParameterRejected):
            if by_this:
                raise
            # Another order's contract, which was asked for it, may be none: that says nothing of this one.
            self._position_mode = await self._once(("position_mode", venue_symbol), read)
        return self._position_mode

    def _margin_mode_of(self, plan: PlannedOrder) -> MarginMode | None:
        """The margin mode that an order will be in, as far as it is known."""
        return plan.request.margin_mode

    def _current_ids(self, order_id: str | None, client_order_id: str | None) -> tuple[str | None, str | None]:
        """The ids that an order has now: an edit may have made another order of it."""
        while (order_id or client_order_id) in self._successors:
            order_id, client_order_id = self._successors[order_id or client_order_id or ""], None
        return order_id, client_order_id

    def _former_ids(self, order_id: str) -> list[str]:
        """The ids, of either sort, of what an order has taken the place of."""
        return [name for name in self._successors if self._current_ids(name, None)[0] == order_id]

    def _succeeds(self, order: Order, former: Order) -> None:
        """An edit has put `order` in the place of `former`: who names that one means this one from now on."""
        for name in (former.order_id, former.client_order_id):
            if name is not None and name not in (order.order_id, order.client_order_id):
                self._successors[name] = order.order_id
        while len(self._successors) > SUCCESSORS_KEPT:
            del self._successors[next(iter(self._successors))]

    def _needs_contract(self, venue_symbol: str) -> bool:
        """Whether this one's orders cannot be written down without its metadata."""
        return self.needs_contract

    def _rules_are_old(self) -> bool:
        """Whether reading the contracts' rules again may show others."""
        return False

    def _forget_contracts(self) -> None:
        """Read the metadata anew before the next order."""

    def _known_contract(self, venue_symbol: str) -> Contract | None:
        """The contract's metadata, if it was read before."""
        return None

    async def _contract_held(self, symbol: str) -> Contract:
        """The metadata of a contract that may be listed no more: that which was read last."""
        return await self.fetch_contract(symbol)

    def _require(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            self._unsupported(capability.value)

    def _active(self, what: str) -> None:
        if self._halted:
            raise ClientClosed(f"{self.id}: halted: {what} is refused, only cancels and reads go through")

    def halt(self) -> None:
        self._halted = True
        self._channel.halt()


def proves_absence(exchange: FuturesExchange, type: OrderType) -> bool:
    """Whether an order of this type that is not found by its client order id is not there."""
    apart = isinstance(exchange, Hooks) and exchange.waits_apart
    return not (apart and type is OrderType.TRIGGER)


def may_be_replaced(exchange: FuturesExchange, order_id: str) -> bool:
    """Whether an edit by this object is an open question, so that an order's end may be the beginning of another."""
    if not isinstance(exchange, Hooks):
        return False
    question = exchange._replacing.get(order_id)  # pyright: ignore[reportPrivateUsage] - of this very class
    return question is not None and not exchange._channel.past(question.fence_ms)  # pyright: ignore[reportPrivateUsage] - as above


def current_id(exchange: FuturesExchange, order_id: str) -> str:
    """The id that an order has now: an edit by this object may have made another order of it."""
    if not isinstance(exchange, Hooks):
        return order_id
    current, _ = exchange._current_ids(order_id, None)  # pyright: ignore[reportPrivateUsage] - of this very class
    return current or order_id


def placement(exchange: FuturesExchange, client_order_id: str) -> object | None:
    """What is known of the placement of an order under this id: of another one, another object."""
    if not isinstance(exchange, Hooks):
        return exchange.outcome(client_order_id)
    return exchange._orders.record(client_order_id)  # pyright: ignore[reportPrivateUsage] - of this very class


def undecided(exchange: FuturesExchange, client_order_id: str) -> bool:
    """Whether an order is being placed by itself, or its fate is an open question that nobody has taken out."""
    if not isinstance(exchange, Hooks):
        question = exchange.outcome(client_order_id)
        return isinstance(question, OutcomeUnknown) and not question.settled
    record = exchange._orders.record(client_order_id)  # pyright: ignore[reportPrivateUsage] - of this very class
    return record is not None and record.undecided


def is_closed(exchange: FuturesExchange) -> bool:
    """Whether nothing can be read or sent by this object any more."""
    return isinstance(exchange, Hooks) and exchange._channel.closed  # pyright: ignore[reportPrivateUsage] - as above


async def signed_by_ms(exchange: FuturesExchange) -> int | None:
    """Venue time until which an order may be signed whose intent is written down now: see `Books.signed_by_ms`."""
    if not isinstance(exchange, Hooks):
        return None
    return await exchange._orders.signed_by_ms(SEND_WITHIN_S)  # pyright: ignore[reportPrivateUsage] - of this very class
