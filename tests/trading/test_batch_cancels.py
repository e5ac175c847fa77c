"""Several cancels in one call: what is not refused for certain is read for what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from futures_async.trading.batch_cancels import BatchCancels, Pair
from futures_async.trading.ordering import Call
from futures_async.transport.dialect import Refusal
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.http.backend import HttpResponse
from futures_async.unified import errors
from futures_async.unified.enums import OrderStatus
from tests.rig.support import BTC, Scripted, limit_order, toy, virtual
from tests.rig.toy import Toy

CANCEL_BATCH = Endpoint("POST", "/order/cancel-batch", result=list[str], kind=Kind.CANCEL)
DETAIL = "/order/detail"


class Batches(BatchCancels, Toy):
    """A venue that answers with a code for each cancel, in their order; "0" is taken."""

    max_cancels = 10

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[Pair]) -> Call:
        return Call(CANCEL_BATCH, {"ids": [order_id for order_id, _ in ids]})

    def _cancel_refusals(self, answer: Any) -> Sequence[Refusal | None]:
        return [None if code == "0" else Refusal(code, "because") for code in answer]


def says(*codes: str) -> HttpResponse:
    body = msgspec.json.encode({"code": "0", "data": codes})
    return HttpResponse(status=200, headers={}, body=body)


async def one(venue: Scripted, codes: Sequence[str], status: str) -> Any:
    """What comes of one cancel: the order, or an error."""
    async with toy(venue, Batches) as exchange:
        order = await exchange.create_order(limit_order())
        venue.orders[-1].status = status
        venue.plan[CANCEL_BATCH.path] = [says(*codes)]
        venue.requests.clear()
        [result] = await exchange.cancel_orders(BTC, order_ids=[order.order_id])
        return result.order or result.error


@pytest.mark.parametrize("code", ["0", "500", "999", "429", "404"])
@virtual
async def test_a_cancel_that_is_not_refused_for_certain_ends_in_the_order_as_it_is(code: str) -> None:
    end = await one(Scripted(), [code], "canceled")
    assert end.status is OrderStatus.CANCELED


@pytest.mark.parametrize("code", ["500", "999", "429"])
@virtual
async def test_while_the_order_is_open_it_stays_unknown_with_the_venues_word(code: str) -> None:
    end = await one(Scripted(), [code], "open")
    assert isinstance(end, errors.CancelOutcomeUnknown)
    assert end.refusal is not None
    assert end.refusal.code == code
    assert f"the venue said: toy POST /order/cancel-batch [{code}]: because" in str(end)


@virtual
async def test_a_certain_refusal_is_not_looked_at_again() -> None:
    venue = Scripted()
    end = await one(venue, ["510"], "open")
    assert isinstance(end, errors.InsufficientMargin)
    assert venue.sent(DETAIL) == 0


@pytest.mark.parametrize("codes", [[], ["510", "510"]])
@virtual
async def test_verdicts_that_do_not_fit_say_nothing_and_the_orders_are_read(codes: list[str]) -> None:
    assert (await one(Scripted(), codes, "canceled")).status is OrderStatus.CANCELED
