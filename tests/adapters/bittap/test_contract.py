"""BitTap owes what every adapter owes, as far as it reads; its account is traded from the inside."""

from decimal import Decimal

import pytest

from futures_async.adapters.bittap import BitTap
from futures_async.simulator.records import Ticket
from futures_async.testing.base import exercises
from futures_async.testing.loopback import Loopback, Running
from futures_async.testing.reads import whole
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, OrderStatus, OrderType, PositionMode, Side
from futures_async.unified.exchange import Capability as Can


def rest_inside(on: Running, side: Side = Side.BUY) -> str:
    """A resting order placed without any wire; its id."""
    engine = on.inside.engine
    engine.settle(on.account)
    ticket = Ticket(
        symbol=on.spec.symbol,
        side=side,
        type=OrderType.LIMIT,
        quantity=on.spec.quantity,
        price=on.price("0.9" if side is Side.BUY else "1.1"),
    )
    with engine.arithmetic():
        return str(engine.orders.place(on.account, ticket).order.id)


class TestBitTap(ContractSuite):
    spec = VenueSpec(
        factory=BitTap,
        raw_call=RawCall("/ftapi/v1/account/info", {}),
        flat_mode=False,
        silent=frozenset(
            {
                *("Account.initial_margin", "Account.position_mode", "Order.position_side", "Order.stop_loss"),
                *("Order.take_profit", "Position.auto_margin", "Position.available", "Position.break_even_price"),
                *("Position.locked", "Position.maintenance_margin_rate", "Position.stop_loss", "Position.take_profit"),
                *("Ticker.ask_price", "Ticker.bid_price", "Ticker.funding_rate", "Ticker.index_price"),
                "Ticker.mark_price",
            }
        ),
        own_way=frozenset({"Account.transferable"}),  # what may be moved with unrealized losses
    )

    @pytest.mark.parametrize("mode", list(PositionMode))
    @exercises(Can.FETCH_POSITION_MODE, Can.FETCH_LEVERAGE)
    async def test_an_open_position_shows_mode_and_leverage(self, server: Loopback, mode: PositionMode) -> None:
        async with self.on(server, mode) as on:
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            assert await on.exchange.fetch_position_mode(on.spec.symbol) is mode
            leverage = await on.exchange.fetch_leverage(on.spec.symbol)
            assert (leverage.leverage, leverage.margin_mode) == (Decimal(10), MarginMode.CROSS)
            assert (await on.exchange.fetch_leverage(on.spec.other_symbol)).leverage is None

    @exercises(Can.FETCH_OPEN_ORDERS, Can.FETCH_ORDER, Can.FETCH_POSITION_MODE, Can.FETCH_LEVERAGE)
    async def test_an_open_order_reads_as_the_exchange_holds_it(self, server: Loopback) -> None:
        async with self.on(server) as on:
            order_id = rest_inside(on)
            [listed] = await on.exchange.fetch_open_orders()
            read = await on.exchange.fetch_order(on.spec.symbol, order_id=order_id)
            for found in (listed, read):
                assert (found.order_id, found.status, found.side) == (order_id, OrderStatus.NEW, Side.BUY)
                assert (found.price, found.quantity) == (on.price("0.9"), on.spec.quantity)
                whole(on, found)
            assert await on.exchange.fetch_open_orders(on.spec.other_symbol) == []
            assert await on.exchange.fetch_position_mode() is PositionMode.ONE_WAY
            assert (await on.exchange.fetch_leverage(on.spec.symbol)).leverage == 10

    @exercises(Can.FETCH_ORDER)
    async def test_a_past_order_is_found_and_an_unknown_one_is_not(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(2)
            inside = on.account.order_log[0]
            found = await on.exchange.fetch_order(on.spec.symbol, order_id=str(inside.id))
            assert (found.status, found.average_price) == (OrderStatus.FILLED, inside.average_price)
            with pytest.raises(errors.OrderNotFound):
                await on.exchange.fetch_order(on.spec.symbol, order_id="1")

    async def test_account_info_is_read_as_the_venue_sends_it(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trade_inside(Side.SELL, at_ms=on.inside.now_ms())
            assert isinstance(on.exchange, BitTap)
            info = await on.exchange.fetch_account_info()
            assert info.assets is not None
            assert info.positions is not None
            assert (info.positions[0].side, info.positions[0].mark_price) == ("SELL", None)
            assert info.total_equities == info.assets[0].equities
