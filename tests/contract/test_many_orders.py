"""Emergencies with more orders than a venue shows in one list."""

from __future__ import annotations

from decimal import Decimal

import pytest

from futures_async.adapters.bitmart import BitMart
from futures_async.portfolio.acts import cancels, carry_out, halts
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.unified import errors
from futures_async.unified.enums import OrderType
from futures_async.unified.exchange import Capability as Can
from tests.contract.venues import specs

SPECS = {venue: spec for venue, spec in specs().items() if Can.CANCEL_ALL_ORDERS in spec.capabilities}
MANY = 130
"""BitMart and Bitget v1 show 100 and have no second page."""


def crowded(on: Inside) -> None:
    """Place so many orders, without any wire."""
    with on.inside.engine.arithmetic():
        on.account.balances[on.spec.margin_coin] = on.account.balance(on.spec.margin_coin) + 1_000_000
    for _ in range(MANY):
        on.resting("0.8")
    assert len(on.account.open_orders) == MANY


@pytest.mark.parametrize("venue", [venue for venue in SPECS if SPECS[venue].lists_all_open])
def test_a_halt_cancels_them_all(venue: str) -> None:
    async def main() -> None:
        on = Inside(SPECS[venue])
        crowded(on)
        async with on.exchange as exchange:
            ends = await carry_out({"mine": await halts(exchange, close=False)})
            assert {done.result for _, done in ends} == {"done"}
            assert on.account.open_orders == {}

    run(main())


@pytest.mark.parametrize("venue", SPECS)
def test_cancelling_all_of_a_contract_names_those_that_could_be_seen(venue: str) -> None:
    async def main() -> None:
        on = Inside(SPECS[venue])
        crowded(on)
        async with on.exchange as exchange:
            gone = await exchange.cancel_all_orders(on.spec.symbol)
            assert on.account.open_orders == {}
            assert len(set(gone)) == len(gone) >= 100

    run(main())


def test_a_contract_has_one_name_in_all_steps_whatever_it_is_called() -> None:
    async def main() -> None:
        on = Inside(SPECS["bitmart"])
        crowded(on)
        async with on.exchange as exchange:
            for word in (on.spec.symbol, exchange.venue_symbol(on.spec.symbol)):
                steps = await cancels(exchange, word)
                assert [(step.symbol, step.whole) for step in steps] == [(on.spec.symbol, False)] * 2
            ends = await carry_out({"mine": steps})
            assert {(done.symbol, done.result) for _, done in ends} == {(on.spec.symbol, "done")}
            assert on.account.open_orders == {}

    run(main())


def test_waiting_orders_are_cancelled_list_after_list() -> None:
    async def main() -> None:
        on = Inside(SPECS["bitmart"])
        async with on.exchange as exchange:
            for _ in range(MANY):
                await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05")))
            gone = await exchange.cancel_all_orders(on.spec.symbol)
            assert on.account.live_triggers == {}
            assert len(set(gone)) == len(gone) == MANY

    run(main())


def test_trailing_orders_are_cancelled_too_although_they_fill_the_list_of_the_others() -> None:
    async def main() -> None:
        on = Inside(SPECS["bitmart"])
        async with on.exchange as exchange:
            assert isinstance(exchange, BitMart)
            for _ in range(MANY):
                request = on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"))
                await exchange.create_trailing_order(request, Decimal("0.01"))
            with pytest.raises(errors.SettingOutcomeUnknown):  # whether another one is open could not be seen
                await exchange.cancel_all_orders(on.spec.symbol)
            assert on.account.live_triggers == {}
            assert await exchange.cancel_all_orders(on.spec.symbol) == []

    run(main())
