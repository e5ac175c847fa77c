"""Whatever a write is, one whose fate is not known is among `unresolved()` until that is known."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio

import pytest

import futures_async as fa
from futures_async.trading.ordering import Ack
from futures_async.unified.models import Order, OrderRequest
from tests.rig import toy as rig
from tests.rig.support import BTC, Scripted, limit_order, order_of, page, toy, virtual
from tests.rig.toy import Toy

PLACE, CANCEL, DETAIL, EDIT = "/order/place", "/order/cancel", "/order/detail", "/order/edit"
APPLIED, LOST = "read-timeout-applied", "read-timeout-lost"


async def may_have_left(exchange: Toy) -> None:
    """Wait until a write that is under way can be stopped no more."""
    while all(abort.harmless for abort in exchange._channel.deeds._under_way):  # noqa: ASYNC110 - in virtual time
        await asyncio.sleep(0.001)


@virtual
async def test_a_cancel_in_doubt_is_listed_until_it_is_resolved() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.always[CANCEL] = LOST
        with pytest.raises(fa.CancelOutcomeUnknown) as caught:
            await exchange.cancel_order(BTC, order_id=order.order_id)
        assert exchange.unresolved() == [caught.value]
        with pytest.raises(fa.CancelOutcomeUnknown):
            await caught.value.resolve()
        assert exchange.unresolved() == [caught.value]
        venue.orders[0].status = "canceled"
        assert (await order_of(caught.value)).status is fa.OrderStatus.CANCELED
        assert exchange.unresolved() == []


@virtual
async def test_a_later_cancel_of_an_order_answers_for_the_earlier_one_and_for_no_other_order() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order(1, client_order_id="mine1"))
        other = await exchange.create_order(limit_order(2))
        venue.always[CANCEL] = LOST
        for one in (order, order, other):
            with pytest.raises(fa.CancelOutcomeUnknown):
                await exchange.cancel_order(BTC, order_id=one.order_id)
        assert len(exchange.unresolved()) == 3
        venue.always.clear()
        await exchange.cancel_order(BTC, client_order_id="mine1")
        with pytest.raises(fa.OrderNotFound):
            await exchange.cancel_order(BTC, order_id="777")
        assert len(exchange.unresolved()) == 1
        await exchange.cancel_order(BTC, order_id=other.order_id)
        assert exchange.unresolved() == []


@virtual
async def test_a_cancel_whose_caller_is_gone_is_listed_too() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.always[CANCEL] = LOST
        task = asyncio.create_task(exchange.cancel_order(BTC, order_id=order.order_id))
        await may_have_left(exchange)
        task.cancel()
        await asyncio.sleep(60)
        (question,) = exchange.unresolved()
        assert isinstance(question, fa.CancelOutcomeUnknown)


@virtual
async def test_what_nobody_can_look_up_is_listed_until_somebody_says_that_it_is_settled() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan["/margin/move"] = [LOST]
        with pytest.raises(fa.OutcomeUnknown) as caught:
            await exchange.request("POST", "/margin/move", body={"amount": "5"})
        assert exchange.unresolved() == [caught.value]
        caught.value.settled = True
        assert exchange.unresolved() == []


@virtual
async def test_a_setting_or_an_edit_in_doubt_is_listed_once() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.always |= {"/leverage/set": LOST, "/leverage": page(502), EDIT: LOST}
        with pytest.raises(fa.SettingOutcomeUnknown) as setting:
            await exchange.set_leverage(BTC, 10)
        task = asyncio.create_task(exchange.edit_order(BTC, order_id=order.order_id, price=99))
        await asyncio.sleep(1)
        venue.always[DETAIL] = page(502)
        with pytest.raises(fa.OutcomeUnknown) as edit:
            await task
        assert exchange.unresolved() == [setting.value, edit.value]
        venue.always.clear()
        venue.leverage = "10"
        await setting.value.resolve()
        with pytest.raises(fa.SettingNotApplied):
            await edit.value.resolve()
        assert exchange.unresolved() == []


@virtual
async def test_closing_names_writes_that_it_has_to_leave(caplog: pytest.LogCaptureFixture) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order())
        venue.always[CANCEL] = LOST
        task = asyncio.create_task(exchange.cancel_order(BTC, order_id=order.order_id))
        await may_have_left(exchange)
        task.cancel()
        await exchange.aclose(grace_s=0)
        (question,) = exchange.unresolved()
        assert isinstance(question, fa.CancelOutcomeUnknown)
        assert "not known whether the venue acted on 1 more: toy: the exchange object" in caplog.text


# Orders that wait for a price, of which the toy venue keeps no list of its own


class WaitingToy(Toy):
    seen: Order | None = None
    """What a look among the waiting orders finds."""
    unreadable = False
    """The acknowledgement is."""

    async def create_trigger_order(self, request: OrderRequest) -> Order:
        plan = await self._plan(request)

        async def send() -> Ack:
            ids = await self._call(rig.PLACE, body=self._body(plan))
            if self.unreadable:
                raise fa.DecodeError("no id", path="orderId")
            return Ack(str(ids.order_id))

        async def look(order_id: str | None, client_order_id: str | None) -> Order | None:
            return self.seen

        return await self._place_trigger(plan, rig.PLACE, send, look)


def waiting(client_order_id: str = "mine1") -> OrderRequest:
    return limit_order(client_order_id=client_order_id)


@virtual
async def test_a_waiting_order_in_doubt_is_asked_about_by_its_own_lists_alone_and_its_id_is_taken() -> None:
    venue = Scripted()
    async with toy(venue, WaitingToy) as exchange:
        assert isinstance(exchange, WaitingToy)
        venue.plan[PLACE] = [LOST]
        with pytest.raises(fa.OrderOutcomeUnknown) as caught:
            await exchange.create_trigger_order(waiting())
        assert exchange.unresolved() == [caught.value] == [exchange.outcome("mine1")]
        with pytest.raises(fa.InvalidOrder, match="already used"):
            await exchange.create_trigger_order(waiting())
        await asyncio.sleep(900)
        with pytest.raises(fa.OrderOutcomeUnknown):
            await exchange.resolve_order(BTC, "mine1")  # however long it is not seen
        assert venue.sent(PLACE) == 1
        exchange.seen = await exchange.create_order(limit_order())
        found = await exchange.resolve_order(BTC, "mine1")
        assert found is not None
        assert found.recovered
        assert exchange.unresolved() == []
        with pytest.raises(fa.InvalidOrder, match="already used"):
            await exchange.create_trigger_order(waiting())


@virtual
async def test_a_waiting_order_that_was_refused_leaves_its_id_free() -> None:
    venue = Scripted()
    async with toy(venue, WaitingToy) as exchange:
        assert isinstance(exchange, WaitingToy)
        venue.plan[PLACE] = ["refusal"]
        with pytest.raises(fa.InsufficientMargin):
            await exchange.create_trigger_order(waiting())
        assert (await exchange.create_trigger_order(waiting())).client_order_id == "mine1"
        with pytest.raises(fa.InvalidOrder, match="already used"):
            await exchange.create_trigger_order(waiting())


@virtual
async def test_a_waiting_order_whose_acknowledgement_cannot_be_read_is_in_doubt() -> None:
    async with toy(Scripted(), WaitingToy) as exchange:
        assert isinstance(exchange, WaitingToy)
        exchange.unreadable = True
        with pytest.raises(fa.OrderOutcomeUnknown):
            await exchange.create_trigger_order(waiting())
        assert len(exchange.unresolved()) == 1


@virtual
async def test_closing_names_a_waiting_order_whose_caller_is_gone() -> None:
    venue = Scripted()
    async with toy(venue, WaitingToy) as exchange:
        assert isinstance(exchange, WaitingToy)
        venue.plan[PLACE] = [APPLIED]
        task = asyncio.create_task(exchange.create_trigger_order(waiting()))
        await may_have_left(exchange)
        task.cancel()
        with pytest.raises(fa.UnresolvedOrders, match=f"acted on order mine1 of {BTC}"):
            await exchange.aclose(grace_s=0)
