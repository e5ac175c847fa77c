"""The venue has refused, and why; and what is refused here because it had refused before."""

from __future__ import annotations

from futures_async.unified.errors.base import ExchangeError
from futures_async.unified.errors.unsent import NotSent


class AuthenticationError(ExchangeError):
    """The venue does not accept key, signature, passphrase or memo."""

    advice = "check the account's key, secret and passphrase or memo, and that the key is of this site"


class PermissionDenied(AuthenticationError):
    """The key is good and may not do this: permission missing, or address not on its list."""

    advice = "look at the venue which rights the key has, and from which addresses"


class AccountModeMismatch(ExchangeError):
    """The account is of another family (classic or unified); the message names the adapter to use."""

    advice = "use the adapter of the account's kind, which fa.detect() tells"


class RateLimited(ExchangeError):
    """The venue's rate limit; `retry_after_s` where the venue said how long."""

    advice = "wait, and ask less often; other programs with the same key or address count too"
    retry_after_s: float | None = None


class Banned(RateLimited):
    """Key or address is shut out until `until_ms` (Unix milliseconds, as far as known). Cancels fail too.

    Of a cancel or a setting `outcome` may be UNKNOWN: a page of an edge that may have passed it on before.
    """

    advice = "stop all that asks with this key or address until it is over; what is urgent, do at the venue's own site"
    until_ms: int | None = None


class ClockSkew(ExchangeError):
    """The venue refused the timestamp, also after one resynchronisation."""

    advice = "set this computer's clock"


class ParameterRejected(ExchangeError):
    """The venue refused a parameter."""

    advice = "change what the venue names"


class SymbolNotFound(ParameterRejected):
    """The venue does not know the contract."""

    advice = "symbols look like BASE/QUOTE:SETTLE; fetch_contracts() lists those of the venue"


class OrderRejected(ExchangeError):
    """The venue refused the order."""

    advice = "place it anew once the reason is gone"


class InsufficientMargin(OrderRejected):
    """Not enough margin or balance."""

    advice = "make it smaller, or bring margin to the account"


class RiskLimitExceeded(OrderRejected):
    """Position, order count or risk limit reached."""

    advice = "make it smaller, or close or cancel something first"


class DuplicateOrder(OrderRejected):
    """The client order id is taken: an earlier attempt may have landed. Look it up, never re-send."""

    advice = "never place it again: resolve_order() tells what became of the first one"


class OrderNotFound(ExchangeError):
    """No such order, as far as the venue says now; that proves nothing about one still under way.

    Of a cancel `outcome` is UNKNOWN where an attempt before, whose answer was lost, may have ended the order.
    """

    advice = "the history of orders tells whether it has ended; ids are of one account and one venue"


class PositionModeConflict(ExchangeError):
    """The call does not fit the account's position mode, or the mode cannot change now."""

    advice = "fetch_position_mode() tells the mode, which changes only where nothing is held and no order is open"


class MarginModeConflict(ExchangeError):
    """The call does not fit the margin mode, or the mode cannot change now."""

    advice = "positions and open orders keep their mode: name it, or close and cancel them first"


class AccountInLiquidation(ExchangeError):
    """The account or position is being liquidated."""

    advice = "only the venue acts now: read the positions again later"


class VenueUnavailable(ExchangeError):
    """Maintenance, overload or an internal error of the venue; a write may have been executed."""

    advice = "read again later; before a write is repeated, look up what became of it"


class VenueClosed(ExchangeError):
    """The venue has shut this interface down for good."""

    advice = "nothing can be done here any more: `futures-async venues` lists the other adapters"


class LifecycleWarning(UserWarning):
    """The venue has closed, or is winding down, the interface that this adapter speaks."""


class PoolClosed(RateLimited, NotSent):
    """Refused here: the venue has limited this account before, and its pool is closed for `retry_after_s` more."""


class ShutOut(Banned, NotSent):
    """Refused here: the venue has banned key or address before, and the ban lasts until `until_ms`."""


class KeyLocked(AuthenticationError, NotSent):
    """Refused here: the venue has not accepted the key several times in a row, and bans who goes on."""
