"""SIGKILL at random points while orders are placed: no order twice, none unaccounted for (RELIABILITY.md A12)."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import anyio
import msgspec
import pytest

from futures_async.adapters.bitget import Bitget
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.journal.journal import Verdict
from futures_async.journal.opening import open_journal
from futures_async.manager.manager import OrderManager, Recovery
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange, wall_ms
from futures_async.simulator.server import RunningExchange, serve
from futures_async.trading import recovering, search
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.enums import Outcome
from tests.manager.crashing import owned
from tests.postgres_server import Postgres, needs_postgres

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs fork and SIGKILL")

TRADED = 4
"""Orders of one who is killed after he has traded."""
LATER_MS = 10 * 60_000
WRITTEN = "SELECT client_order_id, verdict FROM"


def kill_traders(running: RunningExchange, place: str, kills: int, chance: random.Random) -> int:
    """Start a trader and kill it at a random point, again and again; how many died by the kill."""
    keys = running.credentials("bitget")
    secrets = [keys.key.reveal(), keys.secret.reveal(), keys.passphrase.reveal() if keys.passphrase else ""]
    command = [sys.executable, "-m", "tests.manager.crashing", running.base_url, *secrets, keys.uid or "", place]
    orders = running.exchange.venues["bitget"].account.orders
    killed = 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        for number in range(kills):
            nursery.stdin.write(f"{number}\n")
            nursery.stdin.flush()
            child = int(nursery.stdout.readline())
            assert nursery.stdout.readline() == "trades\n"
            known = len(orders)
            # Each second one has traded, however slow the machine is; the others may be killed before that.
            for _ in range(20_000 if number % 2 else 0):
                if len(orders) >= known + TRADED:
                    break
                time.sleep(0.005)
            time.sleep(chance.uniform(0.05, 0.5))
            os.kill(child, signal.SIGKILL)
            killed += int(nursery.stdout.readline()) == signal.SIGKILL
        nursery.stdin.close()
    return killed


async def recovered(running: RunningExchange, place: str) -> Recovery:
    async with (
        open_journal(place) as journal,
        Bitget(
            running.credentials("bitget"), base_url=running.base_url, limiter=NoLimiter(), journal=journal, http="httpx"
        ) as exchange,
    ):
        await owned(journal, exchange.account_id)
        manager = OrderManager(exchange, journal=journal)
        recovery = await manager.recover()
        assert await journal.open_intents("bitget", exchange.account_id) == []
        again = await manager.recover()
        assert again == Recovery(placed=(), not_placed=(), unknown=())
        return recovery


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=needs_postgres)])
def test_orders_survive_sigkill_at_random_points_without_a_duplicate_or_a_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, kind: str
) -> None:
    # A hundred kills take about a minute; a few show the same in a second or two.
    kills = 100 if request.config.getoption("--long") else 8
    shift_ms = 0
    market = SimulatedExchange(
        seed=1,
        only=["bitget"],
        setup=Setup(empty=True),
        uid_limit=None,
        endpoint_limits=False,
        now_ms=lambda: wall_ms() + shift_ms,
    )
    # So many orders in so short a time are more than a venue takes from one address.
    monkeypatch.setattr(type(market.venues["bitget"].dialect), "ip_limits", ())
    path = tmp_path / "orders.sqlite"
    database: Postgres | None = request.getfixturevalue("database") if kind == "postgres" else None
    place = database.url if database else str(path)
    with serve(market) as running:
        assert kill_traders(running, place, kills, random.Random(7)) == kills
        if database is None:
            with path.with_name("orders.sqlite-wal").open("ab") as end:
                end.write(os.urandom(3_000))  # a write that the crash tore
        before = dict(market.venues["bitget"].account.orders)
        shift_ms = LATER_MS  # every fence has passed
        # What has no fence is waited for, as long as a request may be under way: all who sent any are dead.
        for module in (recovering, search):
            monkeypatch.setattr(module, "QUEUE_S", 0.1)
        traits = msgspec.structs.replace(BitgetDialect.traits, window_s=0.5, visibility_lag_s=0.2)
        monkeypatch.setattr(BitgetDialect, "traits", traits)
        recovery = anyio.run(recovered, running, place)
        orders = list(market.venues["bitget"].account.orders.values())

    assert len(orders) == len(before)  # recovery sent nothing
    assert [count for count in Counter(order.price for order in orders).values() if count > 1] == []
    at_venue = {order.client_id: order for order in orders}
    assert len(at_venue) == len(orders) > kills
    rows = dict(database.ask(f"{WRITTEN} futures_async_intents")) if database else journal_rows(path)
    assert set(at_venue) <= set(rows)  # nothing stands at the venue that was not written down first
    assert set(rows.values()) <= {Verdict.PLACED.value, Outcome.NOT_PLACED.value}
    assert {name for name, verdict in rows.items() if verdict == Verdict.PLACED.value} == set(at_venue)
    assert recovery.unknown == ()
    assert recovery.placed or recovery.not_placed  # the kills did interrupt something
    assert all(order.recovered for order in recovery.placed)


def journal_rows(path: Path) -> dict[str, str | None]:
    """Every intent ever written, with its verdict."""
    connection = sqlite3.connect(path)
    try:
        return dict(connection.execute(f"{WRITTEN} intents").fetchall())
    finally:
        connection.close()
