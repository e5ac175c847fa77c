"""A real PostgreSQL on a loopback port, as a user who is not root: PostgreSQL refuses to run as that."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.redis_servers import free_port

PASSWORD = "sesame-open-4f1b"


def binaries() -> Path | None:
    """The folder with initdb and its kin; Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
        Path(path) for path in (shutil.which("initdb"),) if path is not None
    ]
    return found[-1].resolve().parent if found else None


# CI installs the server, so there its absence is a failure.
needs_postgres = pytest.mark.skipif(
    binaries() is None and "CI" not in os.environ, reason="no PostgreSQL server is installed (initdb is not found)"
)


def _as_other_user() -> tuple[list[str], int | None]:
    """What a command begins with to run as a user who is not root, and that user's number."""
    if os.geteuid() != 0:
        return [], None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return ["runuser", "-u", name, "--"], pwd.getpwnam(name).pw_uid
    raise AssertionError("root finds no user to run PostgreSQL as")


class Postgres:
    """A cluster in a folder of its own, with one password for its one user."""

    def __init__(self) -> None:
        self.port = free_port()
        found = binaries()
        assert found is not None, "no PostgreSQL server is installed"
        self._bin = found
        self._prefix, owner = _as_other_user()
        # Not under pytest's own folder, which only its owner can enter.
        self.folder = Path(tempfile.mkdtemp(prefix="futures-async-postgres-"))
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if owner is not None:
            for path in (self.folder, secret):
                os.chown(path, owner, -1)
        self._data = self.folder / "data"
        users = ["-U", "bot", "-A", "scram-sha-256", f"--pwfile={secret}"]
        self._run("initdb", "-D", str(self._data), *users, "--no-sync", "-E", "UTF8", "--locale=C")
        self.url = f"postgresql://bot:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-o", options, "-l", log, "-w", "-t", "60", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "stop", check=False)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement of an administrator's returns."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def break_connections(self) -> int:
        """Break those of the library, as a server or a network does; how many there were."""
        return len(
            self.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'futures-async%%'"
            )
        )

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """The server answers nothing meanwhile, and its connections stay open."""
        rows = self.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        (postmaster, *_) = (self._data / "postmaster.pid").read_text().split()
        pids = [int(postmaster), *(pid for (pid,) in rows)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        command = [*self._prefix, str(self._bin / program), *arguments]
        # Not over pipes: the server that pg_ctl leaves running would keep them open.
        with (self.folder / "said").open("w") as said:
            ended = subprocess.run(command, cwd="/", stdout=said, stderr=said, check=False)
        assert not check or ended.returncode == 0, (self.folder / "said").read_text()


@contextlib.contextmanager
def postgres() -> Generator[Postgres]:
    """A running one."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgres_server() -> Generator[Postgres]:
    """One for all tests."""
    with postgres() as server:
        yield server


@pytest.fixture
def database(postgres_server: Postgres) -> Postgres:
    """The server, without any table."""
    postgres_server.ask("DROP TABLE IF EXISTS futures_async_intents, futures_async_journal")
    return postgres_server
