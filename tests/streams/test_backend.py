"""The backend, against a server of another library and against bytes written by hand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
import trustme
from websockets.asyncio.server import ServerConnection, serve

from futures_async.streams.backend import StreamEnd, StreamFailure, StreamRequest
from futures_async.streams.picows import PicowsBackend

pytestmark = pytest.mark.asyncio

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Heard:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bool]] = []
        self.ends: list[StreamEnd] = []
        self.over = asyncio.Event()

    def received(self, data: bytes, *, binary: bool) -> None:
        self.messages.append((data, binary))

    def ended(self, end: StreamEnd) -> None:
        self.ends.append(end)
        self.over.set()

    async def end(self) -> StreamEnd:
        with anyio.fail_after(5):
            await self.over.wait()
        assert len(self.ends) == 1
        return self.ends[0]


def request(port: int, *, scheme: str = "ws", max_message: int = 10_000, connect_s: float = 5.0) -> StreamRequest:
    return StreamRequest(
        url=f"{scheme}://localhost:{port}/stream?a=b",
        headers=(("User-Agent", "tests"),),
        max_message=max_message,
        connect_s=connect_s,
    )


@asynccontextmanager
async def raw_server(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """A server of bytes; its connections are gone when it is left."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "localhost", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Answer the handshake; the request's head."""
    head = await reader.readuntil(b"\r\n\r\n")
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    return head


def frame(payload: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
    size = len(payload)
    head = bytes([opcode | (0x80 if final else 0)])
    if size < 126:
        return head + bytes([size]) + payload
    if size < 65536:
        return head + bytes([126]) + size.to_bytes(2, "big") + payload
    return head + bytes([127]) + size.to_bytes(8, "big") + payload


def sends(*frames: bytes, hold: bool = True) -> Handler:
    """Upgrade, send these in one piece, and hold the line or hang up."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        writer.write(b"".join(frames))
        await writer.drain()
        if hold:
            await reader.read()

    return handler


async def test_messages_arrive_whole_and_in_order() -> None:
    async def talk(peer: ServerConnection) -> None:
        await peer.send("one")
        await peer.send(["t", "w", "o"])
        await peer.send(b"\x00\xff")
        async for text in peer:
            await peer.send(f"{text!s}!")
            await peer.close(1001, "later")

    heard = Heard()
    async with serve(talk, "localhost", 0, compression=None) as server:
        connection = await PicowsBackend().connect(request(next(iter(server.sockets)).getsockname()[1]), heard)
        connection.send("three")
        end = await heard.end()
    assert heard.messages == [(b"one", False), (b"two", False), (b"\x00\xff", True), (b"three!", False)]
    assert (end.kind, end.code, end.reason) == ("closed", 1001, "later")
    assert str(end) == "closed 1001 (later)"


async def test_nothing_that_came_before_the_close_is_lost() -> None:
    frames = [frame(b"%d" % number) for number in range(500)]
    heard = Heard()
    async with raw_server(sends(*frames, frame(b"\x03\xe8", 8), hold=False)) as port:
        await PicowsBackend().connect(request(port), heard)
        end = await heard.end()
    assert [data for data, _ in heard.messages] == [b"%d" % number for number in range(500)]
    assert end.kind == "closed"


async def test_a_line_that_is_cut_without_a_close_frame_is_lost() -> None:
    heard = Heard()
    async with raw_server(sends(frame(b"last"), hold=False)) as port:
        await PicowsBackend().connect(request(port), heard)
        assert (await heard.end()).kind == "lost"
    assert heard.messages == [(b"last", False)]


async def test_a_ping_of_the_venue_is_answered_also_between_fragments() -> None:
    answer: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        writer.write(frame(b"ha", 1, final=False) + frame(b"?", 9) + frame(b"lf", 0))
        answer.append(await reader.readexactly(7))
        writer.write(frame(b"\x03\xe8", 8))
        await reader.read()

    heard = Heard()
    async with raw_server(handler) as port:
        await PicowsBackend().connect(request(port), heard)
        await heard.end()
    assert answer[0][0] == 0x8A
    assert heard.messages == [(b"half", False)]


async def test_a_message_over_the_cap_ends_the_connection() -> None:
    parts = [frame(b"x" * 5_000, 1, final=False), frame(b"x" * 5_000, 0, final=False), frame(b"x" * 5_000, 0)]
    for frames in ([frame(b"x" * 20_000)], parts, [frame(b"", 1, final=False)] + [frame(b"", 0, final=False)] * 200):
        heard = Heard()
        async with raw_server(sends(*frames)) as port:
            await PicowsBackend().connect(request(port), heard)
            assert (await heard.end()).kind == "too-big"
        assert heard.messages == []


@pytest.mark.parametrize(
    "frames",
    [
        [frame(b"middle", 0)],
        [frame(b"begun", 1, final=False), frame(b"anew", 1)],
        [bytes([0x81, 0x81]) + b"maskx"],
        [bytes([0x83, 0])],
    ],
    ids=["continuation of nothing", "begun anew", "masked", "unknown kind"],
)
async def test_what_breaks_the_protocol_ends_the_connection(frames: list[bytes]) -> None:
    heard = Heard()
    async with raw_server(sends(*frames)) as port:
        await PicowsBackend().connect(request(port), heard)
        assert (await heard.end()).kind == "protocol"
    assert heard.messages == []


async def test_a_receiver_that_fails_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Heard):
        def received(self, data: bytes, *, binary: bool) -> None:
            raise LookupError("broken")

    heard = Broken()
    async with raw_server(sends(frame(b"x"))) as port:
        await PicowsBackend().connect(request(port), heard)
        assert (await heard.end()).kind == "broken"
    assert "could not be taken in" in caplog.text


async def test_a_goodbye_is_answered_and_what_comes_meanwhile_is_handed_over() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        await reader.readexactly(8)
        writer.write(frame(b"late") + frame(b"\x03\xe8", 8))
        await reader.read()

    heard = Heard()
    async with raw_server(handler) as port:
        connection = await PicowsBackend().connect(request(port), heard)
        await connection.aclose()
        assert heard.messages == [(b"late", False)]
        assert (await heard.end()).kind == "closed"
        await connection.aclose()
        connection.send("ignored")
        connection.abort()


async def test_closing_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("futures_async.streams.picows.CLOSE_S", 0.01)
    heard = Heard()
    async with raw_server(sends()) as port:
        connection = await PicowsBackend().connect(request(port), heard)
        await connection.aclose()
        assert (await heard.end()).kind == "lost"


async def test_what_a_venue_answers_instead_of_an_upgrade_is_a_failure_with_its_status() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with raw_server(refuse) as port:
        with pytest.raises(StreamFailure) as caught:
            await PicowsBackend().connect(request(port), Heard())
    assert (caught.value.kind, caught.value.status) == ("protocol", 403)
    assert caught.value.__context__ is None


async def test_redirects_are_not_followed() -> None:
    reached: list[bytes] = []

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await reader.read(1))

    async with raw_server(other) as elsewhere:

        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 307 x\r\nLocation: ws://localhost:%d/\r\nContent-Length: 0\r\n\r\n" % elsewhere)
            await writer.drain()

        async with raw_server(redirect) as port:
            with pytest.raises(StreamFailure) as caught:
                await PicowsBackend().connect(request(port), Heard())
    assert caught.value.status == 307
    assert reached == []


async def test_a_venue_that_hangs_up_in_the_handshake_is_no_connection() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with raw_server(hang_up) as port:
        with pytest.raises(StreamFailure) as caught:
            await PicowsBackend().connect(request(port), Heard())
    assert caught.value.kind == "disconnected"


async def test_connecting_that_takes_too_long_fails_and_hangs_up() -> None:
    gone = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()
        gone.set()

    async with raw_server(hold) as port:
        with pytest.raises(StreamFailure) as caught:
            await PicowsBackend().connect(request(port, connect_s=0.02), Heard())
        assert caught.value.kind == "connect-timeout"
        with anyio.fail_after(5):
            await gone.wait()


async def test_cancelled_in_the_handshake_nothing_stays_open() -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await reader.read()
        gone.set()

    async with raw_server(hold) as port:
        task = asyncio.create_task(PicowsBackend().connect(request(port), Heard()))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with anyio.fail_after(5):
            await gone.wait()


async def test_nobody_there_is_refused_and_no_name_is_dns() -> None:
    async with raw_server(sends()) as port:
        pass
    with pytest.raises(StreamFailure) as caught:
        await PicowsBackend().connect(request(port), Heard())
    assert caught.value.kind == "refused"


async def test_the_certificate_is_verified() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)  # pyright: ignore[reportUnknownMemberType] - OpenSSL's
    heard = Heard()
    async with raw_server(sends(frame(b"safe"), frame(b"\x03\xe8", 8)), tls=tls) as port:
        with pytest.raises(StreamFailure) as caught:
            await PicowsBackend().connect(request(port, scheme="wss"), Heard())
        assert caught.value.kind == "tls"
        trusting = PicowsBackend(ca_pem=authority.cert_pem.bytes())
        await trusting.connect(request(port, scheme="wss"), heard)
        await heard.end()
    assert heard.messages == [(b"safe", False)]


async def test_a_proxy_is_asked_for_the_venue_and_one_that_refuses_is_named() -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        if len(asked) > 1:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await sends(frame(b"through"), frame(b"\x03\xe8", 8))(reader, writer)

    heard = Heard()
    async with raw_server(proxy) as port:
        wish = StreamRequest(url="ws://venue.test:80/ws", proxy=f"http://localhost:{port}", connect_s=5)
        await PicowsBackend().connect(wish, heard)
        await heard.end()
        with pytest.raises(StreamFailure) as caught:
            await PicowsBackend().connect(wish, Heard())
    assert asked[0] == b"CONNECT venue.test:80 HTTP/1.1"
    assert heard.messages == [(b"through", False)]
    assert caught.value.kind == "proxy"


async def test_the_upgrade_says_what_it_must_and_offers_no_compression() -> None:
    heads: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await upgrade(reader, writer))

    heard = Heard()
    async with raw_server(handler) as port:
        await PicowsBackend(local_address="127.0.0.1").connect(
            StreamRequest(url=f"ws://127.0.0.1:{port}/a?b=c", headers=(("User-Agent", "tests"),)), heard
        )
        await heard.end()
    assert heads[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert b"User-Agent: tests\r\n" in heads[0]
    assert b"xtensions" not in heads[0]


async def test_nothing_that_is_sent_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    logging.getLogger("picows").setLevel(1)
    heard = Heard()
    async with raw_server(sends(frame(b"answer"), frame(b"\x03\xe8", 8))) as port:
        connection = await PicowsBackend().connect(request(port), heard)
        connection.send("the secret login")
        await heard.end()
    assert "secret" not in caplog.text
    assert "answer" not in caplog.text
