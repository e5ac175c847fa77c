"""Which accounts of an SQLite journal this process owns: one process at a time writes the orders of an account.

What is held is a transaction in an empty file beside the journal, one for each account: the lock that SQLite itself
relies on, which the system gives free when its process ends, however that ends. Another process's name stands in the
journal.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
import stat
import threading
from typing import Any, NamedTuple
from weakref import WeakSet, WeakValueDictionary

from futures_async.journal.journal import JournalFailed
from futures_async.journal.stored import STOP_IT
from futures_async.transport.forks import ModuleLock, inherit
from futures_async.transport.sqlite_locks import leave, make
from futures_async.unified.errors import printable

_FIND = "SELECT process FROM owners WHERE venue = ? AND account = ?"
_NAME = "INSERT OR REPLACE INTO owners (venue, account, process) VALUES (?, ?, ?)"


class File(NamedTuple):
    """One that is open."""

    path: str | os.PathLike[str]
    device: int
    number: int

    def is_there(self) -> bool:
        """Whether its path still leads to it."""
        try:
            now = os.stat(self.path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (now.st_dev, now.st_ino) == (self.device, self.number)


class Held(NamedTuple):
    """A lock on an account."""

    file: File
    connection: sqlite3.Connection


class Owners:
    """What this process owns in one journal file; its journals there own together."""

    def __init__(self, place: str) -> None:
        self.users: WeakSet[object] = WeakSet()
        """The journals that are open there."""
        self._place = place
        self._mutex = threading.Lock()
        self._held: dict[tuple[str, str], Held] = {}
        inherit(self)

    def begin_anew(self) -> None:
        """As an heir: the parent owns what it owned."""
        self._mutex = threading.Lock()
        leave(*(held.connection for held in self._held.values()))
        self._held = {}

    def claim(self, connection: Any, venue: str, account: str) -> None:
        """Own an account from now on, in a transaction of the journal's.

        Raises:
            JournalFailed: Another process does.
        """
        with self._mutex:
            held = self._held.get((venue, account))
            if held is not None:
                if held.file.is_there():
                    return
                # Somebody has removed it: another process may have made it anew, and owns the account then.
                self._held.pop((venue, account)).connection.close()
            held = _hold(f"{self._place}-owner-{_digest(venue, account)}")
            if held is None:
                row = connection.execute(_FIND, (venue, account)).fetchone()
                refusal = JournalFailed(
                    f"the orders of this {venue} account are written by another process"
                    f"{f', {printable(row[0])}' if row else ''}: one at a time does, and gives them free when it ends "
                    "or its journals are closed"
                )
                refusal.advice = STOP_IT
                raise refusal
            self._held[venue, account] = held
        connection.execute(_NAME, (venue, account, f"process {os.getpid()} at {socket.gethostname()}"))

    def leave(self) -> None:
        """Give all accounts free."""
        with self._mutex:
            for held in self._held.values():
                held.connection.close()
            self._held = {}


def _digest(venue: str, account: str) -> str:
    return hashlib.sha256(f"{venue}\0{account}".encode()).hexdigest()[:16]


def _hold(path: str) -> Held | None:
    """The lock; None where another process has it."""
    try:
        return _begin(path)
    except (sqlite3.Error, OSError, JournalFailed) as error:
        why = error.text if isinstance(error, JournalFailed) else error
        raise JournalFailed(f"the file {path}, which says whose orders these are, failed: {why}") from error


def _begin(path: str) -> Held | None:
    file = private_file(path)
    # Without patience: the owner waits for the journal meanwhile, and is not to be held up by who is not.
    connection = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = MEMORY")  # nothing is ever written
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            return None
        raise
    except BaseException:
        connection.close()
        raise
    return Held(file, connection)


_all: WeakValueDictionary[str, Owners] = WeakValueDictionary()
_lock = ModuleLock()


def join(place: str, journal: object) -> Owners:
    """What this process owns at a place, now also for this journal."""
    with _lock:
        owners = _all.get(place)
        if owners is None:
            owners = _all[place] = Owners(place)
        owners.users.add(journal)
        return owners


def part(owners: Owners, journal: object) -> None:
    """It is closed; the last one gives all accounts free."""
    with _lock:  # to the end: another thread's journal may join, and would be left without what it owns
        owners.users.discard(journal)
        if not owners.users:
            owners.leave()


def private_file(path: str | os.PathLike[str]) -> File:
    """Make the file when it is absent, and refuse what somebody else could read or redirect."""
    make(path)
    seen = os.stat(path, follow_symlinks=False)
    if not stat.S_ISREG(seen.st_mode):
        raise JournalFailed("it is no regular file")
    if hasattr(os, "getuid"):
        if seen.st_uid != os.getuid():
            raise JournalFailed("it belongs to another user")
        if seen.st_mode & 0o077:
            raise JournalFailed("others may read or write it: make it mode 0600")
    return File(path, seen.st_dev, seen.st_ino)
