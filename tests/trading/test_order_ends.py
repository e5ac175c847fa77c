"""Ends of orders and batches that only come about when two things go wrong at once."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
import pytest

from futures_async.journal.journal import IntentRecord, JournalFailed, MemoryJournal
from futures_async.testing.virtual_time import run
from futures_async.trading import books
from futures_async.trading.batch import place_batch
from futures_async.trading.ordering import Ack, BatchPlacement, PlannedOrder, fingerprint
from futures_async.transport.clock import VenueClock
from futures_async.transport.dialect import Refusal, VenueTraits, refused
from futures_async.transport.endpoint import Kind, RateLimit
from futures_async.transport.http.backend import HttpFailure, Phase
from futures_async.transport.runtime import Work
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderStatus, OrderType, Outcome, PositionMode, Side
from futures_async.unified.errors import ExchangeError
from futures_async.unified.models import Order, OrderRequest
from tests.rig.support import BTC, Scripted, limit_order, page, ticks, toy, virtual
from tests.rig.toy import Toy, ToyDialect
from tests.trading.test_trading import until

PLACE, BATCH, DETAIL = "/order/place", "/order/batch", "/order/detail"
LOST = HttpFailure("read-timeout", Phase.BODY_STARTED, sent=True)


class FullDisk(MemoryJournal):
    """Has room for so many intents."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    async def intent(self, record: IntentRecord) -> None:
        if self.room == 0:
            raise JournalFailed("the disk is full")
        self.room -= 1
        await super().intent(record)


class Blind(ToyDialect):
    """A venue that finds nothing by an id of ours."""

    traits = VenueTraits(client_id=True, echoes_client_id=True, window_s=30.0)


class BlindToy(Toy):
    def make_dialect(self) -> ToyDialect:
        return Blind()


# Batches


@virtual
async def test_an_entry_of_a_batch_whose_id_was_used_keeps_no_other_one_out() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order(1, client_order_id="mine1"))
        used = limit_order(3, client_order_id="mine1")
        new, old, third = await exchange.create_orders(
            [limit_order(2, client_order_id="mine2"), used, limit_order(4, client_order_id="mine3")]
        )
        assert [one.order and one.order.client_order_id for one in (new, third)] == ["mine2", "mine3"]
        assert isinstance(old.error, errors.InvalidOrder)
        assert (old.error.client_order_id, old.error.outcome) == ("mine1", Outcome.NOT_SENT)
        assert "mine1 was already used" in old.error.text
        [again, _] = await exchange.create_orders([used, used])
        assert isinstance(again.error, errors.InvalidOrder)
        assert venue.sent(BATCH) == 1


@virtual
async def test_two_batches_at_once_do_not_both_place_an_id() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        batches = await asyncio.gather(
            *(
                exchange.create_orders([limit_order(1, client_order_id="mine1"), limit_order(2, client_order_id=other)])
                for other in ("mine2", "mine3")
            )
        )
        (_, second), (refused, third) = batches
        assert isinstance(refused.error, errors.InvalidOrder)
        assert [one.order and one.order.client_order_id for one in (second, third)] == ["mine2", "mine3"]


@virtual
async def test_a_batch_whose_intents_cannot_all_be_written_down_is_not_sent() -> None:
    venue = Scripted()
    journal = FullDisk(room=1)
    async with toy(venue, journal=journal) as exchange:
        orders = [limit_order(price, client_order_id=f"mine{price}") for price in (1, 2)]
        results = await exchange.create_orders(orders)
        assert [type(result.error) for result in results] == [JournalFailed] * 2
        assert venue.sent(BATCH) == 0
        assert exchange.unresolved() == []
        assert await journal.open_intents("toy", exchange.account_id) == []  # no question for `recover`
        journal.room = 9
        assert all(result.order for result in await exchange.create_orders(orders))


@virtual
async def test_an_order_that_cannot_be_written_down_is_not_sent_and_its_id_stays_free() -> None:
    venue = Scripted()
    journal = FullDisk(room=0)
    async with toy(venue, journal=journal) as exchange:
        with pytest.raises(JournalFailed) as caught:
            await exchange.create_order(limit_order(client_order_id="mine1"))
        assert caught.value.outcome is Outcome.NOT_SENT
        assert venue.sent(PLACE) == 0
        journal.room = 9
        await exchange.create_order(limit_order(client_order_id="mine1"))


class Slow(MemoryJournal):
    """Takes so many seconds to write an intent; or the process sleeps for so long, once it stands there."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.written: list[IntentRecord] = []

    async def intent(self, record: IntentRecord) -> None:
        await super().intent(record)
        self.written.append(record)
        await asyncio.sleep(self.seconds)


@virtual
async def test_an_order_whose_intent_took_too_long_to_write_is_not_sent_although_nobody_knows_that_it_is_late() -> None:
    venue = Scripted()
    journal = Slow(2.5)
    async with toy(venue, journal=journal) as exchange:
        with pytest.raises(errors.DeadlineExpired, match=r"toy .*nothing was sent") as caught:
            await exchange.create_order(limit_order(client_order_id="mine1"))
        assert caught.value.outcome is Outcome.NOT_SENT
        results = await exchange.create_orders([limit_order(price) for price in (1, 2)])
        assert [type(result.error) for result in results] == [errors.DeadlineExpired] * 2
        assert venue.sent(PLACE) == venue.sent(BATCH) == 0
        assert await journal.open_intents("toy", exchange.account_id) == []
        await exchange.create_order(limit_order(), send_within_s=3.0)
        assert venue.sent(PLACE) == 1


@virtual
async def test_the_fence_that_is_written_down_covers_the_time_that_an_order_has_to_be_sent() -> None:
    journal = Slow(0.0)
    async with toy(Scripted(), journal=journal) as exchange:
        for send_within_s in (2.0, 60.0):
            await exchange.create_order(limit_order(), send_within_s=send_within_s)
        short, long = (record.fence_ms - record.created_ms for record in journal.written if record.fence_ms is not None)
        assert long - short == 50_000


@virtual
async def test_an_order_that_another_process_may_be_about_to_send_is_not_proved_absent_too_soon() -> None:
    async with toy(Scripted()) as exchange:
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await exchange.resolve_order(BTC, "nobody1") is None
        window_s = exchange._dialect.traits.window_s
        assert window_s is not None
        assert loop.time() - began >= window_s + books.QUEUE_S


def forget_the_time(exchange: Toy, venue: Scripted) -> None:
    """As if the venue had told nothing of its clock yet."""
    vars(exchange._transport.clock).update(vars(VenueClock(wall=lambda: venue.now_ms() / 1000)))


@pytest.mark.parametrize("count", [1, 2])
@virtual
async def test_an_order_that_was_written_down_without_a_fence_is_not_sent_later_than_who_looks_for_it_allows(
    count: int,
) -> None:
    venue, journal = Scripted(), Slow(books.QUEUE_S + 1)
    async with toy(venue, journal=journal) as exchange:
        forget_the_time(exchange, venue)
        venue.always["/time"] = page(502)
        orders = [limit_order(price, client_order_id=f"mine{price}") for price in range(1, count + 1)]
        if count == 1:
            with pytest.raises(errors.DeadlineExpired, match="nothing was sent"):
                await exchange.create_order(orders[0], send_within_s=120)
        else:
            plans = [await exchange._plan(order) for order in orders]
            placed = await place_batch(
                exchange._orders, exchange._channel, plans, exchange._batch_placement(plans), 120
            )
            assert [type(one.error) for one in placed] == [errors.DeadlineExpired] * count
        assert [record.fence_ms for record in journal.written] == [None] * count
        assert venue.orders == []
        journal.seconds = books.QUEUE_S - 1
        await exchange.create_order(limit_order(), send_within_s=120)
        assert len(venue.orders) == 1


@virtual
async def test_an_order_with_a_fence_may_be_sent_as_late_as_was_said() -> None:
    venue, journal = Scripted(), Slow(70)
    async with toy(venue, journal=journal) as exchange:
        await exchange.create_order(limit_order(), send_within_s=120)
        assert len(venue.orders) == 1


@virtual
async def test_a_venue_without_a_call_for_its_time_tells_it_by_the_look_up() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        forget_the_time(exchange, venue)
        exchange._channel.sync = None
        assert await exchange.resolve_order(BTC, "nobody1") is None


@virtual
async def test_a_look_up_that_tells_no_time_proves_nothing() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        forget_the_time(exchange, venue)
        exchange._channel.sync = None
        for path in (DETAIL, "/order/open", "/order/history"):
            venue.always[path] = page(502)
        with pytest.raises(errors.OrderOutcomeUnknown):
            await exchange.resolve_order(BTC, "nobody1")


class Forgetful(Scripted):
    """Answers a batch with its first entry only."""

    def on_order_batch(self, query: dict[str, str], body: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        status, document = super().on_order_batch(query, body)
        return status, {**document, "data": document["data"][:1]}


@virtual
async def test_a_batch_that_is_answered_in_part_is_looked_up_entry_by_entry() -> None:
    venue = Forgetful()
    async with toy(venue) as exchange:
        results = await exchange.create_orders([limit_order(1), limit_order(2)])
        assert [result.order is not None and result.order.recovered for result in results] == [True, True]
        assert len(venue.orders) == 2


class Vague(Toy):
    """A venue that answers the second entry of a batch with a code that proves nothing."""

    def _batch_placement(self, orders: Sequence[PlannedOrder]) -> BatchPlacement:
        placement = super()._batch_placement(orders)

        def acks(result: Any) -> list[Ack | Refusal | ExchangeError]:
            first, *_ = placement.read_acks(result)
            return [first, ExchangeError("busy", code="500")]

        return placement._replace(read_acks=acks)


@virtual
async def test_an_entry_with_a_code_that_proves_nothing_is_looked_up() -> None:
    venue = Scripted()
    async with toy(venue, Vague) as exchange:
        first, second = await exchange.create_orders([limit_order(1), limit_order(2)])
        assert first.order is not None
        assert not first.order.recovered
        assert second.order is not None
        assert second.order.recovered


class Halfhearted(Scripted):
    """Places the first entry of a batch only."""

    def on_order_batch(self, query: dict[str, str], body: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        return super().on_order_batch(query, body[:1])


@virtual
async def test_closing_during_a_batch_tells_each_entry_what_is_known_of_it() -> None:
    venue = Halfhearted()
    async with toy(venue, Vague) as exchange:
        orders = [limit_order(price, client_order_id=f"mine{price}") for price in (1, 2)]
        task = asyncio.create_task(exchange.create_orders(orders))
        await until(lambda: isinstance(exchange.outcome("mine1"), Order) and bool(exchange.unresolved()))
        with pytest.raises(errors.UnresolvedOrders):
            await exchange.aclose(grace_s=0)
        first, second = await task
        assert isinstance(first.order, Order)
        assert isinstance(second.error, errors.OrderOutcomeUnknown)
        assert isinstance(second.error.__cause__, ExchangeError)


@virtual
async def test_each_entry_of_a_batch_that_was_lost_keeps_the_reason() -> None:
    venue = Scripted()
    async with toy(venue, BlindToy) as exchange:
        venue.plan[BATCH] = [page(502)]
        results = await exchange.create_orders([limit_order(1), limit_order(2)])
        assert [type(result.error) for result in results] == [errors.OrderOutcomeUnknown] * 2
        assert results[0].error is not results[1].error
        assert all(isinstance(result.error.__cause__, errors.VenueUnavailable) for result in results if result.error)


# Orders


@virtual
async def test_only_orders_whose_fate_is_certain_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "REMEMBERED", 2)
    venue = Scripted()
    async with toy(venue) as exchange:
        for number in (1, 2, 3):
            await exchange.create_order(limit_order(number, client_order_id=f"sure{number}"))
        assert exchange.outcome("sure1") is None
        assert exchange.outcome("sure3") is not None
        venue.always[PLACE] = LOST
        for number in (4, 5, 6, 7):
            with pytest.raises(errors.OrderOutcomeUnknown):
                await exchange.create_order(limit_order(number, client_order_id=f"open{number}"), on_unknown="raise")
        assert [error.client_order_id for error in exchange.unresolved()] == [f"open{n}" for n in (4, 5, 6, 7)]


@virtual
async def test_resolving_an_order_that_is_just_being_placed_waits_for_it() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        task = asyncio.create_task(exchange.create_order(limit_order(client_order_id="mine1")))
        await ticks(3)
        found = await exchange.resolve_order(BTC, "mine1")
        assert found == await task


@virtual
async def test_an_order_of_another_process_is_proved_absent_behind_a_fence_of_now() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        started = venue.now()
        assert await exchange.resolve_order(BTC, "others1") is None
        assert venue.now() - started > 30


@virtual
async def test_the_late_watch_ends_when_the_order_was_found_meanwhile_or_never_comes() -> None:
    late: list[Order] = []
    venue = Scripted()
    async with toy(venue, on_late_order=late.append) as exchange:
        venue.plan[PLACE] = ["html-502-applied", LOST]
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.create_order(limit_order(1), on_unknown="raise")
        assert await caught.value.resolve() is not None
        with pytest.raises(errors.OrderNotPlaced):
            await exchange.create_order(limit_order(2))
        venue.plan[DETAIL] = [page(502), page(502), page(502)]  # the first look of the watch fails
        await asyncio.sleep(700)
        assert all(watch.done for watch in exchange._orders._watches)
        assert late == []


@pytest.mark.parametrize("batch", [False, True])
def test_an_order_left_in_doubt_after_its_search_is_watched_too(batch: bool) -> None:
    async def main() -> None:
        late: list[Order] = []
        venue = Scripted(window_s=1e6, late_s=(70.0, 70.0))
        async with toy(venue, on_late_order=late.append) as exchange:
            venue.plan[PLACE] = venue.plan[BATCH] = ["read-timeout-late"]
            venue.always[DETAIL] = page(502)
            order = limit_order(client_order_id="mine1")
            if batch:
                results = await exchange.create_orders([order, limit_order(2)])
                question: Any = results[0].error
            else:
                with pytest.raises(errors.OrderOutcomeUnknown) as caught:
                    await exchange.create_order(order)
                question = caught.value
            with pytest.raises(errors.OrderOutcomeUnknown):
                await question.resolve(deadline_s=1)
            assert len(exchange._orders._watches) == (
                2 if batch else 1
            )  # one for each order, however often it is asked
            venue.always.clear()
            await asyncio.sleep(900)
            assert [one.client_order_id for one in late if one.client_order_id == "mine1"] == ["mine1"]
            found = exchange.outcome("mine1")
            assert isinstance(found, Order)
            assert found.recovered
            assert exchange.unresolved() == []

    run(main())


@virtual
async def test_an_order_under_the_id_of_one_that_was_proved_absent_is_not_reported_as_late() -> None:
    late: list[Order] = []
    venue = Scripted()
    async with toy(venue, on_late_order=late.append) as exchange:
        venue.plan[PLACE] = [LOST]
        with pytest.raises(errors.OrderNotPlaced):
            await exchange.create_order(limit_order(client_order_id="mine1"))
        placed = await exchange.create_order(limit_order(client_order_id="mine1"))
        await asyncio.sleep(900)
        assert late == []
        assert exchange.outcome("mine1") is placed


@virtual
async def test_an_order_placed_here_is_resolved_as_it_is_now() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order(client_order_id="mine1"))
        venue.orders[0].status = "filled"
        venue.plan[DETAIL] = [page(403)]
        seen = await exchange.resolve_order(BTC, "mine1")  # it cannot be read now, and was placed all the same
        assert seen is not None
        assert seen.status is OrderStatus.NEW
        with pytest.raises(errors.InvalidRequest, match="is an order of BTC/USDT:USDT, not of ETH/USDT:USDT"):
            await exchange.resolve_order("ETH/USDT:USDT", "mine1")
        await asyncio.sleep(120)
        for _ in range(2):
            now = await exchange.resolve_order(BTC, "mine1")
            assert now is not None
            assert now.status is OrderStatus.FILLED


@virtual
async def test_where_nothing_can_be_looked_up_nothing_is_watched() -> None:
    venue = Scripted()
    async with toy(venue, BlindToy) as exchange:
        venue.plan[PLACE] = [LOST]
        with pytest.raises(errors.OrderOutcomeUnknown):
            await exchange.create_order(limit_order(), on_unknown="raise")
        assert exchange._orders._watches == set()


@virtual
async def test_closing_before_an_order_was_sent_says_that_it_was_not() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=1) as exchange:
        await exchange.create_order(limit_order(1))
        task = asyncio.create_task(exchange.create_order(limit_order(2, client_order_id="mine2")))
        await ticks(3)
        await exchange.aclose(grace_s=0)
        with pytest.raises(errors.ClientClosed) as caught:
            await task
        assert caught.value.client_order_id == "mine2"
        assert venue.sent(PLACE) == 1


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"venue_symbol": "ETHUSDT"}, ["symbol"]),
        ({"side": Side.SELL}, ["side"]),
        ({"quantity": Decimal("0.4")}, ["quantity"]),
        ({"quantity": Decimal("0.6")}, ["quantity"]),
        ({"type": OrderType.MARKET}, ["type"]),
        ({"type": OrderType.UNKNOWN}, []),
        ({"price": Decimal(101)}, ["price"]),
        ({"price": None}, []),
    ],
    ids=str,
)
@virtual
async def test_an_order_is_another_one_by_any_of_its_terms(changes: dict[str, Any], names: list[str]) -> None:
    async with toy(Scripted()) as exchange:
        order = await exchange.create_order(limit_order())
        plan = await exchange._plan(limit_order())
        assert fingerprint(plan).differences(msgspec.structs.replace(order, **changes)) == names


@virtual
async def test_a_venue_may_be_known_to_move_prices() -> None:
    async with toy(Scripted()) as exchange:
        order = await exchange.create_order(limit_order())
        plan = await exchange._plan(limit_order())
        moved = msgspec.structs.replace(order, price=Decimal(101), quantity=Decimal("0.4"))
        assert fingerprint(plan).differences(moved, moves_prices=True) == ["quantity"]


@virtual
async def test_a_closing_order_may_be_cut_down_to_what_there_is_to_close() -> None:
    async with toy(Scripted()) as exchange:
        order = await exchange.create_order(limit_order())
        plan = await exchange._plan(limit_order(intent=Intent.CLOSE))
        smaller = msgspec.structs.replace(order, quantity=Decimal("0.4"))
        assert fingerprint(plan).differences(smaller) == []


@virtual
async def test_requests_that_contradict_themselves_are_refused_before_anything_is_sent() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        wrong: Any = "hope"
        with pytest.raises(errors.InvalidRequest):
            await exchange.create_order(limit_order(), on_unknown=wrong)
        first, second = await exchange.create_orders(
            [limit_order(1, client_order_id="mine1"), limit_order(2, client_order_id="mine1")]
        )
        assert first.order is not None
        assert isinstance(second.error, errors.InvalidOrder)
        assert len(venue.orders) == 1


class Fussy(ToyDialect):
    """A venue that says when an order does not fit the position mode."""

    codes: ClassVar = {**ToyDialect.codes, **refused(errors.PositionModeConflict, "411")}


class FussyToy(Toy):
    def make_dialect(self) -> ToyDialect:
        return Fussy()


@pytest.mark.parametrize("several", [False, True])
@virtual
async def test_a_position_mode_that_was_changed_elsewhere_is_read_anew(several: bool) -> None:
    venue = Scripted()
    async with toy(venue, FussyToy) as exchange:
        exchange._position_mode = PositionMode.HEDGE
        venue.always[BATCH] = venue.always[PLACE] = venue.says("411")
        if several:
            results = await exchange.create_orders([limit_order(1), limit_order(2)])
            assert [type(result.error) for result in results] == [errors.PositionModeConflict] * 2
        else:
            with pytest.raises(errors.PositionModeConflict):
                await exchange.create_order(limit_order())
        assert exchange._position_mode is None


@virtual
async def test_a_wait_for_another_try_that_takes_too_long_ends_with_what_ended_the_last_one() -> None:
    venue = Scripted()
    async with toy(venue, uid_limit=RateLimit(1, 5.0)) as exchange:
        await asyncio.sleep(5)
        venue.plan[PLACE] = [venue.says("429", status=429, retry_after="0.5")]
        with pytest.raises(errors.RateLimited):
            await exchange.create_order(limit_order())
        assert venue.sent(PLACE) == 1


@virtual
async def test_closing_during_a_search_keeps_what_made_the_order_unknown() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [LOST]
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.create_order(limit_order(), on_unknown="raise")
        with pytest.raises(errors.UnresolvedOrders):
            await exchange.aclose(grace_s=0)
        with pytest.raises(errors.OrderOutcomeUnknown) as again:
            await caught.value.resolve()
        assert again.value is caught.value
        assert isinstance(again.value.__cause__, errors.RequestTimeout)


# Closing


@virtual
async def test_closing_says_at_once_whose_fate_it_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [LOST]
        venue.plan[DETAIL] = [page(502)] * 1000
        placing = asyncio.create_task(exchange.create_order(limit_order(1, client_order_id="mine1")))
        await until(lambda: bool(exchange.unresolved()))
        caplog.clear()
        closing = asyncio.create_task(exchange.aclose(grace_s=10))
        await until(lambda: any("closing" in record.getMessage() for record in caplog.records))
        assert not closing.done()
        said = [record.getMessage() for record in caplog.records if "closing" in record.getMessage()]
        assert said == [f"toy: closing waits up to 10 s to learn what became of order mine1 of {BTC}"]
        with pytest.raises(errors.UnresolvedOrders, match=f"acted on order mine1 of {BTC} .ask resolve_order"):
            await closing
        with pytest.raises(errors.OrderOutcomeUnknown):
            await placing


@virtual
async def test_closing_names_writes_under_way_by_their_number_and_says_nothing_where_there_are_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        started = asyncio.Event()

        async def slow() -> None:
            started.set()
            await asyncio.sleep(1)

        writing = asyncio.create_task(exchange._channel.deeds.see_through(slow, Kind.SETTING))
        await started.wait()
        await exchange.aclose(grace_s=10)
        await writing
    assert [record.getMessage() for record in caplog.records] == [
        "toy: closing waits up to 10 s to learn what became of 1 write under way"
    ]
    caplog.clear()
    async with toy(venue) as exchange:
        await exchange.aclose(grace_s=10)
    assert caplog.records == []


# What is kept of an order


class Held:
    """What a caller has at hand."""


async def tried(exchange: Toy, batch: bool) -> weakref.ref[Held]:
    """Place orders, whatever becomes of them."""
    held = Held()
    try:
        orders = [limit_order(price, client_order_id=f"mine{price}") for price in (1, 2)]
        await (exchange.create_orders(orders) if batch else exchange.create_order(orders[0], send_within_s=0.1))
    except errors.FuturesAsyncError:
        pass
    return weakref.ref(held)


async def works() -> int:
    await ticks(5)
    gc.collect()
    return sum(isinstance(one, Work) for one in gc.get_objects())


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("fate", ["refusal", "connect-timeout", "absent"])
def test_an_order_that_is_not_placed_leaves_no_frame_and_no_task(fate: str, batch: bool) -> None:
    venue = Scripted()
    path = BATCH if batch else PLACE

    @virtual
    async def play() -> None:
        async with toy(venue) as exchange:
            await exchange.fetch_open_orders()
            before = await works()
            venue.plan[path] = [LOST] if fate == "absent" else [fate] * 9
            caller = await tried(exchange, batch)
            late = 0 if fate != "absent" else 1 + batch  # each is looked for
            assert await works() - before == late
            assert caller() is None
            kept = exchange.outcome("mine1")
            assert isinstance(kept, errors.FuturesAsyncError)
            assert (kept.__traceback__, kept.outcome is Outcome.UNKNOWN) == (None, False)
            if kept.refusal is not None:
                assert kept.refusal.__traceback__ is None

    play()


@virtual
async def test_an_order_whose_caller_has_left_leaves_no_task() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        await exchange.fetch_open_orders()
        before = await works()
        placing = asyncio.create_task(exchange.create_order(limit_order(client_order_id="mine1")))
        await until(lambda: bool(venue.orders))
        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing
        del placing
        await until(lambda: exchange.outcome("mine1") is not None)
        assert await works() == before


def test_a_refusal_is_kept_with_what_it_came_from_and_without_frames() -> None:
    absent, refusal = errors.OrderNotPlaced("not there"), errors.ExchangeError("no", venue="toy", code="7")
    try:
        try:
            raise refusal
        except errors.ExchangeError as error:
            absent.refusal = error
            raise absent from error
    except errors.OrderNotPlaced as error:
        kept = errors.at_rest(error)
    assert absent.__traceback__ is not None
    assert (kept.__traceback__, str(kept)) == (None, str(absent))
    assert kept.refusal is kept.__cause__ is not refusal
    assert kept.refusal is not None
    assert (kept.refusal.code, kept.refusal.__traceback__) == ("7", None)
    absent.__cause__ = None
    other = errors.at_rest(absent).refusal
    assert other is not None
    assert (other.code, other.__traceback__) == ("7", None)


class Plodding(Toy):
    """Takes three seconds to learn what an order needs."""

    async def _check_bounds(self, request: OrderRequest, venue_symbol: str) -> None:
        await asyncio.sleep(3)


@virtual
async def test_what_an_order_needs_counts_towards_the_time_in_which_it_is_sent_but_keeps_no_close_here() -> None:
    venue, journal = Scripted(), MemoryJournal()
    async with toy(venue, Plodding, journal=journal) as exchange:
        with pytest.raises(errors.DeadlineExpired, match="the order was not sent") as caught:
            await exchange.create_order(limit_order(client_order_id="mine1"))
        assert (caught.value.outcome, caught.value.client_order_id) == (Outcome.NOT_SENT, "mine1")
        assert (venue.sent(PLACE), exchange.outcome("mine1")) == (0, None)
        assert await journal.open_intents("toy", exchange.account_id) == []
        await exchange.create_order(limit_order(client_order_id="mine1"), send_within_s=4)
        venue.plan[PLACE] = ["refused"] * 9
        began = asyncio.get_running_loop().time()
        with pytest.raises(errors.NotSent):
            await exchange.create_order(limit_order(2), send_within_s=4)
        assert asyncio.get_running_loop().time() - began <= 4
        venue.plan[PLACE] = []
        held = await exchange.fetch_position(BTC)
        assert held is not None
        assert await exchange.close_position(BTC) is not None
