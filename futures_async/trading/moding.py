"""Modes: of positions, where it is the account's (told without a call where there is one, set and read back), and of
margin, where it is each contract's.
"""

from __future__ import annotations

from typing import ClassVar

from futures_async.trading.hooks import Hooks
from futures_async.trading.ordering import Call
from futures_async.unified.convert import chosen
from futures_async.unified.enums import MarginMode, MarginModeLike, PositionMode, PositionModeLike
from futures_async.unified.errors import SymbolNeeded
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Leverage


class Moding(Hooks):
    """Sets modes; an adapter gives the call, and reads what stands."""

    position_mode_stands: ClassVar[frozenset[str]] = frozenset()
    """Codes that say that the mode is set already."""
    margin_mode_stands: ClassVar[frozenset[str]] = frozenset()
    """The same of margin modes."""

    def _named_or_none(self, symbol: str | None) -> str | None:
        """The venue's id, for what is read back by it: what is no symbol is refused before anything is set.

        Raises:
            InvalidRequest: It is no symbol, or none of this object's contracts.
        """
        return None if symbol is None else self.venue_symbol(symbol)

    def _position_mode_change(self, mode: PositionMode) -> Call:
        """How to set the mode of the whole account."""
        self._unsupported("set_position_mode")

    async def fetch_position_mode(self, symbol: str | None = None) -> PositionMode:
        self._require(Capability.FETCH_POSITION_MODE)
        name = self._named_or_none(symbol)
        await self._unless_unknown(Capability.FETCH_POSITION_MODE, symbol, [])
        return await self._position_mode_of(name)

    async def set_position_mode(self, mode: PositionModeLike, *, symbol: str | None = None) -> PositionMode:
        self._require(Capability.SET_POSITION_MODE)
        wanted = chosen(PositionMode, mode, "mode")
        name = self._named_or_none(symbol)
        call = self._position_mode_change(wanted)
        try:
            return await self._apply(
                ("set_position_mode",),
                wanted,
                send=lambda: self._call(call.endpoint, call.params, call.body),
                read=lambda: self._position_mode_of(name),
                stands=lambda found: found is wanted,
                unchanged=self.position_mode_stands,
            )
        finally:
            self._position_mode = None

    def _margin_mode_change(self, venue_symbol: str, mode: MarginMode) -> Call:
        """How to set the margin mode of one contract."""
        self._unsupported("set_margin_mode")

    async def _put_margin_mode(self, venue_symbol: str, mode: MarginMode) -> Leverage | None:
        """The same, sent and read back; for venues where more is to be done than a call.

        Returns:
            What was read then; None where nothing was, and whether the mode stands is read here.
        """
        call = self._margin_mode_change(venue_symbol, mode)
        return await self._apply(
            ("set_margin_mode", venue_symbol),
            mode,
            send=lambda: self._call(call.endpoint, call.params, call.body),
            read=lambda: self.fetch_leverage(venue_symbol),
            stands=lambda found: found.margin_mode is mode,
            unchanged=self.margin_mode_stands,
        )

    async def set_margin_mode(
        self, mode: MarginModeLike, *, symbol: str | None = None, margin_coin: str = "USDT"
    ) -> None:
        self._require(Capability.SET_MARGIN_MODE)
        wanted = chosen(MarginMode, mode, "mode")
        if symbol is None:
            raise SymbolNeeded(f"{self.id}: the margin mode is set per contract: name the symbol")
        self._active("set_margin_mode")
        name = self.venue_symbol(symbol)
        found = await self._put_margin_mode(name, wanted)
        if found is None or found.margin_mode is not wanted:
            # Whatever was done or not: it is told as done when it is seen to stand.
            await self._apply(
                ("set_margin_mode", name),
                wanted,
                send=_nothing,
                read=lambda: self.fetch_leverage(name),
                stands=lambda found: found.margin_mode is wanted,
            )


async def _nothing() -> None:
    """It was sent before."""
