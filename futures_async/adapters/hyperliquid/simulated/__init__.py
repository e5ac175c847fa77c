"""Hyperliquid from the server's side, written from venues/hyperliquid.md: the dialect of the simulated exchange.

One path reads and one acts; the body says what. `gate.py` has signatures, nonces and refusals, each group of
operations is a module.
"""

from __future__ import annotations

from futures_async.adapters.hyperliquid.simulated.account import AccountCalls
from futures_async.adapters.hyperliquid.simulated.market import MarketCalls
from futures_async.adapters.hyperliquid.simulated.orders import OrderCalls
from futures_async.adapters.hyperliquid.simulated.streams import Streams


class SimulatedHyperliquid(AccountCalls, OrderCalls, MarketCalls):
    """The first dex; spot is there and empty."""

    id = "hyperliquid"

    def streams(self) -> Streams:
        return Streams(self)


DIALECT = SimulatedHyperliquid
