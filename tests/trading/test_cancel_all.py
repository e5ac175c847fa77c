"""Cancelling all orders of a contract, whatever becomes of the list of them."""

from __future__ import annotations

import asyncio

import anyio
import msgspec
import pytest

import futures_async as fa
from futures_async.adapters import Bybit
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpFailure, HttpRequest, HttpResponse, Phase
from tests.rig.support import BTC, Answer, Scripted, limit_order, page, toy, virtual
from tests.rig.toy import Toy

OPEN, CANCEL_ALL = "/order/open", "/order/cancel-all"
LOST = HttpFailure("read-timeout", Phase.ANSWERING, sent=True)


class Slow(Scripted):
    """The list of open orders never comes."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.url.endswith(OPEN):
            await asyncio.sleep(1000)
        return await super().send(request)


@pytest.mark.parametrize("answer", [page(502), LOST, "maintenance-applied", "refusal"])
@virtual
async def test_they_are_cancelled_while_they_cannot_be_listed(answer: Answer) -> None:
    venue = Scripted()
    venue.always[OPEN] = answer
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        assert await exchange.cancel_all_orders(BTC) == [order.order_id]
        assert (venue.sent(CANCEL_ALL), venue.orders[0].status) == (1, "canceled")


@virtual
async def test_they_are_cancelled_soon_where_the_list_does_not_come() -> None:
    venue = Slow()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order())
        began = asyncio.get_running_loop().time()
        await exchange.cancel_all_orders(BTC)
        assert asyncio.get_running_loop().time() - began < 3.5
        assert venue.orders[0].status == "canceled"


@virtual
async def test_a_venue_that_answers_nothing_any_more_is_told_of_at_once_and_not_asked_for_minutes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    venue = Slow()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order())
        venue.plan[CANCEL_ALL] = ["read-timeout-lost"] * 3
        began = asyncio.get_running_loop().time()
        with pytest.raises(fa.OutcomeUnknown):
            await exchange.cancel_all_orders(BTC)
        # Of what it has left there is one reading that hangs (1000 s here), not six; of what was under way another.
        assert asyncio.get_running_loop().time() - began < 2100
    said = next(line for line in caplog.messages if "may still fill" in line)
    assert said.startswith(f"toy: cancelling all orders of {BTC}: toy POST {CANCEL_ALL}: ")


@virtual
async def test_a_cancel_whose_answer_is_lost_is_told_of_before_the_order_is_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.plan["/order/cancel"] = ["read-timeout-lost"] * 3
        caplog.clear()
        with pytest.raises(fa.CancelOutcomeUnknown):
            await exchange.cancel_order(BTC, order_id=order.order_id)
    assert caplog.messages[0].startswith(f"toy: cancelling order {order.order_id} of {BTC}: toy POST /order/cancel: ")
    assert caplog.messages[0].endswith("; what stands may still fill: it is read now")


class Deaf(Toy):
    """Its cancel of all orders arrives later than it is answered, or never."""

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        return None


@pytest.mark.parametrize("gone", [True, False], ids=["it went", "it stands"])
@pytest.mark.parametrize("told", [True, False], ids=["answered", "lost"])
@virtual
async def test_what_a_cancel_of_all_left_open_is_told_by_the_open_orders(told: bool, gone: bool) -> None:
    venue = Scripted()
    async with toy(venue, Deaf if told else Toy) as exchange:
        order = await exchange.create_order(limit_order())
        venue.plan[CANCEL_ALL] = [] if told else ["read-timeout-lost"] * 3
        with pytest.raises(fa.OutcomeUnknown) as caught:
            await exchange.cancel_all_orders(BTC)
        assert exchange.unresolved() == [caught.value]
        with pytest.raises(fa.OutcomeUnknown):
            await caught.value.resolve(0)
        if gone:
            venue.orders[0].status = "canceled"
        assert await caught.value.resolve() == ([order.order_id] if gone else [])
        assert exchange.unresolved() == []


@virtual
async def test_a_cancel_of_all_that_may_land_at_any_time_is_not_looked_for_without_end() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order())
        venue.plan[CANCEL_ALL] = ["read-timeout-lost"] * 3
        with pytest.raises(fa.OutcomeUnknown) as caught:
            await exchange.cancel_all_orders(BTC)
        fence_ms, caught.value.fence_until_ms = caught.value.fence_until_ms, None
        began = asyncio.get_running_loop().time()
        with pytest.raises(fa.OutcomeUnknown) as again, anyio.fail_after(60):
            await caught.value.resolve()
        assert again.value is caught.value
        assert 3 < asyncio.get_running_loop().time() - began < 10
        caught.value.fence_until_ms = fence_ms
        assert await caught.value.resolve() == []


@virtual
async def test_a_lost_cancel_of_all_where_nothing_was_seen_stays_open_until_it_cannot_land() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[CANCEL_ALL] = ["read-timeout-lost"]
        with pytest.raises(fa.OutcomeUnknown) as caught:
            await exchange.cancel_all_orders(BTC)
        with pytest.raises(fa.OutcomeUnknown):
            await caught.value.resolve(1)
        assert exchange.unresolved() == [caught.value]
        began = asyncio.get_running_loop().time()
        assert await caught.value.resolve() == []
        assert asyncio.get_running_loop().time() - began > 5
        assert exchange.unresolved() == []


@virtual
async def test_a_later_cancel_of_all_answers_the_question_once_it_cannot_land_any_more() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order())
        venue.plan[CANCEL_ALL] = ["read-timeout-lost"]
        with pytest.raises(fa.OutcomeUnknown) as caught:
            await exchange.cancel_all_orders(BTC)
        await exchange.cancel_all_orders(BTC)
        assert exchange.unresolved() == [caught.value]  # what is placed now may go by the first one
        await asyncio.sleep(120)
        await exchange.cancel_all_orders(BTC)
        assert exchange.unresolved() == []


class Crossed(Toy):
    """At the reads that are named, its list of open orders is that of another contract."""

    reads = 0
    crossed = frozenset[int]()

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        self.reads += 1
        found = await super().fetch_open_orders(symbol)
        if self.reads not in self.crossed:
            return found
        return [msgspec.structs.replace(order, venue_symbol="ETHUSDT", order_id="another's") for order in found]


@pytest.mark.parametrize("crossed", [{1}, {2}, {1, 2, 3}], ids=str)
@virtual
async def test_a_list_of_another_contract_tells_nothing_of_a_cancel_of_all(crossed: set[int]) -> None:
    venue = Scripted()
    async with toy(venue, Crossed) as exchange:
        assert isinstance(exchange, Crossed)
        exchange.crossed = frozenset(crossed)
        await exchange.create_order(limit_order())
        venue.plan[CANCEL_ALL] = ["read-timeout-lost"]
        with pytest.raises(fa.OutcomeUnknown) as caught:
            await exchange.cancel_all_orders(BTC)
        assert exchange.unresolved() == [caught.value]
        exchange.reads, exchange.crossed = 0, frozenset({1})
        assert await caught.value.resolve() == []


class Partial(Toy):
    """Its first list of open orders lacks one of them; its cancel of all names that one alone."""

    cut = False
    """The list says of itself that it is not whole."""
    lists = 0

    async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
        self.lists += 1
        found = await super().fetch_open_orders(symbol)
        if self.lists > 1:
            return found
        another = msgspec.structs.replace(found[1], venue_symbol="ETHUSDT", order_id="another's")
        return [found[0], another] if self.cut else [found[0]]

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        ids = await super()._cancel_all(venue_symbol)
        return None if ids is None else ids[1:]


@pytest.mark.parametrize("cut", [True, False], ids=["cut off", "whole"])
@virtual
async def test_an_order_that_was_not_listed_counts_as_cancelled_only_where_the_list_was_not_whole(cut: bool) -> None:
    venue = Scripted()
    async with toy(venue, Partial) as exchange:
        assert isinstance(exchange, Partial)
        first = await exchange.create_order(limit_order(100))
        second = await exchange.create_order(limit_order(101))
        exchange.lists, exchange.cut = 0, cut
        gone = await exchange.cancel_all_orders(BTC)
        assert gone == sorted([first.order_id, second.order_id] if cut else [first.order_id])


@virtual
async def test_who_is_banned_sends_no_cancel_after_the_list_and_is_told_so() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order())
        venue.always[OPEN] = page(418, retry_after="60")
        with pytest.raises(fa.Banned) as caught:
            await exchange.cancel_all_orders(BTC)
        assert caught.value.outcome is fa.Outcome.NOT_SENT
        assert venue.sent(CANCEL_ALL) == 0


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 orders of .* are"), (1, "1 order of .* is"), (2, "2 orders of .* are")]
)
def test_a_list_of_waiting_orders_that_fails_does_not_hide_what_is_gone(count: int, said: str) -> None:
    async def main() -> None:
        on = Inside(VenueSpec(factory=Bybit, raw_call=RawCall("/", {})))
        async with on.exchange as exchange:
            placed = [await exchange.create_order(on.request()) for _ in range(count)]

            async def listed(symbol: str | None = None) -> list[fa.Order]:
                raise fa.RequestTimeout("no answer")

            exchange.fetch_trigger_orders = listed  # type: ignore[method-assign]
            words = f"no answer; {said} cancelled, and whether orders that wait for a price stand is not known"
            with pytest.raises(fa.RequestTimeout, match=words) as caught:
                await exchange.cancel_all_orders(on.spec.symbol)
            assert set(caught.value.cancelled) == {order.order_id for order in placed}

    run(main())
