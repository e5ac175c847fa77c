"""Numbers and words between the wire and the caller."""

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_async import DecodeError, InvalidRequest, Side
from futures_async.unified import convert
from futures_async.unified.convert import (
    ceil_to_step,
    decimal_or_none,
    divide_exactly,
    finite,
    floor_to_step,
    is_multiple,
    known,
    known_or_none,
    ms,
    ms_or_none,
    multiply,
    positive_or_none,
    required_id,
    round_to_step,
    to_decimal,
    to_text,
    written,
)

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
PRICES = st.decimals(min_value="-1e12", max_value="1e12", places=8)
STEPS = st.sampled_from([Decimal(text) for text in ("0.1", "0.5", "0.001", "1", "25", "0.00000001")])


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "1e999999", "1e-41", "1" * 61])
def test_a_number_that_is_not_plain_and_finite_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        finite(Decimal(text), "markPrice")
    assert caught.value.path == "markPrice"
    with pytest.raises(DecodeError):
        decimal_or_none(text, "markPrice")


@pytest.mark.parametrize("text", ["abc", "1.2.3", "--1", "0x10"])
def test_text_that_is_no_number_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decimal_or_none(text, "size")
    assert text not in str(caught.value)


def test_what_the_venue_did_not_say_is_none_never_zero() -> None:
    assert decimal_or_none(None, "x") is None
    assert decimal_or_none("", "x") is None
    assert decimal_or_none("0", "x") == Decimal(0)
    assert decimal_or_none(Decimal("1.50"), "x") == Decimal("1.50")
    assert positive_or_none("-1", "x") is None
    assert positive_or_none("0", "x") is None
    assert positive_or_none("", "x") is None
    assert positive_or_none("0.1", "x") == Decimal("0.1")


def test_digits_survive_exactly() -> None:
    assert decimal_or_none("17288450.450983311758416", "x") == Decimal("17288450.450983311758416")
    assert str(decimal_or_none("30000.50", "x")) == "30000.50"


@pytest.mark.parametrize("value", [None, "", 0, "0", "-1", -1])
def test_a_missing_time_is_none_or_an_error_where_it_is_promised(value: str | int | None) -> None:
    assert ms_or_none(value, "cTime") is None
    with pytest.raises(DecodeError):
        ms(value, "cTime")


def test_times_come_as_text_or_number() -> None:
    assert ms("1768195413808", "t") == ms(1768195413808, "t") == 1768195413808
    for text in ("yesterday", "--5", "-", "5-"):
        with pytest.raises(DecodeError):
            ms_or_none(text, "t")


@pytest.mark.parametrize("value", [None, "", 0, "0", " 12", "1\n2", "a\x00"])
def test_an_id_that_names_nothing_is_refused(value: str | int | None) -> None:
    with pytest.raises(DecodeError):
        required_id(value, "orderId")


def test_ids_beyond_two_to_the_53_survive() -> None:
    assert required_id(2**53 + 1, "orderId") == "9007199254740993"


def test_an_unknown_side_is_an_error_and_an_unknown_word_elsewhere_is_none() -> None:
    assert known(SIDES, "BUY", "side") is Side.BUY
    with pytest.raises(DecodeError, match="side"):
        known(SIDES, "sideways", "side")
    assert known_or_none(SIDES, "Sell") is Side.SELL
    assert known_or_none(SIDES, "sideways") is None
    assert known_or_none(SIDES, None) is None


@pytest.mark.parametrize("value", [1.5, True, None, b"1", [1]])
def test_callers_numbers_of_other_types_are_refused_by_type(value: object) -> None:
    with pytest.raises(TypeError, match="quantity"):
        to_decimal(value, "quantity")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - the point


@pytest.mark.parametrize("text", ["NaN", "inf", "1_000", " 1", "1 ", "１", "١٢", "", "1e50", "abc"])
def test_callers_text_that_is_not_a_plain_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        to_decimal(text, "quantity")


def test_a_decimal_comma_is_told() -> None:
    with pytest.raises(InvalidRequest, match=r"^quantity is not a number: a point separates its decimals"):
        to_decimal("1,5", "quantity")


def test_callers_numbers_are_taken_as_typed() -> None:
    assert to_decimal("0.10", "x") == Decimal("0.1")
    assert to_decimal(3, "x") == Decimal(3)
    assert to_decimal(Decimal("1E-8"), "x") == Decimal("0.00000001")


def test_numbers_go_out_as_plain_digits() -> None:
    assert to_text(Decimal("1E-8")) == "0.00000001"
    assert to_text(Decimal("1E+3")) == "1000"
    assert to_text(Decimal("30000.50")) == "30000.50"
    assert to_text(Decimal("-0.00")) == "0"


def test_what_a_request_does_not_say_is_left_out_and_zero_is_said() -> None:
    assert (written(None), written(Decimal("1E+3"))) == (None, "1000")
    assert convert.given({"price": None, "size": 0, "reduceOnly": False, "id": ""}) == {
        "size": 0,
        "reduceOnly": False,
        "id": "",
    }


@given(PRICES, STEPS)
def test_rounding_to_a_step_is_exact_and_brackets_the_value(value: Decimal, step: Decimal) -> None:
    low, high, near = floor_to_step(value, step), ceil_to_step(value, step), round_to_step(value, step)
    assert low <= value <= high
    assert high - low in (0, step)
    assert near in (low, high)
    assert is_multiple(low, step)
    assert is_multiple(high, step)


@given(PRICES, PRICES, st.integers(1, 9), st.sampled_from([decimal.ROUND_UP, decimal.ROUND_FLOOR]))
def test_arithmetic_ignores_the_callers_decimal_context(
    left: Decimal, right: Decimal, precision: int, rounding: str
) -> None:
    exact = multiply(left, right)
    with decimal.localcontext(prec=precision, rounding=rounding):
        assert multiply(left, right).compare_total(exact) == 0


def test_nothing_is_truncated_to_whole_contracts() -> None:
    assert divide_exactly(Decimal("0.005"), Decimal("0.001"), "quantity") == 5
    with pytest.raises(InvalidRequest, match="whole multiple"):
        divide_exactly(Decimal("0.0055"), Decimal("0.001"), "quantity")
