"""The risk formulas against recorded venue rows, against each other, and under any decimal context."""

from __future__ import annotations

import decimal
import inspect
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from futures_async import risk
from futures_async.unified.enums import PositionSide, RiskLevel
from futures_async.unified.errors import InvalidRequest

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
FEE = D("0.0006")
RATE = D("0.004")

prices = st.decimals("0.0001", "200000", places=4)
quantities = st.decimals("0.0001", "1000", places=4)
leverages = st.integers(1, 150).map(D)
rates = st.decimals("0", "0.02", places=4)
amounts = st.decimals("0", "1000000", places=4)
sides = st.sampled_from(PositionSide)


def as_recorded(value: Decimal, recorded: str) -> bool:
    """Equal up to how the last printed digit was rounded: the venue rounds longs up and shorts down."""
    last_digit = D((0, (1,), int(D(recorded).as_tuple().exponent)))
    return abs(value - D(recorded)) < last_digit


# Recorded rows: venues/bitget.md, position row (captures of 2026-10) and the single-position seed document.


def test_the_cross_margin_ratio_of_a_recorded_long_agrees_to_the_last_digit() -> None:
    ratio = risk.cross_margin_ratio(
        quantity=D("0.0001"),
        mark_price=D("83344.1"),
        equity=D("27857.765318863125724400006636"),
        maintenance_margin_rate=RATE,
        fee_rate=FEE,
    )
    assert as_recorded(ratio, "0.0000013762154129")


def test_the_cross_liquidation_price_of_a_recorded_long_agrees_to_the_last_digit() -> None:
    price = risk.cross_liquidation_price(
        LONG,
        quantity=D("0.0001"),
        mark_price=D("83344.1"),
        equity=D("27857.7653188631257244"),
        maintenance_margin_rate=RATE,
        fee_rate=FEE,
    )
    assert as_recorded(price, "-279781303.0828121933333334")
    assert risk.meaningful_price(price, D("83344.1")) is None


def test_recorded_hedged_sides_share_one_ratio_and_one_liquidation_price_to_the_last_digit() -> None:
    equity = D("27852.8526590371257244")
    price = risk.hedged_liquidation_price(
        quantity=D("0.0001"), equity=equity, maintenance_margin_rate=RATE, fee_rate=FEE
    )
    ratio = risk.cross_margin_ratio(
        quantity=risk.counted_quantity(D("0.0001"), D("0.0001")),
        mark_price=D("83479.4"),
        equity=equity,
        maintenance_margin_rate=RATE,
        fee_rate=FEE,
    )
    assert as_recorded(price, "60549679693.5589689660869565")
    assert as_recorded(ratio, "0.0000013786926772")
    assert risk.meaningful_price(price, D("83479.4")) is None
    assert risk.meaningful_price(price) == price


@pytest.mark.parametrize(
    ("side", "entry", "recorded"),
    [
        (LONG, "83343.3", "83443.3720032019211527"),
        (LONG, "83471.2", "83571.4255753452071243"),
        (SHORT, "83464.4", "83364.3027783330001998"),
    ],
)
def test_the_break_even_price_of_recorded_rows_agrees_to_the_last_digit(
    side: PositionSide, entry: str, recorded: str
) -> None:
    price = risk.break_even_price(side, entry_price=D(entry), quantity=D("0.0001"), fee_rate=FEE)
    assert as_recorded(price, recorded)


def test_the_break_even_price_with_funding_and_realized_profit_agrees_to_the_last_digit() -> None:
    price = risk.break_even_price(
        SHORT,
        entry_price=D("88505.233333333333"),
        quantity=D("0.005"),
        fee_rate=FEE,
        fee_paid=D("1.5158073"),
        funding=D("-56.2349883554"),
        realized_pnl=D("-48.1989666666666705"),
    )
    assert as_recorded(price, "67274.9159193683778732")


def test_the_isolated_liquidation_price_agrees_with_the_venue_reference_of_a_venue_without_closing_fee() -> None:
    # venues/bitmart.md 4.4.2: 93000, 100 contracts of 0.001, margin 1860, maintenance margin 37.4 of 9350.
    price = risk.isolated_liquidation_price(
        LONG, entry_price=D("93000"), quantity=D("0.1"), margin=D("1860"), maintenance_margin_rate=RATE
    )
    assert price is not None
    assert price.quantize(D("0.1"), rounding=decimal.ROUND_DOWN) == D("74698.7")


def test_the_documents_amount_in_place_of_a_rate_is_refused() -> None:
    # bitget-v1-account.md puts maintainMargin, 2.00, where a rate belongs.
    with pytest.raises(InvalidRequest, match=r"fraction from 0 to under 1"):
        risk.liquidation_price_at_leverage(
            LONG, entry_price=D("30000.50"), leverage=D(10), maintenance_margin_rate=D("2.00")
        )


# What must hold for any numbers.


@given(sides, prices, quantities, leverages, rates, rates, amounts)
def test_at_the_liquidation_price_equity_is_exactly_the_requirement(
    side: PositionSide,
    entry: Decimal,
    quantity: Decimal,
    leverage: Decimal,
    rate: Decimal,
    fee: Decimal,
    deduction: Decimal,
) -> None:
    margin = entry * quantity / leverage
    price = risk.isolated_liquidation_price(
        side,
        entry_price=entry,
        quantity=quantity,
        margin=margin,
        maintenance_margin_rate=rate,
        fee_rate=fee,
        maintenance_deduction=deduction,
    )
    assume(price is not None)
    assert price is not None
    pnl = risk.unrealized_pnl(side, quantity=quantity, entry_price=entry, price=price)
    requirement = quantity * price * (rate + fee) - deduction
    assert abs(margin + pnl - requirement) <= D("1e-18") * (1 + quantity * price)


@given(sides, prices, quantities, amounts, amounts, rates, rates)
def test_at_the_cross_liquidation_price_the_accounts_equity_is_exactly_its_requirement(
    side: PositionSide,
    mark: Decimal,
    quantity: Decimal,
    equity: Decimal,
    other: Decimal,
    rate: Decimal,
    fee: Decimal,
) -> None:
    price = risk.cross_liquidation_price(
        side,
        quantity=quantity,
        mark_price=mark,
        equity=equity,
        maintenance_margin_rate=rate,
        fee_rate=fee,
        other_requirements=other,
    )
    moved = risk.unrealized_pnl(side, quantity=quantity, entry_price=mark, price=price)
    requirement = quantity * price * (rate + fee) + other
    assert abs(equity + moved - requirement) <= D("1e-18") * (1 + equity + other + quantity * mark)


@given(prices, quantities, amounts)
def test_cross_long_and_short_mirror_each_other_around_the_mark(
    mark: Decimal, quantity: Decimal, equity: Decimal
) -> None:
    long, short = (
        risk.cross_liquidation_price(
            side, quantity=quantity, mark_price=mark, equity=equity, maintenance_margin_rate=D(0)
        )
        for side in (LONG, SHORT)
    )
    assert abs((mark - long) - (short - mark)) <= D("1e-18") * (1 + short)


@given(quantities, amounts, rates)
def test_at_the_hedged_liquidation_price_equity_is_one_sides_requirement(
    quantity: Decimal, equity: Decimal, rate: Decimal
) -> None:
    price = risk.hedged_liquidation_price(quantity=quantity, equity=equity, maintenance_margin_rate=rate, fee_rate=FEE)
    assert abs(quantity * price * (rate + FEE) - equity) <= D("1e-18") * (1 + equity)


@given(sides, prices, leverages, leverages, rates)
def test_more_leverage_never_moves_liquidation_away(
    side: PositionSide, entry: Decimal, one: Decimal, other: Decimal, rate: Decimal
) -> None:
    low, high = sorted((one, other))
    near = risk.liquidation_price_at_leverage(side, entry_price=entry, leverage=high, maintenance_margin_rate=rate)
    far = risk.liquidation_price_at_leverage(side, entry_price=entry, leverage=low, maintenance_margin_rate=rate)
    assert near is not None or far is None
    if near is not None and far is not None:
        assert far <= near if side is LONG else far >= near


@given(prices, quantities, st.decimals("0", "1000000", places=4))
def test_long_and_short_mirror_each_other_around_the_entry(entry: Decimal, quantity: Decimal, margin: Decimal) -> None:
    def at(side: PositionSide) -> Decimal | None:
        return risk.isolated_liquidation_price(
            side, entry_price=entry, quantity=quantity, margin=margin, maintenance_margin_rate=D(0)
        )

    long, short = at(LONG), at(SHORT)
    assert short is not None
    if long is not None:
        assert abs((entry - long) - (short - entry)) < D("1e-20") * short
    else:
        assert short >= 2 * entry


@given(sides, prices, quantities, leverages, rates)
def test_leverage_is_only_another_way_to_say_margin(
    side: PositionSide, entry: Decimal, quantity: Decimal, leverage: Decimal, rate: Decimal
) -> None:
    with decimal.localcontext(decimal.Context(prec=100)):
        margin = entry * quantity / leverage
    by_margin = risk.isolated_liquidation_price(
        side, entry_price=entry, quantity=quantity, margin=margin, maintenance_margin_rate=rate, fee_rate=FEE
    )
    by_leverage = risk.liquidation_price_at_leverage(
        side, entry_price=entry, leverage=leverage, maintenance_margin_rate=rate, fee_rate=FEE
    )
    if by_margin is None or by_leverage is None:
        # At 1x a long has no liquidation price, give or take the rounding of margin.
        assert (by_margin or D(0)) < D("1e-20")
        assert (by_leverage or D(0)) < D("1e-20")
    else:
        assert abs(by_margin - by_leverage) < D("1e-20") * by_leverage


@given(sides, prices, prices)
def test_distance_is_zero_at_liquidation_and_negative_past_it(
    side: PositionSide, mark: Decimal, liquidation: Decimal
) -> None:
    distance = risk.distance_to_liquidation(side, mark, liquidation)
    assert distance is not None
    past = mark < liquidation if side is LONG else mark > liquidation
    assert (distance < 0) == past
    assert (distance == 0) == (mark == liquidation)


@pytest.mark.parametrize(
    ("mark", "liquidation"), [(None, D(1)), (D(1), None), (D(0), D(1)), (D(1), D(0)), (D(1), D(-5))]
)
def test_distance_is_unknown_without_both_prices(mark: Decimal | None, liquidation: Decimal | None) -> None:
    assert risk.distance_to_liquidation(LONG, mark, liquidation) is None


@given(sides, prices, quantities, rates, st.decimals("-1000", "1000", places=2), st.decimals("-1000", "1000", places=2))
def test_closing_at_break_even_ends_at_nothing(
    side: PositionSide, entry: Decimal, quantity: Decimal, fee: Decimal, funding: Decimal, realized: Decimal
) -> None:
    price = risk.break_even_price(
        side, entry_price=entry, quantity=quantity, fee_rate=fee, funding=funding, realized_pnl=realized
    )
    pnl = risk.unrealized_pnl(side, quantity=quantity, entry_price=entry, price=price)
    end = pnl + funding + realized - entry * quantity * fee - price * quantity * fee
    assert abs(end) < D("1e-15") * (1 + quantity * entry)


@pytest.mark.parametrize("precision", [1, 5, 28, 50])
@pytest.mark.parametrize("rounding", [decimal.ROUND_UP, decimal.ROUND_DOWN, decimal.ROUND_HALF_EVEN])
def test_the_callers_decimal_context_changes_nothing(precision: int, rounding: str) -> None:
    def results() -> list[object]:
        return [
            risk.isolated_liquidation_price(
                LONG,
                entry_price=D("30000.50"),
                quantity=D("0.123"),
                margin=D("300.017"),
                maintenance_margin_rate=RATE,
                fee_rate=FEE,
                maintenance_deduction=D("1.5"),
            ),
            risk.cross_liquidation_price(
                SHORT,
                quantity=D("0.123"),
                mark_price=D("30000.50"),
                equity=D("1234.5678"),
                maintenance_margin_rate=RATE,
                other_requirements=D("12.34"),
            ),
            risk.break_even_price(LONG, entry_price=D("83343.3"), quantity=D("0.0001"), fee_rate=FEE),
            risk.safe_quantity(D("1000.123456"), leverage=D(7), price=D("31000.7"), quantity_step=D("0.00001")),
            risk.margin_ratio(D("2.34567"), D("1234.56789")),
            risk.unrealized_pnl(SHORT, quantity=D("0.12345678"), entry_price=D("30000.50"), price=D("31000.123")),
        ]

    expected = results()
    with decimal.localcontext(decimal.Context(prec=precision, rounding=rounding)):
        assert results() == expected


@pytest.mark.parametrize(
    "broken",
    [
        {"entry_price": D(0)},
        {"entry_price": D("NaN")},
        {"quantity": D(-1)},
        {"margin": D("Infinity")},
        {"maintenance_margin_rate": D(1)},
        {"maintenance_margin_rate": D("0.6"), "fee_rate": D("0.6")},
        {"maintenance_deduction": D(-1)},
    ],
)
def test_numbers_that_cannot_be_right_are_refused(broken: dict[str, Decimal]) -> None:
    good = {"entry_price": D(100), "quantity": D(1), "margin": D(10), "maintenance_margin_rate": RATE}
    with pytest.raises(InvalidRequest):
        risk.isolated_liquidation_price(LONG, **{**good, **broken})


CALLS: dict[str, tuple[Callable[..., object], dict[str, str]]] = {
    "isolated": (
        partial(risk.isolated_liquidation_price, LONG),
        {"entry_price": "100", "quantity": "3", "margin": "10", "maintenance_margin_rate": "0.004",
         "fee_rate": "0.0006", "maintenance_deduction": "1"},
    ),
    "at leverage": (
        partial(risk.liquidation_price_at_leverage, SHORT),
        {"entry_price": "100", "leverage": "10", "maintenance_margin_rate": "0.004", "fee_rate": "0.0006"},
    ),
    "cross": (
        partial(risk.cross_liquidation_price, SHORT),
        {"quantity": "3", "mark_price": "100", "equity": "50", "maintenance_margin_rate": "0.004",
         "fee_rate": "0.0006", "other_requirements": "1"},
    ),
    "hedged": (
        risk.hedged_liquidation_price,
        {"quantity": "3", "equity": "50", "maintenance_margin_rate": "0.004", "fee_rate": "0.0006"},
    ),
    "meaningful": (risk.meaningful_price, {"price": "100", "mark_price": "90", "times_mark": "10"}),
    "distance": (
        partial(risk.distance_to_liquidation, LONG), {"mark_price": "100", "liquidation_price": "90"},
    ),
    "break even": (
        partial(risk.break_even_price, LONG),
        {"entry_price": "100", "quantity": "3", "fee_rate": "0.0006", "fee_paid": "1", "funding": "1",
         "realized_pnl": "1"},
    ),
    "pnl": (partial(risk.unrealized_pnl, SHORT), {"quantity": "3", "entry_price": "100", "price": "90"}),
    "level": (risk.risk_level, {"margin_ratio": "0.5"}),
    "ratio": (risk.margin_ratio, {"maintenance": "5", "equity": "50"}),
    "counted": (risk.counted_quantity, {"long_quantity": "1", "short_quantity": "2"}),
    "cross ratio": (
        risk.cross_margin_ratio,
        {"quantity": "3", "mark_price": "100", "equity": "50", "maintenance_margin_rate": "0.004",
         "fee_rate": "0.0006"},
    ),
    "safe": (
        risk.safe_quantity,
        {"available": "1000", "leverage": "10", "price": "31000", "quantity_step": "0.001",
         "fraction_of_available": "0.2"},
    ),
    "reach": (risk.margin_to_reach, {"target_ratio": "0.5", "maintenance": "62", "equity": "70"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_numbers_may_be_text_and_a_float_is_refused_by_its_name(name: str) -> None:
    call, given_numbers = CALLS[name]
    assert call(**given_numbers) == call(**{word: D(text) for word, text in given_numbers.items()})
    for word, text in given_numbers.items():
        with pytest.raises(TypeError, match="float"):
            call(**{**given_numbers, word: float(text)})
        with pytest.raises(InvalidRequest):
            call(**{**given_numbers, word: "some"})


def test_numbers_may_be_whole() -> None:
    assert risk.safe_quantity(1000, leverage=10, price=31000, quantity_step="0.001") == D("0.064")
    assert risk.risk_level(1) is RiskLevel.DANGER


def test_a_long_with_all_its_value_as_margin_has_no_liquidation_price() -> None:
    assert (
        risk.liquidation_price_at_leverage(LONG, entry_price=D(100), leverage=D(1), maintenance_margin_rate=RATE)
        is None
    )


def test_a_price_that_is_no_number_is_not_meaningful() -> None:
    assert risk.meaningful_price(None) is None
    assert risk.meaningful_price(D("NaN")) is None
    assert risk.meaningful_price(D(0)) is None
    assert risk.meaningful_price(D(50), D(100)) == D(50)
    assert risk.meaningful_price(D(1000), D(100)) == D(1000)
    assert risk.meaningful_price(D("1000.1"), D(100)) is None


SIDED = [name for name in risk.__all__ if "side" in inspect.signature(getattr(risk, name)).parameters]


@pytest.mark.parametrize("name", SIDED)
def test_a_side_may_be_plain_text_and_never_anything_else(name: str) -> None:
    function = getattr(risk, name)
    given = {
        parameter.name: D("0.25")
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.name != "side"
    }
    for side in PositionSide:
        assert function(side=side.value, **given) == function(side=side, **given)
    with pytest.raises(InvalidRequest, match="side must be one of long, short, not 'Long'"):
        function(side="Long", **given)
