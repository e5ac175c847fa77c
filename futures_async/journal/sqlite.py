"""The journal in an SQLite file, through the standard library.

SQLite's write-ahead log carries a checksum in every frame: a write torn by a crash is as if it had not begun, and an
order is sent only after its intent was flushed.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, Literal

from futures_async.journal.journal import JournalFailed
from futures_async.journal.owners import File, Owners, join, part, private_file
from futures_async.journal.stored import Job, Statements, StoredJournal
from futures_async.transport.sqlite_locks import close_inherited, leave
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.given import check_path

BUSY_MS = 5_000
BUSY_PAUSE_S = 0.005

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
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
    ),
    ("ALTER TABLE intents ADD COLUMN attempt TEXT",),
    (
        "CREATE TABLE IF NOT EXISTS owners (venue TEXT NOT NULL, account TEXT NOT NULL, process TEXT NOT NULL,"
        " PRIMARY KEY (venue, account))",
    ),
)
"""Each brings the schema to the next version; those that have been released never change."""

_STATEMENTS = Statements("intents", "?")

_torn: set[str] = set()
"""Where journals were just being written when this process was forked: SQLite's locks there are in no known state."""


class SqliteJournal(StoredJournal):
    """A journal in one SQLite file, readable by its owner only.

    The process that writes an account's orders, or looks for open ones, owns the account until its journals of that
    file are closed or it ends: for all others `intent` and `open_intents` fail meanwhile. What is held stands in empty
    files beside it, `…-owner-…`, one for each account; they may stay there. Copy the file from another process: where
    this one opens it otherwise than by SQLite, closing it drops SQLite's locks.

    Args:
        path: The file; made when absent, with mode 0600. Its folder must exist. A relative one counts from the folder
            that is the current one now, whatever that is when the file is opened.
        synchronous: "FULL" flushes every intent to the disk, so that it survives a power cut; "NORMAL" survives
            the end of the process and leaves the disk to the system, for a fraction of the time.

    Raises:
        JournalFailed: When it is opened, at first use at the latest: the file cannot be opened, is a link, belongs to
            somebody else, may be read by others, or is no journal. Later, when it was moved or removed meanwhile.
    """

    def __init__(self, path: str | os.PathLike[str], *, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> None:
        check_path("path", path)
        if synchronous not in ("FULL", "NORMAL"):
            raise InvalidRequest('synchronous must be "FULL" or "NORMAL"')
        try:
            self.path = Path(path).absolute()
            self._place = os.path.realpath(self.path)
        except ValueError as error:
            raise InvalidRequest(f"no file can be named {os.fspath(path)!r}") from error
        except OSError as error:  # the current folder is gone
            raise JournalFailed(f"the journal {os.fspath(path)} failed: {error}") from error
        super().__init__(_STATEMENTS, str(self.path))
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None
        self._file: File | None = None
        self._owners: Owners | None = None

    def begin_anew(self) -> None:
        torn = self._mutex.locked()
        super().begin_anew()
        if torn:
            _torn.add(self._place)
        leave(self._connection, torn=torn)
        self._connection = self._owners = None

    def __repr__(self) -> str:
        return f"SqliteJournal({str(getattr(self, 'path', None))!r})"  # None in one whose path was refused

    @property
    def place(self) -> Hashable:
        return self._place

    def _transact(self, jobs: Sequence[Job[Any]]) -> None:
        try:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                for job in jobs:
                    job.run(connection)
                connection.execute("COMMIT")
            except BaseException:  # also of what is no trouble of the file's: the next one could not begin
                connection.rollback()
                raise
        except (sqlite3.Error, OSError) as error:
            raise JournalFailed(str(error)) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            if self._file is None or not self._file.is_there():
                raise JournalFailed("it was moved or removed while it was open: put it back, or open a new one")
            return self._connection
        if self._place in _torn:
            raise JournalFailed(
                "this process was forked while it was being written: fork before the first call, or start a new process"
            )
        close_inherited()
        self._file = private_file(self.path)
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            if not self._file.is_there():
                raise JournalFailed("the file was replaced while it was opened")
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA trusted_schema = OFF")
            if _version(connection) < len(MIGRATIONS):
                # IMMEDIATE: SQLite does not wait for a lock that a transaction wants only after it has read.
                connection.execute("BEGIN IMMEDIATE")
                for statements in MIGRATIONS[_version(connection) :]:  # another process may have been at it meanwhile
                    for statement in statements:
                        connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
                connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _claim(self, connection: Any, venue: str, account: str) -> None:
        if self._owners is None:
            self._owners = join(self._place, self)
        self._owners.claim(connection, venue, account)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        owners, self._owners = self._owners, None
        if owners is not None:
            part(owners, self)


def _version(connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if not 0 <= version <= len(MIGRATIONS):
        raise JournalFailed(f"it was written by a later version of this library (schema {version})")
    return version


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
