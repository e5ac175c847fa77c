"""What other clients ask the simulated OKX, and `OKX` does not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async import Intent, OrderRequest, OrderType, PositionMode, Side
from futures_async.unified.errors import OrderNotFound, ParameterRejected
from tests.adapters.okx.conftest import Rig

pytestmark = pytest.mark.anyio
SYMBOL, NAME = "BTC/USDT:USDT", "BTC-USDT-SWAP"


async def asked(rig: Rig, path: str, **params: Any) -> Any:
    return await rig.client().request("GET", f"/api/v5/{path}", params=params)


async def test_a_waiting_order_is_found_by_either_id_and_among_those_that_ended(rig: Rig) -> None:
    client = rig.client()
    waiting = OrderRequest(
        symbol=SYMBOL, side=Side.BUY, type=OrderType.TRIGGER, quantity=D("0.01"), trigger_price=D(200_000)
    )
    placed, other = await client.create_trigger_order(waiting), await client.create_trigger_order(waiting)
    for ids in ({"algoId": placed.order_id}, {"algoClOrdId": placed.client_order_id}):
        [row] = await asked(rig, "trade/order-algo", **ids)
        assert (row["algoId"], row["state"]) == (placed.order_id, "live")
    assert await asked(rig, "trade/orders-algo-history", ordType="trigger", state="canceled") == []
    await client.cancel_trigger_order(SYMBOL, order_id=placed.order_id)
    for chosen in ({"state": "canceled"}, {"algoId": placed.order_id}):
        [row] = await asked(rig, "trade/orders-algo-history", ordType="trigger", **chosen)
        assert (row["algoId"], row["state"]) == (placed.order_id, "canceled")
    assert await asked(rig, "trade/orders-algo-history", ordType="conditional", state="canceled") == []
    assert await asked(rig, "trade/orders-algo-history", ordType="trigger", algoId=other.order_id) == []
    assert [row["state"] for row in await asked(rig, "trade/order-algo", algoId=placed.order_id)] == ["canceled"]
    with pytest.raises(OrderNotFound):
        await asked(rig, "trade/order-algo", algoId="1")
    with pytest.raises(ParameterRejected, match="state or algoId"):
        await asked(rig, "trade/orders-algo-history", ordType="trigger")


@pytest.mark.parametrize(
    ("mode", "types"), [(PositionMode.ONE_WAY, ["1", "2"]), (PositionMode.HEDGE, ["3", "5", "4", "6"])]
)
async def test_an_execution_says_what_it_opened_or_closed(
    make_rig: Callable[..., Rig], mode: PositionMode, types: list[str]
) -> None:
    rig = make_rig(mode)
    client = rig.client()
    sides = (Side.BUY, Side.SELL) if mode is PositionMode.HEDGE else (Side.BUY,)
    for side in sides:
        order = OrderRequest(symbol=SYMBOL, side=side, type=OrderType.MARKET, quantity=D("0.01"), intent=Intent.OPEN)
        await client.create_order(order)
        assert await client.close_position(SYMBOL) is not None
    rows = await asked(rig, "trade/fills", instType="SWAP")
    assert [row["subType"] for row in reversed(rows)] == types


async def test_contracts_are_those_of_the_account_too(rig: Rig) -> None:
    params = {"instType": "SWAP", "instId": NAME}
    own, public = [await asked(rig, f"{group}/instruments", **params) for group in ("account", "public")]
    assert own == public
    assert [row["instId"] for row in own] == [NAME]


async def test_past_funding_is_told_newest_first(rig: Rig) -> None:
    [now] = await asked(rig, "public/funding-rate", instId=NAME)
    rows = await asked(rig, "public/funding-rate-history", instId=NAME, limit=3)
    times = [int(row["fundingTime"]) for row in rows]
    assert times == [int(now["fundingTime"]) - hours * 3_600_000 for hours in (8, 16, 24)]
    assert rows[0]["realizedRate"] == now["settFundingRate"]
    older = await asked(rig, "public/funding-rate-history", instId=NAME, limit=3, after=times[0])
    assert [int(row["fundingTime"]) for row in older] == [*times[1:], times[-1] - 8 * 3_600_000]


@pytest.mark.parametrize("part", [{"sz": "5"}, {"closeFraction": "1"}])
async def test_a_stop_of_a_position_waits_beside_it(rig: Rig, part: dict[str, str]) -> None:
    client = rig.client()
    await client.create_order(OrderRequest(symbol=SYMBOL, side=Side.BUY, type=OrderType.MARKET, quantity=D("0.01")))
    held = await client.fetch_position(SYMBOL)
    assert held is not None
    assert held.mark_price is not None
    stop = {"instId": NAME, "tdMode": "cross", "side": "sell", "ordType": "conditional", "reduceOnly": True, **part}
    prices = {"slTriggerPx": str(held.mark_price // 2), "slOrdPx": "-1"}
    with pytest.raises(ParameterRejected, match="slTriggerPx"):
        await client.request("POST", "/api/v5/trade/order-algo", body=stop)
    [row] = await client.request("POST", "/api/v5/trade/order-algo", body={**stop, **prices, "algoClOrdId": "stop1"})
    [waiting] = await client.fetch_trigger_orders(SYMBOL)
    assert (waiting.order_id, waiting.client_order_id) == (row["algoId"], "stop1")
    assert (waiting.stop_loss, waiting.take_profit) == (held.mark_price // 2, None)
    assert waiting.quantity == (D("0.005") if "sz" in part else D(0)), "nothing is said of the whole position's"
    await client.cancel_trigger_order(SYMBOL, client_order_id="stop1")
    assert await client.fetch_trigger_orders(SYMBOL) == []
