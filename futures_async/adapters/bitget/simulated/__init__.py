"""Bitget v2 mix from the server's side, written from venues/bitget.md: the dialect that the simulated exchange
speaks to classic accounts.

The model for other venues: `gate.py` has signature, envelope and codes (shared with v1 and v3), each group of
endpoints is a module that names its routes, `rows.py` writes the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from futures_async.adapters.bitget.simulated.account import AccountCalls
from futures_async.adapters.bitget.simulated.estimates import EstimateCalls
from futures_async.adapters.bitget.simulated.gate import UNIFIED, WRONG_KIND, demo_accounts
from futures_async.adapters.bitget.simulated.gate import BitgetGate as BitgetGate
from futures_async.adapters.bitget.simulated.market import MarketCalls
from futures_async.adapters.bitget.simulated.plans import PlanCalls
from futures_async.adapters.bitget.simulated.positions import PositionCalls
from futures_async.adapters.bitget.simulated.streams import Streams
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Route, refusing

KEY = ApiKey(key="sim-bitget-key", secret="sim-bitget-secret", passphrase="simbitgetpass")  # noqa: S106 - no secret
# Belongs to the venue's demo environment: needs the header `paptrading: 1`, and an account of its own.
DEMO_KEY = ApiKey(key="sim-bitget-demo-key", secret="sim-bitget-demo-secret", passphrase="simbitgetpass", demo=True)  # noqa: S106 - no secret


class SimulatedBitget(AccountCalls, EstimateCalls, PositionCalls, PlanCalls, MarketCalls):
    """Bitget v2 mix, classic accounts."""

    id = "bitget"
    prefixes = ("/api/v2/",)

    # Where clients find out which kind of account a key has: this one is classic.
    constants: ClassVar[Sequence[Route]] = (
        Route("GET", "/api/v3/account/settings", refusing(WRONG_KIND[UNIFIED]), private=False, fallback=True),
    )

    def streams(self) -> Streams:
        return Streams(self)

    def demo_account(self, setup: Setup) -> Account:
        """The announced account, and one of the venue's demo environment."""
        return demo_accounts(self, setup, {"70001001": KEY, "70001002": DEMO_KEY})


DIALECT = SimulatedBitget
