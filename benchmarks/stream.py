"""Streams: processor time for each push, from its frame to a change, and of the libraries that could bring the frames.

A venue in a process of its own pushes at an even pace, so that every frame is a wake-up, as pushes are. `libraries`
compares what could stand behind the seam, all with the same duties: a cap on messages, whole messages handed over as
they come, the end told. `python -m benchmarks.stream serve` is the venue.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.measure import Cost, Ratio, Rounds, Row, ratio
from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.adapters.bitget.streams import BitgetStreamDialect
from futures_async.streams.account import AccountStreams, Means, Wish
from futures_async.streams.backend import Receiver, StreamBackend, StreamConnection, StreamEnd, StreamRequest
from futures_async.streams.dialect import Heartbeat, What
from futures_async.streams.events import Reporter
from futures_async.streams.orders import Orders
from futures_async.streams.picows import PicowsBackend
from futures_async.streams.picture import Picture
from futures_async.streams.rows import Rows
from futures_async.streams.rules import POSITIONS
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.runtime import current_runtime
from futures_async.unified.credentials import Credentials
from futures_async.unified.watching import ChangeKind

FRAMES = 300
PACE_S = 0.0005
ROUNDS = 7
HOST = "127.0.0.1"

# The venue


def _order(number: int) -> dict[str, Any]:
    """Two pushes for each order: it rests, and it is filled."""
    filled = number % 2 == 1
    row: dict[str, Any] = {
        "accBaseVolume": "0.2" if filled else "0",
        "cTime": str(1742560144582 + number),
        "cancelReason": "",
        "clientOid": f"fx{number // 2:012d}",
        "enterPointSource": "API",
        "feeDetail": [{"feeCoin": "USDT", "fee": f"-0.0112{number % 1000:04d}"}],
        "force": "gtc",
        "instId": "LTCUSDT",
        "leverage": "10",
        "marginCoin": "USDT",
        "marginMode": "crossed",
        "notionalUsd": "18.722",
        "orderId": str(1300000000000000011 + number // 2),
        "orderType": "limit",
        "posMode": "one_way_mode",
        "posSide": "net",
        "presetStopLossExecutePrice": "",
        "presetStopLossType": "",
        "presetStopSurplusExecutePrice": "",
        "presetStopSurplusType": "",
        "price": f"{93 + number % 7}.62",
        "reduceOnly": "no",
        "side": "buy",
        "size": "0.2",
        "status": "filled" if filled else "live",
        "stpMode": "none",
        "totalProfits": "0",
        "tradeSide": "buy_single",
        "uTime": str(1742560144693 + number),
    }
    if filled:
        row |= {
            "priceAvg": "93.62",
            "baseVolume": "0.2",
            "fillFee": "-0.0112344",
            "fillFeeCoin": "USDT",
            "fillNotionalUsd": "18.724",
            "fillPrice": "93.62",
            "fillTime": "1742560144693",
            "pnl": "0",
            "tradeId": str(1300000000000000012 + number),
            "tradeScope": "T",
        }
    return row


def _position(index: int, number: int) -> dict[str, Any]:
    return {
        "posId": str(1300000000000000001 + index),
        "instId": f"C{index:02d}USDT",
        "marginCoin": "USDT",
        "marginSize": "0.67098",
        "marginMode": "crossed",
        "holdSide": "long",
        "posMode": "one_way_mode",
        "total": str(3 + number % 5),
        "available": "3",
        "frozen": "0",
        "openPriceAvg": f"2.{2366 + number % 999}",
        "leverage": 10,
        "achievedProfits": "0",
        "unrealizedPL": f"0.00{number % 89 + 10}",
        "unrealizedPLR": "0.001341321649",
        "liquidationPrice": "-5.882918946895",
        "keepMarginRate": "0.0040",
        "marginRate": "0.001265633757",
        "autoMargin": "off",
        "breakEvenPrice": "2.238882701621",
        "deductedFee": "0.002818116",
        "totalFee": "",
        "cTime": "1732378185023",
        "uTime": str(1741850543856 + number),
    }


def _frame(channel: str, number: int) -> str:
    rows = [_order(number)] if channel == "orders" else [_position(index, number + index) for index in range(50)]
    arg = {"instType": "USDT-FUTURES", "channel": channel, "instId": "default"}
    whole = {"action": "snapshot", "arg": arg, "data": rows, "ts": int(time.time() * 1000)}
    return msgspec.json.encode(whole).decode()


async def _talk(peer: ServerConnection) -> None:
    """Answers logins and subscriptions as Bitget does, and pushes on demand: `go CHANNEL COUNT FIRST`."""
    loop = asyncio.get_running_loop()
    async for text in peer:
        words = str(text).split()
        if words[0] == "go":
            frames = [_frame(words[1], int(words[3]) + number) for number in range(int(words[2]))]
            due = loop.time()
            for frame in frames:
                due += PACE_S
                await asyncio.sleep(due - loop.time())
                await peer.send(frame)
        elif text == "ping":
            await peer.send("pong")
        else:
            said = msgspec.json.decode(text)
            if said["op"] == "login":
                await peer.send('{"event":"login","code":0}')
            else:
                for arg in said["args"]:
                    await peer.send(msgspec.json.encode({"event": "subscribe", "arg": arg}).decode())


async def _serve() -> None:
    async with serve(_talk, HOST, 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.wait_closed()


@asynccontextmanager
async def venue() -> AsyncGenerator[int]:
    """The venue, in a process of its own; its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.stream", "serve", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


# What could stand behind the seam


class Count:
    """Takes frames, and tells when there were enough."""

    def __init__(self, work: Callable[[bytes], object] | None = None) -> None:
        self._work = work
        self.left = 0
        self.done = asyncio.Event()

    def expect(self, count: int) -> None:
        self.left = count
        self.done.clear()

    def received(self, data: bytes, *, binary: bool) -> None:
        if self._work is not None:
            self._work(data)
        self.left -= 1
        if not self.left:
            self.done.set()

    def ended(self, end: StreamEnd) -> None:
        self.done.set()


class _Connection(StreamConnection):
    """Of a library that is asked for each message: a task asks, and hands over."""

    def __init__(self, send: Callable[[str], Awaitable[None]], close: Callable[[], Awaitable[Any]]) -> None:
        self._send = send
        self._close = close
        self._sending: set[asyncio.Task[Any]] = set()
        self.pump: asyncio.Task[None] | None = None

    def send(self, text: str) -> None:
        task = asyncio.ensure_future(self._send(text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def aclose(self) -> None:
        await self._close()
        if self.pump is not None:
            await self.pump

    def abort(self) -> None:
        if self.pump is not None:
            self.pump.cancel()


class WebsocketsBackend(StreamBackend):
    """websockets."""

    name = "websockets"

    async def connect(self, request: StreamRequest, receiver: Receiver) -> StreamConnection:
        socket = await connect(
            request.url, compression=None, max_size=request.max_message, ping_interval=None, proxy=None
        )

        async def pump() -> None:
            async for message in socket:
                binary = isinstance(message, bytes)
                receiver.received(message if isinstance(message, bytes) else message.encode(), binary=binary)
            receiver.ended(StreamEnd(kind="closed", code=socket.close_code))

        connection = _Connection(socket.send, socket.close)
        connection.pump = asyncio.create_task(pump())
        return connection


class AiohttpBackend(StreamBackend):
    """aiohttp."""

    name = "aiohttp"

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def connect(self, request: StreamRequest, receiver: Receiver) -> StreamConnection:
        socket = await self._session.ws_connect(request.url, max_msg_size=request.max_message, compress=0)

        async def pump() -> None:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    receiver.received(message.data.encode(), binary=False)
            receiver.ended(StreamEnd(kind="closed", code=socket.close_code))

        connection = _Connection(socket.send_str, socket.close)
        connection.pump = asyncio.create_task(pump())
        return connection


# Subjects: each takes so many frames of a channel

Subject = Callable[[str, int, int], Awaitable[None]]


async def bare(port: int, read: Callable[[Any], object] | None = None) -> Subject:
    """websockets and msgspec without types: what is written in ten lines, with no duty but to print."""
    socket = await connect(f"ws://{HOST}:{port}/", compression=None, ping_interval=None, proxy=None)

    async def take(channel: str, count: int, first: int) -> None:
        await socket.send(f"go {channel} {count} {first}")
        for _ in range(count):
            rows = msgspec.json.decode(await socket.recv())["data"]
            if read is not None:
                for row in rows:
                    read(row)

    return take


async def behind_the_seam(backend: StreamBackend, port: int) -> Subject:
    """One library with all duties of the seam, and no work."""
    counter = Count()
    connection = await backend.connect(StreamRequest(url=f"ws://{HOST}:{port}/"), counter)

    async def take(channel: str, count: int, first: int) -> None:
        counter.expect(count)
        connection.send(f"go {channel} {count} {first}")
        await counter.done.wait()

    return take


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
    picture: Callable[[], Picture[Any]] = Orders if what is What.ORDERS else lambda: Rows(POSITIONS)

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

    async def take(channel: str, count: int, first: int) -> None:
        backend.connection.send(f"go {channel} {count} {first}")
        last = first + count - 1
        # What comes twice before it is taken is told once: the last one says that all are in.
        row = str(1300000000000000011 + last // 2) if what is What.ORDERS else str(1741850543856 + last + 49)
        while True:
            change = await anext(watch)
            if read is not None:
                read(change.item)
            if what is What.ORDERS:
                if change.kind is ChangeKind.CLOSED and change.item.order_id == row:
                    return
            elif change.item.raw.u_time == row:
                return

    return take


async def measured(subjects: dict[str, Subject], channel: str, frames: int) -> Rounds:
    """Processor seconds for each frame, in turns."""
    found: Rounds = {name: [] for name in subjects}
    first = 10
    for number in range(ROUNDS + 1):
        for name, take in subjects.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            await take(channel, frames, first)
            cost = Cost((time.process_time() - cpu) / frames, (time.perf_counter() - wall) / frames)
            if number:  # the first round warms up
                found[name].append(cost)
        first += frames
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
        cost = await measured({"bare": await bare(port), "ours": await ours(port, What.ORDERS)}, "orders", FRAMES)
        orders = ratio(cost, "ours", "bare")
        rows.append(_goal("one order push, frame to change", orders, 1.0))
        cost = await measured(
            {"bare": await bare(port), "ours": await ours(port, What.POSITIONS)}, "positions", FRAMES // 4
        )
        rows.append(
            _goal("one push of 50 positions, all of them changed, nothing read", ratio(cost, "ours", "bare"), 1.1)
        )
        subjects = {"bare": await bare(port, _convert_five), "ours": await ours(port, What.POSITIONS, _read_five)}
        cost = await measured(subjects, "positions", FRAMES // 4)
        rows.append(
            _goal("one push of 50 positions, five numbers of each read on both sides", ratio(cost, "ours", "bare"), 1.0)
        )
    return rows


def _goal(what: str, found: Ratio, most: float) -> Row:
    return Row(what, f"≤ {most} × bare websockets + untyped msgspec", f"{found}", found.median <= most)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(_serve())
    else:
        for row in asyncio.run(run()):
            print(row.what, row.result)
