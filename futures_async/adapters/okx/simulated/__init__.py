"""OKX v5 from the server's side, written from its documents: swaps, on the simulated exchange's engine.

`base.py` has what all calls share (keys, envelope, contracts, pages), each group of endpoints is a module. One
instrument has one margin mode at a time here; at the venue both may be open side by side.
"""

from __future__ import annotations

from futures_async.adapters.okx.simulated.streams import Calls, Streams
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup, open_demo_account

KEY = ApiKey(key="sim-okx-key", secret="sim-okx-secret", passphrase="simokxpass")  # noqa: S106 - no secret
# Of the venue's demo environment: needs the header `x-simulated-trading: 1`, and an account of its own.
DEMO_KEY = ApiKey(key="sim-okx-demo", secret="sim-okx-demo", passphrase="simokxpass", demo=True)  # noqa: S106 - no secret
COINS = (("USDC", 10_000), ("BTC", 1))


class SimulatedOKX(Calls):
    """An account in futures mode: cross and isolated margin, one wallet per coin."""

    def streams(self) -> Streams:
        return Streams(self)

    def demo_account(self, setup: Setup) -> Account:
        """The announced account, and one of the demo environment."""
        self._open(Setup(empty=True), "80001002", DEMO_KEY)
        return self._open(setup, "80001001", KEY)

    def _open(self, setup: Setup, uid: str, key: ApiKey) -> Account:
        account = open_demo_account(self.engine, setup, uid, key=key, family=self.family, beside=COINS)
        account.least_value = False  # sizes have a minimum, values have none
        account.ranks_closes = account.late_stops = True
        return account


DIALECT = SimulatedOKX
