"""Orders whose callers have gone, journals that fail, and several managers of one journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX
from futures_async.journal.journal import IntentRecord, Journal, MemoryJournal
from futures_async.manager.fills import FillEffect
from futures_async.manager.manager import OrderManager
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.unified import errors
from futures_async.unified.enums import OrderType
from tests.rig.support import Scripted, limit_order, order_of, toy, virtual

SPEC = VenueSpec(factory=OKX, raw_call=RawCall("/", {}))
Play = Callable[[Inside, FaultPlan, OrderManager], Awaitable[None]]


def managed(play: Play, journal: Journal | None = None) -> None:
    async def main() -> None:
        plan, kept = FaultPlan(), journal or MemoryJournal()
        on = Inside(SPEC, plan=plan)
        async with on.connect(on.credentials, journal=kept) as exchange:
            await exchange.fetch_contracts()
            await play(on, plan, OrderManager(exchange, journal=kept))

    run(main())


async def cancelled_after(seconds: float, call: Awaitable[Any]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call, seconds)


def market(on: Inside) -> Any:
    return on.request(type=OrderType.MARKET, price=None)


def test_an_order_whose_caller_has_gone_is_followed_and_counted() -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        plan.add("slow", kinds=[Kind.ORDER])
        await cancelled_after(0.2, manager.submit(market(on)))
        assert manager.orders == {}
        await anyio.sleep(3)
        assert len(manager.orders) == 1
        assert [update.filled async for update in manager.track()] == [SPEC.quantity]
        assert manager.book.leg(SPEC.symbol).quantity == SPEC.quantity

    managed(play)


def test_an_order_that_was_an_open_question_is_followed_once_it_is_found() -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        plan.add("answer-lost", kinds=[Kind.ORDER])
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await manager.submit(market(on), on_unknown="raise")
        assert manager.orders == {}
        order = await order_of(caught.value)
        assert list(manager.orders) == [order.client_order_id]

    managed(play)


@pytest.mark.parametrize("gone", [True, False])
def test_following_does_not_end_while_an_order_is_being_placed(gone: bool) -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        plan.add("slow", kinds=[Kind.ORDER])
        placing = asyncio.ensure_future(manager.submit(market(on)))
        await anyio.sleep(0.2)
        if gone:
            placing.cancel()
            await asyncio.wait([placing])
        with anyio.fail_after(60):
            assert [update.filled async for update in manager.track()] == [SPEC.quantity]
        assert manager.book.leg(SPEC.symbol).quantity == SPEC.quantity

    managed(play)


def test_nor_while_its_journal_has_not_written_it() -> None:
    class Slow(MemoryJournal):
        async def intent(self, record: IntentRecord) -> None:
            await anyio.sleep(0.7)
            await super().intent(record)

    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        placing = asyncio.ensure_future(manager.submit(market(on)))
        await anyio.sleep(0.1)
        assert [update.filled async for update in manager.track(interval_s=0.1)] == [SPEC.quantity]
        await placing

    managed(play, Slow())


def test_nor_while_the_fate_of_one_is_an_open_question(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        plan.add("answer-lost", kinds=[Kind.ORDER])
        plan.add("html-502", kinds=[Kind.READ], paths=["/api/v5/trade/*"])
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await manager.submit(market(on), on_unknown="raise")
        following: list[Decimal | str] = ["on"]

        async def follow() -> None:
            following[:] = [update.filled async for update in manager.track()]

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await anyio.sleep(300)
            assert following == ["on"]
            plan.rules.clear()
            await caught.value.resolve()
        assert following == [SPEC.quantity]

    managed(play)
    assert caplog.text.count("followed until their fate is known") == 1


@pytest.mark.parametrize("how", ["found absent", "recovered", "taken out"])
def test_following_ends_once_the_question_is_settled_though_nothing_stands(how: str) -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        plan.add("no-answer", kinds=[Kind.ORDER], applied=False)
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await manager.submit(market(on), on_unknown="raise")
        if how == "found absent":
            assert await caught.value.resolve() is None
        elif how == "recovered":
            assert len((await manager.recover()).not_placed) == 1
        else:
            caught.value.settled = True
        with anyio.fail_after(60):
            assert [update async for update in manager.track()] == []

    managed(play)


@virtual
@pytest.mark.parametrize("until_closed", [True, False])
@pytest.mark.parametrize("lost", [True, False])
async def test_following_ends_with_the_exchange_whatever_is_open(until_closed: bool, lost: bool) -> None:
    venue = Scripted(window_s=1e6, late_s=(7000.0, 7000.0))
    async with toy(venue) as exchange:
        manager = OrderManager(exchange, journal=MemoryJournal())
        if lost:
            venue.plan["/order/place"] = ["read-timeout-late"]
            with pytest.raises(errors.OrderOutcomeUnknown):
                await manager.submit(limit_order(client_order_id="mine1"), on_unknown="raise")
        else:
            await manager.submit(limit_order(client_order_id="mine1"))
        told: list[str] = []

        async def follow() -> None:
            told.extend([update.client_order_id async for update in manager.track(until_closed=until_closed)])
            told.append("ended")

        following = asyncio.ensure_future(follow())
        await anyio.sleep(30)
        assert not following.done()
    with anyio.fail_after(120):
        await following
        assert told == (["ended"] if lost else ["mine1", "ended"])
        assert [update.client_order_id async for update in manager.track(until_closed=until_closed)] == []


@pytest.mark.parametrize("under_way", [True, False])
def test_anothers_older_order_of_the_same_id_is_not_taken_for_the_managers(under_way: bool) -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        if under_way:
            plan.add("slow", kinds=[Kind.ORDER])
        manager = OrderManager(manager.exchange, journal=MemoryJournal())  # one that knows nothing of the other order
        older = msgspec.structs.replace(market(on), client_order_id="thisone1")
        past = asyncio.ensure_future(manager.exchange.create_order(older))
        await anyio.sleep(0.1)
        placing = asyncio.ensure_future(manager.submit(on.request(client_order_id="thisone1", leverage=7)))
        for _ in range(100):
            await anyio.sleep(0.001)
            assert manager.orders == {}
        with pytest.raises(errors.InvalidOrder, match="already used"):
            await placing
        await past
        assert [update async for update in manager.track()] == []
        assert manager.orders == {}

    managed(play)


@pytest.mark.parametrize("fault", ["refused", "refusal"])
def test_an_order_that_does_not_stand_is_not_expected(fault: str) -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        plan.add(fault, kinds=[Kind.ORDER])
        request = on.request(client_order_id="thisone1")
        with pytest.raises(errors.FuturesAsyncError):
            await manager.submit(request)
        plan.rules.clear()
        await manager.exchange.create_order(request)  # past the manager, under the same id
        assert manager.orders == {}

    managed(play)


def test_one_that_was_refused_after_its_caller_had_gone_is_not_expected_any_more() -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        plan.add("slow", kinds=[Kind.ORDER], most=1)
        too_much = on.request(quantity=SPEC.quantity * 100_000, client_order_id="thisone1")
        await cancelled_after(0.2, manager.submit(too_much))
        await anyio.sleep(3)
        assert isinstance(manager.exchange.outcome("thisone1"), errors.ExchangeError)
        assert manager.orders == {}
        await manager.exchange.create_order(on.request(client_order_id="thisone1"))
        assert manager.orders == {}

    managed(play)


class Failing(MemoryJournal):
    """A journal of somebody else's, that does not keep to what `Journal.verdict` says."""

    async def verdict(self, *told: Any, **more: Any) -> None:
        raise RuntimeError("no thread can be started")


def test_a_journal_that_fails_takes_no_order_from_its_caller(caplog: pytest.LogCaptureFixture) -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        exchange = manager.exchange
        assert (await exchange.create_order(on.request())).order_id
        assert all(result.order for result in await exchange.create_orders([on.request(), on.request()]))
        order = await manager.submit(on.request())
        assert list(manager.orders.values()) == [order]
        plan.add("refusal", kinds=[Kind.ORDER])
        with pytest.raises(errors.ExchangeError):
            await manager.submit(on.request())

    managed(play, Failing())
    assert "could not be written, its intent stays open" in caplog.text


def test_two_managers_do_not_place_the_same_slices() -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        other, whole = OrderManager(manager.exchange, journal=manager.journal), SPEC.quantity * 10

        def placing(by: OrderManager) -> Awaitable[Any]:
            return by.submit_sliced(on.request(quantity=whole), max_quantity=SPEC.quantity, group="one")

        first = asyncio.ensure_future(placing(manager))
        await anyio.sleep(0.5)
        with pytest.raises(errors.InvalidRequest, match="is being placed by another call"):
            await placing(other)
        assert (await first).placed == whole
        assert (await placing(other)).orders == ()  # all of it stands
        stands = await manager.exchange.fetch_open_orders(SPEC.symbol)
        assert sum((order.quantity for order in stands), Decimal(0)) == whole

    managed(play)


def test_groups_of_other_journals_are_other_groups() -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        exchange: Adapter = manager.exchange  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - made by `connect`
        request = on.request(quantity=SPEC.quantity * 2)
        several = [OrderManager(exchange, journal=MemoryJournal()) for _ in range(2)]
        placed = await asyncio.gather(
            *(one.submit_sliced(request, max_quantity=SPEC.quantity, group="one") for one in several)
        )
        assert [result.error for result in placed] == [None, None]

    managed(play)


@virtual
async def test_an_order_that_was_proved_absent_and_comes_late_is_followed() -> None:
    venue = Scripted(window_s=1e6, late_s=(70.0, 70.0))  # it does not keep to what it says of old requests
    async with toy(venue) as exchange:
        manager = OrderManager(exchange, journal=MemoryJournal())
        venue.plan["/order/place"] = ["read-timeout-late"]
        with pytest.raises(errors.OrderNotPlaced):
            await manager.submit(limit_order(client_order_id="mine1"))
        assert manager.orders == {}
        await anyio.sleep(900)
        assert list(manager.orders) == ["mine1"]


def test_a_callback_that_awaits_what_was_cancelled_ends_no_tracking(caplog: pytest.LogCaptureFixture) -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        async def on_fill(effect: FillEffect) -> None:
            given_up = asyncio.ensure_future(anyio.sleep(10))
            given_up.cancel()
            await given_up

        followed = OrderManager(manager.exchange, journal=manager.journal, on_fill=on_fill)
        await followed.submit(market(on))
        assert [update.filled async for update in followed.track()] == [SPEC.quantity]

    managed(play)
    assert "on_fill failed" in caplog.text


def test_tracking_that_is_cancelled_within_a_callback_ends() -> None:
    async def play(on: Inside, plan: FaultPlan, manager: OrderManager) -> None:
        async def on_fill(effect: FillEffect) -> None:
            await anyio.sleep(1000)

        followed = OrderManager(manager.exchange, journal=manager.journal, on_fill=on_fill)
        await followed.submit(market(on))

        async def track() -> None:
            async for _ in followed.track():
                pass

        tracking = asyncio.ensure_future(track())
        await anyio.sleep(5)
        tracking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await tracking

    managed(play)
