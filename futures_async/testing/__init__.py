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

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from futures_async.testing.base import exercises
    from futures_async.testing.spec import RawCall, VenueSpec
    from futures_async.testing.suite import ContractSuite

pytest.register_assert_rewrite(__name__)  # the parts are rewritten as they load

# Loaded when first used: what changes a module as it is imported must come before all that imports it.
_LAZY = {"ContractSuite": "suite", "RawCall": "spec", "VenueSpec": "spec", "exercises": "base"}

__all__ = ["ContractSuite", "RawCall", "VenueSpec", "exercises"]


def __getattr__(name: str) -> Any:
    home = _LAZY.get(name)
    if home is None:
        raise AttributeError(f"module 'futures_async.testing' has no attribute {name!r}")
    value = getattr(_import_module(f"futures_async.testing.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
