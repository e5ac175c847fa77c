"""Maintenance margin by tier, margin ratios and what they are called, the account's risk."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import overload

from futures_async.unified.convert import Number
from futures_async.unified.enums import RiskLevel
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exact import (
    ONE,
    ZERO,
    add,
    divide,
    finite_number,
    fraction,
    multiply,
    not_negative,
    positive,
    subtract,
)
from futures_async.unified.models import Account, RiskLimit

WARNING_FROM = Decimal("0.3")
"""From this margin ratio on a position is no longer `SAFE`."""
DANGER_ABOVE = Decimal("0.8")
"""Above this margin ratio a position is in `DANGER`."""


@overload
def risk_level(margin_ratio: Number) -> RiskLevel: ...
@overload
def risk_level(margin_ratio: None) -> None: ...
@overload
def risk_level(margin_ratio: Number | None) -> RiskLevel | None: ...


def risk_level(margin_ratio: Number | None) -> RiskLevel | None:
    """Put a margin ratio into a word: SAFE < 0.3 ≤ WARNING ≤ 0.8 < DANGER; None where the ratio is not known.

    Below 0 the equity is gone, which is DANGER too.

    Source: the v1 account document calls `get_risk_level` without defining it; its own rules call a ratio above 0.8
    a high risk and one under 0.3 well protected.
    """
    if margin_ratio is None:
        return None
    ratio = finite_number(margin_ratio, "margin_ratio")
    if ratio < 0:
        return RiskLevel.DANGER
    if ratio < WARNING_FROM:
        return RiskLevel.SAFE
    return RiskLevel.WARNING if ratio <= DANGER_ABOVE else RiskLevel.DANGER


get_risk_level = risk_level
"""The name under which the seed document calls `risk_level`."""


def tier_for(notional: Number, tiers: Sequence[RiskLimit]) -> RiskLimit:
    """Return the tier that a position of this value falls into: the first with notional < `max_notional`.

    Tiers are half-open, [min, max), as documented; the last one also takes what is above it.

    Raises:
        InvalidRequest: There are no tiers.
    """
    notional = not_negative(notional, "notional")
    if not tiers:
        raise InvalidRequest("no risk tiers were given")
    # A tier that names no upper bound is the last.
    ordered = sorted(tiers, key=lambda tier: (tier.max_notional is None, tier.max_notional or ZERO))
    for tier in ordered:
        if tier.max_notional is None or notional < tier.max_notional:
            return tier
    return ordered[-1]


def maintenance_margin(notional: Number, tiers: Sequence[RiskLimit], *, progressive: bool = False) -> Decimal:
    """Compute the maintenance margin of a position of this value, in quote coin.

        flat:        notional × rate of its tier
        progressive: Σ over tiers of (part of the notional inside the tier) × rate of the tier

    Source: the venues here apply the tier's rate to the whole position (venue reference, position tiers);
    venues with a deduction column mean the progressive form, which has no jump at a tier's edge.

    Args:
        notional: Quantity × mark price, in quote coin.
        tiers: As `fetch_risk_limits` gave them.
        progressive: Sum tier by tier.

    Raises:
        InvalidRequest: No tiers, or one without a rate.
    """
    notional = not_negative(notional, "notional")
    if not progressive:
        return multiply(notional, _rate(tier_for(notional, tiers)))
    last = tier_for(notional, tiers)
    margin, start = ZERO, ZERO
    for tier in sorted(tiers, key=lambda tier: (tier.max_notional is None, tier.max_notional or ZERO)):
        end = notional if tier is last or tier.max_notional is None else tier.max_notional
        margin = add(margin, multiply(subtract(end, start), _rate(tier)))
        if tier is last:
            break
        start = end
    return margin


def _rate(tier: RiskLimit) -> Decimal:
    if tier.maintenance_margin_rate is None:
        raise InvalidRequest(f"tier {tier.tier} of {tier.symbol} names no maintenance margin rate")
    return fraction(tier.maintenance_margin_rate, "maintenance_margin_rate")


def margin_ratio(maintenance: Number, equity: Number) -> Decimal:
    """Compute maintenance margin over equity, a fraction; 1 is liquidation, and nothing above 1 is returned.

    Equity at or under 0 gives 1 as well: the quotient would turn negative, which reads as safe. The document
    (the v1 account document) takes the venue's `marginRate`, which is this ratio.

    Args:
        maintenance: Maintenance margin, an amount in margin coin, closing fees included where the venue does.
        equity: Margin plus unrealized profit of the position (isolated) or of the account (cross).
    """
    needed, held = not_negative(maintenance, "maintenance"), finite_number(equity, "equity")
    if needed == 0:
        return ZERO
    return ONE if held <= 0 else min(divide(needed, held), ONE)


def counted_quantity(long_quantity: Number, short_quantity: Number) -> Decimal:
    """Return the size that a hedge of one contract counts with: the larger side, equal sides once.

    Source: derived from recorded hedge-mode rows with equal sides (the venue reference, position row); unequal sides
    are not recorded there.
    """
    return max(not_negative(long_quantity, "long_quantity"), not_negative(short_quantity, "short_quantity"))


def cross_margin_ratio(
    *,
    quantity: Number,
    mark_price: Number,
    equity: Number,
    maintenance_margin_rate: Number,
    fee_rate: Number = ZERO,
) -> Decimal:
    """Compute a cross position's margin ratio: q·mark·(m + f) / equity of the account, a fraction.

    Source: derived from recorded rows, reproduced to the last digit (venue reference, position row; fee 0.0006).

    Args:
        quantity: In base coin; both sides of a hedge through `counted_quantity`.
        mark_price: In quote coin.
        equity: Of the account, in margin coin.
        maintenance_margin_rate: m, a fraction.
        fee_rate: f, the taker fee rate, a fraction.
    """
    rate = add(fraction(maintenance_margin_rate, "maintenance_margin_rate"), fraction(fee_rate, "fee_rate"))
    value = multiply(not_negative(quantity, "quantity"), positive(mark_price, "mark_price"))
    return margin_ratio(multiply(value, rate), equity)


def account_margin_ratio(account: Account) -> Decimal | None:
    """Return maintenance margin over equity of the account, a fraction, liquidation at 1; None when not known.

    The venue's own figure where it gives one above 0, else `maintenance_margin / equity`. A figure below 0 is of equity
    that is gone: that is 1.
    """
    ratio = account.margin_ratio
    if ratio is not None and ratio != 0:
        return ratio if ratio > 0 else ONE
    if account.maintenance_margin is None or account.equity is None:
        return ratio
    return margin_ratio(account.maintenance_margin, account.equity)


def account_coverage(account: Account) -> Decimal | None:
    """Return equity over maintenance margin, times: 1 is liquidation, under 1.1 is high risk, None when not known.

    This is what the seed's check "ratio < 1.1" must look at; `seed_account_ratio` says why. The venue's own ratio
    counts where it gives one: of a coin in a pool of several, equity says nothing beside what its positions need. One
    of 0 is no figure: it is said of accounts that need nothing, rounded, and of some that have nothing left.
    None as well while the account needs no maintenance margin: there is nothing to cover. Where equity is gone it is 0
    or less, or 1 where the venue says no more than that.
    """
    ratio, own = account.margin_ratio, _own_coverage(account)
    if ratio is None or ratio == 0:
        return own
    told = divide(ONE, ratio)
    # At liquidation some venues say no more than that it is reached.
    return own if ratio >= 1 and own is not None and own <= 0 else told


def _own_coverage(account: Account) -> Decimal | None:
    if account.equity is None or account.maintenance_margin is None or account.maintenance_margin <= 0:
        return None
    return divide(account.equity, account.maintenance_margin)


def seed_account_ratio(account: Account) -> Decimal | None:
    """Return wallet balance over equity, as the v1 account document computes its "risk ratio". Do not alert on it.

    Warning: the document reduces positions when `total / marginBalance < 1.1`. `total` is the wallet balance and
    `marginBalance` the equity, so this falls when positions win and rises when they lose, and it is 0.97 on the
    document's own healthy sample: its rule would close positions because they are in profit. Use
    `account_coverage` or `account_margin_ratio` for alerts.
    """
    if account.balance is None or account.equity is None or account.equity == 0:
        return None
    return divide(account.balance, account.equity)
