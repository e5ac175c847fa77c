"""A5: answers of concurrent calls are permuted, repeated and late; no write is ever told another one's answer."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import msgspec
import pytest

from futures_async import (
    CancelOutcomeUnknown,
    Credentials,
    OrderNotFound,
    OrderRequest,
    OrderStatus,
    UnresolvedOrders,
)
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.transport.limits.none import NoLimiter
from tests.rig.support import BTC, limit_order
from tests.rig.test_orders import Tally, trade
from tests.rig.toy import Toy
from tests.rig.venue import ToyVenue

PATHS = ("/order/place", "/order/detail", "/order/cancel")


class SwappingVenue(ToyVenue):
    """A part of its answers are those to other calls of the same kind, 0 to 200 ms late."""

    def __init__(self, seed: int, rate: float) -> None:
        super().__init__(seed, fault_rate=0, lookup_fault_rate=0, lag_s=0.5)
        self.rate = rate
        self.recent: dict[str, list[HttpResponse]] = {}
        self.swapped = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        answer = await super().send(request)
        path = urlsplit(request.url).path
        if path not in PATHS:
            return answer
        recent = self.recent.setdefault(path, [])
        recent.append(answer)
        del recent[:-8]
        await asyncio.sleep(self.random.uniform(0, 0.2))
        if self.random.random() < self.rate:
            self.swapped += 1
            return self.random.choice(recent)
        return answer


@pytest.mark.parametrize("seed", range(2))
def test_no_order_is_told_the_answer_to_another(seed: int, request: pytest.FixtureRequest) -> None:
    orders = 50_000 if request.config.getoption("--long", default=False) else 2_500
    venue = SwappingVenue(seed, rate=0.2)

    async def main() -> Tally:
        exchange = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=NoLimiter())
        await exchange.fetch_time()
        tally = await trade(venue, exchange, orders)
        with contextlib.suppress(UnresolvedOrders):
            await exchange.aclose()
        return tally

    tally = run(main())
    assert venue.swapped > orders / 5
    assert tally.clean, tally
    assert tally.placed > orders * 0.99


def test_no_cancel_is_told_the_state_of_another_order() -> None:
    venue = SwappingVenue(7, rate=0.0)
    wrong: list[object] = []

    async def one(exchange: Toy, request: OrderRequest) -> None:
        order = await exchange.create_order(request)
        venue.rate = 0.2
        # "No such order" names no order, so that a crossed one cannot be told from the right one.
        with contextlib.suppress(CancelOutcomeUnknown, OrderNotFound):
            result = await exchange.cancel_order(BTC, order_id=order.order_id)
            held = next(held for held in venue.orders if str(held.order_id) == order.order_id)
            if result.order_id != order.order_id or (result.status is OrderStatus.CANCELED) is not (
                held.status == "canceled"
            ):
                wrong.append(result)

    async def main() -> None:
        exchange = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=NoLimiter())
        await exchange.fetch_time()
        for start in range(1, 400, 8):
            await asyncio.gather(*(one(exchange, limit_order(price)) for price in range(start, start + 8)))
        with contextlib.suppress(UnresolvedOrders):
            await exchange.aclose()

    run(main())
    assert venue.swapped > 100
    assert wrong == []


class StrayVenue(ToyVenue):
    """One placement is executed, and answered with a refusal that was meant for another request."""

    def __init__(self, refusal: dict[str, object], age_ms: int) -> None:
        super().__init__(1, fault_rate=0, lookup_fault_rate=0, lag_s=0)
        self.refusal = refusal
        self.age_ms = age_ms

    async def send(self, request: HttpRequest) -> HttpResponse:
        answer = await super().send(request)
        if urlsplit(request.url).path != "/order/place":
            return answer
        body = msgspec.json.encode({"time": self.now_ms() - self.age_ms, **self.refusal})
        return HttpResponse(status=400, headers={"content-type": "application/json"}, body=body)


@pytest.mark.parametrize(
    ("refusal", "age_ms"),
    [
        ({"code": "404", "msg": "no such order"}, 0),  # of a lookup: placing looks for no order
        ({"code": "510", "msg": "insufficient margin"}, 3000),  # of another placement, before this one was sent
    ],
)
def test_a_refusal_that_was_meant_for_another_request_is_no_verdict(refusal: dict[str, object], age_ms: int) -> None:
    venue = StrayVenue(refusal, age_ms)

    async def main() -> None:
        exchange = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=NoLimiter())
        await exchange.fetch_time()
        order = await exchange.create_order(limit_order(5))
        assert order.recovered
        [held] = venue.orders
        assert order.order_id == str(held.order_id)
        [result] = await exchange.create_orders([limit_order(6)])
        assert result.order is not None
        await exchange.aclose()

    run(main())
