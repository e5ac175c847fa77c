"""The web service of the README on simulated accounts, as each of uvicorn's workers imports it."""

from __future__ import annotations

import json
import os
from typing import Any

from starlette.types import Message, Receive, Scope, Send

import futures_async as fa
from tests.examples import web_service

TOLD: dict[str, Any] = json.loads(os.environ["SIMULATED"])
"""Where the accounts are, and their keys by venue."""


def simulated() -> dict[str, fa.FuturesExchange]:
    """The accounts, as the example opens its own."""
    limiter = fa.RedisLimiter(web_service.REDIS) if web_service.REDIS else None
    return {
        venue: fa.connect(venue, fa.Credentials(**keys), base_url=TOLD["base_url"], limiter=limiter)
        for venue, keys in TOLD["venues"].items()
    }


web_service.app.state.open_exchanges = simulated


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The example, whose answers also say which worker made them."""

    async def signed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"].append((b"worker", str(os.getpid()).encode()))
        await send(message)

    await web_service.app(scope, receive, signed)
