"""What every adapter owes, on the simulated exchange over HTTP."""

from __future__ import annotations

from futures_async.adapters.bybit import Bybit
from futures_async.testing.base import Contract
from futures_async.testing.loopback import Loopback
from futures_async.testing.matrix import Matrix
from futures_async.testing.orders import Orders
from futures_async.testing.reads import Reads
from futures_async.testing.settings import Settings
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite
from futures_async.testing.watches import until
from futures_async.unified.enums import MarginMode, PositionMode
from futures_async.unified.watching import ChangeSource

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
