"""All accounts behind one web service: `uvicorn web_service:app`, with REDIS_URL also `--workers 4`."""

import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import futures_async as fa

REDIS = os.environ.get("REDIS_URL")  # by it, workers share what one of them reads, and the limits


def open_exchanges() -> dict[str, fa.FuturesExchange]:
    """From the keys file and the environment."""
    return fa.load_accounts(limiter=fa.RedisLimiter(REDIS) if REDIS else None)


def json(value: Any, status: int = 200) -> Response:
    return Response(fa.to_json(value), status, media_type="application/json")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        exchanges = app.state.open_exchanges()
        for exchange in exchanges.values():
            await stack.enter_async_context(exchange)
        share = fa.RedisShare(REDIS) if REDIS else None
        app.state.portfolio = await stack.enter_async_context(fa.Portfolio(exchanges, share=share))
        yield


async def positions(request: Request) -> Response:
    """Each venue's positions and accounts with their age, and the sums; a venue that is down hides no other."""
    snapshot = await request.app.state.portfolio.snapshot()
    return json({"venues": snapshot.venues, "totals": snapshot.totals(), "net": snapshot.net_positions()})


async def risk(request: Request) -> Response:
    """How far every position is from liquidation; 503 when nothing is known of some venue."""
    snapshot = await request.app.state.portfolio.snapshot()
    blind = any(isinstance(state, fa.Failed) for state in snapshot.venues.values())
    return json({"risks": snapshot.risks(), "errors": snapshot.errors}, 503 if blind else 200)


app = Starlette(routes=[Route("/positions", positions), Route("/risk", risk)], lifespan=lifespan)
app.state.open_exchanges = open_exchanges
