"""Bitget v3 from the server's side, written from venues/bitget-uta.md: the dialect that the simulated exchange speaks
to unified accounts.

Signature, envelope and the judgement of keys are the family's (`bitget.simulated.gate`): a classic account is refused
here with 40084, a unified one by v2 with 40085. `base.py` has what v3 shares, each group of endpoints is a module.
"""

from __future__ import annotations

from futures_async.adapters.bitget.simulated.gate import demo_accounts
from futures_async.adapters.bitget_uta.simulated.account import AccountCalls
from futures_async.adapters.bitget_uta.simulated.market import MarketCalls
from futures_async.adapters.bitget_uta.simulated.positions import PositionCalls
from futures_async.adapters.bitget_uta.simulated.strategies import StrategyCalls
from futures_async.adapters.bitget_uta.simulated.streams import Streams
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup

KEY = ApiKey(key="sim-bitget-uta-key", secret="sim-bitget-uta-secret", passphrase="simbitgetpass")  # noqa: S106 - no secret
# Belongs to the venue's demo environment: needs the header `paptrading: 1`, and an account of its own.
DEMO_KEY = ApiKey(key="sim-bitget-uta-demo", secret="sim-bitget-uta-demo", passphrase="simbitgetpass", demo=True)  # noqa: S106 - no secret


class SimulatedBitgetUTA(AccountCalls, PositionCalls, StrategyCalls, MarketCalls):
    """Unified accounts: all endpoints of section 1.4, and of section 12, but for the fee list of all symbols."""

    id = "bitget-uta"
    # The documented clock is under v2; with v2's own dialect beside it, that one answers there.
    prefixes = ("/api/v3/", "/api/v2/")

    def streams(self) -> Streams:
        return Streams(self)

    def demo_account(self, setup: Setup) -> Account:
        """The announced account, and one of the venue's demo environment."""
        return demo_accounts(self, setup, {"70002001": KEY, "70002002": DEMO_KEY})


DIALECT = SimulatedBitgetUTA
