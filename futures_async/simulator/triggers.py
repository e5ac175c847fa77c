"""Orders that wait for a price: plans, trailing stops, take-profit and stop-loss."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from futures_async.simulator.accounts import Account
from futures_async.simulator.errors import (
    DuplicateClientId,
    EngineError,
    InvalidQuantity,
    InvalidTrigger,
    NoPosition,
    UnknownOrder,
)
from futures_async.simulator.events import TriggerEvent
from futures_async.simulator.margins import opened_side
from futures_async.simulator.orders import Orders
from futures_async.simulator.presets import add_trigger, check_presets, check_side, closing_trigger
from futures_async.simulator.records import (
    ZERO,
    Preset,
    Source,
    Ticket,
    Trigger,
    TriggerKind,
    TriggerStatus,
)
from futures_async.simulator.world import World
from futures_async.unified.enums import Intent, OrderType, PositionMode, PositionSide, Side

SOURCES = {
    TriggerKind.PLAN: Source.TRIGGER,
    TriggerKind.TRAILING: Source.TRIGGER,
    TriggerKind.TAKE_PROFIT: Source.TAKE_PROFIT,
    TriggerKind.POSITION_TAKE_PROFIT: Source.TAKE_PROFIT,
    TriggerKind.STOP_LOSS: Source.STOP_LOSS,
    TriggerKind.POSITION_STOP_LOSS: Source.STOP_LOSS,
}

TRIGGERED_BY = "triggered_by"
"""In the tag of an order: the trigger order that placed it."""


class Triggers:
    """All that callers do with trigger orders."""

    def __init__(self, world: World, orders: Orders) -> None:
        self._world = world
        self._orders = orders

    def _check_id(self, account: Account, client_id: str | None) -> None:
        if client_id is not None and any(t.client_id == client_id for t in account.live_triggers.values()):
            raise DuplicateClientId(f"client id {client_id} is in use")

    def place_plan(
        self,
        account: Account,
        ticket: Ticket,
        trigger_price: Decimal,
        *,
        on_mark: bool = False,
        callback_ratio: Decimal | None = None,
    ) -> Trigger:
        """Place `ticket` once the price reaches `trigger_price`, from where it is now.

        Raises:
            EngineError: Refused.
        """
        contract = self._world.contract(ticket.symbol)
        self._check_id(account, ticket.client_id)
        if ticket.quantity <= 0 or ticket.quantity % contract.step:
            raise InvalidQuantity(f"quantity must be a positive multiple of {contract.step}")
        if trigger_price <= 0:
            raise InvalidTrigger("a trigger price must be above 0")
        if ticket.intent is not Intent.CLOSE and not ticket.reduce_only:
            bound = ticket.price or trigger_price
            check_presets(
                opened_side(ticket.side), ticket.take_profit, ticket.stop_loss, bound=bound, of="execution price"
            )
        now = self._world.now_ms
        mode = account.mode(contract.symbol)
        closing = ticket.reduce_only or ticket.intent is Intent.CLOSE
        side = opened_side(ticket.side)
        if closing:
            side = PositionSide.SHORT if side is PositionSide.LONG else PositionSide.LONG
        return add_trigger(
            self._world,
            account,
            Trigger(
                id=self._world.next_id(account),
                client_id=ticket.client_id,
                kind=TriggerKind.PLAN if callback_ratio is None else TriggerKind.TRAILING,
                symbol=ticket.symbol,
                trigger_price=trigger_price,
                on_mark=on_mark,
                above=trigger_price >= self._world.mark(ticket.symbol),
                side=ticket.side,
                position_side=side if mode is PositionMode.HEDGE else None,
                position_mode=mode,
                margin_mode=ticket.margin_mode or account.settings(ticket.symbol).margin_mode,
                quantity=ticket.quantity,
                price=ticket.price if ticket.type is OrderType.LIMIT else None,
                intent=ticket.intent,
                reduce_only=ticket.reduce_only,
                created_ms=now,
                updated_ms=now,
                callback_ratio=callback_ratio,
                take_profit=ticket.take_profit,
                stop_loss=ticket.stop_loss,
                tag=ticket.tag,
            ),
        )

    def place_closing(
        self,
        account: Account,
        symbol: str,
        side: PositionSide,
        kind: TriggerKind,
        preset: Preset,
        *,
        quantity: Decimal = ZERO,
        client_id: str | None = None,
    ) -> Trigger:
        """Add a take-profit or stop-loss to a position. Of the kinds that close the whole position there is one
        each: placing it again changes it and keeps its ids.

        Raises:
            NoPosition: There is none.
            InvalidTrigger: On the wrong side of the mark price.
        """
        contract = self._world.contract(symbol)
        position = account.positions.get((symbol, side))
        if position is None:
            raise NoPosition("there is no position to protect")
        self.check_side(symbol, side, kind, preset.trigger_price)
        if kind.whole_position:
            for trigger in account.live_triggers.values():
                if trigger.kind is kind and trigger.symbol == symbol and trigger.position_side is side:
                    trigger.trigger_price = preset.trigger_price
                    trigger.price = preset.price
                    trigger.on_mark = preset.on_mark
                    self.changed(account, trigger)
                    return trigger
        elif quantity <= 0 or quantity % contract.step:
            raise InvalidQuantity(f"quantity must be a positive multiple of {contract.step}")
        self._check_id(account, client_id)
        return add_trigger(
            self._world,
            account,
            closing_trigger(self._world, account, symbol, side, kind, preset, quantity, client_id),
        )

    def place_bracket(
        self,
        account: Account,
        symbol: str,
        side: PositionSide,
        take_profit: Preset | None,
        stop_loss: Preset | None,
        *,
        quantity: Decimal = ZERO,
        client_id: str | None = None,
        tag: dict[str, Any] | None = None,
    ) -> Trigger:
        """Add both to a position, or one of them, as a single order: whichever fires first ends it.

        Args:
            account: Whose.
            symbol: Of the position.
            side: Of the position.
            take_profit: None: without it.
            stop_loss: None: without it.
            quantity: Of a part of the position; 0 is the whole.
            client_id: The caller's.
            tag: For the dialect.

        Raises:
            NoPosition: There is none.
            InvalidTrigger: On the wrong side of the mark price, or neither of them.
        """
        kind = TriggerKind.TAKE_PROFIT if quantity else TriggerKind.POSITION_TAKE_PROFIT
        legs = [(of, leg) for of, leg in ((kind, take_profit), (kind.opposite, stop_loss)) if leg is not None]
        if not legs:
            raise InvalidTrigger("neither a take-profit nor a stop-loss")
        if quantity and (quantity < 0 or quantity % self._world.contract(symbol).step):
            raise InvalidQuantity("quantity must be a positive multiple of the step")
        if (symbol, side) not in account.positions:
            raise NoPosition("there is no position to protect")
        for of, leg in legs:
            self.check_side(symbol, side, of, leg.trigger_price)
        self._check_id(account, client_id)
        trigger = closing_trigger(self._world, account, symbol, side, *legs[0], quantity, client_id)
        trigger.other, trigger.tag = legs[1][1] if len(legs) > 1 else None, tag or {}
        return add_trigger(self._world, account, trigger)

    def check_side(self, symbol: str, side: PositionSide, kind: TriggerKind, price: Decimal) -> None:
        """A long takes profit above the mark price and stops below it; a short the other way round.

        Raises:
            InvalidTrigger: It would fire at once.
        """
        check_side(side, price, profit=kind.is_profit, bound=self._world.mark(symbol), of="mark price")

    def find(
        self, account: Account, *, trigger_id: int | None = None, client_id: str | None = None, past: bool = False
    ) -> Trigger:
        """A live trigger order; the id wins over the client id.

        Args:
            account: Whose.
            trigger_id: Of the venue.
            client_id: Of the caller.
            past: In whatever state; of several with one client id, the newest.

        Raises:
            UnknownOrder: None such.
        """
        for trigger in reversed(account.trigger_log) if past else account.live_triggers.values():
            if trigger.id == trigger_id or (trigger_id is None and client_id and trigger.client_id == client_id):
                return trigger
        raise UnknownOrder("no such trigger order")

    def cancel(self, account: Account, trigger: Trigger) -> None:
        """End a live trigger order."""
        self._world.change(account, partial(self._end, account, trigger))

    def _end(self, account: Account, trigger: Trigger) -> None:
        if trigger.status is TriggerStatus.LIVE:
            account.live_triggers.pop(trigger.id, None)
            trigger.status = TriggerStatus.CANCELED
            self.changed(account, trigger)

    def changed(self, account: Account, trigger: Trigger) -> None:
        """Note that a trigger order has changed now; whoever changes one calls this."""
        trigger.updated_ms = self._world.now_ms
        self._world.publish(account, TriggerEvent(trigger))

    def cancel_all(self, account: Account, match: Callable[[Trigger], bool]) -> list[Trigger]:
        """End the live trigger orders that match."""
        found = [trigger for trigger in account.live_triggers.values() if match(trigger)]
        for trigger in found:
            self.cancel(account, trigger)
        return found

    def check(self, account: Account, trigger: Trigger) -> None:
        """Fire a trigger order whose price is reached."""
        book = self._world.book(trigger.symbol)

        def price_of(on_mark: bool) -> Decimal:
            return book.mark if on_mark else book.last

        reached = trigger.reached(price_of)
        if trigger.callback_ratio is not None:
            reached = self._trail(trigger, price_of(trigger.on_mark), reached=reached)
        if reached:
            self._fire(account, trigger)

    def _trail(self, trigger: Trigger, price: Decimal, *, reached: bool) -> bool:
        ratio = trigger.callback_ratio or ZERO
        if trigger.extreme is None:
            if reached:
                trigger.extreme = price
            return False
        if trigger.side is Side.SELL:
            trigger.extreme = max(trigger.extreme, price)
            return price <= trigger.extreme * (1 - ratio)
        trigger.extreme = min(trigger.extreme, price)
        return price >= trigger.extreme * (1 + ratio)

    def _fire(self, account: Account, trigger: Trigger) -> None:
        del account.live_triggers[trigger.id]
        self._execute(account, trigger)
        self.changed(account, trigger)

    def _execute(self, account: Account, trigger: Trigger) -> None:
        quantity = trigger.quantity
        position = account.positions.get((trigger.symbol, trigger.position_side)) if trigger.position_side else None
        if trigger.kind.closes:
            if position is None or (trigger.stays and position.margin_mode is not trigger.margin_mode):
                trigger.status = TriggerStatus.FAILED
                return
            quantity = min(quantity, position.quantity) if quantity else position.quantity
        ticket = Ticket(
            symbol=trigger.symbol,
            side=trigger.side,
            type=OrderType.MARKET if trigger.price is None else OrderType.LIMIT,
            quantity=quantity,
            price=trigger.price,
            intent=trigger.intent,
            reduce_only=trigger.reduce_only,
            take_profit=trigger.take_profit,
            stop_loss=trigger.stop_loss,
            source=SOURCES[trigger.kind],
            tag=trigger.tag | {TRIGGERED_BY: trigger.id},
        )
        try:
            order = self._orders.place(account, ticket, internal=True).order
        except EngineError:
            trigger.status = TriggerStatus.FAILED
            return
        trigger.status = TriggerStatus.EXECUTED
        trigger.order_id = order.id
