"""What every adapter owes, on the simulated exchange over HTTP, in contracts that settle in USDT and in USDC."""

from __future__ import annotations

from futures_async.adapters.okx import OKX
from futures_async.testing.matrix import Matrix
from futures_async.testing.reads import Reads
from futures_async.testing.settings import Settings
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.suite import ContractSuite

SILENT = frozenset(
    {
        # A ratio of nothing is empty.
        *("Account.transferable", "Account.margin_ratio"),
        *("Position.available", "Position.locked", "Position.auto_margin"),
        # There is no smallest value, and tiers are bounds of contracts.
        *("Contract.min_notional", "RiskLimit.min_notional", "RiskLimit.max_notional"),
        # Of cross positions.
        "Position.margin",
    }
)
OWN_WAY = frozenset(
    {
        # Lots may be parts of contracts, and coin-margined ones are dollars.
        *("Contract.quantity_step", "Contract.min_quantity", "Contract.contract_size"),
        *("Contract.max_quantity", "Contract.max_market_quantity"),
    }
)
RAW_CALL = RawCall("/api/v5/account/bills", {})


class TestOKX(ContractSuite):
    """Both position modes."""

    spec = VenueSpec(
        cancels_all_by_ids=True,
        factory=OKX,
        closes_any_size=True,
        raw_call=RAW_CALL,
        second_symbol="BTC/USDC:USDC",
        counts_contracts=True,
        silent=SILENT,
        own_way=OWN_WAY,
        # The coins of an id are told apart by dashes.
        bases=("龙虾", "MØTH", "1000CAT", "$MYRO", "A.B", "A_B"),
    )


class TestOKXUSDC(Reads, Settings, Matrix):
    """The same account, in contracts of another coin."""

    spec = VenueSpec(
        cancels_all_by_ids=True,
        factory=OKX,
        raw_call=RAW_CALL,
        symbol="BTC/USDC:USDC",
        other_symbol="ETH/USDC:USDC",
        margin_coin="USDC",
    )
