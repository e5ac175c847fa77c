"""`/openapi.json`: this service's description, its schemas made of the models themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from futures_async.portfolio.acts import Done
from futures_async.portfolio.danger import Danger
from futures_async.portfolio.snapshot import CoinTotal, NetPosition
from futures_async.unified.models import Account, Fill, Order, Position, PositionRisk
from futures_async.unified.schema import components
from futures_async.unified.version import __version__
from futures_async.web.acting import Wanted

REF = "#/components/schemas/{name}"
SAYS = {
    "/positions": "Positions with their risk, sums by coin, net sizes, and each account's state",
    "/accounts": "Balances by account, with each account's state",
    "/risk": "How far every position is from liquidation; 503 where nothing is known of an account",
    "/orders": "Open orders and waiting stops of every account, read once for all who ask within a second",
    "/fills": "The latest executions of every account, likewise",
    "/venues": "Each account's venue, and what its adapter can do",
    "/health": "The process answers",
    "/ready": "503 until every account could be read",
    "/events": "Server-sent events: `snapshot`, then `changes` (null takes a row away) and `fill`; `beat` in silence",
    "/metrics": "Prometheus",
}
TYPES = {"/events": "text/event-stream", "/metrics": "text/plain"}
UNREADY = ("/risk", "/ready")
CLOSES = ("/positions", "/accounts", "/metrics", "/events")
WHOLE = ("/positions", "/accounts", "/risk", "/orders", "/fills", "/venues", "/events")
OPEN = ("/health",)

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"anyOf": [{"type": "string", "format": "decimal"}, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": REF.format(name=name)}


def _all(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _by_name(of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of}


def _or_none(of: Schema) -> Schema:
    return {"anyOf": [of, {"type": "null"}]}


def _of_account(name: str) -> Schema:
    return {"allOf": [_ref(name), _all(account=TEXT)]}


STATE = _all(
    venue=TEXT,
    status={"enum": ["ok", "stale", "failed"]},
    error=_or_none(TEXT),
    as_of_ms=_or_none({"type": "integer"}),
    age_s=_or_none({"type": "number"}),
)
"""Of an account: as of when it is known, and why it is not newer."""
STATE["properties"] |= {
    "stream": _or_none(TEXT),
    "stream_error": _or_none(TEXT),
    "old": {"type": "boolean"},
    "not_known": _list({"enum": ["positions", "balances"]}),
}
RISK = _all(
    distance_to_liquidation=NUMBER,
    roe=NUMBER,
    level=_or_none(_ref("RiskLevel")),
    notional=NUMBER,
    margin_ratio=NUMBER,
    danger={"enum": [danger.value for danger in Danger]},
    danger_left=NUMBER,
    danger_ratio=NUMBER,
)
STATES = _by_name(_ref("State"))
ANSWERS: dict[str, Schema] = {
    "/positions": _all(
        positions=_list({"allOf": [_ref("Position"), RISK, _all(account=TEXT)]}),
        totals=_by_name(_ref("CoinTotal")),
        net=_by_name(_ref("NetPosition")),
        accounts=STATES,
    ),
    "/accounts": _all(
        accounts=_by_name(
            {
                "allOf": [
                    _ref("State"),
                    _all(
                        account=TEXT,
                        balances=_list(_ref("Account")),
                    ),
                ]
            }
        )
    ),
    "/risk": _all(risks=_list(_ref("PositionRisk")), accounts=STATES),
    "/orders": _all(orders=_list(_of_account("Order")), accounts=STATES, problems=_by_name(TEXT)),
    "/fills": _all(fills=_list(_of_account("Fill")), accounts=STATES, problems=_by_name(TEXT)),
    "/venues": _by_name(_all(venue=TEXT, name=TEXT, lifecycle=TEXT, capabilities=_list(TEXT))),
    "/health": _all(ok={"type": "boolean"}),
    "/ready": _all(ready={"type": "boolean"}, accounts=STATES),
    "/events": TEXT,
    "/metrics": TEXT,
}
STEPS = _list(_all(account=TEXT, action=TEXT, symbol=TEXT, side=_or_none(TEXT), says=TEXT))
ACTED = {
    "type": "object",
    "properties": {
        "problems": _by_name(TEXT),
        "steps": STEPS,
        "done": _list(_of_account("Done")),
        "left": STEPS,
    },
    "required": ["problems"],
}


def openapi(root: str) -> dict[str, Any]:
    """OpenAPI 3.1; numbers of money are text.

    Args:
        root: Where the app is mounted.
    """
    models = (Position, PositionRisk, Account, Order, Fill, CoinTotal, NetPosition, Done)
    _, asked = msgspec.json.schema_components((Wanted,), ref_template=REF)
    schemas = components(models, REF) | asked | {"State": STATE, "Error": _all(error=TEXT)}
    paths: dict[str, Any] = {path: {"get": _read(path)} for path in SAYS}
    paths["/act"] = {
        "post": {
            "summary": "Cancel, close or halt; with `dry_run` it says what would be done; `steps` takes no others",
            "requestBody": {"required": True, "content": _json(_ref("Wanted"))},
            "responses": {
                "200": {"description": "Steps, or what they came to", "content": _json(ACTED)},
                "400": _error("No such action"),
                "401": _error("No token"),
                "403": _error("This app only shows, or the request did not come from its page"),
                "404": _error("No such account"),
            },
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


def _read(path: str) -> dict[str, Any]:
    content = {TYPES.get(path, "application/json"): {"schema": ANSWERS[path]}}
    responses: dict[str, Any] = {"200": {"description": SAYS[path], "content": content}}
    if path in UNREADY:
        responses["503"] = {"description": "Of some account nothing is known", "content": content}
    if path in CLOSES:
        responses["503"] = _error("The portfolio was closed")
    if path not in OPEN:
        responses["401"] = _error("No token, where one is needed")
    found: dict[str, Any] = {"summary": SAYS[path], "responses": responses}
    if path in WHOLE:
        responses["400"] = _error("It has no such filter")
    if path == "/events":
        responses["501"] = _error("The server does not run on asyncio")
        found["parameters"] = [
            {"name": "Last-Event-ID", "in": "header", "schema": TEXT, "description": "Go on after this one"}
        ]
    return found


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _error(says: str) -> dict[str, Any]:
    return {"description": says, "content": _json(_ref("Error"))}
