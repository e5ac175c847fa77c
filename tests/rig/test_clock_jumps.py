"""Clocks that jump by an hour, forth and back, while the fate of a write is open: what stands is never called absent.

The toy venue sees what has landed late by time that passes, whatever its clock says, and judges a request by its clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from decimal import Decimal

import anyio
import pytest

from futures_async import (
    FuturesAsyncError,
    Order,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    ResponseMismatch,
    SettingNotApplied,
)
from futures_async.adapter import Adapter
from futures_async.testing.inside import Inside
from futures_async.testing.traits import Wire
from futures_async.testing.virtual_time import run
from tests.contract.venues import specs
from tests.rig.support import BTC, Scripted, limit_order, toy, virtual

HOUR_MS = 3_600_000
Jumps = Sequence[tuple[float, int]]
"""Seconds from now, and by how far the venue's clock jumps then."""

FORTH = ((1.0, HOUR_MS),)
FORTH_AND_BACK = ((1.0, HOUR_MS), (4.0, -HOUR_MS))
FURTHER_BACK = ((1.0, HOUR_MS), (4.0, -2 * HOUR_MS))
BACK_AND_FORTH = ((1.0, -HOUR_MS), (14.0, HOUR_MS))


class Laggard(Scripted):
    """Orders are seen after four seconds; what comes late comes after twenty."""

    def __init__(self) -> None:
        super().__init__(lag_s=4.0, late_s=(20.0, 20.0))
        self.random.uniform = lambda a, b: b  # type: ignore[method-assign]

    def jump(self, jumps: Jumps) -> None:
        later(self._by, jumps)

    def _by(self, ms: int) -> None:
        self.offset_ms += ms


def later(act: Callable[[int], object], jumps: Jumps) -> None:
    for at_s, ms in jumps:
        asyncio.get_running_loop().call_later(at_s, act, ms)


async def end_of(call: Awaitable[object]) -> object:
    try:
        return await call
    except FuturesAsyncError as error:
        return error


async def believed(exchange: Adapter) -> None:
    """Ask until the venue's clock is believed; answers that are older than their questions are refused meanwhile."""
    for _ in range(4):
        with suppress(ResponseMismatch):
            await exchange.fetch_time()


@pytest.mark.parametrize(
    ("fault", "jumps", "end"),
    [
        ("read-timeout-applied", FORTH, Order),
        ("html-504-late", FORTH_AND_BACK, Order),
        ("html-504-late", BACK_AND_FORTH, Order),
        ("html-504-late", FURTHER_BACK, OrderOutcomeUnknown),
        ("html-504-late", FORTH, OrderNotPlaced),
        ("html-502-applied", FORTH_AND_BACK, Order),
    ],
)
@virtual
async def test_an_order_that_stands_is_not_called_absent(fault: str, jumps: Jumps, end: type) -> None:
    venue = Laggard()
    async with toy(venue) as exchange:
        venue.plan["/order/place"] = [fault]
        venue.jump(jumps)
        assert type(await end_of(exchange.create_order(limit_order()))) is end
        await venue.settle()
        assert len(venue.orders) == (end is Order)


@virtual
async def test_a_clock_that_was_an_hour_ahead_once_proves_nothing_of_later_orders() -> None:
    venue = Laggard()
    async with toy(venue) as exchange:
        for ms in (HOUR_MS, -HOUR_MS):
            venue.offset_ms += ms
            await believed(exchange)
            await anyio.sleep(60)
        venue.plan["/order/place"] = ["html-504-late"]
        assert type(await end_of(exchange.create_order(limit_order()))) is Order


@virtual
async def test_an_order_of_which_an_id_is_left_is_not_called_absent_just_after_a_jump() -> None:
    """Another process has sent it, with a fence by the clock as it was."""
    venue = Laggard()
    async with toy(venue) as exchange, toy(venue) as other:
        venue.plan["/order/place"] = ["html-504-late"]
        with pytest.raises(OrderOutcomeUnknown) as caught:
            await other.create_order(limit_order(client_order_id="left1"), on_unknown="raise")
        venue.offset_ms += HOUR_MS
        await believed(exchange)
        venue.jump(((4.0, -HOUR_MS),))
        fence_ms = caught.value.fence_until_ms
        assert type(await end_of(exchange.resolve_order(BTC, "left1", fence_until_ms=fence_ms))) is Order


@virtual
async def test_a_setting_that_may_still_land_is_not_called_lost() -> None:
    venue = Laggard()
    async with toy(venue) as exchange:
        venue.always["/leverage/set"] = "html-504-late"
        venue.jump(FORTH_AND_BACK)
        end = await end_of(exchange.set_leverage(BTC, Decimal(7)))
        await venue.settle()
        assert not isinstance(end, SettingNotApplied)
        assert venue.leverage == "7"


@virtual
async def test_a_step_of_this_computers_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Laggard()
    async with toy(venue) as exchange:
        venue.plan["/order/place"] = ["html-504-late"]
        venue.jump(FORTH_AND_BACK)
        later(lambda ms: monkeypatch.setattr("time.time", lambda: ms / 1000), FORTH)
        assert type(await end_of(exchange.create_order(limit_order()))) is Order


@pytest.mark.parametrize("venue", ["bitget", "bybit", "binance"])
def test_an_order_that_comes_after_two_jumps_is_found_at(venue: str) -> None:
    """The request is held up on its way for four seconds, in which the clock was an hour ahead for three."""

    async def look() -> None:
        on = Inside(specs()[venue])
        wire = Wire(on, hold=True)
        await on.exchange.fetch_time()
        later(on.advance, ((0.1, HOUR_MS), (3.9, -HOUR_MS)))
        asyncio.get_running_loop().call_later(4.0, wire.land)
        end = await end_of(on.exchange.create_order(on.request()))
        assert len(on.account.orders) == 1
        assert isinstance(end, Order), end
        await on.exchange.aclose()

    run(look())
