"""What a user's hook starts is a call of its own: no part of the one that it was told of."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

import msgspec

import futures_async as fa
from futures_async.adapter import Placement, PlannedOrder
from futures_async.transport.channel import LANE
from futures_async.transport.deeds import DEED
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.inner import inner, outside
from tests.rig.support import BTC, Scripted, toy, virtual
from tests.rig.toy import Toy

USERS: ContextVar[str] = ContextVar("users", default="")
PLACE = "/order/place"


class Dollars(Toy):
    """Counts contracts of 100 dollars, of which it holds 777."""

    needs_contract = True
    planned: list[tuple[Decimal | None, Decimal | None]]

    async def fetch_contracts(self) -> list[fa.Contract]:
        contract = fa.Contract(
            venue="toy",
            symbol=BTC,
            venue_symbol="BTCUSDT",
            base="BTC",
            quote="USD",
            settle="BTC",
            contract_size=Decimal(1),
            contract_value=Decimal(100),
            price_tick=Decimal("0.1"),
            quantity_step=Decimal(1),
        )
        return [contract]

    async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
        held = (await super().fetch_positions(symbol))[0]
        return [msgspec.structs.replace(held, contracts=Decimal(777), contract_value=Decimal(100))]

    def _placement(self, order: PlannedOrder) -> Placement:
        self.planned.append((order.request.price, order.contracts))
        return super()._placement(order)


@virtual
async def test_an_order_of_a_hook_is_no_part_of_the_close_that_it_was_told_of() -> None:
    venue, started = Scripted(), list[asyncio.Task[Any]]()
    seen: list[tuple[object, object, str]] = []

    async def mine() -> None:
        seen.append((LANE.get(), DEED.get(), USERS.get()))
        await exchange.create_order(
            fa.OrderRequest(symbol=BTC, side="buy", type="limit", quantity="0.01", price="10000")
        )

    def hook(event: Any) -> None:
        if PLACE in event.endpoint and not started:
            started.append(asyncio.get_running_loop().create_task(mine()))

    USERS.set("a span")
    async with toy(venue, Dollars, limiter=NoLimiter(), on_event=hook) as exchange:
        assert isinstance(exchange, Dollars)
        exchange.planned = []
        await exchange.close_position(BTC)
        await started[0]
        assert exchange.planned == [(None, Decimal(777)), (Decimal(10000), Decimal(1))]
        assert seen == [(None, None, "a span")]


def test_what_is_inner_is_reset_outside_and_stands_again_after() -> None:
    variable = inner("test", 1)
    variable.set(2)
    with outside():
        assert variable.get() == 1
    assert variable.get() == 2
