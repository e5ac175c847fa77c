"""Binance USD-M on the simulated exchange, written from venues/binance.md."""

from __future__ import annotations

from futures_async.adapters.binance.simulated.account import AccountCalls
from futures_async.adapters.binance.simulated.algos import AlgoCalls
from futures_async.adapters.binance.simulated.market import MarketCalls
from futures_async.adapters.binance.simulated.orders import OrderCalls
from futures_async.adapters.binance.simulated.streams import Streams
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup, open_demo_account

KEY = ApiKey(key="simulated-binance-key", secret="simulated-binance-secret")  # noqa: S106 - opens a simulation


class SimulatedBinance(AccountCalls, OrderCalls, AlgoCalls, MarketCalls):
    """fapi v1 to v3: all calls of section 1.8 that concern futures accounts."""

    def streams(self) -> Streams:
        return Streams(self)

    def demo_account(self, setup: Setup) -> Account:
        """The announced account; its ids fit into JSON numbers."""
        beside = (("USDC", 2_000),)
        return open_demo_account(
            self.engine, setup, "90001001", key=KEY, family=self.family, beside=beside, short_ids=True
        )


DIALECT = SimulatedBinance
