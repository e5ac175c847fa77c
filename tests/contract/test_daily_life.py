"""What a bot waits for beside a poller, and at its first orders: the figures of the README, in virtual time."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from futures_async.adapter import Adapter
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.server import RunningExchange
from futures_async.testing.inside import EPOCH_MS
from futures_async.testing.loopback import HOST, dialects
from futures_async.testing.spec import VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.clock import loop_time
from futures_async.transport.events import CallEvent
from futures_async.transport.http.backend import HttpRequest
from futures_async.transport.limits.local import LocalLimiter
from futures_async.unified.enums import OrderStatus, OrderType, Side
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import Order, OrderRequest
from tests.contract.venues import specs

# Hyperliquid counts weights a minute, so that forty readers would use all of it up at once; it has no facts to read.
SPECS = {
    venue: spec for venue, spec in specs().items() if Can.RESOLVE_ORDER in spec.capabilities and venue != "hyperliquid"
}
LATENCY_S = 0.02
"""There, and as long back."""


class Bot:
    """One client of an account, with the venue's limits, and what became of its calls."""

    def __init__(self, spec: VenueSpec, **options: Any) -> None:
        self.spec = spec
        self.inside = SimulatedExchange(
            dialects=dialects(spec),
            setup=Setup(empty=True),
            now_ms=lambda: EPOCH_MS + int(loop_time() * 1000),
            monotonic=loop_time,
        )
        backend = InProcessBackend(self.inside, latency_s=LATENCY_S)
        self.sent: Counter[str] = Counter()
        self.acknowledged: dict[str, float] = {}
        send = backend.send

        async def counted(request: HttpRequest) -> Any:
            self.sent[f"{request.method} {urlsplit(request.url).path}"] += 1
            return await send(request)

        backend.send = counted  # type: ignore[method-assign]
        served = RunningExchange(self.inside, HOST, 1)
        given: dict[str, Any] = {"limiter": LocalLimiter(), "on_event": self._note, **spec.options, **options}
        self.exchange: Adapter = spec.factory(
            served.credentials(spec.id), base_url=served.base_url, http=backend, **given
        )
        # Whole: on every venue's tick, also where that hangs on the price.
        self.price = Decimal(int(self.inside.engine.world.mark(spec.symbol) * Decimal("0.9")))

    def _note(self, event: CallEvent) -> None:
        if not event.endpoint.startswith("GET"):
            self.acknowledged[event.endpoint] = loop_time()

    def request(self, **fields: Any) -> OrderRequest:
        own: dict[str, Any] = {"quantity": self.spec.quantity, "price": self.price}
        given = own | dict(self.spec.order_fields) | fields
        return OrderRequest(symbol=self.spec.symbol, side=Side.BUY, type=OrderType.LIMIT, **given)

    async def waited(self, call: Callable[[], Awaitable[Order]]) -> tuple[float, Order]:
        """From the venue's answer to the caller, seconds; and the order."""
        self.acknowledged.clear()
        order = await call()
        return loop_time() - max(self.acknowledged.values()), order


async def poller(bot: Bot) -> None:
    """Forty reads that wait in the queue, again and again."""

    async def one() -> None:
        while True:
            await bot.exchange.fetch_accounts()

    await asyncio.gather(*(one() for _ in range(40)))


@pytest.mark.parametrize("venue", SPECS)
def test_beside_forty_queued_reads_an_order_and_a_cancel_are_told_at_once(venue: str) -> None:
    async def main() -> None:
        bot = Bot(SPECS[venue])
        orders: list[float] = []
        cancels: list[float] = []
        async with bot.exchange as exchange:
            await exchange.create_order(bot.request())
            reads = asyncio.ensure_future(poller(bot))
            await asyncio.sleep(2)
            for _ in range(20):
                took_s, order = await bot.waited(lambda: exchange.create_order(bot.request()))
                orders.append(took_s)
                assert order.status is OrderStatus.NEW
                await asyncio.sleep(0.9)
                order_id = order.order_id
                took_s, order = await bot.waited(lambda: exchange.cancel_order(bot.spec.symbol, order_id=order_id))  # noqa: B023
                cancels.append(took_s)
                assert order.status is OrderStatus.CANCELED
                await asyncio.sleep(0.9)
            reads.cancel()
            await asyncio.wait([reads])
        assert 429 not in {arrival.status for arrival in bot.inside.arrivals}
        assert statistics.median(orders) <= 0.15
        assert statistics.median(cancels) <= 0.15

    run(main())


@pytest.mark.parametrize("venue", SPECS)
def test_an_order_that_need_not_be_confirmed_is_told_with_its_acknowledgement(venue: str) -> None:
    async def main() -> None:
        bot = Bot(SPECS[venue])
        async with bot.exchange as exchange:
            first = await exchange.create_order(bot.request())
            bot.sent.clear()
            took_s, order = await bot.waited(lambda: exchange.create_order(bot.request(), confirm=False))
            assert took_s == 0.0
            assert sum(bot.sent.values()) == 1
            assert (order.status, order.filled_quantity, order.price) == (OrderStatus.NEW, None, bot.price)
            assert order.order_id != first.order_id
            assert exchange.outcome(order.client_order_id or "") == order
            read = await exchange.fetch_order(bot.spec.symbol, order_id=order.order_id)
            assert read.client_order_id == order.client_order_id

    run(main())


@pytest.mark.parametrize("venue", SPECS)
def test_twelve_first_orders_at_once_read_each_fact_once(venue: str) -> None:
    async def main() -> None:
        bot = Bot(SPECS[venue])
        done: list[float] = []

        async def place() -> None:
            await bot.exchange.create_order(bot.request(), confirm=False, send_within_s=10.0)
            done.append(loop_time())

        async with bot.exchange:
            await bot.exchange.fetch_time()  # the exchange's clock is not this computer's
            bot.sent.clear()
            started = loop_time()
            await asyncio.gather(*(place() for _ in range(12)))
            first_s = min(done) - started
            assert len(bot.inside.venues[venue].account.open_orders) == 12
        facts = {call: count for call, count in bot.sent.items() if call.startswith("GET")}
        assert set(facts.values()) == {1}, facts
        assert first_s <= 0.3

    run(main())
