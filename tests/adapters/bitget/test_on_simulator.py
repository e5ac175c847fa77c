"""Waiting orders of `Bitget` on the simulated exchange: placed, changed, set off, in both position modes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.adapters.bitget import Bitget
from futures_async.testing.loopback import Loopback, Running, loopback, running
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderStatus, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.models import Order, OrderRequest

pytestmark = pytest.mark.anyio

SPEC = VenueSpec(factory=Bitget, raw_call=RawCall("/api/v2/mix/account/accounts", {}))
MODES = pytest.mark.parametrize("mode", list(PositionMode))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with loopback() as found:
        yield found


def exchange_of(on: Running) -> Bitget:
    assert isinstance(on.exchange, Bitget)
    return on.exchange


def waiting(on: Running, side: Side, fraction: str, **more: Any) -> OrderRequest:
    return OrderRequest(
        symbol=SPEC.symbol,
        side=side,
        type=OrderType.TRIGGER,
        quantity=SPEC.quantity,
        trigger_price=on.price(fraction),
        **more,
    )


@MODES
async def test_a_trailing_order_follows_the_price_and_closes(server: Loopback, mode: PositionMode) -> None:
    async with running(SPEC, server, mode) as on:
        exchange = exchange_of(on)
        await on.trade(Side.BUY)
        order = await exchange.create_trailing_order(waiting(on, Side.SELL, "1.02", intent=Intent.CLOSE), "0.01")
        [listed] = await exchange.fetch_trigger_orders(SPEC.symbol)
        assert (listed.order_id, listed.side, listed.raw.callback_ratio) == (order.order_id, Side.SELL, "1")
        for fraction in ("1.02", "1.05", "1.045"):
            on.move(on.price(fraction))
            assert len(await exchange.fetch_positions()) == 1
        on.move(on.price("1.039"))
        assert await exchange.fetch_positions() == []
        [done] = await exchange.fetch_trigger_history(SPEC.symbol)
        assert done.order_id == order.order_id
        [became] = await exchange.fetch_triggered(order.order_id, "track_plan")
        found = await exchange.fetch_order(SPEC.symbol, order_id=str(became.order_id))
        assert (found.status, found.reduce_only) == (OrderStatus.FILLED, True)


@MODES
async def test_a_part_of_a_position_is_stopped(server: Loopback, mode: PositionMode) -> None:
    async with running(SPEC, server, mode) as on:
        exchange = exchange_of(on)
        await on.trade(Side.SELL, quantity=3 * SPEC.quantity)
        stop = await exchange.create_stop_order(
            SPEC.symbol, PositionSide.SHORT, SPEC.quantity, stop_loss=on.price("1.03")
        )
        assert (stop.side, stop.type, stop.reduce_only) == (Side.BUY, OrderType.TRIGGER, True)
        on.move(on.price("1.031"))
        [held] = await exchange.fetch_positions()
        assert held.quantity == 2 * SPEC.quantity
        with pytest.raises(errors.OrderRejected):  # a short takes profit below the price
            await exchange.create_stop_order(
                SPEC.symbol, PositionSide.SHORT, SPEC.quantity, take_profit=on.price("1.1")
            )


@MODES
async def test_waiting_orders_are_changed_in_place(server: Loopback, mode: PositionMode) -> None:
    async with running(SPEC, server, mode) as on:
        exchange = exchange_of(on)
        plan = await exchange.create_trigger_order(waiting(on, Side.BUY, "0.95", price=on.price("0.94")))
        changed = await exchange.edit_trigger_order(
            SPEC.symbol, order_id=plan.order_id, trigger_price=on.price("0.93"), quantity=2 * SPEC.quantity
        )
        assert (changed.order_id, changed.quantity, changed.price) == (
            plan.order_id,
            2 * SPEC.quantity,
            on.price("0.94"),
        )
        changed = await exchange.edit_trigger_order(SPEC.symbol, order_id=plan.order_id, price=on.price("0.92"))
        assert changed.price == on.price("0.92")
        await on.trade(Side.BUY)
        await exchange.set_position_stops(SPEC.symbol, PositionSide.LONG, stop_loss=on.price("0.9"))
        [stop] = [row for row in await exchange.fetch_trigger_orders() if row.raw.plan_type == "pos_loss"]
        changed = await exchange.edit_trigger_order(SPEC.symbol, order_id=stop.order_id, trigger_price=on.price("0.91"))
        assert D(changed.raw.trigger_price) == on.price("0.91")
        part = await exchange.create_stop_order(
            SPEC.symbol, PositionSide.LONG, SPEC.quantity, take_profit=on.price("1.2"), price=on.price("1.19")
        )
        changed = await exchange.edit_trigger_order(
            SPEC.symbol, client_order_id=part.client_order_id, price=on.price("1.18")
        )
        assert (changed.price, D(changed.raw.trigger_price)) == (on.price("1.18"), on.price("1.2"))


async def test_the_venues_own_reads_are_served(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        exchange = exchange_of(on)
        assert len(await exchange.fetch_tickers()) > 3
        assert (await exchange.fetch_symbol_price(SPEC.symbol)).mark_price == on.mark
        assert len(await exchange.fetch_funding_history(SPEC.symbol)) == 100
        assert (await exchange.fetch_funding_time(SPEC.symbol)).next_funding_time > on.inside.now_ms()
        assert await exchange.fetch_open_interest(SPEC.symbol) > 0
        assert await exchange.fetch_open_interest_limits(SPEC.symbol)
        assert await exchange.fetch_open_count(SPEC.symbol, 1000, on.mark, leverage=10) > 0
        at = await exchange.fetch_liquidation_price(SPEC.symbol, PositionSide.LONG, 1)
        assert at is not None
        assert at < on.mark
        assert await exchange.fetch_isolated_symbols() == []
        assert await exchange.fetch_sub_accounts() == []
        assert (await exchange.fetch_interest_history()).interest_list == []
        assert (await exchange.fetch_union_config()).imr == "0.1"
        assert await exchange.fetch_union_requirement() == on.account.balance("USDT")
        assert await exchange.fetch_transfer_limit("BTC") > 0
        with pytest.raises(errors.ExchangeError):
            await exchange.convert_to_usdt("BTC", "0.1")
        assert await exchange.set_asset_mode("single") == "single"
        await on.trade(Side.BUY)
        await exchange.set_all_leverage(7)
        assert (await exchange.fetch_leverage(SPEC.symbol)).leverage == 7


async def test_a_position_that_a_closing_order_holds_a_part_of_is_closed_whole(server: Loopback) -> None:
    async with running(SPEC, server, PositionMode.HEDGE) as on:
        exchange, quantity = exchange_of(on), SPEC.quantity
        await on.trade(Side.BUY, quantity=10 * quantity)
        resting = await exchange.create_order(on.request(Side.SELL, quantity=7 * quantity, intent=Intent.CLOSE))
        order = await exchange.close_position(SPEC.symbol, side=PositionSide.LONG)
        assert order is not None
        assert (order.status, order.quantity) == (OrderStatus.FILLED, 7 * quantity)
        assert await exchange.fetch_positions() == []
        gone = await exchange.fetch_order(SPEC.symbol, order_id=resting.order_id)
        assert gone.status is OrderStatus.CANCELED


async def test_a_close_that_went_is_an_open_question_whatever_comes_after_it(server: Loopback) -> None:
    async with running(SPEC, server, PositionMode.HEDGE) as on:
        exchange, quantity = exchange_of(on), SPEC.quantity
        await on.trade(Side.BUY, quantity=10 * quantity)
        await exchange.create_order(on.request(Side.SELL, quantity=7 * quantity, intent=Intent.CLOSE))

        async def full(symbol: str | None = None) -> list[Order]:
            raise errors.QueueFull("ten wait")

        exchange.fetch_open_orders = full  # type: ignore[method-assign]
        with pytest.raises(errors.OrderOutcomeUnknown, match=r"was taken, and whether all is closed .*ten wait"):
            await exchange.close_position(SPEC.symbol, side=PositionSide.LONG)
        [left] = await exchange.fetch_positions()
        assert left.quantity == 7 * quantity


async def test_closing_a_position_that_nothing_holds_cancels_nothing(server: Loopback) -> None:
    async with running(SPEC, server, PositionMode.HEDGE) as on:
        exchange, quantity = exchange_of(on), SPEC.quantity
        await on.trade(Side.BUY, quantity=2 * quantity)
        await on.trade(Side.SELL, quantity=quantity)
        other = await exchange.create_order(on.request(Side.BUY, quantity=quantity, intent=Intent.CLOSE))
        await exchange.close_position(SPEC.symbol, side=PositionSide.LONG)
        [left] = await exchange.fetch_positions()
        assert left.side is PositionSide.SHORT
        assert [order.order_id for order in await exchange.fetch_open_orders(SPEC.symbol)] == [other.order_id]
