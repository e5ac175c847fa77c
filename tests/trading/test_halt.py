"""After `halt()` nothing leaves that could open or change a position, not even what had begun before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import futures_async as fa
from futures_async.journal.journal import MemoryJournal
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.http.backend import HttpFailure, Phase
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.none import NoLimiter
from tests.rig.support import BTC, Scripted, limit_order, toy, virtual
from tests.rig.toy import Toy, ToyDialect
from tests.trading.test_trading import until

PLACE, SET, CANCEL, CANCEL_ALL = "/order/place", "/leverage/set", "/order/cancel", "/order/cancel-all"
LOST = HttpFailure("read-timeout", Phase.BODY_STARTED, sent=True)


async def arrived(venue: Scripted, path: str) -> None:
    await until(lambda: venue.sent(path) > 0)


async def stopped(work: Awaitable[object]) -> float:
    """Expect it to be stopped by the halt; how long that took, seconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(fa.ClientClosed, match="halted") as caught:
        await work
    assert caught.value.outcome is fa.Outcome.NOT_SENT
    return loop.time() - began


@virtual
async def test_an_order_that_waits_for_the_limit_is_stopped_at_once() -> None:
    venue, journal = Scripted(), MemoryJournal()
    async with toy(venue, limiter=LocalLimiter(), uid_limit=1, reserve=0, journal=journal) as exchange:
        first = await exchange.create_order(limit_order(1), confirm=False)
        waiting = asyncio.create_task(exchange.create_order(limit_order(2, client_order_id="mine2"), send_within_s=30))
        await asyncio.sleep(0.05)
        exchange.halt()
        assert await stopped(waiting) < 0.1
        assert not await journal.open_intents("toy", exchange.account_id)
        await exchange.cancel_order(BTC, order_id=first.order_id)
        await asyncio.sleep(60)
        assert [order.status for order in venue.orders] == ["canceled"]


class Numbered(ToyDialect):
    """Every write has a number of its own."""

    def series(self, endpoint: Endpoint[Any], credentials: fa.Credentials) -> str | None:
        return None if endpoint.reads else "all"


class NumberedToy(Toy):
    def make_dialect(self) -> ToyDialect:
        return Numbered()


class Store(LocalLimiter):
    """Gives the next number when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.next: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.asked = False

    async def serial(self, series: str, least: int, deadline: float | None) -> int:
        self.asked = True
        return await self.next


@virtual
async def test_an_order_whose_number_comes_in_the_turn_of_the_halt_is_stopped() -> None:
    venue, store = Scripted(), Store()
    async with toy(venue, NumberedToy, limiter=store) as exchange:
        placing = asyncio.create_task(exchange.create_order(limit_order()))
        await until(lambda: store.asked)
        store.next.set_result(1)
        exchange.halt()
        await stopped(placing)
        assert venue.orders == []


@virtual
async def test_an_order_that_could_not_connect_is_not_tried_again() -> None:
    venue = Scripted()
    venue.plan[PLACE] = ["refused", "refused"]
    async with toy(venue, limiter=NoLimiter()) as exchange:
        placing = asyncio.create_task(exchange.create_order(limit_order(), send_within_s=30))
        await arrived(venue, PLACE)
        await asyncio.sleep(0.06)  # it waits for its second try
        exchange.halt()
        assert await stopped(placing) < 0.1
        assert (venue.sent(PLACE), venue.orders) == (1, [])


@virtual
async def test_an_order_of_which_nothing_has_left_is_stopped_on_its_connection() -> None:
    venue = Scripted()
    async with toy(venue, limiter=NoLimiter()) as exchange:
        placing = asyncio.create_task(exchange.create_order(limit_order()))
        await arrived(venue, PLACE)
        exchange.halt()
        await stopped(placing)
        assert venue.orders == []


@virtual
async def test_another_try_that_is_still_connecting_is_stopped() -> None:
    venue = Scripted()
    venue.plan[PLACE] = [venue.says("429", 429, retry_after="0.5")]
    async with toy(venue, limiter=NoLimiter()) as exchange:
        placing = asyncio.create_task(exchange.create_order(limit_order(), send_within_s=30))
        await until(lambda: venue.sent(PLACE) == 2)
        exchange.halt()
        with pytest.raises(fa.ClientClosed, match=r"halted.*not sent again") as caught:
            await placing
        assert (caught.value.outcome, venue.orders) == (fa.Outcome.NOT_SENT, [])


@virtual
async def test_a_later_part_of_a_write_is_stopped_on_its_connection() -> None:
    venue = Scripted()
    async with toy(venue, limiter=NoLimiter()) as exchange:

        async def both() -> None:
            for leverage in ("7", "8"):
                await exchange.request("POST", SET, body={"symbol": BTC, "leverage": leverage}, idempotent=True)

        setting = asyncio.create_task(exchange._channel.deeds.see_through(both, Kind.SETTING))  # pyright: ignore[reportPrivateUsage] - as the parts of a write are made
        await until(lambda: venue.sent(SET) == 2)
        exchange.halt()
        await stopped(setting)
        assert venue.leverage == "7"


@virtual
async def test_a_setting_that_may_have_arrived_is_read_back_and_not_sent_again() -> None:
    venue = Scripted()
    venue.plan[SET] = [LOST]
    async with toy(venue, limiter=NoLimiter()) as exchange:
        setting = asyncio.create_task(exchange.set_leverage(BTC, 7))
        await arrived(venue, SET)
        await asyncio.sleep(0.03)
        exchange.halt()
        with pytest.raises(fa.SettingNotApplied):
            await setting
        assert venue.sent(SET) == 1


@pytest.mark.parametrize(("fate", "words"), [(LOST, "not sent again"), ("refused", "nothing was sent")])
@virtual
async def test_what_a_halt_says_was_sent_is_what_has_left(fate: HttpFailure | str, words: str) -> None:
    venue = Scripted()
    venue.plan[SET] = [fate] * 3
    async with toy(venue, limiter=NoLimiter()) as exchange:
        body = {"symbol": BTC, "leverage": "7"}
        setting = asyncio.create_task(exchange.request("POST", SET, body=body, idempotent=True))
        await arrived(venue, SET)
        await asyncio.sleep(0.03)
        exchange.halt()
        with pytest.raises(fa.FuturesAsyncError, match=f"halted.*{words}") as caught:
            await setting
        assert isinstance(caught.value, fa.OutcomeUnknown) is (fate is LOST)
        assert venue.sent(SET) == 1


@virtual
async def test_a_lost_order_is_looked_for_all_the_same() -> None:
    venue = Scripted()
    venue.plan[PLACE] = ["read-timeout-applied"]
    async with toy(venue, limiter=NoLimiter()) as exchange:
        placing = asyncio.create_task(exchange.create_order(limit_order()))
        await arrived(venue, PLACE)
        await asyncio.sleep(1)
        exchange.halt()
        assert (await placing).recovered


@pytest.mark.parametrize("everything", [False, True])
@virtual
async def test_a_cancel_under_way_goes_on(everything: bool) -> None:
    venue = Scripted()
    async with toy(venue, limiter=NoLimiter()) as exchange:
        order = await exchange.create_order(limit_order())
        path = CANCEL_ALL if everything else CANCEL
        venue.plan[path] = ["refused"]
        cancel = exchange.cancel_all_orders(BTC) if everything else exchange.cancel_order(BTC, order_id=order.order_id)
        cancelling = asyncio.create_task(cancel)
        await arrived(venue, path)
        exchange.halt()
        await cancelling
        assert (venue.sent(path), venue.orders[0].status) == (2, "canceled")


@virtual
async def test_the_escape_hatch_sends_nothing_but_reads() -> None:
    venue = Scripted()
    async with toy(venue, limiter=NoLimiter()) as exchange:
        exchange.halt()
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: exchange.request("POST", PLACE, body={}, idempotent=True),
            lambda: exchange.request("GET", PLACE, idempotent=False),
            lambda: exchange.request("PUT", PLACE),
        ]
        for call in calls:
            await stopped(call())
        await exchange.request("GET", "/time")
        assert venue.sent(PLACE) == 0
