"""The journal in an SQLite file, through the standard library, in a worker thread.

Intents that are written at the same time share one transaction, and so one flush to the disk. SQLite's write-ahead
log carries a checksum in every frame: a write torn by a crash is as if it had not begun, and an order is sent only
after its intent was flushed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import anyio
import anyio.to_thread

from futures_async.journal.journal import (
    IntentRecord,
    Journal,
    JournalEntry,
    JournalFailed,
    Verdict,
    again,
    decided,
    logger,
)
from futures_async.unified.convert import to_text
from futures_async.unified.enums import Intent, OrderType, Outcome, Side
from futures_async.unified.errors import FuturesAsyncError, InvalidRequest

T = TypeVar("T")

SCHEMA_VERSION = 1
BUSY_MS = 5_000
BUSY_PAUSE_S = 0.005

_SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS intents (
    number INTEGER PRIMARY KEY,
    venue TEXT NOT NULL,
    account TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    venue_symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    type TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT,
    intent TEXT NOT NULL,
    signed_ms INTEGER,
    fence_ms INTEGER,
    created_ms INTEGER NOT NULL,
    slices TEXT,
    verdict TEXT,
    order_id TEXT,
    UNIQUE (client_order_id, venue, account)
)
""",
    "CREATE INDEX IF NOT EXISTS open_intents ON intents (venue, account) WHERE verdict IS NULL",
    "CREATE INDEX IF NOT EXISTS intent_groups ON intents (slices) WHERE slices IS NOT NULL",
)
_COLUMNS = (
    "venue, account, client_order_id, symbol, venue_symbol, side, type, quantity, price, intent,"
    " signed_ms, fence_ms, created_ms, slices, verdict, order_id"
)
_WRITE = (
    f"INSERT INTO intents ({_COLUMNS}) VALUES ({', '.join('?' * 16)})"  # noqa: S608 - constants only
    " ON CONFLICT (client_order_id, venue, account) DO UPDATE SET"
    " symbol = excluded.symbol, venue_symbol = excluded.venue_symbol, side = excluded.side, type = excluded.type,"
    " quantity = excluded.quantity, price = excluded.price, intent = excluded.intent,"
    " signed_ms = excluded.signed_ms, fence_ms = excluded.fence_ms, created_ms = excluded.created_ms,"
    " slices = excluded.slices, verdict = excluded.verdict, order_id = excluded.order_id"
)
_SELECT = f"SELECT {_COLUMNS} FROM intents WHERE "  # noqa: S608 - constants only


class _Job(Generic[T]):
    """One piece of work in a transaction, and how it ended."""

    def __init__(self, run: Callable[[sqlite3.Connection], T]) -> None:
        self.run = run
        self.done = False
        self.result: list[T] = []
        self.error: FuturesAsyncError | None = None


class SqliteJournal(Journal):
    """A journal in one SQLite file, readable by its owner only.

    Args:
        path: The file; made when absent, with mode 0600. Its folder must exist.
        synchronous: "FULL" flushes every intent to the disk, so that it survives a power cut; "NORMAL" survives
            the end of the process and leaves the disk to the system, for a fraction of the time.

    Raises:
        JournalFailed: When it is opened, at first use at the latest: the file cannot be opened, is a link, belongs to
            somebody else, may be read by others, or is no journal.
    """

    def __init__(self, path: str | os.PathLike[str], *, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> None:
        if synchronous not in ("FULL", "NORMAL"):
            raise InvalidRequest('synchronous must be "FULL" or "NORMAL"')
        self.path = Path(path)
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._waiting: deque[_Job[Any]] = deque()
        self._mutex = threading.Lock()
        self._turn: anyio.Lock | None = None
        self._thread: anyio.CapacityLimiter | None = None

    def __repr__(self) -> str:
        return f"SqliteJournal({str(self.path)!r})"

    async def open(self) -> None:
        await self._do(lambda connection: None)

    async def intent(self, record: IntentRecord) -> None:
        def run(connection: sqlite3.Connection) -> None:
            key = (record.client_order_id, record.venue, record.account)
            row = connection.execute(_SELECT + "client_order_id = ? AND venue = ? AND account = ?", key).fetchone()
            entry = JournalEntry(record=record) if row is None else again(_entry(row), record)
            connection.execute(_WRITE, _to_row(entry))

        await self._do(run)

    async def verdict(
        self,
        client_order_id: str,
        outcome: Outcome | None,
        order_id: str | None = None,
        *,
        venue: str | None = None,
        account: str | None = None,
    ) -> None:
        def run(connection: sqlite3.Connection) -> None:
            for row in connection.execute(_SELECT + "client_order_id = ?", (client_order_id,)).fetchall():
                entry = _entry(row)
                if venue in (None, entry.record.venue) and account in (None, entry.record.account):
                    connection.execute(_WRITE, _to_row(decided(entry, outcome, order_id)))

        try:
            await self._do(run)
        except JournalFailed as error:
            # The order's fate must reach its caller whatever the disk does; an open intent is asked again later.
            logger.error("the verdict on %s could not be written, its intent stays open: %s", client_order_id, error)

    async def open_intents(self, venue: str, account: str) -> list[IntentRecord]:
        def run(connection: sqlite3.Connection) -> list[IntentRecord]:
            where = "venue = ? AND account = ? AND verdict IS NULL ORDER BY number"
            return [_entry(row).record for row in connection.execute(_SELECT + where, (venue, account))]

        return await self._do(run)

    async def group(self, venue: str, account: str, group: str) -> list[JournalEntry]:
        def run(connection: sqlite3.Connection) -> list[JournalEntry]:
            where = "venue = ? AND account = ? AND slices = ? ORDER BY number"
            return [_entry(row) for row in connection.execute(_SELECT + where, (venue, account, group))]

        return await self._do(run)

    async def prune(self, before_ms: int) -> int:
        def run(connection: sqlite3.Connection) -> int:
            sql = "DELETE FROM intents WHERE verdict IS NOT NULL AND created_ms < ?"
            return connection.execute(sql, (before_ms,)).rowcount

        return await self._do(run)

    async def aclose(self) -> None:
        self._closed = True
        await anyio.to_thread.run_sync(self._close)

    # In the event loop

    async def _do(self, run: Callable[[sqlite3.Connection], T]) -> T:
        if self._turn is None or self._thread is None:
            self._turn, self._thread = anyio.Lock(), anyio.CapacityLimiter(1)
        job = _Job(run)
        self._waiting.append(job)
        try:
            async with self._turn:
                if not job.done:  # else the one before took it along
                    await anyio.to_thread.run_sync(self._work_off, limiter=self._thread)
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(job)  # cancelled while it waited: it never happens
        if job.error is not None:
            raise job.error
        return job.result[0]

    # In the worker thread

    def _work_off(self) -> None:
        with self._mutex:
            jobs = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    for job in jobs:
                        try:
                            job.result.append(job.run(connection))
                        except FuturesAsyncError as error:
                            job.error = error
                    connection.execute("COMMIT")
                except sqlite3.Error:
                    connection.rollback()
                    raise
            except (sqlite3.Error, OSError, JournalFailed) as error:
                for job in jobs:
                    job.error = JournalFailed(f"the journal {self.path} failed: {error}")
            finally:
                for job in jobs:
                    job.done = True

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        if self._closed:
            raise JournalFailed("it was closed")
        owned = _private_file(self.path)
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            now = os.stat(self.path, follow_symlinks=False)
            if (now.st_dev, now.st_ino) != owned:
                raise JournalFailed("the file was replaced while it was opened")
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA trusted_schema = OFF")
            if not _schema_stands(connection):
                # IMMEDIATE: SQLite does not wait for a lock that a transaction wants only after it has read.
                connection.execute("BEGIN IMMEDIATE")
                if not _schema_stands(connection):  # else another process made it meanwhile
                    for statement in (*_SCHEMA, f"PRAGMA user_version = {SCHEMA_VERSION}"):
                        connection.execute(statement)
                connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _close(self) -> None:
        with self._mutex:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _schema_stands(connection: sqlite3.Connection) -> bool:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, SCHEMA_VERSION):
        raise JournalFailed(f"it was written by another version of this library (schema {version})")
    return bool(version)


def _patiently(run: Callable[[], object]) -> None:
    """Run what SQLite refuses at once while another process holds the file, for as long as it waits elsewhere."""
    until = time.monotonic() + BUSY_MS / 1_000
    while True:
        try:
            run()
        except sqlite3.OperationalError as error:
            if (error.sqlite_errorcode & 0xFF) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(BUSY_PAUSE_S)
        else:
            return


def _private_file(path: Path) -> tuple[int, int]:
    """Make the file when it is absent, and refuse what somebody else could read or redirect; its identity."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    # Closed again before SQLite opens it: closing a second descriptor would drop SQLite's own locks.
    descriptor = os.open(path, flags, 0o600)
    try:
        seen = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(seen.st_mode):
        raise JournalFailed("it is no regular file")
    if hasattr(os, "getuid"):
        if seen.st_uid != os.getuid():
            raise JournalFailed("it belongs to another user")
        if seen.st_mode & 0o077:
            raise JournalFailed("others may read or write it: make it mode 0600")
    return seen.st_dev, seen.st_ino


def _to_row(entry: JournalEntry) -> tuple[object, ...]:
    record = entry.record
    return (
        record.venue,
        record.account,
        record.client_order_id,
        record.symbol,
        record.venue_symbol,
        record.side.value,
        record.type.value,
        to_text(record.quantity),
        None if record.price is None else to_text(record.price),
        record.intent.value,
        record.signed_ms,
        record.fence_ms,
        record.created_ms,
        record.group,
        None if entry.verdict is None else entry.verdict.value,
        entry.order_id,
    )


def _entry(row: tuple[Any, ...]) -> JournalEntry:
    (venue, account, client_id, symbol, venue_symbol, side, kind, quantity, price, intent) = row[:10]
    (signed_ms, fence_ms, created_ms, group, verdict, order_id) = row[10:]
    try:
        record = IntentRecord(
            venue=venue,
            account=account,
            client_order_id=client_id,
            symbol=symbol,
            venue_symbol=venue_symbol,
            side=Side(side),
            type=OrderType(kind),
            quantity=Decimal(quantity),
            price=None if price is None else Decimal(price),
            intent=Intent(intent),
            signed_ms=signed_ms,
            fence_ms=fence_ms,
            created_ms=created_ms,
            group=group,
        )
        return JournalEntry(record=record, verdict=None if verdict is None else Verdict(verdict), order_id=order_id)
    except (ValueError, ArithmeticError) as error:
        raise JournalFailed(f"the journal holds a row for {client_id} that cannot be read") from error
