"""Arithmetic on Decimals: exact products and sums, quotients to 34 digits, whatever the caller's context."""

from __future__ import annotations

import decimal
from collections.abc import Iterable
from decimal import Decimal

from futures_async.unified.convert import EXACT, Number, to_decimal
from futures_async.unified.errors import InvalidRequest

ZERO = Decimal(0)
ONE = Decimal(1)

# decimal128's precision: more digits than any venue prints, few enough to read.
_ROUNDED = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emax=999, Emin=-999)


def add(*values: Decimal) -> Decimal:
    """The exact sum."""
    total = ZERO
    for value in values:
        total = EXACT.add(total, value)
    return total


def total(values: Iterable[Decimal]) -> Decimal:
    """The exact sum of any number of values; 0 of none."""
    return add(*values)


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """The exact difference."""
    return EXACT.subtract(left, right)


def multiply(*values: Decimal) -> Decimal:
    """The exact product."""
    product = ONE
    for value in values:
        product = EXACT.multiply(product, value)
    return product


def divide(value: Decimal, by: Decimal) -> Decimal:
    """The quotient, rounded to 34 significant digits, halves to even. `by` is never 0 here."""
    return _ROUNDED.divide(value, by)


def whole(value: Decimal, by: Decimal) -> Decimal:
    """How often `by` fits into `value`, cut to an integer; exact. Both are above 0 here."""
    return EXACT.divide_int(value, by)


def finite_number(value: Number, name: str) -> Decimal:
    """A caller's number: what was computed before is taken as it is, whatever its digits, and never a float.

    Raises:
        TypeError: It is a float, a bool or no number at all.
        InvalidRequest: It is text that is no plain number, or not finite.
    """
    if (number := _number(value, name)) is None:
        raise InvalidRequest(f"{name} must be a finite number")
    return number


def positive(value: Number, name: str) -> Decimal:
    """Return `value` when it is a finite number above 0, else raise `InvalidRequest`; see `finite_number`."""
    if (number := _number(value, name)) is None or number <= 0:
        raise InvalidRequest(f"{name} must be a number above 0")
    return number


def not_negative(value: Number, name: str) -> Decimal:
    """Return `value` when it is a finite number from 0 up, else raise `InvalidRequest`; see `finite_number`."""
    if (number := _number(value, name)) is None or number < 0:
        raise InvalidRequest(f"{name} must be a number, 0 or more")
    return number


def fraction(value: Number, name: str) -> Decimal:
    """Return `value` when it is in [0, 1), as rates of margin and fee are, else raise `InvalidRequest`.

    See `finite_number`.
    """
    if (number := _number(value, name)) is None or not 0 <= number < 1:
        raise InvalidRequest(f"{name} must be a fraction from 0 to under 1 (0.004 = 0.4 %)")
    return number


def _number(value: Number, name: str) -> Decimal | None:
    number = value if isinstance(value, Decimal) else to_decimal(value, name)
    return number if number.is_finite() else None
