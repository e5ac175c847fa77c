"""Risk of positions and accounts: the documents' rules, made right."""

from __future__ import annotations

import warnings
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_async import risk
from futures_async.portfolio.rules import AdjustMargin
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide, RiskLevel
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models import Account, Position, RiskLimit

D = Decimal


def position(**fields: Any) -> Position:
    given_fields: dict[str, Any] = {
        "venue": "test",
        "symbol": "BTC/USDT:USDT",
        "venue_symbol": "BTCUSDT",
        "side": PositionSide.LONG,
        "quantity": D("0.123"),
        "entry_price": D("30000.50"),
        "mark_price": D("31000.00"),
        "liquidation_price": D("27500.00"),
        "unrealized_pnl": D("123.45"),
        "leverage": D(10),
        "margin_mode": MarginMode.ISOLATED,
        "margin_coin": "USDT",
        "margin": D("300.00"),
        "maintenance_margin": D("2.00"),
        "margin_ratio": D("0.15"),
    }
    return Position(**{**given_fields, **fields})


def account(**fields: Any) -> Account:
    # The sample of the v1 account document.
    given_fields: dict[str, Any] = {
        "venue": "test",
        "margin_coin": "USDT",
        "available": D("1000.00"),
        "balance": D("1500.00"),
        "equity": D("1550.00"),
    }
    return Account(**{**given_fields, **fields})


def tier(number: int, start: str, end: str | None, rate: str | None) -> RiskLimit:
    return RiskLimit(
        venue="test",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        tier=number,
        min_notional=D(start),
        max_notional=None if end is None else D(end),
        maintenance_margin_rate=None if rate is None else D(rate),
    )


TIERS = [tier(2, "50000", "500000", "0.005"), tier(1, "0", "50000", "0.004"), tier(3, "500000", None, "0.01")]


@pytest.mark.parametrize(
    ("ratio", "level"),
    [
        ("0", RiskLevel.SAFE),
        ("0.2999999999999999999999999999999", RiskLevel.SAFE),
        ("0.3", RiskLevel.WARNING),
        ("0.8", RiskLevel.WARNING),
        ("0.8000000000000000000000000000001", RiskLevel.DANGER),
        ("5", RiskLevel.DANGER),
    ],
)
def test_risk_levels_change_exactly_at_the_thresholds(ratio: str, level: RiskLevel) -> None:
    assert risk.risk_level(D(ratio)) is level
    assert risk.get_risk_level(D(ratio)) is level


def test_an_unknown_ratio_has_no_level() -> None:
    assert risk.risk_level(None) is None
    with pytest.raises(InvalidRequest):
        risk.risk_level(D("NaN"))


def test_the_risk_of_the_documents_position_is_its_own_figures_and_the_distance() -> None:
    seen = risk.position_risk(position())
    assert seen.margin_ratio == D("0.15")
    assert seen.level is RiskLevel.SAFE
    assert seen.notional == D("3813.00000")
    assert seen.unrealized_pnl == D("123.45")
    assert seen.distance_to_liquidation is not None
    assert seen.distance_to_liquidation.quantize(D("1e-20")) == D("0.11290322580645161290")


def test_what_the_venue_left_out_is_computed_where_that_is_exact() -> None:
    seen = risk.position_risk(
        position(margin_ratio=None, unrealized_pnl=None, maintenance_margin=None, maintenance_margin_rate=D("0.004"))
    )
    pnl = D("0.123") * (D("31000") - D("30000.5"))
    assert seen.unrealized_pnl == pnl
    assert seen.margin_ratio is not None
    assert abs(seen.margin_ratio - D("0.123") * 31000 * D("0.004") / (300 + pnl)) < D("1e-25")


@pytest.mark.parametrize(
    "unknown",
    [
        {"margin_mode": MarginMode.CROSS},
        {"margin_mode": None},
        {"margin": None},
        {"maintenance_margin": None},
        {"maintenance_margin": D(-1)},
        {"unrealized_pnl": None, "mark_price": None},
        {"unrealized_pnl": None, "entry_price": None},
        {"maintenance_margin": None, "maintenance_margin_rate": D("0.004"), "mark_price": None},
    ],
)
def test_a_ratio_that_the_figures_do_not_give_stays_unknown(unknown: dict[str, Any]) -> None:
    seen = risk.position_risk(position(**{"margin_ratio": None, **unknown}))
    assert seen.margin_ratio is None
    assert seen.level is None


def test_a_position_without_mark_price_has_no_distance_and_no_notional() -> None:
    seen = risk.position_risk(position(mark_price=None))
    assert seen.distance_to_liquidation is None
    assert seen.notional is None
    assert risk.position_risk(position(mark_price=None, notional=D(5))).notional == D(5)


@pytest.mark.parametrize(
    ("fields", "long", "short"),
    [
        # A hedge in cross margin has one price, beyond which the account is gone: both are as far from it.
        ({"margin_mode": MarginMode.CROSS, "position_mode": PositionMode.HEDGE}, "0.1", "0.1"),
        ({"margin_mode": MarginMode.CROSS, "position_mode": None}, "0.1", "0.1"),
        ({"margin_mode": MarginMode.CROSS, "position_mode": PositionMode.ONE_WAY}, "-0.1", "0.1"),
        ({"margin_mode": MarginMode.ISOLATED, "position_mode": PositionMode.HEDGE}, "-0.1", "0.1"),
        ({"margin_mode": None, "position_mode": None}, "-0.1", "0.1"),
    ],
)
def test_both_sides_of_a_hedge_are_as_far_from_the_price_that_they_share(
    fields: dict[str, Any], long: str, short: str
) -> None:
    for side, expected in ((PositionSide.LONG, long), (PositionSide.SHORT, short)):
        held = position(side=side, mark_price=D(90000), liquidation_price=D(99000), **fields)
        assert risk.position_distance(held) == D(expected)
        assert risk.position_risk(held).distance_to_liquidation == D(expected)
        unknown = position(side=side, mark_price=None, **fields)
        assert risk.position_distance(unknown) is None


def test_of_a_coin_margined_position_only_the_venue_knows_profit_and_margin() -> None:
    coin: dict[str, Any] = {"symbol": "BTC/USD:BTC", "venue_symbol": "BTCUSD", "margin_coin": "BTC", "margin": D("0.1")}
    unsaid: dict[str, Any] = {
        "unrealized_pnl": None, "maintenance_margin": None, "maintenance_margin_rate": D("0.004"), "margin_ratio": None,
    }  # fmt: skip
    # A quantity times a price would be dollars, and margin is coin.
    silent = position(**coin, **unsaid)
    assert risk.position_pnl(silent) is None
    assert risk.position_maintenance_margin(silent) is None
    assert risk.position_margin_ratio(silent) is None
    assert risk.estimate_liquidation_price(silent) is None
    said = position(**coin, unrealized_pnl=D("0.01"), maintenance_margin=D("0.011"), margin_ratio=None)
    assert risk.position_margin_ratio(said) == D("0.1")
    linear = position(**unsaid)
    assert None not in (risk.position_pnl(linear), risk.position_maintenance_margin(linear))


@pytest.mark.parametrize(
    "names",
    [
        {"symbol": "BTC/USD:BTC", "venue_symbol": "BTCUSD", "margin_coin": "BTC"},
        {"symbol": "BTC/USD:BTC-270326", "venue_symbol": "BTCUSDH27", "margin_coin": "BTC"},
        # Quarterly contracts keep the venue's id where that cannot be parsed.
        {"symbol": "BTCUSDH27", "venue_symbol": "BTCUSDH27", "margin_coin": "BTC"},
        {"symbol": "BTC/USD:ETH", "venue_symbol": "BTCUSD", "margin_coin": "ETH"},
        {"symbol": "BTCUSDH27", "venue_symbol": "BTCUSDH27", "margin_coin": "ETH"},
        {"symbol": "BTCUSDH27", "venue_symbol": "BTCUSDH27", "margin_coin": ""},
        {"symbol": "X", "venue_symbol": "X", "margin_coin": "USDT", "contract_value": D(1), "contracts": D(5)},
    ],
)
def test_nothing_is_computed_where_margin_is_not_counted_in_the_quote_coin(names: dict[str, Any]) -> None:
    """A quarterly of 0.05 BTC had a maintenance margin of 11.6 bitcoins, and was to be given 23 more."""
    silent = position(
        **names, unrealized_pnl=None, maintenance_margin=None, maintenance_margin_rate=D("0.004"), margin_ratio=None
    )
    figures = (risk.position_pnl, risk.position_maintenance_margin, risk.position_margin_ratio)
    assert [figure(silent) for figure in figures] == [None] * 3
    assert risk.estimate_liquidation_price(silent) is None


@pytest.mark.parametrize(
    ("symbol", "venue_symbol"),
    [("BTC/USDT:USDT", "BTCUSDT"), ("BTC/USDT:USDT-270326", "BTC-USDT-270326"), ("BTC-USDT-270326", "BTC-USDT-270326")],
)
def test_contracts_with_a_date_that_settle_in_their_quote_coin_are_linear(symbol: str, venue_symbol: str) -> None:
    assert risk.position_pnl(position(symbol=symbol, venue_symbol=venue_symbol, unrealized_pnl=None)) is not None


def test_pnl_over_margin_counts_gains_and_losses_alike() -> None:
    assert risk.pnl_over_margin(position(unrealized_pnl=D(-33))) == D("0.11")
    assert risk.pnl_over_margin(position(unrealized_pnl=D(33))) == D("0.11")
    assert risk.pnl_over_margin(position(margin=D(0))) is None
    assert risk.pnl_over_margin(position(unrealized_pnl=None, mark_price=None)) is None


def test_the_return_on_margin_is_what_the_venue_said_over_what_is_held() -> None:
    held = position(unrealized_pnl=D(-33))
    assert (held.roe, risk.position_risk(held).roe) == (D("-0.11"), D("-0.11"))
    assert [position(margin=margin).roe for margin in (None, D(0))] == [None, None]
    assert position(unrealized_pnl=None).roe is None


def test_the_estimate_uses_the_rate_behind_the_venues_amount() -> None:
    seen = risk.estimate_liquidation_price(position())
    rate = D("2.00") / (D("0.123") * 31000)
    exact = (D("0.123") * D("30000.50") - 300) / (D("0.123") * (1 - rate))
    assert seen is not None
    assert abs(seen - exact) < D("1e-15")
    assert risk.estimate_liquidation_price(position(maintenance_margin_rate=D("0.004"))) != seen


@pytest.mark.parametrize(
    "unknown",
    [
        {"margin_mode": MarginMode.CROSS},
        {"entry_price": None},
        {"margin": None},
        {"maintenance_margin": None},
        {"mark_price": D(0)},
        {"mark_price": None},
    ],
)
def test_an_estimate_without_its_figures_is_none(unknown: dict[str, Any]) -> None:
    assert risk.estimate_liquidation_price(position(**unknown)) is None


@pytest.mark.parametrize(
    ("notional", "number"),
    [("0", 1), ("49999.99", 1), ("50000", 2), ("499999", 2), ("500000", 3), ("9e12", 3)],
)
def test_tiers_are_half_open_and_the_last_one_has_no_end(notional: str, number: int) -> None:
    assert risk.tier_for(D(notional), TIERS).tier == number


def test_above_the_last_bound_the_last_tier_counts() -> None:
    assert risk.tier_for(D(600000), TIERS[:2]).tier == 2
    assert risk.maintenance_margin(D(600000), TIERS[:2], progressive=True) == 50000 * D("0.004") + 550000 * D("0.005")


def test_maintenance_margin_takes_the_tiers_rate_of_the_whole_or_part_by_part() -> None:
    assert risk.maintenance_margin(D(60000), TIERS) == D(300)
    assert risk.maintenance_margin(D(60000), TIERS, progressive=True) == D(200) + D(50)
    assert risk.maintenance_margin(D(600000), TIERS, progressive=True) == D(200) + D(2250) + D(1000)


def test_tiers_that_say_nothing_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="no risk tiers"):
        risk.maintenance_margin(D(1), [])
    with pytest.raises(InvalidRequest, match="names no maintenance margin rate"):
        risk.maintenance_margin(D(1), [tier(1, "0", None, None)])


@given(st.decimals("0", "1000000", places=2), st.decimals("0", "1000000", places=2))
def test_progressive_maintenance_margin_never_falls_and_never_exceeds_the_flat_one(one: Decimal, two: Decimal) -> None:
    low, high = sorted((one, two))
    assert risk.maintenance_margin(low, TIERS, progressive=True) <= risk.maintenance_margin(
        high, TIERS, progressive=True
    )
    assert risk.maintenance_margin(one, TIERS, progressive=True) <= risk.maintenance_margin(one, TIERS)


@given(st.decimals("0", "1000", places=4), st.decimals("-1000", "1000", places=4), st.decimals("0", "100", places=4))
def test_more_equity_never_raises_the_ratio(maintenance: Decimal, equity: Decimal, more: Decimal) -> None:
    before, after = risk.margin_ratio(maintenance, equity), risk.margin_ratio(maintenance, equity + more)
    assert after <= before <= 1


def test_equity_that_is_gone_is_liquidation_not_safety() -> None:
    assert risk.margin_ratio(D(5), D(0)) == 1
    assert risk.margin_ratio(D(5), D(-100)) == 1
    assert risk.margin_ratio(D(0), D(-100)) == 0


def test_the_accounts_ratio_is_the_venues_or_maintenance_over_equity() -> None:
    assert risk.account_margin_ratio(account(margin_ratio=D("0.07"))) == D("0.07")
    assert risk.account_margin_ratio(account(maintenance_margin=D(155))) == D("0.1")
    assert risk.account_margin_ratio(account()) is None


def test_coverage_is_equity_over_maintenance_margin() -> None:
    assert risk.account_coverage(account(maintenance_margin=D(155))) == 10
    assert risk.account_coverage(account(margin_ratio=D("0.5"))) == 2
    assert risk.account_coverage(account(maintenance_margin=D(0))) is None
    assert risk.account_coverage(account(margin_ratio=D(0))) is None
    assert risk.account_coverage(account()) is None


def test_a_coin_of_a_pool_is_covered_by_the_pool() -> None:
    """Its positions need 155, it has nothing itself, and of what all coins are worth a fifth is needed."""
    coin = account(equity=D(0), maintenance_margin=D(155), margin_ratio=D("0.2"))
    assert risk.account_coverage(coin) == 5
    assert risk.account_margin_ratio(coin) == D("0.2")
    idle = account(equity=D(1), maintenance_margin=D(0), margin_ratio=D("0.5"))
    assert risk.account_coverage(idle) == 2


@pytest.mark.parametrize(
    ("equity", "ratio", "coverage", "level"),
    [
        ("-31", "-5", "-0.2", "1"),
        ("-31", "0", "-0.2", "1"),
        ("-31", "1", "-0.2", "1"),
        ("-31", None, "-0.2", "1"),
        ("0", "0", "0", "1"),
        (None, "-5", "-0.2", "1"),
        (None, "1", "1", "1"),
        ("155", "1", "1", "1"),
        ("1550", "0", "10", "0.1"),  # said beside real margin
        (None, "0", None, "0"),
    ],
)
def test_equity_that_is_gone_is_no_coverage_whatever_the_venue_calls_its_ratio(
    equity: str | None, ratio: str | None, coverage: str | None, level: str
) -> None:
    gone = account(
        equity=None if equity is None else D(equity),
        maintenance_margin=D(155),
        margin_ratio=None if ratio is None else D(ratio),
    )
    assert risk.account_coverage(gone) == (None if coverage is None else D(coverage))
    assert risk.account_margin_ratio(gone) == D(level)


def test_a_ratio_below_zero_is_danger() -> None:
    assert risk.risk_level(D("-0.01")) is RiskLevel.DANGER
    seen = risk.position_risk(position(margin_ratio=D("-3")))
    assert (seen.margin_ratio, seen.level) == (D(1), RiskLevel.DANGER)


def test_the_documents_account_ratio_alarms_on_its_own_healthy_sample() -> None:
    ratio = risk.seed_account_ratio(account())
    assert ratio is not None
    assert ratio < D("1.1")
    winning = risk.seed_account_ratio(account(equity=D(3000)))
    assert winning is not None
    assert winning < ratio  # the more it wins the riskier it calls it
    assert risk.seed_account_ratio(account(balance=None)) is None
    assert risk.seed_account_ratio(account(equity=D(0))) is None


def test_the_safe_quantity_is_a_fifth_of_what_is_available_times_leverage_rounded_down() -> None:
    assert risk.safe_quantity(D(1000), leverage=D(10), price=D(31000), quantity_step=D("0.001")) == D("0.064")
    assert risk.safe_quantity(D(1000), leverage=D(10), price=D(31000)) == D("0.064516129032258064")
    assert risk.safe_quantity(D(-5), leverage=D(10), price=D(31000)) == 0
    assert risk.safe_quantity(D(1), leverage=D(1), price=D(31000), quantity_step=D("0.001")) == 0


@given(
    st.decimals("0", "1000000", places=6),
    st.integers(1, 125).map(D),
    st.decimals("0.0001", "200000", places=4),
    st.sampled_from(["1", "0.1", "0.001", "0.00001", "0.003"]).map(D),
)
def test_the_safe_quantity_is_whole_steps_and_one_more_would_be_too_much(
    available: Decimal, leverage: Decimal, price: Decimal, step: Decimal
) -> None:
    quantity = risk.safe_quantity(available, leverage=leverage, price=price, quantity_step=step)
    value = available * D("0.2") * leverage
    assert quantity % step == 0
    assert quantity * price <= value < (quantity + step) * price


def test_a_size_may_take_all_that_is_available() -> None:
    assert risk.safe_quantity(D(1000), leverage=D(10), price=D(100), fraction_of_available=D(1)) == 100


@pytest.mark.parametrize("broken", [{"leverage": D(0)}, {"price": D(0)}, {"fraction_of_available": D("1.01")}])
def test_a_size_cannot_be_asked_with_nonsense(broken: dict[str, Decimal]) -> None:
    with pytest.raises(InvalidRequest):
        risk.safe_quantity(D(1000), **{"leverage": D(10), "price": D(100), **broken})


@pytest.mark.parametrize("word", ["", "Increase", "add", "out"])
def test_a_margin_move_of_another_name_is_refused(word: Any) -> None:
    with pytest.raises(InvalidRequest, match="increase, decrease"):
        risk.propose_margin_adjustment(position(), word)
    with pytest.raises(InvalidRequest, match="increase, decrease"):
        AdjustMargin(action=word)


def test_margin_is_proposed_by_the_documents_rules() -> None:
    assert risk.propose_margin_adjustment(position(), "increase") == D("30.000")
    assert risk.propose_margin_adjustment(position(unrealized_pnl=D(0)), "increase") is None
    assert risk.propose_margin_adjustment(position(unrealized_pnl=None), "increase") is None
    assert risk.propose_margin_adjustment(position(), "decrease") == D("-30.000")
    assert risk.propose_margin_adjustment(position(margin_ratio=D("0.2999")), "decrease") == D("-30.000")
    assert risk.propose_margin_adjustment(position(margin_ratio=D("0.3")), "decrease") is None
    assert risk.propose_margin_adjustment(position(margin_ratio=None), "decrease") is None


def test_no_margin_is_proposed_where_the_document_would_liquidate_or_has_nothing_to_move() -> None:
    losing = position(unrealized_pnl=D(-268), margin_ratio=D("0.2"))
    assert risk.propose_margin_adjustment(losing, "decrease") is None  # 32 of equity, 30 of it would go
    # 40 of equity and 8 needed: 30 less leave a ratio of exactly 0.8, which is no danger yet; a little more is.
    edge = position(unrealized_pnl=D(-260), margin_ratio=D("0.2"))
    assert risk.propose_margin_adjustment(edge, "decrease") == D("-30.000")
    past = position(unrealized_pnl=D(-260), margin_ratio=D("0.2001"))
    assert risk.propose_margin_adjustment(past, "decrease") is None
    # A loss that nobody tells may be as large.
    assert risk.propose_margin_adjustment(position(unrealized_pnl=None), "decrease") is None
    small = position(margin=D(1), unrealized_pnl=D(0))
    assert risk.propose_margin_adjustment(small, "decrease") == D("-0.1")
    gone = position(unrealized_pnl=D(-290), margin_ratio=D("0.2"))
    assert risk.propose_margin_adjustment(gone, "decrease") is None
    assert risk.propose_margin_adjustment(position(margin_mode=MarginMode.CROSS), "increase") is None
    assert risk.propose_margin_adjustment(position(margin=None), "increase") is None


@given(st.decimals("0.01", "1", places=2), st.decimals("0", "1000", places=2), st.decimals("-100", "1000", places=2))
def test_adding_what_is_missing_reaches_the_target_ratio(target: Decimal, need: Decimal, equity: Decimal) -> None:
    amount = risk.margin_to_reach(target, maintenance=need, equity=equity)
    assert abs(need - target * (equity + amount)) < D("1e-20")


def test_importing_risk_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert risk.__all__ == sorted(risk.__all__)
