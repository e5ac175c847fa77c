"""What adapters read from rows alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol, TypeVar, cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, finite, unread_of, unread_rows

T = TypeVar("T")


def same_name(name: object, wanted: str) -> bool:
    """Whether a row's `name` is the contract `wanted`, in any case; a name that cannot be read is not another one."""
    return nameless(name) or str(name).upper() == wanted


def some_of(
    wanted: str | None, rows: Callable[[Any], Any] = lambda answer: answer, *, named: str = "symbol"
) -> Callable[[Any], bool]:
    """For `about=`: whether an answer has a row of the contract `wanted`, or none at all; one odd row is not another's.

    Args:
        wanted: The venue's id; None: whatever comes is of what was asked.
        rows: Where they are in the answer; one row alone, or None, will do.
        named: The field of a row that names its contract.
    """

    def about(answer: Any) -> bool:
        each = _each(rows(answer))
        return wanted is None or not each or any(_may_be(row, named, wanted) for row in each)

    return about


def all_of(
    wanted: str | None, rows: Callable[[Any], Any] = lambda answer: answer, *, named: str = "symbol"
) -> Callable[[Any], bool]:
    """The same where an answer is of what was asked only if every row is."""

    def about(answer: Any) -> bool:
        return wanted is None or all(_may_be(row, named, wanted) for row in _each(rows(answer)))

    return about


def row_of(
    wanted: str,
    endpoint: fa.Endpoint[Any],
    venue: str,
    rows: Callable[[Any], Any] = lambda answer: answer,
    *,
    named: str = "symbol",
) -> Callable[[Any], Any]:
    """For `_pick`: the row of the contract `wanted`, None where an answer has others alone.

    Args:
        wanted: The venue's id.
        endpoint: Whose answer it is.
        venue: The adapter's id.
        rows: Where they are in the answer.
        named: The field of a row that names its contract.

    Raises:
        SymbolNotFound: When called: no row at all came, so that there is no such contract.
    """

    def find(answer: Any) -> Any:
        found = rows(answer)
        if not found and not unread_of(found):
            raise fa.SymbolNotFound(f"no contract {wanted}", venue=venue, endpoint=endpoint.name)
        return next((row for row in found if _may_be(row, named, wanted)), None)

    return find


def by_tier(tiers: list[fa.RiskLimit]) -> list[fa.RiskLimit]:
    """Risk tiers, smallest first, and beside them those that could not be read."""
    tiers.sort(key=lambda tier: tier.tier or 0)
    return tiers


def _each(rows: Any) -> list[Any]:
    return rows if isinstance(rows, list) else [rows]  # pyright: ignore[reportUnknownVariableType] - rows of any kind


def _may_be(row: Any, named: str, wanted: str) -> bool:
    return row is None or same_name(getattr(row, named), wanted)


def account_in(coin: str, read: fa.Read[fa.Account], nothing: Callable[[], fa.Account]) -> fa.Account:
    """The account in a coin, of those that were read; venues leave coins out whose balance is zero (`nothing`).

    Raises:
        UnreadRows: It is not among them, and one whose balance cannot be read may be it.
    """
    for account in read.rows:
        if account.margin_coin == coin:
            return account
    read.whole()
    return nothing()


def nameless(name: object) -> bool:
    """Whether a row's name cannot be read: it may be any."""
    return not isinstance(name, str) or not name.strip()


def listed(rows: list[T] | None) -> list[T]:
    """The rows of an answer, where null is none. `rows or []` would lose those of which not one could be read."""
    return [] if rows is None else rows


class Named(Protocol):
    """A row that names its contract."""

    @property
    def symbol(self) -> str | None:
        """The venue's id."""
        ...


Row = TypeVar("Row", bound=Named)


def both_sides(position: fa.Position) -> list[fa.Position]:
    """A pushed position; of one that is held in one-way mode also that the other side is not: an order may turn a long
    into a short at once, and what is gone is told by nothing else then."""
    if position.position_mode is not fa.PositionMode.ONE_WAY or not position.quantity:
        return [position]
    other = fa.PositionSide.SHORT if position.side is fa.PositionSide.LONG else fa.PositionSide.LONG
    return [position, msgspec.structs.replace(position, side=other, quantity=Decimal(0), contracts=None)]


def leverage_of(
    rows: Sequence[fa.Position | fa.Order], venue_symbol: str, *, venue: str, to_symbol: Callable[[str], str]
) -> fa.Leverage:
    """Leverage of one contract as its positions, or else its orders, show it; None where they differ or say nothing."""
    values = {row.leverage for row in rows}
    modes = {row.margin_mode for row in rows}
    sides = {row.side: row.leverage for row in rows}
    return fa.Leverage(
        venue=venue,
        raw=tuple(row.raw for row in rows),
        symbol=to_symbol(venue_symbol),
        venue_symbol=venue_symbol,
        leverage=values.pop() if len(values) == 1 else None,
        long_leverage=sides.get(fa.PositionSide.LONG),
        short_leverage=sides.get(fa.PositionSide.SHORT),
        margin_mode=modes.pop() if len(modes) == 1 else None,
    )


def text_or_none(value: str | int | None) -> str | None:
    """An id or a word that may be missing."""
    return str(value) if value not in (None, "") else None


def readable(rows: T) -> T:
    """Rows of the venue as a caller gets them, once every number in them is one.

    Raises:
        UnreadRows: Of a list, some rows do not fit their types, or hold NaN, an infinity or an absurd magnitude.
        DecodeError: So does what is no list.
    """
    if not isinstance(rows, list):
        _check(rows, "")
        return rows
    good: list[Any] = []
    unread = list(unread_of(cast("object", rows)))
    for row in cast("list[Any]", rows):
        try:
            _check(row, "")
        except fa.DecodeError as error:
            unread.append(fa.UnreadRow(error.path, error.text, row))
        else:
            good.append(row)
    if unread:
        raise unread_rows(unread, good)
    return cast("T", good)


def _check(value: Any, path: str) -> None:
    if isinstance(value, Decimal):
        finite(value, path)
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            name = f"{path}.{field.encode_name}" if path else field.encode_name
            held = getattr(value, field.name)
            if field.type is Any and isinstance(value, fa.TypedRow):  # `Loose`
                decimal_or_none(held, name)
            _check(held, name)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            _check(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, item in cast("dict[str, Any]", value).items():
            _check(item, f"{path}.{name}" if path else name)
