"""Orders followed by what the venue pushes: at once, without reads, and by reads where the stream does not stand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.journal.journal import MemoryJournal
from futures_async.manager.fills import FillEffect
from futures_async.manager.manager import OrderManager
from futures_async.manager.tracking import OrderUpdate
from futures_async.simulator.plan import FaultPlan
from futures_async.testing import virtual_time
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, Side
from futures_async.unified.exchange import Capability
from futures_async.unified.models import OrderRequest
from tests.portfolio.crowd import BTC, LATENCY_S, Crowd

D = Decimal
STREAMED = ("bitget", "bitget-uta")


class Desk:
    """A manager at one simulated account, followed from the start."""

    def __init__(self, venue: str, plan: FaultPlan | None = None) -> None:
        self.crowd = Crowd(1, (venue,), plan)
        self.name = f"{venue}-0"
        self.exchange = self.crowd.exchanges[self.name]
        self.filled: list[FillEffect] = []
        self.manager = OrderManager(self.exchange, journal=MemoryJournal(), on_fill=self.hear)
        self.updates: list[tuple[int, OrderUpdate]] = []
        """With the venue's time at which each was told."""

    async def hear(self, effect: FillEffect) -> None:
        self.filled.append(effect)

    @property
    def reads(self) -> int:
        return self.crowd.reads().total()

    async def follow(self) -> None:
        async with aclosing(self.manager.track(until_closed=False)) as updates:
            async for update in updates:
                self.updates.append((self.crowd.exchange.now_ms(), update))

    def request(self, price: str | None = None) -> OrderRequest:
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        return OrderRequest(
            symbol=BTC, side=Side.BUY, type=kind, quantity=D("0.01"), price=None if price is None else D(price)
        )

    def fill_all(self) -> None:
        """The market falls through every price."""
        self.crowd.exchange.engine.marks.pin(BTC, D(50_000))
        with self.crowd.exchange.engine.arithmetic():
            self.crowd.exchange.settle()


def on(test: Callable[[Desk], Coroutine[Any, Any, None]], venue: str = "bitget", plan: FaultPlan | None = None) -> None:
    async def main() -> None:
        desk = Desk(venue, plan)
        following = asyncio.create_task(desk.follow())
        try:
            await asyncio.sleep(10)
            await test(desk)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await desk.exchange.aclose(0)
        await asyncio.sleep(1)
        assert not desk.crowd.streams.hub.sessions
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    virtual_time.run(main())


@pytest.mark.parametrize("venue", STREAMED)
def test_a_fill_is_told_when_it_is_pushed_and_nothing_is_read(venue: str) -> None:
    async def test(desk: Desk) -> None:
        order = await desk.manager.submit(desk.request("80000"))
        await asyncio.sleep(3)
        before = desk.reads
        desk.fill_all()
        await asyncio.sleep(3)
        told_ms, update = desk.updates[-1]
        assert (update.order.order_id, update.order.status) == (order.order_id, OrderStatus.FILLED)
        assert [effect.fill.quantity for effect in desk.filled] == [D("0.01")]
        assert update.order.updated_ms is not None
        assert 0 <= told_ms - update.order.updated_ms <= 500 + 1000 * LATENCY_S  # the market moves every half second
        assert desk.reads == before

    on(test, venue)


def test_what_becomes_of_an_edited_order_is_told_of_the_one_in_its_place() -> None:
    """Bitget makes another order of it."""

    async def test(desk: Desk) -> None:
        order = await desk.manager.submit(desk.request("80000"))
        await asyncio.sleep(3)
        edited = await desk.exchange.edit_order(BTC, order_id=order.order_id, price="79000")
        assert edited.order_id != order.order_id
        await asyncio.sleep(3)
        desk.fill_all()
        await asyncio.sleep(3)
        _, update = desk.updates[-1]
        assert (update.order.order_id, update.order.status) == (edited.order_id, OrderStatus.FILLED)
        assert [effect.fill.quantity for effect in desk.filled] == [D("0.01")]
        assert desk.manager.book.leg(BTC).quantity == D("0.01")

    on(test, "bitget")


def test_the_end_that_an_edit_makes_of_an_order_is_no_end_of_following() -> None:
    """The push of it comes before the edit's answer, which names the order in its place."""

    async def test(desk: Desk) -> None:
        order = await desk.manager.submit(desk.request("80000"))

        async def follow() -> None:
            async for update in desk.manager.track():
                desk.updates.append((0, update))  # each is told once, to whoever asks first

        following = asyncio.create_task(follow())
        await asyncio.sleep(5)
        edited = await desk.exchange.edit_order(BTC, order_id=order.order_id, price="79000")
        await asyncio.sleep(3)
        assert not following.done()
        desk.fill_all()
        await asyncio.sleep(3)
        assert following.done()
        told = [update.order for _, update in desk.updates]
        assert OrderStatus.CANCELED not in {seen.status for seen in told}
        assert (told[-1].order_id, told[-1].status) == (edited.order_id, OrderStatus.FILLED)
        gone = await desk.manager.submit(desk.request("45000"))
        await desk.exchange.cancel_order(BTC, order_id=gone.order_id)
        await asyncio.sleep(3)
        assert desk.manager.orders[gone.client_order_id or ""].status is OrderStatus.CANCELED

    on(test, "bitget")


@pytest.mark.parametrize("venue", STREAMED)
def test_pushes_that_come_before_the_answer_to_placing_are_not_lost(venue: str) -> None:
    async def test(desk: Desk) -> None:
        await desk.manager.submit(desk.request())
        before = desk.reads
        await asyncio.sleep(0.5)
        assert [effect.fill.quantity for effect in desk.filled] == [D("0.01")]
        assert desk.updates[-1][1].order.status is OrderStatus.FILLED
        assert desk.reads == before

    on(test, venue)


@pytest.mark.parametrize("venue", STREAMED)
def test_what_is_filled_while_the_line_is_down_is_told_once(venue: str) -> None:
    async def test(desk: Desk) -> None:
        await desk.manager.submit(desk.request("80000"))
        await asyncio.sleep(3)
        desk.crowd.streams.hub.shut()
        await asyncio.sleep(0.1)
        desk.fill_all()
        await asyncio.sleep(20)
        assert [effect.fill.quantity for effect in desk.filled] == [D("0.01")]
        assert [update.order.status for _, update in desk.updates][-1] is OrderStatus.FILLED
        assert desk.manager.book.leg(BTC).quantity == D("0.01")

    on(test, venue)


def test_what_was_heard_of_an_order_that_is_forgotten_since_ends_no_following(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another loop has told all of it, while this one was busy."""
    monkeypatch.setattr("futures_async.manager.tracking.REMEMBERED", 1)

    async def test(desk: Desk) -> None:
        told: list[str] = []
        busy = asyncio.Event()

        async def follow_slowly() -> None:
            async for update in desk.manager.track(until_closed=False):
                told.append(update.order.order_id)
                await busy.wait()

        await desk.manager.submit(desk.request("70000"))
        following = asyncio.create_task(follow_slowly())
        await asyncio.sleep(10)
        await desk.manager.submit(desk.request("80000"))
        await asyncio.sleep(3)
        desk.fill_all()
        await asyncio.sleep(3)
        assert len(desk.filled) == 2
        await desk.manager.submit(desk.request("40000"))
        busy.set()
        await asyncio.sleep(3)
        assert not following.done()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    on(test)


def test_where_the_login_is_refused_orders_are_followed_by_reads() -> None:
    plan = FaultPlan(seed=1)
    plan.add("login-refused", probability=1.0, most=100)

    async def test(desk: Desk) -> None:
        await desk.manager.submit(desk.request("80000"))
        desk.fill_all()
        await asyncio.sleep(3)
        assert [effect.fill.quantity for effect in desk.filled] == [D("0.01")]

    on(test, plan=plan)


def test_an_order_of_which_no_push_tells_is_read() -> None:
    plan = FaultPlan(seed=1)

    async def test(desk: Desk) -> None:
        plan.add("push-lost", probability=1.0, most=1_000)
        await desk.manager.submit(desk.request())
        await asyncio.sleep(3)
        assert [effect.fill.quantity for effect in desk.filled] == [D("0.01")]

    on(test, plan=plan)


def test_a_venue_without_streams_is_read() -> None:
    async def test(desk: Desk) -> None:
        assert not desk.exchange.supports(Capability.WATCH_ORDERS)
        at_v1 = {"margin_mode": MarginMode.CROSS, "leverage": 10}  # where every order says them
        await desk.manager.submit(msgspec.structs.replace(desk.request("80000"), **at_v1))
        desk.fill_all()
        await asyncio.sleep(3)
        assert [effect.fill.quantity for effect in desk.filled] == [D("0.01")]
        assert desk.updates[-1][1].order.status is OrderStatus.FILLED

    on(test, "bitget-v1")


def test_it_ends_when_all_is_closed_and_leaves_nothing() -> None:
    async def test(desk: Desk) -> None:
        await desk.manager.submit(desk.request())
        updates = [update async for update in desk.manager.track()]
        assert updates == []  # the other who follows has told all
        assert desk.filled

    on(test)
