"""Margin modes of contracts, by an adapter's one hook."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import futures_async as fa
from futures_async.adapter import Call
from tests.rig.support import BTC, Scripted, toy, virtual
from tests.rig.toy import SET_LEVERAGE, Toy

SET = "/leverage/set"


class Modes(Toy):
    """Sets margin modes, as far as its author has got."""

    stands = fa.MarginMode.CROSS

    def _margin_mode_change(self, venue_symbol: str, mode: fa.MarginMode) -> Call:
        return Call(SET_LEVERAGE, {"symbol": venue_symbol, "leverage": "10"})

    async def fetch_leverage(self, symbol: str, margin_mode: Any = None) -> fa.Leverage:
        found = await super().fetch_leverage(symbol, margin_mode)
        return msgspec.structs.replace(found, margin_mode=self.stands)


@virtual
async def test_a_margin_mode_is_set_once_and_read_back() -> None:
    venue = Scripted()
    async with toy(venue, Modes) as exchange:
        await exchange.set_margin_mode("cross", symbol=BTC)
        assert venue.sent(SET) == 1
        with pytest.raises((fa.SettingNotApplied, fa.SettingOutcomeUnknown)):
            await exchange.set_margin_mode("isolated", symbol=BTC)


@virtual
async def test_no_margin_mode_is_set_after_a_halt() -> None:
    venue = Scripted()
    async with toy(venue, Modes) as exchange:
        exchange.halt()
        with pytest.raises(fa.ClientClosed, match="set_margin_mode"):
            await exchange.set_margin_mode("cross", symbol=BTC)
        assert venue.sent(SET) == 0


class Hollow(Modes):
    """Its author meant to send something."""

    async def _put_margin_mode(self, venue_symbol: str, mode: fa.MarginMode) -> None:
        return None


@virtual
async def test_a_mode_for_which_nothing_was_sent_is_told_as_set_only_where_it_stands() -> None:
    venue = Scripted()
    async with toy(venue, Hollow) as exchange:
        await exchange.set_margin_mode("cross", symbol=BTC)
        with pytest.raises(fa.SettingNotApplied, match="isolated"):
            await exchange.set_margin_mode("isolated", symbol=BTC)
        assert venue.sent(SET) == 0
