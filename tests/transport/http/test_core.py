"""The httpx backend's own connections: what httpcore is asked for, and what never gets that far."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import httpcore
import httpx
import pytest

from futures_async.transport.http.backend import HttpFailure, Phase
from futures_async.transport.http.core import Direct
from tests.loopback import Exchange, Loopback, message
from tests.transport.http.conftest import a_request, an_order

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]

PLACES = [
    ("https://venue.example", (b"https", b"venue.example", 443), b"venue.example"),
    ("HTTPS://Venue.example", (b"https", b"venue.example", 443), b"venue.example"),
    ("https://venue.example:443", (b"https", b"venue.example", 443), b"venue.example"),
    ("https://venue.example:8443", (b"https", b"venue.example", 8443), b"venue.example:8443"),
    ("http://venue.example:80", (b"http", b"venue.example", 80), b"venue.example"),
    ("http://venue.example:443", (b"http", b"venue.example", 443), b"venue.example:443"),
    ("http://127.0.0.1:8900", (b"http", b"127.0.0.1", 8900), b"127.0.0.1:8900"),
    ("http://[::1]", (b"http", b"::1", 80), b"[::1]"),
    ("http://[::1]:8900", (b"http", b"::1", 8900), b"[::1]:8900"),
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpcore.Request]:
    """What httpcore was asked for; nothing is sent."""
    seen: list[httpcore.Request] = []

    async def answer(self: httpcore.AsyncHTTPConnection, request: httpcore.Request) -> httpcore.Response:
        assert self.can_handle_request(request.url.origin)
        seen.append(request)
        return httpcore.Response(200, content=httpx.ByteStream(b"{}"))

    monkeypatch.setattr(httpcore.AsyncHTTPConnection, "handle_async_request", answer)
    return seen


@pytest.mark.parametrize(("base", "origin", "host"), PLACES)
async def test_the_host_is_named_as_httpx_names_it(
    anyio_backend: str, asked: list[httpcore.Request], base: str, origin: tuple[bytes, bytes, int], host: bytes
) -> None:
    await Direct().send(a_request(f"{base}/api"))
    assert asked[0].url.origin == httpcore.Origin(*origin)
    assert [value for name, value in asked[0].headers if name == b"Host"] == [host]
    assert host == httpx.Request("GET", f"{base}/api").headers["host"].encode()


@pytest.mark.parametrize("target", ["/", "/a//b/../c?d=%2f%2F&e=1+1&e=", "/?a=|&b=\"{}'^`", "/a?b=c/d?e://f#g"])
async def test_the_target_is_sent_as_it_was_signed(
    anyio_backend: str, asked: list[httpcore.Request], target: str
) -> None:
    await Direct().send(a_request(f"https://venue.example{target}"))
    assert asked[0].url.target == target.encode()


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("GET", b"", []), ("DELETE", b"", []), ("DELETE", b"{}", [b"2"]), ("POST", b"{}", [b"2"]), ("POST", b"", [b"0"])],
)
async def test_the_length_is_told_where_there_may_be_a_body(
    anyio_backend: str, asked: list[httpcore.Request], method: str, body: bytes, length: list[bytes]
) -> None:
    await Direct().send(a_request("https://venue.example/api", method=method, body=body))
    assert [value for name, value in asked[0].headers if name == b"Content-Length"] == length


@pytest.mark.parametrize(
    "url",
    [
        "",
        "venue.example/api",
        "ftp://venue.example/api",
        "http:///api",
        "http://me:secret@venue.example/api",
        "http://venue.example?sign=1",
        "http://venue.example#/api",
        "http://venue.example:70000/api",
        "http://venue.example:port/api",
        "http://venue.example/ü",
    ],
)
async def test_what_is_no_address_is_not_sent(anyio_backend: str, asked: list[httpcore.Request], url: str) -> None:
    with pytest.raises(HttpFailure) as caught:
        await Direct().send(an_order(url))
    assert (caught.value.kind, caught.value.phase, caught.value.sent) == ("protocol", Phase.QUEUED, False)
    assert asked == []


async def test_a_header_that_cannot_be_written_is_not_sent(anyio_backend: str, asked: list[httpcore.Request]) -> None:
    with pytest.raises(HttpFailure) as caught:
        await Direct().send(an_order("http://venue.example/api", headers=(("X-Name", "ü"),)))
    assert (caught.value.kind, caught.value.sent, caught.value.__context__) == ("protocol", False, None)
    assert asked == []


async def test_each_host_has_connections_of_its_own(anyio_backend: str, venue: Loopback) -> None:
    direct = Direct()
    with Loopback() as other:
        for _ in range(3):
            await direct.send(a_request(venue.url))
            await direct.send(a_request(other.url))
        assert (venue.connections, other.connections) == (1, 1)
        await direct.aclose()


async def test_what_the_venue_closed_meanwhile_is_closed_here_too(anyio_backend: str, venue: Loopback) -> None:
    async def last_words(exchange: Exchange) -> None:
        await exchange.send(message())
        exchange.writer.close()

    direct = Direct()
    venue.next(last_words)
    await direct.send(a_request(venue.url))
    gone = direct._connections._idle[0][0]  # pyright: ignore[reportPrivateUsage] - its state is asked below
    with anyio.fail_after(60):
        while not gone.has_expired():  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.001)
    assert not gone.is_closed()
    await direct.send(a_request(venue.url))
    assert gone.is_closed()
    assert venue.connections == 2
    await direct.aclose()


async def test_closing_at_any_moment_ends_what_is_under_way(anyio_backend: str, venue: Loopback) -> None:
    ends: list[tuple[str, bool]] = []

    async def send(direct: Direct) -> None:
        try:
            await direct.send(an_order(venue.url))
        except HttpFailure as failure:
            ends.append((failure.kind, failure.sent))
        else:
            ends.append(("answered", True))

    for steps in range(20):
        direct = Direct()
        await direct.send(a_request(venue.url))
        async with anyio.create_task_group() as group:
            group.start_soon(send, direct)
            for _ in range(steps):
                await anyio.lowlevel.checkpoint()
            await direct.aclose()
        assert len(ends) == steps + 1
    assert ends[0] == ("aborted", False)
    assert {kind for kind, sent in ends if not sent} == {"aborted"}
    with anyio.fail_after(60):
        while venue.open:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.001)
    arrived = sum(seen.method == "POST" for seen in venue.requests)
    assert arrived <= sum(sent for _, sent in ends)
