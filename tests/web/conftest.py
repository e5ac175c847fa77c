"""The app over a portfolio of simulated accounts, asked in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio

import futures_async as fa
from futures_async import web
from futures_async.simulator.server import RunningExchange, serve
from futures_async.web import events as streaming

TOKEN = "a-token-of-the-tests"


@pytest.fixture(autouse=True)
def first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a reader begins with what was read."""
    monkeypatch.setattr(streaming, "FIRST_S", 20.0)


@pytest.fixture
def running() -> Generator[RunningExchange]:
    with serve(seed=2) as exchange:
        yield exchange


class Asked:
    """The app and a client of it."""

    def __init__(self, app: Any, portfolio: fa.Portfolio, **more: Any) -> None:
        self.app = app
        self.portfolio = portfolio
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", **more)

    async def json(self, path: str, **more: Any) -> Any:
        answer = await self.client.get(path, **more)
        return answer.json()


async def place_stop(exchange: fa.FuturesExchange) -> fa.Order:
    """An order that waits for a price far away."""
    symbol = "BTC/USDT:USDT"
    order = fa.OrderRequest(symbol=symbol, side="buy", type="trigger", quantity="0.01", trigger_price="200000")
    return await exchange.create_trigger_order(order)


async def opened(stack: AsyncExitStack, running: RunningExchange, *venues: str, **options: Any) -> Asked:
    """An app over these accounts, closed with the stack."""
    exchanges = {
        name: await stack.enter_async_context(fa.connect(name, running.credentials(name), base_url=running.base_url))
        for name in venues
    }
    portfolio = await stack.enter_async_context(fa.Portfolio(exchanges))
    app = web.app(portfolio, **options)
    stack.push_async_callback(app.state.picture.aclose)
    asked = Asked(app, portfolio)
    await stack.enter_async_context(asked.client)
    return asked


@pytest_asyncio.fixture
async def asked(running: RunningExchange) -> AsyncIterator[Asked]:
    async with AsyncExitStack() as stack:
        yield await opened(stack, running, "bitget", "bitmart")
