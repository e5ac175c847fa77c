"""The quick way of reading numbers accepts and refuses exactly what the careful way does."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_async.unified.convert import MAX_DIGITS, MAX_EXPONENT, decimal_or_none, finite
from futures_async.unified.errors import DecodeError

EDGES = [
    *("0", "-0", "0.0", "00012.50", "1e5", "1E+2", "-1.5e-3", "+7", ".5", "5."),
    *("NaN", "-nan", "sNaN", "Infinity", "-inf", "1e999999", "1e-999999", "0e999999", "0E-50", "0E+41"),
    *("1_000", " 1.5 ", "١٢", "１", "", "-", "abc", "1.2.3", "0x10", "--1"),
    *(f"1e{exponent}" for exponent in (-41, -40, -39, -14, -13, 25, 26, 39, 40, 41)),
    *(f"1.{'0' * zeros}1" for zeros in (12, 26, 27, 28, 38, 39, 40, 58, 59)),
    *("9" * digits for digits in (27, 28, 29, 59, 60, 61)),
    "0." + "0" * 39 + "1",
    "0." + "0" * 40 + "1",
]


def carefully(text: str) -> Decimal | None:
    """As it is defined: by digits and exponent."""
    try:
        value = Decimal(text)
    except (decimal.InvalidOperation, ValueError):
        return None
    _, digits, exponent = value.as_tuple()
    fits = isinstance(exponent, int) and abs(exponent) <= MAX_EXPONENT and len(digits) <= MAX_DIGITS
    return value if fits else None


def same(text: str) -> None:
    expected = carefully(text)
    if not text:
        assert decimal_or_none(text, "x") is None
    elif expected is None:
        with pytest.raises(DecodeError):
            decimal_or_none(text, "x")
    else:
        found = decimal_or_none(text, "x")
        assert found is not None
        assert found.as_tuple() == expected.as_tuple()
        assert finite(expected, "x").as_tuple() == expected.as_tuple()


@pytest.mark.parametrize("text", EDGES)
def test_an_edge_is_read_as_defined(text: str) -> None:
    same(text)


@given(st.decimals(allow_nan=True, allow_infinity=True).map(str) | st.from_regex(r"-?[0-9]{0,70}\.?[0-9]{0,70}"))
def test_any_number_is_read_as_defined(text: str) -> None:
    same(text)


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_a_decimal_is_judged_as_defined(value: Decimal) -> None:
    if value.is_nan() or carefully(str(value)) is None:
        with pytest.raises(DecodeError):
            finite(value, "x")
    else:
        assert finite(value, "x") is value
