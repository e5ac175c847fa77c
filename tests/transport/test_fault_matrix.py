"""Every row of the fault matrix (RELIABILITY §3) for reads, orders, cancels, settings and deltas."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import contextlib
from decimal import Decimal
from typing import Any

import pytest

from futures_async.testing.virtual_time import VirtualTimeLoop, run
from futures_async.transport.endpoint import RateLimit
from futures_async.transport.http.backend import HttpFailure, HttpResponse, Phase
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.retry import RetryPolicy
from futures_async.unified import errors
from futures_async.unified.enums import OrderStatus, Outcome
from tests.rig.support import BTC, Answer, Scripted, failure, limit_order, order_of, page, ticks, toy, virtual
from tests.rig.test_cancellation import CountingLimiter
from tests.rig.toy import GET_LEVERAGE

PLACE, DETAIL, CANCEL, SET, GET = "/order/place", "/order/detail", "/order/cancel", "/leverage/set", "/leverage"

NOT_SENT: dict[str, Answer] = {
    "1 refused": "refused",
    "2 dns": "dns",
    "3b handshake": "tls-handshake",
    "4 connect timeout": "connect-timeout",
    "5a write error before the body": "write-before-body",
}
CERTIFICATE = failure("tls", sent=False)
REPEATED: dict[str, tuple[Answer, type[errors.FuturesAsyncError], int]] = {
    "5b write error in the body": ("write-after-body-lost", errors.RequestTimeout, 3),
    "6 read timeout": ("read-timeout-lost", errors.RequestTimeout, 2),
    "7 lost": ("disconnected-applied", errors.RequestTimeout, 3),
    "8 reset": (failure("read", sent=True), errors.RequestTimeout, 3),
    "9 truncated": ("truncated-applied", errors.DecodeError, 2),
    "10 bad utf-8": ("bad-utf8-applied", errors.DecodeError, 2),
    "11 html 502": ("html-502-lost", errors.VenueUnavailable, 3),
    "12b transient code": ("ambiguous-code-lost", errors.VenueUnavailable, 3),
    "13 wrong content": (page(200), errors.DecodeError, 2),
    "19 5xx json": ("maintenance-applied", errors.VenueUnavailable, 3),
}
FINAL: dict[str, tuple[Answer, type[errors.FuturesAsyncError]]] = {
    "12b unlisted code": ("unlisted-code-applied", errors.ExchangeError),
    "14 too large": ("too-large-applied", errors.BodyTooLarge),
    "20 encoding": (failure("encoding", sent=True), errors.DecodeError),
    "21 redirect": ("redirect-applied", errors.UnexpectedRedirect),
    "24 missing field": (HttpResponse(status=200, headers={}, body=b'{"code":"0","data":{}}'), errors.DecodeError),
    "12b with data": (HttpResponse(status=400, headers={}, body=b'{"code":"777","data":[7]}'), errors.ExchangeError),
    "30 null": ("no-data-applied", errors.DecodeError),
    "a 404 page": (page(404), errors.ExchangeError),
}


def everything() -> list[Any]:
    rows: list[Any] = [pytest.param(answer, id=name) for name, (answer, *_) in [*REPEATED.items(), *FINAL.items()]]
    return rows


@pytest.mark.parametrize("answer", [*NOT_SENT.values(), *(row[0] for row in REPEATED.values())])
@virtual
async def test_a_read_goes_through_at_its_second_attempt(answer: Answer) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[GET] = [answer]
        assert (await exchange.fetch_leverage(BTC)).leverage == 5
        assert venue.sent(GET) == 2


@pytest.mark.parametrize(
    ("answer", "error", "attempts"),
    [
        *((answer, errors.NotSent, 3) for answer in NOT_SENT.values()),
        *REPEATED.values(),
        (CERTIFICATE, errors.ConnectFailed, 1),
    ],
)
@virtual
async def test_a_read_ends_with_its_error_after_so_many_attempts(
    answer: Answer, error: type[errors.FuturesAsyncError], attempts: int
) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[GET] = answer
        with pytest.raises(error) as caught:
            await exchange.fetch_leverage(BTC)
        assert venue.sent(GET) == attempts
        assert "toy GET /leverage" in str(caught.value)


@pytest.mark.parametrize(("answer", "error"), FINAL.values(), ids=FINAL)
@virtual
async def test_a_read_is_not_repeated_where_that_cannot_help(
    answer: Answer, error: type[errors.FuturesAsyncError]
) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[GET] = answer
        with pytest.raises(error):
            await exchange.fetch_leverage(BTC)
        assert venue.sent(GET) == 1


@pytest.mark.parametrize("data", ["{}", "[]", '""', "null", '{"leverage": null}'])
@virtual
async def test_a_refusal_keeps_its_code_whatever_data_comes_with_it(data: str) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        body = b'{"code":"510","msg":"because","data":' + data.encode() + b"}"
        venue.always = dict.fromkeys((GET, PLACE), HttpResponse(status=200, headers={}, body=body))
        for call in (exchange.fetch_leverage(BTC), exchange.create_order(limit_order())):
            with pytest.raises(errors.InsufficientMargin) as caught:
                await call
            assert caught.value.code == "510"


@pytest.mark.parametrize("answer", NOT_SENT.values(), ids=NOT_SENT)
@virtual
async def test_what_was_not_sent_is_sent_again_under_the_same_id(answer: Answer) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan = {PLACE: [answer], CANCEL: [answer], SET: [answer]}
        order = await exchange.create_order(limit_order(client_order_id="once"))
        assert order.client_order_id == "once"
        assert len(venue.orders) == 1
        await exchange.set_leverage(BTC, 9)
        assert venue.leverage == "9"
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status.is_final
        assert (venue.sent(PLACE), venue.sent(SET)) == (2, 2)


@pytest.mark.parametrize("answer", [*NOT_SENT.values(), CERTIFICATE])
@virtual
async def test_what_could_not_be_sent_licenses_another_try(answer: Answer) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order(1))
        venue.always = dict.fromkeys((PLACE, CANCEL, SET, "/margin/move", "/order/edit", "/order/cancel-all"), answer)
        for call in (
            exchange.create_order(limit_order(client_order_id="never")),
            exchange.cancel_order(BTC, order_id=order.order_id),
            exchange.set_leverage(BTC, 9),
            exchange.adjust_margin(BTC, 1),
            exchange.edit_order(BTC, order_id=order.order_id, price=2),
            exchange.cancel_all_orders(BTC),
        ):
            with pytest.raises(errors.NotSent) as caught:
                await call
            assert caught.value.outcome is Outcome.NOT_SENT
        assert exchange.unresolved() == []
        assert isinstance(exchange.outcome("never"), errors.NotSent)
        assert await exchange.resolve_order(BTC, "never") is None
        venue.always.clear()
        assert await exchange.create_order(limit_order(client_order_id="never"))


@pytest.mark.parametrize("answer", everything())
@virtual
async def test_an_order_that_may_have_arrived_is_resolved_and_never_sent_again(answer: Answer) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [answer]
        try:
            order = await exchange.create_order(limit_order(client_order_id="mine"))
        except errors.OrderNotPlaced:
            assert venue.orders == []
            assert venue.now() > 1030  # not before the fence
        else:
            assert [str(held.order_id) for held in venue.orders] == [order.order_id]
            assert order.recovered
        assert venue.sent(PLACE) == 1
        assert exchange.unresolved() == []


@pytest.mark.parametrize("answer", everything())
@virtual
async def test_a_cancel_that_may_have_arrived_ends_in_a_read_of_the_order(answer: Answer) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        assert not order.status.is_final
        venue.plan[CANCEL] = [answer]
        [result] = await asyncio.gather(exchange.cancel_order(BTC, order_id=order.order_id), return_exceptions=True)
        if isinstance(result, errors.CancelOutcomeUnknown):
            assert venue.orders[0].status == "open"
            assert result.fence_until_ms is not None
            await asyncio.sleep(40)  # past its fence the open order is what stands
            assert (await order_of(result)).status is OrderStatus.NEW
        else:
            assert not isinstance(result, BaseException)
            assert venue.orders[0].status == "canceled"
            assert result.status is OrderStatus.CANCELED


@pytest.mark.parametrize("answer", everything())
@virtual
async def test_a_setting_that_may_have_arrived_is_read_back(answer: Answer) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[SET] = [answer]
        try:
            found = await exchange.set_leverage(BTC, 8)
        except errors.SettingNotApplied as not_applied:
            assert venue.leverage == "5"
            # What was refused by a code is not under way any more: only readers may lag behind it.
            coded = not_applied.refusal is not None and not_applied.refusal.code
            assert venue.now() > (1004 if coded else 1030)
        else:
            assert found.leverage == 8
            assert venue.leverage == "8"
        assert exchange.unresolved() == []


@pytest.mark.parametrize("answer", everything())
@virtual
async def test_a_delta_that_may_have_arrived_is_never_sent_twice(answer: Answer) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan["/margin/move"] = [answer]
        try:
            await exchange.adjust_margin(BTC, 5)
        except errors.SettingNotApplied:
            assert venue.margin == "100"
        else:
            assert venue.margin in ("105", "100" if answer == "no-data-applied" else "105")
        assert venue.sent("/margin/move") == 1


@virtual
async def test_a_refusal_at_the_first_attempt_is_final() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always = {PLACE: venue.says("510"), CANCEL: venue.says("510"), SET: venue.says("510")}
        for call in (
            exchange.create_order(limit_order(client_order_id="mine")),
            exchange.cancel_order(BTC, order_id="7"),
            exchange.set_leverage(BTC, 8),
        ):
            with pytest.raises(errors.InsufficientMargin) as caught:
                await call
            assert caught.value.outcome is Outcome.REJECTED
        assert (venue.sent(PLACE), venue.sent(CANCEL), venue.sent(SET)) == (1, 1, 1)
        assert isinstance(exchange.outcome("mine"), errors.InsufficientMargin)


@virtual
async def test_a_refusal_after_an_unclear_attempt_says_nothing() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.plan[SET] = ["disconnected-applied", venue.says("510")]
        assert (await exchange.set_leverage(BTC, 8)).leverage == 8
        venue.plan[CANCEL] = ["disconnected-applied", venue.says("401")]
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status is OrderStatus.CANCELED


@virtual
async def test_a_cancel_that_found_nothing_the_second_time_is_no_error() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.plan[CANCEL] = ["disconnected-applied"]
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status is OrderStatus.CANCELED
        assert venue.sent(CANCEL) == 2


@virtual
async def test_a_duplicate_is_looked_up() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = ["disconnected-applied"]
        first = await exchange.create_order(limit_order(client_order_id="mine"))
        other = type(exchange)(exchange._channel.credentials, http=venue, limiter=LocalLimiter())
        again = await other.create_order(limit_order(client_order_id="mine"))
        assert (again.order_id, again.recovered) == (first.order_id, True)
        await other.aclose()


@virtual
async def test_a_crossed_answer_is_not_believed() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        one = await exchange.create_order(limit_order(1))
        venue.plan[PLACE] = ["crossed-answer-applied"]
        two = await exchange.create_order(limit_order(2))
        assert one.order_id != two.order_id
        assert (two.price, two.recovered) == (Decimal(2), True)


@virtual
async def test_an_answer_older_than_its_request_is_asked_for_again() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        old = HttpResponse(
            status=200,
            headers={},
            body=b'{"code":"0","time":%d,"data":{"leverage":"3"}}' % (venue.now_ms() - 60_000),
        )
        venue.plan[GET] = [old]
        assert (await exchange.fetch_leverage(BTC)).leverage == 5
        venue.plan[GET] = [old, old]
        with pytest.raises(errors.ResponseMismatch):
            await exchange.fetch_leverage(BTC)


# Rate limits, bans, the clock, keys


@pytest.mark.parametrize("word", ["2", "0.5"])
@virtual
async def test_a_rate_limit_holds_all_calls_of_the_account_until_it_is_over(word: str) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[GET] = [venue.says("429", 429, retry_after=word)]
        started = venue.now()
        first = asyncio.ensure_future(exchange.fetch_leverage(BTC))
        await asyncio.sleep(0.1)
        assert await exchange.fetch_positions(BTC)
        assert venue.now() - started >= float(word)
        assert (await first).leverage == 5


@virtual
async def test_an_order_refused_by_the_rate_limit_goes_again_within_its_time() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [venue.says("429", 429, retry_after="1")]
        assert not (await exchange.create_order(limit_order())).recovered
        venue.plan[PLACE] = [venue.says("429", 429, retry_after="20")]
        with pytest.raises(errors.RateLimited) as caught:
            await exchange.create_order(limit_order(2))
        assert caught.value.retry_after_s == pytest.approx(20, abs=2)
        assert caught.value.outcome in (Outcome.REJECTED, Outcome.NOT_SENT)
        assert venue.sent(PLACE) == 3
        assert len(venue.orders) == 1


@virtual
async def test_a_pause_longer_than_the_policy_allows_fails_at_once() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[GET] = [page(429, retry_after="31")]
        started = venue.now()
        with pytest.raises(errors.RateLimited):
            await exchange.fetch_leverage(BTC)
        with pytest.raises(errors.RateLimited, match="nothing was sent"):
            await exchange.fetch_leverage(BTC)
        assert venue.now() - started < 1
        assert exchange.closed_for_s() > 25
        assert venue.sent(GET) == 1


@pytest.mark.parametrize("status", [418, 403])
@virtual
async def test_a_ban_stops_everything_and_says_until_when(status: int) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[GET] = [page(status)]
        with pytest.raises(errors.Banned) as caught:
            await exchange.fetch_leverage(BTC)
        assert caught.value.until_ms == pytest.approx(venue.now_ms() + 60_000, abs=1000)
        with pytest.raises(errors.Banned, match="nothing was sent"):
            await exchange.cancel_order(BTC, order_id="7")
        assert len(venue.requests) == 1


@virtual
async def test_a_page_of_403_leaves_an_order_open_to_doubt() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [page(403)]
        with pytest.raises(errors.OrderOutcomeUnknown):
            await exchange.create_order(limit_order(), on_unknown="raise")
        assert len(exchange.unresolved()) == 1


@virtual
async def test_pauses_double_without_retry_after_and_start_anew_after_a_success() -> None:
    venue = Scripted()
    async with toy(venue, timeout=100.0) as exchange:
        venue.plan[GET] = [venue.says("429", 429), venue.says("429", 429)]
        started = venue.now()
        await exchange.fetch_leverage(BTC)
        assert venue.now() - started == pytest.approx(1 + 2 + 0.25, abs=0.2)
        venue.plan[GET] = [venue.says("429", 429)]
        started = venue.now()
        await exchange.fetch_leverage(BTC)
        assert venue.now() - started == pytest.approx(1.125, abs=0.2)


@virtual
async def test_calls_refused_together_wait_for_one_pause_and_go_through() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[GET] = [venue.says("429", 429)] * 8
        started = venue.now()
        assert len(await asyncio.gather(*(exchange.fetch_leverage(BTC) for _ in range(8)))) == 8
        assert venue.now() - started < 2


@virtual
async def test_the_stricter_limit_of_an_object_that_was_closed_is_over() -> None:
    venue, limiter = Scripted(), LocalLimiter()
    for limit, least_s in ((1, 3.0), (20, 0.0)):
        async with toy(venue, limiter=limiter, uid_limit=limit) as exchange:
            started = venue.now()
            for _ in range(4):
                await exchange.fetch_leverage(BTC)
            assert least_s <= venue.now() - started < least_s + 0.5


@virtual
async def test_a_refused_timestamp_is_signed_anew_once() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.offset_ms = 90_000
        order = await exchange.create_order(limit_order())
        assert (order.recovered, venue.sent(PLACE)) == (False, 2)
        venue.always[PLACE] = venue.says("408")
        with pytest.raises(errors.ClockSkew):
            await exchange.create_order(limit_order(2))
        assert venue.sent(PLACE) == 4


@virtual
async def test_three_refusals_of_the_key_in_a_row_stop_private_calls() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[GET] = venue.says("401")
        for _ in range(2):
            with pytest.raises(errors.AuthenticationError):
                await exchange.fetch_leverage(BTC)
        assert await exchange.fetch_positions(BTC)  # a success in between: they were not in a row
        for _ in range(3):
            with pytest.raises(errors.AuthenticationError):
                await exchange.fetch_leverage(BTC)
        sent = len(venue.requests)
        for call in (exchange.fetch_positions(BTC), exchange.create_order(limit_order(client_order_id="no"))):
            with pytest.raises(errors.AuthenticationError, match="nothing is sent") as caught:
                await call
            assert isinstance(caught.value, errors.NotSent)  # class and outcome agree
            assert caught.value.outcome is Outcome.NOT_SENT
        assert len(venue.requests) == sent
        assert isinstance(exchange.outcome("no"), errors.AuthenticationError)
        assert await exchange.fetch_time()  # public calls need no key
        await asyncio.sleep(61)
        with pytest.raises(errors.AuthenticationError):  # one goes, and closes it for twice as long
            await exchange.fetch_leverage(BTC)
        await asyncio.sleep(61)
        with pytest.raises(errors.AuthenticationError, match="nothing is sent"):
            await exchange.fetch_positions(BTC)
        await asyncio.sleep(61)
        assert await exchange.fetch_positions(BTC)


@virtual
async def test_other_refusals_show_that_the_key_is_good() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[GET] = [*[venue.says("401")] * 2, venue.says("510"), *[venue.says("401")] * 2]
        for _ in range(5):
            with pytest.raises(errors.ExchangeError):
                await exchange.fetch_leverage(BTC)
        assert await exchange.fetch_leverage(BTC)


@virtual
async def test_a_refused_timestamp_says_nothing_of_the_key() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[GET] = [*[venue.says("401")] * 2, venue.says("408"), venue.says("401")]
        for _ in range(3):
            with pytest.raises(errors.AuthenticationError):
                await exchange.fetch_leverage(BTC)
        with pytest.raises(errors.AuthenticationError, match="nothing is sent"):
            await exchange.fetch_leverage(BTC)


# Budget, deadlines, events


@virtual
async def test_retries_stop_when_their_budget_is_spent() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=1000) as exchange:
        venue.always[GET] = "refused"
        for _ in range(20):
            with pytest.raises(errors.ConnectFailed):
                await exchange.fetch_leverage(BTC)
        assert venue.sent(GET) == 20 + 20  # 200 tokens pay for 20 retries
        exchange._transport.budget.refund()
        assert exchange._transport.budget.tokens == 1


@virtual
async def test_the_last_attempts_error_is_told_when_the_queue_took_the_rest_of_the_time() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=1, timeout=1.0) as exchange:
        venue.always[GET] = "refused"
        limiter = exchange._transport.limiter
        await asyncio.sleep(2)
        call = asyncio.ensure_future(exchange.fetch_leverage(BTC))
        await asyncio.sleep(0.06)
        limiter.close(exchange._channel.pools.account, 0.8)
        with pytest.raises(errors.ConnectFailed):
            await call


@virtual
async def test_an_order_is_never_sent_late() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=1) as exchange:
        await exchange.fetch_leverage(BTC)
        calls = [exchange.create_order(limit_order(price), send_within_s=1.5) for price in range(1, 5)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        late = [result for result in results if isinstance(result, errors.DeadlineExpired)]
        assert len(late) >= 2
        assert len(venue.orders) == 4 - len(late)


@virtual
async def test_time_spent_on_reading_the_clock_counts_towards_send_within() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=RateLimit(1, 1.5)) as exchange:
        exchange._transport.clock.wants_sample = True
        venue.always["/time"] = "read-timeout-lost"
        await exchange.fetch_leverage(BTC)
        with pytest.raises(errors.NotSent):
            await exchange.create_order(limit_order(), send_within_s=1.2)
        assert venue.orders == []


@virtual
async def test_while_the_venues_clock_hangs_writes_go_by_this_computers() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        now = asyncio.get_running_loop().time
        venue.always["/time"] = "read-timeout-lost"
        exchange._transport.clock.wants_sample = True
        began = now()
        order = await exchange.create_order(limit_order(), confirm=False)
        assert 1 <= now() - began < 1.2  # half of `send_within_s`
        # Answers told the time meanwhile; and they do not.
        for wait_s, longest_s in ((0, 0.2), (10, 1.2)):
            await asyncio.sleep(wait_s)
            exchange._transport.clock.wants_sample = True
            venue.orders[0].status = "open"
            began = now()
            await exchange.cancel_order(BTC, order_id=order.order_id)
            assert now() - began < longest_s
            assert venue.orders[0].status == "canceled"


@virtual
async def test_a_write_waits_for_a_connection_no_longer_than_it_may() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.slots.free = 0
        call = asyncio.ensure_future(exchange.create_order(limit_order(), send_within_s=1.0))
        await asyncio.sleep(1.5)
        venue.slots.give()
        with pytest.raises(errors.NotSent):
            await call
        assert venue.sent(PLACE) == 0


@virtual
async def test_events_tell_each_attempt_and_a_broken_hook_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    venue = Scripted()
    seen: list[Any] = []

    def hook(event: Any) -> None:
        seen.append((event.endpoint, event.attempt, event.outcome, event.status, event.code))
        raise ValueError("the user's own")

    async with toy(venue, on_event=hook) as exchange:
        seen.clear()
        venue.plan[GET] = ["refused", venue.says("500")]
        await exchange.fetch_leverage(BTC)
        venue.plan[PLACE] = ["html-502-applied"]
        await exchange.create_order(limit_order())
    assert seen[:4] == [
        ("GET /leverage", 1, "ConnectFailed", None, ""),
        ("GET /leverage", 2, "VenueUnavailable", 400, "500"),
        ("GET /leverage", 3, "ok", 200, ""),
        ("POST /order/place", 1, "VenueUnavailable", 502, ""),
    ]
    assert "a hook failed" in caplog.text


@virtual
async def test_a_call_that_a_hook_starts_is_no_part_of_the_write_that_called_it() -> None:
    venue = Scripted()
    calls: list[asyncio.Task[Any]] = []

    async with toy(venue) as exchange:

        def hook(event: Any) -> None:
            if event.endpoint.endswith("/place") and not calls:
                calls.append(asyncio.ensure_future(exchange.request("POST", "/leverage/set", body={"leverage": "4"})))

        exchange._observer.hook = hook
        task = asyncio.ensure_future(exchange.create_order(limit_order()))
        await asyncio.sleep(0.06)
        assert len(calls) == 1
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await calls[0]
        assert venue.leverage == "4"


# Cancellation and the end


@virtual
async def test_a_caller_who_is_cancelled_in_time_sends_nothing() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=1) as exchange:
        await exchange.fetch_leverage(BTC)
        writes = [
            asyncio.ensure_future(call)
            for call in (
                exchange.create_order(limit_order(client_order_id="no")),
                exchange.set_leverage(BTC, 8),
                exchange.cancel_order(BTC, order_id="7"),
            )
        ]
        await asyncio.sleep(0.2)
        for write in writes:
            write.cancel()
        await asyncio.gather(*writes, return_exceptions=True)
        await asyncio.sleep(10)
        assert (venue.sent(PLACE), venue.sent(SET), venue.sent(CANCEL)) == (0, 0, 0)
        assert isinstance(exchange.outcome("no"), errors.NotSent)


@virtual
async def test_a_setting_whose_caller_left_is_judged_before_the_next_value_goes() -> None:
    venue = Scripted(late_s=(9.0, 9.1))
    async with toy(venue) as exchange:
        venue.plan[SET] = ["read-timeout-late"] * 3
        first = asyncio.ensure_future(exchange.set_leverage(BTC, 8))
        await asyncio.sleep(1)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await exchange.set_leverage(BTC, 3)).leverage == 3
        await venue.settle()
        assert venue.leverage == "3"


@virtual
async def test_a_429_counts_although_its_caller_has_gone() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[GET] = [venue.says("429", 429, retry_after="20")]
        call = asyncio.ensure_future(exchange.fetch_leverage(BTC))
        await asyncio.sleep(0.005)
        call.cancel()
        await asyncio.sleep(1)
        assert exchange.closed_for_s() > 15


@pytest.mark.parametrize("slots", [0, 1])
@pytest.mark.parametrize("turns", range(6))
def test_the_end_of_a_loop_gives_permits_back(turns: int, slots: int) -> None:
    limiter = CountingLimiter()

    async def main() -> None:
        venue = Scripted()
        async with toy(venue, limiter=limiter) as exchange:
            venue.slots.free = slots
            calls = [asyncio.ensure_future(exchange.fetch_leverage(BTC)) for _ in range(2)]
            await ticks(turns)
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:  # what asyncio.run does at its end
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert all(call.cancelled() for call in calls)
            assert venue.slots.free == slots

    run(main())
    assert limiter.open == 0


def test_a_loop_that_stops_in_the_middle_leaves_the_shared_limiter_whole() -> None:
    limiter = CountingLimiter()
    for _ in range(3):
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:

            async def main() -> None:
                async with toy(Scripted(), limiter=limiter) as exchange:
                    asyncio.ensure_future(exchange.fetch_leverage(BTC))  # noqa: RUF006 - left to its fate
                    asyncio.ensure_future(exchange.create_order(limit_order()))  # noqa: RUF006
                    await ticks(3)

            runner.run(main())
    assert limiter.open == 0


@virtual
async def test_closing_lets_reads_go_at_once_wherever_they_wait() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=3) as exchange:
        venue.always = {GET: "read-timeout-lost", "/positions": "refused"}
        exchange._transport.draw = lambda: 1.0
        flying = asyncio.ensure_future(exchange.fetch_leverage(BTC))
        resting = asyncio.ensure_future(exchange.fetch_positions(BTC))
        await asyncio.sleep(0.1)
        queued = [asyncio.ensure_future(exchange.fetch_leverage(BTC)) for _ in range(4)]
        await asyncio.sleep(0.1)
        started = venue.now()
        await exchange.aclose()
        for call in (flying, resting, *queued):
            with pytest.raises(errors.ClientClosed):
                await call
        assert venue.now() - started < 0.1
        for late in (exchange.fetch_leverage(BTC), exchange.create_order(limit_order()), exchange.set_leverage(BTC, 2)):
            with pytest.raises(errors.ClientClosed):
                await late
        await asyncio.sleep(10)


@virtual
async def test_closing_waits_for_writes_and_refuses_new_calls_meanwhile() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan = {PLACE: ["disconnected-applied"], SET: ["disconnected-applied"]}
        order = asyncio.ensure_future(exchange.create_order(limit_order()))
        setting = asyncio.ensure_future(exchange.set_leverage(BTC, 8))
        await asyncio.sleep(0.02)
        closing = asyncio.ensure_future(exchange.aclose())
        await asyncio.sleep(0.001)
        with pytest.raises(errors.ClientClosed):
            await exchange.fetch_leverage(BTC)
        with pytest.raises(errors.ClientClosed):
            await exchange.create_order(limit_order(2))
        second = asyncio.ensure_future(exchange.aclose())
        await closing
        assert (await order).recovered
        assert (await setting).leverage == 8
        await second
        await exchange.aclose()


@virtual
async def test_closing_goes_on_when_who_closes_is_cancelled() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = asyncio.ensure_future(exchange.create_order(limit_order()))
        await asyncio.sleep(0.001)
        closing = asyncio.ensure_future(exchange.aclose())
        await asyncio.sleep(0.001)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert await order
        await exchange.aclose()
        assert exchange._channel.closed


@virtual
async def test_after_the_grace_open_questions_are_raised_and_their_callers_told() -> None:
    venue = Scripted(late_s=(25.0, 26.0))
    async with toy(venue) as exchange:
        venue.plan = {PLACE: ["read-timeout-late"], SET: ["read-timeout-late"] * 3}
        order = asyncio.ensure_future(exchange.create_order(limit_order(client_order_id="open")))
        setting = asyncio.ensure_future(exchange.set_leverage(BTC, 8))
        batch = asyncio.ensure_future(exchange.create_orders([limit_order(5), limit_order(6)]))
        venue.plan["/order/batch"] = ["read-timeout-lost"]
        await asyncio.sleep(0.1)
        second = asyncio.ensure_future(asyncio.sleep(0.2))
        closing = asyncio.ensure_future(exchange.aclose(grace_s=1))
        await second
        waiting = asyncio.ensure_future(exchange.aclose())
        with pytest.raises(errors.UnresolvedOrders) as caught:
            await closing
        with pytest.raises(errors.UnresolvedOrders):
            await waiting
        assert len(caught.value.errors) == 3
        with pytest.raises(errors.OrderOutcomeUnknown):
            await order
        with pytest.raises(errors.SettingOutcomeUnknown):
            await setting
        assert [type(result.error) for result in await batch] == [errors.OrderOutcomeUnknown] * 2
        with pytest.raises(errors.OrderOutcomeUnknown):
            await caught.value.errors[0].resolve()
        assert isinstance(exchange.outcome("open"), errors.OrderOutcomeUnknown)
        await exchange.aclose()
        await venue.settle()
        await asyncio.sleep(30)


@virtual
async def test_an_order_that_never_left_before_the_end_is_not_in_doubt() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.slots.free = 0
        order = asyncio.ensure_future(exchange.create_order(limit_order(client_order_id="no"), send_within_s=60))
        cancel = asyncio.ensure_future(exchange.cancel_order(BTC, order_id="7"))
        await asyncio.sleep(0.1)
        await exchange.aclose(grace_s=1)
        for call in (order, cancel):
            with pytest.raises(errors.ClientClosed):
                await call
        assert isinstance(exchange.outcome("no"), errors.ClientClosed)
        venue.slots.give()
        await asyncio.sleep(1)
        assert venue.requests == []


# The channel itself


@virtual
async def test_private_calls_need_credentials_and_public_ones_do_not() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        public = type(exchange)(http=venue, limiter=LocalLimiter())
        assert await public.fetch_time()
        with pytest.raises(errors.InvalidRequest, match="needs credentials"):
            await public.fetch_leverage(BTC)
        await public.aclose()


@virtual
async def test_headers_of_remaining_calls_correct_the_endpoints_count(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:

        def none_left(self: Any, headers: Any) -> int:
            return 0

        monkeypatch.setattr(type(exchange._dialect), "remaining", none_left)
        started = venue.now()
        await exchange.create_order(limit_order(1))
        monkeypatch.undo()
        await exchange.create_order(limit_order(2))
        assert venue.now() - started >= 0.9


@virtual
async def test_a_backend_that_breaks_costs_no_permit() -> None:
    class Broken(Scripted):
        async def send(self, request: Any) -> HttpResponse:
            if request.url.endswith("/leverage?symbol=BTCUSDT"):
                raise ZeroDivisionError
            return await super().send(request)

    limiter = CountingLimiter()
    async with toy(Broken(), limiter=limiter) as exchange:
        with pytest.raises(errors.NotSent, match=r"ZeroDivisionError.*nothing was sent") as caught:
            await exchange.fetch_leverage(BTC)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert limiter.open == 0


@virtual
async def test_endpoints_without_end_do_not_fill_the_memory() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=10_000) as exchange:
        for _ in range(1005):
            await exchange.request("GET", "/time")
        assert len(exchange._channel.pools._fixed) < 1000


@virtual
async def test_a_pool_timeout_of_a_backend_is_proved_unsent() -> None:
    venue = Scripted()
    async with toy(venue, retry=RetryPolicy(attempts=1)) as exchange:
        venue.plan[PLACE] = [HttpFailure("write", Phase.HEADERS_STARTED, sent=False)]
        with pytest.raises(errors.NotSent):
            await exchange.create_order(limit_order())
        assert exchange._channel.pools.of(GET_LEVERAGE, None, None)[0].limit == 10
