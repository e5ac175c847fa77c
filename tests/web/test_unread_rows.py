"""What cannot be read of a list is told beside what can."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

import futures_async as fa
from futures_async.unified.errors import unread_rows
from futures_async.web import picture as pictures
from tests.web.conftest import Asked, place_stop
from tests.web.test_events import BTC, listened

pytestmark = pytest.mark.asyncio

ODD = fa.UnreadRow("side", "side is no word", None, {"venue_symbol": "ETHUSDT"}, "bitget")


@pytest.fixture
def blurred(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Each list of Bitget's orders has one row that cannot be read."""
    bitget = asked.portfolio.exchanges["bitget"]

    def odd(read: Any) -> Any:
        async def reading(*symbols: str) -> Any:
            raise unread_rows([ODD], await read(*symbols))

        return reading

    for name in ("fetch_open_orders", "fetch_trigger_orders"):
        monkeypatch.setattr(bitget, name, odd(getattr(bitget, name)))
    monkeypatch.setattr(pictures, "STIRRED_S", 0.001)
    monkeypatch.setattr(pictures, "STOPS_S", 0.002)
    return asked


async def test_orders_and_stops_are_listed_beside_the_problem(blurred: Asked) -> None:
    bitget = blurred.portfolio.exchanges["bitget"]
    stop = await place_stop(bitget)
    order = await bitget.create_order(
        fa.OrderRequest(symbol=BTC, side="buy", type="limit", price="50000", quantity="0.01")
    )
    told = await blurred.json("/orders")
    assert {order.order_id, stop.order_id} <= {row["order_id"] for row in told["orders"]}
    assert (told["accounts"]["bitget"]["status"], told["accounts"]["bitmart"]["status"]) == ("stale", "ok")
    assert "2 of" in told["accounts"]["bitget"]["error"]
    assert "side is no word" in told["accounts"]["bitget"]["error"]


async def test_events_show_them_too(blurred: Asked) -> None:
    bitget = blurred.portfolio.exchanges["bitget"]
    stop = await place_stop(bitget)
    shown: set[str] = set()
    problems: dict[str, str] = {}
    async with aclosing(listened(blurred.app.state.picture)) as events, asyncio.timeout(120):
        async for _, kind, data in events:
            if kind == "fill":
                continue
            shown |= {key for part in ("orders", "stops") for key, row in data.get(part, {}).items() if row is not None}
            problems |= {key: row["error"] for key, row in data.get("problems", {}).items() if row is not None}
            if f"bitget {stop.order_id}" in shown and {"bitget orders", "bitget stops"} <= problems.keys():
                break
    assert "side is no word" in problems["bitget orders"]
    assert "side is no word" in problems["bitget stops"]
