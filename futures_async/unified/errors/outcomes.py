"""What is known of a write whose answer was lost: proved absent, or not known yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from futures_async.unified.enums import Outcome
from futures_async.unified.errors.base import FuturesAsyncError
from futures_async.unified.errors.refusals import OrderNotFound

if TYPE_CHECKING:  # models are made with errors
    from futures_async.unified.models import Order


class OrderNotPlaced(FuturesAsyncError):
    """Proved absent: the signed request has expired at the venue and two readings did not find it."""

    advice = "it may be placed again, under a new id"
    outcome = Outcome.NOT_PLACED

    def __init__(self, message: str, *, symbol: str = "", client_order_id: str | None = None) -> None:
        super().__init__(message)
        self.symbol = symbol
        self.client_order_id = client_order_id


class SettingNotApplied(FuturesAsyncError):
    """Read back after the fence: the old value stands."""

    advice = "set it again"
    outcome = Outcome.NOT_PLACED


class Attempt(NamedTuple):
    """One try at a write: when it was signed (venue time, Unix ms), how far it got, and what ended it."""

    signed_ms: int
    phase: str
    cause: str
    http_status: int | None = None
    code: str = ""


class OutcomeUnknown(FuturesAsyncError):
    """It is not known whether the venue acted. Never send the same again before `resolve()` has answered.

    Attributes:
        symbol: Unified symbol, where the call had one.
        attempts: What was tried; see `Attempt`.
        fence_until_ms: Venue time (Unix ms) after which the request can no longer take effect; None where
            the venue gives no such guarantee.
        assumptions: What the verdict would rest on, in words.
    """

    advice = "do not send it again before resolve() has answered"
    outcome = Outcome.UNKNOWN
    settled = False
    """It has become known meanwhile, so that `unresolved()` leaves it out. Set it for what you found out otherwise."""
    _here = frozenset({"_resolver"})
    _resolver: Callable[[float | None], Awaitable[Any]] | None = None

    def __init__(
        self,
        message: str,
        *,
        venue: str = "",
        symbol: str = "",
        client_order_id: str | None = None,
        attempts: Sequence[Attempt] = (),
        fence_until_ms: int | None = None,
        assumptions: Sequence[str] = (),
        resolver: Callable[[float | None], Awaitable[Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.venue = venue
        self.symbol = symbol
        self.client_order_id = client_order_id
        self.attempts = list(attempts)
        self.fence_until_ms = fence_until_ms
        self.assumptions = list(assumptions)
        self.lookups: list[str] = []
        """What each look-up so far has found."""
        self._resolver = resolver

    def name(self, symbol: str, client_order_id: str | None) -> None:
        """Say which order this is about, in the attributes and in the text; for the library itself."""
        if (self.symbol, self.client_order_id) != (symbol, client_order_id):
            self.args = (f"{self.text} [order {client_order_id} of {symbol}]",)
        self.symbol, self.client_order_id = symbol, client_order_id

    def bind(self, resolver: Callable[[float | None], Awaitable[Any]]) -> None:
        """Set what `resolve()` runs; for the library itself."""
        self._resolver = resolver

    async def resolve(self, deadline_s: float | None = None) -> object:
        """Find out. Of an order it ends as `resolve_order` does: the order, or None when proved absent. Of another
        write it returns what its call would have returned.

        In another process than its own the error knows no exchange to ask, and says so: use `resolve_order` of one
        there.

        Args:
            deadline_s: Give up after so many seconds; None waits for the fence.

        Raises:
            OutcomeUnknown: It still cannot be told, or nobody can be asked from here.
        """
        if self._resolver is None:
            raise self._alone()
        try:
            answer = await self._resolver(deadline_s)
        except (OrderNotFound, OrderNotPlaced, SettingNotApplied):
            self.settled = True
            raise
        self.settled = True
        return answer

    def _alone(self) -> Self:
        """The same, with what can be done where this error can ask nobody."""
        if self.symbol and self.client_order_id:
            does = f"ask resolve_order({self.symbol!r}, {self.client_order_id!r}) of an exchange object of its account"
        else:
            does = "read it back, or look at the venue"
        alone = copy(self)
        alone.advice = f"resolve() can ask nobody here: {does} before it is sent again"
        return alone


class OrderOutcomeUnknown(OutcomeUnknown):
    """It is not known whether the order was placed, edited or closed."""

    async def resolve(self, deadline_s: float | None = None) -> Order | None:
        """The order, or None where it is proved absent, or nothing is held any more; see `OutcomeUnknown.resolve`."""
        return cast("Order | None", await super().resolve(deadline_s))


class CancelOutcomeUnknown(OutcomeUnknown):
    """It is not known whether the order was cancelled."""

    async def resolve(self, deadline_s: float | None = None) -> Order | list[str] | None:
        """The order as it ended; of `cancel_all_orders` the ids that are gone; None of a trigger order that waits no
        more. See `OutcomeUnknown.resolve`."""
        return cast("Order | list[str] | None", await super().resolve(deadline_s))


class SettingOutcomeUnknown(OutcomeUnknown):
    """It is not known whether the setting, or the margin change, took effect."""


class UnresolvedOrders(FuturesAsyncError):
    """The exchange was closed while these orders were open questions; `errors` holds one for each."""

    advice = "ask resolve_order() of another exchange object before anything of it is sent again"
    outcome = Outcome.UNKNOWN

    def __init__(self, message: str, *, errors: Sequence[OutcomeUnknown] = ()) -> None:
        super().__init__(message)
        self.errors = list(errors)
