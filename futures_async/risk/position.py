"""What the figures of one position say about its risk."""

from __future__ import annotations

from decimal import Decimal

from futures_async.risk.liquidation import distance_to_liquidation, isolated_liquidation_price, unrealized_pnl
from futures_async.risk.margin import margin_ratio, risk_level
from futures_async.unified.convert import Number
from futures_async.unified.enums import MarginMode, PositionMode
from futures_async.unified.exact import ONE, ZERO, add, divide, multiply
from futures_async.unified.models import Position, PositionRisk


def position_risk(position: Position) -> PositionRisk:
    """Compute how far a position is from liquidation, from what the venue said about it; never a guess.

    The venue's figures are taken as they are; what it left out is computed where that is exact (notional =
    quantity × mark; profit at the mark; the isolated margin ratio = maintenance margin / (margin + profit)), and
    stays None otherwise. A cross position's ratio depends on the whole account, so it is the venue's or None.
    """
    mark = position.mark_price
    return PositionRisk(
        venue=position.venue,
        raw=position.raw,
        unread=position.unread,
        symbol=position.symbol,
        venue_symbol=position.venue_symbol,
        side=position.side,
        quantity=position.quantity,
        mark_price=mark,
        liquidation_price=position.liquidation_price,
        distance_to_liquidation=position_distance(position),
        leverage=position.leverage,
        margin_mode=position.margin_mode,
        margin=position.margin,
        notional=position_notional(position),
        unrealized_pnl=position_pnl(position),
        margin_ratio=(ratio := position_margin_ratio(position)),
        level=risk_level(ratio),
        updated_ms=position.updated_ms,
    )


def may_share_liquidation(position: Position) -> bool:
    """Whether another side of its contract may be liquidated together with it, at one price: cross, and not one-way.

    Source: recorded rows of a hedge in cross margin, whose long and short have one and the same liquidation price (the
    venue reference, position row): for one of the two it lies where that one gains.
    """
    return position.margin_mode is MarginMode.CROSS and position.position_mode is not PositionMode.ONE_WAY


def position_distance(position: Position) -> Decimal | None:
    """Compute how far the mark is from the liquidation price, as a fraction of the mark; None when either is unknown.

    `distance_to_liquidation`, in the direction in which the position loses. Where it may share its liquidation price
    with the other side of a hedge: |liquidation − mark| / mark, whichever way that lies, since the smaller side is
    liquidated with the larger one while it gains. A tiny position on a large account is thousands of marks away.
    """
    away = distance_to_liquidation(position.side, position.mark_price, position.liquidation_price)
    return away.copy_abs() if away is not None and may_share_liquidation(position) else away


def position_notional(position: Position) -> Decimal | None:
    """Return the position's value in quote coin: the venue's figure, else quantity × mark price, else None."""
    if position.notional is not None:
        return position.notional
    return multiply(position.quantity, position.mark_price) if position.mark_price is not None else None


def position_pnl(position: Position) -> Decimal | None:
    """Return the unrealized profit in margin coin: the venue's figure, else ±quantity × (mark − entry), else None.

    The venue's figure alone where margin is not counted in the quote coin, which that product is.
    """
    if position.unrealized_pnl is not None:
        return position.unrealized_pnl
    if position.mark_price is None or position.entry_price is None or position.settlement != "quote":
        return None
    return unrealized_pnl(
        position.side, quantity=position.quantity, entry_price=position.entry_price, price=position.mark_price
    )


def position_maintenance_margin(position: Position) -> Decimal | None:
    """Return the maintenance margin, in margin coin: the venue's figure, else notional × rate, else None.

    The venue's figure alone where margin is not counted in the quote coin, which that product is.
    """
    if position.maintenance_margin is not None:
        return position.maintenance_margin
    notional = position_notional(position)
    if position.maintenance_margin_rate is None or notional is None or position.settlement != "quote":
        return None
    return multiply(notional, position.maintenance_margin_rate)


def position_margin_ratio(position: Position) -> Decimal | None:
    """Return maintenance margin over equity, liquidation at 1: the venue's, else computed for isolated ones, else None.

    Source of the computed one: equity of an isolated position is its margin and its unrealized profit; closing
    fees, which some venues count in, are not in it.
    """
    if position.margin_ratio is not None:
        return position.margin_ratio if position.margin_ratio >= 0 else ONE  # equity is gone
    maintenance, pnl = position_maintenance_margin(position), position_pnl(position)
    if position.margin_mode is not MarginMode.ISOLATED or position.margin is None:
        return None
    if maintenance is None or pnl is None or maintenance < 0:
        return None
    return margin_ratio(maintenance, add(position.margin, pnl))


def pnl_over_margin(position: Position) -> Decimal | None:
    """Return |unrealized profit| / margin, a fraction; None when either is unknown or no margin is held.

    Source: the v1 trading document, "Position Risk Management" (`abs(unrealizedPnl) / marginBalance`, alarm above 0.1).
    """
    pnl = position_pnl(position)
    if pnl is None or position.margin is None or position.margin <= 0:
        return None
    return divide(pnl.copy_abs(), position.margin)


def estimate_liquidation_price(position: Position, *, fee_rate: Number = ZERO) -> Decimal | None:
    """Estimate the liquidation price of an isolated position whose venue names none; None when it cannot be told.

    That is so of all positions whose margin is not counted in the quote coin.

    `isolated_liquidation_price` over the position's own figures; the maintenance margin rate is the position's, or
    its maintenance margin over its notional.
    """
    if position.margin_mode is not MarginMode.ISOLATED or position.settlement != "quote":
        return None
    if position.margin is None or position.entry_price is None or position.entry_price <= 0 or position.quantity <= 0:
        return None
    rate = position.maintenance_margin_rate
    if rate is None:
        notional = position_notional(position)
        if position.maintenance_margin is None or notional is None or notional <= 0:
            return None
        rate = divide(position.maintenance_margin, notional)
    return isolated_liquidation_price(
        position.side,
        entry_price=position.entry_price,
        quantity=position.quantity,
        margin=position.margin,
        maintenance_margin_rate=rate,
        fee_rate=fee_rate,
    )
