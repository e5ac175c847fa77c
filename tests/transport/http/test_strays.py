"""Answers that nobody asked for, on connections that are kept: what the backends notice, and what the rest comes to."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.adapters.bitget import Bitget
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.trading import search
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import OrderStatus, OrderType, Side
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.models import Order, OrderRequest
from tests.loopback import Exchange, Loopback, Seen, message
from tests.transport.http.conftest import Flavour

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
ORDERS = 60
CALLERS = 4
NOT_THERE = "fanotthere"
OTHERS = (NOT_THERE, "ETHUSDT")
"""What is asked for beside our order and its position, and is not there."""

End = tuple[str, Decimal, Any]
"""A call, the price of its order, and its result or error."""


class Edge:
    """A venue behind something that keeps connections, and does not keep their answers in order."""

    def __init__(self) -> None:
        self.inside = SimulatedExchange(only=["bitget"], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False)

    def answer(self, seen: Seen) -> bytes:
        """The venue's own answer, whole."""
        path, _, query = seen.target.partition("?")
        request = Request(seen.method, path, query, seen.body, dict(seen.headers), now_ms=self.inside.now_ms())
        response = self.inside.handle(request)
        return message(response.body, status=response.status, headers=[("Content-Type", "application/json")])

    def credentials(self) -> Credentials:
        found = self.inside.venues["bitget"].key
        return Credentials(key=found.key, secret=found.secret, passphrase=found.passphrase)

    def orders(self) -> dict[Decimal, Any]:
        """By price, which is unique to each intent."""
        held = list(self.inside.venues["bitget"].account.orders.values())
        assert len({order.price for order in held}) == len(held), "doubled"
        return {order.price: order for order in held if order.price is not None}


class Stuttering(Edge):
    """Repeats answers: at once, while the connection is idle, or ahead of the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.last: dict[int, bytes] = {}
        self.strays = {"behind": 0, "idle": 0, "ahead": 0}

    async def __call__(self, exchange: Exchange) -> None:
        seen = exchange.seen
        path = seen.path
        own = self.answer(seen)
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


class Shifted(Edge):
    """A kept connection is one answer behind, and the same was asked on it a moment before of what is not there.

    So it is when several orders are looked up after the same outage: step by step, side by side.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, bytes] = {}
        self.served: set[int] = set()

    async def __call__(self, exchange: Exchange) -> None:
        seen = exchange.seen
        own = self.answer(seen)
        if any(other in seen.target or other in seen.body.decode() for other in OTHERS):
            self.before[seen.path] = own
        elif seen.connection in self.served and seen.path in self.before:
            own = self.before[seen.path]
        self.served.add(seen.connection)
        await exchange.send(own)


class Behind(Edge):
    """The connection that brings the request after `slips` is set stays one answer behind; all others are in step."""

    def __init__(self) -> None:
        super().__init__()
        self.slips = False
        self.last: dict[int, bytes] = {}
        self.behind: set[int] = set()
        self.strays = 0

    async def __call__(self, exchange: Exchange) -> None:
        connection = exchange.seen.connection
        own = self.answer(exchange.seen)
        earlier, self.last[connection] = self.last.get(connection, own), own
        if self.slips:
            self.slips = False
            self.behind.add(connection)
        if connection in self.behind:
            self.strays += 1
        await exchange.send(earlier if connection in self.behind else own)


@pytest.fixture
def stuttering() -> Iterator[tuple[Stuttering, Loopback]]:
    venue = Stuttering()
    with Loopback(default=venue) as server:
        yield venue, server


def client(venue: Edge, server: Loopback, each: Flavour) -> Bitget:
    exchange = Bitget(
        venue.credentials(),
        base_url=server.url,
        limiter=NoLimiter(),
        http=each.name,
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
                if isinstance(end, errors.OrderNotPlaced):
                    # Its connection was given up as hopeless while it was on its way, and the venue never read it.
                    assert inside is None, about
                elif name != "read":  # a read may fail; a write that did not go well says that it does not know
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


@pytest.fixture
def shifted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Shifted, Loopback]]:
    monkeypatch.setattr(search, "BETWEEN_ABSENCES_S", 0.001)
    venue = Shifted()
    with Loopback(default=venue) as server:
        yield venue, server


LIMIT = OrderRequest(symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, quantity=Decimal("0.01"), price=Decimal(40_000))


async def test_no_stray_answer_proves_an_order_absent(each: Flavour, shifted: tuple[Shifted, Loopback]) -> None:
    venue, server = shifted
    async with client(venue, server, each) as exchange:
        placed = await exchange.create_order(LIMIT)
    assert placed.client_order_id is not None
    past_ms = venue.inside.now_ms() - 60_000
    async with client(venue, server, each) as exchange:  # another process's: it knows the id alone
        assert await exchange.resolve_order(BTC, NOT_THERE, fence_until_ms=past_ms) is None
        await exchange.fetch_open_orders()  # on a connection that is kept
        found = await exchange.resolve_order(BTC, placed.client_order_id, fence_until_ms=past_ms)
    assert found is not None, "proved absent, and it is there"
    assert (found.order_id, found.recovered) == (placed.order_id, True)


async def test_no_stray_answer_makes_a_cancelled_order_one_that_never_was(
    each: Flavour, shifted: tuple[Shifted, Loopback]
) -> None:
    venue, server = shifted
    async with client(venue, server, each) as exchange:
        placed = await exchange.create_order(LIMIT)
        with pytest.raises(errors.OrderNotFound):
            await exchange.cancel_order(BTC, client_order_id=NOT_THERE)
        ended = await exchange.cancel_order(BTC, client_order_id=placed.client_order_id)
    assert (ended.order_id, ended.status) == (placed.order_id, OrderStatus.CANCELED)


async def test_no_stray_answer_hides_a_position_that_is_to_be_closed(
    each: Flavour, shifted: tuple[Shifted, Loopback]
) -> None:
    venue, server = shifted
    request = OrderRequest(symbol=BTC, side=Side.BUY, type=OrderType.MARKET, quantity=Decimal("0.01"))
    async with client(venue, server, each) as exchange:
        await exchange.create_order(request)
        assert await exchange.close_position("ETH/USDT:USDT") is None
        closed = await exchange.close_position(BTC)
    assert closed is not None
    assert (closed.side, closed.quantity) == (Side.SELL, Decimal("0.01"))


async def test_a_connection_that_is_an_answer_behind_spoils_one_call(each: Flavour) -> None:
    venue = Behind()
    with Loopback(default=venue) as server:
        async with client(venue, server, each) as exchange:
            first = await exchange.create_order(LIMIT)
            venue.slips = True
            second = await exchange.create_order(msgspec.structs.replace(LIMIT, price=Decimal(40_001)))
            assert second.recovered
            assert venue.strays == 1
            for order in (first, second):
                assert (await exchange.fetch_order(BTC, order_id=order.order_id)).price == order.price
            venue.slips = True
            assert (await exchange.fetch_order(BTC, order_id=first.order_id)).price == first.price
            assert venue.strays == 2
            assert len(await exchange.fetch_open_orders(BTC)) == 2
            for order in (first, second):
                ended = await exchange.cancel_order(BTC, order_id=order.order_id)
                assert ended.status is OrderStatus.CANCELED
            assert venue.strays == 2
