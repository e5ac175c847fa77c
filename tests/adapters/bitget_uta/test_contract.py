"""What every adapter owes, on the simulated exchange over HTTP, in each category of the unified account."""

from __future__ import annotations

from decimal import Decimal

from futures_async.adapters.bitget_uta import BitgetUTA
from futures_async.testing.matrix import Matrix
from futures_async.testing.reads import Reads
from futures_async.testing.settings import Settings
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite

RAW_CALL = RawCall("/api/v3/account/info", {})
SILENT = frozenset(
    {
        *("Account.initial_margin", "Account.maintenance_margin", "Account.transferable", "Account.unrealized_pnl"),
        *("Order.leverage", "Order.margin_mode", "Order.stop_loss", "Order.take_profit"),
        *("Position.auto_margin", "Position.margin_ratio", "Position.position_id"),
        *("Position.stop_loss", "Position.take_profit", "PositionHistory.leverage"),
    }
)
OWN_WAY = frozenset({"Account.locked", "Account.margin_ratio"})
"""Of a unified account: of spot orders, and of all coins together."""


class TestBitgetUTA(ContractSuite):
    """The unified account, both position modes."""

    spec = VenueSpec(factory=BitgetUTA, raw_call=RAW_CALL, silent=SILENT, own_way=OWN_WAY, closes_any_size=True)


class TestBitgetUTACoin(Reads, Settings, Matrix):
    """Contracts margined in their base coin, for callers who know that quantities are base coin."""

    spec = VenueSpec(
        factory=BitgetUTA,
        raw_call=RAW_CALL,
        symbol="BTC/USD:BTC",
        other_symbol="ETH/USD:ETH",
        margin_coin="BTC",
        spare=Decimal("0.0125"),
        options={"product_type": "COIN-FUTURES", "coin_unit": "base"},
    )


class TestBitgetUTAUSDC(Reads, Settings):
    """Contracts that the venue names after their base alone."""

    spec = VenueSpec(
        factory=BitgetUTA,
        raw_call=RAW_CALL,
        symbol="BTC/USDC:USDC",
        other_symbol="ETH/USDC:USDC",
        margin_coin="USDC",
        options={"product_type": "USDC-FUTURES"},
    )
