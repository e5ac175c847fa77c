"""Leverage of a contract, at venues where one value holds for both sides: checked, set and read back."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from futures_async.trading.hooks import Hooks
from futures_async.trading.ordering import Call
from futures_async.unified.convert import Number, chosen_or_none, is_multiple, to_decimal, to_text
from futures_async.unified.enums import MarginMode, MarginModeLike, PositionSide, PositionSideLike
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Leverage


class Leveraging(Hooks):
    """Sets leverage; an adapter gives the call that sets, and reads what stands."""

    only_margin_mode: ClassVar[MarginMode | None] = None
    """The one that the venue has; None: it has both."""
    leverage_step: ClassVar[Decimal] = Decimal(1)
    """What leverage must be a multiple of."""

    async def _read_leverage(self, venue_symbol: str, margin_mode: MarginMode | None) -> Leverage:
        """What stands; `margin_mode` None is the one that is set."""
        self._unsupported("fetch_leverage")

    def _leverage_change(self, venue_symbol: str, leverage: Decimal, margin_mode: MarginMode | None) -> Call:
        """How to set the leverage of both sides."""
        self._unsupported("set_leverage")

    def _mode_there(self, margin_mode: MarginModeLike | None) -> MarginMode | None:
        """A margin mode that the venue has.

        Raises:
            InvalidRequest: It has not.
        """
        mode = chosen_or_none(MarginMode, margin_mode, "margin_mode")
        if self.only_margin_mode is not None and mode not in (None, self.only_margin_mode):
            raise InvalidRequest(f"{self.id}: there is only {self.only_margin_mode.value} margin")
        return mode

    async def fetch_leverage(self, symbol: str, margin_mode: MarginModeLike | None = None) -> Leverage:
        self._require(Capability.FETCH_LEVERAGE)
        return await self._read_leverage(self.venue_symbol(symbol), self._mode_there(margin_mode))

    async def set_leverage(
        self,
        symbol: str,
        leverage: Number,
        *,
        margin_mode: MarginModeLike | None = None,
        side: PositionSideLike | None = None,
    ) -> Leverage:
        self._require(Capability.SET_LEVERAGE)
        name, mode = self.venue_symbol(symbol), self._mode_there(margin_mode)
        if chosen_or_none(PositionSide, side, "side") is not None:
            raise InvalidRequest(f"{self.id}: leverage is for both sides")
        wanted = to_decimal(leverage, "leverage")
        if wanted <= 0 or not is_multiple(wanted, self.leverage_step):
            step = to_text(self.leverage_step)
            raise InvalidRequest(f"{self.id}: leverage is a multiple of {step} above 0, not {to_text(wanted)}")
        call = self._leverage_change(name, wanted, mode)
        return await self._apply(
            ("set_leverage", name, *(() if mode is None else (mode.value,))),
            wanted,
            send=lambda: self._call(call.endpoint, call.params, call.body),
            read=lambda: self._read_leverage(name, mode),
            stands=lambda found: found.leverage == wanted,
        )
