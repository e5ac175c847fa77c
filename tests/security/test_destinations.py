"""S9 to S15: requests go to the host that was named, over TLS that was checked, and nowhere else."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import trustme

from futures_async.transport.http.backend import HttpBackend
from futures_async.transport.http.fast import FastBackend
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.route import Route
from futures_async.transport.retry import RetryPolicy
from futures_async.unified.errors import (
    ConnectFailed,
    FuturesAsyncError,
    InvalidRequest,
    NotSupported,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    UnexpectedRedirect,
)
from tests.loopback import Authority, Loopback, message, redirect, reply
from tests.security.cases import CASES, TRADING, Call, Case, cancel, place, raw_write, read

pytestmark = pytest.mark.anyio

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
each_library = pytest.mark.parametrize("library", ["httpx", "fast"])
PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def fine(case: Case) -> bytes:
    return case.answer(case.fine)


@each_library
@each_case
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_error_and_the_other_server_sees_nothing(case: Case, status: int, library: str) -> None:
    calls: list[Call] = [read, raw_write]
    if case.trades:
        calls += [place, cancel]
    with Loopback() as stranger:
        for call in calls:
            for target in (stranger.url + "/steal", "/elsewhere"):
                with Loopback(default=redirect(target, status)) as venue:
                    exchange = case.open(venue.url, http=library)
                    with pytest.raises((UnexpectedRedirect, OutcomeUnknown)):
                        await call(exchange, case)
                    # An ambiguous cancel is followed by a read of the order; nothing is repeated or followed.
                    assert len(venue.requests) == (2 if call is cancel else 1)
                    assert not [seen for seen in venue.requests if seen.path == "/elsewhere"]
                    # An order of ours is asked for until the end; of other writes closing warns.
                    ours = any(isinstance(question, OrderOutcomeUnknown) for question in exchange.unresolved())
                    with pytest.raises(FuturesAsyncError) if ours else nullcontext():
                        await exchange.aclose(0)
        assert (stranger.requests, stranger.connections) == ([], 0)


@each_library
@each_case
async def test_proxies_of_the_environment_see_nothing(
    case: Case, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback() as proxy, Loopback(default=reply(fine(case))) as venue:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        async with case.open(venue.url, http=library) as exchange:
            await exchange.request("GET", case.account)
        assert (proxy.connections, len(venue.requests)) == (0, 1)


@each_library
@each_case
async def test_no_cookie_is_kept_and_the_agent_is_named(case: Case, library: str) -> None:
    async def answer(exchange: object) -> None:
        await exchange.send(message(fine(case), headers=(("Set-Cookie", "session=1; Path=/"),)))  # type: ignore[attr-defined] # pyright: ignore

    with Loopback(default=answer) as venue:
        async with case.open(venue.url, http=library) as exchange:
            for _ in range(3):
                await exchange.request("GET", case.account)
        assert [seen.header("cookie") for seen in venue.requests] == [None] * 3
        assert {(seen.header("user-agent") or "").partition("/")[0] for seen in venue.requests} == {"futures-async"}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def expired(authority: Authority) -> ssl.SSLContext:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return authority.server(not_after=past)


def another_host(authority: Authority) -> ssl.SSLContext:
    return authority.server("api.example.com")


def stranger(authority: Authority) -> ssl.SSLContext:
    return Authority().server()


def self_signed(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own = trustme.CA()
    leaf = own.issue_cert("127.0.0.1")
    leaf.configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - of pyOpenSSL, which is not here
    return context


BACKENDS: dict[str, Callable[[bytes], HttpBackend]] = {
    "httpx": lambda pem: HttpxBackend(route=Route(ca_pem=pem)),
    "fast": lambda pem: FastBackend(Route(ca_pem=pem)),
}


@each_library
@each_case
@pytest.mark.parametrize("certificate", [expired, another_host, stranger, self_signed])
async def test_a_bad_certificate_ends_the_call_at_the_first_attempt(
    case: Case, certificate: Callable[[Authority], ssl.SSLContext], library: str, authority: Authority
) -> None:
    backend = BACKENDS[library](authority.pem)
    with Loopback(tls=certificate(authority)) as venue:
        async with case.open(venue.url, http=backend, retry=RetryPolicy(attempts=3, base_s=0.001)) as exchange:
            with pytest.raises(ConnectFailed) as caught:
                await read(exchange, case)
            assert caught.value.kind == "tls"
        assert venue.requests == []
        assert venue.connections == 0  # the handshake was given up
    await backend.aclose()


@each_library
async def test_a_good_certificate_is_accepted(library: str, authority: Authority) -> None:
    case, backend = CASES[0], BACKENDS[library](authority.pem)
    with Loopback(tls=authority.server(), default=reply(fine(case))) as venue:
        async with case.open(venue.url, http=backend) as exchange:
            await exchange.request("GET", case.account)
        assert len(venue.requests) == 1
    await backend.aclose()


PATHS = [
    "https://evil.example/x", "//evil.example/x", "/a//b", "/../x", "/x/..%2fy", "/x?y=1", "/x#y", "/x\x00", "/x y",
    "\\\\evil", "/x\\y", "@evil.example", "x", "", "/x%2f", "/ü", "/x\r\nHost: evil.example",
]  # fmt: skip


@each_case
async def test_no_path_leads_anywhere_else(case: Case) -> None:
    with Loopback() as venue:
        async with case.open(venue.url, http="httpx") as exchange:
            for path in PATHS:
                with pytest.raises(InvalidRequest):
                    await exchange.request("GET", path)
        assert venue.requests == []


SYMBOLS = [
    "",
    " ",
    "../x",
    "a/b",
    "BTC?x",
    "BTC#",
    "BTC&a=b",
    "BTC\x00",
    "BTC\r\nX: y",
    "ВТС",
    "x" * 41,
    "https://evil",
]


@each_case
async def test_no_symbol_reaches_the_wire_that_is_none(case: Case) -> None:
    with Loopback() as venue:
        async with case.open(venue.url, http="httpx") as exchange:
            for symbol in SYMBOLS:
                for call in (exchange.fetch_positions, exchange.fetch_open_orders, exchange.fetch_ticker):
                    with pytest.raises((InvalidRequest, NotSupported)):
                        await call(symbol)
        assert venue.requests == []


# S27: demo keys and the live host


@each_case
async def test_demo_is_shown_and_never_meets_the_live_venue_unmarked(case: Case) -> None:
    live = case.make(case.credentials)
    assert "demo" not in repr(live)
    support = live._dialect.demo_support  # pyright: ignore[reportPrivateUsage] - how it is reached
    if support == "none":
        with pytest.raises(NotSupported):
            case.make(case.credentials, demo=True)
        return
    demo = case.make(case.credentials, demo=True)
    assert "demo" in repr(demo)
    assert (demo.base_url != live.base_url) is (support == "host")
    with Loopback(default=reply(fine(case))) as venue:
        for flag in (False, True):
            async with case.open(venue.url, http="httpx", demo=flag) as exchange:
                await exchange.request("GET", case.account)
        marks = [seen.header("paptrading") or seen.header("x-simulated-trading") for seen in venue.requests]
    assert marks == ([None, "1"] if support == "header" else [None, None])


test_demo_is_shown_and_never_meets_the_live_venue_unmarked = pytest.mark.filterwarnings(
    "ignore::futures_async.unified.errors.LifecycleWarning"
)(test_demo_is_shown_and_never_meets_the_live_venue_unmarked)


# S26: a cancel always names an order


IDS: list[object] = ["", " ", "0", "\n", "\t1", "1 ", "a b", "1,2", "x" * 65, "ü", 0, 5, b"1"]


@pytest.mark.parametrize("case", TRADING, ids=lambda case: case.id)
async def test_no_cancel_leaves_without_an_id(case: Case) -> None:
    with Loopback() as venue:
        async with case.open(venue.url, http="httpx") as exchange:
            loose: Any = exchange
            names = ["cancel_order", "edit_order"] + (
                ["cancel_trigger_order"] if exchange.supports("cancel_trigger_order") else []  # pyright: ignore
            )
            for name in names:
                more = {"price": 1} if name == "edit_order" else {}
                call = getattr(loose, name)
                for bad in IDS:
                    for which in ("order_id", "client_order_id"):
                        with pytest.raises((InvalidRequest, NotSupported)):
                            await call("BTC/USDT:USDT", **{which: bad}, **more)
                with pytest.raises((InvalidRequest, NotSupported)):
                    await call("BTC/USDT:USDT", **more)
            for bad in IDS:
                for which in ("order_ids", "client_order_ids"):
                    with pytest.raises((InvalidRequest, NotSupported)):
                        await loose.cancel_orders("BTC/USDT:USDT", **{which: [bad]})
                    with pytest.raises((InvalidRequest, NotSupported)):
                        await loose.cancel_orders("BTC/USDT:USDT", **{which: ["1", bad]})
            assert await exchange.cancel_orders("BTC/USDT:USDT") == []
            for symbol in ("", " ", "*"):
                with pytest.raises(InvalidRequest):
                    await exchange.cancel_all_orders(symbol)
            with pytest.raises((InvalidRequest, TypeError)):
                await loose.cancel_all_orders(None)
        assert venue.requests == []
