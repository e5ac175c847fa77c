"""What every backend does, fault by fault (RELIABILITY.md §3 names the rows), over real sockets."""

from __future__ import annotations

import datetime
import gc
import gzip
import socket
import ssl
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest

from futures_async.transport.answers import failure_error
from futures_async.transport.http import connections, fast
from futures_async.transport.http.backend import MAX_BODY, Abort, HttpBackend, HttpFailure, HttpRequest, Phase, Timeouts
from futures_async.unified.errors import ConnectFailed
from tests.loopback import (
    Answer,
    Authority,
    Loopback,
    bomb,
    cut,
    dribble,
    endless,
    half_close,
    html,
    huge_length,
    later,
    message,
    redirect,
    reply,
    reset,
    reset_after_body,
    reset_mid_body,
    silence,
    then_close,
    truncated,
    twice,
    zipped,
)
from tests.transport.http.conftest import Flavour, a_request, an_order

pytestmark = pytest.mark.anyio

HASTY = Timeouts(connect_s=0.1, write_s=0.1, read_s=0.1, deadline_s=0.3)
"""Of what need not come as far as a request: on a slow machine a handshake alone may take longer."""
UNANSWERED = Timeouts(connect_s=30.0, write_s=0.1, read_s=0.1, deadline_s=30.0)


async def failure_of(backend: HttpBackend, request: HttpRequest) -> HttpFailure:
    with pytest.raises(HttpFailure) as caught:
        await backend.send(request)
    return caught.value


# What goes out


async def test_a_request_goes_out_as_it_is(backend: HttpBackend, venue: Loopback) -> None:
    request = a_request(
        venue.url + "/api/v2/mix?symbol=BTCUSDT&a=%2F", headers=(("ACCESS-KEY", "k"), ("User-Agent", "futures-async"))
    )
    answer = await backend.send(request)
    seen = venue.requests[0]
    assert (answer.status, answer.body) == (200, b"{}")
    assert (seen.method, seen.target) == ("GET", "/api/v2/mix?symbol=BTCUSDT&a=%2F")
    assert seen.header("access-key") == "k"
    assert seen.header("host") == f"127.0.0.1:{venue.port}"


async def test_nothing_is_added_but_host_length_and_encoding(backend: HttpBackend, venue: Loopback) -> None:
    await backend.send(an_order(venue.url, headers=(("User-Agent", "futures-async"), ("Content-Type", "x/y"))))
    names = {name for name, _ in venue.requests[0].headers}
    assert names <= {"host", "content-length", "accept-encoding", "user-agent", "content-type", "accept"}
    assert venue.requests[0].header("accept-encoding") == "gzip"
    assert venue.requests[0].header("user-agent") == "futures-async"
    assert venue.requests[0].body == b'{"size":"0.01"}'
    assert venue.requests[0].header("content-length") == "15"


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
async def test_every_method_goes_out(backend: HttpBackend, venue: Loopback, method: str) -> None:
    await backend.send(a_request(venue.url + "/x", method=method))
    assert (venue.requests[0].method, venue.requests[0].body) == (method, b"")


async def test_one_connection_serves_many_requests(backend: HttpBackend, venue: Loopback) -> None:
    for _ in range(5):
        await backend.send(a_request(venue.url))
    assert venue.connections == 1


async def test_a_request_apart_has_a_connection_of_its_own(backend: HttpBackend, venue: Loopback) -> None:
    for apart in (False, True, True, False):
        await backend.send(a_request(venue.url, apart=apart))
    first, *alone, last = [seen.connection for seen in venue.requests]
    assert first == last
    assert len({first, *alone}) == 3
    with anyio.fail_after(60):
        while venue.open > 1:  # noqa: ASYNC110 - the server's thread counts; theirs close, nothing goes out on them
            await anyio.sleep(0.001)


async def test_as_many_connections_as_slots_and_no_more(backend: HttpBackend, venue: Loopback) -> None:
    venue.default = later(0.01, reply())

    async def call() -> None:
        await backend.slots.take()
        try:
            await backend.send(a_request(venue.url))
        finally:
            backend.slots.give()

    async with anyio.create_task_group() as group:
        for _ in range(3 * backend.max_connections):
            group.start_soon(call)
    assert len(venue.requests) == 3 * backend.max_connections
    assert venue.connections <= backend.max_connections
    assert backend.slots.free == backend.max_connections


async def test_a_cookie_is_not_kept(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(reply(headers=(("Set-Cookie", "session=1; Path=/"),)))
    await backend.send(a_request(venue.url))
    await backend.send(a_request(venue.url))
    assert venue.requests[1].header("cookie") is None


async def test_proxies_of_the_environment_are_not_used(
    each: Flavour, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        made = each.make(None)
        await made.send(a_request(venue.url))
        await made.aclose()
        assert (proxy.connections, len(venue.requests)) == (0, 1)


# Answers as they come


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500, 503])
async def test_a_refusal_is_an_answer(backend: HttpBackend, venue: Loopback, status: int) -> None:
    venue.next(reply(b'{"code":"40017"}', status=status, headers=(("Retry-After", "3"), ("X-Left", "1"))))
    answer = await backend.send(an_order(venue.url))
    assert (answer.status, answer.body) == (status, b'{"code":"40017"}')
    assert (answer.headers["retry-after"], answer.headers["x-left"]) == ("3", "1")


async def test_a_gateways_page_is_an_answer(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(html(502))  # row 11
    answer = await backend.send(an_order(venue.url))
    assert answer.status == 502
    assert answer.headers["content-type"] == "text/html"


@pytest.mark.parametrize("body", [b"\xff\xfe{}", b'{"code":"000', b""])
async def test_a_body_is_not_judged_here(backend: HttpBackend, venue: Loopback, body: bytes) -> None:
    venue.next(reply(body))  # rows 9, 10, 13: the decoder's business
    assert (await backend.send(a_request(venue.url))).body == body


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(backend: HttpBackend, venue: Loopback, status: int) -> None:
    with Loopback() as stranger:  # row 21
        venue.next(redirect(stranger.url + "/steal", status))
        answer = await backend.send(an_order(venue.url, headers=(("ACCESS-PASSPHRASE", "p"),)))
        assert (answer.status, stranger.connections) == (status, 0)
        venue.next(redirect("/elsewhere", status))
        assert (await backend.send(a_request(venue.url))).status == status
    assert len(venue.requests) == 2


async def test_gzip_is_unpacked(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(zipped(b'{"data":[]}'))
    assert (await backend.send(a_request(venue.url))).body == b'{"data":[]}'


async def test_gzip_in_several_members_is_unpacked(backend: HttpBackend, venue: Loopback) -> None:
    parts = gzip.compress(b'{"a":') + gzip.compress(b"1}")
    venue.next(reply(parts, headers=(("Content-Encoding", "GZIP"),)))
    assert (await backend.send(a_request(venue.url))).body == b'{"a":1}'


@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize("cut", [False, True])
async def test_zeros_after_gzip_are_padding(backend: HttpBackend, venue: Loopback, status: int, cut: bool) -> None:
    parts = gzip.compress(b'{"a":') + bytes(2) + gzip.compress(b"1}") + bytes(3)
    encoded = (("Content-Encoding", "gzip"),)
    padded = dribble(message(parts, status=status, headers=encoded), every_s=0.0)
    venue.next(padded if cut else reply(parts, status=status, headers=encoded))
    assert (await backend.send(a_request(venue.url))).body == b'{"a":1}'


async def test_a_body_without_length_ends_with_the_connection(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(half_close(b'{"a":1}'))
    assert (await backend.send(a_request(venue.url))).body == b'{"a":1}'
    assert (await backend.send(a_request(venue.url))).body == b"{}"
    assert venue.connections == 2


async def test_a_dribbled_answer_is_read_whole(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(dribble(message(b'{"a":1}'), every_s=0.0))
    assert (await backend.send(a_request(venue.url))).body == b'{"a":1}'


async def test_a_body_of_exactly_the_cap_passes(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(zipped(bytes(MAX_BODY)))
    assert len((await backend.send(a_request(venue.url))).body) == MAX_BODY


# Nothing was sent


@pytest.mark.parametrize("make", [a_request, an_order])
async def test_refused(backend: HttpBackend, make: Callable[[str], HttpRequest]) -> None:
    with socket.socket() as unheard:  # row 1
        unheard.bind(("127.0.0.1", 0))
        failure = await failure_of(backend, make(f"http://127.0.0.1:{unheard.getsockname()[1]}"))
    assert (failure.kind, failure.phase, failure.sent) == ("refused", Phase.CONNECTING, False)


async def test_no_such_name(backend: HttpBackend) -> None:
    failure = await failure_of(backend, an_order("http://venue.invalid"))  # row 2
    assert (failure.kind, failure.sent) == ("dns", False)


async def test_connect_timeout(backend: HttpBackend) -> None:
    with socket.socket() as full:  # row 4: a backlog that is full drops what knocks
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            failure = await failure_of(backend, an_order(f"http://127.0.0.1:{full.getsockname()[1]}", timeouts=HASTY))
    assert (failure.kind, failure.phase, failure.sent) == ("connect-timeout", Phase.CONNECTING, False)


def _expired(authority: Authority) -> ssl.SSLContext:
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    return authority.server(not_before=long_ago, not_after=long_ago + datetime.timedelta(days=1))


def _of_a_stranger(_known: Authority) -> ssl.SSLContext:
    return Authority().server()


def _of_another_host(authority: Authority) -> ssl.SSLContext:
    return authority.server("wrong.example")


CERTIFICATES: list[Any] = [
    pytest.param(_of_a_stranger, id="unknown authority"),
    pytest.param(_of_another_host, id="another host"),
    pytest.param(_expired, id="expired"),
]


@pytest.mark.parametrize("certificate", CERTIFICATES)
async def test_a_bad_certificate(
    backend: HttpBackend, authority: Authority, certificate: Callable[[Authority], ssl.SSLContext]
) -> None:
    with Loopback(tls=certificate(authority)) as server:  # row 3
        failure = await failure_of(backend, an_order(server.url))
        assert (failure.kind, failure.phase, failure.sent) == ("tls", Phase.CONNECTING, False)
        assert server.requests == []


async def test_a_good_certificate(backend: HttpBackend, authority: Authority) -> None:
    with Loopback(tls=authority.server()) as server:
        assert (await backend.send(an_order(server.url))).status == 200


async def test_old_tls_is_refused(backend: HttpBackend, authority: Authority) -> None:
    context = authority.server()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Loopback(tls=context) as server:
        failure = await failure_of(backend, an_order(server.url))
    assert (failure.phase, failure.sent) == (Phase.CONNECTING, False)
    assert failure.kind in ("no-tls", "tls-handshake")


def _read_and_drop(raw: socket.socket) -> None:
    raw.recv(65536)


def _hang(raw: socket.socket) -> None:
    raw.settimeout(2)
    while raw.recv(65536):
        pass


async def test_the_peer_leaves_in_the_handshake(backend: HttpBackend) -> None:
    with Loopback.greeting(_read_and_drop) as server:  # row 3b
        failure = await failure_of(backend, an_order(f"https://127.0.0.1:{server.port}"))
    assert (failure.kind, failure.phase, failure.sent) == ("tls-handshake", Phase.CONNECTING, False)


async def test_the_peer_is_silent_in_the_handshake(backend: HttpBackend) -> None:
    with Loopback.greeting(_hang) as server:  # row 3b
        failure = await failure_of(backend, an_order(f"https://127.0.0.1:{server.port}", timeouts=HASTY))
    assert failure.kind in ("tls-handshake", "connect-timeout")
    assert (failure.phase, failure.sent) == (Phase.CONNECTING, False)


def _answer_plainly(raw: socket.socket) -> None:
    raw.recv(65536)
    raw.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


async def test_plain_http_where_tls_was_meant_is_no_bad_certificate(backend: HttpBackend) -> None:
    with Loopback.greeting(_answer_plainly) as server:
        failure = await failure_of(backend, an_order(f"https://127.0.0.1:{server.port}"))
    assert (failure.kind, failure.phase, failure.sent) == ("no-tls", Phase.CONNECTING, False)
    error = failure_error(failure, "venue GET /", "127.0.0.1:8900")
    assert isinstance(error, ConnectFailed)
    assert error.kind == "tls", "never tried again"
    assert "speaks no TLS" in str(error)
    assert "http://" in error.advice


async def test_a_raised_abort_stops_everything(backend: HttpBackend, venue: Loopback) -> None:
    abort = Abort()
    abort.raised = True  # row 32
    failure = await failure_of(backend, an_order(venue.url, abort=abort))
    assert (failure.kind, failure.sent) == ("aborted", False)
    assert venue.connections == 0


async def test_sending_is_told_before_the_first_byte(backend: HttpBackend, venue: Loopback) -> None:
    aborts = Abort(), Abort()
    await backend.send(a_request(venue.url, abort=aborts[0]))
    await backend.send(an_order(venue.url, abort=aborts[1]))
    assert [abort.sending for abort in aborts] == [True, True]


async def test_a_header_that_cannot_be_sent(backend: HttpBackend, venue: Loopback) -> None:
    for value in ("a\r\nX-Evil: 1", "\0"):
        failure = await failure_of(backend, an_order(venue.url, headers=(("ACCESS-KEY", value),)))
        assert failure.kind == "protocol"
    assert venue.requests == []


async def test_a_url_that_cannot_be_sent(backend: HttpBackend) -> None:
    for url in ("http://127.0.0.1:99999/", "http://[::1/", "ftp://127.0.0.1/", "nonsense"):
        failure = await failure_of(backend, an_order(url))
        assert failure.sent is False


# It may have arrived

ARRIVED: list[Any] = [
    pytest.param(cut(), id="closed before the headers (7)"),
    pytest.param(cut(b"HTTP/1.1 200 OK\r\nContent-Le"), id="closed amid the headers"),
    pytest.param(reset(), id="reset before the headers (7)"),
    pytest.param(reset_mid_body(), id="reset amid the body (8)"),
    pytest.param(truncated(), id="closed amid the body (8)"),
    pytest.param(reply(b"not gzip", headers=(("Content-Encoding", "gzip"),)), id="bad gzip"),
    pytest.param(reply(gzip.compress(b"{}")[:-9], headers=(("Content-Encoding", "gzip"),)), id="half a gzip"),
    pytest.param(reply(b"??", headers=(("Content-Encoding", "br"),)), id="an encoding not asked for (20)"),
    pytest.param(reply(b"??", headers=(("Content-Encoding", ", ".join(["gzip"] * 6)),)), id="six encodings (20)"),
    pytest.param(huge_length(), id="a huge length (14)"),
    pytest.param(endless(), id="an endless body (14)"),
    pytest.param(bomb(MAX_BODY + 1), id="a bomb (20)"),
    pytest.param(bomb(1 << 28), id="a large bomb (20)"),
    pytest.param(cut(b"garbage\r\n\r\n"), id="not HTTP"),
    pytest.param(cut(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 60_000 + b"\r\n"), id="endless headers"),
]


@pytest.mark.parametrize("answer", ARRIVED)
async def test_an_order_that_got_no_answer_may_have_arrived(
    backend: HttpBackend, venue: Loopback, answer: Answer
) -> None:
    venue.next(answer)
    failure = await failure_of(backend, an_order(venue.url))
    assert failure.sent is True
    assert failure.phase >= Phase.BODY_STARTED
    assert len(venue.requests) == 1
    assert (await backend.send(a_request(venue.url))).body == b"{}"  # on a sound connection


async def test_the_kinds_of_unusable_answers(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(huge_length(), bomb(1 << 24), reply(headers=(("Content-Encoding", "br"),)), cut())
    assert (await failure_of(backend, a_request(venue.url))).kind == "body-too-large"
    assert (await failure_of(backend, a_request(venue.url))).kind == "body-too-large"
    assert (await failure_of(backend, a_request(venue.url))).kind == "encoding"
    assert (await failure_of(backend, a_request(venue.url))).kind == "disconnected"


GZIP, BROTLI = (("Content-Encoding", "gzip"),), (("Content-Encoding", "br"),)
HALF = gzip.compress(b"{}")[:-9]


async def test_an_answer_that_was_cut_short_is_a_damaged_one(backend: HttpBackend, venue: Loopback) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
    for answer in (truncated(), cut(chunked), reply(HALF, headers=GZIP), reply(b"not gzip", headers=GZIP)):
        venue.next(answer)
        assert (await failure_of(backend, a_request(venue.url))).kind == "protocol"


async def test_the_status_of_a_page_that_cannot_be_unpacked_still_speaks(backend: HttpBackend, venue: Loopback) -> None:
    for body, encoding in ((b"", GZIP), (HALF, GZIP), (b"not gzip", GZIP), (b"??", BROTLI)):
        venue.next(reply(body, status=429, headers=(*encoding, ("Retry-After", "7"))))
        answer = await backend.send(a_request(venue.url))
        assert (answer.status, answer.headers["retry-after"], answer.body) == (429, "7", b"")


async def test_of_several_headers_of_one_name_the_first_counts(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(reply(headers=(("Retry-After", "7"), ("Retry-After", "9"))))
    assert (await backend.send(a_request(venue.url))).headers["retry-after"] == "7"


@pytest.mark.parametrize("make", [a_request, an_order])
async def test_no_answer_in_time(backend: HttpBackend, venue: Loopback, make: Callable[..., HttpRequest]) -> None:
    venue.next(silence)  # row 6
    failure = await failure_of(backend, make(venue.url, timeouts=UNANSWERED))
    assert (failure.kind, failure.sent) == ("read-timeout", True)


async def test_a_slow_body_ends_at_the_deadline(backend: HttpBackend, venue: Loopback) -> None:
    await backend.send(a_request(venue.url))  # so that a handshake takes nothing of the time
    venue.next(dribble(message(bytes(1000)), every_s=0.01))  # row 15; it ends well if nobody looks at the clock
    patient = Timeouts(connect_s=30.0, write_s=30.0, read_s=30.0, deadline_s=0.5)
    failure = await failure_of(backend, an_order(venue.url, timeouts=patient))
    assert (failure.kind, failure.sent) == ("read-timeout", True)


async def test_a_body_that_is_not_read_cannot_be_written(backend: HttpBackend, authority: Authority) -> None:
    def stop_reading(raw: socket.socket) -> None:
        raw.recv(1)
        stopped.wait(30)

    stopped = threading.Event()
    with Loopback.greeting(stop_reading) as server:  # row 5b
        failure = await failure_of(
            backend,
            a_request(f"http://127.0.0.1:{server.port}", method="POST", body=bytes(1 << 24), timeouts=UNANSWERED),
        )
        stopped.set()
    assert failure.kind in ("write-timeout", "read-timeout")
    assert (failure.phase, failure.sent) == (Phase.BODY_STARTED, True)


# Connections


async def test_a_copy_of_an_answer_is_not_taken_for_the_next(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(twice(b'{"first":1}'), reply(b'{"second":1}'))  # row 22
    assert (await backend.send(an_order(venue.url))).body == b'{"first":1}'
    assert (await backend.send(an_order(venue.url))).body == b'{"second":1}'
    assert venue.connections == 2


async def test_a_copy_that_comes_while_idle_is_not_taken_either(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(twice(b'{"first":1}', pause_s=0.01), reply(b'{"second":1}'))
    assert (await backend.send(an_order(venue.url))).body == b'{"first":1}'
    await anyio.sleep(0.05)
    assert (await backend.send(an_order(venue.url))).body == b'{"second":1}'


async def test_a_connection_that_was_closed_while_idle_is_not_used(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(then_close())  # row 37
    await backend.send(a_request(venue.url))
    await anyio.sleep(0.05)
    assert (await backend.send(an_order(venue.url))).status == 200
    assert venue.connections == 2


async def test_a_connection_that_the_venue_is_about_to_close_is_not_used(
    backend: HttpBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    for module in (fast, connections):
        monkeypatch.setattr(module, "idle_clock", lambda: now[0])
    venue.default = reply(headers=(("Keep-Alive", "timeout=5"),))
    for idle_s in (0.0, 3.9, 4.1):
        now[0] += idle_s
        await backend.send(a_request(venue.url))
    assert [seen.connection for seen in venue.requests] == [0, 0, 1]
    venue.default = reply()
    await backend.send(a_request(venue.url))
    now[0] += 3600.0  # this computer slept meanwhile
    await backend.send(an_order(venue.url))
    assert [seen.connection for seen in venue.requests[3:]] == [1, 2]


async def test_a_connection_reset_after_its_answer_is_not_used(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(reset_after_body(b'{"a":1}'))
    assert (await backend.send(a_request(venue.url))).body == b'{"a":1}'
    await anyio.sleep(0.05)
    assert (await backend.send(an_order(venue.url))).status == 200


async def test_a_kept_connection_that_fails_is_told_apart(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(reply(), cut())  # row 37: the server closes as the request comes in
    await backend.send(a_request(venue.url))
    failure = await failure_of(backend, an_order(venue.url))
    assert (failure.kind, failure.sent) == ("disconnected", True)
    assert len(venue.requests) == 2  # never again by itself


# The end


async def test_closing_during_a_send_is_clean(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(reply())
    await backend.send(a_request(venue.url))
    venue.default = silence
    failures: list[HttpFailure] = []

    async def call() -> None:
        failures.append(await failure_of(backend, an_order(venue.url)))

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(call)
        with anyio.fail_after(60):
            while len(venue.requests) < 4:  # noqa: ASYNC110 - the server is in another thread
                await anyio.sleep(0.005)
        await backend.aclose()
    assert [failure.sent for failure in failures] == [True] * 3
    with anyio.fail_after(60):
        while venue.open:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.005)


async def test_after_the_end_nothing_is_sent(backend: HttpBackend, venue: Loopback) -> None:
    await backend.aclose()
    await backend.aclose()
    failure = await failure_of(backend, an_order(venue.url))
    assert (failure.kind, failure.sent) == ("aborted", False)
    assert venue.connections == 0


async def test_no_connection_stays_open(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(reply(), cut(), reset(), truncated(), twice(), huge_length(), bomb(1 << 24))
    for _ in range(8):
        with suppress(HttpFailure):
            await backend.send(an_order(venue.url, timeouts=HASTY))
    await backend.aclose()
    with anyio.fail_after(60):
        while venue.open:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.005)
    gc.collect()  # a ResourceWarning is an error here


async def test_a_failure_holds_no_frame_with_headers(backend: HttpBackend, venue: Loopback) -> None:
    venue.next(cut(), reset_mid_body(), bomb(1 << 24))
    canary = (("ACCESS-PASSPHRASE", "canary-in-the-mine"),)
    urls = [venue.url, venue.url, venue.url, "http://127.0.0.1:1", "http://[::1/"]
    for url in urls:
        failure = await failure_of(backend, an_order(url, headers=canary))
        assert failure.__cause__ is None
        assert failure.__context__ is None
        text = "".join(traceback.TracebackException.from_exception(failure, capture_locals=True).format())
        assert "canary" not in text
        assert "0.01" not in text
