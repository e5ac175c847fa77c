"""A process that forks a child for each line it reads; the child places orders until it is killed.

Forking from a process that has everything imported makes a hundred crashes a matter of seconds.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from decimal import Decimal

from futures_async import Credentials, OrderRequest, OrderType, Side
from futures_async.adapters.bitget import Bitget
from futures_async.journal.journal import Journal, JournalFailed
from futures_async.journal.opening import open_journal
from futures_async.journal.sqlite import SqliteJournal
from futures_async.manager.manager import OrderManager
from futures_async.transport.limits.none import NoLimiter

AT_ONCE = 4


def tag(number: int, count: int) -> Decimal:
    """A price that no other intent of the whole test has: the venue counts orders by it, not by client ids."""
    return Decimal(20_000) + Decimal(number * 1_000 + count) / 10


async def owned(journal: Journal, account: str) -> None:
    """Wait until the database has heard that the one before is dead."""
    while True:
        try:
            await journal.open_intents("bitget", account)
        except JournalFailed:
            await asyncio.sleep(0.01)
        else:
            return


async def trade(number: int, base_url: str, credentials: Credentials, where: str) -> None:
    journal = open_journal(where) if "://" in where else SqliteJournal(where, synchronous="NORMAL")
    exchange = Bitget(credentials, base_url=base_url, limiter=NoLimiter(), journal=journal, http="httpx")
    manager = OrderManager(exchange, journal=journal)
    await owned(journal, exchange.account_id)
    await exchange.fetch_contracts()
    print("trades", flush=True)
    counter = iter(range(1_000))

    async def place() -> None:
        for count in counter:
            await manager.submit(
                OrderRequest(
                    symbol="BTC/USDT:USDT",
                    side=Side.BUY,
                    type=OrderType.LIMIT,
                    quantity=Decimal("0.0003"),
                    price=tag(number, count),
                )
            )

    await asyncio.gather(*(place() for _ in range(AT_ONCE)))


def main() -> None:
    base_url, key, secret, passphrase, uid, place = sys.argv[1:]
    credentials = Credentials(key=key, secret=secret, passphrase=passphrase, uid=uid)
    if "://" in place:
        importlib.import_module("psycopg")  # once, and not in every child
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(trade(int(line), base_url, credentials, place))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


if __name__ == "__main__":
    main()
