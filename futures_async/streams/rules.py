"""What rows are of positions, accounts and tickers: the same at every venue."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec

from futures_async.streams.rows import RowRule
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models import Account, Position, Ticker

ZERO = Decimal(0)


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
    apart=attrgetter("margin_mode"),
)

TICKERS = RowRule[Ticker](
    key=attrgetter("symbol"),
    changed_ms=attrgetter("created_ms"),
    emptied=lambda ticker: ticker,
)
