"""The backend, against a server of another library and against bytes written by hand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import socket
import ssl
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import anyio
import pytest
from websockets.asyncio.server import ServerConnection, serve

from futures_async.streams.backend import StreamEnd, StreamFailure, StreamRequest
from futures_async.streams.picows import PicowsBackend
from futures_async.transport.http import gate
from futures_async.transport.http.route import Route, read_proxy
from tests.loopback import Authority, Loopback
from tests.proxies import Proxying

pytestmark = pytest.mark.asyncio

PASSWORD = "canary:in/the@mine"
SPELT = quote(PASSWORD, safe="")
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
        with anyio.fail_after(60):
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
    assert str(end) == "closed by the venue: 1001 later"


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
        with anyio.fail_after(60):
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
        with anyio.fail_after(60):
            await gone.wait()


async def test_nobody_there_is_refused_and_no_name_is_dns() -> None:
    async with raw_server(sends()) as port:
        pass
    with pytest.raises(StreamFailure) as caught:
        await PicowsBackend().connect(request(port), Heard())
    assert caught.value.kind == "refused"


async def test_the_certificate_is_verified() -> None:
    authority = Authority()
    heard = Heard()
    async with raw_server(sends(frame(b"safe"), frame(b"\x03\xe8", 8)), tls=authority.server()) as port:
        with pytest.raises(StreamFailure) as caught:
            await PicowsBackend().connect(request(port, scheme="wss"), Heard())
        assert caught.value.kind == "tls"
        trusting = PicowsBackend(Route(ca_pem=authority.pem))
        await trusting.connect(request(port, scheme="wss"), heard)
        await heard.end()
    assert heard.messages == [(b"safe", False)]


WHO: list[Any] = [pytest.param(None, None, id="anybody"), pytest.param("me", PASSWORD, id="with a password")]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def through(proxy: str, authority: Authority) -> PicowsBackend:
    return PicowsBackend(Route(proxy=read_proxy(proxy), ca_pem=authority.pem))


async def failure_of(backend: PicowsBackend, url: str) -> StreamFailure:
    caught: StreamFailure | None = None
    try:
        await backend.connect(StreamRequest(url=url, connect_s=5), Heard())
    except StreamFailure as failure:
        caught = failure
    assert caught is not None
    text = "".join(traceback.TracebackException.from_exception(caught, capture_locals=True).format())
    assert PASSWORD not in text
    assert (caught.__cause__, caught.__context__) == (None, None)
    return caught


@pytest.mark.parametrize(("user", "password"), WHO)
@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
async def test_streams_go_through_a_proxy(
    authority: Authority, scheme: str, user: str | None, password: str | None
) -> None:
    heard = Heard()
    login = "" if user is None else f"{user}:{quote(password or '', safe='')}@"
    tls = authority.server() if scheme == "https" else None
    async with raw_server(sends(frame(b"through"), frame(b"\x03\xe8", 8)), tls=authority.server()) as port:
        with Proxying("socks5" if "socks" in scheme else "http", user, password, tls=tls) as proxy:
            backend = through(f"{scheme}://{login}127.0.0.1:{proxy.port}", authority)
            await backend.connect(request(port, scheme="wss"), heard)
            assert (await heard.end()).kind == "closed"
            assert proxy.connections == 1
    assert heard.messages == [(b"through", False)]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_knows_somebody_else_refuses(authority: Authority, scheme: str) -> None:
    async with raw_server(sends(), tls=authority.server()) as port:
        with Proxying(scheme, "somebody", "else") as proxy:
            for who in ("", f"me:{SPELT}@"):
                backend = through(f"{scheme}://{who}127.0.0.1:{proxy.port}", authority)
                assert (await failure_of(backend, f"wss://localhost:{port}/")).kind == "proxy"


def _break_off(raw: socket.socket) -> None:
    raw.recv(65536)


def _garbage(raw: socket.socket) -> None:
    raw.recv(65536)
    raw.sendall(b"\x05\xff garbage\r\n\r\n")


@pytest.mark.parametrize("answer", [_break_off, _garbage])
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_gives_no_proper_answer_is_named(
    authority: Authority, scheme: str, answer: Callable[[socket.socket], object]
) -> None:
    with Loopback.greeting(answer) as proxy:
        backend = through(f"{scheme}://me:{SPELT}@127.0.0.1:{proxy.port}", authority)
        assert (await failure_of(backend, "wss://venue.test/")).kind in ("proxy", "unreachable")


async def test_a_proxy_that_is_not_there_is_named(authority: Authority) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        backend = through(f"http://me:{SPELT}@127.0.0.1:{unheard.getsockname()[1]}", authority)
        assert (await failure_of(backend, "wss://venue.test/")).kind == "proxy"


async def test_behind_a_proxy_the_certificate_is_verified() -> None:
    stranger = Authority()
    async with raw_server(sends(), tls=stranger.server()) as port:
        with Proxying("http") as proxy:
            backend = through(f"http://127.0.0.1:{proxy.port}", Authority())
            assert (await failure_of(backend, f"wss://localhost:{port}/")).kind == "tls"


async def test_where_only_loopback_is_allowed_no_stream_goes_elsewhere() -> None:
    with gate.shut():
        assert (await failure_of(PicowsBackend(), "wss://venue.test/")).kind == "forbidden"


async def test_the_upgrade_says_what_it_must_and_offers_no_compression() -> None:
    heads: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await upgrade(reader, writer))

    heard = Heard()
    async with raw_server(handler) as port:
        await PicowsBackend(Route(local_address="127.0.0.1")).connect(
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
