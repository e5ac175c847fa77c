"""What the journals in databases share: rows, statements, and one worker thread that writes what came together at once.

Intents that are written at the same time share one transaction, and so one flush to the disk. The drivers are
synchronous ones in a thread: so they work on asyncio and on trio.
"""

from __future__ import annotations

import contextlib
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

import anyio
import anyio.to_thread

from futures_async.journal.journal import (
    IntentRecord,
    Journal,
    JournalEntry,
    JournalFailed,
    Verdict,
    again,
    check_texts,
    decided,
    logger,
)
from futures_async.transport.forks import inherit
from futures_async.unified.convert import to_text
from futures_async.unified.enums import Intent, OrderType, Outcome, Side
from futures_async.unified.errors import FuturesAsyncError

T = TypeVar("T")

CLOSE_WITHIN_S = 5.0
"""A write that hangs, as on a disk that is gone, holds up nobody who closes a journal for longer."""
STOP_IT = "stop that one, then try again"
"""Where another process writes an account's orders."""

COLUMNS = (
    "venue", "account", "client_order_id", "symbol", "venue_symbol", "side", "type", "quantity", "price", "intent",
    "signed_ms", "fence_ms", "created_ms", "slices", "verdict", "order_id",
    "attempt",
)  # fmt: skip
_KEY = ("client_order_id", "venue", "account")


class Rows(Protocol):
    """A cursor, as the DB-API has it."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """A connection that executes statements: sqlite3's, psycopg's."""

    def execute(self, statement: Any, values: Sequence[Any] = ..., /) -> Rows: ...


class Statements:
    """The statements on one table; `mark` stands for a value."""

    def __init__(self, table: str, mark: str, *, lock: str = "") -> None:
        columns, marks = ", ".join(COLUMNS), ", ".join([mark] * len(COLUMNS))
        news = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in _KEY)
        read = f"SELECT {columns} FROM {table} WHERE "  # noqa: S608 - constants only
        mine = f"venue = {mark} AND account = {mark}"
        self.write = (
            f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - as above
            f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {news}"
        )
        self.one = f"{read}client_order_id = {mark} AND {mine}{lock}"
        self.open = f"{read}{mine} AND verdict IS NULL ORDER BY number"
        self.group = f"{read}{mine} AND slices = {mark} ORDER BY number"
        # The groups that live are found once: asked for each row, a large one would take the square of its size.
        self.prune = (
            f"DELETE FROM {table} WHERE verdict IS NOT NULL AND created_ms < {mark} AND NOT EXISTS"  # noqa: S608 - as above
            f" (SELECT 1 FROM (SELECT DISTINCT venue, account, slices FROM {table} WHERE slices IS NOT NULL"
            f" AND (verdict IS NULL OR created_ms >= {mark})) live WHERE live.slices = {table}.slices"
            f" AND live.venue = {table}.venue AND live.account = {table}.account)"
        )


class Job(Generic[T]):
    """One piece of work in a transaction, and how it ended."""

    def __init__(self, run: Callable[[Any], T]) -> None:
        self._run = run
        self.done = False
        self.result: list[T] = []
        self.error: FuturesAsyncError | None = None

    def run(self, connection: Any) -> None:
        """Do it; what is refused is this job's alone. May be done again where the transaction came to nothing."""
        self.result, self.error = [], None
        try:
            self.result.append(self._run(connection))
        except FuturesAsyncError as error:
            self.error = error


class StoredJournal(Journal):
    """Base of the journals in databases.

    Args:
        statements: On its table.
        name: Of the journal, in messages. Holds no secret.
    """

    def __init__(self, statements: Statements, name: str) -> None:
        self._statements = statements
        self._name = name
        self._closed = False
        StoredJournal.begin_anew(self)
        inherit(self)

    def begin_anew(self) -> None:
        """As an heir: a fork has no worker thread, and who waits there waits in its parent."""
        self._waiting: deque[Job[Any]] = deque()
        self._mutex = threading.Lock()
        self._turn: anyio.Lock | None = None
        self._thread: anyio.CapacityLimiter | None = None

    @abstractmethod
    def _transact(self, jobs: Sequence[Job[Any]]) -> None:
        """Run the jobs in one transaction. In the worker thread, under the mutex.

        Raises:
            JournalFailed: None of them happened, as far as can be told.
        """

    @abstractmethod
    def _close(self) -> None:
        """Close what is open. In the worker thread, under the mutex."""

    def _claim(self, connection: Any, venue: str, account: str) -> None:
        """Make sure that this process is the one that writes the orders of an account.

        Raises:
            JournalFailed: Another one is.
        """

    async def open(self) -> None:
        try:
            await self._do(lambda connection: None)
        except JournalFailed:
            await anyio.to_thread.run_sync(self._shut)  # `async with` closes nothing that it could not open
            raise

    async def intent(self, record: IntentRecord) -> None:
        check_texts(record)

        def run(connection: Connection) -> None:
            self._claim(connection, record.venue, record.account)
            key = (record.client_order_id, record.venue, record.account)
            row = connection.execute(self._statements.one, key).fetchone()
            entry = JournalEntry(record=record) if row is None else again(_entry(row), record)
            connection.execute(self._statements.write, _to_row(entry))

        await self._do(run)

    async def verdict(
        self,
        client_order_id: str,
        outcome: Outcome | None,
        order_id: str | None = None,
        *,
        venue: str,
        account: str,
        attempt: str | None = None,
    ) -> None:
        def run(connection: Connection) -> None:
            row = connection.execute(self._statements.one, (client_order_id, venue, account)).fetchone()
            if row is not None:
                entry = decided(_entry(row), outcome, order_id, attempt)
                connection.execute(self._statements.write, _to_row(entry))

        try:
            await self._do(run)
        except JournalFailed as error:
            # The order's fate must reach its caller whatever the disk does; an open intent is asked again later.
            logger.error("the verdict on %s could not be written, its intent stays open: %s", client_order_id, error)

    async def open_intents(self, venue: str, account: str) -> list[IntentRecord]:
        def run(connection: Connection) -> list[IntentRecord]:
            self._claim(connection, venue, account)
            return [
                _entry(row).record for row in connection.execute(self._statements.open, (venue, account)).fetchall()
            ]

        return await self._do(run)

    async def group(self, venue: str, account: str, group: str) -> list[JournalEntry]:
        def run(connection: Connection) -> list[JournalEntry]:
            rows = connection.execute(self._statements.group, (venue, account, group)).fetchall()
            return [_entry(row) for row in rows]

        return await self._do(run)

    async def prune(self, before_ms: int) -> int:
        return await self._do(
            lambda connection: connection.execute(self._statements.prune, (before_ms, before_ms)).rowcount
        )

    async def aclose(self) -> None:
        self._closed = True
        if not await anyio.to_thread.run_sync(self._shut_in_time):
            logger.error("the journal %s is still being written to: it is closed once that ends", self._name)

    # In the event loop

    async def _do(self, run: Callable[[Any], T]) -> T:
        if self._turn is None or self._thread is None:
            self._turn, self._thread = anyio.Lock(), anyio.CapacityLimiter(1)
        job = Job(run)
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
                if self._closed:
                    raise JournalFailed("it was closed")
                self._transact(jobs)
            except JournalFailed as error:
                for job in jobs:
                    job.error = JournalFailed(f"the journal {self._name} failed: {error.text}")
            finally:
                for job in jobs:
                    job.done = True
                    if not job.result and job.error is None:  # something ended it that no journal should end with
                        job.error = JournalFailed(f"the journal {self._name} failed: nothing of this was written")

    def _shut_in_time(self) -> bool:
        """Close it, or leave that to a thread which nobody waits for, not even the end of the program.

        By the machine's time: in virtual time a loop's is over before a thread has begun.
        """
        shut = Future[None]()
        threading.Thread(target=_do_into, args=(shut, self._shut), daemon=True).start()
        ended, _ = wait((shut,), CLOSE_WITHIN_S)
        for one in ended:
            one.result()
        return bool(ended)

    def _shut(self) -> None:
        with self._mutex:
            self._close()


def _do_into(future: Future[None], run: Callable[[], None]) -> None:
    try:
        run()
    except BaseException as error:  # raised where it is waited for
        future.set_exception(error)
    else:
        future.set_result(None)


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
        record.attempt,
    )


def _entry(row: tuple[Any, ...]) -> JournalEntry:
    (venue, account, client_id, symbol, venue_symbol, side, kind, quantity, price, intent) = row[:10]
    (signed_ms, fence_ms, created_ms, group, verdict, order_id, attempt) = row[10:]
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
            attempt=attempt or "",
        )
        return JournalEntry(record=record, verdict=None if verdict is None else Verdict(verdict), order_id=order_id)
    except (ValueError, ArithmeticError) as error:
        raise JournalFailed(f"the journal holds a row for {client_id} that cannot be read") from error
