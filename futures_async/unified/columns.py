"""How one field of a model is read from a venue's row: the words that mapping tables are written in.

`fields(WireRow)` stands for any row of that type. What a table says of it, `price(row.mark_price)`, is a column; to
type checkers it is the value that it will be (`Decimal | None`), so that a table is checked like a constructor call.
Every column reads exactly, or raises a `DecodeError` that names the venue's field. "The venue did not say" (null, "",
missing) is None; `needed` makes it an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, TypeVar, TypeVarTuple, cast

import msgspec

from futures_async.unified.column import (
    Either,
    Field,
    Given,
    IdColumn,
    Number,
    Plain,
    TextColumn,
    Time,
    Truth,
    Within,
    Word,
    negated,
)
from futures_async.unified.composed import First, InBase, Made, Needed, Otherwise, Reckoned, checked
from futures_async.unified.convert import EXACT, Loose, decimal_or_none, positive_or_none
from futures_async.unified.enums import OrderType, PositionSide
from futures_async.unified.errors import DecodeError
from futures_async.unified.models.base import Model
from futures_async.unified.rows import Id, Moment, Text

A = TypeVar("A")
E = TypeVar("E")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_TRUTH = {"yes": True, "on": True, "true": True, "1": True, "no": False, "off": False, "false": False, "0": False}


def fields(kind: type[T], *, beside: bool = False) -> T:
    """Any row of this type, to write a table with: a field that the type lacks is an `AttributeError`.

    Args:
        kind: The wire struct.
        beside: What is given beside the row, such as its contract: see `Reading`.
    """
    struct = cast("type[msgspec.Struct]", kind)
    make = Given if beside and issubclass(struct, Model) else Field
    return kind(
        **{
            field.name: make(field.name, field.encode_name, field.type, beside=beside)
            for field in msgspec.structs.fields(struct)
        }
    )


def within(field: T) -> T:
    """What stands in a row as a struct of its own, to write a table with: null says nothing of all its fields."""
    outer = cast("Field", field)
    struct = cast("type[msgspec.Struct]", outer.kind)
    inner = {one.name: Within(outer, one.name, one.encode_name) for one in msgspec.structs.fields(struct)}
    return cast("T", struct(**inner))


class Named(TypedDict):
    """What every model says of its contract."""

    venue: str
    symbol: str
    venue_symbol: str


def named(
    venue: str,
    field: Text,
    to_symbol: Callable[..., str],
    *beside: Any,
    spelled: Callable[[str], str] | None = None,
) -> Named:
    """`**named(VENUE, row.market, to_symbol)`: venue, symbol and the venue's own id, by the field that has the id.

    Args:
        venue: Whose id it is.
        field: What has it.
        to_symbol: Makes the symbol of the id, and of what stands `beside` it: constants and columns.
        beside: See there.
        spelled: How the venue spells its ids, where rows do not keep to it: `str.upper`.
    """
    name = needed(text(field))
    return {
        "venue": venue,
        "symbol": made(to_symbol, name, *beside),
        "venue_symbol": name if spelled is None else made(spelled, name),
    }


def number(field: Loose) -> Decimal | None:
    """A number."""
    return cast("Decimal | None", Number(field, decimal_or_none))


def margin_ratio(field: Loose) -> Decimal | None:
    """Maintenance margin over equity, liquidation at 1, which is also said where nothing is left: a quotient below 0
    would read as safe."""
    return cast("Decimal | None", Number(field, _ratio, signed=False))


def price(field: Loose) -> Decimal | None:
    """A number above 0: venues write 0 or less for "none"."""
    return cast("Decimal | None", Number(field, positive_or_none, signed=False, some=True))


def size(field: Loose) -> Decimal | None:
    """A number that says nothing of a direction: one below 0 is an error."""
    return cast("Decimal | None", Number(field, _unsigned, signed=False))


def moment(field: Moment) -> int | None:
    """Unix milliseconds; 0 and -1 are none."""
    return cast("int | None", Time(field))


def text(field: Id) -> str | None:
    """A name or a word, as it came."""
    return cast("str | None", TextColumn(field, _text))


def identifier(field: Id) -> str | None:
    """An id of the venue's, as text; 0 is none."""
    return cast("str | None", IdColumn(field, _identifier))


def yes_no(field: Text | bool | int) -> bool | None:
    """YES/NO, on/off, true/false in any case, 1/0."""
    return cast("bool | None", Truth(field, _truth, _TRUTH))


def read_by(field: T, convert: Callable[[T, str], A]) -> A:
    """What `convert(value, path)` makes of a field: for a venue's own way of writing one."""
    return cast("A", Plain(field, convert))


def word(field: Id, table: Mapping[Any, E], unknown: E | None = None) -> E | None:
    """What the venue's word means; one that is not in the table (in lower case either) is `unknown`, or an error."""
    return cast("E | None", Word(field, table, unknown))


def needed(column: T | None) -> T:
    """What the row must say: None is an error."""
    return cast("T", Needed(checked(column)))


def otherwise(column: T | None, value: T) -> T:
    """`value` where the row does not say, or cannot be read; the latter is still named in `unread`."""
    return cast("T", Otherwise(checked(column), value))


def either(*choices: T) -> T:
    """The first of several fields, or of several columns, that says something: those after it are not looked at."""
    fields = [choice for choice in cast("Sequence[Any]", choices) if isinstance(choice, Field)]
    return cast("T", Either(fields) if len(fields) == len(choices) else First(choices))


def in_base(
    contracts: Decimal | None, size: Decimal | None, worth: Decimal | None, *prices: Decimal | None
) -> Decimal | None:
    """A number of contracts in base coin, exact; or at a price, where one is worth a fixed amount of quote coin.

    Args:
        contracts: How many.
        size: Base coin in each; None: they are counted in it.
        worth: Quote coin that each is worth; None where that is not fixed.
        prices: The first that is known is taken; none at all makes it an error.
    """
    return cast("Decimal | None", InBase(contracts, size, worth, prices))


def made(function: Callable[[*Ts], T], *parts: *Ts) -> T:
    """`function` of columns, fields as they came, and constants; it gets None for what the venue did not say."""
    return cast("T", Made(function, parts))


def if_said(function: Callable[[A], T], column: A | None) -> T | None:
    """`function` of a column; None where it is None."""
    return cast("T | None", Reckoned(function, column))


def times(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """The exact product; None without both."""
    return cast("Decimal | None", Reckoned(EXACT.multiply, left, right))


def plus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """The exact sum; None without both."""
    return cast("Decimal | None", Reckoned(EXACT.add, left, right))


def minus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """The exact difference; None without both."""
    return cast("Decimal | None", Reckoned(EXACT.subtract, left, right))


def negative(value: Decimal | None) -> Decimal | None:
    """The number with its sign turned: fees, where the venue writes what was paid as negative."""
    column = checked(value)
    turned = column.negative() if isinstance(column, Number) else Made(negated, [column])
    return cast("Decimal | None", turned)


def absolute(value: Decimal | None) -> Decimal | None:
    """The number without its sign: sizes, where the sign is the direction."""
    return cast("Decimal | None", Reckoned(Decimal.copy_abs, value, inline="{0}.copy_abs()"))


def whole(value: Decimal | None) -> int | None:
    """The number without its fraction: places in a list, seconds."""
    return cast("int | None", Reckoned(int, value))


def resting(kind: OrderType | None, column: T | None) -> T | None:
    """A price, or a time in force, of an order that may rest: what is said of one at market means nothing."""
    return cast("T | None", Made(_resting, (kind, column)))


def by_sign(value: Decimal | None) -> PositionSide | None:
    """The side that a signed amount is of: short below 0."""
    inline = "({SHORT} if {0}.is_signed() and {0} else {LONG})"
    return cast("PositionSide | None", Reckoned(_side, value, inline=inline, **PositionSide.__members__))


def _resting(kind: OrderType | None, said: Any) -> Any:
    return None if kind is OrderType.MARKET else said


def _side(value: Decimal) -> PositionSide:
    return PositionSide.SHORT if value < 0 else PositionSide.LONG


def _unsigned(value: Loose, path: str) -> Decimal | None:
    found = decimal_or_none(value, path)
    if found is not None and found < 0:
        raise DecodeError(f"{path} is negative", path=path)
    return found


def _ratio(value: Loose, path: str) -> Decimal | None:
    found = decimal_or_none(value, path)
    return Decimal(1) if found is not None and found < 0 else found


def _text(value: Any, path: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.isprintable():
        raise DecodeError(f"{path} is not readable text", path=path)
    return value


def _identifier(value: Any, path: str) -> str | None:
    found = _text(value, path)
    if found is not None and found.strip() != found:
        raise DecodeError(f"{path} is not readable as an id", path=path)
    return None if found == "0" else found


def _truth(value: Any, path: str) -> bool | None:
    if value is None or value == "" or isinstance(value, bool):
        return value if isinstance(value, bool) else None
    found = _TRUTH.get(str(value).lower()) if isinstance(value, (str, int)) else None
    if found is None:
        raise DecodeError(f"{path} is neither yes nor no", path=path)
    return found
