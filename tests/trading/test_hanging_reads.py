"""Accounts that share twenty connections, while many of their reads hang."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio

import pytest

import futures_async as fa
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.transport.http.slots import Slots
from futures_async.transport.limits.none import NoLimiter
from tests.rig.support import BTC, Scripted, limit_order, toy, virtual

GET = "/leverage"


class Hanging(Scripted):
    """Answers no read of leverage, as long as a backend waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self._slots = Slots(20)

    async def send(self, request: HttpRequest) -> HttpResponse:
        if f"{GET}?" in request.url:
            self.plan[GET] = ["read-timeout-lost"]
        return await super().send(request)


@virtual
async def test_a_cancel_and_an_order_leave_at_once_and_a_read_ends_by_its_deadline() -> None:
    venue = Hanging()
    loop = asyncio.get_running_loop()
    async with toy(venue, limiter=NoLimiter()) as exchange:
        order = await exchange.create_order(limit_order(1))
        began = loop.time()
        reads = [asyncio.create_task(exchange.fetch_leverage(BTC)) for _ in range(120)]
        await asyncio.sleep(0.5)
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status is fa.OrderStatus.CANCELED
        await exchange.create_order(limit_order(2), send_within_s=2)
        assert loop.time() - began < 2
        ends = await asyncio.gather(*reads, return_exceptions=True)
        assert loop.time() - began < 10.5
        assert {type(end) for end in ends} <= {fa.RequestTimeout, fa.DeadlineExpired}
        assert venue.slots.free == 20


@virtual
async def test_a_write_without_a_connection_ends_when_its_time_is_up() -> None:
    venue = Scripted()
    loop = asyncio.get_running_loop()
    async with toy(venue, limiter=NoLimiter()) as exchange:
        free, venue.slots.free = venue.slots.free, 0
        began = loop.time()
        with pytest.raises(fa.DeadlineExpired, match="no connection was free"):
            await exchange.create_order(limit_order(), send_within_s=1.5)
        assert loop.time() - began < 1.6
        venue.slots.free = free
        assert venue.orders == []


@virtual
async def test_a_read_that_has_just_got_its_connection_does_not_leave_once_it_is_closed() -> None:
    venue = Scripted()
    async with toy(venue, limiter=NoLimiter()) as exchange:
        venue.slots.free, taken = 0, venue.slots.free
        reading = asyncio.create_task(exchange.fetch_leverage(BTC))
        await asyncio.sleep(1)
        for _ in range(taken):
            venue.slots.give()
        exchange._channel.refuse_new()  # in the same turn
        with pytest.raises(fa.ClientClosed):
            await reading
        assert (venue.sent(GET), venue.slots.free) == (0, taken)
