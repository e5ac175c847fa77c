"""Settings that write back what they do not change: it is read when it is their turn, and what came before stays."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from futures_async.adapters import BitgetUTA, BitMart, Bybit
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, PositionMode
from tests.trading.test_late_copies import now, played
from tests.trading.test_reliances import HYPERLIQUID, delayed, is_idle, name_of, slow

BYBIT, BITMART, BITGET_UTA = (
    VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Bybit, BitMart, BitgetUTA)
)


def test_one_sides_leverage_does_not_take_back_the_other_sides() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange, symbol = on.exchange, on.spec.symbol
        await exchange.set_margin_mode("isolated")
        await asyncio.gather(
            exchange.set_leverage(symbol, 5, side="long"), exchange.set_leverage(symbol, 7, side="short")
        )
        found = await exchange.fetch_leverage(symbol)
        assert [found.long_leverage, found.short_leverage] == [Decimal(5), Decimal(7)]
        with pytest.raises(errors.InvalidRequest, match="set_margin_mode changes that"):
            await exchange.set_leverage(symbol, 9, margin_mode="cross")

    played(BYBIT, play, PositionMode.HEDGE)


@pytest.mark.parametrize("first", ["leverage", "margin mode"])
@pytest.mark.parametrize("spec", [HYPERLIQUID, BITMART], ids=lambda spec: spec.factory.id)
def test_leverage_and_margin_mode_that_are_set_with_each_other_do_not_take_each_other_back(
    spec: VenueSpec, first: str
) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        exchange = on.exchange
        await exchange.set_leverage(spec.symbol, 3, margin_mode="cross")
        calls = [exchange.set_leverage(spec.symbol, 7), exchange.set_margin_mode("isolated", symbol=spec.symbol)]
        await asyncio.gather(*(calls if first == "leverage" else reversed(calls)))
        found = await exchange.fetch_leverage(spec.symbol)
        assert found.leverage == 7
        assert found.margin_mode is MarginMode.ISOLATED

    played(spec, play)


def test_equal_leverage_is_set_beside_an_order_that_relies_on_it() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        delayed(on, slow(1, by_s=2))
        order = on.request(leverage=10, margin_mode="cross", client_order_id=name_of(1))
        under_way = asyncio.create_task(on.exchange.create_order(order))
        await asyncio.sleep(0.5)
        began = now()
        await on.exchange.set_leverage(on.spec.symbol, 10, margin_mode="cross")
        assert now() - began < 0.5
        assert not under_way.done()
        await on.exchange.set_leverage(on.spec.symbol, 20, margin_mode="cross")
        assert under_way.done()
        assert is_idle(on)

    played(BITGET_UTA, play)
