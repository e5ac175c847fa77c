"""Bitget v2 mix from the server's side, written from venues/bitget.md: the dialect that the simulated exchange
speaks to classic accounts.

The model for other venues: `gate.py` has signature, envelope and codes (shared with v1 and v3), each group of
endpoints is a module that names its routes, `rows.py` writes the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from futures_async.adapters.bitget.simulated.account import AccountCalls
from futures_async.adapters.bitget.simulated.base import COINS
from futures_async.adapters.bitget.simulated.estimates import EstimateCalls
from futures_async.adapters.bitget.simulated.gate import CLASSIC, FAMILY, WRONG_KIND
from futures_async.adapters.bitget.simulated.gate import UNIFIED as UNIFIED
from futures_async.adapters.bitget.simulated.gate import BitgetGate as BitgetGate
from futures_async.adapters.bitget.simulated.market import MarketCalls
from futures_async.adapters.bitget.simulated.plans import PlanCalls
from futures_async.adapters.bitget.simulated.positions import PositionCalls
from futures_async.adapters.bitget.simulated.streams import Streams
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup, open_demo_account
from futures_async.simulator.dialect import Request, Route

KEY = ApiKey(key="sim-bitget-key", secret="sim-bitget-secret", passphrase="simbitgetpass")  # noqa: S106 - no secret
# Belongs to the venue's demo environment: needs the header `paptrading: 1`, and an account of its own.
DEMO_KEY = ApiKey(key="sim-bitget-demo-key", secret="sim-bitget-demo-secret", passphrase="simbitgetpass", demo=True)  # noqa: S106 - no secret


class SimulatedBitget(AccountCalls, EstimateCalls, PositionCalls, PlanCalls, MarketCalls):
    """Bitget v2 mix, classic accounts."""

    id = "bitget"
    prefixes = ("/api/v2/",)

    def routes(self) -> Sequence[Route]:
        """All endpoints of section 3."""
        return [
            *self.account_routes(),
            *self.estimate_routes(),
            *self.position_routes(),
            *self.order_routes(),
            *self.plan_routes(),
            *self.market_routes(),
            # Where clients find out which kind of account a key has: this one is classic.
            Route("GET", "/api/v3/account/settings", self.refuse_unified, private=False, fallback=True),
        ]

    def streams(self) -> Streams:
        """The WebSocket."""
        return Streams(self)

    def refuse_unified(self, request: Request) -> Any:
        """The answer to a classic key."""
        raise WRONG_KIND["unified"]

    def demo_account(self, setup: Setup) -> Account:
        """The announced account, and one of the venue's demo environment."""
        if self.engine.find_key(FAMILY, DEMO_KEY.key) is None:
            self._open(Setup(empty=True), "70001002", DEMO_KEY)
        return self._open(setup, "70001001", KEY)

    def _open(self, setup: Setup, uid: str, key: ApiKey) -> Account:
        """With money in every product type."""
        account = open_demo_account(self.engine, setup, uid, key=key, family=FAMILY, kind=CLASSIC)
        for coin, amount in (("USDC", Decimal(2_000)), *COINS):
            self.engine.deposit(account, coin, amount)
        return account


DIALECT = SimulatedBitget
