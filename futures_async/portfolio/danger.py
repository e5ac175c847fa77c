"""How near liquidation each position is, by price and by margin ratio: what a list of all accounts begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from futures_async.risk import (
    account_margin_ratio,
    meaningful_price,
    position_distance,
    position_margin_ratio,
    risk_level,
)
from futures_async.unified.enums import MarginMode, RiskLevel
from futures_async.unified.exact import ONE, divide, subtract
from futures_async.unified.models import Account, Position

NEAR = Decimal("0.05")
CLOSE = Decimal("0.15")
PRICE_TO_RATIO = Decimal(4)
"""The last fifth of the equity, where a ratio is DANGER, counts as the last twentieth of the price."""
WHOLE_ACCOUNT = "USD"
"""Of the row in which venues with one pool of many coins tell the whole of it."""


class Danger(StrEnum):
    """How near liquidation a position is, the nearest first."""

    NEAR = "near"
    """Less than a twentieth of the price away, or a margin ratio of DANGER."""
    CLOSE = "close"
    """Less than three twentieths away, or a margin ratio of WARNING."""
    UNKNOWN = "unknown"
    """It has a liquidation price, and there is no mark price to hold against it."""
    FAR = "far"


_ORDER = {danger: number for number, danger in enumerate(Danger)}
_BY_LEVEL: Mapping[RiskLevel | None, Danger] = {RiskLevel.DANGER: Danger.NEAR, RiskLevel.WARNING: Danger.CLOSE}
_FAR_AWAY = Decimal(10**9)


class Nearness(NamedTuple):
    """How near liquidation one position is."""

    danger: Danger
    """In a word."""
    distance: Decimal | None
    """From the mark price to liquidation, a fraction of the mark; None where that is no price that can happen."""
    ratio: Decimal | None
    """The margin ratio, where that is WARNING or DANGER: its own, or in cross margin its account's."""
    by_ratio: bool
    """The price alone would say less."""

    @property
    def left(self) -> Decimal | None:
        """What is left until liquidation, as a fraction of the price, by whichever of the two says less; None where
        neither is known."""
        if self.ratio is None:
            return self.distance
        left = divide(subtract(ONE, self.ratio), PRICE_TO_RATIO)
        return left if self.distance is None else min(left, self.distance)

    @property
    def order(self) -> tuple[int, Decimal, Decimal]:
        """What comes first is in the greatest danger."""
        left, away = (_FAR_AWAY if one is None else one for one in (self.left, self.distance))
        return _ORDER[self.danger], left, away


def nearness(position: Position, account_ratio: Decimal | None = None) -> Nearness:
    """Tell how near liquidation a position is.

    Args:
        position: The position.
        account_ratio: Its account's margin ratio, which is that of a cross position whose own is not told.
    """
    away, ratio = distance_of(position), position_margin_ratio(position)
    if ratio is None and position.margin_mode is MarginMode.CROSS:
        ratio = account_ratio
    level = risk_level(ratio)
    by_price = Danger.FAR if away is None or away >= CLOSE else Danger.CLOSE if away >= NEAR else Danger.NEAR
    if by_price is Danger.FAR and position.mark_price is None and position.liquidation_price is not None:
        by_price = Danger.UNKNOWN
    by_ratio = _BY_LEVEL.get(level, Danger.FAR)
    counts = None if by_ratio is Danger.FAR else ratio
    danger = min(by_price, by_ratio, key=_ORDER.__getitem__)
    return Nearness(danger, away, counts, by_ratio is danger is not by_price)


def distance_of(position: Position) -> Decimal | None:
    """How far the mark is from liquidation, as a fraction; None where that is no price which can happen."""
    can_happen = meaningful_price(position.liquidation_price, position.mark_price)
    return None if can_happen is None else position_distance(position)


class AccountRatios:
    """The margin ratios of accounts, each with its name, such as `Snapshot.each_account()`."""

    def __init__(self, accounts: Iterable[tuple[str, Account]]) -> None:
        told = ((name, row.margin_coin, _ratio(row)) for name, row in accounts)
        self._ratios: Mapping[tuple[str, str], Decimal] = {
            (name, coin): ratio for name, coin, ratio in told if ratio is not None
        }

    def of(self, name: str, position: Position) -> Decimal | None:
        """That which holds for a cross position of this account: of its margin coin, else of the whole account."""
        if position.margin_mode is not MarginMode.CROSS:
            return None
        own = self._ratios.get((name, position.margin_coin))
        return self._ratios.get((name, WHOLE_ACCOUNT)) if own is None else own


def _ratio(row: Account) -> Decimal | None:
    odd = row.maintenance_margin is not None and row.maintenance_margin < 0  # nothing can be made of that
    return None if odd else account_margin_ratio(row)
