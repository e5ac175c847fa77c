"""Contracts settled in their base coin: every figure worked out by hand from the venue's published formulas.

PnL of a long in the coin is its value at entry × (1/entry - 1/price); a quantity is base coin, so its value at the
price of the moment is the quantity itself, and margins and fees are fractions of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from futures_async.simulator import errors
from futures_async.simulator.records import LedgerKind
from futures_async.unified.enums import MarginMode, PositionMode, Side
from tests.simulator.rig import BTC, BUY, SELL, Bench, benches

COIN = "BTC/USD:BTC"


@pytest.fixture(params=[MarginMode.CROSS, MarginMode.ISOLATED])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """One bitcoin in the account, the price at 80,000, ten times leverage."""
    for bench in benches(PositionMode.ONE_WAY, margin_mode=request.param):
        bench.move(80_000, COIN)
        bench.engine.deposit(bench.account, "BTC", D(1))
        yield bench


def coins(bench: Bench) -> D:
    return bench.account.balance("BTC")


def test_a_gain_is_paid_in_the_coin_at_the_price_of_the_close(bench: Bench) -> None:
    opened = bench.place(BUY, "2", symbol=COIN, price="80000.1")
    # Filled at the ask, 80,000.1; the fee is 0.06 % of two bitcoin.
    assert (opened.fee, opened.average_price) == (D("0.0012"), D("80000.1"))
    bench.move(100_000, COIN)
    [position] = bench.account.positions_of()
    # Value at entry 160,000.2 dollars: 160,000.2 × (1/80,000.1 - 1/100,000) bitcoin.
    assert bench.engine.margins.unrealized(position, D(100_000)) == D("0.399998")
    closed = bench.place(SELL, "2", symbol=COIN, reduce_only=True)
    # At the bid, 99,999.9.
    assert closed.realized_pnl == round(2 - D("160000.2") / D("99999.9"), 8)
    assert coins(bench) == D(1) + closed.realized_pnl - D("0.0024")
    assert coins(bench) == bench.engine.total_balance(bench.account, "BTC")


def test_a_short_loses_more_coins_than_a_long_wins(bench: Bench) -> None:
    bench.place(SELL, "1", symbol=COIN)
    [position] = bench.account.positions_of()
    entry = position.entry_price
    up = bench.engine.margins.unrealized(position, entry * 2)
    down = bench.engine.margins.unrealized(position, entry / 2)
    # Twice the price: 1 - 1/2 of the quantity is lost; half of it: 2 - 1 is won.
    assert (up, down) == (D("-0.5"), D(1))


def test_margin_is_the_quantity_over_the_leverage(bench: Bench) -> None:
    with pytest.raises(errors.InsufficientMargin):
        bench.place(BUY, "10", symbol=COIN)  # a whole bitcoin of margin, and the fee
    bench.place(BUY, "5", symbol=COIN)
    [position] = bench.account.positions_of()
    view = bench.engine.margins.view(bench.account, position)
    assert view.margin == D("0.5")
    assert view.notional == D(400_000)
    assert view.value == D(5)
    # Tier 2 of this contract, above 50,000 dollars and below 200,000, ends before 400,000: the third has 1 %.
    assert view.maintenance_margin == D("0.05")
    assert coins(bench) == D(1) - D("0.003")


@pytest.mark.parametrize("side", [BUY, SELL])
def test_the_liquidation_price_is_where_equity_meets_maintenance(bench: Bench, side: Side) -> None:
    bench.place(side, "0.5", symbol=COIN)
    [position] = bench.account.positions_of()
    margins = bench.engine.margins
    at = margins.view(bench.account, position).liquidation_price
    wallet = margins.wallet(bench.account, "BTC")
    backing = position.margin if position.margin else wallet.balance
    if at > 0:
        owed = position.quantity * (D("0.004") + D("0.0006"))
        # Prices and profits are kept to twelve decimals.
        assert abs(backing + margins.unrealized(position, at) - owed) <= D("2e-12")
    else:
        # A bitcoin behind half a bitcoin short: no price takes more than the half.
        assert (side, position.margin_mode) == (SELL, MarginMode.CROSS)


def test_an_isolated_long_is_liquidated_and_costs_its_margin() -> None:
    for bench in benches(PositionMode.ONE_WAY, margin_mode=MarginMode.ISOLATED):
        bench.move(80_000, COIN)
        bench.engine.deposit(bench.account, "BTC", D(1))
        bench.place(BUY, "0.5", symbol=COIN)
        [position] = bench.account.positions_of()
        at = bench.engine.margins.view(bench.account, position).liquidation_price
        bench.move(str(int(at) + 10), COIN)
        assert list(bench.account.positions_of())
        bench.move(str(int(at) - 10), COIN)
        assert list(bench.account.positions_of()) == []
        # The margin of 0.05 is gone, with the fees of both ways, and not more.
        assert coins(bench) == D(1) - D("0.05") - 2 * D("0.0003")


def test_funding_is_paid_in_the_coin(bench: Bench) -> None:
    bench.place(BUY, "0.5", symbol=COIN)
    bench.wait(4 * 3_600_000 + 1_000)
    [row] = [row for row in bench.account.ledger if row.kind is LedgerKind.FUNDING]
    contract = bench.engine.world.contract(COIN)
    rate = bench.engine.marks.funding_rate(contract, row.created_ms - 1)
    assert (row.coin, row.amount) == ("BTC", -D("0.5") * rate)


def test_break_even_pays_for_the_fees_of_both_ways(bench: Bench) -> None:
    bench.place(BUY, "0.5", symbol=COIN)
    [position] = bench.account.positions_of()
    at = bench.engine.margins.view(bench.account, position).break_even_price
    assert abs(bench.engine.margins.unrealized(position, at) - D("0.5") * 2 * D("0.0006")) < D("1e-15")


def test_linear_contracts_do_not_feel_it(bench: Bench) -> None:
    bench.place(BUY, "0.5", symbol=COIN)
    bench.place(BUY, "0.01", symbol=BTC)
    before = bench.balance
    bench.move(90_000, COIN)
    assert bench.balance == before
    wallet = bench.engine.margins.wallet(bench.account, "USDT")
    assert wallet.unrealized == D("-0.001")  # one tick of 0.1 above the mark, 0.01 bitcoin
