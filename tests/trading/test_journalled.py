"""Orders and their journal: what one account's orders write says nothing of another's, nor of an earlier attempt."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import futures_async as fa
from futures_async import Credentials
from futures_async.journal.journal import IntentRecord, MemoryJournal
from futures_async.manager.manager import OrderManager
from futures_async.testing.virtual_time import run
from futures_async.transport.clock import VenueClock
from tests.rig.support import BTC, Scripted, limit_order, toy, virtual
from tests.rig.toy import Toy
from tests.rig.venue import EPOCH_MS

PLACE, TIME = "/order/place", "/time"
LANDED = "read-timeout-applied"


async def left_open(journal: MemoryJournal, exchange: fa.FuturesExchange) -> list[str]:
    return [record.client_order_id for record in await journal.open_intents(exchange.id, exchange.account_id)]


@virtual
async def test_a_verdict_on_one_account_leaves_the_same_id_of_another_open() -> None:
    journal, here, there = MemoryJournal(), Scripted(), Scripted()
    mine, other = Credentials("key-1", "secret-1"), Credentials("key-2", "secret-2")
    async with toy(here, credentials=mine, journal=journal) as first:
        here.plan[PLACE] = [LANDED]
        with pytest.raises(fa.OrderOutcomeUnknown):
            await first.create_order(limit_order(client_order_id="signal1"), on_unknown="raise")
        async with toy(there, credentials=other, journal=journal) as second:
            there.plan[PLACE] = ["refusal"]
            with pytest.raises(fa.InsufficientMargin):
                await second.create_order(limit_order(client_order_id="signal1"))
        assert await left_open(journal, first) == ["signal1"]
    async with toy(here, credentials=mine, journal=journal) as again:
        found = await OrderManager(again, journal=journal).recover()
        assert [order.client_order_id for order in found.placed] == ["signal1"]


async def place(how: str, exchange: Toy, journal: MemoryJournal, **options: Any) -> fa.Order:
    request = limit_order(client_order_id="signal1")
    if how == "exchange":
        return await exchange.create_order(request, **options)
    return await OrderManager(exchange, journal=journal).submit(request, **options)


@pytest.mark.parametrize(
    ("how", "kept"), [("exchange", "by both"), ("manager", "by both"), ("manager", "by the manager")]
)
def test_an_id_whose_intent_was_left_open_is_not_sent_again(how: str, kept: str) -> None:
    async def main() -> None:
        journal, venue = MemoryJournal(), Scripted(dedup="open")
        own: dict[str, Any] = {"journal": journal} if kept == "by both" else {}
        async with toy(venue, **own) as first:
            venue.plan[PLACE] = [LANDED]
            with pytest.raises(fa.OrderOutcomeUnknown):
                await place(how, first, journal, on_unknown="raise")
        venue.orders[0].status = "filled"
        async with toy(venue, **own) as second:
            with pytest.raises(fa.InvalidRequest, match=r"fate is open.*recover"):
                await place(how, second, journal)
            assert venue.sent(PLACE) == 0
            assert await left_open(journal, second) == ["signal1"]
            found = await OrderManager(second, journal=journal).recover()
            assert [order.order_id for order in found.placed] == [str(venue.orders[0].order_id)]
            with pytest.raises(fa.InvalidRequest, match="was placed"):
                await place(how, second, journal)
        assert len(venue.orders) == 1

    run(main())


@virtual
async def test_an_exchange_and_its_manager_write_one_intent_together() -> None:
    journal, venue = MemoryJournal(), Scripted()
    async with toy(venue, journal=journal) as exchange:
        order = await OrderManager(exchange, journal=journal).submit(limit_order(client_order_id="signal1"), group="g")
        (entry,) = await journal.group("toy", exchange.account_id, "g")
        assert (entry.order_id, entry.record.fence_ms is not None) == (order.order_id, True)


@virtual
async def test_a_hook_of_an_order_under_way_writes_an_attempt_of_its_own() -> None:
    journal, venue = MemoryJournal(), Scripted()
    tried: list[BaseException | fa.Order] = []
    async with toy(venue, journal=journal) as exchange, toy(venue, journal=journal) as other:
        started: list[asyncio.Task[Any]] = []

        def on_event(event: Any) -> None:
            if not started:
                started.append(asyncio.create_task(place("exchange", other, journal)))

        exchange.observe(on_event)
        await place("manager", exchange, journal)
        tried += await asyncio.gather(*started, return_exceptions=True)
    assert [type(one) for one in tried] == [fa.InvalidRequest]
    assert len(venue.orders) == 1


@virtual
async def test_a_second_submit_of_an_id_leaves_the_first_ones_intent_as_it_is() -> None:
    journal, venue = MemoryJournal(), Scripted()
    async with toy(venue) as exchange:
        manager = OrderManager(exchange, journal=journal)
        venue.plan[PLACE] = [LANDED]
        request = limit_order(client_order_id="signal1")
        first = asyncio.create_task(manager.submit(request, on_unknown="raise"))
        await asyncio.sleep(0.001)
        with pytest.raises(fa.InvalidOrder, match="just being placed"):
            await manager.submit(request)
        assert (await manager.recover()).placed == ()  # it is still under way, and left alone
        with pytest.raises(fa.OrderOutcomeUnknown):
            await first
        with pytest.raises(fa.InvalidRequest, match="fate is open"):
            await manager.submit(request)
        assert await left_open(journal, exchange) == ["signal1"]
    assert venue.sent(PLACE) == 1
    async with toy(venue) as again:
        assert len((await OrderManager(again, journal=journal).recover()).placed) == 1


@virtual
async def test_closing_before_an_intent_is_written_says_nothing_of_an_earlier_one() -> None:
    class Stuck(MemoryJournal):
        stuck = False

        async def intent(self, record: IntentRecord) -> None:
            if self.stuck:
                await asyncio.sleep(60)
            await super().intent(record)

    journal, venue = Stuck(), Scripted()
    async with toy(venue, journal=journal) as first:
        venue.plan[PLACE] = [LANDED]
        with pytest.raises(fa.OrderOutcomeUnknown):
            await place("exchange", first, journal, on_unknown="raise")
    journal.stuck = True
    async with toy(venue, journal=journal) as second:
        placing = asyncio.create_task(place("exchange", second, journal))
        await asyncio.sleep(0.1)
        await second.aclose(grace_s=0)
        with pytest.raises(fa.NotSent):
            await placing
        assert await left_open(journal, second) == ["signal1"]


@pytest.mark.parametrize("both", [True, False])
@virtual
async def test_an_order_whose_row_of_the_manager_took_long_is_not_sent_after_it_was_called_absent(both: bool) -> None:
    class SlowOnce(MemoryJournal):
        slept = False

        async def intent(self, record: IntentRecord) -> None:
            await super().intent(record)
            if not self.slept:
                self.slept = True
                await asyncio.sleep(70)

    venue, journal = Scripted(), SlowOnce()
    async with toy(venue, journal=journal if both else None) as exchange, toy(venue) as other:
        submitting = asyncio.create_task(OrderManager(exchange, journal=journal).submit(limit_order()))
        await asyncio.sleep(1)
        found = await OrderManager(other, journal=journal).recover()
        assert len(found.not_placed) == 1
        with pytest.raises(fa.DeadlineExpired):
            await submitting
        assert venue.orders == []


@virtual
async def test_the_intents_of_a_batch_are_written_at_once() -> None:
    class Flushing(MemoryJournal):
        async def intent(self, record: IntentRecord) -> None:
            await asyncio.sleep(0.5)
            await super().intent(record)

    venue = Scripted()
    async with toy(venue, journal=Flushing()) as exchange:
        results = await exchange.create_orders([limit_order(price) for price in range(1, 7)])
        assert all(result.order for result in results)


@pytest.mark.parametrize("elsewhere", [{"demo": True}, {"base_url": "http://127.0.0.1:8900"}])
def test_what_is_absent_in_demo_or_simulated_says_nothing_of_a_live_order(elsewhere: dict[str, Any]) -> None:
    async def main() -> None:
        journal, live, other = MemoryJournal(), Scripted(), Scripted()
        keys = Credentials("key-1", "secret-1", uid="1234")
        async with toy(live, credentials=keys, journal=journal) as exchange:
            live.plan[PLACE] = [LANDED]
            with pytest.raises(fa.OrderOutcomeUnknown):
                await exchange.create_order(limit_order(client_order_id="signal1"), on_unknown="raise")
        async with toy(other, credentials=keys, journal=journal, **elsewhere) as exchange:
            found = await OrderManager(exchange, journal=journal).recover()
            assert (found.not_placed, found.unknown) == ((), ())
            await exchange.create_order(limit_order(client_order_id="signal1"))  # an id of its own there
        async with toy(live, credentials=keys, journal=journal) as exchange:
            found = await OrderManager(exchange, journal=journal).recover()
            assert [order.client_order_id for order in found.placed] == ["signal1"]

    run(main())


def behind(exchange: Toy) -> None:
    """Nothing is known of the venue's clock, and this computer's is five minutes behind it."""
    vars(exchange._transport.clock).update(vars(VenueClock(wall=lambda: EPOCH_MS / 1000 - 300)))


@virtual
async def test_what_another_process_left_is_judged_by_the_venues_clock() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        behind(exchange)
        began = asyncio.get_running_loop().time()
        assert await exchange.resolve_order(BTC, "signal1") is None
        window_s = exchange._dialect.traits.window_s
        assert window_s is not None
        assert asyncio.get_running_loop().time() - began > window_s


@virtual
async def test_nothing_is_called_absent_by_a_clock_of_which_the_venue_has_told_nothing() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        behind(exchange)
        venue.always[TIME] = "html-502-lost"
        with pytest.raises(fa.OrderOutcomeUnknown):
            await exchange.resolve_order(BTC, "signal1")
        await exchange.create_order(limit_order(client_order_id="signal2"))
        assert await exchange.resolve_order(BTC, "signal2") is not None


@virtual
async def test_an_intent_has_its_fence_by_the_venues_clock() -> None:
    journal, venue = MemoryJournal(), Scripted()
    venue.plan[PLACE] = [LANDED]
    async with toy(venue, journal=journal) as exchange:
        behind(exchange)
        with pytest.raises(fa.OrderOutcomeUnknown):
            await exchange.create_order(limit_order(client_order_id="signal1"), on_unknown="raise")
        (record,) = await journal.open_intents(exchange.id, exchange.account_id)
        assert record.fence_ms is not None
        assert record.fence_ms > EPOCH_MS


@virtual
async def test_a_clock_that_could_not_be_read_writes_no_fence() -> None:
    journal, venue = MemoryJournal(), Scripted()
    # Refused for its time stamp, whereupon the clock is read, and what is signed now lands until later.
    venue.plan[PLACE] = [venue.says("408"), LANDED]
    async with toy(venue, journal=journal) as exchange:
        behind(exchange)
        venue.plan[TIME] = ["html-502-lost"] * 3
        placing = exchange.create_order(limit_order(client_order_id="signal1"), on_unknown="raise", send_within_s=30)
        with pytest.raises(fa.OrderOutcomeUnknown) as caught:
            await placing
        assert [attempt.phase for attempt in caught.value.attempts] == ["refused", "arrived"]
        (record,) = await journal.open_intents(exchange.id, exchange.account_id)
        assert caught.value.fence_until_ms is not None
        assert caught.value.fence_until_ms > EPOCH_MS
        assert record.fence_ms is None
    async with toy(venue) as exchange:
        began = asyncio.get_running_loop().time()
        venue.orders.clear()
        venue.by_client.clear()
        found = await OrderManager(exchange, journal=journal).recover()
        assert [left.client_order_id for left in found.not_placed] == ["signal1"]
        assert asyncio.get_running_loop().time() - began > 30


class Hung(MemoryJournal):
    """Writes once it is let go; verdicts too, where they are to hang."""

    def __init__(self, *, verdicts: bool = False) -> None:
        super().__init__()
        self.hangs = [not verdicts, verdicts]
        self.let_go = asyncio.Event()

    async def intent(self, record: IntentRecord) -> None:
        if self.hangs[0]:
            await self.let_go.wait()
        await super().intent(record)

    async def verdict(self, *names: Any, **more: Any) -> None:
        if self.hangs[1]:
            await self.let_go.wait()
        await super().verdict(*names, **more)


@pytest.mark.parametrize("by", ["exchange", "manager", "batch"])
@virtual
async def test_an_order_whose_journal_hangs_is_given_up_in_time_and_its_intent_closed_when_it_comes(by: str) -> None:
    journal, venue, loop = Hung(), Scripted(), asyncio.get_running_loop()
    async with toy(venue, journal=None if by == "manager" else journal) as exchange:
        began = loop.time()
        if by == "batch":
            [first, _] = await exchange.create_orders([limit_order(1), limit_order(2)])
            assert isinstance(first.error, fa.DeadlineExpired)
        else:
            with pytest.raises(fa.DeadlineExpired, match="the journal did not write it down in time"):
                await place(by, exchange, journal)
        assert loop.time() - began == pytest.approx(2, abs=0.1)
        journal.let_go.set()
        await asyncio.sleep(0.1)
        assert await left_open(journal, exchange) == []
        assert venue.orders == []
        assert (await place(by.replace("batch", "exchange"), exchange, journal)).order_id


@pytest.mark.parametrize("by", ["exchange", "manager"])
@virtual
async def test_an_order_that_stands_is_told_although_its_verdict_hangs(by: str) -> None:
    journal, loop = Hung(verdicts=True), asyncio.get_running_loop()
    async with toy(Scripted(), journal=None if by == "manager" else journal) as exchange:
        began = loop.time()
        assert (await place(by, exchange, journal)).order_id
        assert loop.time() - began == pytest.approx(5, abs=0.5)
        assert await left_open(journal, exchange) == ["signal1"]
        journal.let_go.set()
        await asyncio.sleep(0.1)
        assert await left_open(journal, exchange) == []
