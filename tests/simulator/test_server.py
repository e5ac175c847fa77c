from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import Any

import httpx
import pytest

from futures_async.adapters.bitget.simulated import DIALECT, SimulatedBitget
from futures_async.simulator.app import MAX_REQUEST_BODY, SimulatorApp
from futures_async.simulator.binding import bind
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request, Route, find_dialects
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.server import RunningExchange, make_server, serve
from futures_async.transport.endpoint import RateLimit
from tests.simulator.bitget_client import KEY, MIX, Bitget

EMPTY = Setup(empty=True)


@pytest.fixture
def simulated_exchange_options() -> dict[str, Any]:
    return {"dialects": [DIALECT], "setup": EMPTY}


def test_the_fixture_serves_an_exchange_over_http(simulated_exchange: RunningExchange) -> None:
    with httpx.Client(base_url=simulated_exchange.base_url, trust_env=False) as client:
        answer = client.get("/api/v2/public/time")
        assert answer.json()["code"] == "00000"
        assert answer.headers["x-mbx-used-remain-limit"] == "19"
        assert client.get("/api/v2/mix/nothing").status_code == 404
        assert client.get("/elsewhere").status_code == 404
        assert client.get("/").json() == simulated_exchange.announcement()
        assert client.post("/api/v2/mix/order/place-order", content=b"x" * (MAX_REQUEST_BODY + 1)).status_code == 413
    credentials = simulated_exchange.credentials("bitget")
    assert credentials.uid == simulated_exchange.announcement()["venues"]["bitget"]["uid"]


def test_a_signed_call_works_over_http(simulated_exchange: RunningExchange) -> None:
    signer = Bitget()
    signer.now = simulated_exchange.exchange.now_ms()
    key = simulated_exchange.exchange.venues["bitget"].key
    path, query = f"{MIX}/account/accounts", "productType=USDT-FUTURES"
    headers = signer.headers("GET", path, query, b"", key)
    with httpx.Client(base_url=simulated_exchange.base_url, trust_env=False) as client:
        assert client.get(f"{path}?{query}", headers=headers).json()["data"][0]["accountEquity"] == "25000"


@pytest.mark.anyio
async def test_the_application_works_in_process_too() -> None:
    app = SimulatorApp(SimulatedExchange(dialects=[DIALECT], setup=EMPTY))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:  # pyright: ignore[reportArgumentType] - starlette's Scope is a MutableMapping
        answer = await client.get("/api/v2/public/time")
        assert answer.json()["code"] == "00000"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_a_taken_port_is_an_os_error() -> None:
    listener = bind("127.0.0.1", 0)
    try:
        with pytest.raises(OSError, match="use"), serve(dialects=[DIALECT], port=listener.getsockname()[1]):
            pass
    finally:
        listener.close()


class Clocked(Bitget):
    """A venue with its real limits, on a clock in seconds."""

    def __init__(self, **options: Any) -> None:
        self.seconds = 100.0
        super().__init__(uid_limit=10, endpoint_limits=True, monotonic=lambda: self.seconds, **options)

    def ask(self, path: str = "/account/union-config", query: str = "") -> int:
        return self.raw("GET", path if path.startswith("/api") else MIX + path, query)[0].status


def test_an_endpoints_own_limit_is_a_strict_sliding_window() -> None:
    venue = Clocked()
    query = "productType=USDT-FUTURES"
    for index in range(5):
        venue.seconds = 100 + index * 0.1
        assert venue.ask("/position/all-position", query) == 200
    venue.seconds = 100.999
    response, answer = venue.raw("GET", f"{MIX}/position/all-position", query)
    assert (response.status, answer["code"], answer["msg"]) == (429, "429", "Too Many Requests")
    venue.seconds = 101.0  # the first one is exactly a second old
    assert venue.ask("/position/all-position", query) == 200
    assert venue.ask("/position/all-position", query) == 429


def test_ten_requests_a_second_per_account_whatever_the_endpoint() -> None:
    venue = Clocked()
    statuses = [venue.ask(f"/account/{name}", "productType=USDT-FUTURES") for name in ("accounts", "bill") * 6]
    assert statuses == [200] * 10 + [429] * 2
    assert venue.ask("/api/v2/public/time") == 200  # public calls count by address
    assert venue.exchange.busiest(venue.account.uid) == 12
    venue.seconds += 1
    assert venue.ask("/account/accounts", "productType=USDT-FUTURES") == 200
    assert [arrival.status for arrival in venue.exchange.arrivals].count(429) == 2


def test_public_endpoints_are_limited_per_address() -> None:
    venue = Clocked()
    assert [venue.ask("/api/v2/public/time") for _ in range(21)] == [200] * 20 + [429]
    other = Request("GET", "/api/v2/public/time", client="10.0.0.9", now_ms=venue.now)
    assert venue.exchange.handle(other).status == 200


def test_limits_can_be_switched_off() -> None:
    venue = Bitget()
    assert {venue.raw("GET", f"{MIX}/account/union-config")[0].status for _ in range(30)} == {200}
    assert "x-mbx-used-remain-limit" not in dict(venue.raw("GET", f"{MIX}/account/union-config")[0].headers)


def test_dialects_are_found_beside_the_adapters_entry_points() -> None:
    points = [
        EntryPoint("bitget", "futures_async.adapters.bitget:Bitget", "futures_async.adapters"),
        EntryPoint("gone", "no_such_package:Gone", "futures_async.adapters"),
        EntryPoint("plain", "futures_async.risk:Plain", "futures_async.adapters"),
    ]
    assert list(find_dialects(points)) == [DIALECT]
    assert list(find_dialects(points, only=["gone"])) == []
    assert DIALECT in set(find_dialects())


@pytest.mark.parametrize("only", [["bitgt"], ["bitget", "bitgt"]])
def test_a_venue_that_is_none_is_not_left_out_in_silence(only: list[str]) -> None:
    with pytest.raises(ValueError, match=r"not 'bitgt': did you mean bitget\?"):
        SimulatedExchange(only=only)
    with pytest.raises(ValueError, match=r"only is a list of ids of adapters, not 'bitget'"):
        SimulatedExchange(only="bitget")
    with pytest.raises(KeyError, match=r"the simulated exchange plays no .bitgt.: did you mean bitget"):
        SimulatedExchange(only=["bitget"]).venues["bitgt"]


class Sibling(SimulatedBitget):
    """Another account type of the same venue."""

    id = "sibling"

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/v3/account/settings", lambda request: "mine", private=False),
            Route("GET", "/api/v2/public/time", lambda request: "not reached", private=False),
        ]

    def demo_account(self, setup: Setup) -> Any:
        from futures_async.simulator.demo import open_demo_account

        return open_demo_account(self.engine, setup, "sib", key=KEY, family=self.family, kind="unified")


class Stranger(Sibling):
    id = "stranger"
    family = "elsewhere"


@pytest.mark.parametrize("order", [[DIALECT, Sibling], [Sibling, DIALECT]])
def test_siblings_share_paths_and_a_fallback_gives_way(order: list[Any]) -> None:
    exchange = SimulatedExchange(dialects=order, setup=EMPTY)
    assert b"mine" in exchange.handle(Request("GET", "/api/v3/account/settings")).body
    served = exchange.handle(Request("GET", "/api/v2/public/time")).body
    assert (b"serverTime" in served) == (order[0] is DIALECT)
    with pytest.raises(ValueError, match="both declare"):
        SimulatedExchange(dialects=[DIALECT, Stranger], setup=EMPTY)


def test_money_can_be_given_and_all_accounts_settled() -> None:
    from decimal import Decimal

    venue = Bitget()
    venue.exchange.deposit("bitget", Decimal(5))
    venue.exchange.settle()
    assert venue.account.balance("USDT") == 25_005


def test_a_public_request_has_no_account() -> None:
    with pytest.raises(RuntimeError):
        _ = Request("GET", "/").account


def test_limits_of_an_endpoint_may_be_several() -> None:
    route = Route("GET", "/x", lambda request: None, (RateLimit(1), RateLimit(5, 60.0, "ip")))
    assert len(route.limits) == 2


def test_importing_the_package_imports_no_web_framework() -> None:
    code = (
        "import sys, futures_async.simulator, futures_async.simulator.exchange as e;"
        "e.SimulatedExchange(only=['bitget']); bad = {'starlette', 'uvicorn', 'httpx'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_server_is_quiet(simulated_exchange: RunningExchange, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), httpx.Client(trust_env=False) as client:
        client.get(f"{simulated_exchange.base_url}/api/v2/public/time")
    assert not [record for record in caplog.records if record.name.startswith("uvicorn.access")]


def test_answers_are_not_held_back_by_nagles_algorithm() -> None:
    listener = bind("127.0.0.1", 0)
    try:
        # asyncio sets TCP_NODELAY on accepted sockets of this protocol only, and they inherit it from the listener.
        assert listener.proto == socket.IPPROTO_TCP
    finally:
        listener.close()


def test_in_the_background_it_goes_by_no_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SimulatorApp(SimulatedExchange(dialects=[DIALECT], setup=EMPTY))

    def as_a_shell_leaves_it(number: int) -> signal.Handlers:
        return signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL

    monkeypatch.setattr(signal, "getsignal", as_a_shell_leaves_it)
    server = make_server(app)
    monkeypatch.undo()
    server.handle_exit(signal.SIGINT, None)
    assert not server.should_exit, "the Ctrl-C is another program's"
    server.handle_exit(signal.SIGTERM, None)
    assert server.should_exit
    in_front = make_server(app)
    in_front.handle_exit(signal.SIGINT, None)
    assert in_front.should_exit
