"""Rows that people have met on live accounts: each beside good ones, none of which it may take away."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from futures_async.unified.models import Position
from tests.adapters.odd_rows import LISTS
from tests.adapters.test_odd_rows import MISSING, Desk

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def desk_of(name: str) -> Desk:
    return Desk(next(lists for lists in LISTS if str(lists) == name))


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("openPriceAvg", "", "entry_price"),
        ("openPriceAvg", "0", "entry_price"),
        ("marginRatio", "--", "margin_ratio"),
        ("liquidationPrice", "NaN", "liquidation_price"),
        ("takeProfit", "1.2,1.3", "take_profit"),
    ],
)
async def test_a_position_is_there_without_what_cannot_be_read_of_it(field: str, value: str, name: str) -> None:
    desk = desk_of("bitget-fetch_positions")
    good, odd = desk.row(), desk.row(**{field: value})
    found, lost = await desk.read([good, odd])
    assert lost == []
    assert [isinstance(one, Position) and one.quantity > 0 for one in found] == [True, True]
    assert getattr(found[1], name) is None
    assert getattr(found[0], name) is not None or field == "takeProfit"
    assert found[1].unread == (field,)


NOT_A_ROW = [
    ("bitget-fetch_positions", "holdSide", "net"),
    *(("bitget-fetch_contracts", field, "") for field in ("sizeMultiplier", "pricePlace")),
    ("bitget-fetch_contracts", "baseCoin", None),
    *(("bitget-uta-fetch_contracts", field, "") for field in ("quantityMultiplier", "priceMultiplier")),
    ("bitget-uta-fetch_contracts", "baseCoin", None),
    ("bitget-fetch_tickers", "lastPr", ""),
    *((f"bitget-{call}", "tradeSide", "transfer_in") for call in ("fetch_fills", "iter_fills")),
    *((f"bitget-{call}", "tradeSide", "transfer_in") for call in ("fetch_order_history", "iter_orders")),
]


@pytest.mark.parametrize(("call", "field", "value"), NOT_A_ROW)
async def test_what_lacks_its_facts_is_named_beside_the_others(
    call: str, field: str, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk = desk_of(call)
    before, after = desk.row(), desk.row()
    good, _ = await desk.read([before, after])
    caplog.clear()
    with caplog.at_level(logging.WARNING, "futures_async"):
        found, unread = await desk.read([before, desk.row(**{field: value}), after])
    assert found == good
    assert [row.path for row in unread] == [field]
    assert bool(caplog.records) is desk.lists.reference


@pytest.mark.parametrize(
    ("call", "field", "value"),
    [("bitget-fetch_accounts", "available", ""), ("bitget-fetch_position_history", "positionId", MISSING)],
)
async def test_what_it_can_do_without_takes_no_row_away(call: str, field: str, value: str) -> None:
    desk = desk_of(call)
    good, odd = desk.row(), desk.row(**{field: value})
    found, lost = await desk.read([good, odd])
    assert (len(found), lost) == (2, [])
