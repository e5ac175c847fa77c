"""The documented answers, and what they are read with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from futures_async.adapters.binance.dialect import BinanceDialect
from futures_async.transport.answers import Answers, Timing
from futures_async.transport.clock import VenueClock
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.http.backend import HttpResponse
from futures_async.unified.credentials import Credentials

DATA = Path(__file__).parents[2] / "data" / "binance"
KEYS = Credentials("fx-test-key-0001", "fx-test-secret-0001")
NOW_MS = 1_768_195_413_808


def raw(name: str) -> bytes:
    """A recorded answer, byte for byte."""
    return (DATA / f"{name}.json").read_bytes()


def plain(name: str) -> Any:
    """The same as plain JSON."""
    return json.loads(raw(name))


def judged(body: bytes, endpoint: Endpoint[Any], status: int = 200, headers: dict[str, str] | None = None) -> Any:
    """What an answer comes to, as the transport reads it; a refusal is raised."""
    clock = VenueClock(monotonic=lambda: 100.0, wall=lambda: NOW_MS / 1000)
    answers = Answers(BinanceDialect(), KEYS, clock)
    response = HttpResponse(status=status, headers=headers or {}, body=body)
    return answers.read(response, endpoint, Timing(NOW_MS, 99.9, 100.0))


def read(name: str, endpoint: Endpoint[Any]) -> Any:
    """A recorded answer as its struct."""
    return judged(raw(name), endpoint)
