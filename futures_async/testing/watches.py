"""Watches: what is placed, filled and closed is told: by pushes where the venue streams, else by reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import anyio
import pytest

from futures_async.testing.base import Contract, exercises
from futures_async.testing.loopback import Loopback
from futures_async.unified.enums import OrderStatus, OrderType, Side
from futures_async.unified.exchange import WATCHES
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import Account
from futures_async.unified.watching import Change, ChangeKind, Watch, WatchState

T = TypeVar("T")

PATIENCE_S = 20.0
READS = {
    Can.WATCH_ORDERS: Can.FETCH_OPEN_ORDERS,
    Can.WATCH_FILLS: Can.ITER_FILLS,
    Can.WATCH_POSITIONS: Can.FETCH_POSITIONS,
    Can.WATCH_ACCOUNTS: Can.FETCH_ACCOUNTS,
    Can.WATCH_TICKERS: Can.FETCH_TICKER,
}


async def until(watch: Watch[T], enough: Callable[[Change[T]], bool]) -> list[Change[T]]:
    """Take changes up to the one that is enough."""
    seen: list[Change[T]] = []
    with anyio.fail_after(PATIENCE_S):
        async for change in watch:
            seen.append(change)
            if enough(change):
                return seen
    raise AssertionError("the watch ended")


class Watches(Contract):
    """See the module."""

    @exercises(Can.WATCH_ORDERS, Can.CREATE_ORDER, Can.CANCEL_ORDER)
    async def test_an_order_is_told_from_its_beginning_to_its_end(self, server: Loopback) -> None:
        async with self.on(server) as on, on.exchange.watch_orders(self.spec.symbol) as orders:
            placed = await on.exchange.create_order(on.request())
            mine = placed.order_id
            seen = await until(orders, lambda change: change.item.order_id == mine)
            assert seen[-1].kind in (ChangeKind.OPENED, ChangeKind.SNAPSHOT)
            assert orders.current[mine].quantity == placed.quantity
            await on.exchange.cancel_order(self.spec.symbol, order_id=mine)
            seen = await until(orders, lambda change: change.kind is ChangeKind.CLOSED)
            assert (seen[-1].item.order_id, seen[-1].item.status) == (mine, OrderStatus.CANCELED)
            assert mine not in orders.current

    @exercises(Can.WATCH_FILLS, Can.WATCH_POSITIONS, Can.CREATE_ORDER, Can.FETCH_FILLS, Can.FETCH_POSITIONS)
    async def test_a_fill_and_its_position_are_told_as_they_are_read(self, server: Loopback) -> None:
        async with (
            self.on(server) as on,
            on.exchange.watch_fills(self.spec.symbol) as fills,
            on.exchange.watch_positions(self.spec.symbol) as positions,
        ):
            order = await on.exchange.create_order(on.request(type=OrderType.MARKET))
            told = (await until(fills, lambda change: change.item.order_id == order.order_id))[-1].item
            [read] = [fill for fill in await on.exchange.fetch_fills() if fill.order_id == order.order_id]
            facts = ("fill_id", "symbol", "venue_symbol", "side", "price", "quantity", "fee", "fee_coin", "created_ms")
            assert {name: getattr(told, name) for name in facts} == {name: getattr(read, name) for name in facts}
            held = (await until(positions, lambda change: bool(change.item.quantity)))[-1].item
            [position] = await on.exchange.fetch_positions(self.spec.symbol)
            said = ("symbol", "venue_symbol", "side", "quantity", "entry_price", "margin_coin", "contracts")
            assert {name: getattr(held, name) for name in said} == {name: getattr(position, name) for name in said}
            await on.exchange.create_order(on.request(Side.SELL, type=OrderType.MARKET))
            closed = (await until(positions, lambda change: change.kind is ChangeKind.CLOSED))[-1]
            assert closed.item.quantity == 0
            assert not positions.current

    @exercises(Can.WATCH_ACCOUNTS, Can.CREATE_ORDER, Can.FETCH_ACCOUNT)
    async def test_a_trade_moves_the_account(self, server: Loopback) -> None:
        async with self.on(server) as on, on.exchange.watch_accounts() as accounts:
            coin = self.spec.margin_coin
            before = (await until(accounts, lambda change: change.item.margin_coin == coin))[-1].item
            await on.exchange.create_order(on.request(type=OrderType.MARKET))

            def moved(change: Change[Account]) -> bool:
                return change.item.margin_coin == coin and change.item.available != before.available

            seen = await until(accounts, moved)
            assert seen[-1].kind is ChangeKind.CHANGED

    @exercises(Can.WATCH_TICKERS)
    async def test_prices_come_without_credentials(self, server: Loopback) -> None:
        async with self.on(server) as on, on.connect(None) as stranger:
            async with stranger.watch_tickers([self.spec.symbol]) as tickers:
                seen = await until(tickers, lambda _: True)
            assert seen[0].item.symbol == self.spec.symbol
            assert seen[0].item.last_price > 0

    @pytest.mark.parametrize("capability", sorted(WATCHES))
    async def test_what_can_be_read_can_be_watched(self, server: Loopback, capability: Can) -> None:
        async with self.on(server) as on:
            if not on.exchange.supports(READS[capability]):
                pytest.skip(f"{self.spec.id} has no {READS[capability]}")
            symbol = self.spec.symbol
            symbols: list[Any] = {Can.WATCH_TICKERS: [[symbol]], Can.WATCH_ACCOUNTS: []}.get(capability, [symbol])
            async with getattr(on.exchange, capability.value)(*symbols, fallback_s=0.1) as watch:
                if on.exchange.supports(capability):
                    return  # it streams, and does not fall back
                with anyio.fail_after(PATIENCE_S):
                    await watch.live()
                assert watch.state is WatchState.LIVE
                assert watch.age_s < PATIENCE_S
