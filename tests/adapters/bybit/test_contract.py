"""What every adapter owes, on the simulated exchange over HTTP."""

from __future__ import annotations

from decimal import Decimal as D

import anyio
import pytest

from futures_async.adapters.bybit import Bybit
from futures_async.testing.base import Contract
from futures_async.testing.loopback import Loopback, Running
from futures_async.testing.matrix import Matrix
from futures_async.testing.orders import Orders
from futures_async.testing.reads import Reads
from futures_async.testing.settings import Settings
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite
from futures_async.testing.watches import PATIENCE_S, until
from futures_async.unified.enums import MarginMode, OrderStatus, PositionMode
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models import OrderRequest
from futures_async.unified.watching import ChangeKind, ChangeSource

RAW_CALL = RawCall("/v5/account/info", {})
SILENT = frozenset(
    {
        *("Account.position_mode", "Account.transferable", "Fill.realized_pnl", "Order.leverage", "Order.margin_mode"),
        *("Position.fee", "Position.funding", "Position.margin", "Position.maintenance_margin_rate"),
        *("Position.margin_ratio", "Position.available", "Position.locked", "Position.position_id"),
        *("PositionHistory.created_ms", "PositionHistory.funding", "PositionHistory.margin_mode"),
        *("PositionHistory.position_id", "PositionHistory.position_mode", "PositionHistory.quantity"),
    }
)
OWN_WAY = frozenset(
    {
        # Without unrealized profit; of spot orders; of all coins together; with fees and funding.
        *("Account.available", "Account.locked", "Account.margin_ratio", "Position.realized_pnl"),
        # Inverse contracts are dollars here.
        *("Contract.quantity_step", "Contract.min_quantity", "Contract.max_quantity", "Contract.max_market_quantity"),
    }
)


class TestBybit(ContractSuite):
    """Contracts settled in USDT, both position modes."""

    spec = VenueSpec(
        factory=Bybit,
        closes_any_size=True,
        repeats=frozenset({"POST /v5/order/amend"}),
        raw_call=RAW_CALL,
        second_symbol="BTC/USDC:USDC",
        margin_modes=(MarginMode.CROSS,),
        margin_mode_of_account=True,
        silent=SILENT,
        own_way=OWN_WAY,
    )


class TestBybitUSDC(Reads, Settings, Orders, Matrix):
    """Contracts settled in USDC, which the venue names after their base alone; they are one-way for ever."""

    spec = VenueSpec(
        factory=Bybit,
        raw_call=RAW_CALL,
        symbol="BTC/USDC:USDC",
        other_symbol="ETH/USDC:USDC",
        margin_coin="USDC",
        modes=(PositionMode.ONE_WAY,),
        margin_mode_of_account=True,
    )


class TestBybitDisconnect(Contract):
    """The venue cancels orders once nobody is connected who asked for it."""

    spec = VenueSpec(factory=Bybit, raw_call=RAW_CALL, margin_mode_of_account=True)

    async def test_orders_go_when_their_last_guarded_watch_is_gone_and_not_before(self, server: Loopback) -> None:
        async with self.on(server) as on, on.connect(on.credentials, cancel_on_disconnect=True) as guarded:
            assert isinstance(guarded, Bybit)
            assert await guarded.fetch_disconnect_windows() == []
            await guarded.set_disconnect_window(40)
            assert on.writes == ["POST /v5/order/disconnected-cancel-all"]
            [window] = await guarded.fetch_disconnect_windows()
            assert (window.product, window.dcp_status, window.time_window) == ("DERIVATIVES", "ON", 40)
            order = await guarded.create_order(on.request())
            # A client that has not asked for it does not count.
            async with on.exchange.watch_orders() as plain, guarded.watch_orders() as watched:
                await plain.live()
                await watched.live()
                await until(watched, lambda change: change.item.order_id == order.order_id)
                on.advance(60_000)
                assert [one.order_id for one in await guarded.fetch_open_orders()] == [order.order_id]
            await disconnected(on)
            on.advance(39_000)
            await guarded.fetch_time()
            async with guarded.watch_orders() as watched:  # in time
                await watched.live()
                on.advance(60_000)
                assert [one.order_id for one in await guarded.fetch_open_orders()] == [order.order_id]
            await disconnected(on)
            on.advance(41_000)
            gone = await guarded.fetch_order(self.spec.symbol, order_id=order.order_id)
            assert (gone.status, await guarded.fetch_open_orders()) == (OrderStatus.CANCELED, [])

    @pytest.mark.parametrize("seconds", [2, 301, 10.5])
    async def test_a_window_is_of_whole_seconds_that_the_venue_takes(self, server: Loopback, seconds: int) -> None:
        async with self.on(server) as on:
            assert isinstance(on.exchange, Bybit)
            with pytest.raises(InvalidRequest, match="from 3 to 300"):
                await on.exchange.set_disconnect_window(seconds)
            assert not on.writes


async def disconnected(on: Running) -> None:
    """The exchange has noticed that the connection is gone."""
    with anyio.fail_after(PATIENCE_S):
        while not on.account.cancel_all_ms:  # noqa: ASYNC110 - it happens in the server's thread
            await anyio.sleep(0.005)


class TestBybitTickers(Contract):
    """Prices of both categories, which come by a connection each, and say only what has changed."""

    spec = VenueSpec(factory=Bybit, raw_call=RAW_CALL, margin_mode_of_account=True)

    async def test_both_categories_are_watched_at_once_and_changes_keep_the_rest(self, server: Loopback) -> None:
        async with (
            self.on(server) as on,
            on.connect(None) as stranger,
            stranger.watch_tickers(["BTC/USDT:USDT"]) as linear,
            stranger.watch_tickers(["BTC/USD:BTC"]) as inverse,
        ):
            first = (await until(linear, lambda change: change.source is ChangeSource.PUSH))[-1].item
            other = (await until(inverse, lambda change: change.source is ChangeSource.PUSH))[-1].item
            assert (first.symbol, other.symbol) == ("BTC/USDT:USDT", "BTC/USD:BTC")
            far = on.price("1.1")
            on.move(far)
            seen = await until(linear, lambda change: change.item.mark_price == far)
            assert seen[-1].source is ChangeSource.PUSH
            assert seen[-1].item.funding_rate == first.funding_rate


class TestBybitInverse(Contract):
    """Contracts of a dollar, pushed: orders in base coin at their price, fills at theirs, positions by contracts."""

    spec = VenueSpec(
        factory=Bybit, raw_call=RAW_CALL, symbol="BTC/1USD:BTC", margin_coin="BTC", margin_mode_of_account=True
    )

    async def test_a_position_in_dollars_is_told_from_its_order_to_its_end(self, server: Loopback) -> None:
        symbol = "BTC/USD:BTC"
        async with self.on(server) as on:
            contract = await on.exchange.fetch_contract(symbol)
            at = contract.round_price(on.mark * D("1.01"))
            async with (
                on.exchange.watch_orders(symbol) as orders,
                on.exchange.watch_fills(symbol) as fills,
                on.exchange.watch_positions(symbol) as positions,
            ):
                for watch in (orders, fills, positions):
                    await watch.live()
                size = contract.quantity_of(D(3700), at)
                placed = await on.exchange.create_order(
                    OrderRequest(symbol=symbol, side="buy", type="limit", quantity=size, price=at, time_in_force="ioc")
                )
                ended = (await until(orders, lambda change: change.item.status is OrderStatus.FILLED))[-1].item
                assert (ended.order_id, ended.quantity, ended.filled_quantity) == (placed.order_id, size, size)
                fill = (await until(fills, lambda _: True))[-1].item
                assert fill.quantity == contract.quantity_of(D(3700), fill.price)
                held = (await until(positions, lambda change: change.item.contracts == 3700))[-1].item
                [read] = await on.exchange.fetch_positions(symbol)
                assert (held.side, held.entry_price, held.contracts) == (read.side, read.entry_price, read.contracts)
                await on.exchange.close_position(symbol)
                gone = (await until(positions, lambda change: change.kind is ChangeKind.CLOSED))[-1].item
                assert (gone.quantity, gone.contracts) == (D(0), D(0))
