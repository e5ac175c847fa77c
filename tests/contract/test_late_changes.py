"""An answer to a cancel or an edit is no effect: venues acknowledge, and act later, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from futures_async.simulator.world import Options
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import OrderStatus
from futures_async.unified.exchange import Capability as Can
from tests.contract.venues import specs

LAG_MS = 600
SPECS = specs()
CANCELLING = [venue for venue, spec in SPECS.items() if Can.CANCEL_ORDER in spec.capabilities]
IN_BULK = ["binance", "bitmart", "bybit", "okx"]
"""Whose answers to a cancel of all name nothing, or what was asked for: of others they are the effect."""
EDITING = [venue for venue, spec in SPECS.items() if Can.EDIT_ORDER in spec.capabilities]


def played(venue: str, play: Callable[[Inside], Awaitable[None]]) -> None:
    async def main() -> None:
        on = Inside(SPECS[venue], options=Options(change_lag_ms=LAG_MS))
        async with on.exchange:
            await play(on)

    run(main())


@pytest.mark.parametrize("venue", CANCELLING)
def test_a_cancel_is_told_once_the_order_is_cancelled(venue: str) -> None:
    async def play(on: Inside) -> None:
        order = await on.exchange.create_order(on.request())
        gone = await on.exchange.cancel_order(on.spec.symbol, order_id=order.order_id)
        assert gone.status is OrderStatus.CANCELED
        assert not on.account.open_orders

    played(venue, play)


@pytest.mark.parametrize("venue", CANCELLING)
def test_a_cancel_that_comes_too_late_tells_of_the_fill(venue: str) -> None:
    async def play(on: Inside) -> None:
        order = await on.exchange.create_order(on.request())

        async def sink() -> None:
            await anyio.sleep(0.1)
            on.move(on.price("0.8"))

        async with anyio.create_task_group() as group:
            group.start_soon(sink)
            met = await on.exchange.cancel_order(on.spec.symbol, order_id=order.order_id)
            assert met.status is OrderStatus.FILLED

    played(venue, play)


@pytest.mark.parametrize("venue", IN_BULK)
def test_a_cancel_of_all_is_told_once_all_are_gone(venue: str) -> None:
    async def play(on: Inside) -> None:
        for number in range(3):
            await on.exchange.create_order(on.request(price=on.price("0.9") - number * on.price("0.01")))
        await on.exchange.cancel_all_orders(on.spec.symbol)
        assert not on.account.open_orders

    played(venue, play)


@pytest.mark.parametrize("venue", EDITING)
def test_an_edit_is_told_once_the_order_is_another(venue: str) -> None:
    async def play(on: Inside) -> None:
        order = await on.exchange.create_order(on.request())
        wanted = on.price("0.91")
        edited = await on.exchange.edit_order(on.spec.symbol, order_id=order.order_id, price=wanted)
        assert edited.price == wanted
        [stands] = await on.exchange.fetch_open_orders(on.spec.symbol)
        assert (stands.order_id, stands.price) == (edited.order_id, wanted)

    played(venue, play)
