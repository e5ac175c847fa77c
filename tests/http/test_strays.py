"""Answers that nobody asked for, on connections that are kept: what the backends notice, and what the rest comes to."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async import errors
from futures_async.adapters.bitget import Bitget
from futures_async.credentials import Credentials
from futures_async.enums import OrderStatus, OrderType, Side
from futures_async.errors import FuturesAsyncError
from futures_async.limits.none import NoLimiter
from futures_async.models import Order, OrderRequest
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request
from futures_async.simulator.exchange import SimulatedExchange
from tests.http.conftest import Flavour
from tests.loopback import Exchange, Loopback, message

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
ORDERS = 60
CALLERS = 4


End = tuple[str, Decimal, Any]
"""A call, the price of its order, and its result or error."""


class Stuttering:
    """A venue behind an edge that repeats answers: at once, while the connection is idle, or ahead of the next one."""

    def __init__(self) -> None:
        self.inside = SimulatedExchange(only=["bitget"], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False)
        self.asked: Counter[str] = Counter()
        self.last: dict[int, bytes] = {}
        self.strays = {"behind": 0, "idle": 0, "ahead": 0}

    async def __call__(self, exchange: Exchange) -> None:
        seen = exchange.seen
        path, _, query = seen.target.partition("?")
        request = Request(seen.method, path, query, seen.body, dict(seen.headers), now_ms=self.inside.now_ms())
        response = self.inside.handle(request)
        own = message(response.body, status=response.status, headers=[("Content-Type", "application/json")])
        earlier = self.last.get(seen.connection)
        self.last[seen.connection] = own
        self.asked[path] += 1
        kind = {1: "behind", 3: "idle", 5: "ahead"}.get(self.asked[path] % 6, "")
        if kind == "ahead" and earlier is not None:
            self.strays[kind] += 1
            await exchange.send(earlier)  # looks exactly like the answer to this request
        await exchange.send(own * 2 if kind == "behind" else own)
        if kind == "idle":
            await anyio.sleep(0.001)
            await exchange.send(own)
        if kind in ("behind", "idle"):
            self.strays[kind] += 1

    def credentials(self) -> Credentials:
        found = self.inside.venues["bitget"].key
        return Credentials(key=found.key, secret=found.secret, passphrase=found.passphrase)

    def orders(self) -> dict[Decimal, Any]:
        """By price, which is unique to each intent."""
        held = list(self.inside.venues["bitget"].account.orders.values())
        assert len({order.price for order in held}) == len(held), "doubled"
        return {order.price: order for order in held if order.price is not None}


@pytest.fixture
def stuttering() -> Iterator[tuple[Stuttering, Loopback]]:
    venue = Stuttering()
    with Loopback(default=venue) as server:
        yield venue, server


def client(venue: Stuttering, server: Loopback, each: Flavour) -> Bitget:
    exchange = Bitget(
        venue.credentials(),
        base_url=server.url,
        limiter=NoLimiter(),
        http="httpx" if each.name == "httpx" else "fast",
    )
    exchange._transport.draw = lambda: 0.0  # pyright: ignore[reportPrivateUsage] - no waiting between attempts
    return exchange


async def live(exchange: Bitget, prices: list[Decimal], ends: list[End]) -> None:
    """Place, read and cancel an order at each price, and note what each call came to."""

    async def note(name: str, price: Decimal, call: Any) -> Any:
        try:
            end = await call
        except FuturesAsyncError as error:
            end = error
        ends.append((name, price, end))
        return end

    known: list[Order] = []
    while prices:
        price = prices.pop()
        request = OrderRequest(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, quantity=Decimal("0.01"), price=price)
        placed = await note("place", price, exchange.create_order(request))
        if isinstance(placed, Order):
            known.append(placed)
            for order in (random.Random(int(price)).choice(known), placed):
                await note("read", order.price or price, exchange.fetch_order(BTC, order_id=order.order_id))
            if price % 2 == 0:
                await note("cancel", price, exchange.cancel_order(BTC, order_id=placed.order_id))


async def test_no_stray_answer_is_taken_for_the_end_of_a_write(
    each: Flavour, stuttering: tuple[Stuttering, Loopback]
) -> None:
    venue, server = stuttering
    prices = [Decimal(40_000 + number) for number in range(ORDERS)]
    ends: list[End] = []
    async with client(venue, server, each) as exchange:
        async with anyio.create_task_group() as group:
            for _ in range(CALLERS):
                group.start_soon(live, exchange, prices, ends)
        held = venue.orders()
        for name, price, end in ends:
            about = f"{name} at {price}: {end!r}"
            inside = held.get(price)
            if isinstance(end, FuturesAsyncError):
                if name != "read":  # a read may fail; a write that did not go well says that it does not know
                    assert isinstance(end, errors.OutcomeUnknown), about
                continue
            assert inside is not None, about
            assert (end.order_id, end.price) == (str(inside.id), price), about
            if name == "cancel":
                assert (end.status, inside.status) == (OrderStatus.CANCELED, OrderStatus.CANCELED), about
    assert all(count > 5 for count in venue.strays.values()), venue.strays
    good = [end for _, _, end in ends if isinstance(end, Order)]
    assert len(good) > ORDERS
    assert [order for order in good if order.recovered], "no stray was ever noticed"
