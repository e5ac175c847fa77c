"""Bitget v1 owes what every adapter owes, with leverage and margin mode on every order."""

from decimal import Decimal

import pytest

from futures_async.adapters.bitget_v1 import BitgetV1
from futures_async.testing.base import exercises
from futures_async.testing.loopback import Loopback
from futures_async.testing.reads import whole
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.exchange import Capability as Can


class TestBitgetV1(ContractSuite):
    spec = VenueSpec(
        parts_may_stand=True,
        factory=BitgetV1,
        closes_any_size=True,
        raw_call=RawCall("/api/mix/v1/account/info", {"marginCoin": "USDT"}),
        lists_all_open=False,
        silent=frozenset(
            {
                *("Account.initial_margin", "Account.locked", "Account.maintenance_margin", "Account.margin_ratio"),
                *("Account.position_mode", "Account.transferable", "Fill.realized_pnl", "LedgerEntry.balance"),
                *("Order.fee", "Order.fee_coin", "Order.position_side", "Order.reduce_only", "Order.stop_loss"),
                *("Order.take_profit", "Position.auto_margin", "Position.available", "Position.break_even_price"),
                *("Position.fee", "Position.funding", "Position.locked", "Position.maintenance_margin_rate"),
                *("Position.position_id", "Position.position_mode", "Position.realized_pnl", "Position.stop_loss"),
                *("Position.take_profit", "RiskLimit.max_notional", "RiskLimit.min_notional"),
            }
        ),
        own_way=frozenset({"LedgerEntry.type"}),  # the word for funding is documented nowhere
        order_fields={"leverage": Decimal(10), "margin_mode": MarginMode.CROSS},
    )

    @exercises(Can.CREATE_ORDER, Can.FETCH_ORDER, Can.FETCH_OPEN_ORDERS)
    async def test_a_resting_order_reads_as_it_was_placed(self, server: Loopback) -> None:
        """Open orders are listed by contract here: there is no list of all."""
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
                assert (found.filled_quantity, found.average_price, found.client_order_id) == (Decimal(0), None, None)
                assert (found.leverage, found.margin_mode) == (Decimal(10), MarginMode.CROSS)
                whole(on, found)
            with pytest.raises(errors.InvalidRequest):
                await on.exchange.fetch_open_orders()
            assert await on.exchange.fetch_open_orders(on.spec.other_symbol) == []

    @exercises(Can.CREATE_ORDERS)
    async def test_each_order_of_several_is_judged_alone(self, server: Loopback) -> None:
        """How a batch tells of an order that it refused is not documented: such a one stays unknown."""
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
            assert isinstance(results[1].error, errors.OrderOutcomeUnknown)
            assert isinstance(results[3].error, errors.InvalidOrder)
            placed = {result.order.order_id for result in results if result.order is not None}
            assert placed == {str(order.id) for order in on.account.open_orders.values()}
            with pytest.raises(errors.UnresolvedOrders):
                await on.exchange.aclose()

    @exercises(Can.CREATE_ORDER, Can.SET_LEVERAGE)
    async def test_orders_take_the_leverage_that_was_set_or_that_the_position_has(self, server: Loopback) -> None:
        async with self.on(server) as on:
            bare = on.request(Side.BUY, type=OrderType.MARKET, leverage=None, margin_mode=None)
            with pytest.raises(errors.InvalidOrder, match="leverage"):
                await on.exchange.create_order(bare)
            await on.exchange.set_leverage(on.spec.symbol, 5, margin_mode=MarginMode.CROSS)
            order = await on.exchange.create_order(bare)
            assert (order.status, order.leverage) == (OrderStatus.FILLED, Decimal(5))
            async with on.connect(on.credentials) as stranger:
                more = await stranger.create_order(bare)
            assert more.leverage == Decimal(5)

    @exercises(Can.FETCH_LEVERAGE, Can.CREATE_ORDER)
    async def test_an_open_position_shows_its_leverage(self, server: Loopback) -> None:
        async with self.on(server, PositionMode.HEDGE) as on:
            await on.trade(Side.SELL, leverage=Decimal(4))
            found = await on.exchange.fetch_leverage(on.spec.symbol)
            assert (found.leverage, found.short_leverage, found.long_leverage) == (Decimal(4), Decimal(4), None)
            await on.trade(Side.BUY, leverage=Decimal(4))
            found = await on.exchange.fetch_leverage(on.spec.symbol)
            assert (found.leverage, found.short_leverage, found.long_leverage) == (Decimal(4), Decimal(4), Decimal(4))

    @exercises(Can.CLOSE_POSITION, Can.CREATE_ORDER)
    async def test_a_named_side_is_closed_in_one_way_mode_too(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await on.trade(Side.SELL)
            closed = await on.exchange.close_position(on.spec.symbol, side=PositionSide.SHORT)
            assert closed is not None
            assert (closed.side, closed.status, closed.quantity) == (Side.BUY, OrderStatus.FILLED, on.spec.quantity)
