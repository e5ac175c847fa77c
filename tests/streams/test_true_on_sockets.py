"""The true picture over real sockets: two dialects, faulted lines and frames, and what REST says at the end."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.adapters import Bitget, BitgetUTA, BitMart
from futures_async.simulator.demo import Setup
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.server import serve
from futures_async.streams import line, picture, streamed
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.enums import OrderType, Side
from futures_async.unified.models import Fill, Order, OrderRequest, Position
from futures_async.unified.watching import Change, ChangeKind, Watch, WatchState

SYMBOL = "BTC/USDT:USDT"
DEEDS = 40
FAULTS = ("push-lost", "push-twice", "push-shuffled", "push-overtaken", "line-cut", "line-closed", "connect-refused")


async def follow(watch: Watch[Any], into: list[Change[Any]]) -> None:
    while True:
        into.append(await anext(watch))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("adapter", [Bitget, BitgetUTA, BitMart])
@pytest.mark.asyncio
async def test_after_faulted_trading_the_picture_is_what_rest_says(
    adapter: type[Bitget] | type[BitgetUTA] | type[BitMart], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing lags on this machine; the rest of the waiting shrinks alike.
    monkeypatch.setattr(picture, "LAG_S", 0.05)
    monkeypatch.setattr(streamed, "LAG_S", 0.05)
    monkeypatch.setattr(line, "FIRST_PAUSE_S", 0.02)
    rng = random.Random(seed)
    plan = FaultPlan(seed=seed)
    for name in FAULTS:
        plan.add(name, probability=0.04, most=12, delay_s=0.02)
    with serve(
        only=[adapter.id], setup=Setup(empty=True), faults=plan, uid_limit=None, endpoint_limits=False
    ) as running:
        async with adapter(running.credentials(adapter.id), base_url=running.base_url, limiter=NoLimiter()) as exchange:
            orders = exchange.watch_orders(audit_s=0.2)
            fills = exchange.watch_fills(audit_s=0.2)
            positions = exchange.watch_positions(audit_s=0.2)
            seen: dict[str, list[Change[Any]]] = {"orders": [], "fills": [], "positions": []}
            async with orders, fills, positions, anyio.create_task_group() as tasks:
                for name, watch in (("orders", orders), ("fills", fills), ("positions", positions)):
                    tasks.start_soon(follow, watch, seen[name])
                await deal(exchange, rng)
                with anyio.fail_after(30):
                    while not await settled(exchange, orders, fills, positions, seen):
                        pass
                tasks.cancel_scope.cancel()
    told = Counter(change.item.fill_id for change in seen["fills"])
    assert set(told.values()) == {1}
    ended = Counter(change.item.order_id for change in seen["orders"] if change.kind is ChangeKind.CLOSED)
    assert set(ended.values()) == {1}
    filled: dict[str, Decimal] = {}
    for change in seen["orders"]:
        order = change.item
        assert order.filled_quantity >= filled.get(order.order_id, Decimal(0))
        filled[order.order_id] = order.filled_quantity


async def deal(exchange: Any, rng: random.Random) -> None:
    mark = (await exchange.fetch_ticker(SYMBOL)).last_price
    resting: list[str] = []
    for _ in range(DEEDS):
        side, quantity = rng.choice(list(Side)), Decimal(rng.randrange(1, 5)) / 100
        if rng.random() < 0.4:
            request = OrderRequest(symbol=SYMBOL, side=side, type=OrderType.MARKET, quantity=quantity)
            await exchange.create_order(request)
        elif resting and rng.random() < 0.5:
            await exchange.cancel_order(SYMBOL, order_id=resting.pop())
        else:
            price = (mark * (Decimal("0.8") if side is Side.BUY else Decimal("1.2"))).quantize(Decimal(1))
            request = OrderRequest(symbol=SYMBOL, side=side, type=OrderType.LIMIT, quantity=quantity, price=price)
            resting.append((await exchange.create_order(request)).order_id)


async def settled(
    exchange: Any,
    orders: Watch[Order],
    fills: Watch[Fill],
    positions: Watch[Position],
    seen: dict[str, list[Change[Any]]],
) -> bool:
    """After a moment, all is live, and the picture is what REST says."""
    await anyio.sleep(0.005)
    if any(watch.state is not WatchState.LIVE for watch in (orders, fills, positions)):
        return False
    rest_orders = {order.order_id: order for order in await exchange.fetch_open_orders()}
    rest_fills = {fill.fill_id for fill in await exchange.fetch_fills(limit=200)}
    rest_positions = {
        (position.symbol, position.side): (position.quantity, position.entry_price)
        for position in await exchange.fetch_positions()
    }
    ended = {change.item.order_id for change in seen["orders"] if change.kind is ChangeKind.CLOSED}
    history = {order.order_id for order in await exchange.fetch_order_history(SYMBOL, limit=200)} - set(rest_orders)
    return (
        {key: (order.status, order.filled_quantity) for key, order in orders.current.items()}
        == {key: (order.status, order.filled_quantity) for key, order in rest_orders.items()}
        and {change.item.fill_id for change in seen["fills"]} == rest_fills
        and {key: (one.quantity, one.entry_price) for key, one in positions.current.items()} == rest_positions
        and ended == history
    )
