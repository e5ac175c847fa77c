"""Edits of orders that are filled in part: the venue takes the new total, what is filled included."""

from __future__ import annotations

from decimal import Decimal

import pytest

from futures_async.adapters.bitget_uta import BitgetUTA
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.unified import errors
from futures_async.unified.enums import OrderStatus, Role

SPEC = VenueSpec(factory=BitgetUTA, raw_call=RawCall("/api/v3/account/info", {}))
QUANTITY = SPEC.quantity


def filled(on: Inside, order_id: str, quantity: Decimal) -> None:
    engine, order = on.inside.engine, on.account.orders[int(order_id)]
    engine.world.now_ms = on.inside.now_ms()
    with engine.arithmetic():
        assert order.price is not None
        engine.matching._fill(on.account, order, quantity, order.price, Role.MAKER)  # pyright: ignore[reportPrivateUsage] - a part of it


def test_a_partly_filled_order_is_edited_to_a_new_total() -> None:
    async def main() -> None:
        on = Inside(SPEC)
        async with on.exchange as exchange:
            order = await exchange.create_order(on.request(quantity=4 * QUANTITY))
            filled(on, order.order_id, QUANTITY)
            edited = await exchange.edit_order(
                SPEC.symbol, order_id=order.order_id, price=on.price("0.8"), quantity=3 * QUANTITY
            )
            assert (edited.price, edited.quantity, edited.filled_quantity) == (on.price("0.8"), 3 * QUANTITY, QUANTITY)
            assert edited.status is OrderStatus.PARTIALLY_FILLED
            with pytest.raises(errors.InvalidOrder, match="is filled already"):
                await exchange.edit_order(SPEC.symbol, order_id=order.order_id, quantity=QUANTITY)

    run(main())
