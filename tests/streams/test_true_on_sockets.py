"""The true picture over real sockets, on every dialect that streams: two parties trade, the venue liquidates, funds and
moves its prices, nearly a third of the pushes are faulted, all connections are cut again and again. Then, after quiet,
the pictures say what REST says, field by field.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.adapters import Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid
from futures_async.adapters.bybit.simulated import SimulatedBybit
from futures_async.simulator.demo import Setup
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.server import RunningExchange, serve
from futures_async.streams import feed, line, picture, streamed
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.enums import OrderType, Side
from futures_async.unified.errors import (
    MarginModeConflict,
    NotSent,
    OrderNotFound,
    OrderRejected,
    OutcomeUnknown,
    RequestTimeout,
)
from futures_async.unified.models import Fill, Model, Order, OrderRequest
from futures_async.unified.models.base import kind_of
from futures_async.unified.watching import Change, ChangeKind, Watch, WatchState

PRICES = {"BTC": Decimal(90_000), "ETH": Decimal(3_000)}
SETTLE = {"hyperliquid": "USDC"}
DEEDS, CUTS = 2_000, 20
FAULTS = {"push-lost": 0.08, "push-twice": 0.07, "push-shuffled": 0.07, "push-overtaken": 0.07, "line-cut": 0.003,
          "line-closed": 0.003, "connect-refused": 0.2, "ack-late": 0.2}  # fmt: skip
MOVES_WITH_THE_MARKET = ("updated_ms",)
"""The venue's time of an answer, in some rows."""
UNTOLD = {"bybit": ("margin_ratio",)}
"""Of the whole account, in the row of each coin: pushed with those that change."""


def prices_at(venue: str) -> dict[str, Decimal]:
    """The contracts that are traded there, and their prices at the beginning."""
    coin = SETTLE.get(venue, "USDT")
    return {f"{base}/{coin}:{coin}": price for base, price in PRICES.items()}


class Party:
    """Who places and cancels orders of the account."""

    def __init__(self, exchange: Any, rng: random.Random) -> None:
        self.exchange = exchange
        self.rng = rng
        self.resting: list[tuple[str, str]] = []

    async def deed(self, prices: dict[str, Decimal]) -> None:
        chance = self.rng.random()
        if self.resting and chance < 0.1 + len(self.resting) / 50:
            symbol, order_id = self.resting.pop(self.rng.randrange(len(self.resting)))
            with suppress(OrderNotFound):  # it went meanwhile
                await self.exchange.cancel_order(symbol, order_id=order_id)
        elif chance > 0.95:
            await self.exchange.set_leverage(self.rng.choice(list(prices)), self.rng.choice((10, 12, 15)))
        else:
            await self.place(prices, market=chance > 0.6)

    async def place(self, prices: dict[str, Decimal], *, market: bool) -> None:
        symbol, side = self.rng.choice(list(prices)), self.rng.choice(list(Side))
        away = Decimal(self.rng.choice(("0.002", "0.005", "0.2"))) * (-1 if side is Side.BUY else 1)
        request = OrderRequest(
            symbol=symbol,
            side=side,
            type=OrderType.MARKET if market else OrderType.LIMIT,
            quantity=Decimal(self.rng.randrange(1, 9)) / (100 if symbol.startswith("BTC") else 10),
            price=None if market else (prices[symbol] * (1 + away)).quantize(Decimal(1)),
        )
        try:
            order = await self.exchange.create_order(request, confirm=False)
        except (OrderRejected, MarginModeConflict):
            return  # too much is held for it, or the other party has set another leverage
        if not market:
            self.resting.append((symbol, order.order_id))


class Venue:
    """What the venue does of itself."""

    def __init__(self, running: RunningExchange, venue: str, rng: random.Random) -> None:
        self.running = running
        self.engine = running.exchange.engine
        self.account = running.exchange.venues[venue].account
        self.rng = rng
        self.first = prices_at(venue)
        self.prices = dict(self.first)

    async def do(self, deed: Callable[[], object]) -> None:
        """Do something where requests are handled: between two of them."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def run() -> None:
            try:
                with self.engine.arithmetic():
                    deed()
            except Exception as problem:  # else nobody would wake who waits
                loop.call_soon_threadsafe(done.set_exception, problem)
            else:
                loop.call_soon_threadsafe(done.set_result, None)

        self.running.streams.clockwork.run(run)
        await done

    async def deed(self) -> None:
        await self.do(self.rng.choice((self._move, self._move, self._move, self._liquidate, self._fund)))

    def _move(self) -> None:
        """Orders that rest near the price are executed."""
        for symbol, first in self.first.items():
            self.prices[symbol] = (first * (1 + Decimal(self.rng.randrange(-8, 9)) / 1000)).quantize(Decimal(1))
            self.engine.marks.pin(symbol, self.prices[symbol])
        for order in list(self.account.open_orders.values()):
            self.engine.matching.rest(self.account, order)

    def _liquidate(self) -> None:
        held = list(self.account.positions_of())
        if held:
            position = self.rng.choice(held)
            order = self.engine.positions.liquidation_order(self.account, position)
            self.account.orders[order.id] = order
            self.account.order_log.append(order)
            self.engine.positions.liquidate(self.account, position, order)
            self.engine.matching.sweep(self.account, position.symbol)

    def _fund(self) -> None:
        self.engine.positions.fund(self.account)


class Follower:
    """One who believes what a watch tells, and remembers what it must not do."""

    def __init__(self, watch: Watch[Any]) -> None:
        self.watch = watch
        self.believed: dict[Any, Any] = {}
        self.told: Counter[str] = Counter()
        self.ended: dict[str, Order] = {}
        self.faults: list[str] = []

    async def follow(self) -> None:
        while True:
            self.note(await anext(self.watch))

    def note(self, change: Change[Any]) -> None:
        item = change.item
        if isinstance(item, Fill):
            self.told[f"{item.symbol} {item.fill_id}"] += 1
            return
        key = key_of(item)
        known = self.believed.get(key)
        if isinstance(item, Order):
            if item.order_id in self.ended:
                self.faults.append(f"order {item.order_id} told after its end")
            before, now = None if known is None else known.filled_quantity, item.filled_quantity
            if before is not None and now is not None and now < before:
                self.faults.append(f"order {item.order_id} was filled less than before")
            if change.kind is ChangeKind.CLOSED:
                self.ended[item.order_id] = item
        if change.kind is ChangeKind.CLOSED:
            self.believed.pop(key, None)
        else:
            self.believed[key] = item


def key_of(item: Any) -> Any:
    if isinstance(item, Order):
        return item.order_id
    return getattr(item, "margin_coin", None) if not hasattr(item, "side") else (item.symbol, item.side)


def differing(shown: Model, read: Model) -> list[str]:
    """The fields in which two rows of one thing contradict each other."""
    return [
        f"{name}: {mine!r}, not {theirs!r}"
        for name in kind_of(read).__struct_fields__
        if name not in ("raw", "unread", *MOVES_WITH_THE_MARKET, *UNTOLD.get(getattr(read, "venue", ""), ()))
        and None not in (mine := getattr(shown, name), theirs := getattr(read, name))
        and mine != theirs
    ]


@pytest.mark.parametrize("adapter", [Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid])
@pytest.mark.asyncio
async def test_after_faulted_trading_the_picture_is_what_rest_says(
    adapter: type[Binance | Bitget | BitgetUTA | BitMart | Bybit | Hyperliquid],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing lags on this machine; the rest of the waiting shrinks alike.
    monkeypatch.setattr(picture, "LAG_S", 0.05)
    monkeypatch.setattr(streamed, "LAG_S", 0.05)
    monkeypatch.setattr(feed, "OVERLAP_MS", 1_000)
    monkeypatch.setattr(line, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(line, "LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr(SimulatedBybit, "ip_limits", ())
    rng = random.Random(f"{adapter.id}/{DEEDS}")
    plan = FaultPlan(seed=7)
    for name, probability in FAULTS.items():
        plan.add(name, probability=probability, delay_s=(0.0, 0.03))
    with serve(
        only=[adapter.id], setup=Setup(empty=True), faults=plan, uid_limit=None, endpoint_limits=False
    ) as running:
        monkeypatch.setattr(running.exchange.venues[adapter.id].dialect, "ip_limits", ())
        sockets = running.streams.hub.dialects[adapter.id]
        monkeypatch.setattr(sockets, "rules", replace(sockets.rules, attempts=None))  # what is cut comes back at once
        venue = Venue(running, adapter.id, rng)
        for symbol, price in venue.first.items():
            running.exchange.engine.marks.pin(symbol, price)
        running.exchange.engine.deposit(venue.account, SETTLE.get(adapter.id, "USDT"), Decimal(10_000_000))
        keys = running.credentials(adapter.id)
        options: Any = {"base_url": running.base_url, "limiter": NoLimiter()}
        async with adapter(keys, **options) as exchange, adapter(keys, **options) as other:
            parties = [Party(exchange, rng), Party(other, rng)]
            watches: dict[str, Watch[Any]] = {
                "orders": exchange.watch_orders(audit_s=0.5),
                "fills": exchange.watch_fills(audit_s=0.5),
                "positions": exchange.watch_positions(audit_s=0.5),
                "accounts": exchange.watch_accounts(audit_s=0.5),
            }
            followers = {name: Follower(watch) for name, watch in watches.items()}
            async with AsyncExitStack() as stack:
                for watch in watches.values():
                    await stack.enter_async_context(watch)
                tasks = await stack.enter_async_context(anyio.create_task_group())
                for follower in followers.values():
                    tasks.start_soon(follower.follow)
                while any(watch.state is not WatchState.LIVE for watch in watches.values()):  # noqa: ASYNC110
                    await anyio.sleep(0.005)
                for number in range(DEEDS):
                    if number % (DEEDS // CUTS) == DEEDS // CUTS - 1:
                        await venue.do(running.streams.hub.shut)
                    with suppress(RequestTimeout, OutcomeUnknown, NotSent):  # a busy machine may keep an answer waiting
                        await (venue.deed() if rng.random() < 0.12 else rng.choice(parties).deed(venue.prices))
                    # BitMart cannot be asked for more than 200 executions of two seconds.
                    await anyio.sleep(0.004)
                plan.stream_rules.clear()
                problems: list[str] = ["not looked at"]
                with anyio.move_on_after(30):
                    while problems:
                        await anyio.sleep(0.05)
                        problems = await compared(exchange, followers)
                tasks.cancel_scope.cancel()
    assert problems == []
    assert [fault for follower in followers.values() for fault in follower.faults] == []
    assert set(followers["fills"].told.values()) == {1}
    struck = Counter(strike.fault.name for _, _, strike in plan.stream_struck)
    assert set(struck) >= {"push-lost", "push-twice", "push-shuffled", "push-overtaken", "line-cut"}
    assert len(followers["fills"].told) > DEEDS / 5
    assert len(followers["orders"].ended) > DEEDS / 3


async def compared(exchange: Any, followers: dict[str, Follower]) -> list[str]:
    """Where pictures, and those who followed them, differ from what is read."""
    if any(follower.watch.state is not WatchState.LIVE for follower in followers.values()):
        return [f"{name} is {follower.watch.state}" for name, follower in followers.items()]
    read = {
        "orders": await exchange.fetch_open_orders(),
        "positions": await exchange.fetch_positions(),
        "accounts": await exchange.fetch_accounts(),
    }
    problems: list[str] = []
    for what, rows in read.items():
        held = {key_of(row): row for row in rows}
        # Its own keys may name the margin mode too.
        current = {key_of(row): row for row in followers[what].watch.current.values()}
        for name, shown in (("current", current), ("followed", followers[what].believed)):
            if set(shown) != set(held):
                problems.append(f"{name} {what}: {set(shown) ^ set(held)}")
            for key in set(shown) & set(held):
                problems += [f"{name} {what} {key} {text}" for text in differing(shown[key], held[key])]
    fills: set[str] = set()
    ended: dict[str, Order] = {}
    for symbol in prices_at(exchange.id):
        fills |= {f"{symbol} {fill.fill_id}" async for fill in exchange.iter_fills(symbol)}
        ended |= {order.order_id: order async for order in exchange.iter_orders(symbol) if order.status.is_final}
    if fills != set(followers["fills"].told):
        problems.append(f"fills: {len(fills ^ set(followers['fills'].told))}")
    told = followers["orders"].ended
    if set(ended) != set(told):
        problems.append(f"ended orders: {len(set(ended) ^ set(told))}")
    for order_id in set(ended) & set(told):
        if (told[order_id].status, told[order_id].filled_quantity) != (
            ended[order_id].status,
            ended[order_id].filled_quantity,
        ):
            problems.append(f"order {order_id} ended otherwise")
    return problems
