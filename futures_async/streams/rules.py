"""What rows are of positions, accounts and tickers: the same at every venue."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec

from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models import Account, Position, Ticker

T = TypeVar("T")

ZERO = Decimal(0)


class RowRule(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a row is, for `Rows`."""

    key: Callable[[T], Hashable]
    """What it is known by."""
    changed_ms: Callable[[T], int | None]
    """When the venue last changed it, if it says."""
    emptied: Callable[[T], T]
    """The row of a thing that is no more, from its last one."""
    held: Callable[[T], object] = lambda _: True
    """How much there is; nothing says that the thing is no more."""
    vital: tuple[str, ...] = ()
    """What must not differ between picture and read without being counted; other fields follow the market."""
    moved: tuple[str, ...] = ()
    """What other figures hang on: once it has changed, those that pushes leave out are read anew."""
    reckoned: tuple[str, ...] = ()
    """Such figures that would mislead meanwhile: they are not kept."""
    swaying: tuple[str, ...] = ()
    """What those hang on besides, where a push says it: it follows the market too, and proves nothing missing."""
    rough: tuple[str, ...] = ()
    """Such figures that follow the market anyway: they are kept."""
    apart: Callable[[T], object] = lambda _: None
    """What another call may tell beside a row, so that it changes where the row stays as it is."""
    market: tuple[str, ...] = ()
    """What moves with the market, and is pushed for other reasons alone."""
    figure: Callable[[T, str], object] = getattr
    """What is compared of a field of `vital` and `moved`."""
    shown: Callable[[Mapping[Hashable, T]], Mapping[Hashable, T]] = MappingProxyType
    """How those who watch look things up."""


SIZED = (
    *("unrealized_pnl", "margin", "initial_margin", "maintenance_margin", "margin_ratio", "notional"),
    *("liquidation_price", "available", "locked"),
)
"""What hangs on a position's size."""


def _flat(position: Position) -> Position:
    """A position's last row, closed: what depended on its size is not said any more."""
    emptied: dict[str, Any] = dict.fromkeys(SIZED)
    contracts = None if position.contracts is None else ZERO
    return msgspec.structs.replace(position, quantity=ZERO, contracts=contracts, **emptied)


def _drained(account: Account) -> Account:
    """A coin that the account has no more."""
    return Account(venue=account.venue, margin_coin=account.margin_coin, available=ZERO, equity=ZERO)


def _exact(position: Position, name: str) -> object:
    """Of contracts that are worth quote coin the number is exact: what they are in base coin follows the market."""
    return position.contracts if name == "quantity" and position.contract_value is not None else getattr(position, name)


POSITIONS = RowRule[Position](
    key=attrgetter("symbol", "side"),
    changed_ms=attrgetter("updated_ms"),
    held=attrgetter("quantity"),
    emptied=_flat,
    vital=("quantity", "entry_price", "margin_mode", "leverage"),
    moved=("quantity", "entry_price"),
    reckoned=(*SIZED, "break_even_price", "realized_pnl", "fee"),
    market=("mark_price",),
    apart=attrgetter("margin_mode"),
    figure=_exact,
)


class ByMarginMode(Mapping[Hashable, Position]):
    """Positions by symbol, side and margin mode; by symbol and side alone where one mode is held.

    Args:
        found: By all three; it is looked at, not copied.
    """

    def __init__(self, found: Mapping[Hashable, Position]) -> None:
        self._found = found

    def __getitem__(self, key: Hashable) -> Position:
        """Find one.

        Raises:
            InvalidRequest: One of each margin mode is held, and none is named.
        """
        found = self._found.get(key)
        if found is not None:
            return found
        named = [one for one in self._found.values() if (one.symbol, one.side) == key]
        if len(named) > 1:
            what = f"{named[0].symbol} has a {named[0].side} position of each margin mode"
            raise InvalidRequest(f"{what}: name symbol, side and margin mode")
        if not named:
            raise KeyError(key)
        return named[0]

    def __contains__(self, key: object) -> bool:
        return key in self._found or any((one.symbol, one.side) == key for one in self._found.values())

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return repr(self._found)


POSITIONS_BY_MODE = msgspec.structs.replace(
    POSITIONS, key=attrgetter("symbol", "side", "margin_mode"), shown=ByMarginMode
)
"""Where a contract may hold a cross and an isolated position of one side at once."""

# What an account holds follows the market without a push, so that no difference proves one missing.
ACCOUNTS = RowRule[Account](
    key=attrgetter("margin_coin"),
    changed_ms=lambda _: None,
    emptied=_drained,
    moved=("available", "locked", "initial_margin"),
    # Without both there is no coverage to tell: one of before a trade would look safe.
    reckoned=("margin_ratio", "maintenance_margin"),
    swaying=("equity", "balance", "maintenance_margin"),
    rough=("equity", "balance", "unrealized_pnl"),
    market=("equity",),
    apart=attrgetter("margin_mode", "margin_ratio", "position_mode"),
)

TICKERS = RowRule[Ticker](
    key=attrgetter("symbol"),
    changed_ms=attrgetter("created_ms"),
    emptied=lambda ticker: ticker,
    apart=attrgetter("mark_price", "index_price", "funding_rate"),
)
