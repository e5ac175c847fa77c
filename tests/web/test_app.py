"""What programs get: exact numbers, each account's state, metrics, a description."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Mount

import futures_async as fa
from futures_async import web
from futures_async.simulator.server import RunningExchange
from futures_async.transport import asleep
from futures_async.web import lists
from futures_async.web import metrics as counting
from futures_async.web.metrics import Tally
from tests.web.conftest import Asked, opened, place_stop

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


@pytest.mark.parametrize("path", ["/positions", "/accounts", "/risk", "/orders", "/fills", "/venues", "/events"])
async def test_a_filter_that_there_is_not_is_refused(asked: Asked, path: str) -> None:
    answer = await asked.client.get(path, params={"last_event": "1"})
    known = "did you mean last_event_id? known are last_event_id" if path == "/events" else "known are none"
    assert (answer.status_code, answer.json()) == (400, {"error": f"{path} has no filter 'last_event': {known}"})


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


async def test_calls_and_streams_are_counted_from_the_first_moment(asked: Asked) -> None:
    bitget = asked.portfolio.exchanges["bitget"]
    await bitget.fetch_positions()
    async with bitget.watch_positions() as watch:
        await watch.live()
    event = fa.CallEvent(venue="bitmart", endpoint="GET /x", attempt=1, outcome="RateLimited", status=429)
    tally: Tally = asked.app.state.tally
    tally._happened("bitmart", event)
    tally._happened("bitmart", fa.StreamEvent(venue="bitmart", stream="orders", happening="drift", count=3))
    text = (await asked.client.get("/metrics")).text
    found = {
        (
            one.name,
            *(one.labels.get(label, "") for label in ("account", "endpoint", "outcome", "stream", "happening")),
        ): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    read = "GET /api/v2/mix/position/all-position"
    assert found["futures_async_calls_total", "bitget", read, "ok", "", ""] >= 1
    assert found["futures_async_call_network_seconds_count", "bitget", "", "", "", ""] >= 2
    assert found["futures_async_call_queue_seconds_count", "bitget", "", "", "", ""] >= 2
    assert found["futures_async_stream_events_total", "bitget", "", "", "private", "login"] == 1
    assert found["futures_async_too_many_requests_total", "bitget", "", "", "", ""] == 0
    assert found["futures_async_too_many_requests_total", "bitmart", "", "", "", ""] == 1
    assert found["futures_async_stream_drift_total", "bitmart", "", "", "orders", ""] == 3
    assert 0 < found["futures_async_nearest_liquidation", "bitget", "", "", "", ""] < 1
    pools = [line for line in text.splitlines() if line.startswith("futures_async_rate_limit_taken{")]
    assert any('account="bitget",pool="uid:' in line and not line.endswith(" 0.0") for line in pools)
    assert bitget.account_id not in text


async def test_every_metric_is_documented_and_none_other(asked: Asked) -> None:
    page = (Path(__file__).parents[2] / "docs" / "web.md").read_text("utf-8").partition("## Metrics")[2]
    named = set(re.findall(r"`([a-z_]+)`", "".join(row.split("|")[1] for row in re.findall(r"^\|.*$", page, re.M))))
    text = (await asked.client.get("/metrics")).text
    found = re.findall(r"^# TYPE futures_async_(\w+) (\w+)$", text, re.M)
    assert {name for name, _ in found if not name.endswith("_created")} == named


async def test_endpoints_without_end_are_counted_as_one(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_ENDPOINTS", 2)
    for number in range(4):
        event = fa.CallEvent(venue="bitget", endpoint=f"GET /{number}", attempt=1, outcome="ok")
        asked.app.state.tally._happened("bitget", event)
    (family,) = asked.app.state.tally._calls.collect()
    counted = {one.labels["endpoint"]: one.value for one in family.samples if one.name.endswith("_total")}
    assert counted == {"GET /0": 1, "GET /1": 1, "other": 2}


async def test_two_hundred_who_ask_for_orders_are_answered_by_one_read(asked: Asked, running: RunningExchange) -> None:
    account = running.exchange.venues["bitget"].account.uid
    before = running.exchange.busiest(account)
    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(asked.client.get, "/orders")
    assert before <= running.exchange.busiest(account) <= 10
    calls: Any = asked.app.state.tally._calls
    told = sum(
        one.value
        for one in next(iter(calls.collect())).samples
        if one.name.endswith("_total") and "orders-pending" in one.labels["endpoint"]
    )
    assert 1 <= told <= 4


async def test_lists_say_how_old_they_are_and_what_they_could_not_read(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "SHARED_S", 0.0)
    assert (await asked.json("/fills"))["accounts"]["bitget"]["status"] == "ok"

    async def cut() -> Any:
        raise fa.RequestTimeout("cut")

    monkeypatch.setattr(asked.portfolio.exchanges["bitget"], "fetch_fills", cut)
    told = await asked.json("/fills")
    state = told["accounts"]["bitget"]
    assert (state["status"], state["error"]) == ("stale", "RequestTimeout: cut (ask again)")
    assert 0 <= state["age_s"] < 60
    assert state["as_of_ms"] > 1_700_000_000_000
    assert {row["account"] for row in told["fills"]} == {"bitget", "bitmart"}
    asked.app.state.fills.stop()


async def test_a_list_that_is_not_answered_says_so(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "WITHIN_S", 0.02)

    async def silent() -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(asked.portfolio.exchanges["bitget"], "fetch_fills", silent)
    told = await asked.json("/fills")
    state = told["accounts"]["bitget"]
    assert (state["status"], state["error"]) == ("failed", told["problems"]["bitget"])
    assert "no answer within 0.02 s" in state["error"]
    asked.app.state.fills.stop()


async def test_what_was_listed_before_this_computer_slept_is_read_again(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept_s, reads = 0.0, 0
    monkeypatch.setattr(asleep, "asleep_s", lambda: slept_s)
    monkeypatch.setattr(lists, "SHARED_S", 600.0)

    async def counted() -> list[Any]:
        nonlocal reads
        reads += 1
        if reads > 1:
            raise fa.RequestTimeout("cut")
        return []

    monkeypatch.setattr(asked.portfolio.exchanges["bitget"], "fetch_fills", counted)
    for _ in range(2):
        assert (await asked.json("/fills"))["accounts"]["bitget"]["status"] == "ok"
    slept_s = 8 * 3600.0
    state = (await asked.json("/fills"))["accounts"]["bitget"]
    assert (reads, state["status"]) == (2, "stale")
    assert state["age_s"] >= 8 * 3600


async def test_who_asks_after_the_end_is_told_so(asked: Asked) -> None:
    await asked.portfolio.aclose()
    for path in ("/positions", "/accounts", "/risk", "/ready", "/metrics"):
        answer = await asked.client.get(path)
        assert (answer.status_code, answer.json()["error"]) == (503, "the portfolio was closed")
    async with asyncio.timeout(60):
        await asked.client.get("/events")  # finds out, and ends
        assert (await asked.client.get("/events")).status_code == 503


async def test_heads_of_all_paths_end(asked: Asked) -> None:
    async with asyncio.timeout(60):
        for path, kind in (("/events", "text/event-stream"), ("/venues", "application/json")):
            answer = await asked.client.head(path)
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    assert asked.app.state.picture.readers == 0


async def test_the_description_names_every_path(asked: Asked) -> None:
    told = await asked.json("/openapi.json")
    assert {"501", "503"} <= told["paths"]["/events"]["get"]["responses"].keys()
    served = {route.path for route in asked.app.routes} - {
        "/", "/page/{name}", "/login", "/logout", "/session", "/openapi.json",
    }  # fmt: skip
    assert set(told["paths"]) == served
    position = told["components"]["schemas"]["Position"]["properties"]
    assert "quantity" in position
    assert "raw" not in position


@pytest.mark.parametrize(
    "path", ["/positions", "/accounts", "/risk", "/orders", "/fills", "/venues", "/health", "/ready"]
)
async def test_every_answer_is_as_described(asked: Asked, path: str) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    await place_stop(asked.portfolio.exchanges["bitget"])
    described = await asked.json("/openapi.json")
    schema = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    told = await asked.json(path)
    jsonschema.validate(told, {**schema, "components": described["components"]})
    first = next(iter(schema.get("properties", {"": None})))
    if first in told and isinstance(told[first], list):
        items = schema["properties"][first]["items"]
        broken = {name: value for name, value in told[first][0].items() if name != "symbol"}
        with pytest.raises(jsonschema.ValidationError, match="'symbol' is a required property"):
            jsonschema.validate(broken, {**items, "components": described["components"]})


async def test_the_page_and_its_files_are_served_and_nothing_else(asked: Asked) -> None:
    for path, kind in (("/", "text/html"), ("/page/page.js", "text/javascript"), ("/page/page.css", "text/css")):
        answer = await asked.client.get(path)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    for path in (
        "/page/none.js",
        "/page/%2e%2e%2f__init__.py",
        "/page/..%2fguard.py",
        "/page/page.py",
        f"/page/{'a' * 300}.js",
    ):
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
