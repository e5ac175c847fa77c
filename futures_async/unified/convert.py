"""From a venue's text to numbers and words, and back: exact, finite, or a `DecodeError` that names the field.

Money never becomes a float. All arithmetic here runs in a context of its own, so that a caller's
`decimal` settings cannot change a price.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from futures_async.unified.errors import DecodeError, InvalidRequest

E = TypeVar("E", bound=Enum)
S = TypeVar("S", bound=StrEnum)
T = TypeVar("T")

Number = Decimal | int | str
"""What callers may give where a Decimal is meant."""
MAX_DIGITS = 60
MAX_EXPONENT = 40
LAST_MS = 253_402_300_799_999
"""The end of the year 9999: no time of a venue's is later."""
# Wide enough for any product of two accepted numbers; traps stay on, so nothing is lost silently.
EXACT = decimal.Context(prec=250, rounding=decimal.ROUND_HALF_EVEN, Emax=999, Emin=-999)
# Passes what venues really send, in one call that parses and judges: any number that is in these bounds is within
# MAX_DIGITS and MAX_EXPONENT (the smallest exponent is Emin - prec + 1 = -40). What it refuses is looked at closely.
ordinary = decimal.Context(
    prec=28,
    Emin=-13,
    Emax=25,
    traps=[decimal.InvalidOperation, decimal.Rounded, decimal.Overflow, decimal.Subnormal, decimal.Clamped],
).create_decimal


_ZERO = Decimal(0)

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder of msgspec raises at what it cannot read: no JSON, another shape, no UTF-8, nested too deep."""


if TYPE_CHECKING:
    Loose = Decimal | int | str | None
else:
    # msgspec cannot decode Decimal beside str, so at run time the field takes what comes; `decimal_or_none` judges.
    Loose = Any
"""A wire field for a number that may come as text, as a JSON number, as "" or as null: read by `decimal_or_none`."""


def finite(value: Decimal, field: str) -> Decimal:
    """Return `value`, or raise `DecodeError`: NaN, infinities and absurd magnitudes are not money."""
    try:
        if ordinary(value).is_finite():
            return value
    except decimal.DecimalException:
        pass
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT or len(digits) > MAX_DIGITS:
        raise DecodeError(f"{field} is not a plain finite number", path=field)
    return value


def parse_decimal(text: str, field: str) -> Decimal:
    """Read a number that the venue promises, from its text."""
    try:
        return finite(Decimal(text), field)
    except (decimal.InvalidOperation, ValueError):
        raise DecodeError(f"{field} is not a number", path=field) from None


def decimal_or_none(text: Loose, field: str) -> Decimal | None:
    """Read a number that may be missing: None and "" mean that the venue did not say."""
    if not text and (text is None or text == ""):
        return None
    if isinstance(text, str):
        try:
            value = ordinary(text)
        except decimal.DecimalException:
            return parse_decimal(text, field)
        return value if value.is_finite() else parse_decimal(text, field)
    if isinstance(text, Decimal):
        return finite(text, field)
    if isinstance(text, int) and not isinstance(text, bool):  # pyright: ignore[reportUnnecessaryIsInstance] - see Loose
        return finite(Decimal(text), field)
    raise DecodeError(f"{field} is not a number", path=field)


def positive_or_none(text: Loose, field: str) -> Decimal | None:
    """Read a price where the venue writes 0 or a negative number for "none"."""
    value = decimal_or_none(text, field)
    return value if value is not None and value > _ZERO else None


def ms_or_none(value: str | int | None, field: str) -> int | None:
    """Read Unix milliseconds; None, "", 0 and -1 mean that the venue did not say."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) < MAX_DIGITS and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value > LAST_MS:
        raise DecodeError(f"{field} is not a time in milliseconds", path=field)
    return value if value > 0 else None


def ms(value: str | int | None, field: str) -> int:
    """Read Unix milliseconds that the venue promises."""
    number = ms_or_none(value, field)
    if number is None:
        raise DecodeError(f"{field} is missing", path=field)
    return number


def required_id(value: str | int | None, field: str) -> str:
    """Read an id as text; null, empty or zero is a `DecodeError`."""
    text = "" if value is None else str(value)
    if text in ("", "0") or not text.isprintable() or text.strip() != text:
        raise DecodeError(f"{field} is missing or unreadable", path=field)
    return text


def known(table: Mapping[str, E], word: str, field: str) -> E:
    """Translate a word that decides about money (a side, an intent): an unknown one is a `DecodeError`."""
    found = known_or_none(table, word)
    if found is None:
        raise DecodeError(f"{field} has the unknown word {str(word)[:40]!r}", path=field)
    return found


def known_or_none(table: Mapping[str, E], word: object) -> E | None:
    """Translate a word whose absence can be borne: an unknown one is None, the word stays in `raw`."""
    if not isinstance(word, str) or not word:
        return None
    found = table.get(word)
    return found if found is not None else table.get(word.lower())


def chosen(kind: type[S], value: S | str, name: str) -> S:
    """Take a caller's word: a member of `kind`, or its value as plain text.

    Raises:
        InvalidRequest: It is none of them; the message names those that are.
    """
    if isinstance(value, kind):
        return value
    try:
        return kind(value)
    except ValueError:
        words = ", ".join(kind)
        raise InvalidRequest(f"{name} must be one of {words}, not {str(value)[:40]!r}") from None


def chosen_or_none(kind: type[S], value: S | str | None, name: str) -> S | None:
    """`chosen` where None leaves it open."""
    return None if value is None else chosen(kind, value, name)


def _decimal(value: Decimal | int | str, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
        kind = type(value).__name__
        why = ": a float's digits are not what was typed" if kind == "float" else ""
        raise TypeError(f"{name} must be Decimal, int or str, not {kind}{why}")
    if isinstance(value, str) and not (value.isascii() and value == value.strip() and "_" not in value):
        raise InvalidRequest(f"{name} is not a plain number")
    try:
        return Decimal(value)
    except decimal.InvalidOperation:
        point = ": a point separates its decimals, as in 0.01" if isinstance(value, str) and "," in value else ""
        raise InvalidRequest(f"{name} is not a number{point}") from None


def to_decimal(value: Decimal | int | str, name: str) -> Decimal:
    """Take a caller's number. A float is refused: its digits are not what was typed.

    Raises:
        TypeError: The value is a float, a bool, or not a number type.
        InvalidRequest: The value is not a plain finite number.
    """
    number = value if type(value) is Decimal else _decimal(value, name)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT or len(digits) > MAX_DIGITS:
        raise InvalidRequest(f"{name} is not a plain finite number")
    return number


def check_number(
    name: str, value: object, least: int | None = None, *, above: bool = False, whole: bool = False
) -> None:
    """Refuse what is no plain number from `least` on (`above`: more than that), as seconds and counts are.

    Raises:
        InvalidRequest: It is another type, not finite, too small, or not `whole`.
    """
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        shown = type(value).__name__
    elif math.isfinite(value) and (least is None or value > least or (value == least and not above)):
        return
    else:
        shown = str(value)
    kind = "a whole number" if whole else "a number"
    bound = "" if least is None else f" above {least}" if above else f" of {least} or more"
    raise InvalidRequest(f"{name} must be {kind}{bound}, not {shown}")


def to_text(value: Decimal) -> str:
    """Write a number as the wire wants it: plain digits, as given, no exponent, no `-0`."""
    return format(value, "f") if value else "0"


def written(number: Decimal | None) -> str | None:
    """The same as `to_text`, of a number that may be missing."""
    return None if number is None else to_text(number)


def given(fields: Mapping[str, T | None]) -> dict[str, T]:
    """The fields of a request that say something: the others, None here, are left out of what is sent."""
    return {name: value for name, value in fields.items() if value is not None}


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """True when `value` is a whole number of steps, exactly."""
    return EXACT.remainder(value, step) == 0


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The largest whole number of steps that is not above `value`."""
    steps = EXACT.divide_int(value, step)
    if EXACT.compare(EXACT.multiply(steps, step), value) > 0:  # divide_int cuts towards zero
        steps = EXACT.subtract(steps, Decimal(1))
    return EXACT.multiply(steps, step)


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The smallest whole number of steps that is not below `value`."""
    floor = floor_to_step(value, step)
    return floor if floor == value else EXACT.add(floor, step)


def round_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The nearest whole number of steps; halves go up."""
    return floor_to_step(EXACT.add(value, EXACT.divide(step, Decimal(2))), step)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The exact product, independent of the caller's decimal context."""
    return EXACT.multiply(left, right)


def divide_exactly(value: Decimal, by: Decimal, what: str) -> Decimal:
    """`value / by` when that is a whole number, else `InvalidRequest`: nothing is truncated."""
    if not is_multiple(value, by):
        raise InvalidRequest(f"{what} {to_text(value)} is not a whole multiple of {to_text(by)}")
    return EXACT.divide_int(value, by)
