"""How orders are written, and how the answers to them are read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from futures_async.adapters._bitget import ProductType
from futures_async.adapters.bitget_uta import BitgetUTA, endpoints, orders, wire
from futures_async.adapters.bitget_uta.dialect import BitgetUTADialect
from futures_async.trading.ordering import Ack, PlannedOrder
from futures_async.transport.dialect import Refusal
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderKind,
    OrderType,
    Outcome,
    PositionMode,
    PriceSource,
    Side,
    TimeInForce,
)
from futures_async.unified.errors import (
    DuplicateOrder,
    ExchangeError,
    OrderRejected,
    VenueUnavailable,
)
from futures_async.unified.models import OrderRequest, Stop
from tests.adapters.bitget_uta.samples import payload, plain

USDT: ProductType = "USDT-FUTURES"
DIALECT = BitgetUTADialect()
HEDGE, ONE_WAY = PositionMode.HEDGE, PositionMode.ONE_WAY
CROSS, ISOLATED = MarginMode.CROSS, MarginMode.ISOLATED


def plan(mode: PositionMode = ONE_WAY, client_order_id: str = "fx-20260112-000001", **fields: Any) -> PlannedOrder:
    given: dict[str, Any] = {
        "symbol": "BTC/USDT:USDT",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": Decimal("0.001"),
        "price": Decimal(50000),
    }
    request = OrderRequest(**given | fields)
    return PlannedOrder(
        request=request,
        venue_symbol="BTCUSDT",
        client_order_id=client_order_id,
        local_id=client_order_id,
        position_mode=mode,
    )


def body(mode: PositionMode = ONE_WAY, margin_mode: MarginMode = CROSS, **fields: Any) -> dict[str, str]:
    return orders.order_body(plan(mode, **fields), USDT, margin_mode)


def test_an_order_is_written_as_documented_byte_for_byte() -> None:
    assert msgspec.json.encode(body(HEDGE)) == msgspec.json.encode(plain("place_order.request"))


def test_the_body_of_vector_b_lacks_only_the_margin_mode_that_is_always_said() -> None:
    written = body(price=Decimal(60000))
    assert written.pop("marginMode") == "crossed"
    assert written == plain("place_order.vector_b.request")


@pytest.mark.parametrize(
    ("side", "intent", "pos_side", "reduces"),
    [
        (Side.BUY, Intent.OPEN, "long", False),
        (Side.SELL, Intent.CLOSE, "long", True),
        (Side.SELL, Intent.OPEN, "short", False),
        (Side.BUY, Intent.CLOSE, "short", True),
    ],
)
def test_the_side_is_the_trades_and_what_closes_is_said_by_mode(
    side: Side, intent: Intent, pos_side: str, reduces: bool
) -> None:
    hedge = body(HEDGE, side=side, intent=intent)
    assert (hedge["side"], hedge["posSide"]) == (side.value, pos_side)
    assert "reduceOnly" not in hedge
    one_way = body(ONE_WAY, side=side, intent=intent)
    assert one_way["side"] == side.value
    assert "posSide" not in one_way
    assert one_way.get("reduceOnly") == ("yes" if reduces else None)


@pytest.mark.parametrize("force", [None, *TimeInForce])
def test_limit_orders_say_how_long_they_rest(force: TimeInForce | None) -> None:
    assert body(time_in_force=force)["timeInForce"] == (force or TimeInForce.GTC).value


@pytest.mark.parametrize("force", [None, TimeInForce.IOC])
def test_market_orders_say_no_price_and_no_time(force: TimeInForce | None) -> None:
    written = body(type=OrderType.MARKET, price=None, time_in_force=force)
    assert written["orderType"] == "market"
    assert not {"price", "timeInForce"} & set(written)


def test_a_market_order_that_must_fill_whole_is_not_to_be_had() -> None:
    carried = BitgetUTA.order_fields.of(OrderKind.PLAIN, OrderType.MARKET, Intent.OPEN)
    assert f"time_in_force={TimeInForce.FOK}" not in carried


def test_isolated_margin_is_said_with_the_order() -> None:
    assert body(margin_mode=ISOLATED)["marginMode"] == "isolated"


def test_protection_goes_with_opening_orders_only() -> None:
    written = body(take_profit=Decimal(70000), stop_loss=Decimal("40000.5"))
    assert (written["takeProfit"], written["stopLoss"]) == ("70000", "40000.5")
    for kind in (OrderType.LIMIT, OrderType.MARKET):
        assert not any("." in word for word in BitgetUTA.order_fields.of(OrderKind.PLAIN, kind, Intent.CLOSE))


def test_what_sets_protection_off_and_its_limit_price_are_written_with_it() -> None:
    stops: dict[str, Any] = {
        "take_profit": Stop(Decimal(70000), PriceSource.LAST),
        "stop_loss": Stop(Decimal(9), None, Decimal(8)),
    }
    written = body(**stops)
    assert {name: value for name, value in written.items() if name[:2] in ("tp", "sl")} == {
        "tpTriggerBy": "market", "slOrderType": "limit", "slLimitPrice": "8",
    }  # fmt: skip


def test_small_numbers_are_written_without_exponent() -> None:
    assert body(quantity=Decimal("1E-7"), price=Decimal("1E+5"))["qty"] == "0.0000001"


def test_coin_margined_orders_name_their_category() -> None:
    assert orders.order_body(plan(), "USDC-FUTURES", CROSS)["category"] == "USDC-FUTURES"


def test_an_element_of_a_batch_says_what_is_documented_for_it() -> None:
    element = orders.order_body(plan(HEDGE), USDT, CROSS, batch=True)
    assert element == {key: value for key, value in plain("place_order.request").items() if key != "marginMode"}


@pytest.mark.parametrize(
    ("mode", "margin_mode", "fields", "fits"),
    [
        (ONE_WAY, CROSS, {}, True),
        # Without reduceOnly it could flip the position.
        (ONE_WAY, CROSS, {"intent": Intent.CLOSE}, False),
        (HEDGE, CROSS, {"intent": Intent.CLOSE}, True),
        (HEDGE, ISOLATED, {}, False),
        (ONE_WAY, CROSS, {"take_profit": Decimal(1)}, False),
        (ONE_WAY, CROSS, {"stop_loss": Decimal(1)}, False),
    ],
)
def test_only_what_the_batch_can_say_goes_through_it(
    mode: PositionMode, margin_mode: MarginMode, fields: dict[str, Any], fits: bool
) -> None:
    assert orders.fits_batch(plan(mode, **fields), margin_mode) is fits


def test_a_change_is_written_as_documented() -> None:
    order = orders.orders(USDT).one(payload(endpoints.ORDER, "order_info"))
    written = orders.change_body(order, USDT, Decimal(50100), Decimal("0.002"))
    assert msgspec.json.encode(written) == msgspec.json.encode(plain("modify_order.request"))
    assert "qty" not in orders.change_body(order, USDT, Decimal(50100), None)
    assert "price" not in orders.change_body(order, USDT, None, Decimal("0.002"))


def test_what_can_be_opened_is_asked_with_the_order() -> None:
    assert orders.max_open_body(plan().request, "BTCUSDT", USDT) == {
        "category": USDT,
        "symbol": "BTCUSDT",
        "orderType": "limit",
        "side": "buy",
        "size": "0.001",
        "price": "50000",
    }


# Answers


def read(items: list[wire.WireIds], *ids: str) -> list[Ack | ExchangeError]:
    plans = [plan(client_order_id=client_id) for client_id in ids]
    return [judged(answer) for answer in orders.read_acks(items, plans)]


def judged(answer: Ack | Refusal | ExchangeError) -> Ack | ExchangeError:
    """As the core takes it."""
    return DIALECT.judged(answer, endpoints.PLACE_BATCH) if isinstance(answer, Refusal) else answer


def test_a_batch_that_is_answered_in_part_is_read_entry_by_entry() -> None:
    good, bad = read(payload(endpoints.PLACE_BATCH, "place_batch"), "fx-20260112-000003", "fx-20260112-000004")
    assert good == Ack("1329947796441513984", "fx-20260112-000003")
    assert isinstance(bad, OrderRejected)
    assert (bad.code, bad.definitive, bad.outcome) == ("25207", True, Outcome.REJECTED)
    assert "cannot be less than 0.0001" in bad.message


def test_answers_are_matched_by_id_and_not_by_position() -> None:
    items = payload(endpoints.PLACE_BATCH, "place_batch")
    bad, good = read(items, "fx-20260112-000004", "fx-20260112-000003")
    assert isinstance(bad, OrderRejected)
    assert good == Ack("1329947796441513984", "fx-20260112-000003")


def test_an_order_that_the_answer_leaves_out_is_no_refusal() -> None:
    _, lost = read(payload(endpoints.PLACE_BATCH, "place_batch"), "fx-20260112-000003", "fx-of-nobody")
    assert isinstance(lost, ExchangeError)
    assert lost.definitive is False


@pytest.mark.parametrize(
    ("code", "error", "definitive"),
    [
        ("25212", DuplicateOrder, False),
        ("40010", VenueUnavailable, False),
        ("98765", ExchangeError, False),
        (25203, OrderRejected, True),
    ],
)
def test_an_entrys_code_means_what_it_means_everywhere(
    code: str | int, error: type[ExchangeError], definitive: bool
) -> None:
    refusal = orders.refusal_of(wire.WireIds(client_oid="a", code=code))
    assert refusal is not None
    found = judged(refusal)
    assert isinstance(found, error)
    assert found.definitive is definitive


@pytest.mark.parametrize("code", [None, "", "0", "00000", 0])
def test_success_has_no_code_or_one_of_these(code: str | int | None) -> None:
    assert orders.refusal_of(wire.WireIds(order_id="1", code=code)) is None


def test_an_order_may_be_accepted_without_the_venues_id() -> None:
    assert orders.read_ack(wire.WireIds(client_oid="a")) == Ack(None, "a")
    assert orders.read_ack(wire.WireIds(order_id=1320244799629316097)) == Ack("1320244799629316097", None)
