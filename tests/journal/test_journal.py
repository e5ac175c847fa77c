"""The write-ahead journal: what it promises about crashes, files and ids."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from futures_async.journal import sqlite as sqlite_module
from futures_async.journal import stored
from futures_async.journal.journal import IntentRecord, Journal, JournalFailed, MemoryJournal, Verdict
from futures_async.journal.postgres import PostgresJournal
from futures_async.journal.sqlite import SqliteJournal
from futures_async.testing import virtual_time
from futures_async.unified.enums import Intent, OrderType, Outcome, Side
from futures_async.unified.errors import InvalidRequest, NotSent
from tests.postgres_server import needs_postgres

pytestmark = pytest.mark.anyio

D = Decimal


def record(client_order_id: str = "id1", **fields: Any) -> IntentRecord:
    given: dict[str, Any] = {
        "venue": "venue-a",
        "account": "digest",
        "client_order_id": client_order_id,
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": D("0.00000001"),
        "price": D("60000.10"),
        "created_ms": 1_000,
    }
    return IntentRecord(**{**given, **fields})


def insertion(table: str, mark: str) -> tuple[str, tuple[Any, ...]]:
    """A row as the first version of the library wrote it, and its values."""
    row: dict[str, Any] = {
        "venue": "venue-a", "account": "digest", "client_order_id": "old1", "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT", "side": "buy", "type": "limit", "quantity": "1", "price": "2", "intent": "open",
        "fence_ms": 5, "created_ms": 1,
    }  # fmt: skip
    names, marks = ", ".join(row), ", ".join([mark] * len(row))
    return f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values())


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=needs_postgres)])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    made: Journal
    if request.param == "memory":
        made = MemoryJournal()
    elif request.param == "sqlite":
        made = SqliteJournal(tmp_path / "journal.sqlite")
    else:
        made = PostgresJournal(request.getfixturevalue("database").url)
    async with made as opened:
        yield opened


async def judge(
    journal: Journal, client_order_id: str, outcome: Outcome | None, order_id: str | None = None, **owner: str
) -> None:
    await journal.verdict(client_order_id, outcome, order_id, **{"venue": "venue-a", "account": "digest", **owner})


async def opens(journal: Journal) -> list[str]:
    return [intent.client_order_id for intent in await journal.open_intents("venue-a", "digest")]


async def test_an_intent_without_a_verdict_is_open_and_comes_back_as_it_was(journal: Journal) -> None:
    written = record(fence_ms=5, signed_ms=4, group="g", intent=Intent.CLOSE)
    await journal.intent(written)
    assert await journal.open_intents("venue-a", "digest") == [written]
    assert await journal.open_intents("venue-a", "other") == []
    assert await journal.open_intents("venue-b", "digest") == []


@pytest.mark.parametrize("outcome", [None, Outcome.NOT_SENT, Outcome.REJECTED, Outcome.NOT_PLACED])
async def test_a_verdict_closes_an_intent(journal: Journal, outcome: Outcome | None) -> None:
    await journal.intent(record(group="g"))
    await judge(journal, "id1", outcome, None if outcome else "77")
    assert await opens(journal) == []
    (entry,) = await journal.group("venue-a", "digest", "g")
    assert entry.verdict == (outcome.value if outcome else Verdict.PLACED)
    assert entry.order_id == (None if outcome else "77")


async def test_unknown_is_no_verdict(journal: Journal) -> None:
    await journal.intent(record())
    await judge(journal, "id1", Outcome.UNKNOWN)
    assert await opens(journal) == ["id1"]


async def test_placed_is_final_and_a_late_order_overrules_its_absence(journal: Journal) -> None:
    await journal.intent(record(group="g"))
    await judge(journal, "id1", Outcome.NOT_PLACED)
    await judge(journal, "id1", None, "77")
    await judge(journal, "id1", Outcome.NOT_PLACED)
    (entry,) = await journal.group("venue-a", "digest", "g")
    assert (entry.verdict, entry.order_id) == (Verdict.PLACED, "77")


async def test_a_verdict_on_an_unknown_id_is_ignored(journal: Journal) -> None:
    await judge(journal, "nobody", None, "77")
    assert await opens(journal) == []


async def test_a_verdict_is_of_one_venue_and_account_alone(journal: Journal) -> None:
    await journal.intent(record())
    await journal.intent(record(venue="venue-b"))
    await journal.intent(record(account="other"))
    await judge(journal, "id1", None, "77")
    assert await opens(journal) == []
    assert len(await journal.open_intents("venue-b", "digest")) == 1
    assert len(await journal.open_intents("venue-a", "other")) == 1


async def test_the_same_attempt_written_again_keeps_the_latest_times_and_its_group(journal: Journal) -> None:
    await journal.intent(record(attempt="one", group="g", fence_ms=None, signed_ms=10))
    await journal.intent(record(attempt="one", group=None, fence_ms=50, signed_ms=None))
    await journal.intent(record(attempt="one", group=None, fence_ms=40, signed_ms=20))
    (stands,) = await journal.open_intents("venue-a", "digest")
    assert (stands.group, stands.fence_ms, stands.signed_ms) == ("g", 50, 20)


@pytest.mark.parametrize("other", [{}, {"quantity": D(2)}, {"side": Side.SELL}, {"attempt": ""}])
async def test_another_attempt_under_an_open_id_is_refused(journal: Journal, other: dict[str, Any]) -> None:
    first = record(fence_ms=7)
    await journal.intent(first)
    with pytest.raises(InvalidRequest, match="fate is open"):
        await journal.intent(record(**other))
    assert await journal.open_intents("venue-a", "digest") == [first]


async def test_what_an_earlier_version_wrote_is_nobodys_attempt(journal: Journal) -> None:
    await journal.intent(record(attempt=""))
    with pytest.raises(InvalidRequest, match="fate is open"):
        await journal.intent(record())
    (left,) = await journal.open_intents("venue-a", "digest")
    await judge(journal, "id1", Outcome.NOT_PLACED, attempt=left.attempt)
    await journal.intent(record())


async def test_a_verdict_on_an_earlier_attempt_leaves_a_later_one_open(journal: Journal) -> None:
    await journal.intent(record(attempt="one"))
    await judge(journal, "id1", Outcome.NOT_PLACED, attempt="one")
    await journal.intent(record(attempt="two"))
    await judge(journal, "id1", Outcome.NOT_PLACED, attempt="one")
    await judge(journal, "id1", None, "77", attempt="one")
    assert await opens(journal) == ["id1"]
    await judge(journal, "id1", None, "78", attempt="two")
    assert await opens(journal) == []


async def test_the_id_of_a_placed_order_is_taken_for_good_and_a_free_one_is_not(journal: Journal) -> None:
    await journal.intent(record())
    await judge(journal, "id1", Outcome.NOT_SENT)
    await journal.intent(record(quantity=D(3)))
    assert (await journal.open_intents("venue-a", "digest"))[0].quantity == 3
    await judge(journal, "id1", None, "77")
    with pytest.raises(InvalidRequest, match="was placed"):
        await journal.intent(record(quantity=D(3)))


async def test_pruning_drops_old_verdicts_and_never_an_open_intent(journal: Journal) -> None:
    for number in range(4):
        await journal.intent(record(f"id{number}", created_ms=number, group=f"g{number}"))
    await judge(journal, "id0", None, "1")
    await judge(journal, "id3", None, "2")
    assert await journal.prune(before_ms=3) == 1
    groups = [await journal.group("venue-a", "digest", f"g{number}") for number in range(4)]
    kept = [entry.record.client_order_id for group in groups for entry in group]
    assert kept == ["id1", "id2", "id3"]
    await judge(journal, "id0", None, "1")  # it is not known any more
    await journal.intent(record("id0", venue="venue-b", created_ms=1))
    await judge(journal, "id0", None, "1", venue="venue-b")
    await journal.intent(record("id0", created_ms=9))
    assert await journal.prune(before_ms=5) == 2
    assert await opens(journal) == ["id1", "id2", "id0"]


async def test_many_at_once_are_all_written(journal: Journal) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(200):
            tasks.start_soon(journal.intent, record(f"id{number}"))
    assert len(await opens(journal)) == 200


async def test_one_refused_intent_does_not_take_others_of_its_transaction_along(journal: Journal) -> None:
    await journal.intent(record("taken"))
    refused: list[InvalidRequest] = []

    async def write(number: int) -> None:
        try:
            await journal.intent(record("taken", quantity=D(9)) if number == 5 else record(f"id{number}"))
        except InvalidRequest as error:
            refused.append(error)

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(write, number)
    assert len(refused) == 1
    assert len(await opens(journal)) == 10


# The file


async def reopened(path: Path) -> list[str]:
    async with SqliteJournal(path) as journal:
        return await opens(journal)


async def test_intents_written_together_share_a_transaction(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    commits = 0

    def count(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    async with SqliteJournal(path) as journal:
        await journal.intent(record("first"))
        journal._connection.set_trace_callback(count)  # type: ignore[union-attr]  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess] - the only way to see
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(journal.intent, record(f"id{number}"))
    assert 1 <= commits <= 10


async def test_the_files_are_their_owners_alone_and_hold_no_more_than_the_intent(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as journal:
        await journal.intent(record())
        modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in os.listdir(tmp_path)}
        assert "journal.sqlite" in modes
        assert set(modes.values()) == {0o600}, modes


@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604, 0o622])
async def test_a_journal_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "journal.sqlite"
    path.touch()
    path.chmod(mode)
    with pytest.raises(JournalFailed, match="make it mode 0600"):
        await SqliteJournal(path).intent(record())


@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")
async def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch(mode=0o600)
    (tmp_path / "journal.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalFailed):
        await SqliteJournal(tmp_path / "journal.sqlite").intent(record())
    assert (tmp_path / "elsewhere").stat().st_size == 0


async def test_somebody_elses_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: -5)
    with pytest.raises(JournalFailed, match="another user"):
        await SqliteJournal(tmp_path / "journal.sqlite").intent(record())


@pytest.mark.parametrize("what", ["a folder", "no database"])
async def test_what_is_no_journal_is_refused_as_not_sent(tmp_path: Path, what: str) -> None:
    path = tmp_path / "journal.sqlite"
    if what == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"no database" * 99)
        path.chmod(0o600)
    with pytest.raises(NotSent) as caught:
        await SqliteJournal(path).intent(record())
    assert caught.value.outcome is Outcome.NOT_SENT


async def test_a_journal_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as journal:
        await journal.intent(record())
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalFailed, match="schema 99"):
        await SqliteJournal(path).intent(record())


async def test_a_journal_of_the_first_version_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.touch(mode=0o600)
    with sqlite3.connect(path) as connection:
        for statement in (*sqlite_module.MIGRATIONS[0], "PRAGMA user_version = 1"):
            connection.execute(statement)
        connection.execute(*insertion("intents", "?"))
    connection.close()
    async with SqliteJournal(path) as journal:
        (left,) = await journal.open_intents("venue-a", "digest")
        assert (left.client_order_id, left.quantity, left.fence_ms, left.attempt) == ("old1", D(1), 5, "")
        await journal.intent(record())
        await judge(journal, "old1", None, "77", attempt=left.attempt)
    assert await reopened(path) == ["id1"]


async def test_a_row_that_cannot_be_read_is_an_error_not_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as journal:
        await journal.intent(record())
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE intents SET side = 'sideways'")
        connection.close()
        with pytest.raises(JournalFailed, match="id1"):
            await opens(journal)


async def test_after_closing_nothing_is_written_and_a_lost_verdict_is_not_raised(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = SqliteJournal(path)
    await journal.intent(record())
    await journal.aclose()
    await journal.aclose()
    with pytest.raises(JournalFailed, match="closed"):
        await journal.intent(record("id2"))
    await judge(journal, "id1", None, "77")
    assert "stays open" in caplog.text
    assert await reopened(path) == ["id1"]


async def test_a_write_that_hangs_does_not_hold_up_closing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "CLOSE_WITHIN_S", 0.01)
    begun, gone, journal = threading.Event(), threading.Event(), SqliteJournal(tmp_path / "orders.db")
    write = journal._transact  # pyright: ignore[reportPrivateUsage] - what hangs

    def hang(jobs: Any) -> None:
        begun.set()
        gone.wait()
        write(jobs)

    monkeypatch.setattr(journal, "_transact", hang)
    async with anyio.create_task_group() as group:
        group.start_soon(opens, journal)
        await anyio.to_thread.run_sync(begun.wait)
        await journal.aclose()
        gone.set()
    with pytest.raises(JournalFailed, match="closed"):
        await opens(journal)


def test_in_virtual_time_too_a_journal_is_closed_when_it_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        for number in range(20):
            async with SqliteJournal(tmp_path / f"{number}.db") as journal:
                await journal.open_intents("toy", "main")

    virtual_time.run(main())
    assert caplog.text == ""


async def test_a_journal_that_cannot_be_closed_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = SqliteJournal(tmp_path / "orders.db")

    def broken() -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(journal, "_close", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        await journal.aclose()


async def test_a_caller_cancelled_in_the_queue_writes_nothing(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    await journal.intent(record("first"))
    with anyio.CancelScope() as scope:
        scope.cancel()
        await journal.intent(record("never"))
    assert await opens(journal) == ["first"]
    await journal.aclose()


def test_only_two_ways_to_flush_are_known() -> None:
    with pytest.raises(InvalidRequest):
        SqliteJournal("x", synchronous="OFF")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - refused


async def test_normal_synchronous_is_passed_on(tmp_path: Path) -> None:
    async with SqliteJournal(tmp_path / "j", synchronous="NORMAL") as journal:
        await journal.intent(record())
        assert repr(journal).startswith("SqliteJournal(")
        connection = journal._connection  # pyright: ignore[reportPrivateUsage] - the only way to see
        assert connection is not None
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1


WRITER = """
import sys
import anyio
from tests.journal.test_journal import record
from futures_async.journal.sqlite import SqliteJournal

async def main():
    journal = SqliteJournal(sys.argv[1])
    for number in range(10_000):
        await journal.intent(record(f"id{number}"))
        print(number, flush=True)

anyio.run(main)
"""


def killed_while_writing(path: Path, *, after: int) -> int:
    """Kill a process that writes intents after it has reported number `after`; the last number that it reported."""
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        seen = -1
        while seen < after:
            seen = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        return max([seen, *(int(line) for line in writer.stdout.read().split())])


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_was_reported_as_written_survives_sigkill_and_a_torn_last_write(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "journal.sqlite"
    chance = random.Random(seed)
    seen = killed_while_writing(path, after=chance.randrange(3, 40))
    reported = seen + 1
    log = path.with_name("journal.sqlite-wal")
    torn = chance.choice([b"", os.urandom(chance.randrange(1, 5_000)), log.read_bytes()[-4_120:][: 24 + 2_000]])
    with log.open("ab") as end:
        end.write(torn)
    stands = await reopened(path)
    assert stands[:reported] == [f"id{number}" for number in range(reported)]
    assert len(stands) - reported in (0, 1)  # the one after may have been flushed and not reported


OPENER = """
import sys
import anyio
from pathlib import Path
from tests.journal.test_journal import record
from futures_async.journal.sqlite import SqliteJournal

async def main():
    folder, name = Path(sys.argv[1]), sys.argv[2]
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(30):
        # Each file is new to all of them at first, and busy with their writes afterwards.
        async with SqliteJournal(folder / f"journal-{number % 10}.sqlite", synchronous="NORMAL") as journal:
            await journal.intent(record(f"{name}-{number}", account=name))

anyio.run(main)
"""


def ends_of_openers(folder: Path, processes: int) -> list[tuple[str, int]]:
    """Let so many processes open, write and close the same files at once; what they complained of, and their codes."""
    command = [sys.executable, "-c", OPENER, str(folder)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [subprocess.Popen([*command, str(number)], text=True, **pipes) for number in range(processes)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [(process.communicate()[1], process.returncode) for process in started]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_processes_that_open_one_file_at_once_all_get_to_write(tmp_path: Path) -> None:
    assert ends_of_openers(tmp_path, 6) == [("", 0)] * 6
    written: list[str] = []
    for number in range(10):
        async with SqliteJournal(tmp_path / f"journal-{number}.sqlite") as journal:
            for name in range(6):
                written += [one.client_order_id for one in await journal.open_intents("venue-a", str(name))]
    assert len(written) == len(set(written)) == 180


async def test_a_second_journal_opens_beside_a_writer_without_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "BUSY_MS", 0)
    path = tmp_path / "journal.sqlite"
    async with SqliteJournal(path) as first, SqliteJournal(path) as second:
        await first.intent(record())
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalFailed, match="locked"):
            await second.intent(record("id2"))
        writer.execute("ROLLBACK")
        writer.close()
        assert second._connection is not None  # pyright: ignore[reportPrivateUsage] - it was opened all the same
        await second.intent(record("id2"))


async def test_a_file_that_stays_locked_is_an_error_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_module, "BUSY_MS", 20)
    path = tmp_path / "journal.sqlite"
    path.touch(mode=0o600)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalFailed, match="locked"):
        await SqliteJournal(path).intent(record())
    holder.close()


@pytest.mark.anyio
async def test_a_journal_that_cannot_be_opened_says_so_before_the_first_order(tmp_path: Path) -> None:
    with pytest.raises(JournalFailed, match="nowhere"):
        async with SqliteJournal(tmp_path / "nowhere" / "orders.db"):
            pass
    async with MemoryJournal() as journal:
        await journal.open()


@pytest.mark.parametrize("field", ["account", "client_order_id", "symbol", "venue_symbol", "group"])
@pytest.mark.parametrize("text", ["\ud800", "a\0b", 5])
async def test_what_no_database_can_write_harms_nothing_beside_it(journal: Journal, field: str, text: Any) -> None:
    async with journal:
        outcomes: list[object] = []

        async def write(one: IntentRecord) -> None:
            try:
                await journal.intent(one)
            except InvalidRequest as error:
                outcomes.append(error.text)
            else:
                outcomes.append(one.client_order_id)

        async with anyio.create_task_group() as tasks:
            for one in (record("id1"), record(**{"client_order_id": "id2", field: text}), record("id3")):
                tasks.start_soon(write, one)
        assert set(outcomes) == {"id1", f"{field} must be text that can be written down, not {text!r}", "id3"}
        await journal.intent(record("id4"))
        assert len(await journal.open_intents("venue-a", "digest")) == 3


async def test_what_ends_a_transaction_by_surprise_ends_no_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SqliteJournal(tmp_path / "journal.sqlite") as journal:
        odd = [RuntimeError("of no kind that a database raises"), None]

        def claim(*_: object) -> None:
            if odd and (error := odd.pop(0)) is not None:
                raise error

        monkeypatch.setattr(journal, "_claim", claim)
        failed: list[type[BaseException]] = []

        async def write(name: str) -> None:
            try:
                await journal.intent(record(name))
            except (RuntimeError, JournalFailed) as error:
                failed.append(type(error))

        async with anyio.create_task_group() as tasks:
            for name in ("id1", "id2", "id3"):
                tasks.start_soon(write, name)
        assert RuntimeError in failed
        assert set(failed) <= {RuntimeError, JournalFailed}
        odd.clear()
        await journal.intent(record("id4"))
        assert "id4" in [one.client_order_id for one in await journal.open_intents("venue-a", "digest")]


async def test_places_are_equal_where_one_journal_is_meant(tmp_path: Path) -> None:
    one, other = SqliteJournal(tmp_path / "a"), SqliteJournal(tmp_path / "b" / ".." / "a")
    assert one.place == other.place != SqliteJournal(tmp_path / "c").place
    assert MemoryJournal().place != (kept := MemoryJournal()).place == kept.place


async def test_a_relative_path_is_of_the_folder_that_was_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "later").mkdir()
    monkeypatch.chdir(tmp_path)
    journal = SqliteJournal("journal.sqlite")
    place = journal.place
    monkeypatch.chdir(tmp_path / "later")
    assert journal.place == place == SqliteJournal(tmp_path / "journal.sqlite").place
    async with journal:
        await journal.intent(record())
    assert await reopened(tmp_path / "journal.sqlite") == ["id1"]
    assert list((tmp_path / "later").iterdir()) == []


def test_where_the_current_folder_is_gone_a_relative_path_is_no_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> str:
        raise FileNotFoundError("no such folder")

    monkeypatch.setattr(os, "getcwd", gone)
    with pytest.raises(JournalFailed, match=r"journal\.sqlite failed: no such folder"):
        SqliteJournal("journal.sqlite")
    assert SqliteJournal(tmp_path / "journal.sqlite").path == tmp_path / "journal.sqlite"


@pytest.mark.parametrize("outcome", [Outcome.NOT_PLACED, Outcome.REJECTED, Outcome.NOT_SENT])
async def test_an_attempt_that_has_its_verdict_is_not_written_again(journal: Journal, outcome: Outcome) -> None:
    await journal.intent(record(attempt="one"))
    await judge(journal, "id1", outcome)
    with pytest.raises(InvalidRequest, match=f"judged meanwhile: the journal says {outcome.value}"):
        await journal.intent(record(attempt="one", fence_ms=5))
    assert await opens(journal) == []
    await journal.intent(record(attempt="two"))  # another one may have the id
    assert await opens(journal) == ["id1"]


@pytest.mark.parametrize("live", ["none", "one", "half"])
def test_pruning_takes_work_in_proportion_to_the_rows_of_a_group(live: str) -> None:
    def work(rows: int) -> int:
        connection, steps = sqlite3.connect(":memory:"), 0
        for statements in sqlite_module.MIGRATIONS:
            for statement in statements:
                connection.execute(statement)
        columns, values = "venue, account, symbol, venue_symbol, side, type, quantity, intent", "'v'" + ", 'v'" * 7
        for number in range(rows):
            open_now = number == 0 if live == "one" else live == "half" and number % 4 == 0
            group = f"g{number // 2}" if live == "half" else "g"
            connection.execute(
                f"INSERT INTO intents ({columns}, client_order_id, created_ms, slices, verdict)"
                f" VALUES ({values}, ?, 1, ?, ?)",
                (str(number), group, None if open_now else "placed"),
            )
        connection.commit()

        def count() -> None:
            nonlocal steps
            steps += 1

        connection.set_progress_handler(count, 10)
        pruned = connection.execute(sqlite_module._STATEMENTS.prune, (9, 9)).rowcount  # pyright: ignore[reportPrivateUsage]
        connection.close()
        assert pruned == {"none": rows, "one": 0, "half": rows // 2}[live]
        return steps

    assert work(800) < 3 * work(400)


@pytest.mark.parametrize("newest", ["open", "placed"])
async def test_of_a_group_that_is_not_over_nothing_is_pruned(journal: Journal, newest: str) -> None:
    for number, group in enumerate(["g", "g", "other"]):
        await journal.intent(record(f"id{number}", created_ms=number, group=group))
        await judge(journal, f"id{number}", None, str(number))
    # Another account's group of this name is another one.
    await journal.intent(record("id8", created_ms=1, group="other", account="else"))
    await journal.intent(record("id9", created_ms=2 if newest == "open" else 5, group="g"))
    if newest == "placed":
        await judge(journal, "id9", None, "9")
    assert await journal.prune(before_ms=5) == 1
    assert len(await journal.group("venue-a", "digest", "g")) == 3
    assert await journal.group("venue-a", "digest", "other") == []
    await judge(journal, "id9", None, "9")
    assert await journal.prune(before_ms=6) == 3


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no file can be named"):
        SqliteJournal("orders\0.sqlite")
