"""The whole suite: a venue subclasses it in `tests/adapters/<venue>/test_contract.py`.

class TestBitget(ContractSuite):
    spec = VenueSpec(factory=Bitget, raw_call=RawCall("/api/v2/mix/account/accounts", {...}))
"""

from __future__ import annotations

from tests.contract.claims import Claims
from tests.contract.matrix import Matrix
from tests.contract.orders import Orders, Triggers
from tests.contract.pages import Pages
from tests.contract.reads import Reads
from tests.contract.settings import Settings
from tests.contract.watches import Watches
from tests.contract.words import Words


class ContractSuite(Claims, Words, Reads, Settings, Orders, Triggers, Matrix, Pages, Watches):
    """Everything that an adapter owes."""
