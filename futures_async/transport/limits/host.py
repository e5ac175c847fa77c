"""The limiter of one host: processes that use the same accounts share their pools in a file.

The file is an SQLite database under a directory that only the user can enter. The event loop never waits for it: one
transaction takes some tens of microseconds, and a lock held by another process is tried again later. A slot is written
as taken until a lease is over, before the call may go; so what a killed process held comes back by itself. The clock is
the system's monotonic one, which all processes of a host share.

What was in a file that is gone before any process looks again is forgotten: one window's calls may then come too many.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from futures_async.transport.limits.host_file import HostFile, boot_id, host_clock
from futures_async.transport.limits.limiter import Permit, Pool
from futures_async.transport.limits.loops import Loop
from futures_async.transport.limits.stored import (
    ASK_AGAIN_S,
    Blocked,
    StoredPermit,
    StoreLimiter,
    Turn,
    expired,
    spread,
    taken_of,
)
from futures_async.transport.limits.window import DRIFT, MAX_CLOSED_S
from futures_async.unified.errors import ConnectFailed
from futures_async.unified.given import check_call, check_path

GRACE_S = 0.02
"""Who is due and does not ask within this time is passed over."""
YIELD_S = 0.002
"""Pause before asking again when a slot is free and somebody else's turn."""
BUSY_S = 0.0005
"""Pause after finding the file locked."""
CREDIT_KEPT_S = 240.0
SWEEP_EVERY = 500

T = TypeVar("T")
_Change = tuple[str, tuple[object, ...]]


class HostLimiter(StoreLimiter):
    """Shares rate limits between the processes of one user on one host, on asyncio and trio.

    Args:
        directory: Where the file is, by default `/tmp/futures-async-UID` (on Windows, in the temporary directory). It
            must be on a local disk, and is made with mode 0700. Name one that all see where processes have a `/tmp` of
            their own: in containers, and under systemd's `PrivateTmp`.
        max_queue: So many callers may wait in one lane of one pool; the next gets `QueueFull`.
        lease_s: A slot whose process died comes back after this time and its window. Longer than any request takes
            from its permit to its arrival at the venue.
        clock: Seconds, the same in all processes; None is the system's monotonic one.

    Raises:
        InvalidRequest: The directory is open to others.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        *,
        max_queue: int = 1000,
        lease_s: float = 30.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(max_queue=max_queue, lease_s=lease_s)
        if directory is not None:
            check_path("directory", directory)
        if clock is not None:
            check_call("clock", clock)
        self._file = HostFile(directory, boot_id() if clock is None else "")
        self.path = self._file.path
        self._clock = host_clock() if clock is None else clock
        self._pending: list[_Change] = []
        self._published: dict[str, tuple[float, float]] = {}
        self._takes = 0

    def begin_anew(self) -> None:
        torn = not self._lock.acquire(blocking=False)
        super().begin_anew()
        self._file.begin_anew(torn=torn)
        self._pending, self._published = [], {}

    def __repr__(self) -> str:
        path: Path | None = getattr(self, "path", None)  # None in one that its constructor has refused
        return f"HostLimiter({path and str(path.parent)!r})"

    async def take(self, pools: Sequence[Pool], turn: Turn, deadline: float | None) -> Permit | Blocked:
        answer = await self._when_free(turn.loop, lambda file: self._take(file, pools, turn), deadline)
        return Blocked(0, 0.0, 0.0, turn.since) if answer is None else answer

    async def serial(self, series: str, least: int, deadline: float | None) -> int:
        loop = self.here()
        if deadline is not None:
            deadline -= loop.skew
        number = await self._when_free(loop, lambda file: _next_serial(file, series, least), deadline)
        if number is None:
            raise expired()
        return number

    async def _when_free(self, loop: Loop, work: Callable[[sqlite3.Connection], T], deadline: float | None) -> T | None:
        """Do this in a transaction, as soon as no other process holds the lock; None: not before the deadline."""
        while True:
            with self._lock:
                done = self._transaction(work)
            if done is not None:
                return done
            now = loop.now()
            if deadline is not None and deadline <= now:
                return None
            await loop.sleep(loop.signal(), now + BUSY_S)

    def settle(self, pools: Sequence[Pool], slots: Sequence[int], rtt_s: float | None) -> None:
        """A permit's call was answered; for permits only."""
        now = self._clock()
        changes: list[_Change] = []
        for pool, slot in zip(spread(pools), slots, strict=True):
            changes.append(("UPDATE slot SET back = ? WHERE id = ?", (now + pool.per_s * (1 + DRIFT), slot)))
        for pool in pools:
            credit = self.learn(pool, now, rtt_s)
            told, at = self._published.get(pool.key, (-1.0, 0.0))
            if credit is not None and (abs(credit - told) > 1e-4 or now - at > CREDIT_KEPT_S / 4):
                self._published[pool.key] = (credit, now)
                changes.append(
                    ("INSERT OR REPLACE INTO route VALUES (?, ?, ?, ?)", (pool.key, self.process, credit, now))
                )
        self._change(changes)

    def restore(self, pools: Sequence[Pool], slots: Sequence[int]) -> None:
        """A permit's call was never sent; for permits only."""
        self._change([("DELETE FROM slot WHERE id = ?", (slot,)) for slot in slots])
        self.look_again(pools)

    def withdraw(self, turn: Turn, key: str) -> None:
        self._change([("DELETE FROM waiting WHERE pool = ? AND ticket = ?", (key, turn.ticket))])

    def close_stored(self, pools: Sequence[Pool], for_s: float) -> None:
        until = self._clock() + for_s
        changes: list[_Change] = []
        for pool in pools:
            self._published.pop(pool.key, None)
            changes.append(
                (
                    "INSERT INTO closing VALUES (?, ?)"
                    " ON CONFLICT (pool) DO UPDATE SET until = max(until, excluded.until)",
                    (pool.key, until),
                )
            )
            changes.append(("DELETE FROM route WHERE pool = ?", (pool.key,)))
        self._change(changes)

    def correct(self, pool: Pool, remaining: int) -> None:
        now = self._clock()
        # As many slots as the venue counts more than are in the file, all answered now.
        self._change(
            [
                (
                    "WITH RECURSIVE missing (n) AS (SELECT ? - max(0, ?) - (SELECT count(*) FROM slot WHERE pool = ?"
                    " AND back > ?) UNION ALL SELECT n - 1 FROM missing WHERE n > 1)"
                    " INSERT INTO slot (pool, back) SELECT ?, ? FROM missing WHERE n > 0",
                    (pool.limit, remaining, pool.key, now, pool.key, now + pool.per_s * (1 + DRIFT)),
                )
            ]
        )

    async def aclose(self) -> None:
        with self._lock:
            with contextlib.suppress(ConnectFailed):  # as in `_change`
                if self._pending:
                    self._transaction(lambda file: True)
            self._file.close()

    # From here on everything runs under the lock, inside of one transaction.

    def _take(self, file: sqlite3.Connection, pools: Sequence[Pool], turn: Turn) -> Permit | Blocked:
        now = self._clock()
        self._takes += 1
        if self._takes % SWEEP_EVERY == 0:
            _sweep(file, now)
        since = now if turn.since is None else turn.since
        blocked: Blocked | None = None
        for index, pool in enumerate(pools):
            blocked = self._look(file, index, pool, turn, since, now)
            if blocked is not None:
                break
        for index, pool in enumerate(pools):
            if blocked is not None and index == blocked.pool:
                until = now + blocked.wait_s + GRACE_S
                file.execute(
                    "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?)",
                    (pool.key, turn.ticket, turn.key[0], since, until),
                )
            elif turn.since is not None:
                file.execute("DELETE FROM waiting WHERE pool = ? AND ticket = ?", (pool.key, turn.ticket))
        if blocked is not None:
            return blocked
        slots: list[int] = []
        for pool in spread(pools):
            back = now + self.lease_s + pool.per_s * (1 + DRIFT)
            slots.append(secrets.randbits(63))  # the same in a file that this is carried over into
            file.execute("INSERT INTO slot (id, pool, back) VALUES (?, ?, ?)", (slots[-1], pool.key, back))
        return StoredPermit(self, pools, slots)

    def _look(
        self, file: sqlite3.Connection, index: int, pool: Pool, turn: Turn, since: float, now: float
    ) -> Blocked | None:
        span = pool.per_s * (1 + DRIFT)
        row = file.execute("SELECT until FROM closing WHERE pool = ?", (pool.key,)).fetchone()
        # Times further ahead than any that could have been written are from before the computer started anew.
        if row is not None and now < row[0] <= now + MAX_CLOSED_S:
            return Blocked(index, min(row[0] - now, ASK_AGAIN_S), row[0] - now, since)
        (credit,) = file.execute(
            "SELECT min(credit) FROM route WHERE pool = ? AND at BETWEEN ? AND ?", (pool.key, now - CREDIT_KEPT_S, now)
        ).fetchone()
        credit = min(credit or 0.0, span)
        file.execute(
            "DELETE FROM slot WHERE pool = ? AND (back <= ? OR back > ?)", (pool.key, now, now + self.lease_s + span)
        )
        # Those that are back only thanks to the credit stay written: it may become less.
        (used,) = file.execute(
            "SELECT count(*) FROM slot WHERE pool = ? AND back - ? > ?", (pool.key, credit, now)
        ).fetchone()
        free = max(1, pool.limit) - used
        weight = taken_of(pool)
        if free < weight:
            (back,) = file.execute(
                "SELECT back FROM slot WHERE pool = ? AND back - ? > ? ORDER BY back LIMIT 1 OFFSET ?",
                (pool.key, credit, now, weight - free - 1),
            ).fetchone()
            # A call still in flight is answered after now, so its slot is back one span later at the earliest.
            return Blocked(index, max(0.0, min(back - credit - now, span - credit, ASK_AGAIN_S)), 0.0, since)
        (ahead,) = file.execute(
            "SELECT count(*) FROM waiting WHERE pool = ? AND ticket != ? AND until > ? AND until < ?"
            " AND (lane, since, ticket) < (?, ?, ?)",
            (pool.key, turn.ticket, now, now + ASK_AGAIN_S + 2 * GRACE_S, turn.key[0], since, turn.ticket),
        ).fetchone()
        return Blocked(index, YIELD_S, 0.0, since) if free - ahead < weight else None

    def _change(self, changes: Sequence[_Change]) -> None:
        """Write now, or as soon as the file is not locked."""
        with self._lock:
            self._pending.extend(changes)
            with contextlib.suppress(ConnectFailed):
                # What cannot be written is covered by the leases; the next call of take() will say what is wrong.
                if self._transaction(lambda file: True) is None:
                    self._write_later()

    def _write_later(self) -> None:
        try:
            loop = self._loops.current()
        except RuntimeError:
            return
        loop.call_at(loop.now() + BUSY_S, lambda _: self._change(()))

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do what is pending and then this, as one; None when another process holds the lock."""
        file = self._file.begin()
        if file is None:
            return None
        try:
            for change in self._pending:
                file.execute(*change)
            result = work(file)
            file.execute("COMMIT")
        except BaseException as error:
            self._file.roll_back(file)
            if isinstance(error, sqlite3.Error):
                raise self._file.unusable(error) from error
            raise
        self._pending.clear()
        if self._file.moved() and (after := self._file.begin()) is not None:
            after.execute("COMMIT")  # removed just then: what was written is in the new one now
        return result


def _next_serial(file: sqlite3.Connection, series: str, least: int) -> int:
    row = file.execute("SELECT last FROM serial WHERE series = ?", (series,)).fetchone()
    number = least if row is None else max(least, row[0] + 1)
    file.execute("INSERT OR REPLACE INTO serial VALUES (?, ?)", (series, number))
    return number


def _sweep(file: sqlite3.Connection, now: float) -> None:
    """Forget what idle pools have left behind."""
    file.execute("DELETE FROM slot WHERE back < ?", (now,))
    file.execute("DELETE FROM waiting WHERE until < ?", (now,))
    file.execute("DELETE FROM closing WHERE until < ?", (now,))
    file.execute("DELETE FROM route WHERE at < ?", (now - CREDIT_KEPT_S,))
