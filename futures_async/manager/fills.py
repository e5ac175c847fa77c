"""What fills do to positions: size, average price and realized profit, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from futures_async.risk import unrealized_pnl
from futures_async.unified.convert import chosen_or_none
from futures_async.unified.enums import PositionSide, Side
from futures_async.unified.exact import ZERO, add, divide, multiply
from futures_async.unified.models import Fill, Position

REMEMBERED = 100_000
"""Fills that a book knows again."""


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One position as the fills made it."""

    quantity: Decimal = ZERO
    """Signed size in base coin: long is positive."""
    average_price: Decimal | None = None
    """Average entry price, in quote coin; None while flat, or when the book did not see the entry."""
    realized_pnl: Decimal = ZERO
    """Profit of closed parts so far, in margin coin, without fees."""
    fees: Decimal = ZERO
    """Fees so far, as the fills state them; paid is positive."""


class FillEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What one fill did."""

    fill: Fill
    """The fill."""
    quantity_delta: Decimal
    """Change of the signed size, in base coin."""
    realized_pnl: Decimal | None
    """Profit realized by it, without fees: the venue's figure, else computed at average cost, else None."""
    leg: Leg
    """The position after it."""


class PositionBook:
    """Positions made from fills, by symbol and, in hedge mode, side. A fill counts once, whatever the order of calls.

    The profit of a closed part is ±quantity × (price − average entry), at average cost, which is how venues count;
    the venue's own figure is used where the fill has one. A fill that goes through zero closes and opens anew.

    Args:
        positions: What was open before the first fill, so that closing it has an entry price.
        hedged: Keep long and short of a symbol apart; fills then need the side that they belong to.
    """

    def __init__(self, positions: Iterable[Position] = (), *, hedged: bool = False) -> None:
        self._legs: dict[tuple[str, PositionSide | None], Leg] = {}
        self._seen: dict[tuple[str, str, str], None] = {}
        self._hedged = hedged
        for position in positions:
            sign = Decimal(1) if position.side is PositionSide.LONG else Decimal(-1)
            self._legs[position.symbol, position.side if hedged else None] = Leg(
                quantity=multiply(position.quantity, sign), average_price=position.entry_price
            )

    def leg(self, symbol: str, side: PositionSide | None = None) -> Leg:
        """Return the position of a symbol; of one side of it in hedge mode."""
        side = chosen_or_none(PositionSide, side, "side")
        return self._legs.get((symbol, side), Leg())

    @property
    def legs(self) -> dict[tuple[str, PositionSide | None], Leg]:
        """All positions, by symbol and side (None: net)."""
        return dict(self._legs)

    def apply(self, fill: Fill, side: PositionSide | None = None) -> FillEffect | None:
        """Take a fill in; None when it was taken in before.

        Args:
            fill: The execution.
            side: The position that it belongs to; only used by a book that is hedged.
        """
        side = chosen_or_none(PositionSide, side, "side")
        side = side if self._hedged else None
        key = (fill.venue, fill.venue_symbol, fill.fill_id)
        if key in self._seen:
            return None
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        leg = self.leg(fill.symbol, side)
        delta = fill.quantity if fill.side is Side.BUY else multiply(fill.quantity, Decimal(-1))
        after = add(leg.quantity, delta)
        closed, computed = self._close(leg, delta, fill.price)
        realized = fill.realized_pnl if fill.realized_pnl is not None else computed
        new = Leg(
            quantity=after,
            average_price=self._average(leg, delta, after, closed, fill.price),
            realized_pnl=add(leg.realized_pnl, realized or ZERO),
            fees=add(leg.fees, fill.fee or ZERO),
        )
        self._legs[fill.symbol, side] = new
        return FillEffect(fill=fill, quantity_delta=delta, realized_pnl=realized, leg=new)

    @staticmethod
    def _close(leg: Leg, delta: Decimal, price: Decimal) -> tuple[Decimal, Decimal | None]:
        """The part of a fill that closes, unsigned, and its profit; None when the entry is not known."""
        if multiply(leg.quantity, delta) >= 0:
            return ZERO, ZERO
        closed = min(leg.quantity.copy_abs(), delta.copy_abs())
        if leg.average_price is None:
            return closed, None
        held = PositionSide.LONG if leg.quantity > 0 else PositionSide.SHORT
        return closed, unrealized_pnl(held, quantity=closed, entry_price=leg.average_price, price=price)

    @staticmethod
    def _average(leg: Leg, delta: Decimal, after: Decimal, closed: Decimal, price: Decimal) -> Decimal | None:
        if after == 0:
            return None
        if closed == 0 and leg.quantity != 0:
            if leg.average_price is None:
                return None
            value = add(multiply(leg.quantity, leg.average_price), multiply(delta, price))
            return divide(value, after)
        turned = closed < delta.copy_abs()
        return price if turned else leg.average_price
