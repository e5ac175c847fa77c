"""`uvicorn --workers`, and many clients of it at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NamedTuple

from futures_async.simulator.server import RunningExchange
from tests.redis_servers import free_port, until

ROOT = Path(__file__).parents[2]
READY, LISTENS = "Application startup complete.", "Uvicorn running on"


class Answer(NamedTuple):
    """What one request came to."""

    worker: bytes
    seconds: float
    """From the request to the end of its answer."""
    body: bytes


def percentile(answers: Sequence[Answer], part: float) -> float:
    """Seconds within which so large a part was answered."""
    return sorted(answer.seconds for answer in answers)[min(len(answers) - 1, int(part * len(answers)))]


@contextlib.contextmanager
def service(venue: RunningExchange, workers: int, redis_url: str = "") -> Generator[int]:
    """The README's service with so many workers, on all demo accounts; the port where it listens, all of them ready."""
    port = free_port()
    told = json.dumps(venue.announcement())
    environ = {**os.environ, "SIMULATED": told, "REDIS_URL": redis_url, "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "uvicorn", "tests.processes.service:app", "--workers", str(workers)]
    options = ["--port", str(port), "--no-access-log", "--log-level", "info", "--timeout-graceful-shutdown", "1"]
    process = subprocess.Popen([*command, *options], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True)
    said: list[str] = []

    def listen() -> None:
        assert process.stderr is not None
        said.extend(process.stderr)  # grows line by line

    def count(words: str) -> int:
        return sum(words in line for line in tuple(said))

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    try:
        until(lambda: (count(READY) == workers and count(LISTENS)) or process.poll() is not None)
        assert process.poll() is None, "".join(said)
        yield port
    finally:
        process.terminate()
        process.wait()
        listening.join()
        assert process.stderr is not None
        process.stderr.close()


async def ask(port: int, requests: int, *, opening: int = 100) -> list[Answer]:
    """So many requests at once, each on a connection of its own, which all stand before the first is sent."""
    turns = asyncio.Semaphore(opening)
    go = asyncio.Event()
    standing = 0

    async def one() -> Answer:
        nonlocal standing
        async with turns:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        standing += 1
        if standing == requests:
            go.set()
        await go.wait()
        began = time.perf_counter()
        writer.write(b"GET /positions HTTP/1.1\r\nHost: it\r\nConnection: close\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        seconds = time.perf_counter() - began
        writer.close()
        assert b" 200 " in head.partition(b"\r\n")[0], head
        return Answer(head.partition(b"worker: ")[2].partition(b"\r\n")[0], seconds, body)

    return await asyncio.gather(*(one() for _ in range(requests)))


def wake(port: int, workers: int) -> None:
    """Ask until every worker has answered with all accounts: a busy machine may not read them in time at first."""
    awake: set[bytes] = set()

    def all_are() -> bool:
        awake.update(one.worker for one in asyncio.run(ask(port, 8 * workers)) if b'"failed"' not in one.body)
        return len(awake) == workers

    until(all_are)
