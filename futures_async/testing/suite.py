"""The whole suite: a venue's tests subclass it.

class TestAcme(ContractSuite):
    spec = VenueSpec(factory=Acme, raw_call=RawCall("/acme/balances", {...}))
"""

from __future__ import annotations

from futures_async.testing.always import Always
from futures_async.testing.carried import Carried
from futures_async.testing.claims import Claims
from futures_async.testing.fault_matrix import FaultMatrix
from futures_async.testing.matrix import Matrix
from futures_async.testing.orders import Orders, Triggers
from futures_async.testing.pages import Pages
from futures_async.testing.reads import Reads
from futures_async.testing.settings import Settings
from futures_async.testing.told import Told
from futures_async.testing.traits import Traits
from futures_async.testing.watches import Watches
from futures_async.testing.words import Words


class ContractSuite(
    # pytest begins with the last one: what is quick to tell a wrong adapter comes first.
    FaultMatrix,
    Carried,
    Traits,
    Always,
    Watches,
    Pages,
    Matrix,
    Triggers,
    Orders,
    Settings,
    Reads,
    Words,
    Claims,
    Told,
):
    """Everything that an adapter owes."""
