"""Hosts that share an account, a lead, a limit and a journal are killed, put to sleep and robbed of their servers.

No order stands twice, none is lost, the venue never counts one call too many, and somebody leads again soon.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import anyio
import pytest

import futures_async as fa
from futures_async.journal.journal import Verdict
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange, wall_ms
from futures_async.simulator.server import RunningExchange, serve
from tests.manager.crashing import owned
from tests.postgres_server import Postgres, needs_postgres
from tests.processes.fleet import Fleet, Lead, Slot
from tests.processes.host import LEASE_S, UID_LIMIT
from tests.redis_servers import Server, needs_server, running, until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs fork, SIGKILL and SIGSTOP")

LATER_MS = 10 * 60_000
HOSTS = 3
MAIN = ("kill_leader", "kill_owner", "pause_leader", "restart_redis", "restart_postgres")
"""Each at least once."""
WEIGHTS = {
    "kill": 6,
    "kill_leader": 6,
    "kill_owner": 6,
    "pause_leader": 3,
    "pause_owner": 3,
    "set_clock": 3,
    "restart_redis": 3,
    "pause_redis": 1,
    "restart_postgres": 2,
    "break_connections": 2,
}
"""How often the others."""
MOST_LEASES = 2.0
ASLEEP_LEASES = 1.2


class Faults:
    """What happens at one point, each kind by its name."""

    def __init__(self, fleet: Fleet, redis: Server, database: Postgres, chance: random.Random) -> None:
        self._fleet = fleet
        self._redis = redis
        self._database = database
        self._chance = chance
        self.done: Counter[str] = Counter()
        self._restarts: list[float] = []
        self.leases: list[tuple[float, str]] = []
        """After how many leases somebody led again, and what had happened."""

    def choose(self, points: int) -> list[str]:
        """What is to happen at so many points."""
        return self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=points)

    def strike(self, kind: str) -> None:
        """Let one thing happen, at a point that nobody foresees."""
        time.sleep(self._chance.uniform(0.05, 0.4))
        getattr(self, f"_{kind}")()
        self.done[kind] += 1

    def summary(self) -> str:
        """What happened, and how long it went on without a leader."""
        most = ", ".join(f"{leases:.2f} after {kind}" for leases, kind in sorted(self.leases)[-3:])
        return f"{dict(self.done)}; leases without a leader: {most} at most"

    def forgotten(self, pair: tuple[Lead, Lead]) -> bool:
        """Between the two, the server has forgotten the lead of the first."""
        return any(pair[0].began - LEASE_S <= at <= pair[1].began for at in self._restarts)

    def _kill(self, slot: Slot | None = None) -> None:
        fleet = self._fleet
        dead = slot or self._chance.choice(fleet.slots)
        life, moment = dead.life, time.monotonic()
        dead.kill()
        fleet.start(dead)
        self._settle("kill", moment, but=life)

    def _kill_leader(self) -> None:
        self._kill(self._fleet.leader())

    def _kill_owner(self) -> None:
        self._kill(self._fleet.owner())

    def _pause_leader(self) -> None:
        leader, moment = self._fleet.leader(), time.monotonic()

        def meanwhile() -> None:
            time.sleep(ASLEEP_LEASES * LEASE_S)
            self._settle("pause_leader", moment, but=leader.life)

        self._fleet.pause(leader, meanwhile)

    def _pause_owner(self) -> None:
        self._fleet.pause(self._fleet.owner(), lambda: time.sleep(ASLEEP_LEASES * LEASE_S))

    def _set_clock(self) -> None:
        for slot in self._fleet.slots:
            slot.send(signal.SIGUSR1)

    def _restart_redis(self) -> None:
        self._redis.stop()
        self._restarts.append(time.monotonic())
        time.sleep(self._chance.uniform(0.0, 0.5))
        self._redis.start()
        self._settle("restart_redis", time.monotonic())

    def _pause_redis(self) -> None:
        process = self._redis.process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        time.sleep(ASLEEP_LEASES * LEASE_S)
        process.send_signal(signal.SIGCONT)
        self._settle("pause_redis", time.monotonic())

    def _restart_postgres(self) -> None:
        self._database.stop()
        self._database.start()

    def _break_connections(self) -> None:
        self._database.break_connections()

    def _settle(self, kind: str, moment: float, *, but: int = 0) -> None:
        self.leases.append((self._fleet.settle(moment, but=but), kind))


async def recovered(running: RunningExchange, url: str) -> list[fa.Recovery]:
    """What another host finds out of what the dead have left; as often as it takes, since its limit is narrow."""
    found: list[fa.Recovery] = []
    async with (
        fa.PostgresJournal(url) as journal,
        fa.connect("bitget", running.credentials("bitget"), base_url=running.base_url, journal=journal) as exchange,
    ):
        await owned(journal, exchange.account_id)
        manager = fa.OrderManager(exchange, journal=journal)
        while not found or found[-1].unknown:
            found.append(await manager.recover())
            assert found[-1].placed or found[-1].not_placed or not found[-1].unknown, "it gets nowhere"
        assert await journal.open_intents("bitget", exchange.account_id) == []
    return found


@needs_server
@needs_postgres
def test_hosts_that_die_sleep_and_lose_their_servers_double_lose_and_overrun_nothing(
    tmp_path: Path, database: Postgres, request: pytest.FixtureRequest
) -> None:
    points = 100 if request.config.getoption("--long") else len(MAIN)
    chance = random.Random(int(os.environ.get("FUTURES_ASYNC_SEED", "11")))
    shift_ms = 0
    market = SimulatedExchange(
        seed=1,
        only=["bitget"],
        setup=Setup(empty=True),
        uid_limit=UID_LIMIT,
        now_ms=lambda: wall_ms() + shift_ms,
        monotonic=time.monotonic,
    )
    account = market.venues["bitget"].account
    redis = Server(tmp_path / "redis")
    with running(redis), serve(market) as venue:
        keys = venue.credentials("bitget")
        secrets = [keys.key.reveal(), keys.secret.reveal(), keys.passphrase.reveal() if keys.passphrase else ""]
        fleet = Fleet(HOSTS, [venue.base_url, *secrets, keys.uid or "", redis.url, database.url])
        try:
            fleet.settle(0.0)
            until(lambda: account.orders)
            faults = Faults(fleet, redis, database, chance)
            for kind in [*chance.sample(MAIN, len(MAIN)), *faults.choose(points - len(MAIN))]:
                faults.strike(kind)
            orders_then, moment = len(account.orders), time.monotonic()
            until(lambda: fleet.all_see_after(moment))
            until(lambda: len(account.orders) > orders_then)
        finally:
            fleet.end()
        refused = [arrival for arrival in market.arrivals if arrival.status == 429]
        busiest = market.busiest(account.uid)
        before = len(account.orders)
        shift_ms = LATER_MS  # every fence has passed
        found = anyio.run(recovered, venue, database.url)
        orders = list(account.orders.values())

    late = sum(len(recovery.placed) for recovery in found)
    print(f"{faults.summary()}; {len(orders)} orders, {late} found in the end; at most {busiest} calls a second")
    # The limits.
    assert refused == []
    assert busiest <= UID_LIMIT
    # The orders.
    assert len(orders) == before  # recovery sent nothing
    assert [price for price, count in Counter(order.price for order in orders).items() if count > 1] == []
    written = dict(database.ask("SELECT client_order_id, verdict FROM futures_async_intents"))
    at_venue = {order.client_id for order in orders}
    assert at_venue <= set(written)  # nothing stands at the venue that was not written down first
    assert {name for name, verdict in written.items() if verdict == Verdict.PLACED.value} == at_venue
    prices = {f"{order.price.normalize():f}" for order in orders if order.price is not None}
    assert fleet.told("placed") <= prices
    assert not fleet.told("absent") & prices
    # The lead.
    assert max(faults.leases)[0] <= MOST_LEASES
    assert [pair for pair in fleet.two_at_once() if not faults.forgotten(pair)] == []
