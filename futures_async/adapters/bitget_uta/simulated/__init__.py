"""Bitget v3 from the server's side, written from venues/bitget-uta.md: the dialect that the simulated exchange speaks
to unified accounts.

Signature, envelope and the judgement of keys are the family's (`bitget.simulated.gate`): a classic account is refused
here with 40084, a unified one by v2 with 40085. `base.py` has what v3 shares, each group of endpoints is a module.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from futures_async.adapters.bitget.simulated.base import COINS
from futures_async.adapters.bitget.simulated.gate import FAMILY, UNIFIED
from futures_async.adapters.bitget_uta.simulated.account import AccountCalls
from futures_async.adapters.bitget_uta.simulated.market import MarketCalls
from futures_async.adapters.bitget_uta.simulated.orders import OrderCalls
from futures_async.adapters.bitget_uta.simulated.positions import PositionCalls
from futures_async.adapters.bitget_uta.simulated.streams import Streams
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup, open_demo_account
from futures_async.simulator.dialect import Route

KEY = ApiKey(key="sim-bitget-uta-key", secret="sim-bitget-uta-secret", passphrase="simbitgetpass")  # noqa: S106 - no secret
# Belongs to the venue's demo environment: needs the header `paptrading: 1`, and an account of its own.
DEMO_KEY = ApiKey(key="sim-bitget-uta-demo", secret="sim-bitget-uta-demo", passphrase="simbitgetpass", demo=True)  # noqa: S106 - no secret


class SimulatedBitgetUTA(AccountCalls, PositionCalls, OrderCalls, MarketCalls):
    """Bitget v3, unified accounts."""

    id = "bitget-uta"
    # The documented clock is under v2; with v2's own dialect beside it, that one answers there.
    prefixes = ("/api/v3/", "/api/v2/")

    def routes(self) -> Sequence[Route]:
        """All endpoints of section 1.4, but for TP/SL orders and the fee list of all symbols."""
        return [*self.account_routes(), *self.position_routes(), *self.order_routes(), *self.market_routes()]

    def streams(self) -> Streams:
        """The WebSocket."""
        return Streams(self)

    def demo_account(self, setup: Setup) -> Account:
        """The announced account, and one of the venue's demo environment. Both have other coins beside."""
        if self.engine.find_key(FAMILY, DEMO_KEY.key) is None:
            self._open(Setup(empty=True), "70002002", DEMO_KEY)
        return self._open(setup, "70002001", KEY)

    def _open(self, setup: Setup, uid: str, key: ApiKey) -> Account:
        account = open_demo_account(self.engine, setup, uid, key=key, family=FAMILY, kind=UNIFIED)
        for coin, amount in (("USDC", Decimal(2_000)), *COINS):
            self.engine.deposit(account, coin, amount)
        return account


DIALECT = SimulatedBitgetUTA
