"""Every error that the library raises.

    FuturesAsyncError                 .outcome: Outcome | None   (for writes)
    ├─ NotSupported                   the venue, or this adapter, cannot do it; raised before any I/O
    ├─ InvalidRequest ⊃ InvalidOrder  refused here, before signing; NotCarried is also a NotSupported
    ├─ NotSent                        proved that the venue cannot have acted
    │  └─ ConnectFailed · QueueFull · DeadlineExpired · ClientClosed · PoolClosed, ShutOut and KeyLocked, which are
    │     refused here after the venue had refused: also RateLimited, Banned and AuthenticationError
    ├─ ExchangeError                  refused by the venue
    │  └─ AuthenticationError ⊃ PermissionDenied · AccountModeMismatch · RateLimited ⊃ Banned · ClockSkew ·
    │     ParameterRejected ⊃ SymbolNotFound · OrderRejected ⊃ InsufficientMargin, RiskLimitExceeded,
    │     DuplicateOrder · OrderNotFound · PositionModeConflict · MarginModeConflict ·
    │     AccountInLiquidation · VenueUnavailable · VenueClosed
    ├─ RequestTimeout                 reads: no answer in time
    ├─ BadResponse ⊃ DecodeError ⊃ UnreadRows · ResponseMismatch · BodyTooLarge · UnexpectedRedirect ·
    │     IncompletePage
    ├─ OrderNotPlaced                 proved absent after the fence
    ├─ SettingNotApplied              read back after the fence: the old value stands
    ├─ OutcomeUnknown                 .resolve() ends as resolve_order does
    │  └─ OrderOutcomeUnknown · CancelOutcomeUnknown · SettingOutcomeUnknown
    ├─ StreamOverrun                  a watch's consumer was too slow
    └─ UnresolvedOrders               raised by aclose() when orders are still open questions

Three questions, three branches: did it leave this machine, could the answer be read, did the venue refuse.
What licenses placing again under a new id: `NotSent`, `OrderNotPlaced`, and an `ExchangeError` that is not
`DuplicateOrder`, `VenueUnavailable` or unlisted. Messages name venue, endpoint and code, and end in what to do next
(`advice`), never in a secret.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from copy import copy, deepcopy
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import msgspec

from futures_async.unified.enums import Outcome

MAX_VENUE_TEXT = 200


def printable(text: str) -> str:
    """Cut a venue's text to a safe length and escape what could forge log lines or move a cursor."""
    cut = text if len(text) <= MAX_VENUE_TEXT else text[:MAX_VENUE_TEXT] + "…"
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in cut)


P = TypeVar("P", bound="Portable")


class Portable(Exception):
    """An exception that can be pickled and copied with all that stands in it, whatever its constructor takes.

    What it was raised from travels along where that is an error of this library too; a traceback never does.
    """

    _here: ClassVar[frozenset[str]] = frozenset()
    """Attributes that mean nothing in another process; a copy in this one shares them."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args), self._state()

    def __setstate__(self, state: tuple[dict[str, Any], BaseException | None, bool] | dict[str, Any] | None) -> None:
        attributes, cause, suppressed = state if isinstance(state, tuple) else (state or {}, None, False)
        self.__dict__.update(attributes)
        self.__cause__ = cause
        self.__suppress_context__ = suppressed

    def __copy__(self) -> Self:
        new = _remade(type(self), self.args)
        new.__setstate__(self._state())
        return self._sharing(new)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        new = memo[id(self)] = _remade(type(self), deepcopy(self.args, memo))
        new.__setstate__(deepcopy(self._state(), memo))
        return self._sharing(new)

    def _sharing(self, new: P) -> P:
        new.__dict__.update((name, self.__dict__[name]) for name in self._here if name in self.__dict__)
        return new

    def _state(self) -> tuple[dict[str, Any], BaseException | None, bool]:
        attributes = {name: value for name, value in self.__dict__.items() if name not in self._here}
        cause = self.__cause__ if isinstance(self.__cause__, Portable) else None
        return attributes, cause, self.__suppress_context__


def _remade(kind: type[P], args: tuple[Any, ...]) -> P:
    return kind.__new__(kind, *args)  # which sets `args`; the constructor would ask for what is in the state


def at_rest(error: P) -> P:
    """A copy of an error that is kept, and causes likewise: without the frames that it came through, which hold all
    that its callers had at hand, and go on growing where it is told."""
    kept = copy(error)
    cause, refusal = kept.__cause__, getattr(kept, "refusal", None)
    if isinstance(cause, Portable):
        kept.__cause__ = at_rest(cause)
    if isinstance(refusal, Portable):
        kept.__dict__["refusal"] = kept.__cause__ if refusal is cause else at_rest(refusal)
    return kept


class FuturesAsyncError(Portable):
    """Base of all errors of this library."""

    advice: str = "it should not happen: report it"
    """What to do next; `str(error)` ends in it. Empty where the text itself says what is right."""
    outcome: Outcome | None = None
    """For writes: what is known of the effect at the venue. None for reads."""
    client_order_id: str | None = None
    """For orders: the id under which the order can be found."""
    refusal: ExchangeError | None = None
    """For writes that end as something else than their refusal: what the venue said, with code, message and status."""

    def __str__(self) -> str:
        return f"{self.text} ({self.advice})" if self.advice else self.text

    @property
    def text(self) -> str:
        """What happened, without the advice: for a text that this one is part of, and that has an advice of its own."""
        return super().__str__()


class NotSupported(FuturesAsyncError):
    """The venue, or this adapter, cannot do it; raised before any I/O."""

    advice = ""
    outcome = Outcome.NOT_SENT


class InvalidRequest(FuturesAsyncError, ValueError):
    """Refused here, before anything was signed or sent."""

    advice = ""
    outcome = Outcome.NOT_SENT


class InvalidOrder(InvalidRequest):
    """The order request cannot be right: no price on a limit order, a quantity off the step, …"""


class NotCarried(InvalidOrder, NotSupported):
    """The request asks for something that this adapter's orders of that kind do not carry; it is never dropped."""


class NotSent(FuturesAsyncError):
    """Proved that the venue cannot have acted: the request did not reach it."""

    advice = "nothing stands in the way of another try"
    outcome = Outcome.NOT_SENT


class ConnectFailed(NotSent):
    """No connection to the venue; `kind` is dns, refused, unreachable, timeout, tls, proxy, or (in tests) forbidden."""

    advice = "check the network, proxy= and base_url=, then try again"

    def __init__(self, message: str, *, kind: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        if advice is not None:
            self.advice = advice


class QueueFull(NotSent):
    """Too many calls already wait for this account's rate limit."""

    advice = "call less often, or raise the limiter's max_queue"


class DeadlineExpired(NotSent):
    """The deadline passed while the call still waited here; it was not sent late."""

    advice = "it may be sent again, with more time"


class ClientClosed(NotSent):
    """The exchange object was closed, or halted for this kind of call."""

    advice = "make a new exchange object"


class ExchangeError(FuturesAsyncError):
    """The venue refused. `code` is the venue's own, as text."""

    advice = "the venue's list of codes says what it wants"

    def __init__(
        self,
        message: str,
        *,
        venue: str = "",
        code: str = "",
        endpoint: str = "",
        http_status: int | None = None,
        retryable: bool = False,
        outcome: Outcome | None = None,
        raw: Any = None,
        definitive: bool = False,
    ) -> None:
        where = " ".join(part for part in (venue, endpoint) if part)
        tag = f" [{code}]" if code else f" [HTTP {http_status}]" if http_status else ""
        super().__init__(f"{where}{tag}: {printable(message)}" if where else printable(message) + tag)
        self.message = printable(message)
        self.venue = venue
        self.code = code
        self.endpoint = endpoint
        self.http_status = http_status
        self.retryable = retryable
        self.outcome = outcome
        self.raw = raw
        self.definitive = definitive
        """For a first attempt at a write: this refusal proves that nothing happened at the venue."""


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

    advice = "symbols look like BTC/USDT:USDT; fetch_contracts() lists those of the venue"


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


class PoolClosed(RateLimited, NotSent):
    """Refused here: the venue has limited this account before, and its pool is closed for `retry_after_s` more."""


class ShutOut(Banned, NotSent):
    """Refused here: the venue has banned key or address before, and the ban lasts until `until_ms`."""


class KeyLocked(AuthenticationError, NotSent):
    """Refused here: the venue has not accepted the key several times in a row, and bans who goes on."""


class RequestTimeout(FuturesAsyncError):
    """A read got no answer in time."""

    advice = "ask again"
    stale: bool = False
    """The connection was closed before any answer, as happens to idle ones: asking again at once is harmless."""


class BadResponse(FuturesAsyncError):
    """An answer came that cannot be used."""

    advice = "ask again; if it stays so, report it to this library"


class DecodeError(BadResponse):
    """The answer does not say what the venue documents; `path` names the field, never its value."""

    advice = "use the newest version of this library; if it stays so, report the field"

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class UnreadRow(msgspec.Struct, frozen=True):
    """A row of an answer that lacks what makes it one."""

    path: str
    """The venue's field that cannot be read."""
    problem: str
    """What is wrong with it."""
    raw: Any
    """The row as it came."""
    facts: dict[str, Any] = {}
    """What can be read of it, by the model's names: symbol, ids, side."""
    venue: str = ""
    """Id of the adapter that read it."""

    @property
    def name(self) -> str:
        """The contract or the id, for messages; empty where neither can be read."""
        return next((str(self.facts[key]) for key in self.facts if key in _NAMES), "")

    def may_be(self, item: object) -> bool:
        """Whether it may be the row of this thing: all that can be read of what names it agrees."""
        return all(getattr(item, name, self.facts[name]) == self.facts[name] for name in _IDENTITY & self.facts.keys())

    def __repr__(self) -> str:
        # Without the row: a venue may repeat in it what it was sent.
        return f"UnreadRow({self.path}: {self.problem}, facts={self.facts!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("path", self.path), ("problem", self.problem), ("facts", self.facts)]


_NAMES = ("venue_symbol", "margin_coin", "order_id", "fill_id", "entry_id")
_IDENTITY = {*_NAMES, "side"}


class UnreadRows(DecodeError):
    """Some rows of a list cannot be read. `rows` are those that can, `unread` the others: nothing is left out."""

    advice = "`.rows` holds those that can be read, `.unread` these; the newest version of this library may read them"

    def __init__(self, message: str, *, rows: Sequence[Any] = (), unread: Sequence[UnreadRow] = ()) -> None:
        super().__init__(message, path=unread[0].path if unread else "")
        self.rows = list(rows)
        self.unread = tuple(unread)


SHOWN_ROWS = 3


def unread_rows(unread: Sequence[UnreadRow], rows: Sequence[Any] = ()) -> UnreadRows:
    """The error for rows of which some cannot be read: it names the first of these."""
    shown = "; ".join(f"{row.name}: {row.problem}" if row.name else row.problem for row in unread[:SHOWN_ROWS])
    more = "" if len(unread) <= SHOWN_ROWS else f"; and {len(unread) - SHOWN_ROWS} more"
    venue = f"{unread[0].venue}: " if unread[0].venue else ""
    count = (
        f"{len(unread)} of {len(rows) + len(unread)} rows" if rows else f"{len(unread)} row{'s' * (len(unread) > 1)}"
    )
    return UnreadRows(
        f"{venue}{count} cannot be read ({shown}{more})",
        rows=rows,
        unread=unread,
    )


class ResponseMismatch(BadResponse):
    """The answer belongs to another request, or describes another order than the one placed."""

    advice = "read what it is about again before you act on it"


class BodyTooLarge(BadResponse):
    """The answer is over the size cap; it was not read to the end."""

    advice = "ask for less: one symbol, a shorter time, a smaller limit"


class UnexpectedRedirect(BadResponse):
    """The answer points elsewhere. Redirects are never followed: headers carry credentials."""

    advice = "check base_url=, and what lies between here and the venue"


class IncompletePage(BadResponse):
    """The venue cannot return these rows without gaps; `rows` holds what was read, `unread` what could not be."""

    advice = "`.rows` holds what was read; ask for one symbol, or for a shorter time"

    def __init__(self, message: str, *, rows: Sequence[Any] = (), unread: Sequence[UnreadRow] = ()) -> None:
        super().__init__(message)
        self.rows = list(rows)
        self.unread = tuple(unread)


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

    async def resolve(self, deadline_s: float | None = None) -> Any:
        """Find out. Ends as `resolve_order` does: the order, or None when proved absent.

        In another process than its own the error knows no exchange to ask: use `resolve_order` of one there.

        Args:
            deadline_s: Give up after so many seconds; None waits for the fence.

        Raises:
            OutcomeUnknown: It still cannot be told.
        """
        if self._resolver is None:
            raise self
        try:
            answer = await self._resolver(deadline_s)
        except (OrderNotFound, OrderNotPlaced, SettingNotApplied):
            self.settled = True
            raise
        self.settled = True
        return answer


class OrderOutcomeUnknown(OutcomeUnknown):
    """It is not known whether the order was placed."""


class CancelOutcomeUnknown(OutcomeUnknown):
    """It is not known whether the order was cancelled."""


class SettingOutcomeUnknown(OutcomeUnknown):
    """It is not known whether the setting, or the margin change, took effect."""


class StreamOverrun(FuturesAsyncError):
    """Who iterates over a watch was too slow: more fills or ended orders were waiting than it may hold."""

    advice = "open another watch, and take changes faster or give it a larger max_fills"


class UnresolvedOrders(FuturesAsyncError):
    """The exchange was closed while these orders were open questions; `errors` holds one for each."""

    advice = "ask resolve_order() of another exchange object before anything of it is sent again"
    outcome = Outcome.UNKNOWN

    def __init__(self, message: str, *, errors: Sequence[OutcomeUnknown] = ()) -> None:
        super().__init__(message)
        self.errors = list(errors)


class LifecycleWarning(UserWarning):
    """The venue has closed, or is winding down, the interface that this adapter speaks."""
