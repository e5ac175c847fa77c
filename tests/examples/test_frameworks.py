"""The examples of docs/frameworks.md: each framework answers with our models, and has the page mounted."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

import futures_async as fa
from futures_async import web
from futures_async.simulator.server import RunningExchange, serve
from futures_async.web import events
from tests.examples.test_web_service import over_a_socket

PAGE = Path(__file__).parents[2] / "docs" / "frameworks.md"
# Not marked as `python`: what a framework hands over has the types that it says, and those are its own.
EXAMPLES = dict(re.findall(r"^## (\w+)\n.*?```py\n(.*?)```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
MODULES = {
    "FastAPI": ("fastapi",),
    "Starlette": ("starlette",),
    "Litestar": ("litestar",),
    "Quart": ("quart", "hypercorn"),
    "Django": ("django",),
}
MOUNTED = [name for name in MODULES if name != "Django"]
SMALL = Decimal("1E-8")

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # uvicorn's


@pytest.fixture
def running() -> Generator[RunningExchange]:
    with serve(seed=2) as exchange:
        yield exchange


class Small:
    """An account whose positions have a number that is written as 1E-8 by those who are careless."""

    def __init__(self, exchange: fa.FuturesExchange) -> None:
        self._exchange = exchange
        self.create_order = exchange.create_order

    async def fetch_positions(self) -> list[fa.Position]:
        first, *others = await self._exchange.fetch_positions()
        plain = {name: getattr(first, name) for name in fa.Position.__struct_fields__ if name not in ("fee", "raw")}
        return [fa.Position(**plain, fee=SMALL, raw=first.raw), *others]


@asynccontextmanager
async def example(name: str, running: RunningExchange) -> AsyncGenerator[dict[str, Any], None]:
    """The names of the example, with an account of the simulated exchange."""
    for needed in MODULES[name]:
        if not os.environ.get("CI"):
            pytest.importorskip(needed)
    async with AsyncExitStack() as stack:
        keys = running.credentials("bitget")
        exchange = await stack.enter_async_context(fa.connect("bitget", keys, base_url=running.base_url))
        portfolio = await stack.enter_async_context(fa.Portfolio({"main": exchange}))
        # A module, as frameworks look up types in a handler's own.
        module = sys.modules["example"] = ModuleType("example")
        names = vars(module)
        names |= {"fa": fa, "portfolio": portfolio, "exchange": Small(exchange)}
        exec(compile(EXAMPLES[name], f"{PAGE.name}: {name}", "exec", dont_inherit=True), names)
        if name == "Django":
            names["service"] = django(names)
        yield names


def django(names: dict[str, Any]) -> Any:
    """Django's app of these `urlpatterns`; its settings are the process's own, and made once."""
    settings: Any = import_module("django.conf").settings
    if not settings.configured:
        settings.configure(ROOT_URLCONF="example_urls", ALLOWED_HOSTS=["*"], USE_TZ=True)
    urls: Any = ModuleType("example_urls")
    urls.urlpatterns = names["urlpatterns"]
    sys.modules["example_urls"] = urls
    return import_module("django.core.asgi").get_asgi_application()


def client_of(service: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://localhost")


@pytest.mark.parametrize("name", MODULES)
async def test_models_are_answered_exactly(name: str, running: RunningExchange) -> None:
    async with example(name, running) as names, client_of(names["service"]) as client:
        answer = await client.get("/held")
        told = answer.json()
        held = await names["exchange"].fetch_positions()

    assert answer.status_code == 200
    assert "raw" not in answer.text
    assert "E-" not in answer.text
    assert told[0]["fee"] == "0.00000001"
    assert {(row["symbol"], row["side"], row["quantity"], row["entry_price"]) for row in told} == {
        (row.symbol, row.side.value, f"{row.quantity:f}", f"{row.entry_price:f}") for row in held
    }


@pytest.mark.parametrize("name", MOUNTED)
async def test_the_page_is_mounted(name: str, running: RunningExchange) -> None:
    async with example(name, running) as names, client_of(names["service"]) as client:
        page = await client.get("/futures/")
        script = await client.get("/futures/page/page.js")
        positions = (await client.get("/futures/positions")).json()
        described = (await client.get("/futures/openapi.json")).json()
        metrics = await client.get("/futures/metrics")
        without_slash = await client.get("/futures", follow_redirects=True)
        elsewhere = await client.get("/futures/positions", headers={"Host": "evil.example"})

    assert (page.status_code, script.status_code, metrics.status_code, elsewhere.status_code) == (200, 200, 200, 421)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert {row["account"] for row in positions["positions"]} == {"main"}
    assert (without_slash.status_code, without_slash.url.path) == (200, "/futures/")
    assert described["servers"] == [{"url": "/futures"}]


@pytest.mark.parametrize("name", MOUNTED)
async def test_a_login_holds_where_the_page_is_mounted(
    name: str, running: RunningExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "app", partial(web.app, token="a-token-of-the-tests"))
    async with example(name, running) as names, client_of(names["service"]) as client:
        asked = await client.get("/futures/", headers={"Accept": "text/html"})
        style = await client.get("/futures/page/page.css")
        closed = await client.get("/futures/positions")
        answer = await client.post(
            "/futures/login", data={"token": "a-token-of-the-tests"}, headers={"X-Futures-Async": "login"}
        )
        after = await client.get("/futures/positions")
        out = await client.post("/futures/logout")
    assert (asked.status_code, asked.headers["location"]) == (303, "/futures/login")
    assert (style.status_code, closed.status_code, answer.status_code, after.status_code) == (200, 401, 200, 200)
    assert "Path=/futures;" in answer.headers["set-cookie"]
    assert out.headers["location"] == "/futures/login"


@pytest.mark.parametrize("name", MOUNTED)
async def test_events_come_through_and_end_with_the_portfolio(
    name: str, running: RunningExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "FIRST_S", 20.0)
    async with (
        example(name, running) as names,
        over_a_socket(names["service"]) as client,
        client.stream("GET", "/futures/events") as answer,
        asyncio.timeout(120),
    ):
        assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
        lines = answer.aiter_lines()
        found = [line async for line in until(lines, "data: ")]
        assert json.loads(found[-1].removeprefix("data: "))["accounts"]["main"]["status"] == "ok"
        await names["portfolio"].aclose()
        assert [line async for line in lines][-1:] in ([], [""])


async def until(lines: Any, start: str) -> AsyncGenerator[str, None]:
    async for line in lines:
        yield line
        if line.startswith(start):
            return


async def test_fastapi_describes_the_models(running: RunningExchange) -> None:
    async with example("FastAPI", running) as names, client_of(names["service"]) as client:
        told = (await client.get("/openapi.json")).json()
        row = (await client.get("/held")).json()[0]
    answer = told["paths"]["/held"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema = told["components"]["schemas"]["Position"]
    assert (answer["type"], answer["items"]) == ("array", {"$ref": "#/components/schemas/Position"})
    assert set(schema["properties"]) == set(schema["required"]) == set(row)
    assert schema["properties"]["quantity"] == {"type": "string", "format": "decimal"}
    assert schema["properties"]["side"]["enum"] == ["long", "short"]


BODY = b'{"symbol": "BTC/USDT:USDT", "side": "buy", "type": "limit", "quantity": 0.01, "price": 50000}'


async def test_fastapi_takes_an_order_whose_numbers_are_exact_and_says_what_is_none(running: RunningExchange) -> None:
    wrong = {
        BODY.replace(b"quantity", b"quantiy"): "unknown field `quantiy`",
        BODY.replace(b"buy", b"by"): "'by' - at `$.side`",
        BODY.replace(b"0.01", b"-1"): "quantity must be above 0",
        BODY[:-1]: "truncated",
    }
    async with example("FastAPI", running) as names, client_of(names["service"]) as client:
        placed = (await client.post("/orders", content=BODY)).json()
        refused = {body: await client.post("/orders", content=body) for body in wrong}
    assert (placed["quantity"], placed["price"], placed["status"]) == ("0.01", "50000", "new")
    for body, said in wrong.items():
        assert (refused[body].status_code, said in refused[body].json()["detail"]) == (422, True), refused[body].text


async def test_fastapi_says_that_an_order_is_no_parameter() -> None:
    fastapi: Any = pytest.importorskip("fastapi")

    async def place(wanted: fa.OrderRequest) -> None: ...

    with pytest.raises(fastapi.exceptions.FastAPIError, match="OrderRequest"):
        fastapi.FastAPI().post("/orders")(place)


async def test_litestar_refuses_what_it_would_write_in_its_own_way(running: RunningExchange) -> None:
    litestar: Any = pytest.importorskip("litestar")
    async with fa.connect("bitget", running.credentials("bitget"), base_url=running.base_url) as exchange:

        async def held() -> list[fa.Position]:
            return await exchange.fetch_positions()

        service = litestar.Litestar([litestar.get("/held")(held)])
        async with client_of(service) as client:
            answer = await client.get("/held")
    assert answer.status_code == 500
    assert "marginCoin" not in answer.text
