"""A batch of cancels says of each order what its own cancel would."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import pytest

import futures_async as fa
from futures_async.adapter import BatchCancels, Call
from futures_async.adapters import Binance
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.errors import ExchangeError
from tests.adapters.hyperliquid.test_contract import SPEC as HYPERLIQUID
from tests.rig.support import BTC, Scripted, failure, limit_order, order_of, toy, virtual
from tests.rig.toy import Toy

BATCH = Endpoint("POST", "/order/batch-cancel", result=list[str], kind=Kind.CANCEL, nullable=True)


class Batching(BatchCancels, Toy):
    """Cancels several in one call, whose answer names those that are not there."""

    max_cancels = 10

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[tuple[str | None, str | None]]) -> Call:
        return Call(BATCH, [client_order_id for _, client_order_id in ids])

    def _cancel_refusals(self, answer: Any) -> Mapping[str, ExchangeError]:
        return {name: fa.OrderNotFound("no such order", venue="toy", code="404", definitive=True) for name in answer}


class Venue(Scripted):
    all_gone = False

    def on_order_batch_cancel(self, query: dict[str, str], body: list[str]) -> tuple[int, dict[str, Any]]:
        if self.all_gone:
            return 400, {"code": "404", "msg": "none of these"}
        return 200, {"code": "0", "data": [name for name in body if self._find({"clientId": name}) is None]}


@pytest.mark.parametrize("all_gone", [False, True])
@virtual
async def test_an_order_of_unknown_fate_is_not_called_gone(all_gone: bool) -> None:
    venue = Venue(late_s=(20.0, 20.0))
    venue.all_gone = all_gone
    async with toy(venue, Batching, limiter=NoLimiter()) as exchange:
        venue.plan["/order/place"] = ["read-timeout-late"]
        with pytest.raises(fa.OrderOutcomeUnknown):
            await exchange.create_order(limit_order(client_order_id="mine1"), on_unknown="raise")
        mine, other = await exchange.cancel_orders(BTC, client_order_ids=["mine1", "never"])
        assert isinstance(mine.error, fa.CancelOutcomeUnknown)
        assert isinstance(other.error, fa.OrderNotFound)
        await asyncio.sleep(30)
        assert [order.status for order in venue.orders] == ["open"]


@virtual
async def test_a_question_that_was_taken_out_keeps_no_cancel_open() -> None:
    venue = Venue()
    async with toy(venue, Batching, limiter=NoLimiter()) as exchange:
        venue.plan["/order/place"] = ["read-timeout-lost"]
        with pytest.raises(fa.OrderOutcomeUnknown) as caught:
            await exchange.create_order(limit_order(client_order_id="mine1"), on_unknown="raise")
        caught.value.settled = True
        [mine] = await exchange.cancel_orders(BTC, client_order_ids=["mine1"])
        assert isinstance(mine.error, fa.OrderNotFound)
        with pytest.raises(fa.OrderNotFound):  # as alone
            await exchange.cancel_order(BTC, client_order_id="mine1")


@virtual
async def test_each_order_has_its_verdict_although_the_caller_has_gone() -> None:
    venue = Venue()
    async with toy(venue, Batching, limiter=NoLimiter()) as exchange:
        names = ["mine1", "mine2"]
        for name in names:
            await exchange.create_order(limit_order(client_order_id=name))
        venue.always["/order/batch-cancel"] = failure("read-timeout", sent=True)
        with anyio.move_on_after(0.005):
            await exchange.cancel_orders(BTC, client_order_ids=names)
        assert venue.sent("/order/batch-cancel") == 1
        await asyncio.sleep(60)
        questions = exchange.unresolved()
        assert sorted(str(one.client_order_id) for one in questions) == names
        for one in questions:
            assert (await order_of(one)).status is fa.OrderStatus.NEW  # nothing can cancel it any more
        assert exchange.unresolved() == []


class Begun(BatchCancels, Toy):
    """An adapter whose author has not got to its batches."""


class WithoutRefusals(Batching):
    def _cancel_refusals(self, answer: Any) -> Any:
        return super(Batching, self)._cancel_refusals(answer)


@virtual
async def test_without_its_hook_a_batch_is_not_supported_and_without_refusals_each_order_is_read() -> None:
    venue = Venue()
    async with toy(venue, Begun) as exchange:
        await exchange.create_order(limit_order(client_order_id="mine"))
        with pytest.raises(fa.NotSupported, match="cancel_orders"):
            await exchange.cancel_orders(BTC, client_order_ids=["mine"])
    async with toy(venue, WithoutRefusals) as exchange:
        stands, gone = await exchange.cancel_orders(BTC, client_order_ids=["mine", "never"])
        assert stands.client_order_id == "mine"
        assert isinstance(gone.error, fa.ExchangeError | fa.OutcomeUnknown)


INSIDE = [HYPERLIQUID, VenueSpec(factory=Binance, raw_call=RawCall("/", {}))]


@pytest.mark.parametrize("spec", INSIDE, ids=lambda spec: spec.factory.id)
def test_nothing_is_cancelled_where_one_of_the_ids_can_be_none(
    spec: VenueSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spec.factory, "max_cancels", 1)

    async def main() -> None:
        on = Inside(spec)
        async with on.exchange as exchange:
            orders = [await exchange.create_order(on.request()) for _ in range(2)]
            ids = [order.order_id for order in orders]
            given: list[dict[str, list[str]]] = [{"order_ids": ids, "client_order_ids": ["no id"]}]
            if spec is HYPERLIQUID:
                given.append({"order_ids": [*ids, "abc"]})  # it can only be the one after the first call
            for wanted in given:
                with pytest.raises(fa.InvalidRequest):
                    await exchange.cancel_orders(spec.symbol, **wanted)
            assert len(await exchange.fetch_open_orders(spec.symbol)) == 2
            # By whichever ids, in the order in which they were named.
            names = [order.client_order_id for order in orders[1:] if order.client_order_id is not None]
            results = await exchange.cancel_orders(spec.symbol, order_ids=ids[:1], client_order_ids=names)
            assert [result.order.order_id for result in results if result.order is not None] == ids

    run(main())


class OneByOne(Batching):
    max_cancels = 1


@virtual
async def test_what_the_first_call_came_to_is_told_although_the_object_is_closed_before_the_second() -> None:
    venue = Venue()
    async with toy(venue, OneByOne, limiter=NoLimiter()) as exchange:
        names = ["mine1", "mine2"]
        for name in names:
            await exchange.create_order(limit_order(client_order_id=name))
        cancelling = asyncio.create_task(exchange.cancel_orders(BTC, client_order_ids=names))
        await asyncio.sleep(0.001)
        await exchange.aclose()
        first, second = await cancelling
        assert isinstance(first.error, fa.CancelOutcomeUnknown)  # the toy's batches leave orders as they are
        assert isinstance(second.error, fa.ClientClosed)
