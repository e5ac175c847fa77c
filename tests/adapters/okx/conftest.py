"""`OKX` on the simulated exchange, with a look at every request that it sends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from futures_async.adapters.okx import OKX
from futures_async.adapters.okx.simulated import DEMO_KEY
from futures_async.simulator.accounts import Account
from futures_async.simulator.app import SimulatorApp
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.retry import RetryPolicy
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import PositionMode
from futures_async.unified.errors import UnresolvedOrders
from tests.adapters.scripted import Answer, Scripted, Seen


class Wire(httpx.AsyncBaseTransport):
    """Passes requests on to the exchange, remembers them, and answers those for which there is a script."""

    def __init__(self, app: SimulatorApp) -> None:
        self._inner = httpx.ASGITransport(app)
        self._script = Scripted()
        self._scripted: set[str] = set()
        self.seen: list[Seen] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(request.method, path, request.url.query.decode(), await request.aread(), headers))
        if path in self._scripted:
            return await self._script.handle_async_request(request)
        return await self._inner.handle_async_request(request)

    def answer(self, path: str, *answers: Answer | Exception | Any, status: int = 200) -> None:
        """What calls to `path` get from now on, one after the other; the last again and again."""
        texts = [json.dumps(given).encode() if isinstance(given, dict) else given for given in answers]
        self._scripted.add(path)
        self._script.answer(path, *texts, status=status)

    def to(self, path: str) -> list[Seen]:
        """The requests to a path."""
        return [seen for seen in self.seen if seen.path == path]

    def posts(self, path: str) -> list[Seen]:
        """Those of them that change something: orders are placed and read at one path."""
        return [seen for seen in self.to(path) if seen.method == "POST"]


class Rig:
    """A client, the venue that it speaks to, and the wire between them."""

    def __init__(self, mode: PositionMode = PositionMode.ONE_WAY) -> None:
        self.exchange = SimulatedExchange(
            only=["okx"], setup=Setup(position_mode=mode, empty=True), endpoint_limits=False
        )
        self.wire = Wire(SimulatorApp(self.exchange))
        self.clients: list[OKX] = []

    @property
    def account(self) -> Account:
        """As the exchange keeps it."""
        return self.exchange.venues["okx"].account

    def client(self, *, demo_key: bool = False, **options: Any) -> OKX:
        key = DEMO_KEY if demo_key else self.exchange.venues["okx"].key
        settings: dict[str, Any] = {"retry": RetryPolicy(attempts=1), **options}
        client = OKX(
            Credentials(key.key, key.secret, key.passphrase),
            base_url="http://127.0.0.1:1",
            http=self.wire,
            limiter=NoLimiter(),
            **settings,
        )
        self.clients.append(client)
        return client


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def make_rig() -> AsyncIterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def make(*args: Any) -> Rig:
        rigs.append(Rig(*args))
        return rigs[-1]

    yield make
    for rig in rigs:
        for client in rig.clients:
            with suppress(UnresolvedOrders):  # some tests end with an order of unknown fate
                await client.aclose(0)


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig()
