"""Leverage of a contract: checked, set and read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, NamedTuple, NoReturn

from futures_async.trading.around_sending import before_sending
from futures_async.trading.hooks import Hooks
from futures_async.trading.ordering import Call
from futures_async.trading.relying import Put
from futures_async.unified.convert import Number, chosen_or_none, is_multiple, to_decimal, to_text
from futures_async.unified.enums import MarginMode, MarginModeLike, PositionSide, PositionSideLike
from futures_async.unified.errors import DecodeError, ExchangeError, InvalidRequest, NotSent, SettingNotApplied
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Leverage


class LeverageChange(NamedTuple):
    """How to set leverage, and what stands then."""

    calls: Sequence[Call]
    """Sent one after the other."""
    margin_mode: MarginMode | None = None
    """The one that stands with it; None: whichever is set."""
    sides: Mapping[PositionSide, Decimal] = {}
    """What each side has then; empty: both have what was asked for."""
    unchanged: Collection[str] = ()
    """Codes that say that it stands already."""
    in_turn: Callable[[], Awaitable[LeverageChange]] | None = None
    """Gives all of it anew, once nothing of ours is set beside it: where the calls write back what must be read first.
    """

    def stands(self, leverage: Decimal | None, found: Leverage) -> bool:
        """Whether it was set."""
        told = {PositionSide.LONG: found.long_leverage, PositionSide.SHORT: found.short_leverage}
        if not any(told.values()):
            told = dict.fromkeys(told, found.leverage)
        return self.margin_mode in (None, found.margin_mode) and (
            all(told[side] == value for side, value in self.sides.items()) if self.sides else found.leverage == leverage
        )


class Leveraging(Hooks):
    """Sets leverage; an adapter gives the calls that set, and reads what stands."""

    only_margin_mode: ClassVar[MarginMode | None] = None
    """The one that the venue has; None: it has both."""
    leverage_step: ClassVar[Decimal | None] = Decimal(1)
    """What leverage must be a multiple of; None: the venue says nothing of it."""
    leverage_by_side: ClassVar[bool] = False
    """Whether a side can have a leverage of its own."""

    async def _read_leverage(self, venue_symbol: str, margin_mode: MarginMode | None) -> Leverage:
        """What stands; `margin_mode` None is the one that is set."""
        self._unsupported("fetch_leverage")

    async def _leverage_change(
        self, venue_symbol: str, leverage: Decimal, margin_mode: MarginMode | None, side: PositionSide | None
    ) -> LeverageChange:
        """How to set the leverage of one side, or of both (None).

        What of it is read, and written back, is read `in_turn`.
        """
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
        side = chosen_or_none(PositionSide, side, "side")
        if side is not None and not self.leverage_by_side:
            self._unsupported("set_leverage", "for a side alone, both have one leverage: leave the side out")
        wanted, step = to_decimal(leverage, "leverage"), self.leverage_step
        if wanted <= 0 or (step is not None and not is_multiple(wanted, step)):
            rule = "above 0" if step is None else f"a multiple of {to_text(step)} above 0"
            raise InvalidRequest(f"{self.id}: leverage is {rule}, not {to_text(wanted)}")
        return await self._put_leverage(name, wanted, mode, side)

    async def _put_leverage(
        self, venue_symbol: str, leverage: Decimal, margin_mode: MarginMode | None, side: PositionSide | None = None
    ) -> Leverage:
        """Set what was checked, and read it back."""
        self._active("set_leverage")
        return await self._carry_out(
            venue_symbol, leverage, margin_mode, await self._leverage_change(venue_symbol, leverage, margin_mode, side)
        )

    async def _put_mode_of_leverage(self, venue_symbol: str, mode: MarginMode) -> Leverage:
        """Set the margin mode where it is set together with the leverage, which stays.

        Raises:
            DecodeError: The leverage that is set cannot be read.
        """

        async def in_turn() -> LeverageChange:
            found = await self._read_leverage(venue_symbol, None)
            leverage = found.leverage
            if leverage is None:
                raise DecodeError(f"{self.id}: the leverage that is set cannot be read", path="leverage")
            sides = dict.fromkeys(PositionSide, leverage)
            if found.margin_mode is mode:
                return LeverageChange((), mode, sides)
            return (await self._leverage_change(venue_symbol, leverage, mode, None))._replace(sides=sides)

        self._active("set_margin_mode")
        return await self._carry_out(venue_symbol, None, mode, LeverageChange((), mode, in_turn=in_turn))

    async def _carry_out(
        self, venue_symbol: str, leverage: Decimal | None, margin_mode: MarginMode | None, change: LeverageChange
    ) -> Leverage:
        """Set leverage (None: margin mode alone), and read it back."""
        value = Put(leverage, change.margin_mode, tuple(change.sides.items()))
        mode = change.margin_mode
        kept_apart = () if mode is None or not self.leverage_by_mode else (mode.value,)
        # Where one setting holds both, what is read back says both.
        read_of = margin_mode if mode is None or kept_apart else None

        async def send() -> None:
            nonlocal change
            if change.in_turn is not None:
                with before_sending(unsent="nothing was set"):
                    change = (await change.in_turn())._replace(in_turn=change.in_turn)
            for made, call in enumerate(change.calls):
                try:
                    await self._call(call.endpoint, call.params, call.body)
                except (NotSent, ExchangeError) as error:
                    if not made:
                        raise
                    self._made_in_part(venue_symbol, f"{made} of {len(change.calls)} calls", error)

        return await self._apply(
            ("set_leverage", venue_symbol, *kept_apart),
            value,
            send=send,
            read=lambda: self._read_leverage(venue_symbol, read_of),
            stands=lambda found: change.stands(leverage, found),
            unchanged=change.unchanged,
        )

    def _made_in_part(self, venue_symbol: str, part: str, error: NotSent | ExchangeError) -> NoReturn:
        """What a later one of several calls ended with says nothing of those before it.

        Raises:
            SettingNotApplied: It was not sent, also where it was refused here as what the venue has refused before.
            ExchangeError: It was refused.
        """
        said = f"leverage of {venue_symbol} is set in part: {part} took effect"
        if isinstance(error, NotSent):
            raise SettingNotApplied(f"{self.id}: {said}, and the next was not sent ({error.text})") from error
        error.args = (f"{error.text}; {said}",)
        raise error
