"""The web service of the README: one portfolio behind many requests."""

from __future__ import annotations

import asyncio
import importlib
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import httpx
import pytest
import uvicorn

import futures_async as fa
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.server import RunningExchange, serve

EXAMPLE = Path(__file__).parent.parent / "examples" / "web_service.py"
VENUES = ("bitget", "bitmart")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # uvicorn's


@pytest.fixture
def upstream() -> Generator[RunningExchange]:
    with serve(SimulatedExchange(seed=3, only=list(VENUES), setup=Setup())) as running:
        yield running


@contextmanager
def service(upstream: RunningExchange) -> Generator[ModuleType]:
    """The example, on simulated accounts."""
    module = importlib.import_module("tests.examples.web_service")

    def simulated() -> dict[str, fa.FuturesExchange]:
        keys = {venue: upstream.credentials(venue) for venue in VENUES}
        return {venue: fa.connect(venue, keys[venue], base_url=upstream.base_url) for venue in VENUES}

    original = module.app.state.open_exchanges
    module.app.state.open_exchanges = simulated
    try:
        yield module
    finally:
        module.app.state.open_exchanges = original


@asynccontextmanager
async def in_process(app: Any) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://it") as client:
        yield client


@asynccontextmanager
async def over_a_socket(app: Any) -> AsyncGenerator[httpx.AsyncClient]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(app, log_config=None, ws="none", timeout_keep_alive=60, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    limits = httpx.Limits(max_connections=100)
    try:
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        await task
        listener.close()


@pytest.mark.anyio
@pytest.mark.parametrize("way", [in_process, over_a_socket])
@pytest.mark.filterwarnings("ignore::futures_async.LifecycleWarning")
async def test_500_requests_at_once_are_all_answered_by_at_most_ten_calls_a_second(
    upstream: RunningExchange, way: Any
) -> None:
    answers: list[httpx.Response] = []

    async def ask(client: httpx.AsyncClient, path: str) -> None:
        answers.append(await client.get(path))

    async def whole(client: httpx.AsyncClient) -> dict[str, Any]:
        """What is shown once both venues were read: a busy machine may not manage that within a snapshot's time."""
        for _ in range(4000):
            response = await client.get("/positions")
            answer: dict[str, Any] = response.json()
            if response.status_code == 200 and all(state["status"] == "ok" for state in answer["venues"].values()):
                return answer
            await anyio.sleep(0.005)
        raise AssertionError("never read whole")

    with service(upstream) as module:
        async with way(module.app) as client:
            await whole(client)
            async with anyio.create_task_group() as tasks:
                for number in range(500):
                    tasks.start_soon(ask, client, "/positions" if number % 2 else "/risk")
            assert [answer.status_code for answer in answers] == [200] * 500
            positions = await whole(client)
    for venue in VENUES:
        assert 1 <= upstream.exchange.busiest(upstream.exchange.venues[venue].account.uid) <= 10
    assert positions["totals"]["USDT"]["missing"] == []
    held = positions["venues"]["bitget"]["data"]["positions"] + positions["venues"]["bitmart"]["data"]["positions"]
    assert len(held) > 2
    assert {position["symbol"] for position in held} == set(positions["net"])
    risks = next(answer.json() for answer in answers if "risks" in answer.json())
    assert len(risks["risks"]) == len(held)
    assert risks["errors"] == {}


def test_the_example_is_short_enough_to_be_read() -> None:
    assert len(EXAMPLE.read_text("utf-8").splitlines()) < 60


def test_the_example_finds_its_accounts_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    for word, value in {"VENUE": "bitget", "KEY": "k", "SECRET": "s", "PASSPHRASE": "p"}.items():
        monkeypatch.setenv(f"FUTURES_ASYNC_MAIN_{word}", value)
    module = importlib.import_module("tests.examples.web_service")
    exchanges = module.app.state.open_exchanges()
    assert {name: exchange.id for name, exchange in exchanges.items()} == {"main": "bitget"}
