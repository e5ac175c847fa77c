"""What a caller hears of a write that may have arrived, and of an answer that broke on the way."""

from __future__ import annotations

from typing import Any

import pytest

from futures_async.transport.dialect import Refusal
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.http.backend import HttpFailure, HttpResponse, Phase
from futures_async.unified import errors
from futures_async.unified.enums import Outcome
from tests.rig.support import BTC, Answer, Scripted, limit_order, page, toy, virtual

PLACE, CANCEL, SET, GET = "/order/place", "/order/cancel", "/leverage/set", "/leverage"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (page(502), errors.VenueUnavailable),
        (HttpFailure("read-timeout", Phase.BODY_STARTED, sent=True), errors.RequestTimeout),
        ("no-id-applied", errors.ResponseMismatch),
    ],
    ids=["page", "timeout", "no id"],
)
@virtual
async def test_an_order_that_is_unknown_keeps_what_made_it_so(answer: Answer, cause: type[Exception]) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [answer]
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.create_order(limit_order(), on_unknown="raise")
        assert isinstance(caught.value.__cause__, cause)
        assert caught.value.__suppress_context__


@virtual
async def test_a_cancel_that_was_repeated_in_vain_keeps_what_ended_it() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.always[CANCEL] = page(502)
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await exchange.cancel_order(BTC, order_id=order.order_id)
        assert isinstance(caught.value.__cause__, errors.VenueUnavailable)


@pytest.mark.parametrize(("status", "outcome"), [(403, Outcome.UNKNOWN), (418, Outcome.REJECTED)])
@virtual
async def test_a_cancel_that_meets_a_ban_says_so_at_once(status: int, outcome: Outcome) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.requests.clear()
        venue.plan[CANCEL] = [page(status)]
        with pytest.raises(errors.Banned) as caught:
            await exchange.cancel_order(BTC, order_id=order.order_id)
        assert caught.value.outcome is outcome
        assert len(venue.requests) == 1


@virtual
async def test_a_setting_that_meets_a_ban_stays_an_open_question() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[SET] = [page(403, retry_after="1")]
        with pytest.raises(errors.Banned) as caught:
            await exchange.set_leverage(BTC, 7)
        assert caught.value.outcome is Outcome.UNKNOWN
        [question] = exchange.unresolved()
        assert question.__cause__ is caught.value
        # It may still land: another value waits until it no longer can.
        started = venue.now()
        assert (await exchange.set_leverage(BTC, 9)).leverage == 9
        assert venue.now() - started > 30
        assert exchange.unresolved() == []


@virtual
async def test_a_refused_timestamp_says_that_nothing_was_done() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[PLACE] = venue.says("408")
        with pytest.raises(errors.ClockSkew) as caught:
            await exchange.create_order(limit_order())
        assert caught.value.outcome is Outcome.REJECTED
        venue.always[GET] = venue.says("408")
        with pytest.raises(errors.ClockSkew) as read:
            await exchange.fetch_leverage(BTC)
        assert read.value.outcome is None


POOL = HttpFailure("pool-timeout", Phase.QUEUED, sent=False)


@virtual
async def test_what_found_no_connection_is_tried_again_while_there_is_time() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [POOL, ""]
        await exchange.create_order(limit_order())
        assert venue.sent(PLACE) == 2
        venue.plan[PLACE] = [POOL]
        with pytest.raises(errors.DeadlineExpired):
            await exchange.create_order(limit_order(101), send_within_s=0.005)
        assert venue.sent(PLACE) == 3


@pytest.mark.parametrize(
    "damaged",
    [b'{"code":"0","data":{"lev\xfferage":"5"}}', b'{"code":"0","x\xffy":1,"data":{"leverage":"5"}}'],
    ids=["a field", "a field that is not read"],
)
@virtual
async def test_a_field_name_that_is_no_text_is_asked_for_again(damaged: bytes) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        answer: Any = HttpResponse(status=200, headers={}, body=damaged)
        venue.plan[GET] = [answer]
        assert (await exchange.fetch_leverage(BTC)).leverage == 5
        assert venue.sent(GET) == 2
        venue.always[GET] = answer
        with pytest.raises(errors.DecodeError):
            await exchange.fetch_leverage(BTC)
        assert venue.sent(GET) == 4


@virtual
async def test_a_request_that_expires_by_itself_is_dead_sooner_than_the_venues_others() -> None:
    async with toy(Scripted()) as exchange:
        channel = exchange._channel  # pyright: ignore[reportPrivateUsage] - the fence of a signature
        traits, slack = channel.dialect.traits, channel.transport.clock.error_ms
        assert traits.window_s is not None
        soon: Endpoint[int] = Endpoint("POST", "/soon", result=int, kind=Kind.ORDER, window_s=1.5)
        plain: Endpoint[int] = Endpoint("POST", "/plain", result=int, kind=Kind.ORDER)
        lag_s = traits.visibility_lag_s
        assert channel.fence(1000, soon) == 1000 + int((1.5 + lag_s) * 1000) + slack
        assert channel.fence(1000, plain) == channel.fence(1000) == 1000 + int((traits.window_s + lag_s) * 1000) + slack
        unknown = channel.unknown(soon, [], errors.RequestTimeout("gone"))
        assert unknown.fence_until_ms is not None
        assert unknown.fence_until_ms <= channel.now_ms() + int((1.5 + lag_s) * 1000) + slack


@virtual
async def test_an_item_of_a_list_is_judged_by_the_venues_table() -> None:
    async with toy(Scripted()) as exchange:
        dialect = exchange._channel.dialect  # pyright: ignore[reportPrivateUsage]
        batch: Endpoint[int] = Endpoint("POST", "/batch", result=int, kind=Kind.ORDER)
        error = dialect.judged(Refusal("510", "no money"), batch)
        assert isinstance(error, errors.InsufficientMargin)
        assert (error.code, error.definitive, error.outcome) == ("510", True, Outcome.REJECTED)
        strange = dialect.judged(Refusal("999", ""), batch)
        assert (type(strange), strange.definitive, strange.outcome) == (errors.ExchangeError, False, None)
        assert "refused without a message" in str(strange)
