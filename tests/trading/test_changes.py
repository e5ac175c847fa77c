"""By what of an order an edit of it counts as carried out, with nothing but the two of them."""

from __future__ import annotations

from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.trading.changes import Change, check_left
from futures_async.trading.ordering import Amendment
from futures_async.unified.enums import Intent, OrderStatus, OrderType, Side
from futures_async.unified.errors import InvalidOrder
from futures_async.unified.models import Contract, Order, OrderRequest
from tests.rig.support import BTC
from tests.rig.toy import EDIT

WAS = Order(
    venue="toy",
    symbol=BTC,
    venue_symbol="BTCUSDT",
    order_id="1",
    side=Side.BUY,
    type=OrderType.LIMIT,
    price=Decimal(100),
    quantity=Decimal(4),
    status=OrderStatus.NEW,
)


def edit(
    price: int | None = None,
    quantity: int | None = None,
    intent: Intent = Intent.OPEN,
    *,
    moves: bool = False,
    **how: Any,
) -> Change:
    wanted = OrderRequest(
        symbol=BTC,
        side=WAS.side,
        type=WAS.type,
        price=WAS.price if price is None else Decimal(price),
        quantity=WAS.quantity if quantity is None else Decimal(quantity),
        intent=intent,
    )
    return Change(
        symbol=BTC,
        current=WAS,
        wanted=wanted,
        price=None if price is None else Decimal(price),
        quantity=None if quantity is None else Decimal(quantity),
        amendment=Amendment(EDIT, {})._replace(**how),
        moves_prices=moves,
    )


def seen(price: int = 100, quantity: int = 4, status: OrderStatus = OrderStatus.NEW, order_id: str = "1") -> Order:
    return msgspec.structs.replace(
        WAS, price=Decimal(price), quantity=Decimal(quantity), status=status, order_id=order_id
    )


@pytest.mark.parametrize(
    ("change", "order", "stands"),
    [
        (edit(price=101), seen(101), True),
        (edit(price=101), seen(100), False),
        (edit(price=101), seen(102), False),  # another edit's
        (edit(price=101, moves=True), seen(102), True),  # moved into the venue's band
        (edit(price=101, moves=True), seen(100), False),
        (edit(price=101), seen(101, quantity=3), True),  # the quantity was not to be changed
        (edit(quantity=5), seen(quantity=5), True),
        (edit(quantity=5), seen(102, quantity=5), True),  # nor here the price
        (edit(quantity=5), seen(quantity=4), False),
        (edit(quantity=5), seen(quantity=6), False),
        (edit(price=101, quantity=5), seen(100, quantity=5), False),
        (edit(price=101, quantity=5), seen(101, quantity=4), False),
        (edit(price=101, quantity=5, moves=True), seen(102, quantity=6), True),
        # What closes is cut down to what there is to close, and to nothing else.
        (edit(quantity=6, intent=Intent.CLOSE), seen(quantity=5), True),
        (edit(quantity=6, intent=Intent.OPEN), seen(quantity=5), False),
        (edit(quantity=6, intent=Intent.CLOSE), seen(quantity=7), False),
        (edit(quantity=6, intent=Intent.CLOSE), seen(quantity=4), False),
        (edit(quantity=5, stands_as=Decimal(2)), seen(quantity=2), True),
        (edit(quantity=5, stands_as=Decimal(2)), seen(quantity=5), False),
    ],
)
def test_an_edit_stands_where_all_that_it_was_to_change_reads_as_wanted(
    change: Change, order: Order, stands: bool
) -> None:
    assert change.stands(order) is stands


@pytest.mark.parametrize(
    ("how", "order", "stands"),
    [
        ({"replaces": True}, seen(101), False),  # always another one
        ({"replaces": True}, seen(101, order_id="2"), True),
        ({"replaces": True}, seen(101, order_id="2", status=OrderStatus.CANCELED), True),
        ({"replaces": True}, seen(101, order_id="2", status=OrderStatus.REJECTED), False),
        ({"replaces": True}, seen(100, order_id="2"), False),
        ({"lost_ids": (None, "b")}, seen(101), True),  # it may be another one
        ({"lost_ids": (None, "b")}, seen(101, status=OrderStatus.FILLED), True),
        ({"lost_ids": (None, "b")}, seen(101, status=OrderStatus.CANCELED), False),  # it made way for another one
        ({}, seen(101, status=OrderStatus.CANCELED), True),
    ],
)
def test_an_order_that_another_one_takes_the_place_of_does_not_stand_for_it(
    how: dict[str, Any], order: Order, stands: bool
) -> None:
    assert edit(price=101, **how).stands(order) is stands


LINEAR = Contract(
    venue="toy",
    symbol=BTC,
    venue_symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    contract_size=Decimal(1),
    price_tick=Decimal(1),
    quantity_step=Decimal(1),
)
INVERSE = msgspec.structs.replace(LINEAR, contract_value=Decimal(100))


@pytest.mark.parametrize(
    ("contract", "filled", "quantity", "price", "left"),
    [
        (LINEAR, 2, 3, 100, True),
        (LINEAR, 2, 2, 100, False),
        (LINEAR, 2, 1, 50, False),
        (LINEAR, 0, 1, 100, True),
        (None, 2, 2, 100, False),
        (None, None, 1, 100, True),  # the venue decides
        # Two contracts at 100, which are one coin's worth at 200.
        (INVERSE, 2, "1.5", 200, True),
        (INVERSE, 2, 1, 200, False),
        (INVERSE, 2, 3, 50, False),
    ],
)
def test_an_edit_that_leaves_nothing_to_fill_is_refused(
    contract: Contract | None, filled: int | None, quantity: int | str, price: int, left: bool
) -> None:
    order = msgspec.structs.replace(WAS, filled_quantity=None if filled is None else Decimal(filled))
    wanted = msgspec.structs.replace(edit(price=price).wanted, quantity=Decimal(quantity))
    with nullcontext() if left else pytest.raises(InvalidOrder, match="order 1 is filled already: cancel it"):
        check_left(order, wanted, contract)
    # What has ended is the venue's to refuse, as what it is.
    check_left(msgspec.structs.replace(order, status=OrderStatus.FILLED), wanted, contract)
