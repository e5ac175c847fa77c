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


class TestBitgetUTA(ContractSuite):
    """The unified account, both position modes."""

    spec = VenueSpec(factory=BitgetUTA, raw_call=RAW_CALL)


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
