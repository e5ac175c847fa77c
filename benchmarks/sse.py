"""`/events` with a thousand readers on one process, beside bare `sse-starlette`: processor time for each change that is
delivered, and memory for each reader.

Each server is a process of its own under uvicorn; the readers are sockets of this one, which read and throw away. Both
deliver the same fills one at a time, each to all readers before the next: ours through the whole app with its guard,
the bare app as sse-starlette's documentation shows it, a queue for each reader. Rounds take turns; a round's ratio is
of the two servers' processor time.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import resource
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

import futures_async as fa
from benchmarks.measure import Cost, Rounds, Row, ratio

READERS = 1000
CHANGES = 20
ROUNDS = 9
FILL: dict[str, Any] = {
    "account": "main", "venue": "bitget", "unread": [], "fill_id": "1234567890123456789",
    "order_id": "1234567890123456788", "client_order_id": "fa-7c1f0a2b9d", "symbol": "BTC/USDT:USDT",
    "venue_symbol": "BTCUSDT", "side": "buy", "price": "92918.1", "quantity": "0.01", "fee": "0.557508",
    "fee_coin": "USDT", "role": "taker", "realized_pnl": "0", "created_ms": 1795786504920,
}  # fmt: skip

Tell = Callable[[], None]


def ours() -> tuple[Any, Tell]:
    """The app as it ships, over an account that nobody asks anything."""
    app = fa.web.app(fa.Portfolio({"main": fa.connect("bitget")}))
    picture = app.state.picture
    picture.look = lambda: None
    picture._seen.set()

    def tell() -> None:
        picture._fill(FILL)

    return app, tell


def bare() -> tuple[Any, Tell]:
    """sse-starlette, a queue for each reader."""
    queues: set[asyncio.Queue[dict[str, str]]] = set()
    number = 0

    async def events(request: Request) -> EventSourceResponse:
        queue: asyncio.Queue[dict[str, str]] = asyncio.Queue()

        async def told() -> AsyncGenerator[dict[str, str], None]:
            queues.add(queue)
            try:
                while True:
                    yield await queue.get()
            finally:
                queues.discard(queue)

        return EventSourceResponse(told())

    def tell() -> None:
        nonlocal number
        number += 1
        text = json.dumps(FILL, separators=(",", ":"))
        for queue in queues:
            queue.put_nowait({"id": str(number), "event": "fill", "data": text})

    return Starlette(routes=[Route("/events", events)]), tell


SUBJECTS = {"ours": ours, "bare": bare}


def _serve(name: str, line: Connection) -> None:
    asyncio.run(_answer(name, line))


async def _answer(name: str, line: Connection) -> None:
    """Serve, and do what the line says: tell a change, say what was used so far, end."""
    app, tell = SUBJECTS[name]()
    listener = socket.create_server(("127.0.0.1", 0), backlog=READERS)
    config = uvicorn.Config(app, log_level="error", loop="asyncio", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve(sockets=[listener]))
        await _obey(line, tell, listener.getsockname()[1])


async def _obey(line: Connection, tell: Tell, port: int) -> None:
    words: asyncio.Queue[str] = asyncio.Queue()
    asyncio.get_running_loop().add_reader(line.fileno(), lambda: words.put_nowait(line.recv()))
    line.send(port)
    while (word := await words.get()) != "end":
        if word == "tell":
            tell()
        else:
            gc.collect()
            line.send((time.process_time(), _resident_kb()))
    os._exit(0)  # a thousand streams need not be ended one by one


def _resident_kb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1024


class _Reader(asyncio.Protocol):
    """Counts what it is told."""

    def __init__(self, told: Callable[[int], None]) -> None:
        self.fills = 0
        self._told = told
        self.begun = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self.begun.done():
            self.begun.set_result(None)
        fills = data.count(b"event: fill")
        self.fills += fills
        self._told(fills)


class _Subject:
    def __init__(self, line: Connection) -> None:
        self._line = line
        self._told = 0
        self._all = asyncio.Event()
        self._last: list[_Reader] = []
        self._delivered = 0
        self.readers = 0

    async def read(self, count: int, port: int) -> None:
        """So many more readers."""
        loop = asyncio.get_running_loop()
        for _ in range(count // 50):
            made = [await loop.create_connection(lambda: _Reader(self._heard), "127.0.0.1", port) for _ in range(50)]
            await asyncio.gather(*(reader.begun for _, reader in made))
            self._last += [reader for _, reader in made]
        self.readers += count
        await asyncio.sleep(0.5)

    def _heard(self, count: int) -> None:
        self._told += count
        if self._told >= self.readers:
            self._all.set()

    async def deliver(self) -> None:
        """One change, to all."""
        self._told = 0
        self._delivered += 1
        self._all.clear()
        self._line.send("tell")
        await self._all.wait()

    def all_got_all(self) -> bool:
        """Each of the readers who came last has every change that was told since, once."""
        here = self._last[-READERS:]
        return len(here) == READERS and {reader.fills for reader in here} == {self._delivered - 1}

    def used(self) -> tuple[float, float]:
        """Processor seconds and KB so far."""
        self._line.send("used")
        return self._line.recv()


@asynccontextmanager
async def _subject(name: str) -> AsyncGenerator[tuple[_Subject, int], None]:
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(name, there))
    process.start()
    try:
        yield _Subject(here), here.recv()
    finally:
        here.send("end")
        process.join()


async def run() -> list[Row]:
    """Both rows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sizes: dict[str, float] = {}
    found: Rounds = {name: [] for name in SUBJECTS}
    async with _subject("ours") as (our, our_port), _subject("bare") as (theirs, their_port):
        subjects = {"ours": (our, our_port), "bare": (theirs, their_port)}
        for name, (subject, port) in subjects.items():
            await subject.read(50, port)
            await subject.deliver()
            before = subject.used()[1]
            await subject.read(READERS, port)
            await subject.deliver()
            sizes[name] = (subject.used()[1] - before) / READERS
        for _ in range(ROUNDS):
            for name, (subject, _) in subjects.items():
                cpu, _ = subject.used()
                wall = time.perf_counter()
                for _ in range(CHANGES):
                    await subject.deliver()
                took = time.perf_counter() - wall
                deliveries = CHANGES * subject.readers
                found[name].append(Cost((subject.used()[0] - cpu) / deliveries, took / deliveries))
        complete = our.all_got_all()
    cost = ratio(found, "ours", "bare")
    each = sorted(cost.cpu for cost in found["ours"])[ROUNDS // 2] * 1e6
    return [
        Row(
            f"a change to each of {READERS:,} readers of `/events` on one process, processor time",
            "≤ 1.5 × bare sse-starlette",
            f"{cost} ({each:.0f} µs a reader here); {'each' if complete else 'NOT each'} got every one, once",
            cost.median <= 1.5 and complete,
        ),
        Row(
            "… memory for each reader, all of the connection included",
            "≤ 30 KB",
            f"{sizes['ours']:.1f} KB (bare sse-starlette {sizes['bare']:.1f})",
            sizes["ours"] <= 30,
        ),
    ]
