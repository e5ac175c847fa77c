"""The file in which processes of one host share their limits: where it is, if it is still there, whose clock it has.

Each of three things would double a limit in silence, and is looked at: a file that was removed while processes used it
(its path leads elsewhere, or nowhere: what stood in it is carried over into the new one), times that are of another
boot, and processes that count from another zero (their time namespace's offset is taken off).
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from futures_async.transport.sqlite_locks import close_inherited, leave, make
from futures_async.unified.errors import ConnectFailed, InvalidRequest

LOG = logging.getLogger("futures_async.limits")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS slot (id INTEGER PRIMARY KEY, pool TEXT NOT NULL, back REAL NOT NULL);
CREATE INDEX IF NOT EXISTS slot_back ON slot (pool, back);
CREATE TABLE IF NOT EXISTS closing (pool TEXT PRIMARY KEY, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS waiting (
    pool TEXT NOT NULL, ticket TEXT NOT NULL, lane INTEGER NOT NULL, since REAL NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (pool, ticket)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS route (
    pool TEXT NOT NULL, process TEXT NOT NULL, credit REAL NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (pool, process)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS serial (series TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS boot (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);
"""
_TABLES = ("slot", "closing", "waiting", "route")
_CARRIED = (
    ("SELECT id, pool, back FROM slot", "INSERT OR IGNORE INTO slot VALUES (?, ?, ?)"),
    (
        "SELECT pool, until FROM closing",
        "INSERT INTO closing VALUES (?, ?) ON CONFLICT (pool) DO UPDATE SET until = max(until, excluded.until)",
    ),
    ("SELECT pool, process, credit, at FROM route", "INSERT OR IGNORE INTO route VALUES (?, ?, ?, ?)"),
    (
        "SELECT series, last FROM serial",
        "INSERT INTO serial VALUES (?, ?) ON CONFLICT (series) DO UPDATE SET last = max(last, excluded.last)",
    ),
)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIME_OFFSETS = Path("/proc/self/timens_offsets")


def boot_id() -> str:
    """What this start of the computer is called; "" where the system does not say."""
    name = _said(BOOT_ID).strip()
    if not name and sys.platform == "linux":
        LOG.warning("%s cannot be read: limits that were kept before a restart of the computer may count", BOOT_ID)
    return name


def host_clock() -> Callable[[], float]:
    """The monotonic clock, in seconds, from the same zero in all time namespaces of the host."""
    for line in _said(TIME_OFFSETS).splitlines():
        name, seconds, nanoseconds = line.split()
        if name == "monotonic" and (seconds, nanoseconds) != ("0", "0"):
            offset = int(seconds) + int(nanoseconds) / 1e9
            return lambda: time.monotonic() - offset
    return time.monotonic


def _said(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # of another system than Linux, or hidden
        return ""


class HostFile:
    """The file as one process has it open. Used under one lock.

    Args:
        directory: Where it is; made with mode 0700 if need be.
        boot: Name of the boot that its times are of; "" where they are of a clock of the caller's own.

    Raises:
        InvalidRequest: The directory is open to others.
    """

    def __init__(self, directory: str | os.PathLike[str] | None, boot: str) -> None:
        self.path = private_directory(directory) / "limits.sqlite"
        self._boot = boot
        self._connection: sqlite3.Connection | None = None
        self._old: list[sqlite3.Connection] = []
        """Of files that were removed; what stands in them is still to be carried over."""
        self._identity = (0, 0)
        self._joined = False

    def begin_anew(self, *, torn: bool) -> None:
        """In a fork, which opens it for itself.

        Args:
            torn: Another thread of the parent's was just at it.
        """
        leave(self._connection, *self._old, torn=torn)
        self._connection, self._old = None, []

    def begin(self) -> sqlite3.Connection | None:
        """Begin a transaction in the file that stands at the path now; None when another process holds the lock.

        Raises:
            ConnectFailed: It cannot be used.
        """
        try:
            file = self._open()
            file.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if _locked(error):
                return None
            raise self.unusable(error) from error
        except OSError as error:
            raise self._unusable(f"{error.strerror}") from error
        try:
            self._check_boot(file)
            while self._old:
                _carry_over(self._old[0], file)
                self._old.pop(0).close()
        except sqlite3.Error as error:
            self.roll_back(file)
            raise self.unusable(error) from error
        except ConnectFailed:
            self.roll_back(file)
            raise
        return file

    def moved(self) -> bool:
        """Whether the path does not lead to the open file any more."""
        return self._connection is not None and _identity(self.path) != self._identity

    def roll_back(self, file: sqlite3.Connection) -> None:
        with contextlib.suppress(sqlite3.Error):
            file.execute("ROLLBACK")

    def close(self) -> None:
        for connection in (self._connection, *self._old):
            if connection is not None:
                connection.close()
        self._connection = None
        self._old.clear()

    def unusable(self, error: sqlite3.Error) -> ConnectFailed:
        """What an error of SQLite's means."""
        return self._unusable(f"{error}", "if it is damaged, stop all processes that use it and remove it")

    def _unusable(self, why: str, advice: str = "see that this user can write there, then try again") -> ConnectFailed:
        text = f"the host limiter's file {self.path} cannot be used ({why}); nothing was sent"
        return ConnectFailed(text, kind="unreachable", advice=advice)

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            if not self.moved():
                return self._connection
            self._old.append(self._connection)
            self._connection = None
        close_inherited()
        private_directory(self.path.parent)
        make(self.path)
        identity = _identity(self.path)
        connection = sqlite3.connect(self.path, timeout=0.0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # Written to the system's memory, not to the disk: that survives every death but the computer's own.
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        self._connection, self._identity = connection, identity
        return connection

    def _check_boot(self, file: sqlite3.Connection) -> None:
        if not self._boot:
            return
        row = file.execute("SELECT id FROM boot").fetchone()
        if row is not None and row[0] == self._boot:
            self._joined = True
            return
        if row is not None and self._joined:
            raise self._unusable(
                "another host, or a virtual machine with a clock of its own, uses it too",
                "give each host a folder of its own (HostLimiter(directory=…)), or share the limits by RedisLimiter",
            )
        # Times of an earlier boot mean nothing in this one.
        for table in _TABLES:
            file.execute(f"DELETE FROM {table}")  # noqa: S608 - constants only
        file.execute("INSERT OR REPLACE INTO boot VALUES (1, ?)", (self._boot,))
        self._joined = True


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.lstat()
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)


def _carry_over(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    for read, write in _CARRIED:
        new.executemany(write, old.execute(read).fetchall())


def _locked(error: sqlite3.Error) -> bool:
    return (error.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def private_directory(directory: str | os.PathLike[str] | None) -> Path:
    """The directory, made if need be; only its owner can enter it.

    Raises:
        InvalidRequest: It is another user's, or open to others, or a link, or cannot be written.
    """
    path = default_directory() if directory is None else Path(directory)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise _no_folder(path, error.strerror) from error
    if hasattr(os, "getuid") and (
        not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077
    ):
        raise InvalidRequest(f"{path} must be a directory of yours with mode 0700, not a link and not open to others")
    if not os.access(path, os.W_OK):  # a disk that can only be read, which root's rights do not change
        raise _no_folder(path, "it cannot be written")
    return path


def _no_folder(path: Path, why: str | None) -> InvalidRequest:
    return InvalidRequest(
        f"{path} cannot be used for the host limiter: {why}; give it a folder on a local disk that this user can "
        "write, the same for all processes: HostLimiter(directory=…)"
    )


def default_directory() -> Path:
    """The same for all processes of a user, whatever their environment: a login shell, cron and a service differ."""
    if os.name == "posix":
        return Path("/tmp") / f"futures-async-{os.getuid()}"  # noqa: S108 - only as a directory of mode 0700
    return Path(tempfile.gettempdir()) / f"futures-async-{os.environ.get('USERNAME', 'user')}"
