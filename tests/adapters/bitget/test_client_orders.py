"""What `Bitget` sends to place, edit, cancel and set, and what it makes of the answers."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import httpx
import pytest

from futures_async.testing.virtual_time import run
from futures_async.transport.retry import RetryPolicy
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderStatus,
    OrderType,
    Outcome,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
)
from futures_async.unified.models import OrderRequest
from tests.adapters.bitget.data import plain
from tests.adapters.bitget.rig import Rig, documented, envelope, rig
from tests.rig.support import order_of

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
FRAME = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginMode": "crossed", "marginCoin": "USDT"}
SETTLED = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginCoin": "USDT"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def account(**changes: Any) -> dict[str, Any]:
    return envelope({**plain("account")["data"], **changes})


def hedge() -> dict[str, Any]:
    return account(posMode="hedge_mode")


def detail(**changes: Any) -> dict[str, Any]:
    base = {
        **plain("orders_pending")["data"]["entrustedList"][0],
        "orderId": "77",
        "clientOid": "fx-1",
        "size": "0.001",
        "price": "60000",
        "side": "buy",
        "tradeSide": "open",
        "posSide": "long",
        "state": "live",
    }
    del base["status"]
    return envelope({**base, **changes})


def limit(**changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "symbol": BTC,
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": D("0.001"),
        "price": D(60000),
        "client_order_id": "fx-1",
        **changes,
    }
    return OrderRequest(**fields)


PLACED = {"orderId": "77", "clientOid": "fx-1"}


def not_found() -> dict[str, Any]:
    return envelope(None, "40109", "The data of the order cannot be found")


async def test_an_order_is_placed_in_the_modes_that_are_set_and_read_back() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/place-order", envelope(PLACED))
        on.answer("GET", "order/detail", detail())
        order = await on.exchange.create_order(limit())
        assert (order.order_id, order.status, order.side) == ("77", OrderStatus.NEW, Side.BUY)
        assert on.sent("order/place-order") == [
            {
                **FRAME,
                "size": "0.001",
                "price": "60000",
                "side": "buy",
                "tradeSide": "open",
                "orderType": "limit",
                "force": "gtc",
                "clientOid": "fx-1",
            }
        ]
        assert on.sent("order/detail") == [{"symbol": "BTCUSDT", "productType": "USDT-FUTURES", "orderId": "77"}]


async def test_the_modes_are_read_once_and_not_for_an_order_that_names_its_own() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/place-order", envelope(PLACED), envelope({**PLACED, "clientOid": "fx-2"}))
        on.answer("GET", "order/detail", detail(), detail(clientOid="fx-2"))
        await on.exchange.create_order(limit(margin_mode=MarginMode.ISOLATED))
        await on.exchange.create_order(limit(client_order_id="fx-2"))
        assert len(on.sent("account/account")) == 1, "one answer tells both modes"
        assert [body["marginMode"] for body in on.sent("order/place-order")] == ["isolated", "crossed"]


async def test_positions_tell_the_margin_mode_too() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("GET", "position/single-position", documented("single_position"))
        on.answer("POST", "order/place-order", envelope(PLACED))
        on.answer("GET", "order/detail", detail())
        await on.exchange.fetch_positions(BTC)
        await on.exchange.create_order(limit())
        assert len(on.sent("account/account")) == 1


@pytest.mark.parametrize("unsaid", [None, ""])
async def test_a_position_that_does_not_say_its_margin_mode_takes_none_away(unsaid: str | None) -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        silent = {**plain("single_position")["data"][0], "marginMode": unsaid}
        on.answer("GET", "position/single-position", envelope([silent]))
        on.answer("POST", "order/place-order", envelope(PLACED), envelope({**PLACED, "clientOid": "fx-2"}))
        on.answer("GET", "order/detail", detail(), detail(clientOid="fx-2"))
        await on.exchange.create_order(limit())
        await on.exchange.fetch_positions(BTC)
        await on.exchange.create_order(limit(client_order_id="fx-2"))
        assert len(on.sent("account/account")) == 1


async def test_an_order_goes_by_no_margin_mode_that_was_told_before_one_that_nobody_knows() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        odd = {**plain("single_position")["data"][0], "marginMode": "portfolio"}
        on.answer("GET", "position/single-position", envelope([odd]))
        on.answer("POST", "order/place-order", envelope(PLACED), envelope({**PLACED, "clientOid": "fx-2"}))
        on.answer("GET", "order/detail", detail(), detail(clientOid="fx-2"))
        await on.exchange.create_order(limit())
        await on.exchange.fetch_positions(BTC)
        await on.exchange.create_order(limit(client_order_id="fx-2"))
        assert len(on.sent("account/account")) == 2, "it was changed meanwhile"


@pytest.mark.parametrize("code", ["40774", "45117"])
async def test_a_mode_conflict_forgets_what_was_known_of_the_modes(code: str) -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/place-order", envelope(None, code, "conflict"))
        for name in ("fx-1", "fx-2"):
            with pytest.raises((errors.PositionModeConflict, errors.MarginModeConflict)) as caught:
                await on.exchange.create_order(limit(client_order_id=name))
            assert caught.value.outcome is Outcome.REJECTED
        assert len(on.sent("account/account")) == 2


async def test_an_answer_without_order_id_is_looked_up_by_client_id() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", account())
        on.answer("POST", "order/place-order", envelope({"orderId": None, "clientOid": "fx-1"}))
        on.answer("GET", "order/detail", detail(tradeSide="buy_single", posSide="net", posMode="one_way_mode"))
        order = await on.exchange.create_order(limit())
        assert order.recovered
        assert on.sent("order/detail")[0]["clientOid"] == "fx-1"
        assert len(on.sent("order/place-order")) == 1


async def test_an_ambiguous_answer_is_resolved_and_never_sent_again() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/place-order", envelope(None, "40010", "Request timed out"))
        on.answer("GET", "order/detail", not_found(), detail())
        on.answer("GET", "order/orders-pending", documented("orders_pending_empty"))
        on.answer("GET", "order/orders-history", documented("orders_pending_empty"))
        order = await on.exchange.create_order(limit())
        assert (order.order_id, order.recovered) == ("77", True)
        assert len(on.sent("order/place-order")) == 1


@pytest.mark.parametrize("witness", ["order/orders-pending", "order/orders-history"])
async def test_an_order_that_the_detail_does_not_know_is_looked_for_in_the_lists(witness: str) -> None:
    async with rig() as on:
        on.answer("GET", "order/detail", not_found())
        row = {**detail()["data"], "clientOid": "fx-1", "status": "live"}
        other = {**row, "orderId": "1", "clientOid": "fx-0"}
        for path in ("order/orders-pending", "order/orders-history"):
            rows = [other, row] if path == witness else None
            on.answer("GET", path, envelope({"entrustedList": rows, "endId": None}))
        order = await on.exchange.resolve_order(BTC, "fx-1", fence_until_ms=1)
        assert order is not None
        assert order.order_id == "77"
        assert on.sent(witness)[0]["clientOid"] == "fx-1"


async def test_a_list_that_ignores_the_client_id_is_walked_to_its_end() -> None:
    async with rig() as on:
        on.answer("GET", "order/detail", not_found())
        row = {**detail()["data"], "clientOid": "fx-1", "status": "filled"}
        others = [{**row, "orderId": str(number), "clientOid": f"fx-{number}"} for number in (300, 200)]
        on.answer("GET", "order/orders-pending", documented("orders_pending_empty"))
        on.answer(
            "GET",
            "order/orders-history",
            envelope({"entrustedList": others, "endId": "200"}),
            envelope({"entrustedList": [row], "endId": "77"}),
        )
        order = await on.exchange.resolve_order(BTC, "fx-1", fence_until_ms=1)
        assert order is not None
        assert order.order_id == "77"
        assert [params.get("idLessThan") for params in on.sent("order/orders-history")] == [None, "200"]


@pytest.mark.parametrize("other", [{"symbol": "ETHUSDT"}, {"clientOid": "fx-0"}])
def test_an_answer_about_another_order_proves_nothing_and_hides_nothing(other: dict[str, str]) -> None:
    async def main() -> None:
        await _about_another(other)

    run(main())


async def _about_another(other: dict[str, str]) -> None:
    async with rig() as on:
        mine = {**detail()["data"], "clientOid": "fx-1", "status": "live"}
        on.answer("GET", "order/detail", detail(**{"clientOid": "fx-1", **other}))
        on.answer(
            "GET",
            "order/orders-pending",
            envelope({"entrustedList": [{**mine, "orderId": "1", **other}, mine], "endId": None}),
            documented("orders_pending_empty"),
        )
        on.answer("GET", "order/orders-history", documented("orders_pending_empty"))
        found = await on.exchange.resolve_order(BTC, "fx-1", fence_until_ms=1)
        assert found is not None
        assert found.order_id == "77"
        with pytest.raises(errors.OrderOutcomeUnknown):
            await on.exchange.resolve_order(BTC, "fx-1", fence_until_ms=1)


async def test_batches_hold_one_symbol_and_one_margin_mode_and_are_matched_by_client_id() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer(
            "POST",
            "order/batch-place-order",
            envelope(
                {
                    "successList": [{"orderId": "77", "clientOid": "fx-1"}],
                    "failureList": [
                        {"orderId": "", "clientOid": "fx-2", "errorMsg": "less than 5 USDT", "errorCode": "45110"}
                    ],
                }
            ),
            envelope({"successList": [{"orderId": "78", "clientOid": "fx-3"}], "failureList": []}),
        )
        on.answer("GET", "order/detail", detail(), detail(orderId="78", clientOid="fx-3", symbol="ETHUSDT"))
        results = await on.exchange.create_orders(
            [
                limit(),
                limit(client_order_id="fx-3", symbol="ETHUSDT", margin_mode=MarginMode.ISOLATED),
                limit(client_order_id="fx-2"),
            ]
        )
        assert [result.error for result in results[:2]] == [None, None]
        assert [result.order.order_id for result in results[:2] if result.order] == ["77", "78"]
        assert isinstance(results[2].error, errors.OrderRejected)
        assert results[2].error.outcome is Outcome.REJECTED
        bodies = on.sent("order/batch-place-order")
        assert [(body["symbol"], body["marginMode"]) for body in bodies] == [
            ("BTCUSDT", "crossed"),
            ("ETHUSDT", "isolated"),
        ]
        assert [item["clientOid"] for item in bodies[0]["orderList"]] == ["fx-1", "fx-2"]


async def test_an_order_with_stops_goes_alone_as_those_of_a_batch_would_be_the_positions() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/batch-place-order", envelope({"successList": [PLACED], "failureList": []}))
        on.answer("POST", "order/place-order", envelope({"orderId": "78", "clientOid": "fx-2"}))
        on.answer("GET", "order/detail", detail(), detail(orderId="78", clientOid="fx-2"))
        results = await on.exchange.create_orders([limit(), limit(client_order_id="fx-2", stop_loss="50000")])
        assert [result.order.order_id for result in results if result.order] == ["77", "78"]
        [batch] = on.sent("order/batch-place-order")
        assert [item["clientOid"] for item in batch["orderList"]] == ["fx-1"]
        [alone] = on.sent("order/place-order")
        assert (alone["clientOid"], alone["presetStopLossPrice"]) == ("fx-2", "50000")


async def test_the_documented_batch_request_is_made() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/batch-place-order", envelope({"successList": [PLACED], "failureList": []}))
        on.answer("GET", "order/detail", detail())
        plan = await on.exchange._plan(limit())  # pyright: ignore[reportPrivateUsage] - the hook is what is tested
        placement = on.exchange._batch_placement([plan])  # pyright: ignore[reportPrivateUsage] - see above
        assert placement.body == plain("batch_place_order.request")


async def test_an_entry_that_the_batch_answer_leaves_out_is_unknown_and_looked_up() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/batch-place-order", envelope({"successList": [PLACED], "failureList": None}))
        on.answer("GET", "order/detail", detail(), detail(orderId="78", clientOid="fx-2"))
        results = await on.exchange.create_orders([limit(), limit(client_order_id="fx-2")])
        assert [result.error for result in results] == [None, None]
        assert [result.order.recovered for result in results if result.order] == [False, True]


async def test_an_edit_gives_a_new_client_id_and_reads_the_order_under_it() -> None:
    async with rig() as on:

        def by_id(request: Any) -> Any:
            new = request.url.params.get("clientOid")
            changes = {} if new is None else {"orderId": "78", "clientOid": new, "price": "60010", "size": "0.002"}
            return httpx.Response(200, json=detail(**changes))

        on.router.get("/api/v2/mix/order/detail").mock(side_effect=by_id)
        on.answer("POST", "order/modify-order", envelope(PLACED))
        edited = await on.exchange.edit_order(BTC, order_id="77", price=D(60010), quantity=D("0.002"))
        assert (edited.order_id, edited.replaces, edited.price) == ("78", "77", D(60010))
        [body] = on.sent("order/modify-order")
        renamed = body["newClientOid"]
        assert renamed not in ("", "fx-1")
        example = plain("modify_order.request")
        assert set(body) == set(example)
        assert body == {**example, "orderId": "77", "newClientOid": renamed}
        assert on.sent("order/detail")[-1]["clientOid"] == renamed


async def test_an_edit_of_the_price_alone_repeats_the_size() -> None:
    async with rig() as on:
        on.answer("GET", "order/detail", detail())
        on.answer("POST", "order/modify-order", envelope(None, "40922", "only live limit orders"))
        with pytest.raises(errors.OrderRejected):
            await on.exchange.edit_order(BTC, order_id="77", price=D(60010))
        [body] = on.sent("order/modify-order")
        assert (body["newSize"], body["newPrice"]) == ("0.001", "60010")


@pytest.mark.parametrize(
    ("ids", "named"), [({"order_id": "77"}, {"orderId": "77"}), ({"client_order_id": "fx-1"}, {"clientOid": "fx-1"})]
)
async def test_a_cancel_names_one_id_and_reads_the_order(ids: dict[str, str], named: dict[str, str]) -> None:
    async with rig() as on:
        on.answer("POST", "order/cancel-order", envelope(PLACED))
        on.answer("GET", "order/detail", detail(state="canceled"))
        order = await on.exchange.cancel_order(BTC, **ids)
        assert order.status is OrderStatus.CANCELED
        assert on.sent("order/cancel-order") == [{**SETTLED, **named}]


async def test_a_batch_cancel_judges_every_order_alone() -> None:
    async with rig() as on:
        failure = {"orderId": "78", "clientOid": "fx-2", "errorMsg": "too often", "errorCode": "45129"}
        gone = {"orderId": "79", "clientOid": "fx-3", "errorMsg": "does not exist", "errorCode": "43001"}
        on.answer(
            "POST",
            "order/batch-cancel-orders",
            envelope({"successList": [PLACED], "failureList": [failure, gone]}),
        )

        def by_id(request: Any) -> Any:
            wanted = request.url.params.get("orderId") or "79"
            return httpx.Response(200, json=detail(orderId=wanted, clientOid="fx-3", state="filled"))

        on.router.get("/api/v2/mix/order/detail").mock(side_effect=by_id)
        results = await on.exchange.cancel_orders(BTC, order_ids=["77", "78"], client_order_ids=["fx-3"])
        assert [result.order_id for result in results] == ["77", "78", "79"]
        assert results[1].order is not None, "too often, for it is cancelled, or filled, by now"
        assert results[2].order is not None, "gone because it had filled"
        assert on.sent("order/batch-cancel-orders") == [
            {**SETTLED, "orderIdList": [{"orderId": "77"}, {"orderId": "78"}, {"clientOid": "fx-3"}]}
        ]


async def test_a_batch_cancel_of_nothing_sends_nothing() -> None:
    async with rig() as on:
        assert await on.exchange.cancel_orders(BTC) == []
        with pytest.raises(errors.InvalidRequest):
            await on.exchange.cancel_orders(BTC, order_ids=["77", ""])
        assert on.requests == []


async def test_a_refused_batch_cancel_is_an_error_for_each() -> None:
    async with rig() as on:
        on.answer("POST", "order/batch-cancel-orders", envelope(None, "40912", "more than 50"))
        [result] = await on.exchange.cancel_orders(BTC, order_ids=["77"])
        assert isinstance(result.error, errors.ParameterRejected)


async def test_a_batch_cancel_that_finds_nothing_reads_what_became_of_each() -> None:
    async with rig() as on:
        on.answer("POST", "order/batch-cancel-orders", envelope(None, "22001", "No order to cancel"))
        on.answer("GET", "order/detail", detail(state="filled"))
        [result] = await on.exchange.cancel_orders(BTC, order_ids=["77"])
        assert result.order is not None
        assert result.order.status is OrderStatus.FILLED


async def test_cancel_all_names_its_symbol_and_lists_what_was_cancelled() -> None:
    async with rig() as on:
        on.answer("GET", "order/orders-pending", documented("orders_pending_empty"))
        on.answer("POST", "order/batch-cancel-orders", envelope({"successList": [PLACED], "failureList": []}))
        assert await on.exchange.cancel_all_orders(BTC, triggers=False) == ["77"]
        assert on.sent("order/batch-cancel-orders") == [SETTLED]


async def test_cancel_all_with_nothing_open_is_no_error() -> None:
    async with rig() as on:
        on.answer("GET", "order/orders-pending", documented("orders_pending_empty"))
        on.answer("POST", "order/batch-cancel-orders", envelope(None, "22001", "No order to cancel"))
        assert await on.exchange.cancel_all_orders(BTC, triggers=False) == []


async def test_closing_a_position_is_a_market_order_with_an_id_of_ours() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("GET", "position/single-position", documented("single_position"))
        on.answer("POST", "order/place-order", envelope(None, "43012", "Insufficient balance"))
        with pytest.raises(errors.InsufficientMargin):
            await on.exchange.close_position(BTC)
        [body] = on.sent("order/place-order")
        # A short is bought back; the venue's side names the position.
        assert {**body, "clientOid": ""} == {
            **FRAME,
            "size": "0.005",
            "side": "sell",
            "tradeSide": "close",
            "orderType": "market",
            "clientOid": "",
        }
        assert body["clientOid"]


async def test_the_calls_on_a_whole_product_are_explicit() -> None:
    async with rig() as on:
        on.answer("POST", "order/close-positions", documented("close_positions"))
        on.answer("POST", "order/cancel-all-orders", envelope({"successList": [], "failureList": []}))
        closed = await on.exchange.close_all_positions()
        assert [item.symbol for item in closed.success_list or ()] == ["BTCUSDT"]
        await on.exchange.cancel_all_product_orders()
        assert (
            on.sent("order/close-positions") == on.sent("order/cancel-all-orders") == [{"productType": "USDT-FUTURES"}]
        )


LEVERAGE_CASES = [
    ("crossed", "one_way_mode", None, {"leverage": "7"}),
    ("crossed", "hedge_mode", None, {"leverage": "7"}),
    ("isolated", "one_way_mode", None, {"leverage": "7"}),
    ("isolated", "hedge_mode", None, {"longLeverage": "7", "shortLeverage": "7"}),
    ("isolated", "hedge_mode", PositionSide.LONG, {"leverage": "7", "holdSide": "long"}),
]


@pytest.mark.parametrize(("margin", "mode", "side", "sent"), LEVERAGE_CASES)
async def test_leverage_is_sent_as_the_modes_ask_and_read_back(
    margin: str, mode: str, side: PositionSide | None, sent: dict[str, str]
) -> None:
    async with rig() as on:
        modes = {"marginMode": margin, "posMode": mode}
        set_now = {"crossedMarginLeverage": 7, "isolatedLongLever": "7", "isolatedShortLever": 7}
        if side is not None:
            set_now["isolatedShortLever"] = 3
        on.answer("GET", "account/account", account(**modes), account(**modes, **set_now))
        on.answer("POST", "account/set-leverage", documented("set_leverage_cross"))
        leverage = await on.exchange.set_leverage(BTC, 7, side=side)
        assert leverage.long_leverage == D(7)
        assert on.sent("account/set-leverage") == [{**SETTLED, **sent}]


async def test_leverage_that_was_set_already_is_no_error() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", account())
        on.answer("POST", "account/set-leverage", envelope(None, "45054", "not changed"))
        assert (await on.exchange.set_leverage(BTC, 3)).leverage == D(3)


@pytest.mark.parametrize(
    ("leverage", "more"),
    [(0, {}), ("-1", {}), (5, {"margin_mode": MarginMode.ISOLATED}), (5, {"side": PositionSide.LONG})],
)
async def test_leverage_that_cannot_be_meant_is_refused_here(leverage: Any, more: dict[str, Any]) -> None:
    async with rig() as on:
        on.answer("GET", "account/account", account())
        with pytest.raises(errors.InvalidRequest):
            await on.exchange.set_leverage(BTC, leverage, **more)
        assert on.sent("account/set-leverage") == []


async def test_a_float_is_refused_everywhere() -> None:
    async with rig() as on:
        with pytest.raises(TypeError):
            await on.exchange.set_leverage(BTC, 5.0)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - that is the point
        with pytest.raises(TypeError):
            await on.exchange.adjust_margin(BTC, 0.1)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - see above
        assert on.requests == []


async def test_the_margin_mode_is_set_for_a_symbol_and_read_back() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", account(), account(marginMode="isolated"))
        on.answer("POST", "account/set-margin-mode", documented("set_leverage_isolated"))
        await on.exchange.set_margin_mode(MarginMode.ISOLATED, symbol=BTC)
        assert on.sent("account/set-margin-mode") == [{**SETTLED, "marginMode": "isolated"}]
        await on.exchange.set_margin_mode(MarginMode.ISOLATED, symbol=BTC)
        assert len(on.sent("account/set-margin-mode")) == 1, "it stood already"
        with pytest.raises(errors.InvalidRequest, match="symbol"):
            await on.exchange.set_margin_mode(MarginMode.CROSS)


async def test_the_position_mode_is_set_for_the_product_and_read_back() -> None:
    async with rig() as on:
        on.answer("POST", "account/set-position-mode", documented("set_position_mode"))
        on.answer("GET", "account/account", hedge())
        assert await on.exchange.set_position_mode(PositionMode.HEDGE) is PositionMode.HEDGE
        assert on.sent("account/set-position-mode") == [{"productType": "USDT-FUTURES", "posMode": "hedge_mode"}]


async def test_a_locked_position_mode_is_a_conflict() -> None:
    async with rig() as on:
        on.answer("POST", "account/set-position-mode", envelope(None, "40920", "Position or order exists"))
        with pytest.raises(errors.PositionModeConflict):
            await on.exchange.set_position_mode(PositionMode.ONE_WAY)


async def test_margin_is_moved_on_the_side_that_is_held() -> None:
    async with rig() as on:
        long = {**plain("single_position")["data"][0], "holdSide": "long", "marginMode": "isolated"}
        on.answer("GET", "position/single-position", envelope([long]))
        on.answer("POST", "account/set-margin", documented("set_margin"))
        await on.exchange.adjust_margin(BTC, "-10")
        assert on.sent("account/set-margin") == [plain("set_margin.request")]


async def test_margin_cannot_be_moved_without_position_or_amount() -> None:
    async with rig() as on:
        on.answer("GET", "position/single-position", envelope([]))
        for amount in (0, 5):
            with pytest.raises(errors.InvalidRequest):
                await on.exchange.adjust_margin(BTC, amount)
        assert on.sent("account/set-margin") == []


async def test_auto_margin_is_switched() -> None:
    async with rig() as on:
        on.answer("POST", "account/set-auto-margin", envelope("success"))
        await on.exchange.set_auto_margin(BTC, True, PositionSide.SHORT)
        assert on.sent("account/set-auto-margin") == [
            {"symbol": "BTCUSDT", "autoMargin": "on", "marginCoin": "USDT", "holdSide": "short"}
        ]


def trigger(**changes: Any) -> OrderRequest:
    return limit(type=OrderType.TRIGGER, trigger_price=D(58000), price=None, **changes)


async def plan_rows(on: Rig, *rows: dict[str, Any]) -> None:
    def reply(request: Any) -> Any:
        group = request.url.params["planType"]
        found = [row for row in rows if row["planType"] == group] if "idLessThan" not in request.url.params else []
        if group == "profit_loss" and "idLessThan" not in request.url.params:
            found = [row for row in rows if row["planType"] in ("pos_profit", "pos_loss")]
        return httpx.Response(200, json=envelope({"entrustedList": found or None, "endId": None}))

    for path in ("order/orders-plan-pending", "order/orders-plan-history"):
        on.router.get(f"/api/v2/mix/{path}").mock(side_effect=reply)


def plan_row(**changes: Any) -> dict[str, Any]:
    return {
        **plain("plan_pending")["data"]["entrustedList"][0],
        "planType": "normal_plan",
        "orderId": "901",
        "clientOid": "fx-1",
        "side": "buy",
        "tradeSide": "open",
        "posSide": "long",
        "posMode": "hedge_mode",
        "size": "0.001",
        **changes,
    }


async def test_a_trigger_order_is_placed_and_read_back() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/place-plan-order", envelope({"orderId": "901", "clientOid": "fx-1"}))
        await plan_rows(on, plan_row())
        order = await on.exchange.create_trigger_order(trigger())
        assert (order.order_id, order.type, order.side) == ("901", OrderType.TRIGGER, Side.BUY)
        [body] = on.sent("order/place-plan-order")
        assert body == {
            **FRAME,
            "planType": "normal_plan",
            "size": "0.001",
            "triggerPrice": "58000",
            "triggerType": "mark_price",
            "orderType": "market",
            "side": "buy",
            "tradeSide": "open",
            "clientOid": "fx-1",
        }


async def test_a_trigger_order_that_is_not_listed_yet_is_what_was_acknowledged() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/place-plan-order", envelope({"orderId": "901", "clientOid": "fx-1"}))
        await plan_rows(on)
        order = await on.exchange.create_trigger_order(trigger())
        assert (order.order_id, order.status, order.filled_quantity) == ("901", OrderStatus.NEW, None)


async def test_a_lost_trigger_order_is_unknown_until_it_is_found() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/place-plan-order", envelope(None, "45001", "Unknown error"))
        await plan_rows(on)
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await on.exchange.create_trigger_order(trigger())
        assert caught.value.client_order_id == "fx-1"
        with pytest.raises(errors.OrderOutcomeUnknown):
            await caught.value.resolve()
        await plan_rows(on, plan_row())
        assert (await order_of(caught.value)).order_id == "901"
        assert len(on.sent("order/place-plan-order")) == 1


async def test_a_trigger_order_is_cancelled_under_its_own_plan_type() -> None:
    async with rig() as on:
        await plan_rows(on, plan_row(planType="pos_loss", orderId="902"))
        on.answer("POST", "order/cancel-plan-order", envelope({"successList": [{"orderId": "902"}], "failureList": []}))
        await on.exchange.cancel_trigger_order(BTC, client_order_id="fx-1")
        assert on.sent("order/cancel-plan-order") == [
            {"orderIdList": [{"orderId": "902"}], **SETTLED, "planType": "pos_loss"}
        ]


async def test_an_empty_success_is_not_taken_for_a_cancelled_trigger_order() -> None:
    async with rig() as on:
        await plan_rows(on, plan_row())
        failed = {"orderId": "901", "errorMsg": "gone", "errorCode": "43025"}
        on.answer(
            "POST",
            "order/cancel-plan-order",
            envelope({"successList": [], "failureList": []}),
            envelope({"successList": [], "failureList": [failed]}),
        )
        with pytest.raises(errors.CancelOutcomeUnknown):
            await on.exchange.cancel_trigger_order(BTC, order_id="901")
        with pytest.raises(errors.OrderNotFound):
            await on.exchange.cancel_trigger_order(BTC, order_id="901")
        with pytest.raises(errors.OrderNotFound):
            await on.exchange.cancel_trigger_order(BTC, order_id="555")


@pytest.mark.parametrize(("mode", "held"), [("hedge_mode", "long"), ("one_way_mode", "buy")])
async def test_stops_of_a_position_name_it_as_its_mode_wants(mode: str, held: str) -> None:
    async with rig() as on:
        on.answer("GET", "account/account", account(posMode=mode))
        on.answer("POST", "order/place-pos-tpsl", envelope([{"orderId": "5", "stopSurplusClientOid": "a"}]))
        [stops] = await on.exchange.set_position_stops(BTC, PositionSide.LONG, take_profit=92000, stop_loss="75000")
        assert stops.order_id == "5"
        assert on.sent("order/place-pos-tpsl") == [
            {
                **SETTLED,
                "holdSide": held,
                "stopSurplusTriggerPrice": "92000",
                "stopSurplusTriggerType": "mark_price",
                "stopLossTriggerPrice": "75000",
                "stopLossTriggerType": "mark_price",
            }
        ]
        with pytest.raises(errors.InvalidRequest):
            await on.exchange.set_position_stops(BTC, PositionSide.LONG)
        with pytest.raises(errors.InvalidRequest):
            await on.exchange.set_position_stops(BTC, PositionSide.LONG, stop_loss=0)


async def test_a_halted_client_cancels_but_changes_nothing() -> None:
    async with rig() as on:
        on.exchange.halt()
        for call in (
            on.exchange.create_order(limit()),
            on.exchange.create_trigger_order(trigger()),
            on.exchange.set_position_stops(BTC, PositionSide.LONG, stop_loss=1),
            on.exchange.set_auto_margin(BTC, True, PositionSide.LONG),
            on.exchange.close_all_positions(),
        ):
            with pytest.raises(errors.ClientClosed):
                await call
        assert not [request for request in on.requests if request.method == "POST"]


@pytest.mark.parametrize("intent", list(Intent))
@pytest.mark.parametrize("force", list(TimeInForce))
async def test_every_kind_of_order_is_written_for_one_way_mode(intent: Intent, force: TimeInForce) -> None:
    async with rig() as on:
        on.answer("GET", "account/account", account())
        on.answer("POST", "order/place-order", envelope(None, "45110", "too small"))
        with pytest.raises(errors.OrderRejected):
            await on.exchange.create_order(limit(intent=intent, time_in_force=force, side=Side.SELL))
        [body] = on.sent("order/place-order")
        assert (body["side"], body["force"]) == ("sell", force.value)
        assert "tradeSide" not in body
        assert body.get("reduceOnly") == ("YES" if intent is Intent.CLOSE else None)


async def test_another_account_shares_nothing_of_what_was_learned() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        on.answer("POST", "order/place-order", envelope(None, "45110", "too small"))
        with pytest.raises(errors.OrderRejected):
            await on.exchange.create_order(limit())
        learned = len(on.requests)
        async with on.exchange.with_credentials(Credentials("other-key", "other-secret", "phrase")) as twin:
            with pytest.raises(errors.OrderRejected):
                await twin.create_order(limit())
        asked = [request for request in on.requests[learned:] if request.url.path.endswith("account/account")]
        assert len(asked) == 1


async def test_a_market_order_cannot_be_edited() -> None:
    async with rig() as on:
        on.answer("GET", "order/detail", detail(price="", orderType="market"))
        with pytest.raises(errors.InvalidRequest):
            await on.exchange.edit_order(BTC, order_id="77", quantity=D("0.002"))
        assert on.sent("order/modify-order") == []


async def test_orders_that_a_cancel_of_all_could_not_cancel_are_read_instead() -> None:
    async with rig() as on:
        open_now = documented("orders_pending")
        on.answer("GET", "order/orders-pending", open_now, documented("orders_pending_empty"))
        failure = {"orderId": "1491774617118240769", "errorMsg": "in liquidation", "errorCode": "45018"}
        on.answer("POST", "order/batch-cancel-orders", envelope({"successList": [], "failureList": [failure]}))
        assert await on.exchange.cancel_all_orders(BTC, triggers=False) == ["1491774617118240769"]


async def test_a_cancel_of_all_that_is_refused_is_an_error() -> None:
    async with rig() as on:
        on.answer("GET", "order/orders-pending", documented("orders_pending_empty"))
        on.answer("POST", "order/batch-cancel-orders", envelope(None, "40014", "permission"))
        with pytest.raises(errors.PermissionDenied):
            await on.exchange.cancel_all_orders(BTC, triggers=False)


@pytest.mark.parametrize("gone", [True, False])
async def test_an_ambiguous_cancel_of_a_trigger_order_is_judged_by_what_waits(gone: bool) -> None:
    async with rig(retry=RetryPolicy(base_s=0.001)) as on:
        left = [plan_row()]

        def reply(request: httpx.Request) -> httpx.Response:
            found = left if request.url.params["planType"] == "normal_plan" else []
            return httpx.Response(200, json=envelope({"entrustedList": found or None, "endId": None}))

        def cancel(request: httpx.Request) -> httpx.Response:
            if gone:
                left.clear()
            return httpx.Response(400, json=envelope(None, "40725", "service return an error"))

        on.router.get("/api/v2/mix/order/orders-plan-pending").mock(side_effect=reply)
        on.router.post("/api/v2/mix/order/cancel-plan-order").mock(side_effect=cancel)
        if gone:
            ended = plan_row(planStatus="cancelled")
            on.answer("GET", "order/orders-plan-history", envelope({"entrustedList": [ended], "endId": None}))
            await on.exchange.cancel_trigger_order(BTC, order_id="901")
        else:
            with pytest.raises(errors.CancelOutcomeUnknown):
                await on.exchange.cancel_trigger_order(BTC, order_id="901")


async def test_every_entry_of_an_ambiguous_batch_cancel_has_its_own_verdict() -> None:
    async with rig(retry=RetryPolicy(base_s=0.001)) as on:
        on.answer("POST", "order/batch-cancel-orders", envelope(None, "45001", "Unknown error"))

        def by_id(request: httpx.Request) -> httpx.Response:
            wanted = request.url.params["orderId"]
            state = "canceled" if wanted == "77" else "filled"
            return httpx.Response(200, json=detail(orderId=wanted, state=state))

        on.router.get("/api/v2/mix/order/detail").mock(side_effect=by_id)
        first, second = await on.exchange.cancel_orders(BTC, order_ids=["77", "78"])
        assert first.order is not None
        assert second.order is not None
        assert (first.order.status, second.order.status) == (OrderStatus.CANCELED, OrderStatus.FILLED)


def vector(name: str) -> dict[str, str]:
    return next(row for row in plain("signing") if row["name"] == name)


async def test_the_bytes_of_the_signature_vectors_are_the_bytes_that_are_sent() -> None:
    async with rig() as on:
        on.answer("GET", "position/single-position", envelope([]))
        on.answer("GET", "account/accounts", envelope([]))
        on.answer("GET", "account/account", account(posMode="hedge_mode", marginMode="isolated"))
        on.answer("POST", "order/place-order", envelope(None, "45110", "too small"))
        on.answer("POST", "order/cancel-order", envelope(None, "43001", "does not exist"))
        on.answer("GET", "order/detail", not_found())
        name = "fx-20260112-000001"
        await on.exchange.fetch_positions(BTC)
        await on.exchange.fetch_accounts()
        with pytest.raises(errors.OrderRejected):
            await on.exchange.create_order(limit(client_order_id=name))
        with pytest.raises(errors.OrderNotFound):
            await on.exchange.cancel_order(BTC, client_order_id=name)
        sent = {
            (request.method, request.url.path, request.url.query.decode(), request.content.decode())
            for request in on.requests
        }
        for letter in "ABCDE":
            row = vector(letter)
            assert (row["method"], row["path"], row["query"], row["body"]) in sent, letter


async def test_a_margin_mode_conflict_within_a_batch_forgets_the_modes_too() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", hedge())
        failed = [
            {"orderId": "", "clientOid": name, "errorMsg": "margin mode", "errorCode": "45117"}
            for name in ("fx-1", "fx-2", "fx-3", "fx-4")
        ]
        on.answer("POST", "order/batch-place-order", envelope({"successList": [], "failureList": failed}))
        for names in (("fx-1", "fx-2"), ("fx-3", "fx-4")):
            results = await on.exchange.create_orders([limit(client_order_id=name) for name in names])
            assert all(isinstance(result.error, errors.MarginModeConflict) for result in results)
        assert len(on.sent("account/account")) == 2, "both modes, then the margin mode"
