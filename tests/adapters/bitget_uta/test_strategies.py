"""How orders that wait are written, and what their rows mean."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from futures_async.adapters._bitget import ProductType
from futures_async.adapters.bitget_uta import endpoints, strategies, strategy_bodies, wire
from futures_async.trading.ordering import PlannedOrder
from futures_async.unified.enums import (
    Intent,
    OrderKind,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    PriceSource,
    Side,
)
from futures_async.unified.errors import DecodeError
from futures_async.unified.models import Order, OrderRequest, Stop
from tests.adapters.bitget_uta.samples import payload, plain

USDT: ProductType = "USDT-FUTURES"
HEDGE, ONE_WAY = PositionMode.HEDGE, PositionMode.ONE_WAY
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
LAST, MARK, INDEX = PriceSource.LAST, PriceSource.MARK, PriceSource.INDEX
READING = strategies.strategies(USDT)


def plan(kind: OrderKind, mode: PositionMode, client_order_id: str | None, **fields: Any) -> PlannedOrder:
    given: dict[str, Any] = {"symbol": "BTC/USDT:USDT", "type": OrderType.TRIGGER, "quantity": "0.001"}
    return PlannedOrder(
        request=OrderRequest(**given | fields),
        venue_symbol="BTCUSDT",
        client_order_id=client_order_id,
        local_id="x",
        kind=kind,
        position_mode=mode,
    )


# Writing


def test_a_stop_of_a_part_is_written_as_documented() -> None:
    order = plan(
        OrderKind.STOP_LOSS,
        HEDGE,
        "fx-20260112-000101",
        side=Side.SELL,
        intent=Intent.CLOSE,
        trigger_price=90_000,
        price=89_900,
    )
    assert strategy_bodies.stop_bodies(order, USDT) == [plain("place_strategy.partial.request")]


def test_both_stops_of_a_position_are_one_order_as_documented() -> None:
    stops = {"take_profit": Stop(D(130_000), LAST), "stop_loss": Stop(D(90_000))}
    body = strategy_bodies.whole_body("BTCUSDT", USDT, stops, "fx-20260112-000102")
    assert strategy_bodies.held_bodies(body, LONG, HEDGE) == [plain("place_strategy.full.request")]


def test_a_trigger_is_written_as_documented() -> None:
    order = plan(
        OrderKind.TRIGGER, ONE_WAY, "fx-20260112-000103", side=Side.BUY, trigger_price=115_000, trigger_by=LAST
    )
    assert strategy_bodies.trigger_body(order, USDT) == plain("place_strategy.trigger.request")


def test_a_trailing_order_is_written_as_documented() -> None:
    order = plan(
        OrderKind.TRAILING,
        ONE_WAY,
        None,
        side=Side.SELL,
        intent=Intent.CLOSE,
        quantity="0.002",
        trigger_price=125_000,
    )
    body = strategy_bodies.trailing_body(order, USDT, "1")
    assert body.pop("clientOid") is None
    assert body == plain("place_strategy.trailing.request")


def test_a_trigger_with_a_limit_price_says_so_and_by_the_mark_price_unless_told() -> None:
    order = plan(OrderKind.TRIGGER, HEDGE, "a", side=Side.SELL, trigger_price=115_000, price=114_900)
    body = strategy_bodies.trigger_body(order, USDT)
    assert (body["triggerBy"], body["triggerOrderType"], body["triggerOrderPrice"]) == ("mark", "limit", "114900")
    assert (body["side"], body["posSide"], "reduceOnly" in body) == ("sell", "short", False)


@pytest.mark.parametrize(
    ("mode", "intent", "said"),
    [
        (HEDGE, Intent.OPEN, {"side": "buy", "posSide": "long"}),
        (HEDGE, Intent.CLOSE, {"side": "buy", "posSide": "short"}),
        (ONE_WAY, Intent.OPEN, {"side": "buy"}),
        (ONE_WAY, Intent.CLOSE, {"side": "buy", "reduceOnly": "yes"}),
    ],
)
def test_what_a_trigger_opens_or_closes_is_said_as_of_plain_orders(
    mode: PositionMode, intent: Intent, said: dict[str, str]
) -> None:
    order = plan(OrderKind.TRIGGER, mode, "a", side=Side.BUY, intent=intent, trigger_price=1)
    body = strategy_bodies.trigger_body(order, USDT)
    assert {name: body[name] for name in ("side", "posSide", "reduceOnly") if name in body} == said


@pytest.mark.parametrize(("held", "side"), [(LONG, "sell"), (SHORT, "buy")])
def test_in_one_way_mode_a_stop_names_the_position_or_else_the_side_and_never_net(
    held: PositionSide, side: str
) -> None:
    first, second = strategy_bodies.held_bodies({"qty": "1"}, held, ONE_WAY)
    assert first == {"qty": "1", "posSide": held.value}
    assert second == {"qty": "1", "side": side, "reduceOnly": "yes"}


def test_ids_of_stops_of_whole_positions_tell_themselves() -> None:
    name = strategy_bodies.whole_id()
    assert len(name) == 32
    assert strategies.is_whole(wire.WireStrategy(client_oid=name, qty="0.5"))
    assert not strategies.is_whole(wire.WireStrategy(client_oid="1331", qty="0.5"))
    for empty in ("", "0", None):
        assert strategies.is_whole(wire.WireStrategy(client_oid="1331", qty=empty))


# Reading


def read(beside: wire.WireBeside | None = None, **fields: Any) -> Order:
    row: dict[str, Any] = {
        "orderId": "1",
        "clientOid": "1",
        "symbol": "BTCUSDT",
        "category": "USDT-FUTURES",
        "qty": "0.5",
        **fields,
    }
    return READING.one(msgspec.convert(row, wire.WireStrategy), beside or wire.WireBeside())


def test_the_captured_stop_is_read_whole() -> None:
    rows: Any = payload(endpoints.OPEN_STRATEGIES, "unfilled_strategies")
    order = READING.one(rows[0], wire.WireBeside(type="tpsl", status="pending"))
    assert (order.symbol, order.order_id, order.client_order_id) == ("BTC/USDT:USDT", *["1331000000000000201"] * 2)
    assert (order.kind, order.type, order.status) == (OrderKind.STOP_LOSS, OrderType.TRIGGER, OrderStatus.NEW)
    assert (order.side, order.reduce_only, order.position_side) == (Side.SELL, True, LONG)
    assert (order.trigger_price, order.trigger_by, order.price) == (D(114_000), MARK, D(113_000))
    assert (order.take_profit, order.stop_loss, order.quantity) == (None, D(114_000), D("0.001"))
    assert (order.created_ms, order.updated_ms, order.unread) == (1753057411736, 1753057411747, ())


def test_the_documented_trigger_is_read_whole() -> None:
    rows: Any = payload(endpoints.OPEN_STRATEGIES, "unfilled_strategies.trigger")
    order = READING.one(rows[0], wire.WireBeside(type="trigger", hold_mode="hedge_mode"))
    assert (order.kind, order.side, order.position_side, order.reduce_only) == (
        OrderKind.TRIGGER,
        Side.BUY,
        LONG,
        False,
    )
    assert (order.trigger_price, order.trigger_by, order.price) == (D(115_000), LAST, None)
    assert (order.status, order.take_profit, order.stop_loss) == (OrderStatus.NEW, None, None)


def test_what_was_set_off_says_nothing_of_fills() -> None:
    page = payload(endpoints.PAST_STRATEGIES, "history_strategies")
    [order] = READING.all(page.rows, lambda _: wire.WireBeside(type="tpsl"))
    assert (order.status, order.filled_quantity) == (OrderStatus.UNKNOWN, None)
    assert page.following == "1330960754317619202"  # a number on the wire


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", OrderStatus.NEW),
        ("submitting", OrderStatus.NEW),
        ("success", OrderStatus.UNKNOWN),
        ("failed", OrderStatus.REJECTED),
        ("cancelled", OrderStatus.CANCELED),
        ("brand_new", OrderStatus.UNKNOWN),
    ],
)
def test_states(word: str, status: OrderStatus) -> None:
    assert read(posSide="long", stopLoss="1", status=word).status is status


def test_a_row_without_status_waits_where_the_waiting_are_listed_and_else_is_unknown() -> None:
    fields = {"posSide": "long", "stopLoss": "1"}
    assert read(wire.WireBeside(status="pending"), **fields).status is OrderStatus.NEW
    assert read(wire.WireBeside(), **fields).status is OrderStatus.UNKNOWN


def test_both_legs_are_one_order() -> None:
    order = read(posSide="short", takeProfit="80", tpTriggerBy="market", stopLoss="120", slTriggerBy="mark")
    assert (order.kind, order.trigger_price, order.trigger_by) == (OrderKind.STOP_LOSS, D(120), MARK)
    assert (order.take_profit, order.stop_loss, order.side) == (D(80), D(120), Side.BUY)
    profit = read(posSide="short", takeProfit="80", tpTriggerBy="market", tpOrderType="limit", tpLimitPrice="79")
    assert (profit.kind, profit.trigger_price, profit.trigger_by, profit.price) == (
        OrderKind.TAKE_PROFIT,
        D(80),
        LAST,
        D(79),
    )


def test_a_limit_price_counts_only_with_its_order_type() -> None:
    row: dict[str, Any] = {"posSide": "long", "stopLoss": "90", "slLimitPrice": "89"}
    assert read(**row, slOrderType="market").price is None
    assert read(**row, slOrderType="limit").price == 89
    plain_trigger: dict[str, Any] = {"side": "buy", "triggerPrice": "110", "triggerOrderPrice": "111"}
    assert read(**plain_trigger, triggerOrderType="market").price is None
    assert read(**plain_trigger, triggerOrderType="limit").price == 111


TRAIL = {
    "activationPrice": "125000",
    "activationType": "index",
    "trailType": "ratio",
    "trailVariance": "1",
    "preOrderType": "limit",
    "preOrderPrice": "124000",
}


@pytest.mark.parametrize("came", [[TRAIL], TRAIL], ids=["list", "object"])
def test_a_trailing_order_is_read_from_a_list_or_an_object(came: Any) -> None:
    order = read(side="sell", trailingStopParams=came)
    assert (order.kind, order.trigger_price, order.trigger_by, order.price) == (
        OrderKind.TRAILING, D(125_000), INDEX, D(124_000),
    )  # fmt: skip
    assert order.unread == ()


def test_terms_of_a_trailing_order_that_are_none_are_named() -> None:
    order = read(wire.WireBeside(type="trailing_stop"), side="sell", trailingStopParams=[TRAIL, TRAIL])
    assert (order.kind, order.trigger_price) == (OrderKind.TRAILING, None)
    assert "trailingStopParams" in order.unread


@pytest.mark.parametrize("kind", ["trigger", "trailing_stop"])
def test_a_side_that_nobody_says_is_never_guessed(kind: str) -> None:
    terms = {"triggerPrice": "110"} if kind == "trigger" else {"trailingStopParams": [TRAIL]}
    with pytest.raises(DecodeError, match="buys or sells") as caught:
        read(wire.WireBeside(type=kind), posSide="long", reduceOnly="no", **terms)
    assert caught.value.path == "side"
    assert read(wire.WireBeside(type=kind, side="sell"), posSide="long", **terms).side is Side.SELL
    assert read(wire.WireBeside(type=kind, side="sell"), side="buy", **terms).side is Side.BUY


def test_what_closes_is_told_by_the_pair_in_hedge_mode_and_by_its_word_in_one_way_mode() -> None:
    def reduces(mode: str | None, **fields: Any) -> bool | None:
        return read(wire.WireBeside(hold_mode=mode), triggerPrice="1", **fields).reduce_only

    assert reduces("hedge_mode", side="sell", posSide="long", reduceOnly="no") is True
    assert reduces("hedge_mode", side="buy", posSide="long", reduceOnly="no") is False
    assert reduces("one_way_mode", side="sell", posSide="long", reduceOnly="no") is False
    assert reduces("one_way_mode", side="sell", reduceOnly="yes") is True
    assert reduces(None, side="sell", posSide="long", reduceOnly="no") is None
    ours = wire.WireBeside(reduce_only="yes", side="sell")
    assert read(ours, triggerPrice="1").reduce_only is True


def test_the_kind_is_the_rows_word_else_what_was_asked_unless_its_prices_say_otherwise() -> None:
    stop, trigger = {"posSide": "long", "stopLoss": "90"}, {"side": "buy", "triggerPrice": "110"}
    assert read(wire.WireBeside(type="trigger"), **stop).kind is OrderKind.STOP_LOSS
    assert read(wire.WireBeside(type="tpsl"), **trigger).kind is OrderKind.TRIGGER
    # The page's sample fills both sets in one row.
    assert read(wire.WireBeside(type="trigger"), **stop | trigger).kind is OrderKind.TRIGGER
    assert read(wire.WireBeside(type="trigger"), type="tpsl", **stop | trigger).kind is OrderKind.STOP_LOSS
    with pytest.raises(DecodeError, match="what kind"):
        read(side="buy")


def test_the_whole_position_has_no_quantity_and_a_trigger_must_have_one() -> None:
    assert read(posSide="long", stopLoss="90", qty="").quantity == 0
    with pytest.raises(DecodeError, match="qty"):
        read(side="buy", triggerPrice="110", qty="")


def test_legs_are_repeated_as_they_stand() -> None:
    row = wire.WireStrategy(
        take_profit="130", tp_trigger_by="market", tp_order_type="market", stop_loss="", sl_trigger_by="market"
    )
    assert strategies.legs_of(row) == {"take_profit": Stop(D(130), LAST)}
    [(same, legs)] = strategy_bodies.shared_out([row], {"stop_loss": Stop(D(90), None, D(89))})
    assert same is row
    assert strategy_bodies.leg_fields(legs) == {
        "takeProfit": "130", "tpTriggerBy": "market", "tpOrderType": "market",
        "stopLoss": "90", "slTriggerBy": "mark", "slOrderType": "limit", "slLimitPrice": "89",
    }  # fmt: skip


def test_a_leg_goes_to_the_row_that_has_one() -> None:
    rows = [wire.WireStrategy(take_profit="130"), wire.WireStrategy(stop_loss="90")]
    [(row, _)] = strategy_bodies.shared_out(rows, {"stop_loss": Stop(D(91))})
    assert row is rows[1]
    assert len(strategy_bodies.shared_out(rows, {"stop_loss": Stop(D(91)), "take_profit": Stop(D(131))})) == 2


def test_a_leg_that_cannot_be_read_is_not_repeated_as_something_else() -> None:
    with pytest.raises(DecodeError):
        strategies.legs_of(wire.WireStrategy(take_profit="130", stop_loss="--"))
