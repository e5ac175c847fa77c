"""A14: how long to wait before another try, how many tries an error is worth, and what an outage may cost."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import cast

import pytest
from tenacity import RetryCallState

from futures_async.transport.endpoint import Kind
from futures_async.transport.retry import (
    DamagedAnswer,
    RetryBudget,
    RetryPolicy,
    Unclear,
    backoff_s,
    replayable,
    retryable,
    tries,
    waiter,
)
from futures_async.unified import errors

POLICY = RetryPolicy()


@pytest.mark.parametrize(
    ("attempt", "most"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 4.0), (16, 4.0), (10_000, 4.0)]
)
def test_waits_double_up_to_a_cap(attempt: int, most: float) -> None:
    assert backoff_s(POLICY, attempt, 1.0) == most
    assert backoff_s(POLICY, attempt, 0.25) == most / 4
    assert backoff_s(POLICY, attempt, 0.0) == 0.0


@pytest.mark.parametrize("attempt", [1, 3, 9])
def test_ten_thousand_waits_are_spread_evenly(attempt: int) -> None:
    rng = random.Random(attempt)
    most = backoff_s(POLICY, attempt, 1.0)
    tenths = [0] * 10
    for _ in range(10_000):
        tenths[int(backoff_s(POLICY, attempt, rng.random()) / most * 10)] += 1
    assert all(800 <= count <= 1200 for count in tenths), tenths


def after(error: BaseException, attempt: int) -> RetryCallState:
    """Where tenacity stands after so many attempts."""
    outcome = SimpleNamespace(exception=lambda: error)
    return cast("RetryCallState", SimpleNamespace(outcome=outcome, attempt_number=attempt))


def stale() -> errors.RequestTimeout:
    error = errors.RequestTimeout("gone")
    error.stale = True
    return error


@pytest.mark.parametrize(
    ("error", "attempt", "wait_s"),
    [
        (errors.RequestTimeout("late"), 1, 0.25),
        (errors.RequestTimeout("late"), 2, 0.5),
        (errors.VenueUnavailable("down", venue="v"), 1, 0.25),
        (stale(), 1, 0.0),  # an idle connection that the venue had closed
        (stale(), 2, 0.5),
        (errors.RateLimited("slow down", venue="v"), 1, 0.0),  # the pool is closed for as long as it lasts
        (errors.ClockSkew("old", venue="v"), 1, 0.0),
    ],
)
def test_what_ended_a_try_decides_the_wait(error: errors.FuturesAsyncError, attempt: int, wait_s: float) -> None:
    assert waiter(POLICY, lambda: 0.5)(after(error, attempt)) == wait_s


@pytest.mark.parametrize(
    ("error", "count"),
    [
        (errors.RequestTimeout("late"), 3),
        (errors.VenueUnavailable("down", venue="v"), 3),
        (errors.ClockSkew("old", venue="v"), 2),
        (DamagedAnswer("toy GET /x", "cut"), 2),
        (errors.ResponseMismatch("another"), 2),
    ],
)
def test_how_many_tries_an_error_is_worth(error: errors.FuturesAsyncError, count: int) -> None:
    assert tries(error, POLICY) == count
    assert tries(error, RetryPolicy(attempts=1)) == 1


def passing() -> errors.ExchangeError:
    error = errors.ExchangeError("busy", venue="v")
    error.retryable = True
    return error


ALWAYS, NEVER, READ = set(Kind), set[Kind](), {Kind.READ}
HARMLESS = {Kind.READ, Kind.CANCEL, Kind.SETTING}
AGAIN: list[tuple[errors.FuturesAsyncError, set[Kind], set[Kind]]] = [
    # What was never sent may be sent again, unless its time or its turn is over, or it can only fail again.
    (errors.NotSent("x"), ALWAYS, ALWAYS),
    (errors.ConnectFailed("x", kind="refused"), ALWAYS, ALWAYS),
    (errors.ConnectFailed("x", kind="tls"), NEVER, NEVER),
    (errors.QueueFull("x"), NEVER, NEVER),
    (errors.DeadlineExpired("x"), NEVER, NEVER),
    (errors.ClientClosed("x"), NEVER, NEVER),
    # What may have arrived only where the same again does no harm.
    (Unclear(errors.RequestTimeout("x")), {Kind.CANCEL, Kind.SETTING}, {Kind.CANCEL, Kind.SETTING}),
    (Unclear(errors.BodyTooLarge("x")), {Kind.CANCEL, Kind.SETTING}, {Kind.CANCEL, Kind.SETTING}),
    # A refusal never, but for those that are judged before execution.
    (errors.Banned("x", venue="v"), NEVER, NEVER),
    (errors.RateLimited("x", venue="v"), HARMLESS, ALWAYS),
    (errors.ClockSkew("x", venue="v"), ALWAYS, ALWAYS),
    (errors.InsufficientMargin("x", venue="v"), NEVER, NEVER),
    (passing(), READ, READ),
    # Reads, where another try may end better.
    (errors.RequestTimeout("x"), READ, READ),
    (errors.VenueUnavailable("x", venue="v"), READ, READ),
    (errors.ResponseMismatch("x"), READ, READ),
    (DamagedAnswer("toy GET /x", "cut"), READ, READ),
    (errors.DecodeError("x"), NEVER, NEVER),
    (errors.BodyTooLarge("x"), NEVER, NEVER),
    (errors.UnexpectedRedirect("x"), NEVER, NEVER),
]


@pytest.mark.parametrize(("error", "kinds", "gateway"), AGAIN, ids=lambda value: type(value).__name__)
def test_what_may_be_tried_again(error: errors.FuturesAsyncError, kinds: set[Kind], gateway: set[Kind]) -> None:
    """`gateway`: where a 429 is answered before the order is read."""
    assert {kind for kind in Kind if retryable(error, kind, gateway_429=False)} == kinds
    assert {kind for kind in Kind if retryable(error, kind, gateway_429=True)} == gateway


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (errors.NotSent("x"), True),
        (errors.ConnectFailed("x", kind="refused"), True),
        (errors.DeadlineExpired("x"), False),
        (errors.QueueFull("x"), False),
        (Unclear(errors.RequestTimeout("x")), True),
        (Unclear(errors.BodyTooLarge("x")), True),
        (Unclear(passing()), True),
        (errors.RequestTimeout("x"), True),
        # A copy was read and judged: another would be judged anew, or is not wanted.
        (errors.InsufficientMargin("x", venue="v", code="1"), False),
        (Unclear(errors.InsufficientMargin("x", venue="v", code="1")), False),
        (Unclear(errors.Banned("x", venue="v")), False),
        (errors.Banned("x", venue="v"), False),
        (errors.ClockSkew("x", venue="v"), False),
        (Unclear(errors.ClockSkew("x", venue="v")), False),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_what_may_be_sent_again_as_it_was(error: errors.FuturesAsyncError, again: bool) -> None:
    assert replayable(error) is again


def test_tries_are_whole() -> None:
    with pytest.raises(errors.InvalidRequest, match="attempts"):
        RetryPolicy(attempts=2.5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - callers without types


def test_an_outage_is_not_multiplied() -> None:
    """Of 200 tokens a retry costs 10, and a success gives one back: in the long run one retry for ten successes."""
    budget = RetryBudget()
    assert [budget.spend() for _ in range(21)] == [True] * 20 + [False]
    for _ in range(9):
        budget.refund()
    assert not budget.spend()
    budget.refund()
    assert budget.spend()
    for _ in range(1000):
        budget.refund()
    assert budget.tokens == budget.capacity
