"""The limiter of several hosts: they share the pools of their accounts in a Redis server.

One Lua script decides, on the server's clock, so hosts need not agree on the time. A slot is written as taken until a
lease is over, before the call may go; so what a host held that has died comes back by itself. When the server cannot be
asked, nothing is sent: a limit that nobody keeps would be no limit.

A server that has forgotten (a restart without persistence, a failover to a replica that lagged) is found out by whoever
remembers more than it does: each process writes its own slots again, and nobody gets any for a moment meanwhile. What
only dead processes remember, and what a wall clock of the server's hides that is set, remains: then up to one window's
calls may come too many. A server that may evict keys would forget at any time, so it is refused.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.own_slots import OwnSlots
from futures_async.transport.limits.redis_scripts import (
    CLOSE,
    CORRECT,
    GIVE_BACK,
    MEMORY,
    PREFIX,
    REMEMBER,
    SERIAL,
    TAKE,
    WITHDRAW,
)
from futures_async.transport.limits.redis_server import SERVER_ADVICE, TIMEOUT_S, RedisServer, ServerFailed
from futures_async.transport.limits.stored import (
    ASK_AGAIN_S,
    Blocked,
    StoredPermit,
    StoreLimiter,
    Turn,
    spread,
    taken_of,
)
from futures_async.transport.limits.window import DRIFT, MAX_CLOSED_S
from futures_async.transport.runtime import running_asyncio_loop
from futures_async.unified.errors import ConnectFailed, NotSupported
from futures_async.unified.given import flag
from futures_async.unified.secret_url import SecretUrl

LOG = logging.getLogger("futures_async.limits")
GRACE_S = 0.05
"""Who is due and does not ask within this time is passed over."""
YIELD_S = 0.005
"""Pause before asking again when a slot is free and somebody else's turn."""
CREDIT_KEPT_S = 240
SERIALS_KEPT_S = 3 * 86_400
AGAIN_S = (0.2, 1.0, 2 * TIMEOUT_S, 4 * TIMEOUT_S)
"""Pauses before slots are given back once more to a server that could not be asked."""


class RedisLimiter(StoreLimiter):
    """Shares rate limits between hosts through a Redis server (6.2 or later). asyncio only; extra `[redis]`.

    Each call asks the server once or more, so costs a round trip to it.

    Args:
        url: `redis://`, `rediss://` or `unix://`, with password and database as redis-py reads them; a cluster as
            `redis+cluster://host:port,…`, the master that sentinels name as `redis+sentinel://host:port,…/NAME/0`, both
            also with `rediss`.
        max_queue: So many callers may wait in one lane of one pool; the next gets `QueueFull`.
        lease_s: A slot whose host died comes back after this time and its window. Longer than any request takes
            from its permit to its arrival at the venue.
        allow_eviction: Use a server all the same that evicts keys when its memory is full, with a warning: when it
            does, the limit is overrun.

    Raises:
        InvalidRequest: The URL cannot be right. Never shows its password.
        NotSupported: The package redis is not installed. At the first call: the server may evict keys.
    """

    def __init__(
        self,
        url: str | SecretUrl,
        *,
        max_queue: int = 1000,
        lease_s: float = 30.0,
        allow_eviction: bool = False,
    ) -> None:
        try:
            self._server = RedisServer(url)
        finally:
            del url  # A traceback that shows locals shows those of this frame.
        super().__init__(max_queue=max_queue, lease_s=lease_s)
        self._allow_eviction = flag(allow_eviction, "allow_eviction")
        self._checked = False
        self._slot = 0
        self._begin()

    def _begin(self) -> None:
        self._own = OwnSlots()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._asleep: set[asyncio.Task[Any] | None] = set()
        """Tasks that will try once more."""
        self._closing: set[asyncio.AbstractEventLoop] = set()
        self._said_late = False
        """That slots come back late was said, and the server has answered nothing since."""

    def begin_anew(self) -> None:
        super().begin_anew()
        self._begin()

    def __repr__(self) -> str:
        server: RedisServer | None = getattr(self, "_server", None)  # None in one whose URL was refused
        return f"RedisLimiter({server and server.name!r})"

    async def acquire(self, pools: Sequence[Pool], priority: Priority, deadline: float | None) -> Permit:
        if running_asyncio_loop() is None:
            raise NotSupported("RedisLimiter works on asyncio only; on trio share a host's limits with HostLimiter")
        return await super().acquire(pools, priority, deadline)

    async def take(self, pools: Sequence[Pool], turn: Turn, deadline: float | None) -> Permit | Blocked:
        now = turn.loop.now()
        told = self._own.told(now)
        slots: list[str] = []
        arguments: list[str | float] = [
            *(turn.ticket, turn.key[0], "" if turn.since is None else f"{turn.since:.6f}", self.process),
            *(self.lease_s, GRACE_S, YIELD_S, ASK_AGAIN_S, MAX_CLOSED_S, CREDIT_KEPT_S),
            *told,
        ]
        for pool in pools:
            self._slot += 1
            slot, weight = f"{self.process}-{self._slot}", taken_of(pool)
            slots += [slot, *(f"{slot}:{number}" for number in range(2, weight + 1))]
            credit = self.learn(pool, now, None) or 0.0
            arguments += [max(1, pool.limit), pool.per_s * (1 + DRIFT), slot, f"{credit:.6f}", weight]
        # Detached: a caller who is cancelled while the server decides still has to give back what it decides.
        asked = self._start(self._ask(pools, arguments, told.calls))
        try:
            left = None if deadline is None else max(0.0, deadline - now)
            done, _ = await asyncio.wait([asked], timeout=left)
        except BaseException:
            asked.add_done_callback(lambda _: self._regret(asked, pools, slots))
            raise
        if not done:
            asked.add_done_callback(lambda _: self._regret(asked, pools, slots))
            return Blocked(0, 0.0, 0.0, turn.since)
        if isinstance(asked.exception(), ConnectFailed):
            self._regret(asked, pools, slots)
        answer = asked.result()
        if answer[0] == 1:
            self._own.granted(turn.loop.now(), spread(pools), slots, self.lease_s)
            return StoredPermit(self, pools, slots)
        index, wait_s, closed_s, since = answer[1:]
        return Blocked(int(index), float(wait_s), float(closed_s), float(since))

    def _regret(self, asked: asyncio.Task[Any], pools: Sequence[Pool], slots: Sequence[str]) -> None:
        """Nobody waits for this answer any more: give back what it may have granted, also if it was lost."""
        if not asked.cancelled():
            self._give_back(pools, slots, doubted=isinstance(asked.exception(), ConnectFailed))

    async def serial(self, series: str, least: int, deadline: float | None) -> int:
        if running_asyncio_loop() is None:
            raise NotSupported("RedisLimiter works on asyncio only; on trio share a host's limits with HostLimiter")
        answer = await self._run(SERIAL, [Pool(f"serial:{series}", 1, 0.0)], [least, SERIALS_KEPT_S])
        return int(answer)

    def settle(self, pools: Sequence[Pool], slots: Sequence[str], rtt_s: float | None) -> None:
        """A permit's call was answered; for permits only."""
        if running_asyncio_loop() is None:
            return  # Left over after its loop has ended; the lease ends it.
        now = self._loops.current().now()
        arguments: list[str | float] = []
        for pool in pools:
            self.learn(pool, now, rtt_s)
        each = spread(pools)
        for pool, slot in zip(each, slots, strict=True):
            arguments += [pool.per_s * (1 + DRIFT), slot]
        self._own.answered(now, each, slots)
        self._start(self._until_heard(each, arguments))

    def restore(self, pools: Sequence[Pool], slots: Sequence[str]) -> None:
        """A permit's call was never sent; for permits only."""
        self._give_back(pools, slots)

    def _give_back(self, pools: Sequence[Pool], slots: Sequence[str], *, doubted: bool = False) -> None:
        self._own.unused(spread(pools), slots)
        arguments = [part for slot in slots for part in ("", slot)]
        if running_asyncio_loop() is not None:
            self._start(self._until_heard(spread(pools), arguments, then_look=pools, doubted=doubted))

    async def _until_heard(
        self,
        pools: Sequence[Pool],
        arguments: Sequence[str | float],
        *,
        then_look: Sequence[Pool] = (),
        doubted: bool = False,
    ) -> None:
        """Give slots back, also when the server cannot be asked just now: else they are held for the whole lease.

        Where it is in doubt whether they were taken, once more when what was under way must have ended.
        """
        heard = await self._run_quietly(GIVE_BACK, pools, arguments)
        self.look_again(then_look)
        for pause_s in AGAIN_S:
            if (heard and not doubted) or asyncio.get_running_loop() in self._closing:
                return
            self._asleep.add(sleeper := asyncio.current_task())
            try:
                await asyncio.sleep(pause_s)
            finally:
                self._asleep.discard(sleeper)
            heard = await self._run_quietly(GIVE_BACK, pools, arguments, level=logging.DEBUG)
            doubted = doubted and pause_s <= TIMEOUT_S
            self.look_again(then_look)

    def withdraw(self, turn: Turn, key: str) -> None:
        self._send(WITHDRAW, [Pool(key, 1, 0.0)], [turn.ticket])

    def close_stored(self, pools: Sequence[Pool], for_s: float) -> None:
        self._send(CLOSE, pools, [for_s])

    def correct(self, pool: Pool, remaining: int) -> None:
        self._slot += 1
        prefix = f"{self.process}-{self._slot}-"
        self._send(CORRECT, [pool], [max(1, pool.limit), pool.per_s * (1 + DRIFT), remaining, prefix])

    async def aclose(self) -> None:
        """Write what is still to be written, and close the connections of this event loop."""
        loop = asyncio.get_running_loop()
        self._closing.add(loop)
        for task in self._asleep:
            if task is not None and task.get_loop() is loop:
                task.cancel()  # what it would give back once more ends with its lease
        while mine := [task for task in self._tasks if task.get_loop() is loop]:
            await asyncio.wait(mine)
        await self._server.aclose()
        self._closing.discard(loop)

    def _send(self, script: str, pools: Sequence[Pool], arguments: Sequence[str | float]) -> None:
        """Run a script in the background."""
        if running_asyncio_loop() is not None:
            self._start(self._run_quietly(script, pools, arguments))

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # Seen: a cancelled caller does not ask for it.

    async def _run_quietly(
        self, script: str, pools: Sequence[Pool], arguments: Sequence[str | float], *, level: int = logging.WARNING
    ) -> bool:
        try:
            await self._run(script, pools, arguments)
        except ConnectFailed as error:
            LOG.log(logging.DEBUG if self._said_late else level, "slots come back late: %s", error)
            self._said_late = self._said_late or level == logging.WARNING
            return False
        return True

    async def _run(self, script: str, pools: Sequence[Pool], arguments: Sequence[str | float]) -> Any:
        try:
            answer = await self._server.run(script, [PREFIX + pool.key for pool in pools], arguments)
        except ServerFailed as error:
            raise ConnectFailed(
                f"the rate limits are kept in Redis, which cannot be asked ({error}); nothing was sent",
                kind="unreachable",
                advice=SERVER_ADVICE,
            ) from None
        self._said_late = False
        return answer

    async def _ask(self, pools: Sequence[Pool], arguments: Sequence[str | float], told: int) -> Any:
        if not self._checked:
            await self._check()
        answer = await self._run(TAKE, pools, arguments)
        while answer[0] == 2:
            LOG.warning("Redis at %s has forgotten limits: calls wait for a moment", self._server.name)
            await self._remember(told)
            answer = await self._run(TAKE, pools, arguments)
        return answer

    async def _remember(self, told: int) -> None:
        """Write this process's slots again, and that so many calls got theirs."""
        standing = self._own.standing(self._loops.current().now())
        arguments: list[str | float] = [told, CREDIT_KEPT_S]
        for slots in standing.values():
            arguments += [len(slots), *(part for slot, left_s in slots.items() for part in (slot, f"{left_s:.6f}"))]
        await self._run(REMEMBER, [Pool(key, 1, 0.0) for key in (f"granted:{self.process}", *standing)], arguments)

    async def _check(self) -> None:
        """Refuse a server that may forget."""
        try:
            answer = await self._server.run(MEMORY, [PREFIX], [])
        except ServerFailed as error:
            if not error.answered:
                return  # the call itself will say so
            LOG.warning("whether Redis may evict keys cannot be seen, so limits may be overrun: %s", error)
            answer = ""
        text = answer if isinstance(answer, str) else answer.decode()
        said = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        policy, cap = said.get("maxmemory_policy", "noeviction"), said.get("maxmemory", "0")
        if policy != "noeviction" and cap != "0":
            problem = (
                f"Redis at {self._server.name} evicts keys when its memory is full (maxmemory-policy {policy}), and a "
                "limit that it forgets is overrun: set maxmemory-policy noeviction, or keep limits in another instance "
                "than caches"
            )
            if not self._allow_eviction:
                raise NotSupported(problem)
            LOG.warning("%s", problem)
        self._checked = True
