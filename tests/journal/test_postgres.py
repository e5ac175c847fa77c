"""The journal in PostgreSQL: one owner for each account, broken connections, other versions, and the password."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from traceback import walk_tb
from typing import Any

import anyio
import pytest

import futures_async as fa
from futures_async.journal import postgres as module
from futures_async.journal.journal import Journal, JournalFailed, Verdict
from futures_async.journal.opening import open_journal
from futures_async.journal.postgres import PostgresJournal
from futures_async.journal.sqlite import SqliteJournal
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import InvalidRequest, NotSupported
from futures_async.unified.secret_url import SecretUrl
from tests.journal.test_journal import insertion, judge, opens, record
from tests.postgres_server import PASSWORD, Postgres, needs_postgres

pytestmark = [pytest.mark.anyio, needs_postgres]
ROOT = Path(__file__).parents[2]
CANARY = "canary-4f1b9e0c"


# One owner

OWNER = """
import sys
import anyio
from futures_async.journal.journal import JournalFailed
from futures_async.journal.postgres import PostgresJournal
from tests.journal.test_journal import record

async def main():
    journal = PostgresJournal(sys.argv[1])
    try:
        await journal.intent(record("of the owner", account=sys.argv[2]))
    except JournalFailed as error:
        print(error, flush=True)
        return
    print("owns", flush=True)
    sys.stdin.readline()
    await journal.aclose()
    print("gave it free", flush=True)
    sys.stdin.readline()

anyio.run(main)
"""


class Owner:
    """Another process with a journal of its own: what it printed first is in `said`."""

    def __init__(self, url: str, account: str = "digest") -> None:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([sys.executable, "-c", OWNER, url, account], text=True, cwd=ROOT, **pipes)
        self.said = self.hear()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return str(self.process.stdout.readline()).strip()

    def go_on(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.hear()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def owner(url: str, account: str = "digest") -> Generator[Owner]:
    found = Owner(url, account)
    try:
        yield found
    finally:
        found.end()


async def test_an_account_has_one_owner_at_a_time_and_others_are_told_who(database: Postgres) -> None:
    with owner(database.url) as first:
        assert first.said == "owns"
        async with PostgresJournal(database.url) as journal:
            for attempt in (journal.intent(record()), journal.open_intents("venue-a", "digest")):
                with pytest.raises(JournalFailed, match=f"another process, futures-async .* {first.process.pid}"):
                    await attempt
            await journal.intent(record("mine", account="other"))
            await judge(journal, "of the owner", Outcome.NOT_SENT)  # what is known of an order anybody may write
            assert first.go_on() == "gave it free"
            await journal.intent(record("of the owner"))


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
async def test_what_a_killed_process_left_is_found_by_another_at_once(database: Postgres) -> None:
    with owner(database.url) as first:
        assert first.said == "owns"
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        async with PostgresJournal(database.url) as journal:
            with anyio.fail_after(30):
                while True:  # until the server has heard of it
                    with contextlib.suppress(JournalFailed):
                        assert await opens(journal) == ["of the owner"]
                        return
                    await anyio.sleep(0.01)


async def test_journals_of_one_process_own_together_until_the_last_is_closed(database: Postgres) -> None:
    async with PostgresJournal(database.url) as first:
        async with PostgresJournal(database.url) as second:
            await first.intent(record("one"))
            await second.intent(record("two"))
            assert await opens(first) == ["one", "two"]
        await first.intent(record("three"))
        with owner(database.url) as other:
            assert "another process" in other.said
    with owner(database.url) as other:
        assert other.said == "owns"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_forked_child_is_another_process_and_leaves_its_parents_connection_alone(database: Postgres) -> None:
    script = f"""
import os, sys, anyio
from tests.journal.test_journal import record
from futures_async.journal.journal import JournalFailed
from futures_async.journal.postgres import PostgresJournal
journal = PostgresJournal({database.url!r})
anyio.run(journal.intent, record("parent"))
child = os.fork()
if child == 0:
    try:
        anyio.run(journal.intent, record("child"))
    except JournalFailed as error:
        os._exit(7 if "another process" in str(error) else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
anyio.run(journal.intent, record("parent again"))
"""
    ended = await anyio.run_process([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT)
    assert ended.stdout == b"7\n"
    async with PostgresJournal(database.url) as journal:
        assert await opens(journal) == ["parent", "parent again"]


# Broken connections


class Between:
    """A proxy in front of the server, in a thread. `spoil` sees what the server says, and may change or stop it."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.spoil: Callable[[bytes], bytes | None] = lambda data: data
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, server: Postgres) -> str:
        return server.url.replace(str(server.port), str(self.port))

    def cut(self) -> None:
        """Break all connections on this side; the server's stay open."""
        for line in self._lines[::2]:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.close()
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for line in self._lines:
            line.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            self._lines += [near, far]
            self._threads += [
                threading.Thread(target=self._pass, args=(near, far), daemon=True),
                threading.Thread(target=self._pass, args=(far, near), daemon=True),
            ]
            for thread in self._threads[-2:]:
                thread.start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                changed = self.spoil(data) if sink in self._lines[::2] else data
                if changed is None:
                    sink.shutdown(socket.SHUT_RDWR)
                    return
                sink.sendall(changed)


@pytest.fixture
def between(database: Postgres) -> Iterator[Between]:
    proxy = Between(database.port)
    yield proxy
    proxy.close()


async def test_a_connection_that_the_server_broke_is_made_anew(database: Postgres) -> None:
    async with PostgresJournal(database.url) as journal:
        await journal.intent(record("one"))
        assert database.break_connections() == 1
        await journal.intent(record("two"))
        assert database.break_connections() == 1
        await judge(journal, "one", None, "77")
        assert database.break_connections() == 1
        assert await opens(journal) == ["two"]
        with owner(database.url) as other:
            assert "another process" in other.said


async def test_an_answer_lost_after_the_commit_changes_nothing(database: Postgres, between: Between) -> None:
    lost = 0

    def spoil(data: bytes) -> bytes | None:
        nonlocal lost
        if b"COMMIT\0" in data and lost < 1:
            lost += 1
            return None
        return data

    async with PostgresJournal(between.url(database)) as journal:
        await journal.intent(record("first"))
        between.spoil = spoil
        await journal.intent(record("one", group="g"))
        assert lost == 1
        lost = 0
        await judge(journal, "one", None, "77")
        assert lost == 1
        (entry,) = await journal.group("venue-a", "digest", "g")
        assert (entry.verdict, entry.order_id) == (Verdict.PLACED, "77")
        assert await opens(journal) == ["first"]


async def test_a_connection_broken_here_and_not_there_does_not_shut_its_own_process_out(
    database: Postgres, between: Between
) -> None:
    async with PostgresJournal(between.url(database)) as journal:
        await journal.intent(record("one"))
        between.cut()
        await journal.intent(record("two"))
        assert await opens(journal) == ["one", "two"]


async def test_who_lost_its_connection_and_then_its_account_writes_no_more_intents(database: Postgres) -> None:
    async with PostgresJournal(database.url) as journal:
        await journal.intent(record("one"))
        await judge(journal, "one", Outcome.NOT_SENT)
        session = journal._session  # pyright: ignore[reportPrivateUsage] - to lose its connection while another comes
        assert session is not None
        session.drop()
        with owner(database.url) as other:
            assert other.said == "owns"
            with pytest.raises(JournalFailed, match="another process"):
                await journal.intent(record("two"))


async def test_a_server_that_starts_anew_is_waited_for_by_nobody_and_used_again(postgres_server: Postgres) -> None:
    async with PostgresJournal(postgres_server.url) as journal:
        await journal.prune(0)
        await journal.intent(record("before"))
        postgres_server.stop()
        try:
            with pytest.raises(JournalFailed, match="Connection refused"):
                await journal.intent(record("meanwhile"))
        finally:
            postgres_server.start()
        await journal.intent(record("after"))
        assert (await opens(journal))[-2:] == ["before", "after"]


@pytest.mark.skipif(os.name != "posix", reason="needs SIGSTOP")
async def test_a_server_that_does_not_answer_is_an_error_in_time(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    async with PostgresJournal(f"{database.url}?connect_timeout=2") as journal:
        await journal.intent(record("one"))
        with database.paused(), pytest.raises(JournalFailed) as caught:
            await journal.intent(record("two"))
        assert caught.value.outcome is Outcome.NOT_SENT
        await journal.intent(record("three"))
        assert (await opens(journal))[-1] == "three"


async def test_a_pooler_is_refused(database: Postgres, between: Between) -> None:
    def another_process(data: bytes) -> bytes:
        at = data.find(b"K\0\0\0\x0c")  # BackendKeyData: a pooler names a process of its own
        return data if at < 0 else data[: at + 5] + b"\0\0\0\x07" + data[at + 9 :]

    between.spoil = another_process
    with pytest.raises(JournalFailed, match="pooler"):
        await PostgresJournal(between.url(database)).open()


# Versions


async def test_an_older_schema_is_brought_up_to_date_once(database: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    async with PostgresJournal(database.url) as journal:
        await journal.intent(record("old"))
    added = ("ALTER TABLE futures_async_intents ADD COLUMN note text",)
    monkeypatch.setattr(module, "MIGRATIONS", (*module.MIGRATIONS, added))
    for _ in range(2):
        async with PostgresJournal(database.url) as journal:
            assert await opens(journal) == ["old"]
    assert database.ask("SELECT version FROM futures_async_journal") == [(len(module.MIGRATIONS),)]
    assert database.ask("SELECT note FROM futures_async_intents") == [(None,)]


async def test_a_journal_of_the_first_version_is_read_and_goes_on(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", module.MIGRATIONS[:1])
        async with PostgresJournal(database.url):
            pass
    statement, values = insertion(module.TABLE, "%s")
    database.ask(f"{statement} RETURNING number", *values)
    async with PostgresJournal(database.url) as journal:
        (left,) = await journal.open_intents("venue-a", "digest")
        assert (left.client_order_id, left.quantity, left.fence_ms, left.attempt) == ("old1", Decimal(1), 5, "")
        await journal.intent(record())
        await judge(journal, "old1", None, "77", attempt=left.attempt)
        assert await opens(journal) == ["id1"]


async def test_a_migration_that_fails_leaves_everything_as_it_was(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with PostgresJournal(database.url) as journal:
        await journal.intent(record("old"))
    wrong = ("ALTER TABLE futures_async_intents ADD COLUMN note text", "SELECT nothing")
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", (*module.MIGRATIONS, wrong))
        with pytest.raises(JournalFailed, match='column "nothing" does not exist'):
            await PostgresJournal(database.url).open()
    async with PostgresJournal(database.url) as journal:
        assert await opens(journal) == ["old"]


async def test_a_journal_of_a_later_version_is_left_alone(database: Postgres) -> None:
    async with PostgresJournal(database.url) as journal:
        await journal.intent(record())
    database.ask("UPDATE futures_async_journal SET version = 99")
    with pytest.raises(JournalFailed, match="schema 99"):
        await PostgresJournal(database.url).open()


async def test_a_row_that_cannot_be_read_is_an_error_not_a_guess(database: Postgres) -> None:
    async with PostgresJournal(database.url) as journal:
        await journal.intent(record())
        database.ask("UPDATE futures_async_intents SET side = 'sideways'")
        with pytest.raises(JournalFailed, match="id1"):
            await opens(journal)


# The URL


def shown(caught: pytest.ExceptionInfo[Exception]) -> str:
    """An error as error trackers show it, with the locals of all frames but those of this file."""
    seen: list[str] = []
    errors: list[BaseException | None] = [caught.value]
    while errors:
        error = errors.pop()
        if error is not None:
            frames = (frame for frame, _ in walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__)
            seen += [str(error), *(f"{frame.f_code.co_name}: {frame.f_locals!r}" for frame in frames)]
            errors += [error.__cause__, error.__context__]
    return "\n".join(seen)


async def test_a_refused_password_stands_in_no_frame_and_the_servers_words_do(database: Postgres) -> None:
    url = database.url.replace(PASSWORD, CANARY)
    with pytest.raises(JournalFailed, match="password authentication failed") as caught:
        await PostgresJournal(url).intent(record())
    assert CANARY not in shown(caught)
    assert "_do: " in shown(caught)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"postgresql://bot:{CANARY}@host/name?nonsense=1", "nonsense"),
        (f"postgresql://bot:{CANARY}#@host/name", "%23"),
        (f"mysql://bot:{CANARY}@host/name", "begins with postgresql://"),
    ],
)
@pytest.mark.parametrize("made", [PostgresJournal, open_journal])
def test_a_url_that_cannot_be_right_is_refused_at_once_and_not_shown(
    url: str, says: str, made: Callable[[str], Journal]
) -> None:
    with pytest.raises(InvalidRequest, match=says) as caught:
        made(url)
    assert CANARY not in shown(caught)
    assert "__init__: " in shown(caught)


def test_an_order_manager_and_an_exchange_take_a_url_or_a_path(tmp_path: Path) -> None:
    credentials = fa.Credentials("k", "s", passphrase="p", uid="1")
    url = f"postgresql://bot:{CANARY}@127.0.0.1:1/name"
    exchange = fa.connect("bitget", credentials, journal=url)
    assert CANARY not in repr(vars(exchange))
    manager = fa.OrderManager(exchange, journal=SecretUrl(url, ("postgresql",)))
    assert repr(manager.journal) == "PostgresJournal(SecretUrl('postgresql://127.0.0.1:1/name'))"
    assert isinstance(fa.OrderManager(exchange, journal=tmp_path / "orders.sqlite").journal, SqliteJournal)
    with pytest.raises(InvalidRequest) as caught:
        fa.OrderManager(exchange, journal=f"postgres:://bot:{CANARY}@host")
    assert CANARY not in shown(caught)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_spec("psycopg") is not None
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(NotSupported, match=r"futures-async\[postgres\]"):
        PostgresJournal("postgresql://127.0.0.1/name")
