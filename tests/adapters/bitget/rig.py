"""A `Bitget` whose HTTP is answered by respx, and the requests that it sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import httpx
import respx

from futures_async.adapters.bitget import Bitget
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.credentials import Credentials
from tests.adapters.bitget.data import plain

SECRET = "0123456789abcdef" * 4
KEYS = Credentials("bg_test_key_0001", SECRET, "testpassphrase")
HOST = "https://api.bitget.com"
MIX = "/api/v2/mix"
TIME = "/api/v2/public/time"


def envelope(data: Any, code: str = "00000", msg: str = "success") -> dict[str, Any]:
    """An answer of now: one that is older than its request is refused."""
    return {"code": code, "msg": msg, "requestTime": int(time.time() * 1000) + 500, "data": data}


def documented(name: str) -> dict[str, Any]:
    """A documented answer, as if it came now."""
    return envelope(plain(name)["data"])


def clock(request: httpx.Request) -> httpx.Response:
    """The venue's clock."""
    return httpx.Response(200, json=envelope({"serverTime": str(int(time.time() * 1000))}))


class Rig:
    """The router, the client, and what was sent."""

    def __init__(self, router: respx.MockRouter, exchange: Bitget) -> None:
        self.router = router
        self.exchange = exchange
        self._clock = True
        # The clock is read before the first write; no test is about that call unless it answers it itself.
        router.get(TIME, name="clock").mock(side_effect=clock)

    def answer(self, method: str, path: str, *answers: dict[str, Any], status: int = 200) -> respx.Route:
        """Answer `path` with these envelopes in turn, the last one for ever; refusals come as HTTP 400."""
        left = list(answers)
        if path == TIME:
            self._clock = False
            self.router.pop("clock")

        def reply(request: httpx.Request) -> httpx.Response:
            body = left.pop(0) if len(left) > 1 else left[0]
            return httpx.Response(status if body["code"] == "00000" else 400, json=body)

        return self.router.route(method=method, path=path if path.startswith("/") else f"{MIX}/{path}").mock(
            side_effect=reply
        )

    @property
    def requests(self) -> list[httpx.Request]:
        """Everything that was sent, in order, but for reading the clock."""
        calls: Any = self.router.calls
        return [call.request for call in calls if not self._clock or call.request.url.path != TIME]

    def sent(self, path: str) -> list[dict[str, Any]]:
        """Queries or bodies that were sent to `path`; each signature is checked over the bytes themselves."""
        found: list[dict[str, Any]] = []
        for request in self.requests:
            if request.url.path != (path if path.startswith("/") else f"{MIX}/{path}"):
                continue
            check_signature(request)
            found.append(
                json.loads(request.content) if request.content else dict(parse_qsl(request.url.query.decode()))
            )
        return found


def check_signature(request: httpx.Request) -> None:
    """Recompute the documented signature from what is on the wire."""
    if "ACCESS-SIGN" not in request.headers:
        return
    target = request.url.raw_path.decode()
    message = f"{request.headers['ACCESS-TIMESTAMP']}{request.method}{target}".encode() + request.content
    digest = hmac.new(SECRET.encode(), message, hashlib.sha256).digest()
    assert request.headers["ACCESS-SIGN"] == base64.b64encode(digest).decode()


@asynccontextmanager
async def rig(**options: Any) -> AsyncGenerator[Rig]:
    """A client with keys, without limits."""
    with respx.mock(base_url=HOST, assert_all_called=False) as router:
        async with Bitget(KEYS, http="httpx", limiter=NoLimiter(), **options) as exchange:
            yield Rig(router, exchange)
