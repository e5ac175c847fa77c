"""Stops on the wrong side of the market are refused, whatever brings them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from futures_async.simulator import errors
from futures_async.simulator.dialect import Request
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.records import Order, Preset
from futures_async.simulator.world import Options
from futures_async.unified.enums import PositionMode, Side
from tests.simulator.bitget_client import Bitget, Refused
from tests.simulator.rig import BUY, CLOSE, OPEN, SELL, Bench, benches

WRONG = [
    # side, limit price, take-profit, stop-loss; BTC stands at 90,000
    (BUY, None, "90000", None, errors.LongProfitBelow, "> mark price 90000"),
    (BUY, None, None, "90000", errors.LongStopAbove, "< mark price 90000"),
    (BUY, "80000", None, "85000", errors.LongStopAbove, "< order price 80000"),
    (BUY, "80000", "79000", None, errors.LongProfitBelow, "> order price 80000"),
    (SELL, None, "90001", None, errors.ShortProfitAbove, "< mark price 90000"),
    (SELL, None, None, "89999", errors.ShortStopBelow, "> mark price 90000"),
    (SELL, "95000", None, "94000", errors.ShortStopBelow, "> order price 95000"),
]
RIGHT = [
    (BUY, None, "90001", "89999"),
    (BUY, "80000", "85000", "79000"),
    (SELL, None, "89999", "90001"),
    (SELL, "95000", "91000", "96000"),
]


@pytest.fixture
def bench() -> Iterator[Bench]:
    yield from benches(PositionMode.HEDGE)


def preset(price: str | None) -> Preset | None:
    return None if price is None else Preset(trigger_price=D(price))


def place(bench: Bench, side: Side, price: str | None, profit: str | None, stop: str | None) -> Order:
    return bench.place(side, "0.01", price, intent=OPEN, take_profit=preset(profit), stop_loss=preset(stop))


@pytest.mark.parametrize(("side", "price", "profit", "stop", "error", "text"), WRONG)
def test_an_order_with_a_wrong_stop_is_refused(
    bench: Bench,
    side: Side,
    price: str | None,
    profit: str | None,
    stop: str | None,
    error: type[errors.EngineError],
    text: str,
) -> None:
    with pytest.raises(error) as refused:
        place(bench, side, price, profit, stop)
    assert str(refused.value) == text
    assert bench.account.orders == {}


@pytest.mark.parametrize(("side", "price", "profit", "stop"), RIGHT)
def test_a_stop_on_the_right_side_waits(
    bench: Bench, side: Side, price: str | None, profit: str | None, stop: str | None
) -> None:
    order = place(bench, side, price, profit, stop)
    bench.wait(10_000)
    assert order.is_open == (price is not None)
    assert len(bench.account.live_triggers) == (2 if price is None else 0)


def test_a_change_that_puts_the_stop_on_the_wrong_side_is_refused(bench: Bench) -> None:
    order = place(bench, BUY, "80000", "95000", "79000")
    for in_place in (True, False):
        with pytest.raises(errors.LongStopAbove):
            bench.engine.orders.amend(bench.account, order, price=D(78_000), in_place=in_place)
    assert order.is_open
    assert order.price == 80_000


def test_a_plan_is_judged_by_the_price_at_which_it_acts(bench: Bench) -> None:
    def plan(stop: str, price: str | None = None) -> None:
        ticket = bench.ticket(BUY, "0.01", price, intent=OPEN, stop_loss=preset(stop))
        bench.engine.triggers.place_plan(bench.account, ticket, D(85_000))

    with pytest.raises(errors.LongStopAbove, match="< execution price 85000"):
        plan("85000")
    with pytest.raises(errors.LongStopAbove, match="< execution price 84000"):
        plan("84500", "84000")
    plan("84500")
    bench.move(85_000)  # what was right when it was placed is not judged again
    assert len(bench.account.fills) == 1


def test_what_closes_brings_no_stops(bench: Bench) -> None:
    place(bench, BUY, None, None, None)
    bench.place(SELL, "0.01", intent=CLOSE, stop_loss=preset("80000"))
    assert bench.account.live_triggers == {}


@pytest.mark.parametrize(
    ("field", "price", "code", "text"),
    [
        ("presetStopLossPrice", "90000", "40917", "Stop price for long positions please < mark price 90000"),
        ("presetStopSurplusPrice", "89999", "40830", "The take profit price needs to be > mark price 90000"),
    ],
)
def test_bitget_says_which(field: str, price: str, code: str, text: str) -> None:
    with pytest.raises(Refused) as refused:
        Bitget().order("buy", "0.1", **{field: price})
    assert (refused.value.code, refused.value.message) == (code, text)


@pytest.mark.parametrize(
    ("venue", "path", "codes"),
    [
        ("bitget", "/api/v2/mix/order/place-order", ["40917", "45122", "40830", "40831"]),
        ("bitget-uta", "/api/v3/trade/place-order", ["25579"] * 4),
        ("bitmart", "/contract/private/submit-order", ["40031"] * 4),
        ("bybit", "/v5/order/create", ["10001"] * 4),
    ],
)
def test_every_venue_has_a_code_for_it(venue: str, path: str, codes: list[str]) -> None:
    dialect = SimulatedExchange(only=[venue]).venues[venue].dialect
    wrong = (errors.LongStopAbove, errors.ShortStopBelow, errors.LongProfitBelow, errors.ShortProfitAbove)
    assert [dialect.translate(error("< mark price 1"), Request("POST", path)).code for error in wrong] == codes


def test_where_stops_come_late_a_part_that_is_filled_has_none_until_its_order_ends() -> None:
    low = Preset(trigger_price=D(80_000))
    for end in ("cancelled", "edited", "filled"):
        bench = Bench(balance=5_000_000, options=Options(partial_fills=True))
        bench.account.late_stops = True
        order = bench.place(BUY, "5", "90000.1", take_profit=Preset(trigger_price=D(95_000)), stop_loss=low)
        assert (order.filled, bench.account.live_triggers) == (D("2.5"), {})
        if end == "cancelled":
            bench.engine.orders.cancel(bench.account, order_id=order.id)
        elif end == "edited":
            bench.engine.orders.complete(bench.account, order)
        else:
            bench.move(89_990)
        [stop] = bench.account.live_triggers.values()
        assert (stop.quantity, stop.trigger_price, stop.other) == (order.filled, D(95_000), low)
        bench.close()


def test_where_stops_come_late_an_order_without_a_fill_leaves_none() -> None:
    bench = Bench()
    bench.account.late_stops = True
    order = bench.place(BUY, "0.1", "80000", stop_loss=Preset(trigger_price=D(79_000)))
    bench.engine.orders.cancel(bench.account, order_id=order.id)
    assert bench.account.live_triggers == {}
    bench.close()
