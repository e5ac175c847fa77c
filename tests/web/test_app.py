"""What programs get: exact numbers, each account's state, metrics, a description."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Mount

import futures_async as fa
from futures_async import web
from futures_async.simulator.server import RunningExchange
from tests.web.conftest import Asked, opened

pytestmark = pytest.mark.asyncio


async def test_positions_are_exact_text_with_their_risk(asked: Asked) -> None:
    told = await asked.json("/positions")
    (row,) = [row for row in told["positions"] if (row["account"], row["symbol"]) == ("bitget", "BTC/USDT:USDT")]
    (held,) = await asked.portfolio.exchanges["bitget"].fetch_positions("BTC/USDT:USDT")

    assert Decimal(row["quantity"]) == held.quantity
    assert row["side"] == "long"
    assert 0 < float(row["distance_to_liquidation"]) < 1
    assert isinstance(row["entry_price"], str)
    assert told["accounts"]["bitmart"]["status"] == "ok"
    assert told["accounts"]["bitmart"]["as_of_ms"] > 1_700_000_000_000
    assert "USDT" in told["totals"]
    assert told["net"]["BTC/USDT:USDT"]["venues"] == ["bitget", "bitmart"]


@pytest.mark.parametrize(
    "path", ["/accounts", "/risk", "/orders", "/fills", "/venues", "/health", "/ready", "/session"]
)
async def test_every_path_answers(asked: Asked, path: str) -> None:
    answer = await asked.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def test_orders_and_fills_name_their_accounts(asked: Asked) -> None:
    for name in ("orders", "fills"):
        told = await asked.json(f"/{name}")
        assert {row["account"] for row in told[name]} == {"bitget", "bitmart"}
        assert told["problems"] == {}


async def test_an_account_that_cannot_be_read_hides_no_other(running: RunningExchange) -> None:
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(
            fa.connect("bitget", running.credentials("bitget"), base_url=running.base_url)
        )
        keys = fa.Credentials("wrong-key", "wrong-secret", passphrase="wrong")
        bad = await stack.enter_async_context(fa.connect("bitget", keys, base_url=running.base_url))
        portfolio = await stack.enter_async_context(fa.Portfolio({"good": good, "bad": bad}))
        app = web.app(portfolio)
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
        )
        ready = await client.get("/ready")
        risk = await client.get("/risk")
        orders = (await client.get("/orders")).json()
        metrics = (await client.get("/metrics")).text

    assert (ready.status_code, risk.status_code) == (503, 503)
    assert ready.json()["accounts"]["bad"]["status"] == "failed"
    assert risk.json()["risks"]
    assert {row["account"] for row in orders["orders"]} == {"good"}
    assert "bad" in orders["problems"]
    assert "wrong-secret" not in metrics + ready.text + risk.text
    assert 'futures_async_account_state{account="bad",state="failed",venue="bitget"} 1.0' in metrics


async def test_metrics_are_what_prometheus_reads(asked: Asked) -> None:
    answer = await asked.client.get("/metrics")
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}

    assert answer.headers["content-type"].startswith("text/plain")
    equities = {(one.labels["account"], one.labels["coin"]): one.value for one in found["futures_async_equity"].samples}
    assert equities["bitget", "USDT"] > 0
    near = found["futures_async_distance_to_liquidation"].samples
    assert {one.labels["side"] for one in near} == {"long", "short"}
    assert {one.value for one in found["futures_async_unresolved_orders"].samples} == {0.0}


async def test_the_description_names_every_path(asked: Asked) -> None:
    told = await asked.json("/openapi.json")
    served = {route.path for route in asked.app.routes} - {
        "/", "/page/{name}", "/login", "/logout", "/session", "/openapi.json",
    }  # fmt: skip
    assert set(told["paths"]) == served
    position = told["components"]["schemas"]["Position"]["properties"]
    assert "quantity" in position
    assert "raw" not in position


async def test_the_page_and_its_files_are_served_and_nothing_else(asked: Asked) -> None:
    for path, kind in (("/", "text/html"), ("/page/page.js", "text/javascript"), ("/page/page.css", "text/css")):
        answer = await asked.client.get(path)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    for path in ("/page/none.js", "/page/%2e%2e%2f__init__.py", "/page/..%2fguard.py", "/page/page.py"):
        assert (await asked.client.get(path)).status_code == 404
    answers = [await asked.client.get(path) for path in ("/", "/page/page.js", "/page/page.css", "/page/login.js")]
    assert sum(len(answer.content) for answer in answers) < 60_000


async def test_it_can_be_mounted_into_another_service(running: RunningExchange) -> None:
    async with AsyncExitStack() as stack:
        asked = await opened(stack, running, "bitget")
        outer = Starlette(routes=[Mount("/futures", app=asked.app)])
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url="http://localhost")
        )
        assert (await client.get("/futures/positions")).json()["positions"]
        assert (await client.get("/futures/page/page.js")).status_code == 200
        told: Any = (await client.get("/futures/openapi.json")).json()
        assert told["servers"] == [{"url": "/futures"}]
