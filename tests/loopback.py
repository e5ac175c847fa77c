"""A server on 127.0.0.1 that does what venues, proxies and networks do on bad days.

It runs in a thread with an event loop of its own, so that clients on asyncio and trio can be tested alike, and it
speaks HTTP/1.1 by hand, so that every byte is ours:

    with Loopback() as venue:
        venue.next(cut())                     # the next request is read whole, then the connection closes
        venue.next(reply(b"{}"), cut())       # or several in a row; after them, `venue.default`
        ... client.get(venue.url + "/time") ...
        assert venue.requests[0].path == "/time"
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, Self

import trustme

Headers = Sequence[tuple[str, str]]


class Seen(NamedTuple):
    """A request as it came in, read to its end."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    body: bytes
    connection: int
    """The how-manieth connection brought it, from 0."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


class Exchange:
    """One request and the connection on which it is answered, byte by byte."""

    def __init__(self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen = seen
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """RST instead of FIN, without what is still buffered here."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Answer = Callable[[Exchange], Awaitable[None]]


def message(body: bytes = b"{}", *, status: int = 200, headers: Headers = (), length: int | None = None) -> bytes:
    """A whole answer; `length` declares another Content-Length than the true one."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def reply(
    body: bytes = b"{}", *, status: int = 200, headers: Headers = (("Content-Type", "application/json"),)
) -> Answer:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(message(body, status=status, headers=headers))

    return answer


def later(seconds: float, then: Answer) -> Answer:
    """Wait, then answer."""

    async def answer(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await then(exchange)

    return answer


async def silence(exchange: Exchange) -> None:
    """Read the request and never answer."""
    await exchange.reader.read()


def cut(sent: bytes = b"") -> Answer:
    """Close the connection after these bytes: before the headers, amid them, amid the body."""

    async def answer(exchange: Exchange) -> None:
        if sent:
            await exchange.send(sent)
        exchange.writer.close()

    return answer


def reset(sent: bytes = b"") -> Answer:
    """As `cut`, with a TCP reset."""

    async def answer(exchange: Exchange) -> None:
        if sent:
            await exchange.send(sent)
            await asyncio.sleep(0.01)  # a reset overtakes what the client has not read
        exchange.reset()

    return answer


def truncated(body: bytes = b'{"code":"00000"') -> Answer:
    """Promise more than comes, then close."""
    return cut(message(body, length=len(body) + 100))


def reset_mid_body(body: bytes = b'{"code":"00000"') -> Answer:
    """Promise more than comes, then reset."""
    return reset(message(body, length=len(body) + 100))


def reset_after_body(body: bytes = b"{}") -> Answer:
    """Answer in full, then reset: the answer counts, the connection is dead."""
    return reset(message(body))


def html(status: int = 502) -> Answer:
    """What a gateway says when the venue behind it is gone."""
    return reply(b"<html><h1>Bad Gateway</h1></html>", status=status, headers=(("Content-Type", "text/html"),))


def dribble(data: bytes, *, every_s: float = 0.002) -> Answer:
    """The bytes of a whole answer, one at a time."""

    async def answer(exchange: Exchange) -> None:
        for byte in data:
            await exchange.send(bytes((byte,)))
            await asyncio.sleep(every_s)

    return answer


def twice(body: bytes = b"{}", *, pause_s: float = 0.0) -> Answer:
    """The same answer two times: at once, or the copy a little later."""

    async def answer(exchange: Exchange) -> None:
        if not pause_s:
            await exchange.send(message(body) * 2)
            return
        await exchange.send(message(body))
        await asyncio.sleep(pause_s)
        await exchange.send(message(body))

    return answer


def zipped(body: bytes) -> Answer:
    """Compressed with gzip; a megabyte of zeros is a small bomb."""
    return reply(gzip.compress(body), headers=(("Content-Encoding", "gzip"),))


def bomb(unpacked: int) -> Answer:
    """A gzip body of about a thousandth of its unpacked size."""
    return zipped(bytes(unpacked))


def huge_length(declared: int = 1 << 40) -> Answer:
    """A Content-Length that nobody should believe, and the first of it."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(message(bytes(1 << 17), length=declared))
        await silence(exchange)

    return answer


def endless(chunk: bytes = bytes(65536)) -> Answer:
    """A chunked body that never ends."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await exchange.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    return answer


def redirect(location: str, status: int = 307) -> Answer:
    return reply(b"", status=status, headers=(("Location", location),))


def half_close(body: bytes = b"{}") -> Answer:
    """Answer without a length and shut down the sending side: the end of the connection is the end of the body."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\n\r\n" + body)
        if exchange.writer.can_write_eof():
            exchange.writer.write_eof()
        else:
            exchange.writer.close()

    return answer


def then_close(body: bytes = b"{}", *, after_s: float = 0.0) -> Answer:
    """Answer as if the connection were kept, and close it while it is idle."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(message(body))
        await asyncio.sleep(after_s)
        exchange.writer.close()

    return answer


class Authority:
    """A certificate authority that only tests trust."""

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self.pem: bytes = self._ca.cert_pem.bytes()

    def server(self, *names: str, **options: object) -> ssl.SSLContext:
        """A server's TLS context, with a certificate for `names` (127.0.0.1 by default)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = self._ca.issue_cert(*(names or ("127.0.0.1", "localhost")), **options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - trustme's own options
        certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - of pyOpenSSL, which is not here
        return context


class Loopback:
    """The server. Attributes may be read and set from the test's thread at any time."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, default: Answer | None = None) -> None:
        self.tls = tls
        self.default = default or reply()
        self.requests: list[Seen] = []
        self.connections = 0
        self.open = 0
        self._greet: Callable[[socket.socket], object] | None = None
        self._script: deque[Answer] = deque()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._address = ("127.0.0.1", 0)

    @classmethod
    def greeting(cls, greet: Callable[[socket.socket], object]) -> Self:
        """No HTTP at all: every accepted socket is given to `greet`, in a thread, and closed after it."""
        server = cls()
        server._greet = greet
        return server

    @property
    def port(self) -> int:
        return self._address[1]

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def next(self, *answers: Answer) -> None:
        """Answer the next requests so, whichever connections they come on."""
        self._script.extend(answers)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # cut connections are the point here
        self._stop = asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        listener = socket.create_server(("127.0.0.1", 0))
        self._address = listener.getsockname()
        listener.setblocking(False)
        accepted: set[socket.socket] = set()

        def accept() -> None:
            with suppress(OSError):
                raw, _ = listener.accept()
                accepted.add(raw)
                task = asyncio.create_task(self._accepted(raw))
                tasks.add(task)

                def ended(task: asyncio.Task[None]) -> None:
                    tasks.discard(task)
                    accepted.discard(raw)
                    raw.close()

                task.add_done_callback(ended)

        # Not asyncio.start_server, not sock_accept: both lose the socket that they accept as they are stopped.
        self._loop.add_reader(listener, accept)
        self._ready.set()
        await self._stop.wait()
        self._loop.remove_reader(listener)
        listener.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        for _ in range(5):
            await asyncio.sleep(0)  # what was aborted closes its socket in the next rounds of the loop
        for raw in accepted:
            raw.close()

    async def _accepted(self, raw: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with raw, suppress(OSError, EOFError):
            if self._greet is not None:
                self.connections += 1
                raw.setblocking(True)
                await loop.run_in_executor(None, self._greet, raw)
                return
            reader = asyncio.StreamReader(limit=1 << 20)
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, raw, ssl=self.tls)
            try:
                await self._connection(reader, asyncio.StreamWriter(transport, protocol, reader, loop))
            finally:
                transport.abort()
                await asyncio.sleep(0)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections
        self.connections += 1
        self.open += 1
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.rstrip().split("\r\n")
                method, target, _ = first.split(" ")
                pairs = (line.partition(":") for line in lines)
                headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
                body = await reader.readexactly(int(dict(headers).get("content-length", "0")))
                seen = Seen(method, target, headers, body, number)
                self.requests.append(seen)
                answer = self._script.popleft() if self._script else self.default
                await answer(Exchange(seen, reader, writer))
        finally:
            self.open -= 1
