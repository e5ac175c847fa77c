"""Several orders of `BitgetUTA` cancelled or changed in one call: each is judged alone."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.trading import cancelling
from futures_async.unified import errors
from futures_async.unified.enums import OrderStatus
from futures_async.unified.models import Order
from tests.adapters.bitget_uta.conftest import Rig
from tests.adapters.bitget_uta.samples import plain
from tests.adapters.bitget_uta.test_client import BTC, request

pytestmark = pytest.mark.anyio

CANCEL, MODIFY = "/trade/cancel-batch", "/trade/batch-modify-order"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are read after their cancel without pauses."""
    monkeypatch.setattr(cancelling, "AFTER_CANCEL_PAUSES_S", (0.0, 0.0))


async def placed(rig: Rig, count: int, **fields: Any) -> list[Order]:
    client = rig.client()
    return [await client.create_order(request(**fields)) for _ in range(count)]


async def test_cancels_are_one_call_of_the_documented_shape(rig: Rig) -> None:
    one, two = await placed(rig, 2)
    results = await rig.client().cancel_orders(
        BTC, order_ids=[one.order_id], client_order_ids=[two.client_order_id or ""]
    )
    assert [result.order and result.order.status for result in results] == [OrderStatus.CANCELED] * 2
    [body] = rig.wire.bodies(CANCEL)
    assert body == [
        {"orderId": one.order_id, "category": "USDT-FUTURES", "symbol": "BTCUSDT"},
        {"clientOid": two.client_order_id, "category": "USDT-FUTURES", "symbol": "BTCUSDT"},
    ]
    assert {frozenset(item) - {"orderId"} | {"clientOid"} for item in body} == {
        frozenset(item) for item in plain("cancel_batch.request")
    }
    assert rig.wire.bodies("/trade/cancel-order") == []


async def test_more_than_twenty_are_several_calls_and_none_is_no_call(rig: Rig) -> None:
    orders = await placed(rig, 23)
    client = rig.client()
    assert await client.cancel_orders(BTC) == []
    results = await client.cancel_orders(BTC, order_ids=[order.order_id for order in orders])
    assert [result.error for result in results] == [None] * 23
    assert [len(body) for body in rig.wire.bodies(CANCEL)] == [20, 3]


async def test_what_is_gone_is_read_and_what_never_was_is_not_found(rig: Rig) -> None:
    [order] = await placed(rig, 1)
    client = rig.client()
    await client.cancel_order(BTC, order_id=order.order_id)
    gone, never = await client.cancel_orders(BTC, order_ids=[order.order_id, "123456789012345678"])
    assert gone.order is not None
    assert gone.order.status is OrderStatus.CANCELED
    assert isinstance(never.error, errors.OrderNotFound)


async def test_a_batch_whose_end_is_unknown_is_judged_by_the_orders(rig: Rig) -> None:
    [order] = await placed(rig, 1)
    rig.wire.answers[f"/api/v3{CANCEL}"] = (502, b"")
    [result] = await rig.client().cancel_orders(BTC, order_ids=[order.order_id])
    assert isinstance(result.error, errors.CancelOutcomeUnknown)
    assert result.order_id == order.order_id


async def test_an_item_that_was_refused_says_why(rig: Rig) -> None:
    one, two = await placed(rig, 2)
    rows = [
        {"orderId": one.order_id, "clientOid": one.client_order_id, "code": "25653", "msg": "a cancel is running"},
        {"orderId": two.order_id, "clientOid": two.client_order_id},
    ]
    rig.wire.gives(CANCEL, {"code": "00000", "msg": "success", "data": rows})
    refused, open_still = await rig.client().cancel_orders(BTC, order_ids=[one.order_id, two.order_id])
    assert isinstance(refused.error, errors.ExchangeError)
    assert refused.error.code == "25653"
    # Acknowledged, and still open when it is read: nobody takes it for cancelled.
    assert isinstance(open_still.error, errors.CancelOutcomeUnknown)


async def test_changes_are_one_call_and_come_back_as_the_venues_rows(rig: Rig) -> None:
    one, two = await placed(rig, 2)
    client = rig.client()
    rows = await client.modify_orders(BTC, {one.order_id: (80100, None), two.order_id: (None, "0.002")})
    assert [str(row.order_id) for row in rows] == [one.order_id, two.order_id]
    [body] = rig.wire.bodies(MODIFY)
    common = {"autoCancel": "no", "symbol": "BTCUSDT", "category": "USDT-FUTURES"}
    assert body == [
        {"orderId": one.order_id, "price": "80100", **common},
        {"orderId": two.order_id, "qty": "0.002", **common},
    ]
    # As one element of the documented single change.
    assert set(body[0]) | {"qty"} == set(plain("modify_order.request"))
    changed = {order.order_id: order for order in await client.fetch_open_orders(BTC)}
    assert (changed[one.order_id].price, changed[two.order_id].quantity) == (D(80100), D("0.002"))


async def test_changes_that_may_have_arrived_are_not_repeated(rig: Rig) -> None:
    [order] = await placed(rig, 1)
    rig.wire.answers[f"/api/v3{MODIFY}"] = (502, b"")
    with pytest.raises(errors.OrderOutcomeUnknown):
        await rig.client().modify_orders(BTC, {order.order_id: (80100, None)})
    assert len(rig.wire.bodies(MODIFY)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {str(number): (1, None) for number in range(1, 22)},
        {"": (1, None)},
        {"1": (None, None)},
        {"1": (0, None)},
        {"1": (None, "-1")},
        {"1": ("NaN", None)},
    ],
    ids=lambda changes: str(changes)[:30],
)
async def test_bad_changes_are_refused_before_anything_is_sent(rig: Rig, changes: Any) -> None:
    with pytest.raises((errors.InvalidRequest, errors.InvalidOrder)):
        await rig.client().modify_orders(BTC, changes)
    assert rig.wire.sent == []


@pytest.mark.parametrize("unit", [None, "base"])
async def test_where_the_venue_changes_no_orders_none_is_sent(rig: Rig, unit: Any) -> None:
    client = rig.client(product_type="COIN-FUTURES", coin_unit=unit)
    for change in ((1, None), (None, 1)):
        with pytest.raises(errors.NotSupported, match="changes no orders"):
            await client.modify_orders("BTCUSD", {"1": change})
    client.halt()
    with pytest.raises(errors.ClientClosed):
        await client.modify_orders("BTCUSD", {"1": (1, None)})
    assert rig.wire.sent == []
