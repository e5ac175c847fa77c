"""Orders: placed once, found again, edited, cancelled, and never by an empty id."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from futures_async.testing.base import Contract, exercises
from futures_async.testing.loopback import Loopback
from futures_async.testing.reads import whole
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderStatus, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.exchange import Capability as Can


class Orders(Contract):
    """See the module."""

    @exercises(Can.CREATE_ORDER, Can.FETCH_ORDER, Can.FETCH_OPEN_ORDERS)
    async def test_a_resting_order_reads_as_it_was_placed(self, server: Loopback) -> None:
        async with self.on(server) as on:
            request = on.request(Side.SELL)
            order = await on.exchange.create_order(request)
            [inside] = on.account.open_orders.values()
            assert (order.order_id, inside.quantity) == (str(inside.id), on.spec.quantity)
            read = await on.exchange.fetch_order(on.spec.symbol, order_id=order.order_id)
            [listed] = await on.exchange.fetch_open_orders(on.spec.symbol)
            for found in (order, read, listed):
                assert (found.side, found.type, found.status) == (Side.SELL, OrderType.LIMIT, OrderStatus.NEW)
                assert (found.price, found.quantity) == (request.price, on.spec.quantity)
                assert found.filled_quantity in (None, Decimal(0))
                assert found.average_price is None
                assert found.client_order_id == order.client_order_id
                assert not found.recovered
                whole(on, found)
            assert [found.order_id for found in await on.exchange.fetch_open_orders()] == [order.order_id]
            assert await on.exchange.fetch_open_orders(on.spec.other_symbol) == []

    @exercises(Can.CREATE_ORDER)
    async def test_an_order_that_is_answered_as_filled_says_at_which_price(self, server: Loopback) -> None:
        async with self.on(server) as on:
            order = await on.trade(Side.BUY)
            if order.filled_quantity:
                [inside] = on.account.orders.values()
                assert order.average_price == inside.average_price

    @exercises(Can.CREATE_ORDER)
    async def test_a_client_id_of_the_callers_is_kept_and_cannot_be_used_twice(self, server: Loopback) -> None:
        async with self.on(server) as on:
            if not on.exchange._dialect.traits.client_id:  # pyright: ignore[reportPrivateUsage] - what the venue can
                with pytest.raises(errors.InvalidOrder):
                    await on.exchange.create_order(on.request(client_order_id="mine001"))
                return
            order = await on.exchange.create_order(on.request(client_order_id="mine001"))
            assert order.client_order_id == "mine001"
            [inside] = on.account.open_orders.values()
            assert inside.client_id == on.spec.client_id("mine001")
            with pytest.raises(errors.InvalidOrder):
                await on.exchange.create_order(on.request(client_order_id="mine001"))
            assert len(on.account.orders) == 1

    @exercises(Can.CREATE_ORDER, Can.FETCH_CONTRACT)
    async def test_an_order_worth_less_than_the_venues_minimum_is_not_sent(self, server: Loopback) -> None:
        async with self.on(server) as on:
            contract = await on.exchange.fetch_contract(on.spec.symbol)
            if contract.min_notional is None:
                pytest.skip("the venue states no minimum value")
            small = on.request(quantity=contract.quantity_step, price=contract.price_tick)
            with pytest.raises(errors.InvalidOrder, match="under the minimum"):
                await on.exchange.create_order(small)
            assert on.writes == []

    @exercises(Can.CREATE_ORDER, Can.RESOLVE_ORDER)
    async def test_an_order_is_found_again_by_another_client(self, server: Loopback) -> None:
        async with self.on(server) as on:
            order = await on.exchange.create_order(on.request())
            assert order.client_order_id is not None
            async with on.connect(on.credentials) as other:
                found = await other.resolve_order(on.spec.symbol, order.client_order_id)
            assert found is not None
            assert (found.order_id, found.recovered) == (order.order_id, True)

    @exercises(Can.CREATE_ORDER)
    @pytest.mark.parametrize(
        "fields",
        [
            {"quantity": Decimal(0)},
            {"quantity": Decimal("-1")},
            {"quantity": Decimal("NaN")},
            {"price": Decimal("Infinity")},
            {"price": Decimal(-5)},
            {"price": None},
            {"client_order_id": ""},
            {"client_order_id": "a b"},
            {"client_order_id": "x" * 65},
            {"type": OrderType.MARKET, "price": Decimal(1)},
            {"trigger_price": Decimal(1)},
            {"type": OrderType.TRIGGER},
        ],
        ids=str,
    )
    async def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
        self, server: Loopback, fields: dict[str, Any]
    ) -> None:
        async with self.on(server) as on:
            with pytest.raises(errors.InvalidOrder) as caught:
                await on.exchange.create_order(on.request(**fields))
            assert caught.value.outcome is not None
            assert on.arrived == []

    @exercises(Can.CREATE_ORDER, Can.FETCH_CONTRACT)
    @pytest.mark.parametrize("part", ["price", "quantity"])
    async def test_numbers_off_the_step_are_refused_and_not_rounded(self, server: Loopback, part: str) -> None:
        async with self.on(server) as on:
            contract = await on.exchange.fetch_contract(on.spec.symbol)
            good = on.request()
            step = {"price": contract.price_tick, "quantity": contract.quantity_step}[part]
            with pytest.raises(errors.InvalidOrder, match=part):
                await on.exchange.create_order(on.request(**{part: getattr(good, part) + step / 3}))
            assert on.account.orders == {}

    @exercises(Can.CREATE_ORDER)
    async def test_an_order_beyond_the_account_is_the_venues_refusal(self, server: Loopback) -> None:
        async with self.on(server) as on:
            with pytest.raises(errors.ExchangeError) as caught:
                await on.exchange.create_order(on.request(quantity=on.spec.quantity * 10_000))
            assert isinstance(caught.value, errors.OrderRejected)
            assert caught.value.outcome is not None
            assert on.account.open_orders == {}

    @exercises(Can.CREATE_ORDERS)
    async def test_each_order_of_several_is_judged_alone(self, server: Loopback) -> None:
        async with self.on(server) as on:
            requests = [
                on.request(Side.BUY),
                on.request(Side.BUY, quantity=on.spec.quantity * 10_000),
                on.request(Side.SELL),
                on.request(Side.BUY, quantity=Decimal(-1)),
                on.request(Side.BUY, symbol=on.spec.other_symbol, price=Decimal(2000), quantity=Decimal("0.1")),
            ]
            results = await on.exchange.create_orders(requests)
            assert [result.order is not None for result in results] == [True, False, True, False, True]
            assert isinstance(results[1].error, errors.OrderRejected)
            assert isinstance(results[3].error, errors.InvalidOrder)
            placed = [result.order for result in results if result.order is not None]
            assert [order.side for order in placed] == [Side.BUY, Side.SELL, Side.BUY]
            assert {order.order_id for order in placed} == {str(order.id) for order in on.account.open_orders.values()}

    @exercises(Can.CREATE_ORDERS)
    async def test_more_orders_than_a_batch_holds_are_all_placed(self, server: Loopback) -> None:
        async with self.on(server) as on:
            quantity = on.inside.engine.world.contract(on.spec.symbol).contract_size
            results = await on.exchange.create_orders([on.request(quantity=quantity) for _ in range(23)])
            assert [result.error for result in results] == [None] * 23
            assert len(on.account.open_orders) == 23

    @exercises(Can.CREATE_ORDER, Can.EDIT_ORDER)
    async def test_an_edited_order_has_the_new_price_and_size(self, server: Loopback) -> None:
        async with self.on(server) as on:
            order = await on.exchange.create_order(on.request())
            price, quantity = on.price("0.91"), on.spec.quantity * 2
            edited = await on.exchange.edit_order(
                on.spec.symbol, order_id=order.order_id, price=price, quantity=quantity
            )
            assert (edited.price, edited.quantity) == (price, quantity)
            [inside] = on.account.open_orders.values()
            assert (inside.price, inside.quantity, str(inside.id)) == (price, quantity, edited.order_id)

    @exercises(Can.CREATE_ORDER, Can.CANCEL_ORDER)
    async def test_a_cancelled_order_is_read_as_cancelled(self, server: Loopback) -> None:
        async with self.on(server) as on:
            kept = await on.exchange.create_order(on.request(Side.SELL))
            order = await on.exchange.create_order(on.request())
            cancelled = await on.exchange.cancel_order(on.spec.symbol, order_id=order.order_id)
            assert (cancelled.order_id, cancelled.status) == (order.order_id, OrderStatus.CANCELED)
            assert [str(found.id) for found in on.account.open_orders.values()] == [kept.order_id]

    @exercises(Can.CREATE_ORDER, Can.CANCEL_ORDER)
    async def test_an_order_is_cancelled_by_its_client_id(self, server: Loopback) -> None:
        async with self.on(server) as on:
            order = await on.exchange.create_order(on.request())
            if order.client_order_id is None:
                pytest.skip("no client ids here")
            cancelled = await on.exchange.cancel_order(on.spec.symbol, client_order_id=order.client_order_id)
            assert cancelled.status is OrderStatus.CANCELED

    @exercises(Can.CREATE_ORDER, Can.CANCEL_ORDER)
    async def test_cancelling_what_has_filled_says_that_it_has_filled(self, server: Loopback) -> None:
        async with self.on(server) as on:
            order = await on.trade(Side.BUY)
            assert (
                await on.exchange.cancel_order(on.spec.symbol, order_id=order.order_id)
            ).status is OrderStatus.FILLED

    @exercises(Can.CANCEL_ORDER, Can.FETCH_ORDER)
    async def test_an_order_that_never_was_is_not_found(self, server: Loopback) -> None:
        async with self.on(server) as on:
            with pytest.raises(errors.OrderNotFound):
                await on.exchange.fetch_order(on.spec.symbol, order_id="123456789012345678")
            with pytest.raises(errors.OrderNotFound):
                await on.exchange.cancel_order(on.spec.symbol, order_id="123456789012345678")

    @exercises(Can.CREATE_ORDER, Can.CANCEL_ORDER)
    @pytest.mark.parametrize(
        "ids",
        [{}, {"order_id": ""}, {"order_id": None, "client_order_id": ""}, {"order_id": " "}, {"order_id": "0"}],
        ids=str,
    )
    async def test_a_cancel_without_an_id_is_never_sent(self, server: Loopback, ids: dict[str, Any]) -> None:
        async with self.on(server) as on:
            await on.exchange.create_order(on.request())
            before = len(on.arrived)
            with pytest.raises(errors.InvalidRequest):
                await on.exchange.cancel_order(on.spec.symbol, **ids)
            if on.exchange.supports(Can.CANCEL_ORDERS):
                with pytest.raises(errors.InvalidRequest):
                    await on.exchange.cancel_orders(on.spec.symbol, order_ids=[ids.get("order_id") or ""])
            assert len(on.arrived) == before
            assert len(on.account.open_orders) == 1

    @exercises(Can.CREATE_ORDER, Can.CANCEL_ORDERS)
    async def test_each_cancel_of_several_is_judged_alone(self, server: Loopback) -> None:
        async with self.on(server) as on:
            orders = [await on.exchange.create_order(on.request()) for _ in range(3)]
            results = await on.exchange.cancel_orders(
                on.spec.symbol, order_ids=[orders[0].order_id, "123456789012345678", orders[2].order_id]
            )
            assert [result.error is None for result in results] == [True, False, True]
            assert isinstance(results[1].error, errors.OrderNotFound)
            assert [str(found.id) for found in on.account.open_orders.values()] == [orders[1].order_id]
            assert await on.exchange.cancel_orders(on.spec.symbol) == []

    @exercises(Can.CREATE_ORDER, Can.CANCEL_ALL_ORDERS)
    async def test_all_orders_of_a_symbol_are_cancelled_and_no_other(self, server: Loopback) -> None:
        async with self.on(server) as on:
            orders = [await on.exchange.create_order(on.request(side)) for side in (Side.BUY, Side.SELL)]
            other = await on.exchange.create_order(
                on.request(symbol=on.spec.other_symbol, price=Decimal(2000), quantity=Decimal("0.1"))
            )
            assert sorted(await on.exchange.cancel_all_orders(on.spec.symbol)) == sorted(o.order_id for o in orders)
            assert [str(found.id) for found in on.account.open_orders.values()] == [other.order_id]
            assert await on.exchange.cancel_all_orders(on.spec.symbol) == []

    @exercises(Can.ARM_CANCEL_ALL, Can.CREATE_ORDER)
    async def test_the_dead_mans_switch_cancels_unless_it_is_disarmed(self, server: Loopback) -> None:
        async with self.on(server) as on:
            symbol = on.spec.symbol if on.spec.switch_per_symbol else None
            await on.exchange.create_order(on.request())
            await on.exchange.arm_cancel_all(30, symbol)
            await on.exchange.arm_cancel_all(0, symbol)
            on.advance(31_000)
            assert len(on.account.open_orders) == 1
            await on.exchange.arm_cancel_all(30, symbol)
            on.advance(31_000)
            assert on.account.open_orders == {}

    @exercises(Can.CREATE_ORDER)
    async def test_a_halted_client_still_cancels(self, server: Loopback) -> None:
        async with self.on(server) as on:
            order = await on.exchange.create_order(on.request())
            on.exchange.halt()
            with pytest.raises(errors.ClientClosed):
                await on.exchange.create_order(on.request())
            await on.exchange.cancel_order(on.spec.symbol, order_id=order.order_id)
            assert on.account.open_orders == {}

    @exercises(Can.CREATE_ORDER, Can.CANCEL_ALL_ORDERS)
    async def test_a_halted_client_still_cancels_everything(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await on.exchange.create_order(on.request())
            if on.exchange.supports(Can.CREATE_TRIGGER_ORDER):
                request = on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"))
                await on.exchange.create_trigger_order(request)
            on.exchange.halt()
            if on.exchange.supports(Can.ARM_CANCEL_ALL):
                await on.exchange.arm_cancel_all(30, on.spec.symbol if on.spec.switch_per_symbol else None)
            await on.exchange.cancel_all_orders(on.spec.symbol)
            assert on.account.open_orders == {}
            assert on.account.live_triggers == {}


class Triggers(Contract):
    """Orders that wait for a price."""

    @pytest.mark.parametrize("mode", list(PositionMode))
    @exercises(Can.CREATE_TRIGGER_ORDER, Can.FETCH_TRIGGER_ORDERS, Can.CANCEL_TRIGGER_ORDER)
    async def test_a_trigger_order_waits_and_is_cancelled(self, server: Loopback, mode: PositionMode) -> None:
        async with self.on(server, mode) as on:
            order = await on.exchange.create_trigger_order(
                on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05"))
            )
            assert (order.type, order.side, order.quantity) == (OrderType.TRIGGER, Side.BUY, on.spec.quantity)
            [listed] = await on.exchange.fetch_trigger_orders(on.spec.symbol)
            assert (listed.order_id, listed.side, listed.quantity) == (order.order_id, Side.BUY, on.spec.quantity)
            whole(on, listed)
            assert await on.exchange.fetch_trigger_orders(on.spec.other_symbol) == []
            await on.exchange.cancel_trigger_order(on.spec.symbol, order_id=order.order_id)
            assert on.account.live_triggers == {}
            assert await on.exchange.fetch_trigger_orders() == []
            with pytest.raises(errors.OrderNotFound):
                await on.exchange.cancel_trigger_order(on.spec.symbol, order_id=order.order_id)

    @pytest.mark.parametrize("mode", list(PositionMode))
    @exercises(Can.CREATE_TRIGGER_ORDER)
    async def test_a_trigger_order_goes_off_at_its_price(self, server: Loopback, mode: PositionMode) -> None:
        async with self.on(server, mode) as on:
            await on.exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.05")))
            on.move(on.price("1.04"))
            assert list(on.account.positions_of()) == []
            on.move(on.price("1.06"))
            [held] = on.account.positions_of()
            assert held.quantity == on.spec.quantity

    @exercises(Can.CREATE_TRIGGER_ORDER)
    async def test_a_trigger_order_without_trigger_price_is_refused_here(self, server: Loopback) -> None:
        async with self.on(server) as on:
            with pytest.raises(errors.InvalidOrder):
                await on.exchange.create_trigger_order(on.request(type=OrderType.TRIGGER))
            assert on.arrived == []

    @pytest.mark.parametrize("mode", list(PositionMode))
    @exercises(Can.CREATE_TRIGGER_ORDER, Can.CANCEL_ALL_ORDERS)
    async def test_a_closing_trigger_order_closes(self, server: Loopback, mode: PositionMode) -> None:
        async with self.on(server, mode) as on:
            await on.trade(Side.BUY, quantity=2 * on.spec.quantity)
            order = await on.exchange.create_trigger_order(
                on.request(Side.SELL, type=OrderType.TRIGGER, trigger_price=on.price("0.95"), intent=Intent.CLOSE)
            )
            assert (order.side, order.reduce_only) in ((Side.SELL, True), (Side.SELL, None))
            [listed] = await on.exchange.fetch_trigger_orders(on.spec.symbol)
            assert (listed.side, listed.trigger_price) == (Side.SELL, on.price("0.95"))
            on.move(on.price("0.94"))
            [held] = on.account.positions_of()
            assert held.quantity == on.spec.quantity

    @pytest.mark.parametrize("side", list(PositionSide))
    @pytest.mark.parametrize("mode", list(PositionMode))
    async def test_a_stop_closes_its_part_and_can_be_moved_before(
        self, server: Loopback, mode: PositionMode, side: PositionSide
    ) -> None:
        self.has("create_stop_order", "edit_trigger_order")
        async with self.on(server, mode) as on:
            exchange: Any = on.exchange
            long = side is PositionSide.LONG
            await on.trade(Side.BUY if long else Side.SELL, quantity=2 * on.spec.quantity)
            near, far = (on.price("0.95"), on.price("0.9")) if long else (on.price("1.05"), on.price("1.1"))
            order = await exchange.create_stop_order(on.spec.symbol, side, on.spec.quantity, stop_loss=near)
            assert (order.side, order.trigger_price) == (Side.SELL if long else Side.BUY, near)
            moved = await exchange.edit_trigger_order(on.spec.symbol, order_id=order.order_id, trigger_price=far)
            assert (moved.trigger_price, moved.quantity) == (far, on.spec.quantity)
            on.move(near)
            assert [held.quantity for held in on.account.positions_of()] == [2 * on.spec.quantity]
            on.move(far)
            assert [held.quantity for held in on.account.positions_of()] == [on.spec.quantity]

    @pytest.mark.parametrize("leg", ["take_profit", "stop_loss"])
    @pytest.mark.parametrize("mode", list(PositionMode))
    async def test_the_stops_of_a_position_close_all_of_it_and_are_set_once(
        self, server: Loopback, mode: PositionMode, leg: str
    ) -> None:
        self.has("set_position_stops")
        async with self.on(server, mode) as on:
            exchange: Any = on.exchange
            await on.trade(Side.BUY, quantity=2 * on.spec.quantity)
            stops = {"take_profit": on.price("1.1"), "stop_loss": on.price("0.9")}
            await exchange.set_position_stops(on.spec.symbol, PositionSide.LONG, **stops)
            waiting = len(on.account.live_triggers)
            await exchange.set_position_stops(on.spec.symbol, PositionSide.LONG, **{leg: stops[leg]})
            assert len(on.account.live_triggers) == waiting
            on.move(stops[leg])
            assert list(on.account.positions_of()) == []
            on.advance(1000)
            assert on.account.live_triggers == {}

    @pytest.mark.parametrize("mode", list(PositionMode))
    async def test_a_trailing_order_follows_the_price_and_closes(self, server: Loopback, mode: PositionMode) -> None:
        self.has("create_trailing_order")
        async with self.on(server, mode) as on:
            exchange: Any = on.exchange
            await on.trade(Side.BUY)
            request = on.request(Side.SELL, type=OrderType.TRIGGER, trigger_price=on.price("1.02"), intent=Intent.CLOSE)
            await exchange.create_trailing_order(request, Decimal("0.02"))
            for fraction in ("1.02", "1.1", "1.09"):
                on.move(on.price(fraction))
            assert [held.quantity for held in on.account.positions_of()] == [on.spec.quantity]
            on.move(on.price("1.07"))
            assert list(on.account.positions_of()) == []
