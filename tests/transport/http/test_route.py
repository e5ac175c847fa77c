"""Company networks: proxies, private roots, addresses to connect from, on every backend and loop."""

from __future__ import annotations

import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import truststore

import futures_async as fa
from futures_async.adapters.bitget import Bitget
from futures_async.transport.http import route as routes
from futures_async.transport.http import tls
from futures_async.transport.http.backend import HttpBackend, HttpFailure, Phase, Timeouts
from futures_async.transport.http.choose import select
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.route import DIRECT, Route, read_proxy, read_roots, route
from futures_async.transport.http.tls import system_context
from futures_async.unified.errors import ConnectFailed, InvalidRequest
from tests.loopback import Authority, Loopback, reply
from tests.proxies import Proxying
from tests.security.canary import renderings
from tests.transport.http.conftest import Flavour, a_request, an_order

pytestmark = pytest.mark.anyio

PASSWORD = "canary-in-the-mine"
WHO: list[Any] = [pytest.param(None, None, id="anybody"), pytest.param("me", PASSWORD, id="with a password")]
ANSWER = b'{"code":"00000","msg":"success","requestTime":1700000000000,"data":[]}'
HASTY = Timeouts(connect_s=0.2, write_s=0.2, read_s=0.2, deadline_s=0.5)


@pytest.fixture
def secure(authority: Authority) -> Iterator[Loopback]:
    with Loopback(tls=authority.server()) as server:
        yield server


def made(each: Flavour, way: Route) -> HttpBackend:
    if each.name == "fast":
        return FastBackend(way)
    return HttpxBackend(route=way, library="httpx2" if each.name == "httpx2" else "httpx")


def through(proxy: str, authority: Authority) -> Route:
    return Route(proxy=read_proxy(proxy), ca_pem=authority.pem)


def login(user: str | None, password: str | None) -> str:
    return "" if user is None else f"{user}:{password}@"


async def failure_of(backend: HttpBackend, url: str, **more: Any) -> HttpFailure:
    caught: HttpFailure | None = None
    try:
        await backend.send(an_order(url, **more))
    except HttpFailure as failure:
        caught = failure
    await backend.aclose()
    assert caught is not None
    text = "".join(traceback.TracebackException.from_exception(caught, capture_locals=True).format())
    assert PASSWORD not in text
    assert "Y2FuYXJ5" not in text  # in base64
    assert (caught.__cause__, caught.__context__) == (None, None)
    return caught


@pytest.mark.parametrize(("user", "password"), WHO)
@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
async def test_requests_go_through_a_proxy(
    each: Flavour, secure: Loopback, authority: Authority, scheme: str, user: str | None, password: str | None
) -> None:
    tls = authority.server() if scheme == "https" else None
    with Proxying("socks5" if "socks" in scheme else "http", user, password, tls=tls) as proxy:
        backend = made(each, through(f"{scheme}://{login(user, password)}127.0.0.1:{proxy.port}", authority))
        for _ in range(3):
            assert (await backend.send(an_order(secure.url))).status == 200
        assert (await backend.send(a_request(secure.url, apart=True))).status == 200
        await backend.aclose()
        assert (proxy.connections, secure.connections, len(secure.requests)) == (2, 2, 4)
        assert secure.requests[0].header("proxy-authorization") is None


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_knows_somebody_else_refuses(
    each: Flavour, secure: Loopback, authority: Authority, scheme: str
) -> None:
    with Proxying(scheme, "somebody", "else") as proxy:
        for who in ("", f"me:{PASSWORD}@"):
            backend = made(each, through(f"{scheme}://{who}127.0.0.1:{proxy.port}", authority))
            failure = await failure_of(backend, secure.url)
            assert (failure.kind, failure.sent) == ("proxy", False)
    assert secure.connections == 0


def _html(raw: socket.socket) -> None:
    raw.recv(65536)
    raw.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>")


def _break_off(raw: socket.socket) -> None:
    raw.recv(65536)


def _garbage(raw: socket.socket) -> None:
    raw.recv(65536)
    raw.sendall(b"\x05\xff garbage\r\n\r\n")


@pytest.mark.parametrize("answer", [_html, _break_off, _garbage])
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_gives_no_proper_answer_has_sent_nothing(
    each: Flavour, authority: Authority, scheme: str, answer: Callable[[socket.socket], object]
) -> None:
    with Loopback.greeting(answer) as proxy:
        way = through(f"{scheme}://me:{PASSWORD}@127.0.0.1:{proxy.port}", authority)
        failure = await failure_of(made(each, way), "https://venue.example", timeouts=HASTY)
    assert (failure.kind, failure.sent) == ("proxy", False)


async def test_a_proxy_that_is_not_there(each: Flavour, authority: Authority) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        way = through(f"http://me:{PASSWORD}@127.0.0.1:{unheard.getsockname()[1]}", authority)
        failure = await failure_of(made(each, way), "https://venue.example")
    assert (failure.phase, failure.sent) == (Phase.CONNECTING, False)
    assert failure.kind in ("proxy", "refused")


async def test_a_proxy_that_is_silent_is_not_waited_for(each: Flavour, authority: Authority) -> None:
    silent = threading.Event()
    with Loopback.greeting(lambda raw: silent.wait(5)) as proxy:
        way = through(f"http://127.0.0.1:{proxy.port}", authority)
        failure = await failure_of(made(each, way), "https://venue.example", timeouts=HASTY, sent_within_s=0.05)
        silent.set()
    assert failure.sent is False


async def test_the_venues_certificate_is_judged_behind_a_proxy_too(each: Flavour, secure: Loopback) -> None:
    with Proxying("http") as proxy:
        way = Route(proxy=read_proxy(f"http://127.0.0.1:{proxy.port}"))
        failure = await failure_of(made(each, way), secure.url)
    assert (failure.kind, failure.sent, secure.requests) == ("tls", False, [])


async def test_the_proxy_looks_the_name_up(each: Flavour, authority: Authority) -> None:
    heard: list[bytes] = []
    with Loopback.greeting(lambda raw: heard.append(raw.recv(65536))) as proxy:
        way = through(f"http://127.0.0.1:{proxy.port}", authority)
        await failure_of(made(each, way), "https://venue.invalid:8443")
    assert heard[0].startswith(b"CONNECT venue.invalid:8443 HTTP/1.1\r\n")


async def test_connections_come_from_the_address_that_is_named(each: Flavour) -> None:
    came: list[str] = []
    with Loopback.greeting(lambda raw: came.append(raw.getpeername()[0])) as server:
        await failure_of(made(each, Route(local_address="127.0.0.9")), f"http://127.0.0.1:{server.port}")
        way = Route(local_address="127.0.0.9", proxy=read_proxy(f"http://127.0.0.1:{server.port}"))
        await failure_of(made(each, way), "https://venue.invalid")
    assert came[:1] == ["127.0.0.9"]
    assert set(came) == {"127.0.0.9"}


async def test_ipv6_loopback(each: Flavour) -> None:
    with socket.socket(socket.AF_INET6) as listening:
        try:
            listening.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
        listening.listen()

        def serve() -> None:
            raw, _ = listening.accept()
            with raw:
                raw.recv(65536)
                raw.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=serve)
        thread.start()
        backend = made(each, DIRECT)
        assert (await backend.send(a_request(f"http://[::1]:{listening.getsockname()[1]}/x"))).body == b"{}"
        await backend.aclose()
        thread.join(5)


async def test_an_exchange_takes_the_options(
    each: Flavour, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.pem)
    library = each.name
    keys = fa.Credentials("key-12345", "secret-12345", passphrase="passphrase")
    with Loopback(tls=authority.server(), default=reply(ANSWER)) as venue, Proxying("http", "me", PASSWORD) as proxy:
        url = f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}"
        async with Bitget(keys, base_url=venue.url, http=library, proxy=url, ca_file=ca) as exchange:
            assert await exchange.fetch_positions("BTC/USDT:USDT") == []
            assert PASSWORD not in repr(exchange) + repr(vars(exchange)) + repr(vars(exchange._transport))  # pyright: ignore[reportPrivateUsage] - looked through
        assert proxy.connections == 1
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        async with Bitget(keys, base_url=venue.url, http=library, trust_env=True) as exchange:
            assert await exchange.fetch_positions("BTC/USDT:USDT") == []
        assert proxy.connections == 2
        async with Bitget(keys, base_url=venue.url, http=library, retry=fa.RetryPolicy(attempts=1)) as exchange:
            with pytest.raises(ConnectFailed, match="ca_file"):
                await exchange.fetch_positions("BTC/USDT:USDT")
        assert proxy.connections == 2, "the environment was not to be trusted"
        proxied = Bitget(keys, base_url=venue.url, http=library, proxy="http://me:no@127.0.0.1:1", ca_file=ca)
        async with proxied as exchange:
            exchange._transport.draw = lambda: 0.0  # pyright: ignore[reportPrivateUsage] - no waiting
            with pytest.raises(ConnectFailed) as caught:
                await exchange.fetch_positions("BTC/USDT:USDT")
        assert not [text for text in renderings(caught.value) if "me:no" in text]


on_asyncio = pytest.mark.parametrize("each", [pytest.param(None, id="asyncio")])


@pytest.fixture
def anyio_backend(each: Flavour | None) -> str:
    return "asyncio" if each is None else each.loop


@on_asyncio
async def test_equal_routes_share_a_backend_and_others_do_not(each: None) -> None:
    url = "https://venue.example"
    ways = [Route(proxy=read_proxy(f"http://a:{word}@proxy.example")) for word in "112"]
    leases = [select("httpx", url, way)[0] for way in (*ways, DIRECT)]
    first, same, other, direct = [lease.slots for lease in leases]
    assert first is same
    assert len({id(first), id(other), id(direct)}) == 3
    for lease in leases:
        await lease.aclose()


@on_asyncio
@pytest.mark.parametrize(
    "proxy",
    ["", "proxy.example", "ftp://proxy.example", f"http://me:{PASSWORD}@", "http://h:99999", "http://h/path", "http://h?x",
     f"http://me:{PASSWORD}%0d%0aX-Other:1@h", "socks4://h", "http://h x", "http://ü", 5],
)  # fmt: skip
async def test_what_is_no_proxy_is_refused_and_not_shown(each: None, proxy: Any) -> None:
    with pytest.raises(InvalidRequest, match="proxy must look like") as caught:
        Bitget(proxy=proxy)
    assert PASSWORD not in str(caught.value)


@on_asyncio
async def test_a_proxy_without_the_extra_says_which(each: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> None: ...

    monkeypatch.setattr(routes, "find_spec", nothing)
    with pytest.raises(InvalidRequest, match=r"futures-async\[proxy\]"):
        Bitget(proxy="http://proxy.example")


@on_asyncio
async def test_what_is_no_root_and_no_address_is_refused(each: None, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for ca_file in (empty, tmp_path / "none.pem", tmp_path):
        with pytest.raises(InvalidRequest, match="ca_file must be"):
            Bitget(ca_file=ca_file)
    for address in ("venue.example", "", "300.0.0.1"):
        with pytest.raises(InvalidRequest, match="local_address must be"):
            Bitget(local_address=address)
    with pytest.raises(InvalidRequest, match="trust_env must be"):
        Bitget(trust_env="yes")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


@on_asyncio
async def test_a_client_of_the_users_has_its_own_way_out(each: None) -> None:
    async with httpx.AsyncClient() as client:
        for given in (client, FastBackend()):
            with pytest.raises(InvalidRequest, match="give them to the client"):
                Bitget(http=given, proxy="http://proxy.example")


ENVIRONMENTS: list[Any] = [
    ({}, None),
    ({"HTTPS_PROXY": "http://a.example:1"}, ("http", "a.example", 1)),
    ({"https_proxy": "http://b.example", "HTTPS_PROXY": "http://a.example"}, ("http", "b.example", 80)),
    ({"ALL_PROXY": "socks5://c.example"}, ("socks5", "c.example", 1080)),
    ({"ALL_PROXY": "socks5://c.example", "HTTPS_PROXY": "d.example:3128"}, ("http", "d.example", 3128)),
    ({"HTTP_PROXY": "http://e.example"}, None),
    ({"HTTPS_PROXY": "http://a.example", "NO_PROXY": "api.venue.example"}, None),
    ({"HTTPS_PROXY": "http://a.example", "no_proxy": ".venue.example, localhost"}, None),
    ({"HTTPS_PROXY": "http://a.example", "NO_PROXY": "venue.example:443"}, None),
    ({"HTTPS_PROXY": "http://a.example", "NO_PROXY": "venue.example:8443"}, ("http", "a.example", 80)),
    ({"HTTPS_PROXY": "http://a.example", "NO_PROXY": "*"}, None),
    ({"HTTPS_PROXY": "http://a.example", "NO_PROXY": "other.example"}, ("http", "a.example", 80)),
    ({"HTTPS_PROXY": ""}, None),
]


@on_asyncio
@pytest.mark.parametrize(("environment", "expected"), ENVIRONMENTS)
async def test_the_environment_is_read_only_when_it_is_trusted(
    each: None, environment: dict[str, str], expected: tuple[str, str, int] | None
) -> None:
    url = "https://api.venue.example"
    assert route(url, environment=environment) is DIRECT
    found = route(url, trust_env=True, environment=environment).proxy
    assert (None if found is None else (found.scheme, found.host, found.port)) == expected
    assert route("http://127.0.0.1:8900", trust_env=True, environment=environment).proxy is None
    given = route(url, proxy=read_proxy("http://own.example"), trust_env=True, environment=environment).proxy
    assert given is not None
    assert given.host == "own.example"


@on_asyncio
@pytest.mark.parametrize(
    ("without", "direct"),
    [("[::1]:8080", True), ("[::1]", True), ("::1", True), ("[::1]:8081", False), ("8080", False)],
)
async def test_an_address_of_ipv6_is_taken_from_no_proxy(each: None, without: str, direct: bool) -> None:
    environment = {"HTTPS_PROXY": "http://a.example", "NO_PROXY": without}
    assert (route("https://[::1]:8080", trust_env=True, environment=environment).proxy is None) is direct


@pytest.fixture(params=["linux", "darwin"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """How a system's roots are found: in files, and by asking it (which truststore does in files, here)."""
    platform: str = request.param

    def own(_: str) -> ssl.SSLContext:
        return system_context(platform)

    monkeypatch.setattr(tls, "system_context", own)
    tls.tls_context.cache_clear()
    yield platform
    tls.tls_context.cache_clear()


async def test_what_the_system_trusts_is_trusted_by_every_backend(
    each: Flavour, authority: Authority, secure: Loopback, system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure.default = reply(ANSWER)
    with monkeypatch.context() as there:
        there.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        (tmp_path / "ca.pem").write_bytes(authority.pem)
        way = route(secure.url, ca_file=read_roots("system"))
        assert (type(way.tls) is truststore.SSLContext) == (system == "darwin")
        backend = made(each, way)
        assert (await backend.send(a_request(f"{secure.url}/x"))).body == ANSWER
        await backend.aclose()
    tls.tls_context.cache_clear()
    stranger = made(each, route(secure.url, ca_file=read_roots("system")))
    failure = await failure_of(stranger, f"{secure.url}/x")
    assert (failure.kind, failure.sent) == ("tls", False)
    await stranger.aclose()


@on_asyncio
async def test_a_system_whose_roots_are_not_found_is_refused_with_the_way_out(
    each: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_installed(name: str) -> None:
        assert name == "truststore"

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setattr(tls, "find_spec", not_installed)
    with pytest.raises(InvalidRequest, match=r"finds no root certificates of this system: name their file \(PEM\)"):
        system_context("linux")
    with pytest.raises(InvalidRequest, match=r"pip install 'futures-async\[truststore\]'"):
        system_context("darwin")
    (tmp_path / "0123abcd.0").touch()
    assert type(system_context("darwin")) is ssl.SSLContext  # OpenSSL looks there when it needs one
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(InvalidRequest, match="name their file"):
        system_context("linux")


@on_asyncio
async def test_roots_are_those_that_are_named(each: None, authority: Authority, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.pem)

    def subjects(way: Route) -> int:
        return len(way.tls.get_ca_certs())

    url = "https://venue.example"
    certifi = subjects(DIRECT)
    assert subjects(route(url, ca_file=read_roots(ca))) == certifi + 1
    named = route(url, trust_env=True, environment={"SSL_CERT_FILE": str(ca)})
    assert subjects(named) == 1
    assert subjects(route(url, trust_env=True, environment={"SSL_CERT_DIR": str(tmp_path)})) == 0  # read when needed
    system = route(url, ca_file="system", trust_env=True, environment={"SSL_CERT_FILE": str(ca)})
    assert (system.roots, system.ca_pem) == ("system", None)
    assert system.tls is route(url, ca_file="system").tls
