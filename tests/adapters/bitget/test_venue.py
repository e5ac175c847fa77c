"""Calls of `Bitget` beyond the common interface, and every documented POST body: what is sent, what comes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any, cast

import httpx
import msgspec
import pytest

from futures_async.adapters.bitget import Bitget
from futures_async.unified import errors
from futures_async.unified.enums import Intent, MarginMode, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.models import OrderRequest
from tests.adapters.bitget.data import plain
from tests.adapters.bitget.rig import Rig, documented, envelope, rig

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
SYMBOL = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES"}
SETTLED = SYMBOL | {"marginCoin": "USDT"}
PRODUCT = {"productType": "USDT-FUTURES"}
POSTS = plain("posts.request")

Call = Callable[[Bitget], Awaitable[Any]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# Reads: path, answer, query, call, what the call returns (None: the payload as it came)
READS: list[tuple[str, str, dict[str, str], Call, Any]] = [
    (
        "account/open-count",
        "open_count",
        {**SETTLED, "openAmount": "100", "openPrice": "92000", "leverage": "20"},
        lambda x: x.fetch_open_count(BTC, 100, 92000, leverage=20),
        D("0.0214"),
    ),
    (
        "account/liq-price",
        "liq_price",
        {**SETTLED, "posSide": "long", "orderType": "limit", "openAmount": "0.5", "openPrice": "92000"},
        lambda x: x.fetch_liquidation_price(BTC, PositionSide.LONG, "0.5", 92000),
        D("54321.5"),
    ),
    ("account/isolated-symbols", "isolated_symbols", PRODUCT, lambda x: x.fetch_isolated_symbols(), None),
    ("account/sub-account-assets", "sub_account_assets", PRODUCT, lambda x: x.fetch_sub_accounts(), None),
    (
        "account/interest-history",
        "interest_history",
        {**PRODUCT, "coin": "USDT", "startTime": "1", "endTime": "2"},
        lambda x: x.fetch_interest_history("USDT", since_ms=1, until_ms=2),
        None,
    ),
    ("account/union-config", "union_config", {}, lambda x: x.fetch_union_config(), None),
    ("account/switch-union-usdt", "switch_union_usdt", {}, lambda x: x.fetch_union_requirement(), D("12.5")),
    ("account/transfer-limits", "transfer_limits", {"coin": "BTC"}, lambda x: x.fetch_transfer_limit("BTC"), D("3.5")),
    (
        "order/plan-sub-order",
        "plan_sub_order",
        {**PRODUCT, "planType": "normal_plan", "planOrderId": "901"},
        lambda x: x.fetch_triggered("901"),
        None,
    ),
    ("market/symbol-price", "symbol_price", SYMBOL, lambda x: x.fetch_symbol_price(BTC), None),
    (
        "market/history-fund-rate",
        "history_fund_rate",
        {**SYMBOL, "pageSize": "100", "pageNo": "2"},
        lambda x: x.fetch_funding_history(BTC, page=2),
        None,
    ),
    ("market/funding-time", "funding_time", SYMBOL, lambda x: x.fetch_funding_time(BTC), None),
    ("market/open-interest", "open_interest", SYMBOL, lambda x: x.fetch_open_interest(BTC), D("34278.06")),
    ("market/oi-limit", "oi_limit", SYMBOL, lambda x: x.fetch_open_interest_limits(BTC), None),
    ("market/oi-limit", "oi_limit", PRODUCT, lambda x: x.fetch_open_interest_limits(), None),
]


@pytest.mark.parametrize(("path", "name", "query", "call", "expected"), READS)
async def test_a_read_asks_as_documented_and_returns_the_venues_row(
    path: str, name: str, query: dict[str, str], call: Call, expected: Any
) -> None:
    async with rig() as on:
        on.answer("GET", path, documented(name))
        found = await call(on.exchange)
        assert on.sent(path) == [query]
        assert [request.method for request in on.requests] == ["GET"]
        assert ("ACCESS-SIGN" in on.requests[0].headers) is not path.startswith("market/")
    if expected is not None:
        assert found == expected
        return
    rows = plain(name)["data"]
    held = found if isinstance(found, list) == isinstance(rows, list) else [found]
    assert texts(msgspec.to_builtins(held, str_keys=True)) == texts(rows)


def texts(value: Any) -> Any:
    """Everything as text: the venue writes numbers so."""
    return json.loads(re.sub(r"(?<=[:\[ ])(-?\d+(?:\.\d+)?)(?=[,}\]])", r'"\1"', json.dumps(value, default=str)))


async def test_all_tickers_come_in_one_call() -> None:
    async with rig() as on:
        on.answer("GET", "market/tickers", documented("ticker"))
        (ticker,) = await on.exchange.fetch_tickers()
        assert (ticker.symbol, ticker.mark_price) == (BTC, D(92171))
        assert on.sent("market/tickers") == [PRODUCT]


async def test_a_position_that_nothing_liquidates_has_no_price() -> None:
    async with rig() as on:
        on.answer("GET", "account/liq-price", envelope({"liqPrice": "-12.5"}))
        assert await on.exchange.fetch_liquidation_price(BTC, PositionSide.SHORT, 1) is None
        assert on.sent("account/liq-price")[0]["orderType"] == "market"


async def test_rows_of_another_contract_are_not_taken() -> None:
    async with rig() as on:
        for path, name in (("symbol-price", "symbol_price"), ("funding-time", "funding_time")):
            on.answer("GET", f"market/{path}", documented(name))
        on.answer("GET", "market/open-interest", documented("open_interest"))
        for call in (on.exchange.fetch_symbol_price, on.exchange.fetch_funding_time, on.exchange.fetch_open_interest):
            with pytest.raises(errors.ResponseMismatch):
                await call("ETHUSDT")


# Writes


def account(**changes: Any) -> dict[str, Any]:
    return envelope({**plain("account")["data"], **changes})


def plan_row(**changes: Any) -> dict[str, Any]:
    return {
        **plain("plan_pending")["data"]["entrustedList"][0],
        "planType": "normal_plan",
        "orderId": "901",
        "clientOid": "fx-1",
        "size": "0.01",
        "triggerPrice": "58000",
        "price": "",
        **changes,
    }


GROUP = {"normal_plan": "normal_plan", "track_plan": "track_plan"}


def plans(on: Rig, *turns: list[dict[str, Any]]) -> Rig:
    """What waits: the first turn until something is changed, then the second."""

    def reply(request: httpx.Request) -> httpx.Response:
        changed = any("/modify-" in sent.url.path for sent in on.requests)
        group = request.url.params["planType"]
        rows = [row for row in turns[-1 if changed else 0] if GROUP.get(row["planType"], "profit_loss") == group]
        return httpx.Response(200, json=envelope({"entrustedList": rows, "endId": None}))

    on.router.get("/api/v2/mix/order/orders-plan-pending").mock(side_effect=reply)
    return on


def trigger(**changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "symbol": BTC,
        "side": Side.SELL,
        "type": OrderType.TRIGGER,
        "quantity": D("0.01"),
        "trigger_price": D(95000),
        "intent": Intent.CLOSE,
        "client_order_id": "fx-1",
    }
    return OrderRequest(**{**fields, **changes})


ACK = {"orderId": "901", "clientOid": "fx-1"}
DONE = {"successList": [{"orderId": "901", "clientOid": "fx-1"}], "failureList": []}

WRITES: dict[str, tuple[Callable[[Rig], Any], Call]] = {
    "account/set-leverage": (
        lambda on: (
            on.answer("GET", "account/account", account(), account(crossedMarginLeverage=5)),
            on.answer("POST", "account/set-leverage", documented("set_leverage_cross")),
        ),
        lambda x: x.set_leverage(BTC, 5),
    ),
    "account/set-all-leverage": (
        lambda on: on.answer("POST", "account/set-all-leverage", envelope("success")),
        lambda x: x.set_all_leverage(5),
    ),
    "account/set-margin-mode": (
        lambda on: (
            on.answer("GET", "account/account", account(), account(marginMode="isolated")),
            on.answer("POST", "account/set-margin-mode", documented("set_leverage_isolated")),
        ),
        lambda x: x.set_margin_mode(MarginMode.ISOLATED, symbol=BTC),
    ),
    "account/set-position-mode": (
        lambda on: (
            on.answer("GET", "account/account", account(posMode="hedge_mode")),
            on.answer("POST", "account/set-position-mode", documented("set_position_mode")),
        ),
        lambda x: x.set_position_mode(PositionMode.HEDGE),
    ),
    "account/set-asset-mode": (
        lambda on: (
            on.answer("GET", "account/accounts", envelope([{**plain("accounts")["data"][0], "assetMode": "union"}])),
            on.answer("POST", "account/set-asset-mode", envelope("success")),
        ),
        lambda x: x.set_asset_mode("union"),
    ),
    "account/set-auto-margin": (
        lambda on: on.answer("POST", "account/set-auto-margin", envelope("success")),
        lambda x: x.set_auto_margin(BTC, True, PositionSide.LONG),
    ),
    "account/union-convert": (
        lambda on: on.answer("POST", "account/union-convert", documented("union_convert")),
        lambda x: x.convert_to_usdt("BTC", "0.1"),
    ),
    "order/cancel-order": (
        lambda on: (
            on.answer("POST", "order/cancel-order", documented("cancel_order")),
            on.answer("GET", "order/detail", detail(clientOid="fx-20260112-000001")),
        ),
        lambda x: x.cancel_order(BTC, client_order_id="fx-20260112-000001"),
    ),
    "order/batch-cancel-orders": (
        lambda on: (
            on.answer("POST", "order/batch-cancel-orders", envelope({"successList": [], "failureList": []})),
            on.router.get("/api/v2/mix/order/detail").mock(side_effect=asked_for),
        ),
        lambda x: x.cancel_orders(BTC, order_ids=["121211212122"], client_order_ids=["fx-1"]),
    ),
    "order/cancel-all-orders": (
        lambda on: post(on, "cancel-all-orders", DONE),
        lambda x: x.cancel_all_product_orders(),
    ),
    "order/close-positions": (
        lambda on: on.answer("POST", "order/close-positions", documented("close_positions")),
        lambda x: x.close_all_positions(),
    ),
    "order/place-plan-order": (
        lambda on: (on.answer("GET", "account/account", account()), plans(on, []), post(on, "place-plan-order", ACK)),
        lambda x: x.create_trailing_order(trigger(), "0.005"),
    ),
    "order/place-tpsl-order": (
        lambda on: (on.answer("GET", "account/account", account()), plans(on, []), post(on, "place-tpsl-order", ACK)),
        lambda x: x.create_stop_order(
            BTC, PositionSide.LONG, "0.01", stop_loss=75000, price=74900, client_order_id="fx-1"
        ),
    ),
    "order/place-pos-tpsl": (
        lambda on: (on.answer("GET", "account/account", account()), post(on, "place-pos-tpsl", [])),
        lambda x: x.set_position_stops(BTC, PositionSide.LONG, take_profit=92000, stop_loss=75000),
    ),
    "order/modify-plan-order": (
        lambda on: (
            plans(on, [plan_row()], [plan_row(triggerPrice="58500", size="0.02")]),
            post(on, "modify-plan-order", ACK),
        ),
        lambda x: x.edit_trigger_order(BTC, order_id="901", trigger_price=58500, quantity="0.02"),
    ),
    "order/modify-tpsl-order": (
        lambda on: (
            plans(on, [stop_row()], [stop_row(triggerPrice="74000")]),
            post(on, "modify-tpsl-order", ACK),
        ),
        lambda x: x.edit_trigger_order(BTC, client_order_id="fx-1", trigger_price=74000),
    ),
    "order/cancel-plan-order": (
        lambda on: (plans(on, [plan_row()]), post(on, "cancel-plan-order", DONE)),
        lambda x: x.cancel_trigger_order(BTC, order_id="901"),
    ),
}


def post(on: Rig, name: str, data: Any) -> Rig:
    on.answer("POST", f"order/{name}", envelope(data))
    return on


def stop_row(**changes: Any) -> dict[str, Any]:
    return plan_row(**{"planType": "pos_loss", "orderId": "902", "size": "0", "triggerPrice": "75000", **changes})


def detail(**changes: Any) -> dict[str, Any]:
    return envelope({**plain("detail_hedge_close")["data"], **changes})


def asked_for(request: Any) -> Any:
    """A cancelled order of the id that was asked for."""
    ids = {key: request.url.params[key] for key in ("orderId", "clientOid") if key in request.url.params}
    return httpx.Response(200, json=detail(state="canceled", **ids))


def test_every_documented_body_is_sent_by_some_call() -> None:
    # The rest have files of their own.
    assert set(WRITES) == set(POSTS)


@pytest.mark.parametrize("path", WRITES)
async def test_a_write_sends_the_documented_body_once_and_signed(path: str) -> None:
    prepare, call = WRITES[path]
    async with rig() as on:
        prepare(on)
        await call(on.exchange)
        [body] = on.sent(path)
        assert body == POSTS[path]
        assert [request.method for request in on.requests if request.url.path.endswith(path)] == ["POST"]


async def test_a_conversion_that_may_have_happened_is_not_repeated() -> None:
    async with rig() as on:
        on.answer("POST", "account/union-convert", envelope(None, "45001", "Unknown error"))
        with pytest.raises(errors.SettingOutcomeUnknown):
            await on.exchange.convert_to_usdt("BTC", 1)
        assert len(on.sent("account/union-convert")) == 1


BAD_CALLS: list[Call] = [
    lambda x: x.set_all_leverage(0),
    lambda x: x.set_asset_mode(cast("Any", "both")),
    lambda x: x.convert_to_usdt("BTC", "-1"),
    lambda x: x.fetch_funding_history(BTC, page=0),
    lambda x: x.create_stop_order(BTC, PositionSide.LONG, 1),
    lambda x: x.create_stop_order(BTC, PositionSide.LONG, 1, take_profit=1, stop_loss=1),
    lambda x: x.edit_trigger_order(BTC, order_id="901"),
    lambda x: x.edit_trigger_order(BTC, order_id="901", quantity=0),
    lambda x: x.create_trailing_order(trigger(), 0),
    lambda x: x.create_trailing_order(trigger(), "0.11"),
    lambda x: x.create_trailing_order(trigger(trigger_price=None), "0.01"),
    lambda x: x.fetch_triggered(""),
]


@pytest.mark.parametrize("call", BAD_CALLS)
async def test_a_bad_call_is_refused_before_anything_is_sent(call: Call) -> None:
    async with rig() as on:
        with pytest.raises((errors.InvalidRequest, errors.InvalidOrder)):
            await call(on.exchange)
        assert on.requests == []


async def test_what_a_waiting_order_does_not_have_cannot_be_changed() -> None:
    async with rig() as on:
        plans(on, [stop_row()])
        changes: list[dict[str, Any]] = [{"price": "1"}, {"quantity": "1"}]
        for change in changes:
            with pytest.raises(errors.InvalidOrder, match=next(iter(change))):
                await on.exchange.edit_trigger_order(BTC, order_id="902", **change)
        with pytest.raises(errors.OrderNotFound):
            await on.exchange.edit_trigger_order(BTC, order_id="555", trigger_price=1)


async def test_a_waiting_order_that_has_those_values_already_is_changed() -> None:
    async with rig() as on:
        plans(on, [plan_row()])
        on.answer("POST", "order/modify-plan-order", envelope(None, "40923", "Order size and price have not changed"))
        found = await on.exchange.edit_trigger_order(BTC, order_id="901", trigger_price=58000)
        assert found.raw.trigger_price == "58000"


async def test_a_halted_client_moves_nothing() -> None:
    async with rig() as on:
        on.exchange.halt()
        for call in (
            on.exchange.set_all_leverage(5),
            on.exchange.convert_to_usdt("BTC", 1),
            on.exchange.create_trailing_order(trigger(), "0.01"),
            on.exchange.create_stop_order(BTC, PositionSide.LONG, 1, stop_loss=1),
            on.exchange.edit_trigger_order(BTC, order_id="901", trigger_price=1),
        ):
            with pytest.raises(errors.ClientClosed):
                await call
        assert on.requests == []
