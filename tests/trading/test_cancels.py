"""Cancels beside what keeps orders from their verdict: nothing that can be cancelled waits for a fence."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import anyio
import pytest

import futures_async as fa
from futures_async.adapters import OKX, Binance, Bitget, BitMart, Bybit
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.trading.cancelling import PLACED_WITHIN_S
from futures_async.transport.endpoint import Kind

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, BitMart, Bybit, OKX)]


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
def test_an_order_whose_answer_was_lost_is_cancelled_although_nothing_can_be_read(
    spec: VenueSpec, several: bool
) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            await exchange.create_order(on.request(client_order_id="order0"))
            lost = ["order1", "order2"] if several and spec.factory is not BitMart else ["order1"]
            plan.add("answer-lost", kinds=[Kind.ORDER], most=len(lost))
            placing = [asyncio.create_task(exchange.create_order(on.request(client_order_id=one))) for one in lost]
            await anyio.sleep(0.01)
            plan.add("no-answer", kinds=[Kind.READ])
            await anyio.sleep(0.5)

            async def cancel() -> None:
                if several:
                    await exchange.cancel_orders(spec.symbol, client_order_ids=lost)
                else:
                    with suppress(fa.CancelOutcomeUnknown):  # it cannot be read
                        await exchange.cancel_order(spec.symbol, client_order_id=lost[0])

            async with anyio.create_task_group() as group:
                group.start_soon(cancel)
                await anyio.sleep(PLACED_WITHIN_S + 1)
                assert len(on.account.open_orders) == 1
                plan.rules.clear()
            for one in placing:
                assert (await one).status is fa.OrderStatus.CANCELED

    run(main())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
def test_a_lost_cancel_of_what_the_venue_does_not_know_is_no_question_for_ever(spec: VenueSpec) -> None:
    """Venues forget cancelled orders, and an order may never have been."""

    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            await exchange.create_order(on.request())
            plan.add("write-timeout", kinds=[Kind.CANCEL])
            with pytest.raises(fa.CancelOutcomeUnknown) as caught:
                await exchange.cancel_order(spec.symbol, client_order_id="order1")
            plan.rules.clear()
            with pytest.raises(fa.CancelOutcomeUnknown):  # it may be under way
                await caught.value.resolve()
            assert exchange.unresolved() == [caught.value]
            await anyio.sleep(120)
            with pytest.raises(fa.OrderNotFound):
                await caught.value.resolve()
            assert exchange.unresolved() == []

    run(main())
