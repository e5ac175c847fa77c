"""A setting that could not be read back, and what is set after it."""

from __future__ import annotations

import asyncio

import pytest

import futures_async as fa
from tests.rig.support import BTC, Scripted, page, toy, virtual

SET, GET = "/leverage/set", "/leverage"


@pytest.mark.parametrize("stands", ["10", "20"])
@virtual
async def test_an_acknowledged_one_keeps_no_other_value_out_once_reading_works(stands: str) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[GET] = page(502)
        with pytest.raises(fa.SettingOutcomeUnknown) as caught:
            await exchange.set_leverage(BTC, 10)
        assert caught.value.fence_until_ms is not None
        assert exchange.unresolved() == [caught.value]
        del venue.always[GET]
        venue.leverage = stands
        await asyncio.sleep(3600)
        assert (await exchange.set_leverage(BTC, 3)).leverage == 3
        assert exchange.unresolved() == []


@virtual
async def test_it_can_be_resolved_to_not_applied() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[GET] = page(502)
        with pytest.raises(fa.SettingOutcomeUnknown) as caught:
            await exchange.set_leverage(BTC, 10)
        del venue.always[GET]
        venue.leverage = "20"
        with pytest.raises(fa.SettingNotApplied):
            await caught.value.resolve()
        assert exchange.unresolved() == []
