"""Money has eight decimals and prices twelve at the most: what venues show, and no more."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.simulator.dialect import Request, VenueRefusal
from futures_async.simulator.errors import EngineError
from futures_async.unified.enums import MarginMode
from tests.simulator.streams.rig import BTC, BUY, SELL, VENUES, StreamBench

QUESTIONS = ("", "symbol=BTCUSDT", "productType=USDT-FUTURES&marginCoin=USDT&symbol=BTCUSDT", "category=USDT-FUTURES")


def decimals(tree: Any, name: str = "") -> dict[str, int]:
    """The most decimals of each field."""
    if isinstance(tree, dict):
        parts = [decimals(value, key) for key, value in tree.items()]  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType] - JSON
    elif isinstance(tree, list):
        parts = [decimals(value, name) for value in tree]  # pyright: ignore[reportUnknownVariableType] - JSON
    else:
        text = str(tree)  # pyright: ignore[reportUnknownArgumentType] - JSON
        return {name: len(text.partition(".")[2])} if text.replace(".", "", 1).lstrip("-").isdigit() else {}
    found: dict[str, int] = {}
    for part in parts:
        found |= {key: max(most, found.get(key, 0)) for key, most in part.items()}
    return found


def answers(bench: StreamBench) -> list[Any]:
    """Of every list and detail that can be read without an id."""
    dialect, engine = bench.exchange.venues[bench.venue].dialect, bench.exchange.engine
    found: list[Any] = []
    for route in dialect.routes():
        for query in QUESTIONS if route.method == "GET" else ():
            request = Request("GET", route.path, query, now_ms=bench.now)
            request.belongs_to(bench.account)
            request.route = route
            with engine.arithmetic(), suppress(VenueRefusal, EngineError):
                engine.settle(bench.account, bench.now)
                found.append(json.loads(dialect.success(request, dialect.serve(request, route)).body))
    return found


@pytest.mark.parametrize("margin_mode", list(MarginMode))
@pytest.mark.parametrize("venue", VENUES)
def test_no_figure_has_more_decimals_than_venues_show(venue: str, margin_mode: MarginMode) -> None:
    bench = StreamBench(venue)
    peer = bench.listen()
    for side, quantity, price in ((BUY, "0.007", "91771.3"), (BUY, "0.011", "91778.9"), (SELL, "0.003", "91123.7")):
        bench.move(price)
        bench.trade(side, quantity, closes=side is SELL, margin_mode=margin_mode if side is BUY else None)
    bench.move("91777.7")
    bench.trade(SELL, "0.015", closes=True)
    bench.trade(BUY, "0.007", margin_mode=margin_mode, leverage=D(7))
    bench.trade(SELL, "0.002", closes=True)
    bench.move("91123.7")
    said = [frame for frame in peer.heard() if not isinstance(frame, str)]
    most = decimals(said + answers(bench))
    assert len(most) > 60
    assert {name: count for name, count in most.items() if count > 12} == {}
    money = ("pnl", "profit", "fee", "equity", "balance", "available", "margin", "value", "amount")
    allowed = ("ratio", "rate", "unrealizedpl", "plr")
    assert {
        name: count
        for name, count in most.items()
        if count > 8
        and any(word in name.lower() for word in money)
        and not any(word in name.lower() for word in allowed)
    } == {}
    assert bench.account.balance("USDT") == bench.exchange.engine.total_balance(bench.account, "USDT")
    assert any(position.symbol == BTC for position in bench.account.positions_of())
