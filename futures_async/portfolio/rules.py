"""Rules of a `RiskMonitor`, as data, and what their measures are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeAlias

import msgspec

from futures_async import risk
from futures_async.portfolio.snapshot import VenueState
from futures_async.risk.sizing import MarginMove, check_margin_move
from futures_async.unified.convert import chosen
from futures_async.unified.enums import PositionSide
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exact import multiply
from futures_async.unified.models import Account, Position


class Metric(StrEnum):
    """What a rule measures."""

    MARGIN_RATIO = "margin_ratio"
    """Of a position: maintenance margin over equity; liquidation at 1."""
    PNL_OVER_MARGIN = "pnl_over_margin"
    """Of a position: |unrealized profit| over margin."""
    DISTANCE = "distance"
    """Of a position: adverse move to liquidation, as a fraction of the mark price."""
    ACCOUNT_MARGIN_RATIO = "account_margin_ratio"
    """Of an account: maintenance margin over equity; liquidation at 1."""
    ACCOUNT_COVERAGE = "account_coverage"
    """Of an account: equity over maintenance margin; liquidation at 1."""
    AGE = "age"
    """Of a venue: seconds since the data were asked for. A venue of which nothing is known breaks any bound."""


class Reduce(msgspec.Struct, frozen=True, kw_only=True):
    """Close a part of the position at market."""

    fraction: Decimal = Decimal("0.5")
    """Of its size; rounded down to the step, and up to the smallest order."""


class AdjustMargin(msgspec.Struct, frozen=True, kw_only=True):
    """Move margin of the position by `risk.propose_margin_adjustment`.

    Raises:
        InvalidRequest: `action` is neither of its rules.
    """

    action: MarginMove
    """Which of its rules."""

    def __post_init__(self) -> None:
        check_margin_move(self.action)


class ReachRatio(msgspec.Struct, frozen=True, kw_only=True):
    """Add margin to the position until its margin ratio is `target` (`risk.margin_to_reach`); never takes any out."""

    target: Decimal = Decimal("0.5")
    """Margin ratio wanted."""


Action: TypeAlias = Reduce | AdjustMargin | ReachRatio


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Alert when a measure is above, or below, a bound; all clear when it is back behind `clear`.

    Raises:
        InvalidRequest: Not exactly one bound, `clear` on the wrong side of it, or an action without a position.
    """

    name: str
    """Names the rule in alerts; once in a monitor."""
    metric: Metric
    """What is measured."""
    above: Decimal | None = None
    """Alert above this (not at it)."""
    below: Decimal | None = None
    """Alert below this (not at it)."""
    clear: Decimal | None = None
    """All clear at this or beyond; None is 10 % behind the bound, so that a value at the bound does not flicker."""
    venue: str | None = None
    """Only this name in the portfolio."""
    symbol: str | None = None
    """Only this contract, unified or the venue's own id; for rules on positions."""
    action: Action | None = None
    """What to do about it, where the monitor has an order manager for the venue."""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "metric", chosen(Metric, self.metric, f"rule {self.name}: metric"))
        if (self.above is None) == (self.below is None):
            raise InvalidRequest(f"rule {self.name}: give it either above or below")
        if self.clear is not None and (self.clear > self.bound if self.above is not None else self.clear < self.bound):
            raise InvalidRequest(f"rule {self.name}: clear must not lie beyond the bound")
        if self.action is not None and self.metric not in POSITION_METRICS:
            raise InvalidRequest(f"rule {self.name}: only rules on positions can act")

    @property
    def bound(self) -> Decimal:
        """The bound, whichever it is."""
        return self.above if self.above is not None else self.below or Decimal(0)

    def broken_by(self, value: Decimal) -> bool:
        """Whether a value raises an alert."""
        return value > self.bound if self.above is not None else value < self.bound

    def cleared_by(self, value: Decimal) -> bool:
        """Whether a value ends one."""
        if self.above is not None:
            return value <= (multiply(self.above, Decimal("0.9")) if self.clear is None else self.clear)
        return value >= (multiply(self.bound, Decimal("1.1")) if self.clear is None else self.clear)


POSITION_METRICS = frozenset({Metric.MARGIN_RATIO, Metric.PNL_OVER_MARGIN, Metric.DISTANCE})

DOCUMENTED_RULES = (
    Rule(name="account coverage", metric=Metric.ACCOUNT_COVERAGE, below=Decimal("1.1")),
    Rule(name="margin ratio", metric=Metric.MARGIN_RATIO, above=Decimal("0.8")),
    Rule(name="profit or loss", metric=Metric.PNL_OVER_MARGIN, above=Decimal("0.1")),
    Rule(name="old data", metric=Metric.AGE, above=Decimal(15)),
)
"""The thresholds of the seed documents, on the right measures, and data that are three intervals old."""


class Subject(NamedTuple):
    """What a rule was measured on."""

    venue: str
    """Name in the portfolio."""
    symbol: str = ""
    """Venue's id of the contract; "" for accounts and venues."""
    side: PositionSide | None = None
    """Of the position."""
    coin: str = ""
    """Of the account."""


class Reading(NamedTuple):
    """One measurement. `value` None: nothing is known of the venue (AGE only)."""

    subject: Subject
    value: Decimal | None
    position: Position | None = None
    account: Account | None = None


def measure(rule: Rule, name: str, state: VenueState) -> Iterator[Reading]:
    """Measure one venue for a rule; what is not known is left out."""
    if rule.venue not in (None, name):
        return
    if rule.metric is Metric.AGE:
        age = None if state.age_s is None else Decimal(f"{state.age_s:.3f}")
        yield Reading(Subject(name), age)
    elif rule.metric in POSITION_METRICS:
        for position in (state.data.positions if state.data else None) or ():
            if rule.symbol not in (None, position.symbol, position.venue_symbol):
                continue
            value = _of_position(rule.metric, position)
            if value is not None:
                yield Reading(Subject(name, position.venue_symbol, position.side), value, position=position)
    else:
        of_account = risk.account_coverage if rule.metric is Metric.ACCOUNT_COVERAGE else risk.account_margin_ratio
        for account in (state.data.accounts if state.data else None) or ():
            value = of_account(account)
            if value is not None:
                yield Reading(Subject(name, coin=account.margin_coin), value, account=account)


def _of_position(metric: Metric, position: Position) -> Decimal | None:
    if metric is Metric.MARGIN_RATIO:
        return risk.position_margin_ratio(position)
    if metric is Metric.PNL_OVER_MARGIN:
        return risk.pnl_over_margin(position)
    return risk.distance_to_liquidation(position.side, position.mark_price, position.liquidation_price)
