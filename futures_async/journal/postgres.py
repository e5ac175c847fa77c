"""The journal in PostgreSQL, so that another host can find out what became of the orders of one that died.

One process at a time writes the orders of an account: it holds an advisory lock, which ends with its connection. A
connection that broke is made anew and what was under way is written again, which changes nothing where it had been
written. What psycopg raises holds the password in its frames, so none of it gets out: only its words do.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import socket
import threading
import time
from collections.abc import Generator, Hashable, Sequence
from typing import TYPE_CHECKING, Any, LiteralString
from weakref import WeakSet, WeakValueDictionary

from futures_async.journal.journal import JournalFailed
from futures_async.journal.stored import STOP_IT, Job, Statements, StoredJournal
from futures_async.transport.forks import ModuleLock, inherit
from futures_async.unified.errors import InvalidRequest, NotSupported, Portable, printable
from futures_async.unified.secret_url import SecretUrl

if TYPE_CHECKING:
    import psycopg

SCHEMES = ("postgresql", "postgres")
TABLE = "futures_async_intents"
PATIENCE_S = 10.0
"""For one transaction; a server that has not answered by then is one that cannot be asked."""
CONNECT_S = 5
TRIES = 2
"""Once more over a new connection: to write the same again changes nothing."""

MIGRATIONS: tuple[tuple[LiteralString, ...], ...] = (
    (
        """
        CREATE TABLE futures_async_intents (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            venue text NOT NULL,
            account text NOT NULL,
            client_order_id text NOT NULL,
            symbol text NOT NULL,
            venue_symbol text NOT NULL,
            side text NOT NULL,
            type text NOT NULL,
            quantity numeric NOT NULL,
            price numeric,
            intent text NOT NULL,
            signed_ms bigint,
            fence_ms bigint,
            created_ms bigint NOT NULL,
            slices text,
            verdict text,
            order_id text,
            UNIQUE (client_order_id, venue, account)
        )
        """,
        "CREATE INDEX ON futures_async_intents (venue, account) WHERE verdict IS NULL",
        "CREATE INDEX ON futures_async_intents (slices) WHERE slices IS NOT NULL",
    ),
    ("ALTER TABLE futures_async_intents ADD COLUMN attempt text",),
)
"""Each brings the schema to the next version; those that have been released never change."""

_STATEMENTS = Statements(TABLE, "%s", lock=" FOR UPDATE")
# So that either side notices within seconds that the other is gone: the server then gives the accounts free.
_NETWORK = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 1_000 * CONNECT_S,
}
_SESSION: tuple[LiteralString, ...] = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
    "SET lock_timeout = '5s'",
    "SET statement_timeout = '8s'",
    "SET idle_in_transaction_session_timeout = '15s'",
    # An intent that was answered for survives a power cut, whatever the server's default is.
    "SET synchronous_commit = on",
)
# pg_locks shows a key in two halves.
_HOLDER: LiteralString = """
SELECT a.pid, a.backend_start, a.application_name, a.client_addr FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = %s AND l.objid = %s
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Lost(Portable):
    """The connection broke, or the server cannot be asked: what was under way may have been written or not."""


def lock_key(venue: str, account: str) -> int:
    """The advisory lock of an account: 64 bits, signed."""
    digest = hashlib.sha256(f"futures-async\0{venue}\0{account}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


_MIGRATING = lock_key("", "schema")


class Session:
    """One connection, shared by a process's journals in one database: what one of them owns, the others do too."""

    def __init__(self, url: SecretUrl) -> None:
        self.users: WeakSet[PostgresJournal] = WeakSet()
        self.mutex = threading.RLock()
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None
        self._owned: set[tuple[str, str]] = set()
        self._backends: set[tuple[Any, ...]] = set()
        """The server's processes for the connections so far, and when each began."""
        self._pid = 0
        inherit(self)

    def begin_anew(self) -> None:
        """As an heir: the thread that may hold the lock is not there."""
        self.mutex = threading.RLock()

    def __repr__(self) -> str:
        return f"Session({self._url!r})"

    @contextlib.contextmanager
    def transaction(self) -> Generator[psycopg.Connection[Any]]:
        """A transaction, committed in the end.

        Raises:
            Lost: Anything may have become of it.
            JournalFailed: The server refused, or the schema is of another version.
        """
        import psycopg

        problem: Lost | JournalFailed
        try:
            connection = self._open()
            with self._watched(connection), connection.transaction():
                yield connection
            return
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            problem = Lost(self._words(error))
            self.drop()
        except psycopg.Error as error:
            problem = JournalFailed(self._words(error))
        raise problem  # not in there, where its context would be what knows the password

    def claim(self, connection: psycopg.Connection[Any], venue: str, account: str) -> None:
        """Hold the lock of an account.

        Raises:
            JournalFailed: Another process does.
        """
        if (venue, account) in self._owned:
            return
        key = lock_key(venue, account)
        until = time.monotonic() + CONNECT_S
        while not _locks(connection, key):
            holder = connection.execute(_HOLDER, (key >> 32 & 0xFFFFFFFF, key & 0xFFFFFFFF)).fetchone()
            ours = False
            if holder is not None and holder[:2] in self._backends:
                ours = True  # a connection of ours, that broke here and lives on there
                connection.execute("SELECT pg_terminate_backend(%s)", (holder[0],))
            if (holder is not None and not ours) or time.monotonic() > until:
                who = f"{printable(holder[2])} at {holder[3] or 'this host'}" if holder else "and not known which"
                refusal = JournalFailed(
                    f"the orders of this {venue} account are written by another process, {who}: one at a time does, "
                    "and gives them free when it ends or its journals are closed"
                )
                refusal.advice = STOP_IT
                raise refusal
            time.sleep(0.02)
        self._owned.add((venue, account))

    def leave(self) -> None:
        """Give the accounts free and close the connection: by itself, the server notices a moment later."""
        import psycopg

        if self._connection is not None and self._pid == os.getpid():
            with contextlib.suppress(psycopg.Error), self._watched(self._connection):
                self._connection.execute("SELECT pg_advisory_unlock_all()")
        self.drop()

    def drop(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        self._owned.clear()
        if connection is not None and self._pid == os.getpid():
            connection.close()

    def _words(self, error: Exception) -> str:
        """What the driver or the server says, without the password."""
        return printable(" ".join(f"{type(error).__name__}: {self._url.scrub(str(error))}".split()))

    def _open(self) -> psycopg.Connection[Any]:
        if self._pid != os.getpid():
            # After a fork the parent's stays the parent's: psycopg leaves it alone when it is collected here.
            self._connection, self._pid = None, os.getpid()
            self._owned.clear()
            self._backends.clear()
        if self._connection is not None:
            return self._connection
        import psycopg

        name = f"futures-async {socket.gethostname()[:30]} {os.getpid()}"
        own = {"application_name": name, **_NETWORK}
        settings: dict[str, Any] = {name: value for name, value in own.items() if name not in self._url.options()}
        connection: psycopg.Connection[Any] = psycopg.connect(self._url.reveal(), autocommit=True, **settings)
        try:
            with self._watched(connection):
                backend = connection.execute(
                    "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
                ).fetchone()
                if backend is None or backend[0] != connection.info.backend_pid:
                    raise JournalFailed(
                        "the server is reached through a pooler, which gives connections to others in between, and the "
                        "lock on an account holds on a connection of one's own only: name the server itself"
                    )
                for statement in _SESSION:
                    connection.execute(statement)
                _migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._backends.add(backend)
        self._connection = connection
        return connection

    @contextlib.contextmanager
    def _watched(self, connection: psycopg.Connection[Any]) -> Generator[None]:
        """Break the connection when the server does not answer in time: the driver would wait for ever."""

        number = connection.fileno()

        def cut() -> None:
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as line:
                line.shutdown(socket.SHUT_RDWR)

        watch = threading.Timer(PATIENCE_S, cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()


def _locks(connection: psycopg.Connection[Any], key: int) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
    return row is not None and bool(row[0])


def _version(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT to_regclass('futures_async_journal')").fetchone()
    if row is None or row[0] is None:
        return 0
    stands = connection.execute("SELECT version FROM futures_async_journal").fetchone()
    version = 0 if stands is None else int(stands[0])
    if version > len(MIGRATIONS):
        raise JournalFailed(f"it was written by a later version of this library (schema {version})")
    return version


def _migrate(connection: psycopg.Connection[Any]) -> None:
    """Bring the schema to this version; nothing is written where it is."""
    if _version(connection) == len(MIGRATIONS):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
        done = _version(connection)  # others may have been at it meanwhile
        connection.execute(
            "CREATE TABLE IF NOT EXISTS futures_async_journal"
            " (one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL)"
        )
        for statements in MIGRATIONS[done:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(
            "INSERT INTO futures_async_journal (version) VALUES (%s)"
            " ON CONFLICT (one) DO UPDATE SET version = excluded.version",
            (len(MIGRATIONS),),
        )


_sessions: WeakValueDictionary[bytes, Session] = WeakValueDictionary()
_sessions_lock = ModuleLock()


class PostgresJournal(StoredJournal):
    """A journal in a PostgreSQL database (10 or later), for any number of accounts and hosts. Extra `[postgres]`.

    The process that writes an account's orders, or looks for open ones, owns the account until its journals are closed
    or it ends: for all others `intent` and `open_intents` fail meanwhile. So at a start on another host `recover` waits
    for nobody, and never works beside the one whose orders they are.

    Args:
        url: `postgresql://user:password@host:port/database`, options as libpq reads them. Tables are made in the first
            schema of the search path, when they are absent.

    Raises:
        InvalidRequest: The URL cannot be right. Never shows its password.
        NotSupported: The package psycopg is not installed.
        JournalFailed: When it is opened, at first use at the latest: the database cannot be reached, or was written by
            a later version.
    """

    def __init__(self, url: str | SecretUrl) -> None:
        try:
            self._url = SecretUrl(url, SCHEMES)
        finally:
            del url  # A traceback that shows locals shows those of this frame.
        try:
            importlib.import_module("psycopg")
        except ImportError:
            # Found missing here and not at the first order.
            raise NotSupported(
                "a journal in PostgreSQL needs the package psycopg: pip install 'futures-async[postgres]'"
            ) from None
        problem = _problem(self._url)
        if problem is not None:
            raise InvalidRequest(problem)
        super().__init__(_STATEMENTS, f"in PostgreSQL at {self._url.server}")
        self._session: Session | None = None

    def __repr__(self) -> str:
        url: SecretUrl | None = getattr(self, "_url", None)  # None in one whose URL was refused
        return f"PostgresJournal({url!r})"

    @property
    def place(self) -> Hashable:
        return self._digest()

    def _transact(self, jobs: Sequence[Job[Any]]) -> None:
        session = self._join()
        with session.mutex:
            for attempt in range(1, TRIES + 1):
                try:
                    with session.transaction() as connection:
                        for job in jobs:
                            job.run(connection)
                    return
                except Lost as error:
                    if attempt == TRIES:
                        raise JournalFailed(str(error)) from None

    def _claim(self, connection: Any, venue: str, account: str) -> None:
        self._join().claim(connection, venue, account)

    def _join(self) -> Session:
        if self._session is None:
            with _sessions_lock:
                self._session = _sessions.setdefault(self._digest(), Session(self._url))
                self._session.users.add(self)
        return self._session

    def _digest(self) -> bytes:
        return hashlib.sha256(self._url.reveal().encode()).digest()

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        with _sessions_lock:
            session.users.discard(self)
            last = not session.users
        if last:
            with session.mutex:
                session.leave()


def _problem(url: SecretUrl) -> str | None:
    """What libpq cannot read of a URL. Raises nothing."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(url.reveal())
    except psycopg.Error as error:
        return f"the PostgreSQL URL: {printable(url.scrub(str(error).strip()))}"
    return None
