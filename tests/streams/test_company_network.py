"""An adapter's options for company networks hold for its streams too."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import anyio.lowlevel
import pytest
from websockets.asyncio.server import ServerConnection, serve

from futures_async.adapters import Bitget, BitgetUTA
from futures_async.streams.picows import PicowsBackend
from futures_async.transport.http import gate, tls
from futures_async.transport.http.tls import system_context
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.credentials import Credentials
from tests.loopback import Authority
from tests.proxies import Proxying

pytestmark = pytest.mark.asyncio

ADAPTERS = pytest.mark.parametrize("adapter", [Bitget, BitgetUTA])
KEYS = Credentials(key="key", secret="secret", passphrase="passphrase")


class Venue(NamedTuple):
    url: str
    came_from: asyncio.Queue[str]
    """The address of each who has said something over a WebSocket."""


@asynccontextmanager
async def venue(authority: Authority) -> AsyncGenerator[Venue]:
    came_from: asyncio.Queue[str] = asyncio.Queue()

    async def talk(peer: ServerConnection) -> None:
        await peer.recv()
        came_from.put_nowait(peer.remote_address[0])

    async with serve(talk, "127.0.0.1", 0, ssl=authority.server()) as server:
        yield Venue(f"https://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}", came_from)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority()
    (tmp_path / "roots.pem").write_bytes(made.pem)
    return made


async def logs_in_from(exchange: Any, at: Venue) -> str:
    """The address that the first stream comes from."""
    async with exchange.watch_positions():
        with anyio.fail_after(10):
            return await at.came_from.get()


@ADAPTERS
@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_streams_take_the_proxy_and_trust_the_root(
    adapter: Callable[..., Any], kind: str, authority: Authority, tmp_path: Path
) -> None:
    async with venue(authority) as at:
        with Proxying(kind, "me", "word") as proxy:
            options = {"proxy": f"{kind}://me:word@127.0.0.1:{proxy.port}", "ca_file": tmp_path / "roots.pem"}
            async with adapter(KEYS, base_url=at.url, limiter=NoLimiter(), **options) as exchange:
                assert await logs_in_from(exchange, at) == "127.0.0.1"
                assert proxy.connections >= 1


@pytest.mark.parametrize("platform", ["linux", "darwin"])
async def test_streams_trust_what_the_system_trusts(
    platform: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def own(_: str) -> ssl.SSLContext:
        return system_context(platform)

    monkeypatch.setattr(tls, "system_context", own)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    tls.tls_context.cache_clear()
    try:
        async with (
            venue(authority) as at,
            Bitget(KEYS, base_url=at.url, limiter=NoLimiter(), ca_file="system") as exchange,
        ):
            assert await logs_in_from(exchange, at) == "127.0.0.1"
    finally:
        tls.tls_context.cache_clear()


@ADAPTERS
async def test_streams_leave_from_the_address_that_is_named(
    adapter: Callable[..., Any], authority: Authority, tmp_path: Path
) -> None:
    async with venue(authority) as at:
        options = {"local_address": "127.0.0.9", "ca_file": tmp_path / "roots.pem"}
        async with adapter(KEYS, base_url=at.url, limiter=NoLimiter(), **options) as exchange:
            assert await logs_in_from(exchange, at) == "127.0.0.9"


@pytest.mark.parametrize("trusted", [True, False])
async def test_the_environment_is_asked_only_when_it_is_trusted(
    trusted: bool, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with venue(authority) as at:
        with Proxying("http") as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            for name in ("NO_PROXY", "no_proxy", "https_proxy"):
                monkeypatch.delenv(name, raising=False)
            options: dict[str, Any] = {"trust_env": trusted, "ca_file": tmp_path / "roots.pem"}
            async with Bitget(KEYS, base_url=at.url, limiter=NoLimiter(), **options) as exchange:
                await logs_in_from(exchange, at)
                assert bool(proxy.connections) is trusted


async def test_where_only_demo_trading_is_allowed_its_streams_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "demo_hosts", set[str]())
    monkeypatch.setattr("futures_async.trading.streaming.demo_hosts", gate.demo_hosts)
    asked: list[str] = []

    async def connect(self: PicowsBackend, request: Any, receiver: Any) -> Any:
        gate.admit(request.url.split("/")[2])
        asked.append(request.url)
        await anyio.sleep_forever()

    monkeypatch.setattr(PicowsBackend, "connect", connect)
    with gate.shut():
        async with Bitget(KEYS, demo=True) as exchange, exchange.watch_positions():
            with anyio.fail_after(10):
                while not asked:
                    await anyio.lowlevel.checkpoint()
    assert asked == ["wss://wspap.bitget.com/v2/ws/private"]
    assert gate.demo_hosts == {"wspap.bitget.com"}
