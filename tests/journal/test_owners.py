"""One process at a time writes the orders of an account into an SQLite journal; and what a fork makes of a journal."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from futures_async.journal.journal import JournalFailed
from futures_async.journal.sqlite import SqliteJournal
from tests.journal.test_journal import opens, record

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
asyncio_only = pytest.mark.parametrize("anyio_backend", ["asyncio"])

OTHER = """
import sys, anyio
from tests.journal.test_journal import record
from futures_async.journal.journal import JournalFailed
from futures_async.journal.sqlite import SqliteJournal

async def main():
    async with SqliteJournal(sys.argv[1]) as journal:
        for call in (lambda: journal.intent(record("other")), lambda: journal.open_intents("venue-a", "digest")):
            try:
                await call()
                print("owns", flush=True)
            except JournalFailed as error:
                print(error, flush=True)
        await journal.intent(record("other", account="another"))
        sys.stdin.read()

anyio.run(main)
"""


@contextmanager
def other(path: Path) -> Generator[tuple[subprocess.Popen[str], list[str]]]:
    """Another process that writes there until it is told to end, and what came of its two claims."""
    command = [sys.executable, "-c", OTHER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process, [process.stdout.readline() for _ in range(2)]


@asyncio_only
async def test_a_second_process_is_refused_until_the_first_has_closed_its_last_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as first:
        await first.intent(record("one"))
        async with SqliteJournal(path) as second:
            await second.intent(record("two"))
        with other(path) as (_, said):
            assert all(f"another process, process {os.getpid()} at " in line for line in said)
            assert "stop that one" in said[0]
        await first.intent(record("three"))
        assert await opens(first) == ["one", "two", "three"]
    with other(path) as (_, said):
        assert said == ["owns\n", "owns\n"]


@asyncio_only
async def test_what_a_process_owned_that_was_killed_is_free(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as journal:
        with other(path) as (process, said):
            assert said == ["owns\n", "owns\n"]
            with pytest.raises(JournalFailed, match=f"process {process.pid} at"):
                await journal.intent(record("mine"))
            process.kill()
            process.wait()
        await journal.intent(record("mine"))
        assert await opens(journal) == ["other", "mine"]


def beside(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if "-owner-" in path.name]


@asyncio_only
async def test_the_files_beside_it_are_private_and_a_link_in_their_place_is_refused(tmp_path: Path) -> None:
    async with SqliteJournal(tmp_path / "journal.sqlite") as journal:
        await journal.intent(record())
        (owner,) = beside(tmp_path)
        assert owner.stat().st_size == 0
        if os.name == "posix":
            assert owner.stat().st_mode & 0o777 == 0o600
    owner.unlink()
    owner.symlink_to(tmp_path / "elsewhere")
    async with SqliteJournal(tmp_path / "journal.sqlite") as journal:
        with pytest.raises(JournalFailed, match="which says whose orders these are"):
            await journal.intent(record("id2"))
        await journal.intent(record("id2", account="another"))


@asyncio_only
async def test_two_journals_of_a_process_lose_nothing_to_another_process_that_closes(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as first, SqliteJournal(path) as second:
        await first.intent(record("one"))
        await second.intent(record("two"))
        with other(path):
            pass
        await first.intent(record("three"))
        await second.intent(record("four"))
        script = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())"
        seen = await anyio.run_process([sys.executable, "-c", script, str(path), "SELECT count(*) FROM intents"])
        assert seen.stdout.split() == [b"(5,)"]  # and the other one's


may_move = pytest.mark.skipif(os.name != "posix", reason="a file that is open stays where it is")


@may_move
@asyncio_only
async def test_nothing_is_written_into_a_journal_that_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as journal:
        await journal.intent(record("one"))
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(JournalFailed, match="moved or removed while it was open"):
            await journal.intent(record("two"))
        (tmp_path / "elsewhere").rename(path)
        await journal.intent(record("three"))
        assert await opens(journal) == ["one", "three"]


@may_move
@asyncio_only
async def test_who_has_made_a_removed_file_beside_it_anew_owns_the_account(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as journal:
        await journal.intent(record("one"))
        for owner in beside(tmp_path):
            owner.unlink()
        with other(path) as (process, said):
            assert said == ["owns\n", "owns\n"]
            with pytest.raises(JournalFailed, match=f"process {process.pid} at"):
                await journal.intent(record("two"))
        await journal.intent(record("three"))


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@needs_fork
@asyncio_only
async def test_a_forked_child_is_another_process(tmp_path: Path) -> None:
    script = f"""
import os, anyio
from tests.journal.test_journal import record
from futures_async.journal.journal import JournalFailed
from futures_async.journal.sqlite import SqliteJournal
journal = SqliteJournal({str(tmp_path / "journal.sqlite")!r})
anyio.run(journal.intent, record("parent"))
child = os.fork()
if child == 0:
    anyio.run(journal.intent, record("child", account="its own"))
    try:
        anyio.run(journal.intent, record("child"))
    except JournalFailed as error:
        os._exit(7 if str(os.getppid()) in str(error) else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
anyio.run(journal.intent, record("parent again"))
"""
    ended = await anyio.run_process([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT)
    assert ended.stdout == b"7\n"
    async with SqliteJournal(tmp_path / "journal.sqlite") as journal:
        assert await opens(journal) == ["parent", "parent again"]


FORKED = """
import os, anyio
from tests.journal.test_journal import record
from futures_async.journal.journal import JournalFailed
from futures_async.journal.sqlite import SqliteJournal
journal = SqliteJournal({path!r})
wait, go = os.pipe()

def write(id, account="digest"):
    anyio.run(journal.intent, record(id, account=account))

write("parent")
"""


@needs_fork
@asyncio_only
async def test_what_a_fork_writes_is_still_there_when_its_parent_has_closed_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    script = (
        FORKED.format(path=str(path))
        + """
has_written, tell = os.pipe()
child = os.fork()
if child == 0:
    write("first", "the child's")
    os.write(tell, b"x")
    os.read(wait, 1)
    write("second", "the child's")
    os._exit(0)
os.read(has_written, 1)
anyio.run(journal.aclose)
os.write(go, b"x")
os.waitpid(child, 0)
"""
    )
    await anyio.run_process([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT)
    async with SqliteJournal(path) as journal:
        intents = await journal.open_intents("venue-a", "the child's")
        assert [intent.client_order_id for intent in intents] == ["first", "second"]


@needs_fork
@asyncio_only
async def test_a_fork_owns_what_its_parent_owned_once_that_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    script = (
        FORKED.format(path=str(path))
        + """
if os.fork() == 0:
    os.close(go)
    os.read(wait, 1)  # which ends when the parent does
    write("child")
"""
    )
    await anyio.run_process([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT)  # and so does the child
    async with SqliteJournal(path) as journal:
        assert await opens(journal) == ["parent", "child"]


@needs_fork
@asyncio_only
async def test_a_fork_refuses_a_journal_that_was_being_written_then(tmp_path: Path) -> None:
    script = (
        FORKED.format(path=str(tmp_path / "journal.sqlite"))
        + """
with journal._mutex:
    child = os.fork()
if child == 0:
    for mine in (journal, SqliteJournal(journal.path)):
        try:
            anyio.run(mine.intent, record("child", account="its own"))
        except JournalFailed as error:
            print(error, flush=True)
os.waitpid(child, 0) if child else None
"""
    )
    ended = await anyio.run_process([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT)
    assert ended.stdout.decode().count("forked while it was being written") == 2


@needs_fork
@asyncio_only
async def test_a_journal_that_was_just_written_to_by_a_thread_does_not_hang_in_a_fork(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    await journal.open()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with journal._mutex:
            held.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child cannot report its coverage
        free = journal._mutex.acquire(timeout=5)
        os._exit(7 if free else 8)
    done.set()
    thread.join()
    _, status = os.waitpid(child, 0)  # noqa: ASYNC222 - the child ends soon
    assert os.waitstatus_to_exitcode(status) == 7
    await journal.aclose()
