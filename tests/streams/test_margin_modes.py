"""Where a contract may hold a cross and an isolated position at once, the picture shows both."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from futures_async import registry
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import MarginMode, PositionSide
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models import Position
from tests.fakes import position

BOTH = ("okx", "bitget-uta")
KEY = ("BTC/USDT:USDT", PositionSide.LONG)


@pytest.mark.parametrize("venue", registry.venue_ids())
def test_positions_are_looked_up_by_symbol_and_side_at_every_venue(venue: str) -> None:
    cross = position(margin_mode=MarginMode.CROSS, quantity=Decimal(1))
    isolated = position(margin_mode=MarginMode.ISOLATED, quantity=Decimal(2))
    held = [cross]

    async def read(symbol: str | None = None) -> list[Position]:
        return list(held)

    async def main() -> None:
        exchange: Any = registry.connect(venue, base_url="http://127.0.0.1:1")
        exchange.fetch_positions = read
        exchange._before_reading = nothing
        exchange._streams._means = exchange._streams._means._replace(dialect=None, know_time=nothing)
        async with exchange, exchange.watch_positions(fallback_s=1.0) as watch:
            await watch.live()
            assert watch.current[KEY] == cross
            assert watch.current.get((KEY[0], PositionSide.SHORT)) is None
            if venue in BOTH:
                held.append(isolated)
                async for change in watch:
                    if change.item == isolated:
                        break
                assert list(watch.current.values()) == [cross, isolated]
                assert watch.current[*KEY, MarginMode.ISOLATED] == isolated
                assert KEY in watch.current
                for find in (watch.current.__getitem__, watch.current.get):
                    with pytest.raises(InvalidRequest, match="each margin mode"):
                        find(KEY)

    run(main())


async def nothing() -> None:
    """There is nothing to know before."""
