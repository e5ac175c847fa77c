"""A setting that could not be read back, and what is set after it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

import futures_async as fa
from futures_async.adapter import Call, OrderFields
from futures_async.trading.turns import needed_by
from tests.rig.support import BTC, Scripted, limit_order, page, toy, virtual
from tests.rig.toy import SET_LEVERAGE, Toy

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


@pytest.mark.parametrize("within_s", [0.01, 1.0])
@virtual
async def test_who_needs_one_soon_does_not_wait_until_an_earlier_one_is_told(within_s: float) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[GET] = page(502)
        with pytest.raises(fa.SettingOutcomeUnknown) as caught:
            await exchange.set_leverage(BTC, 10)
        caught.value.fence_until_ms = None  # of one that a venue gives no time for
        began, sent = asyncio.get_running_loop().time(), venue.sent(SET)
        with needed_by(began + within_s), pytest.raises(fa.DeadlineExpired, match="before, try again after that"):
            await exchange.set_leverage(BTC, 3)
        assert asyncio.get_running_loop().time() - began <= within_s + 0.01
        assert venue.sent(SET) == sent
        assert exchange.unresolved() == [caught.value]


@virtual
async def test_one_that_is_late_by_itself_blames_no_other() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        due = asyncio.get_running_loop().time()
        with needed_by(due), pytest.raises(fa.DeadlineExpired, match="when the time for that was over"):
            await exchange.set_leverage(BTC, 3)
        assert venue.sent(SET) == 0


class Standing(Toy):
    """Its orders carry no margin mode: they go by the one that is set."""

    order_fields = OrderFields(standing=frozenset({"margin_mode"}))

    def _margin_mode_change(self, venue_symbol: str, mode: fa.MarginMode) -> Call:
        return Call(SET_LEVERAGE, {"symbol": venue_symbol, "leverage": "10"})

    async def fetch_leverage(self, symbol: str, margin_mode: Any = None) -> fa.Leverage:
        found = await super().fetch_leverage(symbol, margin_mode)
        return msgspec.structs.replace(found, margin_mode=fa.MarginMode.CROSS)


@pytest.mark.parametrize(("fenced", "said"), [(True, "for another"), (False, "resolve() its question")])
@virtual
async def test_an_order_is_told_how_long_an_open_mode_may_still_come_to_stand(fenced: bool, said: str) -> None:
    venue = Scripted()
    async with toy(venue, Standing) as exchange:
        venue.always[SET] = "read-timeout-lost"
        venue.always[GET] = page(502)
        setting = asyncio.create_task(exchange.set_margin_mode("isolated", symbol=BTC))
        with pytest.raises(fa.SettingOutcomeUnknown) as caught:
            await setting
        caught.value.fence_until_ms = await exchange.fetch_time() + 40_000 if fenced else None
        del venue.always[GET]
        with pytest.raises(fa.DeadlineExpired, match="isolated may still take its place") as late:
            await exchange.create_order(limit_order(margin_mode=fa.MarginMode.CROSS))
        assert said in late.value.text
        caught.value.settled = True
        assert (await exchange.create_order(limit_order(margin_mode=fa.MarginMode.CROSS))).order_id
