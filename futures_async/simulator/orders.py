"""Placing, cancelling, amending and finding orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from futures_async.simulator.accounts import Account, closed_side, closing_side, reversed_side
from futures_async.simulator.checks import Checks, Cut
from futures_async.simulator.errors import (
    NoPosition,
    NotAmendable,
    NothingToCancel,
    OrderFinished,
    Unchanged,
    UnknownOrder,
)
from futures_async.simulator.events import OrderChange, OrderEvent
from futures_async.simulator.margins import Margins, opened_side
from futures_async.simulator.matching import Matching
from futures_async.simulator.presets import attach_late
from futures_async.simulator.records import CancelReason, Order, Source, Ticket
from futures_async.simulator.world import World
from futures_async.unified.enums import Intent, OrderStatus, OrderType, PositionMode, PositionSide


class Placed(NamedTuple):
    """An accepted order, and the closing orders that it cut down or displaced."""

    order: Order
    displaced: list[Cut]


class Orders:
    """All that callers do with orders. Callers have settled the account first."""

    def __init__(self, world: World, margins: Margins, matching: Matching) -> None:
        self._world = world
        self._margins = margins
        self._matching = matching
        self._checks = Checks(world, margins)

    # -- placing

    def place(self, account: Account, ticket: Ticket, *, internal: bool = False) -> Placed:
        """Accept an order and match it at once.

        Args:
            account: Whose.
            ticket: What.
            internal: An order of the exchange itself (a trigger, a close call): no smallest notional.

        Raises:
            EngineError: Refused; nothing has changed.
        """
        contract = self._world.contract(ticket.symbol)
        mode = account.mode(contract.symbol)
        self._checks.numbers(contract, ticket)
        self._checks.style(ticket, mode)
        self._checks.client_id(account, ticket.client_id)
        self._checks.margin_mode(account, ticket)
        closing = ticket.reduce_only or ticket.intent is Intent.CLOSE
        quantity, displaced = ticket.quantity, list[Cut]()
        if closing:
            quantity, displaced = self._checks.closing(account, ticket)
        else:
            self._checks.opening(account, contract, ticket, mode, internal=internal)
        order = self._accept(account, ticket, mode, quantity or ticket.quantity)
        if not quantity:
            self._matching.cancel(account, order, CancelReason.DISPLACED)
            return Placed(order, displaced)
        self._cut(account, displaced)
        self._matching.enter(account, order)
        return Placed(order, displaced)

    def _cut(self, account: Account, displaced: list[Cut]) -> None:
        for old, left in displaced:
            if not left:
                self._matching.cancel(account, old, CancelReason.DISPLACED)
                continue
            old.quantity, old.updated_ms = old.filled + left, self._world.now_ms
            self._world.publish(account, OrderEvent(old, OrderChange.AMENDED))

    def _accept(self, account: Account, ticket: Ticket, mode: PositionMode, quantity: Decimal) -> Order:
        settings = account.settings(ticket.symbol)
        if ticket.margin_mode is not None:
            settings.margin_mode = ticket.margin_mode
        closing = ticket.reduce_only or ticket.intent is Intent.CLOSE
        side = opened_side(ticket.side) if not closing else opened_side(reversed_side(ticket.side))
        if ticket.leverage is not None and not closing:
            settings.cross_leverage = settings.long_leverage = settings.short_leverage = ticket.leverage
        now = self._world.now_ms
        order = Order(
            id=self._world.next_id(account),
            client_id=ticket.client_id,
            symbol=ticket.symbol,
            side=ticket.side,
            type=ticket.type,
            time_in_force=ticket.time_in_force,
            quantity=quantity,
            quote_sized=self._world.contract(ticket.symbol).quote_sized,
            price=ticket.price if ticket.type is OrderType.LIMIT else None,
            position_mode=mode,
            position_side=side if mode is PositionMode.HEDGE else None,
            intent=ticket.intent,
            reduce_only=ticket.reduce_only,
            margin_mode=settings.margin_mode,
            leverage=settings.leverage(side),
            source=ticket.source,
            created_ms=now,
            updated_ms=now,
            visible_ms=now + self._world.options.visibility_lag_ms,
            take_profit=ticket.take_profit,
            stop_loss=ticket.stop_loss,
            tag=ticket.tag,
        )
        account.orders[order.id] = order
        account.order_log.append(order)
        account.open_orders[order.id] = order
        if order.client_id is not None:
            account.by_client[order.client_id] = order
        self._world.publish(account, OrderEvent(order, OrderChange.ACCEPTED))
        return order

    # -- finding

    def find(
        self, account: Account, *, order_id: int | None = None, client_id: str | None = None, symbol: str | None = None
    ) -> Order:
        """One order, open or not; the id wins over the client id.

        Raises:
            UnknownOrder: None such, of another symbol, or not visible yet.
        """
        order = self.named(account, order_id, client_id)
        if order is None or order.hidden(self._world.now_ms) or symbol not in (None, order.symbol):
            raise UnknownOrder("no such order")
        return order

    # -- cancelling

    def cancel(
        self, account: Account, *, order_id: int | None = None, client_id: str | None = None, symbol: str | None = None
    ) -> Order:
        """Cancel one open order. Unlike lookups, the matching engine knows orders at once.

        Raises:
            UnknownOrder: None such.
            OrderFinished: Filled or cancelled already.
        """
        order = self.named(account, order_id, client_id)
        if order is None or symbol not in (None, order.symbol):
            raise UnknownOrder("no such order")
        if not order.is_open:
            raise OrderFinished("the order is finished")
        if self._world.options.change_lag_ms:
            account.ending.add(order.id)
        self._world.change(account, partial(self._end, account, order))
        return order

    def _end(self, account: Account, order: Order) -> None:
        """Cancel it, unless it is finished by now."""
        if order.is_open:
            self._matching.cancel(account, order, CancelReason.USER)

    def named(self, account: Account, order_id: int | None, client_id: str | None) -> Order | None:
        """By either id, visible or not; the order id wins."""
        if order_id is not None:
            return account.orders.get(order_id)
        return account.by_client.get(client_id) if client_id else None

    def cancel_all(self, account: Account, match: Callable[[Order], bool]) -> list[Order]:
        """Cancel the open orders that match.

        Raises:
            NothingToCancel: None does.
        """
        found = [order for order in account.open_orders.values() if match(order)]
        if not found:
            raise NothingToCancel("no order to cancel")
        for order in found:
            self._world.change(account, partial(self._end, account, order))
        return found

    # -- amending

    def amend(
        self,
        account: Account,
        order: Order,
        *,
        price: Decimal | None = None,
        quantity: Decimal | None = None,
        client_id: str | None = None,
        in_place: bool = False,
    ) -> Order:
        """Change price or quantity: by cancelling and placing anew, or keeping the ids.

        Args:
            account: Whose.
            order: An open limit order; one that is filled in part changes in place alone.
            price: None: as it is.
            quantity: What is filled included. None: as it is.
            client_id: Of the new order.
            in_place: Keep id and client id (some venues do).

        Raises:
            NotAmendable: Not a resting limit order.
            Unchanged: Nothing would change.
            EngineError: The new order is refused; the old one stands.
        """
        if not order.is_open:
            raise OrderFinished("the order is finished")
        if order.type is not OrderType.LIMIT or (order.filled and not in_place):
            raise NotAmendable("only a limit order without fills can be replaced")
        new_price, new_quantity = price or order.price, quantity or order.quantity
        if new_quantity <= order.filled:
            raise NotAmendable("as much is filled already")
        if new_price == order.price and new_quantity == order.quantity:
            raise Unchanged("price and quantity are as they were")
        ticket = Ticket(
            symbol=order.symbol,
            side=order.side,
            type=order.type,
            quantity=new_quantity,
            price=new_price,
            time_in_force=order.time_in_force,
            intent=order.intent,
            reduce_only=order.reduce_only,
            client_id=client_id,
            take_profit=order.take_profit,
            stop_loss=order.stop_loss,
            source=Source.AMEND,
            tag=order.tag,
        )
        if in_place:
            self._world.change(account, partial(self._amend_in_place, account, order, ticket))
            return order
        del account.open_orders[order.id]  # its margin and its hold on the position are free for the new one
        try:
            new = self.place(account, ticket).order
        except BaseException:
            account.open_orders[order.id] = order
            raise
        account.open_orders[order.id] = order
        self._matching.cancel(account, order, CancelReason.AMENDED)
        return new

    def complete(self, account: Account, order: Order) -> None:
        """Let what is filled of an open order be all that it asks for: some venues end an edit so."""
        del account.open_orders[order.id]
        order.quantity, order.status, order.updated_ms = order.filled, OrderStatus.FILLED, self._world.now_ms
        self._world.publish(account, OrderEvent(order, OrderChange.AMENDED))
        attach_late(self._world, account, order)

    def _amend_in_place(self, account: Account, order: Order, ticket: Ticket) -> None:
        if not order.is_open:
            raise OrderFinished("the order is finished")
        del account.open_orders[order.id]  # its margin and its hold on the position are free for what it becomes
        try:
            fits = self._change(account, order, ticket)
        except BaseException:
            account.open_orders[order.id] = order
            raise
        self._world.publish(account, OrderEvent(order, OrderChange.AMENDED))
        if fits:
            self._matching.enter(account, order)
        else:
            self._matching.cancel(account, order, CancelReason.DISPLACED)

    def _change(self, account: Account, order: Order, ticket: Ticket) -> bool:
        contract = self._world.contract(order.symbol)
        self._checks.numbers(contract, ticket)
        fitting = ticket.quantity - order.filled
        left = replace(ticket, quantity=fitting)
        if order.closes:
            fitting, displaced = self._checks.closing(account, left)
            order.quantity = order.filled + (fitting or left.quantity)
            self._cut(account, displaced)
        else:
            self._checks.opening(account, contract, left, order.position_mode, internal=False)
            order.quantity = ticket.quantity
        order.price = ticket.price
        order.updated_ms = self._world.now_ms
        account.open_orders[order.id] = order
        return bool(fitting)

    # -- closing positions

    def cancel_all_at(self, account: Account, at_ms: int | None, symbol: str | None = None) -> None:
        """Arm the dead-man's switch of a contract, or of the whole account, anew; None or 0 takes it back."""
        if symbol is None:
            account.cancel_all_ms.clear()
        account.cancel_all_ms.pop(symbol, None)
        if at_ms:
            account.cancel_all_ms[symbol] = at_ms

    def close_position(
        self,
        account: Account,
        symbol: str,
        side: PositionSide,
        source: Source = Source.CLOSE,
        client_id: str | None = None,
    ) -> Order:
        """Close a whole position at market; orders that hold parts of it are cancelled.

        Raises:
            NoPosition: There is none.
        """
        position = account.positions.get((symbol, side))
        if position is None:
            raise NoPosition("no position to close")
        for order in list(account.open_orders.values()):
            if order.symbol == symbol and order.closes and closed_side(order) is side:
                self._matching.cancel(account, order, CancelReason.DISPLACED)
        hedge = position.mode is PositionMode.HEDGE
        ticket = Ticket(
            symbol=symbol,
            side=closing_side(side),
            type=OrderType.MARKET,
            quantity=position.quantity,
            intent=Intent.CLOSE if hedge else None,
            reduce_only=not hedge,
            client_id=client_id,
            source=source,
        )
        order = self._accept(account, ticket, position.mode, position.quantity)
        self._matching.enter(account, order)
        return order
