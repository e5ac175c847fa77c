"""A2: does the rig bite? Each wrong implementation here must be caught by it, and the right one must not."""

# A mutant is made by putting wrong insides in.
# pyright: reportPrivateUsage=false, reportUnknownLambdaType=false, reportUnknownArgumentType=false
from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import pytest

from futures_async.trading import acceptance, books, trading
from futures_async.trading import desk as order_desk
from futures_async.trading.ordering import Ack, Fingerprint
from futures_async.transport import answers, attempt, channel, retry, verdicts
from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import HttpFailure
from futures_async.transport.retry import Unclear
from futures_async.unified.errors import (
    BadResponse,
    BodyTooLarge,
    DecodeError,
    DuplicateOrder,
    ExchangeError,
    FuturesAsyncError,
    InsufficientMargin,
    NotSent,
    OrderNotPlaced,
    OutcomeUnknown,
    RequestTimeout,
    UnexpectedRedirect,
    VenueUnavailable,
)
from futures_async.unified.models import Order
from tests.rig.test_orders import rig
from tests.rig.toy import Toy, ToyDialect
from tests.rig.venue import ToyVenue

Patch = Callable[[pytest.MonkeyPatch], None]
MUTANTS: dict[str, Patch] = {}
ORDERS = 250
RUNS = 8


def mutant(patch: Patch) -> Patch:
    MUTANTS[patch.__name__] = patch
    return patch


def calls_it_refused(*kinds: type[FuturesAsyncError]) -> Patch:
    """Unclear answers of these kinds count as "the order is not there"."""
    right = attempt.Attempts._weigh

    def wrong(self: Any, job: Any, error: FuturesAsyncError, answer: Any, signed_ms: int) -> FuturesAsyncError:
        if job.endpoint.kind is Kind.ORDER and isinstance(error, kinds):
            return OrderNotPlaced("it must have failed")
        return right(self, job, error, answer, signed_ms)

    return lambda patch: patch.setattr(attempt.Attempts, "_weigh", wrong)


def gives_up_on_unknown(verdict: Callable[[Any, Any], Any]) -> Patch:
    async def wrong(self: Any, record: Any, within_s: float | None) -> Any:
        return verdict(self, record)

    return lambda patch: patch.setattr(order_desk.OrderDesk, "settle", wrong)


def resends(*, same_id: bool, on: Callable[[FuturesAsyncError], bool]) -> Patch:
    """After an unclear end the order is placed again."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        right = retry.retryable

        def wrong(error: FuturesAsyncError, kind: Kind, *, gateway_429: bool) -> bool:
            return (kind is Kind.ORDER and on(error)) or right(error, kind, gateway_429=gateway_429)

        patch.setattr(channel, "retryable", wrong)
        patch.setattr(retry.RetryBudget, "spend", lambda self: True)
        if not same_id:
            right_body = Toy._body
            patch.setattr(Toy, "_body", lambda self, order: _without_id(right_body(self, order)))
            patch.setattr(ToyDialect, "traits", msgspec.structs.replace(ToyDialect.traits, echoes_client_id=False))

    return apply


def _without_id(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "clientId"}


def traits(**changes: Any) -> Patch:
    return lambda patch: patch.setattr(ToyDialect, "traits", msgspec.structs.replace(ToyDialect.traits, **changes))


def code(number: str, **changes: Any) -> Patch:
    """The code table says something wrong about one code."""
    rule = ToyDialect.codes[number]._replace(**changes)
    return lambda patch: patch.setattr(ToyDialect, "codes", {**ToyDialect.codes, number: rule})


def failure_counts_as_unsent(kind: str) -> Patch:
    right = HttpFailure.__init__

    def wrong(self: Any, failure: Any, phase: Any, **more: Any) -> None:
        right(self, failure, phase, **{**more, "sent": more["sent"] and failure != kind})

    return lambda patch: patch.setattr(HttpFailure, "__init__", wrong)


MUTANTS.update(
    {
        "retry without an id": resends(same_id=False, on=lambda error: isinstance(error, Unclear)),
        "resend under the same id where only open orders are deduplicated": resends(
            same_id=True, on=lambda error: isinstance(error, Unclear)
        ),
        "resend after a time-out only": resends(
            same_id=True, on=lambda error: isinstance(error, Unclear) and isinstance(error.cause, RequestTimeout)
        ),
        "resend after a 5xx only": resends(
            same_id=True, on=lambda error: isinstance(error, Unclear) and isinstance(error.cause, VenueUnavailable)
        ),
        "any error means failed": gives_up_on_unknown(lambda desk, record: _raise(OrderNotPlaced("failed"))),
        "any error means placed": gives_up_on_unknown(
            lambda desk, record: acceptance.acknowledged(record.plan, Ack("1"), "toy")
        ),
        "no fence": lambda patch: patch.setattr(verdicts.Verdicts, "fence", lambda self, signed_ms, *_: signed_ms),
        "a fence without the venue's window": traits(window_s=0.5),
        "a fence without the visibility lag": lambda patch: patch.setattr(
            verdicts.Verdicts, "fence", lambda self, signed_ms, *_: signed_ms + 30_000
        ),
        "a time-out means not sent": failure_counts_as_unsent("read-timeout"),
        "a lost connection means not sent": failure_counts_as_unsent("disconnected"),
        "a write error means not sent": failure_counts_as_unsent("write"),
        "an answer over the cap means not sent": failure_counts_as_unsent("body-too-large"),
        "an ambiguous code is a refusal": code("500", definitive=True),
        "a time-out is a refusal": calls_it_refused(RequestTimeout),
        "a 5xx is a refusal": calls_it_refused(VenueUnavailable),
        "an unreadable answer is a refusal": calls_it_refused(DecodeError),
        "a redirect is a refusal": calls_it_refused(UnexpectedRedirect),
        "an answer over the cap is a refusal": calls_it_refused(BodyTooLarge),
        "an unlisted code is a refusal": calls_it_refused(ExchangeError),
        "any bad answer is a refusal": calls_it_refused(BadResponse),
    }
)


def _raise(error: Exception) -> None:
    raise error


@mutant
def a_duplicate_after_a_resend_is_a_refusal(patch: pytest.MonkeyPatch) -> None:
    resends(same_id=True, on=lambda error: isinstance(error, Unclear))(patch)
    rule = ToyDialect.codes["409"]._replace(error=DuplicateOrder, definitive=True)
    patch.setattr(ToyDialect, "codes", {**ToyDialect.codes, "409": rule})
    _believe_the_last_word(patch)


@mutant
def a_refusal_of_a_resend_is_a_refusal_of_the_order(patch: pytest.MonkeyPatch) -> None:
    resends(same_id=True, on=lambda error: isinstance(error, Unclear))(patch)
    _believe_the_last_word(patch)


def _believe_the_last_word(patch: pytest.MonkeyPatch) -> None:
    right = verdicts.Verdicts.final

    def wrong(self: Any, error: FuturesAsyncError, job: Any) -> FuturesAsyncError:
        return error if isinstance(error, (InsufficientMargin, DuplicateOrder)) else right(self, error, job)

    patch.setattr(verdicts.Verdicts, "final", wrong)


@mutant
def absent_five_times_in_a_row_is_a_rejection(patch: pytest.MonkeyPatch) -> None:
    async def wrong(self: Any, search: Any, within_s: float | None) -> Order | None:
        for _ in range(5):
            try:
                order = await self._find(search.venue_symbol, search.client_order_id)
            except FuturesAsyncError:
                order = None
            if order is not None:
                return cast("Order", search.confirm(order, self._channel))
            await self._channel.transport.runtime().sleep(3.0)
        return None

    patch.setattr(order_desk.OrderDesk, "_search", wrong)


@mutant
def not_found_means_place_again_under_a_new_id(patch: pytest.MonkeyPatch) -> None:
    right = trading.Trading.create_order

    async def wrong(self: Any, request: Any, **more: Any) -> Order:
        try:
            return await right(self, request, on_unknown="raise")
        except OutcomeUnknown as unknown:
            await self._channel.transport.runtime().sleep(1.0)
            try:
                found = await self._find_order("BTCUSDT", unknown.client_order_id or "")
            except FuturesAsyncError:
                found = None
            return found or await right(self, request)

    patch.setattr(trading.Trading, "create_order", wrong)


@mutant
def a_failed_lookup_counts_as_absence(patch: pytest.MonkeyPatch) -> None:
    right = Toy._find_order

    async def wrong(self: Any, venue_symbol: str, client_order_id: str) -> Order | None:
        try:
            return await right(self, venue_symbol, client_order_id)
        except FuturesAsyncError:
            return None

    async def hasty(self: Any, search: Any, within_s: float | None) -> Order | None:
        order = await wrong(self._exchange, search.venue_symbol, search.client_order_id)
        return None if order is None else cast("Order", search.confirm(order, self._channel))

    def remember(self: Any, credentials: Any) -> None:
        attach(self, credentials)
        self._orders._exchange = self

    attach = Toy._attach
    patch.setattr(Toy, "_attach", remember)
    patch.setattr(order_desk.OrderDesk, "_search", hasty)


@mutant
def the_echo_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ToyDialect, "traits", msgspec.structs.replace(ToyDialect.traits, echoes_client_id=False))
    patch.setattr(Fingerprint, "differences", lambda self, order, **_: [])
    right = order_desk.OrderDesk.accepted

    async def wrong(self: Any, record: Any, ack: Ack, placement: Any) -> Order:
        order = await self._read_back(record.plan, ack.order_id or "")
        return order if order is not None and ack.order_id else await right(self, record, ack, placement)

    patch.setattr(order_desk.OrderDesk, "accepted", wrong)


@mutant
def a_missing_order_id_is_a_failure(patch: pytest.MonkeyPatch) -> None:
    async def wrong(self: Any, record: Any, ack: Ack, placement: Any) -> Order:
        if not ack.order_id:
            raise OrderNotPlaced("no id")
        return await right(self, record, ack, placement)

    right = order_desk.OrderDesk.accepted
    patch.setattr(order_desk.OrderDesk, "accepted", wrong)


@mutant
def reading_back_must_succeed(patch: pytest.MonkeyPatch) -> None:
    async def wrong(self: Any, plan: Any, order_id: str) -> Order | None:
        try:
            return cast("Order", await self._read(plan.venue_symbol, order_id))
        except FuturesAsyncError:
            raise OrderNotPlaced("could not read it") from None

    patch.setattr(order_desk.OrderDesk, "_read_back", wrong)


@mutant
def the_deadline_is_a_verdict(patch: pytest.MonkeyPatch) -> None:
    right = order_desk.OrderDesk._search

    async def wrong(self: Any, search: Any, within_s: float | None) -> Order | None:
        try:
            return await right(self, search, 5.0)
        except OutcomeUnknown:
            return None

    patch.setattr(order_desk.OrderDesk, "_search", wrong)


@mutant
def the_fence_goes_by_a_clock_that_is_fast(patch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Fast:
        clock: Any

        def __getattr__(self, name: str) -> Any:
            return self.clock.server_seen_ms + 40_000 if name == "server_seen_ms" else getattr(self.clock, name)

    right = order_desk.OrderDesk._search

    async def wrong(self: Any, search: Any, within_s: float | None) -> Order | None:
        true_clock = self._channel.transport.clock
        if not isinstance(true_clock, Fast):
            self._channel.transport.clock = Fast(true_clock)
        return await right(self, search, within_s)

    patch.setattr(order_desk.OrderDesk, "_search", wrong)


@mutant
def client_ids_repeat(patch: pytest.MonkeyPatch) -> None:
    count = iter(range(10**9))
    patch.setattr(trading, "make_client_order_id", lambda: f"fa{next(count) // 4}")
    patch.setattr(order_desk.OrderDesk, "open", _open_anyway)
    patch.setattr(Fingerprint, "differences", lambda self, order, **_: [])


def _open_anyway(self: Any, plan: Any, hold: Any = None) -> Any:
    record = books.Record(plan, hold)
    self._records[plan.local_id] = record
    return record


@mutant
def a_lost_connection_is_tried_again_at_once(patch: pytest.MonkeyPatch) -> None:
    resends(
        same_id=True,
        on=lambda error: isinstance(error, Unclear) and bool(getattr(error.cause, "stale", False)),
    )(patch)


@mutant
def a_definitive_word_is_believed_from_any_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answers.Answers, "definitive", lambda self, error: True)


@mutant
def an_order_that_was_not_sent_counts_as_placed(patch: pytest.MonkeyPatch) -> None:
    async def wrong(self: Any, record: Any, placement: Any, *more: Any) -> Order:
        try:
            return await right(self, record, placement, *more)
        except NotSent:
            return acceptance.acknowledged(record.plan, Ack("1"), "toy")

    right = order_desk.OrderDesk._flow
    patch.setattr(order_desk.OrderDesk, "_flow", wrong)


def hard_venue(seed: int, *, late_only: bool = False) -> ToyVenue:
    """Late landings often, and orders that stay invisible long: what separates right from nearly right."""
    venue = ToyVenue(
        seed=100 + seed,
        dedup="open",
        fault_rate=0.5,
        late_s=(24.0, 29.9) if late_only else (1.0, 29.9),
        lag_s=4.9,
    )
    if late_only:
        venue.force = lambda request: "read-timeout-late" if request.method == "POST" else None
    return venue


def test_there_are_at_least_25_mutants() -> None:
    assert len(MUTANTS) >= 25


@pytest.mark.parametrize("name", MUTANTS)
def test_the_rig_catches(name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    MUTANTS[name](monkeypatch)
    caplog.set_level(logging.ERROR)
    for seed in range(RUNS):
        if not rig(ORDERS, hard_venue(seed, late_only="lag" in name)).clean:
            return
    pytest.fail(f"{name} was not noticed in {RUNS * ORDERS} orders")


def test_the_right_client_passes_where_mutants_fail() -> None:
    for seed in range(RUNS):
        tally = rig(ORDERS, hard_venue(seed))
        assert tally.clean, (seed, tally)
