"""What `BitMart` sends for each call, and what it makes of the documented answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from futures_async.adapters.bitmart.client import BitMart
from futures_async.transport.http.backend import HttpResponse
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import (
    Intent,
    LedgerType,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
)
from futures_async.unified.models import OrderRequest
from tests.adapters.bitmart.documents import VECTORS, answer, credentials, document, wrapped
from tests.adapters.bitmart.stub import Sent, Stub, client, refusal

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
ALONE = {"X-BM-KEY"}
BODIES = {vector["number"]: vector["body"] for vector in VECTORS["vectors"]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def order_row(**changes: Any) -> dict[str, Any]:
    return {**document("order")["data"], **changes}


def echo_order(**changes: Any) -> Callable[[Sent], bytes]:
    """The order that was asked for."""
    return lambda sent: wrapped(order_row(order_id=sent.query["order_id"], **changes))


def limit(**changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "symbol": BTC,
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": D("0.01"),
        "price": D("93000.1"),
        **terms(changes),
    }
    return OrderRequest(**{**fields, **changes})


def terms(changes: dict[str, Any]) -> dict[str, Any]:
    """Leverage and margin mode, which only opening orders name."""
    closes = changes.get("intent") is Intent.CLOSE
    return {} if closes else {"leverage": D(5), "margin_mode": MarginMode.ISOLATED}


# Reads


READS: list[tuple[str, str, dict[str, str], Callable[[BitMart], Awaitable[Any]]]] = [
    ("assets-detail", "assets-detail", {}, lambda x: x.fetch_accounts()),
    ("trade-fee-rate", "trade-fee-rate", {"symbol": "BTCUSDT"}, lambda x: x.fetch_trade_fee_rate(BTC)),
    ("position", "position-v1", {}, lambda x: x.fetch_positions_v1()),
    ("position", "position-v1", {"symbol": "BTCUSDT"}, lambda x: x.fetch_positions_v1(BTC)),
    ("position-v2", "position-v2-hedge", {}, lambda x: x.fetch_positions()),
    ("position-v2", "position-v2-hedge", {"symbol": "BTCUSDT"}, lambda x: x.fetch_positions("BTCUSDT")),
    ("position-v2", "position-v2-hedge", {"symbol": "BTCUSDT"}, lambda x: x.fetch_leverage(BTC)),
    ("get-position-mode", "position-mode", {}, lambda x: x.fetch_position_mode()),
    ("get-open-orders", "order-history", {"limit": "100"}, lambda x: x.fetch_open_orders()),
    ("get-open-orders", "order-history", {"symbol": "BTCUSDT", "limit": "100"}, lambda x: x.fetch_open_orders(BTC)),
    (
        "order",
        "order",
        {"symbol": "BTCUSDT", "order_id": "220906179895578"},
        lambda x: x.fetch_order(BTC, order_id="220906179895578"),
    ),
    ("current-plan-order", "current-plan-order", {"limit": "100"}, lambda x: x.fetch_trigger_orders()),
    (
        "current-plan-order",
        "current-plan-order",
        {"symbol": "BTCUSDT", "limit": "100"},
        lambda x: x.fetch_trigger_orders(BTC),
    ),
]


@pytest.mark.parametrize(("path", "name", "query", "call"), READS)
async def test_a_private_read_carries_the_key_alone(
    path: str, name: str, query: dict[str, str], call: Callable[[BitMart], Awaitable[Any]]
) -> None:
    stub = Stub(**{path: answer(name)})
    async with client(stub) as exchange:
        assert await call(exchange)
    (sent,) = stub.named(path)
    assert (sent.method, sent.path, sent.query, sent.body) == ("GET", f"/contract/private/{path}", query, b"")
    assert set(sent.headers) - {"User-Agent", "Accept-Encoding"} == ALONE
    assert sent.headers["X-BM-KEY"] == VECTORS["key"]


async def test_public_calls_carry_no_key_and_need_none() -> None:
    stub = Stub(time=answer("time"), funding_rate=answer("funding-rate"), leverage_bracket=answer("leverage-bracket"))
    async with BitMart(base_url="http://127.0.0.1:1", http=stub) as exchange:
        assert await exchange.fetch_time() == 1735689600123
        assert (await exchange.fetch_ticker(BTC)).last_price == D(93510)
        assert (await exchange.fetch_funding_rate(BTC)).interval_s == 28800
        assert [tier.tier for tier in await exchange.fetch_risk_limits(BTC)] == [1, 2]
        assert [found.symbol for found in await exchange.fetch_contracts()] == [BTC, "ETH/USDT:USDT"]
        with pytest.raises(errors.InvalidRequest, match="credentials"):
            await exchange.fetch_accounts()
    assert not [sent for sent in stub.sent if "X-BM-KEY" in sent.headers]
    assert [sent.path for sent in stub.sent if sent.name != "details"] == [
        "/system/time",
        "/contract/public/funding-rate",
        "/contract/public/leverage-bracket",
    ]


async def test_the_account_option_goes_where_it_is_known() -> None:
    stub = Stub(
        position=answer("position-v1"),
        position_v2=answer("position-v2-hedge"),
        position_risk=answer("position-risk"),
        order=answer("order"),
        order_history=answer("order-history"),
        trades=answer("trades"),
        transaction_history=answer("transaction-history"),
        get_open_orders=wrapped([]),
        assets_detail=answer("assets-detail"),
    )
    async with client(stub, account="copy_trading") as exchange:
        await exchange.fetch_positions_v1()
        await exchange.fetch_position_risk()
        await exchange.fetch_order(BTC, order_id="220906179895578")
        await exchange.fetch_order_history(BTC)
        await exchange.fetch_fills()
        await exchange.fetch_ledger()
        await exchange.fetch_open_orders()
        await exchange.fetch_accounts()
    named = {sent.name for sent in stub.sent if sent.query.get("account") == "copy_trading"}
    assert named == {
        "position", "position-v2", "position-risk", "order", "order-history", "trades", "transaction-history",
    }  # fmt: skip
    with pytest.raises(errors.InvalidRequest, match="account"):
        client(Stub(), account="spot")


async def test_one_account_is_found_by_its_coin() -> None:
    async with client(Stub(assets_detail=answer("assets-detail"))) as exchange:
        assert (await exchange.fetch_account("BTC")).margin_coin == "BTC"
        with pytest.raises(errors.InvalidRequest, match="margin coin"):
            await exchange.fetch_account("XRP")


# Positions


async def test_flat_sides_are_not_positions() -> None:
    async with client(Stub(position_v2=answer("position-v2-hedge"))) as exchange:
        (position,) = await exchange.fetch_positions(BTC)
        assert (position.side, position.quantity) == (PositionSide.LONG, D("0.1"))


async def test_an_amount_without_contracts_is_no_position() -> None:
    row = {**document("position-v2-one-way")["data"][0], "current_amount": "0", "position_amount": "5"}
    async with client(Stub(position_v2=wrapped([row]))) as exchange:
        assert await exchange.fetch_positions() == []


async def test_no_positions_is_an_empty_list() -> None:
    async with client(Stub(position_v2=wrapped([]), position=wrapped([]))) as exchange:
        assert await exchange.fetch_positions() == []
        assert await exchange.fetch_position_risk() == []
        assert await exchange.fetch_positions_v1() == []


async def test_a_side_that_v2_leaves_open_is_read_from_v1() -> None:
    row = {**document("position-v2-one-way")["data"][0], "position_amount": "0"}
    v1 = [
        {**document("position-v1")["data"][0], **change} for change in ({"current_amount": "0"}, {"position_type": 2})
    ]
    stub = Stub(position_v2=wrapped([row]), position=wrapped(v1))
    async with client(stub) as exchange:
        (position,) = await exchange.fetch_positions()
        assert position.side is PositionSide.SHORT
    assert stub.named("position")[0].query == {"symbol": "BTCUSDT"}


async def test_a_side_that_no_endpoint_tells_is_not_guessed() -> None:
    row = {**document("position-v2-one-way")["data"][0], "position_amount": "0"}
    async with client(Stub(position_v2=wrapped([row]), position=wrapped([]))) as exchange:
        with pytest.raises(errors.DecodeError, match="side"):
            await exchange.fetch_positions()


async def test_a_contract_that_is_not_listed_has_no_guessed_size() -> None:
    row = {**document("position-v2-one-way")["data"][0], "symbol": "BTCUSD"}
    async with client(Stub(position_v2=wrapped([row]))) as exchange:
        with pytest.raises(errors.DecodeError, match="size of a contract of BTCUSD"):
            await exchange.fetch_positions()


async def test_contract_metadata_is_read_once() -> None:
    stub = Stub(position_v2=answer("position-v2-hedge"))
    async with client(stub) as exchange:
        for _ in range(3):
            await exchange.fetch_positions()
    assert len(stub.named("details")) == 1


async def test_risk_takes_the_size_from_the_positions() -> None:
    stub = Stub(position_v2=answer("position-v2-hedge"), position_risk=answer("position-risk"))
    async with client(stub) as exchange:
        (risk,) = await exchange.fetch_position_risk(BTC)
    assert (risk.quantity, risk.liquidation_price, risk.updated_ms) == (D("0.1"), D(64245), 1712390438000)
    assert stub.named("position-risk")[0].query == {"symbol": "BTCUSDT"}


@pytest.mark.parametrize(
    ("change", "liquidation"),
    [
        ({"position_side": "Short"}, D("74698.7")),
        ({"position_side": None}, D(64245)),
        ({"symbol": "ETHUSDT"}, D("74698.7")),
    ],
)
async def test_a_risk_row_must_be_of_the_same_position(change: dict[str, Any], liquidation: D) -> None:
    row = {**document("position-risk")["data"][0], **change}
    stub = Stub(position_v2=answer("position-v2-hedge"), position_risk=wrapped([row]))
    async with client(stub) as exchange:
        (risk,) = await exchange.fetch_position_risk()
    assert risk.liquidation_price == liquidation


async def test_a_row_without_side_belongs_to_nobody_when_both_sides_are_open() -> None:
    long = document("position-v2-hedge")["data"][0]
    row = {**document("position-risk")["data"][0], "position_side": ""}
    stub = Stub(position_v2=wrapped([long, {**long, "position_side": "short"}]), position_risk=wrapped([row]))
    async with client(stub) as exchange:
        assert {risk.liquidation_price for risk in await exchange.fetch_position_risk()} == {D("74698.7")}


# Settings


async def test_leverage_is_read_from_flat_rows_too() -> None:
    async with client(Stub(position_v2=answer("position-v2-hedge"))) as exchange:
        found = await exchange.fetch_leverage(BTC)
        assert (found.leverage, found.long_leverage, found.short_leverage) == (D(5), D(5), D(5))
        assert (found.margin_mode, found.max_leverage) == (MarginMode.ISOLATED, D(100))
        assert await exchange.fetch_leverage(BTC, MarginMode.ISOLATED) == found
        with pytest.raises(errors.InvalidRequest, match="isolated"):
            await exchange.fetch_leverage(BTC, MarginMode.CROSS)


async def test_leverage_without_rows_is_not_known() -> None:
    async with client(Stub(position_v2=wrapped([]))) as exchange:
        with pytest.raises(errors.DecodeError, match="BTCUSDT"):
            await exchange.fetch_leverage(BTC)


def v2(leverage: str = "5", open_type: str = "isolated") -> bytes:
    return wrapped(
        [{**row, "leverage": leverage, "open_type": open_type} for row in document("position-v2-hedge")["data"]]
    )


async def test_positions_of_another_contract_are_asked_for_once_more() -> None:
    rows = document("position-v2-hedge")["data"]
    stray = wrapped([{**row, "symbol": "ETHUSDT"} for row in rows])
    stub = Stub(position_v2=[stray, wrapped(rows), stray])
    async with client(stub) as exchange:
        assert {position.symbol for position in await exchange.fetch_positions(BTC)} == {BTC}
        assert len(stub.named("position-v2")) == 2
        with pytest.raises(errors.ResponseMismatch):
            await exchange.fetch_positions(BTC)


async def test_a_ticker_of_another_contract_is_no_absence() -> None:
    [row, *_] = document("details")["data"]["symbols"]
    stub = Stub(details=wrapped({"symbols": [{**row, "symbol": "ETHUSDT"}]}))
    async with client(stub) as exchange:
        with pytest.raises(errors.ResponseMismatch):
            await exchange.fetch_ticker(BTC)
    assert len(stub.named("details")) == 2


async def test_setting_leverage_sends_the_published_body_and_reads_back() -> None:
    stub = Stub(position_v2=[v2("10"), v2("5")], submit_leverage=answer("submit-leverage"))
    async with client(stub) as exchange:
        found = await exchange.set_leverage(BTC, 5)
    assert found.leverage == D(5)
    (sent,) = stub.named("submit-leverage")
    assert sent.body.decode() == BODIES[4]
    assert sent.is_signed()
    assert [sent.name for sent in stub.sent if sent.name != "details"] == [
        "position-v2", "submit-leverage", "position-v2",
    ]  # fmt: skip


async def test_leverage_with_a_margin_mode_needs_no_read_before() -> None:
    stub = Stub(position_v2=v2("7", "cross"), submit_leverage=answer("submit-leverage"))
    async with client(stub) as exchange:
        await exchange.set_leverage(BTC, "7", margin_mode=MarginMode.CROSS)
    assert stub.named("submit-leverage")[0].json == {"symbol": "BTCUSDT", "leverage": "7", "open_type": "cross"}
    assert len(stub.named("position-v2")) == 1


async def test_bad_leverage_is_refused_before_anything_is_sent() -> None:
    stub = Stub()
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidRequest):
            await exchange.set_leverage(BTC, 0)
        with pytest.raises(TypeError):
            await exchange.set_leverage(BTC, 1.5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - a caller without types
        with pytest.raises(errors.NotSupported, match="side"):
            await exchange.set_leverage(BTC, 5, side=PositionSide.LONG)
        exchange.halt()
        for call in (
            exchange.set_leverage(BTC, 5),
            exchange.set_margin_mode(MarginMode.CROSS, symbol=BTC),
            exchange.set_position_mode(PositionMode.HEDGE),
        ):
            with pytest.raises(errors.ClientClosed):
                await call
    assert stub.sent == []


async def test_the_margin_mode_keeps_the_leverage() -> None:
    stub = Stub(position_v2=[v2("5", "cross"), v2("5")], submit_leverage=answer("submit-leverage"))
    async with client(stub) as exchange:
        await exchange.set_margin_mode(MarginMode.ISOLATED, symbol=BTC)
        await exchange.set_margin_mode(MarginMode.ISOLATED, symbol=BTC)
        with pytest.raises(errors.InvalidRequest, match="symbol"):
            await exchange.set_margin_mode(MarginMode.ISOLATED)
    (sent,) = stub.named("submit-leverage")
    assert sent.json == {"symbol": "BTCUSDT", "leverage": "5", "open_type": "isolated"}


async def test_sides_with_different_leverage_have_none_in_common() -> None:
    rows = document("position-v2-hedge")["data"]
    rows[1] |= {"leverage": "7", "open_type": "cross"}
    async with client(Stub(position_v2=wrapped(rows))) as exchange:
        found = await exchange.fetch_leverage(BTC)
        assert (found.leverage, found.long_leverage, found.short_leverage) == (None, D(5), D(7))
        assert found.margin_mode is None
        with pytest.raises(errors.DecodeError, match="leverage"):
            await exchange.set_margin_mode(MarginMode.CROSS, symbol=BTC)


async def test_the_leverage_query_sends_no_leverage() -> None:
    stub = Stub(position_v2=v2(), submit_leverage=answer("submit-leverage"))
    async with client(stub) as exchange:
        assert (await exchange.query_leverage("ETHUSDT", MarginMode.CROSS)).max_value == "100"
        assert (await exchange.query_leverage(BTC)).leverage == D(5)
    first, second = stub.named("submit-leverage")
    assert first.json == {"symbol": "ETHUSDT", "open_type": "cross"}
    assert second.json == {"symbol": "BTCUSDT", "open_type": "isolated"}
    assert second.is_signed()


async def test_the_position_mode_is_set_with_the_published_body_unless_it_stands() -> None:
    hedge = wrapped({"position_mode": "hedge_mode"})
    stub = Stub(get_position_mode=[answer("position-mode"), hedge], set_position_mode=hedge)
    async with client(stub) as exchange:
        assert await exchange.set_position_mode(PositionMode.HEDGE) is PositionMode.HEDGE
        assert await exchange.set_position_mode(PositionMode.HEDGE) is PositionMode.HEDGE
    (sent,) = stub.named("set-position-mode")
    assert sent.body.decode() == BODIES[5]
    assert sent.json == document("set-position-mode.request")
    assert sent.is_signed()


async def test_a_position_mode_that_is_locked_says_so() -> None:
    stub = Stub(get_position_mode=answer("position-mode"), set_position_mode=refusal(40059))
    async with client(stub) as exchange:
        with pytest.raises(errors.PositionModeConflict):
            await exchange.set_position_mode(PositionMode.HEDGE)


async def test_an_unknown_position_mode_is_refused() -> None:
    async with client(Stub(get_position_mode=wrapped({"position_mode": "net"}))) as exchange:
        with pytest.raises(errors.DecodeError, match="position_mode"):
            await exchange.fetch_position_mode()


# Placing


def placing(row: dict[str, Any] | None = None, **answers: Any) -> Stub:
    """A stub that accepts orders and shows `row` when they are read back."""

    def read_back(sent: Sent) -> bytes:
        placed = [sent for sent in stub.sent if sent.name == "submit-order"][-1].json
        shown = order_row(
            order_id=sent.query["order_id"],
            client_order_id=placed.get("client_order_id", ""),
            symbol=placed["symbol"],
            price=placed.get("price", "0"),
            size=str(placed["size"]),
            side=placed["side"],
            type=placed["type"],
        )
        return wrapped({**shown, **(row or {})})

    stub = Stub(
        **{"submit_order": answer("submit-order"), "order": read_back, "position_v2": v2(), **answers},
    )
    return stub


async def test_an_order_is_sent_as_published_byte_for_byte() -> None:
    stub = placing()
    async with client(stub) as exchange:
        order = await exchange.create_order(limit(client_order_id="mm20250101a1", time_in_force=TimeInForce.GTC))
    (sent,) = stub.named("submit-order")
    assert (sent.method, sent.path) == ("POST", "/contract/private/submit-order")
    assert sent.body.decode() == BODIES[2]
    assert sent.is_signed()
    assert (order.order_id, order.client_order_id, order.quantity) == ("220609666322019", "mm20250101a1", D("0.01"))


async def test_the_documented_example_of_an_order_is_what_is_sent() -> None:
    stub = placing()
    async with client(stub) as exchange:
        await exchange.create_order(
            OrderRequest(
                symbol="ETHUSDT",
                side=Side.SELL,
                type=OrderType.LIMIT,
                quantity=D("0.1"),
                price=D(2000),
                time_in_force=TimeInForce.GTC,
                client_order_id="BM1234",
                leverage=D(1),
                margin_mode=MarginMode.ISOLATED,
            )
        )
    assert stub.named("submit-order")[0].json == document("submit-order.request")


async def test_a_closing_order_names_neither_leverage_nor_margin_mode() -> None:
    stub = placing()
    async with client(stub) as exchange:
        await exchange.create_order(
            OrderRequest(
                symbol=BTC,
                side=Side.SELL,
                type=OrderType.MARKET,
                quantity=D("0.1"),
                intent=Intent.CLOSE,
            )
        )
        for named in ({"leverage": D(5)}, {"margin_mode": MarginMode.CROSS}):
            with pytest.raises(errors.InvalidOrder, match=f"closing limit order carries no {next(iter(named))}"):
                await exchange.create_order(limit(side=Side.SELL, intent=Intent.CLOSE, **named))
    body = stub.named("submit-order")[0].json
    assert len(body.pop("client_order_id")) <= 32
    assert body == json.loads(BODIES[3])
    assert stub.named("position-v2") == []


@pytest.mark.parametrize(
    ("side", "intent", "code"),
    [
        (Side.BUY, Intent.OPEN, 1),
        (Side.BUY, Intent.CLOSE, 2),
        (Side.SELL, Intent.CLOSE, 3),
        (Side.SELL, Intent.OPEN, 4),
    ],
)
@pytest.mark.parametrize(
    ("force", "mode"),
    [
        (None, None),
        (TimeInForce.GTC, 1),
        (TimeInForce.FOK, 2),
        (TimeInForce.IOC, 3),
        (TimeInForce.POST_ONLY, 4),
    ],
)
async def test_sides_and_modes_are_numbers(
    side: Side, intent: Intent, code: int, force: TimeInForce | None, mode: int | None
) -> None:
    stub = placing()
    async with client(stub) as exchange:
        await exchange.create_order(limit(side=side, intent=intent, time_in_force=force))
    body = stub.named("submit-order")[0].json
    assert (body["side"], body.get("mode")) == (code, mode)
    assert isinstance(body["size"], int)


async def test_an_opening_order_repeats_what_is_set() -> None:
    stub = placing()
    async with client(stub) as exchange:
        for _ in range(2):
            await exchange.create_order(limit(leverage=None, margin_mode=None))
    for sent in stub.named("submit-order"):
        assert (sent.json["leverage"], sent.json["open_type"]) == ("5", "isolated")
    assert len(stub.named("position-v2")) == 1


async def test_what_is_set_is_read_anew_after_a_conflict() -> None:
    stub = placing(submit_order=[refusal(40040), answer("submit-order")])
    async with client(stub) as exchange:
        with pytest.raises(errors.MarginModeConflict):
            await exchange.create_order(limit(leverage=None))
        await exchange.create_order(limit(leverage=None))
    assert len(stub.named("position-v2")) == 2


async def test_an_order_with_its_own_leverage_makes_what_was_read_stale() -> None:
    stub = placing()
    async with client(stub) as exchange:
        await exchange.create_order(limit(leverage=None, margin_mode=None))
        await exchange.create_order(limit(leverage=D(7)))
        await exchange.create_order(limit(leverage=None, margin_mode=None))
    assert len(stub.named("position-v2")) == 2


async def test_what_is_set_belongs_to_one_account() -> None:
    stub = placing()
    async with client(stub) as exchange:
        await exchange.create_order(limit(leverage=None, margin_mode=None))
        other = exchange.with_credentials(credentials())
        await other.create_order(limit(leverage=None, margin_mode=None))
    assert len(stub.named("position-v2")) == 2


async def test_take_profit_and_stop_loss_travel_with_an_opening_order() -> None:
    stub = placing()
    async with client(stub) as exchange:
        await exchange.create_order(limit(take_profit=D(95000), stop_loss=D("91000.5")))
    body = stub.named("submit-order")[0].json
    assert (body["preset_take_profit_price"], body["preset_take_profit_price_type"]) == ("95000", 1)
    assert (body["preset_stop_loss_price"], body["preset_stop_loss_price_type"]) == ("91000.5", 1)


@pytest.mark.parametrize(
    "bad",
    [
        {"quantity": D("0.0105")},
        {"quantity": D("0.0001")},
        {"price": D("93000.15")},
        {"client_order_id": "a-b"},
        {"client_order_id": "a_b"},
        {"client_order_id": "a" * 33},
        {"client_order_id": ""},
        {"intent": Intent.CLOSE, "take_profit": D(95000)},
    ],
)
async def test_a_bad_order_is_refused_before_it_is_sent(bad: dict[str, Any]) -> None:
    stub = placing()
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidOrder):
            await exchange.create_order(limit(**bad))
    assert {sent.name for sent in stub.sent} <= {"details"}


async def test_a_market_order_is_answered_with_a_word_for_its_price() -> None:
    ack = wrapped({"order_id": 12345678901234567, "price": "market price"})
    stub = placing({"deal_size": "100", "state": 4}, submit_order=ack)
    async with client(stub) as exchange:
        order = await exchange.create_order(
            limit(type=OrderType.MARKET, price=None, side=Side.SELL, intent=Intent.CLOSE, quantity=D("0.1"))
        )
    assert order.order_id == "12345678901234567"
    assert order.status is OrderStatus.FILLED


async def test_an_answer_for_somebody_elses_order_is_unknown_and_not_success() -> None:
    exchange = client(placing({"client_order_id": "another"}))
    with pytest.raises(errors.OrderOutcomeUnknown):
        await exchange.create_order(limit(), on_unknown="raise")
    with pytest.raises(errors.UnresolvedOrders):
        await exchange.aclose(0)


@pytest.mark.parametrize("code", [40043, 40044])
async def test_metadata_is_read_anew_after_a_size_refusal(code: int) -> None:
    stub = placing(submit_order=[refusal(code), answer("submit-order")])
    async with client(stub) as exchange:
        with pytest.raises(errors.OrderRejected):
            await exchange.create_order(limit())
        await exchange.create_order(limit())
    assert len(stub.named("details")) == 2


@pytest.mark.parametrize(
    "answered",
    [
        refusal(40050, "duplicated", 403),
        refusal(40012, "system error"),
        refusal(49999, "new"),
        HttpResponse(status=502, headers={}, body=b"<html>"),
        HttpResponse(status=403, headers={}, body=b"<html>1010"),
        refusal(30016, "maintenance", 200),
        wrapped({}),
        wrapped({"order_id": 0}),
        wrapped(None),
    ],
)
async def test_an_answer_that_proves_nothing_leaves_the_order_an_open_question(answered: HttpResponse | bytes) -> None:
    stub = placing(submit_order=answered)
    exchange = client(stub)
    with pytest.raises(errors.OrderOutcomeUnknown):
        await exchange.create_order(limit(), on_unknown="raise")
    assert len(exchange.unresolved()) == len(stub.named("submit-order")) == 1
    with pytest.raises(errors.UnresolvedOrders):
        await exchange.aclose(0)


@pytest.mark.parametrize(
    ("answered", "kind"),
    [
        (refusal(40027), errors.InsufficientMargin),
        (refusal(42000, status=200), errors.InsufficientMargin),
        (refusal(40012, "Balance not enough"), errors.InsufficientMargin),
        (refusal(30005, status=401), errors.AuthenticationError),
        (refusal(40059), errors.PositionModeConflict),
    ],
)
async def test_a_refusal_that_proves_itself_is_an_error_at_once(answered: HttpResponse, kind: type[Exception]) -> None:
    async with client(placing(submit_order=answered)) as exchange:
        with pytest.raises(kind):
            await exchange.create_order(limit())
        assert exchange.unresolved() == []


# Changing and cancelling


async def test_an_amendment_names_the_order_by_number() -> None:
    changed = order_row(price="93001", size="20", deal_size="0")
    stub = Stub(
        order=[wrapped(order_row()), wrapped(changed)],
        modify_limit_order=wrapped({"order_id": 220906179895578, "client_order_id": "BM123"}),
    )
    async with client(stub) as exchange:
        order = await exchange.edit_order(BTC, order_id="220906179895578", price=D(93001), quantity=D("0.02"))
    (sent,) = stub.named("modify-limit-order")
    assert sent.body == b'{"symbol":"BTCUSDT","order_id":220906179895578,"price":"93001","size":20}'
    assert sent.is_signed()
    assert order.quantity == D("0.02")


@pytest.mark.parametrize("change", [{"price": D(93001)}, {"quantity": D("0.02")}])
async def test_what_is_not_changed_is_not_sent(change: dict[str, Any]) -> None:
    changed = order_row(price="93001", size="20")
    stub = Stub(order=[wrapped(order_row()), wrapped(changed)], modify_limit_order=answer("modify-limit-order"))
    async with client(stub) as exchange:
        await exchange.edit_order(BTC, order_id="220906179895578", **change)
    assert set(stub.named("modify-limit-order")[0].json) - {"symbol", "order_id"} == (
        {"price"} if "price" in change else {"size"}
    )


async def test_only_limit_orders_can_be_changed() -> None:
    stub = Stub(order=wrapped(order_row(type="planorder")))
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidOrder, match="limit orders only"):
            await exchange.edit_order(BTC, order_id="220906179895578", price=D(93001))


async def test_a_cancel_is_sent_as_published() -> None:
    stub = Stub(cancel_order=answer("cancel-order"), order=echo_order(state=4))
    async with client(stub) as exchange:
        order = await exchange.cancel_order(BTC, order_id="220609666322019")
    (sent,) = stub.named("cancel-order")
    assert sent.body.decode() == BODIES[6]
    assert sent.is_signed()
    assert order.status is OrderStatus.CANCELED


async def test_a_cancel_by_client_id_is_followed_by_a_look_into_the_lists() -> None:
    stub = Stub(
        cancel_order=answer("cancel-order"),
        get_open_orders=wrapped([]),
        order_history=wrapped([{**document("order-history")["data"][0], "client_order_id": "BM1", "deal_size": "0"}]),
    )
    async with client(stub) as exchange:
        order = await exchange.cancel_order(BTC, client_order_id="BM1")
    assert stub.named("cancel-order")[0].json == {"symbol": "BTCUSDT", "client_order_id": "BM1"}
    assert order.status is OrderStatus.CANCELED


@pytest.mark.parametrize(
    "ids",
    [
        {},
        {"order_id": ""},
        {"order_id": " "},
        {"order_id": "0"},
        {"client_order_id": ""},
        {"order_id": None},
        {"order_id": "abc"},
        {"order_id": "00"},
    ],
)
async def test_a_cancel_without_a_usable_id_never_leaves(ids: dict[str, Any]) -> None:
    stub = Stub()
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidRequest):
            await exchange.cancel_order(BTC, **ids)
        with pytest.raises(errors.InvalidRequest):
            await exchange.cancel_trigger_order(BTC, **ids)
    assert stub.sent == []


@pytest.mark.parametrize("path", ["cancel-order", "cancel-plan-order"])
@pytest.mark.parametrize("body", [None, {}, {"symbol": "BTCUSDT"}, {"symbol": "BTCUSDT", "order_id": ""}])
async def test_the_escape_hatch_cannot_send_one_either(path: str, body: Any) -> None:
    stub = Stub()
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidRequest, match="cancels every order"):
            await exchange.request("POST", f"/contract/private/{path}", body=body)
    assert stub.sent == []


async def test_cancelling_all_names_the_contract_and_lists_what_was_open() -> None:
    stub = Stub(get_open_orders=[wrapped([order_row()]), wrapped([])], cancel_orders=answer("cancel-orders"))
    async with client(stub) as exchange:
        assert await exchange.cancel_all_orders(BTC, triggers=False) == ["220906179895578"]
    (sent,) = stub.named("cancel-orders")
    assert sent.json == {"symbol": "BTCUSDT"}
    assert sent.is_signed()


async def test_the_countdown_is_armed_in_seconds() -> None:
    stub = Stub(cancel_all_after=answer("cancel-all-after"))
    async with client(stub) as exchange:
        await exchange.arm_cancel_all(10, BTC)
        await exchange.arm_cancel_all(0, BTC)
        for bad in (4, -1, True, 5.5):
            with pytest.raises(errors.InvalidRequest, match="timeout_s"):
                await exchange.arm_cancel_all(bad, BTC)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - a caller without types
        with pytest.raises(errors.InvalidRequest, match="symbol"):
            await exchange.arm_cancel_all(10)
    assert [sent.json for sent in stub.sent] == [
        {"symbol": "BTCUSDT", "timeout": 10},
        {"symbol": "BTCUSDT", "timeout": 0},
    ]


@pytest.mark.parametrize("force", [TimeInForce.IOC, TimeInForce.FOK])
async def test_a_market_order_may_say_how_it_fills(force: TimeInForce) -> None:
    stub = placing()
    async with client(stub) as exchange:
        await exchange.create_order(limit(type=OrderType.MARKET, price=None, time_in_force=force))
    assert stub.named("submit-order")[0].json["mode"] in (2, 3)


async def test_a_countdown_that_was_not_taken_is_no_success() -> None:
    async with client(Stub(cancel_all_after=wrapped({"result": False}))) as exchange:
        with pytest.raises(errors.SettingNotApplied):
            await exchange.arm_cancel_all(10, BTC)


# Looking up


def witnesses(**answers: Any) -> Stub:
    return Stub(**{"get_open_orders": wrapped([]), "order_history": wrapped([]), "trades": wrapped([]), **answers})


async def test_an_order_is_absent_only_when_four_witnesses_say_so() -> None:
    stub = witnesses()
    async with client(stub) as exchange:
        assert await exchange._find_order("BTCUSDT", "BM1") is None  # pyright: ignore[reportPrivateUsage] - the witnesses themselves
        with pytest.raises(errors.OrderNotFound):
            await exchange.fetch_order(BTC, client_order_id="BM1")
    assert [sent.name for sent in stub.sent[:4]] == ["get-open-orders", "order-history", "get-open-orders", "trades"]
    history, trades = stub.sent[1].query, stub.sent[3].query
    for query in (history, trades):
        assert (query["symbol"], query["client_order_id"]) == ("BTCUSDT", "BM1")
        assert int(query["end_time"]) - int(query["start_time"]) == 90 * 86_400


@pytest.mark.parametrize("place", [0, 1])
async def test_an_order_that_opens_between_two_looks_is_found(place: int) -> None:
    looks = [wrapped([]), wrapped([])]
    looks[place] = wrapped([order_row(client_order_id="BM1")])
    async with client(witnesses(get_open_orders=looks)) as exchange:
        found = await exchange.fetch_order(BTC, client_order_id="BM1")
    assert found.order_id == "220906179895578"


async def test_a_filter_that_is_not_honoured_does_not_name_a_stranger() -> None:
    rows = wrapped([order_row(client_order_id="other")])
    stub = witnesses(
        get_open_orders=rows, order_history=rows, trades=answer("trades"), order=echo_order(client_order_id="other")
    )
    async with client(stub) as exchange:
        assert await exchange._find_order("BTCUSDT", "BM1") is None  # pyright: ignore[reportPrivateUsage] - the witnesses themselves


async def test_a_fill_is_a_witness() -> None:
    stub = witnesses(trades=answer("trades"), order=echo_order(client_order_id="BM1"))
    async with client(stub) as exchange:
        found = await exchange.fetch_order(BTC, client_order_id="BM1")
    assert found.order_id == "220921197409432"


async def test_every_order_among_the_fills_is_asked_once() -> None:
    row = document("trades")["data"][0]
    fills = wrapped([{**row, "order_id": number} for number in ("31", "31", "32")])
    other, mine = echo_order(client_order_id="other"), echo_order(client_order_id="BM1")
    stub = witnesses(trades=fills, order=[other, mine])
    async with client(stub) as exchange:
        found = await exchange.fetch_order(BTC, client_order_id="BM1")
    assert found.order_id == "32"
    assert [sent.query["order_id"] for sent in stub.named("order")] == ["31", "32"]


@pytest.mark.parametrize("name", ["get_open_orders", "order_history", "trades"])
@pytest.mark.parametrize("answered", [wrapped(None), refusal(30014, status=503), b"<html>"])
async def test_a_witness_that_does_not_answer_in_full_proves_nothing(name: str, answered: Any) -> None:
    async with client(witnesses(**{name: answered})) as exchange:
        with pytest.raises((errors.BadResponse, errors.ExchangeError)):
            await exchange._find_order("BTCUSDT", "BM1")  # pyright: ignore[reportPrivateUsage] - the witnesses themselves


@pytest.mark.parametrize(("name", "rows"), [("get_open_orders", 100), ("order_history", 200), ("trades", 200)])
async def test_a_full_list_proves_nothing(name: str, rows: int) -> None:
    row = document("trades")["data"][0] if name == "trades" else order_row(client_order_id="other")
    async with client(witnesses(**{name: wrapped([row] * rows)})) as exchange:
        with pytest.raises(errors.IncompletePage):
            await exchange._find_order("BTCUSDT", "BM1")  # pyright: ignore[reportPrivateUsage] - the witnesses themselves


async def test_an_order_of_another_id_is_a_mismatch() -> None:
    async with client(Stub(order=wrapped(order_row(order_id="5")))) as exchange:
        with pytest.raises(errors.ResponseMismatch):
            await exchange.fetch_order(BTC, order_id="6")


async def test_the_list_of_open_orders_is_not_trusted_when_it_is_full() -> None:
    async with client(Stub(get_open_orders=wrapped([order_row()] * 100))) as exchange:
        with pytest.raises(errors.IncompletePage) as caught:
            await exchange.fetch_open_orders(BTC)
    assert len(caught.value.rows) == 100


# Lists


async def test_times_are_seconds_for_orders_and_fills_and_milliseconds_for_the_ledger() -> None:
    stub = Stub(
        order_history=answer("order-history"),
        trades=answer("trades"),
        transaction_history=answer("transaction-history"),
    )
    since, until = 1735689600000, 1743160500000
    async with client(stub) as exchange:
        orders = await exchange.fetch_order_history(BTC, since_ms=since, until_ms=until)
        fills = await exchange.fetch_fills(since_ms=since, until_ms=until)
        entries = await exchange.fetch_ledger(since_ms=1570600000000, until_ms=until, type=LedgerType.FEE)
    assert [order.order_id for order in orders] == ["3000101684062644"]
    assert [fill.fill_id for fill in fills] == ["1141853921"]
    assert [entry.type for entry in entries] == [LedgerType.FEE]
    seconds = {"start_time": "1735689599", "end_time": "1743160501"}
    assert stub.named("order-history")[0].query == {"symbol": "BTCUSDT", **seconds}
    assert stub.named("trades")[0].query == seconds
    assert stub.named("transaction-history")[0].query == {
        "start_time": "1570599999999",
        "end_time": "1743160500001",
        "flow_type": "4",
        "page_size": "1000",
    }


async def test_a_ledger_type_without_a_number_and_rows_of_no_contract_are_filtered_here() -> None:
    stub = Stub(transaction_history=answer("transaction-history"))
    async with client(stub) as exchange:
        assert await exchange.fetch_ledger(since_ms=0, type=LedgerType.DEPOSIT) == []
        assert None in {entry.symbol for entry in await exchange.fetch_ledger(since_ms=0)}
        assert await exchange.fetch_ledger(since_ms=0, symbol="ETHUSDT") == []
    assert "flow_type" not in stub.sent[0].query


async def test_past_orders_need_a_contract() -> None:
    stub = Stub()
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidRequest, match="symbol"):
            await exchange.fetch_order_history()
        with pytest.raises(errors.InvalidRequest, match="symbol"):
            async for _ in exchange.iter_orders():
                pass
    assert stub.sent == []


@pytest.mark.parametrize("nothing", [wrapped(None), b'{"code":1000,"message":"Ok","trace":"t"}', wrapped({})])
@pytest.mark.parametrize(
    ("path", "call", "arguments"),
    [
        ("assets-detail", "fetch_accounts", ()),
        ("position-v2", "fetch_positions", ()),
        ("position", "fetch_positions_v1", ()),
        ("get-open-orders", "fetch_open_orders", ()),
        ("get-open-orders", "fetch_trailing_orders", ()),
        ("current-plan-order", "fetch_trigger_orders", ()),
        ("order-history", "fetch_order_history", (BTC,)),
        ("trades", "fetch_fills", ()),
        ("transaction-history", "fetch_ledger", ()),
        ("details", "fetch_contracts", ()),
        ("leverage-bracket", "fetch_risk_limits", (BTC,)),
        ("funding-rate-history", "fetch_funding_history", (BTC,)),
        ("service", "fetch_service_status", ()),
    ],
)
async def test_a_list_that_is_missing_is_not_an_empty_one(
    path: str, call: str, arguments: tuple[str, ...], nothing: bytes
) -> None:
    async with client(Stub(**{path: nothing})) as exchange:
        with pytest.raises(errors.DecodeError):
            await getattr(exchange, call)(*arguments)


async def test_orders_are_found_beside_rows_that_cannot_be_read() -> None:
    odd = {**document("order-history")["data"][0], "order_id": "7", "size": "--"}
    mine = order_row(client_order_id="mine")
    async with client(Stub(get_open_orders=wrapped([odd, mine]))) as exchange:
        assert (await exchange.fetch_order(BTC, client_order_id="mine")).order_id == mine["order_id"]
    stub = Stub(get_open_orders=wrapped([odd]), order_history=wrapped([]), trades=wrapped([]))
    async with client(stub) as exchange:
        with pytest.raises(errors.UnreadRows):  # it may be that one
            await exchange.fetch_order(BTC, client_order_id="mine")


async def test_emergencies_work_beside_rows_that_cannot_be_read() -> None:
    good = document("position-v2-hedge")["data"]
    odd = {**good[1], "current_amount": "--"}
    row = document("current-plan-order")["data"][0]
    trail = document("open-orders-trailing")["data"][0]

    def opened(sent: Sent) -> bytes:
        return wrapped([{**trail, "size": ""}] if sent.query.get("type") == "trailing" else [])

    done = wrapped({})
    stub = Stub(
        position_v2=wrapped([odd, good[0]]),
        current_plan_order=wrapped([{**row, "order_id": "1", "trigger_price": "--"}, {**row, "order_id": "2"}]),
        get_open_orders=opened,
        cancel_orders=done,
        cancel_plan_order=done,
        cancel_trail_order=done,
        submit_order=answer("submit-order"),
        order=lambda sent: echo_order(**closing(), state=4, deal_size="100")(sent),
    )

    def closing() -> dict[str, Any]:
        return {**stub.named("submit-order")[-1].json, "size": "100"}

    async with client(stub) as exchange:
        gone = await exchange.cancel_all_orders(BTC)
        assert sorted(gone) == ["1", "2", trail["order_id"]]
        assert await exchange.close_position(BTC, side=PositionSide.LONG) is not None
    assert stub.named("submit-order")[0].json["size"] == 100


def unread_position(**changes: Any) -> dict[str, Any]:
    """A row that is good in itself."""
    return {**document("position-v2-hedge")["data"][0], **changes}


class Unsized(Stub):
    """No position can be read: the size of the contract is not known."""

    def __init__(self, *rows: dict[str, Any], **answers: Any) -> None:
        whole = document("details")
        whole["data"]["symbols"][0]["contract_size"] = "--"
        super().__init__(position_v2=wrapped(list(rows)), details=json.dumps(whole).encode(), **answers)

    @property
    def order(self) -> dict[str, Any]:
        [sent] = self.named("submit-order")
        body: dict[str, Any] = sent.json
        return body


BOTH = (
    {"position_side": "short", "current_amount": "2", "position_amount": "2"},
    {"position_side": "long", "current_amount": "10", "position_amount": "10"},
)


@pytest.mark.parametrize(("side", "size", "code"), [(PositionSide.LONG, 10, 3), (PositionSide.SHORT, 2, 2)])
@pytest.mark.parametrize("turned", [False, True])
async def test_a_close_of_what_cannot_be_read_has_the_size_of_its_own_side(
    side: PositionSide, size: int, code: int, turned: bool
) -> None:
    rows = [unread_position(**change) for change in (reversed(BOTH) if turned else BOTH)]
    stub = Unsized(*rows, submit_order=refusal(40027, "balance"))
    async with client(stub) as exchange:
        with pytest.raises(errors.ExchangeError) as caught:
            await exchange.close_position(BTC, side=side)
    assert (stub.order["size"], stub.order["side"]) == (size, code)
    assert caught.value.client_order_id == stub.order["client_order_id"]


async def test_no_negative_number_of_contracts_is_closed() -> None:
    stub = Unsized(unread_position(current_amount="-3"), submit_order=answer("submit-order"))
    async with client(stub) as exchange:
        with pytest.raises(errors.UnreadRows, match="close it by an order of the size that you know"):
            await exchange.close_position(BTC, side=PositionSide.LONG)
    assert stub.named("submit-order") == []


async def test_a_lost_answer_to_such_a_close_names_the_id_that_finds_it() -> None:
    lost = HttpResponse(status=502, headers={}, body=b"<html>")
    stub = Unsized(unread_position(), submit_order=lost)
    async with client(stub) as exchange:
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.close_position(BTC, side=PositionSide.LONG)
        assert exchange.unresolved() == [caught.value]
        with pytest.raises(errors.UnresolvedOrders):
            await exchange.aclose()
    assert caught.value.client_order_id == stub.order["client_order_id"]
    assert caught.value.symbol == BTC
    assert stub.order["client_order_id"] in str(caught.value)


async def test_such_a_close_is_the_order_with_its_own_id_whatever_its_answer_names() -> None:
    def own(sent: Sent) -> bytes:
        return wrapped([order_row(order_id="7", **stub.named("submit-order")[0].json)])

    stub = Stub(
        position_v2=wrapped([unread_position(position_side="--")]),
        submit_order=answer("submit-order"),
        order=echo_order(client_order_id="another"),
        get_open_orders=own,
    )
    async with client(stub) as exchange:
        closed = await exchange.close_position(BTC, side=PositionSide.LONG)
    assert closed is not None
    assert closed.order_id == "7"


@pytest.mark.parametrize("taken", [answer("submit-order"), wrapped({"order_id": 0})])
async def test_a_close_whose_order_cannot_be_read_names_its_id(taken: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("futures_async.trading.closing.READ_BACK_PAUSES_S", (0.0,))
    nothing = wrapped([])
    stub = Unsized(
        unread_position(),
        submit_order=taken,
        order=refusal(40035, "no order"),
        get_open_orders=nothing,
        order_history=nothing,
        trades=nothing,
    )
    async with client(stub) as exchange:
        with pytest.raises(errors.OrderOutcomeUnknown, match="has taken the close") as caught:
            await exchange.close_position(BTC, side=PositionSide.LONG)
    assert caught.value.client_order_id == stub.order["client_order_id"]


# Trigger orders


def trigger(**changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "symbol": BTC,
        "side": Side.BUY,
        "type": OrderType.TRIGGER,
        "quantity": D("0.01"),
        "trigger_price": D(95000),
        **terms(changes),
    }
    return OrderRequest(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        (
            {},
            {"type": "market", "side": 1, "leverage": "5", "open_type": "isolated", "size": 10,
             "trigger_price": "95000", "price_way": 1, "price_type": 1},
        ),
        (
            {"side": Side.SELL, "price": D(89999), "trigger_price": D(90000), "time_in_force": TimeInForce.IOC},
            {"type": "limit", "side": 4, "leverage": "5", "open_type": "isolated", "mode": 3, "size": 10,
             "trigger_price": "90000", "executive_price": "89999", "price_way": 2, "price_type": 1},
        ),
    ],
)  # fmt: skip
async def test_a_trigger_that_opens_is_a_plan_order(changes: dict[str, Any], body: dict[str, Any]) -> None:
    stub = Stub(submit_plan_order=answer("submit-plan-order"))
    async with client(stub) as exchange:
        order = await exchange.create_trigger_order(trigger(**changes))
    (sent,) = stub.named("submit-plan-order")
    assert sent.json == {"symbol": "BTCUSDT", **body}
    assert sent.is_signed()
    assert (order.order_id, order.client_order_id, order.type) == ("220609666322019", None, OrderType.TRIGGER)


@pytest.mark.parametrize(
    ("side", "price", "word", "code"),
    [
        (Side.SELL, D(95000), "take_profit", 3),
        (Side.SELL, D(90000), "stop_loss", 3),
        (Side.BUY, D(90000), "take_profit", 2),
        (Side.BUY, D(95000), "stop_loss", 2),
    ],
)
async def test_a_trigger_that_closes_is_a_take_profit_or_a_stop_loss(
    side: Side, price: D, word: str, code: int
) -> None:
    stub = Stub(submit_tp_sl_order=answer("submit-tp-sl-order"))
    async with client(stub) as exchange:
        order = await exchange.create_trigger_order(
            trigger(side=side, trigger_price=price, intent=Intent.CLOSE, client_order_id="123456789")
        )
    assert stub.named("submit-tp-sl-order")[0].json == {
        "symbol": "BTCUSDT",
        "type": word,
        "side": code,
        "size": 10,
        "trigger_price": str(price),
        "executive_price": "0",
        "price_type": 1,
        "plan_category": 1,
        "category": "market",
        "client_order_id": "123456789",
    }
    assert (order.client_order_id, order.kind) == ("123456789", word)


async def test_a_closing_trigger_may_have_a_price() -> None:
    stub = Stub(submit_tp_sl_order=answer("submit-tp-sl-order"))
    async with client(stub) as exchange:
        await exchange.create_trigger_order(trigger(side=Side.SELL, price=D(94900), intent=Intent.CLOSE))
    body = stub.named("submit-tp-sl-order")[0].json
    assert (body["executive_price"], body["category"]) == ("94900", "limit")
    assert len(body["client_order_id"]) <= 32


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"client_order_id": "abc"}, "client_order_id"),
        ({"trigger_price": D(93510)}, "price of now"),
        ({"trigger_price": None}, "trigger_price"),
        ({"trigger_price": D("95000.05")}, "tick"),
        ({"quantity": D("0.0105")}, "step"),
        ({"intent": Intent.CLOSE, "time_in_force": TimeInForce.IOC}, "no time_in_force=ioc"),
        ({"intent": Intent.CLOSE, "stop_loss": D(90000)}, "stop_loss"),
    ],
)
async def test_a_bad_trigger_order_is_refused_before_it_is_sent(changes: dict[str, Any], match: str) -> None:
    stub = Stub()
    async with client(stub) as exchange:
        with pytest.raises(errors.InvalidOrder, match=match):
            await exchange.create_trigger_order(trigger(**changes))
    assert {sent.name for sent in stub.sent} <= {"details"}


async def test_a_trigger_order_that_may_have_arrived_is_not_sent_again() -> None:
    stub = Stub(submit_plan_order=HttpResponse(status=502, headers={}, body=b""))
    async with client(stub) as exchange:
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.create_trigger_order(trigger())
        assert exchange.unresolved() == [caught.value]
        with pytest.raises(errors.UnresolvedOrders):
            await exchange.aclose()
    assert caught.value.symbol == BTC
    assert len(stub.named("submit-plan-order")) == 1


@pytest.mark.parametrize("ids", [{"order_id": "220609666322019"}, {"client_order_id": "BM1"}])
async def test_a_trigger_order_is_cancelled_by_its_id(ids: dict[str, str]) -> None:
    stub = Stub(cancel_plan_order=answer("cancel-plan-order"))
    async with client(stub) as exchange:
        await exchange.cancel_trigger_order(BTC, **ids)
    (sent,) = stub.sent
    assert sent.json == {"symbol": "BTCUSDT", **ids}
    assert sent.is_signed()


async def test_a_full_list_of_trigger_orders_is_not_trusted() -> None:
    rows = wrapped(document("current-plan-order")["data"] * 100)
    async with client(Stub(current_plan_order=rows)) as exchange:
        with pytest.raises(errors.IncompletePage):
            await exchange.fetch_trigger_orders()


# The rest


async def test_the_escape_hatch_signs_posts_and_leaves_gets_alone() -> None:
    stub = Stub(claim=wrapped({"done": True}), assets_detail=answer("assets-detail"))
    async with client(stub) as exchange:
        assert await exchange.request("post", "/contract/private/claim") == {"done": True}
        assert await exchange.request("GET", "/contract/private/assets-detail")
    claim, read = stub.sent
    assert claim.body == b"{}"
    assert claim.is_signed()
    assert set(read.headers) - {"User-Agent", "Accept-Encoding"} == ALONE


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        (
            "/account/v1/transfer-contract",
            {"currency": "USDT", "amount": "10", "type": "spot_to_contract", "recvWindow": 5000},
            "transfer-contract",
        ),
        ("/account/v1/transfer-contract-list", {"page": 1, "limit": 10}, "transfer-contract-list"),
    ],
)
async def test_documented_calls_without_a_method_go_through_the_escape_hatch(
    path: str, body: dict[str, Any], name: str
) -> None:
    stub = Stub(**{name: answer(name)})
    async with client(stub) as exchange:
        assert await exchange.request("POST", path, body=body) == document(name)["data"]
    (sent,) = stub.sent
    assert sent.is_signed()
    assert sent.json == body
    if name == "transfer-contract":
        assert sent.body.decode() == BODIES[9]


async def test_the_requests_of_the_seed_document_are_what_is_sent() -> None:
    seed = document("seed-requests")
    hedge = wrapped({"position_mode": "hedge_mode"})
    stub = Stub(
        position=answer("position-v1"),
        position_v2=[v2("10", "cross")],
        position_risk=answer("position-risk"),
        submit_leverage=answer("submit-leverage"),
        get_position_mode=[answer("position-mode"), hedge],
        set_position_mode=hedge,
    )
    async with client(stub) as exchange:
        await exchange.fetch_positions_v1()
        await exchange.fetch_positions("BTCUSDT")
        await exchange.fetch_position_risk()
        await exchange.set_leverage("BTCUSDT", 10, margin_mode=MarginMode.CROSS)
        await exchange.set_position_mode(PositionMode.HEDGE)
    for name, example in seed.items():
        sent = stub.named(example["path"].rsplit("/", 1)[-1])[0]
        assert (sent.method, sent.path) == (example["method"], example["path"]), name
        assert (sent.query if sent.method == "GET" else sent.json) == example["params"], name


async def test_a_ticker_of_an_unknown_contract_is_not_found() -> None:
    async with client(Stub(details=[refusal(40012, "SYMBOL_NOT_EXIST"), wrapped({"symbols": []})])) as exchange:
        for _ in range(2):
            with pytest.raises(errors.SymbolNotFound):
                await exchange.fetch_ticker("NO/USDT:USDT")


async def test_html_is_told_from_a_refusal() -> None:
    html = HttpResponse(status=503, headers={"content-type": "text/html"}, body=b"<html>challenge</html>")
    stub = Stub(assets_detail=[html, answer("assets-detail")])
    async with client(stub) as exchange:
        assert await exchange.fetch_accounts()
    assert len(stub.sent) == 2


async def test_maintenance_at_http_200_is_seen() -> None:
    stub = Stub(assets_detail=[refusal(30016, "maintenance", 200), answer("assets-detail")])
    async with client(stub) as exchange:
        assert await exchange.fetch_accounts()
    assert len(stub.sent) == 2


@pytest.mark.parametrize("method", ["set_risk_limit", "fetch_position_history", "adjust_margin"])
async def test_what_the_venue_lacks_is_not_supported(method: str) -> None:
    stub = Stub()
    arguments = {"set_risk_limit": (BTC, 1), "fetch_position_history": (), "adjust_margin": (BTC, 1)}
    async with client(stub) as exchange:
        with pytest.raises(errors.NotSupported, match=method):
            await getattr(exchange, method)(*arguments[method])
    assert stub.sent == []


def test_the_memo_is_needed_and_may_be_empty() -> None:
    with pytest.raises(errors.InvalidRequest, match="memo"):
        BitMart(Credentials("k", "s"), base_url="http://127.0.0.1:1")
    BitMart(Credentials("k", "s", memo=""), base_url="http://127.0.0.1:1")
    BitMart(Credentials("k", "s", memo="my first key"), base_url="http://127.0.0.1:1")


def test_the_venue_is_winding_down_and_says_so() -> None:
    with pytest.warns(errors.LifecycleWarning, match="winding down"):
        exchange = BitMart()
    assert exchange.base_url == "https://api-cloud-v2.bitmart.com"
    assert BitMart(demo=True).base_url == "https://demo-api-cloud-v2.bitmart.com"


async def test_raw_rows_are_the_venues_own() -> None:
    async with client(Stub(position_v2=answer("position-v2-hedge"))) as exchange:
        (position,) = await exchange.fetch_positions()
    assert msgspec.to_builtins(position.raw)["symbol"] == "BTCUSDT"
