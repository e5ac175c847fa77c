"""What somebody else has put in the place of an HTTP library, or beneath it, raises what no library does.

Before the first byte it is `NotSent`, whichever the backend. Where nothing tells whether that has left, nothing is
claimed: an order may stand, and is not sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest

from futures_async.transport.http.backend import Done, HttpBackend, HttpRequest, HttpResponse
from futures_async.transport.http.choose import Http
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.retry import RetryPolicy
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import Outcome
from tests.loopback import Loopback, reply
from tests.rig.support import limit_order
from tests.rig.toy import Toy


class StandIn:
    """Not what it stands in for: whatever is asked of it is a `TypeError`."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError("Curl() takes no arguments")


async def raises(*_: Any, **__: Any) -> Any:
    """What stands in for a method."""
    raise TypeError("handle_async_request() got an unexpected keyword argument")


class Raising(httpx.AsyncBaseTransport):
    """A transport of the user's, which tells nothing of how far a request got."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise TypeError("after the request was carried out")


class Own(HttpBackend):
    """A backend of the user's."""

    name = "own"

    async def send(self, request: HttpRequest) -> HttpResponse:
        raise TypeError("before the first byte")

    async def aclose(self) -> None: ...


class OwnFromTheLoop(Own):
    def begin(self, request: HttpRequest, done: Done) -> None:
        raise TypeError("before the first byte")


NOTHING: tuple[str, Any] = ("", None)
STAND_INS: list[tuple[str, Callable[[], Http], str, Any]] = [
    ("fast: its connection", lambda: "fast", "futures_async.transport.http.fast.Connection", StandIn),
    ("fast: what connects", lambda: "fast", "futures_async.transport.http.fast.Dialer.connect", raises),
    ("fast: its parser", lambda: "fast", "futures_async.transport.http.llhttp.httptools.HttpResponseParser", StandIn),
    ("httpx: httpcore's connection", lambda: "httpx", "httpcore.AsyncHTTPConnection", StandIn),
    ("httpx: its sending", lambda: "httpx", "httpcore.AsyncHTTPConnection.handle_async_request", raises),
    ("httpx2: httpcore2's connection", lambda: "httpx2", "httpcore2.AsyncHTTPConnection", StandIn),
    ("httpx2: its sending", lambda: "httpx2", "httpcore2.AsyncHTTPConnection.handle_async_request", raises),
    ("a client: its transport", httpx.AsyncClient, "httpx.AsyncHTTPTransport.handle_async_request", raises),
    ("a client: its pool", httpx.AsyncClient, "httpcore.AsyncConnectionPool.handle_async_request", raises),
    ("a client of httpx2", httpx2.AsyncClient, "httpx2.AsyncHTTPTransport.handle_async_request", raises),
    ("a transport", httpx.AsyncHTTPTransport, "httpcore.AsyncConnectionPool.handle_async_request", raises),
    ("a backend of one's own", Own, *NOTHING),
    ("one that begins by itself", OwnFromTheLoop, *NOTHING),
]


def exchange(server: Loopback, http: Any) -> Toy:
    return Toy(
        Credentials("key", "secret"),
        base_url=server.url,
        http=http,
        limiter=LocalLimiter(),
        retry=RetryPolicy(attempts=1),
    )


@pytest.mark.parametrize(
    ("made", "place", "instead"), [one[1:] for one in STAND_INS], ids=[one[0] for one in STAND_INS]
)
def test_whatever_a_backend_raises_before_the_first_byte_is_not_sent(
    made: Callable[[], Http], place: str, instead: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(server: Loopback) -> None:
        async with exchange(server, made()) as toy:
            if place:
                monkeypatch.setattr(place, instead)
            for call in (
                toy.request("GET", "/any"),
                toy.request("POST", "/any", body={}),
                toy.create_order(limit_order(), send_within_s=0.05, on_unknown="raise"),
            ):
                with pytest.raises(errors.NotSent, match="TypeError") as caught:
                    await call
                assert caught.value.outcome in (None, Outcome.NOT_SENT)
            assert toy.unresolved() == []
            monkeypatch.undo()

    with Loopback(default=reply()) as server:
        asyncio.run(main(server))
        assert server.requests == []


class Carrying(httpx.AsyncHTTPTransport):
    """The library's own, with something of the user's around it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise TypeError("after the request was carried out")


@pytest.mark.parametrize(
    "made",
    [
        Raising,
        Carrying,
        lambda: httpx.AsyncClient(transport=Raising()),
        lambda: httpx.AsyncClient(mounts={"http://": Raising()}),
        lambda: httpx.ASGITransport(raises),
    ],
    ids=["a transport", "one derived", "a client", "a mount of a client", "an app in this process"],
)
def test_where_nothing_tells_how_far_it_got_an_order_is_an_open_question(made: Callable[[], Http]) -> None:
    async def main(server: Loopback) -> None:
        async with exchange(server, made()) as toy:
            with pytest.raises(errors.OrderOutcomeUnknown, match="TypeError") as caught:
                await toy.create_order(limit_order(), on_unknown="raise")
            assert isinstance(caught.value.__cause__, errors.RequestTimeout)
            assert len(toy.unresolved()) == 1
            with pytest.raises(errors.RequestTimeout, match="TypeError"):
                await toy.request("GET", "/any")

    with Loopback(default=reply()) as server, pytest.raises(errors.UnresolvedOrders):
        asyncio.run(main(server))
