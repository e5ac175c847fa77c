"""What callers see of orders, cancels, settings and batches when single things go wrong, on the toy venue."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

import futures_async as fa
from futures_async.journal.journal import MemoryJournal
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest
from futures_async.transport.limits.none import NoLimiter
from tests.rig.support import order_of
from tests.rig.toy import Toy
from tests.rig.venue import ToyVenue

Scenario = Callable[[Toy, ToyVenue], Awaitable[None]]
BTC = "BTC/USDT:USDT"


def play(scenario: Scenario, *, unresolved: bool = False, **options: Any) -> ToyVenue:
    """Run a scenario against a venue that makes no faults but those that the scenario asks for."""
    venue = ToyVenue(fault_rate=0.0, lookup_fault_rate=0.0, lag_s=0.0)
    venue.fill_every = 0

    async def main() -> None:
        exchange = Toy(fa.Credentials("key-1", "secret-1"), http=venue, limiter=NoLimiter(), **options)
        await exchange.fetch_time()
        await scenario(exchange, venue)
        if unresolved:
            with pytest.raises(fa.UnresolvedOrders):
                await exchange.aclose()
        else:
            await exchange.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert exchange._transport.backend.slots.free == venue.max_connections  # pyright: ignore[reportPrivateUsage] - nothing may be lost

    run(main())
    return venue


def fails(venue: ToyVenue, path: str, fault: str, times: int = 1) -> None:
    """The next `times` requests of a path meet a fault."""
    left = [times]

    def force(request: HttpRequest) -> str | None:
        if path in request.url and left[0] > 0:
            left[0] -= 1
            return fault
        return ""

    venue.force = force


def request(**changes: Any) -> fa.OrderRequest:
    fields: dict[str, Any] = {
        "symbol": BTC,
        "side": fa.Side.BUY,
        "type": fa.OrderType.LIMIT,
        "quantity": Decimal("0.5"),
        "price": Decimal(100),
    }
    return fa.OrderRequest(**fields | changes)


def sent(venue: ToyVenue, path: str) -> int:
    return sum(path in one.url for one in venue.requests)


async def until(condition: Callable[[], bool]) -> None:
    """Let virtual time pass until something has happened."""
    while not condition():  # noqa: ASYNC110 - virtual time, one millisecond a step
        await asyncio.sleep(0.001)


# Placing


def test_an_order_whose_answer_was_lost_comes_back_as_if_nothing_had_happened() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/place", "read-timeout-applied")
        order = await exchange.create_order(request())
        assert order.recovered
        assert exchange.outcome(order.client_order_id or "") == order
        assert exchange.unresolved() == []

    assert sent(play(scenario), "/order/place") == 1


def test_on_unknown_raise_gives_the_question_at_once_and_resolve_answers_it() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/place", "html-502-applied")
        with pytest.raises(fa.OrderOutcomeUnknown) as caught:
            await exchange.create_order(request(), on_unknown="raise")
        error = caught.value
        assert error.client_order_id is not None
        assert error.symbol == BTC
        assert error.fence_until_ms is not None
        assert error.fence_until_ms > venue.now_ms()
        assert error.attempts[0].phase == "arrived"
        assert error.outcome is fa.Outcome.UNKNOWN
        assert exchange.unresolved() == [error]
        order = await order_of(error)
        assert order.client_order_id == error.client_order_id
        assert await error.resolve() == order
        assert exchange.unresolved() == []
        assert await exchange.resolve_order(BTC, error.client_order_id) == order

    play(scenario)


def test_an_order_that_never_arrived_is_proved_absent_after_its_fence_and_not_before() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/place", "read-timeout-lost")
        started = venue.now()
        with pytest.raises(fa.OrderNotPlaced) as caught:
            await exchange.create_order(request())
        assert venue.now() - started >= 35
        assert caught.value.outcome is fa.Outcome.NOT_PLACED
        assert await exchange.resolve_order(BTC, caught.value.client_order_id or "") is None

    assert play(scenario).orders == []


def test_an_order_that_turns_up_after_its_verdict_is_reported() -> None:
    late: list[fa.Order] = []

    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        venue.window_s = 1e6  # a venue that ignores its own window
        venue.late_s = (50.0, 50.0)
        fails(venue, "/order/place", "read-timeout-late")
        with pytest.raises(fa.OrderNotPlaced):
            await exchange.create_order(request())
        await asyncio.sleep(120)
        assert [order.recovered for order in late] == [True]

    play(scenario, on_late_order=late.append)


def test_what_was_never_sent_is_sent_again_under_the_same_id() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/place", "refused", times=2)
        order = await exchange.create_order(request())
        assert not order.recovered

    venue = play(scenario)
    assert sent(venue, "/order/place") == 3
    assert len({one.body for one in venue.requests if "/order/place" in one.url}) == 1


def test_an_order_is_not_sent_late() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/place", "connect-timeout", times=9)
        with pytest.raises(fa.ConnectFailed) as caught:
            await exchange.create_order(request(), send_within_s=0.05)
        assert caught.value.outcome is fa.Outcome.NOT_SENT
        assert caught.value.client_order_id

    assert play(scenario).orders == []


@pytest.mark.parametrize("fault", ["refusal", "gateway-429"])
def test_a_refusal_is_final_and_frees_the_id(fault: str) -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/place", fault, times=9)
        with pytest.raises(fa.ExchangeError) as caught:
            await exchange.create_order(request(client_order_id="mine1"), send_within_s=0.2)
        assert caught.value.outcome is fa.Outcome.REJECTED
        kept = exchange.outcome("mine1")
        assert (type(kept), str(kept)) == (type(caught.value), str(caught.value))
        assert isinstance(kept, fa.ExchangeError)
        assert (kept.outcome, kept.code, kept.client_order_id) == (fa.Outcome.REJECTED, caught.value.code, "mine1")
        venue.force = lambda request: ""
        assert (await exchange.create_order(request(client_order_id="mine1"))).client_order_id == "mine1"
        with pytest.raises(fa.InvalidOrder, match="already used"):
            await exchange.create_order(request(client_order_id="mine1"))
        with pytest.raises(fa.InvalidOrder, match="another order"):
            await exchange.create_order(request(client_order_id="mine1", quantity=Decimal(2)))

    assert len(play(scenario).orders) == 1


def test_an_order_that_cannot_be_read_back_is_returned_as_acknowledged() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/detail", "html-502-lost", times=99)
        order = await exchange.create_order(request())
        assert order.status is fa.OrderStatus.NEW
        assert order.filled_quantity is None
        assert order.price == 100

    play(scenario)


def test_an_order_found_under_our_id_that_is_another_is_never_success() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/place", "ambiguous-code-applied")
        with pytest.raises(fa.OrderOutcomeUnknown) as caught:
            await exchange.create_order(request(), on_unknown="raise")
        venue.orders[0].size = "7"
        with pytest.raises(fa.ResponseMismatch, match="quantity"):
            await caught.value.resolve()

    play(scenario, unresolved=True)


def test_a_cancelled_caller_does_not_lose_the_order() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        task = asyncio.create_task(exchange.create_order(request(client_order_id="mine1")))
        await until(lambda: bool(venue.orders))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(1)
        assert isinstance(exchange.outcome("mine1"), fa.Order)

    assert len(play(scenario).orders) == 1


def test_a_caller_cancelled_before_the_first_byte_stops_the_order() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        task = asyncio.create_task(exchange.create_order(request(client_order_id="mine1")))
        await until(lambda: sent(venue, "/order/place") > 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(1)
        assert isinstance(exchange.outcome("mine1"), fa.NotSent)

    assert play(scenario).orders == []


def test_intents_and_verdicts_go_into_the_journal() -> None:
    journal = MemoryJournal()

    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        await exchange.create_order(request(client_order_id="good1"))
        fails(venue, "/order/place", "refusal")
        with pytest.raises(fa.InsufficientMargin):
            await exchange.create_order(request(client_order_id="bad1"))
        fails(venue, "/order/place", "html-502-applied")
        with pytest.raises(fa.OrderOutcomeUnknown):
            await exchange.create_order(request(client_order_id="open1"), on_unknown="raise")
        records = await journal.open_intents("toy", exchange.account_id)
        assert [record.client_order_id for record in records] == ["open1"]
        assert records[0].fence_ms is not None

    play(scenario, journal=journal, unresolved=True)


def test_closing_while_an_order_is_an_open_question_says_so() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/place", "html-502-applied")
        with pytest.raises(fa.OrderOutcomeUnknown):
            await exchange.create_order(request(), on_unknown="raise")

    play(scenario, unresolved=True)


def test_a_halted_exchange_only_cancels_and_reads() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        order = await exchange.create_order(request())
        exchange.halt()
        for call in (
            exchange.create_order(request()),
            exchange.create_orders([request()]),
            exchange.edit_order(BTC, order_id=order.order_id, price=1),
            exchange.close_position(BTC),
            exchange.set_leverage(BTC, 3),
            exchange.adjust_margin(BTC, 1),
            exchange.request("POST", "/order/place", body={}),
        ):
            with pytest.raises(fa.ClientClosed, match="halted"):
                await call
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status is fa.OrderStatus.CANCELED

    play(scenario)


# Cancelling


def test_a_cancel_ends_in_a_reading_of_the_order() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        order = await exchange.create_order(request())
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status is fa.OrderStatus.CANCELED
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status is fa.OrderStatus.CANCELED
        with pytest.raises(fa.OrderNotFound):
            await exchange.cancel_order(BTC, order_id="404")

    play(scenario)


def test_a_cancel_whose_answer_was_lost_is_repeated_and_read() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        order = await exchange.create_order(request())
        fails(venue, "/order/cancel", "read-timeout-applied")
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).status is fa.OrderStatus.CANCELED

    assert sent(play(scenario), "/order/cancel") == 2


def test_a_cancel_that_may_still_land_leaves_an_open_order_unknown() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        order = await exchange.create_order(request())
        fails(venue, "/order/cancel", "read-timeout-lost", times=3)
        with pytest.raises(fa.CancelOutcomeUnknown, match="still new") as caught:
            await exchange.cancel_order(BTC, order_id=order.order_id)
        await asyncio.sleep(60)
        assert (await order_of(caught.value)).status is fa.OrderStatus.NEW

    play(scenario)


def test_a_cancel_whose_order_cannot_be_read_is_unknown() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        order = await exchange.create_order(request())
        fails(venue, "/order/detail", "html-502-lost", times=99)
        with pytest.raises(fa.CancelOutcomeUnknown, match="could not be read"):
            await exchange.cancel_order(BTC, order_id=order.order_id)

    play(scenario)


def test_a_cancel_waits_for_the_placing_of_its_own_order() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        placing = asyncio.create_task(exchange.create_order(request(client_order_id="mine1")))
        await asyncio.sleep(0.001)
        order = await exchange.cancel_order(BTC, client_order_id="mine1")
        assert order.status is fa.OrderStatus.CANCELED
        await placing

    venue = play(scenario)
    paths = [one.url.split("toy.example")[1].split("?")[0] for one in venue.requests]
    assert paths.index("/order/place") < paths.index("/order/cancel")


@pytest.mark.parametrize("bad", ["", " ", "0", "a b", "x" * 65, "a/b", None])
def test_an_empty_id_never_reaches_a_cancel(bad: Any) -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        for call in (
            exchange.cancel_order(BTC, order_id=bad),
            exchange.cancel_order(BTC, client_order_id=bad),
            exchange.cancel_orders(BTC, order_ids=[bad]),
            exchange.cancel_orders(BTC, client_order_ids=[bad]),
            exchange.edit_order(BTC, order_id=bad, price=1),
        ):
            with pytest.raises(fa.InvalidRequest):
                await call

    assert sent(play(scenario), "/order/") == 0


def test_several_cancels_are_judged_one_by_one() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        orders = [await exchange.create_order(request(price=Decimal(price))) for price in (1, 2)]
        results = await exchange.cancel_orders(
            BTC, order_ids=[orders[0].order_id, "404"], client_order_ids=[orders[1].client_order_id or ""]
        )
        assert [result.error is None for result in results] == [True, False, True]
        assert isinstance(results[1].error, fa.OrderNotFound)
        assert results[2].order_id == orders[1].order_id

    play(scenario)


def test_cancelling_all_names_what_was_cancelled_and_is_never_repeated() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        orders = [await exchange.create_order(request(price=Decimal(price))) for price in (1, 2)]
        fails(venue, "/order/cancel-all", "read-timeout-applied")
        assert await exchange.cancel_all_orders(BTC) == sorted(order.order_id for order in orders)
        assert await exchange.cancel_all_orders(BTC) == []
        await exchange.create_order(request(price=Decimal(4)))
        fails(venue, "/order/cancel-all", "read-timeout-lost")
        with pytest.raises(fa.SettingOutcomeUnknown):
            await exchange.cancel_all_orders(BTC)

    assert sent(play(scenario), "/order/cancel-all") == 3


# Editing, closing, batches


def test_an_edit_is_read_back_and_judged_when_its_answer_is_lost() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        order = await exchange.create_order(request())
        assert (await exchange.edit_order(BTC, order_id=order.order_id, price="101")).price == 101
        fails(venue, "/order/edit", "read-timeout-applied")
        edited = await exchange.edit_order(BTC, client_order_id=order.client_order_id, quantity="0.7")
        assert (edited.price, edited.quantity) == (Decimal(101), Decimal("0.7"))
        fails(venue, "/order/edit", "read-timeout-lost")
        with pytest.raises(fa.SettingNotApplied):
            await exchange.edit_order(BTC, order_id=order.order_id, price=102)
        with pytest.raises(fa.InvalidOrder, match="price or a quantity"):
            await exchange.edit_order(BTC, order_id=order.order_id)

    assert sent(play(scenario), "/order/edit") == 3


def test_closing_a_position_sells_what_was_read() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        order = await exchange.close_position(BTC)
        assert order is not None
        assert (order.side, order.type, order.quantity) == (fa.Side.SELL, fa.OrderType.MARKET, Decimal("0.5"))
        assert await exchange.close_position("ETH/USDT:USDT") is None

    play(scenario)


def test_each_entry_of_a_batch_is_judged_alone() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        requests = [request(price=Decimal(price)) for price in (1, 2)]
        requests += [request(quantity=Decimal(9)), request(quantity=Decimal(-1)), request(price=Decimal(3))]
        results = await exchange.create_orders(requests)
        assert [type(result.error) for result in results] == [
            type(None), type(None), fa.InsufficientMargin, fa.InvalidOrder, type(None),
        ]  # fmt: skip
        assert [result.order.price for result in results if result.order] == [1, 2, 3]

    assert sent(play(scenario), "/order/place") == 0


@pytest.mark.parametrize("fault", ["read-timeout-applied", "html-502-applied", "no-data-applied", "truncated-applied"])
def test_a_batch_whose_answer_is_lost_is_looked_up_entry_by_entry(fault: str) -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/batch", fault)
        results = await exchange.create_orders([request(price=Decimal(price)) for price in (1, 2, 3)])
        assert [result.order is not None and result.order.recovered for result in results] == [True] * 3

    assert sent(play(scenario), "/order/batch") == 1


def test_a_batch_that_never_arrived_is_absent_entry_by_entry() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/batch", "read-timeout-lost")
        results = await exchange.create_orders([request(price=Decimal(price)) for price in (1, 2)])
        assert [type(result.error) for result in results] == [fa.OrderNotPlaced] * 2

    play(scenario)


@pytest.mark.parametrize(("fault", "error"), [("refusal", fa.InsufficientMargin), ("dns", fa.ConnectFailed)])
def test_a_batch_refused_or_unsent_as_a_whole_is_so_for_each(fault: str, error: type[Exception]) -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/order/batch", fault, times=9)
        results = await exchange.create_orders([request(price=Decimal(price)) for price in (1, 2)])
        assert [type(result.error) for result in results] == [error] * 2

    assert play(scenario).orders == []


def test_a_single_order_in_a_batch_call_is_placed_alone() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        (result,) = await exchange.create_orders([request()])
        assert result.order is not None
        fails(venue, "/order/place", "refusal")
        (result,) = await exchange.create_orders([request()])
        assert isinstance(result.error, fa.InsufficientMargin)

    assert sent(play(scenario), "/order/batch") == 0


# Settings


def test_a_setting_is_read_back() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        assert (await exchange.set_leverage(BTC, 7)).leverage == 7
        fails(venue, "/leverage/set", "read-timeout-applied")
        assert (await exchange.set_leverage(BTC, "8")).leverage == 8

    assert sent(play(scenario), "/leverage/set") == 3


def test_a_setting_that_did_not_take_is_said_not_to_have() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/leverage/set", "read-timeout-lost", times=3)
        with pytest.raises(fa.SettingNotApplied, match="old value stands"):
            await exchange.set_leverage(BTC, 9)
        assert exchange.unresolved() == []

    play(scenario)


def test_a_setting_that_cannot_be_read_back_is_unknown_and_the_next_value_waits_for_it() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        venue.force = lambda request: "html-502-applied" if "/leverage" in request.url else ""
        with pytest.raises(fa.SettingOutcomeUnknown):
            await exchange.set_leverage(BTC, 9)
        assert len(exchange.unresolved()) == 1
        venue.force = lambda request: ""
        assert (await exchange.set_leverage(BTC, 4)).leverage == 4
        assert exchange.unresolved() == []

    play(scenario)


def test_moving_margin_is_done_once_and_judged_by_what_is_read() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        await exchange.adjust_margin(BTC, 10)
        fails(venue, "/margin/move", "read-timeout-applied")
        await exchange.adjust_margin(BTC, "-5")
        assert venue.margin == "105"
        fails(venue, "/margin/move", "read-timeout-lost")
        with pytest.raises(fa.SettingNotApplied):
            await exchange.adjust_margin(BTC, 1)
        fails(venue, "/margin/move", "html-502-applied")
        with pytest.raises(fa.SettingOutcomeUnknown):
            await exchange.adjust_margin("ETH/USDT:USDT", 1)

    assert sent(play(scenario), "/margin/move") == 4


# Any endpoint, closing, twins


def test_the_escape_hatch_repeats_reads_and_sends_the_rest_once() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/leverage?", "html-502-lost")
        assert await exchange.request("get", "/leverage", params={"symbol": "BTCUSDT"}) == {"leverage": "5"}
        fails(venue, "/leverage/set", "html-502-lost", times=2)
        with pytest.raises(fa.OutcomeUnknown):
            await exchange.request("POST", "/leverage/set", body={"leverage": "6"})
        assert await exchange.request("POST", "/leverage/set", body={"leverage": "6"}, idempotent=True)
        for method, path in (("PATCH", "/x"), ("GET", "x"), ("GET", "//evil/x"), ("GET", "/a?b=1")):
            with pytest.raises(fa.InvalidRequest):
                await exchange.request(method, path)

    assert sent(play(scenario), "/leverage/set") == 3


def test_a_closed_exchange_refuses_calls_and_closing_again_is_harmless() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        twin = exchange.with_credentials(fa.Credentials("key-2", "secret-2", uid="8"))
        assert twin.account_id == "8"
        await exchange.aclose()
        with pytest.raises(fa.ClientClosed):
            await exchange.fetch_positions()
        with pytest.raises(fa.ClientClosed):
            exchange.with_credentials(fa.Credentials("key-3", "secret-3", uid="9"))
        assert await twin.fetch_positions()  # the connections are still its own too
        await twin.aclose()

    play(scenario)


def test_an_account_that_is_only_read_has_no_books_and_none_are_anothers() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        order = await exchange.create_order(request())
        twin = exchange.with_credentials(fa.Credentials("key-2", "secret-2", uid="8"))
        await twin.fetch_positions()
        assert not {"_orders", "_settings", "_streams", "_facts"} & vars(twin).keys()
        assert exchange.outcome(str(order.client_order_id)) == order
        assert twin.outcome(str(order.client_order_id)) is None
        await twin.aclose()

    play(scenario)


def test_what_is_remembered_of_an_order_holds_nothing_of_how_it_was_placed() -> None:
    def tasks() -> int:
        return sum(isinstance(one, asyncio.Task) for one in gc.get_objects())

    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        await exchange.create_order(request())
        before = tasks()
        for _ in range(5):
            await exchange.create_order(request())
        await exchange.create_orders([request(), request()])
        assert tasks() <= before

    play(scenario)


def test_reads_under_way_are_let_go_at_closing() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        fails(venue, "/positions", "read-timeout-lost")
        reading = asyncio.create_task(exchange.fetch_positions())
        await asyncio.sleep(0.1)
        await exchange.aclose()
        with pytest.raises(fa.ClientClosed):
            await reading
        await asyncio.sleep(10)

    play(scenario)


def test_public_calls_need_no_credentials_and_private_ones_say_so() -> None:
    venue = ToyVenue(fault_rate=0.0, lookup_fault_rate=0.0)

    async def main() -> None:
        async with Toy(http=venue, limiter=NoLimiter()) as exchange:
            assert await exchange.fetch_time() > 0
            with pytest.raises(fa.InvalidRequest, match="credentials"):
                await exchange.fetch_positions()

    run(main())


def test_every_attempt_is_told_to_the_hook_and_a_broken_hook_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    events: list[fa.CallEvent] = []

    def hook(event: fa.CallEvent) -> None:
        events.append(event)
        raise RuntimeError("my dashboard is down")

    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        events.clear()
        fails(venue, "/positions", "html-502-lost")
        await exchange.fetch_positions()
        assert [(event.attempt, event.outcome, event.status) for event in events] == [
            (1, "VenueUnavailable", 502),
            (2, "ok", 200),
        ]
        assert all(event.network_s > 0 for event in events)

    play(scenario, on_event=hook)
    assert "a hook failed" in caplog.text


def test_paging_gives_each_row_once() -> None:
    async def scenario(exchange: Toy, venue: ToyVenue) -> None:
        for price in range(1, 26):
            await exchange.create_order(request(price=Decimal(price)))
        for order in venue.orders:
            order.status = "canceled"
        prices = [order.price async for order in exchange.iter_orders(BTC)]
        assert prices == [Decimal(price) for price in range(25, 0, -1)]
        assert len(await exchange.fetch_order_history(BTC)) == 10
        assert len(await exchange.fetch_order_history(BTC, limit=13)) == 13
        with pytest.raises(fa.InvalidRequest):
            await exchange.fetch_order_history(BTC, limit=0)
        with pytest.raises(fa.InvalidRequest):
            await exchange.fetch_order_history(BTC, since_ms=2, until_ms=1)

    play(scenario)
