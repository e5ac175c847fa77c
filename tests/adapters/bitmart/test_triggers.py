"""`BitMart` changes waiting orders, trails, and sets stops: the requests, and what is made of the answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import pytest

from futures_async.adapters.bitmart import BitMart
from futures_async.transport.http.backend import HttpResponse
from futures_async.unified import errors
from futures_async.unified.enums import Intent, MarginMode, OrderStatus, OrderType, PositionSide, Side
from futures_async.unified.models import OrderRequest
from tests.adapters.bitmart.documents import document, wrapped
from tests.adapters.bitmart.stub import Stub, answer, client, refusal

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
REQUESTS = document("requests")


def plan_row(**changes: Any) -> dict[str, Any]:
    return {**document("current-plan-order")["data"][0], **changes}


def order_row(**changes: Any) -> dict[str, Any]:
    return {**document("order")["data"], **changes}


def trailing(**changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "symbol": BTC,
        "side": Side.SELL,
        "type": OrderType.TRIGGER,
        "quantity": D("0.01"),
        "trigger_price": D(94000),
        "intent": Intent.CLOSE,
    }
    return OrderRequest(**{**fields, **changes})


def waits(*rows: dict[str, Any]) -> bytes:
    return wrapped(list(rows))


STOP, PLAN = plan_row(), plan_row(type="plan", executive_price="95001", trigger_price="95000", side=1)
WHOLE = plan_row(executive_price="0", trigger_price="90000")

# What is sent, with the answers that each call meets.
CALLS: dict[str, tuple[dict[str, Any], Callable[[BitMart], Awaitable[Any]]]] = {
    "submit-plan-order": (
        {"submit-plan-order": answer("submit-plan-order")},
        lambda x: x.create_trigger_order(
            trailing(
                side=Side.BUY,
                intent=Intent.OPEN,
                price=D(95001),
                trigger_price=D(95000),
                leverage=5,
                margin_mode=MarginMode.ISOLATED,
            )
        ),
    ),
    "modify-plan-order": (
        {
            "modify-plan-order": answer("modify-plan-order"),
            "current-plan-order": [waits(PLAN), waits({**PLAN, "trigger_price": "95100", "executive_price": "95000"})],
        },
        lambda x: x.edit_trigger_order(BTC, order_id="220908185908509", trigger_price="95100", price=95000),
    ),
    "submit-tp-sl-order": (
        {"submit-tp-sl-order": answer("submit-tp-sl-order"), "current-plan-order": [waits(), waits(WHOLE)]},
        lambda x: x.set_position_stops(BTC, PositionSide.LONG, stop_loss=90000),
    ),
    "modify-tp-sl-order": (
        {
            "modify-tp-sl-order": answer("modify-tp-sl-order"),
            "current-plan-order": [waits(STOP), waits({**STOP, "trigger_price": "90200"})],
        },
        lambda x: x.edit_trigger_order(BTC, client_order_id="BM123", trigger_price=90200),
    ),
    "modify-preset-plan-order": (
        {
            "modify-preset-plan-order": answer("modify-preset-plan-order"),
            "order": wrapped(order_row(preset_take_profit_price="99000", preset_stop_loss_price="90000")),
        },
        lambda x: x.set_order_stops(BTC, "220906179895578", take_profit=99000, stop_loss="90000"),
    ),
    "submit-trail-order": (
        {"submit-trail-order": answer("submit-trail-order"), "position-v2": answer("position-v2-hedge")},
        lambda x: x.create_trailing_order(trailing(), "0.005"),
    ),
    "cancel-trail-order": (
        {"cancel-trail-order": answer("cancel-trail-order")},
        lambda x: x.cancel_trailing_order(BTC, "220908185908510"),
    ),
    "cancel-plan-order": (
        {"cancel-plan-order": answer("cancel-plan-order")},
        lambda x: x.cancel_trigger_order(BTC, order_id="220908185908509"),
    ),
    "cancel-order": (
        {
            "cancel-order": answer("cancel-order"),
            "order": wrapped(order_row(order_id="220609666322019", state=4)),
        },
        lambda x: x.cancel_order(BTC, order_id="220609666322019"),
    ),
    "cancel-orders": (
        {"cancel-orders": answer("cancel-orders"), "get-open-orders": waits()},
        lambda x: x.cancel_all_orders(BTC, triggers=False),
    ),
    "cancel-all-after": (
        {"cancel-all-after": answer("cancel-all-after")},
        lambda x: x.arm_cancel_all(10, BTC),
    ),
    "modify-limit-order": (
        {
            "modify-limit-order": answer("modify-limit-order"),
            "order": [wrapped(order_row()), wrapped(order_row(price="93001", size="20"))],
        },
        lambda x: x.edit_order(BTC, order_id="220906179895578", price=93001, quantity="0.02"),
    ),
    "claim": ({"claim": wrapped({})}, lambda x: x.claim_demo_funds()),
}


def test_every_documented_body_has_a_call() -> None:
    assert set(CALLS) == set(REQUESTS)


@pytest.mark.parametrize("name", CALLS)
async def test_the_request_is_the_documented_one_and_is_signed(name: str) -> None:
    answers, call = CALLS[name]
    stub = Stub(**copy.deepcopy(answers))
    async with client(stub, demo=name == "claim") as exchange:
        await call(exchange)
    (sent,) = stub.named(name)
    documented = REQUESTS[name]
    assert (sent.method, sent.path, sent.query) == (documented["method"], documented["path"], {})
    assert sent.json == documented["body"]
    # JSON types count: 40007 is the venue's answer to a number that should have been text.
    assert {key: type(value) for key, value in sent.json.items()} == {
        key: type(value) for key, value in documented["body"].items()
    }
    assert sent.is_signed()


async def test_public_lists_without_a_unified_shape_are_the_venues_rows() -> None:
    stub = Stub(
        open_interest=answer("open-interest"),
        funding_rate_history=answer("funding-rate-history"),
        service=answer("service"),
    )
    async with client(stub) as exchange:
        interest = await exchange.fetch_open_interest(BTC)
        first, second = await exchange.fetch_funding_history(BTC, limit=2)
        (window,) = await exchange.fetch_service_status()
        with pytest.raises(errors.InvalidRequest):
            await exchange.fetch_funding_history(BTC, limit=101)
    assert (interest.open_interest, interest.open_interest_value) == (D(4134180), D("386587171.8"))
    assert (first.funding_time, second.funding_rate) == (1735689600000, D("-0.00002"))
    assert (window.service_type, window.status, window.start_time) == ("contract", "0", 1735700000000)
    assert [(sent.path, sent.query) for sent in stub.sent] == [
        ("/contract/public/open-interest", {"symbol": "BTCUSDT"}),
        ("/contract/public/funding-rate-history", {"symbol": "BTCUSDT", "limit": "2"}),
        ("/system/service", {}),
    ]
    assert not [sent for sent in stub.sent if "X-BM-KEY" in sent.headers]


async def test_demo_money_is_claimed_on_the_demo_host_only() -> None:
    stub = Stub(claim=wrapped({}))
    async with client(stub) as exchange:
        with pytest.raises(errors.NotSupported, match="demo"):
            await exchange.claim_demo_funds()
    assert stub.sent == []


async def test_trailing_orders_are_listed_apart_from_the_open_ones() -> None:
    rows = [*document("open-orders-trailing")["data"], order_row()]
    stub = Stub(get_open_orders=wrapped(rows))
    async with client(stub) as exchange:
        (found,) = await exchange.fetch_trailing_orders(BTC)
        (plain,) = await exchange.fetch_open_orders(BTC)
    assert (found.order_id, found.type, found.side, found.price) == (
        "220908185908510",
        OrderType.TRIGGER,
        Side.SELL,
        None,
    )
    assert (found.raw.activation_price, found.raw.callback_rate) == ("94000", "0.5")
    assert (found.status, found.reduce_only) == (OrderStatus.NEW, True)
    assert plain.type is OrderType.LIMIT
    assert [sent.query.get("type") for sent in stub.sent if sent.name == "get-open-orders"] == ["trailing", None]


async def test_a_trailing_order_that_may_have_arrived_is_not_sent_again() -> None:
    stub = Stub(
        submit_trail_order=HttpResponse(status=502, headers={}, body=b""), position_v2=answer("position-v2-hedge")
    )
    async with client(stub) as exchange:
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.create_trailing_order(trailing(), "0.005")
        with pytest.raises(errors.UnresolvedOrders):
            await exchange.aclose()
    assert caught.value.symbol == BTC
    assert len(stub.named("submit-trail-order")) == 1


@pytest.mark.parametrize(
    ("changes", "rate", "match"),
    [
        ({}, "0.0009", "callback_rate"),
        ({}, "0.0501", "callback_rate"),
        ({}, "NaN", "callback_rate"),
        ({"price": D(94000)}, "0.01", "at market"),
        ({"take_profit": D(99000), "intent": Intent.OPEN}, "0.01", "take_profit"),
        ({"client_order_id": "mine"}, "0.01", "client_order_id"),
        ({"trigger_price": None}, "0.01", "trigger_price"),
        ({"quantity": D("0.0005")}, "0.01", "contract"),
    ],
)
async def test_a_bad_trailing_order_is_refused_before_it_is_sent(
    changes: dict[str, Any], rate: str, match: str
) -> None:
    stub = Stub(position_v2=answer("position-v2-hedge"))
    async with client(stub) as exchange:
        with pytest.raises((errors.InvalidOrder, errors.InvalidRequest), match=match):
            await exchange.create_trailing_order(trailing(**changes), rate)
    assert stub.named("submit-trail-order") == []


@pytest.mark.parametrize("order_id", ["", " ", "0", "all"])
async def test_a_trailing_cancel_without_an_id_is_never_sent(order_id: str) -> None:
    stub = Stub(cancel_trail_order=answer("cancel-trail-order"))
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidRequest):
            await exchange.cancel_trailing_order(BTC, order_id)
    assert stub.sent == []


async def test_a_market_trigger_has_no_price_to_change() -> None:
    stub = Stub(current_plan_order=waits({**PLAN, "executive_price": "0"}))
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidOrder, match="at market"):
            await exchange.edit_trigger_order(BTC, order_id="220908185908509", price=95000)
        bad: list[dict[str, Any]] = [{}, {"trigger_price": 0}, {"trigger_price": "-1"}]
        for nothing in bad:
            with pytest.raises((errors.InvalidRequest, errors.InvalidOrder)):
                await exchange.edit_trigger_order(BTC, order_id="220908185908509", **nothing)
        with pytest.raises(errors.NotCarried, match="has no quantity"):
            await exchange.edit_trigger_order(BTC, order_id="220908185908509", trigger_price=95000, quantity=1)
    assert stub.named("modify-plan-order") == []


async def test_only_a_waiting_order_of_the_contract_is_changed() -> None:
    others: list[tuple[dict[str, Any], type[Exception]]] = [
        ({**PLAN, "order_id": "1"}, errors.OrderNotFound),
        ({**PLAN, "symbol": "ETHUSDT"}, errors.ResponseMismatch),  # it was asked for one contract
    ]
    for other, wrong in others:
        stub = Stub(current_plan_order=waits(other))
        async with client(stub) as exchange:
            with pytest.raises(wrong):
                await exchange.edit_trigger_order(BTC, order_id="220908185908509", trigger_price=95100)
            with pytest.raises(errors.InvalidRequest):
                await exchange.edit_trigger_order(BTC, trigger_price=95100)
        assert stub.named("modify-plan-order") == []


async def test_stops_that_wait_already_are_changed_and_not_added() -> None:
    changed = {**WHOLE, "trigger_price": "90500"}
    stub = Stub(current_plan_order=[waits(WHOLE), waits(changed)], modify_tp_sl_order=answer("modify-tp-sl-order"))
    async with client(stub) as exchange:
        (found,) = await exchange.set_position_stops(BTC, PositionSide.LONG, stop_loss=90500)
        with pytest.raises(errors.InvalidRequest):
            await exchange.set_position_stops(BTC, PositionSide.LONG)
    assert found.trigger_price == D(90500)
    assert stub.named("submit-tp-sl-order") == []
    assert json.loads(stub.named("modify-tp-sl-order")[0].body)["executive_price"] == "0"


async def test_a_stop_that_may_have_arrived_is_not_sent_again() -> None:
    stub = Stub(current_plan_order=waits(), submit_tp_sl_order=HttpResponse(status=502, headers={}, body=b""))
    async with client(stub) as exchange:
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.set_position_stops(BTC, PositionSide.SHORT, take_profit=80000)
        assert exchange.unresolved() == [caught.value]
    assert caught.value.symbol == BTC
    assert [sent.json["side"] for sent in stub.named("submit-tp-sl-order")] == [2]


async def test_the_stops_of_an_order_are_read_back() -> None:
    stub = Stub(modify_preset_plan_order=refusal(40036, "finished"), order=wrapped(order_row()))
    async with client(stub) as exchange:
        with pytest.raises(errors.ExchangeError):
            await exchange.set_order_stops(BTC, "220906179895578", stop_loss=90000)
        for bad in ({}, {"take_profit": 0}):
            with pytest.raises((errors.InvalidRequest, errors.InvalidOrder)):
                await exchange.set_order_stops(BTC, "220906179895578", **bad)


async def test_a_halted_client_changes_no_waiting_order() -> None:
    stub = Stub()
    async with client(stub) as exchange:
        exchange.halt()
        for call in (
            exchange.create_trailing_order(trailing(), "0.01"),
            exchange.edit_trigger_order(BTC, order_id="1", trigger_price=1),
            exchange.set_position_stops(BTC, PositionSide.LONG, stop_loss=1),
            exchange.set_order_stops(BTC, "1", stop_loss=1),
        ):
            with pytest.raises(errors.ClientClosed):
                await call
    assert stub.sent == []
