"""Rules of a `RiskMonitor`, as data, and what their measures are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import msgspec

from futures_async import risk
from futures_async.portfolio.snapshot import VenueData, VenueState
from futures_async.risk.sizing import MarginMove, check_margin_move
from futures_async.unified.convert import chosen, to_decimal
from futures_async.unified.enums import MarginMode, PositionSide
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exact import divide, multiply, positive, subtract
from futures_async.unified.models import Account, Position

if TYPE_CHECKING:
    from futures_async.unified.convert import Number


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
    DRAWDOWN = "drawdown"
    """Of an account: how far its equity is below the highest that this monitor has seen, as a fraction of that. What
    is moved out of it counts as lost, what is moved in as won."""
    AGE = "age"
    """Of a venue: seconds since the data were asked for. A venue of which nothing is known breaks any bound."""


MetricLike = (
    Metric
    | Literal[
        "margin_ratio", "pnl_over_margin", "distance", "account_margin_ratio", "account_coverage", "drawdown", "age"
    ]
)


class Reduce(msgspec.Struct, frozen=True, kw_only=True):
    """Close a part of the position at market, in parts where it is over the largest market order.

    Not done to a position that hedges a larger one: less of it would be more danger.

    Raises:
        InvalidRequest: `fraction` is not above 0, or above 1.
        TypeError: It is a float.
    """

    fraction: Decimal = Decimal("0.5")
    """Of its size; rounded down to the step, and up to the smallest order. Decimal, int or text."""

    if TYPE_CHECKING:  # what it may be made of, here and below

        def __init__(self, *, fraction: Number = ...) -> None: ...

    def __post_init__(self) -> None:
        fraction = positive(to_decimal(self.fraction, "Reduce: fraction"), "Reduce: fraction")
        if fraction > 1:
            raise InvalidRequest("Reduce: fraction must be at most 1: more than all of it cannot be closed")
        msgspec.structs.force_setattr(self, "fraction", fraction)


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
    """Add margin to the position until its margin ratio is `target` (`risk.margin_to_reach`); never takes any out.

    Raises:
        InvalidRequest: `target` is not above 0.
        TypeError: It is a float.
    """

    target: Decimal = Decimal("0.5")
    """Margin ratio wanted. Decimal, int or text."""

    if TYPE_CHECKING:

        def __init__(self, *, target: Number = ...) -> None: ...

    def __post_init__(self) -> None:
        target = positive(to_decimal(self.target, "ReachRatio: target"), "ReachRatio: target")
        msgspec.structs.force_setattr(self, "target", target)


Action: TypeAlias = Reduce | AdjustMargin | ReachRatio


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Alert when a measure is above, or below, a bound; all clear when it is back behind `clear`.

    Raises:
        InvalidRequest: Not exactly one bound, one that is no number, `clear` on the wrong side of it, or an action
            without a position.
        TypeError: A bound is a float.
    """

    name: str
    """Names the rule in alerts; once in a monitor."""
    metric: Metric
    """What is measured."""
    above: Decimal | None = None
    """Alert above this (not at it). Decimal, int or text, as the others."""
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

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            name: str,
            metric: MetricLike,
            above: Number | None = None,
            below: Number | None = None,
            clear: Number | None = None,
            venue: str | None = None,
            symbol: str | None = None,
            action: Action | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "metric", chosen(Metric, self.metric, f"rule {self.name}: metric"))
        for word in ("above", "below", "clear"):
            given = getattr(self, word)
            if given is not None:
                msgspec.structs.force_setattr(self, word, to_decimal(given, f"rule {self.name}: {word}"))
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
    """Of the contract; "" for accounts and venues."""
    side: PositionSide | None = None
    """Of the position."""
    coin: str = ""
    """Of the account."""
    margin_mode: MarginMode | None = None
    """Of the position: a venue may hold one of each mode in a contract."""

    @classmethod
    def of(cls, venue: str, position: Position) -> Subject:
        """A position as a subject."""
        return cls(venue, position.symbol, position.side, margin_mode=position.margin_mode)

    def may_be(self, other: Subject) -> bool:
        """Whether both may be the same thing: a margin mode that a row does not tell may be any."""
        known = None not in (self.margin_mode, other.margin_mode)
        return self == (other if known else other._replace(margin_mode=self.margin_mode))


class Reading(NamedTuple):
    """One measurement. `value` None: nothing is known of the venue (AGE only)."""

    subject: Subject
    value: Decimal | None
    position: Position | None = None
    account: Account | None = None


def measure(rule: Rule, name: str, state: VenueState, peaks: Mapping[tuple[str, str], Decimal]) -> Iterator[Reading]:
    """Measure one venue for a rule; what is not known is left out.

    Args:
        rule: Says what.
        name: The venue's, in the portfolio.
        state: What is known of it.
        peaks: The highest equity that was seen, by name in the portfolio and coin.
    """
    if rule.venue not in (None, name):
        return
    if rule.metric is Metric.AGE:
        age = None if state.age_s is None else Decimal(f"{state.age_s:.3f}")
        yield Reading(Subject(name), age)
    elif rule.metric in POSITION_METRICS:
        for position in (state.data.positions if state.data else None) or ():
            if rule.symbol not in (None, position.symbol, position.venue_symbol):
                continue
            value = of_position(rule.metric, position)
            if value is not None:
                yield Reading(Subject.of(name, position), value, position=position)
    else:
        for account in (state.data.accounts if state.data else None) or ():
            value = _of_account(rule.metric, account, peaks.get((name, account.margin_coin)))
            if value is not None:
                yield Reading(Subject(name, coin=account.margin_coin), value, account=account)


def _of_account(metric: Metric, account: Account, peak: Decimal | None) -> Decimal | None:
    if metric is Metric.DRAWDOWN:
        if account.equity is None or peak is None or peak <= 0:
            return None
        return divide(subtract(peak, account.equity), peak)
    return risk.account_coverage(account) if metric is Metric.ACCOUNT_COVERAGE else risk.account_margin_ratio(account)


def is_unknown(rule: Rule, subject: Subject, data: VenueData) -> bool:
    """Whether what a rule was measured on is there, and its measure not known."""
    if rule.metric is Metric.DRAWDOWN:  # its peak stays: a coin that is not listed any more has won nothing back
        return True
    if rule.metric in POSITION_METRICS:
        return any(subject.may_be(Subject.of(subject.venue, position)) for position in data.positions or ())
    return any(account.margin_coin == subject.coin and not _needs_none(account) for account in data.accounts or ())


def _needs_none(account: Account) -> bool:
    """An account that needs no maintenance margin has no coverage, and nothing to cover."""
    ratio, maintenance = account.margin_ratio, account.maintenance_margin
    if ratio or (account.equity is not None and account.equity <= 0 and account.initial_margin):
        return False
    needs = ratio if maintenance is None else maintenance
    return needs is not None and needs <= 0


def of_position(metric: Metric, position: Position) -> Decimal | None:
    """Measure a position by one of `POSITION_METRICS`; None: not known."""
    if metric is Metric.MARGIN_RATIO:
        return risk.position_margin_ratio(position)
    if metric is Metric.PNL_OVER_MARGIN:
        return risk.pnl_over_margin(position)
    return risk.position_distance(position)
