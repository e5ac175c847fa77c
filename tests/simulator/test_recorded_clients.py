"""Requests that other people's clients sent, played again: ccxt and the SDKs can trade on the simulated exchange.

The clients themselves are not needed here; `test_ccxt.py` runs one of them where it is installed.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Request
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.unified.enums import PositionMode

FOLDER = Path(__file__).parents[1] / "data" / "clients"
CLIENTS = sorted(file.stem for file in FOLDER.glob("*.json"))


def sign_bitget(step: dict[str, Any], query: str, body: bytes, key: ApiKey) -> dict[str, str]:
    stamp = str(step["at_ms"])
    text = f"{stamp}{step['method']}{step['path']}{'?' if query else ''}{query}".encode() + body
    return {
        "access-key": key.key,
        "access-sign": b64encode(hmac.new(key.secret.encode(), text, hashlib.sha256).digest()).decode(),
        "access-timestamp": stamp,
        "access-passphrase": key.passphrase or "",
        "content-type": "application/json",
    }


def sign_bitmart(step: dict[str, Any], query: str, body: bytes, key: ApiKey) -> dict[str, str]:
    stamp = str(step["at_ms"])
    text = f"{stamp}#{key.memo}#".encode() + body
    sign = hmac.new(key.secret.encode(), text, hashlib.sha256).hexdigest()
    return {"x-bm-key": key.key, "x-bm-sign": sign, "x-bm-timestamp": stamp}


def sign_bybit(step: dict[str, Any], query: str, body: bytes, key: ApiKey) -> dict[str, str]:
    stamp, window = str(step["at_ms"]), "5000"
    text = f"{stamp}{key.key}{window}{query}".encode() + body
    return {
        "x-bapi-api-key": key.key,
        "x-bapi-sign": hmac.new(key.secret.encode(), text, hashlib.sha256).hexdigest(),
        "x-bapi-timestamp": stamp,
        "x-bapi-recv-window": window,
    }


SIGNERS = {"bitget": sign_bitget, "bitget-uta": sign_bitget, "bitmart": sign_bitmart, "bybit": sign_bybit}


def test_the_venues_that_other_clients_know_are_there() -> None:
    assert {json.loads((FOLDER / f"{name}.json").read_text())["venue"] for name in CLIENTS} == set(SIGNERS)


@pytest.mark.parametrize("mode", list(PositionMode))
@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_trades_as_it_did(name: str, mode: PositionMode) -> None:
    recorded = json.loads((FOLDER / f"{name}.json").read_text())
    venue, steps = recorded["venue"], recorded[mode.value]
    now = steps[0]["at_ms"]
    exchange = SimulatedExchange(
        only=[venue],
        setup=Setup(position_mode=mode, empty=True),
        now_ms=lambda: now,
        uid_limit=None,
        endpoint_limits=False,
    )
    account, key = exchange.venues[venue].account, exchange.venues[venue].key
    answers: list[Any] = []

    def fill_in(text: str) -> str:
        return re.sub(r"\{(\d+):([^}]+)\}", lambda found: str(at(answers[int(found[1])], found[2])), text)

    for step in steps:
        now = step["at_ms"]
        query, body = fill_in(step.get("query", "")), fill_in(step.get("body", "")).encode()
        headers = SIGNERS[venue](step, query, body, key)
        answer = exchange.handle(Request(step["method"], step["path"], query, body, headers, now_ms=now))
        assert answer.status == 200, (step, answer.body)
        answers.append(json.loads(answer.body))
        assert answers[-1].get("retCode") in (None, 0), (step, answer.body)
    assert len(account.fills) >= 2
    assert list(account.positions_of()) == []


def at(answer: Any, pointer: str) -> Any:
    """What lies at `/data/0/orderId`."""
    return functools.reduce(
        lambda found, part: found[int(part) if part.isdigit() else part], pointer.split("/")[1:], answer
    )
