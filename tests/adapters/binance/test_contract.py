"""`Binance` keeps the contract, over real HTTP on the simulated exchange."""

from __future__ import annotations

from futures_async.adapters.binance import Binance
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite


class TestBinance(ContractSuite):
    """Both position modes, two settle coins."""

    spec = VenueSpec(
        factory=Binance,
        raw_call=RawCall("/fapi/v1/accountConfig", {}),
        second_symbol="BTC/USDC:USDC",
        switch_per_symbol=True,
        silent=frozenset(
            {
                *("Account.margin_mode", "Account.margin_ratio", "Account.position_mode", "Contract.max_leverage"),
                *("Fill.client_order_id", "LedgerEntry.balance", "LedgerEntry.fee", "Leverage.max_leverage"),
                *("Order.fee", "Order.fee_coin", "Order.leverage", "Order.margin_mode"),
                *("Order.take_profit", "Order.stop_loss", "Order.time_in_force", "FundingRate.interval_s"),
                *("Position.auto_margin", "Position.available", "Position.created_ms", "Position.fee"),
                *("Position.funding", "Position.locked", "Position.maintenance_margin_rate"),
                *("Position.margin_ratio", "Position.position_id", "Position.realized_pnl"),
                *("Position.take_profit", "Position.stop_loss"),
            }
        ),
        # At the mark, also of isolated positions; of every position, and without the fee of closing it.
        own_way=frozenset({"Position.initial_margin", "Account.maintenance_margin"}),
    )
