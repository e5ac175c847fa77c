"""What the simulated Binance does for clients that this library's adapter is not: their calls, and its refusals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from futures_async.adapters.binance import Binance
from futures_async.testing.loopback import Loopback, Running, loopback, running
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.unified import errors
from futures_async.unified.enums import OrderKind, PositionMode, Side

pytestmark = pytest.mark.anyio

SPEC = VenueSpec(factory=Binance, raw_call=RawCall("/fapi/v1/accountConfig", {}))
MODES = pytest.mark.parametrize("mode", list(PositionMode))
BTC = {"symbol": "BTCUSDT"}
V1 = "/fapi/v1"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with loopback() as found:
        yield found


class Raw:
    """Signed calls by path; what is refused is its code."""

    def __init__(self, on: Running) -> None:
        self.exchange = on.exchange

    async def get(self, path: str, **params: Any) -> Any:
        return await self._made("GET", path, params, None)

    async def post(self, path: str, **body: Any) -> Any:
        return await self._made("POST", path, None, body)

    async def put(self, path: str, **body: Any) -> Any:
        return await self._made("PUT", path, None, body)

    async def delete(self, path: str, **params: Any) -> Any:
        return await self._made("DELETE", path, params, None)

    async def _made(self, method: str, path: str, params: Any, body: Any) -> Any:
        try:
            return await self.exchange.request(method, path, params=params, body=body, idempotent=method == "GET")
        except errors.ExchangeError as error:
            return error.code


@MODES
async def test_a_whole_position_is_closed_by_an_order_without_a_quantity(server: Loopback, mode: PositionMode) -> None:
    async with running(SPEC, server, mode) as on:
        raw = Raw(on)
        held = {"positionSide": "LONG"} if mode is PositionMode.HEDGE else {}
        stop: dict[str, Any] = {
            **BTC, **held, "algoType": "CONDITIONAL", "side": "SELL", "type": "STOP_MARKET",
            "triggerPrice": str(on.price("0.97")), "closePosition": "true",
        }  # fmt: skip
        await on.trade(Side.BUY)
        assert (await raw.post(f"{V1}/algoOrder", **stop))["closePosition"] is True
        assert await raw.post(f"{V1}/algoOrder", **stop) == "-4130"
        assert await raw.post(f"{V1}/algoOrder", **stop, quantity="1") == "-4137"
        assert await raw.post(f"{V1}/algoOrder", **stop, reduceOnly="true") == "-4138"
        [waits] = await on.exchange.fetch_trigger_orders(SPEC.symbol)
        assert (waits.quantity, waits.reduce_only, waits.kind) == (Decimal(0), True, OrderKind.STOP_LOSS)
        on.move(on.price("0.969"))
        assert await on.exchange.fetch_positions() == []


async def test_conditional_orders_are_refused_where_they_do_not_belong(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        raw = Raw(on)
        order = {**BTC, "side": "BUY", "quantity": "0.01"}
        assert await raw.post(f"{V1}/order", **order, type="STOP_MARKET", stopPrice="1") == "-4120"
        algo = {**order, "algoType": "CONDITIONAL"}
        assert await raw.post(f"{V1}/algoOrder", **algo, type="STOP", triggerPrice=on.price("1.1")) == "-1102"
        assert await raw.post(f"{V1}/algoOrder", **algo, type="STOP_MARKET", triggerPrice=on.price("0.9")) == "-2021"
        trailing = {**algo, "type": "TRAILING_STOP_MARKET"}
        assert await raw.post(f"{V1}/algoOrder", **trailing, callbackRate="30") == "-2007"
        assert await raw.post(f"{V1}/algoOrder", **trailing, callbackRate="1", triggerPrice="1") == "-2021"
        for number in range(2):
            at = on.price(f"1.{number + 1}")
            assert (await raw.post(f"{V1}/algoOrder", **algo, type="STOP_MARKET", triggerPrice=at))["algoId"]
        assert (await raw.delete(f"{V1}/algoOpenOrders", **BTC))["code"] == 200
        assert await raw.get(f"{V1}/openAlgoOrders") == []
        assert [row["algoStatus"] for row in await raw.get(f"{V1}/allAlgoOrders", **BTC)] == ["CANCELED"] * 2
        assert await raw.get(f"{V1}/algoOrder") == "-1102"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": None}, "-1102"),
        ({"timeInForce": None}, "-1102"),
        ({"type": "MARKET", "timeInForce": None}, "-1106"),
        ({"newClientOrderId": "ä" * 3}, "-4015"),
        ({"positionSide": "LONG"}, "-4061"),
        ({"positionSide": "NORTH"}, "-4060"),
        ({"symbol": "NONEUSDT"}, "-1121"),
        ({"quantity": "0.00001"}, "-1111"),
        ({"price": "80000.01"}, "-4014"),
        ({"price": "9000000"}, "-4016"),
    ],
)
async def test_orders_are_refused_in_the_venues_words(server: Loopback, changes: dict[str, Any], code: str) -> None:
    async with running(SPEC, server) as on:
        order: dict[str, Any] = {
            **BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01",
            "price": str(on.price("0.95")), **changes,
        }  # fmt: skip
        assert await Raw(on).post(f"{V1}/order", **order) == code
        assert await on.exchange.fetch_open_orders() == []


async def test_hedge_mode_knows_no_reduce_only(server: Loopback) -> None:
    async with running(SPEC, server, PositionMode.HEDGE) as on:
        order = {**BTC, "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        assert await Raw(on).post(f"{V1}/order", **order, positionSide="LONG", reduceOnly="false") == "-1106"
        assert await Raw(on).post(f"{V1}/order", **order) == "-4061"


async def test_an_edit_does_not_make_an_order_reduce_only(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        order = await on.exchange.create_order(on.request())
        edit = {**BTC, "orderId": order.order_id, "side": "BUY", "quantity": "0.02", "price": str(order.price)}
        assert await Raw(on).put(f"{V1}/order", **edit, reduceOnly="true") == "-5047"
        assert (await Raw(on).put(f"{V1}/order", **edit, reduceOnly="false"))["origQty"] == "0.02"


async def test_margin_is_moved_at_isolated_positions_alone(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        raw = Raw(on)

        async def moved(kind: int, amount: str = "1") -> str:
            return str(await raw.post(f"{V1}/positionMargin", **BTC, amount=amount, type=kind))

        assert [await moved(1), await moved(2)] == ["-4054", "-4051"]
        await on.trade(Side.BUY)
        assert await moved(1) == "-4049"
        await on.exchange.close_position(SPEC.symbol)
        await raw.post(f"{V1}/marginType", **BTC, marginType="ISOLATED")
        await on.trade(Side.BUY)
        assert [await moved(1, "1000000"), await moved(2, "1000000")] == ["-4050", "-4051"]


async def test_lists_are_read_from_an_id_on(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        raw = Raw(on)
        for side in (Side.BUY, Side.SELL, Side.BUY):
            await on.trade(side)
        fills = await raw.get(f"{V1}/userTrades", **BTC)
        assert len(fills) == 3
        assert await raw.get(f"{V1}/userTrades", **BTC, fromId=fills[1]["id"], limit=1) == fills[1:2]
        assert await raw.get(f"{V1}/userTrades", **BTC, fromId=1, startTime=1) == "-1128"
        assert await raw.get(f"{V1}/userTrades", **BTC, orderId=fills[2]["orderId"]) == fills[2:]
        placed = await raw.get(f"{V1}/allOrders", **BTC)
        assert await raw.get(f"{V1}/allOrders", **BTC, orderId=placed[1]["orderId"], limit=1) == placed[1:2]
        assert await raw.get(f"{V1}/userTrades", **BTC, limit=1001) == "-1130"
        assert await raw.get(f"{V1}/openOrder", **BTC, orderId=placed[0]["orderId"]) == "-2013"
        now = on.inside.now_ms()
        assert await raw.get(f"{V1}/userTrades", **BTC, startTime=now - 8 * 86_400_000) == "-4165"


async def test_what_other_clients_read_is_there(server: Loopback) -> None:
    async with running(SPEC, server) as on:
        raw = Raw(on)
        assert {row["asset"] for row in await raw.get("/fapi/v2/balance")} == {
            row["asset"] for row in await raw.get("/fapi/v3/balance")
        }
        assert (await raw.get(f"{V1}/ticker/price", **BTC))["symbol"] == "BTCUSDT"
        assert len((await raw.get(f"{V1}/depth", **BTC, limit=5))["bids"]) == 5
        assert await raw.get(f"{V1}/depth", **BTC, limit=5000) == "-1130"
        assert (await raw.get(f"{V1}/positionSide/dual"))["dualSidePosition"] is False
        assert await raw.get(f"{V1}/nowhere") == "-5000"
