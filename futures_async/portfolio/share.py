"""One process reads, or streams, for all that hold the same accounts; the others get what it knows.

A lease in Redis says which process leads. It carries a number that only grows, and the server takes a leader's answers
only while the lease is its own: one that was merely slow is told so, and stops. Answers are published, and the last of
each is kept for who comes later. Who does not lead asks for what it needs, and the leader reads as often as the most
demanding of all wants, no more. Nothing is read twice, and nothing is shown as younger than it is: ages count from the
leader's asking, by the server's clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from futures_async.portfolio.feeds import Answer, answered
from futures_async.portfolio.told import Failure, Found, Wanted, error_of, failure_as_told, named
from futures_async.transport.limits.redis_server import SERVER_ADVICE, RedisServer, ServerFailed, cancelled
from futures_async.transport.runtime import Runtime, running_asyncio_loop
from futures_async.unified.convert import check_number
from futures_async.unified.errors import (
    ConnectFailed,
    FuturesAsyncError,
    NotSupported,
    UnreadRow,
)
from futures_async.unified.models import to_json
from futures_async.unified.secret_url import SecretUrl

T = TypeVar("T")

LOG = logging.getLogger("futures_async.portfolio")

ASK_AGAIN_S = 0.25
"""A question, or its answer, may be lost: pub/sub keeps nothing, and leaders die."""
KEPT_S = 3600
TRIES_IN_A_LEASE = 8

# KEYS: lease, number. ARGV: the number of the lease that one holds or '', milliseconds.
# Returns the time, the number of the lease that stands, and 1 if it is one's own.
LEASE = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return {string.format('%.6f', now), held, 0} end
if not held then
    -- Greater than any before, also where the server has forgotten those.
    held = string.format('%d', math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, math.floor(now * 1000)))
    redis.call('SET', KEYS[2], held)
end
redis.call('SET', KEYS[1], held, 'PX', ARGV[2])
return {string.format('%.6f', now), held, 1}
"""

# KEYS: lease, answers. ARGV: the number of one's lease, channel, field, answer, seconds kept, when it was said by the
# server's clock. Returns 1 if it is taken.
PUBLISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local t = redis.call('TIME')
-- It may have been on its way for long, and is as old as that.
local at = math.min(tonumber(t[1]) + tonumber(t[2]) / 1e6, tonumber(ARGV[6]))
local said = string.format('%.6f %s', at, ARGV[4])
redis.call('HSET', KEYS[2], ARGV[3], said)
redis.call('EXPIRE', KEYS[2], ARGV[5])
redis.call('PUBLISH', ARGV[2], said)
return 1
"""

# KEYS: answers. ARGV: channel, question, field. Returns the time, and the last answer or ''.
ASK = """
local t = redis.call('TIME')
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {string.format('%.6f', tonumber(t[1]) + tonumber(t[2]) / 1e6), redis.call('HGET', KEYS[1], ARGV[3]) or ''}
"""

# KEYS: lease. ARGV: the number of one's lease.
LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1"


class _Known(NamedTuple):
    """The last answer to one question, in the times of this loop."""

    asked: float
    received: float
    value: msgspec.Raw
    failure: Failure | None
    unread: list[UnreadRow]
    live: bool

    @property
    def true_at(self) -> float:
        """A live picture stands for the moment it was told, however long ago the venue last gave a sign of life."""
        return self.received if self.live else self.asked


class RedisShare:
    """Lets one process read for all that hold the same accounts, by a Redis or Valkey server. asyncio only.

    Give it to the `Portfolio` of each process: `Portfolio(exchanges, share=RedisShare(url))`. Models that another
    process read have no `raw`. When the server cannot be asked nothing is read, and snapshots say so.

    Args:
        url: As of `RedisLimiter`; a cluster is not supported.
        lease_s: Within so many seconds after a leader's death there is another.

    Raises:
        InvalidRequest: The URL cannot be right, or the lease is shorter than a second.
        NotSupported: The package redis is not installed, or the URL is of a cluster.
    """

    def __init__(self, url: str | SecretUrl, *, lease_s: float = 5.0) -> None:
        try:
            self._server = RedisServer(url, user="RedisShare")
        finally:
            del url  # A traceback that shows locals shows those of this frame.
        if self._server.clustered:
            raise NotSupported(
                "RedisShare works with one server, or the master that sentinels name, not with a cluster"
            )
        check_number("lease_s", lease_s, 1)
        self._lease_s = lease_s

    def __repr__(self) -> str:
        server: RedisServer | None = getattr(self, "_server", None)  # None in one whose URL was refused
        return f"RedisShare({server and server.name!r})"

    def join(self, accounts: Sequence[str], runtime: Runtime) -> Member:
        """Take part, for these accounts; for a portfolio only.

        Raises:
            NotSupported: Not on asyncio.
        """
        if running_asyncio_loop() is None:
            raise NotSupported("RedisShare works on asyncio only")
        return Member(self._server, accounts, self._lease_s, runtime)


class Member:
    """One portfolio's part in it, on one event loop."""

    def __init__(self, server: RedisServer, accounts: Sequence[str], lease_s: float, runtime: Runtime) -> None:
        group = hashlib.sha256("\0".join(sorted(accounts)).encode()).hexdigest()[:24]
        prefix = f"{{futures-async}}:share:{group}"
        self._lease_key, self._number_key, self._answers_key = (
            f"{prefix}:{name}" for name in ("lease", "number", "last")
        )
        self._answers, self._asks = f"{prefix}:answers", f"{prefix}:asks"
        self._server = server
        self._lease_s = lease_s
        self._runtime = runtime
        self._lease = ""
        self._until = float("-inf")
        self._newest = 0
        self._offset = 0.0
        """The loop's clock less the server's, rather too small: what is too old by it is shown as older."""
        self._known: dict[str, _Known] = {}
        self._readers: dict[str, Callable[[float, bool, float | None], object]] = {}
        self._refreshed: dict[str, float] = {}
        """When the leader was last told that figures are wanted fresh."""
        self._led = False
        self.turns: list[Callable[[], object]] = []
        """What to do when the lead is gained or lost."""
        self._news = asyncio.Event()
        self._problem: str | None = None
        self._settled = asyncio.Event()
        self._works = [runtime.start(self._keep()), runtime.start(self._hear())]
        self._sent: set[Any] = set()

    @property
    def leads(self) -> bool:
        """Whether this process is the one that reads."""
        return self._runtime.now() < self._until

    def attach(self, field: str, ask: Callable[[float, bool, float | None], object]) -> None:
        """How to have something read that others want, no older than that, also if a read must be followed; and how
        old figures of a picture may be that follow the market."""
        self._readers[field] = ask

    def offer(self, field: str, answer: Answer[Any], error: Exception | None = None) -> None:
        """Somebody wants what is known without a read, since a stream keeps it; and why it is old, where it is."""
        if self.leads:
            self._start(self._publish(field, answer, error, live=True))

    async def fetch(
        self,
        field: str,
        read: Callable[[], Awaitable[T]],
        kind: type[T],
        max_age_s: float,
        refresh_s: float | None = None,
    ) -> Answer[T]:
        """Read, or get what the leader has read, no older than that.

        Args:
            field: What.
            read: The read.
            kind: Type of the answer.
            max_age_s: So old it may be.
            refresh_s: And so old figures that follow the market, where the leader has a picture that is kept by pushes.
        """
        now = self._runtime.now
        oldest, ask_at, asked = now() - max_age_s, now(), False
        await self._settled.wait()
        live = (known := self._known.get(field)) is not None and known.live and not self.leads
        if live and refresh_s is not None and now() - self._refreshed.get(field, -math.inf) >= refresh_s:
            # What another has asked for is young enough, and need not be fresh: the leader must be told.
            await self._ask(field, max_age_s, refresh_s, follow=False)
        while not self.leads:
            known = self._known.get(field)
            if known is not None and known.true_at >= oldest:
                failure = None if known.failure is None else error_of(known.failure)
                if failure is not None and not known.live:
                    raise failure
                value = msgspec.json.decode(known.value, type=kind)
                received = known.asked if known.live else known.received  # a picture had no one wait for it
                return Answer(value, known.asked, received, tuple(known.unread), failure)
            if now() >= ask_at:
                ask_at = now() + ASK_AGAIN_S
                await self._ask(field, max_age_s, refresh_s, follow=not asked)
                asked = True
                if self._problem is not None:
                    raise ConnectFailed(
                        f"reads are shared by Redis, which cannot be asked: {self._problem}",
                        kind="unreachable",
                        advice=SERVER_ADVICE,
                    )
                continue
            self._news.clear()  # News of other fields, or what is known already, is no reason to ask again.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ask_at - now()):
                    await self._news.wait()
        return await self._read(field, read)

    def refused(self, field: str, error: Exception) -> None:
        """Somebody wants what is not read just now: tell why."""
        if self.leads:
            self._start(self._publish(field, Answer((), now := self._runtime.now(), now), error))

    async def aclose(self) -> None:
        """Leave; who leads gives the lease back."""
        for work in (*self._works, *self._sent):
            work.cancel()
        if self.leads:
            self._until = float("-inf")
            with contextlib.suppress(ServerFailed):
                await self._server.run(LEAVE, [self._lease_key], [self._lease])
        await self._server.aclose()

    async def _read(self, field: str, read: Callable[[], Awaitable[T]]) -> Answer[T]:
        asked = self._runtime.now()
        try:
            answer = await answered(read(), self._runtime)
        except FuturesAsyncError as error:
            await self._publish(field, Answer((), asked, asked), error)
            raise
        await self._publish(field, answer)
        return answer

    async def _publish(
        self, field: str, answer: Answer[Any], error: Exception | None = None, *, live: bool = False
    ) -> None:
        now = self._runtime.now()
        found = Found(
            field=field,
            lease=self._lease,
            asked_ago_s=now - answer.asked,
            value=msgspec.Raw(to_json(answer.value)),
            failure=None if error is None else failure_as_told(error),
            unread=[named(row) for row in answer.unread],
            live=live,
        )
        told, said_at = msgspec.json.encode(found).decode(), f"{now - self._offset:.6f}"
        arguments: list[str | float] = [self._lease, self._answers, field, told, KEPT_S, said_at]
        try:
            if not await self._server.run(PUBLISH, [self._lease_key, self._answers_key], arguments):
                self._until = float("-inf")  # another leads by now
        except ServerFailed as failed:
            LOG.warning("what was read is not shared: %s", failed)

    async def _ask(self, field: str, max_age_s: float, refresh_s: float | None, *, follow: bool) -> None:
        question = msgspec.json.encode(Wanted(field, max_age_s, follow, refresh_s)).decode()
        before = self._runtime.now()
        if refresh_s is not None:
            self._refreshed[field] = before
        try:
            at, last = await self._server.run(ASK, [self._answers_key], [self._asks, question, field])
        except ServerFailed as error:
            self._problem = str(error)
            return
        self._problem = None
        self._offset = before - float(at)
        if last:
            self._take(last, told_at=float(at))

    async def _keep(self) -> None:
        """Hold the lease, or try to get it."""
        lease_s = self._lease_s * (TRIES_IN_A_LEASE - 2) / TRIES_IN_A_LEASE
        while not cancelled():
            before = self._runtime.now()
            try:
                at, number, own = await self._server.run(
                    LEASE, [self._lease_key, self._number_key], [self._lease, round(lease_s * 1000)]
                )
            except ServerFailed as error:
                self._problem = str(error)
            else:
                self._problem = None
                self._offset = before - float(at)
                self._newest = int(number)
                self._lease = _text(number) if own else ""
                self._until = before + lease_s if own else float("-inf")
            self._settled.set()
            self._news.set()
            if self._led is not self.leads:
                self._led = self.leads
                for turn in self.turns:
                    turn()
            await asyncio.sleep(self._lease_s / TRIES_IN_A_LEASE)

    async def _hear(self) -> None:
        while not cancelled():
            try:
                await self._server.listen([self._answers, self._asks], self._heard)
            except ServerFailed as error:
                LOG.warning("reads are shared more slowly for a moment: %s", error)
            await asyncio.sleep(ASK_AGAIN_S)

    def _heard(self, channel: str, said: bytes) -> None:
        if channel == self._answers:
            self._take(said)
        elif self.leads:
            wanted = msgspec.json.decode(said, type=Wanted)
            ask = self._readers.get(wanted.field)
            if ask is not None:
                ask(wanted.max_age_s, wanted.follow, wanted.refresh_s)

    def _take(self, said: bytes | str, told_at: float = float("inf")) -> None:
        """An answer of the leader's, unless a later leader has spoken.

        Args:
            said: When it was published, by the server's clock, and the answer.
            told_at: When the server told what it had kept. What was published later than that is of a time before its
                clock was set back, and nobody can tell how old it is.
        """
        at, _, text = _text(said).partition(" ")
        found = msgspec.json.decode(text, type=Found)
        if int(found.lease) < self._newest or float(at) > told_at:
            return
        # The clock may have been set on since it was last asked: nothing is younger than its arrival.
        published = min(float(at) + self._offset, self._runtime.now())
        asked = published - found.asked_ago_s
        told = _Known(asked, published, found.value, found.failure, found.unread, found.live)
        known = self._known.get(found.field)
        if known is None or told.true_at >= known.true_at:
            self._known[found.field] = told
            self._news.set()

    def _start(self, work: Any) -> None:
        started = self._runtime.start(work)
        self._sent = {other for other in self._sent if not other.done} | {started}


def _text(said: bytes | str) -> str:
    return said if isinstance(said, str) else said.decode()
