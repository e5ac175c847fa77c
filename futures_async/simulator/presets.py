"""What an order brings along for its position: take-profit and stop-loss, made when it fills."""

from __future__ import annotations

from decimal import Decimal

from futures_async.simulator.accounts import Account, closing_side
from futures_async.simulator.errors import (
    InvalidTrigger,
    LongProfitBelow,
    LongStopAbove,
    ShortProfitAbove,
    ShortStopBelow,
)
from futures_async.simulator.events import TriggerEvent
from futures_async.simulator.margins import opened_side
from futures_async.simulator.records import ZERO, Order, Preset, Trigger, TriggerKind
from futures_async.simulator.world import World
from futures_async.unified.enums import Intent, PositionMode, PositionSide

_WRONG: dict[tuple[PositionSide, bool], type[InvalidTrigger]] = {
    (PositionSide.LONG, True): LongProfitBelow,
    (PositionSide.LONG, False): LongStopAbove,
    (PositionSide.SHORT, True): ShortProfitAbove,
    (PositionSide.SHORT, False): ShortStopBelow,
}


def check_side(side: PositionSide, price: Decimal, *, profit: bool, bound: Decimal, of: str) -> None:
    """A long takes profit above a price and stops below it; a short the other way round.

    Args:
        side: Of the position.
        price: At which it triggers.
        profit: Take-profit; else stop-loss.
        bound: What it must lie beyond.
        of: What that is.

    Raises:
        InvalidTrigger: It would fire at once.
    """
    above = profit == (side is PositionSide.LONG)
    if price <= 0 or (price <= bound if above else price >= bound):
        raise _WRONG[side, profit](f"{'>' if above else '<'} {of} {bound}")


def check_presets(
    side: PositionSide, take_profit: Preset | None, stop_loss: Preset | None, *, bound: Decimal, of: str
) -> None:
    """Check what an order brings along.

    Raises:
        InvalidTrigger: It would fire as soon as the order fills at `bound`.
    """
    for profit, preset in ((True, take_profit), (False, stop_loss)):
        if preset is not None:
            check_side(side, preset.trigger_price, profit=profit, bound=bound, of=of)


def add_trigger(world: World, account: Account, trigger: Trigger) -> Trigger:
    """File a trigger order."""
    account.trigger_log.append(trigger)
    account.live_triggers[trigger.id] = trigger
    world.publish(account, TriggerEvent(trigger))
    return trigger


def attach_presets(world: World, account: Account, order: Order, quantity: Decimal) -> None:
    """Make the take-profit and stop-loss that an order brought along, for what was just filled."""
    side = opened_side(order.side)
    if account.late_stops or (order.symbol, side) not in account.positions:
        return
    for kind, preset in _presets(order):
        add_trigger(world, account, closing_trigger(world, account, order.symbol, side, kind, preset, quantity))


def attach_late(world: World, account: Account, order: Order) -> None:
    """Make them as one, for all that was filled of an order that has ended, where they are made so late."""
    side, presets = opened_side(order.side), _presets(order)
    if not account.late_stops or not order.filled or not presets or (order.symbol, side) not in account.positions:
        return
    (kind, preset), *others = presets
    trigger = closing_trigger(world, account, order.symbol, side, kind, preset, order.filled)
    trigger.other, trigger.stays = others[0][1] if others else None, True
    add_trigger(world, account, trigger)


def _presets(order: Order) -> list[tuple[TriggerKind, Preset]]:
    both = ((TriggerKind.TAKE_PROFIT, order.take_profit), (TriggerKind.STOP_LOSS, order.stop_loss))
    return [] if order.closes else [(kind, preset) for kind, preset in both if preset is not None]


def closing_trigger(
    world: World,
    account: Account,
    symbol: str,
    side: PositionSide,
    kind: TriggerKind,
    preset: Preset,
    quantity: Decimal,
    client_id: str | None = None,
) -> Trigger:
    """A take-profit or stop-loss of a position that is open."""
    position = account.positions[symbol, side]
    hedge = position.mode is PositionMode.HEDGE
    now = world.now_ms
    return Trigger(
        id=world.next_id(account),
        client_id=client_id,
        kind=kind,
        symbol=symbol,
        trigger_price=preset.trigger_price,
        on_mark=preset.on_mark,
        above=kind.is_profit == (side is PositionSide.LONG),
        side=closing_side(side),
        position_side=side,
        position_mode=position.mode,
        margin_mode=position.margin_mode,
        quantity=ZERO if kind.whole_position else quantity,
        price=preset.price,
        intent=Intent.CLOSE if hedge else None,
        reduce_only=not hedge,
        created_ms=now,
        updated_ms=now,
    )
