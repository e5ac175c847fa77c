"""`BitgetUTA` end to end: the requests that it sends are the documented ones, and what comes back is right."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import structs

import futures_async.unified.models as fa
from futures_async.adapter import ToClose
from futures_async.adapters.bitget_uta import BitgetUTA, wire
from futures_async.adapters.bitget_uta.simulated import DEMO_KEY
from futures_async.registry import detect
from futures_async.transport.limits.none import NoLimiter
from futures_async.transport.retry import RetryPolicy
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import (
    Intent,
    LedgerType,
    MarginMode,
    OrderStatus,
    OrderType,
    Outcome,
    PositionMode,
    PositionSide,
    Side,
)
from futures_async.unified.errors import (
    AccountModeMismatch,
    AuthenticationError,
    ExchangeError,
    IncompletePage,
    InvalidOrder,
    InvalidRequest,
    MarginModeConflict,
    NotSupported,
    OrderNotFound,
    OrderOutcomeUnknown,
    OrderRejected,
    PermissionDenied,
    PositionModeConflict,
    ResponseMismatch,
    SymbolNotFound,
    UnreadRow,
    UnreadRows,
    VenueUnavailable,
)
from futures_async.unified.exchange import Capability
from tests.adapters.bitget_uta.conftest import Rig
from tests.adapters.bitget_uta.samples import plain, sample
from tests.adapters.bitget_uta.wire_client import DAY_MS
from tests.adapters.bitget_uta.wire_client import order as order_body
from tests.fakes import position

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
ETH: dict[str, Any] = {"symbol": "ETHUSDT", "quantity": Decimal("0.1"), "price": Decimal(2500)}
HEDGE = PositionMode.HEDGE
MakeRig = Callable[..., Rig]


def request(**fields: Any) -> fa.OrderRequest:
    given: dict[str, Any] = {
        "symbol": BTC,
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": Decimal("0.001"),
        "price": Decimal(80000),
    }
    if fields.get("type") is OrderType.MARKET:
        del given["price"]
    return fa.OrderRequest(**given | fields)


def market(**fields: Any) -> fa.OrderRequest:
    return request(type=OrderType.MARKET, **{"quantity": Decimal("0.1"), **fields})


# Documented requests


async def test_an_order_is_sent_as_documented_and_read_back_by_id(make_rig: MakeRig) -> None:
    rig = make_rig(HEDGE)
    order = await rig.client().create_order(request(price=Decimal(50000), client_order_id="fx-20260112-000001"))
    assert [body for _, path, _, body in rig.wire.sent if path == "/api/v3/trade/place-order"] == [
        sample("place_order.request")
    ]
    assert rig.wire.queries("/trade/order-info") == [{"orderId": order.order_id}]
    assert (order.status, order.position_side, order.recovered) == (OrderStatus.NEW, PositionSide.LONG, False)


async def test_an_order_without_an_id_of_the_callers_gets_one(rig: Rig) -> None:
    order = await rig.client().create_order(request())
    [body] = rig.wire.bodies("/trade/place-order")
    assert body["clientOid"] == order.client_order_id
    assert len(body["clientOid"]) <= 32


async def test_leverage_position_mode_and_switches_are_sent_as_documented(make_rig: MakeRig) -> None:
    rig = make_rig()
    client = rig.client()
    await client.set_leverage(BTC, 10)
    await client.set_position_mode(HEDGE)
    await client.arm_cancel_all(40)
    assert rig.wire.bodies("/account/set-leverage") == [plain("set_leverage.request")]
    assert rig.wire.bodies("/account/set-hold-mode") == [plain("set_hold_mode.request")]
    assert rig.wire.bodies("/trade/countdown-cancel-all") == [plain("countdown_cancel_all.request")]
    await client.arm_cancel_all(0)
    assert rig.wire.bodies("/trade/countdown-cancel-all")[-1] == {"countdown": "0"}


async def test_the_venues_own_close_names_no_margin_mode_and_is_not_sent_where_one_of_each_is_held(rig: Rig) -> None:
    client: Any = rig.client()
    held = position(margin_mode=MarginMode.ISOLATED)

    async def both(symbol: str | None = None) -> list[fa.Position]:
        return [held, structs.replace(held, margin_mode=MarginMode.CROSS)]

    client.fetch_positions = both
    with pytest.raises(NotSupported, match="names no margin mode"):
        await client._close_unread(ToClose("BTCUSDT", PositionSide.LONG, None, MarginMode.ISOLATED))
    assert rig.wire.bodies("/trade/close-positions") == []


ISOLATED_LONG = {"side": PositionSide.LONG, "margin_mode": "isolated"}


@pytest.mark.parametrize(
    ("odd", "others", "closes"),
    [
        (ISOLATED_LONG, [], True),
        (ISOLATED_LONG, [position(side=PositionSide.SHORT, margin_mode=MarginMode.CROSS)], True),
        (ISOLATED_LONG, [position(margin_mode=MarginMode.CROSS)], False),
        ({**ISOLATED_LONG, "margin_mode": None}, [], True),
        ({**ISOLATED_LONG, "margin_mode": "crossed"}, [], False),
        ({**ISOLATED_LONG, "side": None}, [], True),
        ({**ISOLATED_LONG, "side": None}, [position(margin_mode=MarginMode.CROSS)], False),
    ],
)
async def test_a_row_that_cannot_be_read_is_closed_where_nothing_of_another_margin_mode_is(
    rig: Rig, odd: dict[str, Any], others: list[fa.Position], closes: bool
) -> None:
    client: Any = rig.client()
    side: PositionSide | None = odd["side"]
    raw = wire.WirePosition(margin_mode=odd["margin_mode"])
    row = UnreadRow("total", "no number", raw, {} if side is None else {"side": side})

    async def held(symbol: str | None = None) -> list[fa.Position]:
        raise UnreadRows("one row", rows=others, unread=[row])

    client.fetch_positions = held
    rig.wire.gives("/trade/close-positions", plain("close_positions"))
    if closes:
        assert await client._close_unread(ToClose("BTCUSDT", side, row, MarginMode.ISOLATED)) is not None
    else:
        with pytest.raises(NotSupported, match="names no margin mode"):
            await client._close_unread(ToClose("BTCUSDT", side, row, MarginMode.ISOLATED))
    assert (len(rig.wire.bodies("/trade/close-positions")) == 1) is closes


async def test_a_row_of_the_other_side_that_cannot_be_read_stops_no_close(rig: Rig) -> None:
    client: Any = rig.client()
    for side, closes in ((PositionSide.SHORT, True), (PositionSide.LONG, False)):
        row = UnreadRow("total", "no number", None, {"side": side})

        async def held(symbol: str | None = None, row: UnreadRow = row) -> list[fa.Position]:
            raise UnreadRows("one row", rows=[position(margin_mode=MarginMode.ISOLATED)], unread=[row])

        client.fetch_positions = held
        wanted = ToClose("BTCUSDT", PositionSide.LONG, None, MarginMode.ISOLATED)
        twin = await client._has_twin(wanted, MarginMode.ISOLATED)
        assert twin is not closes


async def test_margin_and_flash_close_are_sent_as_documented(make_rig: MakeRig) -> None:
    rig = make_rig(HEDGE)
    client = rig.client()
    await client.create_order(market(quantity=Decimal("0.01"), margin_mode=MarginMode.ISOLATED))
    await client.adjust_margin(BTC, 10)
    assert rig.wire.bodies("/account/set-margin") == [plain("set_margin.request")]
    await client.adjust_margin(BTC, "-2.5")
    assert rig.wire.bodies("/account/set-margin")[-1] == {
        **plain("set_margin.request"),
        "operation": "remove",
        "amount": "2.5",
    }
    [ids] = await client.flash_close(BTC, side=PositionSide.LONG)
    assert rig.wire.bodies("/trade/close-positions") == [plain("close_positions.request")]
    assert ids.order_id
    assert await client.fetch_positions() == []


async def test_a_cancel_by_our_id_is_sent_as_documented(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(request(client_order_id="fx-20260112-000001"))
    order = await client.cancel_order(BTC, client_order_id="fx-20260112-000001")
    assert [body for _, path, _, body in rig.wire.sent if path == "/api/v3/trade/cancel-order"] == [
        sample("cancel_order.request")
    ]
    assert order.status is OrderStatus.CANCELED


async def test_a_change_is_sent_once_and_read_by_our_id(rig: Rig) -> None:
    client = rig.client()
    placed = await client.create_order(request())
    changed = await client.edit_order(BTC, order_id=placed.order_id, price=Decimal(80100), quantity="0.002")
    assert rig.wire.bodies("/trade/modify-order") == [
        {**plain("modify_order.request"), "orderId": placed.order_id, "price": "80100"}
    ]
    assert rig.wire.queries("/trade/order-info")[-1] == {"clientOid": placed.client_order_id}
    assert (changed.price, changed.quantity) == (Decimal(80100), Decimal("0.002"))


async def test_a_read_is_signed_over_the_query_that_is_sent(rig: Rig) -> None:
    await rig.client().fetch_positions(BTC)
    assert rig.wire.sent == [("GET", "/api/v3/position/current-position", "category=USDT-FUTURES&symbol=BTCUSDT", b"")]
    assert rig.wire.headers[0]["access-sign"]


async def test_the_demo_header_goes_with_private_calls_only(rig: Rig) -> None:
    client = rig.client(demo=True)
    await client.fetch_ticker(BTC)
    with pytest.raises(AuthenticationError):
        await client.fetch_positions()  # a live key
    assert [headers.get("paptrading") for headers in rig.wire.headers] == [None, "1"]


# Orders


@pytest.mark.parametrize("mode", list(PositionMode))
@pytest.mark.parametrize("side", list(Side))
async def test_every_pair_of_side_and_intent_does_what_it_says(
    make_rig: MakeRig, mode: PositionMode, side: Side
) -> None:
    client = make_rig(mode).client()
    other = Side.SELL if side is Side.BUY else Side.BUY
    await client.create_order(market(side=side))
    [position] = await client.fetch_positions(BTC)
    assert (position.side, position.quantity) == (
        PositionSide.LONG if side is Side.BUY else PositionSide.SHORT,
        Decimal("0.1"),
    )
    closed = await client.create_order(market(side=other, intent=Intent.CLOSE, quantity=Decimal("0.04")))
    assert (closed.side, closed.reduce_only) == (other, True)
    [position] = await client.fetch_positions(BTC)
    assert position.quantity == Decimal("0.06")
    last = await client.close_position(BTC)
    assert last is not None
    assert (last.side, last.quantity, last.status) == (other, Decimal("0.06"), OrderStatus.FILLED)
    assert await client.close_position(BTC) is None


async def test_a_position_that_goes_while_it_is_closed_is_closed(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    before, fetch = [await client.fetch_positions(BTC)], client.fetch_positions

    async def as_before(symbol: str | None = None) -> Any:
        return before.pop() if before else await fetch(symbol)

    await client.close_position(BTC)
    client.fetch_positions = as_before  # type: ignore[method-assign]
    assert await client.close_position(BTC) is None
    assert before == []
    await client.create_order(market())
    for code in ("25227", "25226"):
        rig.wire.refuses("/trade/place-order", code)
        with pytest.raises(OrderRejected):
            await client.close_position(BTC)


async def test_one_way_closes_never_go_through_the_batch(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    results = await client.create_orders(
        [
            request(),
            request(price=Decimal(79000)),
            market(side=Side.SELL, intent=Intent.CLOSE, quantity=Decimal("0.1")),
            request(price=Decimal(78000), margin_mode=MarginMode.ISOLATED, symbol="ETHUSDT", quantity=Decimal("0.1")),
        ]
    )
    [batch] = rig.wire.bodies("/trade/place-batch")
    assert [item["price"] for item in batch] == ["80000", "79000"]
    assert not any({"reduceOnly", "marginMode"} & set(item) for item in batch)
    assert [body.get("reduceOnly") for body in rig.wire.bodies("/trade/place-order")[1:]].count("yes") == 1
    assert [result.error for result in results[:3]] == [None] * 3
    assert isinstance(results[3].error, OrderRejected)  # too far from the market: judged by itself
    assert await client.fetch_positions() == []


async def test_hedge_closes_go_through_the_batch(make_rig: MakeRig) -> None:
    rig = make_rig(HEDGE)
    client = rig.client()
    await client.create_order(market())
    results = await client.create_orders([market(side=Side.SELL, intent=Intent.CLOSE), request()])
    assert [result.error for result in results] == [None, None]
    [batch] = rig.wire.bodies("/trade/place-batch")
    assert [item["posSide"] for item in batch] == ["long", "long"]
    assert await client.fetch_positions() == []


async def test_twenty_one_orders_are_two_batches(rig: Rig) -> None:
    results = await rig.client().create_orders([request(price=Decimal(80000 + n)) for n in range(21)])
    assert sorted(len(batch) for batch in rig.wire.bodies("/trade/place-batch")) == [1, 20]
    assert [result.order.price for result in results if result.order] == [Decimal(80000 + n) for n in range(21)]


async def test_a_batch_entry_that_is_refused_fails_alone(rig: Rig) -> None:
    good, bad = await rig.client().create_orders([request(), request(quantity=Decimal("0.00001"))])
    assert good.order is not None
    assert isinstance(bad.error, OrderRejected)
    assert (bad.error.code, bad.error.outcome) == ("25610", Outcome.REJECTED)


async def test_orders_without_a_margin_mode_are_cross_unless_the_option_says_otherwise(rig: Rig) -> None:
    await rig.client().create_order(request())
    await rig.client(margin_mode=MarginMode.ISOLATED).create_order(request(**ETH))
    assert [body["marginMode"] for body in rig.wire.bodies("/trade/place-order")] == ["crossed", "isolated"]


async def test_accounts_of_level_isolated_get_isolated_orders(rig: Rig) -> None:
    rig.venue.account.extra["accountLevel"] = "isolated"
    client = rig.client()
    await client.create_order(request())
    assert rig.wire.bodies("/trade/place-order")[0]["marginMode"] == "isolated"
    assert (await client.fetch_account("USD")).margin_mode is MarginMode.ISOLATED


async def test_the_position_mode_is_read_once_and_again_after_a_conflict(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(request())
    await client.create_order(request(price=Decimal(79000)))
    assert len(rig.wire.queries("/account/settings")) == 1
    await client.cancel_all_orders(BTC)
    # Changed elsewhere.
    await rig.client().set_position_mode(HEDGE)
    with pytest.raises(PositionModeConflict):
        await client.create_order(request())
    assert (await client.create_order(request())).position_side is PositionSide.LONG


@pytest.mark.parametrize("state", ["upgrading", "switching"])
async def test_nothing_is_traded_while_the_account_is_being_changed(rig: Rig, state: str) -> None:
    rig.venue.account.extra["accountMode"] = state
    client = rig.client()
    with pytest.raises(VenueUnavailable, match=state) as caught:
        await client.create_order(request())
    assert caught.value.outcome is Outcome.NOT_SENT
    assert rig.wire.bodies("/trade/place-order") == []
    assert await client.fetch_position_mode() is PositionMode.ONE_WAY


async def test_a_key_that_may_not_read_settings_is_told_which_group_it_lacks(rig: Rig) -> None:
    rig.wire.refuses("/account/settings", "40014")
    with pytest.raises(PermissionDenied, match="UTA mgt"):
        await rig.client().create_order(request())


async def test_what_the_venue_refuses_is_raised_with_its_code(rig: Rig) -> None:
    with pytest.raises(OrderRejected) as caught:
        await rig.client().create_order(market(quantity=Decimal(4)))
    assert (caught.value.code, caught.value.outcome) == ("25203", Outcome.REJECTED)


async def test_margin_modes_that_exclude_each_other_are_a_conflict(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market(quantity=Decimal("0.01"), margin_mode=MarginMode.ISOLATED))
    with pytest.raises(MarginModeConflict):
        await client.create_order(market(quantity=Decimal("0.01")))


async def test_an_order_accepted_without_the_venues_id_is_found_by_ours(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    close = {"side": Side.SELL, "intent": Intent.CLOSE, "quantity": Decimal("0.1")}
    await client.create_order(request(price=Decimal(99000), **close))
    displacing = await client.create_order(request(price=Decimal(98000), client_order_id="fx-2", **close))
    assert rig.wire.queries("/trade/order-info")[-1] == {"clientOid": "fx-2"}
    assert (displacing.recovered, displacing.price, displacing.reduce_only) == (True, Decimal(98000), True)


async def test_a_lost_answer_is_resolved_through_every_witness(rig: Rig) -> None:
    client = rig.client()
    placed = await client.create_order(request(client_order_id="fx-1"))
    rig.wire.refuses("/trade/order-info", "25204")
    # Another process, when the fence has passed: before it the order is asked for by its id alone.
    found = await rig.client().resolve_order(BTC, "fx-1", fence_until_ms=1)
    assert found is not None
    assert (found.order_id, found.recovered) == (placed.order_id, True)
    del rig.wire.answers["/api/v3/trade/order-info"]
    await client.cancel_order(BTC, order_id=placed.order_id)
    rig.wire.refuses("/trade/order-info", "25204")
    found = await rig.client().resolve_order(BTC, "fx-1", fence_until_ms=1)
    assert found is not None
    assert found.status is OrderStatus.CANCELED
    since = int(rig.wire.queries("/trade/history-orders")[0]["startTime"])
    assert since == pytest.approx(client._channel.now_ms() - DAY_MS, abs=60_000)  # pyright: ignore[reportPrivateUsage] - the venue's time


async def test_an_order_that_no_witness_knows_is_absent(rig: Rig) -> None:
    assert await rig.client()._find_order("BTCUSDT", "fx-never") is None  # pyright: ignore[reportPrivateUsage] - the hook
    asked = [path for _, path, _, _ in rig.wire.sent]
    assert asked == [f"/api/v3/trade/{name}" for name in ("order-info", "unfilled-orders", "history-orders")]


async def test_an_id_that_another_contracts_order_has_proves_nothing(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(request(**ETH, client_order_id="fx-1"))
    with pytest.raises(ResponseMismatch, match="ETHUSDT"):
        await client._find_order("BTCUSDT", "fx-1")  # pyright: ignore[reportPrivateUsage] - the hook
    with pytest.raises(ResponseMismatch, match="not of BTCUSDT"):
        await client.fetch_order(BTC, client_order_id="fx-1")


async def test_cancelling_what_is_gone_reads_the_order(rig: Rig) -> None:
    client = rig.client()
    filled = await client.create_order(market())
    assert (await client.cancel_order(BTC, order_id=filled.order_id)).status is OrderStatus.FILLED
    with pytest.raises(OrderNotFound):
        await client.cancel_order(BTC, order_id="1320244799629316096")


async def test_cancelling_all_of_nothing_is_nothing(rig: Rig) -> None:
    client = rig.client()
    assert await client.cancel_all_orders(BTC) == []
    placed = await client.create_order(request())
    await client.create_order(request(**ETH))
    assert await client.cancel_all_orders(BTC) == [placed.order_id]
    assert rig.wire.bodies("/trade/cancel-symbol-order")[-1] == {"category": "USDT-FUTURES", "symbol": "BTCUSDT"}
    assert len(await client.fetch_open_orders()) == 1


async def test_orders_that_were_gone_already_are_not_among_the_cancelled(rig: Rig) -> None:
    body = plain("cancel_symbol_order")
    body["data"]["list"] += [{"orderId": "1", "clientOid": "", "code": "24056", "msg": "gone"}, {"clientOid": "x"}]
    rig.wire.gives("/trade/cancel-symbol-order", body)
    assert await rig.client().cancel_all_orders(BTC) == ["1321313242969427968"]


async def test_other_refusals_of_a_cancel_of_all_are_raised(rig: Rig) -> None:
    rig.wire.refuses("/trade/cancel-symbol-order", "40014")
    with pytest.raises(PermissionDenied):
        await rig.client().cancel_all_orders(BTC)
    rig.wire.refuses("/trade/cancel-symbol-order", "25597")
    with pytest.raises(OrderNotFound):
        await rig.client().cancel_all_orders(BTC)


async def test_all_pages_of_open_orders_are_read(rig: Rig) -> None:
    client = rig.client()
    await client.create_orders([request(price=Decimal(80000 + n)) for n in range(130)])
    assert len({order.order_id for order in await client.fetch_open_orders(BTC)}) == 130
    assert [query.get("limit") for query in rig.wire.queries("/trade/unfilled-orders")] == ["100"] * 3


async def test_rows_of_other_categories_are_left_out(rig: Rig) -> None:
    for path, name in {
        "/trade/unfilled-orders": "unfilled_orders",
        "/position/current-position": "current_position",
    }.items():
        body = plain(name)
        body["data"]["list"].append({**body["data"]["list"][0], "category": "MARGIN", "orderId": "7"})
        body["data"].pop("cursor", None)
        rig.wire.gives(path, body)
    client = rig.client()
    assert len(await client.fetch_open_orders()) == 1
    assert len(await client.fetch_positions()) == 1


async def test_flat_rows_and_null_lists_are_no_positions(rig: Rig) -> None:
    client = rig.client()
    body = plain("current_position")
    body["data"]["list"][0]["total"] = "0"
    rig.wire.gives("/position/current-position", body)
    assert await client.fetch_positions() == []
    rig.wire.gives("/position/current-position", body | {"data": {"list": None}})
    assert await client.fetch_positions() == []


async def test_a_row_of_a_category_that_nobody_knows_is_not_dropped(rig: Rig) -> None:
    body = plain("unfilled_orders")
    body["data"]["list"][0]["category"] = "NEW-FUTURES"
    body["data"].pop("cursor", None)
    rig.wire.gives("/trade/unfilled-orders", body)
    assert len(await rig.client().fetch_open_orders()) == 1


@pytest.mark.parametrize("odd", [{"coin": None, "equity": "1"}, {"coin": "USDT", "equity": "--"}, "odd"])
async def test_a_coin_is_not_zero_while_one_row_cannot_be_read(rig: Rig, odd: Any) -> None:
    body = plain("assets")
    body["data"]["assets"] = [row for row in body["data"]["assets"] if row["coin"] != "USDT"]
    client = rig.client()
    rig.wire.gives("/account/assets", body)
    assert (await client.fetch_account("USDT")).equity == 0
    body["data"]["assets"].insert(0, odd)
    rig.wire.gives("/account/assets", body)
    assert (await client.fetch_account("BGB")).equity == Decimal("1.15582129")
    with pytest.raises(UnreadRows):
        await client.fetch_account("USDT")


# What cannot be had


async def test_coin_margined_contracts_are_for_reading(rig: Rig) -> None:
    client = rig.client(product_type="COIN-FUTURES")
    with pytest.raises(NotSupported, match="unit of qty"):
        await client.create_order(request(symbol="BTC/USD:BTC"))
    [refused] = await client.create_orders([request(symbol="BTC/USD:BTC")])
    assert isinstance(refused.error, NotSupported)
    assert rig.wire.sent == []
    assert await client.fetch_positions() == []
    assert [contract.settle for contract in await client.fetch_contracts()] == ["BTC", "ETH"]


async def test_coin_margined_contracts_trade_for_a_caller_who_knows_the_unit(rig: Rig) -> None:
    with pytest.raises(InvalidRequest):
        rig.client(product_type="COIN-FUTURES", coin_unit="quote")
    client = rig.client(product_type="COIN-FUTURES", coin_unit="base")
    order = await client.create_order(market(symbol="BTC/USD:BTC", quantity=Decimal("0.01")))
    assert (order.symbol, order.fee_coin) == ("BTC/USD:BTC", "BTC")
    [position] = await client.fetch_positions()
    assert (position.quantity, position.margin_coin, position.notional) == (Decimal("0.01"), "BTC", None)


@pytest.mark.parametrize("most", [None, Decimal("0.004")])
async def test_a_coin_margined_position_is_closed_whatever_its_unit_is(rig: Rig, most: Decimal | None) -> None:
    knows = rig.client(product_type="COIN-FUTURES", coin_unit="base")
    await knows.create_order(market(symbol="BTC/USD:BTC", quantity=Decimal("0.01")))
    client = rig.client(product_type="COIN-FUTURES")
    if most is not None:  # it is larger than one market order may be
        rules = await client.fetch_contract("BTC/USD:BTC")
        book = client._contracts
        book.rows[rules.venue_symbol] = msgspec.structs.replace(rules, max_market_quantity=most)
    closed = await client.close_position("BTC/USD:BTC")
    assert closed is not None
    assert (closed.status, closed.reduce_only) == (OrderStatus.FILLED, True)
    assert await client.fetch_positions() == []


async def test_an_edit_of_a_coin_margined_quantity_is_not_supported(rig: Rig) -> None:
    row = plain("order_info")
    row["data"] |= {"category": "COIN-FUTURES", "symbol": "BTCUSD"}
    rig.wire.gives("/trade/order-info", row)
    with pytest.raises(NotSupported):
        await rig.client(product_type="COIN-FUTURES").edit_order("BTCUSD", order_id="1320244799629316096", quantity=1)
    assert rig.wire.bodies("/trade/modify-order") == []


async def test_a_coin_margined_order_brings_no_stops(rig: Rig) -> None:
    client = rig.client(product_type="COIN-FUTURES", coin_unit="base")
    with pytest.raises(InvalidOrder, match="stop_loss"):
        await client.create_order(market(symbol="BTC/USD:BTC", quantity=Decimal("0.01"), stop_loss="70000"))
    assert rig.wire.bodies("/trade/place-order") == []


@pytest.mark.parametrize("name", ["fx-1", None])
async def test_a_lost_change_is_judged_by_an_id_that_is_sure_to_stay(rig: Rig, name: str | None) -> None:
    client = rig.client()
    placed = msgspec.structs.replace(await client.create_order(request()), client_order_id=name)
    amendment = client._amendment(placed, Decimal(80100), None)
    # Under its own id it may read as cancelled while another one has taken its place: that is no verdict.
    assert amendment.lost_ids == ((None, name) if name else (placed.order_id, None))


@pytest.mark.parametrize("timeout_s", [4, 61, -1, 7.5])
async def test_the_switch_takes_five_to_sixty_seconds_for_the_whole_account(rig: Rig, timeout_s: Any) -> None:
    client = rig.client()
    with pytest.raises(InvalidRequest):
        await client.arm_cancel_all(timeout_s)
    with pytest.raises(NotSupported, match="whole account"):
        await client.arm_cancel_all(30, BTC)
    assert rig.wire.sent == []


async def test_what_the_venue_has_no_call_for_is_refused_before_anything_is_sent(rig: Rig) -> None:
    client = rig.client()
    with pytest.raises(NotSupported, match="with each order"):
        await client.set_margin_mode(MarginMode.ISOLATED)
    with pytest.raises(NotSupported):
        await client.set_risk_limit(BTC, 1)
    assert rig.wire.sent == []


def test_the_capabilities_leave_out_what_is_not_supported() -> None:
    missing = set(Capability) - BitgetUTA.capabilities
    assert missing == {Capability.SET_MARGIN_MODE, Capability.SET_RISK_LIMIT}


async def test_an_unknown_category_is_refused_at_construction() -> None:
    with pytest.raises(InvalidRequest, match="SPOT"):
        BitgetUTA(product_type="SPOT")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - that is the point


async def test_protection_on_a_close_is_refused_before_it_is_sent(rig: Rig) -> None:
    client = rig.client()
    with pytest.raises(InvalidOrder):
        await client.create_order(market(side=Side.SELL, intent=Intent.CLOSE, stop_loss=Decimal(1)))
    assert rig.wire.bodies("/trade/place-order") == []


# Account


@pytest.mark.parametrize("code", ["40084", "25245", "40085"])
async def test_an_account_of_the_other_type_names_its_adapter(rig: Rig, code: str) -> None:
    rig.wire.refuses("/position/current-position", code)
    other = "Bitget" if code != "40085" else "BitgetUTA"
    with pytest.raises(AccountModeMismatch, match=rf"\({other}\)"):
        await rig.client().fetch_positions()


async def test_a_classic_account_is_recognised_by_its_refusal(rig: Rig) -> None:
    assert await rig.client().identify_account() == "bitget-uta"
    assert await rig.client("bitget").identify_account() == "bitget"


@pytest.mark.parametrize("code", ["40085", "40014", "40012", "99999"])
async def test_any_other_refusal_says_nothing_about_the_account(rig: Rig, code: str) -> None:
    rig.wire.refuses("/account/settings", code)
    with pytest.raises(ExchangeError) as caught:
        await rig.client().identify_account()
    assert caught.value.code == code


async def test_balances_are_read_by_coin_and_in_total(rig: Rig) -> None:
    client = rig.client()
    usdt, nothing, total = [await client.fetch_account(coin) for coin in ("usdt", "BGB", "USD")]
    assert (usdt.margin_coin, usdt.balance, usdt.position_mode) == ("USDT", Decimal(25000), PositionMode.ONE_WAY)
    assert (nothing.margin_coin, nothing.available) == ("BGB", Decimal(0))
    assert total.margin_coin == "USD"
    coins = await client.fetch_accounts()
    assert [account.margin_coin for account in coins] == ["USDT", "USDC", "BTC", "ETH"]
    # Coins count at their price.
    assert total.equity is not None
    assert total.equity > Decimal(27000)


async def test_leverage_is_read_back_from_the_settings(rig: Rig) -> None:
    client = rig.client()
    assert (await client.fetch_leverage(BTC)).leverage is None
    found = await client.set_leverage(BTC, "20")
    assert (found.leverage, found.margin_mode, found.max_leverage) == (Decimal(20), MarginMode.CROSS, Decimal(125))
    assert await client.fetch_leverage(BTC) == found


async def test_isolated_leverage_is_set_for_both_sides_or_for_one(rig: Rig) -> None:
    client = rig.client()
    both = await client.set_leverage(BTC, 7, margin_mode=MarginMode.ISOLATED)
    # The settings still show the symbol as cross: what was acknowledged is what is known.
    assert (both.leverage, both.margin_mode) == (Decimal(7), MarginMode.ISOLATED)
    assert [body["posSide"] for body in rig.wire.bodies("/account/set-leverage")] == ["long", "short"]
    one = await client.set_leverage(BTC, 9, margin_mode=MarginMode.ISOLATED, side=PositionSide.SHORT)
    assert (one.short_leverage, one.long_leverage) == (Decimal(9), None)
    await client.create_order(market(quantity=Decimal("0.01"), margin_mode=MarginMode.ISOLATED))
    found = await client.fetch_leverage(BTC)
    assert (found.long_leverage, found.short_leverage) == (Decimal(7), Decimal(9))
    assert (await client.set_leverage(BTC, 9, margin_mode=MarginMode.ISOLATED)).leverage == Decimal(9)


async def test_leverage_of_the_mode_that_is_not_set_is_a_positions_own(rig: Rig) -> None:
    client = rig.client()
    await client.set_leverage(BTC, 20)
    assert (await client.fetch_leverage(BTC, MarginMode.ISOLATED)).leverage is None
    body = plain("current_position")
    body["data"]["list"][0] |= {"marginMode": "isolated", "leverage": "4"}
    rig.wire.gives("/position/current-position", body)
    found = await client.fetch_leverage(BTC, MarginMode.ISOLATED)
    assert (found.leverage, found.long_leverage, found.short_leverage) == (Decimal(4), Decimal(4), None)


@pytest.mark.parametrize("leverage", ["0", "2.5", "-3"])
async def test_leverage_that_is_no_whole_number_is_refused_here(rig: Rig, leverage: str) -> None:
    with pytest.raises(InvalidRequest):
        await rig.client().set_leverage(BTC, leverage)
    with pytest.raises(InvalidRequest, match="leave the side out"):
        await rig.client().set_leverage(BTC, 5, side=PositionSide.LONG)
    assert rig.wire.sent == []


async def test_margin_of_what_is_not_isolated_cannot_be_moved(make_rig: MakeRig) -> None:
    rig = make_rig(HEDGE)
    client = rig.client()
    with pytest.raises(InvalidRequest, match="must not be 0"):
        await client.adjust_margin(BTC, 0)
    with pytest.raises(InvalidRequest, match="no isolated position"):
        await client.adjust_margin(BTC, 1)
    for side in Side:
        await client.create_order(market(side=side, quantity=Decimal("0.01"), margin_mode=MarginMode.ISOLATED))
    with pytest.raises(InvalidRequest, match="name the side"):
        await client.adjust_margin(BTC, 1)
    await client.adjust_margin(BTC, 1, side=PositionSide.SHORT)
    assert rig.wire.bodies("/account/set-margin")[-1]["posSide"] == "short"


async def test_a_lost_margin_move_is_judged_by_the_position(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market(quantity=Decimal("0.01"), margin_mode=MarginMode.ISOLATED))
    [before] = await client.fetch_positions(BTC)
    assert before.margin is not None
    venue = rig.venue

    def moved_but_lost() -> tuple[int, bytes]:
        with venue.exchange.engine.arithmetic():
            venue.exchange.engine.settings.adjust_margin(venue.account, BTC, PositionSide.LONG, Decimal(10))
        return 502, b"<html>bad gateway</html>"

    rig.wire.answers["/api/v3/account/set-margin"] = moved_but_lost
    await client.adjust_margin(BTC, 10)
    [after] = await client.fetch_positions(BTC)
    assert after.margin == before.margin + 10
    assert len(rig.wire.bodies("/account/set-margin")) == 1


async def test_the_position_mode_is_set_and_locked_by_what_is_open(rig: Rig) -> None:
    client = rig.client()
    assert await client.set_position_mode(HEDGE) is HEDGE
    await client.create_order(market())
    with pytest.raises(PositionModeConflict):
        await client.set_position_mode(PositionMode.ONE_WAY)


# History


async def test_the_ledger_holds_trades_and_transfers(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    entries = await client.fetch_ledger()
    assert [(entry.type, entry.venue_type) for entry in entries] == [
        (LedgerType.TRADE, "BUY_DEAL"),
        *[(LedgerType.TRANSFER, "TRANSFER_IN")] * 4,
    ]
    assert {query["category"] for query in rig.wire.queries("/account/financial-records")} == {"USDT-FUTURES", "OTHER"}
    assert [entry.coin for entry in await client.fetch_ledger(margin_coin="USDC")] == ["USDC"]
    assert len(await client.fetch_ledger(type=LedgerType.TRADE)) == 1
    assert [entry.symbol for entry in await client.fetch_ledger(symbol=BTC, limit=5)] == [BTC]


async def test_a_past_is_read_once_each(make_rig: MakeRig) -> None:
    rig = make_rig(empty=False)
    client = rig.client()
    account = rig.venue.account
    fills = [fill async for fill in client.iter_fills()]
    assert [fill.fill_id for fill in fills] == [str(fill.id) for fill in reversed(account.fills)]
    entries = [entry.entry_id async for entry in client.iter_ledger()]
    assert sorted(entries, key=int) == [str(row.id) for row in account.ledger]
    orders = [order.order_id async for order in client.iter_orders()]
    assert len(orders) == len(set(orders)) == len(account.order_log) - len(account.open_orders)
    closed = await client.fetch_position_history(limit=100)
    assert len(closed) == len(account.history)
    assert await client.fetch_position_history("DOGEUSDT") == [row for row in closed if row.venue_symbol == "DOGEUSDT"]
    assert {fill.venue_symbol for fill in await client.fetch_fills("SOLUSDT")} == {"SOLUSDT"}
    assert len(await client.fetch_order_history("SOLUSDT", limit=1)) == 1


async def test_what_is_older_than_ninety_days_is_said_to_be_missing(rig: Rig) -> None:
    client = rig.client()
    now_ms = await client.fetch_time()
    with pytest.raises(IncompletePage):
        [row async for row in client.iter_orders(since_ms=now_ms - 100 * DAY_MS)]


# Market and venue methods


async def test_the_market_is_read(rig: Rig) -> None:
    client = rig.client()
    assert (await client.fetch_ticker(BTC)).last_price == Decimal(90000)
    assert (await client.fetch_funding_rate(BTC)).interval_s == 28800
    tiers = await client.fetch_risk_limits(BTC)
    assert [tier.tier for tier in tiers] == sorted(tier.tier or 0 for tier in tiers)
    assert tiers[0].max_leverage == Decimal(125)
    contract = await client.fetch_contract(BTC)
    assert (contract.price_tick, contract.quantity_step) == (Decimal("0.1"), Decimal("0.0001"))
    assert contract.symbol == BTC
    assert await client.fetch_time() > 1_700_000_000_000
    assert len(await client.fetch_funding_history(BTC, page=2)) == 200
    with pytest.raises(InvalidRequest):
        await client.fetch_funding_history(BTC, page=101)


async def test_usdc_contracts_are_their_own_category(rig: Rig) -> None:
    client = rig.client(product_type="usdc-futures")
    assert [contract.symbol for contract in await client.fetch_contracts()] == ["BTC/USDC:USDC", "ETH/USDC:USDC"]
    await client.create_order(market(symbol="BTC/USDC:USDC", quantity=Decimal("0.01")))
    [position] = await client.fetch_positions("BTCPERP")
    assert (position.symbol, position.margin_coin) == ("BTC/USDC:USDC", "USDC")
    assert rig.wire.bodies("/trade/place-order")[0]["symbol"] == "BTCPERP"
    with pytest.raises(InvalidRequest):
        await client.fetch_ticker(BTC)


async def test_a_symbol_that_is_not_listed_is_not_found(rig: Rig) -> None:
    client = rig.client()
    with pytest.raises(SymbolNotFound):
        await client.fetch_contract("NOPEUSDT")
    with pytest.raises(SymbolNotFound):
        await client.fetch_ticker("NOPEUSDT")
    for path in ("tickers", "current-fund-rate"):
        rig.wire.gives(f"/market/{path}", {"code": "00000", "data": []})
    with pytest.raises(SymbolNotFound, match="no contract"):
        await client.fetch_ticker(BTC)
    with pytest.raises(SymbolNotFound, match="no contract"):
        await client.fetch_funding_rate(BTC)


async def test_rows_of_another_contract_are_asked_for_once_more_and_not_taken(rig: Rig) -> None:
    client = rig.client()
    for path, name, read in (
        ("/market/tickers", "tickers", client.fetch_ticker),
        ("/market/current-fund-rate", "current_fund_rate", client.fetch_funding_rate),
        ("/position/current-position", "current_position", client.fetch_positions),
        ("/trade/unfilled-orders", "unfilled_orders", client.fetch_open_orders),
    ):
        rig.wire.gives(path, plain(name))
        with pytest.raises(ResponseMismatch):
            await read("ETHUSDT")
        assert len(rig.wire.queries(path)) == 2


async def test_venue_methods_give_the_venues_own_rows(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(market())
    assert (await client.fetch_account_info()).permissions == ["uta_mgt", "uta_trade"]
    assert (await client.fetch_account_settings()).asset_mode == "multi_assets"
    assert await client.fetch_fee_rate(BTC) == wire.WireFeeRate(
        maker_fee_rate=Decimal("0.0002"), taker_fee_rate=Decimal("0.0006")
    )
    assert (await client.fetch_open_limit(BTC)).single_user_limit
    assert (await client.fetch_max_open(market())).max_buy_open
    [rank] = await client.fetch_adl_ranks()
    assert (rank.symbol, rank.hold_side) == ("BTCUSDT", "long")


async def test_a_halted_client_closes_nothing_by_itself(rig: Rig) -> None:
    client = rig.client()
    client.halt()
    with pytest.raises(Exception, match="halted"):
        await client.flash_close(BTC)
    await client.arm_cancel_all(30)


async def test_a_further_account_learns_its_own_modes(rig: Rig) -> None:
    client = rig.client()
    await client.create_order(request())
    found = rig.venue.exchange.venues["bitget-uta"]
    twin = client.with_credentials(Credentials(found.key.key, found.key.secret, found.key.passphrase))
    rig.clients.append(twin)
    await twin.create_order(request(price=Decimal(79000)))
    assert len(rig.wire.queries("/account/settings")) == 2


async def test_the_right_adapter_is_detected_from_the_account(rig: Rig) -> None:
    options: dict[str, Any] = {"base_url": "http://127.0.0.1:1", "http": rig.wire, "limiter": NoLimiter()}
    for venue_id, venue in rig.venue.exchange.venues.items():
        credentials = Credentials(venue.key.key, venue.key.secret, venue.key.passphrase)
        assert await detect("bitget", credentials, **options) == venue_id
    with pytest.raises(AuthenticationError):
        await detect("bitget", Credentials("bg_unknown", "secret", "passphrase"), **options)


async def test_demo_trading_works_with_demo_keys(rig: Rig) -> None:
    client = rig.client(key=DEMO_KEY, demo=True)
    order = await client.create_order(request())
    assert order.status is OrderStatus.NEW
    assert {headers.get("paptrading") for headers in rig.wire.headers} == {"1"}
    await client.fetch_funding_rate(BTC)
    assert rig.wire.headers[-1].get("paptrading") is None


async def test_an_empty_body_is_asked_for_again(rig: Rig) -> None:
    client = rig.client(retry=RetryPolicy(attempts=2, base_s=0.001))

    def empty_once() -> tuple[int, bytes]:
        del rig.wire.answers["/api/v3/position/current-position"]
        return 200, b""

    rig.wire.answers["/api/v3/position/current-position"] = empty_once
    assert await client.fetch_positions() == []
    assert len(rig.wire.queries("/position/current-position")) == 2


async def test_a_lost_order_is_found_and_not_sent_again(rig: Rig) -> None:
    client = rig.client()
    body = {**order_body(price="80000"), "clientOid": "fx-1", "timeInForce": "gtc", "marginMode": "crossed"}

    def placed_but_lost() -> tuple[int, bytes]:
        rig.venue.now = time.time_ns() // 1_000_000
        rig.venue.post("/trade/place-order", body | {"qty": "0.001"})
        return 502, b"<html>bad gateway</html>"

    rig.wire.answers["/api/v3/trade/place-order"] = placed_but_lost
    order = await client.create_order(request(client_order_id="fx-1"))
    assert (order.recovered, order.client_order_id, order.price) == (True, "fx-1", Decimal(80000))
    assert len(rig.wire.bodies("/trade/place-order")) == 1


@pytest.mark.parametrize("code", ["40010", "40725", "45001", "25000", "25003", "25212", "99999"])
async def test_codes_that_leave_an_order_in_doubt_are_not_refusals(rig: Rig, code: str) -> None:
    client = rig.client()
    rig.wire.refuses("/trade/place-order", code)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await client.create_order(request(client_order_id="fx-1"), on_unknown="raise")
    assert (caught.value.client_order_id, caught.value.outcome) == ("fx-1", Outcome.UNKNOWN)
    assert len(rig.wire.bodies("/trade/place-order")) == 1
