"""What every adapter owes its users, as tests that a venue's package inherits; needs the extra `[testing]`.

    from futures_async.testing import ContractSuite, RawCall, VenueSpec

    class TestAcme(ContractSuite):
        spec = VenueSpec(factory=Acme, raw_call=RawCall("/acme/balances", {}))

`spec` is what the suite must know of a venue, `suite` the whole of it; its parts: `claims` (capabilities are true),
`words`, `reads`, `settings`, `orders`, `matrix` (which position an order makes), `pages`, `watches`, `always` (what
must be possible whatever happens), `carried` (nothing that a request asks for is dropped), `fault_matrix`. They run on
the simulated side of the venue: over real HTTP (`loopback`), or in process, in `virtual_time` and behind faults
(`faulted`).
"""

import pytest

pytest.register_assert_rewrite(__name__)

from futures_async.testing.base import exercises as exercises  # noqa: E402 - the parts are rewritten as they load
from futures_async.testing.spec import RawCall as RawCall  # noqa: E402
from futures_async.testing.spec import VenueSpec as VenueSpec  # noqa: E402
from futures_async.testing.suite import ContractSuite as ContractSuite  # noqa: E402

__all__ = ["ContractSuite", "RawCall", "VenueSpec", "exercises"]
