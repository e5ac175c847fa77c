"""The limiter of several hosts: they share the pools of their accounts in a Redis server.

One Lua script decides, on the server's clock, so hosts need not agree on the time. A slot is written as taken until a
lease is over, before the call may go; so what a host held that has died comes back by itself. When the server cannot be
asked, nothing is sent: a limit that nobody keeps would be no limit.

What the server has forgotten it cannot keep: after a restart without persistence, or when its wall clock is set, up to
one window's calls may come too many.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from futures_async.transport.limits.limiter import Permit, Pool, Priority
from futures_async.transport.limits.stored import ASK_AGAIN_S, Blocked, StoreLimiter, Turn, spread, taken_of
from futures_async.transport.limits.window import DRIFT, MAX_CLOSED_S
from futures_async.transport.runtime import running_asyncio_loop
from futures_async.unified.errors import ConnectFailed, InvalidRequest, NotSupported

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

LOG = logging.getLogger("futures_async.limits")
PREFIX = "{futures-async}:"
"""In braces, so that a cluster keeps all pools on one node: a call takes from several at once."""
GRACE_S = 0.05
"""Who is due and does not ask within this time is passed over."""
YIELD_S = 0.005
"""Pause before asking again when a slot is free and somebody else's turn."""
CREDIT_KEPT_S = 240
TIMEOUT_S = 2.0
CONNECTIONS = 8

# Each pool is four keys: slots (sorted set, id -> when it is back), waiting (hash, ticket -> lane, since, until),
# routes (hash, process -> credit, when told), closed (text, until).
_COMMON = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
"""

# KEYS: pools. ARGV: ticket, lane, since or '', process, lease, grace, pause, longest wait, longest closing, how long
# credits are kept; then for each pool: limit, span, id of the slot, this process's credit, slots taken. The slots of
# a call that takes several are id, id:2, id:3 …
# Returns {1} or {0, pool's index, wait, closed for, since}.
TAKE = (
    _COMMON
    + """
local ticket, lane, process = ARGV[1], tonumber(ARGV[2]), ARGV[4]
local since = tonumber(ARGV[3]) or now
local lease, grace, pause, longest = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local max_closed, kept = tonumber(ARGV[9]), tonumber(ARGV[10])

local function look(pool, limit, span, own_credit, weight)
    local closed = tonumber(redis.call('GET', pool .. ':closed') or '0')
    if now < closed and closed <= now + max_closed then
        return math.min(closed - now, longest), closed - now
    end
    -- Hosts have routes of their own: the least credit of all holds, and none for one that is not known yet.
    redis.call('HSET', pool .. ':routes', process, string.format('%.6f|%.6f', own_credit, now))
    local credit = math.min(own_credit, span)
    local routes = redis.call('HGETALL', pool .. ':routes')
    for i = 1, #routes, 2 do
        local told, at = string.match(routes[i + 1], '(.*)|(.*)')
        if tonumber(at) < now - kept then
            redis.call('HDEL', pool .. ':routes', routes[i])
        else
            credit = math.min(credit, tonumber(told))
        end
    end
    redis.call('ZREMRANGEBYSCORE', pool .. ':slots', '-inf', string.format('%.6f', now))
    -- Further ahead than anything that could have been written: the server's clock was set back.
    redis.call('ZREMRANGEBYSCORE', pool .. ':slots', string.format('%.6f', now + lease + span + 1), '+inf')
    -- Those that are back only thanks to the credit stay written: it is less when another host joins.
    local after = string.format('(%.6f', now + credit)
    local used = redis.call('ZCOUNT', pool .. ':slots', after, '+inf')
    local free = limit - used
    if free < weight then
        local first = string.format('%d', weight - free - 1)
        local rest = redis.call('ZRANGEBYSCORE', pool .. ':slots', after, '+inf', 'WITHSCORES', 'LIMIT', first, 1)
        local back = tonumber(rest[2])
        return math.max(0, math.min(back - credit - now, span - credit, longest)), 0
    end
    local ahead = 0
    local waiting = redis.call('HGETALL', pool .. ':waiting')
    for i = 1, #waiting, 2 do
        local l, s, u = string.match(waiting[i + 1], '(.*)|(.*)|(.*)')
        l, s, u = tonumber(l), tonumber(s), tonumber(u)
        if u <= now or u > now + longest + 2 * grace then
            redis.call('HDEL', pool .. ':waiting', waiting[i])
        elseif waiting[i] ~= ticket
            and (l < lane or (l == lane and (s < since or (s == since and waiting[i] < ticket)))) then
            ahead = ahead + 1
        end
    end
    if free - ahead < weight then return pause, 0 end
    return nil
end

local blocked, wait, closed
for i, pool in ipairs(KEYS) do
    local at = 10 + (i - 1) * 5
    wait, closed = look(
        pool, tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]))
    if wait then
        blocked = i
        break
    end
end
for i, pool in ipairs(KEYS) do
    local at = 10 + (i - 1) * 5
    local span = tonumber(ARGV[at + 2])
    if i == blocked then
        redis.call('HSET', pool .. ':waiting', ticket,
            string.format('%d|%.6f|%.6f', lane, since, now + wait + grace))
    else
        redis.call('HDEL', pool .. ':waiting', ticket)
        if not blocked then
            local back = string.format('%.6f', now + lease + span)
            redis.call('ZADD', pool .. ':slots', back, ARGV[at + 3])
            for n = 2, tonumber(ARGV[at + 5]) do
                redis.call('ZADD', pool .. ':slots', back, ARGV[at + 3] .. ':' .. n)
            end
        end
    end
    local keep = math.ceil(lease + span + kept)
    for _, part in ipairs({':slots', ':waiting', ':routes'}) do redis.call('EXPIRE', pool .. part, keep) end
end
if blocked then
    return {0, blocked - 1, string.format('%.6f', wait), string.format('%.6f', closed), string.format('%.6f', since)}
end
return {1}
"""
)

# KEYS: pools. ARGV: for each its span, '' for a slot whose call was never sent; and the slot's id.
GIVE_BACK = (
    _COMMON
    + """
for i, pool in ipairs(KEYS) do
    local span, id = ARGV[2 * i - 1], ARGV[2 * i]
    if span == '' then
        redis.call('ZREM', pool .. ':slots', id)
    else
        redis.call('ZADD', pool .. ':slots', 'XX', string.format('%.6f', now + tonumber(span)), id)
    end
end
return 1
"""
)

# KEYS: pools. ARGV: seconds.
CLOSE = (
    _COMMON
    + """
for _, pool in ipairs(KEYS) do
    local till = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('GET', pool .. ':closed') or '0'))
    redis.call('SET', pool .. ':closed', string.format('%.6f', till), 'EX', math.ceil(till - now) + 1)
    redis.call('DEL', pool .. ':routes')
end
return 1
"""
)

# KEYS: one pool. ARGV: limit, span, what the venue has left, prefix for ids.
CORRECT = (
    _COMMON
    + """
local slots = KEYS[1] .. ':slots'
redis.call('ZREMRANGEBYSCORE', slots, '-inf', string.format('%.6f', now))
local strangers = tonumber(ARGV[1]) - redis.call('ZCARD', slots) - math.max(0, tonumber(ARGV[3]))
for n = 1, strangers do
    redis.call('ZADD', slots, string.format('%.6f', now + tonumber(ARGV[2])), ARGV[4] .. n)
end
redis.call('EXPIRE', slots, math.ceil(tonumber(ARGV[2])) + 60)
return 1
"""
)

WITHDRAW = "return redis.call('HDEL', KEYS[1] .. ':waiting', ARGV[1])"


class RedisPermit(Permit):
    """Slots at the server."""

    __slots__ = ("_limiter", "_pools", "_slots")

    def __init__(self, limiter: RedisLimiter, pools: Sequence[Pool], slots: Sequence[str]) -> None:
        self._limiter = limiter
        self._pools = pools
        self._slots = slots

    def answered(self, rtt_s: float | None = None) -> None:
        slots, self._slots = self._slots, ()
        if slots:
            self._limiter.settle(self._pools, slots, rtt_s)

    def unused(self) -> None:
        slots, self._slots = self._slots, ()
        if slots:
            self._limiter.restore(self._pools, slots)


class RedisLimiter(StoreLimiter):
    """Shares rate limits between hosts through a Redis server (6.2 or later). asyncio only; extra `[redis]`.

    Each call asks the server once or more, so costs a round trip to it.

    Args:
        url: `redis://`, `rediss://` or `unix://`, with password and database as redis-py reads them.
        max_queue: So many callers may wait in one lane of one pool; the next gets `QueueFull`.
        lease_s: A slot whose host died comes back after this time and its window. Longer than any request takes
            from its permit to its arrival at the venue.

    Raises:
        InvalidRequest: The URL is none.
        NotSupported: The package redis is not installed.
    """

    def __init__(self, url: str, *, max_queue: int = 1000, lease_s: float = 30.0) -> None:
        super().__init__(max_queue=max_queue, lease_s=lease_s)
        try:
            importlib.import_module("redis.asyncio")
        except ImportError as error:
            # Found missing here and not at the first order.
            raise NotSupported("RedisLimiter needs the package redis: pip install 'futures-async[redis]'") from error
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise InvalidRequest("a Redis URL begins with redis://, rediss:// or unix://")
        # Shown in messages: never with its password.
        self.server = f"{parts.hostname or parts.path}" + (f":{parts.port}" if parts.port else "")
        self._url = url
        self._clients: dict[asyncio.AbstractEventLoop, Redis] = {}
        self._scripts: dict[str, AsyncScript] = {}
        self._slot = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return f"RedisLimiter({self.server!r})"

    async def acquire(self, pools: Sequence[Pool], priority: Priority, deadline: float | None) -> Permit:
        if running_asyncio_loop() is None:
            raise NotSupported("RedisLimiter works on asyncio only; on trio share a host's limits with HostLimiter")
        return await super().acquire(pools, priority, deadline)

    async def take(self, pools: Sequence[Pool], turn: Turn, deadline: float | None) -> Permit | Blocked:
        now = turn.loop.now()
        slots: list[str] = []
        arguments: list[str | float] = [
            *(turn.ticket, turn.key[0], "" if turn.since is None else f"{turn.since:.6f}", self.process),
            *(self.lease_s, GRACE_S, YIELD_S, ASK_AGAIN_S, MAX_CLOSED_S, CREDIT_KEPT_S),
        ]
        for pool in pools:
            self._slot += 1
            slot, weight = f"{self.process}-{self._slot}", taken_of(pool)
            slots += [slot, *(f"{slot}:{number}" for number in range(2, weight + 1))]
            credit = self.learn(pool, now, None) or 0.0
            arguments += [max(1, pool.limit), pool.per_s * (1 + DRIFT), slot, f"{credit:.6f}", weight]
        # Detached: a caller who is cancelled while the server decides still has to give back what it decides.
        asked = self._start(self._run(TAKE, pools, arguments))
        try:
            left = None if deadline is None else max(0.0, deadline - now)
            done, _ = await asyncio.wait([asked], timeout=left)
        except BaseException:
            asked.add_done_callback(lambda _: self._regret(asked, pools, slots))
            raise
        if not done:
            asked.add_done_callback(lambda _: self._regret(asked, pools, slots))
            return Blocked(0, 0.0, 0.0, turn.since)
        answer = asked.result()
        if answer[0] == 1:
            return RedisPermit(self, pools, slots)
        index, wait_s, closed_s, since = answer[1:]
        return Blocked(int(index), float(wait_s), float(closed_s), float(since))

    def _regret(self, asked: asyncio.Task[Any], pools: Sequence[Pool], slots: Sequence[str]) -> None:
        """Nobody waits for this answer any more: give back what it may have granted, also if it was lost."""
        if not asked.cancelled():
            self.restore(pools, slots)

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
        self._send(GIVE_BACK, each, arguments)

    def restore(self, pools: Sequence[Pool], slots: Sequence[str]) -> None:
        """A permit's call was never sent; for permits only."""
        self._send(GIVE_BACK, spread(pools), [part for slot in slots for part in ("", slot)], then_look=pools)

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
        while mine := [task for task in self._tasks if task.get_loop() is loop]:
            await asyncio.wait(mine)
        client = self._clients.pop(loop, None)
        if client is not None:
            await client.aclose()

    def _send(
        self, script: str, pools: Sequence[Pool], arguments: Sequence[str | float], *, then_look: Sequence[Pool] = ()
    ) -> None:
        """Run a script in the background. If it fails, the lease keeps the slot longer than need be, never shorter."""
        if running_asyncio_loop() is None:
            return
        self._start(self._run_quietly(script, pools, arguments, then_look))

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
        self, script: str, pools: Sequence[Pool], arguments: Sequence[str | float], then_look: Sequence[Pool]
    ) -> None:
        try:
            await self._run(script, pools, arguments)
        except ConnectFailed as error:
            LOG.warning("slots come back late: %s", error)
        self.look_again(then_look)

    async def _run(self, script: str, pools: Sequence[Pool], arguments: Sequence[str | float]) -> Any:
        import redis.exceptions

        client = self._client()
        found = self._scripts.get(script)
        if found is None:
            found = self._scripts[script] = client.register_script(script)
        try:
            return await found([PREFIX + pool.key for pool in pools], arguments, client)
        except (redis.exceptions.RedisError, OSError) as error:
            raise ConnectFailed(
                f"the rate limits are kept in Redis at {self.server}, which cannot be asked "
                f"({type(error).__name__}); nothing was sent",
                kind="unreachable",
            ) from error

    def _client(self) -> Redis:
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            from redis.asyncio import BlockingConnectionPool, Redis

            self._clients = {known: old for known, old in self._clients.items() if not known.is_closed()}
            connections = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType] - its keywords are not typed
                self._url,
                max_connections=CONNECTIONS,
                timeout=TIMEOUT_S,
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=TIMEOUT_S,
            )
            client = self._clients[loop] = Redis.from_pool(connections)
        return client
