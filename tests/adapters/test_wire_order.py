"""Hot rows are written in the order in which the venue sends their fields.

msgspec 0.22 looks for the next field behind the last one that it found, and compares one after another: a struct in
the wire's order is decoded in three quarters of the time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from futures_async.adapters.binance import wire as binance
from futures_async.adapters.bitget.wire import WirePosition
from futures_async.adapters.bitget.wire_orders import WireOrder
from futures_async.adapters.bitget.wire_streams import WirePushedOrder, WirePushedPosition
from futures_async.adapters.bitget_uta import wire as uta

DATA = Path(__file__).parent.parent / "data"


@pytest.mark.parametrize(
    ("wire", "file", "path"),
    [
        (WirePosition, "bitget/single_position.json", ["data", 0]),
        (WireOrder, "bitget/orders_history.json", ["data", "entrustedList", 0]),
        (WirePushedPosition, "bitget/ws_positions.json", ["data", 0]),
        (WirePushedOrder, "bitget/ws_orders.json", ["data", 0]),
        (binance.WirePosition, "binance/position_risk.json", [0]),
        (binance.WireOrder, "binance/place_order.json", []),
        (uta.WirePosition, "bitget_uta/current_position.json", ["data", "list", 0]),
        (uta.WireOrder, "bitget_uta/history_orders.json", ["data", "list", 0]),
    ],
)
def test_fields_stand_as_the_venue_sends_them(wire: type[Any], file: str, path: list[str | int]) -> None:
    row = msgspec.json.decode((DATA / file).read_bytes())
    for step in path:
        row = row[step]
    fields = [field.encode_name for field in msgspec.structs.fields(wire)]

    assert [name for name in fields if name in row] == [name for name in row if name in fields]
