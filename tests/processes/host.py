"""One of several hosts of an account: reads for all or follows, keeps the limit with the others, trades while it owns.

Forked for each line by a process that has everything imported; says on stdout, a word and figures a line, what it is
and what became of its orders.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import random
import signal
import sys
import time
from decimal import Decimal

import futures_async as fa
from futures_async.adapters.bitget import Bitget
from futures_async.journal.journal import JournalFailed
from futures_async.portfolio.portfolio import Portfolio

SYMBOL = "BTC/USDT:USDT"
AT_ONCE = 3
UID_LIMIT = 20
"""A second; more than a kind of call may take by itself, so that looking for what the dead have left stops nothing."""
LEASE_S = 2.0
"""Of the lead."""
SLOT_LEASE_S = 3.0
"""Of a slot of the limit; longer than the deadline of a call."""
DEADLINE_S = 2.0
LOOK_S = 0.02
PAUSE_S = 0.05
BETWEEN_ORDERS_S = 2.0
"""At most, so that reads find their slots too."""
WALL, WALL_NS = time.time, time.time_ns


def say(*words: object) -> None:
    """One line, which a kill leaves whole or away."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def tag(life: int, count: int) -> Decimal:
    """A price that no other order of the whole test has: the venue counts orders by it, not by client ids."""
    return Decimal(20_000) + Decimal(life * 1_000 + count) / 10


class Wall:
    """This computer's clock, which is set anew at each SIGUSR1."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._off_s = 0.0
        time.time = lambda: WALL() + self._off_s
        time.time_ns = lambda: WALL_NS() + int(self._off_s * 1e9)
        signal.signal(signal.SIGUSR1, self._set)

    def _set(self, *_: object) -> None:
        self._off_s = self._chance.choice([-1, 1]) * 10 ** self._chance.uniform(0, 6)


class Host:
    """What one process does until it is killed."""

    def __init__(self, life: int, portfolio: Portfolio, manager: fa.OrderManager) -> None:
        self._life = life
        self._portfolio = portfolio
        self._manager = manager
        self._counts = iter(range(1_000))
        self._chance = random.Random(life)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read())
            tasks.create_task(self._look())
            tasks.create_task(self._trade())

    async def _read(self) -> None:
        async for snapshot in self._portfolio.poll(0.5):
            for state in snapshot.venues.values():
                say("sees", time.monotonic(), state.status)

    async def _look(self) -> None:
        """Say for which times this process thinks that it leads."""
        said = 0.0
        while True:
            member = self._portfolio._member  # pyright: ignore[reportPrivateUsage] - to see who leads
            if member is not None:
                now, until = time.monotonic(), member._until  # pyright: ignore[reportPrivateUsage] - as above
                if now < until != said:
                    said = until
                    say("leads", now, until)
            await asyncio.sleep(LOOK_S)

    async def _owns(self) -> bool:
        exchange = self._manager.exchange
        try:
            await self._manager.journal.open_intents(exchange.id, exchange.account_id)
        except JournalFailed:
            return False
        return True

    async def _trade(self) -> None:
        """Trade while the account is this process's own, and find out beside that what was left by others."""
        while True:
            if not await self._owns():
                await asyncio.sleep(PAUSE_S)
                continue
            say("owns", time.monotonic())
            recovering = asyncio.create_task(self._recover())
            await asyncio.gather(*(self._place() for _ in range(AT_ONCE)))
            recovering.cancel()

    async def _recover(self) -> None:
        with contextlib.suppress(JournalFailed):  # it has become another's meanwhile
            await self._manager.recover()

    async def _place(self) -> None:
        """Place one order after another, until the journal is another's."""
        for count in self._counts:
            price = tag(self._life, count)
            request = fa.OrderRequest(
                symbol=SYMBOL, side=fa.Side.BUY, type=fa.OrderType.LIMIT, quantity=Decimal("0.0003"), price=price
            )
            try:
                await self._manager.submit(request)
            except fa.FuturesAsyncError as error:
                unknown = error.outcome is None or error.outcome is fa.Outcome.UNKNOWN
                say("unknown" if unknown else "absent", price)
                if isinstance(error, JournalFailed):
                    return
            else:
                say("placed", price)
            await asyncio.sleep(self._chance.uniform(0.0, BETWEEN_ORDERS_S))


async def live(life: int, base_url: str, credentials: fa.Credentials, redis_url: str, database: str) -> None:
    """Be a host."""
    journal = fa.PostgresJournal(database)
    exchange = Bitget(
        credentials,
        base_url=base_url,
        uid_limit=UID_LIMIT,
        limiter=fa.RedisLimiter(redis_url, lease_s=SLOT_LEASE_S),
        timeout=fa.Timeouts(deadline_s=DEADLINE_S),
        journal=journal,  # opened at its first use: the database may just be starting, too
        http="httpx",
    )
    portfolio = Portfolio([exchange], share=fa.RedisShare(redis_url, lease_s=LEASE_S))
    await Host(life, portfolio, fa.OrderManager(exchange, journal=journal)).run()


def main() -> None:
    base_url, key, secret, passphrase, uid, redis_url, database = sys.argv[1:]
    credentials = fa.Credentials(key=key, secret=secret, passphrase=passphrase, uid=uid)
    for module in ("psycopg", "redis.asyncio"):
        importlib.import_module(module)  # once, and not in every child
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            Wall(int(line))
            asyncio.run(live(int(line), base_url, credentials, redis_url, database))
            os._exit(0)
        say("born", child)
        _, status = os.waitpid(child, 0)
        say("died", os.WTERMSIG(status) if os.WIFSIGNALED(status) else f"by itself, {status}")


if __name__ == "__main__":
    main()
