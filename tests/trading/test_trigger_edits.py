"""Edits and stops that wait: what is said where hooks, or values, are missing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import pytest

import futures_async as fa
from futures_async.adapter import PartStops, TriggerEdits
from futures_async.adapters import Bybit
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from tests.rig.support import BTC, Scripted, limit_order, toy, virtual
from tests.rig.toy import Toy


class Bare(TriggerEdits, Toy):
    """Its author has written no hook yet."""

    changeable: ClassVar[Sequence[str]] = ("trigger_price", "price")


class Half(Bare):
    """It reads what waits, and says not how that is changed."""

    async def _waiting_now(self, name: str, ids: tuple[str | None, str | None]) -> tuple[fa.Order, Any]:
        order = await self.create_order(limit_order())
        return order, {"trigger_price": Decimal(90), "price": order.price, "quantity": order.quantity}


@pytest.mark.parametrize("kind", [Bare, Half])
@virtual
async def test_edits_of_waiting_orders_without_their_hooks_are_not_supported(kind: type[Bare]) -> None:
    async with toy(Scripted(), kind) as exchange:
        assert isinstance(exchange, TriggerEdits)
        with pytest.raises(fa.NotSupported, match="edit_trigger_order"):
            await exchange.edit_trigger_order(BTC, order_id="1", trigger_price=95)


class Stopless(PartStops, Toy):
    """The same of stops."""


@virtual
async def test_stops_of_a_part_without_their_hook_are_not_supported() -> None:
    async with toy(Scripted(), Stopless) as exchange:
        assert isinstance(exchange, PartStops)
        with pytest.raises(fa.NotSupported, match="create_stop_order"):
            await exchange.create_stop_order(BTC, "long", 1, stop_loss=90)
        assert exchange.unresolved() == []


class Whole(Bare):
    """Its orders execute at market, and are for the whole position."""

    changeable = ("trigger_price", "price", "quantity")

    async def _waiting_now(self, name: str, ids: tuple[str | None, str | None]) -> tuple[fa.Order, Any]:
        order = await self.create_order(limit_order())
        return order, {"trigger_price": Decimal(90), "price": None, "quantity": None}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"price": 95}, "has no price"),
        ({"quantity": 1}, "has no quantity"),
        ({"trigger_price": 95, "price": 94}, "has no price"),
        ({"trigger_price": 95, "quantity": 1}, "has no quantity"),
        ({"trigger_price": 95, "price": 0}, "each above 0"),
        ({"trigger_price": -1, "quantity": 5}, "each above 0"),
    ],
)
@virtual
async def test_a_waiting_order_is_given_nothing_that_it_has_not_and_nothing_of_0(
    change: dict[str, Any], said: str
) -> None:
    async with toy(Scripted(), Whole) as exchange:
        assert isinstance(exchange, TriggerEdits)
        with pytest.raises(fa.InvalidOrder, match=said):
            await exchange.edit_trigger_order(BTC, order_id="1", **change)


@virtual
async def test_an_edit_of_nothing_names_what_can_be_changed() -> None:
    async with toy(Scripted(), Bare) as exchange:
        assert isinstance(exchange, TriggerEdits)
        with pytest.raises(fa.InvalidOrder, match=r"needs trigger_price or price, each above 0$"):
            await exchange.edit_trigger_order(BTC, order_id="1")


def test_an_edit_of_an_order_that_is_not_there_names_our_symbol() -> None:
    async def play() -> None:
        on = Inside(VenueSpec(factory=Bybit, raw_call=RawCall("/", {})))
        async with on.exchange as exchange:
            assert isinstance(exchange, TriggerEdits)
            with pytest.raises(fa.OrderNotFound, match="of BTC/USDT:USDT"):
                await exchange.edit_trigger_order("BTCUSDT", order_id=str(UUID(int=7)), trigger_price=95)

    run(play())
