"""A trigger order that something must be read for: where that fails it was not sent, and says so with its id."""

from __future__ import annotations

from typing import Any

import pytest

from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import Intent, OrderType, Outcome, Side
from futures_async.unified.errors import RequestTimeout
from tests.contract.venues import specs

SPECS = specs()
READING = [
    ("binance", False),
    ("bybit", False),
    ("hyperliquid", False),
    ("bitmart", False),
    ("bitmart", True),
    ("okx", True),
]
"""Venues whose trigger orders are written by the price of now, and whether it is those that close."""


@pytest.mark.parametrize(("venue", "closes"), READING)
def test_what_must_be_read_before_a_trigger_order_leaves_it_unsent(
    venue: str, closes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        on = Inside(SPECS[venue])
        async with on.exchange as exchange:
            await on.trade(Side.BUY)
            intent = Intent.CLOSE if closes else Intent.OPEN
            fields: dict[str, Any] = {"type": OrderType.TRIGGER, "trigger_price": on.price("0.8"), "intent": intent}
            await exchange.create_trigger_order(on.request(Side.SELL, **fields))  # contracts and modes are known

            async def late(*args: object, **options: object) -> None:
                raise RequestTimeout("no answer in time")

            monkeypatch.setattr(exchange, "_call", late)
            with pytest.raises(RequestTimeout) as caught:
                await exchange.create_trigger_order(on.request(Side.SELL, **fields))
            assert caught.value.outcome is Outcome.NOT_SENT
            # That venue has no id of ours for those that open.
            assert (caught.value.client_order_id is None) is ((venue, closes) == ("bitmart", False))

    run(main())
