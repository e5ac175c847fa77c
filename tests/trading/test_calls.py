"""Answers that are about something else than what was asked."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import Any

import pytest

import futures_async as fa
from futures_async.transport.endpoint import Endpoint
from tests.rig.support import Scripted, limit_order, toy, virtual
from tests.rig.toy import DETAIL, EDIT, GET_LEVERAGE, SET_LEVERAGE

SETTING = {"symbol": "BTCUSDT", "leverage": "10"}


@pytest.mark.parametrize(
    ("endpoint", "ends_as", "times"),
    [
        (GET_LEVERAGE, fa.ResponseMismatch, 2),
        (SET_LEVERAGE, fa.SettingOutcomeUnknown, 2),  # to the same value, whatever the first one has done
        (EDIT, fa.OrderOutcomeUnknown, 1),
    ],
    ids=lambda value: getattr(value, "path", None),
)
@virtual
async def test_what_is_answered_with_something_else_goes_out_again_only_where_that_does_no_harm(
    endpoint: Endpoint[Any], ends_as: type[fa.FuturesAsyncError], times: int
) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        given = {"orderId": order.order_id, "price": "101", "size": "0.5"} if endpoint is EDIT else SETTING
        params, body = (given, None) if endpoint.reads else (None, given)
        with pytest.raises(ends_as):
            await exchange._call(endpoint, params, body, about=lambda _: False)
        assert venue.sent(endpoint.path) == times


@virtual
async def test_the_answer_that_is_about_it_is_the_one_that_is_given() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        given = iter([False, True])
        asked = venue.sent(DETAIL.path)
        found = await exchange._call(DETAIL, {"orderId": order.order_id}, about=lambda _: next(given))
        assert str(found.order_id) == order.order_id
        assert venue.sent(DETAIL.path) - asked == 2
        answer = await exchange._call(SET_LEVERAGE, body=SETTING, about=lambda one: one.leverage == 10)
        assert answer.leverage == 10
        assert venue.sent(SET_LEVERAGE.path) == 1
