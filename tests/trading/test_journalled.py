"""Orders and their journal: what one account's orders write says nothing of another's, nor of an earlier attempt."""

from __future__ import annotations

import pytest

import futures_async as fa
from futures_async import Credentials
from futures_async.journal.journal import MemoryJournal
from futures_async.manager.manager import OrderManager
from tests.rig.support import Scripted, limit_order, toy, virtual

PLACE = "/order/place"
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
