"""The same pushes taken by others: bare websockets, ccxt.pro, pybotters; and what could stand behind the seam."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, NamedTuple

import aiohttp
import msgspec
from websockets.asyncio.client import connect

from benchmarks.peers import ccxt_bitget
from benchmarks.stream_venue import HOST
from futures_async.streams.backend import Receiver, StreamBackend, StreamConnection, StreamEnd, StreamRequest

_ccxt_pro: Any = import_module("ccxt.pro")  # both without types that say much
_pybotters: Any = import_module("pybotters")


class Subject(NamedTuple):
    """One who is pushed to."""

    take: Callable[[str, int, int], Awaitable[None]]
    """Takes so many frames of a channel, beginning with a number."""
    leave: Callable[[], Awaitable[object]]
    """Says goodbye to the venue."""


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

    return Subject(take, socket.close)


async def behind_the_seam(backend: StreamBackend, port: int) -> Subject:
    """One library with all duties of the seam, and no work."""
    counter = Count()
    connection = await backend.connect(StreamRequest(url=f"ws://{HOST}:{port}/"), counter)

    async def take(channel: str, count: int, first: int) -> None:
        counter.expect(count)
        connection.send(f"go {channel} {count} {first}")
        await counter.done.wait()

    return Subject(take, connection.aclose)


async def ccxt_pro(port: int, channel: str) -> Subject:
    """ccxt.pro, and one who awaits each change."""
    counter = Count()
    plain = ccxt_bitget()
    exchange: Any = _ccxt_pro.bitget({"apiKey": "k" * 32, "secret": "s" * 64, "password": "passphrase"})
    exchange.options.update(plain.options)
    exchange.set_markets(list(plain.markets.values()))
    handle = exchange.handle_message

    def counted(client: Any, message: Any) -> None:
        handle(client, message)
        if isinstance(message, dict) and "data" in message:
            counter.received(b"", binary=False)

    exchange.handle_message = counted
    url = f"ws://{HOST}:{port}/"
    exchange.urls["api"]["ws"] = dict.fromkeys(exchange.urls["api"]["ws"], url)

    async def follow() -> None:
        while True:
            if channel == "orders":
                await exchange.watch_orders(None, None, None, {"type": "swap", "instType": "USDT-FUTURES"})
            else:
                await exchange.watch_positions()

    following = asyncio.ensure_future(follow())
    await asyncio.sleep(0.5)

    async def take(channel: str, count: int, first: int) -> None:
        counter.expect(count)
        await exchange.clients[url].connection.send_str(f"go {channel} {count} {first}")
        await counter.done.wait()

    async def leave() -> None:
        following.cancel()
        await exchange.close()

    return Subject(take, leave)


async def pybotters_store(port: int) -> Subject:
    """pybotters' client and its store for the venue."""
    client = _pybotters.Client()
    store = _pybotters.BitgetV2DataStore()
    counter = Count()

    def taken(message: Any, socket: Any) -> None:
        store.onmessage(message, socket)
        if "data" in message:
            counter.received(b"", binary=False)

    socket = await client.ws_connect(f"ws://{HOST}:{port}/", hdlr_json=taken)

    async def take(channel: str, count: int, first: int) -> None:
        counter.expect(count)
        await socket.current_ws.send_str(f"go {channel} {count} {first}")
        await counter.done.wait()

    async def leave() -> None:
        await client.__aexit__(None, None, None)

    return Subject(take, leave)
