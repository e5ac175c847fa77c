"""Lists: filtered as asked, and walked by the venue's cursor without a gap while rows arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from futures_async.adapter import Adapter
from futures_async.simulator.records import Ticket
from futures_async.testing.base import Contract, exercises
from futures_async.testing.loopback import Loopback, Running
from futures_async.testing.reads import whole
from futures_async.unified import errors
from futures_async.unified.enums import LedgerType, OrderStatus, OrderType, Side, TimeInForce
from futures_async.unified.exchange import Capability as Can

ROWS = 1010
WAITING = 230
HOUR_MS = 3_600_000


async def walk(on: Running, rows: AsyncIterator[Any], key: Callable[[Any], str], *, arriving: bool = True) -> list[str]:
    """Ids in the order they came; now and then a trade happens meanwhile."""
    seen: list[str] = []
    async for row in rows:
        seen.append(key(row))
        if arriving and len(seen) % 250 == 0:
            on.trade_inside(Side.BUY if len(seen) % 500 else Side.SELL, at_ms=on.inside.now_ms())
    return seen


def rest_inside(on: Running, count: int) -> set[str]:
    """So many resting orders that were placed without any wire; their ids."""
    engine = on.inside.engine
    engine.world.now_ms = on.inside.now_ms()
    with engine.arithmetic():
        for number in range(count):
            price = on.price("0.9") - number * engine.world.contract(on.spec.symbol).tick
            ticket = Ticket(
                symbol=on.spec.symbol,
                side=Side.BUY,
                type=OrderType.LIMIT,
                quantity=engine.world.contract(on.spec.symbol).contract_size,
                price=price,
                intent=on.opening,
            )
            engine.orders.place(on.account, ticket)
    return {str(order) for order in on.account.open_orders}


def wait_inside(on: Running, count: int) -> None:
    """So many orders that wait for a price, placed without any wire."""
    engine = on.inside.engine
    engine.world.now_ms = on.inside.now_ms()
    with engine.arithmetic():
        contract = engine.world.contract(on.spec.symbol)
        ticket = Ticket(
            symbol=on.spec.symbol,
            side=Side.BUY,
            type=OrderType.MARKET,
            quantity=on.spec.quantity,
            time_in_force=TimeInForce.GTC,
            intent=on.opening,
        )
        for number in range(count):
            engine.triggers.place_plan(on.account, ticket, on.price("1.05") + number * (on.spec.tick or contract.tick))


class Pages(Contract):
    """See the module."""

    async def each_once(
        self,
        server: Loopback,
        capability: Can,
        rows: Callable[[Adapter], AsyncIterator[Any]],
        key: Callable[[Any], str],
        inside: Callable[[Running], list[str]],
    ) -> None:
        """Walk more than a thousand rows while others arrive."""
        async with self.on(server) as on:
            on.trades_inside(ROWS)
            there = inside(on)
            assert len(there) >= ROWS
            if capability in self.spec.incomplete:
                with pytest.raises(errors.IncompletePage):
                    await walk(on, rows(on.exchange), key)
                return
            seen = await walk(on, rows(on.exchange), key)
            assert len(set(seen)) == len(seen), "a row came twice"
            assert not set(there) - set(seen), "rows were missed"

    @exercises(Can.ITER_FILLS)
    async def test_more_than_a_thousand_fills_come_once_each(self, server: Loopback) -> None:
        await self.each_once(
            server,
            Can.ITER_FILLS,
            lambda exchange: exchange.iter_fills(self.spec.symbol),
            lambda fill: fill.fill_id,
            lambda on: [on.spec.fill_id(fill) for fill in on.account.fills],
        )

    @exercises(Can.ITER_ORDERS)
    async def test_more_than_a_thousand_orders_come_once_each(self, server: Loopback) -> None:
        await self.each_once(
            server,
            Can.ITER_ORDERS,
            lambda exchange: exchange.iter_orders(self.spec.symbol),
            lambda order: order.order_id,
            lambda on: [str(order.id) for order in on.account.order_log],
        )

    @exercises(Can.FETCH_FILLS)
    async def test_more_fills_than_a_page_holds_are_read_where_they_are_asked_for(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(330)
            found = await on.exchange.fetch_fills(on.spec.symbol, limit=321)
            assert [fill.fill_id for fill in found] == [on.spec.fill_id(fill) for fill in on.account.fills[:-322:-1]]

    @exercises(Can.FETCH_FILLS, Can.ITER_FILLS)
    async def test_both_sides_of_a_trade_with_oneself_are_read(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(4)
            for place in (0, 2):  # one number, and one time
                taken, made = on.account.fills[place : place + 2]
                on.account.fills[place + 1] = replace(made, id=taken.id, created_ms=taken.created_ms)
            there = sorted((on.spec.fill_id(fill), str(fill.order.id)) for fill in on.account.fills)
            walked = [fill async for fill in on.exchange.iter_fills(on.spec.symbol)]
            for found in (walked, await on.exchange.fetch_fills(on.spec.symbol)):
                assert sorted((fill.fill_id, fill.order_id) for fill in found) == there

    @exercises(Can.FETCH_OPEN_ORDERS)
    async def test_more_open_orders_than_a_page_holds_are_all_listed(self, server: Loopback) -> None:
        async with self.on(server) as on:
            there = rest_inside(on, 230)
            if Can.FETCH_OPEN_ORDERS in self.spec.incomplete:
                with pytest.raises(errors.IncompletePage):
                    await on.exchange.fetch_open_orders(on.spec.symbol)
                return
            assert {order.order_id for order in await on.exchange.fetch_open_orders(on.spec.symbol)} == there
            if self.spec.lists_all_open:
                assert {order.order_id for order in await on.exchange.fetch_open_orders()} == there

    @exercises(Can.FETCH_TRIGGER_ORDERS)
    async def test_more_trigger_orders_than_a_page_holds_are_all_listed(self, server: Loopback) -> None:
        async with self.on(server) as on:
            wait_inside(on, WAITING)
            for symbol in (on.spec.symbol, None) if self.spec.lists_all_open else (on.spec.symbol,):
                if Can.FETCH_TRIGGER_ORDERS in self.spec.incomplete:
                    with pytest.raises(errors.IncompletePage):
                        await on.exchange.fetch_trigger_orders(symbol)
                    continue
                unread: tuple[errors.UnreadRow, ...] = ()
                try:
                    rows: Sequence[Any] = await on.exchange.fetch_trigger_orders(symbol)
                except errors.UnreadRows as told:  # of a list that does not say which way an order goes
                    rows, unread = told.rows, tuple(told.unread)
                ids = {*(order.order_id for order in rows), *(row.facts["order_id"] for row in unread)}
                assert len(ids) == len(rows) + len(unread) == WAITING

    @exercises(Can.CANCEL_ALL_ORDERS)
    async def test_more_open_orders_than_a_page_holds_are_all_cancelled(self, server: Loopback) -> None:
        async with self.on(server) as on:
            there = rest_inside(on, 130)
            gone = set(await on.exchange.cancel_all_orders(on.spec.symbol))
            assert on.account.open_orders == {}
            # Where the venue names no ids and its list is not whole, what is gone is not all known.
            assert gone == there or Can.FETCH_OPEN_ORDERS in self.spec.incomplete

    @exercises(Can.ITER_LEDGER)
    async def test_more_than_a_thousand_ledger_rows_come_once_each(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(ROWS)
            if Can.ITER_LEDGER in self.spec.incomplete:
                with pytest.raises(errors.IncompletePage):
                    await walk(on, on.exchange.iter_ledger(margin_coin=self.spec.margin_coin), lambda row: row.entry_id)
                return
            seen = await walk(on, on.exchange.iter_ledger(margin_coin=self.spec.margin_coin), lambda row: row.entry_id)
            assert len(set(seen)) == len(seen), "a row came twice"
            # Venues differ in how many rows a trade makes; a second walk, undisturbed, must find them all again.
            again = await walk(on, on.exchange.iter_ledger(), lambda row: row.entry_id, arriving=False)
            assert not set(seen) - set(again), "rows were missed"
            assert len(again) >= ROWS

    @exercises(Can.FETCH_FILLS, Can.ITER_FILLS)
    async def test_fills_are_filtered_by_time_and_limited(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(30, every_ms=60_000)
            middle = on.account.fills[15].created_ms
            late = [fill async for fill in on.exchange.iter_fills(on.spec.symbol, since_ms=middle)]
            assert {fill.fill_id for fill in late} == {on.spec.fill_id(fill) for fill in on.account.fills[15:]}
            early = await on.exchange.fetch_fills(
                on.spec.symbol, since_ms=middle - HOUR_MS, until_ms=middle - 1, limit=5
            )
            assert [fill.fill_id for fill in early] == [on.spec.fill_id(fill) for fill in on.account.fills[14:9:-1]]
            for fill in early:
                whole(on, fill)

    @exercises(Can.FETCH_ORDER_HISTORY, Can.ITER_ORDERS)
    async def test_past_orders_are_filtered_by_time_and_limited(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(30, every_ms=60_000)
            orders = on.account.order_log
            middle = orders[15].created_ms
            late = [order async for order in on.exchange.iter_orders(on.spec.symbol, since_ms=middle)]
            assert {order.order_id for order in late} == {str(order.id) for order in orders[15:]}
            early = await on.exchange.fetch_order_history(
                on.spec.symbol, since_ms=middle - HOUR_MS, until_ms=middle - 1, limit=5
            )
            assert [order.order_id for order in early] == [str(order.id) for order in orders[14:9:-1]]
            assert {order.status for order in early} == {OrderStatus.FILLED}

    @exercises(Can.FETCH_ORDER_HISTORY, Can.ITER_ORDERS, Can.CREATE_ORDER)
    async def test_what_is_open_is_not_past(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(2)
            ended = {str(order.id) for order in on.account.order_log}
            resting = await on.exchange.create_order(on.request())
            assert resting.status is OrderStatus.NEW
            past = [order async for order in on.exchange.iter_orders(on.spec.symbol)]
            for found in (past, await on.exchange.fetch_order_history(on.spec.symbol)):
                assert {order.order_id for order in found} == ended

    @exercises(Can.FETCH_LEDGER, Can.ITER_LEDGER)
    async def test_the_ledger_tells_deposits_and_trades_apart(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(2)
            entries = await on.exchange.fetch_ledger(margin_coin=on.spec.margin_coin)
            types = {entry.type for entry in entries}
            assert types & {LedgerType.TRADE, LedgerType.REALIZED_PNL, LedgerType.FEE}
            for entry in entries:
                assert entry.coin == on.spec.margin_coin
                assert entry.created_ms > 0
                whole(on, entry)
            one = entries[0].type
            only = [entry async for entry in on.exchange.iter_ledger(type=one)]
            assert only
            assert {entry.type for entry in only} == {one}
            of_one = [entry async for entry in on.exchange.iter_ledger(symbol=on.spec.symbol)]
            assert of_one
            assert {entry.symbol for entry in of_one} == {on.spec.symbol}, "a deposit belongs to no contract"
            everything = [entry async for entry in on.exchange.iter_ledger()]
            assert None in {entry.symbol for entry in everything}
