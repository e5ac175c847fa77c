"""`/openapi.json`: this service's description, its schemas made of the models themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from futures_async.portfolio.snapshot import CoinTotal, NetPosition
from futures_async.unified.models import Account, Fill, Order, Position, PositionRisk
from futures_async.unified.version import __version__
from futures_async.web.acting import Wanted

PATHS = {
    "/positions": "Positions with their risk, sums by coin, net sizes, and each account's state",
    "/accounts": "Balances by account, with each account's state",
    "/risk": "How far every position is from liquidation; 503 where nothing is known of an account",
    "/orders": "Open orders of every account",
    "/fills": "The latest executions of every account",
    "/venues": "Each account's venue, and what its adapter can do",
    "/health": "The process answers",
    "/ready": "503 until every account could be read",
    "/events": "Server-sent events: `snapshot`, then `changes` (null takes a row away) and `fill`",
    "/metrics": "Prometheus",
}
TYPES = {"/events": "text/event-stream", "/metrics": "text/plain"}


def openapi(root: str) -> dict[str, Any]:
    """OpenAPI 3.1; numbers of money are text.

    Args:
        root: Where the app is mounted.
    """
    models = (Position, PositionRisk, Account, Order, Fill, CoinTotal, NetPosition, Wanted)
    _, schemas = msgspec.json.schema_components(models, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        schema.get("properties", {}).pop("raw", None)
    paths: dict[str, Any] = {
        path: {
            "get": {
                "summary": says,
                "responses": {"200": {"description": says, "content": {TYPES.get(path, "application/json"): {}}}},
            }
        }
        for path, says in PATHS.items()
    }
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Wanted"}}}
    paths["/act"] = {
        "post": {
            "summary": "Cancel, close or halt; with `dry_run` it says what would be done",
            "requestBody": {"required": True, "content": body},
            "responses": {"200": {"description": "Steps, or what they came to"}},
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "futures-async", "version": __version__},
        "servers": [{"url": root or "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }
