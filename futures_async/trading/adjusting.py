"""Margin of isolated positions: which position is meant, and what has become of a move."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from futures_async.trading.around_sending import before_sending
from futures_async.trading.closing import may_be_position
from futures_async.trading.hooks import Hooks
from futures_async.trading.ordering import Call
from futures_async.unified.convert import Number, ceil_to_step, chosen_or_none, is_multiple, to_decimal, to_text
from futures_async.unified.enums import MarginMode, PositionSide, PositionSideLike
from futures_async.unified.errors import InvalidRequest, unread_rows
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Position
from futures_async.unified.rows import readable

FINEST = Decimal("1e-8")
"""Amounts of a coin have no more digits where a venue says nothing of them."""


class Adjusting(Hooks):
    """Moves margin into positions and out of them; an adapter gives the call."""

    margin_step: ClassVar[Decimal | None] = None
    """What an amount must be a multiple of; None: the venue says nothing of it."""

    async def _margin_move(self, position: Position, amount: Decimal) -> Call:
        """How to move an amount into an isolated position, or out of it where it is below 0."""
        self._unsupported("adjust_margin")

    async def _own_margin(self, position: Position) -> Decimal | None:
        """What a move changes, and nothing else does: the position's margin, unless it moves with the mark price."""
        same = (position.venue_symbol, position.side, position.margin_mode)
        rows = await self.fetch_positions(position.venue_symbol)
        return next((row.margin for row in rows if (row.venue_symbol, row.side, row.margin_mode) == same), None)

    async def adjust_margin(self, symbol: str, amount: Number, *, side: PositionSideLike | None = None) -> None:
        self._require(Capability.ADJUST_MARGIN)
        side = chosen_or_none(PositionSide, side, "side")
        moved = to_decimal(amount, "amount")
        if not moved:
            raise InvalidRequest("amount must not be 0")
        if self.margin_step is not None and not is_multiple(moved, self.margin_step):
            step = to_text(self.margin_step)
            raise InvalidRequest(f"{self.id}: amount must be a multiple of {step}, not {to_text(moved)}")
        with before_sending(unsent="no margin was moved"):
            position = await self._isolated_position(symbol, side)
            call = await self._margin_move(position, moved)
        await self._shift(
            ("adjust_margin", position.venue_symbol, position.side.value),
            moved,
            send=lambda: self._call(call.endpoint, call.params, call.body),
            read=lambda: self._own_margin(position),
        )

    async def _isolated_position(self, symbol: str, side: PositionSide | None) -> Position:
        """The position that can only be meant.

        Raises:
            InvalidRequest: There is none, or there are two.
            UnreadRows: What cannot be read may be it.
        """
        name = self.venue_symbol(symbol)
        found, unread = await readable(self.fetch_positions(symbol))
        if any(may_be_position(row, name, side) for row in unread):
            raise unread_rows(unread, found)
        held = [row for row in found if row.venue_symbol == name and side in (None, row.side)]
        # One whose margin mode cannot be read may be isolated: the venue refuses where it is not.
        held = [row for row in held if row.margin_mode is not MarginMode.CROSS]
        if len(held) != 1:
            why = "has two isolated positions: name the side" if held else "has no isolated position to adjust"
            raise InvalidRequest(f"{self.id}: {symbol} {why}")
        return held[0]


def movable(exchange: FuturesExchange, amount: Decimal) -> Decimal:
    """A computed amount of margin as the venue takes it: rather more is added, or less taken out, than was computed."""
    step = exchange.margin_step if isinstance(exchange, Adjusting) else None
    return ceil_to_step(amount, step or FINEST)
