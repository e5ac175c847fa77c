"""`BitgetUTA` on the simulated exchange, with a look at every request that it sends."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from futures_async.adapters.bitget_uta import BitgetUTA
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.app import SimulatorApp
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.retry import RetryPolicy
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import UnresolvedOrders
from tests.adapters.bitget_uta.wire_client import Venue

Answer = tuple[int, bytes]


class Wire(httpx.AsyncBaseTransport):
    """Passes requests on to the exchange, remembers them, and answers some of them itself."""

    def __init__(self, app: SimulatorApp) -> None:
        self._inner = httpx.ASGITransport(app)
        self.sent: list[tuple[str, str, str, bytes]] = []
        self.headers: list[httpx.Headers] = []
        self.answers: dict[str, Callable[[], Answer] | Answer] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.sent.append((request.method, path, request.url.query.decode(), await request.aread()))
        self.headers.append(request.headers)
        answer = self.answers.get(path)
        if answer is not None:
            status, body = answer() if callable(answer) else answer
            return httpx.Response(status, content=body, headers={"content-type": "application/json"})
        return await self._inner.handle_async_request(request)

    def gives(self, path: str, envelope: dict[str, Any]) -> None:
        """Answer a path with an envelope, as if it were from now."""
        body = envelope | {"requestTime": time.time_ns() // 1_000_000 + 500}
        self.answers[f"/api/v3{path}"] = (200 if body["code"] == "00000" else 400, json.dumps(body).encode())

    def refuses(self, path: str, code: str) -> None:
        """Refuse a path with a code."""
        self.gives(path, {"code": code, "msg": "no", "data": None})

    def bodies(self, path: str) -> list[Any]:
        """What was posted to a path."""
        return [json.loads(body) for _, sent, _, body in self.sent if sent == f"/api/v3{path}"]

    def queries(self, path: str) -> list[dict[str, str]]:
        """What a path was asked."""
        return [
            dict(pair.split("=") for pair in query.split("&") if pair)
            for _, sent, query, _ in self.sent
            if sent == f"/api/v3{path}"
        ]


class Rig:
    """A client, the venue that it speaks to, and the wire between them."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        # Clients live in real time here.
        self.wire = Wire(SimulatorApp(venue.exchange))
        self.clients: list[BitgetUTA] = []

    def client(self, venue_id: str = "bitget-uta", *, key: ApiKey | None = None, **options: Any) -> BitgetUTA:
        settings: dict[str, Any] = {"retry": RetryPolicy(attempts=1), **options}
        key = key or self.venue.exchange.venues[venue_id].key
        client = BitgetUTA(
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

    def make(*args: Any, **options: Any) -> Rig:
        rigs.append(Rig(Venue(*args, live=True, **options)))
        return rigs[-1]

    yield make
    for rig in rigs:
        for client in rig.clients:
            # Some tests end with an order of unknown fate.
            with suppress(UnresolvedOrders):
                await client.aclose(0)


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig()
