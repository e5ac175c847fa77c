"""Many accounts of every simulated venue in one process, on the loop's clock."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from decimal import Decimal
from typing import Any

from futures_async.registry import connect
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import Order, Ticket
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import OrderType, Side
from futures_async.unified.exchange import Capability

NOON = 1_768_190_400_000  # 2026-01-12 04:00 UTC: no funding for four hours
BTC = "BTC/USDT:USDT"
LATENCY_S = 0.03
WALLETS = ("hyperliquid",)
"""Where accounts are wallets, whose keys are not made up: there is one of each."""
VENUES = ("bitget", "bitget-uta", "bitget-v1", "bitmart", "bittap")


class Crowd:
    """So many accounts, shared out over the venues. Make it inside the loop."""

    def __init__(
        self, each: int, venues: tuple[str, ...] = VENUES, plan: FaultPlan | None = None, **options: Any
    ) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        self.exchange = SimulatedExchange(
            only=venues, setup=Setup(empty=True), now_ms=lambda: NOON + int((loop.time() - start) * 1000)
        )
        self.exchange.engine.marks.pin(BTC, Decimal(90_000))
        self.plan = plan or FaultPlan(seed=1)
        backend = InProcessBackend(self.exchange, self.plan, latency_s=LATENCY_S)
        self.streams = InProcessStreams(self.exchange, self.plan, latency_s=LATENCY_S)
        self.accounts: dict[str, Account] = {}
        self.exchanges: dict[str, Any] = {}
        for venue in venues:
            known = self.exchange.venues[venue]
            key = known.key
            for number in range(each):
                name = f"{venue}-{number}"
                own = ApiKey(key=f"{key.key}{number:03d}", secret=key.secret, passphrase=key.passphrase, memo=key.memo)
                if venue in WALLETS:
                    assert each == 1
                    own, self.accounts[name] = key, known.account
                else:
                    self.accounts[name] = self.exchange.engine.open_account(
                        name,
                        keys=[own],
                        family=known.account.family,
                        kind=known.account.kind,
                        short_ids=known.account.short_ids,
                    )
                self.exchanges[name] = connect(
                    venue,
                    Credentials(key=own.key, secret=own.secret, passphrase=own.passphrase, memo=own.memo, uid=name),
                    base_url="http://127.0.0.1:1",
                    http=backend,
                    streams=self.streams,
                    **options,
                )
                self.exchanges[name]._transport.draw = random.Random(name).random

    @property
    def streamed(self) -> list[str]:
        return [name for name, one in self.exchanges.items() if one.supports(Capability.WATCH_POSITIONS)]

    def trade(
        self,
        name: str,
        side: Side = Side.BUY,
        quantity: str = "0.01",
        price: str | None = None,
        *,
        symbol: str = BTC,
    ) -> Order:
        """An order of the account's, as if placed by somebody else."""
        ticket = Ticket(
            symbol=symbol,
            side=side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=Decimal(quantity),
            price=None if price is None else Decimal(price),
        )
        with self.exchange.engine.arithmetic():
            return self.exchange.engine.orders.place(self.accounts[name], ticket).order

    def held(self, name: str) -> Decimal:
        """What the account holds, by the exchange's books."""
        return sum((one.quantity for one in self.accounts[name].positions.values()), Decimal(0))

    def reads(self, since_s: float = 0.0) -> Counter[str]:
        """Requests of each account since then."""
        arrivals = self.exchange.arrivals
        return Counter(one.uid for one in arrivals if one.uid is not None and one.at_s >= since_s)

    def most_reads_in(self, name: str, window_s: float, since_s: float) -> int:
        """The fullest sliding window."""
        times = [one.at_s for one in self.exchange.arrivals if one.uid == name and one.at_s >= since_s]
        return max((sum(at <= other < at + window_s for other in times) for at in times), default=0)

    def refusals(self) -> int:
        """Requests over a limit."""
        return sum(one.status == 429 for one in self.exchange.arrivals)

    async def aclose(self) -> None:
        for exchange in self.exchanges.values():
            await exchange.aclose(0)
