"""{open, close} x {buy, sell} x {one-way, hedge} x {market, limit, post-only, FOK, IOC}: the resulting position."""

from __future__ import annotations

from typing import Any

import pytest

from futures_async.testing.base import Contract, exercises
from futures_async.testing.loopback import Loopback, Running
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderStatus, OrderType, PositionMode, PositionSide, Side, TimeInForce
from futures_async.unified.exchange import Capability as Can

KINDS = ("market", "gtc", "post_only", "fok", "ioc")
OPPOSITE = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


def side_of(side: Side, intent: Intent) -> PositionSide:
    """The position that such an order is about."""
    return PositionSide.LONG if (side is Side.BUY) is (intent is Intent.OPEN) else PositionSide.SHORT


def held(on: Running) -> dict[PositionSide, Any]:
    """Quantities by side, as the exchange holds them."""
    return {position.side: position.quantity for position in on.account.positions_of()}


class Matrix(Contract):
    """See the module."""

    def fields(self, on: Running, side: Side, kind: str, *, passive: bool) -> dict[str, Any]:
        """Of an order of that kind, priced to fill at once or to rest."""
        if kind == "market":
            return {"type": OrderType.MARKET}
        force = TimeInForce(kind)
        if force not in self.spec.forces:
            pytest.skip(f"{self.spec.id} has no {kind}")
        below = (side is Side.BUY) is passive
        return {"time_in_force": force, "price": on.price("0.995" if below else "1.005")}

    @pytest.mark.parametrize("mode", list(PositionMode))
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("side", list(Side))
    @pytest.mark.parametrize("intent", list(Intent))
    @exercises(Can.CREATE_ORDER)
    async def test_the_position_is_what_was_meant(
        self, server: Loopback, intent: Intent, side: Side, kind: str, mode: PositionMode
    ) -> None:
        async with self.on(server, mode) as on:
            quantity, about = on.spec.quantity, side_of(side, intent)
            if intent is Intent.CLOSE:
                await on.trade(OPPOSITE[side], quantity=2 * quantity)
                assert held(on) == {about: 2 * quantity}
            passive = kind == "post_only"
            order = await on.exchange.create_order(
                on.request(side, intent=intent, **self.fields(on, side, kind, passive=passive))
            )
            if passive:
                assert order.status is OrderStatus.NEW
                on.move(on.price("0.99" if side is Side.BUY else "1.01"))
                order = await on.exchange.fetch_order(on.spec.symbol, order_id=order.order_id)
            assert held(on) == {about: quantity}
            assert order.status is OrderStatus.FILLED
            assert (order.side, order.filled_quantity) == (side, quantity)
            assert order.type in (self.spec.market_type if kind == "market" else OrderType.LIMIT, OrderType.UNKNOWN)
            assert order.position_side in (None, about)
            assert order.reduce_only in (None, intent is Intent.CLOSE)
            if on.exchange.supports(Can.FETCH_FILLS):
                fills = await on.exchange.fetch_fills(on.spec.symbol)
                assert fills[0].order_id == order.order_id
                assert (fills[0].side, fills[0].quantity) == (side, quantity)
                assert fills[0].fee is None or fills[0].fee > 0

    @pytest.mark.parametrize("mode", list(PositionMode))
    @pytest.mark.parametrize("kind", ["post_only", "fok", "ioc"])
    @exercises(Can.CREATE_ORDER)
    async def test_an_order_that_may_not_rest_or_take_leaves_no_position(
        self, server: Loopback, kind: str, mode: PositionMode
    ) -> None:
        async with self.on(server, mode) as on:
            fields = self.fields(on, Side.BUY, kind, passive=kind != "post_only")
            try:
                order = await on.exchange.create_order(on.request(Side.BUY, **fields))
            except errors.OrderRejected:
                pass  # some venues refuse at the door what others cancel at once
            else:
                order = await on.exchange.fetch_order(on.spec.symbol, order_id=order.order_id)
                assert order.status.is_final
                assert order.filled_quantity in (None, 0)
            assert held(on) == {}
            assert on.account.open_orders == {}

    @pytest.mark.parametrize("mode", list(PositionMode))
    @pytest.mark.parametrize("side", list(Side))
    @exercises(Can.CREATE_ORDER)
    async def test_closing_more_than_is_held_never_opens(
        self, server: Loopback, side: Side, mode: PositionMode
    ) -> None:
        async with self.on(server, mode) as on:
            await on.trade(OPPOSITE[side])
            about = side_of(side, Intent.CLOSE)
            try:
                await on.trade(side, Intent.CLOSE, quantity=3 * on.spec.quantity)
            except errors.ExchangeError:
                assert held(on) == {about: on.spec.quantity}
            else:
                assert held(on) == {}

    @pytest.mark.parametrize("mode", list(PositionMode))
    @exercises(Can.CREATE_ORDER)
    async def test_closing_without_a_position_never_opens(self, server: Loopback, mode: PositionMode) -> None:
        async with self.on(server, mode) as on:
            with pytest.raises(errors.ExchangeError):
                await on.trade(Side.SELL, Intent.CLOSE)
            assert held(on) == {}

    @exercises(Can.CREATE_ORDER)
    async def test_in_hedge_mode_both_sides_are_held_apart(self, server: Loopback) -> None:
        async with self.on(server, PositionMode.HEDGE) as on:
            await on.trade(Side.BUY)
            await on.trade(Side.SELL)
            assert held(on) == {PositionSide.LONG: on.spec.quantity, PositionSide.SHORT: on.spec.quantity}
            await on.trade(Side.BUY, Intent.CLOSE)
            assert held(on) == {PositionSide.LONG: on.spec.quantity}
