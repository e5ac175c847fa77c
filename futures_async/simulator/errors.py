"""What the engine refuses: a closed set, which each venue's dialect turns into that venue's codes.

EngineError
├─ UnknownSymbol · SymbolClosed
├─ InvalidQuantity · BelowMinimum · AboveMaximum · InvalidPrice ⊃ PriceOutOfBand · InvalidClientId
├─ InvalidTrigger ⊃ LongStopAbove · ShortStopBelow · LongProfitBelow · ShortProfitAbove
├─ InsufficientMargin · RiskLimitExceeded
├─ UnknownOrder · OrderFinished · NothingToCancel · DuplicateClientId · NotAmendable · Unchanged
├─ NoPosition · InsufficientPosition
├─ ModeConflict · PositionModeLocked · MarginModeLocked
├─ LeverageOutOfRange · LeverageLocked · NotIsolated · MarginNotRemovable
└─ AccountInLiquidation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from futures_async.transport.endpoint import RateLimit


class EngineError(Exception):
    """The exchange refuses. `str(error)` says why in plain words, without any venue's terms."""


class UnknownSymbol(EngineError):
    """No such contract."""


class SymbolClosed(EngineError):
    """The contract is not open for trading now."""


class InvalidQuantity(EngineError):
    """Not positive, or not a whole number of steps."""


class BelowMinimum(EngineError):
    """Less than the smallest quantity or notional of the contract."""


class AboveMaximum(EngineError):
    """More than one order may hold."""


class InvalidPrice(EngineError):
    """Missing, not positive, or off the tick."""


class PriceOutOfBand(InvalidPrice):
    """Too far from the mark price."""


class InvalidTrigger(EngineError):
    """A trigger price on the wrong side of the market, or nothing for it to act on."""


class LongStopAbove(InvalidTrigger):
    """A stop-loss of a long that would fire at once. The text of these four names the bound: "< mark price 90000"."""


class ShortStopBelow(InvalidTrigger):
    """A stop-loss of a short that would fire at once."""


class LongProfitBelow(InvalidTrigger):
    """A take-profit of a long that would fire at once."""


class ShortProfitAbove(InvalidTrigger):
    """A take-profit of a short that would fire at once."""


class InvalidClientId(EngineError):
    """The client order id does not have the form that the venue documents."""


class InsufficientMargin(EngineError):
    """The account has not that much available."""


class RiskLimitExceeded(EngineError):
    """The position would exceed what its leverage allows."""


class UnknownOrder(EngineError):
    """No such order, or not visible yet."""


class OrderFinished(EngineError):
    """The order is filled or cancelled already."""


class NothingToCancel(EngineError):
    """No open order matches."""


class DuplicateClientId(EngineError):
    """The client order id is in use, within the scope in which this exchange looks."""


class NotAmendable(EngineError):
    """This order can't be changed."""


class Unchanged(EngineError):
    """The change changes nothing."""


class NoPosition(EngineError):
    """There is no position to act on."""


class InsufficientPosition(EngineError):
    """More would be closed than the position has free."""


class ModeConflict(EngineError):
    """The order's style does not fit the account's position mode."""


class PositionModeLocked(EngineError):
    """Positions or orders exist, so the position mode can't change."""


class MarginModeLocked(EngineError):
    """A position or orders exist, so the margin mode can't change."""


class LeverageOutOfRange(EngineError):
    """Below 1, not whole, or above what the contract allows."""


class LeverageLocked(EngineError):
    """The current position is too large for that leverage."""


class NotIsolated(EngineError):
    """Only isolated positions have a margin of their own."""


class MarginNotRemovable(EngineError):
    """The position needs the margin that should be taken out."""


class AccountInLiquidation(EngineError):
    """The account is being liquidated."""


class BadBody(EngineError):
    """The request's body is not the JSON that it should be."""


class RateLimited(EngineError):
    """Too many requests.

    Attributes:
        opens_in_s: Until there is room again.
        limit: Which one is full, where that is known.
    """

    def __init__(self, opens_in_s: float, limit: RateLimit | None = None) -> None:
        super().__init__("too many requests")
        self.opens_in_s = opens_in_s
        self.limit = limit
