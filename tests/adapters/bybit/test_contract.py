"""What every adapter owes, on the simulated exchange over HTTP."""

from __future__ import annotations

from futures_async.adapters.bybit import Bybit
from futures_async.testing.matrix import Matrix
from futures_async.testing.orders import Orders
from futures_async.testing.reads import Reads
from futures_async.testing.settings import Settings
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite
from futures_async.unified.enums import MarginMode, PositionMode

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
