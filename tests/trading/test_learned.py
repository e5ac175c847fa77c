"""What orders repeat of what is set is never what a slow reading tells of before it was set."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import anyio
import pytest

from futures_async.adapters import Bitget, BitMart
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.trading.facts import Learned
from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.unified.enums import MarginMode
from tests.trading.test_reliances import arrivals, name_of

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Bitget, BitMart)]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
BITMART = SPECS[-1]


def slow_reads(on: Inside) -> asyncio.Event:
    """While it is set, answers to reads take a second on their way, so that they tell of what was."""
    slow = asyncio.Event()
    send = on.backend.send

    async def sent(request: HttpRequest) -> HttpResponse:
        answer = await send(request)
        if request.method == "GET" and slow.is_set():
            await anyio.sleep(1)
        return answer

    on.backend.send = sent  # type: ignore[method-assign]
    return slow


def played(spec: VenueSpec, play: Callable[[Inside, FaultPlan], Awaitable[None]]) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange:
            await play(on, plan)

    run(main())


@each_venue
def test_no_order_is_sent_in_the_margin_mode_of_a_reading_that_came_late(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, spec.symbol
        await exchange.set_margin_mode("isolated", symbol=symbol)
        arrived, slow = arrivals(on), slow_reads(on)
        slow.set()
        dashboard = asyncio.create_task(exchange.fetch_leverage(symbol))
        await anyio.sleep(0.1)
        slow.clear()
        await exchange.set_margin_mode("cross", symbol=symbol)
        assert (await dashboard).margin_mode == "isolated"
        await exchange.create_order(on.request(client_order_id=name_of(1)))
        assert arrived[name_of(1)].margin_mode == "cross"
        assert (await exchange.fetch_leverage(symbol)).margin_mode == "cross"

    played(spec, play)


def test_no_order_repeats_the_leverage_of_a_reading_that_came_late() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        await exchange.set_leverage(symbol, 20)
        arrived, slow = arrivals(on), slow_reads(on)
        slow.set()
        first = asyncio.create_task(exchange.create_order(on.request(client_order_id=name_of(1))))
        dashboard = asyncio.create_task(exchange.fetch_leverage(symbol))
        await anyio.sleep(0.1)
        slow.clear()
        await exchange.set_leverage(symbol, 3)
        # Nor does it share the reading of one that was asked for before; and that one reads again.
        await exchange.create_order(on.request(client_order_id=name_of(2)))
        assert (await dashboard).leverage == 20
        await first
        await exchange.create_order(on.request(client_order_id=name_of(3)))
        assert [int(order.leverage) for order in arrived.values()] == [3, 3, 3]

    played(BITMART, play)


def test_as_long_as_a_setting_may_still_land_what_stands_is_read_before_each_order() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        await exchange.set_leverage(symbol, 20)
        arrived = arrivals(on)
        plan.add("late-landing", kinds=[Kind.SETTING], most=1, delay_s=5)
        await exchange.set_leverage(symbol, 3)
        await exchange.create_order(on.request(client_order_id=name_of(1)))
        await anyio.sleep(10)
        await exchange.create_order(on.request(client_order_id=name_of(2)))
        assert [int(order.leverage) for order in arrived.values()] == [3, 3]

    played(BITMART, play)


def test_a_fact_holds_until_something_is_set_after_it_was_asked_for() -> None:
    made: list[int | None] = [0]
    learned = Learned[str](lambda: made[0])
    asked = learned.asked()
    learned.put("a", "old", asked)
    assert learned.get("a") == "old"
    assert learned.get("b") is None
    made[0] = 1
    assert learned.get("a") is None
    learned.put("a", "old", asked)  # which comes late
    assert learned.get("a") is None
    learned.put("a", "new", learned.asked())
    assert learned.get("a") == "new"
    made[0] = None  # something may still come to stand
    assert learned.get("a") is None
    learned.put("a", "newer", learned.asked())
    made[0] = 2
    assert learned.get("a") is None
    learned.put("a", "newest", 2)
    learned.forget("b")
    assert learned.get("a") == "newest"
    learned.forget("a")
    assert learned.get("a") is None
    learned.put("a", "newest", 2)
    learned.clear()
    assert learned.get("a") is None


def test_orders_that_wait_for_each_other_hand_nothing_to_and_fro(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def known(self: BitMart, name: str) -> tuple[Decimal | None, MarginMode | None]:
        nonlocal asked
        asked += 1
        assert asked < 100, "they never come to send"
        return Decimal(3), MarginMode.CROSS

    monkeypatch.setattr(BitMart, "_opening_terms", known)  # nothing of it waits

    async def play(on: Inside, plan: FaultPlan) -> None:
        async def place(leverage: int, several: bool) -> None:
            request = on.request(leverage=leverage)
            if several:
                [result] = await on.exchange.create_orders([request])
                assert result.error is None
            else:
                await on.exchange.create_order(request)

        async with anyio.create_task_group() as group:
            for leverage, several in ((3, False), (4, False), (5, True), (6, True), (7, False)):
                group.start_soon(place, leverage, several)
        assert len(await on.exchange.fetch_open_orders(BITMART.symbol)) == 5

    played(BITMART, play)
