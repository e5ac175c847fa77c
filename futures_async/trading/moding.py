"""The position mode, at venues where it is the account's: told without a call where there is one, set and read back."""

from __future__ import annotations

from typing import ClassVar

from futures_async.trading.hooks import Hooks
from futures_async.trading.ordering import Call
from futures_async.unified.convert import chosen
from futures_async.unified.enums import PositionMode, PositionModeLike
from futures_async.unified.exchange import Capability


class Moding(Hooks):
    """Sets the position mode; an adapter gives the call, and reads what stands."""

    position_mode_stands: ClassVar[frozenset[str]] = frozenset()
    """Codes that say that the mode is set already."""

    def _position_mode_change(self, mode: PositionMode) -> Call:
        """How to set the mode of the whole account."""
        self._unsupported("set_position_mode")

    async def fetch_position_mode(self, symbol: str | None = None) -> PositionMode:
        if self.only_position_mode is None:
            self._unsupported("fetch_position_mode")
        return self.only_position_mode

    async def set_position_mode(self, mode: PositionModeLike, *, symbol: str | None = None) -> PositionMode:
        self._require(Capability.SET_POSITION_MODE)
        wanted = chosen(PositionMode, mode, "mode")
        call = self._position_mode_change(wanted)
        try:
            return await self._apply(
                ("set_position_mode",),
                wanted,
                send=lambda: self._call(call.endpoint, call.params, call.body),
                read=lambda: self.fetch_position_mode(symbol),
                stands=lambda found: found is wanted,
                unchanged=self.position_mode_stands,
            )
        finally:
            self._position_mode = None
