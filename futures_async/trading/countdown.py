"""What the dead man's switch of a venue is told."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from futures_async.trading.hooks import Hooks
from futures_async.unified.errors import InvalidRequest, NotSupported, SettingNotApplied, SymbolNeeded
from futures_async.unified.exchange import Capability


def whole_seconds(timeout_s: object, venue: str, *, least: int = 1, most: int | None = None) -> int:
    """A countdown in whole seconds, within what the venue takes; 0 disarms.

    Raises:
        InvalidRequest: It is none.
    """
    seconds = timeout_s if isinstance(timeout_s, int) else None
    if isinstance(timeout_s, float) and timeout_s.is_integer():
        seconds = int(timeout_s)
    fits = seconds is not None and seconds >= least and (most is None or seconds <= most)
    if isinstance(timeout_s, bool) or seconds is None or (seconds != 0 and not fits):
        allowed = f"from {least} up" if most is None else f"from {least} to {most}"
        raise InvalidRequest(f"{venue}: timeout_s must be 0 or a whole number of seconds {allowed}, not {timeout_s!r}")
    return seconds


class Countdown(NamedTuple):
    """What a venue's dead man's switch takes."""

    least: int = 1
    """Seconds."""
    most: int | None = None
    by_contract: bool = False
    """It is of one contract's orders, which must be named; else of the whole account's."""


class Arming(Hooks):
    """Arms it; an adapter has the call."""

    countdown: ClassVar[Countdown] = Countdown()

    async def _arm(self, seconds: int, venue_symbol: str) -> bool:
        """Have the venue cancel all orders in so many seconds, or never where that is 0.

        Args:
            seconds: As `countdown` allows.
            venue_symbol: Whose orders; "" where it is for the whole account.

        Returns:
            Whether the answer says that it stands, or does not deny it.
        """
        self._unsupported("arm_cancel_all")

    async def arm_cancel_all(self, timeout_s: int, symbol: str | None = None) -> None:
        self._require(Capability.ARM_CANCEL_ALL)
        if symbol is None and self.countdown.by_contract:
            raise SymbolNeeded(f"{self.id}: the countdown is per contract: name the symbol")
        if symbol is not None and not self.countdown.by_contract:
            raise NotSupported(f"{self.id}: arm_cancel_all is for the whole account: leave the symbol out")
        seconds = whole_seconds(timeout_s, self.id, least=self.countdown.least, most=self.countdown.most)
        if not await self._arm(seconds, "" if symbol is None else self.venue_symbol(symbol)):
            raise SettingNotApplied(f"{self.id}: the venue did not take the countdown for {symbol or 'the account'}")
