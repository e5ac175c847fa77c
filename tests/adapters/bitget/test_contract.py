"""`Bitget` keeps the contract, over real HTTP on the simulated exchange."""

from futures_async.adapters.bitget import Bitget
from tests.contract.spec import RawCall, VenueSpec
from tests.contract.suite import ContractSuite


class TestBitget(ContractSuite):
    """See the suite."""

    spec = VenueSpec(
        factory=Bitget,
        raw_call=RawCall("/api/v2/mix/account/accounts", {"productType": "USDT-FUTURES"}),
    )
