"""What must always be possible: to close all that is held, to cancel all that stands, to follow what was edited."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from futures_async.testing.base import Contract
from futures_async.testing.faulted import Faulted
from futures_async.testing.virtual_time import run
from futures_async.trading.contracts import CONTRACTS_FOR_S
from futures_async.trading.hooks import Hooks
from futures_async.transport.clock import loop_time
from futures_async.unified import errors, models
from futures_async.unified.enums import OrderStatus, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.exchange import Capability as Can


def bound(on: Faulted, **changes: Any) -> None:
    """Let the venue have other rules from now on."""
    contracts = on.inside.engine.world.contracts
    contracts[on.spec.symbol] = dataclasses.replace(contracts[on.spec.symbol], **changes)


class Always(Contract):
    """See the module."""

    @pytest.mark.parametrize("known", [True, False], ids=["rules known", "rules not read"])
    @pytest.mark.parametrize("mode", list(PositionMode))
    def test_a_position_larger_than_the_largest_market_order_is_closed_in_parts(
        self, mode: PositionMode, known: bool
    ) -> None:
        self.needs(Can.CLOSE_POSITION, Can.FETCH_CONTRACT, Can.RESOLVE_ORDER)
        if mode not in self.spec.modes:
            pytest.skip(f"{self.spec.id} has no {mode.value} mode")
        if "Contract.max_market_quantity" in self.spec.silent:
            pytest.skip(f"{self.spec.id} does not tell how large an order may be")

        async def main() -> None:
            on = Faulted(self.spec)
            on.account.default_mode = mode
            quantity = on.spec.quantity
            for _ in range(7):
                on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            bound(on, max_quantity=10 * quantity)  # of limit orders; market orders may have a fifth of it
            async with on.exchange as exchange:
                if known:
                    await exchange.fetch_contract(on.spec.symbol)
                before = len(on.account.orders)
                order = await exchange.close_position(on.spec.symbol, side=PositionSide.LONG)
                assert list(on.account.positions_of()) == []
                sizes = [order.quantity for order in list(on.account.orders.values())[before:]]
                closed = [size for size in sizes if size <= 2 * quantity]
                assert closed[-4:] == [2 * quantity, 2 * quantity, 2 * quantity, quantity]
                assert order is not None
                assert order.quantity == quantity

        run(main())

    def test_who_names_an_edited_order_by_its_old_ids_means_the_order_that_stands(self) -> None:
        self.needs(Can.EDIT_ORDER, Can.CANCEL_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            async with on.exchange as exchange:
                symbol = on.spec.symbol
                first = await exchange.create_order(on.request())
                second = await exchange.edit_order(symbol, order_id=first.order_id, price=on.price("0.85"))
                third = await exchange.edit_order(symbol, order_id=first.order_id, price=on.price("0.86"))
                if second.order_id == first.order_id:
                    assert (second.replaces, third.replaces) == (None, None)
                else:
                    assert (second.replaces, third.replaces) == (first.order_id, second.order_id)
                    assert len({first.order_id, second.order_id, third.order_id}) == 3
                for ids in ({"order_id": first.order_id}, {"client_order_id": first.client_order_id}):
                    read = await exchange.fetch_order(symbol, **ids)
                    assert (read.order_id, read.price) == (third.order_id, on.price("0.86"))
                gone = await exchange.cancel_order(symbol, order_id=first.order_id)
                assert (gone.order_id, gone.status) == (third.order_id, OrderStatus.CANCELED)
                assert third.order_id not in {str(order) for order in on.account.open_orders}

        run(main())

    def test_an_edit_that_changes_nothing_ends_in_the_order_as_it_stands(self) -> None:
        self.needs(Can.EDIT_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            async with on.exchange as exchange:
                order = await exchange.create_order(on.request())
                same = await exchange.edit_order(on.spec.symbol, order_id=order.order_id, price=order.price)
                assert (same.price, same.quantity, same.status) == (order.price, order.quantity, OrderStatus.NEW)
                assert exchange.unresolved() == []

        run(main())

    @pytest.mark.parametrize("triggers", [True, False])
    def test_cancelling_all_takes_what_waits_for_a_price_along(self, triggers: bool) -> None:
        self.needs(Can.CANCEL_ALL_ORDERS, Can.CREATE_TRIGGER_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            async with on.exchange as exchange:
                symbol = on.spec.symbol
                order = await exchange.create_order(on.request())
                waits = await exchange.create_trigger_order(
                    on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1"))
                )
                ids = await exchange.cancel_all_orders(symbol, triggers=triggers)
                assert order.order_id in ids
                assert (waits.order_id in ids) is triggers
                assert bool(on.account.live_triggers) is not triggers
                assert on.account.open_orders == {}

        run(main())

    def test_rules_that_have_changed_are_read_again_before_an_order_is_refused(self) -> None:
        self.needs(Can.FETCH_CONTRACT, Can.RESOLVE_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            async with on.exchange as exchange:
                contract = await exchange.fetch_contract(on.spec.symbol)
                if contract.price_figures is not None:
                    pytest.skip("the step of prices is no rule of the contract's")
                fine = contract.price_tick / 10
                price = on.price("0.9") + fine
                on.plan.seen.clear()
                with pytest.raises(errors.InvalidOrder, match="off the tick"):
                    await exchange.create_order(on.request(price=price))
                assert sum(on.plan.seen.values()) == 0, "they were read a moment ago"
                await exchange._channel.transport.runtime().sleep(20)  # pyright: ignore[reportPrivateUsage] - its clock
                bound(on, tick=fine)
                order = await exchange.create_order(on.request(price=price))
                assert order.price == price
                await exchange._channel.transport.runtime().sleep(20)  # pyright: ignore[reportPrivateUsage] - its clock
                with pytest.raises(errors.InvalidOrder, match="off the tick"):
                    await exchange.create_order(on.request(price=price + fine / 10))
                assert loop_time() > Decimal(40)

        run(main())

    @pytest.mark.parametrize("mode", list(PositionMode))
    def test_a_position_off_the_step_of_today_is_closed_or_refused_with_the_reason(self, mode: PositionMode) -> None:
        self.needs(Can.CLOSE_POSITION, Can.CREATE_ORDER, Can.FETCH_CONTRACT, Can.RESOLVE_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            on.account.default_mode = mode
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            bound(on, step=2 * on.spec.quantity)
            async with on.exchange as exchange:
                close = exchange.close_position(on.spec.symbol, side=PositionSide.LONG)
                if not on.spec.closes_any_size:
                    with pytest.raises((errors.InvalidOrder, errors.ExchangeError, errors.OrderNotPlaced)):
                        await close
                    assert len(list(on.account.positions_of())) == 1
                    return
                order = await close
                assert order is not None
                assert (order.side, list(on.account.positions_of())) == (Side.SELL, [])

        run(main())

    @pytest.mark.parametrize("known", [True, False], ids=["rules known", "never listed to us"])
    @pytest.mark.parametrize("mode", list(PositionMode))
    def test_a_position_in_a_contract_that_is_listed_no_more_is_closed(self, mode: PositionMode, known: bool) -> None:
        self.needs(Can.CLOSE_POSITION, Can.FETCH_CONTRACTS)
        if mode not in self.spec.modes:
            pytest.skip(f"{self.spec.id} has no {mode.value} mode")
        if self.spec.lists_delisted and not known:
            pytest.skip(f"{self.spec.id} goes on listing it")

        async def main() -> None:
            on = Faulted(self.spec)
            on.account.default_mode = mode
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            async with on.exchange as exchange:
                symbol, listed = on.spec.symbol, exchange.fetch_contracts
                if known:
                    await exchange.fetch_contract(symbol)
                    await exchange._channel.transport.runtime().sleep(2 * CONTRACTS_FOR_S)  # pyright: ignore[reportPrivateUsage] - its clock

                async def others() -> list[models.Contract]:
                    return [contract for contract in await listed() if contract.symbol != symbol]

                exchange.fetch_contracts = others  # type: ignore[method-assign]
                if known or not on.spec.counts_contracts:
                    [held] = await exchange.fetch_positions()
                    assert (held.symbol, held.quantity) == (symbol, on.spec.quantity)
                else:  # a number of contracts whose size nobody knows is no quantity, and never guessed
                    with pytest.raises(errors.UnreadRows, match="not known"):
                        await exchange.fetch_positions()
                await exchange.cancel_all_orders(symbol)
                try:
                    order = await exchange.close_position(symbol, side=PositionSide.LONG)
                except errors.UnreadRows:  # no call closes it unread: that is said, and nothing is guessed
                    assert not known
                    assert on.spec.counts_contracts
                    assert type(exchange)._close_unread is Hooks._close_unread  # pyright: ignore[reportPrivateUsage] - a hook
                    [left] = on.account.positions_of()
                    assert (left.quantity, on.account.open_orders) == (on.spec.quantity, {})
                    return
                except errors.OrderOutcomeUnknown:  # its order cannot be read either
                    assert not known
                    assert on.spec.counts_contracts
                else:
                    assert order is not None
                    assert (order.symbol, order.side, order.quantity) == (symbol, Side.SELL, on.spec.quantity)
                assert (list(on.account.positions_of()), on.account.open_orders) == ([], {})

        run(main())

    @pytest.mark.parametrize("odd", ["side", "quantity"])
    @pytest.mark.parametrize("mode", list(PositionMode))
    def test_a_position_that_cannot_be_read_is_closed_or_said_to_be_unread(self, mode: PositionMode, odd: str) -> None:
        self.needs(Can.CLOSE_POSITION, Can.CREATE_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            on.account.default_mode = mode
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            async with on.exchange as exchange:
                [held] = await exchange.fetch_positions(on.spec.symbol)
                facts = {"symbol": held.symbol, "venue_symbol": held.venue_symbol, "side": held.side}
                del facts["side" if odd == "side" else "symbol"]
                row = errors.UnreadRow(odd, f"{odd} cannot be read", held.raw, facts, exchange.id)
                fetch = exchange.fetch_positions

                async def blurred(symbol: str | None = None) -> list[models.Position]:
                    if on.account.positions:
                        raise errors.unread_rows([row])
                    return await fetch(symbol)

                exchange.fetch_positions = blurred  # type: ignore[method-assign]
                close = exchange.close_position(on.spec.symbol, side=PositionSide.LONG)
                if type(exchange)._close_unread is Hooks._close_unread:  # pyright: ignore[reportPrivateUsage] - whether it can
                    with pytest.raises(errors.UnreadRows) as unread:
                        await close
                    assert unread.value.unread == (row,)
                    return
                order = await close
                assert list(on.account.positions_of()) == []
                assert order is not None
                assert order.side is Side.SELL

        run(main())

    def test_contracts_of_any_name_are_traded_under_that_name(self) -> None:
        self.needs(Can.CREATE_ORDER, Can.CANCEL_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            world = on.inside.engine.world
            plain, like = self.spec.symbol, world.contracts[self.spec.symbol]
            base, rest = plain.split("/")
            for odd in self.spec.bases:
                symbol = f"{odd}/{rest.replace(base, odd)}"
                world.contracts[symbol] = dataclasses.replace(like, base=odd)
                on.inside.engine.marks.pin(symbol, on.mark)
            async with on.exchange as exchange:
                for odd in self.spec.bases:
                    symbol = f"{odd}/{rest.replace(base, odd)}"
                    assert exchange.unified_symbol(exchange.venue_symbol(symbol)) == symbol
                    order = await exchange.create_order(on.request(symbol=symbol))
                    assert (order.symbol, order.venue_symbol) == (symbol, exchange.venue_symbol(symbol))
                    read = await exchange.fetch_order(order.venue_symbol, order_id=order.order_id)
                    assert (read.symbol, read.order_id) == (symbol, order.order_id)
                    if exchange.supports(Can.FETCH_OPEN_ORDERS):
                        listed = await exchange.fetch_open_orders(symbol)
                        assert [(one.symbol, one.order_id) for one in listed] == [(symbol, order.order_id)]
                    await exchange.cancel_order(symbol, order_id=order.order_id)
                    await exchange.create_order(on.request(symbol=symbol, type=OrderType.MARKET))
                    [held] = await exchange.fetch_positions(symbol)
                    assert (held.symbol, held.quantity) == (symbol, self.spec.quantity)
                    if exchange.supports(Can.CLOSE_POSITION):
                        await exchange.close_position(symbol)
                        assert await exchange.fetch_positions(symbol) == []

        run(main())
