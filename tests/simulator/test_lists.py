"""What an account has done, as lists: filtered, newest first, in pages."""

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from futures_async.simulator.lists import Wanted, facts, page
from futures_async.simulator.world import Options
from futures_async.unified.enums import PositionMode
from tests.simulator.rig import BTC, BUY, ETH, SELL, Bench, benches


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Ten orders, one every second, of two contracts by turns; the last one rests."""
    for bench in benches(PositionMode.ONE_WAY, balance=1_000_000):
        for number in range(9):
            bench.place(BUY, "1", symbol=ETH if number % 2 else BTC, client_id=f"c{number}")
            bench.wait(1000)
        bench.place(BUY, "1", "80000", client_id="c9")
        yield bench


def test_an_order_is_not_hidden_where_the_clock_has_gone_back_since_it_came(bench: Bench) -> None:
    order = bench.account.order_log[-1]
    order.visible_ms = order.created_ms + 500
    seen = [order.hidden(order.created_ms + ms) for ms in (-3_600_000, 0, 499, 500)]
    assert seen == [False, True, True, False]


def test_pages_are_newest_first_and_follow_ids(bench: Bench) -> None:
    orders = bench.account.order_log
    first = page(orders, Wanted(limit=3))
    assert ([row.client_id for row in first.rows], first.more) == (["c9", "c8", "c7"], True)
    assert first.last_id == orders[-3].id
    second = page(orders, Wanted(limit=3, before_id=first.last_id))
    assert [row.client_id for row in second.rows] == ["c6", "c5", "c4"]
    assert page(orders, Wanted()) == (orders[::-1], False)
    empty = page(orders[:0], Wanted())
    assert (empty.rows, empty.more, empty.last_id) == ([], False, None)


def test_rows_are_found_by_contract_time_and_either_id(bench: Bench) -> None:
    orders = bench.account.order_log
    third = orders[3]
    assert [row.client_id for row in page(orders, Wanted(symbols=(ETH,))).rows] == ["c7", "c5", "c3", "c1"]
    window = Wanted(since_ms=third.created_ms, until_ms=orders[5].created_ms)
    assert [row.client_id for row in page(orders, window).rows] == ["c5", "c4", "c3"]
    assert page(orders, Wanted(order_id=third.id)).rows == page(orders, Wanted(client_id="c3")).rows == [third]
    small = page(orders, Wanted(limit=2), lambda order: order.symbol == ETH)
    assert ([row.client_id for row in small.rows], small.more) == (["c7", "c5"], True)


def test_fills_follow_their_order_and_closed_positions_their_end(bench: Bench) -> None:
    order, fills = bench.account.order_log[2], bench.engine.lists.fills(bench.account)
    [fill] = page(fills, Wanted(order_id=order.id)).rows
    assert fill.order is order
    assert page(fills, Wanted(client_id="c2")).rows == [fill]
    bench.wait(5000)
    bench.place(SELL, "4", symbol=ETH, reduce_only=True)
    [record] = page(bench.account.history, Wanted(symbols={ETH}, since_ms=bench.now)).rows
    assert facts(record) == (record.record_id, record.closed_ms, ETH, None, None)
    assert page(bench.account.history, Wanted(symbols={BTC})).rows == []
    transfer = bench.account.ledger[0]
    assert facts(transfer).symbol is None
    assert transfer not in page(bench.account.ledger, Wanted(symbols={BTC, ETH})).rows


def test_lists_hold_what_lookups_can_see() -> None:
    for bench in benches(PositionMode.ONE_WAY, options=Options(visibility_lag_ms=2000)):
        lists = bench.engine.lists
        resting, filled = bench.place(BUY, "0.1", "80000"), bench.place(BUY, "0.1")
        assert (lists.open_orders(bench.account), lists.past_orders(bench.account)) == ([], [])
        assert lists.fills(bench.account) == []
        bench.wait(2000)
        assert lists.open_orders(bench.account) == [resting]
        assert lists.past_orders(bench.account) == [filled]
        assert [fill.order for fill in lists.fills(bench.account)] == [filled]
        assert filled.filled == D("0.1")
