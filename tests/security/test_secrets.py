"""S2 to S5: whatever goes wrong, wherever, nothing that is shown of it holds a key, a passphrase or a signature."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import h11
import httpcore
import httpx
import msgspec
import pytest

from futures_async.accounts.environment import read_environment
from futures_async.accounts.keys_file import read_file
from futures_async.adapter import Adapter
from futures_async.transport.answers import Answers
from futures_async.transport.clock import VenueClock
from futures_async.transport.events import CallEvent
from futures_async.transport.http import core, fast
from futures_async.transport.http.backend import HttpRequest, Timeouts
from futures_async.transport.http.connections import Connections
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.llhttp import Connection
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import (
    AuthenticationError,
    FuturesAsyncError,
    InvalidRequest,
    OrderOutcomeUnknown,
    UnexpectedRedirect,
)
from tests.loopback import Answer, Exchange, Loopback, cut, message, redirect, silence
from tests.security.canary import PLANTED, SIGNATURE_HEADERS, leaks, planted, renderings
from tests.security.cases import CASES, TRADING, Call, Case, cancel, place, raw_write, read

pytestmark = pytest.mark.anyio

QUICK = Timeouts(connect_s=30.0, write_s=30.0, read_s=0.15, deadline_s=30.0)
PATIENT = Timeouts()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
each_trading = pytest.mark.parametrize("case", TRADING, ids=lambda case: case.id)
each_library = pytest.mark.parametrize("library", ["httpx", "fast"])
every_library = pytest.mark.parametrize("library", ["httpx", "httpx2", "fast"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[str]]:
    """Every record of every logger at DEBUG, as text with its traceback."""
    shown: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            shown.append(f"{record.name} {self.format(record)} {record.args!r}")
            if record.exc_info is not None and record.exc_info[1] is not None:
                shown.extend(renderings(record.exc_info[1]))

    root, handler = logging.getLogger(), Keep()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield shown
    root.removeHandler(handler)
    root.setLevel(before)


def echo(case: Case, exchange: Exchange) -> str:
    """What a chatty venue might say: all that it was told."""
    told = [value for name, value in exchange.seen.headers if name in SIGNATURE_HEADERS]
    return " ".join([*(PLANTED[part] for part in ("key", "secret", *case.parts)), *told])


def chatty(case: Case, code: str, *, status: int = 200, data: str = "null", cut_at: float = 1.0) -> Answer:
    async def answer(exchange: Exchange) -> None:
        text = json.dumps(echo(case, exchange))
        body = case.answer(code, text, data.replace("ECHO", text))
        await exchange.send(message(body[: int(len(body) * cut_at)], status=status))

    return answer


def page(case: Case) -> Answer:
    async def answer(exchange: Exchange) -> None:
        body = f"<html><h1>500</h1><pre>{echo(case, exchange)}</pre></html>".encode()
        await exchange.send(message(body, status=500, headers=(("Content-Type", "text/html"),)))

    return answer


def broken_off(case: Case) -> Answer:
    async def answer(exchange: Exchange) -> None:
        body = f'{{"code":"0","msg":{json.dumps(echo(case, exchange))}'.encode()
        await exchange.send(message(body, length=len(body) + 50))
        exchange.writer.close()

    return answer


FAULTS: dict[str, Callable[[Case], Answer]] = {
    "the key is refused and repeated": lambda case: chatty(case, case.refused, status=401),
    "the code is the key": lambda case: chatty(case, json.dumps(PLANTED["key"])),
    "500 with a page": page,
    "half of the JSON": lambda case: chatty(case, case.fine, cut_at=0.6),
    "cut within the body": broken_off,
    "secrets where numbers should be": lambda case: chatty(case, case.fine, data='[{"a":ECHO},ECHO]'),
    "another kind of data": lambda case: chatty(case, case.fine, data="ECHO"),
    "silence": lambda case: silence,
    "closed": lambda case: cut(),
    "a redirect to a host named like the key": lambda case: redirect(f"https://{PLANTED['key']}.example/x"),
}


async def error_of(call: Call, exchange: Adapter, case: Case) -> BaseException:
    """What it fails with. A frame of its own: tracebacks show its locals, and there are no signatures among them."""
    try:
        await call(exchange, case)
    except BaseException as error:  # of every kind
        return error
    raise AssertionError("it did not fail")


async def check(case: Case, call: Call, exchange: Adapter, venue: Loopback, logged: list[str]) -> BaseException:
    """The call fails, and neither the error nor the log shows anything."""
    caught = await error_of(call, exchange, case)
    signatures = [seen.header(name) or "" for seen in venue.requests for name in SIGNATURE_HEADERS]
    told = [*renderings(caught), repr(exchange), str(exchange), *map(repr, exchange.unresolved()), *logged]
    assert leaks(told, filter(None, signatures)) == []
    return caught


@each_library
@each_case
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", [read, place, cancel, raw_write], ids=lambda call: call.__name__)
async def test_no_bad_answer_shows_a_secret(
    case: Case, fault: str, call: Call, library: str, logged: list[str]
) -> None:
    if call in (place, cancel) and not case.trades:
        pytest.skip(f"{case.id} only reads")
    if call is raw_write and fault in ("secrets where numbers should be", "another kind of data"):
        pytest.skip("the escape hatch takes any data")
    events: list[CallEvent] = []
    with Loopback(default=FAULTS[fault](case)) as venue:
        timeout = QUICK if fault == "silence" else PATIENT
        exchange = case.open(venue.url, http=library, timeout=timeout, on_event=events.append)
        caught = await check(case, call, exchange, venue, logged)
        assert isinstance(caught, FuturesAsyncError)
        assert venue.requests, "the fault was never met"
        assert events
        assert leaks(map(repr, events)) == []
        await close(exchange)


@every_library
@each_case
async def test_no_failed_connection_shows_a_secret(case: Case, library: str, logged: list[str]) -> None:
    with Loopback() as venue:
        url = venue.url
    async with case.open(url, http=library) as exchange:
        await check(case, read, exchange, venue, logged)
    with Loopback.greeting(lambda raw: raw.close()) as gone:
        async with case.open(f"https://127.0.0.1:{gone.port}", http=library) as exchange:
            await check(case, read, exchange, venue, logged)


@every_library
@each_case
async def test_no_cancelled_call_shows_a_secret(case: Case, library: str, logged: list[str]) -> None:
    async def timed(exchange: Adapter, case: Case) -> object:
        with anyio.fail_after(0.1):
            return await read(exchange, case)

    with Loopback(default=silence) as venue:
        exchange = case.open(venue.url, http=library, timeout=QUICK)
        assert isinstance(await check(case, timed, exchange, venue, logged), TimeoutError)
        await exchange.aclose(0)


async def close(exchange: Adapter) -> None:
    """Close at once; what was lost is told without secrets."""
    caught: FuturesAsyncError | None = None
    try:
        await exchange.aclose(0)
    except FuturesAsyncError as error:
        caught = error
    assert caught is None or leaks(renderings(caught)) == []


class Planted(Exception):
    """Raised where nobody expects an error."""


def fails(*_: Any, **__: Any) -> Any:
    raise Planted


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


LAYERS: dict[str, tuple[Any, str]] = {
    "signing": (Credentials, "hmac_sha256"),
    "the clock": (VenueClock, "now_ms"),
    "judging": (Answers, "read"),
    "the httpx backend": (HttpxBackend, "send"),
    "the fast backend": (FastBackend, "begin"),
    "writing for the fast backend": (fast, "written"),
    "writing to the fast backend's connection": (Connection, "ask"),
    "its transport": (asyncio.selector_events._SelectorSocketTransport, "write"),  # type: ignore[attr-defined] # pyright: ignore
    "preparing for httpcore": (core.Direct, "_prepared"),
    "connections": (Connections, "take"),
    "httpcore": (httpcore.AsyncHTTPConnection, "handle_async_request"),
    "h11": (h11.Connection, "send"),
    "h11's writer": (h11.Connection, "send_with_data_passthrough"),
    "reading with h11": (h11.Connection, "next_event"),
}
ONLY_FAST = {
    "the fast backend", "writing for the fast backend", "writing to the fast backend's connection", "its transport",
}  # fmt: skip
ONLY_HTTPX = {
    "the httpx backend", "preparing for httpcore", "connections", "httpcore", "h11", "h11's writer", "reading with h11",
}  # fmt: skip


@each_library
@each_trading
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("call", [read, place], ids=lambda call: call.__name__)
async def test_no_error_in_any_layer_shows_a_secret(
    case: Case, layer: str, call: Call, library: str, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if (layer in ONLY_FAST and library != "fast") or (layer in ONLY_HTTPX and library != "httpx"):
        pytest.skip("the other library's")
    if case.id == "bitmart" and layer == "signing" and call is read:
        pytest.skip("reads are not signed")
    with Loopback() as venue:
        exchange = case.open(venue.url, http=library)
        with monkeypatch.context() as patch:
            patch.setattr(*LAYERS[layer], fails)
            caught = await check(case, call, exchange, venue, logged)
        assert any(isinstance(each, Planted) for each in causes(caught)), repr(caught)
        await close(exchange)


@every_library
@each_case
async def test_the_log_shows_no_header_no_query_and_no_body(case: Case, library: str, logged: list[str]) -> None:
    with Loopback(default=chatty(case, case.fine, data="{}")) as venue:
        async with case.open(venue.url, http=library) as exchange:
            await exchange.request("GET", case.account, params={"symbol": "QUERYWORD"})
            await exchange.request("POST", "/any/thing", body={"field": "BODYWORD"})
        ours = [line for line in logged if line.startswith("futures_async")]
        assert any(case.account in line for line in ours)
        assert not [line for line in logged if "QUERYWORD" in line or "BODYWORD" in line]
        signatures = [seen.header(name) or "" for seen in venue.requests for name in SIGNATURE_HEADERS]
        assert leaks(logged, filter(None, signatures)) == []


@each_case
async def test_a_client_of_the_users_own_logs_urls_but_no_secret(case: Case, logged: list[str]) -> None:
    """httpx's INFO line shows the whole URL: no venue here puts a key or a signature there."""
    with Loopback(default=chatty(case, case.fine, data="{}")) as venue:
        async with httpx.AsyncClient() as client, case.open(venue.url, http=client) as exchange:
            await exchange.request("GET", case.account, params={"symbol": "X"})
        signatures = [seen.header(name) or "" for seen in venue.requests for name in SIGNATURE_HEADERS]
        assert any("HTTP Request" in line for line in logged)
        assert leaks(logged, filter(None, signatures)) == []
        assert leaks([seen.target for seen in venue.requests], filter(None, signatures)) == []


async def test_the_search_for_leaks_finds_them() -> None:
    """A test of the tests: a frame with a secret in it, a message with the key, a cause behind `from None`."""

    def careless() -> None:
        headers = {"ACCESS-PASSPHRASE": PLANTED["passphrase"]}
        raise ValueError(str(len(headers)))

    def hiding() -> None:
        try:
            careless()
        except ValueError:
            raise RuntimeError("nothing to see") from None

    for function in (careless, hiding):
        with pytest.raises((ValueError, RuntimeError)) as caught:
            function()
        assert leaks(renderings(caught.value))
    for text in (PLANTED["key"], PLANTED["key"].encode().hex(), "x Y25yeUtleSs5Zi80MT1iNw== y"):
        assert leaks([text])
    assert leaks(["ab" * 32], ["ab" * 32])


# Messages and codes of the venue


@pytest.mark.parametrize("spelling", ["plain", "base64", "hex", "HEX", "quoted"])
async def test_a_message_that_repeats_credentials_is_scrubbed(spelling: str) -> None:
    from base64 import b64encode
    from urllib.parse import quote

    spell: dict[str, Callable[[str], str]] = {
        "plain": str,
        "base64": lambda text: b64encode(text.encode()).decode(),
        "hex": lambda text: text.encode().hex(),
        "HEX": lambda text: text.encode().hex().upper(),
        "quoted": lambda text: quote(text, safe=""),
    }
    credentials = planted("passphrase", "memo")
    for text in PLANTED.values():
        shown = credentials.scrub(f"bad {spell[spelling](text)} here")
        assert shown == "bad *** here"


@pytest.mark.parametrize(
    "signature",
    ["0f" * 32, "/ih9Ux43Bze3mLfyGx9D54StkeIOWpjmX4TzqUxluQM=", "%2Fih9Ux43Bze3mLfyGx9D54StkeIOWpjmX4TzqUxluQM%3D"],
)
async def test_a_message_that_repeats_the_signature_is_scrubbed(signature: str) -> None:
    assert planted().scrub(f"sign {signature} is wrong") == "sign *** is wrong"
    for harmless in (
        "order 12345678901234567890 at /api/v2/mix/order/place-order",
        "13f7fda9-9543-4e11-a0ba-cbe117989988",
    ):
        assert planted().scrub(harmless) == harmless


@each_case
async def test_a_refusal_still_says_what_is_wrong(case: Case) -> None:
    with Loopback(default=chatty(case, case.refused, status=401)) as venue:
        async with case.open(venue.url) as exchange:
            with pytest.raises(AuthenticationError) as caught:
                await read(exchange, case)
    assert "***" in str(caught.value)
    assert str(json.loads(case.refused)) in str(caught.value)


# Objects on the way


@each_case
async def test_a_signed_request_shows_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    send = HttpxBackend.send

    async def look(self: HttpxBackend, request: HttpRequest) -> Any:
        shown.extend((repr(request), str(request), repr(request.headers), repr([request])))
        with pytest.raises((TypeError, NotImplementedError)):
            msgspec.json.encode(request)
        return await send(self, request)

    monkeypatch.setattr(HttpxBackend, "send", look)
    with Loopback() as venue:
        async with case.open(venue.url, http="httpx") as exchange:
            with pytest.raises(FuturesAsyncError):
                await read(exchange, case)
        signed = [seen.header(name) for seen in venue.requests for name in SIGNATURE_HEADERS]
    assert len(shown) == 4
    assert leaks(shown, [text for text in signed if text]) == []


@each_case
@pytest.mark.parametrize("part", ["key", "secret", "passphrase", "memo"])
async def test_credentials_with_a_line_end_are_refused_without_showing_any(case: Case, part: str) -> None:
    """The commonest mistake: a secret read from a file with its line end."""
    parts = {**PLANTED, part: PLANTED[part] + "\n"}
    caught = refused(parts)
    assert leaks(shown_below(caught, "__init__")) == []


def refused(parts: dict[str, str]) -> InvalidRequest:
    try:
        Credentials(**parts)
    except InvalidRequest as error:
        return error
    raise AssertionError("accepted")


def shown_below(error: BaseException, function: str) -> list[str]:
    """The frames from `function` on: those above it are the caller's own."""
    below = error.__traceback__
    while below is not None and below.tb_frame.f_code.co_name != function:
        below = below.tb_next
    assert below is not None
    return list(renderings(error.with_traceback(below)))


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX's")
@pytest.mark.parametrize(
    "text",
    [
        'key = "{key}"\nsecret = "{secret}"\nbroken',
        '[bitget]\nkey = "{key}"\nsecret = "{secret}\\n"\npassphrase = "{passphrase}"',
        '[bitget]\nkey = "{key}"\nsecret = "{secret}"\npassphrase = 5',
        '[bitget]\nkey = "{key}"\nsecret = "{secret}"\nunknown = 5',
        '[bitget]\nkey = "{key}"\n',
        'bitget = "{key}"',
        '[bitget]\nkey = "{key}\xff"\nsecret = "{secret}"',
    ],
)
async def test_a_wrong_keys_file_shows_no_key(text: str, tmp_path: Any) -> None:
    path = tmp_path / "keys.toml"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(InvalidRequest) as caught:
        read_file(path)
    assert leaks(shown_below(caught.value, "read_file")) == []


async def test_a_wrong_environment_shows_no_key_in_the_message() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_environment({"FUTURES_ASYNC_BITGET_KEY": PLANTED["key"] + "\n"})
    assert leaks([str(caught.value), "".join(traceback.format_exception(caught.value))]) == []
    assert leaks(shown_below(caught.value, "read_environment")) == []


@pytest.mark.parametrize("secret", [PLANTED["secret"], PLANTED["secret"].replace("=", "")], ids=["base64", "der"])
async def test_a_secret_that_is_no_rsa_key_is_not_shown(secret: str, logged: list[str]) -> None:
    case = CASES[0]
    with Loopback() as venue:
        exchange = case.make(
            Credentials(PLANTED["key"], secret, PLANTED["passphrase"]), base_url=venue.url, http="httpx", rsa=True
        )
        async with exchange:
            del secret
            assert isinstance(await check(case, read, exchange, venue, logged), InvalidRequest)
        assert venue.requests == []


# What a lost order's error carries


@each_trading
async def test_an_unknown_order_carries_no_secret_in_its_attempts(case: Case, logged: list[str]) -> None:
    with Loopback(default=cut()) as venue:
        exchange = case.open(venue.url, http="httpx")
        caught = await check(case, place, exchange, venue, logged)
        assert isinstance(caught, OrderOutcomeUnknown)
        assert leaks([repr(caught.attempts), repr(caught.lookups)]) == []
        with pytest.raises(FuturesAsyncError) as closing:
            await exchange.aclose(0)
        assert leaks(renderings(closing.value)) == []


@each_case
async def test_a_redirect_names_the_host_but_not_the_key(case: Case) -> None:
    with Loopback(default=redirect(f"https://evil.example/{PLANTED['key']}")) as venue:
        async with case.open(venue.url) as exchange:
            with pytest.raises(UnexpectedRedirect, match=r"evil\.example") as caught:
                await read(exchange, case)
    assert leaks(renderings(caught.value)) == []
