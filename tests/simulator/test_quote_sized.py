"""Contracts of one dollar, settled in the coin: each figure by hand from the formula that their venues publish.

PnL of a long in the coin is dollars × (1/entry - 1/price); a quantity is dollars, so its value in the coin is the
quantity over the price, and margins and fees are fractions of that.
"""

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from futures_async.simulator import errors
from futures_async.simulator.records import ARITHMETIC, Position, money, rounded
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide
from tests.simulator.rig import BUY, SELL, Bench, benches

DOLLARS = "BTC/1USD:BTC"


@pytest.fixture(params=[MarginMode.CROSS, MarginMode.ISOLATED])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """One bitcoin in the account, the price at 80,000, ten times leverage."""
    for bench in benches(PositionMode.ONE_WAY, margin_mode=request.param):
        bench.move(80_000, "BTC/USD:BTC")
        bench.engine.deposit(bench.account, "BTC", D(1))
        yield bench


def held(bench: Bench) -> Position:
    [position] = bench.account.positions_of()
    return position


def test_its_price_is_that_of_the_market_whatever_a_contract_is_worth(bench: Bench) -> None:
    contract = bench.engine.world.contract(DOLLARS)
    assert (contract.market, contract.is_inverse) == ("BTC/USD:BTC", True)
    assert bench.engine.world.mark(DOLLARS) == 80_000


def test_fee_value_and_gain_are_dollars_over_the_price(bench: Bench) -> None:
    order = bench.place(BUY, "40000", symbol=DOLLARS, price="80000.1")
    # Filled at the ask, 80,000.1; the fee is 0.06 % of 40,000 dollars of bitcoin.
    assert order.fee == money(D(40_000) / D("80000.1") * D("0.0006"))
    assert order.average_price == D("80000.1")
    bench.move(100_000, "BTC/USD:BTC")
    gain = rounded(D(40_000) / D("80000.1") - D("0.4"))
    assert bench.engine.margins.unrealized(held(bench), D(100_000)) == gain
    view = bench.engine.margins.view(bench.account, held(bench))
    assert (view.notional, view.value) == (D(40_000), D("0.4"))


def test_bought_twice_the_average_price_is_that_of_the_coins_given(bench: Bench) -> None:
    first = bench.place(BUY, "10000", symbol=DOLLARS, price="80000.1")
    bench.move(100_000, "BTC/USD:BTC")
    bench.place(BUY, "30000", symbol=DOLLARS, price="100000.1")
    coins = D(10_000) / D("80000.1") + D(30_000) / D("100000.1")
    assert held(bench).entry_price == rounded(D(40_000) / coins)
    assert first.filled_value == D(10_000) / D("80000.1")


def test_what_a_position_earned_is_in_the_balance_and_the_ledger(bench: Bench) -> None:
    bench.place(BUY, "40000", symbol=DOLLARS, price="80000.1")
    bench.move(100_000, "BTC/USD:BTC")
    closed = bench.place(SELL, "40000", symbol=DOLLARS, reduce_only=True)
    assert closed.realized_pnl == money(D(40_000) / D("80000.1") - D(40_000) / D("99999.9"))
    assert bench.account.balance("BTC") == bench.engine.total_balance(bench.account, "BTC")
    [record] = bench.account.history
    assert record.close_price == rounded(ARITHMETIC.divide(D(40_000), D(40_000) / D("99999.9")))


@pytest.mark.parametrize("side", [BUY, SELL])
def test_the_liquidation_price_is_where_the_backing_meets_the_maintenance_margin(bench: Bench, side: object) -> None:
    bench.place(side, "40000", symbol=DOLLARS)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - a side
    position = held(bench)
    view = bench.engine.margins.view(bench.account, position)
    price = view.liquidation_price
    if price <= 0:
        assert position.side is PositionSide.SHORT  # a bitcoin backs more than a short of so few can lose
        return
    contract = bench.engine.world.contract(DOLLARS)
    backing = position.margin if position.margin_mode is MarginMode.ISOLATED else bench.account.balance("BTC")
    equity = backing + bench.engine.margins.unrealized(position, price)
    owed = contract.value(position.quantity, price) * (view.maintenance_rate + contract.taker_rate)
    assert abs(equity - owed) <= D("2e-12")  # prices and profits are kept to twelve decimals


@pytest.mark.parametrize("side", [BUY, SELL])
def test_the_break_even_price_pays_for_both_fees(bench: Bench, side: object) -> None:
    bench.place(side, "40000", symbol=DOLLARS)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - a side
    position = held(bench)
    contract = bench.engine.world.contract(DOLLARS)
    price = bench.engine.margins.view(bench.account, position).break_even_price
    fees = sum(contract.value(position.quantity, at) for at in (position.entry_price, price)) * contract.taker_rate
    assert abs(bench.engine.margins.unrealized(position, price) - fees) < D("1e-12")


def test_tiers_and_smallest_amounts_count_dollars(bench: Bench) -> None:
    with pytest.raises(errors.BelowMinimum):
        bench.place(BUY, "4", symbol=DOLLARS)
    with pytest.raises(errors.InvalidQuantity):
        bench.place(BUY, "10.5", symbol=DOLLARS)
    bench.engine.deposit(bench.account, "BTC", D(1000))
    bench.engine.settings.set_leverage(bench.account, DOLLARS, D(125))
    with pytest.raises(errors.RiskLimitExceeded):
        bench.place(BUY, "50001", symbol=DOLLARS)
    bench.place(BUY, "50000", symbol=DOLLARS)
    with pytest.raises(errors.RiskLimitExceeded):
        bench.place(BUY, "10", symbol=DOLLARS)


def test_the_largest_opening_fits_margin_and_tier(bench: Bench) -> None:
    largest = bench.engine.margins.largest_opening(bench.account, DOLLARS, PositionSide.LONG, D(80_000))
    # One bitcoin at ten times, less the fee: 80,000 / (1/10 + 0.0006) dollars.
    assert largest == D(80_000) // D("0.1006")
    assert largest == bench.place(BUY, str(largest), symbol=DOLLARS, price="80000").quantity
