"""Bybit v5 from the server's side, written from venues/bybit.md: the dialect that the simulated exchange speaks.

`base.py` has what all endpoints share, each group of them is a module. Not simulated: portfolio margin, order entry
over the socket, public topics but tickers.
"""

from __future__ import annotations

from decimal import Decimal

from futures_async.adapters.bybit.simulated.account import AccountCalls
from futures_async.adapters.bybit.simulated.base import FAMILY
from futures_async.adapters.bybit.simulated.market import MarketCalls
from futures_async.adapters.bybit.simulated.orders import OrderCalls
from futures_async.adapters.bybit.simulated.positions import PositionCalls
from futures_async.adapters.bybit.simulated.streams import Streams
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup, open_demo_account
from futures_async.unified.enums import PositionMode

KEY = ApiKey(key="sim-bybit-key", secret="sim-bybit-secret")  # noqa: S106 - no secret
COINS = (("USDC", 2_000), ("BTC", Decimal("0.5")), ("ETH", 5))
"""What the account is given beside USDT, for contracts that settle in it."""


class SimulatedBybit(AccountCalls, PositionCalls, OrderCalls, MarketCalls):
    """A unified account."""

    def streams(self) -> Streams:
        return Streams(self)

    def demo_account(self, setup: Setup) -> Account:
        """The announced account, with money for every kind of contract."""
        account = open_demo_account(self.engine, setup, "80003001", key=KEY, family=FAMILY, beside=COINS)
        # "Hedge mode is for contracts that settle in USDT alone."
        others = {contract.settle for contract in self.contracts_listed()} - {"USDT"}
        account.modes |= dict.fromkeys(others, PositionMode.ONE_WAY)
        # An id that was used once is refused for ever; tests may want it otherwise.
        account.dedup = self.engine.dedup or "all"
        return account


DIALECT = SimulatedBybit
