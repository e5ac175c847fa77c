"""Margin modes of contracts, by an adapter's one hook."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import futures_async as fa
from futures_async.adapter import Call
from futures_async.testing.faulted import Faulted
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from tests.contract.venues import specs
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


@pytest.mark.parametrize("venue", ["bybit", "bitmart"])
def test_what_must_be_read_before_something_is_set_tells_what_was_not_done(venue: str) -> None:
    async def main() -> None:
        on = Faulted(specs()[venue])
        await on.warm_up(every_endpoint=False)
        exchange, symbol = on.exchange, on.spec.symbol
        moving = venue == "bybit"
        on.plan.add("text", kinds=[Kind.READ])
        with pytest.raises(fa.BadResponse) as told:
            await (exchange.adjust_margin(symbol, 1) if moving else exchange.set_margin_mode("isolated", symbol=symbol))
        assert told.value.outcome is fa.Outcome.NOT_SENT
        assert told.value.advice.startswith("no margin was moved; " if moving else "nothing was set; ")
        await exchange.aclose()

    run(main())
