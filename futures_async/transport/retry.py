"""Which errors may be tried again, how long to wait, and when to stop. Pure: time and randomness are passed in."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from tenacity import RetryCallState

from futures_async.transport.endpoint import Kind
from futures_async.unified.convert import check_number
from futures_async.unified.errors import (
    BadResponse,
    Banned,
    ClientClosed,
    ClockSkew,
    ConnectFailed,
    DeadlineExpired,
    DecodeError,
    ExchangeError,
    FuturesAsyncError,
    KeyLocked,
    NotSent,
    PoolClosed,
    QueueFull,
    RateLimited,
    RequestTimeout,
    ResponseMismatch,
    ShutOut,
    VenueUnavailable,
)


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long. Waits are `U(0, min(max_wait_s, base_s · 2ⁿ))`, "full jitter"."""

    attempts: int = 3
    """Tries of a call that may be repeated, the first one included."""
    base_s: float = 0.25
    """Seconds; doubled with each try."""
    max_wait_s: float = 4.0
    """Longest wait before a try, seconds."""
    pause_limit_s: float = 30.0
    """A venue that asks to wait longer than this is an error at once."""

    def __post_init__(self) -> None:
        check_number("attempts", self.attempts, 1, whole=True)
        for name in ("base_s", "max_wait_s", "pause_limit_s"):
            check_number(name, getattr(self, name), 0)


class Unclear(FuturesAsyncError):
    """Internal: this attempt at a write may have arrived. `cause` is what a read would have raised."""

    def __init__(self, cause: FuturesAsyncError) -> None:
        super().__init__(cause.text)
        self.cause = cause


def retryable(error: FuturesAsyncError, kind: Kind, *, gateway_429: bool) -> bool:
    """Whether a further attempt is allowed after `error`, as far as safety goes.

    What was never sent may be sent again. What may have arrived only where repeating is harmless. A refusal
    never, except rate limits and a wrong clock, which are judged before execution.
    """
    if isinstance(error, NotSent):
        if isinstance(error, ConnectFailed):
            return error.kind not in ("tls", "forbidden")
        return not isinstance(error, (QueueFull, DeadlineExpired, ClientClosed, PoolClosed, ShutOut, KeyLocked))
    if isinstance(error, Unclear):
        return kind is Kind.CANCEL or (kind is Kind.SETTING and not judged(error.cause))
    if isinstance(error, Banned):
        return False
    if isinstance(error, RateLimited):
        return kind in (Kind.READ, Kind.CANCEL, Kind.SETTING) or gateway_429
    if isinstance(error, ClockSkew):
        return True
    if kind is not Kind.READ:
        return False
    if isinstance(error, (RequestTimeout, VenueUnavailable, ResponseMismatch)):
        return True
    if isinstance(error, BadResponse):
        # A damaged answer may come whole the next time; a document that is well formed and wrong will not.
        return isinstance(error, DamagedAnswer)
    return isinstance(error, ExchangeError) and error.retryable


def replayable(error: FuturesAsyncError) -> bool:
    """Whether a write that may have arrived may be sent again as it was, where the same bytes count once: not when the
    venue has read a copy and judged it."""
    if isinstance(error, NotSent):
        return retryable(error, Kind.CANCEL, gateway_429=False)
    cause = error.cause if isinstance(error, Unclear) else error
    return not isinstance(cause, (Banned, ClockSkew)) and not judged(cause)


def judged(error: FuturesAsyncError | None) -> bool:
    """The venue has read the request and refused it by a code that names no passing trouble of its own.

    That may prove nothing of a write, but the request is not under way any more, and asking again changes nothing.
    """
    return (
        isinstance(error, ExchangeError)
        and bool(error.code)
        and not error.retryable
        and not isinstance(error, VenueUnavailable)
    )


class DamagedAnswer(DecodeError):
    """Internal kind of answers that broke on the way: not JSON, cut short, not UTF-8.

    Args:
        where: Venue and endpoint.
        what: What is wrong with the answer.
    """

    advice = "ask again; if it stays so, see whether a proxy or a maintenance page answers in the venue's place"

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


def tries(error: FuturesAsyncError, policy: RetryPolicy) -> int:
    """How many attempts this error is worth, the first one included."""
    if isinstance(error, (ClockSkew, DamagedAnswer, ResponseMismatch)):
        return min(2, policy.attempts)
    return policy.attempts


def backoff_s(policy: RetryPolicy, attempt: int, draw: float) -> float:
    """Full jitter after the `attempt`-th attempt (1 is the first); `draw` is uniform in [0, 1)."""
    exponent = min(attempt, 16)
    return draw * min(policy.max_wait_s, policy.base_s * 2.0**exponent)


def waiter(policy: RetryPolicy, draw: Callable[[], float]) -> Callable[[RetryCallState], float]:
    """The wait that tenacity asks for."""

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, (RateLimited, ClockSkew)):
            return 0.0  # the limiter's pool is closed for as long as the venue said; the clock is set anew
        if getattr(error, "stale", False) and state.attempt_number == 1:
            return 0.0  # an idle connection that the venue had closed: nothing is overloaded
        return backoff_s(policy, state.attempt_number, draw())

    return wait


class RetryBudget:
    """Keeps retries from multiplying an outage: each costs 10 tokens, each success gives one back."""

    __slots__ = ("capacity", "tokens")

    def __init__(self, capacity: int = 200) -> None:
        self.capacity = capacity
        self.tokens = capacity

    def spend(self) -> bool:
        """Take the tokens of one retry; False when there are too few."""
        if self.tokens < 10:
            return False
        self.tokens -= 10
        return True

    def refund(self) -> None:
        """One call succeeded at its first attempt."""
        if self.tokens < self.capacity:
            self.tokens += 1
