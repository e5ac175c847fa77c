"""What a rule does about a position."""

from __future__ import annotations

from decimal import Decimal

from futures_async import risk
from futures_async.manager.manager import OrderManager
from futures_async.portfolio.rules import Action, AdjustMargin, ReachRatio, Reduce
from futures_async.portfolio.snapshot import VenueData
from futures_async.trading.adjusting import movable
from futures_async.trading.closing_orders import closing_request, counted, exactly, parts_of
from futures_async.unified.convert import floor_to_step
from futures_async.unified.exact import ZERO, add, multiply, total
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Position


def helps(action: Action, position: Position, data: VenueData) -> bool:
    """Whether it makes the account safer: to close a part of what hedges a larger position leaves more of that bare.

    Args:
        action: What would be done.
        position: To which.
        data: What is known of its account.
    """
    if not isinstance(action, Reduce) or not risk.may_share_liquidation(position):
        return True
    others = [
        other
        for other in data.positions or ()
        if other.venue_symbol == position.venue_symbol
        and other.side is not position.side
        and risk.may_share_liquidation(other)
    ]
    if others or not data.positions_unread:
        return total(other.quantity for other in others) <= position.quantity
    # The other side may be a row that cannot be read: then the price that both share lies where this one gains.
    own = risk.distance_to_liquidation(position.side, position.mark_price, position.liquidation_price)
    return own is None or own >= 0


async def carry_out(action: Action, manager: OrderManager, position: Position) -> None:
    """Do it.

    Raises:
        FuturesAsyncError: It was refused, or its outcome is not known; parts of a reduction may have been done.
    """
    if isinstance(action, Reduce):
        await _reduce(action.fraction, manager, position)
        return
    amount = margin_for(action, position)
    moved = None if amount is None else movable(manager.exchange, amount)
    if moved:
        await manager.exchange.adjust_margin(position.venue_symbol, moved, side=position.side)


def margin_for(action: AdjustMargin | ReachRatio, position: Position) -> Decimal | None:
    """The margin that it moves, in margin coin; None when there is none to move, or not enough is known."""
    if isinstance(action, AdjustMargin):
        return risk.propose_margin_adjustment(position, action.action)
    maintenance, pnl = risk.position_maintenance_margin(position), risk.position_pnl(position)
    if maintenance is None or pnl is None or position.margin is None:
        return None
    amount = risk.margin_to_reach(action.target, maintenance=maintenance, equity=add(position.margin, pnl))
    return amount if amount > 0 else None


async def _reduce(fraction: Decimal, manager: OrderManager, position: Position) -> None:
    exchange, contract = manager.exchange, None
    # Of contracts that are worth quote coin the number is exact, and rules count contracts.
    held = counted(position)
    size = multiply(held, fraction)
    if exchange.supports(Capability.FETCH_CONTRACT):
        contract = await exchange.fetch_contract(position.venue_symbol)
        least = max(contract.min_quantity or ZERO, contract.quantity_step)
        size = min(max(floor_to_step(size, contract.quantity_step), least), held)
    for part in parts_of(size, contract):
        with exactly(position, part):
            await manager.submit(closing_request(exchange, position, part))
