"""The bounds of an exchange object, and its contract's rules, hold for edits of orders that wait."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from futures_async import OrderBounds
from futures_async.adapters.bitget_uta import BitgetUTA
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.unified import errors
from futures_async.unified.enums import OrderType
from futures_async.unified.exchange import Capability as Can
from tests.contract.venues import specs

SPECS = {
    venue: spec
    for venue, spec in specs().items()
    if Can.CREATE_TRIGGER_ORDER in spec.capabilities and hasattr(spec.factory, "edit_trigger_order")
}


def bounded(on: Inside, **bounds: Any) -> Any:
    return on.connect(on.credentials, bounds=OrderBounds(**bounds))


@pytest.mark.parametrize("venue", SPECS)
def test_a_waiting_order_is_not_edited_out_of_bounds_nor_off_the_rules(venue: str) -> None:
    async def main() -> None:
        on = Inside(SPECS[venue])
        symbol, most = on.spec.symbol, on.spec.quantity * 2
        async with on.exchange, bounded(on, max_quantity={symbol: most}, max_notional=on.mark * most) as exchange:
            await exchange.fetch_contract(symbol)
            request = on.request(type=OrderType.TRIGGER, trigger_price=on.price("0.95"), price=on.price("0.95"))
            order = await exchange.create_trigger_order(request)
            changes: list[dict[str, Any]] = [{"price": on.price("0.9") + Decimal("0.0000001")}]
            changes.append({"price": on.price("2.5"), "trigger_price": on.price("2.5")})
            if venue != "bitmart":  # which cannot change a quantity
                changes.append({"quantity": on.spec.quantity * 500})
            writes = len(on.writes)
            for change in changes:
                with pytest.raises(errors.InvalidOrder):
                    await exchange.edit_trigger_order(symbol, order_id=order.order_id, **change)
            assert len(on.writes) == writes
            edited = await exchange.edit_trigger_order(symbol, order_id=order.order_id, price=on.price("0.9"))
            assert edited.price == on.price("0.9")

    run(main())


def test_several_open_orders_are_not_edited_out_of_bounds() -> None:
    async def main() -> None:
        on = Inside(specs()["bitget-uta"])
        symbol, most = on.spec.symbol, on.spec.quantity * 2
        async with on.exchange, bounded(on, max_quantity={symbol: most}) as exchange:
            assert isinstance(exchange, BitgetUTA)
            order = await exchange.create_order(on.request())
            writes = len(on.writes)
            with pytest.raises(errors.InvalidOrder, match="over the bound"):
                await exchange.modify_orders(symbol, {order.order_id: (None, most * 2)})
            assert len(on.writes) == writes
            await exchange.modify_orders(symbol, {order.order_id: (on.price("0.8"), most)})
            assert len(on.writes) == writes + 1

    run(main())
