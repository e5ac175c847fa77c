"""Streams: processor time for each push, from its frame to a change, and of the libraries that could bring the frames.

`libraries` compares what could stand behind the seam, all with the same duties: a cap on messages, whole messages
handed over as they come, the end told.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import aiohttp

from benchmarks.measure import Cost, Ratio, Rounds, Row, ratio, resident_kb
from benchmarks.stream_peers import (
    AiohttpBackend,
    Subject,
    WebsocketsBackend,
    bare,
    behind_the_seam,
    ccxt_pro,
    pybotters_store,
)
from benchmarks.stream_venue import HOST, venue
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.adapters.bitget.streams import BitgetStreamDialect
from futures_async.streams.account import AccountStreams, Means, Wish
from futures_async.streams.backend import Receiver, StreamBackend, StreamConnection, StreamRequest
from futures_async.streams.dialect import Heartbeat, What
from futures_async.streams.events import Reporter
from futures_async.streams.orders import Orders
from futures_async.streams.picows import PicowsBackend
from futures_async.streams.picture import Picture
from futures_async.streams.rows import Rows
from futures_async.streams.rules import POSITIONS
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.running import current_runtime
from futures_async.unified.credentials import Credentials
from futures_async.unified.watching import ChangeKind

FRAMES = 300
ROUNDS = 7
MANY = 100_000


class _Nothing:
    """A venue that holds nothing when asked."""

    async def now(self) -> list[Any]:
        return []

    async def since(self, since_ms: int) -> list[Any]:
        return []

    async def one(self, item: Any) -> None:
        return None


class _Pushing(PicowsBackend):
    """The backend that ships; keeps the connection, to ask the venue for pushes on it."""

    connection: StreamConnection

    async def connect(self, request: StreamRequest, receiver: Receiver) -> StreamConnection:
        self.connection = await super().connect(request, receiver)
        return self.connection


class _Quiet(BitgetStreamDialect):
    """As it ships, with no heartbeat in the way."""

    heartbeat = Heartbeat(text="ping", every_s=3600.0, patience_s=10.0)
    acknowledge_s = 3600.0


async def ours(port: int, what: What, read: Callable[[Any], object] | None = None) -> Subject:
    """Everything: line, dialect, picture, watch, and one who iterates."""
    runtime = current_runtime()
    backend = _Pushing()
    unsaid = _Quiet.unsaid[What.POSITIONS]
    picture: Callable[[], Picture[Any]] = Orders if what is What.ORDERS else lambda: Rows(POSITIONS, unsaid)

    def pushing(url: str) -> StreamBackend:
        return backend

    async def set_clock() -> None:
        return None

    streams = AccountStreams(
        Means(
            venue="bitget",
            dialect=_Quiet(BitgetDialect(), "USDT-FUTURES", None),
            backend=pushing,
            runtime=lambda: runtime,
            now_ms=lambda: int(time.time() * 1000),
            error_ms=lambda: 0,
            know_time=set_clock,
            set_clock=set_clock,
            credentials=Credentials(key="key", secret="secret", passphrase="passphrase"),
            base_url=f"http://{HOST}:{port}",
            demo=False,
            headers=(),
            limiter=NoLimiter(),
            draw=lambda: 0.5,
            report=Reporter("bitget", None),
        )
    )
    watch = streams.watch(Wish(what, picture, _Nothing(), audit_s=3600.0))
    await watch.__aenter__()
    if what is What.POSITIONS:
        await asyncio.sleep(0.5)
        backend.connection.send("go positions 1 0")
    await watch.live()

    orders, closed = what is What.ORDERS, ChangeKind.CLOSED

    async def take(channel: str, count: int, first: int) -> None:
        backend.connection.send(f"go {channel} {count} {first}")
        last = first + count - 1
        # What comes twice before it is taken is told once: the last one says that all are in.
        row = str(1300000000000000011 + last // 2) if orders else str(1741850543856 + last + 49)
        while True:
            change = await anext(watch)
            if read is not None:
                read(change.item)
            if orders:
                if change.kind is closed and change.item.order_id == row:
                    return
            elif change.item.raw.u_time == row:
                return

    async def leave() -> None:
        await watch.aclose()
        await streams.aclose()

    return Subject(take, leave)


async def measured(subjects: dict[str, Subject], channel: str, frames: int) -> Rounds:
    """Processor seconds for each frame, in turns; then all of them leave."""
    found: Rounds = {name: [] for name in subjects}
    first = 10
    for number in range(ROUNDS + 1):
        for name, subject in subjects.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            await subject.take(channel, frames, first)
            cost = Cost((time.process_time() - cpu) / frames, (time.perf_counter() - wall) / frames)
            if number:  # the first round warms up
                found[name].append(cost)
        first += frames
    for subject in subjects.values():
        await subject.leave()
    return found


def _read_five(position: Any) -> None:
    _ = (
        position.quantity,
        position.entry_price,
        position.liquidation_price,
        position.unrealized_pnl,
        position.leverage,
    )


FIVE = ("total", "openPriceAvg", "liquidationPrice", "unrealizedPL", "leverage")


def _convert_five(row: dict[str, Any]) -> None:
    for name in FIVE:
        Decimal(row[name])


async def run() -> list[Row]:
    """All rows."""
    rows: list[Row] = []
    async with venue() as port, aiohttp.ClientSession() as session:
        libraries = {
            backend.name: await behind_the_seam(backend, port)
            for backend in (WebsocketsBackend(), AiohttpBackend(session), PicowsBackend())
        }
        cost = await measured(libraries, "orders", FRAMES)
        shown = ", ".join(f"{name} {ratio(cost, name, 'websockets')}" for name in libraries if name != "websockets")
        rows.append(Row("a frame behind the seam, same duties (websockets = 1)", "", shown, None))
        rows += await _compared(port, "orders", What.ORDERS, "one order push, frame to change", 1.0, FRAMES)
        rows += await _compared(
            port, "positions", What.POSITIONS, "one push of 50 positions, all changed, nothing read", 1.1, FRAMES // 4
        )
        subjects = {"bare": await bare(port, _convert_five), "ours": await ours(port, What.POSITIONS, _read_five)}
        found = ratio(await measured(subjects, "positions", FRAMES // 4), "ours", "bare")
        rows.append(_goal("one push of 50 positions, five numbers of each read on both sides", found, 1.0))
        rows.append(await _memory(port))
    return rows


async def _compared(port: int, channel: str, what: What, says: str, most: float, frames: int) -> list[Row]:
    """Ours and the others on one channel, in turns."""
    subjects = {
        "bare": await bare(port),
        "ours": await ours(port, what),
        "ccxt.pro": await ccxt_pro(port, channel),
        "pybotters": await pybotters_store(port),
    }
    cost = await measured(subjects, channel, frames)
    peers = ", ".join(f"{name} {ratio(cost, name, 'bare')}" for name in ("ccxt.pro", "pybotters"))
    return [
        _goal(says, ratio(cost, "ours", "bare"), most),
        Row("… the same by others (bare = 1)", "", peers, None),
    ]


async def _memory(port: int) -> Row:
    """What 100,000 pushes of orders, all of them ended, leave behind."""
    subject = await ours(port, What.ORDERS)
    first = 1_000_000
    sizes: list[int] = []
    for _ in range(5):
        await subject.take("orders", MANY // 5, first)
        first += MANY // 5
        sizes.append(resident_kb())
    await subject.leave()
    grown = sizes[-1] - sizes[2]  # until then the ended orders that are remembered grow more
    return Row(f"memory over {MANY:,} pushes of orders", "flat", f"{grown:+,} KB from 60,000 to 100,000", grown < 2_000)


def _goal(what: str, found: Ratio, most: float) -> Row:
    return Row(what, f"≤ {most} × bare websockets + untyped msgspec", f"{found}", found.median <= most)


if __name__ == "__main__":
    for row in asyncio.run(run()):
        print(row.what, row.result)
