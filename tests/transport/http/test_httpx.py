"""The httpx backend alone: its exceptions, and what the user may hand in instead of a name."""

from __future__ import annotations

import inspect
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import anyio
import anyio.lowlevel
import h11
import httpcore
import httpx
import pytest
import respx

from futures_async.transport.http.backend import Abort, HttpFailure, Phase
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.library import HTTPX
from futures_async.transport.http.route import Route
from futures_async.transport.http.tls import tls_context
from tests.loopback import Authority, Loopback, reply, silence, twice
from tests.transport.http.conftest import a_request, an_order

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

URL = "http://venue.example/api"


def exceptions_of(*modules: Any) -> Iterator[type[BaseException]]:
    for module in modules:
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, Exception) and not issubclass(found, Warning):
                yield found


class Raising(httpx.AsyncBaseTransport):
    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error


def made(kind: type[BaseException]) -> BaseException:
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("x", request=httpx.Request("GET", URL), response=httpx.Response(500))
    try:
        return kind("x")
    except TypeError:
        return kind()


async def test_no_exception_of_httpx_or_httpcore_is_unmapped(anyio_backend: str) -> None:
    classes = set(exceptions_of(httpx, httpcore, h11)) - {h11.ProtocolError}
    assert len(classes) > 30
    for kind in classes:
        assert issubclass(kind, HTTPX.mapped), kind
        with pytest.raises(HttpFailure) as caught:
            await HttpxBackend(Raising(made(kind))).send(an_order(URL))
        assert caught.value.__context__ is None


PROOFS: list[Any] = [
    (httpx.ConnectError("x"), "unreachable", False),
    (httpx.ConnectTimeout("x"), "connect-timeout", False),
    (httpx.PoolTimeout("x"), "pool-timeout", False),
    (httpx.ProxyError("x"), "proxy", False),
    (httpx.UnsupportedProtocol("x"), "protocol", False),
    (httpx.ReadTimeout("x"), "read-timeout", True),
    (httpx.WriteTimeout("x"), "write-timeout", True),
    (httpx.ReadError("x"), "read", True),
    (httpx.WriteError("x"), "write", True),
    (httpx.RemoteProtocolError("Server disconnected"), "disconnected", True),
    (httpx.RemoteProtocolError("x"), "protocol", True),
    (httpx.LocalProtocolError("x"), "protocol", True),
    (httpx.DecodingError("x"), "encoding", True),
    (OSError("x"), "read", True),
    (ssl.SSLError("x"), "read", True),
    (httpcore.ConnectError("x"), "unreachable", False),
    (httpcore.ConnectTimeout("x"), "connect-timeout", False),
    (httpcore.PoolTimeout("x"), "pool-timeout", False),
    (httpcore.ProxyError("x"), "proxy", False),
    (httpcore.UnsupportedProtocol("x"), "protocol", False),
    (httpcore.ConnectionNotAvailable("x"), "aborted", False),
    (httpcore.ReadTimeout("x"), "read-timeout", True),
    (httpcore.WriteTimeout("x"), "write-timeout", True),
    (httpcore.ReadError("x"), "read", True),
    (httpcore.WriteError("x"), "write", True),
    (httpcore.RemoteProtocolError("Server disconnected"), "disconnected", True),
    (httpcore.LocalProtocolError("x"), "protocol", True),
]


@pytest.mark.parametrize(("error", "kind", "sent"), PROOFS, ids=lambda part: repr(part))
async def test_without_phases_only_some_exceptions_prove_not_sent(
    anyio_backend: str, error: BaseException, kind: str, sent: bool
) -> None:
    with pytest.raises(HttpFailure) as caught:
        await HttpxBackend(Raising(error)).send(an_order(URL))
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


class Telling(httpx.AsyncBaseTransport):
    """Reports phases like httpcore, then fails."""

    def __init__(self, *events: str, error: BaseException, method: bytes = b"POST") -> None:
        self.events = events
        self.error = error
        self.method = method
        self.between: Callable[[str], object] = lambda event: None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        trace: Callable[[str, dict[str, Any]], Awaitable[None]] = request.extensions["trace"]
        for event in self.events:
            self.between(event)
            await trace(event, {"request": httpcore.Request(self.method, URL)})
        raise self.error


CONNECT = ("connection.connect_tcp.started", "connection.connect_tcp.complete")
HEADERS = ("http11.send_request_headers.started",)
BODY = ("http11.send_request_body.started",)


@pytest.mark.parametrize("error", [httpx.WriteError("x"), httpx.WriteTimeout("x"), httpx.ReadError("x")], ids=repr)
@pytest.mark.parametrize(
    ("events", "order_sent", "read_sent"),
    [(CONNECT, False, False), (CONNECT + HEADERS, False, True), (CONNECT + HEADERS + BODY, True, True)],
    ids=["connecting", "headers", "body"],
)
async def test_the_phase_is_the_proof(
    anyio_backend: str, error: BaseException, events: tuple[str, ...], order_sent: bool, read_sent: bool
) -> None:
    for request, sent in ((an_order(URL), order_sent), (a_request(URL), read_sent)):  # rows 5a and 5b
        with pytest.raises(HttpFailure) as caught:
            await HttpxBackend(Telling(*events, error=error)).send(request)
        assert (caught.value.sent, caught.value.reused) == (sent, False)


async def test_a_connection_that_was_not_made_for_this_request_is_a_reused_one(anyio_backend: str) -> None:
    with pytest.raises(HttpFailure) as caught:
        await HttpxBackend(Telling(*HEADERS, error=httpx.ReadError("x"))).send(a_request(URL))
    assert caught.value.reused is True


async def test_a_request_to_a_proxy_to_connect_is_not_ours(anyio_backend: str) -> None:
    for error in (httpx.ProxyError("407"), httpx.ReadError("x")):  # row 41
        backend = HttpxBackend(Telling(*CONNECT, *HEADERS, *BODY, error=error, method=b"CONNECT"))
        with pytest.raises(HttpFailure) as caught:
            await backend.send(an_order(URL))
        assert caught.value.sent is False


@pytest.mark.parametrize(("order", "at"), [(False, HEADERS[0]), (True, HEADERS[0]), (True, BODY[0])])
async def test_an_abort_on_the_way_stops_the_request_before_it_counts(anyio_backend: str, order: bool, at: str) -> None:
    abort = Abort()
    transport = Telling(*CONNECT, *HEADERS, *BODY, error=httpx.ReadError("not reached"))
    transport.between = lambda event: setattr(abort, "raised", abort.raised or event == at)
    with pytest.raises(HttpFailure) as caught:
        await HttpxBackend(transport).send((an_order if order else a_request)(URL, abort=abort))
    assert (caught.value.kind, caught.value.sent, abort.sending) == ("aborted", False, False)


@pytest.mark.parametrize("late_at", [HEADERS[0], BODY[0]])
async def test_an_order_that_is_late_on_the_way_does_not_leave(anyio_backend: str, late_at: str) -> None:
    abort = Abort()
    transport = Telling(*CONNECT, *HEADERS, *BODY, error=httpx.ReadError("not reached"))
    transport.between = lambda event: time.sleep(0.002) if event == late_at else None
    with pytest.raises(HttpFailure) as caught:
        await HttpxBackend(transport).send(an_order(URL, abort=abort, sent_within_s=0.001))
    assert (caught.value.sent, abort.sending) == (False, False)


async def test_what_connects_in_several_steps_has_one_time_for_all(
    anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def connects_for_ever(*args: Any) -> None:
        await anyio.sleep(30)
        raise httpx.ConnectTimeout("much later")

    backend = HttpxBackend()
    monkeypatch.setattr(httpcore.AsyncHTTPConnection, "handle_async_request", connects_for_ever)
    started = anyio.current_time()
    with pytest.raises(HttpFailure) as caught:
        await backend.send(an_order(URL, sent_within_s=0.01))
    assert (caught.value.kind, caught.value.sent) == ("connect-timeout", False)
    assert anyio.current_time() - started < 30
    await backend.aclose()


async def test_an_abort_after_the_first_byte_changes_nothing(anyio_backend: str, venue: Loopback) -> None:
    abort = Abort()
    backend = HttpxBackend()

    async def send() -> None:
        assert (await backend.send(an_order(venue.url, abort=abort))).status == 200

    async with anyio.create_task_group() as group:
        group.start_soon(send)
        while not abort.sending:
            await anyio.lowlevel.checkpoint()
        abort.raised = True
    await backend.aclose()


# What may be handed in


async def test_a_client_of_the_users_is_used_and_stays_open(anyio_backend: str, venue: Loopback) -> None:
    async with httpx.AsyncClient(headers={"X-Mine": "1"}, cookies={"a": "b"}, follow_redirects=True) as client:
        backend = HttpxBackend(client)
        venue.next(reply(b"", status=302, headers=(("Location", "/elsewhere"), ("Set-Cookie", "c=d"))), twice())
        assert (await backend.send(a_request(venue.url))).status == 302
        assert (await backend.send(a_request(venue.url))).status == 200
        assert (await backend.send(a_request(venue.url))).status == 200
        assert [seen.header("cookie") for seen in venue.requests] == [None] * 3
        assert venue.connections == 2
        await backend.aclose()
        assert not client.is_closed
    with pytest.raises(HttpFailure) as caught:
        await backend.send(an_order(venue.url))
    assert (caught.value.kind, caught.value.sent) == ("aborted", False)


async def test_a_clients_hook_may_read_the_answer_first(anyio_backend: str, venue: Loopback) -> None:
    async def read(response: httpx.Response) -> None:
        await response.aread()

    async with httpx.AsyncClient(event_hooks={"response": [read]}) as client:
        venue.next(reply(b'{"a":1}'))
        assert (await HttpxBackend(client).send(a_request(venue.url))).body == b'{"a":1}'


async def test_a_clients_connection_is_kept_only_if_its_answer_was_clean(anyio_backend: str, venue: Loopback) -> None:
    broken = (("Content-Encoding", "gzip"),)
    async with httpx.AsyncClient() as client:
        backend = HttpxBackend(client)
        venue.next(twice(b'{"first":1}'), reply(b"no gzip", headers=broken), reply(b'{"third":1}'))
        assert (await backend.send(an_order(venue.url))).body == b'{"first":1}'
        with pytest.raises(HttpFailure) as caught:
            await backend.send(an_order(venue.url))
        assert (caught.value.kind, caught.value.sent) == ("protocol", True)
        for _ in range(2):
            assert (await backend.send(an_order(venue.url))).status == 200
        assert venue.connections == 3


async def test_a_port_that_no_socket_has_is_refused(anyio_backend: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(HttpFailure) as caught:
            await HttpxBackend(client).send(an_order("http://127.0.0.1:70000/api"))
    assert (caught.value.kind, caught.value.sent) == ("protocol", False)


async def test_a_closed_client_sends_nothing(anyio_backend: str) -> None:
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    await client.aclose()
    with pytest.raises(HttpFailure) as caught:
        await HttpxBackend(client).send(an_order(URL))
    assert (caught.value.kind, caught.value.sent) == ("aborted", False)


async def test_a_mock_transport_answers(anyio_backend: str) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"got": request.content.decode(), "host": request.headers["host"]})

    answer = await HttpxBackend(httpx.MockTransport(handle)).send(an_order(URL))
    assert json.loads(answer.body) == {"got": '{"size":"0.01"}', "host": "venue.example"}


async def test_an_app_in_process_answers(anyio_backend: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        event = await receive()
        await send({"type": "http.response.start", "status": 201, "headers": [(b"x-path", scope["path"].encode())]})
        await send({"type": "http.response.body", "body": event["body"]})

    answer = await HttpxBackend(httpx.ASGITransport(app)).send(an_order(URL))
    assert (answer.status, answer.headers["x-path"], answer.body) == (201, "/api", b'{"size":"0.01"}')


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
async def test_respx_sees_requests_although_the_backend_is_older(anyio_backend: str, using: str) -> None:
    # respx's other way patches clients, which the backend does without unless it is given one.
    backend = HttpxBackend(httpx.AsyncClient() if using == "httpx" else None)
    with respx.mock(using=using) as mock:
        route = mock.post(URL).respond(json={"code": "00000"})
        answer = await backend.send(an_order(URL, headers=(("ACCESS-KEY", "k"),)))
        assert json.loads(answer.body) == {"code": "00000"}
        sent = cast("httpx.Request", route.calls[0].request)  # pyright: ignore[reportUnknownMemberType] - untyped
        assert sent.content == b'{"size":"0.01"}'
        assert sent.headers["access-key"] == "k"
        mock.post(URL).mock(side_effect=httpx.ConnectTimeout)
        with pytest.raises(HttpFailure) as caught:
            await backend.send(an_order(URL))
        assert (caught.value.kind, caught.value.sent) == ("connect-timeout", False)
    await backend.aclose()


# TLS


async def test_the_context_verifies_and_is_one_per_process(anyio_backend: str) -> None:
    context = tls_context()
    assert context is tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


async def test_closing_while_connecting_leaves_nothing_open(anyio_backend: str, authority: Authority) -> None:
    with Loopback(tls=authority.server(), default=silence) as server:
        backend = HttpxBackend(route=Route(ca_pem=authority.pem))
        phases: list[Phase] = []

        async def send() -> None:
            with pytest.raises(HttpFailure) as caught:
                await backend.send(an_order(server.url))
            phases.append(caught.value.phase)

        async with anyio.create_task_group() as group:
            group.start_soon(send)
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            await backend.aclose()
        assert phases <= [Phase.CONNECTING]
        assert server.requests == []
