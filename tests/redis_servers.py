"""Real Redis servers on loopback ports: one, a cluster, a master with its replica and their sentinel."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

SERVER = shutil.which("redis-server")
# CI installs the server, so there its absence is a failure.
needs_server = pytest.mark.skipif(SERVER is None and "CI" not in os.environ, reason="redis-server is not installed")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until(what: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait for what a server does by itself."""
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, "the server did not get there"
        time.sleep(0.02)


class Server:
    """One redis-server; `options` as on its command line."""

    def __init__(self, directory: Path, *options: str, password: str = "") -> None:
        self.directory = directory
        self.port = free_port()
        self.password = password
        self.options = [*options, *(("--requirepass", password, "--masterauth", password) if password else ())]
        self.url = f"redis://:{password}@127.0.0.1:{self.port}" if password else f"redis://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert SERVER is not None, "redis-server is not installed"
        self.directory.mkdir(exist_ok=True)
        basics = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.directory)]
        self.process = subprocess.Popen([SERVER, *basics, *self.options], stdout=subprocess.DEVNULL)

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        until(listens)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def ask(self, *command: str | int) -> Any:
        """The answer to one command, its text decoded."""
        import redis

        client: Any = redis.Redis(port=self.port, password=self.password or None, decode_responses=True)
        with client:
            return client.execute_command(*command)

    def says(self, section: str, word: str) -> bool:
        """Whether a line of INFO, or of CLUSTER INFO, stands there."""
        import redis

        client: Any = redis.Redis(port=self.port, password=self.password or None)
        client.response_callbacks.clear()  # they read the lines into a table
        with client:
            try:
                text = client.execute_command(*section.split())
            except redis.ConnectionError:
                return False
            return word in text.decode().split()


class Servers:
    """Several, and the URL that names them."""

    def __init__(self, url: str, servers: list[Server]) -> None:
        self.url = url
        self.servers = servers

    def master(self, section: str = "INFO replication") -> Server:
        """The one that holds the limits."""
        found = [server for server in self.servers if server.says(section, "role:master")]
        return found[0]


@contextlib.contextmanager
def running(*servers: Server) -> Generator[None]:
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


@contextlib.contextmanager
def cluster(directory: Path, key: str) -> Generator[Servers]:
    """Three masters, and a replica of the one that holds `key`; that one stands first, its replica last."""
    servers = [
        Server(directory / f"node{n}", "--cluster-enabled", "yes", "--cluster-node-timeout", "500",
               "--cluster-port", str(free_port()), "--repl-diskless-sync-delay", "0")
        for n in range(4)
    ]  # fmt: skip
    with running(*servers):
        first = servers[0]
        for other in servers[1:]:
            bus = other.options[other.options.index("--cluster-port") + 1]
            first.ask("CLUSTER", "MEET", "127.0.0.1", other.port, bus)
        ranges = [(0, 5460), (5461, 10922), (10923, 16383)]
        slot = int(first.ask("CLUSTER", "KEYSLOT", key))
        ranges.sort(key=lambda ends: not ends[0] <= slot <= ends[1])
        for server, ends in zip(servers, ranges, strict=False):
            server.ask("CLUSTER", "ADDSLOTSRANGE", *ends)
        names = {server.port: server.ask("CLUSTER", "MYID") for server in servers}
        until(lambda: names[first.port] in str(servers[-1].ask("CLUSTER", "NODES")))
        servers[-1].ask("CLUSTER", "REPLICATE", names[first.port])
        until(lambda: servers[-1].says("INFO replication", "master_link_status:up"))
        until(lambda: all(server.says("CLUSTER INFO", "cluster_state:ok") for server in servers))
        until(lambda: all(server.says("CLUSTER INFO", "cluster_known_nodes:4") for server in servers))
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
        yield Servers(f"redis+cluster://{hosts}", servers)


@contextlib.contextmanager
def watched(directory: Path, *, password: str) -> Generator[Servers]:
    """A master and its replica, both with a password, and one sentinel that watches them."""
    master = Server(directory / "master", "--repl-diskless-sync-delay", "0", password=password)
    replica = Server(directory / "replica", "--replicaof", "127.0.0.1", str(master.port), password=password)
    sentinel = Server(directory / "sentinel")
    sentinel.directory.mkdir()
    config = sentinel.directory / "sentinel.conf"
    config.write_text(
        f"sentinel monitor limits 127.0.0.1 {master.port} 1\n"
        f"sentinel auth-pass limits {password}\n"
        "sentinel down-after-milliseconds limits 300\nsentinel failover-timeout limits 2000\n"
    )
    sentinel.options = ["--sentinel"]
    with running(master, replica):
        until(lambda: replica.says("INFO replication", "master_link_status:up"))
        assert SERVER is not None
        sentinel.process = subprocess.Popen(
            [SERVER, str(config), "--port", str(sentinel.port), "--bind", "127.0.0.1", "--sentinel"],
            stdout=subprocess.DEVNULL,
        )
        try:
            until(
                lambda: sentinel.says(
                    "INFO sentinel",
                    f"master0:name=limits,status=ok,address=127.0.0.1:{master.port},slaves=1,sentinels=1",
                )
            )
            yield Servers(
                f"redis+sentinel://:{password}@127.0.0.1:{sentinel.port}/limits/0", [master, replica, sentinel]
            )
        finally:
            sentinel.stop()
