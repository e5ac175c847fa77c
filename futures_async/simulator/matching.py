"""Who gets filled, when, and at which price: deterministic in the marks."""

from __future__ import annotations

from decimal import Decimal

from futures_async.simulator.accounts import Account, closed_side
from futures_async.simulator.events import OrderChange, OrderEvent, TriggerEvent
from futures_async.simulator.positions import Positions
from futures_async.simulator.presets import attach_late, attach_presets
from futures_async.simulator.records import CancelReason, Fill, Order, TriggerStatus
from futures_async.simulator.world import World
from futures_async.unified.enums import OrderStatus, OrderType, PositionSide, Role, Side, TimeInForce


class Matching:
    """A taker fills at the book, a resting order at its own price once the book reaches it."""

    def __init__(self, world: World, positions: Positions) -> None:
        self._world = world
        self._positions = positions

    def cancel(self, account: Account, order: Order, reason: CancelReason) -> None:
        """End an open order without filling more of it."""
        account.open_orders.pop(order.id, None)
        order.status = OrderStatus.CANCELED
        order.cancel_reason = reason
        order.updated_ms = self._world.now_ms
        self._world.publish(account, OrderEvent(order, OrderChange.CANCELED))
        if reason is not CancelReason.LIQUIDATION:
            attach_late(self._world, account, order)

    def enter(self, account: Account, order: Order) -> None:
        """Match an order that just arrived."""
        crosses = self._world.book(order.symbol).fills(order.side, order.price)
        force = order.time_in_force
        if order.type is OrderType.LIMIT and force is TimeInForce.POST_ONLY and crosses:
            self.cancel(account, order, CancelReason.POST_ONLY)
            return
        if order.type is OrderType.LIMIT and force is TimeInForce.FOK and self._fillable(order) < order.remaining:
            self.cancel(account, order, CancelReason.UNFILLABLE)
            return
        if crosses:
            self._take(account, order)
        if order.is_open and order.type is OrderType.LIMIT and force in (TimeInForce.IOC, TimeInForce.FOK):
            self.cancel(account, order, CancelReason.UNFILLABLE)

    def rest(self, account: Account, order: Order) -> None:
        """Fill a resting order at its own price, when the book has reached it."""
        price = order.price
        if price is None or not order.is_open:
            return
        touch = self._touch(order)
        if touch > price if order.side is Side.BUY else touch < price:
            return
        quantity = order.remaining
        if self._world.options.partial_fills:
            quantity = min(quantity, self._world.contract(order.symbol).top_size)
        self._fill(account, order, quantity, price, Role.MAKER)

    def _touch(self, order: Order) -> Decimal:
        """The best price on the other side of the book."""
        book = self._world.book(order.symbol)
        return book.ask if order.side is Side.BUY else book.bid

    def _levels(self, order: Order) -> int:
        """How many levels of the book a limit price reaches; they lie ten ticks apart."""
        contract = self._world.contract(order.symbol)
        if order.price is None:
            return 1_000_000
        distance = (order.price - self._touch(order)) * (1 if order.side is Side.BUY else -1)
        return int(distance // (10 * contract.tick)) + 1 if distance >= 0 else 0

    def _fillable(self, order: Order) -> Decimal:
        """How much of the order the book could fill now."""
        levels = self._levels(order)
        if not self._world.options.partial_fills:
            return order.remaining if levels else Decimal(0)
        return levels * self._world.contract(order.symbol).top_size

    def _take(self, account: Account, order: Order) -> None:
        contract = self._world.contract(order.symbol)
        touch = self._touch(order)
        if not self._world.options.partial_fills:
            self._fill(account, order, order.remaining, touch, Role.TAKER)
            return
        away = 10 * contract.tick * (1 if order.side is Side.BUY else -1)
        for level in range(self._levels(order)):
            if not order.is_open:
                return
            quantity = min(order.remaining, contract.top_size)
            self._fill(account, order, quantity, max(contract.tick, touch + level * away), Role.TAKER)

    def _fill(self, account: Account, order: Order, quantity: Decimal, price: Decimal, role: Role) -> Fill | None:
        if order.closes:
            # A closing order never flips: it fills what is left of the position, and ends.
            position = account.positions.get((order.symbol, closed_side(order)))
            if position is None:
                self.cancel(account, order, CancelReason.POSITION_GONE)
                return None
            quantity = min(quantity, position.quantity)
        fill = self._positions.apply(account, order, quantity, price, role)
        attach_presets(self._world, account, order, quantity)
        if not order.remaining:
            attach_late(self._world, account, order)
        self.sweep(account, order.symbol)
        return fill

    def sweep(self, account: Account, symbol: str) -> None:
        """Closing orders and position triggers end with their position."""
        for order in list(account.open_orders.values()):
            if order.symbol == symbol and order.closes and (symbol, closed_side(order)) not in account.positions:
                self.cancel(account, order, CancelReason.POSITION_GONE)
        for trigger in list(account.live_triggers.values()):
            side = trigger.position_side
            if (
                trigger.kind.closes
                and not trigger.stays
                and trigger.symbol == symbol
                and isinstance(side, PositionSide)
                and (symbol, side) not in account.positions
            ):
                del account.live_triggers[trigger.id]
                trigger.status = TriggerStatus.CANCELED
                trigger.updated_ms = self._world.now_ms
                self._world.publish(account, TriggerEvent(trigger))
