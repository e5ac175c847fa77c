"""What every adapter owes, on the simulated exchange over HTTP."""

from __future__ import annotations

from futures_async.adapters.bitget_uta import BitgetUTA
from tests.contract.spec import RawCall, VenueSpec
from tests.contract.suite import ContractSuite


class TestBitgetUTA(ContractSuite):
    """The unified account, both position modes."""

    spec = VenueSpec(factory=BitgetUTA, raw_call=RawCall("/api/v3/account/info", {}))
